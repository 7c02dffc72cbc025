/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmocka wants these headers before its own; every test program includes this one. */
#ifndef HVC_CMOCKA_H
#define HVC_CMOCKA_H

/* IWYU pragma: begin_keep */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
/* IWYU pragma: end_keep */

#define HVC_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The programs of the parameter monitor_scripts. */
#ifndef HVC_MONITOR_SCRIPTS_H
#define HVC_MONITOR_SCRIPTS_H

#include "hvc/error.h"
#include <stdint.h>

/* Runs them one after the other until one fails. 0; -EIO with the words of the one that failed; -ETIMEDOUT. */
int hvc_monitor_scripts_run(const char *scripts, uint64_t deadline_ms, struct hvc_error *error);

/* Runs them again and again until all succeed or the deadline comes; then the error of the last time. */
int hvc_monitor_scripts_await(const char *scripts, uint64_t deadline_ms, struct hvc_error *error);

#endif

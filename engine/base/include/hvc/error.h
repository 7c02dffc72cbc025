/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of an error. Functions return a negative errno; those that can say more take a struct hvc_error and fill it
 * only when they fail. The words of libvirt, corosync, pacemaker and SQLite stand in it unchanged, ours around them.
 * Pure: no allocation, no I/O, no errno. Not thread-safe on one object; an object belongs to one call.
 */
#ifndef HVC_ERROR_H
#define HVC_ERROR_H

#include "hvc/limits.h"

struct hvc_error {
    int code;                      /* negative errno, the value the function returned */
    char text[HVC_ERROR_TEXT_MAX]; /* a sentence that says what, where and what to do; "" when there is no error */
};

/* Sets code and text and returns code, so that a failing branch is one line. A NULL error only returns code.
 * A text that does not fit ends with "...". code must be negative. */
int hvc_error_set(struct hvc_error *error, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Puts "<prefix>: " in front of the text and keeps the code; returns the code. */
int hvc_error_prefix(struct hvc_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Forgets a former error. */
void hvc_error_clear(struct hvc_error *error);

#endif

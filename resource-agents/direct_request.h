/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What hvcluster-direct reads from its standard input. */
#ifndef HVC_DIRECT_REQUEST_H
#define HVC_DIRECT_REQUEST_H

#include <stddef.h>

#include "hvc/error.h"

/*
 * Reads one request: up to a line break, or up to the end of the input when there is none; -E2BIG beyond
 * HVC_IPC_MESSAGE_MAX, -EINVAL when there is nothing. free(). What follows the line break stays unread: with a lifeline
 * nothing does, until the input ends because the asker has gone.
 */
int hvc_direct_read(int fd, char **ret_text, size_t *ret_length, struct hvc_error *error);

/* Calls function(context) once in a thread of its own when the input ends. The thread lives as long as the process. */
int hvc_direct_watch(int fd, void (*function)(void *context), void *context);

#endif

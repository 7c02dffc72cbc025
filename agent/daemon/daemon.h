/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The running daemon: everything between a read configuration and the end of the process. Main thread. */
#ifndef HVC_DAEMON_H
#define HVC_DAEMON_H

#include <stdbool.h>

#include "hvc/config.h"
#include "hvc/error.h"

struct hvc_daemon_start {
    const struct hvc_config *config;
    bool init, force; /* the operator's word for the first start of the cluster's state: hvc/replica.h */
};

/* Serves until SIGTERM or SIGINT. 0, or why it could not start. Signals are blocked for all threads but this one.
 * ret_orderly is always set; false: a library still holds a thread, so the process may only end by _exit(). */
int hvc_daemon_run(const struct hvc_daemon_start *start, bool *ret_orderly, struct hvc_error *error);

#endif

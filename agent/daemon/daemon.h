/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The running daemon: everything between a read configuration and the end of the process. Main thread. */
#ifndef HVC_DAEMON_H
#define HVC_DAEMON_H

#include <stdbool.h>

#include "hvc/config.h"
#include "hvc/error.h"

/* Serves until SIGTERM or SIGINT. 0, or why it could not start. Signals are blocked for all threads but this one.
 * ret_orderly is always set; false: a library still holds a thread, so the process may only end by _exit(). */
int hvc_daemon_run(const struct hvc_config *config, bool *ret_orderly, struct hvc_error *error);

#endif

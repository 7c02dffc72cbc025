/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages to syslog, a file and the terminal through libqb, which only the main thread may enter; messages of other
 * threads wait for it in a bounded queue. */
#ifndef HVC_LOG_H
#define HVC_LOG_H

#include <stdbool.h>

#include "hvc/error.h"
#include "hvc/messages.h"

struct hvc_log_options {
    bool to_stderr;
    bool to_syslog;
    const char *file;  /* NULL or "": none */
    const char *level; /* word of the least level, "info" */
};

/* Main thread, once; then from any thread hvc_log_message. */
int hvc_log_open(const struct hvc_log_options *options, struct hvc_error *error);

/* A hvc_message_fn; context is not used. */
void hvc_log_message(void *context, enum hvc_message message, const char *details);

/* The same at a level of its own (syslog's), not the message's. */
void hvc_log_with_priority(int priority, enum hvc_message message, const char *details);

/* printf form for the daemon's own files. */
void hvc_log(enum hvc_message message, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Main thread: writes what other threads left. The main loop does so by itself. */
void hvc_log_flush(void);

/* Opens the file anew, after logrotate has moved it. */
void hvc_log_reopen(void);
void hvc_log_close(void);

#endif

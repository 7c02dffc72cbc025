/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tell.h"

#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>

void hvc_wbemd_tell_open(bool foreground)
{
    openlog("hvcluster-wbemd", LOG_PID | LOG_NDELAY | (foreground ? LOG_PERROR : 0), LOG_DAEMON);
}

void hvc_wbemd_tell(enum hvc_message message, const char *format, ...)
{
    static const int priorities[] = {LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO, LOG_DEBUG};
    const struct hvc_message_row *row = hvc_message_row(message);
    char details[1024];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(details, sizeof(details), format, arguments); /* a line of a log may be cut */
    va_end(arguments);
    for (char *p = details; *p != '\0'; p++)
        *p = (unsigned char)*p < ' ' ? '?' : *p; /* what a client says makes no lines of its own */
    syslog(priorities[row->level], "HVC%u %s: %s", row->id, row->text, details);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages of hvcluster-wbemd (HVC18xx) to syslog, and to standard error in the foreground. Threads: any. */
#ifndef HVC_WBEMD_TELL_H
#define HVC_WBEMD_TELL_H

#include <stdbool.h>

#include "hvc/messages.h"

void hvc_wbemd_tell_open(bool foreground);
void hvc_wbemd_tell(enum hvc_message message, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif

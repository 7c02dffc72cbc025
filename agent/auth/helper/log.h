/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages of hvcluster-auth: to standard error, which is the journal under systemd. */
#ifndef HVC_AUTH_LOG_H
#define HVC_AUTH_LOG_H

#include "hvc/messages.h"

/* A hvc_message_fn; context is not used. With the level in front as sd-daemon(3) has it when systemd reads. */
void hvc_auth_log(void *context, enum hvc_message message, const char *details);

#endif

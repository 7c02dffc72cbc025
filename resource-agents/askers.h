/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two askers of the installed agents. */
#ifndef HVC_ASKERS_H
#define HVC_ASKERS_H

#include "ask.h"

/* Asks hvclusterd over its socket; a connection a question. */
extern struct hvc_asker hvc_ask_daemon;

/* Asks hvcluster-direct, which does the operation itself as root; found beside the agent's own program. */
extern struct hvc_asker hvc_ask_direct;

#endif

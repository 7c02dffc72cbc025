/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two askers of the installed agents. */
#ifndef HVC_ASKERS_H
#define HVC_ASKERS_H

#include "ask.h"

/* Asks hvclusterd over its socket; a connection a question. */
extern struct hvc_asker hvc_ask_daemon;

/* Asks hvcluster-direct, which does the operation itself as root; found beside the agent's own program. */
extern struct hvc_asker hvc_ask_direct;

/* Path of a program of the installation by its place below the prefix ("libexec/hvcluster/hvcluster-direct"). The
 * agents are in PREFIX/lib/ocf/resource.d/hvcluster. */
int hvc_installed_program(const char *below_prefix, char *path, size_t size, struct hvc_error *error);

#endif

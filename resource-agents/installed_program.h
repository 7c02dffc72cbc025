/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the other programs of this installation are, told from where the agent itself is. */
#ifndef HVC_INSTALLED_PROGRAM_H
#define HVC_INSTALLED_PROGRAM_H

#include <stddef.h>

#include "hvc/error.h"

/* Path of a program by its place below the prefix ("libexec/hvcluster/hvcluster-direct"); the agents are in
 * PREFIX/lib/ocf/resource.d/hvcluster. An installation can so be staged, moved and mounted as a whole. */
int hvc_installed_program(const char *below_prefix, char *path, size_t size, struct hvc_error *error);

#endif

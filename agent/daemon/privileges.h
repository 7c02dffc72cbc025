/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who the daemon runs as, and the directories that belong to that user. Called once, before any thread exists. */
#ifndef HVC_PRIVILEGES_H
#define HVC_PRIVILEGES_H

#include "hvc/error.h"

/*
 * Started as root: makes both directories for `user`, then becomes that user with its groups, for good. user "": stays
 * root. Started as somebody else: `user` must be who we are or "", and the directories must be there and ours, or in a
 * folder where we may make them. Nobody else than root may give us a directory that a stranger owns.
 */
int hvc_privileges_settle(const char *user, const char *runtime_directory, const char *state_directory,
                          struct hvc_error *error);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A check in a process of its own: whatever a module of PAM does, it can be ended. The child gets the password with the
 * memory it inherits, and nothing else but the one descriptor for its answer; it dies with its parent.
 */
#ifndef HVC_AUTH_CHILD_H
#define HVC_AUTH_CHILD_H

#include <stdint.h>
#include <sys/types.h>

#include "pam_check.h"

struct hvc_auth_child {
    pid_t pid; /* and process group; 0: none */
    int fd;    /* becomes readable with the answer or the death */
};

/* -errno when there is no process or descriptor to be had. The caller wipes its request afterwards. */
int hvc_auth_child_start(const struct hvc_pam_options *options, const struct hvc_auth_request *request,
                         struct hvc_auth_child *ret_child);

/* Takes the answer if there is one, ends the process and what it may have started, closes, clears *child. True: it had
 * answered. False: it was not done, or died; *ret_answer says so. */
bool hvc_auth_child_end(struct hvc_auth_child *child, struct hvc_auth_answer *ret_answer, uint64_t *ret_delay_ms);

/* Once, before the first child: what a module has started outside of its process group becomes a child of this process
 * when the check is ended. -errno. */
int hvc_auth_child_adopt_orphans(void);

/* Ends every child of this process that is not among known: what ended checks have left behind. */
void hvc_auth_child_end_orphans(const pid_t *known, unsigned count);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The loop of hvcluster-auth: one thread, one process for all clients, because limits on attempts must be remembered
 * from one to the next. Nothing in it blocks: PAM runs in children (child.h), and the delay of a wrong password is a
 * time at which its answer goes out, not a sleep.
 *
 * A request stays in the kernel's queue of its socket until a child can be had for it, so its password is in this
 * process only within one function.
 */
#ifndef HVC_AUTH_SERVER_H
#define HVC_AUTH_SERVER_H

#include <stdint.h>
#include <sys/types.h>

#include "hvc/error.h"
#include "hvc/messages.h"
#include "pam_check.h"

struct hvc_auth_server_options {
    struct hvc_pam_options pam;
    uid_t peer;            /* who may ask, beside root */
    const char *peer_name; /* for the words */
    uint64_t request_ms;   /* from connect to the request */
    uint64_t check_ms;     /* PAM's time for one password; also how long a request waits for a free child */
    uint64_t idle_ms;      /* ends after so long without a client, once no failure is remembered; 0: never */
    hvc_message_fn log;    /* with context */
    void *context;
};

/* Serves listener until stop_fd is readable or it has nothing to do. 0, or -errno in words. Closes neither. */
int hvc_auth_server_run(int listener, int stop_fd, const struct hvc_auth_server_options *options,
                        struct hvc_error *error);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Accounts of a test's own: a mount namespace with its /etc/passwd, /etc/shadow and /etc/group, a folder of PAM
 * services that use the real pam_unix, and hvcluster-auth in it with the rights of its unit.
 */
#ifndef HVC_TEST_ACCOUNTS_H
#define HVC_TEST_ACCOUNTS_H

#include <stdbool.h>
#include <sys/types.h>

#define PASSWORD "correct horse"

enum { PEER_UID = 4998, STRANGER_UID = 4999 };

struct accounts {
    char folder[64]; /* of everything */
    char socket[96], log[96];
    pid_t helper;
};

/* Once in a process, as root. False: namespaces are not to be had here, or not root. */
bool accounts_make(struct accounts *accounts);
void accounts_remove(struct accounts *accounts);

/* Starts hvcluster-auth with a PAM service of the folder, at its socket or (inherited) with the socket as its
 * descriptor 3, and waits until it listens. */
void accounts_start(struct accounts *accounts, const char *service, bool inherited);
/* Ends it by SIGTERM, or waits for its own end; returns its exit status. */
int accounts_stop(struct accounts *accounts, bool tell);

/* The whole log; the caller frees it. */
char *accounts_log(const struct accounts *accounts);

#endif

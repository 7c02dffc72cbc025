/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which right a client has, by who the kernel says it is. */
#ifndef HVC_ACCESS_H
#define HVC_ACCESS_H

#include <sys/types.h>

#include "hvc/error.h"
#include "hvc/operations.h"

struct hvc_access {
    bool has_operate_group, has_read_group, has_front_group;
    gid_t operate_group, read_group, front_group;
};

/* Looks the groups up, once, before any thread; "" for none. A group that does not exist gives -ENOENT in words. */
int hvc_access_new(const char *operate_group, const char *read_group, struct hvc_access *ret_access,
                   struct hvc_error *error);

/* The group of hvcluster-wbemd, whose members may operate, too. It need not exist: the server need not be installed. */
void hvc_access_add_front(struct hvc_access *access, const char *front_group);

/* root: ADMIN; the daemon's own user, members of the operate group and of the front's: OPERATE; of the read group:
 * READ; others: NONE. Supplementary groups come from /proc/PID/status. *ret_group: the group through which the right
 * came, for the files of the connection; the daemon's own otherwise. Never blocks on a name service. */
enum hvc_right hvc_access_right(const struct hvc_access *access, pid_t pid, uid_t uid, gid_t gid, gid_t *ret_group);

#endif

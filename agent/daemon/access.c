/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "access.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <string.h>
#include <unistd.h>

#include "hvc/cleanup.h"

enum { STATUS_MAX = 256 * 1024 }; /* a process has at most 65536 groups; beyond this they do not count */

static int find_group(const char *name, bool *ret_has, gid_t *ret_gid, struct hvc_error *error)
{
    const struct group *entry;

    *ret_has = false;
    if (name[0] == '\0')
        return 0;
    entry = getgrnam(name); /* before any thread */
    if (entry == NULL)
        return hvc_error_set(error, -ENOENT, "group %s does not exist on this node", name);
    *ret_has = true;
    *ret_gid = entry->gr_gid;
    return 0;
}

int hvc_access_new(const char *operate_group, const char *read_group, struct hvc_access *ret_access,
                   struct hvc_error *error)
{
    struct hvc_access access = {0};
    int rc = find_group(operate_group, &access.has_operate_group, &access.operate_group, error);

    if (rc == 0)
        rc = find_group(read_group, &access.has_read_group, &access.read_group, error);
    if (rc == 0)
        *ret_access = access;
    return rc;
}

void hvc_access_add_front(struct hvc_access *access, const char *front_group)
{
    struct hvc_error unknown = {0};

    if (find_group(front_group, &access->has_front_group, &access->front_group, &unknown) < 0)
        access->has_front_group = false;
}

static char *read_status(pid_t pid)
{
    HVC_CLEANUP(fd) int fd = -1;
    char path[64];
    char *text = malloc(STATUS_MAX);
    size_t length = 0;
    ssize_t got = 1;

    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    while (text != NULL && fd >= 0 && got > 0 && length < STATUS_MAX - 1) {
        got = read(fd, text + length, STATUS_MAX - 1 - length);
        length += got > 0 ? (size_t)got : 0;
    }
    if (text != NULL)
        text[length] = '\0';
    return text;
}

static const char *field(const char *status, const char *name)
{
    const char *at = strstr(status, name);

    return at == NULL ? NULL : at + strlen(name);
}

/* The number of a process may have passed to another one since it connected: its user must be the one it had then. */
static bool is_same_user(const char *status, uid_t uid)
{
    const char *at = field(status, "\nUid:");
    char *end = NULL;
    unsigned long real, effective;

    if (at == NULL)
        return false;
    real = strtoul(at, &end, 10);
    effective = strtoul(end, &end, 10);
    (void)real;
    return effective == uid;
}

static bool has_group(const char *status, gid_t group)
{
    const char *at = status == NULL ? NULL : field(status, "\nGroups:");

    while (at != NULL && *at != '\n' && *at != '\0') {
        char *end = NULL;
        unsigned long value = strtoul(at, &end, 10);

        if (end == at)
            return false;
        if (value == group)
            return true;
        at = end + strspn(end, " \t");
    }
    return false;
}

static bool is_member(bool exists, gid_t group, gid_t gid, const char *status)
{
    return exists && (gid == group || has_group(status, group));
}

enum hvc_right hvc_access_right(const struct hvc_access *access, pid_t pid, uid_t uid, gid_t gid, gid_t *ret_group)
{
    HVC_CLEANUP(free) char *status = NULL;

    *ret_group = getegid();
    if (uid == 0)
        return HVC_RIGHT_ADMIN;
    if (uid == geteuid())
        return HVC_RIGHT_OPERATE;
    status = read_status(pid);
    if (status != NULL && !is_same_user(status, uid))
        status[0] = '\0';
    if (is_member(access->has_operate_group, access->operate_group, gid, status)) {
        *ret_group = access->operate_group;
        return HVC_RIGHT_OPERATE;
    }
    if (is_member(access->has_front_group, access->front_group, gid, status)) {
        *ret_group = access->front_group;
        return HVC_RIGHT_OPERATE;
    }
    if (is_member(access->has_read_group, access->read_group, gid, status)) {
        *ret_group = access->read_group;
        return HVC_RIGHT_READ;
    }
    return HVC_RIGHT_NONE;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hvc/cleanup.h"

struct account {
    const char *name;
    uid_t uid;
    gid_t gid;
};

static int find_account(const char *user, struct account *ret_account, struct hvc_error *error)
{
    const struct passwd *entry;

    *ret_account = (struct account){user, geteuid(), getegid()};
    if (user[0] == '\0')
        return 0;
    errno = 0;
    entry = getpwnam(user); /* before any thread */
    if (entry == NULL && errno != 0)
        return hvc_error_set(error, -errno, "cannot look up user %s: %s", user, strerror(errno));
    if (entry == NULL && geteuid() != 0)
        return hvc_error_set(error, -ENOENT, "user %s does not exist, and we are user %u and cannot become another",
                             user, (unsigned)geteuid());
    if (entry == NULL)
        return hvc_error_set(error, -ENOENT,
                             "user %s does not exist: make it (systemd-sysusers hvcluster.conf), or set user in "
                             "[daemon] of hvclusterd.conf",
                             user);
    ret_account->uid = entry->pw_uid;
    ret_account->gid = entry->pw_gid;
    return 0;
}

/* The directory is opened once and everything is checked and changed through that, never by its name again. */
static int settle_directory(const char *path, mode_t mode, const struct account *account, struct hvc_error *error)
{
    HVC_CLEANUP(fd) int fd = -1;
    struct stat status;

    if (mkdir(path, mode) < 0 && errno != EEXIST)
        return hvc_error_set(error, -errno, "cannot make the directory %s: %s", path, strerror(errno));
    fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) < 0)
        return hvc_error_set(error, -errno, "cannot open the directory %s: %s", path, strerror(errno));
    if (geteuid() == 0 && (status.st_uid == 0 || status.st_uid == account->uid)) {
        if (fchown(fd, account->uid, account->gid) < 0 || fchmod(fd, mode) < 0)
            return hvc_error_set(error, -errno, "cannot give the directory %s to user %s: %s", path, account->name,
                                 strerror(errno));
        return 0;
    }
    if (status.st_uid != account->uid)
        return hvc_error_set(error, -EPERM, "the directory %s belongs to user %u, not to user %u: remove it", path,
                             (unsigned)status.st_uid, (unsigned)account->uid);
    if ((status.st_mode & 022) != 0)
        return hvc_error_set(error, -EPERM, "others may write to the directory %s: chmod go-w %s", path, path);
    return 0;
}

static int become(const struct account *account, struct hvc_error *error)
{
    if (initgroups(account->name, account->gid) < 0 || setresgid(account->gid, account->gid, account->gid) < 0 ||
        setresuid(account->uid, account->uid, account->uid) < 0)
        return hvc_error_set(error, -errno, "cannot become user %s: %s", account->name, strerror(errno));
    if (account->uid != 0 && setuid(0) == 0)
        return hvc_error_set(error, -EPERM, "could become root again after becoming user %s", account->name);
    /* the change of user took these away: a core dump of ours is nobody's secret */
    (void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    return 0;
}

int hvc_privileges_settle(const char *user, const char *runtime_directory, const char *state_directory,
                          struct hvc_error *error)
{
    struct account account;
    int rc = find_account(user, &account, error);

    if (rc == 0 && geteuid() != 0 && account.uid != geteuid())
        rc =
            hvc_error_set(error, -EPERM, "only root can become user %s, and we are user %u", user, (unsigned)geteuid());
    if (rc == 0)
        rc = settle_directory(runtime_directory, 0755, &account, error);
    if (rc == 0)
        rc = settle_directory(state_directory, 0750, &account, error);
    if (rc == 0 && geteuid() == 0 && account.uid != 0)
        rc = become(&account, error);
    if (rc == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        rc = hvc_error_set(error, -errno, "cannot renounce new privileges: %s", strerror(errno));
    return rc;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "hvc/cleanup.h"

/* Kernel constants that linux/magic.h of Debian 12 does not carry (fs/<name>/ of the kernel). */
#define MAGIC_LUSTRE 0x0bd00bd0
#define MAGIC_GFS2   0x01161970
#define MAGIC_VBOXSF 0x786f4256

static const struct place {
    uint32_t magic;
    const char *name;
    bool refused, lost_at_power_off;
} places[] = {
    {NFS_SUPER_MAGIC, "NFS", true, false},
    {SMB_SUPER_MAGIC, "SMB", true, false},
    {SMB2_SUPER_MAGIC, "SMB2", true, false},
    {CIFS_SUPER_MAGIC, "CIFS", true, false},
    {V9FS_MAGIC, "9P", true, false},
    {AFS_SUPER_MAGIC, "AFS", true, false},
    {AFS_FS_MAGIC, "AFS", true, false},
    {CODA_SUPER_MAGIC, "Coda", true, false},
    {NCP_SUPER_MAGIC, "NCP", true, false},
    {CEPH_SUPER_MAGIC, "Ceph", true, false},
    {FUSE_SUPER_MAGIC, "FUSE", true, false}, /* GlusterFS, sshfs, ...: what fsync means there is not known */
    {OCFS2_SUPER_MAGIC, "OCFS2", true, false},
    {MAGIC_GFS2, "GFS2", true, false},
    {MAGIC_LUSTRE, "Lustre", true, false},
    {MAGIC_VBOXSF, "vboxsf", true, false},
    {TMPFS_MAGIC, "tmpfs", false, true},
    {RAMFS_MAGIC, "ramfs", false, true},
    {EXT4_SUPER_MAGIC, "ext4", false, false},
    {XFS_SUPER_MAGIC, "XFS", false, false},
    {BTRFS_SUPER_MAGIC, "Btrfs", false, false},
    {F2FS_SUPER_MAGIC, "F2FS", false, false},
    {OVERLAYFS_SUPER_MAGIC, "overlayfs", false, false},
};

static int judge(const char *directory, uint32_t magic, const char **ret_name, bool *ret_volatile,
                 struct hvc_error *error)
{
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (places[i].magic != magic)
            continue;
        if (places[i].refused)
            return hvc_error_set(error, -EOPNOTSUPP,
                                 "the store %s is on %s: a node's store must be on a local disk, because locks and "
                                 "fsync of a network or shared file system do not keep what an acknowledgement "
                                 "promises; choose a folder on a local file system",
                                 directory, places[i].name);
        *ret_name = places[i].name;
        *ret_volatile = places[i].lost_at_power_off;
        return 0;
    }
    *ret_name = "another local file system";
    *ret_volatile = false;
    return 0;
}

int hvc_store_place(const char *directory, const char **ret_name, bool *ret_volatile, struct hvc_error *error)
{
    struct statfs facts;

    if (mkdir(directory, 0700) < 0 && errno != EEXIST)
        return hvc_error_set(error, -errno, "cannot make the store's folder %s: %s", directory, strerror(errno));
    if (statfs(directory, &facts) < 0)
        return hvc_error_set(error, -errno, "cannot tell the file system of %s: %s", directory, strerror(errno));
    return judge(directory, (uint32_t)facts.f_type, ret_name, ret_volatile, error);
}

int hvc_store_lock(const char *path, int *ret_fd, struct hvc_error *error)
{
    HVC_CLEANUP(fd) int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    char pid[24] = "";
    int length;

    if (fd < 0)
        return hvc_error_set(error, -errno, "cannot open the store's lock %s: %s", path, strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        if (errno != EWOULDBLOCK)
            return hvc_error_set(error, -errno, "cannot lock %s: %s", path, strerror(errno));
        if (pread(fd, pid, sizeof(pid) - 1, 0) <= 0)
            (void)snprintf(pid, sizeof(pid), "unknown");
        return hvc_error_set(error, -EBUSY,
                             "the store is in use by another process (pid %.20s, lock %s); stop it first", pid, path);
    }
    /* for the words above only: the lock itself is flock's, and a stale number in the file does no harm */
    length = snprintf(pid, sizeof(pid), "%" PRIdMAX, (intmax_t)getpid());
    if (ftruncate(fd, 0) < 0 || pwrite(fd, pid, (size_t)length, 0) != length)
        return hvc_error_set(error, errno > 0 ? -errno : -EIO, "cannot write %s: %s", path, strerror(errno));
    *ret_fd = HVC_TAKE(fd, -1);
    return 0;
}

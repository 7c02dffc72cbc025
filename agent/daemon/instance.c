/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "instance.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hvc/cleanup.h"
#include "hvc/limits.h"

static int lock_path(const char *directory, char path[HVC_PATH_TEXT_MAX])
{
    int length = snprintf(path, HVC_PATH_TEXT_MAX, "%s/hvclusterd.pid", directory);

    return length < 0 || length >= HVC_PATH_TEXT_MAX ? -ENAMETOOLONG : 0;
}

static void read_pid(int fd, char *text, size_t size)
{
    ssize_t length = pread(fd, text, size - 1, 0);

    text[length < 0 ? 0 : length] = '\0';
    text[strcspn(text, "\n")] = '\0';
}

int hvc_instance_lock(const char *directory, int *ret_fd, struct hvc_error *error)
{
    HVC_CLEANUP(fd) int fd = -1;
    char path[HVC_PATH_TEXT_MAX];
    char pid[32];
    int length;

    if (lock_path(directory, path) < 0)
        return hvc_error_set(error, -ENAMETOOLONG, "the name of the directory %.80s... is too long", directory);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return hvc_error_set(error, -errno, "cannot open %s: %s", path, strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        if (errno != EWOULDBLOCK)
            return hvc_error_set(error, -errno, "cannot lock %s: %s", path, strerror(errno));
        read_pid(fd, pid, sizeof(pid));
        return hvc_error_set(error, -EEXIST, "hvclusterd runs already, as process %s (it holds the lock on %s)", pid,
                             path);
    }
    length = snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
    if (ftruncate(fd, 0) < 0 || pwrite(fd, pid, (size_t)length, 0) != length)
        return hvc_error_set(error, -EIO, "cannot write %s: %s", path, strerror(errno));
    *ret_fd = HVC_TAKE(fd, -1);
    return 0;
}

void hvc_instance_unlock(const char *directory, int fd)
{
    char path[HVC_PATH_TEXT_MAX];

    if (lock_path(directory, path) == 0)
        (void)unlink(path);
    (void)close(fd);
}

/* "qb-PID-CLIENT-FD-XXXXXX" of libqb (ipc_setup.c): is PID gone? */
static bool is_of_dead_process(const char *name)
{
    char path[64];
    int pid = 0;
    int end = 0;

    if (sscanf(name, "qb-%d-%n", &pid, &end) != 1 || end == 0 || pid <= 0)
        return false;
    (void)snprintf(path, sizeof(path), "/proc/%d", pid);
    return access(path, F_OK) < 0 && errno == ENOENT;
}

static DIR *open_folder(int parent, const char *name)
{
    struct stat status;
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *folder;

    if (fd < 0)
        return NULL;
    folder = fstat(fd, &status) == 0 && status.st_uid == geteuid() ? fdopendir(fd) : NULL;
    if (folder == NULL)
        (void)close(fd);
    return folder;
}

/* Files "qb-request-SERVICE-header" and so on: only a folder that holds nothing else is ours. */
static bool empty_folder(DIR *folder, const char *service)
{
    const struct dirent *entry;
    bool ours = true;

    while (ours && (entry = readdir(folder)) != NULL)
        ours = entry->d_name[0] == '.' || strstr(entry->d_name, service) != NULL;
    rewinddir(folder);
    while (ours && (entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] != '.')
            ours = unlinkat(dirfd(folder), entry->d_name, 0) == 0;
    }
    return ours;
}

unsigned hvc_instance_sweep(const char *folder, const char *service)
{
    DIR *shared = opendir(folder);
    const struct dirent *entry;
    unsigned count = 0;

    while (shared != NULL && (entry = readdir(shared)) != NULL) {
        DIR *left;

        if (!is_of_dead_process(entry->d_name))
            continue;
        left = open_folder(dirfd(shared), entry->d_name);
        if (left == NULL)
            continue;
        if (empty_folder(left, service) && unlinkat(dirfd(shared), entry->d_name, AT_REMOVEDIR) == 0)
            count++;
        (void)closedir(left);
    }
    if (shared != NULL)
        (void)closedir(shared);
    return count;
}

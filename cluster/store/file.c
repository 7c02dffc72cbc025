/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "hvc/cleanup.h"

int hvc_store_path(char *ret_path, const char *a, const char *b, struct hvc_error *error)
{
    int length = snprintf(ret_path, HVC_PATH_TEXT_MAX, "%s%s", a, b);

    if (length < 0 || length >= HVC_PATH_TEXT_MAX)
        return hvc_error_set(error, -ENAMETOOLONG, "the path %.100s...%s is longer than %d bytes", a, b,
                             HVC_PATH_TEXT_MAX - 1);
    return 0;
}

bool hvc_store_exists(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0;
}

static int failed(struct hvc_error *error, const char *what, const char *path)
{
    int code = errno > 0 ? -errno : -EIO;

    return hvc_error_set(error, code, "%s %s: %s", what, path, strerror(-code));
}

int hvc_store_file_private(const char *path, struct hvc_error *error)
{
    HVC_CLEANUP(fd) int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

    return fd < 0 ? failed(error, "cannot create", path) : 0;
}

int hvc_store_sync_folder_of(const char *path, struct hvc_error *error)
{
    char folder[HVC_PATH_TEXT_MAX];
    const char *slash = strrchr(path, '/');
    HVC_CLEANUP(fd) int fd = -1;
    int r;

    r = slash == NULL   ? hvc_store_path(folder, ".", "", error)
        : slash == path ? hvc_store_path(folder, "/", "", error)
                        : hvc_store_path(folder, path, "", error);
    if (r < 0)
        return r;
    if (slash != NULL && slash != path)
        folder[slash - path] = '\0';
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return failed(error, "cannot open the folder", folder);
    if (fsync(fd) < 0)
        return failed(error, "cannot make durable the folder", folder);
    return 0;
}

static int write_whole(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t n = write(fd, bytes, length);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            errno = n == 0 ? EIO : errno;
            return -1;
        }
        bytes += n;
        length -= (size_t)n;
    }
    return 0;
}

int hvc_store_file_write(const char *path, const void *bytes, size_t length, struct hvc_error *error)
{
    char fresh[HVC_PATH_TEXT_MAX];
    HVC_CLEANUP(fd) int fd = -1;
    int r;

    r = hvc_store_path(fresh, path, ".new", error);
    if (r < 0)
        return r;
    fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return failed(error, "cannot create", fresh);
    if (write_whole(fd, bytes, length) < 0 || fsync(fd) < 0) {
        r = failed(error, "cannot write", fresh);
        (void)unlink(fresh);
        return r;
    }
    if (rename(fresh, path) < 0)
        return failed(error, "cannot replace", path);
    return hvc_store_sync_folder_of(path, error);
}

int hvc_store_file_fill(const char *path, size_t length, struct hvc_error *error)
{
    HVC_CLEANUP(fd) int fd = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    HVC_CLEANUP(free) char *zeros = NULL;
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0)
        return failed(error, "cannot open", path);
    if (st.st_size != 0)
        return 0;
    zeros = calloc(1, length);
    if (zeros == NULL)
        return hvc_error_set(error, -ENOMEM, "out of memory for %zu bytes of %s", length, path);
    if (write_whole(fd, zeros, length) < 0 || fsync(fd) < 0)
        return failed(error, "cannot write", path);
    return 0;
}

int hvc_store_file_read(const char *path, char *bytes, size_t size, struct hvc_error *error)
{
    HVC_CLEANUP(fd) int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    size_t used = 0;

    if (fd < 0)
        return errno == ENOENT ? -ENOENT : failed(error, "cannot open", path);
    for (;;) {
        ssize_t n = read(fd, bytes + used, size - used);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return failed(error, "cannot read", path);
        if (n == 0)
            break;
        used += (size_t)n;
        if (used == size)
            return hvc_error_set(error, -EFBIG, "%s is larger than %zu bytes", path, size - 1);
    }
    bytes[used] = '\0';
    return 0;
}

int hvc_store_file_sync(const char *path, struct hvc_error *error)
{
    HVC_CLEANUP(fd) int fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0)
        return failed(error, "cannot open", path);
    return fsync(fd) < 0 ? failed(error, "cannot make durable", path) : 0;
}

int hvc_store_file_remove(const char *path, struct hvc_error *error)
{
    if (unlink(path) < 0 && errno != ENOENT)
        return failed(error, "cannot remove", path);
    return 0;
}

int hvc_store_file_rename(const char *from, const char *to, struct hvc_error *error)
{
    if (rename(from, to) < 0 && errno != ENOENT)
        return failed(error, "cannot put aside", from);
    return 0;
}

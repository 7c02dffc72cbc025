/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "move_record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "hvc/cleanup.h"
#include "hvc/record.h"
#include "hvc/text.h"

enum {
    VERSION = 1,
    FILE_MAX = 8192 /* bytes: five names of at most 256, escaped */
};

HVC_DEFINE_CLEANUP(DIR *, dir, closedir, NULL)

static const char temporary[] = ".new"; /* a file being written, its name has no UUID's form */

int hvc_move_record_boot(const char *file, char ret_boot[HVC_BOOT_ID_MAX], struct hvc_error *error)
{
    const char *path = file != NULL ? file : "/proc/sys/kernel/random/boot_id";
    HVC_CLEANUP(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    char text[HVC_BOOT_ID_MAX + 1] = "";
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

    if (length < 0)
        return hvc_error_set(error, -errno, "cannot read %s: %s", path, strerror(errno));
    text[strcspn(text, "\n")] = '\0';
    if (text[0] == '\0' || hvc_text_copy(ret_boot, HVC_BOOT_ID_MAX, text) < 0)
        return hvc_error_set(error, -EINVAL, "the first line of %s has no characters, or more than %d", path,
                             HVC_BOOT_ID_MAX - 1);
    return 0;
}

/* ---- writing ---- */

static int format(const struct hvc_move_record *record, char **ret_text, size_t *ret_length, struct hvc_error *error)
{
    HVC_CLEANUP(record) struct hvc_record *r = hvc_record_new();

    hvc_record_set_u64(r, "version", VERSION);
    hvc_record_set_text(r, "id", record->id);
    hvc_record_set_text(r, "uuid", record->guest.uuid);
    hvc_record_set_text(r, "name", record->guest.name);
    hvc_record_set_text(r, "source", record->source);
    hvc_record_set_text(r, "target", record->target);
    hvc_record_set_text(r, "owner", record->owner);
    hvc_record_set_text(r, "boot", record->boot);
    hvc_record_set_u64(r, "uid", record->uid);
    hvc_record_set_i64(r, "began_at", record->began_at);
    hvc_record_set_bool(r, "tls", record->tls);
    if (record->job.id != 0) {
        hvc_record_set_u64(r, "job", record->job.id);
        hvc_record_set_u64(r, "job_admitted_ms", record->job.admitted_ms);
        hvc_record_set_bool(r, "job_keeps", record->job.keeps);
    }
    return hvc_record_format_replacing(r, ret_text, ret_length, error);
}

static int open_folder(const char *folder, struct hvc_error *error)
{
    int fd;

    if (mkdir(folder, 0750) < 0 && errno != EEXIST)
        return hvc_error_set(error, -errno, "cannot make folder %s: %s", folder, strerror(errno));
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? hvc_error_set(error, -errno, "cannot open folder %s: %s", folder, strerror(errno)) : fd;
}

static int write_all(int fd, const char *text, size_t length)
{
    size_t done = 0;

    while (done < length) {
        ssize_t n = write(fd, text + done, length - done);

        if (n < 0 && errno != EINTR)
            return -errno;
        done += n < 0 ? 0 : (size_t)n;
    }
    return fsync(fd) < 0 ? -errno : 0;
}

/* The new content under its own name first, on the disk; then both under the right name. */
static int replace(int folder_fd, const char *name, const char *text, size_t length)
{
    char other[HVC_UUID_TEXT_MAX + sizeof(temporary)];
    HVC_CLEANUP(fd) int fd = -1;
    int rc;

    (void)snprintf(other, sizeof(other), "%.36s%s", name, temporary);
    fd = openat(folder_fd, other, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
    rc = fd < 0 ? -errno : write_all(fd, text, length);
    if (rc == 0 && renameat(folder_fd, other, folder_fd, name) < 0)
        rc = -errno;
    if (rc == 0)
        return fsync(folder_fd) < 0 ? -errno : 0;
    if (fd >= 0)
        (void)unlinkat(folder_fd, other, 0); /* what is left of it is no record */
    return rc;
}

int hvc_move_record_write(const char *folder, const struct hvc_move_record *record, struct hvc_error *error)
{
    struct hvc_move_record proper = *record;
    const char *uuid = proper.guest.uuid;
    HVC_CLEANUP(free) char *text = NULL;
    HVC_CLEANUP(fd) int folder_fd = -1;
    size_t length = 0;
    int rc;

    if (hvc_parse_uuid(record->guest.uuid, proper.guest.uuid) < 0)
        return hvc_error_set(error, -EINVAL, "\"%.60s\" is no UUID", record->guest.uuid);
    rc = format(&proper, &text, &length, error);
    if (rc < 0)
        return rc;
    folder_fd = open_folder(folder, error);
    if (folder_fd < 0)
        return folder_fd;
    rc = replace(folder_fd, uuid, text, length);
    return rc < 0 ? hvc_error_set(error, rc, "cannot write %s/%s: %s", folder, uuid, strerror(-rc)) : 0;
}

int hvc_move_record_remove(const char *folder, const char *uuid, struct hvc_error *error)
{
    HVC_CLEANUP(fd) int folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (folder_fd < 0 && errno == ENOENT)
        return 0;
    if (folder_fd < 0)
        return hvc_error_set(error, -errno, "cannot open folder %s: %s", folder, strerror(errno));
    if (unlinkat(folder_fd, uuid, 0) < 0)
        return errno == ENOENT ? 0
                               : hvc_error_set(error, -errno, "cannot remove %s/%s: %s", folder, uuid, strerror(errno));
    /* a crash before that shows the move once more, and its end is proven once more */
    return fsync(folder_fd) < 0 ? hvc_error_set(error, -errno, "cannot write folder %s: %s", folder, strerror(errno))
                                : 0;
}

/* ---- reading ---- */

static int take_text(const struct hvc_record *r, const char *name, char *target, size_t size)
{
    const char *text = NULL;
    int rc = hvc_record_get_text(r, name, &text);

    return rc < 0 ? rc : hvc_text_copy(target, size, text);
}

static int parse(const char *text, size_t length, const char *uuid, struct hvc_move_record *ret_record,
                 struct hvc_error *error)
{
    HVC_CLEANUP(record) struct hvc_record *r = NULL;
    struct hvc_move_record m = {.uid = 0};
    uint64_t uid = 0;
    int rc = hvc_record_parse(text, length, &r, error);

    if (rc < 0)
        return rc;
    if (hvc_record_u64(r, "version", 0) != VERSION)
        return hvc_error_set(error, -EINVAL, "its version is not %d", VERSION);
    if (take_text(r, "id", m.id, sizeof(m.id)) < 0 || take_text(r, "uuid", m.guest.uuid, sizeof(m.guest.uuid)) < 0 ||
        take_text(r, "name", m.guest.name, sizeof(m.guest.name)) < 0 ||
        take_text(r, "source", m.source, sizeof(m.source)) < 0 ||
        take_text(r, "target", m.target, sizeof(m.target)) < 0 || take_text(r, "owner", m.owner, sizeof(m.owner)) < 0 ||
        take_text(r, "boot", m.boot, sizeof(m.boot)) < 0 || hvc_record_get_u64(r, "uid", &uid) < 0 ||
        uid > UINT32_MAX || hvc_record_get_i64(r, "began_at", &m.began_at) < 0)
        return hvc_error_set(error, -EINVAL, "a member is missing, too long or of another type");
    if (strcmp(m.guest.uuid, uuid) != 0)
        return hvc_error_set(error, -EINVAL, "it is of guest %s", m.guest.uuid);
    m.uid = (uint32_t)uid;
    m.tls = hvc_record_bool(r, "tls", false);
    m.job = (struct hvc_move_job){.id = hvc_record_u64(r, "job", 0),
                                  .admitted_ms = hvc_record_u64(r, "job_admitted_ms", 0),
                                  .keeps = hvc_record_bool(r, "job_keeps", false)};
    *ret_record = m;
    return 0;
}

static int read_one(int folder_fd, const char *name, struct hvc_move_record *ret_record, struct hvc_error *error)
{
    HVC_CLEANUP(fd) int fd = openat(folder_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    char text[FILE_MAX];
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text));

    if (length < 0)
        return hvc_error_set(error, -errno, "%s", strerror(errno));
    if ((size_t)length == sizeof(text))
        return hvc_error_set(error, -E2BIG, "it has more than %d bytes", FILE_MAX - 1);
    return parse(text, (size_t)length, name, ret_record, error);
}

static int add(struct hvc_move_record **records, size_t *count, const struct hvc_move_record *one)
{
    struct hvc_move_record *more = reallocarray(*records, *count + 1, sizeof(*more));

    if (more == NULL)
        return -ENOMEM;
    more[(*count)++] = *one;
    *records = more;
    return 0;
}

int hvc_move_record_list(const char *folder, struct hvc_move_record **ret_records, size_t *ret_count, size_t *ret_bad,
                         struct hvc_error *error)
{
    HVC_CLEANUP(dir) DIR *dir = opendir(folder);
    HVC_CLEANUP(free) struct hvc_move_record *records = NULL;
    const struct dirent *e;
    size_t count = 0, bad = 0;

    if (dir == NULL && errno != ENOENT)
        return hvc_error_set(error, -errno, "cannot open folder %s: %s", folder, strerror(errno));
    while (dir != NULL && (e = readdir(dir)) != NULL) {
        struct hvc_move_record one;
        char uuid[HVC_UUID_TEXT_MAX];
        int rc;

        if (hvc_parse_uuid(e->d_name, uuid) < 0 || strcmp(uuid, e->d_name) != 0)
            continue;
        rc = read_one(dirfd(dir), e->d_name, &one, error);
        if (rc < 0) {
            (void)hvc_error_prefix(error, "%s/%s is no record of a move", folder, e->d_name);
            bad++;
        } else if (add(&records, &count, &one) < 0) {
            return hvc_error_set(error, -ENOMEM, "out of memory");
        }
    }
    *ret_records = HVC_TAKE(records, NULL);
    *ret_count = count;
    *ret_bad = bad;
    return 0;
}

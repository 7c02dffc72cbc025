/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/job_archive.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "hvc/cleanup.h"

#define NAME_MAX_BYTES 32 /* "jobs-2026-11-21.jsonl" */
#define DAY_MS         UINT64_C(86400000)

static int failed(const char *folder, const char *what, struct hvc_error *error)
{
    return hvc_error_set(error, -errno, "%s %s: %s", what, folder, strerror(errno));
}

static void name_of_day(uint64_t wall_ms, char name[NAME_MAX_BYTES])
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm tm;

    name[0] = '\0';
    if (gmtime_r(&seconds, &tm) == NULL || strftime(name, NAME_MAX_BYTES, "jobs-%Y-%m-%d.jsonl", &tm) == 0)
        name[0] = '\0';
}

/* Such names only: what else lies there is not ours. */
static int is_archive(const struct dirent *entry)
{
    static const char form[] = "jobs-dddd-dd-dd.jsonl";
    const char *name = entry->d_name;

    if (strlen(name) != sizeof(form) - 1)
        return 0;
    for (size_t i = 0; form[i] != '\0'; i++) {
        if (form[i] == 'd' ? name[i] < '0' || name[i] > '9' : name[i] != form[i])
            return 0;
    }
    return 1;
}

/* ---- writing ---- */

static int open_folder(const char *folder, bool make, struct hvc_error *error)
{
    int fd;

    if (make && mkdir(folder, 0750) < 0 && errno != EEXIST)
        return failed(folder, "cannot make", error);
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? failed(folder, "cannot open", error) : fd;
}

/* A line that was cut is ended, so that the next one is whole. */
static bool end_last_line(int fd)
{
    struct stat status;
    char last;

    if (fstat(fd, &status) < 0)
        return false;
    if (status.st_size == 0)
        return true;
    return pread(fd, &last, 1, status.st_size - 1) == 1 && (last == '\n' || write(fd, "\n", 1) == 1);
}

int hvc_job_archive_append(const char *folder, const char *lines, size_t length, uint64_t wall_ms,
                           struct hvc_error *error)
{
    HVC_CLEANUP(fd) int at = open_folder(folder, true, error);
    HVC_CLEANUP(fd) int fd = -1;
    char name[NAME_MAX_BYTES];
    size_t done = 0;

    if (at < 0)
        return at;
    name_of_day(wall_ms, name);
    fd = openat(at, name, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (fd < 0 || !end_last_line(fd))
        return failed(folder, "cannot write a file in", error);
    while (done < length) {
        ssize_t written = write(fd, lines + done, length - done);

        if (written < 0 && errno != EINTR)
            return failed(folder, "cannot write a file in", error);
        done += written > 0 ? (size_t)written : 0;
    }
    return fdatasync(fd) < 0 || fsync(at) < 0 ? failed(folder, "cannot write to the disk of", error) : 0;
}

/* ---- reading ---- */

/* The whole file; free(). */
static int read_file(int at, const char *name, char **ret_text, size_t *ret_length)
{
    HVC_CLEANUP(fd) int fd = openat(at, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    HVC_CLEANUP(free) char *text = NULL;
    struct stat status;
    size_t length = 0, size;

    if (fd < 0 || fstat(fd, &status) < 0)
        return -errno;
    size = (size_t)status.st_size;
    text = malloc(size + 1);
    if (text == NULL)
        return -ENOMEM;
    while (length < size) {
        ssize_t got = read(fd, text + length, size - length);

        if (got < 0 && errno != EINTR)
            return -errno;
        if (got == 0)
            break;
        length += got > 0 ? (size_t)got : 0;
    }
    *ret_length = length;
    *ret_text = HVC_TAKE(text, NULL);
    return 0;
}

/* True: go on with an older file. */
static bool walk_lines(const char *text, size_t length, bool (*each)(void *, const struct hvc_record *), void *context)
{
    while (length > 0) {
        const char *end = memrchr(text, '\n', length - 1);
        size_t start = end == NULL ? 0 : (size_t)(end - text) + 1;
        HVC_CLEANUP(record) struct hvc_record *line = NULL;
        bool whole = text[length - 1] == '\n';

        if (whole && hvc_record_parse(text + start, length - 1 - start, &line, NULL) == 0 && !each(context, line))
            return false;
        length = start;
    }
    return true;
}

static void free_names(struct dirent **names, int count)
{
    for (int i = 0; i < count; i++)
        free(names[i]);
    free(names);
}

static int list(int at, struct dirent ***ret_names)
{
    int count = scandirat(at, ".", ret_names, is_archive, alphasort);

    return count < 0 ? -errno : count;
}

int hvc_job_archive_walk(const char *folder, bool (*each)(void *context, const struct hvc_record *line), void *context,
                         struct hvc_error *error)
{
    HVC_CLEANUP(fd) int at = open_folder(folder, false, error);
    struct dirent **names = NULL;
    int count, rc = 0;
    bool more = true;

    if (at < 0)
        return at == -ENOENT ? 0 : at;
    count = list(at, &names);
    if (count < 0)
        return hvc_error_set(error, count, "cannot look into %s: %s", folder, strerror(-count));
    for (int i = count - 1; i >= 0 && more && rc == 0; i--) {
        HVC_CLEANUP(free) char *text = NULL;
        size_t length = 0;

        rc = read_file(at, names[i]->d_name, &text, &length);
        if (rc == -ENOENT)
            rc = 0; /* expired meanwhile */
        else if (rc < 0)
            (void)hvc_error_set(error, rc, "cannot read %s/%s: %s", folder, names[i]->d_name, strerror(-rc));
        more = text == NULL || walk_lines(text, length, each, context);
    }
    free_names(names, count);
    return rc;
}

/* ---- the end of old files ---- */

int hvc_job_archive_expire(const char *folder, uint64_t days, uint64_t wall_ms, struct hvc_error *error)
{
    HVC_CLEANUP(fd) int at = open_folder(folder, false, error);
    struct dirent **names = NULL;
    char oldest[NAME_MAX_BYTES];
    int count, rc = 0;

    if (at < 0)
        return at == -ENOENT ? 0 : at;
    name_of_day(wall_ms / DAY_MS > days ? wall_ms - days * DAY_MS : 0, oldest);
    count = list(at, &names);
    if (count < 0)
        return hvc_error_set(error, count, "cannot look into %s: %s", folder, strerror(-count));
    for (int i = 0; i < count && rc == 0 && strcmp(names[i]->d_name, oldest) < 0; i++) {
        if (unlinkat(at, names[i]->d_name, 0) < 0 && errno != ENOENT)
            rc = failed(folder, "cannot remove a file in", error);
    }
    free_names(names, count);
    return rc;
}

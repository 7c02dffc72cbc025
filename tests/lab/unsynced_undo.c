/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hvc-lab-unsynced-undo FOLDER: puts back what the journals in FOLDER (unsynced.h) say, the newest write first, removes
 * them, and says what was lost. */
#include "unsynced.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hvc/cleanup.h"

static int complain(const char *what)
{
    (void)fprintf(stderr, "hvc-lab-unsynced-undo: %s: %s\n", what, strerror(errno));
    return -1;
}

/* The whole file; NULL when it cannot be read. */
static char *read_journal(const char *name, size_t *ret_length)
{
    HVC_CLEANUP(fd) int fd = open(name, O_RDONLY | O_CLOEXEC);
    struct stat stat;
    char *bytes;

    if (fd < 0 || fstat(fd, &stat) != 0)
        return NULL;
    bytes = malloc((size_t)stat.st_size + 1);
    if (bytes != NULL && read(fd, bytes, (size_t)stat.st_size) != (ssize_t)stat.st_size) {
        free(bytes);
        return NULL;
    }
    *ret_length = (size_t)stat.st_size;
    return bytes;
}

/* Where the record begins that ends at `end` bytes: the journal is walked from its begin, for records tell only where
 * the next one is. 0: there is none. */
static size_t last_before(const char *bytes, size_t end)
{
    size_t at = sizeof(struct unsynced_header), last = 0;
    struct unsynced_record record;

    while (end - at >= sizeof(record)) {
        memcpy(&record, bytes + at, sizeof(record));
        if (record.length > end - at - sizeof(record))
            break;
        last = at;
        at += sizeof(record) + (size_t)record.length;
    }
    return last;
}

static int undo(const char *name)
{
    size_t length = 0, writes = 0;
    HVC_CLEANUP(free) char *bytes = read_journal(name, &length);
    struct unsynced_header header;
    HVC_CLEANUP(fd) int fd = -1;

    if (bytes == NULL)
        return complain(name);
    if (length <= sizeof(header))
        return 0;
    memcpy(&header, bytes, sizeof(header));
    header.path[sizeof(header.path) - 1] = '\0';
    fd = open(header.path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return complain(header.path);
    for (size_t at; (at = last_before(bytes, length)) != 0; length = at, writes++) {
        struct unsynced_record record;

        memcpy(&record, bytes + at, sizeof(record));
        if (pwrite(fd, bytes + at + sizeof(record), (size_t)record.length, (off_t)record.offset) !=
                (ssize_t)record.length ||
            ftruncate(fd, (off_t)record.size) != 0)
            return complain(header.path);
    }
    (void)printf("unsynced: %s: %zu writes lost\n", header.path, writes);
    return fsync(fd) != 0 ? complain(header.path) : 0;
}

int main(int argc, char **argv)
{
    const struct dirent *entry;
    char name[1024];
    int failed = 0;
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;

    if (argc != 2) {
        (void)fprintf(stderr, "usage: hvc-lab-unsynced-undo FOLDER\n");
        return 2;
    }
    if (folder == NULL)
        return complain(argv[1]) != 0;
    while ((entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(name, sizeof(name), "%s/%s", argv[1], entry->d_name);
        failed |= undo(name) != 0 || unlink(name) != 0;
    }
    return closedir(folder) != 0 || failed != 0;
}

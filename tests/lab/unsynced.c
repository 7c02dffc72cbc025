/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See unsynced.h. Preloaded (LD_PRELOAD); whatever it cannot note ends the program: a silent gap would be a lie. */
#include "unsynced.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { FDS_MAX = 1024 };

/* By descriptor; journal -1: not one of ours. A number may have been used again behind our back, so device and inode
 * are compared. */
static struct file {
    int journal;
    bool known;
    dev_t device;
    ino_t inode;
} files[FDS_MAX];

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct {
    int (*open)(const char *, int, ...);
    int (*unlink)(const char *);
    int (*rename)(const char *, const char *);
    ssize_t (*write)(int, const void *, size_t);
    ssize_t (*pwrite)(int, const void *, size_t, off_t);
    ssize_t (*pread)(int, void *, size_t, off_t);
    int (*ftruncate)(int, off_t);
    int (*fsync)(int);
    int (*fdatasync)(int);
} real;

static _Noreturn void give_up(const char *what)
{
    (void)fprintf(stderr, "hvc-lab-unsynced: %s: %s\n", what, strerror(errno));
    abort();
}

static void find(const char *name, void *target, size_t size)
{
    void *symbol = dlsym(RTLD_NEXT, name);

    if (symbol == NULL)
        give_up(name);
    memcpy(target, &symbol, size); /* an object pointer is no function pointer in C */
}

#define FIND(name) find(#name, &real.name, sizeof(real.name))

/* Other libraries' constructors open files before ours has its turn: whoever comes first calls it. */
__attribute__((constructor)) static void begin(void)
{
    if (real.open != NULL)
        return;
    FIND(unlink);
    FIND(rename);
    FIND(write);
    FIND(pwrite);
    FIND(pread);
    FIND(ftruncate);
    FIND(fsync);
    FIND(fdatasync);
    FIND(open);
}

static bool is_ours(const char *path)
{
    const char *store = getenv(UNSYNCED_STORE_VARIABLE);
    size_t length = store != NULL ? strlen(store) : 0;

    return length > 0 && strncmp(path, store, length) == 0 && path[length] == '/';
}

static void journal_path(ino_t inode, char *path, size_t size)
{
    const char *folder = getenv(UNSYNCED_JOURNAL_VARIABLE);

    if (folder == NULL || snprintf(path, size, "%s/%llu", folder, (unsigned long long)inode) >= (int)size)
        give_up(UNSYNCED_JOURNAL_VARIABLE);
}

/* The file's journal, made when it is not there. */
static int open_journal(ino_t inode, const char *path)
{
    struct unsynced_header header = {0};
    char name[600];
    int fd;

    journal_path(inode, name, sizeof(name));
    fd = real.open(name, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0)
        give_up(name);
    if (lseek(fd, 0, SEEK_END) <= (off_t)sizeof(header)) { /* new, or of a file that had the number before */
        if (strlen(path) >= sizeof(header.path) || real.ftruncate(fd, 0) != 0)
            give_up(path);
        memcpy(header.path, path, strlen(path));
        if (real.write(fd, &header, sizeof(header)) != (ssize_t)sizeof(header))
            give_up(name);
    }
    return fd;
}

/* The entry of a descriptor that is one of ours, else NULL. The lock is held. */
static struct file *look_up(int fd, struct stat *ret_stat)
{
    struct file *file = fd >= 0 && fd < FDS_MAX ? &files[fd] : NULL;

    if (file == NULL || !file->known || fstat(fd, ret_stat) != 0 || !S_ISREG(ret_stat->st_mode) ||
        ret_stat->st_dev != file->device || ret_stat->st_ino != file->inode)
        return NULL;
    return file;
}

static void note(const struct file *file, int fd, uint64_t offset, uint64_t length, uint64_t size)
{
    uint64_t there = offset >= size ? 0 : (size - offset < length ? size - offset : length);
    struct unsynced_record record = {.offset = offset, .size = size, .length = there};
    void *old = malloc(there + 1);
    struct iovec parts[2] = {{&record, sizeof(record)}, {old, there}};

    if (old == NULL || real.pread(fd, old, there, (off_t)offset) != (ssize_t)there ||
        writev(file->journal, parts, 2) != (ssize_t)(sizeof(record) + there))
        give_up("cannot note a write");
    free(old);
}

static void forget(const struct file *file)
{
    if (real.ftruncate(file->journal, sizeof(struct unsynced_header)) != 0)
        give_up("cannot empty a journal");
}

static int truncate_noted(int fd, off_t length)
{
    struct stat stat;
    const struct file *file = look_up(fd, &stat);

    if (file != NULL && length <= stat.st_size)
        note(file, fd, (uint64_t)length, (uint64_t)(stat.st_size - length), (uint64_t)stat.st_size);
    else if (file != NULL)
        note(file, fd, (uint64_t)length, 0, (uint64_t)stat.st_size);
    return real.ftruncate(fd, length);
}

static int open_noted(const char *path, int flags, mode_t mode)
{
    bool ours = is_ours(path) && (flags & O_ACCMODE) != O_RDONLY;
    struct file *file;
    struct stat stat;
    int fd;

    begin();
    /* What is replaced must be read, and must still be there. */
    fd = real.open(path, ours ? ((flags & ~(O_TRUNC | O_ACCMODE)) | O_RDWR) : flags, mode);
    file = fd >= 0 && fd < FDS_MAX ? &files[fd] : NULL;
    if (ours && fd >= FDS_MAX)
        give_up("too many descriptors");
    if (file == NULL)
        return fd;
    (void)pthread_mutex_lock(&lock);
    if (file->known)
        (void)close(file->journal);
    *file = (struct file){.journal = -1};
    if (ours && fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode)) {
        *file = (struct file){
            .journal = open_journal(stat.st_ino, path), .known = true, .device = stat.st_dev, .inode = stat.st_ino};
        if ((flags & O_TRUNC) != 0 && stat.st_size > 0 && truncate_noted(fd, 0) != 0)
            give_up(path);
    }
    (void)pthread_mutex_unlock(&lock);
    return fd;
}

/* ---- what is taken over from the C library ---- */

static int open_listed(const char *path, int flags, va_list list)
{
    bool has_mode = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;

    return open_noted(path, flags, has_mode ? va_arg(list, mode_t) : 0);
}

int open(const char *path, int flags, ...)
{
    va_list list;
    int fd;

    va_start(list, flags);
    fd = open_listed(path, flags, list);
    va_end(list);
    return fd;
}

int open64(const char *path, int flags, ...)
{
    va_list list;
    int fd;

    va_start(list, flags);
    fd = open_listed(path, flags, list);
    va_end(list);
    return fd;
}

ssize_t write(int fd, const void *bytes, size_t length)
{
    const struct file *file;
    struct stat stat;
    ssize_t n;

    begin();
    (void)pthread_mutex_lock(&lock);
    file = look_up(fd, &stat);
    if (file != NULL) {
        bool append = (fcntl(fd, F_GETFL) & O_APPEND) != 0;
        off_t offset = append ? stat.st_size : lseek(fd, 0, SEEK_CUR);

        note(file, fd, (uint64_t)offset, length, (uint64_t)stat.st_size);
        n = real.write(fd, bytes, length);
        (void)pthread_mutex_unlock(&lock);
        return n;
    }
    (void)pthread_mutex_unlock(&lock); /* it may block: a socket, a terminal */
    return real.write(fd, bytes, length);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
    const struct file *file;
    struct stat stat;
    ssize_t n;

    begin();
    (void)pthread_mutex_lock(&lock);
    file = look_up(fd, &stat);
    if (file != NULL)
        note(file, fd, (uint64_t)offset, length, (uint64_t)stat.st_size);
    n = real.pwrite(fd, bytes, length, offset);
    (void)pthread_mutex_unlock(&lock);
    return n;
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t offset)
{
    return pwrite(fd, bytes, length, offset);
}

int ftruncate(int fd, off_t length)
{
    int r;

    begin();
    (void)pthread_mutex_lock(&lock);
    r = truncate_noted(fd, length);
    (void)pthread_mutex_unlock(&lock);
    return r;
}

int ftruncate64(int fd, off_t length)
{
    return ftruncate(fd, length);
}

/* Nobody writes meanwhile: what is forgotten is what was synced. */
static int sync_noted(int fd, int (*sync)(int))
{
    const struct file *file;
    struct stat stat;
    int r;

    (void)pthread_mutex_lock(&lock);
    file = look_up(fd, &stat);
    r = sync(fd);
    if (file != NULL && r == 0)
        forget(file);
    (void)pthread_mutex_unlock(&lock);
    return r;
}

int fsync(int fd)
{
    begin();
    return sync_noted(fd, real.fsync);
}

int fdatasync(int fd)
{
    begin();
    return sync_noted(fd, real.fdatasync);
}

static void drop_journal(ino_t inode)
{
    char name[600];

    journal_path(inode, name, sizeof(name));
    if (real.unlink(name) != 0 && errno != ENOENT)
        give_up(name);
}

int unlink(const char *path)
{
    struct stat stat;
    bool ours = is_ours(path) && lstat(path, &stat) == 0 && S_ISREG(stat.st_mode);
    int r, saved;

    begin();
    (void)pthread_mutex_lock(&lock);
    r = real.unlink(path);
    saved = errno;
    if (r == 0 && ours)
        drop_journal(stat.st_ino);
    errno = saved;
    (void)pthread_mutex_unlock(&lock);
    return r;
}

int rename(const char *from, const char *to)
{
    struct stat source, target;
    bool ours = is_ours(from) && lstat(from, &source) == 0 && S_ISREG(source.st_mode);
    bool replaces = is_ours(to) && lstat(to, &target) == 0 && S_ISREG(target.st_mode);
    struct unsynced_header header = {0};
    char name[600];
    int r, fd, saved;

    begin();
    (void)pthread_mutex_lock(&lock);
    r = real.rename(from, to);
    saved = errno;
    if (r == 0 && replaces && (!ours || target.st_ino != source.st_ino))
        drop_journal(target.st_ino);
    if (r == 0 && ours) {
        journal_path(source.st_ino, name, sizeof(name));
        fd = real.open(name, O_WRONLY | O_CLOEXEC);
        memcpy(header.path, to, strnlen(to, sizeof(header.path) - 1));
        if (fd >= 0 && (real.pwrite(fd, &header, sizeof(header), 0) != (ssize_t)sizeof(header) || close(fd) != 0))
            give_up(name);
    }
    errno = saved;
    (void)pthread_mutex_unlock(&lock);
    return r;
}

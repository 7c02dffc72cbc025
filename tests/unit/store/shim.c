/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "disk.h"

static struct {
    atomic_int kind, mode, error;
    atomic_ullong at, count[SHIM_KINDS];
    atomic_bool fired;
    _Atomic(const char *) last;
    atomic_llong live;
} shim;

static pthread_mutex_t disk_lock = PTHREAD_MUTEX_INITIALIZER;
static bool disk_on;

void shim_arm(enum shim_kind kind, enum shim_mode mode, uint64_t n, int error)
{
    shim.kind = (int)kind;
    shim.error = error;
    shim.at = n;
    shim.fired = false;
    shim.last = "nothing";
    for (unsigned i = 0; i < SHIM_KINDS; i++)
        shim.count[i] = 0;
    shim.mode = (int)mode;
}

void shim_disarm(void)
{
    bool fired = shim.fired;
    const char *last = shim.last;

    shim_arm(SHIM_FILE, SHIM_OFF, 0, 0);
    shim.fired = fired;
    shim.last = last;
}

bool shim_fired(void)
{
    return shim.fired;
}

uint64_t shim_count(enum shim_kind kind)
{
    return shim.count[kind];
}

const char *shim_last(void)
{
    return shim.last;
}

int64_t shim_live(void)
{
    return shim.live;
}

/* Counts a call; true: it is to fail. */
static bool fails(enum shim_kind kind, const char *what)
{
    uint64_t number = ++shim.count[kind];
    bool fail;

    if (shim.mode == SHIM_OFF || shim.kind != (int)kind)
        return false;
    fail = shim.mode == SHIM_ONCE ? number == shim.at : number >= shim.at;
    if (fail && !atomic_exchange(&shim.fired, true))
        shim.last = what;
    return fail;
}

/* The error for SQLite, and for a system call. */
static int sqlite_code(int otherwise)
{
    return shim.error == ENOSPC ? SQLITE_FULL : otherwise;
}

static int system_code(void)
{
    return shim.error != 0 ? shim.error : EIO;
}

/* --- allocations -------------------------------------------------------------------------------------------------- */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void __wrap_free(void *block);

static void *born(void *block)
{
    if (block != NULL)
        shim.live++;
    return block;
}

void *__wrap_malloc(size_t size)
{
    return fails(SHIM_ALLOCATION, "malloc") ? NULL : born(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails(SHIM_ALLOCATION, "calloc") ? NULL : born(__real_calloc(count, size));
}

void *__wrap_realloc(void *block, size_t size)
{
    if (fails(SHIM_ALLOCATION, "realloc"))
        return NULL;
    return block == NULL ? born(__real_realloc(block, size)) : __real_realloc(block, size);
}

void __wrap_free(void *block)
{
    if (block != NULL)
        shim.live--;
    __real_free(block);
}

static sqlite3_mem_methods real_memory;

static void *sql_malloc(int size)
{
    return fails(SHIM_ALLOCATION, "SQLite's malloc") ? NULL : born(real_memory.xMalloc(size));
}

static void *sql_realloc(void *block, int size)
{
    return fails(SHIM_ALLOCATION, "SQLite's realloc") ? NULL : real_memory.xRealloc(block, size);
}

static void sql_free(void *block)
{
    if (block != NULL)
        shim.live--;
    real_memory.xFree(block);
}

/* --- SQLite's interface ------------------------------------------------------------------------------------------- */

#define CALL(name, parameters, arguments)                                                                              \
    int __real_##name parameters;                                                                                      \
    int __wrap_##name parameters;                                                                                      \
    int __wrap_##name parameters                                                                                       \
    {                                                                                                                  \
        return fails(SHIM_CALL, #name) ? shim.error : __real_##name arguments;                                         \
    }

typedef int (*callback)(void *, int, char **, char **);

CALL(sqlite3_open_v2, (const char *path, sqlite3 **db, int flags, const char *vfs), (path, db, flags, vfs))
CALL(sqlite3_exec, (sqlite3 * db, const char *sql, callback row, void *data, char **words), (db, sql, row, data, words))
CALL(sqlite3_prepare_v3,
     (sqlite3 * db, const char *sql, int length, unsigned flags, sqlite3_stmt **statement, const char **tail),
     (db, sql, length, flags, statement, tail))
CALL(sqlite3_step, (sqlite3_stmt * statement), (statement))
CALL(sqlite3_bind_int64, (sqlite3_stmt * statement, int n, sqlite3_int64 value), (statement, n, value))
CALL(sqlite3_bind_zeroblob, (sqlite3_stmt * statement, int n, int length), (statement, n, length))
CALL(sqlite3_bind_text, (sqlite3_stmt * statement, int n, const char *text, int length, void (*release)(void *)),
     (statement, n, text, length, release))
CALL(sqlite3_bind_blob64,
     (sqlite3_stmt * statement, int n, const void *blob, sqlite3_uint64 length, void (*release)(void *)),
     (statement, n, blob, length, release))
CALL(sqlite3_backup_step, (sqlite3_backup * backup, int pages), (backup, pages))

/* --- files outside SQLite ----------------------------------------------------------------------------------------- */

static void with_disk(void (*change)(const void *arguments), const void *arguments)
{
    (void)pthread_mutex_lock(&disk_lock);
    if (disk_on)
        change(arguments);
    (void)pthread_mutex_unlock(&disk_lock);
}

struct change {
    const char *path, *to;
    const void *bytes;
    uint64_t offset, length;
};

#define CHANGE(name, call)                                                                                             \
    static void name(const void *arguments)                                                                            \
    {                                                                                                                  \
        const struct change *c = arguments;                                                                            \
        call;                                                                                                          \
    }

CHANGE(model_write, disk_write(c->path, c->offset, c->bytes, c->length))
CHANGE(model_truncate, disk_truncate(c->path, c->length))
CHANGE(model_sync, disk_sync(c->path))
CHANGE(model_fail_sync, disk_fail_sync(c->path))
CHANGE(model_sync_folder, disk_sync_folder(c->path))
CHANGE(model_remove, disk_remove(c->path))
CHANGE(model_rename, disk_rename(c->path, c->to))
CHANGE(model_create, disk_create(c->path))

static void path_of(int fd, char *ret_path, size_t size)
{
    char name[64];
    ssize_t n;

    (void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
    n = readlink(name, ret_path, size - 1);
    ret_path[n < 0 ? 0 : n] = '\0';
}

ssize_t __real_write(int fd, const void *bytes, size_t length);
ssize_t __wrap_write(int fd, const void *bytes, size_t length);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __real_unlink(const char *path);
int __wrap_unlink(const char *path);
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);

int __wrap_open(const char *path, int flags, ...)
{
    mode_t mode = 0;
    int fd;

    if ((flags & O_CREAT) != 0) {
        va_list arguments;

        va_start(arguments, flags);
        mode = va_arg(arguments, mode_t);
        va_end(arguments);
        if (fails(SHIM_FILE, "open")) {
            errno = system_code();
            return -1;
        }
    }
    fd = __real_open(path, flags, mode);
    if (fd >= 0 && (flags & O_CREAT) != 0)
        with_disk(model_create, &(struct change){.path = path});
    if (fd >= 0 && (flags & O_TRUNC) != 0)
        with_disk(model_truncate, &(struct change){.path = path});
    return fd;
}

ssize_t __wrap_write(int fd, const void *bytes, size_t length)
{
    char path[512];
    off_t offset = lseek(fd, 0, SEEK_CUR);
    ssize_t n;

    if (fails(SHIM_FILE, "write")) {
        errno = system_code();
        return -1;
    }
    n = __real_write(fd, bytes, length);
    path_of(fd, path, sizeof(path));
    if (n > 0 && offset >= 0)
        with_disk(model_write,
                  &(struct change){.path = path, .bytes = bytes, .offset = (uint64_t)offset, .length = (uint64_t)n});
    return n;
}

int __wrap_fsync(int fd)
{
    struct stat st;
    char path[512];

    if (fails(SHIM_FILE, "fsync")) {
        errno = system_code();
        return -1;
    }
    path_of(fd, path, sizeof(path));
    if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
        with_disk(model_sync_folder, &(struct change){.path = path});
    else
        with_disk(model_sync, &(struct change){.path = path});
    return 0; /* the model is the disk; the real one need not work */
}

int __wrap_rename(const char *from, const char *to)
{
    int r;

    if (fails(SHIM_FILE, "rename")) {
        errno = system_code();
        return -1;
    }
    r = __real_rename(from, to);
    if (r == 0)
        with_disk(model_rename, &(struct change){.path = from, .to = to});
    return r;
}

int __wrap_unlink(const char *path)
{
    int r;

    if (fails(SHIM_FILE, "unlink")) {
        errno = system_code();
        return -1;
    }
    r = __real_unlink(path);
    if (r == 0)
        with_disk(model_remove, &(struct change){.path = path});
    return r;
}

/* --- SQLite's files ----------------------------------------------------------------------------------------------- */

struct file {
    sqlite3_file base;
    const char *path;
    sqlite3_file *real;
};

static sqlite3_vfs *real_vfs;

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((struct file *)(void *)file)->real;
}

static const char *path_in(sqlite3_file *file)
{
    return ((struct file *)(void *)file)->path;
}

static int file_close(sqlite3_file *file)
{
    return real_of(file)->pMethods->xClose(real_of(file));
}

static int file_read(sqlite3_file *file, void *bytes, int length, sqlite3_int64 offset)
{
    if (fails(SHIM_READ, "xRead"))
        return SQLITE_IOERR_READ;
    return real_of(file)->pMethods->xRead(real_of(file), bytes, length, offset);
}

static int file_write(sqlite3_file *file, const void *bytes, int length, sqlite3_int64 offset)
{
    int rc;

    if (fails(SHIM_FILE, "xWrite"))
        return sqlite_code(SQLITE_IOERR_WRITE);
    rc = real_of(file)->pMethods->xWrite(real_of(file), bytes, length, offset);
    if (rc == SQLITE_OK && path_in(file) != NULL)
        with_disk(model_write,
                  &(struct change){
                      .path = path_in(file), .bytes = bytes, .offset = (uint64_t)offset, .length = (uint64_t)length});
    return rc;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    int rc;

    if (fails(SHIM_FILE, "xTruncate"))
        return sqlite_code(SQLITE_IOERR_TRUNCATE);
    rc = real_of(file)->pMethods->xTruncate(real_of(file), size);
    if (rc == SQLITE_OK && path_in(file) != NULL)
        with_disk(model_truncate, &(struct change){.path = path_in(file), .length = (uint64_t)size});
    return rc;
}

static int file_sync(sqlite3_file *file, int flags)
{
    (void)flags;
    if (fails(SHIM_FILE, "xSync")) {
        if (path_in(file) != NULL && shim.mode == SHIM_ONCE)
            with_disk(model_fail_sync, &(struct change){.path = path_in(file)});
        return SQLITE_IOERR_FSYNC;
    }
    if (path_in(file) != NULL)
        with_disk(model_sync, &(struct change){.path = path_in(file)});
    return SQLITE_OK;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return real_of(file)->pMethods->xFileSize(real_of(file), size);
}

static int file_lock(sqlite3_file *file, int lock)
{
    return real_of(file)->pMethods->xLock(real_of(file), lock);
}

static int file_unlock(sqlite3_file *file, int lock)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), lock);
}

static int file_check_lock(sqlite3_file *file, int *out)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), out);
}

static int file_control(sqlite3_file *file, int op, void *argument)
{
    return real_of(file)->pMethods->xFileControl(real_of(file), op, argument);
}

static int file_sector(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int file_device(sqlite3_file *file)
{
    (void)file;
    return 0; /* no promise: what SQLite expects of the worst disk */
}

static int shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **at)
{
    if (fails(SHIM_FILE, "xShmMap"))
        return SQLITE_IOERR_SHMMAP;
    return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, at);
}

static int shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
    return real_of(file)->pMethods->xShmLock(real_of(file), offset, n, flags);
}

static void shm_barrier(sqlite3_file *file)
{
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int shm_unmap(sqlite3_file *file, int remove)
{
    return real_of(file)->pMethods->xShmUnmap(real_of(file), remove);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_lock,
    .xFileControl = file_control,
    .xSectorSize = file_sector,
    .xDeviceCharacteristics = file_device,
    .xShmMap = shm_map,
    .xShmLock = shm_lock,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = shm_unmap,
};

static int vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *out)
{
    struct file *f = (struct file *)(void *)file;
    int rc;

    (void)vfs;
    file->pMethods = NULL;
    if ((flags & SQLITE_OPEN_CREATE) != 0 && fails(SHIM_FILE, "xOpen"))
        return sqlite_code(SQLITE_CANTOPEN);
    f->real = (sqlite3_file *)(f + 1);
    f->path = path;
    rc = real_vfs->xOpen(real_vfs, path, f->real, flags, out);
    if (rc != SQLITE_OK)
        return rc;
    if ((flags & SQLITE_OPEN_CREATE) != 0 && path != NULL)
        with_disk(model_create, &(struct change){.path = path});
    file->pMethods = &methods;
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int sync)
{
    int rc;

    (void)vfs;
    if (fails(SHIM_FILE, "xDelete"))
        return SQLITE_IOERR_DELETE;
    rc = real_vfs->xDelete(real_vfs, path, sync);
    if (rc == SQLITE_OK)
        with_disk(model_remove, &(struct change){.path = path});
    return rc;
}

void shim_install(void)
{
    static sqlite3_vfs vfs;
    static sqlite3_mem_methods memory;

    if (real_vfs != NULL)
        return;
    if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_memory) != SQLITE_OK)
        abort();
    memory = real_memory;
    memory.xMalloc = sql_malloc;
    memory.xRealloc = sql_realloc;
    memory.xFree = sql_free;
    if (sqlite3_config(SQLITE_CONFIG_MALLOC, &memory) != SQLITE_OK || sqlite3_initialize() != SQLITE_OK)
        abort();
    real_vfs = sqlite3_vfs_find(NULL);
    vfs = *real_vfs;
    vfs.zName = "shim";
    vfs.pNext = NULL;
    vfs.szOsFile = (int)sizeof(struct file) + real_vfs->szOsFile;
    vfs.xOpen = vfs_open;
    vfs.xDelete = vfs_delete;
    if (sqlite3_vfs_register(&vfs, 1) != SQLITE_OK)
        abort();
    shim_disarm();
}

void shim_disk(const char *folder)
{
    (void)pthread_mutex_lock(&disk_lock);
    disk_on = folder != NULL;
    disk_reset(folder);
    (void)pthread_mutex_unlock(&disk_lock);
}

void shim_after_power_cut(const char *folder, enum shim_loss loss, uint32_t seed)
{
    (void)pthread_mutex_lock(&disk_lock);
    disk_dump(folder, (int)loss, seed);
    (void)pthread_mutex_unlock(&disk_lock);
}

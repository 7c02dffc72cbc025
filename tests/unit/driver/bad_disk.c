/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bad_disk.h"

#include <sqlite3.h>
#include <stdatomic.h>

#include "../hvc_cmocka.h"

enum { DATABASE, OTHER, KINDS }; /* SQLite locks only a database: the two have methods of their own */

static struct {
    char part[64];
    sqlite3_vfs vfs, *base;
    struct {
        sqlite3_io_methods methods;
        const sqlite3_io_methods *good;
    } kind[KINDS];
    atomic_bool bad;
} disk;

static int bad_write(sqlite3_file *file, const void *bytes, int length, sqlite3_int64 offset)
{
    unsigned kind = file->pMethods == &disk.kind[DATABASE].methods ? DATABASE : OTHER;

    return atomic_load(&disk.bad) ? SQLITE_IOERR_WRITE : disk.kind[kind].good->xWrite(file, bytes, length, offset);
}

static int bad_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *ret_flags)
{
    int result = disk.base->xOpen(disk.base, name, file, flags, ret_flags);
    unsigned kind = (flags & SQLITE_OPEN_MAIN_DB) != 0 ? DATABASE : OTHER;

    (void)vfs;
    if (result != SQLITE_OK || name == NULL || strstr(name, disk.part) == NULL)
        return result;
    if (disk.kind[kind].good == NULL) {
        disk.kind[kind].good = file->pMethods;
        disk.kind[kind].methods = *file->pMethods;
        disk.kind[kind].methods.xWrite = bad_write;
    }
    assert_ptr_equal(disk.kind[kind].good, file->pMethods);
    file->pMethods = &disk.kind[kind].methods;
    return result;
}

void bad_disk_install(const char *part)
{
    (void)snprintf(disk.part, sizeof(disk.part), "%s", part);
    disk.base = sqlite3_vfs_find(NULL);
    assert_non_null(disk.base);
    disk.vfs = *disk.base;
    disk.vfs.zName = "bad-disk";
    disk.vfs.pNext = NULL;
    disk.vfs.xOpen = bad_open;
    assert_int_equal(sqlite3_vfs_register(&disk.vfs, 1), SQLITE_OK);
}

void bad_disk(bool bad)
{
    atomic_store(&disk.bad, bad);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A copy of a running store, and the commands for a stopped one. */
#include <errno.h>
#include <fcntl.h>

#include "file.h"
#include "hvc/cleanup.h"
#include "internal.h"
#include "place.h"

/* Copies all pages in one read transaction, so that the copy is of one moment. */
static int copy_pages(sqlite3 *from, sqlite3 *to, struct hvc_error *error)
{
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
    int step, finish;

    if (backup == NULL)
        return hvc_sql_error(to, sqlite3_extended_errcode(to), error, "begin the copy");
    step = sqlite3_backup_step(backup, -1);
    finish = sqlite3_backup_finish(backup);
    if (step != SQLITE_DONE)
        return hvc_sql_error(to, step == SQLITE_OK ? SQLITE_BUSY : step, error, "copy the pages");
    return finish == SQLITE_OK ? 0 : hvc_sql_error(to, finish, error, "end the copy");
}

/* Checks the copy and gives it its generation, which says what it is. One file remains: no log, no journal. */
static int stamp(const char *path, const struct hvc_generation *generation, struct hvc_error *error)
{
    HVC_CLEANUP(db) sqlite3 *db = NULL;
    HVC_CLEANUP(statement) sqlite3_stmt *put = NULL;
    struct hvc_content content = {0};
    int64_t busy = 0;
    int r = hvc_store_connect(path, false, &db, error);

    if (r == 0)
        r = hvc_store_verify(db, &content, error);
    if (r < 0) {
        (void)hvc_error_prefix(error, "the copy %s is no store that can be used", path);
        return r;
    }
    free((void *)(uintptr_t)content.head.metadata);
    content.life.generation = *generation;
    r = hvc_sql_prepare(db, HVC_SQL_LIFE, &put, error);
    if (r == 0)
        r = hvc_writer_life(put, &content.life, error);
    if (r == 0)
        r = hvc_sql_number(db, "PRAGMA wal_checkpoint(TRUNCATE)", &busy, error);
    if (r == 0 && busy != 0)
        r = hvc_error_set(error, -EBUSY, "%s: another program reads the copy; end it", path);
    if (r == 0)
        (void)sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
    return r;
}

/* Removes path with what SQLite puts beside it. */
static int remove_all(const char *path, struct hvc_error *error)
{
    static const char *const tails[] = {"-journal", "-shm", "-wal", ""};
    char name[HVC_PATH_TEXT_MAX];
    int r = 0;

    for (size_t i = 0; r == 0 && i < sizeof(tails) / sizeof(tails[0]); i++) {
        r = hvc_store_path(name, path, tails[i], error);
        if (r == 0)
            r = hvc_store_file_remove(name, error);
    }
    return r;
}

static int copy_to(const char *from, const char *to, const struct hvc_generation *generation, struct hvc_error *error)
{
    HVC_CLEANUP(db) sqlite3 *source = NULL;
    HVC_CLEANUP(db) sqlite3 *target = NULL;
    int r = remove_all(to, error);

    if (r == 0)
        r = hvc_sql_open(from, SQLITE_OPEN_READONLY, &source, error);
    if (r == 0)
        r = hvc_store_file_private(to, error);
    if (r == 0)
        r = hvc_sql_open(to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &target, error);
    if (r == 0)
        r = copy_pages(source, target, error);
    hvc_sql_close(HVC_TAKE(target, NULL));
    if (r == 0)
        r = stamp(to, generation, error);
    if (r == 0)
        r = hvc_store_sync_folder_of(to, error);
    if (r < 0)
        (void)remove_all(to, NULL); /* the first error counts; the next copy removes it as well */
    return r;
}

int hvc_store_backup(struct hvc_store *store, const char *path, struct hvc_error *error)
{
    struct hvc_error own;
    struct hvc_generation none = {0};
    char partial[HVC_PATH_TEXT_MAX];
    int r;

    if (error == NULL)
        error = &own;
    r = hvc_store_path(partial, path, ".partial", error);
    if (r < 0)
        return r;
    if (hvc_store_exists(path))
        return hvc_error_set(error, -EEXIST, "%s exists; choose another name or remove it", path);
    r = copy_to(store->paths.database, partial, &none, error);
    if (r == 0 && link(partial, path) < 0) /* unlike rename it never replaces a file that came meanwhile */
        r = hvc_error_set(error, -errno, "cannot give the copy its name %s: %s", path, strerror(errno));
    if (r == 0)
        r = hvc_store_file_remove(partial, error);
    return r < 0 ? r : hvc_store_sync_folder_of(path, error);
}

/* Paths, place and lock for a command. */
static int claim(const struct hvc_store_config *config, struct hvc_paths *ret_paths, int *ret_lock,
                 struct hvc_error *error)
{
    const char *name;
    bool lost_at_power_off;
    int r = hvc_store_paths(config, ret_paths, error);

    if (r == 0)
        r = hvc_store_place(config->directory, &name, &lost_at_power_off, error);
    return r < 0 ? r : hvc_store_lock(ret_paths->lock, ret_lock, error);
}

/* Between these steps a crash leaves a store that is damaged, never one that looks sound and is not. */
static int put_in_place(const struct hvc_paths *paths, const struct hvc_generation *generation, bool authoritative,
                        struct hvc_error *error)
{
    struct hvc_generation_file file = {.next = *generation, .lost = true};
    char aside[HVC_PATH_TEXT_MAX];
    int r = hvc_generation_write(paths->generation, &file, error);

    if (r == 0)
        r = hvc_store_aside(paths, aside, error);
    if (r == 0 && rename(paths->restore, paths->database) < 0)
        r = hvc_error_set(error, -errno, "cannot put the copy in the place of %s: %s", paths->database,
                          strerror(errno));
    if (r == 0)
        r = hvc_store_sync_folder_of(paths->database, error);
    if (r == 0 && authoritative) {
        file = (struct hvc_generation_file){.previous = *generation, .next = *generation};
        r = hvc_generation_write(paths->generation, &file, error);
    }
    return r;
}

int hvc_store_restore(const struct hvc_store_config *config, const char *path, bool authoritative,
                      struct hvc_error *error)
{
    struct hvc_error own;
    struct hvc_paths paths;
    HVC_CLEANUP(fd) int lock = -1;
    struct hvc_generation_file file = {0};
    struct hvc_generation generation, none = {0};
    int r;

    if (error == NULL)
        error = &own;
    if (access(path, R_OK) < 0)
        return hvc_error_set(error, -errno, "cannot read the backup %s: %s", path, strerror(errno));
    r = claim(config, &paths, &lock, error);
    if (r < 0)
        return r;
    r = hvc_generation_read(paths.generation, &file, error);
    if (r < 0 && r != -ENOENT && r != -EBADMSG) /* without one the counter begins anew; random tells them apart */
        return r;
    r = hvc_generation_make(file.next.counter, &generation, error);
    if (r == 0)
        r = copy_to(path, paths.restore, authoritative ? &generation : &none, error);
    return r < 0 ? r : put_in_place(&paths, &generation, authoritative, error);
}

int hvc_store_wipe(const struct hvc_store_config *config, struct hvc_error *error)
{
    struct hvc_error own;
    struct hvc_paths paths;
    HVC_CLEANUP(fd) int lock = -1;
    int r;

    if (error == NULL)
        error = &own;
    r = claim(config, &paths, &lock, error);
    if (r == 0)
        r = remove_all(paths.database, error);
    if (r == 0)
        r = remove_all(paths.restore, error);
    if (r == 0)
        r = hvc_store_aside_remove_all(&paths, error);
    if (r == 0)
        r = hvc_store_sync_folder_of(paths.database, error);
    /* last: without the database it says that something is missing */
    if (r == 0)
        r = hvc_store_file_remove(paths.generation, error);
    return r < 0 ? r : hvc_store_sync_folder_of(paths.generation, error);
}

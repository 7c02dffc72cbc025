/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sql.h"

#include <errno.h>
#include <stdarg.h>

enum { BUSY_MS = 5000 }; /* an operator's sqlite3 may hold the write lock for a moment */

static int code_of(int rc)
{
    switch (rc) {
    case SQLITE_IOERR_NOMEM:
        return -ENOMEM;
    case SQLITE_IOERR_CORRUPTFS:
        return -EBADMSG;
    default:
        break;
    }
    switch (rc & 0xff) {
    case SQLITE_FULL:
        return -ENOSPC;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return -EBADMSG;
    case SQLITE_NOMEM:
        return -ENOMEM;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return -EBUSY;
    case SQLITE_READONLY:
        return -EROFS;
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return -EACCES;
    case SQLITE_TOOBIG:
        return -EMSGSIZE;
    default:
        return -EIO;
    }
}

int hvc_sql_error(sqlite3 *db, int rc, struct hvc_error *error, const char *what)
{
    const char *file = db == NULL ? NULL : sqlite3_db_filename(db, "main");
    const char *words = sqlite3_errstr(rc);
    int system = 0;

    if (db != NULL && sqlite3_extended_errcode(db) == rc)
        words = sqlite3_errmsg(db);
    if (db != NULL && ((rc & 0xff) == SQLITE_IOERR || (rc & 0xff) == SQLITE_CANTOPEN || (rc & 0xff) == SQLITE_FULL))
        system = sqlite3_system_errno(db);
    return hvc_error_set(error, code_of(rc), "%s%s%s: %s (SQLite %d%s%s)", file == NULL ? "" : file,
                         file == NULL || file[0] == '\0' ? "" : ": ", what, words, rc, system == 0 ? "" : ", ",
                         system == 0 ? "" : strerror(system));
}

int hvc_sql_open(const char *path, int flags, sqlite3 **ret_db, struct hvc_error *error)
{
    HVC_CLEANUP(db) sqlite3 *db = NULL;
    int rc = sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, NULL);

    if (rc != SQLITE_OK) {
        int r = hvc_sql_error(db, db == NULL ? rc : sqlite3_extended_errcode(db), error, "open");

        (void)hvc_error_prefix(error, "%s", path);
        return r;
    }
    (void)sqlite3_extended_result_codes(db, 1);
    (void)sqlite3_busy_timeout(db, BUSY_MS);
    /* a database that somebody else wrote to must not run code of its own, nor be taken apart by ours */
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    *ret_db = HVC_TAKE(db, NULL);
    return 0;
}

void hvc_sql_close(sqlite3 *db)
{
    if (db != NULL)
        (void)sqlite3_close_v2(db); /* cannot fail; every statement is finalized by its owner */
}

int hvc_sql_exec(sqlite3 *db, const char *sql, struct hvc_error *error)
{
    int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);

    return rc == SQLITE_OK ? 0 : hvc_sql_error(db, rc, error, sql);
}

int hvc_sql_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **ret_statement, struct hvc_error *error)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);

    if (rc != SQLITE_OK)
        return hvc_sql_error(db, rc, error, sql);
    *ret_statement = statement;
    return 0;
}

static int bind_blob(sqlite3_stmt *statement, int n, const void *bytes, size_t length)
{
    if (length == 0) /* a NULL pointer would bind NULL */
        return sqlite3_bind_zeroblob(statement, n, 0);
    return sqlite3_bind_blob64(statement, n, bytes, length, SQLITE_STATIC);
}

int hvc_sql_bind(sqlite3_stmt *statement, struct hvc_error *error, const char *letters, ...)
{
    va_list arguments;
    int rc = SQLITE_OK;

    va_start(arguments, letters);
    for (int n = 1; *letters != '\0' && rc == SQLITE_OK; letters++, n++) {
        if (*letters == 'i') {
            rc = sqlite3_bind_int64(statement, n, va_arg(arguments, int64_t));
        } else if (*letters == 't') {
            rc = sqlite3_bind_text(statement, n, va_arg(arguments, const char *), -1, SQLITE_STATIC);
        } else {
            const void *bytes = va_arg(arguments, const void *);

            rc = bind_blob(statement, n, bytes, va_arg(arguments, size_t));
        }
    }
    va_end(arguments);
    return rc == SQLITE_OK ? 0 : hvc_sql_error(sqlite3_db_handle(statement), rc, error, sqlite3_sql(statement));
}

int hvc_sql_step(sqlite3_stmt *statement, struct hvc_error *error)
{
    int rc = sqlite3_step(statement);

    if (rc == SQLITE_ROW)
        return 1;
    if (rc == SQLITE_DONE)
        return 0;
    return hvc_sql_error(sqlite3_db_handle(statement), rc, error, sqlite3_sql(statement));
}

void hvc_sql_reset(sqlite3_stmt *statement)
{
    (void)sqlite3_reset(statement); /* repeats the error of the last step, which was reported there */
    (void)sqlite3_clear_bindings(statement);
}

int hvc_sql_run(sqlite3_stmt *statement, struct hvc_error *error)
{
    int r;

    do
        r = hvc_sql_step(statement, error);
    while (r == 1);
    hvc_sql_reset(statement);
    return r;
}

const uint8_t *hvc_sql_blob(sqlite3_stmt *statement, int column, size_t *ret_length)
{
    const uint8_t *bytes = sqlite3_column_blob(statement, column);

    *ret_length = bytes == NULL ? 0 : (size_t)sqlite3_column_bytes(statement, column);
    return bytes;
}

int hvc_sql_number(sqlite3 *db, const char *sql, int64_t *ret_value, struct hvc_error *error)
{
    HVC_CLEANUP(statement) sqlite3_stmt *statement = NULL;
    int r = hvc_sql_prepare(db, sql, &statement, error);

    if (r < 0)
        return r;
    r = hvc_sql_step(statement, error);
    if (r == 0)
        return hvc_error_set(error, -ENODATA, "%s gave no row", sql);
    if (r < 0)
        return r;
    *ret_value = sqlite3_column_int64(statement, 0);
    return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SQLite's calls with negative errno and SQLite's words. The only file that knows result codes. */
#ifndef HVC_STORE_SQL_H
#define HVC_STORE_SQL_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hvc/cleanup.h"
#include "hvc/error.h"

/* Sets the words for a failed call: "<what>: <SQLite's words>" with its extended code. db may be NULL. */
int hvc_sql_error(sqlite3 *db, int rc, struct hvc_error *error, const char *what);

/* flags: SQLITE_OPEN_READONLY, or READWRITE with or without CREATE. One thread at a time may use ret_db. */
int hvc_sql_open(const char *path, int flags, sqlite3 **ret_db, struct hvc_error *error);
void hvc_sql_close(sqlite3 *db);

int hvc_sql_exec(sqlite3 *db, const char *sql, struct hvc_error *error);
int hvc_sql_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **ret_statement, struct hvc_error *error);

/* Binds all parameters, by a letter each: i int64_t, b const void * and size_t, t const char *. What is bound must
 * live until the statement is reset. */
int hvc_sql_bind(sqlite3_stmt *statement, struct hvc_error *error, const char *letters, ...);

/* 1 a row, 0 no more. */
int hvc_sql_step(sqlite3_stmt *statement, struct hvc_error *error);

/* Steps to the end and resets. */
int hvc_sql_run(sqlite3_stmt *statement, struct hvc_error *error);
void hvc_sql_reset(sqlite3_stmt *statement);

/* A column as a blob; NULL never with a length. */
const uint8_t *hvc_sql_blob(sqlite3_stmt *statement, int column, size_t *ret_length);

static inline uint64_t hvc_sql_u64(sqlite3_stmt *statement, int column)
{
    return (uint64_t)sqlite3_column_int64(statement, column);
}

/* The first column of the first row of a query; -ENODATA when there is no row. */
int hvc_sql_number(sqlite3 *db, const char *sql, int64_t *ret_value, struct hvc_error *error);

static inline void hvc_cleanup_statement(sqlite3_stmt **statement)
{
    (void)sqlite3_finalize(*statement); /* repeats the error of the last step, which was reported there */
}

static inline void hvc_cleanup_db(sqlite3 **db)
{
    hvc_sql_close(*db);
}

#endif

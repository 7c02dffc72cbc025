/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify.h"

#include <errno.h>
#include <inttypes.h>

#include "schema.h"
#include "sql.h"

enum { READ_SIZE = 64 * 1024 };

/* 0 sound, -EBADMSG with SQLite's words, or the check itself failed. */
static int check_once(sqlite3 *db, struct hvc_error *error)
{
    HVC_CLEANUP(statement) sqlite3_stmt *check = NULL;
    const char *line;
    int r = hvc_sql_prepare(db, "PRAGMA quick_check(1)", &check, error);

    if (r == 0)
        r = hvc_sql_step(check, error);
    if (r < 0)
        return r;
    line = r == 1 ? (const char *)sqlite3_column_text(check, 0) : NULL;
    if (line == NULL)
        return hvc_error_set(error, -ENOMEM, "SQLite's check gave no answer");
    return strcmp(line, "ok") == 0 ? 0 : hvc_error_set(error, -EBADMSG, "SQLite's check found: %s", line);
}

/* Reads a whole file of the connection through SQLite's own handle of it. */
static int read_through(sqlite3 *db, int which, struct hvc_error *error)
{
    sqlite3_file *file = NULL;
    sqlite3_int64 size = 0;
    uint8_t *buffer;
    int rc;

    if (sqlite3_file_control(db, "main", which, (void *)&file) != SQLITE_OK || file == NULL || file->pMethods == NULL)
        return 0;
    buffer = malloc(READ_SIZE);
    if (buffer == NULL)
        return hvc_error_set(error, -ENOMEM, "out of memory for reading the database");
    rc = file->pMethods->xFileSize(file, &size);
    for (sqlite3_int64 at = 0; rc == SQLITE_OK && at < size; at += READ_SIZE) {
        sqlite3_int64 left = size - at;

        rc = file->pMethods->xRead(file, buffer, left < READ_SIZE ? (int)left : READ_SIZE, at);
    }
    free(buffer);
    return rc == SQLITE_OK ? 0 : hvc_sql_error(db, rc, error, "read all pages");
}

/* SQLite's check reports a page that it could not read in the same words as one that is not there. So a fault counts as
 * damage only when everything can be read and the check finds it twice. */
static int check_pages(sqlite3 *db, struct hvc_error *error)
{
    int r = check_once(db, error);

    if (r != -EBADMSG)
        return r;
    r = read_through(db, SQLITE_FCNTL_FILE_POINTER, error);
    if (r == 0)
        r = read_through(db, SQLITE_FCNTL_JOURNAL_POINTER, error);
    return r < 0 ? r : check_once(db, error);
}

static int bad(int r, struct hvc_error *error, const char *what, uint64_t number)
{
    if (r == -ENOMEM)
        return hvc_error_set(error, r, "out of memory while reading %s %" PRIu64, what, number);
    return hvc_error_set(error, r, "%s %" PRIu64 " is torn or changed: its checksum does not fit", what, number);
}

static int read_life(sqlite3 *db, struct hvc_life *ret_life, struct hvc_error *error)
{
    HVC_CLEANUP(statement) sqlite3_stmt *row = NULL;
    int r = hvc_sql_prepare(db, "SELECT " HVC_COLUMNS_LIFE " FROM life WHERE id = 1", &row, error);

    if (r == 0)
        r = hvc_sql_step(row, error);
    if (r < 0)
        return r;
    if (r == 0)
        return hvc_error_set(error, -EBADMSG, "the row of the generation is missing");
    r = hvc_row_read_life(row, ret_life);
    return r < 0 ? bad(r, error, "the row of the generation,", 1) : 0;
}

static int read_state(sqlite3 *db, struct hvc_state *ret_state, struct hvc_error *error)
{
    HVC_CLEANUP(statement) sqlite3_stmt *row = NULL;
    int r = hvc_sql_prepare(db, "SELECT " HVC_COLUMNS_STATE " FROM state WHERE id = 1", &row, error);

    if (r == 0)
        r = hvc_sql_step(row, error);
    if (r < 0)
        return r;
    if (r == 0)
        return hvc_error_set(error, -EBADMSG, "the row of promise and commit is missing");
    r = hvc_row_read_state(row, ret_state);
    return r < 0 ? bad(r, error, "the row of promise and commit,", 1) : 0;
}

static int check_parts(sqlite3 *db, const struct hvc_snapshot_head *head, struct hvc_error *error)
{
    HVC_CLEANUP(statement) sqlite3_stmt *row = NULL;
    uint64_t number = 0, length = 0;
    uint32_t parts_crc = 0;
    int r = hvc_sql_prepare(db, "SELECT " HVC_COLUMNS_PART " FROM snapshot_part ORDER BY number", &row, error);

    if (r < 0)
        return r;
    while ((r = hvc_sql_step(row, error)) == 1) {
        const uint8_t *bytes;
        size_t part;
        uint32_t crc;

        r = hvc_row_read_part(row, number, &bytes, &part, &crc);
        if (r < 0)
            return bad(r, error, "part of the snapshot", number);
        parts_crc = hvc_row_parts(parts_crc, crc);
        length += part;
        number++;
    }
    if (r < 0)
        return r;
    if (number != head->parts || length != head->state_length || parts_crc != head->parts_crc)
        return hvc_error_set(error, -EBADMSG,
                             "the snapshot of index %" PRIu64 " is not whole: %" PRIu64 " of %" PRIu64
                             " parts, %" PRIu64 " of %" PRIu64 " bytes",
                             head->index, number, head->parts, length, head->state_length);
    return 0;
}

static int read_snapshot(sqlite3 *db, struct hvc_content *content, struct hvc_error *error)
{
    HVC_CLEANUP(statement) sqlite3_stmt *row = NULL;
    struct hvc_snapshot_head head = {0};
    uint8_t *copy;
    int r = hvc_sql_prepare(db, "SELECT " HVC_COLUMNS_HEAD " FROM snapshot WHERE id = 1", &row, error);

    if (r == 0)
        r = hvc_sql_step(row, error);
    if (r < 0)
        return r;
    if (r == 0) /* no snapshot: then no parts either */
        return check_parts(db, &head, error);
    r = hvc_row_read_head(row, &head);
    if (r < 0)
        return bad(r, error, "the row of the snapshot,", 1);
    r = check_parts(db, &head, error);
    if (r < 0)
        return r;
    copy = malloc(head.metadata_length + 1);
    if (copy == NULL)
        return hvc_error_set(error, -ENOMEM, "out of memory for the snapshot's metadata");
    if (head.metadata_length > 0)
        memcpy(copy, head.metadata, head.metadata_length);
    content->has_snapshot = true;
    content->head = head;
    content->head.metadata = copy;
    return 0;
}

/* The entries are those that the state row names, without a gap, and continue the snapshot. */
static int check_log(sqlite3 *db, const struct hvc_content *content, struct hvc_error *error)
{
    HVC_CLEANUP(statement) sqlite3_stmt *row = NULL;
    const struct hvc_state *state = &content->state;
    uint64_t expected = state->first, base = content->has_snapshot ? content->head.index : 0;
    int r = hvc_sql_prepare(db, "SELECT " HVC_COLUMNS_ENTRY " FROM entry ORDER BY idx", &row, error);

    if (r < 0)
        return r;
    while ((r = hvc_sql_step(row, error)) == 1) {
        struct hvc_store_entry entry;
        uint64_t index = hvc_sql_u64(row, 0);

        if (index != expected || expected == 0)
            return hvc_error_set(error, -EBADMSG, "the log has entry %" PRIu64 " where %" PRIu64 " belongs", index,
                                 expected);
        r = hvc_row_read_entry(row, &entry);
        if (r < 0)
            return bad(r, error, "log entry", index);
        expected++;
    }
    if (r < 0)
        return r;
    if (state->first == 0 ? state->last != 0 : expected != state->last + 1)
        return hvc_error_set(error, -EBADMSG, "the log ends before entry %" PRIu64 "; %" PRIu64 " was the last one",
                             expected, state->last);
    if (state->first > base + 1 || (state->first != 0 && state->last < base))
        return hvc_error_set(error, -EBADMSG,
                             "the log (%" PRIu64 " to %" PRIu64 ") does not continue the snapshot of index %" PRIu64,
                             state->first, state->last, base);
    return 0;
}

static int check_header(sqlite3 *db, struct hvc_error *error)
{
    int64_t id;
    int r = hvc_sql_number(db, "PRAGMA application_id", &id, error);

    if (r == 0 && id != HVC_STORE_APPLICATION_ID)
        return hvc_error_set(error, -EBADMSG, "the database is marked as another program's (%" PRId64 ")", id);
    return r;
}

/* Older tables are brought up to date once SQLite has found the pages sound. */
static int migrate(sqlite3 *db, struct hvc_error *error)
{
    int r = hvc_sql_exec(db, "BEGIN IMMEDIATE", error);

    if (r < 0)
        return r;
    r = hvc_store_schema_migrate(db, hvc_store_steps, error);
    if (r == 0)
        r = hvc_sql_exec(db, "COMMIT", error);
    if (r < 0)
        (void)hvc_sql_exec(db, "ROLLBACK", NULL); /* the first error counts; closing rolls back as well */
    return r;
}

static int check_schema(sqlite3 *db, unsigned *ret_version, struct hvc_error *error)
{
    unsigned version;
    int r = hvc_store_schema_version(db, &version, error);

    if (r == 0 && version == 0)
        return -ENODATA;
    if (r == 0)
        r = check_header(db, error);
    if (r == 0)
        r = check_pages(db, error);
    if (r == 0 && sqlite3_db_readonly(db, "main") == 0)
        r = migrate(db, error);
    if (r == 0)
        r = hvc_store_schema_check(db, hvc_store_steps, error);
    if (r == 0)
        r = hvc_store_schema_version(db, ret_version, error);
    return r;
}

int hvc_store_verify(sqlite3 *db, struct hvc_content *ret_content, struct hvc_error *error)
{
    struct hvc_content content = {0};
    int r = check_schema(db, &content.schema, error);

    if (r == 0)
        r = read_life(db, &content.life, error);
    if (r == 0)
        r = read_state(db, &content.state, error);
    if (r == 0)
        r = read_snapshot(db, &content, error);
    if (r == 0)
        r = check_log(db, &content, error);
    if (r < 0) {
        hvc_cleanup_free(&content.head.metadata);
        return r;
    }
    *ret_content = content;
    return 0;
}

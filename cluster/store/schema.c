/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "schema.h"

#include <errno.h>

#include "sql.h"

/* A row's checksum (crc) covers all its other columns but id and number of rows: row.c. */
const char *const hvc_store_steps[] = {
    "CREATE TABLE life(id INTEGER PRIMARY KEY CHECK(id = 1), counter INTEGER NOT NULL, random BLOB NOT NULL,"
    " damage TEXT NOT NULL, aside TEXT NOT NULL, crc INTEGER NOT NULL) STRICT;"
    "CREATE TABLE state(id INTEGER PRIMARY KEY CHECK(id = 1), promised INTEGER NOT NULL,"
    " commit_index INTEGER NOT NULL, node INTEGER NOT NULL, voter INTEGER NOT NULL, cluster_id BLOB NOT NULL,"
    " boot_id TEXT NOT NULL, view_boot INTEGER NOT NULL, first_index INTEGER NOT NULL, last_index INTEGER NOT NULL, "
    "crc INTEGER NOT NULL) STRICT;"
    "CREATE TABLE entry(idx INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, kind INTEGER NOT NULL,"
    " version INTEGER NOT NULL, token BLOB NOT NULL, birth INTEGER NOT NULL, bytes BLOB NOT NULL,"
    " crc INTEGER NOT NULL) STRICT;"
    "CREATE TABLE snapshot(id INTEGER PRIMARY KEY CHECK(id = 1), idx INTEGER NOT NULL, metadata BLOB NOT NULL,"
    " state_length INTEGER NOT NULL, parts INTEGER NOT NULL, parts_crc INTEGER NOT NULL, crc INTEGER NOT NULL) STRICT;"
    "CREATE TABLE snapshot_part(number INTEGER PRIMARY KEY, bytes BLOB NOT NULL, crc INTEGER NOT NULL) STRICT;"
    "CREATE TABLE document(hash BLOB NOT NULL UNIQUE, bytes BLOB NOT NULL) STRICT;"
    "CREATE TABLE history(id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, key TEXT NOT NULL, stamp INTEGER NOT NULL,"
    " idx INTEGER NOT NULL, bytes BLOB NOT NULL, crc INTEGER NOT NULL, UNIQUE(kind, key)) STRICT;"
    "CREATE INDEX history_order ON history(kind, id);",
    /* 2: hvc_replication_persist.with */
    "ALTER TABLE state ADD COLUMN with_nodes BLOB NOT NULL DEFAULT x'';",
    /* 3: hvc_replication_persist.refused */
    "ALTER TABLE state ADD COLUMN refused INTEGER NOT NULL DEFAULT 0;",
    NULL,
};

#define VERSION_TABLE                                                                                                  \
    "CREATE TABLE IF NOT EXISTS schema_version(id INTEGER PRIMARY KEY CHECK(id = 1), version INTEGER NOT NULL) "       \
    "STRICT;"

static unsigned count(const char *const *steps)
{
    unsigned n = 0;

    while (steps[n] != NULL)
        n++;
    return n;
}

int hvc_store_schema_version(sqlite3 *db, unsigned *ret_version, struct hvc_error *error)
{
    int64_t number;
    int r = hvc_sql_number(db, "SELECT count(*) FROM sqlite_schema", &number, error);

    if (r < 0)
        return r;
    if (number == 0) {
        *ret_version = 0;
        return 0;
    }
    r = hvc_sql_number(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'schema_version' AND type = 'table'",
                       &number, error);
    if (r == 0 && number != 1)
        return hvc_error_set(error, -EBADMSG, "the database has tables, but none that tells their version");
    if (r == 0)
        r = hvc_sql_number(db, "SELECT version FROM schema_version", &number, error);
    if (r == -ENODATA || (r == 0 && (number < 1 || number > UINT16_MAX)))
        return hvc_error_set(error, -EBADMSG, "the database does not tell the version of its tables");
    if (r == 0)
        *ret_version = (unsigned)number;
    return r;
}

int hvc_store_schema_migrate(sqlite3 *db, const char *const *steps, struct hvc_error *error)
{
    char sql[128];
    unsigned version, wanted = count(steps);
    int r = hvc_store_schema_version(db, &version, error);

    if (r < 0)
        return r;
    if (version > wanted)
        return hvc_error_set(error, -EPROTONOSUPPORT,
                             "the store was written by a newer hvcluster (its tables are of version %u, this one knows "
                             "up to %u): install that version again, or wipe the store so that it refills",
                             version, wanted);
    if (version == wanted)
        return 0;
    r = hvc_sql_exec(db, VERSION_TABLE, error);
    for (; r == 0 && version < wanted; version++)
        r = hvc_sql_exec(db, steps[version], error);
    if (r < 0)
        return r;
    (void)snprintf(sql, sizeof(sql), "INSERT OR REPLACE INTO schema_version VALUES(1, %u); PRAGMA application_id = %d",
                   wanted, HVC_STORE_APPLICATION_ID);
    return hvc_sql_exec(db, sql, error);
}

/* The statements of all tables and indexes as one text. */
#define ALL_TABLES                                                                                                     \
    "SELECT coalesce(group_concat(line, char(10)), '') FROM"                                                           \
    " (SELECT type || ' ' || name || ' ' || tbl_name || ' ' || coalesce(sql, '') AS line"                              \
    " FROM sqlite_schema ORDER BY 1)"

static int same_tables(sqlite3 *db, sqlite3 *model, struct hvc_error *error)
{
    HVC_CLEANUP(statement) sqlite3_stmt *found = NULL;
    HVC_CLEANUP(statement) sqlite3_stmt *wanted = NULL;
    const unsigned char *a, *b;
    int r = hvc_sql_prepare(db, ALL_TABLES, &found, error);

    if (r == 0)
        r = hvc_sql_prepare(model, ALL_TABLES, &wanted, error);
    if (r == 0)
        r = hvc_sql_step(found, error);
    if (r == 1)
        r = hvc_sql_step(wanted, error);
    if (r < 0)
        return r;
    a = sqlite3_column_text(found, 0);
    b = sqlite3_column_text(wanted, 0);
    if (a == NULL || b == NULL)
        return hvc_error_set(error, -ENOMEM, "out of memory while comparing the tables");
    if (strcmp((const char *)a, (const char *)b) != 0)
        return hvc_error_set(error, -EBADMSG, "the tables are not those that hvcluster makes");
    return 0;
}

int hvc_store_schema_check(sqlite3 *db, const char *const *steps, struct hvc_error *error)
{
    HVC_CLEANUP(db) sqlite3 *model = NULL;
    int r = hvc_sql_open(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &model, error);

    if (r == 0)
        r = hvc_store_schema_migrate(model, steps, error);
    return r < 0 ? r : same_tables(db, model, error);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>

#include "internal.h"

#define HISTORY_ADD                                                                                                    \
    "INSERT INTO history(kind, key, stamp, idx, bytes, crc) VALUES(?, ?, ?, ?, ?, ?)"                                  \
    " ON CONFLICT(kind, key) DO UPDATE SET stamp = excluded.stamp, idx = excluded.idx, bytes = excluded.bytes,"        \
    " crc = excluded.crc"
#define HISTORY_TRIM                                                                                                   \
    "DELETE FROM history WHERE kind = ?1 AND id <="                                                                    \
    " (SELECT id FROM history WHERE kind = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)"

static const char *const texts[HVC_ST_MAX] = {
    [HVC_ST_BEGIN] = "BEGIN IMMEDIATE",
    [HVC_ST_COMMIT] = "COMMIT",
    [HVC_ST_ENTRY_ADD] = "INSERT INTO entry(" HVC_COLUMNS_ENTRY ") VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
    [HVC_ST_ENTRY_ABOVE] = "DELETE FROM entry WHERE idx > ?",
    [HVC_ST_ENTRY_UP_TO] = "DELETE FROM entry WHERE idx <= ?",
    [HVC_ST_STATE] =
        "INSERT OR REPLACE INTO state(" HVC_COLUMNS_STATE ", id) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)",
    [HVC_ST_HEAD] = "INSERT OR REPLACE INTO snapshot(" HVC_COLUMNS_HEAD ", id) VALUES(?, ?, ?, ?, ?, ?, 1)",
    [HVC_ST_HEAD_DROP] = "DELETE FROM snapshot",
    [HVC_ST_PART_ADD] = "INSERT INTO snapshot_part(" HVC_COLUMNS_PART ") VALUES(?, ?, ?)",
    [HVC_ST_PARTS_DROP] = "DELETE FROM snapshot_part",
    [HVC_ST_DOCUMENT_ADD] = "INSERT OR REPLACE INTO document(hash, bytes) VALUES(?, ?)",
    [HVC_ST_DOCUMENT_LIST] = "SELECT rowid, hash FROM document WHERE rowid > ? ORDER BY rowid",
    [HVC_ST_DOCUMENT_DROP] = "DELETE FROM document WHERE rowid = ?",
    [HVC_ST_HISTORY_ADD] = HISTORY_ADD,
    [HVC_ST_HISTORY_TRIM] = HISTORY_TRIM,
    [HVC_ST_LIFE] = HVC_SQL_LIFE,
};

int hvc_store_checkpoint_pages = 1000; /* 4 MiB, as SQLite's own */

static int on_commit(void *userdata, sqlite3 *db, const char *name, int pages)
{
    struct hvc_writer *writer = userdata;

    (void)db;
    (void)name;
    writer->log_pages = pages;
    return SQLITE_OK;
}

/* SQLite's own automatic checkpoint runs before the commit returns and keeps its errors to itself. */
int hvc_writer_checkpoint(struct hvc_writer *writer, struct hvc_error *error)
{
    int64_t busy; /* a reader needs a part of the log still: the rest of it goes the next time */

    if (writer->log_pages < hvc_store_checkpoint_pages)
        return 0;
    writer->log_pages = 0;
    return hvc_sql_number(writer->db, "PRAGMA wal_checkpoint(PASSIVE)", &busy, error);
}

int hvc_writer_prepare(struct hvc_writer *writer, const struct hvc_content *content, struct hvc_error *error)
{
    for (unsigned i = 0; i < HVC_ST_MAX; i++) {
        int r = hvc_sql_prepare(writer->db, texts[i], &writer->statements[i], error);

        if (r < 0)
            return r;
    }
    (void)sqlite3_wal_hook(writer->db, on_commit, writer);
    writer->life = content->life;
    writer->log = (struct hvc_log){.first = content->state.first,
                                   .last = content->state.last,
                                   .has_snapshot = content->has_snapshot,
                                   .snapshot = content->head.index};
    return 0;
}

void hvc_writer_close(struct hvc_writer *writer)
{
    for (unsigned i = 0; i < HVC_ST_MAX; i++) {
        (void)sqlite3_finalize(writer->statements[i]); /* repeats what the last step reported */
        writer->statements[i] = NULL;
    }
    hvc_sql_close(writer->db);
    writer->db = NULL;
}

/* Binds and runs one statement to its end. */
#define RUN(writer, which, error, ...)                                                                                 \
    (hvc_sql_bind((writer)->statements[which], error, __VA_ARGS__) < 0                                                 \
         ? unbind((writer)->statements[which], error)                                                                  \
         : hvc_sql_run((writer)->statements[which], error))

static int unbind(sqlite3_stmt *statement, const struct hvc_error *error)
{
    hvc_sql_reset(statement);
    return error->code;
}

static int misfit(const struct hvc_store_record *record, const struct hvc_log *log, struct hvc_error *error,
                  const char *what, uint64_t index)
{
    return hvc_error_set(error, -EINVAL,
                         "record %" PRIu64 " does not continue the store: %s %" PRIu64 ", while the log holds %" PRIu64
                         " to %" PRIu64 " and the snapshot is of index %" PRIu64,
                         record->seq, what, index, log->first, log->last, log->snapshot);
}

static void cut_above(struct hvc_log *log, uint64_t index)
{
    if (log->first > index)
        log->first = log->last = 0;
    else if (log->last > index)
        log->last = index;
    if (log->last == 0)
        log->first = 0;
}

static void cut_up_to(struct hvc_log *log, uint64_t index)
{
    if (log->last <= index)
        log->first = log->last = 0;
    else if (log->first <= index)
        log->first = index + 1;
}

static int drop_snapshot(struct hvc_writer *writer, struct hvc_error *error)
{
    int r = RUN(writer, HVC_ST_HEAD_DROP, error, "");

    return r < 0 ? r : RUN(writer, HVC_ST_PARTS_DROP, error, "");
}

static int remove_entries(struct hvc_writer *writer, const struct hvc_store_record *record, struct hvc_error *error)
{
    int r = 0;

    if (record->wipe) {
        r = RUN(writer, HVC_ST_ENTRY_ABOVE, error, "i", INT64_C(-1));
        if (r == 0)
            r = drop_snapshot(writer, error);
        writer->log = (struct hvc_log){0};
    }
    if (r == 0 && record->truncate && record->truncate_above < INT64_MAX) {
        r = RUN(writer, HVC_ST_ENTRY_ABOVE, error, "i", (int64_t)record->truncate_above);
        cut_above(&writer->log, record->truncate_above);
    }
    return r;
}

static int put_snapshot(struct hvc_writer *writer, const struct hvc_store_snapshot *snapshot, struct hvc_error *error)
{
    struct hvc_snapshot_head head = {.index = snapshot->index,
                                     .metadata = snapshot->metadata,
                                     .metadata_length = snapshot->metadata_length,
                                     .state_length = snapshot->state_length};
    const uint8_t *state = snapshot->state;
    int r = drop_snapshot(writer, error);

    for (size_t at = 0; r == 0 && at < snapshot->state_length; head.parts++) {
        size_t left = snapshot->state_length - at, part = left < HVC_SNAPSHOT_PART ? left : HVC_SNAPSHOT_PART;
        uint32_t crc = hvc_row_part(head.parts, state + at, part);

        r = RUN(writer, HVC_ST_PART_ADD, error, "ibi", (int64_t)head.parts, (const void *)(state + at), part,
                (int64_t)crc);
        head.parts_crc = hvc_row_parts(head.parts_crc, crc);
        at += part;
    }
    if (r == 0)
        r = RUN(writer, HVC_ST_HEAD, error, "ibiiii", (int64_t)head.index, (const void *)head.metadata,
                head.metadata_length, (int64_t)head.state_length, (int64_t)head.parts, (int64_t)head.parts_crc,
                (int64_t)hvc_row_snapshot(&head));
    writer->log.has_snapshot = true;
    writer->log.snapshot = snapshot->index;
    return r;
}

static int put_entries(struct hvc_writer *writer, const struct hvc_store_record *record, struct hvc_error *error)
{
    struct hvc_log *log = &writer->log;
    int r = 0;

    if (record->entry_count == 0)
        return 0;
    if (log->last != 0 ? record->entries[0].index != log->last + 1 : record->entries[0].index > log->snapshot + 1)
        return misfit(record, log, error, "it appends entry", record->entries[0].index);
    for (size_t i = 0; r == 0 && i < record->entry_count; i++) {
        const struct hvc_store_entry *entry = &record->entries[i];

        r = RUN(writer, HVC_ST_ENTRY_ADD, error, "iiiibibi", (int64_t)entry->index, (int64_t)entry->epoch,
                (int64_t)entry->kind, (int64_t)entry->version, (const void *)entry->token, sizeof(entry->token),
                (int64_t)entry->birth, (const void *)entry->bytes, (size_t)entry->length,
                (int64_t)hvc_row_entry(entry));
    }
    if (log->first == 0)
        log->first = record->entries[0].index;
    log->last = record->entries[record->entry_count - 1].index;
    return r;
}

static int put_state(struct hvc_writer *writer, const struct hvc_store_record *record, struct hvc_error *error)
{
    struct hvc_state state = {.promised = record->promised,
                              .commit = record->commit,
                              .node = record->node,
                              .voter = record->voter,
                              .view_boot = record->view_boot,
                              .with = record->with,
                              .refused = record->refused,
                              .first = writer->log.first,
                              .last = writer->log.last};
    uint8_t with[HVC_NODES_MAX * 4];
    size_t with_length = hvc_row_nodes(&state.with, with);

    memcpy(state.cluster_id, record->cluster_id, sizeof(state.cluster_id));
    memcpy(state.boot_id, writer->boot_id, sizeof(state.boot_id));
    return RUN(writer, HVC_ST_STATE, error, "iiiibtiiibii", (int64_t)state.promised, (int64_t)state.commit,
               (int64_t)state.node, (int64_t)state.voter, (const void *)state.cluster_id, sizeof(state.cluster_id),
               state.boot_id, (int64_t)state.view_boot, (int64_t)state.first, (int64_t)state.last, (const void *)with,
               with_length, (int64_t)state.refused, (int64_t)hvc_row_state(&state));
}

int hvc_writer_life(sqlite3_stmt *statement, const struct hvc_life *life, struct hvc_error *error)
{
    int r = hvc_sql_bind(statement, error, "ibtti", (int64_t)life->generation.counter,
                         (const void *)life->generation.random, sizeof(life->generation.random), life->damage,
                         life->aside, (int64_t)hvc_row_life(life));

    if (r < 0) {
        hvc_sql_reset(statement);
        return r;
    }
    return hvc_sql_run(statement, error);
}

/* A store that holds a history again is no longer the empty one that its damage left. */
static int forget_damage(struct hvc_writer *writer, struct hvc_error *error)
{
    if (writer->life.damage[0] == '\0' || (writer->log.last == 0 && !writer->log.has_snapshot))
        return 0;
    writer->life.damage[0] = '\0';
    writer->life.aside[0] = '\0';
    return hvc_writer_life(writer->statements[HVC_ST_LIFE], &writer->life, error);
}

static int apply_log(struct hvc_writer *writer, const struct hvc_store_record *record, struct hvc_error *error)
{
    const struct hvc_log *log = &writer->log;
    int r = remove_entries(writer, record, error);

    if (r == 0 && record->snapshot != NULL)
        r = put_snapshot(writer, record->snapshot, error);
    if (r == 0 && record->trim_to != 0) {
        if (record->trim_to > log->snapshot)
            return misfit(record, log, error, "it trims up to", record->trim_to);
        r = RUN(writer, HVC_ST_ENTRY_UP_TO, error, "i", (int64_t)record->trim_to);
        cut_up_to(&writer->log, record->trim_to);
    }
    if (r == 0)
        r = put_entries(writer, record, error);
    if (r < 0)
        return r;
    /* what verify.c demands of the whole */
    if (log->last != 0 && (log->first > log->snapshot + 1 || log->last < log->snapshot))
        return misfit(record, log, error, "afterwards the log begins at", log->first);
    r = put_state(writer, record, error);
    return r < 0 ? r : forget_damage(writer, error);
}

static int by_hash(const void *a, const void *b)
{
    return memcmp(a, b, HVC_STORE_HASH_SIZE);
}

/* Removes the documents that no hash of the list names. One pass, one statement open at a time: rowid by rowid. */
static int retain(struct hvc_writer *writer, const struct hvc_change *change, struct hvc_error *error)
{
    const struct hvc_store_record *record = &change->record;
    sqlite3_stmt *list = writer->statements[HVC_ST_DOCUMENT_LIST];
    uint8_t(*wanted)[HVC_STORE_HASH_SIZE] = NULL;
    size_t bytes = record->retain_count * HVC_STORE_HASH_SIZE;
    int r;

    wanted = malloc(bytes + 1);
    if (wanted == NULL)
        return hvc_error_set(error, -ENOMEM, "out of memory for %zu hashes", record->retain_count);
    if (bytes > 0)
        memcpy(wanted, record->retain_hashes, bytes);
    qsort(wanted, record->retain_count, HVC_STORE_HASH_SIZE, by_hash);
    r = hvc_sql_bind(list, error, "i", INT64_C(0));
    while (r >= 0 && (r = hvc_sql_step(list, error)) == 1) {
        size_t length;
        const uint8_t *hash = hvc_sql_blob(list, 1, &length);

        if (length == HVC_STORE_HASH_SIZE &&
            bsearch(hash, wanted, record->retain_count, HVC_STORE_HASH_SIZE, by_hash) != NULL)
            continue;
        r = RUN(writer, HVC_ST_DOCUMENT_DROP, error, "i", (int64_t)sqlite3_column_int64(list, 0));
    }
    hvc_sql_reset(list);
    free(wanted);
    return r;
}

static int apply_beside(struct hvc_writer *writer, const struct hvc_change *change, struct hvc_error *error)
{
    const struct hvc_store_record *record = &change->record;
    int r = 0;

    for (size_t i = 0; r == 0 && i < record->document_count; i++)
        r = RUN(writer, HVC_ST_DOCUMENT_ADD, error, "bb", (const void *)record->documents[i].hash,
                sizeof(record->documents[i].hash), record->documents[i].bytes, record->documents[i].length);
    if (r == 0 && record->retain)
        r = retain(writer, change, error);
    for (size_t i = 0; r == 0 && i < record->history_count; i++) {
        const struct hvc_store_history *line = &record->history[i];

        r = RUN(writer, HVC_ST_HISTORY_ADD, error, "itiibi", (int64_t)line->kind, line->key, (int64_t)line->stamp_ms,
                (int64_t)line->index, line->bytes, line->length, (int64_t)hvc_row_history(line));
    }
    if (r == 0 && record->history_keep > 0)
        r = RUN(writer, HVC_ST_HISTORY_TRIM, error, "ii", (int64_t)record->history_trim_kind,
                (int64_t)record->history_keep);
    return r;
}

int hvc_writer_apply(struct hvc_writer *writer, const struct hvc_change *change, struct hvc_error *error)
{
    int r = change->record.seq == 0 ? 0 : apply_log(writer, &change->record, error);

    return r < 0 ? r : apply_beside(writer, change, error);
}

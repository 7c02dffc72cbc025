/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "row.h"

#include <errno.h>
#include <zlib.h>

#include "hvc/text.h"
#include "sql.h"

/* A checksum begins with the table's letter, so that a row of one table never passes as one of another. */
static uint32_t crc_begin(char table)
{
    return (uint32_t)crc32(0, (const Bytef *)&table, 1);
}

static uint32_t crc_u64(uint32_t crc, uint64_t value)
{
    Bytef bytes[8];

    for (unsigned i = 0; i < 8; i++)
        bytes[i] = (Bytef)(value >> (8 * i));
    return (uint32_t)crc32(crc, bytes, sizeof(bytes));
}

static uint32_t crc_bytes(uint32_t crc, const void *bytes, size_t length)
{
    crc = crc_u64(crc, length);
    return length == 0 ? crc : (uint32_t)crc32_z(crc, bytes, length);
}

uint32_t hvc_row_life(const struct hvc_life *life)
{
    uint32_t crc = crc_u64(crc_begin('L'), life->generation.counter);

    crc = crc_bytes(crc, life->generation.random, sizeof(life->generation.random));
    crc = crc_bytes(crc, life->damage, strlen(life->damage));
    return crc_bytes(crc, life->aside, strlen(life->aside));
}

size_t hvc_row_nodes(const struct hvc_store_nodes *nodes, uint8_t ret_bytes[HVC_NODES_MAX * 4])
{
    size_t length = 0;

    for (unsigned i = 0; i < nodes->count; i++) {
        for (unsigned shift = 0; shift < 32; shift += 8)
            ret_bytes[length++] = (uint8_t)(nodes->node[i] >> shift);
    }
    return length;
}

uint32_t hvc_row_state(const struct hvc_state *state)
{
    uint32_t crc = crc_u64(crc_begin('S'), state->promised);
    uint8_t with[HVC_NODES_MAX * 4];
    size_t length = hvc_row_nodes(&state->with, with);

    crc = crc_u64(crc, state->commit);
    crc = crc_u64(crc, state->node);
    crc = crc_u64(crc, state->voter);
    crc = crc_bytes(crc, state->cluster_id, sizeof(state->cluster_id));
    crc = crc_bytes(crc, state->boot_id, strlen(state->boot_id));
    crc = crc_u64(crc, state->view_boot);
    crc = crc_u64(crc, state->first);
    crc = crc_u64(crc, state->last);
    /* what a row of an older version does not have, and this one does not say, is not in the sum */
    if (length != 0)
        crc = crc_bytes(crc, with, length);
    return state->refused == 0 ? crc : crc_u64(crc, state->refused);
}

uint32_t hvc_row_entry(const struct hvc_store_entry *entry)
{
    uint32_t crc = crc_u64(crc_begin('E'), entry->index);

    crc = crc_u64(crc, entry->epoch);
    crc = crc_u64(crc, (uint64_t)entry->kind << 8 | entry->version);
    crc = crc_bytes(crc, entry->token, sizeof(entry->token));
    crc = crc_u64(crc, entry->birth);
    return crc_bytes(crc, entry->bytes, entry->length);
}

uint32_t hvc_row_snapshot(const struct hvc_snapshot_head *head)
{
    uint32_t crc = crc_u64(crc_begin('H'), head->index);

    crc = crc_bytes(crc, head->metadata, head->metadata_length);
    crc = crc_u64(crc, head->state_length);
    crc = crc_u64(crc, head->parts);
    return crc_u64(crc, head->parts_crc);
}

uint32_t hvc_row_part(uint64_t number, const void *bytes, size_t length)
{
    return crc_bytes(crc_u64(crc_begin('P'), number), bytes, length);
}

uint32_t hvc_row_parts(uint32_t parts_crc, uint32_t part_crc)
{
    return crc_u64(parts_crc, part_crc);
}

uint32_t hvc_row_history(const struct hvc_store_history *line)
{
    uint32_t crc = crc_u64(crc_begin('J'), line->kind);

    crc = crc_bytes(crc, line->key, strlen(line->key));
    crc = crc_u64(crc, line->stamp_ms);
    crc = crc_u64(crc, line->index);
    return crc_bytes(crc, line->bytes, line->length);
}

/* A row that does not fit is no proof of damage when a column could not be had for lack of memory. */
static int verdict(sqlite3_stmt *row, bool good)
{
    if (good)
        return 0;
    return sqlite3_errcode(sqlite3_db_handle(row)) == SQLITE_NOMEM ? -ENOMEM : -EBADMSG;
}

static bool crc_is(sqlite3_stmt *row, int column, uint32_t crc)
{
    return sqlite3_column_type(row, column) == SQLITE_INTEGER && sqlite3_column_int64(row, column) == (int64_t)crc;
}

static bool read_exact(sqlite3_stmt *row, int column, uint8_t *ret_bytes, size_t size)
{
    size_t length;
    const uint8_t *bytes = hvc_sql_blob(row, column, &length);

    if (length != size)
        return false;
    memcpy(ret_bytes, bytes, size);
    return true;
}

static bool read_text(sqlite3_stmt *row, int column, char *ret_text, size_t size)
{
    const char *text = (const char *)sqlite3_column_text(row, column);

    return text != NULL && hvc_text_copy(ret_text, size, text) == 0;
}

static bool read_nodes(sqlite3_stmt *row, int column, struct hvc_store_nodes *ret_nodes)
{
    size_t length;
    const uint8_t *bytes = hvc_sql_blob(row, column, &length);

    if (sqlite3_column_type(row, column) != SQLITE_BLOB || length % 4 != 0 || length / 4 > HVC_NODES_MAX)
        return false;
    ret_nodes->count = (unsigned)(length / 4);
    for (size_t i = 0; i < length; i++)
        ret_nodes->node[i / 4] |= (uint32_t)bytes[i] << (8 * (i % 4));
    return true;
}

static bool read_below(sqlite3_stmt *row, int column, uint64_t limit, uint64_t *ret_value)
{
    *ret_value = hvc_sql_u64(row, column);
    return *ret_value < limit;
}

int hvc_row_read_life(sqlite3_stmt *row, struct hvc_life *ret_life)
{
    struct hvc_life life = {.generation.counter = hvc_sql_u64(row, 0)};
    bool good = read_exact(row, 1, life.generation.random, sizeof(life.generation.random)) &&
                read_text(row, 2, life.damage, sizeof(life.damage)) &&
                read_text(row, 3, life.aside, sizeof(life.aside)) && crc_is(row, 4, hvc_row_life(&life));

    if (good)
        *ret_life = life;
    return verdict(row, good);
}

int hvc_row_read_state(sqlite3_stmt *row, struct hvc_state *ret_state)
{
    struct hvc_state state = {.promised = hvc_sql_u64(row, 0), .commit = hvc_sql_u64(row, 1)};
    uint64_t node = 0, voter = 0;
    bool good = read_below(row, 2, (uint64_t)UINT32_MAX + 1, &node) && read_below(row, 3, 2, &voter) &&
                read_exact(row, 4, state.cluster_id, sizeof(state.cluster_id)) &&
                read_text(row, 5, state.boot_id, sizeof(state.boot_id)) && read_nodes(row, 9, &state.with);

    if (good) {
        state.node = (uint32_t)node;
        state.voter = voter == 1;
        state.view_boot = hvc_sql_u64(row, 6);
        state.first = hvc_sql_u64(row, 7);
        state.last = hvc_sql_u64(row, 8);
        state.refused = hvc_sql_u64(row, 10);
        good = crc_is(row, 11, hvc_row_state(&state));
    }
    if (good)
        *ret_state = state;
    return verdict(row, good);
}

int hvc_row_read_entry(sqlite3_stmt *row, struct hvc_store_entry *ret_entry)
{
    struct hvc_store_entry entry = {.index = hvc_sql_u64(row, 0), .epoch = hvc_sql_u64(row, 1)};
    uint64_t kind = 0, version = 0;
    size_t length;
    bool good = read_below(row, 2, 256, &kind) && read_below(row, 3, 256, &version) &&
                read_exact(row, 4, entry.token, sizeof(entry.token));

    entry.kind = (uint8_t)kind;
    entry.version = (uint8_t)version;
    entry.birth = hvc_sql_u64(row, 5);
    entry.bytes = hvc_sql_blob(row, 6, &length);
    entry.length = (uint32_t)length;
    good = good && length <= HVC_STORE_ENTRY_MAX && crc_is(row, 7, hvc_row_entry(&entry));
    if (good)
        *ret_entry = entry;
    return verdict(row, good);
}

int hvc_row_read_head(sqlite3_stmt *row, struct hvc_snapshot_head *ret_head)
{
    struct hvc_snapshot_head head = {.index = hvc_sql_u64(row, 0)};
    uint64_t crc = 0;
    bool good;

    head.metadata = hvc_sql_blob(row, 1, &head.metadata_length);
    good = read_below(row, 2, (uint64_t)HVC_STORE_STATE_MAX + 1, &head.state_length) &&
           read_below(row, 3, HVC_STORE_STATE_MAX / HVC_SNAPSHOT_PART + 2, &head.parts) &&
           read_below(row, 4, (uint64_t)UINT32_MAX + 1, &crc) && head.metadata_length <= HVC_STORE_METADATA_MAX;
    head.parts_crc = (uint32_t)crc;
    good = good && crc_is(row, 5, hvc_row_snapshot(&head));
    if (good)
        *ret_head = head;
    return verdict(row, good);
}

int hvc_row_read_part(sqlite3_stmt *row, uint64_t number, const uint8_t **ret_bytes, size_t *ret_length,
                      uint32_t *ret_crc)
{
    size_t length;
    const uint8_t *bytes = hvc_sql_blob(row, 1, &length);
    uint32_t crc = hvc_row_part(number, bytes, length);

    if (hvc_sql_u64(row, 0) != number || !crc_is(row, 2, crc))
        return verdict(row, false);
    *ret_bytes = bytes;
    *ret_length = length;
    *ret_crc = crc;
    return 0;
}

int hvc_row_read_history(sqlite3_stmt *row, struct hvc_store_history *ret_line)
{
    struct hvc_store_history line = {.id = hvc_sql_u64(row, 0)};
    uint64_t kind = 0;
    bool good = read_below(row, 1, 256, &kind) && read_text(row, 2, line.key, sizeof(line.key));

    line.kind = (uint8_t)kind;
    line.stamp_ms = hvc_sql_u64(row, 3);
    line.index = hvc_sql_u64(row, 4);
    line.bytes = hvc_sql_blob(row, 5, &line.length);
    good = good && crc_is(row, 6, hvc_row_history(&line));
    if (good)
        *ret_line = line;
    return verdict(row, good);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rows of the tables, and the checksum (CRC-32) that stands in each: over every column in one fixed layout, so that
 * a torn or changed row is found and named. Unsigned 64-bit values are stored as SQLite's signed integers with the same
 * bits; indexes are below 2^63, so that SQL can compare them.
 */
#ifndef HVC_STORE_ROW_H
#define HVC_STORE_ROW_H

#include <sqlite3.h>

#include "generation.h"
#include "hvc/store.h"

#define HVC_BOOT_ID_MAX   64
#define HVC_SNAPSHOT_PART (256 * 1024) /* bytes of a snapshot_part row */

/* table life, one row */
struct hvc_life {
    struct hvc_generation generation;
    char damage[HVC_ERROR_TEXT_MAX]; /* "": not damaged */
    char aside[HVC_PATH_TEXT_MAX];
};

/* table state, one row */
struct hvc_state {
    uint64_t promised, commit;
    uint32_t node;
    bool voter;
    uint8_t cluster_id[HVC_STORE_CLUSTER_ID_SIZE];
    char boot_id[HVC_BOOT_ID_MAX]; /* of the host, when it was written; "" before the first record */
    uint64_t view_boot;            /* this, with and refused: given with the record */
    struct hvc_store_nodes with;
    uint64_t refused;
    uint64_t first, last; /* of the log; both 0 when it is empty */
};

/* table snapshot, one row or none */
struct hvc_snapshot_head {
    uint64_t index;
    const uint8_t *metadata;
    size_t metadata_length;
    uint64_t state_length, parts;
    uint32_t parts_crc; /* over the checksums of all parts in order */
};

/* Column with_nodes: four bytes a node, the lowest first. Returns the length. */
size_t hvc_row_nodes(const struct hvc_store_nodes *nodes, uint8_t ret_bytes[HVC_NODES_MAX * 4]);

uint32_t hvc_row_life(const struct hvc_life *life);
uint32_t hvc_row_state(const struct hvc_state *state);
uint32_t hvc_row_entry(const struct hvc_store_entry *entry);
uint32_t hvc_row_snapshot(const struct hvc_snapshot_head *head);
uint32_t hvc_row_part(uint64_t number, const void *bytes, size_t length);
uint32_t hvc_row_parts(uint32_t parts_crc, uint32_t part_crc); /* begins with 0 */
uint32_t hvc_row_history(const struct hvc_store_history *line);

/*
 * Read the row a statement stands on; its columns are those of the HVC_COLUMNS_ text, its checksum the last one.
 * -EBADMSG: sizes or checksum are wrong; -ENOMEM. Pointers live until the next step.
 */
#define HVC_COLUMNS_LIFE "counter, random, damage, aside, crc"
#define HVC_COLUMNS_STATE                                                                                              \
    "promised, commit_index, node, voter, cluster_id, boot_id, view_boot, first_index, last_index, with_nodes,"        \
    " refused, crc"
#define HVC_COLUMNS_ENTRY "idx, epoch, kind, version, token, birth, bytes, crc"
#define HVC_COLUMNS_HEAD  "idx, metadata, state_length, parts, parts_crc, crc"
#define HVC_COLUMNS_PART  "number, bytes, crc"
#define HVC_COLUMNS_LINE  "id, kind, key, stamp, idx, bytes, crc"

int hvc_row_read_life(sqlite3_stmt *row, struct hvc_life *ret_life);
int hvc_row_read_state(sqlite3_stmt *row, struct hvc_state *ret_state);
int hvc_row_read_entry(sqlite3_stmt *row, struct hvc_store_entry *ret_entry);
int hvc_row_read_head(sqlite3_stmt *row, struct hvc_snapshot_head *ret_head);
int hvc_row_read_part(sqlite3_stmt *row, uint64_t number, const uint8_t **ret_bytes, size_t *ret_length,
                      uint32_t *ret_crc);
int hvc_row_read_history(sqlite3_stmt *row, struct hvc_store_history *ret_line);

#endif

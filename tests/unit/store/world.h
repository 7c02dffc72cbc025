/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A folder for a store, a fixed script of records, and a model of what a store must hold after each of them: the model
 * is made once by applying records to arrays, once by reading a store; the two are compared.
 */
#ifndef HVC_STORE_WORLD_H
#define HVC_STORE_WORLD_H

#include "hvc/store.h"

enum { WORLD_ENTRIES_MAX = 512, WORLD_DOCUMENTS_MAX = 64, WORLD_LINES_MAX = 64 };

/* A store of today, without what it says of later than that version. */
#define WORLD_BACK_TO_2 "ALTER TABLE state DROP COLUMN refused; UPDATE schema_version SET version = 2"
#define WORLD_BACK_TO_1                                                                                                \
    WORLD_BACK_TO_2 "; ALTER TABLE state DROP COLUMN with_nodes; UPDATE schema_version SET version = 1"

struct world_entry {
    struct hvc_store_entry entry; /* bytes is NULL; the hash stands for them */
    uint8_t hash[HVC_STORE_HASH_SIZE];
};

struct world_line {
    struct hvc_store_history line; /* id and bytes are 0 */
    uint8_t hash[HVC_STORE_HASH_SIZE];
};

struct world_model {
    uint64_t promised, commit;
    uint32_t node;
    bool voter;
    uint64_t view_boot, refused;
    struct hvc_store_nodes with;
    uint8_t cluster_id[HVC_STORE_CLUSTER_ID_SIZE];
    struct world_entry entries[WORLD_ENTRIES_MAX];
    size_t entry_count;
    bool has_snapshot;
    uint64_t snapshot_index;
    uint8_t metadata[HVC_STORE_HASH_SIZE], state[HVC_STORE_HASH_SIZE];
    uint8_t documents[WORLD_DOCUMENTS_MAX][HVC_STORE_HASH_SIZE]; /* sorted */
    size_t document_count;
    struct world_line lines[WORLD_LINES_MAX]; /* newest first, kind by kind */
    size_t line_count;
};

/* A fresh folder below base (removed by world_down with all in it). */
struct world {
    char base[128], store[160];
    char boot_id[160];
    struct hvc_store_config config;
};

void world_up(struct world *world, const char *base);
void world_down(struct world *world);
void world_boot(struct world *world, const char *boot_id);
void world_remove_tree(const char *path);

/* The script: records 1 to WORLD_SCRIPT. Memory of a record belongs to the script until the next call. */
enum { WORLD_SCRIPT = 18 };
const struct hvc_store_record *world_record(unsigned number);
/* The model after the first count records. */
void world_model_after(unsigned count, struct world_model *ret_model);

void world_apply(struct world_model *model, const struct hvc_store_record *record);

/* What the store held at its start. Documents that do not have their hash any more are left out and counted. */
int world_read(struct hvc_store *store, struct world_model *ret_model, unsigned *ret_bad_documents,
               struct hvc_error *error);

/* 0, or what differs in words. */
const char *world_difference(const struct world_model *a, const struct world_model *b);

/* Waits until count records have been carried out or writing has failed; false after 20 s. */
bool world_wait(struct hvc_store *store, uint64_t count, struct hvc_store_progress *ret_progress);

/* Submits the script's records from..to and waits for each; returns how many were carried out. */
unsigned world_run(struct hvc_store *store, unsigned from, unsigned to, struct hvc_error *error);

#endif

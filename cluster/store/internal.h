/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The store's handle and what its files call of each other. */
#ifndef HVC_STORE_INTERNAL_H
#define HVC_STORE_INTERNAL_H

#include <pthread.h>

#include "sql.h"
#include "verify.h"

/* Paths of one store, all absolute or relative to the same folder. */
struct hvc_paths {
    char directory[HVC_PATH_TEXT_MAX], database[HVC_PATH_TEXT_MAX], wal[HVC_PATH_TEXT_MAX], lock[HVC_PATH_TEXT_MAX];
    char generation[HVC_PATH_TEXT_MAX], boot_id[HVC_PATH_TEXT_MAX], restore[HVC_PATH_TEXT_MAX];
};

int hvc_store_paths(const struct hvc_store_config *config, struct hvc_paths *ret_paths, struct hvc_error *error);

/* The writer's view of the log, so that a record that does not continue it is refused. */
struct hvc_log {
    uint64_t first, last; /* both 0: no entries */
    bool has_snapshot;
    uint64_t snapshot; /* its index */
};

enum {
    HVC_ST_BEGIN,
    HVC_ST_COMMIT,
    HVC_ST_ENTRY_ADD,
    HVC_ST_ENTRY_ABOVE,
    HVC_ST_ENTRY_UP_TO,
    HVC_ST_STATE,
    HVC_ST_HEAD,
    HVC_ST_HEAD_DROP,
    HVC_ST_PART_ADD,
    HVC_ST_PARTS_DROP,
    HVC_ST_DOCUMENT_ADD,
    HVC_ST_DOCUMENT_LIST,
    HVC_ST_DOCUMENT_DROP,
    HVC_ST_HISTORY_ADD,
    HVC_ST_HISTORY_TRIM,
    HVC_ST_LIFE,
    HVC_ST_MAX,
};

/* The writing connection; used by one thread at a time. */
struct hvc_writer {
    sqlite3 *db;
    sqlite3_stmt *statements[HVC_ST_MAX];
    struct hvc_log log;
    struct hvc_life life;
    char boot_id[HVC_BOOT_ID_MAX];
    int log_pages; /* in the write-ahead log after the last commit */
};

/* A queued record, with all it points to in memory of its own. */
struct hvc_change {
    struct hvc_change *next;
    struct hvc_store_record record;
    struct hvc_store_snapshot snapshot;
    void (*release)(void *owner); /* of the state, once armed by the submit */
    size_t bytes;
    uint8_t memory[] __attribute__((aligned(16)));
};

struct hvc_store {
    struct hvc_paths paths;
    int lock_fd, event_fd;
    struct hvc_store_facts facts;
    void *metadata;
    struct hvc_writer writer;

    pthread_mutex_t reader_lock; /* of reader */
    sqlite3 *reader;

    pthread_t thread;
    bool thread_runs;
    pthread_mutex_t lock; /* of everything below */
    pthread_cond_t wake;
    struct hvc_change *head, **tail;
    uint64_t last_seq;
    bool stop, submitted;
    bool told; /* event_fd is readable */
    struct hvc_store_progress progress;
};

/* change.c: checks the bounds and copies; the state's release is not called by free before it is armed. */
int hvc_change_new(const struct hvc_store_record *record, struct hvc_change **ret_change, struct hvc_error *error);
void hvc_change_free(struct hvc_change *change);

/* apply.c: opens the statements on an opened, checked database; carries out one change inside a transaction. */
int hvc_writer_prepare(struct hvc_writer *writer, const struct hvc_content *content, struct hvc_error *error);
void hvc_writer_close(struct hvc_writer *writer);
int hvc_writer_apply(struct hvc_writer *writer, const struct hvc_change *change, struct hvc_error *error);
/* Moves what is in the write-ahead log into the database when that many pages are in it; tests lower the number. */
extern int hvc_store_checkpoint_pages;
int hvc_writer_checkpoint(struct hvc_writer *writer, struct hvc_error *error);
int hvc_writer_life(sqlite3_stmt *statement, const struct hvc_life *life, struct hvc_error *error);

/* writer.c: the thread. */
int hvc_store_thread_start(struct hvc_store *store, struct hvc_error *error);
void hvc_store_thread_stop(struct hvc_store *store);
bool hvc_store_has_submitted(struct hvc_store *store);

/* aside.c: puts database and write-ahead log aside; ret_aside: the new name, "" when there was no database. */
int hvc_store_aside(const struct hvc_paths *paths, char *ret_aside, struct hvc_error *error);
int hvc_store_aside_remove_all(const struct hvc_paths *paths, struct hvc_error *error);

/* wal.c: -EBADMSG when the write-ahead log breaks off before a transaction that had been completed. */
int hvc_wal_check(const char *path, struct hvc_error *error);

/* open.c */
int hvc_store_connect(const char *path, bool create, sqlite3 **ret_db, struct hvc_error *error);
int hvc_store_create(const char *path, const struct hvc_life *life, struct hvc_error *error);

#define HVC_SQL_LIFE "INSERT OR REPLACE INTO life(counter, random, damage, aside, crc, id) VALUES(?, ?, ?, ?, ?, 1)"

#endif

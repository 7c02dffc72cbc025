/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one node must find again after a power cycle: the log and snapshot of the replicated state, the promise and the
 * commit hint, guests' definitions and the history of ended jobs, in one SQLite database. It carries out persist
 * records and gives back what it was given; what an entry means is not known here. It decides one thing only: whether
 * what it finds at a start is the store it left behind. If it is not, the content is put aside and the store begins
 * "damaged".
 *
 * Promises
 *   - a record counts as persisted only after its transaction is on stable storage (WAL, synchronous=FULL); records are
 *     carried out in the order of submission, several of them may share one transaction;
 *   - what a start reports was written to stable storage again by that start (checkpoint), so what an earlier process
 *     wrote without a finished fsync is never reported as durable;
 *   - the first failure (disk full, I/O error, ...) is final for this handle: nothing later is persisted or reported
 * so. Reading goes on. The owner closes the handle and opens again when it wants to try once more.
 *
 * Generation. Every start and every clean stop writes a new generation (counter and random) to the database and to a
 * file outside it. A database whose generation is not the file's was restored, rolled back or copied; a file without
 * a database, or a database that ran last without its write-ahead log, lost something: damaged. A rollback of both
 * together (a snapshot of the whole disk) is not seen here.
 *
 * Threads    hvc_store_submit(), hvc_store_collect() and the reading functions may be called from any thread; submit
 * and collect never wait for the disk. Reads of documents and history take some 10 us from the page cache. Open, close,
 * condemn, load, backup, restore and wipe block. Callbacks run in the thread of the caller. Ownership  everything
 * passed in is copied before the call returns, except a snapshot's state (see there). Errors     negative errno with
 * SQLite's words in struct hvc_error: -ENOSPC  disk or quota full           -EIO    read, write or fsync failed
 *              -EBADMSG content is corrupt           -EBUSY  another process has the store open
 *              -EROFS   file system is read-only     -EACCES rights
 *              -ENOMEM                               -EPROTONOSUPPORT written by a newer version
 *              -EINVAL  a record that does not continue the log (a bug of the caller), or a bad argument
 */
#ifndef HVC_STORE_H
#define HVC_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hvc/error.h"
#include "hvc/limits.h"

#define HVC_STORE_CLUSTER_ID_SIZE 16
#define HVC_STORE_TOKEN_SIZE      16
#define HVC_STORE_HASH_SIZE       32 /* SHA-256 */

struct hvc_store;

struct hvc_store_config {
    const char *directory;       /* made (0700) when missing, its parent is not; holds hvcluster.db and the lock */
    const char *generation_file; /* NULL: "generation" in the directory */
    const char *boot_id_file;    /* NULL: /proc/sys/kernel/random/boot_id */
};

/* A log entry; the fields have the meaning of hvc/replication.h. */
struct hvc_store_entry {
    uint64_t index; /* from 1, at most INT64_MAX */
    uint64_t epoch;
    uint8_t kind, version;
    uint8_t token[HVC_STORE_TOKEN_SIZE];
    uint64_t birth;
    const uint8_t *bytes;
    uint32_t length; /* at most HVC_STORE_ENTRY_MAX */
};

struct hvc_store_snapshot {
    uint64_t index;
    const void *metadata; /* opaque, at most HVC_STORE_METADATA_MAX */
    size_t metadata_length;
    const void *state; /* opaque, at most HVC_STORE_STATE_MAX */
    size_t state_length;
    /* NULL: the state is copied. Otherwise it is used in place, by the writer thread, and release(owner) is called once
     * from there when it is no longer needed; only after a successful submit. */
    void (*release)(void *owner);
    void *owner;
};

/* A content-addressed document (a guest's definition). */
struct hvc_store_document {
    uint8_t hash[HVC_STORE_HASH_SIZE]; /* hvc_store_hash() of the bytes */
    const void *bytes;
    size_t length; /* at most HVC_XML_MAX */
};

/* One line of history. (kind, key) names it: a second one with that name replaces the first, so a replayed log
 * does not double it. */
struct hvc_store_history {
    uint64_t id;                         /* order of first writing; ignored when written */
    uint8_t kind;                        /* the caller's: ended job, audit, ... */
    char key[HVC_STORE_HISTORY_KEY_MAX]; /* text, not empty */
    uint64_t stamp_ms;                   /* wall clock, ms since 1970 */
    uint64_t index;                      /* log index it comes from */
    const void *bytes;                   /* opaque, at most HVC_STORE_HISTORY_MAX */
    size_t length;
};

/* Node ids, as in hvc_replication_with. */
struct hvc_store_nodes {
    unsigned count;
    uint32_t node[HVC_NODES_MAX];
};

/* One step, carried out as a whole or not at all, in the order of the fields. */
struct hvc_store_record {
    /* The log part; only when seq is not 0. seq rises from record to record. */
    uint64_t seq;
    bool wipe;     /* forget log and snapshot */
    bool truncate; /* remove entries above truncate_above */
    uint64_t truncate_above;
    const struct hvc_store_snapshot *snapshot; /* replace the snapshot; NULL: keep it */
    uint64_t trim_to;                          /* remove entries up to this index; 0: none */
    const struct hvc_store_entry *entries;     /* append; they continue log or snapshot without a gap */
    size_t entry_count;
    uint64_t promised, commit;
    uint32_t node;
    bool voter;
    uint64_t view_boot; /* this, with and refused: as in hvc/replication.h; kept as they are */
    struct hvc_store_nodes with;
    uint64_t refused;
    uint8_t cluster_id[HVC_STORE_CLUSTER_ID_SIZE];

    /* Beside the log; with or without a log part. */
    const struct hvc_store_document *documents; /* add */
    size_t document_count;
    bool retain; /* then remove every document whose hash is not in this list */
    const uint8_t (*retain_hashes)[HVC_STORE_HASH_SIZE];
    size_t retain_count;
    const struct hvc_store_history *history; /* add */
    size_t history_count;
    uint8_t history_trim_kind; /* then keep only the newest history_keep of this kind; history_keep 0: keep all */
    size_t history_keep;
};

/* What the start found. */
struct hvc_store_facts {
    bool empty;    /* neither log nor snapshot */
    bool damaged;  /* the content was lost or is not to be trusted, and has not been refilled since */
    bool rebooted; /* the host has booted since the last record was written */
    bool voter;
    uint64_t view_boot; /* this, with and refused: as in the last record */
    struct hvc_store_nodes with;
    uint64_t refused;
    uint32_t node; /* 0: no record was ever written */
    uint8_t cluster_id[HVC_STORE_CLUSTER_ID_SIZE];
    uint64_t promised, commit;
    uint64_t first_index, last_index; /* of the log; both 0 when it holds no entry */
    bool has_snapshot;
    uint64_t snapshot_index;
    const void *metadata; /* owned by the store, until close or condemn */
    size_t metadata_length;
    uint64_t state_length;
    uint64_t generation;             /* counter of this start */
    unsigned schema;                 /* version of the tables */
    bool volatile_place;             /* on tmpfs or ramfs: a power cycle loses it */
    const char *place;               /* name of the file system's type */
    char damage[HVC_ERROR_TEXT_MAX]; /* damaged: why, in words */
    char aside[HVC_PATH_TEXT_MAX];   /* damaged: where the former content lies; "" when there was none */
};

/* Opens or creates the store, checks all of it, and starts the writer thread. An error means that no judgement was
 * possible (rights, I/O, another process, a network file system, a newer version), never "damaged". */
int hvc_store_open(const struct hvc_store_config *config, struct hvc_store **ret_store, struct hvc_error *error);

/* Persists what is queued, marks a clean stop and frees the store in every case. An error: the clean stop could not be
 * written, or a failure had happened before. NULL is allowed. */
int hvc_store_close(struct hvc_store *store, struct hvc_error *error);

/* As of the start (or of condemn). */
void hvc_store_facts(const struct hvc_store *store, struct hvc_store_facts *ret_facts);

/* Pointers are valid during the callback, which must not call the store. */
struct hvc_store_loader {
    int (*state)(void *userdata, uint64_t offset, const void *bytes, size_t length); /* the snapshot's, in order */
    int (*entry)(void *userdata, const struct hvc_store_entry *entry);               /* in index order */
};

/* Gives the content as found at the start; before the first submit. A callback that does not return 0 ends it; its
 * value is returned. */
int hvc_store_load(struct hvc_store *store, const struct hvc_store_loader *loader, void *userdata,
                   struct hvc_error *error);

/* The owner could not use the content (reason in words): puts it aside; the store is empty and damaged then.
 * Before the first submit. After an error only close is allowed. */
int hvc_store_condemn(struct hvc_store *store, const char *reason, struct hvc_error *error);

/* Writes a file for people beside the store, durably; replaces one of that name. ret_path names it. */
int hvc_store_write_beside(const struct hvc_store *store, const char *name, const void *bytes, size_t length,
                           char ret_path[HVC_PATH_TEXT_MAX], struct hvc_error *error);

/* Queues a record. -ENOBUFS: the queue is full, the disk does not keep up; otherwise -EINVAL or -EMSGSIZE for what
 * breaks a rule above, or the error of the failure that ended writing. */
int hvc_store_submit(struct hvc_store *store, const struct hvc_store_record *record, struct hvc_error *error);

enum hvc_store_condition {
    HVC_STORE_GOOD,
    HVC_STORE_FULL,     /* -ENOSPC */
    HVC_STORE_IO_ERROR, /* -EIO */
    HVC_STORE_CORRUPT,  /* -EBADMSG */
    HVC_STORE_REFUSED,  /* a record did not continue the log, or SQLite refused for another reason; the words say which
                         */
    HVC_STORE_CONDITION_MAX_,
};

struct hvc_store_progress {
    uint64_t persisted;   /* seq; every record up to it is on stable storage */
    uint64_t carried_out; /* records, those without seq included, on stable storage since the open */
    enum hvc_store_condition condition;
    struct hvc_error error; /* not GOOD: code and words */
    size_t queued_records, queued_bytes;
    uint64_t transactions;
    uint64_t last_commit_us, worst_commit_us; /* begin to end of a transaction */
};

/* Readable (poll, g_unix_fd_add) when progress has changed since the last collect. Owned by the store. */
int hvc_store_fd(const struct hvc_store *store);
void hvc_store_collect(struct hvc_store *store, struct hvc_store_progress *ret_progress);
const char *hvc_store_condition_name(enum hvc_store_condition condition);

void hvc_store_hash(const void *bytes, size_t length, uint8_t ret_hash[HVC_STORE_HASH_SIZE]);

/* What has been persisted. -ENOENT: not there (perhaps still queued); -EBADMSG: it does not have its hash any more;
 * get it from another node. The caller frees ret_bytes with free(); a zero byte follows them. */
int hvc_store_document(struct hvc_store *store, const uint8_t hash[HVC_STORE_HASH_SIZE], char **ret_bytes,
                       size_t *ret_length, struct hvc_error *error);

/* The hashes of all documents; the caller frees the array. */
int hvc_store_documents(struct hvc_store *store, uint8_t (**ret_hashes)[HVC_STORE_HASH_SIZE], size_t *ret_count,
                        struct hvc_error *error);

/* Lines of one kind, newest first, ids below "before" (0: from the newest), at most limit; a callback that does not
 * return 0 ends it and its value is returned. Pointers are valid during the callback, which must not call the store. */
int hvc_store_history_read(struct hvc_store *store, uint8_t kind, uint64_t before, size_t limit,
                           int (*line)(void *userdata, const struct hvc_store_history *line), void *userdata,
                           struct hvc_error *error);

/* Writes a checked copy to path, which must not exist, while the store runs. It is marked as a copy: put back, it is
 * damaged (an observer that refills from the others). */
int hvc_store_backup(struct hvc_store *store, const char *path, struct hvc_error *error);

/*
 * The commands for a node whose daemon is stopped (-EBUSY otherwise).
 * Restore: checks the copy, puts the present content aside and the copy in its place. Without authoritative the next
 * start takes only documents and history from it and begins damaged. authoritative: its log and snapshot count again;
 * only for a cluster that has lost a majority of its stores, followed by the operator's force on this node.
 */
int hvc_store_restore(const struct hvc_store_config *config, const char *path, bool authoritative,
                      struct hvc_error *error);

/* Forgets everything, what was put aside included: the next start is empty and not damaged. */
int hvc_store_wipe(const struct hvc_store_config *config, struct hvc_error *error);

#endif

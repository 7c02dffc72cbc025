/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of moves and their threads, for moves.c, moves_adopt.c and moves_operations.c. */
#ifndef HVC_MOVES_TABLE_H
#define HVC_MOVES_TABLE_H

#include <pthread.h>

#include "hvc/operations.h"
#include "move_record.h"
#include "move_runner.h"

struct hvc_moves_entry {
    struct hvc_moves_entry *next;
    unsigned references; /* table, thread, those who wait */
    struct hvc_operations *operations;
    char id[HVC_MOVE_ID_MAX];
    struct hvc_guest_id guest;
    char source[HVC_NODE_NAME_MAX], target[HVC_NODE_NAME_MAX]; /* target "": adopted, not found yet */
    char owner[HVC_RESOURCE_NAME_MAX];
    char target_uri[HVC_URI_MAX], migrate_uri[HVC_URI_MAX];
    uint32_t uid; /* who asked */
    struct hvc_move_job job;
    bool own_uri;            /* the order itself says which way the data take */
    uint32_t given;          /* network that is tried first, 0: by their order */
    unsigned asked_parallel; /* as ordered: what is left to the link is settled for each way */
    enum hvc_compression asked_compression;
    struct way *way; /* moves_route.c, of the thread: the one that is tried */
    /* the way in use and what it may use of it: hvc/soft_facts.h tells them */
    uint32_t network;
    uint32_t way_network; /* of the thread: the network in which its post-copy was interrupted, 0: it was not */
    bool wayless;         /* likewise: no way answered when one was looked for last */
    bool ring;
    uint16_t priority;
    uint64_t limit, allotted;      /* bytes per second, 0: not limited */
    bool told_bandwidth;           /* libvirt was told `allotted` while it copies */
    bool refused_bandwidth;        /* and has refused it once */
    bool held;                     /* `allotted` is less than usual, to spare the ring */
    char token[48];                /* of a special move */
    struct hvc_storage_plan *plan; /* likewise; NULL: none */
    bool adopted;
    unsigned waiting; /* callers who want it */
    uint64_t began_ms, ended_ms;
    int64_t began_at; /* seconds since the epoch, for people */
    struct hvc_move_task task;
    atomic_bool cancel;
    const char *cancel_words; /* why; written once, before cancel is set */
    /* What is done when it ended unproven, with the lock held; NULL: nothing. */
    int (*go_on)(const struct hvc_moves_entry *entry, struct hvc_error *error);
    struct hvc_move_wish wish; /* of the first who wants an adopted move; from then on it is as a move of his own */
    struct hvc_migrate_progress progress;
    bool ended;
    struct hvc_move_result end; /* when ended */
};

struct hvc_moves {
    pthread_mutex_t lock; /* of everything; `task` and `cancel` are also the thread's */
    pthread_cond_t changed;
    struct hvc_moves_entry *first; /* newest first */
    uint64_t last_number;
    void (*listener)(void *context); /* set before the first move */
    void *listener_context;
};

/* The lock is held by the caller of all of these. */

/* By id, or (id NULL) the one under way of a guest. */
struct hvc_moves_entry *hvc_moves_find(struct hvc_moves *moves, const char *id, const char *uuid);
/* moves_jobs.c: the newest one of a job, under way or ended; admitted_ms 0: of any. */
struct hvc_moves_entry *hvc_moves_find_of_job(struct hvc_moves *moves, const struct hvc_move_job *job,
                                              const char *uuid);
/* moves.c: asks for its end and waits for that: OK when it has ended, however; TIMEOUT with words. */
enum hvc_result hvc_moves_cancel_entry(struct hvc_call *call, struct hvc_moves_entry *entry);

/* moves.c: makes, fills and starts one that the table does not have yet. -EBUSY: HVC_MOVES_MAX are under way. */
int hvc_moves_begin_entry(struct hvc_operations *operations, const struct hvc_move_order *order, uint32_t uid,
                          uint64_t deadline_ms, struct hvc_moves_entry **ret_entry, struct hvc_error *error);
/* moves_adopt.c: the same for a move that is under way, or over: it is watched and proven. */
int hvc_moves_adopt_entry(struct hvc_operations *operations, const struct hvc_move_record *record,
                          struct hvc_error *error);
/* moves.c: tells it to end, once. */
void hvc_moves_tell_entry(struct hvc_moves_entry *entry, const char *why);

/* A new one in the table, newest; NULL: no memory. Then its ends are set, and its thread is started; or it is dropped
 * while it is still the newest. */
struct hvc_moves_entry *hvc_moves_new_entry(struct hvc_operations *operations, const struct hvc_guest_id *guest);
/* Names and handles of both ends into entry and task; one of them is this node. */
int hvc_moves_set_ends(struct hvc_moves_entry *entry, const char *source, const char *target, struct hvc_error *error);
int hvc_moves_start_thread(struct hvc_moves_entry *entry);
void hvc_moves_drop_newest(struct hvc_moves *moves);
void hvc_moves_unref(struct hvc_moves_entry *entry);

/* moves_route.c: the whole move, over one way after the other until one carries it. The lock is not held. */
void hvc_moves_run_entry(struct hvc_moves_entry *entry, struct hvc_move_result *ret_end);

/* moves_rescue.c: struct hvc_move_rescue for the tasks of entries; context is the entry. The lock is not held. */
int hvc_moves_find_way(void *context, unsigned number, const char *failed, struct hvc_move_way *ret_way);
void hvc_moves_find_dead(void *context, bool *ret_source, bool *ret_target);
/* Tells the log that its post-copy was interrupted, or goes on: when it comes from one phase into another. */
void hvc_moves_note_phase(const struct hvc_moves_entry *entry, enum hvc_migrate_phase from, enum hvc_migrate_phase to);

/* What is to be known of it in another life; the boot is left empty. */
void hvc_moves_record(const struct hvc_moves_entry *entry, struct hvc_move_record *ret_record);

/* moves_adopt.c: one that has ended unproven for its caller is watched to its end under the same id, for nobody. */
int hvc_moves_watch_on(const struct hvc_moves_entry *ended, struct hvc_error *error);

/* Wakes the listener. */
void hvc_moves_told(const struct hvc_moves *moves);
/* For the tasks of entries: context is the entry. The lock is not held. */
void hvc_moves_take_progress(void *context, const struct hvc_migrate_progress *progress);

#endif

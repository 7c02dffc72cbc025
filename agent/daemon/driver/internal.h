/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The replica and what its files call of each other. Unless it says otherwise a function here belongs to the replica's
 * thread. */
#ifndef HVC_DRIVER_INTERNAL_H
#define HVC_DRIVER_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "buffer.h"
#include "documents.h"
#include "extra.h"
#include "hvc/cleanup.h"
#include "hvc/replica.h"
#include "request.h"
#include "soft.h"

/* The ring that a replica opens at each start: corosync's, a list of one node, or a test's. */
struct hvc_ring_port {
    const struct hvc_ring_operations *operations;
    int (*open)(void *context, void **ret_ring, struct hvc_error *error);
    void *context;
};

/* Numbers that tests make smaller; hvc_tuning_default() has the others. */
struct hvc_tuning {
    uint32_t exclude_ms, resend_ms, rejoin_ms, barrier_ms;
    uint32_t log_entries, log_bytes, tokens, digest_interval;
    uint32_t retry_min_ms, retry_max_ms; /* of a start that failed */
    uint32_t steady_ms;                  /* in service so long: the next failure begins with retry_min_ms again */
    uint32_t fetch_ms;                   /* a member that does not send a wanted definition in that time has none */
    uint32_t scan_ms;                    /* how often all definitions are compared with the store */
    uint32_t keepalive_ms;               /* own hello, also to hear whether corosync delivers */
    uint32_t silent_ms;                  /* corosync has delivered nothing for so long: it hangs */
    uint32_t preview_ms;                 /* corosync does not come for so long: what is stored is loaded to be read */
    uint32_t hello_ms;                   /* a member that has not told its boot id in that time is none */
    uint32_t snapshot_version;           /* that this program writes, and the newest that it reads */
    struct hvc_service_config service;
};

struct hvc_tuning hvc_tuning_default(bool alone);

int hvc_replica_open_on(const struct hvc_replica_config *config, const struct hvc_ring_port *port,
                        const struct hvc_tuning *tuning, struct hvc_replica **ret_replica, struct hvc_error *error);

/* What a member of the present view told about itself. */
struct hvc_hello {
    uint32_t node, cpus;
    uint64_t boot_id, memory_kib;
};

enum hvc_stage {
    HVC_STAGE_STORE, /* the store is to be opened */
    HVC_STAGE_RING,  /* waits for the own node id */
    HVC_STAGE_RUN,   /* the core runs */
    HVC_STAGE_LEFT,  /* waits until retry_ms */
};

struct hvc_replica {
    /* fixed */
    char *state_directory, *boot_id_file, *group, *node_name;
    struct hvc_replica_hooks hooks;
    struct hvc_ring_port port;
    struct hvc_tuning tuning;
    bool alone;
    uint64_t host_boot;
    int wake; /* eventfd */

    pthread_mutex_t end_lock; /* ended, abandoned */
    pthread_cond_t end_come;
    bool ended, abandoned; /* the thread has ended; nobody waits for that any more: it frees the replica */
    atomic_bool deaf;      /* the hooks' context may be gone */

    pthread_mutex_t mail_lock; /* mail, closed */
    struct hvc_request *mail, **mail_tail;
    bool closed;
    atomic_bool stop;
    atomic_uint waiting;
    atomic_uint_fast64_t commit; /* birth of new tokens */

    pthread_mutex_t state_lock; /* service and what is below it */
    struct hvc_service *service;
    void *service_memory;
    size_t service_size;
    struct hvc_replica_stamp stamp;
    bool loaded;  /* the service object holds what stamp says */
    bool loading; /* it is being filled, from the store or a snapshot: nobody reads half of it */
    bool ready;   /* the store has been loaded once: what is not there is no history, not an unread one */

    pthread_mutex_t store_lock; /* shared, store_users */
    pthread_cond_t store_idle;
    struct hvc_store *shared;
    unsigned store_users;

    struct hvc_soft soft;

    pthread_mutex_t status_lock;
    struct hvc_replica_status status;

    /* of the thread */
    enum hvc_stage stage;
    struct hvc_store *store;
    struct hvc_store_facts facts;
    struct hvc_error store_error;
    enum hvc_store_condition store_condition;
    uint64_t persisted, carried_out, submitted;
    size_t queued_records;
    bool disk_failed;
    void *ring;
    bool hung; /* the ring could not be closed: no other one may be opened */
    struct hvc_replication *core;
    void *core_memory;
    struct hvc_replication_status core_status;
    uint64_t boot_id, wake_ms, retry_ms, retry_delay_ms, voting_since_ms, voted_ms;
    bool init, force; /* still to be said to a core */
    uint64_t ring_ms; /* when the ring was opened */
    bool previewed;   /* what is stored was loaded while the own node id is not known */
    enum hvc_replication_leave leave;
    bool leaving;
    char leave_words[HVC_ERROR_TEXT_MAX];

    bool quorum_known, quorate;
    uint32_t votes, expected, quorum, modes, node;
    struct hvc_replica_node nodes[HVC_NODES_MAX];
    unsigned node_count;
    uint32_t members[HVC_NODES_MAX]; /* of the ring's present view */
    unsigned member_count;
    uint64_t view_ms;
    uint64_t heard_ms, say_ms; /* when the ring gave something last; when the next own hello is due */
    bool silent;               /* it gives nothing any more, not even the own hello */
    struct hvc_hello hello[HVC_NODES_MAX];
    unsigned hello_count;
    uint32_t fenced[HVC_NODES_MAX];
    uint64_t fenced_boot[HVC_NODES_MAX]; /* as the state named it when the word came last */
    unsigned fenced_count;

    struct hvc_buffer *pinned, *staged;
    struct hvc_documents documents;

    struct hvc_request_list waits, flies; /* SUBMIT: to be given to the core; given to the present view */
    struct hvc_request *readers, *askers; /* BARRIER, DOCUMENT */
    uint64_t barrier, barrier_next;       /* under way (0: none) and the last id */
    bool upkeep_flying;
    uint64_t upkeep_not_before; /* after a refusal */
    uint64_t tick_ms;           /* when time is looked at next */

    uint64_t digest;
    bool changed; /* the hook is to be called */
    enum hvc_replica_health health;
    uint64_t since_ms;
};

/* replica.c, any thread: takes the request over unless it returns -ECANCELED. */
int hvc_replica_post(struct hvc_replica *r, struct hvc_request *request);
__attribute__((format(printf, 4, 5))) void hvc_replica_note(struct hvc_replica *r, int priority,
                                                            enum hvc_replica_message message, const char *format, ...);

/* undone.c: the committed entries from this index on, as text in a file beside the store. */
int hvc_undone_write(const struct hvc_replica *r, uint64_t from, char ret_path[HVC_PATH_TEXT_MAX],
                     struct hvc_error *error);

/* drive.c: one event in, everything that follows from it carried out. Returns what the core said to the event. */
int hvc_drive(struct hvc_replica *r, const struct hvc_replication_event *event);
void hvc_drive_leave(struct hvc_replica *r, enum hvc_replication_leave reason, const char *words);
/* Starts the core and applies what the store holds as committed; nothing else of what it asks for is done. */
void hvc_drive_preview(struct hvc_replica *r);
/* Takes what the store has done, and gives PERSISTED or DISK_ERROR. */
void hvc_drive_collect(struct hvc_replica *r);
/* Takes at most a burst of the ring's events; true when there may be more. */
bool hvc_drive_ring(struct hvc_replica *r);
bool hvc_drive_full(const struct hvc_replica *r); /* the disk is behind: nothing is taken from the ring */

/* restart.c: store, ring and core, from a stage to the next; end closes all of it. */
void hvc_restart_step(struct hvc_replica *r);
void hvc_restart_end(struct hvc_replica *r);

#define HVC_STATE_VERSION 1 /* of the snapshot's layout */

/* state.c. The buffer of pin is what a snapshot consists of: the service's bytes, then definitions under way. */
int hvc_state_init(struct hvc_replica *r);
void hvc_state_reset(struct hvc_replica *r, bool loading); /* loading: until it is ready, or settled */
void hvc_state_ready(struct hvc_replica *r);
void hvc_state_settle(struct hvc_replica *r); /* nothing is loaded any more; what has been can be read */
void hvc_state_stamp(struct hvc_replica *r);
int hvc_state_apply(struct hvc_replica *r, const struct hvc_entry *entry, struct hvc_answer *ret_answer);
void hvc_state_skip(struct hvc_replica *r, const struct hvc_entry *entry);
uint64_t hvc_state_digest(struct hvc_replica *r);
int hvc_state_pin(struct hvc_replica *r);
/* Replaces the state. -EBADMSG, -EPROTONOSUPPORT, -ENOSPC, -ENOMEM. */
struct hvc_state_loader {
    struct hvc_replica *replica;
    bool within; /* the store is being loaded around it */
    uint64_t offset, service_length;
    uint8_t head[16];
    uint8_t *tail;
    size_t tail_length, tail_size;
};
void hvc_state_load_begin(struct hvc_replica *r, struct hvc_state_loader *ret_loader);
int hvc_state_load_bytes(struct hvc_state_loader *loader, const void *bytes, size_t length);
int hvc_state_load_end(struct hvc_state_loader *loader, uint64_t index, uint64_t epoch);
void hvc_state_load_drop(struct hvc_state_loader *loader);

/* propose.c */
void hvc_propose_take(struct hvc_replica *r, struct hvc_request *request);
void hvc_propose_pump(struct hvc_replica *r);
void hvc_propose_void(struct hvc_replica *r); /* what is under way is to be proposed again */
void hvc_propose_applied(struct hvc_replica *r, const struct hvc_replication_update *u,
                         const struct hvc_answer *answer);
uint64_t hvc_propose_expire(struct hvc_replica *r, uint64_t now); /* returns the next deadline */
void hvc_propose_cancel(struct hvc_replica *r);
/* Words for why nothing can be proposed now. */
void hvc_propose_why(const struct hvc_replica *r, char *words, size_t size);

/* read.c */
void hvc_read_take(struct hvc_replica *r, struct hvc_request *request);
void hvc_read_pump(struct hvc_replica *r);
void hvc_read_barrier(struct hvc_replica *r, uint64_t id, bool passed);
void hvc_read_void(struct hvc_replica *r);
uint64_t hvc_read_expire(struct hvc_replica *r, uint64_t now);
void hvc_read_cancel(struct hvc_replica *r);

/* fetch.c */
void hvc_fetch_take(struct hvc_replica *r, struct hvc_request *request);
void hvc_fetch_message(struct hvc_replica *r, const struct hvc_extra *m);
void hvc_fetch_pump(struct hvc_replica *r);
void hvc_fetch_view(struct hvc_replica *r); /* other members: ask again */
void hvc_fetch_scan(struct hvc_replica *r); /* compare all definitions soon */
uint64_t hvc_fetch_expire(struct hvc_replica *r, uint64_t now);
void hvc_fetch_cancel(struct hvc_replica *r);

/* members.c: who is here, by the ring's events and the members' hellos; housekeeping. */
void hvc_members_view(struct hvc_replica *r, const struct hvc_replication_event *event);
void hvc_members_quorum(struct hvc_replica *r, const struct hvc_replication_event *event);
void hvc_members_hello(struct hvc_replica *r, const struct hvc_extra *m);
uint64_t hvc_members_keepalive(struct hvc_replica *r, uint64_t now);
void hvc_members_fenced(struct hvc_replica *r, uint32_t node);
uint64_t hvc_members_upkeep(struct hvc_replica *r, uint64_t now);

/* status.c: for other threads, and the hook when something changed. */
void hvc_status_publish(struct hvc_replica *r);

/* alone.c: a ring of one node. */
extern const struct hvc_ring_operations hvc_alone_operations;
int hvc_alone_open(const char *name, void **ret_ring, struct hvc_error *error);

#endif

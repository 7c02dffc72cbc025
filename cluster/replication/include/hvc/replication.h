/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The replicated log: which entries exist, in which order, and which of them are committed. Rule "Bp": a view is
 * entered by offers, a durable promise, a transfer from the best log and a VIEW entry; an entry is committed when
 * participants with enough votes have it on disk in that view; it is applied in index order. What an entry means is not
 * known here.
 *
 * Shape. Pure: no I/O, clock, allocation, logging, thread, errno. One object per process start, in memory of the
 * caller. Everything that happens goes in through hvc_replication_step() as one event that carries its own time; what
 * has to be done comes out as one update. Same configuration, same events: same updates, byte for byte.
 *
 * Duties of the driver, for every update, before the next step():
 *   1. stage     keep update.stage bytes outside store and state machine (forget them when stage.reset is set);
 *   2. persist   queue update.persist: one transaction, records in seq order; later, when it is on stable storage,
 *                give HVC_REPLICATION_PERSISTED{seq} (cumulative; many records may share one fsync);
 *   3. message   multicast each one, in order. No message of an update depends on the persist record of that update:
 *                what depends on one is handed out only after its PERSISTED event, so that a driver cannot send too
 * early;
 *   4. work      carry out update.work and give its result as the NEXT event (APPLY -> APPLIED, SNAPSHOT -> SNAPSHOT,
 *                READ -> DATA);
 *   5. leave     if not NONE: leave the group, throw this object away, load the store again and join as a new process
 *                (new boot id). Until then the object ignores every event.
 * wake_ms tells when the next TIMER event is due (UINT64_MAX: none).
 *
 * Ownership. Pointers in an event are read during the call only. Pointers in an update and in an entry stay valid until
 * the next step().
 *
 * Tokens. This library owns the table of answered tokens: the test for a duplicate runs where an entry is applied and
 * is a function of the log alone, and the table travels inside the snapshot. A token is {id, birth}: birth is the
 * commit index its maker knew when it made the token; it is repeated with it. The table keeps the newest answers; a
 * token that is not in it and is older than the table is refused as EXPIRED instead of being run a second time.
 */
#ifndef HVC_REPLICATION_H
#define HVC_REPLICATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hvc/limits.h"

#define HVC_CLUSTER_ID_SIZE 16
#define HVC_TOKEN_ID_SIZE   16

/* Wire versions that this code can speak, and the layout of a VIEW record. */
#define HVC_REPLICATION_WIRE_MIN 1
#define HVC_REPLICATION_WIRE_MAX 1

/* totem's ring id */
struct hvc_ring_id {
    uint32_t node;
    uint64_t seq;
};

struct hvc_token {
    uint8_t id[HVC_TOKEN_ID_SIZE]; /* random; all zero = no token, no duplicate test */
    uint64_t birth;                /* status.commit when it was made; never raised when it is repeated */
};

enum hvc_entry_kind {
    HVC_ENTRY_OP = 1,     /* of the state machine */
    HVC_ENTRY_VIEW = 2,   /* start of an epoch */
    HVC_ENTRY_DIGEST = 3, /* what a majority's state was worth at an index */
};

struct hvc_entry {
    uint64_t index; /* from 1 */
    uint64_t epoch;
    uint8_t kind;    /* enum hvc_entry_kind */
    uint8_t version; /* of the operation's encoding; 0 for VIEW and DIGEST */
    struct hvc_token token;
    const uint8_t *bytes; /* <= HVC_OP_MAX */
    uint32_t length;
};

/* votequorum modes in which corosync can call two disjoint sides quorate; any of them: acknowledgements of all
 * participants, and an absent participant of the last view must be reported fenced before the others go on. */
enum {
    HVC_MODE_TWO_NODE = 1,
    HVC_MODE_QDEVICE = 2,
    HVC_MODE_AUTO_TIE_BREAKER = 4,
    HVC_MODE_LAST_MAN_STANDING = 8,
};

struct hvc_replication_config {
    uint32_t node;      /* own corosync node id, not 0 */
    uint64_t boot_id;   /* random per process start */
    uint64_t host_boot; /* changes when the host boots (the kernel's boot id, hashed), not 0 */
    uint8_t wire_min, wire_max;
    uint8_t entry_version_max;                 /* greatest op encoding that the state machine decodes */
    uint8_t cluster_id[HVC_CLUSTER_ID_SIZE];   /* random; becomes the id of a history that this node creates */
    uint32_t chunk_bytes;                      /* of a transfer, at most HVC_CHUNK_MAX; one entry may exceed it */
    uint32_t log_entries, log_bytes, tokens;   /* capacities, at most the limits; the same on every node */
    uint32_t digest_interval;                  /* a digest entry every so many indexes; 0 = none */
    uint32_t exclude_ms, resend_ms, rejoin_ms; /* when a silence is worth a message; how long excluded before leaving */
    uint32_t barrier_ms;                       /* a barrier older than this at its delivery has failed */
};

/* Nodes with which epochs above the last installed one have been promised: they may have installed one of those. */
struct hvc_replication_with {
    unsigned count;
    uint32_t node[HVC_NODES_MAX];
};

/* What the store held when the process started. Entries follow through hvc_replication_load(). */
struct hvc_replication_store {
    bool empty;         /* no history: neither log nor snapshot */
    bool damaged;       /* corrupt, restored (generations differ) or declared lost: its content is not used */
    bool voter;         /* persist.voter */
    uint32_t node;      /* persist.node; another one than config.node = not our store */
    uint64_t view_boot; /* persist.view_boot; another one than config.host_boot = it may have been fenced since */
    uint8_t cluster_id[HVC_CLUSTER_ID_SIZE];
    uint64_t promised, commit;
    struct hvc_replication_with with;
    uint64_t refused;     /* persist.refused */
    const void *snapshot; /* what hvc_replication_snapshot_write() gave; NULL: none */
    size_t snapshot_length;
};

struct hvc_replication_member {
    uint32_t node;
    uint32_t pid;
};

struct hvc_replication_node {
    uint32_t node;
    uint32_t votes;
};

enum hvc_replication_event_kind {
    HVC_REPLICATION_START,      /* once, after the loads */
    HVC_REPLICATION_VIEW,       /* a membership begins (and the one before it has ended) */
    HVC_REPLICATION_VIEW_END,   /* it has ended, the next one is not known yet */
    HVC_REPLICATION_QUORUM,     /* a votequorum notification, or a change of the node list */
    HVC_REPLICATION_MESSAGE,    /* a delivered message, own ones included */
    HVC_REPLICATION_PERSISTED,  /* persist records up to seq are on stable storage */
    HVC_REPLICATION_DISK_ERROR, /* a record could not be written: leave */
    HVC_REPLICATION_APPLIED,    /* result of work APPLY */
    HVC_REPLICATION_SNAPSHOT,   /* result of work SNAPSHOT: the driver holds the state as of that index */
    HVC_REPLICATION_DATA,       /* result of work READ */
    HVC_REPLICATION_TIMER,
    HVC_REPLICATION_PROPOSE,
    HVC_REPLICATION_BARRIER,
    HVC_REPLICATION_FENCED, /* Pacemaker confirms: this node has been fenced, or is down and not unclean */
    /* Operator's commands; they act with the next own OFFER, so give them between START and VIEW. */
    HVC_REPLICATION_INIT,  /* create a history although not all nodes of the node list are here; the word is void as
                              soon as a member offers one */
    HVC_REPLICATION_FORCE, /* this node's store, also one that was refilled and does not count yet, is the one that
                              survives: it alone counts in the next view, every other member refills from it; its VIEWs
                              that were never committed go; no proposals there; then it leaves, to start an ordinary
                              view */
};

struct hvc_replication_event {
    enum hvc_replication_event_kind kind;
    uint64_t now_ms; /* monotonic */
    union {
        struct { /* valid members only: CPG list intersected with the totem list, one process per node, any order */
            struct hvc_ring_id ring;
            const struct hvc_replication_member *members;
            unsigned count;
        } view;
        struct {
            struct hvc_ring_id ring;
            bool quorate;
            uint32_t votes;                           /* own */
            uint32_t expected;                        /* votes of the whole cluster */
            uint32_t quorum;                          /* votes that votequorum asks for */
            uint32_t modes;                           /* HVC_MODE_* */
            const struct hvc_replication_node *nodes; /* the node list of corosync.conf */
            unsigned count;
        } quorum;
        struct {
            uint32_t node; /* as CPG says */
            const void *bytes;
            size_t length;
        } message;
        uint64_t persisted;
        struct {
            uint64_t index;
            int32_t
                code; /* the state machine's answer, all of it: kept with the token for whoever repeats the request */
            uint64_t value;
            uint64_t digest; /* of the state after it; only read when work.digest was set */
        } applied;
        struct {
            uint64_t index; /* as in work */
            uint64_t size;  /* bytes that READ will give */
        } snapshot;
        struct {
            const void *bytes; /* from work.offset on, as many as asked for */
            size_t length;
        } data;
        struct {
            struct hvc_token token;
            uint8_t version;
            const void *bytes;
            size_t length;
        } propose;
        uint64_t barrier; /* chosen by the caller */
        uint32_t fenced;
        uint8_t cluster_id[HVC_CLUSTER_ID_SIZE]; /* FORCE: random */
    };
};

enum hvc_replication_snapshot {
    HVC_SNAPSHOT_NONE,
    HVC_SNAPSHOT_OWN,    /* the state that the last work SNAPSHOT pinned */
    HVC_SNAPSHOT_STAGED, /* the staged bytes: they replace the state machine's state, now and in the store */
};

/* One transaction, carried out in the order of the fields. Scalars are always given. */
struct hvc_replication_persist {
    uint64_t seq;  /* 0: nothing to persist */
    bool wipe;     /* forget log and snapshot */
    bool truncate; /* remove entries with an index above truncate_above */
    uint64_t truncate_above;
    enum hvc_replication_snapshot snapshot; /* replace the snapshot; metadata: hvc_replication_snapshot_write() */
    uint64_t snapshot_index;
    uint64_t trim_to;      /* remove entries up to this index, 0: none */
    uint64_t first, count; /* append; read them with hvc_replication_entry() */
    uint64_t promised, commit;
    uint32_t node;
    bool voter;
    uint64_t view_boot; /* host_boot at the last install */
    struct hvc_replication_with with;
    uint64_t refused; /* the others' history is another one from this index on (HVC_LEAVE_TRUNCATE); 0: it is not */
    uint8_t cluster_id[HVC_CLUSTER_ID_SIZE];
};

struct hvc_replication_message {
    const uint8_t *bytes;
    size_t length;
};

enum hvc_replication_work {
    HVC_WORK_NONE,
    HVC_WORK_APPLY,    /* see work_verdict */
    HVC_WORK_SNAPSHOT, /* pin the state as of work_index until the next SNAPSHOT; answer with its size */
    HVC_WORK_READ,     /* give work_length bytes of the pinned state from work_offset on */
};

enum hvc_replication_verdict {
    HVC_VERDICT_RUN,       /* run it; its answer goes back with APPLIED */
    HVC_VERDICT_DUPLICATE, /* not run: the token was answered at work_first with work_code and work_value */
    HVC_VERDICT_EXPIRED,   /* not run: the token is older than the table, its outcome is not known here */
    HVC_VERDICT_NOTHING,   /* VIEW and DIGEST entries: only the index moves */
};

enum hvc_replication_leave {
    HVC_LEAVE_NONE,
    HVC_LEAVE_DISK,        /* a write failed or the store cannot keep up */
    HVC_LEAVE_PROTOCOL,    /* a DONE, or offers, that do not fit what this node knows */
    HVC_LEAVE_TRUNCATE,    /* the transfer would undo an entry committed here: dump and look */
    HVC_LEAVE_DIVERGED,    /* the state differs from the majority's; the store is marked, it refills on the next join */
    HVC_LEAVE_UNDECODABLE, /* an entry of a newer version: upgrade this node */
    HVC_LEAVE_INCOMPATIBLE, /* no common wire version */
    HVC_LEAVE_FOREIGN,      /* the store belongs to another cluster id */
    HVC_LEAVE_FULL,         /* the log has no room for a VIEW: too many views in a row have committed nothing */
    HVC_LEAVE_REJOIN,       /* excluded, or forced view complete: a new view is wanted */
};

enum hvc_replication_alarm {
    HVC_ALARM_NONE,
    HVC_ALARM_STORE_UNUSED, /* this store does not count until it has been refilled; detail: enum hvc_replication_unused
                             */
    HVC_ALARM_ROLLBACK,     /* node: its offer is older than a view that names it; it is not counted */
    HVC_ALARM_EXCLUDED,     /* node was silent and is left out of this view */
    HVC_ALARM_FOREIGN,      /* node offers another cluster id */
    HVC_ALARM_FORK,         /* two offers name different VIEWs of one epoch: two histories; nothing is closed */
    HVC_ALARM_DIVERGED,     /* detail: index of the digest */
    HVC_ALARM_UNDECIDED,    /* digests differ and no majority agrees; detail: index */
    HVC_ALARM_SUSPECT,      /* node was in the last view and is neither here nor reported fenced */
};

enum hvc_replication_unused {
    HVC_UNUSED_NO, /* it counts */
    HVC_UNUSED_EMPTY,
    HVC_UNUSED_DAMAGED,
    HVC_UNUSED_OTHER_NODE,
    HVC_UNUSED_ROLLBACK,
    HVC_UNUSED_NOT_VOTER, /* was refilled, but the view it was refilled in has not committed yet */
};

#define HVC_REPLICATION_MESSAGES_MAX 6
#define HVC_REPLICATION_ALARMS_MAX   4

struct hvc_replication_update {
    struct {
        bool reset;
        uint64_t offset;
        const uint8_t *bytes; /* NULL: nothing to stage; points into the delivered message */
        size_t length;
    } stage;
    struct hvc_replication_persist persist;
    struct hvc_replication_message message[HVC_REPLICATION_MESSAGES_MAX];
    unsigned messages;

    enum hvc_replication_work work;
    struct hvc_entry work_entry; /* APPLY */
    enum hvc_replication_verdict work_verdict;
    bool work_digest;    /* APPLIED must carry the digest */
    uint64_t work_first; /* DUPLICATE: index of the entry that ran */
    int32_t work_code;
    uint64_t work_value;
    uint64_t work_index;  /* SNAPSHOT */
    uint64_t work_offset; /* READ */
    size_t work_length;

    bool barrier; /* a barrier of this process has come, or is too old; those of a view that ended come no more */
    uint64_t barrier_id;
    bool barrier_passed;
    bool proposals_void; /* the view ended: proposals without an answer are to be repeated with the same token */
    bool status_changed; /* phase, view or primary changed */

    struct {
        enum hvc_replication_alarm code;
        uint32_t node;
        uint64_t detail;
    } alarm[HVC_REPLICATION_ALARMS_MAX];
    unsigned alarms;
    enum hvc_replication_leave leave;
    uint64_t leave_detail; /* index, epoch or node id, after the reason */
    uint64_t wake_ms;
};

enum hvc_replication_phase {
    HVC_PHASE_OUT,      /* no view */
    HVC_PHASE_OFFER,    /* waits for offers; before the own one: for quorum in the same ring */
    HVC_PHASE_PROMISE,  /* waits for promises */
    HVC_PHASE_TRANSFER, /* waits for the source */
    HVC_PHASE_RUNNING,  /* installed: appends, and acknowledges if it is a participant */
    HVC_PHASE_PASSIVE,  /* excluded until the next view */
    HVC_PHASE_LEFT,
    HVC_PHASE_MAX_,
};

enum hvc_replication_wait {
    HVC_WAIT_NOTHING,
    HVC_WAIT_VIEW,     /* not in the group */
    HVC_WAIT_QUORUM,   /* ring not quorate, or the notification for this ring has not come */
    HVC_WAIT_DISK,     /* own writes */
    HVC_WAIT_OFFERS,   /* of wait_nodes */
    HVC_WAIT_VOTES,    /* everybody offered, but too few usable votes (empty, damaged, foreign stores do not count) */
    HVC_WAIT_FENCING,  /* of wait_nodes, which were in the last view */
    HVC_WAIT_PROMISES, /* of wait_nodes */
    HVC_WAIT_SOURCE,   /* of wait_nodes */
    HVC_WAIT_ACKS,     /* the VIEW entry is not committed; wait_nodes have not acknowledged it */
    HVC_WAIT_NEXT_VIEW,
};

/* How often each branch was taken since the start; for status, metrics and the simulator. */
struct hvc_replication_counters {
    uint64_t views, offers_closed, exclude_offer, exclude_promise, exclude_transfer, exclude_stale, exclude_weak;
    uint64_t installs, installs_source, other_source, truncations, snapshots_taken, snapshots_sent, snapshots_installed;
    uint64_t chunks_sent, chunks_dropped, resent, observer_installs, promoted, bootstraps, suspect_waits;
    uint64_t committed, applied, duplicates, expired, digests_proposed, digests_compared, compactions, rollbacks;
    uint64_t config_changes, dropped_bytes, dropped_ring, dropped_epoch, dropped_sender, dropped_phase, lower_wire;
};

struct hvc_replication_status {
    enum hvc_replication_phase phase;
    enum hvc_replication_wait wait;
    uint64_t wait_since_ms;
    uint32_t wait_nodes[HVC_NODES_MAX];
    unsigned wait_count;
    bool primary; /* running as participant or follower, VIEW committed, quorum of the same ring: effects may start */
    bool participant; /* in P of the current view */
    bool voter;       /* the store counts */
    bool both_sides;  /* acknowledgements of all participants */
    struct hvc_ring_id ring;
    uint64_t epoch, view_index; /* of the current view, 0 before its DONE */
    uint32_t source;
    uint32_t history_node;       /* of this view: the first member whose offer is not of an empty store; 0: none yet */
    uint8_t wire, entry_version; /* of the current view */
    uint32_t members[HVC_NODES_MAX], participants[HVC_NODES_MAX];
    unsigned member_count, participant_count;
    uint32_t commit_votes; /* what the current view asks for */
    uint64_t promised, last_index, last_epoch, durable_index, commit, applied, log_first;
    uint64_t tokens, proposals; /* in the table; own ones under way */
    bool congested;             /* stop dispatching deliveries until the store has caught up */
    uint8_t cluster_id[HVC_CLUSTER_ID_SIZE];
    struct hvc_replication_counters counters;
};

struct hvc_replication;

/* Bytes that init() needs for this configuration, aligned as malloc aligns; 0 when the configuration is out of bounds.
 */
size_t hvc_replication_size(const struct hvc_replication_config *config);

/* Builds the object in memory. -EINVAL: configuration out of bounds or too little memory; -EBADMSG: the snapshot's
 * metadata cannot be read (start again with damaged set). */
int hvc_replication_init(void *memory, size_t size, const struct hvc_replication_config *config,
                         const struct hvc_replication_store *store, struct hvc_replication **ret_replication);

/* One stored entry, in index order, between init() and START. -EBADMSG: a gap, a bad size, a falling epoch or a VIEW
 * that cannot be read (start again with damaged set); -ENOBUFS: more than the window holds. */
int hvc_replication_load(struct hvc_replication *r, const struct hvc_entry *entry);

/* 0, or why the request in the event was refused: -EAGAIN no running quorate view (repeat later, same token),
 * -ENOBUFS too many proposals or barriers under way, -EMSGSIZE op too long, -EPROTONOSUPPORT op version above the
 * view's, -EINVAL an event out of turn, -EEXIST INIT on a store that has a history, -ENOENT FORCE on one that has none.
 * The update is valid in every case. */
int hvc_replication_step(struct hvc_replication *r, const struct hvc_replication_event *event,
                         struct hvc_replication_update *ret_update);

/* -ENOENT: not in the window (compacted or not yet there). */
int hvc_replication_entry(const struct hvc_replication *r, uint64_t index, struct hvc_entry *ret_entry);

/* Metadata that must be stored in the same transaction as the state of a snapshot (persist.snapshot != NONE); call it
 * before the next step. -ENOBUFS: size is below hvc_replication_snapshot_size(). */
size_t hvc_replication_snapshot_size(const struct hvc_replication *r);
int hvc_replication_snapshot_write(const struct hvc_replication *r, void *bytes, size_t size, size_t *ret_length);

void hvc_replication_status(const struct hvc_replication *r, struct hvc_replication_status *ret_status);

/* Words for status and log, never NULL. */
const char *hvc_replication_phase_name(enum hvc_replication_phase phase);
const char *hvc_replication_wait_name(enum hvc_replication_wait wait);
const char *hvc_replication_leave_name(enum hvc_replication_leave leave);
const char *hvc_replication_alarm_name(enum hvc_replication_alarm alarm);

#endif

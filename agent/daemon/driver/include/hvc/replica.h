/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * This node's replica of the cluster's state: the driver that runs the two pure cores (cluster/replication,
 * engine/service) over corosync and the store, and carries out their updates in the order they ask for.
 *
 * Shape. One thread of its own owns ring, store, replication and service; nothing else touches them. A request of
 * another thread is handed to it and answered from it. The same code runs a stand-alone host: its ring is a list of one
 * member, everything else is the same.
 *
 * Health. What makes it impossible to take part (store unusable, disk full, corosync away, the cores ask to leave) is a
 * state with words, never an exit: the thread closes what it has, waits, and begins again as a fresh member. Guests are
 * not touched by any of it.
 *
 * Threads: every function may be called from any thread, unless it says otherwise.
 * Errors: negative errno, words in struct hvc_error.
 */
#ifndef HVC_REPLICA_H
#define HVC_REPLICA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hvc/error.h"
#include "hvc/replication.h"
#include "hvc/ring.h"
#include "hvc/service.h"
#include "hvc/soft_facts.h"
#include "hvc/store.h"

struct hvc_replica;

/* Ids of hvc/messages.def. */
enum hvc_replica_message {
    HVC_REPLICA_MESSAGE_HEALTH = 1501, /* in service, or not and why */
    HVC_REPLICA_MESSAGE_LEFT,          /* has left the group and begins again later */
    HVC_REPLICA_MESSAGE_ALARM,         /* of the log: excluded, diverged, store not used, ... */
    HVC_REPLICA_MESSAGE_STORE,         /* damaged, on a volatile place, ... */
    HVC_REPLICA_MESSAGE_OPERATOR,      /* init or force was refused */
    HVC_REPLICA_MESSAGE_DOCUMENT,      /* a definition is missing */
    HVC_REPLICA_MESSAGE_UPKEEP,        /* a housekeeping command was refused */
};

/* Called in the replica's thread; must not block and must not call the replica. */
struct hvc_replica_hooks {
    void (*changed)(void *context); /* the state, the view or the health changed: look again */
    /* priority: syslog's; message_id: enum hvc_replica_message; details: key=value text */
    void (*log)(void *context, int priority, unsigned message_id, const char *details);
    void *context;
};

struct hvc_replica_config {
    const char *state_directory; /* the store's */
    const char *boot_id_file;    /* NULL: the kernel's */
    const char *group;           /* CPG group; NULL: stand-alone, no corosync */
    const char *node_name;       /* stand-alone: the only node's; else unused, names come from the node list */
    bool init, force;            /* the operator's word for this start: HVC_REPLICATION_INIT, _FORCE */
    struct hvc_replica_hooks hooks;
};

/* Starts the thread and returns; whatever is wrong with store or corosync shows in the status. -ENOMEM, -EAGAIN. */
int hvc_replica_open(const struct hvc_replica_config *config, struct hvc_replica **ret_replica,
                     struct hvc_error *error);

/* Answers what waits with -ECANCELED, leaves the group, closes the store in order, ends the thread. -ETIMEDOUT:
 * corosync or the disk did not let it end within wait_ms; the process should end then. The thread is left behind
 * (hvc_thread_await), calls no hook any more, and frees everything when it comes back. NULL is allowed. */
int hvc_replica_close(struct hvc_replica *replica, uint64_t wait_ms, struct hvc_error *error);

/* ---- writing ---- */

struct hvc_replica_outcome {
    int error; /* 0: committed and applied, see answer. -EAGAIN: not accepted, nothing was done (no quorum, no store,
                  ...: words). -ETIMEDOUT, -ECANCELED: it may still come to be applied; ask again with the same token.
                  -ESTALE: the token is too old, its outcome is not known. */
    struct hvc_answer answer;
    uint64_t index, epoch; /* of the entry that ran; epoch 0: a repeated request whose entry has been compacted */
    char words[HVC_ERROR_TEXT_MAX];
};

typedef void (*hvc_replica_done_fn)(void *context, const struct hvc_replica_outcome *outcome);

/* Makes a fresh token as of now. */
void hvc_replica_token(struct hvc_replica *replica, struct hvc_token *ret_token);

/*
 * Proposes one command (its fields node and stamp_ms are filled in here). done is called once, in the replica's thread,
 * at the latest at the deadline (hvc_now_ms), unless this returned an error (-EINVAL, -ENOBUFS: too many under way,
 * -ECANCELED: closing). While no view runs it waits for one until the deadline; wait_for_quorum false: -EAGAIN at once
 * instead. A view that ends before the answer: it is proposed again with the same token.
 */
int hvc_replica_submit(struct hvc_replica *replica, const struct hvc_command *command, const struct hvc_token *token,
                       uint64_t deadline, bool wait_for_quorum, hvc_replica_done_fn done, void *context,
                       struct hvc_error *error);

/* The same for a thread that can wait. Returns outcome.error. */
int hvc_replica_propose(struct hvc_replica *replica, const struct hvc_command *command, const struct hvc_token *token,
                        uint64_t deadline, bool wait_for_quorum, struct hvc_replica_outcome *ret_outcome);

/* Pacemaker confirms it: the node was fenced, or is down and not unclean, after it was last a member. Repeat it while
 * it holds: it is forgotten when the node comes, and when this replica leaves. */
void hvc_replica_fenced(struct hvc_replica *replica, uint32_t node);

/* ---- reading ---- */

enum hvc_replica_freshness {
    HVC_REPLICA_HERE,   /* what is committed as far as this node knows; marked stale when it is not primary */
    HVC_REPLICA_BARRIER /* not older than the call: waits for a barrier, -EAGAIN without quorum */
};

struct hvc_replica_stamp {
    uint64_t applied, epoch; /* the state that was read */
    bool stale;              /* this node is not in a primary view: others may have gone on */
};

/* Calls look with the state; it must not block, and sees the state only during the call. Waits at most until the
 * deadline: -EAGAIN (BARRIER without quorum; what is stored has not been loaded yet), -EINPROGRESS (it is being loaded
 * now, which takes a second or two of a large state), -ETIMEDOUT, -ECANCELED, -ENODATA (no history yet), or what look
 * returned. */
int hvc_replica_read(struct hvc_replica *replica, enum hvc_replica_freshness freshness, uint64_t deadline,
                     int (*look)(void *context, const struct hvc_service *service,
                                 const struct hvc_replica_stamp *stamp),
                     void *context, struct hvc_error *error);

/* The definition with this hash, from the store or, when it is not here, from another member. The caller frees it.
 * -ENOENT: nobody who answers has it. */
int hvc_replica_document(struct hvc_replica *replica, const uint8_t hash[HVC_STORE_HASH_SIZE], uint64_t deadline,
                         char **ret_bytes, size_t *ret_length, struct hvc_error *error);

/* A checked copy of the store, while it runs. */
int hvc_replica_backup(struct hvc_replica *replica, const char *path, struct hvc_error *error);

/* ---- soft facts (hvc/soft_facts.h) ---- */

/* What this node tells the others from now on, until the next call: once a second. It is what `soft` answers for this
 * node at once; the others get it while the ring is joined. -EINVAL, -ENOMEM. */
int hvc_replica_publish(struct hvc_replica *replica, struct hvc_soft_facts *facts);

/* The newest that came from a node, with their age; node 0: this node's own. Never waits. -ENOENT: none came since the
 * replica was opened. */
int hvc_replica_soft(struct hvc_replica *replica, uint32_t node, struct hvc_soft_facts *ret_facts);

/* The newest word about the move of a job, of whichever node has one. -ENOENT: no node tells of one. */
int hvc_replica_soft_job(struct hvc_replica *replica, uint64_t job, struct hvc_soft_job *ret_job);

/* ---- status ---- */

enum hvc_replica_health {
    HVC_REPLICA_STARTING,  /* store being checked, corosync not joined yet */
    HVC_REPLICA_OUT,       /* joined, no view that can commit: replication.wait says why */
    HVC_REPLICA_FOLLOWING, /* in a primary view, the own store does not count yet */
    HVC_REPLICA_VOTING,    /* in a primary view, counted */
    HVC_REPLICA_LEFT,      /* left: words; begins again at retry_ms */
    HVC_REPLICA_HEALTH_MAX_
};
const char *hvc_replica_health_name(unsigned health);

struct hvc_replica_node {
    uint32_t id, votes;
    bool member, participant;
    char name[HVC_NODE_NAME_MAX];
};

struct hvc_replica_status {
    enum hvc_replica_health health;
    uint64_t since_ms;              /* hvc_now_ms */
    char words[HVC_ERROR_TEXT_MAX]; /* why, in a sentence; "" when VOTING */
    uint64_t retry_ms;              /* LEFT: when it begins again, hvc_now_ms */
    bool alone;
    uint32_t node; /* own id, 0: not known yet */
    bool quorate;
    uint32_t votes, expected, quorum, modes;      /* as votequorum says */
    struct hvc_replica_node nodes[HVC_NODES_MAX]; /* of the node list, by id */
    unsigned node_count;
    struct hvc_replication_status replication; /* zero before a start; wait_since_ms is hvc_now_ms */
    struct hvc_ring_status ring;
    enum hvc_store_condition store;
    struct hvc_error store_error;
    struct hvc_store_facts facts; /* metadata is NULL here */
    uint64_t digest;              /* of the state after replication.applied */
    unsigned waiting;             /* requests that are not answered yet */
    unsigned missing_documents;   /* definitions that the state names and the store does not hold yet */
};

/* Never waits for the disk or for corosync. */
void hvc_replica_status(struct hvc_replica *replica, struct hvc_replica_status *ret_status);

#endif

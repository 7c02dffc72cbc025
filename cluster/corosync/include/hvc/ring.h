/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Corosync as replication sees it: one group in CPG, quorum and votes, as a stream of hvc_replication_event, and
 * messages the other way. Everything that talks to corosync happens in one thread of the handle, because each of its
 * calls can block while corosync is stopped; the main loop only takes events and hands in messages, and never waits.
 *
 * The exception is hvc_ring_flush, which gives CPG messages as long as that cannot block (sending.h).
 *
 * Facts       CS_OK from a multicast means queued, no more; the receipt is one's own delivery. TRY_AGAIN is answered by
 * a timer, never by sleeping in the caller. CPG works without quorum: quorum comes on its own socket, later, tagged
 * with its ring. (corosync 3.1: lib/cpg.c, exec/cpg.c, exec/quorum.c) Connection  lost or not there yet: the thread
 * tries again for ever and joins as a fresh member; the events then are VIEW_END, later QUORUM and VIEW. What was
 * queued for sending is dropped with the view it was meant for. Threads     the functions are called from one thread,
 * the main loop's.
 */
#ifndef HVC_RING_H
#define HVC_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hvc/error.h"
#include "hvc/replication.h"

struct hvc_ring;

enum hvc_ring_health {
    HVC_RING_CONNECTING, /* not a member of the group: see words */
    HVC_RING_JOINED,     /* member of the group */
    HVC_RING_HANGS       /* a call into corosync has not returned for HVC_RING_HANG_MS */
};

#define HVC_RING_HANG_MS 5000

struct hvc_ring_status {
    enum hvc_ring_health health;
    uint64_t since_ms;  /* hvc_now_ms at which it began */
    uint64_t try_again; /* how often corosync said TRY_AGAIN */
    uint64_t reconnects;
    size_t send_bytes;     /* waiting to be sent */
    size_t receive_bytes;  /* waiting to be taken */
    struct hvc_error last; /* words of the last failure */
};

const char *hvc_ring_health_name(enum hvc_ring_health health);

/* Starts the thread; it connects in the background. group: at most 127 bytes (CPG_MAX_NAME_LENGTH). */
int hvc_ring_open(const char *group, struct hvc_ring **ret_ring, struct hvc_error *error);

/* The same for tests and traces: function is called in the ring's thread for each callback of corosync, with one line
 * of text (tests/sim/traces/README.md). */
typedef void (*hvc_ring_trace_fn)(void *context, const char *line);
int hvc_ring_open_traced(const char *group, hvc_ring_trace_fn function, void *context, struct hvc_ring **ret_ring,
                         struct hvc_error *error);

/* Leaves the group and ends the thread; waits at most wait_ms for it. A thread that corosync holds longer is left
 * behind and frees its memory when it ends (hvc_thread_await): -ETIMEDOUT then, and the process should end. NULL is
 * allowed. */
int hvc_ring_close(struct hvc_ring *ring, uint64_t wait_ms);

/* Readable while there are events to take. */
int hvc_ring_fd(const struct hvc_ring *ring);

/* The next event, or false. Its pointers stay valid until the next call; now_ms is set at the call. A driver that is
 * behind simply does not call: then the thread stops dispatching once HVC_RING_RECEIVE_MAX bytes wait, and corosync
 * queues. */
bool hvc_ring_next(struct hvc_ring *ring, struct hvc_replication_event *ret_event);

/* Queues one message for everybody in the group, in order; hvc_ring_flush sends it. -EMSGSIZE above
 * HVC_RING_MESSAGE_MAX; -ENOBUFS when HVC_RING_SEND_MAX bytes wait; -ENOTCONN when not joined. */
int hvc_ring_send(struct hvc_ring *ring, const void *bytes, size_t length);

/* Everything that was queued goes out, what waits at one time as one message of CPG: due before the caller waits for
 * something. Never waits; what corosync does not take now the handle's thread sends. */
void hvc_ring_flush(struct hvc_ring *ring);

/* Own corosync node id; 0: corosync has not been reached yet. It stays when the connection is lost. */
uint32_t hvc_ring_node(const struct hvc_ring *ring);

/* The name of a node of corosync.conf's node list, by the rules of hvc_member.name; known for every node of a
 * QUORUM event that was taken, until a node list without it. -ENOENT. */
int hvc_ring_name(struct hvc_ring *ring, uint32_t node, char ret_name[HVC_NODE_NAME_MAX]);

void hvc_ring_status(struct hvc_ring *ring, struct hvc_ring_status *ret_status);

/* What a driver needs of a ring, so that it can run on a list of one node, or on a test's, as well. Contracts: above.
 */
struct hvc_ring_operations {
    int (*close)(void *ring, uint64_t wait_ms);
    int (*fd)(const void *ring);
    bool (*next)(void *ring, struct hvc_replication_event *ret_event);
    int (*send)(void *ring, const void *bytes, size_t length);
    void (*flush)(void *ring); /* NULL: what is sent needs none */
    uint32_t (*node)(const void *ring);
    int (*name)(void *ring, uint32_t node, char ret_name[HVC_NODE_NAME_MAX]);
    void (*status)(void *ring, struct hvc_ring_status *ret_status);
};

/* Corosync's; ring is what hvc_ring_open gave. */
extern const struct hvc_ring_operations hvc_ring_operations;

#endif

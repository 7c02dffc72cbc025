/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ring under the moves of this node: asks corosync for its load each second while moves run that may strain it, and
 * now and then while none does, to know what is usual; says what they may send together (hvc/ring_guard.h), and says in
 * the log when that begins and ends. Off with ring_latency_ms = 0. For one thread, that of the allotter.
 */
#ifndef HVC_RING_WATCH_H
#define HVC_RING_WATCH_H

#include "hvc/operations.h"
#include "hvc/ring_guard.h"

struct hvc_ring_watch {
    struct hvc_operations *operations;
    struct hvc_ring_guard guard;
    struct hvc_ring_load load; /* of the last answer */
    uint64_t next_ms;          /* when it is looked at next */
    bool unknown;              /* it was said that corosync does not tell */
};

void hvc_ring_watch_begin(struct hvc_ring_watch *watch, struct hvc_operations *operations);

/* Whether the move is one of those that are slowed down. */
bool hvc_ring_watch_guards(const struct hvc_ring_watch *watch, const struct hvc_soft_move *move);

/* moves: those under way from this node. Bytes per second that the guarded ones may send together, 0: not limited.
 * Blocks half a second at most. */
uint64_t hvc_ring_watch_look(struct hvc_ring_watch *watch, const struct hvc_soft_move *moves, unsigned count,
                             uint64_t now_ms);

#endif

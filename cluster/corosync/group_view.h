/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From CPG's callbacks to views. A view is one membership of the group in one ring: it ends at every group change and
 * at every ring change, and its members are the processes that CPG lists on nodes that totem lists, one for each node.
 *
 * Facts behind it (corosync 3.1: exec/cpg.c cpg_sync_activate, notify_lib_joinlist, message_handler_req_exec_cpg_*):
 *   - a ring change gives at most one callback with left members, then one with joined ones, then the totem callback,
 *     last; reasons are NODEDOWN and NODEUP. No message is delivered in between;
 *   - a process that joins, leaves or dies in a running ring gives one callback with reason JOIN, LEAVE or PROCDOWN and
 *     no totem callback;
 *   - one's own join gives, with DELIVER_INITIAL_TOTEM_CONF, first a totem callback with no member of the group yet
 * (seen), then the group callback; a view begins when a process of the own node is a member of it;
 *   - who joins while corosync forms a ring may be told of that ring twice, the second time behind his own join (seen):
 *     nobody else is given a view for it, so nor is he;
 *   - a node that dies in one sync round with its join can stay in the list for ever: the totem list decides.
 * Pure: no I/O, no allocation.
 */
#ifndef HVC_GROUP_VIEW_H
#define HVC_GROUP_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "hvc/limits.h"
#include "hvc/replication.h"

/* More processes than nodes: a restarted one stands beside its ghost until CPG drops that. CPG_MEMBERS_MAX. */
#define HVC_GROUP_PROCESSES_MAX 128

enum hvc_group_reason { HVC_GROUP_NODE, HVC_GROUP_PROCESS }; /* did a node change, or a process in a standing ring? */

struct hvc_group_process {
    uint32_t node, pid;
    uint64_t since; /* order of joining: of two processes of a node the later one is real */
};

struct hvc_group_view {
    struct hvc_group_process processes[HVC_GROUP_PROCESSES_MAX];
    unsigned process_count;
    uint32_t totem[HVC_NODES_MAX];
    unsigned totem_count;
    struct hvc_ring_id ring;
    uint32_t own_node;
    bool ring_known;
    bool open; /* a view stands */
    uint64_t joins;
};

enum hvc_group_outcome {
    HVC_GROUP_NOTHING, /* waits for the totem callback, and no view stood; or the one that stands is told again */
    HVC_GROUP_END,     /* the view that stood has ended; the next one comes with the totem callback */
    HVC_GROUP_VIEW     /* a new view stands (and one that stood before has ended) */
};

void hvc_group_view_init(struct hvc_group_view *view, uint32_t own_node);

/* A group callback: the members after it and whether a node's coming or going caused it. -E2BIG: too many. */
int hvc_group_view_members(struct hvc_group_view *view, const struct hvc_replication_member *members, unsigned count,
                           enum hvc_group_reason reason, enum hvc_group_outcome *ret_outcome);

/* The totem callback. -E2BIG: more nodes than HVC_NODES_MAX. */
int hvc_group_view_totem(struct hvc_group_view *view, struct hvc_ring_id ring, const uint32_t *nodes, unsigned count,
                         enum hvc_group_outcome *ret_outcome);

/* The members of the view that stands, ordered by node. */
unsigned hvc_group_view_current(const struct hvc_group_view *view,
                                struct hvc_replication_member members[HVC_NODES_MAX]);

#endif

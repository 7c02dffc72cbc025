/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each running move may use of the bandwidth that nodes and networks give to moves. Pure.
 *
 * Every move gets what its priority weighs, as long as no budget and not its own limit is exhausted; what one move
 * cannot use goes to the others of the same budgets (weighted max-min fairness). Of the distinct priorities that run,
 * the first weighs 8, the next 4, then 2, all others 1. Same input, same split on every node, whatever the order.
 */
#ifndef HVC_BANDWIDTH_H
#define HVC_BANDWIDTH_H

#include <stdbool.h>
#include <stdint.h>

#include "hvc/limits.h"

#define HVC_BANDWIDTH_MOVES_MAX   1024                                   /* beyond: they get no share computed */
#define HVC_BANDWIDTH_BUDGETS_MAX (HVC_NODES_MAX + HVC_NETWORKS_MAX + 1) /* of a split */
#define HVC_BANDWIDTH_MIN                                                                                              \
    (UINT64_C(1) << 20) /* no move gets less: libvirt counts in MiB, and 0                                             \
                           would be "not limited" */

struct hvc_bandwidth_move {
    uint32_t source, target; /* node ids */
    uint32_t network;        /* id, 0: none of the configured ones */
    uint16_t priority;       /* lower is sooner */
    uint64_t limit;          /* its own, bytes per second, 0: none */
    uint64_t share;          /* result, bytes per second, 0: not limited */
    bool guarded;            /* it may strain the ring of the node that splits (hvc/ring_guard.h) */
};

/* A budget of a node (all moves from and to it together), of a network (all moves on it) or of all guarded moves. */
struct hvc_bandwidth_budget {
    uint32_t node, network; /* not more than one is not 0 */
    bool guarded;           /* then both are 0 */
    uint64_t bytes;         /* per second; 0: no limit */
};

/* Fills in the shares. Counts above the bounds: -EINVAL and nothing is filled in; both are checked first. */
int hvc_bandwidth_split(struct hvc_bandwidth_move *moves, unsigned move_count,
                        const struct hvc_bandwidth_budget *budgets, unsigned budget_count);

#endif

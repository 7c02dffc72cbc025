/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells the replica which absent nodes Pacemaker confirms as down. Looked at every second: while the replica waits for
 * fencing Pacemaker is asked each time; for other absent nodes, until it has confirmed them once, each time in the
 * first minute of a ring (a node may be fenced and back within seconds, and nothing tells of it then), every few
 * seconds later. The question runs in a worker, one at a time, and not at all while nobody is absent.
 *
 * What counts as confirmed: fenced since it was last a member; or left cleanly, with nothing of it active by
 * Pacemaker's record. A node that is a member for Corosync, or unclean, never is.
 */
#ifndef HVC_FENCE_WATCH_H
#define HVC_FENCE_WATCH_H

#include "hvc/operations.h"
#include "workers.h"

struct hvc_fence_watch;

/* fenced: called in a worker's thread; must not wait. Main thread; operations (facts, keeper, message) and workers
 * outlive it. */
int hvc_fence_watch_new(struct hvc_operations *operations, struct hvc_workers *workers,
                        void (*fenced)(struct hvc_keeper *keeper, uint32_t node), struct hvc_fence_watch **ret_watch,
                        struct hvc_error *error);

/* After hvc_workers_free has ended all threads; stop before it, so that no further question is asked. NULL is allowed.
 */
void hvc_fence_watch_stop(struct hvc_fence_watch *watch);
void hvc_fence_watch_free(struct hvc_fence_watch *watch);

/* For tests: which nodes are asked about now. Nodes that were confirmed are not, unless the replica waits for them. */
unsigned hvc_fence_watch_wanted(const struct hvc_replica_status *status, const uint32_t *confirmed,
                                unsigned confirmed_count, bool also_others, uint32_t nodes[HVC_NODES_MAX]);
/* Whether the others are asked about, too, at that look of a ring, from 0. */
bool hvc_fence_watch_asks_others(unsigned looks);
/* And whether Pacemaker confirms one. */
bool hvc_fence_watch_is_down(const struct hvc_cluster_facts *facts, uint32_t node);

#endif

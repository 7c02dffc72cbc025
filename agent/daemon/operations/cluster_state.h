/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A replica's status in words and as a record: what `status` tells under "cluster_state", what a refused write names as
 * missing. Pure.
 */
#ifndef HVC_CLUSTER_STATE_H
#define HVC_CLUSTER_STATE_H

#include "hvc/record.h"
#include "hvc/replica.h"

/* Room for a sentence with the names of all nodes in it; what does not fit ends with "...". */
#define HVC_STATE_WORDS_MAX 1024

/* Fills the record. now_ms: hvc_now_ms, durations count up to it. */
void hvc_cluster_state_describe(struct hvc_record *record, const struct hvc_replica_status *status, uint64_t now_ms);

/* Corosync has not answered just now: a stopped one tells nobody that the membership has changed. NULL is allowed. */
void hvc_cluster_state_doubt(struct hvc_record *record);

/* One sentence: what keeps this node from taking part in a decision; "" when nothing does. */
void hvc_cluster_state_missing(const struct hvc_replica_status *status, char words[HVC_STATE_WORDS_MAX]);

/* True when the state here may be older than what others have decided. */
bool hvc_cluster_state_is_stale(const struct hvc_replica_status *status);

/* A history exists here: something was ever committed, or the store holds some. */
bool hvc_cluster_state_has_history(const struct hvc_replica_status *status);

/* "n2" of the node list, else "node 2". */
void hvc_cluster_state_node_name(const struct hvc_replica_status *status, uint32_t node, char *name, size_t size);

/* Words on the wire, never NULL. */
const char *hvc_cluster_state_health(unsigned health);
const char *hvc_cluster_state_wait(unsigned wait);
const char *hvc_cluster_state_store(unsigned condition);

#endif

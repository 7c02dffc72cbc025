/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cluster's state as the operations see it: an interface to this node's replica (hvc/replica.h), so that handlers
 * are tested without one and an operator's restart of it happens under nobody's feet. The daemon's is agent/daemon/
 * replica_keeper.c; hvcluster-direct has none.
 *
 * Threads  any thread. status and submit never wait; the others wait until their deadline.
 */
#ifndef HVC_KEEPER_H
#define HVC_KEEPER_H

#include "hvc/replica.h"

struct hvc_keeper;

typedef int (*hvc_keeper_look_fn)(void *context, const struct hvc_service *service,
                                  const struct hvc_replica_stamp *stamp);

struct hvc_keeper_ops {
    void (*status)(struct hvc_keeper *, struct hvc_replica_status *ret_status);
    /* -EAGAIN: it is just being started again. */
    int (*token)(struct hvc_keeper *, struct hvc_token *ret_token);
    /* As hvc_replica_propose; always fills *ret_outcome. */
    int (*propose)(struct hvc_keeper *, const struct hvc_command *, const struct hvc_token *, uint64_t deadline_ms,
                   bool wait_for_quorum, struct hvc_replica_outcome *ret_outcome);
    /* As hvc_replica_read and hvc_replica_backup. */
    int (*read)(struct hvc_keeper *, enum hvc_replica_freshness, uint64_t deadline_ms, hvc_keeper_look_fn look,
                void *context, struct hvc_error *);
    int (*backup)(struct hvc_keeper *, const char *path, struct hvc_error *);
    /* Ends the replica and starts it again with the operator's word for that start. -EBUSY: it could not be had within
     * the deadline, nothing was done. -ETIMEDOUT: the former one hangs, hvclusterd has to be restarted. */
    int (*begin_again)(struct hvc_keeper *, bool init, bool force, uint64_t deadline_ms, struct hvc_error *);
    /* As hvc_replica_soft and hvc_replica_soft_job: never wait. -EAGAIN: it is just being started again. */
    int (*soft)(struct hvc_keeper *, uint32_t node, struct hvc_soft_facts *ret_facts);
    int (*soft_job)(struct hvc_keeper *, uint64_t job, struct hvc_soft_job *ret_job);
    /* Waits until something (state, view, health) has changed since the moment that `since` stands for, or the
     * deadline. Returns the present moment, which is `since` when nothing has changed; 0 is before every other. */
    uint64_t (*await)(struct hvc_keeper *, uint64_t since, uint64_t deadline_ms);
    /* As hvc_replica_document; and the hash that names a document (hvc_store_hash). */
    int (*document)(struct hvc_keeper *, const uint8_t hash[HVC_STORE_HASH_SIZE], uint64_t deadline_ms,
                    char **ret_bytes, size_t *ret_length, struct hvc_error *);
    void (*hash)(const void *bytes, size_t length, uint8_t ret_hash[HVC_STORE_HASH_SIZE]);
    /* As hvc_replica_submit; -EAGAIN also while it is being started again. */
    int (*submit)(struct hvc_keeper *, const struct hvc_command *, const struct hvc_token *, uint64_t deadline_ms,
                  bool wait_for_quorum, hvc_replica_done_fn done, void *context, struct hvc_error *);
};

/* Every provider starts with this. */
struct hvc_keeper {
    const struct hvc_keeper_ops *ops;
};

#endif

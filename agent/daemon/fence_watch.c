/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fence_watch.h"

#include <errno.h>
#include <glib.h>
#include <stdlib.h>

enum {
    LOOK_MS = 1000,
    ASK_MS = 5000,
    OTHERS_SOON = 60, /* looks after a change of the ring */
    OTHERS_EVERY = 5
};

struct hvc_fence_watch {
    struct hvc_operations *operations;
    struct hvc_workers *workers;
    void (*fenced)(struct hvc_keeper *keeper, uint32_t node);
    guint timer;
    struct hvc_ring_id ring; /* as of the last look */
    unsigned looks;          /* since it is this one */
    bool asking;             /* a worker has what is below */
    uint32_t asked[HVC_NODES_MAX], confirmed[HVC_NODES_MAX];
    unsigned asked_count, confirmed_count; /* confirmed: of others than those the replica waits for */
    bool silent;                           /* Pacemaker's silence was told */
    struct hvc_replica_status status;      /* as of the look; a worker only reads it, while asking is set */
};

/* ---- what is asked, and what is an answer ---- */

static bool is_among(const uint32_t *nodes, unsigned count, uint32_t node)
{
    for (unsigned i = 0; i < count; i++) {
        if (nodes[i] == node)
            return true;
    }
    return false;
}

unsigned hvc_fence_watch_wanted(const struct hvc_replica_status *status, const uint32_t *confirmed,
                                unsigned confirmed_count, bool also_others, uint32_t nodes[HVC_NODES_MAX])
{
    const struct hvc_replication_status *r = &status->replication;
    unsigned count = 0;

    if (status->alone)
        return 0;
    for (unsigned i = 0; r->wait == HVC_WAIT_FENCING && i < r->wait_count && count < HVC_NODES_MAX; i++)
        nodes[count++] = r->wait_nodes[i];
    for (unsigned i = 0; r->primary && also_others && i < status->node_count && count < HVC_NODES_MAX; i++) {
        const struct hvc_replica_node *node = &status->nodes[i];

        if (!node->member && !is_among(confirmed, confirmed_count, node->id) && !is_among(nodes, count, node->id))
            nodes[count++] = node->id;
    }
    return count;
}

bool hvc_fence_watch_asks_others(unsigned looks)
{
    return looks < OTHERS_SOON || looks % OTHERS_EVERY == 0;
}

bool hvc_fence_watch_is_down(const struct hvc_cluster_facts *facts, uint32_t node)
{
    for (size_t i = 0; facts->corosync_answers && facts->pacemaker_answers && i < facts->count; i++) {
        const struct hvc_fact_node *fact = &facts->nodes[i];

        if (fact->id == node)
            return !fact->member && !fact->unclean && !fact->pacemaker_online && (fact->fenced || fact->clean_down);
    }
    return false;
}

/* ---- asking ---- */

static void note_silence(struct hvc_fence_watch *watch, const struct hvc_cluster_facts *facts)
{
    bool silent = facts->pacemaker_error.text[0] != '\0';
    char words[HVC_ERROR_TEXT_MAX];

    if (silent && !watch->silent)
        hvc_operations_note(watch->operations, HVC_MESSAGE_NODE_DOWN_UNKNOWN, "words=%s",
                            hvc_message_quote(facts->pacemaker_error.text, words, sizeof(words)));
    watch->silent = silent;
}

static void confirm(struct hvc_fence_watch *watch, uint32_t node)
{
    watch->fenced(watch->operations->keeper, node);
    if (is_among(watch->confirmed, watch->confirmed_count, node) || watch->confirmed_count == HVC_NODES_MAX)
        return;
    watch->confirmed[watch->confirmed_count++] = node;
    hvc_operations_note(watch->operations, HVC_MESSAGE_NODE_DOWN_CONFIRMED, "node=%u", node);
}

/* A node that came and went while Pacemaker was being asked was perhaps fenced before it came. */
static bool is_same_ring(struct hvc_fence_watch *watch)
{
    struct hvc_replica_status *now = calloc(1, sizeof(*now));
    const struct hvc_ring_id *asked = &watch->status.replication.ring;
    bool same = false;

    if (now != NULL) {
        watch->operations->keeper->ops->status(watch->operations->keeper, now);
        same = now->replication.ring.node == asked->node && now->replication.ring.seq == asked->seq;
    }
    free(now);
    return same;
}

/* In a worker. */
static void ask(void *context)
{
    struct hvc_fence_watch *watch = context;
    struct hvc_cluster_facts *facts = calloc(1, sizeof(*facts));

    if (facts != NULL && hvc_facts_read(watch->operations->facts, HVC_FACTS_COROSYNC | HVC_FACTS_FENCER,
                                        hvc_deadline_in(ASK_MS), facts) == 0) {
        note_silence(watch, facts);
        for (unsigned i = 0; i < watch->asked_count && is_same_ring(watch); i++) {
            if (hvc_fence_watch_is_down(facts, watch->asked[i]))
                confirm(watch, watch->asked[i]);
        }
    }
    free(facts);
}

static void asked(void *context)
{
    struct hvc_fence_watch *watch = context;

    watch->asking = false;
}

/* A node that is back, or a replica that has begun again, must be confirmed anew. */
static void forget_confirmed(struct hvc_fence_watch *watch)
{
    unsigned kept = 0;

    for (unsigned i = 0; watch->status.replication.primary && i < watch->confirmed_count; i++) {
        if (!is_among(watch->status.replication.members, watch->status.replication.member_count, watch->confirmed[i]))
            watch->confirmed[kept++] = watch->confirmed[i];
    }
    if (watch->status.replication.wait != HVC_WAIT_FENCING)
        watch->confirmed_count = kept;
}

static unsigned count_look(struct hvc_fence_watch *watch)
{
    const struct hvc_ring_id *ring = &watch->status.replication.ring;

    if (ring->node != watch->ring.node || ring->seq != watch->ring.seq)
        watch->looks = 0;
    watch->ring = *ring;
    return watch->looks++;
}

static gboolean look(gpointer context)
{
    struct hvc_fence_watch *watch = context;
    bool others;

    if (watch->asking)
        return G_SOURCE_CONTINUE;
    watch->operations->keeper->ops->status(watch->operations->keeper, &watch->status);
    forget_confirmed(watch);
    others = hvc_fence_watch_asks_others(count_look(watch));
    watch->asked_count =
        hvc_fence_watch_wanted(&watch->status, watch->confirmed, watch->confirmed_count, others, watch->asked);
    if (watch->asked_count == 0)
        return G_SOURCE_CONTINUE;
    watch->asking = true;
    if (hvc_workers_submit(watch->workers, HVC_LANE_WORK, hvc_deadline_in(2 * ASK_MS), ask, asked, watch) < 0)
        watch->asking = false; /* the queue is full: the next look tries again */
    return G_SOURCE_CONTINUE;
}

/* ---- interface ---- */

int hvc_fence_watch_new(struct hvc_operations *operations, struct hvc_workers *workers,
                        void (*fenced)(struct hvc_keeper *keeper, uint32_t node), struct hvc_fence_watch **ret_watch,
                        struct hvc_error *error)
{
    struct hvc_fence_watch *watch = calloc(1, sizeof(*watch));

    if (watch == NULL)
        return hvc_error_set(error, -ENOMEM, "out of memory");
    watch->operations = operations;
    watch->workers = workers;
    watch->fenced = fenced;
    watch->timer = g_timeout_add(LOOK_MS, look, watch);
    *ret_watch = watch;
    return 0;
}

void hvc_fence_watch_stop(struct hvc_fence_watch *watch)
{
    if (watch != NULL && watch->timer != 0)
        g_source_remove(watch->timer);
    if (watch != NULL)
        watch->timer = 0;
}

void hvc_fence_watch_free(struct hvc_fence_watch *watch)
{
    hvc_fence_watch_stop(watch);
    free(watch);
}

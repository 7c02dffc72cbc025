/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "allot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/bandwidth.h"
#include "ring_watch.h"
#include "ticker.h"

enum { PERIOD_MS = 1000, READ_MS = 2000, SET_MS = 5000 };

struct hvc_allotter {
    struct hvc_operations *operations;
    struct hvc_ticker *ticker;

    /* of the thread */
    struct hvc_replica_status status;
    struct hvc_soft_facts facts;
    unsigned own_count; /* the first of the moves below are those of this node */
    struct hvc_soft_move own[HVC_MOVES_MAX];
    unsigned move_count;
    struct hvc_bandwidth_move moves[HVC_BANDWIDTH_MOVES_MAX];
    uint8_t guests[HVC_BANDWIDTH_MOVES_MAX][16]; /* of the moves */
    unsigned budget_count;
    struct hvc_bandwidth_budget budgets[HVC_BANDWIDTH_BUDGETS_MAX];
    struct hvc_ring_watch ring;
    uint64_t ring_bytes;                     /* that guarded moves from here may send together, 0: not limited */
    uint64_t usual[HVC_BANDWIDTH_MOVES_MAX]; /* shares without that */
};

/* ---- which moves there are ---- */

/* A move that two nodes tell of counts once. */
static void add_move(struct hvc_allotter *a, const struct hvc_soft_move *move, bool own)
{
    for (unsigned i = 0; i < a->move_count; i++) {
        if (memcmp(a->guests[i], move->guest, sizeof(move->guest)) == 0)
            return;
    }
    if (move->ended || a->move_count == HVC_BANDWIDTH_MOVES_MAX)
        return;
    memcpy(a->guests[a->move_count], move->guest, sizeof(move->guest));
    a->moves[a->move_count++] = (struct hvc_bandwidth_move){.source = move->source,
                                                            .target = move->target,
                                                            .network = move->network,
                                                            .priority = move->priority,
                                                            .limit = move->limit,
                                                            .guarded = own && hvc_ring_watch_guards(&a->ring, move)};
}

/* Own moves that run; true when there is one. */
static bool take_own_moves(struct hvc_allotter *a)
{
    struct hvc_operations *operations = a->operations;
    unsigned count;

    a->own_count = 0;
    if (hvc_moves_active(operations->moves) == 0)
        return false;
    operations->keeper->ops->status(operations->keeper, &a->status);
    count = hvc_moves_tell(operations->moves, &a->status, a->own);
    for (unsigned i = 0; i < count; i++) {
        if (!a->own[i].ended)
            a->own[a->own_count++] = a->own[i];
    }
    return a->own_count > 0;
}

static void take_moves(struct hvc_allotter *a)
{
    struct hvc_keeper *keeper = a->operations->keeper;

    a->move_count = 0;
    for (unsigned i = 0; i < a->own_count; i++)
        add_move(a, &a->own[i], true);
    for (unsigned n = 0; n < a->status.node_count; n++) {
        if (a->status.nodes[n].id == a->status.node ||
            keeper->ops->soft(keeper, a->status.nodes[n].id, &a->facts) < 0 || a->facts.age_ms > HVC_SOFT_OLD_MS)
            continue;
        for (unsigned i = 0; i < a->facts.move_count; i++)
            add_move(a, &a->facts.moves[i], false);
    }
}

/* ---- what was decided about them ---- */

static void take_budgets(struct hvc_allotter *a, const struct hvc_service *service)
{
    const struct hvc_service_node *node;
    const struct hvc_network *network;

    a->budget_count = 0;
    for (uint32_t i = 0; (node = hvc_service_node_at(service, i)) != NULL && i < HVC_NODES_MAX; i++)
        a->budgets[a->budget_count++] = (struct hvc_bandwidth_budget){
            .node = node->id, .bytes = hvc_service_setting(service, node->id, HVC_SETTING_BANDWIDTH)};
    for (uint32_t i = 0; (network = hvc_service_network_at(service, i)) != NULL && i < HVC_NETWORKS_MAX; i++)
        a->budgets[a->budget_count++] =
            (struct hvc_bandwidth_budget){.network = network->id, .bytes = network->bandwidth};
}

/* What a move's job says now; a move without one keeps its limit and has the priority of the setting. */
static int look(void *context, const struct hvc_service *service, const struct hvc_replica_stamp *stamp)
{
    struct hvc_allotter *a = context;
    uint16_t usual = (uint16_t)hvc_service_setting(service, 0, HVC_SETTING_PRIORITY);

    (void)stamp;
    take_budgets(a, service);
    for (unsigned i = 0; i < a->own_count; i++) {
        const struct hvc_job *job = a->own[i].job == 0 ? NULL : hvc_service_job(service, a->own[i].job);

        a->own[i].priority = job != NULL && job->options.priority != 0 ? job->options.priority : usual;
        if (job != NULL)
            a->own[i].limit =
                job->options.bandwidth != 0 ? job->options.bandwidth : a->operations->migration.bandwidth_mib << 20;
    }
    return 0;
}

/* Shares as they are without the ring's limit, too: so it is known which moves it holds back. */
static int split(struct hvc_allotter *a)
{
    int rc = hvc_bandwidth_split(a->moves, a->move_count, a->budgets, a->budget_count);

    if (rc < 0)
        return rc;
    for (unsigned i = 0; i < a->move_count; i++)
        a->usual[i] = a->moves[i].share;
    if (a->ring_bytes == 0)
        return 0;
    a->budgets[a->budget_count++] = (struct hvc_bandwidth_budget){.guarded = true, .bytes = a->ring_bytes};
    return hvc_bandwidth_split(a->moves, a->move_count, a->budgets, a->budget_count);
}

/* ---- telling libvirt ---- */

static void allot(struct hvc_allotter *a, unsigned own)
{
    struct hvc_error error = {0};
    char words[HVC_ERROR_TEXT_MAX];
    uint64_t share = 0, usual = 0;

    for (unsigned i = 0; i < a->move_count; i++) {
        if (memcmp(a->guests[i], a->own[own].guest, sizeof(a->guests[i])) != 0)
            continue;
        share = a->moves[i].share;
        usual = a->usual[i];
    }
    if (hvc_moves_allot(a->operations->moves, a->own[own].guest, share, share != 0 && (usual == 0 || share < usual),
                        hvc_deadline_in(SET_MS), &error) == 0)
        return;
    hvc_operations_note(a->operations, HVC_MESSAGE_MOVE_BANDWIDTH, "job=%llu bytes=%llu words=%s",
                        (unsigned long long)a->own[own].job, (unsigned long long)share,
                        hvc_message_quote(error.text, words, sizeof(words)));
}

static void run(void *context)
{
    struct hvc_allotter *a = context;
    struct hvc_keeper *keeper = a->operations->keeper;
    struct hvc_error ignored = {0};
    bool moving = take_own_moves(a);

    a->ring_bytes = hvc_ring_watch_look(&a->ring, a->own, a->own_count, hvc_now_ms());
    if (!moving || keeper->ops->read(keeper, HVC_REPLICA_HERE, hvc_deadline_in(READ_MS), look, a, &ignored) < 0)
        return; /* without a state the limits stay as they are */
    for (unsigned i = 0; i < a->own_count; i++)
        hvc_moves_weigh(a->operations->moves, a->own[i].guest, a->own[i].priority, a->own[i].limit);
    take_moves(a);
    if (split(a) < 0)
        return; /* more than 1024 moves: take_moves takes no more */
    for (unsigned i = 0; i < a->own_count; i++)
        allot(a, i);
}

int hvc_allotter_new(struct hvc_operations *operations, struct hvc_allotter **ret_allotter, struct hvc_error *error)
{
    struct hvc_allotter *a = calloc(1, sizeof(*a));
    int rc;

    if (a == NULL)
        return hvc_error_set(error, -ENOMEM, "out of memory");
    a->operations = operations;
    hvc_ring_watch_begin(&a->ring, operations);
    rc = hvc_ticker_new("the bandwidth of moves", PERIOD_MS, run, a, &a->ticker, error);
    if (rc < 0)
        free(a);
    else
        *ret_allotter = a;
    return rc;
}

bool hvc_allotter_end(struct hvc_allotter *a, uint64_t deadline_ms)
{
    if (a == NULL)
        return true;
    if (!hvc_ticker_end(a->ticker, deadline_ms))
        return false;
    free(a);
    return true;
}

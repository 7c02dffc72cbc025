/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What operators do to the cluster itself: its node list, votes and names, its programs, and the two words that make a
 * history: init and force, said at the right moment and at the wrong one. */
#include <string.h>

#include "sim.h"

#define LOSE_TRIES 200

static void tell_quorum(struct sim_world *w)
{
    for (int i = 0; i < w->nodes; i++)
        if (w->node[i].powered && w->node[i].ring >= 0)
            totem_quorum(w, &w->node[i], sim_below(w, 9000));
}

static void add_node(struct sim_world *w)
{
    struct sim_node *n = &w->node[w->nodes++];

    w->stats.cover[w->added ? COVER_NODE_REUSED : COVER_NODE_ADDED]++;
    w->added = true;
    n->parked = false;
    n->disk = sim_chance(w, 500) ? n->disk : (struct sim_disk){.lost = true};
    fault_power_on(w, n);
}

static void remove_node(struct sim_world *w)
{
    struct sim_node *n = &w->node[3];

    w->stats.cover[COVER_NODE_REMOVED]++;
    node_kill(w, n, true);
    n->parked = true;
    w->nodes--;
    for (int i = 0; i < w->nodes; i++) /* the operator has switched it off, and says so: of the node as it was then */
        sim_at(w, 30000, EV_CONFIRM, i, (uint64_t)n->id, w->now);
    totem_change_soon(w, sim_below(w, 10000));
}

/* The node list changes: a node is added, the last one is taken away, or one gets other votes or another name. */
void config_change(struct sim_world *w, struct sim_node *n)
{
    int live = 0;

    if (sim_chance(w, 120)) {
        w->renamed[n->id]++;
        w->stats.cover[COVER_NODE_RENAMED]++;
        return;
    }
    for (int i = 0; i < w->nodes; i++)
        live += fault_store_counts(&w->node[i].disk);
    if (w->modes != 0 || live < w->nodes || w->partitioned)
        return; /* an operator does it on a healthy cluster */
    w->stats.votes_changed++;
    w->changed = true; /* from now on more than a majority may be wanted */
    if (w->nodes == 3 && sim_chance(w, 500)) {
        add_node(w);
    } else if (w->nodes == 4 && w->added) {
        remove_node(w);
    } else {
        for (int i = 0; i < w->nodes; i++)
            w->votes[i] = 1 + (uint32_t)sim_below(w, 3);
        if (sim_chance(w, 700)) {
            fault_cut(w, (unsigned)sim_below(w, 1u << w->nodes));
            totem_change_soon(w, sim_below(w, 40000));
        }
    }
    sim_trace(w, "node list: %d nodes, votes %u %u %u %u", w->nodes, w->votes[0], w->votes[1], w->votes[2],
              w->votes[3]);
    tell_quorum(w);
}

static void restart(struct sim_world *w, struct sim_node *n)
{
    node_kill(w, n, false);
    sim_at(w, 1000 + sim_below(w, 10000), EV_START, n->id, 0, 0);
}

/* A newer program, and, once nobody runs the first one, one that has forgotten it. */
void config_upgrade(struct sim_world *w, struct sim_node *n)
{
    bool all = true;

    if (!w->mixed || !n->powered)
        return;
    for (int i = 0; i < w->nodes; i++)
        all = all && w->node[i].version >= 2;
    if (n->version == 1) {
        n->version = 2;
        w->stats.cover[COVER_UPGRADED]++;
    } else if (n->version == 2 && (all || sim_chance(w, 100))) {
        n->version = 3;
    } else {
        return;
    }
    sim_trace(w, "n%d runs version %u", n->id + 1, n->version);
    restart(w, n);
}

/* An operator's word at the wrong moment. */
void config_operator(struct sim_world *w, struct sim_node *n)
{
    bool whole = fault_store_counts(&n->disk);

    if (w->modes != 0 || w->changed || w->operator_needed || !n->powered || w->forgiven != 0 || w->force_under_way)
        return;
    for (int i = 0; i < w->nodes; i++) /* nobody is away who could come back with another truth */
        if (&w->node[i] != n && !fault_store_counts(&w->node[i].disk))
            return;
    if (sim_chance(w, 600)) {
        n->init = true;
    } else {
        n->force = true;
        w->stats.cover[COVER_FORCE_WRONG] += whole;
    }
    restart(w, n);
}

static bool of_history(const struct sim_world *w, const struct sim_disk *d)
{
    return fault_store_counts(d) && (w->forgiven == 0 || memcmp(d->cluster_id, w->history, sizeof(w->history)) == 0);
}

/* How good a store is for a force, as the operator guide has it: one of the history that counts; one that was refilled
 * from such a one and does not count yet; one of a history that was given up. 0: it is refused. */
static int grade(const struct sim_world *w, const struct sim_disk *d)
{
    if (d->lost || d->corrupt || d->restored || d->set_back || (d->count == 0 && !d->snapshot))
        return 0;
    if (w->forgiven != 0 && memcmp(d->cluster_id, w->history, sizeof(w->history)) != 0)
        return 1;
    return d->voter ? 3 : 2;
}

static void last_of(const struct sim_disk *d, uint64_t *ret_epoch, uint64_t *ret_index)
{
    *ret_epoch = d->count > 0 ? d->entry[d->count - 1].epoch : 0;
    *ret_index = d->count > 0 ? d->entry[d->count - 1].index : d->state.applied;
}

/* The store that survives: the best that counts, on a node that can be started. */
void config_force_best(struct sim_world *w)
{
    struct sim_node *best = NULL;
    uint64_t best_epoch = 0, best_index = 0;
    int best_grade = 1;

    for (int i = 0; i < w->nodes; i++) {
        struct sim_node *n = &w->node[i];
        int good = grade(w, &n->disk);
        uint64_t epoch, index;

        last_of(&n->disk, &epoch, &index);
        if (!n->powered || good < best_grade || (w->core != 0 && !((w->core >> i) & 1)) ||
            (best != NULL && good == best_grade &&
             (epoch < best_epoch || (epoch == best_epoch && index <= best_index))))
            continue;
        best = n;
        best_grade = good;
        best_epoch = epoch;
        best_index = index;
    }
    if (best == NULL)
        return;
    w->stats.cover[best_grade == 2 ? COVER_FORCE_REFILLED : COVER_FORCE_RIGHT]++;
    w->operator_needed = false;
    for (int i = 0; i < w->nodes; i++) { /* stores of other histories are taken away */
        struct sim_node *n = &w->node[i];

        if (n == best || n->disk.lost || memcmp(n->disk.cluster_id, best->disk.cluster_id, HVC_CLUSTER_ID_SIZE) == 0)
            continue;
        node_kill(w, n, false);
        n->disk = (struct sim_disk){.lost = true};
        sim_at(w, 1000, EV_START, i, 0, 0);
    }
    best->force = true;
    restart(w, best);
    if (w->core == 0 && sim_chance(w, 800))
        sim_at(w, sim_below(w, 20000), EV_HAND, -1, HAND_LOSE, LOSE_TRIES);
}

/* The store that survived is lost as well, when others hold what it had and do not count yet. */
void config_lose_survivor(struct sim_world *w, int tries)
{
    struct sim_node *only = NULL;
    unsigned counting = 0, refilled = 0;

    for (int i = 0; i < w->nodes; i++) {
        int good = grade(w, &w->node[i].disk);

        only = good == 3 ? &w->node[i] : only;
        counting += good == 3;
        refilled += good == 2;
    }
    if (!w->faults || w->operator_needed || tries == 0)
        return;
    if (w->forgiven == 0 || w->force_under_way || counting != 1 || refilled == 0) {
        sim_at(w, 500, EV_HAND, -1, HAND_LOSE, (uint64_t)tries - 1);
        return;
    }
    sim_trace(w, "the store of n%d, which survived, is lost", only->id + 1);
    node_kill(w, only, false);
    only->disk = (struct sim_disk){.lost = true};
    w->stats.lost_store++;
    sim_at(w, 3000 + sim_below(w, 30000), EV_START, only->id, 0, 0);
    w->operator_needed = true;
    sim_at(w, 60000 + sim_below(w, 100000), EV_HAND, -1, HAND_FORCE, 0);
}

/* Too few stores are left that count: the cluster waits for an operator. */
bool config_lacks_stores(const struct sim_world *w)
{
    uint32_t votes = 0, expected = 0;

    for (int i = 0; i < w->nodes; i++) {
        expected += w->votes[i];
        if (of_history(w, &w->node[i].disk) && (w->core == 0 || ((w->core >> i) & 1)))
            votes += w->votes[i];
    }
    return w->modes == 0 && 2 * votes <= expected;
}

/* Most stores are gone for good. The operator names the one that survives. */
void config_lose_majority(struct sim_world *w, struct sim_node *n)
{
    if (w->modes != 0 || w->changed || w->operator_needed || w->forgiven != 0 || w->force_under_way ||
        !fault_store_counts(&n->disk))
        return;
    sim_trace(w, "all stores but that of n%d are lost", n->id + 1);
    for (int i = 0; i < w->nodes; i++) {
        struct sim_node *other = &w->node[i];

        other->init = other->force = false; /* nobody says init while a store is left */
        if (other == n)
            continue;
        node_kill(w, other, false);
        other->disk = (struct sim_disk){.lost = true};
        w->stats.lost_store++;
        sim_at(w, 3000 + sim_below(w, 30000), EV_START, i, 0, 0);
    }
    w->operator_needed = true;
    sim_at(w, 60000 + sim_below(w, 100000), EV_HAND, -1, HAND_FORCE, 0);
}

/* A guest is being moved, and the only store that is left knows nothing of the job. */
void config_lose_job(struct sim_world *w, int guest)
{
    uint64_t job = w->guest[guest].move.job;

    for (int i = 0; i < w->nodes && w->faults && !w->operator_needed; i++) {
        uint64_t epoch, index;

        last_of(&w->node[i].disk, &epoch, &index);
        if (!fault_store_counts(&w->node[i].disk) || index >= (job & UINT32_MAX) || epoch > job >> 32)
            continue;
        config_lose_majority(w, &w->node[i]);
        w->stats.cover[COVER_FORCE_JOB] += w->operator_needed;
    }
}

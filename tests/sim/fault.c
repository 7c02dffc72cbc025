/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What goes wrong, how often, and how it is healed. */
#include <string.h>

#include "sim.h"
#include "wire.h"

static struct sim_node *any_node(struct sim_world *w)
{
    return &w->node[sim_below(w, (uint64_t)w->nodes)];
}

static void power_off(struct sim_world *w, struct sim_node *n, uint64_t back)
{
    if (!n->powered)
        return;
    node_kill(w, n, true);
    w->stats.power_losses++;
    totem_change_soon(w, 2000 + sim_below(w, 15000));
    sim_at(w, back, EV_FENCE, n->id, (uint64_t)n->id, 0); /* fencing of itself by itself: power on */
}

static void power_on(struct sim_world *w, struct sim_node *n)
{
    if (n->powered || n->parked)
        return;
    n->powered = true;
    w->stats.reboots++;
    totem_change_soon(w, 1000 + sim_below(w, 5000));
    sim_at(w, 2000 + sim_below(w, 15000), EV_START, n->id, 0, 0);
}

static bool is_quorate(const struct sim_world *w, const struct sim_node *n)
{
    uint32_t expected = 0, votes = 0;
    unsigned members = n->ring >= 0 ? w->ring[n->ring].members : 0;

    for (int i = 0; i < w->nodes; i++) {
        expected += w->votes[i];
        votes += (members >> i) & 1 ? w->votes[i] : 0;
    }
    if (w->modes & HVC_MODE_TWO_NODE)
        return n->seen_all && votes > 0;
    return 2 * votes > expected || ((w->modes & HVC_MODE_AUTO_TIE_BREAKER) && 2 * votes == expected && (members & 1));
}

static void fence_later(struct sim_world *w, int killer, int victim, uint64_t delay)
{
    if (w->fencing[killer] & (1u << victim))
        return;
    w->fencing[killer] |= 1u << victim;
    sim_at(w, delay, EV_FENCE, killer, (uint64_t)victim, 0);
}

/* Pacemaker of a quorate side fences who is missing; both sides may try, the first one wins. */
void fault_fence_soon(struct sim_world *w)
{
    for (int k = 0; k < w->nodes && w->modes != 0; k++)
        for (int v = 0; v < w->nodes; v++)
            if (k != v && w->node[k].powered && w->node[k].ring >= 0 && !((w->ring[w->node[k].ring].members >> v) & 1))
                fence_later(w, k, v, 15000 + sim_below(w, 60000));
}

void fault_fence(struct sim_world *w, int killer, int victim)
{
    struct sim_node *k = &w->node[killer], *v = &w->node[victim];

    if (killer == victim) {
        power_on(w, k);
        return;
    }
    w->fencing[killer] &= ~(1u << victim);
    if (!k->powered || k->ring < 0 || ((w->ring[k->ring].members >> victim) & 1) || !is_quorate(w, k) ||
        (v->powered && totem_linked(w, killer, victim)))
        return;
    if (v->powered) {
        w->stats.fencings++;
        sim_trace(w, "n%d fences n%d", killer + 1, victim + 1);
        power_off(w, v, 40000 + sim_below(w, 150000));
    }
    for (int i = 0; i < w->nodes; i++) {
        struct sim_node *n = &w->node[i];
        struct hvc_replication_event event = {.kind = HVC_REPLICATION_FENCED, .fenced = (uint32_t)victim + 1};

        if (n->powered && n->ring == k->ring && node_awake(w, n))
            (void)node_step(w, n, &event);
    }
    fence_later(w, killer, victim, 50000); /* a daemon that slept or started since hears it then */
}

static bool store_counts(const struct sim_disk *d)
{
    return d->voter && (d->count > 0 || d->snapshot) && !d->lost && !d->corrupt && !d->restored && !d->set_back;
}

/* A minority of stores may be bad at a time; losing a majority is the operator's affair. */
static bool may_spoil(const struct sim_world *w, const struct sim_node *n)
{
    uint32_t others = 0, all = 0;

    for (int i = 0; i < w->nodes; i++) {
        if (&w->node[i] != n && !store_counts(&w->node[i].disk))
            return false;
        all += w->uneven ? 2 : 1; /* what a node may count at most, by the present or a former list */
        others += &w->node[i] != n;
    }
    return store_counts(&n->disk) && !w->changed && (others >= all / 2 + 1 || w->modes != 0);
}

/* Does every other store hold a VIEW that names the node above that promise? Then an unnoticed restore must be seen. */
static bool named_elsewhere(const struct sim_world *w, const struct sim_node *n, uint64_t promised)
{
    struct hvc_view_record view;

    for (int i = 0; i < w->nodes; i++) {
        const struct sim_disk *d = &w->node[i].disk;
        bool named = false;

        for (unsigned k = d->count; k-- > 0 && &w->node[i] != n && !named;) {
            if (d->entry[k].kind != HVC_ENTRY_VIEW ||
                hvc_wire_decode_view(d->entry[k].bytes, d->entry[k].length, &view) < 0)
                continue;
            for (unsigned j = 0; j < view.count; j++)
                named = named || (view.node[j].node == (uint32_t)n->id + 1 && view.node[j].named > promised);
            if (!named || d->entry[k].index > d->commit)
                return false; /* the last VIEW decides, and it must stay */
        }
        if (&w->node[i] != n && !named)
            return false;
    }
    return true;
}

static void spoil_store(struct sim_world *w, struct sim_node *n)
{
    uint64_t how = sim_below(w, 3);

    if (!may_spoil(w, n) || (w->modes != 0 && !sim_chance(w, 600)))
        return;
    w->operator_needed =
        w->operator_needed || w->modes != 0; /* with a reboot of the others the rule cannot know who went on last */
    node_kill(w, n, sim_chance(w, 500));
    if (!store_counts(&n->disk))
        how = 0;
    if (how == 0) {
        n->disk = (struct sim_disk){.lost = true};
        w->stats.lost_store++;
    } else if (how == 1) {
        n->disk.corrupt = true;
        w->stats.corrupt_store++;
    } else if (n->have_image && n->image.promised < n->disk.promised) {
        bool noticed = w->modes != 0 || !named_elsewhere(w, n, n->image.promised) || sim_chance(w, 300);

        n->disk = n->image;
        n->disk.restored = noticed;
        n->disk.set_back = true;
        w->stats.restored_store++;
        w->stats.rollback_seen += !noticed;
        sim_trace(w, "n%d store set back to promise %llu%s", n->id + 1, (unsigned long long)n->disk.promised,
                  noticed ? "" : ", unnoticed");
    }
    if (!n->powered) {
        totem_change_soon(w, 2000 + sim_below(w, 8000));
        sim_at(w, 20000 + sim_below(w, 60000), EV_FENCE, n->id, (uint64_t)n->id, 0);
    }
    sim_at(w, 3000 + sim_below(w, 30000), EV_START, n->id, 0, 0);
}

static void partition(struct sim_world *w)
{
    w->cut = (unsigned)sim_below(w, 1u << w->nodes);
    w->partitioned = true;
    w->stats.partitions++;
    sim_trace(w, "cut %x", w->cut);
    totem_change_soon(w, sim_below(w, sim_chance(w, 300) ? 80000 : 20000)); /* until then both sides run on */
}

static void merge(struct sim_world *w)
{
    w->stats.merges += w->partitioned;
    w->partitioned = false;
    sim_trace(w, "merge");
    totem_change_soon(w, sim_below(w, 5000));
}

static void hang(struct sim_world *w, struct sim_node *n)
{
    if (!n->running)
        return;
    w->stats.hangs++;
    n->hung_until = w->now + 5000 + sim_below(w, sim_chance(w, 300) ? 400000 : 90000);
    sim_trace(w, "n%d stopped until %llu ms", n->id + 1, (unsigned long long)(n->hung_until / 1000));
}

static void kill_process(struct sim_world *w, struct sim_node *n)
{
    if (!n->running)
        return;
    w->stats.kills++;
    node_kill(w, n, false);
    sim_at(w, 1000 + sim_below(w, 40000), EV_START, n->id, 0, 0);
    if (sim_chance(w, 150))
        totem_change_soon(w, sim_below(w, 1500)); /* it dies within a change: a ghost may stay */
}

/* The moments in which a stop or a crash is rarely met by chance: in the middle of entering a view. */
void fault_phase(struct sim_world *w, struct sim_node *n)
{
    struct hvc_replication_status s;

    if (!sim_chance(w, 60))
        return;
    hvc_replication_status(n->core, &s);
    if (s.phase == HVC_PHASE_PROMISE || (s.phase == HVC_PHASE_TRANSFER && s.source == (uint32_t)n->id + 1)) {
        hang(w, n);
    } else if (s.phase == HVC_PHASE_TRANSFER || s.phase == HVC_PHASE_RUNNING) {
        if (sim_chance(w, 500))
            partition(w);
        else
            sim_at(w, sim_below(w, 3000), EV_FAULT, n->id, 1, 0);
    }
}

void fault_crash(struct sim_world *w, struct sim_node *n)
{
    if (sim_chance(w, 500))
        kill_process(w, n);
    else
        power_off(w, n, 20000 + sim_below(w, 60000));
}

static void tell_quorum(struct sim_world *w)
{
    for (int i = 0; i < w->nodes; i++)
        if (w->node[i].powered && w->node[i].ring >= 0)
            totem_quorum(w, &w->node[i], sim_below(w, 9000));
}

/* The node list changes: a node is added, the last one is taken away, or one gets other votes. */
static void change_config(struct sim_world *w)
{
    int live = 0;

    for (int i = 0; i < w->nodes; i++)
        live += store_counts(&w->node[i].disk);
    if (w->modes != 0 || live < w->nodes || w->partitioned)
        return; /* an operator does it on a healthy cluster */
    w->stats.votes_changed++;
    w->changed = true; /* from now on more than a majority may be wanted */
    if (w->nodes == 3 && sim_chance(w, 500)) {
        struct sim_node *n = &w->node[w->nodes++];

        w->added = true;
        n->parked = false;
        n->disk = sim_chance(w, 500) ? n->disk : (struct sim_disk){.lost = true};
        power_on(w, n);
    } else if (w->nodes == 4 && w->added) {
        node_kill(w, &w->node[3], true);
        w->node[3].parked = true;
        w->nodes--;
        totem_change_soon(w, sim_below(w, 10000));
    } else {
        for (int i = 0; i < w->nodes; i++)
            w->votes[i] = 1 + (uint32_t)sim_below(w, 3);
        if (sim_chance(w, 700))
            partition(w);
    }
    sim_trace(w, "node list: %d nodes, votes %u %u %u %u", w->nodes, w->votes[0], w->votes[1], w->votes[2],
              w->votes[3]);
    tell_quorum(w);
}

static void everybody_off(struct sim_world *w)
{
    for (int i = 0; i < w->nodes; i++)
        power_off(w, &w->node[i], 20000 + sim_below(w, 60000));
}

static void kind_power(struct sim_world *w, struct sim_node *n)
{
    power_off(w, n, 20000 + sim_below(w, 150000));
}

static void kind_partition(struct sim_world *w, struct sim_node *n)
{
    (void)n;
    partition(w);
}

/* A minority runs ahead for a while, the others enter a view, and soon all are together again. */
static void kind_short_cut(struct sim_world *w, struct sim_node *n)
{
    uint64_t detected = 20000 + sim_below(w, 60000);

    w->cut = 1u << n->id;
    for (int i = 0; i < (w->nodes - 3) / 2; i++)
        w->cut |= 1u << sim_below(w, (uint64_t)w->nodes);
    w->partitioned = true;
    w->stats.partitions++;
    sim_trace(w, "cut %x for a short time", w->cut);
    totem_change_soon(w, detected);
    sim_at(w, detected + 8000 + sim_below(w, 40000), EV_FAULT, -1, 2, 0);
}

void fault_merge(struct sim_world *w)
{
    merge(w);
}

static void kind_merge(struct sim_world *w, struct sim_node *n)
{
    (void)n;
    merge(w);
}

static void kind_busy(struct sim_world *w, struct sim_node *n)
{
    n->busy_until = w->now + 3000 + sim_below(w, 60000);
}

static void kind_lag(struct sim_world *w, struct sim_node *n)
{
    n->lag_until = w->now + 10000 + sim_below(w, 100000);
}

static void kind_slow(struct sim_world *w, struct sim_node *n)
{
    (void)w;
    n->slow = !n->slow;
}

static void kind_full(struct sim_world *w, struct sim_node *n)
{
    n->disk_full = n->running;
    w->stats.disk_full += n->running;
}

static void kind_config(struct sim_world *w, struct sim_node *n)
{
    (void)n;
    change_config(w);
}

static void kind_all_off(struct sim_world *w, struct sim_node *n)
{
    (void)n;
    everybody_off(w);
}

static void kind_ring(struct sim_world *w, struct sim_node *n)
{
    (void)n;
    totem_change_soon(w, sim_below(w, 3000)); /* a ring change without reason */
}

static const struct {
    unsigned weight;
    void (*run)(struct sim_world *w, struct sim_node *n);
} kinds[SIM_FAULT_KINDS] = {
    {230, kind_partition}, {200, kind_merge}, {140, kill_process}, {90, kind_power}, {60, kind_short_cut},
    {110, hang},           {40, kind_busy},   {20, kind_lag},      {40, kind_slow},  {20, kind_full},
    {50, spoil_store},     {60, kind_config}, {10, kind_all_off},  {30, kind_ring},
};

/* Every run has its own mixture: some faults are left out, some come many times as often. */
void fault_mix(struct sim_world *w)
{
    static const unsigned factor[] = {0, 0, 1, 1, 2, 4, 4, 12};

    for (unsigned i = 0; i < SIM_FAULT_KINDS; i++)
        w->weight[i] = kinds[i].weight * factor[sim_below(w, 8)];
    w->weight[0] += 20;
    w->weight[1] += 60;
}

void fault_tick(struct sim_world *w)
{
    struct sim_node *n = any_node(w);
    unsigned sum = 0, at = 0;
    uint64_t pick;

    sim_at(w, sim_chance(w, 250) ? sim_below(w, 6000) : 8000 + sim_below(w, 60000), EV_FAULT, -1, 0, 0);
    if (!n->have_image || sim_chance(w, 100)) {
        n->image = n->disk;
        n->have_image = store_counts(&n->disk);
    }
    for (unsigned i = 0; i < SIM_FAULT_KINDS; i++)
        sum += w->weight[i];
    for (pick = sim_below(w, sum); pick >= w->weight[at]; at++)
        pick -= w->weight[at];
    kinds[at].run(w, n);
    if (sim_chance(w, 200)) { /* a full disk is emptied some time */
        n->disk_full = false;
        sim_at(w, 1000, EV_START, n->id, 0, 0);
    }
}

void fault_heal(struct sim_world *w)
{
    for (int i = 0; i < w->nodes; i++) {
        struct sim_node *n = &w->node[i];

        if (!((w->core >> i) & 1))
            continue;
        n->hung_until = w->now;
        n->busy_until = 0;
        n->lag_until = 0;
        n->slow = false;
        n->disk_full = false;
        power_on(w, n);
        node_arm(w, n);
        if (n->powered && !n->running)
            sim_at(w, 1000, EV_START, i, 0, 0);
    }
    totem_change_soon(w, 1000);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What goes wrong, how often, and how it is healed. */
#include <string.h>

#include "sim.h"
#include "wire.h"

static struct sim_node *any_node(struct sim_world *w)
{
    return &w->node[sim_below(w, (uint64_t)w->nodes)];
}

void fault_power_off(struct sim_world *w, struct sim_node *n, uint64_t back)
{
    if (!n->powered)
        return;
    node_kill(w, n, true);
    w->stats.power_losses++;
    totem_change_soon(w, 2000 + sim_below(w, 15000));
    sim_at(w, back, EV_FENCE, n->id, (uint64_t)n->id, 0); /* fencing of itself by itself: power on */
}

void fault_power_on(struct sim_world *w, struct sim_node *n)
{
    if (n->powered || n->parked || (w->core != 0 && !((w->core >> n->id) & 1)))
        return;
    n->powered = true;
    w->stats.reboots++;
    totem_change_soon(w, 1000 + sim_below(w, 5000));
    sim_at(w, 2000 + sim_below(w, 15000), EV_START, n->id, 0, 0);
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
    for (int k = 0; k < w->nodes && w->fencing_mode != FENCING_NONE; k++)
        for (int v = 0; v < w->nodes; v++)
            if (k != v && w->node[k].powered && w->node[k].ring >= 0 && !totem_member(w, &w->node[k], v))
                fence_later(w, k, v,
                            w->fencing_mode == FENCING_SLOW ? 200000 + sim_below(w, 1200000)
                                                            : 15000 + sim_below(w, 60000));
}

void fault_fence(struct sim_world *w, int killer, int victim)
{
    struct sim_node *k = &w->node[killer], *v = &w->node[victim];

    if (killer == victim) {
        fault_power_on(w, k);
        return;
    }
    w->fencing[killer] &= ~(1u << victim);
    if (!totem_is_quorate(w, k) || totem_member(w, k, victim) || (v->powered && totem_linked(w, killer, victim)))
        return;
    if (v->powered) {
        w->stats.fencings++;
        sim_trace(w, "n%d fences n%d", killer + 1, victim + 1);
        fault_power_off(w, v, 40000 + sim_below(w, 150000));
    }
    fault_confirm_soon(w, killer, victim);
    fence_later(w, killer, victim, 50000); /* who slept or has come since hears it then */
}

/* Every Pacemaker of the ring hears of it: some late, some not this time. */
void fault_confirm_soon(struct sim_world *w, int teller, int victim)
{
    for (int i = 0; i < w->nodes; i++) {
        uint64_t how = sim_below(w, 10);

        if (i != teller && !totem_member(w, &w->node[i], teller))
            continue;
        w->stats.cover[COVER_CONFIRM_LOST] += how == 0;
        w->stats.cover[COVER_CONFIRM_LATE] += how == 1;
        w->stats.cover[COVER_CONFIRM_AGAIN] += w->node[i].down[victim];
        if (how > 0)
            sim_at(w, how == 1 ? 5000 + sim_below(w, 150000) : sim_below(w, 5000), EV_CONFIRM, i, (uint64_t)victim,
                   w->now);
    }
}

/* Pacemaker's own messages are ordered: what it hears is never older than the last ring with that node. */
void fault_confirm(struct sim_world *w, struct sim_node *n, int victim, uint64_t at)
{
    if (n->powered && n->with[victim] < at && !totem_member(w, n, victim))
        n->down[victim] = true;
}

bool fault_store_counts(const struct sim_disk *d)
{
    return d->voter && (d->count > 0 || d->snapshot) && !d->lost && !d->corrupt && !d->restored && !d->set_back;
}

/* A minority of stores may be bad at a time; losing a majority is the operator's affair. */
static bool may_spoil(const struct sim_world *w, const struct sim_node *n)
{
    uint32_t others = 0, all = 0;

    for (int i = 0; i < w->nodes; i++) {
        if (&w->node[i] != n && !fault_store_counts(&w->node[i].disk))
            return false;
        all += w->uneven ? 2 : 1; /* what a node may count at most, by the present or a former list */
        others += &w->node[i] != n;
    }
    return fault_store_counts(&n->disk) && !w->changed && (others >= all / 2 + 1 || w->modes != 0);
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
    if (!fault_store_counts(&n->disk))
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

void fault_cut(struct sim_world *w, unsigned nodes)
{
    for (int i = 0; i < SIM_NODES; i++)
        w->side[i] = (nodes >> i) & 1;
    w->partitioned = true;
    w->stats.partitions++;
    sim_trace(w, "cut %x", nodes);
}

static void partition(struct sim_world *w)
{
    fault_cut(w, (unsigned)sim_below(w, 1u << w->nodes));
    if (sim_chance(w, 150)) {
        for (int i = 0; i < SIM_NODES; i++)
            w->side[i] = (uint8_t)sim_below(w, 4);
        w->stats.cover[COVER_THREE_WAYS] += (w->side[0] != w->side[1]) + (w->side[1] != w->side[2]) == 2;
    }
    if (sim_chance(w, 300)) /* the migration network goes the same way */
        memcpy(w->link, w->side, sizeof(w->link));
    totem_change_soon(w, sim_below(w, sim_chance(w, 300) ? 80000 : 20000)); /* until then both sides run on */
}

static void merge(struct sim_world *w)
{
    w->stats.merges += w->partitioned;
    w->partitioned = false;
    w->deaf = 0;
    memset(w->side, 0, sizeof(w->side));
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

void fault_kill(struct sim_world *w, struct sim_node *n)
{
    if (!n->running)
        return;
    for (int g = 0; g < SIM_GUESTS; g++) {
        const struct sim_move *m = &w->guest[g].move;

        w->stats.cover[COVER_DAEMON_SOURCE] += m->phase != MOVE_NONE && m->source == n->id;
        w->stats.cover[COVER_DAEMON_TARGET] += m->phase != MOVE_NONE && m->target == n->id;
        w->stats.cover[COVER_DAEMON_FIRST] += m->phase != MOVE_NONE && n->id == 0;
    }
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
        fault_kill(w, n);
    else
        fault_power_off(w, n, 20000 + sim_below(w, 60000));
}

static bool draining(const struct sim_world *w)
{
    const struct hvc_drain *drain;
    uint64_t cursor = 0;

    for (int i = 0; i < w->nodes; i++)
        while (w->node[i].running && (drain = hvc_service_drain_next(w->node[i].service, &cursor)) != NULL)
            if (drain->state == HVC_DRAIN_RUNNING)
                return true;
    return false;
}

static void everybody_off(struct sim_world *w)
{
    w->stats.cover[COVER_ALL_OFF_DRAIN] += draining(w);
    for (int i = 0; i < w->nodes; i++)
        fault_power_off(w, &w->node[i], 20000 + sim_below(w, 60000));
}

static void kind_power(struct sim_world *w, struct sim_node *n)
{
    fault_power_off(w, n, 20000 + sim_below(w, 150000));
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

    unsigned nodes = 1u << n->id;

    for (int i = 0; i < (w->nodes - 3) / 2; i++)
        nodes |= 1u << sim_below(w, (uint64_t)w->nodes);
    fault_cut(w, nodes);
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

static void kind_two_off(struct sim_world *w, struct sim_node *n)
{
    struct sim_node *other = any_node(w);

    w->stats.cover[COVER_DRAIN_LOSS] += n != other && n->powered && other->powered && draining(w);
    fault_power_off(w, n, 20000 + sim_below(w, 100000));
    fault_power_off(w, other, 20000 + sim_below(w, 100000));
}

static void kind_deaf(struct sim_world *w, struct sim_node *n)
{
    w->deaf |= 1u << n->id;
    w->partitioned = true;
    w->stats.cover[COVER_ONE_WAY]++;
    sim_trace(w, "n%d hears nobody", n->id + 1);
    totem_change_soon(w, sim_below(w, 40000));
}

static void kind_link(struct sim_world *w, struct sim_node *n)
{
    memset(w->link, 0, sizeof(w->link));
    w->link[n->id] = sim_chance(w, 600);
    sim_trace(w, "migration network: n%d %s", n->id + 1, w->link[n->id] ? "cut off" : "and all are linked");
}

static void kind_libvirt(struct sim_world *w, struct sim_node *n)
{
    if (!n->powered)
        return;
    if (sim_chance(w, 500)) {
        hyper_restart(w, n->id);
        n->libvirt_until = w->now + 1000 + sim_below(w, 3000);
    } else {
        n->libvirt_until = w->now + 5000 + sim_below(w, 60000);
        w->stats.cover[COVER_LIBVIRT_HUNG]++;
    }
    sim_trace(w, "n%d libvirtd answers again at %llu ms", n->id + 1, (unsigned long long)(n->libvirt_until / 1000));
}

static void kind_stall(struct sim_world *w, struct sim_node *n)
{
    uint64_t until = w->now + 2000 + sim_below(w, 40000);

    w->stats.cover[COVER_STALL] += n->running;
    n->hung_until = n->running ? until : n->hung_until;
    n->libvirt_until = until;
    n->lag_until = until;
}

static void kind_clock(struct sim_world *w, struct sim_node *n)
{
    n->clock_ms = sim_chance(w, 300) ? 0 : (int64_t)sim_below(w, 7200000) - 3600000;
    w->stats.cover[COVER_CLOCK]++;
}

static void kind_bad(struct sim_world *w, struct sim_node *n)
{
    n->bad_until = w->now + 20000 + sim_below(w, 200000);
}

static void kind_daemons(struct sim_world *w, struct sim_node *n)
{
    (void)n;
    w->stats.cover[COVER_DAEMON_ALL]++;
    for (int i = 0; i < w->nodes; i++)
        fault_kill(w, &w->node[i]);
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
} kinds[] = {
    {230, kind_partition}, {200, kind_merge},    {140, fault_kill},     {90, kind_power},
    {60, kind_short_cut},  {110, hang},          {40, kind_busy},       {20, kind_lag},
    {40, kind_slow},       {20, kind_full},      {50, spoil_store},     {100, config_change},
    {10, kind_all_off},    {30, kind_ring},      {30, kind_two_off},    {30, kind_deaf},
    {60, kind_link},       {60, kind_libvirt},   {30, kind_stall},      {30, kind_clock},
    {30, kind_bad},        {20, kind_daemons},   {120, hand_guest},     {200, hand_move},
    {30, hand_cleanup},    {30, config_upgrade}, {10, config_operator}, {1, config_lose_majority},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))
_Static_assert(KINDS <= SIM_FAULTS_MAX, "room for the weights");

/* Every run has its own mixture: some faults are left out, some come many times as often. */
void fault_mix(struct sim_world *w)
{
    static const unsigned factor[] = {0, 0, 1, 1, 2, 4, 4, 12}, calm[] = {1, 1, 1, 2, 2, 4, 4, 8};

    for (unsigned i = 0; i < KINDS; i++)
        w->weight[i] = kinds[i].weight * factor[sim_below(w, 8)];
    w->calm = calm[sim_below(w, 8)];
    w->weight[0] += 20;
    w->weight[1] += 60;
}

void fault_tick(struct sim_world *w)
{
    struct sim_node *n = any_node(w);
    unsigned sum = 0, at = 0;
    uint64_t pick;

    sim_at(w, sim_chance(w, 250) ? sim_below(w, 6000) : w->calm * (8000 + sim_below(w, 60000)), EV_FAULT, -1, 0, 0);
    if (!n->have_image || sim_chance(w, 100)) {
        n->image = n->disk;
        n->have_image = fault_store_counts(&n->disk);
    }
    for (unsigned i = 0; i < KINDS; i++)
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
    w->healed_at = w->now;
    for (int i = 0; i < SIM_CLIENTS; i++)
        w->client[i].patience = 25000;
    w->fencing_mode = FENCING_ON;
    w->deaf = 0;
    memset(w->link, 0, sizeof(w->link));
    for (int g = 0; g < SIM_GUESTS; g++)
        w->guest[g].off_until = w->guest[g].locked_until = 0;
    for (int i = 0; i < w->nodes; i++) {
        struct sim_node *n = &w->node[i];

        if (!((w->core >> i) & 1))
            continue;
        n->hung_until = w->now;
        n->busy_until = 0;
        n->lag_until = 0;
        n->libvirt_until = n->bad_until = 0;
        n->clock_ms = 0;
        n->slow = false;
        n->disk_full = false;
        if (n->version == 1) {
            n->version = 2;
            node_kill(w, n, false);
        }
        fault_power_on(w, n);
        node_arm(w, n);
        if (n->powered && !n->running)
            sim_at(w, 1000, EV_START, i, 0, 0);
    }
    totem_change_soon(w, 1000);
}

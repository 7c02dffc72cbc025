/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pacemaker as far as it touches guests: one record of where each runs, holds, a coordinator in each quorate partition
 * that restarts guests of fenced nodes and moves some by its own operations. Starts go through the real start gate. Its
 * record may be wrong, its fencing slow or absent: then the gate alone stands between a guest and its second copy.
 */
#include <string.h>

#include "sim.h"

#define OPERATION_US 60000

static struct sim_node *coordinator(struct sim_world *w)
{
    int candidate[SIM_NODES], count = 0;

    for (int i = 0; i < w->nodes; i++) {
        struct sim_node *n = &w->node[i];

        if (totem_is_quorate(w, n) && (int)__builtin_ctz(w->ring[n->ring].members) == i)
            candidate[count++] = i;
    }
    return count == 0 ? NULL : &w->node[candidate[sim_below(w, (uint64_t)count)]];
}

static void operation_soon(struct sim_world *w, int guest, uint64_t delay)
{
    sim_at(w, delay, EV_OPERATION, -1, (uint64_t)guest, w->guest[guest].op_serial);
}

static void begin(struct sim_world *w, int guest, enum sim_operation op, int node)
{
    struct sim_guest *g = &w->guest[guest];

    g->op = op;
    g->op_node = node;
    g->op_serial = ++w->serial;
    g->op_until = w->now + OPERATION_US;
    g->op_tries = 0;
    g->op_job = 0;
    g->op_looked = false;
    sim_trace(w, "Pacemaker: %s %s at n%d",
              op == OP_START   ? "start"
              : op == OP_LEARN ? "learn"
                               : "migrate",
              g->name, node + 1);
    operation_soon(w, guest, 500 + sim_below(w, 3000));
}

bool pcmk_hold(struct sim_world *w, const struct sim_node *n, int guest, uint64_t job)
{
    struct sim_guest *g = &w->guest[guest];

    if (g->hold == job)
        return true;
    if (!totem_is_quorate(w, n) || g->op != OP_NONE || g->record != n->id || g->hold != 0)
        return false;
    g->hold = job;
    w->stats.cover[COVER_HOLDS]++;
    return true;
}

/* It is where it was, or nowhere: Pacemaker's monitors go on, and say. */
void pcmk_release(struct sim_world *w, int guest)
{
    w->guest[guest].hold = 0;
    pcmk_settle(w, guest);
}

/* The location has done what it was there for, or never will: a migration for its sake that is under way ends half way.
 */
void pcmk_settle(struct sim_world *w, int guest)
{
    struct sim_guest *g = &w->guest[guest];

    if (g->here != SIM_NOBODY && g->op == OP_LEARN)
        g->op = OP_NONE;
    g->here = SIM_NOBODY;
    g->here_job = 0;
    g->here_dead = false;
}

/* One change: the hold goes, a location comes, and Pacemaker begins a migration of its own, if it has it elsewhere. */
void pcmk_hand_back(struct sim_world *w, const struct sim_node *n, int guest, int place)
{
    struct sim_guest *g = &w->guest[guest];

    invariant_hand_back(w, n, guest, place);
    g->here = place;
    g->here_job = g->hold;
    g->here_dead = false;
    g->hold = 0;
    w->stats.cover[COVER_HANDED_BACK]++;
    if (g->record != place)
        begin(w, guest, OP_LEARN, place);
}

/* Its migration was under way already, or only decided; without a draw of its own, which would make other runs of all
 * seeds. */
static bool has_begun(const struct sim_guest *g)
{
    return (g->op_serial * UINT64_C(0x9e3779b97f4a7c15) >> 63) != 0;
}

void pcmk_lost(struct sim_world *w, int node)
{
    const struct sim_node *n = &w->node[node];
    bool coordinates = n->ring >= 0 && (int)__builtin_ctz(w->ring[n->ring].members) == node;

    for (int g = 0; g < SIM_GUESTS; g++) {
        if (w->guest[g].op == OP_LEARN && w->guest[g].op_node == node && has_begun(&w->guest[g]))
            w->guest[g].record = node; /* pending there: fenced before anything else is done with it */
        if (w->guest[g].op != OP_NONE && w->guest[g].op_node == node)
            w->guest[g].op = OP_NONE; /* it stays in the record: where it may have run */
        w->stats.cover[COVER_COORDINATOR] += coordinates && w->guest[g].move.phase != MOVE_NONE;
    }
}

/* ---- the coordinator ---- */

static void watch(struct sim_world *w, struct sim_node *dc, int guest)
{
    struct sim_guest *g = &w->guest[guest];
    int at = g->record;

    if (at >= w->nodes || !totem_member(w, dc, at)) {
        if (at >= w->nodes || dc->down[at] || w->fencing_mode == FENCING_NONE) {
            invariant_recover(w, dc, guest);
            g->record = SIM_NOBODY;
        }
        return;
    }
    if (!hyper_answers(w, at))
        return;
    switch (g->at[at]) {
    case DOM_RUNNING:
    case DOM_PAUSED:
        if (sim_chance(w, 8) && w->faults && g->managed) {
            g->op_target = (int)sim_below(w, (uint64_t)w->nodes);
            if (g->op_target != at && totem_member(w, dc, g->op_target))
                begin(w, guest, OP_MIGRATE, at);
        }
        break;
    case DOM_BROKEN:
        break;
    case DOM_LEAVING:
        if (g->move.phase != MOVE_NONE && g->move.source == at)
            break;
        invariant_recover(w, dc, guest);
        hyper_set(w, at, guest, DOM_NONE); /* a stop: what the migration left here goes */
        invariant_success(w, at, guest, false);
        g->record = SIM_NOBODY;
        break;
    case DOM_NONE: /* its monitor fails: stopped, and started again */
        invariant_recover(w, dc, guest);
        invariant_success(w, at, guest, false);
        g->record = SIM_NOBODY;
        break;
    case DOM_INCOMING:
        g->record = SIM_NOBODY;
        break;
    }
}

/* A location of ours at a node that is there: Pacemaker takes the guest to it, by a migration that finds it there, or
 * by one that moves it. True: it does so now. */
static bool pull(struct sim_world *w, const struct sim_node *dc, int guest)
{
    struct sim_guest *g = &w->guest[guest];
    int to = g->here, at = g->record;

    if (to == SIM_NOBODY || to == at || to >= w->nodes || at >= w->nodes || !totem_member(w, dc, to) ||
        !totem_member(w, dc, at) || !hyper_answers(w, to) || !hyper_answers(w, at))
        return false;
    if (hyper_place(w, guest) == to) {
        begin(w, guest, OP_LEARN, to);
        return true;
    }
    if (g->at[at] != DOM_RUNNING && g->at[at] != DOM_PAUSED)
        return false;
    invariant_pull(w, guest);
    w->stats.cover[COVER_PULLED]++;
    g->op_target = to;
    begin(w, guest, OP_MIGRATE, at);
    return true;
}

/* Nothing is started before every lost node is fenced, unless somebody has configured it otherwise. */
static bool may_start(struct sim_world *w, const struct sim_node *dc)
{
    for (int i = 0; i < w->nodes; i++)
        if (!totem_member(w, dc, i) && !dc->down[i] && w->fencing_mode != FENCING_NONE)
            return false;
    return true;
}

void pcmk_tick(struct sim_world *w)
{
    struct sim_node *dc = coordinator(w);

    sim_at(w, 6000 + sim_below(w, 6000), EV_PCMK, -1, 0, 0);
    for (int i = 0; i < SIM_GUESTS && dc != NULL; i++) {
        struct sim_guest *g = &w->guest[i];
        int node = (int)sim_below(w, (uint64_t)w->nodes);

        if (g->op != OP_NONE || g->hold != 0 || (!g->managed && !sim_chance(w, 60)))
            continue;
        if (g->here != SIM_NOBODY && g->here < w->nodes && totem_member(w, dc, g->here))
            node = g->here;
        if (g->record != SIM_NOBODY && pull(w, dc, i))
            continue;
        if (g->record != SIM_NOBODY)
            watch(w, dc, i);
        else if (w->now >= g->off_until && may_start(w, dc) && totem_member(w, dc, node)) {
            g->record = node;
            begin(w, i, OP_START, node);
        }
    }
}

/* ---- the agent's start ---- */

static void gate_look(struct sim_world *w, const struct sim_node *n, int guest)
{
    struct sim_guest *g = &w->guest[guest];

    for (int i = 0; i < w->nodes; i++)
        g->op_seen[i] = hyper_seen(w, n, i, guest);
    g->op_members = w->ring[n->ring].members;
    g->op_quorate = totem_is_quorate(w, n);
    g->op_looked = true;
}

static enum hvc_placement_action gate_decide(struct sim_world *w, const struct sim_node *n, int guest, int *ret_node)
{
    static const char *const names[SIM_NODES] = {"n1", "n2", "n3", "n4", "n5"};
    struct sim_guest *g = &w->guest[guest];
    struct hvc_placement_node node[SIM_NODES] = {0};
    struct hvc_placement_input input = {.nodes = node,
                                        .count = (size_t)w->nodes,
                                        .quorate = g->op_quorate,
                                        .quorum_exclusive = w->modes == 0,
                                        .daemon = node_awake(w, n)};
    struct hvc_placement_verdict verdict;

    for (int i = 0; i < w->nodes; i++) {
        bool member = (g->op_members >> i) & 1;

        node[i] = (struct hvc_placement_node){.name = names[i],
                                              .seen = g->op_seen[i],
                                              .local = i == n->id,
                                              .member = member,
                                              .fenced = n->down[i] || (HVC_BUG(FENCEEARLY) && !member)};
    }
    hvc_placement_decide(&input, &verdict);
    *ret_node = (int)verdict.node;
    w->stats.gate[verdict.action]++;
    if (verdict.action == HVC_PLACEMENT_REFUSE && w->fencing_mode == FENCING_NONE && *ret_node < w->nodes &&
        !node[*ret_node].member)
        w->stats.cover[COVER_FENCING_FAILED]++;
    return verdict.action;
}

static void boot(struct sim_world *w, int guest, int node)
{
    struct sim_guest *g = &w->guest[guest];

    for (int i = 0; i < w->nodes; i++)
        w->stats.cover[COVER_RESTARTED] += i != node && w->node[node].down[i];
    invariant_boot(w, node, guest);
    g->staged = false;
    g->here_dead = g->here_dead && g->here != node;
    hyper_set(w, node, guest, DOM_RUNNING);
    invariant_success(w, node, guest, true);
    g->record = node;
    g->op = OP_NONE;
}

static void again(struct sim_world *w, int guest)
{
    struct sim_guest *g = &w->guest[guest];

    g->op_looked = false;
    if (++g->op_tries < 6) {
        operation_soon(w, guest, 2000 + sim_below(w, 8000));
        return;
    }
    g->op = OP_NONE; /* failed here: the next one may try */
    g->record = SIM_NOBODY;
}

static void start(struct sim_world *w, struct sim_node *n, int guest)
{
    struct sim_guest *g = &w->guest[guest];
    int about = 0;

    if (!hyper_answers(w, n->id) || n->ring < 0) {
        again(w, guest);
        return;
    }
    if (HVC_BUG(NOGATE) && g->at[n->id] == DOM_NONE) {
        boot(w, guest, n->id);
        return;
    }
    if (!g->op_looked) {
        gate_look(w, n, guest);
        operation_soon(w, guest, 500 + sim_below(w, 3000));
        return;
    }
    switch (gate_decide(w, n, guest, &about)) {
    case HVC_PLACEMENT_BOOT:
        if (w->now < g->locked_until || g->at[n->id] != DOM_NONE) {
            w->stats.cover[COVER_LOCKED] += w->now < g->locked_until;
            again(w, guest);
        } else {
            boot(w, guest, n->id);
        }
        break;
    case HVC_PLACEMENT_HERE:
    case HVC_PLACEMENT_FETCH:
        g->record = about;
        g->op = OP_NONE;
        break;
    case HVC_PLACEMENT_REFUSE:
    case HVC_PLACEMENT_WAIT:
        again(w, guest);
        break;
    }
}

/* ---- migrate_to: the agent hands the move to its daemon and waits ---- */

static void migrate_failed(struct sim_world *w, int guest)
{
    struct sim_guest *g = &w->guest[guest];

    /* Pacemaker stops it at both ends and starts it once: a failed migrate_to costs a reboot. */
    if (g->move.phase != MOVE_NONE)
        return; /* not before libvirt has ended */
    if (w->node[g->op_node].powered && hyper_answers(w, g->op_node)) {
        hyper_set(w, g->op_node, guest, DOM_NONE);
        invariant_success(w, g->op_node, guest, false);
        g->record = SIM_NOBODY;
    }
    g->op = OP_NONE;
}

static void migrate_ask(struct sim_world *w, struct sim_node *n, int guest)
{
    struct sim_guest *g = &w->guest[guest];
    struct hvc_command c = ask_command(w, n, HVC_COMMAND_JOB);

    memcpy(c.job.guest, g->uuid, sizeof(c.job.guest));
    c.job.kind = HVC_KIND_LIVE;
    c.job.origin = HVC_ORIGIN_PACEMAKER;
    c.job.source = (uint32_t)n->id + 1;
    c.job.target = (uint32_t)g->op_target + 1;
    c.job.options.deadline_ms = node_stamp(w, n) + 50;
    (void)ask(w, n, &c, UINT64_C(1) << 60 | (uint64_t)guest, w->now);
}

static void migrate(struct sim_world *w, struct sim_node *n, int guest)
{
    struct sim_guest *g = &w->guest[guest];
    const struct hvc_service_guest *known = NULL;
    const struct hvc_job *j = NULL;

    operation_soon(w, guest, 3000 + sim_below(w, 3000));
    if (!node_awake(w, n)) {
        if (w->now > g->op_until + 10 * OPERATION_US)
            g->op = OP_NONE;
        return;
    }
    known = hvc_service_guest(n->service, g->uuid);
    if (g->op_job == 0 && known != NULL && known->job != 0)
        g->op_job = known->job;
    if (g->op_job == 0 && w->now < g->op_until) {
        migrate_ask(w, n, guest);
        return;
    }
    j = g->op_job == 0 ? NULL : hvc_service_job(n->service, g->op_job);
    if (j != NULL && j->ended == 0) {
        if (w->now > g->op_until && !j->cancel && (hvc_job_phase_info(j->phase)->flags & HVC_JOB_CANCELLABLE) != 0) {
            struct hvc_command c = ask_command(w, n, HVC_COMMAND_JOB_CANCEL);

            c.cancel.job = j->id; /* the agent was killed: the declared end of a migrate_to */
            w->stats.cover[COVER_AGENT_KILLED] += ask(w, n, &c, UINT64_C(2) << 60 | j->id, w->now);
        }
        return;
    }
    if (hyper_place(w, guest) == g->op_target && g->at[g->op_node] == DOM_NONE && hyper_answers(w, g->op_target)) {
        invariant_success(w, g->op_node, guest, false);
        g->record = g->op_target;
        g->op = OP_NONE;
    } else if (g->op_tries == 0 && g->at[g->op_node] == DOM_RUNNING && sim_chance(w, 700)) {
        g->op = OP_NONE; /* the move was given up by a person: the wish is gone */
    } else {
        g->op_tries++;
        migrate_failed(w, guest);
    }
}

/* migrate_to finds nothing to do, migrate_from that it runs, stop at the source that nothing is there. */
static void learn(struct sim_world *w, const struct sim_node *n, int guest)
{
    struct sim_guest *g = &w->guest[guest];

    if (!hyper_answers(w, n->id) && w->now < g->op_until) {
        operation_soon(w, guest, 2000 + sim_below(w, 4000));
        return;
    }
    g->op = OP_NONE;
    g->record = n->id; /* also after its time: the next monitor, or fencing, says what is there */
    g->staged = false;
    if (hyper_place(w, guest) == n->id)
        w->stats.cover[COVER_LEARNED]++;
}

void pcmk_operation(struct sim_world *w, int guest, uint64_t serial)
{
    struct sim_guest *g = &w->guest[guest];
    struct sim_node *n = &w->node[g->op_node];

    if (g->op == OP_NONE || g->op_serial != serial)
        return;
    if (g->op == OP_START)
        start(w, n, guest);
    else if (g->op == OP_LEARN)
        learn(w, n, guest);
    else
        migrate(w, n, guest);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The desired effects of the service, carried out by one node's driver: it compares what the state wants with what the
 * hypervisors say, starts, observes or ends, and reports. What it has seen is a few milliseconds old when it acts on
 * it. Before a step that cannot be taken back it sends a barrier and acts when that comes back in the same view.
 */
#include <string.h>

#include "sim.h"

#define TODO_MAX  24
#define TRIES_MAX 6

struct todo {
    struct hvc_effect effect;
    struct hvc_job job;
    struct hvc_drain drain;
};

uint64_t effect_tag(const struct hvc_job *job)
{
    return job->epoch << 32 | job->index;
}

int effect_guest(const struct sim_world *w, const uint8_t uuid[16])
{
    for (int g = 0; g < SIM_GUESTS; g++)
        if (memcmp(w->guest[g].uuid, uuid, 16) == 0)
            return g;
    return SIM_NOBODY;
}

static uint64_t key_of(unsigned what, uint64_t id, unsigned more)
{
    return (uint64_t)what << 48 | (uint64_t)more << 40 | id;
}

/* ---- looking ---- */

static struct sim_work *work_of(struct sim_node *n, const struct todo *t)
{
    struct sim_work *found = NULL;

    for (unsigned i = 0; i < SIM_WORKS; i++) {
        struct sim_work *k = &n->work[i];

        if (k->job == t->job.id && k->kind == t->effect.kind && k->phase == t->job.phase)
            return k;
        if (found == NULL && (k->job == 0 || hvc_service_job(n->service, k->job) == NULL ||
                              hvc_service_job(n->service, k->job)->phase != k->phase))
            found = k;
    }
    if (found != NULL)
        *found = (struct sim_work){.job = t->job.id, .kind = t->effect.kind, .phase = t->job.phase};
    return found;
}

/* True when there is something to act on; the next time it looks again. */
static bool looked(struct sim_world *w, const struct sim_node *n, struct sim_work *k, int guest)
{
    if (k->looked_at != 0)
        return true;
    for (int i = 0; i < SIM_NODES; i++)
        k->seen[i] = i < w->nodes ? hyper_seen(w, n, i, guest) : HVC_SEEN_ABSENT;
    k->looked_at = w->now;
    return false;
}

static bool is_up(enum hvc_seen seen)
{
    return seen == HVC_SEEN_RUNNING || seen == HVC_SEEN_PAUSED;
}

/* No process of the guest there: it says so, or it is proven dead: fenced as the log says, and not back as Pacemaker
 * says (a node may be up again, its daemon not yet). */
static bool is_gone(const struct sim_node *n, const struct sim_work *k, int at)
{
    const struct hvc_service_node *node = hvc_service_node(n->service, (uint32_t)at + 1);

    return k->seen[at] == HVC_SEEN_ABSENT ||
           (k->seen[at] == HVC_SEEN_NO_ANSWER && node != NULL && !node->member && node->fenced && n->down[at]);
}

/* ---- reporting ---- */

/* Networks that the checks find, some of them cut; of a move that copies the one over which it goes on. */
static void add_ways(const struct sim_node *n, const struct todo *t, unsigned to, struct hvc_command *c)
{
    const struct hvc_network *network;
    uint32_t first = (uint32_t)t->job.id + (to == HVC_JOB_ADMITTED ? 0 : 1);

    if (to != HVC_JOB_ADMITTED && to != t->job.phase)
        return;
    for (uint32_t i = 0; i < 3 && c->report.way_count < 2; i++) {
        network = hvc_service_network_at(n->service, (first + i + t->job.attempts) % 3);
        if (network != NULL)
            c->report.ways[c->report.way_count++] = network->id;
    }
}

static void report_step(struct sim_world *w, struct sim_node *n, const struct todo *t, unsigned to, unsigned step,
                        int place, unsigned code, uint64_t looked_at)
{
    struct hvc_command c = ask_command(w, n, HVC_COMMAND_JOB_REPORT);

    c.report.job = t->job.id;
    c.report.from = t->job.phase;
    c.report.to = (uint8_t)to;
    c.report.step = (uint8_t)step;
    c.report.code = (uint16_t)code;
    if (place != -2) {
        c.report.located = true;
        c.report.runs_on = place == SIM_NOBODY ? 0 : (uint32_t)place + 1;
    }
    if (to == HVC_JOB_QUEUED)
        c.report.not_before_ms = node_stamp(w, n) + 10 + sim_below(w, 40);
    if (state_speaks(n) && hvc_service_limits_networks(n->service))
        add_ways(n, t, to, &c);
    (void)ask(w, n, &c, key_of(HVC_COMMAND_JOB_REPORT, t->job.id, t->job.phase), looked_at);
}

#define UNPLACED (-2)

static void report(struct sim_world *w, struct sim_node *n, const struct todo *t, unsigned to, int place, unsigned code,
                   uint64_t looked_at)
{
    report_step(w, n, t, to, t->job.step, place, code, looked_at);
}

static void report_phase(struct sim_world *w, struct sim_node *n, const struct todo *t, unsigned to)
{
    report(w, n, t, to, UNPLACED, HVC_REASON_NOTE, w->now);
}

/* What is handed back is in the log first; then Pacemaker has to know it. True: it does, or nothing has to be told. */
static bool hand_back(struct sim_world *w, struct sim_node *n, const struct todo *t, int guest, int place,
                      uint64_t looked_at)
{
    struct sim_guest *g = &w->guest[guest];
    bool held = g->hold == effect_tag(&t->job);

    if (held && t->job.step != HVC_STEP_HAND_BACK) {
        report_step(w, n, t, t->job.phase, HVC_STEP_HAND_BACK, place, HVC_REASON_NOTE, looked_at);
        return false;
    }
    if (HVC_BUG(TWOSTEP) && (held || (t->job.step == HVC_STEP_HAND_BACK && g->staged && g->op == OP_NONE))) {
        if (held)
            pcmk_release(w, guest);
        else
            pcmk_hand_back(w, n, guest, place);
        return false;
    }
    if (held)
        pcmk_hand_back(w, n, guest, place);
    if (g->op != OP_LEARN && g->here_job == effect_tag(&t->job))
        pcmk_settle(w, guest);
    return g->op != OP_LEARN;
}

/* Pacemaker is told before the job ends. */
static bool pcmk_told(struct sim_world *w, struct sim_node *n, const struct todo *t, int place, uint64_t looked_at)
{
    int guest = effect_guest(w, t->job.guest);
    bool stands = guest != SIM_NOBODY &&
                  (w->guest[guest].hold == effect_tag(&t->job) || w->guest[guest].here_job == effect_tag(&t->job));

    if (guest == SIM_NOBODY || (stands && !totem_is_quorate(w, n)))
        return guest == SIM_NOBODY;
    if (place != SIM_NOBODY && place == (int)t->job.target - 1 && place != (int)t->job.source - 1)
        return hand_back(w, n, t, guest, place, looked_at);
    if (stands && t->job.step != HVC_STEP_RELEASE) {
        report_step(w, n, t, t->job.phase, HVC_STEP_RELEASE, place, HVC_REASON_NOTE, looked_at);
        return false;
    }
    if (stands)
        pcmk_release(w, guest);
    return true;
}

/* An end: what Pacemaker was told to leave alone is handed back first. */
static void report_end(struct sim_world *w, struct sim_node *n, const struct todo *t, unsigned to, int place,
                       uint64_t looked_at)
{
    if (!pcmk_told(w, n, t, place, looked_at))
        return;
    report(w, n, t, to, place, to == HVC_JOB_COMPLETED ? HVC_REASON_NOTE : HVC_REASON_UNPROVEN, looked_at);
}

/* ---- what cannot be taken back ---- */

/* A target that the state still calls a member, and that the view has not, may have been fenced: Pacemaker's word about
 * it would then be older than what begins there now. */
static bool is_in_view(const struct sim_node *n, int node)
{
    struct hvc_replication_status s;

    hvc_replication_status(n->core, &s);
    for (unsigned i = 0; i < s.member_count; i++)
        if (s.members[i] == (uint32_t)node + 1)
            return true;
    return false;
}

/* What this node has said of the job and nobody has answered yet: nothing is decided before. */
static bool is_told(const struct sim_node *n, uint64_t job)
{
    for (unsigned i = 0; i < SIM_REQUESTS; i++)
        if (n->request[i].busy && n->request[i].key >> 48 == HVC_COMMAND_JOB_REPORT &&
            (n->request[i].key & ((UINT64_C(1) << 40) - 1)) == job)
            return true;
    return false;
}

static void act(struct sim_world *w, struct sim_node *n, const struct sim_effect *e)
{
    const struct hvc_job *j = e->job == 0 ? NULL : hvc_service_job(n->service, e->job);
    bool in_view;

    check_effect(w, n, e->epoch);
    if (e->act == ACT_DESTROY) {
        if (w->guest[e->guest].at[n->id] == DOM_LEAVING && hyper_is(w, n->id, e->guest) == HVC_SEEN_FAILED &&
            hyper_answers(w, n->id))
            hyper_set(w, n->id, e->guest, DOM_NONE);
        return;
    }
    if (j == NULL || j->phase != HVC_JOB_ADMITTED || j->cancel || is_told(n, j->id))
        return;
    in_view = is_in_view(n, e->target);
    if ((in_view || HVC_BUG(OUTOFVIEW)) && hyper_migrate(w, n->id, e->guest, e->target, effect_tag(j), e->post_copy))
        invariant_start(w, n, e->guest, e->job, in_view);
}

void effect_barrier(struct sim_world *w, struct sim_node *n, uint64_t barrier, bool passed)
{
    for (unsigned i = 0; i < n->effects; i++) {
        struct hvc_replication_status s;

        if (n->effect[i].barrier != barrier)
            continue;
        if (passed) {
            hvc_replication_status(n->core, &s);
            n->effect[i].behind = s.last_index;
            effect_applied(w, n);
        } else {
            n->effect[i] = n->effect[--n->effects];
            w->stats.barriers_failed++;
        }
        return;
    }
}

/* What was delivered before the barrier counts, too: an own report of the job's end may be among it. */
void effect_applied(struct sim_world *w, struct sim_node *n)
{
    struct hvc_replication_status s;

    for (unsigned i = 0; i < n->effects;) {
        struct sim_effect e = n->effect[i];

        if (e.behind == 0 || n->applied < e.behind) {
            i++;
            continue;
        }
        n->effect[i] = n->effect[--n->effects];
        hvc_replication_status(n->core, &s);
        if (s.primary)
            act(w, n, &e);
        else
            w->stats.barriers_failed++;
    }
}

void effect_void(struct sim_world *w, struct sim_node *n)
{
    w->stats.effects_dropped += n->effects;
    n->effects = 0;
}

static bool is_decided(const struct sim_node *n, int guest)
{
    for (unsigned i = 0; i < n->effects; i++)
        if (n->effect[i].guest == guest)
            return true;
    return false;
}

static void decide_to(struct sim_world *w, struct sim_node *n, const struct sim_effect *e)
{
    struct hvc_replication_status s;

    if (is_decided(n, e->guest))
        return;
    hvc_replication_status(n->core, &s);
    if (n->effects == sizeof(n->effect) / sizeof(n->effect[0])) {
        w->stats.effects_dropped++;
        return;
    }
    n->effect[n->effects] = *e;
    n->effect[n->effects].barrier = n->effect[n->effects].behind = 0;
    n->effect[n->effects++].epoch = s.epoch;
}

void effect_send(struct sim_world *w, struct sim_node *n)
{
    for (unsigned i = 0; i < n->effects && n->running;) {
        struct hvc_replication_event event = {.kind = HVC_REPLICATION_BARRIER};
        struct sim_effect e = n->effect[i];
        unsigned before = n->effects;

        if (e.barrier != 0) {
            i++;
            continue;
        }
        if (HVC_BUG(STALEEFFECT)) {
            n->effect[i] = n->effect[--n->effects];
            act(w, n, &e);
            continue;
        }
        event.barrier = n->effect[i].barrier = ++n->barrier_next;
        if (node_step(w, n, &event) < 0) {
            effect_barrier(w, n, event.barrier, false);
            continue;
        }
        if (n->effects == before)
            i++;
    }
}

/* ---- one effect each ---- */

static void do_place(struct sim_world *w, struct sim_node *n, const struct todo *t)
{
    struct hvc_command c = ask_command(w, n, HVC_COMMAND_JOB_TARGET);
    const struct hvc_service_node *node = hvc_service_node(n->service, 1 + (uint32_t)sim_below(w, SIM_NODES + 1));

    if (node == NULL || !node->member || !node->accepting || node->maintenance || node->id == t->job.source ||
        node->id > (uint32_t)w->nodes)
        return;
    c.job_target.job = t->job.id;
    c.job_target.target = node->id;
    (void)ask(w, n, &c, key_of(HVC_COMMAND_JOB_TARGET, t->job.id, 0), w->now);
}

static void do_check(struct sim_world *w, struct sim_node *n, const struct todo *t, struct sim_work *k, int guest)
{
    int target = (int)t->job.target - 1;
    bool stays = t->job.target == 0 || t->job.target == t->job.source, is_check = hvc_job_is_check(&t->job);

    if (!looked(w, n, k, guest))
        return;
    if (k->seen[n->id] == HVC_SEEN_NO_ANSWER) {
        k->looked_at = 0;
    } else if (!is_up(k->seen[n->id])) {
        report(w, n, t, HVC_JOB_FAILED, UNPLACED, HVC_REASON_GUEST_STOPPED, k->looked_at);
    } else if (!stays && (w->now < w->node[target].bad_until || k->seen[target] != HVC_SEEN_ABSENT)) {
        w->stats.cover[COVER_BAD_TARGET] += w->now < w->node[target].bad_until;
        if (t->job.attempts < 4 && !is_check && sim_chance(w, 700))
            report(w, n, t, HVC_JOB_QUEUED, UNPLACED, HVC_REASON_RETRY, k->looked_at);
        else
            report(w, n, t, HVC_JOB_FAILED, UNPLACED, HVC_REASON_GIVE_UP, k->looked_at);
    } else {
        report_phase(w, n, t, is_check ? HVC_JOB_COMPLETED : HVC_JOB_ADMITTED);
    }
}

/* Of every third move: it was given one, and goes on over the first one that add_ways tells. */
static bool loses_its_network(const struct sim_node *n, const struct todo *t)
{
    struct hvc_command c = {.version = HVC_COMMAND_VERSION};

    if (t->job.network == 0 || t->job.id % 3 != 0 || !state_speaks(n))
        return false;
    add_ways(n, t, t->job.phase, &c);
    return c.report.way_count > 0 && c.report.ways[0] != t->job.network;
}

static void do_start(struct sim_world *w, struct sim_node *n, const struct todo *t, struct sim_work *k, int guest)
{
    struct sim_guest *g = &w->guest[guest];
    struct sim_effect e = {.job = t->job.id,
                           .act = ACT_MIGRATE,
                           .guest = guest,
                           .target = (int)t->job.target - 1,
                           .post_copy = (t->job.options.flags & HVC_OPTION_POST_COPY) != 0};
    bool held = !g->managed || t->job.origin == HVC_ORIGIN_PACEMAKER || pcmk_hold(w, n, guest, effect_tag(&t->job));

    if (is_decided(n, guest))
        return; /* it may still begin: no end is reported before that is over */
    if (++k->tries > TRIES_MAX)
        report_end(w, n, t, HVC_JOB_FAILED, n->id, w->now); /* it runs here, that was just seen */
    else if (held)
        decide_to(w, n, &e);
}

static bool is_ours(const struct sim_world *w, const struct todo *t, int guest)
{
    return w->guest[guest].move.phase != MOVE_NONE && w->guest[guest].move.job == effect_tag(&t->job);
}

static void do_deadline(struct sim_world *w, struct sim_node *n, const struct todo *t)
{
    struct hvc_command c = ask_command(w, n, HVC_COMMAND_JOB_CANCEL);

    if (t->job.options.deadline_ms == 0 || t->job.cancel || node_stamp(w, n) < t->job.options.deadline_ms ||
        t->job.phase == HVC_JOB_SWITCHING)
        return;
    c.cancel.job = t->job.id;
    w->stats.cover[COVER_DEADLINE] += ask(w, n, &c, key_of(HVC_COMMAND_JOB_CANCEL, t->job.id, 0), w->now);
}

static void do_migrate(struct sim_world *w, struct sim_node *n, const struct todo *t, struct sim_work *k, int guest)
{
    const struct sim_move *m = &w->guest[guest].move;
    bool ours = is_ours(w, t, guest), moves = (hvc_job_kind_info(t->job.kind)->flags & HVC_KIND_STAYS) == 0;
    unsigned phase = t->job.phase;

    if (!hyper_answers(w, n->id))
        return;
    if (HVC_BUG(HANDBACK) && w->guest[guest].hold == effect_tag(&t->job) && ours)
        pcmk_hand_back(w, n, guest, (int)t->job.target - 1);
    if (HVC_BUG(HOLDEARLY) && w->guest[guest].hold == effect_tag(&t->job) && ours && m->phase != MOVE_COPY)
        pcmk_release(w, guest);
    do_deadline(w, n, t);
    if (phase == HVC_JOB_ADMITTED && (ours || !moves || !is_up(hyper_is(w, n->id, guest)))) {
        report_phase(w, n, t, HVC_JOB_COPYING);
    } else if (phase == HVC_JOB_ADMITTED) {
        do_start(w, n, t, k, guest);
    } else if (!ours) {
        report_phase(w, n, t, HVC_JOB_VERIFYING);
    } else if (phase == HVC_JOB_COPYING && m->phase != MOVE_COPY) {
        report_phase(w, n, t, HVC_JOB_SWITCHING);
    } else if (phase == HVC_JOB_COPYING && loses_its_network(n, t)) {
        w->stats.cover[COVER_NETWORK_NEXT]++;
        report_phase(w, n, t, phase);
    }
}

/* Nothing of it had begun when an end was lost, and both are back; or the target was lost before the switch-over, and
 * is not proven dead. */
static bool waits_again(const struct sim_node *n, const struct todo *t)
{
    const struct hvc_service_node *source = hvc_service_node(n->service, t->job.source);
    const struct hvc_service_node *target = hvc_service_node(n->service, t->job.target);

    if (!state_speaks(n) || t->job.cancel || t->job.kind != HVC_KIND_LIVE || t->job.origin == HVC_ORIGIN_PACEMAKER ||
        t->job.attempts >= TRIES_MAX || source == NULL || !source->member || target == NULL)
        return false;
    if (t->job.phase == HVC_JOB_RECONCILING)
        return target->member && hvc_job_never_switched(&t->job) && t->job.lost_target != HVC_TARGET_DEAD;
    return t->job.lost_target == HVC_TARGET_LOST;
}

/* Told before the move is ended, when every program understands it. */
static bool tells_lost_target(const struct sim_node *n, const struct todo *t)
{
    const struct hvc_service_node *target = hvc_service_node(n->service, t->job.target);

    return state_speaks(n) && !t->job.cancel && t->job.lost_target == HVC_TARGET_NOT_LOST && target != NULL &&
           !target->member;
}

/* A move that has left the guest where it was. */
static void end_unmoved(struct sim_world *w, struct sim_node *n, const struct todo *t, uint64_t looked_at)
{
    bool again = waits_again(n, t);

    w->stats.cover[COVER_QUEUED_AGAIN] += again && t->job.phase == HVC_JOB_RECONCILING;
    w->stats.cover[COVER_TARGET_WAITED] += again && t->job.phase != HVC_JOB_RECONCILING;
    report_end(w, n, t,
               again           ? HVC_JOB_QUEUED
               : t->job.cancel ? HVC_JOB_CANCELLED
                               : HVC_JOB_FAILED,
               (int)t->job.source - 1, looked_at);
}

static void do_cancel(struct sim_world *w, struct sim_node *n, const struct todo *t, int guest)
{
    struct sim_move *m = &w->guest[guest].move;
    bool ours = is_ours(w, t, guest);
    unsigned phase = t->job.phase;

    if (!hyper_answers(w, n->id))
        return;
    if (tells_lost_target(n, t))
        report(w, n, t, phase, UNPLACED, HVC_REASON_TARGET_LOST, w->now);
    else if (phase == HVC_JOB_ADMITTED && ours)
        report_phase(w, n, t, HVC_JOB_COPYING);
    else if (ours && m->phase == MOVE_COPY)
        m->abort = true;
    else if (ours)
        report_phase(w, n, t, HVC_JOB_SWITCHING);
    else if (is_up(hyper_is(w, n->id, guest)) && m->phase == MOVE_NONE)
        end_unmoved(w, n, t, w->now);
    else if (m->phase == MOVE_NONE)
        report_phase(w, n, t, phase == HVC_JOB_ADMITTED ? HVC_JOB_COPYING : HVC_JOB_VERIFYING);
}

/* Still being moved, by libvirt alone: the job goes on where it is. */
static void go_on(struct sim_world *w, struct sim_node *n, const struct todo *t, int guest)
{
    const struct hvc_service_node *source = hvc_service_node(n->service, t->job.source);
    const struct hvc_service_node *target = hvc_service_node(n->service, t->job.target);

    if (t->job.phase != HVC_JOB_RECONCILING || !is_ours(w, t, guest) || source == NULL || !source->member ||
        target == NULL || !target->member)
        return;
    w->stats.cover[COVER_ADOPTED]++;
    report_phase(w, n, t, w->guest[guest].move.phase == MOVE_COPY ? HVC_JOB_COPYING : HVC_JOB_SWITCHING);
}

/* The guest is where it was, and nothing moves it any more. */
static void report_stayed(struct sim_world *w, struct sim_node *n, const struct todo *t, uint64_t looked_at)
{
    bool moves = (hvc_job_kind_info(t->job.kind)->flags & HVC_KIND_MOVES_GUEST) != 0;

    if (moves)
        end_unmoved(w, n, t, looked_at);
    else
        report_end(w, n, t, HVC_JOB_COMPLETED, (int)t->job.source - 1, looked_at);
}

/* Where is it? Both ends have to say, or to be dead. */
static void prove(struct sim_world *w, struct sim_node *n, const struct todo *t, struct sim_work *k, int guest)
{
    int source = (int)t->job.source - 1, target = (int)t->job.target - 1;
    bool moves = (hvc_job_kind_info(t->job.kind)->flags & HVC_KIND_MOVES_GUEST) != 0;
    struct sim_effect destroy = {.job = t->job.id, .act = ACT_DESTROY, .guest = guest};
    bool elsewhere = false;

    if (HVC_BUG(BLINDVERIFY) && moves) {
        report_end(w, n, t, HVC_JOB_COMPLETED, target, w->now);
        return;
    }
    if (!looked(w, n, k, guest))
        return;
    for (int i = 0; i < w->nodes; i++)
        elsewhere = elsewhere || (i != source && i != target && is_up(k->seen[i]));
    if (k->seen[source] == HVC_SEEN_LEAVING || k->seen[target] == HVC_SEEN_INCOMING) {
        go_on(w, n, t, guest);
    } else if (k->seen[target] == HVC_SEEN_FAILED && (moves || w->guest[guest].move.phase == MOVE_NONE)) {
        report_phase(w, n, t, HVC_JOB_NEEDS_OPERATOR); /* stranded by a move of a history that was given up */
    } else if (k->seen[source] == HVC_SEEN_FAILED) {
        if (n->id == source && (is_up(k->seen[target]) || is_gone(n, k, target)))
            decide_to(w, n, &destroy);
    } else if (is_up(k->seen[source]) && (source == target || is_gone(n, k, target))) {
        if (w->guest[guest].move.phase == MOVE_NONE)
            report_stayed(w, n, t, k->looked_at);
        else
            go_on(w, n, t, guest);
    } else if (is_up(k->seen[target]) && is_gone(n, k, source)) {
        report_end(w, n, t, HVC_JOB_COMPLETED, target, k->looked_at);
    } else if (is_gone(n, k, source) && is_gone(n, k, target)) {
        if (elsewhere)
            report_phase(w, n, t, HVC_JOB_NEEDS_OPERATOR);
        else
            report_end(w, n, t, HVC_JOB_FAILED, SIM_NOBODY, k->looked_at);
    }
    k->looked_at = 0;
}

static void do_drain(struct sim_world *w, struct sim_node *n, const struct todo *t)
{
    const struct hvc_drain *d = &t->drain;
    const struct hvc_service_node *node = hvc_service_node(n->service, d->node);
    bool settled = d->jobs == d->completed + d->failed + d->cancelled, enough = d->failed + d->cancelled >= 3;
    unsigned left = 0;

    if (n->drain != d->id)
        n->drain_tries = 0;
    n->drain = d->id;
    enough = enough || (settled && ++n->drain_tries > 40);
    for (int g = 0; g < SIM_GUESTS; g++) {
        const struct hvc_service_guest *guest = hvc_service_guest(n->service, w->guest[g].uuid);
        struct hvc_command c = ask_command(w, n, HVC_COMMAND_JOB);

        if (guest == NULL ||
            (d->back ? guest->origin != d->node || guest->node == d->node || guest->node == 0 : guest->node != d->node))
            continue;
        left++;
        if (guest->job != 0 || enough || node == NULL || !node->member)
            continue;
        memcpy(c.job.guest, guest->uuid, sizeof(c.job.guest));
        c.job.kind = HVC_KIND_LIVE;
        c.job.origin = d->back ? HVC_ORIGIN_RETURN : HVC_ORIGIN_DRAIN;
        c.job.target = d->back ? d->node : d->target;
        c.job.drain = d->id;
        (void)ask(w, n, &c, key_of(HVC_COMMAND_JOB, d->id, (unsigned)g), w->now);
    }
    if (settled && (left == 0 || enough || node == NULL || !node->member)) {
        struct hvc_command c = ask_command(w, n, HVC_COMMAND_DRAIN_REPORT);

        c.drain_report.drain = d->id;
        c.drain_report.state = left == 0 ? HVC_DRAIN_DONE : HVC_DRAIN_BLOCKED;
        (void)ask(w, n, &c, key_of(HVC_COMMAND_DRAIN_REPORT, d->id, 0), w->now);
    }
}

static void carry_out(struct sim_world *w, struct sim_node *n, const struct todo *t)
{
    struct sim_work *k = t->job.id != 0 ? work_of(n, t) : NULL;
    int guest = t->job.id != 0 ? effect_guest(w, t->job.guest) : SIM_NOBODY;

    w->stats.desired[t->effect.kind]++;
    if (t->job.id != 0 && (k == NULL || guest == SIM_NOBODY))
        return;
    switch ((enum hvc_effect_kind)t->effect.kind) {
    case HVC_EFFECT_PLACE:
        do_place(w, n, t);
        break;
    case HVC_EFFECT_CHECK:
        do_check(w, n, t, k, guest);
        break;
    case HVC_EFFECT_MIGRATE:
        do_migrate(w, n, t, k, guest);
        break;
    case HVC_EFFECT_CANCEL:
        do_cancel(w, n, t, guest);
        break;
    case HVC_EFFECT_VERIFY:
    case HVC_EFFECT_RECONCILE:
        prove(w, n, t, k, guest);
        break;
    case HVC_EFFECT_DRAIN:
    case HVC_EFFECT_RETURN:
        do_drain(w, n, t);
        break;
    case HVC_EFFECT_EXPECT: /* libvirt itself receives it */
    case HVC_EFFECT_COUNT:
        break;
    }
}

void effect_all(struct sim_world *w, struct sim_node *n, const struct hvc_replication_status *s)
{
    static struct todo todo[TODO_MAX];
    struct hvc_effect_cursor cursor = {0};
    unsigned count = 0;

    while (count < TODO_MAX && hvc_service_effect_next(n->service, (uint32_t)n->id + 1, keep_is_first(n, s), &cursor,
                                                       &todo[count].effect)) {
        struct todo *t = &todo[count++];

        t->job = t->effect.job != NULL ? *t->effect.job : (struct hvc_job){0};
        t->drain = t->effect.drain != NULL ? *t->effect.drain : (struct hvc_drain){0};
    }
    for (unsigned i = 0; i < count; i++)
        carry_out(w, n, &todo[i]);
}

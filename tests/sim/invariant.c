/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What must hold for guests and jobs, I1 to I9 of the list of invariants, whoever broke it. The truth about the log is
 * the first node that applies an entry (check.c demands that all others agree); the truth about guests is hyper.c.
 */
#include <string.h>

#include "sim.h"

#define JOBS_MAX 4096u

struct known_job {
    bool known, ended, acknowledged, forgotten;
    uint8_t phase;
    uint32_t runs_on, source, target;
    uint64_t epoch, index;
    uint8_t guest[16];
};

static struct known_job job[JOBS_MAX]; /* by id, as the log has it */
static uint64_t newest, unfinished;    /* the oldest one that has not ended */

void invariant_begin(struct sim_world *w)
{
    memset(job, 0, sizeof(job));
    newest = 0;
    unfinished = 1;
    (void)w;
}

/* I1 one-copy: at most one node executes a guest, at every moment. */
void invariant_guest(struct sim_world *w, int guest)
{
    int running = 0, where[2] = {0, 0};

    for (int i = 0; i < SIM_NODES; i++)
        if (w->guest[guest].at[i] == DOM_RUNNING) {
            where[running > 0] = i;
            running++;
        }
    if (running > 1)
        sim_violation(w, "I1-one-copy", "%s runs at node %d and node %d", w->guest[guest].name, where[0] + 1,
                      where[1] + 1);
}

/* I2 one-writer: a guest is booted only when no process of it that could write is left anywhere. */
void invariant_boot(struct sim_world *w, int node, int guest)
{
    for (int i = 0; i < SIM_NODES; i++)
        if (w->guest[guest].at[i] != DOM_NONE)
            sim_violation(w, "I2-one-writer", "%s is booted at node %d, it is %s at node %d", w->guest[guest].name,
                          node + 1, hvc_seen_name(hyper_is(w, i, guest)), i + 1);
}

/* I5 decided: a migration begins only for a job that the log lets go on, from its source to its target, and while the
 * target is in the view: who fences it later ends what has begun there. */
void invariant_start(struct sim_world *w, const struct sim_node *n, int guest, uint64_t id, bool in_view)
{
    const struct known_job *j = &job[id % JOBS_MAX];

    if (!in_view)
        sim_violation(w, "I5-decided", "node %d begins to move %s for job %llu to a node that is not in its view",
                      n->id + 1, w->guest[guest].name, (unsigned long long)id);
    if (!j->known && w->forgiven != 0)
        return; /* of a history that an operator has given up */
    if (!j->known || j->ended || j->source != (uint32_t)n->id + 1 ||
        memcmp(j->guest, w->guest[guest].uuid, sizeof(j->guest)) != 0)
        sim_violation(w, "I5-decided", "node %d begins to move %s for job %llu, which %s", n->id + 1,
                      w->guest[guest].name, (unsigned long long)id,
                      !j->known  ? "is not known"
                      : j->ended ? "has ended"
                                 : "is another's");
}

/* I6 truth, I9 stopped: what Pacemaker is told about a guest on a node is so. */
void invariant_success(struct sim_world *w, int node, int guest, bool there)
{
    enum sim_domain is = w->guest[guest].at[node];

    if (there ? is != DOM_RUNNING && is != DOM_PAUSED && is != DOM_BROKEN : is != DOM_NONE)
        sim_violation(w, there ? "I6-truth" : "I9-stopped", "Pacemaker is told that %s %s at node %d, it is %s",
                      w->guest[guest].name, there ? "runs" : "is stopped", node + 1,
                      hvc_seen_name(hyper_is(w, node, guest)));
}

/* I10 undisturbed: Pacemaker recovers no guest that a staged move has taken to where it runs now, on a node that it
 * sees. Called when it takes its record of a guest for wrong. */
void invariant_recover(struct sim_world *w, const struct sim_node *dc, int guest)
{
    const struct sim_guest *g = &w->guest[guest];
    int place = hyper_place(w, guest);

    if (g->staged && g->move.phase == MOVE_NONE && place == g->move.target && place != g->record &&
        totem_member(w, dc, place))
        sim_violation(w, "I10-undisturbed", "Pacemaker recovers %s: it has it at node %d, a job took it to node %d",
                      g->name, g->record + 1, place + 1);
}

/* ... and takes none to where it died after the move, from where it was started since: the location was known to be
 * wrong. What such a migration costs when it fails is a stop and a start. */
void invariant_pull(struct sim_world *w, int guest)
{
    const struct sim_guest *g = &w->guest[guest];

    if (g->here_dead)
        sim_violation(w, "I10-undisturbed", "a location of a job's pulls %s from node %d to node %d, where it died",
                      g->name, g->record + 1, g->here + 1);
}

/* I11 told-first: what is handed back is where the log has it. */
void invariant_hand_back(struct sim_world *w, const struct sim_node *n, int guest, int place)
{
    const struct hvc_service_guest *known = hvc_service_guest(n->service, w->guest[guest].uuid);

    if (known == NULL || known->node != (uint32_t)place + 1)
        sim_violation(w, "I11-told-first", "node %d hands %s back at node %d, the log has it at node %u", n->id + 1,
                      w->guest[guest].name, place + 1, known == NULL ? 0 : known->node);
}

/* Entries before the next one were applied when another history was in force: what is known of jobs may be older. */
void invariant_gap(void)
{
    for (uint64_t id = unfinished; id <= newest; id++)
        job[id].known = false;
}

void invariant_acknowledged(struct sim_world *w, uint64_t id)
{
    (void)w;
    job[id % JOBS_MAX].acknowledged = true;
}

/* I4: the report of an end names where the guest was when the reporter looked, unless it has changed since. */
static void check_report(struct sim_world *w, const struct hvc_entry *entry, const struct hvc_command *c,
                         const struct hvc_job *j)
{
    int guest = effect_guest(w, j->guest), place;
    uint64_t looked = ask_probed_at(w, &entry->token);

    if (guest == SIM_NOBODY || looked == 0 || j->ended == 0 || !c->report.located ||
        w->guest[guest].changed_at >= looked || hvc_job_is_check(j))
        return;
    place = hyper_place(w, guest);
    if (c->report.runs_on != 0 ? place != (int)c->report.runs_on - 1
                               : place + 1 == (int)j->source || place + 1 == (int)j->target)
        sim_violation(w, "I4-result-true", "job %llu ends %s, %s at node %u: it is at node %d",
                      (unsigned long long)j->id, hvc_job_phase_name(j->phase), w->guest[guest].name, c->report.runs_on,
                      place + 1);
}

/* One entry moves a job by two steps at most: lost and found again, or resolved. */
static bool reaches(unsigned from, unsigned to)
{
    if (from == to || hvc_job_phase_may_follow(from, to))
        return true;
    for (unsigned by = 0; by < HVC_JOB_PHASE_COUNT; by++)
        if (hvc_job_phase_may_follow(from, by) && hvc_job_phase_may_follow(by, to))
            return true;
    return false;
}

static bool settled(const struct hvc_service *s, uint32_t id)
{
    const struct hvc_service_node *node = hvc_service_node(s, id);

    return node == NULL || node->member || node->fenced;
}

/* I4 one-end: one result, for good. one-owner: at most one unfinished job a guest. */
static void follow_job(struct sim_world *w, const struct hvc_service *s, const struct hvc_job *j)
{
    struct known_job *known = &job[j->id % JOBS_MAX];
    const struct hvc_job_phase_info *info = hvc_job_phase_info(j->phase);
    bool ended = (info->flags & HVC_JOB_ENDED) != 0;

    if (j->id >= JOBS_MAX) {
        sim_violation(w, "sim-size", "more than %u jobs", JOBS_MAX);
        return;
    }
    if (known->forgotten || (known->known && (known->epoch != j->epoch || known->index != j->index)))
        sim_violation(w, "I3-job-kept", "job %llu is there twice", (unsigned long long)j->id);
    if (known->known && known->ended && (known->phase != j->phase || known->runs_on != j->runs_on))
        sim_violation(w, "I4-one-end", "job %llu ended as %s at %u, and now it is %s at %u", (unsigned long long)j->id,
                      hvc_job_phase_name(known->phase), known->runs_on, hvc_job_phase_name(j->phase), j->runs_on);
    if (known->known && !known->ended && !reaches(known->phase, j->phase))
        sim_violation(w, "I4-phases", "job %llu went from %s to %s", (unsigned long long)j->id,
                      hvc_job_phase_name(known->phase), hvc_job_phase_name(j->phase));
    if (known->known && !known->ended && ended && !j->located &&
        (hvc_job_phase_info(known->phase)->flags & HVC_JOB_STARTED) != 0)
        sim_violation(w, "I4-proven", "job %llu went from %s to %s without a proof where its guest is",
                      (unsigned long long)j->id, hvc_job_phase_name(known->phase), hvc_job_phase_name(j->phase));
    if (j->phase == HVC_JOB_RECONCILING && !(settled(s, j->source) && settled(s, j->target)))
        sim_violation(w, "I5-settled", "job %llu is reconciled before both ends are here or fenced",
                      (unsigned long long)j->id);
    if (!known->known || known->phase != j->phase) {
        w->stats.phase[j->phase]++;
        sim_trace(w, "job %llu: %s (%s)", (unsigned long long)j->id, hvc_job_phase_name(j->phase), j->guest_name);
    }
    known->known = true;
    known->ended = ended;
    known->phase = j->phase;
    known->runs_on = j->runs_on;
    known->source = j->source;
    known->target = j->target;
    known->epoch = j->epoch;
    known->index = j->index;
    memcpy(known->guest, j->guest, sizeof(known->guest));
    newest = j->id > newest ? j->id : newest;
}

/* It waits for the room that a move the other way will leave. */
static bool crosses(const struct hvc_service *s, const struct hvc_job *j)
{
    const struct hvc_job *other;
    uint32_t cursor = 0;

    if (j->phase != HVC_JOB_QUEUED || hvc_service_blocker(s, j->id, UINT64_MAX) != HVC_BLOCKER_ROOM)
        return false;
    while ((other = hvc_service_job_next(s, &cursor)) != NULL)
        if (other->ended == 0 && other->source == j->target && other->target == j->source)
            return true;
    return false;
}

/* I7 reserved, one-owner: slots and memory in use are those of unfinished jobs; within the limits when taken. */
static void check_sums(struct sim_world *w, const struct hvc_service *s)
{
    uint32_t out[SIM_NODES + 2] = {0}, in[SIM_NODES + 2] = {0}, at = 0, cursor = 0;
    uint64_t memory[SIM_NODES + 2] = {0};
    const struct hvc_job *j, *other;

    while ((j = hvc_service_job_next(s, &cursor)) != NULL) {
        unsigned flags = hvc_job_phase_info(j->phase)->flags, kind = hvc_job_kind_info(j->kind)->flags;
        uint32_t next = cursor;

        while ((other = hvc_service_job_next(s, &next)) != NULL)
            if (j->ended == 0 && other->ended == 0 && memcmp(j->guest, other->guest, 16) == 0)
                sim_violation(w, "I4-one-owner", "jobs %llu and %llu of one guest", (unsigned long long)j->id,
                              (unsigned long long)other->id);
        w->stats.cover[COVER_CROSS] += crosses(s, j);
        w->stats.cover[COVER_NETWORK_FULL] +=
            j->way_count > 0 && hvc_service_blocker(s, j->id, UINT64_MAX) == HVC_BLOCKER_LIMIT_NETWORK;
        if (hvc_job_is_check(j) || j->source > SIM_NODES + 1 || j->target > SIM_NODES + 1)
            continue;
        out[j->source] += (flags & HVC_JOB_HOLDS_SLOTS) != 0 && (kind & HVC_KIND_USES_LINK) != 0;
        in[j->target] += (flags & HVC_JOB_HOLDS_SLOTS) != 0 && (kind & HVC_KIND_USES_LINK) != 0;
        if ((flags & HVC_JOB_HOLDS_ROOM) != 0 && (kind & HVC_KIND_MOVES_GUEST) != 0)
            memory[j->target] += j->memory_kib;
    }
    for (at = 1; at <= SIM_NODES + 1; at++) {
        struct hvc_node_load load;

        if (hvc_service_node_load(s, at, &load) == 0 &&
            (load.out != out[at] || load.in != in[at] || load.reserved_kib != memory[at]))
            sim_violation(w, "I7-reserved", "node %u: out %u in %u memory %llu, its jobs take %u, %u, %llu", at,
                          load.out, load.in, (unsigned long long)load.reserved_kib, out[at], in[at],
                          (unsigned long long)memory[at]);
    }
}

/* I7: a job that has just been let go on finds what it takes within the limits. */
static void check_limits(struct sim_world *w, const struct hvc_service *s, const struct hvc_job *j)
{
    struct hvc_node_load from, to;
    const struct hvc_service_node *target = hvc_service_node(s, j->target);
    uint64_t spare;

    if (hvc_job_is_check(j) || (hvc_job_kind_info(j->kind)->flags & HVC_KIND_USES_LINK) == 0 || target == NULL ||
        hvc_service_node_load(s, j->source, &from) < 0 || hvc_service_node_load(s, j->target, &to) < 0)
        return;
    spare = hvc_service_setting(s, j->target, HVC_SETTING_MEMORY_SPARE);
    if (j->origin != HVC_ORIGIN_PACEMAKER && /* which limits do not hold back */
        (from.out > hvc_service_setting(s, j->source, HVC_SETTING_MOVES_OUT) ||
         to.in > hvc_service_setting(s, j->target, HVC_SETTING_MOVES_IN)))
        sim_violation(w, "I7-limits", "job %llu was admitted: out %u, in %u are above the limits",
                      (unsigned long long)j->id, from.out, to.in);
    if (j->memory_kib > 0 && target->memory_kib != 0 && to.used_kib + to.reserved_kib + spare > target->memory_kib)
        sim_violation(w, "I7-limits", "job %llu was admitted: %llu KiB at node %u, which has %llu",
                      (unsigned long long)j->id, (unsigned long long)(to.used_kib + to.reserved_kib), j->target,
                      (unsigned long long)target->memory_kib);
}

/* The same of the network that it was given, by a count of its own. */
static void check_network(struct sim_world *w, const struct hvc_service *s, const struct hvc_job *j)
{
    const struct hvc_network *network = j->network == 0 ? NULL : hvc_service_network(s, j->network);
    uint32_t out = 0, in = 0, cursor = 0;
    const struct hvc_job *other;

    if (network == NULL || network->limit == 0 || j->origin == HVC_ORIGIN_PACEMAKER)
        return;
    while ((other = hvc_service_job_next(s, &cursor)) != NULL) {
        if (other->network != j->network || (hvc_job_phase_info(other->phase)->flags & HVC_JOB_HOLDS_SLOTS) == 0)
            continue;
        out += other->source == j->source;
        in += other->target == j->target;
    }
    if (out > network->limit || in > network->limit)
        sim_violation(w, "I7-limits", "job %llu was given network %u: out %u, in %u are above its limit %u",
                      (unsigned long long)j->id, j->network, out, in, network->limit);
}

/* I5 settled: who counts as fenced is no member. I5 fenced-truth: and the boot of the host in which it was one is over.
 */
static void check_nodes(struct sim_world *w, const struct hvc_service *s, const struct hvc_command *c, bool good)
{
    const struct hvc_service_node *node;

    for (uint32_t at = 0; (node = hvc_service_node_at(s, at)) != NULL; at++)
        if (node->member && node->fenced)
            sim_violation(w, "I5-settled", "node %u is a member and fenced", node->id);
    node = c->kind == HVC_COMMAND_FENCED && good ? hvc_service_node(s, c->fenced.id) : NULL;
    if (node != NULL && node->id <= SIM_NODES && node->boot_id != 0 && w->node[node->id - 1].powered &&
        w->node[node->id - 1].boots == node->boot_id / SIM_STARTS_MAX)
        sim_violation(w, "I5-fenced-truth",
                      "node %u counts as fenced, it runs and has not been down since it was a member", node->id);
}

static void cover_command(struct sim_world *w, const struct hvc_command *c, const struct hvc_answer *answer)
{
    w->stats.command[c->kind]++;
    w->stats.cover[COVER_BUSY] += c->kind == HVC_COMMAND_JOB && answer->code == HVC_ANSWER_BUSY;
    w->stats.cover[COVER_CANCEL_TWICE] += c->kind == HVC_COMMAND_JOB_CANCEL && answer->code == HVC_ANSWER_UNCHANGED;
    w->stats.cover[COVER_CANCEL_LATE] += c->kind == HVC_COMMAND_JOB_CANCEL && answer->code == HVC_ANSWER_TOO_LATE;
    w->stats.cover[COVER_RESOLVED] += c->kind == HVC_COMMAND_JOB_RESOLVE && answer->code == HVC_ANSWER_OK;
    w->stats.cover[COVER_NODE_FORGOTTEN] += c->kind == HVC_COMMAND_NODE_REMOVE && answer->code == HVC_ANSWER_OK;
    w->stats.cover[COVER_REPORT_STALE] += c->kind == HVC_COMMAND_JOB_REPORT && answer->code == HVC_ANSWER_STALE;
    w->stats.cover[COVER_FENCED_REFUSED] += c->kind == HVC_COMMAND_FENCED && answer->code == HVC_ANSWER_MEMBER;
    if (c->kind == HVC_COMMAND_JOB_REPORT && answer->code == HVC_ANSWER_OK && job[c->report.job % JOBS_MAX].known &&
        job[c->report.job % JOBS_MAX].phase != c->report.from)
        sim_violation(w, "I4-stale-report", "a report about job %llu as %s is taken, it is %s",
                      (unsigned long long)c->report.job, hvc_job_phase_name(c->report.from),
                      hvc_job_phase_name(job[c->report.job % JOBS_MAX].phase));
    if (c->kind == HVC_COMMAND_JOB_CANCEL && answer->code == HVC_ANSWER_OK && c->cancel.job < JOBS_MAX) {
        unsigned phase = job[c->cancel.job].phase;

        w->stats.cover[phase == HVC_JOB_QUEUED || phase == HVC_JOB_CHECKING       ? COVER_CANCEL_QUEUED
                       : phase == HVC_JOB_UNKNOWN || phase == HVC_JOB_RECONCILING ? COVER_CANCEL_UNKNOWN
                                                                                  : COVER_CANCEL_COPY]++;
    }
}

/* I3 job-kept: a job goes only behind its end; where few ended ones are kept, that may be in the same entry. */
static void check_gone(struct sim_world *w, const struct hvc_service *s)
{
    uint64_t keep = hvc_service_setting(s, 0, HVC_SETTING_RETENTION_COUNT);
    struct hvc_service_counts counts;

    hvc_service_counts(s, &counts);
    for (uint64_t id = unfinished; id <= newest; id++) {
        if (id == unfinished && job[id].known && job[id].ended)
            unfinished++;
        if (!job[id].known || job[id].ended || hvc_service_job(s, id) != NULL)
            continue;
        job[id].ended = true;
        if (counts.ended < keep && counts.ended < SIM_JOBS_KEPT)
            sim_violation(w, "I3-job-kept", "job %llu is gone, it was %s", (unsigned long long)id,
                          hvc_job_phase_name(job[id].phase));
    }
}

/* After the first apply of an entry, on the node that did it. */
void invariant_entry(struct sim_world *w, struct sim_node *n, const struct hvc_entry *entry,
                     const struct hvc_answer *answer)
{
    static struct hvc_command c;
    uint8_t bytes[SIM_OP_MAX];
    const struct hvc_job *j;
    uint32_t cursor = 0;

    if (entry->length > sizeof(bytes))
        return;
    memcpy(bytes, entry->bytes, entry->length);
    state_mark(bytes, 1);
    if (hvc_command_decode(bytes, entry->length, &c) < 0) {
        sim_violation(w, "contract", "entry %llu cannot be decoded", (unsigned long long)entry->index);
        return;
    }
    sim_trace(w, "%llu: %s by n%u: %s (%llu)", (unsigned long long)entry->index, hvc_command_name(c.kind), c.node,
              hvc_answer_name(answer->code), (unsigned long long)answer->value);
    cover_command(w, &c, answer);
    if (c.kind == HVC_COMMAND_JOB_FORGET && answer->code == HVC_ANSWER_OK && c.forget.job < JOBS_MAX)
        job[c.forget.job].forgotten = true;
    while ((j = hvc_service_job_next(n->service, &cursor)) != NULL) {
        const struct known_job *known = &job[j->id % JOBS_MAX];
        /* what others had committed before a core was healed is seen late, by an entry that has nothing to do with it
         */
        bool came = known->known ? known->phase != j->phase : j->index == entry->index;

        if (known->known && known->phase == j->phase && known->target == j->target && known->runs_on == j->runs_on)
            continue;
        follow_job(w, n->service, j);
        if (came && j->phase == HVC_JOB_CHECKING)
            check_limits(w, n->service, j);
        if (came && (j->phase == HVC_JOB_CHECKING || j->phase == HVC_JOB_ADMITTED))
            check_network(w, n->service, j);
    }
    if (c.kind == HVC_COMMAND_JOB_REPORT && answer->code == HVC_ANSWER_OK &&
        (j = hvc_service_job(n->service, c.report.job)) != NULL)
        check_report(w, entry, &c, j);
    check_nodes(w, n->service, &c, answer->code == HVC_ANSWER_OK);
    check_gone(w, n->service);
    check_sums(w, n->service);
}

static const char *guest_rest(const struct sim_world *w, const struct hvc_service *s, int guest)
{
    const struct sim_guest *g = &w->guest[guest];
    const struct hvc_service_guest *known = hvc_service_guest(s, g->uuid);
    int place = hyper_place(w, guest);

    if (known == NULL)
        return "a guest is not known";
    if (g->hold != 0 || g->here != SIM_NOBODY || g->move.phase != MOVE_NONE)
        return "a guest is held, pulled or moved";
    if (known->node != (place == SIM_NOBODY ? 0 : (uint32_t)place + 1))
        return "the record of a guest is wrong";
    if (g->managed && (place == SIM_NOBODY || g->record != place))
        return "Pacemaker's record of a guest is wrong";
    return NULL;
}

/* Every job and every drain has ended, everybody's record of every guest is true, nothing is half moved. */
const char *invariant_rest(struct sim_world *w, unsigned core)
{
    int first = __builtin_ctz(core); /* check_live has found them alike */
    const struct hvc_service *s = w->node[first].service;
    struct hvc_service_counts counts;
    const struct hvc_drain *drain;
    const char *rest = NULL;
    uint64_t cursor = 0;

    hvc_service_counts(s, &counts);
    if (counts.queued + counts.active > 0)
        return "a job has not ended";
    while ((drain = hvc_service_drain_next(s, &cursor)) != NULL)
        if (drain->state == HVC_DRAIN_RUNNING)
            return "a drain has not ended";
    for (int g = 0; g < SIM_GUESTS && rest == NULL; g++)
        rest = guest_rest(w, s, g);
    return rest;
}

/* I3 job-kept: what was acknowledged is there, or has ended and gone by the rules of retention. */
void invariant_end(struct sim_world *w, unsigned core)
{
    const struct hvc_service *s = NULL;

    for (int i = 0; i < w->nodes; i++)
        if ((core >> i) & 1)
            s = w->node[i].service;
    for (uint64_t id = 1; id <= newest && s != NULL && w->forgiven == 0; id++)
        if (job[id].acknowledged && hvc_service_job(s, id) == NULL && !(job[id].known && job[id].ended))
            sim_violation(w, "I3-job-kept", "job %llu was acknowledged and is gone", (unsigned long long)id);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands on jobs. */
#include <string.h>

#include "internal.h"

#define OK hvc_answer_of(HVC_ANSWER_OK, 0, 0)

static bool moves(const struct hvc_job *job)
{
    return !hvc_job_is_check(job) && (hvc_job_kind_info(job->kind)->flags & HVC_KIND_MOVES_GUEST) != 0;
}

/* May this node be the target of a new move? */
static struct hvc_answer check_target(const struct hvc_service *s, const struct hvc_job *job, uint32_t target)
{
    uint32_t slot = hvc_find_node(s, target);
    unsigned kind = hvc_job_kind_info(job->kind)->flags;

    if (target == job->source)
        return hvc_answer_of(HVC_ANSWER_SAME_NODE, 0, target);
    if (slot == HVC_NONE)
        return hvc_answer_of(HVC_ANSWER_NO_NODE, 0, target);
    if (!s->nodes[slot].member)
        return hvc_answer_of(HVC_ANSWER_AWAY, 0, target);
    if (hvc_job_is_check(job))
        return OK;
    if (!s->nodes[slot].accepting || (s->nodes[slot].maintenance && job->origin != HVC_ORIGIN_PACEMAKER))
        return hvc_answer_of(HVC_ANSWER_CLOSED, 0, target);
    if ((kind & HVC_KIND_NEEDS_LIVE) != 0 && !s->nodes_more[slot].live)
        return hvc_answer_of(HVC_ANSWER_NOT_ENABLED, 0, target);
    return OK;
}

/* Settles job->source from the request and where the guest is. */
static struct hvc_answer check_source(const struct hvc_service *s, struct hvc_job *job, uint32_t guest_node)
{
    unsigned kind = hvc_job_kind_info(job->kind)->flags;
    bool may_be_off = job->kind == HVC_KIND_DEFINITION || job->kind == HVC_KIND_STORAGE;
    uint32_t slot;

    if (guest_node == 0 ? !may_be_off : job->kind == HVC_KIND_DEFINITION)
        return hvc_answer_of(HVC_ANSWER_NOT_RUNNING, 0, 0);
    if (job->source == 0)
        job->source = guest_node;
    if (guest_node != 0 && job->source != guest_node)
        return hvc_answer_of(HVC_ANSWER_NOT_THERE, 0, guest_node);
    slot = hvc_find_node(s, job->source);
    if (slot == HVC_NONE)
        return hvc_answer_of(HVC_ANSWER_NO_NODE, 0, job->source);
    if (!s->nodes[slot].member)
        return hvc_answer_of(HVC_ANSWER_AWAY, 0, job->source);
    if (hvc_job_is_check(job))
        return OK;
    if (!s->nodes[slot].accepting)
        return hvc_answer_of(HVC_ANSWER_CLOSED, 0, job->source);
    if ((kind & HVC_KIND_NEEDS_LIVE) != 0 && !s->nodes_more[slot].live)
        return hvc_answer_of(HVC_ANSWER_NOT_ENABLED, 0, job->source);
    return OK;
}

static bool options_fit(const struct hvc_job_options *o)
{
    return (o->flags & HVC_OPTION_TLS) == 0 || (o->flags & HVC_OPTION_PLAIN) == 0
               ? (o->flags & HVC_OPTION_COMPRESS) == 0 || (o->flags & HVC_OPTION_NO_COMPRESS) == 0
               : false;
}

static struct hvc_answer check_request(const struct hvc_service *s, const struct hvc_command *c, uint32_t guest)
{
    uint32_t drain = c->job.drain == 0 ? HVC_NONE : hvc_find_drain(s, c->job.drain);

    if (guest == HVC_NONE)
        return hvc_answer_of(HVC_ANSWER_NO_GUEST, 0, 0);
    if (s->guests[guest].job != 0 && !HVC_SERVICE_BUG(SECONDJOB))
        return hvc_answer_of(HVC_ANSWER_BUSY, 0, s->guests[guest].job);
    if (!options_fit(&c->job.options))
        return hvc_answer_of(HVC_ANSWER_INVALID, HVC_FIELD_OPTIONS, 0);
    if (c->job.drain != 0 && (drain == HVC_NONE || s->drains[drain].state != HVC_DRAIN_RUNNING))
        return hvc_answer_of(HVC_ANSWER_NO_DRAIN, 0, c->job.drain);
    if (s->head.properties.state == HVC_STATE_DISABLED && (c->job.options.flags & HVC_OPTION_CHECK_ONLY) == 0)
        return hvc_answer_of(HVC_ANSWER_DISABLED, 0, 0);
    return hvc_check_document(s, c->job.options.document);
}

/* Everything about the new job but its number; in ret_job only when the answer is OK. */
static struct hvc_answer plan_job(const struct hvc_service *s, const struct hvc_command *c, uint32_t guest,
                                  struct hvc_job *job)
{
    struct hvc_answer answer;

    job->kind = c->job.kind;
    job->origin = c->job.origin;
    job->source = c->job.source;
    job->target = c->job.target;
    job->drain = c->job.drain;
    job->options = c->job.options;
    answer = check_source(s, job, s->guests[guest].node);
    if (answer.code != HVC_ANSWER_OK)
        return answer;
    if ((hvc_job_kind_info(job->kind)->flags & HVC_KIND_STAYS) != 0) {
        if (job->target != 0 && job->target != job->source)
            return hvc_answer_of(HVC_ANSWER_INVALID, HVC_FIELD_TARGET, job->target);
        job->target = job->source;
    } else if (job->target != 0) {
        answer = check_target(s, job, job->target);
        if (answer.code != HVC_ANSWER_OK)
            return answer;
    }
    if (job->options.priority == 0)
        job->options.priority = (uint16_t)hvc_service_setting(s, 0, HVC_SETTING_PRIORITY);
    if (moves(job))
        job->memory_kib = s->guests[guest].memory_kib;
    return OK;
}

struct hvc_answer hvc_service_plan(const struct hvc_service *s, const struct hvc_command *c, struct hvc_job *ret_job)
{
    uint32_t guest = hvc_find_guest(s, c->job.guest);
    struct hvc_answer answer = check_request(s, c, guest);
    struct hvc_job job;

    if (answer.code != HVC_ANSWER_OK)
        return answer;
    memset(&job, 0, sizeof(job));
    answer = plan_job(s, c, guest, &job);
    if (answer.code != HVC_ANSWER_OK)
        return answer;
    memcpy(job.guest, c->job.guest, sizeof(job.guest));
    memcpy(job.guest_name, s->guests[guest].name, sizeof(job.guest_name));
    memcpy(job.by, c->by, sizeof(job.by));
    *ret_job = job;
    return answer;
}

static void count_in_drain(struct hvc_service *s, uint64_t id)
{
    uint32_t slot = id == 0 ? HVC_NONE : hvc_find_drain(s, id);

    if (slot == HVC_NONE)
        return;
    s->drains[slot].jobs++;
    hvc_touch(s, HVC_RECORD_DRAIN, slot);
}

struct hvc_answer hvc_apply_job(struct hvc_service *s, const struct hvc_command *c)
{
    uint32_t guest = hvc_find_guest(s, c->job.guest), slot;
    struct hvc_answer answer = check_request(s, c, guest);
    struct hvc_job *job;

    if (answer.code != HVC_ANSWER_OK)
        return answer;
    /* There is a slot: ended jobs are bounded by jobs_kept, and a guest has one unfinished job at most. */
    slot = hvc_pool_take(&s->pool[HVC_RECORD_JOB]);
    if (slot == HVC_NONE)
        return hvc_answer_of(HVC_ANSWER_FULL, HVC_FIELD_GUESTS, s->config.guests);
    job = &s->jobs[slot];
    memset(job, 0, sizeof(*job));
    answer = plan_job(s, c, guest, job);
    if (answer.code != HVC_ANSWER_OK) {
        hvc_pool_give(&s->pool[HVC_RECORD_JOB], slot);
        return answer;
    }
    job->id = s->head.next_job++;
    job->epoch = s->epoch;
    job->index = s->index;
    memcpy(job->guest, c->job.guest, 16);
    memcpy(job->guest_name, s->guests[guest].name, sizeof(job->guest_name));
    memcpy(job->by, c->by, sizeof(job->by));
    job->phase = HVC_JOB_QUEUED;
    job->phase_ms[HVC_JOB_QUEUED] = c->stamp_ms;
    job->mark = s->head.admissions;
    hvc_link_job(s, slot);
    hvc_touch(s, HVC_RECORD_JOB, slot);
    hvc_ways_share(s, slot);
    hvc_touch_head(s);
    count_in_drain(s, job->drain);
    s->admit = true;
    return hvc_answer_of(HVC_ANSWER_OK, 0, job->id);
}

/* The job of a command, or why there is none to work on. */
static struct hvc_answer find_unfinished(const struct hvc_service *s, uint64_t id, uint32_t *ret_slot)
{
    uint32_t slot = hvc_find_job(s, id);

    if (slot == HVC_NONE)
        return hvc_answer_of(HVC_ANSWER_NO_JOB, 0, id);
    if (s->jobs[slot].ended != 0)
        return hvc_answer_of(HVC_ANSWER_ENDED, s->jobs[slot].phase, id);
    *ret_slot = slot;
    return OK;
}

struct hvc_answer hvc_apply_job_target(struct hvc_service *s, const struct hvc_command *c)
{
    uint32_t slot = HVC_NONE;
    struct hvc_answer answer = find_unfinished(s, c->job_target.job, &slot);
    struct hvc_job *job;

    if (answer.code != HVC_ANSWER_OK)
        return answer;
    job = &s->jobs[slot];
    if (job->phase != HVC_JOB_QUEUED)
        return hvc_answer_of(HVC_ANSWER_STALE, job->phase, job->id);
    if ((hvc_job_kind_info(job->kind)->flags & HVC_KIND_STAYS) != 0)
        return hvc_answer_of(HVC_ANSWER_INVALID, HVC_FIELD_TARGET, c->job_target.target);
    answer = check_target(s, job, c->job_target.target);
    if (answer.code != HVC_ANSWER_OK)
        return answer;
    if (job->target == c->job_target.target)
        return hvc_answer_of(HVC_ANSWER_UNCHANGED, 0, 0);
    job->target = c->job_target.target;
    job->way_count = 0; /* they led to the other one */
    job->lost_target = HVC_TARGET_NOT_LOST;
    hvc_touch(s, HVC_RECORD_JOB, slot);
    hvc_ways_share(s, slot);
    s->admit = true;
    return OK;
}

/* ---- reports ---- */

/* Source and target report; any node does when neither of them is there. */
static bool may_report(const struct hvc_service *s, const struct hvc_job *job, uint32_t node)
{
    const struct hvc_service_node *source = hvc_service_node(s, job->source);
    const struct hvc_service_node *target = hvc_service_node(s, job->target);

    return node == job->source || (job->target != 0 && node == job->target) ||
           (!source->member && (target == NULL || !target->member));
}

static bool transition_fits(const struct hvc_job *job, unsigned to)
{
    if (to == job->phase)
        return true;
    if (!hvc_job_phase_may_follow(job->phase, to))
        return false;
    if (job->phase == HVC_JOB_QUEUED) /* admission is the core's own */
        return to == HVC_JOB_FAILED;
    if (job->phase == HVC_JOB_CHECKING)
        return hvc_job_is_check(job) ? to != HVC_JOB_ADMITTED : to != HVC_JOB_COMPLETED;
    if (to != HVC_JOB_QUEUED)
        return true;
    return job->phase == HVC_JOB_RECONCILING ? hvc_job_never_switched(job) && job->lost_target != HVC_TARGET_DEAD
                                             : job->lost_target == HVC_TARGET_LOST;
}

/* What had begun goes back to the queue. */
static bool is_again(const struct hvc_job *job, unsigned to)
{
    return to == HVC_JOB_QUEUED && (hvc_job_phase_info(job->phase)->flags & HVC_JOB_STARTED) != 0;
}

static bool is_dead(const struct hvc_service *s, uint32_t node)
{
    return s->nodes[hvc_find_node(s, node)].fenced;
}

/* What is being reconciled goes on as a move, or waits for it again, only where both ends can; else it ends, or waits
 * for its operator. Nothing that has begun waits for a target that is dead. */
static struct hvc_answer check_resumed(const struct hvc_service *s, const struct hvc_job *job, unsigned to)
{
    unsigned flags = hvc_job_phase_info(to)->flags;

    if (is_again(job, to) && is_dead(s, job->target))
        return hvc_answer_of(HVC_ANSWER_AWAY, 0, job->target);
    if (job->phase != HVC_JOB_RECONCILING || to == job->phase || to == HVC_JOB_UNKNOWN ||
        (to != HVC_JOB_QUEUED && (flags & HVC_JOB_HOLDS_SLOTS) == 0))
        return OK;
    if (!s->nodes[hvc_find_node(s, job->source)].member)
        return hvc_answer_of(HVC_ANSWER_AWAY, 0, job->source);
    if (!s->nodes[hvc_find_node(s, job->target)].member)
        return hvc_answer_of(HVC_ANSWER_AWAY, 0, job->target);
    return OK;
}

/* An end says where the guest is, and that fits the end; so does what has started and goes back to the queue. */
static struct hvc_answer check_proof(const struct hvc_job *job, unsigned to, bool located, uint32_t runs_on)
{
    bool ends = (hvc_job_phase_info(to)->flags & HVC_JOB_ENDED) != 0, again = to == HVC_JOB_QUEUED;

    if (located && runs_on != 0 && runs_on != job->source && (runs_on != job->target || !moves(job)))
        return hvc_answer_of(HVC_ANSWER_INVALID, HVC_FIELD_RUNS_ON, runs_on);
    if ((!ends && !again) || (hvc_job_phase_info(job->phase)->flags & HVC_JOB_STARTED) == 0)
        return OK;
    if (!located)
        return hvc_answer_of(HVC_ANSWER_NOT_PROVEN, 0, 0);
    if (again)
        return runs_on == job->source ? OK : hvc_answer_of(HVC_ANSWER_INVALID, HVC_FIELD_RUNS_ON, runs_on);
    if (moves(job) &&
        (to == HVC_JOB_COMPLETED ? runs_on != job->target : runs_on == job->target && to == HVC_JOB_CANCELLED))
        return hvc_answer_of(HVC_ANSWER_INVALID, HVC_FIELD_RUNS_ON, runs_on);
    return OK;
}

static void take_location(struct hvc_service *s, uint32_t slot, uint32_t runs_on)
{
    struct hvc_job *job = &s->jobs[slot];

    job->located = true;
    job->runs_on = runs_on;
    hvc_guest_located(s, hvc_find_guest(s, job->guest), runs_on);
}

/* Returns the phase that the job comes into. */
static unsigned take_ways(struct hvc_service *s, const struct hvc_command *c, uint32_t slot)
{
    struct hvc_job *job = &s->jobs[slot];

    if (c->report.way_count == 0 || !hvc_job_takes_network(job))
        return c->report.to;
    if (job->phase == HVC_JOB_CHECKING && c->report.to == HVC_JOB_ADMITTED) {
        job->way_count = c->report.way_count;
        memcpy(job->ways, c->report.ways, sizeof(job->ways));
        return hvc_job_take_way(s, slot) ? HVC_JOB_ADMITTED : HVC_JOB_QUEUED;
    }
    if ((hvc_job_phase_info(job->phase)->flags & HVC_JOB_STARTED) != 0)
        hvc_job_set_network(s, slot, c->report.ways[0]); /* it is so: no limit ends a move that has begun */
    return c->report.to;
}

/* The drain of what had begun may be over: then nothing is begun anew for it. */
static bool drain_is_over(const struct hvc_service *s, const struct hvc_job *job)
{
    uint32_t drain = job->drain == 0 ? HVC_NONE : hvc_find_drain(s, job->drain);

    return job->drain != 0 && (drain == HVC_NONE || s->drains[drain].state != HVC_DRAIN_RUNNING);
}

/* What had begun waits for its nodes again, or ends with its drain. */
static void take_again(struct hvc_service *s, const struct hvc_command *c, uint32_t slot, unsigned *to)
{
    if (drain_is_over(s, &s->jobs[slot])) {
        hvc_job_reason(s, slot, c, HVC_REASON_CANCELLED, "the drain it belongs to is over");
        *to = HVC_JOB_CANCELLED;
        return;
    }
    hvc_job_reason(s, slot, c, c->report.code, c->report.text);
    s->jobs[slot].lost_target = HVC_TARGET_LOST;
}

static void take_report(struct hvc_service *s, const struct hvc_command *c, uint32_t slot)
{
    struct hvc_job *job = &s->jobs[slot];
    unsigned to = take_ways(s, c, slot);

    if (hvc_command_tells_lost_target(c))
        job->lost_target = is_dead(s, job->target) ? HVC_TARGET_DEAD : HVC_TARGET_LOST;
    if (is_again(job, to))
        take_again(s, c, slot, &to);
    else if (c->report.text[0] != '\0' || c->report.code != HVC_REASON_NOTE)
        hvc_job_reason(s, slot, c, c->report.code, c->report.text);
    if (c->report.located)
        take_location(s, slot, c->report.runs_on);
    job->step = c->report.step;
    hvc_touch(s, HVC_RECORD_JOB, slot);
    if (to == job->phase)
        return;
    if (to == HVC_JOB_QUEUED)
        job->options.not_before_ms = c->report.not_before_ms;
    hvc_job_move(s, slot, to, c->stamp_ms);
    if (job->ended == 0 && job->phase != HVC_JOB_QUEUED)
        hvc_job_follow_nodes(s, slot, c); /* a truth told by one end while the other is lost */
}

static bool is_away(const struct hvc_service *s, uint32_t node)
{
    return !s->nodes[hvc_find_node(s, node)].member;
}

/* A network may be gone meanwhile. One that is yet to come would be used by a job that it does not count. */
static struct hvc_answer check_ways(const struct hvc_service *s, const struct hvc_command *c)
{
    for (unsigned i = 0; i < c->report.way_count; i++) {
        if (c->report.ways[i] >= s->head.next_network)
            return hvc_answer_of(HVC_ANSWER_NO_NETWORK, 0, c->report.ways[i]);
    }
    return OK;
}

struct hvc_answer hvc_apply_job_report(struct hvc_service *s, const struct hvc_command *c)
{
    uint32_t slot = HVC_NONE;
    struct hvc_answer answer = find_unfinished(s, c->report.job, &slot);
    const struct hvc_job *job;

    if (answer.code != HVC_ANSWER_OK)
        return answer;
    job = &s->jobs[slot];
    if (c->report.from != job->phase && !HVC_SERVICE_BUG(STALEREPORT))
        return hvc_answer_of(HVC_ANSWER_STALE, job->phase, job->id);
    if (!may_report(s, job, c->node))
        return hvc_answer_of(HVC_ANSWER_NOT_YOURS, 0, job->id);
    if (!transition_fits(job, c->report.to))
        return hvc_answer_of(HVC_ANSWER_NOT_ALLOWED, job->phase, job->id);
    if ((job->cancel && is_again(job, c->report.to)) || (hvc_command_tells_lost_target(c) && !is_away(s, job->target)))
        return hvc_answer_of(HVC_ANSWER_STALE, job->phase, job->id); /* it came in between */
    answer = check_ways(s, c);
    if (answer.code == HVC_ANSWER_OK)
        answer = check_resumed(s, job, c->report.to);
    if (answer.code == HVC_ANSWER_OK)
        answer = check_proof(job, c->report.to, c->report.located, c->report.runs_on);
    if (answer.code != HVC_ANSWER_OK)
        return answer;
    take_report(s, c, slot);
    return hvc_answer_of(HVC_ANSWER_OK, 0, c->report.job);
}

/* ---- operators ---- */

struct hvc_answer hvc_apply_job_cancel(struct hvc_service *s, const struct hvc_command *c)
{
    uint32_t slot = HVC_NONE;
    struct hvc_answer answer = find_unfinished(s, c->cancel.job, &slot);
    struct hvc_job *job;

    if (HVC_SERVICE_BUG(ENDTWICE) && answer.code == HVC_ANSWER_ENDED)
        s->jobs[hvc_find_job(s, c->cancel.job)].phase = HVC_JOB_CANCELLED;
    if (answer.code == HVC_ANSWER_ENDED && answer.detail == HVC_JOB_CANCELLED)
        return hvc_answer_of(HVC_ANSWER_UNCHANGED, 0, c->cancel.job);
    if (answer.code != HVC_ANSWER_OK)
        return answer;
    job = &s->jobs[slot];
    if (job->cancel)
        return hvc_answer_of(HVC_ANSWER_UNCHANGED, 0, job->id);
    if ((hvc_job_phase_info(job->phase)->flags & HVC_JOB_CANCELLABLE) == 0 && !HVC_SERVICE_BUG(CANCELWINS))
        return hvc_answer_of(HVC_ANSWER_TOO_LATE, job->phase, job->id);
    hvc_job_reason(s, slot, c, HVC_REASON_CANCELLED, c->cancel.text);
    job->cancel = true;
    hvc_touch(s, HVC_RECORD_JOB, slot);
    if ((hvc_job_phase_info(job->phase)->flags & HVC_JOB_STARTED) == 0 || HVC_SERVICE_BUG(CANCELWINS))
        hvc_job_move(s, slot, HVC_JOB_CANCELLED, c->stamp_ms);
    return hvc_answer_of(HVC_ANSWER_OK, 0, c->cancel.job);
}

struct hvc_answer hvc_apply_job_modify(struct hvc_service *s, const struct hvc_command *c)
{
    uint32_t slot = HVC_NONE;
    struct hvc_answer answer = find_unfinished(s, c->modify.job, &slot);
    unsigned mask = c->modify.mask;
    struct hvc_job_options *options;

    if (answer.code != HVC_ANSWER_OK)
        return answer;
    options = &s->jobs[slot].options;
    if ((mask & HVC_JOB_SET_PRIORITY) != 0 && s->jobs[slot].phase != HVC_JOB_QUEUED)
        return hvc_answer_of(HVC_ANSWER_NOT_ALLOWED, s->jobs[slot].phase, c->modify.job);
    if ((mask & HVC_JOB_SET_PRIORITY) != 0)
        options->priority =
            c->modify.priority != 0 ? c->modify.priority : (uint16_t)hvc_service_setting(s, 0, HVC_SETTING_PRIORITY);
    if ((mask & HVC_JOB_SET_BANDWIDTH) != 0)
        options->bandwidth = c->modify.bandwidth;
    if ((mask & HVC_JOB_SET_DEADLINE) != 0)
        options->deadline_ms = c->modify.deadline_ms;
    if ((mask & HVC_JOB_SET_DOWNTIME) != 0)
        options->downtime_ms = c->modify.downtime_ms;
    if ((mask & HVC_JOB_SET_END_ACTION) != 0)
        options->end_action = c->modify.end_action;
    hvc_touch(s, HVC_RECORD_JOB, slot);
    s->admit = true;
    return hvc_answer_of(HVC_ANSWER_OK, 0, c->modify.job);
}

/* Where nothing can prove it, an operator says it, and answers for it. */
struct hvc_answer hvc_apply_job_resolve(struct hvc_service *s, const struct hvc_command *c)
{
    uint32_t slot = HVC_NONE;
    struct hvc_answer answer = find_unfinished(s, c->resolve.job, &slot);
    const struct hvc_job *job;
    unsigned to;

    if (answer.code != HVC_ANSWER_OK)
        return answer;
    job = &s->jobs[slot];
    if (job->phase != HVC_JOB_NEEDS_OPERATOR && job->phase != HVC_JOB_UNKNOWN)
        return hvc_answer_of(HVC_ANSWER_NOT_ALLOWED, job->phase, job->id);
    to = moves(job) && c->resolve.runs_on == job->target ? HVC_JOB_COMPLETED : HVC_JOB_FAILED;
    answer = check_proof(job, to, true, c->resolve.runs_on);
    if (answer.code != HVC_ANSWER_OK)
        return answer;
    hvc_job_reason(s, slot, c, HVC_REASON_OPERATOR, c->resolve.text);
    take_location(s, slot, c->resolve.runs_on);
    if (job->phase == HVC_JOB_UNKNOWN)
        hvc_job_move(s, slot, HVC_JOB_NEEDS_OPERATOR, c->stamp_ms);
    hvc_job_move(s, slot, to, c->stamp_ms);
    return hvc_answer_of(HVC_ANSWER_OK, 0, c->resolve.job);
}

struct hvc_answer hvc_apply_job_forget(struct hvc_service *s, const struct hvc_command *c)
{
    uint32_t slot = hvc_find_job(s, c->forget.job);

    if (slot == HVC_NONE)
        return hvc_answer_of(HVC_ANSWER_NO_JOB, 0, c->forget.job);
    if (s->jobs[slot].ended == 0)
        return hvc_answer_of(HVC_ANSWER_NOT_ALLOWED, s->jobs[slot].phase, c->forget.job);
    hvc_job_remove(s, slot);
    return OK;
}

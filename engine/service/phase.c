/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A job from one phase to the next, and what hangs on it. */
#include <string.h>

#include "internal.h"

#include "hvc/text.h"

void hvc_job_reason(struct hvc_service *s, uint32_t slot, const struct hvc_command *c, unsigned code, const char *text)
{
    struct hvc_job *job = &s->jobs[slot];
    struct hvc_job_reason *reason;

    if (job->reason_count == HVC_JOB_REASONS_MAX) {
        /* The first one tells how it began; of the others the oldest goes. */
        memmove(&job->reasons[1], &job->reasons[2], (HVC_JOB_REASONS_MAX - 2) * sizeof(job->reasons[0]));
        job->reasons_dropped += job->reasons_dropped < UINT32_MAX ? 1 : 0;
        job->reason_count--;
    }
    reason = &job->reasons[job->reason_count++];
    memset(reason, 0, sizeof(*reason));
    reason->stamp_ms = c->stamp_ms;
    reason->node = c->node;
    reason->code = (uint16_t)code;
    reason->phase = job->phase;
    (void)hvc_text_copy(reason->text, sizeof(reason->text), text); /* sizes are equal: it fits */
    hvc_touch(s, HVC_RECORD_JOB, slot);
}

static void count_in_drain(struct hvc_service *s, const struct hvc_job *job)
{
    uint32_t slot = job->drain == 0 ? HVC_NONE : hvc_find_drain(s, job->drain);
    struct hvc_drain *drain;

    if (slot == HVC_NONE)
        return;
    drain = &s->drains[slot];
    drain->completed += job->phase == HVC_JOB_COMPLETED ? 1 : 0;
    drain->failed += job->phase == HVC_JOB_FAILED ? 1 : 0;
    drain->cancelled += job->phase == HVC_JOB_CANCELLED ? 1 : 0;
    hvc_touch(s, HVC_RECORD_DRAIN, slot);
}

/* Where a drain took a guest from is remembered until it is back, or somebody else moves it. */
static void follow_origin(struct hvc_service *s, const struct hvc_job *job, uint32_t guest)
{
    struct hvc_service_guest *g = &s->guests[guest];

    if (job->phase != HVC_JOB_COMPLETED || hvc_job_is_check(job) ||
        (hvc_job_kind_info(job->kind)->flags & HVC_KIND_MOVES_GUEST) == 0)
        return;
    if (job->origin != HVC_ORIGIN_DRAIN || job->target == g->origin)
        g->origin = 0;
    else if (g->origin == 0)
        g->origin = job->source;
    hvc_touch(s, HVC_RECORD_GUEST, guest);
}

static void end_job(struct hvc_service *s, uint32_t slot)
{
    struct hvc_job *job = &s->jobs[slot];
    uint32_t guest = hvc_find_guest(s, job->guest);

    s->guests[guest].job = 0;
    follow_origin(s, job, guest);
    count_in_drain(s, job);
}

/* Never before the phase that it leaves, for another node's clock may be behind. A later admission is behind all that
 * was before: nothing of a former one is taken for something of it. */
static uint64_t stamp_of(const struct hvc_job *job, unsigned to, uint64_t stamp_ms)
{
    uint64_t least = job->phase_ms[job->phase];

    for (unsigned phase = 0; to == HVC_JOB_ADMITTED && job->phase_ms[to] != 0 && phase < HVC_JOB_PHASE_COUNT; phase++)
        least = least > job->phase_ms[phase] ? least : job->phase_ms[phase] + 1;
    return stamp_ms > least ? stamp_ms : least;
}

void hvc_job_move(struct hvc_service *s, uint32_t slot, unsigned to, uint64_t stamp_ms)
{
    struct hvc_job *job = &s->jobs[slot];
    uint64_t at = stamp_of(job, to, stamp_ms);
    bool ends = (hvc_job_phase_info(to)->flags & HVC_JOB_ENDED) != 0;

    hvc_job_account(s, slot, -1);
    job->phase = (uint8_t)to;
    job->phase_ms[to] = at;
    if (ends || to == HVC_JOB_ADMITTED || to == HVC_JOB_SWITCHING)
        job->lost_target = HVC_TARGET_NOT_LOST;
    if (to == HVC_JOB_QUEUED) {
        if (job->attempts < UINT8_MAX)
            job->attempts++;
        job->mark = s->head.admissions;
        job->step = HVC_STEP_NONE;
        job->network = 0;
        job->located = false;
        job->runs_on = 0;
    } else if (to != HVC_JOB_CHECKING) {
        job->way_count = 0;
    }
    if (ends) {
        job->ended = ++s->head.ended;
        hvc_touch_head(s);
    }
    hvc_job_account(s, slot, 1);
    hvc_touch(s, HVC_RECORD_JOB, slot);
    if (to == HVC_JOB_QUEUED)
        hvc_ways_share(s, slot);
    s->admit = true;
    if (ends) {
        end_job(s, slot);
        hvc_retain(s);
    }
}

void hvc_job_remove(struct hvc_service *s, uint32_t slot)
{
    hvc_unlink_job(s, slot);
    hvc_pool_give(&s->pool[HVC_RECORD_JOB], slot);
    hvc_touch(s, HVC_RECORD_JOB, slot);
}

void hvc_retain(struct hvc_service *s)
{
    uint64_t keep = hvc_service_setting(s, 0, HVC_SETTING_RETENTION_COUNT);

    if (keep > s->config.jobs_kept)
        keep = s->config.jobs_kept;
    while (s->jobs_ended.count > keep)
        hvc_job_remove(s, s->jobs_ended.head);
}

/* ---- members and fencing ---- */

static bool is_here(const struct hvc_service *s, uint32_t node)
{
    return node == HVC_NONE || s->nodes[node].member;
}

/* Where nothing can change any more without our knowing: it answers, or it is proven dead. */
static bool is_settled(const struct hvc_service *s, uint32_t node)
{
    return is_here(s, node) || s->nodes[node].fenced || HVC_SERVICE_BUG(NOFENCING);
}

static void lose(struct hvc_service *s, uint32_t slot, const struct hvc_command *c, bool source, unsigned to)
{
    hvc_job_reason(s, slot, c, source ? HVC_REASON_SOURCE_LOST : HVC_REASON_TARGET_LOST,
                   source ? "the source is no longer a member of the cluster"
                          : "the target is no longer a member of the cluster");
    hvc_job_move(s, slot, to, c->stamp_ms);
}

void hvc_job_follow_nodes(struct hvc_service *s, uint32_t slot, const struct hvc_command *c)
{
    const struct hvc_job *job = &s->jobs[slot];
    uint32_t source = hvc_find_node(s, job->source);
    uint32_t target = job->target == 0 ? HVC_NONE : hvc_find_node(s, job->target);
    unsigned flags = hvc_job_phase_info(job->phase)->flags;
    bool lost_source = !is_here(s, source), lost_target = !is_here(s, target);

    if (job->phase == HVC_JOB_CHECKING && lost_source && s->nodes[source].fenced)
        lose(s, slot, c, true, HVC_JOB_FAILED);
    else if (job->phase == HVC_JOB_CHECKING && (lost_source || lost_target))
        lose(s, slot, c, lost_source, HVC_JOB_QUEUED); /* nothing was begun */
    else if (job->phase == HVC_JOB_RECONCILING && !(is_settled(s, source) && is_settled(s, target)))
        lose(s, slot, c, !is_settled(s, source), HVC_JOB_UNKNOWN);
    else if (hvc_job_phase_may_follow(job->phase, HVC_JOB_UNKNOWN) && job->phase != HVC_JOB_RECONCILING &&
             (lost_source || (lost_target && (flags & HVC_JOB_NEEDS_TARGET) != 0)))
        lose(s, slot, c, lost_source, HVC_JOB_UNKNOWN);
    if (HVC_SERVICE_BUG(LOSTENDS) && job->phase == HVC_JOB_UNKNOWN)
        hvc_job_move(s, slot, HVC_JOB_FAILED, c->stamp_ms);
    if (job->phase == HVC_JOB_UNKNOWN && is_settled(s, source) && is_settled(s, target))
        hvc_job_move(s, slot, HVC_JOB_RECONCILING, c->stamp_ms);
}

void hvc_jobs_follow_nodes(struct hvc_service *s, const struct hvc_command *c)
{
    uint32_t next;

    for (uint32_t slot = s->jobs_active.head; slot != HVC_NONE; slot = next) {
        next = s->state_links[slot].next;
        hvc_job_follow_nodes(s, slot, c);
    }
    s->admit = true;
}

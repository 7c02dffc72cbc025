/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands on drains, and the tick that lets time pass. */
#include <string.h>

#include "internal.h"

#include "hvc/text.h"

static uint32_t running_drain(const struct hvc_service *s, uint32_t node)
{
    const struct hvc_pool *pool = &s->pool[HVC_RECORD_DRAIN];

    for (uint32_t slot = hvc_pool_live(pool, 0); slot != HVC_NONE; slot = hvc_pool_live(pool, slot + 1)) {
        if (s->drains[slot].node == node && s->drains[slot].state == HVC_DRAIN_RUNNING)
            return slot;
    }
    return HVC_NONE;
}

/* One more record; the oldest ended one goes when there is no room. There is one: each node has one running at most. */
static uint32_t take_record(struct hvc_service *s)
{
    struct hvc_pool *pool = &s->pool[HVC_RECORD_DRAIN];
    uint32_t oldest = HVC_NONE;

    if (pool->count < pool->capacity)
        return hvc_pool_take(pool);
    for (uint32_t slot = hvc_pool_live(pool, 0); slot != HVC_NONE; slot = hvc_pool_live(pool, slot + 1)) {
        if (s->drains[slot].state != HVC_DRAIN_RUNNING &&
            (oldest == HVC_NONE || s->drains[slot].id < s->drains[oldest].id))
            oldest = slot;
    }
    if (oldest == HVC_NONE)
        return HVC_NONE;
    hvc_pool_give(pool, oldest);
    hvc_touch(s, HVC_RECORD_DRAIN, oldest);
    return hvc_pool_take(pool);
}

static struct hvc_answer start_drain(struct hvc_service *s, const struct hvc_command *c, uint32_t node, bool back)
{
    uint32_t slot = take_record(s);
    struct hvc_drain *drain;

    if (slot == HVC_NONE)
        return hvc_answer_of(HVC_ANSWER_FULL, HVC_FIELD_DRAINS, s->config.drains);
    drain = &s->drains[slot];
    memset(drain, 0, sizeof(*drain));
    drain->id = s->head.next_drain++;
    drain->node = s->nodes[node].id;
    drain->back = back;
    drain->started_ms = c->stamp_ms;
    memcpy(drain->by, c->by, sizeof(drain->by));
    if (!back) {
        drain->target = c->drain.target;
        drain->force = c->drain.force;
        drain->priority = c->drain.priority;
    }
    hvc_touch(s, HVC_RECORD_DRAIN, slot);
    hvc_touch_head(s);
    return hvc_answer_of(HVC_ANSWER_OK, 0, drain->id);
}

static void set_maintenance(struct hvc_service *s, uint32_t node, bool on)
{
    if (s->nodes[node].maintenance == on)
        return;
    s->nodes[node].maintenance = on;
    hvc_touch(s, HVC_RECORD_NODE, node);
    s->admit = true;
}

struct hvc_answer hvc_apply_drain(struct hvc_service *s, const struct hvc_command *c)
{
    uint32_t node = hvc_find_node(s, c->drain.id), running;
    struct hvc_answer answer;

    if (node == HVC_NONE)
        return hvc_answer_of(HVC_ANSWER_NO_NODE, 0, c->drain.id);
    if (c->drain.target == c->drain.id)
        return hvc_answer_of(HVC_ANSWER_SAME_NODE, 0, c->drain.id);
    if (c->drain.target != 0 && hvc_find_node(s, c->drain.target) == HVC_NONE)
        return hvc_answer_of(HVC_ANSWER_NO_NODE, 0, c->drain.target);
    running = running_drain(s, c->drain.id);
    if (running != HVC_NONE)
        return hvc_answer_of(HVC_ANSWER_DRAINING, 0, s->drains[running].id);
    answer = start_drain(s, c, node, false);
    if (answer.code == HVC_ANSWER_OK)
        set_maintenance(s, node, true);
    return answer;
}

static void end_drain(struct hvc_service *s, const struct hvc_command *c, uint32_t slot, unsigned state)
{
    s->drains[slot].state = (uint8_t)state;
    s->drains[slot].ended_ms = c->stamp_ms;
    hvc_touch(s, HVC_RECORD_DRAIN, slot);
}

struct hvc_answer hvc_apply_drain_report(struct hvc_service *s, const struct hvc_command *c)
{
    uint32_t slot = hvc_find_drain(s, c->drain_report.drain);
    struct hvc_drain *drain;

    if (slot == HVC_NONE)
        return hvc_answer_of(HVC_ANSWER_NO_DRAIN, 0, c->drain_report.drain);
    drain = &s->drains[slot];
    if (drain->state != HVC_DRAIN_RUNNING || drain->jobs != drain->completed + drain->failed + drain->cancelled)
        return hvc_answer_of(HVC_ANSWER_STALE, 0, drain->id);
    (void)hvc_text_copy(drain->text, sizeof(drain->text), c->drain_report.text); /* sizes are equal: it fits */
    end_drain(s, c, slot, c->drain_report.state);
    return hvc_answer_of(HVC_ANSWER_OK, 0, drain->id);
}

/* What still waits for it is cancelled; what has begun runs to its end. */
static void cancel_drain(struct hvc_service *s, const struct hvc_command *c, uint32_t slot)
{
    uint64_t id = s->drains[slot].id;

    for (uint32_t i = 0; i < s->node_count; i++) {
        uint32_t next;

        for (uint32_t job = s->nodes_more[s->node_order[i]].queue.head; job != HVC_NONE; job = next) {
            next = s->state_links[job].next;
            if (s->jobs[job].drain != id)
                continue;
            hvc_job_reason(s, job, c, HVC_REASON_CANCELLED, "the drain it belongs to was cancelled");
            hvc_job_move(s, job, HVC_JOB_CANCELLED, c->stamp_ms);
        }
    }
    end_drain(s, c, slot, HVC_DRAIN_CANCELLED);
}

struct hvc_answer hvc_apply_drain_cancel(struct hvc_service *s, const struct hvc_command *c)
{
    uint32_t slot = hvc_find_drain(s, c->drain_cancel.drain), node;

    if (slot == HVC_NONE)
        return hvc_answer_of(HVC_ANSWER_NO_DRAIN, 0, c->drain_cancel.drain);
    if (s->drains[slot].state == HVC_DRAIN_CANCELLED)
        return hvc_answer_of(HVC_ANSWER_UNCHANGED, 0, c->drain_cancel.drain);
    if (s->drains[slot].state != HVC_DRAIN_RUNNING)
        return hvc_answer_of(HVC_ANSWER_STALE, 0, c->drain_cancel.drain);
    cancel_drain(s, c, slot);
    node = hvc_find_node(s, s->drains[slot].node);
    if (!s->drains[slot].back && node != HVC_NONE)
        set_maintenance(s, node, false);
    return hvc_answer_of(HVC_ANSWER_OK, 0, c->drain_cancel.drain);
}

static bool has_guests_to_return(const struct hvc_service *s, uint32_t node)
{
    const struct hvc_service_guest *guest;
    uint32_t cursor = 0;

    while ((guest = hvc_service_guest_next(s, &cursor)) != NULL) {
        if (guest->origin == node)
            return true;
    }
    return false;
}

struct hvc_answer hvc_apply_resume(struct hvc_service *s, const struct hvc_command *c)
{
    uint32_t node = hvc_find_node(s, c->resume.id), running;
    bool changed;

    if (node == HVC_NONE)
        return hvc_answer_of(HVC_ANSWER_NO_NODE, 0, c->resume.id);
    running = running_drain(s, c->resume.id);
    if (running != HVC_NONE && s->drains[running].back && c->resume.back)
        return hvc_answer_of(HVC_ANSWER_DRAINING, 0, s->drains[running].id);
    changed = running != HVC_NONE || s->nodes[node].maintenance;
    if (running != HVC_NONE)
        cancel_drain(s, c, running);
    set_maintenance(s, node, false);
    if (c->resume.back && has_guests_to_return(s, c->resume.id))
        return start_drain(s, c, node, true);
    return hvc_answer_of(changed ? HVC_ANSWER_OK : HVC_ANSWER_UNCHANGED, 0, 0);
}

/* ---- time ---- */

/* Clients must be able to see an ended job for 5 minutes: TimeBeforeRemoval of Msvm_MigrationJob. */
#define VISIBLE_S 300

static uint64_t goes_at(const struct hvc_service *s, const struct hvc_job *job)
{
    uint64_t age_s = (job->options.flags & HVC_OPTION_DELETE_ON_COMPLETION) != 0
                         ? VISIBLE_S
                         : hvc_service_setting(s, 0, HVC_SETTING_RETENTION_S);
    uint64_t end = job->phase_ms[job->phase];

    return end > UINT64_MAX - age_s * 1000 ? UINT64_MAX : end + age_s * 1000;
}

struct hvc_answer hvc_apply_tick(struct hvc_service *s, const struct hvc_command *c)
{
    uint32_t next;
    bool changed = false;

    for (uint32_t slot = s->jobs_ended.head; slot != HVC_NONE; slot = next) {
        next = s->state_links[slot].next;
        if (goes_at(s, &s->jobs[slot]) > c->stamp_ms)
            continue;
        hvc_job_remove(s, slot);
        changed = true;
    }
    for (uint32_t i = 0; i < s->node_count; i++) {
        for (uint32_t slot = s->nodes_more[s->node_order[i]].queue.head; slot != HVC_NONE;
             slot = s->state_links[slot].next) {
            struct hvc_job_options *options = &s->jobs[slot].options;

            if (options->not_before_ms == 0 || options->not_before_ms > c->stamp_ms)
                continue;
            options->not_before_ms = 0;
            hvc_touch(s, HVC_RECORD_JOB, slot);
            s->admit = true;
            changed = true;
        }
    }
    return hvc_answer_of(changed ? HVC_ANSWER_OK : HVC_ANSWER_UNCHANGED, 0, 0);
}

uint64_t hvc_service_next_tick_ms(const struct hvc_service *s)
{
    uint64_t next = UINT64_MAX;

    for (uint32_t slot = s->jobs_ended.head; slot != HVC_NONE; slot = s->state_links[slot].next) {
        uint64_t at = goes_at(s, &s->jobs[slot]);

        next = at < next ? at : next;
    }
    for (uint32_t i = 0; i < s->node_count; i++) {
        for (uint32_t slot = s->nodes_more[s->node_order[i]].queue.head; slot != HVC_NONE;
             slot = s->state_links[slot].next) {
            uint64_t at = s->jobs[slot].options.not_before_ms;

            next = at != 0 && at < next ? at : next;
        }
    }
    return next;
}

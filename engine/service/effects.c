/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the state wants to be done, and by whom: a function of the state, read again and again. */
#include "internal.h"

const char *hvc_effect_name(unsigned kind)
{
    static const char *const names[HVC_EFFECT_COUNT] = {
        "place", "check", "migrate", "expect", "cancel", "verify", "reconcile", "drain", "return",
    };

    return kind < HVC_EFFECT_COUNT ? names[kind] : "invalid";
}

static bool is_member(const struct hvc_service *s, uint32_t node)
{
    const struct hvc_service_node *found = hvc_service_node(s, node);

    return found != NULL && found->member;
}

/* The source if it is there, else the target, else anybody. */
static uint32_t who(const struct hvc_service *s, const struct hvc_job *job)
{
    if (is_member(s, job->source))
        return job->source;
    return is_member(s, job->target) ? job->target : 0;
}

/* A move whose target is gone, or that somebody cancelled, is ended by its source as long as that can be done. */
static unsigned moving_effect(const struct hvc_service *s, const struct hvc_job *job)
{
    bool end = job->cancel || !is_member(s, job->target);

    return end && job->phase != HVC_JOB_SWITCHING ? HVC_EFFECT_CANCEL : HVC_EFFECT_MIGRATE;
}

/* Effect number `which` (0 or 1) of an active job. */
static bool job_effect(const struct hvc_service *s, const struct hvc_job *job, uint32_t which, struct hvc_effect *ret)
{
    *ret = (struct hvc_effect){.job = job, .guest = hvc_service_guest(s, job->guest), .node = job->source};
    switch ((enum hvc_job_phase)job->phase) {
    case HVC_JOB_CHECKING:
        ret->kind = HVC_EFFECT_CHECK;
        return which == 0;
    case HVC_JOB_ADMITTED:
    case HVC_JOB_COPYING:
    case HVC_JOB_SWITCHING:
        ret->kind = (uint8_t)moving_effect(s, job);
        if (which == 1) {
            ret->kind = HVC_EFFECT_EXPECT;
            ret->node = job->target;
            return job->target != job->source && is_member(s, job->target);
        }
        return which == 0;
    case HVC_JOB_VERIFYING:
        ret->kind = HVC_EFFECT_VERIFY;
        ret->node = who(s, job);
        return which == 0;
    case HVC_JOB_RECONCILING:
        ret->kind = HVC_EFFECT_RECONCILE;
        ret->node = who(s, job);
        return which == 0;
    case HVC_JOB_QUEUED:
    case HVC_JOB_COMPLETED:
    case HVC_JOB_FAILED:
    case HVC_JOB_CANCELLED:
    case HVC_JOB_UNKNOWN:        /* waits for members or fencing */
    case HVC_JOB_NEEDS_OPERATOR: /* and this one for a person */
    case HVC_JOB_PHASE_COUNT:
        break;
    }
    return false;
}

/* Stage 0: active jobs. position: slot of the one to look at plus one, next: its next effect. */
static bool from_active(const struct hvc_service *s, struct hvc_effect_cursor *cursor, struct hvc_effect *ret)
{
    uint32_t slot = cursor->position == 0 ? s->jobs_active.head : cursor->position - 1;

    while (slot != HVC_NONE) {
        while (cursor->next < 2) {
            if (job_effect(s, &s->jobs[slot], cursor->next++, ret)) {
                cursor->position = slot + 1;
                return true;
            }
        }
        slot = s->state_links[slot].next;
        cursor->next = 0;
    }
    return false;
}

/* Stage 1: queued jobs without a target. position: node by order, next: slot plus one of the one given last. */
static bool from_queues(const struct hvc_service *s, struct hvc_effect_cursor *cursor, struct hvc_effect *ret)
{
    for (; cursor->position < s->node_count; cursor->position++, cursor->next = 0) {
        const struct hvc_list *queue = &s->nodes_more[s->node_order[cursor->position]].queue;
        uint32_t slot = cursor->next == 0 ? queue->head : s->state_links[cursor->next - 1].next;

        for (; slot != HVC_NONE; slot = s->state_links[slot].next) {
            const struct hvc_job *job = &s->jobs[slot];

            if (job->target != 0 || hvc_job_is_check(job))
                continue;
            *ret = (struct hvc_effect){.kind = HVC_EFFECT_PLACE, .job = job, .guest = hvc_service_guest(s, job->guest)};
            ret->node = is_member(s, job->source) ? job->source : 0;
            cursor->next = slot + 1;
            return true;
        }
    }
    return false;
}

/* Stage 2: drains by id; position and next are the halves of the id given last. */
static bool from_drains(const struct hvc_service *s, struct hvc_effect_cursor *cursor, struct hvc_effect *ret)
{
    uint64_t id = (uint64_t)cursor->position << 32 | cursor->next;
    const struct hvc_drain *drain;

    while ((drain = hvc_service_drain_next(s, &id)) != NULL) {
        cursor->position = (uint32_t)(id >> 32);
        cursor->next = (uint32_t)id;
        if (drain->state != HVC_DRAIN_RUNNING)
            continue;
        *ret = (struct hvc_effect){.kind = drain->back ? HVC_EFFECT_RETURN : HVC_EFFECT_DRAIN, .drain = drain};
        ret->node = is_member(s, drain->node) ? drain->node : 0;
        return true;
    }
    return false;
}

bool hvc_service_effect_next(const struct hvc_service *s, uint32_t node, bool any, struct hvc_effect_cursor *cursor,
                             struct hvc_effect *ret_effect)
{
    while (cursor->stage < 3) {
        struct hvc_effect effect;
        bool found = cursor->stage == 0   ? from_active(s, cursor, &effect)
                     : cursor->stage == 1 ? from_queues(s, cursor, &effect)
                                          : from_drains(s, cursor, &effect);

        if (!found) {
            *cursor = (struct hvc_effect_cursor){.stage = cursor->stage + 1};
            continue;
        }
        if (node != 0 && effect.node != node && !(any && effect.node == 0))
            continue;
        *ret_effect = effect;
        return true;
    }
    return false;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Admission: which queued job goes on next. A job needs a slot out of its source, one into its target (or a storage
 * slot) and room at the target, all at once; nothing is held while it waits, so A->B and B->A never wait for each
 * other.
 *
 * A network with a limit is a slot like these, as soon as the checks of a job have told which networks it could take:
 * it is given the first of them that has room. A job that has not been checked yet goes on to its checks, which may
 * send it back to wait for a network.
 *
 * A job of Pacemaker's goes first and is not held back by limits, only by members and room.
 *
 * Order: effective priority, then the source that was served longest ago, then age. Nobody starves:
 *  - priority halves each time that AGE_STEP jobs were admitted in the cluster while it waited: after 16 steps
 * everything is at 0, and then nothing is more urgent than what is older;
 *  - slots that never come free together: the oldest ready job of a source claims what it needs during every second
 *    window of CLAIM_WINDOW admissions; younger ones that are not more urgent may not take that then. A claim does not
 *    last, because what it waits for may itself wait for a younger one; and where nothing moves only a job that can go
 *    at once claims.
 */
#include <string.h>

#include "internal.h"

#define AGE_STEP     64
#define CLAIM_WINDOW 32

void hvc_limits_refresh(struct hvc_service *s)
{
    for (uint32_t i = 0; i < s->node_count; i++) {
        uint32_t slot = s->node_order[i], id = s->nodes[slot].id;
        struct hvc_node_more *more = &s->nodes_more[slot];
        uint64_t spare = hvc_service_setting(s, id, HVC_SETTING_MEMORY_SPARE), memory = s->nodes[slot].memory_kib;

        more->out = (uint32_t)hvc_service_setting(s, id, HVC_SETTING_MOVES_OUT);
        more->in = (uint32_t)hvc_service_setting(s, id, HVC_SETTING_MOVES_IN);
        more->storage = (uint32_t)hvc_service_setting(s, id, HVC_SETTING_STORAGE_MOVES);
        more->live = hvc_service_setting(s, id, HVC_SETTING_ENABLE_MIGRATION) != 0;
        more->room_kib = memory == 0 ? UINT64_MAX : memory > spare ? memory - spare : 0;
    }
    s->admit = true;
}

/* Inside an operation of Pacemaker's that ends at its deadline: one that fails for having waited restarts the guest.
 * Its slots count for others; it waits for none itself. */
static bool goes_over_limits(const struct hvc_job *job)
{
    return job->origin == HVC_ORIGIN_PACEMAKER;
}

/* What stands in the way before slots are looked at. */
static enum hvc_blocker not_ready(const struct hvc_service *s, const struct hvc_job *job, uint32_t source,
                                  uint32_t target, uint64_t now_ms)
{
    unsigned kind = hvc_job_kind_info(job->kind)->flags;
    const struct hvc_service_node *to = target == HVC_NONE ? NULL : &s->nodes[target];

    if (job->options.not_before_ms > now_ms)
        return HVC_BLOCKER_LATER;
    if (!s->nodes[source].member)
        return HVC_BLOCKER_SOURCE;
    if (to != NULL && !to->member)
        return HVC_BLOCKER_TARGET;
    if (hvc_job_is_check(job))
        return HVC_BLOCKER_NONE;
    if (s->head.properties.state != HVC_STATE_ENABLED)
        return HVC_BLOCKER_SERVICE;
    if (to == NULL)
        return HVC_BLOCKER_NO_TARGET;
    if ((kind & HVC_KIND_STAYS) == 0 && (!to->accepting || (to->maintenance && job->origin != HVC_ORIGIN_PACEMAKER)))
        return HVC_BLOCKER_TARGET_CLOSED;
    if ((kind & HVC_KIND_NEEDS_LIVE) != 0 && !(s->nodes_more[source].live && s->nodes_more[target].live))
        return HVC_BLOCKER_DISABLED;
    return HVC_BLOCKER_NONE;
}

bool hvc_network_has_room(const struct hvc_service *s, uint32_t network, uint32_t source, uint32_t target)
{
    uint32_t slot = network == 0 ? HVC_NONE : hvc_find_network(s, network);
    uint32_t limit = slot == HVC_NONE || HVC_SERVICE_BUG(FULLNETWORK) ? 0 : s->networks[slot].limit;

    return limit == 0 ||
           (hvc_network_use(s, network, source)->out < limit && hvc_network_use(s, network, target)->in < limit);
}

/* The first of its ways that has room, way_count: none has. Without ways nothing is known of them: 0, too. */
static unsigned free_way(const struct hvc_service *s, const struct hvc_job *job, uint32_t source, uint32_t target)
{
    unsigned at = 0;

    while (at < job->way_count && !hvc_network_has_room(s, job->ways[at], source, target))
        at++;
    return at;
}

static enum hvc_blocker no_slot(const struct hvc_service *s, const struct hvc_job *job, uint32_t source,
                                uint32_t target)
{
    unsigned kind = hvc_job_kind_info(job->kind)->flags;
    const struct hvc_node_more *from = &s->nodes_more[source], *to = &s->nodes_more[target];
    uint64_t limit = hvc_service_setting(s, 0, HVC_SETTING_MOVES_CLUSTER);

    if ((kind & HVC_KIND_USES_LINK) != 0 && from->load.out >= from->out)
        return HVC_BLOCKER_LIMIT_OUT;
    if ((kind & HVC_KIND_USES_LINK) != 0 && to->load.in >= to->in)
        return HVC_BLOCKER_LIMIT_IN;
    if ((kind & HVC_KIND_USES_STORAGE) != 0 && from->load.storage >= from->storage)
        return HVC_BLOCKER_LIMIT_STORAGE;
    if (limit != 0 && s->moving >= limit)
        return HVC_BLOCKER_LIMIT_CLUSTER;
    if (job->way_count > 0 && free_way(s, job, source, target) == job->way_count)
        return HVC_BLOCKER_LIMIT_NETWORK;
    return HVC_BLOCKER_NONE;
}

static enum hvc_blocker no_room(const struct hvc_service *s, const struct hvc_job *job, uint32_t source,
                                uint32_t target)
{
    const struct hvc_node_more *to = &s->nodes_more[target];
    enum hvc_blocker blocker = goes_over_limits(job) ? HVC_BLOCKER_NONE : no_slot(s, job, source, target);

    if (blocker != HVC_BLOCKER_NONE)
        return blocker;
    if (job->memory_kib > 0 && !HVC_SERVICE_BUG(NOROOM) && to->room_kib != UINT64_MAX &&
        (to->load.used_kib + to->load.reserved_kib > to->room_kib ||
         job->memory_kib > to->room_kib - to->load.used_kib - to->load.reserved_kib))
        return HVC_BLOCKER_ROOM;
    return HVC_BLOCKER_NONE;
}

/* The oldest ready job of each source, if it claims now. */
struct claims {
    uint32_t slot[HVC_NODES_MAX];
    uint32_t count;
};

static void find_claims(const struct hvc_service *s, uint64_t now_ms, struct claims *ret_claims)
{
    ret_claims->count = 0;
    for (uint32_t i = 0; i < s->node_count; i++) {
        uint32_t source = s->node_order[i];

        for (uint32_t slot = s->nodes_more[source].queue.head; slot != HVC_NONE; slot = s->state_links[slot].next) {
            const struct hvc_job *job = &s->jobs[slot];
            uint32_t target = job->target == 0 ? HVC_NONE : hvc_find_node(s, job->target);

            if ((s->head.admissions - job->mark) / CLAIM_WINDOW % 2 == 0 || hvc_job_is_check(job) ||
                not_ready(s, job, source, target, now_ms) != HVC_BLOCKER_NONE)
                continue;
            if (s->moving == 0 && no_room(s, job, source, target) != HVC_BLOCKER_NONE)
                continue; /* nothing will come free for it by waiting */
            ret_claims->slot[ret_claims->count++] = slot;
            break;
        }
    }
}

static unsigned effective_priority(const struct hvc_service *s, const struct hvc_job *job)
{
    uint64_t steps = (s->head.admissions - job->mark) / AGE_STEP;

    return steps > 15 ? 0 : (unsigned)job->options.priority >> steps;
}

/* A claim holds against younger jobs that are not more urgent. */
static bool is_claimed(const struct hvc_service *s, const struct hvc_job *job, const struct claims *claims)
{
    for (uint32_t i = 0; i < claims->count; i++) {
        const struct hvc_job *older = &s->jobs[claims->slot[i]];

        if (older->id < job->id && (older->source == job->source || older->target == job->target) &&
            effective_priority(s, older) <= effective_priority(s, job))
            return true;
    }
    return false;
}

static enum hvc_blocker blocker_of(const struct hvc_service *s, uint32_t slot, const struct claims *claims,
                                   uint64_t now_ms)
{
    const struct hvc_job *job = &s->jobs[slot];
    uint32_t source = hvc_find_node(s, job->source);
    uint32_t target = job->target == 0 ? HVC_NONE : hvc_find_node(s, job->target);
    enum hvc_blocker blocker = not_ready(s, job, source, target, now_ms);

    if (blocker != HVC_BLOCKER_NONE || hvc_job_is_check(job))
        return blocker;
    blocker = no_room(s, job, source, target);
    if (blocker != HVC_BLOCKER_NONE)
        return blocker;
    return !goes_over_limits(job) && is_claimed(s, job, claims) ? HVC_BLOCKER_CLAIM : HVC_BLOCKER_NONE;
}

enum hvc_blocker hvc_job_blocker(const struct hvc_service *s, uint32_t slot, uint64_t now_ms)
{
    struct claims claims;

    find_claims(s, now_ms, &claims);
    return blocker_of(s, slot, &claims, now_ms);
}

enum hvc_blocker hvc_service_blocker(const struct hvc_service *s, uint64_t job, uint64_t now_ms)
{
    uint32_t slot = hvc_find_job(s, job);

    if (slot == HVC_NONE || s->jobs[slot].phase != HVC_JOB_QUEUED)
        return HVC_BLOCKER_NONE;
    return hvc_job_blocker(s, slot, now_ms);
}

void hvc_job_set_network(struct hvc_service *s, uint32_t slot, uint32_t network)
{
    hvc_job_account(s, slot, -1);
    s->jobs[slot].network = network;
    hvc_job_account(s, slot, 1);
    hvc_touch(s, HVC_RECORD_JOB, slot);
}

bool hvc_job_take_way(struct hvc_service *s, uint32_t slot)
{
    const struct hvc_job *job = &s->jobs[slot];
    unsigned at;

    hvc_job_set_network(s, slot, 0); /* what it holds itself is free for it */
    at = free_way(s, job, hvc_find_node(s, job->source), hvc_find_node(s, job->target));
    if (at == job->way_count && goes_over_limits(job))
        at = 0;
    if (at < job->way_count)
        hvc_job_set_network(s, slot, job->ways[at]);
    return at < job->way_count || job->way_count == 0;
}

static void copy_ways(struct hvc_service *s, uint32_t to, const struct hvc_job *from)
{
    s->jobs[to].way_count = from->way_count;
    memcpy(s->jobs[to].ways, from->ways, sizeof(from->ways));
    hvc_touch(s, HVC_RECORD_JOB, to);
}

void hvc_ways_share(struct hvc_service *s, uint32_t slot)
{
    const struct hvc_job *job = &s->jobs[slot];
    uint32_t at = s->nodes_more[hvc_find_node(s, job->source)].queue.head;

    if (!hvc_job_takes_network(job) || job->target == 0)
        return;
    for (; at != HVC_NONE; at = s->state_links[at].next) {
        const struct hvc_job *other = &s->jobs[at];

        if (other->target != job->target || !hvc_job_takes_network(other))
            continue;
        if (job->way_count > 0 && other->way_count == 0)
            copy_ways(s, at, job);
        else if (job->way_count == 0 && other->way_count > 0)
            copy_ways(s, slot, other);
    }
}

void hvc_ways_forget(struct hvc_service *s)
{
    for (uint32_t i = 0; i < s->node_count; i++) {
        uint32_t slot = s->nodes_more[s->node_order[i]].queue.head;

        for (; slot != HVC_NONE; slot = s->state_links[slot].next) {
            if (s->jobs[slot].way_count == 0)
                continue;
            s->jobs[slot].way_count = 0;
            hvc_touch(s, HVC_RECORD_JOB, slot);
        }
    }
    s->admit = true;
}

/* Checks take nothing and go first. */
static bool goes_before(const struct hvc_service *s, uint32_t a, uint32_t b)
{
    const struct hvc_job *x = &s->jobs[a], *y = &s->jobs[b];
    unsigned px = effective_priority(s, x), py = effective_priority(s, y);
    uint64_t served_x = s->nodes[hvc_find_node(s, x->source)].served;
    uint64_t served_y = s->nodes[hvc_find_node(s, y->source)].served;

    if (HVC_SERVICE_BUG(UNORDERED))
        return a < b;
    if (hvc_job_is_check(x) != hvc_job_is_check(y))
        return hvc_job_is_check(x);
    if (goes_over_limits(x) != goes_over_limits(y))
        return goes_over_limits(x);
    if (px != py)
        return px < py;
    if (served_x != served_y)
        return served_x < served_y;
    return x->id < y->id;
}

static uint32_t best_job(const struct hvc_service *s, uint64_t now_ms)
{
    struct claims claims;
    uint32_t best = HVC_NONE;

    find_claims(s, now_ms, &claims);
    for (uint32_t i = 0; i < s->node_count; i++) {
        const struct hvc_node_more *more = &s->nodes_more[s->node_order[i]];

        if (more->load.out >= more->out && more->queue_other == 0)
            continue;
        for (uint32_t slot = more->queue.head; slot != HVC_NONE; slot = s->state_links[slot].next) {
            if (blocker_of(s, slot, &claims, now_ms) == HVC_BLOCKER_NONE &&
                (best == HVC_NONE || goes_before(s, slot, best)))
                best = slot;
        }
    }
    return best;
}

void hvc_admit(struct hvc_service *s, uint64_t now_ms)
{
    uint32_t slot;

    s->admit = false;
    if (s->queued == 0)
        return;
    while ((slot = best_job(s, now_ms)) != HVC_NONE) {
        uint32_t source = hvc_find_node(s, s->jobs[slot].source);

        if (!hvc_job_is_check(&s->jobs[slot])) {
            s->head.admissions++;
            s->nodes[source].served = s->head.admissions;
            hvc_touch_head(s);
            hvc_touch(s, HVC_RECORD_NODE, source);
        }
        hvc_job_move(s, slot, HVC_JOB_CHECKING, now_ms);
        if (s->jobs[slot].way_count > 0)
            (void)hvc_job_take_way(s, slot); /* that there is one was looked at */
    }
    s->admit = false;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pacemaker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/cleanup.h"
#include "hvc/clock.h"
#include "hvc/pacemaker_moves.h"
#include "hvc/text.h"

enum {
    LOOK_MS = 20, /* before the second simulation of what Pacemaker does; then twice as long each time */
    LOOK_MOST_MS = 250,
    RECORDS_MS = 500,  /* for its records to have the guest at the target, before it is simulated */
    ASK_MS = 10000,    /* for one answer */
    CHANGE_TRIES = 10, /* of a change that somebody else's overtakes */
};

/* What the job has on the resource: a bit for each kind; and whether another job's hold is on it. Behind a force
 * another resource may have objects with the same number. */
static int kinds_of(uint64_t job, const char *resource, uint64_t deadline_ms, unsigned *ret_kinds, bool *ret_inherits,
                    struct hvc_error *error)
{
    HVC_CLEANUP(free) struct hvc_pacemaker_mark *marks = NULL;
    size_t count = 0;
    int r = hvc_pacemaker_marks_on(resource, hvc_deadline_within(deadline_ms, ASK_MS), &marks, &count, error);

    if (r < 0)
        return r;
    *ret_kinds = 0;
    *ret_inherits = false;
    for (size_t i = 0; i < count; i++) {
        *ret_kinds |= marks[i].job == job ? 1u << marks[i].kind : 0;
        *ret_inherits |= marks[i].job != job && marks[i].kind == HVC_MARK_HOLD;
    }
    return 0;
}

/* ---- hold ---- */

static int check_place(const struct hvc_agenda_effect *effect, uint64_t deadline_ms, struct hvc_error *error)
{
    struct hvc_pacemaker_resource resource;
    int r = hvc_pacemaker_resource(effect->resource, hvc_deadline_within(deadline_ms, ASK_MS), &resource, error);

    if (r < 0)
        return r;
    if (!resource.managed)
        return hvc_error_set(error, -EPERM, "Pacemaker does not manage resource %.60s now", effect->resource);
    if (resource.nodes != 1 || strcmp(resource.node, effect->source) != 0)
        return hvc_error_set(error, -EPERM, "Pacemaker has resource %.60s on %.60s%s, and not on %.60s",
                             effect->resource, resource.nodes == 0 ? "no node" : resource.node,
                             resource.nodes > 1 ? " and others" : "", effect->source);
    if (!resource.idle || resource.failed)
        return hvc_error_set(error, -EAGAIN, "Pacemaker is doing something with resource %.60s, or it has failed there",
                             effect->resource);
    return 0;
}

int job_pacemaker_watch(const struct hvc_agenda_effect *effect, uint64_t deadline_ms, struct hvc_error *error)
{
    struct hvc_pacemaker_resource resource;
    bool inherits = false;
    unsigned kinds = 0;
    int r = kinds_of(effect->job.id, effect->resource, deadline_ms, &kinds, &inherits, error);

    if (r < 0 || (kinds & 1u << HVC_MARK_HOLD) != 0)
        return r;
    r = hvc_pacemaker_resource(effect->resource, hvc_deadline_within(deadline_ms, ASK_MS), &resource, error);
    if (r == -ENOENT) /* Pacemaker watches nothing of that name: no hold is needed */
        return 0;
    return r < 0 ? r
                 : hvc_error_set(error, -ENOENT, "somebody took the hold of this job off resource %.60s",
                                 effect->resource);
}

void job_pacemaker_foresee(const struct hvc_agenda_effect *effect, uint64_t deadline_ms)
{
    struct hvc_pacemaker_plan plan;

    /* judged when it counts; one that fails fails again then, and is told */
    (void)hvc_pacemaker_plan_hand_back(effect->resource, effect->target, deadline_ms, &plan, NULL);
}

/* Its monitor would fail on the source as soon as the guest is gone from there. */
static int await_unwatched(const struct hvc_agenda_effect *effect, uint64_t deadline_ms, struct hvc_error *error)
{
    const struct hvc_pacemaker_wait wait = {
        .resource = effect->resource, .node = effect->source, .held = effect->job.id};
    int r = hvc_pacemaker_await(&wait, deadline_ms, error);

    if (r == -ECANCELED) /* the next try puts it there again */
        return hvc_error_set(error, -EAGAIN, "somebody took the hold of this job off resource %.60s", effect->resource);
    if (r == -EAGAIN)
        return hvc_error_set(error, r, "Pacemaker still watches resource %.60s although it is held", effect->resource);
    return r;
}

int job_pacemaker_hold(const struct hvc_agenda_effect *effect, uint64_t deadline_ms, struct hvc_error *error)
{
    const struct hvc_pacemaker_wish wish = {.job = effect->job.id, .resource = effect->resource, .hold = true};
    bool inherits = false;
    unsigned kinds = 0;
    int r = kinds_of(effect->job.id, effect->resource, deadline_ms, &kinds, &inherits, error);

    if (r == 0 && (kinds & 1u << HVC_MARK_HOLD) == 0) {
        if (!inherits) /* else Pacemaker may have it where an earlier move began */
            r = check_place(effect, deadline_ms, error);
        if (r == 0)
            r = hvc_pacemaker_wish(&wish, NULL, hvc_deadline_within(deadline_ms, ASK_MS), error);
    }
    if (r == 0)
        r = await_unwatched(effect, deadline_ms, error);
    return r == -ENOENT ? 0 : r;
}

/* ---- hand back ---- */

/* Nothing insists against these: Pacemaker would take the guest for failed, and restart it, at once or when an operator
 * lets it manage the guest again. */
static int check_allowed(const struct job_hand_back *order, const struct hvc_pacemaker_plan *plan,
                         struct hvc_error *error)
{
    if (!plan->managed)
        return hvc_error_set(error, -EPERM, "Pacemaker does not manage resource %.60s now, so it stays held: %s",
                             order->resource, plan->managed_words);
    if (plan->waits)
        return hvc_error_set(error, -EBUSY, "Pacemaker cannot have resource %.60s on %.60s yet: %s", order->resource,
                             order->target, plan->allowed_words);
    if (!plan->allowed)
        return hvc_error_set(error, -EACCES, "Pacemaker would not leave resource %.60s on %.60s: %s", order->resource,
                             order->target, plan->allowed_words);
    return 0;
}

static bool may_insist(int code)
{
    return code < 0 && code != -ENOENT && code != -ECANCELED && code != -EACCES && code != -EPERM && code != -EBUSY;
}

static int check_plan(const struct hvc_pacemaker_plan *plan, struct hvc_error *error)
{
    if (plan->others)
        return hvc_error_set(error, -EAGAIN, "Pacemaker would also: %s", plan->others_words);
    return 0;
}

/* What the telling may take is left. */
static uint64_t plans_until(uint64_t deadline_ms)
{
    uint64_t left = hvc_deadline_left(deadline_ms);

    return hvc_deadline_in(left - (left / 2 < ASK_MS ? left / 2 : ASK_MS));
}

/* The one change, on the very CIB that was simulated. Told without a plan, Pacemaker may restart the guest (of a ban
 * nothing is known then): before that a plan has all of the time. */
static int put_location(const struct job_hand_back *order, uint64_t deadline_ms, struct hvc_error *error)
{
    const struct hvc_pacemaker_wish wish = {
        .job = order->job, .resource = order->resource, .here = order->target, .only_held = order->left};
    uint64_t until_ms = plans_until(deadline_ms);
    int r = -ESTALE;

    for (unsigned i = 0; i < CHANGE_TRIES && r == -ESTALE; i++) {
        struct hvc_pacemaker_plan plan;

        r = hvc_pacemaker_plan_hand_back(order->resource, order->target,
                                         order->insist ? until_ms : hvc_deadline_within(until_ms, ASK_MS), &plan,
                                         error);
        if (r == 0)
            r = check_allowed(order, &plan, error);
        if (r == 0 && !order->insist && !order->with_others)
            r = check_plan(&plan, error);
        if (r == 0)
            r = hvc_pacemaker_wish(&wish, plan.version, hvc_deadline_within(deadline_ms, ASK_MS), error);
    }
    return order->insist && may_insist(r)
               ? hvc_pacemaker_wish(&wish, NULL, hvc_deadline_within(deadline_ms, ASK_MS), error)
               : r;
}

static bool is_there(const struct hvc_pacemaker_resource *resource, const char *node)
{
    return resource->nodes == 1 && strcmp(resource->node, node) == 0 && resource->idle;
}

/* What its records say is seen without a simulation, which costs much more. They may never say it, of a node that was
 * lost, say; and they do not say what is still to be done: with others, or where the plan was insisted against. */
static int await_known(const struct job_hand_back *order, uint64_t deadline_ms, struct hvc_error *error)
{
    const struct hvc_pacemaker_wait wait = {.resource = order->resource, .node = order->target, .there = true};
    unsigned look_ms = LOOK_MS;

    for (;;) {
        struct hvc_pacemaker_resource resource = {0};
        int r = hvc_pacemaker_await(&wait, hvc_deadline_within(deadline_ms, RECORDS_MS), error);

        if (r == 0 && !order->with_others && !order->insist)
            return 0;
        if (r == 0 || r == -EAGAIN)
            r = hvc_pacemaker_resource(order->resource, hvc_deadline_within(deadline_ms, ASK_MS), &resource, error);
        if (r < 0)
            return r;
        /* what goes along is under way: a change of the CIB now would make a stop and a start of its migration (seen)
         */
        if (is_there(&resource, order->target) && (!order->with_others || resource.all_idle))
            return 0;
        if (!hvc_pause_before(deadline_ms, &look_ms, LOOK_MOST_MS))
            return hvc_error_set(error, -EAGAIN, "the guest is on %.60s, and Pacemaker does not have it there yet",
                                 order->target);
    }
}

/* A first time that was not told of: nothing of the job is left, and Pacemaker has the guest where it is. */
static bool was_done(const struct job_hand_back *order, unsigned kinds, uint64_t deadline_ms)
{
    struct hvc_pacemaker_resource resource;

    return kinds == 0 && !order->pin &&
           hvc_pacemaker_resource(order->resource, hvc_deadline_within(deadline_ms, ASK_MS), &resource, NULL) == 0 &&
           is_there(&resource, order->target);
}

int job_pacemaker_hand_back(const struct job_hand_back *order, uint64_t deadline_ms, struct hvc_error *error)
{
    bool inherits = false;
    unsigned kinds = 0;
    int r = kinds_of(order->job, order->resource, deadline_ms, &kinds, &inherits, error);

    if (r == 0 && order->left && kinds == 0)
        return hvc_error_set(error, -ECANCELED, "resource %.60s is not held any more", order->resource);
    if (r == 0 && was_done(order, kinds, deadline_ms))
        return 0;
    if (r == 0 && (kinds & (1u << HVC_MARK_HERE | 1u << HVC_MARK_PIN)) == 0)
        r = put_location(order, deadline_ms, error);
    if (r == 0)
        r = await_known(order, deadline_ms, error);
    return r == -ENOENT ? 0 : r;
}

int job_pacemaker_settle(const struct job_hand_back *order, uint64_t deadline_ms, struct hvc_error *error)
{
    const struct hvc_pacemaker_wish end = {
        .job = order->job, .resource = order->resource, .pin = order->pin ? order->target : NULL};
    int r = hvc_pacemaker_wish(&end, NULL, hvc_deadline_within(deadline_ms, ASK_MS), error);

    return r == -ENOENT ? 0 : r;
}

int job_pacemaker_release(const struct job_hand_back *order, uint64_t deadline_ms, struct hvc_error *error)
{
    const struct hvc_pacemaker_wish nothing = {.job = order->job, .resource = order->resource};
    struct hvc_pacemaker_resource resource;
    int r = order->target[0] == '\0'
                ? 0
                : hvc_pacemaker_resource(order->resource, hvc_deadline_within(deadline_ms, ASK_MS), &resource, error);

    if (r == 0 && order->target[0] != '\0' && (resource.nodes != 1 || strcmp(resource.node, order->target) != 0))
        r = job_pacemaker_hand_back(order, deadline_ms, error);
    if (r == 0 || r == -ENOENT)
        r = hvc_pacemaker_wish(&nothing, NULL, hvc_deadline_within(deadline_ms, ASK_MS), error);
    return r;
}

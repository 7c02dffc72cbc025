/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading the state. HERE takes the state's lock and nothing else. BARRIER waits first until a barrier message has come
 * back in a primary view, and until everything that had been delivered before it is applied here: what anybody was
 * told to be committed before the call is in the state then, because its acknowledgements came before the barrier.
 */
#include <errno.h>

#include "hvc/clock.h"
#include "internal.h"

enum { GRACE_MS = 2000 };

static int wait_for_barrier(struct hvc_replica *r, uint64_t deadline, struct hvc_error *error)
{
    struct hvc_request *request = hvc_replica_request_new(HVC_REQUEST_BARRIER, NULL);
    struct hvc_waiter *waiter = hvc_waiter_new();
    int result = -ENOMEM;

    if (request == NULL || waiter == NULL) {
        free(request);
        free(waiter);
        return hvc_error_set(error, result, "no memory for a request");
    }
    request->deadline = deadline;
    request->waiter = waiter;
    result = hvc_replica_post(r, request);
    if (result < 0) {
        free(request);
        hvc_waiter_unref(waiter);
        hvc_waiter_unref(waiter);
        return hvc_error_set(error, result, "the replica is being closed");
    }
    if (!hvc_waiter_wait(waiter, deadline < HVC_NO_DEADLINE - GRACE_MS ? deadline + GRACE_MS : deadline))
        result = hvc_error_set(error, -ETIMEDOUT, "the replica does not answer: the disk or corosync holds it");
    else if (waiter->outcome.error < 0)
        result = hvc_error_set(error, waiter->outcome.error, "%s", waiter->outcome.words);
    hvc_waiter_unref(waiter);
    return result;
}

int hvc_replica_read(struct hvc_replica *r, enum hvc_replica_freshness freshness, uint64_t deadline,
                     int (*look)(void *context, const struct hvc_service *service,
                                 const struct hvc_replica_stamp *stamp),
                     void *context, struct hvc_error *error)
{
    int result = 0;

    if (freshness == HVC_REPLICA_BARRIER)
        result = wait_for_barrier(r, deadline, error);
    if (result < 0)
        return result;
    (void)pthread_mutex_lock(&r->state_lock);
    if (r->loading)
        result = hvc_error_set(error, -EINPROGRESS, "the state is being loaded");
    else if (r->loaded)
        result = look(context, r->service, &r->stamp);
    else if (r->ready)
        result = hvc_error_set(error, -ENODATA, "there is no history here yet");
    else
        result = hvc_error_set(error, -EAGAIN, "what this node has stored has not been loaded yet");
    (void)pthread_mutex_unlock(&r->state_lock);
    return result;
}

/* ---- the replica's thread ---- */

static void end(struct hvc_replica *r, struct hvc_request *request, int error, const char *what)
{
    struct hvc_replica_outcome outcome = {.error = error};
    char why[HVC_ERROR_TEXT_MAX - 80] = "";

    if (error == -EAGAIN || error == -ETIMEDOUT) {
        hvc_propose_why(r, why, sizeof(why));
        (void)snprintf(outcome.words, sizeof(outcome.words), "%s (%s)", what, why);
    } else {
        (void)snprintf(outcome.words, sizeof(outcome.words), "%s", what);
    }
    hvc_request_end(request, &outcome);
}

void hvc_read_take(struct hvc_replica *r, struct hvc_request *request)
{
    request->next = r->readers;
    r->readers = request;
}

/* Those for which it is decided: passed and applied, or no quorum. */
static void settle(struct hvc_replica *r)
{
    bool hopeless = r->stage == HVC_STAGE_RUN && (r->silent || (r->quorum_known && !r->quorate));
    struct hvc_request **at = &r->readers, *request;

    while ((request = *at) != NULL) {
        bool passed = request->target != 0 && r->core_status.applied >= request->target;

        if (!passed && !hopeless) {
            at = &request->next;
            continue;
        }
        *at = request->next;
        end(r, request, passed ? 0 : -EAGAIN, passed ? "" : "what is committed now cannot be known");
    }
}

/* One barrier at a time serves all who asked before it was sent. */
void hvc_read_pump(struct hvc_replica *r)
{
    struct hvc_replication_event event = {.kind = HVC_REPLICATION_BARRIER};
    bool wanted = false;

    for (const struct hvc_request *request = r->readers; request != NULL; request = request->next)
        wanted = wanted || (request->barrier == 0 && request->target == 0);
    if (wanted && r->barrier == 0 && !r->leaving && r->core_status.primary && r->core_status.participant) {
        event.barrier = ++r->barrier_next;
        r->barrier = event.barrier;
        for (struct hvc_request *request = r->readers; request != NULL; request = request->next) {
            if (request->barrier == 0 && request->target == 0)
                request->barrier = event.barrier;
        }
        if (hvc_drive(r, &event) < 0)
            hvc_read_void(r);
    }
    settle(r);
}

void hvc_read_barrier(struct hvc_replica *r, uint64_t id, bool passed)
{
    struct hvc_replication_status status;

    if (id != r->barrier)
        return;
    r->barrier = 0;
    hvc_replication_status(r->core, &status);
    for (struct hvc_request *request = r->readers; request != NULL; request = request->next) {
        if (request->barrier != id)
            continue;
        request->barrier = 0; /* not passed: once more */
        request->target = passed ? status.last_index : 0;
    }
}

/* The view has ended: its barriers will not come back, and what they were to wait for may be gone. */
void hvc_read_void(struct hvc_replica *r)
{
    r->barrier = 0;
    for (struct hvc_request *request = r->readers; request != NULL; request = request->next)
        request->barrier = request->target = 0;
}

uint64_t hvc_read_expire(struct hvc_replica *r, uint64_t now)
{
    struct hvc_request **at = &r->readers, *request;
    uint64_t next = HVC_NO_DEADLINE;

    while ((request = *at) != NULL) {
        if (request->deadline > now) {
            next = request->deadline < next ? request->deadline : next;
            at = &request->next;
            continue;
        }
        *at = request->next;
        if (r->core_status.primary)
            end(r, request, -ETIMEDOUT, "what is committed now could not be learnt in time");
        else
            end(r, request, -EAGAIN, "what is committed now cannot be known");
    }
    return next;
}

void hvc_read_cancel(struct hvc_replica *r)
{
    struct hvc_request *request;

    while ((request = r->readers) != NULL) {
        r->readers = request->next;
        end(r, request, -ECANCELED, "the replica is being closed");
    }
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/bounded_call.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "hvc/clock.h"
#include "hvc/thread.h"

/* Shared by caller and thread; who leaves last frees it. */
struct call {
    pthread_mutex_t lock;
    pthread_cond_t done_or_not;
    struct hvc_bounded_limit *limit;
    void (*function)(void *);
    void (*release)(void *);
    void *context;
    bool done;      /* the function returned */
    bool abandoned; /* the caller went on without it */
};

static void free_call(struct call *call)
{
    (void)pthread_cond_destroy(&call->done_or_not);
    (void)pthread_mutex_destroy(&call->lock);
    free(call);
}

static void *run(void *data)
{
    struct call *call = data;
    bool abandoned;

    call->function(call->context);
    (void)pthread_mutex_lock(&call->lock);
    call->done = true;
    abandoned = call->abandoned;
    (void)pthread_cond_signal(&call->done_or_not);
    (void)pthread_mutex_unlock(&call->lock);
    if (abandoned) {
        call->release(call->context);
        (void)atomic_fetch_sub(&call->limit->stuck, 1);
        free_call(call);
    }
    return NULL;
}

static struct call *new_call(struct hvc_bounded_limit *limit, void (*function)(void *), void (*release)(void *),
                             void *context)
{
    struct call *call = calloc(1, sizeof(*call));
    pthread_condattr_t attributes;

    if (call == NULL)
        return NULL;
    (void)pthread_mutex_init(&call->lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&call->done_or_not, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    call->limit = limit;
    call->function = function;
    call->release = release;
    call->context = context;
    return call;
}

/* With the lock held: true when the function returned before the deadline. */
static bool wait_done(struct call *call, uint64_t deadline_ms)
{
    if (deadline_ms == HVC_NO_DEADLINE) {
        while (!call->done)
            (void)pthread_cond_wait(&call->done_or_not, &call->lock);
        return true;
    }
    while (!call->done) {
        struct timespec until = hvc_timespec_of(deadline_ms);

        if (pthread_cond_timedwait(&call->done_or_not, &call->lock, &until) == ETIMEDOUT)
            return call->done;
    }
    return true;
}

int hvc_bounded_call(struct hvc_bounded_limit *limit, void (*function)(void *), void (*release)(void *), void *context,
                     uint64_t deadline_ms)
{
    struct call *call;
    bool done;
    int r;

    if (atomic_load(&limit->stuck) >= limit->max_stuck) {
        release(context);
        return -ETIMEDOUT;
    }
    call = new_call(limit, function, release, context);
    if (call == NULL) {
        release(context);
        return -ENOMEM;
    }
    r = hvc_thread_leave(run, call);
    if (r < 0) {
        release(context);
        free_call(call);
        return r;
    }
    (void)pthread_mutex_lock(&call->lock);
    done = wait_done(call, deadline_ms);
    if (!done) {
        call->abandoned = true;
        (void)atomic_fetch_add(&limit->stuck, 1);
    }
    (void)pthread_mutex_unlock(&call->lock);
    if (!done)
        return -ETIMEDOUT;
    free_call(call);
    return 0;
}

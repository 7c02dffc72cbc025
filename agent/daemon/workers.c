/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "workers.h"

#include <errno.h>
#include <glib.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/clock.h"
#include "hvc/thread.h"

enum { STATUS_THREADS = 2, LANES = 3, LOOK_MS = 500 };

struct work {
    struct work *next;
    uint64_t deadline_ms;
    void (*run)(void *);
    void (*done)(void *);
    void *context;
};

struct queue {
    struct work *first, *last;
    unsigned count;
};

struct thread {
    struct hvc_workers *workers;
    unsigned lane;
    pthread_t id;
    const struct work *work; /* under way; NULL: waits for some */
    struct thread *next;
};

struct hvc_workers {
    pthread_mutex_t lock; /* of everything below */
    pthread_cond_t wake[LANES];
    pthread_cond_t idle; /* some work has ended */
    unsigned limit[LANES];
    struct queue queues[LANES];
    struct thread *threads;
    bool stopping;
    struct queue ended; /* for the main loop */
    bool telling;       /* it has been told that there is something */
    guint timer;
};

static unsigned index_of(enum hvc_lane lane)
{
    return lane == HVC_LANE_STATUS ? 1 : lane == HVC_LANE_WAIT ? 2 : 0;
}

static void push(struct queue *queue, struct work *work)
{
    work->next = NULL;
    if (queue->first == NULL)
        queue->first = work;
    else
        queue->last->next = work;
    queue->last = work;
    queue->count++;
}

static struct work *pop(struct queue *queue)
{
    struct work *work = queue->first;

    if (work != NULL) {
        queue->first = work->next;
        queue->count--;
    }
    return work;
}

/* ---- threads ---- */

static gboolean tell_ended(gpointer context)
{
    struct hvc_workers *workers = context;
    struct work *work;

    (void)pthread_mutex_lock(&workers->lock);
    work = workers->ended.first;
    workers->ended = (struct queue){0};
    workers->telling = false;
    (void)pthread_mutex_unlock(&workers->lock);
    while (work != NULL) {
        struct work *next = work->next;

        work->done(work->context);
        free(work);
        work = next;
    }
    return G_SOURCE_REMOVE;
}

static void *thread_main(void *context)
{
    struct thread *self = context;
    struct hvc_workers *workers = self->workers;
    struct queue *queue = &workers->queues[self->lane];

    (void)pthread_mutex_lock(&workers->lock);
    for (;;) {
        struct work *work;
        bool tell;

        while (queue->first == NULL && !workers->stopping)
            (void)pthread_cond_wait(&workers->wake[self->lane], &workers->lock);
        if (workers->stopping)
            break;
        work = pop(queue);
        self->work = work;
        (void)pthread_mutex_unlock(&workers->lock);
        work->run(work->context);
        (void)pthread_mutex_lock(&workers->lock);
        self->work = NULL;
        push(&workers->ended, work);
        tell = !workers->telling;
        workers->telling = true;
        (void)pthread_cond_broadcast(&workers->idle);
        if (!tell)
            continue;
        (void)pthread_mutex_unlock(&workers->lock); /* the main loop would wake to wait for it */
        (void)g_idle_add_full(G_PRIORITY_DEFAULT, tell_ended, workers, NULL);
        (void)pthread_mutex_lock(&workers->lock);
    }
    (void)pthread_mutex_unlock(&workers->lock);
    return NULL;
}

struct counts {
    unsigned threads, waiting, busy, stuck;
};

static struct counts count(const struct hvc_workers *workers, unsigned lane, uint64_t now_ms)
{
    struct counts c = {0};

    for (const struct thread *t = workers->threads; t != NULL; t = t->next) {
        if (t->lane != lane)
            continue;
        c.threads++;
        if (t->work == NULL)
            c.waiting++;
        else if (t->work->deadline_ms < now_ms)
            c.stuck++;
        else
            c.busy++;
    }
    return c;
}

static int start_thread(struct hvc_workers *workers, unsigned lane)
{
    struct thread *thread = calloc(1, sizeof(*thread));
    int rc;

    if (thread == NULL)
        return -ENOMEM;
    thread->workers = workers;
    thread->lane = lane;
    rc = hvc_thread_start(thread_main, thread, &thread->id);
    if (rc < 0) {
        free(thread);
        return rc;
    }
    thread->next = workers->threads;
    workers->threads = thread;
    return 0;
}

/* Brings the threads of a lane up to what its queue needs and its limits allow. */
static void grow(struct hvc_workers *workers, unsigned lane)
{
    struct counts c = count(workers, lane, hvc_now_ms());
    static const unsigned most_of[LANES] = {HVC_WORKERS_MAX, HVC_STUCK_CALLS_MAX, HVC_WAITERS_MAX};
    unsigned most = most_of[lane];

    while (c.waiting < workers->queues[lane].count && c.threads - c.stuck < workers->limit[lane] && c.threads < most) {
        if (start_thread(workers, lane) < 0)
            return; /* the next look tries again; those that there are go on */
        c.threads++;
        c.waiting++;
    }
}

/* Work becomes stuck by the clock alone: what waits behind it needs somebody who looks. */
static gboolean look(gpointer context)
{
    struct hvc_workers *workers = context;

    (void)pthread_mutex_lock(&workers->lock);
    for (unsigned lane = 0; lane < LANES; lane++)
        grow(workers, lane);
    (void)pthread_mutex_unlock(&workers->lock);
    return G_SOURCE_CONTINUE;
}

/* ---- interface ---- */

int hvc_workers_new(unsigned work, struct hvc_workers **ret_workers, struct hvc_error *error)
{
    struct hvc_workers *workers = calloc(1, sizeof(*workers));
    pthread_condattr_t attributes;

    if (workers == NULL)
        return hvc_error_set(error, -ENOMEM, "out of memory");
    (void)pthread_mutex_init(&workers->lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    for (unsigned lane = 0; lane < LANES; lane++)
        (void)pthread_cond_init(&workers->wake[lane], &attributes);
    (void)pthread_cond_init(&workers->idle, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    workers->limit[0] = work;
    workers->limit[1] = STATUS_THREADS;
    workers->limit[2] = HVC_WAITERS_MAX;
    workers->timer = g_timeout_add(LOOK_MS, look, workers);
    *ret_workers = workers;
    return 0;
}

int hvc_workers_submit(struct hvc_workers *workers, enum hvc_lane lane, uint64_t deadline_ms, void (*run)(void *),
                       void (*done)(void *), void *context)
{
    struct work *work = calloc(1, sizeof(*work));
    unsigned i = index_of(lane);
    int rc = 0;

    if (work == NULL)
        return -ENOMEM;
    *work = (struct work){NULL, deadline_ms, run, done, context};
    (void)pthread_mutex_lock(&workers->lock);
    if (workers->stopping || workers->queues[i].count >= HVC_WORK_QUEUE_MAX) {
        rc = -EAGAIN;
    } else {
        push(&workers->queues[i], work);
        grow(workers, i);
    }
    (void)pthread_mutex_unlock(&workers->lock);
    if (rc < 0)
        free(work);
    else
        (void)pthread_cond_signal(&workers->wake[i]); /* without the lock: the thread would wake to wait for it */
    return rc;
}

void hvc_workers_state(struct hvc_workers *workers, struct hvc_workers_state *ret_state)
{
    uint64_t now_ms = hvc_now_ms();
    struct counts c[LANES];

    (void)pthread_mutex_lock(&workers->lock);
    for (unsigned lane = 0; lane < LANES; lane++)
        c[lane] = count(workers, lane, now_ms);
    ret_state->workers = c[0].threads;
    ret_state->busy = c[0].busy + c[0].stuck;
    ret_state->stuck = c[0].stuck + c[1].stuck + c[2].stuck;
    ret_state->queued = workers->queues[0].count + workers->queues[1].count + workers->queues[2].count;
    (void)pthread_mutex_unlock(&workers->lock);
}

static unsigned at_work(const struct hvc_workers *workers)
{
    unsigned busy = 0;

    for (const struct thread *t = workers->threads; t != NULL; t = t->next)
        busy += t->work != NULL;
    return busy;
}

static unsigned wait_for_all(struct hvc_workers *workers, uint64_t deadline_ms)
{
    struct timespec when = hvc_timespec_of(deadline_ms);
    unsigned busy;

    (void)pthread_mutex_lock(&workers->lock);
    workers->stopping = true;
    for (unsigned lane = 0; lane < LANES; lane++) {
        struct work *work;

        while ((work = pop(&workers->queues[lane])) != NULL)
            free(work);
        (void)pthread_cond_broadcast(&workers->wake[lane]);
    }
    while (at_work(workers) > 0 && hvc_now_ms() < deadline_ms)
        (void)pthread_cond_timedwait(&workers->idle, &workers->lock, &when);
    busy = at_work(workers);
    (void)pthread_mutex_unlock(&workers->lock);
    return busy;
}

unsigned hvc_workers_free(struct hvc_workers *workers, uint64_t deadline_ms)
{
    unsigned busy;

    if (workers == NULL)
        return 0;
    if (workers->timer != 0)
        g_source_remove(workers->timer);
    workers->timer = 0;
    busy = wait_for_all(workers, deadline_ms);
    if (busy > 0)
        return busy;
    while (workers->threads != NULL) {
        struct thread *thread = workers->threads;

        workers->threads = thread->next;
        (void)pthread_join(thread->id, NULL);
        free(thread);
    }
    while (g_source_remove_by_user_data(workers)) /* of tell_ended: the timer is gone, and so are the threads */
        continue;
    (void)tell_ended(workers);
    for (unsigned lane = 0; lane < LANES; lane++)
        (void)pthread_cond_destroy(&workers->wake[lane]);
    (void)pthread_cond_destroy(&workers->idle);
    (void)pthread_mutex_destroy(&workers->lock);
    free(workers);
    return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/thread.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "hvc/clock.h"

struct thread {
    struct thread *next; /* of those that have ended and are to be joined */
    pthread_t id;
    void *(*run)(void *);
    void *argument;
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t ended_one;
    unsigned running;
    struct thread *ended;
} threads = {.lock = PTHREAD_MUTEX_INITIALIZER, .ended_one = PTHREAD_COND_INITIALIZER};

int hvc_thread_start(void *(*run)(void *), void *argument, pthread_t *ret_thread)
{
    sigset_t all, before;
    int rc;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(ret_thread, NULL, run, argument);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return -rc;
}

/* The last thing a thread does here; it only has to be joined, which takes no time. */
static void *run_counted(void *data)
{
    struct thread *thread = data;

    (void)thread->run(thread->argument);
    (void)pthread_mutex_lock(&threads.lock);
    threads.running--;
    thread->next = threads.ended;
    threads.ended = thread;
    (void)pthread_cond_broadcast(&threads.ended_one);
    (void)pthread_mutex_unlock(&threads.lock);
    return NULL;
}

static struct thread *take_ended(void)
{
    struct thread *ended;

    (void)pthread_mutex_lock(&threads.lock);
    ended = threads.ended;
    threads.ended = NULL;
    (void)pthread_mutex_unlock(&threads.lock);
    return ended;
}

/* Without the lock: what a library does at the end of a thread is still the thread's. */
static void join_ended(void)
{
    struct thread *thread = take_ended();

    while (thread != NULL) {
        struct thread *next = thread->next;

        (void)pthread_join(thread->id, NULL);
        free(thread);
        thread = next;
    }
}

int hvc_thread_leave(void *(*run)(void *), void *argument)
{
    struct thread *thread = malloc(sizeof(*thread));
    int rc;

    join_ended();
    if (thread == NULL)
        return -ENOMEM;
    *thread = (struct thread){.run = run, .argument = argument};
    /* The lock keeps the thread from being joined before its id is known here. */
    (void)pthread_mutex_lock(&threads.lock);
    rc = hvc_thread_start(run_counted, thread, &thread->id);
    if (rc == 0)
        threads.running++;
    (void)pthread_mutex_unlock(&threads.lock);
    if (rc < 0)
        free(thread);
    return rc;
}

unsigned hvc_thread_await(uint64_t deadline_ms)
{
    const struct timespec until = hvc_timespec_of(deadline_ms);
    unsigned left;

    (void)pthread_mutex_lock(&threads.lock);
    while (threads.running > 0 && hvc_now_ms() < deadline_ms)
        (void)pthread_cond_clockwait(&threads.ended_one, &threads.lock, CLOCK_MONOTONIC, &until);
    left = threads.running;
    (void)pthread_mutex_unlock(&threads.lock);
    join_ended();
    return left;
}

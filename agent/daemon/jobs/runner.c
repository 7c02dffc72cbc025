/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "runner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/clock.h"
#include "hvc/thread.h"

uint64_t job_stamp_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void job_runner_unref(struct hvc_job_runner *runner)
{
    bool last = --runner->references == 0;

    (void)pthread_mutex_unlock(&runner->lock);
    if (!last)
        return;
    (void)pthread_cond_destroy(&runner->changed);
    (void)pthread_mutex_destroy(&runner->wake_lock);
    (void)pthread_mutex_destroy(&runner->lock);
    job_audit_clear(&runner->audit);
    free(runner);
}

struct item *job_runner_item(struct hvc_job_runner *runner, uint64_t job)
{
    struct item *empty = NULL;

    for (unsigned i = 0; i < ITEMS_MAX; i++) {
        if (runner->items[i].job == job)
            return &runner->items[i];
        if (empty == NULL && runner->items[i].job == 0)
            empty = &runner->items[i];
    }
    if (empty != NULL)
        *empty = (struct item){.job = job};
    return empty;
}

void hvc_job_runner_wake(void *context)
{
    struct hvc_job_runner *runner = context;

    (void)pthread_mutex_lock(&runner->wake_lock);
    runner->woken = true;
    (void)pthread_cond_signal(&runner->changed);
    (void)pthread_mutex_unlock(&runner->wake_lock);
}

static void *run(void *context)
{
    struct hvc_job_runner *runner = context;

    (void)pthread_mutex_lock(&runner->wake_lock);
    while (!runner->stop) {
        uint64_t again;

        runner->woken = false;
        (void)pthread_mutex_unlock(&runner->wake_lock);
        again = job_round(runner);
        (void)pthread_mutex_lock(&runner->wake_lock);
        while (!runner->stop && !runner->woken && hvc_now_ms() < again) {
            const struct timespec until = hvc_timespec_of(again);

            (void)pthread_cond_timedwait(&runner->changed, &runner->wake_lock, &until);
        }
    }
    (void)pthread_mutex_unlock(&runner->wake_lock);
    return NULL;
}

int hvc_job_runner_new(struct hvc_operations *operations, struct hvc_job_runner **ret_runner, struct hvc_error *error)
{
    struct hvc_job_runner *runner = calloc(1, sizeof(*runner));
    pthread_condattr_t attributes;

    if (runner == NULL)
        return hvc_error_set(error, -ENOMEM, "out of memory");
    runner->operations = operations;
    runner->references = 1;
    (void)pthread_mutex_init(&runner->lock, NULL);
    (void)pthread_mutex_init(&runner->wake_lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&runner->changed, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    hvc_moves_listen(operations->moves, hvc_job_runner_wake, runner);
    *ret_runner = runner;
    return 0;
}

int hvc_job_runner_start(struct hvc_job_runner *runner, struct hvc_error *error)
{
    int rc = 0;

    (void)pthread_mutex_lock(&runner->wake_lock);
    if (!runner->stop)
        rc = hvc_thread_start(run, runner, &runner->thread);
    runner->started = !runner->stop && rc == 0;
    (void)pthread_mutex_unlock(&runner->wake_lock);
    return rc < 0 ? hvc_error_set(error, rc, "cannot start the thread of the jobs: %s", strerror(-rc)) : 0;
}

void hvc_job_runner_stop(struct hvc_job_runner *runner)
{
    bool started;

    if (runner == NULL)
        return;
    (void)pthread_mutex_lock(&runner->wake_lock);
    runner->stop = true;
    started = runner->started;
    (void)pthread_cond_signal(&runner->changed);
    (void)pthread_mutex_unlock(&runner->wake_lock);
    if (started)
        (void)pthread_join(runner->thread, NULL);
}

void hvc_job_runner_free(struct hvc_job_runner *runner)
{
    if (runner == NULL)
        return;
    (void)pthread_mutex_lock(&runner->lock);
    job_runner_unref(runner);
}

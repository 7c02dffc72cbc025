/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ticker.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/clock.h"
#include "hvc/thread.h"

struct hvc_ticker {
    uint64_t period_ms;
    void (*run)(void *context);
    void *context;
    pthread_t thread;
    pthread_mutex_t lock; /* of what is below */
    pthread_cond_t changed;
    bool woken, stop, ended;
};

/* False: it shall end. */
static bool wait_for_next(struct hvc_ticker *ticker, uint64_t until_ms)
{
    const struct timespec until = hvc_timespec_of(until_ms);
    bool go_on;

    (void)pthread_mutex_lock(&ticker->lock);
    while (!ticker->stop && !ticker->woken && hvc_now_ms() < until_ms)
        (void)pthread_cond_timedwait(&ticker->changed, &ticker->lock, &until);
    ticker->woken = false;
    go_on = !ticker->stop;
    (void)pthread_mutex_unlock(&ticker->lock);
    return go_on;
}

static void *tick(void *argument)
{
    struct hvc_ticker *ticker = argument;
    uint64_t next_ms = hvc_now_ms();

    while (wait_for_next(ticker, next_ms)) {
        next_ms = hvc_now_ms() + ticker->period_ms;
        ticker->run(ticker->context);
    }
    (void)pthread_mutex_lock(&ticker->lock);
    ticker->ended = true;
    (void)pthread_cond_broadcast(&ticker->changed);
    (void)pthread_mutex_unlock(&ticker->lock);
    return NULL;
}

int hvc_ticker_new(const char *what, uint64_t period_ms, void (*run)(void *context), void *context,
                   struct hvc_ticker **ret_ticker, struct hvc_error *error)
{
    struct hvc_ticker *ticker = calloc(1, sizeof(*ticker));
    pthread_condattr_t monotonic;
    int rc;

    if (ticker == NULL)
        return hvc_error_set(error, -ENOMEM, "out of memory");
    *ticker = (struct hvc_ticker){.period_ms = period_ms, .run = run, .context = context};
    (void)pthread_mutex_init(&ticker->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&ticker->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    rc = hvc_thread_start(tick, ticker, &ticker->thread);
    if (rc == 0) {
        *ret_ticker = ticker;
        return 0;
    }
    (void)pthread_cond_destroy(&ticker->changed);
    (void)pthread_mutex_destroy(&ticker->lock);
    free(ticker);
    return hvc_error_set(error, rc, "cannot start the thread for %s: %s", what, strerror(-rc));
}

void hvc_ticker_wake(struct hvc_ticker *ticker)
{
    (void)pthread_mutex_lock(&ticker->lock);
    ticker->woken = true;
    (void)pthread_cond_broadcast(&ticker->changed);
    (void)pthread_mutex_unlock(&ticker->lock);
}

bool hvc_ticker_end(struct hvc_ticker *ticker, uint64_t deadline_ms)
{
    const struct timespec deadline = hvc_timespec_of(deadline_ms);
    bool ended;

    if (ticker == NULL)
        return true;
    (void)pthread_mutex_lock(&ticker->lock);
    ticker->stop = true;
    (void)pthread_cond_broadcast(&ticker->changed);
    while (!ticker->ended && hvc_now_ms() < deadline_ms)
        (void)pthread_cond_timedwait(&ticker->changed, &ticker->lock, &deadline);
    ended = ticker->ended;
    (void)pthread_mutex_unlock(&ticker->lock);
    if (!ended)
        return false;
    (void)pthread_join(ticker->thread, NULL);
    (void)pthread_cond_destroy(&ticker->changed);
    (void)pthread_mutex_destroy(&ticker->lock);
    free(ticker);
    return true;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rounds.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "hvc/clock.h"

struct hvc_wbemd_rounds {
    pthread_mutex_t mutex; /* of all that follows */
    pthread_cond_t of[2];  /* who waits for a round, by its number's last bit: that one has ended, or shall be begun */
    uint64_t begun, ended; /* how many; one is under way when they differ */
    struct hvc_wbemd_kept *kept;
    int rc; /* of the last one */
    struct hvc_error error;
};

struct hvc_wbemd_rounds *hvc_wbemd_rounds_new(void)
{
    struct hvc_wbemd_rounds *rounds = calloc(1, sizeof(*rounds));
    pthread_condattr_t monotonic;

    if (rounds == NULL)
        return NULL;
    (void)pthread_mutex_init(&rounds->mutex, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&rounds->of[0], &monotonic);
    (void)pthread_cond_init(&rounds->of[1], &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    return rounds;
}

void hvc_wbemd_rounds_free(struct hvc_wbemd_rounds *rounds)
{
    if (rounds == NULL)
        return;
    hvc_wbemd_kept_release(rounds->kept);
    (void)pthread_cond_destroy(&rounds->of[0]);
    (void)pthread_cond_destroy(&rounds->of[1]);
    (void)pthread_mutex_destroy(&rounds->mutex);
    free(rounds);
}

/* With the mutex, which is let go of meanwhile. Returns what the round before brought, for the caller to release. */
static struct hvc_wbemd_kept *lead(struct hvc_wbemd_rounds *rounds, hvc_wbemd_round_fn ask, void *context)
{
    struct hvc_wbemd_kept *kept = NULL, *former;
    struct hvc_error error = {0};
    int rc;

    rounds->begun++;
    (void)pthread_mutex_unlock(&rounds->mutex);
    rc = ask(context, &kept, &error);
    (void)pthread_mutex_lock(&rounds->mutex);
    former = rounds->kept;
    rounds->kept = kept;
    rounds->rc = rc;
    rounds->error = error;
    rounds->ended = rounds->begun;
    return former;
}

/* Without the mutex, so that nobody wakes to wait for it. All who waited for this round have it; one of those who came
 * meanwhile begins the next. */
static void wake_others(struct hvc_wbemd_rounds *rounds, uint64_t ended)
{
    (void)pthread_cond_broadcast(&rounds->of[ended % 2]);
    (void)pthread_cond_signal(&rounds->of[(ended + 1) % 2]);
}

static bool wait_for(struct hvc_wbemd_rounds *rounds, uint64_t wanted, uint64_t deadline_ms)
{
    const struct timespec until = hvc_timespec_of(deadline_ms);

    return pthread_cond_timedwait(&rounds->of[wanted % 2], &rounds->mutex, &until) != ETIMEDOUT;
}

int hvc_wbemd_rounds_ask(struct hvc_wbemd_rounds *rounds, uint64_t deadline_ms, hvc_wbemd_round_fn ask, void *context,
                         struct hvc_wbemd_kept **ret_kept, struct hvc_error *error)
{
    struct hvc_wbemd_kept *former = NULL;
    uint64_t wanted;
    bool in_time = true, led = false;
    int rc;

    (void)pthread_mutex_lock(&rounds->mutex);
    wanted = rounds->begun + 1; /* the first that is asked from now on */
    while (rounds->ended < wanted && in_time) {
        led = rounds->begun == rounds->ended;
        if (led)
            former = lead(rounds, ask, context);
        else
            in_time = wait_for(rounds, wanted, deadline_ms);
    }
    if (rounds->ended < wanted) {
        rc = hvc_error_set(error, -ETIMEDOUT, "hvclusterd has not answered others in time");
    } else {
        rc = rounds->rc;
        if (rc < 0)
            (void)hvc_error_set(error, rc, "%s", rounds->error.text);
        else
            *ret_kept = hvc_wbemd_kept_use(rounds->kept);
    }
    (void)pthread_mutex_unlock(&rounds->mutex);
    if (led)
        wake_others(rounds, wanted);
    else if (!in_time)
        (void)pthread_cond_signal(&rounds->of[wanted % 2]); /* to begin it may have been this one's turn */
    hvc_wbemd_kept_release(former);
    return rc;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rounds.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "hvc/clock.h"

struct hvc_wbemd_rounds {
    pthread_mutex_t mutex; /* of all that follows */
    pthread_cond_t ended_one;
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
    (void)pthread_cond_init(&rounds->ended_one, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    return rounds;
}

void hvc_wbemd_rounds_free(struct hvc_wbemd_rounds *rounds)
{
    if (rounds == NULL)
        return;
    hvc_wbemd_kept_release(rounds->kept);
    (void)pthread_cond_destroy(&rounds->ended_one);
    (void)pthread_mutex_destroy(&rounds->mutex);
    free(rounds);
}

/* With the mutex, which is let go of meanwhile. */
static void lead(struct hvc_wbemd_rounds *rounds, hvc_wbemd_round_fn ask, void *context)
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
    (void)pthread_cond_broadcast(&rounds->ended_one);
    hvc_wbemd_kept_release(former);
}

static bool wait_for_end(struct hvc_wbemd_rounds *rounds, uint64_t deadline_ms)
{
    const struct timespec until = {.tv_sec = (time_t)(deadline_ms / 1000),
                                   .tv_nsec = (long)(deadline_ms % 1000) * 1000000};

    return pthread_cond_timedwait(&rounds->ended_one, &rounds->mutex, &until) != ETIMEDOUT;
}

int hvc_wbemd_rounds_ask(struct hvc_wbemd_rounds *rounds, uint64_t deadline_ms, hvc_wbemd_round_fn ask, void *context,
                         struct hvc_wbemd_kept **ret_kept, struct hvc_error *error)
{
    uint64_t wanted;
    bool in_time = true;
    int rc;

    (void)pthread_mutex_lock(&rounds->mutex);
    wanted = rounds->begun + 1; /* the first that is asked from now on */
    while (rounds->ended < wanted && in_time) {
        if (rounds->begun == rounds->ended)
            lead(rounds, ask, context);
        else
            in_time = wait_for_end(rounds, deadline_ms);
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
    return rc;
}

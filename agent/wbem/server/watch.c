/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watch.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "hvc/clock.h"

struct hvc_wbemd_watch {
    uint64_t shortest_ms;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;          /* the first connection came, or the end */
    struct hvc_wbemd_watched *first; /* under mutex, as the rest */
    bool ends;
};

/* Under the mutex: who removes a connection has to wait, so that no socket is shut that is closed already. */
static uint64_t look(struct hvc_wbemd_watch *watch, uint64_t now_ms)
{
    /* what is set from now on is not nearer than this */
    uint64_t again_ms = watch->first == NULL ? HVC_NO_DEADLINE : now_ms + watch->shortest_ms;

    for (struct hvc_wbemd_watched *watched = watch->first; watched != NULL; watched = watched->next) {
        uint64_t deadline_ms = atomic_load_explicit(&watched->deadline_ms, memory_order_relaxed);

        if (deadline_ms > now_ms) {
            again_ms = deadline_ms < again_ms ? deadline_ms : again_ms;
            continue;
        }
        /* when it has got a new deadline in this moment, it is shut nevertheless: it came too late */
        atomic_store_explicit(&watched->deadline_ms, HVC_NO_DEADLINE, memory_order_relaxed);
        (void)shutdown(watched->fd, SHUT_RDWR); /* fails when the client has left: as good */
    }
    return again_ms;
}

uint64_t hvc_wbemd_watch_look(struct hvc_wbemd_watch *watch, uint64_t now_ms)
{
    uint64_t again_ms;

    (void)pthread_mutex_lock(&watch->mutex);
    again_ms = look(watch, now_ms);
    (void)pthread_mutex_unlock(&watch->mutex);
    return again_ms;
}

static void *run(void *context)
{
    struct hvc_wbemd_watch *watch = context;

    (void)pthread_mutex_lock(&watch->mutex);
    while (!watch->ends) {
        uint64_t again_ms = look(watch, hvc_now_ms());
        struct timespec until = hvc_timespec_of(again_ms);

        if (again_ms == HVC_NO_DEADLINE)
            (void)pthread_cond_wait(&watch->changed, &watch->mutex);
        else
            (void)pthread_cond_timedwait(&watch->changed, &watch->mutex, &until);
    }
    (void)pthread_mutex_unlock(&watch->mutex);
    return NULL;
}

int hvc_wbemd_watch_new(uint64_t shortest_ms, struct hvc_wbemd_watch **ret_watch, struct hvc_error *error)
{
    struct hvc_wbemd_watch *watch = calloc(1, sizeof(*watch));
    pthread_condattr_t monotonic;
    int rc;

    if (watch == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory");
    watch->shortest_ms = shortest_ms;
    (void)pthread_mutex_init(&watch->mutex, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&watch->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    rc = -pthread_create(&watch->thread, NULL, run, watch);
    if (rc == 0) {
        *ret_watch = watch;
        return 0;
    }
    (void)pthread_cond_destroy(&watch->changed);
    (void)pthread_mutex_destroy(&watch->mutex);
    free(watch);
    return hvc_error_set(error, rc, "no thread for the time of connections: %s", strerror(-rc));
}

void hvc_wbemd_watch_add(struct hvc_wbemd_watch *watch, struct hvc_wbemd_watched *watched)
{
    (void)pthread_mutex_lock(&watch->mutex);
    if (watch->first == NULL)
        (void)pthread_cond_signal(&watch->changed);
    else
        watch->first->place = &watched->next;
    watched->next = watch->first;
    watched->place = &watch->first;
    watch->first = watched;
    (void)pthread_mutex_unlock(&watch->mutex);
}

void hvc_wbemd_watch_remove(struct hvc_wbemd_watch *watch, struct hvc_wbemd_watched *watched)
{
    (void)pthread_mutex_lock(&watch->mutex);
    *watched->place = watched->next;
    if (watched->next != NULL)
        watched->next->place = watched->place;
    (void)pthread_mutex_unlock(&watch->mutex);
}

void hvc_wbemd_watch_free(struct hvc_wbemd_watch *watch)
{
    if (watch == NULL)
        return;
    (void)pthread_mutex_lock(&watch->mutex);
    watch->ends = true;
    (void)pthread_cond_signal(&watch->changed);
    (void)pthread_mutex_unlock(&watch->mutex);
    (void)pthread_join(watch->thread, NULL);
    (void)pthread_cond_destroy(&watch->changed);
    (void)pthread_mutex_destroy(&watch->mutex);
    free(watch);
}

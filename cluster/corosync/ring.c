/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/ring.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "hvc/clock.h"
#include "hvc/thread.h"
#include "sending.h"
#include "thread.h"

static void ring_free(struct hvc_ring *ring)
{
    hvc_events_done(&ring->events);
    hvc_sending_done(&ring->sending);
    hvc_report_done(&ring->report);
    (void)pthread_mutex_destroy(&ring->end_lock);
    (void)pthread_cond_destroy(&ring->end_come);
    (void)close(ring->wake);
    free(ring);
}

static void *run(void *argument)
{
    struct hvc_ring *ring = argument;
    bool abandoned;

    hvc_ring_thread(ring);
    (void)pthread_mutex_lock(&ring->end_lock);
    ring->ended = true;
    abandoned = ring->abandoned;
    (void)pthread_cond_signal(&ring->end_come);
    (void)pthread_mutex_unlock(&ring->end_lock);
    if (abandoned)
        ring_free(ring);
    return NULL;
}

static void init_end(struct hvc_ring *ring)
{
    pthread_condattr_t attributes;

    (void)pthread_condattr_init(&attributes); /* these cannot fail with a clock that is there */
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&ring->end_lock, NULL);
    (void)pthread_cond_init(&ring->end_come, &attributes);
    (void)pthread_condattr_destroy(&attributes);
}

/* All but the thread. */
static int ring_new(hvc_ring_trace_fn trace, void *context, struct hvc_ring **ret_ring)
{
    struct hvc_ring *ring = calloc(1, sizeof(*ring));
    int result;

    if (ring == NULL)
        return -ENOMEM;
    ring->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    result = ring->wake < 0 ? -errno : hvc_events_init(&ring->events, HVC_RING_RECEIVE_MAX);
    if (result < 0) {
        if (ring->wake >= 0)
            (void)close(ring->wake);
        free(ring);
        return result;
    }
    init_end(ring);
    hvc_sending_init(&ring->sending, HVC_RING_SEND_MAX);
    hvc_report_init(&ring->report, trace, context);
    ring->delivery = (struct hvc_delivery){.events = &ring->events, .sending = &ring->sending, .report = &ring->report};
    ring->connection = (struct hvc_connection){.delivery = &ring->delivery, .report = &ring->report};
    *ret_ring = ring;
    return 0;
}

int hvc_ring_open_traced(const char *group, hvc_ring_trace_fn trace, void *context, struct hvc_ring **ret_ring,
                         struct hvc_error *error)
{
    struct hvc_ring *ring;
    size_t length = strlen(group);
    int result;

    if (length == 0 || length >= CPG_MAX_NAME_LENGTH)
        return hvc_error_set(error, -EINVAL, "the CPG group name '%s' must have 1 to %d bytes", group,
                             CPG_MAX_NAME_LENGTH - 1);
    result = ring_new(trace, context, &ring);
    if (result < 0)
        return hvc_error_set(error, result, "cannot prepare the connection to corosync: %s", strerror(-result));
    ring->group.length = (uint32_t)length;
    memcpy(ring->group.value, group, length);
    result = hvc_thread_leave(run, ring);
    if (result < 0) {
        ring_free(ring);
        return hvc_error_set(error, result, "cannot start the thread that talks to corosync: %s", strerror(-result));
    }
    *ret_ring = ring;
    return 0;
}

int hvc_ring_open(const char *group, struct hvc_ring **ret_ring, struct hvc_error *error)
{
    return hvc_ring_open_traced(group, NULL, NULL, ret_ring, error);
}

int hvc_ring_close(struct hvc_ring *ring, uint64_t wait_ms)
{
    uint64_t deadline = hvc_deadline_in(wait_ms);
    const struct timespec until = hvc_timespec_of(deadline);
    bool ended;

    if (ring == NULL)
        return 0;
    atomic_store(&ring->stop, true);
    hvc_fd_signal(ring->wake);
    (void)pthread_mutex_lock(&ring->end_lock);
    while (!ring->ended && pthread_cond_timedwait(&ring->end_come, &ring->end_lock, &until) == 0)
        continue;
    ended = ring->ended;
    ring->abandoned = !ended;
    (void)pthread_mutex_unlock(&ring->end_lock);
    if (!ended)
        return -ETIMEDOUT;
    ring_free(ring);
    return 0;
}

int hvc_ring_fd(const struct hvc_ring *ring)
{
    return ring->events.fd;
}

bool hvc_ring_next(struct hvc_ring *ring, struct hvc_replication_event *ret_event)
{
    if (!hvc_events_next(&ring->events, ret_event))
        return false;
    if (atomic_load(&ring->paused) && hvc_events_bytes(&ring->events) < HVC_RING_RECEIVE_MAX / 2) {
        atomic_store(&ring->paused, false);
        hvc_fd_signal(ring->wake);
    }
    ret_event->now_ms = hvc_now_ms();
    return true;
}

int hvc_ring_send(struct hvc_ring *ring, const void *bytes, size_t length)
{
    int result;

    if (length <= HVC_RING_MESSAGE_MAX && !atomic_load(&ring->report.joined))
        return -ENOTCONN;
    result = hvc_sending_put(&ring->sending, bytes, length);
    ring->unsent = ring->unsent || result == 0;
    return result;
}

static int give(void *context, const void *bytes, size_t length)
{
    const struct hvc_ring *ring = context;

    return hvc_connection_try(&ring->connection, bytes, length);
}

void hvc_ring_flush(struct hvc_ring *ring)
{
    if (ring->unsent && !hvc_sending_try(&ring->sending, give, ring))
        hvc_fd_signal(ring->wake);
    ring->unsent = false;
}

uint32_t hvc_ring_node(const struct hvc_ring *ring)
{
    return atomic_load(&ring->report.own_node);
}

int hvc_ring_name(struct hvc_ring *ring, uint32_t node, char ret_name[HVC_NODE_NAME_MAX])
{
    return hvc_report_name(&ring->report, node, ret_name);
}

void hvc_ring_status(struct hvc_ring *ring, struct hvc_ring_status *ret_status)
{
    hvc_report_status(&ring->report, ret_status);
    ret_status->send_bytes = hvc_queue_bytes(&ring->sending.queue);
    ret_status->receive_bytes = hvc_events_bytes(&ring->events);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "thread.h"

#include <errno.h>

#include "sending.h"

enum {
    RETRY_SEND_MS = 2,      /* after TRY_AGAIN: the token comes round in less */
    RETRY_CONNECT_MS = 250, /* corosync is not there, or refuses */
    CHECK_MS = 1000,        /* nothing to do: look whether the thread is to end */
    DISPATCH_BURST = 64,    /* deliveries in a row before quorum and sending get their turn */
};

/* Takes what CPG has, a burst at a time; returns false when the receiver is behind and CPG must wait. */
static bool dispatch_cpg(struct hvc_ring *ring)
{
    for (int i = 0; i < DISPATCH_BURST && !ring->report.failed; i++) {
        if (hvc_events_bytes(&ring->events) >= HVC_RING_RECEIVE_MAX) {
            atomic_store(&ring->paused, true);
            return false;
        }
        if (!hvc_connection_dispatch_cpg(&ring->connection))
            break;
    }
    return true;
}

static int send_one(void *context, const void *bytes, size_t length)
{
    struct hvc_ring *ring = context;
    int result = hvc_connection_send(&ring->connection, bytes, length);

    if (result == -EAGAIN)
        atomic_fetch_add(&ring->report.try_again, 1);
    return result;
}

static void serve(struct hvc_ring *ring)
{
    struct hvc_connection *c = &ring->connection;
    bool retry = false, receiving = true;

    hvc_sending_open(&ring->sending, true);
    hvc_report_joined(&ring->report, true);
    while (!atomic_load(&ring->stop) && !ring->report.failed) {
        struct pollfd fds[HVC_FD_COUNT + 1] = {[HVC_FD_COUNT] = {.fd = ring->wake, .events = POLLIN}};

        for (int i = 0; i < HVC_FD_COUNT; i++)
            fds[i] = (struct pollfd){.fd = c->fd[i], .events = POLLIN};
        if (!receiving)
            fds[HVC_FD_CPG].fd = -1;
        if (poll(fds, HVC_FD_COUNT + 1, retry ? RETRY_SEND_MS : CHECK_MS) < 0 && errno != EINTR)
            hvc_report_fail(&ring->report, -errno, "cannot wait for corosync: poll: %s", strerror(errno));
        if ((fds[HVC_FD_COUNT].revents & POLLIN) != 0)
            hvc_fd_drain(ring->wake);
        receiving = dispatch_cpg(ring);
        hvc_connection_dispatch(c, fds);
        if (ring->delivery.votes_dirty && ring->delivery.quorum_known && !ring->report.failed)
            hvc_connection_read_votes(c);
        retry = !ring->report.failed && hvc_sending_flush(&ring->sending, send_one, ring) == -EAGAIN;
    }
    hvc_report_joined(&ring->report, false);
    hvc_sending_open(&ring->sending, false);
}

static void wait_to_connect(struct hvc_ring *ring)
{
    struct pollfd fd = {.fd = ring->wake, .events = POLLIN};

    if (poll(&fd, 1, RETRY_CONNECT_MS) > 0)
        hvc_fd_drain(ring->wake);
}

void hvc_ring_thread(struct hvc_ring *ring)
{
    while (!atomic_load(&ring->stop)) {
        if (hvc_connection_open(&ring->connection, &ring->group))
            serve(ring);
        hvc_connection_close(&ring->connection, &ring->group);
        if (!atomic_load(&ring->stop)) {
            atomic_fetch_add(&ring->report.reconnects, 1);
            wait_to_connect(ring);
        }
    }
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "events.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* One event as it lies in the queue: the event, then what its pointer points to. */
struct item {
    struct hvc_replication_event event;
    max_align_t payload[];
};

void hvc_fd_signal(int fd)
{
    static const uint64_t one = 1;

    /* EAGAIN means that the counter is full: it is readable, which is all that is wanted */
    while (write(fd, &one, sizeof(one)) < 0 && errno == EINTR)
        continue;
}

void hvc_fd_drain(int fd)
{
    uint64_t count;

    while (read(fd, &count, sizeof(count)) < 0 && errno == EINTR)
        continue;
}

int hvc_events_init(struct hvc_events *events, size_t limit)
{
    *events = (struct hvc_events){.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (events->fd < 0)
        return -errno;
    hvc_queue_init(&events->queue, limit);
    return 0;
}

void hvc_events_done(struct hvc_events *events)
{
    free(events->taken);
    hvc_queue_done(&events->queue);
    (void)close(events->fd);
}

int hvc_events_put(struct hvc_events *events, const struct hvc_replication_event *event, const void *payload,
                   size_t length)
{
    struct hvc_block *block = hvc_block_new(sizeof(struct item) + length);
    struct item *item;

    if (block == NULL)
        return -ENOMEM;
    item = (struct item *)(void *)block->bytes;
    item->event = *event;
    if (length > 0)
        memcpy(item->payload, payload, length);
    if (hvc_queue_put(&events->queue, block, 1) == 1)
        hvc_fd_signal(events->fd);
    return 0;
}

static void point_at_payload(struct hvc_replication_event *event, const void *payload)
{
    if (event->kind == HVC_REPLICATION_VIEW)
        event->view.members = payload;
    else if (event->kind == HVC_REPLICATION_QUORUM)
        event->quorum.nodes = payload;
    else if (event->kind == HVC_REPLICATION_MESSAGE)
        event->message.bytes = payload;
}

bool hvc_events_next(struct hvc_events *events, struct hvc_replication_event *ret_event)
{
    const struct item *item;

    free(events->taken);
    events->taken = hvc_queue_take(&events->queue);
    if (events->taken == NULL) {
        /* Clear first, look again: of events that came in between, this one is found, and the next one tells. */
        hvc_fd_drain(events->fd);
        events->taken = hvc_queue_take(&events->queue);
        if (hvc_queue_bytes(&events->queue) > 0)
            hvc_fd_signal(events->fd);
    }
    if (events->taken == NULL)
        return false;
    item = (const struct item *)(const void *)events->taken->bytes;
    *ret_event = item->event;
    point_at_payload(ret_event, item->payload);
    return true;
}

size_t hvc_events_bytes(struct hvc_events *events)
{
    return hvc_queue_bytes(&events->queue);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events on their way from the ring's thread to the main loop, with what their pointers point to. */
#ifndef HVC_RING_EVENTS_H
#define HVC_RING_EVENTS_H

#include <stdbool.h>

#include "hvc/replication.h"
#include "queue.h"

struct hvc_events {
    int fd; /* eventfd: readable while there may be one to take */
    struct hvc_queue queue;
    struct hvc_block *taken; /* what the last hvc_events_next gave out */
};

int hvc_events_init(struct hvc_events *events, size_t limit); /* -errno of eventfd */
void hvc_events_done(struct hvc_events *events);

/* The ring's thread. The payload is what the event's pointer will point to. Never full; -ENOMEM. */
int hvc_events_put(struct hvc_events *events, const struct hvc_replication_event *event, const void *payload,
                   size_t length);

/* The main loop. Pointers are valid until the next call; now_ms is not set. */
bool hvc_events_next(struct hvc_events *events, struct hvc_replication_event *ret_event);

/* Any thread: bytes that wait. */
size_t hvc_events_bytes(struct hvc_events *events);

/* An eventfd is set readable, and emptied. */
void hvc_fd_signal(int fd);
void hvc_fd_drain(int fd);

#endif

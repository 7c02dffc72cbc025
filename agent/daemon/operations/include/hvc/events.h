/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What has happened in the cluster since this hvclusterd started, as this node saw it: phases of jobs, nodes that come
 * and go, the service started or stopped. A ring of the newest HVC_EVENTS_MAX, numbered from 1; who asks with the last
 * number it knows misses nothing that is still kept, and is told what is not. Found by comparing the replicated state
 * with how it looked before, so that events come also of what other nodes did.
 *
 * Threads: any. The watching has a thread of its own.
 */
#ifndef HVC_EVENTS_H
#define HVC_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "hvc/error.h"
#include "hvc/keeper.h"
#include "hvc/limits.h"

struct hvc_events;

struct hvc_event {
    uint64_t number;
    uint64_t at_ms;   /* wall clock: when it happened, of a job as its node said */
    const char *kind; /* "job", "node" or "service" */
    uint64_t job;     /* of kind job */
    char text[512];
};

/* Starts watching; what the state holds at the first look is no event. keeper must live longer. */
int hvc_events_open(struct hvc_keeper *keeper, struct hvc_events **ret_events, struct hvc_error *error);
/* Ends within half a second. NULL is allowed. */
void hvc_events_close(struct hvc_events *events);

/* Compares the state with how it was: the watching thread's work, for tests. */
void hvc_events_look(struct hvc_events *events);
/* Without a thread. */
int hvc_events_new(struct hvc_keeper *keeper, struct hvc_events **ret_events);

/* Copies events with numbers above `after`, the oldest first, up to room. Returns how many; *ret_last is the newest
 * number there is, *ret_lost how many between `after` and the first one are not kept any more. */
unsigned hvc_events_read(struct hvc_events *events, uint64_t after, struct hvc_event *ret_events, unsigned room,
                         uint64_t *ret_last, uint64_t *ret_lost);
/* Waits until there is one above `after`, or the deadline. */
void hvc_events_wait(struct hvc_events *events, uint64_t after, uint64_t deadline_ms);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What any thread may ask of the ring at any time: connected or not, since when, why, names, counters. */
#ifndef HVC_RING_REPORT_H
#define HVC_RING_REPORT_H

#include <pthread.h>
#include <stdatomic.h>

#include "hvc/ring.h"
#include "votes.h"

struct hvc_report {
    atomic_bool joined;
    atomic_uint own_node;            /* 0: not known yet */
    atomic_uint_fast64_t call_since; /* when the call into corosync that is under way began; 0: none */
    atomic_uint_fast64_t try_again, reconnects;
    hvc_ring_trace_fn trace; /* NULL: none */
    void *trace_context;

    pthread_mutex_t lock; /* what follows */
    struct hvc_error last;
    uint64_t since_ms;
    struct {
        size_t count;
        uint32_t node[HVC_NODES_MAX];
        char name[HVC_NODES_MAX][HVC_NODE_NAME_MAX];
    } names;

    bool failed; /* of the ring's thread: the connection is of no use any more and is to be taken down */
};

void hvc_report_init(struct hvc_report *report, hvc_ring_trace_fn trace, void *context);
void hvc_report_done(struct hvc_report *report);

/* The ring's thread. */
__attribute__((format(printf, 2, 3))) void hvc_report_trace(struct hvc_report *report, const char *format, ...);
__attribute__((format(printf, 3, 4))) void hvc_report_fail(struct hvc_report *report, int code, const char *format,
                                                           ...);
void hvc_report_joined(struct hvc_report *report, bool joined);
void hvc_report_names(struct hvc_report *report, const struct hvc_votes *votes);
/* Every call that may block stands between these two. */
void hvc_report_call_begins(struct hvc_report *report);
void hvc_report_call_ended(struct hvc_report *report);

/* Any thread. */
int hvc_report_name(struct hvc_report *report, uint32_t node, char ret_name[HVC_NODE_NAME_MAX]);
void hvc_report_status(struct hvc_report *report, struct hvc_ring_status *ret_status); /* without the queues' bytes */

#endif

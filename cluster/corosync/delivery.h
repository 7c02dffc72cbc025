/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What corosync's callbacks mean: each becomes an event, a line of the trace, or a note that the votes are to be read
 * again. Calls nothing of corosync. The ring's thread.
 */
#ifndef HVC_RING_DELIVERY_H
#define HVC_RING_DELIVERY_H

#include <corosync/cpg.h>

#include "events.h"
#include "group_view.h"
#include "report.h"
#include "sending.h"

struct hvc_delivery {
    struct hvc_events *events;
    struct hvc_sending *sending; /* every message in it is for one view: it ends with the view */
    struct hvc_report *report;   /* failed is set when an event would be lost */
    struct hvc_group_view view;
    struct hvc_ring_id quorum_ring;
    bool quorate, quorum_known;
    bool votes_dirty; /* since the last hvc_delivery_votes */
};

/* A connection begins, and is lost: the view that stands ends with it. */
void hvc_delivery_begin(struct hvc_delivery *d, uint32_t own_node);
void hvc_delivery_end(struct hvc_delivery *d);

/* CPG, in its order. A message is a packet of ours (sending.h): one event and one line for each part. */
void hvc_delivery_message(struct hvc_delivery *d, uint32_t node, uint32_t pid, const void *bytes, size_t length);
void hvc_delivery_group(struct hvc_delivery *d, const struct cpg_address *members, size_t count,
                        const struct cpg_address *left, size_t left_count, const struct cpg_address *joined,
                        size_t joined_count);
void hvc_delivery_totem(struct hvc_delivery *d, struct hvc_ring_id ring, uint32_t count, const uint32_t *nodes);

/* The quorum service, unordered with CPG; the event goes out with the votes. */
void hvc_delivery_quorum(struct hvc_delivery *d, struct hvc_ring_id ring, bool quorate, uint32_t count,
                         const uint32_t *nodes);
void hvc_delivery_votes(struct hvc_delivery *d, const struct hvc_votes *votes);

#endif

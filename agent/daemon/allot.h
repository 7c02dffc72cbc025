/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Gives each move that runs from this node its part of the bandwidth (hvc/bandwidth.h): looked at again every second,
 * from the committed settings, networks and jobs and from all nodes' soft facts, so that a limit or priority that was
 * changed, or another move that began or ended, takes effect while moves run. One thread. Moves that may strain the
 * ring have a budget of their own (ring_watch.h); while no move is under way here nothing but the ring is looked at.
 */
#ifndef HVC_ALLOT_H
#define HVC_ALLOT_H

#include "hvc/operations.h"

struct hvc_allotter;

int hvc_allotter_new(struct hvc_operations *operations, struct hvc_allotter **ret_allotter, struct hvc_error *error);

/* As hvc_sampler_end. */
bool hvc_allotter_end(struct hvc_allotter *allotter, uint64_t deadline_ms);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Threads for what blocks. Work waits in a bounded queue; work past its deadline counts as stuck, and another thread
 * takes its place, so that a hung libvirtd costs a thread and not the service. The status lane has threads of its own,
 * and so has the lane of those that only wait for the cluster's state to change.
 */
#ifndef HVC_WORKERS_H
#define HVC_WORKERS_H

#include <stdint.h>

#include "hvc/error.h"
#include "hvc/operations.h"

struct hvc_workers;

/* work: threads of HVC_LANE_WORK that are not stuck; of stuck and other ones together there are HVC_WORKERS_MAX. */
int hvc_workers_new(unsigned work, struct hvc_workers **ret_workers, struct hvc_error *error);

/* Waits until deadline_ms for work under way, drops what waits (without calling done) and frees everything; with
 * threads still at work it frees nothing: the process is about to end, or this is called again. Returns how many. Main
 * thread. */
unsigned hvc_workers_free(struct hvc_workers *workers, uint64_t deadline_ms);

/* run(context) in a thread, then done(context) in the main loop. -EAGAIN: the queue is full. Any thread. */
int hvc_workers_submit(struct hvc_workers *workers, enum hvc_lane lane, uint64_t deadline_ms, void (*run)(void *),
                       void (*done)(void *), void *context);

/* Counts. Any thread; `clients` is not touched. */
void hvc_workers_state(struct hvc_workers *workers, struct hvc_workers_state *ret_state);

#endif

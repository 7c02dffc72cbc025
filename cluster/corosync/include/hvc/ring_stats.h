/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The counters of corosync's ring at this moment (hvc/ring_load.h). Threads and errors as hvc/membership.h. */
#ifndef HVC_RING_STATS_H
#define HVC_RING_STATS_H

#include "hvc/error.h"
#include "hvc/ring_load.h"

int hvc_ring_stats_read(uint64_t deadline_ms, struct hvc_ring_load *ret_load, struct hvc_error *error);

#endif

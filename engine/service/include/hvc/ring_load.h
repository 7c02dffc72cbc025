/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How hard a node's ring has it: counters of corosync's `stats` map (cmap_keys(7), corosync 3.1) at one moment. What
 * they mean is for hvc/ring_guard.h. All counters begin anew with corosync.
 */
#ifndef HVC_RING_LOAD_H
#define HVC_RING_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "hvc/limits.h"

/* A knet link to another node. */
struct hvc_ring_link {
    uint32_t node;
    uint8_t link;
    bool connected;
    uint32_t latency_us;   /* mean round trip of the last `samples` answers, of up to 2048 of them: it moves slowly */
    uint32_t samples;      /* 0: nothing was measured yet */
    uint64_t pings, pongs; /* sent, and answers that came */
};

struct hvc_ring_load {
    uint64_t retransmits;         /* messages that this node has sent again because a node asked for them */
    uint64_t token_losses;        /* how often it has waited for the token in vain */
    uint64_t token_age_ms;        /* since the token came, as of a second ago at most two */
    uint64_t token_retransmit_ms; /* after so long the token is sent again; 0: not told */
    unsigned link_count;          /* none with another transport than knet */
    struct hvc_ring_link links[HVC_RING_LINKS_MAX];
};

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keeps moves from suffocating the ring: the load of a node's ring (hvc/ring_load.h), looked at about once a second,
 * to the bytes per second that this node's moves may send together. Pure: same looks, same answers.
 *
 * What is usual is learned between two looks at which nothing moves: each link's latency and how often messages are
 * sent again. Between two at which moves run, the ring is
 *   in need      a link is cut, two pings of one look have no answer, the token is late or lost: the limit is halved
 *   strained     a link's latency is `latency_us` above the usual one, or messages are sent again: likewise, but for
 *                the first time only when two looks in a row say so
 *   at ease      no link is more than half of that above: after some seconds the limit grows by a sixteenth each look
 *   in between   the limit stays.
 * Half of what is sent, and never less than the floor: moves go on. The limit is lifted when it has grown to twice what
 * was sent before it began; if the ring is strained once more after that it stays, growing and shrinking, until no move
 * is left.
 */
#ifndef HVC_RING_GUARD_H
#define HVC_RING_GUARD_H

#include "hvc/ring_load.h"

enum hvc_ring_strain {
    HVC_RING_AT_EASE,
    HVC_RING_LATENCY,     /* value, usual: microseconds */
    HVC_RING_RETRANSMITS, /* value, usual: messages in 1000 seconds */
    HVC_RING_SILENT,      /* value: pings without an answer */
    HVC_RING_LINK_DOWN,
    HVC_RING_TOKEN_LATE, /* value, usual: milliseconds since it came, and after which it is sent again */
    HVC_RING_TOKEN_LOST, /* value: times */
    HVC_RING_STRAIN_MAX
};

/* The worst thing seen at a look. */
struct hvc_ring_finding {
    enum hvc_ring_strain strain;
    uint32_t node; /* the link's, 0: it is not about a link */
    uint8_t link;
    uint64_t value, usual;
};

/* What is remembered of a link. */
struct hvc_ring_guard_link {
    struct hvc_ring_link last;
    uint64_t recent_us, usual_us; /* of the last look that brought an answer; while nothing moves */
};

enum hvc_ring_guard_change { HVC_RING_GUARD_SAME, HVC_RING_GUARD_BEGINS, HVC_RING_GUARD_ENDS };

struct hvc_ring_guard {
    uint64_t latency_us; /* above the usual one, from which a link is strained; set by the owner, not 0 */

    /* results of a look */
    uint64_t allowed; /* bytes per second of all guarded moves together, 0: not limited */
    enum hvc_ring_guard_change change;
    struct hvc_ring_finding finding; /* of the last look */

    /* its memory; all 0 at the beginning */
    bool known;         /* `last` is of an earlier look */
    bool moving;        /* at that look moves ran: what has happened since is theirs */
    bool again;         /* the limit was lifted once while these moves run */
    unsigned strained;  /* looks in a row */
    unsigned at_ease;   /* likewise */
    uint64_t looked_ms; /* of `last` */
    uint64_t cut_ms;    /* when the limit was lowered */
    uint64_t ceiling;   /* what was sent when it began */
    uint64_t usual_retransmits;
    uint64_t retransmits, token_losses;
    unsigned link_count;
    struct hvc_ring_guard_link links[HVC_RING_LINKS_MAX];
};

/* The moves that are guarded. */
struct hvc_ring_guard_moves {
    unsigned count;
    uint64_t rate; /* bytes per second that they send together, 0: not known yet */
};

/* load NULL: corosync has not answered, which says nothing about the ring. now_ms rises. */
void hvc_ring_guard_look(struct hvc_ring_guard *guard, const struct hvc_ring_load *load, uint64_t now_ms,
                         const struct hvc_ring_guard_moves *moves);

/* "latency" and so on, for people; "invalid" outside the enum. */
const char *hvc_ring_strain_name(unsigned strain);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Soft facts: what a node tells all others about itself once a second, beside the log. They are kept by nobody, decide
 * nothing in the log, and may be missing or old: whoever uses them looks at their age. How to get them: `soft` and
 * `soft_job` of hvc/keeper.h (or hvc_replica_soft, hvc_replica_soft_job).
 *
 * The codec is pure and bounded. Its version is the first byte, the least one that has all that is told; what a later
 * version adds is refused by an older program, which then simply has no soft facts of that node.
 */
#ifndef HVC_SOFT_FACTS_H
#define HVC_SOFT_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hvc/address.h"
#include "hvc/limits.h"

/* Facts of that age are no longer told as those of now: a node tells them once a second. */
#define HVC_SOFT_OLD_MS 5000

/* A move under way as the node knows it that runs it, and for some seconds one that has just ended. */
struct hvc_soft_move {
    uint64_t job;      /* 0: of no job */
    uint8_t guest[16]; /* UUID */
    uint32_t source;   /* node ids; 0: not known */
    uint32_t target;   /* likewise: of an adopted move it may not have been found yet */
    uint32_t network;  /* id of the migration network that the data take, 0: none of the configured ones */
    uint16_t priority; /* lower is sooner */
    uint8_t phase;     /* enum hvc_migrate_phase of hvc/hypervisor.h */
    uint8_t percent;   /* 0..100, monotone within one move */
    bool ended;        /* it has; how is told by the job */
    bool ring;         /* the data take the ring's network, or libvirt chose their way: that may be the ring's, too */
    bool held;         /* it is given less than it could have, to spare the ring (hvc/ring_guard.h) */
    uint64_t limit;    /* bytes per second that it may use as of the move itself, 0: not limited */
    uint64_t allotted; /* bytes per second that it has been told to use, 0: not limited */
    uint64_t elapsed_ms;
    uint64_t total_bytes, done_bytes, remaining_bytes; /* of the guest */
    uint64_t rate_bytes, dirty_rate_bytes;             /* per second; the latter 0 when not known */
    uint64_t expected_downtime_ms;
    uint64_t estimated_left_ms; /* UINT64_MAX: not known, or it does not converge */
    uint64_t blackout_ms;       /* what the switch-over has cost; 0: not known (yet) */
};

/* A guest that the node's hypervisor shows. */
struct hvc_soft_guest {
    uint8_t uuid[16];
    uint8_t guest_class; /* enum hvc_guest_class of hvc/hypervisor.h */
};

struct hvc_soft_facts {
    /* filled in by who received them */
    uint32_t node;    /* corosync's id; 0: this node, which does not know its id yet */
    uint64_t boot_id; /* of its daemon */
    uint64_t age_ms;  /* since they came, as of the call that gave them */

    uint64_t stamp_ms; /* wall clock of the node */
    uint32_t load_100; /* load average of the last minute, in hundredths */
    uint32_t cpus;
    uint64_t memory_kib, free_kib; /* free: what the kernel could give to new guests (MemAvailable) */
    char cpu_model[64], architecture[16];
    uint64_t hypervisor_version, libvirt_version; /* major * 1000000 + minor * 1000 + release; 0: not known yet */

    uint8_t libvirt;                        /* enum hvc_hypervisor_health of hvc/hypervisor.h */
    uint64_t libvirt_ms;                    /* for so long */
    char libvirt_words[HVC_SOFT_WORDS_MAX]; /* of its last failure while it does not answer, else "" */

    uint8_t host_uuid[16]; /* of the host, as its libvirt tells it to everybody; all zero: not known yet */

    /* filled in by the replica, as node and boot_id */
    uint32_t missing_total;                 /* kept definitions that the node's store does not hold yet */
    unsigned missing_count;                 /* those of them that are named */
    uint64_t missing[HVC_SOFT_MISSING_MAX]; /* hvc_soft_document of their hashes */

    unsigned address_count;
    struct hvc_address addresses[HVC_ADDRESSES_MAX];

    uint64_t guests_age_ms; /* how old the list of guests is at the node, UINT64_MAX: there is none yet */
    uint32_t guests_total;  /* that the hypervisor shows; more than guest_count: those not running are left out */
    unsigned guest_count;
    struct hvc_soft_guest guests[HVC_GUESTS_PER_NODE_MAX];

    unsigned move_count;
    struct hvc_soft_move moves[HVC_MOVES_MAX];
};

/* One move with who says so. */
struct hvc_soft_job {
    uint32_t node;
    uint64_t age_ms;
    struct hvc_soft_move move;
};

/* Bytes of the largest one. */
#define HVC_SOFT_FACTS_MAX (28 * 1024)

/* Everything but node, boot_id and age_ms. -EINVAL: a count, a text or a number out of its bounds, which is 0
 * afterwards; else the facts stay as they are. -ENOBUFS. */
int hvc_soft_facts_encode(struct hvc_soft_facts *facts, void *bytes, size_t size, size_t *ret_length);

/* -EPROTONOSUPPORT: of a later version. -EBADMSG: anything else that is not as encode writes it. What was written into
 * *ret_facts before an error is of no meaning. */
int hvc_soft_facts_decode(const void *bytes, size_t length, struct hvc_soft_facts *ret_facts);

/* The move of a job among them; NULL: none. */
const struct hvc_soft_move *hvc_soft_facts_job(const struct hvc_soft_facts *facts, uint64_t job);

/* Name of a definition in `missing`: the first bytes of its hash. */
uint64_t hvc_soft_document(const uint8_t hash[32]);

/* Whether the node holds that definition: 1 yes, 0 no, -1 not known (it lacks more than it names). */
int hvc_soft_facts_holds(const struct hvc_soft_facts *facts, const uint8_t hash[32]);

/* The guest among those seen; NULL: not seen. */
const struct hvc_soft_guest *hvc_soft_facts_guest(const struct hvc_soft_facts *facts, const uint8_t uuid[16]);

#endif

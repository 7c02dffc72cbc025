/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two nodes and one guest behind struct hvc_hypervisor_ops: what libvirt's protocol shows of a migration, at times of
 * milliseconds, with a fault where a test wants one. For unit tests of what stands above the driver.
 */
#ifndef HVC_FAKE_WORLD_H
#define HVC_FAKE_WORLD_H

#include <pthread.h>

#include "hvc/hypervisor.h"

#define FAKE_UUID "0b6e4d5e-7d3a-4c0f-9a53-6e6a5a3b1c0d"

enum fake_fault {
    FAULT_NONE,
    FAULT_REFUSED,             /* libvirt refuses the migration at once */
    FAULT_FAILS_IN_COPY,       /* it fails: source goes on, target is clean */
    FAULT_SOURCE_DIES_IN_COPY, /* power: silent for ever, guest lost there; the target removes its half */
    FAULT_TARGET_DIES_IN_COPY, /* likewise; the source goes on */
    FAULT_SOURCE_DIES_AT_END,  /* after the target has started the guest */
    FAULT_TARGET_DIES_AT_END,  /* after Finish: the source is empty, the target silent */
    FAULT_SOURCE_HANGS_AT_END, /* the target runs, the source's libvirtd answers no more */
    FAULT_LEFT_INCOMING,       /* the target keeps its half */
    FAULT_GUEST_ENDS,          /* the guest shuts down in the copy */
    FAULT_STRANDED_RUNS,       /* source's libvirtd forgot the migration; the target runs the guest */
    FAULT_STRANDED_NOTHING,    /* the same, nothing at the target */
    FAULT_RUNS_TWICE,          /* the last message was lost */
    FAULT_POST_COPY_FAILS,     /* libvirt has forgotten what the halves are for */
    FAULT_POST_COPY_BREAKS,    /* the network breaks: both halves wait, and may be resumed */
    FAULT_POST_COPY_STALLS,    /* nothing comes through, and nobody has noticed: interrupt helps */
    FAULT_CALL_BREAKS,         /* the connection of the migrate call breaks, the migration goes on */
    FAULT_CANCEL_DEAF          /* cancels have no effect */
};

struct fake_world;
struct fake_node {
    struct hvc_hypervisor base;
    struct fake_world *world;
    bool silent; /* answers nothing: a call takes its whole time */
    bool down;   /* refuses */
    struct hvc_guest_state guest;
    unsigned kills, inspects;
};

struct fake_world {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct fake_node source, target;
    /* the migration */
    enum fake_fault fault;
    uint64_t copy_ms;         /* UINT64_MAX: does not converge by itself */
    uint64_t remaining;       /* bytes of every pass, at 1000 a second */
    uint64_t downtime_needed; /* converges with this limit; 0: with none */
    bool under_way, paused, post_copied, cancel_asked;
    /* of a post-copy that breaks */
    bool interrupted;
    unsigned breaks;  /* resumes that fail before one carries it */
    unsigned resumes; /* asked for */
    uint64_t began_ms, downtime_limit;
    unsigned migrations, cancels;
    struct hvc_migrate_options options;
    unsigned threads; /* inside migrate */
};

/* The guest runs at the source; nothing at the target. */
void fake_world_begin(struct fake_world *world);
/* Waits for the migrate calls that are under way. */
void fake_world_end(struct fake_world *world);

/* In post-copy: a half at each end. */
void fake_split(struct fake_world *world);

void fake_set(struct fake_node *node, enum hvc_guest_class guest_class, bool migrating_out, bool stranded);

#endif

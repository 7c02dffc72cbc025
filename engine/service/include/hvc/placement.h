/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The start gate: may a guest be booted on this node now? Pure and level-triggered: the caller describes what every
 * configured node said, gets one verdict, acts on it, looks again.
 *
 * The property that holds for every input (test_placement.c tries all of three nodes): BOOT is never the verdict when
 * any node runs the guest, could run it, or could be deciding the same thing at the same time.
 */
#ifndef HVC_PLACEMENT_H
#define HVC_PLACEMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "hvc/limits.h"

/* What a node's hypervisor said about the guest. */
enum hvc_seen {
    HVC_SEEN_NO_ANSWER, /* nobody answered: the words say why */
    HVC_SEEN_ABSENT,    /* no process of the guest there */
    HVC_SEEN_RUNNING,
    HVC_SEEN_PAUSED,   /* alive there, stopped on purpose */
    HVC_SEEN_STOPPING, /* on its way down, its process is still there */
    HVC_SEEN_INCOMING, /* waits for a migration */
    HVC_SEEN_LEAVING,  /* in the switch-over of an outgoing migration */
    HVC_SEEN_FAILED,   /* a process is there, the guest does not run */
    HVC_SEEN_UNKNOWN,  /* answered, but could not tell */
    HVC_SEEN_MAX
};

struct hvc_placement_node {
    const char *name;
    const char *words; /* of its hypervisor, or why there is no answer; NULL: none */
    enum hvc_seen seen;
    bool local;      /* exactly one node is */
    bool member;     /* of the Corosync membership that this node is in */
    bool fenced;     /* fencing confirmed after it was last a member. Ignored for a member and for the local node */
    bool clean_down; /* left cleanly and Pacemaker's record holds the guest stopped there. Ignored likewise */
    bool autostart;  /* its libvirt would boot the guest by itself */
};

struct hvc_placement_input {
    const struct hvc_placement_node *nodes; /* every node of the configured node list */
    size_t count;
    bool quorate;          /* this node's partition has quorum */
    bool quorum_exclusive; /* no other partition can have it at the same time: false with two_node */
    bool daemon;           /* decided by hvclusterd; false in the fallback without it */
    bool libvirt_guests;   /* libvirt-guests.service is enabled on this node */
};

enum hvc_placement_action {
    HVC_PLACEMENT_REFUSE,
    HVC_PLACEMENT_BOOT,
    HVC_PLACEMENT_HERE,  /* it runs here already */
    HVC_PLACEMENT_FETCH, /* it runs on the node of index `node`: bring it by live migration */
    HVC_PLACEMENT_WAIT   /* a move or a stop is being decided on node `node`: look again */
};

struct hvc_placement_verdict {
    enum hvc_placement_action action;
    size_t node;     /* index of the node the verdict is about; count when it is about none */
    bool may_change; /* a refusal that can go away by itself within seconds (no answer, no quorum, not fenced yet) */
    char words[HVC_ERROR_TEXT_MAX]; /* the reason, for people; always filled */
};

/* Never fails: input that makes no sense (no local node, two local nodes) is refused in words. */
void hvc_placement_decide(const struct hvc_placement_input *input, struct hvc_placement_verdict *ret_verdict);

const char *hvc_placement_action_name(enum hvc_placement_action action);
const char *hvc_seen_name(enum hvc_seen seen);

#endif

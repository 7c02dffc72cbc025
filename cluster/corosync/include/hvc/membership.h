/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What Corosync says now: the configured nodes, who of them is a member of this node's partition, and whether that
 * partition has quorum. A synchronous snapshot over cmap, quorum and votequorum.
 *
 * Threads  any thread but a main loop; no call blocks longer than its deadline, whatever corosync does. Connections are
 *          kept: not in a child of a process that has asked, unless it runs a program of its own.
 * Errors   -ENOTCONN   corosync does not run          -ETIMEDOUT  it runs and does not answer (stopped, overloaded)
 *          -EACCES     it does not let this user ask (file in /etc/corosync/uidgid.d)
 *          -EINVAL     its node list cannot be used    -E2BIG      more than HVC_NODES_MAX nodes
 *          -EIO        anything else, with the words of the library
 */
#ifndef HVC_MEMBERSHIP_H
#define HVC_MEMBERSHIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hvc/error.h"
#include "hvc/limits.h"

#define HVC_CLUSTER_NAME_MAX 256

struct hvc_member {
    uint32_t id;                     /* corosync node id */
    char name[HVC_NODE_NAME_MAX];    /* nodelist.node.N.name; without it ring0_addr, for this node its host name */
    char address[HVC_NODE_NAME_MAX]; /* ring0_addr, as written in corosync.conf */
    bool local;
    bool member; /* in the membership that this node is in, itself included */
    unsigned votes;
};

struct hvc_membership {
    char cluster_name[HVC_CLUSTER_NAME_MAX]; /* totem.cluster_name; "" when none is set */
    struct hvc_member nodes[HVC_NODES_MAX];  /* the node list, in its order */
    size_t count;
    size_t local; /* index of this node */
    uint32_t ring_node;
    uint64_t ring_sequence; /* with ring_node: which membership this is; changes with every new one */
    bool quorate;           /* false without votequorum: then nobody counts votes */
    bool votequorum;        /* the quorum provider is corosync_votequorum */
    bool two_node, wait_for_all, last_man_standing, auto_tie_breaker, qdevice, qdevice_alive;
    unsigned quorum, expected_votes, total_votes; /* as votequorum counts them now */
    /* No second partition can be quorate at the same time: not with two_node, nor with a quorum of half of all
     * configured votes or fewer (expected_votes lowered by hand or by last_man_standing). */
    bool quorum_exclusive;
};

int hvc_membership_read(uint64_t deadline_ms, struct hvc_membership *ret_membership, struct hvc_error *error);

/* The node of that name, compared with case as host names in certificates are written. NULL when there is none. */
const struct hvc_member *hvc_membership_find(const struct hvc_membership *m, const char *name);

#endif

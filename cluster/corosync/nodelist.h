/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Puts a membership together from what corosync's maps and callbacks hold. No I/O: membership.c does that. */
#ifndef HVC_COROSYNC_NODELIST_H
#define HVC_COROSYNC_NODELIST_H

#include "hvc/membership.h"

/* One node as cmap's nodelist.node.<position>.* keys give it, in any order of keys and positions. */
struct nodelist_row {
    unsigned position;
    bool has_id;
    struct hvc_member node;
};

struct nodelist {
    struct nodelist_row rows[HVC_NODES_MAX]; /* by position */
    size_t used;
    bool too_many;
};

enum nodelist_field { NODELIST_OTHER, NODELIST_ID, NODELIST_NAME, NODELIST_RING0, NODELIST_VOTES };

/* Splits a cmap key; NODELIST_OTHER when it is none of those that matter. */
enum nodelist_field nodelist_parse_key(const char *key, unsigned *ret_position);

/* The row of a position, made when new (then rows move); NULL and too_many when there is no room. */
struct nodelist_row *nodelist_row_at(struct nodelist *list, unsigned position);

/* The nodes by position, with the name that each is known by: its own, else ring0_addr, for this node without a name
 * (local_id) the host's when ring0_addr is an address. -E2BIG; -EINVAL in words when a node has neither id nor name, or
 * two share one. Sets id, name, address, local and votes. */
int nodelist_nodes(const struct nodelist *list, uint32_t local_id, const char *host_name,
                   struct hvc_member ret_nodes[HVC_NODES_MAX], size_t *ret_count, struct hvc_error *error);

/* What the quorum callbacks and votequorum said. */
struct quorum_facts {
    bool votequorum, quorate, two_node, wait_for_all, last_man_standing, auto_tie_breaker, qdevice, qdevice_alive;
    unsigned quorum, expected_votes, total_votes, qdevice_votes;
    uint32_t ring_node;
    uint64_t ring_sequence;
    uint32_t local_id;
    uint32_t members[HVC_NODES_MAX];
    size_t member_count;
};

/* As nodelist_nodes; also -EINVAL when the list does not hold this node. */
int nodelist_assemble(const struct nodelist *list, const struct quorum_facts *facts, const char *cluster_name,
                      const char *host_name, struct hvc_membership *ret_membership, struct hvc_error *error);

#endif

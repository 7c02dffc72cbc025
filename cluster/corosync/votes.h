/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Votes, expected votes, modes and the node list, read from votequorum and cmap. Every call may block: ring thread
 * only. */
#ifndef HVC_VOTES_H
#define HVC_VOTES_H

#include <corosync/cmap.h>
#include <corosync/votequorum.h>

#include "hvc/error.h"
#include "hvc/membership.h"
#include "hvc/replication.h"

struct hvc_votes {
    uint32_t own, expected, quorum, modes;
    struct hvc_member nodes[HVC_NODES_MAX]; /* without member and local */
    size_t count;
};

/* The node list of corosync.conf with the votes that votequorum knows, else those configured (1 by default). ret_votes
 * is filled only as far as it came when this fails. */
int hvc_votes_read(votequorum_handle_t votequorum, cmap_handle_t cmap, uint32_t own_node, struct hvc_votes *ret_votes,
                   struct hvc_error *error);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a guest is, by asking every configured node, whatever the state of the cluster says. Any thread but a main
 * loop; blocks until the deadline at most.
 */
#ifndef HVC_GUEST_PROOF_H
#define HVC_GUEST_PROOF_H

#include "hvc/operations.h"
#include "hvc/pacemaker_adopt.h"

struct hvc_guest_proof {
    enum hvc_adopt_proof is;
    char node[HVC_NODE_NAME_MAX];   /* of HERE */
    char words[HVC_ERROR_TEXT_MAX]; /* of UNKNOWN and TWICE */
};

/* A guest that is just moving is UNKNOWN. A node that does not answer runs nothing when it is fenced; with left_counts
 * also when it has left cleanly: that is Pacemaker's word, by its record of the guest. */
void hvc_guest_prove(struct hvc_operations *operations, const char *uuid, bool left_counts, uint64_t deadline_ms,
                     struct hvc_guest_proof *ret_proof);

#endif

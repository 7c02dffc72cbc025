/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Housekeeping: what the state says of the cluster is made to follow what corosync and Pacemaker say of it. One command
 * at a time, the first that makes a difference; nothing when nothing differs. Pure.
 */
#ifndef HVC_DRIVER_UPKEEP_H
#define HVC_DRIVER_UPKEEP_H

#include "hvc/service.h"

struct hvc_upkeep_node { /* of the node list */
    uint32_t id;
    const char *name;
};

struct hvc_upkeep_member { /* of the present view */
    uint32_t id;
    bool known; /* it has told about itself in this view; else the rest is not valid */
    uint64_t boot_id, memory_kib;
    uint32_t cpus;
};

struct hvc_upkeep {
    const struct hvc_service *service;
    const struct hvc_upkeep_node *nodes; /* of the node list; none: not known, nothing is removed */
    unsigned node_count;
    const struct hvc_upkeep_member *members; /* in order of id */
    unsigned member_count;
    bool members_settled; /* a member that has not told about itself by now is taken for none */
    const uint32_t *fenced;
    const uint64_t *fenced_boot; /* the boot id that the state named for each when the word came */
    unsigned fenced_count;
    uint64_t stamp_ms; /* wall clock; 0: whether a TICK is due is not looked at (it costs a walk over the jobs) */
};

/* False: nothing differs. Fields node and stamp_ms are not set. */
bool hvc_upkeep_next(const struct hvc_upkeep *u, struct hvc_command *ret_command);

#endif

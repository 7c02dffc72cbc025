/* SPDX-License-Identifier: GPL-2.0-or-later */
/* On which node a question about compatibility is answered: where the guest is, or the node that is named. */
#ifndef HVC_CHECKS_WHERE_H
#define HVC_CHECKS_WHERE_H

#include "hvc/operations.h"

struct checks_where {
    const char *node; /* borrowed of the operations, or `name` */
    char name[HVC_NODE_NAME_MAX];
    struct hvc_hypervisor *hypervisor;
    struct hvc_guest_state state; /* of the guest there */
};

/* The guest named in the argument "guest": this node when it is or is defined here, else the member that has it, alive
 * before defined. NOT_FOUND, UNREACHABLE in words. Asks one node after the other. */
enum hvc_result checks_where_guest(struct hvc_operations *operations, struct hvc_call *call, uint64_t deadline_ms,
                                   struct checks_where *ret_where);

/* The node named in the argument "node", this one without. NOT_FOUND in words. */
enum hvc_result checks_where_node(struct hvc_operations *operations, struct hvc_call *call,
                                  struct checks_where *ret_where);

#endif

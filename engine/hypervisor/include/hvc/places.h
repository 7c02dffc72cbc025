/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a guest's disks find the places that a storage plan has for them. Only looks. Any thread; blocks until the
 * deadline at most. */
#ifndef HVC_PLACES_H
#define HVC_PLACES_H

#include "hvc/hypervisor.h"
#include "hvc/storage_plan.h"

struct hvc_places_request {
    const char *uuid, *name; /* of the guest */
    bool active;             /* its disks as it runs, else as they are stored */
    struct hvc_hypervisor *source;
    struct hvc_hypervisor *target; /* the same for a move of storage alone */
    const char *target_name;       /* of the node, for words */
    const struct hvc_storage_plan *plan;
    bool overwrite; /* files that are there may go */
};

/* 0: yes. -EINVAL, -EOPNOTSUPP: the plan is not one for this guest; -EEXIST: a file is in the way; -ENOSPC: no room.
 * Anything else: it could not be found out. */
int hvc_places_check(const struct hvc_places_request *request, uint64_t deadline_ms, struct hvc_error *error);

#endif

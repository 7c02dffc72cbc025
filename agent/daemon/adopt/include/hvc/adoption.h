/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Adoption of a guest's resource: the operation guest.adopt, and what is left of it when its daemon died. Any thread
 * but a main loop; blocks until the deadline at most.
 */
#ifndef HVC_ADOPTION_H
#define HVC_ADOPTION_H

#include "hvc/operations.h"

extern const struct hvc_operation_set hvc_adoption_operations;

/* One look at what stands in Pacemaker's configuration: adoptions of this daemon's that it does not know of any more,
 * and those of nodes that are no members, are finished, or undone where nothing was replaced. */
void hvc_adoption_sweep(struct hvc_operations *operations);

#endif

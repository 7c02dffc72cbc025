/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose a guest is, in the state as in libvirt: a guest that runs here and that its agent has marked with a resource is
 * recorded as that resource's, also when the cluster knew the guest before the resource. Only guests that no job moves
 * and that the state has on this node. A guest without a mark keeps what its record says: the mark goes with the
 * domain, the resource may be there still.
 */
#ifndef HVC_JOBS_OWNERS_H
#define HVC_JOBS_OWNERS_H

#include "hvc/operations.h"

/* Blocks for some seconds at most; what could not be told is told the next time. */
void job_owners_follow(struct hvc_operations *operations);

#endif

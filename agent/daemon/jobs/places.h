/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The committed places of guests made to follow what libvirt of this node shows: a guest that runs here is told to be
 * here, one that the state has here and that does not is told to be nowhere. Only guests that the state knows and that
 * no job moves; what runs here and, as the node of the record says, there too, is told by neither.
 */
#ifndef HVC_JOBS_PLACES_H
#define HVC_JOBS_PLACES_H

#include "hvc/operations.h"

/* Blocks for some seconds at most; what could not be told is told the next time. */
void job_places_follow(struct hvc_operations *operations);

/* It is at its node, and is not being carried away from there. */
bool job_places_runs(const struct hvc_guest_state *guest);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of this room share. */
#ifndef HVC_ADOPT_INTERNAL_H
#define HVC_ADOPT_INTERNAL_H

#include "hvc/adoption.h"
#include "hvc/guest_proof.h"
#include "hvc/pacemaker_adopt.h"

/* One adoption at a time in a process; false: another is under way. */
bool adoption_begin(void);
void adoption_end(void);

/* Between adoption_begin and _end: until nothing is held. undo: what was not replaced yet is given back. -ECANCELED:
 * another node goes on with it. -EPERM: only a person can tell. -ETIMEDOUT: not in time. */
int adoption_run(struct hvc_operations *operations, const char *resource, const char *uuid, bool undo,
                 uint64_t deadline_ms, struct hvc_error *error);

/* Takes over a hold; -EBUSY: its node is a member and does it. */
int adoption_take(struct hvc_operations *operations, const char *resource, const struct hvc_adopt_state *state,
                  uint64_t deadline_ms, struct hvc_error *error);

/* The UUID of the guest that the state has as the resource's; false: none. */
bool adoption_guest(struct hvc_operations *operations, const char *resource, char uuid[HVC_UUID_TEXT_MAX]);

void adoption_describe(const struct hvc_adopt_order *order, const struct hvc_adopt_plan *plan, struct hvc_record *data);

#endif

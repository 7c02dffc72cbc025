/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which disks of a guest a plan moves, and where to; pure. And whether there is room. */
#ifndef HVC_MOVE_PLACES_H
#define HVC_MOVE_PLACES_H

#include "guest_devices.h"

/*
 * A disk that the plan names must be the guest's. With a root all others that can be written go there, too. -EINVAL or
 * -EOPNOTSUPP with what cannot be moved and why; a plan that moves nothing is -EINVAL. guest names the files of disks
 * that have no file name yet.
 */
int hvc_places_choose(const struct hvc_storage_plan *plan, const char *guest, const struct hvc_guest_devices *devices,
                      struct hvc_disk_place *ret_places, size_t *ret_count, struct hvc_error *error);

/* Files for the places at a node: none is there (or may go), and there is room for all of them. */
struct hvc_places_room {
    struct hvc_hypervisor *end;
    const char *node;
    const struct hvc_disk_place *places;
    const uint64_t *sizes; /* of the disks, bytes */
    size_t count;          /* HVC_PLAN_DISKS_MAX at most */
    bool overwrite;
};
int hvc_places_check_room(const struct hvc_places_room *room, uint64_t deadline_ms, struct hvc_error *error);

/* The guest's disk of a name; NULL. */
const struct hvc_guest_disk *hvc_places_disk(const struct hvc_guest_devices *devices, const char *name);

#endif

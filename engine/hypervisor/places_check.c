/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/places.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/cleanup.h"
#include "hvc/guest_storage.h"
#include "move_places.h"

static bool same_directory(const char *a, const char *b)
{
    size_t length = (size_t)(strrchr(a, '/') - a);

    return (size_t)(strrchr(b, '/') - b) == length && strncmp(a, b, length) == 0;
}

/* One place, with what the ones before it in the same directory will need. there: how long the files are that lie at
 * the places, as far as somebody has looked; they make room when they go. */
static int check_place(const struct hvc_places_room *room, size_t i, uint64_t *there, uint64_t deadline_ms,
                       struct hvc_error *error)
{
    const struct hvc_disk_place *places = room->places;
    struct hvc_file_state file;
    uint64_t wanted = 0, freed = 0;
    int result = hvc_file_look(room->end, places[i].path, deadline_ms, &file, error);

    if (result < 0)
        return result;
    if (file.exists && !room->overwrite)
        return hvc_error_set(error, -EEXIST,
                             "%.300s exists on %s already; it is overwritten only when that is asked for",
                             places[i].path, room->node);
    there[i] = file.length;
    for (size_t k = 0; k <= i; k++) {
        wanted += same_directory(places[k].path, places[i].path) ? room->sizes[k] : 0;
        freed += same_directory(places[k].path, places[i].path) ? there[k] : 0;
    }
    if (file.has_directory && file.available + freed < wanted)
        return hvc_error_set(error, -ENOSPC,
                             "disk %s needs %llu MiB with those before it, and there are %llu MiB at %.200s on %s",
                             places[i].name, (unsigned long long)(wanted >> 20),
                             (unsigned long long)((file.available + freed) >> 20), places[i].path, room->node);
    return 0;
}

int hvc_places_check_room(const struct hvc_places_room *room, uint64_t deadline_ms, struct hvc_error *error)
{
    uint64_t there[HVC_PLAN_DISKS_MAX] = {0};

    for (size_t i = 0; i < room->count; i++) {
        int result = check_place(room, i, there, deadline_ms, error);

        if (result < 0)
            return result;
    }
    return 0;
}

/* Disks that are there already stay. */
static size_t drop_arrived(const struct hvc_guest_devices *devices, struct hvc_disk_place *places, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        const struct hvc_guest_disk *disk = hvc_places_disk(devices, places[i].name);

        if (disk == NULL || disk->type != HVC_DISK_FILE || strcmp(disk->path, places[i].path) != 0)
            places[kept++] = places[i];
    }
    return kept;
}

static int read_devices(const struct hvc_places_request *request, uint64_t deadline_ms,
                        struct hvc_guest_devices *devices, struct hvc_error *error)
{
    HVC_CLEANUP(free) char *xml = NULL;
    int result = request->active
                     ? hvc_guest_live_xml(request->source, request->uuid, deadline_ms, &xml, error)
                     : hvc_hypervisor_read_xml(request->source, request->uuid, true, deadline_ms, &xml, error);

    return result < 0 ? result : hvc_guest_devices_read(xml, devices, error);
}

int hvc_places_check(const struct hvc_places_request *request, uint64_t deadline_ms, struct hvc_error *error)
{
    HVC_CLEANUP(free) struct hvc_guest_devices *devices = calloc(1, sizeof(*devices));
    HVC_CLEANUP(free) struct hvc_disk_place *places = calloc(HVC_PLAN_DISKS_MAX, sizeof(*places));
    uint64_t sizes[HVC_PLAN_DISKS_MAX] = {0};
    struct hvc_places_room room = {.end = request->target,
                                   .node = request->target_name,
                                   .places = places,
                                   .sizes = sizes,
                                   .overwrite = request->overwrite};
    int result = devices == NULL || places == NULL ? hvc_error_set(error, -ENOMEM, "out of memory") : 0;

    if (result == 0)
        result = read_devices(request, deadline_ms, devices, error);
    if (result == 0)
        result = hvc_places_choose(request->plan, request->name, devices, places, &room.count, error);
    if (result == 0 && request->source == request->target)
        room.count = drop_arrived(devices, places, room.count);
    for (size_t i = 0; result == 0 && i < room.count; i++)
        result = hvc_disk_size(request->source, request->uuid, places[i].name, deadline_ms, &sizes[i], error);
    return result < 0 ? result : hvc_places_check_room(&room, deadline_ms, error);
}

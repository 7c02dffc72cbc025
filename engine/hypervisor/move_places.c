/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "move_places.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hvc/text.h"

const struct hvc_guest_disk *hvc_places_disk(const struct hvc_guest_devices *devices, const char *name)
{
    for (size_t i = 0; i < devices->disk_count; i++)
        if (strcmp(devices->disks[i].name, name) == 0)
            return &devices->disks[i];
    return NULL;
}

/* By its name or its path; a disk that has moved already by its new one. */
static bool is_named(const struct hvc_guest_disk *disk, const struct hvc_plan_disk *planned)
{
    if (strcmp(disk->name, planned->disk) == 0)
        return true;
    return disk->path[0] != '\0' && (strcmp(disk->path, planned->disk) == 0 || strcmp(disk->path, planned->path) == 0);
}

static const struct hvc_plan_disk *planned_for(const struct hvc_storage_plan *plan, const struct hvc_guest_disk *disk)
{
    for (size_t i = 0; i < plan->disk_count; i++)
        if (is_named(disk, &plan->disks[i]))
            return &plan->disks[i];
    return NULL;
}

static int check_names(const struct hvc_storage_plan *plan, const struct hvc_guest_devices *devices,
                       struct hvc_error *error)
{
    for (size_t i = 0; i < plan->disk_count; i++) {
        size_t found = 0;

        for (size_t k = 0; k < devices->disk_count; k++)
            found += is_named(&devices->disks[k], &plan->disks[i]) ? 1 : 0;
        if (found == 0)
            return hvc_error_set(error, -EINVAL,
                                 "the guest has no disk \"%.200s\", neither by its name nor by its path",
                                 plan->disks[i].disk);
    }
    return 0;
}

/* NULL when the disk's content can be copied. */
static const char *why_not(const struct hvc_guest_disk *disk)
{
    if (disk->type == HVC_DISK_EMPTY)
        return "it has no medium";
    if (disk->readonly)
        return "it is read-only; copy its file by hand, or keep it";
    if (disk->shareable)
        return "other guests may write to it at the same time; keep it";
    if (disk->type == HVC_DISK_OTHER)
        return "it is neither a file nor a block device nor a network disk";
    return NULL;
}

static int fill_path(const struct hvc_storage_plan *plan, const struct hvc_plan_disk *planned, const char *guest,
                     const struct hvc_guest_disk *disk, struct hvc_disk_place *place)
{
    const char *slash = strrchr(disk->path, '/');
    const char *suffix = strcmp(place->format, "qcow2") == 0 ? "qcow2" : "img";
    size_t used = 0;

    if (planned != NULL && planned->path[0] != '\0')
        return hvc_text_copy(place->path, sizeof(place->path), planned->path);
    if (disk->type == HVC_DISK_FILE && slash != NULL)
        return hvc_text_append(place->path, sizeof(place->path), &used, "%s%s", plan->root, slash);
    return hvc_text_append(place->path, sizeof(place->path), &used, "%s/%s-%s.%s", plan->root, guest, disk->name,
                           suffix);
}

static int choose(const struct hvc_storage_plan *plan, const struct hvc_plan_disk *planned, const char *guest,
                  const struct hvc_guest_disk *disk, struct hvc_disk_place *place, struct hvc_error *error)
{
    const char *format = planned == NULL || planned->format == HVC_FORMAT_SAME
                             ? disk->format
                             : hvc_disk_format_name((unsigned)planned->format);

    memset(place, 0, sizeof(*place));
    if (*format == '\0')
        format = "raw";
    if (strcmp(format, "raw") != 0 && strcmp(format, "qcow2") != 0)
        return hvc_error_set(error, -EOPNOTSUPP, "disk %s is of format %s; its copy needs format=raw or format=qcow2",
                             disk->name, format);
    memcpy(place->name, disk->name, sizeof(place->name));
    (void)hvc_text_copy(place->format, sizeof(place->format), format); /* one of the two */
    if (fill_path(plan, planned, guest, disk, place) < 0 || hvc_storage_path_check("the path", place->path, error) < 0)
        return hvc_error_set(error, -EINVAL, "the new path of disk %s is too long or none", disk->name);
    if (strncmp(place->path, "/dev/", 5) == 0)
        return hvc_error_set(error, -EOPNOTSUPP,
                             "disk %s is to be copied to the block device %.200s; copies are made to files only",
                             disk->name, place->path);
    return 0;
}

static int check_twice(const struct hvc_disk_place *places, size_t count, struct hvc_error *error)
{
    for (size_t i = 0; i + 1 < count; i++)
        if (strcmp(places[i].path, places[count - 1].path) == 0)
            return hvc_error_set(error, -EINVAL, "disks %s and %s would both go to %.200s", places[i].name,
                                 places[count - 1].name, places[i].path);
    return 0;
}

int hvc_places_choose(const struct hvc_storage_plan *plan, const char *guest, const struct hvc_guest_devices *devices,
                      struct hvc_disk_place *ret_places, size_t *ret_count, struct hvc_error *error)
{
    size_t count = 0;
    int result = check_names(plan, devices, error);

    for (size_t i = 0; result == 0 && i < devices->disk_count; i++) {
        const struct hvc_guest_disk *disk = &devices->disks[i];
        const struct hvc_plan_disk *planned = planned_for(plan, disk);
        const char *reason = why_not(disk);

        if ((planned == NULL && plan->root[0] == '\0') || (planned != NULL && planned->keep))
            continue;
        if (reason != NULL && planned == NULL && (disk->readonly || disk->type == HVC_DISK_EMPTY))
            continue; /* nobody asked for it by name */
        if (reason != NULL)
            return hvc_error_set(error, -EOPNOTSUPP, "disk %s cannot be moved: %s", disk->name, reason);
        result = choose(plan, planned, guest, disk, &ret_places[count++], error);
        if (result == 0)
            result = check_twice(ret_places, count, error);
    }
    if (result == 0 && count == 0)
        return hvc_error_set(error, -EINVAL, "the plan moves no disk of the guest");
    if (result == 0)
        *ret_count = count;
    return result;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kinds of moves do with files and with the mark of a move. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hvc/cleanup.h"
#include "hvc/clock.h"
#include "hvc/guest_storage.h"
#include "hvc/text.h"
#include "move_places.h"
#include "move_private.h"

int hvc_move_read(struct hvc_move *m, struct hvc_hypervisor *end, bool inactive, char **ret_xml,
                  struct hvc_guest_devices **ret_devices, struct hvc_error *error)
{
    HVC_CLEANUP(free) char *xml = NULL;
    HVC_CLEANUP(free) struct hvc_guest_devices *devices = malloc(sizeof(*devices));
    int result;

    if (devices == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory for what a guest consists of");
    result = hvc_hypervisor_read_xml(end, m->request.id.uuid, inactive, hvc_move_work_deadline(), &xml, error);
    if (result == 0)
        result = hvc_guest_devices_read(xml, devices, error);
    if (result < 0)
        return result;
    *ret_xml = HVC_TAKE(xml, NULL);
    *ret_devices = HVC_TAKE(devices, NULL);
    return 0;
}

bool hvc_move_is_ours(const struct hvc_move *m, const struct hvc_transit *transit)
{
    return transit->present && strcmp(transit->token, m->token) == 0;
}

int hvc_move_mark(struct hvc_move *m, struct hvc_hypervisor *end, const struct hvc_transit *transit,
                  struct hvc_error *error)
{
    HVC_CLEANUP(free) char *element = NULL;

    if (transit->present && hvc_transit_element(transit, &element) < 0)
        return hvc_error_set(error, -ENOMEM, "no memory for the mark of a move");
    return hvc_guest_set_transit(end, m->request.id.uuid, element, hvc_move_work_deadline(), error);
}

int hvc_move_is_shared(struct hvc_move *m, const char *path, bool *ret_shared, struct hvc_error *error)
{
    struct hvc_hypervisor *source = m->request.source;
    char probe[HVC_DISK_PATH_MAX];
    struct hvc_file_state seen;
    size_t used = 0;
    int result, removed;

    if (hvc_text_append(probe, sizeof(probe), &used, "%.*s/.hvcluster-%s-%s", (int)(strrchr(path, '/') - path), path,
                        m->request.id.uuid, m->token) < 0)
        return hvc_error_set(error, -ENAMETOOLONG, "the path %.60s... is too long", path);
    result = hvc_file_create(source, probe, "raw", 0, hvc_move_work_deadline(), error);
    if (result < 0 && result != -EEXIST) /* one that a former run has left does as well */
        return result;
    result = hvc_file_look(m->request.target, probe, hvc_move_work_deadline(), &seen, error);
    removed = hvc_file_remove(source, probe, hvc_move_work_deadline(), result == 0 ? error : NULL);
    if (result == 0)
        result = removed;
    if (result == 0)
        *ret_shared = seen.exists;
    return result;
}

int hvc_move_carry(struct hvc_move *m, const char *path, struct hvc_error *error)
{
    bool shared = false;
    struct hvc_file_state here;
    int result = hvc_file_look(m->request.source, path, hvc_move_work_deadline(), &here, error);

    /* a guest that never ran has none yet, and gets a fresh one wherever it starts first */
    if (result < 0 || !here.exists)
        return result;
    result = hvc_move_is_shared(m, path, &shared, error);
    if (result < 0 || shared)
        return result;
    result = hvc_file_remove(m->request.target, path, hvc_move_work_deadline(), error);
    return result < 0 ? result
                      : hvc_file_send(m->request.source, path, m->target_uri, path, hvc_move_work_deadline(), error);
}

void hvc_move_remove_files(struct hvc_move *m, struct hvc_hypervisor *end, const char *node,
                           char (*paths)[HVC_DISK_PATH_MAX], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct hvc_error error;

        if (hvc_file_remove(end, paths[i], hvc_move_work_deadline(), &error) < 0)
            hvc_move_note(m, "%.200s on %s is of no use any more and could not be removed: %.200s", paths[i], node,
                          error.text);
    }
}

int hvc_move_check_devices(struct hvc_move *m, const struct hvc_guest_devices *devices, struct hvc_error *error)
{
    unsigned snapshots = 0;
    int result;

    if (devices->has_tpm)
        return hvc_error_set(error, -EOPNOTSUPP,
                             "its TPM keeps its state in files of %s, which only a live move takes along",
                             m->source_name);
    if (devices->has_host_device)
        return hvc_error_set(error, -EOPNOTSUPP, "it uses a device of %s (hostdev)", m->source_name);
    if (devices->has_filesystem)
        return hvc_error_set(error, -EOPNOTSUPP, "it uses a folder of %s (filesystem)", m->source_name);
    result = hvc_guest_snapshots(m->request.source, m->request.id.uuid, hvc_move_work_deadline(), &snapshots, error);
    if (result < 0)
        return result;
    if (snapshots > 0)
        return hvc_error_set(error, -EOPNOTSUPP,
                             "libvirt on %s keeps %u snapshots, checkpoints or managed saves of it: remove them first",
                             m->source_name, snapshots);
    return 0;
}

int hvc_move_disk_sizes(struct hvc_move *m, const struct hvc_disk_place *places, size_t count, uint64_t *ret_sizes,
                        struct hvc_error *error)
{
    for (size_t i = 0; i < count; i++) {
        int result = hvc_disk_size(m->request.source, m->request.id.uuid, places[i].name, hvc_move_work_deadline(),
                                   &ret_sizes[i], error);

        if (result < 0)
            return result;
    }
    return 0;
}

int hvc_move_check_room(struct hvc_move *m, struct hvc_hypervisor *end, const char *node,
                        const struct hvc_disk_place *places, const uint64_t *sizes, size_t count,
                        struct hvc_error *error)
{
    const struct hvc_places_room room = {.end = end,
                                         .node = node,
                                         .places = places,
                                         .sizes = sizes,
                                         .count = count,
                                         .overwrite = (m->request.flags & HVC_OPTION_OVERWRITE) != 0};

    return hvc_places_check_room(&room, hvc_move_work_deadline(), error);
}

int hvc_move_make_file(struct hvc_hypervisor *end, const struct hvc_disk_place *place, uint64_t size,
                       struct hvc_error *error)
{
    int result = hvc_file_remove(end, place->path, hvc_move_work_deadline(), error);

    return result < 0 ? result
                      : hvc_file_create(end, place->path, place->format, size, hvc_move_work_deadline(), error);
}

/* 1: sent now or before; 0: not, and the note says why. */
static bool send_one(struct hvc_move *m, const struct hvc_plan_file *file, const char *target_uri)
{
    struct hvc_hypervisor *target = target_uri == NULL ? m->request.source : m->request.target;
    struct hvc_file_state there = {.exists = false}, here = {.exists = false};
    struct hvc_error why = {.code = 0};
    int result = hvc_file_look(m->request.source, file->from, hvc_move_work_deadline(), &here, &why);

    if (result == 0)
        result = hvc_file_look(target, file->to, hvc_move_work_deadline(), &there, &why);
    if (result == 0 && !here.exists && there.exists)
        return false; /* a run before this one has moved it */
    if (result == 0 && there.exists && (m->request.flags & HVC_OPTION_OVERWRITE) == 0)
        result = hvc_error_set(&why, -EEXIST, "it exists there already");
    if (result == 0 && there.exists)
        result = hvc_file_remove(target, file->to, hvc_move_work_deadline(), &why);
    if (result == 0)
        result = hvc_file_send(m->request.source, file->from, target_uri, file->to, HVC_NO_DEADLINE, &why);
    if (result < 0)
        hvc_move_note(m, "%.200s was not copied to %.200s: %.200s", file->from, file->to, why.text);
    return result == 0;
}

void hvc_move_send_unmanaged(struct hvc_move *m, const char *target_uri)
{
    for (size_t i = 0; m->plan != NULL && i < m->plan->unmanaged_count; i++)
        if (send_one(m, &m->plan->unmanaged[i], target_uri) && (m->request.flags & HVC_OPTION_REMOVE_UNMANAGED) != 0)
            hvc_move_remove_files(m, m->request.source, m->source_name, &m->plan->unmanaged[i].from, 1);
}

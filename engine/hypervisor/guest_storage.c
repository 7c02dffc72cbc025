/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/guest_storage.h"

static const struct hvc_storage_ops *ops_of(const struct hvc_hypervisor *h)
{
    return h->ops->storage;
}

int hvc_disk_copy(struct hvc_hypervisor *h, const char *uuid, const char *disk, const char *disk_xml,
                  uint64_t bandwidth_mib, uint64_t deadline_ms, struct hvc_error *error)
{
    return ops_of(h)->disk_copy(h, uuid, disk, disk_xml, bandwidth_mib, deadline_ms, error);
}

int hvc_disk_job(struct hvc_hypervisor *h, const char *uuid, const char *disk, uint64_t deadline_ms,
                 struct hvc_block_job *ret_job, struct hvc_error *error)
{
    return ops_of(h)->disk_job(h, uuid, disk, deadline_ms, ret_job, error);
}

int hvc_disk_end(struct hvc_hypervisor *h, const char *uuid, const char *disk, bool pivot, uint64_t deadline_ms,
                 struct hvc_error *error)
{
    return ops_of(h)->disk_end(h, uuid, disk, pivot, deadline_ms, error);
}

int hvc_disk_size(struct hvc_hypervisor *h, const char *uuid, const char *disk, uint64_t deadline_ms,
                  uint64_t *ret_bytes, struct hvc_error *error)
{
    return ops_of(h)->disk_size(h, uuid, disk, deadline_ms, ret_bytes, error);
}

int hvc_guest_live_xml(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, char **ret_xml,
                       struct hvc_error *error)
{
    return ops_of(h)->live_xml(h, uuid, deadline_ms, ret_xml, error);
}

int hvc_file_look(struct hvc_hypervisor *h, const char *path, uint64_t deadline_ms, struct hvc_file_state *ret_state,
                  struct hvc_error *error)
{
    return ops_of(h)->file_look(h, path, deadline_ms, ret_state, error);
}

int hvc_file_create(struct hvc_hypervisor *h, const char *path, const char *format, uint64_t capacity,
                    uint64_t deadline_ms, struct hvc_error *error)
{
    return ops_of(h)->file_create(h, path, format, capacity, deadline_ms, error);
}

int hvc_file_remove(struct hvc_hypervisor *h, const char *path, uint64_t deadline_ms, struct hvc_error *error)
{
    return ops_of(h)->file_remove(h, path, deadline_ms, error);
}

int hvc_file_send(struct hvc_hypervisor *h, const char *path, const char *target_uri, const char *target_path,
                  uint64_t deadline_ms, struct hvc_error *error)
{
    return ops_of(h)->file_send(h, path, target_uri, target_path, deadline_ms, error);
}

int hvc_guest_save(struct hvc_hypervisor *h, const char *uuid, const char *path, uint64_t deadline_ms,
                   struct hvc_error *error)
{
    return ops_of(h)->save(h, uuid, path, deadline_ms, error);
}

int hvc_guest_restore(struct hvc_hypervisor *h, const char *path, uint64_t deadline_ms, struct hvc_error *error)
{
    return ops_of(h)->restore(h, path, deadline_ms, error);
}

int hvc_guest_saved_xml(struct hvc_hypervisor *h, const char *path, uint64_t deadline_ms, char **ret_xml,
                        struct hvc_error *error)
{
    return ops_of(h)->saved_xml(h, path, deadline_ms, ret_xml, error);
}

int hvc_guest_start_paused(struct hvc_hypervisor *h, const char *xml, const char *owner, uint64_t deadline_ms,
                           struct hvc_error *error)
{
    return ops_of(h)->start_paused(h, xml, owner, deadline_ms, error);
}

int hvc_guest_set_transit(struct hvc_hypervisor *h, const char *uuid, const char *element, uint64_t deadline_ms,
                          struct hvc_error *error)
{
    return ops_of(h)->set_transit(h, uuid, element, deadline_ms, error);
}

int hvc_guest_snapshots(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, unsigned *ret_count,
                        struct hvc_error *error)
{
    return ops_of(h)->snapshots(h, uuid, deadline_ms, ret_count, error);
}

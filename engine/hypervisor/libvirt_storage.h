/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of the driver's second table, by the file that has them. Contracts: hvc/guest_storage.h. */
#ifndef HVC_LIBVIRT_STORAGE_H
#define HVC_LIBVIRT_STORAGE_H

#include "hvc/guest_storage.h"

/* libvirt_block.c */
int hvc_libvirt_disk_copy(struct hvc_hypervisor *h, const char *uuid, const char *disk, const char *disk_xml,
                          uint64_t bandwidth_mib, uint64_t deadline_ms, struct hvc_error *error);
int hvc_libvirt_disk_job(struct hvc_hypervisor *h, const char *uuid, const char *disk, uint64_t deadline_ms,
                         struct hvc_block_job *ret_job, struct hvc_error *error);
int hvc_libvirt_disk_end(struct hvc_hypervisor *h, const char *uuid, const char *disk, bool pivot, uint64_t deadline_ms,
                         struct hvc_error *error);
int hvc_libvirt_disk_size(struct hvc_hypervisor *h, const char *uuid, const char *disk, uint64_t deadline_ms,
                          uint64_t *ret_bytes, struct hvc_error *error);
int hvc_libvirt_live_xml(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, char **ret_xml,
                         struct hvc_error *error);
int hvc_libvirt_set_transit(struct hvc_hypervisor *h, const char *uuid, const char *element, uint64_t deadline_ms,
                            struct hvc_error *error);
int hvc_libvirt_snapshots(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, unsigned *ret_count,
                          struct hvc_error *error);

/* libvirt_files.c */
int hvc_libvirt_file_look(struct hvc_hypervisor *h, const char *path, uint64_t deadline_ms,
                          struct hvc_file_state *ret_state, struct hvc_error *error);
int hvc_libvirt_file_create(struct hvc_hypervisor *h, const char *path, const char *format, uint64_t capacity,
                            uint64_t deadline_ms, struct hvc_error *error);
int hvc_libvirt_file_remove(struct hvc_hypervisor *h, const char *path, uint64_t deadline_ms, struct hvc_error *error);
int hvc_libvirt_file_send(struct hvc_hypervisor *h, const char *path, const char *target_uri, const char *target_path,
                          uint64_t deadline_ms, struct hvc_error *error);

/* libvirt_save.c */
int hvc_libvirt_save(struct hvc_hypervisor *h, const char *uuid, const char *path, uint64_t deadline_ms,
                     struct hvc_error *error);
int hvc_libvirt_restore(struct hvc_hypervisor *h, const char *path, uint64_t deadline_ms, struct hvc_error *error);
int hvc_libvirt_saved_xml(struct hvc_hypervisor *h, const char *path, uint64_t deadline_ms, char **ret_xml,
                          struct hvc_error *error);

/* libvirt_power.c */
int hvc_libvirt_start_paused(struct hvc_hypervisor *h, const char *xml, const char *owner, uint64_t deadline_ms,
                             struct hvc_error *error);

#endif

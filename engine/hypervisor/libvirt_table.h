/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of the driver's table (libvirt_driver.c), by the file that has them. Contracts: hvc/hypervisor.h. */
#ifndef HVC_LIBVIRT_TABLE_H
#define HVC_LIBVIRT_TABLE_H

#include "hvc/hypervisor.h"

/* libvirt_events.c */
int hvc_libvirt_watch(struct hvc_hypervisor *h, hvc_guest_event_fn function, void *context, struct hvc_error *error);

/* libvirt_guest.c */
int hvc_libvirt_list(struct hvc_hypervisor *h, uint64_t deadline_ms, struct hvc_guest_state **ret_guests,
                     size_t *ret_count, struct hvc_error *error);
int hvc_libvirt_inspect(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms,
                        struct hvc_guest_state *ret_state, struct hvc_error *error);
int hvc_libvirt_read_xml(struct hvc_hypervisor *h, const char *uuid, bool inactive, uint64_t deadline_ms,
                         char **ret_xml, struct hvc_error *error);

/* libvirt_power.c */
int hvc_libvirt_define(struct hvc_hypervisor *h, const char *xml, uint64_t deadline_ms, struct hvc_error *error);
int hvc_libvirt_undefine(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_error *error);
int hvc_libvirt_start(struct hvc_hypervisor *h, const char *xml, const char *owner, uint64_t deadline_ms,
                      struct hvc_error *error);
int hvc_libvirt_stop(struct hvc_hypervisor *h, const char *uuid, enum hvc_stop_step step, uint64_t deadline_ms,
                     struct hvc_error *error);
int hvc_libvirt_pause(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_error *error);
int hvc_libvirt_resume(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_error *error);
int hvc_libvirt_set_owner(struct hvc_hypervisor *h, const char *uuid, const char *owner, uint64_t deadline_ms,
                          struct hvc_error *error);

/* libvirt_migrate.c */
int hvc_libvirt_migrate(struct hvc_hypervisor *h, const char *uuid, const struct hvc_migrate_options *options,
                        uint64_t deadline_ms, struct hvc_error *error);
int hvc_libvirt_cancel(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_error *error);
int hvc_libvirt_set_downtime(struct hvc_hypervisor *h, const char *uuid, uint64_t downtime_ms, uint64_t deadline_ms,
                             struct hvc_error *error);
int hvc_libvirt_set_bandwidth(struct hvc_hypervisor *h, const char *uuid, uint64_t mib, uint64_t deadline_ms,
                              struct hvc_error *error);
int hvc_libvirt_post_copy(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_error *error);
int hvc_libvirt_interrupt(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_error *error);

/* libvirt_host.c */
int hvc_libvirt_fits(struct hvc_hypervisor *h, const struct hvc_guest_profile *profile, const char *cpu,
                     uint64_t deadline_ms, struct hvc_host_fit *ret_fit, struct hvc_error *error);
int hvc_libvirt_reaches(struct hvc_hypervisor *h, const struct hvc_guest_profile *profile, uint64_t deadline_ms,
                        struct hvc_disk_fit *ret_fit, struct hvc_error *error);
int hvc_libvirt_compare_cpu(struct hvc_hypervisor *h, const struct hvc_guest_profile *profile, const char *cpu,
                            bool same, uint64_t deadline_ms, struct hvc_fit_answer *ret_answer,
                            struct hvc_error *error);
int hvc_libvirt_names(struct hvc_hypervisor *h, const struct hvc_guest_profile *profile, const char *cpu,
                      uint64_t deadline_ms, struct hvc_host_names *ret_names, struct hvc_error *error);

/* libvirt_progress.c */
int hvc_libvirt_progress(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms,
                         struct hvc_migrate_progress *ret_progress, struct hvc_error *error);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest is on THIS node, whoever can tell: libvirt first, and when it does not answer in its share of the time,
 * or says that nothing is there, the kernel's process table and libvirt's own status file. Any thread.
 */
#ifndef HVC_OBSERVE_H
#define HVC_OBSERVE_H

#include "hvc/hypervisor.h"

/* Where the kernel and libvirt keep what is read. */
struct hvc_observe_places {
    const char *proc;   /* HVC_PROC */
    const char *status; /* "/run/libvirt/qemu" */
};
extern const struct hvc_observe_places hvc_observe_host;

/*
 * h is this node's hypervisor; id's name may be "" (the process tells it). Always fills *ret_state when it returns 0;
 * HVC_GUEST_UNKNOWN is an answer, with the reason in its words. ABSENT means that the kernel shows no process of the
 * guest, whatever libvirt says; a process that libvirt does not know is UNKNOWN. Never later than deadline_ms plus the
 * time to read /proc. -EINVAL: no UUID.
 */
int hvc_guest_observe(struct hvc_hypervisor *h, const struct hvc_guest_id *id, uint64_t deadline_ms,
                      struct hvc_guest_state *ret_state, struct hvc_error *error);

/* The same with the places named. h NULL: the process table alone. */
int hvc_guest_observe_at(const struct hvc_observe_places *places, struct hvc_hypervisor *h,
                         const struct hvc_guest_id *id, uint64_t deadline_ms, struct hvc_guest_state *ret_state,
                         struct hvc_error *error);

#endif

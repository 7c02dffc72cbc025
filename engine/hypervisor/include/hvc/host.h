/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest needs (its profile, from its definition) and what a host says about it: for the checks before a move.
 * Everything here only reads; nothing is started, refreshed or changed at the host.
 *
 * What an answer is worth:
 *   disk, file or block   YES: the host's libvirtd has opened it for reading just now, as the user it runs guests with.
 *                         That it is the same storage as at the source is not proven by a path: that is the
 *                         administrator's word, and libvirt's own test of the file system at the start of a move.
 *   disk, volume          its pool is active there and has it.
 *   disk, network         MOOT: it names a server, not a place on the host; that the host reaches the server can be
 * told by nobody else, and libvirt opens it at the target before the source gives anything up. network, bridge,
 * libvirt's network is active, the interface exists now interface CPU                   virConnectCompareHypervisorCPU:
 * what the hypervisor can give there, not what the chip has.
 */
#ifndef HVC_HOST_H
#define HVC_HOST_H

#include "hvc/check.h"
#include "hvc/compatibility.h"
#include "hvc/guest_profile.h"
#include "hvc/hypervisor.h"

#define HVC_FIT_WORDS_MAX 200

struct hvc_fit_answer {
    uint8_t is; /* enum hvc_tell */
    char words[HVC_FIT_WORDS_MAX];
};

struct hvc_host_fit {
    struct hvc_fit_answer type, emulator, machine, cpu, tpm;
    struct hvc_fit_answer nets[HVC_PROFILE_NETS_MAX];
    struct hvc_fit_answer devices[HVC_PROFILE_DEVICES_MAX];
    char host_uuid[HVC_UUID_TEXT_MAX]; /* of the host, from its capabilities; "": not told */
    struct hvc_check_tsc tsc;          /* from there, too */
    char host_cpu[4096];               /* <cpu> of the host itself, from its capabilities; "": not told or longer */
    char model_cpu[4096];              /* <cpu> a guest with host-model would get there, as a custom one; "" likewise */
};

struct hvc_disk_fit {
    struct hvc_fit_answer disks[HVC_PROFILE_DISKS_MAX];
};

/* What compatibility vectors are made of (hvc/compatibility.h). An empty set: not told. */
struct hvc_host_names {
    bool qemu, kvm;               /* the host runs guests of that type */
    struct hvc_name_set machines; /* that the host knows, by all their names */
    struct hvc_name_set features; /* that the CPU has, those of its model included */
};

/* Pure: types and machine types of an architecture in a capabilities document. -EINVAL: it is none. */
int hvc_host_xml_names(const char *xml, const char *architecture, struct hvc_host_names *ret_names);

/* Pure: the time stamp counter in a capabilities document; all 0 where it tells of none. -EINVAL: it is none. */
int hvc_host_xml_tsc(const char *xml, struct hvc_check_tsc *ret_tsc);

/* Pure: features of a <cpu> that libvirt has expanded, without those that the <cpu> as it was asked for forbids.
 * -EINVAL: one of them is no <cpu>. */
int hvc_cpu_xml_features(const char *expanded, const char *asked, struct hvc_name_set *ret_features);

/* Pure parse with a bounded reader, as hvc_guest_parse_id. -EINVAL in words for what is no definition; -E2BIG when the
 * guest has more drives, interfaces or devices than a profile holds. */
int hvc_guest_parse_profile(const char *xml, size_t length, struct hvc_guest_profile *ret_profile,
                            struct hvc_error *error);

/* The <cpu> element of a definition as text; free(). *ret_cpu is NULL when it has none. */
int hvc_guest_xml_cpu(const char *xml, char **ret_cpu, struct hvc_error *error);

/* What the host says about the guest, its disks excepted. cpu: the guest's <cpu>, NULL: nothing to compare. */
int hvc_hypervisor_fits(struct hvc_hypervisor *h, const struct hvc_guest_profile *profile, const char *cpu,
                        uint64_t deadline_ms, struct hvc_host_fit *ret_fit, struct hvc_error *error);

/* Its disks; apart, because a dead file server holds the call up and nothing else shall wait for it. */
int hvc_hypervisor_reaches(struct hvc_hypervisor *h, const struct hvc_guest_profile *profile, uint64_t deadline_ms,
                           struct hvc_disk_fit *ret_fit, struct hvc_error *error);

/* Whether guests of the profile's type and machine could have this CPU on the host. same: it must be the host's own. */
int hvc_hypervisor_compare_cpu(struct hvc_hypervisor *h, const struct hvc_guest_profile *profile, const char *cpu,
                               bool same, uint64_t deadline_ms, struct hvc_fit_answer *ret_answer,
                               struct hvc_error *error);

/* cpu NULL: names of the host itself, the CPU being the one that guests with host-model get of it. Else the features of
 * that <cpu> of the profile's guest, and nothing else. */
int hvc_hypervisor_names(struct hvc_hypervisor *h, const struct hvc_guest_profile *profile, const char *cpu,
                         uint64_t deadline_ms, struct hvc_host_names *ret_names, struct hvc_error *error);

#endif

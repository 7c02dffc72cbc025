/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checks before a move: facts in, findings and a verdict out. Pure; nothing is asked, nothing is changed. The facts
 * come from hvc/checks.h in the daemon; whoever gathers them says of each one whether it is so, is not so, or is not
 * known, and gives the words of who said it.
 *
 * A fact is named so that YES is what a move wants. UNKNOWN is its zero value: a fact that safety needs blocks the move
 * then, any other one warns. MOOT: it does not matter for this guest.
 */
#ifndef HVC_SERVICE_CHECK_H
#define HVC_SERVICE_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "hvc/guest_profile.h"
#include "hvc/job.h"
#include "hvc/placement.h"

enum hvc_tell { HVC_TELL_UNKNOWN, HVC_TELL_YES, HVC_TELL_NO, HVC_TELL_MOOT };

struct hvc_check_fact {
    uint8_t is;        /* enum hvc_tell */
    const char *words; /* of the lower layer, or what exactly; NULL or "": none */
};

/* ---- facts ---- */

struct hvc_check_guest {
    const char *name;
    const char *resource;                    /* of Pacemaker; "" or NULL: not managed by it */
    const struct hvc_guest_profile *profile; /* NULL: not known */
    const char *profile_words;               /* why */
    uint8_t state;                           /* enum hvc_seen, at the source */
    const char *state_words;
    struct hvc_check_fact exists; /* anywhere in the cluster */
    struct hvc_check_fact free;   /* no other job and no migration of it is under way */
};

/* The time stamp counter of a host's CPUs (x86). */
struct hvc_check_tsc {
    uint64_t hz;    /* 0: not known */
    bool scales;    /* it can be given to a guest at another speed */
    bool invariant; /* it never changes its speed */
};

struct hvc_check_node {
    const char *name; /* NULL or "": there is none */
    uint32_t id;
    struct hvc_check_fact configured; /* in Corosync's node list */
    struct hvc_check_fact member;
    struct hvc_check_fact open;                   /* accepts moves and is not in the service's maintenance */
    struct hvc_check_fact live_enabled;           /* setting enable-migration */
    struct hvc_check_fact online;                 /* Pacemaker's word: joined, not pending */
    struct hvc_check_fact clean;                  /* not to be fenced */
    struct hvc_check_fact active;                 /* not in standby */
    struct hvc_check_fact not_maintenance;        /* not in Pacemaker's maintenance */
    struct hvc_check_fact libvirt;                /* answers */
    uint64_t hypervisor_version, libvirt_version; /* 0: not known */
    char architecture[16];                        /* "": not known */
    struct hvc_check_tsc tsc;
    bool limits_known;
    uint32_t link_limit, link_used;       /* moves out of the source, into the target */
    uint32_t storage_limit, storage_used; /* of the source only */
};

/* What the target, and the way there, say about this guest. */
struct hvc_check_fit {
    uint8_t seen; /* enum hvc_seen: the guest at the target */
    const char *seen_words;
    struct hvc_check_fact identity;   /* the libvirt that answered is this node's, by certificate and name */
    struct hvc_check_fact same_boot;  /* and the node is the one the cluster means: node id and boot id */
    struct hvc_check_fact network;    /* its migration address answers */
    struct hvc_check_fact quiet_link; /* the migration traffic does not use the ring's network */
    struct hvc_check_fact type;       /* runs guests of this type: kvm, qemu */
    struct hvc_check_fact emulator;   /* has it */
    struct hvc_check_fact machine;    /* knows the machine type */
    struct hvc_check_fact cpu;        /* has what the guest's CPU needs */
    struct hvc_check_fact cpu_back; /* booted there it could come back: the source has what the target's model needs */
    struct hvc_check_fact tpm;      /* emulates TPMs */
    struct hvc_check_fact definition; /* has the exact definition, or none is needed there */
    struct hvc_check_fact permitted;  /* no check of the site's own says no */
    struct hvc_check_fact storage;    /* its disks find the places that the move has for them; MOOT without a plan */
    bool room_known;
    uint64_t room_kib;                                      /* what moves may still take of its memory */
    struct hvc_check_fact disks[HVC_PROFILE_DISKS_MAX];     /* reachable; as profile->disks */
    struct hvc_check_fact nets[HVC_PROFILE_NETS_MAX];       /* present; as profile->nets */
    struct hvc_check_fact devices[HVC_PROFILE_DEVICES_MAX]; /* present; as profile->devices. Cold moves only */
};

/* Pacemaker's word about the guest's resource; but for the first one all MOOT for a guest that it does not manage. */
struct hvc_check_pacemaker {
    struct hvc_check_fact unclaimed; /* no resource of another agent has the guest */
    struct hvc_check_fact answers;
    struct hvc_check_fact managed;          /* is-managed, no maintenance */
    struct hvc_check_fact migratable;       /* allow-migrate=true: else it would be stopped and started */
    struct hvc_check_fact allowed;          /* no rule forbids it at the target */
    struct hvc_check_fact stays;            /* it would not be moved back */
    struct hvc_check_fact others_untouched; /* no other resource would be stopped or restarted */
    struct hvc_check_fact idle;             /* it is doing nothing with the resource already */
    struct hvc_check_fact quiet;            /* it would do nothing at all: else the words say what */
};

struct hvc_check_cluster {
    struct hvc_check_fact quorate;
    bool service_known;
    uint8_t service;                  /* HVC_STATE_ENABLED, DISABLED, QUIESCE */
    const char *service_words;        /* why it is not known */
    uint32_t moves_limit, moves_used; /* moves-cluster; limit 0: none */
};

struct hvc_check_input {
    uint8_t kind;       /* enum hvc_job_kind */
    uint32_t flags;     /* HVC_OPTION_* of the job */
    bool from_source;   /* the check was made at the source: else what it says about the way is another node's view */
    const char *here;   /* node that made it */
    bool slots_are_own; /* limits and room are held by this very job: they are not looked at */
    struct hvc_check_guest guest;
    struct hvc_check_node source, target;
    struct hvc_check_fit fit;
    struct hvc_check_pacemaker pacemaker;
    struct hvc_check_cluster cluster;
};

/* ---- findings ---- */

enum hvc_check_severity {
    HVC_CHECK_INFO,
    HVC_CHECK_WARNING, /* the move can be made; this is what it costs or what is not known */
    HVC_CHECK_ERROR    /* the move is not made */
};
const char *hvc_check_severity_name(unsigned severity); /* "error" */

/* The names (hvc_check_code_info) are for programs and stay. */
enum hvc_check_code {
    HVC_CHECK_NONE,
    HVC_CHECK_GUEST_NOT_FOUND,
    HVC_CHECK_GUEST_STATE_NOT_KNOWN,
    HVC_CHECK_GUEST_NOT_RUNNING,
    HVC_CHECK_GUEST_RUNNING,
    HVC_CHECK_GUEST_PAUSED,
    HVC_CHECK_GUEST_STOPPING,
    HVC_CHECK_GUEST_IN_MOVE,
    HVC_CHECK_GUEST_FAILED,
    HVC_CHECK_GUEST_BUSY,
    HVC_CHECK_GUEST_AT_TARGET,
    HVC_CHECK_DEFINITION_NOT_READ,
    HVC_CHECK_DEFINITION_MISSING,
    HVC_CHECK_NO_QUORUM,
    HVC_CHECK_QUORUM_NOT_KNOWN,
    HVC_CHECK_SERVICE_DISABLED,
    HVC_CHECK_SERVICE_QUIESCED,
    HVC_CHECK_SERVICE_NOT_KNOWN,
    HVC_CHECK_TARGET_UNKNOWN,
    HVC_CHECK_SAME_NODE,
    HVC_CHECK_SOURCE_AWAY,
    HVC_CHECK_TARGET_AWAY,
    HVC_CHECK_SOURCE_CLOSED,
    HVC_CHECK_TARGET_CLOSED,
    HVC_CHECK_SOURCE_DISABLED,
    HVC_CHECK_TARGET_DISABLED,
    HVC_CHECK_TARGET_PENDING,
    HVC_CHECK_TARGET_UNCLEAN,
    HVC_CHECK_TARGET_STANDBY,
    HVC_CHECK_TARGET_MAINTENANCE,
    HVC_CHECK_SOURCE_LIBVIRT,
    HVC_CHECK_TARGET_LIBVIRT,
    HVC_CHECK_TARGET_IDENTITY,
    HVC_CHECK_TARGET_BOOT,
    HVC_CHECK_NETWORK_CUT,
    HVC_CHECK_NETWORK_NOT_KNOWN,
    HVC_CHECK_NETWORK_IS_RING,
    HVC_CHECK_LIMIT_ZERO,
    HVC_CHECK_LIMIT_REACHED,
    HVC_CHECK_NO_ROOM,
    HVC_CHECK_ROOM_NOT_KNOWN,
    HVC_CHECK_ARCHITECTURE_DIFFERS,
    HVC_CHECK_HYPERVISOR_OLDER,
    HVC_CHECK_LIBVIRT_OLDER,
    HVC_CHECK_TYPE_MISSING,
    HVC_CHECK_EMULATOR_MISSING,
    HVC_CHECK_MACHINE_MISSING,
    HVC_CHECK_CAPABILITIES_NOT_KNOWN,
    HVC_CHECK_CPU_FEATURES_MISSING,
    HVC_CHECK_CPU_DIFFERS,
    HVC_CHECK_CPU_NOT_KNOWN,
    HVC_CHECK_CPU_NO_WAY_BACK,
    HVC_CHECK_TPM_MISSING,
    HVC_CHECK_TPM_STAYS,
    HVC_CHECK_DISK_MISSING,
    HVC_CHECK_DISK_NOT_KNOWN,
    HVC_CHECK_DISK_BOUND,
    HVC_CHECK_BRIDGE_MISSING,
    HVC_CHECK_BRIDGE_NOT_KNOWN,
    HVC_CHECK_HOST_DEVICE,
    HVC_CHECK_HOST_DEVICE_MISSING,
    HVC_CHECK_HOST_DEVICE_NOT_KNOWN,
    HVC_CHECK_PACEMAKER_SILENT,
    HVC_CHECK_RESOURCE_UNMANAGED,
    HVC_CHECK_RESOURCE_NOT_MIGRATABLE,
    HVC_CHECK_RESOURCE_FORBIDDEN,
    HVC_CHECK_RESOURCE_MOVED_BACK,
    HVC_CHECK_OTHERS_RESTARTED,
    HVC_CHECK_SEEN_FROM_ELSEWHERE,
    HVC_CHECK_RESOURCE_BUSY,
    HVC_CHECK_PACEMAKER_ACTIONS,
    HVC_CHECK_SITE_FORBIDS,
    HVC_CHECK_STORAGE_PLACE,
    HVC_CHECK_STORAGE_NOT_KNOWN,
    HVC_CHECK_RESOURCE_FOREIGN,
    HVC_CHECK_RESOURCE_NOT_KNOWN,
    HVC_CHECK_TSC_BOUND,
    HVC_CHECK_TSC_DIFFERS,
    HVC_CHECK_TSC_CHANGES,
    HVC_CHECK_TSC_NOT_KNOWN,
    HVC_CHECK_CODE_COUNT
};

struct hvc_check_code_info {
    const char *name;   /* "cpu-features-missing" */
    uint8_t severity;   /* enum hvc_check_severity */
    uint8_t reason;     /* enum hvc_reason_code: what may help, of an error */
    uint8_t cim;        /* return code of CheckVirtualSystemIsMigratableToHost: 0 the check ran and the answer is no */
    uint16_t ms;        /* code of Microsoft's table for the same, 0: none */
    const char *text;   /* what it means, one line */
    const char *advice; /* what to do */
};
const struct hvc_check_code_info *hvc_check_code_info(unsigned code); /* NULL outside the enum and for NONE */

struct hvc_check_finding {
    uint8_t code;                  /* enum hvc_check_code */
    uint8_t severity;              /* enum hvc_check_severity */
    char text[HVC_CHECK_TEXT_MAX]; /* what, where, the words of the lower layer, what to do */
};

struct hvc_check_report {
    char node[HVC_NODE_NAME_MAX]; /* target */
    uint32_t node_id;
    uint8_t verdict;  /* enum hvc_reason_code: NOTE the move can be made, RETRY, OTHER_NODE, GIVE_UP */
    uint8_t worst;    /* enum hvc_check_severity; INFO also without findings */
    uint8_t decisive; /* enum hvc_check_code of the error that decided; NONE */
    uint8_t cim; /* return code of CheckVirtualSystemIsMigratableTo*: 0 the check ran, IsMigratable is the verdict */
    uint16_t ms; /* Microsoft's code, 0: migratable */
    uint32_t count, dropped; /* findings; those that found no room (never the decisive one) */
    struct hvc_check_finding findings[HVC_CHECK_FINDINGS_MAX]; /* errors, then warnings, then the rest */
};

/* True when the move can be made as far as the facts tell. */
static inline bool hvc_check_is_movable(const struct hvc_check_report *report)
{
    return report->verdict == HVC_REASON_NOTE;
}

void hvc_check_evaluate(const struct hvc_check_input *input, struct hvc_check_report *ret_report);

#endif

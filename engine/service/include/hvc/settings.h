/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Settings of the service, its migration networks and its own state. One table of settings: name, bounds, default,
 * whether a node may have a value of its own, and the CIM property it is shown as. Pure.
 */
#ifndef HVC_SETTINGS_H
#define HVC_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "hvc/limits.h"

/* Values are numbers; a boolean is 0 or 1. The order is the encoding: new ones go to the end. */
enum hvc_setting {
    HVC_SETTING_ENABLE_MIGRATION, /* live moves from and to; storage moves are always enabled */
    HVC_SETTING_MOVES_OUT,        /* moves that may leave a node at one time */
    HVC_SETTING_MOVES_IN,         /* moves that may come to a node at one time */
    HVC_SETTING_STORAGE_MOVES,    /* storage moves of a node at one time */
    HVC_SETTING_MOVES_CLUSTER,    /* moves in the whole cluster at one time, 0: no such limit */
    HVC_SETTING_AUTHENTICATION,   /* AuthenticationType: 0 CredSSP, 1 Kerberos; shown to clients, libvirt decides */
    HVC_SETTING_COMPRESSION,      /* EnableCompression */
    HVC_SETTING_SMB,              /* EnableSmbTransport: only 0, there is no SMB transport here */
    HVC_SETTING_ANY_NETWORK,      /* any network may be used when none of the configured ones reaches the target */
    HVC_SETTING_TLS,              /* encrypt the memory stream */
    HVC_SETTING_BANDWIDTH,        /* bytes per second of all moves of a node together, 0: not limited */
    HVC_SETTING_DOWNTIME_MS,      /* longest pause at the switch-over */
    HVC_SETTING_DEADLINE_S,       /* time for a move that names none, 0: from the size of the guest and the link */
    HVC_SETTING_END_ACTION,       /* enum hvc_end_action for a move that names none */
    HVC_SETTING_PRIORITY,         /* for a move that names none; lower is sooner */
    HVC_SETTING_RETENTION_S,      /* age at which an ended job may go */
    HVC_SETTING_RETENTION_COUNT,  /* ended jobs that are kept */
    HVC_SETTING_MEMORY_SPARE,     /* KiB of a node's memory that moves leave free */
    HVC_SETTING_MAX
};

enum hvc_end_action { HVC_END_ABORT, HVC_END_FORCE, HVC_END_POST_COPY, HVC_END_MAX };

struct hvc_setting_info {
    const char *name;        /* "moves-out": command line, JSON */
    const char *cim;         /* property of Msvm_VirtualSystemMigrationServiceSettingData, NULL: none */
    const char *text;        /* one line for people */
    uint64_t min, max;       /* both allowed */
    uint64_t initial, alone; /* default in a cluster, and of a stand-alone host */
    bool per_node;
};

/* NULL outside the enum. */
const struct hvc_setting_info *hvc_setting_info(unsigned setting);
/* -ENOENT: no setting of that name. */
int hvc_setting_find(const char *name, enum hvc_setting *ret_setting);
const char *hvc_end_action_name(unsigned action); /* "abort", "force", "post-copy"; "invalid" outside the enum */

#define HVC_NETWORK_LIMIT_MAX 64 /* as of the settings moves-out and moves-in */

/* A network for migration traffic. Lower metric is preferred. */
struct hvc_network {
    uint32_t id;   /* never used again */
    uint32_t node; /* 0: of the cluster; else only of this node */
    uint32_t metric;
    uint8_t family;      /* 4 or 6 */
    uint8_t prefix;      /* prefix 0: every address of the family */
    uint8_t address[16]; /* network order, the first 4 for IPv4; bits behind the prefix are 0 */
    uint64_t bandwidth;  /* bytes per second of all moves on it, 0: not limited */
    uint32_t limit;      /* moves that may leave a node over it at one time, and as many may come; 0: not limited */
    char name[HVC_NETWORK_NAME_MAX]; /* ElementName */
    char tags[HVC_NETWORK_TAGS_MAX]; /* one a line: "Microsoft:UserManaged" */
};

/* CIM EnabledState and RequestedState numbers. */
enum {
    HVC_STATE_ENABLED = 2,
    HVC_STATE_DISABLED = 3,
    HVC_STATE_NOT_APPLICABLE = 5,
    HVC_STATE_QUIESCE = 9,
    HVC_STATE_REQUEST_NOT_APPLICABLE = 12,
};

/* State of the cluster's service instance and its writable properties. */
struct hvc_service_properties {
    bool state_used; /* somebody has used RequestStateChange, StartService or StopService */
    uint8_t state;   /* real state: ENABLED, DISABLED (new moves refused) or QUIESCE (queued ones wait) */
    uint16_t enabled_default;
    uint64_t changed_ms; /* TimeOfLastStateChange, 0: never */
    char owner_name[HVC_OWNER_NAME_MAX];
    char owner_contact[HVC_OWNER_CONTACT_MAX];
};

/* As the cluster namespace shows them: 5/12 until state_used, then the real state. */
uint16_t hvc_service_enabled_state(const struct hvc_service_properties *properties);
uint16_t hvc_service_requested_state(const struct hvc_service_properties *properties);

/* Values of EnabledDefault that class.md section 5 lists. */
bool hvc_enabled_default_is_valid(unsigned value);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the providers make instances of: the state of the cluster as hvclusterd told it, at one moment. A plain picture;
 * whoever fetched it owns it and keeps it until the answer is written. Texts are never NULL unless it is said.
 */
#ifndef HVC_CIM_FACTS_H
#define HVC_CIM_FACTS_H

#include <stdbool.h>
#include <stdint.h>

enum { /* parts that are fetched one by one; hvc_cim_provider.needs */
       HVC_FACTS_STATUS = 1,
       HVC_FACTS_SERVICE = 2,
       HVC_FACTS_SETTINGS = 4,      /* of the cluster */
       HVC_FACTS_NODE_SETTINGS = 8, /* in force on this node */
       HVC_FACTS_NETWORKS = 16,
       HVC_FACTS_NODES = 32,
       HVC_FACTS_GUESTS = 64,
       HVC_FACTS_JOBS = 128,
       HVC_FACTS_PLANNED = 256, /* of the jobs those that planned systems are known by: few of many */
       HVC_FACTS_DEVICES = 512, /* guests with the devices of their kept definitions: a document a guest */
       HVC_FACTS_ALL = 1023,
};

/* Bits of settings that were said. */
struct hvc_facts_settings {
    bool enable_migration, compression, smb;
    uint32_t moves, storage_moves, authentication;
};

struct hvc_facts_network {
    uint32_t id;
    const char *address; /* without the prefix */
    uint8_t prefix;
    uint32_t metric;
    const char *name, *node; /* node "": of the cluster */
    const char **tags;
    uint32_t tag_count;
};

struct hvc_facts_node {
    const char *name;
    bool member, fenced, accepting, maintenance;
    uint32_t cpus;
    uint64_t memory_kib;
    uint32_t moves_out, moves_in; /* virtual systems that leave and come now */
    uint32_t storage_moves;       /* that run here now */
    const char **listens;         /* where moves come in, the preferred address first */
    uint32_t listen_count;
};

struct hvc_facts_disk {
    const char *target, *source; /* "vda"; path or address, "": empty */
    bool readonly;
};

struct hvc_facts_net {
    const char *source, *mac; /* source "": nothing of the host */
};

struct hvc_facts_guest {
    const char *uuid, *name; /* uuid in upper case */
    const char *node;        /* "": it runs nowhere */
    uint32_t cpus;
    uint64_t memory_kib;
    uint64_t version; /* of its definition */
    bool moving;
    const char *seen; /* class of hvc/hypervisor.h by name, as its node told it lately; NULL: it did not */
    const struct hvc_facts_disk *disks; /* with DEVICES */
    const struct hvc_facts_net *nets;
    uint32_t disk_count, net_count;
};

struct hvc_facts_reason {
    const char *code, *text; /* a word of hvc/job.h; the hypervisor's words in ours */
};

struct hvc_facts_job {
    uint64_t id;
    const char *uuid, *guest; /* uuid in upper case */
    const char *kind, *phase; /* words of hvc/job.h */
    const char *source, *target;
    const char *by, *words;
    bool ended, cancellable, check;            /* check: of a move, nothing is moved */
    bool plan;                                 /* it says where storage shall be */
    uint64_t created_ms, started_ms, since_ms; /* since 1970; started_ms 0: it has not */
    uint32_t priority;
    uint32_t percent; /* 101: not known */
    const struct hvc_facts_reason *reasons;
    uint32_t reason_count;
};

struct hvc_cim_facts {
    uint64_t only_job; /* HVC_FACTS_JOBS brings only the one with this number; 0: all */
    /* status */
    const char *node, *cluster, *version;
    bool quorate;
    uint32_t quorum_votes; /* needed; 0: not known */
    const char *stale;     /* why the state may be old; "": it is not */
    uint64_t now_ms;       /* since 1970 */
    /* service */
    struct {
        bool started;
        uint32_t enabled_state, requested_state, enabled_default;
        uint64_t changed_ms;                    /* 0: never */
        const char *owner_name, *owner_contact; /* "": nobody */
        bool state_used;                        /* somebody has asked for a state */
    } service;
    struct hvc_facts_settings settings, node_settings;
    const struct hvc_facts_network *networks;
    uint32_t network_count;
    const struct hvc_facts_node *nodes;
    uint32_t node_count;
    const struct hvc_facts_guest *guests;
    uint32_t guest_count;
    const struct hvc_facts_job *jobs; /* of one guest the unfinished ones first, then the newest ended ones */
    uint32_t job_count;
};

#endif

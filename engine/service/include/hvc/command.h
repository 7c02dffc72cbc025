/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands: what a log entry of the service says. Encoded little-endian behind a version and a kind; every field is
 * bounded and checked. Everything that happens outside (time, who asks, what a node found) comes in with the command.
 * Pure; decoding points into the input only for documents.
 */
#ifndef HVC_COMMAND_H
#define HVC_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hvc/job.h"
#include "hvc/limits.h"
#include "hvc/settings.h"

/* Of the newest command. Each is written in the lowest version that holds it (hvc_command_version), so that older
 * programs take part as long as nothing newer is used: 2 is what has to do with the limit of a network, or with a job
 * that goes back to the queue after it had begun. */
#define HVC_COMMAND_VERSION 2

#define HVC_COMMAND_LIST_MAX 16 /* settings, networks, ids in one command */

/* The numbers are the encoding. */
enum hvc_command_kind {
    HVC_COMMAND_SETTINGS = 1,
    HVC_COMMAND_PROPERTIES,
    HVC_COMMAND_STATE,
    HVC_COMMAND_NETWORK_ADD,
    HVC_COMMAND_NETWORK_MODIFY,
    HVC_COMMAND_NETWORK_REMOVE,
    HVC_COMMAND_NODE,
    HVC_COMMAND_NODE_REMOVE,
    HVC_COMMAND_MEMBERS,
    HVC_COMMAND_FENCED,
    HVC_COMMAND_NODE_FLAGS,
    HVC_COMMAND_DOCUMENT,
    HVC_COMMAND_GUEST,
    HVC_COMMAND_GUEST_PLACE,
    HVC_COMMAND_GUEST_REMOVE,
    HVC_COMMAND_JOB,
    HVC_COMMAND_JOB_TARGET,
    HVC_COMMAND_JOB_REPORT,
    HVC_COMMAND_JOB_CANCEL,
    HVC_COMMAND_JOB_MODIFY,
    HVC_COMMAND_JOB_RESOLVE,
    HVC_COMMAND_JOB_FORGET,
    HVC_COMMAND_DRAIN,
    HVC_COMMAND_DRAIN_REPORT,
    HVC_COMMAND_DRAIN_CANCEL,
    HVC_COMMAND_RESUME,
    HVC_COMMAND_TICK,
    HVC_COMMAND_KIND_END
};
const char *hvc_command_name(unsigned kind); /* "job-report"; "invalid" outside the enum */

enum { /* mask of PROPERTIES */
       HVC_PROPERTY_ENABLED_DEFAULT = 1,
       HVC_PROPERTY_OWNER_NAME = 2,
       HVC_PROPERTY_OWNER_CONTACT = 4,
};
enum {                          /* mask of NETWORK_MODIFY */
       HVC_NETWORK_ADDRESS = 1, /* with family and prefix */
       HVC_NETWORK_METRIC = 2,
       HVC_NETWORK_BANDWIDTH = 4,
       HVC_NETWORK_NAME = 8,
       HVC_NETWORK_TAGS = 16,
       HVC_NETWORK_LIMIT = 32, /* also of NETWORK_ADD: there is a limit in the item */
};
enum { /* mask of NODE_FLAGS */
       HVC_NODE_ACCEPTING = 1,
       HVC_NODE_MAINTENANCE = 2,
};
enum {                           /* mask of JOB_MODIFY */
       HVC_JOB_SET_PRIORITY = 1, /* while queued */
       HVC_JOB_SET_BANDWIDTH = 2,
       HVC_JOB_SET_DEADLINE = 4,
       HVC_JOB_SET_DOWNTIME = 8,
       HVC_JOB_SET_END_ACTION = 16,
};

struct hvc_command_setting {
    uint8_t setting; /* enum hvc_setting */
    bool reset;      /* back to the default, or to the cluster's value */
    uint64_t value;
};

struct hvc_command_member {
    uint32_t node;
    uint64_t boot_id;
};

struct hvc_command {
    uint8_t version, kind;
    uint32_t node;     /* that proposes it */
    uint64_t stamp_ms; /* its wall clock, milliseconds since 1970 */
    char by[HVC_REQUESTER_MAX];
    union {
        struct {           /* SETTINGS: all or none */
            uint32_t node; /* 0: the cluster's values; else values of its own for this node */
            uint16_t count;
            struct hvc_command_setting item[HVC_COMMAND_LIST_MAX];
        } settings;
        struct {
            uint8_t mask;
            uint16_t enabled_default;
            char owner_name[HVC_OWNER_NAME_MAX];
            char owner_contact[HVC_OWNER_CONTACT_MAX];
        } properties;
        struct {
            uint8_t state; /* HVC_STATE_ENABLED, DISABLED, QUIESCE */
        } state;
        struct { /* NETWORK_ADD (id 0) and NETWORK_MODIFY: all or none */
            uint16_t count;
            struct {
                uint8_t mask;
                struct hvc_network network;
            } item[HVC_COMMAND_LIST_MAX];
        } networks;
        struct {
            uint16_t count;
            uint32_t id[HVC_COMMAND_LIST_MAX];
        } network_remove;
        struct { /* a node of the node list, or its new facts */
            uint32_t id;
            uint32_t cpus;
            uint64_t memory_kib; /* 0: not known, room is not checked */
            char name[HVC_NODE_NAME_MAX];
        } node_facts;
        struct {
            uint32_t id;
        } node_remove;
        struct { /* the members of the primary view, complete */
            uint16_t count;
            struct hvc_command_member item[HVC_NODES_MAX];
        } members;
        struct { /* Pacemaker has confirmed it */
            uint32_t id;
            uint64_t boot_id; /* the node's as the state had it when the word came: it may have been a member again
                                 since, then this is STALE */
        } fenced;
        struct {
            uint32_t id;
            uint8_t mask;
            bool accepting, maintenance;
        } node_flags;
        struct { /* a part of a document, in order; the store keeps the bytes under the hash */
            uint8_t hash[32];
            uint32_t size, offset;
            const uint8_t *bytes; /* into the input */
            uint32_t length;      /* 1..HVC_DOCUMENT_PART_MAX */
        } document;
        struct { /* a guest, new or changed */
            uint8_t uuid[16];
            uint64_t version;     /* that it is based on: 0 = new; else the guest's present one, or it is STALE */
            uint8_t document[32]; /* hash of a complete document, all 0: no definition is held */
            uint64_t memory_kib;
            uint32_t cpus;
            uint32_t node; /* where it runs, 0: nowhere. Only of a new guest; later by GUEST_PLACE */
            char name[HVC_GUEST_NAME_MAX];
            char resource[HVC_RESOURCE_NAME_MAX]; /* of Pacemaker, "": unmanaged */
        } guest;
        struct {
            uint8_t uuid[16];
            uint32_t node; /* 0: nowhere */
        } guest_place;
        struct {
            uint8_t uuid[16];
            uint64_t version;
        } guest_remove;
        struct {
            uint8_t guest[16];
            uint8_t kind, origin;
            uint32_t source, target; /* source 0: where it is; target 0: to be chosen */
            uint64_t drain;
            struct hvc_job_options options;
        } job;
        struct { /* the placement's choice for a queued job */
            uint64_t job;
            uint32_t target;
        } job_target;
        struct { /* what a node has done or found */
            uint64_t job;
            uint8_t from,
                to;       /* phases; from must be the present one, or it is STALE. Equal: a new step or reason only */
            uint8_t step; /* enum hvc_job_step */
            bool located; /* runs_on is proven */
            uint32_t runs_on;               /* 0: nowhere */
            uint64_t not_before_ms;         /* to QUEUED: not again before */
            uint16_t code;                  /* enum hvc_reason_code */
            char text[HVC_REASON_TEXT_MAX]; /* "": no reason to keep */
            /* Migration networks, ids. From CHECKING to ADMITTED: those that the checks found, the preferred one first;
             * when none has room the job is queued instead. Of a move that has begun: the one that it takes. */
            uint8_t way_count;
            uint32_t ways[HVC_JOB_WAYS_MAX];
        } report;
        struct {
            uint64_t job;
            char text[HVC_REASON_TEXT_MAX];
        } cancel;
        struct {
            uint64_t job;
            uint8_t mask, end_action;
            uint16_t priority;
            uint32_t downtime_ms;
            uint64_t bandwidth, deadline_ms;
        } modify;
        struct { /* an operator's word where nothing else can prove it */
            uint64_t job;
            uint32_t runs_on; /* source, target, or 0: nowhere */
            char text[HVC_REASON_TEXT_MAX];
        } resolve;
        struct { /* an ended job */
            uint64_t job;
        } forget;
        struct {
            uint32_t id;     /* node */
            uint32_t target; /* 0: the best ones */
            uint16_t priority;
            bool force; /* what cannot be moved is stopped */
        } drain;
        struct {
            uint64_t drain;
            uint8_t state; /* DONE or BLOCKED */
            char text[HVC_REASON_TEXT_MAX];
        } drain_report;
        struct {
            uint64_t drain;
        } drain_cancel;
        struct {
            uint32_t id; /* node */
            bool back;   /* bring back what a drain took from it */
        } resume;
    };
};

/* The lowest version that holds it. */
unsigned hvc_command_version(const struct hvc_command *command);

/* A job's report that its target is lost, while its move can still be ended: it is, and the job will wait for the
 * target. */
bool hvc_command_tells_lost_target(const struct hvc_command *command);

/*
 * -EPROTONOSUPPORT: a version above HVC_COMMAND_VERSION; -ENOTSUP: a kind this version does not know; -EBADMSG: cut,
 * too long, a field outside its bounds, bytes left over. ret_command is undefined after an error.
 */
int hvc_command_decode(const void *bytes, size_t length, struct hvc_command *ret_command);

/* command->version: any known one; the first byte written is the lowest that will do. -EINVAL: a field outside its
 * bounds; -ENOBUFS: more than size. HVC_COMMAND_MAX is always enough. */
int hvc_command_encode(const struct hvc_command *command, void *bytes, size_t size, size_t *ret_length);

#endif

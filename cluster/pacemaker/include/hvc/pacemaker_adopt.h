/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A resource of ocf:heartbeat:VirtualDomain becomes one of ocf:hvcluster:VirtualSystem, or goes back, while its guest
 * runs. Nothing is stopped or started: under a hold (meta attributes with maintenance=true) the primitive's agent is
 * replaced by one change of the CIB, the records of the former agent are dropped, and Pacemaker looks at the guest with
 * the new one. How far that has come is read from the CIB alone, so whoever comes later goes on.
 *
 * Threads and errors as hvc/pacemaker_moves.h. Changes are made to the very CIB that they were thought out on, or not
 * at all (-ESTALE).
 */
#ifndef HVC_PACEMAKER_ADOPT_H
#define HVC_PACEMAKER_ADOPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hvc/error.h"
#include "hvc/limits.h"
#include "hvc/pacemaker_moves.h"

/* The id of each hold begins with this, then the name of the adopted resource. */
#define HVC_PACEMAKER_ADOPT_PREFIX "hvcluster-adopt-"

enum hvc_adopt_way {
    HVC_ADOPT_OURS, /* VirtualDomain becomes VirtualSystem */
    HVC_ADOPT_BACK, /* and the other way */
};

const char *hvc_adopt_agent(unsigned way);  /* "ocf:hvcluster:VirtualSystem": what the resource shall be */
const char *hvc_adopt_former(unsigned way); /* what it has to be before */

/* ---- what would become of it ---- */

enum hvc_adopt_fate {
    HVC_ADOPT_KEPT,       /* stands in the new resource as it is */
    HVC_ADOPT_TRANSLATED, /* says the same there in another way, words say how */
    HVC_ADOPT_DROPPED,    /* without effect there, or the operator gave it up (--without) */
    HVC_ADOPT_REFUSED,    /* in the way; words say what to do */
};
const char *hvc_adopt_fate_name(unsigned fate); /* "kept" */

#define HVC_ADOPT_LINES_MAX   96
#define HVC_ADOPT_HELD_MAX    16 /* other resources that are held meanwhile */
#define HVC_ADOPT_WITHOUT_MAX 512

struct hvc_adopt_line {
    uint8_t fate;
    char what[96]; /* "parameter snapshot", "operation monitor", "resource" */
    char words[320];
};

struct hvc_adopt_plan {
    char version[HVC_PACEMAKER_VERSION_MAX]; /* of the CIB that was looked at */
    char config[HVC_PATH_TEXT_MAX];
    char node[HVC_NODE_NAME_MAX]; /* where Pacemaker has it; "": nowhere */
    struct hvc_adopt_line lines[HVC_ADOPT_LINES_MAX];
    size_t count;
    bool refused; /* some line is, the first of them tells why */
    size_t first_refused;
    /* resources that Pacemaker would touch while it has no record of the guest; they are held meanwhile */
    char held[HVC_ADOPT_HELD_MAX][HVC_RESOURCE_NAME_MAX];
    size_t held_count;
    char during[HVC_PACEMAKER_WORDS_MAX]; /* what Pacemaker does under the holds besides looks at the guest; "": nothing
                                           */
    char after[HVC_PACEMAKER_WORDS_MAX];  /* ... when they are gone */
};

struct hvc_adopt_order {
    const char *resource;
    enum hvc_adopt_way way;
    const char *without; /* names of parameters that may be dropped, separated by commas; NULL: none */
};

/* -ENOENT: there is no such resource. Everything else that is in the way is a line of the plan. */
int hvc_pacemaker_adopt_plan(const struct hvc_adopt_order *order, uint64_t deadline_ms, struct hvc_adopt_plan *ret_plan,
                             struct hvc_error *error);

/* ---- how far it has come ---- */

struct hvc_adopt_record {
    char node[HVC_NODE_NAME_MAX];
    bool online;
    bool known;   /* the node's executor has told something of the resource */
    bool foreign; /* ... of another agent than the primitive's now */
    bool active;  /* ... and it ran there */
    bool failed;  /* the last that it told is an error */
    bool pending;
    bool watched; /* a recurring monitor goes on */
};

struct hvc_adopt_state {
    char version[HVC_PACEMAKER_VERSION_MAX];
    bool held;
    bool replaced;                 /* the primitive is of the agent that the hold names */
    enum hvc_adopt_way way;        /* as the hold names it */
    char owner[HVC_NODE_NAME_MAX]; /* node whose hvclusterd does it; of a hold */
    char without[HVC_ADOPT_WITHOUT_MAX];
    struct hvc_adopt_record records[HVC_NODES_MAX];
    size_t count;
};

/* -ENOENT: no such resource. */
int hvc_pacemaker_adopt_look(const char *resource, uint64_t deadline_ms, struct hvc_adopt_state *ret_state,
                             struct hvc_error *error);

/* Names of resources that are held for this now. free(). */
int hvc_pacemaker_adopt_held(uint64_t deadline_ms, char (**ret_resources)[HVC_RESOURCE_NAME_MAX], size_t *ret_count,
                             struct hvc_error *error);

/* ---- the steps; each is one change on that version ---- */

/* Puts the holds of the plan there, in the name of a node. */
int hvc_pacemaker_adopt_hold(const struct hvc_adopt_order *order, const struct hvc_adopt_plan *plan, const char *owner,
                             uint64_t deadline_ms, struct hvc_error *error);
/* Another node's hvclusterd goes on with it. */
int hvc_pacemaker_adopt_take(const char *resource, const char *version, const char *owner, uint64_t deadline_ms,
                             struct hvc_error *error);
/* The primitive is of the other agent. */
int hvc_pacemaker_adopt_replace(const struct hvc_adopt_order *order, const char *version, uint64_t deadline_ms,
                                struct hvc_error *error);
/* Drops what a node's executor and controller know of the resource; Pacemaker then looks there anew. */
int hvc_pacemaker_adopt_refresh(const char *resource, const char *node, uint64_t deadline_ms, struct hvc_error *error);
/* Whether Pacemaker would do anything but watch, were the holds gone: by its own scheduler. 0, and the version that
 * this is true of; -EBUSY: with what it would do. */
int hvc_pacemaker_adopt_settled(const char *resource, uint64_t deadline_ms, char ret_version[HVC_PACEMAKER_VERSION_MAX],
                                struct hvc_error *error);
/* The holds go. */
int hvc_pacemaker_adopt_release(const char *resource, const char *version, uint64_t deadline_ms,
                                struct hvc_error *error);

/* ---- what is next: pure ---- */

enum hvc_adopt_proof {
    HVC_ADOPT_PROOF_UNKNOWN, /* some node that may run it does not answer */
    HVC_ADOPT_PROOF_HERE,    /* it runs on one node, and nowhere else */
    HVC_ADOPT_PROOF_NOWHERE, /* every node answered, or is fenced or cleanly down */
    HVC_ADOPT_PROOF_TWICE
};

enum hvc_adopt_step {
    HVC_ADOPT_DONE,    /* nothing is held */
    HVC_ADOPT_WAIT,    /* for Pacemaker, or for a proof; words say what for */
    HVC_ADOPT_REPLACE, /* nobody watches the guest any more */
    HVC_ADOPT_REFRESH, /* node: has a record of the former agent */
    HVC_ADOPT_RELEASE, /* if hvc_pacemaker_adopt_settled agrees */
    HVC_ADOPT_STUCK,   /* only a person can tell; words say what about */
};

struct hvc_adopt_decision {
    enum hvc_adopt_step step;
    char node[HVC_NODE_NAME_MAX]; /* of REFRESH */
    char words[320];
};

/* undo: what was not replaced yet is given back as it was. place: node of HERE, by the libvirts' own word. */
void hvc_adopt_decide(const struct hvc_adopt_state *state, enum hvc_adopt_proof proof, const char *place, bool undo,
                      struct hvc_adopt_decision *ret_decision);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Moves of guests that Pacemaker manages: what it would do, what of ours stands in its configuration for a move, where
 * it has a resource now. Changes touch our own objects only, are one CIB change each, and are made to the very CIB that
 * they were thought out on (admin_epoch, epoch, num_updates), or not at all.
 *
 * Threads  any thread but a main loop; none blocks longer than its deadline.
 * Errors   as hvc/pacemaker.h; -ENOENT: there is no such resource; -ESTALE: the CIB has changed meanwhile;
 *          -EIO of a simulation: with crm_simulate's words
 */
#ifndef HVC_PACEMAKER_MOVES_H
#define HVC_PACEMAKER_MOVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hvc/error.h"
#include "hvc/limits.h"

/* ---- our objects: the id of each begins with HVC_PACEMAKER_PREFIX, then the job's number, then its kind ---- */

#define HVC_PACEMAKER_PREFIX "hvcluster-job-"

enum hvc_pacemaker_mark_kind {
    HVC_MARK_HOLD, /* "-hold": meta attributes with maintenance=true; Pacemaker leaves the guest alone in the move */
    HVC_MARK_HERE, /* "-here": location of score INFINITY, until Pacemaker has the guest at the target */
    HVC_MARK_PIN,  /* "-pin": the same, kept by an operator's wish (--pin) until the next move or until it is deleted */
    HVC_MARK_KIND_COUNT
};

const char *hvc_pacemaker_mark_name(unsigned kind); /* "hold" */

struct hvc_pacemaker_mark {
    uint8_t kind;
    uint64_t job;
    char id[64];
    char resource[HVC_RESOURCE_NAME_MAX];
    char node[HVC_NODE_NAME_MAX]; /* "" of a hold */
};

/* Every one. Free with free(); NULL when there are none. */
int hvc_pacemaker_marks(uint64_t deadline_ms, struct hvc_pacemaker_mark **ret_marks, size_t *ret_count,
                        struct hvc_error *error);
/* Those on one resource; nothing else of the CIB is read. */
int hvc_pacemaker_marks_on(const char *resource, uint64_t deadline_ms, struct hvc_pacemaker_mark **ret_marks,
                           size_t *ret_count, struct hvc_error *error);

/*
 * What shall stand there for a job: the rest of its objects goes, and with HERE or PIN older pins of the resource, with
 * HOLD or HERE older holds of it, whose place it takes.
 * Nothing is written when it is so already.
 */
struct hvc_pacemaker_wish {
    uint64_t job;
    const char *resource;
    bool hold;
    bool only_held;         /* only where the job's hold stands; else -ECANCELED, and nothing is written */
    const char *here, *pin; /* node or NULL */
};
/* version: of hvc_pacemaker_plan, and then -ESTALE when the CIB is another one now; NULL: whatever it is. The wish for
 * nothing at all is fulfilled also when the resource is gone. */
int hvc_pacemaker_wish(const struct hvc_pacemaker_wish *wish, const char *version, uint64_t deadline_ms,
                       struct hvc_error *error);

/* ---- what it would do ---- */

#define HVC_PACEMAKER_VERSION_MAX 64
#define HVC_PACEMAKER_WORDS_MAX   256

struct hvc_pacemaker_plan {
    char version[HVC_PACEMAKER_VERSION_MAX]; /* of the CIB that was simulated */
    bool idle;       /* it has nothing to do with the resource now; of what else it says nothing */
    bool managed;    /* but for a hold of ours */
    bool allowed;    /* with a location of ours at the target the resource ends there */
    bool waits;      /* not allowed only for now: it would go there, and something is in the way (a node that joins) */
    bool migratable; /* by a live migration; true when it is not allowed */
    bool stays;      /* also without the location; true when it is not allowed */
    bool others;     /* something else would stop, start, move or be fenced that would not otherwise */
    char idle_words[HVC_PACEMAKER_WORDS_MAX], managed_words[HVC_PACEMAKER_WORDS_MAX],
        allowed_words[HVC_PACEMAKER_WORDS_MAX], migratable_words[HVC_PACEMAKER_WORDS_MAX],
        stays_words[HVC_PACEMAKER_WORDS_MAX], others_words[HVC_PACEMAKER_WORDS_MAX];
    char actions[HVC_PACEMAKER_WORDS_MAX]; /* of the move: "migrate web from n1 to n2; ..." */
};

/* Simulates the location at the target, without a hold and without older pins, on a copy of the CIB of now. */
int hvc_pacemaker_plan(const char *resource, const char *target, uint64_t deadline_ms,
                       struct hvc_pacemaker_plan *ret_plan, struct hvc_error *error);

/* The same behind other moves, which it thinks to be made: the scheduler makes them on the copy, each by a location of
 * ours that goes again. One whose resource is gone is left out. The version says nothing then. */
struct hvc_pacemaker_place {
    const char *resource, *node;
};
int hvc_pacemaker_plan_behind(const struct hvc_pacemaker_place *before, size_t count, const char *resource,
                              const char *target, uint64_t deadline_ms, struct hvc_pacemaker_plan *ret_plan,
                              struct hvc_error *error);

/* The same for a guest that is there already, in a third of the time: idle says only whether something is pending with
 * the resource, and stays is not asked (true). */
int hvc_pacemaker_plan_hand_back(const char *resource, const char *target, uint64_t deadline_ms,
                                 struct hvc_pacemaker_plan *ret_plan, struct hvc_error *error);

/* ---- how urgent it is ---- */

#define HVC_PACEMAKER_PRIORITY_MAX 1000000 /* its INFINITY */

/* The resource's meta attribute "priority", greater is more important; 0 when nobody has set one. -ENOENT. */
int hvc_pacemaker_priority(const char *resource, uint64_t deadline_ms, int *ret_priority, struct hvc_error *error);

/* ---- where it has it ---- */

struct hvc_pacemaker_resource {
    bool managed, failed;
    bool idle;                    /* nothing pending or to be done with it */
    bool all_idle;                /* nothing to be done with anything */
    unsigned nodes;               /* on how many it is active */
    char node[HVC_NODE_NAME_MAX]; /* the first of them; "": none */
};
int hvc_pacemaker_resource(const char *resource, uint64_t deadline_ms, struct hvc_pacemaker_resource *ret_resource,
                           struct hvc_error *error);

/* ---- waiting for it ---- */

struct hvc_pacemaker_wait {
    const char *resource, *node;
    bool there;    /* until the nodes' records have it active on the node and nowhere else, with nothing under way but a
                      recurring monitor; or (false) until the node's record has no recurring monitor */
    uint64_t held; /* of not there, as long as the hold of this job stands; 0: in any case */
};
/* 0: it is so. -EAGAIN: not until until_ms; -ECANCELED: the hold is gone. Pacemaker tells when its CIB changes: it is
 * not asked all the time. One that hangs is waited for up to a second longer. */
int hvc_pacemaker_await(const struct hvc_pacemaker_wait *wait, uint64_t until_ms, struct hvc_error *error);

#endif

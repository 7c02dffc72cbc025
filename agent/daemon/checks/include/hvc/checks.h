/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checks before a move, carried out: gathers the facts about one guest and one or all nodes from libvirt at every end,
 * Corosync, Pacemaker and the replicated state, all at once, and has the pure core judge them (hvc/check.h). Only
 * reads.
 *
 * Threads   any thread but the main loop. Every call has threads of its own, joined before it returns.
 * Deadline  never blocks beyond it. What is not known by then is told as not known: a hung libvirtd is a finding, not
 * an error.
 */
#ifndef HVC_CHECKS_H
#define HVC_CHECKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hvc/check.h"
#include "hvc/operations.h"
#include "hvc/storage_plan.h"

/* A move that is thought to have been made before. */
struct hvc_checks_move {
    const char *resource, *target; /* of Pacemaker; name of the node */
};
#define HVC_CHECKS_BEFORE_MAX 32

struct hvc_checks_request {
    char guest[HVC_UUID_TEXT_MAX]; /* lower case, with dashes */
    uint8_t kind;                  /* enum hvc_job_kind */
    uint8_t origin;     /* enum hvc_job_origin; PACEMAKER: it has decided already, what it would do is not asked */
    uint32_t flags;     /* HVC_OPTION_* of the job */
    const char *source; /* node; NULL or "": where it is found */
    const char *target; /* node; NULL or "": every other configured node, for STORAGE the source */
    const struct hvc_storage_plan *plan; /* where storage shall be; NULL: not looked at */
    uint64_t job; /* of the job that is checked: what it holds itself is not in its way. 0: none */
    const struct hvc_checks_move *before; /* what Pacemaker would do is asked behind these, HVC_CHECKS_BEFORE_MAX */
    size_t before_count;
};

/*
 * What Pacemaker would do with the guest's resource, for one target. The rest of the facts (is it up, standby, unclean)
 * comes from hvc/facts.h. Called in a thread of its own for each target, with every fact MOOT and words that point to
 * empty texts of its own; it fills in what it knows and returns by the deadline. NULL: nobody can tell.
 */
struct hvc_checks_pacemaker {
    struct hvc_check_pacemaker facts;
    struct {
        char managed[256], migratable[256], allowed[256], stays[256], others[256], idle[256], actions[256];
    } words;
};
typedef void (*hvc_checks_pacemaker_fn)(const struct hvc_checks_request *request, const char *resource,
                                        const char *target, uint64_t deadline_ms,
                                        struct hvc_checks_pacemaker *pacemaker);
/* By the CIB of now and crm_simulate (hvc/pacemaker_moves.h): what hvclusterd plugs in. */
void hvc_checks_simulate_pacemaker(const struct hvc_checks_request *request, const char *resource, const char *target,
                                   uint64_t deadline_ms, struct hvc_checks_pacemaker *pacemaker);
/* For every later run of this process; before the first one. */
void hvc_checks_ask_pacemaker(hvc_checks_pacemaker_fn ask);

struct hvc_checks {
    char guest[HVC_UUID_TEXT_MAX];
    char name[HVC_GUEST_NAME_MAX];        /* "": not known */
    char resource[HVC_RESOURCE_NAME_MAX]; /* of Pacemaker's, "": none */
    char source[HVC_NODE_NAME_MAX];       /* where it is; "": not found */
    uint32_t source_id;
    uint8_t kind;
    uint64_t memory_kib; /* of the guest, 0: not known */
    uint64_t elapsed_ms;
    size_t count; /* reports, in order of the node list; at least one unless no node is known at all */
    struct hvc_check_report *reports;
};

/* 0 with *ret_checks also when nothing could be found out: the findings say so. Errors: -ENOMEM, -EINVAL (a request
 * that makes no sense: no UUID, no such kind). Free with hvc_checks_free. */
int hvc_checks_run(struct hvc_operations *operations, const struct hvc_checks_request *request, uint64_t deadline_ms,
                   struct hvc_checks **ret_checks, struct hvc_error *error);
void hvc_checks_free(struct hvc_checks *checks); /* NULL is allowed */

/* The report about that node; NULL: there is none. */
const struct hvc_check_report *hvc_checks_of(const struct hvc_checks *checks, uint32_t node_id);

/* One sentence for a reason of a job or a refusal: the decisive finding, else the worst one; "" without findings. */
const char *hvc_checks_words(const struct hvc_check_report *report);

/* guest, source, kind and a list `nodes` of {node, movable, verdict, worst, findings: [{code, severity, text}]}. */
void hvc_checks_describe(const struct hvc_checks *checks, struct hvc_record *data);

#endif

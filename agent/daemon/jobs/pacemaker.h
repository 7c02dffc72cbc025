/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest that Pacemaker manages is moved under a hold on its resource, and handed back when its place is proven. Each
 * of these asks first how far it has come, and can be run again. All block until their deadline at most.
 */
#ifndef HVC_JOBS_PACEMAKER_H
#define HVC_JOBS_PACEMAKER_H

#include "hvc/error.h"
#include "hvc/job_agenda.h"

/* Puts the hold there and waits until the guest is watched no more. 0 also when the resource is gone. -EAGAIN: it may
 * go later; -EPERM: Pacemaker has the guest elsewhere, or does not manage it. */
int job_pacemaker_hold(const struct hvc_agenda_effect *effect, uint64_t deadline_ms, struct hvc_error *error);

/* -ENOENT: somebody took it away; of what cannot be asked nothing is known (-EAGAIN and others). */
int job_pacemaker_watch(const struct hvc_agenda_effect *effect, uint64_t deadline_ms, struct hvc_error *error);

/* Asks beforehand what job_pacemaker_hand_back will ask first: if nothing changes until then, the answer is there. */
void job_pacemaker_foresee(const struct hvc_agenda_effect *effect, uint64_t deadline_ms);

/* The guest is proven at the target: the location in place of the hold, in one change; 0 when Pacemaker has it there.
 * with_others: also when it would do something else, too, on the CIB that says so; insist: on any. left: by another
 * than the job's own node, only while something of the job stands there; -ECANCELED: nothing does, or somebody else was
 * faster. -EACCES: Pacemaker is not allowed the guest there; the hold stays. -EBUSY: so
 * it does as long as a node joins. */
struct job_hand_back {
    uint64_t job;
    const char *resource, *target;
    bool pin, with_others, insist, left;
};
int job_pacemaker_hand_back(const struct job_hand_back *order, uint64_t deadline_ms, struct hvc_error *error);

/* And then: the location goes, or becomes the pin that was asked for. */
int job_pacemaker_settle(const struct job_hand_back *order, uint64_t deadline_ms, struct hvc_error *error);

/* It was not moved and runs at order's target, or nowhere (""): nothing of the job is left there, pins stay. Where
 * Pacemaker has the guest elsewhere, of an earlier move, it is handed back first. */
int job_pacemaker_release(const struct job_hand_back *order, uint64_t deadline_ms, struct hvc_error *error);

#endif

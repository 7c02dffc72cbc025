/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What jobs have in Pacemaker's configuration is finished by any member of a view with quorum: of ended jobs, and of
 * living ones whose own node does not get on with it (a Pacemaker that hangs there). One is enough; the others wait, by
 * their rank, and find nothing left. No threads: one caller at a time; blocks for some seconds an object.
 */
#ifndef HVC_JOBS_SWEEP_H
#define HVC_JOBS_SWEEP_H

#include "hvc/job_agenda.h"
#include "hvc/operations.h"

struct hvc_pacemaker_mark; /* hvc/pacemaker_moves.h */

enum { JOB_SWEEP_MAX = 64 }; /* objects that are remembered; the others are found again the next time */

struct job_sweep_object {
    char id[64]; /* "": free */
    uint8_t mark;
    bool seen; /* in this look */
    uint64_t since_ms;
    uint64_t doubt_ms; /* from when on a doubt about its guest's place is told; 0: there was none */
};

/* Since when each object is to be finished: zeroed at first. */
struct job_sweep {
    struct job_sweep_object objects[JOB_SWEEP_MAX];
};

/* Pure. True: it is this member's turn to do what mark says with the object of that id, and nothing has changed about
 * that for as long as the others, and the job's own node, are given. Between job_sweep_begin and job_sweep_end of one
 * look, now_ms on the same clock each time. */
bool job_sweep_is_due(struct job_sweep *sweep, const char *id, const struct hvc_agenda_verdict *verdict, unsigned rank,
                      uint64_t now_ms);
/* A job does it now, or it did not go: the object is left alone until then. */
void job_sweep_later(struct job_sweep *sweep, const char *id, uint64_t until_ms);
/* The place of its guest is not proven. True: that has lasted, and was not told just now. */
bool job_sweep_tells_doubt(struct job_sweep *sweep, const char *id, uint64_t now_ms);
void job_sweep_begin(struct job_sweep *sweep);
void job_sweep_end(struct job_sweep *sweep); /* what was not seen is forgotten */

/* One look at these objects, which stand there. rank: hvc_agenda_rank of this node. */
void job_sweep_marks(struct job_sweep *sweep, struct hvc_operations *operations, const struct hvc_pacemaker_mark *marks,
                     size_t count, unsigned rank);
/* One look at all that stand there. */
void job_sweep(struct job_sweep *sweep, struct hvc_operations *operations, unsigned rank);

#endif

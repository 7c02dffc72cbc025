/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Carries out the jobs of the cluster on this node: a thread that compares what the committed state wants done here
 * (hvc/job_agenda.h) with the moves that are under way (hvc/moves.h), begins, ends, and proposes what was found. It
 * owns no truth: everything it knows is in the state, in libvirt, or is looked at again.
 *
 * Threads: new, stop and free by the main thread; start once, by any, it does nothing after a stop; wake by any, it
 * never blocks.
 */
#ifndef HVC_JOB_RUNNER_H
#define HVC_JOB_RUNNER_H

#include "hvc/operations.h"

struct hvc_job_runner;

/* operations needs no keeper yet, but has to have one at start; both must outlive the runner. */
int hvc_job_runner_new(struct hvc_operations *operations, struct hvc_job_runner **ret_runner, struct hvc_error *error);
int hvc_job_runner_start(struct hvc_job_runner *runner, struct hvc_error *error);

/* Something changed: the state, a move. For hvc_replica_keeper_options.changed and hvc_moves_listen. */
void hvc_job_runner_wake(void *runner);

/* Ends the thread; work that is under way ends by itself, within its deadlines. NULL is allowed. */
void hvc_job_runner_stop(struct hvc_job_runner *runner);
/* After stop, when nobody can wake it any more. What work still uses is freed by the last of it. NULL is allowed. */
void hvc_job_runner_free(struct hvc_job_runner *runner);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests and the cluster's jobs: the job of a move that Pacemaker asks for, and the one that brings a guest here. */
#ifndef HVC_OPERATIONS_GUEST_JOB_H
#define HVC_OPERATIONS_GUEST_JOB_H

#include "guest.h"

/*
 * Makes a job for the order, waits until its move has begun (or has ended), and puts it into order->job: hvc_moves_run
 * joins it then. A job that the state does not take, or does not let begin in time, leaves order->job empty and a
 * message behind: the move has to be made without one then, for a failed operation of Pacemaker's restarts the guest.
 * state: of the guest, here. Returns OK, or the result of a call that was cancelled meanwhile, with words.
 */
enum hvc_result guest_job_begin(struct hvc_operations *operations, struct hvc_call *call,
                                const struct hvc_guest_state *state, struct hvc_move_order *order);

/* guest_expect.c: a job that has been admitted brings the guest to this node, from one that is there: words say which.
 * False also when the state is not known. */
bool guest_is_expected(struct hvc_operations *operations, const char *uuid, char *words, size_t size);

/* guest_expect.c: as far as the cluster has committed, the guest runs on that node. False also when the state is not
 * known. */
bool guest_is_placed(struct hvc_operations *operations, const char *uuid, const char *node);

#endif

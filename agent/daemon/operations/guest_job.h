/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The job of a move that Pacemaker asks for. */
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

#endif

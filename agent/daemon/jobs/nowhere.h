/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the state has nowhere may run all the same: a force gives up the jobs that only the lost stores knew of, and
 * with them where they took their guests. So it is nowhere when every node has been looked at: its libvirt was asked,
 * or it is fenced.
 */
#ifndef HVC_JOBS_NOWHERE_H
#define HVC_JOBS_NOWHERE_H

#include "hvc/job_agenda.h"
#include "hvc/operations.h"

/* Of a verdict without a node. 0: the guest of that resource runs nowhere. -EAGAIN, with words: it runs, and the node
 * where it does will tell the state; or it is not known. A guest without a record in the state gets one. Blocks for
 * some seconds at most. */
int job_nowhere_prove(struct hvc_operations *operations, const struct hvc_agenda_verdict *verdict, const char *resource,
                      struct hvc_error *error);

#endif

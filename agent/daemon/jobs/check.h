/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checks before a move, of a job's guest to one node. */
#ifndef HVC_JOBS_CHECK_H
#define HVC_JOBS_CHECK_H

#include "hvc/job_agenda.h"
#include "hvc/operations.h"

enum { JOB_ASK_MS = 8000 /* for one hypervisor to tell one guest */ };

struct job_verdict {
    enum hvc_reason_code code; /* NOTE: it may go */
    char text[HVC_REASON_TEXT_MAX];
};

/* Blocks for some seconds at most. */
void job_check(struct hvc_operations *operations, const struct hvc_agenda_effect *effect, const char *target,
               struct job_verdict *ret_verdict);

#endif

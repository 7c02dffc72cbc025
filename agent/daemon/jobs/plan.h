/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a job wants storage to be. */
#ifndef HVC_JOBS_PLAN_H
#define HVC_JOBS_PLAN_H

#include "hvc/operations.h"
#include "hvc/storage_plan.h"

/* The storage plan of a job that names one. 0 also without, and *ret_plan stays; the caller frees it. Blocks for some
 * seconds at most. */
int job_plan_read(struct hvc_operations *operations, const struct hvc_job *job, struct hvc_storage_plan **ret_plan,
                  struct hvc_error *error);

#endif

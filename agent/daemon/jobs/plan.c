/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/cleanup.h"
#include "hvc/clock.h"

enum { DOCUMENT_MS = 5000 };

int job_plan_read(struct hvc_operations *operations, const struct hvc_job *job, struct hvc_storage_plan **ret_plan,
                  struct hvc_error *error)
{
    static const uint8_t none[sizeof(job->options.document)];
    HVC_CLEANUP(free) struct hvc_storage_plan *plan = NULL;
    HVC_CLEANUP(free) char *text = NULL;
    struct hvc_keeper *keeper = operations->keeper;
    size_t length = 0;
    int rc;

    if (memcmp(job->options.document, none, sizeof(none)) == 0)
        return 0;
    rc = keeper->ops->document(keeper, job->options.document, hvc_deadline_in(DOCUMENT_MS), &text, &length, error);
    if (rc < 0)
        return rc;
    plan = calloc(1, sizeof(*plan));
    if (plan == NULL)
        return hvc_error_set(error, -ENOMEM, "out of memory");
    rc = hvc_storage_plan_parse(text, length, plan, error);
    if (rc == 0)
        *ret_plan = HVC_TAKE(plan, NULL);
    return rc;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/checks.h"
#include "hvc/cleanup.h"
#include "hvc/clock.h"
#include "hvc/text.h"
#include "plan.h"

enum { CHECK_MS = 20000 };

static void say(struct job_verdict *verdict, enum hvc_reason_code code, const char *text)
{
    verdict->code = code;
    (void)snprintf(verdict->text, sizeof(verdict->text), "%.*s", (int)sizeof(verdict->text) - 1, text);
}

void job_check(struct hvc_operations *operations, const struct hvc_agenda_effect *effect, const char *target,
               struct job_verdict *ret_verdict)
{
    struct hvc_checks_request request = {.kind = effect->job.kind,
                                         .origin = effect->job.origin,
                                         .flags = effect->job.options.flags,
                                         .source = effect->source,
                                         .target = target,
                                         .job = effect->job.id};
    HVC_CLEANUP(free) struct hvc_storage_plan *plan = NULL;
    struct hvc_checks *checks = NULL;
    struct hvc_error error = {0};

    *ret_verdict = (struct job_verdict){.code = HVC_REASON_NOTE};
    if (effect->job.origin == HVC_ORIGIN_PACEMAKER)
        return; /* guest.move has looked a moment ago, inside the operation whose time is running */
    hvc_format_uuid(effect->job.guest, request.guest);
    /* a move looks for room itself, and knows which files a run before it has made */
    if (hvc_job_is_check(&effect->job) && job_plan_read(operations, &effect->job, &plan, &error) < 0) {
        say(ret_verdict, HVC_REASON_RETRY, error.text);
        return;
    }
    request.plan = plan;
    if (hvc_checks_run(operations, &request, hvc_deadline_in(CHECK_MS), &checks, &error) < 0)
        say(ret_verdict, HVC_REASON_RETRY, error.text);
    else if (checks->count == 0)
        say(ret_verdict, HVC_REASON_RETRY, "no node of the cluster is known");
    else
        say(ret_verdict, (enum hvc_reason_code)checks->reports[0].verdict,
            hvc_check_is_movable(&checks->reports[0]) && !hvc_job_is_check(&effect->job)
                ? ""
                : hvc_checks_words(&checks->reports[0]));
    hvc_checks_free(checks);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/checks.h"
#include "hvc/clock.h"
#include "hvc/pacemaker.h"
#include "hvc/text.h"

enum { CHECK_MS = 20000, PACEMAKER_MS = 5000 };

static void say(struct job_verdict *verdict, enum hvc_reason_code code, const char *text)
{
    verdict->code = code;
    (void)snprintf(verdict->text, sizeof(verdict->text), "%.*s", (int)sizeof(verdict->text) - 1, text);
}

/* A guest that is moved behind Pacemaker's back looks like a failed one to it. The mark of a resource that was removed
 * since stands in nobody's way. False: in words. */
static bool is_unmanaged(const struct hvc_agenda_effect *effect, struct job_verdict *verdict)
{
    struct hvc_pacemaker_guest *guests = NULL;
    struct hvc_error error = {0};
    size_t count = 0;
    int rc;

    if (effect->resource[0] == '\0' || hvc_job_is_check(&effect->job))
        return true;
    rc = hvc_pacemaker_guests(hvc_deadline_in(PACEMAKER_MS), &guests, &count, &error);
    if (rc < 0)
        say(verdict, HVC_REASON_RETRY, error.text);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(guests[i].resource, effect->resource) != 0)
            continue;
        (void)snprintf(
            verdict->text, sizeof(verdict->text),
            "Pacemaker manages it as resource %.50s and would take it for failed: 'pcs resource move %.50s %.50s'",
            effect->resource, effect->resource, effect->target[0] != '\0' ? effect->target : "NODE");
        verdict->code = HVC_REASON_GIVE_UP;
    }
    free(guests);
    return verdict->code == HVC_REASON_NOTE;
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
    struct hvc_checks *checks = NULL;
    struct hvc_error error = {0};

    *ret_verdict = (struct job_verdict){.code = HVC_REASON_NOTE};
    if (effect->job.origin == HVC_ORIGIN_PACEMAKER)
        return; /* guest.move has looked a moment ago, inside the operation whose time is running */
    if (!is_unmanaged(effect, ret_verdict))
        return;
    hvc_format_uuid(effect->job.guest, request.guest);
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

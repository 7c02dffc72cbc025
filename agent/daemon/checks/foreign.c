/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether Pacemaker runs the guest by a resource of another agent, of which the cluster may know nothing. */
#include "hvc/foreign.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hvc/cleanup.h"
#include "internal.h"

enum { ASK_MS = 5000 };

static void take_id(const struct checks_run *run, struct hvc_guest_id *id)
{
    const struct checks_node *node = run->source.node;

    memcpy(id->uuid, run->request->guest, sizeof(id->uuid));
    memcpy(id->name, run->state.guest_name, sizeof(id->name));
    if (node != NULL && node->answered && node->guest.id.name[0] != '\0')
        memcpy(id->name, node->guest.id.name, sizeof(id->name));
    if (run->source.profile != NULL)
        memcpy(id->name, run->source.profile->name, sizeof(id->name));
}

void checks_read_foreign(struct checks_run *run)
{
    HVC_CLEANUP(free) struct hvc_foreign *list = NULL;
    const struct hvc_foreign *found;
    struct hvc_error error = {0};
    struct hvc_guest_id id = {.name = ""};
    enum hvc_foreign_is is;
    size_t count = 0;

    run->unclaimed.is = HVC_TELL_MOOT;
    if (run->request->origin == HVC_ORIGIN_PACEMAKER ||
        (hvc_job_kind_info(run->request->kind)->flags & HVC_KIND_STAYS) != 0)
        return;
    if (!run->facts.pacemaker_answers && run->facts.pacemaker_error.code == -ETIMEDOUT)
        error = run->facts.pacemaker_error; /* it hung a moment ago: not waited for a second time */
    else
        (void)hvc_foreign_read(run->operations->facts, checks_deadline(run, ASK_MS), &list, &count, &error);
    if (error.code < 0) {
        run->unclaimed.is = HVC_TELL_UNKNOWN;
        (void)snprintf(run->unclaimed.words, sizeof(run->unclaimed.words), "%.*s",
                       (int)sizeof(run->unclaimed.words) - 1, error.text);
        return;
    }
    take_id(run, &id);
    found = hvc_foreign_find(list, count, &id, run->resource, &is);
    run->unclaimed.is = HVC_TELL_YES;
    if (found == NULL || (is == HVC_FOREIGN_MAYBE && run->resource[0] != '\0'))
        return; /* a guest has one resource, and this one's is known */
    run->unclaimed.is = is == HVC_FOREIGN_OWNS ? HVC_TELL_NO : HVC_TELL_UNKNOWN;
    hvc_foreign_words(found, is, run->unclaimed.words, sizeof(run->unclaimed.words));
}

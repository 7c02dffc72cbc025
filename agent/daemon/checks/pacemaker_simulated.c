/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What Pacemaker would do with the guest's resource, by its own scheduler on a copy of its CIB. */
#include <errno.h>
#include <string.h>

#include "hvc/pacemaker_moves.h"
#include "hvc/text.h"
#include "internal.h"

static void take(struct hvc_check_fact *fact, bool good, char *words, const char *said)
{
    fact->is = good ? HVC_TELL_YES : HVC_TELL_NO;
    memcpy(words, said, HVC_PACEMAKER_WORDS_MAX);
}

static void take_all(const struct hvc_pacemaker_plan *plan, struct hvc_checks_pacemaker *p)
{
    _Static_assert(sizeof(p->words.managed) == HVC_PACEMAKER_WORDS_MAX, "words are copied whole");
    take(&p->facts.managed, plan->managed, p->words.managed, plan->managed_words);
    take(&p->facts.allowed, plan->allowed, p->words.allowed, plan->allowed_words);
    take(&p->facts.migratable, plan->migratable, p->words.migratable, plan->migratable_words);
    take(&p->facts.stays, plan->stays, p->words.stays, plan->stays_words);
    take(&p->facts.others_untouched, !plan->others, p->words.others, plan->others_words);
    take(&p->facts.idle, plan->idle, p->words.idle, plan->idle_words);
    take(&p->facts.quiet, plan->actions[0] == '\0', p->words.actions, plan->actions);
}

/* The resource of a guest that was removed from Pacemaker since stands in nobody's way. Where it is the CIB says, and
 * what is read there is what counts. */
void hvc_checks_simulate_pacemaker(const struct hvc_checks_request *request, const char *resource, const char *target,
                                   uint64_t deadline_ms, struct hvc_checks_pacemaker *pacemaker)
{
    struct hvc_pacemaker_place before[HVC_CHECKS_BEFORE_MAX];
    size_t count = request->before_count < HVC_CHECKS_BEFORE_MAX ? request->before_count : HVC_CHECKS_BEFORE_MAX;
    struct hvc_pacemaker_plan plan;
    struct hvc_error error = {0};
    size_t used = 0;
    int r;

    for (size_t i = 0; i < count; i++)
        before[i] = (struct hvc_pacemaker_place){request->before[i].resource, request->before[i].target};
    r = hvc_pacemaker_plan_behind(before, count, resource, target, deadline_ms, &plan, &error);
    if (r == 0) {
        take_all(&plan, pacemaker);
    } else if (r == -ENOENT) {
        pacemaker->facts.answers.is = HVC_TELL_MOOT;
    } else {
        (void)hvc_text_append(pacemaker->words.managed, sizeof(pacemaker->words.managed), &used, "%s", error.text);
        pacemaker->facts.answers = (struct hvc_check_fact){HVC_TELL_UNKNOWN, pacemaker->words.managed};
    }
}

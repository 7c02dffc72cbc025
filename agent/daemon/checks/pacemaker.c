/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The seam to whoever can tell what Pacemaker would do with a guest's resource. */
#include "internal.h"

static hvc_checks_pacemaker_fn ask_it;

void hvc_checks_ask_pacemaker(hvc_checks_pacemaker_fn ask)
{
    ask_it = ask;
}

static bool is_asked(const struct checks_run *run)
{
    return run->resource[0] != '\0' && run->request->origin != HVC_ORIGIN_PACEMAKER;
}

static void empty(struct checks_target *target, enum hvc_tell answers, const char *words)
{
    target->pacemaker.facts = (struct hvc_check_pacemaker){
        .answers = {(uint8_t)answers, words},
        .managed = {HVC_TELL_MOOT, target->pacemaker.words.managed},
        .migratable = {HVC_TELL_MOOT, target->pacemaker.words.migratable},
        .allowed = {HVC_TELL_MOOT, target->pacemaker.words.allowed},
        .stays = {HVC_TELL_MOOT, target->pacemaker.words.stays},
        .others_untouched = {HVC_TELL_MOOT, target->pacemaker.words.others},
        .idle = {HVC_TELL_MOOT, target->pacemaker.words.idle},
        .quiet = {HVC_TELL_MOOT, target->pacemaker.words.actions},
    };
}

void checks_ask_nothing_of_pacemaker(struct checks_target *target)
{
    const struct hvc_cluster_facts *facts = &target->run->facts;

    if (is_asked(target->run))
        empty(target, facts->pacemaker_answers ? HVC_TELL_YES : HVC_TELL_NO, facts->pacemaker_error.text);
    else
        empty(target, HVC_TELL_MOOT, "");
}

void checks_ask_pacemaker(struct checks_target *target, const char *name)
{
    const struct checks_run *run = target->run;
    struct hvc_check_pacemaker *facts = &target->pacemaker.facts;

    empty(target, is_asked(run) ? HVC_TELL_YES : HVC_TELL_MOOT, "");
    if (!is_asked(run) || ask_it == NULL)
        return;
    ask_it(run->request, run->resource, name, checks_deadline(run, 10000), &target->pacemaker);
    if ((run->request->flags & HVC_OPTION_PIN) != 0)
        facts->stays.is = HVC_TELL_MOOT;
    if ((run->request->flags & HVC_OPTION_WITH_OTHERS) != 0)
        facts->others_untouched.is = HVC_TELL_MOOT; /* the actions are shown all the same */
}

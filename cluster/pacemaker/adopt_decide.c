/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is next in an adoption, from what the CIB shows and from what the libvirts say. Pure. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "adopt_tree.h"

const char *hvc_adopt_fate_name(unsigned fate)
{
    static const char *const names[] = {"kept", "translated", "dropped", "refused"};

    return fate < sizeof(names) / sizeof(names[0]) ? names[fate] : "invalid";
}

struct hvc_adopt_line *adopt_line_add(struct hvc_adopt_plan *plan, enum hvc_adopt_fate fate, const char *what,
                                      const char *format, ...)
{
    struct hvc_adopt_line *line;
    va_list arguments;

    if (plan->count == HVC_ADOPT_LINES_MAX) { /* the last one then stands for all that is not told */
        line = &plan->lines[plan->count - 1];
        *line = (struct hvc_adopt_line){.fate = HVC_ADOPT_REFUSED,
                                        .what = "resource",
                                        .words = "it has more parameters and operations than can be judged"};
    } else {
        line = &plan->lines[plan->count++];
        line->fate = (uint8_t)fate;
        (void)snprintf(line->what, sizeof(line->what), "%s", what);
        va_start(arguments, format);
        (void)vsnprintf(line->words, sizeof(line->words), format, arguments);
        va_end(arguments);
    }
    if (line->fate == HVC_ADOPT_REFUSED && !plan->refused) {
        plan->refused = true;
        plan->first_refused = (size_t)(line - plan->lines);
    }
    return line;
}

static void decide(struct hvc_adopt_decision *d, enum hvc_adopt_step step, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void decide(struct hvc_adopt_decision *d, enum hvc_adopt_step step, const char *format, ...)
{
    va_list arguments;

    d->step = step;
    va_start(arguments, format);
    (void)vsnprintf(d->words, sizeof(d->words), format, arguments);
    va_end(arguments);
}

/* Something that is not settled on some node. A node that is away counts for nothing: what it has told is thrown away
 * when it comes back. */
static bool waits_for_pacemaker(const struct hvc_adopt_state *state, struct hvc_adopt_decision *d)
{
    for (size_t i = 0; i < state->count; i++) {
        const struct hvc_adopt_record *r = &state->records[i];

        if (!r->online)
            continue;
        if (r->pending)
            decide(d, HVC_ADOPT_WAIT, "Pacemaker is doing something with it on node %s", r->node);
        else if (!r->known && state->replaced)
            decide(d, HVC_ADOPT_WAIT, "Pacemaker has not looked at it on node %s yet", r->node);
        else
            continue;
        return true;
    }
    return false;
}

/* The one where the guest is comes last: the shorter is the time without any record of it. */
static const struct hvc_adopt_record *next_foreign(const struct hvc_adopt_state *state)
{
    const struct hvc_adopt_record *found = NULL;

    for (size_t i = 0; i < state->count; i++) {
        const struct hvc_adopt_record *r = &state->records[i];

        if (r->online && r->known && r->foreign && (found == NULL || found->active))
            found = r;
    }
    return found;
}

static void judge_place(const struct hvc_adopt_state *state, enum hvc_adopt_proof proof, const char *place,
                        struct hvc_adopt_decision *d)
{
    const struct hvc_adopt_record *active = NULL;
    unsigned count = 0;

    for (size_t i = 0; i < state->count; i++) {
        const struct hvc_adopt_record *r = &state->records[i];

        if (!r->online)
            continue;
        if (r->failed && state->replaced) {
            decide(d, HVC_ADOPT_STUCK, "the look of the new agent failed on node %s: crm_mon -1 tells its reason",
                   r->node);
            return;
        }
        active = r->active ? r : active;
        count += r->active;
    }
    switch (proof) {
    case HVC_ADOPT_PROOF_UNKNOWN:
        decide(d, HVC_ADOPT_WAIT, "where the guest runs is not proven: some node's libvirt does not answer");
        return;
    case HVC_ADOPT_PROOF_TWICE:
        decide(d, HVC_ADOPT_STUCK, "the guest runs on more than one node");
        return;
    case HVC_ADOPT_PROOF_NOWHERE:
        decide(d, HVC_ADOPT_RELEASE, "the guest runs nowhere: Pacemaker recovers it as ever");
        return;
    case HVC_ADOPT_PROOF_HERE:
        break;
    }
    if (count == 1 && strcmp(active->node, place) == 0)
        decide(d, HVC_ADOPT_RELEASE, "the guest runs on node %s, and Pacemaker has it there", place);
    else
        decide(d, HVC_ADOPT_STUCK, "the guest runs on node %s, and Pacemaker has it on %s", place,
               count == 0  ? "no node"
               : count > 1 ? "several"
                           : active->node);
}

static bool is_watched(const struct hvc_adopt_state *state)
{
    for (size_t i = 0; i < state->count; i++) {
        if (state->records[i].online && state->records[i].watched)
            return true;
    }
    return false;
}

void hvc_adopt_decide(const struct hvc_adopt_state *state, enum hvc_adopt_proof proof, const char *place, bool undo,
                      struct hvc_adopt_decision *ret_decision)
{
    const struct hvc_adopt_record *foreign = next_foreign(state);

    *ret_decision = (struct hvc_adopt_decision){.step = HVC_ADOPT_DONE};
    if (!state->held)
        return;
    if (state->replaced && foreign != NULL && !foreign->pending) {
        decide(ret_decision, HVC_ADOPT_REFRESH, "node %s has a record of the former agent", foreign->node);
        memcpy(ret_decision->node, foreign->node, sizeof(ret_decision->node));
        return;
    }
    if (waits_for_pacemaker(state, ret_decision))
        return;
    if (!state->replaced && !undo && is_watched(state)) {
        decide(ret_decision, HVC_ADOPT_WAIT, "Pacemaker still watches it although it is held");
        return;
    }
    judge_place(state, proof, place, ret_decision);
    if (!state->replaced && !undo && ret_decision->step == HVC_ADOPT_RELEASE && proof == HVC_ADOPT_PROOF_HERE)
        decide(ret_decision, HVC_ADOPT_REPLACE, "the guest runs on node %s, and nobody watches it", place);
}

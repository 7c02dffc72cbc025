/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/guest_proof.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest_survey.h"
#include "hvc/observe.h"

static bool is_settled(enum hvc_guest_class guest_class)
{
    return guest_class == HVC_GUEST_RUNNING || guest_class == HVC_GUEST_PAUSED;
}

static void unknown(struct hvc_guest_proof *proof, const char *node, const char *words)
{
    proof->is = HVC_ADOPT_PROOF_UNKNOWN;
    (void)snprintf(proof->words, sizeof(proof->words), "node %s: %.300s", node, words);
}

static bool is_down(const struct hvc_fact_node *fact, bool left_counts)
{
    return !fact->member && (fact->fenced || (left_counts && fact->clean_down));
}

static void judge(const struct guest_survey *survey, bool left_counts, struct hvc_guest_proof *proof)
{
    unsigned places = 0;

    *proof = (struct hvc_guest_proof){.is = HVC_ADOPT_PROOF_NOWHERE};
    for (size_t i = 0; i < survey->facts.count; i++) {
        const struct hvc_fact_node *fact = &survey->facts.nodes[i];
        const struct guest_survey_node *node = &survey->nodes[i];
        enum hvc_guest_class class = node->answered ? node->state.guest_class : HVC_GUEST_UNKNOWN;

        if (is_settled(class)) {
            places++;
            memcpy(proof->node, fact->name, sizeof(proof->node));
        } else if (class != HVC_GUEST_ABSENT && (node->answered || !is_down(fact, left_counts))) {
            unknown(proof, fact->name, node->words);
            return;
        }
    }
    if (places > 0)
        proof->is = places == 1 ? HVC_ADOPT_PROOF_HERE : HVC_ADOPT_PROOF_TWICE;
    if (places > 1)
        (void)snprintf(proof->words, sizeof(proof->words), "it runs on %u nodes, one of them is %s", places,
                       proof->node);
}

void hvc_guest_prove(struct hvc_operations *operations, const char *uuid, bool left_counts, uint64_t deadline_ms,
                     struct hvc_guest_proof *ret_proof)
{
    struct hvc_call call = {.deadline_ms = deadline_ms}; /* the survey takes the time from it, and nothing else */
    struct guest_request request = {.resource = ""};
    struct hvc_guest_state local = {0};
    struct hvc_error error = {0};
    struct guest_survey *survey;

    (void)snprintf(request.id.uuid, sizeof(request.id.uuid), "%s", uuid);
    if (hvc_guest_observe(operations->hypervisor, &request.id, guest_deadline(&call, 5000), &local, &error) < 0) {
        unknown(ret_proof, operations->node, error.text);
        return;
    }
    survey = guest_survey_take(operations, &call, &request, &local);
    if (survey == NULL || survey->facts.count == 0)
        unknown(ret_proof, operations->node, survey == NULL ? "out of memory" : survey->facts.corosync_error.text);
    else
        judge(survey, left_counts, ret_proof);
    free(survey);
}

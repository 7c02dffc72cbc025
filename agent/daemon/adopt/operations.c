/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest.adopt: a resource of VirtualDomain becomes ours while its guest runs, or goes back. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cluster_call.h"
#include "guest_name.h"
#include "guest_record.h"
#include "hvc/host.h"
#include "hvc/text.h"
#include "internal.h"

enum { PLAN_MS = 30000, PROVE_MS = 8000, MARK_MS = 5000 };

struct adoption {
    struct hvc_adopt_order order;
    struct hvc_adopt_plan plan;
    struct hvc_guest_profile profile; /* of the definition that came with the call */
};

static enum hvc_result say_refused(struct hvc_call *call, const struct adoption *a)
{
    const struct hvc_adopt_line *first = &a->plan.lines[a->plan.first_refused];
    unsigned more = 0;

    for (size_t i = 0; i < a->plan.count; i++)
        more += a->plan.lines[i].fate == HVC_ADOPT_REFUSED;
    if (more > 1)
        return hvc_call_say(call, HVC_RESULT_REFUSED, "resource %s stays %s: %s: %s (and %u more: see --dry-run)",
                            a->order.resource, hvc_adopt_former(a->order.way), first->what, first->words, more - 1);
    return hvc_call_say(call, HVC_RESULT_REFUSED, "resource %s stays as it is: %s: %s", a->order.resource, first->what,
                        first->words);
}

/* ---- before anything is changed ---- */

static enum hvc_result check_guest(struct hvc_operations *operations, struct hvc_call *call, const struct adoption *a)
{
    struct hvc_guest_proof proof = {0};

    hvc_guest_prove(operations, a->profile.uuid, true, guest_deadline(call, PROVE_MS), &proof);
    switch (proof.is) {
    case HVC_ADOPT_PROOF_HERE:
        break;
    case HVC_ADOPT_PROOF_NOWHERE:
        return hvc_call_say(call, HVC_RESULT_REFUSED,
                            "guest %s runs on no node, and Pacemaker has it on %s: let Pacemaker recover it first",
                            a->profile.name, a->plan.node);
    case HVC_ADOPT_PROOF_TWICE:
        return hvc_call_say(call, HVC_RESULT_REFUSED, "guest %s: %s", a->profile.name, proof.words);
    case HVC_ADOPT_PROOF_UNKNOWN:
        return hvc_call_say(call, HVC_RESULT_UNREACHABLE, "where guest %s runs is not proven: %s", a->profile.name,
                            proof.words);
    }
    if (strcmp(proof.node, a->plan.node) != 0)
        return hvc_call_say(call, HVC_RESULT_REFUSED,
                            "guest %s runs on node %s, and Pacemaker has it on %s: let Pacemaker find it there first",
                            a->profile.name, proof.node, a->plan.node);
    return HVC_RESULT_OK;
}

static enum hvc_result check_jobs(struct hvc_operations *operations, struct hvc_call *call, const struct adoption *a)
{
    struct hvc_service_guest guest;
    enum hvc_result result = guest_name_record(operations, call, a->profile.uuid, false, &guest);

    if (result == HVC_RESULT_NOT_FOUND)
        return HVC_RESULT_OK;
    if (result == HVC_RESULT_OK && guest.job != 0)
        return hvc_call_say(call, HVC_RESULT_BUSY, "job %llu of guest %s is under way: wait for its end",
                            (unsigned long long)guest.job, guest.name);
    return result;
}

static enum hvc_result read_definition(struct hvc_call *call, struct adoption *a)
{
    const char *xml = hvc_record_text(call->args, "xml", NULL);
    struct hvc_error error = {0};

    if (xml == NULL)
        return hvc_call_say(call, HVC_RESULT_INVALID, "the definition in %s did not come with the request",
                            a->plan.config);
    if (hvc_guest_parse_profile(xml, strlen(xml), &a->profile, &error) == 0)
        return HVC_RESULT_OK;
    (void)hvc_error_prefix(&error, "the definition in %s cannot be kept", a->plan.config);
    return hvc_call_fail(call, &error);
}

/* ---- the change ---- */

/* Best effort: our agent finds the guest by its definition, too. */
static void mark_guest(struct hvc_operations *operations, const struct adoption *a)
{
    struct hvc_hypervisor *at = operations->hypervisor;
    struct hvc_error error = {0};
    char words[HVC_ERROR_TEXT_MAX];
    int r = 0;

    if (strcmp(a->plan.node, operations->node) != 0)
        r = hvc_peers_get(operations->peers, a->plan.node, &at, &error);
    if (r == 0)
        r = hvc_hypervisor_set_owner(at, a->profile.uuid, a->order.resource, hvc_deadline_in(MARK_MS), &error);
    if (r < 0)
        hvc_operations_note(operations, HVC_MESSAGE_ADOPTION_UNMARKED, "resource=%s words=%s", a->order.resource,
                            hvc_message_quote(error.text, words, sizeof(words)));
}

static enum hvc_result say_run(struct hvc_operations *operations, struct hvc_call *call, const char *resource,
                               enum hvc_adopt_way way, int code, const struct hvc_error *error)
{
    if (code == -ECANCELED)
        return hvc_call_say(call, HVC_RESULT_UNKNOWN_OUTCOME, "resource %s: %s; look at it again with --dry-run",
                            resource, error->text);
    if (code < 0)
        return hvc_call_say(call, code == -EPERM ? HVC_RESULT_FAILED : HVC_RESULT_UNKNOWN_OUTCOME,
                            "resource %s is held, its guest is not touched: %.600s. Any member goes on with it; "
                            "hvcluster adopt %s tells how it stands",
                            resource, error->text, resource);
    hvc_record_set_format(call->data, "done", "resource %s is %s now; its guest ran all the time", resource,
                          hvc_adopt_agent(way));
    hvc_operations_note(operations, HVC_MESSAGE_ADOPTED, "resource=%s agent=%s", resource, hvc_adopt_agent(way));
    return hvc_call_say(call, HVC_RESULT_OK, "%s", hvc_record_text(call->data, "done", ""));
}

static enum hvc_result run(struct hvc_operations *operations, struct hvc_call *call, const struct adoption *a)
{
    struct hvc_error error = {0};
    enum hvc_result result;
    int r;

    if (!adoption_begin())
        return hvc_call_say(call, HVC_RESULT_BUSY, "this node adopts another resource just now: try again");
    r = hvc_pacemaker_adopt_hold(&a->order, &a->plan, operations->node, guest_deadline(call, PLAN_MS), &error);
    if (r < 0) {
        adoption_end();
        (void)hvc_error_prefix(&error, "nothing was changed");
        return r == -ESTALE ? hvc_call_say(call, HVC_RESULT_BUSY, "%s; ask again", error.text)
                            : hvc_call_fail(call, &error);
    }
    r = adoption_run(operations, a->order.resource, a->profile.uuid, false, call->deadline_ms, &error);
    adoption_end();
    result = say_run(operations, call, a->order.resource, a->order.way, r, &error);
    if (result == HVC_RESULT_OK && a->order.way == HVC_ADOPT_OURS)
        mark_guest(operations, a);
    return result;
}

/* Somebody has begun. Whoever asks again wants it done. */
static enum hvc_result go_on(struct hvc_operations *operations, struct hvc_call *call, const char *resource,
                             const struct hvc_adopt_state *state)
{
    struct hvc_error error = {0};
    char uuid[HVC_UUID_TEXT_MAX];
    int r;

    if (state->way != (hvc_record_bool(call->args, "back", false) ? HVC_ADOPT_BACK : HVC_ADOPT_OURS))
        return hvc_call_say(call, HVC_RESULT_BUSY, "resource %s is just becoming %s: wait for the end of that",
                            resource, hvc_adopt_agent(state->way));
    if (!adoption_guest(operations, resource, uuid))
        return hvc_call_say(call, HVC_RESULT_NOT_FOUND, "the cluster knows no guest of resource %s", resource);
    if (!adoption_begin())
        return hvc_call_say(call, HVC_RESULT_BUSY, "resource %s is just becoming %s", resource,
                            hvc_adopt_agent(state->way));
    r = adoption_take(operations, resource, state, guest_deadline(call, PLAN_MS), &error);
    if (r == 0)
        r = adoption_run(operations, resource, uuid, false, call->deadline_ms, &error);
    adoption_end();
    return r == -EBUSY ? hvc_call_fail(call, &error) : say_run(operations, call, resource, state->way, r, &error);
}

static enum hvc_result judge(struct hvc_operations *operations, struct hvc_call *call, struct adoption *a)
{
    struct hvc_error error = {0};
    enum hvc_result result = HVC_RESULT_OK;

    if (hvc_pacemaker_adopt_plan(&a->order, guest_deadline(call, PLAN_MS), &a->plan, &error) < 0)
        return hvc_call_fail(call, &error);
    adoption_describe(&a->order, &a->plan, call->data);
    if (a->plan.refused)
        return say_refused(call, a);
    if (hvc_record_text(call->args, "xml", NULL) == NULL && hvc_record_bool(call->args, "dry_run", false))
        return HVC_RESULT_OK; /* the first look of the command line, which learns the path */
    result = read_definition(call, a);
    if (result == HVC_RESULT_OK)
        result = check_jobs(operations, call, a);
    return result == HVC_RESULT_OK ? check_guest(operations, call, a) : result;
}

static enum hvc_result adopt_with(struct hvc_operations *operations, struct hvc_call *call, struct adoption *a)
{
    struct hvc_adopt_state state;
    struct hvc_error error = {0};
    enum hvc_result result;
    bool dry = hvc_record_bool(call->args, "dry_run", false);

    if (hvc_pacemaker_adopt_look(a->order.resource, guest_deadline(call, PLAN_MS), &state, &error) == 0 && state.held) {
        hvc_record_set_bool(call->data, "held", true);
        if (!dry)
            return go_on(operations, call, a->order.resource, &state);
    }
    result = judge(operations, call, a);
    if (result != HVC_RESULT_OK)
        return result;
    if (dry)
        return hvc_call_say(call, HVC_RESULT_OK, "resource %s can become %s while its guest runs on %s",
                            a->order.resource, hvc_adopt_agent(a->order.way), a->plan.node);
    result = guest_definition_keep(operations, call, hvc_record_text(call->args, "xml", ""));
    return result == HVC_RESULT_OK ? run(operations, call, a) : result;
}

static enum hvc_result adopt(struct hvc_operations *operations, struct hvc_call *call)
{
    struct adoption *a = calloc(1, sizeof(*a));
    enum hvc_result result = hvc_cluster_needs_keeper(operations, call);

    if (a == NULL)
        return hvc_call_say(call, HVC_RESULT_INTERNAL, "out of memory");
    a->order =
        (struct hvc_adopt_order){.resource = hvc_record_text(call->args, "resource", ""),
                                 .way = hvc_record_bool(call->args, "back", false) ? HVC_ADOPT_BACK : HVC_ADOPT_OURS,
                                 .without = hvc_record_text(call->args, "without", NULL)};
    if (result == HVC_RESULT_OK)
        result = adopt_with(operations, call, a);
    free(a);
    return result;
}

/* ---- rows ---- */

static const struct hvc_argument arguments[] = {
    {.name = "resource",
     .type = HVC_ARGUMENT_TEXT,
     .required = true,
     .min = 1,
     .max = HVC_RESOURCE_NAME_MAX - 1,
     .help = "Pacemaker's resource of the guest"},
    {.name = "xml",
     .type = HVC_ARGUMENT_TEXT,
     .min = 1,
     .max = HVC_XML_MAX - 1,
     .help = "the definition in its config"},
    {.name = "back", .type = HVC_ARGUMENT_BOOL, .help = "from VirtualSystem to VirtualDomain"},
    {.name = "dry_run", .type = HVC_ARGUMENT_BOOL, .help = "tell what would be changed, and change nothing"},
    {.name = "without",
     .type = HVC_ARGUMENT_TEXT,
     .min = 1,
     .max = HVC_ADOPT_WITHOUT_MAX - 1,
     .help = "parameters that are given up, separated by commas"},
};

static const struct hvc_operation rows[] = {
    {.name = "guest.adopt",
     .help = "change the agent of a guest's resource between VirtualDomain and VirtualSystem, while the guest runs",
     HVC_ARGUMENTS(arguments),
     .right = HVC_RIGHT_ADMIN,
     .lane = HVC_LANE_WORK,
     .audited = true,
     .timeout_ms = 180000,
     .handler = adopt},
};

const struct hvc_operation_set hvc_adoption_operations = {rows, sizeof(rows) / sizeof(rows[0])};

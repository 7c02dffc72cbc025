/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest.check: could this guest move, where to, and what would it cost? */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"
#include "guest_name.h"
#include "hvc/checks.h"
#include "hvc/cleanup.h"
#include "hvc/text.h"
#include "node_facts.h"

/* How an answer of "no" is told: by what may help. */
static enum hvc_result result_of(const struct hvc_check_report *report)
{
    switch ((enum hvc_reason_code)report->verdict) {
    case HVC_REASON_NOTE:
        return HVC_RESULT_OK;
    case HVC_REASON_RETRY:
        return HVC_RESULT_BUSY;
    case HVC_REASON_OTHER_NODE:
    case HVC_REASON_GIVE_UP:
    case HVC_REASON_CANCELLED:
    case HVC_REASON_DEADLINE:
    case HVC_REASON_SOURCE_LOST:
    case HVC_REASON_TARGET_LOST:
    case HVC_REASON_GUEST_STOPPED:
    case HVC_REASON_UNPROVEN:
    case HVC_REASON_OPERATOR:
    case HVC_REASON_COUNT:
        break;
    }
    return report->decisive == HVC_CHECK_GUEST_NOT_FOUND || report->decisive == HVC_CHECK_TARGET_UNKNOWN
               ? HVC_RESULT_NOT_FOUND
               : HVC_RESULT_REFUSED;
}

/* The node that is nearest to being one: what may go away by itself before what may not. */
static const struct hvc_check_report *best_of(const struct hvc_checks *checks)
{
    const struct hvc_check_report *best = NULL;

    for (size_t i = 0; i < checks->count; i++) {
        if (best == NULL || checks->reports[i].verdict < best->verdict)
            best = &checks->reports[i];
    }
    return best;
}

static enum hvc_result say(struct hvc_call *call, const struct hvc_checks *checks)
{
    const struct hvc_check_report *best = best_of(checks);
    const char *name = checks->name[0] != '\0' ? checks->name : checks->guest;
    size_t movable = 0;

    if (best == NULL)
        return hvc_call_say(call, HVC_RESULT_REFUSED, "there is no other node that %s could move to", name);
    for (size_t i = 0; i < checks->count; i++)
        movable += hvc_check_is_movable(&checks->reports[i]);
    if (movable == 0)
        return hvc_call_say(call, result_of(best), "%s cannot move: %s", name, hvc_checks_words(best));
    if (checks->count == 1)
        return hvc_call_say(call, HVC_RESULT_OK, "%s can move to %s", name, best->node);
    return hvc_call_say(call, HVC_RESULT_OK, "%s can move to %zu of %zu nodes", name, movable, checks->count);
}

static uint8_t kind_of(const char *name)
{
    for (uint8_t kind = 0; kind < HVC_KIND_COUNT; kind++) {
        if (strcmp(hvc_job_kind_info(kind)->name, name) == 0)
            return kind;
    }
    return HVC_KIND_LIVE; /* the row of the table allows no other word */
}

/* A name, a UUID, or the definition that has one. */
static enum hvc_result take_guest(struct hvc_operations *operations, struct hvc_call *call, char *uuid)
{
    const char *who = hvc_record_text(call->args, "guest", NULL);
    struct guest_request request;
    enum hvc_result result;

    if (who == NULL)
        result = guest_request_read(call, &request);
    else
        result = guest_name_find(operations, call, who, &request.id);
    if (result == HVC_RESULT_OK)
        memcpy(uuid, request.id.uuid, HVC_UUID_TEXT_MAX);
    return result;
}

/* What each of the nodes tells about itself, as in `status`. */
static void describe_facts(struct hvc_operations *operations, const struct hvc_checks *checks, struct hvc_record *data)
{
    hvc_record_set_list(data, "node_facts");
    for (size_t i = 0; i < checks->count; i++) {
        struct hvc_record *record = hvc_record_add(data, "node_facts");

        hvc_record_set_text(record, "name", checks->reports[i].node);
        hvc_node_facts_describe(operations->keeper, checks->reports[i].node_id, NULL, record);
    }
}

static int take_plan(struct hvc_call *call, struct hvc_storage_plan **ret_plan, struct hvc_error *error)
{
    const char *text = hvc_record_text(call->args, "document", NULL);
    HVC_CLEANUP(free) struct hvc_storage_plan *plan = calloc(1, sizeof(*plan));
    int result;

    if (text == NULL)
        return 0;
    if (plan == NULL)
        return hvc_error_set(error, -ENOMEM, "out of memory");
    result = hvc_storage_plan_parse(text, strlen(text), plan, error);
    if (result < 0)
        return hvc_error_prefix(error, "the storage plan cannot be used");
    *ret_plan = HVC_TAKE(plan, NULL);
    return 0;
}

static enum hvc_result check(struct hvc_operations *operations, struct hvc_call *call)
{
    struct hvc_checks_request request = {
        .kind = kind_of(hvc_record_text(call->args, "kind", "live")),
        .origin = HVC_ORIGIN_OPERATOR,
        .flags = (hvc_record_bool(call->args, "pin", false) ? HVC_OPTION_PIN : 0U) |
                 (hvc_record_bool(call->args, "with_others", false) ? HVC_OPTION_WITH_OTHERS : 0U) |
                 (hvc_record_bool(call->args, "overwrite", false) ? HVC_OPTION_OVERWRITE : 0U),
        .source = hvc_record_text(call->args, "source", NULL),
        .target = hvc_record_text(call->args, "target", NULL),
    };
    HVC_CLEANUP(free) struct hvc_storage_plan *plan = NULL;
    struct hvc_checks *checks = NULL;
    struct hvc_error error = {0};
    enum hvc_result result;

    if (operations->keeper == NULL)
        return hvc_call_say(call, HVC_RESULT_UNREACHABLE,
                            "a move can be checked only where hvclusterd runs: it knows the cluster's state");
    result = take_guest(operations, call, request.guest);
    if (result != HVC_RESULT_OK)
        return result;
    if (take_plan(call, &plan, &error) < 0)
        return hvc_call_fail(call, &error);
    request.plan = plan;
    if (hvc_checks_run(operations, &request, call->deadline_ms, &checks, &error) < 0)
        return hvc_call_fail(call, &error);
    hvc_checks_describe(checks, call->data);
    describe_facts(operations, checks, call->data);
    result = say(call, checks);
    hvc_checks_free(checks);
    return result;
}

static const char *const kinds[] = {"live",  "storage", "live-storage", "staged",
                                    "quick", "restart", "definition",   NULL};

static const struct hvc_argument check_arguments[] = {
    {.name = "guest", .type = HVC_ARGUMENT_TEXT, .choice = 1, .min = 1, .help = "its name or UUID"},
    GUEST_ARGUMENTS,
    {.name = "target",
     .type = HVC_ARGUMENT_TEXT,
     .min = 1,
     .max = HVC_NODE_NAME_MAX - 1,
     .help = "node; without it all of them are checked"},
    {.name = "source",
     .type = HVC_ARGUMENT_TEXT,
     .min = 1,
     .max = HVC_NODE_NAME_MAX - 1,
     .help = "node where it is; without it that is found out"},
    {.name = "kind", .type = HVC_ARGUMENT_TEXT, .words = kinds, .help = "kind of move (live)"},
    {.name = "document",
     .type = HVC_ARGUMENT_TEXT,
     .min = 1,
     .max = HVC_XML_MAX - 1,
     .help = "where storage shall go: roots and disk paths (hvc/storage_plan.h)"},
    {.name = "overwrite", .type = HVC_ARGUMENT_BOOL, .help = "disk files that exist at the target may be overwritten"},
    {.name = "pin", .type = HVC_ARGUMENT_BOOL, .help = "it shall stay at the target although Pacemaker would move it"},
    {.name = "with_others", .type = HVC_ARGUMENT_BOOL, .help = "although Pacemaker stops or moves others with it"},
};

static const struct hvc_operation rows[] = {
    {.name = "guest.check",
     .help = "could this guest move, where to, and what is in the way",
     .arguments = check_arguments,
     .argument_count = sizeof(check_arguments) / sizeof(check_arguments[0]),
     .right = HVC_RIGHT_READ,
     .lane = HVC_LANE_WORK,
     .timeout_ms = 20000,
     .handler = check},
};

const struct hvc_operation_set hvc_check_operations = {.rows = rows, .count = sizeof(rows) / sizeof(rows[0])};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Enumerations that are pulled: Open makes the whole answer and keeps it, Pull hands out the next piece, Close forgets
 * it; so does a client's silence. What a client pulls is of one moment: the one at which it opened.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "operation.h"

static void expire(struct hvc_cim_enumeration *e)
{
    hvc_cim_arena_free(e->arena);
    *e = (struct hvc_cim_enumeration){0};
}

static struct hvc_cim_enumeration *room(struct hvc_cim_call *call)
{
    struct hvc_cim_enumeration *all = hvc_cim_enumerations(call->server);
    struct hvc_cim_enumeration *free_one = NULL;

    for (uint32_t i = 0; i < hvc_cim_options(call->server)->open_max; i++) {
        if (all[i].number != 0 && all[i].until_ms <= call->now_ms)
            expire(&all[i]);
        if (all[i].number == 0)
            free_one = &all[i];
    }
    return free_one;
}

static struct hvc_cim_enumeration *find(struct hvc_cim_call *call)
{
    const char *text = hvc_cim_string(call, "EnumerationContext");
    struct hvc_cim_enumeration *all = hvc_cim_enumerations(call->server);
    char *end = NULL;
    uint64_t number = text == NULL ? 0 : strtoull(text, &end, 16);

    if (hvc_cim_space(call) == NULL || hvc_cim_failed(call))
        return NULL;
    if (text == NULL) {
        hvc_cim_fail(call, HVC_CIM_INVALID_PARAMETER, "%.64s needs parameter EnumerationContext",
                     call->request->method);
        return NULL;
    }
    (void)room(call); /* what has run out of time is gone */
    for (uint32_t i = 0; number != 0 && *end == '\0' && i < hvc_cim_options(call->server)->open_max; i++)
        if (all[i].number == number)
            return &all[i];
    hvc_cim_fail(call, HVC_CIM_INVALID_ENUMERATION_CONTEXT,
                 "there is no such enumeration: it was never opened, is at its end, was closed, or nothing was pulled "
                 "within its time");
    return NULL;
}

/* ---- open ---- */

static bool read_timeout(struct hvc_cim_call *call, uint64_t *ret_ms)
{
    const struct hvc_cim_server_options *options = hvc_cim_options(call->server);
    uint64_t seconds = hvc_cim_count(call, "OperationTimeout", options->idle_s);

    if (hvc_cim_failed(call))
        return false;
    if (seconds == 0 || seconds > options->idle_max_s) {
        hvc_cim_fail(call, HVC_CIM_INVALID_OPERATION_TIMEOUT, "OperationTimeout must be from 1 to %u seconds",
                     options->idle_max_s);
        return false;
    }
    *ret_ms = seconds * 1000;
    return true;
}

/* What is wrong with the parameters that only Open has. */
static void check_open(struct hvc_cim_call *call)
{
    uint64_t ms;

    if (!read_timeout(call, &ms))
        return;
    (void)hvc_cim_count(call, "MaxObjectCount", 0);
    if (hvc_cim_string(call, "FilterQuery") != NULL || hvc_cim_string(call, "FilterQueryLanguage") != NULL)
        hvc_cim_fail(call, HVC_CIM_FILTERED_ENUMERATION_NOT_SUPPORTED, "enumerations take no filter; use ExecQuery");
    else if (hvc_cim_flag(call, "ContinueOnError", false))
        hvc_cim_fail(call, HVC_CIM_CONTINUATION_ON_ERROR_NOT_SUPPORTED, "an enumeration ends at its first error");
    else if (room(call) == NULL)
        hvc_cim_fail(call, HVC_CIM_SERVER_LIMITS_EXCEEDED, "%u enumerations are open; close one or try again later",
                     hvc_cim_options(call->server)->open_max);
}

/* Keeps what does not fit into the first piece. */
static void keep_rest(struct hvc_cim_call *call)
{
    struct hvc_cim_enumeration *e;
    uint32_t first;
    uint64_t ms = 0;

    if (hvc_cim_failed(call) || hvc_cim_arena_failed(call->arena) || !read_timeout(call, &ms))
        return;
    first = (uint32_t)hvc_cim_count(call, "MaxObjectCount", 0);
    if (call->result.count <= first)
        return;
    e = room(call);
    if (e == NULL) {
        hvc_cim_fail(call, HVC_CIM_SERVER_LIMITS_EXCEEDED, "too many enumerations are open; try again later");
        return;
    }
    *e = (struct hvc_cim_enumeration){.number = hvc_cim_next_number(call->server),
                                      .until_ms = call->now_ms + ms,
                                      .idle_ms = ms,
                                      .arena = call->arena,
                                      .result = call->result,
                                      .at = first};
    call->result.context = hvc_cim_format(call->arena, "%016" PRIx64, e->number);
    call->result.count = first;
    call->kept = true;
}

static uint32_t prepare_enumerate(struct hvc_cim_call *call)
{
    uint32_t needs = hvc_cim_prepare_enumerate(call);

    if (!hvc_cim_failed(call))
        check_open(call);
    return needs;
}

static uint32_t prepare_associated(struct hvc_cim_call *call)
{
    uint32_t needs = hvc_cim_prepare_associated(call);

    if (!hvc_cim_failed(call))
        check_open(call);
    return needs;
}

static void open_enumerate_instances(struct hvc_cim_call *call)
{
    hvc_cim_perform_enumerate(call, HVC_CIM_RESULT_PULLED_INSTANCES);
    keep_rest(call);
}

static void open_enumerate_paths(struct hvc_cim_call *call)
{
    hvc_cim_perform_enumerate(call, HVC_CIM_RESULT_PULLED_PATHS);
    keep_rest(call);
}

static void open_associators(struct hvc_cim_call *call)
{
    hvc_cim_perform_associated(call, false, HVC_CIM_RESULT_PULLED_INSTANCES);
    keep_rest(call);
}

static void open_associator_paths(struct hvc_cim_call *call)
{
    hvc_cim_perform_associated(call, false, HVC_CIM_RESULT_PULLED_PATHS);
    keep_rest(call);
}

static void open_references(struct hvc_cim_call *call)
{
    hvc_cim_perform_associated(call, true, HVC_CIM_RESULT_PULLED_INSTANCES);
    keep_rest(call);
}

static void open_reference_paths(struct hvc_cim_call *call)
{
    hvc_cim_perform_associated(call, true, HVC_CIM_RESULT_PULLED_PATHS);
    keep_rest(call);
}

/* ---- pull and close ---- */

static void pull(struct hvc_cim_call *call, enum hvc_cim_result_kind kind)
{
    uint64_t most = hvc_cim_count(call, "MaxObjectCount", 0);
    struct hvc_cim_enumeration *e = hvc_cim_failed(call) ? NULL : find(call);
    struct hvc_cim_result whole;

    if (e == NULL)
        return;
    if (e->result.kind != kind) {
        hvc_cim_fail(call, HVC_CIM_INVALID_ENUMERATION_CONTEXT, "this enumeration is one of %s: use %s",
                     e->result.kind == HVC_CIM_RESULT_PULLED_PATHS ? "paths" : "instances",
                     e->result.kind == HVC_CIM_RESULT_PULLED_PATHS ? "PullInstancePaths" : "PullInstancesWithPath");
        return;
    }
    whole = e->result;
    call->result = whole;
    call->result.instances += e->at;
    call->result.count = whole.count - e->at < most ? whole.count - e->at : (uint32_t)most;
    e->at += call->result.count;
    if (e->at < whole.count) {
        e->until_ms = call->now_ms + e->idle_ms;
        call->result.context = hvc_cim_format(call->arena, "%016" PRIx64, e->number);
        return;
    }
    call->adopted = e->arena; /* what is answered lies in it */
    *e = (struct hvc_cim_enumeration){0};
}

static void pull_instances(struct hvc_cim_call *call)
{
    pull(call, HVC_CIM_RESULT_PULLED_INSTANCES);
}

static void pull_paths(struct hvc_cim_call *call)
{
    pull(call, HVC_CIM_RESULT_PULLED_PATHS);
}

static void close_enumeration(struct hvc_cim_call *call)
{
    struct hvc_cim_enumeration *e = find(call);

    if (e != NULL)
        expire(e);
}

#define OPEN " FilterQueryLanguage FilterQuery OperationTimeout ContinueOnError MaxObjectCount"
#define PULL "EnumerationContext MaxObjectCount"

static const struct hvc_cim_operation rows[] = {
    {"OpenEnumerateInstances", prepare_enumerate, open_enumerate_instances, false,
     "ClassName DeepInheritance LocalOnly " HVC_CIM_SHAPES OPEN},
    {"OpenEnumerateInstancePaths", prepare_enumerate, open_enumerate_paths, false, "ClassName" OPEN},
    {"OpenAssociatorInstances", prepare_associated, open_associators, false,
     "InstanceName " HVC_CIM_ASSOCIATORS " " HVC_CIM_SHAPES OPEN},
    {"OpenAssociatorInstancePaths", prepare_associated, open_associator_paths, false,
     "InstanceName " HVC_CIM_ASSOCIATORS OPEN},
    {"OpenReferenceInstances", prepare_associated, open_references, false,
     "InstanceName " HVC_CIM_REFERENCES " " HVC_CIM_SHAPES OPEN},
    {"OpenReferenceInstancePaths", prepare_associated, open_reference_paths, false,
     "InstanceName " HVC_CIM_REFERENCES OPEN},
    {"PullInstancesWithPath", NULL, pull_instances, false, PULL},
    {"PullInstancePaths", NULL, pull_paths, false, PULL},
    {"CloseEnumeration", NULL, close_enumeration, false, "EnumerationContext"},
};

const struct hvc_cim_operations hvc_cim_pull_operations = {rows, sizeof(rows) / sizeof(rows[0])};

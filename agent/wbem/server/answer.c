/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "answer.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "hvc/cim_method.h"
#include "hvc/client.h"
#include "hvc/clock.h"
#include "hvc/schemas.h"
#include "hvc/text.h"
#include "text_buffer.h"

enum { REQUEST_FACTOR = 24, ENUMERATION_IDLE_S = 60, ENUMERATION_IDLE_MAX_S = 600 };

struct hvc_wbemd_desk {
    struct hvc_wbemd_desk_options options;
    pthread_mutex_t mutex; /* of the open enumerations in server */
    struct hvc_cim_server *server;
};

static const struct hvc_schema_namespace *const spaces[] = {&hvc_schema_interop, &hvc_schema_cluster, &hvc_schema_host};

struct hvc_wbemd_desk *hvc_wbemd_desk_new(const struct hvc_wbemd_desk_options *options)
{
    struct hvc_wbemd_desk *desk = calloc(1, sizeof(*desk));
    struct hvc_cim_server_options server = {.spaces = spaces,
                                            .space_count = sizeof(spaces) / sizeof(spaces[0]),
                                            .host = options->host,
                                            .open_max = (uint32_t)options->settings->enumerations,
                                            .idle_max_s = ENUMERATION_IDLE_MAX_S,
                                            .idle_s = ENUMERATION_IDLE_S};

    if (desk == NULL)
        return NULL;
    desk->options = *options;
    (void)pthread_mutex_init(&desk->mutex, NULL);
    if (gnutls_rnd(GNUTLS_RND_RANDOM, &server.context_start, sizeof(server.context_start)) >= 0)
        desk->server = hvc_cim_server_new(&server);
    if (desk->server == NULL) {
        hvc_wbemd_desk_free(desk);
        return NULL;
    }
    return desk;
}

void hvc_wbemd_desk_free(struct hvc_wbemd_desk *desk)
{
    if (desk == NULL)
        return;
    hvc_cim_server_free(desk->server);
    (void)pthread_mutex_destroy(&desk->mutex);
    free(desk);
}

static void refuse(struct hvc_wbemd_answer *answer, unsigned http, const char *fault, const char *words)
{
    answer->http = http;
    answer->fault = fault;
    (void)snprintf(answer->words, sizeof(answer->words), "%s", words);
}

/* ---- one call ---- */

/* Orders one after the other: what was done before one that fails stays, and the answer says so. */
static void carry_out(struct hvc_wbemd_desk *desk, const struct hvc_wbemd_request *request, struct hvc_cim_call *call)
{
    struct hvc_cim_order_answer answers[HVC_CIM_ORDERS_MAX] = {0};
    struct hvc_record *responses[HVC_CIM_ORDERS_MAX] = {0};
    struct hvc_error error = {0};
    enum hvc_result result = HVC_RESULT_OK;
    uint32_t count = 0;

    while (count < call->order_count && result == HVC_RESULT_OK) {
        const struct hvc_cim_order *order = &call->orders[count];

        result = hvc_wbemd_fetch_order(desk->options.fetch, order, &responses[count], &error);
        if (!order->asks || result != HVC_RESULT_OK)
            hvc_wbemd_audit_order(request, call, order, result, error.text);
        answers[count].result = result;
        answers[count].words = result == HVC_RESULT_OK ? hvc_response_text(responses[count]) : error.text;
        answers[count].data = responses[count] == NULL ? NULL : hvc_response_data(responses[count]);
        count++;
    }
    if (call->method != NULL)
        hvc_cim_complete(call, answers, count);
    else if (result != HVC_RESULT_OK)
        hvc_cim_fail(call, hvc_wbemd_fetch_status(result), "%s%s", error.text,
                     count == 1 ? "" : " (the properties before this one in the request were changed)");
    for (uint32_t i = 0; i < count; i++)
        hvc_record_free(responses[i]);
}

static void check_role(const struct hvc_wbemd_request *request, struct hvc_cim_call *call)
{
    bool change = hvc_cim_is_change(call->request), anonymous = request->user[0] == '\0';
    const char *role = hvc_role_name(request->role), *needed = change ? "operate" : "read";

    if (request->role >= (change ? HVC_ROLE_OPERATE : HVC_ROLE_READ))
        return;
    if (anonymous)
        hvc_cim_fail(call, HVC_CIM_ACCESS_DENIED,
                     "who gives no user has role %s; %s needs role %s: give a user with a password, or a certificate",
                     role, call->request->method, needed);
    else
        hvc_cim_fail(call, HVC_CIM_ACCESS_DENIED,
                     "user \"%.200s\" has role %s; %s needs role %s: see [roles] in hvcluster-wbemd.conf",
                     request->user, role, call->request->method, needed);
}

/* Only who pulls waits for others: an answer of thousands of instances holds no other reader up. */
static void lock(struct hvc_wbemd_desk *desk, const struct hvc_cim_call *call)
{
    if (hvc_cim_is_pulled(call->request))
        (void)pthread_mutex_lock(&desk->mutex);
}

static void unlock(struct hvc_wbemd_desk *desk, const struct hvc_cim_call *call)
{
    if (hvc_cim_is_pulled(call->request))
        (void)pthread_mutex_unlock(&desk->mutex);
}

static void look_up(struct hvc_wbemd_desk *desk, struct hvc_cim_call *call, struct hvc_cim_facts *facts,
                    struct hvc_error *error)
{
    uint32_t needs;

    hvc_wbemd_facts_clear(facts);
    call->wanted_facts = facts;
    lock(desk, call);
    needs = hvc_cim_prepare(call);
    unlock(desk, call);
    if (needs != 0)
        hvc_wbemd_fetch_facts(desk->options.fetch, call->arena, needs, facts, &call->facts_missing, error);
    call->facts = facts;
    call->missing_words = error->text;
}

/* perform and write under one lock: what is pulled lies in the server. */
static void finish(struct hvc_wbemd_desk *desk, struct hvc_cim_call *call, struct hvc_text_buffer *out)
{
    lock(desk, call);
    if (call->order_count == 0 && call->result.status == HVC_CIM_OK)
        hvc_cim_perform(call);
    if (call->order_count == 0)
        hvc_cim_result_write(call, out);
    unlock(desk, call);
}

static void answer_call(struct hvc_wbemd_desk *desk, const struct hvc_wbemd_request *request, struct hvc_cim_call *call,
                        struct hvc_wbemd_answer *answer)
{
    struct hvc_text_buffer out = {.limit = (size_t)desk->options.settings->answer_mib << 20};
    struct hvc_error error = {0};
    struct hvc_cim_facts facts;

    check_role(request, call);
    if (call->result.status == HVC_CIM_OK)
        look_up(desk, call, &facts, &error);
    finish(desk, call, &out);
    if (call->order_count > 0) {
        carry_out(desk, request, call);
        hvc_cim_result_write(call, &out);
    } else if (call->result.status != HVC_CIM_OK && hvc_cim_is_change(call->request)) {
        hvc_wbemd_audit_refused(request, call);
    }
    if (call->facts != NULL)
        (void)snprintf(answer->stale, sizeof(answer->stale), "%s", facts.stale);
    /* a return value is a number: why it is that one is said beside it */
    if (call->method != NULL && call->result.status == HVC_CIM_OK && call->method->words != NULL)
        (void)snprintf(answer->why, sizeof(answer->why), "%s", call->method->words);
    if (out.failed) {
        hvc_text_free(&out);
        refuse(answer, 413, "request-too-large", "the answer is larger than answer_mib; use the operations that pull");
        return;
    }
    answer->http = 200;
    answer->bytes = out.bytes;
    answer->length = out.length;
}

/* Of CIMObject the namespace alone is compared: clients write keys in any order, and quote them as they like. */
static bool is_in_space(const char *object, const char *space)
{
    size_t length;

    object += strspn(object, "/");
    length = strcspn(object, ":");
    return length == 0 || (length == strlen(space) && strncasecmp(object, space, length) == 0);
}

void hvc_wbemd_answer(struct hvc_wbemd_desk *desk, const struct hvc_wbemd_request *request,
                      struct hvc_wbemd_answer *ret_answer)
{
    size_t limit = ((size_t)desk->options.settings->request_kib << 10) * REQUEST_FACTOR +
                   ((size_t)desk->options.settings->answer_mib << 20);
    struct hvc_cim_call call = {.server = desk->server, .now_ms = hvc_now_ms()};
    enum hvc_cimxml_fault fault = HVC_CIMXML_FAULT_NONE;
    struct hvc_error error = {0};

    memset(ret_answer, 0, sizeof(*ret_answer));
    call.arena = hvc_cim_arena_new(limit);
    if (call.arena == NULL) {
        refuse(ret_answer, 503, NULL, "no memory");
        return;
    }
    if (hvc_cimxml_read(call.arena, request->bytes, request->length, &call.request, &fault, &error) < 0) {
        bool large = fault == HVC_CIMXML_TOO_LARGE;

        refuse(ret_answer, large ? 413 : (fault == HVC_CIMXML_MULTIPLE_REQUESTS ? 501 : 400),
               hvc_cimxml_fault_name(fault), error.text);
    } else if (request->method != NULL && hvc_schema_compare(request->method, call.request->method) != 0) {
        refuse(ret_answer, 400, "header-mismatch", "header CIMMethod names another operation than the body");
    } else if (request->object != NULL && !is_in_space(request->object, call.request->space)) {
        refuse(ret_answer, 400, "header-mismatch", "header CIMObject names another namespace than the body");
    } else
        answer_call(desk, request, &call, ret_answer);
    hvc_cim_arena_free(call.adopted);
    if (!call.kept)
        hvc_cim_arena_free(call.arena);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "method_talk.h"

#include "hvc/cim_method.h"
#include "hvc/client.h"
#include "hvc/operations.h"
#include "hvc/schemas.h"

#include "facts_sample.h"

#include "../hvc_cmocka.h"

static const struct hvc_schema_namespace *const spaces[] = {&hvc_schema_interop, &hvc_schema_cluster, &hvc_schema_host};

const struct hvc_cim_server_options method_talk_options = {.spaces = spaces,
                                                           .space_count = 3,
                                                           .host = "n1.example.org",
                                                           .open_max = 1,
                                                           .idle_max_s = 600,
                                                           .idle_s = 60,
                                                           .context_start = 1};

static bool is_word(const struct hvc_argument *argument, const char *text)
{
    if (argument->words == NULL)
        return true;
    for (size_t i = 0; argument->words[i] != NULL; i++)
        if (strcmp(argument->words[i], text) == 0)
            return true;
    return false;
}

/* hvclusterd has the operation, with arguments of these names and types. */
static void check_order(const struct hvc_cim_order *order)
{
    static const enum hvc_argument_type types[] = {HVC_ARGUMENT_TEXT, HVC_ARGUMENT_U64, HVC_ARGUMENT_BOOL};
    const struct hvc_operation *operation = hvc_operation_find(order->operation);

    if (operation == NULL)
        fail_msg("hvclusterd has no operation %s", order->operation);
    for (size_t k = 0; k < HVC_CIM_ORDER_ARGUMENTS_MAX && order->arguments[k].name != NULL; k++) {
        size_t i = 0;

        while (i < operation->argument_count && strcmp(operation->arguments[i].name, order->arguments[k].name) != 0)
            i++;
        if (i == operation->argument_count || operation->arguments[i].type != types[order->arguments[k].type] ||
            !is_word(&operation->arguments[i], order->arguments[k].text))
            fail_msg("%s takes no %s=%s", order->operation, order->arguments[k].name, order->arguments[k].text);
    }
}

static void put_orders(struct hvc_text_buffer *out, const struct hvc_cim_call *call)
{
    static const char *const marks[] = {"=", "#", "?"}; /* a text, a number, a flag */

    for (uint32_t i = 0; i < call->order_count; i++) {
        const struct hvc_cim_order *order = &call->orders[i];

        check_order(order);
        hvc_text_put(out, i == 0 ? "> " : "; ");
        hvc_text_put(out, order->operation);
        for (size_t k = 0; k < HVC_CIM_ORDER_ARGUMENTS_MAX && order->arguments[k].name != NULL; k++) {
            hvc_text_put(out, " ");
            hvc_text_put(out, order->arguments[k].name);
            hvc_text_put(out, marks[order->arguments[k].type]);
            for (const char *p = order->arguments[k].text; *p != '\0'; p++)
                hvc_text_put_bytes(out, *p == '\n' ? "~" : p, 1);
        }
    }
    hvc_text_put(out, call->order_count == 0 ? ">\n" : "\n");
}

/* says: "busy", "ok {...}". */
static void complete(struct hvc_cim_call *call, const char *says)
{
    struct hvc_cim_order_answer answers[HVC_CIM_ORDERS_MAX];
    struct hvc_record *response = NULL;
    struct hvc_error error = {0};
    const char *data = strchr(says, ' ');
    char json[8192];

    (void)snprintf(json, sizeof(json), "{\"version\":1,\"result\":\"%.*s\",\"text\":\"hvclusterd's words\"%s%s}",
                   (int)strcspn(says, " "), says, data == NULL ? "" : ",\"data\":", data == NULL ? "" : data);
    assert_int_equal(hvc_response_parse(json, strlen(json), &response, &error), 0);
    for (uint32_t i = 0; i < call->order_count; i++)
        answers[i] = (struct hvc_cim_order_answer){.result = HVC_RESULT_OK, .words = ""};
    answers[call->order_count - 1] = (struct hvc_cim_order_answer){.result = hvc_response_result(response),
                                                                   .words = hvc_response_text(response),
                                                                   .data = hvc_response_data(response)};
    hvc_cim_complete(call, answers, call->order_count);
    hvc_record_free(response);
}

static void put_answer(struct hvc_text_buffer *out, struct hvc_cim_call *call)
{
    struct hvc_text_buffer xml = {.limit = METHOD_TALK_MAX};
    char *from, *to;

    hvc_cim_result_write(call, &xml);
    assert_false(xml.failed);
    from = strstr(xml.bytes, "<METHODRESPONSE");
    to = strstr(xml.bytes, "</METHODRESPONSE>");
    assert_true(from != NULL && to != NULL);
    from = strchr(from, '>') + 1;
    hvc_text_put(out, "< ");
    hvc_text_put_bytes(out, from, (size_t)(to - from));
    if (call->method != NULL && call->method->words != NULL && call->result.status == HVC_CIM_OK) {
        hvc_text_put(out, " ");
        hvc_text_put(out, call->method->words);
    }
    hvc_text_put(out, "\n");
    hvc_text_free(&xml);
}

static const struct hvc_facts_job planned_job[] = {{.id = 9,
                                                    .uuid = "0A000000-0000-4000-8000-000000000002",
                                                    .guest = "web & <mail>",
                                                    .kind = "staged",
                                                    .phase = "completed",
                                                    .source = "n2",
                                                    .target = "n1",
                                                    .by = "root",
                                                    .words = "",
                                                    .ended = true},
                                                   {.id = 10,
                                                    .uuid = "0A000000-0000-4000-8000-000000000002",
                                                    .guest = "web & <mail>",
                                                    .kind = "staged",
                                                    .phase = "completed",
                                                    .source = "n2",
                                                    .target = "n1",
                                                    .by = "root",
                                                    .words = "",
                                                    .ended = true,
                                                    .plan = true}};

static struct hvc_cim_facts facts_for(const char *object)
{
    struct hvc_cim_facts facts = facts_sample;

    if (strcmp(object, "there") == 0) {
        facts.node = "n2";
        facts.node_settings.enable_migration = true;
    }
    if (strcmp(object, "stale") == 0)
        facts.stale = "the state may be old: no quorum";
    if (strcmp(object, "planned") == 0 || strcmp(object, "placed") == 0) {
        facts.jobs = &planned_job[strcmp(object, "placed") == 0 ? 1 : 0];
        facts.job_count = 1;
    }
    return facts;
}

void method_talk(struct hvc_cim_server *server, const char *request, const char *object, const char *says,
                 struct hvc_text_buffer *out)
{
    struct hvc_cim_facts facts = facts_for(object);

    method_talk_about(server, request, &facts, says, out);
}

void method_talk_about(struct hvc_cim_server *server, const char *request, const struct hvc_cim_facts *facts,
                       const char *says, struct hvc_text_buffer *out)
{
    struct hvc_cim_call call = {.server = server, .facts = facts};
    enum hvc_cimxml_fault fault;
    struct hvc_error error = {0};

    call.arena = hvc_cim_arena_new((size_t)16 << 20);
    if (hvc_cimxml_read(call.arena, request, strlen(request), &call.request, &fault, &error) < 0)
        fail_msg("%s: %s", request, error.text);
    (void)hvc_cim_prepare(&call);
    hvc_cim_perform(&call);
    put_orders(out, &call);
    if (call.order_count > 0)
        complete(&call, says);
    put_answer(out, &call);
    hvc_cim_arena_free(call.arena);
}

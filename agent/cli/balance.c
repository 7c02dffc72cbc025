/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "balance.h"

#include <inttypes.h>

#include "follow.h"
#include "hvc/text.h"

enum {
    PLAN_MS = 120000, /* checks one after the other, a second or two each */
    JOB_MS = 30000,
    PRIORITY = 10000 /* behind what people and Pacemaker ask for: those have 1000 when nobody sets it */
};

/* ---- asking ---- */

static int ask_for_job(struct hvc_client *client, const struct hvc_record *move, struct hvc_record **ret_response,
                       struct hvc_error *error)
{
    struct hvc_record *args;
    HVC_CLEANUP(record) struct hvc_record *request = hvc_request_new("job.create", &args);

    hvc_record_set_text(args, "guest", hvc_record_text(move, "uuid", ""));
    hvc_record_set_text(args, "target", hvc_record_text(move, "target", ""));
    hvc_record_set_u64(args, "priority", PRIORITY);
    hvc_record_set_u64(args, "timeout_ms", JOB_MS - JOB_MS / 10);
    return hvc_cli_send(client, request, hvc_deadline_in(JOB_MS), ret_response, error);
}

/* In text the answer's sentence: the order's table is that of the hints. */
static int show_job(const struct hvc_cli_order *order, const struct hvc_record *response)
{
    if (order->output == HVC_CLI_JSON)
        return hvc_cli_show(order, response);
    return hvc_cli_say(order, hvc_response_result(response), hvc_response_text(response));
}

/* Further requests would end in the same way, or nobody knows how this one ended. */
static bool is_of_all(enum hvc_result result)
{
    return result == HVC_RESULT_NO_QUORUM || result == HVC_RESULT_UNREACHABLE || result == HVC_RESULT_UNKNOWN_OUTCOME ||
           result == HVC_RESULT_DENIED;
}

/* The numbers of the jobs with commas. Returns the exit status of the first request that was refused, else 0. */
static int make_jobs(struct hvc_client *client, const struct hvc_cli_order *order, const struct hvc_record *plan,
                     char *ids, size_t size)
{
    struct hvc_error error = {0};
    size_t used = 0;
    int first = 0;

    ids[0] = '\0';
    for (size_t i = 0; i < hvc_record_list_count(plan, "moves"); i++) {
        HVC_CLEANUP(record) struct hvc_record *response = NULL;
        uint64_t id;
        int code;

        if (ask_for_job(client, hvc_record_list_at(plan, "moves", i), &response, &error) != 0) {
            code = hvc_cli_complain(order, &error);
            return first != 0 ? first : code;
        }
        code = show_job(order, response);
        first = first != 0 ? first : code;
        if (is_of_all(hvc_response_result(response)))
            break;
        id = hvc_record_u64(hvc_response_data(response), "id", 0);
        if (code == 0 && id != 0)
            (void)hvc_text_append(ids, size, &used, "%s%" PRIu64, used == 0 ? "" : ",", id);
    }
    return first;
}

/* ---- all ---- */

/* As `jobs watch` with their numbers. */
static int follow(struct hvc_client *client, const struct hvc_cli_order *order, const char *ids)
{
    struct hvc_cli_order watch = *order;

    watch.values[0] = (struct hvc_cli_value){.argument = "ids", .kind = HVC_CLI_NUMBERS};
    watch.value_count = 1;
    watch.timeout_given = order->wait_ms != UINT64_MAX;
    watch.timeout_ms = order->wait_ms;
    (void)snprintf(watch.numbers, sizeof(watch.numbers), "%s", ids);
    return hvc_cli_watch(client, &watch);
}

int hvc_cli_balance(struct hvc_client *client, const struct hvc_cli_order *order)
{
    struct hvc_cli_order plan_order = *order;
    HVC_CLEANUP(record) struct hvc_record *plan = NULL;
    struct hvc_error error = {0};
    char ids[21 * HVC_CLI_NUMBERS_MAX];
    int code, followed;

    plan_order.timeout_ms = order->timeout_given ? order->timeout_ms : PLAN_MS;
    plan_order.timeout_given = true;
    if (hvc_cli_ask(client, &plan_order, hvc_deadline_in(plan_order.timeout_ms), &plan, &error) != 0)
        return hvc_cli_complain(order, &error);
    code = hvc_cli_show(order, plan);
    if (code != 0 || !order->act)
        return code;
    code = make_jobs(client, order, hvc_response_data(plan), ids, sizeof(ids));
    (void)hvc_cli_flush();
    if (ids[0] == '\0' || order->wait_ms == 0)
        return code;
    followed = follow(client, order, ids);
    return code != 0 ? code : followed;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "adopt.h"

#include <stdlib.h>

#include "hvc/clock.h"

enum { WAIT_MS = 180000 }; /* three looks of Pacemaker's at the guest, one a node, and what is behind them in a queue */

/* first: only to look. */
static int ask(struct hvc_client *client, const struct hvc_cli_order *order, const char *xml, bool first,
               uint64_t timeout_ms, struct hvc_record **ret_response, struct hvc_error *error)
{
    struct hvc_record *args;
    HVC_CLEANUP(record) struct hvc_record *request = hvc_request_new(order->command->operation, &args);

    for (unsigned i = 0; i < order->value_count; i++) {
        const struct hvc_cli_value *value = &order->values[i];

        if (value->kind == HVC_CLI_SET)
            hvc_record_set_bool(args, value->argument, true);
        else
            hvc_record_set_text(args, value->argument, value->text);
    }
    if (first && hvc_cli_value(order, "dry_run") == NULL)
        hvc_record_set_bool(args, "dry_run", true);
    if (xml != NULL)
        hvc_record_set_text(args, "xml", xml);
    hvc_record_set_u64(args, "timeout_ms", timeout_ms - timeout_ms / 10);
    return hvc_cli_send(client, request, hvc_deadline_in(timeout_ms), ret_response, error);
}

/* True: it has begun already, and goes on without the file. */
static bool is_under_way(const struct hvc_record *response)
{
    return hvc_record_bool(hvc_response_data(response), "held", false);
}

int hvc_cli_adopt(struct hvc_client *client, const struct hvc_cli_order *order)
{
    uint64_t timeout_ms = order->timeout_given ? order->timeout_ms : WAIT_MS;
    HVC_CLEANUP(record) struct hvc_record *looked = NULL;
    HVC_CLEANUP(record) struct hvc_record *response = NULL;
    HVC_CLEANUP(free) char *xml = NULL;
    struct hvc_error error = {0};
    bool dry = hvc_cli_value(order, "dry_run") != NULL;
    int result = ask(client, order, NULL, true, timeout_ms, &looked, &error);

    if (result == 0 && (dry || !is_under_way(looked))) {
        if (hvc_response_result(looked) != HVC_RESULT_OK)
            return hvc_cli_show(order, looked);
        result =
            hvc_cli_read_file("the definition", hvc_record_text(hvc_response_data(looked), "config", ""), &xml, &error);
    }
    if (result == 0)
        result = ask(client, order, xml, false, timeout_ms, &response, &error);
    return result == 0 ? hvc_cli_show(order, response) : hvc_cli_complain(order, &error);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hvcluster: asks the hvclusterd of this node and shows the answer. */
#include <signal.h>
#include <string.h>

#include "adopt.h"
#include "ask.h"
#include "balance.h"
#include "follow.h"
#include "store_commands.h"

static int carry_out(const struct hvc_cli_order *order)
{
    struct hvc_error error = {0};
    uint64_t deadline_ms = hvc_deadline_in(order->timeout_ms);
    HVC_CLEANUP(client) struct hvc_client *client = NULL;
    HVC_CLEANUP(record) struct hvc_record *response = NULL;

    if (hvc_client_connect(NULL, deadline_ms, &client, &error) != 0)
        return hvc_cli_complain(order, &error);
    if (order->command->work == HVC_CLI_WATCH)
        return hvc_cli_watch(client, order);
    if (order->command->work == HVC_CLI_ADOPT)
        return hvc_cli_adopt(client, order);
    if (order->command->work == HVC_CLI_BALANCE)
        return hvc_cli_balance(client, order);
    if (hvc_cli_ask(client, order, deadline_ms, &response, &error) != 0)
        return hvc_cli_complain(order, &error);
    if (order->command->work == HVC_CLI_EVENTS && order->follow)
        return hvc_cli_follow_events(client, order, response);
    if (order->command->work == HVC_CLI_MOVE)
        return hvc_cli_follow_move(client, order, response);
    return hvc_cli_show(order, response);
}

static int change_store(const struct hvc_cli_order *order)
{
    struct hvc_error error = {0};
    char done[HVC_ERROR_TEXT_MAX];

    if (hvc_cli_change_store(order, done, &error) != 0)
        return hvc_cli_complain(order, &error);
    return hvc_cli_say(order, HVC_RESULT_OK, done);
}

int main(int argc, char **argv)
{
    struct hvc_error error = {0};
    struct hvc_cli_order order;
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    (void)sigaction(SIGPIPE, &ignore, NULL); /* a reader that went away is no failure of ours */
    if (hvc_cli_parse(argc, argv, &order, &error) != 0) {
        (void)fprintf(stderr, "hvcluster: %s\n", error.text);
        return HVC_CLI_EXIT_USAGE;
    }
    if (order.help)
        hvc_cli_write_help(stdout);
    else if (order.version)
        (void)puts("hvcluster " HVC_VERSION);
    else if (order.manual)
        hvc_cli_write_manual(stdout);
    else if (order.completion)
        hvc_cli_write_completion(stdout);
    else
        return order.command->operation != NULL ? carry_out(&order) : change_store(&order);
    return hvc_cli_flush() || hvc_cli_reader_is_gone() ? 0 : hvc_result_exit_code(HVC_RESULT_FAILED);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"

#include <errno.h>

#include "../hvc_cmocka.h"

static int parse(const char *line, struct hvc_cli_order *ret_order, struct hvc_error *error)
{
    static char words[256];
    char *argv[16] = {words}, *save = NULL;
    int argc = 0;

    (void)snprintf(words, sizeof(words), "hvcluster %s", line);
    for (char *word = strtok_r(words, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save))
        argv[argc++] = word;
    return hvc_cli_parse(argc, argv, ret_order, error);
}

static void orders_are_read_from_the_tables(void **state)
{
    static const struct {
        const char *line, *operation, *operand;
        enum hvc_cli_output output;
        uint64_t timeout_ms;
    } cases[] = {
        {"status", "status", NULL, HVC_CLI_TEXT, 30000},
        {"--output-as json status", "status", NULL, HVC_CLI_JSON, 30000},
        {"status --output-as=json --timeout=5", "status", NULL, HVC_CLI_JSON, 5000},
        {"status --json", "status", NULL, HVC_CLI_JSON, 30000},
        {"guest list", "guest.list", NULL, HVC_CLI_TEXT, 30000},
        {"guest show vm1", "guest.inspect", "vm1", HVC_CLI_TEXT, 30000},
        {"guest locate /etc/vm1.xml --timeout 60", "guest.locate", "/etc/vm1.xml", HVC_CLI_TEXT, 60000},
        {"move cancel n1-7", "move.cancel", "n1-7", HVC_CLI_TEXT, 30000},
        {"settings", "settings.show", NULL, HVC_CLI_TEXT, 30000},
        {"settings show --node n2", "settings.show", "n2", HVC_CLI_TEXT, 30000},
        {"settings set moves-out 4", "settings.set", "moves-out", HVC_CLI_TEXT, 30000},
        {"service", "service.show", NULL, HVC_CLI_TEXT, 30000},
        {"node list --json", "node.list", NULL, HVC_CLI_JSON, 30000},
        {"move vm1", "job.create", "vm1", HVC_CLI_TEXT, 30000},
        {"move vm1 n2 --no-wait", "job.create", "vm1", HVC_CLI_TEXT, 30000},
        {"move list", "move.list", NULL, HVC_CLI_TEXT, 30000},
        {"jobs", "job.list", NULL, HVC_CLI_TEXT, 30000},
        {"jobs show 7", "job.show", "7", HVC_CLI_TEXT, 30000},
        {"jobs watch", "job.wait", NULL, HVC_CLI_TEXT, 30000},
        {"service stop", "service.set", NULL, HVC_CLI_TEXT, 30000},
        {"network remove 3", "network.remove", "3", HVC_CLI_TEXT, 30000},
        {"init", "state.init", NULL, HVC_CLI_TEXT, 30000},
        {"backup /tmp/x", "state.backup", "/tmp/x", HVC_CLI_TEXT, 30000},
        {"balance --do", "balance.plan", NULL, HVC_CLI_TEXT, 30000},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_cli_order order;
        struct hvc_error error = {0};

        assert_int_equal(parse(cases[i].line, &order, &error), 0);
        assert_string_equal(order.command->operation, cases[i].operation);
        if (cases[i].operand == NULL)
            assert_int_equal(order.value_count, 0);
        else
            assert_string_equal(order.values[0].text, cases[i].operand);
        assert_int_equal(order.output, cases[i].output);
        assert_int_equal(order.timeout_ms, cases[i].timeout_ms);
    }
}

static void options_of_a_command_become_arguments_of_its_operation(void **state)
{
    struct hvc_cli_order order;
    struct hvc_error error = {0};

    (void)state;
    assert_int_equal(parse("node set n2 --maintenance=yes --accepting no --token t:1 --wait", &order, &error), 0);
    assert_string_equal(hvc_cli_value(&order, "node")->text, "n2");
    assert_true(hvc_cli_value(&order, "maintenance")->yes);
    assert_false(hvc_cli_value(&order, "accepting")->yes);
    assert_string_equal(hvc_cli_value(&order, "token")->text, "t:1");
    assert_true(hvc_cli_value(&order, "wait")->yes);
    assert_null(hvc_cli_value(&order, "force"));
    assert_int_equal(parse("--metric 7 network modify 3 --bandwidth=1000", &order, &error), 0);
    assert_int_equal(hvc_cli_value(&order, "metric")->number, 7);
    assert_int_equal(hvc_cli_value(&order, "bandwidth")->number, 1000);
    assert_int_equal(hvc_cli_value(&order, "id")->number, 3);
    assert_int_equal(parse("restore x --authoritative --config=/c", &order, &error), 0);
    assert_int_equal(order.command->work, HVC_CLI_RESTORE);
    assert_string_equal(order.config, "/c");
    assert_non_null(hvc_cli_value(&order, "authoritative"));
}

static void one_name_means_what_its_command_wants(void **state)
{
    struct hvc_cli_order order;
    struct hvc_error error = {0};

    (void)state;
    assert_int_equal(parse("move vm1 n2 --wait=90 --bandwidth 1000 --kind=quick --pin", &order, &error), 0);
    assert_int_equal(order.wait_ms, 90000);
    assert_null(hvc_cli_value(&order, "wait"));
    assert_string_equal(hvc_cli_value(&order, "target")->text, "n2");
    assert_int_equal(hvc_cli_value(&order, "bandwidth")->number, 1000);
    assert_true(hvc_cli_value(&order, "pin")->yes);
    assert_int_equal(parse("--wait move vm1", &order, &error), 0);
    assert_true(order.wait_ms == UINT64_MAX);
    assert_int_equal(parse("move vm1 --no-wait", &order, &error), 0);
    assert_int_equal(order.wait_ms, 0);
    assert_int_equal(parse("move vm1 n2 --wait 0", &order, &error), 0);
    assert_int_equal(order.wait_ms, 0);
    assert_int_equal(parse("--wait 7 move vm1", &order, &error), 0);
    assert_int_equal(order.wait_ms, 7000);
    assert_null(hvc_cli_value(&order, "target"));
    assert_int_equal(parse("move --wait vm1 n2", &order, &error), 0);
    assert_true(order.wait_ms == UINT64_MAX);
    assert_string_equal(hvc_cli_value(&order, "target")->text, "n2");
    assert_int_equal(parse("balance --do --no-wait --hold=60", &order, &error), 0);
    assert_true(order.act);
    assert_int_equal(order.wait_ms, 0);
    assert_int_equal(hvc_cli_value(&order, "hold_s")->number, 60);
    assert_int_equal(parse("balance", &order, &error), 0);
    assert_false(order.act);
    assert_int_equal(parse("--wait service start", &order, &error), 0);
    assert_true(hvc_cli_value(&order, "wait")->yes);
    assert_string_equal(order.command->fixed[1].value, "enabled");
    assert_int_equal(parse("jobs watch 3 4 18", &order, &error), 0);
    assert_string_equal(order.numbers, "3,4,18");
    assert_non_null(hvc_cli_value(&order, "ids"));
    assert_int_equal(parse("jobs cancel --wait 5", &order, &error), 0);
    assert_int_equal(hvc_cli_value(&order, "id")->number, 5);
    assert_true(hvc_cli_value(&order, "wait")->yes);
    assert_int_equal(parse("jobs cancel web-1", &order, &error), 0);
    assert_null(hvc_cli_value(&order, "id"));
    assert_string_equal(hvc_cli_value(&order, "guest")->text, "web-1");
    assert_int_equal(parse("jobs resolve 3 --node n2", &order, &error), 0);
    assert_string_equal(hvc_cli_value(&order, "node")->text, "n2");
}

static void what_is_wrong_is_said_in_a_sentence(void **state)
{
    static const struct {
        const char *line, *words;
    } cases[] = {
        {"", "no command; 'hvcluster --help' names them"},
        {"guets list", "there is no command 'guets list'; 'hvcluster --help' names them"},
        {"guest", "there is no command 'guest'; 'hvcluster --help' names them"},
        {"guest show", "'hvcluster guest show' needs a guest: its UUID, its name, or a path"},
        {"move show", "'hvcluster move show' needs the id of a move: see 'hvcluster move list'"},
        {"status now", "'hvcluster status' does not take 'now'"},
        {"guest show a b", "'hvcluster guest show' does not take 'b'"},
        {"a b c d e", "there is no command 'a b'; 'hvcluster --help' names them"},
        {"--colour status", "there is no option '--colour'; 'hvcluster --help' names them"},
        {"status --timeout", "--timeout needs a value: SECONDS"},
        {"status --timeout 0", "--timeout takes whole seconds from 1 to 86400, not '0'"},
        {"status --timeout=1h", "--timeout takes whole seconds from 1 to 86400, not '1h'"},
        {"status --output-as=xml", "--output-as takes text or json, not 'xml'"},
        {"--help=me", "--help takes no value"},
        {"settings bogus", "there is no command 'settings bogus'; 'hvcluster --help' names them"},
        {"settings set", "'hvcluster settings set' needs the name of a setting: see 'hvcluster settings'"},
        {"settings set moves-out", "'hvcluster settings set' needs a value: see 'hvcluster settings'"},
        {"settings set a 1 2", "'hvcluster settings set' does not take '2'"},
        {"settings show x", "'hvcluster settings show' does not take 'x'"},
        {"network remove x", "ID takes a whole number, not 'x'"},
        {"network modify 1 --metric=-1", "--metric takes a whole number, not '-1'"},
        {"node set n1 --accepting maybe", "--accepting takes yes or no, not 'maybe'"},
        {"node set n1 --wait --wait", "--wait is given twice"},
        {"node set n1 --force", "'hvcluster node set' does not take --force"},
        {"settings --token x:1", "'hvcluster settings show' does not take --token"},
        {"status --config /x", "'hvcluster status' does not take --config"},
        {"backup", "'hvcluster backup' needs a file"},
        {"move", "'hvcluster move' needs a guest: its name, its UUID, or the path of its definition"},
        {"move vm1 n2 n3", "'hvcluster move' does not take 'n3'"},
        {"move vm1 --wait=soon", "--wait takes whole seconds from 0 to 604800, not 'soon'"},
        {"settings set a 1 --wait=5", "--wait takes no value"},
        {"jobs watch 1 x", "ID... takes whole numbers, not 'x'"},
        {"jobs cancel", "'hvcluster jobs cancel' needs the number of a job, or its guest: see 'hvcluster jobs'"},
        {"jobs cancel 1 2", "'hvcluster jobs cancel' does not take '2'"},
        {"move vm1 n2 5 --wait", "'hvcluster move' does not take '5'"},
        {"move vm1 n2 --wait 800000", "--wait takes whole seconds from 0 to 604800, not '800000'"},
        {"check vm1 --limit 3", "'hvcluster check' does not take --limit"},
        {"history --kind live", "'hvcluster history' does not take --kind"},
        {"jobs set 1 --kind live", "'hvcluster jobs set' does not take --kind"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_cli_order order;
        struct hvc_error error = {0};

        assert_int_equal(parse(cases[i].line, &order, &error), -EINVAL);
        assert_string_equal(error.text, cases[i].words);
    }
}

static void help_and_version_want_no_command(void **state)
{
    struct hvc_cli_order order;
    struct hvc_error error = {0};

    (void)state;
    assert_int_equal(parse("--help", &order, &error), 0);
    assert_true(order.help);
    assert_int_equal(parse("--version", &order, &error), 0);
    assert_true(order.version);
    assert_int_equal(parse("--manual", &order, &error), 0);
    assert_true(order.manual);
    assert_int_equal(parse("--completion", &order, &error), 0);
    assert_true(order.completion);
}

static void every_command_is_in_help_manual_and_completion(void **state)
{
    static char help[32768], manual[131072], completion[32768];
    FILE *out = fmemopen(help, sizeof(help), "w");
    const struct hvc_cli_command *command;
    const struct hvc_cli_option *option;

    (void)state;
    assert_non_null(out);
    hvc_cli_write_help(out);
    assert_int_equal(fclose(out), 0);
    out = fmemopen(manual, sizeof(manual), "w");
    assert_non_null(out);
    hvc_cli_write_manual(out);
    assert_int_equal(fclose(out), 0);
    out = fmemopen(completion, sizeof(completion), "w");
    assert_non_null(out);
    hvc_cli_write_completion(out);
    assert_int_equal(fclose(out), 0);
    for (size_t i = 0; (command = hvc_cli_command_at(i)) != NULL; i++) {
        char form[96];

        hvc_cli_form(command, form, sizeof(form));
        assert_non_null(strstr(help, form));
        assert_true(command->work != HVC_CLI_ASK || command->operation != NULL);
        assert_non_null(strstr(manual, form));
        (void)snprintf(form, sizeof(form), "\"%s\") options=", command->words);
        assert_non_null(strstr(completion, form));
    }
    for (size_t i = 0; (option = hvc_cli_option_at(i)) != NULL; i++)
        assert_true(strstr(help, option->name) != NULL && strstr(completion, option->name) != NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orders_are_read_from_the_tables),
        cmocka_unit_test(options_of_a_command_become_arguments_of_its_operation),
        cmocka_unit_test(one_name_means_what_its_command_wants),
        cmocka_unit_test(what_is_wrong_is_said_in_a_sentence),
        cmocka_unit_test(help_and_version_want_no_command),
        cmocka_unit_test(every_command_is_in_help_manual_and_completion),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

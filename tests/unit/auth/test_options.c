/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "options.h"

#include <errno.h>
#include <string.h>

#include "../hvc_cmocka.h"

static int parse(const char *words, struct hvc_auth_command *command, struct hvc_error *error)
{
    static char copy[256];
    char *arguments[16] = {copy};
    int count = 0;

    (void)snprintf(copy, sizeof(copy), "hvcluster-auth %s", words);
    for (char *p = copy, *rest = NULL; (arguments[count] = strtok_r(p, " ", &rest)) != NULL; p = NULL)
        count++;
    return hvc_auth_command_parse(count, arguments, command, error);
}

static void without_options_everything_has_its_default(void **state)
{
    struct hvc_auth_command command;

    (void)state;
    assert_int_equal(parse("", &command, NULL), 0);
    assert_null(command.socket);
    assert_null(command.confdir);
    assert_string_equal(command.service, "hvcluster");
    assert_int_equal(command.check_s, 20);
    assert_int_equal(command.idle_s, 300);
}

static void options_are_taken(void **state)
{
    struct hvc_auth_command command;

    (void)state;
    assert_int_equal(parse("--socket /tmp/s --peer=nobody --service x --pam-directory /p --check-timeout 3 --idle=0",
                           &command, NULL),
                     0);
    assert_string_equal(command.socket, "/tmp/s");
    assert_string_equal(command.peer, "nobody");
    assert_string_equal(command.service, "x");
    assert_string_equal(command.confdir, "/p");
    assert_int_equal(command.check_s, 3);
    assert_int_equal(command.idle_s, 0);
    assert_int_equal(parse("--help --version", &command, NULL), 0);
    assert_true(command.help && command.version);
}

static void wrong_options_are_refused_in_words(void **state)
{
    static const struct {
        const char *words, *text;
    } cases[] = {
        {"--nothing", "\"--nothing\" is not understood; hvcluster-auth --help names the options"},
        {"extra", "\"extra\" is no option; hvcluster-auth --help names them"},
        {"--peer", "--peer needs a value"},
        {"--socket=", "--socket needs a value: PATH"},
        {"--check-timeout 0", "--check-timeout is \"0\": it must be a whole number from 1 to 300"},
        {"--idle soon", "--idle is \"soon\": it must be a whole number from 0 to 86400"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_auth_command command;
        struct hvc_error error = {0};

        assert_int_equal(parse(cases[i].words, &command, &error), -EINVAL);
        assert_string_equal(error.text, cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_options_everything_has_its_default),
        cmocka_unit_test(options_are_taken),
        cmocka_unit_test(wrong_options_are_refused_in_words),
    };

    return cmocka_run_group_tests_name("auth.options", tests, NULL, NULL);
}

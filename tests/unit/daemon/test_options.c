/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../hvc_cmocka.h"

static int parse(const char *const *words, struct hvc_options *options, struct hvc_error *error)
{
    char *argv[8] = {NULL};
    int argc = 0;

    for (; words[argc] != NULL; argc++)
        memcpy(&argv[argc], &words[argc], sizeof(argv[0]));
    return hvc_options_parse(argc, argv, options, error);
}

static void options_take_their_values_in_both_forms(void **state)
{
    static const char *const words[] = {"hvclusterd", "--config", "/a", "--log-file=/b=c", "--foreground", NULL};
    struct hvc_options options;

    (void)state;
    assert_int_equal(parse(words, &options, NULL), 0);
    assert_string_equal(options.config, "/a");
    assert_string_equal(options.log_file, "/b=c");
    assert_true(options.foreground);
    assert_false(options.check_config || options.print_config || options.help || options.version);
}

static void wrong_ones_are_refused_in_words(void **state)
{
    static const struct {
        const char *words[4];
        const char *text;
    } cases[] = {
        {{"hvclusterd", "--fly"}, "no option \"--fly\""},
        {{"hvclusterd", "-h"}, "no option \"-h\""},
        {{"hvclusterd", "start"}, "no option \"start\""},
        {{"hvclusterd", "--config"}, "--config needs a value: FILE"},
        {{"hvclusterd", "--config="}, "--config needs a value: FILE"},
        {{"hvclusterd", "--help=x"}, "--help takes no value"},
        {{"hvclusterd", "--init", "--force"}, "only one of them can be meant"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_error error = {0};
        struct hvc_options options;

        assert_int_equal(parse(cases[i].words, &options, &error), -EINVAL);
        assert_non_null(strstr(error.text, cases[i].text));
    }
}

static void help_and_manual_page_name_every_option(void **state)
{
    static const char *const names[] = {"config", "foreground", "log-file",   "check-config", "print-config",
                                        "help",   "version",    "standalone", "init",         "force"};
    static char page[65536], help[4096];
    char path[512];
    FILE *file = fmemopen(help, sizeof(help), "w");

    (void)state;
    hvc_options_help(file);
    (void)fclose(file);
    (void)snprintf(path, sizeof(path), "%s/docs/man/hvclusterd.8", getenv("HVC_SOURCE_DIR"));
    file = fopen(path, "re");
    assert_non_null(file);
    page[fread(page, 1, sizeof(page) - 1, file)] = '\0';
    (void)fclose(file);
    for (size_t i = 0; i < HVC_COUNT(names); i++) {
        char plain[64], roff[64] = "\\-\\-";

        (void)snprintf(plain, sizeof(plain), "--%s ", names[i]);
        assert_non_null(strstr(help, plain));
        for (const char *p = names[i]; *p != '\0'; p++) {
            size_t used = strlen(roff);

            (void)snprintf(roff + used, sizeof(roff) - used, *p == '-' ? "\\%c" : "%c", *p);
        }
        if (strstr(page, roff) == NULL)
            fail_msg("docs/man/hvclusterd.8 lacks %s", roff);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_take_their_values_in_both_forms),
        cmocka_unit_test(wrong_ones_are_refused_in_words),
        cmocka_unit_test(help_and_manual_page_name_every_option),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

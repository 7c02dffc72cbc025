/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../hvc_cmocka.h"

static void an_empty_file_gives_the_defaults(void **state)
{
    struct hvc_config defaults, config;

    (void)state;
    hvc_config_defaults(&defaults);
    assert_int_equal(hvc_config_parse("x", "", &config, NULL), 0);
    assert_memory_equal(&config, &defaults, sizeof(config));
    assert_string_equal(config.service, "hvclusterd");
    assert_string_equal(config.peer_uri, "qemu+tls://%n/system");
    assert_true(config.tls);
    assert_false(config.post_copy);
    assert_int_equal(config.workers, 16);
}

static void every_kind_of_value_is_read(void **state)
{
    struct hvc_config config;

    (void)state;
    assert_int_equal(
        hvc_config_parse("x",
                         "# comment\n[daemon]\nuser=\nworkers = 64 \n\n[log]\nlevel=debug\nsyslog=off\n"
                         "file=/var/log/x y\n[migration]\ntls=no\nbandwidth_mib=100\nring_latency_ms=0\nring_all=yes\n",
                         &config, NULL),
        0);
    assert_string_equal(config.user, "");
    assert_int_equal(config.workers, 64);
    assert_string_equal(config.log_level, "debug");
    assert_false(config.log_syslog);
    assert_string_equal(config.log_file, "/var/log/x y");
    assert_false(config.tls);
    assert_int_equal(config.bandwidth_mib, 100);
    assert_int_equal(config.ring_latency_ms, 0);
    assert_true(config.ring_all);
}

static void what_is_wrong_is_told_with_file_line_and_what_is_allowed(void **state)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"[daemon]\nworker=3\n", "f.conf:2: [daemon] has no key worker: there are user, runtime_directory"},
        {"\n# x\n[demon]\n", "f.conf:3: there is no group [demon]: there are [daemon], [access]"},
        {"[migration]\ntls=no\n tls=yes\n", "f.conf:3: tls stands in [migration] twice, first in line 2"},
        {"[daemon]\nworkers=0\n", "f.conf:2: workers is \"0\": it must be a whole number from 1 to 64"},
        {"[daemon]\nworkers=99\n", "whole number from 1 to 64"},
        {"[daemon]\nworkers=many\n", "whole number"},
        {"[daemon]\nruntime_directory=run\n", "must be an absolute path"},
        {"[daemon]\nservice=\n", "service has 0 bytes"},
        {"[migration]\ntls=maybe\n", "must be yes or no"},
        {"[migration]\nring_latency_ms=50ms\n", "whole number from 0 to 10000"},
        {"[log]\nlevel=loud\n", "must be one of error warning notice info debug"},
        {"[log]\nlevel=inf\n", "must be one of"},
        {"[log]\nlevel=\n", "must be one of"},
        {"workers=3\n", "f.conf: "},
        {"[daemon\n", "f.conf: "},
        {"[daemon]\nnonsense\n", "f.conf: "},
        {"[daemon]\nuser=\xff\xfe\n", "f.conf:2: the value of user is no text"},
        {"[daemon]\nuser=0123456789012345678901234567890123456789\n", "user has 40 bytes: 0 to 31"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_error error = {0};
        struct hvc_config config;
        int rc = hvc_config_parse("f.conf", cases[i].text, &config, &error);

        if (rc != -EINVAL || strstr(error.text, cases[i].words) == NULL)
            fail_msg("%s gave %d \"%s\"", cases[i].text, rc, error.text);
    }
}

static void what_is_printed_is_read_again_as_the_same(void **state)
{
    struct hvc_config config, again;
    char text[16384] = "";
    FILE *out = fmemopen(text, sizeof(text), "w");

    (void)state;
    assert_int_equal(hvc_config_parse("x", "[migration]\nparallel=4\n[access]\nread_group=staff\n", &config, NULL), 0);
    hvc_config_print(out, &config);
    (void)fclose(out);
    assert_int_equal(hvc_config_parse("printed", text, &again, NULL), 0);
    assert_memory_equal(&again, &config, sizeof(config));
}

static void a_missing_file_is_an_error_only_when_it_was_asked_for(void **state)
{
    struct hvc_error error = {0};
    struct hvc_config config;

    (void)state;
    memset(&config, 1, sizeof(config));
    assert_int_equal(hvc_config_read("/nonexistent/x.conf", true, &config, &error), -ENOENT);
    assert_non_null(strstr(error.text, "/nonexistent/x.conf"));
    assert_int_equal(hvc_config_read("/nonexistent/x.conf", false, &config, &error), -ENOENT);
    assert_int_equal(config.workers, 16);
    assert_int_equal(hvc_config_read("/", true, &config, &error), -EACCES);
    assert_int_equal(hvc_config_read("/dev/null", true, &config, &error), 0);
    assert_int_equal(hvc_config_read("/proc/self/cmdline", true, &config, &error), -EINVAL);
    assert_non_null(strstr(error.text, "zero byte"));
}

static void the_manual_page_names_every_key_and_its_default(void **state)
{
    static char page[65536], printed[16384];
    struct hvc_config config;
    char path[512];
    FILE *file = fmemopen(printed, sizeof(printed), "w");
    char *save = NULL;

    (void)state;
    hvc_config_defaults(&config);
    hvc_config_print(file, &config);
    (void)fclose(file);
    (void)snprintf(path, sizeof(path), "%s/docs/man/hvclusterd.8", getenv("HVC_SOURCE_DIR"));
    file = fopen(path, "re");
    assert_non_null(file);
    page[fread(page, 1, sizeof(page) - 1, file)] = '\0';
    (void)fclose(file);
    for (char *line = strtok_r(printed, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
        char *equals = strstr(line, " =");
        char entry[1024];

        if (line[0] == '#' || equals == NULL)
            continue;
        *equals = '\0';
        (void)snprintf(entry, sizeof(entry), ".BR %s \" (%s)\"", line, equals[2] == ' ' ? equals + 3 : "");
        if (strstr(page, entry) == NULL)
            fail_msg("docs/man/hvclusterd.8 lacks: %s", entry);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_file_gives_the_defaults),
        cmocka_unit_test(every_kind_of_value_is_read),
        cmocka_unit_test(what_is_wrong_is_told_with_file_line_and_what_is_allowed),
        cmocka_unit_test(what_is_printed_is_read_again_as_the_same),
        cmocka_unit_test(a_missing_file_is_an_error_only_when_it_was_asked_for),
        cmocka_unit_test(the_manual_page_names_every_key_and_its_default),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

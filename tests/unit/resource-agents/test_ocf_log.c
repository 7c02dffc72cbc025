/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ocf_log.h"

#include <stdlib.h>

#include "../hvc_cmocka.h"
#include "agent_environment.h"

static struct agent_environment environment;
static struct hvc_ocf ocf;
static struct stderr_capture capture;

static int fresh(void **state)
{
    (void)state;
    memset(&environment, 0, sizeof(environment));
    ocf = (struct hvc_ocf){.environment = environment.entries, .agent = "VirtualSystem", .resource = "vm1"};
    return 0;
}

static char file_text[4096];
static const char *read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    size_t length;

    assert_non_null(file);
    length = fread(file_text, 1, sizeof(file_text) - 1, file);
    file_text[length] = '\0';
    (void)fclose(file);
    return file_text;
}

static void without_a_destination_words_go_to_standard_error(void **state)
{
    const char *text;

    (void)state;
    stderr_begin(&capture);
    hvc_ocf_log(&ocf, HVC_OCF_WARNING, "guest %s is slow", "vm1");
    text = stderr_end(&capture);
    assert_non_null(strstr(text, "WARNING: guest vm1 is slow\n"));
}

static void a_log_file_gets_tagged_lines_and_standard_error_none(void **state)
{
    char path[] = "/tmp/hvc-log-XXXXXX";
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    (void)close(fd);
    environment_add(&environment, "HA_LOGFILE=%s", path);
    stderr_begin(&capture);
    hvc_ocf_log(&ocf, HVC_OCF_INFO, "one");
    hvc_ocf_log(&ocf, HVC_OCF_ERROR, "two\nof two lines");
    assert_string_equal(stderr_end(&capture), "");
    assert_non_null(strstr(read_file(path), " VirtualSystem(vm1)["));
    assert_non_null(strstr(file_text, "]:    INFO: one\n"));
    assert_non_null(strstr(file_text, "ERROR: two of two lines\n"));
    (void)unlink(path);
}

static void debug_is_said_only_when_asked_for(void **state)
{
    (void)state;
    stderr_begin(&capture);
    hvc_ocf_log(&ocf, HVC_OCF_DEBUG, "quiet");
    assert_string_equal(stderr_end(&capture), "");
    environment_add(&environment, "HA_debug=1");
    stderr_begin(&capture);
    hvc_ocf_log(&ocf, HVC_OCF_DEBUG, "loud");
    assert_non_null(strstr(stderr_end(&capture), "DEBUG: loud\n"));
}

static void a_reason_has_the_prefix_that_pacemaker_looks_for(void **state)
{
    (void)state;
    stderr_begin(&capture);
    hvc_ocf_exit_reason(&ocf, "guest %s is unknown", "vm1");
    assert_string_equal(stderr_end(&capture), "ocf-exit-reason:guest vm1 is unknown\n");
    environment_add(&environment, "OCF_EXIT_REASON_PREFIX=why=");
    stderr_begin(&capture);
    hvc_ocf_exit_reason(&ocf, "line\nbreak");
    assert_string_equal(stderr_end(&capture), "why=line break\n");
}

static void a_long_reason_keeps_both_ends_and_stands_whole_in_the_log(void **state)
{
    char words[300];
    const char *text;
    const char *end;

    (void)state;
    memset(words, 'x', sizeof(words));
    memcpy(words, "begin", 5);
    memcpy(words + sizeof(words) - 6, "cause", 6);
    stderr_begin(&capture);
    hvc_ocf_exit_reason(&ocf, "%s", words);
    text = stderr_end(&capture);
    end = strchr(text, '\n');
    assert_non_null(end);
    assert_in_range(end - text, 100, (long)strlen("ocf-exit-reason:") + HVC_OCF_REASON_MAX);
    assert_int_equal(strncmp(text, "ocf-exit-reason:begin", 21), 0);
    assert_int_equal(strncmp(end - 5, "cause", 5), 0);
    assert_non_null(strstr(text, "x ... x"));
    assert_non_null(strstr(end, words));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(without_a_destination_words_go_to_standard_error, fresh),
        cmocka_unit_test_setup(a_log_file_gets_tagged_lines_and_standard_error_none, fresh),
        cmocka_unit_test_setup(debug_is_said_only_when_asked_for, fresh),
        cmocka_unit_test_setup(a_reason_has_the_prefix_that_pacemaker_looks_for, fresh),
        cmocka_unit_test_setup(a_long_reason_keeps_both_ends_and_stands_whole_in_the_log, fresh),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

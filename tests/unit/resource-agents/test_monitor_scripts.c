/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "monitor_scripts.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../hvc_cmocka.h"
#include "hvc/clock.h"

static struct hvc_error error;

static int run(const char *scripts)
{
    hvc_error_clear(&error);
    return hvc_monitor_scripts_run(scripts, hvc_deadline_in(10000), &error);
}

static void scripts_run_until_one_fails(void **state)
{
    (void)state;
    assert_int_equal(run(""), 0);
    assert_int_equal(run("  \t\n "), 0);
    assert_int_equal(run("/bin/true  /bin/true "), 0);
    assert_int_equal(run("/bin/true /bin/false /nonexistent"), -EIO);
    assert_string_equal(error.text, "monitor script /bin/false ended with 1: ");
    assert_int_equal(run("/nonexistent/script"), -ENOENT);
    assert_string_equal(error.text, "monitor script: cannot start /nonexistent/script: No such file or directory");
}

static char *make_script(const char *text)
{
    static char path[32];
    FILE *out;
    int fd;

    (void)snprintf(path, sizeof(path), "/tmp/hvc-script-XXXXXX");
    fd = mkstemp(path);
    assert_true(fd >= 0);
    out = fdopen(fd, "w");
    assert_non_null(out);
    assert_true(fprintf(out, "#!/bin/sh\n%s\n", text) > 0);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(chmod(path, 0700), 0);
    return path;
}

static void what_a_script_says_is_part_of_the_reason(void **state)
{
    char *path = make_script("echo out; echo err >&2; exit 3");

    (void)state;
    assert_int_equal(run(path), -EIO);
    assert_non_null(strstr(error.text, " ended with 3: out\nerr\n"));
    (void)unlink(path);
}

static void a_script_that_does_not_end_is_ended(void **state)
{
    char *path = make_script("exec sleep 1000");

    (void)state;
    hvc_error_clear(&error);
    assert_int_equal(hvc_monitor_scripts_run(path, hvc_deadline_in(100), &error), -ETIMEDOUT);
    assert_non_null(strstr(error.text, "did not end in time"));
    (void)unlink(path);
}

static void awaiting_tries_again_until_all_succeed(void **state)
{
    char counter[] = "/tmp/hvc-count-XXXXXX";
    char script[256];
    char *path;
    int fd = mkstemp(counter);

    (void)state;
    assert_true(fd >= 0);
    (void)close(fd);
    (void)snprintf(script, sizeof(script), "echo x >>%s; [ $(wc -l <%s) -ge 2 ]", counter, counter);
    path = make_script(script);
    assert_int_equal(hvc_monitor_scripts_await(path, hvc_deadline_in(30000), &error), 0);
    (void)unlink(path);
    (void)unlink(counter);
    assert_int_equal(hvc_monitor_scripts_await("/bin/false", hvc_deadline_in(100), &error), -EIO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scripts_run_until_one_fails),
        cmocka_unit_test(what_a_script_says_is_part_of_the_reason),
        cmocka_unit_test(a_script_that_does_not_end_is_ended),
        cmocka_unit_test(awaiting_tries_again_until_all_succeed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

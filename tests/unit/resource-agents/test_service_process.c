/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service_process.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../hvc_cmocka.h"
#include "hvc/clock.h"

static char folder[64];
static char output[96];
static struct hvc_ocf ocf;
static struct hvc_error error;

static int begin(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof(folder), "/tmp/hvc-service-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(output, sizeof(output), "%s/out", folder);
    ocf = (struct hvc_ocf){.resource = "hvc", .state_directory = folder};
    hvc_error_clear(&error);
    return 0;
}

static int end(void **state)
{
    char command[128];

    (void)state;
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    return system(command);
}

static int start(const char *script, struct hvc_service_process *ret)
{
    const char *const arguments[] = {"/bin/sh", "-c", script, NULL};
    const struct hvc_service_command command = {.arguments = arguments, .output = output};

    return hvc_service_process_start(&ocf, &command, ret, &error);
}

static void a_process_is_started_noted_found_again_and_ended(void **state)
{
    struct hvc_service_process process;
    struct hvc_service_process noted;

    (void)state;
    assert_int_equal(start("exec sleep 1000", &process), 0);
    assert_int_equal(hvc_service_process_load(&ocf, &noted, &error), 0);
    assert_int_equal(noted.pid, process.pid);
    assert_int_equal(noted.started, process.started);
    assert_true(hvc_service_process_runs(&noted));
    for (uint64_t deadline = hvc_deadline_in(5000); getsid(process.pid) != process.pid;) {
        assert_true(hvc_deadline_left(deadline) > 0);
        (void)usleep(1000);
    }
    assert_int_equal(hvc_service_process_end(&noted, 5000, hvc_deadline_in(10000), &error), 0);
    assert_false(hvc_service_process_runs(&noted));
    hvc_service_process_forget(&ocf);
    assert_int_equal(hvc_service_process_load(&ocf, &noted, &error), -ENOENT);
}

static void a_process_that_ignores_term_is_killed(void **state)
{
    struct hvc_service_process process;
    uint64_t begun;

    (void)state;
    assert_int_equal(start("trap '' TERM; echo ready; while :; do sleep 1; done", &process), 0);
    for (uint64_t deadline = hvc_deadline_in(5000);;) {
        struct stat status;

        if (stat(output, &status) == 0 && status.st_size > 0)
            break;
        assert_true(hvc_deadline_left(deadline) > 0);
        (void)usleep(10000);
    }
    begun = hvc_now_ms();
    assert_int_equal(hvc_service_process_end(&process, 200, hvc_deadline_in(10000), &error), 0);
    assert_in_range(hvc_now_ms() - begun, 200, 30000);
}

static void another_process_of_the_same_pid_is_not_ours(void **state)
{
    struct hvc_service_process self;

    (void)state;
    assert_int_equal(hvc_service_process_of_pid(getpid(), &self), 0);
    assert_true(hvc_service_process_runs(&self));
    self.started++;
    assert_false(hvc_service_process_runs(&self));
    /* Nothing is sent to it. */
    assert_int_equal(hvc_service_process_end(&self, 1000, hvc_deadline_in(1000), &error), 0);
    assert_int_equal(hvc_service_process_of_pid(0, &self), -ESRCH);
}

static void what_cannot_be_started_is_told(void **state)
{
    const char *const arguments[] = {"/nonexistent/hvclusterd", NULL};
    struct hvc_service_command command = {.arguments = arguments, .output = output};
    struct hvc_service_process process;
    char text[256] = "";
    FILE *file;

    (void)state;
    assert_int_equal(hvc_service_process_start(&ocf, &command, &process, &error), 0);
    assert_int_equal(waitpid(process.pid, NULL, 0), process.pid);
    assert_false(hvc_service_process_runs(&process));
    file = fopen(output, "r");
    assert_non_null(file);
    assert_int_not_equal(fread(text, 1, sizeof(text) - 1, file), 0);
    (void)fclose(file);
    assert_string_equal(text, "cannot run /nonexistent/hvclusterd: No such file or directory\n");
    command.output = "/dev/null/out";
    assert_true(hvc_service_process_start(&ocf, &command, &process, &error) < 0);
    assert_non_null(strstr(error.text, "cannot write /dev/null/out"));
}

static void a_note_that_others_may_write_is_not_believed(void **state)
{
    struct hvc_service_process process;
    char path[128];

    (void)state;
    assert_int_equal(start("true", &process), 0);
    (void)snprintf(path, sizeof(path), "%s/hvcluster-hvc.pid", folder);
    assert_int_equal(chmod(path, 0666), 0);
    assert_int_equal(hvc_service_process_load(&ocf, &process, &error), -EPERM);
    assert_non_null(strstr(error.text, "not believed"));
    (void)waitpid(process.pid, NULL, 0);
}

#define T(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_process_is_started_noted_found_again_and_ended), T(a_process_that_ignores_term_is_killed),
        T(another_process_of_the_same_pid_is_not_ours),      T(what_cannot_be_started_is_told),
        T(a_note_that_others_may_write_is_not_believed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "migration_service.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../hvc_cmocka.h"
#include "agent_environment.h"
#include "hvc/clock.h"
#include "service_process.h"

static char folder[64];
static char program[96];
static struct agent_environment environment;
static struct stderr_capture capture;
static struct hvc_ocf ocf;
static uint64_t timeout_ms;

/* The service answers when the file "answers" exists in the folder, which the test's hvclusterd makes. */
static int fake_rc;
static struct hvc_service_health fake_health;
static int fake_ask(const struct hvc_service_probe *probe, uint64_t deadline_ms, struct hvc_service_health *ret_health,
                    struct hvc_error *error)
{
    char path[128];

    (void)probe;
    (void)deadline_ms;
    (void)snprintf(path, sizeof(path), "%s/answers", folder);
    if (fake_rc < 0)
        return hvc_error_set(error, fake_rc, "it says %s", strerror(-fake_rc));
    if (access(path, F_OK) < 0)
        return hvc_error_set(error, -ENOTCONN, "nobody listens");
    *ret_health = fake_health;
    return 0;
}
static struct hvc_service_probe PROBE = {.ask = fake_ask, .root = folder};

static void write_program(const char *script)
{
    FILE *out = fopen(program, "w");

    assert_non_null(out);
    assert_true(fprintf(out, "#!/bin/sh\ncd %s || exit 1\n%s\n", folder, script) > 0);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(chmod(program, 0755), 0);
}

static int begin(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof(folder), "/tmp/hvc-service-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(program, sizeof(program), "%s/hvclusterd", folder);
    memset(&environment, 0, sizeof(environment));
    environment_add(&environment, "OCF_RESOURCE_INSTANCE=hvc");
    environment_add(&environment, "OCF_RESKEY_binary=%s", program);
    environment_add(&environment, "HA_RSCTMP=%s", folder);
    fake_rc = 0;
    memset(&fake_health, 0, sizeof(fake_health));
    timeout_ms = 10000;
    write_program("trap 'rm -f answers; exit 0' TERM; touch answers; while :; do sleep 0.05; done");
    return 0;
}

static int act(const char *action)
{
    struct hvc_error error = {0};
    int code;

    assert_int_equal(
        hvc_ocf_read("MigrationService", hvc_migration_service.actions, action, environment.entries, &ocf, &error), 0);
    stderr_begin(&capture);
    code = hvc_migration_service_act(&ocf, hvc_deadline_in(timeout_ms), &PROBE);
    (void)stderr_end(&capture);
    return code;
}

static int end(void **state)
{
    char command[128];

    fake_rc = 0;
    if (act("stop") != HVC_OCF_SUCCESS)
        return -1;
    (void)state;
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    return system(command);
}

static void assert_reason(const char *words)
{
    const char *reason = strstr(capture.text, "ocf-exit-reason:");

    if (reason == NULL || strstr(reason, words) == NULL)
        fail_msg("no reason with \"%s\" in:\n%s", words, capture.text);
}

static void the_service_starts_is_seen_and_stops(void **state)
{
    (void)state;
    assert_int_equal(act("monitor"), HVC_OCF_NOT_RUNNING);
    assert_int_equal(act("stop"), HVC_OCF_SUCCESS);
    assert_int_equal(act("start"), HVC_OCF_SUCCESS);
    assert_int_equal(act("monitor"), HVC_OCF_SUCCESS);
    assert_int_equal(act("start"), HVC_OCF_SUCCESS);
    assert_int_equal(act("stop"), HVC_OCF_SUCCESS);
    assert_int_equal(act("monitor"), HVC_OCF_NOT_RUNNING);
    assert_string_equal(capture.text, "");
}

static void kill_it(void)
{
    struct hvc_service_process process;
    char answers[96];

    assert_int_equal(hvc_service_process_load(&ocf, &process, NULL), 0);
    assert_int_equal(kill(process.pid, SIGKILL), 0);
    assert_int_equal(waitpid(process.pid, NULL, 0), process.pid);
    (void)snprintf(answers, sizeof(answers), "%s/answers", folder);
    assert_int_equal(unlink(answers), 0);
}

static void one_that_died_is_pacemakers_to_restart_and_the_next_monitors_when_it_does_not(void **state)
{
    (void)state;
    assert_int_equal(act("start"), HVC_OCF_SUCCESS);
    kill_it();
    assert_int_equal(act("monitor"), HVC_OCF_NOT_RUNNING);
    assert_int_equal(act("monitor"), HVC_OCF_SUCCESS);
    assert_non_null(strstr(capture.text, "Pacemaker has not restarted it since the last monitor"));
    assert_int_equal(act("monitor"), HVC_OCF_SUCCESS);
    kill_it();
    assert_int_equal(act("monitor"), HVC_OCF_NOT_RUNNING);
    assert_int_equal(act("stop"), HVC_OCF_SUCCESS);
    assert_int_equal(act("monitor"), HVC_OCF_NOT_RUNNING);
    assert_int_equal(act("monitor"), HVC_OCF_NOT_RUNNING);
}

static void a_probe_starts_nothing(void **state)
{
    (void)state;
    assert_int_equal(act("start"), HVC_OCF_SUCCESS);
    kill_it();
    environment_add(&environment, "OCF_RESKEY_CRM_meta_interval=0");
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(act("monitor"), HVC_OCF_NOT_RUNNING);
}

static void a_service_that_ends_at_once_is_told_by_its_last_words(void **state)
{
    (void)state;
    write_program("echo first; echo 'hvclusterd.conf:3: unknown key tsl'; exit 1");
    assert_int_equal(act("start"), HVC_OCF_ERR_GENERIC);
    assert_reason("hvclusterd ended at once: hvclusterd.conf:3: unknown key tsl");
}

static void a_service_that_never_answers_is_told(void **state)
{
    (void)state;
    timeout_ms = 300;
    write_program("exec sleep 1000");
    assert_int_equal(act("start"), HVC_OCF_ERR_GENERIC);
    assert_reason("hvclusterd was started and does not answer in time: nobody listens");
    assert_int_equal(act("monitor"), HVC_OCF_ERR_GENERIC);
    assert_reason("hvclusterd is not usable: process ");
    timeout_ms = 10000;
}

static void monitor_tells_hanging_and_unwell_apart(void **state)
{
    static const struct {
        int rc;
        int code;
    } rows[] = {
        {-ENOTCONN, HVC_OCF_NOT_RUNNING}, {-ETIMEDOUT, HVC_OCF_ERR_GENERIC}, {-EPERM, HVC_OCF_ERR_GENERIC},
        {-EPIPE, HVC_OCF_ERR_GENERIC},    {-EAGAIN, HVC_OCF_SUCCESS},
    };
    char path[128];
    FILE *file;

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        fake_rc = rows[i].rc;
        assert_int_equal(act("monitor"), rows[i].code);
        if (rows[i].code == HVC_OCF_ERR_GENERIC)
            assert_reason("hvclusterd is not usable: it says");
    }
    fake_rc = 0;
    (void)snprintf(path, sizeof(path), "%s/answers", folder);
    file = fopen(path, "w");
    assert_non_null(file);
    (void)fclose(file);
    (void)snprintf(fake_health.words, sizeof(fake_health.words), "libvirt hangs");
    assert_int_equal(act("monitor"), HVC_OCF_SUCCESS);
    assert_non_null(strstr(capture.text, "WARNING: hvclusterd runs; libvirt hangs"));
    assert_int_equal(unlink(path), 0);
}

static void a_service_started_by_somebody_else_is_stopped_by_its_own_word(void **state)
{
    const char *const arguments[] = {program, NULL};
    char output[128];
    const struct hvc_service_command command = {.arguments = arguments, .output = output};
    struct hvc_service_process process;
    struct hvc_error error = {0};

    (void)state;
    (void)snprintf(output, sizeof(output), "%s/other.out", folder);
    assert_int_equal(
        hvc_ocf_read("MigrationService", hvc_migration_service.actions, "start", environment.entries, &ocf, &error), 0);
    assert_int_equal(hvc_service_process_start(&ocf, &command, &process, &error), 0);
    hvc_service_process_forget(&ocf);
    fake_health.pid = process.pid;
    for (uint64_t deadline = hvc_deadline_in(5000); act("monitor") != HVC_OCF_SUCCESS;) {
        assert_true(hvc_deadline_left(deadline) > 0);
        (void)usleep(10000);
    }
    assert_int_equal(act("stop"), HVC_OCF_SUCCESS);
    assert_false(hvc_service_process_runs(&process));
}

static void validate_all_says_what_is_missing(void **state)
{
    (void)state;
    assert_int_equal(act("validate-all"), HVC_OCF_SUCCESS);
    environment_add(&environment, "OCF_RESKEY_config=%s/no.conf", folder);
    assert_int_equal(act("validate-all"), HVC_OCF_ERR_INSTALLED);
    assert_reason("no.conf: No such file or directory");
    assert_int_equal(unlink(program), 0);
    assert_int_equal(act("validate-all"), HVC_OCF_ERR_INSTALLED);
    assert_reason("cannot run ");
    environment_add(&environment, "OCF_RESKEY_users=me");
    assert_int_equal(act("validate-all"), HVC_OCF_ERR_CONFIGURED);
    assert_reason("parameter users is unknown");
    assert_int_equal(act("start"), HVC_OCF_ERR_CONFIGURED);
    assert_int_equal(act("demote"), HVC_OCF_ERR_UNIMPLEMENTED);
}

/* Once a start, and never by the monitors that follow. */
static void libvirt_guests_is_warned_of_before_the_first_guest_starts(void **state)
{
    static const char *const folders[] = {"run",
                                          "run/systemd",
                                          "run/systemd/system",
                                          "etc",
                                          "etc/systemd",
                                          "etc/systemd/system",
                                          "etc/systemd/system/multi-user.target.wants"};
    char path[256];

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(folders); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", folder, folders[i]);
        assert_int_equal(mkdir(path, 0755), 0);
    }
    (void)snprintf(path, sizeof(path), "%s/%s/libvirt-guests.service", folder, folders[6]);
    assert_int_equal(symlink("/lib/systemd/system/libvirt-guests.service", path), 0);
    assert_int_equal(act("validate-all"), HVC_OCF_SUCCESS);
    assert_non_null(strstr(capture.text, "run 'systemctl mask libvirt-guests.service' on every node"));
    assert_int_equal(act("start"), HVC_OCF_SUCCESS);
    assert_non_null(strstr(capture.text, "run 'systemctl mask libvirt-guests.service' on every node"));
    assert_int_equal(act("monitor"), HVC_OCF_SUCCESS);
    assert_string_equal(capture.text, "");
}

#define T(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_service_starts_is_seen_and_stops),
        T(one_that_died_is_pacemakers_to_restart_and_the_next_monitors_when_it_does_not),
        T(a_probe_starts_nothing),
        T(a_service_that_ends_at_once_is_told_by_its_last_words),
        T(a_service_that_never_answers_is_told),
        T(monitor_tells_hanging_and_unwell_apart),
        T(a_service_started_by_somebody_else_is_stopped_by_its_own_word),
        T(validate_all_says_what_is_missing),
        T(libvirt_guests_is_warned_of_before_the_first_guest_starts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

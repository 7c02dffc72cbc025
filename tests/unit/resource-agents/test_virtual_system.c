/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "virtual_system.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../hvc_cmocka.h"
#include "agent_environment.h"
#include "fake_asker.h"
#include "hvc/clock.h"
#include "identity.h"

#define XML "<domain><name>guest1</name></domain>"

static char folder[64];
static char config[96];
static struct agent_environment environment;
static struct fake_asker hvclusterd, direct;
static struct stderr_capture capture;
static struct hvc_ocf ocf;
static uint64_t timeout_ms;

static void write_config(const char *text)
{
    FILE *out = fopen(config, "w");

    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
}

static int begin(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof(folder), "/tmp/hvc-agent-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(config, sizeof(config), "%s/guest.xml", folder);
    memset(&environment, 0, sizeof(environment));
    environment_add(&environment, "OCF_RESOURCE_INSTANCE=vm1");
    environment_add(&environment, "OCF_RESKEY_config=%s", config);
    environment_add(&environment, "HA_RSCTMP=%s", folder);
    fake_init(&hvclusterd);
    fake_init(&direct);
    timeout_ms = 60000;
    write_config(XML);
    return 0;
}

static int end(void **state)
{
    char command[128];

    (void)state;
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    return system(command);
}

/* Runs the action; what it said is in capture.text. */
static int act(const char *action)
{
    struct hvc_error error = {0};
    int code;

    assert_int_equal(
        hvc_ocf_read("VirtualSystem", hvc_virtual_system.actions, action, environment.entries, &ocf, &error), 0);
    stderr_begin(&capture);
    code = hvc_virtual_system_act(&ocf, hvc_deadline_in(timeout_ms), &hvclusterd.asker, &direct.asker);
    (void)stderr_end(&capture);
    return code;
}

static void assert_reason(const char *words)
{
    const char *reason = strstr(capture.text, "ocf-exit-reason:");

    if (reason == NULL || strstr(reason, words) == NULL)
        fail_msg("no reason with \"%s\" in:\n%s", words, capture.text);
}

static void remember_guest(const char *uuid)
{
    struct hvc_identity identity = {.name = "guest1"};
    struct hvc_error error = {0};

    memcpy(identity.uuid, uuid, sizeof(identity.uuid));
    assert_int_equal(
        hvc_ocf_read("VirtualSystem", hvc_virtual_system.actions, "stop", environment.entries, &ocf, &error), 0);
    assert_int_equal(hvc_identity_store(&ocf, &identity, &error), 0);
}

static bool is_remembered(void)
{
    struct hvc_identity identity;
    struct hvc_error error = {0};

    return hvc_identity_load(&ocf, &identity, &error) == 0 && strcmp(identity.uuid, FAKE_UUID) == 0;
}

/* ---- monitor ---- */

static const struct {
    enum hvc_guest_class guest_class;
    int code;
    const char *reason;
} CLASSES[] = {
    {HVC_GUEST_ABSENT, HVC_OCF_NOT_RUNNING, NULL},
    {HVC_GUEST_RUNNING, HVC_OCF_SUCCESS, NULL},
    {HVC_GUEST_PAUSED, HVC_OCF_SUCCESS, NULL},
    {HVC_GUEST_STOPPING, HVC_OCF_SUCCESS, NULL},
    {HVC_GUEST_INCOMING, HVC_OCF_NOT_RUNNING, NULL},
    {HVC_GUEST_LEAVING, HVC_OCF_SUCCESS, NULL},
    {HVC_GUEST_FAILED, HVC_OCF_ERR_GENERIC, "guest guest1 is here and does not run: words of libvirt"},
    {HVC_GUEST_UNKNOWN, HVC_OCF_ERR_GENERIC, "guest guest1 may run here: nobody could tell: words of libvirt"},
};

static void pain_6_and_10_monitor_maps_every_class_of_a_guest(void **state)
{
    (void)state;
    assert_int_equal(HVC_COUNT(CLASSES), HVC_GUEST_CLASS_MAX);
    for (int probe = 0; probe < 2; probe++) {
        for (size_t i = 0; i < HVC_COUNT(CLASSES); i++) {
            fake_init(&hvclusterd);
            fake_init(&direct);
            (void)fake_guest(&hvclusterd, CLASSES[i].guest_class, "vm1");
            (void)fake_guest(&direct, CLASSES[i].guest_class, "vm1");
            if (probe == 1)
                environment_add(&environment, "OCF_RESKEY_CRM_meta_interval=0");
            assert_int_equal(act("monitor"), CLASSES[i].code);
            if (CLASSES[i].reason != NULL)
                assert_reason(CLASSES[i].reason);
            else
                assert_null(strstr(capture.text, "ocf-exit-reason:"));
            if (probe == 1)
                environment.entries[--environment.count] = NULL;
        }
    }
}

static void pain_8_a_guest_paused_by_an_io_error_is_failed_or_degraded_by_policy(void **state)
{
    (void)state;
    fake_guest(&hvclusterd, HVC_GUEST_FAILED, "vm1")->io_error = true;
    assert_int_equal(act("monitor"), HVC_OCF_ERR_GENERIC);
    fake_init(&hvclusterd);
    fake_guest(&hvclusterd, HVC_GUEST_FAILED, "vm1")->io_error = true;
    environment_add(&environment, "OCF_RESKEY_on_io_error=degraded");
    assert_int_equal(act("monitor"), HVC_OCF_DEGRADED);
    assert_reason("guest guest1 is paused by an I/O error");
    fake_init(&hvclusterd);
    (void)fake_guest(&hvclusterd, HVC_GUEST_FAILED, "vm1");
    assert_int_equal(act("monitor"), HVC_OCF_ERR_GENERIC);
}

static void a_recurring_monitor_knows_its_guest_without_the_xml(void **state)
{
    (void)state;
    remember_guest(FAKE_UUID);
    (void)unlink(config);
    (void)fake_guest(&hvclusterd, HVC_GUEST_RUNNING, "vm1");
    assert_int_equal(act("monitor"), HVC_OCF_SUCCESS);
    assert_string_equal(hvclusterd.asked[0].operation, "guest.inspect");
    assert_string_equal(hvclusterd.asked[0].uuid, FAKE_UUID);
    assert_string_equal(hvclusterd.asked[0].name, "guest1");
    assert_string_equal(hvclusterd.asked[0].xml, "");
}

static void a_first_monitor_asks_by_xml_and_notes_the_guest(void **state)
{
    (void)state;
    (void)fake_guest(&hvclusterd, HVC_GUEST_RUNNING, "");
    assert_int_equal(act("monitor"), HVC_OCF_SUCCESS);
    assert_string_equal(hvclusterd.asked[0].xml, XML);
    assert_true(is_remembered());
    assert_string_equal(capture.text, "");
}

static void without_the_daemon_the_fallback_is_asked(void **state)
{
    (void)state;
    (void)fake_guest(&direct, HVC_GUEST_RUNNING, "vm1");
    assert_int_equal(act("monitor"), HVC_OCF_SUCCESS);
    assert_int_equal(direct.count, 1);
    assert_non_null(strstr(capture.text, "NOTICE: hvclusterd did not do it (nobody listens)"));
}

static void a_daemon_that_cannot_tell_is_followed_by_the_fallback(void **state)
{
    static const enum hvc_result results[] = {HVC_RESULT_UNREACHABLE, HVC_RESULT_DENIED, HVC_RESULT_INTERNAL,
                                              HVC_RESULT_TIMEOUT};

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(results); i++) {
        fake_init(&hvclusterd);
        fake_init(&direct);
        (void)fake_reply(&hvclusterd, results[i], "libvirtd hangs");
        (void)fake_guest(&direct, HVC_GUEST_ABSENT, "");
        assert_int_equal(act("monitor"), HVC_OCF_NOT_RUNNING);
        assert_int_equal(direct.count, 1);
    }
    fake_init(&hvclusterd);
    fake_init(&direct);
    (void)fake_guest(&hvclusterd, HVC_GUEST_UNKNOWN, "");
    (void)fake_guest(&direct, HVC_GUEST_RUNNING, "vm1");
    assert_int_equal(act("monitor"), HVC_OCF_SUCCESS);
}

static void pain_1_when_nobody_answers_monitor_fails_and_says_why(void **state)
{
    (void)state;
    assert_int_equal(act("monitor"), HVC_OCF_ERR_GENERIC);
    assert_reason("cannot tell whether the guest runs here: hvclusterd: nobody listens; hvcluster-direct: nobody");
}

static void a_guest_of_another_resource_is_not_running_for_this_one(void **state)
{
    (void)state;
    (void)fake_guest(&hvclusterd, HVC_GUEST_RUNNING, "vm2");
    assert_int_equal(act("monitor"), HVC_OCF_NOT_RUNNING);
    assert_non_null(strstr(capture.text, "guest guest1 here belongs to resource vm2, not to vm1"));
    assert_false(is_remembered());
}

static void a_probe_where_the_xml_is_missing_says_not_installed(void **state)
{
    (void)state;
    (void)unlink(config);
    environment_add(&environment, "OCF_RESKEY_CRM_meta_interval=0");
    (void)fake_reply(&hvclusterd, HVC_RESULT_NOT_FOUND, "no guest of resource vm1 is here");
    assert_int_equal(act("monitor"), HVC_OCF_ERR_INSTALLED);
    assert_string_equal(hvclusterd.asked[0].operation, "guest.list");
    assert_reason("guest.xml does not exist on this node");
}

static void pain_19_a_guest_without_its_xml_is_found_by_its_mark(void **state)
{
    (void)state;
    (void)unlink(config);
    environment_add(&environment, "OCF_RESKEY_CRM_meta_interval=0");
    (void)fake_guest(&hvclusterd, HVC_GUEST_RUNNING, "vm1");
    (void)fake_guest(&hvclusterd, HVC_GUEST_RUNNING, "vm1");
    assert_int_equal(act("monitor"), HVC_OCF_SUCCESS);
    assert_string_equal(hvclusterd.asked[1].uuid, FAKE_UUID);
    assert_true(is_remembered());
}

static void a_probe_with_a_bad_xml_says_so(void **state)
{
    (void)state;
    environment_add(&environment, "OCF_RESKEY_CRM_meta_interval=0");
    (void)fake_reply(&hvclusterd, HVC_RESULT_INVALID, "line 1: no uuid");
    (void)fake_reply(&hvclusterd, HVC_RESULT_NOT_FOUND, "none");
    assert_int_equal(act("monitor"), HVC_OCF_ERR_ARGS);
    assert_reason("guest.xml: line 1: no uuid");
}

static void a_probe_sees_the_noted_guest_when_the_xml_names_another_one(void **state)
{
    (void)state;
    remember_guest("11111111-2222-3333-4444-555555555555");
    environment_add(&environment, "OCF_RESKEY_CRM_meta_interval=0");
    (void)fake_guest(&hvclusterd, HVC_GUEST_ABSENT, "");
    fake_keep(fake_guest(&hvclusterd, HVC_GUEST_RUNNING, "vm1")->uuid, HVC_UUID_TEXT_MAX,
              "11111111-2222-3333-4444-555555555555");
    assert_int_equal(act("monitor"), HVC_OCF_SUCCESS);
    assert_string_equal(hvclusterd.asked[1].uuid, "11111111-2222-3333-4444-555555555555");
}

static void monitor_scripts_decide_about_a_running_guest_only(void **state)
{
    static const struct {
        enum hvc_guest_class guest_class;
        const char *script;
        bool probe;
        int code;
    } rows[] = {
        {HVC_GUEST_RUNNING, "/bin/true", false, HVC_OCF_SUCCESS},
        {HVC_GUEST_RUNNING, "/bin/true /bin/false", false, HVC_OCF_ERR_GENERIC},
        {HVC_GUEST_RUNNING, "/nonexistent/check", false, HVC_OCF_ERR_GENERIC},
        {HVC_GUEST_RUNNING, "/bin/false", true, HVC_OCF_SUCCESS},
        {HVC_GUEST_PAUSED, "/bin/false", false, HVC_OCF_SUCCESS},
        {HVC_GUEST_ABSENT, "/bin/false", false, HVC_OCF_NOT_RUNNING},
    };

    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        assert_int_equal(begin(state), 0);
        environment_add(&environment, "OCF_RESKEY_monitor_scripts=%s", rows[i].script);
        environment_add(&environment, "OCF_RESKEY_CRM_meta_interval=%d", rows[i].probe ? 0 : 10000);
        (void)fake_guest(&hvclusterd, rows[i].guest_class, "vm1");
        assert_int_equal(act("monitor"), rows[i].code);
        if (rows[i].code == HVC_OCF_ERR_GENERIC)
            assert_reason("monitor script");
        assert_int_equal(end(state), 0);
    }
    assert_int_equal(begin(state), 0);
}

/* ---- start ---- */

static void start_introduces_the_guest_then_starts_it(void **state)
{
    (void)state;
    (void)fake_guest(&hvclusterd, HVC_GUEST_ABSENT, "");
    fake_keep(fake_reply(&hvclusterd, HVC_RESULT_OK, "guest guest1 started")->warning, HVC_ERROR_TEXT_MAX,
              "autostart is set");
    assert_int_equal(act("start"), HVC_OCF_SUCCESS);
    assert_string_equal(hvclusterd.asked[0].operation, "guest.inspect");
    assert_string_equal(hvclusterd.asked[1].operation, "guest.start");
    assert_string_equal(hvclusterd.asked[1].xml, XML);
    assert_string_equal(hvclusterd.asked[1].resource, "vm1");
    assert_in_range(hvclusterd.asked[1].question.timeout_ms, timeout_ms * 8 / 10, timeout_ms - 900);
    assert_string_equal(hvclusterd.asked[1].config, config);
    assert_non_null(strstr(capture.text, "INFO: guest guest1 started"));
    assert_non_null(strstr(capture.text, "WARNING: autostart is set"));
    assert_true(is_remembered());
}

static void pain_15_a_refused_start_carries_the_words_and_keeps_the_note(void **state)
{
    (void)state;
    (void)fake_guest(&hvclusterd, HVC_GUEST_ABSENT, "");
    (void)fake_reply(&hvclusterd, HVC_RESULT_REFUSED, "node n3 neither answers nor is fenced");
    assert_int_equal(act("start"), HVC_OCF_ERR_GENERIC);
    assert_reason("node n3 neither answers nor is fenced");
    assert_true(is_remembered());
}

static void start_refuses_what_it_cannot_read(void **state)
{
    (void)state;
    (void)unlink(config);
    assert_int_equal(act("start"), HVC_OCF_ERR_INSTALLED);
    assert_reason("does not exist on this node");
    assert_int_equal(mkdir(config, 0700), 0);
    assert_int_equal(act("start"), HVC_OCF_ERR_ARGS);
    assert_reason("is no regular file");
    assert_int_equal(rmdir(config), 0);
    write_config("");
    assert_int_equal(truncate(config, HVC_XML_MAX + 1), 0);
    assert_int_equal(act("start"), HVC_OCF_ERR_ARGS);
    assert_reason("bytes: it is no guest definition");
    assert_int_equal(truncate(config, 10), 0);
    assert_int_equal(act("start"), HVC_OCF_ERR_ARGS);
    assert_reason("holds a zero byte");
    write_config("<domain>");
    (void)fake_reply(&hvclusterd, HVC_RESULT_INVALID, "line 1: premature end");
    assert_int_equal(act("start"), HVC_OCF_ERR_ARGS);
    assert_reason("guest.xml: line 1: premature end");
    assert_int_equal(hvclusterd.count, 1);
    assert_false(is_remembered());
}

static void start_refuses_bad_parameters_before_it_asks_anybody(void **state)
{
    (void)state;
    environment_add(&environment, "OCF_RESKEY_snapshot=/var/lib/snapshots");
    environment_add(&environment, "OCF_RESKEY_migration_speed=fast");
    assert_int_equal(act("start"), HVC_OCF_ERR_CONFIGURED);
    assert_int_equal(hvclusterd.count + direct.count, 0);
    assert_reason("parameter migration_speed is 'fast'");
    assert_non_null(strstr(capture.text, "ERROR: parameter snapshot='/var/lib/snapshots' is refused"));
}

static void start_refuses_a_second_guest_of_the_resource(void **state)
{
    (void)state;
    remember_guest("11111111-2222-3333-4444-555555555555");
    (void)fake_guest(&hvclusterd, HVC_GUEST_ABSENT, "");
    fake_keep(fake_guest(&hvclusterd, HVC_GUEST_RUNNING, "vm1")->name, HVC_GUEST_NAME_MAX, "old");
    assert_int_equal(act("start"), HVC_OCF_ERR_GENERIC);
    assert_reason("guest old of this resource is still here: stop it before guest1");
    assert_int_equal(hvclusterd.count, 2);
}

static void start_replaces_the_note_of_a_guest_that_is_gone(void **state)
{
    (void)state;
    remember_guest("11111111-2222-3333-4444-555555555555");
    (void)fake_guest(&hvclusterd, HVC_GUEST_ABSENT, "");
    (void)fake_guest(&hvclusterd, HVC_GUEST_ABSENT, "");
    (void)fake_reply(&hvclusterd, HVC_RESULT_OK, "started");
    assert_int_equal(act("start"), HVC_OCF_SUCCESS);
    assert_true(is_remembered());
}

static void start_waits_for_monitor_scripts(void **state)
{
    (void)state;
    timeout_ms = 1500;
    environment_add(&environment, "OCF_RESKEY_monitor_scripts=/bin/false");
    (void)fake_guest(&hvclusterd, HVC_GUEST_ABSENT, "");
    (void)fake_reply(&hvclusterd, HVC_RESULT_OK, "started");
    assert_int_equal(act("start"), HVC_OCF_ERR_GENERIC);
    assert_reason("the guest was started, but: monitor script /bin/false ended with 1");
}

/* ---- stop ---- */

static void stop_forgets_the_guest_when_it_is_gone(void **state)
{
    (void)state;
    remember_guest(FAKE_UUID);
    (void)unlink(config);
    fake_keep(fake_reply(&hvclusterd, HVC_RESULT_OK, "guest guest1 shut down in 2 s")->warning, HVC_ERROR_TEXT_MAX,
              "the timeout is too short");
    assert_int_equal(act("stop"), HVC_OCF_SUCCESS);
    assert_non_null(strstr(capture.text, "WARNING: the timeout is too short"));
    assert_string_equal(hvclusterd.asked[0].operation, "guest.stop");
    assert_string_equal(hvclusterd.asked[0].uuid, FAKE_UUID);
    assert_string_equal(hvclusterd.asked[0].resource, "vm1");
    assert_false(hvclusterd.asked[0].question.force);
    assert_false(is_remembered());
}

static void pain_11_stop_without_xml_and_note_proves_that_nothing_runs(void **state)
{
    (void)state;
    (void)unlink(config);
    (void)fake_reply(&hvclusterd, HVC_RESULT_NOT_FOUND, "no guest of resource vm1 is here");
    assert_int_equal(act("stop"), HVC_OCF_SUCCESS);
    assert_string_equal(hvclusterd.asked[0].operation, "guest.list");
    fake_init(&hvclusterd);
    assert_int_equal(act("stop"), HVC_OCF_ERR_GENERIC);
    assert_reason("cannot prove that the guest is stopped");
}

static void stop_with_a_bad_xml_finds_the_guest_by_its_mark(void **state)
{
    (void)state;
    (void)fake_reply(&hvclusterd, HVC_RESULT_INVALID, "not XML");
    (void)fake_guest(&hvclusterd, HVC_GUEST_RUNNING, "vm1");
    (void)fake_reply(&hvclusterd, HVC_RESULT_OK, "stopped");
    assert_int_equal(act("stop"), HVC_OCF_SUCCESS);
    assert_string_equal(hvclusterd.asked[2].operation, "guest.stop");
    assert_string_equal(hvclusterd.asked[2].uuid, FAKE_UUID);
}

static void pain_12_stop_is_not_a_success_until_somebody_proves_it(void **state)
{
    static const enum hvc_result results[] = {HVC_RESULT_UNREACHABLE, HVC_RESULT_TIMEOUT, HVC_RESULT_FAILED,
                                              HVC_RESULT_UNKNOWN_OUTCOME, HVC_RESULT_DENIED};

    (void)state;
    remember_guest(FAKE_UUID);
    for (size_t i = 0; i < HVC_COUNT(results); i++) {
        fake_init(&hvclusterd);
        fake_init(&direct);
        (void)fake_reply(&hvclusterd, results[i], "libvirtd hangs");
        (void)fake_reply(&direct, HVC_RESULT_FAILED, "process 4711 does not die");
        assert_int_equal(act("stop"), HVC_OCF_ERR_GENERIC);
        assert_reason("process 4711 does not die");
        assert_true(is_remembered());
    }
    fake_init(&hvclusterd);
    fake_init(&direct);
    (void)fake_reply(&hvclusterd, HVC_RESULT_UNREACHABLE, "libvirtd hangs");
    (void)fake_reply(&direct, HVC_RESULT_OK, "process 4711 killed");
    assert_int_equal(act("stop"), HVC_OCF_SUCCESS);
}

static void pain_13_stop_keeps_time_for_the_fallback(void **state)
{
    static const struct {
        uint64_t timeout_ms, least, most;
    } rows[] = {{180000, 160000, 173000}, {20000, 9000, 13400}, {2000, 900, 1400}};

    (void)state;
    remember_guest(FAKE_UUID);
    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        fake_init(&hvclusterd);
        timeout_ms = rows[i].timeout_ms;
        (void)fake_reply(&hvclusterd, HVC_RESULT_OK, "stopped");
        assert_int_equal(act("stop"), HVC_OCF_SUCCESS);
        assert_in_range(hvclusterd.asked[0].question.timeout_ms, rows[i].least, rows[i].most);
        remember_guest(FAKE_UUID);
    }
}

static void stop_hands_on_how_long_the_guest_may_take(void **state)
{
    (void)state;
    remember_guest(FAKE_UUID);
    environment_add(&environment, "OCF_RESKEY_shutdown_timeout=90");
    (void)fake_reply(&hvclusterd, HVC_RESULT_OK, "stopped");
    assert_int_equal(act("stop"), HVC_OCF_SUCCESS);
    assert_int_equal(hvclusterd.asked[0].question.graceful_ms, 90000);
    assert_false(hvclusterd.asked[0].question.force);
}

/* ---- migration ---- */

static void migrate_to_hands_every_setting_to_the_move(void **state)
{
    (void)state;
    remember_guest(FAKE_UUID);
    environment_add(&environment, "OCF_RESKEY_CRM_meta_migrate_target=n2");
    environment_add(&environment, "OCF_RESKEY_migration_downtime=250");
    environment_add(&environment, "OCF_RESKEY_migration_speed=100");
    environment_add(&environment, "OCF_RESKEY_migration_at_deadline=abort");
    environment_add(&environment, "OCF_RESKEY_migrate_options=--live --postcopy");
    (void)fake_reply(&hvclusterd, HVC_RESULT_OK, "guest guest1 runs on n2");
    assert_int_equal(act("migrate_to"), HVC_OCF_SUCCESS);
    assert_string_equal(hvclusterd.asked[0].operation, "guest.move");
    assert_string_equal(hvclusterd.asked[0].uuid, FAKE_UUID);
    assert_string_equal(hvclusterd.asked[0].target, "n2");
    assert_string_equal(hvclusterd.asked[0].resource, "vm1");
    assert_string_equal(hvclusterd.asked[0].end_action, "abort");
    assert_int_equal(hvclusterd.asked[0].question.max_downtime_ms, 250);
    assert_int_equal(hvclusterd.asked[0].question.bandwidth_mib, 100);
    assert_true(hvclusterd.asked[0].question.post_copy);
}

static void migrate_to_defaults_are_those_of_the_table(void **state)
{
    (void)state;
    remember_guest(FAKE_UUID);
    environment_add(&environment, "OCF_RESKEY_CRM_meta_migrate_target=n2");
    (void)fake_reply(&hvclusterd, HVC_RESULT_OK, "");
    assert_int_equal(act("migrate_to"), HVC_OCF_SUCCESS);
    assert_string_equal(hvclusterd.asked[0].end_action, "force");
    assert_int_equal(hvclusterd.asked[0].question.max_downtime_ms, 0);
    assert_int_equal(hvclusterd.asked[0].question.bandwidth_mib, 0);
    assert_false(hvclusterd.asked[0].question.post_copy);
}

static void migrate_to_goes_on_when_the_daemon_comes_back(void **state)
{
    (void)state;
    remember_guest(FAKE_UUID);
    environment_add(&environment, "OCF_RESKEY_CRM_meta_migrate_target=n2");
    fake_error(&hvclusterd, -EPIPE);
    fake_error(&hvclusterd, -ENOTCONN);
    (void)fake_reply(&hvclusterd, HVC_RESULT_OK, "guest guest1 runs on n2");
    assert_int_equal(act("migrate_to"), HVC_OCF_SUCCESS);
    assert_int_equal(hvclusterd.count, 3);
    assert_int_equal(direct.count, 0);
}

static void migrate_to_says_why_it_failed(void **state)
{
    (void)state;
    remember_guest(FAKE_UUID);
    assert_int_equal(act("migrate_to"), HVC_OCF_ERR_ARGS);
    assert_reason("migrate_to without a target");
    environment_add(&environment, "OCF_RESKEY_CRM_meta_migrate_target=n2");
    (void)fake_reply(&hvclusterd, HVC_RESULT_BUSY, "guest guest1 moves to n3 already (move n1-7)");
    assert_int_equal(act("migrate_to"), HVC_OCF_ERR_GENERIC);
    assert_reason("guest guest1 moves to n3 already (move n1-7)");
    assert_int_equal(direct.count, 0);
}

static void migrate_from_notes_the_guest_that_arrived(void **state)
{
    (void)state;
    environment_add(&environment, "OCF_RESKEY_CRM_meta_migrate_source=n1");
    (void)fake_guest(&hvclusterd, HVC_GUEST_RUNNING, "vm1");
    assert_int_equal(act("migrate_from"), HVC_OCF_SUCCESS);
    assert_string_equal(hvclusterd.asked[0].operation, "guest.arrived");
    assert_string_equal(hvclusterd.asked[0].source, "n1");
    assert_string_equal(hvclusterd.asked[0].resource, "vm1");
    assert_true(is_remembered());
}

static void migrate_from_believes_what_runs_more_than_the_xml(void **state)
{
    (void)state;
    (void)fake_reply(&hvclusterd, HVC_RESULT_NOT_FOUND, "guest other is not here");
    (void)fake_guest(&hvclusterd, HVC_GUEST_RUNNING, "vm1");
    (void)fake_guest(&hvclusterd, HVC_GUEST_RUNNING, "vm1");
    assert_int_equal(act("migrate_from"), HVC_OCF_SUCCESS);
    assert_string_equal(hvclusterd.asked[2].uuid, FAKE_UUID);
    fake_init(&hvclusterd);
    (void)fake_reply(&hvclusterd, HVC_RESULT_NOT_FOUND, "guest guest1 is not here");
    (void)fake_reply(&hvclusterd, HVC_RESULT_NOT_FOUND, "none");
    assert_int_equal(act("migrate_from"), HVC_OCF_ERR_GENERIC);
    assert_reason("guest guest1 is not here");
}

/* ---- the rest ---- */

static void only_start_and_validate_all_judge_parameters(void **state)
{
    static const struct {
        const char *action;
        int code;
    } rows[] = {
        {"monitor", HVC_OCF_SUCCESS},      {"stop", HVC_OCF_SUCCESS},         {"migrate_to", HVC_OCF_SUCCESS},
        {"migrate_from", HVC_OCF_SUCCESS}, {"reload-agent", HVC_OCF_SUCCESS}, {"validate-all", HVC_OCF_ERR_CONFIGURED},
        {"start", HVC_OCF_ERR_CONFIGURED},
    };

    (void)state;
    environment_add(&environment, "OCF_RESKEY_migration_speed=fast");
    environment_add(&environment, "OCF_RESKEY_CRM_meta_migrate_target=n2");
    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        fake_init(&hvclusterd);
        (void)fake_guest(&hvclusterd, HVC_GUEST_RUNNING, "vm1");
        assert_int_equal(act(rows[i].action), rows[i].code);
    }
}

static void validate_all_checks_the_definition_when_somebody_can(void **state)
{
    (void)state;
    (void)fake_guest(&hvclusterd, HVC_GUEST_ABSENT, "");
    assert_int_equal(act("validate-all"), HVC_OCF_SUCCESS);
    fake_init(&hvclusterd);
    assert_int_equal(act("validate-all"), HVC_OCF_SUCCESS);
    assert_non_null(strstr(capture.text, "guest.xml could not be checked"));
    (void)fake_reply(&hvclusterd, HVC_RESULT_INVALID, "line 3: no name");
    assert_int_equal(act("validate-all"), HVC_OCF_ERR_ARGS);
    (void)unlink(config);
    assert_int_equal(act("validate-all"), HVC_OCF_ERR_INSTALLED);
    assert_false(is_remembered());
}

static void an_unknown_action_is_unimplemented(void **state)
{
    (void)state;
    assert_int_equal(act("promote"), HVC_OCF_ERR_UNIMPLEMENTED);
    assert_int_equal(act(""), HVC_OCF_ERR_UNIMPLEMENTED);
    assert_int_equal(hvclusterd.count + direct.count, 0);
}

#define T(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(pain_6_and_10_monitor_maps_every_class_of_a_guest),
        T(pain_8_a_guest_paused_by_an_io_error_is_failed_or_degraded_by_policy),
        T(a_recurring_monitor_knows_its_guest_without_the_xml),
        T(a_first_monitor_asks_by_xml_and_notes_the_guest),
        T(without_the_daemon_the_fallback_is_asked),
        T(a_daemon_that_cannot_tell_is_followed_by_the_fallback),
        T(pain_1_when_nobody_answers_monitor_fails_and_says_why),
        T(a_guest_of_another_resource_is_not_running_for_this_one),
        T(a_probe_where_the_xml_is_missing_says_not_installed),
        T(pain_19_a_guest_without_its_xml_is_found_by_its_mark),
        T(a_probe_with_a_bad_xml_says_so),
        T(a_probe_sees_the_noted_guest_when_the_xml_names_another_one),
        T(monitor_scripts_decide_about_a_running_guest_only),
        T(start_introduces_the_guest_then_starts_it),
        T(pain_15_a_refused_start_carries_the_words_and_keeps_the_note),
        T(start_refuses_what_it_cannot_read),
        T(start_refuses_bad_parameters_before_it_asks_anybody),
        T(start_refuses_a_second_guest_of_the_resource),
        T(start_replaces_the_note_of_a_guest_that_is_gone),
        T(start_waits_for_monitor_scripts),
        T(stop_forgets_the_guest_when_it_is_gone),
        T(pain_11_stop_without_xml_and_note_proves_that_nothing_runs),
        T(stop_with_a_bad_xml_finds_the_guest_by_its_mark),
        T(pain_12_stop_is_not_a_success_until_somebody_proves_it),
        T(pain_13_stop_keeps_time_for_the_fallback),
        T(stop_hands_on_how_long_the_guest_may_take),
        T(migrate_to_hands_every_setting_to_the_move),
        T(migrate_to_defaults_are_those_of_the_table),
        T(migrate_to_goes_on_when_the_daemon_comes_back),
        T(migrate_to_says_why_it_failed),
        T(migrate_from_notes_the_guest_that_arrived),
        T(migrate_from_believes_what_runs_more_than_the_xml),
        T(only_start_and_validate_all_judge_parameters),
        T(validate_all_checks_the_definition_when_somebody_can),
        T(an_unknown_action_is_unimplemented),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

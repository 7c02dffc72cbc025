/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ocf.h"

#include <errno.h>

#include "../hvc_cmocka.h"

static const struct hvc_ocf_action ACTIONS[] = {{"start", 120, 0}, {"monitor", 30, 10}, {NULL, 0, 0}};

static int read_environment(const char *action, char *const *environment, struct hvc_ocf *ret, struct hvc_error *error)
{
    return hvc_ocf_read("VirtualSystem", ACTIONS, action, environment, ret, error);
}

static void pacemakers_environment_is_read(void **state)
{
    char *const environment[] = {
        (char[]){"PATH=/bin"},
        (char[]){"OCF_RESOURCE_INSTANCE=vm1"},
        (char[]){"OCF_RESKEY_config=/etc/guest.xml"},
        (char[]){"OCF_RESKEY_CRM_meta_timeout=90000"},
        (char[]){"OCF_RESKEY_CRM_meta_migrate_source=n1"},
        (char[]){"OCF_RESKEY_CRM_meta_migrate_target=n2"},
        (char[]){"HA_RSCTMP=/run/elsewhere"},
        NULL,
    };
    struct hvc_ocf ocf;
    struct hvc_error error = {0};

    (void)state;
    assert_int_equal(read_environment("migrate_to", environment, &ocf, &error), 0);
    assert_string_equal(ocf.action, "migrate_to");
    assert_string_equal(ocf.agent, "VirtualSystem");
    assert_string_equal(ocf.resource, "vm1");
    assert_int_equal(ocf.timeout_ms, 90000);
    assert_true(ocf.timeout_told);
    assert_false(ocf.probe);
    assert_string_equal(ocf.migrate_source, "n1");
    assert_string_equal(ocf.migrate_target, "n2");
    assert_string_equal(ocf.state_directory, "/run/elsewhere");
    assert_string_equal(hvc_ocf_parameter(&ocf, "config"), "/etc/guest.xml");
    assert_null(hvc_ocf_parameter(&ocf, "conf"));
    assert_null(hvc_ocf_parameter(&ocf, "config_more"));
}

static void only_a_monitor_with_interval_zero_is_a_probe(void **state)
{
    static const struct {
        const char *action;
        const char *interval;
        bool probe;
    } rows[] = {
        {"monitor", "OCF_RESKEY_CRM_meta_interval=0", true},
        {"monitor", "OCF_RESKEY_CRM_meta_interval=10000", false},
        {"monitor", "NOTHING=", false},
        {"start", "OCF_RESKEY_CRM_meta_interval=0", false},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        char interval[64];
        char *const environment[] = {interval, NULL};
        struct hvc_ocf ocf;
        struct hvc_error error = {0};

        (void)snprintf(interval, sizeof(interval), "%s", rows[i].interval);
        assert_int_equal(read_environment(rows[i].action, environment, &ocf, &error), 0);
        assert_int_equal(ocf.probe, rows[i].probe);
    }
}

static void without_a_timeout_the_advised_one_of_the_action_holds(void **state)
{
    static const struct {
        const char *action;
        uint64_t timeout_ms;
    } rows[] = {{"start", 120000}, {"monitor", 30000}, {"something", 20000}};
    char *const environment[] = {NULL};

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        struct hvc_ocf ocf;
        struct hvc_error error = {0};

        assert_int_equal(read_environment(rows[i].action, environment, &ocf, &error), 0);
        assert_int_equal(ocf.timeout_ms, rows[i].timeout_ms);
        assert_false(ocf.timeout_told);
        assert_string_equal(ocf.resource, "");
        assert_string_equal(ocf.state_directory, "/run/resource-agents");
    }
}

static void what_cannot_be_read_is_refused_in_words(void **state)
{
    static const struct {
        const char *entry;
        const char *words;
    } rows[] = {
        {"OCF_RESKEY_CRM_meta_timeout=20s", "number of milliseconds"},
        {"OCF_RESKEY_CRM_meta_timeout=-1", "number of milliseconds"},
        {"OCF_RESKEY_CRM_meta_timeout=99999999999999999999999", "number of milliseconds"},
        {"OCF_RESKEY_CRM_meta_interval=x", "number of milliseconds"},
        {"OCF_RESOURCE_INSTANCE=../vm1", "no resource id"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        char entry[128];
        char *const environment[] = {entry, NULL};
        struct hvc_ocf ocf;
        struct hvc_error error = {0};

        (void)snprintf(entry, sizeof(entry), "%s", rows[i].entry);
        assert_int_equal(read_environment("start", environment, &ocf, &error), -EINVAL);
        assert_non_null(strstr(error.text, rows[i].words));
    }
}

static void every_code_has_its_name(void **state)
{
    (void)state;
    assert_string_equal(hvc_ocf_code_name(HVC_OCF_SUCCESS), "OCF_SUCCESS");
    assert_string_equal(hvc_ocf_code_name(HVC_OCF_NOT_RUNNING), "OCF_NOT_RUNNING");
    assert_string_equal(hvc_ocf_code_name(HVC_OCF_DEGRADED), "OCF_DEGRADED");
    for (int code = HVC_OCF_SUCCESS; code <= HVC_OCF_NOT_RUNNING; code++)
        assert_int_equal(strncmp(hvc_ocf_code_name(code), "OCF_", 4), 0);
    assert_string_equal(hvc_ocf_code_name(77), "OCF code");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pacemakers_environment_is_read),
        cmocka_unit_test(only_a_monitor_with_interval_zero_is_a_probe),
        cmocka_unit_test(without_a_timeout_the_advised_one_of_the_action_holds),
        cmocka_unit_test(what_cannot_be_read_is_refused_in_words),
        cmocka_unit_test(every_code_has_its_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "operation_cases.h"

static void a_service_that_nobody_touched_is_started_and_reads_5_12_2(void **state)
{
    struct hvc_call *call = run("service.show", "{}");

    (void)state;
    assert_true(hvc_record_bool(call->data, "started", false));
    assert_int_equal(hvc_record_u64(call->data, "enabled_state", 0), 5);
    assert_int_equal(hvc_record_u64(call->data, "requested_state", 0), 12);
    assert_int_equal(hvc_record_u64(call->data, "enabled_default", 0), 2);
    assert_int_equal(hvc_record_u64(call->data, "nodes", 0), 2);
    hvc_call_unref(call);
}

static void it_is_stopped_started_and_named(void **state)
{
    static const struct operation_case rows[] = {
        {"service.set", "{\"name\":\"started\",\"value\":\"no\"}", "ok", "started of the migration service is set"},
        {"service.set", "{\"name\":\"state\",\"value\":\"disabled\"}", "ok", "it was so already"},
        {"service.set", "{\"name\":\"enabled-default\",\"value\":\"3\"}", "ok", "enabled-default"},
        {"service.set", "{\"name\":\"owner-name\",\"value\":\"J. Doe\"}", "ok", "owner-name"},
        {"service.set", "{\"name\":\"owner-contact\",\"value\":\"+1 555\"}", "ok", "owner-contact"},
    };
    struct hvc_call *call;

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(rows); i++)
        check(&rows[i]);
    call = run("service.show", "{}");
    assert_false(hvc_record_bool(call->data, "started", true));
    assert_string_equal(hvc_record_text(call->data, "state", ""), "disabled");
    assert_int_equal(hvc_record_u64(call->data, "enabled_state", 0), 3);
    assert_int_equal(hvc_record_u64(call->data, "enabled_default", 0), 3);
    assert_string_equal(hvc_record_text(call->data, "owner_name", ""), "J. Doe");
    assert_string_equal(hvc_record_text(call->data, "owner_contact", ""), "+1 555");
    hvc_call_unref(call);
    check(&(struct operation_case){"service.set", "{\"name\":\"state\",\"value\":\"quiesce\"}", "ok", "state"});
    call = run("service.show", "{}");
    assert_true(hvc_record_bool(call->data, "started", false));
    assert_int_equal(hvc_record_u64(call->data, "enabled_state", 0), 9);
    hvc_call_unref(call);
}

static void mistakes_are_told(void **state)
{
    static const struct operation_case rows[] = {
        {"service.set", "{\"name\":\"started\",\"value\":\"maybe\"}", "invalid", "started takes yes or no"},
        {"service.set", "{\"name\":\"state\",\"value\":\"off\"}", "invalid", "state takes enabled, disabled"},
        {"service.set", "{\"name\":\"enabled-default\",\"value\":\"4\"}", "invalid", "one of 2, 3, 5, 6, 7, 9"},
        {"service.set", "{\"name\":\"enabled-default\",\"value\":\"x\"}", "invalid", "one of 2, 3, 5, 6, 7, 9"},
        {"service.set", "{\"name\":\"colour\",\"value\":\"red\"}", "invalid", "must be one of started, state"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(rows); i++)
        check(&rows[i]);
}

static void an_owner_of_more_than_its_characters_is_refused(void **state)
{
    char args[512];

    (void)state;
    (void)snprintf(args, sizeof(args), "{\"name\":\"owner-name\",\"value\":\"%065d\"}", 7);
    check(&(struct operation_case){"service.set", args, "invalid", "PrimaryOwnerName, at most 64 characters"});
    (void)snprintf(args, sizeof(args), "{\"name\":\"owner-name\",\"value\":\"%0300d\"}", 7);
    check(&(struct operation_case){"service.set", args, "invalid", "at most 64 characters"});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_service_that_nobody_touched_is_started_and_reads_5_12_2, begin, end),
        cmocka_unit_test_setup_teardown(it_is_stopped_started_and_named, begin, end),
        cmocka_unit_test_setup_teardown(mistakes_are_told, begin, end),
        cmocka_unit_test_setup_teardown(an_owner_of_more_than_its_characters_is_refused, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "operation_cases.h"

static const struct hvc_record *setting(const struct hvc_call *call, const char *name)
{
    for (size_t i = 0; i < hvc_record_list_count(call->data, "settings"); i++) {
        const struct hvc_record *record = hvc_record_list_at(call->data, "settings", i);

        if (strcmp(hvc_record_text(record, "name", ""), name) == 0)
            return record;
    }
    fail_msg("no setting %s", name);
    return NULL;
}

static void settings_are_set_shown_and_reset(void **state)
{
    static const struct operation_case rows[] = {
        {"settings.set", "{\"name\":\"moves-out\",\"value\":\"4\"}", "ok", "moves-out is 4"},
        {"settings.set", "{\"name\":\"moves-out\",\"value\":\"6\",\"node\":\"n2\"}", "ok", "moves-out of node n2 is 6"},
        {"settings.set", "{\"name\":\"tls\",\"value\":\"no\"}", "ok", "tls is 0"},
        {"settings.set", "{\"name\":\"end-action\",\"value\":\"post-copy\"}", "ok", "end-action is 2"},
        {"settings.reset", "{\"name\":\"tls\"}", "ok", "tls is back to its default"},
    };
    struct hvc_call *call;

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(rows); i++)
        check(&rows[i]);
    call = run("settings.show", "{}");
    assert_int_equal(hvc_record_list_count(call->data, "settings"), HVC_SETTING_MAX);
    assert_int_equal(hvc_record_u64(setting(call, "moves-out"), "value", 0), 4);
    assert_int_equal(hvc_record_u64(setting(call, "moves-out"), "default", 0), 1);
    assert_int_equal(hvc_record_u64(setting(call, "tls"), "value", 0), 1);
    assert_string_equal(hvc_record_text(setting(call, "end-action"), "word", ""), "post-copy");
    hvc_call_unref(call);
    call = run("settings.show", "{\"node\":\"n2\"}");
    assert_int_equal(hvc_record_u64(setting(call, "moves-out"), "value", 0), 6);
    assert_true(hvc_record_bool(setting(call, "moves-out"), "own", false));
    assert_false(hvc_record_bool(setting(call, "tls"), "own", true));
    hvc_call_unref(call);
    check(&(struct operation_case){"settings.reset", "{\"name\":\"moves-out\",\"node\":\"2\"}", "ok",
                                   "moves-out of node 2 is back to the cluster's value"});
    call = run("settings.show", "{\"node\":\"2\"}");
    assert_int_equal(hvc_record_u64(setting(call, "moves-out"), "value", 0), 4);
    hvc_call_unref(call);
}

static void mistakes_are_told_before_anything_is_proposed(void **state)
{
    static const struct operation_case rows[] = {
        {"settings.set", "{\"name\":\"moves\",\"value\":\"4\"}", "not-found",
         "there is no setting \"moves\"; there are enable-migration, moves-out"},
        {"settings.set", "{\"name\":\"moves-out\",\"value\":\"65\"}", "invalid",
         "moves-out cannot be \"65\": it takes a whole number from 1 to 64 (moves that may leave a node"},
        {"settings.set", "{\"name\":\"moves-out\",\"value\":\"yes\"}", "invalid", "it takes a whole number"},
        {"settings.set", "{\"name\":\"end-action\",\"value\":\"explode\"}", "invalid", "0 abort, 1 force"},
        {"settings.set", "{\"name\":\"moves-out\"}", "invalid", "needs the argument value"},
        {"settings.set", "{\"name\":\"moves-out\",\"value\":\"2\",\"node\":\"n7\"}", "not-found", "no node \"n7\""},
        {"settings.set", "{\"name\":\"moves-out\",\"value\":\"2\",\"token\":\"0123456789abcdef0123456789abcdefx1\"}",
         "invalid", "is no token"},
        {"settings.reset", "{\"name\":\"moves\"}", "not-found", "there is no setting \"moves\""},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(rows); i++)
        check(&rows[i]);
    assert_int_equal(keeper->proposals, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(settings_are_set_shown_and_reset, begin, end),
        cmocka_unit_test_setup_teardown(mistakes_are_told_before_anything_is_proposed, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

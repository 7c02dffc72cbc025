/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "operation_cases.h"

static const struct hvc_record *node(const struct hvc_call *call, size_t position)
{
    return hvc_record_list_at(call->data, "nodes", position);
}

static void nodes_are_listed_with_what_was_said_about_them(void **state)
{
    static const struct operation_case rows[] = {
        {"node.set", "{\"node\":\"n2\",\"maintenance\":true}", "ok", "node n2 is set"},
        {"node.set", "{\"node\":\"n2\",\"accepting\":false}", "ok", "node n2 is set"},
        {"node.set", "{\"node\":\"n2\",\"accepting\":false}", "ok", "it was so already"},
    };
    struct hvc_call *call;

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(rows); i++)
        check(&rows[i]);
    call = run("node.list", "{}");
    assert_int_equal(hvc_record_list_count(call->data, "nodes"), 2);
    assert_string_equal(hvc_record_text(node(call, 0), "name", ""), "n1");
    assert_true(hvc_record_bool(node(call, 0), "accepting", false));
    assert_int_equal(hvc_record_u64(node(call, 0), "cpus", 0), 8);
    assert_int_equal(hvc_record_u64(node(call, 0), "guests", 9), 0);
    assert_false(hvc_record_bool(node(call, 1), "accepting", true));
    assert_true(hvc_record_bool(node(call, 1), "maintenance", false));
    hvc_call_unref(call);
}

static void facts_that_are_not_of_now_are_marked_stale(void **state)
{
    static struct hvc_soft_facts facts[2];
    struct hvc_call *call;

    (void)state;
    keeper->soft = facts;
    keeper->soft_count = 2;
    facts[0] = (struct hvc_soft_facts){.node = 1, .age_ms = HVC_SOFT_OLD_MS, .cpu_model = "EPYC", .guests_total = 3};
    facts[1] = (struct hvc_soft_facts){.node = 2, .age_ms = HVC_SOFT_OLD_MS + 1, .guests_age_ms = UINT64_MAX};
    call = run("node.list", "{}");
    assert_false(hvc_record_bool(node(call, 0), "stale", true));
    assert_string_equal(hvc_record_text(node(call, 0), "cpu_model", ""), "EPYC");
    assert_int_equal(hvc_record_u64(node(call, 0), "guests_seen", 0), 3);
    assert_true(hvc_record_bool(node(call, 1), "stale", false));
    assert_int_equal(hvc_record_u64(node(call, 1), "heard_ms", 0), HVC_SOFT_OLD_MS + 1);
    assert_int_equal(hvc_record_u64(node(call, 1), "guests_seen", 77), 77); /* it has not listed them yet */
    hvc_call_unref(call);
}

static void mistakes_are_told(void **state)
{
    static const struct operation_case rows[] = {
        {"node.set", "{\"node\":\"n3\",\"accepting\":true}", "not-found", "the cluster has no node \"n3\""},
        {"node.set", "{\"node\":\"n1\"}", "invalid", "needs accepting, maintenance or both"},
        {"node.set", "{\"accepting\":true}", "invalid", "needs the argument node"},
        {"node.set", "{\"node\":\"n1\",\"accepting\":\"yes\"}", "invalid", "must be true or false"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(rows); i++)
        check(&rows[i]);
    assert_int_equal(keeper->proposals, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nodes_are_listed_with_what_was_said_about_them, begin, end),
        cmocka_unit_test_setup_teardown(facts_that_are_not_of_now_are_marked_stale, begin, end),
        cmocka_unit_test_setup_teardown(mistakes_are_told, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "operation_cases.h"

static const struct hvc_record *network(const struct hvc_call *call, size_t position)
{
    return hvc_record_list_at(call->data, "networks", position);
}

static void networks_are_added_changed_listed_and_removed(void **state)
{
    static const struct operation_case rows[] = {
        {"network.add", "{\"subnet\":\"10.0.7.0/24\",\"metric\":5,\"name\":\"mig\"}", "ok", "network is added"},
        {"network.add", "{\"subnet\":\"fd00:7::/64\",\"node\":\"n2\",\"tags\":\"a,b\"}", "ok", "network is added"},
        {"network.modify", "{\"id\":1,\"bandwidth\":1000}", "ok", "network is changed"},
        {"network.modify", "{\"id\":1,\"limit\":2}", "ok", "network is changed"},
        {"network.add", "{\"subnet\":\"10.0.8.0/24\",\"limit\":64}", "ok", "network is added"},
    };
    struct hvc_call *call;

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(rows); i++)
        check(&rows[i]);
    call = run("network.list", "{}");
    assert_int_equal(hvc_record_list_count(call->data, "networks"), 3);
    assert_int_equal(hvc_record_u64(network(call, 0), "limit", 9), 2);
    assert_int_equal(hvc_record_u64(network(call, 1), "limit", 9), 0);
    assert_int_equal(hvc_record_u64(network(call, 2), "limit", 9), 64);
    assert_string_equal(hvc_record_text(network(call, 0), "subnet", ""), "10.0.7.0/24");
    assert_int_equal(hvc_record_u64(network(call, 0), "metric", 0), 5);
    assert_int_equal(hvc_record_u64(network(call, 0), "bandwidth", 0), 1000);
    assert_string_equal(hvc_record_text(network(call, 0), "name", ""), "mig");
    assert_string_equal(hvc_record_text(network(call, 0), "tags", ""), "Microsoft:UserManaged");
    assert_int_equal(hvc_record_type(network(call, 0), "node"), HVC_RECORD_NONE);
    assert_string_equal(hvc_record_text(network(call, 1), "subnet", ""), "fd00:7::/64");
    assert_string_equal(hvc_record_text(network(call, 1), "node", ""), "n2");
    assert_string_equal(hvc_record_text(network(call, 1), "tags", ""), "a,b");
    hvc_call_unref(call);
    check(&(struct operation_case){"network.remove", "{\"id\":1}", "ok", "network is removed"});
    call = run("network.list", "{}");
    assert_int_equal(hvc_record_list_count(call->data, "networks"), 2);
    hvc_call_unref(call);
}

static void an_added_network_tells_its_number(void **state)
{
    struct hvc_call *call = run("network.add", "{\"subnet\":\"10.0.0.0/8\"}");

    (void)state;
    assert_int_equal(hvc_record_u64(call->data, "id", 0), 1);
    hvc_call_unref(call);
    call = run("network.add", "{\"subnet\":\"11.0.0.0/8\"}");
    assert_int_equal(hvc_record_u64(call->data, "id", 0), 2);
    hvc_call_unref(call);
}

static void mistakes_are_told(void **state)
{
    static const struct operation_case rows[] = {
        {"network.add", "{\"subnet\":\"10.0.7.0\"}", "invalid", "\"10.0.7.0\" is no subnet: give a network address"},
        {"network.add", "{\"subnet\":\"10.0.7.0/33\"}", "invalid", "is no subnet"},
        {"network.add", "{\"subnet\":\"10.0.7/24\"}", "invalid", "is no subnet"},
        {"network.add", "{\"subnet\":\"fd00::/129\"}", "invalid", "is no subnet"},
        {"network.add", "{\"subnet\":\"0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000/64\"}", "invalid",
         "is no subnet"},
        {"network.add", "{\"subnet\":\"127.0.0.0/8\"}", "invalid", "addresses that other nodes cannot use"},
        {"network.add", "{\"subnet\":\"fe80::/64\"}", "invalid", "addresses that other nodes cannot use"},
        {"network.add", "{\"subnet\":\"224.0.0.0/24\"}", "invalid", "addresses that other nodes cannot use"},
        {"network.add", "{\"subnet\":\"10.0.7.1/24\"}", "invalid", "without host bits"},
        {"network.add", "{\"subnet\":\"10.0.7.0/24\",\"node\":\"n5\"}", "not-found", "no node \"n5\""},
        {"network.modify", "{\"id\":1}", "invalid", "needs what is to change"},
        {"network.add", "{\"subnet\":\"10.0.7.0/24\",\"limit\":65}", "invalid", "limit"},
        {"network.modify", "{\"id\":1,\"limit\":4294967297}", "invalid", "limit"},
        {"network.modify", "{\"id\":1,\"metric\":2}", "not-found", "no migration network has the number 1"},
        {"network.remove", "{\"id\":0}", "invalid", "1 to 4294967295 are allowed"},
        {"network.add", "{\"subnet\":\"10.0.7.0/24\"}", "ok", "added"},
        {"network.add", "{\"subnet\":\"10.0.7.0/24\"}", "refused", "it exists already"},
        {"network.add", "{\"subnet\":\"10.0.0.0/16\"}", "refused", "overlaps migration network 1"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(rows); i++)
        check(&rows[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(networks_are_added_changed_listed_and_removed, begin, end),
        cmocka_unit_test_setup_teardown(an_added_network_tells_its_number, begin, end),
        cmocka_unit_test_setup_teardown(mistakes_are_told, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

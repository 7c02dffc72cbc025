/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Definitions that the cluster keeps: guest.add, guest.definition, guest.diff, guest.remove. */
#include "job_cases.h"

#define XML(vcpus)                                                                                                     \
    "<domain type='kvm'><name>vm1</name><uuid>" VM1 "</uuid><memory>2048</memory><vcpu>" vcpus "</vcpu></domain>"
#define NEW                                                                                                            \
    "<domain type='kvm'><name>new</name><uuid>0b6e4d5e-7d3a-4c0f-9a53-6e6a5a3b1c07</uuid><memory>2048</memory>"        \
    "<vcpu>1</vcpu></domain>"

static const struct hvc_service_guest *vm1(void)
{
    return hvc_service_guest_named(keeper->service, "vm1");
}

static void a_definition_is_kept_shown_changed_and_removed(void **state)
{
    struct hvc_call *call;

    (void)state;
    call = run("guest.add", "{\"xml\":\"" XML("2") "\",\"resource\":\"rsc-vm1\"}");
    assert_string_equal(call->error.text, "the cluster keeps the definition of guest vm1");
    assert_int_equal(hvc_record_u64(call->data, "definition_version", 0), 2); /* the record was made before */
    assert_int_equal(strlen(hvc_record_text(call->data, "hash", "")), 64);
    hvc_call_unref(call);
    assert_int_equal(vm1()->memory_kib, 2048);
    assert_int_equal(vm1()->cpus, 2);
    assert_int_equal(vm1()->node, 1);
    assert_string_equal(vm1()->resource, "rsc-vm1");
    call = run("guest.definition", "{\"guest\":\"vm1\"}");
    assert_string_equal(hvc_record_text(call->data, "xml", ""), XML("2"));
    hvc_call_unref(call);
    check(&(struct operation_case){"guest.add", "{\"xml\":\"" XML("4") "\"}", "ok", ""});
    assert_int_equal(vm1()->cpus, 4);
    assert_int_equal(vm1()->version, 3);
    assert_string_equal(vm1()->resource, "rsc-vm1"); /* not said: as it was */
    check(&(struct operation_case){"guest.remove", "{\"guest\":\"" VM1 "\"}", "ok", "the guest itself is not touched"});
    assert_null(vm1());
}

static void a_guest_that_runs_nowhere_gets_a_record_with_its_definition(void **state)
{
    (void)state;
    check(&(struct operation_case){"guest.add", "{\"xml\":\"" NEW "\"}", "ok", "the definition of guest new"});
    assert_int_equal(hvc_service_guest_named(keeper->service, "new")->node, 0);
    assert_int_equal(hvc_service_guest_named(keeper->service, "new")->version, 1);
}

static void the_definition_is_taken_from_the_node_where_the_guest_runs_and_compared_with_it(void **state)
{
    struct hvc_call *call;

    (void)state;
    world->here.xml = XML("2");
    check(&(struct operation_case){"guest.add", "{\"guest\":\"vm1\"}", "ok", "the definition of guest vm1"});
    call = run("guest.diff", "{\"guest\":\"vm1\"}");
    assert_string_equal(call->error.text, "guest vm1: the definition on node n1 says the same as the cluster's");
    assert_true(hvc_record_bool(call->data, "same", false));
    hvc_call_unref(call);
    world->there.xml = XML("8");
    call = run("guest.diff", "{\"guest\":\"vm1\",\"node\":\"n2\"}");
    assert_false(hvc_record_bool(call->data, "same", true));
    assert_int_equal(hvc_record_list_count(call->data, "differences"), 2);
    assert_string_equal(hvc_record_text(hvc_record_list_at(call->data, "differences", 0), "line", ""), "vcpu=2");
    assert_string_equal(hvc_record_text(hvc_record_list_at(call->data, "differences", 1), "only", ""), "node");
    hvc_call_unref(call);
}

static void of_a_guest_that_is_off_it_is_taken_from_where_it_is_stored(void **state)
{
    struct hvc_call *call;

    (void)state;
    world->here.guests[0].guest_class = HVC_GUEST_ABSENT;
    world->here.guests[0].persistent = false;
    world->there.guests[0] =
        (struct hvc_guest_state){.id = {VM1, "vm1"}, .guest_class = HVC_GUEST_ABSENT, .persistent = true};
    world->there.count = 1;
    world->here.xml = NULL;
    world->there.xml = XML("2");
    check(&(struct operation_case){"guest.add", "{\"guest\":\"vm1\"}", "ok", "the definition of guest vm1"});
    assert_int_equal(vm1()->node, 0);
    call = run("guest.diff", "{\"guest\":\"vm1\"}");
    assert_string_equal(call->error.text, "guest vm1: the definition on node n2 says the same as the cluster's");
    hvc_call_unref(call);
}

static void inspect_and_locate_know_names_and_inspect_shows_the_record(void **state)
{
    const struct hvc_record *record;
    struct hvc_call *call;

    (void)state;
    call = run("guest.inspect", "{\"guest\":\"vm1\"}");
    assert_null(hvc_record_record(call->data, "record")); /* nobody added it */
    hvc_call_unref(call);
    check(&(struct operation_case){"guest.add", "{\"xml\":\"" XML("2") "\"}", "ok", ""});
    check(&(struct operation_case){"job.create", "{\"guest\":\"vm1\",\"target\":\"n2\"}", "ok", ""});
    call = run("guest.inspect", "{\"guest\":\"vm1\"}");
    assert_string_equal(hvc_record_text(call->data, "class", ""), "running");
    record = hvc_record_record(call->data, "record");
    assert_string_equal(hvc_record_text(record, "node", ""), "n1");
    assert_int_equal(hvc_record_u64(record, "definition_version", 0), 2);
    assert_int_equal(strlen(hvc_record_text(record, "hash", "")), 64);
    assert_int_equal(hvc_record_u64(record, "job", 0), 1);
    hvc_call_unref(call);
    call = run("guest.inspect", "{\"uuid\":\"" VM1 "\",\"resource\":\"rsc\"}");
    assert_null(hvc_record_record(call->data, "record")); /* a monitor asks */
    hvc_call_unref(call);
    check(&(struct operation_case){"guest.inspect", "{\"guest\":\"nobody\"}", "not-found", "no node knows a guest"});
    check(&(struct operation_case){"guest.locate", "{\"guest\":\"vm1\"}", "ok", ""});
}

static void mistakes_are_told(void **state)
{
    static const struct operation_case rows[] = {
        {"guest.definition", "{\"guest\":\"vm1\"}", "not-found", "no record of a guest \"vm1\""},
        {"guest.remove", "{\"guest\":\"vm1\"}", "not-found", "no record of a guest \"vm1\""},
        {"guest.add", "{\"xml\":\"<domain/>\"}", "invalid", "this definition cannot be kept"},
        {"guest.add", "{\"guest\":\"vm9\"}", "not-found", "no node knows a guest"},
        {"guest.add", "{\"guest\":\"vm1\"}", "not-found", "the definition of guest vm1 on node n1 cannot be read"},
        {"guest.definition", "{\"guest\":\"vm1\"}", "not-found", "the cluster keeps no definition of guest vm1"},
        {"guest.diff", "{\"guest\":\"vm1\",\"node\":\"n9\"}", "not-found", "no node \"n9\""},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(rows); i++)
        check(&rows[i]);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin_jobs, end)
    const struct CMUnitTest tests[] = {
        T(a_definition_is_kept_shown_changed_and_removed),
        T(a_guest_that_runs_nowhere_gets_a_record_with_its_definition),
        T(the_definition_is_taken_from_the_node_where_the_guest_runs_and_compared_with_it),
        T(of_a_guest_that_is_off_it_is_taken_from_where_it_is_stored),
        T(inspect_and_locate_know_names_and_inspect_shows_the_record),
        T(mistakes_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

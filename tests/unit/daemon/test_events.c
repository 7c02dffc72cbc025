/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What has happened, found by comparing the state with how it was; and event.list. */
#include "job_cases.h"

#include "hvc/events.h"

static int begin_events(void **state)
{
    (void)begin_jobs(state);
    assert_int_equal(hvc_events_new(&keeper->base, &world->operations.events), 0);
    hvc_events_look(world->operations.events);
    return 0;
}

static int end_events(void **state)
{
    hvc_events_close(world->operations.events);
    return end(state);
}

static const char *text_of(struct hvc_call *call, size_t index)
{
    return hvc_record_text(hvc_record_list_at(call->data, "events", index), "text", "");
}

static void the_first_look_tells_nothing_and_later_ones_what_is_new(void **state)
{
    struct hvc_call *call = run("event.list", "{}");

    (void)state;
    assert_int_equal(hvc_record_list_count(call->data, "events"), 0);
    hvc_call_unref(call);
    check(&(struct operation_case){"job.create", "{\"guest\":\"vm1\",\"target\":\"n2\"}", "ok", ""});
    report_phase(1, HVC_JOB_CHECKING, HVC_JOB_ADMITTED, -1, "");
    report_phase(1, HVC_JOB_ADMITTED, HVC_JOB_FAILED, 1, "no route to host");
    check(&(struct operation_case){"node.set", "{\"node\":\"n2\",\"maintenance\":true}", "ok", ""});
    check(&(struct operation_case){"service.set", "{\"name\":\"started\",\"value\":\"no\"}", "ok", ""});
    set_members(1);
    hvc_events_look(world->operations.events);
    call = run("event.list", "{\"after\":0}");
    assert_int_equal(hvc_record_list_count(call->data, "events"), 7);
    assert_string_equal(text_of(call, 0), "the migration service is stopped: new moves are refused");
    assert_string_equal(text_of(call, 1), "node n2 takes no part in the cluster any more");
    assert_string_equal(text_of(call, 2), "node n2 is in maintenance");
    assert_string_equal(text_of(call, 3), "job 1: guest vm1, live, n1 to n2: queued: no route to host");
    assert_string_equal(text_of(call, 6), "job 1: guest vm1, live, n1 to n2: failed: no route to host");
    assert_int_equal(hvc_record_u64(call->data, "next", 0), 7);
    hvc_call_unref(call);
    hvc_events_look(world->operations.events); /* nothing new */
    call = run("event.list", "{\"after\":7,\"follow\":true,\"timeout_ms\":30}");
    assert_int_equal(hvc_record_list_count(call->data, "events"), 0);
    assert_int_equal(hvc_record_u64(call->data, "next", 0), 7);
    hvc_call_unref(call);
}

static void what_is_no_longer_kept_is_counted(void **state)
{
    struct hvc_call *call;

    (void)state;
    for (unsigned i = 0; i < HVC_EVENTS_MAX + 10; i++) {
        check(&(struct operation_case){
            "node.set", i % 2 == 0 ? "{\"node\":\"n2\",\"accepting\":false}" : "{\"node\":\"n2\",\"accepting\":true}",
            "ok", ""});
        hvc_events_look(world->operations.events);
    }
    call = run("event.list", "{\"after\":2,\"limit\":1}");
    assert_int_equal(hvc_record_u64(call->data, "lost", 0), 8);
    assert_int_equal(hvc_record_u64(hvc_record_list_at(call->data, "events", 0), "number", 0), 11);
    assert_int_equal(hvc_record_u64(call->data, "left", 0), HVC_EVENTS_MAX - 1);
    hvc_call_unref(call);
    call = run("event.list", "{\"limit\":3}");
    assert_int_equal(hvc_record_u64(call->data, "next", 0), HVC_EVENTS_MAX + 10);
    assert_int_equal(hvc_record_list_count(call->data, "events"), 3);
    hvc_call_unref(call);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_first_look_tells_nothing_and_later_ones_what_is_new, begin_events,
                                        end_events),
        cmocka_unit_test_setup_teardown(what_is_no_longer_kept_is_counted, begin_events, end_events),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

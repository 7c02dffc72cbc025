/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is read of jobs and done with them: list, show, wait, cancel, modify, resolve, forget. */
#include "job_cases.h"

static int begin_two(void **state)
{
    (void)begin_jobs(state);
    check(&(struct operation_case){"job.create", "{\"guest\":\"vm1\",\"target\":\"n2\"}", "ok", "job 1"});
    check(&(struct operation_case){"job.create", "{\"guest\":\"vm2\",\"target\":\"n1\"}", "ok", "job 2"});
    return 0;
}

static size_t count_of(const char *args)
{
    struct hvc_call *call = run("job.list", args);
    size_t count = hvc_record_list_count(call->data, "jobs");

    assert_string_equal(hvc_record_text(hvc_call_response(call), "result", ""), "ok");
    hvc_call_unref(call);
    return count;
}

static void jobs_are_listed_by_state_guest_node_and_number(void **state)
{
    (void)state;
    assert_int_equal(count_of("{}"), 2);
    assert_int_equal(count_of("{\"guest\":\"vm1\"}"), 1);
    assert_int_equal(count_of("{\"guest\":\"" VM2 "\"}"), 1);
    assert_int_equal(count_of("{\"node\":\"n1\"}"), 2);
    assert_int_equal(count_of("{\"ids\":\"2,7\"}"), 1);
    assert_int_equal(count_of("{\"after\":1}"), 1);
    assert_int_equal(count_of("{\"kind\":\"live\"}"), 2);
    assert_int_equal(count_of("{\"kind\":\"staged\",\"ids\":\"2\"}"), 0); /* it is there, and of another kind */
    check(&(struct operation_case){"job.list", "{\"kind\":\"warm\"}", "invalid", "staged"});
    check(&(struct operation_case){"job.cancel", "{\"id\":1}", "ok", "job 1 is being cancelled"});
    assert_int_equal(count_of("{\"state\":\"ended\"}"), 1);
    assert_int_equal(count_of("{\"state\":\"active\"}"), 1);
    assert_int_equal(count_of("{\"state\":\"ended\",\"before\":1}"), 0);
}

static void what_does_not_fit_is_counted_and_can_be_asked_for(void **state)
{
    struct hvc_call *call;

    (void)state;
    for (int id = 1; id <= 4; id++) {
        char args[32];

        (void)snprintf(args, sizeof(args), "{\"id\":%d}", id);
        check(&(struct operation_case){"job.cancel", args, "ok", ""});
        if (id < 3)
            check(&(struct operation_case){
                "job.create",
                id == 1 ? "{\"guest\":\"vm1\",\"target\":\"n2\"}" : "{\"guest\":\"vm2\",\"target\":\"n1\"}", "ok", ""});
    }
    call = run("job.list", "{\"limit\":3}");
    assert_int_equal(hvc_record_list_count(call->data, "jobs"), 3);
    assert_int_equal(hvc_record_u64(hvc_record_list_at(call->data, "jobs", 0), "id", 0), 4);
    assert_int_equal(hvc_record_u64(hvc_record_list_at(call->data, "jobs", 2), "id", 0), 2);
    assert_int_equal(hvc_record_u64(call->data, "left_out", 0), 1);
    hvc_call_unref(call);
    assert_int_equal(count_of("{\"before\":2}"), 1);
}

static void a_job_is_shown_whole(void **state)
{
    struct hvc_call *call;

    (void)state;
    report_phase(1, HVC_JOB_CHECKING, HVC_JOB_ADMITTED, -1, "");
    report_phase(1, HVC_JOB_ADMITTED, HVC_JOB_FAILED, 1, "libvirt: no route to host");
    call = run("job.show", "{\"id\":1}");
    assert_string_equal(hvc_record_text(call->data, "phase", ""), "failed");
    assert_string_equal(hvc_record_text(call->data, "words", ""), "libvirt: no route to host");
    assert_string_equal(hvc_record_text(call->data, "runs_on", ""), "n1");
    assert_int_equal(hvc_record_u64(call->data, "exit_code", 0), 11);
    assert_int_equal(hvc_record_list_count(call->data, "reasons"), 1);
    assert_int_equal(hvc_record_u64(hvc_record_record(call->data, "times"), "failed", 0), 1000);
    hvc_call_unref(call);
    check(&(struct operation_case){"job.show", "{\"id\":9}", "not-found", "the cluster knows no job 9"});
    check(&(struct operation_case){"job.list", "{\"ids\":\"9\"}", "not-found", "the cluster knows no job 9"});
    check(&(struct operation_case){"job.list", "{\"ids\":\"x\"}", "invalid", "\"x\" is no number of a job"});
}

/* Job 1 takes the only place in the network, job 2 waits for one. */
static void a_job_says_which_network_it_has_or_waits_for(void **state)
{
    struct hvc_command report = {.kind = HVC_COMMAND_JOB_REPORT};
    struct hvc_call *call;

    (void)state;
    check(&(struct operation_case){"job.cancel", "{\"id\":2}", "ok", ""});
    check(&(struct operation_case){"settings.set", "{\"name\":\"moves-out\",\"value\":\"2\"}", "ok", ""});
    check(&(struct operation_case){"settings.set", "{\"name\":\"moves-in\",\"value\":\"2\"}", "ok", ""});
    check(&(struct operation_case){"network.add", "{\"subnet\":\"10.0.7.0/24\",\"limit\":1}", "ok", ""});
    put_guest(&world->here, VM4, "vm4", HVC_GUEST_RUNNING);
    check(&(struct operation_case){"job.create", "{\"guest\":\"vm4\",\"target\":\"n2\"}", "ok", "job 3"});
    for (uint64_t id = 1; id <= 3; id += 2) {
        report.report.job = id;
        report.report.from = HVC_JOB_CHECKING;
        report.report.to = HVC_JOB_ADMITTED;
        report.report.way_count = 1;
        report.report.ways[0] = 1;
        assert_int_equal(give(&report).code, HVC_ANSWER_OK);
    }
    call = run("job.show", "{\"id\":1}");
    assert_int_equal(hvc_record_u64(call->data, "network", 0), 1);
    assert_int_equal(hvc_record_type(call->data, "networks"), HVC_RECORD_NONE);
    hvc_call_unref(call);
    call = run("job.show", "{\"id\":3}");
    assert_string_equal(hvc_record_text(call->data, "phase", ""), "queued");
    assert_string_equal(hvc_record_text(call->data, "words", ""), "the limit of moves over its migration networks");
    assert_string_equal(hvc_record_text(call->data, "networks", ""), "1");
    assert_int_equal(hvc_record_type(call->data, "network"), HVC_RECORD_NONE);
    hvc_call_unref(call);
    check(&(struct operation_case){"network.modify", "{\"id\":1,\"limit\":0}", "ok", "changed"});
    call = run("job.show", "{\"id\":3}");
    assert_string_equal(hvc_record_text(call->data, "phase", ""), "checking");
    hvc_call_unref(call);
}

static void a_cancel_twice_is_fine_and_after_the_switch_the_truth_is_told(void **state)
{
    static const struct operation_case rows[] = {
        {"job.cancel", "{\"id\":1,\"reason\":\"window is over\"}", "ok", "job 1 is being cancelled"},
        {"job.cancel", "{\"id\":1}", "ok", "it was so already"},
        {"job.cancel", "{\"id\":9}", "not-found", "no job has the number 9"},
        {"job.cancel", "{\"id\":2}", "refused", "it cannot be cancelled any more: switching"},
    };

    (void)state;
    report_phase(2, HVC_JOB_CHECKING, HVC_JOB_ADMITTED, -1, "");
    report_phase(2, HVC_JOB_ADMITTED, HVC_JOB_COPYING, -1, "");
    report_phase(2, HVC_JOB_COPYING, HVC_JOB_SWITCHING, -1, "");
    for (size_t i = 0; i < HVC_COUNT(rows); i++)
        check(&rows[i]);
    report_phase(2, HVC_JOB_SWITCHING, HVC_JOB_VERIFYING, -1, "");
    report_phase(2, HVC_JOB_VERIFYING, HVC_JOB_COMPLETED, 1, "");
    check(&(struct operation_case){"job.cancel", "{\"id\":2}", "refused", "it has ended already: completed"});
}

static void a_guest_stands_for_its_unfinished_job(void **state)
{
    static const struct operation_case rows[] = {
        {"job.cancel", "{}", "invalid", "id or guest"},
        {"job.cancel", "{\"id\":1,\"guest\":\"vm1\"}", "invalid", "id or guest"},
        {"job.cancel", "{\"guest\":\"nobody\"}", "not-found", "nobody"},
        {"job.cancel", "{\"guest\":\"vm2\"}", "ok", "job 2 is being cancelled"},
        {"job.cancel", "{\"guest\":\"vm2\"}", "not-found", "guest vm2 has no unfinished job"},
    };

    (void)state;
    report_phase(1, HVC_JOB_CHECKING, HVC_JOB_ADMITTED, -1, "");
    report_phase(1, HVC_JOB_ADMITTED, HVC_JOB_COPYING, -1, "");
    for (size_t i = 0; i < HVC_COUNT(rows); i++)
        check(&rows[i]);
    check(&(struct operation_case){"job.cancel", "{\"guest\":\"" VM1 "\"}", "ok", "job 1 is being cancelled"});
    check(&(struct operation_case){"job.cancel", "{\"guest\":\"vm1\"}", "ok", "it was so already"});
}

static void what_may_be_changed_is_changed_and_the_rest_is_told(void **state)
{
    static const struct operation_case rows[] = {
        {"job.modify", "{\"id\":1,\"bandwidth\":5000,\"downtime_ms\":70,\"end_action\":\"force\",\"deadline_s\":9}",
         "ok", "job 1 is changed"},
        {"job.modify", "{\"id\":1}", "invalid", "nothing to set"},
        {"job.modify", "{\"id\":1,\"priority\":3}", "refused", "not allowed in this phase: checking"},
        {"job.modify", "{\"id\":1,\"end_action\":\"explode\"}", "invalid", "abort, force, post-copy"},
        {"job.modify", "{\"id\":1,\"downtime_ms\":2000001}", "invalid", "downtime_ms"},
        {"job.modify", "{\"id\":9,\"bandwidth\":1}", "not-found", "number 9"},
    };
    const struct hvc_job *job = hvc_service_job(keeper->service, 1);

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(rows); i++)
        check(&rows[i]);
    assert_int_equal(job->options.bandwidth, 5000);
    assert_int_equal(job->options.downtime_ms, 70);
    assert_int_equal(job->options.end_action, HVC_END_FORCE);
    assert_true(job->options.deadline_ms > 9000);
}

static void an_operators_word_ends_what_nothing_else_can(void **state)
{
    static const struct operation_case rows[] = {
        {"job.resolve", "{\"id\":1}", "invalid", "say where the guest runs"},
        {"job.resolve", "{\"id\":1,\"node\":\"n1\",\"nowhere\":true}", "invalid", "only one of them"},
        {"job.resolve", "{\"id\":1,\"node\":\"n9\"}", "not-found", "no node \"n9\""},
        {"job.resolve", "{\"id\":2,\"node\":\"n1\"}", "refused", "not allowed in this phase: checking"},
        {"job.resolve", "{\"id\":1,\"node\":\"n2\",\"reason\":\"seen on its console\"}", "ok", "job 1 is resolved"},
        {"job.forget", "{\"id\":2}", "refused", "not allowed in this phase"},
        {"job.forget", "{\"id\":1}", "ok", "job 1 is forgotten"},
        {"job.show", "{\"id\":1}", "not-found", "no job 1"},
    };

    (void)state;
    report_phase(1, HVC_JOB_CHECKING, HVC_JOB_ADMITTED, -1, "");
    report_phase(1, HVC_JOB_ADMITTED, HVC_JOB_COPYING, -1, "");
    report_phase(1, HVC_JOB_COPYING, HVC_JOB_VERIFYING, -1, "");
    report_phase(1, HVC_JOB_VERIFYING, HVC_JOB_NEEDS_OPERATOR, -1, "both are silent");
    for (size_t i = 0; i < HVC_COUNT(rows); i++)
        check(&rows[i]);
}

static bool move_on(struct fake_keeper *fake)
{
    fake->on_await = NULL;
    report_phase(1, HVC_JOB_CHECKING, HVC_JOB_ADMITTED, -1, "");
    return true;
}

static void who_waits_is_told_of_a_change_at_once_and_of_none_at_the_timeout(void **state)
{
    char args[128], seen[32];
    struct hvc_call *call = run("job.wait", "{\"ids\":\"1\"}");

    (void)state;
    assert_int_equal(hvc_record_list_count(call->data, "jobs"), 1);
    (void)snprintf(seen, sizeof(seen), "%s", hvc_record_text(call->data, "seen", ""));
    hvc_call_unref(call);
    (void)snprintf(args, sizeof(args), "{\"ids\":\"1\",\"seen\":\"%s\"}", seen);
    keeper->on_await = move_on;
    call = run("job.wait", args);
    assert_true(hvc_record_bool(call->data, "changed", false));
    assert_string_equal(hvc_record_text(hvc_record_list_at(call->data, "jobs", 0), "phase", ""), "admitted");
    (void)snprintf(args, sizeof(args), "{\"ids\":\"1\",\"seen\":\"%s\",\"timeout_ms\":50}",
                   hvc_record_text(call->data, "seen", ""));
    hvc_call_unref(call);
    call = run("job.wait", args);
    assert_string_equal(hvc_record_text(hvc_call_response(call), "result", ""), "ok");
    assert_false(hvc_record_bool(call->data, "changed", true));
    assert_int_equal(hvc_record_list_count(call->data, "jobs"), 1);
    hvc_call_unref(call);
}

static void a_list_without_quorum_is_marked_and_not_empty(void **state)
{
    struct hvc_call *call;

    (void)state;
    fake_status_cut(&keeper->status, 1);
    call = run("job.list", "{}");
    assert_true(hvc_record_bool(call->data, "stale", false));
    assert_int_equal(hvc_record_list_count(call->data, "jobs"), 2);
    assert_non_null(strstr(call->error.text, "as far as this node knows"));
    hvc_call_unref(call);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin_two, end)
    const struct CMUnitTest tests[] = {
        T(jobs_are_listed_by_state_guest_node_and_number),
        T(what_does_not_fit_is_counted_and_can_be_asked_for),
        T(a_job_is_shown_whole),
        T(a_job_says_which_network_it_has_or_waits_for),
        T(a_cancel_twice_is_fine_and_after_the_switch_the_truth_is_told),
        T(a_guest_stands_for_its_unfinished_job),
        T(what_may_be_changed_is_changed_and_the_rest_is_told),
        T(an_operators_word_ends_what_nothing_else_can),
        T(who_waits_is_told_of_a_change_at_once_and_of_none_at_the_timeout),
        T(a_list_without_quorum_is_marked_and_not_empty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

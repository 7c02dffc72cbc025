/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests, reports, cancels, proofs, reasons, retention. */
#include "fixture.h"

#include "../hvc_cmocka.h"

static int open_three(void **state)
{
    static struct fixture f;
    struct hvc_service_config config = small_config();

    fixture_open(&f, &config);
    add_nodes(&f, 3, 0);
    add_guest(&f, 1, 1, 1000);
    add_guest(&f, 2, 2, 1000);
    add_guest(&f, 3, 0, 1000); /* off */
    *state = &f;
    return 0;
}

static int close_it(void **state)
{
    fixture_close(*state);
    return 0;
}

static void a_move_goes_through_its_phases_and_the_guest_is_at_the_target(void **state)
{
    struct fixture *f = *state;
    uint64_t job = add_job(f, 1, 2);
    const struct hvc_job *j = hvc_service_job(f->service, job);
    struct hvc_node_load load;

    assert_int_equal(j->phase, HVC_JOB_CHECKING); /* there was room */
    assert_int_equal(j->epoch, f->epoch);
    assert_int_equal(j->index, f->index);
    assert_string_equal(j->by, "tester");
    assert_int_equal(hvc_service_node_load(f->service, 2, &load), 0);
    assert_int_equal(load.reserved_kib, 1000);
    f->now_ms += 500;
    finish_job(f, job);
    assert_int_equal(j->phase, HVC_JOB_COMPLETED);
    assert_int_equal(j->phase_ms[HVC_JOB_COMPLETED], f->now_ms);
    assert_int_equal(hvc_service_guest(f->service, j->guest)->node, 2);
    assert_int_equal(hvc_service_node_load(f->service, 2, &load), 0);
    assert_int_equal(load.reserved_kib, 0);
    assert_int_equal(load.used_kib, 2000);
}

static void bad_requests_are_told_apart(void **state)
{
    static const struct {
        unsigned guest, kind;
        uint32_t source, target;
        unsigned code;
        uint64_t value;
    } cases[] = {
        {9, HVC_KIND_LIVE, 0, 2, HVC_ANSWER_NO_GUEST, 0},    {1, HVC_KIND_LIVE, 0, 1, HVC_ANSWER_SAME_NODE, 1},
        {1, HVC_KIND_LIVE, 0, 9, HVC_ANSWER_NO_NODE, 9},     {1, HVC_KIND_LIVE, 2, 3, HVC_ANSWER_NOT_THERE, 1},
        {3, HVC_KIND_LIVE, 0, 2, HVC_ANSWER_NOT_RUNNING, 0}, {1, HVC_KIND_DEFINITION, 1, 2, HVC_ANSWER_NOT_RUNNING, 0},
        {1, HVC_KIND_STORAGE, 0, 2, HVC_ANSWER_INVALID, 2},  {3, HVC_KIND_DEFINITION, 0, 2, HVC_ANSWER_NO_NODE, 0},
        {3, HVC_KIND_DEFINITION, 1, 2, HVC_ANSWER_OK, 1},    {1, HVC_KIND_STORAGE, 0, 0, HVC_ANSWER_OK, 2},
        {1, HVC_KIND_LIVE, 0, 2, HVC_ANSWER_BUSY, 2},        {2, HVC_KIND_LIVE, 0, 0, HVC_ANSWER_OK, 3},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_answer answer = try_job(f, cases[i].guest, cases[i].kind, cases[i].source, cases[i].target);

        assert_int_equal(answer.code, cases[i].code);
        assert_int_equal(answer.value, cases[i].value);
    }
    assert_int_equal(hvc_service_job(f->service, 2)->target, 1); /* stays */
    assert_int_equal(phase_of(f, 3), HVC_JOB_QUEUED);            /* no target yet */
}

static void options_that_contradict_or_name_a_missing_document_are_refused(void **state)
{
    struct fixture *f = *state;
    struct hvc_command c = command_of(f, HVC_COMMAND_JOB);

    uuid_of(1, c.job.guest);
    c.job.target = 2;
    c.job.options.flags = HVC_OPTION_TLS | HVC_OPTION_PLAIN;
    assert_int_equal(give(f, &c).detail, HVC_FIELD_OPTIONS);
    c.job.options.flags = HVC_OPTION_COMPRESS | HVC_OPTION_NO_COMPRESS;
    assert_int_equal(give(f, &c).detail, HVC_FIELD_OPTIONS);
    c.job.options.flags = 0;
    c.job.options.document[0] = 1;
    assert_int_equal(give(f, &c).code, HVC_ANSWER_NO_DOCUMENT);
    c.job.options.document[0] = 0;
    c.job.drain = 4;
    assert_int_equal(give(f, &c).code, HVC_ANSWER_NO_DRAIN);
    c.job.drain = 0;
    assert_int_equal(give(f, &c).code, HVC_ANSWER_OK);
    assert_int_equal(hvc_service_job(f->service, 1)->options.priority, 1000); /* the setting */
}

static void a_stopped_service_refuses_moves_and_still_checks(void **state)
{
    struct fixture *f = *state;
    struct hvc_command c = command_of(f, HVC_COMMAND_STATE), check = command_of(f, HVC_COMMAND_JOB);
    uint64_t job;

    c.state.state = HVC_STATE_QUIESCE;
    (void)give(f, &c);
    job = add_job(f, 1, 2);
    assert_int_equal(phase_of(f, job), HVC_JOB_QUEUED);
    assert_int_equal(hvc_service_blocker(f->service, job, f->now_ms), HVC_BLOCKER_SERVICE);
    c.state.state = HVC_STATE_DISABLED;
    (void)give(f, &c);
    assert_int_equal(try_job(f, 2, HVC_KIND_LIVE, 0, 3).code, HVC_ANSWER_DISABLED);
    uuid_of(2, check.job.guest);
    check.job.options.flags = HVC_OPTION_CHECK_ONLY;
    assert_int_equal(give(f, &check).code, HVC_ANSWER_OK);
    assert_int_equal(phase_of(f, 2), HVC_JOB_CHECKING); /* of all nodes: no target */
    assert_int_equal(report(f, 2, HVC_JOB_ADMITTED, -1).code, HVC_ANSWER_NOT_ALLOWED);
    assert_int_equal(report(f, 2, HVC_JOB_COMPLETED, -1).code, HVC_ANSWER_OK);
    c.state.state = HVC_STATE_ENABLED;
    (void)give(f, &c);
    assert_int_equal(phase_of(f, job), HVC_JOB_CHECKING);
}

static void only_what_may_follow_is_reported_by_those_who_take_part(void **state)
{
    struct fixture *f = *state;
    uint64_t job = add_job(f, 1, 2);
    struct hvc_command c = command_of(f, HVC_COMMAND_JOB_REPORT);

    c.report.job = 77;
    assert_int_equal(give(f, &c).code, HVC_ANSWER_NO_JOB);
    c.report.job = job;
    c.report.from = HVC_JOB_COPYING;
    assert_int_equal(give(f, &c).detail, HVC_JOB_CHECKING);
    c.report.from = HVC_JOB_CHECKING;
    c.report.to = HVC_JOB_ADMITTED;
    c.node = 3;
    assert_int_equal(give(f, &c).code, HVC_ANSWER_NOT_YOURS);
    c.node = 2;
    assert_int_equal(give(f, &c).code, HVC_ANSWER_OK);
    c.report.from = HVC_JOB_ADMITTED;
    c.report.to = HVC_JOB_SWITCHING;
    assert_int_equal(give(f, &c).code, HVC_ANSWER_NOT_ALLOWED);
    c.report.to = HVC_JOB_ADMITTED; /* a step within the phase */
    c.report.step = HVC_STEP_HOLD;
    assert_int_equal(give(f, &c).code, HVC_ANSWER_OK);
    assert_int_equal(hvc_service_job(f->service, job)->step, HVC_STEP_HOLD);
}

static void an_end_needs_a_proof_that_fits(void **state)
{
    static const struct {
        unsigned from, to;
        int runs_on;
        unsigned code;
    } cases[] = {
        {HVC_JOB_COPYING, HVC_JOB_FAILED, -1, HVC_ANSWER_NOT_PROVEN},
        {HVC_JOB_COPYING, HVC_JOB_CANCELLED, 2, HVC_ANSWER_INVALID},
        {HVC_JOB_COPYING, HVC_JOB_CANCELLED, 3, HVC_ANSWER_INVALID},
        {HVC_JOB_COPYING, HVC_JOB_CANCELLED, 1, HVC_ANSWER_OK},
        {HVC_JOB_COPYING, HVC_JOB_FAILED, 0, HVC_ANSWER_OK},
        {HVC_JOB_VERIFYING, HVC_JOB_COMPLETED, -1, HVC_ANSWER_NOT_PROVEN},
        {HVC_JOB_VERIFYING, HVC_JOB_COMPLETED, 1, HVC_ANSWER_INVALID},
        {HVC_JOB_VERIFYING, HVC_JOB_COMPLETED, 2, HVC_ANSWER_OK},
        {HVC_JOB_VERIFYING, HVC_JOB_FAILED, 1, HVC_ANSWER_OK},
    };

    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        static const uint8_t way[] = {HVC_JOB_ADMITTED, HVC_JOB_COPYING, HVC_JOB_SWITCHING, HVC_JOB_VERIFYING};
        struct fixture *f;
        uint64_t job;

        (void)open_three(state);
        f = *state;
        job = add_job(f, 1, 2);
        for (size_t k = 0; k < HVC_COUNT(way) && phase_of(f, job) != cases[i].from; k++)
            (void)report(f, job, way[k], -1);
        assert_int_equal(report(f, job, cases[i].to, cases[i].runs_on).code, cases[i].code);
        assert_int_equal(phase_of(f, job), cases[i].code == HVC_ANSWER_OK ? cases[i].to : cases[i].from);
        (void)close_it(state);
    }
}

static struct hvc_answer cancel(struct fixture *f, uint64_t job, uint32_t node)
{
    struct hvc_command c = command_of(f, HVC_COMMAND_JOB_CANCEL);

    c.node = node;
    c.cancel.job = job;
    (void)snprintf(c.cancel.text, sizeof(c.cancel.text), "wanted by somebody");
    return give(f, &c);
}

static void a_cancel_at_every_phase_twice_from_two_nodes_has_one_outcome(void **state)
{
    static const struct {
        unsigned phase, code, then, again;
    } cases[] = {
        {HVC_JOB_CHECKING, HVC_ANSWER_OK, HVC_JOB_CANCELLED, HVC_ANSWER_UNCHANGED},
        {HVC_JOB_ADMITTED, HVC_ANSWER_OK, HVC_JOB_ADMITTED, HVC_ANSWER_UNCHANGED},
        {HVC_JOB_COPYING, HVC_ANSWER_OK, HVC_JOB_COPYING, HVC_ANSWER_UNCHANGED},
        {HVC_JOB_SWITCHING, HVC_ANSWER_TOO_LATE, HVC_JOB_SWITCHING, HVC_ANSWER_TOO_LATE},
        {HVC_JOB_VERIFYING, HVC_ANSWER_TOO_LATE, HVC_JOB_VERIFYING, HVC_ANSWER_TOO_LATE},
        {HVC_JOB_COMPLETED, HVC_ANSWER_ENDED, HVC_JOB_COMPLETED, HVC_ANSWER_ENDED},
    };

    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct fixture *f;
        uint64_t job;

        (void)open_three(state);
        f = *state;
        job = add_job(f, 1, 2);
        for (unsigned phase = HVC_JOB_ADMITTED; phase <= HVC_JOB_COMPLETED && phase_of(f, job) != cases[i].phase;
             phase++)
            (void)report(f, job, phase, phase == HVC_JOB_COMPLETED ? 2 : -1);
        assert_int_equal(cancel(f, job, 1).code, cases[i].code);
        assert_int_equal(phase_of(f, job), cases[i].then);
        assert_int_equal(cancel(f, job, 3).code, cases[i].again);
        assert_int_equal(phase_of(f, job), cases[i].then);
        (void)close_it(state);
    }
}

static void a_waiting_move_is_cancelled_at_once_and_the_guest_is_free(void **state)
{
    struct fixture *f = *state;
    uint64_t job = try_job(f, 1, HVC_KIND_LIVE, 0, 0).value;

    assert_int_equal(cancel(f, job, 2).code, HVC_ANSWER_OK);
    assert_int_equal(phase_of(f, job), HVC_JOB_CANCELLED);
    assert_int_equal(cancel(f, 99, 2).code, HVC_ANSWER_NO_JOB);
    assert_string_equal(hvc_service_job(f->service, job)->reasons[0].text, "wanted by somebody");
    assert_int_equal(add_job(f, 1, 2), job + 1);
}

static void a_retry_waits_for_its_time_and_a_tick(void **state)
{
    struct fixture *f = *state;
    uint64_t job = add_job(f, 1, 2);
    struct hvc_command c = command_of(f, HVC_COMMAND_JOB_REPORT), tick;

    c.report.job = job;
    c.report.from = HVC_JOB_CHECKING;
    c.report.to = HVC_JOB_QUEUED;
    c.report.not_before_ms = f->now_ms + 9000;
    c.report.code = HVC_REASON_RETRY;
    (void)snprintf(c.report.text, sizeof(c.report.text), "target busy");
    assert_int_equal(give(f, &c).code, HVC_ANSWER_OK);
    assert_int_equal(phase_of(f, job), HVC_JOB_QUEUED);
    assert_int_equal(hvc_service_job(f->service, job)->attempts, 1);
    assert_int_equal(hvc_service_blocker(f->service, job, f->now_ms), HVC_BLOCKER_LATER);
    assert_int_equal(hvc_service_next_tick_ms(f->service), f->now_ms + 9000);
    tick = command_of(f, HVC_COMMAND_TICK);
    assert_int_equal(give(f, &tick).code, HVC_ANSWER_UNCHANGED);
    tick.stamp_ms += 9000;
    assert_int_equal(give(f, &tick).code, HVC_ANSWER_OK);
    assert_int_equal(phase_of(f, job), HVC_JOB_CHECKING);
}

static void the_first_and_the_newest_reasons_are_kept(void **state)
{
    struct fixture *f = *state;
    uint64_t job = add_job(f, 1, 2);
    const struct hvc_job *j = hvc_service_job(f->service, job);

    for (int i = 1; i <= 7; i++) {
        struct hvc_command c = command_of(f, HVC_COMMAND_JOB_REPORT);

        c.report.job = job;
        c.report.from = c.report.to = HVC_JOB_CHECKING;
        (void)snprintf(c.report.text, sizeof(c.report.text), "reason %d", i);
        assert_int_equal(give(f, &c).code, HVC_ANSWER_OK);
    }
    assert_int_equal(j->reason_count, HVC_JOB_REASONS_MAX);
    assert_int_equal(j->reasons_dropped, 3);
    assert_string_equal(j->reasons[0].text, "reason 1");
    assert_string_equal(j->reasons[1].text, "reason 5");
    assert_string_equal(j->reasons[3].text, "reason 7");
}

static void an_operator_ends_what_nothing_can_prove(void **state)
{
    struct fixture *f = *state;
    uint64_t job = add_job(f, 1, 2);
    struct hvc_command c = command_of(f, HVC_COMMAND_JOB_RESOLVE);
    struct hvc_node_load load;

    c.resolve.job = job;
    c.resolve.runs_on = 2;
    assert_int_equal(give(f, &c).code, HVC_ANSWER_NOT_ALLOWED);
    (void)report(f, job, HVC_JOB_ADMITTED, -1);
    (void)report(f, job, HVC_JOB_COPYING, -1);
    (void)report(f, job, HVC_JOB_VERIFYING, -1);
    (void)report(f, job, HVC_JOB_NEEDS_OPERATOR, -1);
    assert_int_equal(hvc_service_node_load(f->service, 2, &load), 0);
    assert_int_equal(load.in, 0); /* its slot is free for others, its room is not */
    assert_int_equal(load.reserved_kib, 1000);
    c.resolve.runs_on = 3;
    assert_int_equal(give(f, &c).code, HVC_ANSWER_INVALID);
    c.resolve.runs_on = 2;
    assert_int_equal(give(f, &c).code, HVC_ANSWER_OK);
    assert_int_equal(phase_of(f, job), HVC_JOB_COMPLETED);
    assert_int_equal(give(f, &c).code, HVC_ANSWER_ENDED);
}

static void priority_changes_while_waiting_and_bandwidth_while_running(void **state)
{
    struct fixture *f = *state;
    uint64_t job = add_job(f, 1, 2);
    struct hvc_command c = command_of(f, HVC_COMMAND_JOB_MODIFY);

    c.modify.job = job;
    c.modify.mask = HVC_JOB_SET_PRIORITY;
    c.modify.priority = 3;
    assert_int_equal(give(f, &c).code, HVC_ANSWER_NOT_ALLOWED);
    c.modify.mask = HVC_JOB_SET_BANDWIDTH;
    c.modify.bandwidth = 5000;
    assert_int_equal(give(f, &c).code, HVC_ANSWER_OK);
    assert_int_equal(hvc_service_job(f->service, job)->options.bandwidth, 5000);
    assert_int_equal(hvc_service_job(f->service, job)->options.priority, 1000);
}

static void a_target_is_chosen_while_it_waits(void **state)
{
    struct fixture *f = *state;
    struct hvc_command c = command_of(f, HVC_COMMAND_JOB_TARGET);
    uint64_t job = try_job(f, 1, HVC_KIND_LIVE, 0, 0).value;

    assert_int_equal(hvc_service_blocker(f->service, job, f->now_ms), HVC_BLOCKER_NO_TARGET);
    c.job_target.job = job;
    c.job_target.target = 1;
    assert_int_equal(give(f, &c).code, HVC_ANSWER_SAME_NODE);
    c.job_target.target = 2;
    assert_int_equal(give(f, &c).code, HVC_ANSWER_OK);
    assert_int_equal(phase_of(f, job), HVC_JOB_CHECKING);
    assert_int_equal(give(f, &c).code, HVC_ANSWER_STALE);
}

static void ended_jobs_go_by_number_by_age_and_on_request(void **state)
{
    struct fixture *f = *state;
    struct hvc_command tick, forget = command_of(f, HVC_COMMAND_JOB_FORGET), c = command_of(f, HVC_COMMAND_JOB);
    uint64_t job = 0;

    for (unsigned i = 0; i < 12; i++) {
        job = add_job(f, 1, i % 2 == 0 ? 2 : 1);
        finish_job(f, job);
    }
    assert_null(hvc_service_job(f->service, 2)); /* ten are kept */
    assert_non_null(hvc_service_job(f->service, 3));
    set_setting(f, 0, HVC_SETTING_RETENTION_COUNT, 4);
    assert_null(hvc_service_job(f->service, 8));
    forget.forget.job = 9;
    assert_int_equal(give(f, &forget).code, HVC_ANSWER_OK);
    assert_int_equal(give(f, &forget).code, HVC_ANSWER_NO_JOB);
    /* one that may go 5 minutes after its end, the others after 400 seconds */
    set_setting(f, 0, HVC_SETTING_RETENTION_S, 400);
    uuid_of(1, c.job.guest);
    c.job.target = 2;
    c.job.options.flags = HVC_OPTION_DELETE_ON_COMPLETION;
    job = give(f, &c).value;
    finish_job(f, job);
    assert_int_equal(hvc_service_next_tick_ms(f->service), f->now_ms + 300000);
    f->now_ms += 300000;
    tick = command_of(f, HVC_COMMAND_TICK);
    assert_int_equal(give(f, &tick).code, HVC_ANSWER_OK);
    assert_null(hvc_service_job(f->service, job));
    assert_non_null(hvc_service_job(f->service, job - 1));
    f->now_ms += 100000;
    tick = command_of(f, HVC_COMMAND_TICK);
    assert_int_equal(give(f, &tick).code, HVC_ANSWER_OK);
    assert_null(hvc_service_job(f->service, job - 1));
    assert_int_equal(hvc_service_next_tick_ms(f->service), UINT64_MAX);
    job = add_job(f, 1, 1);
    forget.forget.job = job;
    assert_int_equal(give(f, &forget).code, HVC_ANSWER_NOT_ALLOWED);
}

#define T(test) cmocka_unit_test_setup_teardown(test, open_three, close_it)

static void a_plan_answers_as_the_request_would_and_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct hvc_command command = command_of(f, HVC_COMMAND_JOB);
    uint64_t before = hvc_service_digest(f->service);
    struct hvc_answer answer;
    struct hvc_job job = {0};

    uuid_of(1, command.job.guest);
    command.job.target = 2;
    answer = hvc_service_plan(f->service, &command, &job);
    assert_int_equal(answer.code, HVC_ANSWER_OK);
    assert_int_equal(job.source, 1);
    assert_int_equal(job.target, 2);
    assert_int_equal(job.memory_kib, 1000);
    assert_int_equal(job.id, 0);
    command.job.target = 1;
    assert_int_equal(hvc_service_plan(f->service, &command, &job).code, HVC_ANSWER_SAME_NODE);
    assert_int_equal(hvc_service_digest(f->service), before);
    (void)add_job(f, 1, 2);
    assert_int_equal(hvc_service_plan(f->service, &command, &job).code, HVC_ANSWER_BUSY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_move_goes_through_its_phases_and_the_guest_is_at_the_target),
        T(bad_requests_are_told_apart),
        T(a_plan_answers_as_the_request_would_and_changes_nothing),
        T(options_that_contradict_or_name_a_missing_document_are_refused),
        T(a_stopped_service_refuses_moves_and_still_checks),
        T(only_what_may_follow_is_reported_by_those_who_take_part),
        cmocka_unit_test(an_end_needs_a_proof_that_fits),
        cmocka_unit_test(a_cancel_at_every_phase_twice_from_two_nodes_has_one_outcome),
        T(a_waiting_move_is_cancelled_at_once_and_the_guest_is_free),
        T(a_retry_waits_for_its_time_and_a_tick),
        T(the_first_and_the_newest_reasons_are_kept),
        T(an_operator_ends_what_nothing_can_prove),
        T(priority_changes_while_waiting_and_bandwidth_while_running),
        T(a_target_is_chosen_while_it_waits),
        T(ended_jobs_go_by_number_by_age_and_on_request),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

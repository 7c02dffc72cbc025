/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drains, the way back, and what they leave behind. */
#include "fixture.h"

#include "../hvc_cmocka.h"

static int open_three(void **state)
{
    static struct fixture f;
    struct hvc_service_config config = small_config();

    fixture_open(&f, &config);
    add_nodes(&f, 3, 0);
    for (unsigned i = 0; i < 3; i++)
        add_guest(&f, i, 1, 0);
    *state = &f;
    return 0;
}

static int close_it(void **state)
{
    fixture_close(*state);
    return 0;
}

static struct hvc_answer drain(struct fixture *f, uint32_t node, uint32_t target)
{
    struct hvc_command c = command_of(f, HVC_COMMAND_DRAIN);

    c.drain.id = node;
    c.drain.target = target;
    return give(f, &c);
}

static struct hvc_answer end_drain(struct fixture *f, uint64_t id, uint8_t how)
{
    struct hvc_command c = command_of(f, HVC_COMMAND_DRAIN_REPORT);

    c.drain_report.drain = id;
    c.drain_report.state = how;
    return give(f, &c);
}

static struct hvc_answer resume(struct fixture *f, uint32_t node, bool back)
{
    struct hvc_command c = command_of(f, HVC_COMMAND_RESUME);

    c.resume.id = node;
    c.resume.back = back;
    return give(f, &c);
}

static uint64_t job_of_drain(struct fixture *f, unsigned guest, uint32_t target, uint64_t id, unsigned origin)
{
    struct hvc_command c = command_of(f, HVC_COMMAND_JOB);
    struct hvc_answer answer;

    uuid_of(guest, c.job.guest);
    c.job.target = target;
    c.job.drain = id;
    c.job.origin = (uint8_t)origin;
    answer = give(f, &c);
    assert_int_equal(answer.code, HVC_ANSWER_OK);
    return answer.value;
}

static uint32_t origin_of(struct fixture *f, unsigned guest)
{
    uint8_t uuid[16];

    uuid_of(guest, uuid);
    return hvc_service_guest(f->service, uuid)->origin;
}

static void a_drained_node_is_closed_counted_and_remembered(void **state)
{
    struct fixture *f = *state;
    const struct hvc_drain *d;
    uint64_t job;

    assert_int_equal(drain(f, 9, 0).code, HVC_ANSWER_NO_NODE);
    assert_int_equal(drain(f, 1, 1).code, HVC_ANSWER_SAME_NODE);
    assert_int_equal(drain(f, 1, 9).code, HVC_ANSWER_NO_NODE);
    assert_int_equal(drain(f, 1, 0).value, 1);
    assert_int_equal(drain(f, 1, 0).code, HVC_ANSWER_DRAINING);
    assert_true(hvc_service_node(f->service, 1)->maintenance);
    d = hvc_service_drain(f->service, 1);
    job = job_of_drain(f, 0, 2, 1, HVC_ORIGIN_DRAIN);
    assert_int_equal(end_drain(f, 1, HVC_DRAIN_DONE).code, HVC_ANSWER_STALE); /* a job is not ended */
    finish_job(f, job);
    job = job_of_drain(f, 1, 3, 1, HVC_ORIGIN_DRAIN);
    assert_int_equal(report(f, job, HVC_JOB_FAILED, -1).code, HVC_ANSWER_OK);
    assert_int_equal(d->jobs, 2);
    assert_int_equal(d->completed, 1);
    assert_int_equal(d->failed, 1);
    assert_int_equal(end_drain(f, 1, HVC_DRAIN_BLOCKED).code, HVC_ANSWER_OK);
    assert_int_equal(end_drain(f, 1, HVC_DRAIN_DONE).code, HVC_ANSWER_STALE);
    assert_int_equal(end_drain(f, 7, HVC_DRAIN_DONE).code, HVC_ANSWER_NO_DRAIN);
    assert_int_equal(origin_of(f, 0), 1);
    assert_int_equal(origin_of(f, 1), 0);
}

static void guests_come_back_from_a_drain_and_are_then_at_home(void **state)
{
    struct fixture *f = *state;
    uint64_t back;

    (void)drain(f, 1, 0);
    finish_job(f, job_of_drain(f, 0, 2, 1, HVC_ORIGIN_DRAIN));
    finish_job(f, job_of_drain(f, 1, 2, 1, HVC_ORIGIN_DRAIN));
    (void)end_drain(f, 1, HVC_DRAIN_DONE);
    assert_int_equal(add_job(f, 1, 3), 3); /* an operator puts one elsewhere: it belongs there */
    finish_job(f, 3);
    assert_int_equal(origin_of(f, 1), 0);
    back = resume(f, 1, true).value;
    assert_int_equal(back, 2);
    assert_false(hvc_service_node(f->service, 1)->maintenance);
    assert_true(hvc_service_drain(f->service, back)->back);
    assert_int_equal(resume(f, 1, true).code, HVC_ANSWER_DRAINING);
    finish_job(f, job_of_drain(f, 0, 1, back, HVC_ORIGIN_RETURN));
    assert_int_equal(origin_of(f, 0), 0);
    (void)end_drain(f, back, HVC_DRAIN_DONE);
    assert_int_equal(resume(f, 1, true).code, HVC_ANSWER_UNCHANGED);
}

static void a_cancelled_drain_takes_back_what_waits(void **state)
{
    struct fixture *f = *state;
    struct hvc_command c = command_of(f, HVC_COMMAND_DRAIN_CANCEL);
    uint64_t first, second;

    (void)drain(f, 1, 0);
    first = job_of_drain(f, 0, 2, 1, HVC_ORIGIN_DRAIN);
    second = job_of_drain(f, 1, 2, 1, HVC_ORIGIN_DRAIN);
    c.drain_cancel.drain = 1;
    assert_int_equal(give(f, &c).code, HVC_ANSWER_OK);
    assert_int_equal(give(f, &c).code, HVC_ANSWER_UNCHANGED);
    assert_int_equal(phase_of(f, first), HVC_JOB_CHECKING);
    assert_int_equal(phase_of(f, second), HVC_JOB_CANCELLED);
    assert_false(hvc_service_node(f->service, 1)->maintenance);
    c.drain_cancel.drain = 9;
    assert_int_equal(give(f, &c).code, HVC_ANSWER_NO_DRAIN);
}

/* What had begun is not begun anew for a drain that is over. */
static void nor_does_what_comes_back_to_the_queue_wait_for_it(void **state)
{
    struct fixture *f = *state;
    struct hvc_command c = command_of(f, HVC_COMMAND_DRAIN_CANCEL), back = command_of(f, HVC_COMMAND_JOB_REPORT);
    const struct hvc_job *now;
    uint64_t job;

    (void)drain(f, 1, 0);
    job = job_of_drain(f, 0, 2, 1, HVC_ORIGIN_DRAIN);
    assert_int_equal(report(f, job, HVC_JOB_ADMITTED, -1).code, HVC_ANSWER_OK);
    set_members(f, 6);
    set_members(f, 7);
    c.drain_cancel.drain = 1;
    assert_int_equal(give(f, &c).code, HVC_ANSWER_OK);
    assert_int_equal(phase_of(f, job), HVC_JOB_RECONCILING);
    back.report.job = job;
    back.report.from = HVC_JOB_RECONCILING;
    back.report.to = HVC_JOB_QUEUED;
    back.report.located = true;
    back.report.runs_on = 1;
    back.report.code = HVC_REASON_RETRY;
    (void)snprintf(back.report.text, sizeof(back.report.text), "it is checked again");
    assert_int_equal(give(f, &back).code, HVC_ANSWER_OK);
    assert_int_equal(phase_of(f, job), HVC_JOB_CANCELLED);
    now = hvc_service_job(f->service, job);
    assert_string_equal(now->reasons[now->reason_count - 1].text, "the drain it belongs to is over");
    assert_int_equal(hvc_service_drain(f->service, 1)->cancelled, 1);
}

static void old_records_make_room_for_new_ones(void **state)
{
    struct fixture *f = *state;
    uint64_t cursor = 0, last = 0;
    const struct hvc_drain *d;
    unsigned count = 0;

    assert_int_equal(drain(f, 2, 0).value, 1); /* stays unfinished */
    for (unsigned i = 0; i < 20; i++) {
        uint64_t id = drain(f, 1, 0).value;

        assert_int_equal(id, i + 2);
        assert_int_equal(end_drain(f, id, HVC_DRAIN_DONE).code, HVC_ANSWER_OK);
    }
    assert_non_null(hvc_service_drain(f->service, 1));
    assert_null(hvc_service_drain(f->service, 2));
    while ((d = hvc_service_drain_next(f->service, &cursor)) != NULL) {
        assert_true(d->id > last);
        last = d->id;
        count++;
    }
    assert_int_equal(count, 8);
    assert_string_equal(hvc_drain_state_name(HVC_DRAIN_BLOCKED), "blocked");
    assert_string_equal(hvc_drain_state_name(HVC_DRAIN_STATE_COUNT), "invalid");
}

#define T(test) cmocka_unit_test_setup_teardown(test, open_three, close_it)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_drained_node_is_closed_counted_and_remembered),
        T(guests_come_back_from_a_drain_and_are_then_at_home),
        T(a_cancelled_drain_takes_back_what_waits),
        T(nor_does_what_comes_back_to_the_queue_wait_for_it),
        T(old_records_make_room_for_new_ones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "../hvc_cmocka.h"
#include "bench.h"

static struct bench *running(unsigned nodes)
{
    struct bench *b = bench_new(nodes);

    bench_join(b, (1u << nodes) - 1);
    return b;
}

static void a_proposal_is_applied_everywhere(void **state)
{
    struct bench *b = running(3);

    (void)state;
    assert_int_equal(bench_propose(b, 1, 1, 5), 0);
    bench_settle(b, 7);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(b->node[i].sum, 5);
        assert_int_equal(bench_status(b, i).applied, 2);
    }
    assert_int_equal(bench_status(b, 1).proposals, 0);
    bench_free(b);
}

/* F9: an entry is acknowledged when it is on disk, not before; F8: so is a promise (test_view). */
static void nothing_commits_before_a_majority_has_it_on_disk(void **state)
{
    struct bench *b = running(3);

    (void)state;
    for (unsigned i = 0; i < 3; i++)
        b->node[i].slow = true;
    assert_int_equal(bench_propose(b, 0, 1, 5), 0);
    bench_settle(b, 7);
    assert_int_equal(bench_status(b, 0).last_index, 2);
    assert_int_equal(bench_status(b, 0).commit, 1);
    bench_sync(b, 0);
    bench_settle(b, 7);
    assert_int_equal(bench_status(b, 0).commit, 1);
    bench_sync(b, 1);
    bench_settle(b, 7);
    assert_int_equal(bench_status(b, 0).commit, 2);
    assert_int_equal(bench_status(b, 2).commit, 1); /* committed, but not durable here: not applied here */
    bench_sync(b, 2);
    assert_int_equal(bench_status(b, 2).applied, 2);
    bench_free(b);
}

/* F5: the duplicate is appended by all and answered from the table at apply. */
static void a_repeated_token_is_answered_and_not_run_again(void **state)
{
    struct bench *b = running(3);

    (void)state;
    assert_int_equal(bench_propose_born(b, 0, 1, 5, 1), 0);
    bench_settle(b, 7);
    assert_int_equal(bench_propose_born(b, 2, 1, 5, 1), 0);
    bench_settle(b, 7);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(bench_status(b, i).last_index, 3);
        assert_int_equal(b->node[i].runs, 1);
        assert_int_equal(b->node[i].duplicates, 1);
        bench_repeated_whole(b, i, i);
    }
    bench_free(b);
}

static void a_token_older_than_the_table_is_expired(void **state)
{
    struct bench *b = running(3);

    (void)state;
    for (uint8_t t = 1; t <= 10; t++) { /* the table holds 8 */
        assert_int_equal(bench_propose(b, 0, t, t), 0);
        bench_settle(b, 7);
    }
    assert_int_equal(bench_propose_born(b, 1, 1, 1, 1), 0);
    assert_int_equal(bench_propose_born(b, 1, 200, 1, 1), 0); /* unknown, but it may have been answered and forgotten */
    bench_settle(b, 7);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(b->node[i].runs, 10);
        assert_int_equal(b->node[i].expired, 2);
    }
    bench_free(b);
}

/* F11: an entry of an earlier epoch is not committed by acknowledgements of its own, only by those of the VIEW above
 * it. */
static void an_old_entry_commits_only_under_the_view_entry(void **state)
{
    struct bench *b = running(3);

    (void)state;
    assert_int_equal(bench_propose(b, 1, 1, 7), 0);
    bench_send(b, 1);
    while (bench_deliver(b, 1)) /* x at (1,2), only on the second */
        continue;
    bench_crash(b, 1, false);
    b->node[0].slow = true; /* y at (2,3): only on the third */
    bench_view(b, 5, true);
    bench_quorum(b, 0, true);
    bench_quorum(b, 2, true);
    bench_settle(b, 5);
    bench_sync(b, 0);
    bench_settle(b, 5);
    assert_int_equal(bench_status(b, 2).last_epoch, 2);
    assert_int_equal(bench_status(b, 2).last_index, 2);
    bench_crash(b, 0, true); /* VIEW{2} lies on the third alone */
    bench_crash(b, 2, false);
    b->node[0].slow = false;
    bench_start(b, 0);
    bench_start(b, 1);
    bench_view(b, 3, true);
    bench_quorum(b, 0, true);
    bench_quorum(b, 1, true);
    for (unsigned i = 0; i < 2; i++)
        b->node[i].slow = bench_status(b, i).phase == HVC_PHASE_RUNNING;
    bench_settle(b, 3);
    assert_int_equal(bench_epoch_at(b, 0, 2), 1); /* x was brought over */
    assert_int_equal(bench_epoch_at(b, 0, 3), bench_status(b, 0).epoch);
    assert_true(bench_status(b, 0).epoch >= 3);
    assert_int_equal(b->node[0].sum, 7);
    bench_crash(b, 1, false);
    bench_start(b, 2); /* the third returns with its (2,2): it must not win */
    bench_join(b, 5);
    assert_int_equal(bench_epoch_at(b, 2, 2), 1);
    assert_int_equal(b->node[2].sum, 7);
    bench_free(b);
}

static void too_many_proposals_are_refused(void **state)
{
    struct bench *b = running(3);
    int result = 0;
    unsigned taken = 0;

    (void)state;
    while ((result = bench_propose(b, 0, (uint8_t)(taken + 1), 1)) == 0)
        taken++;
    assert_int_equal(result, -ENOBUFS);
    assert_int_equal(taken, 32 / 4 / 3);
    bench_settle(b, 7);
    assert_int_equal(bench_propose(b, 0, 100, 1), 0);
    bench_free(b);
}

static void an_op_that_is_too_long_or_too_new_is_refused(void **state)
{
    struct bench *b = running(3);
    static const uint8_t op[HVC_OP_MAX + 1];
    struct hvc_replication_event event = {.kind = HVC_REPLICATION_PROPOSE};

    (void)state;
    event.propose.bytes = op;
    event.propose.length = sizeof(op);
    assert_int_equal(bench_step(b, 0, &event), -EMSGSIZE);
    event.propose.length = 1;
    event.propose.version = 2;
    assert_int_equal(bench_step(b, 0, &event), -EPROTONOSUPPORT);
    bench_free(b);
}

static void a_barrier_passes_in_time_and_fails_late(void **state)
{
    struct bench *b = running(3);
    struct hvc_replication_event event = {.kind = HVC_REPLICATION_BARRIER, .barrier = 77};

    (void)state;
    assert_int_equal(bench_step(b, 0, &event), 0);
    bench_settle(b, 7);
    assert_true(b->node[0].barrier_seen && b->node[0].barrier_passed);
    b->node[0].barrier_seen = false;
    assert_int_equal(bench_step(b, 0, &event), 0);
    b->node[0].now += 60;
    bench_settle(b, 7);
    assert_true(b->node[0].barrier_seen);
    assert_false(b->node[0].barrier_passed);
    bench_view(b, 1, true);
    assert_int_equal(bench_step(b, 0, &event), -EAGAIN);
    bench_free(b);
}

static void the_window_is_compacted_and_a_restart_finds_the_state(void **state)
{
    struct bench *b = running(3);
    uint64_t sum;

    (void)state;
    for (unsigned i = 0; i < 100; i++) {
        assert_int_equal(bench_propose(b, 0, (uint8_t)(1 + i % 200), (uint8_t)i), 0);
        bench_settle(b, 7);
    }
    assert_true(bench_status(b, 0).counters.compactions > 1);
    assert_true(bench_status(b, 0).log_first > 50);
    assert_true(bench_status(b, 0).counters.digests_compared > 5);
    sum = b->node[0].sum;
    bench_crash(b, 0, true);
    bench_start(b, 0);
    bench_join(b, 7);
    assert_int_equal(b->node[0].sum, sum);
    assert_int_equal(b->node[0].sum, b->node[1].sum);
    bench_free(b);
}

static void a_state_that_differs_is_found_and_its_store_marked(void **state)
{
    struct bench *b = running(3);

    (void)state;
    b->node[2].sum = 99;
    for (uint8_t i = 1; i <= 20 && b->node[2].up; i++) {
        assert_int_equal(bench_propose(b, 0, i, i), 0);
        bench_settle(b, 7);
    }
    assert_int_equal(b->node[2].left, HVC_LEAVE_DIVERGED);
    assert_int_equal(b->node[2].alarms[HVC_ALARM_DIVERGED], 1);
    assert_true(b->node[0].up && b->node[1].up);
    bench_sync(b, 2);
    assert_false(b->node[2].write[0].voter);
    bench_free(b);
}

static void a_failed_write_leaves_the_group(void **state)
{
    struct bench *b = running(3);
    struct hvc_replication_event event = {.kind = HVC_REPLICATION_DISK_ERROR};

    (void)state;
    assert_int_equal(bench_step(b, 1, &event), 0);
    assert_int_equal(b->node[1].left, HVC_LEAVE_DISK);
    assert_int_equal(bench_status(b, 1).phase, HVC_PHASE_LEFT);
    bench_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_proposal_is_applied_everywhere),
        cmocka_unit_test(nothing_commits_before_a_majority_has_it_on_disk),
        cmocka_unit_test(a_repeated_token_is_answered_and_not_run_again),
        cmocka_unit_test(a_token_older_than_the_table_is_expired),
        cmocka_unit_test(an_old_entry_commits_only_under_the_view_entry),
        cmocka_unit_test(too_many_proposals_are_refused),
        cmocka_unit_test(an_op_that_is_too_long_or_too_new_is_refused),
        cmocka_unit_test(a_barrier_passes_in_time_and_fails_late),
        cmocka_unit_test(the_window_is_compacted_and_a_restart_finds_the_state),
        cmocka_unit_test(a_state_that_differs_is_found_and_its_store_marked),
        cmocka_unit_test(a_failed_write_leaves_the_group),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

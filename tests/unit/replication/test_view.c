/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "../hvc_cmocka.h"
#include "bench.h"

static void three_empty_nodes_create_a_history(void **state)
{
    struct bench *b = bench_new(3);

    (void)state;
    bench_join(b, 7);
    for (unsigned i = 0; i < 3; i++) {
        struct hvc_replication_status s = bench_status(b, i);

        assert_int_equal(s.phase, HVC_PHASE_RUNNING);
        assert_true(s.primary && s.participant && s.voter);
        assert_int_equal(s.epoch, 1);
        assert_int_equal(s.last_index, 1);
        assert_int_equal(s.source, 1);
        assert_int_equal(s.participant_count, 3);
        assert_int_equal(s.cluster_id[0], 1);
    }
    bench_free(b);
}

static void two_of_three_empty_nodes_wait_for_the_third_or_for_init(void **state)
{
    struct bench *b = bench_new(3);
    struct hvc_replication_event init = {.kind = HVC_REPLICATION_INIT};

    (void)state;
    bench_join(b, 3);
    assert_int_equal(bench_status(b, 0).phase, HVC_PHASE_OFFER);
    assert_int_equal(bench_status(b, 0).wait, HVC_WAIT_VOTES);
    bench_timer(b, 0, 300); /* EXCLUDE never closes a bootstrap */
    bench_settle(b, 3);
    assert_int_equal(bench_status(b, 0).phase, HVC_PHASE_OFFER);
    assert_int_equal(bench_step(b, 1, &init), 0);
    bench_join(b, 3);
    assert_true(bench_status(b, 0).primary && bench_status(b, 1).primary);
    assert_int_equal(bench_step(b, 1, &init), -EEXIST);
    bench_free(b);
}

/* Only one of three installed the first VIEW before the ring changed: the others are empty, but have forgotten nothing.
 */
static void a_bootstrap_that_was_cut_short_goes_on(void **state)
{
    struct bench *b = bench_new(3);
    struct hvc_replication_event force = {.kind = HVC_REPLICATION_FORCE, .cluster_id = {77}};

    (void)state;
    bench_view(b, 7, true);
    for (unsigned i = 0; i < 3; i++)
        bench_quorum(b, i, true);
    for (unsigned round = 0; bench_status(b, 0).phase != HVC_PHASE_RUNNING && round < 20; round++)
        for (unsigned i = 0; i < 3; i++) {
            bench_send(b, i);
            if (bench_status(b, i).phase != HVC_PHASE_TRANSFER || i == 0)
                (void)bench_deliver(b, i);
        }
    assert_int_equal(bench_status(b, 0).last_index, 1);
    assert_int_equal(bench_status(b, 1).last_index, 0);
    bench_crash(b, 1, true);
    bench_start(b, 1);
    assert_int_equal(bench_step(b, 1, &force), -ENOENT); /* it counts, but holds no history that could survive */
    bench_join(b, 7);
    assert_int_equal(bench_status(b, 1).phase, HVC_PHASE_RUNNING);
    assert_true(bench_status(b, 1).voter && bench_status(b, 2).primary);
    assert_int_equal(bench_status(b, 2).cluster_id[0], 1);
    bench_free(b);
}

/* Said on an empty node that could not know better, and kept in mind: it would make a second history later. */
static void init_is_void_as_soon_as_somebody_offers_a_history(void **state)
{
    struct bench *b = bench_new(3);
    struct hvc_replication_event init = {.kind = HVC_REPLICATION_INIT};

    (void)state;
    bench_join(b, 7);
    for (unsigned i = 0; i < 3; i++)
        bench_crash(b, i, true);
    for (unsigned i = 0; i < 2; i++) {
        b->node[i].stored = 0;
        memset(&b->node[i].scalars, 0, sizeof(b->node[i].scalars));
        bench_start(b, i);
    }
    bench_start(b, 2);
    assert_int_equal(bench_step(b, 0, &init), 0);
    bench_join(b, 7);
    assert_int_equal(bench_status(b, 0).wait, HVC_WAIT_VOTES);
    assert_int_equal(bench_status(b, 0).history_node, 3);
    bench_crash(b, 2, true);
    bench_join(b, 3);
    assert_int_equal(bench_status(b, 0).phase, HVC_PHASE_OFFER);
    assert_int_equal(bench_status(b, 0).history_node, 0);
    assert_int_equal(bench_step(b, 0, &init), 0); /* said once more: now it is meant */
    bench_join(b, 3);
    assert_true(bench_status(b, 0).primary);
    bench_free(b);
}

/* F1: votequorum counts nodes, not processes: one of three alone in the group must not enter a view. */
static void a_single_process_in_a_quorate_ring_waits(void **state)
{
    struct bench *b = bench_new(3);

    (void)state;
    bench_join(b, 7);
    assert_int_equal(bench_propose(b, 0, 1, 5), 0);
    bench_settle(b, 3); /* the third one lags */
    bench_view(b, 4, false);
    bench_quorum(b, 2, true);
    bench_settle(b, 4);
    assert_int_equal(bench_status(b, 2).phase, HVC_PHASE_OFFER);
    assert_int_equal(bench_status(b, 2).wait, HVC_WAIT_VOTES);
    bench_timer(b, 2, 300);
    bench_settle(b, 4);
    assert_int_equal(bench_status(b, 2).phase, HVC_PHASE_OFFER);
    bench_free(b);
}

/* F6: a process that restarts inside the ring has no licence to append; the view ends for all. */
static void a_restart_inside_a_ring_ends_the_view_for_all(void **state)
{
    struct bench *b = bench_new(3);

    (void)state;
    bench_join(b, 7);
    bench_crash(b, 2, false);
    bench_view(b, 3, false);
    assert_int_equal(bench_status(b, 0).phase, HVC_PHASE_OFFER);
    bench_settle(b, 3); /* quorum of this ring is known: it goes on at once */
    assert_int_equal(bench_status(b, 0).epoch, 2);
    bench_start(b, 2);
    bench_quorum(b, 2, true);
    assert_int_equal(bench_status(b, 2).promised, 1);
    bench_view(b, 7, false);
    assert_int_equal(bench_propose(b, 2, 9, 1), -EAGAIN);
    bench_settle(b, 7);
    assert_int_equal(bench_status(b, 2).epoch, 3);
    assert_true(bench_status(b, 2).primary);
    bench_free(b);
}

/* F7: what is delivered counts before the own quorum notification has come; it only permits the own OFFER. */
static void offers_count_before_the_own_quorum_notification(void **state)
{
    struct bench *b = bench_new(3);

    (void)state;
    bench_join(b, 7);
    bench_view(b, 7, true);
    bench_quorum(b, 0, true);
    bench_quorum(b, 1, true);
    bench_settle(b, 7);
    assert_int_equal(bench_status(b, 2).phase, HVC_PHASE_OFFER);
    assert_int_equal(bench_status(b, 2).wait, HVC_WAIT_QUORUM);
    bench_quorum(b, 2, true);
    bench_settle(b, 7);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(bench_status(b, i).participant_count, 3);
    bench_free(b);
}

static void without_quorum_nobody_offers(void **state)
{
    struct bench *b = bench_new(3);

    (void)state;
    bench_view(b, 7, true);
    for (unsigned i = 0; i < 3; i++)
        bench_quorum(b, i, false);
    bench_settle(b, 7);
    assert_int_equal(b->ordered, 0);
    assert_int_equal(bench_status(b, 1).wait, HVC_WAIT_QUORUM);
    bench_free(b);
}

static void exclude_closes_the_offer_wait_without_the_silent(void **state)
{
    struct bench *b = bench_new(3);

    (void)state;
    bench_join(b, 7);
    bench_view(b, 7, true);
    bench_quorum(b, 0, true);
    bench_quorum(b, 1, true);
    bench_settle(b, 3);
    bench_timer(b, 0, 300);
    bench_settle(b, 3);
    assert_int_equal(bench_status(b, 0).participant_count, 2);
    assert_true(bench_status(b, 0).primary);
    assert_int_equal(bench_status(b, 0).counters.exclude_offer, 1);
    bench_quorum(b, 2, true); /* it wakes up: too late for this view */
    bench_settle(b, 7);
    assert_int_equal(bench_status(b, 2).phase, HVC_PHASE_PASSIVE);
    assert_int_equal(bench_propose(b, 2, 1, 1), -EAGAIN);
    bench_timer(b, 2, 600);
    assert_int_equal(b->node[2].left, HVC_LEAVE_REJOIN);
    bench_free(b);
}

/* The third one promises nothing: its writes do not end. */
static void exclude_removes_who_does_not_promise(void **state)
{
    struct bench *b = bench_new(3);

    (void)state;
    bench_join(b, 7);
    b->node[2].slow = true;
    bench_join(b, 7);
    assert_int_equal(bench_status(b, 0).phase, HVC_PHASE_PROMISE);
    assert_int_equal(bench_status(b, 0).wait, HVC_WAIT_PROMISES);
    assert_int_equal(bench_status(b, 0).wait_nodes[0], 3);
    bench_timer(b, 1, 300);
    bench_settle(b, 7);
    assert_int_equal(bench_status(b, 0).counters.exclude_promise, 1);
    assert_true(bench_status(b, 0).primary);
    assert_int_equal(bench_status(b, 2).phase, HVC_PHASE_PASSIVE);
    bench_free(b);
}

/* F13: an EXCLUDE of a phase that has passed throws nobody out. F12: a second one neither. */
static void an_exclude_that_comes_late_has_no_effect(void **state)
{
    struct bench *b = bench_new(3);

    (void)state;
    bench_join(b, 7);
    bench_view(b, 7, true);
    bench_quorum(b, 0, true);
    bench_quorum(b, 1, true);
    bench_settle(b, 3);
    bench_timer(b, 0, 300); /* EXCLUDE is under way, behind the third OFFER */
    bench_timer(b, 1, 300);
    bench_quorum(b, 2, true);
    bench_send(b, 2);
    bench_settle(b, 7);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(bench_status(b, i).participant_count, 3);
        assert_true(bench_status(b, i).primary);
        assert_int_equal(bench_status(b, i).counters.exclude_stale, 2);
    }
    bench_free(b);
}

/* The source falls silent in the transfer: the next best goes on with the same epoch. */
static void exclude_replaces_a_silent_source(void **state)
{
    struct bench *b = bench_new(3);

    (void)state;
    bench_join(b, 7);
    assert_int_equal(bench_propose(b, 0, 1, 5), 0);
    bench_send(b, 0);
    while (bench_deliver(b, 0)) /* only the first one has it */
        continue;
    bench_view(b, 7, true);
    for (unsigned i = 0; i < 3; i++)
        bench_quorum(b, i, true);
    for (unsigned round = 0; bench_status(b, 1).phase != HVC_PHASE_TRANSFER && round < 20; round++)
        for (unsigned i = 0; i < 3; i++) {
            if (bench_status(b, 0).phase != HVC_PHASE_TRANSFER || i != 0)
                bench_send(b, i);
            if (bench_status(b, i).phase != HVC_PHASE_TRANSFER)
                (void)bench_deliver(b, i);
        }
    assert_int_equal(bench_status(b, 1).source, 1);
    b->node[0].outs = 0; /* it hangs before it sends anything */
    bench_timer(b, 2, 300);
    bench_settle(b, 6);
    assert_int_equal(bench_status(b, 1).source, 2);
    assert_int_equal(bench_status(b, 1).epoch, 2);
    assert_int_equal(bench_status(b, 1).counters.exclude_transfer, 1);
    assert_true(bench_status(b, 2).primary);
    bench_settle(b, 7);
    assert_int_equal(bench_status(b, 0).phase, HVC_PHASE_PASSIVE);
    bench_free(b);
}

static void an_own_offer_that_got_lost_is_sent_again(void **state)
{
    struct bench *b = bench_new(3);

    (void)state;
    bench_view(b, 7, true);
    for (unsigned i = 0; i < 3; i++)
        bench_quorum(b, i, true);
    b->node[1].outs = 0;
    bench_settle(b, 7);
    assert_int_equal(bench_status(b, 0).wait, HVC_WAIT_OFFERS);
    bench_timer(b, 1, 1000);
    bench_settle(b, 7);
    assert_true(bench_status(b, 1).primary);
    bench_free(b);
}

static void a_message_of_another_ring_is_dropped(void **state)
{
    struct bench *b = bench_new(3);
    struct bench_item kept;

    (void)state;
    bench_join(b, 7);
    assert_int_equal(bench_propose(b, 0, 1, 5), 0);
    kept = b->node[0].out[0];
    b->node[0].outs = 0;
    assert_true(bench_status(b, 0).proposals == 1);
    bench_join(b, 7);
    assert_true(b->node[0].void_seen);
    assert_int_equal(bench_status(b, 0).proposals, 0);
    b->order[b->ordered] = kept;
    b->order[b->ordered++].node = 1;
    bench_settle(b, 7);
    assert_int_equal(bench_status(b, 1).last_index, 2);
    assert_int_equal(bench_status(b, 1).counters.dropped_ring, 1);
    bench_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_empty_nodes_create_a_history),
        cmocka_unit_test(two_of_three_empty_nodes_wait_for_the_third_or_for_init),
        cmocka_unit_test(a_bootstrap_that_was_cut_short_goes_on),
        cmocka_unit_test(init_is_void_as_soon_as_somebody_offers_a_history),
        cmocka_unit_test(a_single_process_in_a_quorate_ring_waits),
        cmocka_unit_test(a_restart_inside_a_ring_ends_the_view_for_all),
        cmocka_unit_test(offers_count_before_the_own_quorum_notification),
        cmocka_unit_test(without_quorum_nobody_offers),
        cmocka_unit_test(exclude_closes_the_offer_wait_without_the_silent),
        cmocka_unit_test(exclude_removes_who_does_not_promise),
        cmocka_unit_test(an_exclude_that_comes_late_has_no_effect),
        cmocka_unit_test(exclude_replaces_a_silent_source),
        cmocka_unit_test(an_own_offer_that_got_lost_is_sent_again),
        cmocka_unit_test(a_message_of_another_ring_is_dropped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

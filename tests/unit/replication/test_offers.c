/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "../hvc_cmocka.h"
#include "bench.h"

static struct hvc_view view;

static void offer(unsigned slot, uint64_t last_epoch, uint64_t last_index, uint64_t promised)
{
    view.member[slot].node = slot + 1;
    view.member[slot].offer.last_epoch = last_epoch;
    view.member[slot].offer.last_index = last_index;
    view.member[slot].offer.promised = promised;
    view.member[slot].offer.votes = 1 + slot;
    view.count = slot + 1;
}

/* F10 */
static void the_best_log_has_the_last_entry_of_the_highest_epoch(void **state)
{
    (void)state;
    memset(&view, 0, sizeof(view));
    offer(0, 3, 100, 9);
    offer(1, 4, 50, 4);
    offer(2, 4, 51, 4);
    offer(3, 4, 51, 7);
    assert_int_equal(hvc_view_best(&view, 15), 2); /* of equals the lowest node */
    assert_int_equal(hvc_view_best(&view, 8 | 2), 3);
    assert_int_equal(hvc_view_best(&view, 1 | 2), 1); /* a longer log of a lower epoch never wins */
    assert_int_equal(hvc_view_best(&view, 0), HVC_SLOT_NONE);
    assert_int_equal(hvc_view_votes(&view, 1 | 4), 4);
}

static struct bench *pair(void)
{
    struct bench *b = bench_new(2);

    b->modes = HVC_MODE_TWO_NODE;
    b->quorum = 1;
    bench_join(b, 3);
    return b;
}

static void fenced(struct bench *b, unsigned n, uint32_t node)
{
    struct hvc_replication_event event = {.kind = HVC_REPLICATION_FENCED, .fenced = node};

    assert_int_equal(bench_step(b, n, &event), 0);
}

static void a_pair_commits_with_both_disks(void **state)
{
    struct bench *b = pair();

    (void)state;
    assert_true(bench_status(b, 0).both_sides);
    b->node[1].slow = true;
    assert_int_equal(bench_propose(b, 0, 1, 5), 0);
    bench_settle(b, 3);
    assert_int_equal(bench_status(b, 0).commit, 1);
    bench_sync(b, 1);
    bench_settle(b, 3);
    assert_int_equal(bench_status(b, 0).commit, 2);
    bench_free(b);
}

static void a_survivor_goes_on_only_when_the_other_is_fenced(void **state)
{
    struct bench *b = pair();

    (void)state;
    bench_join(b, 1);
    assert_int_equal(bench_status(b, 0).wait, HVC_WAIT_FENCING);
    assert_int_equal(bench_status(b, 0).wait_nodes[0], 2);
    bench_timer(b, 0, 1000);
    bench_settle(b, 1);
    assert_int_equal(b->node[0].alarms[HVC_ALARM_SUSPECT], 1);
    assert_int_equal(bench_propose(b, 0, 1, 5), -EAGAIN);
    fenced(b, 0, 2);
    bench_settle(b, 1);
    assert_true(bench_status(b, 0).primary);
    assert_int_equal(bench_propose(b, 0, 1, 5), 0);
    bench_settle(b, 1);
    assert_int_equal(b->node[0].sum, 5);
    bench_crash(b, 1, true); /* it comes back and is brought up to date */
    bench_start(b, 1);
    bench_join(b, 3);
    assert_int_equal(b->node[1].sum, 5);
    bench_free(b);
}

/* It was fenced itself: the other may have gone on, and been fenced only then. */
static void who_was_down_meanwhile_cannot_take_over(void **state)
{
    struct bench *b = pair();

    (void)state;
    bench_crash(b, 1, true);
    bench_join(b, 1);
    fenced(b, 0, 2);
    bench_settle(b, 1);
    assert_int_equal(bench_propose(b, 0, 1, 5), 0);
    bench_settle(b, 1);
    bench_crash(b, 0, true);
    bench_start(b, 1);
    bench_join(b, 2);
    fenced(b, 1, 1);
    bench_settle(b, 2);
    assert_int_equal(bench_status(b, 1).phase, HVC_PHASE_OFFER);
    bench_start(b, 0);
    bench_join(b, 3);
    assert_int_equal(b->node[1].sum, 5);
    bench_free(b);
}

/* A daemon that restarts without its host is still the one that was in the last view. */
static void a_restarted_daemon_may_take_over(void **state)
{
    struct bench *b = pair();

    (void)state;
    bench_crash(b, 0, true);
    bench_crash(b, 1, false);
    bench_start(b, 1);
    bench_join(b, 2);
    fenced(b, 1, 1);
    bench_settle(b, 2);
    assert_true(bench_status(b, 1).primary);
    bench_free(b);
}

/* It promised a higher epoch together with the other, and lost power before it installed: the other may have. */
static void a_promise_with_the_other_is_remembered(void **state)
{
    struct bench *b = pair();

    (void)state;
    bench_join(b, 2);
    fenced(b, 1, 1);
    bench_settle(b, 2); /* VIEW of the second alone */
    assert_int_equal(bench_status(b, 1).participant_count, 1);
    bench_view(b, 3, true);
    bench_quorum(b, 0, true);
    bench_quorum(b, 1, true);
    for (unsigned round = 0; round < 20 && bench_status(b, 0).phase != HVC_PHASE_RUNNING; round++)
        for (unsigned i = 0; i < 2; i++) {
            bench_send(b, i);
            if (i == 0 || bench_status(b, 1).phase != HVC_PHASE_TRANSFER ||
                bench_status(b, 0).phase == HVC_PHASE_TRANSFER)
                (void)bench_deliver(b, i);
        }
    assert_int_equal(bench_status(b, 0).phase, HVC_PHASE_RUNNING);
    b->node[1].writes = b->node[1].waits = 0;
    while (b->node[1].stored > 0 && b->node[1].disk[b->node[1].stored - 1].entry.epoch == bench_status(b, 0).epoch)
        b->node[1].stored--;
    b->node[1].scalars.with.count = 1;
    b->node[1].scalars.with.node[0] = 1;
    bench_crash(b, 1, true);
    bench_start(b, 1);
    bench_join(b, 2);
    assert_int_equal(bench_status(b, 1).phase, HVC_PHASE_OFFER);
    assert_int_equal(bench_status(b, 1).wait, HVC_WAIT_FENCING);
    assert_int_equal(bench_status(b, 1).wait_nodes[0], 1);
    bench_free(b);
}

/* F14: a store set back below a view that names it is not counted. */
static void an_older_image_is_found_by_the_views_that_name_it(void **state)
{
    struct bench *b = bench_new(3);
    struct bench_node *n = &b->node[2];
    struct hvc_replication_persist image;

    (void)state;
    bench_join(b, 7);
    image = n->scalars;
    bench_join(b, 7);
    bench_join(b, 7);
    bench_crash(b, 2, true);
    n->stored = 1;
    n->scalars = image;
    bench_start(b, 2);
    assert_true(bench_status(b, 2).voter);
    bench_join(b, 7);
    assert_int_equal(n->alarms[HVC_ALARM_ROLLBACK], 1);
    assert_int_equal(bench_status(b, 2).counters.rollbacks, 1);
    assert_false(bench_status(b, 2).participant);
    assert_int_equal(bench_status(b, 0).participant_count, 2);
    assert_int_equal(bench_status(b, 2).last_index, bench_status(b, 0).last_index);
    bench_free(b);
}

static void a_store_of_another_node_is_not_counted(void **state)
{
    struct bench *b = bench_new(3);

    (void)state;
    bench_join(b, 7);
    bench_crash(b, 1, false);
    b->node[1].scalars.node = 3;
    bench_start(b, 1);
    assert_false(bench_status(b, 1).voter);
    bench_join(b, 7);
    assert_int_equal(bench_status(b, 0).participant_count, 2);
    bench_free(b);
}

/* Votes other than 1: the heavy node and one light one are enough, two light ones are not. */
static void votes_decide_and_not_heads(void **state)
{
    struct bench *b = bench_new(4);

    (void)state;
    b->votes[0] = 3;
    b->expected = 6;
    b->quorum = 4;
    bench_join(b, 15);
    bench_join(b, 3);
    assert_true(bench_status(b, 0).primary);
    bench_join(b, 14);
    assert_int_equal(bench_status(b, 1).wait, HVC_WAIT_VOTES);
    bench_free(b);
}

/* A node list that shrinks: until a VIEW with the new votes is committed the old majority is needed as well. */
static void a_smaller_node_list_still_needs_the_old_majority_once(void **state)
{
    struct bench *b = bench_new(4);

    (void)state;
    bench_join(b, 15);
    assert_int_equal(bench_propose(b, 2, 1, 8), 0);
    bench_settle(b, 14); /* committed on 2, 3, 4; the first one lags */
    assert_int_equal(bench_status(b, 2).commit, 2);
    b->votes[3] = 0;
    b->expected = 3;
    b->quorum = 2;
    b->nodes = 3;
    bench_join(b, 3); /* two of the three that remain, three of four before */
    assert_int_equal(bench_status(b, 0).wait, HVC_WAIT_VOTES);
    bench_join(b, 7);
    assert_true(bench_status(b, 0).primary);
    assert_int_equal(b->node[0].sum, 8);
    bench_join(b, 3); /* now two of three suffice */
    assert_true(bench_status(b, 0).primary);
    b->nodes = 4;
    bench_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_log_has_the_last_entry_of_the_highest_epoch),
        cmocka_unit_test(a_pair_commits_with_both_disks),
        cmocka_unit_test(a_survivor_goes_on_only_when_the_other_is_fenced),
        cmocka_unit_test(who_was_down_meanwhile_cannot_take_over),
        cmocka_unit_test(a_restarted_daemon_may_take_over),
        cmocka_unit_test(a_promise_with_the_other_is_remembered),
        cmocka_unit_test(an_older_image_is_found_by_the_views_that_name_it),
        cmocka_unit_test(a_store_of_another_node_is_not_counted),
        cmocka_unit_test(votes_decide_and_not_heads),
        cmocka_unit_test(a_smaller_node_list_still_needs_the_old_majority_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

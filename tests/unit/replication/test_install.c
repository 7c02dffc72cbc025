/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "../hvc_cmocka.h"
#include "bench.h"
#include "wire.h"

static void propose(struct bench *b, unsigned n, uint8_t token, unsigned mask)
{
    assert_int_equal(bench_propose(b, n, token, token), 0);
    bench_settle(b, mask);
}

/* F3: a tail that nobody else has is replaced, not kept below what the others have. */
static void a_tail_of_a_lower_epoch_is_replaced(void **state)
{
    struct bench *b = bench_new(3);

    (void)state;
    bench_join(b, 7);
    assert_int_equal(bench_propose(b, 2, 1, 9), 0);
    bench_send(b, 2);
    while (bench_deliver(b, 2)) /* y at (1,2) on the third alone */
        continue;
    bench_view(b, 4, true); /* it is cut off */
    bench_join(b, 3);
    propose(b, 0, 2, 3);
    assert_int_equal(bench_epoch_at(b, 2, 2), 1);
    bench_join(b, 7);
    assert_int_equal(bench_epoch_at(b, 2, 2), 2);
    assert_int_equal(bench_status(b, 2).counters.truncations, 1);
    assert_int_equal(b->node[2].sum, 2);
    bench_free(b);
}

/* F2, F4: before its own DONE is delivered the source has changed nothing, nor have those who hold all chunks. */
static void nothing_is_installed_before_done_is_delivered(void **state)
{
    struct bench *b = bench_new(3);

    (void)state;
    bench_join(b, 7);
    propose(b, 0, 1, 3);
    bench_view(b, 7, true);
    for (unsigned i = 0; i < 3; i++)
        bench_quorum(b, i, true);
    for (unsigned round = 0; round < 40 && bench_status(b, 0).counters.chunks_sent == 0; round++)
        for (unsigned i = 0; i < 3; i++) {
            bench_send(b, i);
            (void)bench_deliver(b, i);
        }
    bench_send(b, 0);
    for (unsigned i = 0; i < 3; i++) /* everybody takes the chunks; the source then has its DONE to send */
        while (bench_deliver(b, i))
            continue;
    assert_int_equal(bench_status(b, 0).phase, HVC_PHASE_TRANSFER);
    assert_true(b->node[0].outs > 0);
    assert_int_equal(bench_status(b, 0).last_epoch, 1);
    assert_int_equal(bench_status(b, 2).last_epoch, 1);
    b->node[0].outs = 0; /* the ring changes before DONE: the next one starts again, higher */
    bench_join(b, 7);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(bench_status(b, i).epoch, 3);
        assert_int_equal(bench_epoch_at(b, i, 3), 3);
    }
    bench_free(b);
}

static void a_node_far_behind_gets_a_snapshot_with_its_tokens(void **state)
{
    struct bench *b = bench_new(3);

    (void)state;
    bench_join(b, 7);
    bench_join(b, 3);
    for (uint8_t i = 1; i <= 60; i++)
        propose(b, 0, i, 3);
    bench_join(b, 7);
    assert_true(bench_status(b, 2).primary);
    assert_int_equal(bench_status(b, 2).counters.snapshots_installed, 1);
    assert_int_equal(b->node[2].sum, b->node[0].sum);
    assert_int_equal(bench_status(b, 2).tokens, 8);
    assert_int_equal(bench_propose_born(b, 2, 60, 1, bench_status(b, 2).commit), 0);
    bench_settle(b, 7);
    assert_int_equal(b->node[2].duplicates, 1);
    assert_int_equal(b->node[0].duplicates, 1);
    bench_repeated_whole(b, 2, 0); /* by the table that came with the snapshot */
    bench_crash(b, 2, true);       /* and it is all on its disk */
    bench_start(b, 2);
    bench_join(b, 7);
    assert_int_equal(b->node[2].sum, b->node[0].sum);
    assert_int_equal(bench_status(b, 2).tokens, 8);
    bench_free(b);
}

/* A lost store: the node follows in the view that refills it and counts from the next one on, which it asks for. */
static void an_empty_store_follows_and_counts_later(void **state)
{
    struct bench *b = bench_new(3);

    (void)state;
    bench_join(b, 7);
    propose(b, 0, 1, 7);
    bench_crash(b, 2, true);
    b->node[2].stored = 0;
    memset(&b->node[2].scalars, 0, sizeof(b->node[2].scalars));
    bench_start(b, 2);
    bench_join(b, 7);
    assert_int_equal(bench_status(b, 2).phase, HVC_PHASE_RUNNING);
    assert_false(bench_status(b, 2).participant);
    assert_true(bench_status(b, 2).voter); /* the view has committed */
    assert_int_equal(bench_status(b, 0).participant_count, 2);
    assert_int_equal(bench_propose(b, 2, 5, 1), -EAGAIN);
    propose(b, 0, 2, 7);
    assert_int_equal(b->node[2].sum, b->node[0].sum);
    bench_timer(b, 2, 600);
    assert_int_equal(b->node[2].left, HVC_LEAVE_REJOIN);
    bench_start(b, 2);
    bench_join(b, 7);
    assert_int_equal(bench_status(b, 0).participant_count, 3);
    bench_free(b);
}

static void a_damaged_store_is_wiped_and_refilled(void **state)
{
    struct bench *b = bench_new(3);

    (void)state;
    bench_join(b, 7);
    propose(b, 0, 1, 7);
    bench_crash(b, 1, false);
    b->node[1].damaged = true;
    bench_start(b, 1);
    assert_int_equal(b->node[1].alarms[HVC_ALARM_STORE_UNUSED], 1);
    assert_int_equal(bench_status(b, 1).applied, 0);
    bench_join(b, 7);
    assert_false(b->node[1].damaged);
    assert_int_equal(b->node[1].sum, 1);
    bench_free(b);
}

static void forget_all_but_the_first_view(struct bench *b, unsigned n)
{
    bench_crash(b, n, true);
    b->node[n].stored = 1;
    b->node[n].scalars.commit = 1;
    bench_start(b, n);
}

/* The guard: a transfer that would undo what was committed here is refused. */
static void a_truncation_below_the_own_commit_is_refused(void **state)
{
    struct bench *b = bench_new(3);

    (void)state;
    bench_join(b, 7);
    propose(b, 0, 1, 7);
    forget_all_but_the_first_view(b, 0); /* and that they have promised nothing wrong */
    forget_all_but_the_first_view(b, 1);
    bench_join(b, 3);
    propose(b, 0, 2, 3);
    bench_join(b, 7);
    assert_int_equal(b->node[2].left, HVC_LEAVE_TRUNCATE);
    bench_free(b);
}

static void start_again(struct bench *b, unsigned n)
{
    bench_crash(b, n, false);
    bench_start(b, n);
}

/* Stores that are set back with their promises use an epoch again: index and epoch do not tell what lies there. */
static void the_same_epoch_at_the_own_commit_is_not_enough(void **state)
{
    struct bench *b = bench_new(3);

    (void)state;
    bench_join(b, 7);
    for (unsigned i = 0; i < 2; i++)
        start_again(b, i);
    bench_join(b, 7);
    propose(b, 0, 1, 7); /* (2, 3) */
    propose(b, 0, 2, 7); /* with it the store learns that the one before is committed */
    assert_int_equal(b->node[2].scalars.commit, 3);
    for (unsigned i = 0; i < 2; i++) {
        bench_crash(b, i, true);
        b->node[i].stored = 1;
        b->node[i].scalars.commit = b->node[i].scalars.promised = 1;
        bench_start(b, i);
    }
    bench_join(b, 3);
    propose(b, 0, 3, 3); /* (2, 3) again, and another */
    bench_join(b, 3);
    assert_int_equal(bench_epoch_at(b, 0, 3), bench_epoch_at(b, 2, 3));
    start_again(b, 2);
    bench_join(b, 7);
    assert_int_equal(b->node[2].left, HVC_LEAVE_TRUNCATE);
    assert_int_equal(b->node[2].scalars.refused, 3);
    start_again(b, 2);
    hvc_window_trim(&b->node[2].core->log, 3); /* nor afterwards, when nothing else is left to compare */
    bench_join(b, 7);
    assert_int_equal(b->node[2].left, HVC_LEAVE_TRUNCATE);
    bench_free(b);
}

/* Two stores are set back and go on: the third has refused to follow them, and they have compacted what it could
 * compare. */
static struct bench *others_compacted_beyond_a_refusal(void)
{
    struct bench *b = bench_new(3);

    bench_join(b, 7);
    propose(b, 0, 1, 7);
    forget_all_but_the_first_view(b, 0);
    forget_all_but_the_first_view(b, 1);
    bench_join(b, 3);
    propose(b, 0, 2, 3);
    bench_join(b, 7);
    assert_int_equal(b->node[2].left, HVC_LEAVE_TRUNCATE);
    bench_join(b, 3);
    for (uint8_t token = 10; bench_status(b, 0).log_first <= bench_status(b, 2).commit && token < 60; token++)
        propose(b, 0, token, 3);
    assert_true(bench_status(b, 0).log_first > bench_status(b, 2).commit + 1);
    return b;
}

/* Node 2 has compacted all up to its own commit; the others have a VIEW there. */
static void a_log_that_begins_at_the_own_commit_is_compared_by_its_epoch(void **state)
{
    struct bench *b = bench_new(3);

    (void)state;
    bench_join(b, 7);
    propose(b, 0, 1, 7);
    propose(b, 0, 2, 7);
    assert_int_equal(b->node[2].scalars.commit, 2);
    forget_all_but_the_first_view(b, 0);
    forget_all_but_the_first_view(b, 1);
    bench_join(b, 3);
    propose(b, 0, 3, 3);
    start_again(b, 2);
    hvc_window_trim(&b->node[2].core->log, 2);
    bench_join(b, 7);
    assert_int_equal(b->node[2].left, HVC_LEAVE_TRUNCATE);
    assert_int_equal(b->node[2].scalars.refused, 2);
    bench_free(b);
}

static void the_first_index_that_was_refused_stays(void **state)
{
    struct bench *b = bench_new(3);

    (void)state;
    bench_join(b, 7);
    for (uint8_t token = 1; token < 5; token++)
        propose(b, 0, token, 7);
    assert_int_equal(b->node[2].scalars.commit, 4);
    forget_all_but_the_first_view(b, 0);
    forget_all_but_the_first_view(b, 1);
    bench_join(b, 3);
    for (unsigned i = 0; i < 3; i++) {
        start_again(b, 2);
        bench_join(b, 7);
        assert_int_equal(b->node[2].left, HVC_LEAVE_TRUNCATE);
        assert_int_equal(b->node[2].scalars.refused, 2);
        bench_join(b, 3);
        for (uint8_t token = 10; token < 14; token++)
            propose(b, 0, (uint8_t)(token + 4 * i), 3);
    }
    bench_free(b);
}

static void a_refusal_outlives_what_the_others_compact(void **state)
{
    struct bench *b = others_compacted_beyond_a_refusal();

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        start_again(b, 2);
        bench_join(b, 7);
        assert_int_equal(b->node[2].left, HVC_LEAVE_TRUNCATE);
        assert_int_equal(b->node[2].scalars.refused, 2);
        assert_int_equal(b->node[2].sum, 1);
        bench_join(b, 3);
    }
    bench_free(b);
}

static void put_back(struct bench *b, unsigned n, const struct bench_node *kept)
{
    bench_crash(b, n, true);
    memcpy(b->node[n].disk, kept->disk, sizeof(kept->disk));
    b->node[n].stored = kept->stored;
    b->node[n].scalars = kept->scalars;
    bench_start(b, n);
}

static void a_refusal_ends_when_the_others_have_that_history_again(void **state)
{
    static struct bench_node kept[2];

    (void)state;
    for (unsigned compacted = 0; compacted < 2; compacted++) {
        struct bench *b = bench_new(3);

        bench_join(b, 7);
        propose(b, 0, 1, 7);
        propose(b, 0, 2, 7);
        for (unsigned i = 0; i < 2; i++) {
            kept[i] = b->node[i];
            forget_all_but_the_first_view(b, i);
        }
        bench_join(b, 3);
        propose(b, 0, 3, 3);
        start_again(b, 2);
        bench_join(b, 7);
        assert_int_equal(b->node[2].scalars.refused, 2);
        for (unsigned i = 0; i < 2; i++)
            put_back(b, i, &kept[i]);
        start_again(b, 2);
        if (compacted) /* what is not known to be committed is there still */
            hvc_window_trim(&b->node[2].core->log, 2);
        bench_join(b, 7);
        assert_int_equal(b->node[2].left, HVC_LEAVE_NONE);
        assert_int_equal(b->node[2].scalars.refused, 0);
        assert_int_equal(bench_status(b, 2).participant_count, 3);
        bench_free(b);
    }
}

/* A node that refuses may lead a view that nobody takes: its refusal outlives that. */
static void a_refusal_ends_at_its_source_with_the_commit(void **state)
{
    struct bench *b = bench_new(3);

    (void)state;
    bench_join(b, 7);
    propose(b, 0, 1, 7);
    propose(b, 0, 2, 7);
    b->node[2].scalars.refused = 2;
    for (unsigned i = 0; i < 2; i++)
        forget_all_but_the_first_view(b, i);
    start_again(b, 2); /* the best log now */
    bench_view(b, 7, true);
    for (unsigned i = 0; i < 3; i++)
        bench_quorum(b, i, true);
    for (unsigned round = 0; round < 60 && bench_status(b, 2).view_index == 0; round++)
        for (unsigned i = 0; i < 3; i++) {
            bench_send(b, i);
            b->node[0].slow = b->node[1].slow = bench_status(b, 2).phase == HVC_PHASE_TRANSFER;
            (void)bench_deliver(b, 2 - i);
        }
    assert_int_not_equal(bench_status(b, 2).view_index, 0);
    assert_int_equal(bench_status(b, 2).source, 3);
    assert_int_equal(b->node[2].scalars.refused, 2);
    b->node[0].slow = b->node[1].slow = false;
    bench_settle(b, 7);
    assert_int_equal(b->node[2].scalars.refused, 0);
    bench_free(b);
}

static void an_operators_word_ends_a_refusal(void **state)
{
    (void)state;
    for (unsigned named = 0; named < 3; named += 2) {
        struct bench *b = others_compacted_beyond_a_refusal();
        struct hvc_replication_event event = {.kind = HVC_REPLICATION_FORCE, .cluster_id = {77}};
        uint64_t sum = b->node[named].sum;

        for (unsigned i = 0; i < 3; i++)
            start_again(b, i);
        assert_int_equal(bench_step(b, named, &event), 0);
        bench_join(b, 7);
        for (unsigned i = 0; i < 3; i++) {
            assert_int_equal(b->node[i].left, HVC_LEAVE_NONE);
            assert_int_equal(b->node[i].sum, sum);
            assert_int_equal(b->node[i].scalars.refused, 0);
        }
        bench_free(b);
    }
}

static void a_forced_store_refills_all_others_under_a_new_cluster_id(void **state)
{
    struct bench *b = bench_new(3);
    struct hvc_replication_event event = {.kind = HVC_REPLICATION_FORCE, .cluster_id = {77}};
    uint64_t sum;

    (void)state;
    bench_join(b, 7);
    propose(b, 0, 1, 7);
    for (uint8_t token = 40; bench_status(b, 0).counters.digests_proposed == 0 && token < 60; token++)
        propose(b, 0, token, 7);
    assert_int_not_equal(bench_status(b, 0).counters.digests_proposed, 0);
    sum = b->node[0].sum;
    for (unsigned i = 1; i < 3; i++) {
        bench_crash(b, i, true);
        b->node[i].stored = 0;
        memset(&b->node[i].scalars, 0, sizeof(b->node[i].scalars));
        bench_start(b, i);
        assert_int_equal(bench_step(b, i, &event), -ENOENT);
    }
    bench_join(b, 7);
    assert_int_equal(bench_status(b, 0).wait, HVC_WAIT_VOTES);
    assert_int_equal(bench_step(b, 0, &event), 0);
    bench_join(b, 7);
    assert_int_equal(bench_status(b, 0).phase, HVC_PHASE_RUNNING);
    assert_int_equal(bench_propose(b, 0, 3, 1), -EAGAIN);
    /* nor digests: this store alone would commit them, and the others may go on without it */
    assert_int_equal(bench_status(b, 0).last_index, bench_status(b, 0).view_index);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(bench_status(b, i).cluster_id[0], 77);
        assert_int_equal(b->node[i].sum, sum);
        assert_true(bench_status(b, i).voter);
    }
    bench_timer(b, 0, 600);
    assert_int_equal(b->node[0].left, HVC_LEAVE_REJOIN);
    bench_start(b, 0);
    bench_join(b, 7);
    assert_int_equal(bench_status(b, 0).participant_count, 3);
    propose(b, 0, 3, 7);
    bench_free(b);
}

/* The store that an operator named is lost before those that refilled from it count: one of them has to be named. */
static void a_refilled_store_that_does_not_count_yet_can_be_forced(void **state)
{
    struct bench *b = bench_new(3);
    struct hvc_replication_event event = {.kind = HVC_REPLICATION_FORCE, .cluster_id = {77}};
    uint64_t sum;

    (void)state;
    bench_join(b, 7);
    propose(b, 0, 1, 7);
    sum = b->node[0].sum;
    for (unsigned i = 0; i < 3; i++)
        bench_crash(b, i, true);
    b->node[0].stored = 0;
    memset(&b->node[0].scalars, 0, sizeof(b->node[0].scalars));
    for (unsigned i = 0; i < 3; i++) {
        b->node[i].scalars.voter = false;
        bench_start(b, i);
        assert_false(bench_status(b, i).voter);
    }
    bench_join(b, 7);
    assert_int_equal(bench_status(b, 1).wait, HVC_WAIT_VOTES); /* alone they decide nothing */
    assert_int_equal(bench_step(b, 0, &event), -ENOENT);
    assert_int_equal(bench_step(b, 1, &event), 0);
    bench_join(b, 7);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(bench_status(b, i).phase, HVC_PHASE_RUNNING);
        assert_int_equal(bench_status(b, i).cluster_id[0], 77);
        assert_int_equal(b->node[i].sum, sum);
    }
    bench_free(b);
}

/* Power goes before the disk of the named store has the new history: who refilled from it does not count, and the old
 * one goes on. */
static void a_force_that_the_named_store_has_not_kept_is_void(void **state)
{
    struct bench *b = bench_new(3);
    struct hvc_replication_event event = {.kind = HVC_REPLICATION_FORCE, .cluster_id = {77}};
    uint64_t sum;

    (void)state;
    bench_join(b, 7);
    propose(b, 0, 1, 7);
    sum = b->node[0].sum;
    b->node[0].slow = true;
    assert_int_equal(bench_step(b, 0, &event), 0);
    bench_join(b, 3);
    bench_sync(b, 0); /* its promise */
    bench_settle(b, 3);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(bench_status(b, i).phase, HVC_PHASE_RUNNING);
        assert_int_equal(bench_status(b, i).cluster_id[0], 77);
        assert_true(bench_status(b, i).commit < bench_status(b, i).view_index);
    }
    for (unsigned i = 0; i < 2; i++) {
        bench_crash(b, i, true);
        bench_start(b, i);
        assert_int_equal(bench_status(b, i).voter, i == 0);
    }
    b->node[0].slow = false;
    bench_join(b, 3);
    assert_int_equal(bench_status(b, 0).wait, HVC_WAIT_VOTES); /* one of three counts */
    bench_join(b, 7);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(bench_status(b, i).phase, HVC_PHASE_RUNNING);
        assert_int_not_equal(bench_status(b, i).cluster_id[0], 77);
        assert_true(bench_status(b, i).voter);
        assert_int_equal(b->node[i].sum, sum);
    }
    propose(b, 2, 1, 7); /* asked again: answered from the table */
    assert_int_equal(b->node[1].sum, sum);
    propose(b, 0, 2, 7);
    bench_free(b);
}

/* Everybody installs, and the ring changes before an acknowledgement is heard. */
static void enter_in_vain(struct bench *b)
{
    bool out = true;

    bench_view(b, 7, true);
    for (unsigned i = 0; i < 3; i++)
        bench_quorum(b, i, true);
    for (unsigned round = 0; out && round < 60; round++) {
        out = false;
        for (unsigned i = 0; i < 3; i++) {
            if (!b->node[i].up || bench_status(b, i).phase == HVC_PHASE_RUNNING)
                continue;
            out = true;
            bench_send(b, i);
            (void)bench_deliver(b, i);
        }
    }
    for (unsigned i = 0; i < 3; i++)
        b->node[i].outs = 0;
}

static void a_log_full_of_views_says_so_and_goes_on_after_a_force(void **state)
{
    struct bench *b = bench_new(3);
    struct hvc_replication_event event = {.kind = HVC_REPLICATION_FORCE, .cluster_id = {77}};
    uint64_t sum, commit;

    (void)state;
    bench_join(b, 7);
    propose(b, 0, 1, 7);
    sum = b->node[0].sum;
    commit = bench_status(b, 0).commit;
    for (unsigned views = 0; b->node[0].up && views < 40; views++)
        enter_in_vain(b);
    assert_int_equal(b->node[0].left, HVC_LEAVE_FULL);
    assert_int_equal(bench_status(b, 0).commit, commit);
    assert_int_equal(bench_status(b, 0).last_index, bench_status(b, 0).log_first + 31); /* log_entries of the bench */
    for (unsigned i = 0; i < 3; i++) {
        bench_crash(b, i, false);
        bench_start(b, i);
    }
    bench_join(b, 7);
    assert_int_equal(b->node[0].left, HVC_LEAVE_FULL); /* for ever, but for an operator */
    for (unsigned i = 0; i < 3; i++) {
        bench_crash(b, i, false);
        bench_start(b, i);
    }
    assert_int_equal(bench_step(b, 0, &event), 0);
    bench_join(b, 7);
    assert_int_equal(b->node[0].sum, sum);
    assert_int_equal(bench_status(b, 0).last_index, commit + 1);
    bench_timer(b, 0, 600);
    assert_int_equal(b->node[0].left, HVC_LEAVE_REJOIN);
    bench_start(b, 0); /* from what lies on the disk */
    bench_join(b, 7);
    propose(b, 1, 2, 7);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(b->node[i].sum, b->node[1].sum);
    assert_int_equal(bench_status(b, 0).participant_count, 3);
    bench_free(b);
}

static void a_store_of_another_cluster_leaves(void **state)
{
    struct bench *b = bench_new(3);

    (void)state;
    bench_join(b, 7);
    bench_crash(b, 2, false);
    b->node[2].scalars.cluster_id[0] = 99;
    bench_start(b, 2);
    bench_join(b, 7);
    assert_int_equal(b->node[2].left, HVC_LEAVE_FOREIGN);
    assert_int_equal(b->node[0].alarms[HVC_ALARM_FOREIGN], 1);
    assert_int_equal(bench_status(b, 0).participant_count, 2);
    bench_free(b);
}

/* Found by fuzzing: the source looked for the entry after the lowest commit for ever. */
static void commits_beyond_the_best_log_are_refused_and_do_not_hang(void **state)
{
    static struct hvc_message m;
    struct bench *b = bench_new(3);

    (void)state;
    bench_join(b, 7);
    propose(b, 0, 1, 7);
    bench_view(b, 7, true);
    for (unsigned i = 0; i < 3; i++) {
        struct bench_item *item = b->node[i].out;

        bench_quorum(b, i, true);
        assert_int_equal(b->node[i].outs, 1);
        assert_int_equal(hvc_wire_decode(item->bytes, item->length, 1, 1, &m), 0);
        assert_int_equal(m.kind, HVC_MESSAGE_OFFER);
        m.offer.commit = 100;
        assert_int_equal(hvc_wire_encode(&m, item->bytes, sizeof(item->bytes), &item->length), 0);
    }
    bench_settle(b, 7);
    assert_int_equal(b->node[0].left,
                     HVC_LEAVE_PROTOCOL); /* the source: its log is as good as the others', its id lower */
    assert_int_equal(b->node[0].last.leave_detail, 100);
    bench_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tail_of_a_lower_epoch_is_replaced),
        cmocka_unit_test(nothing_is_installed_before_done_is_delivered),
        cmocka_unit_test(commits_beyond_the_best_log_are_refused_and_do_not_hang),
        cmocka_unit_test(a_node_far_behind_gets_a_snapshot_with_its_tokens),
        cmocka_unit_test(an_empty_store_follows_and_counts_later),
        cmocka_unit_test(a_damaged_store_is_wiped_and_refilled),
        cmocka_unit_test(a_truncation_below_the_own_commit_is_refused),
        cmocka_unit_test(the_same_epoch_at_the_own_commit_is_not_enough),
        cmocka_unit_test(a_log_that_begins_at_the_own_commit_is_compared_by_its_epoch),
        cmocka_unit_test(the_first_index_that_was_refused_stays),
        cmocka_unit_test(a_refusal_outlives_what_the_others_compact),
        cmocka_unit_test(a_refusal_ends_when_the_others_have_that_history_again),
        cmocka_unit_test(a_refusal_ends_at_its_source_with_the_commit),
        cmocka_unit_test(an_operators_word_ends_a_refusal),
        cmocka_unit_test(a_forced_store_refills_all_others_under_a_new_cluster_id),
        cmocka_unit_test(a_refilled_store_that_does_not_count_yet_can_be_forced),
        cmocka_unit_test(a_force_that_the_named_store_has_not_kept_is_void),
        cmocka_unit_test(a_log_full_of_views_says_so_and_goes_on_after_a_force),
        cmocka_unit_test(a_store_of_another_cluster_leaves),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fence_watch.h"

#include <errno.h>
#include <glib.h>
#include <stdatomic.h>

#include "fake_keeper.h"
#include "fake_world.h"
#include "loop.h"

#include "../hvc_cmocka.h"

static struct fake_world *world;
static struct fake_keeper *keeper;
static struct hvc_workers *workers;
static struct hvc_fence_watch *watch;
static atomic_uint told[8]; /* by node id */

static void fenced(struct hvc_keeper *base, uint32_t node)
{
    assert_ptr_equal(base, &keeper->base);
    assert_in_range(node, 1, HVC_COUNT(told) - 1);
    (void)atomic_fetch_add(&told[node], 1);
}

static int begin(void **state)
{
    struct hvc_error error = {0};

    (void)state;
    world = fake_world_new();
    keeper = fake_keeper_new();
    world->operations.keeper = &keeper->base;
    world->facts.pacemaker_answers = true;
    for (size_t i = 0; i < HVC_COUNT(told); i++)
        atomic_store(&told[i], 0);
    assert_int_equal(hvc_workers_new(2, &workers, &error), 0);
    assert_int_equal(hvc_fence_watch_new(&world->operations, workers, fenced, &watch, &error), 0);
    return 0;
}

static int end(void **state)
{
    (void)state;
    hvc_fence_watch_stop(watch);
    assert_int_equal(hvc_workers_free(workers, hvc_deadline_in(10000)), 0);
    hvc_fence_watch_free(watch);
    fake_keeper_free(keeper);
    fake_world_free(world);
    return 0;
}

static void cut_two_nodes(void)
{
    fake_status_cut(&keeper->status, 1);
    keeper->status.quorate = true;
    keeper->status.replication.wait = HVC_WAIT_FENCING;
    keeper->status.replication.wait_nodes[0] = 2;
    keeper->status.replication.wait_count = 1;
    world->facts.nodes[1].member = false;
}

static bool node_2_was_told(void)
{
    return atomic_load(&told[2]) > 0;
}

static bool silence_was_told(void)
{
    return fake_world_said(world, "1522 words=\"the fencer does not answer\"") == 1;
}

/* ---- what is asked ---- */

static void nodes_that_are_waited_for_are_asked_about_at_every_look(void **state)
{
    static struct hvc_replica_status status;
    const uint32_t confirmed[] = {2};
    uint32_t nodes[HVC_NODES_MAX];

    (void)state;
    fake_status_healthy(&status, 2);
    assert_int_equal(hvc_fence_watch_wanted(&status, NULL, 0, true, nodes), 0);
    fake_status_cut(&status, 1);
    assert_int_equal(hvc_fence_watch_wanted(&status, NULL, 0, true, nodes), 0);
    status.replication.wait = HVC_WAIT_FENCING;
    status.replication.wait_nodes[0] = 2;
    status.replication.wait_count = 1;
    assert_int_equal(hvc_fence_watch_wanted(&status, confirmed, 1, false, nodes), 1);
    assert_int_equal(nodes[0], 2);
    status.alone = true;
    assert_int_equal(hvc_fence_watch_wanted(&status, NULL, 0, true, nodes), 0);
}

static void other_absent_nodes_are_asked_about_until_they_are_confirmed(void **state)
{
    static struct hvc_replica_status status;
    const uint32_t confirmed[] = {3};
    uint32_t nodes[HVC_NODES_MAX];

    (void)state;
    fake_status_healthy(&status, 3);
    status.nodes[2].member = false;
    assert_int_equal(hvc_fence_watch_wanted(&status, NULL, 0, true, nodes), 1);
    assert_int_equal(nodes[0], 3);
    assert_int_equal(hvc_fence_watch_wanted(&status, NULL, 0, false, nodes), 0);
    assert_int_equal(hvc_fence_watch_wanted(&status, confirmed, 1, true, nodes), 0);
}

/* Fenced and back within five seconds: nothing tells of it then. */
static void others_are_asked_about_at_every_look_of_a_rings_first_minute(void **state)
{
    (void)state;
    for (unsigned looks = 0; looks < 60; looks++)
        assert_true(hvc_fence_watch_asks_others(looks));
    assert_true(hvc_fence_watch_asks_others(60));
    for (unsigned looks = 61; looks < 65; looks++)
        assert_false(hvc_fence_watch_asks_others(looks));
    assert_true(hvc_fence_watch_asks_others(65));
}

/* ---- what is an answer ---- */

static void only_a_node_that_is_surely_down_is_confirmed(void **state)
{
    static const struct {
        struct hvc_fact_node node;
        bool down;
    } rows[] = {
        {{.id = 2, .fenced = true}, true},
        {{.id = 2, .clean_down = true}, true},
        {{.id = 2}, false}, /* gone, nobody knows how; or with guests left running */
        {{.id = 2, .unclean = true}, false},
        {{.id = 2, .fenced = true, .unclean = true}, false},
        {{.id = 2, .fenced = true, .member = true}, false},
        {{.id = 2, .clean_down = true, .pacemaker_online = true}, false},
        {{.id = 3, .fenced = true}, false},
    };
    static struct hvc_cluster_facts facts;

    (void)state;
    facts.count = 1;
    facts.corosync_answers = true;
    facts.pacemaker_answers = true;
    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        facts.nodes[0] = rows[i].node;
        assert_int_equal(hvc_fence_watch_is_down(&facts, 2), rows[i].down);
    }
    facts.nodes[0] = rows[0].node;
    facts.pacemaker_answers = false;
    assert_false(hvc_fence_watch_is_down(&facts, 2));
    facts.pacemaker_answers = true;
    facts.corosync_answers = false;
    assert_false(hvc_fence_watch_is_down(&facts, 2));
}

/* ---- the whole of it ---- */

static void the_replica_is_told_once_pacemaker_confirms(void **state)
{
    (void)state;
    cut_two_nodes();
    world->facts.nodes[1].unclean = true;
    ITERATE_UNTIL(keeper->looks >= 3); /* it has been asked twice by then */
    assert_false(node_2_was_told());
    world->facts.nodes[1].unclean = false;
    world->facts.nodes[1].fenced = true;
    ITERATE_UNTIL(node_2_was_told() && fake_world_said(world, "1521 node=2") == 1);
}

/* The ring that the question began in is not the one it ends in. */
static int read_in_another_ring(struct hvc_facts *facts, unsigned what, uint64_t deadline_ms,
                                struct hvc_cluster_facts *ret_facts)
{
    (void)facts;
    (void)what;
    (void)deadline_ms;
    keeper->status.replication.ring.seq++;
    *ret_facts = world->facts;
    return 0;
}

/* Node 2 is away, the others are primary: each change of the ring begins the minute anew. */
static void a_node_that_nobody_waits_for_is_confirmed_at_the_next_look(void **state)
{
    unsigned looks;

    (void)state;
    keeper->status.nodes[1].member = false;
    keeper->status.replication.member_count = 1;
    world->facts.nodes[1].member = false;
    world->facts.nodes[1].unclean = true;
    ITERATE_UNTIL(keeper->looks >= 3);
    assert_false(node_2_was_told());
    world->facts.nodes[1].unclean = false;
    world->facts.nodes[1].fenced = true;
    looks = keeper->looks;
    ITERATE_UNTIL(node_2_was_told());
    assert_in_range(keeper->looks, looks, looks + 4); /* a look, and another before the answer is believed */
}

static void an_answer_that_the_membership_has_overtaken_is_not_believed(void **state)
{
    static struct hvc_facts_ops ops;

    (void)state;
    ops = *world->facts_base.ops;
    ops.read = read_in_another_ring;
    world->facts_base.ops = &ops;
    cut_two_nodes();
    world->facts.nodes[1].fenced = true;
    ITERATE_UNTIL(keeper->status.replication.ring.seq >= 0x1b + 3);
    assert_false(node_2_was_told());
}

static void a_silent_pacemaker_is_told_once(void **state)
{
    (void)state;
    cut_two_nodes();
    world->facts.pacemaker_answers = false;
    (void)hvc_error_set(&world->facts.pacemaker_error, -ETIMEDOUT, "the fencer does not answer");
    ITERATE_UNTIL(silence_was_told());
    ITERATE_UNTIL(keeper->looks >= 4);
    assert_true(silence_was_told());
    assert_false(node_2_was_told());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_that_are_waited_for_are_asked_about_at_every_look),
        cmocka_unit_test(other_absent_nodes_are_asked_about_until_they_are_confirmed),
        cmocka_unit_test(others_are_asked_about_at_every_look_of_a_rings_first_minute),
        cmocka_unit_test(only_a_node_that_is_surely_down_is_confirmed),
        cmocka_unit_test_setup_teardown(the_replica_is_told_once_pacemaker_confirms, begin, end),
        cmocka_unit_test_setup_teardown(a_node_that_nobody_waits_for_is_confirmed_at_the_next_look, begin, end),
        cmocka_unit_test_setup_teardown(an_answer_that_the_membership_has_overtaken_is_not_believed, begin, end),
        cmocka_unit_test_setup_teardown(a_silent_pacemaker_is_told_once, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

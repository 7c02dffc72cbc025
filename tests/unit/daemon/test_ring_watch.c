/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which moves are slowed down for the ring, when corosync is asked, and what is said in the log. */
#include <errno.h>
#include <string.h>

#include "ring_watch.h"
#include "world_fixture.h"

#define MIB (UINT64_C(1) << 20)

static struct hvc_ring_watch watch;
static struct hvc_facts_ops ops;
static struct hvc_ring_load load;
static int answer; /* of corosync */
static unsigned asked;
static uint64_t now_ms;

static int tell_load(struct hvc_facts *facts, uint64_t deadline_ms, struct hvc_ring_load *ret_load,
                     struct hvc_error *error)
{
    (void)facts;
    (void)deadline_ms;
    asked++;
    if (answer < 0)
        return hvc_error_set(error, answer, "corosync is silent");
    *ret_load = load;
    return 0;
}

static int up(void **state)
{
    (void)state;
    make_world();
    ops = *world->facts_base.ops;
    ops.ring_load = tell_load;
    world->facts_base.ops = &ops;
    world->operations.migration.ring_latency_ms = 50;
    memset(&load, 0, sizeof(load));
    load.link_count = 1;
    load.links[0] = (struct hvc_ring_link){.node = 2, .connected = true};
    answer = 0;
    asked = 0;
    now_ms = 1000000;
    hvc_ring_watch_begin(&watch, &world->operations);
    return 0;
}

static int down(void **state)
{
    (void)state;
    drop_world();
    return 0;
}

/* One second of a ring; `lost` pings of it have no answer. */
static uint64_t look(const struct hvc_soft_move *moves, unsigned count, unsigned lost)
{
    load.links[0].pings += 4;
    load.links[0].pongs += 4 - lost;
    load.links[0].samples += 4 - lost;
    now_ms += 1000;
    return hvc_ring_watch_look(&watch, moves, count, now_ms);
}

static const struct hvc_soft_move over_ring = {.ring = true, .rate_bytes = 64 * MIB};
static const struct hvc_soft_move beside_it = {.network = 1, .rate_bytes = 64 * MIB};

static void a_move_over_the_ring_is_slowed_down_and_that_is_said_once(void **state)
{
    (void)state;
    assert_int_equal(look(NULL, 0, 0), 0);
    assert_int_equal(look(&over_ring, 1, 0), 0);
    assert_int_equal(look(&over_ring, 1, 3), 32 * MIB);
    assert_int_equal(look(&over_ring, 1, 3), 32 * MIB);
    assert_int_equal(look(&over_ring, 1, 3), 16 * MIB);
    assert_int_equal(
        fake_world_said(world, "1361 why=\"no answer\" node=2 link=0 value=3 usual=0 bytes=33554432 moves=1"), 1);
    assert_int_equal(fake_world_said(world, "1361"), 1);
    assert_int_equal(look(NULL, 0, 3), 0);
    assert_int_equal(fake_world_said(world, "1362 moves=0"), 1);
}

static void a_move_over_another_network_is_not(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(look(&beside_it, 1, 3), 0);
    assert_false(hvc_ring_watch_guards(&watch, &beside_it));
    assert_true(hvc_ring_watch_guards(&watch, &over_ring));
    assert_string_equal(world->messages, "");
}

static void all_moves_are_when_it_is_set_so(void **state)
{
    const struct hvc_soft_move both[2] = {over_ring, beside_it};

    (void)state;
    world->operations.migration.ring_all = true;
    (void)look(NULL, 0, 0);
    (void)look(both, 2, 0);
    assert_int_equal(look(both, 2, 3), 64 * MIB);
    assert_true(hvc_ring_watch_guards(&watch, &beside_it));
}

static void while_nothing_moves_it_is_asked_every_ten_seconds(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 30; i++)
        (void)look(NULL, 0, 0);
    assert_int_equal(asked, 3);
    for (unsigned i = 0; i < 7; i++)
        (void)look(&over_ring, 1, 0);
    assert_int_equal(asked, 10);
}

static void it_can_be_switched_off(void **state)
{
    (void)state;
    world->operations.migration.ring_latency_ms = 0;
    hvc_ring_watch_begin(&watch, &world->operations);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(look(&over_ring, 1, 4), 0);
    assert_int_equal(asked, 0);
    assert_false(hvc_ring_watch_guards(&watch, &over_ring));
}

static void a_silent_corosync_is_told_once_and_only_while_moves_run(void **state)
{
    (void)state;
    answer = -ETIMEDOUT;
    for (unsigned i = 0; i < 20; i++)
        (void)look(NULL, 0, 0);
    assert_string_equal(world->messages, "");
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(look(&over_ring, 1, 0), 0);
    assert_int_equal(fake_world_said(world, "1363 moves=1 words=\"corosync is silent\""), 1);
    answer = 0;
    (void)look(&over_ring, 1, 0);
    answer = -ENOTCONN;
    (void)look(&over_ring, 1, 0);
    assert_int_equal(fake_world_said(world, "1363"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_move_over_the_ring_is_slowed_down_and_that_is_said_once, up, down),
        cmocka_unit_test_setup_teardown(a_move_over_another_network_is_not, up, down),
        cmocka_unit_test_setup_teardown(all_moves_are_when_it_is_set_so, up, down),
        cmocka_unit_test_setup_teardown(while_nothing_moves_it_is_asked_every_ten_seconds, up, down),
        cmocka_unit_test_setup_teardown(it_can_be_switched_off, up, down),
        cmocka_unit_test_setup_teardown(a_silent_corosync_is_told_once_and_only_while_moves_run, up, down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

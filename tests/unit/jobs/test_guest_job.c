/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest.move and its job: the state is told of guest and move, and whatever it says, Pacemaker's move is made. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fake_keeper.h"
#include "hvc/text.h"
#include "world.h"

#include "../hvc_cmocka.h"

#define MOVE "'uuid':'" VM1 "','name':'vm1','resource':'vm1','timeout_ms':3000,'target':'n2'"

static struct world *world;
static struct fake_keeper *keeper;

static int set_up(void **state)
{
    (void)state;
    world = world_new(2);
    world_own(world_put(world, "n1", HVC_GUEST_RUNNING), "vm1");
    keeper = fake_keeper_join(&world->operations);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_free(world);
    fake_keeper_free(keeper);
    return 0;
}

static void expect_moved(void)
{
    world_expect(world, world_run(world, "guest.move", MOVE), HVC_RESULT_OK, "");
    assert_int_equal(world_class(world, "n2"), HVC_GUEST_RUNNING);
    assert_int_equal(world_class(world, "n1"), HVC_GUEST_ABSENT);
}

static void without_quorum_the_move_is_made_and_told(void **state)
{
    (void)state;
    keeper->outcome = (struct hvc_replica_outcome){.error = -EAGAIN, .words = "no quorum"};
    expect_moved();
    assert_non_null(strstr(world->said, "1710 guest=vm1"));
    assert_non_null(strstr(world->said, "no quorum"));
}

static void without_a_readable_state_the_move_is_made_and_told(void **state)
{
    (void)state;
    keeper->read_error = -ENODATA;
    keeper->always = true;
    expect_moved();
    assert_non_null(strstr(world->said, "1710 guest=vm1"));
}

/* Nobody carries jobs out here. */
static void a_job_that_nobody_begins_holds_nothing_up_and_is_cancelled(void **state)
{
    const struct hvc_service_guest *guest;
    const struct hvc_job *job;

    (void)state;
    keeper->token.birth = 77;
    expect_moved();
    assert_non_null(strstr(world->said, "1710 guest=vm1"));
    guest = hvc_service_guest_named(keeper->service, "vm1");
    assert_non_null(guest);
    assert_string_equal(guest->resource, "vm1");
    job = hvc_service_job(keeper->service, 1);
    assert_non_null(job);
    assert_int_equal(job->origin, HVC_ORIGIN_PACEMAKER);
    assert_int_equal(job->kind, HVC_KIND_LIVE);
    assert_int_equal(job->source, 1);
    assert_int_equal(job->target, 2);
    assert_true(job->options.deadline_ms != 0);
    assert_int_equal(job->phase, HVC_JOB_CANCELLED);
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(without_quorum_the_move_is_made_and_told),
        T(without_a_readable_state_the_move_is_made_and_told),
        T(a_job_that_nobody_begins_holds_nothing_up_and_is_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

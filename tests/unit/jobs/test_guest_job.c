/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest.move and its job: the state is told of guest and move, and whatever it says, Pacemaker's move is made. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fake_keeper.h"
#include "hvc/text.h"
#include "world.h"

#include "../hvc_cmocka.h"

#define MOVE    "'uuid':'" VM1 "','name':'vm1','resource':'vm1','timeout_ms':3000,'target':'n2'"
#define ARRIVED "'uuid':'" VM1 "','name':'vm1','resource':'vm1','timeout_ms':3000"

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

static void place(uint32_t node)
{
    struct hvc_command command = {.version = HVC_COMMAND_VERSION, .kind = HVC_COMMAND_GUEST, .by = "test"};
    struct hvc_replica_outcome outcome;
    struct hvc_token token = {.birth = 2};

    assert_int_equal(hvc_parse_uuid_bytes(world_vm1, command.guest.uuid), 0);
    command.guest.node = node;
    (void)hvc_text_copy(command.guest.name, sizeof(command.guest.name), "vm1");
    assert_int_equal(keeper->base.ops->propose(&keeper->base, &command, &token, HVC_NO_DEADLINE, true, &outcome), 0);
    assert_int_equal(outcome.answer.code, HVC_ANSWER_OK);
}

/* Pacemaker is told of a move that has been proven, just when the target's libvirt has died. */
static void what_the_state_has_at_the_target_needs_no_word_of_its_libvirt(void **state)
{
    static const struct {
        uint32_t node;
        enum hvc_guest_class here;
        enum hvc_result result;
        const char *words;
    } cases[] = {
        {2, HVC_GUEST_ABSENT, HVC_RESULT_OK, "the cluster's state has it at the target"},
        {1, HVC_GUEST_ABSENT, HVC_RESULT_UNREACHABLE, "libvirt of node n2 cannot be used"},
        {0, HVC_GUEST_ABSENT, HVC_RESULT_UNREACHABLE, "libvirt of node n2 cannot be used"},
        {2, HVC_GUEST_RUNNING, HVC_RESULT_UNREACHABLE, "libvirt of node n2 cannot be used"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        (void)tear_down(NULL);
        (void)set_up(NULL);
        place(cases[i].node);
        world->nodes[0].guests[0].guest_class = cases[i].here;
        world->nodes[1].answer = WORLD_REFUSES;
        world->nodes[1].answer_words = "Connection refused";
        world_expect(world, world_run(world, "guest.move", MOVE), cases[i].result, cases[i].words);
    }
}

/* ... and then looks there, where libvirt does not know what came of the process. */
static void what_the_state_has_here_has_arrived_though_libvirt_cannot_say_so(void **state)
{
    static const struct {
        uint32_t node;
        enum hvc_result result;
        const char *words;
    } cases[] = {
        {1, HVC_RESULT_OK, "the cluster's state has the guest on this node"},
        {2, HVC_RESULT_UNREACHABLE, "nobody can tell"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct world_emulator emulator;

        (void)tear_down(NULL);
        (void)set_up(NULL);
        place(cases[i].node);
        world->nodes[0].guests[0].guest_class = HVC_GUEST_ABSENT;
        emulator = world_start_emulator(world_vm1, ":");
        world_expect(world, world_run(world, "guest.arrived", ARRIVED), cases[i].result, cases[i].words);
        world_end_emulator(&emulator);
    }
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(without_quorum_the_move_is_made_and_told),
        T(without_a_readable_state_the_move_is_made_and_told),
        T(a_job_that_nobody_begins_holds_nothing_up_and_is_cancelled),
        T(what_the_state_has_at_the_target_needs_no_word_of_its_libvirt),
        T(what_the_state_has_here_has_arrived_though_libvirt_cannot_say_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest.move and its job: the state is told of guest and move, and whatever it says, Pacemaker's move is made. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fake_keeper.h"
#include "hvc/clock.h"
#include "hvc/text.h"
#include "world.h"

#include "../hvc_cmocka.h"

#define MOVE    "'uuid':'" VM1 "','name':'vm1','resource':'vm1','timeout_ms':3000,'target':'n2'"
#define ARRIVED "'uuid':'" VM1 "','name':'vm1','resource':'vm1','timeout_ms':3000"

static struct world *world;
static struct fake_keeper *keeper;
static uint8_t commits; /* so far */

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

static void commit(const struct hvc_command *command)
{
    const struct hvc_token token = {.id = {++commits}, .birth = 2};
    struct hvc_replica_outcome outcome;

    assert_int_equal(keeper->base.ops->propose(&keeper->base, command, &token, HVC_NO_DEADLINE, true, &outcome), 0);
    assert_int_equal(outcome.answer.code, HVC_ANSWER_OK);
}

static void place(uint32_t node)
{
    struct hvc_command command = {.version = HVC_COMMAND_VERSION, .kind = HVC_COMMAND_GUEST, .by = "test"};

    assert_int_equal(hvc_parse_uuid_bytes(world_vm1, command.guest.uuid), 0);
    command.guest.node = node;
    (void)hvc_text_copy(command.guest.name, sizeof(command.guest.name), "vm1");
    commit(&command);
}

static void report(unsigned from, unsigned to, uint32_t runs_on)
{
    struct hvc_command command = {.version = HVC_COMMAND_VERSION, .kind = HVC_COMMAND_JOB_REPORT, .by = "test"};

    command.report.job = 1;
    command.report.from = (uint8_t)from;
    command.report.to = (uint8_t)to;
    command.report.located = runs_on != 0;
    command.report.runs_on = runs_on;
    commit(&command);
}

/* An operator's, being checked, and a move of it that has ended. */
static void make_a_job_and_its_move(enum hvc_result result)
{
    struct hvc_command command = {.version = HVC_COMMAND_VERSION, .kind = HVC_COMMAND_JOB, .by = "test"};
    struct hvc_move_order order = {
        .guest.name = "vm1", .source = "n1", .target = "n2", .resource = "vm1", .job = {.id = 1, .keeps = true}};
    const uint64_t until_ms = hvc_deadline_in(20000);
    struct hvc_move_view view = {0};

    place(1);
    assert_int_equal(hvc_text_copy(order.guest.uuid, sizeof(order.guest.uuid), world_vm1), 0);
    assert_int_equal(hvc_parse_uuid_bytes(world_vm1, command.job.guest), 0);
    command.job.kind = HVC_KIND_LIVE;
    command.job.source = 1;
    command.job.target = 2;
    commit(&command);
    assert_int_equal(hvc_moves_begin(&world->operations, &order, 0, false, until_ms, NULL), 0);
    while (!hvc_moves_look(world->operations.moves, &order.job, world_vm1, &view) || !view.ended)
        if (hvc_deadline_left(until_ms) == 0 || usleep(1000) < 0)
            fail_msg("the move does not end");
    if (view.end.result != result)
        fail_msg("%s", view.end.error.text);
}

/* Its guest is proven at n2, and it lives on until Pacemaker knows that. */
static void make_a_job_whose_move_is_over(void)
{
    make_a_job_and_its_move(HVC_RESULT_OK);
    report(HVC_JOB_CHECKING, HVC_JOB_ADMITTED, 0);
    report(HVC_JOB_ADMITTED, HVC_JOB_COPYING, 0);
    report(HVC_JOB_COPYING, HVC_JOB_VERIFYING, 2);
}

/* By a target that answers again. */
static void make_a_job_whose_move_was_refused(void)
{
    world->nodes[1].answer = WORLD_REFUSES;
    world->nodes[1].answer_words = "Connection refused";
    make_a_job_and_its_move(HVC_RESULT_UNREACHABLE);
    world->nodes[1].answer = WORLD_ANSWERS;
}

static void what_came_of_a_job_before_it_was_queued_again_is_no_answer(void **state)
{
    (void)state;
    make_a_job_whose_move_was_refused();
    assert_int_equal(hvc_service_job(keeper->service, 1)->phase, HVC_JOB_CHECKING);
    expect_moved();
    assert_int_equal(hvc_service_job(keeper->service, 1)->phase, HVC_JOB_CANCELLED);
    assert_int_equal(hvc_service_job(keeper->service, 2)->origin, HVC_ORIGIN_PACEMAKER);
}

/* ... and it has been admitted once more. */
static void nor_is_it_one_when_the_job_is_about_to_begin_again(void **state)
{
    (void)state;
    make_a_job_whose_move_was_refused();
    report(HVC_JOB_CHECKING, HVC_JOB_ADMITTED, 0);
    expect_moved();
}

/* Pacemaker, whom somebody let watch the guest before it was told, fetched it back by a start; then it is told. */
static void a_guest_that_came_back_after_its_jobs_move_is_moved_again(void **state)
{
    (void)state;
    make_a_job_whose_move_is_over();
    world->nodes[0].guests[0].guest_class = HVC_GUEST_RUNNING;
    world->nodes[1].guests[0].guest_class = HVC_GUEST_ABSENT;
    expect_moved();
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

static void nor_of_corosync(void **state)
{
    (void)state;
    for (uint32_t node = 1; node <= 2; node++) {
        (void)tear_down(NULL);
        (void)set_up(NULL);
        place(node);
        world->nodes[0].guests[0].guest_class = HVC_GUEST_ABSENT;
        world->cluster.corosync_answers = false;
        (void)hvc_error_set(&world->cluster.corosync_error, -ETIMEDOUT, "corosync does not answer");
        world_expect(world, world_run(world, "guest.move", MOVE), node == 2 ? HVC_RESULT_OK : HVC_RESULT_UNREACHABLE,
                     node == 2 ? "the cluster's state has it at the target" : "corosync does not answer");
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
        T(what_came_of_a_job_before_it_was_queued_again_is_no_answer),
        T(nor_is_it_one_when_the_job_is_about_to_begin_again),
        T(a_guest_that_came_back_after_its_jobs_move_is_moved_again),
        T(what_the_state_has_at_the_target_needs_no_word_of_its_libvirt),
        T(nor_of_corosync),
        T(what_the_state_has_here_has_arrived_though_libvirt_cannot_say_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

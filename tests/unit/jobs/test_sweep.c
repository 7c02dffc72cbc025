/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When it is a member's turn to finish what stands in Pacemaker's configuration. */
#include "sweep.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_keeper.h"
#include "fake_world.h"
#include "hvc/pacemaker_moves.h"
#include "hvc/text.h"

#include "../hvc_cmocka.h"

static const struct hvc_agenda_verdict ended = {.mark = HVC_AGENDA_MARK_REMOVE},
                                       living = {.mark = HVC_AGENDA_MARK_REMOVE, .lives = true},
                                       own = {.mark = HVC_AGENDA_MARK_KEEP, .lives = true},
                                       away = {.mark = HVC_AGENDA_MARK_AWAY, .lives = true};

/* ---- a Pacemaker in which one object of ours stands: the linker calls these in its stead ---- */

static struct hvc_pacemaker_mark mark;
static unsigned removals, others;

int __wrap_hvc_pacemaker_marks(uint64_t deadline_ms, struct hvc_pacemaker_mark **ret_marks, size_t *ret_count,
                               struct hvc_error *error);
int __wrap_hvc_pacemaker_marks(uint64_t deadline_ms, struct hvc_pacemaker_mark **ret_marks, size_t *ret_count,
                               struct hvc_error *error)
{
    (void)deadline_ms;
    (void)error;
    *ret_marks = malloc(sizeof(mark));
    assert_non_null(*ret_marks);
    **ret_marks = mark;
    *ret_count = removals == 0 ? 1 : 0;
    return 0;
}

int __wrap_hvc_pacemaker_wish(const struct hvc_pacemaker_wish *wish, const char *version, uint64_t deadline_ms,
                              struct hvc_error *error);
int __wrap_hvc_pacemaker_wish(const struct hvc_pacemaker_wish *wish, const char *version, uint64_t deadline_ms,
                              struct hvc_error *error)
{
    bool nothing = !wish->hold && wish->here == NULL && wish->pin == NULL && wish->job == mark.job;

    (void)version;
    (void)deadline_ms;
    (void)error;
    removals += nothing;
    others += !nothing;
    return 0;
}

int __wrap_hvc_pacemaker_resource(const char *resource, uint64_t deadline_ms,
                                  struct hvc_pacemaker_resource *ret_resource, struct hvc_error *error);
int __wrap_hvc_pacemaker_resource(const char *resource, uint64_t deadline_ms,
                                  struct hvc_pacemaker_resource *ret_resource, struct hvc_error *error)
{
    (void)resource;
    (void)deadline_ms;
    (void)error;
    *ret_resource = (struct hvc_pacemaker_resource){.managed = true, .idle = true, .nodes = 1, .node = "n1"};
    return 0;
}

/* ---- whose turn it is ---- */

static bool looks(struct job_sweep *sweep, const struct hvc_agenda_verdict *verdict, unsigned rank, uint64_t now_ms)
{
    bool due;

    job_sweep_begin(sweep);
    due = job_sweep_is_due(sweep, "hvcluster-job-7-hold", verdict, rank, now_ms);
    job_sweep_end(sweep);
    return due;
}

static void the_first_member_finishes_what_has_ended_at_once(void **state)
{
    struct job_sweep sweep = {0};

    (void)state;
    assert_true(looks(&sweep, &ended, 0, 5));
}

static void another_one_when_it_still_stands(void **state)
{
    const uint64_t patience = hvc_agenda_patience_ms(2, false);
    struct job_sweep sweep = {0};

    (void)state;
    assert_false(looks(&sweep, &ended, 2, 1000));
    assert_false(looks(&sweep, &ended, 2, 999 + patience));
    assert_true(looks(&sweep, &ended, 2, 1000 + patience));
}

static void the_own_node_of_a_job_comes_first(void **state)
{
    struct job_sweep sweep = {0};

    (void)state;
    assert_false(looks(&sweep, &own, 0, 1000));
    assert_false(looks(&sweep, &own, 0, 1000000)); /* kept, for as long as it takes */
    assert_false(looks(&sweep, &living, 0, 1000000));
    assert_true(looks(&sweep, &living, 0, 1000000 + hvc_agenda_patience_ms(0, true)));
}

static void what_was_gone_meanwhile_begins_anew(void **state)
{
    struct job_sweep sweep = {0};

    (void)state;
    assert_false(looks(&sweep, &ended, 1, 1000));
    job_sweep_begin(&sweep);
    job_sweep_end(&sweep);
    assert_false(looks(&sweep, &ended, 1, 1000 + hvc_agenda_patience_ms(1, false)));
}

static void what_a_job_does_now_is_left_alone(void **state)
{
    struct job_sweep sweep = {0};

    (void)state;
    assert_true(looks(&sweep, &ended, 0, 5));
    job_sweep_later(&sweep, "hvcluster-job-7-hold", 60005);
    assert_false(looks(&sweep, &ended, 0, 10005));
    assert_true(looks(&sweep, &ended, 0, 60005));
}

static void a_doubt_is_told_when_it_lasts_and_then_once_a_minute(void **state)
{
    const struct hvc_agenda_verdict known = {.mark = HVC_AGENDA_MARK_HAND_BACK};
    struct job_sweep sweep = {0};
    const char *id = "hvcluster-job-7-hold";

    (void)state;
    assert_true(looks(&sweep, &ended, 0, 5));
    assert_false(job_sweep_tells_doubt(&sweep, id, 5));
    assert_false(job_sweep_tells_doubt(&sweep, id, 3000));
    assert_true(job_sweep_tells_doubt(&sweep, id, 10005));
    assert_false(job_sweep_tells_doubt(&sweep, id, 20005));
    assert_true(job_sweep_tells_doubt(&sweep, id, 70005));
    assert_true(looks(&sweep, &known, 0, 70006)); /* something has changed: another doubt */
    assert_false(job_sweep_tells_doubt(&sweep, id, 200000));
}

static void what_has_no_room_is_found_again_when_there_is_some(void **state)
{
    struct job_sweep sweep = {0};
    char id[64];

    (void)state;
    job_sweep_begin(&sweep);
    for (unsigned i = 0; i < JOB_SWEEP_MAX; i++) {
        (void)snprintf(id, sizeof(id), "hvcluster-job-%u-hold", i + 10);
        assert_true(job_sweep_is_due(&sweep, id, &ended, 0, 1));
    }
    assert_false(job_sweep_is_due(&sweep, "hvcluster-job-7-hold", &ended, 0, 1));
    job_sweep_end(&sweep);
    job_sweep_begin(&sweep);
    job_sweep_end(&sweep);
    assert_true(looks(&sweep, &ended, 0, 2));
}

static void nobody_is_given_time_when_the_target_of_a_job_is_away(void **state)
{
    struct job_sweep sweep = {0};

    (void)state;
    assert_true(looks(&sweep, &away, 0, 5));
    assert_false(looks(&sweep, &own, 0, 6));
    assert_false(looks(&sweep, &away, 1, 1000));
    assert_true(looks(&sweep, &away, 1, 1000 + hvc_agenda_patience_ms(1, false)));
}

/* ---- a location at a target that was lost when the guest was handed back ---- */

#define UUID "11111111-2222-4333-8444-555555555555"

static struct fake_world *world;
static struct fake_keeper *keeper;

static uint64_t give(struct hvc_command *command)
{
    struct hvc_replica_outcome outcome;
    struct hvc_token token;

    assert_int_equal(keeper->base.ops->token(&keeper->base, &token), 0);
    assert_int_equal(keeper->base.ops->propose(&keeper->base, command, &token, HVC_NO_DEADLINE, true, &outcome), 0);
    assert_true(hvc_answer_is_good(&outcome.answer));
    return outcome.answer.value;
}

static struct hvc_command command_of(unsigned kind)
{
    return (struct hvc_command){.version = HVC_COMMAND_VERSION, .kind = (uint8_t)kind, .by = "test"};
}

static void members_are(uint16_t count)
{
    struct hvc_command c = command_of(HVC_COMMAND_MEMBERS);

    c.members.count = count;
    for (unsigned i = 0; i < count; i++)
        c.members.item[i] = (struct hvc_command_member){i + 1, i + 11};
    (void)give(&c);
}

static void report(uint64_t job, unsigned to, unsigned step)
{
    struct hvc_command c = command_of(HVC_COMMAND_JOB_REPORT);

    c.report.job = job;
    c.report.from = hvc_service_job(keeper->service, job)->phase;
    c.report.to = (uint8_t)to;
    c.report.step = (uint8_t)step;
    c.report.located = step == HVC_STEP_HAND_BACK;
    c.report.runs_on = step == HVC_STEP_HAND_BACK ? 2 : 0;
    (void)give(&c);
}

/* Job 1 has taken guest web from n1 to n2, has told Pacemaker so, and n2 is lost. */
static int lose_target(void **state)
{
    struct hvc_command guest = command_of(HVC_COMMAND_GUEST), c = command_of(HVC_COMMAND_JOB);
    uint64_t job;

    (void)state;
    world = fake_world_new();
    keeper = fake_keeper_new();
    world->operations.keeper = &keeper->base;
    world->facts.pacemaker_answers = true;
    removals = others = 0;
    members_are(2);
    assert_int_equal(hvc_parse_uuid_bytes(UUID, guest.guest.uuid), 0);
    memcpy(guest.guest.name, "web", 4);
    memcpy(guest.guest.resource, "web", 4);
    guest.guest.node = 1;
    (void)give(&guest);
    memcpy(c.job.guest, guest.guest.uuid, sizeof(c.job.guest));
    c.job.target = 2;
    job = give(&c);
    report(job, HVC_JOB_ADMITTED, HVC_STEP_HOLD);
    report(job, HVC_JOB_COPYING, HVC_STEP_COPY);
    report(job, HVC_JOB_VERIFYING, HVC_STEP_PROVE);
    report(job, HVC_JOB_VERIFYING, HVC_STEP_HAND_BACK);
    members_are(1);
    assert_int_equal(hvc_service_job(keeper->service, job)->phase, HVC_JOB_UNKNOWN);
    mark = (struct hvc_pacemaker_mark){.kind = HVC_MARK_HERE, .job = job, .resource = "web", .node = "n2"};
    (void)snprintf(mark.id, sizeof(mark.id), "hvcluster-job-%llu-here", (unsigned long long)job);
    return 0;
}

static int end(void **state)
{
    (void)state;
    fake_keeper_free(keeper);
    fake_world_free(world);
    return 0;
}

static void sweep_once(void)
{
    struct job_sweep sweep = {0};

    job_sweep(&sweep, &world->operations, 0);
}

static void it_goes_when_the_guest_is_proven_dead_there_and_not_before(void **state)
{
    static const struct {
        struct hvc_fact_node n2;
        int inspect_result; /* of its libvirt */
        enum hvc_guest_class seen;
        bool goes;
    } rows[] = {
        {{.member = false}, 0, HVC_GUEST_ABSENT, false}, /* away, and not fenced: what libvirt says may be old soon */
        {{.member = false, .unclean = true}, 0, HVC_GUEST_ABSENT, false},
        {{.member = false, .clean_down = true}, -ENOTCONN, HVC_GUEST_ABSENT, false},
        {{.member = true}, -ETIMEDOUT, HVC_GUEST_ABSENT, false}, /* back, its libvirt not yet */
        {{.member = true}, 0, HVC_GUEST_RUNNING, false},         /* it was only away */
        {{.member = true}, 0, HVC_GUEST_INCOMING, false},
        {{.member = false, .fenced = true}, -ENOTCONN, HVC_GUEST_ABSENT, true},
        {{.member = true}, 0, HVC_GUEST_ABSENT, true}, /* fenced and back before anybody was told */
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        const uint32_t id = world->facts.nodes[1].id;

        removals = others = 0;
        world->facts.nodes[1] = rows[i].n2;
        world->facts.nodes[1].id = id;
        (void)snprintf(world->facts.nodes[1].name, sizeof(world->facts.nodes[1].name), "n2");
        world->there.inspect_result = rows[i].inspect_result;
        world->there.count = 1;
        world->there.guests[0] = (struct hvc_guest_state){.id = {UUID, "web"}, .guest_class = rows[i].seen};
        sweep_once();
        assert_int_equal(removals, rows[i].goes ? 1 : 0);
        assert_int_equal(others, 0);
        sweep_once();
        assert_int_equal(removals, rows[i].goes ? 1 : 0); /* once */
    }
    assert_int_equal(fake_world_said(world, "1721 id=hvcluster-job-1-here resource=web job=1"), 2);
}

static void a_hold_and_a_location_elsewhere_are_left_to_the_job(void **state)
{
    (void)state;
    world->facts.nodes[1].member = false;
    world->facts.nodes[1].fenced = true;
    mark.kind = HVC_MARK_HOLD;
    sweep_once();
    mark.kind = HVC_MARK_HERE;
    (void)snprintf(mark.node, sizeof(mark.node), "n1");
    sweep_once();
    assert_int_equal(removals + others, 0);
}

static void nothing_goes_without_quorum(void **state)
{
    (void)state;
    world->facts.nodes[1].member = false;
    world->facts.nodes[1].fenced = true;
    world->facts.quorate = false;
    sweep_once();
    world->facts.quorate = true;
    world->facts.pacemaker_answers = false;
    sweep_once();
    assert_int_equal(removals + others, 0);
}

/* n2 is back, the job has failed with its guest at that node (0: nowhere), and its hold stands. */
static void leave_hold(uint32_t node)
{
    struct hvc_command c = command_of(HVC_COMMAND_JOB_REPORT);

    members_are(2);
    c.report.job = mark.job;
    c.report.from = HVC_JOB_RECONCILING;
    c.report.to = HVC_JOB_FAILED;
    c.report.located = true;
    c.report.runs_on = node;
    (void)give(&c);
    mark.kind = HVC_MARK_HOLD;
}

/* A hold of a job that nobody knows (its history was given up), of a guest that the state has nowhere. */
static void what_is_nowhere_is_so_on_every_member(void **state)
{
    static const struct {
        enum hvc_guest_class here, there;
        int inspect_result; /* of n2 */
        bool goes;
    } rows[] = {
        {HVC_GUEST_ABSENT, HVC_GUEST_RUNNING, 0, false}, /* the state has not heard of it yet */
        {HVC_GUEST_ABSENT, HVC_GUEST_INCOMING, 0, false},        {HVC_GUEST_RUNNING, HVC_GUEST_ABSENT, 0, false},
        {HVC_GUEST_ABSENT, HVC_GUEST_ABSENT, -ETIMEDOUT, false}, {HVC_GUEST_ABSENT, HVC_GUEST_ABSENT, 0, true},
    };

    (void)state;
    leave_hold(0);
    mark.job++;
    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        world->here.count = world->there.count = 1;
        world->here.guests[0] = (struct hvc_guest_state){.id = {UUID, "web"}, .guest_class = rows[i].here};
        world->there.guests[0] = (struct hvc_guest_state){.id = {UUID, "web"}, .guest_class = rows[i].there};
        world->there.inspect_result = rows[i].inspect_result;
        sweep_once();
        assert_int_equal(removals, rows[i].goes ? 1 : 0);
        assert_int_equal(others, 0);
    }
}

/* A hold of a job that has ended, as the state has it, while libvirt still carries the guest away. */
static void a_guest_that_leaves_has_no_place_yet(void **state)
{
    static const struct {
        enum hvc_guest_class class;
        bool migrating_out, goes;
    } rows[] = {
        {HVC_GUEST_RUNNING, true, false},
        {HVC_GUEST_PAUSED, true, false},
        {HVC_GUEST_LEAVING, true, false},
        {HVC_GUEST_RUNNING, false, true},
    };

    (void)state;
    leave_hold(1);
    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        world->here.count = 1;
        world->here.guests[0] = (struct hvc_guest_state){
            .id = {UUID, "web"}, .guest_class = rows[i].class, .migrating_out = rows[i].migrating_out};
        sweep_once();
        assert_int_equal(removals, rows[i].goes ? 1 : 0);
        assert_int_equal(others, 0);
    }
}

#define T(test) cmocka_unit_test_setup_teardown(test, lose_target, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_member_finishes_what_has_ended_at_once),
        cmocka_unit_test(another_one_when_it_still_stands),
        cmocka_unit_test(the_own_node_of_a_job_comes_first),
        cmocka_unit_test(what_was_gone_meanwhile_begins_anew),
        cmocka_unit_test(what_a_job_does_now_is_left_alone),
        cmocka_unit_test(a_doubt_is_told_when_it_lasts_and_then_once_a_minute),
        cmocka_unit_test(what_has_no_room_is_found_again_when_there_is_some),
        cmocka_unit_test(nobody_is_given_time_when_the_target_of_a_job_is_away),
        T(it_goes_when_the_guest_is_proven_dead_there_and_not_before),
        T(a_hold_and_a_location_elsewhere_are_left_to_the_job),
        T(nothing_goes_without_quorum),
        T(what_is_nowhere_is_so_on_every_member),
        T(a_guest_that_leaves_has_no_place_yet),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

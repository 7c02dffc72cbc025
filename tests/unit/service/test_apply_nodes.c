/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Nodes, members, fencing, and what they do to jobs. */
#include "fixture.h"

#include "../hvc_cmocka.h"

static int open_three(void **state)
{
    static struct fixture f;
    struct hvc_service_config config = small_config();

    fixture_open(&f, &config);
    add_nodes(&f, 3, 0);
    for (unsigned i = 0; i < 4; i++)
        add_guest(&f, i, 1 + i % 2, 1000);
    *state = &f;
    return 0;
}

static int close_it(void **state)
{
    fixture_close(*state);
    return 0;
}

static struct hvc_answer fence(struct fixture *f, uint32_t node)
{
    const struct hvc_service_node *now = hvc_service_node(f->service, node);
    struct hvc_command c = command_of(f, HVC_COMMAND_FENCED);

    c.fenced.id = node;
    c.fenced.boot_id = now != NULL ? now->boot_id : 0;
    return give(f, &c);
}

static struct hvc_answer fence_boot(struct fixture *f, uint32_t node, uint64_t boot_id)
{
    struct hvc_command c = command_of(f, HVC_COMMAND_FENCED);

    c.fenced.id = node;
    c.fenced.boot_id = boot_id;
    return give(f, &c);
}

static struct hvc_answer remove_node(struct fixture *f, uint32_t node)
{
    struct hvc_command c = command_of(f, HVC_COMMAND_NODE_REMOVE);

    c.node_remove.id = node;
    return give(f, &c);
}

/* A job at node 1 to node 2 brought to a phase. */
static uint64_t job_in(struct fixture *f, unsigned phase)
{
    static const uint8_t way[] = {HVC_JOB_ADMITTED, HVC_JOB_COPYING, HVC_JOB_SWITCHING, HVC_JOB_VERIFYING};
    uint64_t job = add_job(f, 0, 2);

    for (size_t i = 0; i < HVC_COUNT(way) && phase_of(f, job) != phase; i++)
        assert_int_equal(report(f, job, way[i], -1).code, HVC_ANSWER_OK);
    assert_int_equal(phase_of(f, job), phase);
    return job;
}

static void losing_a_node_changes_each_phase_as_the_table_says(void **state)
{
    static const struct {
        unsigned phase, members, then, fenced, at_last;
    } cases[] = {
        /* source lost: what was begun is unknown until it is back or fenced */
        {HVC_JOB_CHECKING, 6, HVC_JOB_QUEUED, 1, HVC_JOB_FAILED},
        {HVC_JOB_ADMITTED, 6, HVC_JOB_UNKNOWN, 1, HVC_JOB_RECONCILING},
        {HVC_JOB_COPYING, 6, HVC_JOB_UNKNOWN, 1, HVC_JOB_RECONCILING},
        {HVC_JOB_SWITCHING, 6, HVC_JOB_UNKNOWN, 1, HVC_JOB_RECONCILING},
        {HVC_JOB_VERIFYING, 6, HVC_JOB_UNKNOWN, 1, HVC_JOB_RECONCILING},
        /* target lost: the source ends what it still can */
        {HVC_JOB_CHECKING, 5, HVC_JOB_QUEUED, 2, HVC_JOB_QUEUED},
        {HVC_JOB_COPYING, 5, HVC_JOB_COPYING, 2, HVC_JOB_COPYING},
        {HVC_JOB_SWITCHING, 5, HVC_JOB_UNKNOWN, 2, HVC_JOB_RECONCILING},
        {HVC_JOB_VERIFYING, 5, HVC_JOB_UNKNOWN, 2, HVC_JOB_RECONCILING},
        /* both lost, one fenced: not enough */
        {HVC_JOB_COPYING, 4, HVC_JOB_UNKNOWN, 1, HVC_JOB_UNKNOWN},
    };

    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct fixture *f;
        uint64_t job;

        (void)open_three(state);
        f = *state;
        job = job_in(f, cases[i].phase);
        set_members(f, cases[i].members);
        assert_int_equal(phase_of(f, job), cases[i].then);
        assert_int_equal(fence(f, cases[i].fenced).code, HVC_ANSWER_OK);
        assert_int_equal(phase_of(f, job), cases[i].at_last);
        (void)close_it(state);
    }
}

static void a_returned_node_is_asked_and_a_restarted_daemon_too(void **state)
{
    struct fixture *f = *state;
    uint64_t job = job_in(f, HVC_JOB_COPYING);
    struct hvc_command c = command_of(f, HVC_COMMAND_MEMBERS);

    set_members(f, 6);
    assert_int_equal(phase_of(f, job), HVC_JOB_UNKNOWN);
    set_members(f, 7);
    assert_int_equal(phase_of(f, job), HVC_JOB_RECONCILING);
    assert_int_equal(report(f, job, HVC_JOB_COPYING, -1).code, HVC_ANSWER_OK);
    /* the same members, but the daemon of node 1 is another process */
    c.members.count = 3;
    for (uint32_t node = 1; node <= 3; node++)
        c.members.item[node - 1] = (struct hvc_command_member){.node = node, .boot_id = node == 1 ? 555 : 100 + node};
    assert_int_equal(give(f, &c).code, HVC_ANSWER_OK);
    assert_int_equal(phase_of(f, job), HVC_JOB_RECONCILING);
    assert_int_equal(hvc_service_node(f->service, 1)->boot_id, 555);
    assert_int_equal(give(f, &c).code, HVC_ANSWER_UNCHANGED);
}

static void what_is_reconciled_does_not_go_on_with_an_end_that_is_away(void **state)
{
    struct fixture *f = *state;
    uint64_t job = job_in(f, HVC_JOB_COPYING);
    struct hvc_command c = command_of(f, HVC_COMMAND_JOB_REPORT);

    set_members(f, 6);
    assert_int_equal(fence(f, 1).code, HVC_ANSWER_OK);
    c.node = 2;
    c.report.job = job;
    c.report.from = HVC_JOB_RECONCILING;
    c.report.to = HVC_JOB_COPYING;
    assert_int_equal(give(f, &c).code, HVC_ANSWER_AWAY);
    c.report.to = HVC_JOB_FAILED;
    c.report.located = true;
    assert_int_equal(give(f, &c).code, HVC_ANSWER_OK);
    assert_int_equal(hvc_service_job(f->service, job)->runs_on, 0);
}

/* The daemon of the source dies while the job is admitted, and is back. */
static uint64_t job_that_never_began(struct fixture *f)
{
    uint64_t job = job_in(f, HVC_JOB_ADMITTED);

    set_members(f, 6);
    set_members(f, 7);
    assert_int_equal(phase_of(f, job), HVC_JOB_RECONCILING);
    return job;
}

static void what_was_never_begun_goes_back_to_the_queue_with_a_proof(void **state)
{
    struct fixture *f = *state;
    uint64_t job = job_that_never_began(f);
    const struct hvc_job *now = hvc_service_job(f->service, job);
    unsigned attempts = now->attempts;

    assert_int_equal(report(f, job, HVC_JOB_QUEUED, -1).code, HVC_ANSWER_NOT_PROVEN);
    assert_int_equal(report(f, job, HVC_JOB_QUEUED, 0).code, HVC_ANSWER_INVALID);
    assert_int_equal(report(f, job, HVC_JOB_QUEUED, 2).code, HVC_ANSWER_INVALID);
    assert_int_equal(report(f, job, HVC_JOB_QUEUED, 1).code, HVC_ANSWER_OK);
    now = hvc_service_job(f->service, job);
    assert_int_equal(now->phase, HVC_JOB_CHECKING); /* there is room: it is admitted at once */
    assert_int_equal(now->attempts, attempts + 1);
    assert_int_equal(now->step, HVC_STEP_NONE);
    assert_false(now->located);
    finish_job(f, job);
    assert_int_equal(hvc_service_job(f->service, job)->phase, HVC_JOB_COMPLETED);
}

/* ... and is in the queue what one is whose source told that its target is lost. */
static void it_ends_with_the_fencing_of_its_target(void **state)
{
    struct fixture *f = *state;
    uint64_t job = job_that_never_began(f);

    assert_int_equal(report(f, job, HVC_JOB_QUEUED, 1).code, HVC_ANSWER_OK);
    set_members(f, 5);
    assert_int_equal(phase_of(f, job), HVC_JOB_QUEUED);
    assert_int_equal(fence(f, 2).code, HVC_ANSWER_OK);
    assert_int_equal(phase_of(f, job), HVC_JOB_FAILED);
}

static void what_was_begun_or_is_not_wanted_does_not_go_back_to_the_queue(void **state)
{
    struct fixture *f = *state;
    uint64_t job = job_that_never_began(f);
    struct hvc_command c = command_of(f, HVC_COMMAND_JOB_CANCEL);

    c.cancel.job = job;
    assert_int_equal(give(f, &c).code, HVC_ANSWER_OK);
    assert_int_equal(report(f, job, HVC_JOB_QUEUED, 1).code, HVC_ANSWER_STALE);
    assert_int_equal(report(f, job, HVC_JOB_CANCELLED, 1).code, HVC_ANSWER_OK);
    job = job_in(f, HVC_JOB_SWITCHING);
    set_members(f, 6);
    set_members(f, 7);
    assert_int_equal(report(f, job, HVC_JOB_QUEUED, 1).code, HVC_ANSWER_NOT_ALLOWED);
}

/* Every command has the same stamp. */
static void what_counts_is_what_was_begun_since_it_was_admitted_last(void **state)
{
    struct fixture *f = *state;
    uint64_t job = job_in(f, HVC_JOB_SWITCHING), first;

    set_members(f, 6);
    set_members(f, 7);
    assert_int_equal(report(f, job, HVC_JOB_QUEUED, 1).code, HVC_ANSWER_NOT_ALLOWED);
    assert_int_equal(report(f, job, HVC_JOB_FAILED, 1).code, HVC_ANSWER_OK);
    job = job_that_never_began(f);
    first = hvc_service_job(f->service, job)->phase_ms[HVC_JOB_ADMITTED];
    assert_int_equal(report(f, job, HVC_JOB_QUEUED, 1).code, HVC_ANSWER_OK);
    assert_int_equal(report(f, job, HVC_JOB_ADMITTED, -1).code, HVC_ANSWER_OK);
    assert_true(hvc_service_job(f->service, job)->phase_ms[HVC_JOB_ADMITTED] > first);
    assert_int_equal(report(f, job, HVC_JOB_COPYING, -1).code, HVC_ANSWER_OK);
    set_members(f, 6);
    set_members(f, 7);
    assert_int_equal(report(f, job, HVC_JOB_QUEUED, 1).code, HVC_ANSWER_OK);
}

static void a_former_switch_over_is_over(void **state)
{
    struct hvc_job job = {.phase = HVC_JOB_RECONCILING};

    (void)state;
    job.phase_ms[HVC_JOB_ADMITTED] = 5;
    assert_true(hvc_job_never_switched(&job));
    job.phase_ms[HVC_JOB_SWITCHING] = 5; /* at once */
    assert_false(hvc_job_never_switched(&job));
    job.phase_ms[HVC_JOB_ADMITTED] = 6;
    assert_true(hvc_job_never_switched(&job));
}

static void what_was_never_begun_does_not_wait_for_a_target_that_was_fenced(void **state)
{
    struct fixture *f = *state;
    uint64_t job = job_in(f, HVC_JOB_ADMITTED);

    set_members(f, 6); /* the source, so that both are asked for */
    set_members(f, 5);
    assert_int_equal(phase_of(f, job), HVC_JOB_UNKNOWN);
    assert_int_equal(fence(f, 2).code, HVC_ANSWER_OK);
    assert_int_equal(phase_of(f, job), HVC_JOB_RECONCILING);
    assert_int_equal(report(f, job, HVC_JOB_QUEUED, 1).code, HVC_ANSWER_AWAY);
}

static struct hvc_answer tell_lost_target(struct fixture *f, uint64_t job, unsigned phase)
{
    struct hvc_command c = command_of(f, HVC_COMMAND_JOB_REPORT);

    c.report.job = job;
    c.report.from = c.report.to = (uint8_t)phase;
    c.report.code = HVC_REASON_TARGET_LOST;
    return give(f, &c);
}

/* The target is lost in a phase before the switch-over, and the source has told it. */
static uint64_t job_that_lost_its_target(struct fixture *f, unsigned phase)
{
    uint64_t job = job_in(f, phase);

    assert_int_equal(tell_lost_target(f, job, phase).code, HVC_ANSWER_STALE); /* it is there */
    set_members(f, 5);
    assert_int_equal(report(f, job, HVC_JOB_QUEUED, 1).code, HVC_ANSWER_NOT_ALLOWED); /* not told yet */
    assert_int_equal(tell_lost_target(f, job, phase).code, HVC_ANSWER_OK);
    return job;
}

static void waits_for_its_target(struct fixture *f, unsigned phase)
{
    uint64_t job = job_that_lost_its_target(f, phase);

    assert_int_equal(report(f, job, HVC_JOB_QUEUED, -1).code, HVC_ANSWER_NOT_PROVEN);
    assert_int_equal(report(f, job, HVC_JOB_QUEUED, 1).code, HVC_ANSWER_OK);
    assert_int_equal(phase_of(f, job), HVC_JOB_QUEUED);
    assert_int_equal(hvc_service_blocker(f->service, job, f->now_ms), HVC_BLOCKER_TARGET);
    assert_int_equal(hvc_service_job(f->service, job)->network, 0);
    set_members(f, 7);
    assert_int_equal(report(f, job, HVC_JOB_ADMITTED, -1).code, HVC_ANSWER_OK);
    set_members(f, 5);
    assert_int_equal(report(f, job, HVC_JOB_QUEUED, 1).code, HVC_ANSWER_NOT_ALLOWED); /* told of the former attempt */
    set_members(f, 7);
    assert_int_equal(report(f, job, HVC_JOB_COPYING, -1).code, HVC_ANSWER_OK);
    assert_int_equal(report(f, job, HVC_JOB_SWITCHING, -1).code, HVC_ANSWER_OK);
    assert_int_equal(report(f, job, HVC_JOB_VERIFYING, -1).code, HVC_ANSWER_OK);
    assert_int_equal(report(f, job, HVC_JOB_COMPLETED, 2).code, HVC_ANSWER_OK);
}

static void what_was_admitted_and_lost_its_target_waits_for_it(void **state)
{
    waits_for_its_target(*state, HVC_JOB_ADMITTED);
}

static void what_copied_and_lost_its_target_waits_for_it(void **state)
{
    waits_for_its_target(*state, HVC_JOB_COPYING);
}

static void what_came_to_the_switch_over_after_all_does_not(void **state)
{
    struct fixture *f = *state;
    uint64_t job = job_that_lost_its_target(f, HVC_JOB_COPYING);

    assert_int_equal(report(f, job, HVC_JOB_SWITCHING, -1).code, HVC_ANSWER_OK);
    assert_int_equal(phase_of(f, job), HVC_JOB_UNKNOWN);
    set_members(f, 7);
    assert_int_equal(report(f, job, HVC_JOB_QUEUED, 1).code, HVC_ANSWER_NOT_ALLOWED);
}

static void what_is_cancelled_meanwhile_does_not(void **state)
{
    struct fixture *f = *state;
    uint64_t job = job_that_lost_its_target(f, HVC_JOB_COPYING);
    struct hvc_command c = command_of(f, HVC_COMMAND_JOB_CANCEL);

    c.cancel.job = job;
    assert_int_equal(give(f, &c).code, HVC_ANSWER_OK);
    assert_int_equal(report(f, job, HVC_JOB_QUEUED, 1).code, HVC_ANSWER_STALE);
}

static void what_never_began_still_waits_for_a_fenced_target(void **state)
{
    struct fixture *f = *state;
    uint64_t job;

    set_setting(f, 1, HVC_SETTING_MOVES_OUT, 1);
    add_guest(f, 8, 1, 0);
    add_guest(f, 9, 1, 0);
    (void)add_job(f, 8, 3);
    job = add_job(f, 9, 2);
    set_members(f, 5);
    assert_int_equal(fence(f, 2).code, HVC_ANSWER_OK);
    assert_int_equal(phase_of(f, job), HVC_JOB_QUEUED);
}

static void what_lost_its_target_ends_with_its_fencing(void **state)
{
    struct fixture *f = *state;
    uint64_t job = job_that_lost_its_target(f, HVC_JOB_COPYING);

    assert_int_equal(report(f, job, HVC_JOB_QUEUED, 1).code, HVC_ANSWER_OK);
    set_members(f, 7);
    set_members(f, 5);
    assert_int_equal(phase_of(f, job), HVC_JOB_QUEUED); /* it was being checked meanwhile */
    assert_int_equal(fence(f, 2).code, HVC_ANSWER_OK);
    assert_int_equal(phase_of(f, job), HVC_JOB_FAILED);
}

/* Its move is being ended: by then the target may be back, started anew. */
static void what_is_not_in_the_queue_by_then_does_not_get_there(void **state)
{
    struct fixture *f = *state;
    uint64_t job = job_that_lost_its_target(f, HVC_JOB_COPYING);

    assert_int_equal(fence(f, 2).code, HVC_ANSWER_OK);
    set_members(f, 7);
    assert_int_equal(report(f, job, HVC_JOB_QUEUED, 1).code, HVC_ANSWER_NOT_ALLOWED);
    assert_int_equal(report(f, job, HVC_JOB_VERIFYING, -1).code, HVC_ANSWER_OK);
    assert_int_equal(report(f, job, HVC_JOB_QUEUED, 1).code, HVC_ANSWER_NOT_ALLOWED);
    set_members(f, 6);
    set_members(f, 7);
    assert_int_equal(phase_of(f, job), HVC_JOB_RECONCILING);
    assert_int_equal(report(f, job, HVC_JOB_QUEUED, 1).code, HVC_ANSWER_NOT_ALLOWED);
    assert_int_equal(report(f, job, HVC_JOB_FAILED, 1).code, HVC_ANSWER_OK);
}

static void what_is_told_after_the_fencing_does_not_either(void **state)
{
    struct fixture *f = *state;
    uint64_t job = job_in(f, HVC_JOB_COPYING);

    set_members(f, 5);
    assert_int_equal(fence(f, 2).code, HVC_ANSWER_OK);
    assert_int_equal(tell_lost_target(f, job, HVC_JOB_COPYING).code, HVC_ANSWER_OK);
    set_members(f, 7);
    assert_int_equal(report(f, job, HVC_JOB_QUEUED, 1).code, HVC_ANSWER_NOT_ALLOWED);
}

/* Found by the simulator: a fencing that was on its way while the node came back and was lost again. */
static void a_fencing_from_before_the_node_came_back_is_not_believed(void **state)
{
    struct fixture *f = *state;
    struct hvc_command c = command_of(f, HVC_COMMAND_MEMBERS);
    uint64_t former = hvc_service_node(f->service, 3)->boot_id;
    struct hvc_answer answer;

    set_members(f, 0x3);
    c.members.count = 3; /* it comes back as another process */
    c.members.item[0] = (struct hvc_command_member){.node = 1, .boot_id = 101};
    c.members.item[1] = (struct hvc_command_member){.node = 2, .boot_id = 102};
    c.members.item[2] = (struct hvc_command_member){.node = 3, .boot_id = 303};
    assert_int_equal(give(f, &c).code, HVC_ANSWER_OK);
    set_members(f, 0x3);
    answer = fence_boot(f, 3, former);
    assert_int_equal(answer.code, HVC_ANSWER_STALE);
    assert_int_equal(answer.value, 303);
    assert_false(hvc_service_node(f->service, 3)->fenced);
    assert_int_equal(fence_boot(f, 3, 303).code, HVC_ANSWER_OK);
    assert_true(hvc_service_node(f->service, 3)->fenced);
}

static void a_fenced_node_runs_nothing(void **state)
{
    struct fixture *f = *state;
    uint8_t uuid[16];
    uint64_t running = add_job(f, 0, 2), waiting = add_job(f, 2, 2);

    assert_int_equal(phase_of(f, waiting), HVC_JOB_QUEUED);
    assert_int_equal(fence(f, 1).code, HVC_ANSWER_MEMBER);
    set_members(f, 6);
    assert_int_equal(fence(f, 1).code, HVC_ANSWER_OK);
    assert_int_equal(fence(f, 1).code, HVC_ANSWER_UNCHANGED);
    assert_int_equal(phase_of(f, running), HVC_JOB_FAILED);
    assert_int_equal(phase_of(f, waiting), HVC_JOB_FAILED);
    uuid_of(2, uuid);
    assert_int_equal(hvc_service_guest(f->service, uuid)->node, 0);
    uuid_of(1, uuid);
    assert_int_equal(hvc_service_guest(f->service, uuid)->node, 2);
    set_members(f, 7);
    assert_false(hvc_service_node(f->service, 1)->fenced);
}

static void members_are_known_nodes_in_order(void **state)
{
    struct fixture *f = *state;
    struct hvc_command c = command_of(f, HVC_COMMAND_MEMBERS);

    c.members.count = 2;
    c.members.item[0].node = 2;
    c.members.item[1].node = 1;
    assert_int_equal(give(f, &c).code, HVC_ANSWER_INVALID);
    c.members.item[1].node = 2;
    assert_int_equal(give(f, &c).code, HVC_ANSWER_INVALID);
    c.members.item[1].node = 9;
    assert_int_equal(give(f, &c).code, HVC_ANSWER_NO_NODE);
    assert_true(hvc_service_node(f->service, 1)->member);
    assert_int_equal(fence(f, 9).code, HVC_ANSWER_NO_NODE);
}

static void a_node_goes_only_when_nothing_names_it(void **state)
{
    struct fixture *f = *state;
    struct hvc_command c = command_of(f, HVC_COMMAND_NODE);

    assert_int_equal(remove_node(f, 9).code, HVC_ANSWER_NO_NODE);
    assert_int_equal(remove_node(f, 3).code, HVC_ANSWER_MEMBER);
    set_members(f, 4);
    assert_int_equal(remove_node(f, 1).code, HVC_ANSWER_IN_USE);
    set_members(f, 3);
    assert_int_equal(remove_node(f, 3).code, HVC_ANSWER_OK);
    assert_null(hvc_service_node(f->service, 3));
    /* a reused id, another name; a name twice */
    c.node_facts.id = 3;
    (void)snprintf(c.node_facts.name, sizeof(c.node_facts.name), "n1");
    assert_int_equal(give(f, &c).code, HVC_ANSWER_NAME_TAKEN);
    (void)snprintf(c.node_facts.name, sizeof(c.node_facts.name), "other");
    assert_int_equal(give(f, &c).code, HVC_ANSWER_OK);
    assert_int_equal(give(f, &c).code, HVC_ANSWER_UNCHANGED);
    assert_int_equal(hvc_service_node_named(f->service, "other")->id, 3);
    (void)snprintf(c.node_facts.name, sizeof(c.node_facts.name), "renamed");
    assert_int_equal(give(f, &c).code, HVC_ANSWER_OK);
    assert_int_equal(hvc_service_node_at(f->service, 2)->id, 3);
}

static void there_is_room_for_so_many_nodes(void **state)
{
    struct fixture *f = *state;
    struct hvc_command c = command_of(f, HVC_COMMAND_NODE);

    for (uint32_t id = 10; id < 13; id++) {
        c.node_facts.id = id;
        (void)snprintf(c.node_facts.name, sizeof(c.node_facts.name), "x%u", (unsigned)id);
        assert_int_equal(give(f, &c).code, id < 12 ? HVC_ANSWER_OK : HVC_ANSWER_FULL);
    }
}

static void flags_close_a_node_for_new_moves(void **state)
{
    struct fixture *f = *state;
    struct hvc_command c = command_of(f, HVC_COMMAND_NODE_FLAGS);

    c.node_flags.id = 2;
    c.node_flags.mask = HVC_NODE_MAINTENANCE;
    c.node_flags.maintenance = true;
    assert_int_equal(give(f, &c).code, HVC_ANSWER_OK);
    assert_int_equal(give(f, &c).code, HVC_ANSWER_UNCHANGED);
    assert_int_equal(try_job(f, 0, HVC_KIND_LIVE, 0, 2).code, HVC_ANSWER_CLOSED);
    assert_int_equal(try_job(f, 1, HVC_KIND_LIVE, 0, 1).code, HVC_ANSWER_OK); /* away from it */
    c.node_flags.id = 1;
    c.node_flags.mask = HVC_NODE_ACCEPTING;
    assert_int_equal(give(f, &c).code, HVC_ANSWER_OK);
    assert_int_equal(try_job(f, 0, HVC_KIND_LIVE, 0, 3).code, HVC_ANSWER_CLOSED);
    c.node_flags.id = 9;
    assert_int_equal(give(f, &c).code, HVC_ANSWER_NO_NODE);
}

#define T(test) cmocka_unit_test_setup_teardown(test, open_three, close_it)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losing_a_node_changes_each_phase_as_the_table_says),
        T(a_returned_node_is_asked_and_a_restarted_daemon_too),
        T(what_is_reconciled_does_not_go_on_with_an_end_that_is_away),
        T(what_was_never_begun_goes_back_to_the_queue_with_a_proof),
        T(it_ends_with_the_fencing_of_its_target),
        T(what_was_begun_or_is_not_wanted_does_not_go_back_to_the_queue),
        T(what_counts_is_what_was_begun_since_it_was_admitted_last),
        T(a_former_switch_over_is_over),
        T(what_was_never_begun_does_not_wait_for_a_target_that_was_fenced),
        T(a_fencing_from_before_the_node_came_back_is_not_believed),
        T(what_was_admitted_and_lost_its_target_waits_for_it),
        T(what_copied_and_lost_its_target_waits_for_it),
        T(what_lost_its_target_ends_with_its_fencing),
        T(what_is_not_in_the_queue_by_then_does_not_get_there),
        T(what_is_told_after_the_fencing_does_not_either),
        T(what_came_to_the_switch_over_after_all_does_not),
        T(what_is_cancelled_meanwhile_does_not),
        T(what_never_began_still_waits_for_a_fenced_target),
        T(a_fenced_node_runs_nothing),
        T(members_are_known_nodes_in_order),
        T(a_node_goes_only_when_nothing_names_it),
        T(there_is_room_for_so_many_nodes),
        T(flags_close_a_node_for_new_moves),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Limits, room, order, fairness, and that nobody waits for ever. */
#include "fixture.h"

#include "../hvc_cmocka.h"

static int open_five(void **state)
{
    static struct fixture f;
    struct hvc_service_config config = small_config();

    config.guests = 200;
    config.jobs_kept = 2000;
    fixture_open(&f, &config);
    add_nodes(&f, 5, 0);
    *state = &f;
    return 0;
}

static int close_it(void **state)
{
    fixture_close(*state);
    return 0;
}

static void limits_out_and_in_hold_and_change_live(void **state)
{
    struct fixture *f = *state;
    uint64_t job[4];

    for (unsigned i = 0; i < 4; i++)
        add_guest(f, i, 1 + (i == 3), 0);
    for (unsigned i = 0; i < 3; i++)
        job[i] = add_job(f, i, 3 + i);
    assert_int_equal(phase_of(f, job[0]), HVC_JOB_CHECKING);
    assert_int_equal(hvc_service_blocker(f->service, job[1], f->now_ms), HVC_BLOCKER_LIMIT_OUT);
    set_setting(f, 1, HVC_SETTING_MOVES_OUT, 2);
    assert_int_equal(phase_of(f, job[1]), HVC_JOB_CHECKING);
    assert_int_equal(phase_of(f, job[2]), HVC_JOB_QUEUED);
    job[3] = add_job(f, 3, 3);
    assert_int_equal(hvc_service_blocker(f->service, job[3], f->now_ms), HVC_BLOCKER_LIMIT_IN);
    set_setting(f, 0, HVC_SETTING_MOVES_IN, 2);
    assert_int_equal(phase_of(f, job[3]), HVC_JOB_CHECKING);
    set_setting(f, 0, HVC_SETTING_MOVES_CLUSTER, 3);
    set_setting(f, 1, HVC_SETTING_MOVES_OUT, 3);
    assert_int_equal(hvc_service_blocker(f->service, job[2], f->now_ms), HVC_BLOCKER_LIMIT_CLUSTER);
    finish_job(f, job[3]);
    assert_int_equal(phase_of(f, job[2]), HVC_JOB_CHECKING);
}

static uint64_t add_job_of_pacemaker(struct fixture *f, unsigned guest, uint32_t target)
{
    struct hvc_command c = command_of(f, HVC_COMMAND_JOB);
    struct hvc_answer answer;

    uuid_of(guest, c.job.guest);
    c.job.origin = HVC_ORIGIN_PACEMAKER;
    c.job.target = target;
    answer = give(f, &c);
    assert_int_equal(answer.code, HVC_ANSWER_OK);
    return answer.value;
}

static void a_job_of_pacemaker_waits_for_no_limit_and_counts_in_it(void **state)
{
    struct fixture *f = *state;
    uint64_t job, other, third;

    add_nodes(f, 3, 1 << 20);
    for (unsigned g = 1; g <= 4; g++)
        add_guest(f, g, 1, 1024);
    job = add_job(f, 1, 2);
    other = add_job_of_pacemaker(f, 2, 2);
    assert_int_equal(phase_of(f, job), HVC_JOB_CHECKING);
    assert_int_equal(phase_of(f, other), HVC_JOB_CHECKING);
    third = add_job(f, 3, 3);
    finish_job(f, job);
    assert_int_equal(hvc_service_blocker(f->service, third, f->now_ms), HVC_BLOCKER_LIMIT_OUT);
    finish_job(f, other);
    assert_int_equal(phase_of(f, third), HVC_JOB_CHECKING);
}

static void a_job_of_pacemaker_still_needs_room(void **state)
{
    struct fixture *f = *state;
    uint64_t job;

    add_nodes(f, 2, 1 << 20);
    add_guest(f, 1, 1, 1 << 19);
    add_guest(f, 2, 2, (1 << 19) + 1);
    job = add_job_of_pacemaker(f, 1, 2);
    assert_int_equal(hvc_service_blocker(f->service, job, f->now_ms), HVC_BLOCKER_ROOM);
}

static void storage_moves_have_a_limit_of_their_own(void **state)
{
    struct fixture *f = *state;

    for (unsigned i = 0; i < 3; i++)
        add_guest(f, i, 1, 0);
    assert_int_equal(try_job(f, 0, HVC_KIND_STORAGE, 0, 0).value, 1);
    assert_int_equal(try_job(f, 1, HVC_KIND_STORAGE, 0, 0).value, 2);
    assert_int_equal(try_job(f, 2, HVC_KIND_LIVE, 0, 2).value, 3);
    assert_int_equal(phase_of(f, 1), HVC_JOB_CHECKING);
    assert_int_equal(hvc_service_blocker(f->service, 2, f->now_ms), HVC_BLOCKER_LIMIT_STORAGE);
    assert_int_equal(phase_of(f, 3), HVC_JOB_CHECKING);
}

static void memory_at_the_target_is_reserved_in_the_job(void **state)
{
    struct fixture *f = *state;
    struct hvc_command c = command_of(f, HVC_COMMAND_NODE);

    set_setting(f, 0, HVC_SETTING_MOVES_IN, 4);
    c.node_facts.id = 2;
    c.node_facts.memory_kib = 1000;
    (void)snprintf(c.node_facts.name, sizeof(c.node_facts.name), "n2");
    assert_int_equal(give(f, &c).code, HVC_ANSWER_OK);
    add_guest(f, 0, 2, 300);
    add_guest(f, 1, 1, 400);
    add_guest(f, 2, 3, 400);
    assert_int_equal(phase_of(f, add_job(f, 1, 2)), HVC_JOB_CHECKING);
    assert_int_equal(hvc_service_blocker(f->service, add_job(f, 2, 2), f->now_ms), HVC_BLOCKER_ROOM);
    finish_job(f, 1);
    assert_int_equal(phase_of(f, 2), HVC_JOB_QUEUED); /* now the guest itself takes it */
    c = command_of(f, HVC_COMMAND_GUEST_PLACE);
    uuid_of(0, c.guest_place.uuid);
    assert_int_equal(give(f, &c).code, HVC_ANSWER_OK); /* the first guest there stops */
    assert_int_equal(phase_of(f, 2), HVC_JOB_CHECKING);
    set_setting(f, 2, HVC_SETTING_MEMORY_SPARE, 999999);
    add_guest(f, 3, 4, 1);
    assert_int_equal(hvc_service_blocker(f->service, add_job(f, 3, 2), f->now_ms), HVC_BLOCKER_ROOM);
}

/* ---- the limit of a network ---- */

static uint32_t network_of(const struct fixture *f, uint64_t job)
{
    return hvc_service_job(f->service, job)->network;
}

/* Guests 0.. on node 1, jobs to nodes 2.. that wait for no other limit; each has been checked or is in the queue. */
static void add_wide_jobs(struct fixture *f, uint64_t *jobs, unsigned count)
{
    set_setting(f, 0, HVC_SETTING_MOVES_OUT, 8);
    set_setting(f, 0, HVC_SETTING_MOVES_IN, 8);
    for (unsigned i = 0; i < count; i++) {
        add_guest(f, i, 1, 0);
        jobs[i] = add_job(f, i, 2 + i % 4);
        assert_int_equal(phase_of(f, jobs[i]), HVC_JOB_CHECKING);
    }
}

static void a_full_network_is_waited_for_and_its_limit_changes_live(void **state)
{
    struct fixture *f = *state;
    uint32_t net = add_network(f, 1, 1);
    uint64_t job[3];

    add_wide_jobs(f, job, 3);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(report_ways(f, job[i], HVC_JOB_ADMITTED, net, 0).code, HVC_ANSWER_OK);
    assert_int_equal(phase_of(f, job[0]), HVC_JOB_ADMITTED);
    assert_int_equal(network_of(f, job[0]), net);
    for (unsigned i = 1; i < 3; i++) {
        assert_int_equal(phase_of(f, job[i]), HVC_JOB_QUEUED);
        assert_int_equal(network_of(f, job[i]), 0);
        assert_int_equal(hvc_service_blocker(f->service, job[i], f->now_ms), HVC_BLOCKER_LIMIT_NETWORK);
    }
    set_limit(f, net, 2);
    assert_int_equal(phase_of(f, job[1]),
                     HVC_JOB_CHECKING); /* its place in the network is its own while it is checked */
    assert_int_equal(network_of(f, job[1]), net);
    assert_int_equal(phase_of(f, job[2]), HVC_JOB_QUEUED);
    set_limit(f, net, 1); /* what has begun goes on */
    assert_int_equal(report_ways(f, job[1], HVC_JOB_ADMITTED, net, 0).code, HVC_ANSWER_OK);
    assert_int_equal(phase_of(f, job[1]), HVC_JOB_QUEUED); /* this had not: it waits again */
    finish_job(f, job[0]);
    assert_int_equal(phase_of(f, job[1]), HVC_JOB_CHECKING);
    set_limit(f, net, 0);
    assert_int_equal(phase_of(f, job[2]), HVC_JOB_CHECKING);
    assert_int_equal(network_of(f, job[0]), net); /* the ended one still tells */
}

static void the_next_network_that_has_room_is_taken_and_the_first_one_again_when_it_has(void **state)
{
    struct fixture *f = *state;
    uint32_t fast = add_network(f, 1, 1), slow = add_network(f, 2, 1);
    uint64_t job[3];

    add_wide_jobs(f, job, 3);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(report_ways(f, job[i], HVC_JOB_ADMITTED, fast, slow).code, HVC_ANSWER_OK);
    assert_int_equal(network_of(f, job[0]), fast);
    assert_int_equal(network_of(f, job[1]), slow);
    assert_int_equal(hvc_service_blocker(f->service, job[2], f->now_ms), HVC_BLOCKER_LIMIT_NETWORK);
    finish_job(f, job[0]);
    assert_int_equal(phase_of(f, job[2]), HVC_JOB_CHECKING);
    assert_int_equal(network_of(f, job[2]), fast);
    /* the checks found the first one cut: what it held there is free again, and the other one is full */
    assert_int_equal(report_ways(f, job[2], HVC_JOB_ADMITTED, slow, 0).code, HVC_ANSWER_OK);
    assert_int_equal(phase_of(f, job[2]), HVC_JOB_QUEUED);
    assert_true(hvc_service_network_has_room(f->service, fast, 1, 2));
}

static void a_network_is_full_at_each_node_by_itself(void **state)
{
    struct fixture *f = *state;
    uint32_t net = add_network(f, 1, 1);
    uint64_t job[4];
    static const struct {
        unsigned source, target, phase;
    } rows[] = {{1, 2, HVC_JOB_ADMITTED},  /* the first */
                {3, 2, HVC_JOB_QUEUED},    /* one comes to node 2 already */
                {3, 4, HVC_JOB_ADMITTED},  /* nobody else's */
                {2, 1, HVC_JOB_ADMITTED}}; /* the other direction of both is free */

    set_setting(f, 0, HVC_SETTING_MOVES_OUT, 8);
    set_setting(f, 0, HVC_SETTING_MOVES_IN, 8);
    for (unsigned i = 0; i < HVC_COUNT(rows); i++) {
        add_guest(f, i, rows[i].source, 0);
        job[i] = add_job(f, i, rows[i].target);
        assert_int_equal(report_ways(f, job[i], HVC_JOB_ADMITTED, net, 0).code, HVC_ANSWER_OK);
        assert_int_equal(phase_of(f, job[i]), rows[i].phase);
    }
}

static void a_job_of_pacemaker_waits_for_no_network_and_counts_in_it(void **state)
{
    struct fixture *f = *state;
    uint32_t fast = add_network(f, 1, 1), slow = add_network(f, 2, 1);
    uint64_t job, third;

    for (unsigned i = 0; i < 4; i++)
        add_guest(f, i, 1, 0);
    set_setting(f, 0, HVC_SETTING_MOVES_OUT, 8);
    for (unsigned i = 0; i < 3; i++) {
        job = add_job_of_pacemaker(f, i, 2);
        assert_int_equal(report_ways(f, job, HVC_JOB_ADMITTED, fast, slow).code, HVC_ANSWER_OK);
        assert_int_equal(phase_of(f, job), HVC_JOB_ADMITTED);
        assert_int_equal(network_of(f, job), i == 1 ? slow : fast); /* room first; without any the preferred one */
    }
    third = add_job(f, 3, 3);
    assert_int_equal(report_ways(f, third, HVC_JOB_ADMITTED, slow, 0).code, HVC_ANSWER_OK);
    assert_int_equal(hvc_service_blocker(f->service, third, f->now_ms), HVC_BLOCKER_LIMIT_NETWORK);
}

static void a_move_that_has_begun_counts_where_it_goes_on(void **state)
{
    struct fixture *f = *state;
    uint32_t fast = add_network(f, 1, 1), slow = add_network(f, 2, 1);
    uint64_t job[3];

    add_wide_jobs(f, job, 3);
    assert_int_equal(report_ways(f, job[0], HVC_JOB_ADMITTED, fast, slow).code, HVC_ANSWER_OK);
    assert_int_equal(report_ways(f, job[1], HVC_JOB_ADMITTED, slow, 0).code, HVC_ANSWER_OK);
    assert_int_equal(report(f, job[0], HVC_JOB_COPYING, -1).code, HVC_ANSWER_OK);
    assert_int_equal(report_ways(f, job[0], HVC_JOB_COPYING, slow, 0).code, HVC_ANSWER_OK); /* full, and it goes on */
    assert_int_equal(phase_of(f, job[0]), HVC_JOB_COPYING);
    assert_int_equal(network_of(f, job[0]), slow);
    assert_true(hvc_service_network_has_room(f->service, fast, 1, 2));
    finish_job(f, job[1]);
    assert_int_equal(report_ways(f, job[2], HVC_JOB_ADMITTED, slow, 0).code, HVC_ANSWER_OK);
    assert_int_equal(hvc_service_blocker(f->service, job[2], f->now_ms), HVC_BLOCKER_LIMIT_NETWORK);
    finish_job(f, job[0]);
    assert_int_equal(phase_of(f, job[2]), HVC_JOB_CHECKING);
}

/* The checks of one job tell what the others that go the same way will find. */
static void what_goes_the_same_way_waits_without_a_check_of_its_own(void **state)
{
    struct fixture *f = *state;
    uint32_t net = add_network(f, 1, 1);
    uint64_t job[6];

    set_setting(f, 0, HVC_SETTING_MOVES_OUT, 2);
    set_setting(f, 0, HVC_SETTING_MOVES_IN, 8);
    for (unsigned i = 0; i < 5; i++) {
        add_guest(f, i, 1, 0);
        job[i] = i < 4 ? add_job(f, i, 2) : try_job(f, i, HVC_KIND_RESTART, 0, 2).value; /* sends no memory */
        assert_int_equal(phase_of(f, job[i]), i < 2 || i == 4 ? HVC_JOB_CHECKING : HVC_JOB_QUEUED);
    }
    assert_int_equal(report_ways(f, job[0], HVC_JOB_ADMITTED, net, 0).code, HVC_ANSWER_OK);
    assert_int_equal(report_ways(f, job[1], HVC_JOB_ADMITTED, net, 0).code, HVC_ANSWER_OK);
    for (unsigned i = 1; i < 4; i++) {
        assert_int_equal(phase_of(f, job[i]), HVC_JOB_QUEUED);
        assert_int_equal(hvc_service_job(f->service, job[i])->attempts, i == 1);
        assert_int_equal(hvc_service_blocker(f->service, job[i], f->now_ms), HVC_BLOCKER_LIMIT_NETWORK);
    }
    add_guest(f, 5, 1, 0);
    job[5] = add_job(f, 5, 2); /* and what comes later */
    assert_int_equal(hvc_service_blocker(f->service, job[5], f->now_ms), HVC_BLOCKER_LIMIT_NETWORK);
    add_guest(f, 6, 1, 0);
    assert_int_equal(phase_of(f, add_job(f, 6, 3)), HVC_JOB_CHECKING); /* to another node: not known */
    for (unsigned i = 0; i < 4; i++) {
        finish_job(f, job[i]);
        assert_int_equal(phase_of(f, job[i]), HVC_JOB_COMPLETED);
    }
}

/* What the checks had found is of no worth when the networks or the target are others. */
static void ways_are_looked_for_anew_when_networks_or_target_change(void **state)
{
    struct fixture *f = *state;
    uint32_t net = add_network(f, 1, 1);
    struct hvc_command metric = command_of(f, HVC_COMMAND_NETWORK_MODIFY),
                       gone = command_of(f, HVC_COMMAND_NETWORK_REMOVE), target = command_of(f, HVC_COMMAND_JOB_TARGET);
    uint64_t job[2];

    add_wide_jobs(f, job, 2);
    assert_int_equal(report_ways(f, job[0], HVC_JOB_ADMITTED, net, 0).code, HVC_ANSWER_OK);
    metric.networks.count = 1;
    metric.networks.item[0].mask = HVC_NETWORK_METRIC;
    metric.networks.item[0].network.id = net;
    target.job_target.job = job[1];
    gone.network_remove.count = 1;
    gone.network_remove.id[0] = net;
    for (unsigned change = 0; change < 4; change++) {
        assert_int_equal(report_ways(f, job[1], HVC_JOB_ADMITTED, net, 0).code, HVC_ANSWER_OK);
        assert_int_equal(phase_of(f, job[1]), HVC_JOB_QUEUED);
        target.job_target.target = 4;
        if (change == 0)
            (void)add_network(f, 9, 0);
        else if (change == 1)
            assert_int_equal(give(f, &metric).code, HVC_ANSWER_OK);
        else
            assert_int_equal(give(f, change == 2 ? &target : &gone).code, HVC_ANSWER_OK);
        assert_int_equal(phase_of(f, job[1]), HVC_JOB_CHECKING);
        assert_int_equal(network_of(f, job[1]), change == 3 ? net : 0); /* a network that is gone holds nobody back */
    }
    finish_job(f, job[0]); /* of a network that is gone */
    assert_int_equal(phase_of(f, job[0]), HVC_JOB_COMPLETED);
    assert_int_equal(add_network(f, 1, 1), net + 2); /* in the place of the one that is gone: nobody is in it */
    assert_true(hvc_service_network_has_room(f->service, net + 2, 1, 2));
}

/* Else a network would come that does not count a job that is in it already. */
static void a_network_that_was_never_given_is_no_way(void **state)
{
    struct fixture *f = *state;
    uint32_t net = add_network(f, 1, 1);
    uint64_t job[2];

    add_wide_jobs(f, job, 2);
    for (unsigned to = HVC_JOB_ADMITTED; to <= HVC_JOB_COPYING; to++) {
        struct hvc_answer answer = report_ways(f, job[0], to, net, net + 1);

        assert_int_equal(answer.code, HVC_ANSWER_NO_NETWORK);
        assert_int_equal(answer.value, net + 1);
        assert_int_equal(network_of(f, job[0]), to == HVC_JOB_ADMITTED ? 0 : net);
        assert_int_equal(report_ways(f, job[0], to, net, 0).code, HVC_ANSWER_OK);
    }
    assert_int_equal(add_network(f, 9, 1), net + 1);
    assert_true(hvc_service_network_has_room(f->service, net + 1, 1, 2));
    assert_false(hvc_service_network_has_room(f->service, net, 1, 2));
}

static void without_limits_and_for_what_takes_no_link_networks_are_nothing(void **state)
{
    struct fixture *f = *state;
    uint32_t net = add_network(f, 1, 0);
    uint64_t job, restart;

    assert_false(hvc_service_limits_networks(f->service));
    add_guest(f, 0, 1, 0);
    add_guest(f, 1, 1, 0);
    job = add_job(f, 0, 2);
    assert_int_equal(report(f, job, HVC_JOB_ADMITTED, -1).code, HVC_ANSWER_OK);
    assert_int_equal(network_of(f, job), 0);
    set_limit(f, net, 1);
    assert_true(hvc_service_limits_networks(f->service));
    assert_int_equal(report_ways(f, job, HVC_JOB_ADMITTED, net, 0).code, HVC_ANSWER_OK); /* begun before the limit */
    assert_int_equal(network_of(f, job), net);
    assert_false(hvc_service_network_has_room(f->service, net, 1, 3));
    restart = try_job(f, 1, HVC_KIND_RESTART, 0, 2).value;
    assert_int_equal(report_ways(f, restart, HVC_JOB_ADMITTED, net, 0).code, HVC_ANSWER_OK);
    assert_int_equal(phase_of(f, restart), HVC_JOB_ADMITTED);
    assert_int_equal(network_of(f, restart), 0);
}

static void swaps_with_room_for_one_more_guest_do_not_block_each_other(void **state)
{
    struct fixture *f = *state;

    for (uint32_t node = 1; node <= 2; node++) {
        struct hvc_command c = command_of(f, HVC_COMMAND_NODE);

        c.node_facts.id = node;
        c.node_facts.memory_kib = node == 1 ? 1000 : 2000; /* room for one at node 2, none at node 1 */
        (void)snprintf(c.node_facts.name, sizeof(c.node_facts.name), "n%u", (unsigned)node);
        assert_int_equal(give(f, &c).code, HVC_ANSWER_OK);
    }
    add_guest(f, 1, 1, 1000);
    add_guest(f, 2, 2, 1000);
    assert_int_equal(add_job(f, 2, 1), 1); /* cannot go first ... */
    assert_int_equal(add_job(f, 1, 2), 2); /* ... this one can, though it came later */
    assert_int_equal(phase_of(f, 1), HVC_JOB_QUEUED);
    assert_int_equal(phase_of(f, 2), HVC_JOB_CHECKING);
    finish_job(f, 2);
    finish_job(f, 1);
}

static void sources_take_turns_and_priority_comes_first(void **state)
{
    struct fixture *f = *state;
    static const uint64_t want[] = {1, 6, 4, 2, 5, 3};
    uint64_t running = 1;

    /* all want to node 5, where one may come at a time: three from node 1, two from node 2, one urgent from node 1 */
    for (unsigned i = 1; i <= 6; i++) {
        struct hvc_command c = command_of(f, HVC_COMMAND_JOB);

        add_guest(f, i, i == 4 || i == 5 ? 2 : 1, 0);
        uuid_of(i, c.job.guest);
        c.job.target = 5;
        c.job.options.priority = i == 6 ? 10 : 0;
        assert_int_equal(give(f, &c).value, i);
    }
    for (size_t i = 0; i < HVC_COUNT(want); i++) {
        assert_int_equal(phase_of(f, want[i]), HVC_JOB_CHECKING);
        running = want[i];
        finish_job(f, running);
    }
}

static uint64_t urgent_job(struct fixture *f, unsigned guest, uint32_t target)
{
    struct hvc_command c = command_of(f, HVC_COMMAND_JOB);

    uuid_of(guest, c.job.guest);
    c.job.target = target;
    c.job.options.priority = 1;
    return give(f, &c).value;
}

static const struct hvc_job *running_from(struct fixture *f, uint32_t source)
{
    const struct hvc_job *job;
    uint32_t cursor = 0;

    while ((job = hvc_service_job_next(f->service, &cursor)) != NULL) {
        if (job->ended == 0 && job->phase != HVC_JOB_QUEUED && job->source == source)
            return job;
    }
    return NULL;
}

/* The old job goes from node 1 to node 2. Others from 1 to 4 and from 3 to 2 always wait for the same two slots,
 * which never come free together. */
static void a_job_that_is_passed_over_again_and_again_gets_its_turn(void **state)
{
    struct fixture *f = *state;
    uint64_t old;
    unsigned rounds = 0;

    for (unsigned i = 0; i < 3; i++) {
        add_guest(f, 10 + i, 1, 0);
        add_guest(f, 20 + i, 3, 0);
        (void)urgent_job(f, 10 + i, 4);
        (void)urgent_job(f, 20 + i, 2);
    }
    add_guest(f, 0, 1, 0);
    old = urgent_job(f, 0, 2); /* as urgent as the others */
    for (; phase_of(f, old) == HVC_JOB_QUEUED; rounds++) {
        uint32_t source = rounds % 2 == 0 ? 1 : 3;
        const struct hvc_job *job = running_from(f, source);
        struct hvc_command back = command_of(f, HVC_COMMAND_GUEST_PLACE);

        assert_in_range(rounds, 0, 500);
        if (job == NULL)
            continue; /* its slot is being kept for the old one */
        memcpy(back.guest_place.uuid, job->guest, 16);
        back.guest_place.node = source;
        finish_job(f, job->id);
        assert_int_equal(give(f, &back).code, HVC_ANSWER_OK);
        assert_int_not_equal(urgent_job(f, back.guest_place.uuid[1], source == 1 ? 4 : 2), 0);
    }
    assert_in_range(rounds, 32, 100); /* it was passed over, and not for long */
}

/* One slot, an endless stream of more urgent moves from another node: age overcomes priority. */
static void age_overcomes_priority(void **state)
{
    struct fixture *f = *state;
    uint64_t old;
    unsigned rounds = 0;

    for (unsigned i = 0; i < 3; i++) {
        add_guest(f, 10 + i, 3, 0);
        (void)urgent_job(f, 10 + i, 2);
    }
    add_guest(f, 0, 1, 0);
    set_setting(f, 0, HVC_SETTING_PRIORITY, UINT16_MAX);
    old = add_job(f, 0, 2);
    for (; phase_of(f, old) == HVC_JOB_QUEUED; rounds++) {
        const struct hvc_job *job = running_from(f, 3);
        struct hvc_command back = command_of(f, HVC_COMMAND_GUEST_PLACE);

        assert_in_range(rounds, 0, 1100); /* 16 steps of 64 admissions */
        memcpy(back.guest_place.uuid, job->guest, 16);
        back.guest_place.node = 3;
        finish_job(f, job->id);
        assert_int_equal(give(f, &back).code, HVC_ANSWER_OK);
        assert_int_not_equal(urgent_job(f, back.guest_place.uuid[1], 2), 0);
    }
    assert_in_range(rounds, 512, 1100); /* it is not urgent, and yet it gets its turn */
}

#define T(test) cmocka_unit_test_setup_teardown(test, open_five, close_it)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(limits_out_and_in_hold_and_change_live),
        T(a_job_of_pacemaker_waits_for_no_limit_and_counts_in_it),
        T(a_job_of_pacemaker_still_needs_room),
        T(storage_moves_have_a_limit_of_their_own),
        T(memory_at_the_target_is_reserved_in_the_job),
        T(a_full_network_is_waited_for_and_its_limit_changes_live),
        T(the_next_network_that_has_room_is_taken_and_the_first_one_again_when_it_has),
        T(a_network_is_full_at_each_node_by_itself),
        T(a_job_of_pacemaker_waits_for_no_network_and_counts_in_it),
        T(a_move_that_has_begun_counts_where_it_goes_on),
        T(what_goes_the_same_way_waits_without_a_check_of_its_own),
        T(ways_are_looked_for_anew_when_networks_or_target_change),
        T(a_network_that_was_never_given_is_no_way),
        T(without_limits_and_for_what_takes_no_link_networks_are_nothing),
        T(swaps_with_room_for_one_more_guest_do_not_block_each_other),
        T(sources_take_turns_and_priority_comes_first),
        T(age_overcomes_priority),
        T(a_job_that_is_passed_over_again_and_again_gets_its_turn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

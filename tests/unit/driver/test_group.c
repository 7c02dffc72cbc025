/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Several replicas in one process, each with its own store, on a ring that the test cuts and holds. */
#include <errno.h>
#include <poll.h>

#include "../hvc_cmocka.h"
#include "group.h"
#include "hvc/clock.h"

static void what_one_proposes_all_read(void **state)
{
    struct hvc_command command = world_owner("Ada");
    char name[HVC_OWNER_NAME_MAX];

    (void)state;
    group_begin(3, 0);
    (void)world_propose(replica[1], &command);
    for (unsigned n = 1; n <= 3; n++) {
        assert_int_equal(world_read_owner(replica[n], HVC_REPLICA_BARRIER, name, NULL), 0);
        assert_string_equal(name, "Ada");
    }
    command = world_owner("Grace");
    (void)world_propose(replica[3], &command);
    assert_int_equal(world_read_owner(replica[2], HVC_REPLICA_BARRIER, name, NULL), 0);
    assert_string_equal(name, "Grace");
}

static struct hvc_soft_facts facts;

static uint32_t soft_load(unsigned at, unsigned of)
{
    return hvc_replica_soft(replica[at], of, &facts) == 0 ? facts.load_100 : 0;
}

static void soft_load_becomes(unsigned at, unsigned of, uint32_t wanted)
{
    uint64_t until = hvc_deadline_in(WORLD_PATIENCE_MS);

    while (soft_load(at, of) != wanted && hvc_deadline_left(until) > 0)
        (void)poll(NULL, 0, 2);
    assert_int_equal(soft_load(at, of), wanted);
}

static void what_one_publishes_all_hear_also_without_quorum(void **state)
{
    static struct hvc_soft_facts own;
    struct hvc_soft_job job;

    (void)state;
    group_begin(3, 0);
    for (unsigned n = 1; n <= 3; n++) {
        own = (struct hvc_soft_facts){.load_100 = 100 * n, .move_count = 1, .moves = {{.job = 10 + n}}};
        assert_int_equal(hvc_replica_publish(replica[n], &own), 0);
    }
    for (unsigned at = 1; at <= 3; at++) {
        for (unsigned n = 1; n <= 3; n++)
            soft_load_becomes(at, n, 100 * n);
    }
    assert_int_equal(hvc_replica_soft_job(replica[1], 13, &job), 0);
    assert_int_equal(job.node, 3);
    group_close(2);
    group_close(3);
    own.load_100 = 7;
    assert_int_equal(hvc_replica_publish(replica[1], &own), 0);
    soft_load_becomes(1, 1, 7);
    soft_load_becomes(1, 0, 7);
    assert_int_equal(soft_load(1, 3), 300);
}

struct members {
    unsigned count;
    uint64_t boot[HUB_NODES_MAX + 1];
};

static int look_members(void *context, const struct hvc_service *service, const struct hvc_replica_stamp *stamp)
{
    const struct hvc_service_node *node;
    struct members *members = context;

    (void)stamp;
    *members = (struct members){0};
    for (uint32_t i = 0; (node = hvc_service_node_at(service, i)) != NULL; i++) {
        members->count += node->member;
        members->boot[node->id] = node->member ? node->boot_id : 0;
    }
    return 0;
}

static struct members members_become(unsigned node, unsigned count)
{
    struct members members = {0};
    struct hvc_error error;
    uint64_t until = hvc_deadline_in(WORLD_PATIENCE_MS);

    do {
        if (hvc_replica_read(replica[node], HVC_REPLICA_HERE, hvc_deadline_in(1000), look_members, &members, &error) ==
                0 &&
            members.count == count)
            return members;
        (void)poll(NULL, 0, 2);
    } while (hvc_deadline_left(until) > 0);
    assert_int_equal(members.count, count);
    return members;
}

static void the_state_follows_who_is_here(void **state)
{
    struct members before, after;

    (void)state;
    group_begin(3, 0);
    before = members_become(2, 3);
    group_close(3);
    (void)members_become(2, 2);
    group_open(3);
    world_wait(replica[3], HVC_REPLICA_VOTING);
    after = members_become(2, 3);
    assert_int_equal(before.boot[1], after.boot[1]);
    assert_int_equal(before.boot[2], after.boot[2]);
    assert_int_not_equal(before.boot[3], after.boot[3]);
}

static void a_node_that_was_away_catches_up(void **state)
{
    struct hvc_command command = world_owner("while away");

    (void)state;
    group_begin(3, 0);
    group_close(2);
    (void)world_propose(replica[3], &command);
    group_open(2);
    world_wait(replica[2], HVC_REPLICA_VOTING);
    group_owner_becomes(2, "while away");
}

static bool is_not_quorate(const struct hvc_replica_status *status)
{
    return !status->quorate && status->health == HVC_REPLICA_OUT;
}

static void without_quorum_reads_are_stale_and_writes_are_refused(void **state)
{
    struct hvc_command command = world_owner("Ada");
    struct hvc_replica_outcome outcome;
    struct hvc_replica_status status;
    struct hvc_replica_stamp stamp;
    char name[HVC_OWNER_NAME_MAX];
    struct hvc_token token;

    (void)state;
    group_begin(3, 0);
    (void)world_propose(replica[1], &command);
    group_owner_becomes(3, "Ada");
    hub_split(hub, 1u << 2);
    assert_true(world_until(replica[3], is_not_quorate));
    hvc_replica_status(replica[3], &status);
    assert_non_null(strstr(status.words, "quorum"));
    assert_int_equal(world_read_owner(replica[3], HVC_REPLICA_HERE, name, &stamp), 0);
    assert_string_equal(name, "Ada");
    assert_true(stamp.stale);
    assert_int_equal(world_read_owner(replica[3], HVC_REPLICA_BARRIER, name, NULL), -EAGAIN);
    hvc_replica_token(replica[3], &token);
    assert_int_equal(hvc_replica_propose(replica[3], &command, &token, hvc_deadline_in(60000), false, &outcome),
                     -EAGAIN);
    assert_non_null(strstr(outcome.words, "no quorum: 2 of 3"));
    command = world_owner("Grace");
    (void)world_propose(replica[1], &command);
    hub_heal(hub);
    group_owner_becomes(3, "Grace");
    world_wait(replica[3], HVC_REPLICA_VOTING);
}

struct flight {
    struct hvc_waiter *waiter;
    struct hvc_token token;
};

static void landed(void *context, const struct hvc_replica_outcome *outcome)
{
    hvc_waiter_done(context, outcome);
}

static struct flight take_off(unsigned node, const struct hvc_command *command)
{
    struct flight flight = {.waiter = hvc_waiter_new()};
    struct hvc_error error;

    assert_non_null(flight.waiter);
    hvc_replica_token(replica[node], &flight.token);
    assert_int_equal(hvc_replica_submit(replica[node], command, &flight.token, hvc_deadline_in(WORLD_PATIENCE_MS), true,
                                        landed, flight.waiter, &error),
                     0);
    return flight;
}

static struct hvc_replica_outcome land(struct flight *flight)
{
    struct hvc_replica_outcome outcome;

    assert_true(hvc_waiter_wait(flight->waiter, hvc_deadline_in(2 * WORLD_PATIENCE_MS)));
    outcome = flight->waiter->outcome;
    hvc_waiter_unref(flight->waiter);
    hvc_waiter_unref(flight->waiter);
    return outcome;
}

static void until_held(void)
{
    uint64_t until = hvc_deadline_in(WORLD_PATIENCE_MS);

    while (hub_held(hub) == 0 && hvc_deadline_left(until) > 0)
        (void)poll(NULL, 0, 1);
    assert_true(hub_held(hub) > 0);
}

static void a_proposal_whose_view_ends_is_repeated_and_done_once(void **state)
{
    struct hvc_command network = {.kind = HVC_COMMAND_NETWORK_ADD, .by = "test"};
    struct hvc_replica_outcome outcome, again;
    struct flight flight;

    (void)state;
    group_begin(3, 0);
    (void)members_become(1, 3);
    network.networks.count = 1;
    network.networks.item[0].network = (struct hvc_network){.family = 4, .prefix = 24, .metric = 1};
    network.networks.item[0].network.address[0] = 10;
    hub_hold(hub, true);
    flight = take_off(1, &network);
    until_held();
    hub_heal(hub); /* another ring: what was on its way is lost */
    hub_hold(hub, false);
    outcome = land(&flight);
    assert_int_equal(outcome.error, 0);
    if (!hvc_answer_is_good(&outcome.answer))
        print_error("answer %s detail %u\n", hvc_answer_name(outcome.answer.code), outcome.answer.detail);
    assert_true(hvc_answer_is_good(&outcome.answer));
    /* Once more by another node: the first answer, be it from the table or because it is applied there only now. */
    assert_int_equal(
        hvc_replica_propose(replica[2], &network, &flight.token, hvc_deadline_in(WORLD_PATIENCE_MS), true, &again), 0);
    assert_int_equal(again.index, outcome.index);
    assert_int_equal(again.answer.code, outcome.answer.code);
    assert_int_equal(again.answer.value, outcome.answer.value);
}

static void a_request_made_without_quorum_is_carried_out_when_it_is_back(void **state)
{
    struct hvc_command command = world_owner("patient");
    struct hvc_replica_outcome outcome;
    struct flight flight;

    (void)state;
    group_begin(3, 0);
    hub_split(hub, 1u << 0);
    assert_true(world_until(replica[1], is_not_quorate));
    flight = take_off(1, &command);
    hub_heal(hub);
    outcome = land(&flight);
    assert_int_equal(outcome.error, 0);
    group_owner_becomes(3, "patient");
}

static bool waits_for_fencing(const struct hvc_replica_status *status)
{
    return status->replication.wait == HVC_WAIT_FENCING;
}

static void of_two_nodes_one_goes_on_after_the_other_was_fenced(void **state)
{
    struct hvc_command command = world_owner("survivor");
    struct hvc_replica_status status;

    (void)state;
    group_begin(2, HVC_MODE_TWO_NODE);
    (void)members_become(1, 2);
    hub_split(hub, 1u << 1);
    assert_true(world_until(replica[1], waits_for_fencing));
    hvc_replica_status(replica[1], &status);
    assert_non_null(strstr(status.words, "n2"));
    hvc_replica_fenced(replica[1], 2);
    world_wait(replica[1], HVC_REPLICA_VOTING);
    (void)world_propose(replica[1], &command);
    (void)members_become(1, 1);
}

static bool all_documents(const struct hvc_replica_status *status)
{
    return status->health == HVC_REPLICA_VOTING && status->missing_documents == 0;
}

static void document_comes(unsigned node, unsigned number, size_t length)
{
    char *wanted = malloc(length + 64), *found = NULL;
    uint8_t hash[HVC_STORE_HASH_SIZE];
    struct hvc_error error = {0};
    size_t got = 0;
    int result;

    assert_non_null(wanted);
    world_definition(number, length, wanted, hash);
    result = hvc_replica_document(replica[node], hash, hvc_deadline_in(WORLD_PATIENCE_MS), &found, &got, &error);
    if (result < 0)
        print_error("%s\n", error.text);
    assert_int_equal(result, 0);
    assert_int_equal(got, length);
    assert_memory_equal(found, wanted, length);
    free(found);
    free(wanted);
}

static bool has_snapshot_installed(const struct hvc_replica_status *status)
{
    return status->replication.counters.snapshots_installed > 0 || status->facts.has_snapshot;
}

static void who_joins_late_gets_a_snapshot_and_the_definitions(void **state)
{
    struct hvc_replica_status one, three;
    char name[32];

    (void)state;
    tuning.log_entries = 64;
    hub = hub_new(3, 0);
    group_open(1);
    group_open(2);
    group_open(3);
    for (unsigned n = 1; n <= 3; n++)
        world_wait(replica[n], HVC_REPLICA_VOTING);
    group_close(3);
    for (unsigned i = 1; i <= 40; i++)
        world_guest(replica[1], i, i == 7 ? 70000 : 500 + i);
    for (unsigned i = 0; i < 100; i++) {
        struct hvc_command command;

        (void)snprintf(name, sizeof(name), "owner %u", i);
        command = world_owner(name);
        (void)world_propose(replica[2], &command);
    }
    group_open(3);
    assert_true(world_until(replica[3], all_documents));
    assert_true(world_until(replica[3], has_snapshot_installed));
    group_owner_becomes(3, "owner 99");
    (void)members_become(1, 3);
    for (unsigned i = 1; i <= 40; i++)
        document_comes(3, i, i == 7 ? 70000 : 500 + i);
    assert_true(world_until(replica[3], all_documents));
    do { /* equal once nothing is under way */
        hvc_replica_status(replica[1], &one);
        hvc_replica_status(replica[3], &three);
    } while (one.replication.applied != three.replication.applied);
    assert_int_equal(one.digest, three.digest);
    group_close(1); /* 2 and 3 go on, so 3 counts */
    (void)snprintf(name, sizeof(name), "without 1");
    (void)world_propose(
        replica[3], &(struct hvc_command){.kind = HVC_COMMAND_PROPERTIES,
                                          .by = "test",
                                          .properties = {.mask = HVC_PROPERTY_OWNER_NAME, .owner_name = "without 1"}});
    group_owner_becomes(2, "without 1");
}

static void a_definition_that_nobody_has_is_said_to_be_nowhere(void **state)
{
    uint8_t hash[HVC_STORE_HASH_SIZE] = {9};
    struct hvc_error error;
    size_t length;
    char *bytes;

    (void)state;
    group_begin(3, 0);
    assert_int_equal(
        hvc_replica_document(replica[2], hash, hvc_deadline_in(WORLD_PATIENCE_MS), &bytes, &length, &error), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_one_proposes_all_read, group_up, group_down),
        cmocka_unit_test_setup_teardown(what_one_publishes_all_hear_also_without_quorum, group_up, group_down),
        cmocka_unit_test_setup_teardown(the_state_follows_who_is_here, group_up, group_down),
        cmocka_unit_test_setup_teardown(a_node_that_was_away_catches_up, group_up, group_down),
        cmocka_unit_test_setup_teardown(without_quorum_reads_are_stale_and_writes_are_refused, group_up, group_down),
        cmocka_unit_test_setup_teardown(a_proposal_whose_view_ends_is_repeated_and_done_once, group_up, group_down),
        cmocka_unit_test_setup_teardown(a_request_made_without_quorum_is_carried_out_when_it_is_back, group_up,
                                        group_down),
        cmocka_unit_test_setup_teardown(of_two_nodes_one_goes_on_after_the_other_was_fenced, group_up, group_down),
        cmocka_unit_test_setup_teardown(who_joins_late_gets_a_snapshot_and_the_definitions, group_up, group_down),
        cmocka_unit_test_setup_teardown(a_definition_that_nobody_has_is_said_to_be_nowhere, group_up, group_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

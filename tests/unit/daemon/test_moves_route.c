/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A move over one way after the other, with a runner and a network of the test's own; what is told of it, and the
 * bandwidth that it is given. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "../hvc_cmocka.h"
#include "hvc/text.h"
#include "moves_table.h"
#include "reach.h"
#include "world_fixture.h"

#define UUID "11111111-2222-4333-8444-555555555555"

static const uint8_t guest[16] = {0x11, 0x11, 0x11, 0x11, 0x22, 0x22, 0x43, 0x33,
                                  0x84, 0x44, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55};
static struct hvc_soft_facts facts[2];
static struct hvc_call *call;
static struct hvc_move_outcome outcome;

/* ---- the runner and the network of the test ---- */

static char tried[512]; /* the URIs, blank-separated */
static unsigned failing;
static int failure;
static uint8_t silent; /* the third byte of addresses that do not answer */
static void (*while_copying)(void);
static unsigned stalling;                  /* moves that send nothing more until they are ended for that */
static struct hvc_migrate_options options; /* of the last run */
static uint32_t given;                     /* network of the next move */

void hvc_move_runner_run(const struct hvc_move_task *task, struct hvc_move_result *ret_end)
{
    const struct hvc_migrate_progress progress = {.phase = HVC_MIGRATE_COPY, .percent = 42, .total_bytes = 100};
    size_t used = strlen(tried);

    (void)snprintf(tried + used, sizeof(tried) - used, "%s%s", used > 0 ? " " : "",
                   task->options.migrate_uri == NULL ? "-" : task->options.migrate_uri);
    memset(ret_end, 0, sizeof(*ret_end));
    options = task->options;
    if (stalling > 0) {
        uint64_t deadline_ms = hvc_deadline_in(60000);
        bool lost = false;

        stalling--;
        silent = 2;
        while (!lost && hvc_deadline_left(deadline_ms) > 0) {
            lost = task->lost(task->context, &progress);
            (void)poll(NULL, 0, 20);
        }
        assert_true(lost);
        ret_end->result = HVC_RESULT_FAILED;
        (void)hvc_error_set(&ret_end->error, -EHOSTUNREACH, "its network carries nothing any more");
        return;
    }
    if (failing > 0) {
        failing--;
        ret_end->result = HVC_RESULT_FAILED;
        (void)hvc_error_set(&ret_end->error, failure, "unable to connect");
        return;
    }
    task->progress(task->context, &progress);
    if (while_copying != NULL)
        while_copying();
    (void)hvc_error_set(&ret_end->error, 0, "runs at the target");
}

void hvc_reach(const struct hvc_address *addresses, unsigned count, uint16_t port, uint64_t wait_ms, int *results)
{
    (void)port;
    (void)wait_ms;
    for (unsigned i = 0; i < count; i++)
        results[i] = addresses[i].bytes[2] == silent ? -ETIMEDOUT : 0;
}

/* ---- the world ---- */

static int up(void **state)
{
    (void)state;
    make_world();
    memset(facts, 0, sizeof(facts));
    for (uint8_t i = 0; i < 2; i++) {
        facts[i].node = i + 1u;
        facts[i].address_count = 3;
        for (uint8_t n = 0; n < 3; n++)
            facts[i].addresses[n] = (struct hvc_address){
                .family = 4, .prefix = 24, .ring = n == 0, .bytes = {10, 77, (uint8_t)(n + 1), (uint8_t)(i + 1)}};
    }
    keeper->soft = facts;
    keeper->soft_count = 2;
    tried[0] = '\0';
    failing = 0;
    silent = 0;
    while_copying = NULL;
    stalling = 0;
    given = 0;
    return 0;
}

static int down(void **state)
{
    (void)state;
    hvc_call_unref(call);
    call = NULL;
    drop_world();
    return 0;
}

static enum hvc_result move(void)
{
    struct hvc_move_order order = {
        .guest = {UUID, "vm"}, .source = "n1", .target = "n2", .network = given, .job = {.id = 9}};
    uint64_t deadline_ms = hvc_deadline_in(20000);
    enum hvc_result result;

    call = fake_call("{\"op\":\"guest.list\",\"version\":1,\"args\":{\"timeout_ms\":60000}}");
    result = hvc_moves_run(&world->operations, call, &order, &outcome);
    while (hvc_moves_active(world->operations.moves) > 0 && hvc_deadline_left(deadline_ms) > 0)
        (void)poll(NULL, 0, 2);
    return result;
}

/* ---- ways ---- */

static void the_first_way_that_carries_it_is_the_last_one_tried(void **state)
{
    (void)state;
    add_network(2, 1);
    add_network(3, 2);
    failing = 1;
    failure = -EHOSTUNREACH;
    assert_int_equal(move(), HVC_RESULT_OK);
    assert_string_equal(tried, "tcp://10.77.2.2 tcp://10.77.3.2");
    assert_string_equal(call->error.text, "runs at the target; tcp://10.77.2.2 did not carry it: unable to connect");
    assert_int_equal(fake_world_said(world, "1353 "), 1);
}

static void another_failure_is_not_that_of_the_way(void **state)
{
    (void)state;
    add_network(2, 1);
    add_network(3, 2);
    failing = 2;
    failure = -EIO;
    assert_int_equal(move(), HVC_RESULT_FAILED);
    assert_string_equal(tried, "tcp://10.77.2.2");
}

/* ---- networks with a limit ---- */

static void set_limit(uint32_t id, uint32_t limit)
{
    struct hvc_command command = {.kind = HVC_COMMAND_NETWORK_MODIFY};

    command.networks.count = 1;
    command.networks.item[0].mask = HVC_NETWORK_LIMIT;
    command.networks.item[0].network.id = id;
    command.networks.item[0].network.limit = limit;
    propose(&command);
}

/* Another guest's job from n1 to n2 holds a place in that network. */
static void fill(uint32_t network)
{
    struct hvc_command members = {.kind = HVC_COMMAND_MEMBERS}, other = {.kind = HVC_COMMAND_GUEST},
                       job = {.kind = HVC_COMMAND_JOB}, report = {.kind = HVC_COMMAND_JOB_REPORT};

    members.members.count = 2;
    members.members.item[0] = (struct hvc_command_member){1, 11};
    members.members.item[1] = (struct hvc_command_member){2, 12};
    propose(&members);
    other.guest.uuid[0] = 7;
    other.guest.node = 1;
    (void)snprintf(other.guest.name, sizeof(other.guest.name), "other");
    propose(&other);
    job.job.guest[0] = 7;
    job.job.target = 2;
    propose(&job);
    report.report.job = 1;
    report.report.from = HVC_JOB_CHECKING;
    report.report.to = HVC_JOB_ADMITTED;
    report.report.way_count = 1;
    report.report.ways[0] = network;
    propose(&report);
}

static void the_network_that_a_job_was_given_is_tried_first(void **state)
{
    (void)state;
    add_network(2, 1);
    add_network(3, 2);
    given = 2;
    failing = 1;
    failure = -EHOSTUNREACH;
    assert_int_equal(move(), HVC_RESULT_OK);
    assert_string_equal(tried, "tcp://10.77.3.2 tcp://10.77.2.2");
}

static void a_given_network_that_does_not_answer_is_not_waited_for(void **state)
{
    (void)state;
    add_network(2, 1);
    add_network(3, 2);
    given = 2;
    silent = 3;
    assert_int_equal(move(), HVC_RESULT_OK);
    assert_string_equal(tried, "tcp://10.77.2.2");
}

static void the_next_way_is_one_with_room_and_a_full_one_rather_than_none(void **state)
{
    (void)state;
    facts[0].addresses[facts[0].address_count++] =
        (struct hvc_address){.family = 4, .prefix = 24, .bytes = {10, 77, 4, 1}};
    facts[1].addresses[facts[1].address_count++] =
        (struct hvc_address){.family = 4, .prefix = 24, .bytes = {10, 77, 4, 2}};
    add_network(2, 1);
    add_network(3, 2);
    add_network(4, 3);
    add_network(1, 0); /* the ring's: behind them all, room or not */
    set_limit(2, 1);
    fill(2);
    failing = 3;
    failure = -EHOSTUNREACH;
    assert_int_equal(move(), HVC_RESULT_OK);
    assert_string_equal(tried, "tcp://10.77.2.2 tcp://10.77.4.2 tcp://10.77.3.2 tcp://10.77.1.2");
}

static void the_networks_that_a_move_could_be_given_are_told(void **state)
{
    uint32_t ids[HVC_JOB_WAYS_MAX] = {0};
    struct hvc_error error = {0};

    (void)state;
    assert_int_equal(hvc_moves_networks(&world->operations, "n1", "n2", ids, &error), 0); /* none is configured */
    add_network(3, 2);
    add_network(2, 1);
    add_network(1, 0);
    assert_int_equal(hvc_moves_networks(&world->operations, "n1", "n2", ids, &error), 2);
    assert_int_equal(ids[0], 2);
    assert_int_equal(ids[1], 1);
    silent = 2;
    assert_int_equal(hvc_moves_networks(&world->operations, "n1", "n2", ids, &error), 1);
    assert_int_equal(ids[0], 1);
}

static void a_way_that_does_not_answer_comes_last(void **state)
{
    (void)state;
    add_network(2, 1);
    add_network(3, 2);
    silent = 2;
    assert_int_equal(move(), HVC_RESULT_OK);
    assert_string_equal(tried, "tcp://10.77.3.2");
    assert_non_null(strstr(call->error.text, "tcp://10.77.2.2 of network 1 does not answer"));
}

static void a_way_that_dies_under_the_move_is_left_for_one_that_answers(void **state)
{
    (void)state;
    add_network(2, 1);
    add_network(3, 2);
    stalling = 1;
    assert_int_equal(move(), HVC_RESULT_OK);
    assert_string_equal(tried, "tcp://10.77.2.2 tcp://10.77.3.2");
    assert_non_null(strstr(call->error.text, "tcp://10.77.2.2 did not carry it: its network carries nothing any more"));
    assert_int_equal(fake_world_said(world, "1353 "), 1);
}

/* Without another one TCP may yet recover: nothing is ended. */
static bool was_lost;
static void look_whether_it_is_lost(void)
{
    const struct hvc_migrate_progress progress = {.phase = HVC_MIGRATE_COPY, .sent_bytes = 5};
    struct hvc_moves_entry *entry = hvc_moves_find(world->operations.moves, NULL, UUID);

    silent = 2;
    was_lost = entry->task.lost(entry->task.context, &progress) || entry->task.lost(entry->task.context, &progress);
}

static void the_only_way_is_not_left(void **state)
{
    (void)state;
    add_network(2, 1);
    while_copying = look_whether_it_is_lost;
    was_lost = true;
    assert_int_equal(move(), HVC_RESULT_OK);
    assert_false(was_lost);
    assert_string_equal(tried, "tcp://10.77.2.2");
}

static void what_is_left_to_the_link_is_settled_before_the_move(void **state)
{
    (void)state;
    add_network(2, 1);
    assert_int_equal(move(), HVC_RESULT_OK);
    assert_int_equal(options.parallel, 1); /* there is no link of a known speed to 10.77.2.2 */
    assert_int_equal(options.compression, HVC_COMPRESSION_NONE);
}

static void the_ring_is_taken_with_a_warning(void **state)
{
    (void)state;
    add_network(1, 1);
    assert_int_equal(move(), HVC_RESULT_OK);
    assert_string_equal(tried, "tcp://10.77.1.2");
    assert_int_equal(fake_world_said(world, "1352 "), 1);
    assert_non_null(strstr(call->error.text, "the data took the ring's network"));
}

static void a_move_without_a_way_is_refused_and_has_not_started(void **state)
{
    struct hvc_command command = {.kind = HVC_COMMAND_SETTINGS};
    struct hvc_moves_entry *entry;

    (void)state;
    add_network(99, 1);
    command.settings.count = 1;
    command.settings.item[0].setting = HVC_SETTING_ANY_NETWORK;
    propose(&command);
    assert_int_equal(move(), HVC_RESULT_REFUSED);
    assert_string_equal(tried, "");
    entry = hvc_moves_find(world->operations.moves, outcome.id, NULL);
    assert_non_null(entry);
    assert_int_equal(entry->end.end, HVC_MOVE_NOT_STARTED);
    assert_non_null(strstr(call->error.text, "no migration network leads to n2"));
}

static void without_a_network_the_peers_say_the_way(void **state)
{
    (void)state;
    assert_int_equal(move(), HVC_RESULT_OK);
    assert_null(strstr(tried, "tcp://10.77."));
    assert_int_equal(fake_world_said(world, "1351 "), 0);
}

/* ---- a post-copy whose network breaks ---- */

/* A guest that runs nowhere: that is said, by letting go, also without another network. */
static void look_whether_it_is_let_go(void)
{
    const struct hvc_migrate_progress progress = {.phase = HVC_MIGRATE_POST_COPY, .sent_bytes = 5};
    struct hvc_moves_entry *entry = hvc_moves_find(world->operations.moves, NULL, UUID);
    uint64_t began_ms = hvc_now_ms(), deadline_ms = hvc_deadline_in(60000);

    silent = 2;
    while (!(was_lost = entry->task.lost(entry->task.context, &progress)) && hvc_deadline_left(deadline_ms) > 0)
        (void)poll(NULL, 0, 50);
    assert_true(hvc_now_ms() - began_ms >= 10000);
}

static void the_only_way_of_a_post_copy_is_let_go_when_it_is_silent_for_long(void **state)
{
    (void)state;
    add_network(2, 1);
    while_copying = look_whether_it_is_let_go;
    was_lost = false;
    assert_int_equal(move(), HVC_RESULT_OK);
    assert_true(was_lost);
}

static char resumed[512]; /* the URIs, blank-separated; "-" when there is none */

static void look_for_a_way(unsigned number, const char *failed)
{
    const struct hvc_moves_entry *entry = hvc_moves_find(world->operations.moves, NULL, UUID);
    const struct hvc_move_rescue *rescue = &entry->task.rescue;
    struct hvc_move_way way = {.tls = false};
    size_t used = strlen(resumed);
    int rc = rescue->find_way(rescue->context, number, failed, &way);

    (void)hvc_text_append(resumed, sizeof(resumed), &used, "%s%s", used > 0 ? " " : "",
                          rc == -EHOSTUNREACH ? "-" : way.migrate_uri);
    if (rc == 0 && strstr(way.migrate_uri, "10.77") != NULL)
        assert_string_equal(way.tls_name, "n2");
    if (rc == 0)
        assert_non_null(strstr(way.target_uri, "n2"));
}

static void break_the_network(void)
{
    look_for_a_way(0, "");
    look_for_a_way(1, "unable to connect"); /* it answers, and does not carry it */
    look_for_a_way(2, "");
    silent = 2;
    look_for_a_way(3, "");
    facts[1].address_count = 2; /* the last one that answers is gone */
    look_for_a_way(4, "");
    look_for_a_way(4, "");
    silent = 0;
    look_for_a_way(4, "");
}

static void a_post_copy_goes_on_in_its_network_and_then_in_the_next_one_that_answers(void **state)
{
    (void)state;
    add_network(2, 1);
    add_network(3, 2);
    given = 2; /* 10.77.3.0/24 */
    while_copying = break_the_network;
    resumed[0] = '\0';
    assert_int_equal(move(), HVC_RESULT_OK);
    assert_string_equal(resumed, "tcp://10.77.3.2 tcp://10.77.2.2 tcp://10.77.3.2 tcp://10.77.3.2 - - tcp://10.77.2.2");
    assert_int_equal(fake_world_said(world, "1322 "), 5);
    assert_int_equal(fake_world_said(world, "1323 "), 2); /* what failed, and once that nothing answers */
}

static void look_once(void)
{
    look_for_a_way(0, "");
}

static void without_networks_a_post_copy_goes_on_where_the_peers_say(void **state)
{
    (void)state;
    while_copying = look_once;
    resumed[0] = '\0';
    assert_int_equal(move(), HVC_RESULT_OK);
    assert_null(strstr(resumed, "10.77"));
    assert_string_not_equal(resumed, "-");
}

static void look_for_dead_ends(void)
{
    static const struct {
        bool member, fenced, unclean, corosync, pacemaker, dead;
    } rows[] = {
        {false, true, false, true, true, true},   {true, true, false, true, true, false},
        {false, true, true, true, true, false},   {false, false, false, true, true, false},
        {false, true, false, false, true, false}, {false, true, false, true, false, false},
    };
    const struct hvc_moves_entry *entry = hvc_moves_find(world->operations.moves, NULL, UUID);
    struct hvc_fact_node *n2 = &world->facts.nodes[1];

    assert_string_equal(n2->name, "n2");
    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        bool source = true, target = true;

        n2->member = rows[i].member;
        n2->fenced = rows[i].fenced;
        n2->unclean = rows[i].unclean;
        world->facts.corosync_answers = rows[i].corosync;
        world->facts.pacemaker_answers = rows[i].pacemaker;
        entry->task.rescue.find_dead(entry->task.rescue.context, &source, &target);
        assert_false(source);
        if (target != rows[i].dead)
            fail_msg("row %zu", i);
    }
}

static void an_end_is_lost_when_it_was_fenced_and_has_not_come_back(void **state)
{
    (void)state;
    while_copying = look_for_dead_ends;
    assert_int_equal(move(), HVC_RESULT_OK);
}

/* ---- what is told, and bandwidth ---- */

static struct hvc_soft_move told[HVC_MOVES_MAX];
static unsigned told_count, set_count;
static uint64_t set_mib;
static int set_result;

static int set_bandwidth(struct hvc_hypervisor *h, const char *uuid, uint64_t mib, uint64_t deadline_ms,
                         struct hvc_error *error)
{
    (void)deadline_ms;
    assert_ptr_equal(h, world->operations.hypervisor);
    assert_string_equal(uuid, UUID);
    set_count++;
    set_mib = mib;
    return set_result < 0 ? hvc_error_set(error, set_result, "not now") : 0;
}

static void tell(void)
{
    told_count = hvc_moves_tell(world->operations.moves, &keeper->status, told);
}

static void take_phase(enum hvc_migrate_phase phase)
{
    const struct hvc_migrate_progress progress = {.phase = phase};
    struct hvc_moves_entry *entry = hvc_moves_find(world->operations.moves, NULL, UUID);

    entry->task.progress(entry->task.context, &progress);
}

static void interrupt_twice(void)
{
    take_phase(HVC_MIGRATE_POST_COPY);
    take_phase(HVC_MIGRATE_INTERRUPTED);
    take_phase(HVC_MIGRATE_INTERRUPTED);
    take_phase(HVC_MIGRATE_POST_COPY);
    take_phase(HVC_MIGRATE_INTERRUPTED);
    tell();
}

static void an_interruption_is_in_the_log_and_told_to_the_others(void **state)
{
    (void)state;
    while_copying = interrupt_twice;
    assert_int_equal(move(), HVC_RESULT_OK);
    assert_int_equal(told[0].phase, HVC_MIGRATE_INTERRUPTED);
    assert_int_equal(fake_world_said(world, "1321 "), 2);
    assert_int_equal(fake_world_said(world, "1324 "), 1);
}

static void a_move_is_told_with_its_job_and_its_way(void **state)
{
    (void)state;
    add_network(2, 1);
    while_copying = tell;
    assert_int_equal(move(), HVC_RESULT_OK);
    assert_int_equal(told_count, 1);
    assert_int_equal(told[0].job, 9);
    assert_memory_equal(told[0].guest, guest, sizeof(guest));
    assert_int_equal(told[0].source, 1);
    assert_int_equal(told[0].target, 2);
    assert_int_equal(told[0].network, 1);
    assert_int_equal(told[0].percent, 42);
    assert_false(told[0].ended);
    tell();
    assert_int_equal(told_count, 1);
    assert_true(told[0].ended);
    assert_int_equal(told[0].percent, 100);
}

static void allot(void)
{
    struct hvc_moves *moves = world->operations.moves;
    struct hvc_error error = {0};

    assert_int_equal(hvc_moves_allot(moves, guest, UINT64_C(5) << 20, false, 0, &error), 0);
    assert_int_equal(set_mib, 5);
    assert_int_equal(hvc_moves_allot(moves, guest, UINT64_C(5) << 20, false, 0, &error), 0);
    assert_int_equal(set_count, 1); /* libvirt knows it */
    assert_int_equal(hvc_moves_allot(moves, guest, 17, true, 0, &error), 0);
    assert_int_equal(set_mib, 1);
    tell();
    assert_true(told[0].held);
    assert_int_equal(hvc_moves_allot(moves, guest, 17, false, 0, &error), 0); /* its usual share now */
    tell();
    assert_false(told[0].held);
    assert_int_equal(hvc_moves_allot(moves, guest, 0, false, 0, &error), 0);
    assert_int_equal(set_mib, HVC_BANDWIDTH_MAX_MIB);
    set_result = -EIO;
    assert_int_equal(hvc_moves_allot(moves, guest, 17, false, 0, &error), -EIO);
    assert_int_equal(hvc_moves_allot(moves, guest, 17, false, 0, &error), 0); /* tried again, said once */
    assert_int_equal(set_count, 5);
    hvc_moves_weigh(moves, guest, 7, 123);
    tell();
}

static void bandwidth_is_set_when_it_changes(void **state)
{
    struct hvc_hypervisor_ops ops = *world->here.base.ops;
    const struct hvc_hypervisor_ops *before = world->here.base.ops;
    struct hvc_error error = {0};

    (void)state;
    ops.set_bandwidth = set_bandwidth;
    world->here.base.ops = &ops;
    set_count = 0;
    set_result = 0;
    assert_int_equal(hvc_moves_allot(world->operations.moves, guest, 1, false, 0, &error), 0); /* no move */
    while_copying = allot;
    assert_int_equal(move(), HVC_RESULT_OK);
    assert_int_equal(set_count, 5);
    assert_int_equal(told[0].priority, 7);
    assert_int_equal(told[0].limit, 123);
    world->here.base.ops = before;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_first_way_that_carries_it_is_the_last_one_tried, up, down),
        cmocka_unit_test_setup_teardown(another_failure_is_not_that_of_the_way, up, down),
        cmocka_unit_test_setup_teardown(the_network_that_a_job_was_given_is_tried_first, up, down),
        cmocka_unit_test_setup_teardown(a_given_network_that_does_not_answer_is_not_waited_for, up, down),
        cmocka_unit_test_setup_teardown(the_next_way_is_one_with_room_and_a_full_one_rather_than_none, up, down),
        cmocka_unit_test_setup_teardown(the_networks_that_a_move_could_be_given_are_told, up, down),
        cmocka_unit_test_setup_teardown(a_way_that_does_not_answer_comes_last, up, down),
        cmocka_unit_test_setup_teardown(a_way_that_dies_under_the_move_is_left_for_one_that_answers, up, down),
        cmocka_unit_test_setup_teardown(the_only_way_is_not_left, up, down),
        cmocka_unit_test_setup_teardown(what_is_left_to_the_link_is_settled_before_the_move, up, down),
        cmocka_unit_test_setup_teardown(the_ring_is_taken_with_a_warning, up, down),
        cmocka_unit_test_setup_teardown(a_move_without_a_way_is_refused_and_has_not_started, up, down),
        cmocka_unit_test_setup_teardown(without_a_network_the_peers_say_the_way, up, down),
        cmocka_unit_test_setup_teardown(the_only_way_of_a_post_copy_is_let_go_when_it_is_silent_for_long, up, down),
        cmocka_unit_test_setup_teardown(a_post_copy_goes_on_in_its_network_and_then_in_the_next_one_that_answers, up,
                                        down),
        cmocka_unit_test_setup_teardown(without_networks_a_post_copy_goes_on_where_the_peers_say, up, down),
        cmocka_unit_test_setup_teardown(an_end_is_lost_when_it_was_fenced_and_has_not_come_back, up, down),
        cmocka_unit_test_setup_teardown(an_interruption_is_in_the_log_and_told_to_the_others, up, down),
        cmocka_unit_test_setup_teardown(a_move_is_told_with_its_job_and_its_way, up, down),
        cmocka_unit_test_setup_teardown(bandwidth_is_set_when_it_changes, up, down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A replica on a real corosync of one node, which comes, dies, comes again and stands still. */
#include <errno.h>
#include <pthread.h>

#include "../corosync/solo.h"
#include "../hvc_cmocka.h"
#include "hvc/clock.h"
#include "hvc/thread.h"
#include "world.h"

static struct world world;
static struct hvc_replica *replica;

static void owner_is(const char *wanted, bool stale)
{
    struct hvc_replica_stamp stamp;
    char name[HVC_OWNER_NAME_MAX] = "";

    assert_int_equal(world_read_owner(replica, HVC_REPLICA_HERE, name, &stamp), 0);
    assert_string_equal(name, wanted);
    assert_int_equal(stamp.stale, stale);
}

static bool cannot_connect(const struct hvc_replica_status *status)
{
    return status->health == HVC_REPLICA_STARTING && strstr(status->words, "cannot connect") != NULL;
}

static void without_corosync_it_says_so_and_refuses(void **state)
{
    struct hvc_replica_config config = {.group = "test", .hooks = world_hooks(&world)};
    struct hvc_command command = world_owner("x");
    struct hvc_replica_outcome outcome;
    struct hvc_error error = {0};
    struct hvc_token token;

    (void)state;
    config.state_directory = world_path(&world, "store");
    assert_int_equal(hvc_replica_open(&config, &replica, &error), 0);
    assert_true(world_until(replica, cannot_connect));
    hvc_replica_token(replica, &token);
    assert_int_equal(hvc_replica_propose(replica, &command, &token, hvc_deadline_in(60000), false, &outcome), -EAGAIN);
    assert_non_null(strstr(outcome.words, "cannot connect"));
}

static void with_corosync_a_history_begins_and_takes_commands(void **state)
{
    struct hvc_command command = world_owner("Ada");
    struct hvc_replica_status status;
    char name[HVC_OWNER_NAME_MAX];

    (void)state;
    solo_start();
    world_wait(replica, HVC_REPLICA_VOTING);
    (void)world_propose(replica, &command);
    assert_int_equal(world_read_owner(replica, HVC_REPLICA_BARRIER, name, NULL), 0);
    assert_string_equal(name, "Ada");
    hvc_replica_status(replica, &status);
    assert_int_equal(status.node, 7);
    assert_string_equal(status.nodes[0].name, "alone");
    assert_true(status.quorate);
}

struct late {
    struct hvc_command command;
    struct hvc_replica_outcome outcome;
    pthread_t thread;
};

static void *propose_late(void *argument)
{
    struct late *late = argument;
    struct hvc_token token;

    hvc_replica_token(replica, &token);
    (void)hvc_replica_propose(replica, &late->command, &token, hvc_deadline_in(2 * WORLD_PATIENCE_MS), true,
                              &late->outcome);
    return NULL;
}

static bool one_waits(const struct hvc_replica_status *status)
{
    return status->waiting == 1;
}

static void a_request_outlives_the_death_of_corosync(void **state)
{
    struct late late = {.command = world_owner("Grace")};

    (void)state;
    solo_stop();
    assert_true(world_until(replica, cannot_connect));
    owner_is("Ada", true);
    assert_int_equal(pthread_create(&late.thread, NULL, propose_late, &late), 0);
    assert_true(world_until(replica, one_waits));
    solo_start();
    assert_int_equal(pthread_join(late.thread, NULL), 0);
    assert_int_equal(late.outcome.error, 0);
    owner_is("Grace", false);
}

static bool hangs(const struct hvc_replica_status *status)
{
    return status->health == HVC_REPLICA_OUT && strstr(status->words, "hangs") != NULL;
}

static void a_corosync_that_stands_still_is_told_and_nothing_is_lost(void **state)
{
    struct late late = {.command = world_owner("Edsger")};
    char name[HVC_OWNER_NAME_MAX];

    (void)state;
    world_wait(replica, HVC_REPLICA_VOTING);
    solo_signal(SIGSTOP);
    assert_int_equal(pthread_create(&late.thread, NULL, propose_late, &late), 0);
    assert_true(world_until(replica, hangs));
    owner_is("Grace", true);
    assert_int_equal(world_read_owner(replica, HVC_REPLICA_BARRIER, name, NULL), -EAGAIN);
    solo_signal(SIGCONT);
    assert_int_equal(pthread_join(late.thread, NULL), 0);
    assert_int_equal(late.outcome.error, 0);
    world_wait(replica, HVC_REPLICA_VOTING);
    owner_is("Edsger", false);
}

static void closing_does_not_wait_for_a_corosync_that_stands_still(void **state)
{
    struct hvc_error error = {0};
    uint64_t began;
    unsigned heard;

    (void)state;
    solo_signal(SIGSTOP);
    began = hvc_now_ms();
    assert_int_equal(hvc_replica_close(replica, 300, &error), -ETIMEDOUT);
    assert_true(hvc_now_ms() - began < 10000);
    assert_non_null(strstr(error.text, "should end"));
    heard = atomic_load(&world.ear.changed);
    solo_signal(SIGCONT);
    assert_int_equal(hvc_thread_await(hvc_deadline_in(WORLD_PATIENCE_MS)), 0); /* it comes back and frees all */
    assert_int_equal(atomic_load(&world.ear.changed), heard);
}

static bool tells_what_is_stored(const struct hvc_replica_status *status)
{
    return status->health == HVC_REPLICA_STARTING && strstr(status->words, "can be read, marked stale") != NULL;
}

static void what_is_stored_can_be_read_while_corosync_is_away(void **state)
{
    struct hvc_replica_config config = {.group = "test", .hooks = world_hooks(&world)};
    struct hvc_command command = world_owner("Barbara");
    struct hvc_replica_status status;
    struct hvc_error error = {0};

    (void)state;
    world_wait(replica, HVC_REPLICA_VOTING);
    (void)world_propose(replica, &command);
    (void)world_propose(replica, &command); /* what is known to be committed lies on the disk with the next entry */
    world_close(replica);
    solo_stop();
    config.state_directory = world_path(&world, "store");
    assert_int_equal(hvc_replica_open(&config, &replica, &error), 0);
    assert_true(world_until(replica, tells_what_is_stored));
    owner_is("Barbara", true);
    hvc_replica_status(replica, &status);
    assert_true(status.replication.commit > 0 && !status.replication.primary);
    solo_start();
    world_wait(replica, HVC_REPLICA_VOTING);
    owner_is("Barbara", false);
}

static int up(void **state)
{
    (void)state;
    world_up(&world);
    return 0;
}

static int down(void **state)
{
    (void)state;
    solo_stop();
    world_down(&world);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_corosync_it_says_so_and_refuses),
        cmocka_unit_test(with_corosync_a_history_begins_and_takes_commands),
        cmocka_unit_test(a_request_outlives_the_death_of_corosync),
        cmocka_unit_test(a_corosync_that_stands_still_is_told_and_nothing_is_lost),
        cmocka_unit_test(what_is_stored_can_be_read_while_corosync_is_away),
        cmocka_unit_test(closing_does_not_wait_for_a_corosync_that_stands_still),
    };

    if (!solo_prepare_quorate())
        return 77;
    return cmocka_run_group_tests(tests, up, down);
}

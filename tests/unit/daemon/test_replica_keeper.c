/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The real replica of a stand-alone host in a folder of the test's own. */
#include "replica_keeper.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hvc/clock.h"

#include "../hvc_cmocka.h"

static char folder[64];
static struct hvc_keeper *keeper;

static void take_message(void *context, enum hvc_message message, const char *details)
{
    (void)context;
    (void)message;
    (void)details;
}

static void open_keeper(void)
{
    const struct hvc_replica_keeper_options options = {
        .state_directory = folder, .node_name = "n1", .message = take_message};
    struct hvc_error error = {0};

    if (hvc_replica_keeper_open(&options, &keeper, &error) != 0)
        fail_msg("%s", error.text);
}

static void close_keeper(void)
{
    struct hvc_error error = {0};

    if (hvc_replica_keeper_end(keeper, 20000, &error) != 0)
        fail_msg("%s", error.text);
    hvc_replica_keeper_free(keeper);
    keeper = NULL;
}

static int begin(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof(folder), "/tmp/hvc-keeper-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    open_keeper();
    return 0;
}

static int end(void **state)
{
    char path[512];
    const struct dirent *entry;
    DIR *files;

    (void)state;
    if (keeper != NULL)
        close_keeper();
    files = opendir(folder);
    assert_non_null(files);
    while ((entry = readdir(files)) != NULL) {
        (void)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] != '.')
            (void)unlink(path);
    }
    (void)closedir(files);
    return rmdir(folder);
}

static struct hvc_replica_status *await(enum hvc_replica_health health)
{
    static struct hvc_replica_status status;
    const struct timespec nap = {.tv_nsec = 5000000};
    uint64_t deadline = hvc_deadline_in(30000);

    do {
        keeper->ops->status(keeper, &status);
        if (status.health == health)
            return &status;
        (void)nanosleep(&nap, NULL);
    } while (hvc_now_ms() < deadline);
    fail_msg("still %u: %s", (unsigned)status.health, status.words);
    return NULL;
}

static struct hvc_command moves_out(uint64_t value)
{
    struct hvc_command command = {.version = HVC_COMMAND_VERSION, .kind = HVC_COMMAND_SETTINGS, .by = "test"};

    command.settings.count = 1;
    command.settings.item[0] = (struct hvc_command_setting){.setting = HVC_SETTING_MOVES_OUT, .value = value};
    return command;
}

static int look_at_moves_out(void *context, const struct hvc_service *service, const struct hvc_replica_stamp *stamp)
{
    uint64_t *value = context;

    (void)stamp;
    *value = hvc_service_setting(service, 0, HVC_SETTING_MOVES_OUT);
    return 0;
}

static uint64_t read_moves_out(enum hvc_replica_freshness freshness)
{
    struct hvc_error error = {0};
    uint64_t value = 0;

    if (keeper->ops->read(keeper, freshness, hvc_deadline_in(20000), look_at_moves_out, &value, &error) != 0)
        fail_msg("%s", error.text);
    return value;
}

static void what_was_written_is_read_again_after_a_restart(void **state)
{
    struct hvc_command command = moves_out(5);
    struct hvc_replica_outcome outcome;
    struct hvc_token token;

    (void)state;
    assert_true(await(HVC_REPLICA_VOTING)->alone);
    assert_int_equal(keeper->ops->token(keeper, &token), 0);
    assert_int_equal(keeper->ops->propose(keeper, &command, &token, hvc_deadline_in(20000), false, &outcome), 0);
    assert_int_equal(outcome.answer.code, HVC_ANSWER_OK);
    assert_int_equal(read_moves_out(HVC_REPLICA_BARRIER), 5);
    assert_int_equal(keeper->ops->propose(keeper, &command, &token, hvc_deadline_in(20000), false, &outcome), 0);
    assert_true(outcome.answer.repeated);
    close_keeper();
    open_keeper();
    (void)await(HVC_REPLICA_VOTING);
    assert_int_equal(read_moves_out(HVC_REPLICA_HERE), 5);
}

static void an_operator_starts_it_again_under_way(void **state)
{
    struct hvc_error error = {0};

    (void)state;
    (void)await(HVC_REPLICA_VOTING);
    if (keeper->ops->begin_again(keeper, false, false, hvc_deadline_in(20000), &error) != 0)
        fail_msg("%s", error.text);
    (void)await(HVC_REPLICA_VOTING);
}

static void a_copy_is_written(void **state)
{
    struct hvc_error error = {0};
    char path[128];

    (void)state;
    (void)await(HVC_REPLICA_VOTING);
    (void)snprintf(path, sizeof(path), "%s/copy", folder);
    if (keeper->ops->backup(keeper, path, &error) != 0)
        fail_msg("%s", error.text);
    assert_int_equal(access(path, F_OK), 0);
    assert_true(keeper->ops->backup(keeper, path, &error) < 0);
}

struct reading {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool inside, go_on;
};

static int hold(void *context, const struct hvc_service *service, const struct hvc_replica_stamp *stamp)
{
    struct reading *reading = context;

    (void)service;
    (void)stamp;
    (void)pthread_mutex_lock(&reading->lock);
    reading->inside = true;
    (void)pthread_cond_broadcast(&reading->wake);
    while (!reading->go_on)
        (void)pthread_cond_wait(&reading->wake, &reading->lock);
    (void)pthread_mutex_unlock(&reading->lock);
    return 0;
}

static void *read_and_hold(void *context)
{
    struct hvc_error error = {0};

    if (keeper->ops->read(keeper, HVC_REPLICA_HERE, hvc_deadline_in(30000), hold, context, &error) != 0)
        return NULL;
    return context;
}

static void nobody_takes_it_from_under_a_reader(void **state)
{
    struct reading reading = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, false};
    struct hvc_error error = {0};
    void *result = NULL;
    pthread_t thread;

    (void)state;
    (void)await(HVC_REPLICA_VOTING);
    assert_int_equal(pthread_create(&thread, NULL, read_and_hold, &reading), 0);
    (void)pthread_mutex_lock(&reading.lock);
    while (!reading.inside)
        (void)pthread_cond_wait(&reading.wake, &reading.lock);
    (void)pthread_mutex_unlock(&reading.lock);
    assert_int_equal(keeper->ops->begin_again(keeper, false, false, hvc_deadline_in(50), &error), -EBUSY);
    assert_int_equal(hvc_replica_keeper_end(keeper, 50, &error), -EBUSY);
    (void)pthread_mutex_lock(&reading.lock);
    reading.go_on = true;
    (void)pthread_cond_broadcast(&reading.wake);
    (void)pthread_mutex_unlock(&reading.lock);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_ptr_equal(result, &reading);
}

static void after_its_end_everybody_is_told(void **state)
{
    struct hvc_command command = moves_out(5);
    struct hvc_replica_outcome outcome;
    struct hvc_token token = {.birth = 1};
    struct hvc_error error = {0};
    uint64_t value = 0;

    (void)state;
    (void)await(HVC_REPLICA_VOTING);
    assert_int_equal(hvc_replica_keeper_end(keeper, 20000, &error), 0);
    assert_string_equal(await(HVC_REPLICA_LEFT)->words, "hvclusterd is stopping");
    assert_int_equal(keeper->ops->token(keeper, &token), -EAGAIN);
    assert_int_equal(keeper->ops->propose(keeper, &command, &token, hvc_deadline_in(1000), true, &outcome), -EAGAIN);
    assert_int_equal(
        keeper->ops->read(keeper, HVC_REPLICA_HERE, hvc_deadline_in(1000), look_at_moves_out, &value, &error), -EAGAIN);
    hvc_replica_keeper_fenced(keeper, 2);
    hvc_replica_keeper_free(keeper);
    keeper = NULL;
}

struct change {
    pthread_t thread;
    struct hvc_replica_outcome outcome;
};

static void *change_it(void *context)
{
    struct change *change = context;
    const struct hvc_command command = moves_out(9);
    struct hvc_token token = {0};

    if (keeper->ops->token(keeper, &token) == 0)
        (void)keeper->ops->propose(keeper, &command, &token, hvc_deadline_in(20000), true, &change->outcome);
    return NULL;
}

static void who_waits_for_a_change_learns_of_it_and_of_none_at_the_deadline(void **state)
{
    struct change change = {0};
    uint64_t moment, now, deadline;

    (void)state;
    (void)await(HVC_REPLICA_VOTING);
    moment = keeper->ops->await(keeper, 0, hvc_deadline_in(20000));
    do { /* until nothing of the start is under way any more */
        now = moment;
        moment = keeper->ops->await(keeper, now, hvc_deadline_in(300));
    } while (moment != now);
    assert_int_equal(pthread_create(&change.thread, NULL, change_it, &change), 0);
    deadline = hvc_deadline_in(20000);
    assert_int_not_equal(keeper->ops->await(keeper, moment, deadline), moment);
    assert_true(hvc_now_ms() < deadline);
    assert_int_equal(pthread_join(change.thread, NULL), 0);
    assert_int_equal(change.outcome.error, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_written_is_read_again_after_a_restart, begin, end),
        cmocka_unit_test_setup_teardown(an_operator_starts_it_again_under_way, begin, end),
        cmocka_unit_test_setup_teardown(a_copy_is_written, begin, end),
        cmocka_unit_test_setup_teardown(nobody_takes_it_from_under_a_reader, begin, end),
        cmocka_unit_test_setup_teardown(after_its_end_everybody_is_told, begin, end),
        cmocka_unit_test_setup_teardown(who_waits_for_a_change_learns_of_it_and_of_none_at_the_deadline, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

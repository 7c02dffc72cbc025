/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A stand-alone replica on a real store. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../hvc_cmocka.h"
#include "hvc/clock.h"
#include "world.h"

static struct world world;

static int up(void **state)
{
    (void)state;
    world_up(&world);
    return 0;
}

static int down(void **state)
{
    (void)state;
    world_down(&world);
    return 0;
}

static struct hvc_replica *in_service(void)
{
    struct hvc_replica *replica = world_alone(&world, NULL);

    world_wait(replica, HVC_REPLICA_VOTING);
    return replica;
}

static void owner_is(struct hvc_replica *replica, const char *wanted)
{
    char name[HVC_OWNER_NAME_MAX] = "";

    assert_int_equal(world_read_owner(replica, HVC_REPLICA_HERE, name, NULL), 0);
    assert_string_equal(name, wanted);
}

static void what_is_proposed_can_be_read(void **state)
{
    struct hvc_replica *replica = in_service();
    struct hvc_command command = world_owner("Ada");
    struct hvc_replica_outcome outcome = world_propose(replica, &command);
    struct hvc_replica_stamp stamp;
    char name[HVC_OWNER_NAME_MAX];

    (void)state;
    assert_true(outcome.index > 1);
    assert_true(outcome.epoch > 0);
    assert_false(outcome.answer.repeated);
    assert_int_equal(world_read_owner(replica, HVC_REPLICA_BARRIER, name, &stamp), 0);
    assert_string_equal(name, "Ada");
    assert_true(stamp.applied >= outcome.index);
    assert_false(stamp.stale);
    assert_true(atomic_load(&world.ear.changed) > 0);
    world_close(replica);
}

static int look_node(void *context, const struct hvc_service *service, const struct hvc_replica_stamp *stamp)
{
    const struct hvc_service_node *node = hvc_service_node_named(service, "alone1");

    (void)stamp;
    *(bool *)context = node != NULL && node->member && node->cpus > 0 && node->memory_kib > 0;
    return 0;
}

static bool node_is_member(struct hvc_replica *replica)
{
    struct hvc_error error = {0};
    bool is = false;

    assert_int_equal(hvc_replica_read(replica, HVC_REPLICA_HERE, hvc_deadline_in(1000), look_node, &is, &error), 0);
    return is;
}

static void the_own_node_becomes_a_member_of_the_state(void **state)
{
    struct hvc_replica *replica = in_service();
    uint64_t until = hvc_deadline_in(WORLD_PATIENCE_MS);

    (void)state;
    while (!node_is_member(replica) && hvc_deadline_left(until) > 0)
        (void)usleep(2000);
    assert_true(node_is_member(replica));
    world_close(replica);
}

static void a_restart_finds_everything(void **state)
{
    struct hvc_replica *replica = in_service();
    struct hvc_command command = world_owner("Grace");
    struct hvc_replica_outcome before = world_propose(replica, &command);
    struct hvc_replica_status status;

    (void)state;
    world_close(replica);
    replica = in_service();
    owner_is(replica, "Grace");
    hvc_replica_status(replica, &status);
    assert_true(status.replication.applied > before.index);
    assert_false(status.facts.damaged);
    assert_int_equal(status.node, 1);
    assert_string_equal(status.nodes[0].name, "alone1");
    world_close(replica);
}

static void a_repeated_token_gets_the_first_answer_also_after_a_restart(void **state)
{
    struct hvc_replica *replica = in_service();
    struct hvc_command command = {.kind = HVC_COMMAND_JOB_FORGET, .by = "test", .forget.job = 77};
    struct hvc_replica_outcome first, second;
    struct hvc_token token;

    (void)state;
    hvc_replica_token(replica, &token);
    assert_int_equal(hvc_replica_propose(replica, &command, &token, hvc_deadline_in(WORLD_PATIENCE_MS), true, &first),
                     0);
    assert_int_equal(first.answer.code, HVC_ANSWER_NO_JOB);
    assert_int_equal(first.answer.value, 77);
    world_close(replica);
    replica = in_service();
    assert_int_equal(hvc_replica_propose(replica, &command, &token, hvc_deadline_in(WORLD_PATIENCE_MS), true, &second),
                     0);
    assert_true(second.answer.repeated);
    assert_int_equal(second.index, first.index);
    assert_int_equal(second.epoch, first.epoch);
    assert_int_equal(second.answer.code, first.answer.code);
    assert_int_equal(second.answer.detail, first.answer.detail);
    assert_int_equal(second.answer.value, first.answer.value);
    world_close(replica);
}

static void wrong_requests_are_refused_at_once(void **state)
{
    struct hvc_replica *replica = in_service();
    struct hvc_command command = world_owner("x");
    struct hvc_replica_outcome outcome;
    struct hvc_token token = {.birth = 0};

    (void)state;
    assert_int_equal(hvc_replica_propose(replica, &command, &token, hvc_deadline_in(1000), true, &outcome), -EINVAL);
    assert_non_null(strstr(outcome.words, "token"));
    hvc_replica_token(replica, &token);
    command.kind = 200;
    assert_int_equal(hvc_replica_propose(replica, &command, &token, hvc_deadline_in(1000), true, &outcome), -EINVAL);
    assert_non_null(strstr(outcome.words, "bounds"));
    world_close(replica);
}

/* ---- a store that cannot be used ---- */

static struct hvc_replica *without_store(const struct hvc_tuning *tuning)
{
    int fd = open(world_path(&world, "store"), O_CREAT | O_WRONLY | O_CLOEXEC, 0600); /* a file, not a folder */

    assert_true(fd >= 0);
    (void)close(fd);
    return world_alone(&world, tuning);
}

static struct hvc_tuning quick(void)
{
    struct hvc_tuning tuning = hvc_tuning_default(true);

    tuning.retry_min_ms = 5;
    tuning.retry_max_ms = 20;
    return tuning;
}

static void an_unusable_store_is_a_state_with_words_and_is_tried_again(void **state)
{
    struct hvc_tuning tuning = quick();
    struct hvc_replica *replica = without_store(&tuning);
    struct hvc_replica_status status;
    struct hvc_command command = world_owner("Edsger");

    (void)state;
    world_wait(replica, HVC_REPLICA_LEFT);
    hvc_replica_status(replica, &status);
    assert_non_null(strstr(status.words, "store"));
    assert_int_equal(unlink(world_path(&world, "store")), 0);
    world_wait(replica, HVC_REPLICA_VOTING);
    (void)world_propose(replica, &command);
    owner_is(replica, "Edsger");
    world_close(replica);
}

static void without_a_view_a_request_waits_until_its_deadline_or_not_at_all(void **state)
{
    struct hvc_tuning tuning = quick();
    struct hvc_replica *replica = without_store(&tuning);
    struct hvc_command command = world_owner("x");
    struct hvc_replica_outcome outcome;
    char name[HVC_OWNER_NAME_MAX];
    struct hvc_token token;
    uint64_t begin = hvc_now_ms();

    (void)state;
    hvc_replica_token(replica, &token);
    assert_int_equal(hvc_replica_propose(replica, &command, &token, hvc_deadline_in(60000), false, &outcome), -EAGAIN);
    assert_non_null(strstr(outcome.words, "nothing was done"));
    assert_true(hvc_now_ms() - begin < 30000);
    begin = hvc_now_ms();
    assert_int_equal(hvc_replica_propose(replica, &command, &token, hvc_deadline_in(150), true, &outcome), -EAGAIN);
    assert_true(hvc_now_ms() - begin >= 150);
    assert_int_equal(world_read_owner(replica, HVC_REPLICA_HERE, name, NULL), -EAGAIN);
    world_close(replica);
}

static int read_of(struct hvc_replica *replica)
{
    char name[HVC_OWNER_NAME_MAX];

    return world_read_owner(replica, HVC_REPLICA_HERE, name, NULL);
}

/* Of the replica the state alone: no thread. */
static void what_is_being_loaded_is_neither_shown_nor_called_empty(void **state)
{
    static struct hvc_replica replica;
    const struct hvc_entry entry = {.index = 1, .epoch = 1};
    struct hvc_state_loader loader;

    (void)state;
    replica = (struct hvc_replica){.tuning = hvc_tuning_default(true), .stage = HVC_STAGE_RUN};
    (void)pthread_mutex_init(&replica.state_lock, NULL);
    assert_int_equal(hvc_state_init(&replica), 0);
    assert_int_equal(read_of(&replica), -EAGAIN);
    hvc_state_reset(&replica, true); /* the store, without a snapshot */
    hvc_state_skip(&replica, &entry);
    assert_int_equal(read_of(&replica), -EINPROGRESS); /* others follow */
    hvc_state_ready(&replica);
    assert_int_equal(read_of(&replica), 0);
    hvc_state_reset(&replica, true); /* with one that cannot be read */
    hvc_state_load_begin(&replica, &loader);
    hvc_state_load_drop(&loader);
    assert_int_equal(read_of(&replica), -EINPROGRESS);
    hvc_state_settle(&replica);
    assert_int_equal(read_of(&replica), -EAGAIN);
    hvc_state_reset(&replica, true); /* nothing is in it */
    hvc_state_ready(&replica);
    assert_int_equal(read_of(&replica), -ENODATA);
    hvc_state_skip(&replica, &entry);
    hvc_state_load_begin(&replica, &loader); /* another member's snapshot takes its place, and cannot be read either */
    assert_int_equal(read_of(&replica), -EINPROGRESS);
    hvc_state_load_drop(&loader);
    assert_int_equal(read_of(&replica), -EAGAIN);
    (void)munmap(replica.service_memory, replica.service_size);
    (void)pthread_mutex_destroy(&replica.state_lock);
}

struct late {
    struct hvc_replica *replica;
    struct hvc_replica_outcome outcome;
    atomic_bool begun;
};

static void *propose_late(void *argument)
{
    struct late *late = argument;
    struct hvc_command command = world_owner("x");
    struct hvc_token token;

    hvc_replica_token(late->replica, &token);
    atomic_store(&late->begun, true);
    (void)hvc_replica_propose(late->replica, &command, &token, HVC_NO_DEADLINE, true, &late->outcome);
    return NULL;
}

static bool one_waits(const struct hvc_replica_status *status)
{
    return status->waiting == 1;
}

static void closing_answers_those_who_wait(void **state)
{
    struct hvc_tuning tuning = quick();
    struct late late = {.replica = without_store(&tuning)};
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, propose_late, &late), 0);
    assert_true(world_until(late.replica, one_waits));
    world_close(late.replica);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(late.outcome.error, -ECANCELED);
}

static void set_file_limit(rlim_t bytes)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Proposes until it is not answered any more. */
static void fill_up(struct hvc_replica *replica)
{
    char *text = malloc(HVC_DOCUMENT_PART_MAX);
    int result = 0;

    assert_non_null(text);
    for (unsigned i = 0; i < 10000 && result == 0; i++) {
        struct hvc_command command = {.kind = HVC_COMMAND_DOCUMENT, .by = "test"};
        struct hvc_replica_outcome outcome;
        struct hvc_token token;

        world_definition(i, HVC_DOCUMENT_PART_MAX, text, command.document.hash);
        command.document.size = command.document.length = HVC_DOCUMENT_PART_MAX;
        command.document.bytes = (const uint8_t *)text;
        hvc_replica_token(replica, &token);
        result = hvc_replica_propose(replica, &command, &token, hvc_deadline_in(400), true, &outcome);
    }
    free(text);
    assert_true(result == -ETIMEDOUT || result == -EAGAIN); /* EAGAIN: it has left already */
}

static void a_full_disk_is_left_and_the_state_is_there_again_when_there_is_room(void **state)
{
    struct hvc_tuning tuning = quick();
    struct hvc_replica *replica = world_alone(&world, &tuning);
    struct hvc_command command = world_owner("Barbara");
    struct hvc_replica_stamp stamp;
    char name[HVC_OWNER_NAME_MAX];

    (void)state;
    world_wait(replica, HVC_REPLICA_VOTING);
    (void)world_propose(replica, &command);
    set_file_limit(2 * 1024 * 1024);
    fill_up(replica);
    assert_true(atomic_load(&world.ear.notes[HVC_REPLICA_MESSAGE_LEFT - HVC_REPLICA_MESSAGE_HEALTH]) > 0);
    set_file_limit(RLIM_INFINITY);
    world_wait(replica, HVC_REPLICA_VOTING);
    assert_int_equal(world_read_owner(replica, HVC_REPLICA_BARRIER, name, &stamp), 0);
    assert_string_equal(name, "Barbara");
    world_close(replica);
}

static void a_damaged_store_does_not_count_and_is_said(void **state)
{
    struct hvc_replica *replica = in_service();
    struct hvc_replica_config config = {.node_name = "alone1"};
    struct hvc_command command = world_owner("Tony");
    struct hvc_replica_outcome outcome;
    char name[HVC_OWNER_NAME_MAX];
    struct hvc_error error = {0};
    struct hvc_token token;
    struct hvc_replica_status status;

    (void)state;
    (void)world_propose(replica, &command);
    world_close(replica);
    assert_int_equal(unlink(world_path(&world, "store/hvcluster.db")), 0); /* the generation's file tells of it */
    (void)unlink(world_path(&world, "store/hvcluster.db-wal"));
    replica = world_alone(&world, NULL);
    world_wait(replica, HVC_REPLICA_OUT);
    hvc_replica_status(replica, &status);
    assert_true(status.facts.damaged);
    assert_string_not_equal(status.facts.damage, "");
    assert_non_null(strstr(status.words, status.facts.damage));
    assert_true(atomic_load(&world.ear.notes[HVC_REPLICA_MESSAGE_STORE - HVC_REPLICA_MESSAGE_HEALTH]) > 0);
    hvc_replica_token(replica, &token);
    assert_int_equal(hvc_replica_propose(replica, &command, &token, hvc_deadline_in(200), true, &outcome), -EAGAIN);
    assert_int_equal(world_read_owner(replica, HVC_REPLICA_HERE, name, NULL), -ENODATA);
    world_close(replica);
    config.init = true;
    config.state_directory = world_path(&world, "store");
    assert_int_equal(hvc_replica_open(&config, &replica, &error), 0);
    world_wait(replica, HVC_REPLICA_VOTING);
    (void)world_propose(replica, &command);
    world_close(replica);
}

static void what_the_store_holds_and_nobody_can_read_is_put_aside(void **state)
{
    struct hvc_store_config config = {.directory = world_path(&world, "store")};
    struct hvc_store_snapshot snapshot = {
        .index = 5, .metadata = "no metadata", .metadata_length = 11, .state = "no state", .state_length = 8};
    struct hvc_store_record record = {
        .seq = 1, .snapshot = &snapshot, .promised = 3, .commit = 5, .node = 1, .voter = true};
    struct hvc_replica_status status;
    struct hvc_replica *replica;
    struct hvc_store *store;
    struct hvc_error error;

    (void)state;
    assert_int_equal(hvc_store_open(&config, &store, &error), 0);
    assert_int_equal(hvc_store_submit(store, &record, &error), 0);
    assert_int_equal(hvc_store_close(store, &error), 0);
    replica = world_alone(&world, NULL);
    world_wait(replica, HVC_REPLICA_OUT);
    hvc_replica_status(replica, &status);
    assert_true(status.facts.damaged);
    assert_non_null(strstr(status.facts.damage, "metadata"));
    assert_int_equal(access(status.facts.aside, R_OK), 0);
    world_close(replica);
}

/* ---- definitions, compaction ---- */

static void definition_is_there(struct hvc_replica *replica, unsigned number, size_t length)
{
    char *wanted = malloc(length + 64), *found = NULL;
    uint8_t hash[HVC_STORE_HASH_SIZE];
    struct hvc_error error = {0};
    size_t got = 0;
    int result;

    assert_non_null(wanted);
    world_definition(number, length, wanted, hash);
    result = hvc_replica_document(replica, hash, hvc_deadline_in(WORLD_PATIENCE_MS), &found, &got, &error);
    if (result < 0)
        print_error("%s\n", error.text);
    assert_int_equal(result, 0);
    assert_int_equal(got, length);
    assert_memory_equal(found, wanted, length);
    free(found);
    free(wanted);
}

static void definitions_of_several_parts_are_kept(void **state)
{
    struct hvc_replica *replica = in_service();
    uint8_t hash[HVC_STORE_HASH_SIZE] = {1};
    struct hvc_error error = {0};
    size_t length;
    char *bytes;

    (void)state;
    world_guest(replica, 1, 600);
    world_guest(replica, 2, 100 * 1024);
    definition_is_there(replica, 1, 600);
    definition_is_there(replica, 2, 100 * 1024);
    assert_int_equal(hvc_replica_document(replica, hash, hvc_deadline_in(5000), &bytes, &length, &error), -ENOENT);
    world_close(replica);
    replica = in_service();
    definition_is_there(replica, 2, 100 * 1024);
    world_close(replica);
}

static bool has_compacted(const struct hvc_replica_status *status)
{
    return status->replication.counters.compactions > 0;
}

static void half_a_definition_survives_a_snapshot_and_a_restart(void **state)
{
    struct hvc_tuning tuning = quick();
    struct hvc_replica *replica;
    struct hvc_command part = {.kind = HVC_COMMAND_DOCUMENT, .by = "test"};
    char *text = malloc(30000 + 64), name[32];

    (void)state;
    assert_non_null(text);
    tuning.log_entries = 64;
    replica = world_alone(&world, &tuning);
    world_definition(9, 30000, text, part.document.hash);
    part.document.size = 30000;
    part.document.bytes = (const uint8_t *)text;
    part.document.length = 20000;
    (void)world_propose(replica, &part);
    for (unsigned i = 0; i < 200; i++) {
        (void)snprintf(name, sizeof(name), "owner %u", i);
        struct hvc_command command = world_owner(name);

        (void)world_propose(replica, &command);
    }
    assert_true(world_until(replica, has_compacted));
    world_close(replica);
    replica = world_alone(&world, &tuning);
    part.document.bytes = (const uint8_t *)text + 20000;
    part.document.offset = 20000;
    part.document.length = 10000;
    (void)world_propose(replica, &part);
    definition_is_there(replica, 9, 30000);
    owner_is(replica, "owner 199");
    world_close(replica);
    free(text);
}

static void a_copy_of_the_store_can_be_taken_while_it_runs(void **state)
{
    struct hvc_replica *replica = in_service();
    struct hvc_error error = {0};

    (void)state;
    assert_int_equal(hvc_replica_backup(replica, world_path(&world, "copy"), &error), 0);
    assert_int_equal(access(world_path(&world, "copy"), R_OK), 0);
    assert_int_equal(hvc_replica_backup(replica, world_path(&world, "copy"), &error), -EEXIST);
    world_close(replica);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_proposed_can_be_read, up, down),
        cmocka_unit_test_setup_teardown(the_own_node_becomes_a_member_of_the_state, up, down),
        cmocka_unit_test_setup_teardown(a_restart_finds_everything, up, down),
        cmocka_unit_test_setup_teardown(a_repeated_token_gets_the_first_answer_also_after_a_restart, up, down),
        cmocka_unit_test_setup_teardown(wrong_requests_are_refused_at_once, up, down),
        cmocka_unit_test_setup_teardown(an_unusable_store_is_a_state_with_words_and_is_tried_again, up, down),
        cmocka_unit_test_setup_teardown(without_a_view_a_request_waits_until_its_deadline_or_not_at_all, up, down),
        cmocka_unit_test_setup_teardown(what_is_being_loaded_is_neither_shown_nor_called_empty, up, down),
        cmocka_unit_test_setup_teardown(closing_answers_those_who_wait, up, down),
        cmocka_unit_test_setup_teardown(a_full_disk_is_left_and_the_state_is_there_again_when_there_is_room, up, down),
        cmocka_unit_test_setup_teardown(a_damaged_store_does_not_count_and_is_said, up, down),
        cmocka_unit_test_setup_teardown(what_the_store_holds_and_nobody_can_read_is_put_aside, up, down),
        cmocka_unit_test_setup_teardown(definitions_of_several_parts_are_kept, up, down),
        cmocka_unit_test_setup_teardown(half_a_definition_survives_a_snapshot_and_a_restart, up, down),
        cmocka_unit_test_setup_teardown(a_copy_of_the_store_can_be_taken_while_it_runs, up, down),
    };
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    (void)sigaction(SIGXFSZ, &ignore, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

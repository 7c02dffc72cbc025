/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <poll.h>
#include <sqlite3.h>

#include "../hvc_cmocka.h"
#include "world.h"

static struct world world;
static struct hvc_store *store;

static int up(void **state)
{
    struct hvc_error error;

    (void)state;
    world_up(&world, "/tmp");
    return hvc_store_open(&world.config, &store, &error);
}

static int down(void **state)
{
    (void)state;
    (void)hvc_store_close(store, NULL); /* some tests end with a failed store */
    world_down(&world);
    return 0;
}

static int submit(const struct hvc_store_record *record)
{
    struct hvc_error error = {0};
    int r = hvc_store_submit(store, record, &error);

    assert_true(r == 0 || (error.code == r && error.text[0] != '\0'));
    return r;
}

static void a_record_is_told_after_it_is_on_the_disk(void **state)
{
    struct hvc_store_progress progress;
    struct pollfd ready = {.fd = hvc_store_fd(store), .events = POLLIN};

    (void)state;
    hvc_store_collect(store, &progress);
    assert_int_equal(progress.persisted, 0);
    assert_int_equal(poll(&ready, 1, 0), 0);
    for (unsigned i = 1; i <= 3; i++)
        assert_int_equal(submit(world_record(i)), 0);
    assert_true(world_wait(store, 3, &progress));
    assert_int_equal(progress.persisted, 30);
    assert_int_equal(progress.queued_records, 0);
    assert_int_equal(progress.queued_bytes, 0);
    assert_true(progress.transactions >= 1 && progress.transactions <= 3);
    assert_true(progress.worst_commit_us >= progress.last_commit_us && progress.last_commit_us > 0);
}

/* Another program that holds the write lock. */
static sqlite3 *hold(void)
{
    char path[256];
    sqlite3 *db;

    (void)snprintf(path, sizeof(path), "%s/hvcluster.db", world.store);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    return db;
}

static void a_full_queue_is_refused_and_the_rest_goes_in_few_transactions(void **state)
{
    struct hvc_store_record record = {.promised = 1, .node = 1};
    struct hvc_store_progress progress;
    sqlite3 *other = hold();
    uint64_t accepted = 0;

    (void)state;
    do
        record.seq = ++accepted;
    while (submit(&record) == 0);
    accepted--;
    assert_int_equal(submit(&record), -ENOBUFS);
    assert_in_range(accepted, HVC_STORE_QUEUE_MAX, HVC_STORE_QUEUE_MAX + HVC_STORE_BATCH_MAX);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    assert_true(world_wait(store, accepted, &progress));
    assert_int_equal(progress.persisted, accepted);
    assert_true(progress.transactions <= 8);
}

static void closing_persists_what_is_queued(void **state)
{
    struct hvc_store_facts facts;
    struct hvc_error error;

    (void)state;
    for (unsigned i = 1; i <= 11; i++)
        assert_int_equal(submit(world_record(i)), 0);
    assert_int_equal(hvc_store_close(store, &error), 0);
    assert_int_equal(hvc_store_open(&world.config, &store, &error), 0);
    hvc_store_facts(store, &facts);
    assert_int_equal(facts.last_index, 57);
    assert_int_equal(facts.promised, 10);
}

static void misfits(unsigned number, struct hvc_store_record *record)
{
    static struct hvc_store_entry entry;
    static struct hvc_store_snapshot snapshot;

    *record = (struct hvc_store_record){.seq = 100, .node = 1};
    entry = (struct hvc_store_entry){.index = 13};
    snapshot = (struct hvc_store_snapshot){.index = 40};
    switch (number) {
    case 0: /* a gap */
        entry.index = 15;
        record->entries = &entry;
        record->entry_count = 1;
        break;
    case 1: /* an entry that is there */
        record->entries = &entry;
        record->entry_count = 1;
        break;
    case 2: /* entries that no snapshot covers */
        record->trim_to = 12;
        break;
    case 3: /* a snapshot above the log that keeps it */
        record->snapshot = &snapshot;
        break;
    default: /* a log without its begin */
        record->wipe = true;
        record->entries = &entry;
        record->entry_count = 1;
        break;
    }
}

static void a_record_that_does_not_continue_the_log_ends_writing_and_nothing_of_it_stays(void **state)
{
    static struct world_model found, wanted;

    (void)state;
    world_model_after(5, &wanted);
    for (unsigned i = 0; i < 5; i++) {
        struct hvc_store_progress progress;
        struct hvc_store_record record;
        struct hvc_error error;
        unsigned bad;

        (void)hvc_store_close(store, NULL);
        world_remove_tree(world.store);
        assert_int_equal(hvc_store_open(&world.config, &store, &error), 0);
        assert_int_equal(world_run(store, 1, 5, &error), 5);
        misfits(i, &record);
        assert_int_equal(submit(&record), 0);
        assert_true(world_wait(store, 6, &progress));
        assert_int_equal(progress.condition, HVC_STORE_REFUSED);
        assert_int_equal(progress.persisted, 50);
        assert_non_null(strstr(progress.error.text, "record 100 does not continue the store"));
        record = (struct hvc_store_record){.seq = 101};
        assert_int_equal(submit(&record), -EINVAL); /* final */
        assert_int_equal(hvc_store_close(store, &error), -EINVAL);
        assert_int_equal(hvc_store_open(&world.config, &store, &error), 0);
        assert_int_equal(world_read(store, &found, &bad, &error), 0);
        assert_null(world_difference(&found, &wanted));
    }
}

static void another_program_in_the_way_ends_writing_but_not_reading(void **state)
{
    struct hvc_store_progress progress;
    struct hvc_error error;
    uint8_t(*hashes)[HVC_STORE_HASH_SIZE];
    size_t count;
    sqlite3 *other;

    (void)state;
    assert_int_equal(world_run(store, 1, 4, &error), 4);
    other = hold();
    assert_int_equal(submit(world_record(5)), 0);
    assert_true(world_wait(store, 5, &progress)); /* after SQLite's five seconds */
    assert_int_equal(progress.condition, HVC_STORE_REFUSED);
    assert_int_equal(progress.error.code, -EBUSY);
    assert_non_null(strstr(progress.error.text, "database is locked"));
    assert_int_equal(progress.persisted, 40);
    assert_int_equal(hvc_store_documents(store, &hashes, &count, &error), 0);
    assert_int_equal(count, 3);
    free(hashes);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
}

static unsigned released;

static void release(void *owner)
{
    assert_ptr_equal(owner, &released);
    released++;
}

static void a_state_used_in_place_is_released_once_and_only_when_it_was_taken(void **state)
{
    struct hvc_store_snapshot snapshot = {
        .index = 5, .state = "five", .state_length = 4, .release = release, .owner = &released};
    struct hvc_store_record record = {.seq = 7, .snapshot = &snapshot};
    struct hvc_store_facts facts;
    struct hvc_error error;

    (void)state;
    released = 0;
    assert_int_equal(submit(&record), 0);
    assert_int_equal(submit(&record), -EINVAL); /* the same seq again */
    assert_int_equal(hvc_store_close(store, &error), 0);
    assert_int_equal(released, 1);
    assert_int_equal(hvc_store_open(&world.config, &store, &error), 0);
    hvc_store_facts(store, &facts);
    assert_int_equal(facts.state_length, 4);
    assert_int_equal(facts.snapshot_index, 5);
}

static void what_breaks_a_bound_is_refused_at_once(void **state)
{
    static uint8_t big[HVC_XML_MAX + 1];
    struct hvc_store_entry entries[2] = {{.index = 1, .bytes = big, .length = HVC_STORE_ENTRY_MAX + 1}, {.index = 3}};
    struct hvc_store_document document = {.bytes = big, .length = sizeof(big)};
    struct hvc_store_history line = {.kind = 1};
    struct hvc_store_snapshot snapshot = {.index = 0};
    struct hvc_store_progress progress;
    struct hvc_store_record record = {.seq = 1, .entries = entries, .entry_count = 1};

    (void)state;
    assert_int_equal(submit(&record), -EMSGSIZE);
    entries[0].length = 1;
    record.entry_count = 2;
    assert_int_equal(submit(&record), -EINVAL);
    record = (struct hvc_store_record){.seq = 1, .with.count = HVC_NODES_MAX + 1};
    assert_int_equal(submit(&record), -EINVAL);
    record = (struct hvc_store_record){.seq = 0, .wipe = true};
    assert_int_equal(submit(&record), -EINVAL);
    record = (struct hvc_store_record){.documents = &document, .document_count = 1};
    assert_int_equal(submit(&record), -EMSGSIZE);
    record = (struct hvc_store_record){.history = &line, .history_count = 1};
    assert_int_equal(submit(&record), -EINVAL);
    record = (struct hvc_store_record){.seq = 1, .snapshot = &snapshot};
    assert_int_equal(submit(&record), -EINVAL);
    snapshot = (struct hvc_store_snapshot){.index = 1, .metadata = big, .metadata_length = HVC_STORE_METADATA_MAX + 1};
    assert_int_equal(submit(&record), -EMSGSIZE);
    hvc_store_collect(store, &progress);
    assert_int_equal(progress.condition, HVC_STORE_GOOD);
    assert_int_equal(progress.queued_records, 0);
}

static void every_condition_has_a_name(void **state)
{
    (void)state;
    for (int i = 0; i < HVC_STORE_CONDITION_MAX_; i++)
        assert_string_not_equal(hvc_store_condition_name((enum hvc_store_condition)i), "unknown");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, up, down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_record_is_told_after_it_is_on_the_disk),
        TEST(a_full_queue_is_refused_and_the_rest_goes_in_few_transactions),
        TEST(closing_persists_what_is_queued),
        TEST(a_record_that_does_not_continue_the_log_ends_writing_and_nothing_of_it_stays),
        TEST(another_program_in_the_way_ends_writing_but_not_reading),
        TEST(a_state_used_in_place_is_released_once_and_only_when_it_was_taken),
        TEST(what_breaks_a_bound_is_refused_at_once),
        cmocka_unit_test(every_condition_has_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

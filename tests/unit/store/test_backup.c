/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <unistd.h>

#include "../hvc_cmocka.h"
#include "world.h"

static struct world world;
static struct hvc_store *store;
static char backup[256];

static void start(void)
{
    struct hvc_error error = {0};

    if (hvc_store_open(&world.config, &store, &error) < 0)
        fail_msg("%s", error.text);
}

static void stop(void)
{
    struct hvc_error error = {0};

    if (hvc_store_close(store, &error) < 0)
        fail_msg("%s", error.text);
    store = NULL;
}

static int up(void **state)
{
    (void)state;
    world_up(&world, "/dev/shm");
    (void)snprintf(backup, sizeof(backup), "%s/backup.db", world.base);
    start();
    return 0;
}

static int down(void **state)
{
    (void)state;
    (void)hvc_store_close(store, NULL);
    world_down(&world);
    return 0;
}

static void holds(unsigned records)
{
    static struct world_model found, wanted;
    struct hvc_error error = {0};
    unsigned bad;

    assert_int_equal(world_read(store, &found, &bad, &error), 0);
    world_model_after(records, &wanted);
    if (world_difference(&found, &wanted) != NULL)
        fail_msg("differs: %s", world_difference(&found, &wanted));
}

/* The store after 11 records, stopped; the backup made after six, while it ran. */
static void back_up_after_six(void)
{
    struct hvc_error error = {0};

    assert_int_equal(world_run(store, 1, 6, &error), 6);
    if (hvc_store_backup(store, backup, &error) < 0)
        fail_msg("%s", error.text);
    assert_int_equal(world_run(store, 7, 11, &error), 5);
}

static void a_restored_store_is_an_observer_with_documents_and_history(void **state)
{
    static struct world_model found, wanted;
    struct hvc_store_facts facts;
    struct hvc_error error = {0};
    unsigned bad;

    (void)state;
    back_up_after_six();
    stop();
    assert_int_equal(hvc_store_restore(&world.config, backup, false, &error), 0);
    start();
    hvc_store_facts(store, &facts);
    assert_true(facts.damaged && facts.empty);
    assert_non_null(strstr(facts.damage, "restored from a backup"));
    assert_int_equal(world_read(store, &found, &bad, &error), 0);
    world_model_after(6, &wanted);
    assert_int_equal(found.document_count, wanted.document_count);
    assert_int_equal(found.line_count, wanted.line_count);
}

static void an_authoritative_restore_counts_again(void **state)
{
    struct hvc_store_facts facts;
    struct hvc_error error = {0};

    (void)state;
    back_up_after_six();
    stop();
    assert_int_equal(hvc_store_restore(&world.config, backup, true, &error), 0);
    start();
    hvc_store_facts(store, &facts);
    assert_false(facts.damaged);
    holds(6);
    stop();
    start(); /* and goes on like any other */
    holds(6);
}

static void what_was_put_aside_can_be_made_to_count_again(void **state)
{
    char aside[HVC_PATH_TEXT_MAX];
    struct hvc_store_facts facts;
    struct hvc_error error = {0};

    (void)state;
    assert_int_equal(world_run(store, 1, 6, &error), 6);
    stop();
    start();
    assert_int_equal(hvc_store_condemn(store, "for the test", &error), 0);
    hvc_store_facts(store, &facts);
    (void)snprintf(aside, sizeof(aside), "%s", facts.aside);
    stop();
    if (hvc_store_restore(&world.config, aside, true, &error) < 0)
        fail_msg("%s", error.text);
    start();
    holds(6);
}

static void a_copy_of_the_file_is_put_back_as_damaged(void **state)
{
    char command[1024];
    struct hvc_store_facts facts;

    (void)state;
    back_up_after_six();
    stop();
    (void)snprintf(command, sizeof(command), "cp '%s' '%s/hvcluster.db'", backup, world.store);
    assert_int_equal(system(command), 0);
    start();
    hvc_store_facts(store, &facts);
    assert_true(facts.damaged);
    assert_non_null(strstr(facts.damage, "restored from a backup"));
}

static void a_backup_never_replaces_a_file(void **state)
{
    struct hvc_error error = {0};

    (void)state;
    back_up_after_six();
    assert_int_equal(hvc_store_backup(store, backup, &error), -EEXIST);
    assert_int_equal(hvc_store_backup(store, "/proc/no/such/place", &error), -ENOENT);
    assert_true(error.text[0] != '\0');
}

static void a_backup_is_one_private_file(void **state)
{
    char command[1024];

    (void)state;
    back_up_after_six();
    (void)snprintf(command, sizeof(command),
                   "test \"$(cd '%s' && ls | grep backup)\" = backup.db && "
                   "test $(stat -c %%a '%s') = 600",
                   world.base, backup);
    assert_int_equal(system(command), 0);
}

static void what_is_no_backup_is_refused_and_the_store_left_alone(void **state)
{
    static const char *const contents[] = {"", "not a database", "SQLite format 3"};
    struct hvc_error error = {0};

    (void)state;
    back_up_after_six();
    stop();
    for (size_t i = 0; i < HVC_COUNT(contents); i++) {
        FILE *file = fopen(backup, "w");

        assert_non_null(file);
        assert_true(fputs(contents[i], file) >= 0);
        assert_int_equal(fclose(file), 0);
        assert_true(hvc_store_restore(&world.config, backup, true, &error) < 0);
        assert_true(error.text[0] != '\0');
        start();
        holds(11);
        stop();
    }
    assert_int_equal(unlink(backup), 0);
    assert_int_equal(hvc_store_restore(&world.config, backup, true, &error), -ENOENT);
    assert_non_null(strstr(error.text, "cannot read the backup"));
}

static void a_running_store_is_neither_restored_nor_wiped(void **state)
{
    struct hvc_error error = {0};

    (void)state;
    back_up_after_six();
    assert_int_equal(hvc_store_restore(&world.config, backup, true, &error), -EBUSY);
    assert_int_equal(hvc_store_wipe(&world.config, &error), -EBUSY);
    assert_non_null(strstr(error.text, "stop it first"));
}

static void a_wiped_store_is_empty_and_not_damaged(void **state)
{
    struct hvc_store_facts facts;
    struct hvc_error error = {0};
    char command[512];

    (void)state;
    back_up_after_six();
    stop();
    start();
    assert_int_equal(hvc_store_condemn(store, "so that something lies aside", &error), 0);
    stop();
    assert_int_equal(hvc_store_wipe(&world.config, &error), 0);
    (void)snprintf(command, sizeof(command), "test \"$(ls '%s')\" = lock", world.store);
    assert_int_equal(system(command), 0);
    start();
    hvc_store_facts(store, &facts);
    assert_true(facts.empty);
    assert_false(facts.damaged);
    holds(0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, up, down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_restored_store_is_an_observer_with_documents_and_history),
        TEST(an_authoritative_restore_counts_again),
        TEST(what_was_put_aside_can_be_made_to_count_again),
        TEST(a_copy_of_the_file_is_put_back_as_damaged),
        TEST(a_backup_never_replaces_a_file),
        TEST(a_backup_is_one_private_file),
        TEST(what_is_no_backup_is_refused_and_the_store_left_alone),
        TEST(a_running_store_is_neither_restored_nor_wiped),
        TEST(a_wiped_store_is_empty_and_not_damaged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

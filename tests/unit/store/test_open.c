/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../hvc_cmocka.h"
#include "world.h"

static struct world world;

static int up(void **state)
{
    (void)state;
    world_up(&world, "/tmp");
    return 0;
}

static int down(void **state)
{
    (void)state;
    world_down(&world);
    return 0;
}

static struct hvc_store *open_store(struct hvc_store_facts *ret_facts)
{
    struct hvc_store *store = NULL;
    struct hvc_error error = {0};
    int r = hvc_store_open(&world.config, &store, &error);

    if (r < 0)
        print_error("%s\n", error.text);
    assert_int_equal(r, 0);
    hvc_store_facts(store, ret_facts);
    return store;
}

static void close_store(struct hvc_store *store)
{
    struct hvc_error error = {0};
    int r = hvc_store_close(store, &error);

    if (r < 0)
        print_error("%s\n", error.text);
    assert_int_equal(r, 0);
}

/* Leaves the store as a process does that is killed. */
static void kill_after(unsigned records)
{
    struct hvc_store_facts facts;
    struct hvc_error error = {0};
    char copy[256], command[1024];
    struct hvc_store *store = open_store(&facts);

    assert_int_equal(world_run(store, 1, records, &error), records);
    (void)snprintf(copy, sizeof(copy), "%s.copy", world.store);
    (void)snprintf(command, sizeof(command), "cp -a '%s' '%s'", world.store, copy);
    assert_int_equal(system(command), 0);
    close_store(store);
    world_remove_tree(world.store);
    assert_int_equal(rename(copy, world.store), 0);
}

static void content_is(struct hvc_store *store, unsigned records)
{
    static struct world_model found, wanted;
    struct hvc_error error = {0};
    const char *difference;
    unsigned bad;

    assert_int_equal(world_read(store, &found, &bad, &error), 0);
    world_model_after(records, &wanted);
    difference = world_difference(&found, &wanted);
    if (difference != NULL)
        print_error("differs: %s\n", difference);
    assert_null(difference);
    assert_int_equal(bad, 0);
}

static void a_new_store_is_empty_and_not_damaged(void **state)
{
    struct hvc_store_facts facts;
    struct hvc_store *store = open_store(&facts);

    (void)state;
    assert_true(facts.empty);
    assert_false(facts.damaged);
    assert_false(facts.rebooted);
    assert_false(facts.has_snapshot);
    assert_int_equal(facts.generation, 1);
    assert_int_equal(facts.node, 0);
    content_is(store, 0);
    close_store(store);
}

static void every_step_of_the_script_is_found_again(void **state)
{
    (void)state;
    for (unsigned count = 1; count <= WORLD_SCRIPT; count++) {
        struct hvc_store_facts facts;
        struct hvc_error error = {0};
        struct hvc_store *store = open_store(&facts);

        assert_false(facts.damaged);
        content_is(store, count - 1);
        assert_int_equal(world_run(store, count, count, &error), 1);
        close_store(store);
    }
}

static void a_killed_process_leaves_what_was_acknowledged(void **state)
{
    struct hvc_store_facts facts;
    struct hvc_store *store;

    (void)state;
    kill_after(11);
    store = open_store(&facts);
    assert_false(facts.damaged);
    assert_int_equal(facts.promised, 10);
    content_is(store, 11);
    close_store(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_new_store_is_empty_and_not_damaged, up, down),
        cmocka_unit_test_setup_teardown(every_step_of_the_script_is_found_again, up, down),
        cmocka_unit_test_setup_teardown(a_killed_process_leaves_what_was_acknowledged, up, down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

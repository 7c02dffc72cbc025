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
    world_up(&world, "/dev/shm");
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

static void copy_tree(const char *from, const char *to)
{
    char command[1024];

    (void)snprintf(command, sizeof(command), "rm -rf '%s' && cp -a '%s' '%s'", to, from, to);
    assert_int_equal(system(command), 0);
}

static void path_in_store(const char *name, char ret_path[256])
{
    (void)snprintf(ret_path, 256, "%s/%s", world.store, name);
}

static void remove_file(const char *name)
{
    char path[256];

    path_in_store(name, path);
    assert_int_equal(unlink(path), 0);
}

static void write_file(const char *name, const char *text)
{
    char path[256];
    FILE *file;

    path_in_store(name, path);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* The store as after count records and a clean stop. */
static void stopped_after(unsigned count)
{
    struct hvc_store_facts facts;
    struct hvc_error error;
    struct hvc_store *store = open_store(&facts);

    assert_int_equal(world_run(store, 1, count, &error), count);
    close_store(store);
}

static void rolled_back(void)
{
    char copy[256], now[256], then[300];

    stopped_after(6);
    (void)snprintf(copy, sizeof(copy), "%s/copy", world.base);
    copy_tree(world.store, copy);
    stopped_after(0);
    (void)snprintf(then, sizeof(then), "%s/hvcluster.db", copy);
    path_in_store("hvcluster.db", now);
    assert_int_equal(rename(then, now), 0);
}

static void no_generation_file(void)
{
    stopped_after(6);
    remove_file("generation");
}

static void changed_generation_file(void)
{
    stopped_after(6);
    write_file("generation", "hvcluster store generation 1\nprevious 9\n");
}

static void no_database(void)
{
    stopped_after(6);
    remove_file("hvcluster.db");
}

static void no_log(void)
{
    kill_after(6);
    remove_file("hvcluster.db-wal");
}

static void another_file(void)
{
    stopped_after(6);
    write_file("hvcluster.db",
               "This is a file of somebody else, long enough to have had a head of one hundred bytes if "
               "it had been a database at all, which it is not.");
}

static void sql(const char *text)
{
    char path[256], *words = NULL;
    sqlite3 *db;

    path_in_store("hvcluster.db", path);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, text, NULL, NULL, &words) != SQLITE_OK)
        fail_msg("%s: %s", text, words);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void changed_entry(void)
{
    stopped_after(6);
    sql("UPDATE entry SET epoch = epoch + 1 WHERE idx = 9");
}

static void missing_entry(void)
{
    stopped_after(6);
    sql("DELETE FROM entry WHERE idx = 13");
}

static void changed_promise(void)
{
    stopped_after(6);
    sql("UPDATE state SET promised = 1");
}

static void changed_nodes(void)
{
    stopped_after(6);
    sql("UPDATE state SET with_nodes = x'0100000002000000'");
}

static void nodes_that_are_none(void)
{
    stopped_after(6);
    sql("UPDATE state SET with_nodes = x'010000'");
}

static void changed_part(void)
{
    stopped_after(6);
    sql("DELETE FROM snapshot_part WHERE number = 1");
}

static void another_table(void)
{
    stopped_after(6);
    sql("CREATE TABLE other(x)");
}

static void another_program(void)
{
    stopped_after(6);
    sql("PRAGMA application_id = 7");
}

static const struct {
    const char *name;
    void (*make)(void);
    const char *words;
    bool imported; /* documents and history are taken over */
    bool aside;
} damages[] = {
    {"rolled back", rolled_back, "restored or rolled back: it is of generation 2, the last start here was generation 4",
     true, true},
    {"no generation file", no_generation_file, "its generation file", true, true},
    {"changed generation file", changed_generation_file, "is not what hvcluster wrote", true, true},
    {"no database", no_database, "is gone, although generation 2 was written here", false, false},
    {"no write-ahead log", no_log, "hvcluster.db-wal is gone, which held the last transactions", false, true},
    {"another file", another_file, "does not begin as a database does", false, true},
    {"changed entry", changed_entry, "log entry 9 is torn or changed", false, true},
    {"missing entry", missing_entry, "the log ends before entry 13; 13 was the last one", false, true},
    {"changed promise", changed_promise, "the row of promise and commit, 1 is torn or changed", false, true},
    {"changed nodes", changed_nodes, "the row of promise and commit, 1 is torn or changed", false, true},
    {"nodes that are none", nodes_that_are_none, "the row of promise and commit, 1 is torn or changed", false, true},
    {"missing part", changed_part, "the snapshot of index 6 is not whole: 1 of 2 parts", false, true},
    {"another table", another_table, "the tables are not those that hvcluster makes", false, true},
    {"another program's mark", another_program, "marked as another program's", false, true},
};

static void check_damage(size_t i, struct hvc_store *store, const struct hvc_store_facts *facts)
{
    static struct world_model found, wanted;
    struct hvc_error error = {0};
    unsigned bad;

    if (!facts->damaged || strstr(facts->damage, damages[i].words) == NULL)
        fail_msg("%s: '%s'", damages[i].name, facts->damage);
    assert_true(facts->empty);
    assert_int_equal(facts->promised, 0);
    assert_int_equal(facts->aside[0] != '\0', damages[i].aside);
    if (damages[i].aside)
        assert_int_equal(access(facts->aside, R_OK), 0);
    assert_int_equal(world_read(store, &found, &bad, &error), 0);
    assert_int_equal(found.entry_count, 0);
    world_model_after(6, &wanted);
    assert_int_equal(found.document_count, damages[i].imported ? wanted.document_count : 0);
    assert_int_equal(found.line_count, damages[i].imported ? wanted.line_count : 0);
}

static void what_is_not_the_store_left_behind_is_damaged_until_it_is_refilled(void **state)
{
    (void)state;
    for (size_t i = 0; i < HVC_COUNT(damages); i++) {
        struct hvc_store_facts facts;
        struct hvc_error error = {0};
        struct hvc_store *store;

        world_up(&world, "/dev/shm");
        damages[i].make();
        for (unsigned start = 0; start < 3; start++) { /* a restart does not make an innocent empty store of it */
            store = open_store(&facts);
            check_damage(i, store, &facts);
            if (start == 2)
                assert_int_equal(world_run(store, 12, 12, &error), 1); /* a record without entries */
            close_store(store);
        }
        store = open_store(&facts);
        assert_true(facts.damaged);
        assert_int_equal(world_run(store, 13, 13, &error), 1); /* a snapshot */
        close_store(store);
        store = open_store(&facts);
        assert_false(facts.damaged);
        assert_int_equal(facts.snapshot_index, 100);
        close_store(store);
        world_down(&world);
    }
}

static void a_start_on_another_boot_is_told_until_a_record_is_written(void **state)
{
    struct hvc_store_facts facts;
    struct hvc_error error;
    struct hvc_store *store;

    (void)state;
    stopped_after(2);
    world_boot(&world, "0f1c7e8e-7d5f-4b9e-9c55-000000000002");
    for (unsigned i = 0; i < 2; i++) {
        store = open_store(&facts);
        assert_true(facts.rebooted);
        if (i == 1)
            assert_int_equal(world_run(store, 3, 3, &error), 1);
        close_store(store);
    }
    store = open_store(&facts);
    assert_false(facts.rebooted);
    close_store(store);
}

static void opening_fails_with(int code, const char *words)
{
    struct hvc_store *store;
    struct hvc_error error = {0};

    assert_int_equal(hvc_store_open(&world.config, &store, &error), code);
    if (strstr(error.text, words) == NULL)
        fail_msg("'%s' does not say '%s'", error.text, words);
}

static void a_second_process_is_refused_in_words(void **state)
{
    struct hvc_store_facts facts;
    struct hvc_store *store = open_store(&facts);
    char words[64];

    (void)state;
    (void)snprintf(words, sizeof(words), "in use by another process (pid %d", getpid());
    opening_fails_with(-EBUSY, words);
    close_store(store);
    close_store(open_store(&facts));
}

static void a_store_of_a_newer_version_is_refused_and_left_alone(void **state)
{
    struct hvc_store_facts facts;
    struct hvc_store *store;

    (void)state;
    stopped_after(6);
    sql("UPDATE schema_version SET version = 9");
    opening_fails_with(-EPROTONOSUPPORT, "tables are of version 9, this one knows up to 3");
    sql("UPDATE schema_version SET version = 3");
    store = open_store(&facts);
    assert_false(facts.damaged);
    content_is(store, 6);
    close_store(store);
}

/* back: to an older version; the last of the records has nothing that this version cannot say. */
static void is_brought_up_to_date(const char *back, unsigned records, unsigned nodes)
{
    unsigned next = records + 1;
    struct hvc_store_facts facts;
    struct hvc_error error;
    struct hvc_store *store;

    stopped_after(records);
    sql(back);
    store = open_store(&facts);
    assert_false(facts.damaged);
    assert_int_equal(facts.schema, 3);
    assert_int_equal(facts.with.count, nodes);
    assert_int_equal(facts.refused, 0);
    content_is(store, records);
    assert_int_equal(world_run(store, next, next, &error), 1);
    close_store(store);
    store = open_store(&facts);
    assert_int_equal(facts.with.count, next % 4);
    assert_int_equal(facts.refused, next);
    content_is(store, next);
    close_store(store);
}

static void a_store_of_the_first_version_is_brought_up_to_date(void **state)
{
    (void)state;
    is_brought_up_to_date(WORLD_BACK_TO_1, 4, 0);
}

static void a_store_of_the_second_version_is_brought_up_to_date(void **state)
{
    (void)state;
    is_brought_up_to_date(WORLD_BACK_TO_2, 7, 3);
}

static void what_forbids_a_judgement_is_an_error(void **state)
{
    const struct hvc_store_config good = world.config;
    char path[256];

    (void)state;
    world.config.directory = "/proc/no/such/place";
    opening_fails_with(-ENOENT, "cannot make the store's folder");
    world.config = good;
    world.config.boot_id_file = "/proc/no/such/place";
    opening_fails_with(-ENOENT, "tells one boot of the host from the next");
    world.config = good;
    stopped_after(1);
    path_in_store("generation", path);
    remove_file("generation");
    assert_int_equal(symlink("/etc/passwd", path), 0);
    opening_fails_with(-ELOOP, "cannot open");
}

static void content_that_its_owner_cannot_use_is_put_aside(void **state)
{
    struct hvc_store_facts facts;
    struct hvc_error error = {0};
    struct hvc_store *store;

    (void)state;
    stopped_after(6);
    store = open_store(&facts);
    assert_int_equal(hvc_store_condemn(store, "entry 9 is of an unknown kind", &error), 0);
    hvc_store_facts(store, &facts);
    assert_true(facts.damaged && facts.empty);
    assert_string_equal(facts.damage, "entry 9 is of an unknown kind");
    assert_int_equal(world_run(store, 1, 6, &error), 6);
    assert_int_equal(hvc_store_condemn(store, "too late", &error), -EINVAL);
    close_store(store);
    store = open_store(&facts);
    assert_false(facts.damaged);
    content_is(store, 6);
    close_store(store);
}

static void only_the_newest_stores_are_kept_aside(void **state)
{
    struct hvc_store_facts facts;
    char command[512], first[HVC_PATH_TEXT_MAX] = "";
    struct hvc_error error;

    (void)state;
    for (unsigned i = 0; i < HVC_STORE_ASIDE_MAX + 2; i++) {
        struct hvc_store *store;

        stopped_after(1);
        store = open_store(&facts);
        if (hvc_store_condemn(store, "again", &error) < 0)
            fail_msg("%s", error.text);
        hvc_store_facts(store, &facts);
        if (i == 0)
            (void)snprintf(first, sizeof(first), "%s", facts.aside);
        close_store(store);
    }
    assert_int_equal(access(first, F_OK), -1);
    assert_int_equal(access(facts.aside, F_OK), 0);
    (void)snprintf(command, sizeof(command), "test $(ls '%s' | grep -c 'aside.*Z$') = %d", world.store,
                   HVC_STORE_ASIDE_MAX);
    assert_int_equal(system(command), 0);
}

static void nobody_else_can_read_the_files(void **state)
{
    static const char *const names[] = {"hvcluster.db", "hvcluster.db-wal", "generation", "lock"};
    struct hvc_store_facts facts;
    struct hvc_store *store = open_store(&facts);

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(names); i++) {
        char path[256];
        struct stat st;

        path_in_store(names[i], path);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 077, 0);
    }
    close_store(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, up, down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_store_is_empty_and_not_damaged),
        TEST(every_step_of_the_script_is_found_again),
        TEST(a_killed_process_leaves_what_was_acknowledged),
        cmocka_unit_test(what_is_not_the_store_left_behind_is_damaged_until_it_is_refilled),
        TEST(a_start_on_another_boot_is_told_until_a_record_is_written),
        TEST(a_second_process_is_refused_in_words),
        TEST(a_store_of_a_newer_version_is_refused_and_left_alone),
        TEST(a_store_of_the_first_version_is_brought_up_to_date),
        TEST(a_store_of_the_second_version_is_brought_up_to_date),
        TEST(what_forbids_a_judgement_is_an_error),
        TEST(content_that_its_owner_cannot_use_is_put_aside),
        TEST(only_the_newest_stores_are_kept_aside),
        TEST(nobody_else_can_read_the_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

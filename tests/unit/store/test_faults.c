/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fault matrix: the n-th allocation, SQLite call, file change or read fails, once or from then on, n rising until a
 * run completes without it. After each: no leak, words for every error, and a store opened again without faults holds
 * what was acknowledged or more of the script, in order, and is not damaged.
 *
 * HVC_FAULTS=all takes every n; otherwise the matrix takes every one of the first and then larger steps, so that a run
 * stays within seconds.
 */
#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "../hvc_cmocka.h"
#include "internal.h"
#include "shim.h"
#include "world.h"

enum { HALF = 9 };

static struct world world;
static struct world_model wanted[WORLD_SCRIPT + 1], found;

struct outcome {
    unsigned done;      /* carried out, as the store said */
    unsigned submitted; /* could have been */
    struct hvc_error error;
};

/* Opens, runs a part of the script, closes; true: without an error. */
static bool part(unsigned from, unsigned to, struct outcome *outcome)
{
    struct hvc_store_facts facts;
    struct hvc_store *store;
    unsigned done;
    int r = hvc_store_open(&world.config, &store, &outcome->error);

    if (r < 0)
        return false;
    hvc_store_facts(store, &facts);
    if (facts.damaged)
        fail_msg("%s: called damaged: %s", shim_last(), facts.damage);
    done = world_run(store, from, to, &outcome->error);
    outcome->done += done;
    outcome->submitted += done == to - from + 1 ? done : done + 1;
    r = hvc_store_close(store, done == to - from + 1 ? &outcome->error : NULL);
    return r == 0 && done == to - from + 1;
}

static bool run_script(struct outcome *outcome)
{
    return part(1, HALF, outcome) && part(HALF + 1, WORLD_SCRIPT, outcome);
}

static void check_store(const struct outcome *outcome, const char *what, uint64_t n)
{
    struct hvc_store_facts facts;
    struct hvc_store *store;
    struct hvc_error error = {0};
    unsigned bad, match = WORLD_SCRIPT + 1;
    int r = hvc_store_open(&world.config, &store, &error);

    if (r < 0)
        fail_msg("%s %ju (%s): cannot be opened again: %s", what, (uintmax_t)n, shim_last(), error.text);
    hvc_store_facts(store, &facts);
    if (facts.damaged)
        fail_msg("%s %ju (%s): damaged: %s", what, (uintmax_t)n, shim_last(), facts.damage);
    assert_int_equal(world_read(store, &found, &bad, &error), 0);
    assert_int_equal(bad, 0);
    for (unsigned i = outcome->done; i <= outcome->submitted && match > WORLD_SCRIPT; i++)
        if (world_difference(&found, &wanted[i]) == NULL)
            match = i;
    if (match > WORLD_SCRIPT)
        fail_msg("%s %ju (%s): %u records acknowledged, the store holds something else (%s; promised %ju)", what,
                 (uintmax_t)n, shim_last(), outcome->done, world_difference(&found, &wanted[outcome->done]),
                 (uintmax_t)found.promised);
    r = hvc_store_close(store, &error);
    if (r < 0)
        fail_msg("%s %ju (%s): close: %s", what, (uintmax_t)n, shim_last(), error.text);
}

struct matrix {
    const char *name;
    enum shim_kind kind;
    enum shim_mode mode;
    int error;
};

/* false: the n-th did not come any more. */
static bool one(const struct matrix *matrix, uint64_t n)
{
    struct outcome outcome = {0};
    int64_t before = shim_live();
    bool complete, fired;

    world_up(&world, "/dev/shm");
    shim_arm(matrix->kind, matrix->mode, n, matrix->error);
    complete = run_script(&outcome);
    shim_disarm();
    fired = shim_fired();
    if (!complete && (outcome.error.code >= 0 || outcome.error.text[0] == '\0'))
        fail_msg("%s %ju (%s): failed without words", matrix->name, (uintmax_t)n, shim_last());
    if (!fired && !complete)
        fail_msg("%s %ju: failed without a fault: %s", matrix->name, (uintmax_t)n, outcome.error.text);
    if (shim_live() != before)
        fail_msg("%s %ju (%s): %jd blocks leaked", matrix->name, (uintmax_t)n, shim_last(),
                 (intmax_t)(shim_live() - before));
    check_store(&outcome, matrix->name, n);
    world_down(&world);
    return fired;
}

static void run_matrix(const struct matrix *matrix)
{
    bool all = getenv("HVC_FAULTS") != NULL && strcmp(getenv("HVC_FAULTS"), "all") == 0;
    uint64_t n = 1, runs = 0;

    /* a run without a fault: caches that stay, and the length of the matrix */
    assert_false(one(matrix, UINT64_MAX));
    for (; one(matrix, n); runs++)
        n += all || n < 20 ? 1 : 1 + n / 15;
    print_message("%s: %ju runs, the last at %ju\n", matrix->name, (uintmax_t)runs, (uintmax_t)n);
}

#define MATRIX(test, words, kind, mode, error)                                                                         \
    static void test(void **state)                                                                                     \
    {                                                                                                                  \
        (void)state;                                                                                                   \
        run_matrix(&(struct matrix){words, kind, mode, error});                                                        \
    }

MATRIX(an_allocation_fails_once, "allocation, once", SHIM_ALLOCATION, SHIM_ONCE, 0)
MATRIX(allocations_fail_from_then_on, "allocation, from then on", SHIM_ALLOCATION, SHIM_FROM_THEN_ON, 0)
MATRIX(a_call_is_busy_once, "SQLite call, busy once", SHIM_CALL, SHIM_ONCE, SQLITE_BUSY)
MATRIX(a_call_fails_once, "SQLite call, I/O error once", SHIM_CALL, SHIM_ONCE, SQLITE_IOERR)
MATRIX(calls_fail_from_then_on, "SQLite call, I/O error from then on", SHIM_CALL, SHIM_FROM_THEN_ON, SQLITE_IOERR)
MATRIX(a_write_or_fsync_fails_once, "file, I/O error once", SHIM_FILE, SHIM_ONCE, EIO)
MATRIX(writes_and_fsyncs_fail_from_then_on, "file, I/O error from then on", SHIM_FILE, SHIM_FROM_THEN_ON, EIO)
MATRIX(the_disk_is_full_for_a_moment, "file, disk full once", SHIM_FILE, SHIM_ONCE, ENOSPC)
MATRIX(the_disk_is_full_from_then_on, "file, disk full from then on", SHIM_FILE, SHIM_FROM_THEN_ON, ENOSPC)
MATRIX(a_read_fails_once, "read, once", SHIM_READ, SHIM_ONCE, 0)
MATRIX(reads_fail_from_then_on, "read, from then on", SHIM_READ, SHIM_FROM_THEN_ON, 0)

/* Backup and restore of a store that holds six records. What may be damaged afterwards is only what a restore began on,
 * and then in words; what is not damaged holds the six records. */
static bool copy_fails_at(const struct matrix *matrix, uint64_t n, unsigned *ret_damaged)
{
    struct hvc_store_facts facts;
    struct hvc_store *store = NULL;
    struct hvc_error error = {0};
    char backup[256];
    int64_t before = shim_live();
    unsigned bad;
    bool restoring = false, fired;

    world_up(&world, "/dev/shm");
    (void)snprintf(backup, sizeof(backup), "%s/backup", world.base);
    assert_int_equal(hvc_store_open(&world.config, &store, &error), 0);
    assert_int_equal(world_run(store, 1, 6, &error), 6);
    shim_arm(matrix->kind, matrix->mode, n, matrix->error);
    if (hvc_store_backup(store, backup, &error) == 0) {
        assert_int_equal(hvc_store_close(store, NULL) == 0 || shim_fired(), true);
        store = NULL;
        restoring = true;
        if (hvc_store_restore(&world.config, backup, true, &error) < 0)
            assert_true(error.text[0] != '\0');
    }
    shim_disarm();
    fired = shim_fired();
    if (store != NULL)
        assert_int_equal(hvc_store_close(store, &error), 0);
    assert_int_equal(hvc_store_open(&world.config, &store, &error), 0);
    hvc_store_facts(store, &facts);
    assert_int_equal(world_read(store, &found, &bad, &error), 0);
    if (facts.damaged ? !restoring || facts.damage[0] == '\0' : world_difference(&found, &wanted[6]) != NULL)
        fail_msg("%s %ju (%s): a copy leaves '%s', %s", matrix->name, (uintmax_t)n, shim_last(), facts.damage,
                 world_difference(&found, &wanted[6]));
    *ret_damaged += facts.damaged;
    assert_int_equal(hvc_store_close(store, &error), 0);
    if (shim_live() > before && fired) /* blocks that libc made for scandir() only seem to have gone */
        fail_msg("%s %ju (%s): %jd blocks leaked", matrix->name, (uintmax_t)n, shim_last(),
                 (intmax_t)(shim_live() - before));
    world_down(&world);
    return fired;
}

static void a_copy_is_whole_or_refused_and_a_store_is_never_half_restored(void **state)
{
    static const struct matrix matrices[] = {{"copy: allocation, once", SHIM_ALLOCATION, SHIM_ONCE, 0},
                                             {"copy: SQLite call, once", SHIM_CALL, SHIM_ONCE, SQLITE_IOERR},
                                             {"copy: file, once", SHIM_FILE, SHIM_ONCE, EIO},
                                             {"copy: file, from then on", SHIM_FILE, SHIM_FROM_THEN_ON, ENOSPC},
                                             {"copy: read, from then on", SHIM_READ, SHIM_FROM_THEN_ON, 0}};

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(matrices); i++) {
        uint64_t n = 1, runs = 0;
        unsigned damaged = 0;

        assert_false(copy_fails_at(&matrices[i], UINT64_MAX, &damaged));
        assert_int_equal(damaged, 0);
        for (; copy_fails_at(&matrices[i], n, &damaged); runs++)
            n += n < 20 ? 1 : 1 + n / 15;
        /* putting the copy in its place is the short end of it: every one of its steps */
        for (uint64_t k = n - 60; matrices[i].kind == SHIM_FILE && k < n; k++, runs++)
            (void)copy_fails_at(&matrices[i], k, &damaged);
        print_message("%s: %ju runs, the last at %ju, %u damaged\n", matrices[i].name, (uintmax_t)runs, (uintmax_t)n,
                      damaged);
    }
}

static void back_to_the_first_version(void)
{
    char path[256];
    sqlite3 *db;

    (void)snprintf(path, sizeof(path), "%s/hvcluster.db", world.store);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, WORLD_BACK_TO_1, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* A store of the first version with four records is opened, which changes its tables, and takes four more. */
static bool upgrade_fails_at(const struct matrix *matrix, uint64_t n)
{
    struct outcome outcome = {0};
    int64_t before = shim_live();
    bool complete, fired;

    world_up(&world, "/dev/shm");
    assert_true(part(1, 4, &outcome));
    back_to_the_first_version();
    shim_arm(matrix->kind, matrix->mode, n, matrix->error);
    complete = part(5, 8, &outcome);
    shim_disarm();
    fired = shim_fired();
    if (complete ? outcome.done != 8 : outcome.error.code >= 0 || outcome.error.text[0] == '\0')
        fail_msg("%s %ju (%s): failed without words", matrix->name, (uintmax_t)n, shim_last());
    if (shim_live() != before)
        fail_msg("%s %ju (%s): blocks leaked", matrix->name, (uintmax_t)n, shim_last());
    check_store(&outcome, matrix->name, n);
    world_down(&world);
    return fired;
}

static void a_store_of_the_first_version_loses_nothing_when_its_upgrade_fails(void **state)
{
    static const struct matrix matrices[] = {{"upgrade: allocation, once", SHIM_ALLOCATION, SHIM_ONCE, 0},
                                             {"upgrade: SQLite call, once", SHIM_CALL, SHIM_ONCE, SQLITE_IOERR},
                                             {"upgrade: file, once", SHIM_FILE, SHIM_ONCE, EIO},
                                             {"upgrade: file, from then on", SHIM_FILE, SHIM_FROM_THEN_ON, ENOSPC}};

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(matrices); i++) {
        uint64_t n = 1, runs = 0;

        assert_false(upgrade_fails_at(&matrices[i], UINT64_MAX));
        for (; upgrade_fails_at(&matrices[i], n); runs++)
            n += n < 60 ? 1 : 1 + n / 15;
        print_message("%s: %ju runs, the last at %ju\n", matrices[i].name, (uintmax_t)runs, (uintmax_t)n);
    }
}

static int prepare(void **state)
{
    (void)state;
    shim_install();
    hvc_store_checkpoint_pages = 40; /* several in one run of the script */
    for (unsigned i = 0; i <= WORLD_SCRIPT; i++)
        world_model_after(i, &wanted[i]);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_allocation_fails_once),
        cmocka_unit_test(allocations_fail_from_then_on),
        cmocka_unit_test(a_call_is_busy_once),
        cmocka_unit_test(a_call_fails_once),
        cmocka_unit_test(calls_fail_from_then_on),
        cmocka_unit_test(a_write_or_fsync_fails_once),
        cmocka_unit_test(writes_and_fsyncs_fail_from_then_on),
        cmocka_unit_test(the_disk_is_full_for_a_moment),
        cmocka_unit_test(the_disk_is_full_from_then_on),
        cmocka_unit_test(a_read_fails_once),
        cmocka_unit_test(reads_fail_from_then_on),
        cmocka_unit_test(a_copy_is_whole_or_refused_and_a_store_is_never_half_restored),
        cmocka_unit_test(a_store_of_the_first_version_loses_nothing_when_its_upgrade_fails),
    };

    return cmocka_run_group_tests(tests, prepare, NULL);
}

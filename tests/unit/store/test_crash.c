/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Power cuts at every change of a file. The model of the disk says what is left: nothing unsynced, random sectors of
 * it, or a prefix with a torn end. Whatever is left, the store holds what was acknowledged or more, in order, and does
 * not call itself damaged. A second start that ends in a power cut right away must not have reported more than it made
 * last.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "../hvc_cmocka.h"
#include "internal.h"
#include "shim.h"
#include "world.h"

enum { HALF = 9 };

static struct world_model wanted[WORLD_SCRIPT + 1], found;

struct outcome {
    unsigned done, submitted;
};

static bool part(const struct world *world, unsigned from, unsigned to, struct outcome *outcome)
{
    struct hvc_store *store;
    struct hvc_error error;
    unsigned done;

    if (hvc_store_open(&world->config, &store, &error) < 0)
        return false;
    done = world_run(store, from, to, &error);
    outcome->done += done;
    outcome->submitted += done == to - from + 1 ? done : done + 1;
    return hvc_store_close(store, &error) == 0 && done == to - from + 1;
}

/* Which step of the script the store holds; the caller's bounds are what it may be. */
static unsigned step_of(const struct world *world, const struct outcome *bounds, const char *what, uint64_t n,
                        struct hvc_store **ret_store)
{
    struct hvc_store_facts facts;
    struct hvc_error error = {0};
    unsigned bad;

    if (hvc_store_open(&world->config, ret_store, &error) < 0)
        fail_msg("%s, cut at %ju: cannot be opened: %s", what, (uintmax_t)n, error.text);
    hvc_store_facts(*ret_store, &facts);
    if (facts.damaged)
        fail_msg("%s, cut at %ju: damaged: %s", what, (uintmax_t)n, facts.damage);
    assert_int_equal(world_read(*ret_store, &found, &bad, &error), 0);
    assert_int_equal(bad, 0);
    for (unsigned i = bounds->done; i <= bounds->submitted; i++)
        if (world_difference(&found, &wanted[i]) == NULL)
            return i;
    fail_msg("%s, cut at %ju: %u records acknowledged, the store holds something else (%s; promised %ju)", what,
             (uintmax_t)n, bounds->done, world_difference(&found, &wanted[bounds->done]), (uintmax_t)found.promised);
    return 0;
}

static void close_plainly(struct hvc_store *store)
{
    struct hvc_error error = {0};

    if (hvc_store_close(store, &error) < 0)
        fail_msg("close: %s", error.text);
}

/* A folder as the power cut leaves it, opened. */
static unsigned after_power_cut(const struct outcome *bounds, enum shim_loss loss, uint32_t seed, const char *what,
                                uint64_t n)
{
    struct world world;
    struct hvc_store *store;
    unsigned step;

    world_up(&world, "/dev/shm");
    assert_int_equal(mkdir(world.store, 0700), 0);
    shim_after_power_cut(world.store, loss, seed);
    step = step_of(&world, bounds, what, n, &store);
    close_plainly(store);
    world_down(&world);
    return step;
}

/* The process dies, the machine does not: the next process sees what was never synced. What it reports must last even
 * if the power goes the moment after. */
static void after_kill(const struct world *world, const struct outcome *bounds, uint64_t n)
{
    struct hvc_store *store;
    struct outcome narrow;

    narrow.done = step_of(world, bounds, "killed", n, &store);
    narrow.submitted = narrow.done;
    (void)after_power_cut(&narrow, SHIM_LOSE_ALL, 1, "killed, started, then without power", n);
    close_plainly(store);
}

static bool all_of_them(void)
{
    return getenv("HVC_FAULTS") != NULL && strcmp(getenv("HVC_FAULTS"), "all") == 0;
}

static bool cut_at(uint64_t n)
{
    static const struct {
        enum shim_loss loss;
        const char *what;
    } losses[] = {
        {SHIM_LOSE_ALL, "all unsynced lost"}, {SHIM_LOSE_SOME, "sectors lost"}, {SHIM_LOSE_TAIL, "tail lost, torn"}};
    struct outcome outcome = {0};
    struct world world;
    bool complete;

    world_up(&world, "/dev/shm");
    assert_int_equal(mkdir(world.store, 0700), 0);
    shim_disk(world.store);
    shim_arm(SHIM_FILE, SHIM_POWER_CUT, n, EIO);
    complete = part(&world, 1, HALF, &outcome) && part(&world, HALF + 1, WORLD_SCRIPT, &outcome);
    shim_disarm();
    if (!complete) {
        for (uint32_t i = 0; i < (all_of_them() ? 6 : 3); i++)
            (void)after_power_cut(&outcome, losses[i % 3].loss, (uint32_t)n * 16 + i, losses[i % 3].what, n);
        after_kill(&world, &outcome, n);
    }
    shim_disk(NULL);
    world_down(&world);
    return !complete;
}

static void a_power_cut_at_any_change_loses_nothing_that_was_acknowledged(void **state)
{
    bool all = all_of_them();
    uint64_t n = 1, runs = 0;

    (void)state;
    for (; cut_at(n); runs++)
        n += all || n < 30 ? 1 : 1 + n / 30;
    print_message("%ju power cuts, the last at change %ju\n", (uintmax_t)runs, (uintmax_t)n);
    assert_true(runs > 60);
}

/* One sync fails, the process ends and starts again, the power goes. false: there is no n-th change any more. */
static bool sync_fails_at(uint64_t n, uint64_t *syncs)
{
    struct outcome outcome = {0};
    struct world world;

    world_up(&world, "/dev/shm");
    assert_int_equal(mkdir(world.store, 0700), 0);
    shim_disk(world.store);
    shim_arm(SHIM_FILE, SHIM_ONCE, n, EIO);
    (void)(part(&world, 1, HALF, &outcome) && part(&world, HALF + 1, WORLD_SCRIPT, &outcome));
    shim_disarm();
    if (shim_fired() && strcmp(shim_last(), "xSync") == 0) {
        ++*syncs;
        after_kill(&world, &outcome, n);
    }
    shim_disk(NULL);
    world_down(&world);
    return shim_fired();
}

static void what_a_failed_sync_left_readable_is_not_taken_as_durable(void **state)
{
    bool all = all_of_them();
    uint64_t n = 1, syncs = 0;

    (void)state;
    for (; sync_fails_at(n, &syncs);)
        n += all || n < 60 ? 1 : 1 + n / 150;
    print_message("%ju failed syncs\n", (uintmax_t)syncs);
    assert_true(syncs > 10);
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
        cmocka_unit_test(a_power_cut_at_any_change_loses_nothing_that_was_acknowledged),
        cmocka_unit_test(what_a_failed_sync_left_readable_is_not_taken_as_durable),
    };

    return cmocka_run_group_tests(tests, prepare, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../hvc_cmocka.h"
#include "world.h"

#define STOP "'uuid':'" VM1 "','name':'vm1','resource':'vm1','timeout_ms':"

static const char *outcome(struct world *world)
{
    return hvc_record_text(world_data(world), "outcome", "");
}

static void what_does_not_run_here_is_stopped_whatever_it_does_elsewhere(void **state)
{
    struct world *w = world_new(2);

    (void)state;
    world_put(w, "n2", HVC_GUEST_RUNNING);
    world_expect(w, world_run(w, "guest.stop", STOP "60000"), HVC_RESULT_OK, "does not run on node n1");
    assert_string_equal(outcome(w), "not-here");
    assert_int_equal(world_class(w, "n2"), HVC_GUEST_RUNNING);
    assert_int_equal(w->nodes[1].inspects + w->nodes[1].destroys + w->nodes[1].shutdowns, 0);
    world_free(w);
}

static void a_guest_that_reacts_shuts_down_by_itself(void **state)
{
    struct world *w = world_new(2);

    (void)state;
    world_own(world_put(w, "n1", HVC_GUEST_RUNNING), "vm1");
    world_expect(w, world_run(w, "guest.stop", STOP "60000"), HVC_RESULT_OK, "has shut down");
    assert_string_equal(outcome(w), "shut-down");
    assert_int_equal(w->nodes[0].shutdowns, 1);
    assert_int_equal(w->nodes[0].destroys, 0);
    world_free(w);
}

static void what_does_not_react_is_forced_down_in_its_part_of_the_time(void **state)
{
    static const struct {
        enum hvc_guest_class guest_class;
        const char *args;
        unsigned shutdowns;
    } cases[] = {
        {HVC_GUEST_RUNNING, STOP "26000", 1},                   /* one second of grace */
        {HVC_GUEST_RUNNING, STOP "60000,'graceful_ms':300", 1}, /* the user's wish */
        {HVC_GUEST_RUNNING, STOP "60000,'force':true", 0},      /* not asked at all */
        {HVC_GUEST_RUNNING, STOP "10000", 0},                   /* too short for a graceful part */
        {HVC_GUEST_PAUSED, STOP "60000", 0},                    /* cannot hear */
        {HVC_GUEST_FAILED, STOP "60000", 0},
        {HVC_GUEST_INCOMING, STOP "60000", 0},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct world *w = world_new(1);
        uint64_t began = hvc_now_ms();

        world_put(w, "n1", cases[i].guest_class);
        w->nodes[0].ignores_shutdown = true;
        world_expect(w, world_run(w, "guest.stop", cases[i].args), HVC_RESULT_OK, "was forced down");
        assert_string_equal(outcome(w), "destroyed");
        assert_int_equal(w->nodes[0].shutdowns, cases[i].shutdowns);
        assert_int_equal(w->nodes[0].destroys, 1);
        assert_true(hvc_now_ms() - began < 3000);
        world_free(w);
    }
}

static void a_timeout_too_short_for_the_parts_is_told_in_words(void **state)
{
    struct world *w = world_new(1);

    (void)state;
    world_put(w, "n1", HVC_GUEST_RUNNING);
    world_expect(w, world_run(w, "guest.stop", STOP "10000"), HVC_RESULT_OK, "was forced down");
    assert_non_null(strstr(hvc_record_text(world_data(w), "warning", ""), "set the op timeout to at least"));
    world_free(w);
}

static void another_resources_guest_is_left_alone(void **state)
{
    struct world *w = world_new(1);

    (void)state;
    world_own(world_put(w, "n1", HVC_GUEST_RUNNING), "other");
    world_expect(w, world_run(w, "guest.stop", STOP "60000"), HVC_RESULT_OK, "left alone by resource vm1");
    assert_string_equal(outcome(w), "untouched");
    assert_int_equal(world_class(w, "n1"), HVC_GUEST_RUNNING);
    assert_int_equal(w->nodes[0].shutdowns + w->nodes[0].destroys, 0);
    world_free(w);
}

static void a_migration_that_leaves_is_cancelled_before_the_guest_is_stopped(void **state)
{
    struct world *w = world_new(2);

    (void)state;
    world_put(w, "n1", HVC_GUEST_RUNNING)->migrating_out = true;
    world_expect(w, world_run(w, "guest.stop", STOP "60000"), HVC_RESULT_OK, "has shut down");
    assert_int_equal(w->nodes[0].cancels, 1);
    assert_int_equal(world_class(w, "n1"), HVC_GUEST_ABSENT);
    assert_int_equal(world_class(w, "n2"), HVC_GUEST_ABSENT);
    world_free(w);
}

static void a_migration_that_just_finishes_counts_and_the_target_is_untouched(void **state)
{
    struct world *w = world_new(2);

    (void)state;
    world_put(w, "n1", HVC_GUEST_LEAVING)->migrating_out = true;
    w->nodes[0].finishes_on_cancel = true;
    w->nodes[0].moves_to = &w->nodes[1];
    world_expect(w, world_run(w, "guest.stop", STOP "60000"), HVC_RESULT_OK, "has moved away");
    assert_string_equal(outcome(w), "moved");
    assert_int_equal(world_class(w, "n2"), HVC_GUEST_RUNNING);
    assert_int_equal(w->nodes[0].shutdowns + w->nodes[0].destroys + w->nodes[1].destroys, 0);
    world_free(w);
}

static void what_cannot_be_forced_down_is_not_called_stopped(void **state)
{
    struct world *w = world_new(1);

    (void)state;
    world_put(w, "n1", HVC_GUEST_RUNNING);
    w->nodes[0].destroy_error = w->nodes[0].kill_error = -EBUSY;
    world_expect(w, world_run(w, "guest.stop", STOP "2000"), HVC_RESULT_FAILED,
                 "Failed to terminate process 4711 with SIGTERM");
    assert_true(w->nodes[0].destroys > 0 && w->nodes[0].kills > 0);
    assert_string_equal(outcome(w), "not-stopped");
    world_free(w);
}

/* What the daemon, which is not root, says about a process that libvirt cannot end; the agent then goes on as root. */
static void a_process_beside_libvirt_is_no_success_without_root(void **state)
{
    static const enum world_answer answers[] = {WORLD_ANSWERS, WORLD_REFUSES, WORLD_HANGS};

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(answers); i++) {
        struct world *w = world_new(1);
        struct world_emulator emulator = world_start_emulator(world_vm1, ":");

        w->nodes[0].answer = answers[i];
        world_expect(w, world_run(w, "guest.stop", STOP "1500"), HVC_RESULT_UNREACHABLE,
                     "only root can end its process");
        assert_int_equal(kill(emulator.pid, 0), 0);
        world_end_emulator(&emulator);
        world_free(w);
    }
}

static void *reap(void *data)
{
    (void)waitpid(*(pid_t *)data, NULL, 0);
    return NULL;
}

static void as_root_the_process_is_ended_also_when_it_ignores_the_polite_signal(void **state)
{
    static const struct {
        enum world_answer answer;
        const char *prepare;
    } cases[] = {{WORLD_ANSWERS, ":"}, {WORLD_REFUSES, ":"}, {WORLD_HANGS, "trap '' TERM"}};

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct world *w = world_new(1);
        struct world_emulator emulator = world_start_emulator(world_vm1, cases[i].prepare);
        pthread_t reaper; /* as init: a process that nobody waits for stays in the table */

        assert_int_equal(pthread_create(&reaper, NULL, reap, &emulator.pid), 0);
        w->nodes[0].answer = cases[i].answer;
        w->operations.privileged = true;
        world_expect(w, world_run(w, "guest.stop", STOP "3000"), HVC_RESULT_OK, "was killed");
        assert_int_equal(pthread_join(reaper, NULL), 0);
        close(emulator.input);
        world_free(w);
    }
}

static void with_libvirt_down_and_no_process_it_is_stopped(void **state)
{
    static const enum world_answer answers[] = {WORLD_REFUSES, WORLD_HANGS};

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(answers); i++) {
        struct world *w = world_new(1);

        w->nodes[0].answer = answers[i];
        world_expect(w, world_run(w, "guest.stop", STOP "3000"), HVC_RESULT_OK, "does not run on node n1");
        world_free(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_does_not_run_here_is_stopped_whatever_it_does_elsewhere),
        cmocka_unit_test(a_guest_that_reacts_shuts_down_by_itself),
        cmocka_unit_test(what_does_not_react_is_forced_down_in_its_part_of_the_time),
        cmocka_unit_test(a_timeout_too_short_for_the_parts_is_told_in_words),
        cmocka_unit_test(another_resources_guest_is_left_alone),
        cmocka_unit_test(a_migration_that_leaves_is_cancelled_before_the_guest_is_stopped),
        cmocka_unit_test(a_migration_that_just_finishes_counts_and_the_target_is_untouched),
        cmocka_unit_test(what_cannot_be_forced_down_is_not_called_stopped),
        cmocka_unit_test(a_process_beside_libvirt_is_no_success_without_root),
        cmocka_unit_test(as_root_the_process_is_ended_also_when_it_ignores_the_polite_signal),
        cmocka_unit_test(with_libvirt_down_and_no_process_it_is_stopped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

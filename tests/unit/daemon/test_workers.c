/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "workers.h"

#include <errno.h>
#include <glib.h>
#include <pthread.h>
#include <stdatomic.h>

#include "loop.h"

#include "../hvc_cmocka.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t change = PTHREAD_COND_INITIALIZER;
static bool gate_open;
static unsigned running, most, done_count, status_done;
static pthread_t main_thread;

static void block(void *context)
{
    (void)context;
    (void)pthread_mutex_lock(&lock);
    running++;
    most = running > most ? running : most;
    (void)pthread_cond_broadcast(&change);
    while (!gate_open)
        (void)pthread_cond_wait(&change, &lock);
    running--;
    (void)pthread_mutex_unlock(&lock);
}

static void quick(void *context)
{
    (void)context;
}

static void done(void *context)
{
    (void)context;
    assert_true(pthread_equal(pthread_self(), main_thread));
    done_count++;
}

static void status_is_done(void *context)
{
    (void)context;
    status_done++;
}

static void open_gate(void)
{
    (void)pthread_mutex_lock(&lock);
    gate_open = true;
    (void)pthread_cond_broadcast(&change);
    (void)pthread_mutex_unlock(&lock);
}

static unsigned now_running(void)
{
    unsigned count;

    (void)pthread_mutex_lock(&lock);
    count = running;
    (void)pthread_mutex_unlock(&lock);
    return count;
}

static int set_up(void **state)
{
    static struct hvc_workers *workers;

    gate_open = false;
    running = most = done_count = status_done = 0;
    main_thread = pthread_self();
    *state = &workers;
    return hvc_workers_new(3, &workers, NULL);
}

static int tear_down(void **state)
{
    open_gate();
    return (int)hvc_workers_free(*(struct hvc_workers **)*state, hvc_deadline_in(20000));
}

static void submit(void **state, void (*run)(void *), uint64_t ms)
{
    assert_int_equal(
        hvc_workers_submit(*(struct hvc_workers **)*state, HVC_LANE_WORK, hvc_deadline_in(ms), run, done, NULL), 0);
}

static void work_runs_in_a_bounded_number_of_threads_and_ends_in_the_main_loop(void **state)
{
    struct hvc_workers_state now;

    for (unsigned i = 0; i < 10; i++)
        submit(state, block, 600000);
    ITERATE_UNTIL(now_running() == 3);
    hvc_workers_state(*(struct hvc_workers **)*state, &now);
    assert_int_equal(now.busy, 3);
    assert_int_equal(now.queued, 7);
    assert_int_equal(now.stuck, 0);
    open_gate();
    ITERATE_UNTIL(done_count == 10);
    assert_int_equal(most, 3);
}

static void stuck_work_is_counted_and_others_take_its_place(void **state)
{
    struct hvc_workers_state now;

    for (unsigned i = 0; i < 3; i++)
        submit(state, block, 1);
    ITERATE_UNTIL(now_running() == 3);
    submit(state, quick, 600000);
    ITERATE_UNTIL(done_count == 1);
    hvc_workers_state(*(struct hvc_workers **)*state, &now);
    assert_int_equal(now.stuck, 3);
    assert_int_equal(now.workers, 4);
}

static void status_is_served_when_every_worker_is_stuck(void **state)
{
    struct hvc_workers *workers = *(struct hvc_workers **)*state;

    for (unsigned i = 0; i < 9; i++)
        submit(state, block, 1);
    ITERATE_UNTIL(now_running() == 9); /* three at a time, as the former three are found stuck */
    assert_int_equal(hvc_workers_submit(workers, HVC_LANE_STATUS, hvc_deadline_in(2000), quick, status_is_done, NULL),
                     0);
    ITERATE_UNTIL(status_done == 1);
    assert_int_equal(now_running(), 9);
}

static void a_full_queue_is_an_error_at_once(void **state)
{
    struct hvc_workers *workers = *(struct hvc_workers **)*state;

    for (unsigned i = 0; i < 3; i++)
        submit(state, block, 600000);
    ITERATE_UNTIL(now_running() == 3);
    for (unsigned i = 0; i < HVC_WORK_QUEUE_MAX; i++)
        submit(state, quick, 600000);
    assert_int_equal(hvc_workers_submit(workers, HVC_LANE_WORK, hvc_deadline_in(1), quick, done, NULL), -EAGAIN);
    open_gate();
    ITERATE_UNTIL(done_count == HVC_WORK_QUEUE_MAX + 3);
}

static void the_end_does_not_wait_for_what_hangs(void **state)
{
    struct hvc_workers *other = NULL;
    uint64_t begin = hvc_now_ms();

    (void)state;
    assert_int_equal(hvc_workers_new(1, &other, NULL), 0);
    assert_int_equal(hvc_workers_submit(other, HVC_LANE_WORK, hvc_deadline_in(1), block, done, NULL), 0);
    ITERATE_UNTIL(now_running() == 1);
    assert_int_equal(hvc_workers_submit(other, HVC_LANE_WORK, hvc_deadline_in(1), quick, done, NULL), 0);
    assert_int_equal(hvc_workers_free(other, hvc_deadline_in(100)), 1);
    assert_in_range(hvc_now_ms() - begin, 90, 30000);
    assert_int_equal(hvc_workers_submit(other, HVC_LANE_WORK, hvc_deadline_in(1), quick, done, NULL), -EAGAIN);
    open_gate();
    ITERATE_UNTIL(done_count == 1);
    assert_int_equal(hvc_workers_free(other, hvc_deadline_in(20000)), 0);
    assert_int_equal(hvc_workers_free(NULL, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(work_runs_in_a_bounded_number_of_threads_and_ends_in_the_main_loop, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(stuck_work_is_counted_and_others_take_its_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(status_is_served_when_every_worker_is_stuck, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_queue_is_an_error_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_end_does_not_wait_for_what_hangs, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

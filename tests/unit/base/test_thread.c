/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/thread.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#include "hvc/clock.h"

#include "../hvc_cmocka.h"

struct held {
    int pipe[2];
    atomic_bool signals_blocked;
};

static void *wait_for_a_byte(void *argument)
{
    struct held *held = argument;
    sigset_t now;
    char byte;

    (void)pthread_sigmask(SIG_SETMASK, NULL, &now);
    atomic_store(&held->signals_blocked, sigismember(&now, SIGTERM) == 1);
    (void)!read(held->pipe[0], &byte, 1);
    return NULL;
}

static void let_go(const struct held *held)
{
    assert_int_equal(write(held->pipe[1], "x", 1), 1);
}

static void end(const struct held *held)
{
    (void)close(held->pipe[0]);
    (void)close(held->pipe[1]);
}

static void a_joined_thread_takes_no_signal_and_its_maker_keeps_its_own_mask(void **state)
{
    struct held held = {.signals_blocked = false};
    pthread_t thread;
    sigset_t now;

    (void)state;
    assert_int_equal(pipe(held.pipe), 0);
    assert_int_equal(hvc_thread_start(wait_for_a_byte, &held, &thread), 0);
    let_go(&held);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(held.signals_blocked);
    assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &now), 0);
    assert_int_equal(sigismember(&now, SIGTERM), 0);
    end(&held);
}

static void threads_that_are_held_are_counted_until_they_have_ended(void **state)
{
    struct held held[3] = {{.signals_blocked = false}};

    (void)state;
    assert_int_equal(hvc_thread_await(hvc_now_ms()), 0);
    for (size_t i = 0; i < HVC_COUNT(held); i++) {
        assert_int_equal(pipe(held[i].pipe), 0);
        assert_int_equal(hvc_thread_leave(wait_for_a_byte, &held[i]), 0);
    }
    assert_int_equal(hvc_thread_await(hvc_now_ms()), 3);
    assert_int_equal(hvc_thread_await(hvc_deadline_in(20)), 3);
    let_go(&held[1]);
    let_go(&held[2]);
    while (hvc_thread_await(hvc_deadline_in(1)) != 1)
        ;
    let_go(&held[0]);
    assert_int_equal(hvc_thread_await(HVC_NO_DEADLINE), 0);
    for (size_t i = 0; i < HVC_COUNT(held); i++) {
        assert_true(held[i].signals_blocked);
        end(&held[i]);
    }
}

static void many_threads_leave_nothing_behind(void **state)
{
    struct held held = {.signals_blocked = false};

    (void)state;
    assert_int_equal(pipe(held.pipe), 0);
    for (unsigned i = 0; i < 500; i++) {
        let_go(&held);
        assert_int_equal(hvc_thread_leave(wait_for_a_byte, &held), 0);
    }
    assert_int_equal(hvc_thread_await(HVC_NO_DEADLINE), 0);
    end(&held);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_joined_thread_takes_no_signal_and_its_maker_keeps_its_own_mask),
        cmocka_unit_test(threads_that_are_held_are_counted_until_they_have_ended),
        cmocka_unit_test(many_threads_leave_nothing_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

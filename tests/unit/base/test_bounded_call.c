/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/bounded_call.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

#include "hvc/clock.h"

#include "../hvc_cmocka.h"

struct work {
    int pipe[2];
    atomic_bool returned, released;
    bool signals_blocked;
};

static void blocks_until_told(void *context)
{
    struct work *work = context;
    char byte;
    sigset_t now;

    (void)pthread_sigmask(SIG_SETMASK, NULL, &now);
    work->signals_blocked = sigismember(&now, SIGTERM) == 1;
    (void)!read(work->pipe[0], &byte, 1);
    atomic_store(&work->returned, true);
}

static void release(void *context)
{
    struct work *work = context;

    atomic_store(&work->released, true);
}

static void let_go(struct work *work)
{
    assert_int_equal(write(work->pipe[1], "x", 1), 1);
}

static bool becomes(atomic_bool *flag)
{
    uint64_t deadline = hvc_deadline_in(5000);

    while (!atomic_load(flag) && hvc_deadline_left(deadline) > 0)
        (void)usleep(500);
    return atomic_load(flag);
}

static void a_call_that_returns_in_time_gives_its_context_back(void **state)
{
    static struct hvc_bounded_limit limit = {.max_stuck = 1};
    struct work work = {0};

    (void)state;
    assert_int_equal(pipe(work.pipe), 0);
    let_go(&work);
    assert_int_equal(hvc_bounded_call(&limit, blocks_until_told, release, &work, hvc_deadline_in(5000)), 0);
    assert_true(work.returned);
    assert_true(work.signals_blocked);
    assert_false(work.released);
    let_go(&work);
    assert_int_equal(hvc_bounded_call(&limit, blocks_until_told, release, &work, HVC_NO_DEADLINE), 0);
    close(work.pipe[0]);
    close(work.pipe[1]);
}

static void a_call_that_hangs_is_left_behind_and_counted_until_it_returns(void **state)
{
    static struct hvc_bounded_limit limit = {.max_stuck = 1};
    static struct work first, second;
    uint64_t began = hvc_now_ms();

    (void)state;
    assert_int_equal(pipe(first.pipe), 0);
    assert_int_equal(hvc_bounded_call(&limit, blocks_until_told, release, &first, hvc_deadline_in(30)), -ETIMEDOUT);
    assert_true(hvc_now_ms() - began >= 29);
    assert_false(first.released);
    assert_int_equal(atomic_load(&limit.stuck), 1);
    /* the place is taken: the next one fails without waiting, and is not started */
    assert_int_equal(hvc_bounded_call(&limit, blocks_until_told, release, &second, HVC_NO_DEADLINE), -ETIMEDOUT);
    assert_true(second.released);
    assert_false(second.returned);
    let_go(&first);
    assert_true(becomes(&first.released));
    for (uint64_t end = hvc_deadline_in(5000); atomic_load(&limit.stuck) != 0 && hvc_deadline_left(end) > 0;)
        (void)usleep(500);
    assert_int_equal(atomic_load(&limit.stuck), 0);
    close(first.pipe[0]);
    close(first.pipe[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_that_returns_in_time_gives_its_context_back),
        cmocka_unit_test(a_call_that_hangs_is_left_behind_and_counted_until_it_returns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

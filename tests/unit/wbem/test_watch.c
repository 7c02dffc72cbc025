/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Deadlines of connections, by a clock that the test sets: none is so near that the thread of the watch meets it. */
#include "watch.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../hvc_cmocka.h"
#include "hvc/clock.h"

enum { SHORTEST_MS = 3600000, CONNECTIONS = 4 };

struct world {
    struct hvc_wbemd_watch *watch;
    int fds[CONNECTIONS][2];
    struct hvc_wbemd_watched watched[CONNECTIONS];
    uint64_t now_ms; /* hours ahead of the thread's */
};

static int begin(void **state)
{
    static struct world world;
    struct hvc_error error = {0};

    assert_int_equal(hvc_wbemd_watch_new(SHORTEST_MS, &world.watch, &error), 0);
    world.now_ms = hvc_now_ms() + UINT64_C(10) * SHORTEST_MS;
    for (unsigned i = 0; i < CONNECTIONS; i++) {
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, world.fds[i]), 0);
        world.watched[i].fd = world.fds[i][0];
        world.watched[i].deadline_ms = world.now_ms + (i + 1) * UINT64_C(1000);
        hvc_wbemd_watch_add(world.watch, &world.watched[i]);
    }
    *state = &world;
    return 0;
}

static int end(void **state)
{
    struct world *world = *state;

    for (unsigned i = 0; i < CONNECTIONS; i++) {
        if (world->watched[i].fd >= 0)
            hvc_wbemd_watch_remove(world->watch, &world->watched[i]);
        assert_int_equal(close(world->fds[i][0]), 0);
        assert_int_equal(close(world->fds[i][1]), 0);
    }
    hvc_wbemd_watch_free(world->watch);
    return 0;
}

/* As the client sees it. */
static bool is_shut(const struct world *world, unsigned at)
{
    char byte;
    ssize_t got = recv(world->fds[at][1], &byte, 1, MSG_DONTWAIT);

    assert_true(got == 0 || (got < 0 && errno == EAGAIN));
    return got == 0;
}

static void a_connection_is_shut_when_its_deadline_has_passed_and_not_before(void **state)
{
    struct world *world = *state;
    uint64_t now_ms = world->now_ms;

    assert_int_equal(hvc_wbemd_watch_look(world->watch, now_ms + 999), now_ms + 1000);
    for (unsigned i = 0; i < CONNECTIONS; i++)
        assert_false(is_shut(world, i));
    assert_int_equal(hvc_wbemd_watch_look(world->watch, now_ms + 2000), now_ms + 3000);
    for (unsigned i = 0; i < CONNECTIONS; i++)
        assert_int_equal(is_shut(world, i), i < 2);
}

static void a_deadline_that_is_moved_or_taken_away_is_heeded(void **state)
{
    struct world *world = *state;
    uint64_t now_ms = world->now_ms;

    world->watched[0].deadline_ms = now_ms + 9000;
    world->watched[1].deadline_ms = HVC_NO_DEADLINE;
    assert_int_equal(hvc_wbemd_watch_look(world->watch, now_ms + 5000), now_ms + 9000);
    assert_false(is_shut(world, 0));
    assert_false(is_shut(world, 1));
    assert_true(is_shut(world, 2));
    assert_true(is_shut(world, 3));
}

static void what_is_removed_is_not_touched_any_more(void **state)
{
    struct world *world = *state;

    for (unsigned i = 0; i < CONNECTIONS; i += 2) { /* from the middle, and the end */
        hvc_wbemd_watch_remove(world->watch, &world->watched[i]);
        world->watched[i].fd = -1;
    }
    (void)hvc_wbemd_watch_look(world->watch, world->now_ms + 60000);
    for (unsigned i = 0; i < CONNECTIONS; i++)
        assert_int_equal(is_shut(world, i), i % 2);
}

static void it_is_looked_again_before_a_deadline_that_is_set_afterwards_can_pass(void **state)
{
    struct world *world = *state;

    for (unsigned i = 0; i < CONNECTIONS; i++)
        world->watched[i].deadline_ms = HVC_NO_DEADLINE;
    assert_int_equal(hvc_wbemd_watch_look(world->watch, world->now_ms), world->now_ms + SHORTEST_MS);
    for (unsigned i = 0; i < CONNECTIONS; i++) {
        hvc_wbemd_watch_remove(world->watch, &world->watched[i]);
        world->watched[i].fd = -1;
    }
    assert_true(hvc_wbemd_watch_look(world->watch, world->now_ms) == HVC_NO_DEADLINE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_connection_is_shut_when_its_deadline_has_passed_and_not_before, begin, end),
        cmocka_unit_test_setup_teardown(a_deadline_that_is_moved_or_taken_away_is_heeded, begin, end),
        cmocka_unit_test_setup_teardown(what_is_removed_is_not_touched_any_more, begin, end),
        cmocka_unit_test_setup_teardown(it_is_looked_again_before_a_deadline_that_is_set_afterwards_can_pass, begin,
                                        end),
    };

    return cmocka_run_group_tests_name("wbem.watch", tests, NULL, NULL);
}

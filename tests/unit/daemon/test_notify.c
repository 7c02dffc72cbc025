/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../hvc_cmocka.h"

static int listen_as(const char *path, struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path) + (path[0] == '@' ? 0 : 1));

    memset(address, 0, sizeof(*address));
    address->sun_family = AF_UNIX;
    (void)snprintf(address->sun_path, sizeof(address->sun_path), "%.100s", path);
    if (path[0] == '@')
        address->sun_path[0] = '\0';
    assert_int_equal(bind(fd, (struct sockaddr *)address, length), 0);
    return fd;
}

static void a_state_arrives_at_both_kinds_of_socket(void **state)
{
    char paths[2][64];

    (void)state;
    (void)snprintf(paths[0], sizeof(paths[0]), "@hvc-test-notify-%d", (int)getpid());
    (void)snprintf(paths[1], sizeof(paths[1]), "/tmp/hvc-test-notify-%d", (int)getpid());
    for (size_t i = 0; i < 2; i++) {
        struct sockaddr_un address;
        int fd = listen_as(paths[i], &address);
        char text[64] = "";

        assert_int_equal(setenv("NOTIFY_SOCKET", paths[i], 1), 0);
        assert_int_equal(hvc_notify("READY=1\nSTATUS=x"), 0);
        assert_true(recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT) > 0);
        assert_string_equal(text, "READY=1\nSTATUS=x");
        (void)close(fd);
        assert_int_equal(hvc_notify("READY=1"), -ECONNREFUSED);
    }
    (void)unlink(paths[1]);
}

static void without_a_socket_nothing_happens_and_a_bad_one_is_told(void **state)
{
    (void)state;
    assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
    assert_int_equal(hvc_notify("READY=1"), 0);
    assert_int_equal(setenv("NOTIFY_SOCKET", "relative", 1), 0);
    assert_int_equal(hvc_notify("READY=1"), -EINVAL);
    assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
}

static void the_watchdog_is_fed_twice_in_its_time_and_only_by_its_process(void **state)
{
    char pid[32];

    (void)state;
    (void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
    assert_int_equal(unsetenv("WATCHDOG_USEC"), 0);
    assert_int_equal(hvc_notify_watchdog_ms(), 0);
    assert_int_equal(setenv("WATCHDOG_USEC", "30000000", 1), 0);
    assert_int_equal(hvc_notify_watchdog_ms(), 15000);
    assert_int_equal(setenv("WATCHDOG_PID", pid, 1), 0);
    assert_int_equal(hvc_notify_watchdog_ms(), 15000);
    assert_int_equal(setenv("WATCHDOG_PID", "1", 1), 0);
    assert_int_equal(hvc_notify_watchdog_ms(), 0);
    assert_int_equal(setenv("WATCHDOG_USEC", "soon", 1), 0);
    assert_int_equal(hvc_notify_watchdog_ms(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_state_arrives_at_both_kinds_of_socket),
        cmocka_unit_test(without_a_socket_nothing_happens_and_a_bad_one_is_told),
        cmocka_unit_test(the_watchdog_is_fed_twice_in_its_time_and_only_by_its_process),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What answers is reached: made or refused; what does not is told in time. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../hvc_cmocka.h"
#include "hvc/clock.h"
#include "reach.h"

/* A listener whose queue is full and that accepts nobody: the next connection is never answered. */
static int full_listener(uint16_t *ret_port, int waiting[4])
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(name);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
    assert_int_equal(listen(fd, 0), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &length), 0);
    for (unsigned i = 0; i < 4; i++) {
        waiting[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        assert_true(connect(waiting[i], (struct sockaddr *)&name, sizeof(name)) == 0 || errno == EINPROGRESS);
    }
    *ret_port = ntohs(name.sin_port);
    return fd;
}

static void made_or_refused_is_reached_and_silence_is_not(void **state)
{
    struct hvc_address addresses[2] = {{.family = 4, .bytes = {127, 0, 0, 1}}, {.family = 4, .bytes = {127, 0, 0, 2}}};
    int results[2] = {7, 7}, waiting[4];
    uint64_t begin_ms = hvc_now_ms();
    uint16_t port;
    int fd = full_listener(&port, waiting);

    (void)state;
    hvc_reach(addresses, 2, port, 300, results);
    assert_int_equal(results[0], -ETIMEDOUT);
    assert_int_equal(results[1], 0); /* nobody listens there: refused */
    assert_true(hvc_now_ms() - begin_ms >= 300);
    for (unsigned i = 0; i < 4; i++)
        (void)close(waiting[i]);
    assert_int_equal(close(fd), 0);
    begin_ms = hvc_now_ms();
    hvc_reach(addresses, 2, port, 60000, results);
    assert_int_equal(results[0], 0);
    assert_true(hvc_now_ms() - begin_ms < 60000);
    hvc_reach(addresses, 0, port, 60000, results);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(made_or_refused_is_reached_and_silence_is_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "direct_request.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../hvc_cmocka.h"
#include "hvc/clock.h"
#include "hvc/limits.h"

static int pair[2];
static struct hvc_error error;

static int begin(void **state)
{
    (void)state;
    hvc_error_clear(&error);
    return socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
}

static int end(void **state)
{
    (void)state;
    (void)close(pair[0]);
    (void)close(pair[1]);
    return 0;
}

static void say(const char *text)
{
    assert_int_equal(write(pair[0], text, strlen(text)), (ssize_t)strlen(text));
}

static void a_request_ends_with_its_line(void **state)
{
    char *text = NULL;
    size_t length = 0;

    (void)state;
    say("{\"op\":\"x\"}\n");
    assert_int_equal(hvc_direct_read(pair[1], &text, &length, &error), 0);
    assert_string_equal(text, "{\"op\":\"x\"}");
    assert_int_equal(length, 10);
    free(text);
}

static void a_request_ends_with_the_input(void **state)
{
    char *text = NULL;
    size_t length = 0;

    (void)state;
    say("{}");
    assert_int_equal(shutdown(pair[0], SHUT_WR), 0);
    assert_int_equal(hvc_direct_read(pair[1], &text, &length, &error), 0);
    assert_string_equal(text, "{}");
    free(text);
    assert_int_equal(hvc_direct_read(pair[1], &text, &length, &error), -EINVAL);
    assert_string_equal(error.text, "there is no request on standard input");
}

static void a_request_that_is_too_big_is_refused(void **state)
{
    static char big[HVC_IPC_MESSAGE_MAX + 2];
    char path[] = "/tmp/hvc-request-XXXXXX";
    int fd = mkstemp(path);
    char *text = NULL;
    size_t length = 0;

    (void)state;
    assert_true(fd >= 0);
    (void)unlink(path);
    memset(big, 'x', sizeof(big));
    assert_int_equal(write(fd, big, sizeof(big)), (ssize_t)sizeof(big));
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    assert_int_equal(hvc_direct_read(fd, &text, &length, &error), -E2BIG);
    assert_int_equal(ftruncate(fd, HVC_IPC_MESSAGE_MAX), 0);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    assert_int_equal(hvc_direct_read(fd, &text, &length, &error), 0);
    assert_int_equal(length, HVC_IPC_MESSAGE_MAX);
    free(text);
    (void)close(fd);
}

static atomic_bool ended;
static void note_end(void *context)
{
    (void)context;
    atomic_store(&ended, true);
}

static void the_end_of_the_lifeline_is_noticed_and_nothing_else(void **state)
{
    uint64_t deadline = hvc_deadline_in(5000);

    (void)state;
    assert_int_equal(hvc_direct_watch(pair[1], note_end, NULL), 0);
    say("more");
    (void)poll(NULL, 0, 50);
    assert_false(atomic_load(&ended));
    assert_int_equal(shutdown(pair[0], SHUT_WR), 0);
    while (!atomic_load(&ended)) {
        assert_true(hvc_deadline_left(deadline) > 0);
        (void)poll(NULL, 0, 5);
    }
}

#define T(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_request_ends_with_its_line),
        T(a_request_ends_with_the_input),
        T(a_request_that_is_too_big_is_refused),
        T(the_end_of_the_lifeline_is_noticed_and_nothing_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

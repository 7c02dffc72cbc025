/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sending.h"

#include <errno.h>

#include "../hvc_cmocka.h"
#include "hvc/limits.h"

/* What corosync stands for here: takes so many messages, then answers with an error. */
struct sink {
    unsigned takes;
    int then;
    char taken[16];
    unsigned count;
};

static int take(void *context, const void *bytes, size_t length)
{
    struct sink *sink = context;

    assert_int_equal(length, 1);
    if (sink->takes == 0)
        return sink->then;
    sink->takes--;
    sink->taken[sink->count++] = *(const char *)bytes;
    return 0;
}

static void put_abc(struct hvc_queue *queue)
{
    hvc_queue_init(queue, 100);
    for (const char *at = "abc"; *at != '\0'; at++)
        assert_int_equal(hvc_sending_put(queue, at, 1), 0);
}

static void what_waits_goes_out_in_order(void **state)
{
    struct sink sink = {.takes = 9};
    struct hvc_queue queue;

    (void)state;
    put_abc(&queue);
    assert_int_equal(hvc_sending_flush(&queue, take, &sink), 0);
    assert_string_equal(sink.taken, "abc");
    assert_int_equal(hvc_sending_flush(&queue, take, &sink), 0);
    assert_int_equal(sink.count, 3);
    hvc_queue_done(&queue);
}

static void a_message_that_is_not_taken_now_stays_the_next_one(void **state)
{
    struct sink sink = {.takes = 1, .then = -EAGAIN};
    struct hvc_queue queue;

    (void)state;
    put_abc(&queue);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(hvc_sending_flush(&queue, take, &sink), -EAGAIN);
    assert_string_equal(sink.taken, "a");
    sink.takes = 2;
    assert_int_equal(hvc_sending_flush(&queue, take, &sink), 0);
    assert_string_equal(sink.taken, "abc");
    hvc_queue_done(&queue);
}

static void a_failure_ends_it_and_the_message_is_gone(void **state)
{
    struct sink sink = {.takes = 1, .then = -EIO};
    struct hvc_queue queue;

    (void)state;
    put_abc(&queue);
    assert_int_equal(hvc_sending_flush(&queue, take, &sink), -EIO);
    assert_int_equal(hvc_queue_bytes(&queue), 1);
    hvc_queue_done(&queue);
}

static void what_is_too_long_or_too_much_is_refused(void **state)
{
    static const char big[HVC_RING_MESSAGE_MAX + 1];
    struct hvc_queue queue;

    (void)state;
    hvc_queue_init(&queue, HVC_RING_MESSAGE_MAX);
    assert_int_equal(hvc_sending_put(&queue, big, sizeof(big)), -EMSGSIZE);
    assert_int_equal(hvc_sending_put(&queue, big, sizeof(big) - 1), 0);
    assert_int_equal(hvc_sending_put(&queue, big, 1), -ENOBUFS);
    hvc_queue_done(&queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_waits_goes_out_in_order),
        cmocka_unit_test(a_message_that_is_not_taken_now_stays_the_next_one),
        cmocka_unit_test(a_failure_ends_it_and_the_message_is_gone),
        cmocka_unit_test(what_is_too_long_or_too_much_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

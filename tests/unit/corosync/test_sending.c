/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sending.h"

#include <errno.h>

#include "../hvc_cmocka.h"
#include "hvc/limits.h"

/* What corosync stands for here: takes so many packets, then answers with an error. */
struct sink {
    unsigned takes;
    int then;
    unsigned packets;
    char taken[16]; /* the messages of one byte in them */
    unsigned count;
};

static void take_part(void *context, const void *bytes, size_t length)
{
    struct sink *sink = context;

    assert_int_equal(length, 1);
    sink->taken[sink->count++] = *(const char *)bytes;
}

static int take(void *context, const void *bytes, size_t length)
{
    struct sink *sink = context;

    if (sink->takes == 0)
        return sink->then;
    sink->takes--;
    sink->packets++;
    hvc_sending_unpack(bytes, length, take_part, sink);
    return 0;
}

static struct hvc_sending sending;

static void put(const char *letters)
{
    for (const char *at = letters; *at != '\0'; at++)
        assert_int_equal(hvc_sending_put(&sending, at, 1), 0);
}

static int set_up(void **state)
{
    (void)state;
    hvc_sending_init(&sending, 3 * HVC_RING_MESSAGE_MAX);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    hvc_sending_done(&sending);
    return 0;
}

static void what_waits_goes_out_in_order_and_at_once(void **state)
{
    struct sink sink = {.takes = 9};

    (void)state;
    put("abc");
    assert_int_equal(hvc_sending_flush(&sending, take, &sink), 0);
    assert_string_equal(sink.taken, "abc");
    assert_int_equal(hvc_sending_flush(&sending, take, &sink), 0);
    assert_int_equal(sink.packets, 1);
}

static void a_packet_that_is_not_taken_now_stays_and_takes_in_what_comes(void **state)
{
    struct sink sink = {.then = -EAGAIN};

    (void)state;
    put("abc");
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(hvc_sending_flush(&sending, take, &sink), -EAGAIN);
    put("d");
    sink.takes = 2;
    assert_int_equal(hvc_sending_flush(&sending, take, &sink), 0);
    assert_string_equal(sink.taken, "abcd");
    assert_int_equal(sink.packets, 1);
}

static void a_failure_ends_it_and_the_packet_is_gone(void **state)
{
    struct sink sink = {.takes = 0, .then = -EIO};

    (void)state;
    put("abc");
    assert_int_equal(hvc_sending_flush(&sending, take, &sink), -EIO);
    assert_int_equal(hvc_sending_flush(&sending, take, &sink), 0);
    assert_int_equal(sink.count, 0);
}

static void what_is_cleared_is_not_sent_packed_or_not(void **state)
{
    struct sink sink = {.then = -EAGAIN};

    (void)state;
    put("ab");
    assert_int_equal(hvc_sending_flush(&sending, take, &sink), -EAGAIN);
    put("c");
    hvc_sending_clear(&sending);
    sink.takes = 9;
    put("d");
    assert_int_equal(hvc_sending_flush(&sending, take, &sink), 0);
    assert_string_equal(sink.taken, "d");
}

static void what_is_too_long_or_too_much_is_refused(void **state)
{
    static const char big[HVC_RING_MESSAGE_MAX + 1];

    (void)state;
    assert_int_equal(hvc_sending_put(&sending, big, sizeof(big)), -EMSGSIZE);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(hvc_sending_put(&sending, big, sizeof(big) - 1), 0);
    assert_int_equal(hvc_sending_put(&sending, big, 1), -ENOBUFS);
}

static void who_puts_gives_out_himself_once_there_is_a_connection(void **state)
{
    struct sink sink = {.takes = 2, .then = -EAGAIN};

    (void)state;
    put("ab");
    assert_false(hvc_sending_try(&sending, take, &sink));
    hvc_sending_open(&sending, true);
    assert_true(hvc_sending_try(&sending, take, &sink));
    assert_string_equal(sink.taken, "ab");
    put("c");
    hvc_sending_open(&sending, false);
    assert_false(hvc_sending_try(&sending, take, &sink));
    assert_int_equal(sink.packets, 1);
}

static void what_is_not_taken_from_who_puts_the_thread_sends_first(void **state)
{
    struct sink sink = {.then = -EAGAIN};

    (void)state;
    hvc_sending_open(&sending, true);
    put("ab");
    assert_false(hvc_sending_try(&sending, take, &sink));
    put("c");
    sink.takes = 9;
    assert_int_equal(hvc_sending_flush(&sending, take, &sink), 0);
    assert_string_equal(sink.taken, "abc");
}

static int count_packet(void *context, const void *bytes, size_t length)
{
    unsigned *packets = context;

    assert_non_null(bytes);
    assert_true(length > 0);
    ++*packets;
    return 0;
}

/* Until one more is refused. */
static unsigned give_one_by_one(unsigned *packets)
{
    unsigned before = *packets;

    do
        put("x");
    while (hvc_sending_try(&sending, count_packet, packets) && *packets - before <= 2 * HVC_SENDING_UNDER_WAY);
    return *packets - before;
}

/* More of them could fill the socket of a corosync that is stopped. */
static void who_puts_has_few_packets_under_way(void **state)
{
    unsigned packets = 0;

    (void)state;
    hvc_sending_open(&sending, true);
    assert_int_equal(give_one_by_one(&packets), HVC_SENDING_UNDER_WAY);
    hvc_sending_back(&sending); /* room for the one that was refused */
    assert_true(hvc_sending_try(&sending, count_packet, &packets));
    assert_int_equal(give_one_by_one(&packets), 0);
    assert_int_equal(hvc_sending_flush(&sending, count_packet, &packets), 0); /* the thread may wait */
    assert_int_equal(packets, HVC_SENDING_UNDER_WAY + 2);
    assert_int_equal(give_one_by_one(&packets), 0);
    hvc_sending_clear(&sending); /* the view has ended: what corosync dropped never comes back */
    assert_int_equal(give_one_by_one(&packets), HVC_SENDING_UNDER_WAY);
    hvc_sending_clear(&sending);
    hvc_sending_back(&sending); /* one of the view before */
    assert_int_equal(give_one_by_one(&packets), HVC_SENDING_UNDER_WAY);
}

struct lengths {
    size_t length[8];
    unsigned packets, count;
};

static void note_length(void *context, const void *bytes, size_t length)
{
    struct lengths *lengths = context;

    (void)bytes;
    lengths->length[lengths->count++] = length;
}

static int note_packet(void *context, const void *bytes, size_t length)
{
    struct lengths *lengths = context;

    assert_in_range(length, 1, HVC_RING_PACKET_MAX);
    lengths->packets++;
    hvc_sending_unpack(bytes, length, note_length, lengths);
    return 0;
}

static void messages_of_every_size_travel_in_as_many_packets_as_they_need(void **state)
{
    static const char big[HVC_RING_MESSAGE_MAX];
    struct lengths lengths = {.packets = 0};

    (void)state;
    assert_int_equal(hvc_sending_put(&sending, big, 0), 0);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(hvc_sending_put(&sending, big, sizeof(big)), 0);
    assert_int_equal(hvc_sending_put(&sending, big, 7), 0);
    assert_int_equal(hvc_sending_flush(&sending, note_packet, &lengths), 0);
    assert_int_equal(lengths.packets, 2);
    assert_int_equal(lengths.count, 4);
    assert_int_equal(lengths.length[0], 0);
    assert_int_equal(lengths.length[1], sizeof(big));
    assert_int_equal(lengths.length[2], sizeof(big));
    assert_int_equal(lengths.length[3], 7);
}

static void what_is_no_packet_is_given_as_it_is(void **state)
{
    static const struct {
        const char *bytes;
        size_t length, last; /* of the part that cannot be read */
        unsigned parts;
    } cases[] = {
        {"abc", 3, 3, 1},                         /* half a length */
        {"\1\0\0\0x\5\0\0\0y", 10, 5, 2},         /* a part that is cut */
        {"\1\0\0\0x\xff\xff\xff\xffy", 10, 5, 2}, /* an absurd length */
        {"\1\0\0\0x\1\0\0", 8, 3, 2},             /* half a length behind a part */
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct lengths lengths = {.packets = 0};

        hvc_sending_unpack(cases[i].bytes, cases[i].length, note_length, &lengths);
        assert_int_equal(lengths.count, cases[i].parts);
        assert_int_equal(lengths.length[lengths.count - 1], cases[i].last);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_waits_goes_out_in_order_and_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_packet_that_is_not_taken_now_stays_and_takes_in_what_comes, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_failure_ends_it_and_the_packet_is_gone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_cleared_is_not_sent_packed_or_not, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_too_long_or_too_much_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_puts_gives_out_himself_once_there_is_a_connection, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_taken_from_who_puts_the_thread_sends_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_puts_has_few_packets_under_way, set_up, tear_down),
        cmocka_unit_test_setup_teardown(messages_of_every_size_travel_in_as_many_packets_as_they_need, set_up,
                                        tear_down),
        cmocka_unit_test(what_is_no_packet_is_given_as_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/ring.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "hvc/clock.h"
#include "hvc/thread.h"

#include "../hvc_cmocka.h"
#include "solo.h"

enum { MESSAGES = 3000, WAIT_MS = 30000 };

static struct hvc_ring *ring;
static bool in_view; /* as far as events were taken */

static void open_ring(void)
{
    struct hvc_error error = {0};

    if (hvc_ring_open("test", &ring, &error) != 0)
        fail_msg("%s", error.text);
}

/* The next event of that kind; others are passed over unless they would mean that it never comes. */
static struct hvc_replication_event wait_for(enum hvc_replication_event_kind kind)
{
    uint64_t end = hvc_deadline_in(WAIT_MS);
    struct hvc_replication_event event = {.kind = kind};
    struct hvc_ring_status status;

    while (hvc_deadline_left(end) > 0) {
        struct pollfd fd = {.fd = hvc_ring_fd(ring), .events = POLLIN};

        while (hvc_ring_next(ring, &event)) {
            if (event.kind == HVC_REPLICATION_VIEW || event.kind == HVC_REPLICATION_VIEW_END)
                in_view = event.kind == HVC_REPLICATION_VIEW;
            if (event.kind == kind)
                return event;
        }
        (void)poll(&fd, 1, (int)hvc_deadline_left(end));
    }
    hvc_ring_status(ring, &status);
    fail_msg("no event %d within %d ms; %s: %s", (int)kind, WAIT_MS, hvc_ring_health_name(status.health),
             status.last.text);
    return event;
}

static void wait_for_health(enum hvc_ring_health health, struct hvc_ring_status *ret_status)
{
    uint64_t end = hvc_deadline_in(WAIT_MS);

    do {
        hvc_ring_status(ring, ret_status);
        if (ret_status->health == health)
            return;
        (void)poll(NULL, 0, 20);
    } while (hvc_deadline_left(end) > 0);
    fail_msg("it is %s, not %s: %s", hvc_ring_health_name(ret_status->health), hvc_ring_health_name(health),
             ret_status->last.text);
}

static void without_corosync_it_waits_and_says_why(void **state)
{
    struct hvc_replication_event event;
    struct hvc_ring_status status;
    uint64_t end = hvc_deadline_in(WAIT_MS);

    (void)state;
    open_ring();
    do {
        (void)poll(NULL, 0, 20);
        hvc_ring_status(ring, &status);
    } while (status.last.code == 0 && hvc_deadline_left(end) > 0);
    assert_int_equal(status.health, HVC_RING_CONNECTING);
    assert_non_null(strstr(status.last.text, "cannot connect to corosync's CPG"));
    assert_int_equal(hvc_ring_node(ring), 0);
    assert_int_equal(hvc_ring_send(ring, "x", 1), -ENOTCONN);
    assert_false(hvc_ring_next(ring, &event));
}

static void it_joins_when_corosync_comes_and_tells_view_votes_and_names(void **state)
{
    struct hvc_replication_event event;
    struct hvc_ring_status status;
    char name[HVC_NODE_NAME_MAX];

    (void)state;
    solo_start();
    event = wait_for(HVC_REPLICATION_QUORUM);
    assert_false(event.quorum.quorate);
    assert_int_equal(event.quorum.votes, 1);
    assert_int_equal(event.quorum.expected, 3);
    assert_int_equal(event.quorum.quorum, 2);
    assert_int_equal(event.quorum.modes, 0);
    assert_int_equal(event.quorum.count, 3);
    assert_int_equal(event.quorum.nodes[1].node, 9);
    assert_int_equal(event.quorum.nodes[1].votes, 1);
    assert_int_equal(hvc_ring_name(ring, 7, name), 0);
    assert_string_equal(name, "alone");
    assert_int_equal(hvc_ring_name(ring, 8, name), 0);
    assert_string_equal(name, "away");
    assert_int_equal(hvc_ring_name(ring, 1, name), -ENOENT);
    assert_int_equal(hvc_ring_node(ring), 7);
    wait_for_health(HVC_RING_JOINED, &status);
    if (!in_view) /* quorum and view come in any order */
        (void)wait_for(HVC_REPLICATION_VIEW);
}

static void all_that_is_sent_comes_back_in_order_and_whole(void **state)
{
    static uint8_t big[HVC_RING_MESSAGE_MAX + 1];
    struct hvc_replication_event event;

    (void)state;
    for (size_t i = 0; i < sizeof(big); i++)
        big[i] = (uint8_t)(i * 7 + i / 256);
    assert_int_equal(hvc_ring_send(ring, big, sizeof(big)), -EMSGSIZE);
    assert_int_equal(hvc_ring_send(ring, big, sizeof(big) - 1), 0);
    for (uint32_t i = 0; i < MESSAGES; i++) {
        assert_int_equal(hvc_ring_send(ring, &i, sizeof(i)), 0);
        if (i % 3 == 0) /* some alone, some together */
            hvc_ring_flush(ring);
    }
    hvc_ring_flush(ring);
    event = wait_for(HVC_REPLICATION_MESSAGE);
    assert_int_equal(event.message.node, 7);
    assert_int_equal(event.message.length, sizeof(big) - 1);
    assert_memory_equal(event.message.bytes, big, sizeof(big) - 1);
    for (uint32_t i = 0; i < MESSAGES; i++) {
        event = wait_for(HVC_REPLICATION_MESSAGE);
        assert_int_equal(event.message.length, sizeof(i));
        assert_memory_equal(event.message.bytes, &i, sizeof(i));
    }
}

/* Each message is flushed: a byte for each would fill the socket to corosync many times over. */
static void a_stopped_corosync_does_not_hold_whoever_sends(void **state)
{
    struct hvc_replication_event event;
    uint64_t began, took, worst = 0;

    (void)state;
    solo_signal(SIGSTOP);
    for (uint32_t i = 0; i < MESSAGES; i++) {
        began = hvc_now_ms();
        assert_int_equal(hvc_ring_send(ring, &i, sizeof(i)), 0);
        hvc_ring_flush(ring);
        took = hvc_now_ms() - began;
        worst = took > worst ? took : worst;
    }
    solo_signal(SIGCONT);
    assert_true(worst < 2000); /* milliseconds; of a machine that does other things, too */
    for (uint32_t i = 0; i < MESSAGES; i++) {
        event = wait_for(HVC_REPLICATION_MESSAGE);
        assert_int_equal(event.message.length, sizeof(i));
        assert_memory_equal(event.message.bytes, &i, sizeof(i));
    }
}

static void a_corosync_that_dies_ends_the_view_and_a_new_one_is_joined(void **state)
{
    struct hvc_replication_event event;
    struct hvc_ring_status status;
    uint64_t first;

    (void)state;
    solo_stop();
    (void)wait_for(HVC_REPLICATION_VIEW_END);
    wait_for_health(HVC_RING_CONNECTING, &status);
    assert_true(status.last.text[0] != '\0');
    assert_int_equal(hvc_ring_send(ring, "x", 1), -ENOTCONN);
    assert_int_equal(hvc_ring_node(ring), 7); /* still known */
    solo_start();
    event = wait_for(HVC_REPLICATION_VIEW);
    assert_int_equal(event.view.count, 1);
    assert_int_equal(event.view.members[0].node, 7);
    assert_int_equal(event.view.members[0].pid, getpid());
    first = event.view.ring.seq;
    assert_true(first > 0);
    wait_for_health(HVC_RING_JOINED, &status);
    assert_true(status.reconnects > 0);
}

/* The node list is read key by key while corosync writes it anew. */
static void a_node_list_that_changes_is_told_each_time(void **state)
{
    struct hvc_ring_status before, after;
    char name[HVC_NODE_NAME_MAX];

    (void)state;
    hvc_ring_status(ring, &before);
    for (unsigned i = 0; i < 6; i++) {
        unsigned count = i % 2 == 0 ? 4 : 3;
        uint64_t end = hvc_deadline_in(WAIT_MS);

        solo_configure(count, "");
        assert_int_equal(system("corosync-cfgtool -R >/dev/null"), 0);
        while (wait_for(HVC_REPLICATION_QUORUM).quorum.count != count)
            assert_true(hvc_deadline_left(end) > 0);
        assert_int_equal(hvc_ring_name(ring, 10, name), count == 4 ? 0 : -ENOENT);
    }
    hvc_ring_status(ring, &after);
    assert_int_equal(after.reconnects, before.reconnects);
}

static void what_lets_two_sides_be_quorate_is_told(void **state)
{
    struct hvc_replication_event event;

    (void)state;
    solo_stop();
    solo_configure(2, " two_node: 1\n");
    solo_start();
    do
        event = wait_for(HVC_REPLICATION_QUORUM);
    while (event.quorum.count != 2);
    assert_int_equal(event.quorum.modes, HVC_MODE_TWO_NODE);
    assert_int_equal(event.quorum.quorum, 1);
    assert_false(event.quorum.quorate); /* it waits for all at first */
    solo_stop();
    solo_configure(3, " wait_for_all: 1\n last_man_standing: 1\n");
    solo_start();
    do
        event = wait_for(HVC_REPLICATION_QUORUM);
    while (event.quorum.count != 3);
    assert_int_equal(event.quorum.modes, HVC_MODE_LAST_MAN_STANDING);
}

static void a_stopped_corosync_does_not_hold_whoever_closes(void **state)
{
    uint64_t began;

    (void)state;
    solo_signal(SIGSTOP);
    began = hvc_now_ms();
    assert_int_equal(hvc_ring_close(ring, 300), -ETIMEDOUT);
    assert_true(hvc_now_ms() - began < 10000);
    ring = NULL;
}

static void a_call_that_hangs_is_told_and_goes_on_when_corosync_does(void **state)
{
    struct hvc_ring_status status;

    (void)state;
    open_ring(); /* corosync is stopped still */
    wait_for_health(HVC_RING_HANGS, &status);
    solo_signal(SIGCONT);
    assert_int_equal(wait_for(HVC_REPLICATION_VIEW).view.count, 1);
    wait_for_health(HVC_RING_JOINED, &status);
    assert_int_equal(hvc_ring_close(ring, 10000), 0);
    assert_int_equal(hvc_thread_await(hvc_deadline_in(WAIT_MS)), 0); /* the one left behind as well */
}

static int clean(void **state)
{
    (void)state;
    solo_stop();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_corosync_it_waits_and_says_why),
        cmocka_unit_test(it_joins_when_corosync_comes_and_tells_view_votes_and_names),
        cmocka_unit_test(all_that_is_sent_comes_back_in_order_and_whole),
        cmocka_unit_test(a_stopped_corosync_does_not_hold_whoever_sends),
        cmocka_unit_test(a_corosync_that_dies_ends_the_view_and_a_new_one_is_joined),
        cmocka_unit_test(a_node_list_that_changes_is_told_each_time),
        cmocka_unit_test(what_lets_two_sides_be_quorate_is_told),
        cmocka_unit_test(a_stopped_corosync_does_not_hold_whoever_closes),
        cmocka_unit_test(a_call_that_hangs_is_told_and_goes_on_when_corosync_does),
    };

    if (!solo_prepare())
        return 77;
    return cmocka_run_group_tests(tests, NULL, clean);
}

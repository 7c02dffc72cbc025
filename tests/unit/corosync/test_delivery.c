/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "delivery.h"

#include <unistd.h>

#include "../hvc_cmocka.h"
#include "sending.h"

static const struct hvc_ring_id ring_4 = {.node = 1, .seq = 4}, ring_8 = {.node = 1, .seq = 8};

static struct {
    struct hvc_events events;
    struct hvc_sending sending;
    struct hvc_report report;
    struct hvc_delivery delivery;
    char trace[1024];
} w;

static void keep_line(void *context, const char *line)
{
    (void)context;
    (void)snprintf(w.trace, sizeof(w.trace), "%s", line);
}

static int up(void **state)
{
    (void)state;
    memset(&w, 0, sizeof(w));
    assert_int_equal(hvc_events_init(&w.events, 10000), 0);
    hvc_sending_init(&w.sending, 10000);
    hvc_report_init(&w.report, keep_line, NULL);
    w.delivery = (struct hvc_delivery){.events = &w.events, .sending = &w.sending, .report = &w.report};
    hvc_delivery_begin(&w.delivery, 1);
    return 0;
}

static int down(void **state)
{
    (void)state;
    hvc_events_done(&w.events);
    hvc_sending_done(&w.sending);
    hvc_report_done(&w.report);
    return 0;
}

static struct hvc_replication_event next(enum hvc_replication_event_kind kind)
{
    struct hvc_replication_event event;

    assert_true(hvc_events_next(&w.events, &event));
    assert_int_equal(event.kind, kind);
    return event;
}

static void nothing_more(void)
{
    struct hvc_replication_event event;

    assert_false(hvc_events_next(&w.events, &event));
}

static void group_of(size_t count, const struct cpg_address *members, const struct cpg_address *left,
                     const struct cpg_address *joined)
{
    hvc_delivery_group(&w.delivery, members, count, left, left != NULL, joined, joined != NULL);
}

/* Own process alone, then the other node's as well, in ring 4. */
static void stand_with_two(void)
{
    static const struct cpg_address members[] = {{1, 10, CPG_REASON_JOIN}, {2, 20, CPG_REASON_JOIN}};
    static const uint32_t nodes[] = {1, 2};

    group_of(1, members, NULL, &members[0]);
    hvc_delivery_totem(&w.delivery, ring_4, 2, nodes);
    group_of(2, members, NULL, &members[1]);
    assert_int_equal(next(HVC_REPLICATION_VIEW).view.count, 1);
    assert_int_equal(next(HVC_REPLICATION_VIEW).view.count, 2);
    nothing_more();
}

static void a_node_that_goes_ends_the_view_and_the_totem_callback_begins_the_next(void **state)
{
    static const struct cpg_address rest[] = {{1, 10, 0}}, gone = {2, 20, CPG_REASON_NODEDOWN};
    static const uint32_t nodes[] = {1};
    struct hvc_replication_event view;

    (void)state;
    stand_with_two();
    assert_int_equal(hvc_sending_put(&w.sending, "old", 3), 0);
    group_of(1, rest, &gone, NULL);
    assert_string_equal(w.trace, "group members=1/10 left=2/20:3 joined=");
    (void)next(HVC_REPLICATION_VIEW_END);
    nothing_more();
    assert_int_equal(hvc_queue_bytes(&w.sending.queue), 0); /* it was meant for the view that has ended */
    hvc_delivery_totem(&w.delivery, ring_8, 1, nodes);
    assert_string_equal(w.trace, "totem ring=1.8 nodes=1");
    view = next(HVC_REPLICATION_VIEW);
    assert_int_equal(view.view.ring.seq, 8);
    assert_int_equal(view.view.count, 1);
    nothing_more();
}

static void a_process_that_goes_begins_the_next_view_at_once(void **state)
{
    static const struct cpg_address rest[] = {{1, 10, 0}}, gone = {2, 20, CPG_REASON_PROCDOWN};

    (void)state;
    stand_with_two();
    group_of(1, rest, &gone, NULL);
    assert_int_equal(next(HVC_REPLICATION_VIEW).view.ring.seq, 4);
    nothing_more();
}

static void messages_come_whole_and_leave_a_line(void **state)
{
    struct hvc_replication_event event;

    (void)state;
    stand_with_two();
    hvc_delivery_message(&w.delivery, 2, 20, "\2\0\0\0a\xff", 6);
    event = next(HVC_REPLICATION_MESSAGE);
    assert_int_equal(event.message.node, 2);
    assert_int_equal(event.message.length, 2);
    assert_memory_equal(event.message.bytes, "a\xff", 2);
    assert_string_equal(w.trace, "deliver from=2/20 length=2 bytes=61ff");
}

static void quorum_goes_out_with_the_votes_and_names_are_known_by_then(void **state)
{
    static const struct hvc_votes votes = {.own = 1,
                                           .expected = 3,
                                           .quorum = 2,
                                           .modes = HVC_MODE_QDEVICE,
                                           .count = 2,
                                           .nodes = {{.id = 1, .name = "a", .votes = 1}, {.id = 2, .name = "b"}}};
    static const uint32_t nodes[] = {1, 2};
    struct hvc_replication_event event;
    char name[HVC_NODE_NAME_MAX];

    (void)state;
    hvc_delivery_quorum(&w.delivery, ring_8, true, 2, nodes);
    assert_string_equal(w.trace, "quorum ring=1.8 quorate=1 nodes=1,2");
    assert_true(w.delivery.votes_dirty && w.delivery.quorum_known);
    nothing_more();
    hvc_delivery_votes(&w.delivery, &votes);
    assert_false(w.delivery.votes_dirty);
    event = next(HVC_REPLICATION_QUORUM);
    assert_true(event.quorum.quorate);
    assert_int_equal(event.quorum.ring.seq, 8);
    assert_int_equal(event.quorum.quorum, 2);
    assert_int_equal(event.quorum.modes, HVC_MODE_QDEVICE);
    assert_int_equal(event.quorum.nodes[0].votes, 1);
    assert_int_equal(hvc_report_name(&w.report, 2, name), 0);
    assert_string_equal(name, "b");
}

/* Otherwise who sends would be taken for one whose packets corosync keeps. */
static void only_own_packets_count_as_come_back(void **state)
{
    static const uint8_t packet[] = {1, 0, 0, 0, 'x'};

    (void)state;
    atomic_store(&w.report.own_node, 1);
    atomic_store(&w.sending.under_way, 2);
    hvc_delivery_message(&w.delivery, 2, (uint32_t)getpid(), packet, sizeof(packet));
    hvc_delivery_message(&w.delivery, 1, (uint32_t)getpid() + 1, packet, sizeof(packet));
    assert_int_equal(atomic_load(&w.sending.under_way), 2);
    hvc_delivery_message(&w.delivery, 1, (uint32_t)getpid(), packet, sizeof(packet));
    assert_int_equal(atomic_load(&w.sending.under_way), 1);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(next(HVC_REPLICATION_MESSAGE).message.length, 1);
}

static void a_lost_connection_ends_the_view_once_and_forgets_quorum(void **state)
{
    (void)state;
    stand_with_two();
    hvc_delivery_end(&w.delivery);
    assert_string_equal(w.trace, "disconnected");
    (void)next(HVC_REPLICATION_VIEW_END);
    hvc_delivery_end(&w.delivery);
    nothing_more();
    w.delivery.quorum_known = true;
    hvc_delivery_begin(&w.delivery, 1);
    assert_false(w.delivery.quorum_known);
}

static void more_than_there_can_be_is_a_failure_in_words(void **state)
{
    static const uint32_t nodes[HVC_NODES_MAX + 1];
    static const struct cpg_address members[HVC_GROUP_PROCESSES_MAX + 1];
    struct hvc_ring_status status;

    (void)state;
    hvc_delivery_totem(&w.delivery, ring_4, HVC_NODES_MAX + 1, nodes);
    hvc_report_status(&w.report, &status);
    assert_true(w.report.failed);
    assert_string_equal(status.last.text, "the ring has 65 nodes; hvcluster supports 64");
    w.report.failed = false;
    group_of(HVC_GROUP_PROCESSES_MAX + 1, members, NULL, NULL);
    assert_true(w.report.failed);
    nothing_more();
}

#define T(test) cmocka_unit_test_setup_teardown(test, up, down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_node_that_goes_ends_the_view_and_the_totem_callback_begins_the_next),
        T(a_process_that_goes_begins_the_next_view_at_once),
        T(messages_come_whole_and_leave_a_line),
        T(quorum_goes_out_with_the_votes_and_names_are_known_by_then),
        T(only_own_packets_count_as_come_back),
        T(a_lost_connection_ends_the_view_once_and_forgets_quorum),
        T(more_than_there_can_be_is_a_failure_in_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "events.h"

#include <poll.h>

#include "../hvc_cmocka.h"

static bool readable(const struct hvc_events *events)
{
    struct pollfd fd = {.fd = events->fd, .events = POLLIN};

    return poll(&fd, 1, 0) == 1;
}

static void an_event_comes_with_what_it_points_to(void **state)
{
    static const struct hvc_replication_member members[] = {{.node = 1, .pid = 10}, {.node = 2, .pid = 20}};
    static const struct hvc_replication_node nodes[] = {{.node = 3, .votes = 7}};
    struct hvc_replication_event event = {.kind = HVC_REPLICATION_VIEW};
    struct hvc_replication_event taken;
    struct hvc_events events;
    char message[] = "hello";

    (void)state;
    assert_int_equal(hvc_events_init(&events, 1000), 0);
    event.view.count = 2;
    assert_int_equal(hvc_events_put(&events, &event, members, sizeof(members)), 0);
    event = (struct hvc_replication_event){.kind = HVC_REPLICATION_QUORUM};
    event.quorum.count = 1;
    assert_int_equal(hvc_events_put(&events, &event, nodes, sizeof(nodes)), 0);
    event = (struct hvc_replication_event){.kind = HVC_REPLICATION_MESSAGE};
    event.message.length = sizeof(message);
    assert_int_equal(hvc_events_put(&events, &event, message, sizeof(message)), 0);
    memset(message, 'x', sizeof(message)); /* a copy was taken */
    event = (struct hvc_replication_event){.kind = HVC_REPLICATION_VIEW_END};
    assert_int_equal(hvc_events_put(&events, &event, NULL, 0), 0);

    assert_true(hvc_events_next(&events, &taken));
    assert_int_equal(taken.kind, HVC_REPLICATION_VIEW);
    assert_int_equal(taken.view.members[1].pid, 20);
    assert_true(hvc_events_next(&events, &taken));
    assert_int_equal(taken.kind, HVC_REPLICATION_QUORUM);
    assert_int_equal(taken.quorum.nodes[0].votes, 7);
    assert_true(hvc_events_next(&events, &taken));
    assert_string_equal(taken.message.bytes, "hello");
    assert_true(hvc_events_next(&events, &taken));
    assert_int_equal(taken.kind, HVC_REPLICATION_VIEW_END);
    assert_false(hvc_events_next(&events, &taken));
    hvc_events_done(&events);
}

static void the_descriptor_is_readable_until_all_is_taken(void **state)
{
    static const struct hvc_replication_event end = {.kind = HVC_REPLICATION_VIEW_END};
    struct hvc_replication_event taken;
    struct hvc_events events;

    (void)state;
    assert_int_equal(hvc_events_init(&events, 1000), 0);
    assert_false(readable(&events));
    assert_int_equal(hvc_events_put(&events, &end, NULL, 0), 0);
    assert_int_equal(hvc_events_put(&events, &end, NULL, 0), 0);
    assert_true(hvc_events_next(&events, &taken));
    assert_true(readable(&events));
    assert_true(hvc_events_next(&events, &taken));
    assert_int_equal(hvc_events_put(&events, &end, NULL, 0), 0);
    assert_int_equal(hvc_events_put(&events, &end, NULL, 0), 0);
    assert_true(hvc_events_next(&events, &taken));
    assert_true(readable(&events));
    assert_true(hvc_events_next(&events, &taken));
    assert_false(hvc_events_next(&events, &taken));
    assert_false(readable(&events));
    assert_int_equal(hvc_events_put(&events, &end, NULL, 0), 0);
    assert_true(readable(&events));
    hvc_events_done(&events);
}

static void nothing_is_refused_however_much_waits(void **state)
{
    static const char bytes[600];
    struct hvc_replication_event event = {.kind = HVC_REPLICATION_MESSAGE};
    struct hvc_events events;

    (void)state;
    assert_int_equal(hvc_events_init(&events, 1000), 0);
    event.message.length = sizeof(bytes);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(hvc_events_put(&events, &event, bytes, sizeof(bytes)), 0);
    assert_true(hvc_events_bytes(&events) >= 1800); /* the thread stops dispatching by this number */
    hvc_events_done(&events);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_comes_with_what_it_points_to),
        cmocka_unit_test(the_descriptor_is_readable_until_all_is_taken),
        cmocka_unit_test(nothing_is_refused_however_much_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

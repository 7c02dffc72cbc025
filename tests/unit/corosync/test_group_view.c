/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "group_view.h"

#include <errno.h>

#include "../hvc_cmocka.h"

static const struct hvc_ring_id ring_1 = {.node = 1, .seq = 4};
static const struct hvc_ring_id ring_2 = {.node = 1, .seq = 8};

static enum hvc_group_outcome members(struct hvc_group_view *view, enum hvc_group_reason reason, unsigned count,
                                      const struct hvc_replication_member *list)
{
    enum hvc_group_outcome outcome;

    assert_int_equal(hvc_group_view_members(view, list, count, reason, &outcome), 0);
    return outcome;
}

static enum hvc_group_outcome totem(struct hvc_group_view *view, struct hvc_ring_id ring, unsigned count,
                                    const uint32_t *nodes)
{
    enum hvc_group_outcome outcome;

    assert_int_equal(hvc_group_view_totem(view, ring, nodes, count, &outcome), 0);
    return outcome;
}

#define MEMBERS(view, reason, ...)                                                                                     \
    members(view, reason, HVC_COUNT(((struct hvc_replication_member[]){__VA_ARGS__})),                                 \
            (struct hvc_replication_member[]){__VA_ARGS__})
#define TOTEM(view, ring, ...) totem(view, ring, HVC_COUNT(((uint32_t[]){__VA_ARGS__})), (uint32_t[]){__VA_ARGS__})

static void assert_members(const struct hvc_group_view *view, unsigned count, const struct hvc_replication_member *want)
{
    struct hvc_replication_member have[HVC_NODES_MAX];

    assert_int_equal(hvc_group_view_current(view, have), count);
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(have[i].node, want[i].node);
        assert_int_equal(have[i].pid, want[i].pid);
    }
}

#define ASSERT_MEMBERS(view, ...)                                                                                      \
    assert_members(view, HVC_COUNT(((struct hvc_replication_member[]){__VA_ARGS__})),                                  \
                   (struct hvc_replication_member[]){__VA_ARGS__})

static void ones_own_join_gives_a_view_with_the_totem_callback(void **state)
{
    struct hvc_group_view view;

    (void)state;
    hvc_group_view_init(&view, 1);
    assert_int_equal(MEMBERS(&view, HVC_GROUP_PROCESS, {2, 20}, {1, 10}), HVC_GROUP_NOTHING);
    assert_int_equal(TOTEM(&view, ring_1, 1, 2, 3), HVC_GROUP_VIEW);
    ASSERT_MEMBERS(&view, {1, 10}, {2, 20});
}

static void a_ring_that_is_told_twice_gives_one_view(void **state)
{
    struct hvc_group_view view;

    (void)state;
    hvc_group_view_init(&view, 1);
    assert_int_equal(TOTEM(&view, ring_1, 1, 2, 3), HVC_GROUP_NOTHING);
    assert_int_equal(MEMBERS(&view, HVC_GROUP_PROCESS, {2, 20}, {1, 10}), HVC_GROUP_VIEW);
    assert_int_equal(TOTEM(&view, ring_1, 1, 2, 3), HVC_GROUP_NOTHING);
    ASSERT_MEMBERS(&view, {1, 10}, {2, 20});
    assert_int_equal(TOTEM(&view, ring_1, 1, 2),
                     HVC_GROUP_VIEW); /* corosync does not do that: it counts for a change */
    assert_int_equal(TOTEM(&view, ring_2, 1, 2), HVC_GROUP_VIEW);
    assert_int_equal(MEMBERS(&view, HVC_GROUP_NODE, {1, 10}), HVC_GROUP_END);
    assert_int_equal(TOTEM(&view, ring_2, 1, 2), HVC_GROUP_VIEW);
}

static void before_ones_own_join_there_is_no_view(void **state)
{
    struct hvc_group_view view;

    (void)state;
    hvc_group_view_init(&view, 1);
    assert_int_equal(TOTEM(&view, ring_1, 1, 2, 3), HVC_GROUP_NOTHING);
    assert_int_equal(MEMBERS(&view, HVC_GROUP_PROCESS, {3, 30}), HVC_GROUP_NOTHING);
    assert_int_equal(MEMBERS(&view, HVC_GROUP_PROCESS, {1, 10}, {3, 30}), HVC_GROUP_VIEW);
    ASSERT_MEMBERS(&view, {1, 10}, {3, 30});
    assert_int_equal(MEMBERS(&view, HVC_GROUP_PROCESS, {3, 30}), HVC_GROUP_END);
}

static void a_process_change_in_a_standing_ring_is_a_view_at_once(void **state)
{
    struct hvc_group_view view;

    (void)state;
    hvc_group_view_init(&view, 1);
    (void)MEMBERS(&view, HVC_GROUP_PROCESS, {1, 10}, {2, 20});
    (void)TOTEM(&view, ring_1, 1, 2, 3);
    assert_int_equal(MEMBERS(&view, HVC_GROUP_PROCESS, {1, 10}), HVC_GROUP_VIEW);
    ASSERT_MEMBERS(&view, {1, 10});
    assert_int_equal(MEMBERS(&view, HVC_GROUP_PROCESS, {1, 10}, {2, 21}), HVC_GROUP_VIEW);
    ASSERT_MEMBERS(&view, {1, 10}, {2, 21});
    assert_int_equal(view.ring.seq, ring_1.seq);
}

static void a_ring_change_ends_the_view_once_and_begins_the_next_at_its_last_callback(void **state)
{
    struct hvc_group_view view;

    (void)state;
    hvc_group_view_init(&view, 1);
    (void)MEMBERS(&view, HVC_GROUP_PROCESS, {1, 10}, {2, 20}, {3, 30});
    (void)TOTEM(&view, ring_1, 1, 2, 3);
    assert_int_equal(MEMBERS(&view, HVC_GROUP_NODE, {1, 10}, {2, 20}), HVC_GROUP_END);
    assert_int_equal(MEMBERS(&view, HVC_GROUP_NODE, {1, 10}, {2, 20}, {4, 40}), HVC_GROUP_NOTHING);
    assert_int_equal(TOTEM(&view, ring_2, 1, 2, 4), HVC_GROUP_VIEW);
    ASSERT_MEMBERS(&view, {1, 10}, {2, 20}, {4, 40});
    assert_int_equal(view.ring.seq, ring_2.seq);
}

static void a_ring_change_without_a_group_change_is_a_view(void **state)
{
    struct hvc_group_view view;

    (void)state;
    hvc_group_view_init(&view, 1);
    (void)MEMBERS(&view, HVC_GROUP_PROCESS, {1, 10});
    (void)TOTEM(&view, ring_1, 1, 2);
    assert_int_equal(TOTEM(&view, ring_2, 1), HVC_GROUP_VIEW);
    ASSERT_MEMBERS(&view, {1, 10});
}

static void a_ghost_on_a_node_that_totem_does_not_list_is_no_member(void **state)
{
    struct hvc_group_view view;

    (void)state;
    hvc_group_view_init(&view, 1);
    (void)MEMBERS(&view, HVC_GROUP_PROCESS, {1, 10}, {3, 30});
    (void)TOTEM(&view, ring_1, 1, 2);
    ASSERT_MEMBERS(&view, {1, 10});
}

static void of_two_processes_of_a_node_the_later_one_counts(void **state)
{
    struct hvc_group_view view;

    (void)state;
    hvc_group_view_init(&view, 1);
    (void)MEMBERS(&view, HVC_GROUP_PROCESS, {1, 10}, {2, 99});
    (void)TOTEM(&view, ring_1, 1, 2);
    assert_int_equal(MEMBERS(&view, HVC_GROUP_PROCESS, {1, 10}, {2, 12}, {2, 99}), HVC_GROUP_VIEW);
    ASSERT_MEMBERS(&view, {1, 10}, {2, 12});
}

static void too_many_are_refused_and_nothing_changes(void **state)
{
    static struct hvc_replication_member many[HVC_GROUP_PROCESSES_MAX + 1];
    static uint32_t nodes[HVC_NODES_MAX + 1];
    struct hvc_group_view view;
    enum hvc_group_outcome outcome;

    (void)state;
    hvc_group_view_init(&view, 1);
    (void)MEMBERS(&view, HVC_GROUP_PROCESS, {1, 10});
    (void)TOTEM(&view, ring_1, 1);
    assert_int_equal(hvc_group_view_members(&view, many, HVC_COUNT(many), HVC_GROUP_NODE, &outcome), -E2BIG);
    assert_int_equal(hvc_group_view_totem(&view, ring_2, nodes, HVC_COUNT(nodes), &outcome), -E2BIG);
    ASSERT_MEMBERS(&view, {1, 10});
    assert_int_equal(view.ring.seq, ring_1.seq);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ones_own_join_gives_a_view_with_the_totem_callback),
        cmocka_unit_test(a_ring_that_is_told_twice_gives_one_view),
        cmocka_unit_test(before_ones_own_join_there_is_no_view),
        cmocka_unit_test(a_process_change_in_a_standing_ring_is_a_view_at_once),
        cmocka_unit_test(a_ring_change_ends_the_view_once_and_begins_the_next_at_its_last_callback),
        cmocka_unit_test(a_ring_change_without_a_group_change_is_a_view),
        cmocka_unit_test(a_ghost_on_a_node_that_totem_does_not_list_is_no_member),
        cmocka_unit_test(of_two_processes_of_a_node_the_later_one_counts),
        cmocka_unit_test(too_many_are_refused_and_nothing_changes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

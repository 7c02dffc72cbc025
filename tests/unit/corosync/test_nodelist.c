/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nodelist.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../hvc_cmocka.h"

static struct nodelist_row *put(struct nodelist *list, unsigned position, uint32_t id, const char *name,
                                const char *address)
{
    struct nodelist_row *row = nodelist_row_at(list, position);

    assert_non_null(row);
    row->has_id = id != 0;
    row->node.id = id;
    (void)snprintf(row->node.name, sizeof(row->node.name), "%s", name);
    (void)snprintf(row->node.address, sizeof(row->node.address), "%s", address);
    return row;
}

static void keys_of_the_map_are_told_apart(void **state)
{
    static const struct {
        const char *key;
        enum nodelist_field field;
        unsigned position;
    } cases[] = {
        {"nodelist.node.0.nodeid", NODELIST_ID, 0},
        {"nodelist.node.12.name", NODELIST_NAME, 12},
        {"nodelist.node.3.ring0_addr", NODELIST_RING0, 3},
        {"nodelist.node.3.quorum_votes", NODELIST_VOTES, 3},
        {"nodelist.node.3.ring1_addr", NODELIST_OTHER, 77},
        {"nodelist.node.x.name", NODELIST_OTHER, 77},
        {"nodelist.node.1", NODELIST_OTHER, 77},
        {"nodelist.node..name", NODELIST_OTHER, 77},
        {"nodelist.node.99999999999999999999.name", NODELIST_OTHER, 77},
        {"nodelist.local_node_pos", NODELIST_OTHER, 77},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        unsigned position = 77;

        assert_int_equal(nodelist_parse_key(cases[i].key, &position), cases[i].field);
        assert_int_equal(position, cases[i].position);
    }
}

static void the_list_keeps_its_order_and_marks_members_and_this_node(void **state)
{
    struct nodelist *list = calloc(1, sizeof(*list));
    struct hvc_membership *m = calloc(1, sizeof(*m));
    struct quorum_facts facts = {.votequorum = true,
                                 .quorate = true,
                                 .quorum = 2,
                                 .local_id = 20,
                                 .members = {20, 10},
                                 .member_count = 2,
                                 .ring_node = 10,
                                 .ring_sequence = 99};
    struct hvc_error error = {0};

    (void)state;
    put(list, 2, 30, "n3", "10.0.0.3");
    put(list, 0, 10, "", "alpha.example");
    put(list, 1, 20, "", "10.0.0.2");
    assert_int_equal(nodelist_assemble(list, &facts, "lab", "beta", m, &error), 0);
    assert_int_equal(m->count, 3);
    assert_string_equal(m->nodes[0].name, "alpha.example");
    assert_string_equal(m->nodes[1].name, "beta"); /* an address names nobody */
    assert_string_equal(m->nodes[2].name, "n3");
    assert_true(m->nodes[0].member && m->nodes[1].member && !m->nodes[2].member);
    assert_int_equal(m->local, 1);
    assert_true(m->nodes[1].local && !m->nodes[0].local);
    assert_true(m->quorate && m->quorum_exclusive);
    assert_int_equal(m->ring_sequence, 99);
    assert_ptr_equal(hvc_membership_find(m, "n3"), &m->nodes[2]);
    assert_null(hvc_membership_find(m, "N3"));
    free(list);
    free(m);
}

static void a_quorum_that_two_partitions_can_have_is_not_exclusive(void **state)
{
    static const struct {
        bool votequorum, two_node, tie_breaker;
        unsigned nodes, quorum, qdevice_votes;
        bool exclusive;
    } cases[] = {
        {true, false, false, 3, 2, 0, true},  {true, true, false, 2, 1, 0, false},
        {true, false, false, 4, 3, 0, true},  {true, false, false, 4, 2, 0, false}, /* expected_votes lowered by hand */
        {true, false, true, 4, 2, 0, true}, /* only one half has the named node */
        {true, false, true, 4, 1, 0, false},  {true, false, false, 2, 2, 1, true},
        {true, false, false, 2, 1, 1, false}, {false, false, false, 3, 2, 0, false},
    };
    struct nodelist *list = calloc(1, sizeof(*list));
    struct hvc_membership *m = calloc(1, sizeof(*m));

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct quorum_facts facts = {.votequorum = cases[i].votequorum,
                                     .quorate = true,
                                     .two_node = cases[i].two_node,
                                     .auto_tie_breaker = cases[i].tie_breaker,
                                     .quorum = cases[i].quorum,
                                     .qdevice_votes = cases[i].qdevice_votes,
                                     .local_id = 1};

        memset(list, 0, sizeof(*list));
        for (unsigned n = 0; n < cases[i].nodes; n++)
            put(list, n, n + 1, "", (const char *[]){"a", "b", "c", "d"}[n]);
        assert_int_equal(nodelist_assemble(list, &facts, "", "h", m, NULL), 0);
        assert_int_equal(m->quorum_exclusive, cases[i].exclusive);
        assert_int_equal(m->quorate, cases[i].votequorum);
    }
    free(list);
    free(m);
}

static void a_list_that_cannot_be_used_is_refused_in_words(void **state)
{
    struct nodelist *list = calloc(1, sizeof(*list));
    struct hvc_membership *m = calloc(1, sizeof(*m));
    struct quorum_facts facts = {.votequorum = true, .local_id = 1};
    struct hvc_error error = {0};

    (void)state;
    put(list, 0, 2, "n2", "");
    assert_int_equal(nodelist_assemble(list, &facts, "", "h", m, &error), -EINVAL);
    assert_non_null(strstr(error.text, "does not hold this node"));
    put(list, 1, 0, "n1", "");
    assert_int_equal(nodelist_assemble(list, &facts, "", "h", m, &error), -EINVAL);
    assert_non_null(strstr(error.text, "node 1 of corosync's node list has no nodeid"));
    put(list, 1, 1, "n2", "");
    assert_int_equal(nodelist_assemble(list, &facts, "", "h", m, &error), -EINVAL);
    assert_non_null(strstr(error.text, "two nodes"));
    put(list, 1, 5, "", "");
    assert_int_equal(nodelist_assemble(list, &facts, "", "h", m, &error), -EINVAL);
    assert_non_null(strstr(error.text, "neither name nor ring0_addr"));
    put(list, 1, 1, "n1", "");
    for (unsigned i = 2; i < HVC_NODES_MAX; i++)
        assert_non_null(nodelist_row_at(list, i));
    assert_null(nodelist_row_at(list, HVC_NODES_MAX));
    assert_int_equal(nodelist_assemble(list, &facts, "", "h", m, &error), -E2BIG);
    free(list);
    free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_of_the_map_are_told_apart),
        cmocka_unit_test(the_list_keeps_its_order_and_marks_members_and_this_node),
        cmocka_unit_test(a_quorum_that_two_partitions_can_have_is_not_exclusive),
        cmocka_unit_test(a_list_that_cannot_be_used_is_refused_in_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/placement.h"

#include <stdio.h>
#include <string.h>

#include "../hvc_cmocka.h"

#define NODES 3

/* A node in short: L local, M member, F fenced, C cleanly down, A autostart, and what was seen there. */
struct short_node {
    const char *flags;
    enum hvc_seen seen;
};

static struct hvc_placement_node node_of(const char *name, struct short_node s)
{
    return (struct hvc_placement_node){
        .name = name,
        .seen = s.seen,
        .local = strchr(s.flags, 'L') != NULL,
        .member = strchr(s.flags, 'M') != NULL,
        .fenced = strchr(s.flags, 'F') != NULL,
        .clean_down = strchr(s.flags, 'C') != NULL,
        .autostart = strchr(s.flags, 'A') != NULL,
    };
}

enum { Q = 1, X = 2, D = 4, G = 8 }; /* quorate, exclusive quorum, daemon, libvirt-guests */

static void every_rule_has_its_verdict(void **state)
{
    static const struct {
        int flags;
        struct short_node n1, n2, n3;
        enum hvc_placement_action action;
        size_t node;
        bool may_change;
        const char *words; /* a part of them */
    } cases[] = {
        {Q | X | D,
         {"LM", HVC_SEEN_ABSENT},
         {"M", HVC_SEEN_ABSENT},
         {"M", HVC_SEEN_ABSENT},
         HVC_PLACEMENT_BOOT,
         0,
         false,
         "runs on none of the 3 configured nodes"},
        /* here already */
        {Q | X | D,
         {"LM", HVC_SEEN_RUNNING},
         {"M", HVC_SEEN_NO_ANSWER},
         {"", HVC_SEEN_NO_ANSWER},
         HVC_PLACEMENT_HERE,
         0,
         false,
         "on this node, n1"},
        {0,
         {"L", HVC_SEEN_PAUSED},
         {"", HVC_SEEN_NO_ANSWER},
         {"", HVC_SEEN_NO_ANSWER},
         HVC_PLACEMENT_HERE,
         0,
         false,
         "paused"},
        {Q | X | D | G,
         {"LMA", HVC_SEEN_RUNNING},
         {"M", HVC_SEEN_ABSENT},
         {"M", HVC_SEEN_ABSENT},
         HVC_PLACEMENT_HERE,
         0,
         false,
         "on this node"},
        {Q | X | D,
         {"LM", HVC_SEEN_STOPPING},
         {"M", HVC_SEEN_ABSENT},
         {"M", HVC_SEEN_ABSENT},
         HVC_PLACEMENT_WAIT,
         0,
         true,
         "stopping on this node"},
        {Q | X | D,
         {"LM", HVC_SEEN_INCOMING},
         {"M", HVC_SEEN_RUNNING},
         {"M", HVC_SEEN_ABSENT},
         HVC_PLACEMENT_WAIT,
         0,
         true,
         "incoming on this node"},
        {Q | X | D,
         {"LM", HVC_SEEN_LEAVING},
         {"M", HVC_SEEN_INCOMING},
         {"M", HVC_SEEN_ABSENT},
         HVC_PLACEMENT_WAIT,
         0,
         true,
         "leaving on this node"},
        {Q | X | D,
         {"LM", HVC_SEEN_FAILED},
         {"M", HVC_SEEN_ABSENT},
         {"M", HVC_SEEN_ABSENT},
         HVC_PLACEMENT_REFUSE,
         0,
         false,
         "stopped before it can be started"},
        {Q | X | D,
         {"LM", HVC_SEEN_NO_ANSWER},
         {"M", HVC_SEEN_ABSENT},
         {"M", HVC_SEEN_ABSENT},
         HVC_PLACEMENT_REFUSE,
         0,
         true,
         "cannot tell"},
        {Q | X | D,
         {"LM", HVC_SEEN_UNKNOWN},
         {"M", HVC_SEEN_RUNNING},
         {"M", HVC_SEEN_ABSENT},
         HVC_PLACEMENT_REFUSE,
         0,
         true,
         "cannot tell"},
        /* two copies */
        {Q | X | D,
         {"LM", HVC_SEEN_RUNNING},
         {"M", HVC_SEEN_RUNNING},
         {"M", HVC_SEEN_ABSENT},
         HVC_PLACEMENT_REFUSE,
         1,
         false,
         "on two nodes at once: n1 (running) and n2 (running)"},
        {Q | X | D,
         {"LM", HVC_SEEN_ABSENT},
         {"M", HVC_SEEN_RUNNING},
         {"M", HVC_SEEN_PAUSED},
         HVC_PLACEMENT_REFUSE,
         2,
         false,
         "on two nodes at once: n2 (running) and n3 (paused)"},
        /* fetch */
        {Q | X | D,
         {"LM", HVC_SEEN_ABSENT},
         {"M", HVC_SEEN_RUNNING},
         {"", HVC_SEEN_NO_ANSWER},
         HVC_PLACEMENT_FETCH,
         1,
         false,
         "fetched"},
        {Q | D,
         {"LM", HVC_SEEN_ABSENT},
         {"M", HVC_SEEN_ABSENT},
         {"M", HVC_SEEN_PAUSED},
         HVC_PLACEMENT_FETCH,
         2,
         false,
         "fetched"},
        {Q | X | D,
         {"LM", HVC_SEEN_ABSENT},
         {"", HVC_SEEN_RUNNING},
         {"M", HVC_SEEN_ABSENT},
         HVC_PLACEMENT_REFUSE,
         1,
         true,
         "no member"},
        {Q | X | D,
         {"LM", HVC_SEEN_ABSENT},
         {"M", HVC_SEEN_RUNNING},
         {"M", HVC_SEEN_INCOMING},
         HVC_PLACEMENT_WAIT,
         2,
         true,
         "being moved"},
        /* others decide */
        {Q | X | D,
         {"LM", HVC_SEEN_ABSENT},
         {"M", HVC_SEEN_LEAVING},
         {"M", HVC_SEEN_INCOMING},
         HVC_PLACEMENT_WAIT,
         1,
         true,
         "leaving on node n2"},
        {Q | X | D,
         {"LM", HVC_SEEN_ABSENT},
         {"F", HVC_SEEN_NO_ANSWER},
         {"M", HVC_SEEN_INCOMING},
         HVC_PLACEMENT_WAIT,
         2,
         true,
         "incoming on node n3"},
        {Q | X | D,
         {"LM", HVC_SEEN_ABSENT},
         {"M", HVC_SEEN_STOPPING},
         {"M", HVC_SEEN_ABSENT},
         HVC_PLACEMENT_WAIT,
         1,
         true,
         "stopping on node n2"},
        {Q | X | D,
         {"LM", HVC_SEEN_ABSENT},
         {"M", HVC_SEEN_FAILED},
         {"M", HVC_SEEN_ABSENT},
         HVC_PLACEMENT_REFUSE,
         1,
         false,
         "failed on node n2"},
        {Q | X | D,
         {"LM", HVC_SEEN_ABSENT},
         {"M", HVC_SEEN_UNKNOWN},
         {"M", HVC_SEEN_ABSENT},
         HVC_PLACEMENT_REFUSE,
         1,
         true,
         "unknown on node n2"},
        /* silent nodes */
        {Q | X | D,
         {"LM", HVC_SEEN_ABSENT},
         {"M", HVC_SEEN_NO_ANSWER},
         {"M", HVC_SEEN_ABSENT},
         HVC_PLACEMENT_REFUSE,
         1,
         true,
         "node n2, a member, neither answers nor is confirmed fenced"},
        {Q | X | D,
         {"LM", HVC_SEEN_ABSENT},
         {"MFC", HVC_SEEN_NO_ANSWER},
         {"M", HVC_SEEN_ABSENT},
         HVC_PLACEMENT_REFUSE,
         1,
         true,
         "neither answers"},
        {Q | X | D,
         {"LM", HVC_SEEN_ABSENT},
         {"", HVC_SEEN_NO_ANSWER},
         {"M", HVC_SEEN_INCOMING},
         HVC_PLACEMENT_REFUSE,
         1,
         true,
         "node n2 neither answers"},
        {Q | X | D,
         {"LM", HVC_SEEN_ABSENT},
         {"F", HVC_SEEN_NO_ANSWER},
         {"M", HVC_SEEN_ABSENT},
         HVC_PLACEMENT_BOOT,
         0,
         false,
         "none"},
        {Q | X | D,
         {"LM", HVC_SEEN_ABSENT},
         {"C", HVC_SEEN_NO_ANSWER},
         {"M", HVC_SEEN_ABSENT},
         HVC_PLACEMENT_BOOT,
         0,
         false,
         "none"},
        {Q | X | D,
         {"LM", HVC_SEEN_ABSENT},
         {"", HVC_SEEN_ABSENT},
         {"M", HVC_SEEN_ABSENT},
         HVC_PLACEMENT_BOOT,
         0,
         false,
         "none"},
        /* quorum that another partition may have as well */
        {Q | D,
         {"LM", HVC_SEEN_ABSENT},
         {"", HVC_SEEN_ABSENT},
         {"M", HVC_SEEN_ABSENT},
         HVC_PLACEMENT_REFUSE,
         1,
         true,
         "two_node"},
        {Q | D,
         {"LM", HVC_SEEN_ABSENT},
         {"F", HVC_SEEN_ABSENT},
         {"M", HVC_SEEN_ABSENT},
         HVC_PLACEMENT_BOOT,
         0,
         false,
         "none"},
        /* no quorum, no daemon */
        {X | D,
         {"LM", HVC_SEEN_ABSENT},
         {"M", HVC_SEEN_ABSENT},
         {"M", HVC_SEEN_ABSENT},
         HVC_PLACEMENT_REFUSE,
         1,
         true,
         "no quorum, and node n2"},
        {X | D,
         {"LM", HVC_SEEN_ABSENT},
         {"F", HVC_SEEN_NO_ANSWER},
         {"C", HVC_SEEN_NO_ANSWER},
         HVC_PLACEMENT_REFUSE,
         2,
         true,
         "no quorum, and node n3"},
        {X | D,
         {"LM", HVC_SEEN_ABSENT},
         {"F", HVC_SEEN_NO_ANSWER},
         {"F", HVC_SEEN_NO_ANSWER},
         HVC_PLACEMENT_BOOT,
         0,
         false,
         "none"},
        {X | D,
         {"LM", HVC_SEEN_ABSENT},
         {"F", HVC_SEEN_NO_ANSWER},
         {"M", HVC_SEEN_RUNNING},
         HVC_PLACEMENT_REFUSE,
         2,
         true,
         "running on node n3"},
        {Q | X,
         {"LM", HVC_SEEN_ABSENT},
         {"M", HVC_SEEN_ABSENT},
         {"M", HVC_SEEN_ABSENT},
         HVC_PLACEMENT_REFUSE,
         1,
         true,
         "hvclusterd does not run on this node"},
        {Q | X,
         {"LM", HVC_SEEN_ABSENT},
         {"F", HVC_SEEN_ABSENT},
         {"F", HVC_SEEN_NO_ANSWER},
         HVC_PLACEMENT_BOOT,
         0,
         false,
         "none"},
        /* what would boot a second copy later */
        {Q | X | D,
         {"LM", HVC_SEEN_ABSENT},
         {"MA", HVC_SEEN_ABSENT},
         {"M", HVC_SEEN_ABSENT},
         HVC_PLACEMENT_REFUSE,
         1,
         false,
         "libvirt of node n2 has autostart"},
        {Q | X | D,
         {"LMA", HVC_SEEN_ABSENT},
         {"M", HVC_SEEN_RUNNING},
         {"M", HVC_SEEN_ABSENT},
         HVC_PLACEMENT_REFUSE,
         0,
         false,
         "libvirt of node n1 has autostart"},
        {Q | X | D | G,
         {"LM", HVC_SEEN_ABSENT},
         {"M", HVC_SEEN_ABSENT},
         {"M", HVC_SEEN_ABSENT},
         HVC_PLACEMENT_REFUSE,
         0,
         false,
         "libvirt-guests.service"},
        /* a node list that makes no sense */
        {Q | X | D,
         {"M", HVC_SEEN_ABSENT},
         {"M", HVC_SEEN_ABSENT},
         {"M", HVC_SEEN_ABSENT},
         HVC_PLACEMENT_REFUSE,
         3,
         false,
         "exactly once"},
        {Q | X | D,
         {"LM", HVC_SEEN_ABSENT},
         {"LM", HVC_SEEN_ABSENT},
         {"M", HVC_SEEN_ABSENT},
         HVC_PLACEMENT_REFUSE,
         3,
         false,
         "exactly once"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_placement_node nodes[NODES] = {node_of("n1", cases[i].n1), node_of("n2", cases[i].n2),
                                                  node_of("n3", cases[i].n3)};
        struct hvc_placement_input in = {.nodes = nodes,
                                         .count = NODES,
                                         .quorate = (cases[i].flags & Q) != 0,
                                         .quorum_exclusive = (cases[i].flags & X) != 0,
                                         .daemon = (cases[i].flags & D) != 0,
                                         .libvirt_guests = (cases[i].flags & G) != 0};
        struct hvc_placement_verdict v;

        hvc_placement_decide(&in, &v);
        if (v.action != cases[i].action || strstr(v.words, cases[i].words) == NULL)
            fail_msg("row %zu: %s: %s", i, hvc_placement_action_name(v.action), v.words);
        assert_int_equal(v.node, cases[i].node);
        assert_int_equal(v.may_change, cases[i].may_change);
    }
}

/* Says, without the gate's rules, whether a node other than this one runs the guest, could, or could be starting it. */
static bool could_run(const struct hvc_placement_input *in, const struct hvc_placement_node *n)
{
    bool gone = !n->member && n->fenced;
    bool left = !n->member && n->clean_down;

    if (n->seen != HVC_SEEN_ABSENT && n->seen != HVC_SEEN_NO_ANSWER)
        return true; /* something of the guest is there */
    if (n->autostart)
        return true; /* libvirt may start it at any time */
    if (gone)
        return false;
    if (!in->quorate || !in->daemon)
        return true; /* nobody but fencing speaks for it */
    if (left)
        return false;
    if (n->seen == HVC_SEEN_NO_ANSWER)
        return true;
    return !n->member && !in->quorum_exclusive; /* its own partition may be quorate too */
}

static unsigned long check_one(const struct hvc_placement_input *in)
{
    struct hvc_placement_verdict v;
    bool safe = in->nodes[0].seen == HVC_SEEN_ABSENT && !in->nodes[0].autostart && !in->libvirt_guests;

    for (size_t i = 1; i < in->count; i++)
        safe = safe && !could_run(in, &in->nodes[i]);
    hvc_placement_decide(in, &v);
    assert_true(v.words[0] != '\0');
    if ((v.action == HVC_PLACEMENT_BOOT) != safe)
        fail_msg("safe is %d, the verdict %s: %s", safe, hvc_placement_action_name(v.action), v.words);
    if (v.action == HVC_PLACEMENT_HERE)
        assert_true(in->nodes[0].seen == HVC_SEEN_RUNNING || in->nodes[0].seen == HVC_SEEN_PAUSED);
    if (v.action == HVC_PLACEMENT_FETCH) {
        assert_true(in->quorate && in->daemon && in->nodes[v.node].member && v.node != 0);
        assert_true(in->nodes[v.node].seen == HVC_SEEN_RUNNING || in->nodes[v.node].seen == HVC_SEEN_PAUSED);
        assert_int_equal(in->nodes[0].seen, HVC_SEEN_ABSENT);
        assert_true(in->nodes[3 - v.node].seen == HVC_SEEN_ABSENT || in->nodes[3 - v.node].seen == HVC_SEEN_NO_ANSWER ||
                    in->nodes[3 - v.node].seen == HVC_SEEN_STOPPING || in->nodes[3 - v.node].seen == HVC_SEEN_FAILED ||
                    in->nodes[3 - v.node].seen == HVC_SEEN_UNKNOWN);
    }
    return v.action == HVC_PLACEMENT_BOOT;
}

/* number 0..143: what one node can be */
static struct hvc_placement_node generated(const char *name, unsigned number, bool local)
{
    return (struct hvc_placement_node){
        .name = name,
        .seen = (enum hvc_seen)(number % HVC_SEEN_MAX),
        .member = (number / HVC_SEEN_MAX) & 1,
        .fenced = (number / HVC_SEEN_MAX) & 2,
        .clean_down = (number / HVC_SEEN_MAX) & 4,
        .autostart = (number / HVC_SEEN_MAX) & 8,
        .local = local,
    };
}

static void over_all_inputs_of_three_nodes_boot_means_that_no_node_could_run_it(void **state)
{
    const unsigned kinds = HVC_SEEN_MAX * 16;
    unsigned long boots = 0, inputs = 0;

    (void)state;
    /* what is fenced or cleanly down does not matter for the node itself: its kinds are fewer */
    for (unsigned a = 0; a < kinds; a++) {
        if (((a / HVC_SEEN_MAX) & 6) != 0)
            continue;
        for (unsigned b = 0; b < kinds; b++) {
            for (unsigned c = b; c < kinds; c++) {
                struct hvc_placement_node nodes[NODES] = {generated("n1", a, true), generated("n2", b, false),
                                                          generated("n3", c, false)};

                for (unsigned flags = 0; flags < 16; flags++) {
                    struct hvc_placement_input in = {.nodes = nodes,
                                                     .count = NODES,
                                                     .quorate = (flags & Q) != 0,
                                                     .quorum_exclusive = (flags & X) != 0,
                                                     .daemon = (flags & D) != 0,
                                                     .libvirt_guests = (flags & G) != 0};

                    boots += check_one(&in);
                    inputs++;
                }
            }
        }
    }
    print_message("%lu inputs, %lu boots\n", inputs, boots);
    assert_true(boots > 0);
}

static void one_and_two_nodes_follow_the_same_property(void **state)
{
    (void)state;
    for (unsigned flags = 0; flags < 16; flags++) {
        for (unsigned a = 0; a < HVC_SEEN_MAX; a++) {
            struct hvc_placement_node nodes[2] = {generated("n1", a, true)};
            struct hvc_placement_input in = {.nodes = nodes,
                                             .count = 1,
                                             .quorate = (flags & Q) != 0,
                                             .quorum_exclusive = (flags & X) != 0,
                                             .daemon = (flags & D) != 0,
                                             .libvirt_guests = (flags & G) != 0};

            (void)check_one(&in);
            in.count = 2;
            for (unsigned b = 0; b < HVC_SEEN_MAX * 16; b++) {
                struct hvc_placement_verdict v;
                bool safe = a == HVC_SEEN_ABSENT && !in.libvirt_guests;

                nodes[1] = generated("n2", b, false);
                safe = safe && !could_run(&in, &nodes[1]);
                hvc_placement_decide(&in, &v);
                assert_int_equal(v.action == HVC_PLACEMENT_BOOT, safe);
            }
        }
    }
}

static void words_of_the_hypervisor_stand_in_the_reason_and_long_ones_are_cut(void **state)
{
    char big[2 * HVC_ERROR_TEXT_MAX];
    struct hvc_placement_node nodes[2] = {node_of("n1", (struct short_node){"LM", HVC_SEEN_ABSENT}),
                                          node_of("n2", (struct short_node){"M", HVC_SEEN_NO_ANSWER})};
    struct hvc_placement_input in = {
        .nodes = nodes, .count = 2, .quorate = true, .quorum_exclusive = true, .daemon = true};
    struct hvc_placement_verdict v;

    (void)state;
    nodes[1].words = "unable to connect to server at 'n2:16514': Connection refused";
    hvc_placement_decide(&in, &v);
    assert_non_null(strstr(v.words, nodes[1].words));
    memset(big, 'x', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    nodes[1].words = big;
    hvc_placement_decide(&in, &v);
    assert_int_equal(v.action, HVC_PLACEMENT_REFUSE);
    assert_int_equal(strlen(v.words), sizeof(v.words) - 1);
}

static void every_name_is_a_word_and_others_are_invalid(void **state)
{
    (void)state;
    assert_string_equal(hvc_seen_name(HVC_SEEN_NO_ANSWER), "no answer");
    assert_string_equal(hvc_seen_name(HVC_SEEN_UNKNOWN), "unknown");
    assert_string_equal(hvc_seen_name(HVC_SEEN_MAX), "invalid");
    assert_string_equal(hvc_placement_action_name(HVC_PLACEMENT_WAIT), "wait");
    assert_string_equal(hvc_placement_action_name((enum hvc_placement_action)99), "invalid");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_has_its_verdict),
        cmocka_unit_test(over_all_inputs_of_three_nodes_boot_means_that_no_node_could_run_it),
        cmocka_unit_test(one_and_two_nodes_follow_the_same_property),
        cmocka_unit_test(words_of_the_hypervisor_stand_in_the_reason_and_long_ones_are_cut),
        cmocka_unit_test(every_name_is_a_word_and_others_are_invalid),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

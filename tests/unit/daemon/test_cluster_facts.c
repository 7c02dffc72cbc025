/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What Corosync and Pacemaker say, put together; both are the test's own here. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/facts.h"
#include "hvc/membership.h"
#include "hvc/pacemaker.h"

#include "../hvc_cmocka.h"

static struct {
    int corosync, pacemaker;
    struct hvc_membership membership;
    struct hvc_pacemaker_view view;
    struct hvc_pacemaker_guest guests[2];
    struct hvc_facts *facts;
    struct hvc_cluster_facts read;
    int fencer_asked;
} world;

int hvc_membership_read(uint64_t deadline_ms, struct hvc_membership *ret_membership, struct hvc_error *error)
{
    (void)deadline_ms;
    if (world.corosync < 0)
        return hvc_error_set(error, world.corosync, "corosync does not run");
    *ret_membership = world.membership;
    return 0;
}

int hvc_pacemaker_read(const char *resource, uint64_t deadline_ms, struct hvc_pacemaker_view *ret_view,
                       struct hvc_error *error)
{
    (void)resource, (void)deadline_ms;
    if (world.pacemaker < 0)
        return hvc_error_set(error, world.pacemaker, "pacemaker does not answer");
    world.fencer_asked++;
    *ret_view = world.view;
    return 0;
}

int hvc_pacemaker_read_modes(const char *resource, uint64_t deadline_ms, struct hvc_pacemaker_view *ret_view,
                             struct hvc_error *error)
{
    int r = hvc_pacemaker_read(resource, deadline_ms, ret_view, error);

    world.fencer_asked--;
    for (size_t i = 0; r == 0 && i < ret_view->count; i++)
        ret_view->nodes[i].fenced = false;
    return r;
}

int hvc_pacemaker_guests(uint64_t deadline_ms, struct hvc_pacemaker_guest **ret_guests, size_t *ret_count,
                         struct hvc_error *error)
{
    (void)deadline_ms;
    if (world.pacemaker < 0)
        return hvc_error_set(error, world.pacemaker, "pacemaker does not answer");
    *ret_guests = malloc(sizeof(world.guests));
    assert_non_null(*ret_guests);
    memcpy(*ret_guests, world.guests, sizeof(world.guests));
    *ret_count = HVC_COUNT(world.guests);
    return 0;
}

int hvc_pacemaker_foreign(uint64_t deadline_ms, struct hvc_pacemaker_foreign **ret_list, size_t *ret_count,
                          struct hvc_error *error)
{
    static const struct hvc_pacemaker_foreign one = {"web", "ocf:heartbeat:VirtualDomain", "/etc/web.xml"};

    (void)deadline_ms;
    if (world.pacemaker < 0)
        return hvc_error_set(error, world.pacemaker, "pacemaker does not answer");
    *ret_list = malloc(sizeof(one));
    assert_non_null(*ret_list);
    memcpy(*ret_list, &one, sizeof(one));
    *ret_count = 1;
    return 0;
}

static void add(uint32_t id, const char *name, bool member, struct hvc_pacemaker_node known)
{
    struct hvc_member *m = &world.membership.nodes[world.membership.count++];

    m->id = known.id = id;
    m->member = member;
    m->local = id == 1;
    (void)snprintf(m->name, sizeof(m->name), "%s", name);
    (void)snprintf(known.name, sizeof(known.name), "%s", name);
    world.view.nodes[world.view.count++] = known;
}

static int set_up(void **state)
{
    (void)state;
    memset(&world, 0, sizeof(world));
    world.membership.quorate = true;
    world.membership.two_node = world.membership.wait_for_all = true;
    (void)snprintf(world.membership.cluster_name, sizeof(world.membership.cluster_name), "lab");
    world.view.fencer_answered = true;
    add(1, "n1", true, (struct hvc_pacemaker_node){.member = true, .online = true});
    add(2, "n2", false, (struct hvc_pacemaker_node){.down = true, .fenced = true, .fenced_at = 1700000000});
    add(3, "n3", false, (struct hvc_pacemaker_node){.down = true});
    add(4, "n4", false, (struct hvc_pacemaker_node){.down = true, .left_with = true});
    add(5, "n5", false, (struct hvc_pacemaker_node){.unclean = true});
    return hvc_cluster_facts_new(&world.facts, NULL);
}

static int tear_down(void **state)
{
    (void)state;
    hvc_facts_close(world.facts);
    hvc_facts_close(NULL);
    return 0;
}

static const struct hvc_fact_node *node(const char *name)
{
    const struct hvc_fact_node *found = hvc_facts_find(&world.read, name);

    assert_non_null(found);
    return found;
}

static void read_all(void)
{
    assert_int_equal(hvc_facts_read(world.facts, HVC_FACTS_COROSYNC | HVC_FACTS_PACEMAKER, UINT64_MAX, &world.read), 0);
}

static void both_words_on_a_node_stand_together(void **state)
{
    (void)state;
    read_all();
    assert_true(world.read.corosync_answers && world.read.pacemaker_answers && world.read.quorate);
    assert_string_equal(world.read.cluster_name, "lab");
    assert_string_equal(world.read.flags, "two_node wait_for_all");
    assert_int_equal(world.read.count, 5);
    assert_true(node("n1")->local && node("n1")->member && node("n1")->pacemaker_online);
    assert_true(node("n2")->fenced && !node("n2")->clean_down);
    assert_int_equal(node("n2")->fenced_at, 1700000000);
    assert_true(node("n3")->clean_down && !node("n3")->fenced);
    assert_false(node("n4")->clean_down || node("n4")->fenced); /* it left with its guests running */
    assert_true(node("n5")->unclean && !node("n5")->clean_down && !node("n5")->fenced);
    assert_null(hvc_facts_find(&world.read, "n6"));
}

static void the_fencer_is_asked_when_somebody_is_missing_or_waits_for_it(void **state)
{
    (void)state;
    read_all();
    assert_int_equal(world.fencer_asked, 1);
    for (size_t i = 0; i < world.membership.count; i++)
        world.membership.nodes[i].member = true;
    read_all();
    assert_int_equal(world.fencer_asked, 1);
    assert_true(world.read.pacemaker_answers && node("n1")->pacemaker_online && node("n5")->unclean);
    for (size_t i = 0; i < world.read.count; i++)
        assert_false(world.read.nodes[i].fenced || world.read.nodes[i].clean_down);
    assert_int_equal(hvc_facts_read(world.facts, HVC_FACTS_COROSYNC | HVC_FACTS_FENCER, UINT64_MAX, &world.read), 0);
    assert_int_equal(world.fencer_asked, 2);
    world.corosync = -ENOTCONN; /* who is a member is not known */
    read_all();
    assert_int_equal(world.fencer_asked, 3);
}

static void a_member_counts_neither_as_fenced_nor_as_down(void **state)
{
    (void)state;
    world.membership.nodes[1].member = true;
    world.membership.nodes[2].member = true;
    read_all();
    assert_false(node("n2")->fenced);
    assert_false(node("n3")->clean_down);
}

static void only_what_was_asked_for_is_asked(void **state)
{
    (void)state;
    world.pacemaker = -ETIMEDOUT;
    assert_int_equal(hvc_facts_read(world.facts, HVC_FACTS_COROSYNC, UINT64_MAX, &world.read), 0);
    assert_true(world.read.corosync_answers);
    assert_int_equal(world.read.pacemaker_error.code, 0);
}

static void who_does_not_answer_is_told_with_its_words(void **state)
{
    (void)state;
    world.corosync = -ENOTCONN;
    world.pacemaker = -ETIMEDOUT;
    read_all();
    assert_false(world.read.corosync_answers || world.read.pacemaker_answers || world.read.quorate);
    assert_string_equal(world.read.corosync_error.text, "corosync does not run");
    assert_string_equal(world.read.pacemaker_error.text, "pacemaker does not answer");
    assert_int_equal(world.read.count, 0);
}

static void without_corosync_the_nodes_are_those_pacemaker_knows(void **state)
{
    (void)state;
    world.corosync = -ENOTCONN;
    read_all();
    assert_int_equal(world.read.count, 5);
    assert_true(node("n2")->fenced);
    assert_false(world.read.quorate);
}

static void a_silent_fencer_is_told(void **state)
{
    (void)state;
    world.view.fencer_answered = false;
    (void)snprintf(world.view.fencer_words, sizeof(world.view.fencer_words), "timed out");
    read_all();
    assert_true(world.read.pacemaker_answers);
    assert_non_null(strstr(world.read.pacemaker_error.text, "the fencer does not answer: timed out"));
}

static void another_resource_with_the_same_definition_is_found(void **state)
{
    char resource[HVC_RESOURCE_NAME_MAX] = "";
    struct hvc_error error = {0};

    (void)state;
    (void)snprintf(world.guests[0].resource, sizeof(world.guests[0].resource), "vm1");
    (void)snprintf(world.guests[0].config, sizeof(world.guests[0].config), "/etc/vm1.xml");
    (void)snprintf(world.guests[1].resource, sizeof(world.guests[1].resource), "vm1-copy");
    (void)snprintf(world.guests[1].config, sizeof(world.guests[1].config), "/etc/vm1.xml");
    assert_int_equal(hvc_facts_resource_of_config(world.facts, "/etc/vm1.xml", "vm1", UINT64_MAX, resource, &error), 0);
    assert_string_equal(resource, "vm1-copy");
    assert_int_equal(hvc_facts_resource_of_config(world.facts, "/etc/vm2.xml", "vm1", UINT64_MAX, resource, &error),
                     -ENOENT);
    world.pacemaker = -ENOTCONN;
    assert_int_equal(hvc_facts_resource_of_config(world.facts, "/etc/vm1.xml", "vm1", UINT64_MAX, resource, &error),
                     -ENOTCONN);
}

static void resources_of_another_agent_are_told_as_pacemaker_has_them(void **state)
{
    struct hvc_fact_foreign *list = NULL;
    struct hvc_error error = {0};
    size_t count = 0;

    (void)state;
    assert_int_equal(hvc_facts_foreign(world.facts, UINT64_MAX, &list, &count, &error), 0);
    assert_int_equal(count, 1);
    assert_string_equal(list->resource, "web");
    assert_string_equal(list->agent, "ocf:heartbeat:VirtualDomain");
    assert_string_equal(list->config, "/etc/web.xml");
    free(list);
    world.pacemaker = -ETIMEDOUT;
    assert_int_equal(hvc_facts_foreign(world.facts, UINT64_MAX, &list, &count, &error), -ETIMEDOUT);
    assert_string_equal(error.text, "pacemaker does not answer");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(both_words_on_a_node_stand_together, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_fencer_is_asked_when_somebody_is_missing_or_waits_for_it, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_member_counts_neither_as_fenced_nor_as_down, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_what_was_asked_for_is_asked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_does_not_answer_is_told_with_its_words, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_corosync_the_nodes_are_those_pacemaker_knows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_silent_fencer_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_resource_with_the_same_definition_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(resources_of_another_agent_are_told_as_pacemaker_has_them, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

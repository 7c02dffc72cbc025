/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest.locate, guest.list, guest.inspect, and the look at systemd. */
#include "guest_survey.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../hvc_cmocka.h"
#include "world.h"

#define VM1_ONLY "'uuid':'" VM1 "','resource':'vm1','timeout_ms':3000"

static void locate_tells_every_node_and_the_verdict(void **state)
{
    struct world *w = world_new(3);
    const struct hvc_record *node;

    (void)state;
    world_put(w, "n2", HVC_GUEST_RUNNING);
    world_lose(w, "n3");
    world_fact(w, "n3")->fenced = true;
    world_expect(w, world_run(w, "guest.locate", VM1_ONLY), HVC_RESULT_OK, "fetched from there");
    assert_string_equal(hvc_record_text(world_data(w), "verdict", ""), "fetch");
    assert_int_equal(hvc_record_list_count(world_data(w), "nodes"), 3);
    node = hvc_record_list_at(world_data(w), "nodes", 0);
    assert_true(hvc_record_bool(node, "local", false));
    assert_string_equal(hvc_record_text(node, "class", ""), "absent");
    node = hvc_record_list_at(world_data(w), "nodes", 1);
    assert_string_equal(hvc_record_text(node, "class", ""), "running");
    node = hvc_record_list_at(world_data(w), "nodes", 2);
    assert_false(hvc_record_bool(node, "answered", true));
    assert_true(hvc_record_bool(node, "fenced", false));
    assert_string_equal(hvc_record_text(node, "words", ""), "unable to connect to server: No route to host");
    assert_int_equal(w->nodes[0].starts + w->nodes[1].migrations, 0);
    world_free(w);
}

static void nodes_are_asked_in_parallel_and_a_fenced_one_costs_little(void **state)
{
    struct world *w = world_new(4);
    uint64_t began = hvc_now_ms();

    (void)state;
    for (size_t i = 1; i < 4; i++) {
        w->nodes[i].answer = WORLD_HANGS;
        w->cluster.nodes[i].member = false;
        w->cluster.nodes[i].fenced = true;
    }
    world_expect(w, world_run(w, "guest.locate", "'uuid':'" VM1 "','timeout_ms':20000"), HVC_RESULT_OK,
                 "none of the 4");
    assert_true(hvc_now_ms() - began < 1100);
    world_free(w);
}

static void locate_without_a_node_list_is_no_empty_answer(void **state)
{
    struct world *w = world_new(1);

    (void)state;
    w->cluster.count = 0;
    w->cluster.corosync_answers = false;
    (void)hvc_error_set(&w->cluster.corosync_error, -ETIMEDOUT, "corosync runs but does not answer");
    world_expect(w, world_run(w, "guest.locate", VM1_ONLY), HVC_RESULT_UNREACHABLE, "does not answer");
    world_free(w);
}

static void inspect_tells_the_class_and_whose_it_is(void **state)
{
    struct world *w = world_new(1);
    struct world_guest *g = world_put(w, "n1", HVC_GUEST_FAILED);

    (void)state;
    world_own(g, "other");
    world_say(g, "paused (I/O error)");
    g->state = 3;
    g->reason = 5;
    world_expect(w, world_run(w, "guest.inspect", VM1_ONLY), HVC_RESULT_OK, "paused (I/O error)");
    assert_string_equal(hvc_record_text(world_data(w), "class", ""), "failed");
    assert_string_equal(hvc_record_text(world_data(w), "owner", ""), "other");
    assert_true(hvc_record_bool(world_data(w), "io_error", false));
    assert_true(hvc_record_bool(world_data(w), "foreign", false));
    g->reason = 1;
    (void)world_run(w, "guest.inspect", VM1_ONLY);
    assert_false(hvc_record_bool(world_data(w), "io_error", true));
    world_free(w);
}

static void inspect_of_an_unknown_guest_is_absent_and_of_bad_xml_invalid(void **state)
{
    struct world *w = world_new(1);

    (void)state;
    world_expect(w, world_run(w, "guest.inspect", "'uuid':'" VM2 "'"), HVC_RESULT_OK, "");
    assert_string_equal(hvc_record_text(world_data(w), "class", ""), "absent");
    world_expect(w, world_run(w, "guest.inspect", "'xml':'<domain/>'"), HVC_RESULT_INVALID, "cannot be used");
    world_free(w);
}

static void inspect_of_an_undecided_guest_is_no_answer(void **state)
{
    struct world *w = world_new(1);
    struct world_emulator emulator = world_start_emulator(world_vm1, ":");

    (void)state;
    world_expect(w, world_run(w, "guest.inspect", VM1_ONLY), HVC_RESULT_UNREACHABLE, "nobody can tell");
    assert_string_equal(hvc_record_text(world_data(w), "class", ""), "unknown");
    world_end_emulator(&emulator);
    world_free(w);
}

static void list_tells_all_or_why_not(void **state)
{
    struct world *w = world_new(1);

    (void)state;
    world_put(w, "n1", HVC_GUEST_RUNNING);
    world_put_other(w, "n1", VM2, "vm2", HVC_GUEST_ABSENT);
    world_expect(w, world_run(w, "guest.list", ""), HVC_RESULT_OK, "2 guests");
    assert_int_equal(hvc_record_list_count(world_data(w), "guests"), 2);
    w->nodes[0].answer = WORLD_REFUSES;
    world_expect(w, world_run(w, "guest.list", ""), HVC_RESULT_UNREACHABLE, "Connection refused");
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(locate_tells_every_node_and_the_verdict),
        cmocka_unit_test(nodes_are_asked_in_parallel_and_a_fenced_one_costs_little),
        cmocka_unit_test(locate_without_a_node_list_is_no_empty_answer),
        cmocka_unit_test(inspect_tells_the_class_and_whose_it_is),
        cmocka_unit_test(inspect_of_an_unknown_guest_is_absent_and_of_bad_xml_invalid),
        cmocka_unit_test(inspect_of_an_undecided_guest_is_no_answer),
        cmocka_unit_test(list_tells_all_or_why_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "../hvc_cmocka.h"
#include "world.h"

#define MOVE    "'uuid':'" VM1 "','name':'vm1','resource':'vm1','timeout_ms':5000,'target':"
#define ARRIVED "'uuid':'" VM1 "','name':'vm1','resource':'vm1','timeout_ms':"

static const char *outcome(struct world *world)
{
    return hvc_record_text(world_data(world), "outcome", "");
}

static void a_running_guest_moves_and_a_paused_one_arrives_paused(void **state)
{
    static const enum hvc_guest_class classes[] = {HVC_GUEST_RUNNING, HVC_GUEST_PAUSED};

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(classes); i++) {
        struct world *w = world_new(2);

        world_own(world_put(w, "n1", classes[i]), "vm1");
        world_expect(w, world_run(w, "guest.move", MOVE "'n2'"), HVC_RESULT_OK, "");
        assert_string_equal(outcome(w), "moved");
        assert_int_equal(world_class(w, "n2"), classes[i]);
        assert_int_equal(world_class(w, "n1"), HVC_GUEST_ABSENT);
        assert_int_equal(w->nodes[0].migrations, 1);
        world_free(w);
    }
}

static void a_guest_that_is_at_the_target_already_is_success(void **state)
{
    struct world *w = world_new(2);

    (void)state;
    world_put(w, "n2", HVC_GUEST_RUNNING);
    world_expect(w, world_run(w, "guest.move", MOVE "'n2'"), HVC_RESULT_OK, "at the target already");
    assert_string_equal(outcome(w), "already-there");
    assert_int_equal(w->nodes[0].migrations + w->nodes[1].migrations, 0);
    world_free(w);
    w = world_new(2);
    world_put(w, "n1", HVC_GUEST_RUNNING);
    world_expect(w, world_run(w, "guest.move", MOVE "'n1'"), HVC_RESULT_OK, "same node, and the guest is on it");
    assert_int_equal(w->nodes[0].migrations, 0);
    world_free(w);
}

static void bad_targets_are_refused_and_the_guest_is_untouched(void **state)
{
    static const struct {
        const char *target;
        bool member, quorate;
        enum world_answer answer;
        const char *answer_words;
        enum hvc_result result;
        const char *part;
    } cases[] = {
        {"n9", true, true, WORLD_ANSWERS, NULL, HVC_RESULT_NOT_FOUND,
         "node n9 is not in the cluster's node list (n1, n2)"},
        {"n2", false, true, WORLD_ANSWERS, NULL, HVC_RESULT_REFUSED, "the target is offline"},
        {"n2", true, false, WORLD_ANSWERS, NULL, HVC_RESULT_NO_QUORUM, "no quorum"},
        {"n2", true, true, WORLD_REFUSES, "unable to connect to server at `n2:16514`: Connection refused",
         HVC_RESULT_UNREACHABLE, "unable to connect to server at `n2:16514`: Connection refused"},
        {"n2", true, true, WORLD_DENIES, "Certificate [session] owner does not match the hostname n2",
         HVC_RESULT_UNREACHABLE, "Certificate [session] owner does not match the hostname n2"},
        {"n2", true, true, WORLD_HANGS, NULL, HVC_RESULT_UNREACHABLE, "libvirtd does not answer"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct world *w = world_new(2);
        char args[256];

        world_put(w, "n1", HVC_GUEST_RUNNING);
        world_fact(w, "n2")->member = cases[i].member;
        w->cluster.quorate = cases[i].quorate;
        w->nodes[1].answer = cases[i].answer;
        w->nodes[1].answer_words = cases[i].answer_words;
        (void)snprintf(args, sizeof(args), "'uuid':'" VM1 "','name':'vm1','timeout_ms':1000,'target':'%s'",
                       cases[i].target);
        world_expect(w, world_run(w, "guest.move", args), cases[i].result, cases[i].part);
        assert_int_equal(world_class(w, "n1"), HVC_GUEST_RUNNING);
        assert_int_equal(w->nodes[0].migrations, 0);
        world_free(w);
    }
}

static void guests_that_cannot_move_stay_with_a_reason(void **state)
{
    static const struct {
        enum hvc_guest_class here, there; /* CLASS_MAX: nothing */
        const char *owner, *words;
        bool autostart_there;
        enum hvc_result result;
        const char *part;
    } cases[] = {
        {HVC_GUEST_FAILED, HVC_GUEST_CLASS_MAX, "", "crashed (panicked)", false, HVC_RESULT_REFUSED,
         "crashed (panicked)"},
        {HVC_GUEST_FAILED, HVC_GUEST_CLASS_MAX, "", "paused (I/O error)", false, HVC_RESULT_REFUSED,
         "paused (I/O error)"},
        {HVC_GUEST_STOPPING, HVC_GUEST_CLASS_MAX, "", "", false, HVC_RESULT_REFUSED, "it is shutting down"},
        {HVC_GUEST_INCOMING, HVC_GUEST_CLASS_MAX, "", "", false, HVC_RESULT_BUSY, "it is not here yet"},
        {HVC_GUEST_CLASS_MAX, HVC_GUEST_CLASS_MAX, "", "", false, HVC_RESULT_NOT_FOUND, "neither on this node"},
        {HVC_GUEST_CLASS_MAX, HVC_GUEST_INCOMING, "", "", false, HVC_RESULT_NOT_FOUND, "neither on this node"},
        {HVC_GUEST_RUNNING, HVC_GUEST_CLASS_MAX, "other", "", false, HVC_RESULT_REFUSED, "under resource other"},
        {HVC_GUEST_RUNNING, HVC_GUEST_ABSENT, "vm1", "", true, HVC_RESULT_REFUSED, "autostart"},
        {HVC_GUEST_RUNNING, HVC_GUEST_FAILED, "vm1", "", false, HVC_RESULT_REFUSED, "remains of it"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct world *w = world_new(2);

        if (cases[i].here != HVC_GUEST_CLASS_MAX) {
            struct world_guest *g = world_put(w, "n1", cases[i].here);

            world_own(g, cases[i].owner);
            world_say(g, cases[i].words);
        }
        if (cases[i].there != HVC_GUEST_CLASS_MAX)
            world_put(w, "n2", cases[i].there)->autostart = cases[i].autostart_there;
        world_expect(w, world_run(w, "guest.move", MOVE "'n2'"), cases[i].result, cases[i].part);
        assert_int_equal(w->nodes[0].migrations, 0);
        if (cases[i].here != HVC_GUEST_CLASS_MAX)
            assert_int_equal(world_class(w, "n1"), cases[i].here);
        world_free(w);
    }
}

static void a_failed_move_leaves_the_guest_at_the_source_with_libvirts_words(void **state)
{
    struct world *w = world_new(2);
    enum hvc_result result;

    (void)state;
    world_put(w, "n1", HVC_GUEST_RUNNING);
    w->nodes[0].migrate_error = -EIO;
    w->nodes[0].error_words = "domain `vm1` is already defined with uuid " VM2;
    result = world_run(w, "guest.move", MOVE "'n2'");
    world_expect(w, result, HVC_RESULT_FAILED, "is already defined with uuid " VM2);
    assert_int_equal(world_class(w, "n1"), HVC_GUEST_RUNNING);
    world_free(w);
}

static void a_guest_that_runs_here_has_arrived_and_is_marked(void **state)
{
    struct world *w = world_new(2);

    (void)state;
    world_put(w, "n1", HVC_GUEST_RUNNING);
    world_expect(w, world_run(w, "guest.arrived", ARRIVED "5000"), HVC_RESULT_OK, "runs on this node");
    assert_string_equal(w->nodes[0].guests[0].owner, "vm1");
    assert_int_equal(w->nodes[1].inspects, 0);
    world_free(w);
}

static void lands(struct world *w, struct world_node *node, unsigned nth)
{
    if (node == &w->nodes[0] && nth == 4)
        node->guests[0].guest_class = HVC_GUEST_RUNNING;
}

static void one_that_still_arrives_is_waited_for_until_the_deadline(void **state)
{
    struct world *w = world_new(2);

    (void)state;
    world_put(w, "n1", HVC_GUEST_INCOMING);
    world_expect(w, world_run(w, "guest.arrived", ARRIVED "400"), HVC_RESULT_TIMEOUT, "still arrives");
    w->nodes[0].inspects = 0;
    w->on_inspect = lands;
    world_expect(w, world_run(w, "guest.arrived", ARRIVED "5000"), HVC_RESULT_OK, "runs on this node");
    world_free(w);
}

/* Another move's last moment, or a start that libvirt has not finished. */
static void one_that_still_arrives_is_waited_for_before_it_goes_on(void **state)
{
    struct world *w = world_new(2);

    (void)state;
    world_own(world_put(w, "n1", HVC_GUEST_INCOMING), "vm1");
    w->on_inspect = lands;
    world_expect(w, world_run(w, "guest.move", MOVE "'n2'"), HVC_RESULT_OK, "");
    assert_int_equal(world_class(w, "n2"), HVC_GUEST_RUNNING);
    assert_int_equal(w->nodes[0].migrations, 1);
    world_free(w);
}

static void what_has_not_arrived_is_told_with_the_place_where_it_is(void **state)
{
    static const struct {
        enum hvc_guest_class here, source;
        const char *owner;
        enum world_answer answer;
        enum hvc_result result;
        const char *part;
    } cases[] = {
        {HVC_GUEST_CLASS_MAX, HVC_GUEST_RUNNING, "", WORLD_ANSWERS, HVC_RESULT_NOT_FOUND,
         "on its source n2 it is running"},
        {HVC_GUEST_CLASS_MAX, HVC_GUEST_RUNNING, "", WORLD_REFUSES, HVC_RESULT_NOT_FOUND,
         "its source n2 does not answer: Connection refused"},
        {HVC_GUEST_FAILED, HVC_GUEST_ABSENT, "", WORLD_ANSWERS, HVC_RESULT_FAILED, "does not run: failed"},
        {HVC_GUEST_RUNNING, HVC_GUEST_ABSENT, "other", WORLD_ANSWERS, HVC_RESULT_REFUSED, "under resource other"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct world *w = world_new(2);

        if (cases[i].here != HVC_GUEST_CLASS_MAX)
            world_own(world_put(w, "n1", cases[i].here), cases[i].owner);
        world_put(w, "n2", cases[i].source);
        w->nodes[1].answer = cases[i].answer;
        world_expect(w, world_run(w, "guest.arrived", ARRIVED "3000,'source':'n2'"), cases[i].result, cases[i].part);
        world_free(w);
    }
}

static void a_process_that_libvirt_does_not_know_is_not_moved(void **state)
{
    static const enum world_answer answers[] = {WORLD_ANSWERS, WORLD_REFUSES};

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(answers); i++) {
        struct world *w = world_new(2);
        struct world_emulator emulator = world_start_emulator(world_vm1, ":");

        w->nodes[0].answer = answers[i];
        world_expect(w, world_run(w, "guest.move", MOVE "'n2'"), HVC_RESULT_UNREACHABLE, "is not moved");
        if (answers[i] == WORLD_ANSWERS) /* libvirt knows of none: with libvirt down the process itself is the proof */
            world_expect(w, world_run(w, "guest.arrived", ARRIVED "3000"), HVC_RESULT_UNREACHABLE, "nobody can tell");
        assert_int_equal(w->nodes[0].migrations, 0);
        world_end_emulator(&emulator);
        world_free(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_running_guest_moves_and_a_paused_one_arrives_paused),
        cmocka_unit_test(a_guest_that_is_at_the_target_already_is_success),
        cmocka_unit_test(bad_targets_are_refused_and_the_guest_is_untouched),
        cmocka_unit_test(guests_that_cannot_move_stay_with_a_reason),
        cmocka_unit_test(a_failed_move_leaves_the_guest_at_the_source_with_libvirts_words),
        cmocka_unit_test(a_guest_that_runs_here_has_arrived_and_is_marked),
        cmocka_unit_test(one_that_still_arrives_is_waited_for_until_the_deadline),
        cmocka_unit_test(one_that_still_arrives_is_waited_for_before_it_goes_on),
        cmocka_unit_test(what_has_not_arrived_is_told_with_the_place_where_it_is),
        cmocka_unit_test(a_process_that_libvirt_does_not_know_is_not_moved),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

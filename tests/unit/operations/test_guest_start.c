/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "../hvc_cmocka.h"
#include "world.h"

#define START "'xml':'" VM1_XML "','resource':'vm1','config':'/etc/vm1.xml','timeout_ms':"

static const char *outcome(struct world *world)
{
    return hvc_record_text(world_data(world), "outcome", "");
}

static void it_boots_when_every_node_says_that_it_is_nowhere(void **state)
{
    struct world *w = world_new(3);

    (void)state;
    world_expect(w, world_run(w, "guest.start", START "5000"), HVC_RESULT_OK, "was started on this node");
    assert_string_equal(outcome(w), "started");
    assert_int_equal(world_class(w, "n1"), HVC_GUEST_RUNNING);
    assert_string_equal(w->nodes[0].guests[0].owner, "vm1");
    assert_int_equal(w->nodes[0].starts, 1);
    assert_true(w->nodes[1].inspects > 0 && w->nodes[2].inspects > 0);
    assert_string_equal(hvc_record_text(world_data(w), "uuid", ""), world_vm1);
    assert_string_equal(hvc_record_text(world_data(w), "name", ""), "vm1");
    world_free(w);
}

static void one_that_runs_here_is_left_as_it_is_and_marked(void **state)
{
    static const enum hvc_guest_class classes[] = {HVC_GUEST_RUNNING, HVC_GUEST_PAUSED};

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(classes); i++) {
        struct world *w = world_new(3);

        world_put(w, "n1", classes[i]);
        world_node(w, "n2")->answer = WORLD_REFUSES; /* nobody else has to be asked */
        w->cluster.quorate = false;
        world_expect(w, world_run(w, "guest.start", START "5000"), HVC_RESULT_OK, "runs on this node already");
        assert_string_equal(outcome(w), "already-here");
        assert_int_equal(world_class(w, "n1"), classes[i]);
        assert_string_equal(w->nodes[0].guests[0].owner, "vm1");
        assert_int_equal(w->nodes[0].starts, 0);
        world_free(w);
    }
}

static void one_that_runs_on_another_member_is_fetched_by_live_migration(void **state)
{
    struct world *w = world_new(3);

    (void)state;
    world_put(w, "n2", HVC_GUEST_RUNNING);
    world_expect(w, world_run(w, "guest.start", START "10000"), HVC_RESULT_OK, "fetched by live migration");
    assert_string_equal(outcome(w), "fetched");
    assert_string_equal(hvc_record_text(world_data(w), "from", ""), "n2");
    assert_int_equal(world_class(w, "n1"), HVC_GUEST_RUNNING);
    assert_int_equal(world_class(w, "n2"), HVC_GUEST_ABSENT);
    assert_int_equal(w->nodes[1].migrations, 1);
    assert_int_equal(w->nodes[0].starts, 0);
    assert_string_equal(w->nodes[0].guests[0].owner, "vm1");
    world_free(w);
}

/* Every case: refused in words, nothing started, what runs elsewhere untouched. */
static void it_is_never_booted_when_it_may_run_elsewhere(void **state)
{
    static const struct {
        enum hvc_guest_class elsewhere; /* on n2; CLASS_MAX: nothing */
        enum world_answer answer;       /* of n2 */
        bool member, fenced, clean_down, quorate, exclusive, direct;
        enum hvc_result result;
        const char *words;
    } cases[] = {
        {HVC_GUEST_CLASS_MAX, WORLD_REFUSES, true, false, false, true, true, false, HVC_RESULT_REFUSED,
         "node n2, a member, neither answers nor is confirmed fenced: unable to connect: Connection refused"},
        {HVC_GUEST_CLASS_MAX, WORLD_HANGS, true, false, false, true, true, false, HVC_RESULT_REFUSED,
         "libvirtd does not answer"},
        {HVC_GUEST_CLASS_MAX, WORLD_DENIES, true, true, true, true, true, false, HVC_RESULT_REFUSED,
         "neither answers nor is confirmed fenced"},
        {HVC_GUEST_CLASS_MAX, WORLD_REFUSES, false, false, false, true, true, false, HVC_RESULT_REFUSED,
         "node n2 neither answers nor is confirmed fenced"},
        {HVC_GUEST_RUNNING, WORLD_ANSWERS, false, false, false, true, true, false, HVC_RESULT_REFUSED, "no member"},
        {HVC_GUEST_FAILED, WORLD_ANSWERS, true, false, false, true, true, false, HVC_RESULT_REFUSED,
         "failed on node n2"},
        {HVC_GUEST_UNKNOWN, WORLD_ANSWERS, true, false, false, true, true, false, HVC_RESULT_REFUSED,
         "unknown on node n2"},
        {HVC_GUEST_CLASS_MAX, WORLD_ANSWERS, true, false, false, false, true, false, HVC_RESULT_NO_QUORUM,
         "no quorum, and node n2"},
        {HVC_GUEST_CLASS_MAX, WORLD_REFUSES, false, true, false, false, true, false, HVC_RESULT_NO_QUORUM,
         "no quorum, and node n3"},
        {HVC_GUEST_RUNNING, WORLD_ANSWERS, true, false, false, false, true, false, HVC_RESULT_NO_QUORUM,
         "the guest is running on node n2"},
        {HVC_GUEST_CLASS_MAX, WORLD_ANSWERS, false, false, false, true, false, false, HVC_RESULT_REFUSED, "two_node"},
        {HVC_GUEST_CLASS_MAX, WORLD_ANSWERS, true, false, false, true, true, true, HVC_RESULT_REFUSED,
         "hvclusterd does not run on this node"},
        {HVC_GUEST_RUNNING, WORLD_ANSWERS, true, false, false, true, true, true, HVC_RESULT_REFUSED,
         "hvclusterd does not run on this node"},
        {HVC_GUEST_INCOMING, WORLD_ANSWERS, true, false, false, true, true, false, HVC_RESULT_TIMEOUT,
         "incoming on node n2"},
        {HVC_GUEST_STOPPING, WORLD_ANSWERS, true, false, false, true, true, false, HVC_RESULT_TIMEOUT,
         "stopping on node n2"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct world *w = world_new(3);
        struct hvc_fact_node *fact = world_fact(w, "n2");

        if (cases[i].elsewhere != HVC_GUEST_CLASS_MAX)
            world_put(w, "n2", cases[i].elsewhere);
        world_node(w, "n2")->answer = cases[i].answer;
        world_node(w, "n2")->answer_words = "unable to connect: Connection refused";
        fact->member = cases[i].member;
        fact->fenced = cases[i].fenced;
        fact->clean_down = cases[i].clean_down;
        w->cluster.quorate = cases[i].quorate;
        w->cluster.quorum_exclusive = cases[i].exclusive;
        w->operations.direct = cases[i].direct;
        world_expect(w, world_run(w, "guest.start", START "900"), cases[i].result, cases[i].words);
        assert_int_equal(w->nodes[0].starts + w->nodes[1].migrations, 0);
        assert_int_equal(world_class(w, "n1"), HVC_GUEST_ABSENT);
        if (cases[i].elsewhere != HVC_GUEST_CLASS_MAX)
            assert_int_equal(world_class(w, "n2"), cases[i].elsewhere);
        world_free(w);
    }
}

static void it_boots_after_the_silent_node_was_fenced_or_left_cleanly(void **state)
{
    (void)state;
    for (int fenced = 0; fenced <= 1; fenced++) {
        struct world *w = world_new(3);

        world_lose(w, "n3");
        world_fact(w, "n3")->fenced = fenced != 0;
        world_fact(w, "n3")->clean_down = fenced == 0;
        world_expect(w, world_run(w, "guest.start", START "5000"), HVC_RESULT_OK, "was started");
        world_free(w);
    }
}

static void without_daemon_or_quorum_it_boots_when_every_other_node_is_fenced(void **state)
{
    (void)state;
    for (int direct = 0; direct <= 1; direct++) {
        struct world *w = world_new(3);

        world_lose(w, "n2");
        world_lose(w, "n3");
        world_fact(w, "n2")->fenced = world_fact(w, "n3")->fenced = true;
        w->cluster.quorate = direct != 0;
        w->operations.direct = direct != 0;
        world_expect(w, world_run(w, "guest.start", START "5000"), HVC_RESULT_OK, "was started");
        world_free(w);
    }
}

static void without_corosync_the_reason_is_corosyncs(void **state)
{
    struct world *w = world_new(1);

    (void)state;
    w->cluster.count = 0;
    w->cluster.corosync_answers = w->cluster.quorate = false;
    (void)hvc_error_set(&w->cluster.corosync_error, -ENOTCONN, "corosync does not run on this node");
    world_expect(w, world_run(w, "guest.start", START "700"), HVC_RESULT_UNREACHABLE,
                 "corosync does not run on this node");
    assert_int_equal(w->nodes[0].starts, 0);
    world_free(w);
}

static void fence_n2(struct world *w, unsigned nth)
{
    if (nth == 3)
        world_fact(w, "n2")->fenced = true;
}

static void a_fencing_that_is_confirmed_while_it_looks_lets_it_boot(void **state)
{
    (void)state;
    for (int direct = 0; direct <= 1; direct++) {
        struct world *w = world_new(2);

        world_lose(w, "n2");
        w->on_facts = fence_n2;
        w->operations.direct = direct != 0;
        world_expect(w, world_run(w, "guest.start", START "20000"), HVC_RESULT_OK, "was started");
        world_free(w);
    }
}

static void without_the_daemon_a_member_is_not_waited_for(void **state)
{
    struct world *w = world_new(2);

    (void)state;
    w->operations.direct = true;
    world_expect(w, world_run(w, "guest.start", START "20000"), HVC_RESULT_REFUSED,
                 "hvclusterd does not run on this node");
    assert_int_equal(w->facts_reads, 1);
    world_free(w);
}

/* Looks once, then n2's guest arrives here by somebody's move. */
static void arrives(struct world *w, struct world_node *node, unsigned nth)
{
    if (node != &w->nodes[0])
        return;
    if (nth == 2) {
        node->guests[0].guest_class = HVC_GUEST_INCOMING;
    } else if (nth == 4) {
        w->nodes[1].guests[0].guest_class = HVC_GUEST_ABSENT;
        node->guests[0].guest_class = HVC_GUEST_RUNNING;
    }
}

static void a_guest_that_arrives_while_it_looks_is_waited_for(void **state)
{
    struct world *w = world_new(2);

    (void)state;
    world_put(w, "n1", HVC_GUEST_INCOMING);
    world_put(w, "n2", HVC_GUEST_RUNNING);
    w->nodes[1].guests[0].migrating_out = true;
    w->on_inspect = arrives;
    world_expect(w, world_run(w, "guest.start", START "10000"), HVC_RESULT_OK, "runs on this node already");
    assert_int_equal(w->nodes[0].starts, 0);
    assert_int_equal(w->nodes[1].migrations, 0);
    world_free(w);
}

/* n2 says nothing runs there, and by the time of the boot it has been moved here by hand. */
static void arrives_before_boot(struct world *w, unsigned nth)
{
    if (nth == 2)
        (void)world_put_other(w, "n1", world_vm1, "vm1", HVC_GUEST_RUNNING);
}

static void a_guest_that_is_here_when_libvirt_is_asked_to_boot_it_is_success(void **state)
{
    struct world *w = world_new(2);

    (void)state;
    w->on_facts = arrives_before_boot;
    world_expect(w, world_run(w, "guest.start", START "10000"), HVC_RESULT_OK, "was started");
    assert_int_equal(w->nodes[0].starts, 1); /* refused by libvirt: already active */
    world_free(w);
}

static void lose_quorum(struct world *w, unsigned nth)
{
    if (nth == 2)
        w->cluster.quorate = false;
}

static void quorum_that_is_lost_before_the_boot_stops_it(void **state)
{
    struct world *w = world_new(3);

    (void)state;
    w->on_facts = lose_quorum;
    world_expect(w, world_run(w, "guest.start", START "900"), HVC_RESULT_NO_QUORUM, "no quorum");
    assert_int_equal(w->nodes[0].starts, 0);
    world_free(w);
}

static void a_source_that_disappears_during_the_fetch_is_no_reason_to_boot(void **state)
{
    struct world *w = world_new(3);

    (void)state;
    world_put(w, "n2", HVC_GUEST_RUNNING);
    world_node(w, "n2")->migrate_error = -EIO;
    world_node(w, "n2")->error_words = "Lost connection to destination host";
    (void)world_run(w, "guest.start", START "3000");
    assert_non_null(strstr(world_text(w), "Lost connection to destination host"));
    assert_int_equal(w->nodes[0].starts, 0);
    assert_int_equal(world_class(w, "n2"), HVC_GUEST_RUNNING);
    world_free(w);
}

static void a_failed_guest_here_has_to_be_stopped_first(void **state)
{
    struct world *w = world_new(2);

    (void)state;
    world_say(world_put(w, "n1", HVC_GUEST_FAILED), "paused (I/O error)");
    world_expect(w, world_run(w, "guest.start", START "2000"), HVC_RESULT_REFUSED, "paused (I/O error)");
    assert_non_null(strstr(world_text(w), "stopped before it can be started"));
    assert_int_equal(world_class(w, "n1"), HVC_GUEST_FAILED);
    world_free(w);
}

static void another_resources_guest_is_left_alone(void **state)
{
    static const char *const nodes[] = {"n1", "n2"};

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(nodes); i++) {
        struct world *w = world_new(2);
        struct world_guest *g = world_put(w, nodes[i], HVC_GUEST_RUNNING);

        world_own(g, "vm1-old");
        world_expect(w, world_run(w, "guest.start", START "2000"), HVC_RESULT_REFUSED, "runs under resource vm1-old");
        assert_string_equal(g->owner, "vm1-old");
        assert_int_equal(world_class(w, nodes[i]), HVC_GUEST_RUNNING);
        world_free(w);
    }
}

static void two_resources_with_one_definition_are_refused(void **state)
{
    struct world *w = world_new(2);

    (void)state;
    (void)snprintf(w->other_resource, sizeof(w->other_resource), "vm1-copy");
    world_expect(w, world_run(w, "guest.start", START "2000"), HVC_RESULT_REFUSED,
                 "resources vm1 and vm1-copy have the same guest (config=/etc/vm1.xml)");
    assert_int_equal(w->nodes[0].starts, 0);
    world_free(w);
}

static void another_guest_of_that_name_is_told_in_libvirts_words(void **state)
{
    struct world *w = world_new(2);

    (void)state;
    world_put_other(w, "n1", VM2, "vm1", HVC_GUEST_RUNNING);
    world_expect(w, world_run(w, "guest.start", START "2000"), HVC_RESULT_REFUSED, "already exists with uuid " VM2);
    assert_int_equal(w->nodes[0].guests[0].guest_class, HVC_GUEST_RUNNING);
    world_free(w);
}

static void autostart_on_any_node_is_refused_in_words(void **state)
{
    static const char *const nodes[] = {"n1", "n2"};

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(nodes); i++) {
        struct world *w = world_new(2);
        struct world_guest *g = world_put(w, nodes[i], HVC_GUEST_ABSENT);

        g->persistent = g->autostart = true;
        world_expect(w, world_run(w, "guest.start", START "2000"), HVC_RESULT_REFUSED, "has autostart set");
        assert_non_null(strstr(world_text(w), nodes[i]));
        assert_int_equal(w->nodes[0].starts, 0);
        world_free(w);
    }
}

static void definitions_that_lie_on_several_nodes_are_no_obstacle(void **state)
{
    struct world *w = world_new(2);

    (void)state;
    world_put(w, "n1", HVC_GUEST_ABSENT)->persistent = true;
    world_put(w, "n2", HVC_GUEST_ABSENT)->persistent = true;
    world_expect(w, world_run(w, "guest.start", START "5000"), HVC_RESULT_OK, "was started");
    assert_true(w->nodes[0].guests[0].persistent);
    world_free(w);
}

static void libvirts_refusal_to_start_is_passed_on_verbatim(void **state)
{
    static const struct {
        int code;
        const char *words;
        bool dies;
        const char *part;
    } cases[] = {
        {-EIO, "Failed to get \"write\" lock: Is another process using the image?", false,
         "Failed to get \"write\" lock: Is another process using the image?"},
        {-EINVAL, "unsupported configuration: unknown driver format", false, "unknown driver format"},
        {0, NULL, true, "ended at once"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct world *w = world_new(2);

        w->nodes[0].start_error = cases[i].code;
        w->nodes[0].error_words = cases[i].words;
        w->nodes[0].start_dies = cases[i].dies;
        world_expect(w, world_run(w, "guest.start", START "5000"), HVC_RESULT_FAILED, cases[i].part);
        assert_int_equal(w->nodes[0].starts, 1);
        world_free(w);
    }
}

/* What a start that libvirt has not finished leaves: a guest that starts up, or with a hung libvirtd only its process.
 */
static struct world_emulator hung;

static void starts_up(struct world *w, struct world_node *node, unsigned nth)
{
    (void)nth;
    if (node == &w->nodes[0] && node->starts > 0 && world_class(w, "n1") == HVC_GUEST_ABSENT)
        world_say(world_put(w, "n1", HVC_GUEST_INCOMING), "paused (starting up)");
}

static void hangs(struct world *w, struct world_node *node, unsigned nth)
{
    (void)nth;
    if (node != &w->nodes[0] || node->starts == 0 || node->answer == WORLD_HANGS)
        return;
    hung = world_start_emulator(world_vm1, ":");
    node->answer = WORLD_HANGS;
}

static void a_start_that_libvirt_has_not_finished_is_no_success(void **state)
{
    struct world *w = world_new(2);

    (void)state;
    w->nodes[0].start_error = -ETIMEDOUT;
    w->nodes[0].error_words = "libvirt has not answered";
    w->on_inspect = starts_up;
    world_expect(w, world_run(w, "guest.start", START "1000"), HVC_RESULT_TIMEOUT, "paused (starting up)");
    world_free(w);
    w = world_new(2);
    w->nodes[0].start_error = -ETIMEDOUT;
    w->nodes[0].error_words = "libvirt has not answered";
    w->on_inspect = hangs;
    world_expect(w, world_run(w, "guest.start", START "3000"), HVC_RESULT_UNKNOWN_OUTCOME, "alive, libvirtd hangs");
    world_end_emulator(&hung);
    world_free(w);
}

static void an_unusable_definition_is_invalid_in_words(void **state)
{
    static const struct {
        const char *args, *part;
    } cases[] = {
        {"'xml':'<domain><name>vm1</name></domain>','resource':'vm1'", "has no <uuid>"},
        {"'xml':'<domain>','resource':'vm1'", "cannot be used"},
        {"'xml':'<network><name>n</name></network>','resource':'vm1'", "cannot be used"},
        {"'uuid':'" VM1 "','resource':'vm1'", "needs the definition"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct world *w = world_new(1);

        world_expect(w, world_run(w, "guest.start", cases[i].args), HVC_RESULT_INVALID, cases[i].part);
        assert_int_equal(w->nodes[0].starts, 0);
        world_free(w);
    }
}

static void a_mark_that_cannot_be_set_does_not_fail_the_start(void **state)
{
    struct world *w = world_new(1);

    (void)state;
    world_put(w, "n1", HVC_GUEST_RUNNING);
    w->nodes[0].mark_error = -EBUSY;
    world_expect(w, world_run(w, "guest.start", START "2000"), HVC_RESULT_OK, "already");
    assert_non_null(strstr(hvc_record_text(world_data(w), "mark_error", ""), "cannot acquire state change lock"));
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_boots_when_every_node_says_that_it_is_nowhere),
        cmocka_unit_test(one_that_runs_here_is_left_as_it_is_and_marked),
        cmocka_unit_test(one_that_runs_on_another_member_is_fetched_by_live_migration),
        cmocka_unit_test(it_is_never_booted_when_it_may_run_elsewhere),
        cmocka_unit_test(it_boots_after_the_silent_node_was_fenced_or_left_cleanly),
        cmocka_unit_test(without_daemon_or_quorum_it_boots_when_every_other_node_is_fenced),
        cmocka_unit_test(without_corosync_the_reason_is_corosyncs),
        cmocka_unit_test(a_fencing_that_is_confirmed_while_it_looks_lets_it_boot),
        cmocka_unit_test(without_the_daemon_a_member_is_not_waited_for),
        cmocka_unit_test(a_guest_that_arrives_while_it_looks_is_waited_for),
        cmocka_unit_test(a_guest_that_is_here_when_libvirt_is_asked_to_boot_it_is_success),
        cmocka_unit_test(quorum_that_is_lost_before_the_boot_stops_it),
        cmocka_unit_test(a_source_that_disappears_during_the_fetch_is_no_reason_to_boot),
        cmocka_unit_test(a_failed_guest_here_has_to_be_stopped_first),
        cmocka_unit_test(another_resources_guest_is_left_alone),
        cmocka_unit_test(two_resources_with_one_definition_are_refused),
        cmocka_unit_test(another_guest_of_that_name_is_told_in_libvirts_words),
        cmocka_unit_test(autostart_on_any_node_is_refused_in_words),
        cmocka_unit_test(definitions_that_lie_on_several_nodes_are_no_obstacle),
        cmocka_unit_test(libvirts_refusal_to_start_is_passed_on_verbatim),
        cmocka_unit_test(a_start_that_libvirt_has_not_finished_is_no_success),
        cmocka_unit_test(an_unusable_definition_is_invalid_in_words),
        cmocka_unit_test(a_mark_that_cannot_be_set_does_not_fail_the_start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

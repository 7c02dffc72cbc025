/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What crm_simulate said of a real cluster (tests/golden/pacemaker: a guest "web" on n2, stickiness 1), as facts. */
#include "simulation.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../hvc_cmocka.h"

static char *output_of(const char *name)
{
    char path[512], *text = calloc(1, 65536);
    FILE *file;
    size_t length;

    assert_non_null(text);
    (void)snprintf(path, sizeof(path), "%s/%s", HVC_GOLDEN, name);
    file = fopen(path, "re");
    if (file == NULL)
        fail_msg("%s: %s", path, strerror(errno));
    length = fread(text, 1, 65535, file);
    assert_true(length > 0);
    assert_int_equal(fclose(file), 0);
    return text;
}

static struct simulation parsed(const char *name)
{
    struct simulation simulation = {0};
    struct hvc_error error = {0};
    char *text = output_of(name);

    if (simulation_parse(text, "web", &simulation, &error) < 0)
        fail_msg("%s: %s", name, error.text);
    free(text);
    return simulation;
}

static struct hvc_pacemaker_plan judged(const char *now, const char *moved, const char *left)
{
    struct simulation a = parsed(now), b = parsed(moved), c = parsed(left);
    const struct simulation_set set = {.resource = "web", .target = "n1", .now = &a, .moved = &b, .left = &c};
    struct hvc_pacemaker_plan plan = {0};

    simulation_judge(&set, &plan);
    simulation_clear(&a);
    simulation_clear(&b);
    simulation_clear(&c);
    return plan;
}

/* Pacemaker 2.1.5 never ends the record of a monitor that was cancelled before it had answered: that of the node where
 * a migration began stays. */
static void a_monitor_is_nothing_that_is_pending(void **state)
{
    struct simulation s = parsed("monitor-without-end.xml");
    struct hvc_error error = {0};
    char *text = output_of("monitor-without-end.xml"), *word = strstr(text, "pending=\"Monitoring\"");

    (void)state;
    assert_string_equal(s.now.node, "n3");
    assert_string_equal(s.now.pending, "");
    simulation_clear(&s);
    assert_non_null(word);
    memcpy(word, "pending=\"Stopping\"  ", strlen("pending=\"Monitoring\""));
    assert_int_equal(simulation_parse(text, "web", &s, &error), 0);
    assert_string_equal(s.now.pending, "Stopping");
    simulation_clear(&s);
    free(text);
}

static void places_and_actions_are_read(void **state)
{
    struct simulation s = parsed("migrates.xml");

    (void)state;
    assert_true(s.now.found && s.now.managed && !s.now.blocked && !s.now.failed);
    assert_int_equal(s.now.nodes, 1);
    assert_string_equal(s.now.node, "n2");
    assert_int_equal(s.then.nodes, 1);
    assert_string_equal(s.then.node, "n1");
    assert_int_equal(s.count, 1);
    assert_string_equal(s.actions[0].what, "migrate");
    assert_string_equal(s.actions[0].resource, "web");
    assert_string_equal(s.actions[0].from, "n2");
    assert_string_equal(s.actions[0].to, "n1");
    simulation_clear(&s);
}

static void a_fencing_is_an_action_of_a_node(void **state)
{
    struct simulation s = parsed("fences.xml");

    (void)state;
    assert_true(s.count > 1);
    assert_string_equal(s.actions[0].what, "Fence (reboot)");
    assert_string_equal(s.actions[0].resource, "");
    assert_string_equal(s.actions[0].from, "n2");
    assert_string_equal(s.actions[0].reason, "peer is no longer part of the cluster");
    simulation_clear(&s);
}

static void two_simulations_make_the_facts_of_a_move(void **state)
{
    static const struct {
        const char *name, *now, *moved, *left;
        bool idle, managed, allowed, migratable, stays, others;
        const char *words; /* in the words of what is not as it should be */
    } cases[] = {
        {"a guest that may go", "nothing.xml", "migrates.xml", "nothing.xml", true, true, true, true, true, false,
         "migrate web from n2 to n1"},
        {"a ban at the target", "nothing.xml", "banned.xml", "nothing.xml", true, true, false, true, true, false,
         "it would be on n2"},
        {"allow-migrate is not set", "nothing.xml", "stops-and-starts.xml", "nothing.xml", true, true, true, false,
         true, false, "move web from n2 to n1"},
        {"no stickiness and a better node", "nothing.xml", "migrates.xml", "goes-back.xml", true, true, true, true,
         false, false, "migrate web from n1 to n2"},
        {"another resource goes with it", "nothing.xml", "takes-another.xml", "nothing.xml", true, true, true, true,
         true, true, "move tail from n2 to n1"},
        {"what happens anyway is not the move's doing", "takes-another.xml", "takes-another.xml", "nothing.xml", false,
         true, true, true, true, false, "migrate web from n2 to n1"},
        {"maintenance; what is blocked hurts nobody", "held.xml", "migrates.xml", "nothing.xml", true, false, true,
         true, true, false, "resource web"},
        {"it is being moved already", "leaves.xml", "migrates.xml", "nothing.xml", false, true, true, true, true, false,
         "migrate web from n2 to n3"},
        {"a node that joins is in its way", "nothing.xml", "waits.xml", "nothing.xml", true, true, false, true, true,
         false, "start web on n1 is blocked"},
        {"a node would be fenced for it", "nothing.xml", "fences.xml", "nothing.xml", true, true, false, true, true,
         true, "Fence (reboot) on n2 (peer is no longer part of the cluster)"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_pacemaker_plan p = judged(cases[i].now, cases[i].moved, cases[i].left);
        char all[8 * HVC_PACEMAKER_WORDS_MAX];

        (void)snprintf(all, sizeof(all), "%s|%s|%s|%s|%s|%s|%s", p.idle_words, p.managed_words, p.allowed_words,
                       p.migratable_words, p.stays_words, p.others_words, p.actions);
        assert_int_equal(p.waits, strcmp(cases[i].moved, "waits.xml") == 0);
        if (p.idle != cases[i].idle || p.managed != cases[i].managed || p.allowed != cases[i].allowed ||
            p.migratable != cases[i].migratable || p.stays != cases[i].stays || p.others != cases[i].others ||
            strstr(all, cases[i].words) == NULL)
            fail_msg("%s: idle %d managed %d allowed %d migratable %d stays %d others %d: %s", cases[i].name, p.idle,
                     p.managed, p.allowed, p.migratable, p.stays, p.others, all);
    }
}

static void a_result_that_is_none_is_told_with_its_words(void **state)
{
    static const struct {
        const char *output, *words;
    } cases[] = {
        {"", "crm_simulate gave no result: "},
        {"crm_simulate: Could not connect to the CIB: Transport endpoint is not connected\n",
         "Transport endpoint is not connected"},
        {"<pacemaker-result><status code=\"0\"/>", "crm_simulate gave no result"},
        {"<pacemaker-result><a></pacemaker-result>", "crm_simulate gave no result"},
        {"<pacemaker-result><status code=\"0\"/></pacemaker-result>", "its code is '0'"},
    };
    char *invalid = output_of("invalid.txt"), words[256];

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct simulation s = {0};
        struct hvc_error error = {0};

        assert_int_equal(simulation_parse(cases[i].output, "web", &s, &error), -EIO);
        if (strstr(error.text, cases[i].words) == NULL)
            fail_msg("'%s' does not say '%s'", error.text, cases[i].words);
    }
    simulation_words(invalid, words, sizeof(words));
    assert_string_equal(words, "Invalid configuration");
    free(invalid);
}

static void a_resource_that_is_not_there_is_nowhere(void **state)
{
    struct simulation s = {0};
    char *text = output_of("nothing.xml");

    (void)state;
    assert_int_equal(simulation_parse(text, "web2", &s, NULL), 0);
    assert_false(s.now.found);
    assert_int_equal(s.now.nodes, 0);
    simulation_clear(&s);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_and_actions_are_read),
        cmocka_unit_test(a_monitor_is_nothing_that_is_pending),
        cmocka_unit_test(a_fencing_is_an_action_of_a_node),
        cmocka_unit_test(two_simulations_make_the_facts_of_a_move),
        cmocka_unit_test(a_result_that_is_none_is_told_with_its_words),
        cmocka_unit_test(a_resource_that_is_not_there_is_nowhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

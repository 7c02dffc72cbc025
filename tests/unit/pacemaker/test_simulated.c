/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was simulated is remembered for what was asked, and for a while. */
#include "simulated.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../hvc_cmocka.h"

static struct simulated_key key_of(const char *resource, const char *cib)
{
    struct simulated_key key;

    simulated_key("/usr/sbin/crm_simulate", resource, cib, strlen(cib), &key);
    return key;
}

static void keep(const char *resource, const char *cib, uint64_t now_ms)
{
    struct sim_action action = {.what = "migrate"};
    char saved[] = "<cib/>";
    const struct simulated simulated = {
        .simulation = {.actions = &action, .count = 1}, .saved = saved, .length = strlen(saved)};
    const struct simulated_key key = key_of(resource, cib);

    simulated_keep(&key, &simulated, now_ms);
}

static bool is_known(const char *resource, const char *cib, uint64_t now_ms)
{
    const struct simulated_key key = key_of(resource, cib);
    struct simulated found = {0};

    if (!simulated_find(&key, now_ms, &found))
        return false;
    assert_int_equal(found.simulation.count, 1);
    assert_string_equal(found.simulation.actions[0].what, "migrate");
    assert_memory_equal(found.saved, "<cib/>", found.length);
    simulated_clear(&found);
    return true;
}

static void the_same_question_has_the_same_answer_for_a_while(void **state)
{
    (void)state;
    keep("web", "<cib epoch='1'/>", 1000);
    assert_true(is_known("web", "<cib epoch='1'/>", 1000));
    assert_true(is_known("web", "<cib epoch='1'/>", 1000 + SIMULATED_MS - 1));
    assert_false(is_known("web", "<cib epoch='1'/>", 1000 + SIMULATED_MS));
    assert_false(is_known("web", "<cib epoch='2'/>", 1000));
    assert_false(is_known("db", "<cib epoch='1'/>", 1000));
}

static void the_oldest_makes_room(void **state)
{
    char cib[16];

    (void)state;
    for (unsigned i = 0; i <= SIMULATED_MAX; i++) {
        (void)snprintf(cib, sizeof(cib), "<cib n='%u'/>", i);
        keep("web", cib, 5000 + i);
    }
    assert_false(is_known("web", "<cib n='0'/>", 6000));
    for (unsigned i = 1; i <= SIMULATED_MAX; i++) {
        (void)snprintf(cib, sizeof(cib), "<cib n='%u'/>", i);
        assert_true(is_known("web", cib, 6000));
    }
}

static void what_is_very_large_is_not_kept(void **state)
{
    const struct simulated_key key = key_of("web", "<cib large='1'/>");
    struct simulated large = {.saved = calloc(1, 2 * 1024 * 1024), .length = 2 * 1024 * 1024};
    struct simulated found = {0};

    (void)state;
    assert_non_null(large.saved);
    simulated_keep(&key, &large, 7000);
    assert_false(simulated_find(&key, 7000, &found));
    simulated_clear(&large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_question_has_the_same_answer_for_a_while),
        cmocka_unit_test(the_oldest_makes_room),
        cmocka_unit_test(what_is_very_large_is_not_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

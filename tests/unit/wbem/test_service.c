/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Msvm_VirtualSystemMigrationService as its states change; test_class_pages.c has each property beside its class page.
 */
#include "hvc/cim_server.h"
#include "hvc/schemas.h"

#include "facts_sample.h"

#include "../hvc_cmocka.h"

static const struct hvc_cim_instance *service(struct hvc_cim_arena *arena, const struct hvc_schema_namespace *space,
                                              const struct hvc_cim_facts *facts)
{
    const struct hvc_schema_class *cls = hvc_schema_class_find(space, "Msvm_VirtualSystemMigrationService");
    struct hvc_cim_ask ask = {.arena = arena, .space = space, .cls = cls, .facts = facts};

    cls->provider->enumerate(&ask);
    assert_false(ask.failed);
    assert_int_equal(ask.count, 1);
    return ask.instances[0];
}

static const char *told(struct hvc_cim_arena *arena, const struct hvc_cim_instance *instance, const char *name)
{
    const struct hvc_cim_value *value = hvc_cim_get(instance, name);
    const char *text = "";

    if (value == NULL || value->null)
        return "NULL";
    for (uint32_t i = 0; i < value->count; i++)
        text = hvc_cim_format(arena, "%s%s%s", text, i == 0 ? "" : ",", value->text[i]);
    return text;
}

static int begin(void **state)
{
    *state = hvc_cim_arena_new(1 << 20);
    return *state == NULL ? -1 : 0;
}

static int end(void **state)
{
    hvc_cim_arena_free(*state);
    return 0;
}

static void a_state_that_was_asked_for_is_told_in_the_cluster_alone(void **state)
{
    struct hvc_cim_facts facts = facts_sample;
    const struct hvc_cim_instance *instance;

    facts.service.enabled_state = facts.service.requested_state = 9;
    facts.service.state_used = true;
    facts.service.changed_ms = 1700000000000;
    instance = service(*state, &hvc_schema_cluster, &facts);
    assert_string_equal(told(*state, instance, "EnabledState"), "9");
    assert_string_equal(told(*state, instance, "RequestedState"), "9");
    assert_string_equal(told(*state, instance, "TransitioningToState"), "5");
    assert_string_equal(told(*state, instance, "TimeOfLastStateChange"), "20231114221320.000000+000");
    instance = service(*state, &hvc_schema_host, &facts);
    assert_string_equal(told(*state, instance, "EnabledState"), "2");
    assert_string_equal(told(*state, instance, "RequestedState"), "12");
    assert_string_equal(told(*state, instance, "TransitioningToState"), "12");
}

static void a_service_known_from_an_old_state_is_degraded_and_not_started(void **state)
{
    struct hvc_cim_facts facts = facts_sample;
    const struct hvc_cim_instance *instance;

    facts.stale = "no quorum";
    instance = service(*state, &hvc_schema_host, &facts);
    assert_string_equal(told(*state, instance, "OperationalStatus"), "3");
    assert_string_equal(told(*state, instance, "StatusDescriptions"), "no quorum");
    assert_string_equal(told(*state, instance, "Status"), "Degraded");
    assert_string_equal(told(*state, instance, "HealthState"), "10");
    assert_string_equal(told(*state, instance, "Started"), "FALSE");
    assert_string_equal(told(*state, instance, "Description"), "Hyper-V Migration Service (no quorum)");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        T(a_state_that_was_asked_for_is_told_in_the_cluster_alone),
        T(a_service_known_from_an_old_state_is_degraded_and_not_started),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

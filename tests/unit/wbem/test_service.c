/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The 31 properties of Msvm_VirtualSystemMigrationService as its class pages promise them, in both namespaces. Where
 * the pages give no value: the number of moves, the addresses, the owner and the times of the picture.
 */
#include "hvc/cim_server.h"
#include "hvc/schemas.h"

#include "facts_sample.h"

#include "../hvc_cmocka.h"

struct promised {
    const char *name, *cluster, *host; /* values with a comma between; "NULL" */
};

static const struct promised rows[] = {
    {"InstanceID", "NULL", "NULL"},
    {"Caption", "Hyper-V Migration Service", "Hyper-V Migration Service"},
    {"Description", "Hyper-V Migration Service", "Hyper-V Migration Service"},
    {"ElementName", "Hyper-V Migration Service", "Hyper-V Migration Service"},
    {"InstallDate", "NULL", "NULL"},
    {"Name", "migrationwmi", "migrationwmi"},
    {"OperationalStatus", "2", "2"},
    {"StatusDescriptions", "OK", "OK"},
    {"Status", "OK", "OK"},
    {"HealthState", "5", "5"},
    {"CommunicationStatus", "NULL", "NULL"},
    {"DetailedStatus", "NULL", "NULL"},
    {"OperatingStatus", "NULL", "NULL"},
    {"PrimaryStatus", "NULL", "NULL"},
    {"EnabledState", "5", "2"}, /* not applicable until somebody asks for a state */
    {"OtherEnabledState", "NULL", "NULL"},
    {"RequestedState", "12", "12"},
    {"EnabledDefault", "2", "2"},
    {"TimeOfLastStateChange", "00000000000000.000000:000", "00000000000000.000000:000"},
    {"AvailableRequestedStates", "2,3,9", "NULL"},
    {"TransitioningToState", "12", "12"},
    {"SystemCreationClassName", "Msvm_ComputerSystem", "Msvm_ComputerSystem"},
    {"SystemName", "lab", "n1"},
    {"CreationClassName", "Msvm_VirtualSystemMigrationService", "Msvm_VirtualSystemMigrationService"},
    {"PrimaryOwnerName", "NULL", "NULL"},
    {"PrimaryOwnerContact", "ops@example.org", "NULL"},
    {"StartMode", "NULL", "NULL"},
    {"Started", "TRUE", "TRUE"},
    {"ActiveVirtualSystemMigrationCount", "1", "1"},
    {"ActiveStorageMigrationCount", "0", "0"},
    {"MigrationServiceListenerIPAddressList", "10.77.2.1,fd77:2::1,10.77.2.2", "10.77.2.1,fd77:2::1"},
};

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

/* The states that can be asked for are told when RequestStateChange is carried out: the schema's tables say so. */
static const char *expected(const struct promised *row, const struct hvc_schema_namespace *space)
{
    const struct hvc_schema_class *cls = hvc_schema_class_find(space, "Msvm_VirtualSystemMigrationService");

    if (strcmp(row->name, "AvailableRequestedStates") == 0 &&
        hvc_schema_method_find(cls, "RequestStateChange")->function == NULL)
        return "NULL";
    return space == &hvc_schema_cluster ? row->cluster : row->host;
}

static void every_property_is_as_the_class_pages_promise(void **state)
{
    static const struct hvc_schema_namespace *const spaces[] = {&hvc_schema_cluster, &hvc_schema_host};

    for (size_t s = 0; s < HVC_COUNT(spaces); s++) {
        const struct hvc_cim_instance *instance = service(*state, spaces[s], &facts_sample);

        assert_int_equal(instance->cls->property_count, HVC_COUNT(rows));
        for (size_t i = 0; i < HVC_COUNT(rows); i++) {
            assert_non_null(hvc_schema_property_find(instance->cls, rows[i].name));
            if (strcmp(told(*state, instance, rows[i].name), expected(&rows[i], spaces[s])) != 0)
                print_error("%s of %s\n", rows[i].name, spaces[s]->name);
            assert_string_equal(told(*state, instance, rows[i].name), expected(&rows[i], spaces[s]));
        }
    }
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
        T(every_property_is_as_the_class_pages_promise),
        T(a_state_that_was_asked_for_is_told_in_the_cluster_alone),
        T(a_service_known_from_an_old_state_is_degraded_and_not_started),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

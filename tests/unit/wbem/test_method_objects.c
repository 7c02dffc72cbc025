/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What parameters name and hold: the small readers, one by one. */
#include "methods.h"

#include <string.h>

#include "facts_sample.h"
#include "hvc/cimxml.h"
#include "hvc/schemas.h"

#include "../hvc_cmocka.h"
#include "arena_fixture.h"

#define SETTINGS "Msvm_VirtualSystemMigrationSettingData"

static struct hvc_cim_argument arguments[16];
static struct hvc_cim_method_call call;
static const struct hvc_cim_method ms = {.codes = CODES_MS};

/* A call of MigrateVirtualSystemToHost without parameters. */
static int begin(void **state)
{
    const struct hvc_schema_class *cls =
        hvc_schema_class_find(&hvc_schema_cluster, "Msvm_VirtualSystemMigrationService");
    int result = begin_arena(state);

    memset(arguments, 0, sizeof(arguments));
    call = (struct hvc_cim_method_call){.is = &ms,
                                        .arena = arena,
                                        .space = &hvc_schema_cluster,
                                        .cls = cls,
                                        .method = hvc_schema_method_find(cls, "MigrateVirtualSystemToHost"),
                                        .in = arguments,
                                        .facts = &facts_sample};
    assert_true(call.method->parameter_count <= HVC_COUNT(arguments));
    return result;
}

static struct hvc_cim_argument *argument(const char *name)
{
    return &arguments[hvc_schema_parameter_find(call.method, name) - call.method->parameters];
}

static void give_text(const char *name, const char *text)
{
    argument(name)->value = hvc_cim_text(arena, text);
}

static void give_path(const char *name, const char *text)
{
    const struct hvc_cim_path *path = NULL;

    assert_int_equal(hvc_cim_path_read(arena, text, &path), 0);
    argument(name)->value = hvc_cim_reference(arena, path);
}

static void a_number_behind_a_prefix_is_one_that_a_counter_gives(void **state)
{
    static const struct {
        const char *id;
        uint64_t number; /* 0: none */
    } rows[] = {{"job-1", 1},
                {"job-18446744073709551615", UINT64_MAX},
                {"job-18446744073709551616", 0},
                {"job-0", 0},
                {"job-", 0},
                {"job-1x", 0},
                {"job--1", 0},
                {"job- 1", 0},
                {"JOB-1", 0},
                {"", 0}};

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        uint64_t number = 0;

        assert_int_equal(number_of_id(rows[i].id, "job-", &number), rows[i].number != 0);
        assert_int_equal(number, rows[i].number);
    }
}

static void a_node_has_its_name_in_any_case(void **state)
{
    (void)state;
    assert_string_equal(node_of(&facts_sample, "N2")->name, "n2");
    assert_null(node_of(&facts_sample, "n22"));
    assert_null(node_of(&facts_sample, ""));
}

static void a_parameter_that_is_not_given_is_nothing(void **state)
{
    (void)state;
    assert_null(given(&call, "DestinationHost"));
    assert_null(given_text(&call, "DestinationHost"));
    assert_null(given(&call, "NoSuchParameter"));
    assert_int_equal(embedded_count(&call, "MigrationSettingData"), 0);
    assert_int_equal(embedded_count(&call, "NoSuchParameter"), 0);
    assert_false(has_timeout(&call));
    give_text("DestinationHost", "n2");
    assert_string_equal(given_text(&call, "destinationhost"), "n2");
}

static void a_system_is_a_guest_or_a_node(void **state)
{
    static const struct {
        const char *path, *guest, *node, *words; /* words: refused */
    } rows[] = {
        {"Msvm_ComputerSystem.CreationClassName=\"Msvm_ComputerSystem\",Name=\"0a000000-0000-4000-8000-000000000002\"",
         "web & <mail>", NULL, NULL},
        {"Msvm_ComputerSystem.Name=\"N3\"", NULL, "n3", NULL},
        {"CIM_ComputerSystem.Name=\"n1\"", NULL, "n1", NULL},
        {"CIM_ManagedElement.Name=\"n1\"", NULL, "n1", NULL},
        {"\\\\host\\root\\virtualization\\v2:Msvm_ComputerSystem.Name=\"n1\"", NULL, "n1", NULL},
        {"Win32_ComputerSystem.Name=\"n1\"", NULL, NULL, "is the path of an Win32_ComputerSystem"},
        {"CIM_Service.Name=\"n1\"", NULL, NULL, "is the path of an CIM_Service"},
        {"Msvm_ComputerSystem.Name=\"\"", NULL, NULL, "there is no virtual system and no node \"\""},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        const struct hvc_facts_guest *guest = NULL;
        const struct hvc_facts_node *node = NULL;
        bool found;

        call.value = 0;
        give_path("ComputerSystem", rows[i].path);
        found = take_system(&call, "ComputerSystem", &guest, &node);
        if (found != (rows[i].words == NULL) || (!found && strstr(call.words, rows[i].words) == NULL))
            fail_msg("%s: %s", rows[i].path, call.words);
        assert_int_equal(guest != NULL, rows[i].guest != NULL);
        assert_int_equal(node != NULL, rows[i].node != NULL);
        if (guest != NULL)
            assert_string_equal(guest->name, rows[i].guest);
        if (node != NULL)
            assert_string_equal(node->name, rows[i].node);
    }
}

static const struct hvc_cim_instance *take(const char *text)
{
    call.value = 0;
    call.words = NULL;
    give_text("MigrationSettingData", text);
    assert_int_equal(embedded_count(&call, "MigrationSettingData"), 1);
    return embedded(&call, "MigrationSettingData", 0, "CIM_VirtualSystemMigrationSettingData");
}

#define INSTANCE(class_name, inside) "<INSTANCE CLASSNAME=\"" class_name "\">" inside "</INSTANCE>"
#define PROPERTY(name, type, value)  "<PROPERTY NAME=\"" name "\" TYPE=\"" type "\"><VALUE>" value "</VALUE></PROPERTY>"

static void values_of_an_instance_come_in_the_types_of_its_class(void **state)
{
    const struct hvc_cim_instance *instance =
        take(INSTANCE(SETTINGS, PROPERTY("migrationtype", "string", " 0x8003 ") PROPERTY(
                                    "AvoidRemovingVHDs", "string", "true") PROPERTY("OfALaterVersion", "string", "x")));

    (void)state;
    assert_non_null(instance);
    assert_int_equal(number_of(instance, "MigrationType", 1), 32771);
    assert_int_equal(flag_of(instance, "AvoidRemovingVHDs"), 1);
    assert_int_equal(flag_of(instance, "RetainVhdCopiesOnSource"), -1);
    assert_null(text_of(instance, "OfALaterVersion"));
    assert_int_equal(number_of(instance, "Priority", 9), 9);
    assert_int_equal(number_of(NULL, "Priority", 9), 9);
    assert_int_equal(flag_of(NULL, "Priority"), -1);
}

static void an_instance_that_cannot_be_taken_is_refused_by_its_fault(void **state)
{
    static const struct {
        const char *text;
        uint32_t value; /* 0: nothing was said, and nothing is wrong */
        const char *words;
    } rows[] = {
        {"", 0, NULL},
        {" \r\n\t", 0, NULL},
        {"rubbish", 32773, "no instance in CIM-XML"},
        {"<CLASS NAME=\"" SETTINGS "\"></CLASS>", 32773, "no instance in CIM-XML"},
        {INSTANCE(SETTINGS, "") INSTANCE(SETTINGS, ""), 32773, "no instance in CIM-XML"},
        {INSTANCE("Msvm_VirtualSystemSettingData", ""), 32776, "holds an instance of Msvm_VirtualSystemSettingData"},
        {INSTANCE("Of_Somebody", ""), 32776, "holds an instance of Of_Somebody"},
        {INSTANCE("CIM_ManagedElement", ""), 32776, "or a class below it belongs there"},
        {INSTANCE(SETTINGS, PROPERTY("MigrationType", "string", "many")), 32776, "property MigrationType is a uint16"},
        {INSTANCE(SETTINGS, PROPERTY("DestinationIPAddressList", "string", "10.0.0.1")), 32776,
         "property DestinationIPAddressList is a string[]"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        assert_null(take(rows[i].text));
        assert_int_equal(call.value, rows[i].value);
        if (rows[i].words != NULL && strstr(call.words, rows[i].words) == NULL)
            fail_msg("%s: %s", rows[i].text, call.words);
    }
}

/* What is written is read as the same. */
static void the_text_of_an_instance_is_its_instance(void **state)
{
    struct hvc_cim_ask ask;
    struct hvc_cim_instance *instance = new_instance(&call, SETTINGS, &ask);
    const struct hvc_cim_instance *again = NULL;

    (void)state;
    assert_non_null(instance);
    put_text(&ask, instance, "ElementName", "<&\"'>");
    put_number(&ask, instance, "MigrationType", 32769);
    assert_int_equal(hvc_cimxml_read_instance(arena, instance_text(arena, instance), &again, NULL), 0);
    assert_string_equal(text_of(again, "ElementName"), "<&\"'>");
    assert_int_equal(number_of(again, "MigrationType", 0), 32769);
    assert_null(new_instance(&call, "No_Such", &ask));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_number_behind_a_prefix_is_one_that_a_counter_gives, begin, end_arena),
        cmocka_unit_test_setup_teardown(a_node_has_its_name_in_any_case, begin, end_arena),
        cmocka_unit_test_setup_teardown(a_parameter_that_is_not_given_is_nothing, begin, end_arena),
        cmocka_unit_test_setup_teardown(a_system_is_a_guest_or_a_node, begin, end_arena),
        cmocka_unit_test_setup_teardown(values_of_an_instance_come_in_the_types_of_its_class, begin, end_arena),
        cmocka_unit_test_setup_teardown(an_instance_that_cannot_be_taken_is_refused_by_its_fault, begin, end_arena),
        cmocka_unit_test_setup_teardown(the_text_of_an_instance_is_its_instance, begin, end_arena),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Msvm_VirtualSystemMigrationService, property by property, beside the two class pages: names, types, access, keys,
 * lengths, value maps and values are read from the pages (../shared/seeds beside the project) when the test runs. What
 * differs from a page, or is told where a page gives no value, stands below with its reason: the test prints that and
 * fails when something else differs, or when a row is no longer true.
 */
#include <sys/stat.h>

#include "hvc/cim_server.h"
#include "hvc/schemas.h"

#include "class_page.h"
#include "facts_sample.h"

#include "../hvc_cmocka.h"

#define CLASS "Msvm_VirtualSystemMigrationService"
#define SEEDS "../shared/seeds"

enum { HOST, CLUSTER, SIDES };

static const struct {
    const struct hvc_schema_namespace *space;
    const char *page; /* in SEEDS */
} sides[SIDES] = {
    [HOST] = {&hvc_schema_host, "000_72320545a6b5de42.txt"},
    [CLUSTER] = {&hvc_schema_cluster, "002_3c71398f47fa4d96.txt"},
};

struct difference {
    int side;
    const char *name, *what;
    const char *page, *ours; /* "-": nothing is said */
    const char *why;
};

static const struct difference differences[] = {
    {HOST, "InstanceID", "key", "yes", "no", "a key is never NULL, as this one is; CIM_Service has four others"},
    {HOST, "EnabledState", "type", "string", "uint16",
     "CIM_EnabledLogicalElement has it as uint16, as the cluster's page does"},
    {HOST, "SystemCreationClassName", "key", "no", "yes",
     "one of the four keys of CIM_Service, as the cluster's page and every real path have them"},
    {HOST, "SystemName", "key", "no", "yes",
     "one of the four keys of CIM_Service, as the cluster's page and every real path have them"},
    {HOST, "CreationClassName", "key", "no", "yes",
     "one of the four keys of CIM_Service, as the cluster's page and every real path have them"},
    {HOST, "Name", "key", "no", "yes",
     "one of the four keys of CIM_Service, as the cluster's page and every real path have them"},
    {HOST, "TransitioningToState", "value", "-", "12",
     "what CIM_EnabledLogicalElement begins with: transitions are not told"},
    {HOST, "SystemName", "value", "-", "n1", "the node that answers"},
    {HOST, "TimeOfLastStateChange", "value", "-", "00000000000000.000000:000",
     "the zero interval: the state has never changed"},
    {HOST, "Started", "value", "-", "TRUE", "the state says so; FALSE where it may be old"},
    {HOST, "ActiveVirtualSystemMigrationCount", "value", "-", "1", "one guest is on its way"},
    {HOST, "ActiveStorageMigrationCount", "value", "-", "0", "the only job of storage has ended"},
    {HOST, "MigrationServiceListenerIPAddressList", "value", "-", "10.77.2.1,fd77:2::1", "where this node takes moves"},
    {CLUSTER, "SystemName", "value", "-", "lab", "the cluster, from whichever node"},
    {CLUSTER, "Caption", "value", "-", "Hyper-V Migration Service", "as on the host's page, where it is fixed"},
    {CLUSTER, "Description", "value", "-", "Hyper-V Migration Service", "as on the host's page, where it is fixed"},
    {CLUSTER, "ElementName", "value", "-", "Hyper-V Migration Service", "as on the host's page, where it is fixed"},
    {CLUSTER, "OperationalStatus", "value", "-", "2", "as on the host's page, where it is fixed"},
    {CLUSTER, "StatusDescriptions", "value", "-", "OK", "as on the host's page, where it is fixed"},
    {CLUSTER, "Status", "value", "-", "OK", "as on the host's page, where it is fixed"},
    {CLUSTER, "HealthState", "value", "-", "5", "as on the host's page, where it is fixed"},
    {CLUSTER, "SystemCreationClassName", "value", "-", "Msvm_ComputerSystem",
     "a key; as on the host's page, where it is fixed"},
    {CLUSTER, "CreationClassName", "value", "-", "Msvm_VirtualSystemMigrationService",
     "a key; as on the host's page, where it is fixed"},
    {CLUSTER, "Name", "value", "-", "migrationwmi", "a key; as on the host's page, where it is fixed"},
    {CLUSTER, "AvailableRequestedStates", "value", "-", "2,3,9", "the states that RequestStateChange takes here"},
    {CLUSTER, "PrimaryOwnerContact", "value", "-", "ops@example.org", "somebody wrote it"},
    {CLUSTER, "TimeOfLastStateChange", "value", "-", "00000000000000.000000:000",
     "the zero interval: the state has never changed"},
    {CLUSTER, "Started", "value", "-", "TRUE", "the state says so; FALSE where it may be old"},
    {CLUSTER, "ActiveVirtualSystemMigrationCount", "value", "-", "1", "one guest is on its way"},
    {CLUSTER, "ActiveStorageMigrationCount", "value", "-", "0", "the only job of storage has ended"},
    {CLUSTER, "MigrationServiceListenerIPAddressList", "value", "-", "10.77.2.1,fd77:2::1,10.77.2.2",
     "where the nodes take moves"},
};
static unsigned times[HVC_COUNT(differences)]; /* that a difference was found */

static struct class_page pages[SIDES];
static const struct hvc_cim_instance *instances[SIDES];
static struct hvc_cim_arena *arena;
static unsigned mistakes;

static void differs(int side, const char *name, const char *what, const char *page, const char *ours)
{
    for (size_t i = 0; i < HVC_COUNT(differences); i++) {
        const struct difference *row = &differences[i];

        if (row->side == side && strcmp(row->name, name) == 0 && strcmp(row->what, what) == 0 &&
            strcmp(row->page, page) == 0 && strcmp(row->ours, ours) == 0) {
            times[i]++;
            return;
        }
    }
    mistakes++;
    print_error("%s of %s: %s: the page has \"%s\", we have \"%s\", and no reason is listed\n", name,
                sides[side].space->name, what, page, ours);
}

static void compare(int side, const char *name, const char *what, const char *page, const char *ours)
{
    if (strcmp(page, ours) != 0)
        differs(side, name, what, page, ours);
}

static const char *live(int side, const char *name)
{
    const struct hvc_cim_value *value = hvc_cim_get(instances[side], name);
    const char *text = "";

    if (value == NULL || value->null)
        return "NULL";
    for (uint32_t i = 0; i < value->count; i++)
        text = hvc_cim_format(arena, "%s%s%s", text, i == 0 ? "" : ",", value->text[i]);
    return text;
}

static const struct hvc_schema_values *values_of(const struct hvc_schema_element *element, const char *qualifier)
{
    static const struct hvc_schema_values none = {NULL, 0};
    const struct hvc_schema_qualifier *found =
        hvc_schema_qualifier_find(element->qualifiers, element->qualifier_count, qualifier);

    return found == NULL ? &none : &found->value;
}

/* Every number that the page names is in our map, with that word. */
static void compare_map(int side, const struct page_property *promised, const struct hvc_schema_element *element)
{
    const struct hvc_schema_values *map = values_of(element, "ValueMap"), *words = values_of(element, "Values");

    for (size_t i = 0; i < promised->map_count; i++) {
        const char *number = hvc_cim_format(arena, "%lu", promised->map[i].number), *word = "-";

        for (uint16_t k = 0; k < map->count && k < words->count; k++)
            if (strcmp(map->text[k], number) == 0)
                word = words->text[k];
        compare(side, promised->name, hvc_cim_format(arena, "value map %s", number), promised->map[i].word, word);
    }
}

static const char *type_of(const char *type, bool array)
{
    return hvc_cim_format(arena, "%s%s", type, array ? "[]" : "");
}

static void compare_property(int side, const struct page_property *promised, const struct hvc_schema_element *element)
{
    const struct hvc_schema_values *longest = values_of(element, "MaxLen");
    const char *value = live(side, promised->name);

    compare(side, promised->name, "type", type_of(promised->type, promised->array),
            type_of(hvc_cim_type_name(element->type), (element->flags & HVC_SCHEMA_ARRAY) != 0));
    compare(side, promised->name, "access", promised->writable ? "read/write" : "read-only",
            (element->flags & HVC_SCHEMA_WRITE) != 0 ? "read/write" : "read-only");
    compare(side, promised->name, "key", promised->key ? "yes" : "no",
            (element->flags & HVC_SCHEMA_KEY) != 0 ? "yes" : "no");
    if (promised->longest != 0)
        compare(side, promised->name, "MaxLen", hvc_cim_format(arena, "%lu", promised->longest),
                longest->count == 0 ? "-" : longest->text[0]);
    compare_map(side, promised, element);
    if (promised->promised)
        compare(side, promised->name, "value", promised->value, value);
    else if (strcmp(value, "NULL") != 0) /* a page that says nothing is met by no value */
        differs(side, promised->name, "value", "-", value);
}

static void names_types_and_values_are_those_of_the_pages(void **state)
{
    (void)state;
    for (int side = 0; side < SIDES; side++) {
        const struct hvc_schema_class *cls = hvc_schema_class_find(sides[side].space, CLASS);

        assert_int_equal(pages[side].count, 31);
        for (uint16_t i = 0; i < cls->property_count; i++)
            if (class_page_find(&pages[side], cls->properties[i].name) == NULL)
                differs(side, cls->properties[i].name, "property", "-", "is there");
        for (size_t i = 0; i < pages[side].count; i++) {
            const struct page_property *promised = &pages[side].properties[i];
            const struct hvc_schema_element *element = hvc_schema_property_find(cls, promised->name);

            if (element == NULL)
                differs(side, promised->name, "property", "is there", "-");
            else
                compare_property(side, promised, element);
        }
    }
    for (size_t i = 0; i < HVC_COUNT(differences); i++)
        if (times[i] != 1) {
            mistakes++;
            print_error("%s of %s: %s: listed with \"%s\" and \"%s\", found %u times\n", differences[i].name,
                        sides[differences[i].side].space->name, differences[i].what, differences[i].page,
                        differences[i].ours, times[i]);
        }
    assert_int_equal(mistakes, 0);
}

static const char *shown(const struct page_property *promised)
{
    if (promised == NULL)
        return "not there";
    return promised->promised ? promised->value : "-";
}

/* The 31 properties of both namespaces beside their pages, then what differs and why. */
static void the_tables_are_shown(void **state)
{
    (void)state;
    for (int side = 0; side < SIDES; side++) {
        print_message("\n%s of %s, and its class page (\"-\": the page gives no value)\n", CLASS,
                      sides[side].space->name);
        print_message("%-38s %-9s %-11s %-36s %s\n", "property", "type", "access", "class page", "here");
        for (uint16_t i = 0; i < instances[side]->cls->property_count; i++) {
            const struct hvc_schema_element *element = &instances[side]->cls->properties[i];

            print_message("%-38s %-9s %-11s %-36s %s\n", element->name,
                          type_of(hvc_cim_type_name(element->type), (element->flags & HVC_SCHEMA_ARRAY) != 0),
                          (element->flags & HVC_SCHEMA_WRITE) != 0 ? "read/write" : "read-only",
                          shown(class_page_find(&pages[side], element->name)), live(side, element->name));
        }
    }
    print_message("\nwhat differs from the pages, and why\n");
    for (size_t i = 0; i < HVC_COUNT(differences); i++)
        print_message("%-22s %s, %s: page %s, here %s: %s\n", sides[differences[i].side].space->name,
                      differences[i].name, differences[i].what, differences[i].page, differences[i].ours,
                      differences[i].why);
    assert_int_equal(instances[HOST]->cls->property_count, instances[CLUSTER]->cls->property_count);
}

static int begin(void **state)
{
    char path[512];

    (void)state;
    arena = hvc_cim_arena_new(16 << 20);
    for (int side = 0; side < SIDES; side++) {
        const struct hvc_schema_class *cls = hvc_schema_class_find(sides[side].space, CLASS);
        struct hvc_cim_ask ask = {.arena = arena, .space = sides[side].space, .cls = cls, .facts = &facts_sample};
        const char *wrong;

        (void)snprintf(path, sizeof(path), "%s/" SEEDS "/%s", getenv("HVC_SOURCE_DIR"), sides[side].page);
        wrong = class_page_read(path, CLASS, &pages[side]);
        if (wrong != NULL) {
            print_error("%s: %s\n", path, wrong);
            return -1;
        }
        cls->provider->enumerate(&ask);
        if (ask.failed || ask.count != 1)
            return -1;
        instances[side] = ask.instances[0];
    }
    return 0;
}

static int end(void **state)
{
    (void)state;
    hvc_cim_arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_types_and_values_are_those_of_the_pages),
        cmocka_unit_test(the_tables_are_shown),
    };
    char path[512];
    struct stat about;

    (void)snprintf(path, sizeof(path), "%s/" SEEDS, getenv("HVC_SOURCE_DIR"));
    if (stat(path, &about) != 0) {
        print_error("%s is missing, and with it the class pages that this test reads what it expects from: put the "
                    "folder shared beside the project\n",
                    path);
        return 77; /* skipped, which tests/run takes for a failure */
    }
    return cmocka_run_group_tests_name("wbem.class_pages", tests, begin, end);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The schema itself: the class that all is about has the properties, keys and methods that its pages list. */
#include "fixture.h"

#include "../hvc_cmocka.h"

struct row {
    const char *name;
    uint8_t type;
    bool array, key;
    bool cluster_writes; /* read-write in root/HyperVCluster/v2; nothing is in root/virtualization/v2 */
    const char *origin;
    const char *initial;
};

#define U16  HVC_CIM_UINT16
#define TEXT HVC_CIM_STRING
#define WHEN HVC_CIM_DATETIME

/* The 31 of both class pages, in the order of the ancestors. */
static const struct row rows[] = {
    {"InstanceID", TEXT, false, false, false, "CIM_ManagedElement", NULL},
    {"Caption", TEXT, false, false, false, "CIM_ManagedElement", NULL},
    {"Description", TEXT, false, false, false, "CIM_ManagedElement", NULL},
    {"ElementName", TEXT, false, false, false, "CIM_ManagedElement", NULL},
    {"InstallDate", WHEN, false, false, false, "CIM_ManagedSystemElement", NULL},
    {"Name", TEXT, false, true, false, "CIM_ManagedSystemElement", NULL},
    {"OperationalStatus", U16, true, false, false, "CIM_ManagedSystemElement", NULL},
    {"StatusDescriptions", TEXT, true, false, false, "CIM_ManagedSystemElement", NULL},
    {"Status", TEXT, false, false, false, "CIM_ManagedSystemElement", NULL},
    {"HealthState", U16, false, false, false, "CIM_ManagedSystemElement", NULL},
    {"CommunicationStatus", U16, false, false, false, "CIM_ManagedSystemElement", NULL},
    {"DetailedStatus", U16, false, false, false, "CIM_ManagedSystemElement", NULL},
    {"OperatingStatus", U16, false, false, false, "CIM_ManagedSystemElement", NULL},
    {"PrimaryStatus", U16, false, false, false, "CIM_ManagedSystemElement", NULL},
    {"EnabledState", U16, false, false, false, "CIM_EnabledLogicalElement", "5"},
    {"OtherEnabledState", TEXT, false, false, false, "CIM_EnabledLogicalElement", NULL},
    {"RequestedState", U16, false, false, false, "CIM_EnabledLogicalElement", "12"},
    {"EnabledDefault", U16, false, false, true, "CIM_EnabledLogicalElement", "2"},
    {"TimeOfLastStateChange", WHEN, false, false, false, "CIM_EnabledLogicalElement", NULL},
    {"AvailableRequestedStates", U16, true, false, false, "CIM_EnabledLogicalElement", NULL},
    {"TransitioningToState", U16, false, false, false, "CIM_EnabledLogicalElement", "12"},
    {"SystemCreationClassName", TEXT, false, true, false, "CIM_Service", NULL},
    {"SystemName", TEXT, false, true, false, "CIM_Service", NULL},
    {"CreationClassName", TEXT, false, true, false, "CIM_Service", NULL},
    {"PrimaryOwnerName", TEXT, false, false, true, "CIM_Service", NULL},
    {"PrimaryOwnerContact", TEXT, false, false, true, "CIM_Service", NULL},
    {"StartMode", TEXT, false, false, false, "CIM_Service", NULL},
    {"Started", HVC_CIM_BOOLEAN, false, false, false, "CIM_Service", NULL},
    {"ActiveVirtualSystemMigrationCount", HVC_CIM_UINT32, false, false, false, "Msvm_VirtualSystemMigrationService",
     NULL},
    {"ActiveStorageMigrationCount", HVC_CIM_UINT32, false, false, false, "Msvm_VirtualSystemMigrationService", NULL},
    {"MigrationServiceListenerIPAddressList", TEXT, true, false, false, "Msvm_VirtualSystemMigrationService", NULL},
};

static const char *const methods[] = {
    "RequestStateChange",
    "StartService",
    "StopService",
    "MigrateVirtualSystemToHost",
    "MigrateVirtualSystemToSystem",
    "CheckVirtualSystemIsMigratableToHost",
    "CheckVirtualSystemIsMigratableToSystem",
    "AddNetworkSettings",
    "RemoveNetworkSettings",
    "ModifyNetworkSettings",
    "ModifyServiceSettings",
    "CheckSystemCompatibilityInfo",
    "CheckVirtualSystemIsMigratable",
    "GetSystemCompatibilityInfo",
    "GetSystemCompatibilityVectors",
    "GetProcessorFeatureLimits",
};

static void load(struct compiled *c, const char *file)
{
    const char *root = getenv("HVC_SOURCE_DIR");
    char path[512];

    assert_non_null(root);
    (void)snprintf(path, sizeof(path), "%s/mof/schema/%s", root, file);
    *c = (struct compiled){0};
    c->run.messages = open_memstream(&c->messages, &c->messages_length);
    assert_non_null(c->run.messages);
    mof_parse(&c->run, &c->tree, path);
    mof_check(&c->run, &c->tree);
    assert_string_equal(compiled_messages(c), "");
}

static void check_row(const struct mof_element *property, const struct row *row, bool cluster)
{
    assert_string_equal(property->name, row->name);
    assert_int_equal(property->type, row->type);
    assert_int_equal(property->array, row->array);
    assert_int_equal((property->flags & HVC_SCHEMA_KEY) != 0, row->key);
    assert_int_equal((property->flags & HVC_SCHEMA_WRITE) != 0, cluster && row->cluster_writes);
    assert_string_equal(property->origin, row->origin);
    if (row->initial == NULL)
        assert_null(property->text);
    else
        assert_string_equal(property->text[0], row->initial);
}

static void check_service(const char *file, bool cluster)
{
    struct compiled c;
    const struct mof_class *cls;

    load(&c, file);
    cls = mof_class_find(&c.tree, "Msvm_VirtualSystemMigrationService");
    assert_non_null(cls);
    assert_int_equal(cls->property_count, HVC_COUNT(rows));
    for (size_t i = 0; i < HVC_COUNT(rows); i++)
        check_row(cls->properties[i], &rows[i], cluster);
    assert_int_equal(cls->method_count, HVC_COUNT(methods));
    for (size_t i = 0; i < HVC_COUNT(methods); i++) {
        const struct mof_method *method = mof_method_find(cls, methods[i]);

        assert_non_null(method);
        assert_int_equal(method->type, HVC_CIM_UINT32);
    }
    compiled_free(&c);
}

static void the_cluster_has_the_migration_service_of_its_page(void **state)
{
    (void)state;
    check_service("cluster.mof", true);
}

static void a_host_has_the_migration_service_of_its_page(void **state)
{
    (void)state;
    check_service("host.mof", false);
}

static void interop_is_right_and_every_class_describes_itself(void **state)
{
    static const char *const files[] = {"cluster.mof", "host.mof", "interop.mof"};

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(files); i++) {
        struct compiled c;

        load(&c, files[i]);
        for (size_t j = 0; j < c.tree.class_count; j++)
            if (mof_qualifier_find(&c.tree.classes[j]->qualifiers, "Description") == NULL)
                fail_msg("%s has no description", c.tree.classes[j]->name);
        compiled_free(&c);
    }
}

/* Where it is declared; a class that is not there comes last. */
static size_t declared(const struct mof_tree *tree, const char *name)
{
    size_t at = 0;

    while (at < tree->class_count && hvc_schema_compare(tree->classes[at]->name, name) != 0)
        at++;
    return at;
}

static void check_earlier(const struct mof_tree *tree, size_t at, const char *name)
{
    if (name != NULL && declared(tree, name) > at)
        fail_msg("%s names %s, which is declared later", tree->classes[at]->name, name);
}

/* MOF compilers that read a file once, pywbem's for one, ask for that of references and embedded instances, too. */
static void every_class_is_declared_before_one_that_names_it(void **state)
{
    static const char *const files[] = {"cluster.mof", "host.mof", "interop.mof"};

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(files); i++) {
        struct compiled c;

        load(&c, files[i]);
        for (size_t at = 0; at < c.tree.class_count; at++) {
            const struct mof_class *cls = c.tree.classes[at];

            check_earlier(&c.tree, at, cls->super_name);
            for (size_t p = 0; p < cls->property_count; p++)
                check_earlier(&c.tree, at, cls->properties[p]->target);
            for (size_t m = 0; m < cls->method_count; m++)
                for (size_t p = 0; p < cls->methods[m]->parameter_count; p++)
                    check_earlier(&c.tree, at, cls->methods[m]->parameters[p]->target);
        }
        compiled_free(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_cluster_has_the_migration_service_of_its_page),
        cmocka_unit_test(a_host_has_the_migration_service_of_its_page),
        cmocka_unit_test(interop_is_right_and_every_class_describes_itself),
        cmocka_unit_test(every_class_is_declared_before_one_that_names_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

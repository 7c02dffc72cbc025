/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Networks that the golden calls do not have. */
#include <stdlib.h>

#include "facts_sample.h"
#include "method_request.h"

#include "../hvc_cmocka.h"

#define CLASS  "Msvm_VirtualSystemMigrationNetworkSettingData"
#define ADD    "cluster|AddNetworkSettings|EA NetworkSettings=" CLASS "!"
#define MODIFY "cluster|ModifyNetworkSettings|EA NetworkSettings=" CLASS "!InstanceID=HVCluster:MigrationNetwork-"
#define REMOVE "cluster|RemoveNetworkSettings|SA NetworkSettings="
/* An entry as the text of its instance, with two tags. */
#define TWO_TAGS                                                                                                       \
    "&lt;INSTANCE CLASSNAME=\"" CLASS "\"&gt;&lt;PROPERTY NAME=\"SubnetNumber\" TYPE=\"string\"&gt;"                   \
    "&lt;VALUE&gt;10.9.0.0&lt;/VALUE&gt;&lt;/PROPERTY&gt;&lt;PROPERTY NAME=\"PrefixLength\" TYPE=\"uint8\"&gt;"        \
    "&lt;VALUE&gt;16&lt;/VALUE&gt;&lt;/PROPERTY&gt;&lt;PROPERTY.ARRAY NAME=\"Tags\" TYPE=\"string\"&gt;"               \
    "&lt;VALUE.ARRAY&gt;&lt;VALUE&gt;a&lt;/VALUE&gt;&lt;VALUE&gt;b c&lt;/VALUE&gt;&lt;/VALUE.ARRAY&gt;"                \
    "&lt;/PROPERTY.ARRAY&gt;&lt;/INSTANCE&gt;"

static void a_network_is_ordered_with_all_that_is_said_of_it(void **state)
{
    static const struct method_row rows[] = {
        {"cluster|AddNetworkSettings|SA NetworkSettings=" TWO_TAGS "|ok",
         "> network.add subnet=10.9.0.0/16 tags=a,b c\n", VALUE("0")},
        {ADD "SubnetNumber=10.77.2.0!PrefixLength=25!ElementName=half|ok",
         "> network.add subnet=10.77.2.0/25 name=half\n", VALUE("0")},
        {ADD "SubnetNumber=10.77.2.0!PrefixLength=24|ok", NOTHING, VALUE("32773") " NetworkSettings: 10.77.2.0/24 is "},
        {ADD "PrefixLength=24|ok", NOTHING, VALUE("32773") " NetworkSettings: a network needs SubnetNumber"},
        {ADD "SubnetNumber=10.9.0.0|ok", NOTHING, VALUE("32773") " NetworkSettings: a network needs SubnetNumber"},
        {ADD "SubnetNumber=10.9.0.0!PrefixLength=16!Tags*=a\nb|ok", NOTHING, VALUE("32773") " a tag has no comma"},
        {"cluster|AddNetworkSettings|SA NetworkSettings= |ok", NOTHING,
         VALUE("32773") " NetworkSettings: entry 1 is empty"},
    };

    (void)state;
    method_rows(&facts_sample, rows, HVC_COUNT(rows));
}

static void what_is_not_said_of_a_network_stays(void **state)
{
    static const struct method_row rows[] = {
        {MODIFY "2!SubnetNumber=fd99::|ok", "> network.modify id#2 subnet=fd99::/64\n", VALUE("0")},
        {MODIFY "2!PrefixLength=48|ok", "> network.modify id#2 subnet=fd77:2::/48\n", VALUE("0")},
        {MODIFY "1!ElementName=|ok", "> network.modify id#1 name=\n", VALUE("0")},
        {MODIFY "1!Metric=0|ok", "> network.modify id#1 metric#0\n", VALUE("0")},
        {MODIFY "0!Metric=0|ok", NOTHING, VALUE("32773") " NetworkSettings: there is no network with InstanceID"},
        {MODIFY "1x!Metric=0|ok", NOTHING, VALUE("32773") " NetworkSettings: there is no network with InstanceID"},
        {MODIFY "18446744073709551616!Metric=0|ok", NOTHING, "there is no network with InstanceID"},
    };

    (void)state;
    method_rows(&facts_sample, rows, HVC_COUNT(rows));
}

/* A path as text, an instance as text; the class stands in both. */
static void a_network_is_removed_by_its_path_or_its_instance(void **state)
{
    static const struct method_row rows[] = {
        {REMOVE CLASS ".InstanceID=\"HVCluster:MigrationNetwork-2\"|ok", "> network.remove id#2\n", VALUE("0")},
        {REMOVE "Msvm_ComputerSystem.InstanceID=\"HVCluster:MigrationNetwork-2\"|ok", NOTHING, "entry 1 is no path"},
        {REMOVE CLASS ".Name=\"HVCluster:MigrationNetwork-2\"|ok", NOTHING, "entry 1 is no path"},
        {REMOVE TWO_TAGS "|ok", NOTHING, "entry 1 is no path"},
        {REMOVE CLASS ".InstanceID=\"HVCluster:MigrationNetwork-1\"+rubbish|ok", NOTHING, "entry 2 is no path"},
    };

    (void)state;
    method_rows(&facts_sample, rows, HVC_COUNT(rows));
}

static void more_changes_than_a_request_may_have_are_none(void **state)
{
    static const char one[] = CLASS ".InstanceID=\"HVCluster:MigrationNetwork-1\"";
    char line[4096];
    struct method_row row = {line, "network.remove id#1; network.remove id#1", VALUE("0")};
    size_t used = (size_t)snprintf(line, sizeof(line), REMOVE "%s", one);

    (void)state;
    for (unsigned i = 1; i < HVC_CIM_ORDERS_MAX; i++)
        used += (size_t)snprintf(line + used, sizeof(line) - used, "+%s", one);
    (void)snprintf(line + used, sizeof(line) - used, "|ok");
    method_rows(&facts_sample, &row, 1);
    (void)snprintf(line + used, sizeof(line) - used, "+%s|ok", one);
    row.orders = NOTHING;
    row.answer = "more changes than one request may have: send several";
    method_rows(&facts_sample, &row, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_network_is_ordered_with_all_that_is_said_of_it),
        cmocka_unit_test(what_is_not_said_of_a_network_stays),
        cmocka_unit_test(a_network_is_removed_by_its_path_or_its_instance),
        cmocka_unit_test(more_changes_than_a_request_may_have_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ModifyServiceSettings against the engine's table of settings. */
#include "facts_sample.h"
#include "hvc/settings.h"
#include "method_request.h"

#include "../hvc_cmocka.h"

#define CLASS "Msvm_VirtualSystemMigrationServiceSettingData"

static struct method_row row_of(char *line, size_t size, const char *object, const char *property, uint64_t value,
                                bool flag)
{
    char text[32];

    (void)snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
    (void)snprintf(line, size, "%s|ModifyServiceSettings|E ServiceSettingData=" CLASS "!%s=%s|ok", object, property,
                   flag ? (value != 0 ? "TRUE" : "FALSE") : text);
    return (struct method_row){line, NOTHING, VALUE("0")};
}

/* At both ends of its range a setting is ordered, on one step outside refused; what is so already is not ordered. */
static void every_setting_takes_the_range_of_the_engine(void **state)
{
    unsigned tried = 0;

    (void)state;
    for (unsigned i = 0; i < HVC_SETTING_MAX; i++) {
        const struct hvc_setting_info *info = hvc_setting_info(i);
        bool flag = info->max == 1 && strcmp(info->name, "authentication") != 0;
        struct hvc_cim_facts facts = facts_sample;
        char line[512], order[128];
        struct method_row row;

        if (info->cim == NULL || info->max == 0)
            continue;
        tried++;
        facts.settings =
            (struct hvc_facts_settings){.moves = 7, .storage_moves = 7, .authentication = 7}; /* flags: 0 */
        row = row_of(line, sizeof(line), "cluster", info->cim, info->max, flag);
        (void)snprintf(order, sizeof(order), "settings.set name=%s value=%llu", info->name,
                       (unsigned long long)info->max);
        row.orders = order;
        method_rows(&facts, &row, 1);
        if (flag)
            continue;
        row = row_of(line, sizeof(line), "cluster", info->cim, info->max + 1, false);
        row.answer = VALUE("32773");
        method_rows(&facts, &row, 1);
        row = row_of(line, sizeof(line), "cluster", info->cim, 7, false);
        method_rows(&facts, &row, 1);
    }
    assert_true(tried >= 6);
}

/* The node's own values count in its namespace, the cluster's in the cluster's. */
static void what_is_in_force_already_is_not_ordered(void **state)
{
    static const struct method_row rows[] = {
        {"host|ModifyServiceSettings|E ServiceSettingData=" CLASS "!MaximumActiveVirtualSystemMigration=4|ok", NOTHING,
         VALUE("0")},
        {"cluster|ModifyServiceSettings|E ServiceSettingData=" CLASS "!MaximumActiveVirtualSystemMigration=4|ok",
         "> settings.set name=moves-out value=4; settings.set name=moves-in value=4\n", VALUE("0")},
        {"host|ModifyServiceSettings|E ServiceSettingData=" CLASS "!EnableVirtualSystemMigration=TRUE|ok",
         "> settings.set name=enable-migration value=1 node=n1\n", VALUE("0")},
        {"cluster|ModifyServiceSettings|E ServiceSettingData=" CLASS "!EnableVirtualSystemMigration=TRUE|ok", NOTHING,
         VALUE("0")},
        {"host|ModifyServiceSettings|E ServiceSettingData=" CLASS "!EnableSmbTransport=FALSE|ok", NOTHING, VALUE("0")},
        {"host|ModifyServiceSettings|E ServiceSettingData=" CLASS "!AuthenticationType=1|ok", NOTHING,
         VALUE("32770") " AuthenticationType is the same on every node"},
        {"host|ModifyServiceSettings|E ServiceSettingData=" CLASS "!Caption=x|ok", NOTHING, VALUE("0")},
    };

    (void)state;
    method_rows(&facts_sample, rows, HVC_COUNT(rows));
}

/* One that is refused keeps all the others from being ordered. */
static void all_is_found_good_before_anything_is_ordered(void **state)
{
    static const struct method_row rows[] = {
        {"cluster|ModifyServiceSettings|E ServiceSettingData=" CLASS
         "!MaximumActiveStorageMigration=9!AuthenticationType=2|ok",
         NOTHING, VALUE("32773") " AuthenticationType takes 0 to 1"},
        {"cluster|ModifyServiceSettings|E ServiceSettingData=" CLASS
         "!MaximumActiveStorageMigration=9!EnableCompression=FALSE|refused",
         "> settings.set name=storage-moves value=9; settings.set name=compression value=0\n",
         VALUE("32775") " hvclusterd's words (what stands before it in the request was done)"},
        {"cluster|ModifyServiceSettings|E ServiceSettingData=" CLASS "!InstanceID=other!EnableCompression=FALSE|ok",
         NOTHING, VALUE("32773") " ServiceSettingData has InstanceID \"other\""},
    };

    (void)state;
    method_rows(&facts_sample, rows, HVC_COUNT(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_setting_takes_the_range_of_the_engine),
        cmocka_unit_test(what_is_in_force_already_is_not_ordered),
        cmocka_unit_test(all_is_found_good_before_anything_is_ordered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

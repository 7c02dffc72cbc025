/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ModifyServiceSettings: what is not NULL and differs becomes an order, after all of it was found good. */
#include <string.h>

#include "hvc/settings.h"
#include "methods.h"

void hvc_method_migration_service_ModifyServiceSettings(struct hvc_cim_method_call *call);

/* The value in force of what CIM calls by that name. */
static uint64_t in_force(const struct hvc_facts_settings *s, const char *property)
{
    const struct {
        const char *name;
        uint64_t value;
    } rows[] = {{"EnableVirtualSystemMigration", s->enable_migration},
                {"MaximumActiveVirtualSystemMigration", s->moves},
                {"MaximumActiveStorageMigration", s->storage_moves},
                {"AuthenticationType", s->authentication},
                {"EnableCompression", s->compression},
                {"EnableSmbTransport", s->smb}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strcmp(rows[i].name, property) == 0)
            return rows[i].value;
    return UINT64_MAX; /* none that is told: it is always ordered */
}

static void change(struct hvc_cim_method_call *call, const struct hvc_cim_instance *wanted,
                   const struct hvc_setting_info *info)
{
    struct hvc_cim_ask ask = ask_of(call);
    const struct hvc_cim_facts *facts = call->facts;
    const char *text = text_of(wanted, info->cim);
    uint64_t value = text != NULL && hvc_schema_compare(text, "TRUE") == 0 ? 1 : number_of(wanted, info->cim, 0);
    struct hvc_cim_order *order;

    if (text == NULL || value == in_force(is_cluster(&ask) ? &facts->settings : &facts->node_settings, info->cim))
        return;
    if (info->max == 0) {
        refuse(call, SITUATION_UNSUPPORTED, "%s cannot be changed: %s", info->cim, info->text);
        return;
    }
    if (value < info->min || value > info->max) {
        refuse(call, SITUATION_INVALID, "%s takes %llu to %llu", info->cim, (unsigned long long)info->min,
               (unsigned long long)info->max);
        return;
    }
    if (!is_cluster(&ask) && !info->per_node) {
        refuse(call, SITUATION_UNSUPPORTED, "%s is the same on every node: change it in " CLUSTER_NAMESPACE, info->cim);
        return;
    }
    order = hvc_cim_method_order(call, "settings.set");
    if (order == NULL)
        return;
    hvc_cim_order_text(order, "name", info->name);
    hvc_cim_order_text(order, "value", hvc_cim_format(call->arena, "%llu", (unsigned long long)value));
    hvc_cim_order_text(order, "node", is_cluster(&ask) ? NULL : facts->node);
}

static void modify(struct hvc_cim_method_call *call)
{
    struct hvc_cim_ask ask = ask_of(call);
    const struct hvc_cim_instance *wanted =
        embedded_count(call, "ServiceSettingData") == 1 ? embedded(call, "ServiceSettingData", 0, SETTING_CLASS) : NULL;
    const char *id = text_of(wanted, "InstanceID");

    if (wanted == NULL && !refused(call))
        refuse(call, SITUATION_INVALID, "ServiceSettingData is NULL: it has to hold an instance of " SETTING_CLASS);
    if (wanted != NULL && id != NULL && strcmp(id, id_of_setting(&ask)) != 0)
        refuse(call, SITUATION_INVALID, "ServiceSettingData has InstanceID \"%.64s\": here are the settings of \"%s\"",
               id, id_of_setting(&ask));
    for (unsigned i = 0; i < HVC_SETTING_MAX && !refused(call); i++)
        if (hvc_setting_info(i)->cim != NULL)
            change(call, wanted, hvc_setting_info(i));
}

static const struct hvc_cim_method modify_method = {.needs = HVC_FACTS_SETTINGS | HVC_FACTS_NODE_SETTINGS,
                                                    .codes = CODES_MS,
                                                    .perform = modify,
                                                    .complete = take_answers};

void hvc_method_migration_service_ModifyServiceSettings(struct hvc_cim_method_call *call)
{
    call->is = &modify_method;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* AddNetworkSettings, RemoveNetworkSettings, ModifyNetworkSettings: an order a network. In root/virtualization/v2 a
 * network that is added is this node's alone. */
#include <string.h>

#include "hvc/cimxml.h"
#include "hvc/text.h"
#include "methods.h"

void hvc_method_migration_service_AddNetworkSettings(struct hvc_cim_method_call *call);
void hvc_method_migration_service_RemoveNetworkSettings(struct hvc_cim_method_call *call);
void hvc_method_migration_service_ModifyNetworkSettings(struct hvc_cim_method_call *call);

#define PARAMETER "NetworkSettings"

static const struct hvc_facts_network *network_of(struct hvc_cim_method_call *call, const char *id)
{
    struct hvc_cim_ask ask = ask_of(call);
    const struct hvc_cim_facts *facts = call->facts;
    uint64_t number = 0;

    for (uint32_t i = 0; number_of_id(id, "HVCluster:MigrationNetwork-", &number) && i < facts->network_count; i++)
        if (facts->networks[i].id == number && shows_network(&ask, &facts->networks[i]))
            return &facts->networks[i];
    refuse(call, SITUATION_INVALID, PARAMETER ": there is no network with InstanceID \"%.64s\"", id);
    return NULL;
}

/* Tags with commas between: a tag that has one cannot be kept apart. */
static const char *join_tags(struct hvc_cim_method_call *call, const struct hvc_cim_instance *wanted)
{
    const struct hvc_cim_value *tags = hvc_cim_get(wanted, "Tags");
    const char *text = NULL;

    for (uint32_t i = 0; tags != NULL && !tags->null && i < tags->count; i++) {
        if (strpbrk(tags->text[i], ",\n") != NULL) {
            refuse(call, SITUATION_INVALID, "a tag has no comma and no line end: \"%.64s\"", tags->text[i]);
            return NULL;
        }
        text = text == NULL ? tags->text[i] : hvc_cim_format(call->arena, "%s,%s", text, tags->text[i]);
    }
    return text;
}

static void add_parts(struct hvc_cim_method_call *call, struct hvc_cim_order *order,
                      const struct hvc_cim_instance *wanted)
{
    const char *metric = text_of(wanted, "Metric");

    if (metric != NULL)
        hvc_cim_order_number(order, call->arena, "metric", number_of(wanted, "Metric", 0));
    hvc_cim_order_text(order, "name", text_of(wanted, "ElementName"));
    hvc_cim_order_text(order, "tags", join_tags(call, wanted));
}

static void add_one(struct hvc_cim_method_call *call, const struct hvc_cim_instance *wanted)
{
    struct hvc_cim_ask ask = ask_of(call);
    const char *address = text_of(wanted, "SubnetNumber"), *prefix = text_of(wanted, "PrefixLength");
    const struct hvc_cim_facts *facts = call->facts;
    struct hvc_cim_order *order;

    if (address == NULL || prefix == NULL) {
        refuse(call, SITUATION_INVALID, PARAMETER ": a network needs SubnetNumber and PrefixLength");
        return;
    }
    for (uint32_t i = 0; i < facts->network_count; i++)
        if (shows_network(&ask, &facts->networks[i]) && strcmp(facts->networks[i].address, address) == 0 &&
            facts->networks[i].prefix == number_of(wanted, "PrefixLength", 0)) {
            refuse(call, SITUATION_INVALID, PARAMETER ": %.64s/%s is there already", address, prefix);
            return;
        }
    order = hvc_cim_method_order(call, "network.add");
    if (order == NULL)
        return;
    hvc_cim_order_text(order, "subnet", hvc_cim_format(call->arena, "%s/%s", address, prefix));
    add_parts(call, order, wanted);
    hvc_cim_order_text(order, "node", is_cluster(&ask) ? NULL : facts->node);
}

static void modify_one(struct hvc_cim_method_call *call, const struct hvc_cim_instance *wanted)
{
    const char *id = text_of(wanted, "InstanceID");
    const struct hvc_facts_network *network = NULL;
    struct hvc_cim_order *order;

    if (id == NULL)
        refuse(call, SITUATION_INVALID, PARAMETER ": InstanceID has to say which network is meant");
    else
        network = network_of(call, id);
    order = network == NULL ? NULL : hvc_cim_method_order(call, "network.modify");
    if (order == NULL)
        return;
    hvc_cim_order_number(order, call->arena, "id", network->id);
    if (text_of(wanted, "SubnetNumber") != NULL || text_of(wanted, "PrefixLength") != NULL)
        hvc_cim_order_text(
            order, "subnet",
            hvc_cim_format(call->arena, "%s/%llu",
                           text_of(wanted, "SubnetNumber") != NULL ? text_of(wanted, "SubnetNumber") : network->address,
                           (unsigned long long)number_of(wanted, "PrefixLength", network->prefix)));
    add_parts(call, order, wanted);
    if (!refused(call) && order->arguments[1].name == NULL)
        call->order_count--; /* nothing of it is to change */
}

static void each(struct hvc_cim_method_call *call,
                 void (*one)(struct hvc_cim_method_call *call, const struct hvc_cim_instance *wanted))
{
    uint32_t count = embedded_count(call, PARAMETER);

    if (count == 0)
        refuse(call, SITUATION_INVALID, PARAMETER " is NULL or empty: it has to hold instances of " NETWORK_CLASS);
    for (uint32_t i = 0; i < count && !refused(call); i++) {
        const struct hvc_cim_instance *wanted = embedded(call, PARAMETER, i, NETWORK_CLASS);

        if (wanted != NULL)
            one(call, wanted);
        else if (!refused(call))
            refuse(call, SITUATION_INVALID, PARAMETER ": entry %u is empty", i + 1);
    }
}

static void add(struct hvc_cim_method_call *call)
{
    each(call, add_one);
}

static void modify(struct hvc_cim_method_call *call)
{
    each(call, modify_one);
}

/* Which network an entry means: its path, or an embedded instance of it; Microsoft's page of the method says both.
 * NULL: neither. */
static const char *id_at(struct hvc_cim_method_call *call, const struct hvc_cim_value *value, uint32_t at)
{
    const struct hvc_cim_path *path = value->path[at];
    const struct hvc_cim_key *key = path == NULL ? NULL : hvc_cim_key(path, "InstanceID");
    const struct hvc_cim_instance *instance = NULL;
    struct hvc_error error = {0};

    if (path != NULL)
        return key != NULL && hvc_schema_compare(path->class_name, NETWORK_CLASS) == 0 ? key->text : NULL;
    if (value->text == NULL || hvc_cimxml_read_instance(call->arena, value->text[at], &instance, &error) < 0 ||
        hvc_schema_compare(instance->class_name, NETWORK_CLASS) != 0)
        return NULL;
    return text_of(instance, "InstanceID");
}

static void drop(struct hvc_cim_method_call *call)
{
    const struct hvc_cim_value *value = given(call, PARAMETER);

    if (value == NULL || value->count == 0)
        refuse(call, SITUATION_INVALID, PARAMETER " is NULL or empty: it has to hold paths of " NETWORK_CLASS);
    for (uint32_t i = 0; value != NULL && i < value->count && !refused(call); i++) {
        const char *id = id_at(call, value, i);
        const struct hvc_facts_network *network = NULL;
        struct hvc_cim_order *order;

        if (id == NULL)
            refuse(call, SITUATION_INVALID, PARAMETER ": entry %u is no path of an " NETWORK_CLASS, i + 1);
        else
            network = network_of(call, id);
        order = network == NULL ? NULL : hvc_cim_method_order(call, "network.remove");
        if (order != NULL)
            hvc_cim_order_number(order, call->arena, "id", network->id);
    }
}

static const struct hvc_cim_method add_method = {
    .needs = HVC_FACTS_NETWORKS, .codes = CODES_MS, .perform = add, .complete = take_answers};
static const struct hvc_cim_method modify_method = {
    .needs = HVC_FACTS_NETWORKS, .codes = CODES_MS, .perform = modify, .complete = take_answers};
static const struct hvc_cim_method remove_method = {
    .needs = HVC_FACTS_NETWORKS, .codes = CODES_MS, .perform = drop, .complete = take_answers};

void hvc_method_migration_service_AddNetworkSettings(struct hvc_cim_method_call *call)
{
    call->is = &add_method;
}

void hvc_method_migration_service_ModifyNetworkSettings(struct hvc_cim_method_call *call)
{
    call->is = &modify_method;
}

void hvc_method_migration_service_RemoveNetworkSettings(struct hvc_cim_method_call *call)
{
    call->is = &remove_method;
}

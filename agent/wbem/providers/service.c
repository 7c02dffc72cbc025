/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Msvm_VirtualSystemMigrationService: the one instance of a namespace, and what of it can be changed. */
#include <string.h>

#include "build.h"

/* Where moves come in: the addresses of this node, or of all nodes, as the hypervisors listen. */
static void put_listeners(struct hvc_cim_ask *ask, struct hvc_cim_instance *instance)
{
    const struct hvc_cim_facts *facts = facts_of(ask);
    const char **all;
    uint32_t count = 0;

    for (uint32_t i = 0; i < facts->node_count; i++)
        count += facts->nodes[i].listen_count;
    all = hvc_cim_alloc(ask->arena, count + 1u, sizeof(*all));
    if (all == NULL)
        return;
    count = 0;
    for (uint32_t i = 0; i < facts->node_count; i++) {
        const struct hvc_facts_node *node = &facts->nodes[i];

        if (!node->member || (!is_cluster(ask) && strcmp(node->name, facts->node) != 0))
            continue;
        for (uint32_t j = 0; j < node->listen_count; j++)
            all[count++] = node->listens[j];
    }
    put_texts(ask, instance, "MigrationServiceListenerIPAddressList", all, count);
}

static void put_counts(struct hvc_cim_ask *ask, struct hvc_cim_instance *instance)
{
    const struct hvc_cim_facts *facts = facts_of(ask);
    uint64_t moves = 0;
    uint64_t storage = 0;

    for (uint32_t i = 0; i < facts->node_count; i++) {
        const struct hvc_facts_node *node = &facts->nodes[i];

        if (!is_cluster(ask) && strcmp(node->name, facts->node) != 0)
            continue;
        moves += node->moves_out + (is_cluster(ask) ? 0 : node->moves_in);
        storage += node->storage_moves;
    }
    put_number(ask, instance, "ActiveVirtualSystemMigrationCount", moves);
    put_number(ask, instance, "ActiveStorageMigrationCount", storage);
}

static void put_state(struct hvc_cim_ask *ask, struct hvc_cim_instance *instance)
{
    static const uint64_t states[] = {2, 3, 9};
    const struct hvc_cim_facts *facts = facts_of(ask);
    bool cluster = is_cluster(ask);

    put_number(ask, instance, "EnabledState", cluster ? facts->service.enabled_state : 2);
    put_number(ask, instance, "RequestedState", cluster ? facts->service.requested_state : 12);
    put_number(ask, instance, "EnabledDefault", cluster ? facts->service.enabled_default : 2);
    /* states are reached at once: until somebody asks for one, transitions are not told (12), then there is none (5) */
    put_number(ask, instance, "TransitioningToState", cluster && facts->service.state_used ? 5 : 12);
    if (cluster && facts->service.changed_ms != 0)
        put_time(ask, instance, "TimeOfLastStateChange", facts->service.changed_ms);
    else
        put_interval(ask, instance, "TimeOfLastStateChange", 0);
    if (has_state_changes(ask))
        put_numbers(ask, instance, "AvailableRequestedStates", states, 3);
    put_flag(ask, instance, "Started", facts->service.started && facts->stale[0] == '\0'); /* else no move is taken */
    if (!cluster)
        return;
    put_text(ask, instance, "PrimaryOwnerName",
             facts->service.owner_name[0] == '\0' ? NULL : facts->service.owner_name);
    put_text(ask, instance, "PrimaryOwnerContact",
             facts->service.owner_contact[0] == '\0' ? NULL : facts->service.owner_contact);
}

static void enumerate_service(struct hvc_cim_ask *ask)
{
    const struct hvc_cim_facts *facts = facts_of(ask);
    struct hvc_cim_instance *instance = hvc_cim_ask_add(ask);
    bool stale = facts->stale[0] != '\0';

    if (instance == NULL)
        return;
    put_text(ask, instance, "SystemCreationClassName", SYSTEM_CLASS);
    put_text(ask, instance, "SystemName", system_name(ask));
    put_text(ask, instance, "CreationClassName", SERVICE_CLASS);
    put_text(ask, instance, "Name", "migrationwmi");
    put_words(ask, instance, "Hyper-V Migration Service", "Hyper-V Migration Service", "Hyper-V Migration Service");
    put_health(ask, instance, 2, "OK", 5);
    put_text(ask, instance, "Status", stale ? "Degraded" : "OK");
    put_state(ask, instance);
    put_counts(ask, instance);
    put_listeners(ask, instance);
}

static struct hvc_cim_order modify_service(const struct hvc_cim_change *change, const char **ret_why)
{
    static const struct {
        const char *property, *name;
    } names[] = {{"EnabledDefault", "enabled-default"},
                 {"PrimaryOwnerName", "owner-name"},
                 {"PrimaryOwnerContact", "owner-contact"}};
    struct hvc_cim_order order = {0};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (hvc_schema_compare(names[i].property, change->element->name) != 0)
            continue;
        if (change->value->null && i == 0) {
            *ret_why = "it cannot be NULL";
            return order;
        }
        order.operation = "service.set";
        order.arguments[0].name = "name";
        order.arguments[0].text = names[i].name;
        order.arguments[1].name = "value";
        order.arguments[1].text = change->value->null ? "" : change->value->text[0];
        return order;
    }
    *ret_why = "hvclusterd does not keep it";
    return order;
}

const struct hvc_cim_provider hvc_provider_migration_service = {
    .needs = HVC_FACTS_STATUS | HVC_FACTS_SERVICE | HVC_FACTS_NODES,
    .enumerate = enumerate_service,
    .modify = modify_service,
};

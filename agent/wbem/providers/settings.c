/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings of the service and its networks, templates of moves, capabilities. */
#include "build.h"

/* ---- Msvm_VirtualSystemMigrationServiceSettingData ---- */

static void enumerate_setting(struct hvc_cim_ask *ask)
{
    const struct hvc_facts_settings *s = is_cluster(ask) ? &facts_of(ask)->settings : &facts_of(ask)->node_settings;
    struct hvc_cim_instance *instance = hvc_cim_ask_add(ask);

    if (instance == NULL)
        return;
    put_text(ask, instance, "InstanceID", id_of_setting(ask));
    put_words(ask, instance, "Migration Service Setting Data", "Settings of the migration service", system_name(ask));
    put_flag(ask, instance, "EnableVirtualSystemMigration", s->enable_migration);
    put_number(ask, instance, "MaximumActiveVirtualSystemMigration", s->moves);
    put_number(ask, instance, "MaximumActiveStorageMigration", s->storage_moves);
    put_number(ask, instance, "AuthenticationType", s->authentication);
    put_flag(ask, instance, "EnableCompression", s->compression);
    put_flag(ask, instance, "EnableSmbTransport", s->smb);
}

const struct hvc_cim_provider hvc_provider_service_setting = {
    .needs = HVC_FACTS_STATUS | HVC_FACTS_SETTINGS | HVC_FACTS_NODE_SETTINGS, .enumerate = enumerate_setting};

/* ---- Msvm_VirtualSystemMigrationNetworkSettingData ---- */

static void enumerate_network(struct hvc_cim_ask *ask)
{
    const struct hvc_cim_facts *facts = facts_of(ask);

    for (uint32_t i = 0; i < facts->network_count; i++) {
        const struct hvc_facts_network *network = &facts->networks[i];
        const char *subnet = hvc_cim_format(ask->arena, "%s/%u", network->address, network->prefix);
        struct hvc_cim_instance *instance = shows_network(ask, network) ? hvc_cim_ask_add(ask) : NULL;

        if (instance == NULL)
            continue;
        put_text(ask, instance, "InstanceID", id_of_network(ask, network));
        put_words(ask, instance, "Migration Network", "A network over which virtual systems are moved",
                  network->name[0] == '\0' ? subnet : network->name);
        put_text(ask, instance, "SubnetNumber", network->address);
        put_number(ask, instance, "PrefixLength", network->prefix);
        put_number(ask, instance, "Metric", network->metric);
        put_texts(ask, instance, "Tags", network->tags, network->tag_count);
    }
}

const struct hvc_cim_provider hvc_provider_network_setting = {.needs = HVC_FACTS_STATUS | HVC_FACTS_NETWORKS,
                                                              .enumerate = enumerate_network};

static void enumerate_component(struct hvc_cim_ask *ask)
{
    const struct hvc_cim_facts *facts = facts_of(ask);
    const char *space = ask->space->name;
    const struct hvc_cim_path *group = path_of_id(ask, space, SETTING_CLASS, id_of_setting(ask));

    for (uint32_t i = 0; i < facts->network_count; i++)
        if (shows_network(ask, &facts->networks[i]))
            (void)put_link(ask, "GroupComponent", group, "PartComponent",
                           path_of_id(ask, space, NETWORK_CLASS, id_of_network(ask, &facts->networks[i])));
}

const struct hvc_cim_provider hvc_provider_network_component = {.needs = HVC_FACTS_STATUS | HVC_FACTS_NETWORKS,
                                                                .enumerate = enumerate_component};

/* ---- Msvm_VirtualSystemMigrationSettingData: one template a type of move ---- */

static void enumerate_template(struct hvc_cim_ask *ask)
{
    static const char *const names[] = {"VirtualSystem", "Storage", "Staged", "VirtualSystemAndStorage",
                                        "StorageDeepCheck"}; /* values of the schema, from 32768 */
    const struct hvc_facts_settings *s = is_cluster(ask) ? &facts_of(ask)->settings : &facts_of(ask)->node_settings;
    unsigned types[8];
    uint32_t count = migration_types(ask, types);

    for (uint32_t i = 0; i < count; i++) {
        struct hvc_cim_instance *instance = hvc_cim_ask_add(ask);

        if (instance == NULL)
            return;
        put_text(ask, instance, "InstanceID", id_of_template(ask, types[i]));
        put_words(ask, instance, "Migration Setting Data", "Virtual System Migration Setting Data",
                  names[types[i] - MIGRATION_VIRTUAL_SYSTEM]);
        put_number(ask, instance, "MigrationType", types[i]);
        put_number(ask, instance, "Priority", 0);
        put_number(ask, instance, "Bandwidth", 0);
        put_number(ask, instance, "TransportType", 5);
        put_flag(ask, instance, "RetainVhdCopiesOnSource", false);
        put_flag(ask, instance, "EnableCompression", s->compression);
        put_flag(ask, instance, "RemoveSourceUnmanagedVhds", false);
        put_flag(ask, instance, "AvoidRemovingVHDs", false);
        put_flag(ask, instance, "AllowOverwriteExistingFile", false);
        put_number(ask, instance, "CPUCappingMagnitude", 0);
        put_flag(ask, instance, "CancelIfBlackoutThresholdExceeded", false);
    }
}

const struct hvc_cim_provider hvc_provider_migration_setting = {
    .needs = HVC_FACTS_STATUS | HVC_FACTS_SETTINGS | HVC_FACTS_NODE_SETTINGS, .enumerate = enumerate_template};

/* ---- capabilities: what the schema says is carried out ---- */

static uint32_t supported(const struct hvc_cim_ask *ask, const char *const *names, const uint64_t *numbers,
                          uint32_t count, uint64_t *ret_numbers)
{
    uint32_t found = 0;

    for (uint32_t i = 0; i < count; i++)
        if (has_method(ask, names[i]))
            ret_numbers[found++] = numbers[i];
    return found;
}

static void enumerate_capability(struct hvc_cim_ask *ask)
{
    static const char *const checks[] = {"CheckVirtualSystemIsMigratableToHost",
                                         "CheckVirtualSystemIsMigratableToSystem"};
    static const uint64_t check_numbers[] = {4, 5};
    static const char *const jobs[] = {"MigrateVirtualSystemToHost", "MigrateVirtualSystemToSystem",
                                       "CheckVirtualSystemIsMigratable"};
    static const uint64_t job_numbers[] = {2, 3, 32768};
    static const uint64_t formats[] = {2, 3, 4}; /* name, IPv4, IPv6 */
    struct hvc_cim_instance *instance = hvc_cim_ask_add(ask);
    uint64_t numbers[3];

    if (instance == NULL)
        return;
    put_text(ask, instance, "InstanceID", CAPABILITY_ID);
    put_words(ask, instance, "Migration Capabilities", "Virtual System Migration Capabilities",
              "Migration Capabilities");
    put_numbers(ask, instance, "SynchronousMethodsSupported", numbers,
                supported(ask, checks, check_numbers, 2, numbers));
    put_numbers(ask, instance, "AsynchronousMethodsSupported", numbers, supported(ask, jobs, job_numbers, 3, numbers));
    if (has_method(ask, jobs[0]) || has_method(ask, checks[0]))
        put_numbers(ask, instance, "DestinationHostFormatsSupported", formats, 3);
}

const struct hvc_cim_provider hvc_provider_migration_capabilities = {.needs = HVC_FACTS_STATUS,
                                                                     .enumerate = enumerate_capability};

static void enumerate_states(struct hvc_cim_ask *ask)
{
    static const uint64_t states[] = {2, 3, 9};
    struct hvc_cim_instance *instance = hvc_cim_ask_add(ask);

    if (instance == NULL)
        return;
    put_text(ask, instance, "InstanceID", STATES_ID);
    put_words(ask, instance, "Migration Service States", "States that RequestStateChange takes",
              "Migration Service States");
    put_flag(ask, instance, "ElementNameEditSupported", false);
    if (has_state_changes(ask))
        put_numbers(ask, instance, "RequestedStatesSupported", states, 3);
}

const struct hvc_cim_provider hvc_provider_enabled_capabilities = {.needs = HVC_FACTS_STATUS,
                                                                   .enumerate = enumerate_states};

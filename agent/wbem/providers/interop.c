/* SPDX-License-Identifier: GPL-2.0-or-later */
/* root/interop: who serves which namespaces, and which profiles they follow. */
#include "build.h"

#define MANAGER_NAME "hvcluster-wbemd"

static const char *const spaces[] = {INTEROP_NAMESPACE, CLUSTER_NAMESPACE, HOST_NAMESPACE};

static const struct profile {
    const char *id, *name;
} profiles[] = {
    {"CIM:DSP1081-VirtualSystemMigration-1.0.0", "Virtual System Migration"},
    {"CIM:DSP1042-SystemVirtualization-1.0.0", "System Virtualization"},
    {"CIM:DSP1057-VirtualSystem-1.0.0", "Virtual System Profile"},
};
enum { MIGRATION, VIRTUALIZATION, VIRTUAL_SYSTEM, PROFILE_COUNT };

static void enumerate_manager(struct hvc_cim_ask *ask)
{
    const struct hvc_cim_facts *facts = facts_of(ask);
    struct hvc_cim_instance *instance = hvc_cim_ask_add(ask);

    if (instance == NULL)
        return;
    put_text(ask, instance, "SystemCreationClassName", SYSTEM_CLASS);
    put_text(ask, instance, "SystemName", facts->node);
    put_text(ask, instance, "CreationClassName", MANAGER_CLASS);
    put_text(ask, instance, "Name", MANAGER_NAME);
    put_words(ask, instance, "Object Manager", "Serves CIM-XML for the cluster", "hvcluster");
    put_text(ask, instance, "Version", facts->version);
    put_flag(ask, instance, "GatherStatisticalData", false);
    put_flag(ask, instance, "Started", true);
    put_number(ask, instance, "EnabledState", 2);
    put_number(ask, instance, "RequestedState", 12);
    put_number(ask, instance, "EnabledDefault", 2);
    put_number(ask, instance, "TransitioningToState", 12);
    put_health(ask, instance, 2, "OK", 5);
}

const struct hvc_cim_provider hvc_provider_object_manager = {.needs = HVC_FACTS_STATUS, .enumerate = enumerate_manager};

static void enumerate_namespace(struct hvc_cim_ask *ask)
{
    for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++) {
        struct hvc_cim_instance *instance = hvc_cim_ask_add(ask);

        if (instance == NULL)
            return;
        put_text(ask, instance, "SystemCreationClassName", SYSTEM_CLASS);
        put_text(ask, instance, "SystemName", facts_of(ask)->node);
        put_text(ask, instance, "ObjectManagerCreationClassName", MANAGER_CLASS);
        put_text(ask, instance, "ObjectManagerName", MANAGER_NAME);
        put_text(ask, instance, "CreationClassName", NAMESPACE_CLASS);
        put_text(ask, instance, "Name", spaces[i]);
        put_number(ask, instance, "ClassType", 2);
    }
}

const struct hvc_cim_provider hvc_provider_cim_namespace = {.needs = HVC_FACTS_STATUS,
                                                            .enumerate = enumerate_namespace};

static void namespace_in_manager(struct hvc_cim_ask *ask)
{
    const char *node = facts_of(ask)->node;
    const char *const manager[] = {"SystemCreationClassName", SYSTEM_CLASS,  "SystemName", node,
                                   "CreationClassName",       MANAGER_CLASS, "Name",       MANAGER_NAME};

    for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++) {
        const char *const space[] = {"SystemCreationClassName",
                                     SYSTEM_CLASS,
                                     "SystemName",
                                     node,
                                     "ObjectManagerCreationClassName",
                                     MANAGER_CLASS,
                                     "ObjectManagerName",
                                     MANAGER_NAME,
                                     "CreationClassName",
                                     NAMESPACE_CLASS,
                                     "Name",
                                     spaces[i]};

        (void)put_link(ask, "Antecedent", path_of_keys(ask, INTEROP_NAMESPACE, MANAGER_CLASS, manager, 4), "Dependent",
                       path_of_keys(ask, INTEROP_NAMESPACE, NAMESPACE_CLASS, space, 6));
    }
}

const struct hvc_cim_provider hvc_provider_namespace_in_manager = {.needs = HVC_FACTS_STATUS,
                                                                   .enumerate = namespace_in_manager};

static void enumerate_profile(struct hvc_cim_ask *ask)
{
    static const uint64_t not_advertised[] = {2};

    for (size_t i = 0; i < PROFILE_COUNT; i++) {
        struct hvc_cim_instance *instance = hvc_cim_ask_add(ask);

        if (instance == NULL)
            return;
        put_text(ask, instance, "InstanceID", profiles[i].id);
        put_words(ask, instance, profiles[i].name, "A profile of DMTF that hvcluster follows", profiles[i].name);
        put_number(ask, instance, "RegisteredOrganization", 2);
        put_text(ask, instance, "RegisteredName", profiles[i].name);
        put_text(ask, instance, "RegisteredVersion", "1.0.0");
        put_numbers(ask, instance, "AdvertiseTypes", not_advertised, 1);
    }
}

const struct hvc_cim_provider hvc_provider_registered_profile = {.needs = 0, .enumerate = enumerate_profile};

static const struct hvc_cim_path *profile_path(struct hvc_cim_ask *ask, unsigned profile)
{
    return path_of_id(ask, INTEROP_NAMESPACE, PROFILE_CLASS, profiles[profile].id);
}

static void referenced_profile(struct hvc_cim_ask *ask)
{
    (void)put_link(ask, "Antecedent", profile_path(ask, VIRTUALIZATION), "Dependent", profile_path(ask, MIGRATION));
    (void)put_link(ask, "Antecedent", profile_path(ask, VIRTUAL_SYSTEM), "Dependent",
                   profile_path(ask, VIRTUALIZATION));
}

const struct hvc_cim_provider hvc_provider_referenced_profile = {.needs = 0, .enumerate = referenced_profile};

static void conforms(struct hvc_cim_ask *ask, unsigned profile, const struct hvc_cim_path *element)
{
    (void)put_link(ask, "ConformantStandard", profile_path(ask, profile), "ManagedElement", element);
}

/* The host and its guests, or the cluster and all guests. */
static void conforming(struct hvc_cim_ask *ask, const char *space, const char *system, bool all)
{
    const struct hvc_cim_facts *facts = facts_of(ask);

    conforms(ask, MIGRATION, path_of_service(ask, space, system));
    conforms(ask, VIRTUALIZATION, path_of_system(ask, space, system));
    for (uint32_t i = 0; i < facts->guest_count; i++)
        if (all || hvc_schema_compare(facts->guests[i].node, facts->node) == 0)
            conforms(ask, VIRTUAL_SYSTEM, path_of_system(ask, space, facts->guests[i].uuid));
}

static void conforms_on_host(struct hvc_cim_ask *ask)
{
    conforming(ask, HOST_NAMESPACE, facts_of(ask)->node, false);
}

static void conforms_in_cluster(struct hvc_cim_ask *ask)
{
    conforming(ask, CLUSTER_NAMESPACE, facts_of(ask)->cluster, true);
}

const struct hvc_cim_provider hvc_provider_element_conforms_to_profile = {.needs = HVC_FACTS_STATUS | HVC_FACTS_GUESTS,
                                                                          .enumerate = conforms_on_host};
const struct hvc_cim_provider hvc_provider_cluster_conforms_to_profile = {.needs = HVC_FACTS_STATUS | HVC_FACTS_GUESTS,
                                                                          .enumerate = conforms_in_cluster};

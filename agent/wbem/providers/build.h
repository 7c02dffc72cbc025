/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the providers build their instances. A failure sticks to the ask. */
#ifndef HVC_WBEM_PROVIDERS_BUILD_H
#define HVC_WBEM_PROVIDERS_BUILD_H

#include "hvc/cim_facts.h"
#include "hvc/cim_server.h"

#define SERVICE_CLASS     "Msvm_VirtualSystemMigrationService"
#define SYSTEM_CLASS      "Msvm_ComputerSystem"
#define SETTING_CLASS     "Msvm_VirtualSystemMigrationServiceSettingData"
#define NETWORK_CLASS     "Msvm_VirtualSystemMigrationNetworkSettingData"
#define TEMPLATE_CLASS    "Msvm_VirtualSystemMigrationSettingData"
#define CAPABILITY_CLASS  "Msvm_VirtualSystemMigrationCapabilities"
#define STATES_CLASS      "Msvm_EnabledLogicalElementCapabilities"
#define PLANNED_CLASS     "Msvm_PlannedComputerSystem"
#define GUEST_DATA_CLASS  "Msvm_VirtualSystemSettingData"
#define RESOURCE_CLASS    "Msvm_ResourceAllocationSettingData"
#define STORAGE_CLASS     "Msvm_StorageAllocationSettingData"
#define JOB_CLASS         "Msvm_MigrationJob"
#define SUMMARY_CLASS     "Msvm_SummaryInformation"
#define COLLECTION_CLASS  "Msvm_ManagementCollection"
#define REDUNDANCY_CLASS  "Msvm_RedundancySet"
#define PROFILE_CLASS     "Msvm_RegisteredProfile"
#define MANAGER_CLASS     "HVC_ObjectManager"
#define NAMESPACE_CLASS   "HVC_Namespace"
#define CLUSTER_NAMESPACE "root/HyperVCluster/v2"
#define HOST_NAMESPACE    "root/virtualization/v2"
#define INTEROP_NAMESPACE "root/interop"

static inline const struct hvc_cim_facts *facts_of(const struct hvc_cim_ask *ask)
{
    return ask->facts;
}

bool is_cluster(const struct hvc_cim_ask *ask);
/* Name of the system that hosts the service: of the cluster, or of this node. */
const char *system_name(const struct hvc_cim_ask *ask);
/* False: a node has the cluster's name (a host that stands alone): then the node stands for the cluster, too. */
bool has_cluster_system(const struct hvc_cim_facts *facts);
/* In root/virtualization/v2 only what is on this node is there. */
bool is_here(const struct hvc_cim_ask *ask, const struct hvc_facts_guest *guest);

/* By its UUID in upper case; guests come in order of it. NULL: there is no such guest. */
const struct hvc_facts_guest *guest_of(const struct hvc_cim_facts *facts, const char *uuid);

/* A planned system: what a staged move that has ended well left at its target. Start with *cursor = 0. */
struct planned {
    const struct hvc_facts_job *job;
    const struct hvc_facts_guest *guest;
};
bool next_planned(const struct hvc_cim_ask *ask, uint32_t *cursor, struct planned *ret_planned);
const char *id_of_planned(struct hvc_cim_ask *ask, const struct planned *planned);

/* ---- values; NULL texts and empty lists leave the property NULL ---- */

void put_text(struct hvc_cim_ask *ask, struct hvc_cim_instance *instance, const char *name, const char *text);
/* Of the type that the property has. */
void put_number(struct hvc_cim_ask *ask, struct hvc_cim_instance *instance, const char *name, uint64_t number);
void put_flag(struct hvc_cim_ask *ask, struct hvc_cim_instance *instance, const char *name, bool yes);
void put_time(struct hvc_cim_ask *ask, struct hvc_cim_instance *instance, const char *name, uint64_t ms);
void put_interval(struct hvc_cim_ask *ask, struct hvc_cim_instance *instance, const char *name, uint64_t ms);
void put_texts(struct hvc_cim_ask *ask, struct hvc_cim_instance *instance, const char *name, const char *const *texts,
               uint32_t count);
void put_numbers(struct hvc_cim_ask *ask, struct hvc_cim_instance *instance, const char *name, const uint64_t *numbers,
                 uint32_t count);
/* Caption, Description, ElementName. */
void put_words(struct hvc_cim_ask *ask, struct hvc_cim_instance *instance, const char *caption, const char *description,
               const char *element_name);
/* OperationalStatus, StatusDescriptions, HealthState: one state; degraded when it is known from an old state only. */
void put_health(struct hvc_cim_ask *ask, struct hvc_cim_instance *instance, unsigned operational, const char *words,
                unsigned health);

/* ---- paths and keys ---- */

const struct hvc_cim_path *path_of_id(struct hvc_cim_ask *ask, const char *space, const char *class_name,
                                      const char *id);
const struct hvc_cim_path *path_of_system(struct hvc_cim_ask *ask, const char *space, const char *name);
const struct hvc_cim_path *path_of_service(struct hvc_cim_ask *ask, const char *space, const char *system);
const struct hvc_cim_path *path_of_keys(struct hvc_cim_ask *ask, const char *space, const char *class_name,
                                        const char *const *pairs, uint32_t key_count);

/* InstanceIDs. */
const char *id_of_setting(struct hvc_cim_ask *ask);
const char *id_of_network(struct hvc_cim_ask *ask, const struct hvc_facts_network *network);
const char *id_of_template(struct hvc_cim_ask *ask, unsigned migration_type);
const char *id_of_guest(struct hvc_cim_ask *ask, const struct hvc_facts_guest *guest, const char *part);
uint64_t job_of_id(const char *id); /* its number, 0: it is no job's */
const char *id_of_job(struct hvc_cim_ask *ask, const struct hvc_facts_job *job);
const char *id_of_summary(struct hvc_cim_ask *ask, const struct hvc_facts_guest *guest);
#define CAPABILITY_ID "Microsoft:MigrationCapabilities"
#define STATES_ID     "HVCluster:MigrationServiceStates"
#define COLLECTION_ID "HVCluster:VirtualSystems"
#define REDUNDANCY_ID "HVCluster:Nodes"

/* An association of two ends; NULL: nobody wants it, or no memory. */
struct hvc_cim_instance *put_link(struct hvc_cim_ask *ask, const char *a, const struct hvc_cim_path *a_path,
                                  const char *b, const struct hvc_cim_path *b_path);

/* ---- shared knowledge ---- */

/* False: this namespace does not show the network, the job. */
bool shows_network(const struct hvc_cim_ask *ask, const struct hvc_facts_network *network);
bool shows_job(const struct hvc_cim_ask *ask, const struct hvc_facts_job *job);
/* MigrationType of Msvm_VirtualSystemMigrationSettingData. */
enum {
    MIGRATION_VIRTUAL_SYSTEM = 32768,
    MIGRATION_STORAGE,
    MIGRATION_STAGED,
    MIGRATION_WITH_STORAGE,
    MIGRATION_STORAGE_CHECK,
};
/* Those that are possible now, upwards; room for 8. Returns how many. What needs live migration is there while it is
 * enabled; storage moves and staged moves are always possible. */
uint32_t migration_types(const struct hvc_cim_ask *ask, unsigned types[8]);
/* The service can be asked for another state over CIM. */
bool has_state_changes(const struct hvc_cim_ask *ask);
/* A method of the service is carried out. */
bool has_method(const struct hvc_cim_ask *ask, const char *name);

/* ---- the providers, as the schema names them ---- */

extern const struct hvc_cim_provider hvc_provider_affected_job_element, hvc_provider_cim_namespace,
    hvc_provider_cluster_conforms_to_profile, hvc_provider_component_cs, hvc_provider_computer_system,
    hvc_provider_element_capabilities, hvc_provider_element_conforms_to_profile, hvc_provider_element_setting_data,
    hvc_provider_enabled_capabilities, hvc_provider_hosted_dependency, hvc_provider_hosted_service,
    hvc_provider_management_collection, hvc_provider_member_of_collection, hvc_provider_migration_capabilities,
    hvc_provider_migration_job, hvc_provider_migration_service, hvc_provider_migration_setting,
    hvc_provider_namespace_in_manager, hvc_provider_network_component, hvc_provider_network_setting,
    hvc_provider_object_manager, hvc_provider_owning_job_element, hvc_provider_planned_system,
    hvc_provider_redundancy_set, hvc_provider_referenced_profile, hvc_provider_registered_profile,
    hvc_provider_resource_allocation, hvc_provider_service_affects_element, hvc_provider_service_setting,
    hvc_provider_settings_define_capabilities, hvc_provider_settings_define_state, hvc_provider_storage_allocation,
    hvc_provider_summary_information, hvc_provider_summary_view, hvc_provider_system_setting,
    hvc_provider_system_setting_component;

#endif

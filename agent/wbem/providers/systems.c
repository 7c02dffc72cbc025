/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cluster, its nodes and the virtual systems, with what belongs to them. */
#include <string.h>

#include "build.h"

enum { /* EnabledState */
       UNKNOWN = 0,
       OTHER = 1,
       ENABLED = 2,
       DISABLED = 3,
       SHUTTING_DOWN = 4,
       QUIESCE = 9,
       STARTING = 10,
};
#define FAILED_WORDS "failed: its process is there, the virtual system does not run"

/* ---- Msvm_ComputerSystem ---- */

static struct hvc_cim_instance *begin_system(struct hvc_cim_ask *ask, const char *class_name, const char *name)
{
    static const uint64_t dedicated[] = {0};
    struct hvc_cim_instance *instance;

    if (!hvc_cim_ask_wants(ask, "Name", name))
        return NULL;
    instance = hvc_cim_ask_add(ask);
    if (instance == NULL)
        return NULL;
    put_text(ask, instance, "CreationClassName", class_name);
    put_text(ask, instance, "Name", name);
    put_number(ask, instance, "RequestedState", 12);
    put_number(ask, instance, "EnabledDefault", 2);
    put_number(ask, instance, "TransitioningToState", 12);
    put_numbers(ask, instance, "Dedicated", dedicated, 1);
    put_number(ask, instance, "ResetCapability", 1);
    return instance;
}

static void add_cluster(struct hvc_cim_ask *ask)
{
    const struct hvc_cim_facts *facts = facts_of(ask);
    struct hvc_cim_instance *instance = begin_system(ask, SYSTEM_CLASS, facts->cluster);
    bool good = facts->quorate && facts->stale[0] == '\0';

    if (instance == NULL)
        return;
    put_words(ask, instance, "Cluster", "Cluster of hosting computer systems", facts->cluster);
    put_number(ask, instance, "EnabledState", 2);
    put_health(ask, instance, good ? 2 : 3, good ? "OK" : (facts->quorate ? facts->stale : "no quorum"), good ? 5 : 10);
}

static void add_node(struct hvc_cim_ask *ask, const struct hvc_facts_node *node)
{
    struct hvc_cim_instance *instance = begin_system(ask, SYSTEM_CLASS, node->name);

    if (instance == NULL)
        return;
    put_words(ask, instance, "Hosting Computer System", "Microsoft Hosting Computer System", node->name);
    put_number(ask, instance, "EnabledState", node->member ? 2 : 3);
    if (!node->member)
        put_health(ask, instance, node->fenced ? 10 : 3,
                   node->fenced ? "fenced, not a member of the cluster" : "not a member of the cluster", 25);
    else if (node->maintenance || !node->accepting)
        put_health(ask, instance, 3, node->maintenance ? "in maintenance" : "accepts no moves", 5);
    else
        put_health(ask, instance, 2, "OK", 5);
}

/* A guest whose node is lost is where nobody can look. */
static bool is_lost(const struct hvc_cim_ask *ask, const struct hvc_facts_guest *guest)
{
    const struct hvc_cim_facts *facts = facts_of(ask);

    for (uint32_t i = 0; i < facts->node_count; i++)
        if (strcmp(facts->nodes[i].name, guest->node) == 0)
            return !facts->nodes[i].member;
    return false;
}

/* What its node shows of it; without that, that the state has it there. lost: by is_lost. */
static unsigned state_of(const struct hvc_facts_guest *guest, bool lost)
{
    static const struct {
        const char *seen;
        unsigned state;
    } rows[] = {{"running", ENABLED},   {"leaving", ENABLED}, {"paused", QUIESCE}, {"stopping", SHUTTING_DOWN},
                {"incoming", STARTING}, {"failed", OTHER},    {"unknown", UNKNOWN}};

    if (guest->node[0] == '\0')
        return DISABLED;
    if (lost)
        return UNKNOWN;
    for (size_t i = 0; guest->seen != NULL && i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strcmp(rows[i].seen, guest->seen) == 0)
            return rows[i].state;
    return ENABLED;
}

/* And its health. */
static void put_guest_state(struct hvc_cim_ask *ask, struct hvc_cim_instance *instance,
                            const struct hvc_facts_guest *guest)
{
    static const uint64_t moving[] = {2, 32774};
    static const char *const moving_words[] = {"OK", "Migrating Virtual Machine"};
    bool lost = is_lost(ask, guest);
    unsigned state = state_of(guest, lost);

    put_number(ask, instance, "EnabledState", state);
    put_text(ask, instance, "OtherEnabledState", state == OTHER ? FAILED_WORDS : NULL);
    if (lost)
        put_health(ask, instance, 3, hvc_cim_format(ask->arena, "node %s, where it ran, is lost", guest->node), 20);
    else if (state == OTHER)
        put_health(ask, instance, 3, FAILED_WORDS, 20);
    else
        put_health(ask, instance, 2, "OK", 5);
    if (!guest->moving || lost || state == OTHER || facts_of(ask)->stale[0] != '\0')
        return;
    put_numbers(ask, instance, "OperationalStatus", moving, 2);
    put_texts(ask, instance, "StatusDescriptions", moving_words, 2);
}

static void add_guest(struct hvc_cim_ask *ask, const struct hvc_facts_guest *guest)
{
    struct hvc_cim_instance *instance = begin_system(ask, SYSTEM_CLASS, guest->uuid);

    if (instance == NULL)
        return;
    put_words(ask, instance, "Virtual Machine", "Microsoft Virtual Computer System", guest->name);
    put_guest_state(ask, instance, guest);
}

static void enumerate_system(struct hvc_cim_ask *ask)
{
    const struct hvc_cim_facts *facts = facts_of(ask);

    if (is_cluster(ask) && has_cluster_system(facts))
        add_cluster(ask);
    for (uint32_t i = 0; i < facts->node_count; i++)
        if (is_cluster(ask) || strcmp(facts->nodes[i].name, facts->node) == 0)
            add_node(ask, &facts->nodes[i]);
    for (uint32_t i = 0; i < facts->guest_count; i++)
        if (is_here(ask, &facts->guests[i]))
            add_guest(ask, &facts->guests[i]);
}

const struct hvc_cim_provider hvc_provider_computer_system = {
    .needs = HVC_FACTS_STATUS | HVC_FACTS_NODES | HVC_FACTS_GUESTS, .enumerate = enumerate_system};

/* ---- Msvm_PlannedComputerSystem ---- */

static void enumerate_planned(struct hvc_cim_ask *ask)
{
    struct planned planned;

    for (uint32_t cursor = 0; next_planned(ask, &cursor, &planned);) {
        struct hvc_cim_instance *instance = begin_system(ask, PLANNED_CLASS, planned.guest->uuid);

        if (instance == NULL)
            continue;
        put_words(ask, instance, "Planned Virtual Machine",
                  hvc_cim_format(ask->arena, "Microsoft Planned Computer System on %s", planned.job->target),
                  planned.guest->name);
        put_number(ask, instance, "EnabledState", 3);
        put_health(ask, instance, 2, "OK", 5);
    }
}

const struct hvc_cim_provider hvc_provider_planned_system = {
    .needs = HVC_FACTS_STATUS | HVC_FACTS_GUESTS | HVC_FACTS_PLANNED, .enumerate = enumerate_planned};

/* ---- Msvm_VirtualSystemSettingData and what it is made of ---- */

static void add_setting(struct hvc_cim_ask *ask, const struct hvc_facts_guest *guest, const char *id, const char *type,
                        const char *description)
{
    struct hvc_cim_instance *instance =
        id != NULL && hvc_cim_ask_wants(ask, "InstanceID", id) ? hvc_cim_ask_add(ask) : NULL;

    if (instance == NULL)
        return;
    put_text(ask, instance, "InstanceID", id);
    put_words(ask, instance, "Virtual Machine Settings", description, guest->name);
    put_text(ask, instance, "VirtualSystemIdentifier", guest->uuid);
    put_text(ask, instance, "VirtualSystemType", type);
    put_text(ask, instance, "ConfigurationID", guest->uuid);
    put_text(ask, instance, "Version", hvc_cim_format(ask->arena, "%llu", (unsigned long long)guest->version));
    put_flag(ask, instance, "AllowReducedFcRedundancy", false);
}

static void enumerate_system_setting(struct hvc_cim_ask *ask)
{
    const struct hvc_cim_facts *facts = facts_of(ask);
    struct planned planned;

    for (uint32_t i = 0; i < facts->guest_count; i++)
        if (is_here(ask, &facts->guests[i]))
            add_setting(ask, &facts->guests[i], id_of_guest(ask, &facts->guests[i], ""),
                        "Microsoft:Hyper-V:System:Realized", "Active settings for the virtual machine");
    for (uint32_t cursor = 0; next_planned(ask, &cursor, &planned);)
        add_setting(ask, planned.guest, id_of_planned(ask, &planned), "Microsoft:Hyper-V:System:Planned",
                    "Settings for the planned virtual machine");
}

const struct hvc_cim_provider hvc_provider_system_setting = {
    .needs = HVC_FACTS_STATUS | HVC_FACTS_GUESTS | HVC_FACTS_PLANNED, .enumerate = enumerate_system_setting};

/* ---- Msvm_SummaryInformation ---- */

static void enumerate_summary(struct hvc_cim_ask *ask)
{
    const struct hvc_cim_facts *facts = facts_of(ask);

    for (uint32_t i = 0; i < facts->guest_count; i++) {
        const struct hvc_facts_guest *guest = &facts->guests[i];
        const char *id = is_here(ask, guest) ? id_of_summary(ask, guest) : NULL;
        struct hvc_cim_instance *instance =
            id != NULL && hvc_cim_ask_wants(ask, "InstanceID", id) ? hvc_cim_ask_add(ask) : NULL;

        if (instance == NULL)
            continue;
        put_text(ask, instance, "InstanceID", id);
        put_text(ask, instance, "Name", guest->uuid);
        put_text(ask, instance, "ElementName", guest->name);
        put_number(ask, instance, "NumberOfProcessors", guest->cpus);
        put_number(ask, instance, "MemoryUsage", guest->memory_kib / 1024);
        put_guest_state(ask, instance, guest);
        put_text(ask, instance, "HostComputerSystemName", guest->node[0] == '\0' ? NULL : guest->node);
    }
}

const struct hvc_cim_provider hvc_provider_summary_information = {
    .needs = HVC_FACTS_STATUS | HVC_FACTS_NODES | HVC_FACTS_GUESTS, .enumerate = enumerate_summary};

/* ---- of the cluster namespace alone ---- */

static void enumerate_collection(struct hvc_cim_ask *ask)
{
    struct hvc_cim_instance *instance = hvc_cim_ask_add(ask);

    if (instance == NULL)
        return;
    put_text(ask, instance, "CollectionID", COLLECTION_ID);
    put_words(ask, instance, "Virtual Systems", "The virtual systems of the cluster", facts_of(ask)->cluster);
}

const struct hvc_cim_provider hvc_provider_management_collection = {.needs = HVC_FACTS_STATUS,
                                                                    .enumerate = enumerate_collection};

static void enumerate_redundancy(struct hvc_cim_ask *ask)
{
    static const uint64_t set[] = {2}; /* N+1 */
    const struct hvc_cim_facts *facts = facts_of(ask);
    struct hvc_cim_instance *instance = hvc_cim_ask_add(ask);
    uint32_t members = 0;

    if (instance == NULL)
        return;
    for (uint32_t i = 0; i < facts->node_count; i++)
        members += facts->nodes[i].member ? 1 : 0;
    put_text(ask, instance, "InstanceID", REDUNDANCY_ID);
    put_words(ask, instance, "Nodes", "The nodes of the cluster", facts->cluster);
    /* fully redundant, degraded, lost (one more loss ends it), overall failure */
    put_number(ask, instance, "RedundancyStatus",
               !facts->quorate ? 5 : (members == facts->node_count ? 2 : (members > facts->quorum_votes ? 3 : 4)));
    put_numbers(ask, instance, "TypeOfSet", set, 1);
    put_number(ask, instance, "MinNumberNeeded", facts->quorum_votes);
    put_number(ask, instance, "MaxNumberSupported", 32);
}

const struct hvc_cim_provider hvc_provider_redundancy_set = {.needs = HVC_FACTS_STATUS | HVC_FACTS_NODES,
                                                             .enumerate = enumerate_redundancy};

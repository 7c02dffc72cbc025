/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The associations of both namespaces. */
#include <string.h>

#include "build.h"

static const struct hvc_cim_path *service(struct hvc_cim_ask *ask)
{
    return path_of_service(ask, ask->space->name, system_name(ask));
}

static const struct hvc_cim_path *system_of(struct hvc_cim_ask *ask, const char *name)
{
    return path_of_system(ask, ask->space->name, name);
}

static const struct hvc_cim_path *by_id(struct hvc_cim_ask *ask, const char *class_name, const char *id)
{
    return path_of_id(ask, ask->space->name, class_name, id);
}

/* Guest by guest; an association that starts from one guest does not look at the others. */
typedef void (*guest_fn)(struct hvc_cim_ask *ask, const struct hvc_facts_guest *guest);

static void for_each_guest(struct hvc_cim_ask *ask, guest_fn function)
{
    const struct hvc_cim_facts *facts = facts_of(ask);
    const struct hvc_cim_key *name = ask->end == NULL || hvc_schema_compare(ask->end->class_name, SYSTEM_CLASS) != 0
                                         ? NULL
                                         : hvc_cim_key(ask->end, "Name");
    bool one = false;

    for (uint32_t i = 0; name != NULL && name->text != NULL && i < facts->guest_count; i++)
        one = one || strcmp(facts->guests[i].uuid, name->text) == 0;
    for (uint32_t i = 0; i < facts->guest_count; i++) {
        const struct hvc_facts_guest *guest = &facts->guests[i];

        if (is_here(ask, guest) && (!one || strcmp(guest->uuid, name->text) == 0))
            function(ask, guest);
    }
}

static void hosted_service(struct hvc_cim_ask *ask)
{
    (void)put_link(ask, "Antecedent", system_of(ask, system_name(ask)), "Dependent", service(ask));
}

const struct hvc_cim_provider hvc_provider_hosted_service = {.needs = HVC_FACTS_STATUS, .enumerate = hosted_service};

static void affected_guest(struct hvc_cim_ask *ask, const struct hvc_facts_guest *guest)
{
    static const uint64_t manages[] = {5};
    struct hvc_cim_instance *link =
        put_link(ask, "AffectedElement", system_of(ask, guest->uuid), "AffectingElement", service(ask));

    if (link != NULL)
        put_numbers(ask, link, "ElementEffects", manages, 1);
}

static void service_affects_element(struct hvc_cim_ask *ask)
{
    for_each_guest(ask, affected_guest);
}

const struct hvc_cim_provider hvc_provider_service_affects_element = {.needs = HVC_FACTS_STATUS | HVC_FACTS_GUESTS,
                                                                      .enumerate = service_affects_element};

static void element_setting_data(struct hvc_cim_ask *ask)
{
    struct hvc_cim_instance *link =
        put_link(ask, "ManagedElement", service(ask), "SettingData", by_id(ask, SETTING_CLASS, id_of_setting(ask)));

    if (link == NULL)
        return;
    put_number(ask, link, "IsDefault", 1);
    put_number(ask, link, "IsCurrent", 1);
    put_number(ask, link, "IsNext", 0);
}

const struct hvc_cim_provider hvc_provider_element_setting_data = {.needs = HVC_FACTS_STATUS,
                                                                   .enumerate = element_setting_data};

static void guest_and_settings(struct hvc_cim_ask *ask, const struct hvc_facts_guest *guest)
{
    (void)put_link(ask, "ManagedElement", system_of(ask, guest->uuid), "SettingData",
                   by_id(ask, GUEST_DATA_CLASS, id_of_guest(ask, guest, "")));
}

static void settings_define_state(struct hvc_cim_ask *ask)
{
    struct planned planned;

    for_each_guest(ask, guest_and_settings);
    for (uint32_t cursor = 0; next_planned(ask, &cursor, &planned);) {
        const char *const pairs[] = {"CreationClassName", PLANNED_CLASS, "Name", planned.guest->uuid};

        (void)put_link(ask, "ManagedElement", path_of_keys(ask, ask->space->name, PLANNED_CLASS, pairs, 2),
                       "SettingData", by_id(ask, GUEST_DATA_CLASS, id_of_planned(ask, &planned)));
    }
}

const struct hvc_cim_provider hvc_provider_settings_define_state = {
    .needs = HVC_FACTS_STATUS | HVC_FACTS_GUESTS | HVC_FACTS_PLANNED, .enumerate = settings_define_state};

static void element_capabilities(struct hvc_cim_ask *ask)
{
    static const uint64_t current[] = {2, 3};
    struct hvc_cim_instance *link =
        put_link(ask, "ManagedElement", service(ask), "Capabilities", by_id(ask, CAPABILITY_CLASS, CAPABILITY_ID));

    if (link != NULL)
        put_numbers(ask, link, "Characteristics", current, 2);
    (void)put_link(ask, "ManagedElement", service(ask), "Capabilities", by_id(ask, STATES_CLASS, STATES_ID));
}

const struct hvc_cim_provider hvc_provider_element_capabilities = {.needs = HVC_FACTS_STATUS,
                                                                   .enumerate = element_capabilities};

static void settings_define_capabilities(struct hvc_cim_ask *ask)
{
    unsigned types[8];
    uint32_t count = migration_types(ask, types);

    for (uint32_t i = 0; i < count; i++) {
        struct hvc_cim_instance *link =
            put_link(ask, "GroupComponent", by_id(ask, CAPABILITY_CLASS, CAPABILITY_ID), "PartComponent",
                     by_id(ask, TEMPLATE_CLASS, id_of_template(ask, types[i])));

        if (link == NULL)
            continue;
        put_number(ask, link, "PropertyPolicy", 0);
        put_number(ask, link, "ValueRole", 0);
        put_number(ask, link, "ValueRange", 0);
        put_number(ask, link, "SupportStatement", 0);
    }
}

const struct hvc_cim_provider hvc_provider_settings_define_capabilities = {
    .needs = HVC_FACTS_STATUS | HVC_FACTS_SETTINGS | HVC_FACTS_NODE_SETTINGS,
    .enumerate = settings_define_capabilities};

static void owning_job_element(struct hvc_cim_ask *ask)
{
    const struct hvc_cim_facts *facts = facts_of(ask);

    for (uint32_t i = 0; i < facts->job_count; i++)
        if (shows_job(ask, &facts->jobs[i]))
            (void)put_link(ask, "OwningElement", service(ask), "OwnedElement",
                           by_id(ask, JOB_CLASS, id_of_job(ask, &facts->jobs[i])));
}

const struct hvc_cim_provider hvc_provider_owning_job_element = {.needs = HVC_FACTS_STATUS | HVC_FACTS_JOBS,
                                                                 .enumerate = owning_job_element};

/* A job outlives the record of its guest, and a guest may have left the node. */
static bool shows_guest_of(const struct hvc_cim_ask *ask, const struct hvc_facts_job *job)
{
    const struct hvc_facts_guest *guest = guest_of(facts_of(ask), job->uuid);

    return guest != NULL && is_here(ask, guest);
}

static void affected_job_element(struct hvc_cim_ask *ask)
{
    static const uint64_t effects[] = {0};
    const struct hvc_cim_facts *facts = facts_of(ask);

    for (uint32_t i = 0; i < facts->job_count; i++) {
        struct hvc_cim_instance *link =
            shows_job(ask, &facts->jobs[i]) && shows_guest_of(ask, &facts->jobs[i])
                ? put_link(ask, "AffectedElement", system_of(ask, facts->jobs[i].uuid), "AffectingElement",
                           by_id(ask, JOB_CLASS, id_of_job(ask, &facts->jobs[i])))
                : NULL;

        if (link != NULL)
            put_numbers(ask, link, "ElementEffects", effects, 1);
    }
}

const struct hvc_cim_provider hvc_provider_affected_job_element = {
    .needs = HVC_FACTS_STATUS | HVC_FACTS_JOBS | HVC_FACTS_GUESTS, .enumerate = affected_job_element};

static void guest_and_host(struct hvc_cim_ask *ask, const struct hvc_facts_guest *guest)
{
    if (guest->node[0] != '\0')
        (void)put_link(ask, "Antecedent", system_of(ask, guest->node), "Dependent", system_of(ask, guest->uuid));
}

static void hosted_dependency(struct hvc_cim_ask *ask)
{
    for_each_guest(ask, guest_and_host);
}

const struct hvc_cim_provider hvc_provider_hosted_dependency = {.needs = HVC_FACTS_STATUS | HVC_FACTS_GUESTS,
                                                                .enumerate = hosted_dependency};

static void guest_and_summary(struct hvc_cim_ask *ask, const struct hvc_facts_guest *guest)
{
    (void)put_link(ask, "Antecedent", system_of(ask, guest->uuid), "Dependent",
                   by_id(ask, SUMMARY_CLASS, id_of_summary(ask, guest)));
}

static void summary_view(struct hvc_cim_ask *ask)
{
    for_each_guest(ask, guest_and_summary);
}

const struct hvc_cim_provider hvc_provider_summary_view = {.needs = HVC_FACTS_STATUS | HVC_FACTS_GUESTS,
                                                           .enumerate = summary_view};

/* ---- of the cluster namespace alone ---- */

static void component_cs(struct hvc_cim_ask *ask)
{
    const struct hvc_cim_facts *facts = facts_of(ask);

    for (uint32_t i = 0; has_cluster_system(facts) && i < facts->node_count; i++)
        (void)put_link(ask, "GroupComponent", system_of(ask, facts->cluster), "PartComponent",
                       system_of(ask, facts->nodes[i].name));
}

const struct hvc_cim_provider hvc_provider_component_cs = {.needs = HVC_FACTS_STATUS | HVC_FACTS_NODES,
                                                           .enumerate = component_cs};

static void member_guest(struct hvc_cim_ask *ask, const struct hvc_facts_guest *guest)
{
    const char *const pairs[] = {"CollectionID", COLLECTION_ID};

    (void)put_link(ask, "Collection", path_of_keys(ask, ask->space->name, COLLECTION_CLASS, pairs, 1), "Member",
                   system_of(ask, guest->uuid));
}

static void member_of_collection(struct hvc_cim_ask *ask)
{
    const struct hvc_cim_facts *facts = facts_of(ask);

    for_each_guest(ask, member_guest);
    for (uint32_t i = 0; i < facts->node_count; i++)
        (void)put_link(ask, "Collection", by_id(ask, REDUNDANCY_CLASS, REDUNDANCY_ID), "Member",
                       system_of(ask, facts->nodes[i].name));
}

const struct hvc_cim_provider hvc_provider_member_of_collection = {
    .needs = HVC_FACTS_STATUS | HVC_FACTS_NODES | HVC_FACTS_GUESTS, .enumerate = member_of_collection};

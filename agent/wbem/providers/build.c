/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build.h"

#include <stdlib.h>
#include <string.h>

#include "hvc/job.h"
#include "hvc/text.h"

bool is_cluster(const struct hvc_cim_ask *ask)
{
    return hvc_schema_compare(ask->space->name, CLUSTER_NAMESPACE) == 0;
}

const char *system_name(const struct hvc_cim_ask *ask)
{
    return is_cluster(ask) ? facts_of(ask)->cluster : facts_of(ask)->node;
}

bool has_cluster_system(const struct hvc_cim_facts *facts)
{
    for (uint32_t i = 0; i < facts->node_count; i++)
        if (strcmp(facts->nodes[i].name, facts->cluster) == 0)
            return false;
    return true;
}

bool is_here(const struct hvc_cim_ask *ask, const struct hvc_facts_guest *guest)
{
    return is_cluster(ask) || strcmp(guest->node, facts_of(ask)->node) == 0;
}

bool shows_network(const struct hvc_cim_ask *ask, const struct hvc_facts_network *network)
{
    return is_cluster(ask) || network->node[0] == '\0' || strcmp(network->node, facts_of(ask)->node) == 0;
}

bool shows_job(const struct hvc_cim_ask *ask, const struct hvc_facts_job *job)
{
    const char *node = facts_of(ask)->node;

    return is_cluster(ask) || strcmp(job->source, node) == 0 || strcmp(job->target, node) == 0;
}

static const struct hvc_job_kind_info *kind_of_type(unsigned type)
{
    unsigned wanted = type == MIGRATION_STORAGE_CHECK ? (unsigned)MIGRATION_STORAGE : type;

    for (unsigned i = 0; i < HVC_KIND_COUNT; i++)
        if (hvc_job_kind_info(i)->migration_type == wanted)
            return hvc_job_kind_info(i);
    return NULL;
}

uint32_t migration_types(const struct hvc_cim_ask *ask, unsigned types[8])
{
    const struct hvc_facts_settings *settings =
        is_cluster(ask) ? &facts_of(ask)->settings : &facts_of(ask)->node_settings;
    uint32_t count = 0;

    for (unsigned type = MIGRATION_VIRTUAL_SYSTEM; type <= MIGRATION_STORAGE_CHECK; type++) {
        const struct hvc_job_kind_info *kind = kind_of_type(type);

        if (kind != NULL && (settings->enable_migration || (kind->flags & HVC_KIND_NEEDS_LIVE) == 0))
            types[count++] = type;
    }
    return count;
}

bool has_method(const struct hvc_cim_ask *ask, const char *name)
{
    const struct hvc_schema_class *cls = hvc_schema_class_find(ask->space, SERVICE_CLASS);
    const struct hvc_schema_method *method = cls == NULL ? NULL : hvc_schema_method_find(cls, name);

    return method != NULL && method->function != NULL;
}

bool has_state_changes(const struct hvc_cim_ask *ask)
{
    return is_cluster(ask) && has_method(ask, "RequestStateChange");
}

static int by_uuid(const void *key, const void *guest)
{
    return strcmp(key, ((const struct hvc_facts_guest *)guest)->uuid);
}

const struct hvc_facts_guest *guest_of(const struct hvc_cim_facts *facts, const char *uuid)
{
    if (facts->guest_count == 0)
        return NULL;
    return bsearch(uuid, facts->guests, facts->guest_count, sizeof(*facts->guests), by_uuid);
}

/* ---- planned systems ---- */

/* Whether a later job has used it up; ended jobs come newest first. The cluster shows one a guest: its key is its name.
 */
static bool is_overtaken(const struct hvc_cim_ask *ask, uint32_t position)
{
    const struct hvc_facts_job *job = &facts_of(ask)->jobs[position];

    for (uint32_t i = 0; i < position; i++) {
        const struct hvc_facts_job *other = &facts_of(ask)->jobs[i];

        if (other->check || strcmp(other->phase, "completed") != 0 || strcmp(other->uuid, job->uuid) != 0)
            continue;
        if (strcmp(other->target, job->target) == 0 || (is_cluster(ask) && strcmp(other->kind, "staged") == 0))
            return true;
    }
    return false;
}

bool next_planned(const struct hvc_cim_ask *ask, uint32_t *cursor, struct planned *ret_planned)
{
    const struct hvc_cim_facts *facts = facts_of(ask);

    while (*cursor < facts->job_count) {
        uint32_t position = (*cursor)++;
        const struct hvc_facts_job *job = &facts->jobs[position];
        const struct hvc_facts_guest *guest;

        if (job->check || strcmp(job->kind, "staged") != 0 || strcmp(job->phase, "completed") != 0 ||
            (!is_cluster(ask) && strcmp(job->target, facts->node) != 0))
            continue;
        guest = guest_of(facts, job->uuid);
        if (guest == NULL || strcmp(guest->node, job->target) == 0 || is_overtaken(ask, position))
            continue;
        *ret_planned = (struct planned){job, guest};
        return true;
    }
    return false;
}

const char *id_of_planned(struct hvc_cim_ask *ask, const struct planned *planned)
{
    return hvc_cim_format(ask->arena, "Microsoft:%s\\Planned\\%s", planned->guest->uuid, planned->job->target);
}

/* ---- values ---- */

static uint8_t type_of(const struct hvc_cim_ask *ask, const char *name)
{
    const struct hvc_schema_element *element = hvc_schema_property_find(ask->cls, name);

    return element == NULL ? HVC_CIM_TYPE_COUNT : element->type;
}

void put_text(struct hvc_cim_ask *ask, struct hvc_cim_instance *instance, const char *name, const char *text)
{
    if (text != NULL)
        hvc_cim_ask_set(ask, instance, name, hvc_cim_text(ask->arena, text));
}

void put_number(struct hvc_cim_ask *ask, struct hvc_cim_instance *instance, const char *name, uint64_t number)
{
    hvc_cim_ask_set(ask, instance, name, hvc_cim_number(ask->arena, type_of(ask, name), number));
}

void put_flag(struct hvc_cim_ask *ask, struct hvc_cim_instance *instance, const char *name, bool yes)
{
    hvc_cim_ask_set(ask, instance, name, hvc_cim_boolean(ask->arena, yes));
}

void put_time(struct hvc_cim_ask *ask, struct hvc_cim_instance *instance, const char *name, uint64_t ms)
{
    hvc_cim_ask_set(ask, instance, name, hvc_cim_time(ask->arena, ms));
}

void put_interval(struct hvc_cim_ask *ask, struct hvc_cim_instance *instance, const char *name, uint64_t ms)
{
    hvc_cim_ask_set(ask, instance, name, hvc_cim_interval(ask->arena, ms));
}

void put_texts(struct hvc_cim_ask *ask, struct hvc_cim_instance *instance, const char *name, const char *const *texts,
               uint32_t count)
{
    if (count > 0)
        hvc_cim_ask_set(ask, instance, name, hvc_cim_texts(ask->arena, texts, count));
}

void put_numbers(struct hvc_cim_ask *ask, struct hvc_cim_instance *instance, const char *name, const uint64_t *numbers,
                 uint32_t count)
{
    if (count > 0)
        hvc_cim_ask_set(ask, instance, name, hvc_cim_numbers(ask->arena, type_of(ask, name), numbers, count));
}

void put_words(struct hvc_cim_ask *ask, struct hvc_cim_instance *instance, const char *caption, const char *description,
               const char *element_name)
{
    put_text(ask, instance, "Caption", caption);
    if (facts_of(ask)->stale[0] != '\0')
        description = hvc_cim_format(ask->arena, "%s (%s)", description, facts_of(ask)->stale);
    put_text(ask, instance, "Description", description);
    put_text(ask, instance, "ElementName", element_name);
}

void put_health(struct hvc_cim_ask *ask, struct hvc_cim_instance *instance, unsigned operational, const char *words,
                unsigned health)
{
    const char *stale = facts_of(ask)->stale;
    const uint64_t status[] = {stale[0] == '\0' ? operational : 3};

    if (stale[0] != '\0') {
        words = stale;
        health = 10;
    }
    put_numbers(ask, instance, "OperationalStatus", status, 1);
    put_texts(ask, instance, "StatusDescriptions", &words, 1);
    put_number(ask, instance, "HealthState", health);
}

/* ---- paths ---- */

const struct hvc_cim_path *path_of_keys(struct hvc_cim_ask *ask, const char *space, const char *class_name,
                                        const char *const *pairs, uint32_t key_count)
{
    struct hvc_cim_path *path = hvc_cim_alloc(ask->arena, 1, sizeof(*path));
    struct hvc_cim_key *keys = hvc_cim_alloc(ask->arena, key_count, sizeof(*keys));

    if (path == NULL || keys == NULL)
        return NULL;
    for (uint32_t i = 0; i < key_count; i++)
        keys[i] = (struct hvc_cim_key){.name = pairs[2 * i], .type = HVC_CIM_STRING, .text = pairs[2 * i + 1]};
    *path = (struct hvc_cim_path){.space = space, .class_name = class_name, .keys = keys, .key_count = key_count};
    return path;
}

const struct hvc_cim_path *path_of_id(struct hvc_cim_ask *ask, const char *space, const char *class_name,
                                      const char *id)
{
    const char *const pairs[] = {"InstanceID", id};

    return id == NULL ? NULL : path_of_keys(ask, space, class_name, pairs, 1);
}

const struct hvc_cim_path *path_of_system(struct hvc_cim_ask *ask, const char *space, const char *name)
{
    const char *const pairs[] = {"CreationClassName", SYSTEM_CLASS, "Name", name};

    return path_of_keys(ask, space, SYSTEM_CLASS, pairs, 2);
}

const struct hvc_cim_path *path_of_service(struct hvc_cim_ask *ask, const char *space, const char *system)
{
    const char *const pairs[] = {"SystemCreationClassName", SYSTEM_CLASS,  "SystemName", system,
                                 "CreationClassName",       SERVICE_CLASS, "Name",       "migrationwmi"};

    return path_of_keys(ask, space, SERVICE_CLASS, pairs, 4);
}

const char *id_of_setting(struct hvc_cim_ask *ask)
{
    return hvc_cim_format(ask->arena, "Microsoft:%s", system_name(ask));
}

const char *id_of_network(struct hvc_cim_ask *ask, const struct hvc_facts_network *network)
{
    return hvc_cim_format(ask->arena, "HVCluster:MigrationNetwork-%u", network->id);
}

const char *id_of_template(struct hvc_cim_ask *ask, unsigned migration_type)
{
    return hvc_cim_format(ask->arena, "HVCluster:MigrationSetting-%u", migration_type);
}

const char *id_of_guest(struct hvc_cim_ask *ask, const struct hvc_facts_guest *guest, const char *part)
{
    return hvc_cim_format(ask->arena, "Microsoft:%s%s", guest->uuid, part);
}

#define JOB_ID "HVCluster:MigrationJob-"

const char *id_of_job(struct hvc_cim_ask *ask, const struct hvc_facts_job *job)
{
    return hvc_cim_format(ask->arena, JOB_ID "%llu", (unsigned long long)job->id);
}

uint64_t job_of_id(const char *id)
{
    uint64_t job = 0;

    return strncmp(id, JOB_ID, strlen(JOB_ID)) == 0 && hvc_parse_u64(id + strlen(JOB_ID), 1, UINT64_MAX - 1, &job) == 0
               ? job
               : 0;
}

const char *id_of_summary(struct hvc_cim_ask *ask, const struct hvc_facts_guest *guest)
{
    return hvc_cim_format(ask->arena, "HVCluster:Summary-%s", guest->uuid);
}

struct hvc_cim_instance *put_link(struct hvc_cim_ask *ask, const char *a, const struct hvc_cim_path *a_path,
                                  const char *b, const struct hvc_cim_path *b_path)
{
    struct hvc_cim_instance *instance;

    if (a_path == NULL || b_path == NULL)
        return NULL;
    if (ask->end != NULL && !hvc_cim_path_is(ask->end, a_path) && !hvc_cim_path_is(ask->end, b_path))
        return NULL;
    instance = hvc_cim_ask_add(ask);
    if (instance == NULL)
        return NULL;
    hvc_cim_ask_set(ask, instance, a, hvc_cim_reference(ask->arena, a_path));
    hvc_cim_ask_set(ask, instance, b, hvc_cim_reference(ask->arena, b_path));
    return instance;
}

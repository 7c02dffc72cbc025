/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Instances from their providers. */
#include <stdio.h>
#include <string.h>

#include "operation.h"

enum { FIRST_ROOM = 16 };

/* An array of pointers in the arena that has room for one more. */
static bool grow(struct hvc_cim_arena *arena, const void ***array, uint32_t count, uint32_t *room)
{
    uint32_t wanted = *room == 0 ? FIRST_ROOM : *room * 2;
    const void **bigger;

    if (count < *room)
        return true;
    bigger = hvc_cim_alloc(arena, wanted, sizeof(*bigger));
    if (bigger == NULL)
        return false;
    if (count > 0)
        memcpy(bigger, *array, count * sizeof(*bigger));
    *array = bigger;
    *room = wanted;
    return true;
}

void hvc_cim_list_add(struct hvc_cim_call *call, struct hvc_cim_list *list, const struct hvc_cim_instance *instance)
{
    const void **array = (const void **)list->instances;

    if (!grow(call->arena, &array, list->count, &list->room))
        return; /* the arena remembers it */
    list->instances = (const struct hvc_cim_instance **)array;
    list->instances[list->count++] = instance;
}

struct hvc_cim_instance *hvc_cim_ask_add(struct hvc_cim_ask *ask)
{
    struct hvc_cim_instance *instance = hvc_cim_instance_new(ask->arena, ask->cls);
    uint32_t wanted = ask->room == 0 ? FIRST_ROOM : ask->room * 2;

    if (instance == NULL)
        return NULL;
    if (ask->count == ask->room) {
        struct hvc_cim_instance **bigger = hvc_cim_alloc(ask->arena, wanted, sizeof(struct hvc_cim_instance *));

        if (bigger == NULL)
            return NULL;
        if (ask->count > 0)
            memcpy(bigger, ask->instances, ask->count * sizeof(struct hvc_cim_instance *));
        ask->instances = bigger;
        ask->room = wanted;
    }
    ask->instances[ask->count++] = instance;
    return instance;
}

void hvc_cim_ask_set(struct hvc_cim_ask *ask, struct hvc_cim_instance *instance, const char *name,
                     const struct hvc_cim_value *value)
{
    if (!hvc_cim_set(instance, name, value))
        ask->failed = true;
}

bool hvc_cim_ask_wants(const struct hvc_cim_ask *ask, const char *key, const char *text)
{
    const struct hvc_cim_key *wanted = ask->wanted == NULL ? NULL : hvc_cim_key(ask->wanted, key);

    return wanted == NULL || wanted->text == NULL || strcmp(wanted->text, text) == 0;
}

uint32_t hvc_cim_needs(const struct hvc_schema_namespace *space, const char *class_name)
{
    uint32_t needs = 0;

    for (uint16_t i = 0; i < space->class_count; i++)
        if (space->classes[i]->provider != NULL && hvc_schema_is_a(space->classes[i], class_name))
            needs |= space->classes[i]->provider->needs;
    return needs;
}

/* Every instance gets its path; one whose path is not the wanted one is left out. */
static void take(struct hvc_cim_call *call, const struct hvc_cim_ask *ask, struct hvc_cim_list *list)
{
    for (uint32_t i = 0; i < ask->count; i++) {
        struct hvc_cim_instance *instance = ask->instances[i];

        instance->path = hvc_cim_instance_path(call->arena, instance, ask->space->name);
        if (instance->path == NULL) {
            hvc_cim_fail(call, HVC_CIM_FAILED, "an instance of %s has no key: a defect of hvcluster", ask->cls->name);
            return;
        }
        if (ask->wanted == NULL || hvc_cim_path_is(instance->path, ask->wanted))
            hvc_cim_list_add(call, list, instance);
    }
}

void hvc_cim_collect(struct hvc_cim_call *call, const struct hvc_schema_namespace *space,
                     const struct hvc_schema_class *cls, const struct hvc_cim_path *wanted,
                     const struct hvc_cim_path *end, struct hvc_cim_list *list)
{
    const struct hvc_cim_provider *provider = cls->provider;
    struct hvc_cim_ask ask = {
        .arena = call->arena, .space = space, .cls = cls, .facts = call->facts, .wanted = wanted, .end = end};

    if (hvc_cim_failed(call) || provider == NULL)
        return;
    if (provider->enumerate == NULL) {
        hvc_cim_fail(call, HVC_CIM_NOT_SUPPORTED, "%s: %s", cls->name, provider->why);
        return;
    }
    if ((provider->needs & call->facts_missing) != 0) {
        hvc_cim_fail(call, HVC_CIM_FAILED, "%s cannot be read now: %s", cls->name,
                     call->missing_words == NULL ? "hvclusterd did not answer" : call->missing_words);
        return;
    }
    provider->enumerate(&ask);
    if (ask.failed && !hvc_cim_arena_failed(call->arena))
        hvc_cim_fail(call, HVC_CIM_FAILED, "a value of %s does not fit its property: a defect of hvcluster", cls->name);
    else
        take(call, &ask, list);
}

void hvc_cim_collect_deep(struct hvc_cim_call *call, const struct hvc_schema_namespace *space, const char *class_name,
                          struct hvc_cim_list *list)
{
    for (uint16_t i = 0; i < space->class_count && !hvc_cim_failed(call); i++) {
        const struct hvc_schema_class *cls = space->classes[i];

        if (cls->provider == NULL || !hvc_schema_is_a(cls, class_name))
            continue;
        if (cls->provider->enumerate == NULL && hvc_schema_compare(cls->name, class_name) != 0)
            continue; /* asked for a wider class: what is known of it */
        hvc_cim_collect(call, space, cls, NULL, NULL, list);
    }
}

/* ---- one instance ---- */

static bool key_fits(const struct hvc_schema_element *element, const struct hvc_cim_key *key)
{
    if (element->type == HVC_CIM_REFERENCE)
        return key->path != NULL;
    if (key->path != NULL)
        return false;
    if (element->type == HVC_CIM_BOOLEAN)
        return key->type == HVC_CIM_BOOLEAN;
    if (element->type == HVC_CIM_STRING || element->type == HVC_CIM_DATETIME)
        return key->type != HVC_CIM_BOOLEAN && key->type != HVC_CIM_UINT64 && key->type != HVC_CIM_SINT64;
    return key->type != HVC_CIM_BOOLEAN && key->type != HVC_CIM_STRING;
}

bool hvc_cim_check_path(struct hvc_cim_call *call, const struct hvc_schema_namespace *space,
                        const struct hvc_cim_path *path)
{
    const struct hvc_schema_class *cls =
        path == NULL ? NULL : hvc_cim_class(call, space, path->class_name, HVC_CIM_INVALID_CLASS);
    uint32_t keys = 0;

    if (cls == NULL)
        return false;
    for (uint16_t i = 0; i < cls->property_count; i++) {
        const struct hvc_schema_element *element = &cls->properties[i];
        const struct hvc_cim_key *key = hvc_cim_key(path, element->name);

        if ((element->flags & HVC_SCHEMA_KEY) == 0)
            continue;
        keys++;
        if (key == NULL) {
            hvc_cim_fail(call, HVC_CIM_INVALID_PARAMETER, "the path of %s lacks key %s", cls->name, element->name);
            return false;
        }
        if (!key_fits(element, key)) {
            hvc_cim_fail(call, HVC_CIM_INVALID_PARAMETER, "key %s of %s is a %s", element->name, cls->name,
                         hvc_cim_type_name(element->type));
            return false;
        }
    }
    if (keys == path->key_count)
        return true;
    hvc_cim_fail(call, HVC_CIM_INVALID_PARAMETER, "the path of %s has %u keys, the class has %u", cls->name,
                 path->key_count, keys);
    return false;
}

const struct hvc_cim_instance *hvc_cim_find(struct hvc_cim_call *call, const struct hvc_schema_namespace *space,
                                            const struct hvc_cim_path *path)
{
    struct hvc_cim_list list = {0};

    if (!hvc_cim_check_path(call, space, path))
        return NULL;
    hvc_cim_collect(call, space, hvc_schema_class_find(space, path->class_name), path, NULL, &list);
    return list.count == 0 || hvc_cim_failed(call) ? NULL : list.instances[0];
}

void hvc_cim_answer(struct hvc_cim_call *call, enum hvc_cim_result_kind kind, const struct hvc_cim_list *list)
{
    if (hvc_cim_failed(call))
        return;
    call->result.kind = kind;
    call->result.instances = list->instances;
    call->result.count = list->count;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paths and instances. */
#include <stdlib.h>
#include <string.h>

#include "hvc/cim.h"

const struct hvc_cim_key *hvc_cim_key(const struct hvc_cim_path *path, const char *name)
{
    for (uint32_t i = 0; i < path->key_count; i++)
        if (hvc_schema_compare(path->keys[i].name, name) == 0)
            return &path->keys[i];
    return NULL;
}

static bool same_key(const struct hvc_cim_key *a, const struct hvc_cim_key *b)
{
    if ((a->path != NULL) != (b->path != NULL))
        return false;
    return a->path != NULL ? hvc_cim_path_is(a->path, b->path) : strcmp(a->text, b->text) == 0;
}

bool hvc_cim_path_is(const struct hvc_cim_path *a, const struct hvc_cim_path *b)
{
    if (hvc_schema_compare(a->class_name, b->class_name) != 0 || a->key_count != b->key_count)
        return false;
    for (uint32_t i = 0; i < a->key_count; i++) {
        const struct hvc_cim_key *other = hvc_cim_key(b, a->keys[i].name);

        if (other == NULL || !same_key(&a->keys[i], other))
            return false;
    }
    return true;
}

/* ---- a path as text ---- */

static int by_key_name(const void *a, const void *b)
{
    const struct hvc_cim_key *left = a;
    const struct hvc_cim_key *right = b;

    return hvc_schema_compare(left->name, right->name);
}

/* In double quotes, with a backslash before quotes and backslashes. */
static char *quoted(struct hvc_cim_arena *arena, const char *text)
{
    char *copy = text == NULL ? NULL : hvc_cim_alloc(arena, 2 * strlen(text) + 3, 1);
    size_t used = 0;

    if (copy == NULL)
        return NULL;
    copy[used++] = '"';
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            copy[used++] = '\\';
        copy[used++] = *text;
    }
    copy[used] = '"';
    return copy;
}

static const char *key_text(struct hvc_cim_arena *arena, const struct hvc_cim_key *key)
{
    if (key->path != NULL)
        return quoted(arena, hvc_cim_path_text(arena, key->path));
    return key->type == HVC_CIM_STRING || key->type == HVC_CIM_DATETIME ? quoted(arena, key->text) : key->text;
}

char *hvc_cim_path_text(struct hvc_cim_arena *arena, const struct hvc_cim_path *path)
{
    struct hvc_cim_key *keys = hvc_cim_alloc(arena, path->key_count, sizeof(*keys));
    char *text = hvc_cim_format(arena, "%s%s%s", path->space == NULL ? "" : path->space, path->space == NULL ? "" : ":",
                                path->class_name);

    if (keys == NULL)
        return NULL;
    if (path->key_count > 0)
        memcpy(keys, path->keys, path->key_count * sizeof(*keys));
    qsort(keys, path->key_count, sizeof(*keys), by_key_name);
    for (uint32_t i = 0; text != NULL && i < path->key_count; i++) {
        const char *value = key_text(arena, &keys[i]);

        text = value == NULL ? NULL : hvc_cim_format(arena, "%s%c%s=%s", text, i == 0 ? '.' : ',', keys[i].name, value);
    }
    return text;
}

/* ---- instances ---- */

struct hvc_cim_instance *hvc_cim_instance_new(struct hvc_cim_arena *arena, const struct hvc_schema_class *cls)
{
    struct hvc_cim_instance *instance = hvc_cim_alloc(arena, 1, sizeof(*instance));

    if (instance == NULL)
        return NULL;
    instance->class_name = cls->name;
    instance->cls = cls;
    instance->values = hvc_cim_alloc(arena, cls->property_count, sizeof(*instance->values));
    return instance->values == NULL ? NULL : instance;
}

bool hvc_cim_set(struct hvc_cim_instance *instance, const char *name, const struct hvc_cim_value *value)
{
    const struct hvc_schema_element *element;

    if (instance == NULL || value == NULL)
        return false;
    element = hvc_schema_property_find(instance->cls, name);
    if (element == NULL || element->type != value->type || ((element->flags & HVC_SCHEMA_ARRAY) != 0) != value->array)
        return false;
    instance->values[element - instance->cls->properties] = value;
    return true;
}

const struct hvc_cim_value *hvc_cim_get(const struct hvc_cim_instance *instance, const char *name)
{
    if (instance->cls != NULL) {
        const struct hvc_schema_element *element = hvc_schema_property_find(instance->cls, name);

        return element == NULL ? NULL : instance->values[element - instance->cls->properties];
    }
    for (uint32_t i = 0; i < instance->property_count; i++)
        if (hvc_schema_compare(instance->properties[i].name, name) == 0)
            return instance->properties[i].value;
    return NULL;
}

static bool key_of(const struct hvc_cim_instance *instance, uint16_t at, struct hvc_cim_key *ret_key)
{
    const struct hvc_schema_element *element = &instance->cls->properties[at];
    const struct hvc_cim_value *value = instance->values[at];

    if (value == NULL || value->null)
        return false;
    *ret_key = (struct hvc_cim_key){.name = element->name, .type = element->type};
    if (element->type == HVC_CIM_REFERENCE)
        ret_key->path = value->path[0];
    else
        ret_key->text = value->text[0];
    return true;
}

const struct hvc_cim_path *hvc_cim_instance_path(struct hvc_cim_arena *arena, const struct hvc_cim_instance *instance,
                                                 const char *space)
{
    const struct hvc_schema_class *cls = instance->cls;
    struct hvc_cim_path *path = hvc_cim_alloc(arena, 1, sizeof(*path));
    struct hvc_cim_key *keys;
    uint32_t count = 0;

    for (uint16_t i = 0; i < cls->property_count; i++)
        count += (cls->properties[i].flags & HVC_SCHEMA_KEY) != 0 ? 1 : 0;
    keys = hvc_cim_alloc(arena, count, sizeof(*keys));
    if (path == NULL || keys == NULL)
        return NULL;
    *path = (struct hvc_cim_path){.space = space, .class_name = instance->class_name, .keys = keys};
    for (uint16_t i = 0; i < cls->property_count; i++)
        if ((cls->properties[i].flags & HVC_SCHEMA_KEY) != 0 && !key_of(instance, i, &keys[path->key_count++]))
            return NULL;
    return count == 0 ? NULL : path;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cimxml_object.h"

#include <errno.h>
#include <string.h>

int hvc_cimxml_no_memory(struct hvc_error *error)
{
    return hvc_error_set(error, -ENOMEM, "the request needs more memory than one may have");
}

int hvc_cimxml_wrong(struct hvc_error *error, const struct hvc_xml_node *node, const char *what)
{
    return hvc_error_set(error, -EINVAL, "line %d: <%.60s>: %s", node->line, node->name, what);
}

int hvc_cimxml_want(const struct hvc_xml_node *node, const char *name, const char **ret_value, struct hvc_error *error)
{
    const char *value = hvc_xml_attribute(node, name);

    if (value == NULL || *value == '\0')
        return hvc_error_set(error, -EINVAL, "line %d: <%.60s> has no attribute %s", node->line, node->name, name);
    *ret_value = value;
    return 0;
}

uint8_t hvc_cimxml_type(const char *name)
{
    for (unsigned type = 0; type < HVC_CIM_TYPE_COUNT; type++)
        if (hvc_schema_compare(hvc_cim_type_name(type), name) == 0)
            return (uint8_t)type;
    return HVC_CIM_TYPE_COUNT;
}

static uint32_t count_elements(struct hvc_xml_node *node)
{
    uint32_t count = 0;

    for (struct hvc_xml_node *child = hvc_xml_element(node->first); child != NULL; child = hvc_xml_element(child->next))
        count++;
    return count;
}

/* ---- values ---- */

bool hvc_cimxml_is_value(const struct hvc_xml_node *node)
{
    return hvc_xml_is(node, "VALUE") || hvc_xml_is(node, "VALUE.ARRAY") || hvc_xml_is(node, "VALUE.REFERENCE") ||
           hvc_xml_is(node, "VALUE.REFARRAY");
}

/* A text that is not of the type the client names is taken as a text: the operation knows what the schema wants there,
 * and refuses it with CIM's status. */
static int one_text(struct hvc_cim_arena *arena, struct hvc_xml_node *node, uint8_t *type, const char **ret_text,
                    struct hvc_error *error)
{
    /* a client that does not escape an embedded instance has put elements here */
    const char *text = hvc_xml_element(node->first) != NULL ? hvc_xml_inner(arena, node) : hvc_xml_text(arena, node);
    int rc = text == NULL ? -ENOMEM : hvc_cim_check_text(arena, *type, text, ret_text);

    if (rc == -EINVAL && *type != HVC_CIM_STRING) {
        *type = HVC_CIM_STRING;
        rc = hvc_cim_check_text(arena, *type, text, ret_text);
    }
    if (rc == -ENOMEM)
        return hvc_cimxml_no_memory(error);
    if (rc < 0)
        return hvc_error_set(error, rc, "line %d: '%.60s' is no %s", node->line, text, hvc_cim_type_name(*type));
    return 0;
}

static int one_reference(struct hvc_cim_arena *arena, struct hvc_xml_node *node, const struct hvc_cim_path **ret_path,
                         struct hvc_error *error)
{
    struct hvc_xml_node *child = hvc_xml_element(node->first);

    if (child == NULL || !hvc_cimxml_is_path(child))
        return hvc_cimxml_wrong(error, node, "a path is missing in it");
    return hvc_cimxml_path(arena, child, ret_path, error);
}

static int one_value(struct hvc_cim_arena *arena, struct hvc_xml_node *node, struct hvc_cim_value *value, uint32_t at,
                     struct hvc_error *error)
{
    if (hvc_xml_is(node, "VALUE") && value->type != HVC_CIM_REFERENCE)
        return one_text(arena, node, &value->type, &value->text[at], error);
    if (hvc_xml_is(node, "VALUE.REFERENCE") && value->type == HVC_CIM_REFERENCE)
        return one_reference(arena, node, &value->path[at], error);
    if (hvc_xml_is(node, "VALUE.NULL"))
        return hvc_cimxml_wrong(error, node, "an array of ours has no NULL in it");
    return hvc_cimxml_wrong(error, node, "does not go with the type of the value");
}

int hvc_cimxml_value(struct hvc_cim_arena *arena, struct hvc_xml_node *node, uint8_t type, struct hvc_cim_value *ret,
                     struct hvc_error *error)
{
    bool array = hvc_xml_is(node, "VALUE.ARRAY") || hvc_xml_is(node, "VALUE.REFARRAY");
    struct hvc_cim_value value = {.type = type, .array = array, .count = array ? count_elements(node) : 1};
    int rc = 0;

    value.text = hvc_cim_alloc(arena, value.count, sizeof(*value.text));
    value.path = hvc_cim_alloc(arena, value.count, sizeof(*value.path));
    if (value.text == NULL || value.path == NULL)
        return hvc_cimxml_no_memory(error);
    if (array) {
        struct hvc_xml_node *child = hvc_xml_element(node->first);

        for (uint32_t i = 0; rc == 0 && i < value.count; i++, child = hvc_xml_element(child->next))
            rc = one_value(arena, child, &value, i, error);
    } else {
        rc = one_value(arena, node, &value, 0, error);
    }
    if (rc == 0)
        *ret = value;
    return rc;
}

/* ---- paths ---- */

bool hvc_cimxml_is_path(const struct hvc_xml_node *node)
{
    static const char *const names[] = {"INSTANCENAME", "CLASSNAME",         "INSTANCEPATH",
                                        "CLASSPATH",    "LOCALINSTANCEPATH", "LOCALCLASSPATH"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (hvc_xml_is(node, names[i]))
            return true;
    return false;
}

int hvc_cimxml_space(struct hvc_cim_arena *arena, struct hvc_xml_node *node, const char **ret_space,
                     struct hvc_error *error)
{
    const char *space = NULL;

    for (struct hvc_xml_node *child = hvc_xml_element(node->first); child != NULL;
         child = hvc_xml_element(child->next)) {
        const char *name = NULL;
        int rc = hvc_xml_is(child, "NAMESPACE") ? hvc_cimxml_want(child, "NAME", &name, error)
                                                : hvc_cimxml_wrong(error, child, "only NAMESPACE may stand here");

        if (rc < 0)
            return rc;
        space = space == NULL ? name : hvc_cim_format(arena, "%s/%s", space, name);
        if (space == NULL)
            return hvc_cimxml_no_memory(error);
    }
    if (space == NULL)
        return hvc_cimxml_wrong(error, node, "it names no namespace");
    *ret_space = space;
    return 0;
}

static uint8_t key_type(const struct hvc_xml_node *node)
{
    const char *type = hvc_xml_attribute(node, "TYPE");
    const char *kind = hvc_xml_attribute(node, "VALUETYPE");
    uint8_t exact = type == NULL ? (uint8_t)HVC_CIM_TYPE_COUNT : hvc_cimxml_type(type);

    if (exact < HVC_CIM_REFERENCE)
        return exact;
    if (kind != NULL && hvc_schema_compare(kind, "boolean") == 0)
        return HVC_CIM_BOOLEAN;
    if (kind != NULL && hvc_schema_compare(kind, "numeric") == 0)
        return HVC_CIM_SINT64; /* with a sign or without: which one the class says */
    return HVC_CIM_STRING;
}

/* KEYVALUE or VALUE.REFERENCE. */
static int key_value(struct hvc_cim_arena *arena, struct hvc_xml_node *node, struct hvc_cim_key *key,
                     struct hvc_error *error)
{
    if (hvc_xml_is(node, "VALUE.REFERENCE")) {
        key->type = HVC_CIM_REFERENCE;
        return one_reference(arena, node, &key->path, error);
    }
    if (!hvc_xml_is(node, "KEYVALUE"))
        return hvc_cimxml_wrong(error, node, "KEYVALUE or VALUE.REFERENCE must stand here");
    key->type = key_type(node);
    key->text = hvc_xml_text(arena, node);
    if (key->text == NULL)
        return hvc_cimxml_no_memory(error);
    if (key->type == HVC_CIM_SINT64 && hvc_cim_check_text(arena, HVC_CIM_UINT64, key->text, &key->text) == 0)
        return 0;
    if (hvc_cim_check_text(arena, key->type, key->text, &key->text) < 0)
        return hvc_error_set(error, -EINVAL, "line %d: '%.60s' is no %s", node->line, key->text,
                             hvc_cim_type_name(key->type));
    return 0;
}

static int key_binding(struct hvc_cim_arena *arena, struct hvc_xml_node *node, struct hvc_cim_key *key,
                       struct hvc_error *error)
{
    struct hvc_xml_node *child = hvc_xml_element(node->first);
    int rc;

    if (!hvc_xml_is(node, "KEYBINDING"))
        return hvc_cimxml_wrong(error, node, "KEYBINDING must stand here");
    rc = hvc_cimxml_want(node, "NAME", &key->name, error);
    if (rc < 0)
        return rc;
    if (child == NULL)
        return hvc_cimxml_wrong(error, node, "it has no value");
    return key_value(arena, child, key, error);
}

/* <INSTANCENAME CLASSNAME="x"> with keys, or <CLASSNAME NAME="x">. */
static int name_part(struct hvc_cim_arena *arena, struct hvc_xml_node *node, struct hvc_cim_path *path,
                     struct hvc_error *error)
{
    struct hvc_xml_node *child = hvc_xml_element(node->first);
    uint32_t count = count_elements(node);
    struct hvc_cim_key *keys;
    int rc = hvc_cimxml_want(node, hvc_xml_is(node, "CLASSNAME") ? "NAME" : "CLASSNAME", &path->class_name, error);

    if (rc < 0 || hvc_xml_is(node, "CLASSNAME"))
        return rc;
    keys = hvc_cim_alloc(arena, count, sizeof(*keys));
    if (keys == NULL)
        return hvc_cimxml_no_memory(error);
    path->keys = keys;
    if (child != NULL && !hvc_xml_is(child, "KEYBINDING"))
        return hvc_cimxml_wrong(error, child, "a key must be named by KEYBINDING");
    for (; rc == 0 && child != NULL; child = hvc_xml_element(child->next)) {
        struct hvc_cim_key key = {0};

        rc = key_binding(arena, child, &key, error);
        if (rc == 0 && hvc_cim_key(path, key.name) != NULL)
            return hvc_cimxml_wrong(error, child, "the name has this key twice");
        keys[path->key_count] = key;
        path->key_count += rc == 0 ? 1 : 0;
    }
    return rc;
}

/* <NAMESPACEPATH><HOST>h</HOST><LOCALNAMESPACEPATH> */
static int host_part(struct hvc_cim_arena *arena, struct hvc_xml_node *node, struct hvc_cim_path *path,
                     struct hvc_error *error)
{
    struct hvc_xml_node *host = hvc_xml_element(node->first);
    struct hvc_xml_node *local = host == NULL ? NULL : hvc_xml_element(host->next);

    if (host == NULL || local == NULL || !hvc_xml_is(host, "HOST") || !hvc_xml_is(local, "LOCALNAMESPACEPATH"))
        return hvc_cimxml_wrong(error, node, "HOST and LOCALNAMESPACEPATH must stand in it");
    path->host = hvc_xml_text(arena, host);
    if (path->host == NULL)
        return hvc_cimxml_no_memory(error);
    return hvc_cimxml_space(arena, local, &path->space, error);
}

int hvc_cimxml_path(struct hvc_cim_arena *arena, struct hvc_xml_node *node, const struct hvc_cim_path **ret_path,
                    struct hvc_error *error)
{
    struct hvc_cim_path *path = hvc_cim_alloc(arena, 1, sizeof(*path));
    struct hvc_xml_node *name = node;
    int rc = 0;

    if (path == NULL)
        return hvc_cimxml_no_memory(error);
    if (!hvc_xml_is(node, "INSTANCENAME") && !hvc_xml_is(node, "CLASSNAME")) {
        struct hvc_xml_node *space = hvc_xml_element(node->first);

        name = space == NULL ? NULL : hvc_xml_element(space->next);
        if (name == NULL || (!hvc_xml_is(name, "INSTANCENAME") && !hvc_xml_is(name, "CLASSNAME")))
            return hvc_cimxml_wrong(error, node, "a namespace and a name must stand in it");
        rc = hvc_xml_is(space, "NAMESPACEPATH") ? host_part(arena, space, path, error)
                                                : hvc_cimxml_space(arena, space, &path->space, error);
    }
    if (rc == 0)
        rc = name_part(arena, name, path, error);
    if (rc == 0)
        *ret_path = path;
    return rc;
}

/* ---- instances ---- */

bool hvc_cimxml_is_instance(const struct hvc_xml_node *node)
{
    return hvc_xml_is(node, "INSTANCE") || hvc_xml_is(node, "VALUE.NAMEDINSTANCE");
}

/* PROPERTY, PROPERTY.ARRAY, PROPERTY.REFERENCE. */
static int property_of(struct hvc_cim_arena *arena, struct hvc_xml_node *node, struct hvc_cim_property *property,
                       struct hvc_error *error)
{
    bool reference = hvc_xml_is(node, "PROPERTY.REFERENCE");
    bool array = hvc_xml_is(node, "PROPERTY.ARRAY");
    struct hvc_cim_value *value = hvc_cim_alloc(arena, 1, sizeof(*value));
    struct hvc_xml_node *child = hvc_xml_element(node->first);
    const char *type = "reference";
    int rc = hvc_cimxml_want(node, "NAME", &property->name, error);

    if (value == NULL)
        return hvc_cimxml_no_memory(error);
    if (rc == 0 && !reference)
        rc = hvc_cimxml_want(node, "TYPE", &type, error);
    if (rc < 0)
        return rc;
    if (hvc_cimxml_type(type) == HVC_CIM_TYPE_COUNT)
        return hvc_cimxml_wrong(error, node, "its TYPE is none of CIM");
    property->value = value;
    while (child != NULL && hvc_xml_is(child, "QUALIFIER"))
        child = hvc_xml_element(child->next);
    *value = (struct hvc_cim_value){.type = hvc_cimxml_type(type), .array = array, .null = true};
    if (child == NULL)
        return 0;
    if (!hvc_cimxml_is_value(child) || hvc_xml_is(child, "VALUE.ARRAY") != array)
        return hvc_cimxml_wrong(error, child, "does not go with its property");
    return hvc_cimxml_value(arena, child, value->type, value, error);
}

static bool is_property(const struct hvc_xml_node *node)
{
    return hvc_xml_is(node, "PROPERTY") || hvc_xml_is(node, "PROPERTY.ARRAY") || hvc_xml_is(node, "PROPERTY.REFERENCE");
}

static int properties_of(struct hvc_cim_arena *arena, struct hvc_xml_node *node, struct hvc_cim_instance *instance,
                         struct hvc_error *error)
{
    int rc = 0;

    instance->properties = hvc_cim_alloc(arena, count_elements(node), sizeof(*instance->properties));
    if (instance->properties == NULL)
        return hvc_cimxml_no_memory(error);
    for (struct hvc_xml_node *child = hvc_xml_element(node->first); rc == 0 && child != NULL;
         child = hvc_xml_element(child->next)) {
        struct hvc_cim_property property = {0};

        if (hvc_xml_is(child, "QUALIFIER"))
            continue;
        if (!is_property(child))
            return hvc_cimxml_wrong(error, child, "only properties and qualifiers may stand in an instance");
        rc = property_of(arena, child, &property, error);
        if (rc == 0 && hvc_cim_get(instance, property.name) != NULL)
            return hvc_cimxml_wrong(error, child, "the instance has this property twice");
        if (rc == 0)
            instance->properties[instance->property_count++] = property;
    }
    return rc;
}

int hvc_cimxml_instance(struct hvc_cim_arena *arena, struct hvc_xml_node *node,
                        const struct hvc_cim_instance **ret_instance, struct hvc_error *error)
{
    struct hvc_cim_instance *instance = hvc_cim_alloc(arena, 1, sizeof(*instance));
    struct hvc_xml_node *body = node;
    int rc = 0;

    if (instance == NULL)
        return hvc_cimxml_no_memory(error);
    if (hvc_xml_is(node, "VALUE.NAMEDINSTANCE")) {
        struct hvc_xml_node *name = hvc_xml_element(node->first);

        body = name == NULL ? NULL : hvc_xml_element(name->next);
        if (body == NULL || !hvc_xml_is(name, "INSTANCENAME") || !hvc_xml_is(body, "INSTANCE"))
            return hvc_cimxml_wrong(error, node, "INSTANCENAME and INSTANCE must stand in it");
        rc = hvc_cimxml_path(arena, name, &instance->path, error);
    }
    if (rc == 0)
        rc = hvc_cimxml_want(body, "CLASSNAME", &instance->class_name, error);
    if (rc == 0)
        rc = properties_of(arena, body, instance, error);
    if (rc == 0)
        *ret_instance = instance;
    return rc;
}

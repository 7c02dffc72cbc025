/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What parameters name and hold. */
#include <stdlib.h>
#include <string.h>

#include "hvc/cimxml.h"
#include "hvc/text.h"
#include "methods.h"
#include "operation.h"
#include "text_buffer.h"

struct hvc_cim_ask ask_of(const struct hvc_cim_method_call *call)
{
    return (struct hvc_cim_ask){.arena = call->arena, .space = call->space, .cls = call->cls, .facts = call->facts};
}

const struct hvc_cim_value *given(const struct hvc_cim_method_call *call, const char *name)
{
    const struct hvc_cim_argument *argument = hvc_cim_method_in(call, name);

    return argument == NULL ? NULL : argument->value;
}

const char *given_text(const struct hvc_cim_method_call *call, const char *name)
{
    const struct hvc_cim_value *value = given(call, name);

    return value == NULL || value->text == NULL ? NULL : value->text[0];
}

bool has_timeout(const struct hvc_cim_method_call *call)
{
    const char *timeout = given_text(call, "TimeoutPeriod");

    return timeout != NULL && timeout[strspn(timeout, "0.:*")] != '\0';
}

const struct hvc_facts_node *node_of(const struct hvc_cim_facts *facts, const char *name)
{
    for (uint32_t i = 0; i < facts->node_count; i++)
        if (hvc_schema_compare(facts->nodes[i].name, name) == 0)
            return &facts->nodes[i];
    return NULL;
}

static const char *upper(struct hvc_cim_arena *arena, const char *text)
{
    char *copy = hvc_cim_copy(arena, text, strlen(text));

    for (char *p = copy; p != NULL && *p != '\0'; p++)
        *p = *p >= 'a' && *p <= 'z' ? (char)(*p - 'a' + 'A') : *p;
    return copy == NULL ? "" : copy;
}

bool take_system(struct hvc_cim_method_call *call, const char *name, const struct hvc_facts_guest **ret_guest,
                 const struct hvc_facts_node **ret_node)
{
    const struct hvc_cim_value *value = given(call, name);
    const struct hvc_cim_path *path = value == NULL ? NULL : value->path[0];
    const struct hvc_schema_class *cls = path == NULL ? NULL : hvc_schema_class_find(call->space, path->class_name);
    const struct hvc_cim_key *key = path == NULL ? NULL : hvc_cim_key(path, "Name");
    struct hvc_cim_ask ask = ask_of(call);

    *ret_guest = NULL;
    *ret_node = NULL;
    if (value == NULL)
        refuse(call, SITUATION_INVALID, "%s is NULL: it has to be the path of an %s", name, SYSTEM_CLASS);
    else if (path == NULL || key == NULL || key->text == NULL)
        refuse(call, SITUATION_INVALID, "%s is no path of an %s with its keys CreationClassName and Name", name,
               SYSTEM_CLASS);
    else if (cls == NULL || (hvc_schema_compare(cls->name, SYSTEM_CLASS) != 0 &&
                             !hvc_schema_is_a(hvc_schema_class_find(call->space, SYSTEM_CLASS), cls->name)))
        refuse(call, SITUATION_INVALID, "%s is the path of an %.64s: it has to be that of an %s", name,
               path->class_name, SYSTEM_CLASS);
    if (refused(call))
        return false;
    *ret_guest = guest_of(call->facts, upper(call->arena, key->text));
    if (*ret_guest != NULL && !is_here(&ask, *ret_guest)) {
        refuse(call, SITUATION_INVALID, "virtual system %s is not on this node but on %s: ask there, or in %s",
               (*ret_guest)->name, (*ret_guest)->node[0] == '\0' ? "none" : (*ret_guest)->node, CLUSTER_NAMESPACE);
        return false;
    }
    *ret_node = *ret_guest == NULL ? node_of(call->facts, key->text) : NULL;
    if (*ret_guest == NULL && *ret_node == NULL)
        refuse(call, SITUATION_INVALID, "%s: there is no virtual system and no node \"%.64s\"", name, key->text);
    return !refused(call);
}

bool number_of_id(const char *id, const char *prefix, uint64_t *ret_number)
{
    size_t length = strlen(prefix);

    return strncmp(id, prefix, length) == 0 && hvc_parse_u64(id + length, 1, UINT64_MAX, ret_number) == 0;
}

/* ---- embedded instances ---- */

uint32_t embedded_count(const struct hvc_cim_method_call *call, const char *name)
{
    const struct hvc_cim_argument *argument = hvc_cim_method_in(call, name);

    if (argument == NULL)
        return 0;
    return argument->instance != NULL ? 1 : (argument->value == NULL ? 0 : argument->value->count);
}

/* Its values in the types of its class. */
static const struct hvc_cim_instance *typed(struct hvc_cim_method_call *call, const char *name,
                                            const struct hvc_cim_instance *from, const char *class_name)
{
    const struct hvc_schema_class *cls = hvc_schema_class_find(call->space, from->class_name);
    struct hvc_cim_instance *instance;

    if (cls == NULL || !hvc_schema_is_a(cls, class_name)) {
        refuse(call, SITUATION_TYPE, "%s holds an instance of %.64s: %s or a class below it belongs there", name,
               from->class_name, class_name);
        return NULL;
    }
    instance = hvc_cim_instance_new(call->arena, cls);
    for (uint32_t i = 0; instance != NULL && i < from->property_count; i++) {
        const struct hvc_schema_element *element = hvc_schema_property_find(cls, from->properties[i].name);
        const struct hvc_cim_value *value = NULL;

        if (element == NULL)
            continue; /* of a later version of the class: left out */
        if (!hvc_cim_value_as(call->arena, element, from->properties[i].value, &value)) {
            refuse(call, SITUATION_TYPE, "%s: property %s is a %s%s", name, element->name,
                   hvc_cim_type_name(element->type), (element->flags & HVC_SCHEMA_ARRAY) != 0 ? "[]" : "");
            return NULL;
        }
        if (!value->null)
            (void)hvc_cim_set(instance, element->name, value);
    }
    return instance;
}

const struct hvc_cim_instance *embedded(struct hvc_cim_method_call *call, const char *name, uint32_t at,
                                        const char *class_name)
{
    const struct hvc_cim_argument *argument = hvc_cim_method_in(call, name);
    const struct hvc_cim_instance *instance = argument->instance;
    struct hvc_error error = {0};

    if (instance == NULL && argument->value->text[at][strspn(argument->value->text[at], " \t\r\n")] == '\0')
        return NULL;
    if (instance == NULL && hvc_cimxml_read_instance(call->arena, argument->value->text[at], &instance, &error) < 0) {
        refuse(call, SITUATION_INVALID, "%s is no instance in CIM-XML: %s", name, error.text);
        return NULL;
    }
    return typed(call, name, instance, class_name);
}

static const struct hvc_cim_value *value_of(const struct hvc_cim_instance *instance, const char *name)
{
    const struct hvc_cim_value *value = instance == NULL ? NULL : hvc_cim_get(instance, name);

    return value == NULL || value->null || value->count == 0 || value->text == NULL ? NULL : value;
}

const char *text_of(const struct hvc_cim_instance *instance, const char *name)
{
    const struct hvc_cim_value *value = value_of(instance, name);

    return value == NULL ? NULL : value->text[0];
}

uint64_t number_of(const struct hvc_cim_instance *instance, const char *name, uint64_t otherwise)
{
    const char *text = text_of(instance, name);

    return text == NULL ? otherwise : strtoull(text, NULL, 10); /* its type was checked when it came in */
}

int flag_of(const struct hvc_cim_instance *instance, const char *name)
{
    const char *text = text_of(instance, name);

    return text == NULL ? -1 : hvc_schema_compare(text, "TRUE") == 0;
}

struct hvc_cim_instance *new_instance(const struct hvc_cim_method_call *call, const char *class_name,
                                      struct hvc_cim_ask *ret_ask)
{
    *ret_ask = ask_of(call);
    ret_ask->cls = hvc_schema_class_find(call->space, class_name);
    return ret_ask->cls == NULL ? NULL : hvc_cim_instance_new(call->arena, ret_ask->cls);
}

const char *instance_text(struct hvc_cim_arena *arena, const struct hvc_cim_instance *instance)
{
    struct hvc_text_buffer out = {.limit = (size_t)1 << 20};
    const struct hvc_cimxml_shape shape = {0};
    const char *text;

    hvc_cimxml_put_instance(&out, instance, &shape);
    text = out.failed ? NULL : hvc_cim_copy(arena, out.bytes, out.length);
    hvc_text_free(&out);
    return text;
}

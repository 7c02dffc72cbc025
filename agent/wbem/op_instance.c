/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Instances: read one, read all, change one. */
#include <string.h>

#include "operation.h"

static void not_found(struct hvc_cim_call *call, const struct hvc_cim_path *path)
{
    const char *text;

    if (hvc_cim_failed(call))
        return;
    text = hvc_cim_path_text(call->arena, path);
    hvc_cim_fail(call, HVC_CIM_NOT_FOUND, "there is no instance %.512s", text == NULL ? path->class_name : text);
}

/* ---- GetInstance ---- */

static uint32_t prepare_get(struct hvc_cim_call *call)
{
    const struct hvc_schema_namespace *space = hvc_cim_space(call);
    const struct hvc_cim_path *path = hvc_cim_failed(call) ? NULL : hvc_cim_object(call, "InstanceName");
    const struct hvc_schema_class *cls;

    if (path == NULL || !hvc_cim_check_path(call, space, path))
        return 0;
    cls = hvc_schema_class_find(space, path->class_name);
    if (cls->provider != NULL && cls->provider->narrow != NULL && call->wanted_facts != NULL)
        cls->provider->narrow(path, call->wanted_facts);
    return cls->provider == NULL ? 0 : cls->provider->needs;
}

static void get_instance(struct hvc_cim_call *call)
{
    const struct hvc_cim_path *path = hvc_cim_object(call, "InstanceName");
    const struct hvc_cim_instance *instance = hvc_cim_find(call, hvc_cim_space(call), path);
    struct hvc_cim_list list = {0};

    if (instance == NULL) {
        not_found(call, path);
        return;
    }
    hvc_cim_shape_flags(call, false);
    hvc_cim_property_list(call);
    hvc_cim_list_add(call, &list, instance);
    hvc_cim_answer(call, HVC_CIM_RESULT_INSTANCE, &list);
}

/* ---- EnumerateInstances, EnumerateInstanceNames ---- */

uint32_t hvc_cim_prepare_enumerate(struct hvc_cim_call *call)
{
    const struct hvc_schema_namespace *space = hvc_cim_space(call);
    const struct hvc_schema_class *cls =
        hvc_cim_class(call, space, hvc_cim_class_name(call, "ClassName"), HVC_CIM_INVALID_CLASS);

    return cls == NULL ? 0 : hvc_cim_needs(space, cls->name);
}

static bool is_listed(const struct hvc_cimxml_shape *shape, const char *name)
{
    for (uint32_t i = 0; i < shape->property_count; i++)
        if (hvc_schema_compare(shape->properties[i], name) == 0)
            return true;
    return shape->properties == NULL;
}

/* Without DeepInheritance an instance shows what the named class knows of it. */
static void keep_to_class(struct hvc_cim_call *call, const struct hvc_schema_class *cls)
{
    const char **names = hvc_cim_alloc(call->arena, cls->property_count + 1u, sizeof(*names));
    uint32_t count = 0;

    if (names == NULL)
        return;
    for (uint16_t i = 0; i < cls->property_count; i++)
        if (is_listed(&call->result.shape, cls->properties[i].name))
            names[count++] = cls->properties[i].name;
    call->result.shape.properties = names;
    call->result.shape.property_count = count;
}

void hvc_cim_perform_enumerate(struct hvc_cim_call *call, enum hvc_cim_result_kind kind)
{
    const struct hvc_schema_namespace *space = hvc_cim_space(call);
    const struct hvc_schema_class *cls =
        hvc_cim_class(call, space, hvc_cim_class_name(call, "ClassName"), HVC_CIM_INVALID_CLASS);
    bool names = kind == HVC_CIM_RESULT_INSTANCE_NAMES || kind == HVC_CIM_RESULT_PULLED_PATHS;
    struct hvc_cim_list list = {0};

    if (!names) {
        hvc_cim_shape_flags(call, false);
        hvc_cim_property_list(call);
        if (cls != NULL && !hvc_cim_flag(call, "DeepInheritance", true))
            keep_to_class(call, cls);
    }
    if (cls != NULL)
        hvc_cim_collect_deep(call, space, cls->name, &list);
    hvc_cim_answer(call, kind, &list);
}

static void enumerate_instances(struct hvc_cim_call *call)
{
    hvc_cim_perform_enumerate(call, HVC_CIM_RESULT_NAMED_INSTANCES);
}

static void enumerate_instance_names(struct hvc_cim_call *call)
{
    hvc_cim_perform_enumerate(call, HVC_CIM_RESULT_INSTANCE_NAMES);
}

/* ---- ModifyInstance ---- */

static const struct hvc_cim_instance *modified(struct hvc_cim_call *call)
{
    const struct hvc_cimxml_parameter *parameter = hvc_cimxml_parameter(call->request, "ModifiedInstance");

    if (parameter == NULL || parameter->kind != HVC_CIMXML_INSTANCE || parameter->instance->path == NULL) {
        hvc_cim_fail(call, HVC_CIM_INVALID_PARAMETER,
                     "ModifyInstance needs parameter ModifiedInstance, an instance with its path");
        return NULL;
    }
    return parameter->instance;
}

static uint32_t prepare_modify(struct hvc_cim_call *call)
{
    const struct hvc_schema_namespace *space = hvc_cim_space(call);
    const struct hvc_cim_instance *wanted = space == NULL ? NULL : modified(call);
    const struct hvc_schema_class *cls;

    if (wanted == NULL || !hvc_cim_check_path(call, space, wanted->path))
        return 0;
    cls = hvc_schema_class_find(space, wanted->path->class_name);
    if (hvc_schema_compare(wanted->class_name, cls->name) != 0) {
        hvc_cim_fail(call, HVC_CIM_INVALID_PARAMETER, "ModifiedInstance is a %.128s, and its path names a %s",
                     wanted->class_name, cls->name);
        return 0;
    }
    if (cls->provider != NULL && cls->provider->modify != NULL)
        return cls->provider->needs;
    hvc_cim_fail(call, HVC_CIM_NOT_SUPPORTED, "nothing of %s can be changed by ModifyInstance in %s", cls->name,
                 space->name);
    return 0;
}

static bool same_text(const struct hvc_cim_value *a, const struct hvc_cim_value *b)
{
    bool a_null = a == NULL || a->null;
    bool b_null = b == NULL || b->null;

    if (a_null || b_null)
        return a_null == b_null;
    if (a->count != b->count || a->text == NULL || b->text == NULL)
        return false;
    for (uint32_t i = 0; i < a->count; i++)
        if (strcmp(a->text[i], b->text[i]) != 0)
            return false;
    return true;
}

/* One property: nothing when it stays, an order when it may change. */
static void change_property(struct hvc_cim_call *call, const struct hvc_schema_namespace *space,
                            const struct hvc_cim_instance *now, const struct hvc_cim_property *wanted)
{
    const struct hvc_schema_element *element = hvc_schema_property_find(now->cls, wanted->name);
    struct hvc_cim_change change = {call->arena, space, now, element, NULL};
    const char *why = NULL;
    struct hvc_cim_order order;

    if (element == NULL) {
        hvc_cim_fail(call, HVC_CIM_NO_SUCH_PROPERTY, "%s has no property \"%.128s\"", now->cls->name, wanted->name);
        return;
    }
    if (element->type == HVC_CIM_REFERENCE || !hvc_cim_value_as(call->arena, element, wanted->value, &change.value)) {
        hvc_cim_fail(call, HVC_CIM_INVALID_PARAMETER, "property %s of %s is a %s%s", element->name, now->cls->name,
                     hvc_cim_type_name(element->type), (element->flags & HVC_SCHEMA_ARRAY) != 0 ? "[]" : "");
        return;
    }
    if (same_text(change.value, hvc_cim_get(now, element->name)))
        return;
    if ((element->flags & HVC_SCHEMA_KEY) != 0) {
        hvc_cim_fail(call, HVC_CIM_INVALID_PARAMETER,
                     "property %s of %s is a key: it tells which instance this is, and cannot be changed",
                     element->name, now->cls->name);
        return;
    }
    if ((element->flags & HVC_SCHEMA_WRITE) == 0) {
        hvc_cim_fail(call, HVC_CIM_NOT_SUPPORTED, "property %s of %s cannot be changed in %s", element->name,
                     now->cls->name, space->name);
        return;
    }
    order = now->cls->provider->modify(&change, &why);
    if (order.operation == NULL)
        hvc_cim_fail(call, HVC_CIM_INVALID_PARAMETER, "property %s: %s", element->name,
                     why == NULL ? "it cannot be changed to this" : why);
    else if (call->order_count == HVC_CIM_ORDERS_MAX)
        hvc_cim_fail(call, HVC_CIM_SERVER_LIMITS_EXCEEDED, "more than %d changes in one request", HVC_CIM_ORDERS_MAX);
    else
        call->orders[call->order_count++] = order;
}

/* What is listed and not given gets its initial value, or NULL (DSP0200 on the PropertyList of ModifyInstance). */
static void change_listed(struct hvc_cim_call *call, const struct hvc_schema_namespace *space,
                          const struct hvc_cim_instance *now, const struct hvc_cim_instance *wanted, const char *name)
{
    const struct hvc_schema_element *element = hvc_schema_property_find(now->cls, name);
    bool has_initial = element != NULL && element->initial.count > 0;
    struct hvc_cim_value *value = has_initial
                                      ? hvc_cim_texts(call->arena, element->initial.text, element->initial.count)
                                      : hvc_cim_null(call->arena, HVC_CIM_STRING, false);
    struct hvc_cim_property property = {.name = name, .value = value};

    if (value == NULL)
        return; /* the arena remembers it */
    value->array = has_initial && (element->flags & HVC_SCHEMA_ARRAY) != 0;
    for (uint32_t i = 0; i < wanted->property_count; i++)
        if (hvc_schema_compare(wanted->properties[i].name, name) == 0)
            property = wanted->properties[i];
    change_property(call, space, now, &property);
}

static void modify_instance(struct hvc_cim_call *call)
{
    const struct hvc_schema_namespace *space = hvc_cim_space(call);
    const struct hvc_cim_instance *wanted = modified(call);
    const struct hvc_cim_instance *now = hvc_cim_find(call, space, wanted->path);
    struct hvc_cimxml_shape shape;

    if (now == NULL) {
        not_found(call, wanted->path);
        return;
    }
    hvc_cim_property_list(call);
    shape = call->result.shape;
    for (uint32_t i = 0; shape.properties == NULL && i < wanted->property_count && !hvc_cim_failed(call); i++)
        change_property(call, space, now, &wanted->properties[i]);
    for (uint32_t i = 0; i < shape.property_count && !hvc_cim_failed(call); i++)
        change_listed(call, space, now, wanted, shape.properties[i]);
}

static const struct hvc_cim_operation rows[] = {
    {"GetInstance", prepare_get, get_instance, false, "InstanceName LocalOnly " HVC_CIM_SHAPES},
    {"EnumerateInstances", hvc_cim_prepare_enumerate, enumerate_instances, false,
     "ClassName DeepInheritance LocalOnly " HVC_CIM_SHAPES},
    {"EnumerateInstanceNames", hvc_cim_prepare_enumerate, enumerate_instance_names, false, "ClassName"},
    {"ModifyInstance", prepare_modify, modify_instance, true, "ModifiedInstance IncludeQualifiers PropertyList"},
};

const struct hvc_cim_operations hvc_cim_instance_operations = {rows, sizeof(rows) / sizeof(rows[0])};

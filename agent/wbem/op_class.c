/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Classes and qualifiers: the schema as it is. */
#include "operation.h"

static void set_class_shape(struct hvc_cim_call *call)
{
    hvc_cim_shape_flags(call, true);
    if (hvc_cim_flag(call, "LocalOnly", true))
        call->result.shape.flags |= HVC_CIMXML_LOCAL_ONLY;
}

static const struct hvc_schema_class **room(struct hvc_cim_call *call, const struct hvc_schema_namespace *space)
{
    return hvc_cim_alloc(call->arena, space->class_count, sizeof(const struct hvc_schema_class *));
}

static void get_class(struct hvc_cim_call *call)
{
    const struct hvc_schema_namespace *space = hvc_cim_space(call);
    const struct hvc_schema_class *cls =
        hvc_cim_class(call, space, hvc_cim_class_name(call, "ClassName"), HVC_CIM_NOT_FOUND);
    const struct hvc_schema_class **classes = cls == NULL ? NULL : room(call, space);

    set_class_shape(call);
    hvc_cim_property_list(call);
    if (classes == NULL || hvc_cim_failed(call))
        return;
    classes[0] = cls;
    call->result.kind = HVC_CIM_RESULT_CLASSES;
    call->result.classes = classes;
    call->result.count = 1;
}

/* The children of a class, or the roots; with DeepInheritance everything below. */
static void list_classes(struct hvc_cim_call *call, enum hvc_cim_result_kind kind)
{
    const struct hvc_schema_namespace *space = hvc_cim_space(call);
    const char *name = hvc_cim_class_name(call, "ClassName");
    const struct hvc_schema_class *top = name == NULL ? NULL : hvc_cim_class(call, space, name, HVC_CIM_INVALID_CLASS);
    bool deep = hvc_cim_flag(call, "DeepInheritance", false);
    const struct hvc_schema_class **classes = space == NULL ? NULL : room(call, space);
    uint32_t count = 0;

    if (kind == HVC_CIM_RESULT_CLASSES)
        set_class_shape(call);
    if (classes == NULL || hvc_cim_failed(call))
        return;
    for (uint16_t i = 0; i < space->class_count; i++) {
        const struct hvc_schema_class *cls = space->classes[i];

        if (deep ? top == NULL || (cls != top && hvc_schema_is_a(cls, top->name)) : cls->super == top)
            classes[count++] = cls;
    }
    call->result.kind = kind;
    call->result.classes = classes;
    call->result.count = count;
}

static void enumerate_classes(struct hvc_cim_call *call)
{
    list_classes(call, HVC_CIM_RESULT_CLASSES);
}

static void enumerate_class_names(struct hvc_cim_call *call)
{
    list_classes(call, HVC_CIM_RESULT_CLASS_NAMES);
}

static void get_qualifier(struct hvc_cim_call *call)
{
    const struct hvc_schema_namespace *space = hvc_cim_space(call);
    const char *name = hvc_cim_string(call, "QualifierName");
    const struct hvc_schema_qualifier_type *type;

    if (hvc_cim_failed(call))
        return;
    if (name == NULL) {
        hvc_cim_fail(call, HVC_CIM_INVALID_PARAMETER, "GetQualifier needs parameter QualifierName");
        return;
    }
    type = hvc_schema_qualifier_type_find(space, name);
    if (type == NULL) {
        hvc_cim_fail(call, HVC_CIM_NOT_FOUND, "there is no qualifier \"%.128s\" in %s", name, space->name);
        return;
    }
    call->result.kind = HVC_CIM_RESULT_QUALIFIERS;
    call->result.qualifiers = type;
    call->result.count = 1;
}

static void enumerate_qualifiers(struct hvc_cim_call *call)
{
    const struct hvc_schema_namespace *space = hvc_cim_space(call);

    if (space == NULL)
        return;
    call->result.kind = HVC_CIM_RESULT_QUALIFIERS;
    call->result.qualifiers = space->qualifier_types;
    call->result.count = space->qualifier_type_count;
}

static const struct hvc_cim_operation rows[] = {
    {"GetClass", NULL, get_class, false, "ClassName LocalOnly " HVC_CIM_SHAPES},
    {"EnumerateClasses", NULL, enumerate_classes, false,
     "ClassName DeepInheritance LocalOnly IncludeQualifiers IncludeClassOrigin"},
    {"EnumerateClassNames", NULL, enumerate_class_names, false, "ClassName DeepInheritance"},
    {"GetQualifier", NULL, get_qualifier, false, "QualifierName"},
    {"EnumerateQualifiers", NULL, enumerate_qualifiers, false, ""},
};

const struct hvc_cim_operations hvc_cim_class_operations = {rows, sizeof(rows) / sizeof(rows[0])};

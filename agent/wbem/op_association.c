/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is associated with an instance, or with a class: then classes are the answer. An association of root/interop may
 * refer to instances of other namespaces, so it is looked at whatever namespace the question came to.
 */
#include <string.h>

#include "operation.h"

struct traverse {
    struct hvc_cim_call *call;
    const struct hvc_schema_namespace *space; /* of the source */
    const struct hvc_schema_class *source_class;
    struct hvc_cim_path source;
    const char *association; /* filters, NULL: none */
    const char *result_class;
    const char *role, *result_role;
    bool of_class;   /* the source is a class */
    bool references; /* the associations themselves are the answer */
    bool names;
    uint32_t needs;
    struct hvc_cim_list list;
};

static const struct hvc_schema_class *known_class(const struct traverse *t, const char *name)
{
    const struct hvc_cim_server_options *options = hvc_cim_options(t->call->server);
    const struct hvc_schema_class *cls = NULL;

    for (uint32_t i = 0; i < options->space_count && cls == NULL; i++)
        cls = hvc_schema_class_find(options->spaces[i], name);
    return cls;
}

static bool read_class(struct traverse *t, const char *parameter, const char **ret_name)
{
    const char *name = hvc_cim_class_name(t->call, parameter);
    const struct hvc_schema_class *cls = name == NULL ? NULL : known_class(t, name);

    if (hvc_cim_failed(t->call))
        return false;
    if (name != NULL && cls == NULL) {
        hvc_cim_fail(t->call, HVC_CIM_INVALID_PARAMETER, "%s names class \"%.128s\", which there is not", parameter,
                     name);
        return false;
    }
    if (cls != NULL && strcmp(parameter, "AssocClass") == 0 && (cls->flags & HVC_SCHEMA_ASSOCIATION) == 0) {
        hvc_cim_fail(t->call, HVC_CIM_INVALID_PARAMETER, "AssocClass names %s, which is no association", cls->name);
        return false;
    }
    *ret_name = name;
    return true;
}

/* The name of a reference, or NULL for any. A name that no association uses is a filter that nothing passes; what
 * cannot be a name is refused. */
static const char *read_role(struct traverse *t, const char *parameter)
{
    const char *role = hvc_cim_string(t->call, parameter);

    if (role == NULL || role[0] == '\0' || hvc_cim_is_name(role))
        return role;
    hvc_cim_fail(t->call, HVC_CIM_INVALID_PARAMETER, "%s is the name of a reference, not \"%.128s\"", parameter, role);
    return NULL;
}

static bool begin_source(struct traverse *t)
{
    struct hvc_cim_call *call = t->call;
    const struct hvc_cimxml_parameter *object = hvc_cimxml_parameter(call->request, "ObjectName");
    const struct hvc_cim_path *path;

    t->of_class = object != NULL && (object->kind == HVC_CIMXML_CLASS_NAME ||
                                     (object->kind == HVC_CIMXML_PATH && object->path->key_count == 0));
    if (t->of_class) {
        t->source_class =
            hvc_cim_class(call, t->space, hvc_cim_class_name(call, "ObjectName"), HVC_CIM_INVALID_PARAMETER);
        return t->source_class != NULL;
    }
    path = hvc_cim_object(call,
                          hvc_cimxml_parameter(call->request, "InstanceName") == NULL ? "ObjectName" : "InstanceName");
    if (path == NULL || hvc_cim_class(call, t->space, path->class_name, HVC_CIM_INVALID_PARAMETER) == NULL ||
        !hvc_cim_check_path(call, t->space, path))
        return false;
    t->source = *path;
    t->source.space = t->space->name;
    t->source_class = hvc_schema_class_find(t->space, path->class_name);
    return true;
}

static bool begin(struct traverse *t)
{
    struct hvc_cim_call *call = t->call;

    t->space = hvc_cim_space(call);
    if (t->space == NULL || !begin_source(t))
        return false;
    t->role = read_role(t, "Role");
    t->result_role = t->references || hvc_cim_failed(call) ? NULL : read_role(t, "ResultRole");
    return !hvc_cim_failed(call) && read_class(t, t->references ? "ResultClass" : "AssocClass", &t->association) &&
           (t->references || read_class(t, "ResultClass", &t->result_class));
}

static bool is_reference(const struct hvc_schema_element *element)
{
    return element->type == HVC_CIM_REFERENCE;
}

static bool role_fits(const char *role, const struct hvc_schema_element *element)
{
    return role == NULL || role[0] == '\0' || hvc_schema_compare(role, element->name) == 0;
}

/* The source may stand at this end. */
static bool may_be_source(const struct traverse *t, const struct hvc_schema_element *element)
{
    return is_reference(element) && role_fits(t->role, element) && hvc_schema_is_a(t->source_class, element->target);
}

static bool is_candidate(const struct traverse *t, const struct hvc_schema_class *cls)
{
    if ((cls->flags & HVC_SCHEMA_ASSOCIATION) == 0 || cls->provider == NULL)
        return false;
    if (t->association != NULL && !hvc_schema_is_a(cls, t->association))
        return false;
    if (cls->provider->enumerate == NULL &&
        (t->association == NULL || hvc_schema_compare(t->association, cls->name) != 0))
        return false;
    for (uint16_t i = 0; i < cls->property_count; i++)
        if (may_be_source(t, &cls->properties[i]))
            return true;
    return false;
}

typedef void (*class_fn)(struct traverse *t, const struct hvc_schema_namespace *space,
                         const struct hvc_schema_class *cls);

static void for_each_association(struct traverse *t, class_fn function)
{
    const struct hvc_cim_server_options *options = hvc_cim_options(t->call->server);

    for (uint32_t i = 0; i < options->space_count; i++) {
        const struct hvc_schema_namespace *space = options->spaces[i];

        if (space != t->space && hvc_schema_compare(space->name, "root/interop") != 0)
            continue;
        for (uint16_t j = 0; j < space->class_count && !hvc_cim_failed(t->call); j++)
            if (is_candidate(t, space->classes[j]))
                function(t, space, space->classes[j]);
    }
}

/* ---- what it needs ---- */

static void add_needs(struct traverse *t, const struct hvc_schema_namespace *space, const struct hvc_schema_class *cls)
{
    const struct hvc_cim_server_options *options = hvc_cim_options(t->call->server);

    (void)space;
    t->needs |= cls->provider->needs;
    if (t->references || t->names)
        return;
    for (uint16_t i = 0; i < cls->property_count; i++) {
        const struct hvc_schema_element *element = &cls->properties[i];

        if (!is_reference(element))
            continue;
        for (uint32_t j = 0; j < options->space_count; j++)
            t->needs |= hvc_cim_needs(options->spaces[j], t->result_class == NULL ? element->target : t->result_class);
    }
}

uint32_t hvc_cim_prepare_associated(struct hvc_cim_call *call)
{
    struct traverse t = {.call = call};

    t.references = strcasestr(call->request->method, "reference") != NULL; /* with or without Open, Names, Paths */
    if (!begin(&t) || t.of_class)
        return 0;
    t.needs = t.source_class->provider == NULL ? 0 : t.source_class->provider->needs;
    for_each_association(&t, add_needs);
    return t.needs;
}

/* ---- the answer about a class ---- */

struct classes {
    const struct hvc_schema_class **classes; /* room for all of the namespace */
    uint32_t count;
};

static void add_class(struct classes *found, const struct hvc_schema_class *cls)
{
    for (uint32_t i = 0; i < found->count; i++)
        if (found->classes[i] == cls)
            return;
    found->classes[found->count++] = cls;
}

static void add_other_classes(const struct traverse *t, const struct hvc_schema_class *association,
                              const struct hvc_schema_element *source, struct classes *found)
{
    for (uint16_t i = 0; i < association->property_count; i++) {
        const struct hvc_schema_element *element = &association->properties[i];
        const struct hvc_schema_class *cls =
            is_reference(element) && element != source ? hvc_schema_class_find(t->space, element->target) : NULL;

        if (cls != NULL && role_fits(t->result_role, element) &&
            (t->result_class == NULL || hvc_schema_is_a(cls, t->result_class)))
            add_class(found, cls);
    }
}

static void look_at_association(const struct traverse *t, const struct hvc_schema_class *cls, struct classes *found)
{
    if ((cls->flags & HVC_SCHEMA_ASSOCIATION) == 0 || (t->association != NULL && !hvc_schema_is_a(cls, t->association)))
        return;
    for (uint16_t i = 0; i < cls->property_count; i++) {
        if (!may_be_source(t, &cls->properties[i]))
            continue;
        if (t->references)
            add_class(found, cls);
        else
            add_other_classes(t, cls, &cls->properties[i], found);
    }
}

/* As the schema declares it, whether there are instances or not. */
static void perform_of_class(const struct traverse *t)
{
    struct hvc_cim_call *call = t->call;
    struct classes found = {hvc_cim_alloc(call->arena, t->space->class_count, sizeof(*found.classes)), 0};

    if (!t->names) {
        hvc_cim_shape_flags(call, false);
        hvc_cim_property_list(call);
    }
    if (found.classes == NULL || hvc_cim_failed(call))
        return;
    for (uint16_t i = 0; i < t->space->class_count; i++)
        look_at_association(t, t->space->classes[i], &found);
    call->result.kind = t->names ? HVC_CIM_RESULT_CLASS_PATHS : HVC_CIM_RESULT_CLASS_OBJECTS;
    call->result.classes = found.classes;
    call->result.space = t->space->name;
    call->result.count = found.count;
}

/* ---- the answer ---- */

static bool is_source(const struct traverse *t, const struct hvc_cim_path *path)
{
    return (path->space == NULL || hvc_schema_compare(path->space, t->source.space) == 0) &&
           hvc_cim_path_is(path, &t->source);
}

/* Of a class that was looked at before: an object may be associated in more than one way. */
static bool is_listed(const struct traverse *t, uint32_t before, const struct hvc_cim_path *path)
{
    for (uint32_t i = 0; i < before; i++) {
        const struct hvc_cim_path *other = t->list.instances[i]->path;

        if (hvc_cim_path_is(other, path) && hvc_schema_compare(other->space, path->space) == 0)
            return true;
    }
    return false;
}

static void add_end(struct traverse *t, uint32_t before, const struct hvc_cim_path *path)
{
    const struct hvc_schema_namespace *space = hvc_cim_space_find(t->call->server, path->space);
    const struct hvc_schema_class *cls = space == NULL ? NULL : hvc_schema_class_find(space, path->class_name);
    const struct hvc_cim_instance *instance;
    struct hvc_cim_instance *bare;

    if (cls == NULL || (t->result_class != NULL && !hvc_schema_is_a(cls, t->result_class)) ||
        is_listed(t, before, path))
        return;
    if (!t->names) {
        instance = hvc_cim_find(t->call, space, path);
        if (instance != NULL)
            hvc_cim_list_add(t->call, &t->list, instance);
        return;
    }
    bare = hvc_cim_instance_new(t->call->arena, cls);
    if (bare == NULL)
        return;
    bare->path = path;
    hvc_cim_list_add(t->call, &t->list, bare);
}

static void add_other_ends(struct traverse *t, uint32_t before, const struct hvc_cim_instance *association,
                           const struct hvc_schema_element *source)
{
    for (uint16_t i = 0; i < association->cls->property_count && !hvc_cim_failed(t->call); i++) {
        const struct hvc_schema_element *element = &association->cls->properties[i];
        const struct hvc_cim_value *value;

        if (!is_reference(element) || element == source || !role_fits(t->result_role, element))
            continue;
        value = hvc_cim_get(association, element->name);
        if (value != NULL && !value->null)
            add_end(t, before, value->path[0]);
    }
}

static void look_at(struct traverse *t, uint32_t before, const struct hvc_cim_instance *association)
{
    for (uint16_t i = 0; i < association->cls->property_count && !hvc_cim_failed(t->call); i++) {
        const struct hvc_schema_element *element = &association->cls->properties[i];
        const struct hvc_cim_value *value = may_be_source(t, element) ? hvc_cim_get(association, element->name) : NULL;

        if (value == NULL || value->null || !is_source(t, value->path[0]))
            continue;
        if (t->references) {
            hvc_cim_list_add(t->call, &t->list, association);
            return;
        }
        add_other_ends(t, before, association, element);
    }
}

static void look_at_class(struct traverse *t, const struct hvc_schema_namespace *space,
                          const struct hvc_schema_class *cls)
{
    struct hvc_cim_list associations = {0};
    uint32_t before = t->list.count;

    hvc_cim_collect(t->call, space, cls, NULL, &t->source, &associations);
    for (uint32_t i = 0; i < associations.count && !hvc_cim_failed(t->call); i++)
        look_at(t, before, associations.instances[i]);
}

void hvc_cim_perform_associated(struct hvc_cim_call *call, bool references, enum hvc_cim_result_kind kind)
{
    struct traverse t = {.call = call, .references = references};

    t.names = kind == HVC_CIM_RESULT_PATHS || kind == HVC_CIM_RESULT_PULLED_PATHS;
    if (!begin(&t))
        return;
    if (t.of_class) {
        perform_of_class(&t);
        return;
    }
    if (hvc_cim_find(call, t.space, &t.source) == NULL) {
        const char *text = hvc_cim_path_text(call->arena, &t.source);

        if (!hvc_cim_failed(call))
            hvc_cim_fail(call, HVC_CIM_NOT_FOUND, "there is no instance %.512s", text == NULL ? "" : text);
        return;
    }
    if (!t.names) {
        hvc_cim_shape_flags(call, false);
        hvc_cim_property_list(call);
    }
    for_each_association(&t, look_at_class);
    hvc_cim_answer(call, kind, &t.list);
}

static void associators(struct hvc_cim_call *call)
{
    hvc_cim_perform_associated(call, false, HVC_CIM_RESULT_OBJECTS);
}

static void associator_names(struct hvc_cim_call *call)
{
    hvc_cim_perform_associated(call, false, HVC_CIM_RESULT_PATHS);
}

static void references(struct hvc_cim_call *call)
{
    hvc_cim_perform_associated(call, true, HVC_CIM_RESULT_OBJECTS);
}

static void reference_names(struct hvc_cim_call *call)
{
    hvc_cim_perform_associated(call, true, HVC_CIM_RESULT_PATHS);
}

static const struct hvc_cim_operation rows[] = {
    {"Associators", hvc_cim_prepare_associated, associators, false,
     "ObjectName " HVC_CIM_ASSOCIATORS " " HVC_CIM_SHAPES},
    {"AssociatorNames", hvc_cim_prepare_associated, associator_names, false, "ObjectName " HVC_CIM_ASSOCIATORS},
    {"References", hvc_cim_prepare_associated, references, false, "ObjectName " HVC_CIM_REFERENCES " " HVC_CIM_SHAPES},
    {"ReferenceNames", hvc_cim_prepare_associated, reference_names, false, "ObjectName " HVC_CIM_REFERENCES},
};

const struct hvc_cim_operations hvc_cim_association_operations = {rows, sizeof(rows) / sizeof(rows[0])};

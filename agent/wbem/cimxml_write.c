/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers. Every element that could be empty is written with its end tag (see hvc/cimxml.h). */
#include <stdlib.h>
#include <string.h>

#include "hvc/cimxml.h"
#include "text_buffer.h"

static void put_attribute(struct hvc_text_buffer *out, const char *name, const char *value)
{
    hvc_text_put(out, " ");
    hvc_text_put(out, name);
    hvc_text_put(out, "=\"");
    hvc_text_put_escaped(out, value);
    hvc_text_put(out, "\"");
}

static void put_number_attribute(struct hvc_text_buffer *out, const char *name, unsigned number)
{
    char text[16];

    (void)snprintf(text, sizeof(text), "%u", number);
    put_attribute(out, name, text);
}

/* ---- the frame ---- */

void hvc_cimxml_begin(struct hvc_text_buffer *out, const struct hvc_cimxml_request *request)
{
    hvc_text_put(out,
                 "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<CIM CIMVERSION=\"2.0\" DTDVERSION=\"2.0\"><MESSAGE");
    put_attribute(out, "ID", request->id);
    hvc_text_put(out, " PROTOCOLVERSION=\"1.0\"><SIMPLERSP>");
    hvc_text_put(out, request->intrinsic ? "<IMETHODRESPONSE" : "<METHODRESPONSE");
    put_attribute(out, "NAME", request->method);
    hvc_text_put(out, ">");
}

void hvc_cimxml_end(struct hvc_text_buffer *out, const struct hvc_cimxml_request *request)
{
    hvc_text_put(out, request->intrinsic ? "</IMETHODRESPONSE>" : "</METHODRESPONSE>");
    hvc_text_put(out, "</SIMPLERSP></MESSAGE></CIM>\n");
}

void hvc_cimxml_error(struct hvc_text_buffer *out, unsigned status, const char *description)
{
    hvc_text_put(out, "<ERROR");
    put_number_attribute(out, "CODE", status);
    put_attribute(out, "DESCRIPTION", description);
    hvc_text_put(out, "></ERROR>");
}

void hvc_cimxml_return_begin(struct hvc_text_buffer *out)
{
    hvc_text_put(out, "<IRETURNVALUE>");
}

void hvc_cimxml_return_end(struct hvc_text_buffer *out)
{
    hvc_text_put(out, "</IRETURNVALUE>");
}

/* ---- names and paths ---- */

static void put_namespace(struct hvc_text_buffer *out, const char *space)
{
    hvc_text_put(out, "<LOCALNAMESPACEPATH>");
    while (*space != '\0') {
        size_t length = strcspn(space, "/");
        char name[256];

        (void)snprintf(name, sizeof(name), "%.*s", (int)length, space);
        hvc_text_put(out, "<NAMESPACE");
        put_attribute(out, "NAME", name);
        hvc_text_put(out, "></NAMESPACE>");
        space += length + (space[length] == '/' ? 1 : 0);
    }
    hvc_text_put(out, "</LOCALNAMESPACEPATH>");
}

static const char *key_kind(uint8_t type)
{
    if (type == HVC_CIM_BOOLEAN)
        return "boolean";
    return type == HVC_CIM_STRING || type == HVC_CIM_DATETIME || type == HVC_CIM_CHAR16 ? "string" : "numeric";
}

static void put_local_path(struct hvc_text_buffer *out, const struct hvc_cim_path *path);

/* wbemcli loses the colon of a path in a value that has a host: the local form. */
static void put_reference(struct hvc_text_buffer *out, const struct hvc_cim_path *path)
{
    hvc_text_put(out, "<VALUE.REFERENCE>");
    if (path->space == NULL)
        hvc_cimxml_put_instance_name(out, path);
    else
        put_local_path(out, path);
    hvc_text_put(out, "</VALUE.REFERENCE>");
}

static void put_key(struct hvc_text_buffer *out, const struct hvc_cim_key *key)
{
    hvc_text_put(out, "<KEYBINDING");
    put_attribute(out, "NAME", key->name);
    hvc_text_put(out, ">");
    if (key->path != NULL) {
        put_reference(out, key->path);
    } else {
        hvc_text_put(out, "<KEYVALUE");
        put_attribute(out, "VALUETYPE", key_kind(key->type));
        put_attribute(out, "TYPE", hvc_cim_type_name(key->type));
        hvc_text_put(out, ">");
        hvc_text_put_escaped(out, key->text);
        hvc_text_put(out, "</KEYVALUE>");
    }
    hvc_text_put(out, "</KEYBINDING>");
}

void hvc_cimxml_put_instance_name(struct hvc_text_buffer *out, const struct hvc_cim_path *path)
{
    if (path->key_count == 0) {
        hvc_text_put(out, "<CLASSNAME");
        put_attribute(out, "NAME", path->class_name);
        hvc_text_put(out, "></CLASSNAME>");
        return;
    }
    hvc_text_put(out, "<INSTANCENAME");
    put_attribute(out, "CLASSNAME", path->class_name);
    hvc_text_put(out, ">");
    for (uint32_t i = 0; i < path->key_count; i++)
        put_key(out, &path->keys[i]);
    hvc_text_put(out, "</INSTANCENAME>");
}

static void put_local_path(struct hvc_text_buffer *out, const struct hvc_cim_path *path)
{
    const char *name = path->key_count == 0 ? "LOCALCLASSPATH>" : "LOCALINSTANCEPATH>";

    hvc_text_put(out, "<");
    hvc_text_put(out, name);
    put_namespace(out, path->space);
    hvc_cimxml_put_instance_name(out, path);
    hvc_text_put(out, "</");
    hvc_text_put(out, name);
}

void hvc_cimxml_put_path(struct hvc_text_buffer *out, const struct hvc_cim_path *path, const char *host)
{
    const char *name = path->key_count == 0 ? "CLASSPATH>" : "INSTANCEPATH>";

    hvc_text_put(out, "<");
    hvc_text_put(out, name);
    hvc_text_put(out, "<NAMESPACEPATH><HOST>");
    hvc_text_put_escaped(out, host);
    hvc_text_put(out, "</HOST>");
    put_namespace(out, path->space);
    hvc_text_put(out, "</NAMESPACEPATH>");
    hvc_cimxml_put_instance_name(out, path);
    hvc_text_put(out, "</");
    hvc_text_put(out, name);
}

/* ---- values ---- */

static void put_text_value(struct hvc_text_buffer *out, const char *text)
{
    hvc_text_put(out, "<VALUE>");
    hvc_text_put_escaped(out, text);
    hvc_text_put(out, "</VALUE>");
}

void hvc_cimxml_put_value(struct hvc_text_buffer *out, const struct hvc_cim_value *value)
{
    bool reference = value->type == HVC_CIM_REFERENCE;

    if (value->null)
        return;
    if (value->array)
        hvc_text_put(out, reference ? "<VALUE.REFARRAY>" : "<VALUE.ARRAY>");
    for (uint32_t i = 0; i < value->count; i++) {
        if (reference)
            put_reference(out, value->path[i]);
        else
            put_text_value(out, value->text[i]);
    }
    if (value->array)
        hvc_text_put(out, reference ? "</VALUE.REFARRAY>" : "</VALUE.ARRAY>");
}

static void put_texts(struct hvc_text_buffer *out, const struct hvc_schema_values *values, bool array)
{
    if (values->text == NULL)
        return;
    if (array)
        hvc_text_put(out, "<VALUE.ARRAY>");
    for (uint16_t i = 0; i < values->count; i++)
        put_text_value(out, values->text[i]);
    if (array)
        hvc_text_put(out, "</VALUE.ARRAY>");
}

void hvc_cimxml_return_value(struct hvc_text_buffer *out, const struct hvc_cim_value *value)
{
    hvc_text_put(out, "<RETURNVALUE");
    put_attribute(out, "PARAMTYPE", hvc_cim_type_name(value->type));
    hvc_text_put(out, ">");
    hvc_cimxml_put_value(out, value);
    hvc_text_put(out, "</RETURNVALUE>");
}

void hvc_cimxml_out_parameter(struct hvc_text_buffer *out, const char *name, const struct hvc_cim_value *value,
                              bool embedded)
{
    if (value->null)
        return; /* an empty one ends wbemcli */
    hvc_text_put(out, "<PARAMVALUE");
    put_attribute(out, "NAME", name);
    put_attribute(out, "PARAMTYPE", hvc_cim_type_name(value->type));
    if (embedded)
        put_attribute(out, "EmbeddedObject", "instance");
    hvc_text_put(out, ">");
    hvc_cimxml_put_value(out, value);
    hvc_text_put(out, "</PARAMVALUE>");
}

/* ---- qualifiers ---- */

static void put_flavor(struct hvc_text_buffer *out, unsigned flavor)
{
    if ((flavor & HVC_SCHEMA_DISABLE_OVERRIDE) != 0)
        put_attribute(out, "OVERRIDABLE", "false");
    if ((flavor & HVC_SCHEMA_RESTRICTED) != 0)
        put_attribute(out, "TOSUBCLASS", "false");
    if ((flavor & HVC_SCHEMA_TRANSLATABLE) != 0)
        put_attribute(out, "TRANSLATABLE", "true");
}

static void put_qualifiers(struct hvc_text_buffer *out, const struct hvc_schema_qualifier *list, uint16_t count,
                           unsigned flags)
{
    if ((flags & HVC_CIMXML_QUALIFIERS) == 0)
        return;
    for (uint16_t i = 0; i < count; i++) {
        if (list[i].propagated && (flags & HVC_CIMXML_LOCAL_ONLY) != 0)
            continue;
        hvc_text_put(out, "<QUALIFIER");
        put_attribute(out, "NAME", list[i].name);
        put_attribute(out, "TYPE", hvc_cim_type_name(list[i].type));
        if (list[i].propagated)
            put_attribute(out, "PROPAGATED", "true");
        put_flavor(out, list[i].flavor);
        hvc_text_put(out, ">");
        put_texts(out, &list[i].value, list[i].array);
        hvc_text_put(out, "</QUALIFIER>");
    }
}

static void put_scopes(struct hvc_text_buffer *out, unsigned scope)
{
    static const char *const names[] = {"CLASS",     "ASSOCIATION", "INDICATION", "PROPERTY",
                                        "REFERENCE", "METHOD",      "PARAMETER"};

    hvc_text_put(out, "<SCOPE");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        put_attribute(out, names[i], (scope & (1U << i)) != 0 ? "true" : "false");
    hvc_text_put(out, "></SCOPE>");
}

void hvc_cimxml_put_qualifier_type(struct hvc_text_buffer *out, const struct hvc_schema_qualifier_type *type)
{
    hvc_text_put(out, "<QUALIFIER.DECLARATION");
    put_attribute(out, "NAME", type->name);
    put_attribute(out, "TYPE", hvc_cim_type_name(type->type));
    put_attribute(out, "ISARRAY", type->array ? "true" : "false");
    put_flavor(out, type->flavor);
    hvc_text_put(out, ">");
    put_scopes(out, type->scope);
    put_texts(out, &type->initial, type->array);
    hvc_text_put(out, "</QUALIFIER.DECLARATION>");
}

/* ---- instances ---- */

static bool is_wanted(const struct hvc_cimxml_shape *shape, const char *name)
{
    if (shape->properties == NULL)
        return true;
    for (uint32_t i = 0; i < shape->property_count; i++)
        if (hvc_schema_compare(shape->properties[i], name) == 0)
            return true;
    return false;
}

static const char *property_tag(const struct hvc_schema_element *element)
{
    if (element->type == HVC_CIM_REFERENCE)
        return "PROPERTY.REFERENCE";
    return (element->flags & HVC_SCHEMA_ARRAY) != 0 ? "PROPERTY.ARRAY" : "PROPERTY";
}

/* An array that holds instances is marked only when it has some. Nothing else tells pywbem to read them, and wbemcli
 * fails at every attribute of PROPERTY.ARRAY that is not NAME, TYPE, CLASSORIGIN, PROPAGATED or ARRAYSIZE: it would
 * read the others by a list of properties. No provider has an array of instances with values. */
static void begin_property(struct hvc_text_buffer *out, const struct hvc_schema_element *element, unsigned flags,
                           bool instance, bool null)
{
    bool bare = null && (element->flags & HVC_SCHEMA_ARRAY) != 0;
    bool embedded = element->type == HVC_CIM_STRING && element->target != NULL;

    hvc_text_put(out, "<");
    hvc_text_put(out, property_tag(element));
    put_attribute(out, "NAME", element->name);
    if (element->type != HVC_CIM_REFERENCE)
        put_attribute(out, "TYPE", hvc_cim_type_name(element->type));
    else if (element->target != NULL)
        put_attribute(out, "REFERENCECLASS", element->target);
    if ((flags & HVC_CIMXML_ORIGIN) != 0)
        put_attribute(out, "CLASSORIGIN", element->origin);
    if (!instance && (element->flags & HVC_SCHEMA_LOCAL) == 0)
        put_attribute(out, "PROPAGATED", "true");
    if (embedded && !bare)
        put_attribute(out, "EmbeddedObject", "instance");
    else if ((element->flags & HVC_SCHEMA_EMBEDDED_OBJECT) != 0 && !bare)
        put_attribute(out, "EmbeddedObject", "object");
    hvc_text_put(out, ">");
    put_qualifiers(out, element->qualifiers, element->qualifier_count, flags);
}

static void end_property(struct hvc_text_buffer *out, const struct hvc_schema_element *element)
{
    hvc_text_put(out, "</");
    hvc_text_put(out, property_tag(element));
    hvc_text_put(out, ">");
}

static void begin_instance(struct hvc_text_buffer *out, const struct hvc_schema_class *cls,
                           const struct hvc_cimxml_shape *shape)
{
    hvc_text_put(out, "<INSTANCE");
    put_attribute(out, "CLASSNAME", cls->name);
    hvc_text_put(out, ">");
    put_qualifiers(out, cls->qualifiers, cls->qualifier_count, shape->flags);
}

void hvc_cimxml_put_instance(struct hvc_text_buffer *out, const struct hvc_cim_instance *instance,
                             const struct hvc_cimxml_shape *shape)
{
    begin_instance(out, instance->cls, shape);
    for (uint16_t i = 0; i < instance->cls->property_count; i++) {
        const struct hvc_schema_element *element = &instance->cls->properties[i];
        const struct hvc_cim_value *value = instance->values[i];

        if (!is_wanted(shape, element->name))
            continue;
        begin_property(out, element, shape->flags, true, value == NULL || value->null);
        if (value != NULL)
            hvc_cimxml_put_value(out, value);
        end_property(out, element);
    }
    hvc_text_put(out, "</INSTANCE>");
}

/* ---- instances of one class ---- */

/* Of a property that is wanted: what stands before a value, before none, and behind it, in the text of the frame. */
struct around {
    uint16_t property;
    size_t value, null, behind, end;
};

struct hvc_cimxml_frame {
    struct hvc_cimxml_shape shape;
    const struct hvc_schema_class *last; /* of the instance before this one */
    const struct hvc_schema_class *cls;  /* whose frame it is; NULL: nobody's yet */
    struct hvc_text_buffer text;
    size_t first; /* where the head of an instance ends */
    struct around *properties;
    uint16_t count;
};

struct hvc_cimxml_frame *hvc_cimxml_frame_new(const struct hvc_cimxml_shape *shape)
{
    struct hvc_cimxml_frame *frame = calloc(1, sizeof(*frame));

    if (frame != NULL)
        frame->shape = *shape;
    return frame;
}

static void clear_frame(struct hvc_cimxml_frame *frame)
{
    hvc_text_free(&frame->text);
    free(frame->properties);
    frame->properties = NULL;
    frame->cls = NULL;
    frame->count = 0;
}

void hvc_cimxml_frame_free(struct hvc_cimxml_frame *frame)
{
    if (frame == NULL)
        return;
    clear_frame(frame);
    free(frame);
}

/* False: no memory. */
static bool make_frame(struct hvc_cimxml_frame *frame, const struct hvc_schema_class *cls)
{
    clear_frame(frame);
    frame->text.limit = SIZE_MAX;
    frame->properties = calloc(cls->property_count + 1u, sizeof(*frame->properties));
    if (frame->properties == NULL)
        return false;
    begin_instance(&frame->text, cls, &frame->shape);
    frame->first = frame->text.length;
    for (uint16_t i = 0; i < cls->property_count; i++) {
        const struct hvc_schema_element *element = &cls->properties[i];
        struct around *around = &frame->properties[frame->count];

        if (!is_wanted(&frame->shape, element->name))
            continue;
        *around = (struct around){.property = i, .value = frame->text.length};
        begin_property(&frame->text, element, frame->shape.flags, true, false);
        around->null = frame->text.length;
        begin_property(&frame->text, element, frame->shape.flags, true, true);
        around->behind = frame->text.length;
        end_property(&frame->text, element);
        around->end = frame->text.length;
        frame->count++;
    }
    frame->cls = frame->text.failed ? NULL : cls;
    return !frame->text.failed;
}

static void put_piece(struct hvc_text_buffer *out, const struct hvc_cimxml_frame *frame, size_t begin, size_t end)
{
    hvc_text_put_bytes(out, frame->text.bytes + begin, end - begin);
}

void hvc_cimxml_put_framed(struct hvc_text_buffer *out, const struct hvc_cim_instance *instance,
                           struct hvc_cimxml_frame *frame)
{
    const struct hvc_schema_class *before = frame->last;

    frame->last = instance->cls;
    if (frame->cls != instance->cls && (before != instance->cls || !make_frame(frame, instance->cls))) {
        hvc_cimxml_put_instance(out, instance, &frame->shape);
        return;
    }
    put_piece(out, frame, 0, frame->first);
    for (uint16_t i = 0; i < frame->count; i++) {
        const struct around *around = &frame->properties[i];
        const struct hvc_cim_value *value = instance->values[around->property];

        if (value == NULL || value->null) {
            put_piece(out, frame, around->null, around->end);
            continue;
        }
        put_piece(out, frame, around->value, around->null);
        hvc_cimxml_put_value(out, value);
        put_piece(out, frame, around->behind, around->end);
    }
    hvc_text_put(out, "</INSTANCE>");
}

/* ---- classes ---- */

static const char *parameter_tag(const struct hvc_schema_element *parameter)
{
    bool array = (parameter->flags & HVC_SCHEMA_ARRAY) != 0;

    if (parameter->type == HVC_CIM_REFERENCE)
        return array ? "PARAMETER.REFARRAY" : "PARAMETER.REFERENCE";
    return array ? "PARAMETER.ARRAY" : "PARAMETER";
}

static void put_parameter(struct hvc_text_buffer *out, const struct hvc_schema_element *parameter, unsigned flags)
{
    hvc_text_put(out, "<");
    hvc_text_put(out, parameter_tag(parameter));
    put_attribute(out, "NAME", parameter->name);
    if (parameter->type == HVC_CIM_REFERENCE)
        put_attribute(out, "REFERENCECLASS", parameter->target);
    else
        put_attribute(out, "TYPE", hvc_cim_type_name(parameter->type));
    hvc_text_put(out, ">");
    put_qualifiers(out, parameter->qualifiers, parameter->qualifier_count, flags);
    hvc_text_put(out, "</");
    hvc_text_put(out, parameter_tag(parameter));
    hvc_text_put(out, ">");
}

static void put_method(struct hvc_text_buffer *out, const struct hvc_schema_method *method, unsigned flags)
{
    if ((flags & HVC_CIMXML_LOCAL_ONLY) != 0 && (method->flags & HVC_SCHEMA_LOCAL) == 0)
        return;
    hvc_text_put(out, "<METHOD");
    put_attribute(out, "NAME", method->name);
    put_attribute(out, "TYPE", hvc_cim_type_name(method->type));
    if ((flags & HVC_CIMXML_ORIGIN) != 0)
        put_attribute(out, "CLASSORIGIN", method->origin);
    if ((method->flags & HVC_SCHEMA_LOCAL) == 0)
        put_attribute(out, "PROPAGATED", "true");
    hvc_text_put(out, ">");
    put_qualifiers(out, method->qualifiers, method->qualifier_count, flags);
    for (uint16_t i = 0; i < method->parameter_count; i++)
        put_parameter(out, &method->parameters[i], flags);
    hvc_text_put(out, "</METHOD>");
}

void hvc_cimxml_put_class(struct hvc_text_buffer *out, const struct hvc_schema_class *cls,
                          const struct hvc_cimxml_shape *shape)
{
    bool local = (shape->flags & HVC_CIMXML_LOCAL_ONLY) != 0;

    hvc_text_put(out, "<CLASS");
    put_attribute(out, "NAME", cls->name);
    if (cls->super != NULL)
        put_attribute(out, "SUPERCLASS", cls->super->name);
    hvc_text_put(out, ">");
    put_qualifiers(out, cls->qualifiers, cls->qualifier_count, shape->flags);
    for (uint16_t i = 0; i < cls->property_count; i++) {
        const struct hvc_schema_element *element = &cls->properties[i];

        if (!is_wanted(shape, element->name) || (local && (element->flags & HVC_SCHEMA_LOCAL) == 0))
            continue;
        begin_property(out, element, shape->flags, false, element->initial.count == 0);
        put_texts(out, &element->initial, (element->flags & HVC_SCHEMA_ARRAY) != 0);
        end_property(out, element);
    }
    for (uint16_t i = 0; i < cls->method_count; i++)
        put_method(out, &cls->methods[i], shape->flags);
    hvc_text_put(out, "</CLASS>");
}

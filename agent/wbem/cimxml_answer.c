/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The result of an operation as CIM-XML. */
#include "hvc/cim_method.h"
#include "operation.h"
#include "text_buffer.h"

static void put_between(struct hvc_text_buffer *out, const char *tag, const struct hvc_cim_instance *instance,
                        const struct hvc_cimxml_shape *shape, const char *host)
{
    hvc_text_put(out, "<");
    hvc_text_put(out, tag);
    hvc_text_put(out, ">");
    if (host == NULL)
        hvc_cimxml_put_instance_name(out, instance->path);
    else
        hvc_cimxml_put_path(out, instance->path, host);
    if (shape != NULL)
        hvc_cimxml_put_instance(out, instance, shape);
    hvc_text_put(out, "</");
    hvc_text_put(out, tag);
    hvc_text_put(out, ">");
}

static void put_instance(struct hvc_text_buffer *out, const struct hvc_cim_result *result, uint32_t at,
                         const char *host)
{
    const struct hvc_cim_instance *instance = result->instances[at];

    switch (result->kind) {
    case HVC_CIM_RESULT_INSTANCE:
        hvc_cimxml_put_instance(out, instance, &result->shape);
        break;
    case HVC_CIM_RESULT_NAMED_INSTANCES:
        put_between(out, "VALUE.NAMEDINSTANCE", instance, &result->shape, NULL);
        break;
    case HVC_CIM_RESULT_INSTANCE_NAMES:
        hvc_cimxml_put_instance_name(out, instance->path);
        break;
    case HVC_CIM_RESULT_OBJECTS:
        put_between(out, "VALUE.OBJECTWITHPATH", instance, &result->shape, host);
        break;
    case HVC_CIM_RESULT_PATHS:
        put_between(out, "OBJECTPATH", instance, NULL, host);
        break;
    case HVC_CIM_RESULT_PULLED_INSTANCES:
        put_between(out, "VALUE.INSTANCEWITHPATH", instance, &result->shape, host);
        break;
    case HVC_CIM_RESULT_PULLED_PATHS:
        hvc_cimxml_put_path(out, instance->path, host);
        break;
    case HVC_CIM_RESULT_NOTHING:
    case HVC_CIM_RESULT_CLASSES:
    case HVC_CIM_RESULT_CLASS_NAMES:
    case HVC_CIM_RESULT_CLASS_OBJECTS:
    case HVC_CIM_RESULT_CLASS_PATHS:
    case HVC_CIM_RESULT_QUALIFIERS:
    case HVC_CIM_RESULT_METHOD:
        break;
    }
}

static void put_class_at(struct hvc_text_buffer *out, const struct hvc_cim_result *result, uint32_t at,
                         const char *host)
{
    const struct hvc_cim_path path = {.space = result->space, .class_name = result->classes[at]->name};
    bool whole = result->kind == HVC_CIM_RESULT_CLASS_OBJECTS;

    hvc_text_put(out, whole ? "<VALUE.OBJECTWITHPATH>" : "<OBJECTPATH>");
    hvc_cimxml_put_path(out, &path, host);
    if (whole)
        hvc_cimxml_put_class(out, result->classes[at], &result->shape);
    hvc_text_put(out, whole ? "</VALUE.OBJECTWITHPATH>" : "</OBJECTPATH>");
}

static void put_item(struct hvc_text_buffer *out, const struct hvc_cim_result *result, uint32_t at, const char *host)
{
    if (result->kind == HVC_CIM_RESULT_CLASSES)
        hvc_cimxml_put_class(out, result->classes[at], &result->shape);
    else if (result->kind == HVC_CIM_RESULT_CLASS_NAMES)
        hvc_cimxml_put_instance_name(out, &(struct hvc_cim_path){.class_name = result->classes[at]->name});
    else if (result->kind == HVC_CIM_RESULT_CLASS_OBJECTS || result->kind == HVC_CIM_RESULT_CLASS_PATHS)
        put_class_at(out, result, at, host);
    else if (result->kind == HVC_CIM_RESULT_QUALIFIERS)
        hvc_cimxml_put_qualifier_type(out, &result->qualifiers[at]);
    else
        put_instance(out, result, at, host);
}

static void put_parameter(struct hvc_text_buffer *out, const char *name, uint8_t type, const char *text)
{
    const struct hvc_cim_value value = {.type = type, .count = 1, .text = &text};

    hvc_cimxml_out_parameter(out, name, &value, false);
}

static void put_method(struct hvc_text_buffer *out, const struct hvc_cim_method_call *call)
{
    const struct hvc_cim_value *value = hvc_cim_number(call->arena, call->method->type, call->value);

    if (value != NULL)
        hvc_cimxml_return_value(out, value);
    for (uint16_t i = 0; i < call->method->parameter_count; i++)
        if (call->out[i] != NULL)
            hvc_cimxml_out_parameter(out, call->method->parameters[i].name, call->out[i],
                                     call->method->parameters[i].target != NULL &&
                                         call->out[i]->type == HVC_CIM_STRING);
}

void hvc_cim_result_write(const struct hvc_cim_call *call, struct hvc_text_buffer *out)
{
    const struct hvc_cim_result *result = &call->result;
    bool pulled = result->kind == HVC_CIM_RESULT_PULLED_INSTANCES || result->kind == HVC_CIM_RESULT_PULLED_PATHS;

    hvc_cimxml_begin(out, call->request);
    if (result->status != HVC_CIM_OK) {
        hvc_cimxml_error(out, result->status, result->words);
    } else if (result->kind == HVC_CIM_RESULT_METHOD) {
        put_method(out, call->method);
    } else if (result->kind != HVC_CIM_RESULT_NOTHING) {
        hvc_cimxml_return_begin(out);
        for (uint32_t i = 0; i < result->count && !out->failed; i++)
            put_item(out, result, i, hvc_cim_options(call->server)->host);
        hvc_cimxml_return_end(out);
    }
    if (result->status == HVC_CIM_OK && pulled) {
        put_parameter(out, "EnumerationContext", HVC_CIM_STRING, result->context == NULL ? "" : result->context);
        put_parameter(out, "EndOfSequence", HVC_CIM_BOOLEAN, result->context == NULL ? "TRUE" : "FALSE");
    }
    hvc_cimxml_end(out, call->request);
}

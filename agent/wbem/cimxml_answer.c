/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The result of an operation as CIM-XML. */
#include "hvc/cim_method.h"
#include "operation.h"
#include "text_buffer.h"

/* An answer that is being written. */
struct writing {
    struct hvc_text_buffer *out;
    const struct hvc_cim_result *result;
    const char *host;
    struct hvc_cimxml_frame *frame; /* NULL: of few instances */
};

static void put_values(const struct writing *writing, const struct hvc_cim_instance *instance)
{
    if (writing->frame != NULL)
        hvc_cimxml_put_framed(writing->out, instance, writing->frame);
    else
        hvc_cimxml_put_instance(writing->out, instance, &writing->result->shape);
}

/* host NULL: the path is the instance's name alone. */
static void put_between(const struct writing *writing, const char *tag, const struct hvc_cim_instance *instance,
                        bool values, const char *host)
{
    struct hvc_text_buffer *out = writing->out;

    hvc_text_put(out, "<");
    hvc_text_put(out, tag);
    hvc_text_put(out, ">");
    if (host == NULL)
        hvc_cimxml_put_instance_name(out, instance->path);
    else
        hvc_cimxml_put_path(out, instance->path, host);
    if (values)
        put_values(writing, instance);
    hvc_text_put(out, "</");
    hvc_text_put(out, tag);
    hvc_text_put(out, ">");
}

static void put_instance(const struct writing *writing, uint32_t at)
{
    const struct hvc_cim_instance *instance = writing->result->instances[at];

    switch (writing->result->kind) {
    case HVC_CIM_RESULT_INSTANCE:
        put_values(writing, instance);
        break;
    case HVC_CIM_RESULT_NAMED_INSTANCES:
        put_between(writing, "VALUE.NAMEDINSTANCE", instance, true, NULL);
        break;
    case HVC_CIM_RESULT_INSTANCE_NAMES:
        hvc_cimxml_put_instance_name(writing->out, instance->path);
        break;
    case HVC_CIM_RESULT_OBJECTS:
        put_between(writing, "VALUE.OBJECTWITHPATH", instance, true, writing->host);
        break;
    case HVC_CIM_RESULT_PATHS:
        put_between(writing, "OBJECTPATH", instance, false, writing->host);
        break;
    case HVC_CIM_RESULT_PULLED_INSTANCES:
        put_between(writing, "VALUE.INSTANCEWITHPATH", instance, true, writing->host);
        break;
    case HVC_CIM_RESULT_PULLED_PATHS:
        hvc_cimxml_put_path(writing->out, instance->path, writing->host);
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

static void put_item(const struct writing *writing, uint32_t at)
{
    const struct hvc_cim_result *result = writing->result;
    struct hvc_text_buffer *out = writing->out;

    if (result->kind == HVC_CIM_RESULT_CLASSES)
        hvc_cimxml_put_class(out, result->classes[at], &result->shape);
    else if (result->kind == HVC_CIM_RESULT_CLASS_NAMES)
        hvc_cimxml_put_instance_name(out, &(struct hvc_cim_path){.class_name = result->classes[at]->name});
    else if (result->kind == HVC_CIM_RESULT_CLASS_OBJECTS || result->kind == HVC_CIM_RESULT_CLASS_PATHS)
        put_class_at(out, result, at, writing->host);
    else if (result->kind == HVC_CIM_RESULT_QUALIFIERS)
        hvc_cimxml_put_qualifier_type(out, &result->qualifiers[at]);
    else
        put_instance(writing, at);
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

static void put_items(struct hvc_text_buffer *out, const struct hvc_cim_result *result, const char *host)
{
    struct writing writing = {out, result, host, NULL};

    if (result->count > 2) /* without memory for it the answer is written all the same */
        writing.frame = hvc_cimxml_frame_new(&result->shape);
    hvc_cimxml_return_begin(out);
    for (uint32_t i = 0; i < result->count && !out->failed; i++)
        put_item(&writing, i);
    hvc_cimxml_return_end(out);
    hvc_cimxml_frame_free(writing.frame);
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
        put_items(out, result, hvc_cim_options(call->server)->host);
    }
    if (result->status == HVC_CIM_OK && pulled) {
        put_parameter(out, "EnumerationContext", HVC_CIM_STRING, result->context == NULL ? "" : result->context);
        put_parameter(out, "EndOfSequence", HVC_CIM_BOOLEAN, result->context == NULL ? "TRUE" : "FALSE");
    }
    hvc_cimxml_end(out, call->request);
}

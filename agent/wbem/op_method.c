/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Extrinsic methods: what a request says to one, whose it is, and what it answers. */
#include <errno.h>
#include <string.h>

#include "hvc/cim_method.h"
#include "operation.h"

/* ---- values ---- */

static bool references_as(struct hvc_cim_arena *arena, const struct hvc_cim_value *from, struct hvc_cim_value *value)
{
    value->path = hvc_cim_alloc(arena, from->count + 1u, sizeof(*value->path));
    value->text = from->text; /* what is no path may mean something to the method */
    for (uint32_t i = 0; value->path != NULL && i < from->count; i++) {
        if (from->type == HVC_CIM_REFERENCE)
            value->path[i] = from->path[i];
        else if (from->text == NULL || hvc_cim_path_read(arena, from->text[i], &value->path[i]) == -ENOMEM)
            return false;
    }
    return value->path != NULL;
}

bool hvc_cim_value_as(struct hvc_cim_arena *arena, const struct hvc_schema_element *element,
                      const struct hvc_cim_value *from, const struct hvc_cim_value **ret_value)
{
    struct hvc_cim_value *value = hvc_cim_null(arena, element->type, (element->flags & HVC_SCHEMA_ARRAY) != 0);

    if (value == NULL)
        return false;
    *ret_value = value;
    if (from->null)
        return true;
    if (from->array != value->array || (from->type == HVC_CIM_REFERENCE && element->type != HVC_CIM_REFERENCE))
        return false;
    value->null = false;
    value->count = from->count;
    if (element->type == HVC_CIM_REFERENCE)
        return references_as(arena, from, value);
    if (from->text == NULL)
        return false;
    value->text = hvc_cim_alloc(arena, from->count + 1u, sizeof(*value->text));
    for (uint32_t i = 0; value->text != NULL && i < from->count; i++)
        if (hvc_cim_check_text(arena, element->type, from->text[i], &value->text[i]) < 0)
            return false;
    return value->text != NULL;
}

/* ---- parameters ---- */

static void wrong_type(struct hvc_cim_call *call, const struct hvc_schema_element *element)
{
    hvc_cim_fail(call, HVC_CIM_INVALID_PARAMETER, "parameter %s of %s is a %s%s", element->name,
                 call->method->method->name, hvc_cim_type_name(element->type),
                 (element->flags & HVC_SCHEMA_ARRAY) != 0 ? "[]" : "");
}

/* One value where an array belongs is an array of one: wbemcli cannot say it otherwise. */
static void take_value(struct hvc_cim_call *call, const struct hvc_schema_element *element,
                       const struct hvc_cim_value *from, struct hvc_cim_argument *ret)
{
    struct hvc_cim_value copy = *from;
    const struct hvc_cim_value *value = NULL;

    if ((element->flags & HVC_SCHEMA_ARRAY) != 0)
        copy.array = true;
    if (!hvc_cim_value_as(call->arena, element, &copy, &value))
        wrong_type(call, element);
    else if (!value->null)
        ret->value = value;
}

static void take_parameter(struct hvc_cim_call *call, const struct hvc_schema_element *element,
                           const struct hvc_cimxml_parameter *parameter, struct hvc_cim_argument *ret)
{
    const struct hvc_cim_path *paths[] = {parameter->path};
    const struct hvc_cim_value reference = {.type = HVC_CIM_REFERENCE, .count = 1, .path = paths};

    switch ((enum hvc_cimxml_kind)parameter->kind) {
    case HVC_CIMXML_NOTHING:
        return;
    case HVC_CIMXML_VALUE:
        take_value(call, element, &parameter->value, ret);
        return;
    case HVC_CIMXML_PATH:
    case HVC_CIMXML_CLASS_NAME:
        if (element->type == HVC_CIM_REFERENCE && parameter->path != NULL)
            take_value(call, element, &reference, ret);
        else
            wrong_type(call, element);
        return;
    case HVC_CIMXML_INSTANCE:
        if (element->type == HVC_CIM_STRING && element->target != NULL)
            ret->instance = parameter->instance;
        else
            wrong_type(call, element);
        return;
    case HVC_CIMXML_DECLARATION:
        wrong_type(call, element);
        return;
    }
}

/* Out-parameters that a client sends although it need not are ignored. */
static void take_parameters(struct hvc_cim_call *call)
{
    const struct hvc_schema_method *method = call->method->method;
    struct hvc_cim_argument *in = hvc_cim_alloc(call->arena, method->parameter_count + 1u, sizeof(*in));

    call->method->in = in;
    call->method->out = hvc_cim_alloc(call->arena, method->parameter_count + 1u, sizeof(*call->method->out));
    for (uint32_t i = 0; in != NULL && i < call->request->parameter_count && !hvc_cim_failed(call); i++) {
        const struct hvc_cimxml_parameter *parameter = &call->request->parameters[i];
        const struct hvc_schema_element *element = hvc_schema_parameter_find(method, parameter->name);

        if (element == NULL)
            hvc_cim_fail(call, HVC_CIM_INVALID_PARAMETER, "method %s has no in-parameter \"%.128s\"", method->name,
                         parameter->name);
        else if ((element->flags & HVC_SCHEMA_IN) != 0)
            take_parameter(call, element, parameter, &in[element - method->parameters]);
    }
}

/* ---- the frame ---- */

static const struct hvc_schema_method *find_method(struct hvc_cim_call *call, const struct hvc_schema_class *cls)
{
    const struct hvc_schema_method *method = cls == NULL ? NULL : hvc_schema_method_find(cls, call->request->method);

    if (cls == NULL)
        return NULL;
    if (method == NULL)
        hvc_cim_fail(call, HVC_CIM_METHOD_NOT_FOUND, "class %s has no method \"%.128s\"", cls->name,
                     call->request->method);
    else if (method->function == NULL)
        hvc_cim_fail(call, HVC_CIM_METHOD_NOT_AVAILABLE,
                     "method %s of %s is not carried out over CIM; use hvcluster(8) on a node", method->name,
                     cls->name);
    return hvc_cim_failed(call) ? NULL : method;
}

uint32_t hvc_cim_prepare_method(struct hvc_cim_call *call)
{
    const struct hvc_schema_namespace *space = hvc_cim_space(call);
    const struct hvc_schema_class *cls = hvc_cim_class(call, space, call->request->path->class_name, HVC_CIM_NOT_FOUND);
    const struct hvc_schema_method *method = find_method(call, cls);

    if (method == NULL || !hvc_cim_check_path(call, space, call->request->path))
        return 0;
    call->method = hvc_cim_alloc(call->arena, 1, sizeof(*call->method));
    if (call->method == NULL) {
        hvc_cim_fail(call, HVC_CIM_SERVER_LIMITS_EXCEEDED, "the request needs more memory than one may have");
        return 0;
    }
    *call->method = (struct hvc_cim_method_call){.arena = call->arena, .space = space, .cls = cls, .method = method};
    method->function(call->method);
    take_parameters(call);
    return cls->provider->needs | call->method->is->needs;
}

/* What the method has said so far becomes the answer. */
static void take_answer(struct hvc_cim_call *call)
{
    struct hvc_cim_method_call *method = call->method;

    if (method->fault != HVC_CIM_OK)
        hvc_cim_fail(call, method->fault, "%s", method->words == NULL ? "it failed" : method->words);
    else
        call->result.kind = HVC_CIM_RESULT_METHOD;
}

void hvc_cim_perform_method(struct hvc_cim_call *call)
{
    struct hvc_cim_method_call *method = call->method;

    method->instance = hvc_cim_find(call, method->space, call->request->path);
    if (method->instance == NULL && !hvc_cim_failed(call))
        hvc_cim_fail(call, HVC_CIM_NOT_FOUND, "there is no such instance of %s", method->cls->name);
    if (!hvc_cim_failed(call) && (method->is->needs & call->facts_missing) != 0)
        hvc_cim_fail(call, HVC_CIM_FAILED, "%s cannot be answered now: %s", method->method->name,
                     call->missing_words == NULL ? "hvclusterd did not answer" : call->missing_words);
    if (hvc_cim_failed(call))
        return;
    method->facts = call->facts;
    method->is->perform(method);
    if (method->fault == HVC_CIM_OK && !hvc_cim_arena_failed(call->arena)) {
        memcpy(call->orders, method->orders, sizeof(call->orders));
        call->order_count = method->order_count;
    }
    take_answer(call);
}

void hvc_cim_complete(struct hvc_cim_call *call, const struct hvc_cim_order_answer *answers, uint32_t count)
{
    call->method->is->complete(call->method, answers, count);
    take_answer(call);
}

/* ---- for methods ---- */

const struct hvc_cim_argument *hvc_cim_method_in(const struct hvc_cim_method_call *call, const char *name)
{
    const struct hvc_schema_element *element = hvc_schema_parameter_find(call->method, name);

    return element == NULL ? NULL : &call->in[element - call->method->parameters];
}

void hvc_cim_method_out(struct hvc_cim_method_call *call, const char *name, const struct hvc_cim_value *value)
{
    const struct hvc_schema_element *element = hvc_schema_parameter_find(call->method, name);

    if (element != NULL && call->out != NULL)
        call->out[element - call->method->parameters] = value;
}

struct hvc_cim_order *hvc_cim_method_order(struct hvc_cim_method_call *call, const char *operation)
{
    if (call->order_count == HVC_CIM_ORDERS_MAX) {
        call->fault = HVC_CIM_SERVER_LIMITS_EXCEEDED;
        call->words = "more changes than one request may have: send several";
        return NULL;
    }
    call->orders[call->order_count].operation = operation;
    return &call->orders[call->order_count++];
}

static void add(struct hvc_cim_order *order, const char *name, const char *text, enum hvc_cim_order_type type)
{
    for (size_t i = 0; text != NULL && i < HVC_CIM_ORDER_ARGUMENTS_MAX; i++) {
        if (order->arguments[i].name != NULL)
            continue;
        order->arguments[i].name = name;
        order->arguments[i].text = text;
        order->arguments[i].type = (uint8_t)type;
        return;
    }
}

void hvc_cim_order_text(struct hvc_cim_order *order, const char *name, const char *text)
{
    add(order, name, text, HVC_CIM_ORDER_TEXT);
}

void hvc_cim_order_number(struct hvc_cim_order *order, struct hvc_cim_arena *arena, const char *name, uint64_t number)
{
    add(order, name, hvc_cim_format(arena, "%llu", (unsigned long long)number), HVC_CIM_ORDER_NUMBER);
}

void hvc_cim_order_flag(struct hvc_cim_order *order, const char *name, bool yes)
{
    add(order, name, yes ? "yes" : "no", HVC_CIM_ORDER_FLAG);
}

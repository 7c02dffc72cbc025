/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of the operations, and what a request says to them. */
#include "operation.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/text.h"

struct hvc_cim_server {
    struct hvc_cim_server_options options;
    uint64_t next; /* number of the next enumeration */
    struct hvc_cim_enumeration enumerations[];
};

struct hvc_cim_server *hvc_cim_server_new(const struct hvc_cim_server_options *options)
{
    struct hvc_cim_server *server = calloc(1, sizeof(*server) + options->open_max * sizeof(struct hvc_cim_enumeration));

    if (server != NULL) {
        server->options = *options;
        server->next = options->context_start;
    }
    return server;
}

void hvc_cim_server_free(struct hvc_cim_server *server)
{
    if (server == NULL)
        return;
    for (uint32_t i = 0; i < server->options.open_max; i++)
        hvc_cim_arena_free(server->enumerations[i].arena);
    free(server);
}

const struct hvc_cim_server_options *hvc_cim_options(const struct hvc_cim_server *server)
{
    return &server->options;
}

struct hvc_cim_enumeration *hvc_cim_enumerations(struct hvc_cim_server *server)
{
    return server->enumerations;
}

uint64_t hvc_cim_next_number(struct hvc_cim_server *server)
{
    /* a step of odd size that goes through all numbers: the next one is not just the last one and 1 */
    server->next += UINT64_C(0x9e3779b97f4a7c15);
    if (server->next == 0)
        server->next++;
    return server->next;
}

void hvc_cim_fail(struct hvc_cim_call *call, enum hvc_cim_status status, const char *format, ...)
{
    char words[1024];
    const char *copy;
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(words, sizeof(words), format, arguments); /* words for people may be cut */
    va_end(arguments);
    copy = hvc_cim_copy(call->arena, words, strlen(words));
    call->result = (struct hvc_cim_result){.status = status, .words = copy == NULL ? "out of memory" : copy};
    call->order_count = 0;
}

/* ---- parameters ---- */

static const struct hvc_cimxml_parameter *given(struct hvc_cim_call *call, const char *name)
{
    const struct hvc_cimxml_parameter *parameter = hvc_cimxml_parameter(call->request, name);

    if (parameter == NULL || parameter->kind == HVC_CIMXML_NOTHING ||
        (parameter->kind == HVC_CIMXML_VALUE && parameter->value.null))
        return NULL;
    return parameter;
}

static void wrong_shape(struct hvc_cim_call *call, const char *name, const char *wanted)
{
    hvc_cim_fail(call, HVC_CIM_INVALID_PARAMETER, "parameter %s of %.64s must be %s", name, call->request->method,
                 wanted);
}

const char *hvc_cim_string(struct hvc_cim_call *call, const char *name)
{
    const struct hvc_cimxml_parameter *parameter = given(call, name);

    if (parameter == NULL)
        return NULL;
    if (parameter->kind == HVC_CIMXML_VALUE && !parameter->value.array && parameter->value.text != NULL)
        return parameter->value.text[0];
    wrong_shape(call, name, "one value");
    return NULL;
}

bool hvc_cim_flag(struct hvc_cim_call *call, const char *name, bool otherwise)
{
    const char *text = hvc_cim_string(call, name);

    if (text == NULL)
        return otherwise;
    if (hvc_schema_compare(text, "true") == 0)
        return true;
    if (hvc_schema_compare(text, "false") != 0)
        wrong_shape(call, name, "TRUE or FALSE");
    return false;
}

uint64_t hvc_cim_count(struct hvc_cim_call *call, const char *name, uint64_t otherwise)
{
    const char *text = hvc_cim_string(call, name);
    uint64_t number = 0;

    if (text == NULL)
        return otherwise;
    if (hvc_parse_u64(text, 0, UINT32_MAX, &number) < 0)
        wrong_shape(call, name, "a whole number from 0 to 4294967295");
    return number;
}

const char *hvc_cim_class_name(struct hvc_cim_call *call, const char *name)
{
    const struct hvc_cimxml_parameter *parameter = given(call, name);

    if (parameter == NULL)
        return NULL;
    if (parameter->kind == HVC_CIMXML_CLASS_NAME)
        return parameter->class_name;
    if (parameter->kind == HVC_CIMXML_PATH && parameter->path->key_count == 0)
        return parameter->path->class_name;
    return hvc_cim_string(call, name);
}

const struct hvc_cim_path *hvc_cim_object(struct hvc_cim_call *call, const char *name)
{
    const struct hvc_cimxml_parameter *parameter = given(call, name);

    if (parameter != NULL && parameter->kind == HVC_CIMXML_PATH && parameter->path->key_count > 0)
        return parameter->path;
    if (parameter == NULL)
        hvc_cim_fail(call, HVC_CIM_INVALID_PARAMETER, "%.64s needs parameter %s", call->request->method, name);
    else
        wrong_shape(call, name, "the path of an instance with its keys; of classes this is not answered");
    return NULL;
}

void hvc_cim_property_list(struct hvc_cim_call *call)
{
    const struct hvc_cimxml_parameter *list = given(call, "PropertyList");

    if (list == NULL)
        return;
    if (list->kind != HVC_CIMXML_VALUE || !list->value.array) {
        wrong_shape(call, "PropertyList", "an array of names");
        return;
    }
    /* an empty array means no property at all: the pointer says that there is a list */
    call->result.shape.properties =
        list->value.text != NULL ? list->value.text : hvc_cim_alloc(call->arena, 1, sizeof(char *));
    call->result.shape.property_count = list->value.count;
}

void hvc_cim_shape_flags(struct hvc_cim_call *call, bool qualifiers)
{
    if (hvc_cim_flag(call, "IncludeQualifiers", qualifiers))
        call->result.shape.flags |= HVC_CIMXML_QUALIFIERS;
    if (hvc_cim_flag(call, "IncludeClassOrigin", false))
        call->result.shape.flags |= HVC_CIMXML_ORIGIN;
}

/* ---- namespaces and classes ---- */

const struct hvc_schema_namespace *hvc_cim_space_find(const struct hvc_cim_server *server, const char *name)
{
    for (uint32_t i = 0; name != NULL && i < server->options.space_count; i++)
        if (hvc_schema_compare(server->options.spaces[i]->name, name) == 0)
            return server->options.spaces[i];
    return NULL;
}

const struct hvc_schema_namespace *hvc_cim_space(struct hvc_cim_call *call)
{
    const struct hvc_schema_namespace *space = hvc_cim_space_find(call->server, call->request->space);

    if (space == NULL)
        hvc_cim_fail(call, HVC_CIM_INVALID_NAMESPACE,
                     "there is no namespace \"%.128s\"; CIM_Namespace in root/interop lists them",
                     call->request->space == NULL ? "" : call->request->space);
    return space;
}

const struct hvc_schema_class *hvc_cim_class(struct hvc_cim_call *call, const struct hvc_schema_namespace *space,
                                             const char *name, enum hvc_cim_status otherwise)
{
    const struct hvc_schema_class *cls;

    if (space == NULL || hvc_cim_failed(call))
        return NULL;
    if (name == NULL || name[0] == '\0') {
        hvc_cim_fail(call, HVC_CIM_INVALID_PARAMETER, "%.64s needs the name of a class", call->request->method);
        return NULL;
    }
    cls = hvc_schema_class_find(space, name);
    if (cls == NULL)
        hvc_cim_fail(call, otherwise, "there is no class \"%.128s\" in %s", name, space->name);
    return cls;
}

/* ---- the table ---- */

static const struct hvc_cim_operation *find_in(const struct hvc_cim_operations *set, const char *name)
{
    for (uint32_t i = 0; i < set->count; i++)
        if (hvc_schema_compare(set->rows[i].name, name) == 0)
            return &set->rows[i];
    return NULL;
}

static const struct hvc_cim_operation *find(const char *name)
{
    static const struct hvc_cim_operations *const sets[] = {&hvc_cim_class_operations, &hvc_cim_instance_operations,
                                                            &hvc_cim_association_operations, &hvc_cim_query_operations,
                                                            &hvc_cim_pull_operations};

    const struct hvc_cim_operation *found = NULL;

    for (size_t i = 0; found == NULL && i < sizeof(sets) / sizeof(sets[0]); i++)
        found = find_in(sets[i], name);
    return found;
}

/* DSP0200: an unrecognized parameter is an error of the client. */
static bool knows_parameters(struct hvc_cim_call *call, const struct hvc_cim_operation *operation)
{
    for (uint32_t i = 0; i < call->request->parameter_count; i++) {
        const char *name = call->request->parameters[i].name;
        size_t length = strlen(name);
        const char *at = operation->parameters;

        while (*at != '\0' && !(strcspn(at, " ") == length && strncasecmp(at, name, length) == 0))
            at += strcspn(at, " ") + (at[strcspn(at, " ")] == ' ' ? 1 : 0);
        if (*at != '\0')
            continue;
        hvc_cim_fail(call, HVC_CIM_INVALID_PARAMETER, "%s has no parameter \"%.128s\"; it takes: %s", operation->name,
                     name, operation->parameters[0] == '\0' ? "none" : operation->parameters);
        return false;
    }
    return true;
}

bool hvc_cim_is_change(const struct hvc_cimxml_request *request)
{
    const struct hvc_cim_operation *operation = request->intrinsic ? find(request->method) : NULL;

    return !request->intrinsic || (operation != NULL && operation->change);
}

bool hvc_cim_is_pulled(const struct hvc_cimxml_request *request)
{
    return request->intrinsic && find_in(&hvc_cim_pull_operations, request->method) != NULL;
}

uint32_t hvc_cim_prepare(struct hvc_cim_call *call)
{
    const struct hvc_cim_operation *operation;
    uint32_t needs;

    call->result = (struct hvc_cim_result){0};
    if (call->request->twice != NULL) {
        hvc_cim_fail(call, HVC_CIM_INVALID_PARAMETER, "parameter %.128s stands twice in the request",
                     call->request->twice);
        return 0;
    }
    if (!call->request->intrinsic) {
        needs = hvc_cim_prepare_method(call);
        return hvc_cim_failed(call) ? 0 : needs;
    }
    operation = find(call->request->method);
    if (operation == NULL) {
        hvc_cim_fail(call, HVC_CIM_NOT_SUPPORTED, "operation \"%.128s\" is not served here", call->request->method);
        return 0;
    }
    if (!knows_parameters(call, operation))
        return 0;
    needs = operation->prepare == NULL ? 0 : operation->prepare(call);
    return hvc_cim_failed(call) ? 0 : needs;
}

void hvc_cim_perform(struct hvc_cim_call *call)
{
    const struct hvc_cim_operation *operation;

    if (hvc_cim_failed(call))
        return;
    operation = call->request->intrinsic ? find(call->request->method) : NULL;
    if (operation != NULL)
        operation->perform(call);
    else
        hvc_cim_perform_method(call);
    if (hvc_cim_arena_failed(call->arena))
        hvc_cim_fail(call, HVC_CIM_SERVER_LIMITS_EXCEEDED,
                     "the answer is larger than this server makes; ask for fewer properties, or use the operations "
                     "that pull");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A request (DSP0201: CIM, MESSAGE, SIMPLEREQ, IMETHODCALL or METHODCALL). */
#include <errno.h>
#include <string.h>

#include "cimxml_object.h"
#include "hvc/cimxml.h"
#include "hvc/text.h"

struct reading {
    struct hvc_cim_arena *arena;
    struct hvc_cimxml_request *request;
    enum hvc_cimxml_fault *fault;
    struct hvc_error *error;
};

const char *hvc_cimxml_fault_name(unsigned fault)
{
    switch (fault) {
    case HVC_CIMXML_NOT_WELL_FORMED:
        return "request-not-well-formed";
    case HVC_CIMXML_UNSUPPORTED_CIM_VERSION:
        return "unsupported-cim-version";
    case HVC_CIMXML_UNSUPPORTED_DTD_VERSION:
        return "unsupported-dtd-version";
    case HVC_CIMXML_UNSUPPORTED_PROTOCOL_VERSION:
        return "unsupported-protocol-version";
    case HVC_CIMXML_MULTIPLE_REQUESTS:
        return "multiple-requests-unsupported";
    case HVC_CIMXML_TOO_LARGE:
        return "request-too-large";
    case HVC_CIMXML_NOT_VALID:
        return "request-not-valid";
    default:
        return "invalid";
    }
}

/* ---- parameters ---- */

static int read_path_parameter(struct reading *r, struct hvc_xml_node *node, struct hvc_cimxml_parameter *parameter)
{
    const struct hvc_cim_path *path;
    int rc = hvc_cimxml_path(r->arena, node, &path, r->error);

    if (rc < 0)
        return rc;
    parameter->kind = hvc_xml_is(node, "CLASSNAME") ? HVC_CIMXML_CLASS_NAME : HVC_CIMXML_PATH;
    parameter->class_name = path->class_name;
    parameter->path = path;
    return 0;
}

static int read_value_parameter(struct reading *r, struct hvc_xml_node *node, struct hvc_xml_node *child,
                                struct hvc_cimxml_parameter *parameter)
{
    bool reference = hvc_xml_is(child, "VALUE.REFERENCE") || hvc_xml_is(child, "VALUE.REFARRAY");
    const char *said = hvc_xml_attribute(node, "PARAMTYPE");
    uint8_t type = reference ? (uint8_t)HVC_CIM_REFERENCE : (uint8_t)HVC_CIM_STRING;

    if (said != NULL && !reference) {
        type = hvc_cimxml_type(said);
        if (type == HVC_CIM_TYPE_COUNT || type == HVC_CIM_REFERENCE)
            return hvc_cimxml_wrong(r->error, node, "its PARAMTYPE does not go with the value");
    }
    parameter->kind = HVC_CIMXML_VALUE;
    parameter->typed = said != NULL || reference;
    return hvc_cimxml_value(r->arena, child, type, &parameter->value, r->error);
}

static int read_parameter(struct reading *r, struct hvc_xml_node *node)
{
    struct hvc_cimxml_parameter parameter = {.kind = HVC_CIMXML_NOTHING};
    struct hvc_xml_node *child = hvc_xml_element(node->first);
    int rc = hvc_cimxml_want(node, "NAME", &parameter.name, r->error);

    if (rc < 0)
        return rc;
    if (hvc_cimxml_parameter(r->request, parameter.name) != NULL) {
        r->request->twice = parameter.name;
        return 0;
    }
    if (r->request->parameter_count == HVC_CIMXML_PARAMETERS_MAX)
        return hvc_cimxml_wrong(r->error, node, "there are too many parameters");
    if (child != NULL && hvc_xml_element(child->next) != NULL)
        return hvc_cimxml_wrong(r->error, node, "a parameter has one value");
    if (child == NULL)
        rc = 0;
    else if (hvc_cimxml_is_value(child))
        rc = read_value_parameter(r, node, child, &parameter);
    else if (hvc_cimxml_is_path(child))
        rc = read_path_parameter(r, child, &parameter);
    else if (hvc_cimxml_is_instance(child)) {
        parameter.kind = HVC_CIMXML_INSTANCE;
        rc = hvc_cimxml_instance(r->arena, child, &parameter.instance, r->error);
    } else if (hvc_xml_is(child, "CLASS") || hvc_xml_is(child, "QUALIFIER.DECLARATION"))
        parameter.kind = HVC_CIMXML_DECLARATION;
    else
        rc = hvc_cimxml_wrong(r->error, child, "this cannot be the value of a parameter");
    if (rc == 0)
        r->request->parameters[r->request->parameter_count++] = parameter;
    return rc;
}

const struct hvc_cimxml_parameter *hvc_cimxml_parameter(const struct hvc_cimxml_request *request, const char *name)
{
    for (uint32_t i = 0; i < request->parameter_count; i++)
        if (hvc_schema_compare(request->parameters[i].name, name) == 0)
            return &request->parameters[i];
    return NULL;
}

/* ---- calls ---- */

/* The first child of a call: where it goes. */
static int read_target(struct reading *r, struct hvc_xml_node *node)
{
    struct hvc_cimxml_request *request = r->request;
    int rc;

    if (request->intrinsic)
        return hvc_xml_is(node, "LOCALNAMESPACEPATH")
                   ? hvc_cimxml_space(r->arena, node, &request->space, r->error)
                   : hvc_cimxml_wrong(r->error, node, "LOCALNAMESPACEPATH must stand here");
    if (!hvc_xml_is(node, "LOCALINSTANCEPATH") && !hvc_xml_is(node, "LOCALCLASSPATH"))
        return hvc_cimxml_wrong(r->error, node, "LOCALINSTANCEPATH or LOCALCLASSPATH must stand here");
    rc = hvc_cimxml_path(r->arena, node, &request->path, r->error);
    if (rc == 0)
        request->space = request->path->space;
    return rc;
}

static int read_call(struct reading *r, struct hvc_xml_node *node)
{
    const char *wanted;
    struct hvc_xml_node *child = hvc_xml_element(node->first);
    int rc;

    r->request->intrinsic = hvc_xml_is(node, "IMETHODCALL");
    if (!r->request->intrinsic && !hvc_xml_is(node, "METHODCALL"))
        return hvc_cimxml_wrong(r->error, node, "IMETHODCALL or METHODCALL must stand here");
    wanted = r->request->intrinsic ? "IPARAMVALUE" : "PARAMVALUE";
    rc = hvc_cimxml_want(node, "NAME", &r->request->method, r->error);
    if (rc < 0)
        return rc;
    if (child == NULL)
        return hvc_cimxml_wrong(r->error, node, "it does not say where it goes");
    rc = read_target(r, child);
    for (child = hvc_xml_element(child->next); rc == 0 && child != NULL; child = hvc_xml_element(child->next))
        rc = hvc_xml_is(child, wanted) ? read_parameter(r, child)
                                       : hvc_cimxml_wrong(r->error, child, "only parameters may stand here");
    return rc;
}

/* ---- the frame ---- */

/* "2.x" for major 2. */
static int check_version(struct reading *r, const struct hvc_xml_node *node, const char *attribute, char major,
                         enum hvc_cimxml_fault fault)
{
    const char *version = hvc_xml_attribute(node, attribute);

    if (version != NULL && version[0] == major && version[1] == '.')
        return 0;
    *r->fault = fault;
    return hvc_error_set(r->error, -EINVAL, "line %d: %s is %.20s, this server speaks %c.x", node->line, attribute,
                         version == NULL ? "missing" : version, major);
}

/* The one child that an element must have. */
static int only_child(struct reading *r, struct hvc_xml_node *node, const char *name, struct hvc_xml_node **ret_child)
{
    struct hvc_xml_node *child = hvc_xml_element(node->first);

    if (child != NULL && hvc_xml_is(child, "MULTIREQ")) {
        *r->fault = HVC_CIMXML_MULTIPLE_REQUESTS;
        return hvc_cimxml_wrong(r->error, child, "one request at a time");
    }
    if (child == NULL || (name != NULL && !hvc_xml_is(child, name)) || hvc_xml_element(child->next) != NULL)
        return hvc_error_set(r->error, -EINVAL, "line %d: <%.60s>: one element%s%s must stand in it", node->line,
                             node->name, name == NULL ? "" : " ", name == NULL ? "" : name);
    *ret_child = child;
    return 0;
}

static int read_frame(struct reading *r, struct hvc_xml_node *root)
{
    struct hvc_xml_node *message = NULL;
    struct hvc_xml_node *simple = NULL;
    struct hvc_xml_node *call = NULL;
    const char *id = NULL;
    int rc;

    if (!hvc_xml_is(root, "CIM"))
        return hvc_cimxml_wrong(r->error, root, "the document is no <CIM>");
    rc = check_version(r, root, "CIMVERSION", '2', HVC_CIMXML_UNSUPPORTED_CIM_VERSION);
    if (rc == 0)
        rc = check_version(r, root, "DTDVERSION", '2', HVC_CIMXML_UNSUPPORTED_DTD_VERSION);
    if (rc == 0)
        rc = only_child(r, root, "MESSAGE", &message);
    if (rc == 0)
        rc = check_version(r, message, "PROTOCOLVERSION", '1', HVC_CIMXML_UNSUPPORTED_PROTOCOL_VERSION);
    if (rc == 0)
        rc = hvc_cimxml_want(message, "ID", &id, r->error);
    if (rc == 0 && hvc_text_copy(r->request->id, sizeof(r->request->id), id) < 0)
        rc = hvc_cimxml_wrong(r->error, message, "its ID is too long");
    if (rc == 0)
        rc = only_child(r, message, "SIMPLEREQ", &simple);
    if (rc == 0)
        rc = only_child(r, simple, NULL, &call);
    return rc == 0 ? read_call(r, call) : rc;
}

int hvc_cimxml_read(struct hvc_cim_arena *arena, const char *bytes, size_t length,
                    const struct hvc_cimxml_request **ret_request, enum hvc_cimxml_fault *ret_fault,
                    struct hvc_error *error)
{
    struct reading r = {.arena = arena, .fault = ret_fault, .error = error};
    struct hvc_xml_node *root;
    int rc = hvc_xml_tree_read(arena, bytes, length, &root, error);

    *ret_fault = rc == -EINVAL ? HVC_CIMXML_NOT_WELL_FORMED : HVC_CIMXML_TOO_LARGE;
    if (rc < 0)
        return rc;
    r.request = hvc_cim_alloc(arena, 1, sizeof(*r.request));
    if (r.request == NULL)
        return hvc_cimxml_no_memory(error);
    *ret_fault = HVC_CIMXML_NOT_VALID;
    rc = read_frame(&r, root);
    if (rc == -ENOMEM)
        *ret_fault = HVC_CIMXML_TOO_LARGE;
    if (rc < 0)
        return rc;
    *ret_fault = HVC_CIMXML_FAULT_NONE;
    *ret_request = r.request;
    return 0;
}

int hvc_cimxml_read_instance(struct hvc_cim_arena *arena, const char *text,
                             const struct hvc_cim_instance **ret_instance, struct hvc_error *error)
{
    struct hvc_xml_node *root;
    int rc = hvc_xml_tree_read(arena, text, strlen(text), &root, error);

    if (rc < 0)
        return rc;
    if (!hvc_cimxml_is_instance(root))
        return hvc_cimxml_wrong(error, root, "an embedded instance is an INSTANCE");
    return hvc_cimxml_instance(arena, root, ret_instance, error);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The codec of CIM-XML (DSP0201, DSP0200): bytes of a request to its parts, and the parts of an answer to bytes. Pure;
 * bounded by the arena and the limit of the buffer.
 *
 * What clients send that the standard does not know is taken where it can only mean one thing (PARAMVALUE without a
 * type, an embedded instance that is not escaped, unknown attributes); what goes out is what the strictest of them
 * reads: no element that could be empty is written in the short form, no CDATA, no character references, no VALUE.NULL.
 */
#ifndef HVC_CIMXML_H
#define HVC_CIMXML_H

#include "hvc/cim.h"
#include "hvc/error.h"

#define HVC_CIMXML_PARAMETERS_MAX 64
#define HVC_CIMXML_MESSAGE_ID_MAX 256

enum hvc_cimxml_kind {
    HVC_CIMXML_NOTHING, /* <IPARAMVALUE NAME="x"/>: the default */
    HVC_CIMXML_VALUE,   /* value */
    HVC_CIMXML_CLASS_NAME,
    HVC_CIMXML_PATH,
    HVC_CIMXML_INSTANCE,    /* with its path when it has one */
    HVC_CIMXML_DECLARATION, /* a class or a qualifier: nothing here takes one, so it is not read further */
};

struct hvc_cimxml_parameter {
    const char *name;
    uint8_t kind;                    /* enum hvc_cimxml_kind */
    bool typed;                      /* value.type was said; else it is a string that has to become what it must */
    struct hvc_cim_value value;      /* VALUE, and PATH as a reference */
    const char *class_name;          /* CLASS_NAME */
    const struct hvc_cim_path *path; /* PATH */
    const struct hvc_cim_instance *instance;
};

struct hvc_cimxml_request {
    char id[HVC_CIMXML_MESSAGE_ID_MAX];
    bool intrinsic; /* IMETHODCALL; else METHODCALL */
    const char *method;
    const char *space;               /* "root/HyperVCluster/v2" as the client spells it */
    const struct hvc_cim_path *path; /* of a METHODCALL: an instance, or a class (no keys) */
    struct hvc_cimxml_parameter parameters[HVC_CIMXML_PARAMETERS_MAX];
    uint32_t parameter_count;
    const char *twice; /* a parameter that stands there more than once, NULL: none. DSP0200: an error of CIM */
};

/* What an HTTP header CIMError says of a request that cannot be answered by CIM-XML (DSP0200 7.3). */
enum hvc_cimxml_fault {
    HVC_CIMXML_FAULT_NONE,
    HVC_CIMXML_NOT_WELL_FORMED,
    HVC_CIMXML_NOT_VALID,
    HVC_CIMXML_UNSUPPORTED_CIM_VERSION,
    HVC_CIMXML_UNSUPPORTED_DTD_VERSION,
    HVC_CIMXML_UNSUPPORTED_PROTOCOL_VERSION,
    HVC_CIMXML_MULTIPLE_REQUESTS,
    HVC_CIMXML_TOO_LARGE,
};
const char *hvc_cimxml_fault_name(unsigned fault); /* "request-not-well-formed" */

/* 0 and *ret_request in the arena. -EINVAL, -E2BIG or -ENOMEM with words and *ret_fault. */
int hvc_cimxml_read(struct hvc_cim_arena *arena, const char *bytes, size_t length,
                    const struct hvc_cimxml_request **ret_request, enum hvc_cimxml_fault *ret_fault,
                    struct hvc_error *error);

/* NULL: the request has none of that name (compared without case). */
const struct hvc_cimxml_parameter *hvc_cimxml_parameter(const struct hvc_cimxml_request *request, const char *name);

/* An instance from text: what an embedded instance holds, an INSTANCE or a CLASS-less VALUE.NAMEDINSTANCE. */
int hvc_cimxml_read_instance(struct hvc_cim_arena *arena, const char *text,
                             const struct hvc_cim_instance **ret_instance, struct hvc_error *error);

/* ---- writing ---- */

struct hvc_text_buffer;

/* The frame of an answer: begin, then what the result is, then end. */
void hvc_cimxml_begin(struct hvc_text_buffer *out, const struct hvc_cimxml_request *request);
void hvc_cimxml_end(struct hvc_text_buffer *out, const struct hvc_cimxml_request *request);

/* In the frame: an error alone. Of an intrinsic method: what it returns between these two, then its out-parameters. */
void hvc_cimxml_error(struct hvc_text_buffer *out, unsigned status, const char *description);
void hvc_cimxml_return_begin(struct hvc_text_buffer *out);
void hvc_cimxml_return_end(struct hvc_text_buffer *out);

/* Of an extrinsic method: what it returns, then each out-parameter that is not NULL. */
void hvc_cimxml_return_value(struct hvc_text_buffer *out, const struct hvc_cim_value *value);
/* embedded: the value's text is an instance. */
void hvc_cimxml_out_parameter(struct hvc_text_buffer *out, const char *name, const struct hvc_cim_value *value,
                              bool embedded);

enum { /* of an instance or a class */
       HVC_CIMXML_QUALIFIERS = 1,
       HVC_CIMXML_ORIGIN = 2,
       HVC_CIMXML_LOCAL_ONLY = 4,
};

/* Which properties; NULL list: all. */
struct hvc_cimxml_shape {
    unsigned flags;
    const char *const *properties;
    uint32_t property_count;
};

void hvc_cimxml_put_value(struct hvc_text_buffer *out, const struct hvc_cim_value *value);
void hvc_cimxml_put_instance(struct hvc_text_buffer *out, const struct hvc_cim_instance *instance,
                             const struct hvc_cimxml_shape *shape);

/* For an answer with many instances: what stands around the values is the same in all of a class, and is put together
 * once for those that follow each other. The bytes are those of hvc_cimxml_put_instance. NULL: no memory. */
struct hvc_cimxml_frame;
struct hvc_cimxml_frame *hvc_cimxml_frame_new(const struct hvc_cimxml_shape *shape); /* copied; its list is not */
void hvc_cimxml_frame_free(struct hvc_cimxml_frame *frame);                          /* NULL is allowed */
void hvc_cimxml_put_framed(struct hvc_text_buffer *out, const struct hvc_cim_instance *instance,
                           struct hvc_cimxml_frame *frame);

/* <INSTANCENAME>, <INSTANCEPATH> (host and namespace), <LOCALINSTANCEPATH>, or of a class <CLASSNAME> ... */
void hvc_cimxml_put_instance_name(struct hvc_text_buffer *out, const struct hvc_cim_path *path);
void hvc_cimxml_put_path(struct hvc_text_buffer *out, const struct hvc_cim_path *path, const char *host);
void hvc_cimxml_put_class(struct hvc_text_buffer *out, const struct hvc_schema_class *cls,
                          const struct hvc_cimxml_shape *shape);
void hvc_cimxml_put_qualifier_type(struct hvc_text_buffer *out, const struct hvc_schema_qualifier_type *type);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The CIM schema as C tables: what mof/compiler makes of the MOF files at build time. One object a namespace;
 * everything in it is constant and lives as long as the process.
 *
 * A class table is complete: properties and methods of all ancestors stand in it, the ancestors' first, with qualifiers
 * as they hold here (DSP0004 5.6.3: overriding and flavours applied). Names compare without case (DSP0004 5.1.2.1...).
 * Texts are UTF-8.
 */
#ifndef HVC_SCHEMA_H
#define HVC_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hvc_cim_type {
    HVC_CIM_BOOLEAN,
    HVC_CIM_UINT8,
    HVC_CIM_SINT8,
    HVC_CIM_UINT16,
    HVC_CIM_SINT16,
    HVC_CIM_UINT32,
    HVC_CIM_SINT32,
    HVC_CIM_UINT64,
    HVC_CIM_SINT64,
    HVC_CIM_REAL32,
    HVC_CIM_REAL64,
    HVC_CIM_CHAR16,
    HVC_CIM_STRING,
    HVC_CIM_DATETIME,
    HVC_CIM_REFERENCE,
    HVC_CIM_TYPE_COUNT
};
const char *hvc_cim_type_name(unsigned type); /* "uint16", "reference"; "invalid" outside the enum */

enum { /* flavours of a qualifier that differ from the defaults (overridable, to subclass) */
       HVC_SCHEMA_DISABLE_OVERRIDE = 1,
       HVC_SCHEMA_RESTRICTED = 2,
       HVC_SCHEMA_TRANSLATABLE = 4,
};

/* Values are in the text form of CIM-XML: TRUE, 5, the text of a string. count 0: no value. */
struct hvc_schema_values {
    const char *const *text;
    uint16_t count;
};

struct hvc_schema_qualifier {
    const char *name;
    uint8_t type; /* enum hvc_cim_type */
    bool array;
    uint8_t flavor;
    bool propagated; /* from an ancestor, not written here */
    struct hvc_schema_values value;
};

enum {
    HVC_SCHEMA_KEY = 1,
    HVC_SCHEMA_WRITE = 2, /* Write(true): ModifyInstance may change it */
    HVC_SCHEMA_ARRAY = 4,
    HVC_SCHEMA_LOCAL = 8, /* written in this class, new or overriding; else it is propagated */
    HVC_SCHEMA_HAS_DEFAULT = 16,
    HVC_SCHEMA_IN = 32, /* of parameters */
    HVC_SCHEMA_OUT = 64,
    HVC_SCHEMA_REQUIRED = 128,
    HVC_SCHEMA_EMBEDDED_OBJECT = 256, /* any instance or class as text */
};

/* A property, or a parameter of a method. */
struct hvc_schema_element {
    const char *name;
    const char *origin;  /* class that introduced it; NULL for a parameter */
    const char *target;  /* class of a reference or of an embedded instance, else NULL */
    uint8_t type;        /* an embedded instance is a string with a target */
    uint16_t flags;      /* HVC_SCHEMA_* above */
    uint16_t array_size; /* 0: not bounded */
    struct hvc_schema_values initial;
    const struct hvc_schema_qualifier *qualifiers;
    uint16_t qualifier_count;
};

struct hvc_cim_method_call;
/* Carries out a method. Declared here for the tables; the layer that calls it defines what the call is. */
typedef void (*hvc_cim_method_fn)(struct hvc_cim_method_call *call);

struct hvc_schema_method {
    const char *name;
    const char *origin;
    uint8_t type;
    uint16_t flags; /* LOCAL */
    const struct hvc_schema_element *parameters;
    uint16_t parameter_count;
    const struct hvc_schema_qualifier *qualifiers;
    uint16_t qualifier_count;
    hvc_cim_method_fn function; /* NULL: declared, not implemented here (no Implemented qualifier) */
};

enum {
    HVC_SCHEMA_ABSTRACT = 1,
    HVC_SCHEMA_ASSOCIATION = 2,
    HVC_SCHEMA_INDICATION = 4,
};

struct hvc_cim_provider; /* gives the instances of a class; defined by the layer that asks it */

struct hvc_schema_class {
    const char *name;
    const struct hvc_schema_class *super; /* NULL: a root */
    uint16_t flags;
    const struct hvc_schema_element *properties;
    uint16_t property_count;
    const struct hvc_schema_method *methods;
    uint16_t method_count;
    const struct hvc_schema_qualifier *qualifiers;
    uint16_t qualifier_count;
    const struct hvc_cim_provider *provider; /* NULL: no instances of its own */
};

/* Where a qualifier may stand (DSP0004 5.6.1.4). */
enum {
    HVC_SCOPE_CLASS = 1,
    HVC_SCOPE_ASSOCIATION = 2,
    HVC_SCOPE_INDICATION = 4,
    HVC_SCOPE_PROPERTY = 8,
    HVC_SCOPE_REFERENCE = 16,
    HVC_SCOPE_METHOD = 32,
    HVC_SCOPE_PARAMETER = 64,
    HVC_SCOPE_ANY = 127,
};

struct hvc_schema_qualifier_type {
    const char *name;
    uint8_t type;
    bool array;
    uint8_t scope, flavor;
    struct hvc_schema_values initial;
};

struct hvc_schema_namespace {
    const char *name;                              /* "root/HyperVCluster/v2" */
    const struct hvc_schema_class *const *classes; /* by name, without case */
    uint16_t class_count;
    const struct hvc_schema_qualifier_type *qualifier_types; /* by name, without case */
    uint16_t qualifier_type_count;
};

/* Order of names without case (ASCII): <0, 0, >0. */
int hvc_schema_compare(const char *a, const char *b);

/* NULL: there is none. */
const struct hvc_schema_class *hvc_schema_class_find(const struct hvc_schema_namespace *space, const char *name);
const struct hvc_schema_element *hvc_schema_property_find(const struct hvc_schema_class *cls, const char *name);
const struct hvc_schema_method *hvc_schema_method_find(const struct hvc_schema_class *cls, const char *name);
const struct hvc_schema_element *hvc_schema_parameter_find(const struct hvc_schema_method *method, const char *name);
const struct hvc_schema_qualifier *hvc_schema_qualifier_find(const struct hvc_schema_qualifier *list, uint16_t count,
                                                             const char *name);
const struct hvc_schema_qualifier_type *hvc_schema_qualifier_type_find(const struct hvc_schema_namespace *space,
                                                                       const char *name);

/* True when cls is the class of that name or has it among its ancestors. */
bool hvc_schema_is_a(const struct hvc_schema_class *cls, const char *name);

#endif

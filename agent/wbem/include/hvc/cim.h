/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values, paths and instances of CIM as the operation layer and its codecs hand them to each other. Pure.
 *
 * Values are kept in the text form of CIM-XML ("TRUE", "-5", the text of a string, a datetime of 25 characters),
 * checked against their type when they come in; so a codec copies, and a provider converts only what it needs.
 *
 * Ownership  everything of one request lies in its arena and goes with it. Texts handed in are not copied: they live in
 *            the arena, in the schema, or as long as the request.
 * Errors     an arena that is full (or a system without memory) gives NULL; hvc_cim_arena_failed then says so, and
 * every function below passes NULL on, so that one look at the end of a chain is enough.
 */
#ifndef HVC_CIM_H
#define HVC_CIM_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hvc/schema.h"

/* CIM status codes of an operation (DSP0200 5.2.6.1 ff.). 0: no error. */
enum hvc_cim_status {
    HVC_CIM_OK = 0,
    HVC_CIM_FAILED = 1,
    HVC_CIM_ACCESS_DENIED = 2,
    HVC_CIM_INVALID_NAMESPACE = 3,
    HVC_CIM_INVALID_PARAMETER = 4,
    HVC_CIM_INVALID_CLASS = 5,
    HVC_CIM_NOT_FOUND = 6,
    HVC_CIM_NOT_SUPPORTED = 7,
    HVC_CIM_NO_SUCH_PROPERTY = 12,
    HVC_CIM_TYPE_MISMATCH = 13,
    HVC_CIM_QUERY_LANGUAGE_NOT_SUPPORTED = 14,
    HVC_CIM_INVALID_QUERY = 15,
    HVC_CIM_METHOD_NOT_AVAILABLE = 16,
    HVC_CIM_METHOD_NOT_FOUND = 17,
    HVC_CIM_INVALID_ENUMERATION_CONTEXT = 21,
    HVC_CIM_INVALID_OPERATION_TIMEOUT = 22,
    HVC_CIM_PULL_HAS_BEEN_ABANDONED = 23,
    HVC_CIM_PULL_CANNOT_BE_ABANDONED = 24,
    HVC_CIM_FILTERED_ENUMERATION_NOT_SUPPORTED = 25,
    HVC_CIM_CONTINUATION_ON_ERROR_NOT_SUPPORTED = 26,
    HVC_CIM_SERVER_LIMITS_EXCEEDED = 27,
    HVC_CIM_SERVER_IS_SHUTTING_DOWN = 28,
};

/* ---- memory ---- */

struct hvc_cim_arena;

/* limit: bytes in all. NULL: no memory. */
struct hvc_cim_arena *hvc_cim_arena_new(size_t limit);
void hvc_cim_arena_free(struct hvc_cim_arena *arena); /* NULL is allowed */
/* Zeroed, aligned for anything. NULL and failed from then on when it does not fit. */
void *hvc_cim_alloc(struct hvc_cim_arena *arena, size_t count, size_t size);
char *hvc_cim_copy(struct hvc_cim_arena *arena, const char *text, size_t length);
char *hvc_cim_format(struct hvc_cim_arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool hvc_cim_arena_failed(const struct hvc_cim_arena *arena);
/* release(context) is called when the arena is freed: for what texts in it point to. False: no memory, nothing is kept.
 */
bool hvc_cim_arena_attach(struct hvc_cim_arena *arena, void (*release)(void *context), void *context);

/* ---- values ---- */

struct hvc_cim_path;

struct hvc_cim_value {
    uint8_t type; /* enum hvc_cim_type */
    bool array;
    bool null;
    uint32_t count;                   /* of array; else 1 */
    const char **text;                /* of a reference: what came as text, or NULL */
    const struct hvc_cim_path **path; /* of a reference; one whose text is no path is NULL */
};

/* What the text of one value must look like. A number in any form of DSP0201 (decimal, hexadecimal, sign) is brought
 * into decimal form: *ret_text is text itself or lies in the arena. -EINVAL: not of that type; -ENOMEM. */
int hvc_cim_check_text(struct hvc_cim_arena *arena, uint8_t type, const char *text, const char **ret_text);

/* Single values; a NULL text gives a null string. */
struct hvc_cim_value *hvc_cim_null(struct hvc_cim_arena *arena, uint8_t type, bool array);
struct hvc_cim_value *hvc_cim_text(struct hvc_cim_arena *arena, const char *text);
struct hvc_cim_value *hvc_cim_number(struct hvc_cim_arena *arena, uint8_t type, uint64_t number);
struct hvc_cim_value *hvc_cim_boolean(struct hvc_cim_arena *arena, bool yes);
struct hvc_cim_value *hvc_cim_reference(struct hvc_cim_arena *arena, const struct hvc_cim_path *path);
/* Milliseconds since 1970 as a point in time, in UTC; and as an interval. */
struct hvc_cim_value *hvc_cim_time(struct hvc_cim_arena *arena, uint64_t ms);
struct hvc_cim_value *hvc_cim_interval(struct hvc_cim_arena *arena, uint64_t ms);
/* Arrays of count entries. */
struct hvc_cim_value *hvc_cim_texts(struct hvc_cim_arena *arena, const char *const *texts, uint32_t count);
struct hvc_cim_value *hvc_cim_numbers(struct hvc_cim_arena *arena, uint8_t type, const uint64_t *numbers,
                                      uint32_t count);

/* ---- paths ---- */

struct hvc_cim_key {
    const char *name;
    uint8_t type;                    /* boolean, uint64 or sint64 (a number), string, reference */
    const char *text;                /* not of a reference */
    const struct hvc_cim_path *path; /* of a reference */
};

struct hvc_cim_path {
    const char *host;  /* NULL: none */
    const char *space; /* "root/HyperVCluster/v2", NULL: none */
    const char *class_name;
    const struct hvc_cim_key *keys; /* in any order; names without case */
    uint32_t key_count;             /* 0: a class */
};

const struct hvc_cim_key *hvc_cim_key(const struct hvc_cim_path *path, const char *name); /* NULL: it has none */
/* Same class and same keys; host and namespace are not compared. Texts of keys compare as they are. */
bool hvc_cim_path_is(const struct hvc_cim_path *a, const struct hvc_cim_path *b);
/* root/x:Class.Key="value",Other=5 (the WBEM URI of DSP0207 without scheme and host), keys by name. NULL: no memory. */
/* A name as DSP0004 5.1.2.1 allows for classes, properties and roles. */
bool hvc_cim_is_name(const char *text);
char *hvc_cim_path_text(struct hvc_cim_arena *arena, const struct hvc_cim_path *path);

/* The same, and as WMI writes it (\\HOST\root\x:Class.Key="value"). -EINVAL: it is no such text; -ENOMEM. */
int hvc_cim_path_read(struct hvc_cim_arena *arena, const char *text, const struct hvc_cim_path **ret_path);

/* ---- instances ---- */

/* Of an instance that came from a client. */
struct hvc_cim_property {
    const char *name;
    const struct hvc_cim_value *value; /* never NULL */
};

struct hvc_cim_instance {
    const char *class_name;
    const struct hvc_schema_class *cls;  /* NULL: it came from a client, not looked up yet */
    const struct hvc_cim_path *path;     /* NULL: none */
    const struct hvc_cim_value **values; /* of a class: one for each of its properties; NULL: not set */
    struct hvc_cim_property *properties; /* from a client: as they came */
    uint32_t property_count;
};

/* An instance of the class, no property is set. */
struct hvc_cim_instance *hvc_cim_instance_new(struct hvc_cim_arena *arena, const struct hvc_schema_class *cls);
/* Sets a property of its class. False: the class has none of that name, the value is not of its type, or is NULL (no
 * memory): a mistake of the provider, or memory. */
bool hvc_cim_set(struct hvc_cim_instance *instance, const char *name, const struct hvc_cim_value *value);
const struct hvc_cim_value *hvc_cim_get(const struct hvc_cim_instance *instance, const char *name); /* NULL: not set */
/* Its path from the values of its keys. NULL: one is not set or null, or no memory. */
const struct hvc_cim_path *hvc_cim_instance_path(struct hvc_cim_arena *arena, const struct hvc_cim_instance *instance,
                                                 const char *space);

#endif

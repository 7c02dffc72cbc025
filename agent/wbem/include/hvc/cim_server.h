/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The operations of CIM over the schema's tables and the providers of instances. Pure: a shell brings the request, the
 * time and the facts, and carries out what is ordered.
 *
 *   hvc_cim_prepare   which facts the answer needs (or the answer at once, when the request is wrong)
 *   hvc_cim_perform   the answer from the facts; of a change: the orders that the shell carries out before it answers
 *
 * Ownership  everything of one call lies in its arena. An enumeration that is left open keeps the arena of its call:
 *            hvc_cim_call.kept says that the shell must not free it.
 * Threads    any, but for the open enumerations, which the server holds: of the calls that are hvc_cim_is_pulled one
 *            at a time prepares, and one at a time performs and writes its result, in which an enumeration lies that
 *            others may end.
 */
#ifndef HVC_CIM_SERVER_H
#define HVC_CIM_SERVER_H

#include "hvc/cimxml.h"

/* ---- providers: instances of the classes that name them ---- */

struct hvc_cim_ask {
    struct hvc_cim_arena *arena;
    const struct hvc_schema_namespace *space;
    const struct hvc_schema_class *cls;
    const void *facts;                 /* their shape is the providers' business */
    const struct hvc_cim_path *wanted; /* not NULL: instances with another path may be left out */
    const struct hvc_cim_path *end;    /* not NULL: associations that do not refer to it may be left out */
    struct hvc_cim_instance **instances;
    uint32_t count, room;
    bool failed; /* no memory, or a value that does not fit its property */
};

/* A new instance among the answers; NULL: no memory. */
struct hvc_cim_instance *hvc_cim_ask_add(struct hvc_cim_ask *ask);
/* hvc_cim_set that is remembered when it fails. */
void hvc_cim_ask_set(struct hvc_cim_ask *ask, struct hvc_cim_instance *instance, const char *name,
                     const struct hvc_cim_value *value);
/* False: an instance whose key has this text is not wanted. */
bool hvc_cim_ask_wants(const struct hvc_cim_ask *ask, const char *key, const char *text);

#define HVC_CIM_ORDER_ARGUMENTS_MAX 20

enum hvc_cim_order_type { HVC_CIM_ORDER_TEXT, HVC_CIM_ORDER_NUMBER, HVC_CIM_ORDER_FLAG };

/* One request to hvclusterd. */
struct hvc_cim_order {
    const char *operation;
    bool asks; /* it changes nothing */
    struct {
        const char *name, *text; /* a number in decimal, a flag as "yes" or "no" */
        uint8_t type;            /* enum hvc_cim_order_type */
    } arguments[HVC_CIM_ORDER_ARGUMENTS_MAX];
};

#define HVC_CIM_ORDERS_MAX 16

struct hvc_cim_change {
    struct hvc_cim_arena *arena;
    const struct hvc_schema_namespace *space;
    const struct hvc_cim_instance *instance; /* as it is */
    const struct hvc_schema_element *element;
    const struct hvc_cim_value *value; /* of the element's type, may be null */
};

struct hvc_cim_provider {
    uint32_t needs; /* bits of facts */
    /* What of the facts suffices for the instance of this path, said in the empty facts; NULL: all that it needs. */
    void (*narrow)(const struct hvc_cim_path *path, void *facts);
    /* NULL: not built; why says so to the client. */
    void (*enumerate)(struct hvc_cim_ask *ask);
    const char *why;
    /* The order that makes the change; NULL: nothing of it can be changed. An empty order (no operation): why. */
    struct hvc_cim_order (*modify)(const struct hvc_cim_change *change, const char **ret_why);
};

/* ---- the server ---- */

struct hvc_cim_server_options {
    const struct hvc_schema_namespace *const *spaces;
    uint32_t space_count;
    const char *host;       /* for paths with a host */
    uint32_t open_max;      /* open enumerations at one time */
    uint32_t idle_max_s;    /* longest time between two pulls that a client may ask for */
    uint32_t idle_s;        /* when it does not say */
    uint64_t context_start; /* number of the first enumeration: not to be guessed */
};

struct hvc_cim_server;

/* NULL: no memory. options and what they name outlive it. */
struct hvc_cim_server *hvc_cim_server_new(const struct hvc_cim_server_options *options);
void hvc_cim_server_free(struct hvc_cim_server *server);

/* What is answered; hvc_cim_result_write makes CIM-XML of it. */
enum hvc_cim_result_kind {
    HVC_CIM_RESULT_NOTHING,
    HVC_CIM_RESULT_INSTANCE,
    HVC_CIM_RESULT_NAMED_INSTANCES,
    HVC_CIM_RESULT_INSTANCE_NAMES,
    HVC_CIM_RESULT_OBJECTS, /* instances with their paths */
    HVC_CIM_RESULT_PATHS,
    HVC_CIM_RESULT_PULLED_INSTANCES,
    HVC_CIM_RESULT_PULLED_PATHS,
    HVC_CIM_RESULT_CLASSES,
    HVC_CIM_RESULT_CLASS_NAMES,
    HVC_CIM_RESULT_CLASS_OBJECTS, /* classes with their paths */
    HVC_CIM_RESULT_CLASS_PATHS,
    HVC_CIM_RESULT_QUALIFIERS,
    HVC_CIM_RESULT_METHOD, /* of hvc_cim_call.method */
};

struct hvc_cim_result {
    enum hvc_cim_status status;
    const char *words; /* of an error */
    enum hvc_cim_result_kind kind;
    const struct hvc_cim_instance *const *instances; /* each with its path */
    const struct hvc_schema_class *const *classes;
    const char *space; /* of classes with their paths */
    const struct hvc_schema_qualifier_type *qualifiers;
    uint32_t count;
    struct hvc_cimxml_shape shape;
    const char *context; /* of an enumeration that goes on; NULL: it is at its end */
};

struct hvc_cim_method_call;
struct hvc_cim_order_answer;

struct hvc_cim_call {
    struct hvc_cim_server *server;
    struct hvc_cim_arena *arena;
    const struct hvc_cimxml_request *request;
    uint64_t now_ms;
    void *wanted_facts; /* empty, for providers to narrow; NULL: nothing is narrowed */
    const void *facts;
    uint32_t facts_missing;    /* bits of facts that could not be had */
    const char *missing_words; /* why */
    struct hvc_cim_result result;
    struct hvc_cim_order orders[HVC_CIM_ORDERS_MAX];
    uint32_t order_count;
    struct hvc_cim_method_call *method; /* of an extrinsic request (hvc/cim_method.h); NULL: none */
    bool kept;                          /* the arena belongs to an enumeration that was left open */
    struct hvc_cim_arena *adopted; /* of an enumeration that has come to its end: freed after the answer is written */
};

/* Bits of the facts that are needed. 0 also when call->result holds an error already. */
uint32_t hvc_cim_prepare(struct hvc_cim_call *call);
void hvc_cim_perform(struct hvc_cim_call *call);
/* Of a method that gave orders: the answers to those that were tried, until one failed. */
void hvc_cim_complete(struct hvc_cim_call *call, const struct hvc_cim_order_answer *answers, uint32_t count);
/* True: it changes something (a role that may only read is refused before it is prepared). */
bool hvc_cim_is_change(const struct hvc_cimxml_request *request);
/* True: it opens, pulls or closes an enumeration. */
bool hvc_cim_is_pulled(const struct hvc_cimxml_request *request);
/* An error in place of what the call has answered so far. */
void hvc_cim_fail(struct hvc_cim_call *call, enum hvc_cim_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The answer as CIM-XML, frame and all. */
void hvc_cim_result_write(const struct hvc_cim_call *call, struct hvc_text_buffer *out);

#endif

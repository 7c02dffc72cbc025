/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the operations share. */
#ifndef HVC_WBEM_OPERATION_H
#define HVC_WBEM_OPERATION_H

#include "hvc/cim_server.h"

/* An operation: what it needs, and how it is answered. Both fail the call when the request is wrong. */
struct hvc_cim_operation {
    const char *name;
    uint32_t (*prepare)(struct hvc_cim_call *call);
    void (*perform)(struct hvc_cim_call *call);
    bool change;
    const char *parameters; /* that it takes, blank-separated; any other one is refused */
};

/* Parameters that many operations have. IncludeQualifiers and LocalOnly may be left unheeded for instances. */
#define HVC_CIM_SHAPES      "IncludeQualifiers IncludeClassOrigin PropertyList"
#define HVC_CIM_REFERENCES  "ResultClass Role"
#define HVC_CIM_ASSOCIATORS "AssocClass ResultClass Role ResultRole"

struct hvc_cim_operations {
    const struct hvc_cim_operation *rows;
    uint32_t count;
};
extern const struct hvc_cim_operations hvc_cim_class_operations;
extern const struct hvc_cim_operations hvc_cim_instance_operations;
extern const struct hvc_cim_operations hvc_cim_association_operations;
extern const struct hvc_cim_operations hvc_cim_query_operations;
extern const struct hvc_cim_operations hvc_cim_pull_operations;

const struct hvc_cim_server_options *hvc_cim_options(const struct hvc_cim_server *server);

static inline bool hvc_cim_failed(const struct hvc_cim_call *call)
{
    return call->result.status != HVC_CIM_OK;
}

/* ---- what a request says; each fails the call and returns its default when the parameter has another shape ---- */

bool hvc_cim_flag(struct hvc_cim_call *call, const char *name, bool otherwise);
uint64_t hvc_cim_count(struct hvc_cim_call *call, const char *name, uint64_t otherwise);
/* NULL: not given, or null. */
const char *hvc_cim_string(struct hvc_cim_call *call, const char *name);
const char *hvc_cim_class_name(struct hvc_cim_call *call, const char *name);
const struct hvc_cim_path *hvc_cim_object(struct hvc_cim_call *call, const char *name);
void hvc_cim_property_list(struct hvc_cim_call *call);
/* IncludeQualifiers and IncludeClassOrigin. */
void hvc_cim_shape_flags(struct hvc_cim_call *call, bool qualifiers);

/* Of the request; NULL and failed: there is none of that name. */
const struct hvc_schema_namespace *hvc_cim_space(struct hvc_cim_call *call);
const struct hvc_schema_namespace *hvc_cim_space_find(const struct hvc_cim_server *server, const char *name);
/* otherwise: the status of this operation when there is no such class (DSP0200 names one for each). */
const struct hvc_schema_class *hvc_cim_class(struct hvc_cim_call *call, const struct hvc_schema_namespace *space,
                                             const char *name, enum hvc_cim_status otherwise);

/* ---- instances ---- */

struct hvc_cim_list {
    const struct hvc_cim_instance **instances;
    uint32_t count, room;
};

/* Bits of facts of a class and those below it. */
uint32_t hvc_cim_needs(const struct hvc_schema_namespace *space, const char *class_name);
/* Adds the instances of one class (not of those below it), each with its path. wanted, end: see struct hvc_cim_ask;
 * NULL: no bound. Fails the call when a fact is missing or memory is. */
void hvc_cim_collect(struct hvc_cim_call *call, const struct hvc_schema_namespace *space,
                     const struct hvc_schema_class *cls, const struct hvc_cim_path *wanted,
                     const struct hvc_cim_path *end, struct hvc_cim_list *list);
/* The same with all classes below it. A class that is not built fails the call when it was named itself. */
void hvc_cim_collect_deep(struct hvc_cim_call *call, const struct hvc_schema_namespace *space, const char *class_name,
                          struct hvc_cim_list *list);
/* Checks the path's keys against its class. False and failed: it names nothing that could be. */
bool hvc_cim_check_path(struct hvc_cim_call *call, const struct hvc_schema_namespace *space,
                        const struct hvc_cim_path *path);
/* NULL: there is none (or the call has failed). */
const struct hvc_cim_instance *hvc_cim_find(struct hvc_cim_call *call, const struct hvc_schema_namespace *space,
                                            const struct hvc_cim_path *path);
void hvc_cim_answer(struct hvc_cim_call *call, enum hvc_cim_result_kind kind, const struct hvc_cim_list *list);
void hvc_cim_list_add(struct hvc_cim_call *call, struct hvc_cim_list *list, const struct hvc_cim_instance *instance);

/* The value in the form that the element has, in the arena. False: it is not of that type. Of a reference that came as
 * text and cannot be read the path is NULL. */
bool hvc_cim_value_as(struct hvc_cim_arena *arena, const struct hvc_schema_element *element,
                      const struct hvc_cim_value *from, const struct hvc_cim_value **ret_value);

/* Of op_method.c. */
uint32_t hvc_cim_prepare_method(struct hvc_cim_call *call);
void hvc_cim_perform_method(struct hvc_cim_call *call);

/* Of op_instance.c and op_association.c, for the enumerations that are pulled. */
uint32_t hvc_cim_prepare_enumerate(struct hvc_cim_call *call);
void hvc_cim_perform_enumerate(struct hvc_cim_call *call, enum hvc_cim_result_kind kind);
uint32_t hvc_cim_prepare_associated(struct hvc_cim_call *call);
void hvc_cim_perform_associated(struct hvc_cim_call *call, bool references, enum hvc_cim_result_kind kind);

/* ---- open enumerations ---- */

struct hvc_cim_enumeration {
    uint64_t number; /* 0: free */
    uint64_t until_ms, idle_ms;
    struct hvc_cim_arena *arena; /* of the call that opened it */
    struct hvc_cim_result result;
    uint32_t at;
};
struct hvc_cim_enumeration *hvc_cim_enumerations(struct hvc_cim_server *server);
uint64_t hvc_cim_next_number(struct hvc_cim_server *server);

#endif

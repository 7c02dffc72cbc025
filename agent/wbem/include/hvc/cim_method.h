/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Extrinsic methods. The schema names a C function for each method that is Implemented; it says what it is, and nothing
 * more. Pure: parameters and facts become a return value, or orders, and their answers a return value.
 *
 *     static const struct hvc_cim_method start = {.needs = ..., .perform = perform_start, .complete = take_answer};
 *     void hvc_method_migration_service_StartService(struct hvc_cim_method_call *call) { call->is = &start; }
 */
#ifndef HVC_CIM_METHOD_H
#define HVC_CIM_METHOD_H

#include "hvc/cim_server.h"

struct hvc_record;

/* What hvclusterd said to an order. */
struct hvc_cim_order_answer {
    unsigned result;               /* enum hvc_result */
    const char *words;             /* never NULL */
    const struct hvc_record *data; /* NULL: none */
};

struct hvc_cim_argument {
    const struct hvc_cim_value *value;       /* of the parameter's type; NULL: not given, or null */
    const struct hvc_cim_instance *instance; /* a client that put an INSTANCE where its text belongs; else NULL */
};

struct hvc_cim_method {
    uint32_t needs; /* bits of facts beside those of the instance */
    uint8_t codes;  /* of the methods: which table its return values are from */
    /* Says the return value, or adds orders. */
    void (*perform)(struct hvc_cim_method_call *call);
    /* After orders: how they ended, as many as were tried; the last one may have failed. */
    void (*complete)(struct hvc_cim_method_call *call, const struct hvc_cim_order_answer *answers, uint32_t count);
};

struct hvc_cim_method_call {
    const struct hvc_cim_method *is; /* by the method's function */
    struct hvc_cim_arena *arena;
    const struct hvc_schema_namespace *space;
    const struct hvc_schema_class *cls;
    const struct hvc_schema_method *method;
    const struct hvc_cim_instance *instance; /* whose method it is, as it is now */
    const struct hvc_cim_argument *in;       /* one a parameter, in the order of the schema */
    const void *facts;
    void *own; /* of the method, from perform to complete */

    const struct hvc_cim_value **out; /* one a parameter; NULL: not told */
    uint32_t value;
    const char *words;         /* why it is not 0 or 4096, for the log and the header Warning; NULL: nothing to say */
    enum hvc_cim_status fault; /* not OK: an error of CIM in place of all that, with these words */
    struct hvc_cim_order orders[HVC_CIM_ORDERS_MAX];
    uint32_t order_count;
};

/* By name, without case. The method has it: a name that it has not gives NULL and nothing is told. */
const struct hvc_cim_argument *hvc_cim_method_in(const struct hvc_cim_method_call *call, const char *name);
void hvc_cim_method_out(struct hvc_cim_method_call *call, const char *name, const struct hvc_cim_value *value);

/* NULL: there are as many as one request may have, the call has failed with words. */
struct hvc_cim_order *hvc_cim_method_order(struct hvc_cim_method_call *call, const char *operation);
/* A NULL text adds nothing. */
void hvc_cim_order_text(struct hvc_cim_order *order, const char *name, const char *text);
void hvc_cim_order_number(struct hvc_cim_order *order, struct hvc_cim_arena *arena, const char *name, uint64_t number);
void hvc_cim_order_flag(struct hvc_cim_order *order, const char *name, bool yes);

#endif

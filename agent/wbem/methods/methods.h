/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the methods share: return values, the objects that parameters name, embedded instances. */
#ifndef HVC_WBEM_METHODS_H
#define HVC_WBEM_METHODS_H

#include "build.h"
#include "hvc/cim_method.h"
#include "hvc/results.h"

/* ---- return values ---- */

enum codes {                /* which numbers a method returns (methods.md 0.1) */
             CODES_SERVICE, /* 0; anything else is an error of CIM */
             CODES_STATE,   /* CIM_EnabledLogicalElement.RequestStateChange */
             CODES_MS,      /* 32768... */
             CODES_CIM,     /* 1 to 6 */
             CODES_KILL,    /* CIM_Job.KillJob */
             CODES_COUNT
};

enum situation {
    SITUATION_OK,
    SITUATION_FAILED,
    SITUATION_DENIED,
    SITUATION_UNSUPPORTED,
    SITUATION_UNPROVEN, /* it may have been done */
    SITUATION_TIMEOUT,
    SITUATION_INVALID,
    SITUATION_IN_USE,
    SITUATION_STATE,
    SITUATION_TYPE,         /* an embedded instance of another class, a property of another type */
    SITUATION_AWAY,         /* the target or the cluster cannot be used now */
    SITUATION_NO_TARGET,    /* the cluster has no such host */
    SITUATION_INCOMPATIBLE, /* settings that cannot be carried out here */
    SITUATION_COUNT
};

/* Says the return value and why. */
void refuse(struct hvc_cim_method_call *call, enum situation situation, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool refused(const struct hvc_cim_method_call *call);
enum situation situation_of(unsigned result); /* of enum hvc_result */
/* complete: 0 when every order was carried out, else why the last one was not. */
void take_answers(struct hvc_cim_method_call *call, const struct hvc_cim_order_answer *answers, uint32_t count);
/* complete: 4096 and the job whose number the order was answered with. */
void take_job(struct hvc_cim_method_call *call, const struct hvc_cim_order_answer *answers, uint32_t count);

/* ---- objects ---- */

/* For the helpers of the providers. */
struct hvc_cim_ask ask_of(const struct hvc_cim_method_call *call);
/* Of a parameter; NULL: not given. */
const struct hvc_cim_value *given(const struct hvc_cim_method_call *call, const char *name);
const char *given_text(const struct hvc_cim_method_call *call, const char *name);
/* TimeoutPeriod sets a limit; NULL and an interval of zero do not. */
bool has_timeout(const struct hvc_cim_method_call *call);
/* What its parameter names: a guest that this namespace shows, or a node; the other one is NULL. False and refused:
 * neither. */
bool take_system(struct hvc_cim_method_call *call, const char *name, const struct hvc_facts_guest **ret_guest,
                 const struct hvc_facts_node **ret_node);
const struct hvc_facts_node *node_of(const struct hvc_cim_facts *facts, const char *name);
/* A number behind a prefix, as our InstanceIDs have it. False: it is none. */
bool number_of_id(const char *id, const char *prefix, uint64_t *ret_number);

/* ---- embedded instances ---- */

uint32_t embedded_count(const struct hvc_cim_method_call *call, const char *name);
/* The one at that position, of that class or one below it, its values of the types of its class; what the class does
 * not have is left out. NULL: an empty text, or refused. */
const struct hvc_cim_instance *embedded(struct hvc_cim_method_call *call, const char *name, uint32_t at,
                                        const char *class_name);
/* Of an instance as above; NULL: not set, or null. */
const char *text_of(const struct hvc_cim_instance *instance, const char *name);
uint64_t number_of(const struct hvc_cim_instance *instance, const char *name, uint64_t otherwise);
/* 1, 0, or -1 when it is not said. */
int flag_of(const struct hvc_cim_instance *instance, const char *name);
/* An empty instance to put values into by *ret_ask. NULL: no memory. */
struct hvc_cim_instance *new_instance(const struct hvc_cim_method_call *call, const char *class_name,
                                      struct hvc_cim_ask *ret_ask);
/* The text of an instance as CIM-XML. NULL: no memory. */
const char *instance_text(struct hvc_cim_arena *arena, const struct hvc_cim_instance *instance);

#endif

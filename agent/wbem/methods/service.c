/* SPDX-License-Identifier: GPL-2.0-or-later */
/* StartService, StopService, RequestStateChange: of the cluster the service's state, of a node whether it takes part.
 */
#include <string.h>

#include "methods.h"

void hvc_method_migration_service_StartService(struct hvc_cim_method_call *call);
void hvc_method_migration_service_StopService(struct hvc_cim_method_call *call);
void hvc_method_migration_service_RequestStateChange(struct hvc_cim_method_call *call);
void hvc_method_migration_service_GetProcessorFeatureLimits(struct hvc_cim_method_call *call);

static void order_state(struct hvc_cim_method_call *call, const char *state)
{
    struct hvc_cim_order *order = hvc_cim_method_order(call, "service.set");

    if (order == NULL)
        return;
    hvc_cim_order_text(order, "name", "state");
    hvc_cim_order_text(order, "value", state);
}

static void order_run(struct hvc_cim_method_call *call, bool run)
{
    struct hvc_cim_ask ask = ask_of(call);
    struct hvc_cim_order *order;

    if (is_cluster(&ask)) {
        order_state(call, run ? "enabled" : "disabled");
        return;
    }
    order = hvc_cim_method_order(call, "node.set");
    if (order == NULL)
        return;
    hvc_cim_order_text(order, "node", facts_of(&ask)->node);
    hvc_cim_order_flag(order, "accepting", run);
}

static void start(struct hvc_cim_method_call *call)
{
    order_run(call, true);
}

static void stop(struct hvc_cim_method_call *call)
{
    order_run(call, false);
}

static void request_state(struct hvc_cim_method_call *call)
{
    static const struct {
        const char *number, *state; /* NULL: CIM knows it, this service does not have it */
    } states[] = {{"2", "enabled"}, {"3", "disabled"}, {"9", "quiesce"}, {"4", NULL}, {"6", NULL},
                  {"7", NULL},      {"8", NULL},       {"10", NULL},     {"11", NULL}};
    const char *asked = given_text(call, "RequestedState");
    struct hvc_cim_ask ask = ask_of(call);
    size_t i = 0;

    while (asked != NULL && i < sizeof(states) / sizeof(states[0]) && strcmp(states[i].number, asked) != 0)
        i++;
    if (!is_cluster(&ask))
        refuse(call, SITUATION_UNSUPPORTED, "the state is the cluster's: ask in " CLUSTER_NAMESPACE);
    else if (asked == NULL || i == sizeof(states) / sizeof(states[0]))
        refuse(call, SITUATION_INVALID, "RequestedState %s is none that can be asked for: it takes 2, 3 or 9",
               asked == NULL ? "NULL" : asked);
    else if (states[i].state == NULL)
        refuse(call, SITUATION_UNSUPPORTED, "RequestedState %s is not one of this service: it takes 2, 3 or 9", asked);
    else if (has_timeout(call))
        refuse(call, SITUATION_INCOMPATIBLE, "TimeoutPeriod is not supported: a change is done when it is answered");
    else
        order_state(call, states[i].state);
}

static void feature_limits(struct hvc_cim_method_call *call)
{
    refuse(call, SITUATION_UNSUPPORTED,
           "GetProcessorFeatureLimits is declared without a description: nobody knows "
           "what it shall tell");
}

static const struct hvc_cim_method start_method = {.codes = CODES_SERVICE, .perform = start, .complete = take_answers};
static const struct hvc_cim_method stop_method = {.codes = CODES_SERVICE, .perform = stop, .complete = take_answers};
static const struct hvc_cim_method state_method = {
    .codes = CODES_STATE, .perform = request_state, .complete = take_answers};
static const struct hvc_cim_method limits_method = {
    .codes = CODES_MS, .perform = feature_limits, .complete = take_answers};

void hvc_method_migration_service_StartService(struct hvc_cim_method_call *call)
{
    call->is = &start_method;
}

void hvc_method_migration_service_StopService(struct hvc_cim_method_call *call)
{
    call->is = &stop_method;
}

void hvc_method_migration_service_RequestStateChange(struct hvc_cim_method_call *call)
{
    call->is = &state_method;
}

void hvc_method_migration_service_GetProcessorFeatureLimits(struct hvc_cim_method_call *call)
{
    call->is = &limits_method;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Msvm_MigrationJob: ending one, and its errors. What it is now stands in its instance. */
#include <string.h>

#include "error_instance.h"
#include "methods.h"

void hvc_method_migration_job_RequestStateChange(struct hvc_cim_method_call *call);
void hvc_method_migration_job_KillJob(struct hvc_cim_method_call *call);
void hvc_method_migration_job_GetError(struct hvc_cim_method_call *call);
void hvc_method_migration_job_GetErrorEx(struct hvc_cim_method_call *call);

enum { STATE_START = 2, STATE_SUSPEND = 3, STATE_TERMINATE = 4, STATE_KILL = 5, STATE_SERVICE = 6 };
enum { NO_TIMEOUT = 4098 };

static void order_cancel(struct hvc_cim_method_call *call)
{
    const char *id = text_of(call->instance, "InstanceID");
    struct hvc_cim_order *order;
    uint64_t number = 0;

    if (flag_of(call->instance, "Cancellable") != 1) {
        refuse(call, SITUATION_STATE, "the job cannot be ended now: %s", text_of(call->instance, "JobStatus"));
        return;
    }
    if (!number_of_id(id, "HVCluster:MigrationJob-", &number)) {
        refuse(call, SITUATION_FAILED, "\"%s\" does not end with the number of a job: a defect of hvcluster", id);
        return;
    }
    order = hvc_cim_method_order(call, "job.cancel");
    if (order != NULL)
        hvc_cim_order_number(order, call->arena, "job", number);
}

static void request_state(struct hvc_cim_method_call *call)
{
    const struct hvc_cim_value *asked = given(call, "RequestedState");
    unsigned state = 0;

    for (const char *p = asked == NULL ? "" : asked->text[0]; *p != '\0'; p++)
        state = state * 10 + (unsigned)(*p - '0'); /* a uint16 in decimal: it was checked when it came in */
    if (state < STATE_START || state > STATE_SERVICE) {
        refuse(call, SITUATION_INVALID, "RequestedState has to be 4 (Terminate) or 5 (Kill)");
    } else if (has_timeout(call)) {
        refuse(call, SITUATION_INCOMPATIBLE, "TimeoutPeriod is not supported: follow JobState");
        call->value = NO_TIMEOUT;
    } else if (state == STATE_TERMINATE || state == STATE_KILL) {
        order_cancel(call);
    } else {
        refuse(call, SITUATION_UNSUPPORTED,
               "RequestedState %u: a move can be ended (4, 5), not started again, suspended or serviced", state);
    }
}

static void kill_job(struct hvc_cim_method_call *call)
{
    const char *remove = given_text(call, "DeleteOnKill");

    if (remove != NULL && hvc_schema_compare(remove, "TRUE") == 0)
        refuse(call, SITUATION_UNSUPPORTED, "DeleteOnKill: an ended job stays until TimeBeforeRemoval is over");
    else
        order_cancel(call);
}

/* NULL: the job has none. */
static const char *error_text(struct hvc_cim_method_call *call)
{
    const char *words = text_of(call->instance, "ErrorDescription"), *status = text_of(call->instance, "JobStatus");
    const char *id = text_of(call->instance, "InstanceID");
    struct hvc_cim_ask ask = ask_of(call);
    const struct hvc_cim_path *path = path_of_id(&ask, call->space->name, JOB_CLASS, id);
    struct error_words error = {
        .id = "HVC-JOB",
        .message = words == NULL || words[0] == '\0' ? status : words,
        .cause = status,
        .action = hvc_cim_format(call->arena, "see: hvcluster jobs show %s", text_of(call->instance, "Name")),
        .source = path == NULL ? NULL : hvc_cim_path_text(call->arena, path),
        .high = true};

    return number_of(call->instance, "ErrorCode", 0) == 0 ? NULL : error_instance_text(call, &error);
}

static void get_error(struct hvc_cim_method_call *call)
{
    const char *text = error_text(call);

    if (text != NULL)
        hvc_cim_method_out(call, "Error", hvc_cim_text(call->arena, text));
}

static void get_errors(struct hvc_cim_method_call *call)
{
    const char *text = error_text(call);

    if (text != NULL)
        hvc_cim_method_out(call, "Errors", hvc_cim_texts(call->arena, &text, 1));
}

static const struct hvc_cim_method state_method = {
    .codes = CODES_MS, .perform = request_state, .complete = take_answers};
static const struct hvc_cim_method kill_method = {.codes = CODES_KILL, .perform = kill_job, .complete = take_answers};
static const struct hvc_cim_method error_method = {.codes = CODES_MS, .perform = get_error, .complete = take_answers};
static const struct hvc_cim_method errors_method = {.codes = CODES_MS, .perform = get_errors, .complete = take_answers};

void hvc_method_migration_job_RequestStateChange(struct hvc_cim_method_call *call)
{
    call->is = &state_method;
}

void hvc_method_migration_job_KillJob(struct hvc_cim_method_call *call)
{
    call->is = &kill_method;
}

void hvc_method_migration_job_GetError(struct hvc_cim_method_call *call)
{
    call->is = &error_method;
}

void hvc_method_migration_job_GetErrorEx(struct hvc_cim_method_call *call)
{
    call->is = &errors_method;
}

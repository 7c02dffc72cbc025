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
#define ID_PREFIX "HVCluster:MigrationJob-"

static void order_cancel(struct hvc_cim_method_call *call)
{
    const char *id = text_of(call->instance, "InstanceID");
    struct hvc_cim_order *order;
    uint64_t number = 0;

    if (flag_of(call->instance, "Cancellable") != 1) {
        refuse(call, SITUATION_STATE, "the job cannot be ended now: %s", text_of(call->instance, "JobStatus"));
        return;
    }
    if (!number_of_id(id, ID_PREFIX, &number)) {
        refuse(call, SITUATION_FAILED, "\"%s\" does not end with the number of a job: a defect of hvcluster", id);
        return;
    }
    order = hvc_cim_method_order(call, "job.cancel");
    if (order != NULL)
        hvc_cim_order_number(order, call->arena, "id", number);
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

/* ---- errors ---- */

static const struct hvc_facts_job *job_of(const struct hvc_cim_method_call *call)
{
    const struct hvc_cim_facts *facts = call->facts;
    uint64_t id = 0;

    for (uint32_t i = 0; number_of_id(text_of(call->instance, "InstanceID"), ID_PREFIX, &id) && i < facts->job_count;
         i++)
        if (facts->jobs[i].id == id)
            return &facts->jobs[i];
    return NULL;
}

/* What a reason's code (hvc/job.h) is in ITU X.733's list, and what to do. */
static void explain(const char *code, struct error_words *words)
{
    enum { UNAVAILABLE = 57, TIMEOUT = 111 };
    static const struct {
        const char *code, *action;
        unsigned cause;
    } rows[] = {{"retry", "ask for the move again later", 0},
                {"other-node", "ask for a move to another host", UNAVAILABLE},
                {"give-up", "remove what the message names, then ask for the move again", 0},
                {"cancelled", "ask for the move again when it shall be done", 0},
                {"deadline", "ask for the move again with more time, more bandwidth or CPUCappingMagnitude", TIMEOUT},
                {"source-lost", "look at the host where the virtual system was", UNAVAILABLE},
                {"target-lost", "look at the target, or ask for a move to another host", UNAVAILABLE},
                {"guest-stopped", "start the virtual system", 0},
                {"unproven", "look where the virtual system runs before anything else", 0},
                {"operator", "see what the operator said", 0}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strcmp(rows[i].code, code) == 0) {
            words->action = rows[i].action;
            words->probable_cause = rows[i].cause;
        }
}

static const char *error_text(struct hvc_cim_method_call *call, const char *code, const char *message)
{
    const char *status = text_of(call->instance, "JobStatus");
    struct hvc_cim_ask ask = ask_of(call);
    const struct hvc_cim_path *path =
        path_of_id(&ask, call->space->name, JOB_CLASS, text_of(call->instance, "InstanceID"));
    struct error_words words = {.id = hvc_cim_format(call->arena, "HVC-JOB-%s", code),
                                .message = message[0] == '\0' ? status : message,
                                .cause = status,
                                .source = path == NULL ? NULL : hvc_cim_path_text(call->arena, path),
                                .high = true};

    explain(code, &words);
    return error_instance_text(call, &words);
}

/* The errors of a job that failed: each thing that was noted on its way, or what it ended with. Room for the reasons
 * and one more. Returns how many. */
static uint32_t collect_errors(struct hvc_cim_method_call *call, const char **texts)
{
    const struct hvc_facts_job *job = job_of(call);
    const char *description = text_of(call->instance, "ErrorDescription");
    uint32_t count = 0;

    if (number_of(call->instance, "ErrorCode", 0) == 0)
        return 0;
    for (uint32_t i = 0; job != NULL && i < job->reason_count; i++)
        if (strcmp(job->reasons[i].code, "note") != 0)
            texts[count++] = error_text(call, job->reasons[i].code, job->reasons[i].text);
    if (count == 0)
        texts[count++] = error_text(call, "failed", description == NULL ? "" : description);
    return count;
}

static const char **room_for_errors(struct hvc_cim_method_call *call)
{
    const struct hvc_facts_job *job = job_of(call);

    return hvc_cim_alloc(call->arena, job == NULL ? 1 : job->reason_count + 1u, sizeof(char *));
}

static void get_error(struct hvc_cim_method_call *call)
{
    const char **texts = room_for_errors(call);
    uint32_t count = texts == NULL ? 0 : collect_errors(call, texts);

    if (count > 0)
        hvc_cim_method_out(call, "Error", hvc_cim_text(call->arena, texts[count - 1])); /* the last one decided */
}

static void get_errors(struct hvc_cim_method_call *call)
{
    const char **texts = room_for_errors(call);
    uint32_t count = texts == NULL ? 0 : collect_errors(call, texts);

    if (count > 0)
        hvc_cim_method_out(call, "Errors", hvc_cim_texts(call->arena, texts, count));
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

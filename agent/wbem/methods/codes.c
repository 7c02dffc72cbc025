/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Return values. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "hvc/record.h"
#include "methods.h"

enum { JOB_STARTED = 4096 };

/* 0 where a number stands: it is told as an error of CIM, for the table has no word for it. */
static const uint32_t tables[CODES_COUNT][SITUATION_COUNT] = {
    [CODES_SERVICE] = {[SITUATION_UNSUPPORTED] = 1},
    [CODES_STATE] = {[SITUATION_FAILED] = 4,
                     [SITUATION_UNSUPPORTED] = 1,
                     [SITUATION_UNPROVEN] = 2,
                     [SITUATION_TIMEOUT] = 3,
                     [SITUATION_INVALID] = 5,
                     [SITUATION_IN_USE] = 6,
                     [SITUATION_STATE] = 4097,
                     [SITUATION_TYPE] = 5,
                     [SITUATION_AWAY] = 4,
                     [SITUATION_NO_TARGET] = 5,
                     [SITUATION_INCOMPATIBLE] = 4098},
    [CODES_MS] = {[SITUATION_FAILED] = 32768,
                  [SITUATION_DENIED] = 32769,
                  [SITUATION_UNSUPPORTED] = 32770,
                  [SITUATION_UNPROVEN] = 32771,
                  [SITUATION_TIMEOUT] = 32772,
                  [SITUATION_INVALID] = 32773,
                  [SITUATION_IN_USE] = 32774,
                  [SITUATION_STATE] = 32775,
                  [SITUATION_TYPE] = 32776,
                  [SITUATION_AWAY] = 32777,
                  [SITUATION_NO_TARGET] = 32777,
                  [SITUATION_INCOMPATIBLE] = 32770},
    [CODES_CIM] = {[SITUATION_FAILED] = 2,
                   [SITUATION_UNSUPPORTED] = 1,
                   [SITUATION_UNPROVEN] = 3,
                   [SITUATION_TIMEOUT] = 3,
                   [SITUATION_INVALID] = 4,
                   [SITUATION_IN_USE] = 5,
                   [SITUATION_STATE] = 5,
                   [SITUATION_TYPE] = 4,
                   [SITUATION_AWAY] = 5,
                   [SITUATION_NO_TARGET] = 4,
                   [SITUATION_INCOMPATIBLE] = 6},
    [CODES_KILL] = {[SITUATION_FAILED] = 4,
                    [SITUATION_DENIED] = 6,
                    [SITUATION_UNSUPPORTED] = 1,
                    [SITUATION_UNPROVEN] = 2,
                    [SITUATION_TIMEOUT] = 3,
                    [SITUATION_INVALID] = 4,
                    [SITUATION_IN_USE] = 4,
                    [SITUATION_STATE] = 4,
                    [SITUATION_TYPE] = 4,
                    [SITUATION_AWAY] = 4,
                    [SITUATION_NO_TARGET] = 7,
                    [SITUATION_INCOMPATIBLE] = 1},
};

void refuse(struct hvc_cim_method_call *call, enum situation situation, const char *format, ...)
{
    char words[512];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(words, sizeof(words), format, arguments); /* words for people may be cut */
    va_end(arguments);
    call->words = hvc_cim_copy(call->arena, words, strlen(words));
    call->value = tables[call->is->codes][situation];
    if (call->value == 0)
        call->fault = situation == SITUATION_DENIED ? HVC_CIM_ACCESS_DENIED : HVC_CIM_FAILED;
    call->order_count = 0;
}

bool refused(const struct hvc_cim_method_call *call)
{
    return call->value != 0 || call->fault != HVC_CIM_OK;
}

enum situation situation_of(unsigned result)
{
    switch ((enum hvc_result)result) {
    case HVC_RESULT_OK:
        return SITUATION_OK;
    case HVC_RESULT_NOT_FOUND:
    case HVC_RESULT_INVALID:
        return SITUATION_INVALID;
    case HVC_RESULT_REFUSED:
        return SITUATION_STATE;
    case HVC_RESULT_DENIED:
        return SITUATION_DENIED;
    case HVC_RESULT_NO_QUORUM:
    case HVC_RESULT_UNREACHABLE:
        return SITUATION_AWAY;
    case HVC_RESULT_BUSY:
        return SITUATION_IN_USE;
    case HVC_RESULT_TIMEOUT:
        return SITUATION_TIMEOUT;
    case HVC_RESULT_UNKNOWN_OUTCOME:
        return SITUATION_UNPROVEN;
    case HVC_RESULT_UNSUPPORTED:
        return SITUATION_UNSUPPORTED;
    case HVC_RESULT_FAILED:
    case HVC_RESULT_INTERNAL:
    case HVC_RESULT_MAX:
        break;
    }
    return SITUATION_FAILED;
}

void take_answers(struct hvc_cim_method_call *call, const struct hvc_cim_order_answer *answers, uint32_t count)
{
    const struct hvc_cim_order_answer *last = &answers[count - 1];

    if (last->result != HVC_RESULT_OK)
        refuse(call, situation_of(last->result), "%s%s", last->words,
               count > 1 ? " (what stands before it in the request was done)" : "");
}

void take_job(struct hvc_cim_method_call *call, const struct hvc_cim_order_answer *answers, uint32_t count)
{
    struct hvc_cim_ask ask = ask_of(call);
    struct hvc_facts_job job = {0};

    take_answers(call, answers, count);
    if (refused(call))
        return;
    job.id = answers->data == NULL ? 0 : hvc_record_u64(answers->data, "id", 0);
    if (job.id == 0) {
        refuse(call, SITUATION_UNPROVEN, "hvclusterd did not say which job it made");
        return;
    }
    call->value = JOB_STARTED;
    hvc_cim_method_out(
        call, "Job",
        hvc_cim_reference(call->arena, path_of_id(&ask, call->space->name, JOB_CLASS, id_of_job(&ask, &job))));
}

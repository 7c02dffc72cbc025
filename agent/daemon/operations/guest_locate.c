/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest.locate: what every configured node says about a guest, and what the start gate would make of it. */
#include <stdlib.h>

#include "guest_name.h"
#include "guest_survey.h"

enum hvc_result guest_locate(struct hvc_operations *operations, struct hvc_call *call)
{
    struct guest_request request;
    struct hvc_guest_state local;
    struct guest_survey *survey;
    enum hvc_result result = guest_name_request(operations, call, &request);

    if (result != HVC_RESULT_OK)
        return result;
    guest_observe(operations, call, &request, 5000, &local);
    survey = guest_survey_take(operations, call, &request, &local);
    if (survey == NULL)
        return hvc_call_say(call, HVC_RESULT_INTERNAL, "no memory to ask the nodes");
    guest_describe_id(call->data, &request.id, &local);
    guest_survey_describe(survey, call->data);
    result = hvc_call_say(call, HVC_RESULT_OK, "%s", survey->verdict.words);
    if (survey->facts.count == 0)
        result = hvc_call_say(call, HVC_RESULT_UNREACHABLE, "the nodes of the cluster are not known: %s",
                              survey->facts.corosync_error.text);
    free(survey);
    return result;
}

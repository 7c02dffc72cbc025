/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "error_instance.h"

#include "methods.h"

enum { SOFTWARE = 4, SEVERITY_LOW = 2, SEVERITY_HIGH = 4, CIM_FAILED = 1 };

const char *error_instance_text(const struct hvc_cim_method_call *call, const struct error_words *words)
{
    struct hvc_cim_ask ask;
    struct hvc_cim_instance *instance = new_instance(call, "Msvm_Error", &ask);

    if (instance == NULL)
        return NULL;
    put_number(&ask, instance, "ErrorType", SOFTWARE);
    put_text(&ask, instance, "OwningEntity", "hvcluster");
    put_text(&ask, instance, "MessageID", words->id);
    put_text(&ask, instance, "Message", words->message);
    put_number(&ask, instance, "PerceivedSeverity", words->high ? SEVERITY_HIGH : SEVERITY_LOW);
    put_number(&ask, instance, "ProbableCause", words->probable_cause);
    put_text(&ask, instance, "ProbableCauseDescription", words->cause);
    put_texts(&ask, instance, "RecommendedActions", &words->action, words->action == NULL ? 0 : 1);
    put_text(&ask, instance, "ErrorSource", words->source == NULL ? "" : words->source);
    put_number(&ask, instance, "ErrorSourceFormat", 0);
    put_number(&ask, instance, "CIMStatusCode", CIM_FAILED);
    return ask.failed ? NULL : instance_text(call->arena, instance);
}

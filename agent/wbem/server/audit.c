/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "audit.h"

#include <stdio.h>
#include <string.h>

#include "tell.h"

/* What a client says is cut to these: a line holds all of its parts. */
enum { USER_BYTES = 256, METHOD_BYTES = 64, VALUE_BYTES = 128, WORDS_BYTES = 256, ARGUMENTS_BYTES = 384 };

/* " name=value" of as many arguments as there is room for. */
static void list_arguments(const struct hvc_cim_order *order, char text[ARGUMENTS_BYTES])
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < HVC_CIM_ORDER_ARGUMENTS_MAX && order->arguments[i].name != NULL; i++) {
        char value[VALUE_BYTES];
        const char *given = order->arguments[i].text == NULL ? "" : order->arguments[i].text;
        int length = snprintf(text + used, ARGUMENTS_BYTES - used, " %s=%s", order->arguments[i].name,
                              hvc_message_quote(given, value, sizeof(value)));

        if (length < 0 || (size_t)length >= ARGUMENTS_BYTES - used) {
            text[used] = '\0'; /* no half of one */
            return;
        }
        used += (size_t)length;
    }
}

static void tell(const struct hvc_wbemd_request *request, const struct hvc_cim_call *call,
                 const struct hvc_cim_order *order, enum hvc_cim_status status, const char *words)
{
    char user[USER_BYTES]; /* a certificate's subject may be longer */
    char method[METHOD_BYTES], quoted[WORDS_BYTES], arguments[ARGUMENTS_BYTES] = "";
    const char *who = hvc_message_quote(request->user, user, sizeof(user));
    const char *what = hvc_message_quote(call->request->method, method, sizeof(method));
    const char *why = hvc_message_quote(words == NULL ? "" : words, quoted, sizeof(quoted));

    if (order != NULL)
        list_arguments(order, arguments);
    if (status == HVC_CIM_OK)
        hvc_wbemd_tell(HVC_MESSAGE_CIM_CHANGED, "user=%s address=%s method=%s operation=%s%s status=0", who,
                       request->address, what, order == NULL ? "none" : order->operation, arguments);
    else
        hvc_wbemd_tell(HVC_MESSAGE_CIM_REFUSED, "user=%s address=%s method=%s operation=%s%s status=%u words=%s", who,
                       request->address, what, order == NULL ? "none" : order->operation, arguments, (unsigned)status,
                       why);
}

void hvc_wbemd_audit_order(const struct hvc_wbemd_request *request, const struct hvc_cim_call *call,
                           const struct hvc_cim_order *order, enum hvc_result result, const char *words)
{
    tell(request, call, order, hvc_wbemd_fetch_status(result), words);
}

void hvc_wbemd_audit_refused(const struct hvc_wbemd_request *request, const struct hvc_cim_call *call)
{
    tell(request, call, NULL, call->result.status, call->result.words);
}

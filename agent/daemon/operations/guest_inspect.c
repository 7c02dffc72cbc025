/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest.list and guest.inspect: the physical truth of this node. */
#include <errno.h>
#include <stdlib.h>

#include "guest.h"

/* Monitors ask this: a hung libvirt must not use up the time of the kernel's view. */
#define INSPECT_MS 8000

enum hvc_result guest_inspect(struct hvc_operations *operations, struct hvc_call *call)
{
    struct guest_request request;
    struct hvc_guest_state state;
    enum hvc_result result = guest_request_read(call, &request);

    if (result != HVC_RESULT_OK)
        return result;
    guest_observe(operations, call, &request, INSPECT_MS, &state);
    guest_describe(call->data, &state);
    guest_describe_id(call->data, &request.id, &state);
    hvc_record_set_bool(call->data, "foreign", guest_is_foreign(&request, &state));
    if (state.guest_class == HVC_GUEST_UNKNOWN)
        return hvc_call_say(call, HVC_RESULT_UNREACHABLE, "nobody can tell whether guest %s runs on node %s: %s",
                            guest_label(&request), operations->node, state.words);
    return hvc_call_say(call, HVC_RESULT_OK, "guest %s on node %s: %s", guest_label(&request), operations->node,
                        state.words);
}

enum hvc_result guest_list(struct hvc_operations *operations, struct hvc_call *call)
{
    struct hvc_guest_state *guests = NULL;
    struct hvc_error error = {0};
    size_t count = 0;

    if (hvc_hypervisor_list(operations->hypervisor, call->deadline_ms, &guests, &count, &error) < 0) {
        (void)hvc_error_prefix(&error, "the guests of node %s are not known", operations->node);
        return hvc_call_fail(call, &error);
    }
    hvc_record_set_text(call->data, "node", operations->node);
    hvc_record_set_list(call->data, "guests");
    for (size_t i = 0; i < count; i++)
        guest_describe(hvc_record_add(call->data, "guests"), &guests[i]);
    free(guests);
    return hvc_call_say(call, HVC_RESULT_OK, "%zu guests on node %s", count, operations->node);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One entry of the log: decode, run it, admit what can go. */
#include <errno.h>

#include "internal.h"

struct hvc_answer hvc_answer_of(unsigned code, unsigned detail, uint64_t value)
{
    return (struct hvc_answer){.code = (uint16_t)code, .detail = (uint16_t)detail, .value = value};
}

static const hvc_apply_fn handlers[HVC_COMMAND_KIND_END] = {
    [HVC_COMMAND_SETTINGS] = hvc_apply_settings,
    [HVC_COMMAND_PROPERTIES] = hvc_apply_properties,
    [HVC_COMMAND_STATE] = hvc_apply_state,
    [HVC_COMMAND_NETWORK_ADD] = hvc_apply_network_add,
    [HVC_COMMAND_NETWORK_MODIFY] = hvc_apply_network_modify,
    [HVC_COMMAND_NETWORK_REMOVE] = hvc_apply_network_remove,
    [HVC_COMMAND_NODE] = hvc_apply_node,
    [HVC_COMMAND_NODE_REMOVE] = hvc_apply_node_remove,
    [HVC_COMMAND_MEMBERS] = hvc_apply_members,
    [HVC_COMMAND_FENCED] = hvc_apply_fenced,
    [HVC_COMMAND_NODE_FLAGS] = hvc_apply_node_flags,
    [HVC_COMMAND_DOCUMENT] = hvc_apply_document,
    [HVC_COMMAND_GUEST] = hvc_apply_guest,
    [HVC_COMMAND_GUEST_PLACE] = hvc_apply_guest_place,
    [HVC_COMMAND_GUEST_REMOVE] = hvc_apply_guest_remove,
    [HVC_COMMAND_JOB] = hvc_apply_job,
    [HVC_COMMAND_JOB_TARGET] = hvc_apply_job_target,
    [HVC_COMMAND_JOB_REPORT] = hvc_apply_job_report,
    [HVC_COMMAND_JOB_CANCEL] = hvc_apply_job_cancel,
    [HVC_COMMAND_JOB_MODIFY] = hvc_apply_job_modify,
    [HVC_COMMAND_JOB_RESOLVE] = hvc_apply_job_resolve,
    [HVC_COMMAND_JOB_FORGET] = hvc_apply_job_forget,
    [HVC_COMMAND_DRAIN] = hvc_apply_drain,
    [HVC_COMMAND_DRAIN_REPORT] = hvc_apply_drain_report,
    [HVC_COMMAND_DRAIN_CANCEL] = hvc_apply_drain_cancel,
    [HVC_COMMAND_RESUME] = hvc_apply_resume,
    [HVC_COMMAND_TICK] = hvc_apply_tick,
};

int hvc_service_apply(struct hvc_service *s, const void *bytes, size_t length, uint64_t epoch, uint64_t index,
                      struct hvc_answer *ret_answer)
{
    struct hvc_command *c = s->command;
    int result;

    if (s->loading)
        return -EUCLEAN;
    result = hvc_command_decode(bytes, length, c);
    if (result == -EBADMSG) {
        *ret_answer = hvc_answer_of(HVC_ANSWER_MALFORMED, 0, 0);
        return 0;
    }
    if (result < 0)
        return result;
    s->epoch = epoch;
    s->index = index;
    *ret_answer = handlers[c->kind](s, c);
    if (s->admit)
        hvc_admit(s, c->stamp_ms);
    return 0;
}

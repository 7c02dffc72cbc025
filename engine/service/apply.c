/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One entry of the log: decode, look for its token, run it, remember the answer, admit what can go. */
#include <errno.h>
#include <string.h>

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

static void remember(struct hvc_service *s, const struct hvc_command *c, const struct hvc_answer *answer)
{
    struct hvc_pool *pool = &s->pool[HVC_RECORD_TOKEN];
    struct hvc_token_item *item;
    uint32_t slot;

    if (pool->count == pool->capacity) {
        slot = s->token_oldest;
        s->token_oldest = (slot + 1) % pool->capacity;
        hvc_index_remove(&s->token_by_request, hvc_key_hash(s->tokens[slot].request, 16), slot);
        hvc_pool_give(pool, slot);
    }
    slot = hvc_pool_take(pool);
    item = &s->tokens[slot];
    memset(item, 0, sizeof(*item));
    memcpy(item->request, c->request, 16);
    item->kind = c->kind;
    item->code = answer->code;
    item->detail = answer->detail;
    item->value = answer->value;
    item->serial = s->head.next_token++;
    hvc_index_add(&s->token_by_request, hvc_key_hash(item->request, 16), slot);
    hvc_touch(s, HVC_RECORD_TOKEN, slot);
    hvc_touch_head(s);
}

static struct hvc_answer repeat(const struct hvc_service *s, const struct hvc_command *c, uint32_t slot)
{
    const struct hvc_token_item *item = &s->tokens[slot];
    struct hvc_answer answer = hvc_answer_of(item->code, item->detail, item->value);

    if (item->kind != c->kind)
        answer = hvc_answer_of(HVC_ANSWER_TOKEN, 0, 0);
    answer.repeated = true;
    return answer;
}

int hvc_service_apply(struct hvc_service *s, const void *bytes, size_t length, uint64_t epoch, uint64_t index,
                      struct hvc_answer *ret_answer)
{
    struct hvc_command *c = s->command;
    bool has_token;
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
    has_token = !hvc_is_zero(c->request, 16);
    if (has_token) {
        uint32_t slot = hvc_find_token(s, c->request);

        if (slot != HVC_NONE) {
            *ret_answer = repeat(s, c, slot);
            return 0;
        }
    }
    s->epoch = epoch;
    s->index = index;
    *ret_answer = handlers[c->kind](s, c);
    if (has_token)
        remember(s, c, ret_answer);
    if (s->admit)
        hvc_admit(s, c->stamp_ms);
    return 0;
}

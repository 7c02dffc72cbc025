/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hvc/observe.h"
#include "hvc/text.h"

/* The state and reason of a guest that its storage stopped, as libvirt numbers them (virDomainState and
 * virDomainPausedReason): the agent has a policy of its own for it. */
#define STATE_PAUSED    3
#define REASON_IO_ERROR 5

enum hvc_result guest_request_read(struct hvc_call *call, struct guest_request *request)
{
    const char *uuid = hvc_record_text(call->args, "uuid", NULL);
    const char *name = hvc_record_text(call->args, "name", "");
    struct hvc_error error = {0};

    memset(request, 0, sizeof(*request));
    request->resource = hvc_record_text(call->args, "resource", "");
    if (uuid != NULL) {
        if (hvc_text_copy(request->id.uuid, sizeof(request->id.uuid), uuid) < 0 ||
            hvc_text_copy(request->id.name, sizeof(request->id.name), name) < 0)
            return hvc_call_say(call, HVC_RESULT_INVALID, "uuid or name is too long");
        return HVC_RESULT_OK;
    }
    request->xml = hvc_record_text(call->args, "xml", "");
    if (hvc_guest_parse_id(request->xml, strlen(request->xml), &request->id, &error) < 0)
        return hvc_call_say(call, HVC_RESULT_INVALID, "the definition of the guest cannot be used: %s", error.text);
    return HVC_RESULT_OK;
}

uint64_t guest_deadline(const struct hvc_call *call, uint64_t ms)
{
    return hvc_deadline_within(call->deadline_ms, ms);
}

void guest_observe(struct hvc_operations *operations, struct hvc_call *call, struct guest_request *request,
                   uint64_t within_ms, struct hvc_guest_state *state)
{
    struct hvc_error error = {0};
    int r;

    memset(state, 0, sizeof(*state));
    r = hvc_guest_observe(operations->hypervisor, &request->id, guest_deadline(call, within_ms), state, &error);
    if (r < 0) {
        memset(state, 0, sizeof(*state));
        state->guest_class = HVC_GUEST_UNKNOWN;
        state->source = HVC_SOURCE_PROCESS;
        state->state = state->reason = -1;
        (void)snprintf(state->words, sizeof(state->words), "%.*s", (int)sizeof(state->words) - 1,
                       error.text[0] != '\0' ? error.text : strerror(-r));
    }
    if (state->id.uuid[0] == '\0')
        state->id = request->id;
    if (request->id.name[0] == '\0')
        memcpy(request->id.name, state->id.name, sizeof(request->id.name));
}

bool guest_is_alive(const struct hvc_guest_state *state)
{
    return hvc_guest_is_present(state->guest_class) && state->guest_class != HVC_GUEST_INCOMING &&
           state->guest_class != HVC_GUEST_UNKNOWN;
}

bool guest_is_foreign(const struct guest_request *request, const struct hvc_guest_state *state)
{
    return request->resource[0] != '\0' && state->owner[0] != '\0' && strcmp(request->resource, state->owner) != 0;
}

void guest_mark(struct hvc_operations *operations, struct hvc_call *call, const struct guest_request *request,
                const struct hvc_guest_state *state)
{
    struct hvc_error error = {0};

    if (request->resource[0] == '\0' || strcmp(state->owner, request->resource) == 0)
        return;
    if (hvc_hypervisor_set_owner(operations->hypervisor, request->id.uuid, request->resource,
                                 guest_deadline(call, 5000), &error) < 0)
        hvc_record_set_format(call->data, "mark_error", "the guest could not be marked as resource %s's: %s",
                              request->resource, error.text);
}

void guest_describe_id(struct hvc_record *data, const struct hvc_guest_id *id, const struct hvc_guest_state *state)
{
    hvc_record_set_text(data, "uuid", id->uuid);
    hvc_record_set_text(data, "name", state != NULL && state->id.name[0] != '\0' ? state->id.name : id->name);
}

void guest_describe(struct hvc_record *record, const struct hvc_guest_state *state)
{
    hvc_record_set_text(record, "uuid", state->id.uuid);
    hvc_record_set_text(record, "name", state->id.name);
    hvc_record_set_text(record, "class", hvc_guest_class_name(state->guest_class));
    hvc_record_set_text(record, "words", state->words);
    hvc_record_set_text(record, "source", state->source == HVC_SOURCE_LIBVIRT ? "libvirt" : "process");
    hvc_record_set_i64(record, "pid", state->pid);
    hvc_record_set_bool(record, "persistent", state->persistent);
    hvc_record_set_bool(record, "autostart", state->autostart);
    hvc_record_set_bool(record, "migrating_out", state->migrating_out);
    hvc_record_set_u64(record, "memory_kib", state->memory_kib);
    hvc_record_set_text(record, "owner", state->owner);
    hvc_record_set_bool(record, "io_error", state->state == STATE_PAUSED && state->reason == REASON_IO_ERROR);
}

const char *guest_label(const struct guest_request *request)
{
    return request->id.name[0] != '\0' ? request->id.name : request->id.uuid;
}

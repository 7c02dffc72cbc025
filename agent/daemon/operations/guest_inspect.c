/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest.list and guest.inspect: the physical truth of this node. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"
#include "guest_name.h"
#include "guest_record.h"
#include "hvc/cleanup.h"
#include "hvc/foreign.h"
#include "hvc/text.h"

/* Monitors ask this: a hung libvirt must not use up the time of the kernel's view. */
#define INSPECT_MS 8000
#define RECORD_MS  500
#define FOREIGN_MS 1000

struct record_look {
    struct hvc_record *data; /* of the answer */
    uint8_t uuid[16];
};

static int look_at_record(void *context, const struct hvc_service *service, const struct hvc_replica_stamp *stamp)
{
    const struct record_look *look = context;
    const struct hvc_service_guest *guest = hvc_service_guest(service, look->uuid);
    const struct hvc_service_node *node = guest == NULL ? NULL : hvc_service_node(service, guest->node);
    struct hvc_record *record;

    (void)stamp;
    if (guest == NULL)
        return 0;
    record = hvc_record_set_record(look->data, "record");
    guest_record_describe(record, guest);
    if (node != NULL)
        hvc_record_set_text(record, "node", node->name);
    if (guest->job != 0)
        hvc_record_set_u64(record, "job", guest->job);
    return 0;
}

/* What the cluster keeps of it, as far as this node knows. The monitors of resources do not want it. */
static void describe_record(struct hvc_operations *operations, struct hvc_call *call,
                            const struct guest_request *request)
{
    struct record_look look = {.data = call->data};

    if (operations->keeper != NULL && request->resource[0] == '\0' &&
        hvc_parse_uuid_bytes(request->id.uuid, look.uuid) == 0)
        (void)operations->keeper->ops->read(operations->keeper, HVC_REPLICA_HERE, guest_deadline(call, RECORD_MS),
                                            look_at_record, &look,
                                            NULL); /* a state that cannot be read shows nothing */
}

/* The resource of another agent that has the guest; a Pacemaker that does not answer shows none. */
static void describe_foreign(struct hvc_record *record, const struct hvc_guest_state *state,
                             const struct hvc_foreign *list, size_t count)
{
    enum hvc_foreign_is is;
    const struct hvc_foreign *found = hvc_foreign_find(list, count, &state->id, "", &is);

    if (is != HVC_FOREIGN_OWNS)
        return;
    hvc_record_set_text(record, "foreign_resource", found->resource.resource);
    hvc_record_set_text(record, "foreign_agent", found->resource.agent);
}

/* NULL: not asked for, or not known. */
static struct hvc_foreign *read_foreign(struct hvc_operations *operations, struct hvc_call *call, size_t *ret_count)
{
    struct hvc_foreign *list = NULL;

    *ret_count = 0;
    if (hvc_record_text(call->args, "with", NULL) == NULL ||
        hvc_foreign_read(operations->facts, guest_deadline(call, FOREIGN_MS), &list, ret_count, NULL) < 0)
        return NULL;
    return list;
}

enum hvc_result guest_inspect(struct hvc_operations *operations, struct hvc_call *call)
{
    HVC_CLEANUP(free) struct hvc_foreign *foreign = NULL;
    struct guest_request request;
    struct hvc_guest_state state;
    size_t count;
    enum hvc_result result = guest_name_request(operations, call, &request);

    if (result != HVC_RESULT_OK)
        return result;
    guest_observe(operations, call, &request, INSPECT_MS, &state);
    guest_describe(call->data, &state);
    guest_describe_id(call->data, &request.id, &state);
    hvc_record_set_bool(call->data, "foreign", guest_is_foreign(&request, &state));
    describe_record(operations, call, &request);
    foreign = read_foreign(operations, call, &count);
    describe_foreign(call->data, &state, foreign, count);
    if (state.guest_class == HVC_GUEST_UNKNOWN)
        return hvc_call_say(call, HVC_RESULT_UNREACHABLE, "nobody can tell whether guest %s runs on node %s: %s",
                            guest_label(&request), operations->node, state.words);
    return hvc_call_say(call, HVC_RESULT_OK, "guest %s on node %s: %s", guest_label(&request), operations->node,
                        state.words);
}

enum hvc_result guest_list(struct hvc_operations *operations, struct hvc_call *call)
{
    struct hvc_guest_state *guests = NULL;
    struct hvc_foreign *foreign;
    struct hvc_error error = {0};
    size_t count = 0, foreign_count;

    if (hvc_hypervisor_list(operations->hypervisor, call->deadline_ms, &guests, &count, &error) < 0) {
        (void)hvc_error_prefix(&error, "the guests of node %s are not known", operations->node);
        return hvc_call_fail(call, &error);
    }
    hvc_record_set_text(call->data, "node", operations->node);
    hvc_record_set_list(call->data, "guests");
    foreign = read_foreign(operations, call, &foreign_count);
    for (size_t i = 0; i < count; i++) {
        struct hvc_record *record = hvc_record_add(call->data, "guests");

        guest_describe(record, &guests[i]);
        describe_foreign(record, &guests[i], foreign, foreign_count);
        hvc_record_set_text(record, "resource",
                            hvc_record_text(record, "foreign_resource", guests[i].owner)); /* whose it is */
    }
    free(foreign);
    free(guests);
    return hvc_call_say(call, HVC_RESULT_OK, "%zu guests on node %s", count, operations->node);
}

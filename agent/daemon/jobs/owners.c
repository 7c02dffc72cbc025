/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "owners.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/clock.h"
#include "hvc/text.h"

enum {
    LIST_MS = 8000,
    READ_MS = 1000,
    PROPOSE_MS = 5000,
    MANY = 64 /* told in one go; the others the next time */
};

struct search {
    struct hvc_operations *operations;
    const struct hvc_guest_state *guests; /* of this node */
    size_t guest_count;
    struct hvc_command *commands;
    size_t count;
};

/* The record as it is, but for the resource; its version says that nobody changed it in between. */
static void add(struct search *s, const struct hvc_service_guest *guest, const char *owner)
{
    struct hvc_command *c = &s->commands[s->count];

    *c = (struct hvc_command){.version = HVC_COMMAND_VERSION, .kind = HVC_COMMAND_GUEST, .by = "hvclusterd"};
    if (hvc_text_copy(c->guest.resource, sizeof(c->guest.resource), owner) < 0)
        return;
    memcpy(c->guest.uuid, guest->uuid, sizeof(c->guest.uuid));
    memcpy(c->guest.document, guest->document, sizeof(c->guest.document));
    memcpy(c->guest.name, guest->name, sizeof(c->guest.name));
    c->guest.version = guest->version;
    c->guest.memory_kib = guest->memory_kib;
    c->guest.cpus = guest->cpus;
    c->guest.node = guest->node;
    s->count++;
}

static int compare(void *context, const struct hvc_service *service, const struct hvc_replica_stamp *stamp)
{
    struct search *s = context;
    const struct hvc_service_node *own = hvc_service_node_named(service, s->operations->node);

    if (stamp->stale || own == NULL)
        return -EAGAIN;
    for (size_t i = 0; i < s->guest_count && s->count < MANY; i++) {
        const struct hvc_guest_state *here = &s->guests[i];
        const struct hvc_service_guest *guest;
        uint8_t uuid[16];

        if (here->owner[0] == '\0' || !hvc_guest_is_present(here->guest_class) ||
            hvc_parse_uuid_bytes(here->id.uuid, uuid) < 0)
            continue;
        guest = hvc_service_guest(service, uuid);
        if (guest != NULL && guest->job == 0 && guest->node == own->id && strcmp(guest->resource, here->owner) != 0)
            add(s, guest, here->owner);
    }
    return 0;
}

static void tell(struct hvc_operations *operations, const struct hvc_command *c)
{
    struct hvc_keeper *keeper = operations->keeper;
    struct hvc_replica_outcome outcome = {0};
    char name[HVC_GUEST_NAME_MAX + 8], resource[HVC_RESOURCE_NAME_MAX + 8];
    struct hvc_token token;

    if (keeper->ops->token(keeper, &token) < 0 ||
        keeper->ops->propose(keeper, c, &token, hvc_deadline_in(PROPOSE_MS), false, &outcome) < 0 ||
        outcome.answer.code != HVC_ANSWER_OK)
        return; /* the next look finds it again, if it is still so */
    hvc_operations_note(operations, HVC_MESSAGE_GUEST_OWNER, "guest=%s resource=%s",
                        hvc_message_quote(c->guest.name, name, sizeof(name)),
                        hvc_message_quote(c->guest.resource, resource, sizeof(resource)));
}

void job_owners_follow(struct hvc_operations *operations)
{
    HVC_CLEANUP(free) struct hvc_guest_state *guests = NULL;
    struct search s = {.operations = operations, .commands = calloc(MANY, sizeof(*s.commands))};

    if (s.commands != NULL &&
        hvc_hypervisor_list(operations->hypervisor, hvc_deadline_in(LIST_MS), &guests, &s.guest_count, NULL) == 0) {
        s.guests = guests;
        if (operations->keeper->ops->read(operations->keeper, HVC_REPLICA_HERE, hvc_deadline_in(READ_MS), compare, &s,
                                          NULL) == 0) {
            for (size_t i = 0; i < s.count; i++)
                tell(operations, &s.commands[i]);
        }
    }
    free(s.commands);
}

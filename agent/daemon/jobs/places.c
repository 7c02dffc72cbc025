/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "places.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/clock.h"
#include "hvc/text.h"

enum {
    LIST_MS = 8000,
    READ_MS = 1000,
    PEER_MS = 3000, /* for the node of the record to say whether it has the guest */
    PROPOSE_MS = 5000,
    MANY = 64 /* told in one go; the others the next time */
};

struct job_place {
    uint8_t uuid[16];
    uint32_t from, to; /* node ids, 0: nowhere */
    char name[HVC_GUEST_NAME_MAX];
};

struct search {
    struct hvc_operations *operations;
    const struct hvc_guest_state *guests; /* of this node */
    size_t guest_count;
    struct job_place *places;
    char (*others)[HVC_NODE_NAME_MAX]; /* of places: the node of the record, "": none or not a member */
    size_t count;
};

bool job_places_runs(const struct hvc_guest_state *guest)
{
    return (guest->guest_class == HVC_GUEST_RUNNING || guest->guest_class == HVC_GUEST_PAUSED) && !guest->migrating_out;
}

static void add(struct search *s, const struct hvc_service *service, const struct hvc_service_guest *guest, uint32_t to)
{
    const struct hvc_service_node *other = guest->node == 0 ? NULL : hvc_service_node(service, guest->node);
    struct job_place *place = &s->places[s->count];

    if (s->count == MANY)
        return;
    *place = (struct job_place){.from = guest->node, .to = to};
    memcpy(place->uuid, guest->uuid, sizeof(place->uuid));
    memcpy(place->name, guest->name, sizeof(place->name));
    s->others[s->count][0] = '\0';
    if (to != 0 && other != NULL && other->member)
        memcpy(s->others[s->count], other->name, HVC_NODE_NAME_MAX);
    s->count++;
}

static const struct hvc_guest_state *find_here(const struct search *s, const uint8_t uuid[16])
{
    char text[HVC_UUID_TEXT_MAX];

    hvc_format_uuid(uuid, text);
    for (size_t i = 0; i < s->guest_count; i++) {
        if (strcmp(s->guests[i].id.uuid, text) == 0)
            return &s->guests[i];
    }
    return NULL;
}

/* The list of guests is older than the state: a guest that has just come by a job is not told away, for then its record
 * has no job and the next look finds it. */
static int compare(void *context, const struct hvc_service *service, const struct hvc_replica_stamp *stamp)
{
    struct search *s = context;
    const struct hvc_service_node *own = hvc_service_node_named(service, s->operations->node);
    const struct hvc_service_guest *guest;
    uint32_t cursor = 0;

    if (stamp->stale || own == NULL)
        return -EAGAIN;
    for (size_t i = 0; i < s->guest_count; i++) {
        uint8_t uuid[16];

        if (!job_places_runs(&s->guests[i]) || hvc_parse_uuid_bytes(s->guests[i].id.uuid, uuid) < 0)
            continue;
        guest = hvc_service_guest(service, uuid);
        if (guest != NULL && guest->job == 0 && guest->node != own->id)
            add(s, service, guest, own->id);
    }
    while ((guest = hvc_service_guest_next(service, &cursor)) != NULL) {
        const struct hvc_guest_state *here =
            guest->node == own->id && guest->job == 0 ? find_here(s, guest->uuid) : NULL;

        if (guest->node == own->id && guest->job == 0 && (here == NULL || here->guest_class == HVC_GUEST_ABSENT))
            add(s, service, guest, 0);
    }
    return 0;
}

/* False: it runs on the node of its record, too, or that node does not say. */
static bool is_only_here(struct search *s, size_t i)
{
    struct hvc_guest_state there = {0};
    struct hvc_hypervisor *peer = NULL;
    char uuid[HVC_UUID_TEXT_MAX];

    if (s->others[i][0] == '\0')
        return true;
    hvc_format_uuid(s->places[i].uuid, uuid);
    return hvc_peers_get(s->operations->peers, s->others[i], &peer, NULL) == 0 &&
           hvc_hypervisor_inspect(peer, uuid, hvc_deadline_in(PEER_MS), &there, NULL) == 0 &&
           there.guest_class == HVC_GUEST_ABSENT;
}

/* Also at one moment of its own: a guest that came or went since the list was made is looked at the next time. */
static bool is_still_so(const struct search *s, size_t i)
{
    struct hvc_guest_state state = {0};
    char uuid[HVC_UUID_TEXT_MAX];

    hvc_format_uuid(s->places[i].uuid, uuid);
    if (hvc_hypervisor_inspect(s->operations->hypervisor, uuid, hvc_deadline_in(PEER_MS), &state, NULL) < 0)
        return false;
    return s->places[i].to == 0 ? state.guest_class == HVC_GUEST_ABSENT : job_places_runs(&state);
}

static void keep_sure_ones(struct search *s)
{
    size_t kept = 0;

    for (size_t i = 0; i < s->count; i++) {
        if (is_only_here(s, i) && is_still_so(s, i))
            s->places[kept++] = s->places[i];
    }
    s->count = kept;
}

static int find(struct search *s)
{
    struct hvc_operations *operations = s->operations;
    struct hvc_guest_state *guests = NULL;
    int rc = hvc_hypervisor_list(operations->hypervisor, hvc_deadline_in(LIST_MS), &guests, &s->guest_count, NULL);

    if (rc < 0)
        return rc;
    s->guests = guests;
    hvc_moves_adopt_halves(operations, guests, s->guest_count); /* the same list serves it */
    rc =
        operations->keeper->ops->read(operations->keeper, HVC_REPLICA_HERE, hvc_deadline_in(READ_MS), compare, s, NULL);
    if (rc == 0)
        keep_sure_ones(s);
    free(guests);
    return rc;
}

static void tell(struct hvc_operations *operations, const struct job_place *place)
{
    struct hvc_command c = {.version = HVC_COMMAND_VERSION, .kind = HVC_COMMAND_GUEST_PLACE, .by = "hvclusterd"};
    struct hvc_keeper *keeper = operations->keeper;
    struct hvc_replica_outcome outcome = {0};
    char name[HVC_GUEST_NAME_MAX + 8];
    struct hvc_token token;

    memcpy(c.guest_place.uuid, place->uuid, sizeof(c.guest_place.uuid));
    c.guest_place.node = place->to;
    if (keeper->ops->token(keeper, &token) < 0 ||
        keeper->ops->propose(keeper, &c, &token, hvc_deadline_in(PROPOSE_MS), false, &outcome) < 0 ||
        outcome.answer.code != HVC_ANSWER_OK)
        return; /* the next look finds it again, if it is still so */
    hvc_operations_note(operations, HVC_MESSAGE_GUEST_PLACE, "guest=%s from=%u to=%u",
                        hvc_message_quote(place->name, name, sizeof(name)), place->from, place->to);
}

void job_places_follow(struct hvc_operations *operations)
{
    struct search s = {
        .operations = operations, .places = calloc(MANY, sizeof(*s.places)), .others = calloc(MANY, sizeof(*s.others))};

    if (s.places != NULL && s.others != NULL && find(&s) == 0) {
        for (size_t i = 0; i < s.count; i++)
            tell(operations, &s.places[i]);
    }
    free(s.places);
    free(s.others);
}

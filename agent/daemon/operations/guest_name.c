/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest_name.h"

#include <stdlib.h>
#include <string.h>

#include "cluster_call.h"
#include "hvc/text.h"

enum {
    LIST_MS = 3000, /* for one node to list its guests */
    MANY = 16,      /* guests of one name that are told apart */
};

/* What is known of a guest of the name, the strongest word about it. */
enum life { REMEMBERED, DEFINED, ALIVE };

struct namesake {
    uint8_t uuid[16];
    enum life life;
    char node[HVC_NODE_NAME_MAX]; /* where it runs or is defined; "": in the cluster's records */
};

struct lookup {
    const char *name; /* NULL: by uuid */
    uint8_t uuid[16];
    struct hvc_service_name found;
    bool is_recorded;
    struct hvc_service_guest guest; /* the one that is meant by the records */
    struct namesake list[MANY];
    size_t count;
    char silent[HVC_ERROR_TEXT_MAX]; /* nodes that did not say what they have */
    size_t used;
};

static void note(struct lookup *lookup, const uint8_t uuid[16], enum life life, const char *node)
{
    struct namesake *one = NULL;

    for (size_t i = 0; i < lookup->count && one == NULL; i++) {
        if (memcmp(lookup->list[i].uuid, uuid, sizeof(lookup->list[i].uuid)) == 0)
            one = &lookup->list[i];
    }
    if (one != NULL && one->life >= life)
        return;
    if (one == NULL && lookup->count == MANY)
        return; /* so many are refused anyway */
    if (one == NULL)
        one = &lookup->list[lookup->count++];
    memcpy(one->uuid, uuid, sizeof(one->uuid));
    one->life = life;
    (void)hvc_text_copy(one->node, sizeof(one->node), node);
}

/* ---- the records ---- */

static void note_records(struct lookup *lookup, const struct hvc_service *service)
{
    static const uint8_t none[32];
    const struct hvc_service_guest *guest;
    uint32_t cursor = 0;

    while ((guest = hvc_service_guest_next(service, &cursor)) != NULL) {
        const struct hvc_service_node *node = hvc_service_node(service, guest->node);
        enum life life = memcmp(guest->document, none, sizeof(none)) == 0 ? REMEMBERED : DEFINED;

        if (strcmp(guest->name, lookup->name) == 0)
            note(lookup, guest->uuid, hvc_service_guest_lives(guest) ? ALIVE : life, node == NULL ? "" : node->name);
    }
}

static int look_up(void *context, const struct hvc_service *service, const struct hvc_replica_stamp *stamp)
{
    struct lookup *lookup = context;
    const struct hvc_service_guest *guest;

    (void)stamp;
    if (lookup->name != NULL) {
        lookup->found = hvc_service_guest_name(service, lookup->name);
        guest = lookup->found.meant;
        note_records(lookup, service);
    } else {
        guest = hvc_service_guest(service, lookup->uuid);
    }
    lookup->is_recorded = guest != NULL;
    if (guest != NULL)
        lookup->guest = *guest;
    lookup->found.meant = NULL; /* valid in here only */
    return 0;
}

/* free() */
static enum hvc_result look(struct hvc_operations *operations, struct hvc_call *call, const char *who,
                            struct lookup **ret_lookup)
{
    struct lookup *lookup = calloc(1, sizeof(*lookup));
    enum hvc_result result;

    if (lookup == NULL)
        return hvc_call_say(call, HVC_RESULT_INTERNAL, "out of memory");
    if (hvc_parse_uuid_bytes(who, lookup->uuid) < 0)
        lookup->name = who;
    result = hvc_cluster_look(operations, call, look_up, lookup, NULL);
    if (result == HVC_RESULT_OK)
        *ret_lookup = lookup;
    else
        free(lookup);
    return result;
}

/* ---- several ---- */

static int by_uuid(const void *a, const void *b)
{
    return memcmp(((const struct namesake *)a)->uuid, ((const struct namesake *)b)->uuid, 16);
}

static enum hvc_result refuse(struct hvc_call *call, struct lookup *lookup)
{
    static const char *const words[] = {
        [REMEMBERED] = "a record of it is all there is", [DEFINED] = "is defined", [ALIVE] = "lives"};
    char text[HVC_ERROR_TEXT_MAX] = "", uuid[HVC_UUID_TEXT_MAX];
    size_t used = 0;

    qsort(lookup->list, lookup->count, sizeof(lookup->list[0]), by_uuid);
    for (size_t i = 0; i < lookup->count; i++) {
        const struct namesake *one = &lookup->list[i];

        hvc_format_uuid(one->uuid, uuid);
        (void)hvc_text_append(text, sizeof(text), &used, "%s%s (%s%s%s)", i == 0 ? "" : ", ", uuid, words[one->life],
                              one->node[0] == '\0' ? "" : " on ", one->node);
    }
    return hvc_call_say(call, HVC_RESULT_REFUSED,
                        "%zu guests have the name \"%s\": %.600s; give the UUID of the one that is meant ('hvcluster "
                        "guest remove UUID' forgets one that is gone)",
                        lookup->count, lookup->name, text);
}

/* ---- the nodes ---- */

static void ask(struct lookup *lookup, struct hvc_hypervisor *hypervisor, const char *node, uint64_t deadline_ms)
{
    HVC_CLEANUP(free) struct hvc_guest_state *guests = NULL;
    struct hvc_error error = {0};
    uint8_t uuid[16];
    size_t count = 0;

    if (hvc_hypervisor_list(hypervisor, deadline_ms, &guests, &count, &error) < 0) {
        (void)hvc_text_append(lookup->silent, sizeof(lookup->silent), &lookup->used, "%s%s: %.200s",
                              lookup->used == 0 ? "" : "; ", node, error.text);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (strcmp(guests[i].id.name, lookup->name) == 0 && hvc_parse_uuid_bytes(guests[i].id.uuid, uuid) == 0)
            note(lookup, uuid, guest_is_alive(&guests[i]) ? ALIVE : DEFINED, node);
    }
}

/* This node, then the other members. */
static enum hvc_result ask_nodes(struct hvc_operations *operations, struct hvc_call *call, struct lookup *lookup)
{
    HVC_CLEANUP(free) struct hvc_cluster_facts *facts = calloc(1, sizeof(*facts));

    if (facts == NULL ||
        hvc_facts_read(operations->facts, HVC_FACTS_COROSYNC, guest_deadline(call, LIST_MS), facts) < 0)
        return hvc_call_say(call, HVC_RESULT_INTERNAL, "out of memory");
    ask(lookup, operations->hypervisor, operations->node, guest_deadline(call, LIST_MS));
    for (size_t i = 0; i < facts->count; i++) {
        const struct hvc_fact_node *node = &facts->nodes[i];
        struct hvc_hypervisor *peer = NULL;
        struct hvc_error error = {0};

        if (node->local || !node->member)
            continue;
        if (hvc_peers_get(operations->peers, node->name, &peer, &error) == 0)
            ask(lookup, peer, node->name, guest_deadline(call, LIST_MS));
        else
            (void)hvc_text_append(lookup->silent, sizeof(lookup->silent), &lookup->used, "%s%s: %.200s",
                                  lookup->used == 0 ? "" : "; ", node->name, error.text);
    }
    return HVC_RESULT_OK;
}

static enum hvc_result choose(struct hvc_call *call, struct lookup *lookup, struct hvc_guest_id *ret_id)
{
    const struct namesake *best = NULL;
    unsigned equals = 0;

    for (size_t i = 0; i < lookup->count; i++) {
        if (best == NULL || lookup->list[i].life > best->life) {
            best = &lookup->list[i];
            equals = 1;
        } else if (lookup->list[i].life == best->life) {
            equals++;
        }
    }
    if (best == NULL && lookup->silent[0] == '\0')
        return hvc_call_say(call, HVC_RESULT_NOT_FOUND,
                            "no node knows a guest \"%s\": give its name or UUID as 'hvcluster guest list' on its node "
                            "shows it",
                            lookup->name);
    if (best == NULL)
        return hvc_call_say(call, HVC_RESULT_UNREACHABLE,
                            "no node that answers knows a guest \"%s\"; it is not known of %.700s", lookup->name,
                            lookup->silent);
    if (equals > 1)
        return refuse(call, lookup);
    if (lookup->count > 1 && best->life != ALIVE && lookup->silent[0] != '\0')
        return hvc_call_say(call, HVC_RESULT_UNREACHABLE,
                            "%zu guests have the name \"%s\", and which of them lives is not known of %.600s; give the "
                            "UUID of the one that is meant",
                            lookup->count, lookup->name, lookup->silent);
    hvc_format_uuid(best->uuid, ret_id->uuid);
    (void)hvc_text_copy(ret_id->name, sizeof(ret_id->name), lookup->name);
    return HVC_RESULT_OK;
}

/* ---- the face ---- */

enum hvc_result guest_name_find(struct hvc_operations *operations, struct hvc_call *call, const char *who,
                                struct hvc_guest_id *ret_id)
{
    HVC_CLEANUP(free) struct lookup *lookup = NULL;
    enum hvc_result result = look(operations, call, who, &lookup);

    if (result != HVC_RESULT_OK)
        return result;
    memset(ret_id, 0, sizeof(*ret_id));
    if (lookup->name == NULL || lookup->found.living == 1) {
        hvc_format_uuid(lookup->is_recorded ? lookup->guest.uuid : lookup->uuid, ret_id->uuid);
        (void)hvc_text_copy(ret_id->name, sizeof(ret_id->name), lookup->is_recorded ? lookup->guest.name : "");
        return HVC_RESULT_OK;
    }
    if (lookup->found.living > 1)
        return refuse(call, lookup);
    result = ask_nodes(operations, call, lookup);
    return result == HVC_RESULT_OK ? choose(call, lookup, ret_id) : result;
}

enum hvc_result guest_name_request(struct hvc_operations *operations, struct hvc_call *call,
                                   struct guest_request *ret_request)
{
    const char *who = hvc_record_text(call->args, "guest", NULL);

    if (who == NULL)
        return guest_request_read(call, ret_request);
    *ret_request = (struct guest_request){.resource = ""};
    return guest_name_find(operations, call, who, &ret_request->id);
}

enum hvc_result guest_name_record(struct hvc_operations *operations, struct hvc_call *call, const char *who, bool only,
                                  struct hvc_service_guest *ret_guest)
{
    HVC_CLEANUP(free) struct lookup *lookup = NULL;
    enum hvc_result result = look(operations, call, who, &lookup);

    if (result != HVC_RESULT_OK)
        return result;
    if (lookup->found.all > 1 && (only || !lookup->is_recorded))
        return refuse(call, lookup);
    if (!lookup->is_recorded)
        return hvc_call_say(call, HVC_RESULT_NOT_FOUND, "the cluster has no record of a guest \"%s\"", who);
    *ret_guest = lookup->guest;
    return HVC_RESULT_OK;
}

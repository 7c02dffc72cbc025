/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest_record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cluster_call.h"
#include "guest_name.h"
#include "guest_survey.h"
#include "hvc/text.h"

/* How long one node may take to list its guests. */
#define LIST_MS 3000

/* ---- the state ---- */

struct lookup {
    uint8_t uuid[16];
    bool found;
    struct hvc_service_guest guest;
};

static int look_up(void *context, const struct hvc_service *service, const struct hvc_replica_stamp *stamp)
{
    struct lookup *lookup = context;
    const struct hvc_service_guest *guest = hvc_service_guest(service, lookup->uuid);

    (void)stamp;
    lookup->found = guest != NULL;
    if (guest != NULL)
        lookup->guest = *guest;
    return 0;
}

static enum hvc_result look(struct hvc_operations *operations, struct hvc_call *call, const char *uuid,
                            struct lookup *ret_lookup)
{
    *ret_lookup = (struct lookup){0};
    if (hvc_parse_uuid_bytes(uuid, ret_lookup->uuid) < 0)
        return hvc_call_say(call, HVC_RESULT_INTERNAL, "\"%s\" is no UUID", uuid);
    return hvc_cluster_look(operations, call, look_up, ret_lookup, NULL);
}

/* ---- the record as data ---- */

bool guest_record_has_definition(const struct hvc_service_guest *guest)
{
    static const uint8_t none[sizeof(guest->document)];

    return memcmp(guest->document, none, sizeof(none)) != 0;
}

void guest_record_describe(struct hvc_record *data, const struct hvc_service_guest *guest)
{
    char uuid[HVC_UUID_TEXT_MAX], hash[2 * sizeof(guest->document) + 1];

    hvc_format_uuid(guest->uuid, uuid);
    for (size_t i = 0; i < sizeof(guest->document); i++)
        (void)snprintf(hash + 2 * i, 3, "%02x", guest->document[i]);
    hvc_record_set_text(data, "name", guest->name);
    hvc_record_set_text(data, "uuid", uuid);
    hvc_record_set_u64(data, "definition_version", guest->version);
    if (guest_record_has_definition(guest))
        hvc_record_set_text(data, "hash", hash);
    hvc_record_set_u64(data, "memory_kib", guest->memory_kib);
    hvc_record_set_u64(data, "cpus", guest->cpus);
    if (guest->resource[0] != '\0')
        hvc_record_set_text(data, "resource", guest->resource);
}

/* ---- where it is ---- */

struct place {
    bool known;      /* somebody knows the guest */
    bool certain;    /* node is the truth */
    uint32_t node;   /* 0: nowhere */
    unsigned copies; /* nodes on which it is alive */
    struct hvc_guest_state state;
    char words[HVC_ERROR_TEXT_MAX]; /* who did not answer, or where the copies are */
    size_t used;
};

static void add_words(struct place *place, const char *node, const char *words)
{
    (void)hvc_text_append(place->words, sizeof(place->words), &place->used, "%s%s: %.200s",
                          place->used == 0 ? "" : "; ", node, words);
}

static void take_node(const struct hvc_fact_node *fact, const struct guest_survey_node *node, struct place *place)
{
    bool answered = node->answered && node->state.guest_class != HVC_GUEST_UNKNOWN;

    if (!answered && !fact->fenced && !fact->clean_down) {
        place->certain = false;
        add_words(place, fact->name, node->words);
    } else if (answered && guest_is_alive(&node->state)) {
        place->copies++;
        place->node = fact->id;
        place->state = node->state;
    } else if (answered && node->state.persistent && place->copies == 0) {
        place->state = node->state;
    }
    if (answered && (guest_is_alive(&node->state) || node->state.persistent))
        place->known = true;
}

/* A stand-alone host has no node list: what is here is all there is. */
static enum hvc_result take_local(struct hvc_operations *operations, struct hvc_call *call,
                                  const struct hvc_guest_state *local, struct place *place)
{
    HVC_CLEANUP(free) struct hvc_replica_status *status = calloc(1, sizeof(*status));

    if (status == NULL)
        return hvc_call_say(call, HVC_RESULT_INTERNAL, "out of memory");
    operations->keeper->ops->status(operations->keeper, status);
    if (!status->alone)
        return hvc_call_say(call, HVC_RESULT_UNREACHABLE,
                            "the nodes of the cluster are not known now: corosync does not answer");
    place->certain = local->guest_class != HVC_GUEST_UNKNOWN;
    place->known = guest_is_alive(local) || local->persistent;
    place->node = guest_is_alive(local) ? status->node : 0;
    place->copies = guest_is_alive(local) ? 1 : 0;
    place->state = *local;
    return HVC_RESULT_OK;
}

static enum hvc_result find_place(struct hvc_operations *operations, struct hvc_call *call,
                                  struct guest_request *request, struct place *ret_place)
{
    HVC_CLEANUP(free) struct guest_survey *survey = NULL;
    struct hvc_guest_state local;

    memset(ret_place, 0, sizeof(*ret_place));
    guest_observe(operations, call, request, LIST_MS, &local);
    survey = guest_survey_take(operations, call, request, &local);
    if (survey == NULL)
        return hvc_call_say(call, HVC_RESULT_INTERNAL, "no memory to ask the nodes");
    if (survey->facts.count == 0)
        return take_local(operations, call, &local, ret_place);
    ret_place->certain = true;
    for (size_t i = 0; i < survey->facts.count; i++)
        take_node(&survey->facts.nodes[i], &survey->nodes[i], ret_place);
    if (ret_place->copies > 1) {
        ret_place->used = 0;
        for (size_t i = 0; i < survey->facts.count; i++) {
            if (survey->nodes[i].answered && guest_is_alive(&survey->nodes[i].state))
                add_words(ret_place, survey->facts.nodes[i].name, survey->nodes[i].words);
        }
    }
    if (ret_place->copies == 1)
        ret_place->certain = true; /* alive there: who is silent has at most an incoming shell of it */
    return HVC_RESULT_OK;
}

/* ---- the record made true ---- */

static enum hvc_result check_place(struct hvc_call *call, const char *who, const struct lookup *record,
                                   const struct place *place)
{
    if (place->copies > 1)
        return hvc_call_say(call, HVC_RESULT_REFUSED,
                            "guest %s is alive on several nodes: %.700s; end the wrong one before anything else", who,
                            place->words);
    if (record->found || (place->known && place->certain))
        return HVC_RESULT_OK;
    if (!place->certain)
        return hvc_call_say(call, HVC_RESULT_UNREACHABLE, "whether and where guest %s runs is not known: %.700s", who,
                            place->words);
    return hvc_call_say(call, HVC_RESULT_NOT_FOUND, "no node knows a guest %s", who);
}

static enum hvc_result propose(struct hvc_operations *operations, struct hvc_call *call, const char *who,
                               const struct hvc_command *command)
{
    struct hvc_answer answer = {0};
    char text[256];
    enum hvc_result result = hvc_cluster_propose(operations, call, command, &answer);

    /* EXISTS, STALE, BUSY: somebody else was faster, what is committed now counts */
    if (result != HVC_RESULT_OK || hvc_answer_is_good(&answer) || answer.code == HVC_ANSWER_EXISTS ||
        answer.code == HVC_ANSWER_STALE || answer.code == HVC_ANSWER_BUSY)
        return result;
    hvc_answer_text(&answer, text, sizeof(text));
    return hvc_call_say(call, hvc_cluster_result_of(&answer), "guest %s cannot be recorded for the cluster: %s", who,
                        text);
}

static enum hvc_result record_guest(struct hvc_operations *operations, struct hvc_call *call, const char *who,
                                    const uint8_t uuid[16], const struct place *place)
{
    struct hvc_command command;

    hvc_cluster_command(operations, call, HVC_COMMAND_GUEST, &command);
    memcpy(command.guest.uuid, uuid, sizeof(command.guest.uuid));
    command.guest.memory_kib = place->state.memory_kib;
    command.guest.node = place->node;
    if (hvc_text_copy(command.guest.name, sizeof(command.guest.name), place->state.id.name) < 0 ||
        hvc_text_copy(command.guest.resource, sizeof(command.guest.resource), place->state.owner) < 0)
        return hvc_call_say(call, HVC_RESULT_INVALID, "the name of guest %s or of its resource is too long", who);
    return propose(operations, call, who, &command);
}

static enum hvc_result move_record(struct hvc_operations *operations, struct hvc_call *call, const char *who,
                                   const uint8_t uuid[16], uint32_t node)
{
    struct hvc_command command;

    hvc_cluster_command(operations, call, HVC_COMMAND_GUEST_PLACE, &command);
    memcpy(command.guest_place.uuid, uuid, sizeof(command.guest_place.uuid));
    command.guest_place.node = node;
    return propose(operations, call, who, &command);
}

static enum hvc_result make_true(struct hvc_operations *operations, struct hvc_call *call, const char *who,
                                 struct guest_request *request, const struct lookup *record)
{
    struct place place;
    uint8_t uuid[16];
    enum hvc_result result = find_place(operations, call, request, &place);

    if (result == HVC_RESULT_OK)
        result = check_place(call, who, record, &place);
    if (result != HVC_RESULT_OK)
        return result;
    if (hvc_parse_uuid_bytes(request->id.uuid, uuid) < 0)
        return hvc_call_say(call, HVC_RESULT_INTERNAL, "\"%s\" is no UUID", request->id.uuid);
    if (!record->found)
        return record_guest(operations, call, who, uuid, &place);
    if (place.certain && record->guest.node != place.node)
        return move_record(operations, call, who, uuid, place.node);
    return HVC_RESULT_OK;
}

enum hvc_result guest_record_ensure(struct hvc_operations *operations, struct hvc_call *call, const char *who,
                                    struct hvc_service_guest *ret_guest)
{
    struct guest_request request = {.resource = ""};
    struct lookup record;
    enum hvc_result result = guest_name_find(operations, call, who, &request.id);

    if (result == HVC_RESULT_OK)
        result = look(operations, call, request.id.uuid, &record);
    if (result != HVC_RESULT_OK)
        return result;
    if (record.found && record.guest.job != 0) {
        *ret_guest = record.guest;
        return HVC_RESULT_OK;
    }
    result = make_true(operations, call, who, &request, &record);
    if (result == HVC_RESULT_OK)
        result = guest_name_record(operations, call, request.id.uuid, false, ret_guest);
    return result;
}

/* ---- where a guest is stored that runs nowhere ---- */

enum hvc_result guest_record_home(struct hvc_operations *operations, struct hvc_call *call,
                                  const struct hvc_service_guest *guest, uint32_t *ret_node)
{
    HVC_CLEANUP(free) struct guest_survey *survey = NULL;
    struct guest_request request = {.resource = ""};
    struct place home = {.certain = true};
    struct hvc_guest_state local;

    hvc_format_uuid(guest->uuid, request.id.uuid);
    guest_observe(operations, call, &request, LIST_MS, &local);
    survey = guest_survey_take(operations, call, &request, &local);
    if (survey == NULL)
        return hvc_call_say(call, HVC_RESULT_INTERNAL, "no memory to ask the nodes");
    for (size_t i = 0; i < survey->facts.count; i++) {
        const struct hvc_fact_node *fact = &survey->facts.nodes[i];
        const struct guest_survey_node *node = &survey->nodes[i];

        if (!node->answered && fact->member) {
            home.certain = false;
            add_words(&home, fact->name, node->words);
        } else if (node->answered && node->state.persistent) {
            home.copies++;
            home.node = fact->id;
            add_words(&home, fact->name, "defined");
        }
    }
    if (home.copies > 1)
        return hvc_call_say(call, HVC_RESULT_REFUSED,
                            "guest %s is defined on several nodes (%.600s): remove the wrong definition first (virsh "
                            "undefine); nothing was done",
                            guest->name, home.words);
    if (home.copies == 0 && !home.certain)
        return hvc_call_say(call, HVC_RESULT_UNREACHABLE,
                            "where guest %s is defined is not known: %.600s; nothing was done", guest->name,
                            home.words);
    if (home.copies == 0)
        return hvc_call_say(call, HVC_RESULT_NOT_FOUND, "no node stores a definition of guest %s; nothing was done",
                            guest->name);
    *ret_node = home.node;
    return HVC_RESULT_OK;
}

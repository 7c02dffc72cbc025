/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nowhere.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/cleanup.h"
#include "hvc/clock.h"
#include "hvc/guest_proof.h"
#include "hvc/text.h"

enum {
    PROOF_MS = 10000,
    LIST_MS = 5000, /* for one node to list its guests */
    PROPOSE_MS = 5000,
};

/* ---- a guest that the state knows ---- */

static int prove_known(struct hvc_operations *operations, const struct hvc_agenda_verdict *verdict,
                       struct hvc_error *error)
{
    struct hvc_guest_proof proof = {0};
    char uuid[HVC_UUID_TEXT_MAX];

    hvc_format_uuid(verdict->guest, uuid);
    hvc_guest_prove(operations, uuid, false, hvc_deadline_in(PROOF_MS), &proof);
    switch (proof.is) {
    case HVC_ADOPT_PROOF_NOWHERE:
        return 0;
    case HVC_ADOPT_PROOF_HERE:
        return hvc_error_set(error, -EAGAIN, "its guest runs on %.60s, and the cluster's state has it nowhere yet",
                             proof.node);
    case HVC_ADOPT_PROOF_TWICE:
    case HVC_ADOPT_PROOF_UNKNOWN:
        break;
    }
    return hvc_error_set(error, -EAGAIN, "the cluster's state has its guest nowhere, and that is not proven: %.400s",
                         proof.words);
}

/* ---- one that it does not: by the mark that the agent has put on it ---- */

struct stray {
    unsigned places;
    const struct hvc_fact_node *at; /* the last of them */
    struct hvc_guest_state state;
};

static int list(struct hvc_operations *operations, const struct hvc_fact_node *node,
                struct hvc_guest_state **ret_guests, size_t *ret_count, struct hvc_error *error)
{
    struct hvc_hypervisor *at = operations->hypervisor;
    int r = node->local ? 0 : hvc_peers_get(operations->peers, node->name, &at, error);

    return r < 0 ? r : hvc_hypervisor_list(at, hvc_deadline_in(LIST_MS), ret_guests, ret_count, error);
}

static int look_at(struct hvc_operations *operations, const struct hvc_fact_node *node, const char *resource,
                   struct stray *stray, struct hvc_error *error)
{
    HVC_CLEANUP(free) struct hvc_guest_state *guests = NULL;
    struct hvc_error why = {0};
    size_t count = 0;

    if (node->fenced && !node->member)
        return 0;
    if (list(operations, node, &guests, &count, &why) < 0)
        return hvc_error_set(error, -EAGAIN,
                             "the cluster's state does not know its guest, and node %.60s is not fenced and does not "
                             "say whether it runs there: %.300s",
                             node->name, why.text);
    for (size_t i = 0; i < count; i++) {
        if (!hvc_guest_is_present(guests[i].guest_class) || strcmp(guests[i].owner, resource) != 0)
            continue;
        stray->places++;
        stray->at = node;
        stray->state = guests[i];
    }
    return 0;
}

static int make_command(const char *resource, const struct stray *stray, struct hvc_command *c, struct hvc_error *error)
{
    *c = (struct hvc_command){.version = HVC_COMMAND_VERSION, .kind = HVC_COMMAND_GUEST, .by = "hvclusterd"};
    c->guest.memory_kib = stray->state.memory_kib;
    c->guest.node = stray->at->id;
    if (hvc_parse_uuid_bytes(stray->state.id.uuid, c->guest.uuid) < 0 ||
        hvc_text_copy(c->guest.name, sizeof(c->guest.name), stray->state.id.name) < 0 ||
        hvc_text_copy(c->guest.resource, sizeof(c->guest.resource), resource) < 0)
        return hvc_error_set(error, -EAGAIN, "its guest runs on %.60s, and its name or UUID is none that can be kept",
                             stray->at->name);
    return 0;
}

/* The next look finds it in the state. One that is there already, as nobody's, its own node tells (owners.h). */
static int record(struct hvc_operations *operations, const char *resource, const struct stray *stray,
                  struct hvc_error *error)
{
    struct hvc_keeper *keeper = operations->keeper;
    struct hvc_replica_outcome outcome = {0};
    char name[HVC_GUEST_NAME_MAX + 8], quoted[HVC_RESOURCE_NAME_MAX + 8];
    struct hvc_command c;
    struct hvc_token token;
    int r = make_command(resource, stray, &c, error);

    if (r < 0)
        return r;
    if (keeper->ops->token(keeper, &token) == 0 &&
        keeper->ops->propose(keeper, &c, &token, hvc_deadline_in(PROPOSE_MS), false, &outcome) == 0 &&
        outcome.answer.code == HVC_ANSWER_OK)
        hvc_operations_note(operations, HVC_MESSAGE_GUEST_OWNER, "guest=%s resource=%s",
                            hvc_message_quote(c.guest.name, name, sizeof(name)),
                            hvc_message_quote(resource, quoted, sizeof(quoted)));
    return hvc_error_set(error, -EAGAIN, "its guest runs on %.60s, and the cluster's state did not know it as its own",
                         stray->at->name);
}

static int prove_unknown(struct hvc_operations *operations, const char *resource, struct hvc_error *error)
{
    HVC_CLEANUP(free) struct hvc_cluster_facts *facts = calloc(1, sizeof(*facts));
    struct stray stray = {0};
    int r = 0;

    if (facts == NULL || hvc_facts_read(operations->facts, HVC_FACTS_COROSYNC | HVC_FACTS_PACEMAKER,
                                        hvc_deadline_in(LIST_MS), facts) < 0)
        return hvc_error_set(error, -ENOMEM, "out of memory");
    if (facts->count == 0)
        return hvc_error_set(error, -EAGAIN, "the nodes of the cluster are not known now: %.300s",
                             facts->corosync_error.text);
    for (size_t i = 0; i < facts->count && r == 0; i++)
        r = look_at(operations, &facts->nodes[i], resource, &stray, error);
    if (r < 0 || stray.places == 0)
        return r;
    if (stray.places > 1)
        return hvc_error_set(error, -EAGAIN, "%u guests are marked as its own, one of them on %.60s", stray.places,
                             stray.at->name);
    return record(operations, resource, &stray, error);
}

int job_nowhere_prove(struct hvc_operations *operations, const struct hvc_agenda_verdict *verdict, const char *resource,
                      struct hvc_error *error)
{
    return verdict->known ? prove_known(operations, verdict, error) : prove_unknown(operations, resource, error);
}

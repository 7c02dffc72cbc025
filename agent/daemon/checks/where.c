/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "where.h"

#include <stdlib.h>
#include <string.h>

#include "guest_name.h"
#include "hvc/cleanup.h"
#include "hvc/text.h"

enum { FACTS_MS = 2000, NODE_MS = 2000 };

/* How good an answer it is: alive, only defined, nothing. */
static unsigned presence(const struct hvc_guest_state *state)
{
    return hvc_guest_is_present(state->guest_class) ? 2 : state->persistent ? 1 : 0;
}

static enum hvc_result read_nodes(struct hvc_operations *operations, struct hvc_call *call, uint64_t deadline_ms,
                                  struct hvc_cluster_facts *facts)
{
    if (hvc_facts_read(operations->facts, HVC_FACTS_COROSYNC, hvc_deadline_within(deadline_ms, FACTS_MS), facts) < 0)
        return hvc_call_say(call, HVC_RESULT_INTERNAL, "out of memory");
    return HVC_RESULT_OK;
}

static bool take_node(struct hvc_operations *operations, const char *name, struct checks_where *where,
                      struct hvc_error *error)
{
    if (hvc_text_copy(where->name, sizeof(where->name), name) < 0 ||
        hvc_peers_get(operations->peers, name, &where->hypervisor, error) < 0)
        return false;
    where->node = where->name;
    return true;
}

/* Of the other members; silent: the words of one that did not answer. */
static void search(struct hvc_operations *operations, const struct hvc_cluster_facts *facts, const char *uuid,
                   uint64_t deadline_ms, struct checks_where *best, struct hvc_error *silent)
{
    for (size_t i = 0; i < facts->count && presence(&best->state) < 2; i++) {
        struct checks_where tried = {.node = NULL};

        if (facts->nodes[i].local || !facts->nodes[i].member ||
            !take_node(operations, facts->nodes[i].name, &tried, silent) ||
            hvc_hypervisor_inspect(tried.hypervisor, uuid, hvc_deadline_within(deadline_ms, NODE_MS), &tried.state,
                                   silent) < 0)
            continue;
        if (presence(&tried.state) > presence(&best->state)) {
            *best = tried;
            best->node = best->name;
        }
    }
}

enum hvc_result checks_where_guest(struct hvc_operations *operations, struct hvc_call *call, uint64_t deadline_ms,
                                   struct checks_where *ret_where)
{
    HVC_CLEANUP(free) struct hvc_cluster_facts *facts = calloc(1, sizeof(*facts));
    struct hvc_error error = {0};
    struct hvc_guest_id id;
    enum hvc_result result = guest_name_find(operations, call, hvc_record_text(call->args, "guest", ""), &id);

    if (result != HVC_RESULT_OK || facts == NULL)
        return facts == NULL ? hvc_call_say(call, HVC_RESULT_INTERNAL, "out of memory") : result;
    *ret_where = (struct checks_where){.node = operations->node, .hypervisor = operations->hypervisor};
    if (hvc_hypervisor_inspect(operations->hypervisor, id.uuid, deadline_ms, &ret_where->state, &error) < 0)
        return hvc_call_fail(call, &error);
    if (presence(&ret_where->state) == 2)
        return HVC_RESULT_OK;
    result = read_nodes(operations, call, deadline_ms, facts);
    if (result != HVC_RESULT_OK)
        return result;
    search(operations, facts, id.uuid, deadline_ms, ret_where, &error);
    ret_where->node = ret_where->hypervisor == operations->hypervisor ? operations->node : ret_where->name;
    if (presence(&ret_where->state) > 0)
        return HVC_RESULT_OK;
    if (error.text[0] != '\0')
        return hvc_call_say(call, HVC_RESULT_UNREACHABLE, "no node that answers has the guest: %s", error.text);
    return hvc_call_say(call, HVC_RESULT_NOT_FOUND,
                        "no node of the cluster has the guest: ask where 'hvcluster guest locate' finds it");
}

enum hvc_result checks_where_node(struct hvc_operations *operations, struct hvc_call *call,
                                  struct checks_where *ret_where)
{
    HVC_CLEANUP(free) struct hvc_cluster_facts *facts = calloc(1, sizeof(*facts));
    const char *name = hvc_record_text(call->args, "node", operations->node);
    struct hvc_error error = {0};
    enum hvc_result result;

    *ret_where = (struct checks_where){.node = operations->node, .hypervisor = operations->hypervisor};
    if (facts == NULL)
        return hvc_call_say(call, HVC_RESULT_INTERNAL, "out of memory");
    if (strcmp(name, operations->node) == 0)
        return HVC_RESULT_OK;
    result = read_nodes(operations, call, call->deadline_ms, facts);
    for (size_t i = 0; result == HVC_RESULT_OK && i < facts->count; i++) {
        if (strcmp(facts->nodes[i].name, name) == 0)
            return take_node(operations, name, ret_where, &error) ? HVC_RESULT_OK : hvc_call_fail(call, &error);
    }
    return result != HVC_RESULT_OK ? result
                                   : hvc_call_say(call, HVC_RESULT_NOT_FOUND,
                                                  "the cluster has no node \"%s\": 'hvcluster node list'", name);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Moves in post-copy whose network broke: where they may go on, and what the nodes' fencing says about their ends. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/cleanup.h"
#include "hvc/text.h"
#include "move_route.h"
#include "moves_table.h"

enum { FACTS_MS = 2000 };

static void note_failed(const struct hvc_moves_entry *entry, const char *words)
{
    char quoted[HVC_ERROR_TEXT_MAX];

    hvc_operations_note(entry->operations, HVC_MESSAGE_MOVE_NOT_RESUMED, "id=%s uuid=%s words=%s", entry->id,
                        entry->guest.uuid, hvc_message_quote(words, quoted, sizeof(quoted)));
}

void hvc_moves_note_phase(const struct hvc_moves_entry *entry, enum hvc_migrate_phase from, enum hvc_migrate_phase to)
{
    bool begins = from != to && to == HVC_MIGRATE_INTERRUPTED;
    bool ends = from == HVC_MIGRATE_INTERRUPTED && to == HVC_MIGRATE_POST_COPY;
    char name[HVC_GUEST_NAME_MAX + 8];

    if (begins || ends)
        hvc_operations_note(entry->operations, begins ? HVC_MESSAGE_MOVE_INTERRUPTED : HVC_MESSAGE_MOVE_RESUMED,
                            "id=%s guest=%s uuid=%s from=%s to=%s job=%llu", entry->id,
                            hvc_message_quote(entry->guest.name, name, sizeof(name)), entry->guest.uuid, entry->source,
                            entry->target, (unsigned long long)entry->job.id);
}

/* ---- ways ---- */

/* What answers, the network in use before the others: one after the other. NULL: none does. */
static const struct hvc_route *choose(struct hvc_move_routes *routes, uint32_t in_use, unsigned number)
{
    unsigned answering = 0;

    hvc_route_prefer(routes->list, routes->reached, routes->count, in_use);
    while (answering < routes->count && routes->reached[answering] == 0)
        answering++;
    return answering == 0 ? NULL : &routes->list[number % answering];
}

static void take_route(struct hvc_moves_entry *entry, const struct hvc_route *route, struct hvc_move_way *way)
{
    struct hvc_moves *moves = entry->operations->moves;

    hvc_move_route_uri(&route->address, way->migrate_uri);
    memcpy(way->tls_name, entry->target, sizeof(way->tls_name)); /* its certificate names the node */
    (void)pthread_mutex_lock(&moves->lock);
    entry->network = route->network;
    entry->ring = route->address.ring;
    (void)pthread_mutex_unlock(&moves->lock);
}

/* As the move itself has it: an order's own way is kept, configured networks are tried, else the peers' pattern. */
static int find_data_way(struct hvc_moves_entry *entry, unsigned number, struct hvc_move_way *way,
                         struct hvc_error *error)
{
    HVC_CLEANUP(free) struct hvc_move_routes *routes = NULL;
    const struct hvc_route *route;
    int rc;

    if (entry->own_uri)
        return hvc_text_copy(way->migrate_uri, sizeof(way->migrate_uri), entry->migrate_uri);
    routes = calloc(1, sizeof(*routes));
    if (routes == NULL)
        return hvc_error_set(error, -ENOMEM, "out of memory");
    rc = hvc_move_routes_find(entry->operations, entry->source, entry->target, routes, error);
    if (rc < 0)
        return rc;
    if (routes->count == 0)
        return hvc_peers_migrate_uri(entry->operations->peers, entry->target, way->migrate_uri, error);
    route = choose(routes, entry->way_network, number);
    if (route == NULL)
        return hvc_error_set(error, -EHOSTUNREACH, "no migration network to %s answers; %s", entry->target,
                             routes->note.text);
    take_route(entry, route, way);
    return 0;
}

int hvc_moves_find_way(void *context, unsigned number, const char *failed, struct hvc_move_way *ret_way)
{
    struct hvc_moves_entry *entry = context;
    struct hvc_move_way way = {.tls = entry->task.options.tls};
    struct hvc_error error = {0};
    int rc;

    if (failed[0] != '\0')
        note_failed(entry, failed);
    if (entry->way_network == 0) /* the first time: that network in which it was interrupted */
        entry->way_network = entry->network;
    if (entry->target_uri[0] != '\0')
        rc = hvc_text_copy(way.target_uri, sizeof(way.target_uri), entry->target_uri);
    else /* adopted */
        rc = hvc_peers_uri(entry->operations->peers, entry->target, way.target_uri, &error);
    if (rc == 0)
        rc = find_data_way(entry, number, &way, &error);
    if (rc < 0 && !entry->wayless)
        note_failed(entry, error.text); /* once: it is looked at again and again */
    entry->wayless = rc < 0;
    if (rc < 0)
        return rc;
    hvc_operations_note(entry->operations, HVC_MESSAGE_MOVE_RESUMING, "id=%s uuid=%s to=%s uri=%s try=%u", entry->id,
                        entry->guest.uuid, entry->target, way.migrate_uri[0] == '\0' ? "?" : way.migrate_uri,
                        number + 1);
    *ret_way = way;
    return 0;
}

/* ---- ends ---- */

static bool is_dead(const struct hvc_cluster_facts *facts, const char *name)
{
    const struct hvc_fact_node *node = name[0] == '\0' ? NULL : hvc_facts_find(facts, name);

    return node != NULL && hvc_fact_is_dead(node);
}

void hvc_moves_find_dead(void *context, bool *ret_source, bool *ret_target)
{
    const struct hvc_moves_entry *entry = context;
    HVC_CLEANUP(free) struct hvc_cluster_facts *facts = calloc(1, sizeof(*facts));

    *ret_source = *ret_target = false;
    if (facts == NULL || hvc_facts_read(entry->operations->facts, HVC_FACTS_COROSYNC | HVC_FACTS_PACEMAKER,
                                        hvc_deadline_in(FACTS_MS), facts) < 0)
        return;
    /* without both nobody knows: a node that Pacemaker calls fenced may be a member again */
    if (!facts->corosync_answers || !facts->pacemaker_answers)
        return;
    *ret_source = is_dead(facts, entry->source);
    *ret_target = is_dead(facts, entry->target);
}

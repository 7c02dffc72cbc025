/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "move_route.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/cleanup.h"
#include "hvc/text.h"
#include "node_facts.h"
#include "reach.h"

enum { READ_MS = 2000, REACH_MS = 1500 };

void hvc_move_route_uri(const struct hvc_address *address, char uri[HVC_URI_MAX])
{
    char text[INET6_ADDRSTRLEN];

    hvc_address_text(address, text, sizeof(text));
    (void)snprintf(uri, HVC_URI_MAX, address->family == 4 ? "tcp://%s" : "tcp://[%s]", text);
}

/* ---- what is known ---- */

struct known {
    const char *source_name, *target_name;
    uint32_t source, target; /* ids, 0: not in the state */
    bool any;
    uint64_t bandwidth;
    unsigned count;
    struct hvc_network networks[HVC_NETWORKS_MAX];
    struct hvc_soft_facts source_facts, target_facts;
};

static int look(void *context, const struct hvc_service *service, const struct hvc_replica_stamp *stamp)
{
    struct known *known = context;
    const struct hvc_service_node *source = hvc_service_node_named(service, known->source_name);
    const struct hvc_service_node *target = hvc_service_node_named(service, known->target_name);
    const struct hvc_network *network;

    (void)stamp;
    known->source = source == NULL ? 0 : source->id;
    known->target = target == NULL ? 0 : target->id;
    known->any = hvc_service_setting(service, 0, HVC_SETTING_ANY_NETWORK) != 0;
    known->bandwidth = hvc_service_setting(service, known->source, HVC_SETTING_BANDWIDTH);
    known->count = 0;
    while (known->count < HVC_NETWORKS_MAX && (network = hvc_service_network_at(service, known->count)) != NULL)
        known->networks[known->count++] = *network;
    return 0;
}

/* A node of which nothing has come has no address. */
static struct hvc_route_end end_of(struct hvc_keeper *keeper, uint32_t node, struct hvc_soft_facts *facts)
{
    if (node == 0 || keeper->ops->soft(keeper, node, facts) < 0)
        return (struct hvc_route_end){.node = node};
    return (struct hvc_route_end){.node = node, .addresses = facts->addresses, .count = facts->address_count};
}

/* ---- choosing ---- */

/* Those that answer before those that do not; both in their order. */
static void put_reached_first(struct hvc_move_routes *routes)
{
    struct hvc_route sorted[HVC_ROUTES_MAX];
    int reached[HVC_ROUTES_MAX];
    unsigned count = 0;

    for (unsigned dead = 0; dead < 2; dead++) {
        for (unsigned i = 0; i < routes->count; i++) {
            if ((routes->reached[i] != 0) != (dead == 1))
                continue;
            sorted[count] = routes->list[i];
            reached[count++] = routes->reached[i];
        }
    }
    memcpy(routes->list, sorted, count * sizeof(sorted[0]));
    memcpy(routes->reached, reached, count * sizeof(reached[0]));
}

static void try_addresses(struct hvc_move_routes *routes)
{
    struct hvc_address addresses[HVC_ROUTES_MAX];
    char uri[HVC_URI_MAX];

    for (unsigned i = 0; i < routes->count; i++)
        addresses[i] = routes->list[i].address;
    hvc_reach(addresses, routes->count, HVC_REACH_PORT, REACH_MS, routes->reached);
    if (routes->reached[0] != 0) {
        hvc_move_route_uri(&addresses[0], uri);
        (void)hvc_error_set(&routes->note, 0, "%s of network %u does not answer (%s)", uri, routes->list[0].network,
                            strerror(-routes->reached[0]));
    }
    put_reached_first(routes);
}

int hvc_move_routes_find(struct hvc_operations *operations, const char *source, const char *target,
                         struct hvc_move_routes *ret_routes, struct hvc_error *error)
{
    struct hvc_keeper *keeper = operations->keeper;
    HVC_CLEANUP(free) struct known *known = calloc(1, sizeof(*known));
    struct hvc_route_end from, to;
    enum hvc_route_answer answer;
    struct hvc_error ignored = {0};

    memset(ret_routes, 0, sizeof(*ret_routes));
    if (keeper == NULL || strcmp(source, target) == 0)
        return 0;
    if (known == NULL)
        return hvc_error_set(error, -ENOMEM, "out of memory");
    known->source_name = source;
    known->target_name = target;
    if (keeper->ops->read(keeper, HVC_REPLICA_HERE, hvc_deadline_in(READ_MS), look, known, &ignored) < 0)
        return 0; /* no state, no configured network */
    ret_routes->node_bandwidth = known->bandwidth;
    if (known->count == 0)
        return 0;
    from = end_of(keeper, known->source, &known->source_facts);
    to = end_of(keeper, known->target, &known->target_facts);
    answer =
        hvc_route_find(known->networks, known->count, &from, &to, known->any, ret_routes->list, &ret_routes->count);
    if (answer != HVC_ROUTE_FOUND && !known->any)
        return hvc_error_set(error, -ENETUNREACH,
                             "no migration network leads to %s: %s. Look at `hvcluster network list`, or allow any "
                             "network with the setting any-network",
                             target, hvc_route_answer_text(answer));
    if (answer != HVC_ROUTE_FOUND || ret_routes->list[0].network == 0)
        (void)hvc_error_set(&ret_routes->note, 0, "no configured migration network leads to %s: another one is used",
                            target);
    if (answer == HVC_ROUTE_FOUND && strcmp(source, operations->node) == 0)
        try_addresses(ret_routes);
    return 0;
}

/* ---- the next one ---- */

struct rest {
    const char *source, *target;
    const uint32_t *networks; /* that may be taken, the preferred one first */
    unsigned count;
    uint32_t chosen;
};

static int look_for_room(void *context, const struct hvc_service *service, const struct hvc_replica_stamp *stamp)
{
    struct rest *rest = context;
    const struct hvc_service_node *source = hvc_service_node_named(service, rest->source);
    const struct hvc_service_node *target = hvc_service_node_named(service, rest->target);

    (void)stamp;
    if (source == NULL || target == NULL)
        return 0;
    for (unsigned i = 0; i < rest->count; i++) {
        if (!hvc_service_network_has_room(service, rest->networks[i], source->id, target->id))
            continue;
        rest->chosen = rest->networks[i];
        break;
    }
    return 0;
}

void hvc_move_routes_go_on(struct hvc_operations *operations, const char *source, const char *target,
                           struct hvc_move_routes *routes, unsigned at)
{
    struct hvc_route *list = &routes->list[at + 1];
    int *reached = &routes->reached[at + 1];
    struct hvc_address addresses[HVC_ROUTES_MAX];
    uint32_t networks[HVC_JOB_WAYS_MAX] = {0};
    struct rest rest = {.source = source, .target = target, .networks = networks};
    struct hvc_keeper *keeper = operations->keeper;
    unsigned count = routes->count - at - 1;
    struct hvc_error ignored = {0};

    for (unsigned i = 0; i < count; i++)
        addresses[i] = list[i].address;
    hvc_reach(addresses, count, HVC_REACH_PORT, REACH_MS, reached);
    rest.count = hvc_route_networks(list, reached, count, networks, HVC_JOB_WAYS_MAX);
    rest.chosen = networks[0];
    if (keeper != NULL) /* without a state: by their order */
        (void)keeper->ops->read(keeper, HVC_REPLICA_HERE, hvc_deadline_in(READ_MS), look_for_room, &rest, &ignored);
    hvc_route_prefer(list, reached, count, rest.chosen);
}

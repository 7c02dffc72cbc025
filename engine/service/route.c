/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/route.h"

#include <string.h>

static const char *const texts[HVC_ROUTE_ANSWER_COUNT] = {
    [HVC_ROUTE_FOUND] = "",
    [HVC_ROUTE_NO_ADDRESS] = "it tells of no address that the source could use",
    [HVC_ROUTE_NO_NETWORK] = "no migration network is configured for it",
    [HVC_ROUTE_TARGET_OUTSIDE] = "it has no address in a migration network",
    [HVC_ROUTE_SOURCE_OUTSIDE] = "the source has no address in a migration network that reaches it",
};

const char *hvc_route_answer_text(unsigned answer)
{
    return answer < HVC_ROUTE_ANSWER_COUNT ? texts[answer] : "invalid";
}

static bool holds_for(const struct hvc_network *network, uint32_t node)
{
    return network->node == 0 || network->node == node;
}

static bool is_in(const struct hvc_route_end *end, const struct hvc_network *network)
{
    for (unsigned i = 0; i < end->count; i++) {
        if (hvc_address_is_usable(&end->addresses[i]) && hvc_address_in(&end->addresses[i], network))
            return true;
    }
    return false;
}

static bool has_family(const struct hvc_route_end *end, uint8_t family)
{
    for (unsigned i = 0; i < end->count; i++) {
        if (end->addresses[i].family == family && hvc_address_is_usable(&end->addresses[i]))
            return true;
    }
    return false;
}

/* Does the source come to addresses of the target in this network? */
static bool reaches(const struct hvc_network *networks, unsigned count, const struct hvc_route_end *source,
                    const struct hvc_network *network)
{
    if (network->node == 0)
        return is_in(source, network);
    for (unsigned i = 0; i < count; i++) {
        if (networks[i].family == network->family && holds_for(&networks[i], source->node) &&
            is_in(source, &networks[i]))
            return true;
    }
    return false;
}

static bool is_near(const struct hvc_route_end *source, const struct hvc_address *target)
{
    for (unsigned i = 0; i < source->count; i++) {
        if (hvc_address_is_near(&source->addresses[i], target))
            return true;
    }
    return false;
}

/* ---- the order ---- */

static int compare_numbers(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int compare(const struct hvc_route *a, const struct hvc_route *b)
{
    const int steps[] = {
        compare_numbers(a->address.ring, b->address.ring),
        compare_numbers(a->metric, b->metric),
        compare_numbers(b->near, a->near),
        compare_numbers(a->network, b->network),
        compare_numbers(a->address.family, b->address.family),
        memcmp(a->address.bytes, b->address.bytes, sizeof(a->address.bytes)),
    };

    for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (steps[i] != 0)
            return steps[i];
    }
    return 0;
}

/* In its place; an address that is there already keeps the better of both ways. */
static void insert(struct hvc_route *routes, unsigned *count, const struct hvc_route *route)
{
    unsigned at;

    for (at = 0; at < *count && !hvc_address_equal(&routes[at].address, &route->address); at++)
        ;
    if (at < *count) {
        if (compare(&routes[at], route) <= 0)
            return;
        memmove(&routes[at], &routes[at + 1], (--*count - at) * sizeof(*routes));
    }
    if (*count == HVC_ROUTES_MAX)
        return; /* as many as a node has addresses: only another address of the same node could come here */
    for (at = *count; at > 0 && compare(&routes[at - 1], route) > 0; at--)
        routes[at] = routes[at - 1];
    routes[at] = *route;
    ++*count;
}

/* ---- finding ---- */

/* The target's addresses in one network (NULL: all of a family that the source has). True: it has one, reached or not.
 */
static bool add_network(const struct hvc_network *network, bool reached, const struct hvc_route_end *source,
                        const struct hvc_route_end *target, struct hvc_route *routes, unsigned *count)
{
    bool has = false;

    for (unsigned i = 0; i < target->count; i++) {
        struct hvc_route route = {.address = target->addresses[i], .near = is_near(source, &target->addresses[i])};

        if (!hvc_address_is_usable(&route.address) ||
            !(network != NULL ? hvc_address_in(&route.address, network) : has_family(source, route.address.family)))
            continue;
        has = true;
        if (network != NULL) {
            route.network = network->id;
            route.metric = network->metric;
            route.bandwidth = network->bandwidth;
        }
        if (reached)
            insert(routes, count, &route);
    }
    return has;
}

enum hvc_route_answer hvc_route_find(const struct hvc_network *networks, unsigned network_count,
                                     const struct hvc_route_end *source, const struct hvc_route_end *target, bool any,
                                     struct hvc_route *routes, unsigned *ret_count)
{
    bool configured = false, inside = false;

    *ret_count = 0;
    for (unsigned i = 0; i < network_count; i++) {
        if (!holds_for(&networks[i], target->node))
            continue;
        configured = true;
        if (add_network(&networks[i], reaches(networks, network_count, source, &networks[i]), source, target, routes,
                        ret_count))
            inside = true;
    }
    if (*ret_count > 0)
        return HVC_ROUTE_FOUND;
    if (any)
        return add_network(NULL, true, source, target, routes, ret_count) ? HVC_ROUTE_FOUND : HVC_ROUTE_NO_ADDRESS;
    if (!configured)
        return HVC_ROUTE_NO_NETWORK;
    return inside ? HVC_ROUTE_SOURCE_OUTSIDE : HVC_ROUTE_TARGET_OUTSIDE;
}

/* ---- after they were tried ---- */

/* 0 the best: how far it is from what one would take. */
static unsigned standing(const struct hvc_route *route, int reached)
{
    return (reached == 0 ? 0u : 2u) + (route->address.ring ? 1u : 0u);
}

static bool is_among(const uint32_t *ids, unsigned count, uint32_t id)
{
    for (unsigned i = 0; i < count; i++) {
        if (ids[i] == id)
            return true;
    }
    return false;
}

unsigned hvc_route_networks(const struct hvc_route *routes, const int *reached, unsigned count, uint32_t *ids,
                            unsigned max)
{
    unsigned best = 3, found = 0;

    for (unsigned i = 0; i < count; i++)
        best = standing(&routes[i], reached[i]) < best ? standing(&routes[i], reached[i]) : best;
    for (unsigned i = 0; i < count && found < max; i++) {
        if (standing(&routes[i], reached[i]) == best && !is_among(ids, found, routes[i].network))
            ids[found++] = routes[i].network;
    }
    return found;
}

static unsigned preference(const struct hvc_route *route, int reached, uint32_t id)
{
    return (reached == 0 ? 0u : 2u) + (route->network == id ? 0u : 1u);
}

void hvc_route_prefer(struct hvc_route *routes, int *reached, unsigned count, uint32_t id)
{
    for (unsigned i = 1; i < count; i++) {
        const struct hvc_route route = routes[i];
        int answer = reached[i];
        unsigned at = i;

        for (; at > 0 && preference(&routes[at - 1], reached[at - 1], id) > preference(&route, answer, id); at--) {
            routes[at] = routes[at - 1];
            reached[at] = reached[at - 1];
        }
        routes[at] = route;
        reached[at] = answer;
    }
}

unsigned hvc_route_listeners(const struct hvc_network *networks, unsigned network_count,
                             const struct hvc_route_end *node, bool any, struct hvc_address *addresses)
{
    struct hvc_route routes[HVC_ROUTES_MAX];
    unsigned count = 0;

    /* the ways from the node to itself are those that another node with the same addresses would have */
    (void)hvc_route_find(networks, network_count, node, node, any, routes, &count);
    for (unsigned i = 0; i < count; i++)
        addresses[i] = routes[i].address;
    return count;
}

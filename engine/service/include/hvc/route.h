/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which way the data of a move take: from the configured networks and the addresses of both nodes to an ordered list of
 * addresses of the target that are worth a try. Pure.
 *
 * A network of the cluster is a way when both nodes have an address in it. A network of one node is a way to that node
 * when the source has an address in any network that holds for it (such networks are routed). Order: what is not the
 * ring's before what is; lower metric; nearer (source and target on one subnet); lower network id; IPv4 before IPv6;
 * lower address. With `any` and no such way: every address of the target of a family that the source has, in the same
 * order.
 */
#ifndef HVC_ROUTE_H
#define HVC_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "hvc/address.h"
#include "hvc/settings.h"

#define HVC_ROUTES_MAX HVC_ADDRESSES_MAX

struct hvc_route_end {
    uint32_t node; /* id */
    const struct hvc_address *addresses;
    unsigned count;
};

struct hvc_route {
    struct hvc_address address; /* of the target; its `ring` says whether the ring's network is used */
    uint32_t network;           /* id, 0: none of the configured ones */
    uint32_t metric;
    uint64_t bandwidth; /* of the network, bytes per second, 0: not limited */
    bool near;          /* the source is on the same subnet */
};

enum hvc_route_answer {
    HVC_ROUTE_FOUND,
    HVC_ROUTE_NO_ADDRESS,     /* the target tells of no address (of a family that the source has) */
    HVC_ROUTE_NO_NETWORK,     /* no network is configured that holds for the target */
    HVC_ROUTE_TARGET_OUTSIDE, /* the target has no address in any of them */
    HVC_ROUTE_SOURCE_OUTSIDE, /* the target has, but the source does not reach it */
    HVC_ROUTE_ANSWER_COUNT
};

/* routes: room for HVC_ROUTES_MAX. *ret_count is 0 unless FOUND. */
enum hvc_route_answer hvc_route_find(const struct hvc_network *networks, unsigned network_count,
                                     const struct hvc_route_end *source, const struct hvc_route_end *target, bool any,
                                     struct hvc_route *routes, unsigned *ret_count);

/* The networks that a move could be given for these routes, the preferred one first, each once; reached[i]: 0, or why
 * route i does not answer now. What does not answer is left out while anything does, and so is the ring's network: it
 * stands in for one that is cut, not for one that is full. ids: room for max; returns how many. */
unsigned hvc_route_networks(const struct hvc_route *routes, const int *reached, unsigned count, uint32_t *ids,
                            unsigned max);

/* The routes of network id before the others, and what answers before what does not; else in their order. */
void hvc_route_prefer(struct hvc_route *routes, int *reached, unsigned count, uint32_t id);

/* A sentence's part for people: "it has no address in a migration network"; "" for FOUND. */
const char *hvc_route_answer_text(unsigned answer);

/* The addresses of a node at which it takes moves, as in MigrationServiceListenerIPAddressList: in the configured
 * networks that hold for it, lower metric first; without one configured (or none with an address) and with `any`, all.
 * addresses: room for HVC_ADDRESSES_MAX; returns how many. */
unsigned hvc_route_listeners(const struct hvc_network *networks, unsigned network_count,
                             const struct hvc_route_end *node, bool any, struct hvc_address *addresses);

#endif

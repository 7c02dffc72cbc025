/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way of a move's data: the state's networks and the nodes' soft facts to a list of URIs for libvirt, in the order
 * in which they are tried. Reading the state and trying addresses may block. */
#ifndef HVC_MOVE_ROUTE_H
#define HVC_MOVE_ROUTE_H

#include "hvc/operations.h"
#include "hvc/route.h"

struct hvc_move_routes {
    unsigned count; /* 0: no network is configured (or nothing is known): the peers' pattern says the way */
    struct hvc_route list[HVC_ROUTES_MAX];
    int reached[HVC_ROUTES_MAX]; /* 0, or why not: negative errno. Only asked when this node is the source */
    uint64_t node_bandwidth;     /* of the source, bytes per second, 0: not limited */
    struct hvc_error note;       /* what people should know about the choice; "" for nothing */
};

/* -ENETUNREACH in words: networks are configured, none leads to the target, and no other may be used. */
int hvc_move_routes_find(struct hvc_operations *operations, const char *source, const char *target,
                         struct hvc_move_routes *ret_routes, struct hvc_error *error);

/* After route `at` has failed: what comes behind it is tried again, and put into a new order. What answers comes first,
 * of that a network that has room for one more move (hvc/settings.h), and a full one rather than none. */
void hvc_move_routes_go_on(struct hvc_operations *operations, const char *source, const char *target,
                           struct hvc_move_routes *routes, unsigned at);

/* "tcp://10.0.7.2", "tcp://[fd00:7::2]": libvirt chooses the port. */
void hvc_move_route_uri(const struct hvc_address *address, char uri[HVC_URI_MAX]);

#endif

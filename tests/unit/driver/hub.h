/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A group of rings in one process: total order, views by partition, and messages that can be held back so that a view
 * ends before they are delivered. For unit tests only. */
#ifndef HVC_TEST_DRIVER_HUB_H
#define HVC_TEST_DRIVER_HUB_H

#include "internal.h"

enum { HUB_NODES_MAX = 5 };

struct hub;

/* Nodes 1..nodes, one vote each, named n1... */
struct hub *hub_new(unsigned nodes, uint32_t modes);
void hub_free(struct hub *hub); /* after all rings were closed */

/* For hvc_replica_open_on; owned by the hub. */
const struct hvc_ring_port *hub_port(struct hub *hub, unsigned node);

/* Side of each node by its bit (bit n-1: node n): nodes of the mask and the others form one ring each. */
void hub_split(struct hub *hub, unsigned mask);
void hub_heal(struct hub *hub);

/* While held, what is sent waits; a view change in that time loses it. */
void hub_hold(struct hub *hub, bool hold);
unsigned hub_held(struct hub *hub);

#endif

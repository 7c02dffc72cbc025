/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A node's soft facts as a record: of `node list` and `status`. */
#ifndef HVC_NODE_FACTS_H
#define HVC_NODE_FACTS_H

#include <sys/socket.h>

#include "hvc/keeper.h"
#include "hvc/record.h"

/* Adds load, free memory, CPU model, health of libvirt, guests seen (and how old the node's list of them is, guests_ms)
 * and the age of all that (heard_ms; stale: it is not of now); with a service also versions, addresses, and at which of
 * them the node takes moves (listens). Adds nothing when nothing has come from the
 * node, or there is no memory for it. Never waits. */
void hvc_node_facts_describe(struct hvc_keeper *keeper, uint32_t node, const struct hvc_service *service,
                             struct hvc_record *record);

/* The addresses at which a node takes moves by the networks of the state, the preferred one first:
 * MigrationServiceListenerIPAddressList. addresses: room for HVC_ADDRESSES_MAX; returns how many. */
unsigned hvc_node_facts_listeners(const struct hvc_service *service, const struct hvc_soft_facts *facts,
                                  struct hvc_address *addresses);

/* The address as the socket calls want it; returns its length. */
socklen_t hvc_address_name(const struct hvc_address *address, uint16_t port, struct sockaddr_storage *name);

/* "10.0.7.2" */
void hvc_address_text(const struct hvc_address *address, char *text, size_t size);

#endif

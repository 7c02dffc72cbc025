/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel says about this node: for its soft facts. Files of /proc and the list of interfaces: no call blocks.
 */
#ifndef HVC_HOST_FACTS_H
#define HVC_HOST_FACTS_H

#include <stddef.h>
#include <stdint.h>

#include "hvc/soft_facts.h"

/* Load, processors and memory. What a file of `proc` ("/proc") does not tell stays 0. */
void hvc_host_read(const char *proc, struct hvc_soft_facts *facts);

/* The addresses that others could reach (hvc_address_is_usable); which of them are the ring's is not known yet.
 * addresses: room for HVC_ADDRESSES_MAX. Returns how many. */
unsigned hvc_host_addresses(struct hvc_address *addresses);

/* Marks the ring's subnet: that of `ring`, an address or a name as corosync.conf has it. May ask DNS. */
void hvc_host_mark_ring(const char *ring, struct hvc_address *addresses, unsigned count);

/* What is no text that may be sent on becomes '?'. */
void hvc_host_text(char *target, size_t size, const char *text);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An address of a node, as the node itself tells it, and whether it lies in a subnet. Pure. */
#ifndef HVC_ADDRESS_H
#define HVC_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "hvc/limits.h"
#include "hvc/settings.h"

struct hvc_address {
    uint8_t family;    /* 4 or 6 */
    uint8_t prefix;    /* length of the subnet's prefix on that interface */
    bool ring;         /* the cluster's ring runs over its subnet */
    uint8_t bytes[16]; /* network order, the first 4 for IPv4; the others 0 */
};

/* Do the first `bits` bits agree? */
bool hvc_address_same_bits(const uint8_t *a, const uint8_t *b, unsigned bits);

bool hvc_address_equal(const struct hvc_address *a, const struct hvc_address *b);

/* Family, prefix and host bits are as they must be, and another node can reach it: neither unspecified, loopback,
 * link-local (of which the interface would have to be named) nor multicast. */
bool hvc_address_is_usable(const struct hvc_address *address);

/* Prefix 0 takes every address of the family. */
bool hvc_address_in(const struct hvc_address *address, const struct hvc_network *network);

/* Both on the same link: one family, and b in the subnet of a. */
bool hvc_address_is_near(const struct hvc_address *a, const struct hvc_address *b);

#endif

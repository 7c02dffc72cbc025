/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How fast is the interface over which this node reaches an address? The kernel's word; asks nobody else. */
#ifndef HVC_LINK_SPEED_H
#define HVC_LINK_SPEED_H

#include <stdint.h>

#include "hvc/address.h"

/* Mbit/s; 0: not known (no way there, a virtual interface without a speed, no link). sys: "/sys/class/net". */
uint64_t hvc_link_mbit(const char *sys, const struct hvc_address *address);

#endif

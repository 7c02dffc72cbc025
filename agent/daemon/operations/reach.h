/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Does a network carry packets to these addresses? A TCP connection to libvirt's TLS port is tried: made or refused,
 * something of the other node has answered. It takes TCP two minutes to give a dead way up, which no move may wait for.
 * Blocks for the time given at most; any thread but the main loop.
 */
#ifndef HVC_REACH_H
#define HVC_REACH_H

#include <stdint.h>

#include "hvc/address.h"

#define HVC_REACH_PORT 16514 /* of libvirtd's TLS socket */

/* results[i]: 0 it answers; a negative errno: -ETIMEDOUT no answer, -EHOSTUNREACH, -ENETUNREACH, ... All are tried at
 * the same time. count: at most HVC_ADDRESSES_MAX. */
void hvc_reach(const struct hvc_address *addresses, unsigned count, uint16_t port, uint64_t wait_ms, int *results);

#endif

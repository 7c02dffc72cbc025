/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages on their way to corosync, which takes them when it can. What waits at one time goes out as one message of
 * CPG, a packet: each message behind its length (4 bytes, little endian). CPG's cost is by the message, so a node that
 * is behind catches up by itself.
 */
#ifndef HVC_RING_SENDING_H
#define HVC_RING_SENDING_H

#include <stdint.h>

#include "hvc/limits.h"
#include "queue.h"

struct hvc_sending {
    struct hvc_queue queue;
    size_t packed; /* of the ring's thread, as what follows: bytes of the packet that corosync has not taken yet */
    uint8_t packet[HVC_RING_PACKET_MAX];
};

void hvc_sending_init(struct hvc_sending *sending, size_t limit);
void hvc_sending_done(struct hvc_sending *sending);

/* Any thread: 1 when the ring's thread is to be woken, 0 when it has been; -EMSGSIZE above HVC_RING_MESSAGE_MAX,
 * -ENOBUFS when the queue is full, -ENOMEM. */
int hvc_sending_put(struct hvc_sending *sending, const void *bytes, size_t length);

/* The ring's thread: gives what waits to send, in order and packed, until it is not 0. -EAGAIN: the packet stays the
 * next one, and what comes meanwhile joins it as far as there is room. */
int hvc_sending_flush(struct hvc_sending *sending, int (*send)(void *context, const void *bytes, size_t length),
                      void *context);

/* The ring's thread: forgets what has not been taken. */
void hvc_sending_clear(struct hvc_sending *sending);

/* Gives each message of a packet to take. What cannot be a part of one is given as it is: whoever reads it counts what
 * it cannot read. */
void hvc_sending_unpack(const void *packet, size_t length,
                        void (*take)(void *context, const void *bytes, size_t length), void *context);

#endif

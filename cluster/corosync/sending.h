/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages on their way to corosync, which takes them when it can. What waits at one time goes out as one message of
 * CPG, a packet: each message behind its length (4 bytes, little endian). CPG's cost is by the message, so a node that
 * is behind catches up by itself.
 *
 * Who put messages gives them out himself (try), so that no other thread has to be woken for them. The ring's thread
 * gives out the rest: what try leaves, and what corosync did not take. Corosync's calls wait for room in a socket when
 * it is stopped; so try stops at HVC_SENDING_UNDER_WAY packets that have not come back, for which there is always room.
 */
#ifndef HVC_RING_SENDING_H
#define HVC_RING_SENDING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "hvc/limits.h"
#include "queue.h"

enum { HVC_SENDING_UNDER_WAY = 32 };

struct hvc_sending {
    struct hvc_queue queue;
    atomic_uint under_way; /* packets that corosync has taken and has not delivered back */
    pthread_mutex_t lock;  /* what follows; held over the calls into corosync */
    bool open;             /* there is a connection to give packets to */
    size_t packed;         /* bytes of the packet that corosync has not taken yet */
    uint8_t packet[HVC_RING_PACKET_MAX];
};

void hvc_sending_init(struct hvc_sending *sending, size_t limit);
void hvc_sending_done(struct hvc_sending *sending);

/* A connection has been made, or is to be taken down: no call of try is under way when this returns, and none begins.
 * The ring's thread. */
void hvc_sending_open(struct hvc_sending *sending, bool open);

/* Any thread: 0, -EMSGSIZE above HVC_RING_MESSAGE_MAX, -ENOBUFS when the queue is full, -ENOMEM. */
int hvc_sending_put(struct hvc_sending *sending, const void *bytes, size_t length);

/* Gives a packet to corosync: 0, or -EAGAIN when it takes none now. */
typedef int (*hvc_sending_fn)(void *context, const void *bytes, size_t length);

/* Any thread, never waits: gives out what waits, in order and packed. False: something is left for the ring's thread,
 * which is to be woken. send must not wait and fails with -EAGAIN only. */
bool hvc_sending_try(struct hvc_sending *sending, hvc_sending_fn send, void *context);

/* The ring's thread: gives what waits to send, in order and packed, until it is not 0. -EAGAIN: the packet stays the
 * next one, and what comes meanwhile joins it as far as there is room. */
int hvc_sending_flush(struct hvc_sending *sending, hvc_sending_fn send, void *context);

/* The ring's thread: an own packet has been delivered. */
void hvc_sending_back(struct hvc_sending *sending);

/* The ring's thread, at the end of a view: forgets what has not been taken, and what is under way: corosync may have
 * dropped it. */
void hvc_sending_clear(struct hvc_sending *sending);

/* Gives each message of a packet to take. What cannot be a part of one is given as it is: whoever reads it counts what
 * it cannot read. */
void hvc_sending_unpack(const void *packet, size_t length,
                        void (*take)(void *context, const void *bytes, size_t length), void *context);

#endif

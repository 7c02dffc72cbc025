/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages on their way to corosync, which takes them when it can. */
#ifndef HVC_RING_SENDING_H
#define HVC_RING_SENDING_H

#include "queue.h"

/* Any thread: -EMSGSIZE above HVC_RING_MESSAGE_MAX, -ENOBUFS when the queue is full, -ENOMEM. */
int hvc_sending_put(struct hvc_queue *sending, const void *bytes, size_t length);

/* The ring's thread: gives what waits to send, in order, until it is not 0. -EAGAIN: the message stays the next one. */
int hvc_sending_flush(struct hvc_queue *sending, int (*send)(void *context, const void *bytes, size_t length),
                      void *context);

#endif

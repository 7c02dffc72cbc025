/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A bounded queue of byte blocks between two threads; what waits is bounded by bytes, not by blocks. */
#ifndef HVC_RING_QUEUE_H
#define HVC_RING_QUEUE_H

#include <pthread.h>
#include <stddef.h>

struct hvc_block {
    struct hvc_block *next;
    size_t length;
    max_align_t bytes[];
};

struct hvc_queue {
    pthread_mutex_t lock;
    struct hvc_block *first, *last;
    size_t bytes, limit;
};

void hvc_queue_init(struct hvc_queue *queue, size_t limit);
void hvc_queue_done(struct hvc_queue *queue);

/* A block with room for length bytes; NULL without memory. */
struct hvc_block *hvc_block_new(size_t length);

/* Takes the block over; 1: it is the first one, who waits for blocks is to be woken; 0: others lie before it, so that
 * he has been. -ENOBUFS when the queue is full; force queues it all the same (control events are few). */
int hvc_queue_put(struct hvc_queue *queue, struct hvc_block *block, int force);

/* The oldest block, now the caller's to free(); NULL when there is none. */
struct hvc_block *hvc_queue_take(struct hvc_queue *queue);

/* Puts a block back in front (it could not be sent yet). */
void hvc_queue_return(struct hvc_queue *queue, struct hvc_block *block);

void hvc_queue_clear(struct hvc_queue *queue);
size_t hvc_queue_bytes(struct hvc_queue *queue);

#endif

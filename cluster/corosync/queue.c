/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "queue.h"

#include <errno.h>

void hvc_queue_init(struct hvc_queue *queue, size_t limit)
{
    *queue = (struct hvc_queue){.limit = limit};
    (void)pthread_mutex_init(&queue->lock, NULL);
}

void hvc_queue_done(struct hvc_queue *queue)
{
    hvc_queue_clear(queue);
    (void)pthread_mutex_destroy(&queue->lock);
}

struct hvc_block *hvc_block_new(size_t length)
{
    struct hvc_block *block = malloc(sizeof(*block) + length);

    if (block != NULL) {
        block->next = NULL;
        block->length = length;
    }
    return block;
}

int hvc_queue_put(struct hvc_queue *queue, struct hvc_block *block, int force)
{
    int result = 0;

    (void)pthread_mutex_lock(&queue->lock);
    if (!force && queue->bytes + block->length > queue->limit) {
        result = -ENOBUFS;
    } else {
        result = queue->last == NULL;
        if (queue->last != NULL)
            queue->last->next = block;
        else
            queue->first = block;
        queue->last = block;
        queue->bytes += block->length;
    }
    (void)pthread_mutex_unlock(&queue->lock);
    return result;
}

struct hvc_block *hvc_queue_take(struct hvc_queue *queue)
{
    struct hvc_block *block;

    (void)pthread_mutex_lock(&queue->lock);
    block = queue->first;
    if (block != NULL) {
        queue->first = block->next;
        if (queue->first == NULL)
            queue->last = NULL;
        queue->bytes -= block->length;
        block->next = NULL;
    }
    (void)pthread_mutex_unlock(&queue->lock);
    return block;
}

void hvc_queue_return(struct hvc_queue *queue, struct hvc_block *block)
{
    (void)pthread_mutex_lock(&queue->lock);
    block->next = queue->first;
    queue->first = block;
    if (queue->last == NULL)
        queue->last = block;
    queue->bytes += block->length;
    (void)pthread_mutex_unlock(&queue->lock);
}

void hvc_queue_clear(struct hvc_queue *queue)
{
    struct hvc_block *block;

    while ((block = hvc_queue_take(queue)) != NULL)
        free(block);
}

size_t hvc_queue_bytes(struct hvc_queue *queue)
{
    size_t bytes;

    (void)pthread_mutex_lock(&queue->lock);
    bytes = queue->bytes;
    (void)pthread_mutex_unlock(&queue->lock);
    return bytes;
}

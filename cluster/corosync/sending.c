/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sending.h"

#include <errno.h>

#include "hvc/limits.h"

int hvc_sending_put(struct hvc_queue *sending, const void *bytes, size_t length)
{
    struct hvc_block *block;

    if (length > HVC_RING_MESSAGE_MAX)
        return -EMSGSIZE;
    block = hvc_block_new(length);
    if (block == NULL)
        return -ENOMEM;
    memcpy(block->bytes, bytes, length);
    if (hvc_queue_put(sending, block, 0) != 0) {
        free(block);
        return -ENOBUFS;
    }
    return 0;
}

int hvc_sending_flush(struct hvc_queue *sending, int (*send)(void *context, const void *bytes, size_t length),
                      void *context)
{
    struct hvc_block *block;
    int result = 0;

    while (result == 0 && (block = hvc_queue_take(sending)) != NULL) {
        result = send(context, block->bytes, block->length);
        if (result == -EAGAIN)
            hvc_queue_return(sending, block);
        else
            free(block);
    }
    return result;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sending.h"

#include <errno.h>

#include "hvc/bytes.h"

enum { LENGTH_BYTES = 4 };

_Static_assert(HVC_RING_PACKET_MAX >= HVC_RING_MESSAGE_MAX + LENGTH_BYTES, "the greatest message fits into a packet");

void hvc_sending_init(struct hvc_sending *sending, size_t limit)
{
    hvc_queue_init(&sending->queue, limit);
    sending->packed = 0;
}

void hvc_sending_done(struct hvc_sending *sending)
{
    hvc_queue_done(&sending->queue);
}

int hvc_sending_put(struct hvc_sending *sending, const void *bytes, size_t length)
{
    struct hvc_block *block;
    int result;

    if (length > HVC_RING_MESSAGE_MAX)
        return -EMSGSIZE;
    block = hvc_block_new(length);
    if (block == NULL)
        return -ENOMEM;
    memcpy(block->bytes, bytes, length);
    result = hvc_queue_put(&sending->queue, block, 0);
    if (result < 0)
        free(block);
    return result;
}

/* False: no room, nothing was packed. */
static bool pack(struct hvc_sending *sending, const struct hvc_block *block)
{
    struct hvc_bytes_writer writer =
        hvc_bytes_writer(sending->packet + sending->packed, sizeof(sending->packet) - sending->packed);

    if (LENGTH_BYTES + block->length > writer.size)
        return false;
    hvc_bytes_put(&writer, LENGTH_BYTES, block->length);
    hvc_bytes_append(&writer, block->bytes, block->length);
    sending->packed += writer.length;
    return true;
}

static bool fill(struct hvc_sending *sending)
{
    struct hvc_block *block;

    while ((block = hvc_queue_take(&sending->queue)) != NULL) {
        if (!pack(sending, block)) {
            hvc_queue_return(&sending->queue, block);
            break;
        }
        free(block);
    }
    return sending->packed > 0;
}

int hvc_sending_flush(struct hvc_sending *sending, int (*send)(void *context, const void *bytes, size_t length),
                      void *context)
{
    int result = 0;

    while (result == 0 && fill(sending)) {
        result = send(context, sending->packet, sending->packed);
        if (result != -EAGAIN)
            sending->packed = 0;
    }
    return result;
}

void hvc_sending_clear(struct hvc_sending *sending)
{
    hvc_queue_clear(&sending->queue);
    sending->packed = 0;
}

void hvc_sending_unpack(const void *packet, size_t length,
                        void (*take)(void *context, const void *bytes, size_t length), void *context)
{
    struct hvc_bytes_reader reader = hvc_bytes_reader(packet, length);

    while (reader.offset < length) {
        size_t begin = reader.offset;
        size_t part = hvc_bytes_get(&reader, LENGTH_BYTES);
        const uint8_t *bytes = part <= HVC_RING_MESSAGE_MAX ? hvc_bytes_take(&reader, part) : NULL;

        if (reader.failed || bytes == NULL) {
            take(context, (const uint8_t *)packet + begin, length - begin);
            return;
        }
        take(context, bytes, part);
    }
}

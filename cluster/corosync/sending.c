/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sending.h"

#include <errno.h>
#include <limits.h>

#include "hvc/bytes.h"

enum { LENGTH_BYTES = 4 };

_Static_assert(HVC_RING_PACKET_MAX >= HVC_RING_MESSAGE_MAX + LENGTH_BYTES, "the greatest message fits into a packet");

void hvc_sending_init(struct hvc_sending *sending, size_t limit)
{
    hvc_queue_init(&sending->queue, limit);
    (void)pthread_mutex_init(&sending->lock, NULL);
    atomic_init(&sending->under_way, 0);
    sending->open = false;
    sending->packed = 0;
}

void hvc_sending_done(struct hvc_sending *sending)
{
    hvc_queue_done(&sending->queue);
    (void)pthread_mutex_destroy(&sending->lock);
}

void hvc_sending_open(struct hvc_sending *sending, bool open)
{
    (void)pthread_mutex_lock(&sending->lock);
    sending->open = open;
    (void)pthread_mutex_unlock(&sending->lock);
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
    return result < 0 ? result : 0;
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

/* Under the lock: at most limit packets may be under way afterwards. */
static int give(struct hvc_sending *sending, unsigned limit, hvc_sending_fn send, void *context)
{
    int result = 0;

    while (result == 0 && fill(sending)) {
        if (atomic_load(&sending->under_way) >= limit)
            return -EAGAIN;
        result = send(context, sending->packet, sending->packed);
        if (result != -EAGAIN)
            sending->packed = 0;
        if (result == 0)
            atomic_fetch_add(&sending->under_way, 1);
    }
    return result;
}

bool hvc_sending_try(struct hvc_sending *sending, hvc_sending_fn send, void *context)
{
    bool all;

    if (pthread_mutex_trylock(&sending->lock) != 0)
        return false; /* the ring's thread gives something out: perhaps it waits, perhaps it has not seen this */
    all = sending->open && give(sending, HVC_SENDING_UNDER_WAY, send, context) == 0;
    (void)pthread_mutex_unlock(&sending->lock);
    return all;
}

int hvc_sending_flush(struct hvc_sending *sending, hvc_sending_fn send, void *context)
{
    int result;

    (void)pthread_mutex_lock(&sending->lock);
    result = give(sending, UINT_MAX, send, context);
    (void)pthread_mutex_unlock(&sending->lock);
    return result;
}

void hvc_sending_back(struct hvc_sending *sending)
{
    unsigned count = atomic_load(&sending->under_way);

    while (count > 0 && !atomic_compare_exchange_weak(&sending->under_way, &count, count - 1))
        continue; /* 0: it was of the view before */
}

void hvc_sending_clear(struct hvc_sending *sending)
{
    (void)pthread_mutex_lock(&sending->lock);
    hvc_queue_clear(&sending->queue);
    sending->packed = 0;
    atomic_store(&sending->under_way, 0);
    (void)pthread_mutex_unlock(&sending->lock);
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

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "buffer.h"

#include <errno.h>
#include <sys/mman.h>

enum { PAGE = 65536 }; /* sizes are multiples of it */

static size_t round_up(size_t size)
{
    return (size + PAGE - 1) / PAGE * PAGE + (size == 0 ? PAGE : 0);
}

struct hvc_buffer *hvc_buffer_new(size_t size)
{
    struct hvc_buffer *buffer = calloc(1, sizeof(*buffer));
    void *bytes;

    if (buffer == NULL)
        return NULL;
    buffer->size = round_up(size);
    bytes = mmap(NULL, buffer->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (bytes == MAP_FAILED) {
        free(buffer);
        return NULL;
    }
    buffer->bytes = bytes;
    atomic_init(&buffer->references, 1);
    return buffer;
}

struct hvc_buffer *hvc_buffer_ref(struct hvc_buffer *buffer)
{
    atomic_fetch_add(&buffer->references, 1);
    return buffer;
}

void hvc_buffer_unref(struct hvc_buffer *buffer)
{
    if (buffer == NULL || atomic_fetch_sub(&buffer->references, 1) != 1)
        return;
    (void)munmap(buffer->bytes, buffer->size); /* of a mapping of our own it cannot fail */
    free(buffer);
}

void hvc_buffer_release(void *buffer)
{
    hvc_buffer_unref(buffer);
}

int hvc_buffer_reserve(struct hvc_buffer *buffer, size_t more)
{
    size_t wanted = buffer->length + more, size;
    void *bytes;

    if (wanted <= buffer->size)
        return 0;
    size = round_up(wanted > buffer->size * 2 ? wanted : buffer->size * 2);
    bytes = mremap(buffer->bytes, buffer->size, size, MREMAP_MAYMOVE);
    if (bytes == MAP_FAILED)
        return -ENOMEM;
    buffer->bytes = bytes;
    buffer->size = size;
    return 0;
}

int hvc_buffer_append(struct hvc_buffer *buffer, const void *bytes, size_t length)
{
    int r = hvc_buffer_reserve(buffer, length);

    if (r < 0)
        return r;
    memcpy(buffer->bytes + buffer->length, bytes, length);
    buffer->length += length;
    return 0;
}

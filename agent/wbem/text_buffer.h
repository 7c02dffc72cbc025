/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text that grows at its end. A failure sticks: write everything, look once. */
#ifndef HVC_WBEM_TEXT_BUFFER_H
#define HVC_WBEM_TEXT_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct hvc_text_buffer {
    char *bytes;                /* free(); with a zero byte behind the last one */
    size_t length, size, limit; /* length < size <= limit */
    bool failed;                /* more than limit, or no memory */
};

/* Room for so many more bytes and a zero byte. False: it has failed. */
bool hvc_text_grow(struct hvc_text_buffer *buffer, size_t length);

/* Here, because an answer is put together of a thousand pieces an instance, and the length of most is known. */
static inline void hvc_text_put_bytes(struct hvc_text_buffer *buffer, const char *bytes, size_t length)
{
    if (length >= buffer->size - buffer->length && !hvc_text_grow(buffer, length))
        return;
    memcpy(buffer->bytes + buffer->length, bytes, length);
    buffer->length += length;
    buffer->bytes[buffer->length] = '\0';
}

static inline void hvc_text_put(struct hvc_text_buffer *buffer, const char *text)
{
    hvc_text_put_bytes(buffer, text, strlen(text));
}

/* With & < > " ' as the entities of XML; nothing else is an entity (wbemcli reads no numbers). */
void hvc_text_put_escaped(struct hvc_text_buffer *buffer, const char *text);
void hvc_text_free(struct hvc_text_buffer *buffer);

#endif

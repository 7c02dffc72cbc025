/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text_buffer.h"

#include <stdlib.h>

static bool fail(struct hvc_text_buffer *buffer)
{
    buffer->failed = true;
    buffer->size = buffer->length; /* nothing fits any more */
    return false;
}

bool hvc_text_grow(struct hvc_text_buffer *buffer, size_t length)
{
    size_t need = buffer->length + length + 1;
    size_t size = buffer->size == 0 ? 4096 : buffer->size;
    char *bytes;

    if (buffer->failed || length > buffer->limit || need > buffer->limit)
        return fail(buffer);
    while (size < need)
        size *= 2;
    if (size > buffer->limit)
        size = buffer->limit;
    bytes = realloc(buffer->bytes, size);
    if (bytes == NULL)
        return fail(buffer);
    buffer->bytes = bytes;
    buffer->size = size;
    return true;
}

static const char *entity_of(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    default:
        return "&apos;";
    }
}

void hvc_text_put_escaped(struct hvc_text_buffer *buffer, const char *text)
{
    while (*text != '\0') {
        size_t plain = strcspn(text, "&<>\"'");

        hvc_text_put_bytes(buffer, text, plain);
        text += plain;
        if (*text != '\0')
            hvc_text_put(buffer, entity_of(*text++));
    }
}

void hvc_text_free(struct hvc_text_buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct hvc_text_buffer){.limit = buffer->limit};
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text_buffer.h"

#include <stdlib.h>
#include <string.h>

static bool grow(struct hvc_text_buffer *buffer, size_t length)
{
    size_t need = buffer->length + length + 1;
    size_t size = buffer->size == 0 ? 4096 : buffer->size;
    char *bytes;

    if (buffer->failed || length > buffer->limit || need > buffer->limit) {
        buffer->failed = true;
        return false;
    }
    if (need <= buffer->size)
        return true;
    while (size < need)
        size *= 2;
    bytes = realloc(buffer->bytes, size);
    if (bytes == NULL) {
        buffer->failed = true;
        return false;
    }
    buffer->bytes = bytes;
    buffer->size = size;
    return true;
}

void hvc_text_put_bytes(struct hvc_text_buffer *buffer, const char *bytes, size_t length)
{
    if (!grow(buffer, length))
        return;
    memcpy(buffer->bytes + buffer->length, bytes, length);
    buffer->length += length;
    buffer->bytes[buffer->length] = '\0';
}

void hvc_text_put(struct hvc_text_buffer *buffer, const char *text)
{
    hvc_text_put_bytes(buffer, text, strlen(text));
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

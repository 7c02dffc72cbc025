/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/bytes.h"

struct hvc_bytes_reader hvc_bytes_reader(const void *bytes, size_t length)
{
    return (struct hvc_bytes_reader){.bytes = bytes, .length = length};
}

struct hvc_bytes_writer hvc_bytes_writer(void *bytes, size_t size)
{
    return (struct hvc_bytes_writer){.bytes = bytes, .size = size};
}

const uint8_t *hvc_bytes_take(struct hvc_bytes_reader *reader, size_t length)
{
    const uint8_t *at;

    if (reader->failed || length > reader->length - reader->offset) {
        reader->failed = true;
        return NULL;
    }
    at = reader->bytes + reader->offset;
    reader->offset += length;
    return at;
}

uint64_t hvc_bytes_get(struct hvc_bytes_reader *reader, unsigned width)
{
    const uint8_t *at = hvc_bytes_take(reader, width);
    uint64_t value = 0;

    if (at == NULL)
        return 0;
    for (unsigned i = width; i > 0; i--)
        value = value << 8 | at[i - 1];
    return value;
}

void hvc_bytes_copy(struct hvc_bytes_reader *reader, void *target, size_t length)
{
    const uint8_t *at = hvc_bytes_take(reader, length);

    if (at != NULL && length > 0)
        memcpy(target, at, length);
    else
        memset(target, 0, length);
}

void hvc_bytes_append(struct hvc_bytes_writer *writer, const void *bytes, size_t length)
{
    if (writer->failed || (writer->bytes != NULL && length > writer->size - writer->length)) {
        writer->failed = true;
        return;
    }
    if (writer->bytes != NULL && length > 0)
        memcpy(writer->bytes + writer->length, bytes, length);
    writer->length += length;
}

void hvc_bytes_put(struct hvc_bytes_writer *writer, unsigned width, uint64_t value)
{
    uint8_t bytes[8];

    for (unsigned i = 0; i < width; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
    hvc_bytes_append(writer, bytes, width);
}

/* Length in bytes of the UTF-8 character at the start of p, 0 when it is none. */
static size_t utf8_length(const uint8_t *p, size_t length)
{
    /* first byte range, length, range of the second byte: RFC 3629 section 4 */
    static const uint8_t rows[][5] = {
        {0xc2, 0xdf, 2, 0x80, 0xbf}, {0xe0, 0xe0, 3, 0xa0, 0xbf}, {0xe1, 0xec, 3, 0x80, 0xbf},
        {0xed, 0xed, 3, 0x80, 0x9f}, {0xee, 0xef, 3, 0x80, 0xbf}, {0xf0, 0xf0, 4, 0x90, 0xbf},
        {0xf1, 0xf3, 4, 0x80, 0xbf}, {0xf4, 0xf4, 4, 0x80, 0x8f},
    };

    if (p[0] < 0x80)
        return 1;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t wanted = rows[i][2];

        if (p[0] < rows[i][0] || p[0] > rows[i][1])
            continue;
        if (wanted > length || p[1] < rows[i][3] || p[1] > rows[i][4])
            return 0;
        for (size_t k = 2; k < wanted; k++) {
            if (p[k] < 0x80 || p[k] > 0xbf)
                return 0;
        }
        return wanted;
    }
    return 0;
}

bool hvc_bytes_is_text(const char *text, size_t length, bool lines, size_t *ret_characters)
{
    const uint8_t *p = (const uint8_t *)text;
    size_t characters = 0;

    for (size_t i = 0; i < length; characters++) {
        size_t step = utf8_length(p + i, length - i);

        if (step == 0 || p[i] == 0x7f || (p[i] < 0x20 && !(lines && (p[i] == '\n' || p[i] == '\t'))))
            return false;
        i += step;
    }
    if (ret_characters != NULL)
        *ret_characters = characters;
    return true;
}

void hvc_bytes_get_text(struct hvc_bytes_reader *reader, char *target, size_t size, size_t min, bool lines)
{
    size_t length = (size_t)hvc_bytes_get(reader, 2);
    const uint8_t *at = hvc_bytes_take(reader, length);

    target[0] = '\0';
    if (at == NULL)
        return;
    if (length >= size || length < min || !hvc_bytes_is_text((const char *)at, length, lines, NULL)) {
        reader->failed = true;
        return;
    }
    memcpy(target, at, length);
    target[length] = '\0';
}

void hvc_bytes_put_text(struct hvc_bytes_writer *writer, const char *text)
{
    size_t length = strlen(text);

    if (length > UINT16_MAX) {
        writer->failed = true;
        return;
    }
    hvc_bytes_put(writer, 2, length);
    hvc_bytes_append(writer, text, length);
}

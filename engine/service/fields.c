/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fields.h"

#include <string.h>

/* Numbers are copied, not cast: the structures are only known as bytes here. */
static uint64_t number_at(const uint8_t *at, unsigned width)
{
    uint8_t one;
    uint16_t two;
    uint32_t four;
    uint64_t eight;

    switch (width) {
    case 1:
        memcpy(&one, at, 1);
        return one;
    case 2:
        memcpy(&two, at, 2);
        return two;
    case 4:
        memcpy(&four, at, 4);
        return four;
    default:
        memcpy(&eight, at, 8);
        return eight;
    }
}

static void set_number(uint8_t *at, unsigned width, uint64_t value)
{
    uint8_t one = (uint8_t)value;
    uint16_t two = (uint16_t)value;
    uint32_t four = (uint32_t)value;

    switch (width) {
    case 1:
        memcpy(at, &one, 1);
        return;
    case 2:
        memcpy(at, &two, 2);
        return;
    case 4:
        memcpy(at, &four, 4);
        return;
    default:
        memcpy(at, &value, 8);
        return;
    }
}

static bool within(const struct hvc_field *field, uint64_t value)
{
    return value >= field->min && value <= field->max;
}

static uint64_t read_number(const struct hvc_field *field, struct hvc_bytes_reader *reader)
{
    uint64_t value = hvc_bytes_get(reader, field->width);

    if (!reader->failed && !within(field, value)) {
        reader->failed = true;
        return 0;
    }
    return value;
}

static void read_list(const struct hvc_field *field, struct hvc_bytes_reader *reader, uint8_t *base)
{
    uint64_t count = read_number(field, reader);

    if (reader->failed)
        return;
    set_number(base + field->count_offset, field->width, count);
    for (uint64_t i = 0; i < count && !reader->failed; i++)
        hvc_fields_read(field->element, reader, base + field->offset + i * field->size);
}

static void read_blob(const struct hvc_field *field, struct hvc_bytes_reader *reader, uint8_t *base)
{
    uint64_t length = read_number(field, reader);
    const uint8_t *bytes = hvc_bytes_take(reader, (size_t)length);

    set_number(base + field->count_offset, field->width, length);
    memcpy(base + field->offset, &bytes, sizeof(bytes));
}

/* Nothing to be written: numbers that are 0, empty lists. */
static bool is_nothing(const struct hvc_field *fields, const uint8_t *base)
{
    for (const struct hvc_field *field = fields; field->type != HVC_FIELD_TYPE_END; field++) {
        size_t number = field->type == HVC_FIELD_TYPE_LIST ? field->count_offset : field->offset;

        if (field->type == HVC_FIELD_TYPE_LATER)
            continue;
        if ((field->type != HVC_FIELD_TYPE_UINT && field->type != HVC_FIELD_TYPE_LIST) ||
            number_at(base + number, field->width) != 0)
            return false;
    }
    return true;
}

static bool is_there(const struct hvc_field *when, const uint8_t *base)
{
    return (base[when->offset] & when->min) != 0;
}

/* There is one encoding of each: what could be left out is refused. */
static void read_later(const struct hvc_field *fields, struct hvc_bytes_reader *reader, uint8_t *base)
{
    if (reader->offset == reader->length)
        return;
    hvc_fields_read(fields, reader, base);
    reader->failed = reader->failed || is_nothing(fields, base);
}

void hvc_fields_read(const struct hvc_field *fields, struct hvc_bytes_reader *reader, void *structure)
{
    uint8_t *base = structure;

    for (const struct hvc_field *field = fields; field->type != HVC_FIELD_TYPE_END && !reader->failed; field++) {
        uint8_t *at = base + field->offset;

        switch ((enum hvc_field_type)field->type) {
        case HVC_FIELD_TYPE_UINT:
            set_number(at, field->width, read_number(field, reader));
            break;
        case HVC_FIELD_TYPE_UINTS:
            for (size_t i = 0; i < field->size; i++)
                set_number(at + i * field->width, field->width, read_number(field, reader));
            break;
        case HVC_FIELD_TYPE_TEXT:
            hvc_bytes_get_text(reader, (char *)at, field->size, (size_t)field->min, field->lines);
            break;
        case HVC_FIELD_TYPE_FIXED:
            hvc_bytes_copy(reader, at, field->size);
            break;
        case HVC_FIELD_TYPE_LIST:
            read_list(field, reader, base);
            break;
        case HVC_FIELD_TYPE_BLOB:
            read_blob(field, reader, base);
            break;
        case HVC_FIELD_TYPE_LATER:
            read_later(field + 1, reader, base);
            return;
        case HVC_FIELD_TYPE_WHEN:
            if (!is_there(field, base))
                return;
            break;
        case HVC_FIELD_TYPE_END:
            break;
        }
    }
}

static bool write_list(const struct hvc_field *field, const uint8_t *base, struct hvc_bytes_writer *writer)
{
    uint64_t count = number_at(base + field->count_offset, field->width);
    bool good = within(field, count);

    hvc_bytes_put(writer, field->width, count);
    for (uint64_t i = 0; i < count && good; i++)
        good = hvc_fields_write(field->element, base + field->offset + i * field->size, writer);
    return good;
}

static bool write_blob(const struct hvc_field *field, const uint8_t *base, struct hvc_bytes_writer *writer)
{
    uint64_t length = number_at(base + field->count_offset, field->width);
    const uint8_t *bytes;

    if (!within(field, length))
        return false;
    memcpy(&bytes, base + field->offset, sizeof(bytes));
    hvc_bytes_put(writer, field->width, length);
    hvc_bytes_append(writer, bytes, (size_t)length);
    return true;
}

static bool write_text(const struct hvc_field *field, const char *text, struct hvc_bytes_writer *writer)
{
    const char *end = memchr(text, '\0', field->size);

    if (end == NULL || (size_t)(end - text) < field->min ||
        !hvc_bytes_is_text(text, (size_t)(end - text), field->lines, NULL))
        return false;
    hvc_bytes_put_text(writer, text);
    return true;
}

static bool write_numbers(const struct hvc_field *field, const uint8_t *at, struct hvc_bytes_writer *writer)
{
    size_t count = field->type == HVC_FIELD_TYPE_UINT ? 1 : field->size;
    bool good = true;

    for (size_t i = 0; i < count; i++) {
        uint64_t value = number_at(at + i * field->width, field->width);

        good = good && within(field, value);
        hvc_bytes_put(writer, field->width, value);
    }
    return good;
}

bool hvc_fields_write(const struct hvc_field *fields, const void *structure, struct hvc_bytes_writer *writer)
{
    const uint8_t *base = structure;
    bool good = true;

    for (const struct hvc_field *field = fields; field->type != HVC_FIELD_TYPE_END && good; field++) {
        const uint8_t *at = base + field->offset;

        switch ((enum hvc_field_type)field->type) {
        case HVC_FIELD_TYPE_UINT:
        case HVC_FIELD_TYPE_UINTS:
            good = write_numbers(field, at, writer);
            break;
        case HVC_FIELD_TYPE_TEXT:
            good = write_text(field, (const char *)at, writer);
            break;
        case HVC_FIELD_TYPE_FIXED:
            hvc_bytes_append(writer, at, field->size);
            break;
        case HVC_FIELD_TYPE_LIST:
            good = write_list(field, base, writer);
            break;
        case HVC_FIELD_TYPE_BLOB:
            good = write_blob(field, base, writer);
            break;
        case HVC_FIELD_TYPE_LATER:
            if (is_nothing(field + 1, base))
                return true;
            break;
        case HVC_FIELD_TYPE_WHEN:
            if (!is_there(field, base))
                return true;
            break;
        case HVC_FIELD_TYPE_END:
            break;
        }
    }
    return good;
}

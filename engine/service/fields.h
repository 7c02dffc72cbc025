/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One description of a structure for both directions: the tables of commands (command.c) and of records in snapshots
 * and digests (record.c) say where each field lies, how wide it is and what it may hold.
 */
#ifndef HVC_SERVICE_FIELDS_H
#define HVC_SERVICE_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hvc/bytes.h"

enum hvc_field_type {
    HVC_FIELD_TYPE_END,
    HVC_FIELD_TYPE_UINT,  /* also bool: bounds 0 and 1 */
    HVC_FIELD_TYPE_UINTS, /* array of size numbers */
    HVC_FIELD_TYPE_TEXT,  /* char array of size; at least min bytes */
    HVC_FIELD_TYPE_FIXED, /* size raw bytes */
    HVC_FIELD_TYPE_LIST,  /* up to max elements of size bytes, their number in a uint16_t or uint8_t elsewhere */
    HVC_FIELD_TYPE_BLOB,  /* const uint8_t *, its length in a uint32_t elsewhere; min..max bytes */
    HVC_FIELD_TYPE_LATER, /* what follows was added later: numbers and lists, absent at the end when all are 0; again:
                             later yet */
    HVC_FIELD_TYPE_WHEN,  /* what follows is there when the byte at offset has the bit min */
};

struct hvc_field {
    uint8_t type;
    uint8_t width; /* of one number, of the count */
    bool lines;    /* text of several lines */
    size_t offset, size;
    uint64_t min, max;
    size_t count_offset;
    const struct hvc_field *element;
};

#define HVC_MEMBER_SIZE(s, m) sizeof(((s *)0)->m)
#define HVC_UINT(s, m, low, high)                                                                                      \
    {                                                                                                                  \
        .type = HVC_FIELD_TYPE_UINT, .width = HVC_MEMBER_SIZE(s, m), .offset = offsetof(s, m), .min = (low),           \
        .max = (high)                                                                                                  \
    }
#define HVC_BOOL(s, m)    HVC_UINT(s, m, 0, 1)
#define HVC_ANY(s, m)     HVC_UINT(s, m, 0, UINT64_MAX >> (64 - 8 * HVC_MEMBER_SIZE(s, m)))
#define HVC_NONZERO(s, m) HVC_UINT(s, m, 1, UINT64_MAX >> (64 - 8 * HVC_MEMBER_SIZE(s, m)))
#define HVC_UINTS(s, m)                                                                                                \
    {                                                                                                                  \
        .type = HVC_FIELD_TYPE_UINTS, .width = HVC_MEMBER_SIZE(s, m[0]), .offset = offsetof(s, m),                     \
        .size = HVC_MEMBER_SIZE(s, m) / HVC_MEMBER_SIZE(s, m[0]), .max = UINT64_MAX                                    \
    }
#define HVC_TEXT(s, m, low)                                                                                            \
    {                                                                                                                  \
        .type = HVC_FIELD_TYPE_TEXT, .offset = offsetof(s, m), .size = HVC_MEMBER_SIZE(s, m), .min = (low)             \
    }
#define HVC_LINES(s, m)                                                                                                \
    {                                                                                                                  \
        .type = HVC_FIELD_TYPE_TEXT, .offset = offsetof(s, m), .size = HVC_MEMBER_SIZE(s, m), .lines = true            \
    }
#define HVC_FIXED(s, m)                                                                                                \
    {                                                                                                                  \
        .type = HVC_FIELD_TYPE_FIXED, .offset = offsetof(s, m), .size = HVC_MEMBER_SIZE(s, m)                          \
    }
#define HVC_LIST(s, m, count, low, fields)                                                                             \
    {                                                                                                                  \
        .type = HVC_FIELD_TYPE_LIST, .width = HVC_MEMBER_SIZE(s, count), .offset = offsetof(s, m),                     \
        .size = HVC_MEMBER_SIZE(s, m[0]), .min = (low), .max = HVC_MEMBER_SIZE(s, m) / HVC_MEMBER_SIZE(s, m[0]),       \
        .count_offset = offsetof(s, count), .element = (fields)                                                        \
    }
#define HVC_BLOB(s, m, count, low, high)                                                                               \
    {                                                                                                                  \
        .type = HVC_FIELD_TYPE_BLOB, .width = HVC_MEMBER_SIZE(s, count), .offset = offsetof(s, m), .min = (low),       \
        .max = (high), .count_offset = offsetof(s, count)                                                              \
    }
#define HVC_LATER                                                                                                      \
    {                                                                                                                  \
        .type = HVC_FIELD_TYPE_LATER                                                                                   \
    }
#define HVC_FIELDS_END                                                                                                 \
    {                                                                                                                  \
        .type = HVC_FIELD_TYPE_END                                                                                     \
    }

/* Reads every field into the structure, in which those that may be absent are 0 already; reader.failed when one is
 * outside its bounds. */
void hvc_fields_read(const struct hvc_field *fields, struct hvc_bytes_reader *reader, void *structure);

/* Writes every field; false: one is outside its bounds (whether it fitted is in writer.failed). */
bool hvc_fields_write(const struct hvc_field *fields, const void *structure, struct hvc_bytes_writer *writer);

#endif

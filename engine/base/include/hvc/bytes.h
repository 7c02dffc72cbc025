/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bounded reading and writing of little-endian bytes. A failure sticks: read or write everything, then look once at
 * failed. Pure; the memory is the caller's.
 */
#ifndef HVC_BYTES_H
#define HVC_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hvc_bytes_reader {
    const uint8_t *bytes;
    size_t length, offset;
    bool failed; /* something did not fit or was not as it must be; what is read afterwards is 0 */
};

struct hvc_bytes_writer {
    uint8_t *bytes; /* NULL: only counts */
    size_t size, length;
    bool failed; /* more than size; what did not fit was not written */
};

struct hvc_bytes_reader hvc_bytes_reader(const void *bytes, size_t length);
struct hvc_bytes_writer hvc_bytes_writer(void *bytes, size_t size);

/* An unsigned number of 1, 2, 4 or 8 bytes. */
uint64_t hvc_bytes_get(struct hvc_bytes_reader *reader, unsigned width);
void hvc_bytes_put(struct hvc_bytes_writer *writer, unsigned width, uint64_t value);

/* Raw bytes. take() gives a pointer into the input, NULL when there are fewer. */
const uint8_t *hvc_bytes_take(struct hvc_bytes_reader *reader, size_t length);
void hvc_bytes_copy(struct hvc_bytes_reader *reader, void *target, size_t length);
void hvc_bytes_append(struct hvc_bytes_writer *writer, const void *bytes, size_t length);

/* Text: two bytes of length, then well-formed UTF-8 without control characters (line feed and tab only if lines).
 * get_text wants min bytes at least and room for the terminating zero. */
void hvc_bytes_get_text(struct hvc_bytes_reader *reader, char *target, size_t size, size_t min, bool lines);
void hvc_bytes_put_text(struct hvc_bytes_writer *writer, const char *text);

/* True for well-formed UTF-8 (RFC 3629) without control characters, as above. ret_characters may be NULL. */
bool hvc_bytes_is_text(const char *text, size_t length, bool lines, size_t *ret_characters);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A growing area of pages of its own, shared by reference: the last one gives the memory back to the system at once,
 * so that the bytes of a snapshot do not stay with the process. References may be given up in any thread. */
#ifndef HVC_DRIVER_BUFFER_H
#define HVC_DRIVER_BUFFER_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct hvc_buffer {
    uint8_t *bytes;
    size_t length, size;
    atomic_uint references;
};

/* One reference, at least size bytes; NULL without memory. */
struct hvc_buffer *hvc_buffer_new(size_t size);
struct hvc_buffer *hvc_buffer_ref(struct hvc_buffer *buffer);
void hvc_buffer_unref(struct hvc_buffer *buffer); /* NULL is allowed */
void hvc_buffer_release(void *buffer);            /* the same for the store */

/* Room for more bytes behind length; only while there is one reference. -ENOMEM. */
int hvc_buffer_reserve(struct hvc_buffer *buffer, size_t more);
int hvc_buffer_append(struct hvc_buffer *buffer, const void *bytes, size_t length);

#endif

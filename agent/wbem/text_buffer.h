/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text that grows at its end. A failure sticks: write everything, look once. */
#ifndef HVC_WBEM_TEXT_BUFFER_H
#define HVC_WBEM_TEXT_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

struct hvc_text_buffer {
    char *bytes; /* free(); with a zero byte behind the last one */
    size_t length, size, limit;
    bool failed; /* more than limit, or no memory */
};

void hvc_text_put(struct hvc_text_buffer *buffer, const char *text);
void hvc_text_put_bytes(struct hvc_text_buffer *buffer, const char *bytes, size_t length);
/* With & < > " ' as the entities of XML; nothing else is an entity (wbemcli reads no numbers). */
void hvc_text_put_escaped(struct hvc_text_buffer *buffer, const char *text);
void hvc_text_free(struct hvc_text_buffer *buffer);

#endif

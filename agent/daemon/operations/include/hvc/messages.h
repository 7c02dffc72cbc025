/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages with a stable id: "HVC1001 hvclusterd started: version=0.1.0 node=n1". The table is messages.def; the page
 * docs/messages.md explains each id (a test holds the two together).
 */
#ifndef HVC_MESSAGES_H
#define HVC_MESSAGES_H

#include <stddef.h>

enum hvc_message_level { HVC_LEVEL_ERROR, HVC_LEVEL_WARNING, HVC_LEVEL_NOTICE, HVC_LEVEL_INFO, HVC_LEVEL_DEBUG };

enum hvc_message {
#define HVC_MESSAGE(name, id, level, text) HVC_MESSAGE_##name,
#include "hvc/messages.def"
#undef HVC_MESSAGE
    HVC_MESSAGE_COUNT
};

struct hvc_message_row {
    unsigned id;
    enum hvc_message_level level;
    const char *text; /* a few words, never changes its meaning */
};

/* Row of a message; the row of INTERNAL outside the enum. */
const struct hvc_message_row *hvc_message_row(enum hvc_message message);

/* Takes one message. details: key=value text, "" for none. */
typedef void (*hvc_message_fn)(void *context, enum hvc_message message, const char *details);

/* A value for key=value text: as it is, or in double quotes with \" \\ \n escaped when it has blanks, quotes, '=' or
 * control characters, or is empty. Cut with "..." at the size of the buffer. Returns buffer. */
const char *hvc_message_quote(const char *value, char *buffer, size_t size);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/messages.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const struct hvc_message_row rows[HVC_MESSAGE_COUNT] = {
#define HVC_MESSAGE(name, id, level, text) [HVC_MESSAGE_##name] = {id, level, text},
#include "hvc/messages.def"
#undef HVC_MESSAGE
};

const struct hvc_message_row *hvc_message_row(enum hvc_message message)
{
    return (unsigned)message < HVC_MESSAGE_COUNT ? &rows[message] : &rows[HVC_MESSAGE_INTERNAL];
}

static bool is_plain(const char *value)
{
    if (*value == '\0')
        return false;
    for (; *value != '\0'; value++) {
        unsigned char c = (unsigned char)*value;

        if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7f)
            return false;
    }
    return true;
}

/* One character of the quoted form. */
static size_t quote_character(char c, char out[5])
{
    if (c == '"' || c == '\\')
        return (size_t)snprintf(out, 5, "\\%c", c);
    if (c == '\n')
        return (size_t)snprintf(out, 5, "\\n");
    if ((unsigned char)c < ' ' || c == 0x7f)
        return (size_t)snprintf(out, 5, "\\x%02x", (unsigned)(unsigned char)c);
    return (size_t)snprintf(out, 5, "%c", c);
}

const char *hvc_message_quote(const char *value, char *buffer, size_t size)
{
    size_t used = 0;

    if (is_plain(value) && strlen(value) < size) {
        memcpy(buffer, value, strlen(value) + 1);
        return buffer;
    }
    buffer[used++] = '"';
    for (; *value != '\0'; value++) {
        char out[5];
        size_t length = quote_character(*value, out);

        if (used + length + sizeof("...\"") > size) {
            memcpy(buffer + used, "...", 3);
            used += 3;
            break;
        }
        memcpy(buffer + used, out, length);
        used += length;
    }
    buffer[used++] = '"';
    buffer[used] = '\0';
    return buffer;
}

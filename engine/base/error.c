/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void mark_cut(char *text, size_t size, int wanted)
{
    static const char cut[] = "...";

    if (wanted >= 0 && (size_t)wanted < size)
        return;
    memcpy(text + size - sizeof(cut), cut, sizeof(cut));
}

int hvc_error_set(struct hvc_error *error, int code, const char *format, ...)
{
    va_list arguments;

    if (error == NULL)
        return code;
    error->code = code;
    va_start(arguments, format);
    mark_cut(error->text, sizeof(error->text), vsnprintf(error->text, sizeof(error->text), format, arguments));
    va_end(arguments);
    return code;
}

int hvc_error_prefix(struct hvc_error *error, const char *format, ...)
{
    char rest[HVC_ERROR_TEXT_MAX];
    va_list arguments;
    size_t used;
    int wanted;

    if (error == NULL)
        return 0;
    memcpy(rest, error->text, sizeof(rest));
    va_start(arguments, format);
    wanted = vsnprintf(error->text, sizeof(error->text), format, arguments);
    va_end(arguments);
    mark_cut(error->text, sizeof(error->text), wanted);
    used = strlen(error->text);
    mark_cut(error->text + used, sizeof(error->text) - used,
             used + sizeof("...") >= sizeof(error->text)
                 ? 0
                 : snprintf(error->text + used, sizeof(error->text) - used, ": %s", rest));
    return error->code;
}

void hvc_error_clear(struct hvc_error *error)
{
    if (error == NULL)
        return;
    error->code = 0;
    error->text[0] = '\0';
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int hvc_text_copy(char *target, size_t size, const char *text)
{
    size_t length = strlen(text);

    if (length >= size)
        return -ENAMETOOLONG;
    memcpy(target, text, length + 1);
    return 0;
}

int hvc_text_append(char *target, size_t size, size_t *used, const char *format, ...)
{
    va_list arguments;
    int wanted;

    if (*used >= size)
        return -ENAMETOOLONG;
    va_start(arguments, format);
    wanted = vsnprintf(target + *used, size - *used, format, arguments);
    va_end(arguments);
    if (wanted < 0)
        return -EINVAL;
    if ((size_t)wanted >= size - *used) {
        *used = size - 1;
        return -ENAMETOOLONG;
    }
    *used += (size_t)wanted;
    return 0;
}

int hvc_parse_u64(const char *text, uint64_t min, uint64_t max, uint64_t *ret_value)
{
    uint64_t value = 0;

    if (text == NULL || *text == '\0')
        return -EINVAL;
    for (const char *p = text; *p != '\0'; p++) {
        uint64_t digit;

        if (*p < '0' || *p > '9')
            return -EINVAL;
        digit = (uint64_t)(*p - '0');
        if (value > (UINT64_MAX - digit) / 10)
            return -ERANGE;
        value = value * 10 + digit;
    }
    if (value < min || value > max)
        return -ERANGE;
    *ret_value = value;
    return 0;
}

static bool is_dash_position(int i)
{
    return i == 8 || i == 13 || i == 18 || i == 23;
}

static int hex_lower(char c)
{
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))
        return c;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 'a';
    return -1;
}

int hvc_parse_uuid(const char *text, char ret_uuid[HVC_UUID_TEXT_MAX])
{
    char uuid[HVC_UUID_TEXT_MAX];

    if (text == NULL)
        return -EINVAL;
    for (int i = 0; i < HVC_UUID_TEXT_MAX - 1; i++) {
        int c = is_dash_position(i) && text[i] == '-' ? '-' : hex_lower(text[i]);

        if (c < 0 || is_dash_position(i) != (c == '-'))
            return -EINVAL;
        uuid[i] = (char)c;
    }
    if (text[HVC_UUID_TEXT_MAX - 1] != '\0')
        return -EINVAL;
    uuid[HVC_UUID_TEXT_MAX - 1] = '\0';
    memcpy(ret_uuid, uuid, sizeof(uuid));
    return 0;
}

int hvc_parse_uuid_bytes(const char *text, uint8_t ret_uuid[16])
{
    char uuid[HVC_UUID_TEXT_MAX];
    unsigned digit = 0;
    int rc = hvc_parse_uuid(text, uuid);

    if (rc < 0)
        return rc;
    for (const char *p = uuid; *p != '\0'; p++) {
        int value = *p == '-' ? -1 : *p <= '9' ? *p - '0' : *p - 'a' + 10;

        if (value < 0)
            continue;
        ret_uuid[digit / 2] = (uint8_t)(digit % 2 == 0 ? value << 4 : ret_uuid[digit / 2] | value);
        digit++;
    }
    return 0;
}

void hvc_format_uuid(const uint8_t uuid[16], char ret_text[HVC_UUID_TEXT_MAX])
{
    static const char digits[] = "0123456789abcdef";
    unsigned digit = 0;

    for (int i = 0; i < HVC_UUID_TEXT_MAX - 1; i++) {
        if (is_dash_position(i)) {
            ret_text[i] = '-';
            continue;
        }
        ret_text[i] = digits[uuid[digit / 2] >> (digit % 2 == 0 ? 4 : 0) & 15];
        digit++;
    }
    ret_text[HVC_UUID_TEXT_MAX - 1] = '\0';
}

static bool equal_ignoring_case(const char *a, const char *b)
{
    for (; *a != '\0' && *b != '\0'; a++, b++) {
        char x = *a >= 'A' && *a <= 'Z' ? (char)(*a - 'A' + 'a') : *a;

        if (x != *b)
            return false;
    }
    return *a == *b;
}

int hvc_parse_bool(const char *text, bool *ret_value)
{
    static const char *const yes[] = {"true", "on", "yes", "y", "1"};
    static const char *const no[] = {"false", "off", "no", "n", "0"};

    if (text == NULL)
        return -EINVAL;
    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
        if (equal_ignoring_case(text, yes[i])) {
            *ret_value = true;
            return 0;
        }
        if (equal_ignoring_case(text, no[i])) {
            *ret_value = false;
            return 0;
        }
    }
    return -EINVAL;
}

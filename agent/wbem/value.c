/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values: made, and texts from outside checked against their type. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hvc/bytes.h"
#include "hvc/cim.h"

/* ---- texts from outside ---- */

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Number types allow white space around (DSP0201: the value is parsed as MOF would). */
static const char *trimmed(struct hvc_cim_arena *arena, const char *text)
{
    size_t length = strlen(text);

    while (length > 0 && is_space(text[length - 1]))
        length--;
    while (length > 0 && is_space(*text)) {
        text++;
        length--;
    }
    return text[length] == '\0' ? text : hvc_cim_copy(arena, text, length);
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 16;
}

static bool read_digits(const char *text, unsigned base, uint64_t *ret_number)
{
    uint64_t number = 0;

    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        unsigned digit = (unsigned)digit_of(*text);

        if (digit >= base || __builtin_mul_overflow(number, (uint64_t)base, &number) ||
            __builtin_add_overflow(number, (uint64_t)digit, &number))
            return false;
    }
    *ret_number = number;
    return true;
}

/* Bits of an integer type, negative for a signed one; 0: no integer. */
static int bits_of(uint8_t type)
{
    static const int bits[HVC_CIM_TYPE_COUNT] = {
        [HVC_CIM_UINT8] = 8,   [HVC_CIM_SINT8] = -8,   [HVC_CIM_UINT16] = 16, [HVC_CIM_SINT16] = -16,
        [HVC_CIM_UINT32] = 32, [HVC_CIM_SINT32] = -32, [HVC_CIM_UINT64] = 64, [HVC_CIM_SINT64] = -64,
    };

    return type < HVC_CIM_TYPE_COUNT ? bits[type] : 0;
}

static bool integer_fits(int bits, bool negative, uint64_t number)
{
    uint64_t half = UINT64_C(1) << ((bits < 0 ? -bits : bits) - 1);

    if (bits < 0)
        return negative ? number <= half : number < half;
    return (!negative || number == 0) && (bits == 64 || number < 2 * half);
}

static int check_integer(struct hvc_cim_arena *arena, uint8_t type, const char *text, const char **ret_text)
{
    bool negative;
    uint64_t number;
    bool hex;

    text = trimmed(arena, text);
    if (text == NULL)
        return -ENOMEM;
    negative = *text == '-';
    if (*text == '-' || *text == '+')
        text++;
    hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    if (!read_digits(hex ? text + 2 : text, hex ? 16 : 10, &number) || !integer_fits(bits_of(type), negative, number))
        return -EINVAL;
    *ret_text = hvc_cim_format(arena, "%s%" PRIu64, negative && number != 0 ? "-" : "", number);
    return *ret_text == NULL ? -ENOMEM : 0;
}

static int check_boolean(struct hvc_cim_arena *arena, const char *text, const char **ret_text)
{
    text = trimmed(arena, text);
    if (text == NULL)
        return -ENOMEM;
    if (hvc_schema_compare(text, "true") == 0)
        *ret_text = "TRUE";
    else if (hvc_schema_compare(text, "false") == 0)
        *ret_text = "FALSE";
    else
        return -EINVAL;
    return 0;
}

static int check_real(struct hvc_cim_arena *arena, const char *text, const char **ret_text)
{
    char *end;

    text = trimmed(arena, text);
    if (text == NULL)
        return -ENOMEM;
    if (*text == '\0' || strspn(text, "0123456789+-.eE") != strlen(text))
        return -EINVAL; /* strtod takes more: hexadecimal, infinity */
    (void)strtod(text, &end);
    if (*end != '\0')
        return -EINVAL;
    *ret_text = text;
    return 0;
}

/* yyyymmddhhmmss.mmmmmmsutc or ddddddddhhmmss.mmmmmm:000, asterisks from the right (DSP0004 2.2.1). */
static bool is_datetime(const char *text)
{
    bool interval;

    if (strlen(text) != 25 || text[14] != '.')
        return false;
    interval = text[21] == ':';
    if (!interval && text[21] != '+' && text[21] != '-')
        return false;
    for (size_t i = 0; i < 25; i++)
        if (i != 14 && i != 21 && (text[i] < '0' || text[i] > '9') && !(text[i] == '*' && i < 21))
            return false;
    return !interval || strcmp(text + 22, "000") == 0;
}

static bool is_text(const char *text)
{
    return hvc_bytes_is_text(text, strlen(text), true, NULL);
}

int hvc_cim_check_text(struct hvc_cim_arena *arena, uint8_t type, const char *text, const char **ret_text)
{
    size_t characters = 0;

    if (bits_of(type) != 0)
        return check_integer(arena, type, text, ret_text);
    switch (type) {
    case HVC_CIM_BOOLEAN:
        return check_boolean(arena, text, ret_text);
    case HVC_CIM_REAL32:
    case HVC_CIM_REAL64:
        return check_real(arena, text, ret_text);
    case HVC_CIM_DATETIME:
        if (!is_datetime(text))
            return -EINVAL;
        break;
    case HVC_CIM_CHAR16:
        if (!hvc_bytes_is_text(text, strlen(text), true, &characters) || characters != 1)
            return -EINVAL;
        break;
    case HVC_CIM_STRING:
        if (!is_text(text))
            return -EINVAL;
        break;
    default:
        return -EINVAL;
    }
    *ret_text = text;
    return 0;
}

/* ---- making ---- */

/* One piece of memory: the value, and behind it the pointers to its texts or paths. */
static struct hvc_cim_value *make(struct hvc_cim_arena *arena, uint8_t type, bool array, uint32_t count)
{
    struct hvc_cim_value *value = hvc_cim_alloc(arena, 1, sizeof(*value) + (size_t)count * sizeof(void *));
    void *pointers = value + 1;

    if (value == NULL)
        return NULL;
    *value = (struct hvc_cim_value){.type = type, .array = array, .count = count};
    if (type == HVC_CIM_REFERENCE)
        value->path = pointers;
    else
        value->text = pointers;
    return value;
}

/* What printf does of a number, at a tenth of the cost: an enumeration has a dozen of them an instance. */
static const char *decimal(struct hvc_cim_arena *arena, uint64_t number)
{
    char digits[20];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    return hvc_cim_copy(arena, digits + at, sizeof(digits) - at);
}

struct hvc_cim_value *hvc_cim_null(struct hvc_cim_arena *arena, uint8_t type, bool array)
{
    struct hvc_cim_value *value = make(arena, type, array, 0);

    if (value != NULL)
        value->null = true;
    return value;
}

static struct hvc_cim_value *single(struct hvc_cim_arena *arena, uint8_t type, const char *text)
{
    struct hvc_cim_value *value = text == NULL ? NULL : make(arena, type, false, 1);

    if (value != NULL)
        value->text[0] = text;
    return value;
}

struct hvc_cim_value *hvc_cim_text(struct hvc_cim_arena *arena, const char *text)
{
    return text == NULL ? hvc_cim_null(arena, HVC_CIM_STRING, false) : single(arena, HVC_CIM_STRING, text);
}

struct hvc_cim_value *hvc_cim_number(struct hvc_cim_arena *arena, uint8_t type, uint64_t number)
{
    return single(arena, type, decimal(arena, number));
}

struct hvc_cim_value *hvc_cim_boolean(struct hvc_cim_arena *arena, bool yes)
{
    return single(arena, HVC_CIM_BOOLEAN, yes ? "TRUE" : "FALSE");
}

struct hvc_cim_value *hvc_cim_reference(struct hvc_cim_arena *arena, const struct hvc_cim_path *path)
{
    struct hvc_cim_value *value = path == NULL ? NULL : make(arena, HVC_CIM_REFERENCE, false, 1);

    if (value != NULL)
        value->path[0] = path;
    return value;
}

struct hvc_cim_value *hvc_cim_time(struct hvc_cim_arena *arena, uint64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm parts;
    char text[32];

    if (gmtime_r(&seconds, &parts) == NULL || strftime(text, sizeof(text), "%Y%m%d%H%M%S", &parts) != 14)
        return hvc_cim_null(arena, HVC_CIM_DATETIME, false); /* a year of five digits cannot be told */
    return single(arena, HVC_CIM_DATETIME, hvc_cim_format(arena, "%s.%03u000+000", text, (unsigned)(ms % 1000)));
}

struct hvc_cim_value *hvc_cim_interval(struct hvc_cim_arena *arena, uint64_t ms)
{
    uint64_t seconds = ms / 1000;
    uint64_t days = seconds / 86400;

    if (days > 99999999)
        return hvc_cim_null(arena, HVC_CIM_DATETIME, false);
    return single(arena, HVC_CIM_DATETIME,
                  hvc_cim_format(arena, "%08" PRIu64 "%02u%02u%02u.%03u000:000", days, (unsigned)(seconds / 3600 % 24),
                                 (unsigned)(seconds / 60 % 60), (unsigned)(seconds % 60), (unsigned)(ms % 1000)));
}

struct hvc_cim_value *hvc_cim_texts(struct hvc_cim_arena *arena, const char *const *texts, uint32_t count)
{
    struct hvc_cim_value *value = make(arena, HVC_CIM_STRING, true, count);

    for (uint32_t i = 0; value != NULL && i < count; i++)
        value->text[i] = texts[i];
    return value;
}

struct hvc_cim_value *hvc_cim_numbers(struct hvc_cim_arena *arena, uint8_t type, const uint64_t *numbers,
                                      uint32_t count)
{
    struct hvc_cim_value *value = make(arena, type, true, count);

    for (uint32_t i = 0; value != NULL && i < count; i++) {
        value->text[i] = decimal(arena, numbers[i]);
        if (value->text[i] == NULL)
            return NULL;
    }
    return value;
}

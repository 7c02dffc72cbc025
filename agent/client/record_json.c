/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON by json-c: its parser for reading, its escaping and printing for writing. */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "hvc/record.h"

static void put_object(struct json_object **object)
{
    (void)json_object_put(*object);
}

static void free_tokener(struct json_tokener **tokener)
{
    json_tokener_free(*tokener);
}

/* ---- reading ---- */

static int fill_record(struct hvc_record *record, struct json_object *object, struct hvc_error *error);

static void set_number(struct hvc_record *record, const char *name, struct json_object *value)
{
    int64_t negative = json_object_get_int64(value);

    if (negative < 0)
        hvc_record_set_i64(record, name, negative);
    else
        hvc_record_set_bits(record, name, json_object_get_uint64(value));
}

static int set_text(struct hvc_record *record, const char *name, struct json_object *value, struct hvc_error *error)
{
    const char *text = json_object_get_string(value);

    if (text == NULL || strlen(text) != (size_t)json_object_get_string_len(value))
        return hvc_error_set(error, -EINVAL, "\"%s\": a text may not hold a zero byte", name);
    hvc_record_set_text(record, name, text);
    return 0;
}

static int set_list(struct hvc_record *record, const char *name, struct json_object *value, struct hvc_error *error)
{
    size_t count = json_object_array_length(value);

    if (count > HVC_RECORD_LIST_MAX)
        return hvc_error_set(error, -E2BIG, "\"%s\": %zu entries, at most %d are allowed", name, count,
                             HVC_RECORD_LIST_MAX);
    hvc_record_set_list(record, name);
    for (size_t i = 0; i < count; i++) {
        struct json_object *item = json_object_array_get_idx(value, i);
        int rc;

        if (!json_object_is_type(item, json_type_object))
            return hvc_error_set(error, -EINVAL, "\"%s\": entry %zu of the list is not an object", name, i);
        rc = fill_record(hvc_record_add(record, name), item, error);
        if (rc < 0)
            return hvc_error_prefix(error, "\"%s\" entry %zu", name, i);
    }
    return 0;
}

static int set_record(struct hvc_record *record, const char *name, struct json_object *value, struct hvc_error *error)
{
    int rc = fill_record(hvc_record_set_record(record, name), value, error);

    return rc < 0 ? hvc_error_prefix(error, "\"%s\"", name) : 0;
}

static int set_member(struct hvc_record *record, const char *name, struct json_object *value, struct hvc_error *error)
{
    switch (json_object_get_type(value)) {
    case json_type_boolean:
        hvc_record_set_bool(record, name, json_object_get_boolean(value) != 0);
        return 0;
    case json_type_int:
        set_number(record, name, value);
        return 0;
    case json_type_string:
        return set_text(record, name, value, error);
    case json_type_object:
        return set_record(record, name, value, error);
    case json_type_array:
        return set_list(record, name, value, error);
    case json_type_null:
        return hvc_error_set(error, -EINVAL, "\"%s\": null is not a value here: leave the name out", name);
    case json_type_double:
        return hvc_error_set(error, -EINVAL, "\"%s\": not a whole number", name);
    }
    return hvc_error_set(error, -EINVAL, "\"%s\": not a value", name);
}

/* Depth is bounded by the tokener and by the builder, so is the recursion. */
static int fill_record(struct hvc_record *record, struct json_object *object, struct hvc_error *error)
{
    struct json_object_iterator at = json_object_iter_begin(object);
    struct json_object_iterator end = json_object_iter_end(object);

    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
        const char *name = json_object_iter_peek_name(&at);
        int rc = set_member(record, name, json_object_iter_peek_value(&at), error);

        if (rc < 0)
            return rc;
        rc = hvc_record_status(record);
        if (rc == -E2BIG)
            return hvc_error_set(error, rc, "more than %d names in one record, or records more than %d deep",
                                 HVC_RECORD_MEMBERS_MAX, HVC_RECORD_DEPTH_MAX);
        if (rc == -EINVAL)
            return hvc_error_set(error, rc,
                                 "\"%.80s\" is not a name: lower-case letters, digits, '_', '-' and '.', at most %d",
                                 name, HVC_RECORD_NAME_MAX - 1);
        if (rc < 0)
            return hvc_error_set(error, rc, "out of memory");
    }
    return 0;
}

static int parse_object(const char *json, size_t length, struct json_object **ret_object, struct hvc_error *error)
{
    __attribute__((cleanup(free_tokener))) struct json_tokener *tokener = NULL;
    __attribute__((cleanup(put_object))) struct json_object *object = NULL;
    enum json_tokener_error rc;

    /* lists count as a level for json-c, hence twice; the outermost level is there without being asked for */
    tokener = json_tokener_new_ex(2 * HVC_RECORD_DEPTH_MAX + 1);
    if (tokener == NULL)
        return hvc_error_set(error, -ENOMEM, "out of memory");
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    object = json_tokener_parse_ex(tokener, json, (int)length);
    rc = json_tokener_get_error(tokener);
    if (rc == json_tokener_error_depth)
        return hvc_error_set(error, -E2BIG, "records more than %d deep", HVC_RECORD_DEPTH_MAX);
    if (rc == json_tokener_continue)
        return hvc_error_set(error, -EINVAL, "not JSON: it ends in the middle, after %zu bytes", length);
    if (rc != json_tokener_success)
        return hvc_error_set(error, -EINVAL, "not JSON: %s at byte %zu", json_tokener_error_desc(rc),
                             json_tokener_get_parse_end(tokener));
    if (json_tokener_get_parse_end(tokener) != length)
        return hvc_error_set(error, -EINVAL, "not JSON: something follows the object at byte %zu",
                             json_tokener_get_parse_end(tokener));
    if (!json_object_is_type(object, json_type_object))
        return hvc_error_set(error, -EINVAL, "not a JSON object");
    *ret_object = HVC_TAKE(object, NULL);
    return 0;
}

/* Digits that stand for a number of 64 bits. */
static bool fits(const char *digits, size_t length, bool negative)
{
    const char *most = negative ? "9223372036854775808" : "18446744073709551615";
    size_t room = strlen(most);

    return length < room || (length == room && memcmp(digits, most, room) <= 0);
}

/* json-c keeps a number that does not fit as the nearest one that does, and says nothing: so the text is looked at,
 * which is known to be JSON. */
static int check_numbers(const char *json, size_t length, struct hvc_error *error)
{
    bool quoted = false;

    for (size_t i = 0; i < length; i++) {
        size_t begin = i;

        if (json[i] == '"')
            quoted = !quoted;
        else if (quoted && json[i] == '\\')
            i++;
        if (quoted || json[i] < '0' || json[i] > '9')
            continue;
        while (i + 1 < length && json[i + 1] >= '0' && json[i + 1] <= '9')
            i++;
        if (!fits(json + begin, i + 1 - begin, begin > 0 && json[begin - 1] == '-'))
            return hvc_error_set(error, -EINVAL, "the number at byte %zu is too large", begin);
    }
    return 0;
}

int hvc_record_parse(const char *json, size_t length, struct hvc_record **ret_record, struct hvc_error *error)
{
    __attribute__((cleanup(put_object))) struct json_object *object = NULL;
    HVC_CLEANUP(record) struct hvc_record *record = NULL;
    int rc;

    while (length > 0 && (json[length - 1] == '\n' || json[length - 1] == ' ' || json[length - 1] == '\r'))
        length--;
    if (length == 0)
        return hvc_error_set(error, -EINVAL, "not JSON: there is nothing");
    if (length > HVC_IPC_MESSAGE_MAX)
        return hvc_error_set(error, -E2BIG, "%zu bytes, at most %d are allowed", length, HVC_IPC_MESSAGE_MAX);
    rc = parse_object(json, length, &object, error);
    if (rc == 0)
        rc = check_numbers(json, length, error);
    if (rc < 0)
        return rc;
    record = hvc_record_new();
    if (record == NULL)
        return hvc_error_set(error, -ENOMEM, "out of memory");
    rc = fill_record(record, object, error);
    if (rc < 0)
        return rc;
    *ret_record = HVC_TAKE(record, NULL);
    return 0;
}

/* ---- writing ---- */

static int add_members(struct json_object *object, const struct hvc_record *record);

static int add_list(struct json_object *array, const struct hvc_record *record, const char *name)
{
    size_t count = hvc_record_list_count(record, name);

    for (size_t i = 0; i < count; i++) {
        struct json_object *item = json_object_new_object();
        int rc;

        if (item == NULL)
            return -ENOMEM;
        if (json_object_array_add(array, item) < 0) {
            (void)json_object_put(item);
            return -ENOMEM;
        }
        rc = add_members(item, hvc_record_list_at(record, name, i));
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* The value of a member, empty for records and lists. NULL: no memory. */
static struct json_object *new_value(const struct hvc_record *record, const char *name)
{
    const char *text = hvc_record_text(record, name, "");
    int64_t negative = 0;

    switch (hvc_record_type(record, name)) {
    case HVC_RECORD_TEXT:
        return json_object_new_string(text);
    case HVC_RECORD_U64:
        return json_object_new_uint64(hvc_record_u64(record, name, 0));
    case HVC_RECORD_I64:
        (void)hvc_record_get_i64(record, name, &negative);
        return json_object_new_int64(negative);
    case HVC_RECORD_BOOL:
        return json_object_new_boolean(hvc_record_bool(record, name, false));
    case HVC_RECORD_LIST:
        return json_object_new_array();
    case HVC_RECORD_RECORD:
    case HVC_RECORD_NONE:
        break;
    }
    return json_object_new_object();
}

static int add_members(struct json_object *object, const struct hvc_record *record)
{
    for (size_t i = 0; i < hvc_record_count(record); i++) {
        const char *name = hvc_record_name(record, i);
        enum hvc_record_type type = hvc_record_type(record, name);
        struct json_object *value;
        int rc = 0;

        if (type == HVC_RECORD_NONE)
            continue;
        value = new_value(record, name);
        if (value == NULL)
            return -ENOMEM;
        /* the names of a record differ, and it lives longer than the object */
        if (json_object_object_add_ex(object, name, value,
                                      JSON_C_OBJECT_ADD_KEY_IS_NEW | JSON_C_OBJECT_ADD_CONSTANT_KEY) < 0) {
            (void)json_object_put(value);
            return -ENOMEM;
        }
        if (type == HVC_RECORD_LIST)
            rc = add_list(value, record, name);
        else if (type == HVC_RECORD_RECORD)
            rc = add_members(value, hvc_record_record(record, name));
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* Bytes of the UTF-8 character at p, 0 when there is none. */
static size_t utf8_length(const unsigned char *p, size_t left)
{
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    unsigned more = p[0] < 0x80 ? 0 : (p[0] & 0xe0) == 0xc0 ? 1 : (p[0] & 0xf0) == 0xe0 ? 2 : 3;
    uint32_t code = more == 0 ? p[0] : p[0] & (0x3fu >> more);

    if ((more == 3 && (p[0] & 0xf8) != 0xf0) || left <= more)
        return 0;
    for (unsigned k = 1; k <= more; k++) {
        if ((p[k] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (p[k] & 0x3f);
    }
    if (code < least[more] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return 0;
    return more + 1;
}

/* json-c prints any bytes; what the other side would refuse is met here, where the caller is. */
static int check_utf8(unsigned char *text, size_t length, bool replace)
{
    for (size_t i = 0; i < length;) {
        size_t size = utf8_length(text + i, length - i);

        if (size == 0 && !replace)
            return -EINVAL;
        if (size == 0) {
            text[i] = '?';
            size = 1;
        }
        i += size;
    }
    return 0;
}

static int format(const struct hvc_record *record, bool replace, char **ret_json, size_t *ret_length,
                  struct hvc_error *error)
{
    __attribute__((cleanup(put_object))) struct json_object *object = NULL;
    HVC_CLEANUP(free) char *copy = NULL;
    const char *text;
    size_t length = 0;
    int rc = hvc_record_status(record);

    if (rc < 0)
        return hvc_error_set(error, rc, "cannot build the record: %s", strerror(-rc));
    object = json_object_new_object();
    rc = object == NULL ? -ENOMEM : add_members(object, record);
    text = rc < 0 ? NULL
                  : json_object_to_json_string_length(object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE,
                                                      &length);
    if (text == NULL)
        return hvc_error_set(error, -ENOMEM, "out of memory");
    if (length > HVC_IPC_MESSAGE_MAX)
        return hvc_error_set(error, -E2BIG, "%zu bytes, at most %d are allowed", length, HVC_IPC_MESSAGE_MAX);
    copy = malloc(length + 1);
    if (copy == NULL)
        return hvc_error_set(error, -ENOMEM, "out of memory");
    memcpy(copy, text, length + 1);
    if (check_utf8((unsigned char *)copy, length, replace) < 0)
        return hvc_error_set(error, -EINVAL, "a text in the record is not UTF-8");
    *ret_json = HVC_TAKE(copy, NULL);
    *ret_length = length;
    return 0;
}

int hvc_record_format(const struct hvc_record *record, char **ret_json, size_t *ret_length, struct hvc_error *error)
{
    return format(record, false, ret_json, ret_length, error);
}

int hvc_record_format_replacing(const struct hvc_record *record, char **ret_json, size_t *ret_length,
                                struct hvc_error *error)
{
    return format(record, true, ret_json, ret_length, error);
}

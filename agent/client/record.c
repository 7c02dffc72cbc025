/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/record.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct list {
    size_t count, room;
    struct hvc_record **items;
};

struct member {
    char *name;
    enum hvc_record_type type;
    union {
        char *text;
        uint64_t u64;
        int64_t i64;
        bool yes;
        struct hvc_record *record;
        struct list list;
    } value;
};

struct hvc_record {
    struct hvc_record *root; /* outermost record: holds the status of all */
    unsigned depth;          /* 1 for the outermost */
    int status;              /* of the root */
    size_t count, room;
    struct member *members;
};

const char *hvc_record_type_name(enum hvc_record_type type)
{
    static const char *const names[] = {
        [HVC_RECORD_NONE] = "nothing", [HVC_RECORD_TEXT] = "text", [HVC_RECORD_U64] = "number",
        [HVC_RECORD_I64] = "number",   [HVC_RECORD_BOOL] = "bool", [HVC_RECORD_RECORD] = "record",
        [HVC_RECORD_LIST] = "list",
    };

    return (unsigned)type < sizeof(names) / sizeof(names[0]) ? names[type] : "nothing";
}

static void clear_member(struct member *m);

static struct hvc_record *new_record(struct hvc_record *root, unsigned depth)
{
    struct hvc_record *record = calloc(1, sizeof(*record));

    if (record == NULL)
        return NULL;
    record->root = root == NULL ? record : root;
    record->depth = depth;
    return record;
}

struct hvc_record *hvc_record_new(void)
{
    return new_record(NULL, 1);
}

/* Depth is bounded by HVC_RECORD_DEPTH_MAX, so is the recursion. */
static void free_tree(struct hvc_record *record)
{
    for (size_t i = 0; i < record->count; i++) {
        clear_member(&record->members[i]);
        free(record->members[i].name);
    }
    free(record->members);
    free(record);
}

void hvc_record_free(struct hvc_record *record)
{
    if (record != NULL)
        free_tree(record);
}

static void clear_member(struct member *m)
{
    switch (m->type) {
    case HVC_RECORD_TEXT:
        free(m->value.text);
        break;
    case HVC_RECORD_RECORD:
        free_tree(m->value.record);
        break;
    case HVC_RECORD_LIST:
        for (size_t i = 0; i < m->value.list.count; i++)
            free_tree(m->value.list.items[i]);
        free(m->value.list.items);
        break;
    case HVC_RECORD_NONE:
    case HVC_RECORD_U64:
    case HVC_RECORD_I64:
    case HVC_RECORD_BOOL:
        break;
    }
    memset(&m->value, 0, sizeof(m->value));
    m->type = HVC_RECORD_NONE;
}

/* ---- builder ---- */

static void fail(struct hvc_record *record, int code)
{
    if (record->root->status == 0)
        record->root->status = code;
}

int hvc_record_status(const struct hvc_record *record)
{
    return record == NULL ? -ENOMEM : record->root->status;
}

static bool good_name(const char *name)
{
    size_t length = 0;

    if (name == NULL || name[0] < 'a' || name[0] > 'z')
        return false;
    for (const char *p = name; *p != '\0'; p++, length++) {
        bool ok = (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '_' || *p == '-' || *p == '.';

        if (!ok || length >= HVC_RECORD_NAME_MAX - 1)
            return false;
    }
    return true;
}

static struct member *find(const struct hvc_record *record, const char *name)
{
    for (size_t i = 0; record != NULL && i < record->count; i++) {
        const char *here = record->members[i].name;

        if (*here == *name && strcmp(here, name) == 0) /* most differ in their first letter */
            return &record->members[i];
    }
    return NULL;
}

static int make_room(struct hvc_record *record)
{
    size_t room = record->room == 0 ? 8 : record->room * 2;
    struct member *members;

    if (record->count < record->room)
        return 0;
    members = realloc(record->members, room * sizeof(*members));
    if (members == NULL)
        return -ENOMEM;
    record->members = members;
    record->room = room;
    return 0;
}

/* A new member without a value; NULL when the builder has failed, now or before. */
static struct member *append(struct hvc_record *record, const char *name)
{
    struct member *m;
    char *copy;

    if (record->count >= HVC_RECORD_MEMBERS_MAX) {
        fail(record, -E2BIG);
        return NULL;
    }
    copy = strdup(name);
    if (copy == NULL || make_room(record) < 0) {
        free(copy);
        fail(record, -ENOMEM);
        return NULL;
    }
    m = &record->members[record->count++];
    memset(m, 0, sizeof(*m));
    m->name = copy;
    return m;
}

static struct member *writable(struct hvc_record *record, const char *name)
{
    struct member *m;

    if (record == NULL || record->root->status != 0)
        return NULL;
    if (!good_name(name)) {
        fail(record, -EINVAL);
        return NULL;
    }
    m = find(record, name);
    return m != NULL ? m : append(record, name);
}

void hvc_record_set_text(struct hvc_record *record, const char *name, const char *text)
{
    struct member *m;
    char *copy;

    if (text == NULL)
        return;
    m = writable(record, name);
    if (m == NULL)
        return;
    copy = strdup(text); /* before the clear: text may be the old value */
    clear_member(m);
    if (copy == NULL) {
        fail(record, -ENOMEM);
        return;
    }
    m->type = HVC_RECORD_TEXT;
    m->value.text = copy;
}

void hvc_record_set_format(struct hvc_record *record, const char *name, const char *format, ...)
{
    HVC_CLEANUP(free) char *text = NULL;
    va_list arguments;
    int length;

    if (record == NULL || record->root->status != 0)
        return;
    va_start(arguments, format);
    length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0) {
        text = NULL;
        fail(record, -ENOMEM);
        return;
    }
    hvc_record_set_text(record, name, text);
}

void hvc_record_set_u64(struct hvc_record *record, const char *name, uint64_t value)
{
    if (value != UINT64_MAX)
        hvc_record_set_bits(record, name, value);
}

void hvc_record_set_bits(struct hvc_record *record, const char *name, uint64_t value)
{
    struct member *m = writable(record, name);

    if (m == NULL)
        return;
    clear_member(m);
    m->type = HVC_RECORD_U64;
    m->value.u64 = value;
}

void hvc_record_set_i64(struct hvc_record *record, const char *name, int64_t value)
{
    struct member *m;

    if (value >= 0) {
        hvc_record_set_u64(record, name, (uint64_t)value);
        return;
    }
    m = writable(record, name);
    if (m == NULL)
        return;
    clear_member(m);
    m->type = HVC_RECORD_I64;
    m->value.i64 = value;
}

void hvc_record_set_bool(struct hvc_record *record, const char *name, bool value)
{
    struct member *m = writable(record, name);

    if (m == NULL)
        return;
    clear_member(m);
    m->type = HVC_RECORD_BOOL;
    m->value.yes = value;
}

static struct hvc_record *new_child(struct hvc_record *record)
{
    struct hvc_record *child;

    if (record->depth >= HVC_RECORD_DEPTH_MAX) {
        fail(record, -E2BIG);
        return NULL;
    }
    child = new_record(record->root, record->depth + 1);
    if (child == NULL)
        fail(record, -ENOMEM);
    return child;
}

struct hvc_record *hvc_record_set_record(struct hvc_record *record, const char *name)
{
    struct member *m = writable(record, name);
    struct hvc_record *child;

    if (m == NULL)
        return NULL;
    child = new_child(record);
    if (child == NULL)
        return NULL;
    clear_member(m);
    m->type = HVC_RECORD_RECORD;
    m->value.record = child;
    return child;
}

static struct member *writable_list(struct hvc_record *record, const char *name)
{
    struct member *m = writable(record, name);

    if (m != NULL && m->type != HVC_RECORD_LIST) {
        clear_member(m);
        m->type = HVC_RECORD_LIST;
    }
    return m;
}

void hvc_record_set_list(struct hvc_record *record, const char *name)
{
    (void)writable_list(record, name);
}

struct hvc_record *hvc_record_add(struct hvc_record *record, const char *name)
{
    struct member *m = writable_list(record, name);
    struct hvc_record *child;
    struct list *list;

    if (m == NULL)
        return NULL;
    list = &m->value.list;
    if (list->count >= HVC_RECORD_LIST_MAX) {
        fail(record, -E2BIG);
        return NULL;
    }
    if (list->count >= list->room) {
        size_t room = list->room == 0 ? 4 : list->room * 2;
        struct hvc_record **items = realloc(list->items, room * sizeof(struct hvc_record *));

        if (items == NULL) {
            fail(record, -ENOMEM);
            return NULL;
        }
        list->items = items;
        list->room = room;
    }
    child = new_child(record);
    if (child != NULL)
        list->items[list->count++] = child;
    return child;
}

static void copy_member(struct hvc_record *record, const struct member *m)
{
    switch (m->type) {
    case HVC_RECORD_TEXT:
        hvc_record_set_text(record, m->name, m->value.text);
        break;
    case HVC_RECORD_U64:
        hvc_record_set_u64(record, m->name, m->value.u64);
        break;
    case HVC_RECORD_I64:
        hvc_record_set_i64(record, m->name, m->value.i64);
        break;
    case HVC_RECORD_BOOL:
        hvc_record_set_bool(record, m->name, m->value.yes);
        break;
    case HVC_RECORD_RECORD:
        hvc_record_copy(hvc_record_set_record(record, m->name), m->value.record);
        break;
    case HVC_RECORD_LIST:
        hvc_record_set_list(record, m->name);
        for (size_t i = 0; i < m->value.list.count; i++)
            hvc_record_copy(hvc_record_add(record, m->name), m->value.list.items[i]);
        break;
    case HVC_RECORD_NONE:
        break;
    }
}

void hvc_record_copy(struct hvc_record *record, const struct hvc_record *source)
{
    for (size_t i = 0; record != NULL && i < source->count; i++)
        copy_member(record, &source->members[i]);
}

void hvc_record_remove(struct hvc_record *record, const char *name)
{
    struct member *m = find(record, name);
    size_t index;

    if (m == NULL)
        return;
    clear_member(m);
    free(m->name);
    index = (size_t)(m - record->members);
    record->count--;
    memmove(m, m + 1, (record->count - index) * sizeof(*m));
}

/* ---- reading ---- */

enum hvc_record_type hvc_record_type(const struct hvc_record *record, const char *name)
{
    const struct member *m = find(record, name);

    return m == NULL ? HVC_RECORD_NONE : m->type;
}

int hvc_record_get_text(const struct hvc_record *record, const char *name, const char **ret_text)
{
    const struct member *m = find(record, name);

    if (m == NULL)
        return -ENOENT;
    if (m->type != HVC_RECORD_TEXT)
        return -EINVAL;
    *ret_text = m->value.text;
    return 0;
}

int hvc_record_get_u64(const struct hvc_record *record, const char *name, uint64_t *ret_value)
{
    const struct member *m = find(record, name);

    if (m == NULL)
        return -ENOENT;
    if (m->type == HVC_RECORD_I64)
        return -ERANGE; /* always negative */
    if (m->type != HVC_RECORD_U64)
        return -EINVAL;
    *ret_value = m->value.u64;
    return 0;
}

int hvc_record_get_i64(const struct hvc_record *record, const char *name, int64_t *ret_value)
{
    const struct member *m = find(record, name);

    if (m == NULL)
        return -ENOENT;
    if (m->type != HVC_RECORD_I64 && m->type != HVC_RECORD_U64)
        return -EINVAL;
    if (m->type == HVC_RECORD_U64 && m->value.u64 > INT64_MAX)
        return -ERANGE;
    *ret_value = m->type == HVC_RECORD_I64 ? m->value.i64 : (int64_t)m->value.u64;
    return 0;
}

int hvc_record_get_bool(const struct hvc_record *record, const char *name, bool *ret_value)
{
    const struct member *m = find(record, name);

    if (m == NULL)
        return -ENOENT;
    if (m->type != HVC_RECORD_BOOL)
        return -EINVAL;
    *ret_value = m->value.yes;
    return 0;
}

const char *hvc_record_text(const struct hvc_record *record, const char *name, const char *otherwise)
{
    (void)hvc_record_get_text(record, name, &otherwise);
    return otherwise;
}

uint64_t hvc_record_u64(const struct hvc_record *record, const char *name, uint64_t otherwise)
{
    (void)hvc_record_get_u64(record, name, &otherwise);
    return otherwise;
}

bool hvc_record_bool(const struct hvc_record *record, const char *name, bool otherwise)
{
    (void)hvc_record_get_bool(record, name, &otherwise);
    return otherwise;
}

const struct hvc_record *hvc_record_record(const struct hvc_record *record, const char *name)
{
    const struct member *m = find(record, name);

    return m != NULL && m->type == HVC_RECORD_RECORD ? m->value.record : NULL;
}

struct hvc_record *hvc_record_edit(struct hvc_record *record, const char *name)
{
    const struct member *m = find(record, name);

    return m != NULL && m->type == HVC_RECORD_RECORD ? m->value.record : NULL;
}

size_t hvc_record_list_count(const struct hvc_record *record, const char *name)
{
    const struct member *m = find(record, name);

    return m != NULL && m->type == HVC_RECORD_LIST ? m->value.list.count : 0;
}

const struct hvc_record *hvc_record_list_at(const struct hvc_record *record, const char *name, size_t index)
{
    const struct member *m = find(record, name);

    if (m == NULL || m->type != HVC_RECORD_LIST || index >= m->value.list.count)
        return NULL;
    return m->value.list.items[index];
}

size_t hvc_record_count(const struct hvc_record *record)
{
    return record == NULL ? 0 : record->count;
}

const char *hvc_record_name(const struct hvc_record *record, size_t index)
{
    return index < hvc_record_count(record) ? record->members[index].name : NULL;
}

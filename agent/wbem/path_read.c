/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The path of an instance from text: root/x:Class.Key="value",Other=5 and what clients put before it. */
#include <errno.h>
#include <string.h>

#include "hvc/cim.h"

enum { KEYS_MAX = 16 };

static bool is_name_character(char c)
{
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static size_t name_length(const char *text)
{
    size_t length = 0;

    while (is_name_character(text[length]))
        length++;
    return length;
}

bool hvc_cim_is_name(const char *text)
{
    size_t length = name_length(text);

    return length > 0 && text[length] == '\0' && !(text[0] >= '0' && text[0] <= '9');
}

static bool is_slash(char c)
{
    return c == '/' || c == '\\';
}

/* Host and namespace, which end with a colon; at least one of them may be left out. NULL: no memory. */
static const char *read_place(struct hvc_cim_arena *arena, const char *text, size_t length, struct hvc_cim_path *path)
{
    char *space;

    if (length > 2 && is_slash(text[0]) && is_slash(text[1])) {
        size_t host = strcspn(text + 2, "/\\");

        path->host = hvc_cim_copy(arena, text + 2, host);
        text += host + 2;
        length = length > host + 2 ? length - host - 2 : 0;
    }
    if (length > 0 && is_slash(text[0])) {
        text++;
        length--;
    }
    space = hvc_cim_copy(arena, text, length);
    for (char *p = space; p != NULL && *p != '\0'; p++)
        *p = is_slash(*p) ? '/' : *p;
    path->space = space == NULL || *space == '\0' ? NULL : space;
    return space;
}

/* "a text with \" in it": what stands in it, and how long it was. NULL: it does not end, or no memory. */
static const char *read_quoted(struct hvc_cim_arena *arena, const char *text, size_t *ret_length)
{
    char *copy = hvc_cim_copy(arena, text, strlen(text));
    size_t used = 0, at = 1;

    while (copy != NULL && text[at] != '\0' && text[at] != '"') {
        if (text[at] == '\\' && text[at + 1] != '\0')
            at++;
        copy[used++] = text[at++];
    }
    if (copy == NULL || text[at] != '"')
        return NULL;
    copy[used] = '\0';
    *ret_length = at + 1;
    return copy;
}

static int read_key(struct hvc_cim_arena *arena, const char **text, struct hvc_cim_key *key)
{
    const char *at = *text;
    size_t length = name_length(at);

    key->name = hvc_cim_copy(arena, at, length);
    if (length == 0 || at[length] != '=')
        return -EINVAL;
    at += length + 1;
    if (*at == '"') {
        key->type = HVC_CIM_STRING;
        key->text = read_quoted(arena, at, &length);
    } else {
        length = strcspn(at, ",");
        key->text = hvc_cim_copy(arena, at, length);
        key->type = length == 4 && hvc_schema_compare(key->text == NULL ? "" : key->text, "true") == 0 ? HVC_CIM_BOOLEAN
                    : length == 5 && hvc_schema_compare(key->text == NULL ? "" : key->text, "false") == 0
                        ? HVC_CIM_BOOLEAN
                    : *at == '-' ? HVC_CIM_SINT64
                                 : HVC_CIM_UINT64;
        if (key->text != NULL && hvc_cim_check_text(arena, key->type, key->text, &key->text) < 0)
            return -EINVAL;
    }
    if (key->name == NULL || key->text == NULL)
        return hvc_cim_arena_failed(arena) ? -ENOMEM : -EINVAL;
    *text = at + length;
    return 0;
}

static int read_keys(struct hvc_cim_arena *arena, const char *text, struct hvc_cim_path *path)
{
    struct hvc_cim_key *keys = hvc_cim_alloc(arena, KEYS_MAX, sizeof(*keys));
    int rc = keys == NULL ? -ENOMEM : 0;

    path->keys = keys;
    while (rc == 0) {
        if (path->key_count == KEYS_MAX)
            return -EINVAL;
        rc = read_key(arena, &text, &keys[path->key_count]);
        if (rc == 0)
            path->key_count++;
        if (rc == 0 && *text == '\0')
            return 0;
        if (rc == 0 && *text++ != ',')
            rc = -EINVAL;
    }
    return rc;
}

int hvc_cim_path_read(struct hvc_cim_arena *arena, const char *text, const struct hvc_cim_path **ret_path)
{
    struct hvc_cim_path *path = hvc_cim_alloc(arena, 1, sizeof(*path));
    size_t quote = strcspn(text, "\"");
    const char *colon = NULL;
    size_t length;
    int rc;

    for (size_t i = 0; i < quote; i++)
        colon = text[i] == ':' ? text + i : colon;
    if (path == NULL || (colon != NULL && read_place(arena, text, (size_t)(colon - text), path) == NULL))
        return -ENOMEM;
    text = colon == NULL ? text : colon + 1;
    length = name_length(text);
    if (length == 0 || text[length] != '.')
        return -EINVAL;
    path->class_name = hvc_cim_copy(arena, text, length);
    rc = path->class_name == NULL ? -ENOMEM : read_keys(arena, text + length + 1, path);
    if (rc == 0)
        *ret_path = path;
    return rc;
}

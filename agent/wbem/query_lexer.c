/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query_lexer.h"

#include <errno.h>
#include <string.h>

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80) != 0;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int give(struct hvc_query_lexer *l, struct hvc_cim_arena *arena, size_t length, enum hvc_query_token_kind kind,
                struct hvc_query_token *ret_token, struct hvc_error *error)
{
    const char *text = hvc_cim_copy(arena, l->text + l->at, length);

    if (text == NULL)
        return hvc_error_set(error, -ENOMEM, "the query is too large");
    *ret_token = (struct hvc_query_token){kind, text, l->at};
    l->at += length;
    return 0;
}

/* 'text' or "text"; a backslash takes the next character as it is, two quotes are one. */
static int quoted(struct hvc_query_lexer *l, struct hvc_cim_arena *arena, struct hvc_query_token *ret_token,
                  struct hvc_error *error)
{
    char quote = l->text[l->at];
    char *text = hvc_cim_alloc(arena, strlen(l->text + l->at) + 1, 1);
    size_t start = l->at++;
    size_t used = 0;

    if (text == NULL)
        return hvc_error_set(error, -ENOMEM, "the query is too large");
    for (;; l->at++) {
        char c = l->text[l->at];

        if (c == quote && l->text[l->at + 1] == quote)
            l->at++;
        else if (c == quote)
            break;
        else if (c == '\\' && l->text[l->at + 1] != '\0')
            c = l->text[++l->at];
        if (c == '\0')
            return hvc_error_set(error, -EINVAL, "character %zu of the query: this text has no end", start + 1);
        text[used++] = c;
    }
    l->at++;
    *ret_token = (struct hvc_query_token){HVC_QUERY_TEXT, text, start};
    return 0;
}

int hvc_query_next(struct hvc_query_lexer *l, struct hvc_cim_arena *arena, struct hvc_query_token *ret_token,
                   struct hvc_error *error)
{
    const char *at;
    size_t length = 1;

    l->at += strspn(l->text + l->at, " \t\r\n");
    at = l->text + l->at;
    if (*at == '\0') {
        *ret_token = (struct hvc_query_token){HVC_QUERY_END, "", l->at};
        return 0;
    }
    if (*at == '\'' || *at == '"')
        return quoted(l, arena, ret_token, error);
    if (is_letter(*at)) {
        while (is_letter(at[length]) || is_digit(at[length]))
            length++;
        return give(l, arena, length, HVC_QUERY_WORD, ret_token, error);
    }
    if (is_digit(*at) || (*at == '-' && is_digit(at[1]))) {
        length = 1 + strspn(at + 1, "0123456789");
        return give(l, arena, length, HVC_QUERY_NUMBER, ret_token, error);
    }
    if ((*at == '<' && (at[1] == '=' || at[1] == '>')) || ((*at == '>' || *at == '!') && at[1] == '='))
        length = 2;
    else if (strchr("*,().=<>", *at) == NULL)
        return hvc_error_set(error, -EINVAL, "character %zu of the query: \"%c\" means nothing here", l->at + 1, *at);
    return give(l, arena, length, HVC_QUERY_SIGN, ret_token, error);
}

/* ---- LIKE ---- */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* One character against one piece of the pattern; *ret_length: of the piece. */
static bool piece_fits(char c, const char *pattern, size_t *ret_length)
{
    const char *end = pattern[0] == '[' ? strchr(pattern + 1, ']') : NULL;
    bool inverse = end != NULL && pattern[1] == '^';
    bool found = false;

    *ret_length = end == NULL ? 1 : (size_t)(end - pattern) + 1;
    if (end == NULL)
        return pattern[0] == '_' || lower(pattern[0]) == lower(c);
    for (const char *p = pattern + (inverse ? 2 : 1); p < end; p++) {
        if (p + 2 < end && p[1] == '-') {
            found = found || (lower(c) >= lower(p[0]) && lower(c) <= lower(p[2]));
            p += 2;
        } else
            found = found || lower(c) == lower(*p);
    }
    return found != inverse;
}

bool hvc_query_like(const char *text, const char *pattern)
{
    const char *star = NULL;
    const char *mark = NULL;
    size_t length;

    while (*text != '\0') {
        if (*pattern == '%') {
            star = ++pattern;
            mark = text;
        } else if (*pattern != '\0' && piece_fits(*text, pattern, &length)) {
            text++;
            pattern += length;
        } else if (star != NULL) {
            text = ++mark;
            pattern = star;
        } else
            return false;
    }
    pattern += strspn(pattern, "%");
    return *pattern == '\0';
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "hvc/bytes.h"
#include "lexer.h"

struct mof_lexer mof_lexer(struct mof_run *run, const char *file, const char *text, size_t length)
{
    static const char mark[] = "\xef\xbb\xbf";
    size_t skip = length >= 3 && memcmp(text, mark, 3) == 0 ? 3 : 0;

    return (struct mof_lexer){.run = run,
                              .file = file,
                              .text = text,
                              .at = text + skip,
                              .end = text + length,
                              .line_start = text + skip,
                              .line = 1};
}

static struct mof_place here(const struct mof_lexer *lexer)
{
    return (struct mof_place){lexer->file, lexer->line, (unsigned)(lexer->at - lexer->line_start) + 1};
}

static char peek(const struct mof_lexer *lexer, size_t ahead)
{
    return (size_t)(lexer->end - lexer->at) > ahead ? lexer->at[ahead] : '\0';
}

static void step(struct mof_lexer *lexer)
{
    if (*lexer->at == '\n') {
        lexer->line++;
        lexer->line_start = lexer->at + 1;
    }
    lexer->at++;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_name_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}

static bool is_name(char c)
{
    return is_name_start(c) || is_digit(c);
}

static struct mof_token broken(struct mof_token token)
{
    token.kind = MOF_BROKEN;
    return token;
}

/* Blanks and comments. False after an error: a comment without an end. */
static bool skip_blank(struct mof_lexer *lexer)
{
    for (;;) {
        char c = peek(lexer, 0);

        if (lexer->at == lexer->end)
            return true;
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v') {
            step(lexer);
        } else if (c == '/' && peek(lexer, 1) == '/') {
            while (lexer->at < lexer->end && *lexer->at != '\n')
                step(lexer);
        } else if (c == '/' && peek(lexer, 1) == '*') {
            struct mof_place place = here(lexer);

            while (lexer->at < lexer->end && !(peek(lexer, 0) == '*' && peek(lexer, 1) == '/'))
                step(lexer);
            if (lexer->at == lexer->end) {
                mof_error(lexer->run, place, "this comment has no end");
                return false;
            }
            step(lexer);
            step(lexer);
        } else {
            return true;
        }
    }
}

static int hex_value(char c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Behind "\x": one to four hexadecimal digits. -1: none. */
static long escape_code(struct mof_lexer *lexer)
{
    long code = 0;
    int digits = 0;

    while (digits < 4 && hex_value(peek(lexer, 0)) >= 0) {
        code = code * 16 + hex_value(peek(lexer, 0));
        step(lexer);
        digits++;
    }
    return digits == 0 ? -1 : code;
}

/* Behind a backslash: the character it stands for, -1 after an error. */
static long escaped(struct mof_lexer *lexer)
{
    static const char from[] = "btnfr\"'\\";
    static const char to[] = "\b\t\n\f\r\"'\\";
    struct mof_place place = here(lexer);
    char c = peek(lexer, 0);
    const char *found = c == '\0' ? NULL : strchr(from, c);
    long code;

    if (found != NULL) {
        step(lexer);
        return to[found - from];
    }
    if (c == 'x' || c == 'X') {
        step(lexer);
        code = escape_code(lexer);
        if (code > 0)
            return code;
        mof_error(lexer->run, place, "\\x wants one to four hexadecimal digits that are not all 0");
        return -1;
    }
    mof_error(lexer->run, place, "'\\%c' is no escape of MOF: \\b \\t \\n \\f \\r \\\" \\' \\\\ \\x", c);
    return -1;
}

static size_t put_utf8(char *target, long code)
{
    if (code < 0x80) {
        target[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        target[0] = (char)(0xc0 | (code >> 6));
        target[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    target[0] = (char)(0xe0 | (code >> 12));
    target[1] = (char)(0x80 | ((code >> 6) & 0x3f));
    target[2] = (char)(0x80 | (code & 0x3f));
    return 3;
}

static struct mof_token read_string(struct mof_lexer *lexer, struct mof_token token)
{
    const char *close = lexer->at + 1;
    char *text;
    size_t used = 0;

    while (close < lexer->end && *close != '"' && *close != '\n')
        close += *close == '\\' && close + 1 < lexer->end ? 2 : 1;
    if (close >= lexer->end || *close != '"') {
        mof_error(lexer->run, token.place, "this string has no end on its line");
        lexer->at = lexer->end;
        return broken(token);
    }
    text = mof_alloc(&lexer->run->arena, (size_t)(close - lexer->at) + 4, 1);
    step(lexer);
    while (*lexer->at != '"') {
        if (*lexer->at == '\\') {
            long code;

            step(lexer);
            code = escaped(lexer);
            if (code < 0)
                return broken(token);
            used += put_utf8(text + used, code);
        } else {
            text[used++] = *lexer->at;
            step(lexer);
        }
    }
    step(lexer);
    if (!hvc_bytes_is_text(text, used, true, NULL)) {
        mof_error(lexer->run, token.place, "this string is no UTF-8 text or has control characters");
        return broken(token);
    }
    token.kind = MOF_STRING;
    token.text = text;
    token.length = used;
    return token;
}

static struct mof_token read_character(struct mof_lexer *lexer, struct mof_token token)
{
    long code;

    step(lexer);
    if (peek(lexer, 0) == '\\') {
        step(lexer);
        code = escaped(lexer);
        if (code < 0)
            return broken(token);
    } else {
        code = (unsigned char)peek(lexer, 0);
        if (code == '\0' || code == '\'' || code == '\n' || code >= 0x80) {
            mof_error(lexer->run, token.place, "a character is one of ASCII or an escape in single quotes");
            return broken(token);
        }
        step(lexer);
    }
    if (peek(lexer, 0) != '\'') {
        mof_error(lexer->run, token.place, "this character has no closing quote");
        return broken(token);
    }
    step(lexer);
    token.kind = MOF_CHAR;
    token.number = (uint64_t)code;
    return token;
}

static bool add_digit(uint64_t *value, unsigned base, unsigned digit)
{
    return !__builtin_mul_overflow(*value, (uint64_t)base, value) &&
           !__builtin_add_overflow(*value, (uint64_t)digit, value);
}

/* digits [from, to) of a base. False: too large or no such digits. */
static bool number_of(const char *from, const char *to, unsigned base, uint64_t *ret_value)
{
    *ret_value = 0;
    if (from == to)
        return false;
    for (; from < to; from++) {
        int digit = hex_value(*from);

        if (digit < 0 || (unsigned)digit >= base || !add_digit(ret_value, base, (unsigned)digit))
            return false;
    }
    return true;
}

/* 0x1f, 0101b, 017, 12 (DSP0004 annex A: hexValue, binaryValue, octalValue, decimalValue). */
static bool integer_of(const char *from, const char *to, uint64_t *ret_value)
{
    size_t length = (size_t)(to - from);

    if (length > 2 && from[0] == '0' && (from[1] == 'x' || from[1] == 'X'))
        return number_of(from + 2, to, 16, ret_value);
    if (length > 1 && (to[-1] == 'b' || to[-1] == 'B'))
        return number_of(from, to - 1, 2, ret_value);
    if (length > 1 && from[0] == '0')
        return number_of(from + 1, to, 8, ret_value);
    return number_of(from, to, 10, ret_value);
}

static bool is_real_part(const struct mof_lexer *lexer)
{
    char c = peek(lexer, 0);

    if (c == '.')
        return true;
    return (c == '+' || c == '-') && (lexer->at[-1] == 'e' || lexer->at[-1] == 'E');
}

static bool is_real(const char *text)
{
    char *end;

    if (strchr(text, '.') == NULL)
        return false;
    (void)strtod(text, &end);
    return *end == '\0';
}

static struct mof_token read_number(struct mof_lexer *lexer, struct mof_token token)
{
    const char *start = lexer->at;
    const char *digits;
    bool hex;

    if (*lexer->at == '+' || *lexer->at == '-')
        step(lexer);
    digits = lexer->at;
    hex = digits + 1 < lexer->end && digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X');
    while (lexer->at < lexer->end && (is_name(*lexer->at) || (!hex && is_real_part(lexer))))
        step(lexer);
    token.text = mof_copy_text(&lexer->run->arena, start, (size_t)(lexer->at - start));
    token.length = (size_t)(lexer->at - start);
    token.negative = *start == '-';
    if (integer_of(digits, lexer->at, &token.number))
        token.kind = MOF_INTEGER;
    else if (!hex && is_real(token.text))
        token.kind = MOF_REAL;
    else {
        mof_error(lexer->run, token.place, "'%s' is no number of at most 64 bits", token.text);
        return broken(token);
    }
    return token;
}

static struct mof_token read_name(struct mof_lexer *lexer, struct mof_token token, enum mof_token_kind kind)
{
    const char *start = lexer->at;

    while (lexer->at < lexer->end && is_name(*lexer->at))
        step(lexer);
    token.kind = kind;
    token.text = mof_copy_text(&lexer->run->arena, start, (size_t)(lexer->at - start));
    token.length = (size_t)(lexer->at - start);
    if (token.length == 0) {
        mof_error(lexer->run, token.place, "a name is missing here");
        return broken(token);
    }
    return token;
}

static struct mof_token read_pragma(struct mof_lexer *lexer, struct mof_token token)
{
    static const char word[] = "pragma";

    step(lexer);
    token = read_name(lexer, token, MOF_PRAGMA);
    if (token.kind == MOF_PRAGMA && (token.length != sizeof(word) - 1 || memcmp(token.text, word, token.length) != 0)) {
        mof_error(lexer->run, token.place, "'#%s' is no directive of MOF: #pragma", token.text);
        return broken(token);
    }
    return token;
}

struct mof_token mof_lexer_next(struct mof_lexer *lexer)
{
    struct mof_token token = {.kind = MOF_END};
    char c;

    if (!skip_blank(lexer)) {
        token.place = here(lexer);
        return broken(token);
    }
    token.place = here(lexer);
    if (lexer->at == lexer->end)
        return token;
    c = *lexer->at;
    if (c == '"')
        return read_string(lexer, token);
    if (c == '\'')
        return read_character(lexer, token);
    if (c == '#')
        return read_pragma(lexer, token);
    if (c == '$') {
        step(lexer);
        return read_name(lexer, token, MOF_ALIAS);
    }
    if (is_digit(c) || ((c == '+' || c == '-' || c == '.') && is_digit(peek(lexer, 1))))
        return read_number(lexer, token);
    if (is_name_start(c))
        return read_name(lexer, token, MOF_NAME);
    step(lexer);
    if (c == '\0' || strchr("[](){},;:=", c) == NULL) {
        mof_error(lexer->run, token.place, "unexpected character 0x%02x", (unsigned)(unsigned char)c);
        return broken(token);
    }
    token.kind = MOF_PUNCTUATION;
    token.sign = c;
    return token;
}

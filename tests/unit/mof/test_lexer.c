/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fixture.h"

#include "../hvc_cmocka.h"

struct scan {
    struct mof_run run;
    struct mof_lexer lexer;
    char *messages;
    size_t length;
};

static void begin(struct scan *s, const char *text)
{
    *s = (struct scan){0};
    s->run.messages = open_memstream(&s->messages, &s->length);
    assert_non_null(s->run.messages);
    s->lexer = mof_lexer(&s->run, "t.mof", text, strlen(text));
}

static void end(struct scan *s)
{
    assert_int_equal(fclose(s->run.messages), 0);
    free(s->messages);
    mof_arena_free(&s->run.arena);
}

static void numbers_of_every_base_are_read(void **state)
{
    static const struct {
        const char *text;
        uint64_t number;
        bool negative;
    } rows[] = {{"0", 0, false},
                {"12", 12, false},
                {"-12", 12, true},
                {"+7", 7, false},
                {"0x1F", 31, false},
                {"-0xff", 255, true},
                {"017", 15, false},
                {"0101b", 5, false},
                {"1B", 1, false},
                {"0xB", 11, false},
                {"0x1b", 27, false},
                {"18446744073709551615", UINT64_MAX, false},
                {"0xffffffffffffffff", UINT64_MAX, false}};

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        struct scan s;
        struct mof_token token;

        begin(&s, rows[i].text);
        token = mof_lexer_next(&s.lexer);
        assert_int_equal(token.kind, MOF_INTEGER);
        assert_int_equal(token.number, rows[i].number);
        assert_int_equal(token.negative, rows[i].negative);
        assert_int_equal(mof_lexer_next(&s.lexer).kind, MOF_END);
        end(&s);
    }
}

static void real_numbers_need_a_point(void **state)
{
    static const char *const good[] = {"1.5", "-0.25", "2.0e3", "1.e5", ".5", "1.0E-2", "+3.0e+1"};

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(good); i++) {
        struct scan s;
        struct mof_token token;

        begin(&s, good[i]);
        token = mof_lexer_next(&s.lexer);
        assert_int_equal(token.kind, MOF_REAL);
        assert_string_equal(token.text, good[i]);
        end(&s);
    }
}

static void strings_are_decoded(void **state)
{
    struct scan s;
    struct mof_token token;

    (void)state;
    begin(&s, "\"a\\n\\t\\\"\\\\\\x41\\x20ac\xc3\xa9\"");
    token = mof_lexer_next(&s.lexer);
    assert_int_equal(token.kind, MOF_STRING);
    assert_string_equal(token.text, "a\n\t\"\\A\xe2\x82\xac\xc3\xa9");
    end(&s);
}

static void comments_and_the_byte_order_mark_are_skipped_and_places_are_right(void **state)
{
    struct scan s;
    struct mof_token token;

    (void)state;
    begin(&s, "\xef\xbb\xbf// one\n/* two\n three */ name\n  $alias 'x' '\\x41' #pragma");
    token = mof_lexer_next(&s.lexer);
    assert_int_equal(token.kind, MOF_NAME);
    assert_string_equal(token.text, "name");
    assert_int_equal(token.place.line, 3);
    assert_int_equal(token.place.column, 11);
    token = mof_lexer_next(&s.lexer);
    assert_int_equal(token.kind, MOF_ALIAS);
    assert_string_equal(token.text, "alias");
    assert_int_equal(token.place.column, 3);
    assert_int_equal(mof_lexer_next(&s.lexer).number, 'x');
    assert_int_equal(mof_lexer_next(&s.lexer).number, 0x41);
    assert_int_equal(mof_lexer_next(&s.lexer).kind, MOF_PRAGMA);
    assert_int_equal(mof_lexer_next(&s.lexer).kind, MOF_END);
    assert_int_equal(s.run.errors, 0);
    end(&s);
}

static void what_is_no_token_is_told_with_its_place(void **state)
{
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"\"open", "t.mof:1:1: error: this string has no end on its line"},
        {"\"open\n\"", "t.mof:1:1: error: this string has no end on its line"},
        {"\"\\q\"", "t.mof:1:3: error: '\\q' is no escape of MOF"},
        {"\"\\x\"", "\\x wants one to four hexadecimal digits"},
        {"\"\\x0\"", "\\x wants one to four hexadecimal digits"},
        {"\"\\xd800\"", "no UTF-8 text"},
        {"\"\x80\"", "no UTF-8 text"},
        {"/* open", "t.mof:1:1: error: this comment has no end"},
        {"12x", "'12x' is no number"},
        {"0x", "'0x' is no number"},
        {"08", "'08' is no number"},
        {"102b", "'102b' is no number"},
        {"1.2.3", "'1.2.3' is no number"},
        {"18446744073709551616", "is no number of at most 64 bits"},
        {"''", "a character is one of ASCII"},
        {"'ab'", "this character has no closing quote"},
        {"#include", "'#include' is no directive of MOF"},
        {"$", "a name is missing here"},
        {"%", "unexpected character 0x25"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        struct scan s;

        begin(&s, rows[i].text);
        assert_int_equal(mof_lexer_next(&s.lexer).kind, MOF_BROKEN);
        assert_int_equal(fflush(s.run.messages), 0);
        if (strstr(s.messages, rows[i].message) == NULL)
            fail_msg("'%s' gave '%s', not '%s'", rows[i].text, s.messages, rows[i].message);
        assert_int_equal(s.run.errors, 1);
        end(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_of_every_base_are_read),
        cmocka_unit_test(real_numbers_need_a_point),
        cmocka_unit_test(strings_are_decoded),
        cmocka_unit_test(comments_and_the_byte_order_mark_are_skipped_and_places_are_right),
        cmocka_unit_test(what_is_no_token_is_told_with_its_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

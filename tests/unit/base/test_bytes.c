/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/bytes.h"

#include "../hvc_cmocka.h"

static void what_was_put_is_got(void **state)
{
    uint8_t memory[64];
    char text[8];
    struct hvc_bytes_writer writer = hvc_bytes_writer(memory, sizeof(memory));
    struct hvc_bytes_reader reader;

    (void)state;
    hvc_bytes_put(&writer, 1, 0xab);
    hvc_bytes_put(&writer, 2, 0x1234);
    hvc_bytes_put(&writer, 8, 0x0123456789abcdef);
    hvc_bytes_put_text(&writer, "n\xc3\xa4he");
    assert_false(writer.failed);
    assert_int_equal(memory[1], 0x34); /* little endian */
    reader = hvc_bytes_reader(memory, writer.length);
    assert_int_equal(hvc_bytes_get(&reader, 1), 0xab);
    assert_int_equal(hvc_bytes_get(&reader, 2), 0x1234);
    assert_int_equal(hvc_bytes_get(&reader, 8), 0x0123456789abcdef);
    hvc_bytes_get_text(&reader, text, sizeof(text), 1, false);
    assert_string_equal(text, "n\xc3\xa4he");
    assert_false(reader.failed);
    assert_int_equal(reader.offset, reader.length);
}

static void a_failure_sticks(void **state)
{
    uint8_t memory[3] = {1, 2, 3}, target[2] = {9, 9};
    struct hvc_bytes_reader reader = hvc_bytes_reader(memory, 3);
    struct hvc_bytes_writer writer = hvc_bytes_writer(memory, 3);

    (void)state;
    assert_int_equal(hvc_bytes_get(&reader, 4), 0);
    assert_true(reader.failed);
    assert_int_equal(hvc_bytes_get(&reader, 1), 0);
    hvc_bytes_copy(&reader, target, 2);
    assert_int_equal(target[0], 0);
    hvc_bytes_put(&writer, 4, 7);
    assert_true(writer.failed);
    hvc_bytes_put(&writer, 1, 7);
    assert_int_equal(writer.length, 0);
    assert_int_equal(memory[0], 1);
}

static void a_writer_without_memory_counts(void **state)
{
    struct hvc_bytes_writer writer = hvc_bytes_writer(NULL, 0);

    (void)state;
    hvc_bytes_put(&writer, 8, 1);
    hvc_bytes_put_text(&writer, "abc");
    assert_false(writer.failed);
    assert_int_equal(writer.length, 13);
}

static void text_is_well_formed(void **state)
{
    static const struct {
        const char *text;
        bool line, lines;
        size_t characters;
    } cases[] = {
        {"plain", true, true, 5},
        {"\xe2\x82\xac \xf0\x9f\x90\xa7", true, true, 3},
        {"two\nlines\t", false, true, 10},
        {"bell\a", false, false, 0},
        {"del\x7f", false, false, 0},
        {"\x80", false, false, 0},
        {"\xc0\xaf", false, false, 0},     /* overlong */
        {"\xed\xa0\x80", false, false, 0}, /* surrogate */
        {"\xf4\x90\x80\x80", false, false, 0},
        {"\xe2\x82", false, false, 0}, /* cut */
        {"\xf0\x9f\x90 ", false, false, 0},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        size_t characters = 0;

        assert_int_equal(hvc_bytes_is_text(cases[i].text, strlen(cases[i].text), false, NULL), cases[i].line);
        assert_int_equal(hvc_bytes_is_text(cases[i].text, strlen(cases[i].text), true, &characters), cases[i].lines);
        assert_int_equal(characters, cases[i].characters);
    }
}

static void text_of_a_wrong_size_fails(void **state)
{
    static const uint8_t long_text[] = {4, 0, 'a', 'b', 'c', 'd'}, empty[] = {0, 0}, cut[] = {9, 0, 'a'};
    char target[4] = "x";
    struct hvc_bytes_reader reader = hvc_bytes_reader(long_text, sizeof(long_text));

    (void)state;
    hvc_bytes_get_text(&reader, target, sizeof(target), 0, false);
    assert_true(reader.failed);
    assert_string_equal(target, "");
    reader = hvc_bytes_reader(empty, sizeof(empty));
    hvc_bytes_get_text(&reader, target, sizeof(target), 1, false);
    assert_true(reader.failed);
    reader = hvc_bytes_reader(cut, sizeof(cut));
    hvc_bytes_get_text(&reader, target, sizeof(target), 0, false);
    assert_true(reader.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_is_got),
        cmocka_unit_test(a_failure_sticks),
        cmocka_unit_test(a_writer_without_memory_counts),
        cmocka_unit_test(text_is_well_formed),
        cmocka_unit_test(text_of_a_wrong_size_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

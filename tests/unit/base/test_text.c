/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/text.h"

#include <errno.h>

#include "../hvc_cmocka.h"

static void copy_keeps_the_target_when_the_text_does_not_fit(void **state)
{
    char target[4] = "abc";

    (void)state;
    assert_int_equal(hvc_text_copy(target, sizeof(target), "four"), -ENAMETOOLONG);
    assert_string_equal(target, "abc");
    assert_int_equal(hvc_text_copy(target, sizeof(target), "xyz"), 0);
    assert_string_equal(target, "xyz");
}

static void append_moves_on_and_says_when_it_is_full(void **state)
{
    char target[8] = "";
    size_t used = 0;

    (void)state;
    assert_int_equal(hvc_text_append(target, sizeof(target), &used, "%s", "abc"), 0);
    assert_int_equal(hvc_text_append(target, sizeof(target), &used, "%d", 12), 0);
    assert_string_equal(target, "abc12");
    assert_int_equal(hvc_text_append(target, sizeof(target), &used, "%s", "longer"), -ENAMETOOLONG);
    assert_string_equal(target, "abc12lo");
    assert_int_equal(hvc_text_append(target, sizeof(target), &used, "x"), -ENAMETOOLONG);
}

static void numbers_are_whole_and_bounded(void **state)
{
    static const struct {
        const char *text;
        uint64_t min, max;
        int result;
        uint64_t value;
    } cases[] = {
        {"0", 0, 10, 0, 0},
        {"10", 0, 10, 0, 10},
        {"11", 0, 10, -ERANGE, 0},
        {"1", 2, 10, -ERANGE, 0},
        {"", 0, 10, -EINVAL, 0},
        {" 1", 0, 10, -EINVAL, 0},
        {"1s", 0, 10, -EINVAL, 0},
        {"-1", 0, 10, -EINVAL, 0},
        {"18446744073709551615", 0, UINT64_MAX, 0, UINT64_MAX},
        {"18446744073709551616", 0, UINT64_MAX, -ERANGE, 0},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        uint64_t value = 77;

        assert_int_equal(hvc_parse_u64(cases[i].text, cases[i].min, cases[i].max, &value), cases[i].result);
        assert_int_equal(value, cases[i].result == 0 ? cases[i].value : 77);
    }
    assert_int_equal(hvc_parse_u64(NULL, 0, 1, &(uint64_t){0}), -EINVAL);
}

static void uuids_become_lower_case_with_dashes(void **state)
{
    char uuid[HVC_UUID_TEXT_MAX];
    uint8_t bytes[16];
    static const char *const bad[] = {
        "",
        "0b6e4d5e-7d3a-4c0f-9a53-6e6a5a3b1c0",
        "0b6e4d5e-7d3a-4c0f-9a53-6e6a5a3b1c0dd",
        "0b6e4d5e07d3a-4c0f-9a53-6e6a5a3b1c0d",
        "0b6e4d5e-7d3a-4c0f-9a53-6e6a5a3b1c0g",
        "0b6e4d5e-7d3a-4c0f-9a5--6e6a5a3b1c0d",
    };

    (void)state;
    assert_int_equal(hvc_parse_uuid("0B6E4D5E-7d3a-4C0F-9a53-6e6A5a3B1c0D", uuid), 0);
    assert_string_equal(uuid, "0b6e4d5e-7d3a-4c0f-9a53-6e6a5a3b1c0d");
    for (size_t i = 0; i < HVC_COUNT(bad); i++)
        assert_int_equal(hvc_parse_uuid(bad[i], uuid), -EINVAL);
    assert_int_equal(hvc_parse_uuid(NULL, uuid), -EINVAL);
    assert_int_equal(hvc_parse_uuid_bytes("0B6E4D5E-7d3a-4C0F-9a53-6e6A5a3B1c0D", bytes), 0);
    assert_memory_equal(bytes, "\x0b\x6e\x4d\x5e\x7d\x3a\x4c\x0f\x9a\x53\x6e\x6a\x5a\x3b\x1c\x0d", 16);
    hvc_format_uuid(bytes, uuid);
    assert_string_equal(uuid, "0b6e4d5e-7d3a-4c0f-9a53-6e6a5a3b1c0d");
    assert_int_equal(hvc_parse_uuid_bytes("no uuid", bytes), -EINVAL);
}

static void booleans_are_pacemakers_words(void **state)
{
    bool value = false;

    (void)state;
    assert_int_equal(hvc_parse_bool("TRUE", &value), 0);
    assert_true(value);
    assert_int_equal(hvc_parse_bool("n", &value), 0);
    assert_false(value);
    assert_int_equal(hvc_parse_bool("1", &value), 0);
    assert_true(value);
    assert_int_equal(hvc_parse_bool("", &value), -EINVAL);
    assert_int_equal(hvc_parse_bool("yess", &value), -EINVAL);
    assert_int_equal(hvc_parse_bool(NULL, &value), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copy_keeps_the_target_when_the_text_does_not_fit),
        cmocka_unit_test(append_moves_on_and_says_when_it_is_full),
        cmocka_unit_test(numbers_are_whole_and_bounded),
        cmocka_unit_test(uuids_become_lower_case_with_dashes),
        cmocka_unit_test(booleans_are_pacemakers_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

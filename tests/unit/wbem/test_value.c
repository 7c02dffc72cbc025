/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "hvc/cim.h"

#include "../hvc_cmocka.h"

static void texts_of_every_type_are_brought_into_one_form(void **state)
{
    static const struct {
        uint8_t type;
        const char *text, *want;
    } rows[] = {
        {HVC_CIM_BOOLEAN, "true", "TRUE"},
        {HVC_CIM_BOOLEAN, " FALSE\n", "FALSE"},
        {HVC_CIM_UINT8, "255", "255"},
        {HVC_CIM_UINT8, "0xff", "255"},
        {HVC_CIM_UINT8, "-0", "0"},
        {HVC_CIM_SINT8, "-128", "-128"},
        {HVC_CIM_SINT16, "+0032767", "32767"},
        {HVC_CIM_UINT64, "18446744073709551615", "18446744073709551615"},
        {HVC_CIM_SINT64, "-9223372036854775808", "-9223372036854775808"},
        {HVC_CIM_REAL32, "1.5e3", "1.5e3"},
        {HVC_CIM_REAL64, "-2", "-2"},
        {HVC_CIM_CHAR16, "\xc3\xa9", "\xc3\xa9"},
        {HVC_CIM_STRING, " as it is ", " as it is "},
        {HVC_CIM_DATETIME, "20261121120000.000000+060", "20261121120000.000000+060"},
        {HVC_CIM_DATETIME, "00000001000500.000000:000", "00000001000500.000000:000"},
        {HVC_CIM_DATETIME, "2026112112****.******+000", "2026112112****.******+000"},
    };
    struct hvc_cim_arena *arena = hvc_cim_arena_new(1 << 20);

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        const char *text = NULL;

        assert_int_equal(hvc_cim_check_text(arena, rows[i].type, rows[i].text, &text), 0);
        assert_string_equal(text, rows[i].want);
    }
    hvc_cim_arena_free(arena);
}

static void texts_that_are_not_of_their_type_are_refused(void **state)
{
    static const struct {
        uint8_t type;
        const char *text;
    } rows[] = {
        {HVC_CIM_BOOLEAN, "1"},
        {HVC_CIM_BOOLEAN, ""},
        {HVC_CIM_UINT8, "256"},
        {HVC_CIM_UINT8, "-1"},
        {HVC_CIM_UINT8, ""},
        {HVC_CIM_UINT8, "1 2"},
        {HVC_CIM_UINT8, "0x"},
        {HVC_CIM_SINT8, "128"},
        {HVC_CIM_SINT8, "-129"},
        {HVC_CIM_UINT64, "18446744073709551616"},
        {HVC_CIM_REAL64, "inf"},
        {HVC_CIM_REAL64, "0x1p3"},
        {HVC_CIM_REAL64, "1.5.5"},
        {HVC_CIM_REAL64, ""},
        {HVC_CIM_CHAR16, "ab"},
        {HVC_CIM_CHAR16, ""},
        {HVC_CIM_STRING, "\xff"},
        {HVC_CIM_STRING, "\x01"},
        {HVC_CIM_DATETIME, "20261121"},
        {HVC_CIM_DATETIME, "20261121120000.000000 060"},
        {HVC_CIM_DATETIME, "00000001000500.000000:001"},
        {HVC_CIM_REFERENCE, "x"},
    };
    struct hvc_cim_arena *arena = hvc_cim_arena_new(1 << 20);

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        const char *text = NULL;

        if (hvc_cim_check_text(arena, rows[i].type, rows[i].text, &text) != -EINVAL)
            fail_msg("'%s' was taken for a %s", rows[i].text, hvc_cim_type_name(rows[i].type));
    }
    hvc_cim_arena_free(arena);
}

static void values_are_made(void **state)
{
    static const char *const words[] = {"a", "b"};
    static const uint64_t numbers[] = {1, 65535};
    struct hvc_cim_arena *arena = hvc_cim_arena_new(1 << 20);

    (void)state;
    assert_string_equal(hvc_cim_text(arena, "x")->text[0], "x");
    assert_true(hvc_cim_text(arena, NULL)->null);
    assert_string_equal(hvc_cim_number(arena, HVC_CIM_UINT64, UINT64_MAX)->text[0], "18446744073709551615");
    assert_string_equal(hvc_cim_boolean(arena, true)->text[0], "TRUE");
    assert_string_equal(hvc_cim_time(arena, UINT64_C(1795262400123))->text[0], "20261121120000.123000+000");
    assert_string_equal(hvc_cim_interval(arena, UINT64_C(90061001))->text[0], "00000001010101.001000:000");
    assert_true(hvc_cim_interval(arena, UINT64_MAX)->null);
    assert_string_equal(hvc_cim_texts(arena, words, 2)->text[1], "b");
    assert_string_equal(hvc_cim_numbers(arena, HVC_CIM_UINT16, numbers, 2)->text[1], "65535");
    assert_int_equal(hvc_cim_texts(arena, words, 0)->count, 0);
    assert_false(hvc_cim_arena_failed(arena));
    hvc_cim_arena_free(arena);
}

static void count_release(void *context)
{
    (*(unsigned *)context)++;
}

static void what_is_attached_to_an_arena_is_released_with_it(void **state)
{
    struct hvc_cim_arena *arena = hvc_cim_arena_new(1 << 16);
    struct hvc_cim_arena *full = hvc_cim_arena_new(0);
    unsigned first = 0, second = 0, never = 0;

    (void)state;
    assert_true(hvc_cim_arena_attach(arena, count_release, &first));
    assert_true(hvc_cim_arena_attach(arena, count_release, &second));
    assert_int_equal(first + second, 0);
    hvc_cim_arena_free(arena);
    assert_int_equal(first, 1);
    assert_int_equal(second, 1);
    assert_false(hvc_cim_arena_attach(full, count_release, &never));
    hvc_cim_arena_free(full);
    assert_int_equal(never, 0);
}

static void an_arena_that_is_full_stays_failed(void **state)
{
    struct hvc_cim_arena *arena = hvc_cim_arena_new(20000);

    (void)state;
    assert_non_null(hvc_cim_alloc(arena, 1, 16000));
    assert_null(hvc_cim_alloc(arena, 1, 16000));
    assert_true(hvc_cim_arena_failed(arena));
    assert_null(hvc_cim_text(arena, "x"));
    assert_null(hvc_cim_number(arena, HVC_CIM_UINT8, 1));
    hvc_cim_arena_free(arena);
    arena = hvc_cim_arena_new(20000);
    assert_null(hvc_cim_alloc(arena, SIZE_MAX, 2));
    hvc_cim_arena_free(arena);
    hvc_cim_arena_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_of_every_type_are_brought_into_one_form),
        cmocka_unit_test(texts_that_are_not_of_their_type_are_refused),
        cmocka_unit_test(values_are_made),
        cmocka_unit_test(an_arena_that_is_full_stays_failed),
        cmocka_unit_test(what_is_attached_to_an_arena_is_released_with_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/record.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../hvc_cmocka.h"

static void what_was_set_is_read_with_its_type(void **state)
{
    HVC_CLEANUP(record) struct hvc_record *r = hvc_record_new();
    const char *text = NULL;
    uint64_t u = 0;
    int64_t i = 0;
    bool yes = false;

    (void)state;
    hvc_record_set_text(r, "name", "vm1");
    hvc_record_set_u64(r, "large", UINT64_MAX - 1);
    hvc_record_set_i64(r, "negative", -5);
    hvc_record_set_bool(r, "yes", true);
    hvc_record_set_format(r, "words", "%s runs on %s", "vm1", "n1");
    assert_int_equal(hvc_record_status(r), 0);
    assert_int_equal(hvc_record_get_text(r, "name", &text), 0);
    assert_string_equal(text, "vm1");
    assert_int_equal(hvc_record_get_u64(r, "large", &u), 0);
    assert_true(u == UINT64_MAX - 1);
    assert_int_equal(hvc_record_get_i64(r, "negative", &i), 0);
    assert_int_equal(i, -5);
    assert_int_equal(hvc_record_get_bool(r, "yes", &yes), 0);
    assert_true(yes);
    assert_string_equal(hvc_record_text(r, "words", ""), "vm1 runs on n1");
    assert_int_equal(hvc_record_count(r), 5);
    assert_string_equal(hvc_record_name(r, 2), "negative");
    assert_null(hvc_record_name(r, 5));
}

static void a_wrong_type_a_missing_name_and_a_number_that_does_not_fit_are_told_apart(void **state)
{
    HVC_CLEANUP(record) struct hvc_record *r = hvc_record_new();
    const char *text = "untouched";
    uint64_t u = 7;
    int64_t i = 7;

    (void)state;
    hvc_record_set_i64(r, "negative", -5);
    hvc_record_set_u64(r, "large", (uint64_t)INT64_MAX + 1);
    hvc_record_set_i64(r, "small", 3);
    assert_int_equal(hvc_record_get_text(r, "negative", &text), -EINVAL);
    assert_int_equal(hvc_record_get_text(r, "none", &text), -ENOENT);
    assert_int_equal(hvc_record_get_u64(r, "negative", &u), -ERANGE);
    assert_int_equal(hvc_record_get_i64(r, "large", &i), -ERANGE);
    assert_string_equal(text, "untouched");
    assert_int_equal(u, 7);
    assert_int_equal(i, 7);
    assert_int_equal(hvc_record_get_i64(r, "small", &i), 0);
    assert_int_equal(hvc_record_get_u64(r, "small", &u), 0);
    assert_int_equal(hvc_record_u64(r, "none", 42), 42);
    assert_string_equal(hvc_record_text(r, "large", "otherwise"), "otherwise");
    assert_true(hvc_record_bool(r, "large", true));
}

static void not_known_is_left_out(void **state)
{
    HVC_CLEANUP(record) struct hvc_record *r = hvc_record_new();

    (void)state;
    hvc_record_set_u64(r, "left_ms", UINT64_MAX);
    hvc_record_set_text(r, "owner", NULL);
    assert_int_equal(hvc_record_count(r), 0);
    assert_int_equal(hvc_record_status(r), 0);
}

static void all_bits_of_a_number_may_be_set(void **state)
{
    HVC_CLEANUP(record) struct hvc_record *r = hvc_record_new();
    uint64_t bits = 0;

    (void)state;
    hvc_record_set_bits(r, "info", UINT64_MAX);
    assert_int_equal(hvc_record_get_u64(r, "info", &bits), 0);
    assert_true(bits == UINT64_MAX);
}

static void a_member_is_replaced_also_by_its_own_text_and_by_another_type(void **state)
{
    HVC_CLEANUP(record) struct hvc_record *r = hvc_record_new();

    (void)state;
    hvc_record_set_text(r, "a", "one");
    hvc_record_set_text(r, "a", hvc_record_text(r, "a", ""));
    assert_string_equal(hvc_record_text(r, "a", ""), "one");
    hvc_record_set_text(hvc_record_set_record(r, "a"), "inner", "x");
    assert_int_equal(hvc_record_type(r, "a"), HVC_RECORD_RECORD);
    assert_string_equal(hvc_record_text(hvc_record_record(r, "a"), "inner", ""), "x");
    hvc_record_set_bool(r, "a", true);
    assert_int_equal(hvc_record_count(r), 1);
    hvc_record_remove(r, "a");
    hvc_record_remove(r, "a");
    assert_int_equal(hvc_record_count(r), 0);
}

static void lists_keep_their_order_and_an_empty_one_is_there(void **state)
{
    HVC_CLEANUP(record) struct hvc_record *r = hvc_record_new();

    (void)state;
    hvc_record_set_list(r, "none");
    for (unsigned i = 0; i < 9; i++)
        hvc_record_set_u64(hvc_record_add(r, "guests"), "n", i);
    hvc_record_set_list(r, "guests");
    assert_int_equal(hvc_record_type(r, "none"), HVC_RECORD_LIST);
    assert_int_equal(hvc_record_list_count(r, "none"), 0);
    assert_int_equal(hvc_record_list_count(r, "guests"), 9);
    for (unsigned i = 0; i < 9; i++)
        assert_int_equal(hvc_record_u64(hvc_record_list_at(r, "guests", i), "n", 99), i);
    assert_null(hvc_record_list_at(r, "guests", 9));
    assert_null(hvc_record_list_at(r, "nothing", 0));
}

static void bad_names_mark_the_outermost_record_and_stop_the_builder(void **state)
{
    static const char *const names[] = {"", "A", "1a", "a b", "a\"", "\xc3\xa4", "-a", NULL};
    char longest[HVC_RECORD_NAME_MAX + 1];

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(names); i++) {
        HVC_CLEANUP(record) struct hvc_record *r = hvc_record_new();
        struct hvc_record *inner = hvc_record_set_record(r, "inner");

        hvc_record_set_bool(inner, names[i], true);
        assert_int_equal(hvc_record_status(r), -EINVAL);
        hvc_record_set_bool(r, "later", true);
        assert_int_equal(hvc_record_count(r), 1);
        assert_null(hvc_record_add(r, "list"));
    }
    memset(longest, 'a', sizeof(longest));
    longest[HVC_RECORD_NAME_MAX - 1] = '\0';
    {
        HVC_CLEANUP(record) struct hvc_record *r = hvc_record_new();

        hvc_record_set_bool(r, longest, true);
        assert_int_equal(hvc_record_status(r), 0);
        longest[HVC_RECORD_NAME_MAX - 1] = 'a';
        longest[HVC_RECORD_NAME_MAX] = '\0';
        hvc_record_set_bool(r, longest, true);
        assert_int_equal(hvc_record_status(r), -EINVAL);
    }
}

static void every_bound_of_the_builder_is_an_error_and_not_a_cut(void **state)
{
    HVC_CLEANUP(record) struct hvc_record *deep = hvc_record_new();
    HVC_CLEANUP(record) struct hvc_record *wide = hvc_record_new();
    HVC_CLEANUP(record) struct hvc_record *lengthy = hvc_record_new();
    struct hvc_record *at = deep;
    char name[16];

    (void)state;
    for (unsigned i = 1; i < HVC_RECORD_DEPTH_MAX; i++)
        at = hvc_record_set_record(at, "in");
    assert_non_null(at);
    assert_int_equal(hvc_record_status(deep), 0);
    assert_null(hvc_record_set_record(at, "in"));
    assert_int_equal(hvc_record_status(deep), -E2BIG);

    for (unsigned i = 0; i < HVC_RECORD_MEMBERS_MAX; i++) {
        (void)snprintf(name, sizeof(name), "m%u", i);
        hvc_record_set_u64(wide, name, i);
    }
    assert_int_equal(hvc_record_status(wide), 0);
    hvc_record_set_u64(wide, "m0", 7); /* replacing needs no room */
    assert_int_equal(hvc_record_status(wide), 0);
    hvc_record_set_u64(wide, "one_more", 1);
    assert_int_equal(hvc_record_status(wide), -E2BIG);

    for (unsigned i = 0; i < HVC_RECORD_LIST_MAX; i++)
        assert_non_null(hvc_record_add(lengthy, "list"));
    assert_null(hvc_record_add(lengthy, "list"));
    assert_int_equal(hvc_record_status(lengthy), -E2BIG);
}

static void a_null_record_counts_as_out_of_memory(void **state)
{
    (void)state;
    hvc_record_set_text(NULL, "a", "b");
    hvc_record_set_format(NULL, "a", "%s", "b");
    assert_null(hvc_record_set_record(NULL, "a"));
    assert_null(hvc_record_add(NULL, "a"));
    hvc_record_remove(NULL, "a");
    assert_int_equal(hvc_record_status(NULL), -ENOMEM);
    assert_int_equal(hvc_record_type(NULL, "a"), HVC_RECORD_NONE);
    assert_int_equal(hvc_record_count(NULL), 0);
    hvc_record_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_set_is_read_with_its_type),
        cmocka_unit_test(a_wrong_type_a_missing_name_and_a_number_that_does_not_fit_are_told_apart),
        cmocka_unit_test(not_known_is_left_out),
        cmocka_unit_test(all_bits_of_a_number_may_be_set),
        cmocka_unit_test(a_member_is_replaced_also_by_its_own_text_and_by_another_type),
        cmocka_unit_test(lists_keep_their_order_and_an_empty_one_is_there),
        cmocka_unit_test(bad_names_mark_the_outermost_record_and_stop_the_builder),
        cmocka_unit_test(every_bound_of_the_builder_is_an_error_and_not_a_cut),
        cmocka_unit_test(a_null_record_counts_as_out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

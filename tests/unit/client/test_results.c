/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/results.h"

#include <errno.h>
#include <string.h>

#include "../hvc_cmocka.h"

static void every_result_has_a_word_that_leads_back_to_it(void **state)
{
    (void)state;
    for (unsigned i = 0; i < HVC_RESULT_MAX; i++) {
        enum hvc_result result = HVC_RESULT_MAX;

        assert_int_equal(hvc_result_parse(hvc_result_word((enum hvc_result)i), &result), 0);
        assert_int_equal(result, i);
        assert_true(strlen(hvc_result_text((enum hvc_result)i)) > 0);
    }
}

static void exit_codes_are_distinct_and_leave_1_to_usage(void **state)
{
    (void)state;
    assert_int_equal(hvc_result_exit_code(HVC_RESULT_OK), 0);
    for (unsigned i = 1; i < HVC_RESULT_MAX; i++) {
        int code = hvc_result_exit_code((enum hvc_result)i);

        assert_in_range(code, 2, 125);
        for (unsigned k = 0; k < i; k++)
            assert_int_not_equal(code, hvc_result_exit_code((enum hvc_result)k));
    }
}

static void no_result_makes_an_agent_say_not_running_or_not_configured(void **state)
{
    (void)state;
    assert_int_equal(hvc_result_ocf_code(HVC_RESULT_OK), 0);
    for (unsigned i = 1; i < HVC_RESULT_MAX; i++)
        assert_in_range(hvc_result_ocf_code((enum hvc_result)i), 1, 5);
}

static void a_word_that_is_not_in_the_table_is_an_error(void **state)
{
    static const char *const words[] = {"", "OK", "ok ", "done", NULL};

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(words); i++) {
        enum hvc_result result = HVC_RESULT_BUSY;

        assert_int_equal(hvc_result_parse(words[i], &result), -EINVAL);
        assert_int_equal(result, HVC_RESULT_BUSY);
    }
}

static void a_value_outside_the_enum_is_a_defect_and_no_crash(void **state)
{
    (void)state;
    assert_string_equal(hvc_result_word(HVC_RESULT_MAX), "internal");
    assert_string_equal(hvc_result_word((enum hvc_result)1000), "internal");
}

static void errno_of_lower_layers_keep_their_meaning(void **state)
{
    static const struct {
        int code;
        enum hvc_result result;
    } cases[] = {
        {0, HVC_RESULT_OK},
        {-ENOENT, HVC_RESULT_NOT_FOUND},
        {-ETIMEDOUT, HVC_RESULT_TIMEOUT},
        {-ENOTCONN, HVC_RESULT_UNREACHABLE},
        {-EBUSY, HVC_RESULT_BUSY},
        {-EOPNOTSUPP, HVC_RESULT_UNSUPPORTED},
        {-EACCES, HVC_RESULT_DENIED},
        {-EIO, HVC_RESULT_FAILED},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++)
        assert_int_equal(hvc_result_of_errno(cases[i].code), cases[i].result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_result_has_a_word_that_leads_back_to_it),
        cmocka_unit_test(exit_codes_are_distinct_and_leave_1_to_usage),
        cmocka_unit_test(no_result_makes_an_agent_say_not_running_or_not_configured),
        cmocka_unit_test(a_word_that_is_not_in_the_table_is_an_error),
        cmocka_unit_test(a_value_outside_the_enum_is_a_defect_and_no_crash),
        cmocka_unit_test(errno_of_lower_layers_keep_their_meaning),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/error.h"

#include <errno.h>
#include <string.h>

#include "../hvc_cmocka.h"

static void an_error_keeps_code_and_words(void **state)
{
    struct hvc_error error = {0};

    (void)state;
    assert_int_equal(hvc_error_set(&error, -ENOENT, "guest %s is unknown", "vm1"), -ENOENT);
    assert_string_equal(error.text, "guest vm1 is unknown");
    assert_int_equal(hvc_error_prefix(&error, "node %s", "n1"), -ENOENT);
    assert_string_equal(error.text, "node n1: guest vm1 is unknown");
    assert_int_equal(error.code, -ENOENT);
    hvc_error_clear(&error);
    assert_string_equal(error.text, "");
    assert_int_equal(error.code, 0);
}

static void a_long_text_is_cut_visibly(void **state)
{
    struct hvc_error error = {0};
    char big[2 * HVC_ERROR_TEXT_MAX];

    (void)state;
    memset(big, 'x', sizeof(big));
    big[sizeof(big) - 1] = '\0';
    (void)hvc_error_set(&error, -EIO, "%s", big);
    assert_int_equal(strlen(error.text), HVC_ERROR_TEXT_MAX - 1);
    assert_string_equal(error.text + HVC_ERROR_TEXT_MAX - 4, "...");
    (void)hvc_error_prefix(&error, "before");
    assert_int_equal(strncmp(error.text, "before: xxx", 11), 0);
    assert_string_equal(error.text + HVC_ERROR_TEXT_MAX - 4, "...");
    (void)hvc_error_prefix(&error, "%s", big);
    assert_string_equal(error.text + HVC_ERROR_TEXT_MAX - 4, "...");
}

static void no_error_object_still_returns_the_code(void **state)
{
    (void)state;
    assert_int_equal(hvc_error_set(NULL, -EIO, "x"), -EIO);
    hvc_error_clear(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_keeps_code_and_words),
        cmocka_unit_test(a_long_text_is_cut_visibly),
        cmocka_unit_test(no_error_object_still_returns_the_code),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

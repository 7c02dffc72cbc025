/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text_buffer.h"

#include "../hvc_cmocka.h"

static void text_grows_and_is_escaped(void **state)
{
    struct hvc_text_buffer out = {.limit = 1 << 20};

    (void)state;
    hvc_text_put(&out, "a<");
    hvc_text_put_escaped(&out, "<b> & \"c\" 'd'\n\xc3\xa9");
    assert_string_equal(out.bytes, "a<&lt;b&gt; &amp; &quot;c&quot; &apos;d&apos;\n\xc3\xa9");
    for (int i = 0; i < 10000; i++)
        hvc_text_put(&out, "0123456789");
    assert_false(out.failed);
    assert_int_equal(out.length, strlen(out.bytes));
    hvc_text_free(&out);
    assert_null(out.bytes);
}

static void what_is_more_than_the_limit_fails_and_stays_so(void **state)
{
    struct hvc_text_buffer out = {.limit = 10};

    (void)state;
    hvc_text_put(&out, "123456789");
    assert_false(out.failed);
    hvc_text_put(&out, "0");
    assert_true(out.failed);
    hvc_text_put(&out, "");
    assert_int_equal(out.length, 9);
    hvc_text_free(&out);
    out.failed = false;
    hvc_text_put(&out, "1234567890");
    assert_true(out.failed);
    hvc_text_put(&out, "1"); /* although it would fit */
    assert_int_equal(out.length, 0);
    hvc_text_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_grows_and_is_escaped),
        cmocka_unit_test(what_is_more_than_the_limit_fails_and_stays_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

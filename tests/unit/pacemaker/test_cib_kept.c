/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cib_kept.h"

#include <string.h>

#include "../hvc_cmocka.h"

#define NOW UINT64_C(1000000)

static int end(void **state)
{
    (void)state;
    cib_kept_forget();
    return 0;
}

static void expect(const char *version, uint64_t now_ms, const char *wanted)
{
    char *text = NULL;
    size_t length = 0;
    bool had = cib_kept_get(version, now_ms, &text, &length);

    assert_int_equal(had, wanted != NULL);
    if (had) {
        assert_string_equal(text, wanted);
        assert_int_equal(length, strlen(wanted));
    }
    free(text);
}

static void what_was_read_is_given_for_its_version_only(void **state)
{
    (void)state;
    expect("0.7.3", NOW, NULL);
    cib_kept_put("0.7.3", "<cib/>and what follows", 6, NOW);
    expect("0.7.3", NOW, "<cib/>");
    expect("0.7.3", NOW + 1, "<cib/>"); /* as often as it is wanted */
    expect("0.7.30", NOW, NULL);
    expect("0.7.2", NOW, NULL);
    cib_kept_put("0.7.4", "<cib a='b'/>", 12, NOW);
    expect("0.7.3", NOW, NULL);
    expect("0.7.4", NOW, "<cib a='b'/>");
}

static void it_is_not_given_for_ever(void **state)
{
    (void)state;
    cib_kept_put("0.7.3", "<cib/>", 6, NOW);
    expect("0.7.3", NOW + CIB_KEPT_MS, "<cib/>");
    expect("0.7.3", NOW + CIB_KEPT_MS + 1, NULL);
}

static void another_cib_manager_begins_anew(void **state)
{
    (void)state;
    cib_kept_put("0.7.3", "<cib/>", 6, NOW);
    cib_kept_forget();
    expect("0.7.3", NOW, NULL);
}

static void a_version_that_is_too_long_keeps_nothing(void **state)
{
    char longest[1024];

    (void)state;
    memset(longest, '1', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    cib_kept_put("0.7.3", "<cib/>", 6, NOW);
    cib_kept_put(longest, "<cib/>", 6, NOW);
    expect(longest, NOW, NULL);
    expect("0.7.3", NOW, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_read_is_given_for_its_version_only, NULL, end),
        cmocka_unit_test_setup_teardown(it_is_not_given_for_ever, NULL, end),
        cmocka_unit_test_setup_teardown(another_cib_manager_begins_anew, NULL, end),
        cmocka_unit_test_setup_teardown(a_version_that_is_too_long_keeps_nothing, NULL, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

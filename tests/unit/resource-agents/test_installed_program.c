/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "installed_program.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../hvc_cmocka.h"

static void a_program_is_found_from_where_this_one_is(void **state)
{
    char expected[HVC_PATH_TEXT_MAX];
    char path[HVC_PATH_TEXT_MAX];
    struct hvc_error error = {0};
    ssize_t length = readlink("/proc/self/exe", expected, sizeof(expected) - 32);

    (void)state;
    assert_true(length > 0);
    expected[length] = '\0';
    for (int level = 0; level < 5; level++) /* its name, and the four folders that an agent has below the prefix */
        *strrchr(expected, '/') = '\0';
    memcpy(expected + strlen(expected), "/sbin/hvclusterd", sizeof("/sbin/hvclusterd"));
    assert_int_equal(hvc_installed_program("sbin/hvclusterd", path, sizeof(path), &error), 0);
    assert_string_equal(path, expected);
}

static void a_path_that_does_not_fit_is_told(void **state)
{
    struct hvc_error error = {0};
    char path[8];

    (void)state;
    assert_int_equal(hvc_installed_program("sbin/hvclusterd", path, sizeof(path), &error), -ENAMETOOLONG);
    assert_string_equal(error.text, "the path of sbin/hvclusterd is too long");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_program_is_found_from_where_this_one_is),
        cmocka_unit_test(a_path_that_does_not_fit_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

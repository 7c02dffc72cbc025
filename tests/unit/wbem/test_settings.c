/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../hvc_cmocka.h"

static int read_text(const char *text, struct hvc_wbemd_settings *settings, struct hvc_roles **ret_roles,
                     struct hvc_error *error)
{
    char path[] = "/tmp/hvc-wbemd-XXXXXX";
    int fd = mkstemp(path);
    int rc;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(close(fd), 0);
    hvc_wbemd_settings_default(settings);
    rc = hvc_wbemd_settings_read(path, settings, ret_roles, error);
    (void)unlink(path);
    return rc;
}

static void without_a_key_everything_has_its_default_and_nobody_a_role(void **state)
{
    struct hvc_wbemd_settings settings;
    struct hvc_roles *roles = NULL;

    (void)state;
    assert_int_equal(read_text("# nothing\n", &settings, &roles, NULL), 0);
    assert_int_equal(settings.https_port, 5989);
    assert_string_equal(settings.anonymous, "none");
    assert_int_equal(settings.password_cache_ms, 10000);
    assert_true(hvc_roles_is_empty(roles));
    hvc_roles_free(roles);
}

static void settings_and_roles_come_from_one_file(void **state)
{
    struct hvc_wbemd_settings settings;
    struct hvc_roles *roles = NULL;

    (void)state;
    assert_int_equal(read_text("[roles]\nread_groups = viewers\n[https]\nport=1234\n"
                               "[certificate backup]\ncn = backup.example.com\nrole = operate\n[access]\n"
                               "auth_socket = /tmp/s\npassword_cache_ms = 0\n",
                               &settings, &roles, NULL),
                     0);
    assert_int_equal(settings.https_port, 1234);
    assert_string_equal(settings.auth_socket, "/tmp/s");
    assert_int_equal(settings.password_cache_ms, 0);
    assert_int_equal(hvc_roles_of_groups(roles, "alice\0viewers\0"), HVC_ROLE_READ);
    assert_int_equal(hvc_roles_of_certificate(roles, "CN=x", "backup.example.com"), HVC_ROLE_OPERATE);
    hvc_roles_free(roles);
}

static void what_is_wrong_in_the_file_is_said(void **state)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"[access]\nread_group=x\n", "there is no key read_group in [access]; --print-config shows them"},
        {"[access]\npassword_cache_ms=60001\n", "password_cache_ms takes a number from 0 to 60000, not \"60001\""},
        {"[access]\nanonymous=operate\n", "[access] anonymous takes one of: none read; not \"operate\""},
        {"[role]\nread_groups=x\n", "there is no key read_groups in [role]"},
        {"[http]\nport=1\n[roles]\nreaders=x\n", ":4: there is no key \"readers\" here"},
        {"[certificate a]\nrole=read\n", ":1: [certificate a] has neither subject nor cn"},
        {"[https\n", "[https"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_wbemd_settings settings;
        struct hvc_roles *roles = NULL;
        struct hvc_error error = {0};

        assert_int_equal(read_text(cases[i].text, &settings, &roles, &error), -EINVAL);
        assert_non_null(strstr(error.text, cases[i].words));
        assert_null(roles);
    }
}

static void a_file_that_is_not_there_is_told_apart(void **state)
{
    struct hvc_wbemd_settings settings;
    struct hvc_roles *roles = NULL;
    struct hvc_error error = {0};

    (void)state;
    assert_int_equal(hvc_wbemd_settings_read("/nonexistent/file", &settings, &roles, &error), -ENOENT);
    assert_non_null(strstr(error.text, "/nonexistent/file"));
    assert_null(roles);
}

static void what_is_printed_is_the_same_when_it_is_read(void **state)
{
    struct hvc_wbemd_settings settings;
    struct hvc_roles *roles = NULL;
    static const char text[] = "[http]\nport=80\n[roles]\nadmin_groups=chiefs\n";
    char *printed[2] = {NULL};

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(printed); i++) {
        size_t size = 0;
        FILE *out = open_memstream(&printed[i], &size);

        assert_int_equal(read_text(i == 0 ? text : printed[0], &settings, &roles, NULL), 0);
        hvc_wbemd_settings_print(out, &settings, roles);
        assert_int_equal(fclose(out), 0);
        hvc_roles_free(roles);
    }
    assert_string_equal(printed[0], printed[1]);
    assert_non_null(strstr(printed[0], "\nport=80\n"));
    assert_non_null(strstr(printed[0], "\nadmin_groups=chiefs\n"));
    free(printed[0]);
    free(printed[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_key_everything_has_its_default_and_nobody_a_role),
        cmocka_unit_test(settings_and_roles_come_from_one_file),
        cmocka_unit_test(what_is_wrong_in_the_file_is_said),
        cmocka_unit_test(a_file_that_is_not_there_is_told_apart),
        cmocka_unit_test(what_is_printed_is_the_same_when_it_is_read),
    };

    return cmocka_run_group_tests_name("wbem.settings", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../hvc_cmocka.h"
#include "hvc/roles.h"

/* What is printed of the table that text gives; the caller frees it. */
static char *print(const char *text)
{
    struct hvc_roles *roles = NULL;
    struct hvc_error error = {0};
    char *printed = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&printed, &size);

    assert_non_null(out);
    (void)hvc_roles_parse("test.conf", text, &roles, &error);
    assert_string_equal(error.text, "");
    hvc_roles_print(out, roles);
    assert_int_equal(fclose(out), 0);
    hvc_roles_free(roles);
    return printed;
}

static void what_is_printed_is_the_same_table_when_it_is_read(void **state)
{
    static const char *const lines[] = {"\nread_groups=viewers, help desk\n", "\nadmin_groups=\n",
                                        "\n[certificate two]\ncn=backup.example.com\nrole=operate\n"};
    char *first = print("[roles]\nread_groups = viewers,help desk\noperate_groups = haclient\n"
                        "[certificate one]\nsubject = CN=monitor,OU=IT,O=Example\nrole = read\n"
                        "[certificate two]\ncn = backup.example.com\nrole = operate\n");
    char *second = print(first);

    (void)state;
    assert_string_equal(first, second);
    for (size_t i = 0; i < HVC_COUNT(lines); i++)
        assert_non_null(strstr(first, lines[i]));
    free(first);
    free(second);
}

static void an_empty_table_shows_the_keys_and_gives_nobody_a_role(void **state)
{
    struct hvc_roles *roles = NULL;
    char *printed = print("");

    (void)state;
    assert_non_null(strstr(printed, "\noperate_groups=\n"));
    assert_int_equal(hvc_roles_parse("test.conf", printed, &roles, NULL), 0);
    assert_true(hvc_roles_is_empty(roles));
    hvc_roles_free(roles);
    free(printed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_printed_is_the_same_table_when_it_is_read),
        cmocka_unit_test(an_empty_table_shows_the_keys_and_gives_nobody_a_role),
    };

    return cmocka_run_group_tests_name("auth.roles_print", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/roles.h"

#include "../hvc_cmocka.h"

static const char text[] = "[roles]\n"
                           "read_groups = viewers, help desk\n"
                           "operate_groups = haclient\n"
                           "admin_groups = cluster-admins\n"
                           "[certificate one]\n"
                           "subject = CN=monitor,OU=IT,O=Example\n"
                           "role = read\n"
                           "[certificate two]\n"
                           "cn = backup.example.com\n"
                           "role = operate\n"
                           "[certificate three]\n"
                           "subject = CN=backup.example.com,O=Example\n"
                           "role = admin\n";

static int set_up(void **state)
{
    struct hvc_roles *roles = NULL;

    if (hvc_roles_parse("test.conf", text, &roles, NULL) < 0)
        return -1;
    *state = roles;
    return 0;
}

static int tear_down(void **state)
{
    hvc_roles_free(*state);
    return 0;
}

static void the_greatest_role_of_the_users_groups_holds(void **state)
{
    static const struct {
        const char *groups;
        enum hvc_role role;
    } cases[] = {
        {"", HVC_ROLE_NONE},
        {"alice\0users\0", HVC_ROLE_NONE},
        {"alice\0viewers\0", HVC_ROLE_READ},
        {"help desk\0", HVC_ROLE_READ},
        {"help\0desk\0", HVC_ROLE_NONE},
        {"viewers\0haclient\0", HVC_ROLE_OPERATE},
        {"cluster-admins\0viewers\0haclient\0", HVC_ROLE_ADMIN},
        {"Viewers\0", HVC_ROLE_NONE},
        {"viewers2\0viewer\0", HVC_ROLE_NONE},
        {"root\0", HVC_ROLE_NONE},
    };

    for (size_t i = 0; i < HVC_COUNT(cases); i++)
        assert_int_equal(hvc_roles_of_groups(*state, cases[i].groups), cases[i].role);
}

static void a_certificate_has_the_role_of_its_exact_name(void **state)
{
    static const struct {
        const char *subject, *cn;
        enum hvc_role role;
    } cases[] = {
        {"CN=monitor,OU=IT,O=Example", "monitor", HVC_ROLE_READ},
        {"CN=monitor,OU=IT,O=Example", NULL, HVC_ROLE_READ},
        {"CN=monitor,OU=IT,O=Example,C=DE", "monitor", HVC_ROLE_NONE},
        {"cn=monitor,OU=IT,O=Example", "monitor", HVC_ROLE_NONE},
        {"O=Example,OU=IT,CN=monitor", "monitor", HVC_ROLE_NONE},
        {"CN=backup.example.com,O=Other", "backup.example.com", HVC_ROLE_OPERATE},
        {"CN=backup.example.com,O=Other", NULL, HVC_ROLE_NONE},
        {"CN=backup.example.com,O=Example", "backup.example.com", HVC_ROLE_ADMIN},
        {"backup.example.com", "monitor", HVC_ROLE_NONE}, /* a subject that looks like a common name */
        {"", "", HVC_ROLE_NONE},
        {NULL, NULL, HVC_ROLE_NONE},
    };

    for (size_t i = 0; i < HVC_COUNT(cases); i++)
        assert_int_equal(hvc_roles_of_certificate(*state, cases[i].subject, cases[i].cn), cases[i].role);
}

static void without_configuration_nobody_has_a_role(void **state)
{
    struct hvc_roles *roles = NULL;

    assert_false(hvc_roles_is_empty(*state));
    assert_int_equal(hvc_roles_parse("test.conf", "[server]\nport = 5989\n", &roles, NULL), 0);
    assert_true(hvc_roles_is_empty(roles));
    assert_int_equal(hvc_roles_of_groups(roles, "root\0wheel\0"), HVC_ROLE_NONE);
    assert_int_equal(hvc_roles_of_certificate(roles, "CN=x", "x"), HVC_ROLE_NONE);
    hvc_roles_free(roles);
}

static void roles_have_names(void **state)
{
    (void)state;
    assert_string_equal(hvc_role_name(HVC_ROLE_NONE), "none");
    assert_string_equal(hvc_role_name(HVC_ROLE_READ), "read");
    assert_string_equal(hvc_role_name(HVC_ROLE_OPERATE), "operate");
    assert_string_equal(hvc_role_name(HVC_ROLE_ADMIN), "admin");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_greatest_role_of_the_users_groups_holds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_certificate_has_the_role_of_its_exact_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_configuration_nobody_has_a_role, set_up, tear_down),
        cmocka_unit_test(roles_have_names),
    };

    return cmocka_run_group_tests_name("auth.roles", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../hvc_cmocka.h"
#include "hvc/roles.h"

static void wrong_configuration_is_refused_with_file_line_and_words(void **state)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"[roles]\nreaders = x\n",
         "w.conf:2: there is no key \"readers\" here: there are read_groups, operate_groups, admin_groups"},
        {"[certificate a]\nkey = x\n", "w.conf:2: there is no key \"key\" here: there are subject, cn, role"},
        {"[roles]\nread_groups\n", "w.conf:2: \"read_groups\" is neither [group] nor key = value"},
        {"[roles\n", "w.conf:1: \"[roles\" begins a group and has no ]"},
        {"[roles] x\n", "w.conf:1: there is something behind [roles]"},
        {"[roles]\n\n# c\n[roles]\n", "w.conf:4: [roles] stands there twice"},
        {"[roles]\nread_groups = a\nread_groups = b\n",
         "w.conf:3: read_groups stands in [roles] twice, first in line 2"},
        {"[roles]\nread_groups = a,,b\n", "w.conf:2: there is a comma without a group's name beside it"},
        {"[roles]\nread_groups = a,\n", "w.conf:2: there is a comma without a group's name beside it"},
        {"[roles]\nread_groups = a\nadmin_groups = b, a\n", "w.conf:3: group a stands in read_groups already: let it "
                                                            "stand in one place, each role may do what those below "
                                                            "it may"},
        {"[roles]\nread_groups = \xff\n", "w.conf:2: the line is no UTF-8 text"},
        {"[certificate]\n", "w.conf:1: [certificate] wants a name of its own: [certificate NAME]"},
        {"[certificate a]\nrole = read\n[other]\n", "w.conf:1: [certificate a] has neither subject nor cn"},
        {"\n[certificate a]\ncn = x\n", "w.conf:2: [certificate a] has no role: read, operate or admin"},
        {"[certificate a]\ncn = x\nrole = root\n", "w.conf:3: role is \"root\": it must be read, operate or admin"},
        {"[certificate a]\ncn = x\nrole = none\n", "w.conf:3: role is \"none\": it must be read, operate or admin"},
        {"[certificate a]\nrole = read\nrole = read\n", "w.conf:3: role stands in [certificate a] twice"},
        {"[certificate a]\ncn = x\nsubject = CN=x\n",
         "w.conf:3: [certificate a] has a subject or cn already: there is one for each"},
        {"[certificate a]\ncn =\n", "w.conf:2: cn is empty"},
        {"[certificate a]\nsubject = monitor\n", "w.conf:2: subject is \"monitor\": it must be a distinguished name "
                                                 "such as CN=monitor,O=Example; a common name "
                                                 "alone is for cn"},
        {"[certificate a]\ncn = x\nrole = read\n[certificate a]\n",
         "w.conf:4: [certificate a] stands there twice, first in line 1"},
        {"[certificate a]\ncn = x\nrole = read\n[certificate b]\ncn = x\nrole = admin\n",
         "w.conf:4: [certificate b] has the cn of [certificate a] in line 1"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_roles *roles = NULL;
        struct hvc_error error = {0};

        assert_int_equal(hvc_roles_parse("w.conf", cases[i].text, &roles, &error), -EINVAL);
        assert_string_equal(error.text, cases[i].words);
        assert_null(roles);
    }
}

static void what_belongs_to_others_is_passed_over(void **state)
{
    static const char text[] = "before = any group\n[server]\nport = 5989\nfree text\n[tls]\n\xff\n\n[roles]\r\n"
                               "  read_groups\t=  a , b c \r\n; = x\n";
    struct hvc_roles *roles = NULL;
    struct hvc_error error = {0};

    (void)state;
    assert_int_equal(hvc_roles_parse("w.conf", text, &roles, &error), -EINVAL); /* but not inside [roles] */
    assert_string_equal(error.text,
                        "w.conf:10: there is no key \";\" here: there are read_groups, operate_groups, admin_groups");
    assert_true(hvc_roles_owns_group("roles"));
    assert_true(hvc_roles_owns_group("certificate a"));
    assert_true(hvc_roles_owns_group("certificate"));
    assert_false(hvc_roles_owns_group("certificates"));
    assert_false(hvc_roles_owns_group("server"));
}

static void a_good_configuration_is_read_without_a_last_line_feed(void **state)
{
    static const char text[] = "[server]\nport = 5989\n[roles]\r\n  read_groups\t=  a , b c \r\nadmin_groups =\n"
                               "[certificate x y]\nrole=read\nsubject=CN=a\\, b,O==";
    struct hvc_roles *roles = NULL;
    struct hvc_error error = {0};

    (void)state;
    assert_int_equal(hvc_roles_parse("w.conf", text, &roles, &error), 0);
    assert_int_equal(hvc_roles_of_groups(roles, "b c\0"), HVC_ROLE_READ);
    assert_int_equal(hvc_roles_of_certificate(roles, "CN=a\\, b,O==", NULL), HVC_ROLE_READ);
    hvc_roles_free(roles);
}

static void more_than_the_table_holds_is_refused(void **state)
{
    static char text[32768];
    struct hvc_roles *roles = NULL;
    struct hvc_error error = {0};
    size_t used = (size_t)snprintf(text, sizeof(text), "[roles]\nread_groups = g");

    (void)state;
    for (unsigned i = 0; i < HVC_ROLE_GROUPS_MAX; i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, ",g%u", i);
    assert_int_equal(hvc_roles_parse("w.conf", text, &roles, &error), -EINVAL);
    assert_string_equal(error.text, "w.conf:2: read_groups names more than 32 groups");
    used = 0;
    for (unsigned i = 0; i <= HVC_ROLE_CERTIFICATES_MAX; i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "[certificate %u]\ncn = %u\nrole = read\n", i, i);
    assert_int_equal(hvc_roles_parse("w.conf", text, &roles, &error), -EINVAL);
    assert_string_equal(error.text, "w.conf:193: there are more than 64 [certificate] groups");
    used = (size_t)snprintf(text, sizeof(text), "[certificate a]\nsubject = CN=");
    memset(text + used, 'x', 2000);
    text[used + 2000] = '\0';
    assert_int_equal(hvc_roles_parse("w.conf", text, &roles, &error), -EINVAL);
    assert_string_equal(error.text, "w.conf:2: subject is too long: 1023 bytes are allowed");
    memset(text, 'x', 9000);
    text[9000] = '\0';
    assert_int_equal(hvc_roles_parse("w.conf", text, &roles, &error), -EINVAL);
    assert_string_equal(error.text, "w.conf:1: the line has 9000 bytes: 8191 are allowed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_configuration_is_refused_with_file_line_and_words),
        cmocka_unit_test(what_belongs_to_others_is_passed_over),
        cmocka_unit_test(a_good_configuration_is_read_without_a_last_line_feed),
        cmocka_unit_test(more_than_the_table_holds_is_refused),
    };

    return cmocka_run_group_tests_name("auth.roles_parse", tests, NULL, NULL);
}

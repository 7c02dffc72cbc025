/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query.h"

#include <errno.h>

#include "query_lexer.h"
#include "sample.h"

#include "../hvc_cmocka.h"

static int begin(void **state)
{
    *state = hvc_cim_arena_new(1 << 22);
    return *state == NULL ? -1 : 0;
}

static int end(void **state)
{
    hvc_cim_arena_free(*state);
    return 0;
}

static void patterns_are_compared_as_wql_does(void **state)
{
    static const struct {
        const char *text, *pattern;
        bool fits;
    } rows[] = {{"web1", "web%", true},
                {"web1", "WEB_", true},
                {"web1", "web", false},
                {"", "%", true},
                {"web1", "%1", true},
                {"web1", "w[a-f]b1", true},
                {"web1", "w[^a-f]b1", false},
                {"a[b", "a[b", true},
                {"aaab", "%a%b", true},
                {"aaab", "%c%", false},
                {"", "", true},
                {"", "_", false}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (hvc_query_like(rows[i].text, rows[i].pattern) != rows[i].fits)
            fail_msg("%s like %s", rows[i].text, rows[i].pattern);
}

static struct hvc_cim_instance *instance(struct hvc_cim_arena *arena)
{
    static const char *const words[] = {"one"};
    struct hvc_cim_instance *made = hvc_cim_instance_new(arena, &sample_class);

    assert_true(hvc_cim_set(made, "Name", hvc_cim_text(arena, "It's \"A\"")));
    assert_true(hvc_cim_set(made, "Number", hvc_cim_number(arena, HVC_CIM_UINT16, 10)));
    assert_true(hvc_cim_set(made, "Words", hvc_cim_texts(arena, words, 1)));
    return made;
}

static void conditions_are_judged(void **state)
{
    static const struct {
        const char *condition;
        bool fits;
    } rows[] = {{"Number = 10", true},
                {"Number > 9", true}, /* as numbers, not as texts */
                {"9 < Number", true},
                {"Number < 9", false},
                {"Number <> -10", true},
                {"Number >= 10 AND Number <= 10", true},
                {"Number != 10 OR Name = 'it''s \"a\"'", true},
                {"Name = \"it's \\\"A\\\"\"", true},
                {"NOT Number = 10", false},
                {"NOT (Number = 10 AND Name = 'x')", true},
                {"Number = 1 OR Number = 2 AND Number = 3 OR Number = 10", true},
                {"State = 5", false}, /* NULL */
                {"NOT State = 5", true},
                {"State = NULL", true},
                {"Name <> NULL", true},
                {"State IS NULL AND Name IS NOT NULL", true},
                {"Name LIKE 'It%'", true},
                {"Words IS NOT NULL AND Words <> NULL", true},
                {"Number = '10'", true}, /* as WMI takes it */
                {"Number < '9'", false},
                {"Name ISA CIM_Base", true},
                {"__THIS ISA \"Msvm_Sample\"", true},
                {"Msvm_Sample.Number = 10", true}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct hvc_error error = {0};
        struct hvc_query query;
        char text[256];

        (void)snprintf(text, sizeof(text), "SELECT * FROM Msvm_Sample WHERE %s", rows[i].condition);
        assert_int_equal(hvc_query_parse(*state, text, &query, &error), 0);
        assert_int_equal(hvc_query_check(&query, &sample_space, &sample_class, &error), 0);
        if (hvc_query_fits(&query, instance(*state)) != rows[i].fits)
            fail_msg("%s", rows[i].condition);
    }
}

static void what_is_no_query_is_refused_with_its_place(void **state)
{
    static const struct {
        const char *text, *words;
    } rows[] = {{"", "character 1 of the query: SELECT must stand here, not \"its end\""},
                {"DELETE FROM x", "character 1 of the query: SELECT must stand here"},
                {"SELECT FROM x", "character 13 of the query: FROM must stand here, not \"x\""},
                {"SELECT * FROM", "character 14 of the query: the name of a class must stand here"},
                {"SELECT * FROM x WHERE", "a property or a value must stand here"},
                {"SELECT * FROM x WHERE a", "a comparison"},
                {"SELECT * FROM x WHERE a = b", "a value (text in quotes"},
                {"SELECT * FROM x WHERE (a = 1", ") must stand here"},
                {"SELECT * FROM x WHERE a = 'b", "character 27 of the query: this text has no end"},
                {"SELECT * FROM x WHERE a = 1 b", "the end of the query, AND or OR must stand here"},
                {"SELECT * FROM x WHERE a # 1", "\"#\" means nothing here"},
                {"SELECT * FROM x WHERE a LIKE 5", "a pattern in quotes must stand here"},
                {"SELECT * FROM x WHERE a IS 5", "NULL or NOT NULL must stand here"}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct hvc_error error = {0};
        struct hvc_query query;

        assert_int_equal(hvc_query_parse(*state, rows[i].text, &query, &error), -EINVAL);
        if (strstr(error.text, rows[i].words) == NULL)
            fail_msg("%s: %s", rows[i].text, error.text);
    }
}

static void depth_is_bounded(void **state)
{
    char text[512] = "SELECT * FROM x WHERE ";
    struct hvc_error error = {0};
    struct hvc_query query;
    size_t length = strlen(text);

    memset(text + length, '(', HVC_QUERY_DEPTH_MAX + 1);
    assert_int_equal(hvc_query_parse(*state, text, &query, &error), -EINVAL);
    assert_non_null(strstr(error.text, "at most 32"));
}

static void what_the_class_lacks_or_does_not_compare_is_refused(void **state)
{
    static const struct {
        const char *rest, *words;
    } rows[] = {
        {"Name FROM x WHERE NOT (Name = 'a' OR Colour = 'b')", "class Msvm_Sample has no property \"Colour\""},
        {"Colour FROM x", "class Msvm_Sample has no property \"Colour\""},
        {"* FROM x WHERE Colour IS NULL", "class Msvm_Sample has no property \"Colour\""},
        {"* FROM x WHERE Colour LIKE 'r%'", "class Msvm_Sample has no property \"Colour\""},
        {"* FROM x WHERE __CLASS = 'Msvm_Sample'", "class Msvm_Sample has no property \"__CLASS\""},
        {"* FROM x WHERE x ISA CIM_Other", "there is no class \"CIM_Other\" in root/sample"},
        {"* FROM x WHERE Number = 'ten'",
         "property Number of Msvm_Sample is a uint16: it is compared with a whole number or NULL, not \"ten\""},
        {"* FROM x WHERE Number = TRUE", "a whole number or NULL, not \"TRUE\""},
        {"* FROM x WHERE Number = ''", "a whole number or NULL, not \"\""},
        {"* FROM x WHERE Number = 99999999999999999999", "a whole number or NULL"},
        {"* FROM x WHERE 5 = Name", "a text in quotes or NULL, not \"5\""},
        {"* FROM x WHERE Name = TRUE", "a text in quotes or NULL, not \"TRUE\""},
        {"* FROM x WHERE Words = 'one'", "property Words of Msvm_Sample is a string[]: it is compared with NULL"},
        {"* FROM x WHERE Friend = 'one'", "is a reference: it is compared with NULL"}};

    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        struct hvc_error error = {0};
        struct hvc_query query;
        char text[256];

        (void)snprintf(text, sizeof(text), "SELECT %s", rows[i].rest);
        assert_int_equal(hvc_query_parse(*state, text, &query, &error), 0);
        assert_int_equal(hvc_query_check(&query, &sample_space, &sample_class, &error), -EINVAL);
        if (strstr(error.text, rows[i].words) == NULL)
            fail_msg("%s: %s", text, error.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_are_compared_as_wql_does),
        cmocka_unit_test_setup_teardown(conditions_are_judged, begin, end),
        cmocka_unit_test_setup_teardown(what_is_no_query_is_refused_with_its_place, begin, end),
        cmocka_unit_test_setup_teardown(depth_is_bounded, begin, end),
        cmocka_unit_test_setup_teardown(what_the_class_lacks_or_does_not_compare_is_refused, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

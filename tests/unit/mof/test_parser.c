/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fixture.h"

#include "../hvc_cmocka.h"

static void a_class_is_read_with_everything_it_may_have(void **state)
{
    struct compiled c;
    const struct mof_class *cls;

    (void)state;
    compile_text(&c, true,
                 "#pragma locale (\"en_US\")\n"
                 "[Description (\"one \" \"and two\"): EnableOverride ToSubclass]\n"
                 "CLASS CIM_A {\n"
                 "  [Key, MaxLen(64)] string Name;\n"
                 "  uint16 Small = 7; sint64 Least = -9223372036854775808; boolean Flag = TRUE;\n"
                 "  real64 Real = 1.5; char16 Letter = 'x'; datetime When = \"00000000000000.000000:000\";\n"
                 "  string Some[3] = {\"a\", \"b\"}; uint8 None[] = {}; string Nothing = NULL;\n"
                 "  uint32 Run([IN] string What[], [In(false), OUT] CIM_A REF Made);\n"
                 "  uint32 Stop();\n"
                 "};\n");
    assert_string_equal(compiled_messages(&c), "");
    assert_int_equal(c.tree.class_count, 1);
    cls = c.tree.classes[0];
    assert_string_equal(cls->qualifiers.list[0]->text[0], "one and two");
    assert_int_equal(cls->property_count, 10);
    assert_int_equal(cls->method_count, 2);
    assert_string_equal(mof_property_find(cls, "LEAST")->text[0], "-9223372036854775808");
    assert_string_equal(mof_property_find(cls, "Flag")->text[0], "TRUE");
    assert_int_equal(mof_property_find(cls, "Some")->array_size, 3);
    assert_int_equal(mof_property_find(cls, "Some")->text_count, 2);
    assert_non_null(mof_property_find(cls, "None")->text);
    assert_int_equal(mof_property_find(cls, "None")->text_count, 0);
    assert_null(mof_property_find(cls, "Nothing")->text);
    assert_int_equal(mof_method_find(cls, "run")->parameter_count, 2);
    assert_string_equal(mof_method_find(cls, "Run")->parameters[1]->target, "CIM_A");
    compiled_free(&c);
}

static void what_does_not_follow_the_grammar_is_told_with_its_place(void **state)
{
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"class CIM_A {", "t.mof:1:14: error: a data type or a class is missing at the end of the file"},
        {"class CIM_A { string; };", "the name of a property or a method is expected here, not ';'"},
        {"class CIM_A { strin X; };", "'strin' is no data type of CIM"},
        {"class CIM_A { string X }; ", "';' is expected here, not '}'"},
        {"class { };", "t.mof:1:7: error: the name of a class is expected here, not '{'"},
        {"class CIM_A : { };", "the name of the superclass is expected here"},
        {"clas CIM_A { };", "'class', 'qualifier' or '#pragma' is expected here, not 'clas'"},
        {"instance of CIM_A { Name = \"x\"; };", "instances are not taken from MOF here"},
        {"class CIM_A { string X[0]; };", "the size of an array is a number from 1 to 65535"},
        {"class CIM_A { CIM_A REF Run(); };", "a method returns a value, not a reference"},
        {"class CIM_A { uint32 Run(string); };", "the name of a parameter is expected here"},
        {"class CIM_A { string X = ; };", "a value is expected here"},
        {"class CIM_A { string X = {\"a\" \"b\",}; };", "a value is expected here"},
        {"[Key, Key] class CIM_A { };", "the qualifier Key stands here twice"},
        {"[Key: Sometimes] class CIM_A { };", "EnableOverride, DisableOverride, Restricted"},
        {"class CIM_A { }; class cim_a { };", "class cim_a stands already at t.mof:1"},
        {"Qualifier Key : boolean, Scope(any); Qualifier KEY : boolean, Scope(any);", "KEY is declared twice"},
        {"Qualifier Key : boolean = false;", "',' is expected here"},
        {"Qualifier Key : boolean, Scope(everywhere);", "class, association, indication, property"},
        {"Qualifier Key : boolean, Scope(any), Taste(Sweet);", "'flavor' is expected here"},
        {"Qualifier Key : CIM_A REF, Scope(any);", "a qualifier is of a plain type"},
        {"#pragma speed (\"high\")", "the directive speed is not known"},
        {"#pragma include (\"nowhere.mof\")", "cannot find the included file \"nowhere.mof\""},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        struct compiled c;

        compile_text(&c, false, rows[i].text);
        if (strstr(compiled_messages(&c), rows[i].message) == NULL)
            fail_msg("'%s' gave '%s', not '%s'", rows[i].text, c.messages, rows[i].message);
        compiled_free(&c);
    }
}

static void after_an_error_it_goes_on_at_the_next_declaration(void **state)
{
    struct compiled c;

    (void)state;
    compile_text(&c, false, "class CIM_A { oops };\nclass CIM_B { };\nclass { };\nclass CIM_C { };");
    assert_int_equal(c.run.errors, 2);
    assert_non_null(strstr(compiled_messages(&c), "t.mof:3:7"));
    assert_non_null(mof_class_find(&c.tree, "CIM_B"));
    assert_non_null(mof_class_find(&c.tree, "CIM_C"));
    compiled_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_class_is_read_with_everything_it_may_have),
        cmocka_unit_test(what_does_not_follow_the_grammar_is_told_with_its_place),
        cmocka_unit_test(after_an_error_it_goes_on_at_the_next_declaration),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fixture.h"

#include "check_value.h"

#include "../hvc_cmocka.h"

#define BASE "class CIM_A { [Key] string Id; uint16 State = 5; string List[]; uint32 Do(string X, string Y[]); };\n"

static void what_is_inherited_stands_first_and_overriding_stays_at_its_place(void **state)
{
    struct compiled c;
    const struct mof_class *cls;
    const struct mof_element *property;

    (void)state;
    compile_text(
        &c, true,
        "class CIM_C : CIM_B { string Last; };\n"
        "class CIM_B : CIM_A { uint8 Own; [Override(\"State\"), Description(\"mine\"), Write] uint16 State; };\n"
        "class CIM_A { [Key, MaxLen(9)] string Id; [Description(\"theirs\")] uint16 State = 5; };\n");
    assert_string_equal(compiled_messages(&c), "");
    cls = mof_class_find(&c.tree, "CIM_C");
    assert_int_equal(cls->property_count, 4);
    assert_string_equal(cls->properties[0]->name, "Id");
    assert_string_equal(cls->properties[1]->name, "State");
    assert_string_equal(cls->properties[2]->name, "Own");
    assert_string_equal(cls->properties[3]->name, "Last");
    property = cls->properties[1];
    assert_string_equal(property->origin, "CIM_A");
    assert_string_equal(property->text[0], "5");
    assert_string_equal(mof_qualifier_text(&property->qualifiers, "Description"), "mine");
    assert_null(mof_qualifier_find(&property->qualifiers, "Override")); /* restricted to where it is written */
    assert_int_equal(property->flags & (HVC_SCHEMA_WRITE | HVC_SCHEMA_LOCAL), HVC_SCHEMA_WRITE);
    assert_true(mof_qualifier_find(&cls->properties[0]->qualifiers, "MaxLen")->propagated);
    compiled_free(&c);
}

static void methods_of_a_provider_are_what_the_linker_must_find(void **state)
{
    struct compiled c;
    const struct mof_class *cls;

    (void)state;
    compile_text(&c, true,
                 BASE "[Provider(\"hvcluster:some_thing\")] class Msvm_A : CIM_A {\n"
                      "  [Implemented, Override(\"Do\")] uint32 Do(string X, string Y[]); uint32 Other(); };\n"
                      "[Provider(\"hvcluster:more\")] class Msvm_B : Msvm_A { };");
    assert_string_equal(compiled_messages(&c), "");
    cls = mof_class_find(&c.tree, "Msvm_A");
    assert_string_equal(mof_method_find(cls, "Do")->function, "hvc_method_some_thing_Do");
    assert_null(mof_method_find(cls, "Other")->function);
    assert_null(mof_method_find(mof_class_find(&c.tree, "Msvm_B"), "Do")->function);
    compiled_free(&c);
}

static void what_is_wrong_is_told_with_its_place(void **state)
{
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"class CIM_A : CIM_Z { };", "t.mof:1:7: error: there is no class CIM_Z, which CIM_A names as its superclass"},
        {"class CIM_A : CIM_B { }; class CIM_B : CIM_A { };", "is its own ancestor"},
        {"class Thing { };", "the name of a class is SCHEMA_NAME"},
        {"[Colour(\"red\")] class CIM_A { };", "the qualifier Colour is not declared"},
        {"[Key] class CIM_A { };", "the qualifier Key may not stand at a class"},
        {"class CIM_A { [Description] string X; };", "the qualifier Description needs a value"},
        {"class CIM_A { [MaxLen(\"5\")] string X; };", "this is no uint32, which MaxLen is"},
        {"class CIM_A { [MaxLen{5}] string X; };", "MaxLen is not an array, its value is one"},
        {"class CIM_A { [ValueMap(\"5\")] string X; };", "ValueMap is an array, its value is not one"},
        {"class CIM_A { uint8 X = 256; };", "t.mof:1:25: error: this is no uint8, which X is"},
        {"class CIM_A { sint8 X = -129; };", "this is no sint8"},
        {"class CIM_A { uint8 X = -1; };", "this is no uint8"},
        {"class CIM_A { boolean X = 1; };", "this is no boolean"},
        {"class CIM_A { datetime X = \"yesterday\"; };", "this is no datetime"},
        {"class CIM_A { string X[] = \"a\"; };", "X is an array, its value is not one"},
        {"class CIM_A { string X; string x; };", "CIM_A has two properties"},
        {"class CIM_A { string X; uint32 X(); };", "CIM_A has a property and a method X"},
        {"class CIM_A { uint32 X(); uint32 x(); };", "CIM_A has two methods"},
        {"class CIM_A { uint32 X(string a, string A); };", "X has two parameters A"},
        {"class CIM_A { uint32 X([In(false)] string a); };", "goes neither in nor out"},
        {"class CIM_A { [ValueMap{\"1\",\"2\"}, Values{\"a\"}] uint8 X; };",
         "X has 2 entries in ValueMap and 1 in Values"},
        {"class CIM_A { CIM_A REF X; };", "X is a reference, and CIM_A is no association"},
        {"[Association] class CIM_A { CIM_A REF X; };", "has fewer than two references"},
        {"[Association] class CIM_A { CIM_A REF X[]; CIM_A REF Y; };", "a property cannot be an array of references"},
        {"[Association] class CIM_A { CIM_Q REF X; CIM_A REF Y; };", "there is no class CIM_Q"},
        {"class CIM_A { [EmbeddedInstance(\"CIM_Q\")] string X; };", "there is no class CIM_Q"},
        {"class CIM_A { [EmbeddedInstance(\"CIM_A\")] uint8 X; };", "an embedded instance is a string, X is not"},
        {"class CIM_A { [Key] string X[]; };", "X cannot be a key"},
        {"class CIM_A { [Key] real32 X; };", "X cannot be a key"},
        {"class CIM_A { string X\xc3\xa9; };", "has other than ASCII letters"},
        {BASE "class CIM_B : CIM_A { uint16 State; };", "State stands in CIM_A already: it needs Override(\"State\")"},
        {BASE "class CIM_B : CIM_A { [Override(\"State\")] uint32 State; };",
         "State overrides a property of type uint16"},
        {BASE "class CIM_B : CIM_A { [Override(\"List\")] string List; };", "overrides a property of type string[]"},
        {BASE "class CIM_B : CIM_A { [Override(\"More\")] string More; };", "More overrides nothing"},
        {BASE "class CIM_B : CIM_A { [Key] string More; };", "More would be one more key"},
        {BASE "class CIM_B : CIM_A { [Override(\"Id\"), Key(false)] string Id; };",
         "the qualifier Key may not get another value than it has in the ancestor (t.mof:1)"},
        {BASE "class CIM_B : CIM_A { uint32 Do(string X, string Y[]); };", "Do stands in CIM_A already"},
        {BASE "class CIM_B : CIM_A { [Override(\"Do\")] uint32 Do(string X); };",
         "Do overrides a method with 2 parameters that returns uint32"},
        {BASE "class CIM_B : CIM_A { [Override(\"Do\")] uint32 Do(string Y[], string X); };",
         "parameter 1 of the overridden method is string X"},
        {BASE "class CIM_B : CIM_A { [Override(\"Go\")] uint32 Go(); };", "Go overrides nothing"},
        {BASE "class CIM_B : CIM_A { [Implemented] uint32 Go(); };", "CIM_B has no Provider that could"},
        {BASE "[Association] class CIM_B : CIM_A { };", "are not of one kind"},
        {BASE "[Provider(\"somebody\")] class Msvm_B : CIM_A { };", "a provider is \"hvcluster:NAME\""},
        {BASE "[Provider(\"hvcluster:Big\")] class Msvm_B : CIM_A { };", "a provider is \"hvcluster:NAME\""},
        {BASE "[Abstract, Provider(\"hvcluster:b\")] class Msvm_B : CIM_A { };", "is abstract and has a provider"},
        {"[Provider(\"hvcluster:b\")] class Msvm_B { };", "has a provider and no key"},
        {BASE "class Msvm_B : CIM_A { };", "Msvm_B can have instances, and no Provider says who gives them"},
        {"[Association] class CIM_R { CIM_R REF X; CIM_R REF Y; };\nclass CIM_S { };\n"
         "[Association] class CIM_T : CIM_R { [Override(\"X\")] CIM_S REF X; };",
         "X overrides a reference to CIM_R: CIM_S does not come from it"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        struct compiled c;

        compile_text(&c, true, rows[i].text);
        if (strstr(compiled_messages(&c), rows[i].message) == NULL)
            fail_msg("'%s' gave '%s', not '%s'", rows[i].text, c.messages, rows[i].message);
        compiled_free(&c);
    }
}

static void a_reference_may_be_narrowed_to_a_class_that_stands_further_down(void **state)
{
    struct compiled c;

    (void)state;
    compile_text(&c, true,
                 "class CIM_A { [Key] string Id; };\n"
                 "[Association] class CIM_R { [Key] CIM_A REF X; [Key] CIM_A REF Y; };\n"
                 "[Association] class CIM_S : CIM_R { [Override(\"X\")] CIM_B REF X; };\n"
                 "class CIM_B : CIM_A { };\n");
    assert_string_equal(compiled_messages(&c), "");
    assert_string_equal(mof_property_find(mof_class_find(&c.tree, "CIM_S"), "X")->target, "CIM_B");
    compiled_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_inherited_stands_first_and_overriding_stays_at_its_place),
        cmocka_unit_test(methods_of_a_provider_are_what_the_linker_must_find),
        cmocka_unit_test(what_is_wrong_is_told_with_its_place),
        cmocka_unit_test(a_reference_may_be_narrowed_to_a_class_that_stands_further_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

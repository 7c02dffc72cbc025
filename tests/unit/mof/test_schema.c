/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/schema.h"

#include "../hvc_cmocka.h"

static const struct hvc_schema_element properties[] = {{.name = "Id"}, {.name = "State"}};
static const struct hvc_schema_element parameters[] = {{.name = "What"}};
static const struct hvc_schema_method methods[] = {{.name = "Do", .parameters = parameters, .parameter_count = 1}};
static const struct hvc_schema_qualifier qualifiers[] = {{.name = "Key"}};
static const struct hvc_schema_qualifier_type types[] = {{.name = "Abstract"}, {.name = "Key"}};
static const struct hvc_schema_class first = {
    .name = "CIM_A", .properties = properties, .property_count = 2, .methods = methods, .method_count = 1};
static const struct hvc_schema_class second = {.name = "CIM_B", .super = &first};
static const struct hvc_schema_class third = {.name = "Msvm_C", .super = &second};
static const struct hvc_schema_class *const classes[] = {&first, &second, &third};
static const struct hvc_schema_namespace space = {"root/x", classes, 3, types, 2};

static void names_are_found_without_case(void **state)
{
    (void)state;
    assert_ptr_equal(hvc_schema_class_find(&space, "cim_a"), &first);
    assert_ptr_equal(hvc_schema_class_find(&space, "CIM_B"), &second);
    assert_ptr_equal(hvc_schema_class_find(&space, "MSVM_C"), &third);
    assert_ptr_equal(hvc_schema_property_find(&first, "STATE"), &properties[1]);
    assert_ptr_equal(hvc_schema_method_find(&first, "dO"), &methods[0]);
    assert_ptr_equal(hvc_schema_parameter_find(&methods[0], "what"), &parameters[0]);
    assert_ptr_equal(hvc_schema_qualifier_find(qualifiers, 1, "KEY"), &qualifiers[0]);
    assert_ptr_equal(hvc_schema_qualifier_type_find(&space, "key"), &types[1]);
}

static void what_is_not_there_is_not_found(void **state)
{
    (void)state;
    assert_null(hvc_schema_class_find(&space, ""));
    assert_null(hvc_schema_class_find(&space, "CIM_AA"));
    assert_null(hvc_schema_class_find(&space, "ZZZ"));
    assert_null(hvc_schema_property_find(&first, "Stat"));
    assert_null(hvc_schema_method_find(&second, "Do"));
    assert_null(hvc_schema_parameter_find(&methods[0], "Who"));
    assert_null(hvc_schema_qualifier_find(qualifiers, 1, "In"));
    assert_null(hvc_schema_qualifier_type_find(&space, "In"));
}

static void ancestors_are_known(void **state)
{
    (void)state;
    assert_true(hvc_schema_is_a(&third, "cim_a"));
    assert_true(hvc_schema_is_a(&third, "Msvm_C"));
    assert_false(hvc_schema_is_a(&first, "CIM_B"));
}

static void types_have_the_names_of_cim(void **state)
{
    (void)state;
    assert_string_equal(hvc_cim_type_name(HVC_CIM_BOOLEAN), "boolean");
    assert_string_equal(hvc_cim_type_name(HVC_CIM_REFERENCE), "reference");
    assert_string_equal(hvc_cim_type_name(HVC_CIM_TYPE_COUNT), "invalid");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_found_without_case),
        cmocka_unit_test(what_is_not_there_is_not_found),
        cmocka_unit_test(ancestors_are_known),
        cmocka_unit_test(types_have_the_names_of_cim),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/cim.h"

#include "sample.h"

#include "../hvc_cmocka.h"

static int begin(void **state)
{
    *state = hvc_cim_arena_new(1 << 20);
    return *state == NULL ? -1 : 0;
}

static int end(void **state)
{
    hvc_cim_arena_free(*state);
    return 0;
}

static void an_instance_takes_what_its_class_has_and_names_itself_by_its_keys(void **state)
{
    struct hvc_cim_arena *arena = *state;
    struct hvc_cim_instance *instance = hvc_cim_instance_new(arena, &sample_class);
    const struct hvc_cim_path *path;

    assert_null(hvc_cim_instance_path(arena, instance, "root/x"));
    assert_true(hvc_cim_set(instance, "name", hvc_cim_text(arena, "a \"b\"\\")));
    assert_true(hvc_cim_set(instance, "Number", hvc_cim_number(arena, HVC_CIM_UINT16, 7)));
    assert_true(hvc_cim_set(instance, "Number", hvc_cim_number(arena, HVC_CIM_UINT16, 8)));
    assert_string_equal(hvc_cim_get(instance, "NUMBER")->text[0], "8");
    assert_null(hvc_cim_get(instance, "State"));
    assert_null(hvc_cim_get(instance, "Nothing"));
    path = hvc_cim_instance_path(arena, instance, "root/x");
    assert_non_null(path);
    assert_string_equal(hvc_cim_path_text(arena, path), "root/x:Msvm_Sample.Name=\"a \\\"b\\\"\\\\\",Number=8");
}

static void what_the_class_has_not_or_is_of_another_type_is_not_taken(void **state)
{
    struct hvc_cim_arena *arena = *state;
    struct hvc_cim_instance *instance = hvc_cim_instance_new(arena, &sample_class);

    assert_false(hvc_cim_set(instance, "Nothing", hvc_cim_text(arena, "a")));
    assert_false(hvc_cim_set(instance, "Number", hvc_cim_text(arena, "7")));
    assert_false(hvc_cim_set(instance, "Words", hvc_cim_text(arena, "a")));
    assert_false(hvc_cim_set(instance, "Name", NULL));
    assert_false(hvc_cim_set(NULL, "Name", hvc_cim_text(arena, "a")));
    for (uint16_t i = 0; i < sample_class.property_count; i++)
        assert_null(instance->values[i]);
}

static void paths_compare_by_class_and_keys_in_any_order(void **state)
{
    const struct hvc_cim_key forward[] = {{"A", HVC_CIM_STRING, "1", NULL}, {"B", HVC_CIM_STRING, "2", NULL}};
    const struct hvc_cim_key back[] = {{"b", HVC_CIM_STRING, "2", NULL}, {"a", HVC_CIM_STRING, "1", NULL}};
    const struct hvc_cim_key other[] = {{"A", HVC_CIM_STRING, "1", NULL}, {"B", HVC_CIM_STRING, "3", NULL}};
    const struct hvc_cim_path one = {NULL, "root/x", "CIM_A", forward, 2};
    const struct hvc_cim_path two = {"h", NULL, "cim_a", back, 2};
    const struct hvc_cim_path three = {NULL, "root/x", "CIM_A", other, 2};
    const struct hvc_cim_path four = {NULL, "root/x", "CIM_A", forward, 1};
    const struct hvc_cim_key refers[] = {{"R", HVC_CIM_REFERENCE, NULL, &one}};
    const struct hvc_cim_key refers_too[] = {{"R", HVC_CIM_REFERENCE, NULL, &two}};
    const struct hvc_cim_path five = {NULL, NULL, "CIM_R", refers, 1};
    const struct hvc_cim_path six = {NULL, NULL, "CIM_R", refers_too, 1};

    assert_true(hvc_cim_path_is(&one, &two));
    assert_false(hvc_cim_path_is(&one, &three));
    assert_false(hvc_cim_path_is(&one, &four));
    assert_true(hvc_cim_path_is(&five, &six));
    assert_string_equal(hvc_cim_path_text(*state, &five), "CIM_R.R=\"root/x:CIM_A.A=\\\"1\\\",B=\\\"2\\\"\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_instance_takes_what_its_class_has_and_names_itself_by_its_keys, begin, end),
        cmocka_unit_test_setup_teardown(what_the_class_has_not_or_is_of_another_type_is_not_taken, begin, end),
        cmocka_unit_test_setup_teardown(paths_compare_by_class_and_keys_in_any_order, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/settings.h"

#include <errno.h>

#include "../hvc_cmocka.h"

static void every_setting_has_a_default_within_its_bounds_and_a_name_of_its_own(void **state)
{
    (void)state;
    for (unsigned i = 0; i < HVC_SETTING_MAX; i++) {
        const struct hvc_setting_info *info = hvc_setting_info(i);
        enum hvc_setting found = HVC_SETTING_MAX;

        assert_non_null(info);
        assert_in_range(info->initial, info->min, info->max);
        assert_in_range(info->alone, info->min, info->max);
        assert_int_equal(hvc_setting_find(info->name, &found), 0);
        assert_int_equal(found, i);
        assert_true(strlen(info->text) > 10);
    }
    assert_null(hvc_setting_info(HVC_SETTING_MAX));
    assert_int_equal(hvc_setting_find("moves", &(enum hvc_setting){HVC_SETTING_MAX}), -ENOENT);
}

static void limits_are_one_in_a_cluster_and_two_alone(void **state)
{
    static const unsigned limits[] = {HVC_SETTING_MOVES_OUT, HVC_SETTING_MOVES_IN, HVC_SETTING_STORAGE_MOVES};

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(limits); i++) {
        assert_int_equal(hvc_setting_info(limits[i])->initial, 1);
        assert_int_equal(hvc_setting_info(limits[i])->alone, 2);
        assert_int_equal(hvc_setting_info(limits[i])->min, 1);
        assert_true(hvc_setting_info(limits[i])->per_node);
    }
    assert_int_equal(hvc_setting_info(HVC_SETTING_SMB)->max, 0);
}

static void states_are_those_of_the_class_until_somebody_uses_them(void **state)
{
    struct hvc_service_properties p = {.state = HVC_STATE_ENABLED};

    (void)state;
    assert_int_equal(hvc_service_enabled_state(&p), 5);
    assert_int_equal(hvc_service_requested_state(&p), 12);
    p.state_used = true;
    p.state = HVC_STATE_QUIESCE;
    assert_int_equal(hvc_service_enabled_state(&p), 9);
    assert_int_equal(hvc_service_requested_state(&p), 9);
}

static void enabled_default_takes_the_values_of_the_class(void **state)
{
    static const bool valid[12] = {[2] = true, [3] = true, [5] = true, [6] = true, [7] = true, [9] = true};

    (void)state;
    for (unsigned i = 0; i < HVC_COUNT(valid); i++)
        assert_int_equal(hvc_enabled_default_is_valid(i), valid[i]);
    assert_string_equal(hvc_end_action_name(HVC_END_POST_COPY), "post-copy");
    assert_string_equal(hvc_end_action_name(HVC_END_MAX), "invalid");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_setting_has_a_default_within_its_bounds_and_a_name_of_its_own),
        cmocka_unit_test(limits_are_one_in_a_cluster_and_two_alone),
        cmocka_unit_test(states_are_those_of_the_class_until_somebody_uses_them),
        cmocka_unit_test(enabled_default_takes_the_values_of_the_class),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

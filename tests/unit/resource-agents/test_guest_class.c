/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest_class.h"

#include "../hvc_cmocka.h"

static void every_class_has_its_code(void **state)
{
    static const struct {
        enum hvc_guest_class guest_class;
        bool io_error, degraded;
        int code;
        bool says_why;
    } rows[] = {
        {HVC_GUEST_ABSENT, false, false, HVC_OCF_NOT_RUNNING, false},
        {HVC_GUEST_RUNNING, false, false, HVC_OCF_SUCCESS, false},
        {HVC_GUEST_PAUSED, false, false, HVC_OCF_SUCCESS, true},
        {HVC_GUEST_STOPPING, false, false, HVC_OCF_SUCCESS, true},
        {HVC_GUEST_INCOMING, false, false, HVC_OCF_NOT_RUNNING, true},
        {HVC_GUEST_LEAVING, false, false, HVC_OCF_SUCCESS, true},
        {HVC_GUEST_FAILED, false, false, HVC_OCF_ERR_GENERIC, true},
        {HVC_GUEST_FAILED, true, false, HVC_OCF_ERR_GENERIC, true},
        {HVC_GUEST_FAILED, false, true, HVC_OCF_ERR_GENERIC, true},
        {HVC_GUEST_FAILED, true, true, HVC_OCF_DEGRADED, true},
        {HVC_GUEST_UNKNOWN, false, false, HVC_OCF_ERR_GENERIC, true},
        {HVC_GUEST_UNKNOWN, true, true, HVC_OCF_ERR_GENERIC, true},
        {HVC_GUEST_CLASS_MAX, false, false, HVC_OCF_ERR_GENERIC, true},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        struct hvc_class_verdict verdict = hvc_class_verdict(rows[i].guest_class, rows[i].io_error, rows[i].degraded);

        assert_int_equal(verdict.code, rows[i].code);
        assert_int_equal(verdict.why != NULL, rows[i].says_why);
    }
}

static void the_words_are_those_of_the_hypervisor_room(void **state)
{
    (void)state;
    for (int value = 0; value < HVC_GUEST_CLASS_MAX; value++)
        assert_int_equal(hvc_class_of_word(hvc_guest_class_name((enum hvc_guest_class)value)), value);
    assert_int_equal(hvc_class_of_word("idle"), HVC_GUEST_CLASS_MAX);
    assert_int_equal(hvc_class_of_word(""), HVC_GUEST_CLASS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_class_has_its_code),
        cmocka_unit_test(the_words_are_those_of_the_hypervisor_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

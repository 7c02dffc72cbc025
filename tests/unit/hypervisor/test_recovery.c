/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recovery.h"

#include "../hvc_cmocka.h"

#define BEGAN UINT64_C(500000)

/* When the next try is due. */
static uint64_t due(const struct hvc_recovery *r, uint64_t from_ms)
{
    while (!hvc_recovery_is_due(r, false, from_ms))
        from_ms++;
    return from_ms;
}

static void what_is_not_interrupted_is_never_resumed(void **state)
{
    struct hvc_recovery r = {.interrupted = false};

    (void)state;
    assert_false(hvc_recovery_see(&r, false, BEGAN));
    assert_false(hvc_recovery_is_due(&r, false, UINT64_MAX));
    assert_true(hvc_recovery_see(&r, true, BEGAN));
    assert_true(hvc_recovery_see(&r, false, BEGAN + 1));
    assert_false(hvc_recovery_is_due(&r, false, UINT64_MAX));
}

static void it_is_tried_with_growing_pauses_and_never_given_up(void **state)
{
    static const uint64_t pauses[] = {1000, 2000, 4000, 8000, 15000, 15000, 15000};
    struct hvc_recovery r = {.interrupted = false};
    uint64_t now = BEGAN;

    (void)state;
    assert_true(hvc_recovery_see(&r, true, now));
    for (size_t i = 0; i < HVC_COUNT(pauses); i++) {
        uint64_t at = due(&r, now);

        assert_int_equal(at - now, pauses[i]);
        assert_false(hvc_recovery_is_due(&r, true, at)); /* libvirt takes no second call */
        hvc_recovery_tried(&r, true, at);
        assert_false(hvc_recovery_see(&r, true, at));
        now = at;
    }
    r.pauses = UINT32_MAX - 1;
    hvc_recovery_tried(&r, true, now);
    assert_int_equal(due(&r, now) - now, HVC_RECOVERY_MOST_MS);
}

static void only_what_libvirt_was_asked_for_counts_as_a_try_of_a_way(void **state)
{
    struct hvc_recovery r = {.interrupted = false};

    (void)state;
    assert_true(hvc_recovery_see(&r, true, BEGAN));
    hvc_recovery_tried(&r, false, BEGAN);
    hvc_recovery_tried(&r, false, BEGAN);
    assert_int_equal(r.number, 0);
    hvc_recovery_tried(&r, true, BEGAN);
    assert_int_equal(r.number, 1);
    assert_int_equal(r.pauses, 3);
}

static void a_connection_that_breaks_at_once_is_no_new_beginning(void **state)
{
    struct hvc_recovery r = {.interrupted = false};

    (void)state;
    assert_true(hvc_recovery_see(&r, true, BEGAN));
    hvc_recovery_tried(&r, true, BEGAN);
    hvc_recovery_tried(&r, true, BEGAN);
    assert_true(hvc_recovery_see(&r, false, BEGAN + 100));
    assert_true(hvc_recovery_see(&r, true, BEGAN + 200));
    assert_int_equal(r.number, 2);
    assert_int_equal(due(&r, BEGAN + 200), BEGAN + 200 + 4000);
    assert_true(hvc_recovery_see(&r, false, BEGAN + 5000));
    assert_true(hvc_recovery_see(&r, true, BEGAN + 5000 + HVC_RECOVERY_CALM_MS));
    assert_int_equal(r.number, 0);
    assert_int_equal(due(&r, r.changed_ms) - r.changed_ms, HVC_RECOVERY_FIRST_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_interrupted_is_never_resumed),
        cmocka_unit_test(it_is_tried_with_growing_pauses_and_never_given_up),
        cmocka_unit_test(only_what_libvirt_was_asked_for_counts_as_a_try_of_a_way),
        cmocka_unit_test(a_connection_that_breaks_at_once_is_no_new_beginning),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

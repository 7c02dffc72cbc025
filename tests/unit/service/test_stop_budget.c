/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/stop_budget.h"

#include <stdbool.h>
#include <string.h>

#include "../hvc_cmocka.h"

static void the_parts_are_split_as_the_table_says(void **state)
{
    static const struct {
        uint64_t total, wish, graceful, forced, kill;
        bool fits;
    } cases[] = {
        /* no wish: the guest gets everything that is left */
        {120000, HVC_STOP_GRACEFUL_AUTO, 95000, 20000, 5000, true},
        {26000, HVC_STOP_GRACEFUL_AUTO, 1000, 20000, 5000, true},
        {25000, HVC_STOP_GRACEFUL_AUTO, 0, 20000, 5000, false},
        /* a wish is a ceiling, the rest goes to the forced part */
        {120000, 30000, 30000, 85000, 5000, true},
        {120000, 95000, 95000, 20000, 5000, true},
        {120000, 95001, 95000, 20000, 5000, false},
        {25000, 0, 0, 20000, 5000, true},
        /* force: no graceful part */
        {60000, 0, 0, 55000, 5000, true},
        /* too short for the least parts */
        {24999, 0, 0, 20000, 4999, false},
        {20000, HVC_STOP_GRACEFUL_AUTO, 0, 16000, 4000, false},
        {10000, 5000, 0, 8000, 2000, false},
        {1, 0, 0, 1, 0, false},
        {0, 0, 0, 0, 0, false},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_stop_budget b;

        hvc_stop_budget_split(cases[i].total, cases[i].wish, &b);
        assert_int_equal(b.fits, cases[i].fits);
        assert_int_equal(b.graceful_ms, cases[i].graceful);
        assert_int_equal(b.graceful_ms + b.forced_ms + b.kill_ms, cases[i].total);
        assert_int_equal(b.forced_ms, cases[i].forced);
        assert_int_equal(b.kill_ms, cases[i].kill);
    }
}

static void at_least_20_seconds_are_kept_for_the_forced_part_when_the_timeout_holds_them(void **state)
{
    (void)state;
    for (uint64_t total = 0; total <= 200000; total += 499) {
        for (uint64_t wish = 0; wish <= 250000; wish += 12497) {
            struct hvc_stop_budget b;

            hvc_stop_budget_split(total, wish, &b);
            assert_int_equal(b.graceful_ms + b.forced_ms + b.kill_ms, total);
            assert_true(b.graceful_ms <= wish);
            if (total >= HVC_STOP_FORCED_MIN_MS + HVC_STOP_KILL_MIN_MS) {
                assert_true(b.forced_ms >= HVC_STOP_FORCED_MIN_MS);
                assert_true(b.kill_ms >= HVC_STOP_KILL_MIN_MS);
            } else {
                assert_int_equal(b.graceful_ms, 0);
                assert_false(b.fits);
            }
            assert_int_equal(b.fits, b.words[0] == '\0');
        }
    }
}

static void a_timeout_that_is_too_short_is_told_in_words(void **state)
{
    struct hvc_stop_budget b;

    (void)state;
    hvc_stop_budget_split(18000, HVC_STOP_GRACEFUL_AUTO, &b);
    assert_string_equal(b.words, "the stop timeout leaves 18 s; forcing the guest down needs 20 s and killing it 5 s: "
                                 "set the op timeout to at least 65 s");
    hvc_stop_budget_split(50000, 60000, &b);
    assert_string_equal(b.words, "the stop timeout leaves 50 s; forcing the guest down needs 20 s and killing it 5 s, "
                                 "the graceful part is set to 60 s: set the op timeout to at least 95 s");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_parts_are_split_as_the_table_says),
        cmocka_unit_test(at_least_20_seconds_are_kept_for_the_forced_part_when_the_timeout_holds_them),
        cmocka_unit_test(a_timeout_that_is_too_short_is_told_in_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

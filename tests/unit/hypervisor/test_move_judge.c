/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "move_judge.h"

#include "../hvc_cmocka.h"

#define SILENT          (-1)
#define STRANDED        (-2)
#define LEAVING_RUNNING (-3) /* runs, and its migration is under way */
#define SPLIT           (-4) /* source: half of the guest, its post-copy under way or interrupted */
#define FORGOTTEN       (-5) /* source: half of the guest, and libvirt knows of no migration */
#define HALF            (-6) /* target: half of the guest runs, or stands still where it misses a page */

static void set(int what, bool *answered, struct hvc_guest_state *state)
{
    *state = (struct hvc_guest_state){.guest_class = HVC_GUEST_FAILED};
    *answered = what != SILENT;
    if (what == STRANDED)
        state->stranded = true;
    else if (what == LEAVING_RUNNING)
        *state = (struct hvc_guest_state){.guest_class = HVC_GUEST_RUNNING, .migrating_out = true};
    else if (what == SPLIT)
        *state = (struct hvc_guest_state){.guest_class = HVC_GUEST_LEAVING, .migrating_out = true, .half = true};
    else if (what == FORGOTTEN)
        state->half = true;
    else if (what == HALF)
        *state = (struct hvc_guest_state){.guest_class = HVC_GUEST_RUNNING, .half = true};
    else if (what >= 0)
        state->guest_class = (enum hvc_guest_class)what;
}

static const struct {
    int source, target;
    bool succeeded;
    uint64_t ms;
    unsigned steady;
    enum hvc_move_verdict wanted;
    enum hvc_move_end end;
} cases[] = {
#define RUNS  HVC_GUEST_RUNNING
#define GONE  HVC_GUEST_ABSENT
#define WAITS HVC_GUEST_INCOMING
    /* the migration is under way: the source says so */
    {LEAVING_RUNNING, WAITS, false, 0, 1, HVC_VERDICT_WATCH, 0},
    {HVC_GUEST_LEAVING, RUNS, false, 99999, 9, HVC_VERDICT_WATCH, 0},
    {LEAVING_RUNNING, SILENT, false, 99999, 9, HVC_VERDICT_WATCH, 0},
    /* it arrived */
    {GONE, RUNS, true, 0, 1, HVC_VERDICT_END, HVC_MOVE_MOVED},
    {GONE, RUNS, false, 0, 1, HVC_VERDICT_END, HVC_MOVE_MOVED},
    {GONE, HVC_GUEST_PAUSED, true, 0, 1, HVC_VERDICT_END, HVC_MOVE_MOVED},
    {GONE, HVC_GUEST_STOPPING, true, 0, 1, HVC_VERDICT_END, HVC_MOVE_MOVED},
    {GONE, HVC_GUEST_FAILED, true, 0, 1, HVC_VERDICT_END, HVC_MOVE_MOVED},
    {GONE, LEAVING_RUNNING, true, 0, 1, HVC_VERDICT_END, HVC_MOVE_MOVED},
    {SILENT, RUNS, false, 2999, 9, HVC_VERDICT_WAIT, 0},
    {SILENT, RUNS, false, 3000, 9, HVC_VERDICT_END, HVC_MOVE_MOVED},
    {STRANDED, RUNS, false, 0, 1, HVC_VERDICT_DESTROY_SOURCE, 0},
    /* it stayed */
    {RUNS, GONE, false, 0, 1, HVC_VERDICT_END, HVC_MOVE_STAYED},
    {HVC_GUEST_PAUSED, GONE, false, 0, 1, HVC_VERDICT_END, HVC_MOVE_STAYED},
    {HVC_GUEST_FAILED, GONE, false, 0, 1, HVC_VERDICT_END, HVC_MOVE_STAYED},
    {RUNS, SILENT, false, 2999, 9, HVC_VERDICT_WAIT, 0},
    {RUNS, SILENT, false, 3000, 9, HVC_VERDICT_END, HVC_MOVE_STAYED},
    /* half a guest at the target */
    {RUNS, WAITS, false, 999, 5, HVC_VERDICT_WAIT, 0},
    {RUNS, WAITS, false, 1000, 1, HVC_VERDICT_WAIT, 0},
    {RUNS, WAITS, false, 1000, 2, HVC_VERDICT_DESTROY_TARGET, 0},
    {GONE, WAITS, false, 1000, 2, HVC_VERDICT_DESTROY_TARGET, 0},
    {SILENT, WAITS, false, 99999, 99, HVC_VERDICT_WAIT, 0},
    {STRANDED, WAITS, false, 99999, 99, HVC_VERDICT_WAIT, 0},
    /* at neither end */
    {GONE, GONE, false, 0, 1, HVC_VERDICT_WAIT, 0},
    {GONE, GONE, false, 0, 2, HVC_VERDICT_END, HVC_MOVE_GONE},
    {SILENT, GONE, false, 99999, 99, HVC_VERDICT_WAIT, 0},
    {GONE, SILENT, false, 99999, 99, HVC_VERDICT_WAIT, 0},
    {GONE, SILENT, true, 3000, 9, HVC_VERDICT_END, HVC_MOVE_MOVED},
    {SILENT, SILENT, true, 99999, 99, HVC_VERDICT_WAIT, 0},
    /* what nobody may decide: a guest's past is never resumed */
    {STRANDED, GONE, false, 2999, 9, HVC_VERDICT_WAIT, 0},
    {STRANDED, GONE, false, 3000, 9, HVC_VERDICT_END, HVC_MOVE_BROKEN},
    {STRANDED, SILENT, false, 99999, 99, HVC_VERDICT_WAIT, 0},
    {STRANDED, HVC_GUEST_FAILED, false, 0, 1, HVC_VERDICT_END, HVC_MOVE_BROKEN},
    {GONE, STRANDED, false, 3000, 9, HVC_VERDICT_END, HVC_MOVE_BROKEN},
    {HVC_GUEST_FAILED, RUNS, false, 0, 2, HVC_VERDICT_END, HVC_MOVE_BROKEN},
    {HVC_GUEST_FAILED, HVC_GUEST_FAILED, false, 0, 2, HVC_VERDICT_END, HVC_MOVE_BROKEN},
    {RUNS, HVC_GUEST_FAILED, false, 0, 2, HVC_VERDICT_END, HVC_MOVE_BROKEN},
    /* post-copy: half a guest is no guest, and neither half goes while the other may come back */
    {SPLIT, HALF, false, 99999, 99, HVC_VERDICT_WATCH, 0},
    {SPLIT, SILENT, false, 99999, 99, HVC_VERDICT_WATCH, 0},
    {SPLIT, RUNS, false, 99999, 99, HVC_VERDICT_WATCH, 0},
    {SILENT, HALF, false, 99999, 99, HVC_VERDICT_WAIT, 0},
    {SPLIT, GONE, false, 19999, 99, HVC_VERDICT_WAIT, 0},
    {SPLIT, GONE, false, 20000, 1, HVC_VERDICT_WAIT, 0},
    {SPLIT, GONE, false, 20000, 2, HVC_VERDICT_END_SOURCE_HALF, 0},
    {GONE, HALF, true, 19999, 99, HVC_VERDICT_WAIT, 0},
    {GONE, HALF, false, 20000, 1, HVC_VERDICT_WAIT, 0},
    {GONE, HALF, true, 20000, 2, HVC_VERDICT_END_TARGET_HALF, 0},
    {FORGOTTEN, RUNS, false, 0, 1, HVC_VERDICT_DESTROY_SOURCE, 0},
    {FORGOTTEN, HALF, false, 19999, 99, HVC_VERDICT_WAIT, 0},
    {FORGOTTEN, HALF, false, 20000, 2, HVC_VERDICT_END, HVC_MOVE_BROKEN},
    {FORGOTTEN, SILENT, false, 99999, 99, HVC_VERDICT_WAIT, 0},
    {FORGOTTEN, GONE, false, 20000, 2, HVC_VERDICT_END_SOURCE_HALF, 0},
    {STRANDED, HALF, false, 99999, 9, HVC_VERDICT_END, HVC_MOVE_BROKEN},
    {RUNS, HALF, false, 0, 2, HVC_VERDICT_END, HVC_MOVE_DOUBLE},
    /* two copies: seen twice before it is said */
    {RUNS, RUNS, false, 0, 1, HVC_VERDICT_WAIT, 0},
    {RUNS, RUNS, false, 0, 2, HVC_VERDICT_END, HVC_MOVE_DOUBLE},
    {HVC_GUEST_PAUSED, RUNS, false, 0, 2, HVC_VERDICT_END, HVC_MOVE_DOUBLE},
    /* an end that cannot tell is as good as silent */
    {HVC_GUEST_UNKNOWN, RUNS, false, 0, 1, HVC_VERDICT_WAIT, 0},
    {RUNS, HVC_GUEST_UNKNOWN, false, 0, 1, HVC_VERDICT_WAIT, 0},
};

static void the_verdicts_follow_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_move_facts facts = {
            .migrate_succeeded = cases[i].succeeded, .proving_ms = cases[i].ms, .steady = cases[i].steady};
        enum hvc_move_end end = HVC_MOVE_UNDER_WAY;
        enum hvc_move_verdict verdict;

        set(cases[i].source, &facts.source_answered, &facts.source);
        set(cases[i].target, &facts.target_answered, &facts.target);
        verdict = hvc_move_judge(&facts, &end);
        if (verdict != cases[i].wanted || end != cases[i].end)
            fail_msg("case %zu: verdict %d, end %s", i, verdict, hvc_move_end_name(end));
    }
}

/* Over all pairs of answers, at any time. */
static void nothing_that_may_run_is_ever_destroyed_and_nothing_is_proven_without_an_answer(void **state)
{
    (void)state;
    for (int source = HALF; source < HVC_GUEST_CLASS_MAX; source++) {
        for (int target = HALF; target < HVC_GUEST_CLASS_MAX; target++) {
            for (int i = 0; i < 8; i++) {
                struct hvc_move_facts facts = {.migrate_succeeded = (i & 1) != 0,
                                               .proving_ms = (i & 2) != 0 ? 100000 : 0,
                                               .steady = (i & 4) != 0 ? 100 : 1};
                enum hvc_move_end end = HVC_MOVE_UNDER_WAY;
                enum hvc_move_verdict verdict;

                set(source, &facts.source_answered, &facts.source);
                set(target, &facts.target_answered, &facts.target);
                verdict = hvc_move_judge(&facts, &end);
                if (target == SPLIT || target == FORGOTTEN || source == HALF)
                    continue; /* no end of a post-copy looks like that */
                if (verdict == HVC_VERDICT_END_SOURCE_HALF)
                    assert_true((source == SPLIT || source == FORGOTTEN) && target == HVC_GUEST_ABSENT);
                if (verdict == HVC_VERDICT_END_TARGET_HALF)
                    assert_true(target == HALF && source == HVC_GUEST_ABSENT);
                if (target == HALF && verdict == HVC_VERDICT_END)
                    assert_true(end == HVC_MOVE_BROKEN || end == HVC_MOVE_DOUBLE);
                if (verdict == HVC_VERDICT_DESTROY_SOURCE)
                    assert_true((source == STRANDED || source == FORGOTTEN) && target != HALF && target != SILENT &&
                                target != HVC_GUEST_ABSENT && target != HVC_GUEST_INCOMING &&
                                target != HVC_GUEST_UNKNOWN);
                if (verdict == HVC_VERDICT_DESTROY_TARGET)
                    assert_true(target == HVC_GUEST_INCOMING && source != SILENT && source != STRANDED &&
                                source != SPLIT && source != FORGOTTEN);
                if (verdict == HVC_VERDICT_END && end == HVC_MOVE_MOVED)
                    assert_true(source == HVC_GUEST_ABSENT || source == SILENT || source == HVC_GUEST_UNKNOWN);
                if (verdict == HVC_VERDICT_END && end == HVC_MOVE_STAYED)
                    assert_true(target == HVC_GUEST_ABSENT || target == SILENT || target == HVC_GUEST_UNKNOWN);
                if (verdict == HVC_VERDICT_END)
                    assert_false((source == SILENT || source == HVC_GUEST_UNKNOWN) &&
                                 (target == SILENT || target == HVC_GUEST_UNKNOWN));
            }
        }
    }
}

static void ends_and_phases_have_their_words(void **state)
{
    (void)state;
    for (int e = HVC_MOVE_UNDER_WAY; e <= HVC_MOVE_UNPROVEN; e++)
        assert_string_not_equal(hvc_move_end_name((enum hvc_move_end)e), "invalid");
    for (int p = HVC_MOVE_CHECKING; p <= HVC_MOVE_ENDED; p++)
        assert_string_not_equal(hvc_move_phase_name((enum hvc_move_phase)p), "invalid");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_verdicts_follow_the_table),
        cmocka_unit_test(nothing_that_may_run_is_ever_destroyed_and_nothing_is_proven_without_an_answer),
        cmocka_unit_test(ends_and_phases_have_their_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

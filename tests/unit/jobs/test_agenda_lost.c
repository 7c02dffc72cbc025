/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is to be done for a job whose target, or source, is lost. */
#include <string.h>

#include "../hvc_cmocka.h"
#include "agenda_rows.h"

static void what_an_older_member_does_not_understand_is_not_queued_again(void **state)
{
    const struct row row = {"", OF(RECONCILE, RECONCILING), ENDED(STAYED), WAITS};
    struct hvc_agenda_effect effect = effect_of(&row);
    const struct hvc_agenda_move move = {.stage = HVC_STAGE_ENDED, .proof = HVC_PROOF_STAYED};
    const struct hvc_agenda_finding finding = {.work = NONE};
    const struct hvc_agenda_input input = {
        .effect = &effect, .finding = &finding, .move = &move, .now_ms = NOW, .version = 1};
    struct hvc_agenda_action action;

    (void)state;
    hvc_agenda_decide(&input, &action);
    assert_int_equal(action.step, HVC_AGENDA_PROPOSE);
    assert_int_equal(action.command.report.to, HVC_JOB_FAILED);
    assert_int_equal(hvc_command_version(&action.command), 1);
}

static void nor_is_a_lost_target_told_to_it(void **state)
{
    const struct row row = {"", OF(CANCEL, COPYING), MOVE(COPYING), WAITS};
    struct hvc_agenda_effect effect = effect_of(&row);
    const struct hvc_agenda_move move = {.stage = HVC_STAGE_COPYING};
    const struct hvc_agenda_finding finding = {.work = NONE};
    const struct hvc_agenda_input input = {
        .effect = &effect, .finding = &finding, .move = &move, .now_ms = NOW, .version = 1};
    struct hvc_agenda_action action;

    (void)state;
    effect.target_member = false;
    hvc_agenda_decide(&input, &action);
    assert_int_equal(action.step, HVC_AGENDA_END);
}

static void expect_failed_for_its_lost_target(const struct row *row)
{
    struct hvc_agenda_effect effect = effect_of(row);
    struct hvc_agenda_action action;

    effect.target_member = false;
    decide(row, &effect, &action);
    assert_int_equal(action.step, HVC_AGENDA_PROPOSE);
    assert_int_equal(action.command.report.to, HVC_JOB_FAILED);
    assert_int_equal(action.command.report.code, HVC_REASON_TARGET_LOST);
    assert_int_equal(action.command.report.runs_on, 1);
}

static void what_had_not_begun_does_not_wait_for_a_target_that_is_away(void **state)
{
    const struct row row = {"", OF(RECONCILE, RECONCILING), ENDED(STAYED), WAITS};

    (void)state;
    expect_failed_for_its_lost_target(&row);
}

static void a_job_of_two_lost_nodes_ends_nowhere(void **state)
{
    const struct row row = {"", OF(RECONCILE, RECONCILING), WAITS};
    struct hvc_agenda_effect effect = effect_of(&row);
    struct hvc_agenda_action action;

    (void)state;
    effect.source_member = effect.target_member = false;
    decide(&row, &effect, &action);
    assert_int_equal(action.step, HVC_AGENDA_PROPOSE);
    assert_int_equal(action.command.report.to, HVC_JOB_FAILED);
    assert_true(action.command.report.located);
    assert_int_equal(action.command.report.runs_on, 0);
}

static void a_move_to_a_lost_target_does_not_go_on_as_if_it_were_there(void **state)
{
    const struct row row = {"", OF(RECONCILE, RECONCILING), MOVE(COPYING), WAITS};
    struct hvc_agenda_effect effect = effect_of(&row);
    struct hvc_agenda_action action;

    (void)state;
    effect.target_member = false;
    decide(&row, &effect, &action);
    assert_int_equal(action.step, HVC_AGENDA_WAIT);
}

static void a_lost_target_is_told_before_its_move_is_ended(void **state)
{
    const struct row row = {"", OF(CANCEL, COPYING), MOVE(COPYING), WAITS};
    struct hvc_agenda_effect effect = effect_of(&row);
    struct hvc_agenda_action action;

    (void)state;
    effect.target_member = false;
    decide(&row, &effect, &action);
    assert_int_equal(action.step, HVC_AGENDA_PROPOSE);
    assert_int_equal(action.command.report.to, HVC_JOB_COPYING);
    assert_int_equal(action.command.report.code, HVC_REASON_TARGET_LOST);
    assert_int_equal(hvc_command_version(&action.command), 2);
    effect.job.lost_target = HVC_TARGET_LOST;
    decide(&row, &effect, &action);
    assert_int_equal(action.step, HVC_AGENDA_END);
}

/* Also of a move that is not begun anew: that it was cancelled is not what the job is to say. */
static void so_it_is_of_every_move_that_has_not_left(void **state)
{
    static const struct row tells[] = {
        {"by pacemaker", OF(CANCEL, COPYING), .origin = HVC_ORIGIN_PACEMAKER, MOVE(COPYING), WAITS},
        {"with disks", OF(CANCEL, COPYING), .kind = HVC_KIND_LIVE_STORAGE, MOVE(COPYING), WAITS},
        {"the last try", OF(CANCEL, COPYING), .attempts = 5, MOVE(COPYING), WAITS},
        {"not known", OF(CANCEL, ADMITTED), WAITS},
        {"ended by itself", OF(CANCEL, COPYING), ENDED(STAYED), WAITS},
    };
    struct hvc_agenda_action action;

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(tells); i++) {
        struct hvc_agenda_effect effect = effect_of(&tells[i]);

        effect.target_member = false;
        decide(&tells[i], &effect, &action);
        assert_int_equal(action.step, HVC_AGENDA_PROPOSE);
        assert_int_equal(action.command.report.to, tells[i].phase);
        assert_int_equal(action.command.report.code, HVC_REASON_TARGET_LOST);
    }
}

static void one_that_has_left_or_is_not_clear_tells_nothing(void **state)
{
    static const struct row ended[] = {{"", OF(CANCEL, COPYING), ENDED(MOVED), WAITS},
                                       {"", OF(CANCEL, COPYING), ENDED(GONE), WAITS},
                                       {"", OF(CANCEL, COPYING), ENDED(UNCLEAR), WAITS},
                                       {"", OF(CANCEL, COPYING), .cancel = true, ENDED(STAYED), WAITS}};
    struct hvc_agenda_action action;

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(ended); i++) {
        struct hvc_agenda_effect effect = effect_of(&ended[i]);

        effect.target_member = false;
        decide(&ended[i], &effect, &action);
        assert_true(action.step != HVC_AGENDA_PROPOSE || action.command.report.code != HVC_REASON_TARGET_LOST);
    }
}

static struct hvc_agenda_effect told_effect(const struct row *row)
{
    struct hvc_agenda_effect effect = effect_of(row);

    effect.job.lost_target = HVC_TARGET_LOST;
    return effect;
}

static void a_move_that_was_ended_for_its_lost_target_is_queued_again(void **state)
{
    static const struct {
        struct row row;
        bool away;
        const char *text;
    } ended[] = {
        {{"", OF(CANCEL, COPYING), .ours = true, ENDED(STAYED), WAITS}, true, "waits until its target is back"},
        {{"", OF(CANCEL, ADMITTED), .ours = true, ENDED(STAYED), WAITS}, true, "waits until its target is back"},
        {{"by itself", OF(CANCEL, COPYING), ENDED(STAYED), WAITS}, true, "libvirt's words"},
        {{"", OF(MIGRATE, COPYING), .ours = true, ENDED(STAYED), WAITS}, false, "is back: it is checked again"},
        {{"", OF(VERIFY, VERIFYING), .ours = true, ENDED(STAYED), WAITS}, false, "is back: it is checked again"},
        {{"", OF(RECONCILE, RECONCILING), ENDED(STAYED), WAITS}, false, "is back: it is checked again"},
    };
    struct hvc_agenda_action action;

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(ended); i++) {
        struct hvc_agenda_effect effect = told_effect(&ended[i].row);

        effect.target_member = !ended[i].away;
        decide(&ended[i].row, &effect, &action);
        assert_int_equal(action.step, HVC_AGENDA_PROPOSE);
        assert_int_equal(action.command.report.to, HVC_JOB_QUEUED);
        assert_int_equal(action.command.report.code, ended[i].away ? HVC_REASON_TARGET_LOST : HVC_REASON_RETRY);
        assert_non_null(strstr(action.command.report.text, ended[i].text));
        assert_int_equal(action.command.report.runs_on, 1);
        assert_int_equal(hvc_command_version(&action.command), 2);
    }
}

/* The target was back before the move was ended, which went on, and failed for a reason of its own. */
static void a_move_that_goes_on_and_fails_is_not_begun_anew(void **state)
{
    const struct row row = {"", OF(MIGRATE, COPYING), ENDED(STAYED), WAITS};
    struct hvc_agenda_effect effect = told_effect(&row);
    struct hvc_agenda_action action;

    (void)state;
    decide(&row, &effect, &action);
    assert_int_equal(action.command.report.to, HVC_JOB_FAILED);
    assert_int_equal(action.command.report.code, HVC_REASON_GIVE_UP);
    assert_string_equal(action.command.report.text, "libvirt's words");
}

static void it_fails_when_the_target_is_dead_or_the_tries_are_over_or_it_is_of_another_kind(void **state)
{
    static const struct row ended[] = {
        {"", OF(CANCEL, COPYING), .ours = true, .attempts = 5, ENDED(STAYED), WAITS},
        {"", OF(MIGRATE, COPYING), .ours = true, .origin = HVC_ORIGIN_PACEMAKER, ENDED(STAYED), WAITS},
        {"", OF(MIGRATE, COPYING), .ours = true, .kind = HVC_KIND_LIVE_STORAGE, ENDED(STAYED), WAITS},
        {"dead", OF(MIGRATE, COPYING), .ours = true, ENDED(STAYED), WAITS}};
    struct hvc_agenda_action action;

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(ended); i++) {
        struct hvc_agenda_effect effect = told_effect(&ended[i]);

        effect.target_member = ended[i].effect == HVC_EFFECT_MIGRATE;
        if (strcmp(ended[i].name, "dead") == 0)
            effect.job.lost_target = HVC_TARGET_DEAD;
        decide(&ended[i], &effect, &action);
        assert_int_equal(action.command.report.to, HVC_JOB_FAILED);
        assert_int_equal(action.command.report.code, HVC_REASON_TARGET_LOST);
        assert_int_equal(action.command.report.runs_on, 1);
    }
}

/* 'hvcluster move cancel' at its node, or the hold was taken away, after the target had been lost for a moment. */
static void what_somebody_else_ended_is_not_begun_anew(void **state)
{
    static const struct row row = {"", OF(CANCEL, COPYING), .told = true, ENDED(STAYED), WAITS};
    struct hvc_agenda_action action;

    (void)state;
    for (unsigned away = 0; away < 2; away++) {
        struct hvc_agenda_effect effect = told_effect(&row);

        effect.target_member = away == 0;
        decide(&row, &effect, &action);
        assert_int_equal(action.command.report.to, HVC_JOB_FAILED);
        assert_int_equal(action.command.report.code, HVC_REASON_GIVE_UP);
    }
}

static void what_is_held_is_released_first(void **state)
{
    static const struct row copied = {"", OF(CANCEL, COPYING), AT(COPY), .ours = true, ENDED(STAYED), WAITS},
                            released = {"",           OF(CANCEL, COPYING), AT(RELEASE),
                                        .ours = true, ENDED(STAYED),       .work = HVC_JOB_WORK_RELEASE,
                                        WAITS};
    struct hvc_agenda_effect effect = told_effect(&copied);
    struct hvc_agenda_action action;

    (void)state;
    effect.target_member = false;
    memcpy(effect.resource, "web", 4);
    decide(&copied, &effect, &action);
    assert_int_equal(action.command.report.to, HVC_JOB_COPYING);
    assert_int_equal(action.command.report.step, HVC_STEP_RELEASE);
    effect.job.step = HVC_STEP_RELEASE;
    decide(&copied, &effect, &action);
    assert_int_equal(action.step, HVC_AGENDA_WORK);
    decide(&released, &effect, &action);
    assert_int_equal(action.command.report.to, HVC_JOB_QUEUED);
}

/* Pacemaker joins there yet, an incoming guest of the former move is about to go. */
static void what_comes_back_is_checked_with_patience(void **state)
{
    static const uint16_t found[] = {HVC_REASON_OTHER_NODE, HVC_REASON_GIVE_UP, HVC_REASON_GUEST_STOPPED};
    struct hvc_agenda_action action;

    (void)state;
    for (unsigned i = 0; i < HVC_COUNT(found); i++) {
        const struct row row = {"", OF(CHECK, CHECKING), .work = HVC_JOB_WORK_CHECK, .found = found[i], WAITS};
        struct hvc_agenda_effect effect = told_effect(&row);

        decide(&row, &effect, &action);
        assert_int_equal(action.command.report.to,
                         found[i] == HVC_REASON_GUEST_STOPPED ? HVC_JOB_FAILED : HVC_JOB_QUEUED);
    }
}

static void a_lost_target_is_not_waited_for_without_end(void **state)
{
    struct hvc_job job = {.id = 9, .phase = HVC_JOB_QUEUED, .lost_target = HVC_TARGET_LOST};
    struct hvc_command command;

    (void)state;
    job.phase_ms[HVC_JOB_QUEUED] = NOW;
    assert_false(hvc_agenda_expired(&job, true, 30, NOW + 29999, &command));
    assert_true(hvc_agenda_expired(&job, true, 30, NOW + 30000, &command));
    assert_int_equal(command.report.to, HVC_JOB_FAILED);
    assert_int_equal(command.report.code, HVC_REASON_TARGET_LOST);
    assert_true(hvc_agenda_expired(&job, true, 0, NOW + 600000, &command));
    assert_false(hvc_agenda_expired(&job, false, 30, UINT64_MAX, &command)); /* it waits for something else */
    job.lost_target = HVC_TARGET_NOT_LOST;
    assert_false(hvc_agenda_expired(&job, true, 30, UINT64_MAX, &command));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_an_older_member_does_not_understand_is_not_queued_again),
        cmocka_unit_test(nor_is_a_lost_target_told_to_it),
        cmocka_unit_test(what_had_not_begun_does_not_wait_for_a_target_that_is_away),
        cmocka_unit_test(a_job_of_two_lost_nodes_ends_nowhere),
        cmocka_unit_test(a_move_to_a_lost_target_does_not_go_on_as_if_it_were_there),
        cmocka_unit_test(a_lost_target_is_told_before_its_move_is_ended),
        cmocka_unit_test(so_it_is_of_every_move_that_has_not_left),
        cmocka_unit_test(one_that_has_left_or_is_not_clear_tells_nothing),
        cmocka_unit_test(a_move_that_was_ended_for_its_lost_target_is_queued_again),
        cmocka_unit_test(a_move_that_goes_on_and_fails_is_not_begun_anew),
        cmocka_unit_test(it_fails_when_the_target_is_dead_or_the_tries_are_over_or_it_is_of_another_kind),
        cmocka_unit_test(what_somebody_else_ended_is_not_begun_anew),
        cmocka_unit_test(what_is_held_is_released_first),
        cmocka_unit_test(what_comes_back_is_checked_with_patience),
        cmocka_unit_test(a_lost_target_is_not_waited_for_without_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

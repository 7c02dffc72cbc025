/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When it is a member's turn to finish what stands in Pacemaker's configuration. */
#include "sweep.h"

#include "../hvc_cmocka.h"

static const struct hvc_agenda_verdict ended = {.mark = HVC_AGENDA_MARK_REMOVE},
                                       living = {.mark = HVC_AGENDA_MARK_REMOVE, .lives = true},
                                       own = {.mark = HVC_AGENDA_MARK_KEEP, .lives = true};

static bool looks(struct job_sweep *sweep, const struct hvc_agenda_verdict *verdict, unsigned rank, uint64_t now_ms)
{
    bool due;

    job_sweep_begin(sweep);
    due = job_sweep_is_due(sweep, "hvcluster-job-7-hold", verdict, rank, now_ms);
    job_sweep_end(sweep);
    return due;
}

static void the_first_member_finishes_what_has_ended_at_once(void **state)
{
    struct job_sweep sweep = {0};

    (void)state;
    assert_true(looks(&sweep, &ended, 0, 5));
}

static void another_one_when_it_still_stands(void **state)
{
    const uint64_t patience = hvc_agenda_patience_ms(2, false);
    struct job_sweep sweep = {0};

    (void)state;
    assert_false(looks(&sweep, &ended, 2, 1000));
    assert_false(looks(&sweep, &ended, 2, 999 + patience));
    assert_true(looks(&sweep, &ended, 2, 1000 + patience));
}

static void the_own_node_of_a_job_comes_first(void **state)
{
    struct job_sweep sweep = {0};

    (void)state;
    assert_false(looks(&sweep, &own, 0, 1000));
    assert_false(looks(&sweep, &own, 0, 1000000)); /* kept, for as long as it takes */
    assert_false(looks(&sweep, &living, 0, 1000000));
    assert_true(looks(&sweep, &living, 0, 1000000 + hvc_agenda_patience_ms(0, true)));
}

static void what_was_gone_meanwhile_begins_anew(void **state)
{
    struct job_sweep sweep = {0};

    (void)state;
    assert_false(looks(&sweep, &ended, 1, 1000));
    job_sweep_begin(&sweep);
    job_sweep_end(&sweep);
    assert_false(looks(&sweep, &ended, 1, 1000 + hvc_agenda_patience_ms(1, false)));
}

static void what_a_job_does_now_is_left_alone(void **state)
{
    struct job_sweep sweep = {0};

    (void)state;
    assert_true(looks(&sweep, &ended, 0, 5));
    job_sweep_later(&sweep, "hvcluster-job-7-hold", 5);
    assert_false(looks(&sweep, &ended, 0, 10005));
    assert_true(looks(&sweep, &ended, 0, 60005));
}

static void what_has_no_room_is_found_again_when_there_is_some(void **state)
{
    struct job_sweep sweep = {0};
    char id[64];

    (void)state;
    job_sweep_begin(&sweep);
    for (unsigned i = 0; i < JOB_SWEEP_MAX; i++) {
        (void)snprintf(id, sizeof(id), "hvcluster-job-%u-hold", i + 10);
        assert_true(job_sweep_is_due(&sweep, id, &ended, 0, 1));
    }
    assert_false(job_sweep_is_due(&sweep, "hvcluster-job-7-hold", &ended, 0, 1));
    job_sweep_end(&sweep);
    job_sweep_begin(&sweep);
    job_sweep_end(&sweep);
    assert_true(looks(&sweep, &ended, 0, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_member_finishes_what_has_ended_at_once),
        cmocka_unit_test(another_one_when_it_still_stands),
        cmocka_unit_test(the_own_node_of_a_job_comes_first),
        cmocka_unit_test(what_was_gone_meanwhile_begins_anew),
        cmocka_unit_test(what_a_job_does_now_is_left_alone),
        cmocka_unit_test(what_has_no_room_is_found_again_when_there_is_some),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

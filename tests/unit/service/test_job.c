/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/job.h"

#include "../hvc_cmocka.h"
#include "golden.h"

static void the_table_of_phases_is_the_golden_one(void **state)
{
    static char text[8192];
    size_t used = 0;

    (void)state;
    used += (size_t)snprintf(text, sizeof(text), "phase JobState OperationalStatus exit flags -> next | text\n");
    for (unsigned phase = 0; phase < HVC_JOB_PHASE_COUNT; phase++) {
        const struct hvc_job_phase_info *info = hvc_job_phase_info(phase);

        used += (size_t)snprintf(
            text + used, sizeof(text) - used, "%s %u {%u,%u} %u %s%s%s%s%s%s->", info->name, info->cim_state,
            info->operational[0], info->operational[1], info->exit_code, info->flags & HVC_JOB_ENDED ? "ended " : "",
            info->flags & HVC_JOB_HOLDS_SLOTS ? "slots " : "", info->flags & HVC_JOB_HOLDS_ROOM ? "room " : "",
            info->flags & HVC_JOB_CANCELLABLE ? "cancellable " : "", info->flags & HVC_JOB_STARTED ? "started " : "",
            info->flags & HVC_JOB_NEEDS_TARGET ? "needs-target " : "");
        for (unsigned next = 0; next < HVC_JOB_PHASE_COUNT; next++) {
            if (hvc_job_phase_may_follow(phase, next))
                used += (size_t)snprintf(text + used, sizeof(text) - used, " %s", hvc_job_phase_name(next));
        }
        used += (size_t)snprintf(text + used, sizeof(text) - used, " | %s\n", info->text);
    }
    golden("phases", text);
}

static void the_table_of_kinds_is_the_golden_one(void **state)
{
    static char text[4096];
    size_t used = 0;

    (void)state;
    used += (size_t)snprintf(text, sizeof(text), "kind MigrationType JobType JobType-of-a-check\n");
    for (unsigned kind = 0; kind < HVC_KIND_COUNT; kind++) {
        const struct hvc_job_kind_info *info = hvc_job_kind_info(kind);

        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s %u %u %u\n", info->name, info->migration_type,
                                 info->job_type, info->check_type);
    }
    golden("kinds", text);
}

static void every_unfinished_phase_leads_to_an_end_and_no_end_leads_on(void **state)
{
    (void)state;
    for (unsigned phase = 0; phase < HVC_JOB_PHASE_COUNT; phase++) {
        unsigned reached = 1u << phase;
        bool ends = false;

        for (unsigned round = 0; round < HVC_JOB_PHASE_COUNT; round++) {
            for (unsigned p = 0; p < HVC_JOB_PHASE_COUNT; p++)
                reached |= (reached >> p & 1) != 0 ? hvc_job_phase_info(p)->next : 0;
        }
        for (unsigned p = 0; p < HVC_JOB_PHASE_COUNT; p++)
            ends |= (reached >> p & 1) != 0 && (hvc_job_phase_info(p)->flags & HVC_JOB_ENDED) != 0;
        assert_true(ends);
        if ((hvc_job_phase_info(phase)->flags & HVC_JOB_ENDED) != 0)
            assert_int_equal(hvc_job_phase_info(phase)->next, 0);
        assert_false(hvc_job_phase_may_follow(phase, phase));
    }
}

static void words_exist_for_every_number_and_for_none_beyond(void **state)
{
    static const struct {
        const char *(*name)(unsigned);
        unsigned count;
    } tables[] = {
        {hvc_job_phase_name, HVC_JOB_PHASE_COUNT}, {hvc_origin_name, HVC_ORIGIN_COUNT},
        {hvc_step_name, HVC_STEP_COUNT},           {hvc_reason_name, HVC_REASON_COUNT},
        {hvc_blocker_text, HVC_BLOCKER_COUNT},
    };

    (void)state;
    for (size_t t = 0; t < HVC_COUNT(tables); t++) {
        for (unsigned i = 0; i < tables[t].count; i++) {
            assert_non_null(tables[t].name(i));
            assert_string_not_equal(tables[t].name(i), "invalid");
            for (unsigned k = 0; k < i; k++)
                assert_string_not_equal(tables[t].name(i), tables[t].name(k));
        }
        assert_string_equal(tables[t].name(tables[t].count), "invalid");
    }
    assert_null(hvc_job_phase_info(HVC_JOB_PHASE_COUNT));
    assert_null(hvc_job_kind_info(HVC_KIND_COUNT));
    assert_false(hvc_job_phase_may_follow(HVC_JOB_PHASE_COUNT, 0));
    assert_false(hvc_job_phase_may_follow(0, HVC_JOB_PHASE_COUNT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_of_phases_is_the_golden_one),
        cmocka_unit_test(the_table_of_kinds_is_the_golden_one),
        cmocka_unit_test(every_unfinished_phase_leads_to_an_end_and_no_end_leads_on),
        cmocka_unit_test(words_exist_for_every_number_and_for_none_beyond),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

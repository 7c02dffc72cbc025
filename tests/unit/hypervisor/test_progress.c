/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "progress.h"

#include <libvirt/libvirt.h>

#include "../hvc_cmocka.h"

#define OUT VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT
#define MIB (1024ULL * 1024)

static void the_phase_comes_from_job_and_state(void **state)
{
    static const struct {
        struct hvc_job_numbers numbers;
        enum hvc_migrate_phase wanted;
    } cases[] = {
        {{.type = VIR_DOMAIN_JOB_NONE}, HVC_MIGRATE_NONE},
        {{.type = VIR_DOMAIN_JOB_UNBOUNDED, .operation = VIR_DOMAIN_JOB_OPERATION_BACKUP, .total = 5},
         HVC_MIGRATE_NONE},
        {{.type = VIR_DOMAIN_JOB_UNBOUNDED, .operation = OUT, .state = VIR_DOMAIN_RUNNING}, HVC_MIGRATE_SETUP},
        {{.type = VIR_DOMAIN_JOB_UNBOUNDED, .operation = OUT, .state = VIR_DOMAIN_RUNNING, .total = MIB},
         HVC_MIGRATE_COPY},
        {{.type = VIR_DOMAIN_JOB_UNBOUNDED,
          .operation = OUT,
          .state = VIR_DOMAIN_PAUSED,
          .reason = VIR_DOMAIN_PAUSED_USER,
          .total = MIB},
         HVC_MIGRATE_COPY},
        {{.type = VIR_DOMAIN_JOB_UNBOUNDED,
          .operation = OUT,
          .state = VIR_DOMAIN_PAUSED,
          .reason = VIR_DOMAIN_PAUSED_MIGRATION,
          .total = MIB},
         HVC_MIGRATE_SWITCH},
        {{.type = VIR_DOMAIN_JOB_UNBOUNDED,
          .operation = OUT,
          .state = VIR_DOMAIN_PAUSED,
          .reason = VIR_DOMAIN_PAUSED_POSTCOPY,
          .total = MIB},
         HVC_MIGRATE_POST_COPY},
        {{.type = VIR_DOMAIN_JOB_UNBOUNDED,
          .operation = OUT,
          .state = VIR_DOMAIN_PAUSED,
          .reason = VIR_DOMAIN_PAUSED_POSTCOPY_FAILED,
          .total = MIB},
         HVC_MIGRATE_INTERRUPTED},
        {{.type = VIR_DOMAIN_JOB_FAILED,
          .operation = OUT,
          .state = VIR_DOMAIN_PAUSED,
          .reason = VIR_DOMAIN_PAUSED_POSTCOPY_FAILED},
         HVC_MIGRATE_INTERRUPTED},
        {{.type = VIR_DOMAIN_JOB_NONE, .state = VIR_DOMAIN_PAUSED, .reason = VIR_DOMAIN_PAUSED_POSTCOPY_FAILED},
         HVC_MIGRATE_NONE},
        {{.type = VIR_DOMAIN_JOB_COMPLETED, .operation = VIR_DOMAIN_JOB_OPERATION_MIGRATION_IN, .total = MIB},
         HVC_MIGRATE_DONE},
        {{.type = VIR_DOMAIN_JOB_FAILED, .operation = OUT}, HVC_MIGRATE_DONE},
        {{.type = VIR_DOMAIN_JOB_CANCELLED, .operation = OUT}, HVC_MIGRATE_DONE},
        {{.type = VIR_DOMAIN_JOB_COMPLETED, .operation = VIR_DOMAIN_JOB_OPERATION_SAVE}, HVC_MIGRATE_NONE},
        {{.type = VIR_DOMAIN_JOB_UNBOUNDED, .operation = VIR_DOMAIN_JOB_OPERATION_SAVE, .total = 5}, HVC_MIGRATE_COPY},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_migrate_progress progress;

        hvc_progress_fold(NULL, &cases[i].numbers, &progress);
        assert_int_equal(progress.phase, cases[i].wanted);
    }
}

static void a_state_without_numbers_tells_a_switch_over(void **state)
{
    static const struct {
        int state, reason;
        bool hidden;
        enum hvc_migrate_phase wanted;
    } cases[] = {
        {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_MIGRATION, true, HVC_MIGRATE_SWITCH},
        {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_POSTCOPY, true, HVC_MIGRATE_POST_COPY},
        {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_POSTCOPY_FAILED, true, HVC_MIGRATE_INTERRUPTED},
        {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_USER, false, HVC_MIGRATE_COPY},
        {VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED, false, HVC_MIGRATE_COPY},
        {VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_MIGRATED, false, HVC_MIGRATE_COPY},
    };
    const struct hvc_migrate_progress before = {.phase = HVC_MIGRATE_COPY, .percent = 42, .remaining_bytes = MIB},
                                      older = {.phase = HVC_MIGRATE_DONE, .percent = 100};
    struct hvc_migrate_progress after;

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        after = before;
        assert_int_equal(hvc_progress_hidden(&before, cases[i].state, cases[i].reason, &after), cases[i].hidden);
        assert_int_equal(after.phase, cases[i].wanted);
        assert_int_equal(after.percent, 42);
        assert_int_equal(after.remaining_bytes, MIB);
    }
    assert_true(hvc_progress_hidden(&older, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_MIGRATION, &after));
    assert_int_equal(after.phase, HVC_MIGRATE_SWITCH);
    assert_int_equal(after.percent, 0);
}

static void done_and_percent_never_fall_while_a_guest_dirties_its_memory(void **state)
{
    static const uint64_t remaining[] = {100, 60, 20, 70, 40, 5, 30, 1, 0};
    struct hvc_migrate_progress before = {.phase = HVC_MIGRATE_NONE};

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(remaining); i++) {
        struct hvc_job_numbers numbers = {.type = VIR_DOMAIN_JOB_UNBOUNDED,
                                          .operation = OUT,
                                          .state = VIR_DOMAIN_RUNNING,
                                          .elapsed_ms = 100 * (i + 1),
                                          .total = 100 * MIB,
                                          .processed = 40 * MIB * (i + 1),
                                          .remaining = remaining[i] * MIB};
        struct hvc_migrate_progress now;

        hvc_progress_fold(&before, &numbers, &now);
        assert_true(now.done_bytes >= before.done_bytes);
        assert_true(now.percent >= before.percent);
        assert_true(now.percent <= 99);
        assert_int_equal(now.remaining_bytes, remaining[i] * MIB);
        before = now;
    }
    assert_int_equal(before.done_bytes, 100 * MIB);
}

static void the_next_migration_starts_at_zero(void **state)
{
    struct hvc_migrate_progress before = {
        .phase = HVC_MIGRATE_COPY, .elapsed_ms = 5000, .done_bytes = 90 * MIB, .percent = 90};
    struct hvc_migrate_progress done = {
        .phase = HVC_MIGRATE_DONE, .elapsed_ms = 10, .done_bytes = 90 * MIB, .percent = 100};
    struct hvc_job_numbers numbers = {.type = VIR_DOMAIN_JOB_UNBOUNDED,
                                      .operation = OUT,
                                      .elapsed_ms = 100,
                                      .total = 100 * MIB,
                                      .remaining = 99 * MIB};
    struct hvc_migrate_progress now;

    (void)state;
    hvc_progress_fold(&before, &numbers, &now);
    assert_int_equal(now.percent, 1);
    hvc_progress_fold(&done, &numbers, &now);
    assert_int_equal(now.percent, 1);
}

static void the_time_left_is_told_only_when_it_converges(void **state)
{
    static const struct {
        uint64_t bps, dirty_pages, wanted;
    } cases[] = {
        {100 * MIB, 0, 1000},
        {100 * MIB, 12800, 2000}, /* 50 MiB a second */
        {100 * MIB, 25600, UINT64_MAX},
        {100 * MIB, 99999, UINT64_MAX},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_job_numbers numbers = {.type = VIR_DOMAIN_JOB_UNBOUNDED,
                                          .operation = OUT,
                                          .elapsed_ms = 1000,
                                          .total = 1000 * MIB,
                                          .remaining = 100 * MIB,
                                          .bps = cases[i].bps,
                                          .dirty_pages = cases[i].dirty_pages,
                                          .page_size = 4096};
        struct hvc_migrate_progress now;

        hvc_progress_fold(NULL, &numbers, &now);
        assert_int_equal(now.estimated_left_ms, cases[i].wanted);
    }
}

static void the_rate_is_measured_where_libvirt_gives_none(void **state)
{
    struct hvc_migrate_progress before = {.phase = HVC_MIGRATE_COPY, .elapsed_ms = 1000, .sent_bytes = 10 * MIB};
    struct hvc_job_numbers numbers = {.type = VIR_DOMAIN_JOB_UNBOUNDED,
                                      .operation = OUT,
                                      .elapsed_ms = 1500,
                                      .total = 100 * MIB,
                                      .processed = 30 * MIB,
                                      .remaining = 80 * MIB};
    struct hvc_migrate_progress now;

    (void)state;
    hvc_progress_fold(&before, &numbers, &now);
    assert_int_equal(now.rate_bytes, 40 * MIB);
    assert_int_equal(now.estimated_left_ms, 2000);
    numbers.elapsed_ms = 1000; /* the same sample again: the rate is kept */
    before.rate_bytes = 7;
    hvc_progress_fold(&before, &numbers, &now);
    assert_int_equal(now.rate_bytes, 7);
}

static void the_end_is_a_hundred_percent_with_the_downtime_it_cost(void **state)
{
    struct hvc_job_numbers numbers = {.type = VIR_DOMAIN_JOB_COMPLETED,
                                      .operation = VIR_DOMAIN_JOB_OPERATION_MIGRATION_IN,
                                      .elapsed_ms = 700,
                                      .total = 64 * MIB,
                                      .processed = 3 * MIB,
                                      .downtime_ms = 13};
    struct hvc_migrate_progress now;

    (void)state;
    hvc_progress_fold(NULL, &numbers, &now);
    assert_int_equal(now.percent, 100);
    assert_int_equal(now.estimated_left_ms, 0);
    assert_int_equal(now.expected_downtime_ms, 13);
    assert_int_equal(now.done_bytes, 64 * MIB);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_phase_comes_from_job_and_state),
        cmocka_unit_test(a_state_without_numbers_tells_a_switch_over),
        cmocka_unit_test(done_and_percent_never_fall_while_a_guest_dirties_its_memory),
        cmocka_unit_test(the_next_migration_starts_at_zero),
        cmocka_unit_test(the_time_left_is_told_only_when_it_converges),
        cmocka_unit_test(the_rate_is_measured_where_libvirt_gives_none),
        cmocka_unit_test(the_end_is_a_hundred_percent_with_the_downtime_it_cost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

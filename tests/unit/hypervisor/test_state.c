/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The whole table, written a second time by hand: a change of one entry must be meant. */
#define VIR_ENUM_SENTINELS
#include "state.h"

#include <libvirt/libvirt.h>

#include "../hvc_cmocka.h"

#define ABSENT   HVC_GUEST_ABSENT
#define RUNNING  HVC_GUEST_RUNNING
#define PAUSED   HVC_GUEST_PAUSED
#define STOPPING HVC_GUEST_STOPPING
#define INCOMING HVC_GUEST_INCOMING
#define LEAVING  HVC_GUEST_LEAVING
#define FAILED   HVC_GUEST_FAILED
#define UNKNOWN  HVC_GUEST_UNKNOWN

/* class without a migration, as its source, as its target, and when libvirt does not tell */
static const struct {
    int state, reason;
    enum hvc_guest_class none, out, in, unknown;
    const char *words;
} golden[] = {
    {VIR_DOMAIN_NOSTATE, VIR_DOMAIN_NOSTATE_UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, "no state (no state)"},
    {VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_UNKNOWN, RUNNING, RUNNING, RUNNING, RUNNING, "running (unknown reason)"},
    {VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED, RUNNING, RUNNING, RUNNING, RUNNING, "running (booted)"},
    {VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_MIGRATED, RUNNING, RUNNING, RUNNING, RUNNING, "running (migrated)"},
    {VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_RESTORED, RUNNING, RUNNING, RUNNING, RUNNING, "running (restored)"},
    {VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_FROM_SNAPSHOT, RUNNING, RUNNING, RUNNING, RUNNING,
     "running (from snapshot)"},
    {VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_UNPAUSED, RUNNING, RUNNING, RUNNING, RUNNING, "running (unpaused)"},
    {VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_MIGRATION_CANCELED, RUNNING, RUNNING, RUNNING, RUNNING,
     "running (migration cancelled)"},
    {VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_SAVE_CANCELED, RUNNING, RUNNING, RUNNING, RUNNING,
     "running (save cancelled)"},
    {VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_WAKEUP, RUNNING, RUNNING, RUNNING, RUNNING, "running (woken up)"},
    {VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_CRASHED, RUNNING, RUNNING, RUNNING, RUNNING,
     "running (resumed after a crash)"},
    {VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_POSTCOPY, RUNNING, RUNNING, RUNNING, RUNNING, "running (post-copy)"},
    {VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_POSTCOPY_FAILED, RUNNING, RUNNING, RUNNING, RUNNING,
     "running (post-copy is interrupted, vCPUs run until they miss a page)"},
    {VIR_DOMAIN_BLOCKED, VIR_DOMAIN_BLOCKED_UNKNOWN, RUNNING, RUNNING, RUNNING, RUNNING,
     "blocked (waits for a resource)"},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_UNKNOWN, PAUSED, LEAVING, INCOMING, UNKNOWN, "paused (unknown reason)"},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_USER, PAUSED, PAUSED, PAUSED, PAUSED, "paused (by a user)"},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_MIGRATION, FAILED, LEAVING, INCOMING, UNKNOWN, "paused (migration)"},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_SAVE, PAUSED, PAUSED, PAUSED, PAUSED, "paused (being saved)"},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_DUMP, RUNNING, RUNNING, RUNNING, RUNNING, "paused (being dumped)"},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_IOERROR, FAILED, FAILED, FAILED, FAILED, "paused (I/O error)"},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_WATCHDOG, FAILED, FAILED, FAILED, FAILED, "paused (watchdog)"},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_FROM_SNAPSHOT, PAUSED, PAUSED, PAUSED, PAUSED, "paused (from snapshot)"},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_SHUTTING_DOWN, STOPPING, STOPPING, STOPPING, STOPPING,
     "paused (shutting down)"},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_SNAPSHOT, PAUSED, PAUSED, PAUSED, PAUSED, "paused (snapshot being taken)"},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_CRASHED, FAILED, FAILED, FAILED, FAILED, "paused (guest crashed)"},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_STARTING_UP, INCOMING, INCOMING, INCOMING, INCOMING, "paused (starting up)"},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_POSTCOPY, FAILED, LEAVING, PAUSED, UNKNOWN, "paused (post-copy)"},
    {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_POSTCOPY_FAILED, FAILED, LEAVING, FAILED, UNKNOWN,
     "paused (post-copy is interrupted)"},
    {VIR_DOMAIN_SHUTDOWN, VIR_DOMAIN_SHUTDOWN_UNKNOWN, STOPPING, STOPPING, STOPPING, STOPPING,
     "shutting down (unknown reason)"},
    {VIR_DOMAIN_SHUTDOWN, VIR_DOMAIN_SHUTDOWN_USER, STOPPING, STOPPING, STOPPING, STOPPING,
     "shutting down (by a user)"},
    {VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_UNKNOWN, ABSENT, ABSENT, ABSENT, ABSENT, "shut off (unknown reason)"},
    {VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_SHUTDOWN, ABSENT, ABSENT, ABSENT, ABSENT, "shut off (shut down)"},
    {VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_DESTROYED, ABSENT, ABSENT, ABSENT, ABSENT, "shut off (destroyed)"},
    {VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_CRASHED, ABSENT, ABSENT, ABSENT, ABSENT, "shut off (crashed)"},
    {VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_MIGRATED, ABSENT, ABSENT, ABSENT, ABSENT, "shut off (migrated away)"},
    {VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_SAVED, ABSENT, ABSENT, ABSENT, ABSENT, "shut off (saved)"},
    {VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_FAILED, ABSENT, ABSENT, ABSENT, ABSENT, "shut off (failed)"},
    {VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_FROM_SNAPSHOT, ABSENT, ABSENT, ABSENT, ABSENT, "shut off (from snapshot)"},
    {VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_DAEMON, ABSENT, ABSENT, ABSENT, ABSENT, "shut off (ended by libvirtd)"},
    {VIR_DOMAIN_CRASHED, VIR_DOMAIN_CRASHED_UNKNOWN, FAILED, FAILED, FAILED, FAILED, "crashed (unknown reason)"},
    {VIR_DOMAIN_CRASHED, VIR_DOMAIN_CRASHED_PANICKED, FAILED, FAILED, FAILED, FAILED, "crashed (guest panicked)"},
    {VIR_DOMAIN_PMSUSPENDED, VIR_DOMAIN_PMSUSPENDED_UNKNOWN, RUNNING, LEAVING, RUNNING, RUNNING,
     "suspended (by its power management)"},
};

static void pains_6_and_10_every_state_and_reason_has_the_class_that_was_decided(void **state)
{
    (void)state;
    for (size_t i = 0; i < HVC_COUNT(golden); i++) {
        char words[128];

        assert_int_equal(hvc_state_class(golden[i].state, golden[i].reason, HVC_DOMAIN_JOB_NONE), golden[i].none);
        assert_int_equal(hvc_state_class(golden[i].state, golden[i].reason, HVC_DOMAIN_JOB_OUT), golden[i].out);
        assert_int_equal(hvc_state_class(golden[i].state, golden[i].reason, HVC_DOMAIN_JOB_IN), golden[i].in);
        assert_int_equal(hvc_state_class(golden[i].state, golden[i].reason, HVC_DOMAIN_JOB_UNKNOWN), golden[i].unknown);
        hvc_state_words(golden[i].state, golden[i].reason, words, sizeof(words));
        assert_string_equal(words, golden[i].words);
    }
}

static void the_golden_list_has_every_reason_of_libvirt_once(void **state)
{
    static const int reasons[VIR_DOMAIN_LAST] = {
        [VIR_DOMAIN_NOSTATE] = VIR_DOMAIN_NOSTATE_LAST,   [VIR_DOMAIN_RUNNING] = VIR_DOMAIN_RUNNING_LAST,
        [VIR_DOMAIN_BLOCKED] = VIR_DOMAIN_BLOCKED_LAST,   [VIR_DOMAIN_PAUSED] = VIR_DOMAIN_PAUSED_LAST,
        [VIR_DOMAIN_SHUTDOWN] = VIR_DOMAIN_SHUTDOWN_LAST, [VIR_DOMAIN_SHUTOFF] = VIR_DOMAIN_SHUTOFF_LAST,
        [VIR_DOMAIN_CRASHED] = VIR_DOMAIN_CRASHED_LAST,   [VIR_DOMAIN_PMSUSPENDED] = VIR_DOMAIN_PMSUSPENDED_LAST,
    };
    size_t next = 0;

    (void)state;
    for (int s = 0; s < VIR_DOMAIN_LAST; s++) {
        assert_int_equal(hvc_state_reasons(s), reasons[s]);
        for (int r = 0; r < reasons[s]; r++, next++) {
            assert_true(next < HVC_COUNT(golden));
            assert_int_equal(golden[next].state, s);
            assert_int_equal(golden[next].reason, r);
        }
    }
    assert_int_equal(next, HVC_COUNT(golden));
    assert_int_equal(hvc_state_reasons(VIR_DOMAIN_LAST), 0);
}

static void numbers_of_a_newer_libvirt_are_never_absent_and_never_hide_a_guest(void **state)
{
    static const struct {
        int state, reason;
        enum hvc_guest_class wanted;
    } cases[] = {
        {VIR_DOMAIN_LAST, 0, UNKNOWN},
        {99, 0, UNKNOWN},
        {-1, -1, UNKNOWN},
        {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_LAST, UNKNOWN},
        {VIR_DOMAIN_PAUSED, -1, UNKNOWN},
        {VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_LAST, RUNNING},
        {VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_LAST, ABSENT}, /* shut off is shut off, for whatever reason */
        {VIR_DOMAIN_CRASHED, 7, FAILED},
    };
    char words[128];

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++)
        for (int job = 0; job < HVC_DOMAIN_JOB_KINDS; job++)
            assert_int_equal(hvc_state_class(cases[i].state, cases[i].reason, (enum hvc_domain_job)job),
                             cases[i].wanted);
    hvc_state_words(99, 3, words, sizeof(words));
    assert_string_equal(words, "state 99 reason 3, unknown to this version");
    hvc_state_words(VIR_DOMAIN_PAUSED, 77, words, sizeof(words));
    assert_string_equal(words, "paused (reason 77, unknown to this version)");
}

static void only_migrations_make_a_job_count(void **state)
{
    (void)state;
    for (int operation = 0; operation < VIR_DOMAIN_JOB_OPERATION_LAST; operation++) {
        enum hvc_domain_job wanted = HVC_DOMAIN_JOB_NONE;

        if (operation == VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT)
            wanted = HVC_DOMAIN_JOB_OUT;
        else if (operation == VIR_DOMAIN_JOB_OPERATION_MIGRATION_IN)
            wanted = HVC_DOMAIN_JOB_IN;
        else if (operation == VIR_DOMAIN_JOB_OPERATION_UNKNOWN)
            wanted = HVC_DOMAIN_JOB_UNKNOWN;
        assert_int_equal(hvc_domain_job_of(operation), wanted);
    }
    assert_int_equal(hvc_domain_job_of(VIR_DOMAIN_JOB_OPERATION_LAST), HVC_DOMAIN_JOB_UNKNOWN);
    assert_int_equal(hvc_domain_job_of(-1), HVC_DOMAIN_JOB_UNKNOWN);
}

static void both_ends_of_one_migration_are_never_running_at_once(void **state)
{
    /* every pair that libvirt's protocol can show, in its order; see the driver's lab test for the real ones */
    static const struct {
        int source_state, source_reason, target_state, target_reason;
    } steps[] = {
        {VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_STARTING_UP},
        {VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_MIGRATION},
        {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_MIGRATION, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_MIGRATION},
        {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_MIGRATION, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_MIGRATED},
        {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_POSTCOPY, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_POSTCOPY},
        {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_POSTCOPY_FAILED, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_POSTCOPY_FAILED},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(steps); i++) {
        bool source = hvc_state_class(steps[i].source_state, steps[i].source_reason, HVC_DOMAIN_JOB_OUT) == RUNNING;
        bool target = hvc_state_class(steps[i].target_state, steps[i].target_reason, HVC_DOMAIN_JOB_IN) == RUNNING;

        assert_false(source && target);
    }
}

static void the_job_is_asked_for_exactly_where_it_decides(void **state)
{
    (void)state;
    for (size_t i = 0; i < HVC_COUNT(golden); i++) {
        bool differs =
            golden[i].none != golden[i].out || golden[i].none != golden[i].in || golden[i].none != golden[i].unknown;

        assert_int_equal(hvc_state_needs_job(golden[i].state, golden[i].reason), differs);
    }
    assert_false(hvc_state_needs_job(99, 0));
}

static void only_a_forgotten_migration_is_stranded(void **state)
{
    (void)state;
    for (size_t i = 0; i < HVC_COUNT(golden); i++)
        for (int job = 0; job < HVC_DOMAIN_JOB_KINDS; job++)
            assert_int_equal(hvc_state_stranded(golden[i].state, golden[i].reason, (enum hvc_domain_job)job),
                             golden[i].state == VIR_DOMAIN_PAUSED && golden[i].reason == VIR_DOMAIN_PAUSED_MIGRATION &&
                                 job == HVC_DOMAIN_JOB_NONE);
}

static void only_an_end_of_a_post_copy_is_half_a_guest(void **state)
{
    (void)state;
    for (size_t i = 0; i < HVC_COUNT(golden); i++) {
        int s = golden[i].state, r = golden[i].reason;

        assert_int_equal(
            hvc_state_half(s, r),
            (s == VIR_DOMAIN_PAUSED && (r == VIR_DOMAIN_PAUSED_POSTCOPY || r == VIR_DOMAIN_PAUSED_POSTCOPY_FAILED)) ||
                (s == VIR_DOMAIN_RUNNING &&
                 (r == VIR_DOMAIN_RUNNING_POSTCOPY || r == VIR_DOMAIN_RUNNING_POSTCOPY_FAILED)));
    }
    assert_false(hvc_state_half(99, VIR_DOMAIN_PAUSED_POSTCOPY));
}

static void words_of_status_files_become_numbers(void **state)
{
    (void)state;
    assert_int_equal(hvc_state_by_word("running"), VIR_DOMAIN_RUNNING);
    assert_int_equal(hvc_state_by_word("paused"), VIR_DOMAIN_PAUSED);
    assert_int_equal(hvc_state_by_word("pmsuspended"), VIR_DOMAIN_PMSUSPENDED);
    assert_int_equal(hvc_state_by_word("Paused"), -1);
    assert_int_equal(hvc_state_by_word(""), -1);
    assert_int_equal(hvc_reason_by_word(VIR_DOMAIN_PAUSED, "migration"), VIR_DOMAIN_PAUSED_MIGRATION);
    assert_int_equal(hvc_reason_by_word(VIR_DOMAIN_PAUSED, "ioerror"), VIR_DOMAIN_PAUSED_IOERROR);
    assert_int_equal(hvc_reason_by_word(VIR_DOMAIN_RUNNING, "post-copy failed"), VIR_DOMAIN_RUNNING_POSTCOPY_FAILED);
    assert_int_equal(hvc_reason_by_word(VIR_DOMAIN_PAUSED, "new"), -1);
    assert_int_equal(hvc_reason_by_word(-1, "migration"), -1);
}

static void every_class_has_its_own_word(void **state)
{
    (void)state;
    for (int c = 0; c < HVC_GUEST_CLASS_MAX; c++) {
        assert_string_not_equal(hvc_guest_class_name((enum hvc_guest_class)c), "invalid");
        for (int d = 0; d < c; d++)
            assert_string_not_equal(hvc_guest_class_name((enum hvc_guest_class)c),
                                    hvc_guest_class_name((enum hvc_guest_class)d));
        assert_int_equal(hvc_guest_is_present((enum hvc_guest_class)c), c != HVC_GUEST_ABSENT);
    }
    assert_string_equal(hvc_guest_class_name(HVC_GUEST_CLASS_MAX), "invalid");
    assert_string_equal(hvc_hypervisor_health_name(HVC_HYPERVISOR_HANGS), "hangs");
    assert_string_equal(hvc_migrate_phase_name(HVC_MIGRATE_POST_COPY), "post-copy");
    assert_string_equal(hvc_migrate_phase_name(HVC_MIGRATE_INTERRUPTED), "interrupted");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pains_6_and_10_every_state_and_reason_has_the_class_that_was_decided),
        cmocka_unit_test(the_golden_list_has_every_reason_of_libvirt_once),
        cmocka_unit_test(numbers_of_a_newer_libvirt_are_never_absent_and_never_hide_a_guest),
        cmocka_unit_test(only_migrations_make_a_job_count),
        cmocka_unit_test(both_ends_of_one_migration_are_never_running_at_once),
        cmocka_unit_test(the_job_is_asked_for_exactly_where_it_decides),
        cmocka_unit_test(only_a_forgotten_migration_is_stranded),
        cmocka_unit_test(only_an_end_of_a_post_copy_is_half_a_guest),
        cmocka_unit_test(words_of_status_files_become_numbers),
        cmocka_unit_test(every_class_has_its_own_word),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One move over two hypervisors of the test's own that migrate as they are told. */
#include "move_runner.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "hvc/clock.h"
#include "hvc/move.h"
#include "hvc/text.h"

#include "../hvc_cmocka.h"

struct node {
    struct hvc_hypervisor base;
    struct hvc_guest_state state;
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t change;
    struct node source, target;
    uint64_t takes_ms;    /* the copy, unless the guest is paused */
    int result;           /* of the migration, when it was not cancelled */
    bool lies;            /* the migration says it failed, and the guest is at the target */
    bool by_itself;       /* libvirt copies without a call of ours */
    bool silent_progress; /* no job of the guest: its migration is over */
    bool cancelled, paused;
    unsigned looks;
    char owner[64];
} world = {.lock = PTHREAD_MUTEX_INITIALIZER, .change = PTHREAD_COND_INITIALIZER};

static void arrive(void)
{
    world.source.state.guest_class = HVC_GUEST_ABSENT;
    world.target.state.guest_class = HVC_GUEST_RUNNING;
}

static int fake_migrate(struct hvc_hypervisor *h, const char *uuid, const struct hvc_migrate_options *options,
                        uint64_t deadline_ms, struct hvc_error *error)
{
    uint64_t end = hvc_deadline_in(world.takes_ms);
    int rc = 0;

    (void)h;
    (void)uuid;
    (void)deadline_ms;
    assert_string_equal(options->target_uri, "qemu+tls://n2/system");
    (void)pthread_mutex_lock(&world.lock);
    world.source.state.migrating_out = true;
    while (!world.cancelled && !world.paused && hvc_now_ms() < end) {
        struct timespec when;

        (void)clock_gettime(CLOCK_REALTIME, &when);
        when.tv_sec += 1;
        (void)pthread_cond_timedwait(&world.change, &world.lock, &when);
    }
    world.source.state.migrating_out = false;
    if (world.cancelled)
        rc = hvc_error_set(error, -ECANCELED, "operation aborted: canceled by client");
    else if (world.result < 0)
        rc = hvc_error_set(error, world.result, "internal error: qemu unexpectedly closed the monitor");
    if (rc == 0 || world.lies)
        arrive();
    (void)pthread_mutex_unlock(&world.lock);
    return rc;
}

static int fake_inspect(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms,
                        struct hvc_guest_state *ret_state, struct hvc_error *error)
{
    struct node *node = (struct node *)h;

    (void)uuid;
    (void)deadline_ms;
    (void)error;
    (void)pthread_mutex_lock(&world.lock);
    *ret_state = node->state;
    (void)pthread_mutex_unlock(&world.lock);
    (void)hvc_text_copy(ret_state->words, sizeof(ret_state->words), hvc_guest_class_name(ret_state->guest_class));
    return 0;
}

static int fake_progress(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms,
                         struct hvc_migrate_progress *ret_progress, struct hvc_error *error)
{
    (void)h;
    (void)uuid;
    (void)deadline_ms;
    (void)error;
    (void)pthread_mutex_lock(&world.lock);
    *ret_progress =
        (struct hvc_migrate_progress){.phase = world.silent_progress || world.cancelled             ? HVC_MIGRATE_NONE
                                               : world.source.state.guest_class == HVC_GUEST_ABSENT ? HVC_MIGRATE_DONE
                                                                                                    : HVC_MIGRATE_COPY,
                                      .total_bytes = 64 << 20,
                                      .remaining_bytes = 1 << 20,
                                      .rate_bytes = 100 << 20,
                                      .iteration = 2,
                                      .expected_downtime_ms = 21};
    (void)pthread_mutex_unlock(&world.lock);
    return 0;
}

static int set_flag(bool *flag)
{
    (void)pthread_mutex_lock(&world.lock);
    *flag = true;
    (void)pthread_cond_broadcast(&world.change);
    (void)pthread_mutex_unlock(&world.lock);
    return 0;
}

static int fake_cancel(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_error *error)
{
    (void)h;
    (void)uuid;
    (void)deadline_ms;
    (void)error;
    (void)pthread_mutex_lock(&world.lock);
    world.source.state.migrating_out = false;
    (void)pthread_mutex_unlock(&world.lock);
    return set_flag(&world.cancelled);
}

static int fake_pause(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_error *error)
{
    (void)h;
    (void)uuid;
    (void)deadline_ms;
    (void)error;
    if (world.by_itself) { /* no thread of ours copies: the pause lets it end */
        (void)pthread_mutex_lock(&world.lock);
        world.source.state.migrating_out = false;
        arrive();
        (void)pthread_mutex_unlock(&world.lock);
    }
    return set_flag(&world.paused);
}

static int fake_set_downtime(struct hvc_hypervisor *h, const char *uuid, uint64_t downtime_ms, uint64_t deadline_ms,
                             struct hvc_error *error)
{
    (void)uuid;
    (void)downtime_ms;
    (void)deadline_ms;
    (void)error;
    assert_ptr_equal(h, &world.source.base);
    return 0;
}

static int fake_set_owner(struct hvc_hypervisor *h, const char *uuid, const char *owner, uint64_t deadline_ms,
                          struct hvc_error *error)
{
    (void)uuid;
    (void)deadline_ms;
    (void)error;
    assert_ptr_equal(h, &world.target.base);
    return hvc_text_copy(world.owner, sizeof(world.owner), owner);
}

static void take_progress(void *context, const struct hvc_migrate_progress *progress)
{
    (void)context;
    world.looks += progress->phase == HVC_MIGRATE_COPY;
}

static const struct hvc_hypervisor_ops ops = {.migrate = fake_migrate,
                                              .inspect = fake_inspect,
                                              .progress = fake_progress,
                                              .cancel = fake_cancel,
                                              .set_downtime = fake_set_downtime,
                                              .pause = fake_pause,
                                              .set_owner = fake_set_owner};
static atomic_bool cancel_flag;

static int set_up(void **state)
{
    (void)state;
    world.source = (struct node){.base = {&ops}, .state = {.guest_class = HVC_GUEST_RUNNING}};
    world.target = (struct node){.base = {&ops}};
    world.takes_ms = 0;
    world.result = 0;
    world.lies = world.cancelled = world.paused = world.silent_progress = world.by_itself = false;
    world.looks = 0;
    world.owner[0] = '\0';
    atomic_store(&cancel_flag, false);
    return 0;
}

static bool say_lost(void *context, const struct hvc_migrate_progress *progress)
{
    (void)context;
    assert_int_equal(progress->phase, HVC_MIGRATE_COPY);
    return true;
}

static bool (*lost)(void *context, const struct hvc_migrate_progress *progress); /* of the next run */

static struct hvc_move_task a_task(uint64_t deadline_ms, bool force)
{
    return (struct hvc_move_task){.source = &world.source.base,
                                  .target = &world.target.base,
                                  .id = {.uuid = "11111111-2222-4333-8444-555555555555", .name = "vm1"},
                                  .source_name = "n1",
                                  .target_name = "n2",
                                  .owner = "vm1",
                                  .options = {.target_uri = "qemu+tls://n2/system"},
                                  .force_at_deadline = force,
                                  .deadline_ms = deadline_ms,
                                  .cancel = &cancel_flag,
                                  .progress = take_progress,
                                  .lost = lost};
}

static struct hvc_move_result run(uint64_t deadline_ms, bool force)
{
    const struct hvc_move_task task = a_task(deadline_ms, force);
    struct hvc_move_result end;

    hvc_move_runner_run(&task, &end);
    return end;
}

static void a_move_whose_way_is_lost_ends_so_that_another_way_may_be_tried(void **state)
{
    struct hvc_move_result end;

    (void)state;
    world.takes_ms = 600000;
    lost = say_lost;
    end = run(hvc_deadline_in(600000), false);
    lost = NULL;
    assert_int_equal(end.result, HVC_RESULT_FAILED);
    assert_int_equal(end.end, HVC_MOVE_STAYED);
    assert_int_equal(end.error.code, -EHOSTUNREACH);
    assert_non_null(strstr(end.error.text, "its network carries nothing any more"));
}

static void a_move_that_both_ends_confirm_is_done_and_marked(void **state)
{
    struct hvc_move_result end;

    (void)state;
    world.takes_ms = 250;
    end = run(hvc_deadline_in(60000), false);
    assert_int_equal(end.result, HVC_RESULT_OK);
    assert_int_equal(end.downtime_ms, 21);
    assert_true(world.looks > 0);
    assert_string_equal(world.owner, "vm1");
}

static void a_failure_keeps_the_words_of_libvirt_and_says_where_the_guest_is(void **state)
{
    struct hvc_move_result end;

    (void)state;
    world.result = -EIO;
    end = run(hvc_deadline_in(60000), false);
    assert_int_equal(end.result, HVC_RESULT_FAILED);
    assert_string_equal(end.error.text,
                        "guest vm1 stays on n1 (running): internal error: qemu unexpectedly closed the monitor");
    assert_string_equal(world.owner, "");
}

static void what_both_ends_show_counts_more_than_what_the_call_said(void **state)
{
    (void)state;
    world.result = -EIO;
    world.lies = true;
    assert_int_equal(run(hvc_deadline_in(60000), false).result, HVC_RESULT_OK);
}

static void a_cancelled_move_leaves_the_guest_at_the_source(void **state)
{
    struct hvc_move_result end;

    (void)state;
    world.takes_ms = 600000;
    atomic_store(&cancel_flag, true);
    end = run(hvc_deadline_in(600000), false);
    assert_int_equal(end.result, HVC_RESULT_FAILED);
    assert_non_null(strstr(end.error.text, "it was cancelled"));
}

static void a_move_too_slow_is_given_up_before_its_deadline(void **state)
{
    uint64_t deadline = hvc_deadline_in(1200);
    struct hvc_move_result end;

    (void)state;
    world.takes_ms = 600000;
    end = run(deadline, false);
    assert_int_equal(end.result, HVC_RESULT_TIMEOUT);
    assert_true(world.cancelled);
    assert_false(world.paused);
}

static void or_forced_by_a_pause_when_that_was_asked_for(void **state)
{
    (void)state;
    world.takes_ms = 600000;
    assert_int_equal(run(hvc_deadline_in(6000), true).result, HVC_RESULT_OK);
    assert_true(world.paused);
    assert_false(world.cancelled);
}

/* ---- moves that were refused ---- */

static void a_refused_move_tells_where_the_guest_was_left(void **state)
{
    static const struct {
        enum hvc_job_kind kind;
        enum hvc_guest_class source, target;
        bool persistent, leaving;
        enum hvc_move_end seen;
    } rows[] = {
        {HVC_KIND_QUICK, HVC_GUEST_RUNNING, HVC_GUEST_ABSENT, false, false, HVC_MOVE_STAYED},
        {HVC_KIND_RESTART, HVC_GUEST_PAUSED, HVC_GUEST_ABSENT, true, false, HVC_MOVE_STAYED},
        {HVC_KIND_QUICK, HVC_GUEST_FAILED, HVC_GUEST_ABSENT, false, false, HVC_MOVE_STAYED},
        {HVC_KIND_QUICK, HVC_GUEST_RUNNING, HVC_GUEST_ABSENT, false, true, HVC_MOVE_UNDER_WAY},
        {HVC_KIND_QUICK, HVC_GUEST_RUNNING, HVC_GUEST_RUNNING, false, false, HVC_MOVE_UNDER_WAY},
        {HVC_KIND_QUICK, HVC_GUEST_STOPPING, HVC_GUEST_ABSENT, false, false, HVC_MOVE_UNDER_WAY},
        /* it may be in its save file */
        {HVC_KIND_QUICK, HVC_GUEST_ABSENT, HVC_GUEST_ABSENT, false, false, HVC_MOVE_UNDER_WAY},
        {HVC_KIND_DEFINITION, HVC_GUEST_ABSENT, HVC_GUEST_ABSENT, true, false, HVC_MOVE_STAYED},
        {HVC_KIND_STAGED, HVC_GUEST_ABSENT, HVC_GUEST_ABSENT, true, false, HVC_MOVE_STAYED},
        {HVC_KIND_DEFINITION, HVC_GUEST_ABSENT, HVC_GUEST_ABSENT, false, false, HVC_MOVE_UNDER_WAY},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        struct hvc_move_task task = a_task(hvc_deadline_in(60000), false);
        struct hvc_move_result end;

        (void)set_up(NULL);
        world.source.state.guest_class = rows[i].source;
        world.source.state.persistent = rows[i].persistent;
        world.source.state.migrating_out = rows[i].leaving;
        world.target.state.guest_class = rows[i].target;
        task.special.kind = rows[i].kind;
        task.options.target_uri = NULL; /* that is why it is refused */
        hvc_move_runner_run(&task, &end);
        assert_int_equal(end.end, HVC_MOVE_NOT_STARTED);
        if (end.seen != rows[i].seen)
            fail_msg("row %zu: %s", i, hvc_move_end_name(end.seen));
    }
}

static void disks_of_a_guest_that_is_off_have_not_moved_and_it_runs_nowhere(void **state)
{
    struct hvc_move_task task = a_task(hvc_deadline_in(60000), false);
    struct hvc_move_result end;

    (void)state;
    task.special.kind = HVC_KIND_STORAGE; /* without a plan */
    task.target = task.source;
    hvc_move_runner_run(&task, &end);
    assert_int_equal(end.seen, HVC_MOVE_STAYED);
    world.source.state.guest_class = HVC_GUEST_ABSENT;
    hvc_move_runner_run(&task, &end);
    assert_int_equal(end.end, HVC_MOVE_NOT_STARTED);
    assert_int_equal(end.seen, HVC_MOVE_GONE);
}

static void a_guest_that_is_at_neither_end_is_gone(void **state)
{
    struct hvc_move_result end;

    (void)state;
    world.source.state.guest_class = HVC_GUEST_ABSENT;
    end = run(hvc_deadline_in(60000), false);
    assert_int_equal(end.end, HVC_MOVE_NOT_STARTED);
    assert_int_equal(end.seen, HVC_MOVE_GONE);
}

/* ---- moves that somebody else started ---- */

static unsigned searches, found_at; /* found by the search of this number; 0: never */
static int not_found;               /* what the other searches say */

static int find_target(void *context, struct hvc_hypervisor **ret_target)
{
    (void)context;
    if (++searches != found_at)
        return not_found;
    *ret_target = &world.target.base;
    return 0;
}

static struct hvc_move_wish wish;

static struct hvc_move_result run_adopted(struct hvc_hypervisor *target)
{
    const struct hvc_move_task task = {.source = &world.source.base,
                                       .target = target,
                                       .id = {.uuid = "11111111-2222-4333-8444-555555555555", .name = "vm1"},
                                       .source_name = "n1",
                                       .target_name = "n2",
                                       .owner = "",
                                       .adopted = true,
                                       .deadline_ms = HVC_NO_DEADLINE,
                                       .cancel = &cancel_flag,
                                       .wish = &wish,
                                       .progress = take_progress,
                                       .find_target = find_target};
    struct hvc_move_result end;

    searches = 0;
    hvc_move_runner_run(&task, &end);
    return end;
}

static void an_adopted_move_whose_target_is_known_is_proven_at_both_ends(void **state)
{
    static const struct {
        enum hvc_guest_class source, target;
        enum hvc_result result;
    } ends[] = {
        {HVC_GUEST_ABSENT, HVC_GUEST_RUNNING, HVC_RESULT_OK},
        {HVC_GUEST_ABSENT, HVC_GUEST_PAUSED, HVC_RESULT_OK},
        {HVC_GUEST_RUNNING, HVC_GUEST_ABSENT, HVC_RESULT_FAILED},
        {HVC_GUEST_ABSENT, HVC_GUEST_ABSENT, HVC_RESULT_NOT_FOUND},
        {HVC_GUEST_RUNNING, HVC_GUEST_RUNNING, HVC_RESULT_UNKNOWN_OUTCOME},
    };

    (void)state;
    world.silent_progress = true;
    for (size_t i = 0; i < HVC_COUNT(ends); i++) {
        struct hvc_move_result end;

        world.source.state.guest_class = ends[i].source;
        world.target.state.guest_class = ends[i].target;
        end = run_adopted(&world.target.base);
        if (end.result != ends[i].result || end.unproven || searches != 0)
            fail_msg("end %zu: %s (%s)", i, hvc_result_word(end.result), end.error.text);
    }
}

static void who_wants_an_adopted_move_gets_it_in_time_or_back(void **state)
{
    struct hvc_move_result end;

    (void)state;
    for (int force = 0; force <= 1; force++) {
        (void)set_up(NULL);
        world.source.state.migrating_out = world.by_itself = true;
        wish.deadline_ms = hvc_deadline_in(force ? 6000 : 3000);
        wish.force_at_deadline = force;
        atomic_store(&wish.set, true);
        end = run_adopted(&world.target.base);
        assert_int_equal(end.result, force ? HVC_RESULT_OK : HVC_RESULT_TIMEOUT);
        assert_int_equal(world.paused, force);
        assert_int_equal(world.cancelled, !force);
        assert_true(hvc_deadline_left(wish.deadline_ms) > 0);
    }
    atomic_store(&wish.set, false);
}

static void a_target_that_is_found_on_the_way_gives_the_same_proof(void **state)
{
    struct hvc_move_result end;

    (void)state;
    found_at = 2;
    not_found = -EAGAIN;
    world.source.state.migrating_out = true;
    atomic_store(&cancel_flag, true); /* that ends the copy: the guest stays */
    end = run_adopted(NULL);
    assert_int_equal(end.result, HVC_RESULT_FAILED);
    assert_non_null(strstr(end.error.text, "guest vm1 stays on n1"));
    assert_int_equal(searches, 2);
    assert_false(end.unproven);
}

static void without_a_target_only_what_is_seen_is_said(void **state)
{
    static const struct {
        enum hvc_guest_class source;
        int not_found;
        enum hvc_result result;
        bool unproven;
        const char *words;
    } ends[] = {
        {HVC_GUEST_RUNNING, -ENOENT, HVC_RESULT_FAILED, false, "is still on this node"},
        {HVC_GUEST_ABSENT, -ENOENT, HVC_RESULT_NOT_FOUND, false, "it is on no node"},
        {HVC_GUEST_ABSENT, -EAGAIN, HVC_RESULT_UNKNOWN_OUTCOME, true, "no node that answers has it"},
    };

    (void)state;
    found_at = 0;
    for (size_t i = 0; i < HVC_COUNT(ends); i++) {
        struct hvc_move_result end;

        world.source.state.guest_class = ends[i].source;
        not_found = ends[i].not_found;
        end = run_adopted(NULL);
        if (end.result != ends[i].result || end.unproven != ends[i].unproven ||
            strstr(end.error.text, ends[i].words) == NULL)
            fail_msg("end %zu: %s (%s)", i, hvc_result_word(end.result), end.error.text);
        assert_true(searches >= 2); /* the last one after the guest had left */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_move_that_both_ends_confirm_is_done_and_marked, set_up),
        cmocka_unit_test_setup(a_move_whose_way_is_lost_ends_so_that_another_way_may_be_tried, set_up),
        cmocka_unit_test_setup(a_failure_keeps_the_words_of_libvirt_and_says_where_the_guest_is, set_up),
        cmocka_unit_test_setup(what_both_ends_show_counts_more_than_what_the_call_said, set_up),
        cmocka_unit_test_setup(a_cancelled_move_leaves_the_guest_at_the_source, set_up),
        cmocka_unit_test_setup(a_move_too_slow_is_given_up_before_its_deadline, set_up),
        cmocka_unit_test_setup(or_forced_by_a_pause_when_that_was_asked_for, set_up),
        cmocka_unit_test_setup(a_refused_move_tells_where_the_guest_was_left, set_up),
        cmocka_unit_test_setup(disks_of_a_guest_that_is_off_have_not_moved_and_it_runs_nowhere, set_up),
        cmocka_unit_test_setup(a_guest_that_is_at_neither_end_is_gone, set_up),
        cmocka_unit_test_setup(an_adopted_move_whose_target_is_known_is_proven_at_both_ends, set_up),
        cmocka_unit_test_setup(who_wants_an_adopted_move_gets_it_in_time_or_back, set_up),
        cmocka_unit_test_setup(a_target_that_is_found_on_the_way_gives_the_same_proof, set_up),
        cmocka_unit_test_setup(without_a_target_only_what_is_seen_is_said, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One move over two fake nodes, with everything that can go wrong on the way. */
#include "hvc/move.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "../hvc_cmocka.h"
#include "fake_world.h"
#include "hvc/clock.h"

static int setup(void **state)
{
    static struct fake_world world;

    fake_world_begin(&world);
    *state = &world;
    return 0;
}

static int teardown(void **state)
{
    fake_world_end(*state);
    return 0;
}

static struct hvc_move *new_move(struct fake_world *w, bool force, bool post_copy, bool adopt)
{
    struct hvc_move_request request = {
        .id = {.uuid = FAKE_UUID, .name = "vm1"},
        .source = &w->source.base,
        .target = &w->target.base,
        .source_name = "n1",
        .target_name = "n2",
        .options = {.target_uri = "fake://n2", .migrate_uri = "tcp://n2-mig", .post_copy_allowed = post_copy},
        .force = force,
        .adopt = adopt,
    };
    struct hvc_move *move = NULL;

    assert_int_equal(hvc_move_new(&request, &move, NULL), 0);
    return move;
}

/* Runs a whole move and checks what must hold after every one that is proven. */
static enum hvc_move_end run(struct fake_world *w, struct hvc_move *move, uint64_t ms, struct hvc_error *error)
{
    uint64_t begin = hvc_now_ms();
    enum hvc_move_end end = hvc_move_run(move, hvc_deadline_in(ms), error);
    struct hvc_move_report report;

    assert_true(hvc_now_ms() - begin < ms + 30000);
    hvc_move_report(move, &report);
    assert_int_equal(report.end, end);
    assert_int_equal(report.phase, HVC_MOVE_ENDED);
    if (end == HVC_MOVE_MOVED)
        assert_int_equal(w->target.guest.guest_class, HVC_GUEST_RUNNING);
    if (end == HVC_MOVE_STAYED)
        assert_int_equal(w->source.guest.guest_class, HVC_GUEST_RUNNING);
    if (end == HVC_MOVE_MOVED)
        assert_int_equal(error->code, 0);
    else
        assert_string_not_equal(error->text, "");
    return end;
}

static void a_guest_moves_and_the_report_tells_how(void **state)
{
    struct fake_world *w = *state;
    struct hvc_move *move = new_move(w, false, false, false);
    struct hvc_move_report report;
    struct hvc_error error;

    assert_int_equal(run(w, move, 10000, &error), HVC_MOVE_MOVED);
    hvc_move_report(move, &report);
    assert_true(report.source_answered && report.target_answered);
    assert_int_equal(report.progress.percent, 100);
    assert_int_equal(report.downtime_ms, 13);
    assert_false(report.forced || report.aborted || report.cancelled);
    assert_int_equal(w->migrations, 1);
    assert_string_equal(w->options.target_uri, "fake://n2");
    assert_string_equal(w->options.migrate_uri, "tcp://n2-mig");
    assert_int_equal(w->cancels, 0);
    assert_int_equal(w->source.kills + w->target.kills, 0);
    hvc_move_free(move);
}

/* Its other end was fenced and stays off: what is left decides, and the dead one is not waited for. */
static void an_adopted_move_with_a_dead_end_is_proven_by_the_other(void **state)
{
    static const struct {
        bool source_dead;
        enum hvc_guest_class left; /* at the end that lives */
        enum hvc_move_end wanted;
        unsigned kills;
    } rows[] = {
        {false, HVC_GUEST_RUNNING, HVC_MOVE_STAYED, 0}, {false, HVC_GUEST_ABSENT, HVC_MOVE_GONE, 0},
        {true, HVC_GUEST_RUNNING, HVC_MOVE_MOVED, 0},   {true, HVC_GUEST_ABSENT, HVC_MOVE_GONE, 0},
        {true, HVC_GUEST_INCOMING, HVC_MOVE_GONE, 1}, /* it was never told to finish */
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        struct fake_world w;
        struct hvc_move_request request = {.id = {.uuid = FAKE_UUID, .name = "vm1"},
                                           .source = &w.source.base,
                                           .target = &w.target.base,
                                           .source_name = "n1",
                                           .target_name = "n2",
                                           .adopt = true,
                                           .source_dead = rows[i].source_dead,
                                           .target_dead = !rows[i].source_dead};
        struct fake_node *dead = rows[i].source_dead ? &w.source : &w.target;
        struct fake_node *alive = rows[i].source_dead ? &w.target : &w.source;
        struct hvc_move *move = NULL;
        struct hvc_error error = {0};

        fake_world_begin(&w);
        dead->silent = true;
        fake_set(alive, rows[i].left, false, false);
        assert_int_equal(hvc_move_new(&request, &move, NULL), 0);
        assert_int_equal(hvc_move_run(move, hvc_deadline_in(20000), &error), rows[i].wanted);
        assert_int_equal(alive->kills, rows[i].kills);
        assert_int_equal(dead->inspects + dead->kills, 0);
        hvc_move_free(move);
        fake_world_end(&w);
    }
}

/* What is expected of a fault; all of them run at once, for each takes its seconds of silence. */
static const struct fault_case {
    const char *what;
    enum fake_fault fault;
    enum hvc_move_end wanted;
    int code;
    const char *words;
    bool source_answered, target_answered;
    unsigned source_kills, target_kills;
} fault_cases[] = {
    {"refused", FAULT_REFUSED, HVC_MOVE_STAYED, -EPERM, "fake: unsafe", true, true, 0, 0},
    {"fails", FAULT_FAILS_IN_COPY, HVC_MOVE_STAYED, -EIO, "fake: the stream broke", true, true, 0, 0},
    {"target dies in copy", FAULT_TARGET_DIES_IN_COPY, HVC_MOVE_STAYED, -EIO, "does not answer", true, false, 0, 0},
    {"source dies at the end", FAULT_SOURCE_DIES_AT_END, HVC_MOVE_MOVED, 0, "", false, true, 0, 0},
    {"source hangs at the end", FAULT_SOURCE_HANGS_AT_END, HVC_MOVE_MOVED, 0, "", false, true, 0, 0},
    {"target dies at the end", FAULT_TARGET_DIES_AT_END, HVC_MOVE_MOVED, 0, "", true, false, 0, 0},
    {"left incoming", FAULT_LEFT_INCOMING, HVC_MOVE_STAYED, -EIO, "fake: the stream broke", true, true, 0, 1},
    {"guest ends", FAULT_GUEST_ENDS, HVC_MOVE_GONE, -ENOENT, "neither on n1 nor on n2", true, true, 0, 0},
    {"stranded, runs", FAULT_STRANDED_RUNS, HVC_MOVE_MOVED, 0, "", true, true, 1, 0},
    {"stranded, nothing", FAULT_STRANDED_NOTHING, HVC_MOVE_BROKEN, -ENOTRECOVERABLE, "remains", true, true, 0, 0},
    {"twice", FAULT_RUNS_TWICE, HVC_MOVE_DOUBLE, -ENOTUNIQ, "AND on n2", true, true, 0, 0},
    {"post-copy fails", FAULT_POST_COPY_FAILS, HVC_MOVE_BROKEN, -ENOTRECOVERABLE, "remains", true, true, 0, 0},
    {"call breaks", FAULT_CALL_BREAKS, HVC_MOVE_MOVED, 0, "", true, true, 0, 0},
};

struct fault_run {
    const struct fault_case *fault_case;
    struct fake_world world;
    struct hvc_move *move;
    struct hvc_error error;
    enum hvc_move_end end;
    pthread_t thread;
};

static void *run_fault(void *argument)
{
    struct fault_run *r = argument;

    r->end = hvc_move_run(r->move, hvc_deadline_in(20000), &r->error);
    return NULL;
}

static void check_fault(struct fault_run *r)
{
    const struct fault_case *c = r->fault_case;
    struct hvc_move_report report;

    hvc_move_report(r->move, &report);
    if (r->end != c->wanted || r->error.code != c->code || strstr(r->error.text, c->words) == NULL)
        fail_msg("%s: %s %d \"%s\"", c->what, hvc_move_end_name(r->end), r->error.code, r->error.text);
    assert_int_equal(report.source_answered, c->source_answered);
    assert_int_equal(report.target_answered, c->target_answered);
    assert_int_equal(r->world.source.kills, c->source_kills);
    assert_int_equal(r->world.target.kills, c->target_kills);
    assert_int_equal(r->world.migrations, 1);
}

static void every_fault_ends_in_what_is_true(void **state)
{
    static struct fault_run runs[HVC_COUNT(fault_cases)];

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(runs); i++) {
        runs[i] = (struct fault_run){.fault_case = &fault_cases[i]};
        fake_world_begin(&runs[i].world);
        runs[i].world.fault = fault_cases[i].fault;
        runs[i].world.copy_ms = 200;
        runs[i].move = new_move(&runs[i].world, false, false, false);
        assert_int_equal(pthread_create(&runs[i].thread, NULL, run_fault, &runs[i]), 0);
    }
    for (size_t i = 0; i < HVC_COUNT(runs); i++)
        (void)pthread_join(runs[i].thread, NULL);
    for (size_t i = 0; i < HVC_COUNT(runs); i++) {
        check_fault(&runs[i]);
        fake_world_end(&runs[i].world);
        hvc_move_free(runs[i].move);
    }
}

static void a_source_that_dies_in_the_copy_is_not_proven_by_a_clean_target(void **state)
{
    struct fake_world *w = *state;
    struct hvc_move *move = new_move(w, false, false, false);
    struct hvc_error error;

    w->fault = FAULT_SOURCE_DIES_IN_COPY;
    w->copy_ms = 500;
    assert_int_equal(run(w, move, 2600, &error), HVC_MOVE_UNPROVEN);
    assert_int_equal(error.code, -EINPROGRESS);
    assert_non_null(strstr(error.text, "not proven"));
    /* it comes back without the guest: run again, the move ends */
    w->source.silent = false;
    fake_set(&w->source, HVC_GUEST_ABSENT, false, false);
    assert_int_equal(run(w, move, 2600, &error), HVC_MOVE_GONE);
    hvc_move_free(move);
}

/* A thread that cancels after a time. */
struct canceller {
    struct hvc_move *move;
    int after_ms;
};

static void *cancel_later(void *argument)
{
    struct canceller *c = argument;

    (void)poll(NULL, 0, c->after_ms);
    hvc_move_cancel(c->move, "the client went away");
    hvc_move_cancel(c->move, "a second word does not count");
    return NULL;
}

static void a_cancel_at_any_moment_leaves_the_guest_at_one_end(void **state)
{
    static const int moments[] = {0, 1, 5, 10, 15, 20, 30, 40, 45, 50, 55, 60, 80};

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(moments); i++) {
        struct fake_world w;
        struct canceller c = {.after_ms = moments[i]};
        struct hvc_error error;
        enum hvc_move_end end;
        pthread_t thread;

        fake_world_begin(&w);
        w.copy_ms = 40;
        c.move = new_move(&w, false, false, false);
        assert_int_equal(pthread_create(&thread, NULL, cancel_later, &c), 0);
        end = hvc_move_run(c.move, hvc_deadline_in(10000), &error);
        (void)pthread_join(thread, NULL);
        if (end == HVC_MOVE_MOVED) {
            assert_int_equal(w.target.guest.guest_class, HVC_GUEST_RUNNING);
            assert_int_equal(w.source.guest.guest_class, HVC_GUEST_ABSENT);
        } else {
            assert_true(end == HVC_MOVE_STAYED || end == HVC_MOVE_NOT_STARTED);
            assert_int_equal(error.code, -ECANCELED);
            assert_non_null(strstr(error.text, "the client went away"));
            assert_int_equal(w.source.guest.guest_class, HVC_GUEST_RUNNING);
            assert_int_equal(w.target.guest.guest_class, HVC_GUEST_ABSENT);
        }
        fake_world_end(&w);
        hvc_move_free(c.move);
    }
}

static void a_cancel_during_an_endless_copy_ends_it_at_once(void **state)
{
    struct fake_world *w = *state;
    struct canceller c = {.move = new_move(w, false, false, false), .after_ms = 300};
    struct hvc_error error;
    pthread_t thread;
    uint64_t begin = hvc_now_ms();

    w->copy_ms = UINT64_MAX;
    assert_int_equal(pthread_create(&thread, NULL, cancel_later, &c), 0);
    assert_int_equal(hvc_move_run(c.move, HVC_NO_DEADLINE, &error), HVC_MOVE_STAYED);
    assert_int_equal(error.code, -ECANCELED);
    assert_true(hvc_now_ms() - begin < 30000);
    (void)pthread_join(thread, NULL);
    hvc_move_free(c.move);
}

static void a_move_that_does_not_converge_is_given_up_before_its_deadline(void **state)
{
    struct fake_world *w = *state;
    struct hvc_move *move = new_move(w, false, false, false);
    struct hvc_move_report report;
    struct hvc_error error;
    uint64_t begin = hvc_now_ms();

    w->copy_ms = UINT64_MAX;
    assert_int_equal(run(w, move, 2400, &error), HVC_MOVE_STAYED);
    assert_int_equal(error.code, -ETIMEDOUT);
    assert_non_null(strstr(error.text, "within its time"));
    assert_true(hvc_now_ms() - begin < 30000);
    hvc_move_report(move, &report);
    assert_true(report.aborted);
    assert_false(report.forced);
    hvc_move_free(move);
}

static void the_downtime_limit_is_raised_until_it_suffices(void **state)
{
    struct fake_world *w = *state;
    struct hvc_move *move = new_move(w, false, false, false);
    struct hvc_move_report report;
    struct hvc_error error;

    w->copy_ms = UINT64_MAX;
    w->remaining = 1000; /* at a rate of 1000 a second: 1000 ms, and a fifth more */
    w->downtime_needed = 1200;
    assert_int_equal(run(w, move, 4000, &error), HVC_MOVE_MOVED);
    hvc_move_report(move, &report);
    assert_int_equal(report.downtime_limit_ms, 1200);
    hvc_move_free(move);
}

static void force_pauses_the_guest_rather_than_giving_up(void **state)
{
    struct fake_world *w = *state;
    struct hvc_move *move = new_move(w, true, false, false);
    struct hvc_move_report report;
    struct hvc_error error;

    w->copy_ms = UINT64_MAX;
    assert_int_equal(run(w, move, 2600, &error), HVC_MOVE_MOVED);
    hvc_move_report(move, &report);
    assert_true(report.forced);
    assert_false(report.aborted);
    assert_int_equal(w->cancels, 0);
    hvc_move_free(move);
}

static void post_copy_is_used_where_it_is_allowed(void **state)
{
    struct fake_world *w = *state;
    struct hvc_move *move = new_move(w, false, true, false);
    struct hvc_move_report report;
    struct hvc_error error;

    w->copy_ms = UINT64_MAX;
    assert_int_equal(run(w, move, 2600, &error), HVC_MOVE_MOVED);
    hvc_move_report(move, &report);
    assert_true(report.post_copied);
    hvc_move_free(move);
}

static void a_deaf_hypervisor_leaves_the_move_unproven_at_the_deadline(void **state)
{
    struct fake_world *w = *state;
    struct hvc_move *move = new_move(w, false, false, false);
    struct hvc_error error;

    w->copy_ms = UINT64_MAX;
    w->fault = FAULT_CANCEL_DEAF;
    assert_int_equal(run(w, move, 2500, &error), HVC_MOVE_UNPROVEN);
    assert_true(w->cancels >= 1);
    w->fault = FAULT_NONE;
    assert_int_equal(run(w, move, 5000, &error), HVC_MOVE_STAYED);
    hvc_move_free(move);
}

static void checks_refuse_what_cannot_move(void **state)
{
    static const struct {
        enum hvc_guest_class source, target;
        bool migrating_out, source_down, target_silent;
        int code;
    } cases[] = {
        {HVC_GUEST_ABSENT, HVC_GUEST_ABSENT, false, false, false, -ENOENT},
        {HVC_GUEST_FAILED, HVC_GUEST_ABSENT, false, false, false, -EBUSY},
        {HVC_GUEST_STOPPING, HVC_GUEST_ABSENT, false, false, false, -EBUSY},
        {HVC_GUEST_INCOMING, HVC_GUEST_ABSENT, false, false, false, -EBUSY},
        {HVC_GUEST_RUNNING, HVC_GUEST_ABSENT, true, false, false, -EBUSY},
        {HVC_GUEST_RUNNING, HVC_GUEST_RUNNING, false, false, false, -EEXIST},
        {HVC_GUEST_RUNNING, HVC_GUEST_FAILED, false, false, false, -EEXIST},
        {HVC_GUEST_RUNNING, HVC_GUEST_INCOMING, false, false, false, -EEXIST},
        {HVC_GUEST_RUNNING, HVC_GUEST_ABSENT, false, true, false, -ENOTCONN},
        {HVC_GUEST_RUNNING, HVC_GUEST_ABSENT, false, false, true, -ETIMEDOUT},
    };
    struct fake_world *w = *state;

    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_move *move = new_move(w, true, false, false);
        struct hvc_error error;

        fake_set(&w->source, cases[i].source, cases[i].migrating_out, false);
        fake_set(&w->target, cases[i].target, false, false);
        w->source.down = cases[i].source_down;
        w->target.silent = cases[i].target_silent;
        assert_int_equal(hvc_move_run(move, hvc_deadline_in(300), &error), HVC_MOVE_NOT_STARTED);
        assert_int_equal(error.code, cases[i].code);
        assert_int_equal(w->migrations, 0);
        w->source.down = w->target.silent = false;
        hvc_move_free(move);
    }
}

static void a_guest_that_is_at_the_target_already_has_moved(void **state)
{
    struct fake_world *w = *state;
    struct hvc_move *move = new_move(w, false, false, false);
    struct hvc_error error;

    fake_set(&w->source, HVC_GUEST_ABSENT, false, false);
    fake_set(&w->target, HVC_GUEST_RUNNING, false, false);
    assert_int_equal(run(w, move, 1000, &error), HVC_MOVE_MOVED);
    assert_int_equal(w->migrations, 0);
    hvc_move_free(move);
}

/* A migration that somebody else started. */
static void *foreign_migration(void *argument)
{
    struct fake_world *w = argument;
    struct hvc_migrate_options options = {.target_uri = "fake://n2"};

    (void)hvc_hypervisor_migrate(&w->source.base, FAKE_UUID, &options, HVC_NO_DEADLINE, NULL);
    return NULL;
}

static void a_migration_that_somebody_else_started_is_watched_to_its_end(void **state)
{
    static const struct {
        enum fake_fault fault;
        bool cancel;
        enum hvc_move_end wanted;
    } cases[] = {
        {FAULT_NONE, false, HVC_MOVE_MOVED},
        {FAULT_FAILS_IN_COPY, false, HVC_MOVE_STAYED},
        {FAULT_STRANDED_RUNS, false, HVC_MOVE_MOVED},
        {FAULT_NONE, true, HVC_MOVE_STAYED},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct fake_world w;
        struct hvc_move *move;
        struct hvc_error error;
        enum hvc_move_end end;
        pthread_t thread;
        bool under_way = false;

        fake_world_begin(&w);
        w.fault = cases[i].fault;
        w.copy_ms = cases[i].cancel ? UINT64_MAX : 300;
        assert_int_equal(pthread_create(&thread, NULL, foreign_migration, &w), 0);
        while (!under_way) {
            (void)pthread_mutex_lock(&w.lock);
            under_way = w.migrations == 1;
            (void)pthread_mutex_unlock(&w.lock);
        }
        move = new_move(&w, false, false, true);
        if (cases[i].cancel)
            hvc_move_cancel(move, "not wanted");
        end = hvc_move_run(move, hvc_deadline_in(10000), &error);
        if (end != cases[i].wanted)
            fail_msg("case %zu: %s \"%s\"", i, hvc_move_end_name(end), error.text);
        assert_int_equal(w.migrations, 1);
        (void)pthread_join(thread, NULL);
        fake_world_end(&w);
        hvc_move_free(move);
    }
}

static void a_move_is_checked_when_it_is_made(void **state)
{
    struct fake_world *w = *state;
    struct hvc_move_request request = {.id = {.uuid = FAKE_UUID, .name = "vm1"},
                                       .source = &w->source.base,
                                       .target = &w->target.base,
                                       .source_name = "n1",
                                       .target_name = "n2"};
    char longest[HVC_URI_MAX + 1];
    struct hvc_move *move = NULL;
    struct hvc_error error;

    memset(longest, 'x', HVC_URI_MAX);
    longest[HVC_URI_MAX] = '\0';
    assert_int_equal(hvc_move_new(&request, &move, &error), -EINVAL); /* no target URI */
    request.options.target_uri = longest;
    assert_int_equal(hvc_move_new(&request, &move, &error), -ENAMETOOLONG);
    request.options.target_uri = "fake://n2";
    request.target_name = longest;
    assert_int_equal(hvc_move_new(&request, &move, &error), -ENAMETOOLONG);
    request.target_name = "n2";
    memcpy(request.id.uuid, "vm1", 4);
    assert_int_equal(hvc_move_new(&request, &move, &error), -EINVAL);
    assert_null(move);
    hvc_move_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_guest_moves_and_the_report_tells_how, setup, teardown),
        cmocka_unit_test_setup_teardown(an_adopted_move_with_a_dead_end_is_proven_by_the_other, setup, teardown),
        cmocka_unit_test(every_fault_ends_in_what_is_true),
        cmocka_unit_test_setup_teardown(a_source_that_dies_in_the_copy_is_not_proven_by_a_clean_target, setup,
                                        teardown),
        cmocka_unit_test(a_cancel_at_any_moment_leaves_the_guest_at_one_end),
        cmocka_unit_test_setup_teardown(a_cancel_during_an_endless_copy_ends_it_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(a_move_that_does_not_converge_is_given_up_before_its_deadline, setup, teardown),
        cmocka_unit_test_setup_teardown(the_downtime_limit_is_raised_until_it_suffices, setup, teardown),
        cmocka_unit_test_setup_teardown(force_pauses_the_guest_rather_than_giving_up, setup, teardown),
        cmocka_unit_test_setup_teardown(post_copy_is_used_where_it_is_allowed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_deaf_hypervisor_leaves_the_move_unproven_at_the_deadline, setup, teardown),
        cmocka_unit_test_setup_teardown(checks_refuse_what_cannot_move, setup, teardown),
        cmocka_unit_test_setup_teardown(a_guest_that_is_at_the_target_already_has_moved, setup, teardown),
        cmocka_unit_test(a_migration_that_somebody_else_started_is_watched_to_its_end),
        cmocka_unit_test_setup_teardown(a_move_is_checked_when_it_is_made, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/pacing.h"

#include "../hvc_cmocka.h"

#define MIB (1024ULL * 1024)

/* 100 s and 10 s of them for the proof: 90 s to steer. */
static const struct hvc_pacing_config abort_config = {
    .budget_ms = 100000, .proof_ms = 10000, .downtime_ms = 300, .downtime_max_ms = 2000};
static const struct hvc_pacing_config force_config = {
    .budget_ms = 100000, .proof_ms = 10000, .downtime_ms = 300, .downtime_max_ms = 2000, .force = true};
static const struct hvc_pacing_config post_copy_config = {
    .budget_ms = 100000, .proof_ms = 10000, .downtime_ms = 300, .downtime_max_ms = 2000, .post_copy = true};
static const struct hvc_pacing_config post_copy_force_config = {.budget_ms = 100000,
                                                                .proof_ms = 10000,
                                                                .downtime_ms = 300,
                                                                .downtime_max_ms = 2000,
                                                                .force = true,
                                                                .post_copy = true};
static const struct hvc_pacing_config unlimited_config = {.downtime_ms = 300, .downtime_max_ms = 2000, .force = true};
static const struct hvc_pacing_config short_config = {
    .budget_ms = 5000, .proof_ms = 10000, .downtime_ms = 300, .downtime_max_ms = 2000, .force = true};

static void decisions_follow_the_table(void **state)
{
    /* remaining is in MiB, the rate is 100 MiB/s unless it is given */
    static const struct {
        const char *what;
        const struct hvc_pacing_config *config;
        struct hvc_pacing_state state;
        uint64_t elapsed, iteration, remaining, rate;
        bool idle;
        enum hvc_pacing_action wanted;
        uint64_t downtime;
    } cases[] = {
        {"the first pass is left alone", &abort_config, {0}, 50000, 1, 5000, 100, false, HVC_PACING_NOTHING, 0},
        {"nothing in the first third", &abort_config, {0}, 20000, 3, 100, 100, false, HVC_PACING_NOTHING, 0},
        {"half way up", &abort_config, {0}, 49500, 3, 10000, 100, false, HVC_PACING_SET_DOWNTIME, 1150},
        {"only what is needed", &abort_config, {0}, 60000, 3, 50, 100, false, HVC_PACING_SET_DOWNTIME, 600},
        {"the highest", &abort_config, {0}, 75000, 3, 10000, 100, false, HVC_PACING_SET_DOWNTIME, 2000},
        {"the highest is set once",
         &abort_config,
         {.downtime_ms = 2000},
         80000,
         3,
         10000,
         100,
         false,
         HVC_PACING_NOTHING,
         0},
        {"no step under a tenth",
         &abort_config,
         {.downtime_ms = 1150},
         50000,
         3,
         10000,
         100,
         false,
         HVC_PACING_NOTHING,
         0},
        {"the last step may be small",
         &abort_config,
         {.downtime_ms = 590},
         60000,
         3,
         50,
         100,
         false,
         HVC_PACING_SET_DOWNTIME,
         600},
        {"never lower", &abort_config, {.downtime_ms = 1900}, 60000, 3, 50, 100, false, HVC_PACING_NOTHING, 0},
        {"an unknown rate: what is allowed",
         &abort_config,
         {0},
         75000,
         3,
         100,
         0,
         false,
         HVC_PACING_SET_DOWNTIME,
         2000},
        {"abort when the time is over", &abort_config, {0}, 90000, 3, 100, 100, false, HVC_PACING_ABORT, 0},
        {"abort once", &abort_config, {.aborted = true}, 95000, 3, 100, 100, false, HVC_PACING_NOTHING, 0},
        {"abort in set-up as well", &abort_config, {0}, 90000, 0, 0, 0, true, HVC_PACING_ABORT, 0},
        {"nothing in the switch-over", &abort_config, {0}, 80000, 3, 1, 100, true, HVC_PACING_NOTHING, 0},

        {"pause while the rest can be sent",
         &force_config,
         {.downtime_ms = 2000},
         88100,
         3,
         100,
         100,
         false,
         HVC_PACING_PAUSE,
         0},
        {"pause earlier when more remains",
         &force_config,
         {.downtime_ms = 2000},
         60000,
         3,
         2000,
         100,
         false,
         HVC_PACING_PAUSE,
         0},
        {"not before", &force_config, {.downtime_ms = 2000}, 59000, 3, 2000, 100, false, HVC_PACING_NOTHING, 0},
        {"in the first pass, too", &force_config, {0}, 75000, 1, 1000, 100, false, HVC_PACING_PAUSE, 0},
        {"more than can ever be sent is no reason",
         &force_config,
         {.downtime_ms = 2000},
         85000,
         1,
         100000,
         100,
         false,
         HVC_PACING_NOTHING,
         0},
        {"an unknown rate is no reason",
         &force_config,
         {.downtime_ms = 2000},
         85000,
         3,
         100,
         0,
         false,
         HVC_PACING_NOTHING,
         0},
        {"a paused guest is waited for",
         &force_config,
         {.paused = true},
         89000,
         3,
         100,
         100,
         false,
         HVC_PACING_NOTHING,
         0},
        {"until the time is over", &force_config, {.paused = true}, 90000, 3, 100, 100, false, HVC_PACING_ABORT, 0},

        {"post-copy after some passes", &post_copy_config, {0}, 54000, 2, 5000, 100, false, HVC_PACING_POST_COPY, 0},
        {"not in the first pass", &post_copy_config, {0}, 60000, 1, 5000, 100, false, HVC_PACING_NOTHING, 0},
        {"not before its time", &post_copy_config, {0}, 53000, 2, 5, 100, false, HVC_PACING_NOTHING, 0},
        {"forced by post-copy", &post_copy_force_config, {0}, 75000, 1, 1000, 100, false, HVC_PACING_POST_COPY, 0},
        {"post-copy is never aborted",
         &post_copy_config,
         {.post_copied = true},
         99000,
         3,
         100,
         100,
         false,
         HVC_PACING_NOTHING,
         0},

        {"no deadline, nothing", &unlimited_config, {0}, 10000000, 9, 9000, 1, false, HVC_PACING_NOTHING, 0},
        {"no time but for the proof", &short_config, {0}, 0, 0, 0, 0, true, HVC_PACING_ABORT, 0},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_pacing_sample sample = {.elapsed_ms = cases[i].elapsed,
                                           .copying = !cases[i].idle,
                                           .iteration = cases[i].iteration,
                                           .remaining_bytes = cases[i].remaining * MIB,
                                           .rate_bytes = cases[i].rate * MIB};
        struct hvc_pacing_decision decision = hvc_pacing_decide(cases[i].config, &cases[i].state, &sample);

        if (decision.action != cases[i].wanted || decision.downtime_ms != cases[i].downtime)
            fail_msg("%s: %s %u instead of %s %u", cases[i].what, hvc_pacing_action_name(decision.action),
                     (unsigned)decision.downtime_ms, hvc_pacing_action_name(cases[i].wanted),
                     (unsigned)cases[i].downtime);
    }
}

static void numbers_at_their_ends_do_not_overflow(void **state)
{
    struct hvc_pacing_config config = {
        .budget_ms = UINT64_MAX, .proof_ms = 1, .downtime_ms = 1, .downtime_max_ms = UINT64_MAX, .force = true};
    struct hvc_pacing_state none = {0};
    struct hvc_pacing_sample sample = {.elapsed_ms = 0,
                                       .copying = true,
                                       .iteration = UINT64_MAX,
                                       .remaining_bytes = UINT64_MAX,
                                       .rate_bytes = UINT64_MAX};

    (void)state;
    assert_int_equal(hvc_pacing_decide(&config, &none, &sample).action, HVC_PACING_NOTHING);
    sample.rate_bytes = 1;
    assert_int_equal(hvc_pacing_decide(&config, &none, &sample).action, HVC_PACING_NOTHING);
    sample.elapsed_ms = UINT64_MAX;
    assert_int_equal(hvc_pacing_decide(&config, &none, &sample).action, HVC_PACING_ABORT);
}

/* A guest that dirties `dirty` MiB/s over a link of 100 MiB/s with 1000 MiB of memory, sampled every 200 ms. As in QEMU
 * the switch-over is decided at the end of a pass. Returns how it ended, when, and what had to be sent then. */
struct guest {
    uint64_t dirty, iteration, remaining, pass, sent_ms;
};

static uint64_t changed(const struct guest *g)
{
    uint64_t bytes = g->dirty * MIB * g->sent_ms / 1000;

    return bytes > 1000 * MIB ? 1000 * MIB : bytes;
}

static enum hvc_pacing_action simulate(const struct hvc_pacing_config *config, uint64_t dirty, uint64_t *ret_elapsed,
                                       uint64_t *ret_downtime)
{
    struct hvc_pacing_state state = {0};
    struct guest g = {.dirty = dirty, .iteration = 1, .remaining = 1000 * MIB, .pass = 1000 * MIB};
    uint64_t limit = config->downtime_ms;

    for (uint64_t elapsed = 0; elapsed < config->budget_ms; elapsed += 200, g.sent_ms += 200) {
        struct hvc_pacing_sample sample = {.elapsed_ms = elapsed,
                                           .copying = true,
                                           .iteration = g.iteration,
                                           .remaining_bytes = g.remaining,
                                           .pass_bytes = g.pass,
                                           .rate_bytes = 100 * MIB};
        struct hvc_pacing_decision decision = hvc_pacing_decide(config, &state, &sample);

        hvc_pacing_note(&state, &decision);
        *ret_elapsed = elapsed;
        *ret_downtime = (g.remaining + changed(&g)) / (100 * MIB / 1000);
        if (decision.action == HVC_PACING_SET_DOWNTIME)
            limit = decision.downtime_ms;
        else if (decision.action != HVC_PACING_NOTHING)
            return decision.action;
        g.remaining -= g.remaining < 20 * MIB ? g.remaining : 20 * MIB;
        if (g.remaining > 0)
            continue;
        if (*ret_downtime <= limit)
            return HVC_PACING_NOTHING;
        g.iteration++;
        g.remaining = g.pass = changed(&g);
        g.sent_ms = 0;
    }
    return HVC_PACING_ABORT;
}

static void a_guest_that_converges_is_left_alone(void **state)
{
    uint64_t elapsed, downtime;

    (void)state;
    assert_int_equal(simulate(&abort_config, 2, &elapsed, &downtime), HVC_PACING_NOTHING);
    assert_true(downtime <= 300);
}

static void a_busy_guest_arrives_before_its_deadline_when_force_is_wanted(void **state)
{
    (void)state;
    for (uint64_t dirty = 1; dirty <= 1000; dirty += 7) {
        uint64_t elapsed = 0, downtime = 0;
        enum hvc_pacing_action action = simulate(&force_config, dirty, &elapsed, &downtime);

        assert_true(action == HVC_PACING_NOTHING || action == HVC_PACING_PAUSE);
        /* the rest is sent before the whole time is over */
        if (elapsed + downtime > 92000)
            fail_msg("%u MiB/s: at %u ms, %u ms to send", (unsigned)dirty, (unsigned)elapsed, (unsigned)downtime);
    }
}

static void a_busy_guest_is_given_up_in_time_when_it_may_not_be_forced(void **state)
{
    uint64_t elapsed = 0, downtime = 0;

    (void)state;
    assert_int_equal(simulate(&abort_config, 900, &elapsed, &downtime), HVC_PACING_ABORT);
    assert_int_equal(elapsed, 90000);
}

static void every_action_has_its_word(void **state)
{
    (void)state;
    for (int a = HVC_PACING_NOTHING; a <= HVC_PACING_ABORT; a++)
        assert_string_not_equal(hvc_pacing_action_name((enum hvc_pacing_action)a), "invalid");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decisions_follow_the_table),
        cmocka_unit_test(numbers_at_their_ends_do_not_overflow),
        cmocka_unit_test(a_guest_that_converges_is_left_alone),
        cmocka_unit_test(a_busy_guest_arrives_before_its_deadline_when_force_is_wanted),
        cmocka_unit_test(a_busy_guest_is_given_up_in_time_when_it_may_not_be_forced),
        cmocka_unit_test(every_action_has_its_word),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

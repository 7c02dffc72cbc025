/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What becomes of our objects in Pacemaker's configuration, by the state of their jobs. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "hvc/job_agenda.h"

#include "../hvc_cmocka.h"
#include "fixture.h"

static struct fixture f;
static uint64_t job;

/* Guest 1 is resource "web" on n1, and has a job to n2. */
static int begin(void **state)
{
    struct hvc_service_config config = small_config();
    struct hvc_answer answer;
    struct hvc_command c;

    (void)state;
    fixture_open(&f, &config);
    add_nodes(&f, 3, 0);
    c = command_of(&f, HVC_COMMAND_GUEST);
    uuid_of(1, c.guest.uuid);
    memcpy(c.guest.name, "web-guest", 10);
    memcpy(c.guest.resource, "web", 4);
    c.guest.memory_kib = 1024;
    c.guest.node = 1;
    answer = give(&f, &c);
    assert_int_equal(answer.code, HVC_ANSWER_OK);
    job = add_job(&f, 1, 2);
    return 0;
}

static int end(void **state)
{
    (void)state;
    fixture_close(&f);
    return 0;
}

static struct hvc_agenda_verdict judged(uint64_t id, const char *resource)
{
    struct hvc_agenda_verdict verdict;

    hvc_agenda_judge_mark(f.service, id, resource, &verdict);
    return verdict;
}

static void assert_left(uint64_t id, const char *resource, const char *words)
{
    const struct hvc_agenda_verdict v = judged(id, resource);
    const char *left = hvc_agenda_left_words(&v);

    assert_true((left == NULL) == (words == NULL));
    assert_true(left == NULL || strstr(left, words) != NULL);
}

/* Of job, as "mark at node", with "living " before it. */
static void assert_judged(uint64_t id, const char *resource, const char *want)
{
    static const char *const names[] = {"keep", "remove", "hand back", "away"};
    const struct hvc_agenda_verdict v = judged(id, resource);
    char text[64 + HVC_NODE_NAME_MAX];

    (void)snprintf(text, sizeof(text), "%s%s%s%s%s", v.lives ? "living: " : "", names[v.mark],
                   v.node[0] != '\0' ? " at " : "", v.node, v.pin ? ", pinned" : "");
    assert_string_equal(text, want);
}

static void walk_to(unsigned phase)
{
    static const uint8_t way[] = {HVC_JOB_ADMITTED, HVC_JOB_COPYING, HVC_JOB_VERIFYING};

    for (size_t i = 0; i < HVC_COUNT(way) && phase_of(&f, job) != phase; i++)
        if (way[i] > phase_of(&f, job))
            assert_int_equal(report(&f, job, way[i], -1).code, HVC_ANSWER_OK);
}

static void take_step(unsigned step, int runs_on)
{
    struct hvc_command c = command_of(&f, HVC_COMMAND_JOB_REPORT);

    c.node = 1;
    c.report.job = job;
    c.report.from = c.report.to = (uint8_t)phase_of(&f, job);
    c.report.step = (uint8_t)step;
    c.report.located = runs_on >= 0;
    c.report.runs_on = runs_on >= 0 ? (uint32_t)runs_on : 0;
    assert_int_equal(give(&f, &c).code, HVC_ANSWER_OK);
}

static void what_a_living_job_has_put_there_is_its_own(void **state)
{
    (void)state;
    assert_judged(job, "web", "living: keep at n1");
    walk_to(HVC_JOB_COPYING);
    take_step(HVC_STEP_COPY, -1);
    assert_judged(job, "web", "living: keep at n1");
    walk_to(HVC_JOB_VERIFYING);
    take_step(HVC_STEP_PROVE, -1);
    assert_judged(job, "web", "living: keep at n1");
}

static void what_its_steps_have_proven_anybody_may_finish(void **state)
{
    (void)state;
    walk_to(HVC_JOB_VERIFYING);
    take_step(HVC_STEP_HAND_BACK, 2);
    assert_judged(job, "web", "living: hand back at n2");
    take_step(HVC_STEP_SETTLE, -1);
    assert_judged(job, "web", "living: hand back at n2");
}

static void also_when_it_did_not_move(void **state)
{
    (void)state;
    walk_to(HVC_JOB_COPYING);
    take_step(HVC_STEP_RELEASE, 1);
    assert_judged(job, "web", "living: remove at n1");
}

static void what_is_of_no_job_goes_by_the_place_of_the_guest(void **state)
{
    (void)state;
    assert_judged(job, "other", "remove");
    assert_false(judged(job, "other").known);
    assert_true(judged(job, "web").known);
    assert_judged(job + 1, "web", "keep at n1"); /* the job that lives takes it over */
    finish_job(&f, job);
    assert_judged(job + 1, "web", "hand back at n2");
}

static void a_hold_of_a_guest_that_has_moved_is_handed_back(void **state)
{
    (void)state;
    finish_job(&f, job);
    assert_judged(job, "web", "hand back at n2");
}

static void a_hold_of_one_that_has_not_is_removed(void **state)
{
    (void)state;
    assert_int_equal(report(&f, job, HVC_JOB_FAILED, -1).code, HVC_ANSWER_OK);
    assert_judged(job, "web", "remove at n1");
}

/* An older CIB was restored: its hold names a job of long ago. */
static void where_a_job_once_left_it_does_not_count(void **state)
{
    struct hvc_command c = command_of(&f, HVC_COMMAND_GUEST_PLACE);

    (void)state;
    finish_job(&f, job);
    uuid_of(1, c.guest_place.uuid);
    c.node = c.guest_place.node = 3;
    assert_int_equal(give(&f, &c).code, HVC_ANSWER_OK);
    assert_judged(job, "web", "hand back at n3");
}

static void while_the_node_of_the_guest_is_away_only_its_death_counts(void **state)
{
    (void)state;
    finish_job(&f, job);
    set_members(&f, 5);
    assert_judged(job, "web", "away at n2");
    assert_judged(job + 1, "web", "away at n2");
}

static void so_it_does_for_what_a_living_job_has_proven(void **state)
{
    (void)state;
    walk_to(HVC_JOB_VERIFYING);
    take_step(HVC_STEP_HAND_BACK, 2);
    assert_false(hvc_agenda_is_pressing(f.service));
    set_members(&f, 5);
    assert_int_equal(phase_of(&f, job), HVC_JOB_UNKNOWN);
    assert_judged(job, "web", "living: away at n2");
    assert_true(hvc_agenda_is_pressing(f.service));
    set_members(&f, 7);
    assert_int_equal(phase_of(&f, job), HVC_JOB_RECONCILING);
    assert_judged(job, "web", "living: hand back at n2");
    assert_false(hvc_agenda_is_pressing(f.service));
}

static void what_it_has_not_proven_is_kept_whoever_is_away(void **state)
{
    (void)state;
    walk_to(HVC_JOB_VERIFYING);
    take_step(HVC_STEP_PROVE, -1);
    set_members(&f, 5);
    assert_judged(job, "web", "living: keep at n1");
    set_members(&f, 6);
    assert_judged(job, "web", "living: keep at n1");
    assert_false(hvc_agenda_is_pressing(f.service));
}

static void nothing_presses_when_the_target_was_told_nobody(void **state)
{
    (void)state;
    walk_to(HVC_JOB_COPYING);
    take_step(HVC_STEP_RELEASE, 1);
    set_members(&f, 6); /* its source, where it has stayed */
    assert_judged(job, "web", "living: away at n1");
    assert_false(hvc_agenda_is_pressing(f.service));
}

static void what_is_left_behind_says_what_it_waits_for(void **state)
{
    struct hvc_command c = command_of(&f, HVC_COMMAND_GUEST_PLACE);

    (void)state;
    assert_left(job, "web", NULL);
    assert_left(job + 1, "web", NULL); /* the job that lives takes it over */
    assert_left(job, "other", "does not know its guest");
    finish_job(&f, job);
    assert_left(job, "web", "until its guest is proven");
    uuid_of(1, c.guest_place.uuid);
    assert_int_equal(give(&f, &c).code, HVC_ANSWER_OK);
    assert_left(job, "web", "nowhere; until that is proven at every node");
    c.node = c.guest_place.node = 2;
    assert_int_equal(give(&f, &c).code, HVC_ANSWER_OK);
    set_members(&f, 5);
    assert_left(job, "web", "until the node of its guest is back, or fenced");
}

static void members_take_their_turn(void **state)
{
    (void)state;
    assert_int_equal(hvc_agenda_rank(f.service, 1), 0);
    assert_int_equal(hvc_agenda_rank(f.service, 3), 2);
    set_members(&f, 6);
    assert_int_equal(hvc_agenda_rank(f.service, 1), UINT_MAX);
    assert_int_equal(hvc_agenda_rank(f.service, 3), 1);
    assert_int_equal(hvc_agenda_patience_ms(0, false), 0);
    assert_true(hvc_agenda_patience_ms(1, false) > 10000);
    assert_true(hvc_agenda_patience_ms(0, true) > hvc_agenda_patience_ms(1, false));
    assert_int_equal(hvc_agenda_patience_ms(UINT_MAX, false), UINT64_MAX);
}

/* Only where a network has a limit are nodes asked which ones they take. */
static void a_limit_of_a_network_is_told_with_the_effects(void **state)
{
    struct hvc_effect_cursor cursor = {0};
    struct hvc_agenda_effect effect;
    uint32_t network = add_network(&f, 1, 0);

    (void)state;
    assert_true(hvc_agenda_effect_next(f.service, 1, false, &cursor, &effect));
    assert_false(effect.limits_networks);
    set_limit(&f, network, 1);
    cursor = (struct hvc_effect_cursor){0};
    assert_true(hvc_agenda_effect_next(f.service, 1, false, &cursor, &effect));
    assert_int_equal(effect.kind, HVC_EFFECT_CHECK);
    assert_true(effect.limits_networks);
}

#define T(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(what_a_living_job_has_put_there_is_its_own),
        T(what_its_steps_have_proven_anybody_may_finish),
        T(also_when_it_did_not_move),
        T(what_is_of_no_job_goes_by_the_place_of_the_guest),
        T(a_hold_of_a_guest_that_has_moved_is_handed_back),
        T(a_hold_of_one_that_has_not_is_removed),
        T(where_a_job_once_left_it_does_not_count),
        T(while_the_node_of_the_guest_is_away_only_its_death_counts),
        T(so_it_does_for_what_a_living_job_has_proven),
        T(what_it_has_not_proven_is_kept_whoever_is_away),
        T(nothing_presses_when_the_target_was_told_nobody),
        T(what_is_left_behind_says_what_it_waits_for),
        T(a_limit_of_a_network_is_told_with_the_effects),
        T(members_take_their_turn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

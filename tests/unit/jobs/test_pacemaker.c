/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order of what is asked of Pacemaker and what it is told, against a scripted one. */
#include "pacemaker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../hvc_cmocka.h"
#include "hvc/clock.h"
#include "hvc/pacemaker_moves.h"

/* ---- a Pacemaker ---- */

static struct {
    struct hvc_pacemaker_mark marks[4];
    size_t count;
    struct hvc_pacemaker_plan plan;
    struct hvc_pacemaker_resource resource;
    int plan_code, wish_code, resource_code, marks_code;
    unsigned stale;         /* wishes of a version that come too late */
    bool taken;             /* a hold is taken away as soon as it stands */
    bool unrecorded;        /* its records never say where it is */
    unsigned watched;       /* looks until the monitor is gone */
    bool stuck;             /* it never goes */
    const char *after_here; /* where the resource is when a location has come */
    unsigned simulated;     /* asked for what takes a simulation */
    uint64_t plan_ms;       /* that the last plan was given */
    char told[512];
} world;

int hvc_pacemaker_marks_on(const char *resource, uint64_t deadline_ms, struct hvc_pacemaker_mark **ret_marks,
                           size_t *ret_count, struct hvc_error *error)
{
    (void)deadline_ms;
    if (world.marks_code < 0)
        return hvc_error_set(error, world.marks_code, "pacemaker runs but does not answer");
    *ret_marks = calloc(4, sizeof(**ret_marks));
    assert_non_null(*ret_marks);
    *ret_count = 0;
    for (size_t i = 0; i < world.count; i++) {
        if (strcmp(world.marks[i].resource, resource) == 0)
            (*ret_marks)[(*ret_count)++] = world.marks[i];
    }
    return 0;
}

static void tell(const char *text)
{
    size_t used = strlen(world.told);

    (void)snprintf(world.told + used, sizeof(world.told) - used, "%s%s", used == 0 ? "" : " ", text);
}

int hvc_pacemaker_wish(const struct hvc_pacemaker_wish *wish, const char *version, uint64_t deadline_ms,
                       struct hvc_error *error)
{
    char text[128];

    (void)deadline_ms;
    if (version != NULL && world.stale > 0) {
        world.stale--;
        tell("stale");
        return hvc_error_set(error, -ESTALE, "pacemaker's CIB has changed");
    }
    if (world.wish_code < 0)
        return hvc_error_set(error, world.wish_code, "pacemaker did not take it");
    (void)snprintf(text, sizeof(text), "%s%s%s%s%s%s%s", version != NULL ? "if-unchanged:" : "",
                   wish->only_held ? "held:" : "", wish->hold ? "hold" : "", wish->here != NULL ? "here=" : "",
                   wish->here != NULL ? wish->here : "", wish->pin != NULL ? "pin=" : "",
                   wish->pin != NULL ? wish->pin : "");
    tell(text[0] == '\0' ? "nothing" : text);
    if (wish->hold && !world.taken)
        world.marks[world.count++] = (struct hvc_pacemaker_mark){.kind = HVC_MARK_HOLD, .job = 7, .resource = "web"};
    if (wish->here != NULL && world.after_here != NULL)
        (void)snprintf(world.resource.node, sizeof(world.resource.node), "%s", world.after_here);
    return 0;
}

int hvc_pacemaker_plan_hand_back(const char *resource, const char *target, uint64_t deadline_ms,
                                 struct hvc_pacemaker_plan *ret_plan, struct hvc_error *error)
{
    world.simulated++;
    world.plan_ms = hvc_deadline_left(deadline_ms);
    assert_string_equal(resource, "web");
    assert_true(strcmp(target, "n2") == 0 || strcmp(target, "n1") == 0);
    if (world.plan_code < 0)
        return hvc_error_set(error, world.plan_code, "crm_simulate ended with 134");
    *ret_plan = world.plan;
    return 0;
}

int hvc_pacemaker_resource(const char *resource, uint64_t deadline_ms, struct hvc_pacemaker_resource *ret_resource,
                           struct hvc_error *error)
{
    (void)resource;
    (void)deadline_ms;
    world.simulated++;
    if (world.resource_code < 0)
        return hvc_error_set(error, world.resource_code, "pacemaker has no resource web");
    *ret_resource = world.resource;
    return 0;
}

/* Each look at the source finds it watched once less. */
int hvc_pacemaker_await(const struct hvc_pacemaker_wait *wait, uint64_t until_ms, struct hvc_error *error)
{
    bool held = wait->held == 0;

    (void)until_ms;
    assert_string_equal(wait->resource, "web");
    if (wait->there) {
        assert_string_equal(wait->node, "n2");
        return !world.unrecorded && strcmp(world.resource.node, wait->node) == 0
                   ? 0
                   : hvc_error_set(error, -EAGAIN, "pacemaker does not have it there yet");
    }
    assert_string_equal(wait->node, "n1");
    for (size_t i = 0; i < world.count; i++)
        held = held || (world.marks[i].kind == HVC_MARK_HOLD && world.marks[i].job == wait->held);
    for (; world.watched > 0; world.watched--) {
        if (!held)
            return hvc_error_set(error, -ECANCELED, "the hold is gone");
    }
    return world.stuck ? hvc_error_set(error, -EAGAIN, "pacemaker still watches it") : 0;
}

/* ---- the tests ---- */

static int calm(void **state)
{
    (void)state;
    memset(&world, 0, sizeof(world));
    world.plan = (struct hvc_pacemaker_plan){
        .version = "0.9.4", .idle = true, .managed = true, .allowed = true, .migratable = true, .stays = true};
    world.resource = (struct hvc_pacemaker_resource){.managed = true, .idle = true, .nodes = 1, .node = "n1"};
    world.after_here = "n2";
    return 0;
}

static void stands(unsigned kind)
{
    world.marks[world.count++] = (struct hvc_pacemaker_mark){.kind = (uint8_t)kind, .job = 7, .resource = "web"};
}

static struct hvc_agenda_effect effect_of(void)
{
    return (struct hvc_agenda_effect){.job.id = 7, .source = "n1", .target = "n2", .resource = "web"};
}

static void a_hold_waits_until_nobody_watches(void **state)
{
    const struct hvc_agenda_effect effect = effect_of();

    (void)state;
    world.watched = 2;
    assert_int_equal(job_pacemaker_hold(&effect, hvc_deadline_in(20000), NULL), 0);
    assert_string_equal(world.told, "hold");
    assert_int_equal(world.watched, 0);
    assert_int_equal(world.simulated, 1);
}

static void one_that_is_taken_away_is_not_waited_for(void **state)
{
    const struct hvc_agenda_effect effect = effect_of();
    struct hvc_error error = {0};

    (void)state;
    world.watched = 2;
    world.taken = true;
    assert_int_equal(job_pacemaker_hold(&effect, hvc_deadline_in(20000), &error), -EAGAIN);
    assert_int_equal(world.watched, 2);
    assert_non_null(strstr(error.text, "took the hold of this job off resource web"));
}

static void one_that_goes_on_being_watched_is_told(void **state)
{
    const struct hvc_agenda_effect effect = effect_of();
    struct hvc_error error = {0};

    (void)state;
    world.stuck = true;
    assert_int_equal(job_pacemaker_hold(&effect, hvc_deadline_in(20000), &error), -EAGAIN);
    assert_string_equal(error.text, "Pacemaker still watches resource web although it is held");
}

static void a_move_is_told_when_its_hold_is_gone(void **state)
{
    const struct hvc_agenda_effect effect = effect_of();

    (void)state;
    assert_int_equal(job_pacemaker_watch(&effect, hvc_deadline_in(2000), NULL), -ENOENT);
    stands(HVC_MARK_HOLD);
    assert_int_equal(job_pacemaker_watch(&effect, hvc_deadline_in(2000), NULL), 0);
    world.marks_code = -ETIMEDOUT;
    assert_int_equal(job_pacemaker_watch(&effect, hvc_deadline_in(2000), NULL), -ETIMEDOUT);
}

/* The state may know it by a resource that Pacemaker has no more, and nobody watches it then. */
static void a_guest_of_no_resource_needs_no_hold(void **state)
{
    const struct hvc_agenda_effect effect = effect_of();

    (void)state;
    world.resource_code = -ENOENT;
    assert_int_equal(job_pacemaker_hold(&effect, hvc_deadline_in(2000), NULL), 0);
    assert_int_equal(job_pacemaker_watch(&effect, hvc_deadline_in(2000), NULL), 0);
    assert_string_equal(world.told, "");
    world.resource_code = -ETIMEDOUT;
    assert_int_equal(job_pacemaker_watch(&effect, hvc_deadline_in(2000), NULL), -ETIMEDOUT);
}

static void what_another_resource_has_under_its_number_is_not_the_jobs(void **state)
{
    const struct hvc_agenda_effect effect = effect_of();

    (void)state;
    stands(HVC_MARK_HOLD);
    memcpy(world.marks[0].resource, "db", 3);
    assert_int_equal(job_pacemaker_watch(&effect, hvc_deadline_in(2000), NULL), -ENOENT);
    assert_int_equal(job_pacemaker_hold(&effect, hvc_deadline_in(2000), NULL), 0);
    assert_string_equal(world.told, "hold");
}

static void one_that_stands_is_not_put_there_again(void **state)
{
    const struct hvc_agenda_effect effect = effect_of();

    (void)state;
    stands(HVC_MARK_HOLD);
    world.resource.managed = false;
    assert_int_equal(job_pacemaker_hold(&effect, hvc_deadline_in(20000), NULL), 0);
    assert_string_equal(world.told, "");
}

static void what_is_not_as_it_should_be_is_not_held(void **state)
{
    static const struct {
        const char *name;
        struct hvc_pacemaker_resource resource;
        int resource_code, code;
        const char *words;
    } cases[] = {
        {"unmanaged", {.managed = false, .idle = true, .nodes = 1, .node = "n1"}, 0, -EPERM, "does not manage"},
        {"elsewhere", {.managed = true, .idle = true, .nodes = 1, .node = "n3"}, 0, -EPERM, "on n3, and not on n1"},
        {"nowhere", {.managed = true, .idle = true}, 0, -EPERM, "on no node, and not on n1"},
        {"twice", {.managed = true, .idle = true, .nodes = 2, .node = "n1"}, 0, -EPERM, "on n1 and others"},
        {"busy", {.managed = true, .nodes = 1, .node = "n1"}, 0, -EAGAIN, "is doing something"},
        {"failed", {.managed = true, .idle = true, .failed = true, .nodes = 1, .node = "n1"}, 0, -EAGAIN, "failed"},
        {"hung", {0}, -ETIMEDOUT, -ETIMEDOUT, "no resource"},
        {"removed since: nothing is to be held", {0}, -ENOENT, 0, ""},
    };
    const struct hvc_agenda_effect effect = effect_of();

    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_error error = {0};
        int code;

        (void)calm(state);
        world.resource = cases[i].resource;
        world.resource_code = cases[i].resource_code;
        code = job_pacemaker_hold(&effect, hvc_deadline_in(5000), &error);
        if (code != cases[i].code || world.told[0] != '\0' ||
            (cases[i].words[0] != '\0' && strstr(error.text, cases[i].words) == NULL))
            fail_msg("%s: %d %s, told '%s'", cases[i].name, code, error.text, world.told);
    }
}

static int give_back(bool pin, bool insist, struct hvc_error *error)
{
    const struct job_hand_back order = {.job = 7, .resource = "web", .target = "n2", .pin = pin, .insist = insist};

    int code = job_pacemaker_hand_back(&order, hvc_deadline_in(600), error);

    return code == 0 ? job_pacemaker_settle(&order, hvc_deadline_in(600), error) : code;
}

static int take_back(const char *place)
{
    const struct job_hand_back order = {.job = 7, .resource = "web", .target = place};

    return job_pacemaker_release(&order, hvc_deadline_in(600), NULL);
}

static void nobody_insists_while_a_node_joins(void **state)
{
    struct hvc_error error = {0};

    (void)state;
    stands(HVC_MARK_HOLD);
    world.plan.allowed = false;
    world.plan.waits = true;
    assert_int_equal(give_back(false, true, &error), -EBUSY);
    assert_string_equal(world.told, "");
    assert_non_null(strstr(error.text, "yet"));
}

static void a_guest_is_handed_back_in_two_changes(void **state)
{
    (void)state;
    stands(HVC_MARK_HOLD);
    assert_int_equal(give_back(false, false, NULL), 0);
    assert_string_equal(world.told, "if-unchanged:here=n2 nothing");
    assert_int_equal(world.simulated, 1); /* before the change; its end is in the records */
}

static void what_a_hand_back_asks_is_asked_beforehand(void **state)
{
    const struct hvc_agenda_effect effect = effect_of();

    (void)state;
    stands(HVC_MARK_HOLD);
    world.plan.others = true; /* nobody is told yet */
    job_pacemaker_foresee(&effect, hvc_deadline_in(2000));
    assert_int_equal(world.simulated, 1);
    assert_string_equal(world.told, "");
}

static void one_that_no_record_shows_is_handed_back_too(void **state)
{
    const struct job_hand_back order = {.job = 7, .resource = "web", .target = "n2"};

    (void)state;
    stands(HVC_MARK_HOLD);
    world.unrecorded = true;
    assert_int_equal(job_pacemaker_hand_back(&order, hvc_deadline_in(20000), NULL), 0);
    assert_string_equal(world.told, "if-unchanged:here=n2");
}

static void a_pin_takes_the_place_of_the_location(void **state)
{
    (void)state;
    stands(HVC_MARK_HOLD);
    assert_int_equal(give_back(true, false, NULL), 0);
    assert_string_equal(world.told, "if-unchanged:here=n2 pin=n2");
}

static void a_cib_that_changes_is_simulated_again(void **state)
{
    (void)state;
    stands(HVC_MARK_HOLD);
    world.stale = 2;
    assert_int_equal(give_back(false, false, NULL), 0);
    assert_string_equal(world.told, "stale stale if-unchanged:here=n2 nothing");
}

static void half_done_goes_on_from_there(void **state)
{
    (void)state;
    stands(HVC_MARK_HERE);
    (void)snprintf(world.resource.node, sizeof(world.resource.node), "n2");
    assert_int_equal(give_back(false, false, NULL), 0);
    assert_string_equal(world.told, "nothing");
    (void)calm(state);
    (void)snprintf(world.resource.node, sizeof(world.resource.node), "n2");
    assert_int_equal(give_back(false, false, NULL), 0);
    assert_string_equal(world.told, "nothing"); /* a wish that stands already is written by nobody */
}

static void what_pacemaker_would_do_else_is_told_before_it_is_insisted_on(void **state)
{
    struct hvc_error error = {0};

    (void)state;
    stands(HVC_MARK_HOLD);
    world.plan.others = true;
    (void)snprintf(world.plan.others_words, sizeof(world.plan.others_words), "stop db on n2");
    assert_int_equal(give_back(false, false, &error), -EAGAIN);
    assert_string_equal(error.text, "Pacemaker would also: stop db on n2");
    assert_string_equal(world.told, "");
    assert_int_equal(give_back(false, true, NULL), 0);
    assert_string_equal(world.told, "if-unchanged:here=n2 nothing");
}

static void what_pacemaker_would_do_else_may_be_accepted_from_the_start(void **state)
{
    const struct job_hand_back order = {.job = 7, .resource = "web", .target = "n2", .with_others = true};

    (void)state;
    stands(HVC_MARK_HOLD);
    world.plan.others = true;
    world.stale = 1;
    world.resource.all_idle = true;
    assert_int_equal(job_pacemaker_hand_back(&order, hvc_deadline_in(5000), NULL), 0);
    assert_string_equal(world.told, "stale if-unchanged:here=n2");
    (void)calm(state);
    stands(HVC_MARK_HOLD); /* the others are still under way: the location is not taken away under them */
    assert_int_equal(job_pacemaker_hand_back(&order, hvc_deadline_in(600), NULL), -EAGAIN);
    (void)calm(state);
    stands(HVC_MARK_HOLD);
    world.plan_code = -EIO; /* what is not known is not accepted */
    assert_int_equal(job_pacemaker_hand_back(&order, hvc_deadline_in(600), NULL), -EIO);
    assert_string_equal(world.told, "");
}

static void insisting_needs_no_simulation(void **state)
{
    (void)state;
    stands(HVC_MARK_HOLD);
    world.plan_code = -EIO;
    assert_int_equal(give_back(false, false, NULL), -EIO);
    assert_string_equal(world.told, "");
    assert_int_equal(give_back(false, true, NULL), 0);
    assert_string_equal(world.told, "here=n2 nothing");
}

static void before_it_is_insisted_without_a_plan_the_plan_has_most_of_the_time(void **state)
{
    struct job_hand_back order = {.job = 7, .resource = "web", .target = "n2"};

    (void)state;
    stands(HVC_MARK_HOLD);
    world.plan_code = -ETIMEDOUT;
    assert_int_equal(job_pacemaker_hand_back(&order, hvc_deadline_in(40000), NULL), -ETIMEDOUT);
    assert_in_range(world.plan_ms, 1, 10000);
    order.insist = true;
    assert_int_equal(job_pacemaker_hand_back(&order, hvc_deadline_in(40000), NULL), 0);
    assert_in_range(world.plan_ms, 20000, 30000);
    assert_string_equal(world.told, "here=n2");
}

static void a_pacemaker_that_never_learns_it_is_told(void **state)
{
    struct hvc_error error = {0};

    (void)state;
    stands(HVC_MARK_HOLD);
    world.after_here = NULL;
    assert_int_equal(give_back(false, false, &error), -EAGAIN);
    assert_non_null(strstr(error.text, "does not have it there yet"));
    assert_string_equal(world.told, "if-unchanged:here=n2");
}

static void a_hung_one_is_an_error_with_its_words(void **state)
{
    const struct hvc_agenda_effect effect = effect_of();
    struct hvc_error error = {0};

    (void)state;
    world.marks_code = -ETIMEDOUT;
    assert_int_equal(job_pacemaker_hold(&effect, hvc_deadline_in(500), &error), -ETIMEDOUT);
    assert_string_equal(error.text, "pacemaker runs but does not answer");
    assert_int_equal(give_back(false, false, NULL), -ETIMEDOUT);
    world.wish_code = -ETIMEDOUT;
    assert_int_equal(take_back("n1"), -ETIMEDOUT);
}

static void one_that_another_job_left_held_is_taken_over(void **state)
{
    const struct hvc_agenda_effect effect = effect_of();

    (void)state;
    stands(HVC_MARK_HOLD);
    world.marks[0].job = 6;
    world.resource.managed = false;
    (void)snprintf(world.resource.node, sizeof(world.resource.node), "n3");
    assert_int_equal(job_pacemaker_hold(&effect, hvc_deadline_in(20000), NULL), 0);
    assert_string_equal(world.told, "hold");
}

static void nobody_insists_on_a_place_that_is_forbidden(void **state)
{
    struct hvc_error error = {0};

    (void)state;
    stands(HVC_MARK_HOLD);
    world.plan.allowed = false;
    (void)snprintf(world.plan.allowed_words, sizeof(world.plan.allowed_words), "it would stop");
    assert_int_equal(give_back(false, true, &error), -EACCES);
    assert_string_equal(error.text, "Pacemaker would not leave resource web on n2: it would stop");
    assert_string_equal(world.told, "");
    world.plan.managed = false; /* maintenance-mode: forbidden is what it looks like then */
    (void)snprintf(world.plan.managed_words, sizeof(world.plan.managed_words), "in maintenance");
    assert_int_equal(give_back(false, true, &error), -EPERM);
    assert_string_equal(error.text, "Pacemaker does not manage resource web now, so it stays held: in maintenance");
    assert_string_equal(world.told, "");
}

static void what_stayed_is_released_where_pacemaker_has_it(void **state)
{
    (void)state;
    stands(HVC_MARK_HOLD);
    assert_int_equal(take_back("n1"), 0);
    assert_string_equal(world.told, "nothing");
    (void)calm(state);
    stands(HVC_MARK_HOLD);
    assert_int_equal(take_back("n2"), 0); /* Pacemaker has it where an earlier move began */
    assert_string_equal(world.told, "if-unchanged:here=n2 nothing");
    (void)calm(state);
    stands(HVC_MARK_HOLD);
    assert_int_equal(take_back(""), 0);
    assert_string_equal(world.told, "nothing");
}

static void what_another_has_finished_is_not_handed_back_once_more(void **state)
{
    const struct job_hand_back order = {.job = 7, .resource = "web", .target = "n2", .insist = true, .left = true};

    (void)state;
    assert_int_equal(job_pacemaker_hand_back(&order, hvc_deadline_in(600), NULL), -ECANCELED);
    assert_string_equal(world.told, "");
    stands(HVC_MARK_HOLD);
    assert_int_equal(job_pacemaker_hand_back(&order, hvc_deadline_in(600), NULL), 0);
    assert_string_equal(world.told, "if-unchanged:held:here=n2");
    (void)calm(state);
    stands(HVC_MARK_HOLD);
    world.wish_code = -ECANCELED; /* between the look and the change */
    assert_int_equal(job_pacemaker_hand_back(&order, hvc_deadline_in(600), NULL), -ECANCELED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_hold_waits_until_nobody_watches, calm),
        cmocka_unit_test_setup(one_that_is_taken_away_is_not_waited_for, calm),
        cmocka_unit_test_setup(one_that_goes_on_being_watched_is_told, calm),
        cmocka_unit_test_setup(a_move_is_told_when_its_hold_is_gone, calm),
        cmocka_unit_test_setup(a_guest_of_no_resource_needs_no_hold, calm),
        cmocka_unit_test_setup(nobody_insists_while_a_node_joins, calm),
        cmocka_unit_test_setup(what_another_resource_has_under_its_number_is_not_the_jobs, calm),
        cmocka_unit_test_setup(one_that_stands_is_not_put_there_again, calm),
        cmocka_unit_test_setup(what_is_not_as_it_should_be_is_not_held, calm),
        cmocka_unit_test_setup(a_guest_is_handed_back_in_two_changes, calm),
        cmocka_unit_test_setup(what_a_hand_back_asks_is_asked_beforehand, calm),
        cmocka_unit_test_setup(one_that_no_record_shows_is_handed_back_too, calm),
        cmocka_unit_test_setup(a_pin_takes_the_place_of_the_location, calm),
        cmocka_unit_test_setup(a_cib_that_changes_is_simulated_again, calm),
        cmocka_unit_test_setup(half_done_goes_on_from_there, calm),
        cmocka_unit_test_setup(what_pacemaker_would_do_else_is_told_before_it_is_insisted_on, calm),
        cmocka_unit_test_setup(what_pacemaker_would_do_else_may_be_accepted_from_the_start, calm),
        cmocka_unit_test_setup(insisting_needs_no_simulation, calm),
        cmocka_unit_test_setup(before_it_is_insisted_without_a_plan_the_plan_has_most_of_the_time, calm),
        cmocka_unit_test_setup(a_pacemaker_that_never_learns_it_is_told, calm),
        cmocka_unit_test_setup(one_that_another_job_left_held_is_taken_over, calm),
        cmocka_unit_test_setup(nobody_insists_on_a_place_that_is_forbidden, calm),
        cmocka_unit_test_setup(what_stayed_is_released_where_pacemaker_has_it, calm),
        cmocka_unit_test_setup(what_another_has_finished_is_not_handed_back_once_more, calm),
        cmocka_unit_test_setup(a_hung_one_is_an_error_with_its_words, calm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

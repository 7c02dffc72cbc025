/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fixture.h"

#include "../hvc_cmocka.h"

static int open_three(void **state)
{
    static struct fixture f;
    struct hvc_service_config config = small_config();

    fixture_open(&f, &config);
    add_nodes(&f, 3, 0);
    for (unsigned i = 0; i < 4; i++)
        add_guest(&f, i, 1, 0);
    *state = &f;
    return 0;
}

static int close_it(void **state)
{
    fixture_close(*state);
    return 0;
}

/* All effects as words: "migrate@1 expect@2". */
static const char *effects(struct fixture *f, uint32_t node, bool any)
{
    static char text[512];
    struct hvc_effect_cursor cursor = {0};
    struct hvc_effect effect;
    size_t used = 0;

    text[0] = '\0';
    while (hvc_service_effect_next(f->service, node, any, &cursor, &effect))
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s@%u", used == 0 ? "" : " ",
                                 hvc_effect_name(effect.kind), (unsigned)effect.node);
    return text;
}

static void each_phase_wants_its_effects(void **state)
{
    struct fixture *f = *state;
    uint64_t job = try_job(f, 0, HVC_KIND_LIVE, 0, 0).value;
    struct hvc_command c = command_of(f, HVC_COMMAND_JOB_TARGET);
    static const struct {
        unsigned to;
        int runs_on;
        const char *want;
    } cases[] = {
        {HVC_JOB_ADMITTED, -1, "migrate@1 expect@2"},
        {HVC_JOB_COPYING, -1, "migrate@1 expect@2"},
        {HVC_JOB_SWITCHING, -1, "migrate@1 expect@2"},
        {HVC_JOB_VERIFYING, -1, "verify@1"},
        {HVC_JOB_COMPLETED, 2, ""},
    };

    assert_string_equal(effects(f, 0, true), "place@1");
    c.job_target.job = job;
    c.job_target.target = 2;
    (void)give(f, &c);
    assert_string_equal(effects(f, 0, true), "check@1");
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        assert_int_equal(report(f, job, cases[i].to, cases[i].runs_on).code, HVC_ANSWER_OK);
        assert_string_equal(effects(f, 0, true), cases[i].want);
        assert_string_equal(effects(f, 0, true), cases[i].want); /* a function of the state */
    }
}

static void a_cancelled_or_targetless_move_is_ended_by_its_source(void **state)
{
    struct fixture *f = *state;
    struct hvc_command c = command_of(f, HVC_COMMAND_JOB_CANCEL);

    c.cancel.job = add_job(f, 0, 2);
    (void)report(f, c.cancel.job, HVC_JOB_ADMITTED, -1);
    (void)report(f, c.cancel.job, HVC_JOB_COPYING, -1);
    set_members(f, 5);
    assert_string_equal(effects(f, 0, true), "cancel@1");
    set_members(f, 7);
    assert_string_equal(effects(f, 0, true), "migrate@1 expect@2");
    (void)give(f, &c);
    assert_string_equal(effects(f, 0, true), "cancel@1 expect@2");
}

static void the_lost_are_waited_for_and_then_reconciled_by_who_is_left(void **state)
{
    struct fixture *f = *state;
    uint64_t job = add_job(f, 0, 2);
    struct hvc_command c = command_of(f, HVC_COMMAND_FENCED);

    (void)report(f, job, HVC_JOB_ADMITTED, -1);
    (void)report(f, job, HVC_JOB_COPYING, -1);
    set_members(f, 4);
    assert_string_equal(effects(f, 0, true), "");
    c.fenced.id = 1;
    c.fenced.boot_id = 101; /* set_members */
    (void)give(f, &c);
    assert_string_equal(effects(f, 0, true), "");
    c.fenced.id = 2;
    c.fenced.boot_id = 102;
    (void)give(f, &c);
    assert_string_equal(effects(f, 0, true), "reconcile@0"); /* neither end is there: anybody */
    assert_string_equal(effects(f, 3, true), "reconcile@0");
    assert_string_equal(effects(f, 3, false), "");
    set_members(f, 6);
    assert_string_equal(effects(f, 0, true), "reconcile@2");
}

static void a_node_sees_its_own(void **state)
{
    struct fixture *f = *state;
    struct hvc_command c = command_of(f, HVC_COMMAND_DRAIN);

    (void)report(f, add_job(f, 0, 2), HVC_JOB_ADMITTED, -1);
    (void)try_job(f, 1, HVC_KIND_LIVE, 0, 0);
    (void)try_job(f, 2, HVC_KIND_LIVE, 0, 0);
    c.drain.id = 3;
    (void)give(f, &c);
    assert_string_equal(effects(f, 0, true), "migrate@1 expect@2 place@1 place@1 drain@3");
    assert_string_equal(effects(f, 1, false), "migrate@1 place@1 place@1");
    assert_string_equal(effects(f, 2, false), "expect@2");
    assert_string_equal(effects(f, 3, false), "drain@3");
    set_members(f, 3);
    assert_string_equal(effects(f, 2, true), "expect@2 drain@0");
    assert_string_equal(hvc_effect_name(HVC_EFFECT_COUNT), "invalid");
}

static void a_storage_move_expects_nothing_elsewhere(void **state)
{
    struct fixture *f = *state;

    (void)report(f, try_job(f, 0, HVC_KIND_STORAGE, 0, 0).value, HVC_JOB_ADMITTED, -1);
    assert_string_equal(effects(f, 0, true), "migrate@1");
}

#define T(test) cmocka_unit_test_setup_teardown(test, open_three, close_it)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(each_phase_wants_its_effects),
        T(a_cancelled_or_targetless_move_is_ended_by_its_source),
        T(the_lost_are_waited_for_and_then_reconciled_by_who_is_left),
        T(a_node_sees_its_own),
        T(a_storage_move_expects_nothing_elsewhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What becomes of our objects in Pacemaker's configuration, by the state of their jobs. */
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

static enum hvc_agenda_mark judged(uint64_t id, const char *resource, bool hold)
{
    char target[HVC_NODE_NAME_MAX] = "";
    enum hvc_agenda_mark verdict = hvc_agenda_judge_mark(f.service, id, resource, hold, target);

    if (verdict == HVC_AGENDA_MARK_HAND_BACK)
        assert_string_equal(target, hvc_service_node(f.service, 2)->name);
    else
        assert_string_equal(target, "");
    return verdict;
}

static void what_a_living_job_has_put_there_is_its_own(void **state)
{
    (void)state;
    assert_int_equal(judged(job, "web", true), HVC_AGENDA_MARK_KEEP);
    assert_int_equal(judged(job, "web", false), HVC_AGENDA_MARK_KEEP);
}

static void what_is_of_no_job_of_this_guest_is_removed(void **state)
{
    (void)state;
    assert_int_equal(judged(job + 1, "web", true), HVC_AGENDA_MARK_REMOVE);
    assert_int_equal(judged(job + 1, "web", false), HVC_AGENDA_MARK_REMOVE);
    assert_int_equal(judged(job, "other", true), HVC_AGENDA_MARK_REMOVE);
}

static void a_hold_of_a_guest_that_has_moved_is_handed_back(void **state)
{
    (void)state;
    finish_job(&f, job);
    assert_int_equal(judged(job, "web", true), HVC_AGENDA_MARK_HAND_BACK);
    assert_int_equal(judged(job, "web", false), HVC_AGENDA_MARK_REMOVE);
}

static void a_hold_of_one_that_has_not_is_removed(void **state)
{
    (void)state;
    assert_int_equal(report(&f, job, HVC_JOB_FAILED, -1).code, HVC_ANSWER_OK);
    assert_int_equal(judged(job, "web", true), HVC_AGENDA_MARK_REMOVE);
}

#define T(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(what_a_living_job_has_put_there_is_its_own),
        T(what_is_of_no_job_of_this_guest_is_removed),
        T(a_hold_of_a_guest_that_has_moved_is_handed_back),
        T(a_hold_of_one_that_has_not_is_removed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

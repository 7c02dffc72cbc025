/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report.h"

#include <errno.h>

#include "../hvc_cmocka.h"
#include "hvc/clock.h"

static char traced[256];

static void keep_line(void *context, const char *line)
{
    assert_ptr_equal(context, traced);
    (void)snprintf(traced, sizeof(traced), "%s", line);
}

static struct hvc_report report;
static struct hvc_ring_status status;

static int up(void **state)
{
    (void)state;
    hvc_report_init(&report, keep_line, traced);
    return 0;
}

static int down(void **state)
{
    (void)state;
    hvc_report_done(&report);
    return 0;
}

static void the_words_of_a_failure_stay_until_it_is_joined_again(void **state)
{
    (void)state;
    hvc_report_fail(&report, -ENOTCONN, "cannot connect to %s", "it");
    assert_true(report.failed);
    hvc_report_status(&report, &status);
    assert_int_equal(status.health, HVC_RING_CONNECTING);
    assert_int_equal(status.last.code, -ENOTCONN);
    assert_string_equal(status.last.text, "cannot connect to it");
    hvc_report_joined(&report, true);
    hvc_report_status(&report, &status);
    assert_int_equal(status.health, HVC_RING_JOINED);
    assert_int_equal(status.last.code, 0);
}

static void a_call_that_does_not_return_is_told(void **state)
{
    uint64_t now = hvc_now_ms();

    (void)state;
    hvc_report_joined(&report, true);
    hvc_report_call_begins(&report);
    hvc_report_status(&report, &status);
    assert_int_equal(status.health, HVC_RING_JOINED); /* not yet */
    atomic_store(&report.call_since, now > HVC_RING_HANG_MS + 1000 ? now - HVC_RING_HANG_MS - 1000 : 1);
    hvc_report_status(&report, &status);
    assert_int_equal(status.health, HVC_RING_HANGS);
    assert_int_equal(status.since_ms, atomic_load(&report.call_since));
    hvc_report_call_ended(&report);
    hvc_report_status(&report, &status);
    assert_int_equal(status.health, HVC_RING_JOINED);
}

static void names_are_those_of_the_last_node_list(void **state)
{
    static struct hvc_votes votes = {.count = 2, .nodes = {{.id = 1, .name = "one"}, {.id = 7, .name = "seven"}}};
    char name[HVC_NODE_NAME_MAX];

    (void)state;
    assert_int_equal(hvc_report_name(&report, 1, name), -ENOENT);
    hvc_report_names(&report, &votes);
    assert_int_equal(hvc_report_name(&report, 7, name), 0);
    assert_string_equal(name, "seven");
    assert_int_equal(hvc_report_name(&report, 2, name), -ENOENT);
    votes.count = 1;
    hvc_report_names(&report, &votes);
    assert_int_equal(hvc_report_name(&report, 7, name), -ENOENT);
}

static void a_trace_is_one_line_a_call(void **state)
{
    (void)state;
    hvc_report_trace(&report, "ring=%d.%d", 1, 4);
    assert_string_equal(traced, "ring=1.4");
    report.trace = NULL;
    hvc_report_trace(&report, "unheard");
    assert_string_equal(traced, "ring=1.4");
}

static void every_health_has_a_name(void **state)
{
    (void)state;
    assert_string_equal(hvc_ring_health_name(HVC_RING_CONNECTING), "connecting");
    assert_string_equal(hvc_ring_health_name(HVC_RING_JOINED), "joined");
    assert_string_equal(hvc_ring_health_name(HVC_RING_HANGS), "hangs");
}

#define T(test) cmocka_unit_test_setup_teardown(test, up, down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_words_of_a_failure_stay_until_it_is_joined_again),
        T(a_call_that_does_not_return_is_told),
        T(names_are_those_of_the_last_node_list),
        T(a_trace_is_one_line_a_call),
        T(every_health_has_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

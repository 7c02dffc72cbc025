/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent_main.h"

#include "../hvc_cmocka.h"
#include "agent_environment.h"
#include "hvc/clock.h"

static const struct hvc_parameter PARAMETERS[] = {{.name = NULL}};
static const struct hvc_ocf_action ACTIONS[] = {
    {"start", 100, 0}, {"meta-data", 5, 0}, {"validate-all", 5, 0}, {NULL, 0, 0}};
static const struct hvc_agent AGENT = {
    .name = "Thing", .shortdesc = "S", .longdesc = "L", .parameters = PARAMETERS, .actions = ACTIONS};

static struct stderr_capture capture;
static char acted[32];
static uint64_t due_in_ms;

static int act(const struct hvc_ocf *ocf, uint64_t deadline_ms)
{
    (void)snprintf(acted, sizeof(acted), "%s of %s", ocf->action, ocf->resource);
    due_in_ms = hvc_deadline_left(deadline_ms);
    return 42;
}

static int run(const char *action, const char *entry)
{
    char name[] = "Thing";
    char copy[64];
    char *const argv[] = {name, copy, NULL};
    struct agent_environment environment = {0};
    int code;

    (void)snprintf(copy, sizeof(copy), "%s", action == NULL ? "" : action);
    acted[0] = '\0';
    if (entry != NULL) {
        environment_add(&environment, "OCF_RESOURCE_INSTANCE=r1");
        environment_add(&environment, "%s", entry);
    }
    stderr_begin(&capture);
    code = hvc_agent_main(&AGENT, action == NULL ? 1 : 2, argv, environment.entries, act);
    (void)stderr_end(&capture);
    return code;
}

static void an_action_of_the_metadata_is_carried_out_within_its_time(void **state)
{
    (void)state;
    assert_int_equal(run("start", "OCF_RESKEY_CRM_meta_timeout=20000"), 42);
    assert_string_equal(acted, "start of r1");
    assert_in_range(due_in_ms, 19000, 19500);
    assert_int_equal(run("start", "OCF_RESKEY_CRM_meta_timeout=1000"), 42);
    assert_in_range(due_in_ms, 800, 950);
    assert_int_equal(run("start", "X=y"), 42);
    assert_in_range(due_in_ms, 99000, 99500);
}

static void anything_else_is_unimplemented_and_shows_the_usage(void **state)
{
    static const char *const actions[] = {"promote", "", "star", NULL};

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(actions); i++) {
        assert_int_equal(run(actions[i], "X=y"), HVC_OCF_ERR_UNIMPLEMENTED);
        assert_string_equal(capture.text, "usage: Thing {start|meta-data|validate-all|usage}\n");
        assert_string_equal(acted, "");
    }
}

static void what_pacemaker_must_say_is_checked(void **state)
{
    (void)state;
    assert_int_equal(run("start", NULL), HVC_OCF_ERR_ARGS);
    assert_non_null(strstr(capture.text, "ocf-exit-reason:OCF_RESOURCE_INSTANCE is not set"));
    assert_int_equal(run("validate-all", NULL), 42);
    assert_int_equal(run("start", "OCF_RESKEY_CRM_meta_timeout=soon"), HVC_OCF_ERR_ARGS);
    assert_non_null(strstr(capture.text, "it must be a number of milliseconds"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_action_of_the_metadata_is_carried_out_within_its_time),
        cmocka_unit_test(anything_else_is_unimplemented_and_shows_the_usage),
        cmocka_unit_test(what_pacemaker_must_say_is_checked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

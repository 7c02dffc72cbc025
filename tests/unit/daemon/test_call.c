/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The life of a call, with operations of the test's own in the table. */
#include <errno.h>
#include <string.h>

#include "fake_world.h"

#include "../hvc_cmocka.h"

static unsigned runs;

static enum hvc_result succeed(struct hvc_operations *operations, struct hvc_call *call)
{
    (void)operations;
    runs++;
    hvc_record_set_text(call->data, "name", "web server");
    return HVC_RESULT_OK;
}

static enum hvc_result refuse(struct hvc_operations *operations, struct hvc_call *call)
{
    (void)operations;
    runs++;
    return hvc_call_say(call, HVC_RESULT_REFUSED, "guest %s runs elsewhere", "vm1");
}

static enum hvc_result fail_bare(struct hvc_operations *operations, struct hvc_call *call)
{
    (void)operations;
    (void)call;
    return HVC_RESULT_BUSY;
}

static enum hvc_result fail_below(struct hvc_operations *operations, struct hvc_call *call)
{
    struct hvc_error error = {0};

    (void)operations;
    (void)hvc_error_set(&error, -ENOTCONN, "libvirt: \xff refused");
    return hvc_call_fail(call, &error);
}

static enum hvc_result answer_too_much(struct hvc_operations *operations, struct hvc_call *call)
{
    static char text[1024];

    (void)operations;
    memset(text, 'x', sizeof(text) - 1);
    for (unsigned i = 0; i < 600; i++)
        hvc_record_set_text(hvc_record_add(call->data, "list"), "text", text);
    return HVC_RESULT_OK;
}

static enum hvc_result wait_long(struct hvc_operations *operations, struct hvc_call *call)
{
    (void)operations;
    while (hvc_call_wait(call, 60000))
        runs++;
    return hvc_call_say(call, HVC_RESULT_FAILED, "%s", hvc_call_is_cancelled(call) ? "cancelled" : "out of time");
}

static const struct hvc_operation table[] = {
    {.name = "succeed", .audited = true, .timeout_ms = 1000, .handler = succeed},
    {.name = "refuse", .audited = true, .timeout_ms = 1000, .handler = refuse},
    {.name = "bare", .timeout_ms = 1000, .handler = fail_bare},
    {.name = "below", .timeout_ms = 1000, .handler = fail_below},
    {.name = "much", .timeout_ms = 1000, .handler = answer_too_much},
    {.name = "wait", .timeout_ms = 150, .handler = wait_long},
};

const struct hvc_operation *hvc_operation_find(const char *name)
{
    for (size_t i = 0; i < HVC_COUNT(table); i++) {
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    }
    return NULL;
}

const char *hvc_right_name(enum hvc_right right)
{
    (void)right;
    return "admin";
}

void hvc_operations_note(struct hvc_operations *operations, enum hvc_message message, const char *format, ...)
{
    char details[1024];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(details, sizeof(details), format, arguments);
    va_end(arguments);
    operations->message(operations->message_context, message, details);
}

static int set_up(void **state)
{
    runs = 0;
    *state = fake_world_new();
    return 0;
}

static int tear_down(void **state)
{
    fake_world_free(*state);
    return 0;
}

static char *answer(struct fake_world *world, const char *json)
{
    struct hvc_call *call = fake_call(json);
    size_t length = 0;
    char *text;

    hvc_call_run(&world->operations, call);
    text = hvc_call_answer(call, &length);
    assert_non_null(text);
    assert_int_equal(strlen(text), length);
    hvc_call_unref(call);
    return text;
}

static void every_end_becomes_a_response(void **state)
{
    static const struct {
        const char *json, *response;
    } cases[] = {
        {"{\"op\":\"succeed\",\"version\":1}",
         "{\"version\":1,\"result\":\"ok\",\"text\":\"\",\"data\":{\"name\":\"web server\"}}"},
        {"{\"op\":\"refuse\",\"version\":1}",
         "{\"version\":1,\"result\":\"refused\",\"text\":\"guest vm1 runs elsewhere\",\"data\":{}}"},
        {"{\"op\":\"bare\",\"version\":1}",
         "{\"version\":1,\"result\":\"busy\",\"text\":\"something else is under way\",\"data\":{}}"},
        {"{\"op\":\"below\",\"version\":1}",
         "{\"version\":1,\"result\":\"unreachable\",\"text\":\"libvirt: ? refused\",\"data\":{}}"},
        {"{\"op\":\"fly\",\"version\":1}",
         "{\"version\":1,\"result\":\"unsupported\",\"text\":\"there is no operation \\\"fly\\\"\",\"data\":{}}"},
    };

    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        HVC_CLEANUP(free) char *text = answer(*state, cases[i].json);

        assert_string_equal(text, cases[i].response);
    }
}

static void an_answer_that_cannot_be_written_says_so_instead(void **state)
{
    HVC_CLEANUP(free) char *text = answer(*state, "{\"op\":\"much\",\"version\":1}");

    assert_non_null(strstr(text, "\"result\":\"internal\""));
    assert_non_null(strstr(text, "ended as \\\"ok\\\""));
    assert_non_null(strstr(text, "at most 524288"));
}

static void what_changes_something_leaves_one_audit_line(void **state)
{
    struct fake_world *world = *state;

    free(answer(world, "{\"op\":\"succeed\",\"version\":1}"));
    free(answer(world, "{\"op\":\"refuse\",\"version\":1}"));
    free(answer(world, "{\"op\":\"bare\",\"version\":1}"));
    assert_int_equal(fake_world_said(world, "1104 op=succeed result=ok "), 1);
    assert_int_equal(fake_world_said(world, "guest=\"web server\""), 1);
    assert_int_equal(fake_world_said(world, "1105 op=refuse result=refused "), 1);
    assert_int_equal(fake_world_said(world, "words=\"guest vm1 runs elsewhere\""), 1);
    assert_int_equal(fake_world_said(world, "op=bare"), 0);
}

static void a_refused_call_runs_nothing(void **state)
{
    struct fake_world *world = *state;
    struct hvc_call *call = fake_call("{\"op\":\"succeed\",\"version\":9}");

    assert_false(hvc_call_is_accepted(call));
    hvc_call_run(&world->operations, call);
    assert_int_equal(runs, 0);
    hvc_call_unref(call);
}

static void a_call_whose_time_has_passed_or_that_was_cancelled_is_not_begun(void **state)
{
    static const char json[] = "{\"op\":\"succeed\",\"version\":1}";
    const struct hvc_caller caller = {.right = HVC_RIGHT_ADMIN};
    struct fake_world *world = *state;
    struct hvc_record *request = NULL;
    struct hvc_call *late, *cancelled = fake_call(json);

    assert_int_equal(hvc_record_parse(json, strlen(json), &request, NULL), 0);
    late = hvc_call_new(request, &caller, hvc_now_ms() - 1000);
    hvc_call_run(&world->operations, late);
    assert_string_equal(hvc_record_text(hvc_call_response(late), "result", ""), "timeout");
    hvc_call_cancel(cancelled);
    hvc_call_run(&world->operations, cancelled);
    assert_string_equal(hvc_record_text(hvc_call_response(cancelled), "result", ""), "failed");
    assert_int_equal(runs, 0);
    hvc_call_unref(late);
    hvc_call_unref(cancelled);
}

static void waiting_ends_at_the_deadline(void **state)
{
    uint64_t begin = hvc_now_ms();
    HVC_CLEANUP(free) char *text = answer(*state, "{\"op\":\"wait\",\"version\":1}");

    assert_non_null(strstr(text, "out of time"));
    assert_in_range(hvc_now_ms() - begin, 145, 30000);
    assert_int_equal(runs, 0);
}

static void *cancel_it(void *context)
{
    hvc_call_cancel(context);
    return NULL;
}

static void waiting_ends_when_another_thread_cancels(void **state)
{
    struct fake_world *world = *state;
    struct hvc_call *call = fake_call("{\"op\":\"wait\",\"version\":1,\"args\":{\"timeout_ms\":60000}}");
    uint64_t begin = hvc_now_ms();
    pthread_t thread;

    hvc_call_ref(call);
    assert_int_equal(pthread_create(&thread, NULL, cancel_it, call), 0);
    hvc_call_run(&world->operations, call);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(hvc_now_ms() - begin < 30000);
    assert_true(strstr(hvc_record_text(hvc_call_response(call), "text", ""), "cancelled") != NULL);
    hvc_call_unref(call);
    hvc_call_unref(call);
    hvc_call_unref(NULL);
}

static void words_too_long_for_an_answer_are_cut_visibly(void **state)
{
    struct hvc_call *call = fake_call("{\"op\":\"succeed\",\"version\":1}");
    char text[HVC_ERROR_TEXT_MAX * 2];

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    (void)hvc_call_say(call, HVC_RESULT_FAILED, "%s", text);
    assert_int_equal(strlen(call->error.text), HVC_ERROR_TEXT_MAX - 1);
    assert_string_equal(call->error.text + HVC_ERROR_TEXT_MAX - 4, "...");
    hvc_call_unref(call);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_end_becomes_a_response, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_answer_that_cannot_be_written_says_so_instead, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_changes_something_leaves_one_audit_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_refused_call_runs_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_call_whose_time_has_passed_or_that_was_cancelled_is_not_begun, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(waiting_ends_at_the_deadline, set_up, tear_down),
        cmocka_unit_test_setup_teardown(waiting_ends_when_another_thread_cancels, set_up, tear_down),
        cmocka_unit_test_setup_teardown(words_too_long_for_an_answer_are_cut_visibly, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

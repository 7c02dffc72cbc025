/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ask.h"

#include "../hvc_cmocka.h"
#include "fake_asker.h"
#include "hvc/clock.h"

static struct fake_asker hvclusterd, direct;
static char noted[HVC_ERROR_TEXT_MAX];
static unsigned notes;
static struct hvc_error error;

static void note(void *context, const char *words)
{
    (void)context;
    notes++;
    (void)snprintf(noted, sizeof(noted), "%s", words);
}

static int begin(void **state)
{
    (void)state;
    fake_init(&hvclusterd);
    fake_init(&direct);
    notes = 0;
    hvc_error_clear(&error);
    return 0;
}

static int ask(struct hvc_ask_plan plan, uint64_t ms, struct hvc_answer *ret)
{
    const struct hvc_ways ways = {.daemon = &hvclusterd.asker, .direct = &direct.asker, .note = note};
    const struct hvc_question question = {.operation = "guest.inspect"};

    return hvc_ask(&ways, &question, &plan, hvc_deadline_in(ms), ret, &error);
}

static void the_daemons_answer_is_enough(void **state)
{
    struct hvc_answer answer;

    (void)state;
    (void)fake_reply(&hvclusterd, HVC_RESULT_REFUSED, "no");
    assert_int_equal(ask((struct hvc_ask_plan){.falls_back = 1u << HVC_RESULT_TIMEOUT}, 10000, &answer), 0);
    assert_int_equal(answer.result, HVC_RESULT_REFUSED);
    assert_int_equal(direct.count + notes, 0);
}

static void the_fallback_follows_when_there_is_no_usable_answer(void **state)
{
    struct hvc_answer answer;

    (void)state;
    (void)fake_reply(&direct, HVC_RESULT_OK, "fine");
    assert_int_equal(ask((struct hvc_ask_plan){0}, 10000, &answer), 0);
    assert_string_equal(answer.text, "fine");
    assert_string_equal(noted, "nobody listens");
    assert_int_equal(begin(NULL), 0);
    (void)fake_reply(&hvclusterd, HVC_RESULT_TIMEOUT, "too slow");
    (void)fake_reply(&direct, HVC_RESULT_OK, "fine");
    assert_int_equal(ask((struct hvc_ask_plan){.falls_back = 1u << HVC_RESULT_TIMEOUT}, 10000, &answer), 0);
    assert_string_equal(answer.text, "fine");
    assert_string_equal(noted, "too slow");
}

static void the_daemons_poor_answer_is_better_than_none(void **state)
{
    struct hvc_answer answer;

    (void)state;
    (void)fake_reply(&hvclusterd, HVC_RESULT_TIMEOUT, "too slow");
    assert_int_equal(ask((struct hvc_ask_plan){.falls_back = 1u << HVC_RESULT_TIMEOUT}, 10000, &answer), 0);
    assert_int_equal(answer.result, HVC_RESULT_TIMEOUT);
    assert_int_equal(notes, 1);
}

static void when_nobody_answers_both_reasons_are_told(void **state)
{
    struct hvc_answer answer;

    (void)state;
    fake_error(&hvclusterd, -ETIMEDOUT);
    fake_error(&direct, -EPROTO);
    assert_int_equal(ask((struct hvc_ask_plan){0}, 10000, &answer), -EPROTO);
    assert_string_equal(error.text,
                        "hvclusterd: it says Connection timed out; hvcluster-direct: it says Protocol error");
}

static void time_is_split_and_the_way_there_and_back_is_kept(void **state)
{
    struct hvc_answer answer;

    (void)state;
    (void)fake_reply(&hvclusterd, HVC_RESULT_TIMEOUT, "too slow");
    (void)fake_reply(&direct, HVC_RESULT_OK, "fine");
    assert_int_equal(
        ask((struct hvc_ask_plan){.daemon_ms = 5000, .falls_back = 1u << HVC_RESULT_TIMEOUT}, 60000, &answer), 0);
    assert_in_range(hvclusterd.asked[0].question.timeout_ms, 4400, 4500);
    assert_in_range(direct.asked[0].question.timeout_ms, 58000, 59000);
    assert_int_equal(begin(NULL), 0);
    assert_int_equal(ask((struct hvc_ask_plan){0}, 0, &answer), -ETIMEDOUT);
    assert_non_null(strstr(error.text, "no time is left to ask"));
    assert_int_equal(hvclusterd.count + direct.count, 0);
}

static void a_daemon_that_vanishes_is_waited_for_only_when_that_was_asked(void **state)
{
    struct hvc_answer answer;

    (void)state;
    fake_error(&hvclusterd, -EPIPE);
    (void)fake_reply(&hvclusterd, HVC_RESULT_OK, "again");
    (void)fake_reply(&direct, HVC_RESULT_OK, "fallback");
    assert_int_equal(ask((struct hvc_ask_plan){0}, 10000, &answer), 0);
    assert_string_equal(answer.text, "fallback");
    assert_int_equal(begin(NULL), 0);
    fake_error(&hvclusterd, -EPIPE);
    fake_error(&hvclusterd, -ENOTCONN);
    fake_error(&hvclusterd, -EPIPE);
    (void)fake_reply(&hvclusterd, HVC_RESULT_OK, "again");
    assert_int_equal(ask((struct hvc_ask_plan){.patience_ms = 5000}, 10000, &answer), 0);
    assert_string_equal(answer.text, "again");
}

static void patience_ends(void **state)
{
    struct hvc_answer answer;
    uint64_t begun = hvc_now_ms();

    (void)state;
    fake_error(&hvclusterd, -EPIPE);
    (void)fake_reply(&direct, HVC_RESULT_OK, "fallback");
    assert_int_equal(ask((struct hvc_ask_plan){.patience_ms = 300}, 60000, &answer), 0);
    assert_string_equal(answer.text, "fallback");
    assert_in_range(hvc_now_ms() - begun, 300, 30000);
}

#define T(function) cmocka_unit_test_setup(function, begin)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_daemons_answer_is_enough),
        T(the_fallback_follows_when_there_is_no_usable_answer),
        T(the_daemons_poor_answer_is_better_than_none),
        T(when_nobody_answers_both_reasons_are_told),
        T(time_is_split_and_the_way_there_and_back_is_kept),
        T(a_daemon_that_vanishes_is_waited_for_only_when_that_was_asked),
        T(patience_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading and writing the replicated state, seen through one operation of each kind. */
#include "operation_cases.h"

#define SET "{\"op\":\"settings.set\",\"version\":1,\"args\":{\"name\":\"moves-out\",\"value\":\"4\"%s}}"

static struct hvc_call *set(const char *more)
{
    char json[512];

    (void)snprintf(json, sizeof(json), SET, more);
    return run_request(json);
}

static const char *result_of(struct hvc_call *call)
{
    return hvc_record_text(hvc_call_response(call), "result", "");
}

static void tokens_are_read_as_they_are_written(void **state)
{
    static const char *const bad[] = {"",
                                      ":1",
                                      "0123456789abcdef0123456789abcdef",
                                      "0123456789abcdef0123456789abcdef:",
                                      "0123456789abcdef0123456789abcdef:x",
                                      "0123456789abcdef0123456789abcdef:18446744073709551615",
                                      "0123456789ABCDEF0123456789abcdef:1",
                                      "0123456789abcdef0123456789abcde:12"};
    struct hvc_token token = {.birth = 18446744073709551614u}, back;
    struct hvc_error error = {0};
    char text[HVC_TOKEN_TEXT_MAX];

    (void)state;
    for (uint8_t i = 0; i < sizeof(token.id); i++)
        token.id[i] = (uint8_t)(i * 16 + 15 - i);
    hvc_token_format(&token, text);
    assert_int_equal(hvc_token_parse(text, &back, &error), 0);
    assert_memory_equal(&back, &token, sizeof(back));
    for (size_t i = 0; i < HVC_COUNT(bad); i++) {
        assert_int_equal(hvc_token_parse(bad[i], &back, &error), -EINVAL);
        assert_non_null(strstr(error.text, "is no token"));
    }
}

static void a_write_tells_its_token_and_where_it_was_committed(void **state)
{
    struct hvc_call *call = set("");

    (void)state;
    assert_string_equal(result_of(call), "ok");
    assert_string_equal(call->error.text, "moves-out is 4");
    assert_string_equal(hvc_record_text(call->data, "token", ""), "ab000000000000000000000000000001:41");
    assert_string_equal(hvc_record_text(call->data, "outcome", ""), "ok");
    assert_int_equal(hvc_record_u64(call->data, "index", 0), 42);
    assert_int_equal(hvc_record_u64(call->data, "epoch", 0), 7);
    assert_string_equal(keeper->last.by, "uid 0 on n1");
    assert_false(keeper->waited);
    hvc_call_unref(call);
}

static void a_request_repeated_with_its_token_is_not_run_twice(void **state)
{
    static const char token[] = ",\"token\":\"0123456789abcdef0123456789abcdef:40\",\"wait\":true";
    struct hvc_call *first = set(token), *second = set(token);

    (void)state;
    assert_string_equal(result_of(first), "ok");
    assert_false(hvc_record_bool(first->data, "repeated", true));
    assert_true(keeper->waited);
    assert_string_equal(result_of(second), "ok");
    assert_true(hvc_record_bool(second->data, "repeated", false));
    assert_string_equal(second->error.text, "moves-out is 4: done by an earlier request with this token");
    hvc_call_unref(first);
    hvc_call_unref(second);
}

static void how_a_write_ended_is_told_as_it_is(void **state)
{
    static const struct {
        int error;
        const char *words, *result, *outcome, *text;
    } rows[] = {
        {-EAGAIN, "no view runs", "no-quorum", "refused",
         "nothing was done: no quorum: 1 of 3 votes are here, 2 are needed; not here: n2, n3"},
        {-ETIMEDOUT, "no answer in time", "unknown-outcome", "unknown",
         "it may still be done or not (no answer in time); ask again with --token ab"},
        {-ECANCELED, "closing", "unknown-outcome", "unknown", "it may still be done or not (closing)"},
        {-ESTALE, "", "unknown-outcome", "unknown", "is too old"},
        {-ENOBUFS, "", "busy", "refused", "too many requests are under way"},
        {-EINVAL, "a field is out of its bounds", "invalid", "refused",
         "nothing was done: a field is out of its bounds"},
    };

    (void)state;
    fake_status_healthy(&keeper->status, 3);
    fake_status_cut(&keeper->status, 1);
    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        struct hvc_call *call;

        keeper->outcome.error = rows[i].error;
        (void)snprintf(keeper->outcome.words, sizeof(keeper->outcome.words), "%s", rows[i].words);
        call = set("");
        assert_string_equal(result_of(call), rows[i].result);
        assert_string_equal(hvc_record_text(call->data, "outcome", ""), rows[i].outcome);
        if (strstr(call->error.text, rows[i].text) == NULL)
            fail_msg("no \"%s\" in \"%s\"", rows[i].text, call->error.text);
        assert_int_equal(hvc_record_type(call->data, "token"), HVC_RECORD_TEXT);
        hvc_call_unref(call);
    }
    assert_int_equal(keeper->proposals, 0);
}

static void a_full_disk_is_not_called_a_lack_of_quorum(void **state)
{
    struct hvc_call *call;

    (void)state;
    fake_status_cut(&keeper->status, 2);
    keeper->status.health = HVC_REPLICA_LEFT;
    keeper->status.store = HVC_STORE_FULL;
    (void)snprintf(keeper->status.words, sizeof(keeper->status.words), "the store failed: disk full");
    keeper->outcome.error = -EAGAIN;
    call = set("");
    assert_string_equal(result_of(call), "unreachable");
    assert_string_equal(call->error.text, "nothing was done: the store failed: disk full");
    hvc_call_unref(call);
}

static void what_the_state_machine_refuses_is_told_in_its_words(void **state)
{
    static const struct {
        const char *json, *result, *text;
    } rows[] = {
        {"{\"op\":\"network.remove\",\"version\":1,\"args\":{\"id\":9}}", "not-found",
         "no migration network has the number 9; nothing was changed"},
        {"{\"op\":\"settings.set\",\"version\":1,\"args\":{\"name\":\"tls\",\"value\":\"0\",\"node\":\"n2\"}}",
         "invalid", "not a valid value: setting tls, from 0 to 1, of the cluster only; nothing was changed"},
        {"{\"op\":\"settings.reset\",\"version\":1,\"args\":{\"name\":\"tls\"}}", "ok",
         "tls is back to its default: it was so already"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        struct hvc_call *call = run_request(rows[i].json);

        assert_string_equal(result_of(call), rows[i].result);
        assert_string_equal(call->error.text, rows[i].text);
        assert_int_equal(hvc_record_type(call->data, "stale"), HVC_RECORD_NONE);
        hvc_call_unref(call);
    }
}

static void a_read_says_how_old_it_is(void **state)
{
    struct hvc_call *call = run_request("{\"op\":\"settings.show\",\"version\":1}");

    (void)state;
    assert_string_equal(result_of(call), "ok");
    assert_int_equal(hvc_record_u64(call->data, "applied", 0), 41);
    assert_false(hvc_record_bool(call->data, "stale", true));
    assert_string_equal(call->error.text, "settings of the cluster");
    hvc_call_unref(call);
    fake_status_cut(&keeper->status, 1);
    call = run_request("{\"op\":\"settings.show\",\"version\":1}");
    assert_string_equal(result_of(call), "ok");
    assert_true(hvc_record_bool(call->data, "stale", false));
    assert_non_null(strstr(call->error.text, "others may have gone on"));
    hvc_call_unref(call);
}

static void a_fresh_read_is_refused_without_quorum(void **state)
{
    struct hvc_call *call;

    (void)state;
    fake_status_cut(&keeper->status, 1);
    keeper->read_error = -EAGAIN;
    call = run_request("{\"op\":\"settings.show\",\"version\":1,\"args\":{\"fresh\":true}}");
    assert_string_equal(result_of(call), "no-quorum");
    assert_non_null(strstr(call->error.text, "not here: n2"));
    hvc_call_unref(call);
}

static void what_has_not_been_loaded_yet_is_not_shown_as_if_it_were_empty(void **state)
{
    struct hvc_call *call;

    (void)state;
    keeper->always = true;
    keeper->read_error = -EAGAIN;
    call = run_request("{\"op\":\"network.list\",\"version\":1}");
    assert_string_equal(result_of(call), "unreachable");
    assert_string_equal(call->error.text, "nothing can be shown yet: the fake keeper does not read");
    hvc_call_unref(call);
}

static bool store_is_read(struct fake_keeper *waited)
{
    waited->read_error = 0;
    return true;
}

static void what_is_being_loaded_is_waited_for(void **state)
{
    struct hvc_call *call;

    (void)state;
    keeper->always = true;
    keeper->read_error = -EINPROGRESS;
    call = run_request("{\"op\":\"network.list\",\"version\":1,\"args\":{\"timeout_ms\":50}}");
    assert_string_equal(result_of(call), "unreachable");
    assert_string_equal(call->error.text, "nothing can be shown yet: the fake keeper does not read");
    hvc_call_unref(call);
    keeper->on_await = store_is_read;
    call = run_request("{\"op\":\"network.list\",\"version\":1}");
    assert_string_equal(result_of(call), "ok");
    assert_int_equal(keeper->read_error, 0);
    hvc_call_unref(call);
}

static void a_refusal_without_a_visible_reason_is_told_in_the_replicas_words(void **state)
{
    struct hvc_call *call;

    (void)state;
    keeper->outcome.error = -EAGAIN;
    (void)snprintf(keeper->outcome.words, sizeof(keeper->outcome.words), "the view has ended");
    call = set("");
    assert_string_equal(call->error.text, "nothing was done: the view has ended");
    hvc_call_unref(call);
    keeper->outcome.words[0] = '\0';
    call = set("");
    assert_string_equal(call->error.text, "nothing was done: the membership has just changed");
    hvc_call_unref(call);
}

static void without_a_history_nothing_is_shown_as_if_it_were_empty(void **state)
{
    struct hvc_call *call;

    (void)state;
    keeper->always = true;
    keeper->read_error = -ENODATA;
    call = run_request("{\"op\":\"node.list\",\"version\":1}");
    assert_string_equal(result_of(call), "not-found");
    assert_non_null(strstr(call->error.text, "there is no history of the cluster here yet"));
    assert_int_equal(hvc_record_type(call->data, "nodes"), HVC_RECORD_NONE);
    hvc_call_unref(call);
}

static void a_node_that_does_not_exist_is_told_with_those_that_do(void **state)
{
    struct hvc_call *call = run_request("{\"op\":\"settings.show\",\"version\":1,\"args\":{\"node\":\"n9\"}}");

    (void)state;
    assert_string_equal(result_of(call), "not-found");
    assert_string_equal(call->error.text, "the cluster has no node \"n9\"; it has n1, n2");
    hvc_call_unref(call);
}

static void without_a_daemon_there_is_no_state(void **state)
{
    static const char *const operations[] = {"settings.show", "service.show", "node.list", "network.list",
                                             "state.digest"};

    (void)state;
    world->operations.keeper = NULL;
    for (size_t i = 0; i < HVC_COUNT(operations); i++) {
        char json[128];
        struct hvc_call *call;

        (void)snprintf(json, sizeof(json), "{\"op\":\"%s\",\"version\":1}", operations[i]);
        call = run_request(json);
        assert_string_equal(result_of(call), "unreachable");
        assert_non_null(strstr(call->error.text, "which is not kept in this process"));
        hvc_call_unref(call);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tokens_are_read_as_they_are_written, begin, end),
        cmocka_unit_test_setup_teardown(a_write_tells_its_token_and_where_it_was_committed, begin, end),
        cmocka_unit_test_setup_teardown(a_request_repeated_with_its_token_is_not_run_twice, begin, end),
        cmocka_unit_test_setup_teardown(how_a_write_ended_is_told_as_it_is, begin, end),
        cmocka_unit_test_setup_teardown(a_full_disk_is_not_called_a_lack_of_quorum, begin, end),
        cmocka_unit_test_setup_teardown(what_the_state_machine_refuses_is_told_in_its_words, begin, end),
        cmocka_unit_test_setup_teardown(a_read_says_how_old_it_is, begin, end),
        cmocka_unit_test_setup_teardown(a_fresh_read_is_refused_without_quorum, begin, end),
        cmocka_unit_test_setup_teardown(what_is_being_loaded_is_waited_for, begin, end),
        cmocka_unit_test_setup_teardown(what_has_not_been_loaded_yet_is_not_shown_as_if_it_were_empty, begin, end),
        cmocka_unit_test_setup_teardown(a_refusal_without_a_visible_reason_is_told_in_the_replicas_words, begin, end),
        cmocka_unit_test_setup_teardown(without_a_history_nothing_is_shown_as_if_it_were_empty, begin, end),
        cmocka_unit_test_setup_teardown(a_node_that_does_not_exist_is_told_with_those_that_do, begin, end),
        cmocka_unit_test_setup_teardown(without_a_daemon_there_is_no_state, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

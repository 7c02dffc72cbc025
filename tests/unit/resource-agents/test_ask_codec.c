/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ask_codec.h"

#include <stdlib.h>

#include "../hvc_cmocka.h"
#include "hvc/client.h"

static struct hvc_answer decode(const struct hvc_question *question, const char *json)
{
    HVC_CLEANUP(record) struct hvc_record *response = NULL;
    struct hvc_error error = {0};
    struct hvc_answer answer;

    if (hvc_response_parse(json, strlen(json), &response, &error) < 0)
        fail_msg("%s: %s", json, error.text);
    hvc_ask_decode(question, response, &answer);
    return answer;
}

static void assert_encoded(const struct hvc_question *question, const char *json)
{
    HVC_CLEANUP(record) struct hvc_record *request = hvc_ask_encode(question);
    HVC_CLEANUP(free) char *text = NULL;
    struct hvc_error error = {0};
    size_t length = 0;

    assert_non_null(request);
    assert_int_equal(hvc_record_format(request, &text, &length, &error), 0);
    assert_string_equal(text, json);
}

static void what_is_not_given_is_not_sent(void **state)
{
    (void)state;
    assert_encoded(
        &(struct hvc_question){.operation = "guest.inspect", .uuid = "u", .name = "vm", .timeout_ms = 900},
        "{\"op\":\"guest.inspect\",\"version\":1,\"args\":{\"uuid\":\"u\",\"name\":\"vm\",\"timeout_ms\":900}}");
    assert_encoded(&(struct hvc_question){.operation = "guest.move",
                                          .uuid = "u",
                                          .resource = "r",
                                          .target = "n2",
                                          .end_action = "force",
                                          .timeout_ms = 5,
                                          .bandwidth_mib = 7,
                                          .max_downtime_ms = 9,
                                          .post_copy = true},
                   "{\"op\":\"guest.move\",\"version\":1,\"args\":{\"uuid\":\"u\",\"resource\":\"r\",\"target\":\"n2\","
                   "\"end_action\":\"force\",\"timeout_ms\":5,\"bandwidth_mib\":7,\"max_downtime_ms\":9,"
                   "\"post_copy\":true}}");
    assert_encoded(&(struct hvc_question){.operation = "guest.start", .xml = "<x/>", .config = "/x.xml"},
                   "{\"op\":\"guest.start\",\"version\":1,\"args\":{\"xml\":\"<x/>\",\"config\":\"/x.xml\"}}");
    assert_encoded(&(struct hvc_question){.operation = "guest.stop", .uuid = "u", .force = true},
                   "{\"op\":\"guest.stop\",\"version\":1,\"args\":{\"uuid\":\"u\",\"force\":true}}");
    assert_encoded(&(struct hvc_question){.operation = "guest.stop", .uuid = "u", .graceful_ms = 30000},
                   "{\"op\":\"guest.stop\",\"version\":1,\"args\":{\"uuid\":\"u\",\"graceful_ms\":30000}}");
}

static void the_resource_of_a_list_is_ours_to_look_for(void **state)
{
    (void)state;
    assert_encoded(&(struct hvc_question){.operation = "guest.list", .resource = "vm1"},
                   "{\"op\":\"guest.list\",\"version\":1,\"args\":{}}");
}

static void a_guest_is_read(void **state)
{
    const struct hvc_question question = {.operation = "guest.inspect"};
    struct hvc_answer answer = decode(
        &question,
        "{\"version\":1,\"result\":\"ok\",\"text\":\"t\",\"data\":{\"uuid\":\"u\",\"name\":\"vm\","
        "\"class\":\"failed\",\"words\":\"paused (I/O error)\",\"owner\":\"r\",\"io_error\":true,\"warning\":\"w\"}}");

    (void)state;
    assert_int_equal(answer.result, HVC_RESULT_OK);
    assert_int_equal(answer.guest_class, HVC_GUEST_FAILED);
    assert_string_equal(answer.uuid, "u");
    assert_string_equal(answer.name, "vm");
    assert_string_equal(answer.words, "paused (I/O error)");
    assert_string_equal(answer.owner, "r");
    assert_string_equal(answer.text, "t");
    assert_string_equal(answer.warning, "w");
    assert_true(answer.io_error);
}

static void an_answer_without_words_gets_those_of_its_result(void **state)
{
    const struct hvc_question question = {.operation = "guest.inspect"};
    struct hvc_answer answer = decode(&question, "{\"version\":1,\"result\":\"no-quorum\",\"text\":\"\"}");

    (void)state;
    assert_int_equal(answer.result, HVC_RESULT_NO_QUORUM);
    assert_string_equal(answer.text, hvc_result_text(HVC_RESULT_NO_QUORUM));
    assert_int_equal(answer.guest_class, HVC_GUEST_CLASS_MAX);
    assert_string_equal(answer.uuid, "");
}

static void the_one_guest_of_the_resource_is_found_in_a_list(void **state)
{
    static const struct {
        const char *guests;
        enum hvc_result result;
    } rows[] = {
        {"", HVC_RESULT_NOT_FOUND},
        {"{\"uuid\":\"a\",\"owner\":\"\"},{\"uuid\":\"b\",\"owner\":\"vm2\"}", HVC_RESULT_NOT_FOUND},
        {"{\"uuid\":\"a\",\"owner\":\"vm2\"},{\"uuid\":\"b\",\"name\":\"n\",\"owner\":\"vm1\"}", HVC_RESULT_OK},
        {"{\"uuid\":\"b\",\"owner\":\"vm1\"},{\"uuid\":\"c\",\"owner\":\"vm1\"}", HVC_RESULT_REFUSED},
    };
    const struct hvc_question question = {.operation = "guest.list", .resource = "vm1"};

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(rows); i++) {
        char json[512];
        struct hvc_answer answer;

        (void)snprintf(json, sizeof(json), "{\"version\":1,\"result\":\"ok\",\"text\":\"\",\"data\":{\"guests\":[%s]}}",
                       rows[i].guests);
        answer = decode(&question, json);
        assert_int_equal(answer.result, rows[i].result);
        if (answer.result == HVC_RESULT_OK)
            assert_string_equal(answer.uuid, "b");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_given_is_not_sent),
        cmocka_unit_test(the_resource_of_a_list_is_ours_to_look_for),
        cmocka_unit_test(a_guest_is_read),
        cmocka_unit_test(an_answer_without_words_gets_those_of_its_result),
        cmocka_unit_test(the_one_guest_of_the_resource_is_found_in_a_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

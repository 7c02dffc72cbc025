/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "hvc/client.h"

#include "../hvc_cmocka.h"

static void a_request_has_its_operation_version_and_arguments(void **state)
{
    HVC_CLEANUP(record) struct hvc_record *request = NULL;
    HVC_CLEANUP(free) char *json = NULL;
    struct hvc_record *args = NULL;
    size_t length = 0;

    (void)state;
    request = hvc_request_new("guest.inspect", &args);
    hvc_record_set_text(args, "name", "vm1");
    assert_int_equal(hvc_record_format(request, &json, &length, NULL), 0);
    assert_string_equal(json, "{\"op\":\"guest.inspect\",\"version\":1,\"args\":{\"name\":\"vm1\"}}");
}

static void a_response_gives_result_text_and_data(void **state)
{
    static const char json[] = "{\"version\":1,\"result\":\"no-quorum\",\"text\":\"why\",\"data\":{\"a\":1}}";
    HVC_CLEANUP(record) struct hvc_record *response = NULL;

    (void)state;
    assert_int_equal(hvc_response_parse(json, strlen(json), &response, NULL), 0);
    assert_int_equal(hvc_response_result(response), HVC_RESULT_NO_QUORUM);
    assert_string_equal(hvc_response_text(response), "why");
    assert_int_equal(hvc_record_u64(hvc_response_data(response), "a", 0), 1);
}

static void an_answer_that_is_no_response_is_refused_in_words(void **state)
{
    static const struct {
        const char *json;
        const char *words;
    } cases[] = {
        {"x", "cannot be read"},
        {"{}", "version 0"},
        {"{\"version\":2,\"result\":\"ok\"}", "version 2"},
        {"{\"version\":1}", "unknown result \"\""},
        {"{\"version\":1,\"result\":\"fine\"}", "unknown result \"fine\""},
        {"{\"version\":1,\"result\":7}", "unknown result"},
        {"{\"version\":1,\"result\":\"ok\",\"text\":7}", "text is a number"},
        {"{\"version\":1,\"result\":\"ok\",\"data\":[]}", "data a list"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_record *response = NULL;
        struct hvc_error error = {0};

        assert_int_equal(hvc_response_parse(cases[i].json, strlen(cases[i].json), &response, &error), -EPROTO);
        assert_int_equal(error.code, -EPROTO);
        assert_non_null(strstr(error.text, cases[i].words));
        assert_null(response);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_has_its_operation_version_and_arguments),
        cmocka_unit_test(a_response_gives_result_text_and_data),
        cmocka_unit_test(an_answer_that_is_no_response_is_refused_in_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The check of requests, against a table of the test's own: it defines what operations.c does in the programs. */
#include "check.h"

#include <string.h>

#include "../hvc_cmocka.h"

static enum hvc_result nothing(struct hvc_operations *operations, struct hvc_call *call)
{
    (void)operations;
    (void)call;
    return HVC_RESULT_OK;
}

static const char *const words[] = {"abort", "force", NULL};
static const struct hvc_argument arguments[] = {
    {.name = "xml", .type = HVC_ARGUMENT_TEXT, .choice = 1, .min = 1, .max = 10, .help = "definition"},
    {.name = "uuid", .type = HVC_ARGUMENT_UUID, .choice = 1, .help = "UUID"},
    {.name = "target", .type = HVC_ARGUMENT_TEXT, .required = true, .min = 1, .help = "node it shall go to"},
    {.name = "number", .type = HVC_ARGUMENT_U64, .min = 2, .max = 5},
    {.name = "any", .type = HVC_ARGUMENT_U64},
    {.name = "force", .type = HVC_ARGUMENT_BOOL},
    {.name = "end", .type = HVC_ARGUMENT_TEXT, .min = 1, .words = words},
};
static const struct hvc_operation row = {.name = "try",
                                         .arguments = arguments,
                                         .argument_count = HVC_COUNT(arguments),
                                         .right = HVC_RIGHT_OPERATE,
                                         .timeout_ms = 1000,
                                         .timeout_max_ms = 9000,
                                         .handler = nothing};

const struct hvc_operation *hvc_operation_find(const char *name)
{
    return strcmp(name, "try") == 0 ? &row : NULL;
}

const char *hvc_right_name(enum hvc_right right)
{
    return right == HVC_RIGHT_READ ? "read" : "operate";
}

struct outcome {
    enum hvc_result result;
    const struct hvc_record *args;
    uint64_t timeout_ms;
    struct hvc_error error;
    struct hvc_record *request;
};

static void check(const char *json, enum hvc_right right, struct outcome *o)
{
    const struct hvc_operation *operation = NULL;

    memset(o, 0, sizeof(*o));
    assert_int_equal(hvc_record_parse(json, strlen(json), &o->request, NULL), 0);
    o->result = hvc_check_request(o->request, right, &operation, &o->args, &o->timeout_ms, &o->error);
    assert_true((o->result == HVC_RESULT_OK) == (operation == &row));
}

#define REQUEST(args)  "{\"op\":\"try\",\"version\":1,\"args\":{" args "}}"
#define UUID           "0123ABCD-0000-4000-8000-0000000000ff"
#define UUID_AS_PASSED "\"uuid\":\"" UUID "\",\"target\":\"n2\""

static void good_requests_pass_and_their_uuid_gets_its_normal_form(void **state)
{
    struct outcome o;

    (void)state;
    check(REQUEST(UUID_AS_PASSED), HVC_RIGHT_OPERATE, &o);
    assert_int_equal(o.result, HVC_RESULT_OK);
    assert_string_equal(hvc_record_text(o.args, "uuid", ""), "0123abcd-0000-4000-8000-0000000000ff");
    assert_int_equal(o.timeout_ms, 1000);
    hvc_record_free(o.request);
    check(REQUEST("\"xml\":\"<a/>\",\"target\":\"n2\",\"number\":5,\"any\":0,\"force\":false,\"end\":\"force\","
                  "\"timeout_ms\":9000"),
          HVC_RIGHT_ADMIN, &o);
    assert_int_equal(o.result, HVC_RESULT_OK);
    assert_int_equal(o.timeout_ms, 9000);
    hvc_record_free(o.request);
}

static void everything_else_is_refused_in_words(void **state)
{
    static const struct {
        const char *json;
        enum hvc_result result;
        const char *text;
    } cases[] = {
        {"{}", HVC_RESULT_INVALID, "version 0"},
        {"{\"op\":\"try\",\"version\":2}", HVC_RESULT_INVALID, "version 2"},
        {"{\"op\":\"try\",\"version\":\"1\"}", HVC_RESULT_INVALID, "version 0"},
        {"{\"op\":7,\"version\":1}", HVC_RESULT_INVALID, "name of an operation"},
        {"{\"op\":\"try\",\"version\":1,\"args\":[]}", HVC_RESULT_INVALID, "must be a record"},
        {"{\"op\":\"try\",\"version\":1,\"more\":1}", HVC_RESULT_INVALID, "\"more\" is not known"},
        {"{\"op\":\"fly\",\"version\":1}", HVC_RESULT_UNSUPPORTED, "no operation \"fly\""},
        {"{\"op\":\"try\",\"version\":1}", HVC_RESULT_INVALID, "try needs an argument xml or uuid"},
        {REQUEST("\"uuid\":\"" UUID "\""), HVC_RESULT_INVALID, "try needs the argument target (node it shall go to)"},
        {REQUEST("\"xml\":\"x\"," UUID_AS_PASSED), HVC_RESULT_INVALID, "try needs only one of xml or uuid"},
        {REQUEST("\"target\":\"\",\"xml\":\"x\""), HVC_RESULT_INVALID, "target has 0 bytes: 1 to 255"},
        {REQUEST("\"target\":\"n2\",\"xml\":\"01234567890\""), HVC_RESULT_INVALID, "xml has 11 bytes: 1 to 10"},
        {REQUEST("\"uuid\":\"0123\",\"target\":\"n2\""), HVC_RESULT_INVALID, "uuid is a text: it must be a UUID"},
        {REQUEST("\"uuid\":5,\"target\":\"n2\""), HVC_RESULT_INVALID, "uuid is a number: it must be a UUID"},
        {REQUEST(UUID_AS_PASSED ",\"number\":6"), HVC_RESULT_INVALID, "number is 6: 2 to 5"},
        {REQUEST(UUID_AS_PASSED ",\"number\":-2"), HVC_RESULT_INVALID, "must be a number, not negative"},
        {REQUEST(UUID_AS_PASSED ",\"number\":\"3\""), HVC_RESULT_INVALID, "number is a text"},
        {REQUEST(UUID_AS_PASSED ",\"force\":1"), HVC_RESULT_INVALID, "force is a number: it must be true or false"},
        {REQUEST(UUID_AS_PASSED ",\"end\":\"die\""), HVC_RESULT_INVALID, "must be one of abort, force"},
        {REQUEST(UUID_AS_PASSED ",\"extra\":1"), HVC_RESULT_INVALID, "try has no argument extra: there are xml, uuid"},
        {REQUEST(UUID_AS_PASSED ",\"timeout_ms\":0"), HVC_RESULT_INVALID, "timeout_ms is 0: 1 to 9000"},
        {REQUEST(UUID_AS_PASSED ",\"timeout_ms\":9001"), HVC_RESULT_INVALID, "timeout_ms is 9001"},
        {REQUEST(UUID_AS_PASSED ",\"timeout_ms\":\"1\""), HVC_RESULT_INVALID, "timeout_ms must be a number"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct outcome o;

        check(cases[i].json, HVC_RIGHT_ADMIN, &o);
        if (o.result != cases[i].result || strstr(o.error.text, cases[i].text) == NULL)
            fail_msg("%s gave %s \"%s\"", cases[i].json, hvc_result_word(o.result), o.error.text);
        assert_null(o.args);
        hvc_record_free(o.request);
    }
}

static void the_right_is_checked_before_anything_of_the_arguments(void **state)
{
    struct outcome o;

    (void)state;
    check(REQUEST("\"nonsense\":1"), HVC_RIGHT_READ, &o);
    assert_int_equal(o.result, HVC_RESULT_DENIED);
    assert_string_equal(o.error.text, "try needs the right to operate, this caller has the right to read");
    hvc_record_free(o.request);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_requests_pass_and_their_uuid_gets_its_normal_form),
        cmocka_unit_test(everything_else_is_refused_in_words),
        cmocka_unit_test(the_right_is_checked_before_anything_of_the_arguments),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "hvc/record.h"

#include "../hvc_cmocka.h"

static struct hvc_record *parse(const char *json)
{
    struct hvc_record *record = NULL;
    struct hvc_error error = {0};
    int rc = hvc_record_parse(json, strlen(json), &record, &error);

    if (rc < 0)
        fail_msg("%s: %s", json, error.text);
    return record;
}

/* Text, the record it stands for, and the text again: the form on the wire is fixed by these lines. */
static void text_and_record_are_the_same_both_ways(void **state)
{
    static const char *const golden[] = {
        "{}",
        "{\"op\":\"status\",\"version\":1,\"args\":{}}",
        "{\"a\":\"\",\"b\":true,\"c\":false,\"d\":0,\"e\":18446744073709551615,\"f\":-9223372036854775808}",
        "{\"nodes\":[{\"id\":1,\"name\":\"n1\"},{\"id\":2,\"name\":\"n2\"}],\"none\":[]}",
        "{\"xml\":\"<domain type='qemu'>\\n  <name a=\\\"b\\\">\\t/x\\\\y</name>\\n</domain>\"}",
        "{\"words\":\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\xa7\"}",
        "{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":{\"g\":7}}}}}}}",
        "{\"a\":[{\"b\":[{\"c\":[{\"d\":[{\"e\":[{\"f\":[{\"g\":7}]}]}]}]}]}]}",
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(golden); i++) {
        HVC_CLEANUP(record) struct hvc_record *record = parse(golden[i]);
        HVC_CLEANUP(free) char *text = NULL;
        size_t length = 0;

        assert_int_equal(hvc_record_format(record, &text, &length, NULL), 0);
        assert_string_equal(text, golden[i]);
        assert_int_equal(length, strlen(golden[i]));
    }
}

static void bad_input_is_refused_with_place_and_reason(void **state)
{
    static const struct {
        const char *json;
        int code;
        const char *words;
    } cases[] = {
        {"", -EINVAL, "there is nothing"},
        {" \n", -EINVAL, "there is nothing"},
        {"{\"a\":1", -EINVAL, "in the middle, after 6 bytes"},
        {"{\"a\":tru}", -EINVAL, "at byte 8"},
        {"{\"a\":1,}", -EINVAL, "not JSON"},
        {"{\"a\":1} {", -EINVAL, "not JSON"},
        {"[{\"a\":1}]", -EINVAL, "not a JSON object"},
        {"\"text\"", -EINVAL, "not a JSON object"},
        {"{\"a\":null}", -EINVAL, "\"a\": null is not a value"},
        {"{\"a\":1.5}", -EINVAL, "\"a\": not a whole number"},
        {"{\"a\":1e3}", -EINVAL, "\"a\": not a whole number"},
        {"{\"a\":18446744073709551616}", -EINVAL, "byte 5 is too large"},
        {"{\"a\":99999999999999999999999}", -EINVAL, "too large"},
        {"{\"b\":\"\\\"\",\"a\":[{\"c\":99999999999999999999}]}", -EINVAL, "byte 20 is too large"},
        {"{\"a\":-9223372036854775809}", -EINVAL, "too large"},
        {"{\"a\":[1]}", -EINVAL, "\"a\": entry 0 of the list is not an object"},
        {"{\"a\":[{},\"x\"]}", -EINVAL, "entry 1"},
        {"{\"a\":[[{}]]}", -EINVAL, "entry 0"},
        {"{\"a\":\"x\\u0000y\"}", -EINVAL, "zero byte"},
        {"{\"Bad\":1}", -EINVAL, "\"Bad\" is not a name"},
        {"{\"\":1}", -EINVAL, "is not a name"},
        {"{\"a\":{\"b c\":1}}", -EINVAL, "\"a\": \"b c\" is not a name"},
        {"{\"a\":\"\xff\xfe\"}", -EINVAL, "utf-8"},
        {"{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}}}}}", -E2BIG, "deep"},
        {"{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{"
         "\"a\":{\"a\":{\"a\":1}}}}}}}}}}}}}}}}}}",
         -E2BIG, "deep"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_record *record = NULL;
        struct hvc_error error = {0};
        int rc = hvc_record_parse(cases[i].json, strlen(cases[i].json), &record, &error);

        if (rc != cases[i].code || strstr(error.text, cases[i].words) == NULL)
            fail_msg("%s gave %d \"%s\", wanted %d \"%s\"", cases[i].json, rc, error.text, cases[i].code,
                     cases[i].words);
        assert_null(record);
    }
}

static void a_zero_byte_ends_nothing(void **state)
{
    static const char json[] = "{\"a\":1}\0{\"b\":2}";
    struct hvc_record *record = NULL;
    struct hvc_error error = {0};

    (void)state;
    assert_int_equal(hvc_record_parse(json, sizeof(json) - 1, &record, &error), -EINVAL);
    assert_null(record);
}

static void more_members_than_allowed_are_refused(void **state)
{
    char json[HVC_RECORD_MEMBERS_MAX * 16 + 32] = "{";
    size_t used = 1;
    struct hvc_record *record = NULL;
    struct hvc_error error = {0};

    (void)state;
    for (unsigned i = 0; i <= HVC_RECORD_MEMBERS_MAX; i++)
        used += (size_t)snprintf(json + used, sizeof(json) - used, "%s\"m%u\":%u", i == 0 ? "" : ",", i, i);
    (void)snprintf(json + used, sizeof(json) - used, "}");
    assert_int_equal(hvc_record_parse(json, strlen(json), &record, &error), -E2BIG);
    assert_non_null(strstr(error.text, "more than 64 names"));
}

static void a_text_beyond_the_message_bound_is_refused_on_both_sides(void **state)
{
    HVC_CLEANUP(record) struct hvc_record *record = hvc_record_new();
    HVC_CLEANUP(free) char *text = malloc(HVC_IPC_MESSAGE_MAX + 1);
    struct hvc_record *parsed = NULL;
    struct hvc_error error = {0};
    char *json = NULL;
    size_t length = 0;

    (void)state;
    assert_non_null(text);
    memset(text, 'x', HVC_IPC_MESSAGE_MAX);
    text[HVC_IPC_MESSAGE_MAX] = '\0';
    hvc_record_set_text(record, "xml", text);
    assert_int_equal(hvc_record_format(record, &json, &length, &error), -E2BIG);
    assert_non_null(strstr(error.text, "at most 524288"));
    text[HVC_IPC_MESSAGE_MAX - sizeof("{\"xml\":\"\"}") + 1] = '\0';
    hvc_record_set_text(record, "xml", text);
    assert_int_equal(hvc_record_format(record, &json, &length, &error), 0);
    assert_int_equal(length, HVC_IPC_MESSAGE_MAX);
    assert_int_equal(hvc_record_parse(json, length, &parsed, &error), 0);
    assert_string_equal(hvc_record_text(parsed, "xml", ""), text);
    hvc_record_free(parsed);
    free(json);
    text[0] = 'y';
    assert_int_equal(hvc_record_parse(text, HVC_IPC_MESSAGE_MAX + 1, &parsed, &error), -E2BIG);
}

static void text_that_is_no_utf8_is_refused_before_it_is_sent(void **state)
{
    static const struct {
        const char *text;
        int code;
    } cases[] = {
        {"plain", 0},      {"\xc3\xa4", 0},        {"\xf4\x8f\xbf\xbf", 0},   {"\xff", -EINVAL},
        {"\xc3", -EINVAL}, {"\xc0\x80", -EINVAL},  {"\xed\xa0\x80", -EINVAL}, {"\xf4\x90\x80\x80", -EINVAL},
        {"\x80", -EINVAL}, {"a\xe2\x82", -EINVAL}, {"\xe0\x80\x80", -EINVAL}, {"\xf8\x88\x80\x80\x80", -EINVAL},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        HVC_CLEANUP(record) struct hvc_record *record = hvc_record_new();
        HVC_CLEANUP(free) char *json = NULL;
        size_t length = 0;

        hvc_record_set_text(record, "a", cases[i].text);
        assert_int_equal(hvc_record_format(record, &json, &length, NULL), cases[i].code);
    }
}

static void an_answer_with_the_words_of_others_always_arrives(void **state)
{
    HVC_CLEANUP(record) struct hvc_record *record = hvc_record_new();
    HVC_CLEANUP(free) char *json = NULL;
    size_t length = 0;

    (void)state;
    hvc_record_set_text(record, "a", "cut \xe2\x82");
    hvc_record_set_text(record, "b", "\xc3\xa4 \xff!");
    assert_int_equal(hvc_record_format_replacing(record, &json, &length, NULL), 0);
    assert_string_equal(json, "{\"a\":\"cut ??\",\"b\":\"\xc3\xa4 ?!\"}");
}

static void what_the_builder_met_is_told_when_it_is_written(void **state)
{
    HVC_CLEANUP(record) struct hvc_record *record = hvc_record_new();
    struct hvc_error error = {0};
    char *json = NULL;
    size_t length = 0;

    (void)state;
    hvc_record_set_bool(record, "Bad", true);
    assert_int_equal(hvc_record_format(record, &json, &length, &error), -EINVAL);
    assert_int_equal(hvc_record_format(NULL, &json, &length, &error), -ENOMEM);
    assert_null(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_and_record_are_the_same_both_ways),
        cmocka_unit_test(bad_input_is_refused_with_place_and_reason),
        cmocka_unit_test(a_zero_byte_ends_nothing),
        cmocka_unit_test(more_members_than_allowed_are_refused),
        cmocka_unit_test(a_text_beyond_the_message_bound_is_refused_on_both_sides),
        cmocka_unit_test(text_that_is_no_utf8_is_refused_before_it_is_sent),
        cmocka_unit_test(an_answer_with_the_words_of_others_always_arrives),
        cmocka_unit_test(what_the_builder_met_is_told_when_it_is_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

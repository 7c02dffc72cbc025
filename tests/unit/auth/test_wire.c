/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire.h"

#include <errno.h>
#include <string.h>

#include "../hvc_cmocka.h"

static char long_text[HVC_AUTH_GROUPS_MAX];

static void a_request_comes_out_as_it_went_in(void **state)
{
    static const struct hvc_auth_request cases[] = {
        {"alice", "secret", "192.0.2.1"}, {"a", "", ""}, {"j\xc3\xb6rg", "p\xe4ss\x01 =\t\"", "fe80::1%eth0"}};

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        uint8_t bytes[HVC_AUTH_REQUEST_BYTES_MAX];
        struct hvc_auth_wire_request wire;
        size_t length = 0;

        assert_int_equal(hvc_auth_wire_encode_request(&cases[i], bytes, &length, NULL), 0);
        assert_int_equal(hvc_auth_wire_decode_request(bytes, length, &wire), 0);
        assert_string_equal(wire.user, cases[i].user);
        assert_string_equal(wire.password, cases[i].password);
        assert_string_equal(wire.origin, cases[i].origin);
    }
}

static void a_request_that_cannot_be_sent_is_refused_in_words_without_the_password(void **state)
{
    memset(long_text, 'x', sizeof(long_text) - 1);
    const struct {
        struct hvc_auth_request request;
        const char *words;
    } cases[] = {
        {{"", "secret", ""}, "the user name is empty"},
        {{"a\nb", "secret", ""}, "the user name is no UTF-8 text or holds control characters"},
        {{"\xff", "secret", ""}, "the user name is no UTF-8 text or holds control characters"},
        {{long_text, "secret", ""}, "the user name has 16383 bytes: 255 are allowed"},
        {{"alice", "secret", long_text}, "the origin has 16383 bytes: 127 are allowed"},
        {{"alice", long_text, ""}, "the password is too long: 511 bytes are allowed"},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        uint8_t bytes[HVC_AUTH_REQUEST_BYTES_MAX];
        struct hvc_error error = {0};
        size_t length = 7;

        assert_int_equal(hvc_auth_wire_encode_request(&cases[i].request, bytes, &length, &error), -EINVAL);
        assert_string_equal(error.text, cases[i].words);
        assert_int_equal(length, 7);
    }
}

static void the_longest_request_fits(void **state)
{
    char user[HVC_AUTH_USER_MAX], origin[HVC_AUTH_ORIGIN_MAX], password[HVC_AUTH_PASSWORD_MAX];
    const struct hvc_auth_request request = {user, password, origin};
    uint8_t bytes[HVC_AUTH_REQUEST_BYTES_MAX];
    struct hvc_auth_wire_request wire;
    size_t length = 0;

    (void)state;
    memset(user, 'u', sizeof(user));
    memset(origin, 'o', sizeof(origin));
    memset(password, 'p', sizeof(password));
    user[sizeof(user) - 1] = origin[sizeof(origin) - 1] = password[sizeof(password) - 1] = '\0';
    assert_int_equal(hvc_auth_wire_encode_request(&request, bytes, &length, NULL), 0);
    assert_int_equal(hvc_auth_wire_decode_request(bytes, length, &wire), 0);
    assert_string_equal(wire.password, password);
}

static void every_cut_and_every_changed_head_of_a_request_is_refused_and_leaves_no_password(void **state)
{
    const struct hvc_auth_request request = {"alice", "secret", "192.0.2.1"};
    uint8_t bytes[HVC_AUTH_REQUEST_BYTES_MAX];
    static const struct hvc_auth_wire_request nothing;
    struct hvc_auth_wire_request wire;
    size_t length = 0;

    (void)state;
    assert_int_equal(hvc_auth_wire_encode_request(&request, bytes, &length, NULL), 0);
    for (size_t cut = 0; cut < length; cut++) {
        assert_int_equal(hvc_auth_wire_decode_request(bytes, cut, &wire), -EPROTO);
        assert_memory_equal(&wire, &nothing, sizeof(wire));
    }
    assert_int_equal(hvc_auth_wire_decode_request(bytes, length + 1, &wire), -EPROTO);
    for (size_t i = 0; i < 6; i++) {
        bytes[i] ^= 0x20;
        assert_int_equal(hvc_auth_wire_decode_request(bytes, length, &wire), -EPROTO);
        bytes[i] ^= 0x20;
    }
    bytes[length - 2] = '\0'; /* a password with a zero byte inside */
    assert_int_equal(hvc_auth_wire_decode_request(bytes, length, &wire), -EPROTO);
    assert_memory_equal(&wire, &nothing, sizeof(wire));
}

static void an_answer_comes_out_as_it_went_in(void **state)
{
    static struct hvc_auth_answer answer, read;
    static uint8_t bytes[HVC_AUTH_ANSWER_BYTES_MAX];
    static const char groups[] = "alice\0cluster admins\0j\xc3\xb6rg\0";
    size_t length = 0;

    (void)state;
    answer = (struct hvc_auth_answer){.verdict = HVC_AUTH_ACCEPTED, .retry_after_s = 7, .user = "alice"};
    memcpy(answer.groups, groups, sizeof(groups));
    assert_int_equal(hvc_auth_wire_encode_answer(&answer, bytes, &length), 0);
    assert_int_equal(hvc_auth_wire_decode_answer(bytes, length, &read), 0);
    assert_memory_equal(&read, &answer, sizeof(read));
    for (size_t cut = 0; cut < length; cut++) {
        assert_int_equal(hvc_auth_wire_decode_answer(bytes, cut, &read), -EPROTO);
        assert_int_equal(read.verdict, HVC_AUTH_UNAVAILABLE);
    }
}

static void as_many_groups_as_an_answer_holds_go_through_the_wire(void **state)
{
    static struct hvc_auth_answer answer, read;
    static uint8_t bytes[HVC_AUTH_ANSWER_BYTES_MAX];
    size_t length = 0, count = 0;

    (void)state;
    memset(&answer, 0, sizeof(answer));
    for (size_t i = 0; i + 2 < sizeof(answer.groups); i += 2)
        answer.groups[i] = 'g';
    assert_int_equal(hvc_auth_wire_encode_answer(&answer, bytes, &length), 0);
    assert_int_equal(hvc_auth_wire_decode_answer(bytes, length, &read), 0);
    for (const char *p = read.groups; *p != '\0'; p += strlen(p) + 1)
        count++;
    assert_int_equal(count, HVC_AUTH_GROUPS_MAX / 2 - 1);
}

static void an_answer_without_a_verdict_that_is_known_is_refused(void **state)
{
    static struct hvc_auth_answer answer = {.verdict = HVC_AUTH_ACCEPTED}, read;
    static uint8_t bytes[HVC_AUTH_ANSWER_BYTES_MAX];
    size_t length = 0;

    (void)state;
    assert_int_equal(hvc_auth_wire_encode_answer(&answer, bytes, &length), 0);
    bytes[6] = HVC_AUTH_VERDICT_COUNT;
    assert_int_equal(hvc_auth_wire_decode_answer(bytes, length, &read), -EPROTO);
    assert_string_equal(hvc_auth_verdict_name(HVC_AUTH_VERDICT_COUNT), "?");
    assert_string_equal(hvc_auth_verdict_name(HVC_AUTH_LIMITED), "limited");
}

static void words_of_any_bytes_become_text(void **state)
{
    struct hvc_auth_answer answer;

    (void)state;
    hvc_auth_answer_set(&answer, HVC_AUTH_DENIED, "%s", "sorry\n\xe4\x01 you");
    assert_string_equal(answer.words, "sorry??? you");
    hvc_auth_answer_set(&answer, HVC_AUTH_DENIED, "%s", "tr\xc3\xa8s");
    assert_string_equal(answer.words, "tr\xc3\xa8s");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_comes_out_as_it_went_in),
        cmocka_unit_test(a_request_that_cannot_be_sent_is_refused_in_words_without_the_password),
        cmocka_unit_test(the_longest_request_fits),
        cmocka_unit_test(every_cut_and_every_changed_head_of_a_request_is_refused_and_leaves_no_password),
        cmocka_unit_test(an_answer_comes_out_as_it_went_in),
        cmocka_unit_test(as_many_groups_as_an_answer_holds_go_through_the_wire),
        cmocka_unit_test(an_answer_without_a_verdict_that_is_known_is_refused),
        cmocka_unit_test(words_of_any_bytes_become_text),
    };

    return cmocka_run_group_tests_name("auth.wire", tests, NULL, NULL);
}

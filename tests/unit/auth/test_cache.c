/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cache.h"

#include <string.h>

#include "../hvc_cmocka.h"

static const uint8_t key[HVC_AUTH_KEY_BYTES] = {1, 2, 3};
static struct hvc_auth_answer accepted = {.verdict = HVC_AUTH_ACCEPTED, .user = "alice", .groups = "wheel\0"};

static int set_up(void **state)
{
    *state = hvc_auth_cache_new(key, 1000);
    return *state == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
    hvc_auth_cache_free(*state);
    return 0;
}

static void an_accepted_password_is_known_until_its_time_is_over(void **state)
{
    const struct hvc_auth_request request = {"alice", "secret", "192.0.2.1"};
    struct hvc_auth_digest digest;
    struct hvc_auth_answer answer;

    hvc_auth_cache_digest(*state, &request, &digest);
    assert_false(hvc_auth_cache_get(*state, &digest, 5000, &answer));
    hvc_auth_cache_put(*state, &digest, 5000, &accepted);
    assert_true(hvc_auth_cache_get(*state, &digest, 5999, &answer));
    assert_memory_equal(&answer, &accepted, sizeof(answer));
    assert_false(hvc_auth_cache_get(*state, &digest, 6000, &answer)); /* however often it was used */
    assert_false(hvc_auth_cache_get(*state, &digest, 4999, &answer));
}

static void another_user_password_or_origin_is_not_known(void **state)
{
    static const struct hvc_auth_request cases[] = {{"bob", "secret", "192.0.2.1"},   {"alice", "Secret", "192.0.2.1"},
                                                    {"alice", "secret", "192.0.2.2"}, {"alice", "", "192.0.2.1"},
                                                    {"alices", "ecret", "192.0.2.1"}, {"lice", "secret", "192.0.2.1a"},
                                                    {"alice", "secret ", "192.0.2.1"}};
    const struct hvc_auth_request request = {"alice", "secret", "192.0.2.1"};
    struct hvc_auth_digest digest;
    struct hvc_auth_answer answer;

    hvc_auth_cache_digest(*state, &request, &digest);
    hvc_auth_cache_put(*state, &digest, 0, &accepted);
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        hvc_auth_cache_digest(*state, &cases[i], &digest);
        assert_false(hvc_auth_cache_get(*state, &digest, 0, &answer));
    }
}

static void a_later_word_of_pam_takes_back_what_was_accepted_and_overload_does_not(void **state)
{
    static const struct {
        enum hvc_auth_verdict verdict;
        bool known;
    } cases[] = {{HVC_AUTH_LIMITED, true},
                 {HVC_AUTH_UNAVAILABLE, true},
                 {HVC_AUTH_REFUSED, false},
                 {HVC_AUTH_EXPIRED, false},
                 {HVC_AUTH_DENIED, false}};
    const struct hvc_auth_request request = {"alice", "secret", ""};
    struct hvc_auth_digest digest;
    struct hvc_auth_answer answer;

    hvc_auth_cache_digest(*state, &request, &digest);
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        hvc_auth_cache_put(*state, &digest, 0, &accepted);
        hvc_auth_answer_set(&answer, cases[i].verdict, "no");
        hvc_auth_cache_put(*state, &digest, 1, &answer);
        assert_int_equal(hvc_auth_cache_get(*state, &digest, 1, &answer), cases[i].known);
    }
}

static void only_what_was_accepted_is_kept(void **state)
{
    const struct hvc_auth_request request = {"alice", "wrong", ""};
    struct hvc_auth_digest digest;
    struct hvc_auth_answer answer;

    hvc_auth_cache_digest(*state, &request, &digest);
    for (unsigned verdict = HVC_AUTH_REFUSED; verdict < HVC_AUTH_VERDICT_COUNT; verdict++) {
        hvc_auth_answer_set(&answer, (enum hvc_auth_verdict)verdict, "no");
        hvc_auth_cache_put(*state, &digest, 0, &answer);
        assert_false(hvc_auth_cache_get(*state, &digest, 0, &answer));
    }
}

static void a_full_cache_forgets_the_oldest(void **state)
{
    struct hvc_auth_digest digests[HVC_AUTH_CACHE_MAX + 1];
    struct hvc_auth_answer answer;

    for (unsigned i = 0; i <= HVC_AUTH_CACHE_MAX; i++) {
        char user[16];
        struct hvc_auth_request request = {user, "secret", ""};

        (void)snprintf(user, sizeof(user), "user%u", i);
        hvc_auth_cache_digest(*state, &request, &digests[i]);
        hvc_auth_cache_put(*state, &digests[i], 100 + i, &accepted);
    }
    assert_false(hvc_auth_cache_get(*state, &digests[0], 200, &answer));
    for (unsigned i = 1; i <= HVC_AUTH_CACHE_MAX; i++)
        assert_true(hvc_auth_cache_get(*state, &digests[i], 200, &answer));
}

static void two_processes_have_different_hashes(void **state)
{
    static const uint8_t other_key[HVC_AUTH_KEY_BYTES] = {9};
    const struct hvc_auth_request request = {"alice", "secret", ""};
    struct hvc_auth_cache *other = hvc_auth_cache_new(other_key, 1000);
    struct hvc_auth_digest a, b;

    hvc_auth_cache_digest(*state, &request, &a);
    hvc_auth_cache_digest(other, &request, &b);
    assert_memory_not_equal(&a, &b, sizeof(a));
    hvc_auth_cache_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_accepted_password_is_known_until_its_time_is_over, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_user_password_or_origin_is_not_known, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_later_word_of_pam_takes_back_what_was_accepted_and_overload_does_not, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(only_what_was_accepted_is_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_cache_forgets_the_oldest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_processes_have_different_hashes, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("auth.cache", tests, NULL, NULL);
}

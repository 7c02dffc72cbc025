/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "limit.h"

#include <errno.h>

#include "../hvc_cmocka.h"
#include "hvc/limits.h"

enum { START_MS = 1000000 };

static int set_up(void **state)
{
    *state = hvc_auth_limit_new(42);
    return *state == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
    hvc_auth_limit_free(*state);
    return 0;
}

static int try_once(struct hvc_auth_limit *limit, const char *user, const char *origin, bool failed, uint64_t now_ms,
                    uint64_t *ret_retry_ms)
{
    const struct hvc_auth_attempt attempt = {user, origin, 998};
    struct hvc_auth_ticket ticket;
    int rc = hvc_auth_limit_take(limit, &attempt, now_ms, &ticket, ret_retry_ms);

    if (rc == 0)
        hvc_auth_limit_settle(limit, &ticket, failed, now_ms);
    return rc;
}

/* Failures in a row until one is not taken; every attempt is of the n-th user and origin as asked. */
static unsigned fail_until_refused(struct hvc_auth_limit *limit, bool many_users, bool many_origins,
                                   uint64_t *ret_retry_ms)
{
    unsigned count = 0;

    for (;; count++) {
        char user[32], origin[32];

        (void)snprintf(user, sizeof(user), "user%u", many_users ? count : 0);
        (void)snprintf(origin, sizeof(origin), "192.0.2.%u", many_origins ? count : 0);
        if (try_once(limit, user, origin, true, START_MS, ret_retry_ms) < 0)
            return count;
        assert_in_range(count, 0, 100000);
    }
}

static void failures_are_taken_up_to_the_burst_of_the_bucket_that_they_share(void **state)
{
    static const struct {
        bool many_users, many_origins;
        enum hvc_auth_bucket bucket;
    } cases[] = {{false, false, HVC_AUTH_BUCKET_USER_ORIGIN},
                 {false, true, HVC_AUTH_BUCKET_USER},
                 {true, false, HVC_AUTH_BUCKET_ORIGIN},
                 {true, true, HVC_AUTH_BUCKET_PEER}};

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_auth_limit *limit = hvc_auth_limit_new(7);
        const struct hvc_auth_bucket_row *row = hvc_auth_bucket_row(cases[i].bucket);
        uint64_t retry_ms = 0;

        assert_int_equal(fail_until_refused(limit, cases[i].many_users, cases[i].many_origins, &retry_ms), row->burst);
        assert_int_equal(retry_ms, row->refill_ms);
        hvc_auth_limit_free(limit);
    }
}

static void one_more_is_taken_after_the_time_that_was_told_and_no_earlier(void **state)
{
    uint64_t retry_ms = 0, again_ms = 0;

    (void)fail_until_refused(*state, false, false, &retry_ms);
    assert_int_equal(try_once(*state, "user0", "192.0.2.0", true, START_MS + retry_ms - 1, &again_ms), -EBUSY);
    assert_int_equal(again_ms, 1);
    assert_int_equal(try_once(*state, "user0", "192.0.2.0", true, START_MS + retry_ms, &again_ms), 0);
    assert_int_equal(try_once(*state, "user0", "192.0.2.0", true, START_MS + retry_ms, &again_ms), -EBUSY);
}

static void a_right_password_costs_nothing(void **state)
{
    uint64_t retry_ms = 0;

    for (unsigned i = 0; i < 10000; i++)
        assert_int_equal(try_once(*state, "alice", "192.0.2.1", false, START_MS, &retry_ms), 0);
    assert_int_equal(hvc_auth_limit_forgotten_ms(*state, START_MS), 0);
}

static void a_refused_attempt_prolongs_nothing(void **state)
{
    uint64_t retry_ms = 0, left_ms;

    (void)fail_until_refused(*state, false, false, &retry_ms);
    left_ms = hvc_auth_limit_forgotten_ms(*state, START_MS);
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(try_once(*state, "user0", "192.0.2.0", true, START_MS, &retry_ms), -EBUSY);
    assert_int_equal(hvc_auth_limit_forgotten_ms(*state, START_MS), left_ms);
}

static void one_users_failures_from_one_address_keep_out_neither_others_nor_him_from_elsewhere(void **state)
{
    uint64_t retry_ms = 0;

    (void)fail_until_refused(*state, false, false, &retry_ms);
    assert_int_equal(try_once(*state, "user0", "192.0.2.0", false, START_MS, &retry_ms), -EBUSY);
    assert_int_equal(try_once(*state, "bob", "192.0.2.0", false, START_MS, &retry_ms), 0);
    assert_int_equal(try_once(*state, "user0", "198.51.100.1", false, START_MS, &retry_ms), 0);
}

static void attempts_at_one_time_wait_for_each_other_and_count_as_attempts_in_turn(void **state)
{
    const struct hvc_auth_attempt attempt = {"alice", "192.0.2.1", 998};
    const unsigned burst = hvc_auth_bucket_row(HVC_AUTH_BUCKET_USER_ORIGIN)->burst;
    struct hvc_auth_ticket tickets[64], further;
    uint64_t retry_ms = 0;

    assert_in_range(burst, 2, HVC_COUNT(tickets));
    for (unsigned i = 0; i < burst; i++)
        assert_int_equal(hvc_auth_limit_take(*state, &attempt, START_MS, &tickets[i], &retry_ms), 0);
    assert_int_equal(hvc_auth_limit_take(*state, &attempt, START_MS, &further, &retry_ms), -EAGAIN);
    hvc_auth_limit_settle(*state, &tickets[0], false, START_MS); /* was right: its token is back */
    assert_int_equal(hvc_auth_limit_take(*state, &attempt, START_MS, &tickets[0], &retry_ms), 0);
    for (unsigned i = 0; i < burst; i++)
        hvc_auth_limit_settle(*state, &tickets[i], true, START_MS);
    assert_int_equal(hvc_auth_limit_take(*state, &attempt, START_MS, &further, &retry_ms), -EBUSY);
}

static void everything_is_forgotten_in_time(void **state)
{
    uint64_t retry_ms = 0, left_ms;

    (void)fail_until_refused(*state, false, false, &retry_ms);
    left_ms = hvc_auth_limit_forgotten_ms(*state, START_MS);
    assert_int_equal(left_ms, 60000); /* five failures at 12 s each */
    assert_int_equal(hvc_auth_limit_forgotten_ms(*state, START_MS + left_ms), 0);
    assert_int_equal(fail_until_refused(*state, false, false, &retry_ms), 0);
}

static void a_table_full_of_others_failures_forgets_the_lightest_and_never_an_attempt_under_way(void **state)
{
    const struct hvc_auth_attempt held = {"alice", "192.0.2.1", 998};
    const unsigned burst = hvc_auth_bucket_row(HVC_AUTH_BUCKET_USER_ORIGIN)->burst;
    struct hvc_auth_ticket ticket, further;
    uint64_t retry_ms = 0, now_ms = START_MS;

    for (unsigned i = 0; i + 1 < burst; i++)
        assert_int_equal(try_once(*state, "alice", "192.0.2.1", true, now_ms, &retry_ms), 0);
    assert_int_equal(hvc_auth_limit_take(*state, &held, now_ms, &ticket, &retry_ms), 0);
    for (unsigned i = 0; i < 3 * HVC_AUTH_LIMIT_ENTRIES_MAX; i++) {
        char user[32], origin[32];

        (void)snprintf(user, sizeof(user), "u%u", i);
        (void)snprintf(origin, sizeof(origin), "o%u", i);
        (void)try_once(*state, user, origin, true, now_ms, &retry_ms);
    }
    hvc_auth_limit_settle(*state, &ticket, true, now_ms);
    assert_int_equal(hvc_auth_limit_take(*state, &held, now_ms, &further, &retry_ms), -EBUSY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failures_are_taken_up_to_the_burst_of_the_bucket_that_they_share),
        cmocka_unit_test_setup_teardown(one_more_is_taken_after_the_time_that_was_told_and_no_earlier, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_right_password_costs_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_refused_attempt_prolongs_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            one_users_failures_from_one_address_keep_out_neither_others_nor_him_from_elsewhere, set_up, tear_down),
        cmocka_unit_test_setup_teardown(attempts_at_one_time_wait_for_each_other_and_count_as_attempts_in_turn, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(everything_is_forgotten_in_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_table_full_of_others_failures_forgets_the_lightest_and_never_an_attempt_under_way, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("auth.limit", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Jobs while networks have limits: which network they are given, take and tell. */
#include "runner_fixture.h"

static void add_networks(void)
{
    for (uint8_t i = 0; i < 2; i++) {
        struct hvc_command c = command_of(HVC_COMMAND_NETWORK_ADD);
        struct hvc_answer answer;

        c.networks.count = 1;
        c.networks.item[0].network =
            (struct hvc_network){.family = 4, .prefix = 24, .metric = i, .address = {10, 77, (uint8_t)(2 + i)}};
        give(&c, &answer);
        assert_int_equal(answer.code, HVC_ANSWER_OK);
    }
    atomic_store(&tells_addresses, true);
}

static void set_limit(uint32_t network, uint32_t limit)
{
    struct hvc_command c = command_of(HVC_COMMAND_NETWORK_MODIFY);
    struct hvc_answer answer;

    c.networks.count = 1;
    c.networks.item[0].mask = HVC_NETWORK_LIMIT;
    c.networks.item[0].network.id = network;
    c.networks.item[0].network.limit = limit;
    give(&c, &answer);
    assert_int_equal(answer.code, HVC_ANSWER_OK);
}

static void await_network(uint64_t id, uint32_t network)
{
    uint64_t until = hvc_deadline_in(WAIT_MS);

    while (job_now(id).network != network) {
        if (hvc_now_ms() >= until)
            fail_msg("job %llu has network %u, not %u", (unsigned long long)id, job_now(id).network, network);
        (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}

static void a_job_is_given_a_network_before_it_moves_and_takes_that_one(void **state)
{
    uint64_t id;

    (void)state;
    add_networks();
    set_limit(1, 1);
    id = make_job();
    await_phase(id, HVC_JOB_COPYING);
    assert_int_equal(job_now(id).network, 1);
    atomic_store(&may_end, true);
    await_phase(id, HVC_JOB_COMPLETED);
    assert_int_equal(job_now(id).network, 1);
    assert_int_equal(fake_world_said(world, "1351 "), 1);
    assert_int_equal(fake_world_said(world, "uri=tcp://10.77.2.2 network=1"), 1);
}

static void a_limit_that_comes_later_counts_the_moves_that_run(void **state)
{
    uint64_t id;

    (void)state;
    add_networks();
    id = make_job();
    await_phase(id, HVC_JOB_COPYING);
    assert_int_equal(job_now(id).network, 0);
    set_limit(2, 3); /* of another one: which this takes is asked for all the same */
    await_network(id, 1);
    assert_int_equal(job_now(id).phase, HVC_JOB_COPYING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_job_is_given_a_network_before_it_moves_and_takes_that_one),
        T(a_limit_that_comes_later_counts_the_moves_that_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

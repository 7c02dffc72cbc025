/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The allotter beside a move that runs: what libvirt is told when the ring is strained, and what the nodes are told. */
#include <poll.h>
#include <stdatomic.h>
#include <string.h>

#include "allot.h"
#include "moves_table.h"
#include "reach.h"
#include "world_fixture.h"

#define UUID "11111111-2222-4333-8444-555555555555"
#define MIB  (UINT64_C(1) << 20)

enum { PATIENCE_MS = 60000 };

static atomic_ullong set_mib; /* what libvirt was told last, 0: nothing yet */
static atomic_bool strained;  /* the ring */
static struct hvc_soft_move told[HVC_MOVES_MAX];

/* ---- the move, its hypervisor and the ring ---- */

static bool is_told(uint64_t mib)
{
    uint64_t deadline_ms = hvc_deadline_in(PATIENCE_MS);

    while (atomic_load(&set_mib) != mib && hvc_deadline_left(deadline_ms) > 0)
        (void)poll(NULL, 0, 5);
    return atomic_load(&set_mib) == mib;
}

/* Until the nodes are told that it is held (or not) with this limit. */
static bool is_held(bool held, uint64_t bytes)
{
    uint64_t deadline_ms = hvc_deadline_in(PATIENCE_MS);
    bool good = false;

    while (!good && hvc_deadline_left(deadline_ms) > 0) {
        good = hvc_moves_tell(world->operations.moves, &keeper->status, told) == 1 && told[0].held == held &&
               told[0].allotted == bytes;
        (void)poll(NULL, 0, 5);
    }
    return good;
}

void hvc_move_runner_run(const struct hvc_move_task *task, struct hvc_move_result *ret_end)
{
    const struct hvc_migrate_progress progress = {
        .phase = HVC_MIGRATE_COPY, .percent = 42, .total_bytes = 100, .rate_bytes = 64 * MIB};

    memset(ret_end, 0, sizeof(*ret_end));
    task->progress(task->context, &progress);
    assert_true(is_told(HVC_BANDWIDTH_MAX_MIB)); /* nothing limits it */
    assert_true(is_held(false, 0));
    assert_true(told[0].ring);
    atomic_store(&strained, true);
    assert_true(is_told(32));
    assert_true(is_held(true, 32 * MIB));
    (void)hvc_error_set(&ret_end->error, 0, "runs at the target");
}

void hvc_reach(const struct hvc_address *addresses, unsigned count, uint16_t port, uint64_t wait_ms, int *results)
{
    (void)addresses;
    (void)port;
    (void)wait_ms;
    memset(results, 0, count * sizeof(*results));
}

static int set_bandwidth(struct hvc_hypervisor *h, const char *uuid, uint64_t mib, uint64_t deadline_ms,
                         struct hvc_error *error)
{
    (void)h;
    (void)deadline_ms;
    (void)error;
    assert_string_equal(uuid, UUID);
    atomic_store(&set_mib, mib);
    return 0;
}

static int ring_load(struct hvc_facts *facts, uint64_t deadline_ms, struct hvc_ring_load *ret_load,
                     struct hvc_error *error)
{
    static struct hvc_ring_link link = {.node = 2, .connected = true};

    (void)facts;
    (void)deadline_ms;
    (void)error;
    link.pings += 4;
    link.pongs += atomic_load(&strained) ? 1 : 4;
    link.samples += 4;
    memset(ret_load, 0, sizeof(*ret_load));
    ret_load->link_count = 1;
    ret_load->links[0] = link;
    return 0;
}

/* ---- the test ---- */

static void a_strained_ring_slows_down_the_move_that_takes_it(void **state)
{
    const struct hvc_move_order order = {.guest = {UUID, "vm"}, .source = "n1", .target = "n2", .job = {.id = 9}};
    struct hvc_hypervisor_ops hypervisor = *world->here.base.ops;
    struct hvc_facts_ops facts = *world->facts_base.ops;
    struct hvc_call *call = fake_call("{\"op\":\"guest.list\",\"version\":1}");
    struct hvc_move_outcome outcome = {0};
    struct hvc_allotter *allotter = NULL;
    struct hvc_error error = {0};

    (void)state;
    hypervisor.set_bandwidth = set_bandwidth;
    world->here.base.ops = &hypervisor;
    facts.ring_load = ring_load;
    world->facts_base.ops = &facts;
    world->operations.migration.ring_latency_ms = 50;
    call->deadline_ms = hvc_deadline_in(4 * PATIENCE_MS);
    assert_int_equal(hvc_allotter_new(&world->operations, &allotter, &error), 0);
    assert_int_equal(hvc_moves_run(&world->operations, call, &order, &outcome), HVC_RESULT_OK);
    assert_int_equal(fake_world_said(world, "1361"), 1);
    while (hvc_moves_active(world->operations.moves) > 0)
        (void)poll(NULL, 0, 2);
    assert_int_equal(hvc_moves_tell(world->operations.moves, &keeper->status, told), 1);
    assert_false(told[0].held); /* it has ended */
    assert_true(hvc_allotter_end(allotter, hvc_deadline_in(PATIENCE_MS)));
    hvc_call_unref(call);
}

/* Both nodes have one address, the ring's, and its network may be used. */
static int up(void **state)
{
    static struct hvc_soft_facts facts[2];

    (void)state;
    make_world();
    for (uint8_t i = 0; i < 2; i++) {
        facts[i].node = i + 1u;
        facts[i].address_count = 1;
        facts[i].addresses[0] =
            (struct hvc_address){.family = 4, .prefix = 24, .ring = true, .bytes = {10, 77, 1, (uint8_t)(i + 1)}};
    }
    keeper->soft = facts;
    keeper->soft_count = 2;
    add_network(1, 1);
    return 0;
}

static int down(void **state)
{
    (void)state;
    drop_world();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_strained_ring_slows_down_the_move_that_takes_it, up, down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

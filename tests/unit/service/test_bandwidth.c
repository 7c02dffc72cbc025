/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The split of bandwidth among running moves: a table, and what holds for any. Numbers in MiB. */
#include <errno.h>
#include <stdbool.h>

#include "../hvc_cmocka.h"
#include "hvc/bandwidth.h"

#define MIB (UINT64_C(1) << 20)

struct row {
    uint32_t source, target, network;
    uint16_t priority;
    uint64_t limit, share;
    bool guarded;
};

static const struct {
    const char *what;
    struct hvc_bandwidth_budget budgets[4];
    struct row moves[5];
} cases[] = {
    {"no budget: not limited", {{.node = 1}}, {{1, 2, 0, 1000, 0, 0, false}}},
    {"its own limit alone", {{.node = 1}}, {{1, 2, 0, 1000, 50, 50, false}}},
    {"the node's alone", {{.node = 1, .bytes = 100}}, {{1, 2, 0, 1000, 0, 100, false}}},
    {"two of one priority",
     {{.node = 1, .bytes = 100}},
     {{1, 2, 0, 1000, 0, 50, false}, {1, 3, 0, 1000, 0, 50, false}}},
    {"two priorities, two to one",
     {{.node = 1, .bytes = 90}},
     {{1, 2, 0, 500, 0, 60, false}, {1, 3, 0, 1000, 0, 30, false}}},
    {"what one cannot use goes to the other",
     {{.node = 1, .bytes = 90}},
     {{1, 2, 0, 500, 20, 20, false}, {1, 3, 0, 1000, 0, 70, false}}},
    {"moves that come count, too",
     {{.node = 1, .bytes = 90}},
     {{2, 1, 0, 7, 0, 45, false}, {1, 3, 0, 7, 0, 45, false}}},
    {"moves of other nodes do not",
     {{.node = 1, .bytes = 90}},
     {{1, 2, 0, 7, 0, 90, false}, {3, 2, 0, 7, 0, 0, false}}},
    {"a network bounds all moves on it",
     {{.network = 4, .bytes = 60}},
     {{1, 2, 4, 7, 0, 30, false}, {3, 5, 4, 7, 0, 30, false}, {1, 3, 5, 7, 0, 0, false}}},
    {"the narrower one bounds, the rest is for the others",
     {{.node = 1, .bytes = 100}, {.network = 4, .bytes = 20}},
     {{1, 2, 4, 7, 0, 20, false}, {1, 3, 5, 7, 0, 80, false}}},
    {"both ends bound",
     {{.node = 1, .bytes = 100}, {.node = 2, .bytes = 30}},
     {{1, 2, 0, 7, 0, 30, false}, {1, 3, 0, 7, 0, 70, false}}},
    {"four priorities and one more",
     {{.node = 1, .bytes = 160}},
     {{1, 2, 0, 1, 0, 80, false},
      {1, 2, 0, 2, 0, 40, false},
      {1, 2, 0, 3, 0, 20, false},
      {1, 2, 0, 4, 0, 10, false},
      {1, 2, 0, 5, 0, 10, false}}},
    {"nobody gets less than one", {{.node = 1, .bytes = 1}}, {{1, 2, 0, 7, 0, 1, false}, {1, 3, 0, 7, 0, 1, false}}},
    {"guarded moves have a budget of their own",
     {{.guarded = true, .bytes = 30}},
     {{1, 2, 0, 7, 0, 20, true}, {1, 3, 0, 9, 0, 10, true}, {1, 2, 0, 7, 0, 0, false}}},
    {"what it takes from them is for the others",
     {{.node = 1, .bytes = 100}, {.guarded = true, .bytes = 10}},
     {{1, 2, 0, 7, 0, 10, true}, {1, 3, 5, 7, 0, 90, false}}},
};

static void each_split_is_as_the_table_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_bandwidth_move moves[5];
        struct hvc_bandwidth_budget budgets[4];
        unsigned count = 0, budget_count = 0;

        for (; count < 5 && cases[i].moves[count].source != 0; count++) {
            const struct row *row = &cases[i].moves[count];

            moves[count] = (struct hvc_bandwidth_move){row->source,      row->target, row->network, row->priority,
                                                       row->limit * MIB, 99,          row->guarded};
        }
        for (; budget_count < 4 && (cases[i].budgets[budget_count].node | cases[i].budgets[budget_count].network) +
                                           cases[i].budgets[budget_count].guarded !=
                                       0;
             budget_count++) {
            budgets[budget_count] = cases[i].budgets[budget_count];
            budgets[budget_count].bytes *= MIB;
        }
        assert_int_equal(hvc_bandwidth_split(moves, count, budgets, budget_count), 0);
        for (unsigned m = 0; m < count; m++) {
            if (moves[m].share != cases[i].moves[m].share * MIB)
                fail_msg("%s: move %u has %llu bytes, not %llu MiB", cases[i].what, m,
                         (unsigned long long)moves[m].share, (unsigned long long)cases[i].moves[m].share);
        }
    }
}

static uint32_t seed;

static uint32_t draw(uint32_t below)
{
    seed = seed * 1103515245u + 12345u;
    return (seed >> 8) % below;
}

enum { MOVES = 9, BUDGETS = 7 };

static bool is_on(const struct hvc_bandwidth_move *move, const struct hvc_bandwidth_budget *budget)
{
    if (budget->guarded)
        return move->guarded;
    return budget->network != 0 ? move->network == budget->network
                                : move->source == budget->node || move->target == budget->node;
}

static uint64_t used_of(const struct hvc_bandwidth_budget *budget, const struct hvc_bandwidth_move *moves,
                        unsigned count)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < count; i++)
        sum += is_on(&moves[i], budget) ? moves[i].share : 0;
    return sum;
}

static void no_budget_is_exceeded_and_none_is_wasted(void **state)
{
    (void)state;
    for (uint32_t round = 1; round < 5000; round++) {
        struct hvc_bandwidth_move moves[MOVES], turned[MOVES];
        struct hvc_bandwidth_budget budgets[BUDGETS];
        unsigned used = 1 + draw(MOVES);

        for (unsigned i = 0; i < BUDGETS; i++)
            budgets[i] = (struct hvc_bandwidth_budget){.bytes = draw(3) == 0 ? 0 : (64 + draw(1000)) * MIB};
        for (unsigned i = 0; i < 3; i++) {
            budgets[i].node = i + 1;
            budgets[3 + i].network = i + 1;
        }
        budgets[6].guarded = true;
        for (unsigned i = 0; i < used; i++)
            moves[i] = (struct hvc_bandwidth_move){.source = 1 + draw(3),
                                                   .target = 1 + draw(4),
                                                   .network = draw(4),
                                                   .priority = (uint16_t)(1 + draw(5)),
                                                   .limit = draw(2) == 0 ? 0 : (8 + draw(500)) * MIB,
                                                   .guarded = draw(2) == 0};
        for (unsigned i = 0; i < used; i++)
            turned[used - 1 - i] = moves[i];
        assert_int_equal(hvc_bandwidth_split(moves, used, budgets, BUDGETS), 0);
        assert_int_equal(hvc_bandwidth_split(turned, used, budgets, BUDGETS), 0);
        for (unsigned i = 0; i < used; i++) {
            bool bound = moves[i].limit > 0 && moves[i].share == moves[i].limit, some = moves[i].limit > 0;

            assert_int_equal(moves[i].share, turned[used - 1 - i].share);
            assert_true(moves[i].limit == 0 || moves[i].share <= moves[i].limit);
            for (unsigned b = 0; b < BUDGETS; b++) {
                uint64_t sum = used_of(&budgets[b], moves, used);

                if (budgets[b].bytes == 0 || !is_on(&moves[i], &budgets[b]))
                    continue;
                some = true;
                assert_true(sum <= budgets[b].bytes);
                bound = bound || sum + MOVES >= budgets[b].bytes; /* but for what rounding leaves */
            }
            assert_int_equal(moves[i].share > 0, some); /* limited when something limits it */
            assert_true(bound || !some);
        }
    }
}

static void too_many_are_refused(void **state)
{
    static struct hvc_bandwidth_move moves[HVC_BANDWIDTH_MOVES_MAX + 1];
    static const struct hvc_bandwidth_budget budgets[HVC_BANDWIDTH_BUDGETS_MAX + 1];

    (void)state;
    assert_int_equal(hvc_bandwidth_split(moves, HVC_BANDWIDTH_MOVES_MAX + 1, budgets, 1), -EINVAL);
    assert_int_equal(hvc_bandwidth_split(moves, 1, budgets, HVC_BANDWIDTH_BUDGETS_MAX + 1), -EINVAL);
    assert_int_equal(hvc_bandwidth_split(moves, HVC_BANDWIDTH_MOVES_MAX, budgets, HVC_BANDWIDTH_BUDGETS_MAX), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_split_is_as_the_table_says),
        cmocka_unit_test(no_budget_is_exceeded_and_none_is_wasted),
        cmocka_unit_test(too_many_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

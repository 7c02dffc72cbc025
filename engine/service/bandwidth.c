/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/bandwidth.h"

#include <errno.h>
#include <stdbool.h>

#define BEYOND (UINT64_C(1) << 44)

/* Shares while they are being found: `level` is what a move of weight 1 gets, as a fraction. */
struct split {
    struct hvc_bandwidth_move *moves;
    unsigned count;
    const struct hvc_bandwidth_budget *budgets;
    unsigned budget_count;
    uint8_t weight[HVC_BANDWIDTH_MOVES_MAX];
    bool fixed[HVC_BANDWIDTH_MOVES_MAX];
};

struct level {
    uint64_t bytes, weight; /* bytes / weight; weight 0: nothing bounds it */
};

static bool is_lower(const struct level *a, const struct level *b)
{
    if (a->weight == 0 || b->weight == 0)
        return a->weight != 0;
    return a->bytes * b->weight < b->bytes * a->weight; /* below 2^44 * 2^13 */
}

static bool is_on(const struct hvc_bandwidth_move *move, const struct hvc_bandwidth_budget *budget)
{
    if (budget->network != 0)
        return move->network == budget->network;
    if (budget->guarded)
        return move->guarded;
    return move->source == budget->node || move->target == budget->node;
}

static void weigh(struct split *split)
{
    for (unsigned i = 0; i < split->count; i++) {
        uint16_t below[3];
        unsigned lower = 0;

        for (unsigned k = 0; k < split->count && lower < 3; k++) {
            bool seen = split->moves[k].priority >= split->moves[i].priority;

            for (unsigned n = 0; n < lower; n++)
                seen = seen || below[n] == split->moves[k].priority;
            if (!seen)
                below[lower++] = split->moves[k].priority;
        }
        split->weight[i] = (uint8_t)(8u >> lower);
    }
}

/* What is left of a budget for the moves that are not fixed yet. */
static struct level level_of(const struct split *split, const struct hvc_bandwidth_budget *budget)
{
    struct level level = {.bytes = budget->bytes};

    for (unsigned i = 0; i < split->count && budget->bytes > 0; i++) {
        if (!is_on(&split->moves[i], budget))
            continue;
        if (!split->fixed[i])
            level.weight += split->weight[i];
        else
            level.bytes -= split->moves[i].share < level.bytes ? split->moves[i].share : level.bytes;
    }
    return level;
}

/* A limit that is beyond every budget is the same as none. */
static struct level own_level(const struct split *split, unsigned move)
{
    uint64_t limit = split->moves[move].limit;

    return (struct level){limit < BEYOND ? limit : BEYOND, split->weight[move]};
}

/* The lowest level that a budget or a move's own limit allows. */
static struct level lowest_level(const struct split *split)
{
    struct level lowest = {0};

    for (unsigned b = 0; b < split->budget_count; b++) {
        struct level level = level_of(split, &split->budgets[b]);

        if (is_lower(&level, &lowest))
            lowest = level;
    }
    for (unsigned i = 0; i < split->count; i++) {
        struct level level = own_level(split, i);

        if (!split->fixed[i] && level.bytes > 0 && is_lower(&level, &lowest))
            lowest = level;
    }
    return lowest;
}

static bool is_bound(const struct split *split, unsigned move, const struct level *level, const struct level *budgets)
{
    struct level own = own_level(split, move);

    if (own.bytes > 0 && !is_lower(level, &own))
        return true;
    for (unsigned b = 0; b < split->budget_count; b++) {
        if (budgets[b].weight > 0 && is_on(&split->moves[move], &split->budgets[b]) && !is_lower(level, &budgets[b]))
            return true;
    }
    return false;
}

/* Fixes what the level exhausts; all of it is looked at before any share changes what is left. */
static void fix_at(struct split *split, const struct level *level)
{
    struct level budgets[HVC_BANDWIDTH_BUDGETS_MAX];
    bool bound[HVC_BANDWIDTH_MOVES_MAX];

    for (unsigned b = 0; b < split->budget_count; b++)
        budgets[b] = level_of(split, &split->budgets[b]);
    for (unsigned i = 0; i < split->count; i++)
        bound[i] = !split->fixed[i] && is_bound(split, i, level, budgets);
    for (unsigned i = 0; i < split->count; i++) {
        if (!bound[i])
            continue;
        split->fixed[i] = true;
        split->moves[i].share = level->bytes * split->weight[i] / level->weight;
    }
}

int hvc_bandwidth_split(struct hvc_bandwidth_move *moves, unsigned move_count,
                        const struct hvc_bandwidth_budget *budgets, unsigned budget_count)
{
    struct split split = {.moves = moves, .count = move_count, .budgets = budgets, .budget_count = budget_count};
    struct level level;

    if (move_count > HVC_BANDWIDTH_MOVES_MAX || budget_count > HVC_BANDWIDTH_BUDGETS_MAX)
        return -EINVAL;
    weigh(&split);
    for (unsigned i = 0; i < move_count; i++)
        moves[i].share = 0;
    while ((level = lowest_level(&split)).weight > 0)
        fix_at(&split, &level);
    for (unsigned i = 0; i < move_count; i++) {
        if (split.fixed[i] && moves[i].share < HVC_BANDWIDTH_MIN)
            moves[i].share = HVC_BANDWIDTH_MIN;
    }
    return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* balance.plan: how unequally are the nodes loaded, and which moves would make it better? */
#include <stdlib.h>

#include "cluster_call.h"
#include "hvc/cleanup.h"
#include "internal.h"

/* Scores in thousandths, as people give and see them. */
enum {
    LOW = 50,
    GAIN = 10,
    MOVES = 5,
    HOLD_S = 1800,
    HOLD_MAX_S = 30 * 86400, /* retention-s of ended jobs by default: what moved before that is not remembered */
    MEMORY_WEIGHT = 2,       /* a guest's memory is a fact, its part of the load an estimate */
    LOAD_WEIGHT = 1,
    THOUSANDTH = HVC_BALANCE_ONE / 1000,
};

static void release(struct balance *balance)
{
    if (balance != NULL)
        balance_clear(balance);
    free(balance);
}
HVC_DEFINE_CLEANUP(struct balance *, balance, release, NULL)

static struct hvc_balance_rules rules_of(const struct hvc_record *args)
{
    return (struct hvc_balance_rules){
        .low = hvc_record_u64(args, "low", LOW) * THOUSANDTH,
        .gain = hvc_record_u64(args, "gain", GAIN) * THOUSANDTH,
        .moves = (unsigned)hvc_record_u64(args, "moves", MOVES),
        .now_ms = hvc_wall_ms(),
        .hold_ms = hvc_record_u64(args, "hold_s", HOLD_S) * 1000,
        .memory_weight = (uint32_t)hvc_record_u64(args, "memory_weight", MEMORY_WEIGHT),
        .load_weight = (uint32_t)hvc_record_u64(args, "load_weight", LOAD_WEIGHT),
    };
}

static enum hvc_result plan(struct hvc_operations *operations, struct hvc_call *call)
{
    HVC_CLEANUP(balance) struct balance *balance = calloc(1, sizeof(*balance));
    enum hvc_result result = hvc_cluster_needs_keeper(operations, call);

    if (result != HVC_RESULT_OK)
        return result;
    if (balance == NULL)
        return hvc_call_say(call, HVC_RESULT_INTERNAL, "out of memory");
    balance->operations = operations;
    balance->call = call;
    balance->core.rules = rules_of(call->args);
    if (balance->core.rules.memory_weight + balance->core.rules.load_weight == 0)
        return hvc_call_say(call, HVC_RESULT_INVALID,
                            "memory_weight and load_weight are both 0: one of them has to count");
    result = balance_gather(balance);
    if (result == HVC_RESULT_OK)
        result = balance_make(balance);
    if (result != HVC_RESULT_OK)
        return result;
    balance_describe(balance, call->data);
    result = balance_say(balance);
    if (result == HVC_RESULT_OK)
        hvc_record_set_text(call->data, "summary", call->error.text);
    return result;
}

static const struct hvc_argument arguments[] = {
    {.name = "gain",
     .type = HVC_ARGUMENT_U64,
     .min = 1,
     .max = 1000,
     .help = "thousandths by which a move has to lower the score at least (10)"},
    {.name = "low", .type = HVC_ARGUMENT_U64, .max = 1000, .help = "thousandths; such a score is left alone (50)"},
    {.name = "moves", .type = HVC_ARGUMENT_U64, .min = 1, .max = BALANCE_MOVES_MAX, .help = "at most (5)"},
    {.name = "hold_s",
     .type = HVC_ARGUMENT_U64,
     .max = HOLD_MAX_S,
     .help = "seconds for which a guest stays after a move (1800)"},
    {.name = "memory_weight", .type = HVC_ARGUMENT_U64, .max = 100, .help = "of memory in the score (2)"},
    {.name = "load_weight", .type = HVC_ARGUMENT_U64, .max = 100, .help = "of load in the score (1)"},
    HVC_READ_ARGUMENTS,
};

static const struct hvc_operation rows[] = {
    {.name = "balance.plan",
     .help = "how unequally the nodes are loaded, and which moves would make it better",
     HVC_ARGUMENTS(arguments),
     .right = HVC_RIGHT_READ,
     .lane = HVC_LANE_WORK,
     .timeout_ms = 60000,
     .handler = plan},
};

const struct hvc_operation_set hvc_balance_operations = {rows, sizeof(rows) / sizeof(rows[0])};

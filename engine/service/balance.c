/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/balance.h"

#include <string.h>

#include "hvc/soft_facts.h"

/* A node that is loaded so many times over counts as one that is not loaded more: squares of sums stay in 64 bits. */
#define PART_MAX (UINT64_C(16) * HVC_BALANCE_ONE)
#define CPU      1000            /* thousandths */
#define WIDE     UINT64_C(65536) /* virtual CPUs; more count as so many */

const char *hvc_balance_out_text(unsigned out)
{
    static const char *const texts[HVC_BALANCE_OUT_COUNT] = {
        [HVC_BALANCE_IN] = "takes part",
        [HVC_BALANCE_NOT_MEMBER] = "takes no part in the cluster now",
        [HVC_BALANCE_CLOSED] = "accepts no moves",
        [HVC_BALANCE_MAINTENANCE] = "is in maintenance",
        [HVC_BALANCE_NOT_ENABLED] = "has live migration not enabled",
        [HVC_BALANCE_INACTIVE] = "is offline, in standby or in maintenance for Pacemaker",
        [HVC_BALANCE_NO_FACTS] = "has told nothing about itself yet",
        [HVC_BALANCE_OLD_FACTS] = "has told nothing new about itself for some seconds",
        [HVC_BALANCE_NO_GUESTS] = "has a libvirt that does not tell its guests",
        [HVC_BALANCE_NO_CAPACITY] = "does not tell its memory or its CPUs",
    };

    return out < HVC_BALANCE_OUT_COUNT ? texts[out] : "invalid";
}

const char *hvc_balance_stay_text(unsigned stay)
{
    static const char *const texts[HVC_BALANCE_STAY_COUNT] = {
        [HVC_BALANCE_MOVABLE] = "may be moved",
        [HVC_BALANCE_BUSY] = "has an unfinished job or migration",
        [HVC_BALANCE_NOT_RUNNING] = "does not run, or is paused",
        [HVC_BALANCE_HELD] = "moved, or was to be moved, within the hold time",
        [HVC_BALANCE_NO_MEMORY] = "has an unknown amount of memory",
    };

    return stay < HVC_BALANCE_STAY_COUNT ? texts[stay] : "invalid";
}

const char *hvc_balance_next_name(unsigned next)
{
    static const char *const names[HVC_BALANCE_NEXT_COUNT] = {
        [HVC_BALANCE_MOVE] = "move",     [HVC_BALANCE_FEW] = "few-nodes", [HVC_BALANCE_LOW] = "low",
        [HVC_BALANCE_ENOUGH] = "enough", [HVC_BALANCE_NONE] = "none",
    };

    return next < HVC_BALANCE_NEXT_COUNT ? names[next] : "invalid";
}

/* ---- the score ---- */

/* The greatest number whose square is not greater. */
static uint64_t root(uint64_t square)
{
    uint64_t low = 0, high = UINT32_MAX;

    while (low < high) {
        uint64_t middle = low + (high - low + 1) / 2;

        if (middle * middle <= square)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

/* Sums of one measure over the nodes that take part. */
struct sums {
    uint64_t sum, squares;
};

struct totals {
    struct sums memory, load;
};

static void add_part(struct sums *sums, uint64_t part)
{
    sums->sum += part;
    sums->squares += part * part;
}

static void remove_part(struct sums *sums, uint64_t part)
{
    sums->sum -= part;
    sums->squares -= part * part;
}

/* Its standard deviation. */
static uint64_t spread(const struct sums *sums, uint64_t count)
{
    return root(count * sums->squares - sums->sum * sums->sum) / count;
}

static uint64_t score_of(const struct hvc_balance *b, const struct totals *totals)
{
    uint64_t memory = b->rules.memory_weight, load = b->rules.load_weight;

    if (b->taking_part == 0 || memory + load == 0)
        return 0;
    return (memory * spread(&totals->memory, b->taking_part) + load * spread(&totals->load, b->taking_part)) /
           (memory + load);
}

static uint64_t part_of(uint64_t what, uint64_t whole)
{
    uint64_t part = whole == 0 ? 0 : what / whole >= 16 ? PART_MAX : what * HVC_BALANCE_ONE / whole;

    return part < PART_MAX ? part : PART_MAX;
}

static void set_parts(const struct hvc_balance_node *node, struct hvc_balance_share *share)
{
    share->memory_part = part_of(share->memory_kib, node->memory_kib);
    share->load_part = part_of(share->load, (uint64_t)node->cpus * CPU);
}

static struct totals totals_of(const struct hvc_balance *b)
{
    struct totals totals = {{0, 0}, {0, 0}};

    for (unsigned i = 0; i < b->node_count; i++) {
        if (b->nodes[i].out != HVC_BALANCE_IN)
            continue;
        add_part(&totals.memory, b->nodes[i].after.memory_part);
        add_part(&totals.load, b->nodes[i].after.load_part);
    }
    return totals;
}

/* ---- what there is ---- */

static uint8_t judge_node(const struct hvc_balance_node *node)
{
    if (!node->member)
        return HVC_BALANCE_NOT_MEMBER;
    if (!node->accepting)
        return HVC_BALANCE_CLOSED;
    if (node->maintenance)
        return HVC_BALANCE_MAINTENANCE;
    if (!node->enabled)
        return HVC_BALANCE_NOT_ENABLED;
    if (!node->active)
        return HVC_BALANCE_INACTIVE;
    if (!node->known)
        return HVC_BALANCE_NO_FACTS;
    if (node->facts_ms > HVC_SOFT_OLD_MS)
        return HVC_BALANCE_OLD_FACTS;
    if (!node->tells_guests)
        return HVC_BALANCE_NO_GUESTS;
    return node->cpus == 0 || node->memory_kib == 0 || node->memory_kib > HVC_KIB_MAX ? HVC_BALANCE_NO_CAPACITY
                                                                                      : HVC_BALANCE_IN;
}

/* Virtual CPUs that run; what is not known is one. */
static uint64_t width_of(const struct hvc_balance_guest *guest)
{
    if (!guest->running)
        return 0;
    return guest->cpus == 0 ? 1 : guest->cpus < WIDE ? guest->cpus : WIDE;
}

/* What is absurd is not known. */
static uint64_t memory_of(const struct hvc_balance_guest *guest)
{
    return guest->memory_kib > HVC_KIB_MAX ? 0 : guest->memory_kib;
}

static bool is_held(const struct hvc_balance_rules *rules, const struct hvc_balance_guest *guest)
{
    if (guest->moved_ms == 0 || rules->hold_ms == 0)
        return false;
    /* in the future of this clock, which another node's went before: just now */
    return guest->moved_ms > rules->now_ms || rules->now_ms - guest->moved_ms < rules->hold_ms;
}

static uint8_t judge_guest(const struct hvc_balance_rules *rules, const struct hvc_balance_guest *guest)
{
    if (guest->busy || guest->target != 0)
        return HVC_BALANCE_BUSY;
    if (!guest->running)
        return HVC_BALANCE_NOT_RUNNING;
    if (is_held(rules, guest))
        return HVC_BALANCE_HELD;
    return memory_of(guest) == 0 ? HVC_BALANCE_NO_MEMORY : HVC_BALANCE_MOVABLE;
}

static unsigned index_of(const struct hvc_balance *b, uint32_t id)
{
    unsigned i = 0;

    while (i < b->node_count && b->nodes[i].id != id)
        i++;
    return i;
}

/* Where guests are, and what of the load is theirs. */
static void weigh_guests(struct hvc_balance *b)
{
    uint64_t given[HVC_NODES_MAX] = {0}, width[HVC_NODES_MAX] = {0};

    for (size_t i = 0; i < b->guest_count; i++) {
        unsigned at = index_of(b, b->guests[i].node);

        if (at == b->node_count)
            continue;
        given[at] += memory_of(&b->guests[i]);
        width[at] += width_of(&b->guests[i]);
    }
    for (unsigned i = 0; i < b->node_count; i++) {
        struct hvc_balance_node *node = &b->nodes[i];
        uint64_t used = node->memory_kib > node->free_kib ? node->memory_kib - node->free_kib : 0;

        node->host_kib = used > given[i] ? used - given[i] : 0;
        node->leaving_kib = 0;
        node->after = (struct hvc_balance_share){.memory_kib = node->host_kib + given[i],
                                                 .load = (uint64_t)node->load_100 * (CPU / 100)};
    }
    for (size_t i = 0; i < b->guest_count; i++) {
        struct hvc_balance_guest *guest = &b->guests[i];
        unsigned at = index_of(b, guest->node);
        uint64_t most = width_of(guest) * CPU;

        guest->load = 0;
        if (at == b->node_count)
            continue;
        b->nodes[at].after.guests++;
        if (most > 0)
            guest->load = b->nodes[at].after.load * width_of(guest) / width[at];
        guest->load = guest->load < most ? guest->load : most;
    }
}

/* The guest weighs elsewhere from now on; its room where it was stays taken. */
static void shift(struct hvc_balance *b, const struct hvc_balance_guest *guest, unsigned from, unsigned to)
{
    struct hvc_balance_node *source = &b->nodes[from], *target = &b->nodes[to];
    uint64_t memory_kib = memory_of(guest);

    source->after.memory_kib -= memory_kib;
    source->after.load -= guest->load;
    source->after.guests--;
    source->leaving_kib += memory_kib;
    target->after.memory_kib += memory_kib;
    target->after.load += guest->load;
    target->after.guests++;
    set_parts(source, &source->after);
    set_parts(target, &target->after);
}

void hvc_balance_begin(struct hvc_balance *b)
{
    struct totals totals;

    b->node_count = b->node_count < HVC_NODES_MAX ? b->node_count : HVC_NODES_MAX;
    b->rules.gain = b->rules.gain == 0 ? 1 : b->rules.gain;
    b->taking_part = 0;
    b->taken = 0;
    for (unsigned i = 0; i < b->node_count; i++) {
        b->nodes[i].out = judge_node(&b->nodes[i]);
        b->taking_part += b->nodes[i].out == HVC_BALANCE_IN;
    }
    weigh_guests(b);
    for (size_t i = 0; i < b->guest_count; i++) {
        struct hvc_balance_guest *guest = &b->guests[i];
        unsigned from = index_of(b, guest->node), to = index_of(b, guest->target);

        guest->stay = judge_guest(&b->rules, guest);
        guest->taken = false;
        guest->refused = 0;
        if (from < b->node_count && to < b->node_count && from != to)
            shift(b, guest, from, to);
    }
    for (unsigned i = 0; i < b->node_count; i++) {
        set_parts(&b->nodes[i], &b->nodes[i].after);
        b->nodes[i].before = b->nodes[i].after;
    }
    totals = totals_of(b);
    b->score_before = b->score_after = score_of(b, &totals);
}

/* ---- moves ---- */

/* It fits, now and when everything that is under way has come. */
static bool has_room(const struct hvc_balance *b, const struct hvc_balance_node *node,
                     const struct hvc_balance_guest *guest)
{
    uint64_t taken = node->after.memory_kib + node->leaving_kib + node->coming_kib + node->spare_kib;

    if (taken > node->memory_kib || guest->memory_kib > node->memory_kib - taken || guest->cpus > node->cpus)
        return false;
    return b->rules.load_weight == 0 || guest->load == 0 ||
           node->after.load + guest->load <= (uint64_t)node->cpus * CPU;
}

static void change_node(struct totals *totals, const struct hvc_balance_node *node, struct hvc_balance_share after)
{
    remove_part(&totals->memory, node->after.memory_part);
    remove_part(&totals->load, node->after.load_part);
    set_parts(node, &after);
    add_part(&totals->memory, after.memory_part);
    add_part(&totals->load, after.load_part);
}

static uint64_t score_with(const struct hvc_balance *b, struct totals totals, const struct hvc_balance_guest *guest,
                           unsigned from, unsigned to)
{
    struct hvc_balance_share source = b->nodes[from].after, target = b->nodes[to].after;

    source.memory_kib -= guest->memory_kib;
    source.load -= guest->load;
    target.memory_kib += guest->memory_kib;
    target.load += guest->load;
    change_node(&totals, &b->nodes[from], source);
    change_node(&totals, &b->nodes[to], target);
    return score_of(b, &totals);
}

static bool is_better(const struct hvc_balance *b, const struct hvc_balance_move *move,
                      const struct hvc_balance_move *best)
{
    int order;

    if (move->score != best->score)
        return move->score < best->score;
    order = memcmp(b->guests[move->guest].uuid, b->guests[best->guest].uuid, sizeof(b->guests[0].uuid));
    return order < 0 || (order == 0 && b->nodes[move->to].id < b->nodes[best->to].id);
}

enum hvc_balance_next hvc_balance_next(const struct hvc_balance *b, struct hvc_balance_move *ret_move)
{
    struct hvc_balance_move best = {.score = UINT64_MAX};
    struct totals totals = totals_of(b);

    if (b->taking_part < 2)
        return HVC_BALANCE_FEW;
    if (b->score_after <= b->rules.low)
        return HVC_BALANCE_LOW;
    if (b->taken >= b->rules.moves)
        return HVC_BALANCE_ENOUGH;
    for (size_t i = 0; i < b->guest_count; i++) {
        const struct hvc_balance_guest *guest = &b->guests[i];
        struct hvc_balance_move move = {.guest = i, .from = index_of(b, guest->node)};

        if (guest->stay != HVC_BALANCE_MOVABLE || guest->taken || move.from == b->node_count ||
            b->nodes[move.from].out != HVC_BALANCE_IN)
            continue;
        for (move.to = 0; move.to < b->node_count; move.to++) {
            if (move.to == move.from || b->nodes[move.to].out != HVC_BALANCE_IN ||
                (guest->refused >> move.to & 1) != 0 || !has_room(b, &b->nodes[move.to], guest))
                continue;
            move.score = score_with(b, totals, guest, move.from, move.to);
            if (is_better(b, &move, &best))
                best = move;
        }
    }
    if (best.score >= b->score_after || b->score_after - best.score < b->rules.gain)
        return HVC_BALANCE_NONE;
    *ret_move = best;
    return HVC_BALANCE_MOVE;
}

void hvc_balance_take(struct hvc_balance *b, const struct hvc_balance_move *move)
{
    struct totals totals;

    b->guests[move->guest].taken = true;
    shift(b, &b->guests[move->guest], move->from, move->to);
    totals = totals_of(b);
    b->score_after = score_of(b, &totals);
    b->taken++;
}

void hvc_balance_refuse(struct hvc_balance *b, const struct hvc_balance_move *move, bool everywhere)
{
    b->guests[move->guest].refused |= everywhere ? UINT64_MAX : UINT64_C(1) << move->to;
}

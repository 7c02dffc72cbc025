/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/ring_guard.h"

#include <stddef.h>
#include <string.h>

#include "hvc/bandwidth.h"

enum {
    CONFIRM = 2,      /* looks in a row that say strained before the first limit */
    EASE = 3,         /* looks in a row at ease before it grows */
    SETTLE_MS = 2000, /* before it is lowered again: corosync's and knet's numbers follow late */
    SILENT = 2,       /* pings without an answer; one may be on its way */
    RETRANSMITS = 5,  /* a second, above the usual, that strain */
    LEARN = 8,        /* a new value is one part of so many of what is usual */
    STEPS = 16,       /* of the ceiling: a step up, and the floor */
};

static bool in_need(enum hvc_ring_strain strain)
{
    return strain > HVC_RING_RETRANSMITS;
}

/* ---- what a look says ---- */

/* Later ones of the enum are worse; of the same, that which is farther from the usual. */
static void find(struct hvc_ring_finding *worst, struct hvc_ring_finding found)
{
    if (found.strain > worst->strain ||
        (found.strain == worst->strain && found.value - found.usual > worst->value - worst->usual))
        *worst = found;
}

static struct hvc_ring_guard_link *known_link(struct hvc_ring_guard *guard, const struct hvc_ring_link *link)
{
    for (unsigned i = 0; i < guard->link_count; i++) {
        if (guard->links[i].last.node == link->node && guard->links[i].last.link == link->link)
            return &guard->links[i];
    }
    return NULL;
}

/* The mean of the last answers alone, out of knet's two means of very many: of n with k new ones each weighs 1/n. */
static uint64_t recent(const struct hvc_ring_link *last, const struct hvc_ring_link *now, uint64_t answers)
{
    int64_t change = (int64_t)now->latency_us - (int64_t)last->latency_us;
    int64_t older = now->samples > answers ? (int64_t)(now->samples - answers) : 0;
    int64_t mean = (int64_t)now->latency_us + change * older / (int64_t)answers;

    return mean > 0 ? (uint64_t)mean : 0;
}

static struct hvc_ring_finding judge_link(const struct hvc_ring_guard *guard, struct hvc_ring_guard_link *known,
                                          const struct hvc_ring_link *now, bool *ret_fresh)
{
    const struct hvc_ring_link *last = &known->last;
    uint64_t pings = now->pings - last->pings, pongs = now->pongs - last->pongs;
    struct hvc_ring_finding found = {.node = now->node, .link = now->link};

    if (!now->connected || !last->connected) {
        found.strain = last->connected ? HVC_RING_LINK_DOWN : HVC_RING_AT_EASE;
        return found;
    }
    if (pongs > 0) {
        known->recent_us = recent(last, now, pongs);
        *ret_fresh = true;
    }
    if (pings >= pongs + SILENT) {
        found.strain = HVC_RING_SILENT;
        found.value = pings - pongs;
    } else if (known->recent_us > known->usual_us + guard->latency_us / 2) {
        found.strain = HVC_RING_LATENCY;
        found.value = known->recent_us;
        found.usual = known->usual_us;
    }
    return found;
}

/* Corosync was started anew: nothing can be compared. */
static bool began_anew(const struct hvc_ring_guard_link *known, const struct hvc_ring_link *now)
{
    return now->pings < known->last.pings || now->pongs < known->last.pongs;
}

/* True: some link has brought a new answer, or there is none to wait for. */
static bool judge_links(struct hvc_ring_guard *guard, const struct hvc_ring_load *load, struct hvc_ring_finding *worst)
{
    bool fresh = load->link_count == 0;

    for (unsigned i = 0; i < load->link_count; i++) {
        struct hvc_ring_guard_link *known = known_link(guard, &load->links[i]);

        if (known != NULL && !began_anew(known, &load->links[i]))
            find(worst, judge_link(guard, known, &load->links[i], &fresh));
    }
    return fresh;
}

/* Messages sent again, in 1000 seconds. */
static uint64_t retransmits(const struct hvc_ring_guard *guard, const struct hvc_ring_load *load, uint64_t now_ms)
{
    return (load->retransmits - guard->retransmits) * 1000000 / (now_ms - guard->looked_ms);
}

static void judge_token(const struct hvc_ring_guard *guard, const struct hvc_ring_load *load, uint64_t now_ms,
                        struct hvc_ring_finding *worst)
{
    uint64_t again;

    if (load->retransmits < guard->retransmits || load->token_losses < guard->token_losses)
        return; /* began anew */
    again = retransmits(guard, load, now_ms);
    if (again >= 2 * guard->usual_retransmits + RETRANSMITS * 1000)
        find(worst, (struct hvc_ring_finding){
                        .strain = HVC_RING_RETRANSMITS, .value = again, .usual = guard->usual_retransmits});
    if (load->token_retransmit_ms != 0 && load->token_age_ms >= load->token_retransmit_ms)
        find(worst, (struct hvc_ring_finding){.strain = HVC_RING_TOKEN_LATE,
                                              .value = load->token_age_ms,
                                              .usual = load->token_retransmit_ms});
    if (load->token_losses > guard->token_losses)
        find(worst, (struct hvc_ring_finding){.strain = HVC_RING_TOKEN_LOST,
                                              .value = load->token_losses - guard->token_losses});
}

/* ---- what is kept of it ---- */

static uint64_t learned(uint64_t usual, uint64_t value)
{
    return usual + value / LEARN - usual / LEARN;
}

static void keep_link(struct hvc_ring_guard_link *kept, const struct hvc_ring_guard_link *known,
                      const struct hvc_ring_link *now, bool learn)
{
    if (known == NULL || began_anew(known, now) || known->last.samples == 0) {
        /* knet's own long mean stands for what is usual until more is known */
        *kept = (struct hvc_ring_guard_link){.last = *now, .recent_us = now->latency_us, .usual_us = now->latency_us};
        return;
    }
    *kept = *known;
    if (learn && now->pongs > known->last.pongs && now->connected)
        kept->usual_us = learned(known->usual_us, recent(&known->last, now, now->pongs - known->last.pongs));
    kept->last = *now;
}

static void keep(struct hvc_ring_guard *guard, const struct hvc_ring_load *load, uint64_t now_ms, bool learn)
{
    struct hvc_ring_guard_link kept[HVC_RING_LINKS_MAX];

    for (unsigned i = 0; i < load->link_count; i++)
        keep_link(&kept[i], known_link(guard, &load->links[i]), &load->links[i], learn);
    memcpy(guard->links, kept, load->link_count * sizeof(kept[0]));
    guard->link_count = load->link_count;
    if (learn && guard->known && load->retransmits >= guard->retransmits)
        guard->usual_retransmits = learned(guard->usual_retransmits, retransmits(guard, load, now_ms));
    guard->retransmits = load->retransmits;
    guard->token_losses = load->token_losses;
    guard->looked_ms = now_ms;
    guard->known = true;
}

/* ---- the limit ---- */

static uint64_t floor_of(const struct hvc_ring_guard *guard, const struct hvc_ring_guard_moves *moves)
{
    uint64_t least = HVC_BANDWIDTH_MIN * moves->count;

    return guard->ceiling / STEPS > least ? guard->ceiling / STEPS : least;
}

static void halve(struct hvc_ring_guard *guard, const struct hvc_ring_guard_moves *moves, uint64_t now_ms)
{
    uint64_t sent = moves->rate != 0 && moves->rate < guard->allowed ? moves->rate : guard->allowed;
    uint64_t least = floor_of(guard, moves);

    guard->allowed = sent / 2 > least ? sent / 2 : least;
    guard->cut_ms = now_ms;
}

static void lift(struct hvc_ring_guard *guard)
{
    guard->change = guard->allowed != 0 ? HVC_RING_GUARD_ENDS : HVC_RING_GUARD_SAME;
    guard->allowed = 0;
    guard->strained = guard->at_ease = 0;
}

static void begin(struct hvc_ring_guard *guard, const struct hvc_ring_guard_moves *moves, uint64_t now_ms)
{
    if (moves->rate == 0 || (guard->strained < CONFIRM && !in_need(guard->finding.strain)))
        return; /* nothing is sent that could be the reason */
    guard->ceiling = guard->allowed = moves->rate;
    guard->change = HVC_RING_GUARD_BEGINS;
    halve(guard, moves, now_ms);
}

static void grow(struct hvc_ring_guard *guard, const struct hvc_ring_guard_moves *moves)
{
    uint64_t step = guard->ceiling / STEPS, least = floor_of(guard, moves);

    guard->allowed += step > HVC_BANDWIDTH_MIN ? step : HVC_BANDWIDTH_MIN;
    if (guard->allowed < least)
        guard->allowed = least;
    if (guard->allowed < 2 * guard->ceiling)
        return;
    guard->allowed = 2 * guard->ceiling;
    if (guard->again)
        return;
    guard->again = true;
    lift(guard);
}

static void steer(struct hvc_ring_guard *guard, const struct hvc_ring_guard_moves *moves, uint64_t now_ms, bool fresh)
{
    const struct hvc_ring_finding *found = &guard->finding;
    bool strained = found->strain != HVC_RING_AT_EASE &&
                    (found->strain != HVC_RING_LATENCY || found->value >= found->usual + guard->latency_us);

    if (!fresh && !in_need(found->strain) && found->strain != HVC_RING_RETRANSMITS)
        return;
    guard->strained = strained ? guard->strained + 1 : 0;
    guard->at_ease = found->strain == HVC_RING_AT_EASE ? guard->at_ease + 1 : 0;
    if (guard->allowed == 0)
        begin(guard, moves, now_ms);
    else if (strained && now_ms - guard->cut_ms >= SETTLE_MS)
        halve(guard, moves, now_ms);
    else if (guard->at_ease > EASE)
        grow(guard, moves);
}

void hvc_ring_guard_look(struct hvc_ring_guard *guard, const struct hvc_ring_load *load, uint64_t now_ms,
                         const struct hvc_ring_guard_moves *moves)
{
    bool compare = guard->known && load != NULL && now_ms > guard->looked_ms, fresh = false;
    bool moving = moves->count > 0;

    guard->change = HVC_RING_GUARD_SAME;
    guard->finding = (struct hvc_ring_finding){.strain = HVC_RING_AT_EASE};
    if (compare) {
        fresh = judge_links(guard, load, &guard->finding);
        judge_token(guard, load, now_ms, &guard->finding);
    }
    if (!moving) {
        lift(guard);
        guard->again = false;
    } else if (compare && guard->moving) {
        steer(guard, moves, now_ms, fresh);
    }
    if (load != NULL && (compare || !guard->known)) {
        keep(guard, load, now_ms, !moving && !guard->moving);
        guard->moving = moving;
    }
}

const char *hvc_ring_strain_name(unsigned strain)
{
    static const char *const names[HVC_RING_STRAIN_MAX] = {
        "at ease", "latency", "messages sent again", "no answer", "link down", "token late", "token lost"};

    return strain < HVC_RING_STRAIN_MAX ? names[strain] : "invalid";
}

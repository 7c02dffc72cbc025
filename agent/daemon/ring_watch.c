/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ring_watch.h"

#include <string.h>

enum {
    IDLE_MS = 10000, /* between two looks while nothing moves */
    ASK_MS = 500,    /* for corosync's answer: later it is of no use */
};

void hvc_ring_watch_begin(struct hvc_ring_watch *watch, struct hvc_operations *operations)
{
    memset(watch, 0, sizeof(*watch));
    watch->operations = operations;
    watch->guard.latency_us = operations->migration.ring_latency_ms * 1000;
}

bool hvc_ring_watch_guards(const struct hvc_ring_watch *watch, const struct hvc_soft_move *move)
{
    return watch->guard.latency_us != 0 && (move->ring || watch->operations->migration.ring_all);
}

static struct hvc_ring_guard_moves guarded(const struct hvc_ring_watch *watch, const struct hvc_soft_move *moves,
                                           unsigned count)
{
    struct hvc_ring_guard_moves found = {0};

    for (unsigned i = 0; i < count; i++) {
        if (!hvc_ring_watch_guards(watch, &moves[i]))
            continue;
        found.count++;
        found.rate += moves[i].rate_bytes;
    }
    return found;
}

/* ---- what is said ---- */

/* Once until it tells again; nobody needs to know while nothing moves. */
static void note_unknown(struct hvc_ring_watch *watch, const struct hvc_ring_guard_moves *moves,
                         const struct hvc_error *error)
{
    char words[HVC_ERROR_TEXT_MAX];

    if (watch->unknown || moves->count == 0)
        return;
    watch->unknown = true;
    hvc_operations_note(watch->operations, HVC_MESSAGE_RING_UNKNOWN, "moves=%u words=%s", moves->count,
                        hvc_message_quote(error->text, words, sizeof(words)));
}

static void note_change(const struct hvc_ring_watch *watch, const struct hvc_ring_guard_moves *moves)
{
    const struct hvc_ring_guard *guard = &watch->guard;
    const struct hvc_ring_finding *found = &guard->finding;

    if (guard->change == HVC_RING_GUARD_BEGINS)
        hvc_operations_note(watch->operations, HVC_MESSAGE_RING_STRAINED,
                            "why=\"%s\" node=%u link=%u value=%llu usual=%llu bytes=%llu moves=%u",
                            hvc_ring_strain_name(found->strain), found->node, found->link,
                            (unsigned long long)found->value, (unsigned long long)found->usual,
                            (unsigned long long)guard->allowed, moves->count);
    else if (guard->change == HVC_RING_GUARD_ENDS)
        hvc_operations_note(watch->operations, HVC_MESSAGE_RING_AT_EASE, "moves=%u", moves->count);
}

uint64_t hvc_ring_watch_look(struct hvc_ring_watch *watch, const struct hvc_soft_move *moves, unsigned count,
                             uint64_t now_ms)
{
    const struct hvc_ring_guard_moves found = guarded(watch, moves, count);
    struct hvc_error error = {0};
    bool answers;

    if (watch->guard.latency_us == 0 || (found.count == 0 && watch->guard.allowed == 0 && now_ms < watch->next_ms))
        return watch->guard.allowed;
    watch->next_ms = now_ms + IDLE_MS;
    answers = hvc_facts_ring_load(watch->operations->facts, hvc_deadline_in(ASK_MS), &watch->load, &error) == 0;
    if (answers)
        watch->unknown = false;
    else
        note_unknown(watch, &found, &error);
    hvc_ring_guard_look(&watch->guard, answers ? &watch->load : NULL, now_ms, &found);
    note_change(watch, &found);
    return watch->guard.allowed;
}

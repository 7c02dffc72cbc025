/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/stop_budget.h"

#include <inttypes.h>

#include "hvc/text.h"

/* What the advice adds to the least parts: time for the guest to shut down when the user named none, and what the
 * agent keeps of its op for the fallback and for itself. */
#define ADVISED_GRACEFUL_S 30
#define AGENT_RESERVE_S    10

static uint64_t seconds_up(uint64_t ms)
{
    return ms / 1000 + (ms % 1000 != 0);
}

static uint64_t advised_seconds(uint64_t graceful_ms)
{
    return seconds_up(graceful_ms) + (HVC_STOP_FORCED_MIN_MS + HVC_STOP_KILL_MIN_MS) / 1000 + AGENT_RESERVE_S;
}

static void say(struct hvc_stop_budget *b, uint64_t total_ms, uint64_t graceful_ms)
{
    bool wished = graceful_ms != HVC_STOP_GRACEFUL_AUTO && graceful_ms > 0;
    size_t used = 0;

    b->words[0] = '\0';
    if (b->fits)
        return;
    (void)hvc_text_append(b->words, sizeof(b->words), &used,
                          "the stop timeout leaves %" PRIu64
                          " s; forcing the guest down needs %u s and killing it %u s",
                          total_ms / 1000, HVC_STOP_FORCED_MIN_MS / 1000, HVC_STOP_KILL_MIN_MS / 1000);
    if (wished)
        (void)hvc_text_append(b->words, sizeof(b->words), &used, ", the graceful part is set to %" PRIu64 " s",
                              seconds_up(graceful_ms));
    (void)hvc_text_append(b->words, sizeof(b->words), &used, ": set the op timeout to at least %" PRIu64 " s",
                          advised_seconds(wished ? graceful_ms : ADVISED_GRACEFUL_S * 1000));
}

void hvc_stop_budget_split(uint64_t total_ms, uint64_t graceful_ms, struct hvc_stop_budget *b)
{
    const uint64_t least = HVC_STOP_FORCED_MIN_MS + HVC_STOP_KILL_MIN_MS;

    if (total_ms < least) {
        /* Too short for the least parts: no graceful part at all, and the kill keeps its share of a fifth. */
        b->kill_ms = total_ms / 5;
        b->graceful_ms = 0;
        b->forced_ms = total_ms - b->kill_ms;
        b->fits = false;
    } else {
        uint64_t room = total_ms - least;

        b->kill_ms = HVC_STOP_KILL_MIN_MS;
        b->graceful_ms = graceful_ms < room ? graceful_ms : room;
        b->forced_ms = total_ms - b->kill_ms - b->graceful_ms;
        b->fits = graceful_ms == HVC_STOP_GRACEFUL_AUTO ? room > 0 : graceful_ms <= room;
    }
    say(b, total_ms, graceful_ms);
}

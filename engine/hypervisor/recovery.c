/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recovery.h"

static uint64_t pause_ms(unsigned pauses)
{
    uint64_t ms = HVC_RECOVERY_FIRST_MS;

    for (unsigned i = 0; i < pauses && ms < HVC_RECOVERY_MOST_MS; i++)
        ms *= 2;
    return ms < HVC_RECOVERY_MOST_MS ? ms : HVC_RECOVERY_MOST_MS;
}

bool hvc_recovery_see(struct hvc_recovery *recovery, bool interrupted, uint64_t now_ms)
{
    if (recovery->interrupted == interrupted)
        return false;
    if (interrupted && now_ms - recovery->changed_ms >= HVC_RECOVERY_CALM_MS)
        recovery->pauses = recovery->number = 0;
    recovery->interrupted = interrupted;
    recovery->changed_ms = now_ms;
    recovery->again_ms = now_ms + pause_ms(recovery->pauses);
    return true;
}

bool hvc_recovery_is_due(const struct hvc_recovery *recovery, bool busy, uint64_t now_ms)
{
    return recovery->interrupted && !busy && now_ms >= recovery->again_ms;
}

void hvc_recovery_tried(struct hvc_recovery *recovery, bool asked, uint64_t now_ms)
{
    recovery->pauses++;
    recovery->number += asked ? 1 : 0;
    recovery->again_ms = now_ms + pause_ms(recovery->pauses);
}

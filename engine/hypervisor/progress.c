/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "progress.h"

#include <libvirt/libvirt.h>

/* A save is a migration to a file, while it is under way; of one that has ended nobody asks. */
static bool is_migration(const struct hvc_job_numbers *n)
{
    bool runs = n->type == VIR_DOMAIN_JOB_BOUNDED || n->type == VIR_DOMAIN_JOB_UNBOUNDED;

    return n->operation == VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT ||
           n->operation == VIR_DOMAIN_JOB_OPERATION_MIGRATION_IN ||
           (n->operation == VIR_DOMAIN_JOB_OPERATION_SAVE && runs);
}

/* Of a migration that is under way: what the state of its source says of it, NONE when that is nothing. */
static enum hvc_migrate_phase phase_of_state(int state, int reason)
{
    if (state != VIR_DOMAIN_PAUSED)
        return HVC_MIGRATE_NONE;
    if (reason == VIR_DOMAIN_PAUSED_POSTCOPY)
        return HVC_MIGRATE_POST_COPY;
    if (reason == VIR_DOMAIN_PAUSED_POSTCOPY_FAILED)
        return HVC_MIGRATE_INTERRUPTED;
    return reason == VIR_DOMAIN_PAUSED_MIGRATION ? HVC_MIGRATE_SWITCH : HVC_MIGRATE_NONE;
}

static enum hvc_migrate_phase phase_of(const struct hvc_job_numbers *n)
{
    if (n->type == VIR_DOMAIN_JOB_NONE || !is_migration(n))
        return HVC_MIGRATE_NONE;
    if (phase_of_state(n->state, n->reason) == HVC_MIGRATE_INTERRUPTED)
        return HVC_MIGRATE_INTERRUPTED; /* whatever libvirt calls its job, which it keeps: also "failed" */
    if (n->type == VIR_DOMAIN_JOB_COMPLETED || n->type == VIR_DOMAIN_JOB_FAILED || n->type == VIR_DOMAIN_JOB_CANCELLED)
        return HVC_MIGRATE_DONE;
    if (phase_of_state(n->state, n->reason) != HVC_MIGRATE_NONE)
        return phase_of_state(n->state, n->reason);
    return n->total == 0 ? HVC_MIGRATE_SETUP : HVC_MIGRATE_COPY;
}

static uint64_t at_least(uint64_t value, uint64_t before)
{
    return value > before ? value : before;
}

/* Bytes a second since the previous sample, where libvirt gives no rate yet. */
static uint64_t rate_since(const struct hvc_migrate_progress *before, const struct hvc_job_numbers *n)
{
    uint64_t ms = n->elapsed_ms - before->elapsed_ms;

    return ms == 0 || n->processed < before->sent_bytes ? before->rate_bytes
                                                        : (n->processed - before->sent_bytes) * 1000 / ms;
}

static uint64_t time_left(const struct hvc_migrate_progress *p)
{
    if (p->rate_bytes == 0 || p->rate_bytes <= p->dirty_rate_bytes)
        return UINT64_MAX;
    /* 2^64 / 1000 bytes are 16 PiB: no guest is so big */
    return p->remaining_bytes * 1000 / (p->rate_bytes - p->dirty_rate_bytes);
}

static unsigned percent_of(const struct hvc_migrate_progress *p)
{
    unsigned percent;

    if (p->phase == HVC_MIGRATE_DONE)
        return 100;
    if (p->total_bytes == 0)
        return 0;
    percent = (unsigned)(p->done_bytes * 100 / p->total_bytes);
    return percent > 99 ? 99 : percent;
}

void hvc_progress_fold(const struct hvc_migrate_progress *previous, const struct hvc_job_numbers *numbers,
                       struct hvc_migrate_progress *ret_progress)
{
    static const struct hvc_migrate_progress nothing = {.phase = HVC_MIGRATE_NONE};
    const struct hvc_migrate_progress *before = previous;
    struct hvc_migrate_progress now = {.phase = phase_of(numbers), .estimated_left_ms = UINT64_MAX};

    if (before == NULL || before->elapsed_ms > numbers->elapsed_ms || before->phase == HVC_MIGRATE_DONE)
        before = &nothing;
    if (now.phase == HVC_MIGRATE_NONE) {
        *ret_progress = now;
        return;
    }
    now.elapsed_ms = numbers->elapsed_ms;
    now.total_bytes = numbers->total;
    now.disk_total_bytes = numbers->disk_total;
    now.disk_done_bytes = at_least(numbers->disk_processed, before->disk_done_bytes);
    now.remaining_bytes = numbers->remaining;
    now.sent_bytes = numbers->processed;
    now.done_bytes = numbers->total > numbers->remaining ? numbers->total - numbers->remaining : 0;
    now.done_bytes = at_least(now.done_bytes, before->done_bytes);
    now.rate_bytes = numbers->bps != 0 ? numbers->bps : rate_since(before, numbers);
    now.dirty_rate_bytes = numbers->dirty_pages * numbers->page_size;
    now.iteration = numbers->iteration;
    now.expected_downtime_ms = numbers->downtime_ms;
    if (now.phase == HVC_MIGRATE_DONE) {
        now.done_bytes = at_least(now.done_bytes, now.total_bytes);
        now.estimated_left_ms = 0;
    } else {
        now.estimated_left_ms = time_left(&now);
    }
    now.percent = percent_of(&now);
    if (now.percent < before->percent)
        now.percent = before->percent;
    *ret_progress = now;
}

bool hvc_progress_hidden(const struct hvc_migrate_progress *previous, int state, int reason,
                         struct hvc_migrate_progress *ret_progress)
{
    enum hvc_migrate_phase phase = phase_of_state(state, reason);

    if (phase == HVC_MIGRATE_NONE)
        return false;
    if (previous->phase == HVC_MIGRATE_NONE || previous->phase == HVC_MIGRATE_DONE) /* of an older one */
        *ret_progress = (struct hvc_migrate_progress){.estimated_left_ms = UINT64_MAX};
    else
        *ret_progress = *previous;
    ret_progress->phase = phase;
    return true;
}

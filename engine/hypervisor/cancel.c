/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cancel.h"

#include <poll.h>

#include "hvc/clock.h"

enum {
    LOOK_MS = 50,   /* between two looks */
    WAIT_MS = 1500, /* for a good moment at most: one that never comes would mean a migration that cannot be ended */
    SEND_MS = 500,  /* of the caller's time, for the order itself */
};

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Bytes a second by which what remains gets less, by the largest of what can be known: pages of zeros cost no wire. */
static uint64_t pace_of(const struct hvc_cancel_moment *moment, const struct hvc_migrate_progress *p, uint64_t now_ms)
{
    uint64_t pace = p->rate_bytes;

    if (p->elapsed_ms > 0 && p->total_bytes > p->remaining_bytes)
        pace = larger(pace, (p->total_bytes - p->remaining_bytes) * 1000 / p->elapsed_ms);
    if (moment->seen && now_ms > moment->seen_ms && moment->remaining > p->remaining_bytes)
        pace = larger(pace, (moment->remaining - p->remaining_bytes) * 1000 / (now_ms - moment->seen_ms));
    return pace;
}

/* False also for what is not known: a migration that has only begun. */
static bool is_near(const struct hvc_cancel_moment *moment, const struct hvc_migrate_progress *p, uint64_t now_ms)
{
    uint64_t pace = pace_of(moment, p, now_ms);

    return p->total_bytes > 0 && pace > 0 && p->remaining_bytes / pace <= HVC_CANCEL_NEAR_MS / 1000 &&
           p->remaining_bytes * 1000 / pace < HVC_CANCEL_NEAR_MS;
}

bool hvc_cancel_is_safe(struct hvc_cancel_moment *moment, const struct hvc_migrate_progress *progress, uint64_t now_ms)
{
    bool safe = true;

    if (progress->phase == HVC_MIGRATE_SWITCH) {
        if (moment->switch_ms == 0)
            moment->switch_ms = now_ms;
        return now_ms - moment->switch_ms >= HVC_CANCEL_SWITCH_MS;
    }
    moment->switch_ms = 0;
    if (progress->phase == HVC_MIGRATE_COPY) {
        safe = !is_near(moment, progress, now_ms);
        moment->seen = true;
        moment->seen_ms = now_ms;
        moment->remaining = progress->remaining_bytes;
    }
    return safe;
}

static uint64_t last_look(uint64_t deadline_ms)
{
    uint64_t left = hvc_deadline_left(deadline_ms), most = left > SEND_MS ? left - SEND_MS : 0;

    return hvc_deadline_in(most < WAIT_MS ? most : WAIT_MS);
}

/* The shortest pause that can be asked for: one that still writes does not get near any more. Where it is refused, the
 * migration ends by itself, or the order is sent as it would be without. */
static void keep_away(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms)
{
    (void)h->ops->set_downtime(h, uuid, 1, deadline_ms, NULL);
}

int hvc_hypervisor_cancel(struct hvc_hypervisor *h, const char *uuid, uint64_t deadline_ms, struct hvc_error *error)
{
    struct hvc_cancel_moment moment = {0};
    struct hvc_migrate_progress progress;
    uint64_t until = last_look(deadline_ms);
    bool kept_away = false;

    /* without an answer the order itself finds out why */
    while (hvc_deadline_left(until) > 0 && h->ops->progress(h, uuid, until, &progress, NULL) == 0 &&
           !hvc_cancel_is_safe(&moment, &progress, hvc_now_ms())) {
        if (!kept_away && progress.phase == HVC_MIGRATE_COPY)
            keep_away(h, uuid, until);
        kept_away = true;
        (void)poll(NULL, 0, LOOK_MS);
    }
    return h->ops->cancel(h, uuid, deadline_ms, error);
}

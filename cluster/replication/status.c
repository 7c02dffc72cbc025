/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a replica is doing, what it waits for and since when; words for the enums. */
#include <string.h>

#include "internal.h"

static void list_nodes(const struct hvc_view *view, uint64_t mask, uint32_t *nodes, unsigned *count)
{
    *count = 0;
    for (uint32_t i = 0; i < view->count; i++)
        if (mask & hvc_bit(i))
            nodes[(*count)++] = view->member[i].node;
}

static enum hvc_replication_wait offer_wait(const struct hvc_replication *r, struct hvc_replication_status *s)
{
    const struct hvc_view *view = &r->view;

    if (!view->offer_sent) {
        bool match = r->quorum_known && r->quorate && hvc_ring_equal(r->quorum_ring, view->ring);

        return match ? HVC_WAIT_DISK : HVC_WAIT_QUORUM;
    }
    if (view->offered != view->all) {
        list_nodes(view, view->all & ~view->offered, s->wait_nodes, &s->wait_count);
        return HVC_WAIT_OFFERS;
    }
    if (view->counted != 0 && view->best != HVC_SLOT_NONE) {
        (void)hvc_view_absent(r, view->counted, s->wait_nodes, &s->wait_count);
        if (s->wait_count > 0 && (view->modes != 0 || view->member[view->best].offer.view.modes != 0))
            return HVC_WAIT_FENCING;
        s->wait_count = 0;
    }
    return HVC_WAIT_VOTES;
}

static enum hvc_replication_wait what_for(const struct hvc_replication *r, struct hvc_replication_status *s)
{
    const struct hvc_view *view = &r->view;
    uint64_t late = 0;

    switch (view->phase) {
    case HVC_PHASE_OFFER:
        return offer_wait(r, s);
    case HVC_PHASE_PROMISE:
        list_nodes(view, view->participants & ~view->promised, s->wait_nodes, &s->wait_count);
        return HVC_WAIT_PROMISES;
    case HVC_PHASE_TRANSFER:
        list_nodes(view, hvc_bit(view->source), s->wait_nodes, &s->wait_count);
        return HVC_WAIT_SOURCE;
    case HVC_PHASE_RUNNING:
        if (r->commit >= view->view_index)
            return HVC_WAIT_NOTHING;
        for (uint32_t i = 0; i < view->count; i++)
            if (view->member[i].ack < view->view_index)
                late |= hvc_bit(i);
        list_nodes(view, view->participants & late, s->wait_nodes, &s->wait_count);
        return HVC_WAIT_ACKS;
    case HVC_PHASE_PASSIVE:
        return HVC_WAIT_NEXT_VIEW;
    case HVC_PHASE_OUT:
    case HVC_PHASE_LEFT:
    case HVC_PHASE_MAX_:
        break;
    }
    return HVC_WAIT_VIEW;
}

/* Deliveries may wait only for the own disk: nothing else is helped by not taking them. */
static bool is_congested(const struct hvc_replication *r)
{
    return r->durable < r->log.last && (r->log.last - r->log.base > r->config.log_entries - r->config.log_entries / 8 ||
                                        hvc_window_bytes_used(&r->log) > r->config.log_bytes - r->config.log_bytes / 8);
}

static void fill_view(const struct hvc_replication *r, struct hvc_replication_status *s)
{
    const struct hvc_view *view = &r->view;

    s->ring = view->ring;
    s->participant = hvc_view_is_participant(r);
    s->both_sides = view->modes != 0;
    s->commit_votes = view->need;
    s->wire = view->record.wire;
    list_nodes(view, view->all, s->members, &s->member_count);
    list_nodes(view, view->participants, s->participants, &s->participant_count);
    if (view->phase == HVC_PHASE_PROMISE || view->phase == HVC_PHASE_TRANSFER || view->phase == HVC_PHASE_RUNNING)
        s->epoch = view->epoch;
    for (uint32_t i = view->count; i-- > 0;)
        if ((view->offered & hvc_bit(i)) && !(view->member[i].offer.flags & HVC_OFFER_EMPTY))
            s->history_node = view->member[i].node;
    if ((view->phase == HVC_PHASE_TRANSFER || view->phase == HVC_PHASE_RUNNING) && view->source < view->count)
        s->source = view->member[view->source].node;
    if (view->phase == HVC_PHASE_RUNNING) {
        s->view_index = view->view_index;
        s->entry_version = view->record.entry_version;
    }
    s->primary = view->phase == HVC_PHASE_RUNNING && r->commit >= view->view_index && r->quorum_known && r->quorate &&
                 hvc_ring_equal(r->quorum_ring, view->ring);
}

void hvc_replication_status(const struct hvc_replication *r, struct hvc_replication_status *s)
{
    memset(s, 0, sizeof(*s));
    s->phase = r->view.phase;
    s->wait = what_for(r, s);
    s->wait_since_ms = r->view.since_ms;
    s->voter = r->unused == 0;
    if (r->view.phase != HVC_PHASE_OUT && r->view.phase != HVC_PHASE_LEFT)
        fill_view(r, s);
    s->promised = r->promised;
    s->last_index = r->log.last;
    s->last_epoch = hvc_window_last_epoch(&r->log);
    s->durable_index = r->durable;
    s->commit = r->commit;
    s->applied = r->applied;
    s->log_first = r->log.base + 1;
    s->tokens = r->tokens.count;
    s->proposals = r->proposals;
    s->congested = is_congested(r);
    memcpy(s->cluster_id, r->cluster_id, sizeof(s->cluster_id));
    s->counters = r->counters;
}

#define NAME(array, value)                                                                                             \
    ((size_t)(value) < sizeof(array) / sizeof((array)[0]) && (array)[value] != NULL ? (array)[value] : "unknown")

const char *hvc_replication_phase_name(enum hvc_replication_phase phase)
{
    static const char *const name[] = {
        [HVC_PHASE_OUT] = "out",           [HVC_PHASE_OFFER] = "offer",     [HVC_PHASE_PROMISE] = "promise",
        [HVC_PHASE_TRANSFER] = "transfer", [HVC_PHASE_RUNNING] = "running", [HVC_PHASE_PASSIVE] = "passive",
        [HVC_PHASE_LEFT] = "left",
    };
    return NAME(name, phase);
}

const char *hvc_replication_wait_name(enum hvc_replication_wait wait)
{
    static const char *const name[] = {
        [HVC_WAIT_NOTHING] = "nothing",
        [HVC_WAIT_VIEW] = "a membership",
        [HVC_WAIT_QUORUM] = "quorum in this ring",
        [HVC_WAIT_DISK] = "own writes",
        [HVC_WAIT_OFFERS] = "offers",
        [HVC_WAIT_VOTES] = "votes of usable stores",
        [HVC_WAIT_FENCING] = "fencing of absent nodes",
        [HVC_WAIT_PROMISES] = "promises",
        [HVC_WAIT_SOURCE] = "state transfer",
        [HVC_WAIT_ACKS] = "acknowledgements",
        [HVC_WAIT_NEXT_VIEW] = "the next membership",
    };
    return NAME(name, wait);
}

const char *hvc_replication_leave_name(enum hvc_replication_leave leave)
{
    static const char *const name[] = {
        [HVC_LEAVE_NONE] = "none",
        [HVC_LEAVE_DISK] = "the store failed or cannot keep up",
        [HVC_LEAVE_PROTOCOL] = "a transfer does not fit",
        [HVC_LEAVE_TRUNCATE] = "a transfer would undo a committed entry",
        [HVC_LEAVE_DIVERGED] = "the state differs from the majority's",
        [HVC_LEAVE_UNDECODABLE] = "an entry of a newer version",
        [HVC_LEAVE_INCOMPATIBLE] = "no common wire version",
        [HVC_LEAVE_FOREIGN] = "the store belongs to another cluster",
        [HVC_LEAVE_FULL] = "the log is full of views that have committed nothing",
        [HVC_LEAVE_REJOIN] = "a new membership is wanted",
    };
    return NAME(name, leave);
}

const char *hvc_replication_alarm_name(enum hvc_replication_alarm alarm)
{
    static const char *const name[] = {
        [HVC_ALARM_NONE] = "none",
        [HVC_ALARM_STORE_UNUSED] = "store does not count",
        [HVC_ALARM_ROLLBACK] = "store set back",
        [HVC_ALARM_EXCLUDED] = "excluded",
        [HVC_ALARM_FOREIGN] = "foreign store",
        [HVC_ALARM_FORK] = "two histories",
        [HVC_ALARM_DIVERGED] = "state diverged",
        [HVC_ALARM_UNDECIDED] = "states differ without a majority",
        [HVC_ALARM_SUSPECT] = "absent and not fenced",
    };
    return NAME(name, alarm);
}

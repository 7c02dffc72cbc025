/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Views: who is here, whose store counts, when the offers close, who has promised. Everything that must come out equal
 * on all members is a function of what has been delivered in this view, never of own quorum notifications or time. */
#include <errno.h>
#include <string.h>

#include "internal.h"

uint32_t hvc_view_slot(const struct hvc_view *view, uint32_t node)
{
    for (uint32_t i = 0; i < view->count; i++)
        if (view->member[i].node == node)
            return i;
    return HVC_SLOT_NONE;
}

bool hvc_view_is_participant(const struct hvc_replication *r)
{
    return (r->view.participants & hvc_bit(r->view.self)) != 0;
}

void hvc_view_phase(struct hvc_replication *r, enum hvc_replication_phase phase)
{
    r->view.phase = phase;
    r->view.since_ms = r->now_ms;
    r->view.resend_ms = r->now_ms + r->config.resend_ms;
    r->view.exclude_ms = r->now_ms + (phase == HVC_PHASE_PASSIVE ? r->config.rejoin_ms : r->config.exclude_ms);
    r->view.silent_alarm = false;
    r->out->status_changed = true;
}

/* Negative control only. */
static void bug_keep_acks(struct hvc_replication *r)
{
    for (unsigned i = 0; i < r->view.count; i++) {
        uint64_t *kept = &r->bug_ack[r->view.member[i].node % HVC_COUNT_OF(r->bug_ack)];

        *kept = r->view.member[i].ack > *kept ? r->view.member[i].ack : *kept;
    }
}

void hvc_view_end(struct hvc_replication *r)
{
    if (r->view.phase == HVC_PHASE_OUT)
        return;
    hvc_log_view_end(r);
    r->out->stage.reset = true;
    memset(&r->transfer, 0, sizeof(r->transfer));
    hvc_window_reset(&r->staged, 0, 0);
    hvc_view_phase(r, HVC_PHASE_OUT);
    if (HVC_BUG(ACKOLD))
        bug_keep_acks(r);
    r->view.count = 0;
    r->view.participants = 0;
    r->view.epoch = 0;
    r->view.view_index = 0;
}

static void sort_members(struct hvc_view *view, const struct hvc_replication_event *event, uint32_t *pid)
{
    for (unsigned i = 0; i < event->view.count; i++) {
        unsigned at = view->count++;

        for (; at > 0 && view->member[at - 1].node > event->view.members[i].node; at--) {
            view->member[at].node = view->member[at - 1].node;
            pid[at] = pid[at - 1];
        }
        view->member[at].node = event->view.members[i].node;
        pid[at] = event->view.members[i].pid;
    }
}

/* Names the membership beside the ring id: a process that restarts inside one ring has another pid. */
static uint32_t view_tag(const struct hvc_view *view, const uint32_t *pid)
{
    uint8_t bytes[8 * HVC_NODES_MAX];
    struct hvc_writer w = {.at = bytes, .end = bytes + sizeof(bytes)};

    if (HVC_BUG(REJOIN))
        return 0;
    for (unsigned i = 0; i < view->count; i++) {
        hvc_write(&w, 4, view->member[i].node);
        hvc_write(&w, 4, pid[i]);
    }
    return hvc_crc32c(0, bytes, (size_t)(w.at - bytes));
}

/* A node that is here again is no longer the one that was reported fenced. */
static void forget_fenced(struct hvc_replication *r)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < r->fenced_count; i++)
        if (hvc_view_slot(&r->view, r->fenced[i]) == HVC_SLOT_NONE)
            r->fenced[kept++] = r->fenced[i];
    r->fenced_count = kept;
    r->fenced_unsent = kept > 0;
}

/* Negative control only. */
static void bug_rejoin(struct hvc_replication *r)
{
    struct hvc_view *view = &r->view;
    uint64_t index = hvc_log_last_view(r, r->log.last, &view->record);

    if (index == 0 || view->record.epoch < r->promised || !hvc_ring_equal(view->record.ring, view->ring))
        return;
    view->epoch = view->record.epoch;
    view->view_index = index;
    view->need = view->record.need;
    for (unsigned i = 0; i < view->record.count; i++) {
        uint32_t slot = hvc_view_slot(view, view->record.node[i].node);

        if (slot == HVC_SLOT_NONE || !view->record.node[i].participant)
            continue;
        view->participants |= hvc_bit(slot);
        view->member[slot].offer.votes = view->record.node[i].votes;
    }
    hvc_view_phase(r, HVC_PHASE_RUNNING);
}

int hvc_view_begin(struct hvc_replication *r, const struct hvc_replication_event *event)
{
    uint32_t pid[HVC_NODES_MAX];
    struct hvc_view *view = &r->view;

    if (event->view.count == 0 || event->view.count > HVC_NODES_MAX)
        return -EINVAL;
    hvc_view_end(r);
    memset(view, 0, sizeof(*view));
    sort_members(view, event, pid);
    view->ring = event->view.ring;
    view->tag = view_tag(view, pid);
    view->all = view->count == 64 ? UINT64_MAX : hvc_bit(view->count) - 1;
    view->self = hvc_view_slot(view, r->config.node);
    view->best = HVC_SLOT_NONE;
    view->source = HVC_SLOT_NONE;
    r->view_number++;
    r->counters.views++;
    forget_fenced(r);
    hvc_view_phase(r, HVC_PHASE_OFFER);
    if (HVC_BUG(REJOIN))
        bug_rejoin(r);
    return 0;
}

int hvc_view_quorum(struct hvc_replication *r, const struct hvc_replication_event *event)
{
    uint32_t majority = event->quorum.expected / 2 + 1;

    if (event->quorum.count > HVC_NODES_MAX)
        return -EINVAL;
    for (unsigned i = 0; i < event->quorum.count; i++) {
        unsigned at = i;

        for (; at > 0 && r->nodes[at - 1].node > event->quorum.nodes[i].node; at--)
            r->nodes[at] = r->nodes[at - 1];
        r->nodes[at] = event->quorum.nodes[i];
    }
    r->node_count = event->quorum.count;
    r->quorum_known = true;
    r->quorate = event->quorum.quorate;
    r->quorum_ring = event->quorum.ring;
    r->votes = event->quorum.votes;
    r->modes = event->quorum.modes;
    r->need = event->quorum.quorum > majority ? event->quorum.quorum : majority;
    r->out->status_changed = true;
    return 0;
}

int hvc_view_fenced(struct hvc_replication *r, uint32_t node)
{
    for (unsigned i = 0; i < r->fenced_count; i++)
        if (r->fenced[i] == node)
            return 0;
    if (node == 0 || node == r->config.node || hvc_view_slot(&r->view, node) != HVC_SLOT_NONE)
        return -EINVAL;
    if (r->fenced_count == HVC_FENCED_MAX)
        return -ENOBUFS;
    r->fenced[r->fenced_count++] = node;
    r->fenced_unsent = true;
    return 0;
}

static void begin_transfer(struct hvc_replication *r)
{
    struct hvc_view *view = &r->view;

    view->source = hvc_view_best(view, view->participants);
    if (view->source != view->best)
        r->counters.other_source++;
    hvc_view_phase(r, HVC_PHASE_TRANSFER);
    hvc_install_begin(r);
}

static void become_passive(struct hvc_replication *r)
{
    hvc_out_alarm(r, HVC_ALARM_EXCLUDED, r->config.node, r->view.epoch);
    hvc_view_phase(r, HVC_PHASE_PASSIVE);
}

static void mark_rollback(struct hvc_replication *r)
{
    r->counters.rollbacks++;
    r->unused = HVC_UNUSED_ROLLBACK;
    hvc_out_alarm(r, HVC_ALARM_ROLLBACK, r->config.node, r->promised);
    hvc_out_alarm(r, HVC_ALARM_STORE_UNUSED, r->config.node, HVC_UNUSED_ROLLBACK);
    (void)hvc_out_persist(r);
}

static void promise_with(struct hvc_replication *r)
{
    for (uint32_t i = 0; i < r->view.count; i++) {
        unsigned k = 0;

        if (!(r->view.participants & hvc_bit(i)) || i == r->view.self)
            continue;
        while (k < r->with.count && r->with.node[k] != r->view.member[i].node)
            k++;
        if (k == r->with.count && k < HVC_NODES_MAX)
            r->with.node[r->with.count++] = r->view.member[i].node;
    }
}

static void close_offers(struct hvc_replication *r)
{
    struct hvc_view *view = &r->view;
    uint64_t self = hvc_bit(view->self), top = 0;

    r->counters.offers_closed++;
    r->counters.bootstraps += view->bootstrap;
    if (view->foreign & self) {
        hvc_out_leave(r, HVC_LEAVE_FOREIGN, 0);
        return;
    }
    if (view->incompatible & self) {
        hvc_out_leave(r, HVC_LEAVE_INCOMPATIBLE, view->record.wire);
        return;
    }
    view->participants = view->counted;
    for (uint32_t i = 0; i < view->count; i++) {
        const struct hvc_offer *offer = &view->member[i].offer;

        if (view->foreign & hvc_bit(i))
            hvc_out_alarm(r, HVC_ALARM_FOREIGN, view->member[i].node, 0);
        if (view->participants & hvc_bit(i)) {
            top = offer->promised > top ? offer->promised : top;
            top = offer->last_epoch > top ? offer->last_epoch : top;
        }
    }
    view->epoch = top + 1;
    if (!(view->offered & self)) {
        become_passive(r);
        return;
    }
    if ((view->observers & self) && r->unused == 0)
        mark_rollback(r);
    hvc_view_phase(r, HVC_PHASE_PROMISE);
    if (hvc_view_is_participant(r) && !HVC_BUG(NOPROMISE)) {
        r->promised = view->epoch;
        if (view->bootstrap) { /* from now on an empty store that has forgotten nothing */
            memcpy(r->cluster_id, view->cluster_id, sizeof(r->cluster_id));
            r->unused = HVC_UNUSED_NO;
        }
        promise_with(r);
        view->promise_seq = hvc_out_persist(r)->seq;
        view->promise_epoch = view->epoch;
    }
    if (HVC_BUG(NOPROMISE))
        begin_transfer(r);
}

void hvc_view_on_offer(struct hvc_replication *r, uint32_t slot, const struct hvc_message *m)
{
    struct hvc_view *view = &r->view;

    if (view->phase != HVC_PHASE_OFFER || (view->offered & hvc_bit(slot))) {
        r->counters.dropped_phase++;
        return;
    }
    view->member[slot].boot_id = m->boot_id;
    view->member[slot].offer = m->offer;
    view->offered |= hvc_bit(slot);
    view->since_ms = r->now_ms;
    if (!(m->offer.flags & HVC_OFFER_EMPTY))
        r->init = false; /* the operator did not know of it; without it the word must not make a second history */
    if (hvc_view_judge(r) && view->offered == view->all)
        close_offers(r);
}

static void exclude_offer(struct hvc_replication *r)
{
    struct hvc_view *view = &r->view;

    if (!hvc_view_judge(r) || view->bootstrap || view->forced) {
        if (!HVC_BUG(EXCLMIN) || view->counted == 0) {
            r->counters.exclude_weak++;
            return;
        }
    }
    r->counters.exclude_offer++;
    close_offers(r);
}

/* The members left over take part alone, if they are enough; the epoch stays. */
static bool exclude_from(struct hvc_replication *r, uint64_t rest)
{
    struct hvc_view *view = &r->view;

    if (rest == 0 || rest == view->participants || view->bootstrap || view->forced || !hvc_view_enough(r, rest)) {
        r->counters.exclude_weak++;
        return false;
    }
    for (uint32_t i = 0; i < view->count; i++)
        if (view->participants & ~rest & hvc_bit(i) & ~hvc_bit(view->self))
            hvc_out_alarm(r, HVC_ALARM_EXCLUDED, view->member[i].node, view->epoch);
    if (view->participants & ~rest & hvc_bit(view->self))
        become_passive(r);
    view->participants = rest;
    return true;
}

void hvc_view_on_exclude(struct hvc_replication *r, const struct hvc_message *m)
{
    struct hvc_view *view = &r->view;

    if (m->exclude.phase != (uint8_t)view->phase || (view->phase != HVC_PHASE_OFFER && m->epoch != view->epoch)) {
        r->counters.exclude_stale++;
        return;
    }
    if (view->phase == HVC_PHASE_OFFER) {
        exclude_offer(r);
    } else if (view->phase == HVC_PHASE_PROMISE) {
        if (!exclude_from(r, view->promised))
            return;
        r->counters.exclude_promise++;
        if (view->phase == HVC_PHASE_PROMISE)
            begin_transfer(r);
    } else if (view->phase == HVC_PHASE_TRANSFER) {
        if (m->exclude.target != view->member[view->source].node) {
            r->counters.exclude_stale++;
            return;
        }
        if (!exclude_from(r, view->participants & ~hvc_bit(view->source)))
            return;
        r->counters.exclude_transfer++;
        if (view->phase == HVC_PHASE_TRANSFER)
            begin_transfer(r);
    }
}

void hvc_view_on_promise(struct hvc_replication *r, uint32_t slot, const struct hvc_message *m)
{
    struct hvc_view *view = &r->view;

    if (view->phase != HVC_PHASE_PROMISE || m->epoch != view->epoch || !(view->participants & hvc_bit(slot))) {
        r->counters.dropped_phase++;
        return;
    }
    view->promised |= hvc_bit(slot);
    view->since_ms = r->now_ms;
    if (view->promised == view->participants)
        begin_transfer(r);
}

void hvc_view_on_fenced(struct hvc_replication *r, const struct hvc_message *m)
{
    struct hvc_view *view = &r->view;

    for (unsigned i = 0; i < m->fenced.count && view->fenced_count < HVC_FENCED_MAX; i++)
        if (!hvc_view_is_fenced(view, m->fenced.node[i]) && hvc_view_slot(view, m->fenced.node[i]) == HVC_SLOT_NONE)
            view->fenced[view->fenced_count++] = m->fenced.node[i];
    if (view->phase == HVC_PHASE_OFFER && hvc_view_judge(r) && view->offered == view->all)
        close_offers(r);
}

static void fill_offer(const struct hvc_replication *r, struct hvc_offer *offer)
{
    uint64_t view_index = hvc_log_last_view(r, r->log.last, &offer->view);

    offer->flags = (r->unused ? HVC_OFFER_OBSERVER : 0) | (r->empty ? HVC_OFFER_EMPTY : 0) |
                   (r->init ? HVC_OFFER_INIT : 0) | (r->force ? HVC_OFFER_FORCE : 0) |
                   (r->continuous ? HVC_OFFER_CONTINUOUS : 0) |
                   (view_index != 0 && r->commit >= view_index ? HVC_OFFER_VIEW_COMMITTED : 0);
    offer->promised = r->promised;
    offer->last_epoch = r->unused ? 0 : hvc_window_last_epoch(&r->log);
    offer->last_index = r->unused ? 0 : r->log.last;
    offer->commit = r->unused ? 0 : r->commit;
    offer->votes = r->votes;
    offer->need = r->need;
    offer->modes = (uint8_t)r->modes;
    offer->wire_min = r->config.wire_min;
    offer->wire_max = r->config.wire_max;
    offer->entry_version_max = r->config.entry_version_max;
    memcpy(offer->cluster_id, r->cluster_id, sizeof(offer->cluster_id));
    if (r->points > 0)
        offer->digest = r->point[r->points - 1];
    offer->with = r->with;
    offer->nodes = r->node_count;
    memcpy(offer->list, r->nodes, r->node_count * sizeof(r->nodes[0]));
}

static void send_offer(struct hvc_replication *r)
{
    struct hvc_message m = {.kind = HVC_MESSAGE_OFFER};

    fill_offer(r, &m.offer);
    hvc_out_send(r, &m);
    r->view.offer_sent = true;
}

static void send_promise(struct hvc_replication *r)
{
    struct hvc_message m = {.kind = HVC_MESSAGE_PROMISE, .epoch = r->view.promise_epoch};

    hvc_out_send(r, &m);
    r->view.promise_sent = true;
}

static void send_fenced(struct hvc_replication *r)
{
    struct hvc_message m = {.kind = HVC_MESSAGE_FENCED};

    m.fenced.count = r->fenced_count;
    memcpy(m.fenced.node, r->fenced, r->fenced_count * sizeof(r->fenced[0]));
    hvc_out_send(r, &m);
    r->fenced_unsent = false;
}

/* The offer tells what is durable, so it waits for own writes. */
void hvc_view_pump(struct hvc_replication *r)
{
    struct hvc_view *view = &r->view;
    bool quorate = r->quorum_known && (r->quorate || HVC_BUG(MINORITY)) && hvc_ring_equal(r->quorum_ring, view->ring);

    if (view->phase == HVC_PHASE_OFFER && !view->offer_sent && quorate && view->self != HVC_SLOT_NONE &&
        r->persisted_seq == r->persist_seq && r->work == HVC_WORK_NONE && !hvc_log_wants_compaction(r))
        send_offer(r);
    if (view->phase == HVC_PHASE_PROMISE && !view->promise_sent && view->promise_seq != 0 &&
        (r->persisted_seq >= view->promise_seq || HVC_BUG(PROMNOSYNC)))
        send_promise(r);
    if (view->phase != HVC_PHASE_OUT && view->offer_sent && r->fenced_unsent)
        send_fenced(r);
}

static void send_exclude(struct hvc_replication *r)
{
    struct hvc_view *view = &r->view;
    struct hvc_message m = {.kind = HVC_MESSAGE_EXCLUDE, .epoch = view->phase == HVC_PHASE_OFFER ? 0 : view->epoch};

    m.exclude.phase = (uint8_t)view->phase;
    m.exclude.target = view->phase == HVC_PHASE_TRANSFER ? view->member[view->source].node : 0;
    hvc_out_send(r, &m);
}

/* Is there somebody whom an EXCLUDE would remove? */
static bool somebody_silent(const struct hvc_view *view)
{
    if (view->phase == HVC_PHASE_OFFER)
        return view->offered != view->all && (view->offered & hvc_bit(view->self)) != 0;
    if (view->phase == HVC_PHASE_PROMISE)
        return view->promised != view->participants;
    return view->phase == HVC_PHASE_TRANSFER && view->source != view->self;
}

static void timer_alarm(struct hvc_replication *r)
{
    struct hvc_view *view = &r->view;
    uint32_t nodes[HVC_NODES_MAX];
    unsigned count;

    if (view->phase != HVC_PHASE_OFFER || view->silent_alarm || view->offered != view->all || view->counted == 0 ||
        (view->modes == 0 && view->member[view->best].offer.view.modes == 0))
        return;
    view->silent_alarm = true;
    if (hvc_view_absent(r, view->counted, nodes, &count) > 0 && count > 0) {
        r->counters.suspect_waits++;
        hvc_out_alarm(r, HVC_ALARM_SUSPECT, nodes[0], count);
    }
}

void hvc_view_timer(struct hvc_replication *r)
{
    struct hvc_view *view = &r->view;

    if (view->phase == HVC_PHASE_PASSIVE && r->now_ms >= view->exclude_ms) {
        hvc_out_leave(r, HVC_LEAVE_REJOIN, 0);
        return;
    }
    if (view->rejoin_ms != 0 && r->now_ms >= view->rejoin_ms) {
        hvc_out_leave(r, HVC_LEAVE_REJOIN, view->epoch);
        return;
    }
    if (view->phase != HVC_PHASE_OFFER && view->phase != HVC_PHASE_PROMISE && view->phase != HVC_PHASE_TRANSFER)
        return;
    if (r->now_ms >= view->resend_ms) {
        view->resend_ms = r->now_ms + r->config.resend_ms;
        if (view->phase == HVC_PHASE_OFFER && view->offer_sent && !(view->offered & hvc_bit(view->self))) {
            r->counters.resent++;
            send_offer(r);
        } else if (view->phase == HVC_PHASE_PROMISE && view->promise_sent && !(view->promised & hvc_bit(view->self))) {
            r->counters.resent++;
            send_promise(r);
        }
        if (view->fenced_count < r->fenced_count)
            r->fenced_unsent = true;
        timer_alarm(r);
    }
    if (view->since_ms + r->config.exclude_ms > view->exclude_ms)
        view->exclude_ms = view->since_ms + r->config.exclude_ms;
    if (r->now_ms >= view->exclude_ms) {
        view->exclude_ms = r->now_ms + r->config.exclude_ms;
        if (somebody_silent(view) && view->offer_sent)
            send_exclude(r);
    }
}

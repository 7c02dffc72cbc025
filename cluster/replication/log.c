/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The log of a running view: append at PROPOSE, acknowledge what is durable, commit, apply in index order, compact. */
#include <errno.h>
#include <string.h>

#include "internal.h"

#define DIGEST_OP_BYTES 16u

/* Index and content of the last VIEW entry at or below upto; 0 when there is none. */
uint64_t hvc_log_last_view(const struct hvc_replication *r, uint64_t upto, struct hvc_view_record *ret_view)
{
    struct hvc_entry entry;

    for (uint64_t i = upto; i > r->log.base; i--)
        if (hvc_window_slot(&r->log, i)->kind == HVC_ENTRY_VIEW && hvc_window_get(&r->log, i, &entry) == 0 &&
            hvc_wire_decode_view(entry.bytes, entry.length, ret_view) == 0)
            return i;
    *ret_view = r->base.view;
    return r->base.view_index;
}

static bool is_primary(const struct hvc_replication *r)
{
    return r->view.phase == HVC_PHASE_RUNNING && r->commit >= r->view.view_index && r->quorum_known && r->quorate &&
           hvc_ring_equal(r->quorum_ring, r->view.ring);
}

/* Half of the window is for proposals under way, the other half for what is applied and not yet compacted. */
static bool share_left(const struct hvc_replication *r, size_t length)
{
    uint64_t entries = r->config.log_entries / 4 / r->view.count, bytes = r->config.log_bytes / 4 / r->view.count;

    entries = entries < HVC_PROPOSALS_MAX ? entries : HVC_PROPOSALS_MAX;
    return r->proposals == 0 || (r->proposals < entries && r->proposal_bytes + length <= bytes);
}

static void send_proposal(struct hvc_replication *r, struct hvc_message *m)
{
    m->kind = HVC_MESSAGE_PROPOSE;
    m->epoch = r->view.epoch;
    r->proposals++;
    r->proposal_bytes += m->propose.length;
    hvc_out_send(r, m);
}

int hvc_log_propose(struct hvc_replication *r, const struct hvc_replication_event *event)
{
    struct hvc_message m = {.kind = HVC_MESSAGE_PROPOSE};

    if (event->propose.length > HVC_OP_MAX || event->propose.length > r->config.log_bytes / 8)
        return -EMSGSIZE;
    if (!is_primary(r) || !hvc_view_is_participant(r) || r->view.forced)
        return -EAGAIN;
    if (event->propose.version > r->view.record.entry_version)
        return -EPROTONOSUPPORT;
    if (!share_left(r, event->propose.length))
        return -ENOBUFS;
    m.propose.kind = HVC_ENTRY_OP;
    m.propose.version = event->propose.version;
    m.propose.token = event->propose.token;
    m.propose.bytes = event->propose.bytes;
    m.propose.length = (uint32_t)event->propose.length;
    send_proposal(r, &m);
    return 0;
}

int hvc_log_barrier(struct hvc_replication *r, uint64_t id)
{
    struct hvc_message m = {.kind = HVC_MESSAGE_BARRIER, .epoch = r->view.epoch, .barrier = id};

    if (!is_primary(r) || !hvc_view_is_participant(r))
        return -EAGAIN;
    if (r->barriers == HVC_BARRIERS_MAX)
        return -ENOBUFS;
    r->barrier[r->barriers].id = id;
    r->barrier[r->barriers].sent_ms = r->now_ms;
    r->barriers++;
    hvc_out_send(r, &m);
    return 0;
}

static bool in_epoch(struct hvc_replication *r, const struct hvc_message *m)
{
    if (r->view.phase == HVC_PHASE_RUNNING && m->epoch == r->view.epoch)
        return true;
    r->counters.dropped_epoch++;
    return false;
}

void hvc_log_on_barrier(struct hvc_replication *r, uint32_t slot, const struct hvc_message *m)
{
    if (!in_epoch(r, m) || slot != r->view.self || r->barriers == 0 || r->barrier[0].id != m->barrier)
        return;
    r->out->barrier = true;
    r->out->barrier_id = m->barrier;
    r->out->barrier_passed = is_primary(r) && r->now_ms - r->barrier[0].sent_ms <= r->config.barrier_ms;
    r->barriers--;
    memmove(&r->barrier[0], &r->barrier[1], r->barriers * sizeof(r->barrier[0]));
}

void hvc_log_pending(struct hvc_replication *r)
{
    unsigned last = (r->pending_head + r->pending_count - 1) % HVC_PENDING_MAX;

    if (r->pending_count > 0 && (r->pending_count == HVC_PENDING_MAX || r->pending[last].seq == r->persist_seq)) {
        r->pending[last] = (struct hvc_pending){r->persist_seq, r->log.last};
        return;
    }
    r->pending[(r->pending_head + r->pending_count) % HVC_PENDING_MAX] =
        (struct hvc_pending){r->persist_seq, r->log.last};
    r->pending_count++;
}

/* Appends unconditionally: ring, epoch, size and CRC have been checked, and are equal for all. What cannot be appended
 * must not be skipped. */
void hvc_log_on_propose(struct hvc_replication *r, uint32_t slot, const struct hvc_message *m)
{
    struct hvc_entry entry = {.index = r->log.last + 1,
                              .epoch = r->view.epoch,
                              .kind = m->propose.kind,
                              .version = m->propose.version,
                              .token = m->propose.token,
                              .bytes = m->propose.bytes,
                              .length = m->propose.length};
    struct hvc_replication_persist *p;

    if (!in_epoch(r, m) || !(r->view.participants & hvc_bit(slot)))
        return;
    if (HVC_BUG(CHECKAPPLIED) && r->commit < r->view.view_index && hvc_token_is_set(&entry.token) &&
        hvc_tokens_find(&r->tokens, &entry.token) != NULL)
        return;
    if (entry.version > r->config.entry_version_max) {
        hvc_out_leave(r, HVC_LEAVE_UNDECODABLE, entry.index);
        return;
    }
    if (hvc_window_append(&r->log, &entry, slot == r->view.self ? r->view_number : 0) < 0) {
        hvc_out_leave(r, HVC_LEAVE_DISK, entry.index);
        return;
    }
    p = hvc_out_persist(r);
    p->first = entry.index;
    p->count = 1;
    hvc_log_pending(r);
    if (HVC_BUG(APPLYDELIV))
        hvc_log_commit(r);
}

/* Negative control only. */
static bool bug_acked_before(const struct hvc_replication *r, uint32_t slot)
{
    return HVC_BUG(ACKOLD) && r->bug_ack[r->view.member[slot].node % HVC_COUNT_OF(r->bug_ack)] != 0;
}

/* The greatest index that enough participants have on disk; never below the VIEW entry, by what an ACK can say. */
static void count_acks(struct hvc_replication *r)
{
    struct hvc_view *view = &r->view;

    for (uint32_t i = 0; i < view->count; i++) {
        uint64_t index = view->member[i].ack, mask = 0;

        if (!(view->participants & hvc_bit(i)) || index <= r->quorum_commit || index < view->view_index)
            continue;
        for (uint32_t k = 0; k < view->count; k++)
            if (view->member[k].ack >= index ||
                (HVC_BUG(ACKOLD) && index == view->view_index && bug_acked_before(r, k)))
                mask |= hvc_bit(k);
        if (hvc_view_acked(r, mask))
            r->quorum_commit = index;
    }
}

void hvc_log_on_ack(struct hvc_replication *r, uint32_t slot, const struct hvc_message *m)
{
    struct hvc_member_state *member = &r->view.member[slot];

    if (!in_epoch(r, m))
        return;
    if (!(r->view.participants & hvc_bit(slot)) || (!HVC_BUG(REJOIN) && m->boot_id != member->boot_id)) {
        r->counters.dropped_sender++;
        return;
    }
    if (slot == r->view.self && r->acks_flight > 0) {
        r->acks_flight--;
        r->view.resend_ms = r->now_ms + r->config.resend_ms;
    }
    if (m->ack.index > member->ack)
        member->ack = m->ack.index;
    if (m->ack.digest.index > member->point.index)
        member->point = m->ack.digest;
    count_acks(r);
    hvc_log_commit(r);
}

/* Raises commit to what is acknowledged and durable here. */
void hvc_log_commit(struct hvc_replication *r)
{
    uint64_t commit = r->quorum_commit < r->durable ? r->quorum_commit : r->durable;
    bool entered;

    if (HVC_BUG(APPLYDELIV))
        commit = r->log.last;
    if (r->view.phase != HVC_PHASE_RUNNING || commit <= r->commit)
        return;
    entered = r->commit < r->view.view_index && commit >= r->view.view_index;
    r->counters.committed += commit - r->commit;
    r->commit = commit;
    if (!entered)
        return;
    r->out->status_changed = true;
    if (r->refused != 0) {
        r->refused = 0;
        (void)hvc_out_persist(r);
    }
    if (r->view.forced && r->view.source == r->view.self)
        r->view.rejoin_ms = r->now_ms + r->config.rejoin_ms;
    if (r->unused != 0 && !hvc_view_is_participant(r)) {
        r->unused = HVC_UNUSED_NO; /* it now holds what others have committed: it counts from the next view on */
        r->counters.promoted++;
        r->view.rejoin_ms = r->now_ms + r->config.rejoin_ms;
        (void)hvc_out_persist(r);
    }
}

void hvc_log_persisted(struct hvc_replication *r, uint64_t seq)
{
    if (seq > r->persisted_seq)
        r->persisted_seq = seq;
    while (r->pending_count > 0 && r->pending[r->pending_head].seq <= seq) {
        if (r->pending[r->pending_head].last > r->durable)
            r->durable = r->pending[r->pending_head].last;
        r->pending_head = (r->pending_head + 1) % HVC_PENDING_MAX;
        r->pending_count--;
    }
    hvc_log_commit(r);
}

static void send_ack(struct hvc_replication *r, uint64_t index)
{
    struct hvc_message m = {.kind = HVC_MESSAGE_ACK, .epoch = r->view.epoch};

    m.ack.index = index;
    if (r->points > 0)
        m.ack.digest = r->point[r->points - 1];
    r->ack_sent = index;
    r->acks_flight++;
    hvc_out_send(r, &m);
}

static void pump_ack(struct hvc_replication *r)
{
    uint64_t index = HVC_BUG(NOFSYNC) ? r->log.last : r->durable;

    if (r->view.phase == HVC_PHASE_RUNNING && hvc_view_is_participant(r) && index > r->ack_sent &&
        index >= r->view.view_index && r->acks_flight < HVC_ACKS_FLIGHT && hvc_out_room(r))
        send_ack(r, index);
}

/* An own ACK did not come back in time: once more, with what is durable now. */
void hvc_log_resend(struct hvc_replication *r)
{
    if (r->view.phase != HVC_PHASE_RUNNING || r->now_ms < r->view.resend_ms)
        return;
    r->view.resend_ms = r->now_ms + r->config.resend_ms;
    if (r->acks_flight == 0 || !hvc_view_is_participant(r) || r->durable < r->view.view_index)
        return;
    r->acks_flight = 0;
    r->counters.resent++;
    send_ack(r, HVC_BUG(NOFSYNC) ? r->log.last : r->durable);
}

void hvc_log_diverged(struct hvc_replication *r, uint64_t index)
{
    r->unused = HVC_UNUSED_DAMAGED;
    r->refused = 0; /* what is refilled insists on nothing */
    (void)hvc_out_persist(r);
    hvc_out_alarm(r, HVC_ALARM_DIVERGED, r->config.node, index);
    hvc_out_leave(r, HVC_LEAVE_DIVERGED, index);
}

/* The source of the view writes into the log what a majority's state was worth; who differs there leaves (apply). */
static void pump_digest(struct hvc_replication *r)
{
    struct hvc_view *view = &r->view;
    const struct hvc_digest_point *mine = r->points > 0 ? &r->point[r->points - 1] : NULL;
    uint64_t agree = 0, reported = 0;
    uint8_t op[DIGEST_OP_BYTES];
    struct hvc_writer w = {.at = op, .end = op + sizeof(op)};
    struct hvc_message m = {.kind = HVC_MESSAGE_PROPOSE};

    if (mine == NULL || mine->index <= r->digest_proposed || !is_primary(r) || view->source != view->self ||
        view->forced || /* this store alone would commit it, and the others may go on without it */
        !hvc_view_is_participant(r) || !share_left(r, sizeof(op)) || !hvc_out_room(r))
        return;
    for (uint32_t i = 0; i < view->count; i++) {
        if (!(view->participants & hvc_bit(i)) || view->member[i].point.index != mine->index)
            continue;
        reported |= hvc_bit(i);
        if (view->member[i].point.digest == mine->digest)
            agree |= hvc_bit(i);
    }
    if (hvc_view_acked(r, agree)) {
        hvc_write(&w, 8, mine->index);
        hvc_write(&w, 8, mine->digest);
        m.propose.kind = HVC_ENTRY_DIGEST;
        m.propose.bytes = op;
        m.propose.length = sizeof(op);
        r->digest_proposed = mine->index;
        r->counters.digests_proposed++;
        send_proposal(r, &m);
    } else if (hvc_view_acked(r, reported & ~agree)) {
        /* The others agree against this node: one of them has to lead the view, and this state is the wrong one. */
        hvc_log_diverged(r, mine->index);
    } else if (reported == view->participants) {
        r->digest_proposed = mine->index;
        hvc_out_alarm(r, HVC_ALARM_UNDECIDED, r->config.node, mine->index);
    }
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ (hash >> 29);
}

static enum hvc_replication_verdict judge_entry(struct hvc_replication *r, const struct hvc_entry *entry)
{
    const struct hvc_answer *answer;

    if (entry->kind != HVC_ENTRY_OP)
        return HVC_VERDICT_NOTHING;
    if (!hvc_token_is_set(&entry->token) || HVC_BUG(APPLYTWICE))
        return HVC_VERDICT_RUN;
    answer = hvc_tokens_find(&r->tokens, &entry->token);
    if (answer != NULL) {
        r->out->work_first = answer->index;
        r->out->work_code = answer->code;
        r->out->work_value = answer->value;
        return HVC_VERDICT_DUPLICATE;
    }
    return entry->token.birth < r->tokens.floor ? HVC_VERDICT_EXPIRED : HVC_VERDICT_RUN;
}

static bool wants_digest(const struct hvc_replication *r, uint64_t index)
{
    return r->config.digest_interval != 0 && index % r->config.digest_interval == 0;
}

/* Before an offer the window is made to hold little that is applied: what the transfer brings must fit beside it. */
bool hvc_log_wants_compaction(const struct hvc_replication *r)
{
    uint64_t held = r->log.last - r->log.base;
    bool offering = r->view.phase == HVC_PHASE_OFFER && !r->view.offer_sent;

    if (r->applied <= r->log.base || r->applied <= r->base.index || r->applied < r->commit)
        return false;
    if (offering && r->applied - r->log.base > r->config.log_entries / 4)
        return true;
    return held > r->config.log_entries / 2 || hvc_window_bytes_used(&r->log) > r->config.log_bytes / 2;
}

static void pump_work(struct hvc_replication *r)
{
    struct hvc_replication_update *out = r->out;

    if (r->work != HVC_WORK_NONE || (r->view.phase == HVC_PHASE_TRANSFER && r->view.source == r->view.self))
        return; /* a snapshot under way is as of now */
    if (r->applied < r->commit) {
        if (hvc_window_get(&r->log, r->applied + 1, &out->work_entry) < 0) {
            hvc_out_leave(r, HVC_LEAVE_PROTOCOL, r->applied + 1);
            return;
        }
        out->work = HVC_WORK_APPLY;
        out->work_verdict = judge_entry(r, &out->work_entry);
        out->work_digest = wants_digest(r, r->applied + 1);
    } else if (hvc_log_wants_compaction(r)) {
        out->work = HVC_WORK_SNAPSHOT;
        out->work_index = r->applied;
    }
    r->work = out->work;
}

static void check_digest(struct hvc_replication *r, const struct hvc_entry *entry)
{
    struct hvc_reader reader = {.at = entry->bytes, .end = entry->bytes + entry->length};
    uint64_t index = hvc_read(&reader, 8), digest = hvc_read(&reader, 8);

    if (reader.bad)
        return;
    for (unsigned i = 0; i < r->points; i++) {
        if (r->point[i].index != index)
            continue;
        r->counters.digests_compared++;
        if (r->point[i].digest != digest)
            hvc_log_diverged(r, index);
    }
}

static void add_point(struct hvc_replication *r, uint64_t index, uint64_t digest)
{
    if (r->points == HVC_DIGEST_POINTS) {
        memmove(&r->point[0], &r->point[1], (HVC_DIGEST_POINTS - 1) * sizeof(r->point[0]));
        r->points--;
    }
    r->point[r->points].index = index;
    r->point[r->points].digest = mix(r->chain, digest);
    r->points++;
}

void hvc_log_applied(struct hvc_replication *r, const struct hvc_replication_event *event)
{
    struct hvc_entry entry;
    enum hvc_replication_verdict verdict;
    struct hvc_window_slot *slot = hvc_window_slot(&r->log, r->applied + 1);

    if (hvc_window_get(&r->log, r->applied + 1, &entry) < 0)
        return;
    verdict = judge_entry(r, &entry);
    r->applied++;
    r->counters.applied++;
    if (verdict == HVC_VERDICT_RUN && hvc_token_is_set(&entry.token)) {
        struct hvc_answer answer = {
            .token = entry.token, .index = entry.index, .value = event->applied.value, .code = event->applied.code};

        if (!HVC_BUG(APPLYTWICE) || hvc_tokens_find(&r->tokens, &entry.token) == NULL)
            hvc_tokens_add(&r->tokens, &answer);
    }
    r->counters.duplicates += verdict == HVC_VERDICT_DUPLICATE;
    r->counters.expired += verdict == HVC_VERDICT_EXPIRED;
    r->chain = mix(mix(r->chain, entry.epoch), mix(entry.index, (uint64_t)entry.kind << 8 | (uint64_t)verdict));
    if (verdict == HVC_VERDICT_RUN)
        r->chain = mix(r->chain, mix(event->applied.value, (uint32_t)event->applied.code));
    if (slot->own_view == r->view_number && r->proposals > 0) {
        r->proposals--;
        r->proposal_bytes -= entry.length;
    }
    if (wants_digest(r, entry.index))
        add_point(r, entry.index, event->applied.digest);
    if (entry.kind == HVC_ENTRY_DIGEST)
        check_digest(r, &entry);
}

/* The driver holds the state as of applied. For a transfer that is all; else the log shrinks to what may still be
 * wanted. */
void hvc_log_snapshot(struct hvc_replication *r, const struct hvc_replication_event *event)
{
    struct hvc_replication_persist *p;
    uint64_t keep = r->config.log_entries / 8, trim = r->applied;

    r->base.size = event->snapshot.size;
    r->base.index = r->applied;
    r->counters.snapshots_taken++;
    if (r->view.phase == HVC_PHASE_TRANSFER && r->view.source == r->view.self) {
        r->transfer.pinned = true;
        return;
    }
    if (hvc_window_bytes_used(&r->log) <= r->config.log_bytes / 2 && trim - r->log.base > keep)
        trim -= keep;
    p = hvc_out_persist(r);
    p->snapshot = HVC_SNAPSHOT_OWN;
    p->snapshot_index = r->applied;
    p->trim_to = trim;
    r->base.view_index = hvc_log_last_view(r, trim, &r->base.view);
    hvc_window_trim(&r->log, trim);
    r->counters.compactions++;
}

void hvc_log_pump(struct hvc_replication *r)
{
    pump_ack(r);
    pump_digest(r);
    pump_work(r);
}

void hvc_log_view_end(struct hvc_replication *r)
{
    r->out->proposals_void = r->proposals > 0;
    r->proposals = 0;
    r->proposal_bytes = 0;
    r->barriers = 0;
    r->ack_sent = 0;
    r->acks_flight = 0;
    r->quorum_commit = 0;
    r->digest_proposed = 0;
}

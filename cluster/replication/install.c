/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entering a view: what the others stage of what the source sends, and the one transaction at DONE. */
#include <string.h>

#include "internal.h"

/* False when the log cannot take what the negative control writes early. */
static void bug_chunk(struct hvc_replication *r, const struct hvc_entry *entry)
{
    struct hvc_replication_persist *p;
    struct hvc_entry copy = *entry;

    if (!HVC_BUG(CHUNK) || r->unused || entry->index <= r->commit || entry->index > r->log.last + 1)
        return;
    p = hvc_out_persist(r);
    if (!p->truncate) {
        hvc_window_truncate(&r->log, entry->index - 1);
        p->truncate = true;
        p->truncate_above = entry->index - 1;
        p->first = entry->index;
    }
    if (hvc_window_append(&r->log, &copy, 0) == 0)
        p->count++;
}

/* 0, or the reason to leave. */
static enum hvc_replication_leave stage_log(struct hvc_replication *r, struct hvc_reader *reader)
{
    struct hvc_window *staged = &r->staged;

    while (reader->at < reader->end) {
        struct hvc_entry entry;

        hvc_read_entry(reader, &entry);
        if (reader->bad)
            return HVC_LEAVE_PROTOCOL;
        if (entry.version > r->config.entry_version_max)
            return HVC_LEAVE_UNDECODABLE;
        if (staged->last == staged->base)
            hvc_window_reset(staged, entry.index - 1, 0);
        if (entry.index != staged->last + 1 || entry.epoch > r->view.epoch)
            return HVC_LEAVE_PROTOCOL;
        if (hvc_window_append(staged, &entry, 0) < 0)
            return HVC_LEAVE_DISK;
        bug_chunk(r, &entry);
    }
    return HVC_LEAVE_NONE;
}

static enum hvc_replication_leave stage_chunk(struct hvc_replication *r, const struct hvc_message *m)
{
    struct hvc_transfer *t = &r->transfer;
    struct hvc_reader reader = {.at = m->chunk.bytes, .end = m->chunk.bytes + m->chunk.length};

    switch ((enum hvc_chunk_kind)m->chunk.kind) {
    case HVC_CHUNK_SNAPSHOT:
        hvc_meta_read(&reader, &t->meta);
        t->meta_seen = true;
        r->staged_tokens.floor = t->meta.floor;
        break;
    case HVC_CHUNK_TOKENS:
        if (!t->meta_seen || hvc_tokens_read(&r->staged_tokens, m->chunk.length / HVC_ANSWER_BYTES, &reader) < 0)
            return HVC_LEAVE_PROTOCOL;
        break;
    case HVC_CHUNK_STATE:
        r->out->stage.offset = t->state_bytes;
        r->out->stage.bytes = m->chunk.bytes;
        r->out->stage.length = m->chunk.length;
        t->state_bytes += m->chunk.length;
        return HVC_LEAVE_NONE;
    case HVC_CHUNK_LOG:
        return stage_log(r, &reader);
    }
    return reader.bad || reader.at != reader.end ? HVC_LEAVE_PROTOCOL : HVC_LEAVE_NONE;
}

void hvc_install_on_chunk(struct hvc_replication *r, uint32_t slot, const struct hvc_message *m)
{
    struct hvc_transfer *t = &r->transfer;
    enum hvc_replication_leave reason;

    if (r->view.phase != HVC_PHASE_TRANSFER || slot != r->view.source || m->epoch != r->view.epoch ||
        m->chunk.number != t->number) {
        r->counters.chunks_dropped++;
        return;
    }
    t->number++;
    t->digest = hvc_crc32c(t->digest, m->chunk.bytes, m->chunk.length);
    r->view.since_ms = r->now_ms;
    r->view.resend_ms = r->now_ms + r->config.resend_ms;
    if (slot == r->view.self)
        return;
    reason = stage_chunk(r, m);
    if (reason != HVC_LEAVE_NONE)
        hvc_out_leave(r, reason, m->chunk.number);
}

/* Does DONE say what this node has counted out itself? */
static bool done_fits(const struct hvc_replication *r, const struct hvc_message *m,
                      const struct hvc_view_record *record)
{
    const struct hvc_view *view = &r->view;
    uint64_t named = 0;

    if (m->epoch != view->epoch || record->epoch != view->epoch || record->source != view->member[view->source].node ||
        !hvc_ring_equal(record->ring, view->ring))
        return false;
    for (unsigned i = 0; i < record->count; i++)
        if (record->node[i].participant) {
            uint64_t slot = hvc_bit(hvc_view_slot(view, record->node[i].node));

            if (slot == 0)
                return false;
            named |= slot;
        }
    return named == view->participants;
}

static bool transfer_whole(const struct hvc_replication *r, const struct hvc_done *done)
{
    const struct hvc_transfer *t = &r->transfer;
    const struct hvc_window *staged = &r->staged;

    if (done->chunks != t->number || done->digest != t->digest)
        return false;
    if (r->view.source == r->view.self)
        return true;
    if (done->snapshot && (!t->meta_seen || t->meta.index != done->base || t->meta.size != t->state_bytes ||
                           t->meta.tokens != r->staged_tokens.count))
        return false;
    if (staged->last == staged->base)
        return done->last_index == done->base;
    return staged->base == done->base && staged->last == done->last_index &&
           hvc_window_last_epoch(staged) == done->last_epoch;
}

static bool same_entry(const struct hvc_entry *a, const struct hvc_entry *b)
{
    return a->epoch == b->epoch && a->kind == b->kind && a->length == b->length &&
           memcmp(&a->token, &b->token, sizeof(a->token)) == 0 &&
           (a->length == 0 || memcmp(a->bytes, b->bytes, a->length) == 0);
}

/* Where both logs begin to hold entries; what lies there itself is known by its epoch at most. */
static uint64_t common_base(const struct hvc_replication *r, const struct hvc_done *done)
{
    return r->log.base > done->base ? r->log.base : done->base;
}

/* The received entries must agree with the own ones up to the own commit, and reach it. ret_index: the first that does
 * not. */
static bool keeps_committed(const struct hvc_replication *r, const struct hvc_done *done, uint64_t *ret_index)
{
    uint64_t from = common_base(r, done), reach = done->last_index < r->commit ? done->last_index : r->commit;
    uint64_t mine_epoch = hvc_window_epoch(&r->log, from);
    uint64_t their_epoch = from == done->base ? done->base_epoch : hvc_window_epoch(&r->staged, from);
    struct hvc_entry mine, theirs;

    *ret_index = from < r->commit ? from : r->commit;
    if (done->base > r->commit || (mine_epoch != 0 && their_epoch != 0 && mine_epoch != their_epoch))
        return false;
    for (uint64_t i = from + 1; i <= reach; i++) {
        *ret_index = i;
        if (hvc_window_get(&r->log, i, &mine) < 0 || hvc_window_get(&r->staged, i, &theirs) < 0 ||
            !same_entry(&mine, &theirs))
            return false;
    }
    *ret_index = reach + 1;
    return reach == r->commit;
}

static void install_snapshot(struct hvc_replication *r, const struct hvc_done *done, struct hvc_replication_persist *p)
{
    const struct hvc_snapshot_meta *meta = &r->transfer.meta;

    p->wipe = true;
    r->durable = 0;
    for (unsigned i = 0; i < r->pending_count; i++)
        r->pending[(r->pending_head + i) % HVC_PENDING_MAX].last = 0;
    if (!done->snapshot) {
        hvc_window_reset(&r->log, 0, 0);
        hvc_tokens_reset(&r->tokens);
        memset(&r->base, 0, sizeof(r->base));
        memset(r->point, 0, sizeof(r->point));
        r->points = 0;
        r->applied = 0;
        r->chain = 0;
        r->commit = 0;
        return;
    }
    p->snapshot = HVC_SNAPSHOT_STAGED;
    p->snapshot_index = meta->index;
    hvc_window_reset(&r->log, meta->index, meta->epoch);
    hvc_tokens_copy(&r->tokens, &r->staged_tokens);
    r->base = *meta;
    memcpy(r->point, meta->point, sizeof(r->point));
    for (r->points = 0; r->points < HVC_DIGEST_POINTS && r->point[r->points].index != 0;)
        r->points++;
    r->applied = meta->index;
    r->chain = meta->chain;
    r->commit = meta->index;
    r->durable = meta->index;
    r->counters.snapshots_installed++;
}

static void append_staged(struct hvc_replication *r, const struct hvc_done *done, struct hvc_replication_persist *p)
{
    uint64_t keep = HVC_BUG(APPENDONLY) ? (r->log.last < done->last_index ? r->log.last : done->last_index) : r->commit;
    struct hvc_entry entry;

    if (r->log.last > keep) {
        if (r->log.last > r->staged.last ||
            hvc_window_slot(&r->log, r->log.last)->epoch != hvc_window_slot(&r->staged, r->log.last)->epoch)
            r->counters.truncations++;
        hvc_window_truncate(&r->log, keep);
        p->truncate = true;
        p->truncate_above = keep;
        r->durable = r->durable < keep ? r->durable : keep;
        for (unsigned i = 0; i < r->pending_count; i++) {
            struct hvc_pending *pending = &r->pending[(r->pending_head + i) % HVC_PENDING_MAX];

            pending->last = pending->last < keep ? pending->last : keep;
        }
    }
    for (uint64_t i = r->log.last + 1; i <= r->staged.last; i++)
        if (hvc_window_get(&r->staged, i, &entry) < 0 || hvc_window_append(&r->log, &entry, 0) < 0) {
            hvc_out_leave(r, HVC_LEAVE_DISK, i);
            return;
        }
}

/* The one transaction: truncate above the own commit, append or replace by the snapshot, VIEW, promised. */
void hvc_install(struct hvc_replication *r, const struct hvc_done *done, bool full)
{
    struct hvc_replication_persist *p = hvc_out_persist(r);
    struct hvc_view *view = &r->view;
    struct hvc_entry entry = {
        .epoch = view->epoch, .kind = HVC_ENTRY_VIEW, .bytes = done->view, .length = done->view_length};
    uint64_t before;

    if (HVC_BUG(NOVIEW))
        entry.epoch = done->last_epoch == 0 ? 1 : done->last_epoch;
    if (full)
        install_snapshot(r, done, p);
    before = r->log.last;
    if (view->forced && view->source == view->self) { /* what on_operator took out of the window */
        p->truncate = true;
        p->truncate_above = before;
    }
    if (view->source != view->self) {
        append_staged(r, done, p);
        before = p->truncate && p->truncate_above < before ? p->truncate_above : before;
    }
    entry.index = r->log.last + 1;
    if (hvc_window_append(&r->log, &entry, 0) < 0) {
        hvc_out_leave(r, HVC_LEAVE_FULL, entry.index);
        return;
    }
    p->first = before + 1;
    p->count = r->log.last - before;
    r->promised = view->epoch > r->promised ? view->epoch : r->promised;
    memcpy(r->cluster_id, done->cluster_id, sizeof(r->cluster_id));
    r->empty = false;
    r->init = false;
    r->force = false;
    r->continuous = true;
    r->with.count = 0;
    if (view->source != view->self)
        r->refused = 0; /* the source's ends when enough have taken its history: hvc_log_commit() */
    if (r->unused && ((view->participants & hvc_bit(view->self)) || (HVC_BUG(FORCEFOLLOW) && view->forced)))
        r->unused = HVC_UNUSED_NO;
    view->view_index = entry.index;
    hvc_view_phase(r, HVC_PHASE_RUNNING);
    hvc_log_pending(r);
    r->counters.installs++;
    r->counters.installs_source += view->source == view->self;
    r->counters.observer_installs += !hvc_view_is_participant(r);
    r->counters.config_changes += hvc_view_record_votes_changed(&view->record);
    r->counters.lower_wire += view->record.wire < r->config.wire_max;
    if (HVC_BUG(APPLYDELIV))
        hvc_log_commit(r);
}

static bool digest_agrees(const struct hvc_replication *r, const struct hvc_done *done)
{
    for (unsigned i = 0; i < r->points; i++)
        if (done->point.index != 0 && r->point[i].index == done->point.index)
            return r->point[i].digest == done->point.digest;
    return true;
}

/* Is an entry at the own commit or above it held by both? One that is the same has the same before it: tokens and rings
 * are in them. */
static bool can_compare(const struct hvc_replication *r, const struct hvc_done *done)
{
    struct hvc_entry mine, theirs;

    if (common_base(r, done) < r->commit)
        return true; /* keeps_committed() does */
    for (uint64_t i = common_base(r, done) + 1; i <= r->log.last && i <= done->last_index; i++)
        if (hvc_window_get(&r->log, i, &mine) == 0 && hvc_window_get(&r->staged, i, &theirs) == 0 &&
            same_entry(&mine, &theirs))
            return true;
    return false;
}

/* What was once refused is refused until an entry that tells whose history it is has been compared, which a snapshot
 * does not allow. Only an operator's word (force) puts another history in its place. */
static bool would_undo(const struct hvc_replication *r, const struct hvc_done *done, bool full, uint64_t *ret_index)
{
    if (r->view.source == r->view.self || r->view.forced)
        return false;
    *ret_index = r->refused;
    if (r->refused != 0 && (full || !can_compare(r, done)))
        return true;
    return !full && !keeps_committed(r, done, ret_index);
}

/* The first index that was ever refused stays: from there on nothing of the own history is anywhere else. */
static void refuse(struct hvc_replication *r, uint64_t index)
{
    r->refused = r->refused != 0 && r->refused < index ? r->refused : index;
    (void)hvc_out_persist(r);
    hvc_out_leave(r, HVC_LEAVE_TRUNCATE, r->refused);
}

void hvc_install_on_done(struct hvc_replication *r, uint32_t slot, const struct hvc_message *m)
{
    struct hvc_view *view = &r->view;
    struct hvc_view_record record;
    uint64_t index;
    bool full;

    if (view->phase != HVC_PHASE_TRANSFER || !((view->participants | view->observers) & hvc_bit(view->self)) ||
        slot != view->source) {
        r->counters.dropped_phase++; /* excluded, or a former source */
        return;
    }
    if (hvc_wire_decode_view(m->done.view, m->done.view_length, &record) < 0 || !done_fits(r, m, &record) ||
        !transfer_whole(r, &m->done)) {
        hvc_out_leave(r, HVC_LEAVE_PROTOCOL, m->epoch);
        return;
    }
    full = r->unused != 0 && !view->bootstrap && !(HVC_BUG(EMPTYVOTES) && slot == view->self);
    full = full || (view->forced && slot != view->self);
    full = full || (m->done.snapshot && slot != view->self && r->commit < m->done.base);
    if (would_undo(r, &m->done, full, &index)) {
        refuse(r, index);
        return;
    }
    if (!full && !digest_agrees(r, &m->done)) {
        hvc_log_diverged(r, m->done.point.index);
        return;
    }
    view->record = record;
    if (HVC_BUG(SEARLY) && slot == view->self) {
        hvc_view_phase(r, HVC_PHASE_RUNNING);
        return;
    }
    hvc_install(r, &m->done, full);
}

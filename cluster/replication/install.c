/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entering a view: what the source sends, what the others stage, and the one transaction at DONE. */
#include <errno.h>
#include <string.h>

#include "internal.h"

static void write_points(const struct hvc_digest_point *point, struct hvc_writer *w)
{
    for (unsigned i = 0; i < HVC_DIGEST_POINTS; i++) {
        hvc_write(w, 8, point[i].index);
        hvc_write(w, 8, point[i].digest);
    }
}

void hvc_meta_write(const struct hvc_snapshot_meta *meta, struct hvc_writer *w)
{
    uint8_t view[HVC_VIEW_NODES_MAX * 24 + 64];
    size_t length = 0;

    if (hvc_wire_encode_view(&meta->view, view, sizeof(view), &length) < 0)
        w->bad = true;
    hvc_write(w, 8, meta->index);
    hvc_write(w, 8, meta->epoch);
    hvc_write(w, 8, meta->chain);
    hvc_write(w, 8, meta->floor);
    hvc_write(w, 8, meta->size);
    hvc_write(w, 8, meta->view_index);
    hvc_write(w, 4, meta->tokens);
    write_points(meta->point, w);
    hvc_write(w, 4, length);
    hvc_write_bytes(w, view, length);
}

void hvc_meta_read(struct hvc_reader *r, struct hvc_snapshot_meta *ret_meta)
{
    const uint8_t *view;
    uint32_t length;

    memset(ret_meta, 0, sizeof(*ret_meta));
    ret_meta->index = hvc_read(r, 8);
    ret_meta->epoch = hvc_read(r, 8);
    ret_meta->chain = hvc_read(r, 8);
    ret_meta->floor = hvc_read(r, 8);
    ret_meta->size = hvc_read(r, 8);
    ret_meta->view_index = hvc_read(r, 8);
    ret_meta->tokens = (uint32_t)hvc_read(r, 4);
    for (unsigned i = 0; i < HVC_DIGEST_POINTS; i++) {
        ret_meta->point[i].index = hvc_read(r, 8);
        ret_meta->point[i].digest = hvc_read(r, 8);
    }
    length = (uint32_t)hvc_read(r, 4);
    view = hvc_read_bytes(r, length);
    if (view == NULL || hvc_wire_decode_view(view, length, &ret_meta->view) < 0)
        r->bad = true;
}

static struct hvc_snapshot_meta snapshot_now(const struct hvc_replication *r)
{
    struct hvc_snapshot_meta meta = {.index = r->applied, .chain = r->chain, .size = r->base.size};

    meta.epoch = hvc_window_epoch(&r->log, r->applied);
    meta.floor = HVC_BUG(LOSTTOKENS) ? 0 : r->tokens.floor;
    meta.tokens = HVC_BUG(LOSTTOKENS) ? 0 : r->tokens.count;
    memcpy(meta.point, r->point, sizeof(meta.point));
    meta.view_index = hvc_log_last_view(r, r->applied, &meta.view);
    return meta;
}

size_t hvc_replication_snapshot_size(const struct hvc_replication *r)
{
    return (size_t)r->config.tokens * HVC_ANSWER_BYTES + sizeof(struct hvc_snapshot_meta) + 64;
}

int hvc_replication_snapshot_write(const struct hvc_replication *r, void *bytes, size_t size, size_t *ret_length)
{
    struct hvc_writer w = {.at = bytes, .end = (uint8_t *)bytes + size};
    struct hvc_snapshot_meta meta = snapshot_now(r);

    hvc_meta_write(&meta, &w);
    hvc_tokens_write(&r->tokens, 0, meta.tokens, &w);
    if (w.bad)
        return -ENOBUFS;
    *ret_length = (size_t)(w.at - (uint8_t *)bytes);
    return 0;
}

/* Everything after the lowest commit offered, observers' included: they follow in this view and count in the next. */
static uint64_t transfer_base(const struct hvc_view *view)
{
    uint64_t base = UINT64_MAX;

    for (uint32_t i = 0; i < view->count; i++) {
        uint64_t commit = view->participants & hvc_bit(i) ? view->member[i].offer.commit : 0;

        if (((view->participants | view->observers) & hvc_bit(i)) && commit < base)
            base = commit;
    }
    return base;
}

void hvc_install_begin(struct hvc_replication *r)
{
    struct hvc_transfer *t = &r->transfer;

    memset(t, 0, sizeof(*t));
    hvc_window_reset(&r->staged, 0, 0);
    hvc_tokens_reset(&r->staged_tokens);
    r->out->stage.reset = true;
    if (r->view.source != r->view.self)
        return;
    t->base = transfer_base(&r->view);
    if (t->base > r->log.last) /* more is said to be committed than the best log holds */
        hvc_out_leave(r, HVC_LEAVE_PROTOCOL, t->base);
    /* Far behind: a snapshot is shorter, and fits into any window. */
    t->snapshot = t->base < r->log.base || (r->log.last - t->base > r->config.log_entries / 2 && r->applied > t->base);
    t->stream = t->snapshot ? HVC_STREAM_SNAPSHOT : HVC_STREAM_LOG;
    t->cursor = t->base;
}

static void send_chunk(struct hvc_replication *r, enum hvc_chunk_kind kind, const void *bytes, size_t length)
{
    struct hvc_message m = {.kind = HVC_MESSAGE_CHUNK, .epoch = r->view.epoch};

    m.chunk.kind = (uint8_t)kind;
    m.chunk.number = r->transfer.sent++;
    m.chunk.bytes = bytes;
    m.chunk.length = (uint32_t)length;
    r->counters.chunks_sent++;
    hvc_out_send(r, &m);
}

static void send_snapshot(struct hvc_replication *r)
{
    struct hvc_transfer *t = &r->transfer;
    uint8_t bytes[sizeof(struct hvc_snapshot_meta) + 64];
    struct hvc_writer w = {.at = bytes, .end = bytes + sizeof(bytes)};

    t->meta = snapshot_now(r);
    t->base = t->meta.index;
    hvc_meta_write(&t->meta, &w);
    send_chunk(r, HVC_CHUNK_SNAPSHOT, bytes, (size_t)(w.at - bytes));
    t->stream = HVC_STREAM_TOKENS;
    t->cursor = 0;
    r->counters.snapshots_sent++;
}

static void send_tokens(struct hvc_replication *r)
{
    struct hvc_transfer *t = &r->transfer;
    uint8_t *bytes = r->out_bytes + HVC_OUT_BYTES;
    struct hvc_writer w = {.at = bytes, .end = bytes + HVC_CHUNK_MAX};
    uint32_t room = r->config.chunk_bytes / HVC_ANSWER_BYTES, left = t->meta.tokens - (uint32_t)t->cursor;
    uint32_t count = left < room ? left : room;

    if (count > 0) {
        hvc_tokens_write(&r->tokens, (uint32_t)t->cursor, count, &w);
        send_chunk(r, HVC_CHUNK_TOKENS, bytes, (size_t)(w.at - bytes));
    }
    t->cursor += count;
    if (t->cursor == t->meta.tokens) {
        t->stream = HVC_STREAM_STATE;
        t->cursor = 0;
    }
}

static void send_log(struct hvc_replication *r)
{
    struct hvc_transfer *t = &r->transfer;
    uint8_t *bytes = r->out_bytes + HVC_OUT_BYTES;
    struct hvc_writer w = {.at = bytes, .end = bytes + HVC_CHUNK_MAX};
    struct hvc_entry entry;

    while (hvc_window_get(&r->log, t->cursor + 1, &entry) == 0 &&
           (w.at == bytes || (size_t)(w.at - bytes) + HVC_WIRE_ENTRY_HEADER + entry.length <= r->config.chunk_bytes)) {
        hvc_write_entry(&w, &entry);
        t->cursor++;
    }
    if (w.at > bytes)
        send_chunk(r, HVC_CHUNK_LOG, bytes, (size_t)(w.at - bytes));
    if (t->cursor == r->log.last)
        t->stream = HVC_STREAM_DONE;
}

static struct hvc_view_node *record_node(struct hvc_view_record *record, uint32_t node)
{
    unsigned at = 0;

    while (at < record->count && record->node[at].node < node)
        at++;
    if (at < record->count && record->node[at].node == node)
        return &record->node[at];
    if (record->count == HVC_VIEW_NODES_MAX)
        return NULL;
    memmove(&record->node[at + 1], &record->node[at], (record->count - at) * sizeof(record->node[0]));
    memset(&record->node[at], 0, sizeof(record->node[0]));
    record->node[at].node = node;
    record->count++;
    return &record->node[at];
}

static bool votes_changed(const struct hvc_view_record *record)
{
    for (unsigned i = 0; i < record->count; i++)
        if (record->node[i].votes != record->node[i].votes_old)
            return true;
    return record->need != record->need_old;
}

/* Votes: today's node list becomes the new column, the last VIEW's the old one. While a change is not known to be
 * committed it is repeated instead, so that never more than two ways of counting are in force. */
static void record_config(struct hvc_view_record *record, const struct hvc_view *view, const struct hvc_offer *source)
{
    const struct hvc_view_record *last = &source->view;
    bool repeat =
        last->epoch != 0 && !(source->flags & HVC_OFFER_VIEW_COMMITTED) && last->modes == 0 && votes_changed(last);
    bool fresh = last->epoch == 0 || last->modes != 0 || view->forced;
    struct hvc_view_node *node;

    record->need = repeat ? last->need : view->need;
    record->need_old = repeat ? last->need_old : fresh ? view->need : last->need;
    for (unsigned i = 0; i < last->count; i++)
        if ((node = record_node(record, last->node[i].node)) != NULL) {
            node->named = last->node[i].named;
            node->votes = repeat ? last->node[i].votes : 0;
            node->votes_old = repeat ? last->node[i].votes_old : fresh ? 0 : last->node[i].votes;
        }
    for (unsigned i = 0; i < source->nodes && !repeat; i++)
        if ((node = record_node(record, source->list[i].node)) != NULL)
            node->votes = source->list[i].votes;
    for (uint32_t i = 0; i < view->count; i++)
        if ((view->participants & hvc_bit(i)) && (node = record_node(record, view->member[i].node)) != NULL) {
            node->participant = true;
            node->named = view->epoch;
            if (!repeat)
                node->votes = view->member[i].offer.votes;
        }
    for (unsigned i = 0; i < record->count && fresh && !repeat; i++)
        record->node[i].votes_old = record->node[i].votes;
}

/* Nodes that have left the node list, and count in neither column, are forgotten. */
static void record_forget(struct hvc_view_record *record)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < record->count; i++)
        if (record->node[i].votes != 0 || record->node[i].votes_old != 0 || record->node[i].participant)
            record->node[kept++] = record->node[i];
    record->count = kept;
}

static void build_record(struct hvc_replication *r, struct hvc_view_record *record)
{
    const struct hvc_view *view = &r->view;

    memset(record, 0, sizeof(*record));
    record->epoch = view->epoch;
    record->ring = view->ring;
    record->source = r->config.node;
    record->modes = (uint8_t)view->modes;
    record->forced = view->forced;
    record->wire = view->record.wire;
    record->entry_version = UINT8_MAX;
    for (uint32_t i = 0; i < view->count; i++)
        if (((view->participants | view->observers) & hvc_bit(i)) &&
            view->member[i].offer.entry_version_max < record->entry_version)
            record->entry_version = view->member[i].offer.entry_version_max;
    record_config(record, view, &view->member[view->self].offer);
    record_forget(record);
}

static void install(struct hvc_replication *r, const struct hvc_done *done, bool full);

static void send_done(struct hvc_replication *r)
{
    struct hvc_transfer *t = &r->transfer;
    struct hvc_message m = {.kind = HVC_MESSAGE_DONE, .epoch = r->view.epoch};
    struct hvc_view_record record;
    size_t length = 0;

    build_record(r, &record);
    if (hvc_wire_encode_view(&record, r->view_bytes, sizeof(r->view_bytes), &length) < 0) {
        hvc_out_leave(r, HVC_LEAVE_PROTOCOL, 0);
        return;
    }
    m.done.base = t->base;
    m.done.base_epoch = hvc_window_epoch(&r->log, t->base);
    m.done.last_index = r->log.last;
    m.done.last_epoch = hvc_window_last_epoch(&r->log);
    m.done.snapshot = t->snapshot;
    m.done.chunks = t->number;
    m.done.digest = t->digest;
    if (r->points > 0)
        m.done.point = r->point[r->points - 1];
    if (r->view.forced)
        memcpy(m.done.cluster_id, r->config.cluster_id, sizeof(m.done.cluster_id));
    else
        memcpy(m.done.cluster_id, r->cluster_id, sizeof(m.done.cluster_id));
    m.done.view = r->view_bytes;
    m.done.view_length = (uint32_t)length;
    hvc_out_send(r, &m);
    t->stream = HVC_STREAM_END;
    if (HVC_BUG(SEARLY)) {
        r->view.record = record;
        install(r, &m.done, false);
        r->view.phase = HVC_PHASE_TRANSFER;
    }
}

static void send_next(struct hvc_replication *r)
{
    struct hvc_transfer *t = &r->transfer;

    switch (t->stream) {
    case HVC_STREAM_SNAPSHOT:
        if (!t->pinned) {
            r->work = HVC_WORK_SNAPSHOT;
            r->out->work = HVC_WORK_SNAPSHOT;
            r->out->work_index = r->applied;
            return;
        }
        send_snapshot(r);
        break;
    case HVC_STREAM_TOKENS:
        send_tokens(r);
        break;
    case HVC_STREAM_STATE:
        if (t->cursor == r->base.size) {
            t->stream = HVC_STREAM_LOG;
            t->cursor = t->meta.index;
            break;
        }
        r->work = HVC_WORK_READ;
        r->out->work = HVC_WORK_READ;
        r->out->work_offset = t->cursor;
        r->out->work_length = r->base.size - t->cursor < r->config.chunk_bytes ? (size_t)(r->base.size - t->cursor)
                                                                               : r->config.chunk_bytes;
        break;
    case HVC_STREAM_LOG:
        send_log(r);
        break;
    case HVC_STREAM_DONE:
    case HVC_STREAM_END:
        break;
    }
}

void hvc_install_pump(struct hvc_replication *r)
{
    struct hvc_transfer *t = &r->transfer;

    if (r->view.phase != HVC_PHASE_TRANSFER || r->view.source != r->view.self)
        return;
    while (r->work == HVC_WORK_NONE && t->stream < HVC_STREAM_DONE && t->sent - t->number < HVC_CHUNKS_FLIGHT &&
           hvc_out_room(r))
        send_next(r);
    if (t->stream == HVC_STREAM_DONE && t->number == t->sent && hvc_out_room(r))
        send_done(r);
}

/* Own chunks or DONE did not come back: all of it once more, the same bytes; receivers drop what they have. */
void hvc_install_resend(struct hvc_replication *r)
{
    struct hvc_transfer *t = &r->transfer;

    if (r->view.phase != HVC_PHASE_TRANSFER || r->view.source != r->view.self || r->now_ms < r->view.resend_ms)
        return;
    r->view.resend_ms = r->now_ms + r->config.resend_ms;
    r->counters.resent++;
    if (t->stream == HVC_STREAM_END && t->number == t->sent) {
        t->stream = HVC_STREAM_DONE;
        return;
    }
    t->sent = 0;
    if (t->snapshot) {
        t->stream = HVC_STREAM_SNAPSHOT;
    } else {
        t->stream = HVC_STREAM_LOG;
        t->cursor = t->base;
    }
}

void hvc_install_data(struct hvc_replication *r, const void *bytes, size_t length)
{
    struct hvc_transfer *t = &r->transfer;

    if (r->view.phase != HVC_PHASE_TRANSFER || r->view.source != r->view.self || t->stream != HVC_STREAM_STATE)
        return;
    send_chunk(r, HVC_CHUNK_STATE, bytes, length);
    t->cursor += length;
}

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

/* The received entries must agree with the own ones up to the own commit, and reach it. */
static bool keeps_committed(const struct hvc_replication *r, const struct hvc_done *done, uint64_t *ret_index)
{
    uint64_t from = r->log.base > r->staged.base ? r->log.base : r->staged.base;
    struct hvc_entry mine, theirs;

    *ret_index = r->commit;
    if (done->last_index < r->commit || done->base > r->commit)
        return false;
    *ret_index = done->base;
    if (hvc_window_epoch(&r->log, done->base) != 0 && done->base_epoch != 0 &&
        hvc_window_epoch(&r->log, done->base) != done->base_epoch)
        return false;
    for (uint64_t i = from + 1; i <= r->commit; i++) {
        *ret_index = i;
        if (hvc_window_get(&r->log, i, &mine) < 0 || hvc_window_get(&r->staged, i, &theirs) < 0)
            continue;
        if (mine.epoch != theirs.epoch || mine.kind != theirs.kind || mine.length != theirs.length ||
            memcmp(&mine.token, &theirs.token, sizeof(mine.token)) != 0 ||
            (mine.length > 0 && memcmp(mine.bytes, theirs.bytes, mine.length) != 0))
            return false;
    }
    return true;
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
static void install(struct hvc_replication *r, const struct hvc_done *done, bool full)
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
    if (r->unused && (view->participants & hvc_bit(view->self)))
        r->unused = HVC_UNUSED_NO;
    view->view_index = entry.index;
    hvc_view_phase(r, HVC_PHASE_RUNNING);
    hvc_log_pending(r);
    r->counters.installs++;
    r->counters.installs_source += view->source == view->self;
    r->counters.observer_installs += !hvc_view_is_participant(r);
    r->counters.config_changes += votes_changed(&view->record);
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
    if (!full && slot != view->self && !keeps_committed(r, &m->done, &index)) {
        hvc_out_leave(r, HVC_LEAVE_TRUNCATE, index);
        return;
    }
    if (!full && !digest_agrees(r, &m->done)) {
        r->unused = HVC_UNUSED_DAMAGED;
        (void)hvc_out_persist(r);
        hvc_out_alarm(r, HVC_ALARM_DIVERGED, r->config.node, m->done.point.index);
        hvc_out_leave(r, HVC_LEAVE_DIVERGED, m->done.point.index);
        return;
    }
    view->record = record;
    if (HVC_BUG(SEARLY) && slot == view->self) {
        hvc_view_phase(r, HVC_PHASE_RUNNING);
        return;
    }
    install(r, &m->done, full);
}

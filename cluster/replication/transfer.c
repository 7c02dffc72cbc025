/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entering a view, at the source: what it sends, in which order, and DONE at the end. Snapshots are written here. */
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
    uint64_t lowest;

    memset(t, 0, sizeof(*t));
    hvc_window_reset(&r->staged, 0, 0);
    hvc_tokens_reset(&r->staged_tokens);
    r->out->stage.reset = true;
    if (r->view.source != r->view.self)
        return;
    lowest = transfer_base(&r->view);
    if (lowest > r->log.last) /* more is said to be committed than the best log holds */
        hvc_out_leave(r, HVC_LEAVE_PROTOCOL, lowest);
    /* The entry at the lowest commit, too: its content tells whose history it is. Epochs do not, when stores that were
     * set back with their promises have used one again. */
    t->base = lowest > r->log.base ? lowest - 1 : lowest;
    /* Far behind: a snapshot is shorter, and fits into any window. */
    t->snapshot = t->base < r->log.base || (r->log.last - lowest > r->config.log_entries / 2 && r->applied > lowest);
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

static void send_done(struct hvc_replication *r)
{
    struct hvc_transfer *t = &r->transfer;
    struct hvc_message m = {.kind = HVC_MESSAGE_DONE, .epoch = r->view.epoch};
    struct hvc_view_record record;
    size_t length = 0;

    hvc_view_record_build(r, &record);
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
        hvc_install(r, &m.done, false);
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

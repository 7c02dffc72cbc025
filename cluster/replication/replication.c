/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Construction, one event in and one update out, status. */
#include "hvc/replication.h"

#include <errno.h>
#include <stdalign.h>
#include <string.h>

#include "internal.h"

static size_t align(size_t size)
{
    return (size + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
}

static size_t tokens_size(const struct hvc_replication_config *c)
{
    return align(c->tokens * sizeof(struct hvc_answer)) + align(2 * (size_t)c->tokens * sizeof(uint32_t));
}

static size_t window_size(const struct hvc_replication_config *c)
{
    return align(c->log_entries * sizeof(struct hvc_window_slot)) + align(c->log_bytes);
}

size_t hvc_replication_size(const struct hvc_replication_config *c)
{
    if (c->node == 0 || c->host_boot == 0 || c->wire_min < HVC_REPLICATION_WIRE_MIN || c->wire_min > c->wire_max ||
        c->log_entries < 16 || c->log_entries > HVC_LOG_ENTRIES_MAX || c->log_bytes < 4096 ||
        c->log_bytes > HVC_LOG_BYTES_MAX || c->chunk_bytes < HVC_ANSWER_BYTES || c->chunk_bytes > HVC_CHUNK_MAX ||
        c->tokens < 1 || c->tokens > HVC_TOKENS_MAX || c->exclude_ms == 0 || c->resend_ms == 0 || c->rejoin_ms == 0)
        return 0;
    return align(sizeof(struct hvc_replication)) + align(HVC_OUT_BYTES + HVC_MESSAGE_MAX) + 2 * window_size(c) +
           2 * tokens_size(c);
}

static void *carve(uint8_t **at, size_t size)
{
    void *block = *at;

    *at += align(size);
    return block;
}

static void carve_window(struct hvc_window *w, const struct hvc_replication_config *c, uint8_t **at)
{
    w->slot = carve(at, c->log_entries * sizeof(*w->slot));
    w->bytes = carve(at, c->log_bytes);
    w->capacity = c->log_entries;
    w->size = c->log_bytes;
    hvc_window_reset(w, 0, 0);
}

static void carve_tokens(struct hvc_tokens *t, const struct hvc_replication_config *c, uint8_t **at)
{
    t->answer = carve(at, c->tokens * sizeof(*t->answer));
    t->bucket = carve(at, 2 * (size_t)c->tokens * sizeof(*t->bucket));
    t->capacity = c->tokens;
    t->buckets = 2 * c->tokens;
    hvc_tokens_reset(t);
}

static int load_snapshot(struct hvc_replication *r, const struct hvc_replication_store *store)
{
    struct hvc_reader reader = {.at = store->snapshot,
                                .end = (const uint8_t *)store->snapshot + store->snapshot_length};

    hvc_meta_read(&reader, &r->base);
    if (reader.bad || r->base.tokens > r->config.tokens || hvc_tokens_read(&r->tokens, r->base.tokens, &reader) < 0 ||
        reader.at != reader.end)
        return -EBADMSG;
    r->tokens.floor = r->base.floor;
    r->applied = r->base.index;
    r->chain = r->base.chain;
    memcpy(r->point, r->base.point, sizeof(r->point));
    while (r->points < HVC_DIGEST_POINTS && r->point[r->points].index != 0)
        r->points++;
    hvc_window_reset(&r->log, r->base.index, r->base.epoch);
    return 0;
}

static enum hvc_replication_unused unused_reason(const struct hvc_replication_config *c,
                                                 const struct hvc_replication_store *store)
{
    /* Empty, with a promise: it took part in a bootstrap that was cut short, and has never acknowledged anything. */
    if (store->empty)
        return store->promised == 0 || store->damaged || store->node != c->node ? HVC_UNUSED_EMPTY : HVC_UNUSED_NO;
    if (store->damaged && !HVC_BUG(OLDIMAGE))
        return HVC_UNUSED_DAMAGED;
    if (store->node != c->node)
        return HVC_UNUSED_OTHER_NODE;
    return store->voter ? HVC_UNUSED_NO : HVC_UNUSED_NOT_VOTER;
}

/* A store that was refilled does not count yet, but an operator may have to name it as the one that survives. */
static bool holds_log(const struct hvc_replication *r)
{
    return r->unused == HVC_UNUSED_NO || r->unused == HVC_UNUSED_NOT_VOTER;
}

int hvc_replication_init(void *memory, size_t size, const struct hvc_replication_config *config,
                         const struct hvc_replication_store *store, struct hvc_replication **ret_replication)
{
    struct hvc_replication *r = memory;
    uint8_t *at = memory;
    size_t wanted = hvc_replication_size(config);
    int result;

    if (wanted == 0 || size < wanted || store->with.count > HVC_NODES_MAX)
        return -EINVAL;
    r = carve(&at, sizeof(*r));
    memset(r, 0, sizeof(*r));
    r->config = *config;
    r->out_bytes = carve(&at, HVC_OUT_BYTES + HVC_MESSAGE_MAX);
    carve_window(&r->log, config, &at);
    carve_window(&r->staged, config, &at);
    carve_tokens(&r->tokens, config, &at);
    carve_tokens(&r->staged_tokens, config, &at);
    r->unused = unused_reason(config, store);
    r->empty = store->empty;
    memcpy(r->cluster_id, r->unused == HVC_UNUSED_EMPTY ? config->cluster_id : store->cluster_id,
           sizeof(r->cluster_id));
    r->continuous = store->view_boot == config->host_boot;
    r->promised = store->promised;
    r->with = store->with;
    if (holds_log(r) && !store->empty) {
        r->commit = store->commit;
        r->refused = store->refused;
        if (store->snapshot != NULL && (result = load_snapshot(r, store)) < 0)
            return result;
    }
    *ret_replication = r;
    return 0;
}

/* The snapshot is newer than the first entries kept: entries from below it come first. */
int hvc_replication_load(struct hvc_replication *r, const struct hvc_entry *entry)
{
    struct hvc_view_record view;

    if (!holds_log(r))
        return 0;
    if (entry->length > HVC_OP_MAX || entry->kind < HVC_ENTRY_OP || entry->kind > HVC_ENTRY_DIGEST ||
        (entry->kind == HVC_ENTRY_VIEW && hvc_wire_decode_view(entry->bytes, entry->length, &view) < 0))
        return -EBADMSG;
    if (r->log.last == r->log.base && entry->index <= r->base.index && entry->index > 0)
        hvc_window_reset(&r->log, entry->index - 1, 0);
    if (entry->index != r->log.last + 1 || entry->epoch == 0 || entry->epoch < hvc_window_last_epoch(&r->log) ||
        (entry->index == r->base.index && entry->epoch != r->base.epoch))
        return -EBADMSG;
    return hvc_window_append(&r->log, entry, 0);
}

static bool decode(struct hvc_replication *r, const struct hvc_replication_event *event)
{
    struct hvc_message *m = &r->incoming;
    uint8_t low = r->config.wire_min, high = r->config.wire_max;
    int result;

    /* OFFER, EXCLUDE and FENCED keep the first version's layout for ever: all must count the same offers. */
    result = hvc_wire_decode(event->message.bytes, event->message.length, HVC_REPLICATION_WIRE_MIN, high, m);
    if (result < 0) {
        r->counters.dropped_bytes++;
        return false;
    }
    if (m->version < low && m->kind != HVC_MESSAGE_OFFER && m->kind != HVC_MESSAGE_EXCLUDE &&
        m->kind != HVC_MESSAGE_FENCED) {
        r->counters.dropped_bytes++;
        return false;
    }
    return true;
}

static void on_message(struct hvc_replication *r, const struct hvc_replication_event *event)
{
    const struct hvc_message *m = &r->incoming;
    uint32_t slot;

    if (r->view.phase == HVC_PHASE_OUT || !decode(r, event))
        return;
    if (!hvc_ring_equal(m->ring, r->view.ring) || m->tag != r->view.tag) {
        r->counters.dropped_ring++;
        return;
    }
    slot = hvc_view_slot(&r->view, m->node);
    if (m->node != event->message.node || slot == HVC_SLOT_NONE) {
        r->counters.dropped_sender++;
        return;
    }
    switch ((enum hvc_message_kind)m->kind) {
    case HVC_MESSAGE_OFFER:
        hvc_view_on_offer(r, slot, m);
        break;
    case HVC_MESSAGE_EXCLUDE:
        hvc_view_on_exclude(r, m);
        break;
    case HVC_MESSAGE_PROMISE:
        hvc_view_on_promise(r, slot, m);
        break;
    case HVC_MESSAGE_CHUNK:
        hvc_install_on_chunk(r, slot, m);
        break;
    case HVC_MESSAGE_DONE:
        hvc_install_on_done(r, slot, m);
        break;
    case HVC_MESSAGE_PROPOSE:
        hvc_log_on_propose(r, slot, m);
        break;
    case HVC_MESSAGE_ACK:
        hvc_log_on_ack(r, slot, m);
        break;
    case HVC_MESSAGE_BARRIER:
        hvc_log_on_barrier(r, slot, m);
        break;
    case HVC_MESSAGE_FENCED:
        hvc_view_on_fenced(r, m);
        break;
    }
}

static int on_start(struct hvc_replication *r)
{
    if (r->started)
        return -EINVAL;
    r->started = true;
    r->durable = r->log.last;
    r->commit = r->commit < r->log.last ? r->commit : r->log.last;
    if (r->commit < r->base.index)
        r->commit = r->base.index;
    if (r->log.last < r->base.index && holds_log(r)) {
        r->unused = HVC_UNUSED_DAMAGED;
        hvc_window_reset(&r->log, 0, 0);
        r->commit = r->applied = 0;
    }
    if (r->unused != 0)
        hvc_out_alarm(r, HVC_ALARM_STORE_UNUSED, r->config.node, r->unused);
    return 0;
}

/* VIEWs at the end that are not known to be committed say nothing that a forced view would need; a log that is full of
 * them has no room for it. Only the one transaction at DONE takes them from the store. */
static void drop_views(struct hvc_replication *r)
{
    uint64_t last = r->log.last;

    while (last > r->log.base && last > r->commit && last > 1 && hvc_window_slot(&r->log, last)->kind == HVC_ENTRY_VIEW)
        last--;
    hvc_window_truncate(&r->log, last);
    r->durable = r->durable < last ? r->durable : last;
}

static int on_operator(struct hvc_replication *r, const struct hvc_replication_event *event)
{
    if (event->kind == HVC_REPLICATION_INIT) {
        if (!r->empty)
            return -EEXIST;
        r->init = true;
        return 0;
    }
    /* A bootstrap that was cut short counts, but there is nothing to go on from. */
    if (!holds_log(r) || r->log.last == 0 || (HVC_BUG(FORCEVOTER) && r->unused != 0))
        return -ENOENT;
    r->unused = HVC_UNUSED_NO;
    memcpy(r->config.cluster_id, event->cluster_id, sizeof(r->config.cluster_id));
    drop_views(r);
    r->force = true;
    return 0;
}

/* Results of work must come first and in kind. */
static int on_work(struct hvc_replication *r, const struct hvc_replication_event *event)
{
    if ((event->kind == HVC_REPLICATION_APPLIED &&
         (r->work != HVC_WORK_APPLY || event->applied.index != r->applied + 1)) ||
        (event->kind == HVC_REPLICATION_SNAPSHOT &&
         (r->work != HVC_WORK_SNAPSHOT || event->snapshot.index != r->applied)) ||
        (event->kind == HVC_REPLICATION_DATA && (r->work != HVC_WORK_READ || event->data.length > HVC_CHUNK_MAX)))
        return -EINVAL;
    r->work = HVC_WORK_NONE;
    if (event->kind == HVC_REPLICATION_APPLIED)
        hvc_log_applied(r, event);
    else if (event->kind == HVC_REPLICATION_SNAPSHOT)
        hvc_log_snapshot(r, event);
    else
        hvc_install_data(r, event->data.bytes, event->data.length);
    return 0;
}

static int dispatch(struct hvc_replication *r, const struct hvc_replication_event *event)
{
    switch (event->kind) {
    case HVC_REPLICATION_START:
        return on_start(r);
    case HVC_REPLICATION_VIEW:
        return hvc_view_begin(r, event);
    case HVC_REPLICATION_VIEW_END:
        hvc_view_end(r);
        return 0;
    case HVC_REPLICATION_QUORUM:
        return hvc_view_quorum(r, event);
    case HVC_REPLICATION_MESSAGE:
        on_message(r, event);
        return 0;
    case HVC_REPLICATION_PERSISTED:
        if (event->persisted > r->persist_seq)
            return -EINVAL;
        hvc_log_persisted(r, event->persisted);
        return 0;
    case HVC_REPLICATION_DISK_ERROR:
        hvc_out_leave(r, HVC_LEAVE_DISK, r->persisted_seq);
        return 0;
    case HVC_REPLICATION_APPLIED:
    case HVC_REPLICATION_SNAPSHOT:
    case HVC_REPLICATION_DATA:
        return on_work(r, event);
    case HVC_REPLICATION_TIMER:
        hvc_view_timer(r);
        hvc_install_resend(r);
        hvc_log_resend(r);
        return 0;
    case HVC_REPLICATION_PROPOSE:
        return hvc_log_propose(r, event);
    case HVC_REPLICATION_BARRIER:
        return hvc_log_barrier(r, event->barrier);
    case HVC_REPLICATION_FENCED:
        return hvc_view_fenced(r, event->fenced);
    case HVC_REPLICATION_INIT:
    case HVC_REPLICATION_FORCE:
        return on_operator(r, event);
    }
    return -EINVAL;
}

static uint64_t next_wake(const struct hvc_replication *r)
{
    const struct hvc_view *view = &r->view;
    uint64_t exclude, rejoin;

    switch (view->phase) {
    case HVC_PHASE_OFFER:
    case HVC_PHASE_PROMISE:
    case HVC_PHASE_TRANSFER:
        exclude = view->since_ms + r->config.exclude_ms;
        exclude = exclude > view->exclude_ms ? exclude : view->exclude_ms;
        return exclude < view->resend_ms ? exclude : view->resend_ms;
    case HVC_PHASE_PASSIVE:
        return view->exclude_ms;
    case HVC_PHASE_RUNNING:
        rejoin = view->rejoin_ms != 0 ? view->rejoin_ms : UINT64_MAX;
        return r->acks_flight > 0 && view->resend_ms < rejoin ? view->resend_ms : rejoin;
    case HVC_PHASE_OUT:
    case HVC_PHASE_LEFT:
    case HVC_PHASE_MAX_:
        break;
    }
    return UINT64_MAX;
}

static void finish(struct hvc_replication *r)
{
    struct hvc_replication_persist *p = &r->out->persist;

    r->out->wake_ms = next_wake(r);
    if (p->seq == 0)
        return;
    p->promised = r->promised;
    p->commit = r->commit;
    p->with = r->with;
    p->refused = r->refused;
    p->node = r->config.node;
    p->voter = r->unused == 0;
    p->view_boot = r->continuous ? r->config.host_boot : 0;
    memcpy(p->cluster_id, r->cluster_id, sizeof(p->cluster_id));
}

int hvc_replication_step(struct hvc_replication *r, const struct hvc_replication_event *event,
                         struct hvc_replication_update *ret_update)
{
    bool answers = event->kind == HVC_REPLICATION_APPLIED || event->kind == HVC_REPLICATION_SNAPSHOT ||
                   event->kind == HVC_REPLICATION_DATA;
    int result = -EINVAL;

    memset(ret_update, 0, sizeof(*ret_update));
    r->out = ret_update;
    r->out_used = 0;
    ret_update->wake_ms = UINT64_MAX;
    if (r->left || answers == (r->work == HVC_WORK_NONE) || (!r->started && event->kind != HVC_REPLICATION_START))
        return r->left ? 0 : -EINVAL;
    if (event->now_ms > r->now_ms)
        r->now_ms = event->now_ms;
    result = dispatch(r, event);
    if (!r->left)
        hvc_view_pump(r);
    if (!r->left)
        hvc_install_pump(r);
    if (!r->left)
        hvc_log_pump(r);
    finish(r);
    return result;
}

int hvc_replication_entry(const struct hvc_replication *r, uint64_t index, struct hvc_entry *ret_entry)
{
    return hvc_window_get(&r->log, index, ret_entry);
}

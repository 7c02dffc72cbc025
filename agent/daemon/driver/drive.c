/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One event into the core, and its update carried out in the order that hvc/replication.h asks for: stage, persist,
 * messages, work (its result is the next event), leave. PERSISTED is given only from hvc_drive_collect, which is what
 * keeps messages behind the disk.
 */
#include <errno.h>
#include <inttypes.h>
#include <syslog.h>

#include "hvc/clock.h"
#include "hvc/text.h"
#include "internal.h"

enum {
    RING_BURST = 64,                       /* events in a row before store and requests get their turn */
    BACKLOG_MAX = HVC_STORE_QUEUE_MAX / 2, /* records: the disk is behind, take no more from the ring */
    ENTRIES_ON_STACK = 8,
};

void hvc_drive_leave(struct hvc_replica *r, enum hvc_replication_leave reason, const char *words)
{
    if (r->leaving)
        return;
    r->leaving = true;
    r->leave = reason;
    (void)snprintf(r->leave_words, sizeof(r->leave_words), "%s", words);
}

static void disk_failed(struct hvc_replica *r, const struct hvc_error *error)
{
    if (r->disk_failed)
        return; /* the first one says why */
    r->disk_failed = true;
    r->store_error = *error;
}

static void stage(struct hvc_replica *r, const struct hvc_replication_update *u)
{
    if (u->stage.reset) {
        hvc_buffer_unref(r->staged);
        r->staged = NULL;
    }
    if (u->stage.bytes == NULL)
        return;
    if (r->staged == NULL)
        r->staged = hvc_buffer_new(u->stage.length);
    if (r->staged == NULL || r->staged->length != u->stage.offset ||
        u->stage.offset + u->stage.length > HVC_STORE_STATE_MAX ||
        hvc_buffer_append(r->staged, u->stage.bytes, u->stage.length) < 0)
        hvc_drive_leave(r, HVC_LEAVE_DISK,
                        "a snapshot that another member sends cannot be kept: no memory, or too long");
}

/* ---- persist ---- */

static void entry_out(const struct hvc_entry *from, struct hvc_store_entry *to)
{
    *to = (struct hvc_store_entry){.index = from->index,
                                   .epoch = from->epoch,
                                   .kind = from->kind,
                                   .version = from->version,
                                   .birth = from->token.birth,
                                   .bytes = from->bytes,
                                   .length = from->length};
    memcpy(to->token, from->token.id, sizeof(to->token));
}

/* The staged bytes become the state, here and now; the store gets the same bytes. */
static bool install_staged(struct hvc_replica *r, uint64_t index)
{
    struct hvc_replication_status status;
    struct hvc_state_loader loader;
    int result;

    hvc_replication_status(r->core, &status);
    if (r->staged == NULL) {
        hvc_drive_leave(r, HVC_LEAVE_PROTOCOL, "a snapshot was to be installed that nobody has sent");
        return false;
    }
    hvc_state_load_begin(r, &loader);
    result = hvc_state_load_bytes(&loader, r->staged->bytes, r->staged->length);
    if (result == 0)
        result = hvc_state_load_end(&loader, index, status.epoch);
    else
        hvc_state_load_drop(&loader);
    if (result == 0) {
        hvc_fetch_scan(r);
        return true;
    }
    hvc_drive_leave(r, result == -EPROTONOSUPPORT ? HVC_LEAVE_UNDECODABLE : HVC_LEAVE_PROTOCOL,
                    result == -EPROTONOSUPPORT ? "the others' snapshot is of a newer version: upgrade this node"
                                               : "the snapshot that another member sent cannot be loaded");
    return false;
}

/* Fills *snapshot; the buffer it uses gets one more reference, for the store. */
static bool put_snapshot(struct hvc_replica *r, const struct hvc_replication_persist *p,
                         struct hvc_store_snapshot *snapshot, void **ret_metadata)
{
    size_t size = hvc_replication_snapshot_size(r->core), length = 0;
    struct hvc_buffer *buffer;

    if (p->snapshot == HVC_SNAPSHOT_STAGED && !install_staged(r, p->snapshot_index))
        return false;
    buffer = p->snapshot == HVC_SNAPSHOT_STAGED ? r->staged : r->pinned;
    *ret_metadata = malloc(size);
    if (buffer == NULL || *ret_metadata == NULL ||
        hvc_replication_snapshot_write(r->core, *ret_metadata, size, &length) < 0) {
        hvc_drive_leave(r, HVC_LEAVE_DISK, "no memory for a snapshot");
        return false;
    }
    *snapshot = (struct hvc_store_snapshot){.index = p->snapshot_index,
                                            .metadata = *ret_metadata,
                                            .metadata_length = length,
                                            .state = buffer->bytes,
                                            .state_length = buffer->length,
                                            .release = hvc_buffer_release,
                                            .owner = hvc_buffer_ref(buffer)};
    if (p->snapshot == HVC_SNAPSHOT_STAGED) {
        hvc_buffer_unref(r->staged); /* the store holds it as long as it is wanted */
        r->staged = NULL;
    }
    return true;
}

static void fill_scalars(const struct hvc_replication_persist *p, struct hvc_store_record *record)
{
    record->seq = p->seq;
    record->wipe = p->wipe;
    record->truncate = p->truncate;
    record->truncate_above = p->truncate_above;
    record->trim_to = p->trim_to;
    record->promised = p->promised;
    record->commit = p->commit;
    record->node = p->node;
    record->voter = p->voter;
    record->view_boot = p->view_boot;
    record->refused = p->refused;
    record->with.count = p->with.count;
    memcpy(record->with.node, p->with.node, sizeof(record->with.node));
    memcpy(record->cluster_id, p->cluster_id, sizeof(record->cluster_id));
}

/* With an own snapshot the store forgets definitions that the state does not name any more. */
static void retain(struct hvc_replica *r, struct hvc_store_record *record, hvc_document_hash **ret_hashes)
{
    struct hvc_hash_set kept = {0};
    size_t count;

    if (hvc_documents_named(r->service, ret_hashes, &count) < 0)
        return; /* the next snapshot does it */
    for (size_t i = 0; i < count; i++) {
        if (hvc_hash_set_has(&r->documents.stored, (*ret_hashes)[i]) && hvc_hash_set_add(&kept, (*ret_hashes)[i]) < 0) {
            hvc_hash_set_clear(&kept);
            return;
        }
    }
    hvc_hash_set_clear(&r->documents.stored);
    r->documents.stored = kept;
    record->retain = true;
    record->retain_hashes = (const uint8_t(*)[HVC_STORE_HASH_SIZE]) * ret_hashes;
    record->retain_count = count;
}

static void submit(struct hvc_replica *r, const struct hvc_replication_persist *p, struct hvc_store_record *record)
{
    struct hvc_store_snapshot snapshot = {0};
    hvc_document_hash *hashes = NULL;
    struct hvc_error error = {0};
    void *metadata = NULL;
    bool good = true;

    if (p->snapshot != HVC_SNAPSHOT_NONE) {
        good = put_snapshot(r, p, &snapshot, &metadata);
        record->snapshot = &snapshot;
    }
    if (good && p->snapshot == HVC_SNAPSHOT_OWN)
        retain(r, record, &hashes);
    if (good && hvc_store_submit(r->store, record, &error) < 0) {
        disk_failed(r, &error);
        hvc_buffer_unref(snapshot.owner);
    }
    free(hashes);
    free(metadata);
}

static void persist(struct hvc_replica *r, const struct hvc_replication_persist *p)
{
    struct hvc_store_entry few[ENTRIES_ON_STACK], *entries = few;
    struct hvc_store_record record = {0};
    struct hvc_entry entry;

    if (p->seq == 0)
        return;
    if (p->wipe && p->snapshot == HVC_SNAPSHOT_NONE) {
        hvc_state_reset(r, false);
        hvc_state_ready(r);
    }
    if (p->count > ENTRIES_ON_STACK)
        entries = calloc(p->count, sizeof(*entries));
    for (uint64_t i = 0; entries != NULL && i < p->count; i++) {
        if (hvc_replication_entry(r->core, p->first + i, &entry) < 0) {
            hvc_drive_leave(r, HVC_LEAVE_DISK, "an entry that is to be stored is not in the log (a defect)");
            break;
        }
        entry_out(&entry, &entries[i]);
    }
    if (entries == NULL)
        hvc_drive_leave(r, HVC_LEAVE_DISK, "no memory for entries of the log");
    if (!r->leaving) {
        fill_scalars(p, &record);
        record.entries = entries;
        record.entry_count = p->count;
        submit(r, p, &record);
        r->submitted = p->seq;
    }
    if (entries != few)
        free(entries);
}

/* ---- messages, work ---- */

static void send_all(struct hvc_replica *r, const struct hvc_replication_update *u)
{
    for (unsigned i = 0; i < u->messages; i++) {
        int result = r->port.operations->send(r->ring, u->message[i].bytes, u->message[i].length);

        if (result == -ENOTCONN)
            return; /* they were meant for a view that has ended; the ring says so next */
        if (result < 0)
            hvc_drive_leave(r, HVC_LEAVE_REJOIN, "messages cannot be queued for corosync any more");
    }
}

static bool apply(struct hvc_replica *r, const struct hvc_replication_update *u, struct hvc_replication_event *next)
{
    struct hvc_answer answer = {0};

    next->kind = HVC_REPLICATION_APPLIED;
    next->applied.index = u->work_entry.index;
    next->applied.code = 0;
    next->applied.value = next->applied.digest = 0;
    if (u->work_verdict == HVC_VERDICT_RUN) {
        int result = hvc_state_apply(r, &u->work_entry, &answer);

        if (result < 0) {
            hvc_drive_leave(r, HVC_LEAVE_UNDECODABLE,
                            "a committed entry is of a newer version than this program: upgrade this node");
            return false;
        }
        next->applied.code = hvc_answer_pack(&answer);
        next->applied.value = answer.value;
    } else {
        hvc_state_skip(r, &u->work_entry);
    }
    if (u->work_digest)
        next->applied.digest = hvc_state_digest(r);
    hvc_propose_applied(r, u, &answer);
    return true;
}

/* True: *next is the result, to be given at once. */
static bool work(struct hvc_replica *r, const struct hvc_replication_update *u, struct hvc_replication_event *next)
{
    switch (u->work) {
    case HVC_WORK_NONE:
        return false;
    case HVC_WORK_APPLY:
        return apply(r, u, next);
    case HVC_WORK_SNAPSHOT:
        if (hvc_state_pin(r) < 0) {
            hvc_drive_leave(r, HVC_LEAVE_DISK, "no memory for a snapshot of the state");
            return false;
        }
        next->kind = HVC_REPLICATION_SNAPSHOT;
        next->snapshot.index = u->work_index;
        next->snapshot.size = r->pinned->length;
        return true;
    case HVC_WORK_READ:
        if (r->pinned == NULL || u->work_offset + u->work_length > r->pinned->length) {
            hvc_drive_leave(r, HVC_LEAVE_PROTOCOL, "a part of a snapshot is wanted that is not held (a defect)");
            return false;
        }
        next->kind = HVC_REPLICATION_DATA;
        next->data.bytes = r->pinned->bytes + u->work_offset;
        next->data.length = u->work_length;
        return true;
    }
    return false;
}

static void tell_alarms(struct hvc_replica *r, const struct hvc_replication_update *u)
{
    for (unsigned i = 0; i < u->alarms; i++)
        hvc_replica_note(r, u->alarm[i].code == HVC_ALARM_STORE_UNUSED ? LOG_NOTICE : LOG_WARNING,
                         HVC_REPLICA_MESSAGE_ALARM, "alarm=\"%s\" node=%" PRIu32 " detail=%" PRIu64,
                         hvc_replication_alarm_name(u->alarm[i].code), u->alarm[i].node, u->alarm[i].detail);
}

static void tell_undone(const struct hvc_replica *r, uint64_t from, char *words, size_t size, size_t *used)
{
    char path[HVC_PATH_TEXT_MAX];
    struct hvc_error error = {0};

    if (hvc_undone_write(r, from, path, &error) == 0)
        (void)hvc_text_append(words, size, used, "; what it would undo is in %s: operator guide, \"Two histories\"",
                              path);
    else
        (void)hvc_text_append(words, size, used, "; what it would undo could not be written to a file: %s", error.text);
}

static void leave(struct hvc_replica *r, const struct hvc_replication_update *u)
{
    char words[HVC_ERROR_TEXT_MAX] = "";
    size_t used = 0;

    (void)hvc_text_append(words, sizeof(words), &used, "%s (%" PRIu64 ")", hvc_replication_leave_name(u->leave),
                          u->leave_detail);
    if (u->leave == HVC_LEAVE_TRUNCATE)
        tell_undone(r, u->leave_detail, words, sizeof(words), &used);
    if (u->leave == HVC_LEAVE_FULL)
        (void)hvc_text_append(words, sizeof(words), &used, "; operator guide, \"A full log\"");
    hvc_drive_leave(r, u->leave, words);
}

/* The pinned bytes are wanted while this node sends them; a compaction's belong to the store alone. */
static void unpin(struct hvc_replica *r)
{
    if (r->pinned == NULL || r->core_status.phase == HVC_PHASE_TRANSFER)
        return;
    hvc_buffer_unref(r->pinned);
    r->pinned = NULL;
}

static void carry_out(struct hvc_replica *r, const struct hvc_replication_update *u)
{
    stage(r, u);
    persist(r, &u->persist);
    send_all(r, u);
    tell_alarms(r, u);
    if (u->proposals_void)
        hvc_propose_void(r);
    if (u->barrier)
        hvc_read_barrier(r, u->barrier_id, u->barrier_passed);
    if (u->status_changed)
        r->changed = true;
    if (u->leave != HVC_LEAVE_NONE)
        leave(r, u);
}

void hvc_drive_preview(struct hvc_replica *r)
{
    struct hvc_replication_event next = {.kind = HVC_REPLICATION_START};
    struct hvc_replication_update u;

    do {
        next.now_ms = hvc_now_ms();
        if (hvc_replication_step(r->core, &next, &u) < 0)
            break;
    } while (u.work == HVC_WORK_APPLY && apply(r, &u, &next));
    hvc_replication_status(r->core, &r->core_status);
    r->changed = true;
}

/* Without a word an init would be said again at each start, and one day make a second history. */
static void check_init(struct hvc_replica *r)
{
    if (!r->init || r->core_status.history_node == 0)
        return;
    r->init = false;
    hvc_replica_note(r, LOG_WARNING, HVC_REPLICA_MESSAGE_OPERATOR,
                     "word=init result=refused reason=\"node %" PRIu32 " has a history\"", r->core_status.history_node);
}

int hvc_drive(struct hvc_replica *r, const struct hvc_replication_event *event)
{
    struct hvc_replication_event next = *event;
    struct hvc_replication_update u;
    bool was_primary = r->core_status.primary, first = true;
    int result = 0, now;

    if (r->leaving)
        return -EAGAIN;
    do {
        next.now_ms = hvc_now_ms();
        now = hvc_replication_step(r->core, &next, &u);
        if (first)
            result = now;
        else if (now < 0)
            hvc_drive_leave(r, HVC_LEAVE_PROTOCOL, "the core refused the result of its own work (a defect)");
        first = false;
        carry_out(r, &u);
    } while (!r->leaving && work(r, &u, &next));
    r->wake_ms = u.wake_ms;
    hvc_replication_status(r->core, &r->core_status);
    atomic_store(&r->commit, r->core_status.commit);
    unpin(r);
    if (r->core_status.primary)
        r->init = r->force = false; /* said, and heard */
    check_init(r);
    if (r->core_status.primary != was_primary || event->kind == HVC_REPLICATION_QUORUM) {
        hvc_state_stamp(r);
        r->changed = true;
    }
    return result;
}

/* ---- what wakes the thread ---- */

void hvc_drive_collect(struct hvc_replica *r)
{
    struct hvc_replication_event event = {.kind = HVC_REPLICATION_PERSISTED};
    struct hvc_store_progress progress;
    struct hvc_error error;

    hvc_store_collect(r->store, &progress);
    r->queued_records = progress.queued_records;
    r->carried_out = progress.carried_out;
    if (progress.condition != HVC_STORE_GOOD) {
        r->store_condition = progress.condition;
        disk_failed(r, &progress.error);
    }
    if (progress.persisted > r->persisted) {
        r->persisted = event.persisted = progress.persisted;
        (void)hvc_drive(r, &event);
    }
    if (!r->disk_failed || r->leaving)
        return;
    event.kind = HVC_REPLICATION_DISK_ERROR;
    (void)hvc_drive(r, &event);
    error = r->store_error;
    (void)hvc_error_prefix(&error, "the store takes nothing any more");
    (void)snprintf(r->leave_words, sizeof(r->leave_words), "%s", error.text);
}

static void take(struct hvc_replica *r, const struct hvc_replication_event *event)
{
    struct hvc_extra extra;

    r->heard_ms = hvc_now_ms();
    if (event->kind == HVC_REPLICATION_MESSAGE && hvc_extra_is(event->message.bytes, event->message.length)) {
        if (hvc_extra_decode(event->message.bytes, event->message.length, &extra) < 0)
            return; /* of a later version, or changed: nothing depends on it */
        extra.from = event->message.node;
        if (extra.kind == HVC_EXTRA_HELLO)
            hvc_members_hello(r, &extra);
        else if (extra.kind == HVC_EXTRA_SOFT)
            hvc_soft_take(&r->soft, &extra);
        else
            hvc_fetch_message(r, &extra);
        return;
    }
    if (event->kind == HVC_REPLICATION_VIEW || event->kind == HVC_REPLICATION_VIEW_END) {
        hvc_members_view(r, event);
        hvc_propose_void(r);
        hvc_read_void(r);
        r->changed = true;
    } else if (event->kind == HVC_REPLICATION_QUORUM) {
        hvc_members_quorum(r, event);
    }
    (void)hvc_drive(r, event);
}

bool hvc_drive_full(const struct hvc_replica *r)
{
    return r->core_status.congested || r->queued_records > BACKLOG_MAX;
}

bool hvc_drive_ring(struct hvc_replica *r)
{
    struct hvc_replication_event event;

    for (int i = 0; i < RING_BURST; i++) {
        if (r->leaving || hvc_drive_full(r) || !r->port.operations->next(r->ring, &event))
            return false;
        take(r, &event);
    }
    return true;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The service object: entries applied, pinned, replaced. Snapshot: "HVCs", its version, 4 and 8 bytes with the length
 * of the service's bytes, those bytes, then the definitions under way (documents.h), whose first parts may lie in
 * entries that the snapshot replaces.
 */
#include <errno.h>
#include <sys/mman.h>
#include <syslog.h>

#include "hvc/bytes.h"
#include "internal.h"

#define MAGIC UINT32_C(0x73435648)

enum { HEAD = 16, TAIL_MAX = HVC_DOCUMENTS_OPEN_MAX * (HVC_XML_MAX + 64) + 4 };

int hvc_state_init(struct hvc_replica *r)
{
    void *memory;

    r->service_size = hvc_service_size(&r->tuning.service);
    if (r->service_size == 0)
        return -EINVAL;
    memory = mmap(NULL, r->service_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return -ENOMEM;
    r->service_memory = memory;
    return hvc_service_init(memory, r->service_size, &r->tuning.service, &r->service);
}

void hvc_state_reset(struct hvc_replica *r, bool loading)
{
    (void)pthread_mutex_lock(&r->state_lock);
    (void)hvc_service_init(r->service_memory, r->service_size, &r->tuning.service, &r->service); /* as in init */
    r->stamp = (struct hvc_replica_stamp){.stale = true};
    r->loaded = r->ready = false;
    r->loading = loading;
    (void)pthread_mutex_unlock(&r->state_lock);
}

void hvc_state_ready(struct hvc_replica *r)
{
    (void)pthread_mutex_lock(&r->state_lock);
    r->ready = true;
    r->loading = false;
    (void)pthread_mutex_unlock(&r->state_lock);
}

void hvc_state_settle(struct hvc_replica *r)
{
    (void)pthread_mutex_lock(&r->state_lock);
    r->loading = false;
    (void)pthread_mutex_unlock(&r->state_lock);
}

void hvc_state_stamp(struct hvc_replica *r)
{
    (void)pthread_mutex_lock(&r->state_lock);
    r->stamp.stale = r->core == NULL || !r->core_status.primary || r->silent;
    (void)pthread_mutex_unlock(&r->state_lock);
}

static void move_on(struct hvc_replica *r, const struct hvc_entry *entry)
{
    r->stamp.applied = entry->index;
    r->stamp.epoch = entry->epoch;
    r->loaded = true;
    r->changed = true;
}

static void keep_part(struct hvc_replica *r, const struct hvc_entry *entry)
{
    struct hvc_command command;
    struct hvc_partial *whole;
    struct hvc_store_record record = {.document_count = 1};
    struct hvc_store_document document;
    struct hvc_error error = {0};
    int result;

    if (hvc_command_decode(entry->bytes, entry->length, &command) < 0 || command.kind != HVC_COMMAND_DOCUMENT)
        return;
    result = hvc_documents_part(&r->documents, &command, &whole);
    if (result < 0)
        hvc_replica_note(r, LOG_WARNING, HVC_REPLICA_MESSAGE_DOCUMENT, "what=definition index=%llu error=%d",
                         (unsigned long long)entry->index, result);
    if (whole == NULL)
        return;
    memcpy(document.hash, whole->hash, sizeof(document.hash));
    document.bytes = whole->bytes;
    document.length = whole->size;
    record.documents = &document;
    if (hvc_store_submit(r->store, &record, &error) < 0 && !r->disk_failed) {
        r->disk_failed = true;
        r->store_error = error;
    }
    if (hvc_hash_set_add(&r->documents.stored, whole->hash) < 0)
        hvc_fetch_scan(r); /* no memory: it is taken for missing until the next scan */
    hvc_documents_drop(&r->documents, whole);
}

int hvc_state_apply(struct hvc_replica *r, const struct hvc_entry *entry, struct hvc_answer *ret_answer)
{
    int result;

    (void)pthread_mutex_lock(&r->state_lock);
    result = hvc_service_apply(r->service, entry->bytes, entry->length, entry->epoch, entry->index, ret_answer);
    if (result == 0)
        move_on(r, entry);
    (void)pthread_mutex_unlock(&r->state_lock);
    /* Before the core runs for good nothing is written: the store is loaded once more then. */
    if (result == 0 && r->stage == HVC_STAGE_RUN && entry->length > 1 && entry->bytes[1] == HVC_COMMAND_DOCUMENT &&
        hvc_answer_is_good(ret_answer))
        keep_part(r, entry);
    return result;
}

void hvc_state_skip(struct hvc_replica *r, const struct hvc_entry *entry)
{
    (void)pthread_mutex_lock(&r->state_lock);
    move_on(r, entry);
    (void)pthread_mutex_unlock(&r->state_lock);
}

uint64_t hvc_state_digest(struct hvc_replica *r)
{
    uint64_t digest;

    (void)pthread_mutex_lock(&r->state_lock);
    digest = hvc_service_digest(r->service);
    (void)pthread_mutex_unlock(&r->state_lock);
    return digest;
}

/* The service's bytes, straight into the pages that they stay in. */
static int serialise(struct hvc_service *service, struct hvc_buffer *buffer)
{
    struct hvc_snapshot_cursor cursor;
    size_t length;
    int result;

    hvc_service_snapshot_begin(service, &cursor);
    do {
        result = hvc_buffer_reserve(buffer, HVC_SNAPSHOT_CHUNK_MIN);
        if (result < 0)
            return result;
        result = hvc_service_snapshot_read(service, &cursor, buffer->bytes + buffer->length,
                                           buffer->size - buffer->length, &length);
        if (result < 0)
            return result;
        buffer->length += length;
    } while (length > 0);
    return 0;
}

int hvc_state_pin(struct hvc_replica *r)
{
    struct hvc_buffer *buffer;
    struct hvc_bytes_writer w;
    size_t tail;
    int result;

    hvc_buffer_unref(r->pinned);
    r->pinned = NULL;
    (void)pthread_mutex_lock(&r->state_lock);
    hvc_documents_tidy(&r->documents, r->service);
    tail = hvc_documents_size(&r->documents);
    buffer = hvc_buffer_new(hvc_service_snapshot_size(r->service) + HEAD + tail + HVC_SNAPSHOT_CHUNK_MIN);
    if (buffer == NULL) {
        (void)pthread_mutex_unlock(&r->state_lock);
        return -ENOMEM;
    }
    buffer->length = HEAD;
    result = serialise(r->service, buffer);
    (void)pthread_mutex_unlock(&r->state_lock);
    if (result == 0)
        result = hvc_buffer_reserve(buffer, tail);
    if (result < 0) {
        hvc_buffer_unref(buffer);
        return result;
    }
    w = hvc_bytes_writer(buffer->bytes, HEAD);
    hvc_bytes_put(&w, 4, MAGIC);
    hvc_bytes_put(&w, 4, r->tuning.snapshot_version);
    hvc_bytes_put(&w, 8, buffer->length - HEAD);
    hvc_documents_write(&r->documents, buffer->bytes + buffer->length, tail);
    buffer->length += tail;
    r->pinned = buffer;
    return 0;
}

/* ---- the other way: bytes in pieces of any size ---- */

void hvc_state_load_begin(struct hvc_replica *r, struct hvc_state_loader *ret_loader)
{
    (void)pthread_mutex_lock(&r->state_lock);
    *ret_loader = (struct hvc_state_loader){.replica = r, .within = r->loading};
    r->loaded = false;
    r->loading = true;
    hvc_service_load_begin(r->service);
    (void)pthread_mutex_unlock(&r->state_lock);
}

static int load_head(struct hvc_state_loader *l)
{
    struct hvc_bytes_reader reader = hvc_bytes_reader(l->head, HEAD);
    uint64_t magic = hvc_bytes_get(&reader, 4), version = hvc_bytes_get(&reader, 4);

    l->service_length = hvc_bytes_get(&reader, 8);
    if (magic != MAGIC || l->service_length > HVC_STORE_STATE_MAX)
        return -EBADMSG;
    return version > l->replica->tuning.snapshot_version ? -EPROTONOSUPPORT : 0;
}

static int load_tail(struct hvc_state_loader *l, const uint8_t *bytes, size_t length)
{
    uint8_t *tail;

    if (l->tail_length + length > TAIL_MAX)
        return -EBADMSG;
    if (l->tail_length + length > l->tail_size) {
        tail = realloc(l->tail, l->tail_length + length + 4096);
        if (tail == NULL)
            return -ENOMEM;
        l->tail = tail;
        l->tail_size = l->tail_length + length + 4096;
    }
    memcpy(l->tail + l->tail_length, bytes, length);
    l->tail_length += length;
    return 0;
}

int hvc_state_load_bytes(struct hvc_state_loader *l, const void *bytes, size_t length)
{
    struct hvc_replica *r = l->replica;
    const uint8_t *at = bytes;
    int result = 0;

    while (length > 0 && result == 0) {
        size_t piece = length;

        if (l->offset < HEAD) {
            piece = piece < HEAD - l->offset ? piece : HEAD - (size_t)l->offset;
            memcpy(l->head + l->offset, at, piece);
            if (l->offset + piece == HEAD)
                result = load_head(l);
        } else if (l->offset < HEAD + l->service_length) {
            uint64_t left = HEAD + l->service_length - l->offset;

            piece = piece < left ? piece : (size_t)left;
            (void)pthread_mutex_lock(&r->state_lock);
            result = hvc_service_load_bytes(r->service, at, piece);
            (void)pthread_mutex_unlock(&r->state_lock);
        } else {
            result = load_tail(l, at, piece);
        }
        l->offset += piece;
        at += piece;
        length -= piece;
    }
    return result;
}

int hvc_state_load_end(struct hvc_state_loader *l, uint64_t index, uint64_t epoch)
{
    struct hvc_replica *r = l->replica;
    int result = l->offset < HEAD + l->service_length || l->offset < HEAD ? -EBADMSG : 0;

    if (result == 0)
        result = hvc_documents_read(&r->documents, l->tail, l->tail_length);
    if (result == 0) {
        (void)pthread_mutex_lock(&r->state_lock);
        result = hvc_service_load_end(r->service);
        if (result == 0) {
            r->stamp.applied = index;
            r->stamp.epoch = epoch;
            r->loaded = true;
            r->changed = true;
        }
        (void)pthread_mutex_unlock(&r->state_lock);
    }
    hvc_state_load_drop(l);
    return result;
}

/* What was there is gone then: that is no lack of history. */
void hvc_state_load_drop(struct hvc_state_loader *l)
{
    struct hvc_replica *r = l->replica;

    if (r != NULL) { /* else it was not begun */
        (void)pthread_mutex_lock(&r->state_lock);
        r->loading = l->within;
        r->ready = r->ready && r->loaded;
        (void)pthread_mutex_unlock(&r->state_lock);
    }
    free(l->tail);
    l->tail = NULL;
}

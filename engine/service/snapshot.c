/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state as bytes, and back. A head, then records (kind, length, fields) by kind and within a kind by a key that is
 * a part of the record, then an end with their number and the digest: equal states give equal bytes.
 */
#include <errno.h>
#include <string.h>

#include "internal.h"
#include "snapshot.h"

/* ---- out ---- */

static bool by_drain_id(const void *context, uint32_t a, uint32_t b)
{
    const struct hvc_service *s = context;

    return s->drains[a].id < s->drains[b].id;
}

static bool by_serial(const void *context, uint32_t a, uint32_t b)
{
    const struct hvc_service *s = context;

    return s->documents[a].serial < s->documents[b].serial;
}

static bool by_uuid(const void *context, uint32_t a, uint32_t b)
{
    const struct hvc_service *s = context;

    return memcmp(s->guests[a].uuid, s->guests[b].uuid, 16) < 0;
}

/* Fills s->order with the slots of a kind that has no order of its own. */
static void sort_kind(struct hvc_service *s, unsigned kind)
{
    const struct hvc_pool *pool = &s->pool[kind];
    uint32_t count = 0;

    for (uint32_t slot = hvc_pool_live(pool, 0); slot != HVC_NONE; slot = hvc_pool_live(pool, slot + 1))
        s->order[count++] = slot;
    if (kind == HVC_RECORD_DRAIN)
        hvc_sort(s->order, count, by_drain_id, s);
    else if (kind == HVC_RECORD_DOCUMENT)
        hvc_sort(s->order, count, by_serial, s);
    else if (kind == HVC_RECORD_GUEST)
        hvc_sort(s->order, count, by_uuid, s);
}

/* Slot of the record at a position of its kind, or, for jobs, after the one the position names; moves the position. */
static uint32_t next_slot(struct hvc_service *s, unsigned kind, uint32_t *position)
{
    uint32_t at = *position, slot;

    if (kind == HVC_RECORD_JOB) {
        slot = at == 0 ? s->jobs_all.head : s->job_links[at - 1].next;
        *position = slot + 1; /* HVC_NONE + 1 is 0, and then the kind is at its end */
        return slot;
    }
    if (at == s->pool[kind].count || (HVC_SERVICE_BUG(LOSTGUESTS) && kind == HVC_RECORD_GUEST && at > 3))
        return HVC_NONE;
    *position = at + 1;
    if (kind == HVC_RECORD_NODE)
        return s->node_order[at];
    if (kind == HVC_RECORD_NETWORK)
        return s->network_order[at];
    if (kind == HVC_RECORD_HEAD)
        return 0;
    if (at == 0)
        sort_kind(s, kind);
    return s->order[at];
}

/* A program that does not know them cannot take this state, and should say so. */
static bool has_later_parts(const struct hvc_service *s)
{
    if (hvc_service_limits_networks(s))
        return true;
    for (uint32_t slot = s->jobs_all.head; slot != HVC_NONE; slot = s->job_links[slot].next) {
        if (s->jobs[slot].network != 0 || s->jobs[slot].way_count != 0 ||
            s->jobs[slot].lost_target != HVC_TARGET_NOT_LOST)
            return true;
    }
    return false;
}

static size_t encode_head(struct hvc_service *s)
{
    struct hvc_bytes_writer writer = hvc_bytes_writer(s->record, HVC_RECORD_MAX);

    hvc_bytes_append(&writer, HVC_SNAPSHOT_MAGIC, 4);
    hvc_bytes_put(&writer, 2, has_later_parts(s) ? HVC_SNAPSHOT_VERSION : 1);
    return writer.length;
}

static size_t encode_end(struct hvc_service *s)
{
    struct hvc_bytes_writer writer = hvc_bytes_writer(s->record, HVC_RECORD_MAX);
    uint64_t digest = hvc_service_digest(s); /* uses s->record */
    uint64_t records = 0;

    for (unsigned kind = 0; kind < HVC_RECORD_KIND_COUNT; kind++)
        records += s->pool[kind].count;
    hvc_bytes_put(&writer, 1, HVC_SNAPSHOT_END);
    hvc_bytes_put(&writer, 2, 16);
    hvc_bytes_put(&writer, 8, records);
    hvc_bytes_put(&writer, 8, digest);
    return writer.length;
}

/* Encodes the piece at the cursor into s->record and moves on; 0 at the end. Stages: head, the kinds, end. */
static size_t next_piece(struct hvc_service *s, struct hvc_snapshot_cursor *cursor)
{
    while (cursor->stage <= HVC_RECORD_KIND_COUNT + 1) {
        unsigned kind = cursor->stage - 1;
        uint32_t slot;

        if (cursor->stage == 0) {
            cursor->stage = 1;
            return encode_head(s);
        }
        if (kind == HVC_RECORD_KIND_COUNT) {
            cursor->stage++;
            return encode_end(s);
        }
        slot = next_slot(s, kind, &cursor->position);
        if (slot != HVC_NONE)
            return hvc_record_encode(s, kind, slot);
        cursor->stage++;
        cursor->position = 0;
    }
    return 0;
}

void hvc_service_snapshot_begin(struct hvc_service *s, struct hvc_snapshot_cursor *ret_cursor)
{
    s->revision++; /* a snapshot begun before shares the sorting room with this one: it is void */
    *ret_cursor = (struct hvc_snapshot_cursor){.revision = s->revision};
}

int hvc_service_snapshot_read(struct hvc_service *s, struct hvc_snapshot_cursor *cursor, void *bytes, size_t size,
                              size_t *ret_length)
{
    struct hvc_bytes_writer writer = hvc_bytes_writer(bytes, size);

    if (size < HVC_SNAPSHOT_CHUNK_MIN)
        return -ENOBUFS;
    if (cursor->revision != s->revision)
        return -ESTALE;
    while (size - writer.length >= HVC_RECORD_MAX) {
        size_t length = next_piece(s, cursor);

        if (length == 0)
            break;
        hvc_bytes_append(&writer, s->record, length);
    }
    *ret_length = writer.length;
    return 0;
}

uint64_t hvc_service_snapshot_size(struct hvc_service *s)
{
    struct hvc_snapshot_cursor cursor;
    uint64_t size = 0;
    size_t length;

    hvc_service_snapshot_begin(s, &cursor);
    while ((length = next_piece(s, &cursor)) > 0)
        size += length;
    return size;
}

/* ---- in ---- */

/* s->stage while loading: 0 the head is awaited, 1 + kind records of that kind or a later one, then: */
enum { STAGE_DONE = 100, STAGE_FAILED };

void hvc_service_load_begin(struct hvc_service *s)
{
    hvc_service_clear(s);
    s->loading = true;
    s->carry = 0;
    s->stage = 0;
    s->loaded = 0;
    s->load_error = 0;
}

static int fail(struct hvc_service *s, int error)
{
    hvc_service_clear(s);
    s->stage = STAGE_FAILED;
    s->load_error = error;
    return error;
}

static int take_head(struct hvc_service *s)
{
    struct hvc_bytes_reader reader = hvc_bytes_reader(s->record, HVC_SNAPSHOT_HEAD);
    const uint8_t *magic = hvc_bytes_take(&reader, 4);
    uint64_t version = hvc_bytes_get(&reader, 2);

    if (memcmp(magic, HVC_SNAPSHOT_MAGIC, 4) != 0 || version == 0)
        return -EBADMSG;
    if (version > HVC_SNAPSHOT_VERSION)
        return -EPROTONOSUPPORT;
    s->stage = 1;
    return 0;
}

static int take_end(struct hvc_service *s, struct hvc_bytes_reader *reader)
{
    uint64_t records = hvc_bytes_get(reader, 8), digest = hvc_bytes_get(reader, 8);

    if (reader->failed || reader->offset != reader->length || s->stage < 2 || records != s->loaded)
        return -EBADMSG;
    if (s->jobs_ended.count > s->config.jobs_kept)
        return -ENOSPC;
    if (digest != hvc_service_digest(s)) /* overwrites s->record: read before */
        return -EBADMSG;
    s->stage = STAGE_DONE;
    return 0;
}

static int take_record(struct hvc_service *s, size_t length)
{
    struct hvc_bytes_reader reader = hvc_bytes_reader(s->record + 3, length - 3);
    unsigned kind = s->record[0];
    int result;

    if (kind == HVC_SNAPSHOT_END)
        return take_end(s, &reader);
    if (kind >= HVC_RECORD_KIND_COUNT || kind + 1 < s->stage || (s->stage == 1) != (kind == HVC_RECORD_HEAD))
        return -EBADMSG;
    result = hvc_record_load(s, kind, &reader);
    if (result == 0) {
        s->stage = kind + 1 > 1 ? kind + 1 : 2; /* one head only */
        s->loaded++;
    }
    return result;
}

/* Bytes that the piece at the start of s->record needs, as far as that can be told from the carry. */
static size_t wanted(const struct hvc_service *s)
{
    if (s->stage == 0)
        return HVC_SNAPSHOT_HEAD;
    return s->carry < 3 ? 3 : 3 + (size_t)(s->record[1] | s->record[2] << 8);
}

int hvc_service_load_bytes(struct hvc_service *s, const void *bytes, size_t length)
{
    const uint8_t *at = bytes;

    if (!s->loading)
        return -EINVAL;
    if (s->stage == STAGE_FAILED)
        return s->load_error;
    while (length > 0) {
        size_t want = wanted(s), part = want - s->carry < length ? want - s->carry : length;
        int result;

        if (s->stage == STAGE_DONE || want > HVC_RECORD_MAX)
            return fail(s, -EBADMSG);
        memcpy(s->record + s->carry, at, part);
        s->carry += (uint32_t)part;
        at += part;
        length -= part;
        want = wanted(s); /* now the length of a record may be known */
        if (s->carry < want)
            continue;
        s->carry = 0;
        result = s->stage == 0 ? take_head(s) : take_record(s, want);
        if (result < 0)
            return fail(s, result);
    }
    return 0;
}

int hvc_service_load_end(struct hvc_service *s)
{
    if (!s->loading)
        return -EINVAL;
    if (s->stage == STAGE_FAILED)
        return s->load_error;
    if (s->stage != STAGE_DONE)
        return fail(s, -EBADMSG);
    hvc_limits_refresh(s);
    s->admit = false; /* what can be admitted was, when the last command was applied */
    s->loading = false;
    s->revision++;
    return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire.h"

#include <errno.h>
#include <string.h>

#include "crc_table.h"

#define CRC_OFFSET    48u
#define LENGTH_OFFSET 8u

/* Four bytes a step: every byte of a transfer is summed up three times. */
uint32_t hvc_crc32c(uint32_t crc, const void *bytes, size_t length)
{
    const uint8_t *p = bytes;

    crc = ~crc;
    for (; length >= 4; length -= 4, p += 4) {
        crc ^= (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
        crc = crc_table[3][crc & 255] ^ crc_table[2][crc >> 8 & 255] ^ crc_table[1][crc >> 16 & 255] ^
              crc_table[0][crc >> 24];
    }
    for (; length > 0; length--, p++)
        crc = crc >> 8 ^ crc_table[0][(crc ^ *p) & 255];
    return ~crc;
}

uint64_t hvc_read(struct hvc_reader *r, unsigned width)
{
    uint64_t value = 0;

    if (r->bad || (size_t)(r->end - r->at) < width) {
        r->bad = true;
        return 0;
    }
    for (unsigned i = width; i-- > 0;)
        value = (value << 8) | r->at[i];
    r->at += width;
    return value;
}

const uint8_t *hvc_read_bytes(struct hvc_reader *r, size_t length)
{
    const uint8_t *at = r->at;

    if (r->bad || (size_t)(r->end - r->at) < length) {
        r->bad = true;
        return NULL;
    }
    r->at += length;
    return at;
}

void hvc_read_copy(struct hvc_reader *r, void *target, size_t length)
{
    const uint8_t *bytes = hvc_read_bytes(r, length);

    if (bytes != NULL)
        memcpy(target, bytes, length);
    else
        memset(target, 0, length);
}

static bool hvc_read_bool(struct hvc_reader *r)
{
    uint64_t value = hvc_read(r, 1);

    if (value > 1)
        r->bad = true;
    return value == 1;
}

void hvc_write(struct hvc_writer *w, unsigned width, uint64_t value)
{
    if (w->bad || (size_t)(w->end - w->at) < width) {
        w->bad = true;
        return;
    }
    for (unsigned i = 0; i < width; i++)
        *w->at++ = (uint8_t)(value >> (8 * i));
}

void hvc_write_bytes(struct hvc_writer *w, const void *bytes, size_t length)
{
    if (w->bad || (size_t)(w->end - w->at) < length) {
        w->bad = true;
        return;
    }
    if (length > 0)
        memcpy(w->at, bytes, length);
    w->at += length;
}

static void write_token(struct hvc_writer *w, const struct hvc_token *token)
{
    hvc_write_bytes(w, token->id, sizeof(token->id));
    hvc_write(w, 8, token->birth);
}

static void read_token(struct hvc_reader *r, struct hvc_token *ret_token)
{
    hvc_read_copy(r, ret_token->id, sizeof(ret_token->id));
    ret_token->birth = hvc_read(r, 8);
}

static void write_point(struct hvc_writer *w, const struct hvc_digest_point *point)
{
    hvc_write(w, 8, point->index);
    hvc_write(w, 8, point->digest);
}

static void read_point(struct hvc_reader *r, struct hvc_digest_point *ret_point)
{
    ret_point->index = hvc_read(r, 8);
    ret_point->digest = hvc_read(r, 8);
}

void hvc_write_entry(struct hvc_writer *w, const struct hvc_entry *entry)
{
    hvc_write(w, 8, entry->index);
    hvc_write(w, 8, entry->epoch);
    hvc_write(w, 1, entry->kind);
    hvc_write(w, 1, entry->version);
    write_token(w, &entry->token);
    hvc_write(w, 4, entry->length);
    hvc_write_bytes(w, entry->bytes, entry->length);
}

void hvc_read_entry(struct hvc_reader *r, struct hvc_entry *ret_entry)
{
    ret_entry->index = hvc_read(r, 8);
    ret_entry->epoch = hvc_read(r, 8);
    ret_entry->kind = (uint8_t)hvc_read(r, 1);
    ret_entry->version = (uint8_t)hvc_read(r, 1);
    read_token(r, &ret_entry->token);
    ret_entry->length = (uint32_t)hvc_read(r, 4);
    if (ret_entry->length > HVC_OP_MAX || ret_entry->kind < HVC_ENTRY_OP || ret_entry->kind > HVC_ENTRY_DIGEST)
        r->bad = true;
    ret_entry->bytes = hvc_read_bytes(r, r->bad ? 0 : ret_entry->length);
}

static void write_view(struct hvc_writer *w, const struct hvc_view_record *view)
{
    hvc_write(w, 8, view->epoch);
    hvc_write(w, 4, view->ring.node);
    hvc_write(w, 8, view->ring.seq);
    hvc_write(w, 4, view->source);
    hvc_write(w, 4, view->need);
    hvc_write(w, 4, view->need_old);
    hvc_write(w, 1, view->wire);
    hvc_write(w, 1, view->entry_version);
    hvc_write(w, 1, view->modes);
    hvc_write(w, 1, view->forced);
    hvc_write(w, 2, view->count);
    for (unsigned i = 0; i < view->count; i++) {
        hvc_write(w, 4, view->node[i].node);
        hvc_write(w, 4, view->node[i].votes);
        hvc_write(w, 4, view->node[i].votes_old);
        hvc_write(w, 8, view->node[i].named);
        hvc_write(w, 1, view->node[i].participant);
    }
}

static void read_view(struct hvc_reader *r, struct hvc_view_record *ret_view)
{
    uint32_t before = 0;

    ret_view->epoch = hvc_read(r, 8);
    ret_view->ring.node = (uint32_t)hvc_read(r, 4);
    ret_view->ring.seq = hvc_read(r, 8);
    ret_view->source = (uint32_t)hvc_read(r, 4);
    ret_view->need = (uint32_t)hvc_read(r, 4);
    ret_view->need_old = (uint32_t)hvc_read(r, 4);
    ret_view->wire = (uint8_t)hvc_read(r, 1);
    ret_view->entry_version = (uint8_t)hvc_read(r, 1);
    ret_view->modes = (uint8_t)hvc_read(r, 1);
    ret_view->forced = hvc_read_bool(r);
    ret_view->count = (unsigned)hvc_read(r, 2);
    if (ret_view->count > HVC_VIEW_NODES_MAX) {
        ret_view->count = 0;
        r->bad = true;
    }
    for (unsigned i = 0; i < ret_view->count; i++) {
        struct hvc_view_node *node = &ret_view->node[i];

        node->node = (uint32_t)hvc_read(r, 4);
        node->votes = (uint32_t)hvc_read(r, 4);
        node->votes_old = (uint32_t)hvc_read(r, 4);
        node->named = hvc_read(r, 8);
        node->participant = hvc_read_bool(r);
        if (node->node <= before)
            r->bad = true;
        before = node->node;
    }
}

int hvc_wire_encode_view(const struct hvc_view_record *view, void *bytes, size_t size, size_t *ret_length)
{
    struct hvc_writer w = {.at = bytes, .end = (uint8_t *)bytes + size};

    write_view(&w, view);
    if (w.bad)
        return -EMSGSIZE;
    *ret_length = (size_t)(w.at - (uint8_t *)bytes);
    return 0;
}

int hvc_wire_decode_view(const void *bytes, size_t length, struct hvc_view_record *ret_view)
{
    struct hvc_reader r = {.at = bytes, .end = (const uint8_t *)bytes + length};

    read_view(&r, ret_view);
    return r.bad || r.at != r.end ? -EBADMSG : 0;
}

static void write_nodes(struct hvc_writer *w, const uint32_t *node, unsigned count)
{
    hvc_write(w, 2, count);
    for (unsigned i = 0; i < count; i++)
        hvc_write(w, 4, node[i]);
}

static unsigned read_nodes(struct hvc_reader *r, uint32_t *ret_node, unsigned max)
{
    unsigned count = (unsigned)hvc_read(r, 2);

    if (count > max) {
        r->bad = true;
        return 0;
    }
    for (unsigned i = 0; i < count; i++)
        ret_node[i] = (uint32_t)hvc_read(r, 4);
    return count;
}

static void write_offer(struct hvc_writer *w, const struct hvc_offer *offer)
{
    hvc_write(w, 4, offer->flags);
    hvc_write(w, 8, offer->promised);
    hvc_write(w, 8, offer->last_epoch);
    hvc_write(w, 8, offer->last_index);
    hvc_write(w, 8, offer->commit);
    hvc_write(w, 4, offer->votes);
    hvc_write(w, 4, offer->need);
    hvc_write(w, 1, offer->modes);
    hvc_write(w, 1, offer->wire_min);
    hvc_write(w, 1, offer->wire_max);
    hvc_write(w, 1, offer->entry_version_max);
    hvc_write_bytes(w, offer->cluster_id, sizeof(offer->cluster_id));
    write_point(w, &offer->digest);
    hvc_write(w, 2, offer->nodes);
    for (unsigned i = 0; i < offer->nodes; i++) {
        hvc_write(w, 4, offer->list[i].node);
        hvc_write(w, 4, offer->list[i].votes);
    }
    write_nodes(w, offer->with.node, offer->with.count);
    write_view(w, &offer->view);
}

static void read_offer(struct hvc_reader *r, struct hvc_offer *ret_offer)
{
    uint32_t before = 0;

    ret_offer->flags = (uint32_t)hvc_read(r, 4);
    ret_offer->promised = hvc_read(r, 8);
    ret_offer->last_epoch = hvc_read(r, 8);
    ret_offer->last_index = hvc_read(r, 8);
    ret_offer->commit = hvc_read(r, 8);
    ret_offer->votes = (uint32_t)hvc_read(r, 4);
    ret_offer->need = (uint32_t)hvc_read(r, 4);
    ret_offer->modes = (uint8_t)hvc_read(r, 1);
    ret_offer->wire_min = (uint8_t)hvc_read(r, 1);
    ret_offer->wire_max = (uint8_t)hvc_read(r, 1);
    ret_offer->entry_version_max = (uint8_t)hvc_read(r, 1);
    hvc_read_copy(r, ret_offer->cluster_id, sizeof(ret_offer->cluster_id));
    read_point(r, &ret_offer->digest);
    ret_offer->nodes = (unsigned)hvc_read(r, 2);
    if (ret_offer->nodes > HVC_NODES_MAX) {
        ret_offer->nodes = 0;
        r->bad = true;
    }
    for (unsigned i = 0; i < ret_offer->nodes; i++) {
        ret_offer->list[i].node = (uint32_t)hvc_read(r, 4);
        ret_offer->list[i].votes = (uint32_t)hvc_read(r, 4);
        if (ret_offer->list[i].node <= before)
            r->bad = true;
        before = ret_offer->list[i].node;
    }
    ret_offer->with.count = read_nodes(r, ret_offer->with.node, HVC_NODES_MAX);
    read_view(r, &ret_offer->view);
}

static void write_done(struct hvc_writer *w, const struct hvc_done *done)
{
    hvc_write(w, 8, done->base);
    hvc_write(w, 8, done->base_epoch);
    hvc_write(w, 8, done->last_index);
    hvc_write(w, 8, done->last_epoch);
    hvc_write(w, 1, done->snapshot);
    hvc_write(w, 8, done->chunks);
    hvc_write(w, 4, done->digest);
    hvc_write_bytes(w, done->cluster_id, sizeof(done->cluster_id));
    write_point(w, &done->point);
    hvc_write(w, 4, done->view_length);
    hvc_write_bytes(w, done->view, done->view_length);
}

static void read_done(struct hvc_reader *r, struct hvc_done *ret_done)
{
    ret_done->base = hvc_read(r, 8);
    ret_done->base_epoch = hvc_read(r, 8);
    ret_done->last_index = hvc_read(r, 8);
    ret_done->last_epoch = hvc_read(r, 8);
    ret_done->snapshot = hvc_read_bool(r);
    ret_done->chunks = hvc_read(r, 8);
    ret_done->digest = (uint32_t)hvc_read(r, 4);
    hvc_read_copy(r, ret_done->cluster_id, sizeof(ret_done->cluster_id));
    read_point(r, &ret_done->point);
    ret_done->view_length = (uint32_t)hvc_read(r, 4);
    ret_done->view = hvc_read_bytes(r, ret_done->view_length);
}

static void write_body(struct hvc_writer *w, const struct hvc_message *m)
{
    switch ((enum hvc_message_kind)m->kind) {
    case HVC_MESSAGE_OFFER:
        write_offer(w, &m->offer);
        break;
    case HVC_MESSAGE_EXCLUDE:
        hvc_write(w, 1, m->exclude.phase);
        hvc_write(w, 4, m->exclude.target);
        break;
    case HVC_MESSAGE_PROMISE:
        break;
    case HVC_MESSAGE_CHUNK:
        hvc_write(w, 1, m->chunk.kind);
        hvc_write(w, 8, m->chunk.number);
        hvc_write(w, 4, m->chunk.length);
        hvc_write_bytes(w, m->chunk.bytes, m->chunk.length);
        break;
    case HVC_MESSAGE_DONE:
        write_done(w, &m->done);
        break;
    case HVC_MESSAGE_PROPOSE:
        hvc_write(w, 1, m->propose.version);
        hvc_write(w, 1, m->propose.kind);
        write_token(w, &m->propose.token);
        hvc_write(w, 4, m->propose.length);
        hvc_write_bytes(w, m->propose.bytes, m->propose.length);
        break;
    case HVC_MESSAGE_ACK:
        hvc_write(w, 8, m->ack.index);
        write_point(w, &m->ack.digest);
        break;
    case HVC_MESSAGE_BARRIER:
        hvc_write(w, 8, m->barrier);
        break;
    case HVC_MESSAGE_FENCED:
        write_nodes(w, m->fenced.node, m->fenced.count);
        break;
    }
}

static void read_body(struct hvc_reader *r, struct hvc_message *ret)
{
    switch ((enum hvc_message_kind)ret->kind) {
    case HVC_MESSAGE_OFFER:
        read_offer(r, &ret->offer);
        break;
    case HVC_MESSAGE_EXCLUDE:
        ret->exclude.phase = (uint8_t)hvc_read(r, 1);
        ret->exclude.target = (uint32_t)hvc_read(r, 4);
        break;
    case HVC_MESSAGE_PROMISE:
        break;
    case HVC_MESSAGE_CHUNK:
        ret->chunk.kind = (uint8_t)hvc_read(r, 1);
        ret->chunk.number = hvc_read(r, 8);
        ret->chunk.length = (uint32_t)hvc_read(r, 4);
        ret->chunk.bytes = hvc_read_bytes(r, ret->chunk.length);
        if (ret->chunk.kind < HVC_CHUNK_SNAPSHOT || ret->chunk.kind > HVC_CHUNK_LOG)
            r->bad = true;
        break;
    case HVC_MESSAGE_DONE:
        read_done(r, &ret->done);
        break;
    case HVC_MESSAGE_PROPOSE:
        ret->propose.version = (uint8_t)hvc_read(r, 1);
        ret->propose.kind = (uint8_t)hvc_read(r, 1);
        read_token(r, &ret->propose.token);
        ret->propose.length = (uint32_t)hvc_read(r, 4);
        ret->propose.bytes = hvc_read_bytes(r, ret->propose.length);
        if (ret->propose.length > HVC_OP_MAX ||
            (ret->propose.kind != HVC_ENTRY_OP && ret->propose.kind != HVC_ENTRY_DIGEST))
            r->bad = true;
        break;
    case HVC_MESSAGE_ACK:
        ret->ack.index = hvc_read(r, 8);
        read_point(r, &ret->ack.digest);
        break;
    case HVC_MESSAGE_BARRIER:
        ret->barrier = hvc_read(r, 8);
        break;
    case HVC_MESSAGE_FENCED:
        ret->fenced.count = read_nodes(r, ret->fenced.node, HVC_FENCED_MAX);
        break;
    default:
        r->bad = true;
    }
}

int hvc_wire_encode(const struct hvc_message *m, void *bytes, size_t size, size_t *ret_length)
{
    struct hvc_writer w = {.at = bytes, .end = (uint8_t *)bytes + size}, field;
    size_t length;

    hvc_write(&w, 4, HVC_WIRE_MAGIC);
    hvc_write(&w, 1, m->version);
    hvc_write(&w, 1, m->kind);
    hvc_write(&w, 2, 0);
    hvc_write(&w, 4, 0);
    hvc_write(&w, 4, m->node);
    hvc_write(&w, 8, m->boot_id);
    hvc_write(&w, 4, m->ring.node);
    hvc_write(&w, 8, m->ring.seq);
    hvc_write(&w, 4, m->tag);
    hvc_write(&w, 8, m->epoch);
    hvc_write(&w, 4, 0);
    write_body(&w, m);
    length = (size_t)(w.at - (uint8_t *)bytes);
    if (w.bad || length > HVC_MESSAGE_MAX)
        return -EMSGSIZE;
    field = (struct hvc_writer){.at = (uint8_t *)bytes + LENGTH_OFFSET, .end = w.at};
    hvc_write(&field, 4, length);
    field = (struct hvc_writer){.at = (uint8_t *)bytes + CRC_OFFSET, .end = w.at};
    hvc_write(&field, 4, hvc_crc32c(0, bytes, length));
    *ret_length = length;
    return 0;
}

static bool crc_holds(const uint8_t *bytes, size_t length, uint32_t crc)
{
    static const uint8_t zero[4];
    uint32_t sum = hvc_crc32c(0, bytes, CRC_OFFSET);

    sum = hvc_crc32c(sum, zero, sizeof(zero));
    return hvc_crc32c(sum, bytes + HVC_WIRE_HEADER, length - HVC_WIRE_HEADER) == crc;
}

int hvc_wire_decode(const void *bytes, size_t length, uint8_t version_min, uint8_t version_max,
                    struct hvc_message *ret_message)
{
    struct hvc_reader r = {.at = bytes, .end = (const uint8_t *)bytes + length};
    uint32_t crc;

    if (length < HVC_WIRE_HEADER || length > HVC_MESSAGE_MAX || hvc_read(&r, 4) != HVC_WIRE_MAGIC)
        return -EBADMSG;
    ret_message->version = (uint8_t)hvc_read(&r, 1);
    ret_message->kind = (uint8_t)hvc_read(&r, 1);
    if (hvc_read(&r, 2) != 0 || hvc_read(&r, 4) != length)
        return -EBADMSG;
    ret_message->node = (uint32_t)hvc_read(&r, 4);
    ret_message->boot_id = hvc_read(&r, 8);
    ret_message->ring.node = (uint32_t)hvc_read(&r, 4);
    ret_message->ring.seq = hvc_read(&r, 8);
    ret_message->tag = (uint32_t)hvc_read(&r, 4);
    ret_message->epoch = hvc_read(&r, 8);
    crc = (uint32_t)hvc_read(&r, 4);
    if (!crc_holds(bytes, length, crc))
        return -EBADMSG;
    if (ret_message->version < version_min || ret_message->version > version_max)
        return -EPROTONOSUPPORT;
    read_body(&r, ret_message);
    return r.bad || r.at != r.end ? -EBADMSG : 0;
}

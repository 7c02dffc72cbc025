/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A replica among three that are made up from the input: memberships, quorum, messages whose fields are arbitrary but
 * whose ring and tag are right (the replica's own messages tell them), timers, writes that end late. Whatever comes, no
 * crash, no broken contract: work is asked for one at a time, what is to be persisted is there, nothing is applied
 * twice.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "wire.h"

struct input {
    const uint8_t *at, *end;
};

static uint64_t take(struct input *in, unsigned width)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < width && in->at < in->end; i++)
        value = value << 8 | *in->at++;
    return value;
}

struct world {
    struct hvc_replication *core;
    struct input in;
    struct hvc_message last; /* of its own messages: ring, tag, epoch */
    uint64_t seq, applied, now, ring;
    bool left;
};

static const struct hvc_replication_config config = {.node = 1,
                                                     .boot_id = 5,
                                                     .host_boot = 1,
                                                     .wire_min = 1,
                                                     .wire_max = 1,
                                                     .entry_version_max = 1,
                                                     .chunk_bytes = 128,
                                                     .log_entries = 16,
                                                     .log_bytes = 8192,
                                                     .tokens = 4,
                                                     .digest_interval = 4,
                                                     .exclude_ms = 10,
                                                     .resend_ms = 7,
                                                     .rejoin_ms = 20,
                                                     .barrier_ms = 5};

static void look_at(struct world *w, const struct hvc_replication_update *u)
{
    struct hvc_entry entry;

    for (unsigned i = 0; i < u->messages; i++)
        if (hvc_wire_decode(u->message[i].bytes, u->message[i].length, 1, 1, &w->last) < 0)
            abort();
    for (uint64_t i = 0; i < u->persist.count; i++)
        if (hvc_replication_entry(w->core, u->persist.first + i, &entry) < 0)
            abort();
    if (u->persist.seq != 0 && u->persist.seq != w->seq + 1)
        abort();
    w->seq = u->persist.seq != 0 ? u->persist.seq : w->seq;
    if (u->persist.wipe && u->persist.snapshot == HVC_SNAPSHOT_NONE)
        w->applied = 0;
    if (u->persist.snapshot == HVC_SNAPSHOT_STAGED)
        w->applied = u->persist.snapshot_index;
    w->left = u->leave != HVC_LEAVE_NONE;
}

static void step(struct world *w, struct hvc_replication_event *event)
{
    static struct hvc_replication_update u;
    static const uint8_t zero[HVC_CHUNK_MAX];

    for (;;) {
        event->now_ms = w->now;
        (void)hvc_replication_step(w->core, event, &u);
        look_at(w, &u);
        memset(event, 0, sizeof(*event));
        if (w->left || u.work == HVC_WORK_NONE)
            return;
        if (u.work == HVC_WORK_APPLY) {
            if (u.work_entry.index != w->applied + 1)
                abort();
            w->applied++;
            event->kind = HVC_REPLICATION_APPLIED;
            event->applied.index = u.work_entry.index;
        } else if (u.work == HVC_WORK_SNAPSHOT) {
            event->kind = HVC_REPLICATION_SNAPSHOT;
            event->snapshot.index = u.work_index;
            event->snapshot.size = 300;
        } else {
            event->kind = HVC_REPLICATION_DATA;
            event->data.bytes = zero;
            event->data.length = u.work_length;
        }
    }
}

static void fill_message(struct world *w, struct hvc_message *m)
{
    struct input *in = &w->in;
    static uint8_t payload[64];

    for (unsigned i = 0; i < sizeof(payload); i++)
        payload[i] = (uint8_t)(in->at < in->end ? in->at[i % (size_t)(in->end - in->at)] : 0);
    m->epoch = take(in, 1);
    switch (m->kind) {
    case HVC_MESSAGE_OFFER:
        m->offer = w->last.kind == HVC_MESSAGE_OFFER ? w->last.offer : m->offer;
        m->offer.flags = (uint32_t)take(in, 1);
        m->offer.promised = take(in, 1);
        m->offer.last_epoch = take(in, 1);
        m->offer.last_index = take(in, 1);
        m->offer.commit = take(in, 1);
        m->offer.votes = 1;
        m->offer.need = 2;
        m->offer.modes = (uint8_t)(take(in, 1) & 1);
        m->offer.wire_min = m->offer.wire_max = m->offer.entry_version_max = 1;
        break;
    case HVC_MESSAGE_EXCLUDE:
        m->exclude.phase = (uint8_t)take(in, 1);
        m->exclude.target = (uint32_t)take(in, 1);
        break;
    case HVC_MESSAGE_CHUNK:
        m->chunk.kind = (uint8_t)(1 + take(in, 1) % 4);
        m->chunk.number = take(in, 1);
        m->chunk.bytes = payload;
        m->chunk.length = (uint32_t)take(in, 1) % sizeof(payload);
        break;
    case HVC_MESSAGE_DONE:
        m->done.base = take(in, 1);
        m->done.last_index = take(in, 1);
        m->done.last_epoch = take(in, 1);
        m->done.chunks = take(in, 1);
        m->done.view = payload;
        m->done.view_length = (uint32_t)take(in, 1) % sizeof(payload);
        break;
    case HVC_MESSAGE_PROPOSE:
        m->propose.kind = HVC_ENTRY_OP;
        m->propose.version = (uint8_t)(take(in, 1) % 3);
        m->propose.token.id[0] = (uint8_t)take(in, 1);
        m->propose.bytes = payload;
        m->propose.length = (uint32_t)take(in, 1) % sizeof(payload);
        break;
    case HVC_MESSAGE_ACK:
        m->ack.index = take(in, 1);
        break;
    default:
        break;
    }
}

static void deliver(struct world *w)
{
    static struct hvc_message m;
    static uint8_t bytes[HVC_MESSAGE_MAX];
    struct hvc_replication_event event = {.kind = HVC_REPLICATION_MESSAGE};
    size_t length = 0;

    memset(&m, 0, sizeof(m));
    m.version = 1;
    m.kind = (uint8_t)(1 + take(&w->in, 1) % HVC_MESSAGE_FENCED);
    m.node = (uint32_t)(1 + take(&w->in, 1) % 3);
    m.boot_id = m.node == 1 ? config.boot_id : m.node;
    m.ring = w->last.ring;
    m.tag = w->last.tag;
    fill_message(w, &m);
    if (hvc_wire_encode(&m, bytes, sizeof(bytes), &length) < 0)
        return;
    event.message.node = m.node;
    event.message.bytes = bytes;
    event.message.length = length;
    step(w, &event);
}

static void change(struct world *w)
{
    static const struct hvc_replication_member member[] = {{1, 11}, {2, 12}, {3, 13}};
    static const struct hvc_replication_node list[] = {{1, 1}, {2, 1}, {3, 1}};
    struct hvc_replication_event event = {.kind = HVC_REPLICATION_VIEW};

    w->ring += 4;
    event.view.ring = (struct hvc_ring_id){1, w->ring};
    event.view.members = member;
    event.view.count = (unsigned)(1 + take(&w->in, 1) % 3);
    step(w, &event);
    if (w->left)
        return;
    event = (struct hvc_replication_event){.kind = HVC_REPLICATION_QUORUM};
    event.quorum.ring = (struct hvc_ring_id){1, w->ring};
    event.quorum.quorate = true;
    event.quorum.votes = 1;
    event.quorum.expected = 3;
    event.quorum.quorum = 2;
    event.quorum.nodes = list;
    event.quorum.count = 3;
    step(w, &event);
}

static void other(struct world *w, unsigned kind)
{
    struct hvc_replication_event event = {.kind = HVC_REPLICATION_TIMER};

    if (kind == 0) {
        w->now += take(&w->in, 1);
    } else if (kind == 1) {
        event.kind = HVC_REPLICATION_PERSISTED;
        event.persisted = w->seq;
    } else if (kind == 2) {
        event.kind = HVC_REPLICATION_PROPOSE;
        event.propose.token.id[0] = (uint8_t)take(&w->in, 1);
        event.propose.version = 1;
        event.propose.bytes = "operation";
        event.propose.length = 9;
    } else {
        event.kind = HVC_REPLICATION_FENCED;
        event.fenced = (uint32_t)(2 + take(&w->in, 1) % 2);
    }
    step(w, &event);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world w;
    struct hvc_replication_store store = {.empty = true};
    struct hvc_replication_event event = {.kind = HVC_REPLICATION_START};
    void *memory = malloc(hvc_replication_size(&config));

    if (memory == NULL)
        abort();
    memset(&w, 0, sizeof(w));
    w.in = (struct input){data, data + size};
    if (hvc_replication_init(memory, hvc_replication_size(&config), &config, &store, &w.core) < 0)
        abort();
    step(&w, &event);
    while (w.in.at < w.in.end && !w.left) {
        uint64_t kind = take(&w.in, 1) % 16;

        if (kind < 1)
            change(&w);
        else if (kind < 6)
            other(&w, (unsigned)kind % 4);
        else
            deliver(&w);
    }
    free(memory);
    return 0;
}

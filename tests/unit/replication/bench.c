/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../hvc_cmocka.h"

static struct hvc_replication_config bench_config(const struct bench_node *n, unsigned number)
{
    struct hvc_replication_config c = {.node = number + 1,
                                       .boot_id = n->boot_id,
                                       .host_boot = n->host_boot,
                                       .wire_min = 1,
                                       .wire_max = 1,
                                       .entry_version_max = 1,
                                       .chunk_bytes = 256,
                                       .log_entries = 32,
                                       .log_bytes = 16384,
                                       .tokens = 8,
                                       .digest_interval = 8,
                                       .exclude_ms = 100,
                                       .resend_ms = 1000,
                                       .rejoin_ms = 500,
                                       .barrier_ms = 50};

    c.cluster_id[0] = (uint8_t)(number + 1);
    return c;
}

struct bench *bench_new(unsigned nodes)
{
    struct bench *b = calloc(1, sizeof(*b));

    assert_non_null(b);
    b->nodes = nodes;
    b->expected = nodes;
    b->quorum = nodes / 2 + 1;
    for (unsigned i = 0; i < nodes; i++) {
        b->votes[i] = 1;
        b->node[i].host_boot = 100 + i;
        bench_start(b, i);
    }
    return b;
}

void bench_free(struct bench *b)
{
    for (unsigned i = 0; i < BENCH_NODES; i++)
        free(b->node[i].memory);
    free(b);
}

void bench_start(struct bench *b, unsigned number)
{
    struct bench_node *n = &b->node[number];
    struct hvc_replication_event event = {.kind = HVC_REPLICATION_START};
    struct hvc_replication_config config;
    struct hvc_replication_store store = {.damaged = n->damaged};
    size_t size;

    n->boot_id += 1000 + number;
    config = bench_config(n, number);
    size = hvc_replication_size(&config);
    assert_true(size > 0);
    if (n->memory == NULL)
        n->memory = malloc(size);
    store.empty = n->stored == 0 && n->snapshot_length == 0 && !n->damaged;
    store.voter = n->scalars.voter;
    store.node = n->scalars.node;
    store.view_boot = n->scalars.view_boot;
    store.promised = n->scalars.promised;
    store.commit = n->scalars.commit;
    store.with = n->scalars.with;
    store.refused = n->scalars.refused;
    memcpy(store.cluster_id, n->scalars.cluster_id, sizeof(store.cluster_id));
    if (n->snapshot_length > 0) {
        store.snapshot = n->snapshot;
        store.snapshot_length = n->snapshot_length;
    }
    assert_int_equal(hvc_replication_init(n->memory, size, &config, &store, &n->core), 0);
    for (unsigned i = 0; i < n->stored; i++) {
        n->disk[i].entry.bytes = n->disk[i].bytes;
        assert_int_equal(hvc_replication_load(n->core, &n->disk[i].entry), 0);
    }
    n->up = true;
    n->sum = n->snapshot_length > 0 ? n->snapshot_sum : 0;
    n->outs = n->writes = n->waits = n->runs = n->duplicates = n->expired = 0;
    n->left = HVC_LEAVE_NONE;
    memset(n->alarms, 0, sizeof(n->alarms));
    assert_int_equal(bench_step(b, number, &event), 0);
}

void bench_crash(struct bench *b, unsigned number, bool power)
{
    struct bench_node *n = &b->node[number];

    n->up = false;
    n->outs = n->writes = n->waits = 0;
    if (power)
        n->host_boot += 1000;
}

static void keep(struct bench_entry *slot, const struct hvc_entry *entry)
{
    assert_true(entry->length <= sizeof(slot->bytes));
    slot->entry = *entry;
    if (entry->length > 0)
        memcpy(slot->bytes, entry->bytes, entry->length);
    slot->entry.bytes = slot->bytes;
}

static void queue_write(struct bench_node *n, const struct hvc_replication_persist *p)
{
    struct hvc_entry entry;

    assert_true(n->writes < 64);
    n->write[n->writes++] = *p;
    for (uint64_t i = 0; i < p->count; i++) {
        assert_int_equal(hvc_replication_entry(n->core, p->first + i, &entry), 0);
        assert_true(n->waits < BENCH_DISK);
        keep(&n->waiting[n->waits++], &entry);
    }
    if (p->snapshot != HVC_SNAPSHOT_NONE) {
        assert_int_equal(hvc_replication_snapshot_write(n->core, n->snapshot, sizeof(n->snapshot), &n->snapshot_length),
                         0);
        n->snapshot_sum = p->snapshot == HVC_SNAPSHOT_OWN ? n->pinned : n->staged;
    }
}

static void write_out(struct bench_node *n, const struct hvc_replication_persist *p, unsigned *from)
{
    unsigned drop = 0;

    if (p->wipe) {
        n->stored = 0;
        n->damaged = false;
        if (p->snapshot == HVC_SNAPSHOT_NONE)
            n->snapshot_length = 0;
    }
    while (p->truncate && n->stored > 0 && n->disk[n->stored - 1].entry.index > p->truncate_above)
        n->stored--;
    for (uint64_t i = 0; i < p->count; i++)
        n->disk[n->stored++] = n->waiting[(*from)++];
    while (drop < n->stored && n->disk[drop].entry.index <= p->trim_to)
        drop++;
    memmove(&n->disk[0], &n->disk[drop], (n->stored - drop) * sizeof(n->disk[0]));
    n->stored -= drop;
    n->scalars = *p;
}

void bench_sync(struct bench *b, unsigned number)
{
    struct bench_node *n = &b->node[number];
    struct hvc_replication_event event = {.kind = HVC_REPLICATION_PERSISTED};
    unsigned from = 0;

    if (n->writes == 0)
        return;
    for (unsigned i = 0; i < n->writes; i++)
        write_out(n, &n->write[i], &from);
    event.persisted = n->write[n->writes - 1].seq;
    n->writes = n->waits = 0;
    (void)bench_step(b, number, &event);
}

static bool do_work(struct bench_node *n, struct hvc_replication_event *next)
{
    const struct hvc_replication_update *u = &n->last;
    enum hvc_replication_work work = u->work;

    memset(next, 0, sizeof(*next));
    if (work == HVC_WORK_APPLY) {
        next->kind = HVC_REPLICATION_APPLIED;
        next->applied.index = u->work_entry.index;
        if (u->work_verdict == HVC_VERDICT_DUPLICATE) {
            n->duplicates++;
            n->repeated = (struct bench_answer){u->work_first, u->work_value, u->work_code};
        }
        n->expired += u->work_verdict == HVC_VERDICT_EXPIRED;
        if (u->work_verdict == HVC_VERDICT_RUN) {
            n->sum = n->sum * 31 + u->work_entry.bytes[0];
            n->runs++;
            next->applied.code = INT32_MIN + u->work_entry.bytes[0]; /* all of its bits are kept */
            n->ran = (struct bench_answer){u->work_entry.index, n->sum, next->applied.code};
        }
        next->applied.value = n->sum;
        next->applied.digest = n->sum;
    } else if (work == HVC_WORK_SNAPSHOT) {
        n->pinned = n->sum;
        next->kind = HVC_REPLICATION_SNAPSHOT;
        next->snapshot.index = u->work_index;
        next->snapshot.size = sizeof(n->pinned);
    } else if (work == HVC_WORK_READ) {
        next->kind = HVC_REPLICATION_DATA;
        next->data.bytes = (const uint8_t *)&n->pinned + u->work_offset;
        next->data.length = u->work_length;
    }
    return work != HVC_WORK_NONE;
}

static void take(struct bench_node *n)
{
    const struct hvc_replication_update *u = &n->last;

    if (u->stage.bytes != NULL)
        memcpy((uint8_t *)&n->staged + u->stage.offset, u->stage.bytes, u->stage.length);
    if (u->persist.wipe && u->persist.snapshot == HVC_SNAPSHOT_NONE)
        n->sum = 0;
    if (u->persist.snapshot == HVC_SNAPSHOT_STAGED)
        n->sum = n->staged;
    if (u->persist.seq != 0)
        queue_write(n, &u->persist);
    for (unsigned i = 0; i < u->messages; i++) {
        assert_true(n->outs < 32 && u->message[i].length <= sizeof(n->out[0].bytes));
        memcpy(n->out[n->outs].bytes, u->message[i].bytes, u->message[i].length);
        n->out[n->outs++].length = u->message[i].length;
    }
    for (unsigned i = 0; i < u->alarms; i++)
        n->alarms[u->alarm[i].code]++;
    n->void_seen = n->void_seen || u->proposals_void;
    if (u->barrier) {
        n->barrier_seen = true;
        n->barrier_passed = u->barrier_passed;
    }
    if (u->leave != HVC_LEAVE_NONE) {
        n->left = u->leave;
        n->up = false;
    }
}

int bench_step(struct bench *b, unsigned number, struct hvc_replication_event *event)
{
    struct bench_node *n = &b->node[number];
    struct hvc_replication_event next = *event;
    int result = 0;
    bool first = true;

    do {
        int now;

        next.now_ms = n->now;
        now = hvc_replication_step(n->core, &next, &n->last);
        result = first ? now : result;
        assert_true(first || now == 0);
        first = false;
        take(n);
    } while (n->up && do_work(n, &next));
    if (!n->slow && n->writes > 0) /* who leaves writes, too */
        bench_sync(b, number);
    return result;
}

void bench_view(struct bench *b, unsigned mask, bool new_ring)
{
    struct hvc_replication_member member[BENCH_NODES];
    struct hvc_replication_event event = {.kind = HVC_REPLICATION_VIEW};

    b->members = mask;
    if (new_ring) {
        b->ring = (struct hvc_ring_id){.node = 1, .seq = b->ring.seq + 4};
        b->ordered = 0;
    }
    event.view.ring = b->ring;
    event.view.members = member;
    for (unsigned i = 0; i < b->nodes; i++)
        if ((mask >> i) & 1)
            member[event.view.count++] = (struct hvc_replication_member){i + 1, (uint32_t)b->node[i].boot_id};
    for (unsigned i = 0; i < b->nodes; i++)
        if ((mask >> i) & 1 && b->node[i].up) {
            b->node[i].position = b->ordered;
            assert_int_equal(bench_step(b, i, &event), 0);
        }
}

void bench_quorum(struct bench *b, unsigned number, bool quorate)
{
    struct hvc_replication_node list[BENCH_NODES];
    struct hvc_replication_event event = {.kind = HVC_REPLICATION_QUORUM};

    for (unsigned i = 0; i < b->nodes; i++)
        list[i] = (struct hvc_replication_node){i + 1, b->votes[i]};
    event.quorum.ring = b->ring;
    event.quorum.quorate = quorate;
    event.quorum.votes = b->votes[number];
    event.quorum.expected = b->expected;
    event.quorum.quorum = b->quorum;
    event.quorum.modes = b->modes;
    event.quorum.nodes = list;
    event.quorum.count = b->nodes;
    assert_int_equal(bench_step(b, number, &event), 0);
}

void bench_send(struct bench *b, unsigned number)
{
    struct bench_node *n = &b->node[number];

    for (unsigned i = 0; i < n->outs; i++) {
        assert_true(b->ordered < BENCH_ITEMS);
        b->order[b->ordered] = n->out[i];
        b->order[b->ordered++].node = number + 1;
    }
    n->outs = 0;
}

bool bench_deliver(struct bench *b, unsigned number)
{
    struct bench_node *n = &b->node[number];
    struct hvc_replication_event event = {.kind = HVC_REPLICATION_MESSAGE};

    if (!n->up || n->position == b->ordered)
        return false;
    event.message.node = b->order[n->position].node;
    event.message.bytes = b->order[n->position].bytes;
    event.message.length = b->order[n->position].length;
    n->position++;
    assert_int_equal(bench_step(b, number, &event), 0);
    return true;
}

void bench_settle(struct bench *b, unsigned mask)
{
    bool moved = true;

    while (moved) {
        moved = false;
        for (unsigned i = 0; i < b->nodes; i++) {
            if (!((mask >> i) & 1) || !b->node[i].up)
                continue;
            moved = moved || b->node[i].outs > 0;
            bench_send(b, i);
            while (bench_deliver(b, i))
                moved = true;
        }
    }
}

void bench_join(struct bench *b, unsigned mask)
{
    bench_view(b, mask, true);
    for (unsigned i = 0; i < b->nodes; i++)
        if ((mask >> i) & 1 && b->node[i].up)
            bench_quorum(b, i, true);
    bench_settle(b, mask);
}

int bench_propose_born(struct bench *b, unsigned number, uint8_t token, uint8_t value, uint64_t birth)
{
    struct hvc_replication_event event = {.kind = HVC_REPLICATION_PROPOSE};

    event.propose.token = (struct hvc_token){.id = {token}, .birth = birth};
    event.propose.version = 1;
    event.propose.bytes = &value;
    event.propose.length = 1;
    return bench_step(b, number, &event);
}

int bench_propose(struct bench *b, unsigned number, uint8_t token, uint8_t value)
{
    return bench_propose_born(b, number, token, value, bench_status(b, number).commit);
}

void bench_timer(struct bench *b, unsigned number, uint64_t later_ms)
{
    struct hvc_replication_event event = {.kind = HVC_REPLICATION_TIMER};

    b->node[number].now += later_ms;
    assert_int_equal(bench_step(b, number, &event), 0);
}

struct hvc_replication_status bench_status(struct bench *b, unsigned number)
{
    struct hvc_replication_status s;

    hvc_replication_status(b->node[number].core, &s);
    return s;
}

uint64_t bench_epoch_at(struct bench *b, unsigned number, uint64_t index)
{
    struct hvc_entry entry;

    return hvc_replication_entry(b->node[number].core, index, &entry) == 0 ? entry.epoch : 0;
}

void bench_repeated_whole(const struct bench *b, unsigned repeats, unsigned ran)
{
    const struct bench_answer *again = &b->node[repeats].repeated, *first = &b->node[ran].ran;

    assert_int_equal(again->index, first->index);
    assert_int_equal(again->value, first->value);
    assert_int_equal(again->code, first->code);
    assert_true(first->index != 0 && first->code < 0);
}

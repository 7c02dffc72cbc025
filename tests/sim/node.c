/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The driver of one daemon: feeds the library, carries out its updates, as hvclusterd does. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

static struct hvc_replication_config node_config(struct sim_world *w, const struct sim_node *n)
{
    struct hvc_replication_config c = {
        .node = (uint32_t)n->id + 1,
        .boot_id = n->boot_id,
        .host_boot = n->host_boot,
        .wire_min = n->version >= 3 ? 2 : 1,
        .wire_max = n->version >= 2 ? 2 : 1,
        .entry_version_max = n->version >= 2 ? 2 : 1,
        .log_entries = SIM_WINDOW,
        .log_bytes = 65536,
        .tokens = SIM_TOKENS,
        .chunk_bytes = 1200,
        .digest_interval = 8,
        .exclude_ms = 40,
        .resend_ms = 17,
        .rejoin_ms = 60,
        .barrier_ms = 30,
    };

    for (unsigned i = 0; i < sizeof(c.cluster_id); i++)
        c.cluster_id[i] = (uint8_t)sim_random(w);
    return c;
}

static void node_load(struct sim_world *w, struct sim_node *n)
{
    const struct sim_disk *d = &n->disk;
    struct hvc_replication_config config = node_config(w, n);
    struct hvc_replication_store store = {.empty = d->lost || (d->count == 0 && !d->snapshot && !d->corrupt),
                                          .damaged = d->corrupt || d->restored,
                                          .voter = d->voter,
                                          .node = d->owner,
                                          .view_boot = d->view_boot,
                                          .promised = d->lost ? 0 : d->promised,
                                          .commit = d->commit,
                                          .with = d->with,
                                          .refused = d->refused};
    size_t size = hvc_replication_size(&config);
    int result;

    memcpy(store.cluster_id, d->cluster_id, sizeof(store.cluster_id));
    if (d->snapshot && !d->lost && !d->corrupt) {
        store.snapshot = d->meta;
        store.snapshot_length = d->meta_length;
    }
    if (n->memory == NULL)
        n->memory = malloc(size);
    result = hvc_replication_init(n->memory, size, &config, &store, &n->core);
    for (unsigned i = 0; i < d->count && result == 0 && !d->lost && !d->corrupt; i++)
        result = hvc_replication_load(n->core, &d->entry[i]);
    if (result < 0)
        sim_violation(w, "store-loads", "node %d: what was stored is refused: %d", n->id + 1, result);
    state_clear(n);
    n->pinned = (struct sim_image){0};
    if (store.snapshot == NULL || result < 0)
        return;
    result = state_load(n, d->state.bytes, d->state.length);
    if (result < 0)
        sim_violation(w, "store-loads", "node %d: the stored state is refused: %d", n->id + 1, result);
    n->applied = d->state.applied;
}

/* init and force are words of the operator for one start. */
static void operator_word(struct sim_world *w, struct sim_node *n)
{
    struct hvc_replication_event event = {.kind = n->force ? HVC_REPLICATION_FORCE : HVC_REPLICATION_INIT};
    bool init = !n->force, others = false;
    int result;

    for (unsigned i = 0; i < sizeof(event.cluster_id); i++)
        event.cluster_id[i] = (uint8_t)(sim_random(w) >> 9);
    n->init = n->force = false;
    result = node_step(w, n, &event);
    sim_trace(w, "n%d operator: %s: %d", n->id + 1, init ? "init" : "force", result);
    for (int i = 0; i < w->nodes; i++)
        others = others || (&w->node[i] != n && fault_store_counts(&w->node[i].disk));
    if (init)
        w->stats.cover[result == -EEXIST ? COVER_INIT_REFUSED : others ? COVER_INIT_BESIDE : COVER_INIT_RIGHT]++;
    else if (result == -ENOENT)
        w->stats.cover[COVER_FORCE_REFUSED]++;
    else {
        w->force_under_way = n->forcing = true;
        memcpy(n->force_id, event.cluster_id, sizeof(n->force_id));
    }
    if (result < 0 && result != (init ? -EEXIST : -ENOENT))
        sim_violation(w, "contract", "node %d: the operator's word is refused: %d", n->id + 1, result);
}

static void forget_process(struct sim_node *n)
{
    n->hung_until = 0;
    n->wake_at = UINT64_MAX;
    n->write_head = n->write_count = 0;
    n->fsync_armed = false;
    n->sendq_count = 0;
    n->inbox.count = n->quorum.count = 0;
    n->effects = 0;
    n->epoch = 0;
    n->view_open = n->quorate = false;
    n->not_primary_since = 1;
    memset(n->request, 0, sizeof(n->request));
    memset(n->work, 0, sizeof(n->work));
    memset(n->told, 0, sizeof(n->told));
    memset(n->heard, 0, sizeof(n->heard));
    n->drain = 0;
}

void node_start(struct sim_world *w, struct sim_node *n)
{
    struct sim_item join = {.kind = ITEM_JOIN, .from = n->id};
    struct hvc_replication_event event = {.kind = HVC_REPLICATION_START};

    if (n->running || !n->powered || n->parked || (n->disk_full && w->faults))
        return;
    n->disk_full = false;
    n->running = true;
    n->pid = n->boots * SIM_STARTS_MAX + ++n->starts;
    n->boot_id = sim_random(w);
    forget_process(n);
    node_load(w, n);
    sim_trace(w, "n%d starts: last %llu promised %llu%s%s%s", n->id + 1,
              (unsigned long long)(n->disk.count == 0 ? 0 : n->disk.first + n->disk.count - 1),
              (unsigned long long)n->disk.promised, n->disk.lost ? " empty" : "", n->disk.corrupt ? " corrupt" : "",
              n->disk.restored ? " restored" : "");
    (void)node_step(w, n, &event);
    if (n->running && (n->init || n->force))
        operator_word(w, n);
    if (!n->running)
        return;
    sim_at(w, 3000 + sim_below(w, 6000), EV_KEEP, n->id, n->boot_id, 0);
    join.pid = n->pid;
    if (n->ring >= 0) {
        if (!totem_accept(w, n, &join))
            n->sendq[n->sendq_count++] = join;
        totem_quorum(w, n, sim_below(w, 3000));
        w->stats.same_ring_rejoins++;
    } else {
        n->sendq[n->sendq_count++] = join;
    }
    node_arm(w, n);
}

static void add_counters(struct sim_node *n)
{
    struct hvc_replication_status s;
    const uint64_t *from = (const uint64_t *)&s.counters;
    uint64_t *to = (uint64_t *)&n->counters;

    hvc_replication_status(n->core, &s);
    for (size_t i = 0; i < sizeof(s.counters) / sizeof(uint64_t); i++)
        to[i] += from[i];
}

void node_counters(struct sim_world *w, struct sim_node *n)
{
    const uint64_t *from = (const uint64_t *)&n->counters;
    uint64_t *to = (uint64_t *)&w->stats.core;

    if (n->running)
        add_counters(n);
    for (size_t i = 0; i < sizeof(n->counters) / sizeof(uint64_t); i++)
        to[i] += from[i];
}

/* What was under way is lost, but for a prefix: records are written in order, each whole. */
void node_kill(struct sim_world *w, struct sim_node *n, bool power)
{
    unsigned kept;

    if (n->running) {
        sim_trace(w, "n%d %s", n->id + 1, power ? "loses power" : "killed");
        add_counters(n);
        kept = n->write_count > 0 ? (unsigned)sim_below(w, n->write_count + 1) : 0;
        for (unsigned i = 0; HVC_BUG(LOSTLOG) && i < n->write_count; i++)
            if (n->write[(n->write_head + i) % SIM_WRITES_MAX].p.truncate) {
                kept = i;
                break;
            }
        w->stats.lost_writes += n->write_count - kept;
        for (unsigned i = 0; i < kept; i++)
            disk_apply(&n->disk, &n->write[(n->write_head + i) % SIM_WRITES_MAX], false);
        if (HVC_BUG(LOSTLOG) && kept < n->write_count)
            disk_apply(&n->disk, &n->write[(n->write_head + kept) % SIM_WRITES_MAX], true);
        check_stored(w, n);
        w->stats.cover[COVER_FORCE_LOST] += n->forcing;
        n->running = n->forcing = false;
        n->write_count = 0;
        n->sendq_count = 0;
        if (!power)
            totem_process_gone(w, n);
    }
    if (power) {
        pcmk_lost(w, n->id);
        n->powered = false;
        n->off_at = w->now;
        n->boots++;
        n->joined = 0;
        n->ring = -1;
        n->unsent_count = 0;
        n->seen_all = false;
        n->host_boot = 1 + sim_random(w) / 2;
        memset(n->group, 0, sizeof(n->group));
        memset(n->down, 0, sizeof(n->down));
        hyper_power_off(w, n->id);
    }
}

bool node_awake(const struct sim_world *w, const struct sim_node *n)
{
    return n->running && w->now >= n->hung_until;
}

void node_arm(struct sim_world *w, struct sim_node *n)
{
    uint64_t hung = n->hung_until > w->now ? n->hung_until - w->now : 0;

    if (n->running && !n->daemon_armed && n->inbox.count + n->quorum.count > 0) {
        uint64_t wait = 0;

        if (n->inbox.count == 0) {
            const struct sim_inbox *q = &n->quorum.slot[n->quorum.head];

            wait = q->ready > w->now ? q->ready - w->now : 0;
        }
        n->daemon_armed = true;
        sim_at(w, (hung > wait ? hung : wait) + 20 + sim_below(w, 200), EV_DAEMON, n->id, 0, 0);
    }
    if (!n->send_armed && (n->sendq_count > 0 || n->unsent_count > 0)) {
        n->send_armed = true;
        sim_at(w, 50 + sim_below(w, w->now < n->lag_until ? 12000 : 400), EV_SEND, n->id, 0, 0);
    }
}

/* From the bounded queue of the driver into corosync; TRY_AGAIN leaves it there. */
void node_send(struct sim_world *w, struct sim_node *n)
{
    unsigned sent = 0;

    if (node_awake(w, n) && n->ring >= 0) {
        while (sent < n->sendq_count && totem_accept(w, n, &n->sendq[sent]))
            sent++;
        w->stats.try_again += sent < n->sendq_count;
        memmove(&n->sendq[0], &n->sendq[sent], (n->sendq_count - sent) * sizeof(n->sendq[0]));
        n->sendq_count -= sent;
    }
    node_arm(w, n);
}

static void queue_messages(struct sim_world *w, struct sim_node *n, const struct hvc_replication_update *u)
{
    for (unsigned i = 0; i < u->messages; i++) {
        struct sim_item item = {.kind = ITEM_MESSAGE, .from = n->id, .length = u->message[i].length};

        if (n->sendq_count == SIM_SENDQ_MAX) {
            sim_violation(w, "bounded-queues", "node %d: more than %d messages to send", n->id + 1, SIM_SENDQ_MAX);
            return;
        }
        item.bytes = sim_copy(w, u->message[i].bytes, u->message[i].length);
        n->sendq[n->sendq_count++] = item;
    }
}

static void do_stage(struct sim_world *w, struct sim_node *n, const struct hvc_replication_update *u)
{
    if (u->stage.reset)
        n->staged_length = 0;
    if (u->stage.bytes == NULL)
        return;
    if (u->stage.offset != n->staged_length || u->stage.offset + u->stage.length > SIM_STATE_MAX) {
        sim_violation(w, "contract", "node %d: staged bytes at %llu", n->id + 1, (unsigned long long)u->stage.offset);
        return;
    }
    memcpy(n->staged + u->stage.offset, u->stage.bytes, u->stage.length);
    n->staged_length += u->stage.length;
    w->stats.multi_chunk += u->stage.offset > 0;
}

/* The staged state takes the place of the own one; false: it is of a newer program. */
static bool take_staged(struct sim_world *w, struct sim_node *n, uint64_t index)
{
    int result = state_load(n, n->staged, (size_t)n->staged_length);

    if (result == -EPROTONOSUPPORT)
        return false;
    if (result < 0)
        sim_violation(w, "snapshot-whole", "node %d: the staged snapshot cannot be loaded: %d", n->id + 1, result);
    n->applied = index;
    n->pinned = (struct sim_image){.bytes = sim_copy(w, n->staged, (size_t)n->staged_length),
                                   .length = (size_t)n->staged_length,
                                   .applied = index};
    check_state(w, n, index);
    return true;
}

/* False: the record cannot be taken by this program, which has to leave. */
static bool do_persist(struct sim_world *w, struct sim_node *n, const struct hvc_replication_persist *p)
{
    struct sim_write *write;
    struct hvc_entry last;
    uint8_t *meta;
    size_t size = hvc_replication_snapshot_size(n->core);

    if (p->seq == 0)
        return true;
    if (p->wipe && p->snapshot == HVC_SNAPSHOT_NONE)
        state_clear(n);
    if (p->snapshot == HVC_SNAPSHOT_STAGED && !take_staged(w, n, p->snapshot_index))
        return false;
    write = disk_queue(w, n, p);
    if (write == NULL)
        return true;
    if (p->snapshot != HVC_SNAPSHOT_NONE) {
        meta = sim_alloc(w, size);
        if (hvc_replication_snapshot_write(n->core, meta, size, &write->meta_length) < 0)
            sim_violation(w, "contract", "node %d: snapshot metadata does not fit", n->id + 1);
        write->meta = meta;
        write->state = n->pinned;
        if (write->state.applied != p->snapshot_index)
            sim_violation(w, "contract", "node %d: snapshot of %llu holds the state of %llu", n->id + 1,
                          (unsigned long long)p->snapshot_index, (unsigned long long)write->state.applied);
    }
    if (p->count > 0 && hvc_replication_entry(n->core, p->first + p->count - 1, &last) == 0 &&
        last.kind == HVC_ENTRY_VIEW) {
        check_install(w, n);
    }
    n->persist_seq = p->seq;
    if (!n->fsync_armed) {
        n->fsync_armed = true;
        w->stats.slow_fsync += n->slow;
        sim_at(w, 200 + sim_below(w, n->slow ? 60000 : 2500), EV_FSYNC, n->id, n->boot_id, 0);
    }
    return true;
}

/* False: the entry is of a newer program. */
static bool do_apply(struct sim_world *w, struct sim_node *n, const struct hvc_replication_update *u,
                     struct hvc_replication_event *next)
{
    const struct hvc_entry *entry = &u->work_entry;
    struct hvc_answer answer = {0};
    bool first = check_apply(w, n, u);

    next->kind = HVC_REPLICATION_APPLIED;
    next->applied.index = entry->index;
    if (u->work_verdict == HVC_VERDICT_RUN) {
        int result = state_apply(n->service, n->version, entry, &answer);

        if (result < 0) {
            sim_violation(w, "contract", "node %d: the service refuses entry %llu: %d", n->id + 1,
                          (unsigned long long)entry->index, result);
            return false;
        }
        if (entry->version >= 2) {
            w->stats.cover[COVER_NEWER_ENTRY]++;
            if (w->newer_index == 0 || entry->index < w->newer_index)
                w->newer_index = entry->index;
        }
        if (first)
            invariant_entry(w, n, entry, &answer);
    }
    n->applied = entry->index;
    check_state(w, n, entry->index);
    client_answer(w, n, u, &answer);
    ask_applied(w, n, entry);
    effect_applied(w, n);
    next->applied.code = hvc_answer_pack(&answer);
    next->applied.value = answer.value;
    next->applied.digest = hvc_service_digest(n->service);
    return true;
}

/* Fills the event that answers the work; false when there is none. */
static bool do_work(struct sim_world *w, struct sim_node *n, const struct hvc_replication_update *u,
                    struct hvc_replication_event *next)
{
    memset(next, 0, sizeof(*next));
    switch (u->work) {
    case HVC_WORK_NONE:
        return false;
    case HVC_WORK_APPLY:
        return do_apply(w, n, u, next);
    case HVC_WORK_SNAPSHOT:
        next->kind = HVC_REPLICATION_SNAPSHOT;
        next->snapshot.index = u->work_index;
        next->snapshot.size = state_pin(w, n);
        break;
    case HVC_WORK_READ:
        if (u->work_offset + u->work_length > n->pinned.length)
            sim_violation(w, "contract", "node %d: reads beyond the pinned state", n->id + 1);
        else
            next->data.bytes = n->pinned.bytes + u->work_offset;
        next->kind = HVC_REPLICATION_DATA;
        next->data.length = u->work_length;
        break;
    }
    return true;
}

static void do_leave(struct sim_world *w, struct sim_node *n, enum hvc_replication_leave why, uint64_t detail)
{
    sim_trace(w, "n%d leaves: %s (%llu)", n->id + 1, hvc_replication_leave_name(why), (unsigned long long)detail);
    w->stats.leaves[why]++;
    w->stats.cover[COVER_OLD_LEFT] += why == HVC_LEAVE_UNDECODABLE;
    if (why == HVC_LEAVE_FOREIGN) /* the operator takes the old store away */
        n->disk = (struct sim_disk){.lost = true};
    node_kill(w, n, false);
    sim_at(w, 3000 + sim_below(w, 20000), EV_START, n->id, 0, 0);
}

static void arm_timer(struct sim_world *w, struct sim_node *n, uint64_t wake_ms)
{
    uint64_t at = wake_ms == UINT64_MAX ? UINT64_MAX : wake_ms * 1000;

    if (at == n->wake_at)
        return;
    n->wake_at = at;
    if (at != UINT64_MAX)
        sim_at(w, at > w->now ? at - w->now : 1, EV_TIMER, n->id, n->boot_id, at);
}

static void trace_update(struct sim_world *w, struct sim_node *n, const struct hvc_replication_update *u)
{
    struct hvc_replication_status s;

    if (!w->trace || !(u->status_changed || u->alarms > 0))
        return;
    hvc_replication_status(n->core, &s);
    sim_trace(w, "n%d %s, waits for %s: epoch %llu source %u last %llu/%llu commit %llu applied %llu%s%s", n->id + 1,
              hvc_replication_phase_name(s.phase), hvc_replication_wait_name(s.wait), (unsigned long long)s.epoch,
              s.source, (unsigned long long)s.last_epoch, (unsigned long long)s.last_index,
              (unsigned long long)s.commit, (unsigned long long)s.applied, s.primary ? " primary" : "",
              s.voter ? "" : " observer");
    for (unsigned i = 0; i < u->alarms; i++)
        sim_trace(w, "n%d alarm: %s (node %u, %llu)", n->id + 1, hvc_replication_alarm_name(u->alarm[i].code),
                  u->alarm[i].node, (unsigned long long)u->alarm[i].detail);
}

int node_step(struct sim_world *w, struct sim_node *n, struct hvc_replication_event *event)
{
    struct hvc_replication_event next = *event;
    struct hvc_replication_update u;
    bool first = true;
    int result = 0, now;

    do {
        uint64_t seq = n->persist_seq;

        next.now_ms = w->now / 1000;
        now = hvc_replication_step(n->core, &next, &u);
        result = first ? now : result;
        if (!first && now < 0)
            sim_violation(w, "contract", "node %d: event %d refused: %d", n->id + 1, (int)next.kind, now);
        first = false;
        trace_update(w, n, &u);
        do_stage(w, n, &u);
        if (!do_persist(w, n, &u.persist)) {
            do_leave(w, n, HVC_LEAVE_UNDECODABLE, u.persist.snapshot_index);
            return result;
        }
        queue_messages(w, n, &u);
        check_update(w, n, &u);
        if (u.barrier)
            effect_barrier(w, n, u.barrier_id, u.barrier_passed);
        if (u.proposals_void)
            ask_void(n);
        if (u.leave != HVC_LEAVE_NONE) {
            do_leave(w, n, u.leave, u.leave_detail);
            return result;
        }
        if (do_work(w, n, &u, &next))
            continue;
        if (!HVC_BUG(SENDEARLY) || n->persist_seq == seq)
            break;
        next = (struct hvc_replication_event){.kind = HVC_REPLICATION_PERSISTED, .persisted = n->persist_seq};
    } while (w->violation[0] == '\0');
    arm_timer(w, n, u.wake_ms);
    if (u.status_changed && w->faults)
        fault_phase(w, n);
    node_arm(w, n);
    return result;
}

void node_timer(struct sim_world *w, struct sim_node *n, uint64_t at)
{
    struct hvc_replication_event event = {.kind = HVC_REPLICATION_TIMER};

    if (!n->running || n->wake_at != at)
        return;
    if (!node_awake(w, n)) {
        sim_at(w, n->hung_until - w->now + sim_below(w, 1000), EV_TIMER, n->id, n->boot_id, at);
        return;
    }
    n->wake_at = UINT64_MAX;
    (void)node_step(w, n, &event);
}

void node_fsync(struct sim_world *w, struct sim_node *n)
{
    struct hvc_replication_event event = {.kind = HVC_REPLICATION_PERSISTED};

    if (!n->running)
        return;
    if (!node_awake(w, n)) {
        sim_at(w, n->hung_until - w->now + sim_below(w, 1000), EV_FSYNC, n->id, n->boot_id, 0);
        return;
    }
    n->fsync_armed = false;
    if (n->disk_full) {
        event.kind = HVC_REPLICATION_DISK_ERROR;
        (void)node_step(w, n, &event);
        return;
    }
    while (n->write_count > 0) {
        event.persisted = n->write[n->write_head].p.seq;
        disk_apply(&n->disk, &n->write[n->write_head], false);
        n->write_head = (n->write_head + 1) % SIM_WRITES_MAX;
        n->write_count--;
    }
    check_stored(w, n);
    if (event.persisted > 0)
        (void)node_step(w, n, &event);
}

static void on_view(struct sim_world *w, struct sim_node *n, const struct sim_inbox *item)
{
    struct hvc_replication_member member[SIM_NODES];
    struct hvc_replication_event event = {.kind = HVC_REPLICATION_VIEW};

    event.view.ring = item->ring;
    event.view.members = member;
    for (int i = SIM_NODES; i-- > 0;)
        if ((item->members >> i) & 1)
            member[event.view.count++] = (struct hvc_replication_member){(uint32_t)i + 1, item->pid[i]};
    n->ring_seen = item->ring;
    n->view_open = true;
    n->view_at = w->now;
    effect_void(w, n);
    n->epoch = 0;
    for (int i = 0; i < SIM_NODES; i++) {
        n->view_pid[i] = (item->members >> i) & 1 ? item->pid[i] : 0;
        if ((item->members >> i) & 1)
            n->told[i] = false;
    }
    sim_trace(w, "n%d view: ring %llu members %x", n->id + 1, (unsigned long long)item->ring.seq, item->members);
    (void)node_step(w, n, &event);
}

static void on_quorum(struct sim_world *w, struct sim_node *n, const struct sim_inbox *item)
{
    struct hvc_replication_node list[SIM_NODES];
    struct hvc_replication_event event = {.kind = HVC_REPLICATION_QUORUM};
    uint32_t expected = 0;

    for (int i = 0; i < w->nodes; i++) {
        list[i] = (struct hvc_replication_node){(uint32_t)i + 1, w->votes[i]};
        expected += w->votes[i];
    }
    n->quorate = item->quorate;
    event.quorum.ring = item->ring;
    event.quorum.quorate = item->quorate;
    event.quorum.votes = n->id < w->nodes ? w->votes[n->id] : 0;
    event.quorum.expected = expected;
    event.quorum.quorum = w->modes & HVC_MODE_TWO_NODE ? 1 : expected / 2 + 1;
    event.quorum.modes = w->modes;
    event.quorum.nodes = list;
    event.quorum.count = (unsigned)w->nodes;
    (void)node_step(w, n, &event);
}

static bool quorum_ready(const struct sim_world *w, const struct sim_node *n)
{
    return n->quorum.count > 0 && n->quorum.slot[n->quorum.head].ready <= w->now;
}

static struct sim_inbox take(struct sim_queue *q)
{
    struct sim_inbox item = q->slot[q->head];

    q->head = (q->head + 1) % q->capacity;
    q->count--;
    return item;
}

void node_daemon(struct sim_world *w, struct sim_node *n)
{
    struct hvc_replication_event event = {.kind = HVC_REPLICATION_VIEW_END};
    struct hvc_replication_status s;
    struct sim_inbox item;

    if (!node_awake(w, n)) {
        node_arm(w, n);
        return;
    }
    hvc_replication_status(n->core, &s);
    if (quorum_ready(w, n) && (n->inbox.count == 0 || s.congested || sim_chance(w, 500))) {
        item = take(&n->quorum);
        on_quorum(w, n, &item);
    } else if (n->inbox.count > 0 && !s.congested) {
        item = take(&n->inbox);
        if (item.kind == INBOX_VIEW) {
            on_view(w, n, &item);
        } else if (item.kind == INBOX_MESSAGE) {
            event.kind = HVC_REPLICATION_MESSAGE;
            event.message.node = (uint32_t)item.from + 1;
            event.message.bytes = item.bytes;
            event.message.length = item.length;
            (void)node_step(w, n, &event);
        } else {
            n->view_open = false;
            n->epoch = 0;
            effect_void(w, n);
            (void)node_step(w, n, &event);
        }
    }
    node_arm(w, n);
}

uint64_t node_stamp(const struct sim_world *w, const struct sim_node *n)
{
    return (uint64_t)((int64_t)(UINT64_C(1700000000000) + w->now / 1000) + n->clock_ms);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Corosync as measured: agreed order per ring; the originator holds its own message first and may deliver it before
 * anybody else has it; members that stay together are brought to the union of what they hold, up to the first gap,
 * before the change is told; what was accepted and not yet sent goes out in the next ring; a process that comes or goes
 * inside a ring is an item of the order; quorum comes on a socket of its own, later; a node that dies within a change
 * can stay in the group list (ghost).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

/* A deaf node is heard until the others have formed a ring without it. */
static bool hears(const struct sim_world *w, int by, int from)
{
    return w->side[by] == w->side[from] && (by == from || !((w->deaf >> by) & 1));
}

bool totem_linked(const struct sim_world *w, int a, int b)
{
    return hears(w, a, b) && hears(w, b, a);
}

bool totem_member(const struct sim_world *w, const struct sim_node *n, int other)
{
    return n->powered && n->ring >= 0 && ((w->ring[n->ring].members >> other) & 1);
}

bool totem_is_quorate(const struct sim_world *w, const struct sim_node *n)
{
    uint32_t expected = 0, votes = 0;
    unsigned members = n->powered && n->ring >= 0 ? w->ring[n->ring].members : 0;

    for (int i = 0; i < w->nodes; i++) {
        expected += w->votes[i];
        votes += (members >> i) & 1 ? w->votes[i] : 0;
    }
    if (w->modes & HVC_MODE_TWO_NODE)
        return n->seen_all && votes > 0;
    return 2 * votes > expected || ((w->modes & HVC_MODE_AUTO_TIE_BREAKER) && 2 * votes == expected && (members & 1));
}

void totem_change_soon(struct sim_world *w, uint64_t delay)
{
    if (w->form_armed)
        return;
    w->form_armed = true;
    sim_at(w, delay, EV_FORM, -1, 0, 0);
}

static void push_view(struct sim_world *w, struct sim_node *n)
{
    const struct sim_ring *ring = &w->ring[n->ring];
    struct sim_inbox item = {.kind = INBOX_VIEW, .ring = ring->id};

    for (int i = 0; i < SIM_NODES; i++)
        if (((ring->members >> i) & 1) && n->group[i] != 0) {
            item.members |= 1u << i;
            item.pid[i] = n->group[i];
        }
    if (n->joined != 0 && n->joined == n->pid)
        sim_inbox_push(w, n, &item);
}

static void leave(struct sim_world *w, struct sim_node *n, uint32_t pid)
{
    struct sim_item item = {.kind = ITEM_LEAVE, .from = n->id, .pid = pid};

    if (!totem_accept(w, n, &item))
        totem_change_soon(w, 2000);
}

static void deliver_one(struct sim_world *w, struct sim_node *n, const struct sim_item *item)
{
    struct sim_inbox in = {.kind = INBOX_MESSAGE, .from = item->from, .bytes = item->bytes, .length = item->length};

    in.number = (uint64_t)n->ring << 16 | (uint64_t)(item - w->ring[n->ring].item);
    if (item->kind == ITEM_MESSAGE) {
        if (n->joined != 0 && n->joined == n->pid && n->group[item->from] != 0)
            sim_inbox_push(w, n, &in);
    } else if (item->kind == ITEM_JOIN) {
        n->group[item->from] = item->pid;
        if (item->from == n->id && n->running && n->pid == item->pid)
            n->joined = item->pid;
        else if (item->from == n->id)
            leave(w, n, item->pid); /* it died before it had joined */
        push_view(w, n);
    } else if (n->group[item->from] == item->pid) {
        n->group[item->from] = 0;
        push_view(w, n);
    }
}

static void deliver(struct sim_world *w, struct sim_node *n)
{
    const struct sim_ring *ring = &w->ring[n->ring];

    while (n->delivered < ring->count && n->received[n->delivered])
        deliver_one(w, n, &ring->item[n->delivered++]);
}

void totem_receive(struct sim_world *w, struct sim_node *n, int ring, unsigned number)
{
    const struct sim_ring *r = &w->ring[ring];

    if (!n->powered || n->ring != ring || n->received[number])
        return;
    if (!hears(w, n->id, r->item[number].from)) { /* unless the ring changes first, it is sent once more */
        sim_at(w, 3000, EV_RECEIVE, n->id, (uint64_t)ring, number);
        return;
    }
    n->received[number] = 1;
    deliver(w, n);
}

/* Multicasts up to a few accepted messages: the node holds the token. */
void totem_send(struct sim_world *w, struct sim_node *n)
{
    unsigned batch = 1 + (unsigned)sim_below(w, 4), sent = 0;
    struct sim_ring *ring;

    if (!n->powered || n->ring < 0)
        return;
    ring = &w->ring[n->ring];
    while (sent < batch && sent < n->unsent_count && ring->count < ring->capacity) {
        ring->item[ring->count] = n->unsent[sent++];
        for (int i = 0; i < SIM_NODES; i++) {
            if (!((ring->members >> i) & 1) || i == n->id)
                continue;
            if (sim_chance(w, 30))
                w->stats.lost_messages++; /* heard only after a retransmission */
            sim_at(w, 100 + sim_below(w, 1200) + (sim_chance(w, 30) ? 6000 : 0), EV_RECEIVE, i, (uint64_t)n->ring,
                   ring->count);
        }
        n->received[ring->count++] = 1;
        w->stats.originator_first++;
    }
    memmove(&n->unsent[0], &n->unsent[sent], (n->unsent_count - sent) * sizeof(n->unsent[0]));
    n->unsent_count -= sent;
    if (ring->count == ring->capacity)
        totem_change_soon(w, 1000);
    deliver(w, n);
    if (n->unsent_count > 0 || n->sendq_count > 0)
        node_arm(w, n);
}

bool totem_accept(struct sim_world *w, struct sim_node *n, const struct sim_item *item)
{
    bool control = item->kind != ITEM_MESSAGE;

    if (w->now < n->busy_until && !control)
        return false;
    if (n->unsent_count >= (control ? SIM_ACCEPT_MAX + 4u : SIM_ACCEPT_MAX))
        return false;
    n->unsent[n->unsent_count++] = *item;
    return true;
}

/* The local corosync tells the others that the process is gone, unless the ring changes first. */
void totem_process_gone(struct sim_world *w, struct sim_node *n)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < n->unsent_count; i++) /* a JOIN that is still queued came to nothing */
        if (n->unsent[i].kind != ITEM_JOIN)
            n->unsent[kept++] = n->unsent[i];
    n->unsent_count = kept;
    n->joined = 0;
    if (n->powered && n->group[n->id] == n->pid)
        leave(w, n, n->pid);
    node_arm(w, n);
}

/* Survivors of one ring that go into the same next ring deliver the same messages first. */
static void recover(struct sim_world *w, unsigned together, int old)
{
    const struct sim_ring *ring = &w->ring[old];
    unsigned upto = 0;
    bool held = true;

    while (upto < ring->count && held) {
        held = false;
        for (int i = 0; i < SIM_NODES; i++)
            if (((together >> i) & 1) && w->node[i].received[upto])
                held = true;
        upto += held;
    }
    for (int i = 0; i < SIM_NODES; i++) {
        struct sim_node *n = &w->node[i];

        if (!((together >> i) & 1))
            continue;
        memset(n->received, 1, upto);
        while (n->delivered < upto)
            deliver_one(w, n, &ring->item[n->delivered++]);
    }
}

void totem_quorum(struct sim_world *w, struct sim_node *n, uint64_t delay)
{
    const struct sim_ring *ring = &w->ring[n->ring];
    struct sim_inbox item = {.kind = INBOX_QUORUM, .ring = ring->id};
    int members = 0;

    for (int i = 0; i < w->nodes; i++)
        members += ((ring->members >> i) & 1) != 0;
    if (w->modes & HVC_MODE_TWO_NODE)
        n->seen_all = n->seen_all || members == w->nodes;
    item.quorate = totem_is_quorate(w, n);
    if (delay > 4000)
        w->stats.late_quorum++;
    item.ready = w->now + delay;
    sim_inbox_push(w, n, &item);
}

static int new_ring(struct sim_world *w, unsigned members)
{
    struct sim_ring *ring;

    if (w->rings == w->rings_capacity) {
        w->rings_capacity = w->rings_capacity ? 2 * w->rings_capacity : 64;
        w->ring = realloc(w->ring, (size_t)w->rings_capacity * sizeof(*w->ring));
        if (w->ring == NULL)
            abort();
    }
    ring = &w->ring[w->rings];
    *ring = (struct sim_ring){.id = {.node = (uint32_t)__builtin_ctz(members) + 1, .seq = w->ring_seq += 4},
                              .members = members,
                              .capacity = 2000};
    ring->item = malloc(ring->capacity * sizeof(*ring->item));
    if (ring->item == NULL)
        abort();
    w->stats.rings++;
    return w->rings++;
}

/* A JOIN that was sent but lay behind the gap when the ring ended is sent again; the library call has not returned. */
static void join_again(struct sim_world *w, struct sim_node *n)
{
    struct sim_item join = {.kind = ITEM_JOIN, .from = n->id, .pid = n->pid};

    if (!n->running || n->joined == n->pid)
        return;
    for (unsigned i = 0; i < n->unsent_count; i++)
        if (n->unsent[i].kind == ITEM_JOIN)
            return;
    for (unsigned i = 0; i < n->sendq_count; i++)
        if (n->sendq[i].kind == ITEM_JOIN)
            return;
    if (!totem_accept(w, n, &join))
        totem_change_soon(w, 2000);
}

static void enter(struct sim_world *w, struct sim_node *n, int ring)
{
    struct sim_inbox end = {.kind = INBOX_VIEW_END};

    n->ring = ring;
    n->delivered = 0;
    n->received = sim_alloc(w, w->ring[ring].capacity);
    memset(n->received, 0, w->ring[ring].capacity);
    for (int i = 0; i < SIM_NODES; i++) {
        const struct sim_node *peer = &w->node[i];
        bool member = (w->ring[ring].members >> i) & 1;

        if (member) { /* Pacemaker follows the same membership */
            n->with[i] = w->now;
            n->down[i] = false;
        }
        if (member && peer->joined != 0)
            n->group[i] = peer->joined;
        else if (!member || !peer->ghost)
            n->group[i] = 0;
    }
    if (n->joined != 0 && n->joined == n->pid) {
        if (sim_chance(w, 500))
            sim_inbox_push(w, n, &end);
        else
            w->stats.left_and_joined++;
        push_view(w, n);
    }
    w->stats.carried_over += n->unsent_count;
    join_again(w, n);
    totem_quorum(w, n, sim_below(w, 8000));
    node_arm(w, n);
}

/* Pacemakers that meet take over what the one knows that was with a node last. */
static void share_fencing(struct sim_world *w, unsigned side)
{
    for (int v = 0; v < SIM_NODES; v++) {
        const struct sim_node *last = NULL;

        for (int i = 0; i < SIM_NODES; i++)
            if (((side >> i) & 1) && (last == NULL || w->node[i].with[v] > last->with[v] ||
                                      (w->node[i].with[v] == last->with[v] && w->node[i].down[v])))
                last = &w->node[i];
        for (int i = 0; i < SIM_NODES; i++)
            if ((side >> i) & 1) {
                w->node[i].with[v] = last->with[v];
                w->node[i].down[v] = last->down[v];
            }
    }
}

static void form_side(struct sim_world *w, unsigned side)
{
    unsigned done = 0;
    int ring;

    for (int i = 0; i < SIM_NODES; i++) {
        unsigned together = 0;

        if (!((side >> i) & 1) || ((done >> i) & 1) || w->node[i].ring < 0)
            continue;
        for (int k = i; k < SIM_NODES; k++)
            if (((side >> k) & 1) && w->node[k].ring == w->node[i].ring)
                together |= 1u << k;
        recover(w, together, w->node[i].ring);
        done |= together;
    }
    for (int i = 0; i < SIM_NODES; i++) { /* a process that died within the change may stay in everybody's list */
        struct sim_node *n = &w->node[i];

        n->ghost = ((side >> i) & 1) && n->joined == 0 && n->group[i] != 0 && sim_chance(w, 300) && w->faults;
        if (n->ghost) {
            w->stats.ghosts++;
            for (int k = 0; k < SIM_NODES; k++)
                if ((side >> k) & 1)
                    w->node[k].group[i] = n->group[i];
        }
    }
    share_fencing(w, side);
    ring = new_ring(w, side);
    sim_trace(w, "ring %llu: members %x", (unsigned long long)w->ring[ring].id.seq, side);
    for (int i = 0; i < SIM_NODES; i++)
        if ((side >> i) & 1)
            enter(w, &w->node[i], ring);
}

void totem_form(struct sim_world *w)
{
    unsigned seen = 0;

    w->form_armed = false;
    for (int i = 0; i < SIM_NODES; i++) {
        unsigned side = 0;

        if (!w->node[i].powered || ((seen >> i) & 1))
            continue;
        for (int k = 0; k < SIM_NODES; k++)
            if (w->node[k].powered && totem_linked(w, i, k))
                side |= 1u << k;
        seen |= side;
        form_side(w, side);
    }
    fault_fence_soon(w);
}

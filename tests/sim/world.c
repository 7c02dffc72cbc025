/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Clock, queue, generator, arena, and the course of a run: trouble first, then a healed core that must make progress.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

#define BLOCK_BYTES (256u * 1024u)
static const char no_progress[] = "the log does not go on";

#define LIVENESS_STEPS 60000

static uint64_t mixed(uint64_t z) /* splitmix64 */
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint64_t sim_random(struct sim_world *w)
{
    return mixed(w->random += UINT64_C(0x9e3779b97f4a7c15));
}

uint64_t sim_aside(const struct sim_world *w, uint64_t what)
{
    return mixed(mixed(w->seed) + what);
}

uint64_t sim_below(struct sim_world *w, uint64_t n)
{
    return sim_random(w) % n;
}

bool sim_chance(struct sim_world *w, unsigned per_mille)
{
    return sim_below(w, 1000) < per_mille;
}

static void *checked(void *block)
{
    if (block == NULL) {
        fputs("sim: out of memory\n", stderr);
        exit(2);
    }
    return block;
}

void *sim_alloc(struct sim_world *w, size_t size)
{
    void *at;

    size = (size + 15) / 16 * 16;
    if (size > BLOCK_BYTES)
        checked(NULL);
    if (w->blocks == 0 || w->block_used + size > BLOCK_BYTES) {
        if (w->blocks > 0)
            w->block_now++;
        if (w->block_now >= w->blocks) {
            w->block = checked(realloc(w->block, (w->blocks + 1) * sizeof(*w->block)));
            w->block[w->blocks++] = checked(malloc(BLOCK_BYTES));
        }
        w->block_used = 0;
    }
    at = w->block[w->block_now] + w->block_used;
    w->block_used += size;
    return at;
}

void *sim_copy(struct sim_world *w, const void *bytes, size_t size)
{
    void *copy = sim_alloc(w, size > 0 ? size : 1);

    if (size > 0)
        memcpy(copy, bytes, size);
    return copy;
}

static bool before(const struct sim_event *a, const struct sim_event *b)
{
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

void sim_at(struct sim_world *w, uint64_t delay, enum sim_event_kind kind, int node, uint64_t a, uint64_t b)
{
    struct sim_event event = {.at = w->now + delay, .order = w->order++, .kind = kind, .node = node, .a = a, .b = b};
    unsigned i;

    if (w->heap_count == w->heap_capacity) {
        w->heap_capacity = w->heap_capacity ? 2 * w->heap_capacity : 1024;
        w->heap = checked(realloc(w->heap, w->heap_capacity * sizeof(*w->heap)));
    }
    for (i = w->heap_count++; i > 0 && before(&event, &w->heap[(i - 1) / 2]); i = (i - 1) / 2)
        w->heap[i] = w->heap[(i - 1) / 2];
    w->heap[i] = event;
}

static struct sim_event sim_pop(struct sim_world *w)
{
    struct sim_event top = w->heap[0], last = w->heap[--w->heap_count];
    unsigned i = 0;

    for (;;) {
        unsigned child = 2 * i + 1;

        if (child >= w->heap_count)
            break;
        if (child + 1 < w->heap_count && before(&w->heap[child + 1], &w->heap[child]))
            child++;
        if (!before(&w->heap[child], &last))
            break;
        w->heap[i] = w->heap[child];
        i = child;
    }
    w->heap[i] = last;
    return top;
}

void sim_trace(struct sim_world *w, const char *format, ...)
{
    va_list arguments;

    if (!w->trace)
        return;
    printf("%8llu.%03llu ", (unsigned long long)(w->now / 1000), (unsigned long long)(w->now % 1000));
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
}

void sim_violation(struct sim_world *w, const char *checker, const char *format, ...)
{
    va_list arguments;

    if (w->violation[0] != '\0')
        return;
    (void)snprintf(w->violation, sizeof(w->violation), "%s", checker);
    va_start(arguments, format);
    (void)vsnprintf(w->detail, sizeof(w->detail), format, arguments);
    va_end(arguments);
    sim_trace(w, "VIOLATION %s: %s", w->violation, w->detail);
}

void sim_inbox_push(struct sim_world *w, struct sim_node *n, const struct sim_inbox *item)
{
    struct sim_queue *q = item->kind == INBOX_QUORUM ? &n->quorum : &n->inbox;

    if (!n->running)
        return;
    if (w->record)
        sim_record(n, item);
    if (q->count == q->capacity) {
        struct sim_inbox *slot = checked(malloc(2 * (q->capacity + 8) * sizeof(*slot)));

        for (unsigned i = 0; i < q->count; i++)
            slot[i] = q->slot[(q->head + i) % q->capacity];
        free(q->slot);
        q->slot = slot;
        q->capacity = 2 * (q->capacity + 8);
        q->head = 0;
    }
    q->slot[(q->head + q->count) % q->capacity] = *item;
    q->count++;
    node_arm(w, n);
}

static void dispatch(struct sim_world *w, const struct sim_event *event)
{
    struct sim_node *n = event->node >= 0 ? &w->node[event->node] : NULL;

    switch (event->kind) {
    case EV_RECEIVE:
        totem_receive(w, n, (int)event->a, (unsigned)event->b);
        break;
    case EV_SEND:
        n->send_armed = false;
        node_send(w, n);
        totem_send(w, n);
        break;
    case EV_DAEMON:
        n->daemon_armed = false;
        node_daemon(w, n);
        break;
    case EV_FSYNC:
        if (event->a == n->boot_id)
            node_fsync(w, n);
        break;
    case EV_TIMER:
        if (event->a == n->boot_id)
            node_timer(w, n, event->b);
        break;
    case EV_FORM:
        totem_form(w);
        break;
    case EV_CLIENT:
        client_tick(w, (int)event->a);
        break;
    case EV_FAULT:
        if (w->faults && n != NULL)
            fault_crash(w, n);
        else if (w->faults && event->a == 2)
            fault_merge(w);
        else if (w->faults)
            fault_tick(w);
        break;
    case EV_START:
        node_start(w, n);
        break;
    case EV_FENCE:
        fault_fence(w, event->node, (int)event->a);
        break;
    case EV_CONFIRM:
        fault_confirm(w, n, (int)event->a, event->b);
        break;
    case EV_KEEP:
        keep_tick(w, n, event->a);
        break;
    case EV_MIGRATE:
        hyper_step(w, (int)event->a, event->b);
        break;
    case EV_LIBVIRT:
        break;
    case EV_PCMK:
        pcmk_tick(w);
        break;
    case EV_OPERATION:
        pcmk_operation(w, (int)event->a, event->b);
        break;
    case EV_HAND:
        hand_do(w, (int)event->a, (int)event->b);
        break;
    }
}

static void run_steps(struct sim_world *w, uint64_t steps)
{
    for (uint64_t i = 0; i < steps && w->heap_count > 0 && w->violation[0] == '\0'; i++) {
        struct sim_event event = sim_pop(w);

        w->now = event.at;
        dispatch(w, &event);
        check_step(w);
        w->stats.steps++;
    }
}

/* 3 nodes mostly, then 5, 2 with two_node, 4 with a tie breaker; uneven votes and mixed versions now and then. */
static void choose_cluster(struct sim_world *w)
{
    uint64_t kind = sim_below(w, 100);

    w->modes = 0;
    if (kind < 35)
        w->nodes = 3;
    else if (kind < 65)
        w->nodes = 5;
    else if (kind < 82) {
        w->nodes = 2;
        w->modes = HVC_MODE_TWO_NODE;
    } else if (kind < 92) {
        w->nodes = 4;
        w->modes = sim_chance(w, 500) ? HVC_MODE_AUTO_TIE_BREAKER : 0;
    } else
        w->nodes = 3;
    for (int i = 0; i < SIM_NODES; i++)
        w->votes[i] = 1;
    w->init_first = w->modes == 0 && w->nodes >= 3 && sim_chance(w, 100);
    w->uneven = kind >= 92;
    if (w->uneven)
        w->votes[sim_below(w, 3)] = 2;
    w->node_memory_kib = sim_chance(w, 400) ? 0 : 3072 + 1024 * sim_below(w, 6);
    w->mixed = sim_chance(w, 250);
    w->fencing_mode = w->modes != 0 || sim_chance(w, 600) ? FENCING_ON
                      : sim_chance(w, 500)                ? FENCING_SLOW
                                                          : FENCING_NONE;
    for (int i = 0; i < SIM_NODES; i++) {
        struct sim_node *n = &w->node[i];

        n->id = i;
        n->ring = -1;
        n->version = w->mixed ? 1 + (uint8_t)sim_below(w, 2) : 2;
        n->powered = i < w->nodes && !(w->init_first && i == 0);
        n->init = w->init_first && i == 1; /* a node of the list is not there yet: the operator's word is needed */
        if (w->init_first && i == 0)
            sim_at(w, 150000 + sim_below(w, 200000), EV_FENCE, 0, 0, 0);
        n->host_boot = 1 + sim_random(w) / 2;
        n->disk.lost = true;
        state_clear(n);
    }
}

static void reset(struct sim_world *w, uint64_t seed)
{
    struct sim_world keep = *w;

    for (int i = 0; i < w->rings; i++)
        free(w->ring[i].item);
    for (int i = 0; i < SIM_NODES; i++) {
        free(w->node[i].inbox.slot);
        free(w->node[i].quorum.slot);
    }
    memset(w, 0, sizeof(*w));
    w->steps_max = keep.steps_max;
    w->trace = keep.trace;
    w->record = keep.record;
    w->ring = keep.ring;
    w->rings_capacity = keep.rings_capacity;
    w->heap = keep.heap;
    w->heap_capacity = keep.heap_capacity;
    w->answered = keep.answered;
    w->answered_capacity = keep.answered_capacity;
    w->block = keep.block;
    w->blocks = keep.blocks;
    w->stats = keep.stats;
    for (int i = 0; i < SIM_NODES; i++) {
        w->node[i].memory = keep.node[i].memory;
        w->node[i].write =
            keep.node[i].write ? keep.node[i].write : checked(calloc(SIM_WRITES_MAX, sizeof(struct sim_write)));
        w->node[i].staged = keep.node[i].staged ? keep.node[i].staged : checked(malloc(SIM_STATE_MAX));
        w->node[i].service_memory = keep.node[i].service_memory;
    }
    w->seed = seed;
    w->random = seed * UINT64_C(0x2545f4914f6cdd1d) + 12345;
}

/* The nodes that stay healed: at random, but enough of them, and with stores that count. */
static unsigned choose_core(struct sim_world *w)
{
    unsigned core = 0, all = (1u << w->nodes) - 1;
    uint32_t expected = 0;

    if (w->modes != 0 || w->changed || w->forgiven != 0 || w->force_under_way || sim_chance(w, 400))
        return all;
    for (int i = 0; i < w->nodes; i++)
        expected += w->votes[i];
    for (int tries = 0; tries < 20; tries++) {
        uint32_t votes = 0;

        core = (unsigned)sim_below(w, all) + 1;
        for (int i = 0; i < w->nodes; i++)
            if ((core & (1u << i)) && w->node[i].disk.voter && !w->node[i].disk.lost && !w->node[i].disk.corrupt &&
                !w->node[i].disk.set_back)
                votes += w->votes[i];
        if (votes >= expected / 2 + 1)
            return core;
    }
    return all;
}

/* A cluster that waits for an operator gets one: the best store is forced. */
static void operator_helps(struct sim_world *w, uint64_t left, const char *rest, bool stuck)
{
    bool late = left <= LIVENESS_STEPS / 2 && strcmp(rest, no_progress) == 0;
    bool his = stuck || w->forgiven != 0 || w->force_under_way; /* it may be his word that it waits for */

    if (left % (LIVENESS_STEPS / 6) == 0 && (config_lacks_stores(w) || (his && late)))
        config_force_best(w);
}

static void live(struct sim_world *w)
{
    unsigned core = choose_core(w);
    uint64_t left = LIVENESS_STEPS;
    const char *rest = NULL;
    bool done = false, stuck = w->operator_needed;

    w->faults = false;
    w->core = core;
    sim_trace(w, "heal: core %x of %d nodes", core, w->nodes);
    for (int i = 0; i < SIM_NODES; i++)
        w->side[i] = (core >> i) & 1;
    w->partitioned = core != (1u << w->nodes) - 1;
    fault_heal(w);
    while (!done && left > 0 && w->violation[0] == '\0') {
        run_steps(w, 200);
        left -= 200;
        done = check_live(w, core);
        rest = done ? invariant_rest(w, core) : no_progress;
        done = rest == NULL;
        if (!done)
            operator_helps(w, left, rest, stuck);
    }
    if (!done)
        sim_violation(w, "liveness", "core %x after healing: %s", core, rest);
    else if (done) {
        check_end(w, core);
        invariant_end(w, core);
    }
    w->stats.liveness += done;
}

void sim_run(struct sim_world *w, uint64_t seed)
{
    reset(w, seed);
    choose_cluster(w);
    fault_mix(w);
    check_begin(w);
    hyper_begin(w);
    invariant_begin(w);
    sim_trace(w, "seed %llu: %d nodes, modes %u", (unsigned long long)seed, w->nodes, w->modes);
    w->faults = true;
    for (int i = 0; i < w->nodes; i++)
        sim_at(w, sim_below(w, 20000), EV_START, i, 0, 0);
    totem_change_soon(w, 5000);
    for (unsigned i = 0; i < SIM_CLIENTS; i++)
        sim_at(w, 30000 + sim_below(w, 30000), EV_CLIENT, -1, i, 0);
    sim_at(w, 120000, EV_FAULT, -1, 0, 0);
    sim_at(w, 40000, EV_PCMK, -1, 0, 0);
    run_steps(w, w->steps_max);
    if (w->violation[0] == '\0')
        live(w);
    for (int i = 0; i < SIM_NODES; i++)
        node_counters(w, &w->node[i]);
    w->stats.runs++;
}

void sim_free(struct sim_world *w)
{
    for (int i = 0; i < w->rings; i++)
        free(w->ring[i].item);
    for (int i = 0; i < SIM_NODES; i++) {
        free(w->node[i].inbox.slot);
        free(w->node[i].quorum.slot);
        free(w->node[i].memory);
        free(w->node[i].service_memory);
        free(w->node[i].write);
        free(w->node[i].staged);
    }
    for (unsigned i = 0; i < w->blocks; i++)
        free(w->block[i]);
    free(w->block);
    free(w->ring);
    free(w->heap);
    free(w->answered);
}

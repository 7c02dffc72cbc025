/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "accept.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SENDERS_MAX 64 /* processes that one session hears of */

/* One thing that all members of a ring are given in the same order. */
struct item {
    bool view;   /* a membership within the ring, else a message */
    uint64_t id; /* of the message; of the view, a hash of its members */
    uint32_t node;
    uint64_t place;
};

/* What one session was given in one ring. */
struct slice {
    struct accept_session *session;
    struct hvc_ring_id ring;
    struct item *item;
    size_t count, room;
    bool from_begin; /* it entered the ring with the others, and did not join within it */
    bool closed;     /* it has gone on from this ring; else the process ended in it, or the record did */
};

struct accept_session {
    struct accept *accept;
    struct accept_session *next;
    char label[64];
    uint32_t node, pid;
    unsigned number;
    uint64_t place;
    struct slice *slice;
    size_t count, room;
    bool stands;
    struct hvc_replication_member member[HVC_NODES_MAX];
    unsigned members;
    struct {
        uint32_t node, pid;
        uint64_t number;
    } sender[SENDERS_MAX];
    unsigned senders;
    struct quorum {
        struct hvc_ring_id ring;
        bool quorate;
        uint64_t place;
    } * quorum;
    size_t quorums, quorum_room;
};

struct cell {
    uint64_t key, value;
    bool used;
};

/* A set of keys with a value each. */
struct map {
    struct cell *cell;
    size_t count, room; /* a power of two */
};

struct accept {
    accept_refuse_fn refuse;
    void *context;
    bool same_quorum;
    struct accept_session *sessions, **last;
    unsigned session_count;
    struct map seen;  /* session and message */
    struct map rings; /* message: in which ring it was delivered */
    struct accept_counts counts;
};

static const struct {
    const char *name, *words;
} rules[ACCEPT_RULE_COUNT] = {
#define ACCEPT_TEXT(id, name, words) {name, words},
    ACCEPT_RULES(ACCEPT_TEXT)
#undef ACCEPT_TEXT
};

const char *accept_rule_name(enum accept_rule rule)
{
    return rules[rule].name;
}

const char *accept_rule_words(enum accept_rule rule)
{
    return rules[rule].words;
}

static void *grow(void *memory, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return memory;
    *room = *room == 0 ? 16 : 2 * *room;
    memory = reallocarray(memory, *room, size);
    if (memory == NULL)
        abort();
    return memory;
}

/* splitmix64's: one to one */
static uint64_t spread(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static uint64_t mix(uint64_t a, uint64_t b)
{
    return spread(spread(a + UINT64_C(0x9e3779b97f4a7c15)) + b);
}

static struct cell *map_cell(struct map *map, uint64_t key)
{
    size_t at = (size_t)(key ^ key >> 29) & (map->room - 1);

    while (map->cell[at].used && map->cell[at].key != key)
        at = (at + 1) & (map->room - 1);
    return &map->cell[at];
}

/* The value kept with the key: the given one when it is new. */
static uint64_t map_put(struct map *map, uint64_t key, uint64_t value, bool *ret_new)
{
    struct cell *cell;

    if (2 * map->count >= map->room) {
        struct map bigger = {.count = map->count, .room = map->room == 0 ? 1024 : 2 * map->room};

        bigger.cell = calloc(bigger.room, sizeof(*bigger.cell));
        if (bigger.cell == NULL)
            abort();
        for (size_t i = 0; i < map->room; i++) {
            if (map->cell[i].used)
                *map_cell(&bigger, map->cell[i].key) = map->cell[i];
        }
        free(map->cell);
        *map = bigger;
    }
    cell = map_cell(map, key);
    *ret_new = !cell->used;
    if (!cell->used) {
        *cell = (struct cell){.key = key, .value = value, .used = true};
        map->count++;
    }
    return cell->value;
}

__attribute__((format(printf, 3, 4))) static void refuse(const struct accept *a, enum accept_rule rule,
                                                         const char *format, ...)
{
    char text[512];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    a->refuse(a->context, rules[rule].name, text);
}

struct accept *accept_new(bool same_quorum, accept_refuse_fn refuse_fn, void *context)
{
    struct accept *a = calloc(1, sizeof(*a));

    if (a == NULL)
        abort();
    *a = (struct accept){.refuse = refuse_fn, .context = context, .same_quorum = same_quorum, .last = &a->sessions};
    return a;
}

void accept_free(struct accept *a)
{
    while (a->sessions != NULL) {
        struct accept_session *s = a->sessions;

        a->sessions = s->next;
        for (size_t i = 0; i < s->count; i++)
            free(s->slice[i].item);
        free(s->slice);
        free(s->quorum);
        free(s);
    }
    free(a->seen.cell);
    free(a->rings.cell);
    free(a);
}

struct accept_session *accept_open(struct accept *a, const char *label, uint32_t node, uint32_t pid)
{
    struct accept_session *s = calloc(1, sizeof(*s));

    if (s == NULL)
        abort();
    s->accept = a;
    s->node = node;
    s->pid = pid;
    s->number = ++a->session_count;
    (void)snprintf(s->label, sizeof(s->label), "%s", label);
    *a->last = s;
    a->last = &s->next;
    return s;
}

void accept_at(struct accept_session *s, uint64_t place)
{
    s->place = place;
}

static bool same_ring(struct hvc_ring_id a, struct hvc_ring_id b)
{
    return a.node == b.node && a.seq == b.seq;
}

static struct slice *present(struct accept_session *s)
{
    return s->count == 0 ? NULL : &s->slice[s->count - 1];
}

static void add_item(struct accept_session *s, struct item item)
{
    struct slice *slice = present(s);

    item.place = s->place;
    slice->item = grow(slice->item, slice->count, &slice->room, sizeof(*slice->item));
    slice->item[slice->count++] = item;
}

static void enter_ring(struct accept_session *s, struct hvc_ring_id ring)
{
    struct slice *before = present(s);

    if (before != NULL)
        before->closed = true;
    s->slice = grow(s->slice, s->count, &s->room, sizeof(*s->slice));
    s->slice[s->count] = (struct slice){.session = s, .ring = ring, .from_begin = s->count > 0};
    s->count++;
}

static bool holds(const struct accept_session *s, uint32_t node)
{
    for (unsigned i = 0; i < s->members; i++) {
        if (s->member[i].node == node)
            return true;
    }
    return false;
}

static void check_members(const struct accept_session *s)
{
    bool self = false;

    for (unsigned i = 0; i < s->members; i++) {
        self = self || (s->member[i].node == s->node && s->member[i].pid == s->pid);
        for (unsigned k = 0; k < i; k++) {
            if (s->member[i].node == s->member[k].node)
                refuse(s->accept, ACCEPT_SELF, "%s:%" PRIu64 ": the view holds two processes of node %u", s->label,
                       s->place, s->member[i].node);
        }
    }
    if (!self)
        refuse(s->accept, ACCEPT_SELF, "%s:%" PRIu64 ": the view does not hold the process itself, %u/%u", s->label,
               s->place, s->node, s->pid);
}

void accept_view(struct accept_session *s, struct hvc_ring_id ring, const struct hvc_replication_member *members,
                 unsigned count)
{
    const struct slice *slice = present(s);
    bool same = slice != NULL && same_ring(slice->ring, ring);
    struct item item = {.view = true};

    if (same && !s->stands)
        refuse(s->accept, ACCEPT_ALTERNATE, "%s:%" PRIu64 ": a view of ring %u.%" PRIu64 " after that ring ended",
               s->label, s->place, ring.node, ring.seq);
    if (!same && slice != NULL && ring.seq <= slice->ring.seq)
        refuse(s->accept, ACCEPT_RING_RISES, "%s:%" PRIu64 ": ring %u.%" PRIu64 " comes after ring %u.%" PRIu64,
               s->label, s->place, ring.node, ring.seq, slice->ring.node, slice->ring.seq);
    s->members = count < HVC_NODES_MAX ? count : HVC_NODES_MAX;
    memcpy(s->member, members, s->members * sizeof(*members));
    check_members(s);
    if (!same)
        enter_ring(s, ring);
    else
        s->accept->counts.process_changes++;
    for (unsigned i = 0; i < s->members; i++)
        item.id = mix(item.id, (uint64_t)s->member[i].node << 32 | s->member[i].pid);
    add_item(s, item);
    s->stands = true;
    s->accept->counts.views++;
}

void accept_view_end(struct accept_session *s)
{
    if (!s->stands)
        refuse(s->accept, ACCEPT_ALTERNATE, "%s:%" PRIu64 ": a view ends where none stands", s->label, s->place);
    else
        present(s)->closed = true;
    s->stands = false;
}

static void check_fifo(struct accept_session *s, uint32_t node, uint32_t pid, uint64_t number)
{
    unsigned i = 0;

    while (i < s->senders && (s->sender[i].node != node || s->sender[i].pid != pid))
        i++;
    if (i == SENDERS_MAX)
        return;
    if (i == s->senders) {
        s->sender[s->senders].node = node;
        s->sender[s->senders++].pid = pid;
    } else if (number <= s->sender[i].number) {
        refuse(s->accept, ACCEPT_FIFO, "%s:%" PRIu64 ": message %" PRIu64 " of %u/%u comes after its message %" PRIu64,
               s->label, s->place, number, node, pid, s->sender[i].number);
    }
    s->sender[i].number = number;
}

void accept_message(struct accept_session *s, uint32_t node, uint32_t pid, uint64_t id, uint64_t number)
{
    struct accept *a = s->accept;
    const struct slice *slice = present(s);
    uint64_t ring;
    bool fresh;

    a->counts.messages++;
    if (!s->stands) {
        refuse(a, ACCEPT_OUTSIDE_VIEW, "%s:%" PRIu64 ": message %" PRIu64 " of %u/%u is delivered while no view stands",
               s->label, s->place, number, node, pid);
        return;
    }
    if (!holds(s, node))
        refuse(a, ACCEPT_SENDER, "%s:%" PRIu64 ": message %" PRIu64 " of %u/%u, whose node is not in the view",
               s->label, s->place, number, node, pid);
    (void)map_put(&a->seen, mix(id, s->number), 0, &fresh);
    if (!fresh)
        refuse(a, ACCEPT_ONCE, "%s:%" PRIu64 ": message %" PRIu64 " of %u/%u comes a second time", s->label, s->place,
               number, node, pid);
    ring = map_put(&a->rings, id, slice->ring.seq, &fresh);
    if (ring != slice->ring.seq)
        refuse(a, ACCEPT_ONE_RING,
               "%s:%" PRIu64 ": message %" PRIu64 " of %u/%u is delivered in ring %" PRIu64
               ", and elsewhere in ring %" PRIu64,
               s->label, s->place, number, node, pid, slice->ring.seq, ring);
    check_fifo(s, node, pid, number);
    if (s->quorums == 0 || !same_ring(s->quorum[s->quorums - 1].ring, slice->ring))
        a->counts.late_quorum++;
    add_item(s, (struct item){.id = id, .node = node});
}

void accept_quorum(struct accept_session *s, struct hvc_ring_id ring, bool quorate)
{
    if (s->quorums > 0 && ring.seq < s->quorum[s->quorums - 1].ring.seq)
        refuse(s->accept, ACCEPT_QUORUM_RISES,
               "%s:%" PRIu64 ": quorum of ring %" PRIu64 " comes after that of %" PRIu64, s->label, s->place, ring.seq,
               s->quorum[s->quorums - 1].ring.seq);
    s->quorum = grow(s->quorum, s->quorums, &s->quorum_room, sizeof(*s->quorum));
    s->quorum[s->quorums++] = (struct quorum){.ring = ring, .quorate = quorate, .place = s->place};
    s->accept->counts.quorums++;
}

/* ---- between sessions ---- */

/* Where the first item of b is in a; a->count when it is not there. */
static size_t find_begin(const struct slice *a, const struct slice *b)
{
    size_t at = 0;

    while (at < a->count && (a->item[at].view != b->item[0].view || a->item[at].id != b->item[0].id))
        at++;
    return at;
}

/* Both slices begin at the same item after this: the first ones to compare. False: they have none in common. */
static bool align(const struct slice *a, const struct slice *b, size_t *ret_a, size_t *ret_b)
{
    *ret_a = *ret_b = 0;
    if (a->from_begin == b->from_begin) {
        if (a->from_begin)
            return true;
        *ret_a = find_begin(a, b);
        if (*ret_a < a->count)
            return true;
        *ret_a = 0;
        *ret_b = find_begin(b, a);
        return *ret_b < b->count;
    }
    if (a->from_begin)
        *ret_a = find_begin(a, b);
    else
        *ret_b = find_begin(b, a);
    return *ret_a < a->count && *ret_b < b->count;
}

static const struct slice *next_of(const struct slice *slice)
{
    const struct accept_session *s = slice->session;
    size_t at = (size_t)(slice - s->slice);

    return at + 1 < s->count ? slice + 1 : NULL;
}

/* The one ended its ring with less than the other, from that one's item "at" on. */
static void check_parted(struct accept *a, const struct slice *less, const struct slice *more, size_t at)
{
    const struct item *first = &more->item[at];
    bool own = true;

    a->counts.parted++;
    for (size_t i = at; i < more->count; i++)
        own = own && !more->item[i].view && more->item[i].node == more->session->node;
    a->counts.parted_ahead += own;
    if (!first->view && first->node == less->session->node)
        refuse(a, ACCEPT_ORIGINATOR,
               "%s:%" PRIu64 ": the next message is of %s itself, which was not given it in ring %" PRIu64,
               more->session->label, first->place, less->session->label, less->ring.seq);
}

/* b0: where in b stands what is at a0 in a. */
static void check_ends(struct accept *a, const struct slice *x, size_t x0, const struct slice *y, size_t y0)
{
    const struct slice *x_next = next_of(x), *y_next = next_of(y);
    size_t x_left = x->count - x0, y_left = y->count - y0;

    if (!x->closed || !y->closed || x_next == NULL || y_next == NULL)
        return;
    if (same_ring(x_next->ring, y_next->ring)) {
        a->counts.kept_together++;
        if (x_left != y_left)
            refuse(a, ACCEPT_TOGETHER,
                   "%s and %s go from ring %" PRIu64 " into ring %" PRIu64
                   ", but one was given %zu items more (after %s:%" PRIu64 ")",
                   x->session->label, y->session->label, x->ring.seq, x_next->ring.seq,
                   x_left > y_left ? x_left - y_left : y_left - x_left, x->session->label, x->item[x->count - 1].place);
    } else if (x_left < y_left) {
        check_parted(a, x, y, y0 + x_left);
    } else if (y_left < x_left) {
        check_parted(a, y, x, x0 + y_left);
    }
}

/* Slices that have no begin in common must have nothing in common: the other one's first and last message are looked
 * for. */
static void check_strangers(struct accept *a, const struct slice *x, const struct slice *y)
{
    const struct item *first = NULL, *last = NULL;

    for (size_t i = 0; i < y->count; i++) {
        if (y->item[i].view)
            continue;
        first = first == NULL ? &y->item[i] : first;
        last = &y->item[i];
    }
    for (size_t i = 0; i < x->count && first != NULL; i++) {
        if (x->item[i].view || (x->item[i].id != first->id && x->item[i].id != last->id))
            continue;
        refuse(a, ACCEPT_MEMBERS,
               "ring %" PRIu64 ": %s:%" PRIu64 " is given to %s as well, and neither was told that the other joins",
               x->ring.seq, x->session->label, x->item[i].place, y->session->label);
        return;
    }
}

static void compare(struct accept *a, const struct slice *x, const struct slice *y)
{
    size_t x0, y0, common;

    if (!align(x, y, &x0, &y0)) {
        check_strangers(a, x, y);
        return;
    }
    common = x->count - x0 < y->count - y0 ? x->count - x0 : y->count - y0;
    for (size_t i = 0; i < common; i++) {
        const struct item *p = &x->item[x0 + i], *q = &y->item[y0 + i];

        if (p->view == q->view && p->id == q->id)
            continue;
        refuse(a, p->view && q->view ? ACCEPT_MEMBERS : ACCEPT_ORDER,
               "ring %" PRIu64 ": %s:%" PRIu64 " and %s:%" PRIu64 " are in the same place and differ", x->ring.seq,
               x->session->label, p->place, y->session->label, q->place);
        return;
    }
    check_ends(a, x, x0, y, y0);
}

static int by_ring(const void *a, const void *b)
{
    const struct slice *x = *(const struct slice *const *)a, *y = *(const struct slice *const *)b;

    if (x->ring.seq != y->ring.seq)
        return x->ring.seq < y->ring.seq ? -1 : 1;
    if (x->ring.node != y->ring.node)
        return x->ring.node < y->ring.node ? -1 : 1;
    return x->session->number < y->session->number ? -1 : x->session->number > y->session->number;
}

/* Did sessions come into this ring from different ones? */
static bool is_merge(const struct slice *const *slices, size_t count)
{
    const struct slice *first = NULL;

    for (size_t i = 0; i < count; i++) {
        if (!slices[i]->from_begin)
            continue;
        if (first != NULL && !same_ring(first[-1].ring, slices[i][-1].ring))
            return true;
        first = slices[i];
    }
    return false;
}

static void check_rings(struct accept *a)
{
    const struct slice **all = NULL;
    size_t count = 0, room = 0;

    for (struct accept_session *s = a->sessions; s != NULL; s = s->next) {
        for (size_t i = 0; i < s->count; i++) {
            all = grow(all, count, &room, sizeof(*all));
            all[count++] = &s->slice[i];
        }
    }
    if (count > 0)
        qsort(all, count, sizeof(*all), by_ring);
    for (size_t begin = 0, end; begin < count; begin = end) {
        for (end = begin + 1; end < count && same_ring(all[end]->ring, all[begin]->ring); end++)
            continue;
        a->counts.rings++;
        a->counts.merges += is_merge(&all[begin], end - begin);
        for (size_t i = begin; i < end; i++) {
            for (size_t k = i + 1; k < end; k++)
                compare(a, all[i], all[k]);
        }
    }
    free(all);
}

static void check_quorum(struct accept *a, const struct accept_session *s)
{
    for (size_t i = 0; i < s->quorums; i++) {
        const struct quorum *q = &s->quorum[i];
        size_t at = 0;

        while (at < s->count && !same_ring(s->slice[at].ring, q->ring))
            at++;
        if (at == s->count && s->count > 0 && q->ring.seq > s->slice[0].ring.seq &&
            q->ring.seq < s->slice[s->count - 1].ring.seq)
            refuse(a, ACCEPT_QUORUM_RING, "%s:%" PRIu64 ": quorum of ring %" PRIu64 ", which was never told", s->label,
                   q->place, q->ring.seq);
    }
}

/* What a session was told last of a ring; NULL: nothing. */
static const struct quorum *last_quorum(const struct accept_session *s, struct hvc_ring_id ring)
{
    const struct quorum *last = NULL;

    for (size_t i = 0; i < s->quorums; i++) {
        if (same_ring(s->quorum[i].ring, ring))
            last = &s->quorum[i];
    }
    return last;
}

static void compare_quorum(struct accept *a, const struct accept_session *s)
{
    for (size_t i = 0; i < s->quorums; i++) {
        const struct quorum *mine = last_quorum(s, s->quorum[i].ring);

        if (mine != &s->quorum[i])
            continue;
        for (const struct accept_session *other = s->next; other != NULL; other = other->next) {
            const struct quorum *theirs = last_quorum(other, mine->ring);

            if (theirs != NULL && theirs->quorate != mine->quorate)
                refuse(a, ACCEPT_QUORUM_AGREES,
                       "ring %" PRIu64 ": %s:%" PRIu64 " and %s:%" PRIu64 " are not told the same", mine->ring.seq,
                       s->label, mine->place, other->label, theirs->place);
        }
    }
}

void accept_finish(struct accept *a, struct accept_counts *ret_counts)
{
    check_rings(a);
    for (const struct accept_session *s = a->sessions; s != NULL; s = s->next) {
        check_quorum(a, s);
        if (a->same_quorum)
            compare_quorum(a, s);
    }
    a->counts.sessions = a->session_count;
    *ret_counts = a->counts;
}

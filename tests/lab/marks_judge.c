/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "marks_private.h"

/* What is known about one instance while its ticks are gone through in order. */
struct life {
    size_t last_segment; /* where it is now */
    uint32_t top;        /* its highest tick so far */
};

static const char *peer_of(const struct marks *marks, size_t connection)
{
    return marks_connections(marks)[connection].peer;
}

/* Ticks of a connection that ended before its first line: they continue what was heard last anywhere else. */
static uint64_t adopt_orphans(struct marks *marks)
{
    uint64_t unknown = 0;
    size_t last = MARKS_NO_INSTANCE;
    uint32_t tick = 0;

    for (size_t i = 0; i < marks->samples.count; i++) {
        struct marks_sample *s = &marks_samples(marks)[i];

        if (s->instance == MARKS_NO_INSTANCE && last != MARKS_NO_INSTANCE) {
            s->instance = last;
            s->tick = marks_next_tick(tick, s->tick);
        }
        if (s->instance == MARKS_NO_INSTANCE) {
            unknown++;
            continue;
        }
        last = s->instance;
        tick = s->tick;
    }
    return unknown;
}

static int add_segment(struct marks *marks, const struct marks_sample *s, struct life *life)
{
    struct marks_segment *fresh = marks_array_add(&marks->segments, sizeof(*fresh));

    if (!fresh)
        return -ENOMEM;
    fresh->instance = s->instance;
    fresh->connection = (unsigned)s->connection; /* its index; sum_up puts the number in */
    fresh->peer = peer_of(marks, s->connection);
    fresh->first_ns = fresh->last_ns = s->time_ns;
    fresh->first_tick = s->tick;
    life->last_segment = marks->segments.count - 1;
    return 0;
}

/* Sample s should not have been, because of segment other, since from_ns. */
static int add_overlap(struct marks *marks, const struct marks_sample *s, const struct marks_segment *other,
                       int64_t from_ns)
{
    struct marks_overlap *o = marks->overlaps.items;
    const char *peer = peer_of(marks, s->connection);

    for (size_t i = 0; i < marks->overlaps.count; i++) {
        if (o[i].peers[0] == peer && o[i].peers[1] == other->peer && o[i].instances[0] == s->instance &&
            o[i].instances[1] == other->instance) {
            o[i].until_ns = s->time_ns;
            o[i].ticks++;
            return 0;
        }
    }
    o = marks_array_add(&marks->overlaps, sizeof(*o));
    if (!o)
        return -ENOMEM;
    *o = (struct marks_overlap){.peers = {peer, other->peer},
                                .instances = {s->instance, other->instance},
                                .from_ns = from_ns,
                                .until_ns = s->time_ns,
                                .ticks = 1};
    return 0;
}

/* The segment of this instance at this connection; NULL when it was never there. *ret_next is where it went from there.
 */
static struct marks_segment *find_segment(const struct marks *marks, const struct marks_sample *s,
                                          const struct marks_segment **ret_next)
{
    struct marks_segment *segments = marks->segments.items;

    *ret_next = NULL;
    for (size_t i = marks->segments.count; i-- > 0;) {
        if (segments[i].instance != s->instance)
            continue;
        if (segments[i].connection == s->connection)
            return &segments[i];
        *ret_next = &segments[i];
    }
    return NULL;
}

/* An instance ticks at a connection that is not the one where it was last. */
static int elsewhere(struct marks *marks, const struct marks_sample *s, struct life *life, bool *ret_late)
{
    const struct marks_segment *next, *segments;
    size_t before = life->last_segment;
    int r;

    if (find_segment(marks, s, &next)) {
        /* Back at a place that it had left: only delivered late if the next place began after this tick. */
        *ret_late = next && s->tick < next->first_tick;
        return *ret_late || !next ? 0 : add_overlap(marks, s, next, next->first_ns);
    }
    r = add_segment(marks, s, life);
    segments = marks->segments.items;
    /* A new place that begins with a tick that is over continues an old state: the former place went on meanwhile. */
    return r == 0 && s->tick <= life->top ? add_overlap(marks, s, &segments[before], s->time_ns) : r;
}

/* An older instance ticks although a newer one has begun. */
static int check_newer(struct marks *marks, const struct marks_sample *s, size_t newest)
{
    const struct marks_segment *segments = marks->segments.items;

    if (newest == MARKS_NO_INSTANCE || s->instance == newest)
        return 0;
    for (size_t i = 0; i < marks->segments.count; i++)
        if (segments[i].instance == newest)
            return segments[i].connection == s->connection ? 0
                                                           : add_overlap(marks, s, &segments[i], segments[i].first_ns);
    return 0;
}

static void count_gap(struct marks_instance *instance, const struct marks_sample *s, int64_t since_ns)
{
    int64_t gap = instance->ticks ? s->time_ns - instance->last_ns : 0;

    if (gap > instance->gap_ns && s->time_ns >= since_ns) {
        instance->gap_ns = gap;
        instance->gap_at_ns = s->time_ns;
    }
    if (instance->ticks++ == 0)
        instance->first_ns = s->time_ns;
    instance->last_ns = s->time_ns;
}

static int judge_sample(struct marks *marks, const struct marks_sample *s, struct life *life, int64_t since_ns)
{
    struct marks_instance *instance = &marks_instances(marks)[s->instance];
    const struct marks_segment *next;
    struct marks_segment *segment;
    bool late = false;
    int r = 0;

    if (instance->ticks == 0)
        r = add_segment(marks, s, life);
    else if (((struct marks_segment *)marks->segments.items)[life->last_segment].connection != s->connection)
        r = elsewhere(marks, s, life, &late);
    if (r < 0)
        return r;
    segment = find_segment(marks, s, &next);
    if (!segment)
        return -EINVAL;
    segment->ticks++;
    segment->last_ns = s->time_ns;
    if (s->tick > life->top)
        life->top = s->tick;
    if (late)
        instance->ticks++;
    else
        count_gap(instance, s, since_ns);
    return 0;
}

static void sum_up(struct marks *marks, int64_t since_ns, struct marks_report *report)
{
    struct marks_segment *segments = marks->segments.items;
    struct marks_overlap *overlaps = marks->overlaps.items;
    const struct marks_instance *before = NULL;
    size_t kept = 0;

    for (size_t i = 0; i < marks->segments.count; i++)
        segments[i].connection = marks_connections(marks)[segments[i].connection].number;
    for (size_t i = 0; i < marks->overlaps.count; i++)
        if (overlaps[i].until_ns >= since_ns)
            overlaps[kept++] = overlaps[i];
    marks->overlaps.count = kept;
    for (size_t i = 0; i < marks->instances.count; i++) {
        const struct marks_instance *one = &marks_instances(marks)[i];

        if (one->ticks == 0)
            continue;
        if (one->gap_ns > report->gap_ns)
            report->gap_ns = one->gap_ns;
        if (before && one->first_ns >= since_ns && one->first_ns - before->last_ns > report->outage_ns)
            report->outage_ns = one->first_ns - before->last_ns;
        before = one;
    }
    report->instances = marks->instances.items;
    report->instance_count = marks->instances.count;
    report->segments = segments;
    report->segment_count = marks->segments.count;
    report->overlaps = overlaps;
    report->overlap_count = kept;
}

int marks_judge(struct marks *marks, int64_t since_ns, struct marks_report *ret_report)
{
    struct marks_report report = {.unknown = adopt_orphans(marks)};
    struct life *lives = calloc(marks->instances.count + 1, sizeof(*lives));
    size_t newest = MARKS_NO_INSTANCE;
    int r = lives ? 0 : -ENOMEM;

    for (size_t i = 0; i < marks->samples.count && r == 0; i++) {
        const struct marks_sample *s = &marks_samples(marks)[i];
        bool first;

        if (s->instance == MARKS_NO_INSTANCE)
            continue;
        first = marks_instances(marks)[s->instance].ticks == 0;
        r = judge_sample(marks, s, &lives[s->instance], since_ns);
        if (first)
            newest = s->instance;
        else if (r == 0)
            r = check_newer(marks, s, newest);
    }
    free(lives);
    if (r < 0)
        return r;
    sum_up(marks, since_ns, &report);
    *ret_report = report;
    return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What marks.c (who sent which tick) and marks_judge.c (what that means) share. */
#ifndef HVC_LAB_MARKS_PRIVATE_H
#define HVC_LAB_MARKS_PRIVATE_H

#include "marks.h"

enum { MARKS_LINE_MAX = 128 };
#define MARKS_NO_INSTANCE SIZE_MAX

/* A growing array: items of one size. */
struct marks_array {
    void *items;
    size_t count, room;
};

struct marks_sample {
    int64_t time_ns;
    size_t connection; /* index */
    size_t instance;   /* MARKS_NO_INSTANCE until a line tells */
    uint32_t tick;     /* only its low 7 bits until then */
};

struct marks_connection {
    unsigned number;
    char peer[MARKS_PEER_MAX];
    char line[MARKS_LINE_MAX];
    size_t used;
    size_t instance; /* that lives there now */
    uint32_t tick;   /* its last tick */
    size_t pending;  /* samples before this index are resolved, or belong to others */
};

struct marks {
    struct marks_array samples, connections, instances, segments, overlaps;
};

/* Room for one more item at the end, zeroed; NULL without memory. Pointers to former items are no longer valid. */
void *marks_array_add(struct marks_array *array, size_t item_size);

static inline struct marks_sample *marks_samples(const struct marks *marks)
{
    return marks->samples.items;
}

static inline struct marks_connection *marks_connections(const struct marks *marks)
{
    return marks->connections.items;
}

static inline struct marks_instance *marks_instances(const struct marks *marks)
{
    return marks->instances.items;
}

/* The first tick after "last" that ends with these 7 bits. */
static inline uint32_t marks_next_tick(uint32_t last, uint32_t low)
{
    uint32_t step = (low - last) & 0x7f;

    return last + (step ? step : 0x80);
}

#endif

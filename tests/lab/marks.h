/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the serial line of a guest proves. guest.asm sends a byte a tick (0x80 | low bits of the tick) and lines with
 * its mark, which is drawn at boot and goes with the guest when it migrates; recorder.c notes which emulator's
 * connection sent what, and when. From that:
 *   - an instance is one boot of the guest (one mark), a segment its stay at one emulator;
 *   - a gap is the time between two ticks of one instance: the blackout of a move, as the guest's users see it;
 *   - two copies ran when an instance ticked at an emulator that it had left for another one, when a new place began
 *     with ticks that were over, or when an instance ticked after a newer one had begun. Ticks decide, not the clock:
 *     what was only delivered late is told apart by its number (for two instances, by the recorder's order).
 * Pure but for allocation; not thread-safe. Times: nanoseconds of the Unix clock.
 */
#ifndef HVC_LAB_MARKS_H
#define HVC_LAB_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MARKS_PEER_MAX = 46 };

struct marks; /* the record of one guest */

struct marks_instance {
    uint64_t mark;
    uint64_t count; /* as last told */
    uint32_t boots, forks;
    uint64_t ticks, lines;
    int64_t first_ns, last_ns;
    int64_t gap_ns, gap_at_ns; /* the longest gap that ended after "since", and when it ended */
    bool off;                  /* it said that it switches itself off */
};

struct marks_segment {
    size_t instance;
    unsigned connection;
    const char *peer; /* owned by the record */
    int64_t first_ns, last_ns;
    uint32_t first_tick;
    uint64_t ticks;
};

struct marks_overlap {
    const char *peers[2]; /* the one that should have been silent, the other one; owned by the record */
    size_t instances[2];
    int64_t from_ns, until_ns; /* when the other one began, when the former was heard last */
    uint64_t ticks;            /* that should not have been */
};

struct marks_report {
    const struct marks_instance *instances; /* in order of appearance, as the arrays below; owned by the record */
    size_t instance_count;
    const struct marks_segment *segments;
    size_t segment_count;
    const struct marks_overlap *overlaps;
    size_t overlap_count;
    int64_t gap_ns;    /* the longest gap of any instance */
    int64_t outage_ns; /* the longest time between the end of an instance and the begin of the next */
    uint64_t unknown;  /* ticks that belong to no known instance */
};

/* -ENOMEM. The caller owns the record and frees it. */
int marks_new(struct marks **ret_marks);
void marks_free(struct marks *marks);

/* One event of the recorder's file, in its order. -EINVAL for data of an unknown connection, -ENOMEM. */
int marks_open(struct marks *marks, unsigned connection, const char *peer);
int marks_data(struct marks *marks, int64_t time_ns, unsigned connection, const unsigned char *bytes, size_t size);

/* Judges everything fed so far; to be called once. Gaps, outages and overlaps that ended before since_ns are left out.
 * The report lives as long as the record. -ENOMEM. */
int marks_judge(struct marks *marks, int64_t since_ns, struct marks_report *ret_report);

/* Feeds a file of the recorder. A last line that is not complete yet is left out. -EINVAL with the number of the line.
 */
int marks_read_file(struct marks *marks, const char *path, unsigned long *ret_line);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A few replicas on one totally ordered bus, moved by hand: a test says who sends, who delivers how far, whose disk
 * finishes, who crashes. What lies on a disk survives a crash, what waits for it does not.
 */
#ifndef BENCH_H
#define BENCH_H

#include "internal.h"

#define BENCH_NODES 4
#define BENCH_ITEMS 512
#define BENCH_DISK  128

struct bench_item {
    uint32_t node;
    uint8_t bytes[6000];
    size_t length;
};

struct bench_entry {
    struct hvc_entry entry;
    uint8_t bytes[3000];
};

struct bench_write {
    struct hvc_replication_persist p;
    uint64_t first;
};

struct bench_node {
    struct hvc_replication *core;
    void *memory;
    uint64_t boot_id, host_boot, now;
    bool up, slow;     /* slow: writes wait for bench_sync() */
    unsigned position; /* in the order of the ring */
    struct bench_item out[32];
    unsigned outs;
    /* disk */
    bool damaged;
    struct hvc_replication_persist scalars;
    struct bench_entry disk[BENCH_DISK];
    unsigned stored;
    struct bench_entry waiting[BENCH_DISK];
    struct hvc_replication_persist write[64];
    unsigned writes, waits;
    uint8_t snapshot[16384];
    size_t snapshot_length;
    uint64_t snapshot_sum;
    /* state machine: sum of the bytes of all operations that ran */
    uint64_t sum, pinned, staged;
    unsigned runs, duplicates, expired;
    struct bench_answer {
        uint64_t index, value;
        int32_t code;
    } ran, repeated;                    /* of the last entry that ran, and of the last duplicate */
    struct hvc_replication_update last; /* of the last step */
    enum hvc_replication_leave left;
    unsigned alarms[16];
    bool void_seen, barrier_seen, barrier_passed;
};

struct bench {
    struct bench_node node[BENCH_NODES];
    unsigned nodes, members; /* members: mask of the present ring */
    struct hvc_ring_id ring;
    struct bench_item order[BENCH_ITEMS];
    unsigned ordered;
    uint32_t votes[BENCH_NODES], modes, quorum, expected;
};

struct bench *bench_new(unsigned nodes);
void bench_free(struct bench *b);
void bench_start(struct bench *b, unsigned n);
void bench_crash(struct bench *b, unsigned n, bool power);
int bench_step(struct bench *b, unsigned n, struct hvc_replication_event *event);
void bench_view(struct bench *b, unsigned mask, bool new_ring); /* what is undelivered is lost; quorum is not told */
void bench_quorum(struct bench *b, unsigned n, bool quorate);
void bench_send(struct bench *b, unsigned n);    /* all it has to send goes into the order */
bool bench_deliver(struct bench *b, unsigned n); /* the next item; false: none */
void bench_sync(struct bench *b, unsigned n);
void bench_settle(struct bench *b, unsigned mask); /* these send, deliver and write until nothing moves */
void bench_join(struct bench *b, unsigned mask);   /* new ring of these, quorum told to all, settled */
/* The last duplicate at one node was answered as the last entry that ran at the other: index, code and value. */
void bench_repeated_whole(const struct bench *b, unsigned repeats, unsigned ran);
int bench_propose(struct bench *b, unsigned n, uint8_t token, uint8_t value);
int bench_propose_born(struct bench *b, unsigned n, uint8_t token, uint8_t value, uint64_t birth);
void bench_timer(struct bench *b, unsigned n, uint64_t later_ms);
struct hvc_replication_status bench_status(struct bench *b, unsigned n);
uint64_t bench_epoch_at(struct bench *b, unsigned n, uint64_t index); /* 0: no entry */

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A deterministic world around the replication library: one seeded generator, one virtual clock (microseconds), one
 * queue of events. world.c runs it, totem.c is corosync (rings, agreed delivery, group membership, quorum), node.c the
 * driver of one daemon with its disk, machine.c the state machine, client.c those who ask, fault.c what goes wrong,
 * check.c what must never happen, main.c the command line. Nothing here reads a clock, an address or an environment
 * variable: a seed replays to the byte.
 */
#ifndef SIM_H
#define SIM_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bugs.h"
#include "hvc/replication.h"

#define SIM_NODES       5
#define SIM_CLIENTS     5
#define SIM_INDEX_MAX   16384 /* entries a run can have */
#define SIM_SENDQ_MAX   64    /* bounded queues: more is a violation */
#define SIM_ACCEPT_MAX  8     /* what corosync takes before TRY_AGAIN */
#define SIM_KEYS        12
#define SIM_WINDOW      64
#define SIM_TOKENS      24
#define SIM_FAULT_KINDS 14

enum sim_event_kind {
    EV_RECEIVE,
    EV_SEND,
    EV_DAEMON,
    EV_FSYNC,
    EV_TIMER,
    EV_FORM,
    EV_CLIENT,
    EV_FAULT,
    EV_START,
    EV_EFFECT,
    EV_FENCE
};

struct sim_event {
    uint64_t at, order; /* order breaks ties: first scheduled, first run */
    enum sim_event_kind kind;
    int node;
    uint64_t a, b;
};

/* One item of the agreed order of a ring. */
enum sim_item_kind { ITEM_MESSAGE, ITEM_JOIN, ITEM_LEAVE };

struct sim_item {
    enum sim_item_kind kind;
    int from;
    uint32_t pid;
    const uint8_t *bytes;
    size_t length;
};

struct sim_ring {
    struct hvc_ring_id id;
    unsigned members;
    struct sim_item *item;
    unsigned count, capacity;
};

/* What waits in the sockets of a daemon. */
enum sim_inbox_kind { INBOX_VIEW, INBOX_VIEW_END, INBOX_MESSAGE, INBOX_QUORUM };

struct sim_inbox {
    enum sim_inbox_kind kind;
    int from;
    const uint8_t *bytes;
    size_t length;
    struct hvc_ring_id ring;
    unsigned members; /* VIEW: nodes; QUORUM: votes of the ring */
    uint32_t pid[SIM_NODES];
    bool quorate;
    uint64_t number; /* MESSAGE: rises with its place in the order of all rings */
    uint64_t ready;  /* not before */
};

struct sim_queue {
    struct sim_inbox *slot;
    unsigned head, count, capacity;
};

/* The state machine that stands in for engine/service. */
struct machine {
    uint64_t applied, count, key[SIM_KEYS];
    uint64_t sum;
};

struct sim_disk {
    bool lost, corrupt, restored; /* restored: and the generation shows it */
    bool set_back;                /* holds an older image, until it is refilled */
    bool written;
    uint64_t promised, commit, view_boot;
    uint32_t owner;
    struct hvc_replication_with with;
    bool voter;
    uint8_t cluster_id[HVC_CLUSTER_ID_SIZE];
    bool snapshot;
    const uint8_t *meta;
    size_t meta_length;
    struct machine state;
    uint64_t first; /* index of entry[0] */
    unsigned count;
    struct hvc_entry entry[SIM_WINDOW + 2];
};

/* One persist record on its way to the disk. */
struct sim_write {
    struct hvc_replication_persist p;
    const uint8_t *meta;
    size_t meta_length;
    struct machine state;
    struct hvc_entry *entry;
};

#define SIM_WRITES_MAX 1024

struct sim_node {
    int id; /* 0.., node id is id + 1 */
    /* host and corosync */
    bool powered, ghost;
    uint64_t host_boot;
    bool seen_all; /* wait_for_all of two_node */
    int ring;      /* index into world.ring, -1: none */
    uint8_t *received;
    unsigned delivered;
    uint32_t group[SIM_NODES]; /* pid of each node's process in the group, 0 none; as this corosync sees it */
    uint32_t joined;           /* pid of the own process whose JOIN has been delivered */
    struct sim_item unsent[SIM_ACCEPT_MAX + 4];
    unsigned unsent_count;
    bool send_armed;
    uint64_t busy_until; /* TRY_AGAIN */
    uint64_t lag_until;  /* the token comes late */
    /* daemon */
    bool running, parked;
    uint32_t pid;
    uint64_t boot_id, hung_until, wake_at;
    uint8_t wire_max;
    void *memory;
    struct hvc_replication *core;
    struct sim_queue inbox, quorum;
    bool daemon_armed;
    struct sim_item sendq[SIM_SENDQ_MAX];
    unsigned sendq_count;
    struct sim_disk disk, image;
    bool have_image;
    struct sim_write *write;
    unsigned write_head, write_count;
    bool fsync_armed, disk_full, slow;
    uint64_t persist_seq;
    struct machine state, pinned;
    uint8_t *staged;
    uint64_t staged_length;
    uint64_t epoch;               /* of the last install seen by the driver */
    struct hvc_ring_id ring_seen; /* of the last VIEW event processed */
    bool view_open;
    struct hvc_replication_counters counters; /* of former processes, summed */
    struct {
        uint64_t barrier, epoch;
    } effect[8];
    unsigned effects;
    uint64_t barrier_next;
};

struct sim_client {
    struct hvc_token token;
    bool busy, answered;
    int node;
    uint8_t op[64];
    size_t length;
    uint64_t asked_at;
    bool repeat; /* an answered request, asked again on purpose */
    uint64_t was_index, was_value;
    unsigned healed; /* requests made after the healing */
};

struct sim_answer {
    struct hvc_token token;
    uint64_t index, value;
};

struct sim_stats {
    uint64_t steps, runs, rings, partitions, merges, kills, power_losses, reboots, same_ring_rejoins, hangs, ghosts,
        try_again;
    uint64_t late_quorum, slow_fsync, disk_full, lost_store, corrupt_store, restored_store, rollback_seen, lost_writes;
    uint64_t left_and_joined, carried_over, mixed_wire, fencings, votes_changed, lost_messages, originator_first;
    uint64_t proposals, answers, answers_from_table, expired_answers, refused, effects, effects_dropped,
        barriers_failed;
    uint64_t leaves[16], alarms[16], multi_chunk, liveness;
    struct hvc_replication_counters core;
};

struct sim_world {
    uint64_t seed, random, now, order, steps;
    unsigned steps_max;
    int nodes; /* in the node list now */
    uint32_t modes;
    uint32_t votes[SIM_NODES];
    uint32_t pad; /* bytes that every snapshot carries beside the state */
    unsigned cut; /* nodes whose side is 1; side of the others is 0 */
    bool partitioned, faults, form_armed, added, uneven, changed, operator_needed;
    unsigned weight[SIM_FAULT_KINDS];
    unsigned fencing[SIM_NODES]; /* by killer: victims whose fencing is under way */
    unsigned core;               /* the healed nodes, 0 before */
    struct sim_ring *ring;
    int rings, rings_capacity;
    uint64_t ring_seq;
    struct sim_event *heap;
    unsigned heap_count, heap_capacity;
    struct sim_node node[SIM_NODES];
    struct sim_client client[SIM_CLIENTS];
    struct sim_answer *answered;
    unsigned answered_count, answered_capacity;
    /* arena */
    uint8_t **block;
    unsigned blocks, block_now;
    size_t block_used;
    /* result */
    char violation[64];
    char detail[256];
    bool trace, record;
    struct sim_stats stats;
};

/* world.c */
uint64_t sim_random(struct sim_world *w);
uint64_t sim_below(struct sim_world *w, uint64_t n); /* 0 .. n-1 */
bool sim_chance(struct sim_world *w, unsigned per_mille);
void sim_at(struct sim_world *w, uint64_t delay, enum sim_event_kind kind, int node, uint64_t a, uint64_t b);
void *sim_alloc(struct sim_world *w, size_t size);
void *sim_copy(struct sim_world *w, const void *bytes, size_t size);
void sim_trace(struct sim_world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
void sim_violation(struct sim_world *w, const char *checker, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void sim_run(struct sim_world *w, uint64_t seed);
void sim_free(struct sim_world *w);
void sim_inbox_push(struct sim_world *w, struct sim_node *n, const struct sim_inbox *item);
void sim_record(const struct sim_node *n, const struct sim_inbox *item);

/* totem.c */
void totem_form(struct sim_world *w);
void totem_send(struct sim_world *w, struct sim_node *n);
void totem_receive(struct sim_world *w, struct sim_node *n, int ring, unsigned number);
bool totem_accept(struct sim_world *w, struct sim_node *n, const struct sim_item *item);
void totem_process_gone(struct sim_world *w, struct sim_node *n);
void totem_change_soon(struct sim_world *w, uint64_t delay);
void totem_quorum(struct sim_world *w, struct sim_node *n, uint64_t delay);
bool totem_linked(const struct sim_world *w, int a, int b);

/* node.c */
void node_start(struct sim_world *w, struct sim_node *n);
void node_kill(struct sim_world *w, struct sim_node *n, bool power);
void node_daemon(struct sim_world *w, struct sim_node *n);
void node_timer(struct sim_world *w, struct sim_node *n, uint64_t at);
void node_fsync(struct sim_world *w, struct sim_node *n);
void node_send(struct sim_world *w, struct sim_node *n);
void node_arm(struct sim_world *w, struct sim_node *n);
void node_effect(struct sim_world *w, struct sim_node *n, uint64_t epoch, uint64_t token);
int node_step(struct sim_world *w, struct sim_node *n, struct hvc_replication_event *event);
void node_counters(struct sim_world *w, struct sim_node *n);
bool node_awake(const struct sim_world *w, const struct sim_node *n);

/* disk.c */
void disk_apply(struct sim_disk *d, const struct sim_write *write, bool half);
struct sim_write *disk_queue(struct sim_world *w, struct sim_node *n, const struct hvc_replication_persist *p);

/* machine.c */
void machine_apply(struct machine *m, const struct hvc_entry *entry, uint64_t *ret_value);
void machine_skip(struct machine *m, uint64_t index);
uint64_t machine_digest(const struct machine *m);
size_t machine_size(const struct sim_world *w);
void machine_read(const struct sim_world *w, const struct machine *m, uint64_t offset, uint8_t *bytes, size_t length);
bool machine_load(const struct sim_world *w, struct machine *m, const uint8_t *bytes, size_t length);

/* client.c */
void client_tick(struct sim_world *w, int number);
void client_answer(struct sim_world *w, struct sim_node *n, const struct hvc_replication_update *u, uint64_t value);

/* fault.c */
void fault_mix(struct sim_world *w);
void fault_tick(struct sim_world *w);
void fault_phase(struct sim_world *w, struct sim_node *n);
void fault_merge(struct sim_world *w);
void fault_crash(struct sim_world *w, struct sim_node *n);
void fault_heal(struct sim_world *w);
void fault_fence(struct sim_world *w, int killer, int victim);
void fault_fence_soon(struct sim_world *w);

/* check.c */
void check_begin(struct sim_world *w);
void check_append(struct sim_world *w, struct sim_node *n, const struct hvc_entry *entry);
void check_install(struct sim_world *w, struct sim_node *n);
void check_apply(struct sim_world *w, struct sim_node *n, const struct hvc_replication_update *u);
void check_state(struct sim_world *w, struct sim_node *n, uint64_t index);
void check_update(struct sim_world *w, struct sim_node *n, const struct hvc_replication_update *u);
void check_answer(struct sim_world *w, const struct hvc_token *token, uint64_t index, uint64_t value);
void check_effect(struct sim_world *w, struct sim_node *n, uint64_t epoch);
void check_step(struct sim_world *w);
bool check_live(struct sim_world *w, unsigned core);
void check_end(struct sim_world *w, unsigned core);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A deterministic world around the two pure libraries: one seeded generator, one virtual clock (microseconds), one
 * queue of events. README.md says which file is what. Nothing here reads a clock, an address or an environment
 * variable: a seed replays to the byte.
 */
#ifndef SIM_H
#define SIM_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cover.h"
#include "hvc/command.h"
#include "hvc/placement.h"
#include "hvc/replication.h"
#include "hvc/service.h"
#include "seeded.h"

#define SIM_NODES      5
#define SIM_FAULTS_MAX 40
#define SIM_CLIENTS    5
#define SIM_INDEX_MAX  16384 /* entries a run can have */
#define SIM_SENDQ_MAX  64    /* bounded queues: more is a violation */
#define SIM_ACCEPT_MAX 8     /* what corosync takes before TRY_AGAIN */
#define SIM_GUESTS     6
#define SIM_WINDOW     256
#define SIM_TOKENS     24
#define SIM_JOBS_KEPT  14
#define SIM_STARTS_MAX 4096u          /* pid / this: the boot of the host in which it ran */
#define SIM_OP_MAX     700            /* bytes of a command here */
#define SIM_REQUESTS   24             /* commands of one driver under way */
#define SIM_WORKS      24             /* looks around that one driver has under way */
#define SIM_STATE_MAX  (128u * 1024u) /* bytes of a snapshot of the service */
#define SIM_NOBODY     (-1)

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
    EV_FENCE,   /* node: who fences (itself: power comes back), a: victim */
    EV_CONFIRM, /* node hears from its Pacemaker that a has been fenced; b: how often a had been fenced */
    EV_KEEP,    /* the driver of a node looks at the state and around itself */
    EV_MIGRATE, /* a: guest, b: serial of the migration */
    EV_LIBVIRT, /* libvirtd of node answers again */
    EV_PCMK,
    EV_OPERATION, /* a: guest, b: serial of Pacemaker's operation */
    EV_HAND       /* somebody does something by hand; a: what */
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

/* A snapshot of the service with the index it holds. length 0: an empty state. */
struct sim_image {
    const uint8_t *bytes;
    size_t length;
    uint64_t applied;
};

struct sim_disk {
    bool lost, corrupt, restored; /* restored: and the generation shows it */
    bool set_back;                /* holds an older image, until it is refilled */
    bool written;
    uint64_t promised, commit, view_boot, refused;
    uint32_t owner;
    struct hvc_replication_with with;
    bool voter;
    uint8_t cluster_id[HVC_CLUSTER_ID_SIZE];
    bool snapshot;
    const uint8_t *meta;
    size_t meta_length;
    struct sim_image state;
    uint64_t first; /* index of entry[0] */
    unsigned count;
    struct hvc_entry entry[SIM_WINDOW + 2];
};

/* One persist record on its way to the disk. */
struct sim_write {
    struct hvc_replication_persist p;
    const uint8_t *meta;
    size_t meta_length;
    struct sim_image state;
    struct hvc_entry *entry;
};

#define SIM_WRITES_MAX 1024

/* A command that a driver has proposed and that is not answered yet; proposed again, with the same token, when a view
 * ended. */
struct sim_request {
    bool busy;
    uint64_t key; /* what it is about: not asked twice at a time */
    struct hvc_token token;
    uint8_t bytes[SIM_OP_MAX];
    size_t length;
    uint64_t asked_at, until, probed_at;
};

/* What a driver has seen when it looked around for one job, until the next time. */
struct sim_work {
    uint64_t job;
    uint8_t kind, phase;
    uint64_t looked_at; /* 0: not yet */
    enum hvc_seen seen[SIM_NODES];
    bool barrier; /* one is under way */
    unsigned tries;
};

enum sim_act { ACT_MIGRATE, ACT_DESTROY };

struct sim_effect {
    uint64_t barrier, epoch, job;
    enum sim_act act;
    int guest, target;
    bool post_copy;
    uint64_t behind; /* its barrier has passed: it waits until this index is applied */
};

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
    uint64_t busy_until;      /* TRY_AGAIN */
    uint64_t lag_until;       /* the token comes late */
    uint64_t libvirt_until;   /* libvirtd does not answer before */
    uint64_t bad_until;       /* storage or certificates of it are no good before */
    int64_t clock_ms;         /* its wall clock is wrong by so much */
    uint64_t with[SIM_NODES]; /* when a ring with that node was formed last */
    uint64_t off_at;          /* when it lost power last */
    uint32_t boots, starts;   /* of the host, of the daemon: both are in the pid */
    bool down[SIM_NODES];     /* as its Pacemaker says: fenced since it was last in a ring with this one */
    /* daemon */
    bool running, parked;
    uint32_t pid;
    uint64_t boot_id, hung_until, wake_at;
    uint8_t version; /* of the program: 1, 2, or 3 (2 without the code for 1) */
    bool init, force;
    void *memory;
    struct hvc_replication *core;
    struct sim_queue inbox, quorum;
    bool daemon_armed;
    struct sim_item sendq[SIM_SENDQ_MAX];
    unsigned sendq_count;
    struct sim_disk disk, image;
    bool have_image;
    bool forcing; /* an operator's force was said to this process, and its store does not hold the new history yet */
    uint8_t force_id[HVC_CLUSTER_ID_SIZE];
    struct sim_write *write;
    unsigned write_head, write_count;
    bool fsync_armed, disk_full, slow;
    uint64_t persist_seq;
    void *service_memory;
    struct hvc_service *service;
    uint64_t applied;
    struct sim_image pinned;
    uint8_t *staged;
    uint64_t staged_length;
    uint64_t epoch;               /* of the last install seen by the driver */
    struct hvc_ring_id ring_seen; /* of the last VIEW event processed */
    bool view_open, quorate;
    uint32_t view_pid[SIM_NODES];
    uint64_t view_at;
    bool heard[SIM_NODES]; /* what the driver knows of down: it asks now and then, and notes of which boot that is */
    uint64_t heard_boot[SIM_NODES];
    bool told[SIM_NODES];                     /* the log has been told that it was fenced */
    uint64_t not_primary_since;               /* 0: it is primary */
    struct hvc_replication_counters counters; /* of former processes, summed */
    struct sim_effect effect[3];
    unsigned effects;
    uint64_t barrier_next;
    struct sim_request request[SIM_REQUESTS];
    struct sim_work work[SIM_WORKS];
    uint64_t drain; /* the one it works on, and how often it looked without having anything under way */
    unsigned drain_tries;
};

struct sim_client {
    struct hvc_token token;
    bool busy, answered;
    int node;
    uint8_t op[SIM_OP_MAX];
    size_t length;
    uint8_t version;
    uint64_t asked_at;
    bool repeat; /* an answered request, asked again on purpose */
    bool lazy;
    uint64_t patience;
    uint64_t was_index, was_value;
    unsigned healed; /* requests made after the healing */
};

struct sim_answer {
    struct hvc_token token;
    uint64_t index, value;
    uint8_t op[SIM_OP_MAX]; /* the same bytes are sent when it is asked again */
    size_t length;
};

/* ---- the machines ---- */

/* A guest's process on one node. */
enum sim_domain {
    DOM_NONE,
    DOM_RUNNING,  /* executes */
    DOM_PAUSED,   /* stands still after an I/O error */
    DOM_LEAVING,  /* stopped by a migration whose end this side does not know; nobody but a proof may let it go on */
    DOM_INCOMING, /* receives */
    DOM_BROKEN    /* post-copy has lost its other side for a while */
};

enum sim_move_phase { MOVE_NONE, MOVE_COPY, MOVE_SWITCH, MOVE_CONFIRM, MOVE_POST_COPY };

struct sim_move {
    enum sim_move_phase phase;
    int source, target;
    uint64_t serial, job; /* job 0: by hand */
    bool abort, crash, paused, post_copy;
    unsigned passes;
    uint64_t began_at, stalled_at;
};

enum sim_operation {
    OP_NONE,
    OP_START,
    OP_MIGRATE,
    OP_LEARN, /* its own migration of a guest that is at the target already: it learns the place */
};

struct sim_guest {
    uint8_t uuid[16];
    char name[8];
    uint64_t memory_kib;
    bool managed;
    enum sim_domain at[SIM_NODES];
    struct sim_move move;
    uint64_t changed_at; /* when it last began or ceased to execute anywhere */
    uint64_t locked_until;
    uint64_t off_until; /* somebody wanted it off */
    /* as Pacemaker has it */
    int record;    /* node, SIM_NOBODY */
    uint64_t hold; /* job, 0: none */
    int here;      /* node that a location of ours pulls it to, SIM_NOBODY */
    uint64_t here_job;
    bool here_dead; /* it is not there any more, and a driver that may write has had the proof */
    bool staged;    /* a job took it away from there under a hold, and nobody else has had a hand in it */
    enum sim_operation op;
    int op_node, op_target;
    uint64_t op_serial, op_until, op_job;
    unsigned op_tries;
    bool op_looked, op_quorate;
    unsigned op_members;
    enum hvc_seen op_seen[SIM_NODES];
};

struct sim_stats {
    uint64_t steps, runs, rings, partitions, merges, kills, power_losses, reboots, same_ring_rejoins, hangs, ghosts,
        try_again;
    uint64_t late_quorum, slow_fsync, disk_full, lost_store, corrupt_store, restored_store, rollback_seen, lost_writes;
    uint64_t left_and_joined, carried_over, mixed_wire, fencings, votes_changed, lost_messages, originator_first;
    uint64_t proposals, answers, answers_from_table, expired_answers, refused, effects, effects_dropped,
        barriers_failed;
    uint64_t leaves[16], alarms[16], multi_chunk, liveness;
    uint64_t cover[COVER_MAX], phase[HVC_JOB_PHASE_COUNT], desired[HVC_EFFECT_COUNT], command[HVC_COMMAND_KIND_END],
        gate[HVC_PLACEMENT_WAIT + 1];
    struct hvc_replication_counters core;
};

struct sim_world {
    uint64_t seed, random, now, order, steps;
    unsigned steps_max;
    int nodes; /* in the node list now */
    uint32_t modes;
    uint32_t votes[SIM_NODES];
    uint8_t side[SIM_NODES]; /* of the cluster network */
    uint8_t link[SIM_NODES]; /* side of the migration network */
    unsigned deaf;           /* nodes that hear nobody but are heard */
    bool partitioned, faults, form_armed, added, uneven, changed, operator_needed;
    bool init_first;
    bool mixed;           /* programs of different versions */
    uint64_t newer_index; /* first entry of the second version that was committed, 0: none */
    uint64_t forgiven;    /* UINT64_MAX: an operator has begun another history from one node's store; else 0 */
    bool history_known, force_under_way; /* under way: said, and no store that counts holds it; it may be lost */
    uint8_t history[HVC_CLUSTER_ID_SIZE];
    enum { FENCING_ON, FENCING_SLOW, FENCING_NONE } fencing_mode;
    unsigned calm; /* how long the time between faults is, 1: short */
    unsigned weight[SIM_FAULTS_MAX];
    unsigned fencing[SIM_NODES]; /* by killer: victims whose fencing is under way */
    struct sim_guest guest[SIM_GUESTS];
    uint64_t serial, node_memory_kib, healed_at;
    uint32_t renamed[SIM_NODES]; /* how often it got another name */
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
uint64_t sim_below(struct sim_world *w, uint64_t n);          /* 0 .. n-1 */
uint64_t sim_aside(const struct sim_world *w, uint64_t what); /* draws nothing: older seeds stay as they were */
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
bool totem_is_quorate(const struct sim_world *w, const struct sim_node *n); /* as its corosync has it now */
bool totem_member(const struct sim_world *w, const struct sim_node *n, int other);

/* node.c */
void node_start(struct sim_world *w, struct sim_node *n);
void node_kill(struct sim_world *w, struct sim_node *n, bool power);
void node_daemon(struct sim_world *w, struct sim_node *n);
void node_timer(struct sim_world *w, struct sim_node *n, uint64_t at);
void node_fsync(struct sim_world *w, struct sim_node *n);
void node_send(struct sim_world *w, struct sim_node *n);
void node_arm(struct sim_world *w, struct sim_node *n);
int node_step(struct sim_world *w, struct sim_node *n, struct hvc_replication_event *event);
void node_counters(struct sim_world *w, struct sim_node *n);
bool node_awake(const struct sim_world *w, const struct sim_node *n);
uint64_t node_stamp(const struct sim_world *w, const struct sim_node *n); /* its wall clock */

/* disk.c */
void disk_apply(struct sim_disk *d, const struct sim_write *write, bool half);
struct sim_write *disk_queue(struct sim_world *w, struct sim_node *n, const struct hvc_replication_persist *p);

/* state.c: the service of one node, run by the simulated program's version */
struct hvc_service *state_new(void **memory); /* an empty one; *memory NULL: is allocated */
void state_clear(struct sim_node *n);
/* Version of an encoded command: of the program that wrote it, and at least the command's own. */
uint8_t state_version(const uint8_t *op);
void state_mark(uint8_t *op, uint8_t version); /* 1: as hvc_command_encode wrote it */
/* The node and all of its view read commands of the second version. */
bool state_speaks(const struct sim_node *n);
int state_apply(struct hvc_service *service, uint8_t version, const struct hvc_entry *entry,
                struct hvc_answer *ret_answer);
size_t state_pin(struct sim_world *w, struct sim_node *n); /* into n->pinned, in the arena; bytes of the snapshot */
/* -EPROTONOSUPPORT: of a newer program */
int state_load(struct sim_node *n, const uint8_t *bytes, size_t length);

/* ask.c: commands of a driver */
struct hvc_command ask_command(const struct sim_world *w, const struct sim_node *n, unsigned kind);
bool ask(struct sim_world *w, struct sim_node *n, const struct hvc_command *command, uint64_t key, uint64_t probed_at);
void ask_again(struct sim_world *w, struct sim_node *n);
void ask_void(struct sim_node *n);
void ask_applied(struct sim_world *w, struct sim_node *n, const struct hvc_entry *entry);
uint64_t ask_probed_at(const struct sim_world *w, const struct hvc_token *token);

/* keep.c: what the driver does from time to time */
void keep_tick(struct sim_world *w, struct sim_node *n, uint64_t boot_id);
bool keep_is_first(const struct sim_node *n, const struct hvc_replication_status *s);

/* effect.c: desired effects, carried out */
void effect_all(struct sim_world *w, struct sim_node *n, const struct hvc_replication_status *s);
void effect_barrier(struct sim_world *w, struct sim_node *n, uint64_t barrier, bool passed);
void effect_applied(struct sim_world *w, struct sim_node *n);
void effect_void(struct sim_world *w, struct sim_node *n); /* the view ended, and with it what waited for a barrier */
void effect_send(struct sim_world *w, struct sim_node *n); /* the barriers of what was decided */
uint64_t effect_tag(const struct hvc_job *job);            /* its token: ids begin anew with another history */
int effect_guest(const struct sim_world *w, const uint8_t uuid[16]); /* SIM_NOBODY: not one of ours */

/* hyper.c */
void hyper_begin(struct sim_world *w);
enum hvc_seen hyper_seen(const struct sim_world *w, const struct sim_node *by, int node, int guest);
enum hvc_seen hyper_is(const struct sim_world *w, int node, int guest);
bool hyper_answers(const struct sim_world *w, int node);
bool hyper_linked(const struct sim_world *w, int a, int b);
int hyper_place(const struct sim_world *w, int guest); /* where it executes or stands still, SIM_NOBODY */
bool hyper_migrate(struct sim_world *w, int source, int guest, int target, uint64_t job, bool post_copy);
void hyper_step(struct sim_world *w, int guest, uint64_t serial);
void hyper_set(struct sim_world *w, int node, int guest, enum sim_domain to);
void hyper_power_off(struct sim_world *w, int node);
void hyper_restart(struct sim_world *w, int node); /* libvirtd */

/* pcmk.c */
void pcmk_tick(struct sim_world *w);
void pcmk_operation(struct sim_world *w, int guest, uint64_t serial);
void pcmk_release(struct sim_world *w, int guest);
void pcmk_settle(struct sim_world *w, int guest);
void pcmk_hand_back(struct sim_world *w, const struct sim_node *n, int guest, int place);
bool pcmk_hold(struct sim_world *w, const struct sim_node *n, int guest, uint64_t job);
void pcmk_lost(struct sim_world *w, int node);

/* client.c, wish.c */
void client_tick(struct sim_world *w, int number);
void client_answer(struct sim_world *w, struct sim_node *n, const struct hvc_replication_update *u,
                   const struct hvc_answer *answer);
void client_forget(struct sim_world *w);
bool wish_tidy(struct sim_world *w, const struct sim_node *n, struct hvc_command *ret_command);
bool wish(struct sim_world *w, const struct sim_node *n, bool healed, struct hvc_command *ret_command);

/* fault.c, hand.c, config.c */
void fault_mix(struct sim_world *w);
void fault_tick(struct sim_world *w);
void fault_phase(struct sim_world *w, struct sim_node *n);
void fault_merge(struct sim_world *w);
void fault_crash(struct sim_world *w, struct sim_node *n);
void fault_heal(struct sim_world *w);
void fault_fence(struct sim_world *w, int killer, int victim);
void fault_fence_soon(struct sim_world *w);
void fault_confirm(struct sim_world *w, struct sim_node *n, int victim, uint64_t at);
void fault_confirm_soon(struct sim_world *w, int teller, int victim);
void fault_cut(struct sim_world *w, unsigned nodes); /* these from the others */
void fault_power_on(struct sim_world *w, struct sim_node *n);
void config_change(struct sim_world *w, struct sim_node *n);
void config_upgrade(struct sim_world *w, struct sim_node *n);
void config_operator(struct sim_world *w, struct sim_node *n);
void config_lose_majority(struct sim_world *w, struct sim_node *n);
bool config_lacks_stores(const struct sim_world *w);
void config_force_best(struct sim_world *w);
void config_lose_survivor(struct sim_world *w, int tries);
void config_lose_job(struct sim_world *w, int guest);
void hand_guest(struct sim_world *w, struct sim_node *n);
void hand_move(struct sim_world *w, struct sim_node *n); /* something happens to a migration */
void hand_cleanup(struct sim_world *w, struct sim_node *n);
void fault_power_off(struct sim_world *w, struct sim_node *n, uint64_t back);
void fault_kill(struct sim_world *w, struct sim_node *n);
bool fault_store_counts(const struct sim_disk *d);
/* What hand_do does. */
enum { HAND_FORCE = 1, HAND_LOSE, HAND_LOSE_JOB, HAND_LINKS, HAND_SOURCE, HAND_TARGET, HAND_CUT };
void hand_do(struct sim_world *w, int what, int guest);
void hand_soon(struct sim_world *w, int guest); /* a migration has come into a phase that does not last */

/* check.c: the log */
void check_begin(struct sim_world *w);
bool check_is_former(const struct sim_world *w, const struct sim_node *n); /* not of the history that counts */
void check_stored(struct sim_world *w, struct sim_node *n);                /* its disk has changed */
void check_append(struct sim_world *w, struct sim_node *n, const struct hvc_entry *entry);
void check_install(struct sim_world *w, struct sim_node *n);
bool check_apply(struct sim_world *w, struct sim_node *n, const struct hvc_replication_update *u); /* first of all? */
void check_state(struct sim_world *w, struct sim_node *n, uint64_t index);
void check_update(struct sim_world *w, struct sim_node *n, const struct hvc_replication_update *u);
void check_answer(struct sim_world *w, const struct hvc_token *token, uint64_t index, uint64_t value);
void check_effect(struct sim_world *w, struct sim_node *n, uint64_t epoch);
void check_step(struct sim_world *w);
bool check_live(struct sim_world *w, unsigned core);
void check_end(struct sim_world *w, unsigned core);

/* invariant.c: I1 to I9 */
void invariant_begin(struct sim_world *w);
void invariant_entry(struct sim_world *w, struct sim_node *n, const struct hvc_entry *entry,
                     const struct hvc_answer *answer);
void invariant_gap(void);
void invariant_guest(struct sim_world *w, int guest);
void invariant_boot(struct sim_world *w, int node, int guest);
void invariant_start(struct sim_world *w, const struct sim_node *n, int guest, uint64_t id, bool in_view);
void invariant_acknowledged(struct sim_world *w, uint64_t job);
void invariant_success(struct sim_world *w, int node, int guest, bool there);
void invariant_recover(struct sim_world *w, const struct sim_node *dc, int guest);
void invariant_pull(struct sim_world *w, int guest);
void invariant_hand_back(struct sim_world *w, const struct sim_node *n, int guest, int place);
const char *invariant_rest(struct sim_world *w, unsigned core); /* what is left to be done, NULL: nothing */
void invariant_end(struct sim_world *w, unsigned core);

#endif

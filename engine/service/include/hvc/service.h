/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The migration service as a state machine: commands in (from the replicated log), answers, desired effects and a
 * snapshot out.
 *
 * Shape. Pure and deterministic: no I/O, clock, allocation after init, logging, thread, errno. One block of memory
 * given at init. The same commands in the same order give the same state, byte for byte, on every node, also when a
 * node got a part of them as a snapshot.
 *
 * Driver. For each committed entry: hvc_service_apply. Then compare hvc_service_effect_next with what the hypervisor
 * and Pacemaker report, start, observe or cancel, and propose what was found (JOB_REPORT ...). The effects are a
 * function of the state: asking twice starts nothing twice, replaying a log starts nothing.
 *
 * A request that is repeated is found before it comes here: by the token of its log entry (hvc/replication.h, which
 * keeps the answers: hvc_answer_pack). What is applied here is done.
 *
 * Threads: one object, one thread. Pointers into the object are valid until the next apply, load or init.
 */
#ifndef HVC_SERVICE_H
#define HVC_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hvc/answer.h"
#include "hvc/command.h"
#include "hvc/job.h"
#include "hvc/limits.h"
#include "hvc/settings.h"

/* Capacities. The same on every node of a history: "full" is an answer that all must give alike. */
struct hvc_service_config {
    uint32_t nodes, guests, jobs_kept, networks, drains;
    bool alone; /* a stand-alone host: other defaults. Kept in the state: a snapshot brings its own */
};

/* limits.h, in a cluster. */
struct hvc_service_config hvc_service_config_default(void);

struct hvc_service;

/* Bytes that init needs; 0 when a capacity is 0 or above limits.h. */
size_t hvc_service_size(const struct hvc_service_config *config);

/* An empty history in memory (aligned as malloc aligns; stays the caller's). -EINVAL: capacities or size. Pages of the
 * block that nothing was kept in are not touched. */
int hvc_service_init(void *memory, size_t size, const struct hvc_service_config *config,
                     struct hvc_service **ret_service);

/* ---- commands ---- */

/*
 * Applies one committed entry. Returns 0 with an answer, also when the command was refused or malformed: then nothing
 * has changed. -EPROTONOSUPPORT or -ENOTSUP: this program is too old to understand it:
 * the state is unchanged and the node must leave the group. -EUCLEAN: a load has failed, load again.
 */
int hvc_service_apply(struct hvc_service *service, const void *bytes, size_t length, uint64_t epoch, uint64_t index,
                      struct hvc_answer *ret_answer);

/* ---- the state ---- */

struct hvc_service_node {
    uint32_t id; /* corosync's */
    uint32_t cpus;
    uint64_t memory_kib; /* 0: not known */
    uint64_t boot_id;    /* of its daemon, as of the last view it was in */
    bool member, fenced; /* fenced: confirmed since it was last a member */
    bool accepting, maintenance;
    uint64_t served;   /* number of the last admission from here: the one served longest ago is next */
    uint32_t own_mask; /* bit n: it has a value of its own of setting n */
    uint64_t own[HVC_SETTING_MAX];
    char name[HVC_NODE_NAME_MAX];
};

struct hvc_node_load {
    uint32_t out, in, storage; /* moves that hold a slot */
    uint32_t queued;           /* jobs waiting to leave */
    uint32_t guests;
    uint64_t used_kib, reserved_kib; /* memory of guests here, and of moves to here */
};

struct hvc_service_guest {
    uint8_t uuid[16];
    uint64_t version;     /* grows with each change of the definition */
    uint8_t document[32]; /* hash of its definition, all 0: none is held */
    uint64_t memory_kib;
    uint32_t cpus;
    uint32_t node;   /* where it runs as far as was committed, 0: nowhere. libvirt and fencing are the truth */
    uint32_t origin; /* where a drain took it from, 0: no drain did */
    uint64_t job;    /* its unfinished job, 0: none */
    char name[HVC_GUEST_NAME_MAX];
    char resource[HVC_RESOURCE_NAME_MAX]; /* "": not managed by Pacemaker */
};

enum hvc_drain_state {
    HVC_DRAIN_RUNNING,
    HVC_DRAIN_DONE,
    HVC_DRAIN_BLOCKED, /* ended with guests that could not be moved; the text says which */
    HVC_DRAIN_CANCELLED,
    HVC_DRAIN_STATE_COUNT
};
const char *hvc_drain_state_name(unsigned state);

struct hvc_drain {
    uint64_t id;
    uint32_t node, target;
    bool back; /* brings guests back to the node instead of taking them away */
    bool force;
    uint8_t state; /* enum hvc_drain_state */
    uint16_t priority;
    uint32_t jobs, completed, failed, cancelled; /* jobs made for it, and how they ended */
    uint64_t started_ms, ended_ms;
    char by[HVC_REQUESTER_MAX];
    char text[HVC_REASON_TEXT_MAX];
};

struct hvc_document {
    uint8_t hash[32];
    uint32_t size, received; /* complete when equal */
    uint32_t references;     /* guests and jobs that name it */
    uint64_t serial;         /* order of their making */
};

struct hvc_service_counts {
    uint32_t nodes, guests, networks, drains, documents;
    uint32_t queued, active, ended; /* jobs; active: neither queued nor ended */
    uint32_t moving;                /* jobs that hold slots: ActiveVirtualSystemMigrationCount + ...Storage... */
    uint64_t admissions, next_job;
};

void hvc_service_counts(const struct hvc_service *service, struct hvc_service_counts *ret_counts);
const struct hvc_service_properties *hvc_service_properties(const struct hvc_service *service);
bool hvc_service_is_alone(const struct hvc_service *service);

/* Value in force. node 0: the cluster's; else the node's own or, without one, the cluster's. 0 outside the enum. */
uint64_t hvc_service_setting(const struct hvc_service *service, uint32_t node, unsigned setting);
bool hvc_service_setting_is_own(const struct hvc_service *service, uint32_t node, unsigned setting);

/* NULL: there is none. Nodes and networks come in order of id, *_at in [0, count). */
const struct hvc_service_node *hvc_service_node(const struct hvc_service *service, uint32_t id);
const struct hvc_service_node *hvc_service_node_at(const struct hvc_service *service, uint32_t position);
const struct hvc_service_node *hvc_service_node_named(const struct hvc_service *service, const char *name);
int hvc_service_node_load(const struct hvc_service *service, uint32_t id, struct hvc_node_load *ret_load); /* -ENOENT */
const struct hvc_network *hvc_service_network(const struct hvc_service *service, uint32_t id);
const struct hvc_network *hvc_service_network_at(const struct hvc_service *service, uint32_t position);
/* Some network has a limit: which networks moves take is to be told in reports. */
bool hvc_service_limits_networks(const struct hvc_service *service);
/* One more move may take it between these nodes; also true of a network that there is not. */
bool hvc_service_network_has_room(const struct hvc_service *service, uint32_t id, uint32_t source, uint32_t target);
const struct hvc_service_guest *hvc_service_guest(const struct hvc_service *service, const uint8_t uuid[16]);

/* It runs somewhere as far as was committed, or a job has to do with it. */
bool hvc_service_guest_lives(const struct hvc_service_guest *guest);

/* Who has a name. Guests are told apart by their UUIDs: libvirt keeps a name unique on one host only, and a record
 * outlives its guest. */
struct hvc_service_name {
    const struct hvc_service_guest *meant; /* the only one that lives, else the only one; NULL: none, or several */
    uint32_t all, living, defined;         /* records; defined: a definition is held */
};
struct hvc_service_name hvc_service_guest_name(const struct hvc_service *service, const char *name);
const struct hvc_service_guest *hvc_service_guest_named(const struct hvc_service *service,
                                                        const char *name); /* meant */

const struct hvc_job *hvc_service_job(const struct hvc_service *service, uint64_t id);
const struct hvc_drain *hvc_service_drain(const struct hvc_service *service, uint64_t id);
const struct hvc_document *hvc_service_document(const struct hvc_service *service, const uint8_t hash[32]);

/* Walks: start with *cursor = 0, NULL at the end. Jobs and drains come in order of id, the others in no order. */
const struct hvc_service_guest *hvc_service_guest_next(const struct hvc_service *service, uint32_t *cursor);
const struct hvc_job *hvc_service_job_next(const struct hvc_service *service, uint32_t *cursor);
const struct hvc_drain *hvc_service_drain_next(const struct hvc_service *service, uint64_t *cursor);
const struct hvc_document *hvc_service_document_next(const struct hvc_service *service, uint32_t *cursor);

/* What a JOB command would be answered now; nothing is done. OK: *ret_job is the job as it would come into the queue,
 * without a number and a time. */
struct hvc_answer hvc_service_plan(const struct hvc_service *service, const struct hvc_command *command,
                                   struct hvc_job *ret_job);

/* Why a queued job waits, as of a moment; NONE for one that does not wait or does not exist. */
enum hvc_blocker hvc_service_blocker(const struct hvc_service *service, uint64_t job, uint64_t now_ms);

/* Stamp from which on a TICK would change something; UINT64_MAX: none. */
uint64_t hvc_service_next_tick_ms(const struct hvc_service *service);

/* ---- desired effects ---- */

enum hvc_effect_kind {
    HVC_EFFECT_PLACE,     /* choose a target and propose JOB_TARGET */
    HVC_EFFECT_CHECK,     /* run the checks and report ADMITTED, QUEUED or an end */
    HVC_EFFECT_MIGRATE,   /* be moving: start it if nothing runs, else observe it; report each phase */
    HVC_EFFECT_EXPECT,    /* at the target: this guest may come, from there, with this token */
    HVC_EFFECT_CANCEL,    /* at the source: end it, prove where the guest is, report */
    HVC_EFFECT_VERIFY,    /* prove at both ends where the guest is, do what the step asks, report */
    HVC_EFFECT_RECONCILE, /* find out what happened, report the phase it really is in */
    HVC_EFFECT_DRAIN,     /* plan, propose jobs for what can go, report DONE or BLOCKED */
    HVC_EFFECT_RETURN,    /* the same for bringing back */
    HVC_EFFECT_COUNT
};
const char *hvc_effect_name(unsigned kind);

struct hvc_effect {
    uint8_t kind;
    uint32_t node;             /* that carries it out; 0: any member, one of them (the lowest id) */
    const struct hvc_job *job; /* NULL for DRAIN and RETURN; its epoch and index are the token */
    const struct hvc_service_guest *guest;
    const struct hvc_drain *drain; /* of DRAIN and RETURN */
};

struct hvc_effect_cursor {
    uint32_t stage, position, next;
};

/* The effects that node has to carry out, and with any those of node 0; all nodes' when node is 0. Start with a zeroed
 * cursor; false at the end. Order: by kind of work, then by id; the same on every node. */
bool hvc_service_effect_next(const struct hvc_service *service, uint32_t node, bool any,
                             struct hvc_effect_cursor *cursor, struct hvc_effect *ret_effect);

/* ---- digest and snapshot ---- */

/* 64 bits over the whole state. Costs as much as was changed since the last call. */
uint64_t hvc_service_digest(struct hvc_service *service);

struct hvc_snapshot_cursor {
    uint64_t revision;
    uint32_t stage, position;
};

/* Smallest buffer for hvc_service_snapshot_read. */
#define HVC_SNAPSHOT_CHUNK_MIN 8192

/* Bytes of the whole snapshot. */
uint64_t hvc_service_snapshot_size(struct hvc_service *service);

/* A snapshot in chunks: begin, then read until *ret_length is 0. Equal states give equal bytes, however they came about
 * and whatever the buffer size. -ENOBUFS: size below the minimum; -ESTALE: something was applied, or another snapshot
 * was begun since. */
void hvc_service_snapshot_begin(struct hvc_service *service, struct hvc_snapshot_cursor *ret_cursor);
int hvc_service_snapshot_read(struct hvc_service *service, struct hvc_snapshot_cursor *cursor, void *bytes, size_t size,
                              size_t *ret_length);

/* Replaces the state by a snapshot given in chunks of any size: begin, bytes, end. -EPROTONOSUPPORT: of a newer
 * version; -ENOSPC: above this object's capacities; -EBADMSG: damaged, or not whole (end). After an error, and between
 * begin and end, the object is empty and refuses commands. */
void hvc_service_load_begin(struct hvc_service *service);
int hvc_service_load_bytes(struct hvc_service *service, const void *bytes, size_t length);
int hvc_service_load_end(struct hvc_service *service);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A cluster in memory for the guest operations: nodes with a hypervisor each (behind hvc/hypervisor.h), facts (behind
 * hvc/facts.h), and scripts that change it while an operation runs. It counts, at every change, on how many nodes the
 * guest runs: more than one is a failed test.
 */
#ifndef HVC_TEST_WORLD_H
#define HVC_TEST_WORLD_H

#include <pthread.h>
#include <sys/types.h>

#include "hvc/operations.h"

#define WORLD_NODES  4
#define WORLD_GUESTS 3

#define VM1 "0b6e4d5e-7d3a-4c0f-9a53-6e6a5a3b1c01"
/* The guest of the tests. In arguments of world_run VM1 stands for world_vm1, which no other test program has: the
 * kernel's process table is one for all that run at the same time. */
#define VM2     "0b6e4d5e-7d3a-4c0f-9a53-6e6a5a3b1c02"
#define VM1_XML "<domain type=`qemu`><name>vm1</name><uuid>" VM1 "</uuid></domain>" /* backticks: see world_run */

extern char world_vm1[HVC_UUID_TEXT_MAX];

struct world_guest {
    bool known; /* this slot is in use */
    char uuid[HVC_UUID_TEXT_MAX], name[64], owner[64], words[128];
    enum hvc_guest_class guest_class;
    int state, reason;
    bool autostart, persistent, migrating_out;
};

enum world_answer { WORLD_ANSWERS, WORLD_REFUSES, WORLD_HANGS, WORLD_DENIES };

struct world;
struct world_node {
    struct hvc_hypervisor base; /* first: the handle that handlers see */
    struct world *world;
    char name[32];
    struct world_guest guests[WORLD_GUESTS];
    enum world_answer answer;
    const char *answer_words; /* of a refusal */
    unsigned inspects, starts, shutdowns, destroys, kills, cancels, migrations, marks, resumes;
    /* how it reacts */
    int start_error, migrate_error, destroy_error, kill_error, cancel_error, mark_error;
    const char *error_words;
    bool start_dies;         /* the guest ends as soon as it was started */
    bool ignores_shutdown;   /* the guest does not react to ACPI */
    bool finishes_on_cancel; /* a migration that is cancelled too late: the guest has moved to node `moves_to` */
    struct world_node *moves_to;
};

struct world {
    struct hvc_facts facts; /* first: handed to the operations */
    pthread_mutex_t lock;
    struct world_node nodes[WORLD_NODES];
    size_t count;
    struct hvc_cluster_facts cluster;
    unsigned facts_reads;
    char other_resource[64]; /* with the same config; "" none */
    /* Called with the lock held: before each inspection of a node, and each reading of the facts. */
    void (*on_inspect)(struct world *, struct world_node *, unsigned nth);
    void (*on_facts)(struct world *, unsigned nth);
    unsigned most_copies; /* of one guest running at one time */
    struct hvc_operations operations;
    char said[4096]; /* messages: "1301 id=...\n" */
    /* of the last call */
    struct hvc_call *call;
};

/* count nodes n1.. , n1 is here; all members, quorate, every libvirt answers, no guest. */
struct world *world_new(size_t count);
void world_free(struct world *world);

/* Puts a guest of UUID VM1 and name vm1 in that class on a node ("n2"). */
struct world_guest *world_put(struct world *world, const char *node, enum hvc_guest_class guest_class);
struct world_guest *world_put_other(struct world *world, const char *node, const char *uuid, const char *name,
                                    enum hvc_guest_class guest_class);
void world_say(struct world_guest *guest, const char *words);
void world_own(struct world_guest *guest, const char *owner);
struct world_node *world_node(struct world *world, const char *name);
struct hvc_fact_node *world_fact(struct world *world, const char *name);
enum hvc_guest_class world_class(struct world *world, const char *node);

/* A node that is gone: no member, its libvirt unreachable. */
void world_lose(struct world *world, const char *node);

/* Runs an operation with args as JSON text inside {} (single quotes stand for double ones, backticks for single ones).
 */
enum hvc_result world_run(struct world *world, const char *operation, const char *args);
const char *world_text(struct world *world); /* of the last response */
const struct hvc_record *world_data(struct world *world);

/* Fails the test unless the last text holds part. */
void world_expect(struct world *world, enum hvc_result result, enum hvc_result wanted, const char *part);

/* A program with the arguments of an emulator, "-uuid <uuid>", which no libvirt knows. It is one process (a shell that
 * waits for a line that never comes), so that nothing stays behind when it is killed. prepare: a shell command that
 * comes first. */
struct world_emulator {
    pid_t pid;
    int input;
};
struct world_emulator world_start_emulator(const char *uuid, const char *prepare);
void world_end_emulator(struct world_emulator *emulator);

#endif

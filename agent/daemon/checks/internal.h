/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One run of the checks: what was found out, by whom it was said. See README.md. */
#ifndef HVC_CHECKS_INTERNAL_H
#define HVC_CHECKS_INTERNAL_H

#include "hvc/checks.h"
#include "hvc/host.h"

/* ---- the replicated state, copied under its lock ---- */

struct checks_state_node {
    uint32_t id;
    bool known, accepting, maintenance, live;
    uint32_t out_limit, in_limit, storage_limit;
    struct hvc_node_load load;
    uint64_t memory_kib, spare_kib, boot_id;
};

struct checks_state {
    bool known;
    struct hvc_error error; /* why not */
    uint8_t service;
    uint32_t moves_limit, moves_used;
    bool guest_known;
    uint32_t guest_node;
    uint64_t guest_job, guest_version;
    uint8_t guest_document[32]; /* hash of the kept definition; all zero: none is kept */
    char guest_name[HVC_GUEST_NAME_MAX];
    char guest_resource[HVC_RESOURCE_NAME_MAX];
    struct checks_state_node nodes[HVC_NODES_MAX];
    size_t node_count;
};

/* ---- one node: what its libvirt says about the guest and itself ---- */

struct checks_node {
    const struct hvc_fact_node *fact;
    struct hvc_hypervisor *hypervisor; /* NULL: there is no way to it; error says why */
    bool asked, answered;
    struct hvc_guest_state guest;
    struct hvc_error error;
    bool host_known;
    struct hvc_host_facts host;
};

/* ---- the guest at its source ---- */

struct checks_source {
    struct checks_node *node;          /* NULL: not found */
    char *cpu;                         /* <cpu> as it runs, NULL: none */
    char *definition;                  /* as its libvirt keeps it, NULL: it keeps none */
    struct hvc_guest_profile *profile; /* NULL: not read */
    struct hvc_error error;
    bool boots_with_host_model; /* its stored definition says so */
    char host_uuid[HVC_UUID_TEXT_MAX];
    char host_cpu[4096];
    struct hvc_check_tsc tsc;
};

/* ---- one target ---- */

struct checks_target {
    struct checks_run *run;
    struct checks_node *node; /* NULL: a name that no node has */
    struct hvc_host_fit *fit;
    struct hvc_disk_fit *disks;
    bool fit_known;
    struct hvc_error fit_error, disk_error;
    struct hvc_fit_answer cpu, cpu_back, network, identity, boot, definition, plugins, storage;
    bool ring; /* the data would take the ring's network */
    struct hvc_checks_pacemaker pacemaker;
    bool pacemaker_asked; /* beside what comes before the targets */
};

struct checks_run {
    struct hvc_operations *operations;
    const struct hvc_checks_request *request;
    uint64_t deadline_ms;
    struct hvc_cluster_facts facts;
    struct checks_state state;
    struct checks_node nodes[HVC_NODES_MAX]; /* as facts.nodes */
    struct checks_source source;
    struct checks_target targets[HVC_NODES_MAX];
    size_t target_count;
    char resource[HVC_RESOURCE_NAME_MAX];
    int result;                      /* of looking for the ends */
    struct hvc_fit_answer unclaimed; /* no resource of another agent has the guest */
};

/* The nearer of the run's deadline and ms from now. */
uint64_t checks_deadline(const struct checks_run *run, uint64_t ms);

/* state.c: reads the replicated state; what cannot be read stays not known, with words. */
void checks_read_state(struct checks_run *run);
const struct checks_state_node *checks_state_of(const struct checks_state *state, uint32_t id);

/* source.c: asks the nodes where the guest is, all at once; then reads what it needs. */
void checks_survey(struct checks_run *run);
void checks_read_source(struct checks_run *run);

/* foreign.c: looks for a resource of another agent that has the guest. */
void checks_read_foreign(struct checks_run *run);

/* target.c: what one target says; runs in a thread of its own. */
void checks_ask_target(struct checks_target *target);

/* reach.c: whether the address of a "tcp://host[:port]" answers, by a connection that is closed at once. A refused
 * connection is an answer. */
struct hvc_fit_answer checks_reach(const char *uri, uint64_t deadline_ms);

/* pacemaker.c: needs the resource. Or only whether it answers, which needs what the cluster says. */
void checks_ask_pacemaker(struct checks_target *target, const char *name);
void checks_ask_nothing_of_pacemaker(struct checks_target *target);

/* plugins.c: the site's own checks, on the node that checks. YES when all of them say so, MOOT when there are none. */
void checks_ask_plugins(struct checks_target *target);

/* judge.c: facts to a report. */
void checks_judge(struct checks_run *run, struct checks_target *target, struct hvc_check_report *ret_report);

/* Runs work on each of count items of that size, each in a thread, and waits for all. */
void checks_each(void *items, size_t count, size_t size, void *(*work)(void *item));

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who takes part, and what runs where: everybody is asked once. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "cluster_call.h"
#include "guest.h"
#include "hvc/cleanup.h"
#include "hvc/text.h"
#include "hvc/thread.h"
#include "internal.h"

enum { FACTS_MS = 5000, LIST_MS = 8000 };

/* ---- nodes: the state, Pacemaker, their own facts ---- */

static int look_at_nodes(void *context, const struct hvc_service *service, const struct hvc_replica_stamp *stamp)
{
    struct balance *balance = context;
    struct hvc_balance *core = &balance->core;
    const struct hvc_service_node *node;

    (void)stamp; /* told by data.stale */
    while (core->node_count < HVC_NODES_MAX && (node = hvc_service_node_at(service, core->node_count)) != NULL) {
        memcpy(balance->nodes[core->node_count].name, node->name, sizeof(node->name));
        core->nodes[core->node_count++] = (struct hvc_balance_node){
            .id = node->id,
            .member = node->member,
            .accepting = node->accepting,
            .maintenance = node->maintenance,
            .enabled = hvc_service_setting(service, node->id, HVC_SETTING_ENABLE_MIGRATION) != 0,
            .spare_kib = hvc_service_setting(service, node->id, HVC_SETTING_MEMORY_SPARE)};
    }
    return 0;
}

/* A Pacemaker that does not answer is met again by the checks. */
static bool is_active(const struct hvc_cluster_facts *facts, const char *name)
{
    const struct hvc_fact_node *node = hvc_facts_find(facts, name);

    return !facts->pacemaker_answers || node == NULL ||
           (node->pacemaker_online && !node->standby && !node->maintenance && !node->unclean);
}

static enum hvc_result take_facts(struct balance *balance)
{
    HVC_CLEANUP(free) struct hvc_cluster_facts *facts = calloc(1, sizeof(*facts));
    HVC_CLEANUP(free) struct hvc_soft_facts *soft = calloc(1, sizeof(*soft));
    struct hvc_keeper *keeper = balance->operations->keeper;

    if (facts == NULL || soft == NULL ||
        hvc_facts_read(balance->operations->facts, HVC_FACTS_COROSYNC | HVC_FACTS_PACEMAKER,
                       guest_deadline(balance->call, FACTS_MS), facts) < 0)
        return hvc_call_say(balance->call, HVC_RESULT_INTERNAL, "out of memory");
    for (unsigned i = 0; i < balance->core.node_count; i++) {
        struct hvc_balance_node *node = &balance->core.nodes[i];

        node->active = is_active(facts, balance->nodes[i].name);
        node->known = keeper->ops->soft(keeper, node->id, soft) == 0;
        if (!node->known)
            continue;
        node->facts_ms = soft->age_ms;
        node->cpus = soft->cpus;
        node->load_100 = soft->load_100;
        node->memory_kib = soft->memory_kib;
        node->free_kib = soft->free_kib;
    }
    return HVC_RESULT_OK;
}

/* ---- guests: every member's libvirt ---- */

struct question {
    struct balance *balance;
    struct balance_node *node;
    uint64_t deadline_ms;
    pthread_t thread;
    bool started;
};

static void *list_guests(void *context)
{
    struct question *q = context;
    struct balance_node *node = q->node;
    struct hvc_operations *operations = q->balance->operations;
    struct hvc_hypervisor *hypervisor = operations->hypervisor;

    if (strcmp(node->name, operations->node) != 0 &&
        hvc_peers_get(operations->peers, node->name, &hypervisor, &node->error) < 0)
        return NULL;
    node->told = hvc_hypervisor_list(hypervisor, q->deadline_ms, &node->guests, &node->guest_count, &node->error) == 0;
    return NULL;
}

static void list_all(struct balance *balance)
{
    struct question questions[HVC_NODES_MAX];
    unsigned count = balance->core.node_count;

    for (unsigned i = 0; i < count; i++) {
        questions[i] = (struct question){
            .balance = balance, .node = &balance->nodes[i], .deadline_ms = guest_deadline(balance->call, LIST_MS)};
        questions[i].started =
            balance->core.nodes[i].member && hvc_thread_start(list_guests, &questions[i], &questions[i].thread) == 0;
    }
    for (unsigned i = 0; i < count; i++) {
        if (questions[i].started)
            (void)pthread_join(questions[i].thread, NULL);
        balance->core.nodes[i].tells_guests = balance->nodes[i].told;
    }
}

/* It takes memory there. One that arrives still counts where it leaves. */
static bool is_there(const struct hvc_guest_state *guest)
{
    return hvc_guest_is_present(guest->guest_class) && guest->guest_class != HVC_GUEST_INCOMING;
}

static enum hvc_result take_guests(struct balance *balance)
{
    struct hvc_balance *core = &balance->core;
    size_t all = 0;

    for (unsigned i = 0; i < core->node_count; i++)
        all += balance->nodes[i].told ? balance->nodes[i].guest_count : 0;
    core->guests = calloc(all + 1, sizeof(*core->guests));
    balance->guests = calloc(all + 1, sizeof(*balance->guests));
    if (core->guests == NULL || balance->guests == NULL)
        return hvc_call_say(balance->call, HVC_RESULT_INTERNAL, "out of memory");
    for (unsigned i = 0; i < core->node_count; i++) {
        for (size_t k = 0; balance->nodes[i].told && k < balance->nodes[i].guest_count; k++) {
            const struct hvc_guest_state *from = &balance->nodes[i].guests[k];
            struct balance_guest *guest = &balance->guests[core->guest_count];
            struct hvc_balance_guest *to = &core->guests[core->guest_count];

            if (!is_there(from) || hvc_parse_uuid_bytes(from->id.uuid, to->uuid) < 0)
                continue;
            to->node = core->nodes[i].id;
            to->busy = from->migrating_out || from->guest_class == HVC_GUEST_LEAVING;
            to->running = from->guest_class == HVC_GUEST_RUNNING;
            to->memory_kib = from->memory_kib;
            memcpy(guest->uuid, from->id.uuid, sizeof(guest->uuid));
            memcpy(guest->name, from->id.name, sizeof(guest->name));
            core->guest_count++;
        }
    }
    return HVC_RESULT_OK;
}

/* ---- guests: records and jobs ---- */

static void take_unfinished(const struct hvc_service *service, const struct hvc_job *job,
                            struct hvc_balance_guest *guest)
{
    guest->busy = true;
    if ((hvc_job_kind_info(job->kind)->flags & HVC_KIND_MOVES_GUEST) != 0 && !hvc_job_is_check(job) &&
        hvc_service_node(service, job->target) != NULL && job->target != guest->node)
        guest->target = job->target;
}

static void take_record(const struct hvc_service *service, struct hvc_balance_guest *guest)
{
    const struct hvc_service_guest *record = hvc_service_guest(service, guest->uuid);
    const struct hvc_job *job = record == NULL || record->job == 0 ? NULL : hvc_service_job(service, record->job);

    if (record == NULL)
        return;
    guest->cpus = record->cpus;
    if (guest->memory_kib == 0)
        guest->memory_kib = record->memory_kib;
    if (job != NULL)
        take_unfinished(service, job, guest);
}

static struct hvc_balance_guest *guest_of(const struct hvc_balance *core, const uint8_t uuid[16])
{
    for (size_t i = 0; i < core->guest_count; i++) {
        if (memcmp(core->guests[i].uuid, uuid, sizeof(core->guests[i].uuid)) == 0)
            return &core->guests[i];
    }
    return NULL;
}

/* Memory that an unfinished job takes at its target, of a guest that no libvirt shows. */
static void take_reserve(struct hvc_balance *core, const struct hvc_job *job)
{
    for (unsigned i = 0; i < core->node_count; i++) {
        if (core->nodes[i].id == job->target)
            core->nodes[i].coming_kib += job->memory_kib;
    }
}

static void take_job(struct hvc_balance *core, const struct hvc_job *job)
{
    uint64_t ended_ms = job->phase_ms[job->phase];
    struct hvc_balance_guest *guest;

    if (hvc_job_is_check(job) || (hvc_job_kind_info(job->kind)->flags & HVC_KIND_MOVES_GUEST) == 0)
        return;
    /* most of the history is too old to be looked at */
    if (job->ended != 0 && ended_ms <= core->rules.now_ms && core->rules.now_ms - ended_ms >= core->rules.hold_ms)
        return;
    guest = guest_of(core, job->guest);
    if (job->ended != 0 && guest != NULL && ended_ms > guest->moved_ms)
        guest->moved_ms = ended_ms;
    else if (job->ended == 0 && guest == NULL)
        take_reserve(core, job);
}

static int look_at_guests(void *context, const struct hvc_service *service, const struct hvc_replica_stamp *stamp)
{
    struct balance *balance = context;
    const struct hvc_job *job;
    uint32_t cursor = 0;

    (void)stamp;
    for (size_t i = 0; i < balance->core.guest_count; i++)
        take_record(service, &balance->core.guests[i]);
    while ((job = hvc_service_job_next(service, &cursor)) != NULL)
        take_job(&balance->core, job);
    return 0;
}

/* ---- all ---- */

enum hvc_result balance_gather(struct balance *balance)
{
    struct hvc_call *call = balance->call;
    enum hvc_result result = hvc_cluster_read(balance->operations, call, look_at_nodes, balance);

    if (result != HVC_RESULT_OK)
        return result;
    if (hvc_record_bool(call->data, "stale", true))
        return hvc_call_say(call, HVC_RESULT_NO_QUORUM,
                            "this node takes no part in decisions now: what it knows may be old, and nothing could be "
                            "moved (hvcluster status)");
    result = take_facts(balance);
    if (result != HVC_RESULT_OK)
        return result;
    list_all(balance);
    result = take_guests(balance);
    if (result != HVC_RESULT_OK)
        return result;
    return hvc_cluster_look(balance->operations, call, look_at_guests, balance, NULL);
}

void balance_clear(struct balance *balance)
{
    for (unsigned i = 0; i < balance->core.node_count; i++)
        free(balance->nodes[i].guests);
    free(balance->core.guests);
    free(balance->guests);
}

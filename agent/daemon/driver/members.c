/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is here: the ring's view and node list, what members tell about themselves at the begin of a view; and the
 * housekeeping command that follows from it, proposed by the lowest participant only. */
#include <errno.h>
#include <inttypes.h>
#include <syslog.h>
#include <unistd.h>

#include "hvc/clock.h"
#include "internal.h"
#include "upkeep.h"

enum {
    TICK_MS = 1000,
    UPKEEP_MS = 10000,      /* a command that is not committed by then is looked at again */
    UPKEEP_PAUSE_MS = 5000, /* after a refusal */
};

static void say_hello(struct hvc_replica *r)
{
    struct hvc_extra hello = {.kind = HVC_EXTRA_HELLO, .boot_id = r->boot_id};
    long cpus = sysconf(_SC_NPROCESSORS_ONLN), pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    uint8_t bytes[HVC_EXTRA_MAX];
    size_t length;

    r->say_ms = hvc_now_ms() + r->tuning.keepalive_ms;
    hello.cpus = cpus > 0 ? (uint32_t)cpus : 0;
    hello.memory_kib = pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page / 1024 : 0;
    if (hvc_extra_encode(&hello, bytes, sizeof(bytes), &length) == 0)
        (void)r->port.operations->send(r->ring, bytes, length); /* not joined any more: the next view says it again */
}

/* A node that is a member again is not the one that was fenced. */
static void forget_fenced(struct hvc_replica *r)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < r->fenced_count; i++) {
        bool here = false;

        for (unsigned k = 0; k < r->member_count; k++)
            here = here || r->members[k] == r->fenced[i];
        if (here)
            continue;
        r->fenced_boot[kept] = r->fenced_boot[i];
        r->fenced[kept++] = r->fenced[i];
    }
    r->fenced_count = kept;
}

void hvc_members_view(struct hvc_replica *r, const struct hvc_replication_event *event)
{
    r->member_count = 0;
    r->hello_count = 0;
    r->view_ms = r->heard_ms = hvc_now_ms();
    r->silent = false;
    if (event->kind != HVC_REPLICATION_VIEW)
        return;
    for (unsigned i = 0; i < event->view.count && r->member_count < HVC_NODES_MAX; i++) {
        unsigned at = r->member_count++;

        for (; at > 0 && r->members[at - 1] > event->view.members[i].node; at--)
            r->members[at] = r->members[at - 1];
        r->members[at] = event->view.members[i].node;
    }
    forget_fenced(r);
    hvc_fetch_view(r);
    say_hello(r);
}

/* CPG takes messages without an answer of corosync (lib/cpg.c): whether it is alive shows only in what it delivers. */
uint64_t hvc_members_keepalive(struct hvc_replica *r, uint64_t now)
{
    bool silent;

    if (r->member_count == 0)
        return HVC_NO_DEADLINE;
    if (now >= r->say_ms)
        say_hello(r);
    silent = !hvc_drive_full(r) && now - r->heard_ms > r->tuning.silent_ms;
    if (silent != r->silent) {
        r->silent = silent;
        r->changed = true;
        hvc_state_stamp(r);
    }
    return r->say_ms;
}

void hvc_members_quorum(struct hvc_replica *r, const struct hvc_replication_event *event)
{
    r->quorum_known = true;
    r->quorate = event->quorum.quorate;
    r->votes = event->quorum.votes;
    r->expected = event->quorum.expected;
    r->quorum = event->quorum.quorum;
    r->modes = event->quorum.modes;
    r->node_count = 0;
    for (unsigned i = 0; i < event->quorum.count && r->node_count < HVC_NODES_MAX; i++) {
        const struct hvc_replication_node *from = &event->quorum.nodes[i];
        unsigned at = r->node_count++;

        for (; at > 0 && r->nodes[at - 1].id > from->node; at--)
            r->nodes[at] = r->nodes[at - 1];
        r->nodes[at] = (struct hvc_replica_node){.id = from->node, .votes = from->votes};
        if (r->port.operations->name(r->ring, from->node, r->nodes[at].name) < 0)
            r->nodes[at].name[0] = '\0';
    }
}

void hvc_members_hello(struct hvc_replica *r, const struct hvc_extra *m)
{
    unsigned at = 0;

    while (at < r->hello_count && r->hello[at].node != m->from)
        at++;
    if (at == HVC_NODES_MAX)
        return;
    if (at < r->hello_count && r->hello[at].boot_id == m->boot_id && r->hello[at].cpus == m->cpus &&
        r->hello[at].memory_kib == m->memory_kib)
        return;
    r->hello[at] =
        (struct hvc_hello){.node = m->from, .cpus = m->cpus, .boot_id = m->boot_id, .memory_kib = m->memory_kib};
    if (at == r->hello_count)
        r->hello_count++;
    r->changed = true;
}

void hvc_replica_fenced(struct hvc_replica *r, uint32_t node)
{
    struct hvc_request *request = hvc_replica_request_new(HVC_REQUEST_FENCED, NULL);

    if (request == NULL)
        return; /* Pacemaker's word does not change: it is repeated */
    request->node = node;
    if (hvc_replica_post(r, request) < 0)
        free(request);
}

void hvc_members_fenced(struct hvc_replica *r, uint32_t node)
{
    struct hvc_replication_event event = {.kind = HVC_REPLICATION_FENCED, .fenced = node};

    const struct hvc_service_node *known = r->stage == HVC_STAGE_RUN ? hvc_service_node(r->service, node) : NULL;
    uint64_t boot_id = known != NULL ? known->boot_id : 0;

    for (unsigned i = 0; i < r->member_count; i++) {
        if (r->members[i] == node)
            return; /* it is here: the word is about an earlier life of it */
    }
    for (unsigned i = 0; i < r->fenced_count; i++) {
        if (r->fenced[i] != node)
            continue;
        r->fenced_boot[i] = boot_id; /* said again: it holds for what is known by now */
        return;
    }
    if (node == 0 || node == r->node || r->stage != HVC_STAGE_RUN || r->leaving || r->fenced_count == HVC_NODES_MAX)
        return;
    r->fenced_boot[r->fenced_count] = boot_id;
    r->fenced[r->fenced_count++] = node;
    r->changed = true;
    if (hvc_drive(r, &event) < 0)
        r->fenced_count--;
}

/* ---- housekeeping ---- */

static unsigned list_members(const struct hvc_replica *r, struct hvc_upkeep_member *list)
{
    for (unsigned i = 0; i < r->member_count; i++) {
        list[i] = (struct hvc_upkeep_member){.id = r->members[i]};
        for (unsigned k = 0; k < r->hello_count; k++) {
            if (r->hello[k].node != r->members[i])
                continue;
            list[i].known = true;
            list[i].boot_id = r->hello[k].boot_id;
            list[i].memory_kib = r->hello[k].memory_kib;
            list[i].cpus = r->hello[k].cpus;
        }
    }
    return r->member_count;
}

static bool is_lowest(const struct hvc_replica *r)
{
    const struct hvc_replication_status *s = &r->core_status;

    for (unsigned i = 0; i < s->participant_count; i++) {
        if (s->participants[i] < r->node)
            return false;
    }
    return s->primary && s->participant;
}

static void upkeep_done(void *context, const struct hvc_replica_outcome *outcome)
{
    struct hvc_replica *r = context;

    r->upkeep_flying = false;
    r->changed = true;
    if (outcome->error == -EAGAIN || (outcome->error == 0 && hvc_answer_is_good(&outcome->answer)))
        return;
    r->upkeep_not_before = hvc_now_ms() + UPKEEP_PAUSE_MS;
    if (outcome->error == 0)
        hvc_replica_note(r, LOG_WARNING, HVC_REPLICA_MESSAGE_UPKEEP, "answer=%s value=%" PRIu64,
                         hvc_answer_name(outcome->answer.code), outcome->answer.value);
}

static bool next_command(const struct hvc_replica *r, bool tick, struct hvc_command *ret_command)
{
    struct hvc_upkeep_member members[HVC_NODES_MAX];
    struct hvc_upkeep_node nodes[HVC_NODES_MAX];
    struct hvc_upkeep upkeep = {.service = r->service,
                                .nodes = nodes,
                                .node_count = r->node_count,
                                .members = members,
                                .member_count = list_members(r, members),
                                .members_settled = hvc_now_ms() - r->view_ms > r->tuning.hello_ms,
                                .fenced = r->fenced,
                                .fenced_boot = r->fenced_boot,
                                .fenced_count = r->fenced_count};
    struct timespec now;

    if (tick && clock_gettime(CLOCK_REALTIME, &now) == 0)
        upkeep.stamp_ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    for (unsigned i = 0; i < r->node_count; i++)
        nodes[i] = (struct hvc_upkeep_node){.id = r->nodes[i].id, .name = r->nodes[i].name};
    return hvc_upkeep_next(&upkeep, ret_command); /* only this thread changes the service: no lock */
}

/* Looked at when something changed, and once a second. Returns when it is to be looked at again. */
uint64_t hvc_members_upkeep(struct hvc_replica *r, uint64_t now)
{
    struct hvc_command command;
    struct hvc_request *request;
    bool tick = now >= r->tick_ms;

    if ((!tick && !r->changed) || r->upkeep_flying || now < r->upkeep_not_before || !is_lowest(r))
        return r->tick_ms > now ? r->tick_ms : HVC_NO_DEADLINE;
    if (tick)
        r->tick_ms = now + TICK_MS;
    if (!next_command(r, tick, &command))
        return r->tick_ms;
    request = hvc_replica_request_new(HVC_REQUEST_SUBMIT, &command);
    if (request == NULL)
        return r->tick_ms;
    hvc_replica_token(r, &request->token);
    request->deadline = now + UPKEEP_MS;
    request->once = true;
    request->done = upkeep_done;
    request->context = r;
    atomic_fetch_add(&r->waiting, 1);
    r->upkeep_flying = true;
    hvc_propose_take(r, request);
    return HVC_NO_DEADLINE;
}

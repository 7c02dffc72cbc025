/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a driver does from time to time, whatever the jobs: the real housekeeping of hvclusterd (nodes, members,
 * fencing, time), and beside it where guests are and what a migration left. */
#include <stdio.h>
#include <string.h>

#include "sim.h"
#include "upkeep.h"

#define HELLO_US    4000  /* after the begin of a view members are known */
#define SETTLED_US  40000 /* who is not known by then is taken for none */
#define PATIENCE_US 12000 /* without a primary view a source ends its copies after so long */

/* One member does what any can: the first of the view. */
bool keep_is_first(const struct sim_node *n, const struct hvc_replication_status *s)
{
    for (unsigned i = 0; i < s->member_count; i++)
        if (s->members[i] < (uint32_t)n->id + 1)
            return false;
    return true;
}

static uint64_t key_of(unsigned what, uint64_t id)
{
    return UINT64_C(1) << 62 | (uint64_t)what << 48 | id;
}

static uint32_t name_number(const struct sim_world *w, int node)
{
    return (uint32_t)node + 1 + w->renamed[node] * 10;
}

/* Members have told about themselves a few milliseconds after the view began. */
static unsigned list_members(struct sim_world *w, const struct sim_node *n, const struct hvc_replication_status *s,
                             struct hvc_upkeep_member *list)
{
    unsigned count = 0;

    for (uint32_t id = 1; id <= SIM_NODES; id++) {
        bool member = false;

        for (unsigned i = 0; i < s->member_count; i++)
            member = member || s->members[i] == id;
        if (!member)
            continue;
        list[count++] = (struct hvc_upkeep_member){.id = id,
                                                   .known = w->now > n->view_at + HELLO_US || id == (uint32_t)n->id + 1,
                                                   .boot_id = n->view_pid[id - 1],
                                                   .memory_kib = w->node_memory_kib,
                                                   .cpus = 8};
    }
    return count;
}

/* Who is not in the node list any more was switched off: the operator's word. */
static unsigned list_fenced(const struct sim_world *w, const struct sim_node *n, uint32_t *ret_id, uint64_t *ret_boot)
{
    unsigned count = 0;

    for (int i = 0; i < SIM_NODES; i++) {
        const struct hvc_service_node *known = hvc_service_node(n->service, (uint32_t)i + 1);
        bool sure = i >= w->nodes || (HVC_BUG(FENCEEARLY) && n->view_pid[i] == 0);

        if (known == NULL || (!sure && !n->heard[i]))
            continue;
        ret_boot[count] = sure ? known->boot_id : n->heard_boot[i];
        ret_id[count++] = (uint32_t)i + 1;
    }
    return count;
}

/* The real housekeeping decides; one command of it at a time. */
static void housekeep(struct sim_world *w, struct sim_node *n, const struct hvc_replication_status *s)
{
    static char names[SIM_NODES][16];
    static struct hvc_command command;
    struct hvc_upkeep_node nodes[SIM_NODES];
    struct hvc_upkeep_member members[SIM_NODES];
    uint32_t fenced[SIM_NODES];
    uint64_t fenced_boot[SIM_NODES];
    struct hvc_upkeep u = {.service = n->service,
                           .nodes = nodes,
                           .node_count = (unsigned)w->nodes,
                           .members = members,
                           .member_count = list_members(w, n, s, members),
                           .members_settled = w->now > n->view_at + SETTLED_US,
                           .fenced = fenced,
                           .fenced_boot = fenced_boot,
                           .fenced_count = list_fenced(w, n, fenced, fenced_boot),
                           .stamp_ms = node_stamp(w, n)};

    for (int i = 0; i < w->nodes; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "n%u", name_number(w, i));
        nodes[i] = (struct hvc_upkeep_node){.id = (uint32_t)i + 1, .name = names[i]};
    }
    if (!hvc_upkeep_next(&u, &command))
        return;
    command.node = (uint32_t)n->id + 1;
    command.stamp_ms = u.stamp_ms;
    (void)ask(w, n, &command, key_of(0, 0), w->now);
}

/* Its job has begun, and tells where it is. */
static bool is_moved(const struct sim_node *n, const struct hvc_service_guest *guest)
{
    const struct hvc_job *j = guest->job == 0 ? NULL : hvc_service_job(n->service, guest->job);

    return j != NULL && (hvc_job_phase_info(j->phase)->flags & HVC_JOB_STARTED) != 0;
}

/* Where the guests of this node are; the first member adds those that the service does not know. */
static void tell_places(struct sim_world *w, struct sim_node *n, bool first)
{
    for (int g = 0; g < SIM_GUESTS; g++) {
        const struct hvc_service_guest *guest = hvc_service_guest(n->service, w->guest[g].uuid);
        enum hvc_seen here = hyper_seen(w, n, n->id, g);
        bool up = here == HVC_SEEN_RUNNING || here == HVC_SEEN_PAUSED;
        struct hvc_command c = ask_command(w, n, guest == NULL ? HVC_COMMAND_GUEST : HVC_COMMAND_GUEST_PLACE);

        if (guest == NULL && first) {
            memcpy(c.guest.uuid, w->guest[g].uuid, sizeof(c.guest.uuid));
            c.guest.memory_kib = w->guest[g].memory_kib;
            c.guest.cpus = 1;
            (void)snprintf(c.guest.name, sizeof(c.guest.name), "%s", w->guest[g].name);
            (void)ask(w, n, &c, key_of(HVC_COMMAND_GUEST, (uint64_t)g), w->now);
        } else if (guest != NULL && !is_moved(n, guest) &&
                   (up ? guest->node != (uint32_t)n->id + 1
                       : here == HVC_SEEN_ABSENT && guest->node == (uint32_t)n->id + 1)) {
            memcpy(c.guest_place.uuid, w->guest[g].uuid, sizeof(c.guest_place.uuid));
            c.guest_place.node = up ? (uint32_t)n->id + 1 : 0;
            (void)ask(w, n, &c, key_of(HVC_COMMAND_GUEST_PLACE, (uint64_t)g), w->now);
        }
    }
}

/* Of a job that lives the hold is its own matter, and of a guest that moves again. */
static bool is_late(const struct sim_guest *g, const struct hvc_job *j)
{
    if (HVC_BUG(BYRECORD) && j != NULL && j->phase == HVC_JOB_UNKNOWN)
        return true;
    return j == NULL || (effect_tag(j) != g->hold && (hvc_job_phase_info(j->phase)->flags & HVC_JOB_STARTED) == 0);
}

/* No process of the guest there: it says so, or it is proven dead: fenced as the log says, and not back as Pacemaker
 * says. */
static bool is_gone(const struct sim_world *w, const struct sim_node *n, int at, int guest)
{
    const struct hvc_service_node *node = hvc_service_node(n->service, (uint32_t)at + 1);
    enum hvc_seen seen = hyper_seen(w, n, at, guest);

    return seen == HVC_SEEN_ABSENT ||
           (seen == HVC_SEEN_NO_ANSWER && node != NULL && !node->member && node->fenced && n->down[at]);
}

static bool is_nowhere(const struct sim_world *w, const struct sim_node *n, int guest)
{
    for (int i = 0; i < w->nodes; i++)
        if (!is_gone(w, n, i, guest))
            return false;
    return true;
}

/* As a barrier would say that came back now, of all that anybody in this view has. */
static bool has_caught_up(const struct sim_world *w, const struct sim_node *n)
{
    struct hvc_replication_status own, other;

    hvc_replication_status(n->core, &own);
    for (unsigned i = 0; i < own.member_count; i++) {
        const struct sim_node *member = &w->node[own.members[i] - 1];

        if (!member->running)
            continue;
        hvc_replication_status(member->core, &other);
        if (other.last_index > n->applied)
            return false;
    }
    return true;
}

/* A barrier comes before: who does not know the job yet says nothing of what it left. */
static bool may_not_know(const struct sim_world *w, const struct sim_node *n, uint64_t tag)
{
    return n->applied < (tag & UINT32_MAX) && !has_caught_up(w, n);
}

/* A hold whose job has ended without it being handed back: an operator's word, a crash in between. It goes by where the
 * guest is in the log, and is found there. Nowhere in the log says nothing: a force may have given up the job that took
 * the guest to where it runs. Every node is looked at then; where it runs its own node will tell. */
static void drop_late_holds(struct sim_world *w, struct sim_node *n)
{
    for (int g = 0; g < SIM_GUESTS; g++) {
        const struct hvc_service_guest *guest = hvc_service_guest(n->service, w->guest[g].uuid);
        const struct hvc_job *j = guest == NULL || guest->job == 0 ? NULL : hvc_service_job(n->service, guest->job);
        int place = guest == NULL || guest->node == 0 ? SIM_NOBODY : (int)guest->node - 1;
        enum hvc_seen seen = place == SIM_NOBODY ? HVC_SEEN_ABSENT : hyper_seen(w, n, place, g);

        if (w->guest[g].hold == 0 || guest == NULL || !is_late(&w->guest[g], j) || !totem_is_quorate(w, n))
            continue;
        if (may_not_know(w, n, w->guest[g].hold))
            continue;
        if (place != SIM_NOBODY && seen != HVC_SEEN_RUNNING && seen != HVC_SEEN_PAUSED && !HVC_BUG(BYRECORD))
            continue; /* its node is away, or the log will hear of it */
        if (place == SIM_NOBODY && !is_nowhere(w, n, g) && !HVC_BUG(BYRECORD) && !HVC_BUG(BLINDNOWHERE)) {
            w->stats.cover[COVER_HOLD_STAYS]++;
            continue;
        }
        w->stats.cover[COVER_LATE_HOLD]++;
        if (place == SIM_NOBODY || HVC_BUG(BYRECORD))
            pcmk_release(w, g);
        else
            pcmk_hand_back(w, n, g, place);
    }
}

/* The guest is not at the node that a location of ours pulls it to: the node was fenced and is not back, or its
 * hypervisor says so. */
static bool is_dead_there(const struct sim_world *w, const struct sim_node *n, int guest)
{
    const struct sim_guest *g = &w->guest[guest];

    return g->here >= w->nodes || n->down[g->here] || hyper_seen(w, n, g->here, guest) == HVC_SEEN_ABSENT;
}

/* A location that was put where the guest was: of a job that has ended it goes, and of any when its node is away and
 * the guest is proven not to be there any more. */
static void drop_heres(struct sim_world *w, struct sim_node *n)
{
    for (int i = 0; i < SIM_GUESTS; i++) {
        struct sim_guest *g = &w->guest[i];
        const struct hvc_service_guest *known = hvc_service_guest(n->service, g->uuid);
        const struct hvc_service_node *node = hvc_service_node(n->service, (uint32_t)g->here + 1);
        const struct hvc_job *j = known == NULL || known->job == 0 ? NULL : hvc_service_job(n->service, known->job);
        bool away = node == NULL || !node->member;

        if (g->here == SIM_NOBODY || known == NULL || !totem_is_quorate(w, n) || may_not_know(w, n, g->here_job))
            continue;
        if (!away && g->op != OP_LEARN && (j == NULL || effect_tag(j) != g->here_job)) {
            pcmk_settle(w, i);
        } else if (away && is_dead_there(w, n, i)) {
            g->here_dead = true;
            w->stats.cover[COVER_HERE_DEAD]++;
            if (!HVC_BUG(STALEHERE))
                pcmk_settle(w, i);
        }
    }
}

/* What a migration left here and nobody runs any more goes, once it is proven that it runs elsewhere, or nowhere. */
static void sweep(struct sim_world *w, struct sim_node *n)
{
    for (int g = 0; g < SIM_GUESTS; g++) {
        const struct hvc_service_guest *guest = hvc_service_guest(n->service, w->guest[g].uuid);
        bool proven = true, up = false;

        if (hyper_seen(w, n, n->id, g) != HVC_SEEN_FAILED || guest == NULL || guest->job != 0)
            continue;
        for (int i = 0; i < w->nodes; i++) {
            enum hvc_seen seen = hyper_seen(w, n, i, g);

            up = up || seen == HVC_SEEN_RUNNING || seen == HVC_SEEN_PAUSED;
            proven = proven && (i == n->id || is_gone(w, n, i, g));
        }
        if (up || proven)
            hyper_set(w, n->id, g, DOM_NONE);
    }
}

/* A source that may no longer decide ends what has not begun to switch. */
static void give_up(struct sim_world *w, struct sim_node *n)
{
    for (int g = 0; g < SIM_GUESTS; g++) {
        struct sim_move *m = &w->guest[g].move;

        if (m->phase == MOVE_COPY && m->source == n->id && m->job != 0 && hyper_answers(w, n->id))
            m->abort = true;
    }
}

/* Pacemaker's word holds for the boot that the state names now: when it is proposed the node may have been here again.
 */
static void hear(struct sim_node *n)
{
    for (int i = 0; i < SIM_NODES; i++) {
        const struct hvc_service_node *known = hvc_service_node(n->service, (uint32_t)i + 1);

        n->heard[i] = n->down[i];
        n->heard_boot[i] = known != NULL ? known->boot_id : 0;
    }
}

/* The log hears from Pacemaker, also what it said before this process began. */
static void tell_core(struct sim_world *w, struct sim_node *n)
{
    for (int i = 0; i < SIM_NODES && n->running; i++) {
        struct hvc_replication_event event = {.kind = HVC_REPLICATION_FENCED, .fenced = (uint32_t)i + 1};

        if (!n->down[i] || n->told[i])
            continue;
        n->told[i] = true;
        (void)node_step(w, n, &event);
    }
}

void keep_tick(struct sim_world *w, struct sim_node *n, uint64_t boot_id)
{
    struct hvc_replication_status s;

    if (!n->running || n->boot_id != boot_id)
        return;
    sim_at(w, 4000 + sim_below(w, 5000), EV_KEEP, n->id, boot_id, 0);
    if (!node_awake(w, n))
        return;
    tell_core(w, n);
    if (!n->running)
        return;
    hvc_replication_status(n->core, &s);
    if (s.primary)
        n->not_primary_since = 0;
    else if (n->not_primary_since == 0)
        n->not_primary_since = w->now;
    if (!s.primary && w->now > n->not_primary_since + PATIENCE_US)
        give_up(w, n);
    if (!s.primary && !(HVC_BUG(STALEEFFECT) && s.applied > 0))
        return;
    if (sim_chance(w, 250))
        hear(n);
    if (keep_is_first(n, &s)) {
        housekeep(w, n, &s);
        drop_late_holds(w, n);
        drop_heres(w, n);
    }
    tell_places(w, n, keep_is_first(n, &s));
    sweep(w, n);
    effect_all(w, n, &s);
    effect_send(w, n);
    if (n->running && s.primary)
        ask_again(w, n);
}

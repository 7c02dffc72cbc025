/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hypervisors: guests on nodes and their live migrations, as libvirt's peer-to-peer protocol runs them. The guest stops
 * at the source, the target is told to finish, the source is told that it did. A connection that breaks before the
 * target was told ends the incoming guest, then the source goes on; one that breaks behind that leaves the source
 * stopped, not knowing. Nothing here asks whether a step is wise: only invariant.c does.
 */
#include <stdio.h>
#include <string.h>

#include "sim.h"

#define KEEPALIVE_US 30000

void hyper_begin(struct sim_world *w)
{
    for (int g = 0; g < SIM_GUESTS; g++) {
        struct sim_guest *guest = &w->guest[g];

        for (unsigned i = 0; i < sizeof(guest->uuid); i++)
            guest->uuid[i] = (uint8_t)(g * 16 + (int)i + 1);
        (void)snprintf(guest->name, sizeof(guest->name), "g%hhu", (unsigned char)g);
        guest->managed = sim_chance(w, 700);
        guest->memory_kib = 1024 + 512 * sim_below(w, 3);
        guest->record = SIM_NOBODY;
        guest->here = SIM_NOBODY;
        if (sim_chance(w, 900)) {
            guest->record = (int)sim_below(w, (uint64_t)w->nodes);
            guest->record += !w->node[guest->record].powered;
            guest->at[guest->record] = DOM_RUNNING;
        }
    }
}

bool hyper_linked(const struct sim_world *w, int a, int b)
{
    return w->link[a] == w->link[b];
}

/* Its libvirtd runs and answers. */
bool hyper_answers(const struct sim_world *w, int node)
{
    return w->node[node].powered && w->now >= w->node[node].libvirt_until;
}

enum hvc_seen hyper_is(const struct sim_world *w, int node, int guest)
{
    const struct sim_move *m = &w->guest[guest].move;

    switch (w->guest[guest].at[node]) {
    case DOM_NONE:
        return HVC_SEEN_ABSENT;
    case DOM_RUNNING:
        return HVC_SEEN_RUNNING;
    case DOM_PAUSED:
        return HVC_SEEN_PAUSED;
    case DOM_LEAVING:
        return m->phase != MOVE_NONE && m->source == node ? HVC_SEEN_LEAVING : HVC_SEEN_FAILED;
    case DOM_INCOMING:
        return HVC_SEEN_INCOMING;
    case DOM_BROKEN:
        return HVC_SEEN_UNKNOWN;
    }
    return HVC_SEEN_UNKNOWN;
}

/* What a daemon hears when it asks the one of a node. */
enum hvc_seen hyper_seen(const struct sim_world *w, const struct sim_node *by, int node, int guest)
{
    const struct sim_node *peer = &w->node[node];

    if (!hyper_answers(w, node))
        return HVC_SEEN_NO_ANSWER;
    if (by != peer && (!totem_linked(w, by->id, node) || !node_awake(w, peer)))
        return HVC_SEEN_NO_ANSWER;
    return hyper_is(w, node, guest);
}

int hyper_place(const struct sim_world *w, int guest)
{
    for (int i = 0; i < SIM_NODES; i++)
        if (w->guest[guest].at[i] == DOM_RUNNING || w->guest[guest].at[i] == DOM_PAUSED ||
            w->guest[guest].at[i] == DOM_BROKEN)
            return i;
    return SIM_NOBODY;
}

void hyper_set(struct sim_world *w, int node, int guest, enum sim_domain to)
{
    struct sim_guest *g = &w->guest[guest];
    int before = hyper_place(w, guest);

    if (g->at[node] == to)
        return;
    g->at[node] = to;
    if (hyper_place(w, guest) != before)
        g->changed_at = w->now;
    sim_trace(w, "%s at n%d: %s", g->name, node + 1, hvc_seen_name(hyper_is(w, node, guest)));
    invariant_guest(w, guest);
}

static void step_soon(struct sim_world *w, int guest, uint64_t delay)
{
    sim_at(w, delay, EV_MIGRATE, -1, (uint64_t)guest, w->guest[guest].move.serial);
}

bool hyper_migrate(struct sim_world *w, int source, int guest, int target, uint64_t job, bool post_copy)
{
    struct sim_guest *g = &w->guest[guest];

    if (g->move.phase != MOVE_NONE || !hyper_answers(w, source) || !hyper_answers(w, target) ||
        !hyper_linked(w, source, target) || g->at[target] != DOM_NONE || source == target ||
        (g->at[source] != DOM_RUNNING && g->at[source] != DOM_PAUSED))
        return false;
    g->move = (struct sim_move){.phase = MOVE_COPY,
                                .source = source,
                                .target = target,
                                .serial = ++w->serial,
                                .began_at = w->now,
                                .job = job,
                                .passes = 2 + (unsigned)sim_below(w, 12),
                                .crash = sim_chance(w, 60),
                                .post_copy = post_copy};
    g->staged = job != 0 && g->hold == job;
    hyper_set(w, target, guest, DOM_INCOMING);
    sim_trace(w, "%s begins to move n%d -> n%d%s", g->name, source + 1, target + 1, job == 0 ? " by hand" : "");
    step_soon(w, guest, 500 + sim_below(w, 3000));
    return true;
}

static void end_copy(struct sim_world *w, int guest)
{
    struct sim_move *m = &w->guest[guest].move;

    m->phase = MOVE_NONE;
    if (w->guest[guest].at[m->target] == DOM_INCOMING)
        hyper_set(w, m->target, guest, DOM_NONE);
}

/* A stopped connection is found out after a while; true: it has been. */
static bool stalled(struct sim_world *w, struct sim_move *m)
{
    if (hyper_linked(w, m->source, m->target) && hyper_answers(w, m->target)) {
        m->stalled_at = 0;
        return false;
    }
    if (m->stalled_at == 0)
        m->stalled_at = w->now;
    return true;
}

static void stop_for_switch(struct sim_world *w, int guest)
{
    struct sim_guest *g = &w->guest[guest];
    struct sim_move *m = &g->move;
    bool post_copy = m->post_copy && sim_chance(w, 800);

    m->paused = g->at[m->source] == DOM_PAUSED;
    w->stats.cover[COVER_MOVED_PAUSED] += m->paused;
    hyper_set(w, m->source, guest, DOM_LEAVING);
    m->phase = post_copy ? MOVE_POST_COPY : MOVE_SWITCH;
    hand_soon(w, guest);
    if (post_copy) {
        m->passes = 2 + (unsigned)sim_below(w, 6);
        hyper_set(w, m->target, guest, m->paused ? DOM_PAUSED : DOM_RUNNING);
    }
    step_soon(w, guest, 500 + sim_below(w, 2500));
}

/* Nobody tells a target that its source has lost power: its libvirtd finds out by keepalive. */
static void outlive(struct sim_world *w, int guest)
{
    struct sim_move *m = &w->guest[guest].move;

    if (m->stalled_at == 0) {
        w->stats.cover[COVER_INCOMING_LEFT]++;
        m->stalled_at = w->now;
        step_soon(w, guest, KEEPALIVE_US + sim_below(w, 6 * KEEPALIVE_US));
    } else {
        end_copy(w, guest);
    }
}

static void step_copy(struct sim_world *w, int guest)
{
    struct sim_guest *g = &w->guest[guest];
    struct sim_move *m = &g->move;

    if (w->node[m->source].off_at > m->began_at && w->node[m->target].powered && g->at[m->target] == DOM_INCOMING) {
        w->stats.cover[COVER_SOURCE_POWER] += m->stalled_at == 0;
        outlive(w, guest);
        return;
    }
    if ((g->at[m->source] != DOM_RUNNING && g->at[m->source] != DOM_PAUSED) || !w->node[m->target].powered ||
        g->at[m->target] != DOM_INCOMING) {
        w->stats.cover[COVER_TARGET_POWER] += !w->node[m->target].powered;
        end_copy(w, guest);
        return;
    }
    if (stalled(w, m) || !hyper_answers(w, m->source)) {
        if (m->stalled_at != 0 && w->now > m->stalled_at + KEEPALIVE_US) {
            w->stats.cover[COVER_LINK_CUT] += totem_linked(w, m->source, m->target);
            end_copy(w, guest);
        } else {
            step_soon(w, guest, 2000 + sim_below(w, 6000));
        }
        return;
    }
    w->stats.cover[COVER_RING_CUT] += !totem_linked(w, m->source, m->target);
    w->stats.cover[COVER_SOURCE_MINORITY] += !totem_is_quorate(w, &w->node[m->source]);
    if (m->abort)
        end_copy(w, guest);
    else if (--m->passes > 0)
        step_soon(w, guest, 2000 + sim_below(w, 6000));
    else
        stop_for_switch(w, guest);
}

static void step_switch(struct sim_world *w, int guest)
{
    struct sim_guest *g = &w->guest[guest];
    struct sim_move *m = &g->move;
    bool cut = !hyper_linked(w, m->source, m->target);

    w->stats.cover[COVER_CUT_AT_SWITCH] += cut || !totem_linked(w, m->source, m->target);
    if (w->node[m->source].off_at > m->began_at) {
        if (w->node[m->target].powered && g->at[m->target] == DOM_INCOMING)
            outlive(w, guest); /* it was never told to finish */
        else
            m->phase = MOVE_NONE;
    } else if (!hyper_answers(w, m->source)) {
        step_soon(w, guest, 3000);
    } else if (!w->node[m->target].powered || g->at[m->target] != DOM_INCOMING) {
        m->phase = MOVE_NONE;
        if (g->at[m->source] == DOM_LEAVING)
            hyper_set(w, m->source, guest, m->paused ? DOM_PAUSED : DOM_RUNNING);
    } else if (cut || m->crash) {
        w->stats.cover[COVER_CRASH_TARGET] += m->crash && !cut;
        hyper_set(w, m->target, guest, DOM_NONE); /* each side finds out by itself, the target first */
        step_soon(w, guest, 1000 + sim_below(w, KEEPALIVE_US));
    } else if (hyper_answers(w, m->target)) {
        hyper_set(w, m->target, guest, m->paused ? DOM_PAUSED : DOM_RUNNING);
        m->phase = MOVE_CONFIRM;
        hand_soon(w, guest);
        step_soon(w, guest, 200 + sim_below(w, 2500));
    } else {
        step_soon(w, guest, 3000);
    }
}

static void step_confirm(struct sim_world *w, int guest)
{
    struct sim_guest *g = &w->guest[guest];
    struct sim_move *m = &g->move;
    bool source = w->node[m->source].powered;

    if (source && !hyper_answers(w, m->source)) {
        step_soon(w, guest, 3000);
        return;
    }
    m->phase = MOVE_NONE;
    w->stats.cover[COVER_SOURCE_LOST_AFTER_FINISH] += !source;
    w->stats.cover[COVER_TARGET_LOST_AFTER_FINISH] += !w->node[m->target].powered;
    if (!source || g->at[m->source] != DOM_LEAVING)
        return;
    if (w->node[m->target].powered && hyper_linked(w, m->source, m->target)) {
        hyper_set(w, m->source, guest, DOM_NONE);
        return;
    }
    w->stats.cover[COVER_IN_DOUBT]++;
    if (HVC_BUG(RESUME))
        hyper_set(w, m->source, guest, DOM_RUNNING);
}

/* What was interrupted goes on when an hvclusterd of either end resumes it. */
static bool resumes(const struct sim_world *w, const struct sim_move *m)
{
    return node_awake(w, &w->node[m->source]) || node_awake(w, &w->node[m->target]);
}

static void step_post_copy(struct sim_world *w, int guest)
{
    struct sim_guest *g = &w->guest[guest];
    struct sim_move *m = &g->move;
    bool source = w->node[m->source].powered && g->at[m->source] == DOM_LEAVING;
    enum sim_domain there = g->at[m->target];

    if (!source || !w->node[m->target].powered || there == DOM_NONE) {
        w->stats.cover[COVER_SOURCE_LOST_POST_COPY] += !source;
        m->phase = MOVE_NONE;
        if (there != DOM_NONE)
            hyper_set(w, m->target, guest, DOM_NONE); /* half of its memory is gone */
        return;
    }
    if (!hyper_linked(w, m->source, m->target) || (there == DOM_BROKEN && !resumes(w, m))) {
        w->stats.cover[COVER_POST_COPY_BLIP] += there != DOM_BROKEN;
        hyper_set(w, m->target, guest, DOM_BROKEN);
        step_soon(w, guest, 4000);
        return;
    }
    if (there == DOM_BROKEN)
        hyper_set(w, m->target, guest, m->paused ? DOM_PAUSED : DOM_RUNNING);
    if (--m->passes > 0) {
        step_soon(w, guest, 1000 + sim_below(w, 4000));
        return;
    }
    m->phase = MOVE_NONE;
    hyper_set(w, m->source, guest, DOM_NONE);
}

void hyper_step(struct sim_world *w, int guest, uint64_t serial)
{
    const struct sim_move *m = &w->guest[guest].move;

    if (m->serial != serial)
        return;
    switch (m->phase) {
    case MOVE_NONE:
        break;
    case MOVE_COPY:
        step_copy(w, guest);
        break;
    case MOVE_SWITCH:
        step_switch(w, guest);
        break;
    case MOVE_CONFIRM:
        step_confirm(w, guest);
        break;
    case MOVE_POST_COPY:
        step_post_copy(w, guest);
        break;
    }
}

void hyper_power_off(struct sim_world *w, int node)
{
    w->node[node].libvirt_until = 0;
    for (int g = 0; g < SIM_GUESTS; g++) {
        if (w->guest[g].at[node] == DOM_RUNNING && sim_chance(w, 200))
            w->guest[g].locked_until = w->now + 20000 + sim_below(w, 60000);
        hyper_set(w, node, g, DOM_NONE);
    }
}

/* libvirtd gives up what it was driving: a copy ends, a switch-over is left in doubt. Guests stay. */
void hyper_restart(struct sim_world *w, int node)
{
    for (int g = 0; g < SIM_GUESTS; g++) {
        struct sim_guest *guest = &w->guest[g];
        struct sim_move *m = &guest->move;

        if (m->phase == MOVE_NONE || (m->source != node && m->target != node))
            continue;
        w->stats.cover[COVER_LIBVIRT_RESTART]++;
        if (m->phase == MOVE_COPY) {
            end_copy(w, g);
        } else if (m->phase == MOVE_SWITCH && m->target == node) {
            hyper_set(w, node, g, DOM_NONE); /* the source finds out */
        } else if (m->phase == MOVE_SWITCH || (m->phase == MOVE_CONFIRM && m->source == node)) {
            w->stats.cover[COVER_IN_DOUBT]++;
            end_copy(w, g);
        }
    }
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens to guests and to moves under way, by themselves or by somebody's hand. */
#include <string.h>

#include "sim.h"

#define LOSE_JOB 300u /* of 1000 staged moves, when they switch over; few of them are unknown to a store then */

static void io_error(struct sim_world *w, int guest, int place)
{
    if (w->guest[guest].at[place] == DOM_RUNNING) {
        w->stats.cover[COVER_IO_ERROR]++;
        hyper_set(w, place, guest, DOM_PAUSED);
    } else if (w->guest[guest].at[place] == DOM_PAUSED) {
        hyper_set(w, place, guest, DOM_RUNNING);
    }
}

void hand_guest(struct sim_world *w, struct sim_node *n)
{
    int guest = (int)sim_below(w, SIM_GUESTS), place = hyper_place(w, guest);
    struct sim_guest *g = &w->guest[guest];
    bool copying = g->move.phase == MOVE_COPY && g->move.source == place;

    if (place == SIM_NOBODY || !hyper_answers(w, place))
        return;
    switch (sim_below(w, 5)) {
    case 0: /* shuts itself down; Pacemaker finds out and starts it again */
        w->stats.cover[COVER_SHUTDOWN] += copying;
        g->off_until = w->now + sim_below(w, 40000);
        hyper_set(w, place, guest, DOM_NONE);
        break;
    case 1:
        w->stats.cover[COVER_CRASH_SOURCE] += copying;
        hyper_set(w, place, guest, DOM_NONE);
        break;
    case 2:
        w->stats.cover[COVER_BY_HAND_DESTROY]++;
        hyper_set(w, place, guest, DOM_NONE);
        break;
    case 3:
        io_error(w, guest, place);
        break;
    default:
        if (g->hold == 0 && totem_is_quorate(w, &w->node[place]) && totem_member(w, &w->node[place], n->id) &&
            hyper_migrate(w, place, guest, n->id, 0, false))
            w->stats.cover[COVER_BY_HAND_MOVE]++;
        break;
    }
}

static int some_move(struct sim_world *w)
{
    int first = (int)sim_below(w, SIM_GUESTS);

    for (int i = 0; i < SIM_GUESTS; i++)
        if (w->guest[(first + i) % SIM_GUESTS].move.phase != MOVE_NONE)
            return (first + i) % SIM_GUESTS;
    return SIM_NOBODY;
}

/* Something happens to a migration at this very moment. */
void hand_move(struct sim_world *w, struct sim_node *n)
{
    int guest = some_move(w);
    const struct sim_move *m;
    struct sim_node *source, *target;

    if (guest == SIM_NOBODY)
        return;
    m = &w->guest[guest].move;
    source = &w->node[m->source];
    target = &w->node[m->target];
    switch (sim_below(w, 12)) {
    case 10: /* the guest ends while it is copied */
    case 11:
        if (m->phase != MOVE_COPY || !hyper_answers(w, m->source))
            break;
        w->stats.cover[sim_chance(w, 500) ? COVER_SHUTDOWN : COVER_CRASH_SOURCE]++;
        hyper_set(w, m->source, guest, DOM_NONE);
        break;
    case 0:
        fault_kill(w, source);
        break;
    case 1:
        fault_kill(w, target);
        break;
    case 2:
        fault_power_off(w, source, 30000 + sim_below(w, 100000));
        break;
    case 3:
        fault_power_off(w, target, 30000 + sim_below(w, 100000));
        break;
    case 4:
        fault_cut(w, 1u << m->source);
        totem_change_soon(w, sim_below(w, 20000));
        break;
    case 5:
        w->link[m->source] ^= 1;
        break;
    case 6:
        hyper_restart(w, sim_chance(w, 500) ? m->source : m->target);
        break;
    case 7: /* its end is near: the next steps decide */
        w->link[m->target] ^= 1;
        sim_at(w, 4000 + sim_below(w, 60000), EV_HAND, -1, HAND_LINKS, 0);
        break;
    case 8:
        fault_kill(w, &w->node[0]);
        break;
    default:
        if (m->phase == MOVE_COPY && source->running && node_awake(w, source)) { /* the target is wanted no more */
            struct hvc_command c = ask_command(w, source, HVC_COMMAND_NODE_FLAGS);

            c.node_flags.id = (uint32_t)m->target + 1;
            c.node_flags.mask = HVC_NODE_ACCEPTING;
            w->stats.cover[COVER_UNWANTED] += ask(w, source, &c, UINT64_C(5) << 60, w->now);
        }
        break;
    }
    (void)n;
}

/* Pacemaker is told to forget what it knows of a guest, and probes. */
void hand_cleanup(struct sim_world *w, struct sim_node *n)
{
    int guest = some_move(w);

    (void)n;
    if (guest == SIM_NOBODY)
        guest = (int)sim_below(w, SIM_GUESTS);
    if (w->guest[guest].op != OP_NONE)
        return;
    w->stats.cover[COVER_CLEANUP] += w->guest[guest].move.phase != MOVE_NONE;
    w->guest[guest].record = SIM_NOBODY;
    w->guest[guest].staged = false;
    if (sim_chance(w, 300))
        w->guest[guest].hold = 0; /* and somebody takes our hold away */
}

void hand_soon(struct sim_world *w, int guest)
{
    const struct sim_guest *g = &w->guest[guest];

    if (w->faults && g->staged && g->move.phase != MOVE_CONFIRM && sim_aside(w, g->move.job) % 1000 < LOSE_JOB)
        sim_at(w, 0, EV_HAND, -1, HAND_LOSE_JOB, (uint64_t)guest);
    if (w->faults && sim_chance(w, 50))
        sim_at(w, sim_below(w, 900), EV_HAND, -1, HAND_SOURCE + sim_below(w, 3), (uint64_t)guest);
}

static void hit(struct sim_world *w, int what, int guest)
{
    const struct sim_move *m = &w->guest[guest].move;

    if (m->phase == MOVE_NONE || !w->faults)
        return;
    if (what == HAND_CUT) {
        w->link[m->target] ^= 1;
        sim_at(w, 2000 + sim_below(w, 60000), EV_HAND, -1, HAND_LINKS, 0);
    } else {
        fault_power_off(w, &w->node[what == HAND_SOURCE ? m->source : m->target], 30000 + sim_below(w, 100000));
    }
}

void hand_do(struct sim_world *w, int what, int guest)
{
    if (what >= HAND_SOURCE)
        hit(w, what, guest);
    else if (what == HAND_FORCE && w->operator_needed)
        config_force_best(w);
    else if (what == HAND_LOSE)
        config_lose_survivor(w, guest);
    else if (what == HAND_LOSE_JOB)
        config_lose_job(w, guest);
    else if (what == HAND_LINKS)
        memset(w->link, 0, sizeof(w->link));
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What clients and operators ask for. They look at the state of the node they talk to, and are often wrong about it. */
#include <stdio.h>
#include <string.h>

#include "sim.h"

static const struct hvc_job *some_job(struct sim_world *w, const struct sim_node *n, bool unfinished)
{
    const struct hvc_job *j, *chosen = NULL;
    uint32_t cursor = 0;
    uint64_t seen = 0;

    while ((j = hvc_service_job_next(n->service, &cursor)) != NULL)
        if (!unfinished || j->ended == 0)
            chosen = sim_below(w, ++seen) == 0 ? j : chosen;
    return chosen;
}

static uint32_t some_node(struct sim_world *w)
{
    return 1 + (uint32_t)sim_below(w, (uint64_t)w->nodes);
}

static void wish_job(struct sim_world *w, const struct sim_node *n, struct hvc_command *c)
{
    static const uint8_t kinds[] = {HVC_KIND_LIVE, HVC_KIND_LIVE,         HVC_KIND_LIVE,
                                    HVC_KIND_LIVE, HVC_KIND_LIVE_STORAGE, HVC_KIND_STORAGE};

    c->kind = HVC_COMMAND_JOB;
    memcpy(c->job.guest, w->guest[sim_below(w, SIM_GUESTS)].uuid, sizeof(c->job.guest));
    c->job.kind = kinds[sim_below(w, sizeof(kinds))];
    c->job.target = c->job.kind == HVC_KIND_STORAGE || sim_chance(w, 300) ? 0 : some_node(w);
    c->job.options.flags = sim_chance(w, 120) ? HVC_OPTION_CHECK_ONLY : sim_chance(w, 300) ? HVC_OPTION_POST_COPY : 0;
    c->job.options.priority = (uint16_t)sim_below(w, 4);
    if (sim_chance(w, 200))
        c->job.options.deadline_ms = node_stamp(w, n) + 5 + sim_below(w, 60);
    if (sim_chance(w, 60))
        c->job.options.not_before_ms = node_stamp(w, n) + sim_below(w, 80);
}

static bool wish_about_job(struct sim_world *w, const struct sim_node *n, unsigned kind, struct hvc_command *c)
{
    const struct hvc_job *j = some_job(w, n, kind != HVC_COMMAND_JOB_FORGET || sim_chance(w, 200));
    int place;

    if (j == NULL)
        return false;
    c->kind = (uint8_t)kind;
    if (kind == HVC_COMMAND_JOB_CANCEL) {
        c->cancel.job = j->id;
        (void)snprintf(c->cancel.text, sizeof(c->cancel.text), "no longer wanted");
    } else if (kind == HVC_COMMAND_JOB_FORGET) {
        c->forget.job = j->id;
    } else if (kind == HVC_COMMAND_JOB_MODIFY) {
        c->modify.job = j->id;
        c->modify.mask = HVC_JOB_SET_BANDWIDTH | HVC_JOB_SET_DEADLINE;
        c->modify.bandwidth = sim_below(w, 1000);
        c->modify.deadline_ms = sim_chance(w, 500) ? 0 : node_stamp(w, n) + sim_below(w, 60);
    } else { /* an operator who has looked at the machines, and they stand still */
        int guest = effect_guest(w, j->guest);

        place = guest == SIM_NOBODY ? SIM_NOBODY : hyper_place(w, guest);
        if (guest == SIM_NOBODY || w->guest[guest].move.phase != MOVE_NONE || j->phase != HVC_JOB_NEEDS_OPERATOR)
            return false;
        c->resolve.job = j->id;
        c->resolve.runs_on =
            (uint32_t)place + 1 == j->source || (uint32_t)place + 1 == j->target ? (uint32_t)place + 1 : 0;
    }
    return true;
}

static bool wish_about_node(struct sim_world *w, const struct sim_node *n, unsigned kind, struct hvc_command *c)
{
    const struct hvc_drain *d;
    uint64_t cursor = 0;

    c->kind = (uint8_t)kind;
    switch (kind) {
    case HVC_COMMAND_DRAIN:
        c->drain.id = some_node(w);
        c->drain.target = sim_chance(w, 700) ? 0 : some_node(w);
        return true;
    case HVC_COMMAND_RESUME:
        c->resume.id = some_node(w);
        c->resume.back = sim_chance(w, 600);
        return true;
    case HVC_COMMAND_DRAIN_CANCEL:
        while ((d = hvc_service_drain_next(n->service, &cursor)) != NULL)
            c->drain_cancel.drain = d->id;
        return c->drain_cancel.drain != 0;
    case HVC_COMMAND_FENCED: /* a person has looked: it is off. The client repeats it until it is answered, however late
                              */
        c->fenced.id = some_node(w);
        if (w->node[c->fenced.id - 1].powered || hvc_service_node(n->service, c->fenced.id) == NULL)
            return false;
        c->fenced.boot_id = hvc_service_node(n->service, c->fenced.id)->boot_id;
        return true;
    default:
        c->node_flags.id = some_node(w);
        c->node_flags.mask = HVC_NODE_ACCEPTING;
        c->node_flags.accepting = sim_chance(w, 800);
        return true;
    }
}

static void wish_setting(struct sim_world *w, struct hvc_command *c, bool harmless)
{
    static const struct {
        uint8_t setting;
        uint64_t below;
    } some[] = {{HVC_SETTING_MOVES_OUT, 4},     {HVC_SETTING_MOVES_IN, 4},      {HVC_SETTING_STORAGE_MOVES, 3},
                {HVC_SETTING_MOVES_CLUSTER, 5}, {HVC_SETTING_BANDWIDTH, 99999}, {HVC_SETTING_RETENTION_COUNT, 14},
                {HVC_SETTING_PRIORITY, 9}};
    unsigned i = harmless ? 4 : (unsigned)sim_below(w, sizeof(some) / sizeof(some[0]));
    const struct hvc_setting_info *info = hvc_setting_info(some[i].setting);

    c->kind = HVC_COMMAND_SETTINGS;
    c->settings.count = 1;
    c->settings.node = info->per_node && sim_chance(w, 300) ? some_node(w) : 0;
    c->settings.item[0] = (struct hvc_command_setting){
        .setting = some[i].setting, .reset = sim_chance(w, 400), .value = info->min + sim_below(w, some[i].below)};
}

/* Of the network; where all programs know limits. */
static void set_limit(const struct sim_node *n, struct hvc_command *c, uint32_t number)
{
    if (!state_speaks(n))
        return;
    c->networks.item[0].mask |= HVC_NETWORK_LIMIT;
    c->networks.item[0].network.limit = number % 3;
}

static void wish_config(struct sim_world *w, const struct sim_node *n, struct hvc_command *c)
{
    const struct hvc_network *network = hvc_service_network_at(n->service, 0);
    const struct hvc_service_guest *guest;
    uint32_t cursor = (uint32_t)0;

    switch (sim_below(w, 7)) {
    case 0:
        c->kind = HVC_COMMAND_PROPERTIES;
        c->properties.mask = HVC_PROPERTY_OWNER_NAME;
        (void)snprintf(c->properties.owner_name, sizeof(c->properties.owner_name), "owner %u",
                       (unsigned)sim_below(w, 100));
        break;
    case 1:
        c->kind = HVC_COMMAND_STATE;
        c->state.state = sim_chance(w, 700)   ? HVC_STATE_ENABLED
                         : sim_chance(w, 500) ? HVC_STATE_QUIESCE
                                              : HVC_STATE_DISABLED;
        break;
    case 2:
        c->kind = HVC_COMMAND_NETWORK_ADD;
        c->networks.count = 1;
        c->networks.item[0].network.family = 4;
        c->networks.item[0].network.prefix = 24;
        c->networks.item[0].network.address[0] = 10;
        c->networks.item[0].network.address[2] = (uint8_t)sim_below(w, 5);
        set_limit(n, c, c->networks.item[0].network.address[2]);
        break;
    case 3:
        c->kind = HVC_COMMAND_NETWORK_REMOVE;
        c->network_remove.count = 1;
        c->network_remove.id[0] = network != NULL ? network->id : 1;
        break;
    case 4:
        c->kind = HVC_COMMAND_NETWORK_MODIFY;
        c->networks.count = 1;
        c->networks.item[0].mask = HVC_NETWORK_METRIC;
        c->networks.item[0].network.id = network != NULL ? network->id : 1;
        c->networks.item[0].network.metric = (uint32_t)sim_below(w, 9);
        set_limit(n, c, c->networks.item[0].network.metric);
        break;
    case 5:
        c->kind = HVC_COMMAND_DOCUMENT;
        c->document.hash[0] = (uint8_t)(1 + sim_below(w, 200));
        c->document.size = 20;
        c->document.offset = sim_chance(w, 700) ? 0 : 10;
        c->document.length = 10;
        c->document.bytes = c->document.hash;
        break;
    default:
        guest = hvc_service_guest_next(n->service, &cursor);
        c->kind = HVC_COMMAND_GUEST_REMOVE;
        if (guest != NULL && sim_chance(w, 800)) { /* a new definition */
            c->kind = HVC_COMMAND_GUEST;
            memcpy(c->guest.uuid, guest->uuid, sizeof(c->guest.uuid));
            c->guest.version = guest->version;
            c->guest.memory_kib = guest->memory_kib;
            c->guest.cpus = 1 + (uint32_t)sim_below(w, 4);
            memcpy(c->guest.name, guest->name, sizeof(c->guest.name));
        } else if (guest != NULL) {
            memcpy(c->guest_remove.uuid, guest->uuid, sizeof(c->guest_remove.uuid));
        }
        break;
    }
}

bool wish(struct sim_world *w, const struct sim_node *n, bool healed, struct hvc_command *c)
{
    static const struct {
        unsigned weight, kind;
    } about_node[] = {{4, HVC_COMMAND_DRAIN},
                      {5, HVC_COMMAND_RESUME},
                      {2, HVC_COMMAND_DRAIN_CANCEL},
                      {3, HVC_COMMAND_NODE_FLAGS},
                      {6, HVC_COMMAND_FENCED}};
    static const struct {
        unsigned weight, kind;
    } about_job[] = {{8, HVC_COMMAND_JOB_CANCEL},
                     {4, HVC_COMMAND_JOB_MODIFY},
                     {3, HVC_COMMAND_JOB_FORGET},
                     {6, HVC_COMMAND_JOB_RESOLVE}};
    uint64_t pick = sim_below(w, 100);

    *c = ask_command(w, n, HVC_COMMAND_TICK);
    (void)snprintf(c->by, sizeof(c->by), "client");
    if (healed || pick < 8) {
        wish_setting(w, c, healed);
        return true;
    }
    pick -= 8;
    for (unsigned i = 0; i < sizeof(about_node) / sizeof(about_node[0]); i++) {
        if (pick < about_node[i].weight)
            return wish_about_node(w, n, about_node[i].kind, c);
        pick -= about_node[i].weight;
    }
    for (unsigned i = 0; i < sizeof(about_job) / sizeof(about_job[0]); i++) {
        if (pick < about_job[i].weight)
            return wish_about_job(w, n, about_job[i].kind, c);
        pick -= about_job[i].weight;
    }
    if (pick < 7)
        wish_config(w, n, c);
    else
        wish_job(w, n, c);
    return true;
}

/* In the healed cluster an operator takes away what only a person can: orders that stand in the way, jobs that wait for
 * what will not come. */
bool wish_tidy(struct sim_world *w, const struct sim_node *n, struct hvc_command *c)
{
    const struct hvc_service_properties *p = hvc_service_properties(n->service);
    const struct hvc_job *j;
    uint32_t cursor = 0;

    *c = ask_command(w, n, HVC_COMMAND_STATE);
    c->state.state = HVC_STATE_ENABLED;
    if (p->state != HVC_STATE_ENABLED)
        return true;
    for (uint32_t at = 0; hvc_service_node_at(n->service, at) != NULL; at++) {
        c->kind = HVC_COMMAND_NODE_FLAGS;
        c->node_flags.id = hvc_service_node_at(n->service, at)->id;
        c->node_flags.mask = HVC_NODE_ACCEPTING;
        c->node_flags.accepting = true;
        if (!hvc_service_node_at(n->service, at)->accepting)
            return true;
    }
    while ((j = hvc_service_job_next(n->service, &cursor)) != NULL) {
        if (j->ended != 0)
            continue;
        *c = ask_command(w, n, HVC_COMMAND_JOB_CANCEL);
        c->cancel.job = j->id;
        if (j->phase == HVC_JOB_QUEUED && w->now > w->healed_at + 300000)
            return true;
        if (j->phase == HVC_JOB_NEEDS_OPERATOR) {
            int guest = effect_guest(w, j->guest), place = guest == SIM_NOBODY ? SIM_NOBODY : hyper_place(w, guest);

            *c = ask_command(w, n, HVC_COMMAND_JOB_RESOLVE);
            c->resolve.job = j->id;
            c->resolve.runs_on =
                (uint32_t)place + 1 == j->source || (uint32_t)place + 1 == j->target ? (uint32_t)place + 1 : 0;
            return true;
        }
    }
    return false;
}

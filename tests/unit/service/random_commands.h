/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands at random for the random histories of test_properties.c, and the world that they are about. */
#ifndef HVC_TEST_RANDOM_COMMANDS_H
#define HVC_TEST_RANDOM_COMMANDS_H

#include "fixture.h"

#include "../hvc_cmocka.h"

#define NODES  5
#define GUESTS 12
#define STEPS  40000
#define HEAD   22 /* bytes of a command before its own fields: version, kind, node, stamp, "tester" */

struct world {
    struct fixture a, b;
    uint64_t seed;
    unsigned members; /* bits */
    struct hvc_node_load before[NODES + 1];
    uint32_t moving_before;
    uint64_t full;        /* times that a network was met without room */
    uint8_t ended[65536]; /* phase + 1 of jobs that have ended, by id */
    uint64_t answers[HVC_ANSWER_CODE_COUNT], phases[HVC_JOB_PHASE_COUNT];
};

static inline uint64_t below(struct world *w, uint64_t bound)
{
    return random_below(&w->seed, bound);
}

/* ---- a random command ---- */

static inline uint64_t some_job(struct world *w, bool unfinished)
{
    const struct hvc_job *job;
    uint64_t found = 1, seen = 0;
    uint32_t cursor = 0;

    while ((job = hvc_service_job_next(w->a.service, &cursor)) != NULL) {
        if (!unfinished || job->ended == 0) {
            if (below(w, ++seen) == 0)
                found = job->id;
        }
    }
    return below(w, 50) == 0 ? 1 + below(w, 100000) : found; /* 1 when there is none: long gone */
}

/* 0, one that there is, or one that is gone. */
static inline uint32_t some_network(struct world *w)
{
    const struct hvc_network *network = hvc_service_network_at(w->a.service, (uint32_t)below(w, 4));

    return network != NULL ? network->id : (uint32_t)below(w, 20);
}

static inline void random_report(struct world *w, struct hvc_command *c)
{
    const struct hvc_job *job = hvc_service_job(w->a.service, some_job(w, true));

    c->report.job = 999999;
    if (job == NULL)
        return;
    c->report.job = job->id;
    c->report.from = job->phase;
    for (unsigned i = 0; i < 20; i++) {
        c->report.to = (uint8_t)below(w, HVC_JOB_PHASE_COUNT);
        if (hvc_job_phase_may_follow(job->phase, c->report.to))
            break;
    }
    if (below(w, 20) == 0)
        c->report.from = (uint8_t)below(w, HVC_JOB_PHASE_COUNT);
    c->node = below(w, 4) != 0 ? job->source : job->target != 0 ? job->target : 1;
    c->report.step = (uint8_t)below(w, HVC_STEP_COUNT);
    c->report.located = below(w, 3) != 0;
    c->report.runs_on = c->report.to == HVC_JOB_COMPLETED ? job->target : below(w, 5) == 0 ? 0 : job->source;
    c->report.code = (uint16_t)below(w, HVC_REASON_COUNT);
    c->report.not_before_ms = below(w, 2) * (c->stamp_ms + below(w, 5000));
    c->report.way_count = (uint8_t)below(w, 4);
    for (unsigned i = 0; i < c->report.way_count; i++)
        c->report.ways[i] = some_network(w);
    (void)snprintf(c->report.text, sizeof(c->report.text), "words %d", (int)below(w, 1000));
}

static inline void random_job(struct world *w, struct hvc_command *c)
{
    uuid_of((unsigned)below(w, GUESTS + 1), c->job.guest);
    c->job.kind = (uint8_t)(below(w, 3) == 0 ? below(w, HVC_KIND_COUNT) : HVC_KIND_LIVE);
    c->job.origin = (uint8_t)below(w, HVC_ORIGIN_COUNT);
    c->job.source = (uint32_t)(below(w, 4) == 0 ? below(w, NODES + 1) : 0);
    c->job.target = (uint32_t)(below(w, 8) == 0 ? 0 : 1 + below(w, NODES));
    c->job.drain = below(w, 5) == 0 ? below(w, 30) : 0;
    c->job.options.flags = (uint32_t)(below(w, 4) == 0 ? random_next(&w->seed) & HVC_OPTION_ALL : 0);
    c->job.options.priority = (uint16_t)below(w, 2000);
    if (below(w, 10) == 0)
        memset(c->job.options.document, 1 + (int)below(w, 3), 32);
}

static inline void random_network(struct world *w, struct hvc_command *c)
{
    c->networks.count = (uint16_t)(1 + below(w, 2));
    for (unsigned i = 0; i < c->networks.count; i++) {
        struct hvc_network *n = &c->networks.item[i].network;

        c->networks.item[i].mask = (uint8_t)below(w, 64);
        n->limit = (uint32_t)((c->networks.item[i].mask & HVC_NETWORK_LIMIT) != 0 ? below(w, 3) : 0);
        n->id = (uint32_t)(1 + below(w, 20));
        n->node = (uint32_t)(below(w, 3) == 0 ? below(w, NODES) : 0);
        n->family = below(w, 3) == 0 ? 6 : 4;
        n->prefix = (uint8_t)(8 * below(w, 5));
        n->address[0] = n->prefix > 0 ? (uint8_t)below(w, 3) : 0;
        n->address[1] = n->prefix > 8 ? (uint8_t)below(w, 3) : 0;
    }
}

static inline void random_members(struct world *w, struct hvc_command *c)
{
    w->members = below(w, 2) == 0 ? (1u << NODES) - 1 : (unsigned)(below(w, 1u << NODES) | below(w, 1u << NODES));
    for (uint32_t node = 1; node <= NODES; node++) {
        if ((w->members >> (node - 1) & 1) != 0)
            c->members.item[c->members.count++] =
                (struct hvc_command_member){.node = node, .boot_id = below(w, 40) == 0 ? 7 : 100 + node};
    }
}

static inline void random_guest(struct world *w, struct hvc_command *c)
{
    unsigned number = (unsigned)below(w, GUESTS + 2);
    const struct hvc_service_guest *guest;

    uuid_of(number, c->guest.uuid);
    guest = hvc_service_guest(w->a.service, c->guest.uuid);
    c->guest.version = guest == NULL || below(w, 10) == 0 ? 0 : guest->version;
    c->guest.node = (uint32_t)(below(w, 8) == 0 ? 0 : 1 + below(w, NODES));
    c->guest.memory_kib = 1000 * below(w, 4);
    if (below(w, 4) == 0)
        memset(c->guest.document, 1 + (int)below(w, 3), 32);
    (void)snprintf(c->guest.name, sizeof(c->guest.name), "guest%u", below(w, 20) == 0 ? 1 : number);
}

static inline void random_document(struct world *w, struct hvc_command *c)
{
    static const uint8_t bytes[300] = {1};

    memset(c->document.hash, 1 + (int)below(w, 90), 32);
    c->document.size = 300;
    c->document.offset = (uint32_t)(150 * below(w, 2));
    c->document.length = (uint32_t)(below(w, 2) == 0 ? 150 : 300);
    c->document.bytes = bytes;
}

static inline void random_setting(struct world *w, struct hvc_command *c)
{
    static const uint8_t liked[] = {HVC_SETTING_MOVES_OUT,       HVC_SETTING_MOVES_IN,
                                    HVC_SETTING_STORAGE_MOVES,   HVC_SETTING_MOVES_CLUSTER,
                                    HVC_SETTING_RETENTION_COUNT, HVC_SETTING_ENABLE_MIGRATION};

    c->settings.node = (uint32_t)(below(w, 2) == 0 ? 0 : below(w, NODES + 1));
    c->settings.count = 1;
    c->settings.item[0].setting =
        below(w, 5) == 0 ? (uint8_t)below(w, HVC_SETTING_MAX) : liked[below(w, HVC_COUNT(liked))];
    c->settings.item[0].reset = below(w, 3) == 0;
    c->settings.item[0].value = below(w, 6);
}

static inline void random_rest(struct world *w, struct hvc_command *c)
{
    uint32_t node = (uint32_t)(1 + below(w, NODES));

    switch ((enum hvc_command_kind)c->kind) {
    case HVC_COMMAND_PROPERTIES:
        c->properties.mask = (uint8_t)(1 + below(w, 7));
        c->properties.enabled_default = (uint16_t)below(w, 10);
        break;
    case HVC_COMMAND_STATE:
        c->state.state = below(w, 3) == 0   ? HVC_STATE_QUIESCE
                         : below(w, 5) == 0 ? HVC_STATE_DISABLED
                                            : HVC_STATE_ENABLED;
        break;
    case HVC_COMMAND_NETWORK_REMOVE:
        c->network_remove.count = 1;
        c->network_remove.id[0] = (uint32_t)(1 + below(w, 30));
        break;
    case HVC_COMMAND_NODE:
        c->node_facts.id = node;
        c->node_facts.memory_kib = below(w, 3) == 0 ? 0 : 8000;
        (void)snprintf(c->node_facts.name, sizeof(c->node_facts.name), "n%u", (unsigned)node);
        break;
    case HVC_COMMAND_NODE_REMOVE:
        c->node_remove.id = node;
        break;
    case HVC_COMMAND_FENCED:
        c->fenced.id = node;
        if (hvc_service_node(w->a.service, node) != NULL && below(w, 10) != 0)
            c->fenced.boot_id = hvc_service_node(w->a.service, node)->boot_id;
        break;
    case HVC_COMMAND_NODE_FLAGS:
        c->node_flags.id = node;
        c->node_flags.mask = (uint8_t)(1 + below(w, 3));
        c->node_flags.accepting = below(w, 6) != 0;
        c->node_flags.maintenance = below(w, 4) == 0;
        break;
    case HVC_COMMAND_GUEST_PLACE:
        uuid_of((unsigned)below(w, GUESTS), c->guest_place.uuid);
        c->guest_place.node = (uint32_t)(below(w, 8) == 0 ? 0 : 1 + below(w, NODES));
        break;
    case HVC_COMMAND_GUEST_REMOVE:
        uuid_of((unsigned)below(w, GUESTS), c->guest_remove.uuid);
        break;
    case HVC_COMMAND_JOB_TARGET:
        c->job_target.job = some_job(w, true);
        c->job_target.target = node;
        break;
    case HVC_COMMAND_JOB_CANCEL:
        c->cancel.job = some_job(w, below(w, 4) != 0);
        break;
    case HVC_COMMAND_JOB_MODIFY:
        c->modify.job = some_job(w, true);
        c->modify.mask = (uint8_t)(1 + below(w, 31));
        c->modify.priority = (uint16_t)below(w, 100);
        break;
    case HVC_COMMAND_JOB_RESOLVE:
        c->resolve.job = some_job(w, true);
        c->resolve.runs_on = (uint32_t)below(w, NODES + 1);
        break;
    case HVC_COMMAND_JOB_FORGET:
        c->forget.job = some_job(w, false);
        break;
    case HVC_COMMAND_DRAIN:
        c->drain.id = node;
        c->drain.target = (uint32_t)(below(w, 3) == 0 ? below(w, NODES + 1) : 0);
        break;
    case HVC_COMMAND_DRAIN_REPORT:
        c->drain_report.drain = 1 + below(w, 30);
        c->drain_report.state = (uint8_t)(1 + below(w, 2));
        break;
    case HVC_COMMAND_DRAIN_CANCEL:
        c->drain_cancel.drain = 1 + below(w, 30);
        break;
    case HVC_COMMAND_RESUME:
        c->resume.id = node;
        c->resume.back = below(w, 2) == 0;
        break;
    case HVC_COMMAND_SETTINGS:
    case HVC_COMMAND_NETWORK_ADD:
    case HVC_COMMAND_NETWORK_MODIFY:
    case HVC_COMMAND_MEMBERS:
    case HVC_COMMAND_DOCUMENT:
    case HVC_COMMAND_GUEST:
    case HVC_COMMAND_JOB:
    case HVC_COMMAND_JOB_REPORT:
    case HVC_COMMAND_TICK:
    case HVC_COMMAND_KIND_END:
        break;
    }
}

static inline struct hvc_command random_command(struct world *w)
{
    struct hvc_command c;
    unsigned dice = (unsigned)below(w, 10);
    unsigned kind = dice < 3   ? HVC_COMMAND_JOB_REPORT
                    : dice < 6 ? HVC_COMMAND_JOB
                               : (unsigned)(1 + below(w, HVC_COMMAND_KIND_END - 1));

    if (kind == HVC_COMMAND_JOB_REPORT && hvc_service_job(w->a.service, some_job(w, true)) == NULL)
        kind = HVC_COMMAND_JOB;
    /* what takes everything away is rarer, else nothing is left to move */
    if ((kind == HVC_COMMAND_GUEST_REMOVE || kind == HVC_COMMAND_MEMBERS || kind == HVC_COMMAND_FENCED ||
         kind == HVC_COMMAND_NODE_REMOVE || kind == HVC_COMMAND_STATE) &&
        below(w, 8) != 0)
        kind = below(w, 2) == 0 ? HVC_COMMAND_GUEST : HVC_COMMAND_GUEST_PLACE;
    w->a.now_ms += below(w, 3) == 0 ? below(w, 3000) : 0;
    c = command_of(&w->a, kind);
    c.stamp_ms -= below(w, 20) == 0 ? below(w, 5000) : 0; /* a clock that is behind */
    c.node = (uint32_t)(1 + below(w, NODES));
    if (kind == HVC_COMMAND_JOB_REPORT)
        random_report(w, &c);
    else if (kind == HVC_COMMAND_JOB)
        random_job(w, &c);
    else if (kind == HVC_COMMAND_NETWORK_ADD || kind == HVC_COMMAND_NETWORK_MODIFY)
        random_network(w, &c);
    else if (kind == HVC_COMMAND_MEMBERS)
        random_members(w, &c);
    else if (kind == HVC_COMMAND_GUEST)
        random_guest(w, &c);
    else if (kind == HVC_COMMAND_DOCUMENT)
        random_document(w, &c);
    else if (kind == HVC_COMMAND_SETTINGS)
        random_setting(w, &c);
    else
        random_rest(w, &c);
    return c;
}

#endif

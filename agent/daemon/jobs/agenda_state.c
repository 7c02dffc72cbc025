/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is copied out of the committed state. */
#include <limits.h>
#include <string.h>

#include "hvc/job_agenda.h"

enum {
    RANK_MS = 20000,     /* that each member leaves to the one before it */
    OWN_NODE_MS = 60000, /* ... and all of them to the node of a job that lives */
};

static bool copy_node(const struct hvc_service *service, uint32_t id, char name[HVC_NODE_NAME_MAX])
{
    const struct hvc_service_node *node = id == 0 ? NULL : hvc_service_node(service, id);

    if (node == NULL)
        return false;
    memcpy(name, node->name, HVC_NODE_NAME_MAX);
    return node->member;
}

bool hvc_agenda_effect_next(const struct hvc_service *service, uint32_t node, bool any,
                            struct hvc_effect_cursor *cursor, struct hvc_agenda_effect *ret_effect)
{
    struct hvc_effect effect;

    do {
        if (!hvc_service_effect_next(service, node, any, cursor, &effect))
            return false;
    } while (effect.job == NULL || effect.kind == HVC_EFFECT_EXPECT);
    memset(ret_effect, 0, sizeof(*ret_effect));
    ret_effect->kind = effect.kind;
    ret_effect->job = *effect.job;
    ret_effect->source_member = copy_node(service, effect.job->source, ret_effect->source);
    ret_effect->target_member = copy_node(service, effect.job->target, ret_effect->target);
    ret_effect->guest_node = effect.guest == NULL ? 0 : effect.guest->node;
    if (effect.guest != NULL)
        memcpy(ret_effect->resource, effect.guest->resource, sizeof(ret_effect->resource));
    for (unsigned i = 0; i < HVC_SETTING_MAX; i++)
        ret_effect->setting[i] = hvc_service_setting(service, effect.job->source, i);
    ret_effect->limits_networks = hvc_service_limits_networks(service);
    return true;
}

/* ---- objects of ours in Pacemaker's configuration ---- */

unsigned hvc_agenda_rank(const struct hvc_service *service, uint32_t id)
{
    const struct hvc_service_node *node;
    unsigned before = 0;

    for (uint32_t i = 0; (node = hvc_service_node_at(service, i)) != NULL; i++) {
        if (node->member && node->id == id)
            return before;
        before += node->member;
    }
    return UINT_MAX;
}

uint64_t hvc_agenda_patience_ms(unsigned rank, bool lives)
{
    return rank == UINT_MAX ? UINT64_MAX : (uint64_t)rank * RANK_MS + (lives ? OWN_NODE_MS : 0);
}

static const struct hvc_service_guest *guest_of_resource(const struct hvc_service *service, const char *resource)
{
    const struct hvc_service_guest *guest;
    uint32_t cursor = 0;

    while ((guest = hvc_service_guest_next(service, &cursor)) != NULL) {
        if (strcmp(guest->resource, resource) == 0)
            return guest;
    }
    return NULL;
}

/* Of a job that lives: what its step has proven, and its own node has not done yet. */
static enum hvc_agenda_mark judge_living(const struct hvc_job *job)
{
    if (!job->located)
        return HVC_AGENDA_MARK_KEEP;
    if (job->step == HVC_STEP_RELEASE)
        return HVC_AGENDA_MARK_REMOVE;
    return job->step == HVC_STEP_HAND_BACK || job->step == HVC_STEP_SETTLE ? HVC_AGENDA_MARK_HAND_BACK
                                                                           : HVC_AGENDA_MARK_KEEP;
}

void hvc_agenda_judge_mark(const struct hvc_service *service, uint64_t job_id, const char *resource,
                           struct hvc_agenda_verdict *ret)
{
    const struct hvc_service_guest *guest = guest_of_resource(service, resource);
    const struct hvc_job *job = hvc_service_job(service, job_id);
    const struct hvc_job *now = guest == NULL || guest->job == 0 ? NULL : hvc_service_job(service, guest->job);

    *ret = (struct hvc_agenda_verdict){.mark = HVC_AGENDA_MARK_REMOVE};
    if (guest == NULL)
        return; /* of a guest that the state does not know */
    if (job != NULL && memcmp(job->guest, guest->uuid, sizeof(job->guest)) != 0)
        job = NULL; /* of another history, in which that number was another guest's */
    ret->known = true;
    memcpy(ret->guest, guest->uuid, sizeof(ret->guest));
    if (now != NULL && now == job) {
        ret->lives = true;
        ret->mark = (uint8_t)judge_living(job);
    } else if (now != NULL) {
        ret->inherited = true;
        ret->mark = HVC_AGENDA_MARK_KEEP; /* the next job takes it over, or ends */
    } else if (guest->node != 0 && (job == NULL || guest->node != job->source)) {
        ret->mark = HVC_AGENDA_MARK_HAND_BACK;
    }
    ret->pin = job != NULL && guest->node == job->target && (job->options.flags & HVC_OPTION_PIN) != 0;
    if (guest->node != 0 && !copy_node(service, guest->node, ret->node) && ret->mark != HVC_AGENDA_MARK_KEEP)
        ret->mark = HVC_AGENDA_MARK_AWAY;
}

bool hvc_agenda_is_pressing(const struct hvc_service *service)
{
    const struct hvc_job *job;
    uint32_t cursor = 0;

    while ((job = hvc_service_job_next(service, &cursor)) != NULL) {
        const struct hvc_service_node *node = job->located ? hvc_service_node(service, job->runs_on) : NULL;

        if (job->ended == 0 && (job->step == HVC_STEP_HAND_BACK || job->step == HVC_STEP_SETTLE) && node != NULL &&
            !node->member)
            return true;
    }
    return false;
}

const char *hvc_agenda_left_words(const struct hvc_agenda_verdict *verdict)
{
    if (verdict->lives || verdict->inherited)
        return NULL;
    if (!verdict->known)
        return "the cluster's state does not know its guest; until every node has been looked at";
    if (verdict->node[0] == '\0')
        return "the cluster's state has its guest nowhere; until that is proven at every node";
    return verdict->mark == HVC_AGENDA_MARK_AWAY ? "until the node of its guest is back, or fenced"
                                                 : "until its guest is proven where the cluster's state has it";
}

/* ---- where a job may go ---- */

struct candidate {
    uint32_t id, coming;
    uint64_t free_kib;
};

static bool is_better(const struct candidate *a, const struct candidate *b)
{
    if (a->free_kib != b->free_kib)
        return a->free_kib > b->free_kib;
    if (a->coming != b->coming)
        return a->coming < b->coming;
    return a->id < b->id;
}

/* Free memory there for the job, and whether it fits. A node of which the memory is not known takes everything. */
static bool has_room(const struct hvc_service *service, const struct hvc_service_node *node, const struct hvc_job *job,
                     struct candidate *ret)
{
    uint64_t spare = hvc_service_setting(service, node->id, HVC_SETTING_MEMORY_SPARE);
    struct hvc_node_load load = {0};
    uint64_t taken;

    if (hvc_service_node_load(service, node->id, &load) < 0)
        return false;
    taken = load.used_kib + load.reserved_kib + spare;
    *ret = (struct candidate){.id = node->id, .coming = load.in};
    if (node->memory_kib == 0)
        return true;
    ret->free_kib = node->memory_kib > taken ? node->memory_kib - taken : 0;
    return ret->free_kib >= job->memory_kib;
}

unsigned hvc_agenda_candidates(const struct hvc_service *service, const struct hvc_job *job,
                               uint32_t nodes[HVC_NODES_MAX])
{
    bool live = (hvc_job_kind_info(job->kind)->flags & HVC_KIND_NEEDS_LIVE) != 0;
    struct candidate found[HVC_NODES_MAX];
    const struct hvc_service_node *node;
    unsigned count = 0;

    for (uint32_t i = 0; (node = hvc_service_node_at(service, i)) != NULL && count < HVC_NODES_MAX; i++) {
        struct candidate one;
        unsigned at = count;

        if (node->id == job->source || !node->member || !node->accepting || node->maintenance ||
            (live && hvc_service_setting(service, node->id, HVC_SETTING_ENABLE_MIGRATION) == 0) ||
            !has_room(service, node, job, &one))
            continue;
        for (; at > 0 && is_better(&one, &found[at - 1]); at--)
            found[at] = found[at - 1];
        found[at] = one;
        count++;
    }
    for (unsigned i = 0; i < count; i++)
        nodes[i] = found[i].id;
    return count;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is copied out of the committed state. */
#include <string.h>

#include "hvc/job_agenda.h"

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
    return true;
}

/* ---- objects of ours in Pacemaker's configuration ---- */

enum hvc_agenda_mark hvc_agenda_judge_mark(const struct hvc_service *service, uint64_t job_id, const char *resource,
                                           bool hold, char ret_target[HVC_NODE_NAME_MAX])
{
    const struct hvc_job *job = hvc_service_job(service, job_id);
    const struct hvc_service_guest *guest = job == NULL ? NULL : hvc_service_guest(service, job->guest);

    if (guest == NULL || strcmp(guest->resource, resource) != 0)
        return HVC_AGENDA_MARK_REMOVE; /* of another history, or of a guest that is no longer the resource's */
    if (job->ended == 0)
        return HVC_AGENDA_MARK_KEEP;
    if (!hold || !job->located || job->runs_on != job->target || job->target == 0)
        return HVC_AGENDA_MARK_REMOVE;
    (void)copy_node(service, job->target, ret_target);
    return HVC_AGENDA_MARK_HAND_BACK;
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

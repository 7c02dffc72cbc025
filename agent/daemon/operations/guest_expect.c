/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the cluster's state says about where a guest is: does a job bring it here just now; does it run there? */
#include <stdio.h>
#include <string.h>

#include "guest_job.h"
#include "hvc/text.h"

#define READ_MS 500

struct expectation {
    const char *node;
    uint8_t uuid[16];
    bool is;
    uint64_t job;
    char source[HVC_NODE_NAME_MAX];
};

static int look(void *context, const struct hvc_service *service, const struct hvc_replica_stamp *stamp)
{
    struct expectation *e = context;
    const struct hvc_service_node *own = hvc_service_node_named(service, e->node);
    struct hvc_effect_cursor cursor = {0};
    struct hvc_effect effect;

    if (stamp->stale || own == NULL)
        return 0;
    while (!e->is && hvc_service_effect_next(service, own->id, false, &cursor, &effect)) {
        const struct hvc_service_node *source;

        if (effect.kind != HVC_EFFECT_EXPECT || memcmp(effect.job->guest, e->uuid, sizeof(e->uuid)) != 0)
            continue;
        source = hvc_service_node(service, effect.job->source);
        e->is = source != NULL && source->member;
        e->job = effect.job->id;
        if (source != NULL)
            memcpy(e->source, source->name, sizeof(e->source));
    }
    return 0;
}

bool guest_is_expected(struct hvc_operations *operations, const char *uuid, char *words, size_t size)
{
    struct expectation e = {.node = operations->node};

    if (operations->keeper == NULL || hvc_parse_uuid_bytes(uuid, e.uuid) < 0 ||
        operations->keeper->ops->read(operations->keeper, HVC_REPLICA_HERE, hvc_deadline_in(READ_MS), look, &e, NULL) <
            0 ||
        !e.is)
        return false;
    (void)snprintf(words, size, "job %llu is bringing it here from node %.200s", (unsigned long long)e.job, e.source);
    return true;
}

struct place {
    const char *node;
    uint8_t uuid[16];
    bool is;
};

static int look_at_place(void *context, const struct hvc_service *service, const struct hvc_replica_stamp *stamp)
{
    struct place *p = context;
    const struct hvc_service_node *node = hvc_service_node_named(service, p->node);
    const struct hvc_service_guest *guest = hvc_service_guest(service, p->uuid);

    p->is = !stamp->stale && node != NULL && guest != NULL && guest->node == node->id;
    return 0;
}

bool guest_is_placed(struct hvc_operations *operations, const char *uuid, const char *node)
{
    struct place p = {.node = node};

    return operations->keeper != NULL && hvc_parse_uuid_bytes(uuid, p.uuid) == 0 &&
           operations->keeper->ops->read(operations->keeper, HVC_REPLICA_HERE, hvc_deadline_in(READ_MS), look_at_place,
                                         &p, NULL) == 0 &&
           p.is;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/facts.h"

#include <errno.h>
#include <string.h>

void hvc_facts_close(struct hvc_facts *facts)
{
    if (facts != NULL)
        facts->ops->close(facts);
}

int hvc_facts_read(struct hvc_facts *facts, unsigned what, uint64_t deadline_ms, struct hvc_cluster_facts *ret_facts)
{
    return facts->ops->read(facts, what, deadline_ms, ret_facts);
}

int hvc_facts_resource_of_config(struct hvc_facts *facts, const char *config, const char *except_resource,
                                 uint64_t deadline_ms, char ret_resource[HVC_RESOURCE_NAME_MAX],
                                 struct hvc_error *error)
{
    return facts->ops->resource_of_config(facts, config, except_resource, deadline_ms, ret_resource, error);
}

int hvc_facts_foreign(struct hvc_facts *facts, uint64_t deadline_ms, struct hvc_fact_foreign **ret_list,
                      size_t *ret_count, struct hvc_error *error)
{
    return facts->ops->foreign(facts, deadline_ms, ret_list, ret_count, error);
}

int hvc_facts_priority(struct hvc_facts *facts, const char *resource, uint64_t deadline_ms, int *ret_priority,
                       struct hvc_error *error)
{
    if (facts->ops->priority == NULL)
        return hvc_error_set(error, -ENOENT, "there is no Pacemaker");
    return facts->ops->priority(facts, resource, deadline_ms, ret_priority, error);
}

int hvc_facts_ring_load(struct hvc_facts *facts, uint64_t deadline_ms, struct hvc_ring_load *ret_load,
                        struct hvc_error *error)
{
    if (facts->ops->ring_load == NULL)
        return hvc_error_set(error, -ENOTSUP, "nobody tells the state of the ring");
    return facts->ops->ring_load(facts, deadline_ms, ret_load, error);
}

const struct hvc_fact_node *hvc_facts_find(const struct hvc_cluster_facts *facts, const char *name)
{
    for (size_t i = 0; i < facts->count; i++) {
        if (strcmp(facts->nodes[i].name, name) == 0)
            return &facts->nodes[i];
    }
    return NULL;
}

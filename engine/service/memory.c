/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one block: where what lies in it. */
#include <errno.h>
#include <string.h>

#include "internal.h"

struct hvc_service_config hvc_service_config_default(void)
{
    return (struct hvc_service_config){
        .nodes = HVC_NODES_MAX,
        .guests = HVC_GUESTS_MAX,
        .jobs_kept = HVC_JOBS_KEPT_MAX,
        .networks = HVC_NETWORKS_MAX,
        .drains = HVC_DRAINS_MAX,
    };
}

static bool config_is_valid(const struct hvc_service_config *c)
{
    return c->nodes >= 1 && c->nodes <= HVC_NODES_MAX && c->guests >= 1 && c->guests <= HVC_GUESTS_MAX &&
           c->jobs_kept >= 1 && c->jobs_kept <= HVC_JOBS_KEPT_MAX && c->networks >= 1 &&
           c->networks <= HVC_NETWORKS_MAX && c->drains > c->nodes && c->drains <= HVC_DRAINS_MAX;
}

/* An area of the block: counts when there is none yet. */
struct area {
    uint8_t *block;
    size_t used;
};

static void *carve(struct area *area, size_t count, size_t size)
{
    size_t at = (area->used + 15) & ~(size_t)15;

    area->used = at + count * size;
    return area->block == NULL ? NULL : area->block + at;
}

static struct hvc_index carve_index(struct area *area, uint32_t capacity)
{
    uint32_t cells = hvc_index_cells(capacity);

    return (struct hvc_index){.cells = carve(area, cells, sizeof(struct hvc_index_cell)), .mask = cells - 1};
}

static void carve_all(struct area *area, struct hvc_service *s)
{
    const struct hvc_service_config *c = &s->config;
    uint32_t jobs = c->jobs_kept + c->guests;
    uint32_t documents = jobs + c->guests + HVC_DOCUMENTS_OPEN_MAX + 1;
    const uint32_t capacity[HVC_RECORD_KIND_COUNT] = {1, c->nodes, c->networks, c->drains, documents, c->guests, jobs};
    size_t all = 0;

    for (unsigned kind = 0; kind < HVC_RECORD_KIND_COUNT; kind++) {
        s->pool[kind].capacity = capacity[kind];
        s->pool[kind].slots = carve(area, capacity[kind], sizeof(struct hvc_slot));
        all += capacity[kind];
    }
    s->nodes = carve(area, c->nodes, sizeof(*s->nodes));
    s->nodes_more = carve(area, c->nodes, sizeof(*s->nodes_more));
    s->networks = carve(area, c->networks, sizeof(*s->networks));
    s->drains = carve(area, c->drains, sizeof(*s->drains));
    s->documents = carve(area, documents, sizeof(*s->documents));
    s->guests = carve(area, c->guests, sizeof(*s->guests));
    s->jobs = carve(area, jobs, sizeof(*s->jobs));
    s->node_order = carve(area, c->nodes, sizeof(uint32_t));
    s->network_order = carve(area, c->networks, sizeof(uint32_t));
    s->network_use = carve(area, (size_t)c->networks * c->nodes, sizeof(*s->network_use));
    s->guest_by_uuid = carve_index(area, c->guests);
    s->guest_by_name = carve_index(area, c->guests);
    s->job_by_id = carve_index(area, jobs);
    s->document_by_hash = carve_index(area, documents);
    s->job_links = carve(area, jobs, sizeof(struct hvc_link));
    s->state_links = carve(area, jobs, sizeof(struct hvc_link));
    s->document_links = carve(area, documents, sizeof(struct hvc_link));
    s->dirty = carve(area, all, sizeof(uint32_t));
    s->order = carve(area, documents > jobs ? documents : jobs, sizeof(uint32_t));
    s->record = carve(area, HVC_RECORD_MAX, 1);
    s->command = carve(area, 1, sizeof(*s->command));
}

size_t hvc_service_size(const struct hvc_service_config *config)
{
    struct hvc_service s = {.config = *config};
    struct area area = {.used = sizeof(s)};

    if (!config_is_valid(config))
        return 0;
    carve_all(&area, &s);
    return area.used;
}

void hvc_service_clear(struct hvc_service *s)
{
    for (unsigned kind = 0; kind < HVC_RECORD_KIND_COUNT; kind++)
        hvc_pool_clear(&s->pool[kind]);
    hvc_index_clear(&s->guest_by_uuid);
    hvc_index_clear(&s->guest_by_name);
    hvc_index_clear(&s->job_by_id);
    hvc_index_clear(&s->document_by_hash);
    hvc_list_clear(&s->jobs_all);
    hvc_list_clear(&s->jobs_active);
    hvc_list_clear(&s->jobs_ended);
    hvc_list_clear(&s->documents_open);
    s->node_count = 0;
    s->network_count = 0;
    s->queued = 0;
    s->moving = 0;
    s->admit = false;
    s->sum = 0;
    s->dirty_count = 0;
    s->revision++;
    s->head = (struct hvc_head){
        .alone = s->config.alone,
        .properties = {.state = HVC_STATE_ENABLED, .enabled_default = HVC_STATE_ENABLED},
        .next_network = 1,
        .next_job = 1,
        .next_drain = 1,
        .next_document = 1,
    };
    (void)hvc_pool_take(&s->pool[HVC_RECORD_HEAD]);
    hvc_touch_head(s);
}

int hvc_service_init(void *memory, size_t size, const struct hvc_service_config *config,
                     struct hvc_service **ret_service)
{
    struct hvc_service *s = memory;
    struct area area = {.block = memory, .used = sizeof(*s)};

    if (!config_is_valid(config) || size < hvc_service_size(config))
        return -EINVAL;
    memset(s, 0, sizeof(*s));
    s->config = *config;
    carve_all(&area, s);
    hvc_service_clear(s);
    *ret_service = s;
    return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service.h"

#include <stdlib.h>
#include <string.h>

static const struct hvc_service_config config = {.nodes = 5, .guests = 12, .jobs_kept = 10, .networks = 4, .drains = 8};

/* More than tables of this size can give. */
static uint8_t snapshots[2][1024 * 1024];

void fuzz_service_new(struct hvc_service **ret_service)
{
    size_t size = hvc_service_size(&config);
    void *memory = malloc(size);

    if (memory == NULL || hvc_service_init(memory, size, &config, ret_service) < 0)
        abort();
}

void fuzz_service_free(struct hvc_service **service)
{
    free(*service); /* the object begins where its memory does */
    *service = NULL;
}

static size_t write_snapshot(struct hvc_service *service, uint8_t *bytes)
{
    struct hvc_snapshot_cursor cursor;
    size_t used = 0, part = 0;

    hvc_service_snapshot_begin(service, &cursor);
    do {
        if (hvc_service_snapshot_read(service, &cursor, bytes + used, sizeof(snapshots[0]) - used, &part) < 0)
            abort();
        used += part;
    } while (part > 0);
    if (used != hvc_service_snapshot_size(service))
        abort();
    return used;
}

const uint8_t *fuzz_service_snapshot(struct hvc_service *service, size_t *ret_length)
{
    *ret_length = write_snapshot(service, snapshots[0]);
    return snapshots[0];
}

void fuzz_service_refill(struct hvc_service *source, struct hvc_service *target)
{
    size_t length = write_snapshot(source, snapshots[0]);

    hvc_service_load_begin(target);
    if (hvc_service_load_bytes(target, snapshots[0], length) < 0 || hvc_service_load_end(target) < 0 ||
        write_snapshot(target, snapshots[1]) != length || memcmp(snapshots[0], snapshots[1], length) != 0 ||
        hvc_service_digest(source) != hvc_service_digest(target))
        abort();
}

static void walk_effects(const struct hvc_service *service)
{
    struct hvc_effect_cursor cursor = {0};
    struct hvc_effect effect;
    unsigned count = 0;

    while (hvc_service_effect_next(service, 0, true, &cursor, &effect)) {
        if (effect.kind >= HVC_EFFECT_COUNT || ++count > 1000)
            abort();
        if ((effect.kind == HVC_EFFECT_DRAIN || effect.kind == HVC_EFFECT_RETURN) != (effect.job == NULL))
            abort();
    }
}

void fuzz_service_walk(const struct hvc_service *service)
{
    struct hvc_service_counts counts;
    const struct hvc_service_guest *guest;
    const struct hvc_job *job;
    uint32_t jobs = 0, guests = 0, job_count = 0, guest_count = 0;
    uint64_t next = hvc_service_next_tick_ms(service);

    hvc_service_counts(service, &counts);
    while ((job = hvc_service_job_next(service, &jobs)) != NULL) {
        enum hvc_blocker blocker = hvc_service_blocker(service, job->id, next);

        if (job->id >= counts.next_job || (blocker != 0 && job->phase != HVC_JOB_QUEUED))
            abort();
        job_count++;
    }
    while ((guest = hvc_service_guest_next(service, &guests)) != NULL) {
        if (guest->job != 0 && hvc_service_job(service, guest->job) == NULL)
            abort();
        guest_count++;
    }
    if (job_count != counts.queued + counts.active + counts.ended || guest_count != counts.guests)
        abort();
    for (uint32_t i = 0; i < counts.nodes; i++) {
        struct hvc_node_load load;
        const struct hvc_service_node *node = hvc_service_node_at(service, i);

        if (node == NULL || hvc_service_node_load(service, node->id, &load) < 0)
            abort();
    }
    walk_effects(service);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Moves as the other nodes are told of them, and the bandwidth that they are given while they run. */
#include <errno.h>
#include <string.h>

#include "hvc/text.h"
#include "moves_table.h"

#define MIB (UINT64_C(1) << 20)

enum { ENDED_MS = 5000 /* for so long an ended move is told, with what its switch-over has cost */ };

static uint32_t id_of(const struct hvc_replica_status *status, const char *name)
{
    for (unsigned i = 0; name[0] != '\0' && i < status->node_count; i++) {
        if (strcmp(status->nodes[i].name, name) == 0)
            return status->nodes[i].id;
    }
    return 0;
}

/* The address that the target's libvirt names: as a rule that of its host name, which the ring often has. */
static bool libvirt_chooses(const struct hvc_moves_entry *entry)
{
    return entry->migrate_uri[0] == '\0' && strcmp(entry->source, entry->target) != 0;
}

static void tell(const struct hvc_moves_entry *entry, const struct hvc_replica_status *status,
                 struct hvc_soft_move *move)
{
    const struct hvc_migrate_progress *p = &entry->progress;
    bool done = entry->ended && entry->end.result == HVC_RESULT_OK;

    *move = (struct hvc_soft_move){
        .job = entry->job.id,
        .source = id_of(status, entry->source),
        .target = id_of(status, entry->target),
        .network = entry->network,
        .priority = entry->priority,
        .phase = (uint8_t)p->phase,
        .percent = (uint8_t)(done               ? 100
                             : p->percent > 100 ? 100
                                                : p->percent),
        .ended = entry->ended,
        .ring = entry->ring || libvirt_chooses(entry),
        .held = entry->held && !entry->ended,
        .limit = entry->limit,
        .allotted = entry->allotted,
        .elapsed_ms = (entry->ended ? entry->ended_ms : hvc_now_ms()) - entry->began_ms,
        .total_bytes = p->total_bytes,
        .done_bytes = p->done_bytes,
        .remaining_bytes = p->remaining_bytes,
        .rate_bytes = p->rate_bytes,
        .dirty_rate_bytes = p->dirty_rate_bytes,
        .expected_downtime_ms = p->expected_downtime_ms,
        .estimated_left_ms = p->estimated_left_ms,
        .blackout_ms = entry->ended ? entry->end.downtime_ms : 0,
    };
    (void)hvc_parse_uuid_bytes(entry->guest.uuid, move->guest); /* it is one: the table of operations checked it */
}

unsigned hvc_moves_tell(struct hvc_moves *moves, const struct hvc_replica_status *status,
                        struct hvc_soft_move list[HVC_MOVES_MAX])
{
    uint64_t now_ms = hvc_now_ms();
    unsigned count = 0;

    (void)pthread_mutex_lock(&moves->lock);
    for (unsigned ended = 0; ended < 2; ended++) { /* those under way have the first places */
        for (const struct hvc_moves_entry *e = moves->first; e != NULL && count < HVC_MOVES_MAX; e = e->next) {
            if (e->ended == (ended == 1) && (!e->ended || now_ms - e->ended_ms < ENDED_MS))
                tell(e, status, &list[count++]);
        }
    }
    (void)pthread_mutex_unlock(&moves->lock);
    return count;
}

/* ---- bandwidth ---- */

static struct hvc_moves_entry *find(struct hvc_moves *moves, const uint8_t guest[16])
{
    uint8_t uuid[16];

    for (struct hvc_moves_entry *e = moves->first; e != NULL; e = e->next) {
        if (!e->ended && hvc_parse_uuid_bytes(e->guest.uuid, uuid) == 0 && memcmp(uuid, guest, sizeof(uuid)) == 0)
            return e;
    }
    return NULL;
}

void hvc_moves_weigh(struct hvc_moves *moves, const uint8_t guest[16], uint16_t priority, uint64_t limit)
{
    struct hvc_moves_entry *entry;

    (void)pthread_mutex_lock(&moves->lock);
    entry = find(moves, guest);
    if (entry != NULL) {
        entry->priority = priority;
        entry->limit = limit;
    }
    (void)pthread_mutex_unlock(&moves->lock);
}

static bool copies(const struct hvc_moves_entry *entry)
{
    return entry->progress.phase == HVC_MIGRATE_COPY || entry->progress.phase == HVC_MIGRATE_POST_COPY;
}

int hvc_moves_allot(struct hvc_moves *moves, const uint8_t guest[16], uint64_t bytes, bool held, uint64_t deadline_ms,
                    struct hvc_error *error)
{
    uint64_t mib = bytes == 0 ? HVC_BANDWIDTH_MAX_MIB : bytes < MIB ? 1 : bytes / MIB;
    struct hvc_moves_entry *entry;
    int rc;

    (void)pthread_mutex_lock(&moves->lock);
    entry = find(moves, guest);
    if (entry != NULL && entry->told_bandwidth && entry->allotted == bytes)
        entry->held = held; /* whatever libvirt is told, which it knows */
    if (entry == NULL || !copies(entry) || entry->task.source == NULL ||
        (entry->told_bandwidth && entry->allotted == bytes)) {
        (void)pthread_mutex_unlock(&moves->lock);
        return 0;
    }
    entry->references++;
    (void)pthread_mutex_unlock(&moves->lock);
    rc = hvc_hypervisor_set_bandwidth(entry->task.source, entry->guest.uuid, mib, deadline_ms, error);
    (void)pthread_mutex_lock(&moves->lock);
    if (rc == 0) {
        entry->allotted = bytes;
        entry->held = held;
        entry->told_bandwidth = true;
    } else if (entry->ended || entry->refused_bandwidth) {
        rc = 0; /* it was over sooner, or was said already */
    } else {
        entry->refused_bandwidth = true;
    }
    hvc_moves_unref(entry);
    (void)pthread_mutex_unlock(&moves->lock);
    return rc;
}

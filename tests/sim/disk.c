/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The store of one node: what is on stable storage, and records on their way there, each one transaction. */
#include <string.h>

#include "sim.h"

static void disk_truncate(struct sim_disk *d, uint64_t above)
{
    while (d->count > 0 && d->first + d->count - 1 > above)
        d->count--;
}

static void disk_trim(struct sim_disk *d, uint64_t upto)
{
    unsigned drop = 0;

    while (drop < d->count && d->first + drop <= upto)
        drop++;
    memmove(&d->entry[0], &d->entry[drop], (d->count - drop) * sizeof(d->entry[0]));
    d->count -= drop;
    d->first += drop;
}

/* half: only the negative control that tears an install in two */
void disk_apply(struct sim_disk *d, const struct sim_write *write, bool half)
{
    const struct hvc_replication_persist *p = &write->p;

    if (p->wipe) {
        d->count = 0;
        d->snapshot = false;
        d->state = (struct sim_image){0};
        d->corrupt = false;
        d->restored = false;
        d->set_back = false;
    }
    if (p->truncate)
        disk_truncate(d, p->truncate_above);
    if (half)
        return;
    if (p->snapshot != HVC_SNAPSHOT_NONE) {
        d->snapshot = true;
        d->meta = write->meta;
        d->meta_length = write->meta_length;
        d->state = write->state;
    }
    for (uint64_t i = 0; i < p->count && d->count < SIM_WINDOW + 2; i++) {
        if (d->count == 0)
            d->first = write->entry[i].index;
        d->entry[d->count++] = write->entry[i];
    }
    if (p->trim_to != 0)
        disk_trim(d, p->trim_to);
    d->lost = false;
    d->promised = p->promised;
    d->commit = p->commit;
    d->view_boot = p->view_boot;
    d->refused = p->refused;
    d->with = p->with;
    d->owner = p->node;
    d->voter = p->voter;
    memcpy(d->cluster_id, p->cluster_id, sizeof(d->cluster_id));
}

struct sim_write *disk_queue(struct sim_world *w, struct sim_node *n, const struct hvc_replication_persist *p)
{
    struct sim_write *write;
    struct hvc_entry entry;

    if (n->write_count == SIM_WRITES_MAX) {
        sim_violation(w, "bounded-queues", "node %d: more than %d writes under way", n->id + 1, SIM_WRITES_MAX);
        return NULL;
    }
    write = &n->write[(n->write_head + n->write_count++) % SIM_WRITES_MAX];
    memset(write, 0, sizeof(*write));
    write->p = *p;
    if (p->count > 0)
        write->entry = sim_alloc(w, p->count * sizeof(*write->entry));
    for (uint64_t i = 0; i < p->count; i++) {
        if (hvc_replication_entry(n->core, p->first + i, &entry) < 0) {
            sim_violation(w, "contract", "node %d: entry %llu to persist is not there", n->id + 1,
                          (unsigned long long)(p->first + i));
            return NULL;
        }
        entry.bytes = sim_copy(w, entry.bytes, entry.length);
        write->entry[i] = entry;
        check_append(w, n, &entry);
    }
    return write;
}

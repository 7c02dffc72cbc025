/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The service of one node as its program runs it. A program of the second version writes entries that begin with a 2
 * and snapshots that do; it reads the old ones too. The old one reads neither. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

#define FORMAT_BYTES 1
#define NEWER        0x40 /* of the first byte: written by the second program, whatever the command's own version is */

static const struct hvc_service_config config = {.nodes = SIM_NODES + 1,
                                                 .guests = SIM_GUESTS + 2,
                                                 .jobs_kept = SIM_JOBS_KEPT,

                                                 .networks = 3,
                                                 .drains = 12};

struct hvc_service *state_new(void **memory)
{
    size_t size = hvc_service_size(&config);
    struct hvc_service *service = NULL;

    if (*memory == NULL)
        *memory = malloc(size);
    if (*memory == NULL || hvc_service_init(*memory, size, &config, &service) < 0) {
        fputs("sim: no service\n", stderr);
        exit(2);
    }
    return service;
}

void state_clear(struct sim_node *n)
{
    n->service = state_new(&n->service_memory);
    n->applied = 0;
}

uint8_t state_version(const uint8_t *op)
{
    return op[0] == 1 ? 1 : 2;
}

void state_mark(uint8_t *op, uint8_t version)
{
    op[0] = (uint8_t)((op[0] & ~NEWER) | (version >= 2 ? NEWER : 0));
}

bool state_speaks(const struct sim_node *n)
{
    struct hvc_replication_status s;

    hvc_replication_status(n->core, &s);
    return n->version >= 2 && s.entry_version >= 2;
}

int state_apply(struct hvc_service *service, uint8_t version, const struct hvc_entry *entry,
                struct hvc_answer *ret_answer)
{
    uint8_t bytes[SIM_OP_MAX];

    if (entry->length == 0 || entry->length > sizeof(bytes))
        return -EBADMSG;
    memcpy(bytes, entry->bytes, entry->length);
    if (state_version(bytes) > version)
        return -EPROTONOSUPPORT;
    state_mark(bytes, 1);
    return hvc_service_apply(service, bytes, entry->length, entry->epoch, entry->index, ret_answer);
}

size_t state_pin(struct sim_world *w, struct sim_node *n)
{
    static uint8_t bytes[SIM_STATE_MAX];
    struct hvc_snapshot_cursor cursor;
    size_t used = FORMAT_BYTES, part = 0;

    bytes[0] = n->version >= 2 && w->newer_index != 0 && n->applied >= w->newer_index ? 2 : 1;
    hvc_service_snapshot_begin(n->service, &cursor);
    do {
        if (sizeof(bytes) - used < HVC_SNAPSHOT_CHUNK_MIN ||
            hvc_service_snapshot_read(n->service, &cursor, bytes + used, sizeof(bytes) - used, &part) < 0) {
            sim_violation(w, "sim-size", "node %d: a snapshot of more than %u bytes", n->id + 1, SIM_STATE_MAX);
            return used;
        }
        used += part;
    } while (part > 0);
    n->pinned = (struct sim_image){.bytes = sim_copy(w, bytes, used), .length = used, .applied = n->applied};
    return used;
}

int state_load(struct sim_node *n, const uint8_t *bytes, size_t length)
{
    int result;

    if (length < FORMAT_BYTES)
        return -EBADMSG;
    if (bytes[0] > (n->version >= 2 ? 2 : 1))
        return -EPROTONOSUPPORT;
    hvc_service_load_begin(n->service);
    result = hvc_service_load_bytes(n->service, bytes + FORMAT_BYTES, length - FORMAT_BYTES);
    return result < 0 ? result : hvc_service_load_end(n->service);
}

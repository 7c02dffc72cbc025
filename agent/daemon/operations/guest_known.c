/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest.known: the guests of the replicated state, in order of their UUIDs, a piece at a time. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cluster_call.h"
#include "guest.h"
#include "hvc/text.h"

struct known_look {
    struct hvc_record *data;
    const uint8_t *after; /* NULL: from the first */
    size_t limit;
};

static int by_uuid(const void *a, const void *b)
{
    const struct hvc_service_guest *const *left = a;
    const struct hvc_service_guest *const *right = b;

    return memcmp((*left)->uuid, (*right)->uuid, sizeof((*left)->uuid));
}

static void describe(struct hvc_record *record, const struct hvc_service *service,
                     const struct hvc_service_guest *guest)
{
    const struct hvc_service_node *node = hvc_service_node(service, guest->node);
    char uuid[HVC_UUID_TEXT_MAX];

    hvc_format_uuid(guest->uuid, uuid);
    hvc_record_set_text(record, "uuid", uuid);
    hvc_record_set_text(record, "name", guest->name);
    hvc_record_set_u64(record, "cpus", guest->cpus);
    hvc_record_set_u64(record, "memory_kib", guest->memory_kib);
    hvc_record_set_u64(record, "version", guest->version);
    if (node != NULL)
        hvc_record_set_text(record, "node", node->name);
    if (guest->job != 0)
        hvc_record_set_u64(record, "job", guest->job);
    if (guest->resource[0] != '\0')
        hvc_record_set_text(record, "resource", guest->resource);
}

static int look_at_guests(void *context, const struct hvc_service *service, const struct hvc_replica_stamp *stamp)
{
    const struct known_look *look = context;
    HVC_CLEANUP(free) const struct hvc_service_guest **guests = NULL;
    const struct hvc_service_guest *guest;
    struct hvc_service_counts counts;
    uint32_t cursor = 0;
    size_t count = 0;

    (void)stamp;
    hvc_service_counts(service, &counts);
    guests = calloc(counts.guests + 1u, sizeof(const struct hvc_service_guest *));
    if (guests == NULL)
        return -ENOMEM;
    while (count < counts.guests && (guest = hvc_service_guest_next(service, &cursor)) != NULL)
        if (look->after == NULL || memcmp(guest->uuid, look->after, sizeof(guest->uuid)) > 0)
            guests[count++] = guest;
    qsort(guests, count, sizeof(const struct hvc_service_guest *), by_uuid);
    hvc_record_set_list(look->data, "guests");
    for (size_t i = 0; i < count && i < look->limit; i++)
        describe(hvc_record_add(look->data, "guests"), service, guests[i]);
    hvc_record_set_u64(look->data, "total", counts.guests);
    hvc_record_set_u64(look->data, "left", count > look->limit ? count - look->limit : 0);
    return 0;
}

enum hvc_result guest_known(struct hvc_operations *operations, struct hvc_call *call)
{
    struct known_look look = {.data = call->data};
    const char *after = hvc_record_text(call->args, "after", NULL);
    enum hvc_result result;
    uint8_t uuid[16];

    look.limit = (size_t)hvc_record_u64(call->args, "limit", GUEST_KNOWN_ROWS_MAX);
    if (after != NULL && hvc_parse_uuid_bytes(after, uuid) == 0)
        look.after = uuid;
    result = hvc_cluster_read(operations, call, look_at_guests, &look);
    return result == HVC_RESULT_OK ? hvc_cluster_say_read(call, "guests of the cluster") : result;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest.known: every guest as the committed state has it, in pages, in order of their UUIDs; on demand with what its
 * definition says about its devices. What libvirt shows this second is guest.list's and guest.locate's business.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cluster_call.h"
#include "guest.h"
#include "hvc/host.h"
#include "hvc/text.h"

enum {
    PAGE_BYTES = HVC_IPC_MESSAGE_MAX / 4, /* texts of a page as they are; JSON may make them longer */
    ROW_BYTES = 256,                      /* names and numbers of one row */
    DEVICE_BYTES = 64,
};

struct page {
    uint8_t after[16];
    bool from_start, devices;
    size_t limit;
    struct hvc_service_guest *rows; /* copies: documents are read when the state is no longer held */
    char (*nodes)[HVC_NODE_NAME_MAX];
    uint8_t *classes; /* enum hvc_guest_class */
    size_t count;
    size_t left, total;
};

/* Sorted without looking at the guests, which lie all over the memory. */
struct found {
    uint64_t begin; /* of its UUID */
    const struct hvc_service_guest *guest;
};

static uint64_t begin_of(const uint8_t uuid[16])
{
    uint64_t begin = 0;

    for (size_t i = 0; i < sizeof(begin); i++)
        begin = begin << 8 | uuid[i];
    return begin;
}

static int by_uuid(const void *a, const void *b)
{
    const struct found *left = a;
    const struct found *right = b;

    if (left->begin != right->begin)
        return left->begin < right->begin ? -1 : 1;
    return memcmp(left->guest->uuid, right->guest->uuid, sizeof(left->guest->uuid));
}

static void copy_page(struct page *page, const struct hvc_service *service, struct found *found, size_t count)
{
    qsort(found, count, sizeof(*found), by_uuid);
    page->count = count < page->limit ? count : page->limit;
    page->left = count - page->count;
    for (size_t i = 0; i < page->count; i++) {
        const struct hvc_service_node *node = hvc_service_node(service, found[i].guest->node);

        page->rows[i] = *found[i].guest;
        page->nodes[i][0] = '\0';
        if (node != NULL)
            memcpy(page->nodes[i], node->name, sizeof(page->nodes[i]));
    }
}

static int look_at_guests(void *context, const struct hvc_service *service, const struct hvc_replica_stamp *stamp)
{
    struct page *page = context;
    const struct hvc_service_guest *guest;
    struct found *found;
    struct hvc_service_counts counts;
    uint32_t cursor = 0;
    size_t count = 0;

    (void)stamp;
    hvc_service_counts(service, &counts);
    page->total = counts.guests;
    found = calloc(counts.guests + 1u, sizeof(*found));
    if (found == NULL)
        return -ENOMEM;
    while (count < counts.guests && (guest = hvc_service_guest_next(service, &cursor)) != NULL) {
        if (page->from_start || memcmp(guest->uuid, page->after, sizeof(guest->uuid)) > 0)
            found[count++] = (struct found){begin_of(guest->uuid), guest};
    }
    copy_page(page, service, found, count);
    free(found);
    return 0;
}

/* ---- devices, from the definition ---- */

static size_t describe_devices(const struct hvc_guest_profile *profile, struct hvc_record *row)
{
    size_t bytes = 0;

    hvc_record_set_text(row, "architecture", profile->architecture);
    hvc_record_set_text(row, "machine", profile->machine);
    hvc_record_set_bool(row, "nvram", profile->nvram);
    hvc_record_set_list(row, "disks");
    for (uint32_t i = 0; i < profile->disk_count; i++) {
        const struct hvc_profile_disk *disk = &profile->disks[i];
        struct hvc_record *item = hvc_record_add(row, "disks");

        hvc_record_set_text(item, "target", disk->target);
        hvc_record_set_text(item, "kind", hvc_profile_disk_name(disk->kind));
        hvc_record_set_text(item, "source", disk->source);
        hvc_record_set_bool(item, "readonly", disk->readonly);
        bytes += DEVICE_BYTES + strlen(disk->source);
    }
    hvc_record_set_list(row, "nets");
    for (uint32_t i = 0; i < profile->net_count; i++) {
        const struct hvc_profile_net *net = &profile->nets[i];
        struct hvc_record *item = hvc_record_add(row, "nets");

        hvc_record_set_text(item, "kind", hvc_profile_net_name(net->kind));
        hvc_record_set_text(item, "source", net->source);
        hvc_record_set_text(item, "mac", net->mac);
        bytes += DEVICE_BYTES + strlen(net->source);
    }
    return bytes;
}

/* A definition that cannot be read now is told with the row, not left out in silence. Returns the bytes of its texts.
 */
static size_t add_devices(struct hvc_operations *operations, struct hvc_call *call,
                          const struct hvc_service_guest *guest, struct hvc_record *row)
{
    static const uint8_t none[sizeof(guest->document)];
    HVC_CLEANUP(free) struct hvc_guest_profile *profile = calloc(1, sizeof(*profile));
    HVC_CLEANUP(free) char *xml = NULL;
    struct hvc_error error = {0};
    size_t length = 0;
    int rc = profile == NULL ? -ENOMEM : 0;

    if (memcmp(guest->document, none, sizeof(none)) == 0)
        return 0;
    if (rc == 0)
        rc = operations->keeper->ops->document(operations->keeper, guest->document, call->deadline_ms, &xml, &length,
                                               &error);
    if (rc == 0)
        rc = hvc_guest_parse_profile(xml, length, profile, &error);
    if (rc == 0)
        return describe_devices(profile, row);
    hvc_record_set_text(row, "definition_words", error.text[0] != '\0' ? error.text : "out of memory");
    return strlen(error.text);
}

/* ---- rows ---- */

static size_t describe_row(const struct hvc_service_guest *guest, const char *node, struct hvc_record *row)
{
    static const uint8_t none[sizeof(guest->document)];
    char uuid[HVC_UUID_TEXT_MAX];

    hvc_format_uuid(guest->uuid, uuid);
    hvc_record_set_text(row, "uuid", uuid);
    hvc_record_set_text(row, "name", guest->name);
    if (node[0] != '\0')
        hvc_record_set_text(row, "node", node);
    if (guest->resource[0] != '\0')
        hvc_record_set_text(row, "resource", guest->resource);
    hvc_record_set_u64(row, "memory_kib", guest->memory_kib);
    hvc_record_set_u64(row, "cpus", guest->cpus);
    hvc_record_set_u64(row, "version", guest->version);
    hvc_record_set_bool(row, "definition", memcmp(guest->document, none, sizeof(none)) != 0);
    if (guest->job != 0)
        hvc_record_set_u64(row, "job", guest->job);
    return ROW_BYTES + strlen(guest->name) + strlen(guest->resource) + strlen(node);
}

/* What the node's hypervisor shows of it, as the node told lately. */
static uint8_t class_of(const struct hvc_soft_facts *facts, const struct hvc_service_guest *guest)
{
    const struct hvc_soft_guest *seen = NULL;

    if (facts->age_ms <= HVC_SOFT_OLD_MS && facts->guests_age_ms <= HVC_SOFT_OLD_MS)
        seen = hvc_soft_facts_guest(facts, guest->uuid);
    return seen == NULL ? HVC_GUEST_CLASS_MAX : seen->guest_class;
}

/* HVC_GUEST_CLASS_MAX: not told. One look at each node. */
static int find_classes(struct hvc_keeper *keeper, struct page *page)
{
    HVC_CLEANUP(free) struct hvc_soft_facts *facts = calloc(1, sizeof(*facts));

    if (facts == NULL)
        return -ENOMEM;
    memset(page->classes, HVC_GUEST_CLASS_MAX + 1, page->limit);
    for (size_t i = 0; i < page->count; i++) {
        if (page->classes[i] <= HVC_GUEST_CLASS_MAX)
            continue;
        if (page->rows[i].node == 0 || keeper->ops->soft(keeper, page->rows[i].node, facts) < 0)
            facts->age_ms = UINT64_MAX;
        for (size_t j = i; j < page->count; j++)
            if (page->rows[j].node == page->rows[i].node)
                page->classes[j] = class_of(facts, &page->rows[j]);
    }
    return 0;
}

static enum hvc_result describe(struct hvc_operations *operations, struct hvc_call *call, struct page *page)
{
    size_t bytes = 0, count = 0;

    hvc_record_set_list(call->data, "guests");
    for (; count < page->count && bytes < PAGE_BYTES; count++) {
        struct hvc_record *row = hvc_record_add(call->data, "guests");

        bytes += describe_row(&page->rows[count], page->nodes[count], row);
        if (page->classes[count] < HVC_GUEST_CLASS_MAX)
            hvc_record_set_text(row, "class", hvc_guest_class_name((enum hvc_guest_class)page->classes[count]));
        if (page->devices)
            bytes += add_devices(operations, call, &page->rows[count], row);
    }
    hvc_record_set_u64(call->data, "total", page->total);
    hvc_record_set_u64(call->data, "left", page->left + page->count - count);
    return hvc_cluster_say_read(call, "guests as the cluster's state has them");
}

enum hvc_result guest_known(struct hvc_operations *operations, struct hvc_call *call)
{
    struct page page = {.limit = hvc_record_u64(call->args, "limit", GUEST_KNOWN_ROWS_MAX),
                        .devices = hvc_record_bool(call->args, "devices", false)};
    enum hvc_result result;

    if (page.limit > PAGE_BYTES / ROW_BYTES)
        page.limit = PAGE_BYTES / ROW_BYTES; /* more are not described */
    page.from_start = hvc_parse_uuid_bytes(hvc_record_text(call->args, "after", ""), page.after) < 0;
    page.rows = calloc(page.limit, sizeof(*page.rows));
    page.nodes = calloc(page.limit, sizeof(*page.nodes));
    page.classes = calloc(page.limit, sizeof(*page.classes));
    if (page.rows == NULL || page.nodes == NULL || page.classes == NULL)
        result = hvc_call_say(call, HVC_RESULT_INTERNAL, "out of memory");
    else
        result = hvc_cluster_read(operations, call, look_at_guests, &page);
    if (result == HVC_RESULT_OK && find_classes(operations->keeper, &page) < 0)
        result = hvc_call_say(call, HVC_RESULT_INTERNAL, "out of memory");
    if (result == HVC_RESULT_OK)
        result = describe(operations, call, &page);
    free(page.rows);
    free(page.nodes);
    free(page.classes);
    return result;
}

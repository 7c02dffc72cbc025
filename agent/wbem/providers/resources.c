/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a virtual system is given: processors, memory, network adapters, disks; and their place in its configuration. */
#include <string.h>

#include "build.h"

enum { PROCESSOR = 3, MEMORY = 4, ETHERNET = 10, LOGICAL_DISK = 31, VIRTUALIZED = 3, READABLE = 1, READ_WRITE = 3 };

struct resource {
    const char *id, *words, *sub_type, *units;
    unsigned type;
    uint64_t amount;
    const char *address, *host, *connection; /* NULL: it has none */
    bool readonly;
};

/* "52:54:00:aa:bb:01" as "525400AABB01". */
static const char *plain_mac(struct hvc_cim_ask *ask, const char *mac)
{
    char *copy = hvc_cim_copy(ask->arena, mac, strlen(mac));
    size_t used = 0;

    for (const char *p = copy; p != NULL && *p != '\0'; p++)
        if (*p != ':')
            copy[used++] = *p >= 'a' && *p <= 'f' ? (char)(*p - 'a' + 'A') : *p;
    if (copy != NULL)
        copy[used] = '\0';
    return copy;
}

static const char *id_of(struct hvc_cim_ask *ask, const struct hvc_facts_guest *guest, const char *part)
{
    return part == NULL ? NULL : id_of_guest(ask, guest, part);
}

/* The one at that position; false: there are no more. */
typedef bool (*resource_fn)(struct hvc_cim_ask *ask, const struct hvc_facts_guest *guest, uint32_t position,
                            struct resource *ret);

static bool resource_at(struct hvc_cim_ask *ask, const struct hvc_facts_guest *guest, uint32_t position,
                        struct resource *ret)
{
    if (position == 0)
        *ret = (struct resource){.id = id_of(ask, guest, "\\Processor"),
                                 .words = "Processor",
                                 .sub_type = "Microsoft:Hyper-V:Virtual Processor",
                                 .units = "count",
                                 .type = PROCESSOR,
                                 .amount = guest->cpus};
    else if (position == 1)
        *ret = (struct resource){.id = id_of(ask, guest, "\\Memory"),
                                 .words = "Memory",
                                 .sub_type = "Microsoft:Hyper-V:Memory",
                                 .units = "byte * 2^10",
                                 .type = MEMORY,
                                 .amount = guest->memory_kib};
    else if (position - 2 < guest->net_count)
        *ret = (struct resource){.id = id_of(ask, guest, hvc_cim_format(ask->arena, "\\Network\\%u", position - 2)),
                                 .words = "Network Adapter",
                                 .sub_type = "Microsoft:Hyper-V:Synthetic Ethernet Port",
                                 .units = "count",
                                 .type = ETHERNET,
                                 .amount = 1,
                                 .address = plain_mac(ask, guest->nets[position - 2].mac),
                                 .connection = guest->nets[position - 2].source};
    else
        return false;
    return true;
}

static bool disk_at(struct hvc_cim_ask *ask, const struct hvc_facts_guest *guest, uint32_t position,
                    struct resource *ret)
{
    const struct hvc_facts_disk *disk;

    if (position >= guest->disk_count)
        return false;
    disk = &guest->disks[position];
    *ret = (struct resource){.id = id_of(ask, guest, hvc_cim_format(ask->arena, "\\Disk\\%s", disk->target)),
                             .words = "Hard Disk Image",
                             .sub_type = "Microsoft:Hyper-V:Virtual Hard Disk",
                             .units = "count",
                             .type = LOGICAL_DISK,
                             .amount = 1,
                             .address = disk->target,
                             .host = disk->source,
                             .readonly = disk->readonly};
    return true;
}

/* NULL: it is not wanted, or no memory. */
static struct hvc_cim_instance *add_resource(struct hvc_cim_ask *ask, const struct resource *r)
{
    struct hvc_cim_instance *instance =
        r->id != NULL && hvc_cim_ask_wants(ask, "InstanceID", r->id) ? hvc_cim_ask_add(ask) : NULL;

    if (instance == NULL)
        return NULL;
    put_text(ask, instance, "InstanceID", r->id);
    put_words(ask, instance, r->words, r->words, r->words);
    put_number(ask, instance, "ResourceType", r->type);
    put_text(ask, instance, "ResourceSubType", r->sub_type);
    put_number(ask, instance, "ConsumerVisibility", VIRTUALIZED);
    put_text(ask, instance, "AllocationUnits", r->units);
    put_text(ask, instance, "VirtualQuantityUnits", r->units);
    put_number(ask, instance, "VirtualQuantity", r->amount);
    put_flag(ask, instance, "AutomaticAllocation", true);
    put_flag(ask, instance, "AutomaticDeallocation", true);
    if (r->type == PROCESSOR || r->type == MEMORY) {
        put_number(ask, instance, "Reservation", r->amount);
        put_number(ask, instance, "Limit", r->amount);
    }
    put_text(ask, instance, "Address", r->address);
    if (r->host != NULL && r->host[0] != '\0')
        put_texts(ask, instance, "HostResource", &r->host, 1);
    if (r->connection != NULL && r->connection[0] != '\0')
        put_texts(ask, instance, "Connection", &r->connection, 1);
    return instance;
}

static void enumerate_resource(struct hvc_cim_ask *ask)
{
    const struct hvc_cim_facts *facts = facts_of(ask);
    struct resource resource;

    for (uint32_t i = 0; i < facts->guest_count; i++)
        for (uint32_t n = 0; is_here(ask, &facts->guests[i]) && resource_at(ask, &facts->guests[i], n, &resource); n++)
            (void)add_resource(ask, &resource);
}

static void enumerate_disk(struct hvc_cim_ask *ask)
{
    const struct hvc_cim_facts *facts = facts_of(ask);
    struct resource resource;

    for (uint32_t i = 0; i < facts->guest_count; i++)
        for (uint32_t n = 0; is_here(ask, &facts->guests[i]) && disk_at(ask, &facts->guests[i], n, &resource); n++) {
            struct hvc_cim_instance *instance = add_resource(ask, &resource);

            if (instance != NULL)
                put_number(ask, instance, "Access", resource.readonly ? READABLE : READ_WRITE);
        }
}

static void add_parts(struct hvc_cim_ask *ask, const struct hvc_facts_guest *guest, const char *class_name,
                      resource_fn at)
{
    const struct hvc_cim_path *whole = path_of_id(ask, ask->space->name, GUEST_DATA_CLASS, id_of_guest(ask, guest, ""));
    struct resource resource;

    for (uint32_t n = 0; at(ask, guest, n, &resource); n++)
        (void)put_link(ask, "GroupComponent", whole, "PartComponent",
                       path_of_id(ask, ask->space->name, class_name, resource.id));
}

static void enumerate_setting_component(struct hvc_cim_ask *ask)
{
    const struct hvc_cim_facts *facts = facts_of(ask);

    for (uint32_t i = 0; i < facts->guest_count; i++) {
        if (!is_here(ask, &facts->guests[i]))
            continue;
        add_parts(ask, &facts->guests[i], RESOURCE_CLASS, resource_at);
        add_parts(ask, &facts->guests[i], STORAGE_CLASS, disk_at);
    }
}

#define NEEDS (HVC_FACTS_STATUS | HVC_FACTS_GUESTS | HVC_FACTS_DEVICES)

const struct hvc_cim_provider hvc_provider_resource_allocation = {.needs = NEEDS, .enumerate = enumerate_resource};
const struct hvc_cim_provider hvc_provider_storage_allocation = {.needs = NEEDS, .enumerate = enumerate_disk};
const struct hvc_cim_provider hvc_provider_system_setting_component = {.needs = NEEDS,
                                                                       .enumerate = enumerate_setting_component};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest needs of a host, read from its definition. */
#include <errno.h>
#include <string.h>

#include "hvc/host.h"
#include "hvc/text.h"
#include "tree_values.h"

/* Attribute of the child of that name. */
static bool child_attribute(xmlNodePtr parent, const char *child, const char *attribute, char *target, size_t size)
{
    return hvc_tree_attribute(hvc_tree_find(parent, child), attribute, target, size);
}

/* ---- memory and CPU ---- */

static int read_memory(xmlNodePtr domain, uint64_t *ret_kib, struct hvc_error *error)
{
    static const struct {
        const char *unit;
        uint64_t bytes;
    } units[] = {{"", 1024},
                 {"KiB", 1024},
                 {"k", 1024},
                 {"MiB", 1 << 20},
                 {"M", 1 << 20},
                 {"GiB", 1 << 30},
                 {"G", 1 << 30},
                 {"b", 1},
                 {"bytes", 1},
                 {"KB", 1000},
                 {"MB", 1000000},
                 {"GB", 1000000000},
                 {"TiB", UINT64_C(1) << 40},
                 {"T", UINT64_C(1) << 40},
                 {"TB", UINT64_C(1000000000000)}};
    xmlNodePtr node = hvc_tree_find(domain, "memory");
    char text[32], unit[16];
    uint64_t value;

    if (node == NULL)
        return hvc_error_set(error, -EINVAL, "the guest definition has no <memory>");
    (void)hvc_tree_attribute(node, "unit", unit, sizeof(unit));
    if (!hvc_tree_content(node, text, sizeof(text)) || hvc_parse_u64(text, 1, UINT64_MAX, &value) < 0)
        return hvc_error_set(error, -EINVAL, "the guest's <memory> \"%s\" is no number", text);
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(units[i].unit, unit) != 0)
            continue;
        if (value > HVC_KIB_MAX * 1024 / units[i].bytes)
            return hvc_error_set(error, -EINVAL, "the guest's <memory> of %s %s is more than 1 PiB", text, unit);
        *ret_kib = (value * units[i].bytes + 1023) / 1024;
        return 0;
    }
    return hvc_error_set(error, -EINVAL, "the guest's <memory> has the unit \"%s\", which is not known", unit);
}

/* <timer name='tsc' frequency='HZ'/>; a frequency that is no number is libvirt's to refuse. */
static void read_tsc(xmlNodePtr domain, xmlNodePtr cpu, struct hvc_guest_profile *profile)
{
    xmlNodePtr clock = hvc_tree_find(domain, "clock");
    char hz[32];

    profile->unfiltered_cpu = cpu != NULL && hvc_tree_attribute_is(cpu, "migratable", "off");
    for (xmlNodePtr f = hvc_tree_find(cpu, "feature"); f != NULL; f = hvc_tree_next(f, "feature")) {
        if (!hvc_tree_attribute_is(f, "name", "invtsc"))
            continue;
        profile->invariant_tsc = hvc_tree_attribute_is(f, "policy", "require") ||
                                 hvc_tree_attribute_is(f, "policy", "force") ||
                                 xmlHasProp(f, (const xmlChar *)"policy") == NULL;
        profile->unfiltered_cpu = profile->unfiltered_cpu && profile->invariant_tsc;
    }
    for (xmlNodePtr t = hvc_tree_find(clock, "timer"); t != NULL; t = hvc_tree_next(t, "timer")) {
        if (hvc_tree_attribute_is(t, "name", "tsc") && hvc_tree_attribute(t, "frequency", hz, sizeof(hz)) &&
            hvc_parse_u64(hz, 1, UINT64_MAX, &profile->tsc_hz) < 0)
            profile->tsc_hz = 0;
    }
}

static void read_cpu(xmlNodePtr domain, struct hvc_guest_profile *profile)
{
    static const struct {
        const char *mode;
        uint8_t cpu;
    } modes[] = {{"custom", HVC_CPU_CUSTOM},
                 {"host-model", HVC_CPU_HOST_MODEL},
                 {"host-passthrough", HVC_CPU_PASSTHROUGH},
                 {"maximum", HVC_CPU_MAXIMUM}};
    xmlNodePtr cpu = hvc_tree_find(domain, "cpu");
    char mode[32];

    read_tsc(domain, cpu, profile);
    profile->cpu = HVC_CPU_DEFAULT;
    if (cpu == NULL)
        return;
    (void)hvc_tree_attribute(cpu, "mode", mode, sizeof(mode));
    (void)hvc_tree_content(hvc_tree_find(cpu, "model"), profile->cpu_model, sizeof(profile->cpu_model));
    if (mode[0] == '\0' && profile->cpu_model[0] != '\0')
        profile->cpu = HVC_CPU_CUSTOM; /* libvirt's default for a <cpu> with a model */
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (strcmp(modes[i].mode, mode) == 0)
            profile->cpu = modes[i].cpu;
    }
}

/* ---- drives ---- */

/* "nbd://host:port/name": every server of the first host is named, which is what tells two drives apart. */
static bool read_network_source(xmlNodePtr source, char *target, size_t size)
{
    char protocol[32], name[512], host[256], port[16];
    size_t used = 0;

    (void)hvc_tree_attribute(source, "protocol", protocol, sizeof(protocol));
    (void)hvc_tree_attribute(source, "name", name, sizeof(name));
    (void)child_attribute(source, "host", "name", host, sizeof(host));
    (void)child_attribute(source, "host", "port", port, sizeof(port));
    return hvc_text_append(target, size, &used, "%s://%s%s%s/%s", protocol, host, port[0] == '\0' ? "" : ":", port,
                           name) == 0;
}

static bool read_source(xmlNodePtr source, struct hvc_profile_disk *disk)
{
    char pool[256], volume[512];
    size_t used = 0;

    switch ((enum hvc_profile_disk_kind)disk->kind) {
    case HVC_PROFILE_DISK_FILE:
        return hvc_tree_attribute(source, "file", disk->source, sizeof(disk->source));
    case HVC_PROFILE_DISK_BLOCK:
        return hvc_tree_attribute(source, "dev", disk->source, sizeof(disk->source));
    case HVC_PROFILE_DISK_DIR:
        return hvc_tree_attribute(source, "dir", disk->source, sizeof(disk->source));
    case HVC_PROFILE_DISK_NETWORK:
        return read_network_source(source, disk->source, sizeof(disk->source));
    case HVC_PROFILE_DISK_VOLUME:
        return hvc_tree_attribute(source, "pool", pool, sizeof(pool)) &&
               hvc_tree_attribute(source, "volume", volume, sizeof(volume)) &&
               hvc_text_append(disk->source, sizeof(disk->source), &used, "%s/%s", pool, volume) == 0;
    case HVC_PROFILE_DISK_OTHER:
    case HVC_PROFILE_DISK_EMPTY:
    case HVC_PROFILE_DISK_COUNT:
        break;
    }
    return true;
}

static int read_disk(xmlNodePtr node, struct hvc_guest_profile *profile, struct hvc_error *error)
{
    struct hvc_profile_disk *disk = &profile->disks[profile->disk_count];
    xmlNodePtr source = hvc_tree_find(node, "source");
    char type[32];

    if (profile->disk_count == HVC_PROFILE_DISKS_MAX)
        return hvc_error_set(error, -E2BIG, "the guest has more than %d drives", HVC_PROFILE_DISKS_MAX);
    (void)child_attribute(node, "target", "dev", disk->target, sizeof(disk->target));
    (void)hvc_tree_attribute(node, "type", type, sizeof(type));
    disk->readonly = hvc_tree_find(node, "readonly") != NULL || hvc_tree_attribute_is(node, "device", "cdrom");
    disk->shareable = hvc_tree_find(node, "shareable") != NULL;
    disk->kind = source == NULL ? HVC_PROFILE_DISK_EMPTY : HVC_PROFILE_DISK_OTHER;
    for (unsigned kind = HVC_PROFILE_DISK_FILE; source != NULL && kind < HVC_PROFILE_DISK_OTHER; kind++) {
        if (strcmp(hvc_profile_disk_name(kind), type) == 0)
            disk->kind = (uint8_t)kind;
    }
    if (!read_source(source, disk))
        return hvc_error_set(error, -EINVAL, "the source of the guest's drive %s cannot be read or is too long",
                             disk->target);
    profile->disk_count++;
    return 0;
}

/* ---- networks ---- */

static int read_net(xmlNodePtr node, struct hvc_guest_profile *profile, struct hvc_error *error)
{
    static const struct {
        const char *type, *attribute;
        uint8_t kind;
    } types[] = {{"network", "network", HVC_PROFILE_NET_NETWORK},
                 {"bridge", "bridge", HVC_PROFILE_NET_BRIDGE},
                 {"direct", "dev", HVC_PROFILE_NET_DIRECT},
                 {"user", NULL, HVC_PROFILE_NET_FREE},
                 {"ethernet", NULL, HVC_PROFILE_NET_FREE},
                 {"server", NULL, HVC_PROFILE_NET_FREE},
                 {"client", NULL, HVC_PROFILE_NET_FREE},
                 {"mcast", NULL, HVC_PROFILE_NET_FREE},
                 {"udp", NULL, HVC_PROFILE_NET_FREE},
                 {"null", NULL, HVC_PROFILE_NET_FREE}};
    struct hvc_profile_net *net = &profile->nets[profile->net_count];
    xmlNodePtr source = hvc_tree_find(node, "source");
    char type[32];

    if (profile->net_count == HVC_PROFILE_NETS_MAX)
        return hvc_error_set(error, -E2BIG, "the guest has more than %d network interfaces", HVC_PROFILE_NETS_MAX);
    (void)hvc_tree_attribute(node, "type", type, sizeof(type));
    (void)child_attribute(node, "mac", "address", net->mac, sizeof(net->mac));
    net->kind = HVC_PROFILE_NET_OTHER;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcmp(types[i].type, type) != 0)
            continue;
        net->kind = types[i].kind;
        if (types[i].attribute != NULL &&
            !hvc_tree_attribute(source, types[i].attribute, net->source, sizeof(net->source)))
            return hvc_error_set(error, -EINVAL, "the guest's interface %s of type %s has no source", net->mac, type);
    }
    if (net->kind == HVC_PROFILE_NET_OTHER)
        (void)hvc_text_copy(net->source, sizeof(net->source), type);
    profile->net_count++;
    return 0;
}

/* ---- what is bound to the host ---- */

static int add_device(struct hvc_guest_profile *profile, const char *text, struct hvc_error *error)
{
    size_t used = 0;

    if (profile->device_count == HVC_PROFILE_DEVICES_MAX)
        return hvc_error_set(error, -E2BIG, "more than %d devices of the host are given to the guest",
                             HVC_PROFILE_DEVICES_MAX);
    (void)hvc_text_append(profile->devices[profile->device_count].text, sizeof(profile->devices[0].text), &used, "%s",
                          text);
    profile->device_count++;
    return 0;
}

static int read_hostdev(xmlNodePtr node, struct hvc_guest_profile *profile, struct hvc_error *error)
{
    xmlNodePtr source = hvc_tree_find(node, "source"), address = hvc_tree_find(source, "address");
    char type[32], text[96] = "", part[4][16], uuid[64];
    unsigned long number[4];
    size_t used = 0;

    if (!hvc_tree_attribute(node, "type", type, sizeof(type)))
        (void)hvc_tree_attribute(node, "mode", type, sizeof(type));
    if (strcmp(type, "pci") == 0 && hvc_tree_attribute(address, "domain", part[0], sizeof(part[0])) &&
        hvc_tree_attribute(address, "bus", part[1], sizeof(part[1])) &&
        hvc_tree_attribute(address, "slot", part[2], sizeof(part[2])) &&
        hvc_tree_attribute(address, "function", part[3], sizeof(part[3]))) {
        for (size_t i = 0; i < 4; i++)
            number[i] = strtoul(part[i], NULL, 0); /* "0x0000": what is no number is 0, and names no device */
        (void)hvc_text_append(text, sizeof(text), &used, "pci %04lx:%02lx:%02lx.%lx", number[0], number[1], number[2],
                              number[3]);
    } else if (strcmp(type, "usb") == 0) {
        (void)child_attribute(source, "vendor", "id", part[0], sizeof(part[0]));
        (void)child_attribute(source, "product", "id", part[1], sizeof(part[1]));
        (void)hvc_text_append(text, sizeof(text), &used, "usb %s:%s", part[0], part[1]);
    } else if (hvc_tree_attribute(address, "uuid", uuid, sizeof(uuid))) {
        (void)hvc_text_append(text, sizeof(text), &used, "%s %s", type, uuid);
    } else {
        (void)hvc_text_append(text, sizeof(text), &used, "%s", type);
    }
    return add_device(profile, text, error);
}

static int read_tpm(xmlNodePtr node, struct hvc_guest_profile *profile, struct hvc_error *error)
{
    xmlNodePtr backend = hvc_tree_find(node, "backend");

    if (backend != NULL && hvc_tree_attribute_is(backend, "type", "emulator")) {
        profile->tpm = true;
        return 0;
    }
    return add_device(profile, "tpm of the host", error);
}

static int read_filesystem(xmlNodePtr node, struct hvc_guest_profile *profile, struct hvc_error *error)
{
    char text[96] = "", folder[80];
    size_t used = 0;

    (void)child_attribute(node, "source", "dir", folder, sizeof(folder));
    (void)hvc_text_append(text, sizeof(text), &used, "filesystem %s", folder);
    return add_device(profile, text, error);
}

static int read_device(xmlNodePtr node, struct hvc_guest_profile *profile, struct hvc_error *error)
{
    static const struct {
        const char *name;
        int (*read)(xmlNodePtr, struct hvc_guest_profile *, struct hvc_error *);
    } readers[] = {{"disk", read_disk},
                   {"interface", read_net},
                   {"hostdev", read_hostdev},
                   {"tpm", read_tpm},
                   {"filesystem", read_filesystem}};

    for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
        if (hvc_tree_is(node->name, readers[i].name))
            return readers[i].read(node, profile, error);
    }
    if (hvc_tree_is(node->name, "emulator"))
        (void)hvc_tree_content(node, profile->emulator, sizeof(profile->emulator));
    return 0;
}

/* ---- the whole ---- */

static int read_basics(xmlNodePtr domain, struct hvc_guest_profile *profile, struct hvc_error *error)
{
    xmlNodePtr os = hvc_tree_find(domain, "os"), type = hvc_tree_find(os, "type");
    char cpus[16];
    uint64_t count = 1;

    if (!hvc_tree_attribute(domain, "type", profile->type, sizeof(profile->type)))
        return hvc_error_set(error, -EINVAL, "the guest definition has no type (kvm, qemu)");
    (void)hvc_tree_attribute(type, "arch", profile->architecture, sizeof(profile->architecture));
    (void)hvc_tree_attribute(type, "machine", profile->machine, sizeof(profile->machine));
    if (hvc_tree_content(hvc_tree_find(domain, "vcpu"), cpus, sizeof(cpus)) &&
        hvc_parse_u64(cpus, 1, UINT32_MAX, &count) < 0)
        return hvc_error_set(error, -EINVAL, "the guest's <vcpu> \"%s\" is no number of CPUs", cpus);
    profile->cpus = (uint32_t)count;
    profile->nvram = hvc_tree_find(os, "nvram") != NULL || (os != NULL && hvc_tree_attribute_is(os, "firmware", "efi"));
    profile->huge_pages = hvc_tree_find(hvc_tree_find(domain, "memoryBacking"), "hugepages") != NULL;
    read_cpu(domain, profile);
    return read_memory(domain, &profile->memory_kib, error);
}

int hvc_guest_parse_profile(const char *xml, size_t length, struct hvc_guest_profile *ret_profile,
                            struct hvc_error *error)
{
    HVC_CLEANUP(doc) xmlDocPtr doc = NULL;
    HVC_CLEANUP(free) struct hvc_guest_profile *profile = calloc(1, sizeof(*profile));
    struct hvc_guest_id id;
    xmlNodePtr domain, devices, node;
    int result = hvc_guest_parse_id(xml, length, &id, error);

    if (result < 0)
        return result;
    if (profile == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory for reading a guest definition");
    result = hvc_tree_read(xml, "domain", &doc, error);
    if (result < 0)
        return result;
    domain = xmlDocGetRootElement(doc);
    memcpy(profile->uuid, id.uuid, sizeof(profile->uuid));
    memcpy(profile->name, id.name, sizeof(profile->name));
    result = read_basics(domain, profile, error);
    devices = hvc_tree_find(domain, "devices");
    node = devices == NULL ? NULL : hvc_tree_element(devices->children);
    for (; result == 0 && node != NULL; node = hvc_tree_element(node->next))
        result = read_device(node, profile, error);
    if (result == 0)
        *ret_profile = *profile;
    return result;
}

/* ---- the <cpu> element as text ---- */

static int print(xmlDocPtr doc, xmlNodePtr node, char **ret_text)
{
    xmlBufferPtr buffer = xmlBufferCreate();
    char *text = NULL;

    if (buffer != NULL && xmlNodeDump(buffer, doc, node, 0, 0) > 0)
        text = strdup((const char *)xmlBufferContent(buffer));
    xmlBufferFree(buffer);
    if (text == NULL)
        return -ENOMEM;
    *ret_text = text;
    return 0;
}

int hvc_guest_xml_cpu(const char *xml, char **ret_cpu, struct hvc_error *error)
{
    HVC_CLEANUP(doc) xmlDocPtr doc = NULL;
    xmlNodePtr cpu;
    int result = hvc_tree_read(xml, "domain", &doc, error);

    if (result < 0)
        return result;
    cpu = hvc_tree_find(xmlDocGetRootElement(doc), "cpu");
    if (cpu == NULL) {
        *ret_cpu = NULL;
        return 0;
    }
    result = print(doc, cpu, ret_cpu);
    return result < 0 ? hvc_error_set(error, result, "no memory for the guest's CPU") : 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "libvirt_fit.h"

#include <errno.h>
#include <libvirt/virterror.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "hvc/text.h"
#include "tree_values.h"

static inline void free_network(virNetworkPtr network)
{
    (void)virNetworkFree(network);
}
static inline void free_interface(virInterfacePtr interface)
{
    (void)virInterfaceFree(interface);
}
static inline void free_pool(virStoragePoolPtr pool)
{
    (void)virStoragePoolFree(pool);
}
static inline void free_volume(virStorageVolPtr volume)
{
    (void)virStorageVolFree(volume);
}
static inline void free_device(virNodeDevicePtr device)
{
    (void)virNodeDeviceFree(device);
}
HVC_DEFINE_CLEANUP(virNetworkPtr, network, free_network, NULL)
HVC_DEFINE_CLEANUP(virInterfacePtr, interface, free_interface, NULL)
HVC_DEFINE_CLEANUP(virStoragePoolPtr, pool, free_pool, NULL)
HVC_DEFINE_CLEANUP(virStorageVolPtr, volume, free_volume, NULL)
HVC_DEFINE_CLEANUP(virNodeDevicePtr, device, free_device, NULL)

/* ---- answers ---- */

static struct hvc_fit_answer answer(enum hvc_tell is, const char *words)
{
    struct hvc_fit_answer a = {.is = (uint8_t)is};

    (void)snprintf(a.words, sizeof(a.words), "%s", words); /* words may be cut */
    return a;
}

static const char *last_words(void)
{
    const char *words = virGetLastErrorMessage();

    return words == NULL ? "libvirt gave no reason" : words;
}

/* NO when libvirt's error says that there is none; else nobody knows. */
static struct hvc_fit_answer refused(int no_code)
{
    return answer(virGetLastErrorCode() == no_code ? HVC_TELL_NO : HVC_TELL_UNKNOWN, last_words());
}

/* ---- what the hypervisor can do ---- */

static char *domain_capabilities(virConnectPtr conn, const struct hvc_guest_profile *p, bool emulator, bool machine,
                                 bool type)
{
    return virConnectGetDomainCapabilities(conn, emulator && p->emulator[0] != '\0' ? p->emulator : NULL,
                                           p->architecture[0] == '\0' ? NULL : p->architecture,
                                           machine && p->machine[0] != '\0' ? p->machine : NULL, type ? p->type : NULL,
                                           0);
}

/* libvirt refuses the whole question without saying which part: ask again with one part fewer. */
static void find_culprit(virConnectPtr conn, const struct hvc_guest_profile *profile, struct hvc_host_fit *fit)
{
    struct hvc_fit_answer *const parts[] = {&fit->machine, &fit->emulator, &fit->type};
    struct hvc_fit_answer no = answer(HVC_TELL_NO, last_words());
    struct hvc_fit_answer unknown = answer(HVC_TELL_UNKNOWN, last_words());
    size_t guilty = 0;

    for (; guilty < 3; guilty++) {
        HVC_CLEANUP(free)
        char *xml = domain_capabilities(conn, profile, guilty < 1, false, guilty < 2);

        if (xml != NULL)
            break;
        no = answer(HVC_TELL_NO, last_words());
    }
    for (size_t i = 0; i < 3; i++)
        *parts[i] = guilty == 3 ? unknown : answer(HVC_TELL_YES, "");
    if (guilty < 3)
        *parts[guilty] = guilty == 0 ? answer(HVC_TELL_NO, unknown.words) : no;
}

static bool has_value(xmlNodePtr values, const char *word)
{
    char text[64];

    for (xmlNodePtr v = hvc_tree_find(values, "value"); v != NULL; v = hvc_tree_next(v, "value"))
        if (hvc_tree_content(v, text, sizeof(text)) && strcmp(text, word) == 0)
            return true;
    return false;
}

static void read_tpm(xmlNodePtr root, struct hvc_host_fit *fit)
{
    xmlNodePtr tpm = hvc_tree_find(hvc_tree_find(root, "devices"), "tpm");

    if (tpm == NULL)
        return;
    fit->tpm = answer(HVC_TELL_NO, "its domain capabilities name no TPM backend \"emulator\"");
    for (xmlNodePtr e = hvc_tree_find(tpm, "enum"); e != NULL; e = hvc_tree_next(e, "enum"))
        if (hvc_tree_attribute_is(e, "name", "backendModel") && has_value(e, "emulator"))
            fit->tpm = answer(HVC_TELL_YES, "");
}

/* An element of the document as text; stays "" when it does not fit. */
static void print(xmlDocPtr doc, xmlNodePtr node, char *target, size_t size)
{
    xmlBufferPtr buffer = xmlBufferCreate();

    if (buffer != NULL && xmlNodeDump(buffer, doc, node, 0, 0) > 0)
        (void)hvc_text_copy(target, size, (const char *)xmlBufferContent(buffer));
    xmlBufferFree(buffer);
}

static void read_model_cpu(xmlDocPtr doc, struct hvc_host_fit *fit)
{
    xmlNodePtr cpu = hvc_tree_find(xmlDocGetRootElement(doc), "cpu");

    for (xmlNodePtr mode = hvc_tree_find(cpu, "mode"); mode != NULL; mode = hvc_tree_next(mode, "mode")) {
        if (!hvc_tree_attribute_is(mode, "name", "host-model") || !hvc_tree_attribute_is(mode, "supported", "yes"))
            continue;
        /* the same children as the <cpu> of a guest that was booted there */
        xmlNodeSetName(mode, (const xmlChar *)"cpu");
        (void)xmlUnsetProp(mode, (const xmlChar *)"name");
        (void)xmlUnsetProp(mode, (const xmlChar *)"supported");
        if (xmlNewProp(mode, (const xmlChar *)"mode", (const xmlChar *)"custom") != NULL &&
            xmlNewProp(mode, (const xmlChar *)"match", (const xmlChar *)"exact") != NULL)
            print(doc, mode, fit->model_cpu, sizeof(fit->model_cpu));
        return;
    }
}

void hvc_fit_capabilities(virConnectPtr conn, const struct hvc_guest_profile *profile, struct hvc_host_fit *fit)
{
    HVC_CLEANUP(free) char *xml = domain_capabilities(conn, profile, true, true, true);
    HVC_CLEANUP(doc) xmlDocPtr doc = NULL;

    if (xml == NULL) {
        find_culprit(conn, profile, fit);
        return;
    }
    fit->type = fit->emulator = fit->machine = answer(HVC_TELL_YES, "");
    if (hvc_tree_read(xml, "domainCapabilities", &doc, NULL) < 0)
        return; /* TPM and CPU model stay unknown */
    read_tpm(xmlDocGetRootElement(doc), fit);
    read_model_cpu(doc, fit);
}

void hvc_fit_host(virConnectPtr conn, struct hvc_host_fit *fit)
{
    HVC_CLEANUP(free) char *xml = virConnectGetCapabilities(conn);
    HVC_CLEANUP(doc) xmlDocPtr doc = NULL;
    char uuid[64];
    xmlNodePtr host, cpu;

    if (xml == NULL || hvc_tree_read(xml, "capabilities", &doc, NULL) < 0)
        return;
    host = hvc_tree_find(xmlDocGetRootElement(doc), "host");
    if (hvc_tree_content(hvc_tree_find(host, "uuid"), uuid, sizeof(uuid)))
        (void)hvc_parse_uuid(uuid, fit->host_uuid);
    cpu = hvc_tree_find(host, "cpu");
    if (cpu != NULL)
        print(doc, cpu, fit->host_cpu, sizeof(fit->host_cpu));
    (void)hvc_host_xml_tsc(xml, &fit->tsc); /* it was read as one above */
}

/* ---- names ---- */

/* Nothing is added where libvirt cannot expand the CPU: of an architecture or a type that has no models. */
static void add_features(virConnectPtr conn, const struct hvc_guest_profile *p, const char *cpu,
                         struct hvc_name_set *features)
{
    HVC_CLEANUP(free)
    char *expanded = virConnectBaselineHypervisorCPU(
        conn, p->emulator[0] == '\0' ? NULL : p->emulator, p->architecture[0] == '\0' ? NULL : p->architecture,
        p->machine[0] == '\0' ? NULL : p->machine, p->type[0] == '\0' ? NULL : p->type, &cpu, 1,
        VIR_CONNECT_BASELINE_CPU_EXPAND_FEATURES);
    struct hvc_name_set found;

    if (expanded == NULL || hvc_cpu_xml_features(expanded, cpu, &found) < 0)
        return;
    for (unsigned i = 0; i < HVC_NAME_SET_WORDS; i++)
        features->words[i] |= found.words[i];
    features->count += found.count;
}

void hvc_fit_guest_names(virConnectPtr conn, const struct hvc_guest_profile *profile, const char *cpu,
                         struct hvc_host_names *names)
{
    memset(names, 0, sizeof(*names));
    add_features(conn, profile, cpu, &names->features);
}

int hvc_fit_host_names(virConnectPtr conn, const char *architecture, struct hvc_host_names *names,
                       struct hvc_error *error)
{
    static const char *const types[] = {"qemu", "kvm"};
    HVC_CLEANUP(free) char *xml = virConnectGetCapabilities(conn);

    if (xml == NULL || hvc_host_xml_names(xml, architecture, names) < 0)
        return hvc_error_set(error, -EIO, "the host's capabilities cannot be read: %s", last_words());
    for (unsigned i = 0; i < 2; i++) {
        struct hvc_guest_profile profile = {.memory_kib = 0};
        struct hvc_host_fit fit = {.cpu = {0}};

        if (i == 0 ? !names->qemu : !names->kvm)
            continue;
        (void)hvc_text_copy(profile.type, sizeof(profile.type), types[i]);
        (void)hvc_text_copy(profile.architecture, sizeof(profile.architecture), architecture);
        hvc_fit_capabilities(conn, &profile, &fit);
        if (fit.model_cpu[0] != '\0')
            add_features(conn, &profile, fit.model_cpu, &names->features);
    }
    return 0;
}

/* ---- CPU ---- */

struct hvc_fit_answer hvc_fit_cpu(virConnectPtr conn, const struct hvc_guest_profile *profile, const char *cpu,
                                  bool same)
{
    int result = same ? virConnectCompareCPU(conn, cpu, VIR_CONNECT_COMPARE_CPU_FAIL_INCOMPATIBLE)
                      : virConnectCompareHypervisorCPU(conn, profile->emulator[0] == '\0' ? NULL : profile->emulator,
                                                       profile->architecture[0] == '\0' ? NULL : profile->architecture,
                                                       profile->machine[0] == '\0' ? NULL : profile->machine,
                                                       profile->type, cpu, VIR_CONNECT_COMPARE_CPU_FAIL_INCOMPATIBLE);

    switch (result) {
    case VIR_CPU_COMPARE_IDENTICAL:
        return answer(HVC_TELL_YES, "");
    case VIR_CPU_COMPARE_SUPERSET:
        return same ? answer(HVC_TELL_NO, "its CPU has more than the source's") : answer(HVC_TELL_YES, "");
    case VIR_CPU_COMPARE_INCOMPATIBLE:
        return answer(HVC_TELL_NO, "libvirt compares them as incompatible");
    default:
        return refused(VIR_ERR_CPU_INCOMPATIBLE);
    }
}

/* ---- networks, devices ---- */

static struct hvc_fit_answer fit_network(virConnectPtr conn, const char *name)
{
    HVC_CLEANUP(network) virNetworkPtr network = virNetworkLookupByName(conn, name);
    int active;

    if (network == NULL)
        return refused(VIR_ERR_NO_NETWORK);
    active = virNetworkIsActive(network);
    if (active < 0)
        return answer(HVC_TELL_UNKNOWN, last_words());
    return active > 0 ? answer(HVC_TELL_YES, "") : answer(HVC_TELL_NO, "libvirt's network is not active there");
}

struct hvc_fit_answer hvc_fit_net(virConnectPtr conn, const struct hvc_profile_net *net)
{
    HVC_CLEANUP(interface) virInterfacePtr interface = NULL;

    switch ((enum hvc_profile_net_kind)net->kind) {
    case HVC_PROFILE_NET_NETWORK:
        return fit_network(conn, net->source);
    case HVC_PROFILE_NET_BRIDGE:
    case HVC_PROFILE_NET_DIRECT:
        interface = virInterfaceLookupByName(conn, net->source);
        return interface == NULL ? refused(VIR_ERR_NO_INTERFACE) : answer(HVC_TELL_YES, "");
    case HVC_PROFILE_NET_FREE:
    case HVC_PROFILE_NET_OTHER:
    case HVC_PROFILE_NET_COUNT:
        break;
    }
    return answer(HVC_TELL_MOOT, "");
}

/* "pci 0000:00:1f.2" is libvirt's pci_0000_00_1f_2, "mdev UUID" its mdev_UUID with '_' for each dash. */
static bool device_name(const char *text, char *name, size_t size)
{
    if (strncmp(text, "pci ", 4) != 0 && strncmp(text, "mdev ", 5) != 0)
        return false;
    if (hvc_text_copy(name, size, text) < 0)
        return false;
    for (char *p = name; *p != '\0'; p++)
        *p = strchr(" :.-", *p) != NULL ? '_' : *p;
    return true;
}

struct hvc_fit_answer hvc_fit_device(virConnectPtr conn, const struct hvc_profile_device *device)
{
    HVC_CLEANUP(device) virNodeDevicePtr found = NULL;
    char name[128];

    if (!device_name(device->text, name, sizeof(name)))
        return answer(HVC_TELL_UNKNOWN, "libvirt cannot be asked for a device of this kind by its name");
    found = virNodeDeviceLookupByName(conn, name);
    return found == NULL ? refused(VIR_ERR_NO_NODE_DEVICE) : answer(HVC_TELL_YES, "");
}

/* ---- disks ---- */

/* errno of the open that libvirt has tried, where its error tells one; 0: it does not. */
static int system_errno(void)
{
    virErrorPtr error = virGetLastError();

    return error != NULL && error->code == VIR_ERR_SYSTEM_ERROR ? error->int1 : 0;
}

/*
 * libvirtd opens the path and reads its first bytes as those of a saved guest. What is none is refused after it was
 * opened and read, which is the proof; what cannot be opened is a system error with its errno. Nothing is changed.
 */
static struct hvc_fit_answer fit_path(virConnectPtr conn, const char *path)
{
    HVC_CLEANUP(free) char *xml = virDomainSaveImageGetXMLDesc(conn, path, 0);

    if (xml != NULL)
        return answer(HVC_TELL_YES, "");
    switch (system_errno()) {
    case 0:
        break;
    case EISDIR:
        return answer(HVC_TELL_YES, "");
    case ENOENT:
    case ENXIO:
    case ENODEV:
    case ENOTDIR:
    case EACCES:
    case EPERM:
    case EIO:
    case ESTALE:
    case ELOOP:
    case ENAMETOOLONG:
    case ENOMEDIUM:
        return answer(HVC_TELL_NO, last_words());
    default:
        return answer(HVC_TELL_UNKNOWN, last_words());
    }
    switch (virGetLastErrorCode()) {
    case VIR_ERR_OPERATION_FAILED: /* too short, or no saved guest: it was read */
    case VIR_ERR_OPERATION_INVALID:
    case VIR_ERR_CONFIG_UNSUPPORTED:
        return answer(HVC_TELL_YES, "");
    default:
        return answer(HVC_TELL_UNKNOWN, last_words());
    }
}

static struct hvc_fit_answer fit_volume(virConnectPtr conn, const char *source)
{
    HVC_CLEANUP(pool) virStoragePoolPtr pool = NULL;
    HVC_CLEANUP(volume) virStorageVolPtr volume = NULL;
    const char *slash = strchr(source, '/');
    char name[256];

    if (slash == NULL || (size_t)(slash - source) >= sizeof(name))
        return answer(HVC_TELL_UNKNOWN, "its pool cannot be told");
    (void)snprintf(name, sizeof(name), "%.*s", (int)(slash - source), source);
    pool = virStoragePoolLookupByName(conn, name);
    if (pool == NULL)
        return refused(VIR_ERR_NO_STORAGE_POOL);
    if (virStoragePoolIsActive(pool) == 0)
        return answer(HVC_TELL_NO, "its storage pool is not active there");
    volume = virStorageVolLookupByName(pool, slash + 1);
    return volume == NULL ? refused(VIR_ERR_NO_STORAGE_VOL) : answer(HVC_TELL_YES, "");
}

struct hvc_fit_answer hvc_fit_disk(virConnectPtr conn, const struct hvc_profile_disk *disk)
{
    switch ((enum hvc_profile_disk_kind)disk->kind) {
    case HVC_PROFILE_DISK_FILE:
    case HVC_PROFILE_DISK_BLOCK:
    case HVC_PROFILE_DISK_DIR:
        return fit_path(conn, disk->source);
    case HVC_PROFILE_DISK_VOLUME:
        return fit_volume(conn, disk->source);
    case HVC_PROFILE_DISK_EMPTY:
    case HVC_PROFILE_DISK_NETWORK:
    case HVC_PROFILE_DISK_OTHER:
    case HVC_PROFILE_DISK_COUNT:
        break;
    }
    return answer(HVC_TELL_MOOT, "");
}

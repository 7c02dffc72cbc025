/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of machine types and CPU features, and the time stamp counter, in libvirt's documents. Pure. */
#include <errno.h>

#include "hvc/host.h"
#include "hvc/text.h"
#include "tree_values.h"

static void add_machines(xmlNodePtr parent, struct hvc_name_set *machines)
{
    char name[HVC_PROFILE_MACHINE_MAX];

    for (xmlNodePtr m = hvc_tree_find(parent, "machine"); m != NULL; m = hvc_tree_next(m, "machine")) {
        if (hvc_tree_content(m, name, sizeof(name)))
            hvc_name_set_add(machines, name);
        if (hvc_tree_attribute(m, "canonical", name, sizeof(name)))
            hvc_name_set_add(machines, name);
    }
}

int hvc_host_xml_names(const char *xml, const char *architecture, struct hvc_host_names *ret_names)
{
    HVC_CLEANUP(doc) xmlDocPtr doc = NULL;
    struct hvc_host_names names = {0};
    xmlNodePtr root;

    if (hvc_tree_read(xml, "capabilities", &doc, NULL) < 0)
        return -EINVAL;
    root = xmlDocGetRootElement(doc);
    for (xmlNodePtr guest = hvc_tree_find(root, "guest"); guest != NULL; guest = hvc_tree_next(guest, "guest")) {
        xmlNodePtr arch = hvc_tree_find(guest, "arch");

        if (arch == NULL || !hvc_tree_attribute_is(arch, "name", architecture))
            continue;
        add_machines(arch, &names.machines);
        for (xmlNodePtr d = hvc_tree_find(arch, "domain"); d != NULL; d = hvc_tree_next(d, "domain")) {
            names.qemu = names.qemu || hvc_tree_attribute_is(d, "type", "qemu");
            names.kvm = names.kvm || hvc_tree_attribute_is(d, "type", "kvm");
            add_machines(d, &names.machines); /* a type may have machines of its own */
        }
    }
    *ret_names = names;
    return 0;
}

int hvc_host_xml_tsc(const char *xml, struct hvc_check_tsc *ret_tsc)
{
    HVC_CLEANUP(doc) xmlDocPtr doc = NULL;
    struct hvc_check_tsc tsc = {0};
    xmlNodePtr cpu;
    char hz[32];

    if (hvc_tree_read(xml, "capabilities", &doc, NULL) < 0)
        return -EINVAL;
    cpu = hvc_tree_find(hvc_tree_find(xmlDocGetRootElement(doc), "host"), "cpu");
    for (xmlNodePtr c = hvc_tree_find(cpu, "counter"); c != NULL; c = hvc_tree_next(c, "counter")) {
        if (!hvc_tree_attribute_is(c, "name", "tsc") || !hvc_tree_attribute(c, "frequency", hz, sizeof(hz)) ||
            hvc_parse_u64(hz, 1, UINT64_MAX, &tsc.hz) < 0)
            continue;
        tsc.scales = hvc_tree_attribute_is(c, "scaling", "yes");
    }
    for (xmlNodePtr f = hvc_tree_find(cpu, "feature"); f != NULL; f = hvc_tree_next(f, "feature"))
        tsc.invariant = tsc.invariant || hvc_tree_attribute_is(f, "name", "invtsc");
    *ret_tsc = tsc;
    return 0;
}

static bool is_forbidden(xmlNodePtr cpu, const char *name)
{
    for (xmlNodePtr f = hvc_tree_find(cpu, "feature"); f != NULL; f = hvc_tree_next(f, "feature")) {
        if (hvc_tree_attribute_is(f, "name", name))
            return hvc_tree_attribute_is(f, "policy", "disable") || hvc_tree_attribute_is(f, "policy", "forbid");
    }
    return false;
}

int hvc_cpu_xml_features(const char *expanded, const char *asked, struct hvc_name_set *ret_features)
{
    HVC_CLEANUP(doc) xmlDocPtr doc = NULL;
    HVC_CLEANUP(doc) xmlDocPtr asked_doc = NULL;
    struct hvc_name_set features = {0};
    xmlNodePtr root, asked_root;
    char name[64];

    if (hvc_tree_read(expanded, "cpu", &doc, NULL) < 0 || hvc_tree_read(asked, "cpu", &asked_doc, NULL) < 0)
        return -EINVAL;
    root = xmlDocGetRootElement(doc);
    asked_root = xmlDocGetRootElement(asked_doc);
    for (xmlNodePtr f = hvc_tree_find(root, "feature"); f != NULL; f = hvc_tree_next(f, "feature")) {
        if (hvc_tree_attribute(f, "name", name, sizeof(name)) && !is_forbidden(root, name) &&
            !is_forbidden(asked_root, name))
            hvc_name_set_add(&features, name);
    }
    *ret_features = features;
    return 0;
}

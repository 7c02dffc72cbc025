/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest_devices.h"

#include <errno.h>

#include "guest_tree.h"
#include "hvc/text.h"

/* ---- reading ---- */

static bool has_child(xmlNodePtr node, const char *name)
{
    return hvc_tree_child(node, name) != NULL;
}

/* "" without the attribute; -EINVAL when it does not fit. */
static int copy_attribute(xmlNodePtr node, const char *name, char *target, size_t size)
{
    HVC_CLEANUP(xml_text) xmlChar *text = node == NULL ? NULL : xmlGetNoNsProp(node, (const xmlChar *)name);

    return hvc_text_copy(target, size, hvc_tree_text(text)) < 0 ? -EINVAL : 0;
}

static enum hvc_disk_type type_of(xmlNodePtr disk, xmlNodePtr source)
{
    static const struct {
        const char *name;
        enum hvc_disk_type type;
    } types[] = {{"file", HVC_DISK_FILE}, {"block", HVC_DISK_BLOCK}, {"network", HVC_DISK_NETWORK}};

    if (source == NULL)
        return HVC_DISK_EMPTY;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (hvc_tree_attribute_is(disk, "type", types[i].name))
            return types[i].type;
    return HVC_DISK_OTHER;
}

static int read_source(xmlNodePtr source, enum hvc_disk_type type, char path[HVC_DISK_PATH_MAX])
{
    if (type == HVC_DISK_FILE)
        return copy_attribute(source, "file", path, HVC_DISK_PATH_MAX);
    if (type == HVC_DISK_BLOCK)
        return copy_attribute(source, "dev", path, HVC_DISK_PATH_MAX);
    return 0;
}

static int read_mirror(xmlNodePtr mirror, struct hvc_guest_disk *d)
{
    xmlNodePtr source = hvc_tree_child(mirror, "source");

    d->mirrored = true;
    /* libvirt says yes, abort or pivot once the copy is whole */
    d->mirror_ready = xmlHasProp(mirror, (const xmlChar *)"ready") != NULL;
    return source == NULL ? copy_attribute(mirror, "file", d->mirror, sizeof(d->mirror))
                          : copy_attribute(source, "file", d->mirror, sizeof(d->mirror));
}

static int read_disk(xmlNodePtr node, struct hvc_guest_disk *d)
{
    xmlNodePtr source = hvc_tree_child(node, "source"), mirror = hvc_tree_child(node, "mirror");
    xmlNodePtr parent = hvc_tree_child(node, "backingStore");
    bool is_disk = hvc_tree_attribute_is(node, "device", "disk") || !xmlHasProp(node, (const xmlChar *)"device");
    int result;

    d->type = type_of(node, source);
    d->readonly = !is_disk || has_child(node, "readonly");
    d->shareable = has_child(node, "shareable");
    d->has_parent = parent != NULL && has_child(parent, "source");
    result = copy_attribute(hvc_tree_child(node, "target"), "dev", d->name, sizeof(d->name));
    if (result == 0)
        result = copy_attribute(hvc_tree_child(node, "driver"), "type", d->format, sizeof(d->format));
    if (result == 0)
        result = read_source(source, d->type, d->path);
    if (result == 0 && mirror != NULL)
        result = read_mirror(mirror, d);
    if (d->path[0] == '\0' && (d->type == HVC_DISK_FILE || d->type == HVC_DISK_BLOCK))
        d->type = HVC_DISK_EMPTY;
    return result == 0 && d->name[0] == '\0' ? -EINVAL : result;
}

static int add_disk(xmlNodePtr node, struct hvc_guest_devices *d, struct hvc_error *error)
{
    if (d->disk_count == HVC_PLAN_DISKS_MAX)
        return hvc_error_set(error, -E2BIG, "the guest has more than %d disks", HVC_PLAN_DISKS_MAX);
    if (read_disk(node, &d->disks[d->disk_count++]) < 0)
        return hvc_error_set(error, -EINVAL,
                             "a disk of the guest has no target name, or one or a path that is too long");
    return 0;
}

static bool is_emulated_tpm(xmlNodePtr tpm)
{
    xmlNodePtr backend = hvc_tree_child(tpm, "backend");

    return backend != NULL && hvc_tree_attribute_is(backend, "type", "emulator");
}

static int read_devices(xmlNodePtr devices, struct hvc_guest_devices *d, struct hvc_error *error)
{
    int result = 0;

    for (xmlNodePtr node = devices->children; result == 0 && node != NULL; node = node->next) {
        if (node->type != XML_ELEMENT_NODE)
            continue;
        if (hvc_tree_is(node->name, "disk"))
            result = add_disk(node, d, error);
        else if (hvc_tree_is(node->name, "hostdev"))
            d->has_host_device = true;
        else if (hvc_tree_is(node->name, "filesystem"))
            d->has_filesystem = true;
        else if (hvc_tree_is(node->name, "tpm") && is_emulated_tpm(node))
            d->has_tpm = true;
    }
    return result;
}

static int read_nvram(xmlNodePtr domain, char nvram[HVC_DISK_PATH_MAX])
{
    HVC_CLEANUP(xml_text) xmlChar *text = NULL;
    xmlNodePtr os = hvc_tree_child(domain, "os");
    xmlNodePtr node = os == NULL ? NULL : hvc_tree_child(os, "nvram");
    xmlNodePtr source = node == NULL ? NULL : hvc_tree_child(node, "source");

    if (source != NULL)
        return copy_attribute(source, "file", nvram, HVC_DISK_PATH_MAX);
    text = node == NULL ? NULL : xmlNodeGetContent(node);
    return hvc_text_copy(nvram, HVC_DISK_PATH_MAX, hvc_tree_text(text));
}

/* ---- the mark of a move ---- */

static bool is_transit(const xmlNode *node)
{
    return node->type == XML_ELEMENT_NODE && node->ns != NULL && hvc_tree_is(node->ns->href, HVC_TRANSIT_URI) &&
           hvc_tree_is(node->name, "transit");
}

static int read_path(xmlNodePtr node, char (*paths)[HVC_DISK_PATH_MAX], size_t *count)
{
    if (*count == HVC_PLAN_DISKS_MAX || copy_attribute(node, "path", paths[*count], HVC_DISK_PATH_MAX) < 0)
        return -EINVAL;
    (*count)++;
    return 0;
}

static int read_transit(xmlNodePtr mark, struct hvc_transit *t)
{
    int result = copy_attribute(mark, "token", t->token, sizeof(t->token));

    if (result == 0)
        result = copy_attribute(mark, "owner", t->owner, sizeof(t->owner));
    t->paused = hvc_tree_attribute_is(mark, "paused", "yes");
    t->halted = hvc_tree_attribute_is(mark, "halted", "yes");
    t->planned = hvc_tree_attribute_is(mark, "planned", "yes");
    t->temporary = hvc_tree_attribute_is(mark, "temporary", "yes");
    for (xmlNodePtr node = mark->children; result == 0 && node != NULL; node = node->next) {
        if (node->type != XML_ELEMENT_NODE)
            continue;
        if (hvc_tree_is(node->name, "created"))
            result = read_path(node, t->created, &t->created_count);
        else if (hvc_tree_is(node->name, "old"))
            result = read_path(node, t->old, &t->old_count);
    }
    t->present = result == 0;
    return result;
}

static void read_metadata(xmlNodePtr metadata, struct hvc_transit *t)
{
    for (xmlNodePtr node = metadata->children; node != NULL; node = node->next) {
        if (!is_transit(node))
            continue;
        if (read_transit(node, t) < 0)
            memset(t, 0, sizeof(*t));
    }
}

int hvc_guest_devices_read(const char *xml, struct hvc_guest_devices *ret_devices, struct hvc_error *error)
{
    HVC_CLEANUP(doc) xmlDocPtr doc = NULL;
    xmlNodePtr domain, devices, metadata;
    int result = hvc_tree_read(xml, "domain", &doc, error);

    if (result < 0)
        return result;
    memset(ret_devices, 0, sizeof(*ret_devices));
    domain = xmlDocGetRootElement(doc);
    devices = hvc_tree_child(domain, "devices");
    metadata = hvc_tree_child(domain, "metadata");
    if (devices != NULL)
        result = read_devices(devices, ret_devices, error);
    if (result == 0 && read_nvram(domain, ret_devices->nvram) < 0)
        result = hvc_error_set(error, -EINVAL, "the path of the guest's NVRAM is too long");
    if (metadata != NULL)
        read_metadata(metadata, &ret_devices->transit);
    return result;
}

/* ---- writing ---- */

static int set_attribute(xmlNodePtr node, const char *name, const char *value)
{
    return xmlSetProp(node, (const xmlChar *)name, (const xmlChar *)value) == NULL ? -ENOMEM : 0;
}

static xmlNodePtr add_child(xmlNodePtr parent, const char *name)
{
    return xmlNewChild(parent, NULL, (const xmlChar *)name, NULL);
}

static int add_paths(xmlNodePtr mark, const char *name, const char (*paths)[HVC_DISK_PATH_MAX], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        xmlNodePtr node = add_child(mark, name);

        if (node == NULL || set_attribute(node, "path", paths[i]) < 0)
            return -ENOMEM;
    }
    return 0;
}

static int set_yes(xmlNodePtr node, const char *name, bool value)
{
    return value ? set_attribute(node, name, "yes") : 0;
}

static int fill_transit(xmlNodePtr mark, const struct hvc_transit *t)
{
    if (set_attribute(mark, "token", t->token) < 0 ||
        (t->owner[0] != '\0' && set_attribute(mark, "owner", t->owner) < 0) || set_yes(mark, "paused", t->paused) < 0 ||
        set_yes(mark, "halted", t->halted) < 0 || set_yes(mark, "planned", t->planned) < 0 ||
        set_yes(mark, "temporary", t->temporary) < 0)
        return -ENOMEM;
    if (add_paths(mark, "created", t->created, t->created_count) < 0)
        return -ENOMEM;
    return add_paths(mark, "old", t->old, t->old_count);
}

static void drop_children(xmlNodePtr parent, bool (*which)(const xmlNode *node))
{
    xmlNodePtr next;

    for (xmlNodePtr node = parent->children; node != NULL; node = next) {
        next = node->next;
        if (which(node)) {
            xmlUnlinkNode(node);
            xmlFreeNode(node);
        }
    }
}

/* Of another place than the disk's new one. */
static bool is_of_place(const xmlNode *node)
{
    return node->type == XML_ELEMENT_NODE &&
           (hvc_tree_is(node->name, "source") || hvc_tree_is(node->name, "backingStore") ||
            hvc_tree_is(node->name, "mirror"));
}

static int fill_place(xmlNodePtr disk, const struct hvc_disk_place *place)
{
    xmlNodePtr driver = hvc_tree_child(disk, "driver");
    xmlNodePtr source = xmlNewNode(NULL, (const xmlChar *)"source");

    if (driver == NULL)
        driver = add_child(disk, "driver");
    if (driver == NULL || source == NULL || xmlAddNextSibling(driver, source) == NULL) {
        xmlFreeNode(source);
        return -ENOMEM;
    }
    if (set_attribute(disk, "type", "file") < 0 || set_attribute(source, "file", place->path) < 0)
        return -ENOMEM;
    if (!xmlHasProp(driver, (const xmlChar *)"name") && set_attribute(driver, "name", "qemu") < 0)
        return -ENOMEM;
    return place->format[0] == '\0' ? 0 : set_attribute(driver, "type", place->format);
}

static int place_disk(xmlNodePtr devices, const struct hvc_disk_place *place)
{
    for (xmlNodePtr node = devices->children; node != NULL; node = node->next) {
        xmlNodePtr target =
            node->type == XML_ELEMENT_NODE && hvc_tree_is(node->name, "disk") ? hvc_tree_child(node, "target") : NULL;

        if (target == NULL || !hvc_tree_attribute_is(target, "dev", place->name))
            continue;
        drop_children(node, is_of_place);
        return fill_place(node, place);
    }
    return -ENOENT;
}

static int put_transit(xmlNodePtr domain, const struct hvc_transit *transit)
{
    xmlNodePtr metadata = hvc_tree_child(domain, "metadata"), mark;
    xmlNsPtr ns;

    if (metadata != NULL)
        drop_children(metadata, is_transit);
    if (!transit->present)
        return 0;
    if (metadata == NULL)
        metadata = add_child(domain, "metadata");
    mark = metadata == NULL ? NULL : add_child(metadata, "transit");
    if (mark == NULL || fill_transit(mark, transit) < 0)
        return -ENOMEM;
    ns = xmlNewNs(mark, (const xmlChar *)HVC_TRANSIT_URI, (const xmlChar *)HVC_TRANSIT_PREFIX);
    if (ns == NULL)
        return -ENOMEM;
    xmlSetNs(mark, ns);
    return 0;
}

int hvc_guest_xml_place(const char *xml, const struct hvc_disk_place *places, size_t count,
                        const struct hvc_transit *transit, char **ret_xml, struct hvc_error *error)
{
    HVC_CLEANUP(doc) xmlDocPtr doc = NULL;
    xmlNodePtr domain, devices;
    int result = hvc_tree_read(xml, "domain", &doc, error);

    if (result < 0)
        return result;
    domain = xmlDocGetRootElement(doc);
    devices = hvc_tree_child(domain, "devices");
    for (size_t i = 0; result == 0 && i < count; i++) {
        result = devices == NULL ? -ENOENT : place_disk(devices, &places[i]);
        if (result == -ENOENT)
            return hvc_error_set(error, -ENOENT, "the guest's definition has no disk %s", places[i].name);
    }
    if (result == 0)
        result = put_transit(domain, transit);
    if (result == 0)
        result = hvc_tree_dump(doc, ret_xml);
    return result < 0 ? hvc_error_set(error, result, "no memory for a guest definition") : 0;
}

/* One element alone. */
static int dump_element(xmlNodePtr node, int (*fill)(xmlNodePtr node, const void *what), const void *what,
                        char **ret_xml)
{
    HVC_CLEANUP(doc) xmlDocPtr doc = xmlNewDoc((const xmlChar *)"1.0");
    xmlBufferPtr buffer;
    char *copy = NULL;

    if (doc == NULL || node == NULL) {
        xmlFreeNode(node);
        return -ENOMEM;
    }
    (void)xmlDocSetRootElement(doc, node);
    if (fill(node, what) < 0)
        return -ENOMEM;
    buffer = xmlBufferCreate();
    if (buffer == NULL)
        return -ENOMEM;
    if (xmlNodeDump(buffer, doc, node, 0, 0) > 0)
        copy = strdup((const char *)xmlBufferContent(buffer));
    xmlBufferFree(buffer);
    *ret_xml = copy;
    return copy == NULL ? -ENOMEM : 0;
}

static int fill_transit_of(xmlNodePtr node, const void *what)
{
    return fill_transit(node, what);
}

int hvc_transit_element(const struct hvc_transit *transit, char **ret_xml)
{
    return dump_element(xmlNewNode(NULL, (const xmlChar *)"transit"), fill_transit_of, transit, ret_xml);
}

static int fill_place_of(xmlNodePtr node, const void *what)
{
    return fill_place(node, what);
}

int hvc_disk_place_element(const struct hvc_disk_place *place, char **ret_xml)
{
    return dump_element(xmlNewNode(NULL, (const xmlChar *)"disk"), fill_place_of, place, ret_xml);
}

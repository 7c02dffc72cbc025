/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "marks.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/text.h"

static const char *const suffixes[HVC_MARK_KIND_COUNT] = {"-hold", "-here", "-pin"};

#define ATTRIBUTE_MAX 512
#define PATH_LENGTH   2048

/* ---- the tree ---- */

static const char *name_of(const xmlNode *node)
{
    return (const char *)node->name;
}

static bool is_element(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && strcmp(name_of(node), name) == 0;
}

static xmlNode *child(const xmlNode *node, const char *name)
{
    for (xmlNode *c = node == NULL ? NULL : node->children; c != NULL; c = c->next) {
        if (is_element(c, name))
            return c;
    }
    return NULL;
}

static void attribute(const xmlNode *node, const char *name, char value[ATTRIBUTE_MAX])
{
    xmlChar *text = xmlGetProp((xmlNode *)(uintptr_t)node, (const xmlChar *)name);

    if (text == NULL || hvc_text_copy(value, ATTRIBUTE_MAX, (const char *)text) < 0)
        value[0] = '\0'; /* longer than any name of ours */
    xmlFree(text);
}

static bool has(const xmlNode *node, const char *name, const char *value)
{
    char text[ATTRIBUTE_MAX];

    attribute(node, name, text);
    return strcmp(text, value) == 0;
}

/* The next element in document order, below top. */
static xmlNode *next_node(const xmlNode *top, xmlNode *node)
{
    if (node->children != NULL)
        return node->children;
    while (node != top && node->next == NULL)
        node = node->parent;
    return node == top ? NULL : node->next;
}

/* ---- what is there ---- */

const char *hvc_pacemaker_mark_name(unsigned kind)
{
    return kind < HVC_MARK_KIND_COUNT ? suffixes[kind] + 1 : "invalid";
}

bool marks_parse_id(const char *id, enum hvc_pacemaker_mark_kind *ret_kind, uint64_t *ret_job)
{
    size_t prefix = sizeof(HVC_PACEMAKER_PREFIX) - 1, digits;
    char number[24];
    uint64_t job;

    if (strncmp(id, HVC_PACEMAKER_PREFIX, prefix) != 0)
        return false;
    digits = strspn(id + prefix, "0123456789");
    if (digits == 0 || digits >= sizeof(number))
        return false;
    memcpy(number, id + prefix, digits);
    number[digits] = '\0';
    if (hvc_parse_u64(number, 1, UINT64_MAX, &job) < 0)
        return false;
    for (unsigned kind = 0; kind < HVC_MARK_KIND_COUNT; kind++) {
        if (strcmp(id + prefix + digits, suffixes[kind]) == 0) {
            *ret_kind = (enum hvc_pacemaker_mark_kind)kind;
            *ret_job = job;
            return true;
        }
    }
    return false;
}

static void make_id(char id[64], uint64_t job, enum hvc_pacemaker_mark_kind kind)
{
    (void)snprintf(id, 64, HVC_PACEMAKER_PREFIX "%" PRIu64 "%s", job, suffixes[kind]);
}

/* True: node is an object of ours. */
static bool read_mark(const xmlNode *node, struct hvc_pacemaker_mark *mark)
{
    enum hvc_pacemaker_mark_kind kind;
    char text[ATTRIBUTE_MAX];
    bool hold = is_element(node, "meta_attributes");

    if (!hold && !is_element(node, "rsc_location"))
        return false;
    attribute(node, "id", text);
    memset(mark, 0, sizeof(*mark));
    if (!marks_parse_id(text, &kind, &mark->job) || hold != (kind == HVC_MARK_HOLD))
        return false;
    mark->kind = (uint8_t)kind;
    make_id(mark->id, mark->job, kind);
    attribute(hold ? node->parent : node, hold ? "id" : "rsc", text);
    if (hvc_text_copy(mark->resource, sizeof(mark->resource), text) < 0)
        return false;
    attribute(node, "node", text);
    return hold || hvc_text_copy(mark->node, sizeof(mark->node), text) == 0;
}

static xmlNode *configuration(xmlNode *cib)
{
    return child(cib, "configuration");
}

int marks_list(xmlNode *cib, struct hvc_pacemaker_mark **ret_marks, size_t *ret_count)
{
    struct hvc_pacemaker_mark *marks = NULL, mark;
    xmlNode *top = configuration(cib);
    size_t count = 0;

    for (xmlNode *n = top; n != NULL; n = next_node(top, n)) {
        struct hvc_pacemaker_mark *more;

        if (!read_mark(n, &mark))
            continue;
        more = realloc(marks, (count + 1) * sizeof(*more));
        if (more == NULL) {
            free(marks);
            return -ENOMEM;
        }
        marks = more;
        marks[count++] = mark;
    }
    *ret_marks = marks;
    *ret_count = count;
    return 0;
}

xmlNode *marks_primitive(xmlNode *cib, const char *resource)
{
    xmlNode *top = child(configuration(cib), "resources");

    for (xmlNode *n = top; n != NULL; n = next_node(top, n)) {
        if (is_element(n, "primitive") && has(n, "id", resource))
            return n;
    }
    return NULL;
}

bool marks_is_monitored(xmlNode *cib, const char *resource, const char *node)
{
    xmlNode *status = child(cib, "status"), *top = status == NULL ? NULL : status->children;
    char id[ATTRIBUTE_MAX], key[ATTRIBUTE_MAX];

    while (top != NULL && (!is_element(top, "node_state") || !has(top, "uname", node)))
        top = top->next;

    for (xmlNode *n = top; n != NULL; n = next_node(top, n)) {
        if (!is_element(n, "lrm_rsc_op") || !has(n->parent, "id", resource) || !has(n, "operation", "monitor") ||
            has(n, "interval", "0"))
            continue;
        attribute(n, "id", id);
        attribute(n, "operation_key", key);
        if (strcmp(id, key) == 0)
            return true;
    }
    return false;
}

int marks_version(const xmlNode *cib, char version[HVC_PACEMAKER_VERSION_MAX])
{
    static const char *const parts[] = {"admin_epoch", "epoch", "num_updates"};
    char value[ATTRIBUTE_MAX];
    size_t used = 0;
    int r = 0;

    for (size_t i = 0; i < 3 && r == 0; i++) {
        attribute(cib, parts[i], value);
        r = hvc_text_append(version, HVC_PACEMAKER_VERSION_MAX, &used, "%s%s", i == 0 ? "" : ".", value);
    }
    return r;
}

/* ---- changes ---- */

/* Where an element is, as a patch names it: "/cib/configuration/resources/primitive[@id='web']". */
static int path_of(const xmlNode *node, char path[PATH_LENGTH])
{
    char id[ATTRIBUTE_MAX], before[PATH_LENGTH] = "";
    size_t used = 0;

    if (node->parent != NULL && node->parent->type == XML_ELEMENT_NODE && path_of(node->parent, before) < 0)
        return -ENAMETOOLONG;
    attribute(node, "id", id);
    return id[0] == '\0' ? hvc_text_append(path, PATH_LENGTH, &used, "%s/%s", before, name_of(node))
                         : hvc_text_append(path, PATH_LENGTH, &used, "%s/%s[@id='%s']", before, name_of(node), id);
}

static xmlNode *add_element(xmlNode *parent, const char *name)
{
    return parent == NULL ? NULL : xmlNewChild(parent, NULL, (const xmlChar *)name, NULL);
}

static bool set(xmlNode *node, const char *name, const char *value)
{
    return node != NULL && xmlNewProp(node, (const xmlChar *)name, (const xmlChar *)value) != NULL;
}

static xmlNode *add_change(xmlNode *patch, const char *operation, const xmlNode *where)
{
    xmlNode *change;
    char path[PATH_LENGTH];

    if (path_of(where, path) < 0)
        return NULL;
    change = add_element(patch, "change");
    return set(change, "operation", operation) && set(change, "path", path) ? change : NULL;
}

/* False: it could not be written down. patch NULL: it need not be. */
static bool note_removal(xmlNode *patch, const xmlNode *node)
{
    return patch == NULL || add_change(patch, "delete", node) != NULL;
}

/* The new child is the last one of its parent. */
static bool note_addition(xmlNode *patch, const xmlNode *node)
{
    xmlNode *change, *copy;
    unsigned before = 0;
    char position[16];

    if (patch == NULL)
        return true;
    for (const xmlNode *n = node->prev; n != NULL; n = n->prev)
        before += n->type == XML_ELEMENT_NODE;
    (void)snprintf(position, sizeof(position), "%u", before);
    change = add_change(patch, "create", node->parent);
    if (!set(change, "position", position))
        return false;
    copy = xmlDocCopyNode((xmlNode *)(uintptr_t)node, change->doc, 1);
    return copy != NULL && xmlAddChild(change, copy) != NULL;
}

typedef bool (*unwanted_fn)(const struct hvc_pacemaker_mark *mark, const void *context);

static xmlNode *find_unwanted(xmlNode *cib, unwanted_fn unwanted, const void *context)
{
    xmlNode *top = configuration(cib);
    struct hvc_pacemaker_mark mark;

    for (xmlNode *n = top; n != NULL; n = next_node(top, n)) {
        if (read_mark(n, &mark) && unwanted(&mark, context))
            return n;
    }
    return NULL;
}

static int remove_marks(xmlNode *cib, unwanted_fn unwanted, const void *context, xmlNode *patch)
{
    xmlNode *node;

    while ((node = find_unwanted(cib, unwanted, context)) != NULL) {
        if (!note_removal(patch, node))
            return -ENOMEM;
        xmlUnlinkNode(node);
        xmlFreeNode(node);
    }
    return 0;
}

static bool is_of_resource(const struct hvc_pacemaker_mark *mark, const void *context)
{
    return strcmp(mark->resource, context) == 0;
}

static bool is_location_of(const struct hvc_pacemaker_mark *mark, const void *context)
{
    return mark->kind != HVC_MARK_HOLD && is_of_resource(mark, context);
}

void marks_clear_resource(xmlNode *cib, const char *resource)
{
    (void)remove_marks(cib, is_of_resource, resource, NULL); /* without a patch nothing can fail */
}

static bool is_hold_of(const struct hvc_pacemaker_mark *mark, const void *context)
{
    return mark->kind == HVC_MARK_HOLD && is_of_resource(mark, context);
}

void marks_clear_holds(xmlNode *cib, const char *resource)
{
    (void)remove_marks(cib, is_hold_of, resource, NULL);
}

void marks_clear_locations(xmlNode *cib, const char *resource)
{
    (void)remove_marks(cib, is_location_of, resource, NULL);
}

/* What stands there as it is wished stays: a change that changes nothing is none. */
static bool is_against(const struct hvc_pacemaker_mark *mark, const void *context)
{
    const struct hvc_pacemaker_wish *wish = context;
    const char *node = mark->kind == HVC_MARK_HERE ? wish->here : wish->pin;
    bool same = strcmp(mark->resource, wish->resource) == 0;

    if (mark->job != wish->job)
        return same && (mark->kind == HVC_MARK_HOLD  ? wish->hold || wish->here != NULL
                        : mark->kind == HVC_MARK_PIN ? wish->here != NULL || wish->pin != NULL
                                                     : false);
    if (!same)
        return true;
    return mark->kind == HVC_MARK_HOLD ? !wish->hold : node == NULL || strcmp(node, mark->node) != 0;
}

static bool stands(xmlNode *cib, const char *id)
{
    xmlNode *top = configuration(cib);

    for (xmlNode *n = top; n != NULL; n = next_node(top, n)) {
        if (n->type == XML_ELEMENT_NODE && has(n, "id", id))
            return true;
    }
    return false;
}

/* The highest score: Pacemaker takes the first set that names an attribute, in order of scores. */
static int add_hold(xmlNode *cib, const struct hvc_pacemaker_wish *wish, xmlNode *patch)
{
    xmlNode *attributes, *value;
    char id[64], value_id[96];

    make_id(id, wish->job, HVC_MARK_HOLD);
    if (!wish->hold || stands(cib, id))
        return 0;
    (void)snprintf(value_id, sizeof(value_id), "%s-maintenance", id);
    attributes = add_element(marks_primitive(cib, wish->resource), "meta_attributes");
    if (!set(attributes, "id", id) || !set(attributes, "score", "INFINITY"))
        return -ENOMEM;
    value = add_element(attributes, "nvpair");
    if (!set(value, "id", value_id) || !set(value, "name", "maintenance") || !set(value, "value", "true"))
        return -ENOMEM;
    return note_addition(patch, attributes) ? 0 : -ENOMEM;
}

static int add_location(xmlNode *cib, const struct hvc_pacemaker_wish *wish, enum hvc_pacemaker_mark_kind kind,
                        xmlNode *patch)
{
    const char *node = kind == HVC_MARK_HERE ? wish->here : wish->pin;
    xmlNode *location;
    char id[64];

    make_id(id, wish->job, kind);
    if (node == NULL || stands(cib, id))
        return 0;
    location = add_element(child(configuration(cib), "constraints"), "rsc_location");
    if (!set(location, "id", id) || !set(location, "rsc", wish->resource) || !set(location, "node", node) ||
        !set(location, "score", "INFINITY"))
        return -ENOMEM;
    return note_addition(patch, location) ? 0 : -ENOMEM;
}

static bool is_held(xmlNode *cib, const struct hvc_pacemaker_wish *wish)
{
    xmlNode *primitive = marks_primitive(cib, wish->resource);
    struct hvc_pacemaker_mark mark;

    for (xmlNode *n = primitive == NULL ? NULL : primitive->children; n != NULL; n = n->next) {
        if (read_mark(n, &mark) && mark.kind == HVC_MARK_HOLD && mark.job == wish->job)
            return true;
    }
    return false;
}

int marks_wish(xmlNode *cib, const struct hvc_pacemaker_wish *wish, xmlNode *patch, struct hvc_error *error)
{
    bool something = wish->hold || wish->here != NULL || wish->pin != NULL;
    int r;

    if (child(configuration(cib), "constraints") == NULL || child(configuration(cib), "resources") == NULL)
        return hvc_error_set(error, -EIO, "pacemaker's CIB has no section of resources or of constraints");
    if (something && marks_primitive(cib, wish->resource) == NULL)
        return hvc_error_set(error, -ENOENT, "pacemaker has no resource %s", wish->resource);
    if (wish->only_held && !is_held(cib, wish))
        return hvc_error_set(error, -ECANCELED, "resource %s is not held any more", wish->resource);
    r = remove_marks(cib, is_against, wish, patch);
    if (r == 0)
        r = add_hold(cib, wish, patch);
    if (r == 0)
        r = add_location(cib, wish, HVC_MARK_HERE, patch);
    if (r == 0)
        r = add_location(cib, wish, HVC_MARK_PIN, patch);
    return r < 0 ? hvc_error_set(error, r, "no memory for a change of pacemaker's CIB") : 0;
}

/* ---- a patch in Pacemaker's own format 2, which its CIB manager applies to exactly one version ---- */

static bool set_version(xmlNode *node, const xmlNode *cib, const char *epoch, const char *num_updates)
{
    char value[ATTRIBUTE_MAX];

    attribute(cib, "admin_epoch", value);
    return set(node, "admin_epoch", value) && set(node, "epoch", epoch) && set(node, "num_updates", num_updates);
}

static bool add_attribute_change(xmlNode *list, const char *name, const char *value)
{
    xmlNode *change = add_element(list, "change-attr");

    return set(change, "name", name) && set(change, "operation", "set") && set(change, "value", value);
}

/* The attributes of the CIB as they shall be: all of them, what is not there would be removed. */
static bool add_result(xmlNode *change, const xmlNode *cib, const char *epoch)
{
    xmlNode *result = add_element(add_element(change, "change-result"), "cib");
    char value[ATTRIBUTE_MAX];

    for (const xmlAttr *a = cib->properties; a != NULL; a = a->next) {
        const char *name = (const char *)a->name;

        attribute(cib, name, value);
        if (!set(result, name, strcmp(name, "epoch") == 0 ? epoch : strcmp(name, "num_updates") == 0 ? "0" : value))
            return false;
    }
    return result != NULL;
}

int marks_patch_new(const xmlNode *cib, xmlNode **ret_patch)
{
    char epoch[ATTRIBUTE_MAX], updates[ATTRIBUTE_MAX], next[24];
    xmlDoc *document = xmlNewDoc((const xmlChar *)"1.0");
    xmlNode *patch = xmlNewNode(NULL, (const xmlChar *)"diff"), *versions, *change, *list;
    uint64_t number = 0;
    bool good = document != NULL && patch != NULL;

    attribute(cib, "epoch", epoch);
    attribute(cib, "num_updates", updates);
    good = good && hvc_parse_u64(epoch, 0, INT32_MAX - 1, &number) == 0;
    (void)snprintf(next, sizeof(next), "%" PRIu64, number + 1);
    if (document != NULL && patch != NULL)
        (void)xmlDocSetRootElement(document, patch);
    versions = good && set(patch, "format", "2") ? add_element(patch, "version") : NULL;
    good = versions != NULL && set_version(add_element(versions, "source"), cib, epoch, updates) &&
           set_version(add_element(versions, "target"), cib, next, "0");
    change = good ? add_change(patch, "modify", cib) : NULL;
    list = add_element(change, "change-list");
    if (list == NULL || !add_attribute_change(list, "epoch", next) || !add_attribute_change(list, "num_updates", "0") ||
        !add_result(change, cib, next)) {
        xmlFreeDoc(document);
        return -ENOMEM;
    }
    *ret_patch = patch;
    return 0;
}

bool marks_patch_is_empty(const xmlNode *patch)
{
    unsigned changes = 0;

    for (const xmlNode *n = patch->children; n != NULL; n = n->next)
        changes += is_element(n, "change");
    return changes <= 1; /* the first one is the version's */
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cib_tree.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hvc/text.h"

#define PATH_LENGTH 2048

/* ---- the tree ---- */

static const char *name_of(const xmlNode *node)
{
    return (const char *)node->name;
}

bool tree_is_element(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && strcmp(name_of(node), name) == 0;
}

xmlNode *tree_next_child(const xmlNode *parent, const xmlNode *node, const char *name)
{
    for (xmlNode *c = node == NULL ? parent->children : node->next; c != NULL; c = c->next) {
        if (tree_is_element(c, name))
            return c;
    }
    return NULL;
}

xmlNode *tree_child(const xmlNode *node, const char *name)
{
    return node == NULL ? NULL : tree_next_child(node, NULL, name);
}

void tree_attribute(const xmlNode *node, const char *name, char value[TREE_ATTRIBUTE_MAX])
{
    xmlChar *text = xmlGetProp((xmlNode *)(uintptr_t)node, (const xmlChar *)name);

    if (text == NULL || hvc_text_copy(value, TREE_ATTRIBUTE_MAX, (const char *)text) < 0)
        value[0] = '\0'; /* longer than any name of ours */
    xmlFree(text);
}

bool tree_has(const xmlNode *node, const char *name, const char *value)
{
    char text[TREE_ATTRIBUTE_MAX];

    tree_attribute(node, name, text);
    return strcmp(text, value) == 0;
}

xmlNode *tree_next(const xmlNode *top, xmlNode *node)
{
    if (node->children != NULL)
        return node->children;
    while (node != top && node->next == NULL)
        node = node->parent;
    return node == top ? NULL : node->next;
}

xmlNode *tree_configuration(xmlNode *cib)
{
    return tree_child(cib, "configuration");
}

xmlNode *tree_named(xmlNode *cib, const char *element, const char *id)
{
    xmlNode *top = tree_configuration(cib);

    for (xmlNode *n = top; n != NULL && id[0] != '\0'; n = tree_next(top, n)) {
        if (tree_is_element(n, element) && tree_has(n, "id", id))
            return n;
    }
    return NULL;
}

const xmlNode *tree_agent(xmlNode *cib, const xmlNode *primitive)
{
    char name[TREE_ATTRIBUTE_MAX];
    const xmlNode *template;

    tree_attribute(primitive, "template", name);
    template = tree_named(cib, "template", name);
    return template == NULL ? primitive : template;
}

bool tree_stands(xmlNode *cib, const char *id)
{
    xmlNode *top = tree_configuration(cib);

    for (xmlNode *n = top; n != NULL; n = tree_next(top, n)) {
        if (n->type == XML_ELEMENT_NODE && tree_has(n, "id", id))
            return true;
    }
    return false;
}

int tree_version(const xmlNode *cib, char version[HVC_PACEMAKER_VERSION_MAX])
{
    static const char *const parts[] = {"admin_epoch", "epoch", "num_updates"};
    char value[TREE_ATTRIBUTE_MAX];
    size_t used = 0;
    int r = 0;

    for (size_t i = 0; i < 3 && r == 0; i++) {
        tree_attribute(cib, parts[i], value);
        r = hvc_text_append(version, HVC_PACEMAKER_VERSION_MAX, &used, "%s%s", i == 0 ? "" : ".", value);
    }
    return r;
}

/* ---- patches ---- */

/* Where an element is, as a patch names it: "/cib/configuration/resources/primitive[@id='web']". */
static int path_of(const xmlNode *node, char path[PATH_LENGTH])
{
    char id[TREE_ATTRIBUTE_MAX], before[PATH_LENGTH] = "";
    size_t used = 0;

    if (node->parent != NULL && node->parent->type == XML_ELEMENT_NODE && path_of(node->parent, before) < 0)
        return -ENAMETOOLONG;
    tree_attribute(node, "id", id);
    return id[0] == '\0' ? hvc_text_append(path, PATH_LENGTH, &used, "%s/%s", before, name_of(node))
                         : hvc_text_append(path, PATH_LENGTH, &used, "%s/%s[@id='%s']", before, name_of(node), id);
}

xmlNode *tree_add(xmlNode *parent, const char *name)
{
    return parent == NULL ? NULL : xmlNewChild(parent, NULL, (const xmlChar *)name, NULL);
}

bool tree_set(xmlNode *node, const char *name, const char *value)
{
    return node != NULL && xmlNewProp(node, (const xmlChar *)name, (const xmlChar *)value) != NULL;
}

static xmlNode *patch_add(xmlNode *patch, const char *operation, const xmlNode *where)
{
    xmlNode *change;
    char path[PATH_LENGTH];

    if (path_of(where, path) < 0)
        return NULL;
    change = tree_add(patch, "change");
    return tree_set(change, "operation", operation) && tree_set(change, "path", path) ? change : NULL;
}

bool patch_note_removal(xmlNode *patch, const xmlNode *node)
{
    return patch == NULL || patch_add(patch, "delete", node) != NULL;
}

bool patch_note_addition(xmlNode *patch, const xmlNode *node)
{
    xmlNode *change, *copy;
    unsigned before = 0;
    char position[16];

    if (patch == NULL)
        return true;
    for (const xmlNode *n = node->prev; n != NULL; n = n->prev)
        before += n->type == XML_ELEMENT_NODE;
    (void)snprintf(position, sizeof(position), "%u", before);
    change = patch_add(patch, "create", node->parent);
    if (!tree_set(change, "position", position))
        return false;
    copy = xmlDocCopyNode((xmlNode *)(uintptr_t)node, change->doc, 1);
    return copy != NULL && xmlAddChild(change, copy) != NULL;
}

/* ---- a patch in Pacemaker's own format 2, which its CIB manager applies to exactly one version ---- */

static bool set_version(xmlNode *node, const xmlNode *cib, const char *epoch, const char *num_updates)
{
    char value[TREE_ATTRIBUTE_MAX];

    tree_attribute(cib, "admin_epoch", value);
    return tree_set(node, "admin_epoch", value) && tree_set(node, "epoch", epoch) &&
           tree_set(node, "num_updates", num_updates);
}

static bool patch_add_attribute(xmlNode *list, const char *name, const char *value)
{
    xmlNode *change = tree_add(list, "change-attr");

    return tree_set(change, "name", name) && tree_set(change, "operation", "set") && tree_set(change, "value", value);
}

static bool add_copy(xmlNode *change, const xmlNode *node)
{
    xmlNode *result = tree_add(tree_add(change, "change-result"), name_of(node));
    char value[TREE_ATTRIBUTE_MAX];

    for (const xmlAttr *a = node->properties; result != NULL && a != NULL; a = a->next) {
        tree_attribute(node, (const char *)a->name, value);
        if (!tree_set(result, (const char *)a->name, value))
            return false;
    }
    return result != NULL;
}

bool patch_note_attributes(xmlNode *patch, const xmlNode *node, const char *const *names)
{
    xmlNode *change = patch == NULL ? NULL : patch_add(patch, "modify", node);
    xmlNode *list = tree_add(change, "change-list");
    char value[TREE_ATTRIBUTE_MAX];

    if (patch == NULL)
        return true;
    for (size_t i = 0; names[i] != NULL; i++) {
        tree_attribute(node, names[i], value);
        if (!patch_add_attribute(list, names[i], value))
            return false;
    }
    return add_copy(change, node);
}

/* The attributes of the CIB as they shall be: all of them, what is not there would be removed. */
static bool add_result(xmlNode *change, const xmlNode *cib, const char *epoch)
{
    xmlNode *result = tree_add(tree_add(change, "change-result"), "cib");
    char value[TREE_ATTRIBUTE_MAX];

    for (const xmlAttr *a = cib->properties; a != NULL; a = a->next) {
        const char *name = (const char *)a->name;

        tree_attribute(cib, name, value);
        if (!tree_set(result, name,
                      strcmp(name, "epoch") == 0         ? epoch
                      : strcmp(name, "num_updates") == 0 ? "0"
                                                         : value))
            return false;
    }
    return result != NULL;
}

int patch_new(const xmlNode *cib, xmlNode **ret_patch)
{
    char epoch[TREE_ATTRIBUTE_MAX], updates[TREE_ATTRIBUTE_MAX], next[24];
    xmlDoc *document = xmlNewDoc((const xmlChar *)"1.0");
    xmlNode *patch = xmlNewNode(NULL, (const xmlChar *)"diff"), *versions, *change, *list;
    uint64_t number = 0;
    bool good = document != NULL && patch != NULL;

    tree_attribute(cib, "epoch", epoch);
    tree_attribute(cib, "num_updates", updates);
    good = good && hvc_parse_u64(epoch, 0, INT32_MAX - 1, &number) == 0;
    (void)snprintf(next, sizeof(next), "%" PRIu64, number + 1);
    if (document != NULL && patch != NULL)
        (void)xmlDocSetRootElement(document, patch);
    versions = good && tree_set(patch, "format", "2") ? tree_add(patch, "version") : NULL;
    good = versions != NULL && set_version(tree_add(versions, "source"), cib, epoch, updates) &&
           set_version(tree_add(versions, "target"), cib, next, "0");
    change = good ? patch_add(patch, "modify", cib) : NULL;
    list = tree_add(change, "change-list");
    if (list == NULL || !patch_add_attribute(list, "epoch", next) || !patch_add_attribute(list, "num_updates", "0") ||
        !add_result(change, cib, next)) {
        xmlFreeDoc(document);
        return -ENOMEM;
    }
    *ret_patch = patch;
    return 0;
}

bool patch_is_empty(const xmlNode *patch)
{
    unsigned changes = 0;

    for (const xmlNode *n = patch->children; n != NULL; n = n->next)
        changes += tree_is_element(n, "change");
    return changes <= 1; /* the first one is the version's */
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "adopt_tree.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adopt_parameters.h"
#include "cib_tree.h"
#include "cib_view.h"
#include "hvc/text.h"
#include "marks.h"

static const struct {
    const char *provider, *type;
} agents[] = {[HVC_ADOPT_OURS] = {"hvcluster", "VirtualSystem"}, [HVC_ADOPT_BACK] = {"heartbeat", "VirtualDomain"}};

const char *hvc_adopt_agent(unsigned way)
{
    return way == HVC_ADOPT_BACK ? "ocf:heartbeat:VirtualDomain" : "ocf:hvcluster:VirtualSystem";
}

const char *hvc_adopt_former(unsigned way)
{
    return hvc_adopt_agent(way == HVC_ADOPT_BACK ? HVC_ADOPT_OURS : HVC_ADOPT_BACK);
}

static bool is_of(const xmlNode *node, enum hvc_adopt_way way)
{
    return tree_has(node, "class", "ocf") && tree_has(node, "provider", agents[way].provider) &&
           tree_has(node, "type", agents[way].type);
}

static bool is_listed(const char *list, const char *name)
{
    size_t length = strlen(name);

    for (const char *p = list; p != NULL && *p != '\0';) {
        size_t n = strcspn(p, ",");

        if (n == length && strncmp(p, name, n) == 0)
            return true;
        p += n + (p[n] == ',');
    }
    return false;
}

/* ---- what stands against it ---- */

static void judge_parameter(const xmlNode *pair, const struct hvc_adopt_order *order, struct hvc_adopt_plan *plan)
{
    char name[TREE_ATTRIBUTE_MAX], value[TREE_ATTRIBUTE_MAX];
    struct hvc_adopt_line *line, judged = {0};

    tree_attribute(pair, "name", name);
    tree_attribute(pair, "value", value);
    if (name[0] == '\0' || tree_has(pair, "id-ref", name)) {
        (void)adopt_line_add(plan, HVC_ADOPT_REFUSED, "parameters",
                             "a reference (id-ref) instead of a name and a value: write the parameter out");
        return;
    }
    adopt_parameter_judge(order->way, name, value, &judged);
    if (judged.fate == HVC_ADOPT_REFUSED && strcmp(name, "config") != 0 && is_listed(order->without, name)) {
        (void)adopt_line_add(plan, HVC_ADOPT_DROPPED, judged.what, "%.60s is given up, as --without asks", value);
        return;
    }
    if (strcmp(name, "config") == 0)
        (void)hvc_text_copy(plan->config, sizeof(plan->config), value);
    line = adopt_line_add(plan, (enum hvc_adopt_fate)judged.fate, judged.what, "%s", judged.words);
    (void)line;
}

static bool has_parameter(const xmlNode *primitive, const char *prefix)
{
    char name[TREE_ATTRIBUTE_MAX];

    for (xmlNode *set = NULL; (set = tree_next_child(primitive, set, "instance_attributes")) != NULL;) {
        for (xmlNode *pair = NULL; (pair = tree_next_child(set, pair, "nvpair")) != NULL;) {
            tree_attribute(pair, "name", name);
            if (strncmp(name, prefix, strlen(prefix)) == 0)
                return true;
        }
    }
    return false;
}

static void judge_parameters(const xmlNode *primitive, const struct hvc_adopt_order *order, struct hvc_adopt_plan *plan)
{
    unsigned sets = 0;

    for (xmlNode *set = NULL; (set = tree_next_child(primitive, set, "instance_attributes")) != NULL;) {
        char reference[TREE_ATTRIBUTE_MAX];

        tree_attribute(set, "id-ref", reference);
        if (reference[0] != '\0' || tree_next_child(set, NULL, "rule") != NULL || ++sets > 1)
            (void)adopt_line_add(plan, HVC_ADOPT_REFUSED, "parameters",
                                 "they stand in several sets, in one with a rule, or in one that is shared (id-ref): "
                                 "write one set of values");
        for (xmlNode *pair = NULL; (pair = tree_next_child(set, pair, "nvpair")) != NULL;)
            judge_parameter(pair, order, plan);
    }
    if (plan->config[0] == '\0')
        (void)adopt_line_add(plan, HVC_ADOPT_REFUSED, "parameter config", "it is not there");
    if (order->way == HVC_ADOPT_OURS && tree_next_child(primitive, NULL, "utilization") != NULL)
        (void)adopt_line_add(plan, HVC_ADOPT_TRANSLATED, "utilization",
                             "stays as it is now; VirtualDomain kept it up to date, VirtualSystem does not");
    if (order->way == HVC_ADOPT_BACK && !has_parameter(primitive, "autoset_utilization_"))
        (void)adopt_line_add(plan, HVC_ADOPT_TRANSLATED, "utilization",
                             "VirtualDomain writes it from the guest's CPUs and memory (autoset_utilization_*)");
}

/* Operations keep their timeouts; where VirtualSystem advises more, it is told. */
static void judge_operation(const xmlNode *op, const struct hvc_adopt_order *order, struct hvc_adopt_plan *plan)
{
    static const struct {
        const char *name;
        unsigned seconds;
    } advised[] = {{"start", 120}, {"stop", 180}, {"migrate_to", 1800}, {"migrate_from", 120}};
    char name[TREE_ATTRIBUTE_MAX], timeout[TREE_ATTRIBUTE_MAX], interval[TREE_ATTRIBUTE_MAX], what[96];
    unsigned more = 0;
    size_t used = 0;

    tree_attribute(op, "name", name);
    tree_attribute(op, "timeout", timeout);
    tree_attribute(op, "interval", interval);
    (void)hvc_text_append(what, sizeof(what), &used, "operation %.40s", name);
    if (order->way == HVC_ADOPT_BACK && strcmp(name, "reload-agent") == 0) {
        (void)adopt_line_add(plan, HVC_ADOPT_DROPPED, what, "VirtualDomain has none");
        return;
    }
    for (size_t i = 0; i < sizeof(advised) / sizeof(advised[0]) && order->way == HVC_ADOPT_OURS; i++)
        more = strcmp(advised[i].name, name) == 0 ? advised[i].seconds : more;
    if (more != 0)
        (void)adopt_line_add(plan, HVC_ADOPT_KEPT, what, "timeout %.20s (VirtualSystem advises %us)",
                             timeout[0] == '\0' ? "not set" : timeout, more);
    else
        (void)adopt_line_add(plan, HVC_ADOPT_KEPT, what, "interval %.20s, timeout %.20s",
                             interval[0] == '\0' ? "0" : interval, timeout[0] == '\0' ? "not set" : timeout);
}

static void judge_operations(const xmlNode *primitive, const struct hvc_adopt_order *order, struct hvc_adopt_plan *plan)
{
    xmlNode *list = tree_next_child(primitive, NULL, "operations");

    for (xmlNode *op = NULL; list != NULL && (op = tree_next_child(list, op, "op")) != NULL;)
        judge_operation(op, order, plan);
}

static void judge_meta(xmlNode *cib, const xmlNode *primitive, const struct hvc_adopt_order *order,
                       struct hvc_adopt_plan *plan)
{
    struct hvc_pacemaker_mark *marks = NULL;
    char name[TREE_ATTRIBUTE_MAX], held[HVC_RESOURCE_NAME_MAX];
    size_t count = 0;

    for (xmlNode *set = NULL; (set = tree_next_child(primitive, set, "meta_attributes")) != NULL;) {
        if (adopt_tree_is_hold(set, held))
            (void)adopt_line_add(plan, HVC_ADOPT_REFUSED, "resource",
                                 "its agent is being changed just now: wait for the end of that");
        for (xmlNode *pair = NULL; (pair = tree_next_child(set, pair, "nvpair")) != NULL;) {
            tree_attribute(pair, "name", name);
            if (strcmp(name, "remote-node") == 0)
                (void)adopt_line_add(plan, HVC_ADOPT_REFUSED, "meta attribute remote-node",
                                     "guests that are nodes of Pacemaker themselves are not taken");
        }
    }
    if (marks_list(cib, &marks, &count) < 0)
        (void)adopt_line_add(plan, HVC_ADOPT_REFUSED, "resource", "no memory to look for moves of it");
    for (size_t i = 0; i < count; i++) {
        if (strcmp(marks[i].resource, order->resource) == 0 && marks[i].kind != HVC_MARK_PIN)
            (void)adopt_line_add(plan, HVC_ADOPT_REFUSED, "resource",
                                 "a move of it is under way (%s): wait for its end", marks[i].id);
    }
    free(marks);
}

/* Failures that Pacemaker remembers: dropping the records would forget them. */
static void judge_failures(xmlNode *cib, const struct hvc_adopt_order *order, struct hvc_adopt_plan *plan)
{
    xmlNode *top = tree_child(cib, "status");
    char name[TREE_ATTRIBUTE_MAX], prefix[TREE_ATTRIBUTE_MAX];
    size_t used = 0;

    (void)hvc_text_append(prefix, sizeof(prefix), &used, "fail-count-%s#", order->resource);
    for (xmlNode *n = top; n != NULL; n = tree_next(top, n)) {
        if (!tree_is_element(n, "nvpair"))
            continue;
        tree_attribute(n, "name", name);
        if (strncmp(name, prefix, strlen(prefix)) != 0)
            continue;
        (void)adopt_line_add(plan, HVC_ADOPT_REFUSED, "resource",
                             "Pacemaker remembers a failed operation of it (%.80s): look at the reason, then "
                             "pcs resource cleanup %.60s",
                             name, order->resource);
        return;
    }
}

static void judge_kind(xmlNode *cib, const xmlNode *primitive, const struct hvc_adopt_order *order,
                       struct hvc_adopt_plan *plan)
{
    char provider[TREE_ATTRIBUTE_MAX], type[TREE_ATTRIBUTE_MAX], class[TREE_ATTRIBUTE_MAX], parent[TREE_ATTRIBUTE_MAX];

    tree_attribute(primitive, "class", class);
    tree_attribute(primitive, "provider", provider);
    tree_attribute(primitive, "type", type);
    tree_attribute(primitive->parent, "id", parent);
    if (strcmp((const char *)primitive->parent->name, "resources") != 0)
        (void)adopt_line_add(plan, HVC_ADOPT_REFUSED, "resource",
                             "it is part of %s %.60s: only a resource by itself can change its agent; order and "
                             "colocation constraints do what a group does",
                             (const char *)primitive->parent->name, parent);
    tree_attribute(primitive, "template", parent);
    if (parent[0] != '\0')
        (void)adopt_line_add(plan, HVC_ADOPT_REFUSED, "resource",
                             "it is made of the template %.60s, which others may use: write its agent and parameters "
                             "into the resource",
                             parent);
    else if (is_of(primitive, order->way))
        (void)adopt_line_add(plan, HVC_ADOPT_REFUSED, "resource", "it is %s already: there is nothing to do",
                             hvc_adopt_agent(order->way));
    else if (!is_of(primitive, order->way == HVC_ADOPT_OURS ? HVC_ADOPT_BACK : HVC_ADOPT_OURS))
        (void)adopt_line_add(plan, HVC_ADOPT_REFUSED, "resource", "it is %.40s:%.40s:%.40s, and not %s", class,
                             provider, type, hvc_adopt_former(order->way));
    if (!tree_has(cib, "have-quorum", "1"))
        (void)adopt_line_add(plan, HVC_ADOPT_REFUSED, "cluster", "Pacemaker has no quorum here: bring nodes back");
}

/* Something of that id that is no primitive. */
static xmlNode *other_of(xmlNode *cib, const char *resource)
{
    xmlNode *top = tree_child(tree_configuration(cib), "resources");

    for (xmlNode *n = top; n != NULL; n = tree_next(top, n)) {
        if (n->type == XML_ELEMENT_NODE && tree_has(n, "id", resource) &&
            (strcmp((const char *)n->name, "group") == 0 || strcmp((const char *)n->name, "clone") == 0 ||
             strcmp((const char *)n->name, "master") == 0 || strcmp((const char *)n->name, "bundle") == 0 ||
             strcmp((const char *)n->name, "template") == 0))
            return n;
    }
    return NULL;
}

int adopt_tree_judge(xmlNode *cib, const struct hvc_adopt_order *order, struct hvc_adopt_plan *plan,
                     struct hvc_error *error)
{
    const xmlNode *primitive = marks_primitive(cib, order->resource), *other;

    if (tree_version(cib, plan->version) < 0)
        return hvc_error_set(error, -EIO, "pacemaker's CIB has no version");
    if (primitive == NULL) {
        other = other_of(cib, order->resource);
        if (other == NULL)
            return hvc_error_set(error, -ENOENT, "pacemaker has no resource %s: pcs resource status lists them",
                                 order->resource);
        (void)adopt_line_add(plan, HVC_ADOPT_REFUSED, "resource",
                             "it is a %s, and not a guest: name the resource of a guest", (const char *)other->name);
        return 0;
    }
    judge_kind(cib, primitive, order, plan);
    if (plan->refused)
        return 0; /* nothing that follows means anything then */
    judge_meta(cib, primitive, order, plan);
    judge_failures(cib, order, plan);
    judge_parameters(primitive, order, plan);
    judge_operations(primitive, order, plan);
    return 0;
}

/* ---- changes ---- */

static bool add_pair(xmlNode *set, const char *id, const char *name, const char *value)
{
    char text[TREE_ATTRIBUTE_MAX];
    xmlNode *pair;
    size_t used = 0;

    if (value == NULL || hvc_text_append(text, sizeof(text), &used, "%s-%s", id, name) < 0)
        return value == NULL;
    pair = tree_add(set, "nvpair");
    return tree_set(pair, "id", text) && tree_set(pair, "name", name) && tree_set(pair, "value", value);
}

/* other: NULL: the adopted resource itself. */
static int hold(xmlNode *cib, const struct hvc_adopt_order *order, const char *other, const char *owner, xmlNode *patch)
{
    xmlNode *primitive = marks_primitive(cib, other == NULL ? order->resource : other), *set;
    char id[TREE_ATTRIBUTE_MAX];
    size_t used = 0;
    bool good;

    if (hvc_text_append(id, sizeof(id), &used, HVC_PACEMAKER_ADOPT_PREFIX "%s%s%s", order->resource,
                        other == NULL ? "" : ".", other == NULL ? "" : other) < 0)
        return -ENAMETOOLONG;
    if (primitive == NULL)
        return -ENOENT;
    if (tree_stands(cib, id))
        return 0;
    set = tree_add(primitive, "meta_attributes");
    good = tree_set(set, "id", id) && tree_set(set, "score", "INFINITY") && add_pair(set, id, "maintenance", "true") &&
           add_pair(set, id, ADOPT_FOR, order->resource);
    if (good && other == NULL)
        good = add_pair(set, id, ADOPT_BY, owner) && add_pair(set, id, ADOPT_TO, hvc_adopt_agent(order->way)) &&
               add_pair(set, id, ADOPT_MINUS, order->without);
    return good && patch_note_addition(patch, set) ? 0 : -ENOMEM;
}

int adopt_tree_hold(xmlNode *cib, const struct hvc_adopt_order *order, const struct hvc_adopt_plan *plan,
                    const char *owner, xmlNode *patch)
{
    int r = hold(cib, order, NULL, owner, patch);

    for (size_t i = 0; i < plan->held_count && r == 0; i++)
        r = hold(cib, order, plan->held[i], owner, patch);
    return r;
}

static xmlNode *pair_of(const xmlNode *set, const char *name)
{
    for (xmlNode *pair = NULL; (pair = tree_next_child(set, pair, "nvpair")) != NULL;) {
        if (tree_has(pair, "name", name))
            return pair;
    }
    return NULL;
}

static bool is_for(const xmlNode *set, const char *resource)
{
    char id[TREE_ATTRIBUTE_MAX];
    xmlNode *pair;

    if (!tree_is_element(set, "meta_attributes"))
        return false;
    tree_attribute(set, "id", id);
    pair = pair_of(set, ADOPT_FOR);
    return strncmp(id, HVC_PACEMAKER_ADOPT_PREFIX, strlen(HVC_PACEMAKER_ADOPT_PREFIX)) == 0 && pair != NULL &&
           (resource == NULL || tree_has(pair, "value", resource));
}

void adopt_tree_said(const xmlNode *hold, const char *name, char value[TREE_ATTRIBUTE_MAX])
{
    const xmlNode *pair = pair_of(hold, name);

    value[0] = '\0';
    if (pair != NULL)
        tree_attribute(pair, "value", value);
}

bool adopt_tree_is_hold(const xmlNode *node, char resource[HVC_RESOURCE_NAME_MAX])
{
    char text[TREE_ATTRIBUTE_MAX];

    if (!is_for(node, NULL) || pair_of(node, ADOPT_TO) == NULL)
        return false;
    tree_attribute(pair_of(node, ADOPT_FOR), "value", text);
    return hvc_text_copy(resource, HVC_RESOURCE_NAME_MAX, text) == 0;
}

/* The hold on the resource itself. */
static xmlNode *hold_of(xmlNode *cib, const char *resource)
{
    xmlNode *primitive = marks_primitive(cib, resource);

    for (xmlNode *set = NULL;
         primitive != NULL && (set = tree_next_child(primitive, set, "meta_attributes")) != NULL;) {
        if (is_for(set, resource) && pair_of(set, ADOPT_TO) != NULL)
            return set;
    }
    return NULL;
}

int adopt_tree_take(xmlNode *cib, const char *resource, const char *owner, xmlNode *patch)
{
    static const char *const names[] = {"value", NULL};
    xmlNode *set = hold_of(cib, resource), *pair = set == NULL ? NULL : pair_of(set, ADOPT_BY);

    if (pair == NULL)
        return -ECANCELED;
    if (xmlSetProp(pair, (const xmlChar *)"value", (const xmlChar *)owner) == NULL)
        return -ENOMEM;
    return patch_note_attributes(patch, pair, names) ? 0 : -ENOMEM;
}

static int remove_node(xmlNode *node, xmlNode *patch)
{
    if (!patch_note_removal(patch, node))
        return -ENOMEM;
    xmlUnlinkNode(node);
    xmlFreeNode(node);
    return 0;
}

int adopt_tree_release(xmlNode *cib, const char *resource, xmlNode *patch)
{
    xmlNode *top = tree_child(tree_configuration(cib), "resources");
    int r = 0;

    for (xmlNode *n = top; n != NULL && r == 0;) {
        if (!is_for(n, resource)) {
            n = tree_next(top, n);
            continue;
        }
        r = remove_node(n, patch);
        n = top;
    }
    return r;
}

static bool is_dropped(const xmlNode *node, const struct hvc_adopt_order *order)
{
    struct hvc_adopt_line line = {0};
    char name[TREE_ATTRIBUTE_MAX], value[TREE_ATTRIBUTE_MAX];

    tree_attribute(node, "name", name);
    tree_attribute(node, "value", value);
    if (tree_is_element(node, "op"))
        return order->way == HVC_ADOPT_BACK && strcmp(name, "reload-agent") == 0;
    adopt_parameter_judge(order->way, name, value, &line);
    return line.fate == HVC_ADOPT_DROPPED || (line.fate == HVC_ADOPT_REFUSED && is_listed(order->without, name));
}

static int drop_children(xmlNode *list, const char *name, const struct hvc_adopt_order *order, xmlNode *patch)
{
    int r = 0;

    for (xmlNode *n = tree_next_child(list, NULL, name), *next; n != NULL && r == 0; n = next) {
        next = tree_next_child(list, n, name);
        if (is_dropped(n, order))
            r = remove_node(n, patch);
    }
    return r;
}

int adopt_tree_replace(xmlNode *cib, const struct hvc_adopt_order *order, xmlNode *patch)
{
    static const char *const names[] = {"provider", "type", NULL};
    xmlNode *primitive = marks_primitive(cib, order->resource);
    int r = 0;

    if (primitive == NULL)
        return -ENOENT;
    for (xmlNode *c = primitive->children; c != NULL && r == 0; c = c->next) {
        if (tree_is_element(c, "instance_attributes"))
            r = drop_children(c, "nvpair", order, patch);
        else if (tree_is_element(c, "operations"))
            r = drop_children(c, "op", order, patch);
    }
    if (r < 0)
        return r;
    if (xmlSetProp(primitive, (const xmlChar *)"provider", (const xmlChar *)agents[order->way].provider) == NULL ||
        xmlSetProp(primitive, (const xmlChar *)"type", (const xmlChar *)agents[order->way].type) == NULL)
        return -ENOMEM;
    return patch_note_attributes(patch, primitive, names) ? 0 : -ENOMEM;
}

bool adopt_tree_can_hold(xmlNode *cib, const char *resource)
{
    const xmlNode *primitive = marks_primitive(cib, resource);

    return primitive != NULL && strcmp((const char *)primitive->parent->name, "bundle") != 0;
}

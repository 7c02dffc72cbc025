/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How "fenced and not back since" is told without comparing clocks. When a fencing is confirmed the controller records
 * the node as expected down and erases its history (send_stonith_update, controld_delete_node_state: node attributes
 * and lrm section). A node that joins again gets in_ccm, crmd=online and a history of its own (probes). When it then
 * leaves cleanly the history stays; when it is lost it is expected to be a member: unclean. So:
 *   fenced      = expected down, not in the membership, no controller, no history left, and the fencer holds a
 * confirmed off or reboot of it clean down  = expected down otherwise
 */
#include "cib_view.h"

#include <crm/common/xml.h>
#include <crm/msg_xml.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cib_text.h"
#include "cib_tree.h"
#include "hvc/text.h"

static xmlNode *child(const xmlNode *parent, const char *name)
{
    for (xmlNode *c = parent == NULL ? NULL : parent->children; c != NULL; c = c->next) {
        if (c->type == XML_ELEMENT_NODE && strcmp((const char *)c->name, name) == 0)
            return c;
    }
    return NULL;
}

static bool is_true(const char *text)
{
    bool value = false;
    uint64_t since;

    if (text == NULL)
        return false;
    if (hvc_parse_bool(text, &value) == 0)
        return value;
    /* Pacemaker 2.1.7 and later write since when, in seconds */
    return hvc_parse_u64(text, 0, UINT64_MAX, &since) == 0 && since > 1;
}

static bool crmd_online(const char *text)
{
    uint64_t since;

    if (text == NULL)
        return false;
    return strcmp(text, "online") == 0 || (hvc_parse_u64(text, 0, UINT64_MAX, &since) == 0 && since > 0);
}

static const char *instance_attribute(const xmlNode *primitive, const char *name)
{
    for (const xmlNode *set = primitive->children; set != NULL; set = set->next) {
        if (set->type != XML_ELEMENT_NODE || strcmp((const char *)set->name, XML_TAG_ATTR_SETS) != 0)
            continue;
        for (const xmlNode *pair = set->children; pair != NULL; pair = pair->next) {
            const char *key = pair->type == XML_ELEMENT_NODE ? crm_element_value(pair, XML_NVPAIR_ATTR_NAME) : NULL;

            if (key != NULL && strcmp(key, name) == 0)
                return crm_element_value(pair, XML_NVPAIR_ATTR_VALUE);
        }
    }
    return NULL;
}

bool cib_view_history_active(const xmlNode *resource)
{
    long long newest = -1;
    bool active = false;

    for (xmlNode *op = resource->children; op != NULL; op = op->next) {
        long long call = -1;
        int code = -1;
        const char *what;

        if (op->type != XML_ELEMENT_NODE || strcmp((const char *)op->name, XML_LRM_TAG_RSC_OP) != 0)
            continue;
        (void)crm_element_value_ll(op, XML_LRM_ATTR_CALLID, &call);
        (void)crm_element_value_int(op, XML_LRM_ATTR_RC, &code);
        what = crm_element_value(op, XML_LRM_ATTR_TASK);
        if (what == NULL || (call >= 0 && call < newest))
            continue;
        if (call >= 0)
            newest = call;
        active = !(strcmp(what, "stop") == 0 && code == 0) && !(strcmp(what, "monitor") == 0 && code == 7) &&
                 !(strcmp(what, "monitor") == 0 && code == 5);
        if (call < 0)
            return true; /* pending when the node went */
    }
    return active;
}

static bool any_guest_active(const xmlNode *lrm, const char *resource)
{
    const xmlNode *list = child(lrm, XML_LRM_TAG_RESOURCES);

    for (xmlNode *r = list == NULL ? NULL : list->children; r != NULL; r = r->next) {
        const char *id, *type, *provider;

        if (r->type != XML_ELEMENT_NODE)
            continue;
        id = crm_element_value(r, XML_ATTR_ID);
        type = crm_element_value(r, XML_ATTR_TYPE);
        provider = crm_element_value(r, XML_AGENT_ATTR_PROVIDER);
        if (resource != NULL && resource[0] != '\0') {
            if (id == NULL || strcmp(id, resource) != 0)
                continue;
        } else if (type == NULL || strcmp(type, "VirtualSystem") != 0 || provider == NULL ||
                   strcmp(provider, "hvcluster") != 0) {
            continue;
        }
        if (cib_view_history_active(r))
            return true;
    }
    return false;
}

/* Attributes of the node: until its next start, or for ever. */
static void take_modes(struct hvc_pacemaker_node *node, const xmlNode *attributes)
{
    if (attributes == NULL)
        return;
    node->standby = node->standby || is_true(instance_attribute(attributes, "standby"));
    node->maintenance = node->maintenance || is_true(instance_attribute(attributes, "maintenance"));
}

bool cib_view_is_online(const xmlNode *state)
{
    const char *join = crm_element_value(state, XML_NODE_JOIN_STATE);

    return is_true(crm_element_value(state, XML_NODE_IN_CLUSTER)) &&
           crmd_online(crm_element_value(state, XML_NODE_IS_PEER)) && join != NULL && strcmp(join, "member") == 0;
}

/* fenced is set provisionally: it means "could have been fenced", until the fencer's history is applied. */
static int add_node(struct hvc_pacemaker_view *view, const xmlNode *state, const char *resource,
                    struct hvc_error *error)
{
    const char *name = crm_element_value(state, XML_ATTR_UNAME), *id = crm_element_value(state, XML_ATTR_ID);
    const char *expected = crm_element_value(state, XML_NODE_EXPECTED);
    bool in_ccm = is_true(crm_element_value(state, XML_NODE_IN_CLUSTER));
    bool crmd = crmd_online(crm_element_value(state, XML_NODE_IS_PEER));
    const xmlNode *lrm = child(state, XML_CIB_TAG_LRM);
    struct hvc_pacemaker_node *node;
    uint64_t number;

    if (is_true(crm_element_value(state, XML_NODE_IS_REMOTE)))
        return 0; /* Pacemaker Remote nodes run no libvirt guests of ours */
    if (name == NULL || id == NULL || hvc_parse_u64(id, 0, UINT32_MAX, &number) < 0)
        return hvc_error_set(error, -EIO, "the CIB has a node_state without a node name or with the id '%s'",
                             id == NULL ? "" : id);
    if (view->count == HVC_NODES_MAX)
        return hvc_error_set(error, -EIO, "the CIB has more than %d nodes", HVC_NODES_MAX);
    node = &view->nodes[view->count];
    memset(node, 0, sizeof(*node));
    if (hvc_text_copy(node->name, sizeof(node->name), name) < 0)
        return hvc_error_set(error, -EIO, "the CIB has a node name of more than %d bytes", HVC_NODE_NAME_MAX - 1);
    node->id = (uint32_t)number;
    node->member = in_ccm || crmd;
    node->online = cib_view_is_online(state);
    node->down = !node->member && expected != NULL && strcmp(expected, "down") == 0;
    node->unclean = !node->member && !node->down;
    node->fenced = node->down && child(lrm, XML_LRM_TAG_RESOURCES) == NULL;
    node->left_with = node->down && any_guest_active(lrm, resource);
    take_modes(node, child(state, XML_TAG_TRANSIENT_NODEATTRS));
    view->count++;
    return 0;
}

/* crm_config may hold several sets; the property counts as off only when every place that names it says so. */
static bool has_fencing(xmlNode *cib)
{
    xmlNode *top = tree_child(tree_configuration(cib), "crm_config");
    bool off = false, on = false;

    for (xmlNode *n = top; n != NULL; n = tree_next(top, n)) {
        bool value = true;

        if (!tree_is_element(n, "nvpair") || !tree_has(n, "name", "stonith-enabled"))
            continue;
        (void)hvc_parse_bool(crm_element_value(n, XML_NVPAIR_ATTR_VALUE), &value);
        on = on || value;
        off = off || !value;
    }
    return on || !off;
}

static void add_modes(struct hvc_pacemaker_view *view, const xmlNode *node)
{
    const char *id = crm_element_value(node, XML_ATTR_ID);
    uint64_t number = 0;

    if (id == NULL || hvc_parse_u64(id, 0, UINT32_MAX, &number) < 0)
        return;
    for (size_t i = 0; i < view->count; i++) {
        if (view->nodes[i].id == number)
            take_modes(&view->nodes[i], node);
    }
}

static int view_tree(xmlNode *cib, const char *resource, struct hvc_pacemaker_view *view, struct hvc_error *error)
{
    const xmlNode *states = tree_child(cib, "status"), *nodes = tree_child(tree_configuration(cib), "nodes");
    int r = 0;

    view->count = 0;
    view->fencing_enabled = has_fencing(cib);
    for (xmlNode *n = NULL; states != NULL && r == 0 && (n = tree_next_child(states, n, "node_state")) != NULL;)
        r = add_node(view, n, resource, error);
    for (xmlNode *n = NULL; nodes != NULL && r == 0 && (n = tree_next_child(nodes, n, "node")) != NULL;)
        add_modes(view, n);
    return r;
}

int cib_view_read(cib_t *cib, const char *resource, struct hvc_pacemaker_view *view, struct hvc_error *error)
{
    xmlDoc *tree = NULL;
    int r = cib_text_tree(cib, &tree, error);

    if (r < 0)
        return r;
    r = view_tree(xmlDocGetRootElement(tree), resource, view, error);
    xmlFreeDoc(tree);
    return r;
}

void cib_view_apply_fencing(struct hvc_pacemaker_view *view, const struct fencing_record *records, size_t count)
{
    for (size_t i = 0; i < view->count; i++) {
        struct hvc_pacemaker_node *node = &view->nodes[i];
        bool confirmed = false;

        for (size_t k = 0; k < count; k++) {
            const struct fencing_record *f = &records[k];

            if (!f->done || f->target == NULL || f->action == NULL || strcasecmp(f->target, node->name) != 0 ||
                (strcmp(f->action, "off") != 0 && strcmp(f->action, "reboot") != 0))
                continue;
            confirmed = true;
            if (f->completed > node->fenced_at)
                node->fenced_at = f->completed;
        }
        node->fenced = node->fenced && confirmed;
        if (node->fenced)
            node->left_with = false;
    }
}

static int add_guest(const xmlNode *primitive, struct hvc_pacemaker_guest **guests, size_t *count,
                     struct hvc_error *error)
{
    const char *id = crm_element_value(primitive, XML_ATTR_ID), *config = instance_attribute(primitive, "config");
    struct hvc_pacemaker_guest *more;

    if (*count == HVC_GUESTS_MAX)
        return hvc_error_set(error, -EIO, "the CIB has more than %d resources of type VirtualSystem", HVC_GUESTS_MAX);
    more = realloc(*guests, (*count + 1) * sizeof(*more));
    if (more == NULL)
        return hvc_error_set(error, -ENOMEM, "no memory for the list of guests");
    *guests = more;
    if (hvc_text_copy(more[*count].resource, sizeof(more->resource), id == NULL ? "" : id) < 0 ||
        hvc_text_copy(more[*count].config, sizeof(more->config), config == NULL ? "" : config) < 0)
        return hvc_error_set(error, -EIO, "resource '%.64s...' has an id or a config parameter that is too long", id);
    (*count)++;
    return 0;
}

int cib_view_guests(cib_t *cib, struct hvc_pacemaker_guest **ret_guests, size_t *ret_count, struct hvc_error *error)
{
    struct hvc_pacemaker_guest *guests = NULL;
    xmlNode *result = NULL;
    size_t count = 0;
    int r = cib_text_find(cib, "//primitive[@class='ocf' and @provider='hvcluster' and @type='VirtualSystem']", &result,
                          error);

    if (r < 0)
        return r;
    for (xmlNode *m = NULL; r == 0 && (m = cib_text_next(result, m)) != NULL;)
        r = add_guest(m, &guests, &count, error);
    free_xml(result);
    if (r < 0) {
        free(guests);
        return r;
    }
    *ret_guests = guests;
    *ret_count = count;
    return 0;
}

const struct hvc_pacemaker_node *hvc_pacemaker_find(const struct hvc_pacemaker_view *view, uint32_t id)
{
    for (size_t i = 0; i < view->count; i++) {
        if (view->nodes[i].id == id)
            return &view->nodes[i];
    }
    return NULL;
}

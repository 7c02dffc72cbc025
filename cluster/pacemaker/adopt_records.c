/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the nodes' executors have told of an adopted resource: read, and changed for simulations. Pure. */
#include <errno.h>
#include <string.h>

#include "adopt_tree.h"
#include "cib_tree.h"
#include "cib_view.h"
#include "hvc/text.h"
#include "marks.h"

static const char *const agent_names[] = {"class", "provider", "type", NULL};

static xmlNode *record_of(const xmlNode *node_state, const char *resource)
{
    const xmlNode *list = tree_child(tree_child(node_state, "lrm"), "lrm_resources");

    for (xmlNode *n = list == NULL ? NULL : list->children; n != NULL; n = n->next) {
        if (tree_is_element(n, "lrm_resource") && tree_has(n, "id", resource))
            return n;
    }
    return NULL;
}

static bool same_agent(const xmlNode *a, const xmlNode *b)
{
    char text[TREE_ATTRIBUTE_MAX];

    for (size_t i = 0; agent_names[i] != NULL; i++) {
        tree_attribute(a, agent_names[i], text);
        if (!tree_has(b, agent_names[i], text))
            return false;
    }
    return true;
}

/* The newest operation tells whether it failed; one without an end is pending. */
static void read_record(const xmlNode *record, const xmlNode *primitive, struct hvc_adopt_record *ret_record)
{
    uint64_t newest = 0;
    char text[TREE_ATTRIBUTE_MAX];

    ret_record->known = true;
    ret_record->foreign = !same_agent(record, primitive);
    ret_record->active = cib_view_history_active(record);
    for (const xmlNode *op = record->children; op != NULL; op = op->next) {
        uint64_t call = 0;

        if (!tree_is_element(op, "lrm_rsc_op"))
            continue;
        tree_attribute(op, "call-id", text);
        if (tree_has(op, "op-status", "-1") || hvc_parse_u64(text, 0, UINT64_MAX, &call) < 0) {
            ret_record->pending = true;
            continue;
        }
        if (call < newest)
            continue;
        newest = call;
        ret_record->failed = !tree_has(op, "rc-code", "0") && !tree_has(op, "rc-code", "7");
    }
    ret_record->watched = marks_is_monitored(record);
    ret_record->known = record->children != NULL;
}

static void read_hold(xmlNode *primitive, struct hvc_adopt_state *state)
{
    char resource[HVC_RESOURCE_NAME_MAX], text[TREE_ATTRIBUTE_MAX];

    for (xmlNode *set = NULL; (set = tree_next_child(primitive, set, "meta_attributes")) != NULL;) {
        if (!adopt_tree_is_hold(set, resource))
            continue;
        state->held = true;
        adopt_tree_said(set, ADOPT_BY, text);
        (void)hvc_text_copy(state->owner, sizeof(state->owner), text);
        adopt_tree_said(set, ADOPT_MINUS, text);
        (void)hvc_text_copy(state->without, sizeof(state->without), text);
        adopt_tree_said(set, ADOPT_TO, text);
        state->way = strcmp(text, hvc_adopt_agent(HVC_ADOPT_BACK)) == 0 ? HVC_ADOPT_BACK : HVC_ADOPT_OURS;
    }
}

int adopt_tree_look(xmlNode *cib, const char *resource, struct hvc_adopt_state *state)
{
    xmlNode *primitive = marks_primitive(cib, resource), *status = tree_child(cib, "status");

    memset(state, 0, sizeof(*state));
    if (primitive == NULL)
        return -ENOENT;
    read_hold(primitive, state);
    state->replaced = state->held && tree_has(primitive, "type", strrchr(hvc_adopt_agent(state->way), ':') + 1);
    for (xmlNode *n = status == NULL ? NULL : status->children; n != NULL; n = n->next) {
        struct hvc_adopt_record *r = &state->records[state->count];
        char name[TREE_ATTRIBUTE_MAX];
        xmlNode *record;

        if (!tree_is_element(n, "node_state") || tree_has(n, "remote_node", "true"))
            continue;
        tree_attribute(n, "uname", name);
        if (state->count == HVC_NODES_MAX || hvc_text_copy(r->node, sizeof(r->node), name) < 0)
            return -E2BIG;
        r->online = cib_view_is_online(n);
        record = record_of(n, resource);
        if (record != NULL)
            read_record(record, primitive, r);
        state->count++;
    }
    return tree_version(cib, state->version);
}

/* ---- for simulations ---- */

void adopt_tree_drop_records(xmlNode *cib, const char *resource)
{
    xmlNode *status = tree_child(cib, "status");

    for (xmlNode *n = status == NULL ? NULL : status->children; n != NULL; n = n->next) {
        xmlNode *record = tree_is_element(n, "node_state") ? record_of(n, resource) : NULL;

        xmlUnlinkNode(record);
        xmlFreeNode(record);
    }
}

/* A simulation pretends that no look finds anything. */
void adopt_tree_found(xmlNode *cib, const char *resource, const char *node)
{
    xmlNode *status = tree_child(cib, "status");

    for (xmlNode *n = status == NULL ? NULL : status->children; n != NULL; n = n->next) {
        xmlNode *record =
            tree_is_element(n, "node_state") && tree_has(n, "uname", node) ? record_of(n, resource) : NULL;

        for (xmlNode *op = record == NULL ? NULL : record->children; op != NULL; op = op->next) {
            char magic[TREE_ATTRIBUTE_MAX], *code;

            if (!tree_is_element(op, "lrm_rsc_op"))
                continue;
            tree_attribute(op, "transition-magic", magic); /* "0:7;key": status, code, and what it belongs to */
            code = strchr(magic, ':');
            if (code != NULL && code[1] == '7')
                code[1] = '0';
            (void)xmlSetProp(op, (const xmlChar *)"transition-magic", (const xmlChar *)magic);
            (void)xmlSetProp(op, (const xmlChar *)"rc-code", (const xmlChar *)"0");
        }
    }
}

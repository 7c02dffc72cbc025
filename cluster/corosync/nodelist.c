/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nodelist.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hvc/text.h"

enum nodelist_field nodelist_parse_key(const char *key, unsigned *ret_position)
{
    static const char prefix[] = "nodelist.node.";
    static const struct {
        const char *name;
        enum nodelist_field field;
    } fields[] = {{"nodeid", NODELIST_ID},
                  {"name", NODELIST_NAME},
                  {"ring0_addr", NODELIST_RING0},
                  {"quorum_votes", NODELIST_VOTES}};
    const char *dot;
    char number[16];
    uint64_t position;

    if (strncmp(key, prefix, sizeof(prefix) - 1) != 0)
        return NODELIST_OTHER;
    key += sizeof(prefix) - 1;
    dot = strchr(key, '.');
    if (dot == NULL || (size_t)(dot - key) >= sizeof(number))
        return NODELIST_OTHER;
    memcpy(number, key, (size_t)(dot - key));
    number[dot - key] = '\0';
    if (hvc_parse_u64(number, 0, UINT32_MAX, &position) < 0)
        return NODELIST_OTHER;
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (strcmp(dot + 1, fields[i].name) == 0) {
            *ret_position = (unsigned)position;
            return fields[i].field;
        }
    }
    return NODELIST_OTHER;
}

struct nodelist_row *nodelist_row_at(struct nodelist *list, unsigned position)
{
    struct nodelist_row *row;
    size_t at = 0;

    while (at < list->used && list->rows[at].position < position)
        at++;
    row = &list->rows[at];
    if (at < list->used && row->position == position)
        return row;
    if (list->used == HVC_NODES_MAX) {
        list->too_many = true;
        return NULL;
    }
    memmove(row + 1, row, (list->used - at) * sizeof(*row));
    list->used++;
    *row = (struct nodelist_row){.position = position, .node = {.votes = 1}};
    return row;
}

static bool is_member(const struct quorum_facts *facts, uint32_t id)
{
    for (size_t i = 0; i < facts->member_count; i++) {
        if (facts->members[i] == id)
            return true;
    }
    return false;
}

/* An address is no name for a certificate or a resource, so this node's host name goes before it (as in Pacemaker). */
static bool looks_like_an_address(const char *text)
{
    return strchr(text, ':') != NULL || strspn(text, "0123456789.") == strlen(text);
}

static void name_node(struct hvc_member *node, const char *host_name)
{
    if (node->name[0] != '\0')
        return;
    if (node->local && looks_like_an_address(node->address))
        (void)hvc_text_copy(node->name, sizeof(node->name), host_name);
    else
        memcpy(node->name, node->address, sizeof(node->name));
}

static int check_node(const struct nodelist_row *row, const struct hvc_member *nodes, size_t count,
                      struct hvc_error *error)
{
    const struct hvc_member *node = &nodes[count];

    if (!row->has_id)
        return hvc_error_set(error, -EINVAL, "node %u of corosync's node list has no nodeid: set it in corosync.conf",
                             row->position);
    if (node->name[0] == '\0')
        return hvc_error_set(error, -EINVAL,
                             "node id %u of corosync's node list has neither name nor ring0_addr: set name in "
                             "corosync.conf",
                             node->id);
    for (size_t i = 0; i < count; i++) {
        if (nodes[i].id == node->id || strcmp(nodes[i].name, node->name) == 0)
            return hvc_error_set(error, -EINVAL, "corosync's node list has two nodes with the id %u or the name %s",
                                 node->id, node->name);
    }
    return 0;
}

int nodelist_nodes(const struct nodelist *list, uint32_t local_id, const char *host_name,
                   struct hvc_member ret_nodes[HVC_NODES_MAX], size_t *ret_count, struct hvc_error *error)
{
    if (list->too_many)
        return hvc_error_set(error, -E2BIG, "corosync's node list has more than %d nodes", HVC_NODES_MAX);
    for (size_t i = 0; i < list->used; i++) {
        int r;

        ret_nodes[i] = list->rows[i].node;
        ret_nodes[i].local = ret_nodes[i].id == local_id;
        name_node(&ret_nodes[i], host_name);
        r = check_node(&list->rows[i], ret_nodes, i, error);
        if (r < 0)
            return r;
    }
    *ret_count = list->used;
    return 0;
}

static void copy_facts(struct hvc_membership *m, const struct quorum_facts *facts)
{
    unsigned votes = facts->qdevice_votes;

    for (size_t i = 0; i < m->count; i++)
        votes += m->nodes[i].votes;
    m->ring_node = facts->ring_node;
    m->ring_sequence = facts->ring_sequence;
    m->votequorum = facts->votequorum;
    m->quorate = facts->votequorum && facts->quorate;
    m->two_node = facts->two_node;
    m->wait_for_all = facts->wait_for_all;
    m->last_man_standing = facts->last_man_standing;
    m->auto_tie_breaker = facts->auto_tie_breaker;
    m->qdevice = facts->qdevice;
    m->qdevice_alive = facts->qdevice_alive;
    m->quorum = facts->quorum;
    m->expected_votes = facts->expected_votes;
    m->total_votes = facts->total_votes;
    m->quorum_exclusive = facts->votequorum && !facts->two_node && facts->quorum > votes / 2;
    /* half of the votes is a quorum with auto_tie_breaker, but only for the half with the named node */
    if (facts->votequorum && !facts->two_node && facts->auto_tie_breaker && facts->quorum * 2 >= votes)
        m->quorum_exclusive = true;
}

int nodelist_assemble(const struct nodelist *list, const struct quorum_facts *facts, const char *cluster_name,
                      const char *host_name, struct hvc_membership *m, struct hvc_error *error)
{
    bool found = false;
    int r = nodelist_nodes(list, facts->local_id, host_name, m->nodes, &m->count, error);

    if (r < 0)
        return r;
    if (hvc_text_copy(m->cluster_name, sizeof(m->cluster_name), cluster_name) < 0)
        return hvc_error_set(error, -EINVAL, "totem.cluster_name is longer than %d bytes", HVC_CLUSTER_NAME_MAX - 1);
    for (size_t i = 0; i < m->count; i++) {
        m->nodes[i].member = is_member(facts, m->nodes[i].id);
        if (m->nodes[i].local)
            m->local = i;
        found = found || m->nodes[i].local;
    }
    if (!found)
        return hvc_error_set(error, -EINVAL, "corosync's node list does not hold this node (node id %u)",
                             facts->local_id);
    copy_facts(m, facts);
    return 0;
}

const struct hvc_member *hvc_membership_find(const struct hvc_membership *m, const char *name)
{
    for (size_t i = 0; i < m->count; i++) {
        if (strcmp(m->nodes[i].name, name) == 0)
            return &m->nodes[i];
    }
    return NULL;
}

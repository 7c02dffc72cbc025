/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The real facts: Corosync's node list, members and quorum; Pacemaker's word on who is down, and how. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/cleanup.h"
#include "hvc/clock.h"
#include "hvc/facts.h"
#include "hvc/membership.h"
#include "hvc/pacemaker.h"
#include "hvc/pacemaker_moves.h"
#include "hvc/ring_stats.h"
#include "hvc/text.h"

static void close_facts(struct hvc_facts *facts)
{
    free(facts);
}

static void list_flags(const struct hvc_membership *m, char *text, size_t size)
{
    const struct {
        bool set;
        const char *word;
    } flags[] = {
        {m->two_node, "two_node"},
        {m->wait_for_all, "wait_for_all"},
        {m->last_man_standing, "last_man_standing"},
        {m->auto_tie_breaker, "auto_tie_breaker"},
        {m->qdevice, "qdevice"},
    };
    size_t used = 0;

    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (flags[i].set)
            (void)hvc_text_append(text, size, &used, "%s%s", used == 0 ? "" : " ", flags[i].word);
    }
}

static int read_corosync(uint64_t deadline_ms, struct hvc_cluster_facts *facts)
{
    HVC_CLEANUP(free) struct hvc_membership *m = calloc(1, sizeof(*m));

    if (m == NULL)
        return -ENOMEM;
    if (hvc_membership_read(deadline_ms, m, &facts->corosync_error) < 0)
        return 0;
    facts->corosync_answers = true;
    facts->quorate = m->quorate;
    facts->quorum_exclusive = m->quorum_exclusive;
    (void)hvc_text_copy(facts->cluster_name, sizeof(facts->cluster_name), m->cluster_name);
    list_flags(m, facts->flags, sizeof(facts->flags));
    for (size_t i = 0; i < m->count; i++) {
        struct hvc_fact_node *node = &facts->nodes[facts->count++];

        node->id = m->nodes[i].id;
        (void)hvc_text_copy(node->name, sizeof(node->name), m->nodes[i].name);
        (void)hvc_text_copy(node->address, sizeof(node->address), m->nodes[i].address);
        node->local = m->nodes[i].local;
        node->member = m->nodes[i].member;
    }
    return 0;
}

/* By Corosync's id when it told one; else (no Corosync) Pacemaker's nodes are all there is. */
static struct hvc_fact_node *node_of(struct hvc_cluster_facts *facts, const struct hvc_pacemaker_node *known)
{
    struct hvc_fact_node *node;

    for (size_t i = 0; i < facts->count; i++) {
        if (facts->nodes[i].id == known->id)
            return &facts->nodes[i];
    }
    if (facts->corosync_answers || facts->count == HVC_NODES_MAX)
        return NULL;
    node = &facts->nodes[facts->count++];
    node->id = known->id;
    (void)hvc_text_copy(node->name, sizeof(node->name), known->name);
    return node;
}

static bool are_all_members(const struct hvc_cluster_facts *facts)
{
    for (size_t i = 0; i < facts->count; i++) {
        if (!facts->nodes[i].member)
            return false;
    }
    return facts->corosync_answers;
}

static int read_pacemaker(bool fencing, uint64_t deadline_ms, struct hvc_cluster_facts *facts)
{
    int (*read)(const char *resource, uint64_t deadline_ms, struct hvc_pacemaker_view *ret_view,
                struct hvc_error *error) = fencing ? hvc_pacemaker_read : hvc_pacemaker_read_modes;
    HVC_CLEANUP(free) struct hvc_pacemaker_view *view = calloc(1, sizeof(*view));

    if (view == NULL)
        return -ENOMEM;
    if (read(NULL, deadline_ms, view, &facts->pacemaker_error) < 0)
        return 0;
    facts->pacemaker_answers = true;
    if (fencing && !view->fencer_answered)
        (void)hvc_error_set(&facts->pacemaker_error, -ETIMEDOUT, "the fencer does not answer: %s", view->fencer_words);
    for (size_t i = 0; i < view->count; i++) {
        const struct hvc_pacemaker_node *known = &view->nodes[i];
        struct hvc_fact_node *node = node_of(facts, known);

        if (node == NULL)
            continue;
        node->pacemaker_online = known->online;
        node->unclean = known->unclean;
        node->standby = known->standby;
        node->maintenance = known->maintenance;
        node->fenced = known->fenced && !node->member;
        node->fenced_at = known->fenced_at;
        node->clean_down = known->down && !known->fenced && !known->left_with && !node->member;
    }
    return 0;
}

static int read_facts(struct hvc_facts *facts, unsigned what, uint64_t deadline_ms, struct hvc_cluster_facts *ret_facts)
{
    int rc = 0;

    (void)facts;
    memset(ret_facts, 0, sizeof(*ret_facts));
    if ((what & HVC_FACTS_COROSYNC) != 0)
        rc = read_corosync(deadline_ms, ret_facts);
    if (rc == 0 && (what & (HVC_FACTS_PACEMAKER | HVC_FACTS_FENCER)) != 0)
        rc = read_pacemaker((what & HVC_FACTS_FENCER) != 0 || !are_all_members(ret_facts), deadline_ms, ret_facts);
    return rc;
}

static int resource_of_config(struct hvc_facts *facts, const char *config, const char *except_resource,
                              uint64_t deadline_ms, char ret_resource[HVC_RESOURCE_NAME_MAX], struct hvc_error *error)
{
    HVC_CLEANUP(free) struct hvc_pacemaker_guest *guests = NULL;
    size_t count = 0;
    int rc = hvc_pacemaker_guests(deadline_ms, &guests, &count, error);

    (void)facts;
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(guests[i].config, config) == 0 && strcmp(guests[i].resource, except_resource) != 0)
            return hvc_text_copy(ret_resource, HVC_RESOURCE_NAME_MAX, guests[i].resource);
    }
    return -ENOENT;
}

static int read_foreign(struct hvc_facts *facts, uint64_t deadline_ms, struct hvc_fact_foreign **ret_list,
                        size_t *ret_count, struct hvc_error *error)
{
    HVC_CLEANUP(free) struct hvc_pacemaker_foreign *known = NULL;
    struct hvc_fact_foreign *list;
    size_t count = 0;
    int rc = hvc_pacemaker_foreign(deadline_ms, &known, &count, error);

    (void)facts;
    if (rc < 0)
        return rc;
    list = calloc(count + 1, sizeof(*list));
    if (list == NULL)
        return hvc_error_set(error, -ENOMEM, "out of memory");
    for (size_t i = 0; i < count; i++) {
        memcpy(list[i].resource, known[i].resource, sizeof(list[i].resource));
        memcpy(list[i].agent, known[i].agent, sizeof(list[i].agent));
        memcpy(list[i].config, known[i].config, sizeof(list[i].config));
    }
    *ret_list = list;
    *ret_count = count;
    return 0;
}

static int priority_of(struct hvc_facts *facts, const char *resource, uint64_t deadline_ms, int *ret_priority,
                       struct hvc_error *error)
{
    (void)facts;
    return hvc_pacemaker_priority(resource, deadline_ms, ret_priority, error);
}

static int ring_load_of(struct hvc_facts *facts, uint64_t deadline_ms, struct hvc_ring_load *ret_load,
                        struct hvc_error *error)
{
    (void)facts;
    return hvc_ring_stats_read(deadline_ms, ret_load, error);
}

int hvc_cluster_facts_new(struct hvc_facts **ret_facts, struct hvc_error *error)
{
    static const struct hvc_facts_ops ops = {close_facts,  read_facts,  resource_of_config,
                                             read_foreign, priority_of, ring_load_of};
    struct hvc_facts *facts = calloc(1, sizeof(*facts));

    if (facts == NULL)
        return hvc_error_set(error, -ENOMEM, "out of memory");
    facts->ops = &ops;
    *ret_facts = facts;
    return 0;
}

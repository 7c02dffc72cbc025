/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "callbacks.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum rule {
#define RULE_ENUM(id, name, words) RULE_##id,
    CALLBACK_RULES(RULE_ENUM)
#undef RULE_ENUM
};

/* The reasons of corosync/cpg.h, which are the trace's. */
enum { JOIN = 1, LEAVE = 2, NODEDOWN = 3, NODEUP = 4, PROCDOWN = 5 };

struct process {
    uint32_t node, pid, reason;
};

struct list {
    struct process process[HVC_GROUP_PROCESSES_MAX];
    unsigned count;
};

struct nodes {
    uint32_t node[HVC_NODES_MAX];
    unsigned count;
};

/* What the first one told of a ring. */
struct ring {
    struct hvc_ring_id id;
    struct nodes nodes;
    char label[64];
    uint64_t place;
};

struct callbacks_group {
    struct accept *accept;
    accept_refuse_fn refuse;
    void *context;
    struct ring *ring;
    size_t rings, room;
    uint64_t ghosts;
};

struct callbacks {
    struct callbacks_group *group;
    char label[64];
    uint64_t place;
    uint32_t node, pid;
    struct accept_session *session; /* NULL: not connected */
    struct hvc_group_view view;
    struct list members;
    bool members_known;
    bool left, joined; /* callbacks of a ring change whose totem callback is still to come */
};

__attribute__((format(printf, 3, 4))) static void refuse(const struct callbacks *c, enum rule rule, const char *format,
                                                         ...)
{
    static const char *const names[] = {
#define RULE_NAME(id, name, words) name,
        CALLBACK_RULES(RULE_NAME)
#undef RULE_NAME
    };
    char text[400], all[512];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    (void)snprintf(all, sizeof(all), "%s:%" PRIu64 ": %s", c->label, c->place, text);
    c->group->refuse(c->group->context, names[rule], all);
}

struct callbacks_group *callbacks_group_new(struct accept *accept, accept_refuse_fn refuse_fn, void *context)
{
    struct callbacks_group *group = calloc(1, sizeof(*group));

    if (group == NULL)
        abort();
    *group = (struct callbacks_group){.accept = accept, .refuse = refuse_fn, .context = context};
    return group;
}

void callbacks_group_free(struct callbacks_group *group)
{
    free(group->ring);
    free(group);
}

uint64_t callbacks_ghosts(const struct callbacks_group *group)
{
    return group->ghosts;
}

struct callbacks *callbacks_new(struct callbacks_group *group, const char *label)
{
    struct callbacks *c = calloc(1, sizeof(*c));

    if (c == NULL)
        abort();
    c->group = group;
    (void)snprintf(c->label, sizeof(c->label), "%s", label);
    return c;
}

void callbacks_free(struct callbacks *c)
{
    free(c);
}

void callbacks_process(struct callbacks *c, uint32_t pid)
{
    c->pid = pid;
    c->session = NULL;
}

/* ---- reading ---- */

static bool take_number(const char **at, uint64_t limit, uint64_t *ret_value)
{
    uint64_t value = 0;

    if (**at < '0' || **at > '9')
        return false;
    for (; **at >= '0' && **at <= '9'; ++*at) {
        value = value * 10 + (uint64_t)(**at - '0');
        if (value > limit)
            return false;
    }
    *ret_value = value;
    return true;
}

static bool take_u32(const char **at, uint32_t *ret_value)
{
    uint64_t value;

    if (!take_number(at, UINT32_MAX, &value))
        return false;
    *ret_value = (uint32_t)value;
    return true;
}

static bool take_text(const char **at, const char *text)
{
    size_t length = strlen(text);

    if (strncmp(*at, text, length) != 0)
        return false;
    *at += length;
    return true;
}

static bool take_ring(const char **at, struct hvc_ring_id *ret_ring)
{
    return take_text(at, "ring=") && take_u32(at, &ret_ring->node) && take_text(at, ".") &&
           take_number(at, UINT64_MAX / 16, &ret_ring->seq);
}

static bool take_nodes(const char **at, struct nodes *ret_nodes)
{
    ret_nodes->count = 0;
    if (!take_text(at, "nodes="))
        return false;
    do {
        if (ret_nodes->count == HVC_NODES_MAX || !take_u32(at, &ret_nodes->node[ret_nodes->count++]))
            return false;
    } while (take_text(at, ","));
    return true;
}

static bool take_list(const char **at, const char *name, struct list *ret_list)
{
    ret_list->count = 0;
    if (!take_text(at, name))
        return false;
    while (**at >= '0' && **at <= '9') {
        struct process *p = &ret_list->process[ret_list->count];

        if (ret_list->count == HVC_GROUP_PROCESSES_MAX)
            return false;
        *p = (struct process){0};
        if (!take_u32(at, &p->node) || !take_text(at, "/") || !take_u32(at, &p->pid))
            return false;
        if (take_text(at, ":") && !take_u32(at, &p->reason))
            return false;
        ret_list->count++;
        if (!take_text(at, ","))
            break;
    }
    return true;
}

/* ---- what they promise ---- */

static bool same_nodes(const struct nodes *a, const struct nodes *b)
{
    unsigned found = 0;

    for (unsigned i = 0; i < a->count; i++) {
        for (unsigned k = 0; k < b->count; k++)
            found += a->node[i] == b->node[k];
    }
    return a->count == b->count && found == a->count;
}

static void check_nodes(struct callbacks *c, struct hvc_ring_id id, const struct nodes *nodes)
{
    struct callbacks_group *g = c->group;
    struct ring *ring;
    bool own = false;

    for (unsigned i = 0; i < nodes->count; i++)
        own = own || nodes->node[i] == c->node;
    if (!own)
        refuse(c, RULE_OWN_RING, "ring %u.%" PRIu64 " without node %u", id.node, id.seq, c->node);
    for (size_t i = 0; i < g->rings; i++) {
        ring = &g->ring[i];
        if (ring->id.node != id.node || ring->id.seq != id.seq)
            continue;
        if (!same_nodes(&ring->nodes, nodes))
            refuse(c, RULE_RING_NODES, "ring %u.%" PRIu64 " has other nodes than at %s:%" PRIu64, id.node, id.seq,
                   ring->label, ring->place);
        return;
    }
    if (g->rings == g->room) {
        g->room = g->room == 0 ? 64 : 2 * g->room;
        g->ring = reallocarray(g->ring, g->room, sizeof(*g->ring));
        if (g->ring == NULL)
            abort();
    }
    ring = &g->ring[g->rings++];
    *ring = (struct ring){.id = id, .nodes = *nodes, .place = c->place};
    memcpy(ring->label, c->label, sizeof(ring->label));
}

static bool in_list(const struct list *list, const struct process *p)
{
    for (unsigned i = 0; i < list->count; i++) {
        if (list->process[i].node == p->node && list->process[i].pid == p->pid)
            return true;
    }
    return false;
}

/* now = before - left + joined */
static void check_list(struct callbacks *c, const struct list *now, const struct list *left, const struct list *joined)
{
    unsigned expected = 0;

    for (unsigned i = 0; i < c->members.count; i++) {
        const struct process *p = &c->members.process[i];

        if (in_list(left, p) || in_list(joined, p))
            continue;
        expected++;
        if (!in_list(now, p))
            refuse(c, RULE_LIST, "%u/%u has gone and did not leave", p->node, p->pid);
    }
    for (unsigned i = 0; i < joined->count; i++) {
        expected++;
        if (!in_list(now, &joined->process[i]))
            refuse(c, RULE_LIST, "%u/%u has joined and is not there", joined->process[i].node, joined->process[i].pid);
    }
    if (now->count != expected)
        refuse(c, RULE_LIST, "%u processes; %u would follow from what left and joined", now->count, expected);
}

static unsigned of_nodes(const struct list *list)
{
    unsigned count = 0;

    for (unsigned i = 0; i < list->count; i++)
        count += list->process[i].reason == NODEDOWN || list->process[i].reason == NODEUP;
    return count;
}

static void check_order(struct callbacks *c, const struct list *left, const struct list *joined, bool ring_change)
{
    if (!ring_change) {
        if (c->left || c->joined)
            refuse(c, RULE_ORDER, "a process comes or goes before the totem callback of a ring change");
        if (left->count + joined->count != 1)
            refuse(c, RULE_ONE_PROCESS, "%u processes come and go at once", left->count + joined->count);
        return;
    }
    if (of_nodes(left) != left->count || of_nodes(joined) != joined->count || (left->count > 0) == (joined->count > 0))
        refuse(c, RULE_ORDER, "processes of nodes that left, that joined and others in one callback");
    if ((left->count > 0 && (c->left || c->joined)) || (joined->count > 0 && c->joined))
        refuse(c, RULE_ORDER, "a second callback of that kind in one ring change");
    c->left = c->left || left->count > 0;
    c->joined = c->joined || joined->count > 0;
}

/* ---- the callbacks ---- */

static void give_view(struct callbacks *c, enum hvc_group_outcome outcome)
{
    struct hvc_replication_member members[HVC_NODES_MAX];

    if (outcome == HVC_GROUP_VIEW)
        accept_view(c->session, c->view.ring, members, hvc_group_view_current(&c->view, members));
    else if (outcome == HVC_GROUP_END)
        accept_view_end(c->session);
}

static bool on_group(struct callbacks *c, const char *at)
{
    struct hvc_replication_member members[HVC_GROUP_PROCESSES_MAX];
    struct list now, left, joined;
    enum hvc_group_outcome outcome;
    bool ring_change;

    if (!take_list(&at, "members=", &now) || !take_list(&at, " left=", &left) || !take_list(&at, " joined=", &joined) ||
        *at != '\0')
        return false;
    ring_change = of_nodes(&left) + of_nodes(&joined) > 0;
    check_order(c, &left, &joined, ring_change);
    if (c->members_known)
        check_list(c, &now, &left, &joined);
    c->members = now;
    c->members_known = true;
    for (unsigned i = 0; i < now.count; i++)
        members[i] = (struct hvc_replication_member){.node = now.process[i].node, .pid = now.process[i].pid};
    if (hvc_group_view_members(&c->view, members, now.count, ring_change ? HVC_GROUP_NODE : HVC_GROUP_PROCESS,
                               &outcome) != 0)
        return false;
    give_view(c, outcome);
    return true;
}

static bool on_totem(struct callbacks *c, const char *at)
{
    struct nodes nodes;
    struct hvc_ring_id ring;
    enum hvc_group_outcome outcome;

    if (!take_ring(&at, &ring) || !take_text(&at, " ") || !take_nodes(&at, &nodes) || *at != '\0')
        return false;
    check_nodes(c, ring, &nodes);
    c->left = c->joined = false;
    for (unsigned i = 0; i < c->members.count; i++) {
        bool there = false;

        for (unsigned k = 0; k < nodes.count; k++)
            there = there || nodes.node[k] == c->members.process[i].node;
        c->group->ghosts += !there;
    }
    if (hvc_group_view_totem(&c->view, ring, nodes.node, nodes.count, &outcome) != 0)
        return false;
    give_view(c, outcome);
    return true;
}

/* "NODE/PID#NUMBER" in hexadecimal digits. */
static bool read_content(const char *digits, size_t length, uint32_t *ret_node, uint32_t *ret_pid, uint64_t *ret_number)
{
    char text[64] = "";
    const char *at = text;

    if (length >= sizeof(text) || strlen(digits) != 2 * length)
        return false;
    for (size_t i = 0; i < length; i++) {
        unsigned value;

        if (sscanf(digits + 2 * i, "%2x", &value) != 1)
            return false;
        text[i] = (char)value;
    }
    return take_u32(&at, ret_node) && take_text(&at, "/") && take_u32(&at, ret_pid) && take_text(&at, "#") &&
           take_number(&at, UINT64_MAX / 16, ret_number) && *at == '\0';
}

static bool on_deliver(struct callbacks *c, const char *at)
{
    uint32_t node, pid, said_node, said_pid;
    uint64_t length, number;

    if (!take_text(&at, "from=") || !take_u32(&at, &node) || !take_text(&at, "/") || !take_u32(&at, &pid) ||
        !take_text(&at, " length=") || !take_number(&at, UINT32_MAX, &length) || !take_text(&at, " bytes="))
        return false;
    if (c->left || c->joined)
        refuse(c, RULE_ORDER, "a message before the totem callback of a ring change");
    if (!read_content(at, (size_t)length, &said_node, &said_pid, &number) || said_node != node || said_pid != pid) {
        refuse(c, RULE_CONTENT, "the message of %u/%u says something else: %s", node, pid, at);
        return true;
    }
    accept_message(c->session, node, pid, ((uint64_t)node << 56 | (uint64_t)pid << 32) ^ number, number);
    return true;
}

static bool on_quorum(struct callbacks *c, const char *at)
{
    struct nodes nodes;
    struct hvc_ring_id ring;
    uint64_t quorate;

    if (!take_ring(&at, &ring) || !take_text(&at, " quorate=") || !take_number(&at, 1, &quorate) ||
        !take_text(&at, " ") || !take_nodes(&at, &nodes) || *at != '\0')
        return false;
    check_nodes(c, ring, &nodes);
    accept_quorum(c->session, ring, quorate != 0);
    return true;
}

static bool on_connected(struct callbacks *c, const char *at)
{
    if (!take_text(&at, "node=") || !take_u32(&at, &c->node) || *at != '\0')
        return false;
    c->session = accept_open(c->group->accept, c->label, c->node, c->pid);
    c->members_known = c->left = c->joined = false;
    c->members.count = 0;
    hvc_group_view_init(&c->view, c->node);
    return true;
}

bool callbacks_line(struct callbacks *c, uint64_t place, const char *line)
{
    static const struct {
        const char *name;
        bool (*take)(struct callbacks *c, const char *at);
    } kinds[] = {{"deliver ", on_deliver}, {"group ", on_group}, {"totem ", on_totem}, {"quorum ", on_quorum}};

    c->place = place;
    if (take_text(&line, "connected "))
        return on_connected(c, line);
    if (c->session == NULL)
        return false;
    accept_at(c->session, place);
    if (strcmp(line, "disconnected") == 0) {
        c->session = NULL;
        return true;
    }
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (take_text(&line, kinds[i].name))
            return kinds[i].take(c, line);
    }
    return false;
}

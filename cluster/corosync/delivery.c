/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "delivery.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

enum { LIST_TEXT_MAX = 3 * 1024, BYTES_TEXT_MAX = 2 * 64 + 1 };

static void put(struct hvc_delivery *d, const struct hvc_replication_event *event, const void *payload, size_t length)
{
    /* An event that is lost is a hole in the order: start over as a fresh member. */
    if (hvc_events_put(d->events, event, payload, length) != 0)
        hvc_report_fail(d->report, -ENOMEM, "no memory for an event of %zu bytes", length);
}

static void put_view(struct hvc_delivery *d)
{
    struct hvc_replication_member members[HVC_NODES_MAX];
    struct hvc_replication_event event = {.kind = HVC_REPLICATION_VIEW};

    event.view.ring = d->view.ring;
    event.view.count = hvc_group_view_current(&d->view, members);
    put(d, &event, members, event.view.count * sizeof(members[0]));
}

static void put_view_end(struct hvc_delivery *d)
{
    static const struct hvc_replication_event end = {.kind = HVC_REPLICATION_VIEW_END};

    put(d, &end, NULL, 0);
}

static void take_outcome(struct hvc_delivery *d, enum hvc_group_outcome outcome)
{
    if (outcome == HVC_GROUP_NOTHING)
        return;
    hvc_sending_clear(d->sending);
    if (outcome == HVC_GROUP_VIEW)
        put_view(d);
    else
        put_view_end(d);
}

void hvc_delivery_begin(struct hvc_delivery *d, uint32_t own_node)
{
    hvc_group_view_init(&d->view, own_node);
    d->quorum_known = false;
    hvc_report_trace(d->report, "connected node=%u", own_node);
}

void hvc_delivery_end(struct hvc_delivery *d)
{
    hvc_sending_clear(d->sending);
    if (d->view.open)
        put_view_end(d);
    d->view.open = false;
    hvc_report_trace(d->report, "disconnected");
}

/* The first bytes of a message, in hexadecimal digits. */
static const char *bytes_text(const void *bytes, size_t length, char text[BYTES_TEXT_MAX])
{
    const uint8_t *at = bytes;
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < length && used + 3 <= BYTES_TEXT_MAX; i++, used += 2)
        (void)snprintf(text + used, BYTES_TEXT_MAX - used, "%02x", at[i]);
    return text;
}

struct sender {
    struct hvc_delivery *delivery;
    uint32_t node, pid;
};

static void put_message(void *context, const void *bytes, size_t length)
{
    struct hvc_replication_event event = {.kind = HVC_REPLICATION_MESSAGE};
    const struct sender *from = context;
    char text[BYTES_TEXT_MAX];

    if (from->delivery->report->trace != NULL)
        hvc_report_trace(from->delivery->report, "deliver from=%u/%u length=%zu bytes=%s", from->node, from->pid,
                         length, bytes_text(bytes, length, text));
    event.message.node = from->node;
    event.message.length = length;
    put(from->delivery, &event, bytes, length);
}

void hvc_delivery_message(struct hvc_delivery *d, uint32_t node, uint32_t pid, const void *bytes, size_t length)
{
    struct sender from = {.delivery = d, .node = node, .pid = pid};

    if (node == atomic_load(&d->report->own_node) && pid == (uint32_t)getpid())
        hvc_sending_back(d->sending);
    hvc_sending_unpack(bytes, length, put_message, &from);
}

/* NODEDOWN and NODEUP come with a ring change; every other reason is a process's in a standing ring. */
static enum hvc_group_reason reason_of(const struct cpg_address *list, size_t count, enum hvc_group_reason reason)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i].reason == CPG_REASON_NODEDOWN || list[i].reason == CPG_REASON_NODEUP)
            return HVC_GROUP_NODE;
    }
    return reason;
}

static const char *addresses_text(const struct cpg_address *list, size_t count, bool with_reason,
                                  char text[LIST_TEXT_MAX])
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < count && used + 32 < LIST_TEXT_MAX; i++) {
        used += (size_t)snprintf(text + used, LIST_TEXT_MAX - used, "%s%u/%u", i == 0 ? "" : ",", list[i].nodeid,
                                 list[i].pid);
        if (with_reason)
            used += (size_t)snprintf(text + used, LIST_TEXT_MAX - used, ":%u", list[i].reason);
    }
    return text;
}

static const char *nodes_text(const uint32_t *nodes, uint32_t count, char text[LIST_TEXT_MAX])
{
    size_t used = 0;

    text[0] = '\0';
    for (uint32_t i = 0; i < count && used + 16 < LIST_TEXT_MAX; i++)
        used += (size_t)snprintf(text + used, LIST_TEXT_MAX - used, "%s%u", i == 0 ? "" : ",", nodes[i]);
    return text;
}

static void trace_group(struct hvc_delivery *d, const struct cpg_address *members, size_t count,
                        const struct cpg_address *left, size_t left_count, const struct cpg_address *joined,
                        size_t joined_count)
{
    char all[LIST_TEXT_MAX], gone[LIST_TEXT_MAX], come[LIST_TEXT_MAX];

    if (d->report->trace == NULL)
        return;
    hvc_report_trace(d->report, "group members=%s left=%s joined=%s", addresses_text(members, count, false, all),
                     addresses_text(left, left_count, true, gone), addresses_text(joined, joined_count, true, come));
}

void hvc_delivery_group(struct hvc_delivery *d, const struct cpg_address *members, size_t count,
                        const struct cpg_address *left, size_t left_count, const struct cpg_address *joined,
                        size_t joined_count)
{
    struct hvc_replication_member list[HVC_GROUP_PROCESSES_MAX];
    enum hvc_group_outcome outcome;
    enum hvc_group_reason reason;

    trace_group(d, members, count, left, left_count, joined, joined_count);
    for (size_t i = 0; i < count && i < HVC_GROUP_PROCESSES_MAX; i++)
        list[i] = (struct hvc_replication_member){.node = members[i].nodeid, .pid = members[i].pid};
    reason = reason_of(left, left_count, reason_of(joined, joined_count, HVC_GROUP_PROCESS));
    if (hvc_group_view_members(&d->view, list, (unsigned)count, reason, &outcome) != 0)
        hvc_report_fail(d->report, -E2BIG, "the group has %zu members, more than CPG allows", count);
    else
        take_outcome(d, outcome);
}

void hvc_delivery_totem(struct hvc_delivery *d, struct hvc_ring_id ring, uint32_t count, const uint32_t *nodes)
{
    enum hvc_group_outcome outcome;
    char text[LIST_TEXT_MAX];

    hvc_report_trace(d->report, "totem ring=%u.%" PRIu64 " nodes=%s", ring.node, ring.seq,
                     nodes_text(nodes, count, text));
    if (hvc_group_view_totem(&d->view, ring, nodes, count, &outcome) != 0)
        hvc_report_fail(d->report, -E2BIG, "the ring has %u nodes; hvcluster supports %d", count, HVC_NODES_MAX);
    else
        take_outcome(d, outcome);
}

void hvc_delivery_quorum(struct hvc_delivery *d, struct hvc_ring_id ring, bool quorate, uint32_t count,
                         const uint32_t *nodes)
{
    char text[LIST_TEXT_MAX];

    hvc_report_trace(d->report, "quorum ring=%u.%" PRIu64 " quorate=%d nodes=%s", ring.node, ring.seq, quorate,
                     nodes_text(nodes, count, text));
    d->quorum_ring = ring;
    d->quorate = quorate;
    d->quorum_known = true;
    d->votes_dirty = true;
}

void hvc_delivery_votes(struct hvc_delivery *d, const struct hvc_votes *votes)
{
    struct hvc_replication_event event = {.kind = HVC_REPLICATION_QUORUM};
    struct hvc_replication_node nodes[HVC_NODES_MAX];

    d->votes_dirty = false;
    event.quorum.ring = d->quorum_ring;
    event.quorum.quorate = d->quorate;
    event.quorum.votes = votes->own;
    event.quorum.expected = votes->expected;
    event.quorum.quorum = votes->quorum;
    event.quorum.modes = votes->modes;
    event.quorum.count = (unsigned)votes->count;
    for (size_t i = 0; i < votes->count; i++)
        nodes[i] = (struct hvc_replication_node){.node = votes->nodes[i].id, .votes = votes->nodes[i].votes};
    hvc_report_names(d->report, votes); /* before the event, so that whoever has taken it finds them */
    put(d, &event, nodes, votes->count * sizeof(nodes[0]));
}

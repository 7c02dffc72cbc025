/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "group_view.h"

#include <errno.h>
#include <string.h>

void hvc_group_view_init(struct hvc_group_view *view, uint32_t own_node)
{
    memset(view, 0, sizeof(*view));
    view->own_node = own_node;
}

static const struct hvc_group_process *find(const struct hvc_group_process *processes, unsigned count,
                                            const struct hvc_replication_member *member)
{
    for (unsigned i = 0; i < count; i++) {
        if (processes[i].node == member->node && processes[i].pid == member->pid)
            return &processes[i];
    }
    return NULL;
}

static enum hvc_group_outcome end_view(struct hvc_group_view *view)
{
    bool stood = view->open;

    view->open = false;
    return stood ? HVC_GROUP_END : HVC_GROUP_NOTHING;
}

static enum hvc_group_outcome begin_view(struct hvc_group_view *view)
{
    for (unsigned i = 0; i < view->process_count; i++) {
        if (view->processes[i].node == view->own_node) {
            view->open = true;
            return HVC_GROUP_VIEW;
        }
    }
    return end_view(view); /* not a member yet, or not any more */
}

int hvc_group_view_members(struct hvc_group_view *view, const struct hvc_replication_member *members, unsigned count,
                           enum hvc_group_reason reason, enum hvc_group_outcome *ret_outcome)
{
    struct hvc_group_process next[HVC_GROUP_PROCESSES_MAX];

    if (count > HVC_GROUP_PROCESSES_MAX)
        return -E2BIG;
    for (unsigned i = 0; i < count; i++) {
        const struct hvc_group_process *known = find(view->processes, view->process_count, &members[i]);

        next[i].node = members[i].node;
        next[i].pid = members[i].pid;
        next[i].since = known != NULL ? known->since : ++view->joins;
    }
    memcpy(view->processes, next, count * sizeof(next[0]));
    view->process_count = count;
    *ret_outcome = reason == HVC_GROUP_PROCESS && view->ring_known ? begin_view(view) : end_view(view);
    return 0;
}

static bool is_told_again(const struct hvc_group_view *view, struct hvc_ring_id ring, const uint32_t *nodes,
                          unsigned count)
{
    return view->open && view->ring.node == ring.node && view->ring.seq == ring.seq && view->totem_count == count &&
           memcmp(view->totem, nodes, count * sizeof(nodes[0])) == 0;
}

int hvc_group_view_totem(struct hvc_group_view *view, struct hvc_ring_id ring, const uint32_t *nodes, unsigned count,
                         enum hvc_group_outcome *ret_outcome)
{
    if (count > HVC_NODES_MAX)
        return -E2BIG;
    if (is_told_again(view, ring, nodes, count)) {
        *ret_outcome = HVC_GROUP_NOTHING;
        return 0;
    }
    memcpy(view->totem, nodes, count * sizeof(nodes[0]));
    view->totem_count = count;
    view->ring = ring;
    view->ring_known = true;
    *ret_outcome = begin_view(view);
    return 0;
}

static bool in_totem(const struct hvc_group_view *view, uint32_t node)
{
    for (unsigned i = 0; i < view->totem_count; i++) {
        if (view->totem[i] == node)
            return true;
    }
    return false;
}

static const struct hvc_group_process *latest_on(const struct hvc_group_view *view, uint32_t node)
{
    const struct hvc_group_process *latest = NULL;

    for (unsigned i = 0; i < view->process_count; i++) {
        const struct hvc_group_process *process = &view->processes[i];

        if (process->node == node && (latest == NULL || process->since > latest->since))
            latest = process;
    }
    return latest;
}

unsigned hvc_group_view_current(const struct hvc_group_view *view, struct hvc_replication_member members[HVC_NODES_MAX])
{
    unsigned count = 0;

    for (unsigned i = 0; i < view->process_count && count < HVC_NODES_MAX; i++) {
        const struct hvc_group_process *process = &view->processes[i];
        unsigned at = count;

        if (!in_totem(view, process->node) || latest_on(view, process->node) != process)
            continue;
        for (; at > 0 && members[at - 1].node > process->node; at--)
            members[at] = members[at - 1];
        members[at].node = process->node;
        members[at].pid = process->pid;
        count++;
    }
    return count;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The VIEW entry: who takes part in a view, and how votes are counted in it. */
#include <string.h>

#include "internal.h"

static struct hvc_view_node *record_node(struct hvc_view_record *record, uint32_t node)
{
    unsigned at = 0;

    while (at < record->count && record->node[at].node < node)
        at++;
    if (at < record->count && record->node[at].node == node)
        return &record->node[at];
    if (record->count == HVC_VIEW_NODES_MAX)
        return NULL;
    memmove(&record->node[at + 1], &record->node[at], (record->count - at) * sizeof(record->node[0]));
    memset(&record->node[at], 0, sizeof(record->node[0]));
    record->node[at].node = node;
    record->count++;
    return &record->node[at];
}

bool hvc_view_record_votes_changed(const struct hvc_view_record *record)
{
    for (unsigned i = 0; i < record->count; i++)
        if (record->node[i].votes != record->node[i].votes_old)
            return true;
    return record->need != record->need_old;
}

/* Votes: today's node list becomes the new column, the last VIEW's the old one. While a change is not known to be
 * committed it is repeated instead, so that never more than two ways of counting are in force. */
static void record_config(struct hvc_view_record *record, const struct hvc_view *view, const struct hvc_offer *source)
{
    const struct hvc_view_record *last = &source->view;
    bool repeat = last->epoch != 0 && !(source->flags & HVC_OFFER_VIEW_COMMITTED) && last->modes == 0 &&
                  hvc_view_record_votes_changed(last);
    bool fresh = last->epoch == 0 || last->modes != 0 || view->forced;
    struct hvc_view_node *node;

    record->need = repeat ? last->need : view->need;
    record->need_old = repeat ? last->need_old : fresh ? view->need : last->need;
    for (unsigned i = 0; i < last->count; i++)
        if ((node = record_node(record, last->node[i].node)) != NULL) {
            node->named = last->node[i].named;
            node->votes = repeat ? last->node[i].votes : 0;
            node->votes_old = repeat ? last->node[i].votes_old : fresh ? 0 : last->node[i].votes;
        }
    for (unsigned i = 0; i < source->nodes && !repeat; i++)
        if ((node = record_node(record, source->list[i].node)) != NULL)
            node->votes = source->list[i].votes;
    for (uint32_t i = 0; i < view->count; i++)
        if ((view->participants & hvc_bit(i)) && (node = record_node(record, view->member[i].node)) != NULL) {
            node->participant = true;
            node->named = view->epoch;
            if (!repeat)
                node->votes = view->member[i].offer.votes;
        }
    for (unsigned i = 0; i < record->count && fresh && !repeat; i++)
        record->node[i].votes_old = record->node[i].votes;
}

/* Nodes that have left the node list, and count in neither column, are forgotten. */
static void record_forget(struct hvc_view_record *record)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < record->count; i++)
        if (record->node[i].votes != 0 || record->node[i].votes_old != 0 || record->node[i].participant)
            record->node[kept++] = record->node[i];
    record->count = kept;
}

void hvc_view_record_build(struct hvc_replication *r, struct hvc_view_record *record)
{
    const struct hvc_view *view = &r->view;

    memset(record, 0, sizeof(*record));
    record->epoch = view->epoch;
    record->ring = view->ring;
    record->source = r->config.node;
    record->modes = (uint8_t)view->modes;
    record->forced = view->forced;
    record->wire = view->record.wire;
    record->entry_version = UINT8_MAX;
    for (uint32_t i = 0; i < view->count; i++)
        if (((view->participants | view->observers) & hvc_bit(i)) &&
            view->member[i].offer.entry_version_max < record->entry_version)
            record->entry_version = view->member[i].offer.entry_version_max;
    record_config(record, view, &view->member[view->self].offer);
    record_forget(record);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Judging offers: whose stores count, which log is the best, whether these members are enough to enter a view, and
 * which acknowledgements commit. Everything here is a function of what has been delivered in the view, so equal on all
 * members. */
#include <string.h>

#include "internal.h"

uint64_t hvc_view_votes(const struct hvc_view *view, uint64_t mask)
{
    uint64_t votes = 0;

    for (uint32_t i = 0; i < view->count; i++)
        if (mask & hvc_bit(i))
            votes += view->member[i].offer.votes;
    return votes;
}

/* -1, 0, 1: is the log of a worse than, as good as, better than that of b? */
static int compare_logs(const struct hvc_offer *a, const struct hvc_offer *b)
{
    if (HVC_BUG(SRCLEN))
        return a->last_index < b->last_index ? -1 : a->last_index > b->last_index;
    if (HVC_BUG(SRCPROM) && a->promised != b->promised)
        return a->promised < b->promised ? -1 : 1;
    if (a->last_epoch != b->last_epoch && !HVC_BUG(SRCPROM))
        return a->last_epoch < b->last_epoch ? -1 : 1;
    return a->last_index < b->last_index ? -1 : a->last_index > b->last_index;
}

/* Members are sorted by node id: the first of the best has the lowest one. */
uint32_t hvc_view_best(const struct hvc_view *view, uint64_t mask)
{
    uint32_t best = HVC_SLOT_NONE;

    for (uint32_t i = 0; i < view->count; i++)
        if ((mask & hvc_bit(i)) &&
            (best == HVC_SLOT_NONE || compare_logs(&view->member[i].offer, &view->member[best].offer) > 0))
            best = i;
    return best;
}

bool hvc_view_is_fenced(const struct hvc_view *view, uint32_t node)
{
    for (unsigned i = 0; i < view->fenced_count; i++)
        if (view->fenced[i] == node)
            return true;
    return false;
}

/* Counts a node that is not in mask, and lists it if it may go on elsewhere: neither reported fenced nor here with a
 * store that does not count. */
static void count_absent(const struct hvc_view *view, uint64_t mask, uint32_t node, uint32_t *ret_nodes,
                         unsigned *ret_count, unsigned *ret_absent)
{
    uint64_t slot = hvc_bit(hvc_view_slot(view, node));

    if (mask & slot)
        return;
    (*ret_absent)++;
    if ((view->observers & slot) || hvc_view_is_fenced(view, node))
        return;
    for (unsigned i = 0; i < *ret_count; i++)
        if (ret_nodes[i] == node)
            return;
    if (*ret_count < HVC_NODES_MAX)
        ret_nodes[(*ret_count)++] = node;
}

/* Who may know of a view that these members do not know: participants of the last VIEW of the best log,
 * and those with whom one of them has promised an epoch above it. */
unsigned hvc_view_absent(const struct hvc_replication *r, uint64_t mask, uint32_t *ret_nodes, unsigned *ret_count)
{
    const struct hvc_view *view = &r->view;
    const struct hvc_view_record *record = &view->member[view->best].offer.view;
    unsigned absent = 0;

    *ret_count = 0;
    for (unsigned i = 0; i < record->count; i++)
        if (record->node[i].participant)
            count_absent(view, mask, record->node[i].node, ret_nodes, ret_count, &absent);
    for (uint32_t i = 0; i < view->count; i++) {
        const struct hvc_offer *offer = &view->member[i].offer;

        for (unsigned k = 0;
             (mask & hvc_bit(i)) && offer->promised > record->epoch && k < offer->with.count && !HVC_BUG(NOWITH); k++)
            count_absent(view, mask, offer->with.node[k], ret_nodes, ret_count, &absent);
    }
    return absent;
}

static bool was_participant(const struct hvc_view_record *record, uint32_t node)
{
    for (unsigned i = 0; i < record->count; i++)
        if (record->node[i].node == node)
            return record->node[i].participant;
    return false;
}

/* Where two sides can be quorate: everybody of the last view is here or fenced, and, if somebody is missing, one of its
 * participants (whose acknowledgement every commit there needed) has not been down since: a node that was fenced itself
 * cannot know how the others went on. */
static bool enough_both_sides(const struct hvc_replication *r, uint64_t mask)
{
    const struct hvc_view *view = &r->view;
    const struct hvc_view_record *record = &view->member[view->best].offer.view;
    uint32_t nodes[HVC_NODES_MAX];
    unsigned unfenced;

    if (HVC_BUG(TWONODE) || hvc_view_absent(r, mask, nodes, &unfenced) == 0)
        return true;
    if (unfenced > 0)
        return false;
    for (uint32_t i = 0; i < view->count; i++)
        if ((mask & hvc_bit(i)) && (view->member[i].offer.flags & HVC_OFFER_CONTINUOUS) &&
            view->member[i].offer.view.epoch == record->epoch && was_participant(record, view->member[i].node))
            return true;
    return false;
}

static uint64_t record_votes(const struct hvc_view *view, const struct hvc_view_record *record, uint64_t mask, bool old)
{
    uint64_t votes = 0;

    for (unsigned i = 0; i < record->count; i++)
        if (mask & hvc_bit(hvc_view_slot(view, record->node[i].node)))
            votes += old ? record->node[i].votes_old : record->node[i].votes;
    return votes;
}

/* May these members enter a view? They must meet every set that can have committed before: under the votes of the last
 * VIEW of the best log, while that VIEW is not known to be committed also under the votes before it, and under today's.
 */
bool hvc_view_enough(const struct hvc_replication *r, uint64_t mask)
{
    const struct hvc_view *view = &r->view;
    const struct hvc_offer *best = &view->member[view->best].offer;
    const struct hvc_view_record *record = &best->view;

    if (HVC_BUG(MINORITY) || view->forced)
        return true;
    if (view->modes == 0 && hvc_view_votes(view, mask) < view->need)
        return false;
    if (record->epoch != 0 && record->modes == 0 && !HVC_BUG(NEWVOTES)) {
        if (record_votes(view, record, mask, false) < record->need)
            return false;
        if (!(best->flags & HVC_OFFER_VIEW_COMMITTED) && record_votes(view, record, mask, true) < record->need_old)
            return false;
    }
    return (record->modes == 0 && view->modes == 0) || enough_both_sides(r, mask);
}

bool hvc_view_acked(const struct hvc_replication *r, uint64_t mask)
{
    const struct hvc_view *view = &r->view;

    mask &= view->participants;
    if (HVC_BUG(ACKP) || HVC_BUG(MINORITY))
        return 2 * hvc_view_votes(view, mask) > hvc_view_votes(view, view->participants);
    if (view->record.forced || view->record.modes != 0)
        return mask == view->participants;
    return hvc_view_votes(view, mask) >= view->need &&
           record_votes(view, &view->record, mask, false) >= view->record.need &&
           record_votes(view, &view->record, mask, true) >= view->record.need_old;
}

static bool same_view(const struct hvc_view_record *a, const struct hvc_view_record *b)
{
    if (!hvc_ring_equal(a->ring, b->ring) || a->source != b->source || a->count != b->count)
        return false;
    for (unsigned i = 0; i < a->count; i++)
        if (a->node[i].node != b->node[i].node || a->node[i].participant != b->node[i].participant)
            return false;
    return true;
}

/* An offer older than a view that names its node is of a store that has been set back. */
static bool rolled_back(const struct hvc_view *view, uint32_t slot)
{
    const struct hvc_member_state *member = &view->member[slot];

    for (uint32_t i = 0; i < view->count; i++) {
        const struct hvc_view_record *record = &view->member[i].offer.view;

        if (!(view->offered & hvc_bit(i)) || (view->member[i].offer.flags & HVC_OFFER_OBSERVER))
            continue;
        for (unsigned k = 0; k < record->count; k++)
            if (record->node[k].node == member->node && record->node[k].named > member->offer.promised)
                return !HVC_BUG(OLDIMAGE);
    }
    return false;
}

/* Of several cluster ids the one with the most votes is ours. */
static void judge_cluster_ids(struct hvc_view *view)
{
    uint64_t best = 0, best_votes = 0;

    for (uint32_t i = 0; i < view->count; i++) {
        uint64_t same = 0, votes;

        if (!(view->counted & hvc_bit(i)))
            continue;
        for (uint32_t k = 0; k < view->count; k++)
            if ((view->counted & hvc_bit(k)) &&
                memcmp(view->member[i].offer.cluster_id, view->member[k].offer.cluster_id, HVC_CLUSTER_ID_SIZE) == 0)
                same |= hvc_bit(k);
        votes = hvc_view_votes(view, same);
        if (best == 0 || votes > best_votes) {
            best = same;
            best_votes = votes;
        }
    }
    view->foreign = view->counted & ~best;
    view->counted = best;
}

/* Everybody who offered is empty: a history begins if that is the whole node list, or at an operator's word. Its
 * cluster id is what an earlier attempt left in somebody's store, else the one that the lowest node brought. */
static bool judge_bootstrap(struct hvc_view *view)
{
    bool init = false, whole = view->offered == view->all;
    const struct hvc_offer *first = NULL;

    for (uint32_t i = 0; i < view->count; i++) {
        const struct hvc_offer *offer = &view->member[i].offer;

        if (!(view->offered & hvc_bit(i)))
            continue;
        if (!(offer->flags & HVC_OFFER_EMPTY))
            return false;
        if (first == NULL || offer->promised > first->promised)
            first = offer;
        init = init || (offer->flags & HVC_OFFER_INIT);
        for (unsigned k = 0; k < offer->nodes; k++)
            whole = whole && hvc_view_slot(view, offer->list[k].node) != HVC_SLOT_NONE;
        whole = whole && offer->nodes == view->count;
        view->need = offer->need > view->need ? offer->need : view->need;
        view->modes |= offer->modes;
    }
    view->bootstrap = first != NULL && (whole || init) && hvc_view_votes(view, view->offered) >= view->need;
    if (view->bootstrap)
        memcpy(view->cluster_id, first->cluster_id, sizeof(view->cluster_id));
    return view->bootstrap;
}

static uint64_t offers_with(const struct hvc_view *view, uint32_t flag)
{
    uint64_t mask = 0;

    for (uint32_t i = 0; i < view->count; i++)
        if ((view->offered & hvc_bit(i)) && (view->member[i].offer.flags & flag))
            mask |= hvc_bit(i);
    return mask;
}

static void judge_fork(struct hvc_replication *r, bool *ret_fork)
{
    struct hvc_view *view = &r->view;

    *ret_fork = false;
    for (uint32_t i = 0; i < view->count; i++) {
        const struct hvc_view_record *mine = &view->member[i].offer.view;
        const struct hvc_view_record *best = &view->member[view->best].offer.view;

        if ((view->counted & hvc_bit(i)) && mine->epoch == best->epoch && !same_view(mine, best)) {
            *ret_fork = true;
            if (!view->alarmed)
                hvc_out_alarm(r, HVC_ALARM_FORK, view->member[i].node, mine->epoch);
            view->alarmed = true;
        }
    }
}

/* The view runs with the lowest of the newest versions; who no longer speaks that one stays out. */
static void judge_wire(struct hvc_view *view)
{
    uint8_t wire = UINT8_MAX;

    for (uint32_t i = 0; i < view->count; i++)
        if ((view->offered & hvc_bit(i)) && view->member[i].offer.wire_max < wire)
            wire = view->member[i].offer.wire_max;
    view->incompatible = 0;
    for (uint32_t i = 0; i < view->count; i++)
        if ((view->offered & hvc_bit(i)) && view->member[i].offer.wire_min > wire)
            view->incompatible |= hvc_bit(i);
    view->record.wire = wire;
}

/* Whose stores count, given the offers delivered so far; may these members go on? */
bool hvc_view_judge(struct hvc_replication *r)
{
    struct hvc_view *view = &r->view;
    bool fork;

    view->counted = 0;
    view->foreign = 0;
    view->observers = 0;
    view->need = 0;
    view->modes = 0;
    view->forced = offers_with(view, HVC_OFFER_FORCE) != 0;
    judge_wire(view);
    if (judge_bootstrap(view)) {
        view->counted = view->offered & ~view->incompatible;
        view->best = hvc_view_best(view, view->counted);
        return true;
    }
    view->need = 0;
    view->modes = 0;
    for (uint32_t i = 0; i < view->count; i++)
        if ((view->offered & hvc_bit(i)) && !(view->member[i].offer.flags & HVC_OFFER_OBSERVER) &&
            !rolled_back(view, i))
            view->counted |= hvc_bit(i);
    if (HVC_BUG(EMPTYVOTES) && view->counted != 0)
        view->counted |= offers_with(view, HVC_OFFER_EMPTY);
    if (view->forced)
        view->counted = hvc_bit(hvc_view_best(view, offers_with(view, HVC_OFFER_FORCE)));
    view->counted &= ~view->incompatible;
    judge_cluster_ids(view);
    view->observers = view->offered & ~view->counted & ~view->foreign & ~view->incompatible;
    if (view->counted == 0)
        return false;
    view->best = hvc_view_best(view, view->counted);
    for (uint32_t i = 0; i < view->count; i++)
        if (view->counted & hvc_bit(i)) {
            view->need = view->member[i].offer.need > view->need ? view->member[i].offer.need : view->need;
            view->modes |= view->member[i].offer.modes;
        }
    judge_fork(r, &fork);
    return !fork && hvc_view_enough(r, view->counted);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records of a snapshot, one by one: everything that the commands take for granted about the state is checked here. */
#include <errno.h>
#include <string.h>

#include "internal.h"
#include "snapshot.h"

static bool values_are_valid(uint32_t mask, const uint64_t *values, bool of_node)
{
    for (unsigned i = 0; i < HVC_SETTING_MAX; i++) {
        const struct hvc_setting_info *info = hvc_setting_info(i);
        bool set = (mask >> i & 1) != 0;

        if (set ? (values[i] < info->min || values[i] > info->max || (of_node && !info->per_node)) : values[i] != 0)
            return false;
    }
    return true;
}

static bool head_is_valid(const struct hvc_head *h)
{
    uint8_t state = h->properties.state;

    return values_are_valid(h->set_mask, h->values, false) &&
           hvc_enabled_default_is_valid(h->properties.enabled_default) &&
           (state == HVC_STATE_ENABLED || state == HVC_STATE_DISABLED || state == HVC_STATE_QUIESCE);
}

/* The record before it in the same kind must have a smaller key; last: its slot, HVC_NONE for the first. */
static bool node_is_valid(const struct hvc_service *s, uint32_t slot, uint32_t last)
{
    const struct hvc_service_node *n = &s->nodes[slot];

    return (last == HVC_NONE || s->nodes[last].id < n->id) && hvc_service_node_named(s, n->name) == NULL &&
           values_are_valid(n->own_mask, n->own, true) && !(n->member && n->fenced);
}

static bool is_node(const struct hvc_service *s, uint32_t id)
{
    return hvc_find_node(s, id) != HVC_NONE;
}

static bool network_is_valid(const struct hvc_service *s, uint32_t slot, uint32_t last)
{
    const struct hvc_network *n = &s->networks[slot];

    return (last == HVC_NONE || s->networks[last].id < n->id) && n->id < s->head.next_network &&
           (n->family == 6 || (n->family == 4 && n->prefix <= 32)) && (n->node == 0 || is_node(s, n->node));
}

static bool drain_is_valid(const struct hvc_service *s, uint32_t slot, uint32_t last)
{
    const struct hvc_drain *d = &s->drains[slot];

    return (last == HVC_NONE || s->drains[last].id < d->id) && d->id < s->head.next_drain &&
           (d->state != HVC_DRAIN_RUNNING || is_node(s, d->node));
}

static bool document_is_valid(const struct hvc_service *s, uint32_t slot, uint32_t last)
{
    const struct hvc_document *d = &s->documents[slot];

    return (last == HVC_NONE || s->documents[last].serial < d->serial) && d->serial < s->head.next_document &&
           d->received <= d->size && !hvc_is_zero(d->hash, 32) && hvc_find_document(s, d->hash) == HVC_NONE;
}

static bool has_document(const struct hvc_service *s, const uint8_t hash[32])
{
    return hvc_check_document(s, hash).code == HVC_ANSWER_OK;
}

static bool guest_is_valid(const struct hvc_service *s, uint32_t slot, uint32_t last)
{
    const struct hvc_service_guest *g = &s->guests[slot];

    return (last == HVC_NONE || memcmp(s->guests[last].uuid, g->uuid, 16) < 0) && !hvc_is_zero(g->uuid, 16) &&
           (g->node == 0 || is_node(s, g->node)) && has_document(s, g->document);
}

/* An unfinished job: its guest has no other one, and the nodes that it takes something from are there. */
static bool unfinished_is_valid(const struct hvc_service *s, const struct hvc_job *j)
{
    uint32_t guest = hvc_find_guest(s, j->guest);
    bool may_lack_target = j->phase == HVC_JOB_QUEUED ||
                           (hvc_job_is_check(j) && (hvc_job_phase_info(j->phase)->flags & HVC_JOB_STARTED) == 0);

    return guest != HVC_NONE && s->guests[guest].job == 0 && is_node(s, j->source) &&
           (j->target == 0 ? may_lack_target : is_node(s, j->target));
}

static bool networks_were_given(const struct hvc_service *s, const struct hvc_job *j)
{
    for (unsigned i = 0; i < j->way_count; i++) {
        if (j->ways[i] >= s->head.next_network)
            return false;
    }
    return j->network < s->head.next_network;
}

static bool job_is_valid(const struct hvc_service *s, uint32_t slot, uint32_t last)
{
    const struct hvc_job *j = &s->jobs[slot];
    bool ended = (hvc_job_phase_info(j->phase)->flags & HVC_JOB_ENDED) != 0;

    return (last == HVC_NONE || s->jobs[last].id < j->id) && j->id < s->head.next_job && ended == (j->ended != 0) &&
           j->ended <= s->head.ended && j->mark <= s->head.admissions && has_document(s, j->options.document) &&
           networks_were_given(s, j) && (ended || unfinished_is_valid(s, j));
}

static void link_nothing(struct hvc_service *s, uint32_t slot)
{
    (void)s;
    (void)slot;
}

static const struct {
    size_t size;
    bool (*is_valid)(const struct hvc_service *s, uint32_t slot, uint32_t last);
    void (*link)(struct hvc_service *s, uint32_t slot);
} loads[HVC_RECORD_KIND_COUNT] = {
    [HVC_RECORD_NODE] = {sizeof(struct hvc_service_node), node_is_valid, hvc_link_node},
    [HVC_RECORD_NETWORK] = {sizeof(struct hvc_network), network_is_valid, hvc_link_network},
    [HVC_RECORD_DRAIN] = {sizeof(struct hvc_drain), drain_is_valid, link_nothing},
    [HVC_RECORD_DOCUMENT] = {sizeof(struct hvc_document), document_is_valid, hvc_link_document},
    [HVC_RECORD_GUEST] = {sizeof(struct hvc_service_guest), guest_is_valid, hvc_link_guest},
    [HVC_RECORD_JOB] = {sizeof(struct hvc_job), job_is_valid, hvc_link_job},
};

static int load_head(struct hvc_service *s, struct hvc_bytes_reader *reader)
{
    hvc_fields_read(hvc_record_fields(HVC_RECORD_HEAD), reader, &s->head);
    if (reader->failed || reader->offset != reader->length || !head_is_valid(&s->head))
        return -EBADMSG;
    hvc_touch_head(s);
    return 0;
}

int hvc_record_load(struct hvc_service *s, unsigned kind, struct hvc_bytes_reader *reader)
{
    struct hvc_pool *pool = &s->pool[kind];
    /* The pools were cleared and nothing is removed while loading: slots are taken one after the other. */
    uint32_t last = pool->count == 0 ? HVC_NONE : pool->count - 1, slot;

    if (kind == HVC_RECORD_HEAD)
        return load_head(s, reader);
    slot = hvc_pool_take(pool);
    if (slot == HVC_NONE)
        return -ENOSPC;
    memset(hvc_record_item(s, kind, slot), 0, loads[kind].size);
    hvc_fields_read(hvc_record_fields(kind), reader, hvc_record_item(s, kind, slot));
    if (reader->failed || reader->offset != reader->length || !loads[kind].is_valid(s, slot, last))
        return -EBADMSG;
    loads[kind].link(s, slot);
    hvc_touch(s, (enum hvc_record_kind)kind, slot);
    return 0;
}

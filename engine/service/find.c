/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looking things up, inside and for readers. */
#include <errno.h>
#include <string.h>

#include "internal.h"

#include "hvc/hash.h"

uint32_t hvc_key_hash(const void *key, size_t length)
{
    return (uint32_t)hvc_hash64(key, length, 1);
}

bool hvc_is_zero(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] != 0)
            return false;
    }
    return true;
}

/* Nodes and networks are few: binary search in the order of ids. */
uint32_t hvc_find_node(const struct hvc_service *s, uint32_t id)
{
    uint32_t low = 0, high = s->node_count;

    while (low < high) {
        uint32_t middle = (low + high) / 2;
        uint32_t slot = s->node_order[middle];

        if (s->nodes[slot].id == id)
            return slot;
        if (s->nodes[slot].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return HVC_NONE;
}

uint32_t hvc_find_network(const struct hvc_service *s, uint32_t id)
{
    for (uint32_t i = 0; i < s->network_count; i++) {
        if (s->networks[s->network_order[i]].id == id)
            return s->network_order[i];
    }
    return HVC_NONE;
}

uint32_t hvc_find_drain(const struct hvc_service *s, uint64_t id)
{
    const struct hvc_pool *pool = &s->pool[HVC_RECORD_DRAIN];

    for (uint32_t slot = hvc_pool_live(pool, 0); slot != HVC_NONE; slot = hvc_pool_live(pool, slot + 1)) {
        if (s->drains[slot].id == id)
            return slot;
    }
    return HVC_NONE;
}

uint32_t hvc_find_guest(const struct hvc_service *s, const uint8_t uuid[16])
{
    uint32_t hash = hvc_key_hash(uuid, 16), probe = hash, slot;

    while ((slot = hvc_index_next(&s->guest_by_uuid, hash, &probe)) != HVC_NONE) {
        if (memcmp(s->guests[slot].uuid, uuid, 16) == 0)
            break;
    }
    return slot;
}

uint32_t hvc_find_job(const struct hvc_service *s, uint64_t id)
{
    uint32_t hash = hvc_key_hash(&id, sizeof(id)), probe = hash, slot;

    while ((slot = hvc_index_next(&s->job_by_id, hash, &probe)) != HVC_NONE) {
        if (s->jobs[slot].id == id)
            break;
    }
    return slot;
}

uint32_t hvc_find_document(const struct hvc_service *s, const uint8_t hash[32])
{
    uint32_t key = hvc_key_hash(hash, 32), probe = key, slot;

    while ((slot = hvc_index_next(&s->document_by_hash, key, &probe)) != HVC_NONE) {
        if (memcmp(s->documents[slot].hash, hash, 32) == 0)
            break;
    }
    return slot;
}

/* ---- for readers ---- */

void hvc_service_counts(const struct hvc_service *s, struct hvc_service_counts *ret_counts)
{
    *ret_counts = (struct hvc_service_counts){
        .nodes = s->node_count,
        .guests = s->pool[HVC_RECORD_GUEST].count,
        .networks = s->network_count,
        .drains = s->pool[HVC_RECORD_DRAIN].count,
        .documents = s->pool[HVC_RECORD_DOCUMENT].count,
        .queued = s->queued,
        .active = s->jobs_active.count,
        .ended = s->jobs_ended.count,
        .moving = s->moving,
        .admissions = s->head.admissions,
        .next_job = s->head.next_job,
    };
}

const struct hvc_service_properties *hvc_service_properties(const struct hvc_service *s)
{
    return &s->head.properties;
}

bool hvc_service_is_alone(const struct hvc_service *s)
{
    return s->head.alone;
}

bool hvc_service_setting_is_own(const struct hvc_service *s, uint32_t node, unsigned setting)
{
    uint32_t slot = hvc_find_node(s, node);

    return setting < HVC_SETTING_MAX && slot != HVC_NONE && (s->nodes[slot].own_mask >> setting & 1) != 0;
}

uint64_t hvc_service_setting(const struct hvc_service *s, uint32_t node, unsigned setting)
{
    const struct hvc_setting_info *info = hvc_setting_info(setting);
    uint32_t slot;

    if (info == NULL)
        return 0;
    slot = node == 0 || !info->per_node ? HVC_NONE : hvc_find_node(s, node);
    if (slot != HVC_NONE && (s->nodes[slot].own_mask >> setting & 1) != 0)
        return s->nodes[slot].own[setting];
    if ((s->head.set_mask >> setting & 1) != 0)
        return s->head.values[setting];
    return s->head.alone ? info->alone : info->initial;
}

const struct hvc_service_node *hvc_service_node(const struct hvc_service *s, uint32_t id)
{
    uint32_t slot = hvc_find_node(s, id);

    return slot == HVC_NONE ? NULL : &s->nodes[slot];
}

const struct hvc_service_node *hvc_service_node_at(const struct hvc_service *s, uint32_t position)
{
    return position < s->node_count ? &s->nodes[s->node_order[position]] : NULL;
}

const struct hvc_service_node *hvc_service_node_named(const struct hvc_service *s, const char *name)
{
    for (uint32_t i = 0; i < s->node_count; i++) {
        if (strcmp(s->nodes[s->node_order[i]].name, name) == 0)
            return &s->nodes[s->node_order[i]];
    }
    return NULL;
}

int hvc_service_node_load(const struct hvc_service *s, uint32_t id, struct hvc_node_load *ret_load)
{
    uint32_t slot = hvc_find_node(s, id);

    if (slot == HVC_NONE)
        return -ENOENT;
    *ret_load = s->nodes_more[slot].load;
    ret_load->queued = s->nodes_more[slot].queue.count;
    return 0;
}

const struct hvc_network *hvc_service_network(const struct hvc_service *s, uint32_t id)
{
    uint32_t slot = hvc_find_network(s, id);

    return slot == HVC_NONE ? NULL : &s->networks[slot];
}

const struct hvc_network *hvc_service_network_at(const struct hvc_service *s, uint32_t position)
{
    return position < s->network_count ? &s->networks[s->network_order[position]] : NULL;
}

bool hvc_service_limits_networks(const struct hvc_service *s)
{
    for (uint32_t i = 0; i < s->network_count; i++) {
        if (s->networks[s->network_order[i]].limit != 0)
            return true;
    }
    return false;
}

bool hvc_service_network_has_room(const struct hvc_service *s, uint32_t id, uint32_t source, uint32_t target)
{
    uint32_t from = hvc_find_node(s, source), to = hvc_find_node(s, target);

    return from == HVC_NONE || to == HVC_NONE || hvc_network_has_room(s, id, from, to);
}

const struct hvc_service_guest *hvc_service_guest(const struct hvc_service *s, const uint8_t uuid[16])
{
    uint32_t slot = hvc_find_guest(s, uuid);

    return slot == HVC_NONE ? NULL : &s->guests[slot];
}

bool hvc_service_guest_lives(const struct hvc_service_guest *guest)
{
    return guest->node != 0 || guest->job != 0;
}

struct hvc_service_name hvc_service_guest_name(const struct hvc_service *s, const char *name)
{
    uint32_t hash = hvc_key_hash(name, strlen(name)), probe = hash, slot;
    const struct hvc_service_guest *last = NULL, *alive = NULL;
    struct hvc_service_name found = {0};

    while ((slot = hvc_index_next(&s->guest_by_name, hash, &probe)) != HVC_NONE) {
        if (strcmp(s->guests[slot].name, name) != 0)
            continue;
        last = &s->guests[slot];
        found.all++;
        found.defined += !hvc_is_zero(last->document, sizeof(last->document));
        if (hvc_service_guest_lives(last)) {
            alive = last;
            found.living++;
        }
    }
    if (found.living == 1)
        found.meant = alive;
    else if (found.all == 1)
        found.meant = last;
    return found;
}

const struct hvc_service_guest *hvc_service_guest_named(const struct hvc_service *s, const char *name)
{
    return hvc_service_guest_name(s, name).meant;
}

const struct hvc_job *hvc_service_job(const struct hvc_service *s, uint64_t id)
{
    uint32_t slot = hvc_find_job(s, id);

    return slot == HVC_NONE ? NULL : &s->jobs[slot];
}

const struct hvc_drain *hvc_service_drain(const struct hvc_service *s, uint64_t id)
{
    uint32_t slot = hvc_find_drain(s, id);

    return slot == HVC_NONE ? NULL : &s->drains[slot];
}

const struct hvc_document *hvc_service_document(const struct hvc_service *s, const uint8_t hash[32])
{
    uint32_t slot = hvc_find_document(s, hash);

    return slot == HVC_NONE ? NULL : &s->documents[slot];
}

const struct hvc_service_guest *hvc_service_guest_next(const struct hvc_service *s, uint32_t *cursor)
{
    uint32_t slot = hvc_pool_live(&s->pool[HVC_RECORD_GUEST], *cursor);

    if (slot == HVC_NONE)
        return NULL;
    *cursor = slot + 1;
    return &s->guests[slot];
}

const struct hvc_document *hvc_service_document_next(const struct hvc_service *s, uint32_t *cursor)
{
    uint32_t slot = hvc_pool_live(&s->pool[HVC_RECORD_DOCUMENT], *cursor);

    if (slot == HVC_NONE)
        return NULL;
    *cursor = slot + 1;
    return &s->documents[slot];
}

/* The cursor is the slot of the one given last, plus one: valid because nothing is applied during a walk. */
const struct hvc_job *hvc_service_job_next(const struct hvc_service *s, uint32_t *cursor)
{
    uint32_t slot = *cursor == 0 ? s->jobs_all.head : s->job_links[*cursor - 1].next;

    if (slot == HVC_NONE)
        return NULL;
    *cursor = slot + 1;
    return &s->jobs[slot];
}

const struct hvc_drain *hvc_service_drain_next(const struct hvc_service *s, uint64_t *cursor)
{
    const struct hvc_pool *pool = &s->pool[HVC_RECORD_DRAIN];
    const struct hvc_drain *best = NULL;

    for (uint32_t slot = hvc_pool_live(pool, 0); slot != HVC_NONE; slot = hvc_pool_live(pool, slot + 1)) {
        if (s->drains[slot].id > *cursor && (best == NULL || s->drains[slot].id < best->id))
            best = &s->drains[slot];
    }
    if (best != NULL)
        *cursor = best->id;
    return best;
}

const char *hvc_drain_state_name(unsigned state)
{
    static const char *const names[HVC_DRAIN_STATE_COUNT] = {"running", "done", "blocked", "cancelled"};

    return state < HVC_DRAIN_STATE_COUNT ? names[state] : "invalid";
}

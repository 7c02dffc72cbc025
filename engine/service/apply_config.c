/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands on settings, properties, the service's state and the migration networks. */
#include <string.h>

#include "hvc/address.h"
#include "internal.h"

static bool setting_is_valid(const struct hvc_command_setting *item, uint32_t node)
{
    const struct hvc_setting_info *info = hvc_setting_info(item->setting);

    return (node == 0 || info->per_node) && (item->reset || (item->value >= info->min && item->value <= info->max));
}

static bool set_value(uint32_t *mask, uint64_t *values, const struct hvc_command_setting *item)
{
    uint32_t bit = UINT32_C(1) << item->setting;
    uint32_t new_mask = item->reset ? *mask & ~bit : *mask | bit;
    uint64_t value = item->reset ? 0 : item->value;
    bool changed = new_mask != *mask || value != values[item->setting];

    *mask = new_mask;
    values[item->setting] = value;
    return changed;
}

struct hvc_answer hvc_apply_settings(struct hvc_service *s, const struct hvc_command *c)
{
    uint32_t node = c->settings.node, slot = node == 0 ? HVC_NONE : hvc_find_node(s, node);
    bool changed = false;

    if (node != 0 && slot == HVC_NONE)
        return hvc_answer_of(HVC_ANSWER_NO_NODE, 0, node);
    for (unsigned i = 0; i < c->settings.count; i++) {
        if (!setting_is_valid(&c->settings.item[i], node))
            return hvc_answer_of(HVC_ANSWER_INVALID, HVC_FIELD_SETTING, c->settings.item[i].setting);
    }
    for (unsigned i = 0; i < c->settings.count; i++) {
        if (slot == HVC_NONE)
            changed |= set_value(&s->head.set_mask, s->head.values, &c->settings.item[i]);
        else
            changed |= set_value(&s->nodes[slot].own_mask, s->nodes[slot].own, &c->settings.item[i]);
    }
    if (!changed)
        return hvc_answer_of(HVC_ANSWER_UNCHANGED, 0, 0);
    if (slot == HVC_NONE)
        hvc_touch_head(s);
    else
        hvc_touch(s, HVC_RECORD_NODE, slot);
    hvc_limits_refresh(s);
    hvc_retain(s);
    return hvc_answer_of(HVC_ANSWER_OK, 0, 0);
}

static bool is_within(const char *text, size_t characters)
{
    size_t count = 0;

    return hvc_bytes_is_text(text, strlen(text), false, &count) && count <= characters;
}

struct hvc_answer hvc_apply_properties(struct hvc_service *s, const struct hvc_command *c)
{
    struct hvc_service_properties *p = &s->head.properties;
    unsigned mask = c->properties.mask;

    if ((mask & HVC_PROPERTY_ENABLED_DEFAULT) != 0 && !hvc_enabled_default_is_valid(c->properties.enabled_default))
        return hvc_answer_of(HVC_ANSWER_INVALID, HVC_FIELD_ENABLED_DEFAULT, c->properties.enabled_default);
    if ((mask & HVC_PROPERTY_OWNER_NAME) != 0 && !is_within(c->properties.owner_name, 64))
        return hvc_answer_of(HVC_ANSWER_INVALID, HVC_FIELD_OWNER_NAME, 0);
    if ((mask & HVC_PROPERTY_OWNER_CONTACT) != 0 && !is_within(c->properties.owner_contact, 256))
        return hvc_answer_of(HVC_ANSWER_INVALID, HVC_FIELD_OWNER_CONTACT, 0);
    if ((mask & HVC_PROPERTY_ENABLED_DEFAULT) != 0)
        p->enabled_default = c->properties.enabled_default;
    if ((mask & HVC_PROPERTY_OWNER_NAME) != 0)
        memcpy(p->owner_name, c->properties.owner_name, sizeof(p->owner_name));
    if ((mask & HVC_PROPERTY_OWNER_CONTACT) != 0)
        memcpy(p->owner_contact, c->properties.owner_contact, sizeof(p->owner_contact));
    hvc_touch_head(s);
    return hvc_answer_of(HVC_ANSWER_OK, 0, 0);
}

struct hvc_answer hvc_apply_state(struct hvc_service *s, const struct hvc_command *c)
{
    struct hvc_service_properties *p = &s->head.properties;
    uint8_t state = c->state.state;

    if (state != HVC_STATE_ENABLED && state != HVC_STATE_DISABLED && state != HVC_STATE_QUIESCE)
        return hvc_answer_of(HVC_ANSWER_INVALID, HVC_FIELD_STATE, state);
    if (p->state_used && p->state == state)
        return hvc_answer_of(HVC_ANSWER_UNCHANGED, 0, 0);
    p->state_used = true;
    p->state = state;
    p->changed_ms = c->stamp_ms;
    hvc_touch_head(s);
    s->admit = true;
    return hvc_answer_of(HVC_ANSWER_OK, 0, 0);
}

/* ---- networks ---- */

static bool has_bits_from(const uint8_t *address, unsigned bit)
{
    for (; bit < 128; bit++) {
        if ((address[bit / 8] >> (7 - bit % 8) & 1) != 0)
            return true;
    }
    return false;
}

static bool subnet_is_valid(const struct hvc_network *n)
{
    if (n->family != 4 && n->family != 6)
        return false;
    return n->prefix <= (n->family == 4 ? 32 : 128) && !has_bits_from(n->address, n->prefix);
}

/* Equal subnets, or one inside the other; "every address" (prefix 0) may stand beside any other one. */
static unsigned compare(const struct hvc_network *a, const struct hvc_network *b)
{
    unsigned shorter = a->prefix < b->prefix ? a->prefix : b->prefix;

    if (a->family != b->family || a->node != b->node)
        return HVC_ANSWER_OK;
    if (a->prefix == b->prefix && hvc_address_same_bits(a->address, b->address, a->prefix))
        return HVC_ANSWER_EXISTS;
    return shorter > 0 && hvc_address_same_bits(a->address, b->address, shorter) ? HVC_ANSWER_OVERLAP : HVC_ANSWER_OK;
}

/* What a network of the command will be; the first count-1 candidates of the same command have been made so already. */
static void candidate(const struct hvc_service *s, const struct hvc_command *c, unsigned i, struct hvc_network *ret)
{
    const struct hvc_network *given = &c->networks.item[i].network;
    unsigned mask = c->networks.item[i].mask;
    uint32_t slot = c->kind == HVC_COMMAND_NETWORK_ADD ? HVC_NONE : hvc_find_network(s, given->id);

    if (slot == HVC_NONE) {
        *ret = *given;
        return;
    }
    *ret = s->networks[slot];
    if ((mask & HVC_NETWORK_ADDRESS) != 0) {
        ret->family = given->family;
        ret->prefix = given->prefix;
        memcpy(ret->address, given->address, sizeof(ret->address));
    }
    if ((mask & HVC_NETWORK_METRIC) != 0)
        ret->metric = given->metric;
    if ((mask & HVC_NETWORK_BANDWIDTH) != 0)
        ret->bandwidth = given->bandwidth;
    if ((mask & HVC_NETWORK_NAME) != 0)
        memcpy(ret->name, given->name, sizeof(ret->name));
    if ((mask & HVC_NETWORK_TAGS) != 0)
        memcpy(ret->tags, given->tags, sizeof(ret->tags));
    if ((mask & HVC_NETWORK_LIMIT) != 0)
        ret->limit = given->limit;
}

static bool is_replaced(const struct hvc_command *c, uint32_t id)
{
    for (unsigned i = 0; i < c->networks.count; i++) {
        if (c->kind == HVC_COMMAND_NETWORK_MODIFY && c->networks.item[i].network.id == id)
            return true;
    }
    return false;
}

static struct hvc_answer check_candidate(const struct hvc_service *s, const struct hvc_command *c, unsigned i)
{
    struct hvc_network mine, other;
    unsigned relation;

    candidate(s, c, i, &mine);
    if (!subnet_is_valid(&mine))
        return hvc_answer_of(HVC_ANSWER_INVALID, HVC_FIELD_SUBNET, 0);
    if (mine.node != 0 && hvc_find_node(s, mine.node) == HVC_NONE)
        return hvc_answer_of(HVC_ANSWER_NO_NODE, 0, mine.node);
    for (uint32_t k = 0; k < s->network_count; k++) {
        const struct hvc_network *present = &s->networks[s->network_order[k]];

        relation = is_replaced(c, present->id) ? HVC_ANSWER_OK : compare(&mine, present);
        if (relation != HVC_ANSWER_OK)
            return hvc_answer_of(relation, 0, present->id);
    }
    for (unsigned k = 0; k < i; k++) {
        candidate(s, c, k, &other);
        relation = compare(&mine, &other);
        if (relation != HVC_ANSWER_OK)
            return hvc_answer_of(relation, 0, other.id);
    }
    return hvc_answer_of(HVC_ANSWER_OK, 0, 0);
}

struct hvc_answer hvc_apply_network_add(struct hvc_service *s, const struct hvc_command *c)
{
    struct hvc_pool *pool = &s->pool[HVC_RECORD_NETWORK];
    uint32_t first = s->head.next_network;

    for (unsigned i = 0; i < c->networks.count; i++) {
        struct hvc_answer answer = check_candidate(s, c, i);

        if (answer.code != HVC_ANSWER_OK)
            return answer;
    }
    if (c->networks.count > pool->capacity - pool->count || first > UINT32_MAX - HVC_COMMAND_LIST_MAX)
        return hvc_answer_of(HVC_ANSWER_FULL, HVC_FIELD_NETWORKS, pool->capacity);
    for (unsigned i = 0; i < c->networks.count; i++) {
        uint32_t slot = hvc_pool_take(pool);

        s->networks[slot] = c->networks.item[i].network;
        s->networks[slot].id = s->head.next_network++;
        hvc_link_network(s, slot);
        hvc_touch(s, HVC_RECORD_NETWORK, slot);
    }
    hvc_touch_head(s);
    hvc_ways_forget(s);
    return hvc_answer_of(HVC_ANSWER_OK, 0, first);
}

struct hvc_answer hvc_apply_network_modify(struct hvc_service *s, const struct hvc_command *c)
{
    unsigned changes = 0;

    for (unsigned i = 0; i < c->networks.count; i++) {
        uint32_t id = c->networks.item[i].network.id;
        struct hvc_answer answer;

        if (hvc_find_network(s, id) == HVC_NONE)
            return hvc_answer_of(HVC_ANSWER_NO_NETWORK, 0, id);
        for (unsigned k = 0; k < i; k++) {
            if (c->networks.item[k].network.id == id)
                return hvc_answer_of(HVC_ANSWER_INVALID, HVC_FIELD_NONE, id);
        }
        answer = check_candidate(s, c, i);
        if (answer.code != HVC_ANSWER_OK)
            return answer;
    }
    for (unsigned i = 0; i < c->networks.count; i++) {
        uint32_t slot = hvc_find_network(s, c->networks.item[i].network.id);
        struct hvc_network changed;

        candidate(s, c, i, &changed);
        s->networks[slot] = changed;
        changes |= c->networks.item[i].mask;
        hvc_touch(s, HVC_RECORD_NETWORK, slot);
    }
    if ((changes & (HVC_NETWORK_ADDRESS | HVC_NETWORK_METRIC)) != 0)
        hvc_ways_forget(s);
    s->admit = true; /* a limit may leave room now */
    return hvc_answer_of(HVC_ANSWER_OK, 0, 0);
}

struct hvc_answer hvc_apply_network_remove(struct hvc_service *s, const struct hvc_command *c)
{
    for (unsigned i = 0; i < c->network_remove.count; i++) {
        uint32_t id = c->network_remove.id[i];

        if (hvc_find_network(s, id) == HVC_NONE)
            return hvc_answer_of(HVC_ANSWER_NO_NETWORK, 0, id);
    }
    for (unsigned i = 0; i < c->network_remove.count; i++) {
        uint32_t slot = hvc_find_network(s, c->network_remove.id[i]);

        if (slot == HVC_NONE)
            continue; /* named twice */
        hvc_unlink_network(s, slot);
        hvc_pool_give(&s->pool[HVC_RECORD_NETWORK], slot);
        hvc_touch(s, HVC_RECORD_NETWORK, slot);
    }
    s->admit = true; /* its limit holds nobody back any more */
    return hvc_answer_of(HVC_ANSWER_OK, 0, 0);
}

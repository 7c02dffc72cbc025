/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands on nodes: the node list, members, fencing, flags. */
#include <string.h>

#include "internal.h"

#include "hvc/text.h"

static struct hvc_answer add_node(struct hvc_service *s, const struct hvc_command *c)
{
    uint32_t slot = hvc_pool_take(&s->pool[HVC_RECORD_NODE]);
    struct hvc_service_node *node;

    if (slot == HVC_NONE)
        return hvc_answer_of(HVC_ANSWER_FULL, HVC_FIELD_NODES, s->config.nodes);
    node = &s->nodes[slot];
    memset(node, 0, sizeof(*node));
    node->id = c->node_facts.id;
    node->accepting = true;
    node->cpus = c->node_facts.cpus;
    node->memory_kib = c->node_facts.memory_kib;
    memcpy(node->name, c->node_facts.name, sizeof(node->name));
    hvc_link_node(s, slot);
    hvc_touch(s, HVC_RECORD_NODE, slot);
    hvc_limits_refresh(s);
    return hvc_answer_of(HVC_ANSWER_OK, 0, node->id);
}

struct hvc_answer hvc_apply_node(struct hvc_service *s, const struct hvc_command *c)
{
    const struct hvc_service_node *named = hvc_service_node_named(s, c->node_facts.name);
    uint32_t slot = hvc_find_node(s, c->node_facts.id);
    struct hvc_service_node *node;

    if (named != NULL && named->id != c->node_facts.id)
        return hvc_answer_of(HVC_ANSWER_NAME_TAKEN, 0, named->id);
    if (slot == HVC_NONE)
        return add_node(s, c);
    node = &s->nodes[slot];
    if (named == node && node->cpus == c->node_facts.cpus && node->memory_kib == c->node_facts.memory_kib)
        return hvc_answer_of(HVC_ANSWER_UNCHANGED, 0, node->id);
    node->cpus = c->node_facts.cpus;
    node->memory_kib = c->node_facts.memory_kib;
    memcpy(node->name, c->node_facts.name, sizeof(node->name));
    hvc_touch(s, HVC_RECORD_NODE, slot);
    hvc_limits_refresh(s);
    return hvc_answer_of(HVC_ANSWER_OK, 0, node->id);
}

/* Jobs, guests, networks or drains that could not do without the node. */
static bool node_is_named(const struct hvc_service *s, uint32_t id)
{
    uint32_t jobs = 0, guests = 0;
    uint64_t drains = 0;
    const struct hvc_service_guest *guest;
    const struct hvc_drain *drain;
    const struct hvc_job *job;

    while ((job = hvc_service_job_next(s, &jobs)) != NULL) {
        if (job->ended == 0 && (job->source == id || job->target == id))
            return true;
    }
    while ((guest = hvc_service_guest_next(s, &guests)) != NULL) {
        if (guest->node == id)
            return true;
    }
    while ((drain = hvc_service_drain_next(s, &drains)) != NULL) {
        if (drain->state == HVC_DRAIN_RUNNING && (drain->node == id || drain->target == id))
            return true;
    }
    for (uint32_t i = 0; i < s->network_count; i++) {
        if (s->networks[s->network_order[i]].node == id)
            return true;
    }
    return false;
}

struct hvc_answer hvc_apply_node_remove(struct hvc_service *s, const struct hvc_command *c)
{
    uint32_t id = c->node_remove.id, slot = hvc_find_node(s, id);
    const struct hvc_pool *guests = &s->pool[HVC_RECORD_GUEST];

    if (slot == HVC_NONE)
        return hvc_answer_of(HVC_ANSWER_NO_NODE, 0, id);
    if (s->nodes[slot].member)
        return hvc_answer_of(HVC_ANSWER_MEMBER, 0, id);
    if (node_is_named(s, id))
        return hvc_answer_of(HVC_ANSWER_IN_USE, 0, id);
    for (uint32_t g = hvc_pool_live(guests, 0); g != HVC_NONE; g = hvc_pool_live(guests, g + 1)) {
        if (s->guests[g].origin == id) {
            s->guests[g].origin = 0;
            hvc_touch(s, HVC_RECORD_GUEST, g);
        }
    }
    hvc_unlink_node(s, slot);
    hvc_pool_give(&s->pool[HVC_RECORD_NODE], slot);
    hvc_touch(s, HVC_RECORD_NODE, slot);
    return hvc_answer_of(HVC_ANSWER_OK, 0, 0);
}

static const struct hvc_command_member *member_of(const struct hvc_command *c, uint32_t id)
{
    for (unsigned i = 0; i < c->members.count; i++) {
        if (c->members.item[i].node == id)
            return &c->members.item[i];
    }
    return NULL;
}

/* A daemon that restarted has left and come again, also when nobody saw it away. */
static bool members_leave(struct hvc_service *s, const struct hvc_command *c)
{
    bool changed = false;

    for (uint32_t i = 0; i < s->node_count; i++) {
        uint32_t slot = s->node_order[i];
        const struct hvc_command_member *member = member_of(c, s->nodes[slot].id);

        if (!s->nodes[slot].member || (member != NULL && member->boot_id == s->nodes[slot].boot_id))
            continue;
        s->nodes[slot].member = false;
        s->nodes[slot].fenced = false;
        hvc_touch(s, HVC_RECORD_NODE, slot);
        changed = true;
    }
    return changed;
}

static bool members_come(struct hvc_service *s, const struct hvc_command *c)
{
    bool changed = false;

    for (unsigned i = 0; i < c->members.count; i++) {
        uint32_t slot = hvc_find_node(s, c->members.item[i].node);

        if (s->nodes[slot].member)
            continue;
        s->nodes[slot].member = true;
        s->nodes[slot].fenced = false;
        s->nodes[slot].boot_id = c->members.item[i].boot_id;
        hvc_touch(s, HVC_RECORD_NODE, slot);
        changed = true;
    }
    return changed;
}

struct hvc_answer hvc_apply_members(struct hvc_service *s, const struct hvc_command *c)
{
    bool left, came;

    for (unsigned i = 0; i < c->members.count; i++) {
        uint32_t id = c->members.item[i].node;

        if (i > 0 && id <= c->members.item[i - 1].node)
            return hvc_answer_of(HVC_ANSWER_INVALID, HVC_FIELD_MEMBERS, id);
        if (hvc_find_node(s, id) == HVC_NONE)
            return hvc_answer_of(HVC_ANSWER_NO_NODE, 0, id);
    }
    left = members_leave(s, c);
    if (left)
        hvc_jobs_follow_nodes(s, c);
    came = members_come(s, c);
    if (came)
        hvc_jobs_follow_nodes(s, c);
    return hvc_answer_of(left || came ? HVC_ANSWER_OK : HVC_ANSWER_UNCHANGED, 0, 0);
}

/* What had begun, and lost this target, is not begun anew. */
static void give_up_target(struct hvc_service *s, uint32_t target)
{
    const struct hvc_job *job;
    uint32_t cursor = 0;

    while ((job = hvc_service_job_next(s, &cursor)) != NULL) {
        uint32_t slot = cursor - 1;

        if (job->target != target || job->lost_target != HVC_TARGET_LOST)
            continue;
        s->jobs[slot].lost_target = HVC_TARGET_DEAD;
        hvc_touch(s, HVC_RECORD_JOB, slot);
    }
}

/* What is back in the queue ends at once, the others when their moves have been ended. */
static void end_given_up(struct hvc_service *s, const struct hvc_command *c)
{
    for (uint32_t i = 0; i < s->node_count; i++) {
        uint32_t next;

        for (uint32_t job = s->nodes_more[s->node_order[i]].queue.head; job != HVC_NONE; job = next) {
            next = s->state_links[job].next;
            if (s->jobs[job].lost_target != HVC_TARGET_DEAD)
                continue;
            hvc_job_reason(s, job, c, HVC_REASON_TARGET_LOST, "the target is down: fenced, or shut down");
            hvc_job_move(s, job, HVC_JOB_FAILED, c->stamp_ms);
        }
    }
}

/* A fenced node runs nothing: what waited to leave it ends, its guests are nowhere. Started jobs are reconciled. */
static void clear_fenced(struct hvc_service *s, const struct hvc_command *c, uint32_t slot)
{
    const struct hvc_pool *guests = &s->pool[HVC_RECORD_GUEST];
    struct hvc_list *queue = &s->nodes_more[slot].queue;

    while (queue->head != HVC_NONE) {
        uint32_t job = queue->head;

        hvc_job_reason(s, job, c, HVC_REASON_SOURCE_LOST, "the source was fenced");
        hvc_job_move(s, job, HVC_JOB_FAILED, c->stamp_ms);
    }
    give_up_target(s, s->nodes[slot].id);
    end_given_up(s, c);
    hvc_jobs_follow_nodes(s, c);
    for (uint32_t g = hvc_pool_live(guests, 0); g != HVC_NONE; g = hvc_pool_live(guests, g + 1)) {
        if (s->guests[g].node == s->nodes[slot].id && s->guests[g].job == 0)
            hvc_guest_located(s, g, 0);
    }
}

struct hvc_answer hvc_apply_fenced(struct hvc_service *s, const struct hvc_command *c)
{
    uint32_t slot = hvc_find_node(s, c->fenced.id);

    if (slot == HVC_NONE)
        return hvc_answer_of(HVC_ANSWER_NO_NODE, 0, c->fenced.id);
    if (s->nodes[slot].member && !HVC_SERVICE_BUG(FENCEDMEMBER))
        return hvc_answer_of(HVC_ANSWER_MEMBER, 0, c->fenced.id);
    if (c->fenced.boot_id != s->nodes[slot].boot_id && !HVC_SERVICE_BUG(OLDFENCING))
        return hvc_answer_of(HVC_ANSWER_STALE, 0, s->nodes[slot].boot_id);
    if (s->nodes[slot].fenced)
        return hvc_answer_of(HVC_ANSWER_UNCHANGED, 0, c->fenced.id);
    s->nodes[slot].fenced = true;
    hvc_touch(s, HVC_RECORD_NODE, slot);
    clear_fenced(s, c, slot);
    return hvc_answer_of(HVC_ANSWER_OK, 0, 0);
}

struct hvc_answer hvc_apply_node_flags(struct hvc_service *s, const struct hvc_command *c)
{
    uint32_t slot = hvc_find_node(s, c->node_flags.id);
    struct hvc_service_node *node;
    bool accepting, maintenance;

    if (slot == HVC_NONE)
        return hvc_answer_of(HVC_ANSWER_NO_NODE, 0, c->node_flags.id);
    node = &s->nodes[slot];
    accepting = (c->node_flags.mask & HVC_NODE_ACCEPTING) != 0 ? c->node_flags.accepting : node->accepting;
    maintenance = (c->node_flags.mask & HVC_NODE_MAINTENANCE) != 0 ? c->node_flags.maintenance : node->maintenance;
    if (accepting == node->accepting && maintenance == node->maintenance)
        return hvc_answer_of(HVC_ANSWER_UNCHANGED, 0, 0);
    node->accepting = accepting;
    node->maintenance = maintenance;
    hvc_touch(s, HVC_RECORD_NODE, slot);
    s->admit = true;
    return hvc_answer_of(HVC_ANSWER_OK, 0, 0);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "upkeep.h"

#include "hvc/text.h"

static const struct hvc_upkeep_member *member_of(const struct hvc_upkeep *u, uint32_t id)
{
    for (unsigned i = 0; i < u->member_count; i++) {
        if (u->members[i].id == id)
            return &u->members[i];
    }
    return NULL;
}

static bool is_listed(const struct hvc_upkeep *u, uint32_t id)
{
    for (unsigned i = 0; i < u->node_count; i++) {
        if (u->nodes[i].id == id)
            return true;
    }
    return false;
}

static bool begin(struct hvc_command *command, enum hvc_command_kind kind)
{
    *command = (struct hvc_command){.version = HVC_COMMAND_VERSION, .kind = (uint8_t)kind, .by = "hvclusterd"};
    return true;
}

/* A name that another node bears would be refused: that one has to be renamed or removed first. */
static bool name_is_free(const struct hvc_upkeep *u, const struct hvc_upkeep_node *node)
{
    const struct hvc_service_node *bearer = hvc_service_node_named(u->service, node->name);

    return bearer == NULL || bearer->id == node->id;
}

static bool next_node(const struct hvc_upkeep *u, struct hvc_command *command)
{
    for (unsigned i = 0; i < u->node_count; i++) {
        const struct hvc_upkeep_node *node = &u->nodes[i];
        const struct hvc_service_node *now = hvc_service_node(u->service, node->id);
        const struct hvc_upkeep_member *member = member_of(u, node->id);
        bool told = member != NULL && member->known;
        uint32_t cpus = told ? member->cpus : now != NULL ? now->cpus : 0;
        uint64_t memory_kib = told ? member->memory_kib : now != NULL ? now->memory_kib : 0;

        if (now != NULL && strcmp(now->name, node->name) == 0 && now->cpus == cpus && now->memory_kib == memory_kib)
            continue;
        if (node->name[0] == '\0' || !name_is_free(u, node))
            continue;
        (void)begin(command, HVC_COMMAND_NODE);
        command->node_facts.id = node->id;
        command->node_facts.cpus = cpus;
        command->node_facts.memory_kib = memory_kib;
        return hvc_text_copy(command->node_facts.name, sizeof(command->node_facts.name), node->name) == 0;
    }
    return false;
}

/* The boot id under which a node of the view is a member; false: it is none. */
static bool boot_of(const struct hvc_upkeep *u, const struct hvc_service_node *node, uint64_t *ret_boot_id)
{
    const struct hvc_upkeep_member *member = member_of(u, node->id);

    if (member == NULL)
        return false;
    if (member->known) {
        *ret_boot_id = member->boot_id;
        return true;
    }
    *ret_boot_id = node->boot_id; /* not heard of yet: it stays what it is for a while */
    return node->member && !u->members_settled;
}

static bool next_members(const struct hvc_upkeep *u, struct hvc_command *command)
{
    const struct hvc_service_node *node;
    bool differs = false;

    (void)begin(command, HVC_COMMAND_MEMBERS);
    for (uint32_t i = 0; (node = hvc_service_node_at(u->service, i)) != NULL; i++) {
        uint64_t boot_id = 0;
        bool is = boot_of(u, node, &boot_id);

        differs = differs || is != node->member || (is && boot_id != node->boot_id);
        if (is && command->members.count < HVC_NODES_MAX)
            command->members.item[command->members.count++] =
                (struct hvc_command_member){.node = node->id, .boot_id = boot_id};
    }
    return differs;
}

static bool next_fenced(const struct hvc_upkeep *u, struct hvc_command *command)
{
    for (unsigned i = 0; i < u->fenced_count; i++) {
        const struct hvc_service_node *node = hvc_service_node(u->service, u->fenced[i]);

        if (node == NULL || node->member || node->fenced || node->boot_id != u->fenced_boot[i])
            continue; /* of another life of it: the word has to come again */
        (void)begin(command, HVC_COMMAND_FENCED);
        command->fenced.id = node->id;
        command->fenced.boot_id = u->fenced_boot[i];
        return true;
    }
    return false;
}

/* Jobs, guests, drains or networks that cannot do without the node: removing it would be refused. */
static bool is_named(const struct hvc_service *s, uint32_t id)
{
    const struct hvc_service_guest *guest;
    const struct hvc_network *network;
    const struct hvc_drain *drain;
    const struct hvc_job *job;
    uint32_t jobs = 0, guests = 0;
    uint64_t drains = 0;

    while ((guest = hvc_service_guest_next(s, &guests)) != NULL) {
        if (guest->node == id)
            return true;
    }
    while ((job = hvc_service_job_next(s, &jobs)) != NULL) {
        if (job->ended == 0 && (job->source == id || job->target == id))
            return true;
    }
    while ((drain = hvc_service_drain_next(s, &drains)) != NULL) {
        if (drain->state == HVC_DRAIN_RUNNING && (drain->node == id || drain->target == id))
            return true;
    }
    for (uint32_t i = 0; (network = hvc_service_network_at(s, i)) != NULL; i++) {
        if (network->node == id)
            return true;
    }
    return false;
}

static bool next_remove(const struct hvc_upkeep *u, struct hvc_command *command)
{
    const struct hvc_service_node *node;

    for (uint32_t i = 0; u->node_count > 0 && (node = hvc_service_node_at(u->service, i)) != NULL; i++) {
        if (is_listed(u, node->id) || node->member || member_of(u, node->id) != NULL || is_named(u->service, node->id))
            continue;
        (void)begin(command, HVC_COMMAND_NODE_REMOVE);
        command->node_remove.id = node->id;
        return true;
    }
    return false;
}

bool hvc_upkeep_next(const struct hvc_upkeep *u, struct hvc_command *ret_command)
{
    if (next_remove(u, ret_command) || next_node(u, ret_command) || next_members(u, ret_command) ||
        next_fenced(u, ret_command))
        return true;
    return u->stamp_ms != 0 && hvc_service_next_tick_ms(u->service) <= u->stamp_ms &&
           begin(ret_command, HVC_COMMAND_TICK);
}

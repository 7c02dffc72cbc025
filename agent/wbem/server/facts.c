/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts.h"

#include <string.h>

void hvc_wbemd_facts_clear(struct hvc_cim_facts *facts)
{
    *facts = (struct hvc_cim_facts){.node = "", .cluster = "", .version = "", .stale = ""};
    facts->service.owner_name = "";
    facts->service.owner_contact = "";
}

const char *hvc_wbemd_facts_operation(uint32_t part)
{
    static const struct {
        uint32_t part;
        const char *operation;
    } rows[] = {{HVC_FACTS_STATUS, "status"},          {HVC_FACTS_SERVICE, "service.show"},
                {HVC_FACTS_SETTINGS, "settings.show"}, {HVC_FACTS_NODE_SETTINGS, "settings.show"},
                {HVC_FACTS_NETWORKS, "network.list"},  {HVC_FACTS_NODES, "node.list"},
                {HVC_FACTS_GUESTS, "guest.known"},     {HVC_FACTS_JOBS, "job.list"}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].part == part)
            return rows[i].operation;
    return NULL;
}

static const char *text(struct hvc_cim_arena *arena, const struct hvc_record *record, const char *name)
{
    const char *value = hvc_record_text(record, name, "");
    const char *copy = hvc_cim_copy(arena, value, strlen(value));

    return copy == NULL ? "" : copy; /* the arena remembers it */
}

/* UUIDs are names of systems in upper case, as Hyper-V writes them. */
static const char *uuid(struct hvc_cim_arena *arena, const struct hvc_record *record)
{
    const char *value = hvc_record_text(record, "uuid", "");
    char *copy = hvc_cim_copy(arena, value, strlen(value));

    for (char *p = copy; p != NULL && *p != '\0'; p++)
        *p = *p >= 'a' && *p <= 'z' ? (char)(*p - 'a' + 'A') : *p;
    return copy == NULL ? "" : copy;
}

static uint32_t number(const struct hvc_record *record, const char *name, uint32_t otherwise)
{
    uint64_t value = hvc_record_u64(record, name, otherwise);

    return value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

static void take_status(struct hvc_cim_arena *arena, struct hvc_cim_facts *facts, const struct hvc_record *data)
{
    const struct hvc_record *state = hvc_record_record(data, "cluster_state");
    const char *cluster = hvc_record_text(data, "cluster", "");

    facts->node = text(arena, data, "node");
    facts->version = text(arena, data, "version");
    facts->cluster = cluster[0] == '\0' ? facts->node : text(arena, data, "cluster");
    facts->quorate = hvc_record_bool(data, "quorate", hvc_record_bool(state, "standalone", false));
    facts->quorum_votes = number(hvc_record_record(state, "quorum"), "needed", 0);
    if (hvc_record_bool(state, "stale", false))
        facts->stale = hvc_cim_format(arena, "the state may be old: %s",
                                      hvc_record_text(state, "doubt", hvc_record_text(state, "summary", "no quorum")));
    if (facts->stale == NULL)
        facts->stale = "";
}

static void take_service(struct hvc_cim_arena *arena, struct hvc_cim_facts *facts, const struct hvc_record *data)
{
    facts->service.started = hvc_record_bool(data, "started", false);
    facts->service.enabled_state = number(data, "enabled_state", 5);
    facts->service.requested_state = number(data, "requested_state", 12);
    facts->service.enabled_default = number(data, "enabled_default", 2);
    facts->service.changed_ms = hvc_record_u64(data, "changed_ms", 0);
    facts->service.owner_name = text(arena, data, "owner_name");
    facts->service.owner_contact = text(arena, data, "owner_contact");
    facts->service.state_used = facts->service.requested_state != 12;
}

static void take_settings(struct hvc_facts_settings *settings, const struct hvc_record *data)
{
    for (size_t i = 0; i < hvc_record_list_count(data, "settings"); i++) {
        const struct hvc_record *row = hvc_record_list_at(data, "settings", i);
        const char *name = hvc_record_text(row, "name", "");
        uint32_t value = number(row, "value", 0);

        if (strcmp(name, "enable-migration") == 0)
            settings->enable_migration = value != 0;
        else if (strcmp(name, "compression") == 0)
            settings->compression = value != 0;
        else if (strcmp(name, "smb") == 0)
            settings->smb = value != 0;
        else if (strcmp(name, "moves-out") == 0)
            settings->moves = value;
        else if (strcmp(name, "storage-moves") == 0)
            settings->storage_moves = value;
        else if (strcmp(name, "authentication") == 0)
            settings->authentication = value;
    }
}

/* "a,b" as an array. */
static void take_tags(struct hvc_cim_arena *arena, struct hvc_facts_network *network, const char *tags)
{
    size_t most = 1;

    for (const char *p = tags; *p != '\0'; p++)
        most += *p == ',' ? 1 : 0;
    network->tags = hvc_cim_alloc(arena, most, sizeof(*network->tags));
    while (network->tags != NULL && *tags != '\0') {
        size_t length = strcspn(tags, ",");
        const char *copy = hvc_cim_copy(arena, tags, length);

        if (copy != NULL && length > 0)
            network->tags[network->tag_count++] = copy;
        tags += length + (tags[length] == ',' ? 1 : 0);
    }
}

static void take_networks(struct hvc_cim_arena *arena, struct hvc_cim_facts *facts, const struct hvc_record *data)
{
    size_t count = hvc_record_list_count(data, "networks");
    struct hvc_facts_network *networks = hvc_cim_alloc(arena, count + 1, sizeof(*networks));

    if (networks == NULL)
        return;
    for (size_t i = 0; i < count; i++) {
        const struct hvc_record *row = hvc_record_list_at(data, "networks", i);
        const char *subnet = hvc_record_text(row, "subnet", "");
        size_t length = strcspn(subnet, "/");

        networks[i].id = number(row, "id", 0);
        networks[i].address = hvc_cim_copy(arena, subnet, length);
        for (const char *p = subnet[length] == '/' ? subnet + length + 1 : ""; *p >= '0' && *p <= '9'; p++)
            networks[i].prefix = (uint8_t)(networks[i].prefix * 10 + (*p - '0'));
        networks[i].metric = number(row, "metric", 0);
        networks[i].name = text(arena, row, "name");
        networks[i].node = text(arena, row, "node");
        take_tags(arena, &networks[i], hvc_record_text(row, "tags", ""));
        if (networks[i].address == NULL)
            return;
    }
    facts->networks = networks;
    facts->network_count = (uint32_t)count;
}

/* Where the node listens for moves, as it says; a node that says nothing has none. */
static void take_listens(struct hvc_cim_arena *arena, struct hvc_facts_node *node, const struct hvc_record *row)
{
    size_t count = hvc_record_list_count(row, "listens");

    node->listens = hvc_cim_alloc(arena, count + 1, sizeof(*node->listens));
    for (size_t i = 0; node->listens != NULL && i < count; i++)
        node->listens[node->listen_count++] = text(arena, hvc_record_list_at(row, "listens", i), "address");
}

static void take_nodes(struct hvc_cim_arena *arena, struct hvc_cim_facts *facts, const struct hvc_record *data)
{
    size_t count = hvc_record_list_count(data, "nodes");
    struct hvc_facts_node *nodes = hvc_cim_alloc(arena, count + 1, sizeof(*nodes));

    for (size_t i = 0; nodes != NULL && i < count; i++) {
        const struct hvc_record *row = hvc_record_list_at(data, "nodes", i);

        nodes[i].name = text(arena, row, "name");
        nodes[i].member = hvc_record_bool(row, "member", false);
        nodes[i].fenced = hvc_record_bool(row, "fenced", false);
        nodes[i].accepting = hvc_record_bool(row, "accepting", true);
        nodes[i].maintenance = hvc_record_bool(row, "maintenance", false);
        nodes[i].cpus = number(row, "cpus", 0);
        nodes[i].memory_kib = hvc_record_u64(row, "memory_kib", 0);
        nodes[i].moves_out = number(row, "moves_out", 0);
        nodes[i].moves_in = number(row, "moves_in", 0);
        nodes[i].storage_moves = number(row, "storage_moves", 0);
        take_listens(arena, &nodes[i], row);
    }
    facts->nodes = nodes;
    facts->node_count = nodes == NULL ? 0 : (uint32_t)count;
}

static void take_devices(struct hvc_cim_arena *arena, struct hvc_facts_guest *guest, const struct hvc_record *row)
{
    size_t disk_count = hvc_record_list_count(row, "disks"), net_count = hvc_record_list_count(row, "nets");
    struct hvc_facts_disk *disks = disk_count == 0 ? NULL : hvc_cim_alloc(arena, disk_count, sizeof(*disks));
    struct hvc_facts_net *nets = net_count == 0 ? NULL : hvc_cim_alloc(arena, net_count, sizeof(*nets));

    for (size_t i = 0; disks != NULL && i < disk_count; i++) {
        const struct hvc_record *disk = hvc_record_list_at(row, "disks", i);

        disks[i] = (struct hvc_facts_disk){.target = text(arena, disk, "target"),
                                           .source = text(arena, disk, "source"),
                                           .readonly = hvc_record_bool(disk, "readonly", false)};
    }
    for (size_t i = 0; nets != NULL && i < net_count; i++) {
        const struct hvc_record *net = hvc_record_list_at(row, "nets", i);

        nets[i] = (struct hvc_facts_net){.source = text(arena, net, "source"), .mac = text(arena, net, "mac")};
    }
    guest->disks = disks;
    guest->nets = nets;
    guest->disk_count = disks == NULL ? 0 : (uint32_t)disk_count;
    guest->net_count = nets == NULL ? 0 : (uint32_t)net_count;
}

static void take_guests(struct hvc_cim_arena *arena, struct hvc_cim_facts *facts, const struct hvc_record *data)
{
    size_t count = hvc_record_list_count(data, "guests");
    struct hvc_facts_guest *guests = hvc_cim_alloc(arena, facts->guest_count + count + 1, sizeof(*guests));
    size_t before = facts->guest_count;

    if (guests == NULL)
        return;
    if (before > 0)
        memcpy(guests, facts->guests, before * sizeof(*guests));
    for (size_t i = 0; i < count; i++) {
        const struct hvc_record *row = hvc_record_list_at(data, "guests", i);
        struct hvc_facts_guest *guest = &guests[before + i];

        guest->uuid = uuid(arena, row);
        guest->name = text(arena, row, "name");
        guest->node = text(arena, row, "node");
        guest->cpus = number(row, "cpus", 0);
        guest->memory_kib = hvc_record_u64(row, "memory_kib", 0);
        guest->version = hvc_record_u64(row, "version", 0);
        guest->moving = hvc_record_u64(row, "job", 0) != 0;
        guest->seen = hvc_record_type(row, "class") == HVC_RECORD_NONE ? NULL : text(arena, row, "class");
        take_devices(arena, guest, row);
    }
    facts->guests = guests;
    facts->guest_count = (uint32_t)(before + count);
}

static void take_reasons(struct hvc_cim_arena *arena, struct hvc_facts_job *job, const struct hvc_record *row)
{
    size_t count = hvc_record_list_count(row, "reasons");
    struct hvc_facts_reason *reasons = count == 0 ? NULL : hvc_cim_alloc(arena, count, sizeof(*reasons));

    for (size_t i = 0; reasons != NULL && i < count; i++) {
        const struct hvc_record *reason = hvc_record_list_at(row, "reasons", i);

        reasons[i] =
            (struct hvc_facts_reason){.code = text(arena, reason, "code"), .text = text(arena, reason, "text")};
    }
    job->reasons = reasons;
    job->reason_count = reasons == NULL ? 0 : (uint32_t)count;
}

static void take_job(struct hvc_cim_arena *arena, struct hvc_facts_job *job, const struct hvc_record *row)
{
    const struct hvc_record *times = hvc_record_record(row, "times");
    const struct hvc_record *progress = hvc_record_record(row, "progress");

    job->id = hvc_record_u64(row, "id", 0);
    job->uuid = uuid(arena, row);
    job->guest = text(arena, row, "guest");
    job->kind = text(arena, row, "kind");
    job->phase = text(arena, row, "phase");
    job->source = text(arena, row, "source");
    job->target = text(arena, row, "target");
    job->by = text(arena, row, "by");
    job->words = text(arena, row, "words");
    job->ended = hvc_record_bool(row, "ended", false);
    job->check = hvc_record_bool(row, "check", false);
    job->plan = hvc_record_bool(row, "document", false);
    job->cancellable = hvc_record_bool(row, "cancellable", false);
    job->created_ms = hvc_record_u64(row, "created_ms", 0);
    job->since_ms = hvc_record_u64(row, "since_ms", 0);
    job->started_ms = hvc_record_u64(times, "admitted", 0);
    job->priority = number(row, "priority", 0);
    take_reasons(arena, job, row);
    job->percent = number(progress, "percent", strcmp(job->phase, "completed") == 0 ? 100 : 101);
}

static void take_jobs(struct hvc_cim_arena *arena, struct hvc_cim_facts *facts, const struct hvc_record *data)
{
    size_t count = hvc_record_list_count(data, "jobs");
    struct hvc_facts_job *jobs = hvc_cim_alloc(arena, facts->job_count + count + 1, sizeof(*jobs));

    if (jobs == NULL)
        return;
    if (facts->job_count > 0)
        memcpy(jobs, facts->jobs, facts->job_count * sizeof(*jobs));
    for (size_t i = 0; i < count; i++)
        take_job(arena, &jobs[facts->job_count + i], hvc_record_list_at(data, "jobs", i));
    facts->now_ms = hvc_record_u64(data, "now_ms", facts->now_ms);
    facts->jobs = jobs;
    facts->job_count += (uint32_t)count;
}

bool hvc_wbemd_facts_take(struct hvc_cim_arena *arena, struct hvc_cim_facts *facts, uint32_t part,
                          const struct hvc_record *data)
{
    switch (part) {
    case HVC_FACTS_STATUS:
        take_status(arena, facts, data);
        break;
    case HVC_FACTS_SERVICE:
        take_service(arena, facts, data);
        break;
    case HVC_FACTS_SETTINGS:
        take_settings(&facts->settings, data);
        break;
    case HVC_FACTS_NODE_SETTINGS:
        take_settings(&facts->node_settings, data);
        break;
    case HVC_FACTS_NETWORKS:
        take_networks(arena, facts, data);
        break;
    case HVC_FACTS_NODES:
        take_nodes(arena, facts, data);
        break;
    case HVC_FACTS_GUESTS:
        take_guests(arena, facts, data);
        break;
    case HVC_FACTS_JOBS:
        take_jobs(arena, facts, data);
        break;
    default:
        break;
    }
    return !hvc_cim_arena_failed(arena);
}

void hvc_wbemd_facts_share(struct hvc_cim_facts *facts, const struct hvc_cim_facts *other, uint32_t part)
{
    switch (part) {
    case HVC_FACTS_SERVICE:
        facts->service = other->service;
        break;
    case HVC_FACTS_SETTINGS:
        facts->settings = other->settings;
        break;
    case HVC_FACTS_NODE_SETTINGS:
        facts->node_settings = other->node_settings;
        break;
    case HVC_FACTS_NETWORKS:
        facts->networks = other->networks;
        facts->network_count = other->network_count;
        break;
    case HVC_FACTS_NODES:
        facts->nodes = other->nodes;
        facts->node_count = other->node_count;
        break;
    default:
        break;
    }
}

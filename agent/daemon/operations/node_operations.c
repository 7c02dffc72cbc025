/* SPDX-License-Identifier: GPL-2.0-or-later */
/* node.*: the nodes as the replicated state knows them, and what an operator says about them. */
#include <errno.h>
#include <string.h>

#include "cluster_call.h"
#include "node_facts.h"

static void describe(struct hvc_record *record, const struct hvc_service *service, const struct hvc_service_node *node)
{
    struct hvc_node_load load = {0};

    hvc_record_set_u64(record, "id", node->id);
    hvc_record_set_text(record, "name", node->name);
    hvc_record_set_bool(record, "member", node->member);
    hvc_record_set_bool(record, "fenced", node->fenced);
    hvc_record_set_bool(record, "accepting", node->accepting);
    hvc_record_set_bool(record, "maintenance", node->maintenance);
    hvc_record_set_u64(record, "cpus", node->cpus);
    hvc_record_set_u64(record, "memory_kib", node->memory_kib);
    if (hvc_service_node_load(service, node->id, &load) < 0)
        return;
    hvc_record_set_u64(record, "guests", load.guests);
    hvc_record_set_u64(record, "moves_out", load.out);
    hvc_record_set_u64(record, "moves_in", load.in);
    hvc_record_set_u64(record, "moves_queued", load.queued);
    hvc_record_set_u64(record, "storage_moves", load.storage);
    hvc_record_set_u64(record, "used_kib", load.used_kib);
    hvc_record_set_u64(record, "reserved_kib", load.reserved_kib);
}

struct nodes_look {
    struct hvc_keeper *keeper;
    struct hvc_record *data;
};

static int look_at_nodes(void *context, const struct hvc_service *service, const struct hvc_replica_stamp *stamp)
{
    const struct nodes_look *look = context;
    const struct hvc_service_node *node;

    (void)stamp;
    hvc_record_set_list(look->data, "nodes");
    for (uint32_t i = 0; (node = hvc_service_node_at(service, i)) != NULL; i++) {
        struct hvc_record *record = hvc_record_add(look->data, "nodes");

        describe(record, service, node);
        hvc_node_facts_describe(look->keeper, node->id, service, record);
    }
    return 0;
}

static enum hvc_result list(struct hvc_operations *operations, struct hvc_call *call)
{
    struct nodes_look look = {operations->keeper, call->data};
    enum hvc_result result = hvc_cluster_read(operations, call, look_at_nodes, &look);

    return result == HVC_RESULT_OK ? hvc_cluster_say_read(call, "nodes of the cluster") : result;
}

static enum hvc_result set(struct hvc_operations *operations, struct hvc_call *call)
{
    struct hvc_command command;
    enum hvc_result result;
    char done[HVC_NODE_NAME_MAX + 64];

    hvc_cluster_command(operations, call, HVC_COMMAND_NODE_FLAGS, &command);
    result = hvc_cluster_node(operations, call, "node", &command.node_flags.id);
    if (result != HVC_RESULT_OK)
        return result;
    if (hvc_record_get_bool(call->args, "accepting", &command.node_flags.accepting) == 0)
        command.node_flags.mask |= HVC_NODE_ACCEPTING;
    if (hvc_record_get_bool(call->args, "maintenance", &command.node_flags.maintenance) == 0)
        command.node_flags.mask |= HVC_NODE_MAINTENANCE;
    if (command.node_flags.mask == 0)
        return hvc_call_say(call, HVC_RESULT_INVALID, "node.set needs accepting, maintenance or both");
    (void)snprintf(done, sizeof(done), "node %s is set", hvc_record_text(call->args, "node", ""));
    return hvc_cluster_write(operations, call, &command, done);
}

static const struct hvc_argument list_arguments[] = {HVC_READ_ARGUMENTS};

static const struct hvc_argument set_arguments[] = {
    {.name = "node",
     .type = HVC_ARGUMENT_TEXT,
     .required = true,
     .min = 1,
     .max = HVC_NODE_NAME_MAX - 1,
     .help = "its name or id"},
    {.name = "accepting", .type = HVC_ARGUMENT_BOOL, .help = "new moves from and to it are accepted"},
    {.name = "maintenance", .type = HVC_ARGUMENT_BOOL, .help = "it is in maintenance: nothing moves there"},
    HVC_WRITE_ARGUMENTS,
};

static const struct hvc_operation rows[] = {
    {
        .name = "node.list",
        .help = "the cluster's nodes: members, fenced, accepting moves, load",
        HVC_ARGUMENTS(list_arguments),
        .right = HVC_RIGHT_READ,
        .lane = HVC_LANE_WORK,
        .timeout_ms = 5000,
        .handler = list,
    },
    {
        .name = "node.set",
        .help = "whether a node accepts moves, and whether it is in maintenance",
        HVC_ARGUMENTS(set_arguments),
        .right = HVC_RIGHT_OPERATE,
        .lane = HVC_LANE_WORK,
        .audited = true,
        .timeout_ms = 10000,
        .handler = set,
    },
};

const struct hvc_operation_set hvc_node_operations = {rows, sizeof(rows) / sizeof(rows[0])};

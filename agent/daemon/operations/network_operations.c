/* SPDX-License-Identifier: GPL-2.0-or-later */
/* network.*: networks for migration traffic. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "cluster_call.h"
#include "hvc/address.h"
#include "hvc/text.h"

#define TAGS_DEFAULT "Microsoft:UserManaged"

/* ---- showing ---- */

static void set_subnet(struct hvc_record *record, const struct hvc_network *network)
{
    char address[INET6_ADDRSTRLEN];

    if (inet_ntop(network->family == 4 ? AF_INET : AF_INET6, network->address, address, sizeof(address)) != NULL)
        hvc_record_set_format(record, "subnet", "%s/%u", address, network->prefix);
}

static void set_tags(struct hvc_record *record, const char *tags)
{
    char text[HVC_NETWORK_TAGS_MAX];

    (void)snprintf(text, sizeof(text), "%s", tags);
    for (char *p = text; *p != '\0'; p++)
        *p = *p == '\n' ? ',' : *p;
    hvc_record_set_text(record, "tags", text);
}

static int look_at_networks(void *context, const struct hvc_service *service, const struct hvc_replica_stamp *stamp)
{
    struct hvc_record *data = context;
    const struct hvc_network *network;

    (void)stamp;
    hvc_record_set_list(data, "networks");
    for (uint32_t i = 0; (network = hvc_service_network_at(service, i)) != NULL; i++) {
        struct hvc_record *record = hvc_record_add(data, "networks");
        const struct hvc_service_node *node = hvc_service_node(service, network->node);

        hvc_record_set_u64(record, "id", network->id);
        set_subnet(record, network);
        hvc_record_set_u64(record, "metric", network->metric);
        hvc_record_set_u64(record, "bandwidth", network->bandwidth);
        hvc_record_set_u64(record, "limit", network->limit);
        hvc_record_set_text(record, "name", network->name);
        if (node != NULL)
            hvc_record_set_text(record, "node", node->name);
        set_tags(record, network->tags);
    }
    return 0;
}

static enum hvc_result list(struct hvc_operations *operations, struct hvc_call *call)
{
    enum hvc_result result = hvc_cluster_read(operations, call, look_at_networks, call->data);

    return result == HVC_RESULT_OK ? hvc_cluster_say_read(call, "networks for migration traffic") : result;
}

/* ---- changing ---- */

/* Of a subnet of loopback, link-local or multicast addresses no node tells one. */
static int check_usable(const char *text, const struct hvc_network *network, struct hvc_error *error)
{
    struct hvc_address address = {.family = network->family, .prefix = network->prefix};

    memcpy(address.bytes, network->address, sizeof(address.bytes));
    if (network->prefix == 0 || hvc_address_is_usable(&address))
        return 0;
    return hvc_error_set(error, -EINVAL,
                         "\"%.80s\" holds addresses that other nodes cannot use (loopback, link-local, multicast or "
                         "reserved ones)",
                         text);
}

static int parse_subnet(const char *text, struct hvc_network *network, struct hvc_error *error)
{
    char address[INET6_ADDRSTRLEN] = "";
    const char *slash = strchr(text, '/');
    size_t length = slash == NULL ? strlen(text) : (size_t)(slash - text);
    uint64_t prefix = 0, most;

    if (length < sizeof(address))
        memcpy(address, text, length);
    network->family = strchr(address, ':') == NULL ? 4 : 6;
    most = network->family == 4 ? 32 : 128;
    if (length >= sizeof(address) || slash == NULL || hvc_parse_u64(slash + 1, 0, most, &prefix) < 0 ||
        inet_pton(network->family == 4 ? AF_INET : AF_INET6, address, network->address) != 1)
        return hvc_error_set(error, -EINVAL,
                             "\"%.80s\" is no subnet: give a network address and the length of its prefix, such as "
                             "10.0.7.0/24 or fd00:7::/64",
                             text);
    network->prefix = (uint8_t)prefix;
    return check_usable(text, network, error);
}

static int take_texts(const struct hvc_record *args, struct hvc_network *network, struct hvc_error *error)
{
    if (hvc_text_copy(network->name, sizeof(network->name), hvc_record_text(args, "name", "")) < 0 ||
        hvc_text_copy(network->tags, sizeof(network->tags), hvc_record_text(args, "tags", TAGS_DEFAULT)) < 0)
        return hvc_error_set(error, -EINVAL, "name or tags of the network are too long");
    for (char *p = network->tags; *p != '\0'; p++)
        *p = *p == ',' ? '\n' : *p;
    return 0;
}

/* What the arguments say about a network, and which of its parts they name. */
static int take_network(const struct hvc_record *args, struct hvc_network *network, uint8_t *ret_mask,
                        struct hvc_error *error)
{
    static const struct {
        const char *name;
        uint8_t bit;
    } parts[] = {{"subnet", HVC_NETWORK_ADDRESS}, {"metric", HVC_NETWORK_METRIC}, {"bandwidth", HVC_NETWORK_BANDWIDTH},
                 {"limit", HVC_NETWORK_LIMIT},    {"name", HVC_NETWORK_NAME},     {"tags", HVC_NETWORK_TAGS}};
    const char *subnet = hvc_record_text(args, "subnet", NULL);
    unsigned mask = 0;
    int rc = subnet == NULL ? 0 : parse_subnet(subnet, network, error);

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        mask |= hvc_record_type(args, parts[i].name) != HVC_RECORD_NONE ? parts[i].bit : 0u;
    network->metric = (uint32_t)hvc_record_u64(args, "metric", 0);
    network->bandwidth = hvc_record_u64(args, "bandwidth", 0);
    network->limit = (uint32_t)hvc_record_u64(args, "limit", 0);
    *ret_mask = (uint8_t)mask;
    return rc < 0 ? rc : take_texts(args, network, error);
}

static enum hvc_result add(struct hvc_operations *operations, struct hvc_call *call)
{
    struct hvc_command command;
    struct hvc_network *network = &command.networks.item[0].network;
    struct hvc_error error = {0};
    enum hvc_result result;

    hvc_cluster_command(operations, call, HVC_COMMAND_NETWORK_ADD, &command);
    command.networks.count = 1;
    if (take_network(call->args, network, &command.networks.item[0].mask, &error) < 0)
        return hvc_call_fail(call, &error);
    command.networks.item[0].mask = network->limit != 0 ? HVC_NETWORK_LIMIT : 0;
    result = hvc_cluster_node(operations, call, "node", &network->node);
    return result != HVC_RESULT_OK ? result
                                   : hvc_cluster_write(operations, call, &command, "the migration network is added");
}

static enum hvc_result modify(struct hvc_operations *operations, struct hvc_call *call)
{
    struct hvc_command command;
    struct hvc_network *network = &command.networks.item[0].network;
    struct hvc_error error = {0};

    hvc_cluster_command(operations, call, HVC_COMMAND_NETWORK_MODIFY, &command);
    command.networks.count = 1;
    if (take_network(call->args, network, &command.networks.item[0].mask, &error) < 0)
        return hvc_call_fail(call, &error);
    network->id = (uint32_t)hvc_record_u64(call->args, "id", 0);
    if (command.networks.item[0].mask == 0)
        return hvc_call_say(call, HVC_RESULT_INVALID,
                            "network.modify needs what is to change: subnet, metric, bandwidth, limit, name or tags");
    return hvc_cluster_write(operations, call, &command, "the migration network is changed");
}

static enum hvc_result drop(struct hvc_operations *operations, struct hvc_call *call)
{
    struct hvc_command command;

    hvc_cluster_command(operations, call, HVC_COMMAND_NETWORK_REMOVE, &command);
    command.network_remove.count = 1;
    command.network_remove.id[0] = (uint32_t)hvc_record_u64(call->args, "id", 0);
    return hvc_cluster_write(operations, call, &command, "the migration network is removed");
}

/* clang-format off */
#define ID_ARGUMENT                                                                                                    \
    {.name = "id", .type = HVC_ARGUMENT_U64, .required = true, .min = 1, .max = UINT32_MAX, .help = "of the network"}
#define SUBNET_ARGUMENT(is_required)                                                                                   \
    {.name = "subnet", .type = HVC_ARGUMENT_TEXT, .required = (is_required), .min = 3, .max = 63,                      \
     .help = "network address and prefix, 10.0.7.0/24"}
#define PART_ARGUMENTS                                                                                                 \
    {.name = "metric", .type = HVC_ARGUMENT_U64, .max = UINT32_MAX, .help = "lower is preferred (0)"},                 \
    {.name = "bandwidth", .type = HVC_ARGUMENT_U64, .max = UINT64_C(1) << 40,                                          \
     .help = "bytes per second of all moves on it, 0: not limited"},                                                   \
    {.name = "limit", .type = HVC_ARGUMENT_U64, .max = HVC_NETWORK_LIMIT_MAX,                                          \
     .help = "moves over it from a node at one time, and as many to a node; 0: not limited"},                          \
    {.name = "name", .type = HVC_ARGUMENT_TEXT, .max = HVC_NETWORK_NAME_MAX - 1, .help = "for people"},                \
    {.name = "tags", .type = HVC_ARGUMENT_TEXT, .max = HVC_NETWORK_TAGS_MAX - 1, .help = "separated by commas"}
/* clang-format on */

static const struct hvc_argument list_arguments[] = {HVC_READ_ARGUMENTS};
static const struct hvc_argument add_arguments[] = {
    SUBNET_ARGUMENT(true),
    PART_ARGUMENTS,
    {.name = "node",
     .type = HVC_ARGUMENT_TEXT,
     .min = 1,
     .max = HVC_NODE_NAME_MAX - 1,
     .help = "only of this node; else of the cluster"},
    HVC_WRITE_ARGUMENTS,
};
static const struct hvc_argument modify_arguments[] = {
    ID_ARGUMENT,
    SUBNET_ARGUMENT(false),
    PART_ARGUMENTS,
    HVC_WRITE_ARGUMENTS,
};
static const struct hvc_argument remove_arguments[] = {ID_ARGUMENT, HVC_WRITE_ARGUMENTS};

#define ROW(operation, words, array, least, ms, is_audited, function)                                                  \
    {                                                                                                                  \
        .name = (operation), .help = (words), .arguments = (array),                                                    \
        .argument_count = sizeof(array) / sizeof((array)[0]), .right = (least), .lane = HVC_LANE_WORK,                 \
        .audited = (is_audited), .timeout_ms = (ms), .handler = (function)                                             \
    }

static const struct hvc_operation rows[] = {
    ROW("network.list", "networks for migration traffic", list_arguments, HVC_RIGHT_READ, 5000, false, list),
    ROW("network.add", "add a network for migration traffic", add_arguments, HVC_RIGHT_OPERATE, 10000, true, add),
    ROW("network.modify", "change a network for migration traffic", modify_arguments, HVC_RIGHT_OPERATE, 10000, true,
        modify),
    ROW("network.remove", "remove a network for migration traffic", remove_arguments, HVC_RIGHT_OPERATE, 10000, true,
        drop),
};

const struct hvc_operation_set hvc_network_operations = {rows, sizeof(rows) / sizeof(rows[0])};

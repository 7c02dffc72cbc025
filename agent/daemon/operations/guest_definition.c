/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Definitions of guests as the cluster keeps them: guest.add, guest.definition, guest.diff, guest.remove. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cluster_call.h"
#include "document_write.h"
#include "guest.h"
#include "guest_name.h"
#include "guest_record.h"
#include "hvc/guest_diff.h"
#include "hvc/host.h"
#include "hvc/text.h"

enum { READ_MS = 10000, DIFF_LINES_MAX = 500 };

/* ---- hypervisors ---- */

/* Name of a node's id; NOT_FOUND in words. */
struct node_look {
    uint32_t id;
    char name[HVC_NODE_NAME_MAX];
};

static int look_at_node(void *context, const struct hvc_service *service, const struct hvc_replica_stamp *stamp)
{
    struct node_look *look = context;
    const struct hvc_service_node *node = hvc_service_node(service, look->id);

    (void)stamp;
    if (node != NULL)
        (void)hvc_text_copy(look->name, sizeof(look->name), node->name);
    return 0;
}

/* The definition that libvirt keeps on a node. free(). */
static enum hvc_result read_from(struct hvc_operations *operations, struct hvc_call *call, uint32_t node,
                                 const struct hvc_service_guest *guest, char name[HVC_NODE_NAME_MAX], char **ret_xml)
{
    struct hvc_hypervisor *hypervisor = operations->hypervisor;
    struct node_look look = {.id = node};
    struct hvc_error error = {0};
    char uuid[HVC_UUID_TEXT_MAX];
    enum hvc_result result = HVC_RESULT_OK;
    int rc = 0;

    if (node != 0)
        result = hvc_cluster_look(operations, call, look_at_node, &look, NULL);
    if (result != HVC_RESULT_OK)
        return result;
    memcpy(name, node == 0 ? operations->node : look.name, HVC_NODE_NAME_MAX);
    if (strcmp(name, operations->node) != 0)
        rc = hvc_peers_get(operations->peers, name, &hypervisor, &error);
    hvc_format_uuid(guest->uuid, uuid);
    if (rc == 0)
        rc = hvc_hypervisor_read_xml(hypervisor, uuid, true, guest_deadline(call, READ_MS), ret_xml, &error);
    if (rc == 0)
        return HVC_RESULT_OK;
    (void)hvc_error_prefix(&error, "the definition of guest %s on node %s cannot be read", guest->name, name);
    return hvc_call_fail(call, &error);
}

/* The node whose libvirt has the definition: where the guest runs, or, when it is off, is stored. 0: no node of a node
 * list, then this one is asked (a stand-alone host has no list). */
static enum hvc_result find_holder(struct hvc_operations *operations, struct hvc_call *call,
                                   const struct hvc_service_guest *guest, uint32_t *ret_node)
{
    enum hvc_result result = HVC_RESULT_OK;

    *ret_node = guest->node;
    if (guest->node == 0)
        result = guest_record_home(operations, call, guest, ret_node);
    return result == HVC_RESULT_NOT_FOUND ? HVC_RESULT_OK : result;
}

/* ---- guest.add ---- */

/* The record that the definition belongs to: the present one, or a new one (version 0) of a guest that runs nowhere. */
static enum hvc_result find_record(struct hvc_operations *operations, struct hvc_call *call, const char *uuid,
                                   const char *name, struct hvc_service_guest *ret_guest)
{
    enum hvc_result result = guest_record_ensure(operations, call, uuid, ret_guest);

    if (result != HVC_RESULT_NOT_FOUND)
        return result;
    memset(ret_guest, 0, sizeof(*ret_guest));
    if (hvc_parse_uuid_bytes(uuid, ret_guest->uuid) < 0 ||
        hvc_text_copy(ret_guest->name, sizeof(ret_guest->name), name) < 0)
        return hvc_call_say(call, HVC_RESULT_INVALID, "the name of the guest is too long");
    return HVC_RESULT_OK;
}

static enum hvc_result store(struct hvc_operations *operations, struct hvc_call *call, const char *xml,
                             const struct hvc_guest_profile *profile, const struct hvc_service_guest *guest)
{
    const char *resource = hvc_record_text(call->args, "resource", guest->resource);
    struct hvc_service_guest now;
    struct hvc_command command;
    char done[HVC_GUEST_NAME_MAX + 64];
    enum hvc_result result;

    hvc_cluster_command(operations, call, HVC_COMMAND_GUEST, &command);
    result = hvc_document_write(operations, call, xml, strlen(xml), command.guest.document);
    if (result != HVC_RESULT_OK)
        return result;
    memcpy(command.guest.uuid, guest->uuid, sizeof(command.guest.uuid));
    command.guest.version = guest->version;
    command.guest.memory_kib = profile->memory_kib;
    command.guest.cpus = profile->cpus;
    if (hvc_text_copy(command.guest.name, sizeof(command.guest.name), profile->name) < 0 ||
        hvc_text_copy(command.guest.resource, sizeof(command.guest.resource), resource) < 0)
        return hvc_call_say(call, HVC_RESULT_INVALID, "the name of the guest or of its resource is too long");
    (void)snprintf(done, sizeof(done), "the cluster keeps the definition of guest %s", profile->name);
    result = hvc_cluster_write(operations, call, &command, done);
    if (result == HVC_RESULT_OK && guest_name_record(operations, call, profile->uuid, false, &now) == HVC_RESULT_OK)
        guest_record_describe(call->data, &now);
    return result;
}

enum hvc_result guest_definition_keep(struct hvc_operations *operations, struct hvc_call *call, const char *xml)
{
    HVC_CLEANUP(free) struct hvc_guest_profile *profile = calloc(1, sizeof(*profile));
    struct hvc_service_guest guest;
    struct hvc_error error = {0};
    enum hvc_result result;

    if (profile == NULL)
        return hvc_call_say(call, HVC_RESULT_INTERNAL, "out of memory");
    if (hvc_guest_parse_profile(xml, strlen(xml), profile, &error) < 0) {
        (void)hvc_error_prefix(&error, "this definition cannot be kept");
        return hvc_call_fail(call, &error);
    }
    result = find_record(operations, call, profile->uuid, profile->name, &guest);
    return result == HVC_RESULT_OK ? store(operations, call, xml, profile, &guest) : result;
}

static enum hvc_result add(struct hvc_operations *operations, struct hvc_call *call)
{
    const char *xml = hvc_record_text(call->args, "xml", NULL);
    HVC_CLEANUP(free) char *found = NULL;
    char name[HVC_NODE_NAME_MAX];
    struct hvc_service_guest guest;
    uint32_t node = 0;
    enum hvc_result result = hvc_cluster_needs_keeper(operations, call);

    if (result != HVC_RESULT_OK)
        return result;
    if (xml != NULL)
        return guest_definition_keep(operations, call, xml);
    result = guest_record_ensure(operations, call, hvc_record_text(call->args, "guest", ""), &guest);
    if (result == HVC_RESULT_OK)
        result = find_holder(operations, call, &guest, &node);
    if (result == HVC_RESULT_OK)
        result = read_from(operations, call, node, &guest, name, &found);
    return result == HVC_RESULT_OK ? guest_definition_keep(operations, call, found) : result;
}

/* ---- guest.definition ---- */

/* The record and its definition. free(). */
static enum hvc_result read_kept(struct hvc_operations *operations, struct hvc_call *call,
                                 struct hvc_service_guest *ret_guest, char **ret_xml)
{
    struct hvc_error error = {0};
    size_t length = 0;
    enum hvc_result result =
        guest_name_record(operations, call, hvc_record_text(call->args, "guest", ""), false, ret_guest);

    if (result != HVC_RESULT_OK)
        return result;
    if (!guest_record_has_definition(ret_guest))
        return hvc_call_say(call, HVC_RESULT_NOT_FOUND,
                            "the cluster keeps no definition of guest %s: hvcluster guest add gives it one",
                            ret_guest->name);
    if (operations->keeper->ops->document(operations->keeper, ret_guest->document, call->deadline_ms, ret_xml, &length,
                                          &error) < 0) {
        (void)hvc_error_prefix(&error, "the definition of guest %s cannot be read", ret_guest->name);
        return hvc_call_fail(call, &error);
    }
    return HVC_RESULT_OK;
}

static enum hvc_result definition(struct hvc_operations *operations, struct hvc_call *call)
{
    HVC_CLEANUP(free) char *xml = NULL;
    struct hvc_service_guest guest;
    enum hvc_result result = read_kept(operations, call, &guest, &xml);

    if (result != HVC_RESULT_OK)
        return result;
    guest_record_describe(call->data, &guest);
    hvc_record_set_text(call->data, "xml", xml);
    return hvc_call_say(call, HVC_RESULT_OK, "the definition of guest %s, version %" PRIu64, guest.name, guest.version);
}

/* ---- guest.diff ---- */

struct differences {
    struct hvc_record *data;
    uint64_t count;
};

static void note_difference(void *context, char sign, const char *line)
{
    struct differences *differences = context;
    struct hvc_record *row;

    if (differences->count++ >= DIFF_LINES_MAX)
        return;
    row = hvc_record_add(differences->data, "differences");
    hvc_record_set_text(row, "only", sign == '-' ? "cluster" : "node");
    hvc_record_set_text(row, "line", line);
}

static enum hvc_result diff(struct hvc_operations *operations, struct hvc_call *call)
{
    HVC_CLEANUP(free) char *kept = NULL, *found = NULL;
    struct differences differences = {.data = call->data};
    char name[HVC_NODE_NAME_MAX];
    struct hvc_service_guest guest;
    struct hvc_error error = {0};
    uint32_t node = 0;
    enum hvc_result result = hvc_cluster_node(operations, call, "node", &node);

    if (result == HVC_RESULT_OK)
        result = read_kept(operations, call, &guest, &kept);
    if (result == HVC_RESULT_OK && node == 0)
        result = find_holder(operations, call, &guest, &node);
    if (result == HVC_RESULT_OK)
        result = read_from(operations, call, node, &guest, name, &found);
    if (result != HVC_RESULT_OK)
        return result;
    hvc_record_set_list(call->data, "differences");
    if (hvc_guest_diff(kept, found, note_difference, &differences, &error) < 0)
        return hvc_call_fail(call, &error);
    guest_record_describe(call->data, &guest);
    hvc_record_set_text(call->data, "node", name);
    hvc_record_set_bool(call->data, "same", differences.count == 0);
    hvc_record_set_u64(call->data, "left_out",
                       differences.count > DIFF_LINES_MAX ? differences.count - DIFF_LINES_MAX : 0);
    return hvc_call_say(call, HVC_RESULT_OK, "guest %s: the definition on node %s %s the cluster's", guest.name, name,
                        differences.count == 0 ? "says the same as" : "differs from");
}

/* ---- guest.remove ---- */

static enum hvc_result remove_guest(struct hvc_operations *operations, struct hvc_call *call)
{
    struct hvc_service_guest guest;
    struct hvc_command command;
    char done[HVC_GUEST_NAME_MAX + 80];
    enum hvc_result result = hvc_cluster_needs_keeper(operations, call);

    if (result == HVC_RESULT_OK)
        result = guest_name_record(operations, call, hvc_record_text(call->args, "guest", ""), true, &guest);
    if (result != HVC_RESULT_OK)
        return result;
    hvc_cluster_command(operations, call, HVC_COMMAND_GUEST_REMOVE, &command);
    memcpy(command.guest_remove.uuid, guest.uuid, sizeof(command.guest_remove.uuid));
    command.guest_remove.version = guest.version;
    (void)snprintf(done, sizeof(done), "the cluster's record of guest %s is removed; the guest itself is not touched",
                   guest.name);
    return hvc_cluster_write(operations, call, &command, done);
}

/* ---- rows ---- */

#define GUEST                                                                                                          \
    {                                                                                                                  \
        .name = "guest", .type = HVC_ARGUMENT_TEXT, .required = true, .min = 1, .help = "its name or UUID"             \
    }

static const struct hvc_argument add_arguments[] = {
    {.name = "guest",
     .type = HVC_ARGUMENT_TEXT,
     .choice = 1,
     .min = 1,
     .help = "its name or UUID: the definition is the one on the node where it runs"},
    {.name = "xml", .type = HVC_ARGUMENT_TEXT, .choice = 1, .min = 1, .max = HVC_XML_MAX - 1, .help = "the definition"},
    {.name = "resource",
     .type = HVC_ARGUMENT_TEXT,
     .min = 1,
     .max = HVC_RESOURCE_NAME_MAX - 1,
     .help = "Pacemaker's resource that manages it"},
    HVC_WRITE_ARGUMENTS,
};
static const struct hvc_argument one_argument[] = {GUEST};
static const struct hvc_argument diff_arguments[] = {
    GUEST,
    {.name = "node",
     .type = HVC_ARGUMENT_TEXT,
     .min = 1,
     .max = HVC_NODE_NAME_MAX - 1,
     .help = "whose definition is compared; without: where it runs"},
};
static const struct hvc_argument remove_arguments[] = {GUEST, HVC_WRITE_ARGUMENTS};

#define WORK .lane = HVC_LANE_WORK, .timeout_ms = 20000

static const struct hvc_operation rows[] = {
    {.name = "guest.add",
     .help = "the cluster keeps this definition of a guest, on every node",
     HVC_ARGUMENTS(add_arguments),
     .right = HVC_RIGHT_OPERATE,
     .audited = true,
     WORK,
     .handler = add},
    {.name = "guest.definition",
     .help = "the definition that the cluster keeps",
     HVC_ARGUMENTS(one_argument),
     .right = HVC_RIGHT_OPERATE, /* it may hold passwords */
     .audited = true,
     WORK,
     .handler = definition},
    {.name = "guest.diff",
     .help = "how the definition on a node differs from the cluster's",
     HVC_ARGUMENTS(diff_arguments),
     .right = HVC_RIGHT_OPERATE,
     .audited = true,
     WORK,
     .handler = diff},
    {.name = "guest.remove",
     .help = "the cluster forgets a guest; the guest itself is not touched",
     HVC_ARGUMENTS(remove_arguments),
     .right = HVC_RIGHT_OPERATE,
     .audited = true,
     WORK,
     .handler = remove_guest},
};

const struct hvc_operation_set hvc_definition_operations = {rows, sizeof(rows) / sizeof(rows[0])};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* settings.*: the service's settings, of the cluster and of single nodes. */
#include <errno.h>
#include <string.h>

#include "cluster_call.h"
#include "hvc/text.h"

struct asked {
    struct hvc_record *data;
    uint32_t node;
};

static void describe(struct hvc_record *record, const struct hvc_service *service, uint32_t node, unsigned setting)
{
    const struct hvc_setting_info *info = hvc_setting_info(setting);
    bool alone = hvc_service_is_alone(service);

    hvc_record_set_text(record, "name", info->name);
    hvc_record_set_u64(record, "value", hvc_service_setting(service, node, setting));
    if (setting == HVC_SETTING_END_ACTION)
        hvc_record_set_text(record, "word", hvc_end_action_name((unsigned)hvc_service_setting(service, node, setting)));
    hvc_record_set_u64(record, "default", alone ? info->alone : info->initial);
    hvc_record_set_bool(record, "own", hvc_service_setting_is_own(service, node, setting));
    hvc_record_set_u64(record, "min", info->min);
    hvc_record_set_u64(record, "max", info->max);
    hvc_record_set_bool(record, "per_node", info->per_node);
    hvc_record_set_text(record, "cim", info->cim);
    hvc_record_set_text(record, "text", info->text);
}

static int look_at_settings(void *context, const struct hvc_service *service, const struct hvc_replica_stamp *stamp)
{
    struct asked *asked = context;

    (void)stamp;
    hvc_record_set_list(asked->data, "settings");
    for (unsigned i = 0; i < HVC_SETTING_MAX; i++)
        describe(hvc_record_add(asked->data, "settings"), service, asked->node, i);
    return 0;
}

static enum hvc_result show(struct hvc_operations *operations, struct hvc_call *call)
{
    struct asked asked = {.data = call->data};
    const char *node = hvc_record_text(call->args, "node", NULL);
    enum hvc_result result = hvc_cluster_node(operations, call, "node", &asked.node);

    if (result == HVC_RESULT_OK)
        result = hvc_cluster_read(operations, call, look_at_settings, &asked);
    if (result != HVC_RESULT_OK)
        return result;
    hvc_record_set_text(call->data, "node", node);
    return hvc_cluster_say_read(call, node == NULL ? "settings of the cluster" : "settings in force on one node");
}

/* ---- changing ---- */

static int parse_value(enum hvc_setting setting, const char *text, uint64_t *ret_value, struct hvc_error *error)
{
    const struct hvc_setting_info *info = hvc_setting_info(setting);
    bool yes = false;

    if (hvc_parse_u64(text, info->min, info->max, ret_value) == 0)
        return 0;
    if (info->min == 0 && info->max == 1 && hvc_parse_bool(text, &yes) == 0) {
        *ret_value = yes ? 1 : 0;
        return 0;
    }
    for (unsigned i = 0; setting == HVC_SETTING_END_ACTION && i < HVC_END_MAX; i++) {
        if (strcmp(hvc_end_action_name(i), text) == 0) {
            *ret_value = i;
            return 0;
        }
    }
    return hvc_error_set(error, -EINVAL, "%s cannot be \"%.80s\": it takes a whole number from %llu to %llu (%s)",
                         info->name, text, (unsigned long long)info->min, (unsigned long long)info->max, info->text);
}

static int find_setting(const char *name, enum hvc_setting *ret_setting, struct hvc_error *error)
{
    char known[512];
    size_t used = 0;

    if (hvc_setting_find(name, ret_setting) == 0)
        return 0;
    for (unsigned i = 0; i < HVC_SETTING_MAX; i++)
        (void)hvc_text_append(known, sizeof(known), &used, "%s%s", i == 0 ? "" : ", ", hvc_setting_info(i)->name);
    return hvc_error_set(error, -ENOENT, "there is no setting \"%.80s\"; there are %s", name, known);
}

static enum hvc_result change(struct hvc_operations *operations, struct hvc_call *call, bool reset)
{
    enum hvc_setting setting = HVC_SETTING_MAX;
    struct hvc_command command;
    struct hvc_error error = {0};
    uint64_t value = 0;
    const char *node = hvc_record_text(call->args, "node", NULL);
    char done[HVC_NODE_NAME_MAX + 128];
    int rc = find_setting(hvc_record_text(call->args, "name", ""), &setting, &error);
    enum hvc_result result;

    if (rc == 0 && !reset)
        rc = parse_value(setting, hvc_record_text(call->args, "value", ""), &value, &error);
    if (rc < 0)
        return hvc_call_fail(call, &error);
    hvc_cluster_command(operations, call, HVC_COMMAND_SETTINGS, &command);
    result = hvc_cluster_node(operations, call, "node", &command.settings.node);
    if (result != HVC_RESULT_OK)
        return result;
    command.settings.count = 1;
    command.settings.item[0] =
        (struct hvc_command_setting){.setting = (uint8_t)setting, .reset = reset, .value = value};
    if (reset)
        (void)snprintf(done, sizeof(done), "%s%s%s is back to %s", hvc_setting_info(setting)->name,
                       node != NULL ? " of node " : "", node != NULL ? node : "",
                       node != NULL ? "the cluster's value" : "its default");
    else
        (void)snprintf(done, sizeof(done), "%s%s%s is %llu", hvc_setting_info(setting)->name,
                       node != NULL ? " of node " : "", node != NULL ? node : "", (unsigned long long)value);
    return hvc_cluster_write(operations, call, &command, done);
}

static enum hvc_result set(struct hvc_operations *operations, struct hvc_call *call)
{
    return change(operations, call, false);
}

static enum hvc_result reset(struct hvc_operations *operations, struct hvc_call *call)
{
    return change(operations, call, true);
}

#define NODE_ARGUMENT(words)                                                                                           \
    {                                                                                                                  \
        .name = "node", .type = HVC_ARGUMENT_TEXT, .min = 1, .max = HVC_NODE_NAME_MAX - 1, .help = (words)             \
    }
#define NAME_ARGUMENT                                                                                                  \
    {                                                                                                                  \
        .name = "name", .type = HVC_ARGUMENT_TEXT, .required = true, .min = 1, .max = 63, .help = "of the setting"     \
    }

static const struct hvc_argument show_arguments[] = {
    NODE_ARGUMENT("a node: the values in force there"),
    HVC_READ_ARGUMENTS,
};

static const struct hvc_argument set_arguments[] = {
    NAME_ARGUMENT,
    {.name = "value",
     .type = HVC_ARGUMENT_TEXT,
     .required = true,
     .min = 1,
     .max = 63,
     .help = "a number; yes or no; the word of an end action"},
    NODE_ARGUMENT("a value of its own for this node"),
    HVC_WRITE_ARGUMENTS,
};

static const struct hvc_argument reset_arguments[] = {
    NAME_ARGUMENT,
    NODE_ARGUMENT("forget the value of its own of this node"),
    HVC_WRITE_ARGUMENTS,
};

static const struct hvc_operation rows[] = {
    {
        .name = "settings.show",
        .help = "settings of the cluster, or those in force on a node",
        HVC_ARGUMENTS(show_arguments),
        .right = HVC_RIGHT_READ,
        .lane = HVC_LANE_WORK,
        .timeout_ms = 5000,
        .handler = show,
    },
    {
        .name = "settings.set",
        .help = "change a setting; answers when a majority has it on disk",
        HVC_ARGUMENTS(set_arguments),
        .right = HVC_RIGHT_OPERATE,
        .lane = HVC_LANE_WORK,
        .audited = true,
        .timeout_ms = 10000,
        .handler = set,
    },
    {
        .name = "settings.reset",
        .help = "a setting back to its default, or to the cluster's value",
        HVC_ARGUMENTS(reset_arguments),
        .right = HVC_RIGHT_OPERATE,
        .lane = HVC_LANE_WORK,
        .audited = true,
        .timeout_ms = 10000,
        .handler = reset,
    },
};

const struct hvc_operation_set hvc_settings_operations = {rows, sizeof(rows) / sizeof(rows[0])};

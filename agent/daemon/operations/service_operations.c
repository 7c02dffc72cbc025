/* SPDX-License-Identifier: GPL-2.0-or-later */
/* service.*: the cluster's migration service itself: started or not, its writable properties. */
#include <errno.h>
#include <string.h>

#include "cluster_call.h"
#include "hvc/text.h"

static const char *state_word(unsigned state)
{
    if (state == HVC_STATE_DISABLED)
        return "disabled";
    return state == HVC_STATE_QUIESCE ? "quiesce" : "enabled";
}

static void describe_counts(struct hvc_record *data, const struct hvc_service *service)
{
    struct hvc_service_counts counts;

    hvc_service_counts(service, &counts);
    hvc_record_set_u64(data, "nodes", counts.nodes);
    hvc_record_set_u64(data, "guests", counts.guests);
    hvc_record_set_u64(data, "networks", counts.networks);
    hvc_record_set_u64(data, "jobs_queued", counts.queued);
    hvc_record_set_u64(data, "jobs_active", counts.active);
    hvc_record_set_u64(data, "jobs_ended", counts.ended);
    hvc_record_set_u64(data, "moving", counts.moving);
    hvc_record_set_u64(data, "drains", counts.drains);
}

static int look_at_service(void *context, const struct hvc_service *service, const struct hvc_replica_stamp *stamp)
{
    const struct hvc_service_properties *p = hvc_service_properties(service);
    unsigned state = p->state_used ? p->state : HVC_STATE_ENABLED;
    struct hvc_record *data = context;

    (void)stamp;
    hvc_record_set_bool(data, "started", state != HVC_STATE_DISABLED);
    hvc_record_set_text(data, "state", state_word(state));
    hvc_record_set_u64(data, "enabled_state", hvc_service_enabled_state(p));
    hvc_record_set_u64(data, "requested_state", hvc_service_requested_state(p));
    hvc_record_set_u64(data, "enabled_default", p->enabled_default);
    if (p->changed_ms != 0)
        hvc_record_set_u64(data, "changed_ms", p->changed_ms);
    hvc_record_set_text(data, "owner_name", p->owner_name);
    hvc_record_set_text(data, "owner_contact", p->owner_contact);
    hvc_record_set_bool(data, "standalone", hvc_service_is_alone(service));
    describe_counts(data, service);
    return 0;
}

static enum hvc_result show(struct hvc_operations *operations, struct hvc_call *call)
{
    enum hvc_result result = hvc_cluster_read(operations, call, look_at_service, call->data);

    return result == HVC_RESULT_OK ? hvc_cluster_say_read(call, "the migration service") : result;
}

/* ---- changing ---- */

static int to_state(struct hvc_command *command, unsigned state)
{
    command->kind = HVC_COMMAND_STATE;
    command->state.state = (uint8_t)state;
    return 0;
}

static int set_started(const char *value, struct hvc_command *command, struct hvc_error *error)
{
    bool yes = false;

    if (hvc_parse_bool(value, &yes) < 0)
        return hvc_error_set(error, -EINVAL, "started takes yes or no, not \"%.80s\"", value);
    return to_state(command, yes ? HVC_STATE_ENABLED : HVC_STATE_DISABLED);
}

static int set_state(const char *value, struct hvc_command *command, struct hvc_error *error)
{
    static const unsigned states[] = {HVC_STATE_ENABLED, HVC_STATE_DISABLED, HVC_STATE_QUIESCE};

    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        if (strcmp(state_word(states[i]), value) == 0)
            return to_state(command, states[i]);
    }
    return hvc_error_set(error, -EINVAL,
                         "state takes enabled, disabled (new moves are refused) or quiesce (queued ones wait), not "
                         "\"%.80s\"",
                         value);
}

static int set_enabled_default(const char *value, struct hvc_command *command, struct hvc_error *error)
{
    uint64_t number = 0;

    if (hvc_parse_u64(value, 0, UINT16_MAX, &number) < 0)
        return hvc_error_set(error, -EINVAL, "enabled-default takes one of 2, 3, 5, 6, 7, 9, not \"%.80s\"", value);
    command->properties.mask = HVC_PROPERTY_ENABLED_DEFAULT;
    command->properties.enabled_default = (uint16_t)number;
    return 0;
}

static int set_owner_name(const char *value, struct hvc_command *command, struct hvc_error *error)
{
    command->properties.mask = HVC_PROPERTY_OWNER_NAME;
    if (hvc_text_copy(command->properties.owner_name, sizeof(command->properties.owner_name), value) < 0)
        return hvc_error_set(error, -EINVAL, "owner-name takes at most 64 characters");
    return 0;
}

static int set_owner_contact(const char *value, struct hvc_command *command, struct hvc_error *error)
{
    command->properties.mask = HVC_PROPERTY_OWNER_CONTACT;
    if (hvc_text_copy(command->properties.owner_contact, sizeof(command->properties.owner_contact), value) < 0)
        return hvc_error_set(error, -EINVAL, "owner-contact takes at most 256 characters");
    return 0;
}

static enum hvc_result set(struct hvc_operations *operations, struct hvc_call *call)
{
    static const struct {
        const char *name;
        int (*set)(const char *value, struct hvc_command *command, struct hvc_error *error);
    } properties[] = {{"started", set_started},
                      {"state", set_state},
                      {"enabled-default", set_enabled_default},
                      {"owner-name", set_owner_name},
                      {"owner-contact", set_owner_contact}};
    const char *name = hvc_record_text(call->args, "name", "");
    struct hvc_error error = {0};
    struct hvc_command command;
    char done[64];
    int rc = 0;

    hvc_cluster_command(operations, call, HVC_COMMAND_PROPERTIES, &command);
    for (size_t i = 0; i < sizeof(properties) / sizeof(properties[0]); i++) {
        if (strcmp(properties[i].name, name) == 0)
            rc = properties[i].set(hvc_record_text(call->args, "value", ""), &command, &error);
    }
    if (rc < 0)
        return hvc_call_fail(call, &error);
    (void)snprintf(done, sizeof(done), "%s of the migration service is set", name);
    return hvc_cluster_write(operations, call, &command, done);
}

static const char *const names[] = {"started", "state", "enabled-default", "owner-name", "owner-contact", NULL};

static const struct hvc_argument show_arguments[] = {HVC_READ_ARGUMENTS};

static const struct hvc_argument set_arguments[] = {
    {.name = "name", .type = HVC_ARGUMENT_TEXT, .required = true, .min = 1, .words = names, .help = "what is set"},
    {.name = "value",
     .type = HVC_ARGUMENT_TEXT,
     .required = true,
     .max = HVC_OWNER_CONTACT_MAX - 1,
     .help = "started yes|no; state enabled|disabled|quiesce; enabled-default a number; else a text"},
    HVC_WRITE_ARGUMENTS,
};

static const struct hvc_operation rows[] = {
    {
        .name = "service.show",
        .help = "the cluster's migration service: started or not, owner, how much it knows",
        HVC_ARGUMENTS(show_arguments),
        .right = HVC_RIGHT_READ,
        .lane = HVC_LANE_WORK,
        .timeout_ms = 5000,
        .handler = show,
    },
    {
        .name = "service.set",
        .help = "start or stop the cluster's migration service, or set one of its properties",
        HVC_ARGUMENTS(set_arguments),
        .right = HVC_RIGHT_OPERATE,
        .lane = HVC_LANE_WORK,
        .audited = true,
        .timeout_ms = 10000,
        .handler = set,
    },
};

const struct hvc_operation_set hvc_service_operations = {rows, sizeof(rows) / sizeof(rows[0])};

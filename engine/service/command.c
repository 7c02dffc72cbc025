/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/command.h"

#include <errno.h>
#include <string.h>

#include "fields.h"

#define C struct hvc_command

static const struct hvc_field header_fields[] = {
    HVC_NONZERO(C, node),
    HVC_ANY(C, stamp_ms),
    HVC_TEXT(C, by, 0),
    HVC_FIELDS_END,
};

#define S struct hvc_command_setting
static const struct hvc_field setting_fields[] = {
    HVC_UINT(S, setting, 0, HVC_SETTING_MAX - 1),
    HVC_BOOL(S, reset),
    HVC_ANY(S, value),
    HVC_FIELDS_END,
};
#undef S
static const struct hvc_field settings_fields[] = {
    HVC_ANY(C, settings.node),
    HVC_LIST(C, settings.item, settings.count, 1, setting_fields),
    HVC_FIELDS_END,
};
static const struct hvc_field properties_fields[] = {
    HVC_UINT(C, properties.mask, 1, 7),
    HVC_ANY(C, properties.enabled_default),
    HVC_TEXT(C, properties.owner_name, 0),
    HVC_TEXT(C, properties.owner_contact, 0),
    HVC_FIELDS_END,
};
static const struct hvc_field state_fields[] = {HVC_ANY(C, state.state), HVC_FIELDS_END};

/* An element of the list has no name of its own: its layout is taken from the first one. */
#define N(m) (offsetof(C, networks.item[0].m) - offsetof(C, networks.item[0]))
#define N_UINT(m, low, high)                                                                                           \
    {                                                                                                                  \
        .type = HVC_FIELD_TYPE_UINT, .width = HVC_MEMBER_SIZE(C, networks.item[0].m), .offset = N(m), .min = (low),    \
        .max = (high)                                                                                                  \
    }
#define N_TEXT(m, several)                                                                                             \
    {                                                                                                                  \
        .type = HVC_FIELD_TYPE_TEXT, .offset = N(m), .size = HVC_MEMBER_SIZE(C, networks.item[0].m),                   \
        .lines = (several)                                                                                             \
    }
static const struct hvc_field network_fields[] = {
    N_UINT(mask, 0, 63),
    N_UINT(network.id, 0, UINT32_MAX),
    N_UINT(network.node, 0, UINT32_MAX),
    N_UINT(network.metric, 0, UINT32_MAX),
    N_UINT(network.family, 0, 255),
    N_UINT(network.prefix, 0, 255),
    {.type = HVC_FIELD_TYPE_FIXED, .offset = N(network.address), .size = 16},
    N_UINT(network.bandwidth, 0, UINT64_MAX),
    N_TEXT(network.name, false),
    N_TEXT(network.tags, true),
    {.type = HVC_FIELD_TYPE_WHEN, .offset = N(mask), .min = HVC_NETWORK_LIMIT},
    N_UINT(network.limit, 0, HVC_NETWORK_LIMIT_MAX),
    HVC_FIELDS_END,
};
static const struct hvc_field networks_fields[] = {
    HVC_LIST(C, networks.item, networks.count, 1, network_fields),
    HVC_FIELDS_END,
};
static const struct hvc_field id_fields[] = {
    {.type = HVC_FIELD_TYPE_UINT, .width = 4, .min = 1, .max = UINT32_MAX},
    HVC_FIELDS_END,
};
static const struct hvc_field network_remove_fields[] = {
    HVC_LIST(C, network_remove.id, network_remove.count, 1, id_fields),
    HVC_FIELDS_END,
};

static const struct hvc_field node_fields[] = {
    HVC_NONZERO(C, node_facts.id),
    HVC_ANY(C, node_facts.cpus),
    HVC_UINT(C, node_facts.memory_kib, 0, HVC_KIB_MAX),
    HVC_TEXT(C, node_facts.name, 1),
    HVC_FIELDS_END,
};
static const struct hvc_field node_remove_fields[] = {HVC_NONZERO(C, node_remove.id), HVC_FIELDS_END};
#define M struct hvc_command_member
static const struct hvc_field member_fields[] = {HVC_NONZERO(M, node), HVC_ANY(M, boot_id), HVC_FIELDS_END};
#undef M
static const struct hvc_field members_fields[] = {
    HVC_LIST(C, members.item, members.count, 0, member_fields),
    HVC_FIELDS_END,
};
static const struct hvc_field fenced_fields[] = {HVC_NONZERO(C, fenced.id), HVC_ANY(C, fenced.boot_id), HVC_FIELDS_END};
static const struct hvc_field node_flags_fields[] = {
    HVC_NONZERO(C, node_flags.id),
    HVC_UINT(C, node_flags.mask, 1, 3),
    HVC_BOOL(C, node_flags.accepting),
    HVC_BOOL(C, node_flags.maintenance),
    HVC_FIELDS_END,
};

static const struct hvc_field document_fields[] = {
    HVC_FIXED(C, document.hash),
    HVC_UINT(C, document.size, 1, HVC_XML_MAX),
    HVC_UINT(C, document.offset, 0, HVC_XML_MAX),
    HVC_BLOB(C, document.bytes, document.length, 1, HVC_DOCUMENT_PART_MAX),
    HVC_FIELDS_END,
};
static const struct hvc_field guest_fields[] = {
    HVC_FIXED(C, guest.uuid),
    HVC_ANY(C, guest.version),
    HVC_FIXED(C, guest.document),
    HVC_UINT(C, guest.memory_kib, 0, HVC_KIB_MAX),
    HVC_ANY(C, guest.cpus),
    HVC_ANY(C, guest.node),
    HVC_TEXT(C, guest.name, 1),
    HVC_TEXT(C, guest.resource, 0),
    HVC_FIELDS_END,
};
static const struct hvc_field guest_place_fields[] = {
    HVC_FIXED(C, guest_place.uuid),
    HVC_ANY(C, guest_place.node),
    HVC_FIELDS_END,
};
static const struct hvc_field guest_remove_fields[] = {
    HVC_FIXED(C, guest_remove.uuid),
    HVC_ANY(C, guest_remove.version),
    HVC_FIELDS_END,
};

static const struct hvc_field job_fields[] = {
    HVC_FIXED(C, job.guest),
    HVC_UINT(C, job.kind, 0, HVC_KIND_COUNT - 1),
    HVC_UINT(C, job.origin, 0, HVC_ORIGIN_COUNT - 1),
    HVC_ANY(C, job.source),
    HVC_ANY(C, job.target),
    HVC_ANY(C, job.drain),
    HVC_UINT(C, job.options.flags, 0, HVC_OPTION_ALL),
    HVC_ANY(C, job.options.priority),
    HVC_ANY(C, job.options.transport),
    HVC_UINT(C, job.options.cpu_capping, 0, 2),
    HVC_UINT(C, job.options.end_action, 0, HVC_END_MAX - 1),
    HVC_UINT(C, job.options.restart, 0, HVC_RESTART_COUNT - 1),
    HVC_ANY(C, job.options.parallel),
    HVC_ANY(C, job.options.downtime_ms),
    HVC_ANY(C, job.options.bandwidth),
    HVC_ANY(C, job.options.deadline_ms),
    HVC_ANY(C, job.options.not_before_ms),
    HVC_FIXED(C, job.options.document),
    HVC_FIELDS_END,
};
static const struct hvc_field job_target_fields[] = {
    HVC_NONZERO(C, job_target.job),
    HVC_NONZERO(C, job_target.target),
    HVC_FIELDS_END,
};
static const struct hvc_field way_fields[] = {{.type = HVC_FIELD_TYPE_UINT, .width = 4, .max = UINT32_MAX},
                                              HVC_FIELDS_END};
static const struct hvc_field report_fields[] = {
    HVC_NONZERO(C, report.job),
    HVC_UINT(C, report.from, 0, HVC_JOB_PHASE_COUNT - 1),
    HVC_UINT(C, report.to, 0, HVC_JOB_PHASE_COUNT - 1),
    HVC_UINT(C, report.step, 0, HVC_STEP_COUNT - 1),
    HVC_BOOL(C, report.located),
    HVC_ANY(C, report.runs_on),
    HVC_ANY(C, report.not_before_ms),
    HVC_UINT(C, report.code, 0, HVC_REASON_COUNT - 1),
    HVC_LINES(C, report.text),
    HVC_LATER,
    HVC_LIST(C, report.ways, report.way_count, 0, way_fields),
    HVC_FIELDS_END,
};
static const struct hvc_field cancel_fields[] = {
    HVC_NONZERO(C, cancel.job),
    HVC_LINES(C, cancel.text),
    HVC_FIELDS_END,
};
static const struct hvc_field modify_fields[] = {
    HVC_NONZERO(C, modify.job),
    HVC_UINT(C, modify.mask, 1, 31),
    HVC_UINT(C, modify.end_action, 0, HVC_END_MAX - 1),
    HVC_ANY(C, modify.priority),
    HVC_ANY(C, modify.downtime_ms),
    HVC_ANY(C, modify.bandwidth),
    HVC_ANY(C, modify.deadline_ms),
    HVC_FIELDS_END,
};
static const struct hvc_field resolve_fields[] = {
    HVC_NONZERO(C, resolve.job),
    HVC_ANY(C, resolve.runs_on),
    HVC_LINES(C, resolve.text),
    HVC_FIELDS_END,
};
static const struct hvc_field forget_fields[] = {HVC_NONZERO(C, forget.job), HVC_FIELDS_END};
static const struct hvc_field drain_fields[] = {
    HVC_NONZERO(C, drain.id), HVC_ANY(C, drain.target), HVC_ANY(C, drain.priority),
    HVC_BOOL(C, drain.force), HVC_FIELDS_END,
};
static const struct hvc_field drain_report_fields[] = {
    HVC_NONZERO(C, drain_report.drain),
    HVC_UINT(C, drain_report.state, 1, 2),
    HVC_LINES(C, drain_report.text),
    HVC_FIELDS_END,
};
static const struct hvc_field drain_cancel_fields[] = {HVC_NONZERO(C, drain_cancel.drain), HVC_FIELDS_END};
static const struct hvc_field resume_fields[] = {HVC_NONZERO(C, resume.id), HVC_BOOL(C, resume.back), HVC_FIELDS_END};
static const struct hvc_field tick_fields[] = {HVC_FIELDS_END};

static const struct {
    const char *name;
    const struct hvc_field *fields;
} kinds[HVC_COMMAND_KIND_END] = {
    [HVC_COMMAND_SETTINGS] = {"settings", settings_fields},
    [HVC_COMMAND_PROPERTIES] = {"properties", properties_fields},
    [HVC_COMMAND_STATE] = {"state", state_fields},
    [HVC_COMMAND_NETWORK_ADD] = {"network-add", networks_fields},
    [HVC_COMMAND_NETWORK_MODIFY] = {"network-modify", networks_fields},
    [HVC_COMMAND_NETWORK_REMOVE] = {"network-remove", network_remove_fields},
    [HVC_COMMAND_NODE] = {"node", node_fields},
    [HVC_COMMAND_NODE_REMOVE] = {"node-remove", node_remove_fields},
    [HVC_COMMAND_MEMBERS] = {"members", members_fields},
    [HVC_COMMAND_FENCED] = {"fenced", fenced_fields},
    [HVC_COMMAND_NODE_FLAGS] = {"node-flags", node_flags_fields},
    [HVC_COMMAND_DOCUMENT] = {"document", document_fields},
    [HVC_COMMAND_GUEST] = {"guest", guest_fields},
    [HVC_COMMAND_GUEST_PLACE] = {"guest-place", guest_place_fields},
    [HVC_COMMAND_GUEST_REMOVE] = {"guest-remove", guest_remove_fields},
    [HVC_COMMAND_JOB] = {"job", job_fields},
    [HVC_COMMAND_JOB_TARGET] = {"job-target", job_target_fields},
    [HVC_COMMAND_JOB_REPORT] = {"job-report", report_fields},
    [HVC_COMMAND_JOB_CANCEL] = {"job-cancel", cancel_fields},
    [HVC_COMMAND_JOB_MODIFY] = {"job-modify", modify_fields},
    [HVC_COMMAND_JOB_RESOLVE] = {"job-resolve", resolve_fields},
    [HVC_COMMAND_JOB_FORGET] = {"job-forget", forget_fields},
    [HVC_COMMAND_DRAIN] = {"drain", drain_fields},
    [HVC_COMMAND_DRAIN_REPORT] = {"drain-report", drain_report_fields},
    [HVC_COMMAND_DRAIN_CANCEL] = {"drain-cancel", drain_cancel_fields},
    [HVC_COMMAND_RESUME] = {"resume", resume_fields},
    [HVC_COMMAND_TICK] = {"tick", tick_fields},
};

static bool kind_is_known(unsigned kind)
{
    return kind < HVC_COMMAND_KIND_END && kinds[kind].name != NULL;
}

const char *hvc_command_name(unsigned kind)
{
    return kind_is_known(kind) ? kinds[kind].name : "invalid";
}

bool hvc_command_tells_lost_target(const struct hvc_command *c)
{
    return c->kind == HVC_COMMAND_JOB_REPORT && c->report.code == HVC_REASON_TARGET_LOST &&
           c->report.to == c->report.from && (c->report.from == HVC_JOB_ADMITTED || c->report.from == HVC_JOB_COPYING);
}

unsigned hvc_command_version(const struct hvc_command *c)
{
    bool newer =
        c->kind == HVC_COMMAND_JOB_REPORT && (c->report.way_count > 0 || hvc_command_tells_lost_target(c) ||
                                              (c->report.to == HVC_JOB_QUEUED && c->report.from < HVC_JOB_PHASE_COUNT &&
                                               (hvc_job_phase_info(c->report.from)->flags & HVC_JOB_STARTED) != 0));

    if (c->kind == HVC_COMMAND_NETWORK_ADD || c->kind == HVC_COMMAND_NETWORK_MODIFY) {
        for (unsigned i = 0; i < c->networks.count && i < HVC_COMMAND_LIST_MAX; i++)
            newer |= (c->networks.item[i].mask & HVC_NETWORK_LIMIT) != 0;
    }
    return newer ? 2 : 1;
}

int hvc_command_decode(const void *bytes, size_t length, struct hvc_command *ret_command)
{
    struct hvc_bytes_reader reader = hvc_bytes_reader(bytes, length);

    if (length > HVC_COMMAND_MAX || length < 2)
        return -EBADMSG;
    memset(ret_command, 0, sizeof(*ret_command));
    ret_command->version = (uint8_t)hvc_bytes_get(&reader, 1);
    ret_command->kind = (uint8_t)hvc_bytes_get(&reader, 1);
    if (ret_command->version > HVC_COMMAND_VERSION)
        return -EPROTONOSUPPORT;
    if (ret_command->version == 0)
        return -EBADMSG;
    if (!kind_is_known(ret_command->kind))
        return -ENOTSUP;
    hvc_fields_read(header_fields, &reader, ret_command);
    hvc_fields_read(kinds[ret_command->kind].fields, &reader, ret_command);
    if (reader.failed || reader.offset != reader.length)
        return -EBADMSG;
    return ret_command->version != hvc_command_version(ret_command) ? -EBADMSG : 0;
}

int hvc_command_encode(const struct hvc_command *command, void *bytes, size_t size, size_t *ret_length)
{
    struct hvc_bytes_writer writer = hvc_bytes_writer(bytes, size);

    if (command->version == 0 || command->version > HVC_COMMAND_VERSION || !kind_is_known(command->kind))
        return -EINVAL;
    hvc_bytes_put(&writer, 1, hvc_command_version(command));
    hvc_bytes_put(&writer, 1, command->kind);
    if (!hvc_fields_write(header_fields, command, &writer) ||
        !hvc_fields_write(kinds[command->kind].fields, command, &writer))
        return -EINVAL;
    if (writer.failed)
        return -ENOBUFS;
    *ret_length = writer.length;
    return 0;
}

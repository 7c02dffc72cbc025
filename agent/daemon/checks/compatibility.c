/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest.compatibility, host.compatibility: what a guest, or all of a node's, need, as a blob.
 * host.check-compatibility: whether a node could run what a blob tells of (GetSystemCompatibilityInfo,
 * CheckSystemCompatibilityInfo). */
#include "hvc/compatibility.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"
#include "hvc/cleanup.h"
#include "hvc/host.h"
#include "hvc/text.h"
#include "where.h"

enum { ASK_MS = 5000 };
enum { MS_OK = 0, MS_INVALID = 32773, MS_NOT_COMPATIBLE = 32784 };

/* ---- a blob as text ---- */

static bool write_hex(struct hvc_record *data, const uint8_t *bytes, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    HVC_CLEANUP(free) char *text = malloc(2 * length + 1);

    if (text == NULL)
        return false;
    for (size_t i = 0; i < length; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    text[2 * length] = '\0';
    hvc_record_set_text(data, "info", text);
    return true;
}

static int digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* bytes: room for half the text. False: it is no hexadecimal text. */
static bool read_hex(const char *text, uint8_t *bytes, size_t *ret_length)
{
    size_t length = strlen(text);

    for (size_t i = 0; i + 1 < length; i += 2) {
        int high = digit(text[i]), low = digit(text[i + 1]);

        if (high < 0 || low < 0)
            return false;
        bytes[i / 2] = (uint8_t)(high << 4 | low);
    }
    *ret_length = length / 2;
    return length % 2 == 0;
}

static enum hvc_result answer_blob(struct hvc_call *call, const struct hvc_compatibility *info)
{
    HVC_CLEANUP(free) uint8_t *bytes = malloc(HVC_COMPATIBILITY_MAX);
    size_t length = 0;

    if (bytes == NULL || hvc_compatibility_encode(info, bytes, HVC_COMPATIBILITY_MAX, &length) < 0 ||
        !write_hex(call->data, bytes, length))
        return hvc_call_say(call, HVC_RESULT_INTERNAL, "out of memory");
    hvc_record_set_u64(call->data, "guests", info->count);
    hvc_record_set_u64(call->data, "left_out", info->dropped);
    return hvc_call_say(call, HVC_RESULT_OK, "what %u guests need, in %zu bytes", info->count, length);
}

/* ---- making one ---- */

/* A guest with its host's own CPU needs that one. */
static int add_guest(struct hvc_hypervisor *h, const struct hvc_guest_state *state, uint64_t deadline_ms,
                     struct hvc_compatibility *info, struct hvc_error *error)
{
    HVC_CLEANUP(free) struct hvc_guest_profile *profile = calloc(1, sizeof(*profile));
    HVC_CLEANUP(free) struct hvc_host_fit *fit = calloc(1, sizeof(*fit));
    HVC_CLEANUP(free) char *xml = NULL;
    HVC_CLEANUP(free) char *cpu = NULL;
    bool active = hvc_guest_is_present(state->guest_class);
    const char *needs;
    int result;

    if (profile == NULL || fit == NULL)
        return hvc_error_set(error, -ENOMEM, "out of memory");
    result = hvc_hypervisor_read_xml(h, state->id.uuid, !active, deadline_ms, &xml, error);
    if (result == 0)
        result = hvc_guest_parse_profile(xml, strlen(xml), profile, error);
    if (result == 0)
        result = hvc_guest_xml_cpu(xml, &cpu, error);
    needs = cpu;
    if (result == 0 && (profile->cpu == HVC_CPU_PASSTHROUGH || profile->cpu == HVC_CPU_MAXIMUM)) {
        result = hvc_hypervisor_fits(h, profile, NULL, deadline_ms, fit, error);
        needs = fit->host_cpu;
    }
    if (result < 0)
        return result;
    if (hvc_compatibility_of(profile, needs, active, &info->guests[info->count]) < 0)
        return hvc_error_set(error, -E2BIG, "the CPU of guest %s has more than %d bytes of description", profile->name,
                             HVC_COMPATIBILITY_CPU_MAX - 1);
    info->count++;
    return 0;
}

static int take_host(struct hvc_hypervisor *h, const char *node, uint64_t deadline_ms, struct hvc_compatibility *info,
                     struct hvc_error *error)
{
    struct hvc_host_facts host;
    int result = hvc_hypervisor_host(h, deadline_ms, &host, error);

    if (result < 0)
        return result;
    info->hypervisor_version = host.hypervisor_version;
    info->libvirt_version = host.libvirt_version;
    return hvc_text_copy(info->system, sizeof(info->system), node);
}

static enum hvc_result guest_compatibility(struct hvc_operations *operations, struct hvc_call *call)
{
    HVC_CLEANUP(free) struct hvc_compatibility *info = calloc(1, sizeof(*info));
    uint64_t deadline = guest_deadline(call, ASK_MS);
    struct checks_where where;
    struct hvc_error error = {0};
    enum hvc_result result = checks_where_guest(operations, call, deadline, &where);

    if (result != HVC_RESULT_OK || info == NULL)
        return info == NULL ? hvc_call_say(call, HVC_RESULT_INTERNAL, "out of memory") : result;
    if (take_host(where.hypervisor, where.node, deadline, info, &error) < 0 ||
        add_guest(where.hypervisor, &where.state, deadline, info, &error) < 0)
        return hvc_call_fail(call, &error);
    return answer_blob(call, info);
}

static enum hvc_result host_compatibility(struct hvc_operations *operations, struct hvc_call *call)
{
    HVC_CLEANUP(free) struct hvc_compatibility *info = calloc(1, sizeof(*info));
    HVC_CLEANUP(free) struct hvc_guest_state *guests = NULL;
    struct hvc_error error = {0};
    struct checks_where where;
    enum hvc_result result = checks_where_node(operations, call, &where);
    size_t count = 0;

    if (result != HVC_RESULT_OK || info == NULL)
        return info == NULL ? hvc_call_say(call, HVC_RESULT_INTERNAL, "out of memory") : result;
    info->host = true;
    if (take_host(where.hypervisor, where.node, call->deadline_ms, info, &error) < 0 ||
        hvc_hypervisor_list(where.hypervisor, call->deadline_ms, &guests, &count, &error) < 0)
        return hvc_call_fail(call, &error);
    for (size_t i = 0; i < count; i++) {
        int rc = info->count == HVC_COMPATIBILITY_GUESTS_MAX
                     ? -E2BIG
                     : add_guest(where.hypervisor, &guests[i], call->deadline_ms, info, &error);

        if (rc == -E2BIG || rc == -ENOENT) /* too large, or gone meanwhile */
            info->dropped++;
        else if (rc < 0)
            return hvc_call_fail(call, &error);
    }
    return answer_blob(call, info);
}

/* ---- checking one ---- */

static struct hvc_check_fact told(const struct hvc_fit_answer *answer)
{
    return (struct hvc_check_fact){answer->is, answer->words};
}

/* What this node says about a guest of a blob. */
static int ask_fit(struct hvc_hypervisor *h, const struct hvc_compatibility_guest *guest, uint64_t deadline_ms,
                   struct hvc_host_fit *answers, struct hvc_check_fit *fit, struct hvc_error *error)
{
    HVC_CLEANUP(free) struct hvc_guest_profile *profile = calloc(1, sizeof(*profile));
    bool own = guest->cpu == HVC_CPU_PASSTHROUGH || guest->cpu == HVC_CPU_MAXIMUM;
    const char *cpu = guest->cpu == HVC_CPU_CUSTOM && guest->cpu_xml[0] != '\0' ? guest->cpu_xml : NULL;
    int result;

    if (profile == NULL)
        return hvc_error_set(error, -ENOMEM, "out of memory");
    memcpy(profile->type, guest->type, sizeof(profile->type));
    memcpy(profile->architecture, guest->architecture, sizeof(profile->architecture));
    memcpy(profile->machine, guest->machine, sizeof(profile->machine));
    memcpy(profile->emulator, guest->emulator, sizeof(profile->emulator));
    profile->tpm = guest->tpm;
    result = hvc_hypervisor_fits(h, profile, cpu, deadline_ms, answers, error);
    if (result == 0 && own && guest->active)
        result = hvc_hypervisor_compare_cpu(h, profile, guest->cpu_xml, true, deadline_ms, &answers->cpu, error);
    fit->type = told(&answers->type);
    fit->emulator = told(&answers->emulator);
    fit->machine = told(&answers->machine);
    fit->tpm = told(&answers->tpm);
    fit->cpu = told(&answers->cpu);
    return result;
}

static size_t add_reasons(struct hvc_record *data, const struct hvc_compatibility_guest *guest,
                          const struct hvc_check_report *report)
{
    for (uint32_t i = 0; i < report->count; i++) {
        struct hvc_record *reason = hvc_record_add(data, "reasons");

        hvc_record_set_text(reason, "guest", guest->uuid);
        hvc_record_set_text(reason, "name", guest->name);
        hvc_record_set_text(reason, "code", hvc_check_code_info(report->findings[i].code)->name);
        hvc_record_set_text(reason, "severity", hvc_check_severity_name(report->findings[i].severity));
        hvc_record_set_text(reason, "text", report->findings[i].text);
    }
    return hvc_check_is_movable(report) ? 0 : 1;
}

static enum hvc_result judge(struct hvc_operations *operations, struct hvc_call *call,
                             const struct hvc_compatibility *info)
{
    HVC_CLEANUP(free) struct hvc_check_report *report = calloc(1, sizeof(*report));
    HVC_CLEANUP(free) struct hvc_host_fit *answers = calloc(1, sizeof(*answers));
    struct hvc_check_node here = {.id = 1, .libvirt = {HVC_TELL_YES, NULL}};
    struct checks_where where;
    struct hvc_host_facts host;
    struct hvc_error error = {0};
    enum hvc_result result = checks_where_node(operations, call, &where);
    size_t not_fitting = 0;

    if (result != HVC_RESULT_OK || report == NULL || answers == NULL)
        return result != HVC_RESULT_OK ? result : hvc_call_say(call, HVC_RESULT_INTERNAL, "out of memory");
    here.name = where.node;
    if (hvc_hypervisor_host(where.hypervisor, call->deadline_ms, &host, &error) < 0)
        return hvc_call_fail(call, &error);
    here.hypervisor_version = host.hypervisor_version;
    here.libvirt_version = host.libvirt_version;
    memcpy(here.architecture, host.architecture, sizeof(here.architecture));
    hvc_record_set_list(call->data, "reasons");
    for (uint32_t i = 0; i < info->count; i++) {
        struct hvc_check_fit fit = {.seen = HVC_SEEN_ABSENT};

        if (ask_fit(where.hypervisor, &info->guests[i], call->deadline_ms, answers, &fit, &error) < 0)
            return hvc_call_fail(call, &error);
        hvc_compatibility_judge(info, &info->guests[i], &here, &fit, report);
        not_fitting += add_reasons(call->data, &info->guests[i], report);
    }
    hvc_record_set_bool(call->data, "compatible", not_fitting == 0);
    hvc_record_set_u64(call->data, "code", not_fitting == 0 ? MS_OK : MS_NOT_COMPATIBLE);
    hvc_record_set_u64(call->data, "guests", info->count);
    return hvc_call_say(call, HVC_RESULT_OK, "%zu of %u guests of %s do not fit node %s", not_fitting, info->count,
                        info->system, where.node);
}

static enum hvc_result host_check(struct hvc_operations *operations, struct hvc_call *call)
{
    HVC_CLEANUP(free) struct hvc_compatibility *info = calloc(1, sizeof(*info));
    HVC_CLEANUP(free) uint8_t *bytes = malloc(HVC_COMPATIBILITY_MAX + 1);
    size_t length = 0;
    int result = -EBADMSG;

    if (info == NULL || bytes == NULL)
        return hvc_call_say(call, HVC_RESULT_INTERNAL, "out of memory");
    if (read_hex(hvc_record_text(call->args, "info", ""), bytes, &length))
        result = hvc_compatibility_decode(bytes, length, info);
    if (result == 0)
        return judge(operations, call, info);
    hvc_record_set_u64(call->data, "code", MS_INVALID);
    return hvc_call_say(call, HVC_RESULT_INVALID,
                        result == -EPROTONOSUPPORT
                            ? "the compatibility information is of a later version: update this node"
                            : "this is no compatibility information as guest.compatibility gives it, or it is damaged");
}

static const struct hvc_argument guest_arguments[] = {
    {.name = "guest", .type = HVC_ARGUMENT_TEXT, .required = true, .min = 1, .help = "its name or UUID"}};
#define NODE                                                                                                           \
    {                                                                                                                  \
        .name = "node", .type = HVC_ARGUMENT_TEXT, .min = 1, .max = HVC_NODE_NAME_MAX - 1,                             \
        .help = "node that is asked about (this one)"                                                                  \
    }
static const struct hvc_argument node_arguments[] = {NODE};
static const struct hvc_argument info_arguments[] = {{.name = "info",
                                                      .type = HVC_ARGUMENT_TEXT,
                                                      .required = true,
                                                      .min = 2,
                                                      .max = (uint64_t)2 * HVC_COMPATIBILITY_MAX,
                                                      .help = "hexadecimal, from guest.compatibility or "
                                                              "host.compatibility"},
                                                     NODE};

#define ROW(operation, words, array, size, function)                                                                   \
    {                                                                                                                  \
        .name = (operation), .help = (words), .arguments = (array), .argument_count = (size), .right = HVC_RIGHT_READ, \
        .lane = HVC_LANE_WORK, .timeout_ms = 20000, .handler = (function)                                              \
    }

static const struct hvc_operation rows[] = {
    ROW("guest.compatibility", "what a guest needs of a host, as a blob", guest_arguments, 1, guest_compatibility),
    ROW("host.compatibility", "what the guests of a node need of a host, as a blob", node_arguments, 1,
        host_compatibility),
    ROW("host.check-compatibility", "could a node run the guests of a blob", info_arguments, 2, host_check),
};

const struct hvc_operation_set hvc_compatibility_operations = {.rows = rows, .count = sizeof(rows) / sizeof(rows[0])};

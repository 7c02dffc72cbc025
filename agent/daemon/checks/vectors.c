/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest.vectors, host.vectors: numbers of a guest and of a host that a client compares one by one
 * (GetSystemCompatibilityVectors; Msvm_CompatibilityVector). */
#include <stdlib.h>
#include <string.h>

#include "guest.h"
#include "hvc/cleanup.h"
#include "hvc/compatibility.h"
#include "hvc/host.h"
#include "where.h"

enum { ASK_MS = 5000 };

static enum hvc_result answer(struct hvc_call *call, const struct hvc_vector_facts *facts, bool host, const char *who)
{
    struct hvc_vector vectors[HVC_VECTORS_MAX];
    size_t count = hvc_vectors_make(facts, host, vectors);

    hvc_record_set_list(call->data, "vectors");
    for (size_t i = 0; i < count; i++) {
        struct hvc_record *vector = hvc_record_add(call->data, "vectors");

        hvc_record_set_u64(vector, "id", vectors[i].id);
        hvc_record_set_u64(vector, "operation", vectors[i].operation);
        hvc_record_set_bits(vector, "info", vectors[i].info); /* names of features as bits */
    }
    return hvc_call_say(call, HVC_RESULT_OK, "%zu vectors of %s", count, who);
}

/* ---- a guest ---- */

struct guest {
    struct hvc_guest_profile profile;
    struct hvc_host_fit fit;
    struct hvc_host_names names;
    struct hvc_host_facts host;
};

/* One with its host's own CPU needs what that has. */
static int read_guest(const struct checks_where *where, bool active, uint64_t deadline_ms, struct guest *guest,
                      struct hvc_error *error)
{
    HVC_CLEANUP(free) char *xml = NULL;
    HVC_CLEANUP(free) char *cpu = NULL;
    const struct hvc_guest_profile *profile = &guest->profile;
    const char *needs;
    int result;

    result = hvc_hypervisor_read_xml(where->hypervisor, where->state.id.uuid, !active, deadline_ms, &xml, error);
    if (result == 0)
        result = hvc_guest_parse_profile(xml, strlen(xml), &guest->profile, error);
    if (result == 0)
        result = hvc_guest_xml_cpu(xml, &cpu, error);
    if (result == 0)
        result = hvc_hypervisor_host(where->hypervisor, deadline_ms, &guest->host, error);
    needs = profile->cpu == HVC_CPU_CUSTOM ? cpu : NULL;
    if (result == 0 && active && (profile->cpu == HVC_CPU_PASSTHROUGH || profile->cpu == HVC_CPU_MAXIMUM)) {
        result = hvc_hypervisor_fits(where->hypervisor, profile, NULL, deadline_ms, &guest->fit, error);
        needs = guest->fit.model_cpu[0] != '\0' ? guest->fit.model_cpu : NULL;
    }
    if (result == 0 && needs != NULL) /* else it takes what it finds: it needs no feature */
        result = hvc_hypervisor_names(where->hypervisor, profile, needs, deadline_ms, &guest->names, error);
    return result;
}

static enum hvc_result guest_vectors(struct hvc_operations *operations, struct hvc_call *call)
{
    HVC_CLEANUP(free) struct guest *guest = calloc(1, sizeof(*guest));
    uint64_t deadline = guest_deadline(call, ASK_MS);
    struct hvc_error error = {0};
    struct hvc_vector_facts facts;
    struct checks_where where;
    enum hvc_result result = checks_where_guest(operations, call, deadline, &where);
    bool active;

    if (result != HVC_RESULT_OK || guest == NULL)
        return guest == NULL ? hvc_call_say(call, HVC_RESULT_INTERNAL, "out of memory") : result;
    active = hvc_guest_is_present(where.state.guest_class);
    if (read_guest(&where, active, deadline, guest, &error) < 0)
        return hvc_call_fail(call, &error);
    facts = (struct hvc_vector_facts){
        .architecture = guest->profile.architecture,
        .qemu = strcmp(guest->profile.type, "qemu") == 0,
        .kvm = strcmp(guest->profile.type, "kvm") == 0,
        .hypervisor_version = active ? guest->host.hypervisor_version : 0,
        .memory_kib = guest->profile.memory_kib,
        .features = guest->names.features,
    };
    if (guest->profile.machine[0] != '\0')
        hvc_name_set_add(&facts.machines, guest->profile.machine);
    hvc_record_set_text(call->data, "node", where.node);
    hvc_record_set_bool(call->data, "active", active);
    return answer(call, &facts, false, guest->profile.name);
}

/* ---- a host ---- */

static enum hvc_result host_vectors(struct hvc_operations *operations, struct hvc_call *call)
{
    HVC_CLEANUP(free) struct guest *guest = calloc(1, sizeof(*guest));
    struct hvc_error error = {0};
    struct hvc_vector_facts facts;
    struct checks_where where;
    enum hvc_result result = checks_where_node(operations, call, &where);

    if (result != HVC_RESULT_OK || guest == NULL)
        return guest == NULL ? hvc_call_say(call, HVC_RESULT_INTERNAL, "out of memory") : result;
    if (hvc_hypervisor_host(where.hypervisor, call->deadline_ms, &guest->host, &error) < 0)
        return hvc_call_fail(call, &error);
    memcpy(guest->profile.architecture, guest->host.architecture, sizeof(guest->profile.architecture));
    if (hvc_hypervisor_names(where.hypervisor, &guest->profile, NULL, call->deadline_ms, &guest->names, &error) < 0)
        return hvc_call_fail(call, &error);
    facts = (struct hvc_vector_facts){
        .architecture = guest->host.architecture,
        .qemu = guest->names.qemu,
        .kvm = guest->names.kvm,
        .hypervisor_version = guest->host.hypervisor_version,
        .memory_kib = guest->host.memory_kib,
        .machines = guest->names.machines,
        .features = guest->names.features,
    };
    hvc_record_set_text(call->data, "node", where.node);
    return answer(call, &facts, true, where.node);
}

static const struct hvc_argument guest_arguments[] = {
    {.name = "guest", .type = HVC_ARGUMENT_TEXT, .required = true, .min = 1, .help = "its name or UUID"}};
static const struct hvc_argument host_arguments[] = {{.name = "node",
                                                      .type = HVC_ARGUMENT_TEXT,
                                                      .min = 1,
                                                      .max = HVC_NODE_NAME_MAX - 1,
                                                      .help = "node that is asked about (this one)"}};

#define ROW(operation, words, array, function)                                                                         \
    {                                                                                                                  \
        .name = (operation), .help = (words), .arguments = (array), .argument_count = 1, .right = HVC_RIGHT_READ,      \
        .lane = HVC_LANE_WORK, .timeout_ms = 20000, .handler = (function)                                              \
    }

static const struct hvc_operation rows[] = {
    ROW("guest.vectors", "what a guest needs of a host, as numbers to compare", guest_arguments, guest_vectors),
    ROW("host.vectors", "what a node has for guests, as numbers to compare", host_arguments, host_vectors),
};

const struct hvc_operation_set hvc_vector_operations = {.rows = rows, .count = sizeof(rows) / sizeof(rows[0])};

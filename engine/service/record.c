/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records: how each kind is encoded for snapshots and digests, and the digest over all of them. */
#include "internal.h"

#include "hvc/hash.h"

#define H struct hvc_head
static const struct hvc_field head_fields[] = {
    HVC_BOOL(H, alone),
    HVC_UINT(H, set_mask, 0, (UINT32_C(1) << HVC_SETTING_MAX) - 1),
    HVC_UINTS(H, values),
    HVC_BOOL(H, properties.state_used),
    HVC_UINT(H, properties.state, HVC_STATE_ENABLED, HVC_STATE_QUIESCE),
    HVC_ANY(H, properties.enabled_default),
    HVC_ANY(H, properties.changed_ms),
    HVC_TEXT(H, properties.owner_name, 0),
    HVC_TEXT(H, properties.owner_contact, 0),
    HVC_NONZERO(H, next_network),
    HVC_NONZERO(H, next_job),
    HVC_NONZERO(H, next_drain),
    HVC_NONZERO(H, next_document),
    HVC_ANY(H, admissions),
    HVC_ANY(H, ended),
    HVC_FIELDS_END,
};

#define N struct hvc_service_node
static const struct hvc_field node_fields[] = {
    HVC_NONZERO(N, id),
    HVC_ANY(N, cpus),
    HVC_UINT(N, memory_kib, 0, HVC_KIB_MAX),
    HVC_ANY(N, boot_id),
    HVC_BOOL(N, member),
    HVC_BOOL(N, fenced),
    HVC_BOOL(N, accepting),
    HVC_BOOL(N, maintenance),
    HVC_ANY(N, served),
    HVC_UINT(N, own_mask, 0, (UINT32_C(1) << HVC_SETTING_MAX) - 1),
    HVC_UINTS(N, own),
    HVC_TEXT(N, name, 1),
    HVC_FIELDS_END,
};

#define W struct hvc_network
static const struct hvc_field network_fields[] = {
    HVC_NONZERO(W, id),
    HVC_ANY(W, node),
    HVC_ANY(W, metric),
    HVC_UINT(W, family, 4, 6),
    HVC_UINT(W, prefix, 0, 128),
    HVC_FIXED(W, address),
    HVC_ANY(W, bandwidth),
    HVC_TEXT(W, name, 0),
    HVC_LINES(W, tags),
    HVC_LATER,
    HVC_UINT(W, limit, 0, HVC_NETWORK_LIMIT_MAX),
    HVC_FIELDS_END,
};

#define D struct hvc_drain
static const struct hvc_field drain_fields[] = {
    HVC_NONZERO(D, id),   HVC_NONZERO(D, node),  HVC_ANY(D, target),
    HVC_BOOL(D, back),    HVC_BOOL(D, force),    HVC_UINT(D, state, 0, HVC_DRAIN_STATE_COUNT - 1),
    HVC_ANY(D, priority), HVC_ANY(D, jobs),      HVC_ANY(D, completed),
    HVC_ANY(D, failed),   HVC_ANY(D, cancelled), HVC_ANY(D, started_ms),
    HVC_ANY(D, ended_ms), HVC_TEXT(D, by, 0),    HVC_LINES(D, text),
    HVC_FIELDS_END,
};

#define P struct hvc_document
static const struct hvc_field document_fields[] = {
    HVC_FIXED(P, hash),
    HVC_UINT(P, size, 1, HVC_XML_MAX),
    HVC_UINT(P, received, 0, HVC_XML_MAX),
    HVC_NONZERO(P, serial),
    HVC_FIELDS_END,
};

#define G struct hvc_service_guest
static const struct hvc_field guest_fields[] = {
    HVC_FIXED(G, uuid),       HVC_NONZERO(G, version), HVC_FIXED(G, document), HVC_UINT(G, memory_kib, 0, HVC_KIB_MAX),
    HVC_ANY(G, cpus),         HVC_ANY(G, node),        HVC_ANY(G, origin),     HVC_TEXT(G, name, 1),
    HVC_TEXT(G, resource, 0), HVC_FIELDS_END,
};

#define R struct hvc_job_reason
static const struct hvc_field reason_fields[] = {
    HVC_ANY(R, stamp_ms),
    HVC_ANY(R, node),
    HVC_UINT(R, code, 0, HVC_REASON_COUNT - 1),
    HVC_UINT(R, phase, 0, HVC_JOB_PHASE_COUNT - 1),
    HVC_LINES(R, text),
    HVC_FIELDS_END,
};

static const struct hvc_field way_fields[] = {{.type = HVC_FIELD_TYPE_UINT, .width = 4, .max = UINT32_MAX},
                                              HVC_FIELDS_END};

#define J struct hvc_job
static const struct hvc_field job_fields[] = {
    HVC_NONZERO(J, id),
    HVC_ANY(J, epoch),
    HVC_ANY(J, index),
    HVC_FIXED(J, guest),
    HVC_TEXT(J, guest_name, 1),
    HVC_TEXT(J, by, 0),
    HVC_UINT(J, kind, 0, HVC_KIND_COUNT - 1),
    HVC_UINT(J, origin, 0, HVC_ORIGIN_COUNT - 1),
    HVC_UINT(J, phase, 0, HVC_JOB_PHASE_COUNT - 1),
    HVC_UINT(J, step, 0, HVC_STEP_COUNT - 1),
    HVC_ANY(J, attempts),
    HVC_BOOL(J, cancel),
    HVC_BOOL(J, located),
    HVC_ANY(J, source),
    HVC_ANY(J, target),
    HVC_ANY(J, runs_on),
    HVC_ANY(J, drain),
    HVC_UINT(J, memory_kib, 0, HVC_KIB_MAX),
    HVC_UINT(J, options.flags, 0, HVC_OPTION_ALL),
    HVC_ANY(J, options.priority),
    HVC_ANY(J, options.transport),
    HVC_UINT(J, options.cpu_capping, 0, 2),
    HVC_UINT(J, options.end_action, 0, HVC_END_MAX - 1),
    HVC_UINT(J, options.restart, 0, HVC_RESTART_COUNT - 1),
    HVC_ANY(J, options.parallel),
    HVC_ANY(J, options.downtime_ms),
    HVC_ANY(J, options.bandwidth),
    HVC_ANY(J, options.deadline_ms),
    HVC_ANY(J, options.not_before_ms),
    HVC_FIXED(J, options.document),
    HVC_ANY(J, mark),
    HVC_ANY(J, ended),
    HVC_UINTS(J, phase_ms),
    HVC_ANY(J, reasons_dropped),
    HVC_LIST(J, reasons, reason_count, 0, reason_fields),
    HVC_LATER,
    HVC_ANY(J, network),
    HVC_LIST(J, ways, way_count, 0, way_fields),
    HVC_LATER,
    HVC_UINT(J, lost_target, 0, HVC_TARGET_COUNT - 1),
    HVC_FIELDS_END,
};

const struct hvc_field *hvc_record_fields(unsigned kind)
{
    static const struct hvc_field *const fields[HVC_RECORD_KIND_COUNT] = {
        head_fields, node_fields, network_fields, drain_fields, document_fields, guest_fields, job_fields,
    };

    return fields[kind];
}

void *hvc_record_item(struct hvc_service *s, unsigned kind, uint32_t slot)
{
    switch ((enum hvc_record_kind)kind) {
    case HVC_RECORD_NODE:
        return &s->nodes[slot];
    case HVC_RECORD_NETWORK:
        return &s->networks[slot];
    case HVC_RECORD_DRAIN:
        return &s->drains[slot];
    case HVC_RECORD_DOCUMENT:
        return &s->documents[slot];
    case HVC_RECORD_GUEST:
        return &s->guests[slot];
    case HVC_RECORD_JOB:
        return &s->jobs[slot];
    case HVC_RECORD_HEAD:
    case HVC_RECORD_KIND_COUNT:
        break;
    }
    return &s->head;
}

/* Kind, length of the rest, the fields. Everything in the state is within its bounds, so this cannot fail. */
size_t hvc_record_encode(struct hvc_service *s, unsigned kind, uint32_t slot)
{
    struct hvc_bytes_writer writer = hvc_bytes_writer(s->record, HVC_RECORD_MAX);
    struct hvc_bytes_writer length;

    hvc_bytes_put(&writer, 1, kind);
    hvc_bytes_put(&writer, 2, 0);
    (void)hvc_fields_write(hvc_record_fields(kind), hvc_record_item(s, kind, slot), &writer);
    length = hvc_bytes_writer(s->record + 1, 2);
    hvc_bytes_put(&length, 2, writer.length - 3);
    return writer.length;
}

void hvc_touch(struct hvc_service *s, enum hvc_record_kind kind, uint32_t slot)
{
    struct hvc_slot *record = &s->pool[kind].slots[slot];

    s->revision++;
    if (record->dirty)
        return;
    record->dirty = true;
    s->dirty[s->dirty_count++] = (uint32_t)kind << 24 | slot;
}

uint64_t hvc_service_digest(struct hvc_service *s)
{
    uint8_t bytes[16];
    struct hvc_bytes_writer writer = hvc_bytes_writer(bytes, sizeof(bytes));
    uint64_t records = 0;

    while (s->dirty_count > 0) {
        uint32_t entry = s->dirty[--s->dirty_count];
        unsigned kind = entry >> 24;
        uint32_t slot = entry & 0xffffff;
        struct hvc_slot *record = &s->pool[kind].slots[slot];

        s->sum -= record->hash;
        record->hash = record->live ? hvc_hash64(s->record, hvc_record_encode(s, kind, slot), 0) : 0;
        s->sum += record->hash;
        record->dirty = false;
    }
    for (unsigned kind = 0; kind < HVC_RECORD_KIND_COUNT; kind++)
        records += s->pool[kind].count;
    hvc_bytes_put(&writer, 8, s->sum);
    hvc_bytes_put(&writer, 8, records);
    return hvc_hash64(bytes, writer.length, 0);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an event puts into its update: messages, what the disk shall have, alarms, leaving. */
#include "internal.h"

bool hvc_out_room(const struct hvc_replication *r)
{
    return r->out->messages < HVC_REPLICATION_MESSAGES_MAX - 2;
}

void hvc_out_send(struct hvc_replication *r, struct hvc_message *m)
{
    struct hvc_replication_update *out = r->out;
    uint8_t *at = r->out_bytes + r->out_used;
    bool frozen = m->kind == HVC_MESSAGE_OFFER || m->kind == HVC_MESSAGE_EXCLUDE || m->kind == HVC_MESSAGE_FENCED;
    size_t length = 0;

    m->version = frozen ? HVC_REPLICATION_WIRE_MIN : r->view.record.wire;
    m->node = r->config.node;
    m->boot_id = r->config.boot_id;
    m->ring = r->view.ring;
    m->tag = r->view.tag;
    if (out->messages == HVC_REPLICATION_MESSAGES_MAX ||
        hvc_wire_encode(m, at, HVC_OUT_BYTES - r->out_used, &length) < 0) {
        hvc_out_leave(r, HVC_LEAVE_PROTOCOL, m->kind);
        return;
    }
    out->message[out->messages].bytes = at;
    out->message[out->messages].length = length;
    out->messages++;
    r->out_used += length;
}

struct hvc_replication_persist *hvc_out_persist(struct hvc_replication *r)
{
    if (r->out->persist.seq == 0)
        r->out->persist.seq = ++r->persist_seq;
    return &r->out->persist;
}

void hvc_out_alarm(struct hvc_replication *r, enum hvc_replication_alarm code, uint32_t node, uint64_t detail)
{
    struct hvc_replication_update *out = r->out;

    if (out->alarms == HVC_REPLICATION_ALARMS_MAX)
        return; /* the first ones say why */
    out->alarm[out->alarms].code = code;
    out->alarm[out->alarms].node = node;
    out->alarm[out->alarms].detail = detail;
    out->alarms++;
}

void hvc_out_leave(struct hvc_replication *r, enum hvc_replication_leave reason, uint64_t detail)
{
    if (r->left)
        return;
    r->left = true;
    r->view.phase = HVC_PHASE_LEFT;
    r->out->status_changed = true;
    r->out->leave = reason;
    r->out->leave_detail = detail;
}

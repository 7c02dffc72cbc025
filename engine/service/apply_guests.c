/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands on documents and guests. */
#include <string.h>

#include "internal.h"

static struct hvc_answer new_document(struct hvc_service *s, const struct hvc_command *c)
{
    uint32_t slot = c->document.offset == 0 ? hvc_pool_take(&s->pool[HVC_RECORD_DOCUMENT]) : HVC_NONE;
    struct hvc_document *document;

    if (c->document.offset != 0)
        return hvc_answer_of(HVC_ANSWER_NO_DOCUMENT, 0, 0);
    if (slot == HVC_NONE)
        return hvc_answer_of(HVC_ANSWER_FULL, HVC_FIELD_DOCUMENTS, s->pool[HVC_RECORD_DOCUMENT].capacity);
    document = &s->documents[slot];
    memset(document, 0, sizeof(*document));
    memcpy(document->hash, c->document.hash, 32);
    document->size = c->document.size;
    document->received = c->document.length;
    document->serial = s->head.next_document++;
    hvc_touch(s, HVC_RECORD_DOCUMENT, slot);
    hvc_touch_head(s);
    hvc_link_document(s, slot);
    hvc_forget_documents(s);
    return hvc_answer_of(HVC_ANSWER_OK, 0, c->document.length);
}

struct hvc_answer hvc_apply_document(struct hvc_service *s, const struct hvc_command *c)
{
    uint32_t slot = hvc_find_document(s, c->document.hash);
    struct hvc_document *document;

    if (hvc_is_zero(c->document.hash, 32) || c->document.offset > c->document.size ||
        c->document.length > c->document.size - c->document.offset)
        return hvc_answer_of(HVC_ANSWER_INVALID, HVC_FIELD_DOCUMENT, c->document.offset);
    if (slot == HVC_NONE)
        return new_document(s, c);
    document = &s->documents[slot];
    if (document->size != c->document.size)
        return hvc_answer_of(HVC_ANSWER_INVALID, HVC_FIELD_DOCUMENT, document->size);
    if (document->received == document->size) {
        if (document->references == 0)
            hvc_document_reopen(s, slot); /* somebody is about to use it: it shall not be the next that goes */
        return hvc_answer_of(HVC_ANSWER_UNCHANGED, 0, document->received);
    }
    if (c->document.offset != document->received)
        return hvc_answer_of(HVC_ANSWER_NO_DOCUMENT, 0, document->received);
    document->received += c->document.length;
    hvc_touch(s, HVC_RECORD_DOCUMENT, slot);
    return hvc_answer_of(HVC_ANSWER_OK, 0, document->received);
}

struct hvc_answer hvc_check_document(const struct hvc_service *s, const uint8_t hash[32])
{
    uint32_t slot;

    if (hvc_is_zero(hash, 32))
        return hvc_answer_of(HVC_ANSWER_OK, 0, 0);
    slot = hvc_find_document(s, hash);
    if (slot == HVC_NONE)
        return hvc_answer_of(HVC_ANSWER_NO_DOCUMENT, 0, 0);
    if (s->documents[slot].received != s->documents[slot].size)
        return hvc_answer_of(HVC_ANSWER_NO_DOCUMENT, 0, s->documents[slot].received);
    return hvc_answer_of(HVC_ANSWER_OK, 0, 0);
}

static struct hvc_answer add_guest(struct hvc_service *s, const struct hvc_command *c)
{
    struct hvc_service_guest *guest;
    uint32_t slot;

    if (c->guest.version != 0)
        return hvc_answer_of(HVC_ANSWER_NO_GUEST, 0, 0);
    if (c->guest.node != 0 && hvc_find_node(s, c->guest.node) == HVC_NONE)
        return hvc_answer_of(HVC_ANSWER_NO_NODE, 0, c->guest.node);
    slot = hvc_pool_take(&s->pool[HVC_RECORD_GUEST]);
    if (slot == HVC_NONE)
        return hvc_answer_of(HVC_ANSWER_FULL, HVC_FIELD_GUESTS, s->config.guests);
    guest = &s->guests[slot];
    memset(guest, 0, sizeof(*guest));
    memcpy(guest->uuid, c->guest.uuid, 16);
    guest->node = c->guest.node;
    return hvc_answer_of(HVC_ANSWER_OK, 0, slot);
}

static void set_guest(struct hvc_service *s, const struct hvc_command *c, uint32_t slot)
{
    struct hvc_service_guest *guest = &s->guests[slot];

    memcpy(guest->document, c->guest.document, 32);
    guest->version++;
    guest->memory_kib = c->guest.memory_kib;
    guest->cpus = c->guest.cpus;
    memcpy(guest->name, c->guest.name, sizeof(guest->name));
    memcpy(guest->resource, c->guest.resource, sizeof(guest->resource));
    hvc_link_guest(s, slot);
    hvc_touch(s, HVC_RECORD_GUEST, slot);
    s->admit = true;
}

/* A guest that lives has the name that libvirt gave it, whoever else has it. One that runs nowhere does not take the
 * name of one that lives or whose definition is held; a record that only remembers a guest keeps its name from nobody.
 */
static bool name_is_taken(const struct hvc_service *s, const struct hvc_command *c, uint32_t slot)
{
    bool lives = slot == HVC_NONE ? c->guest.node != 0 : hvc_service_guest_lives(&s->guests[slot]);
    struct hvc_service_name others;

    if (lives || (slot != HVC_NONE && strcmp(s->guests[slot].name, c->guest.name) == 0))
        return false;
    others = hvc_service_guest_name(s, c->guest.name);
    return others.living > 0 || others.defined > 0;
}

struct hvc_answer hvc_apply_guest(struct hvc_service *s, const struct hvc_command *c)
{
    uint32_t slot = hvc_find_guest(s, c->guest.uuid);
    struct hvc_answer answer = hvc_check_document(s, c->guest.document);

    if (hvc_is_zero(c->guest.uuid, 16))
        return hvc_answer_of(HVC_ANSWER_INVALID, HVC_FIELD_UUID, 0);
    if (name_is_taken(s, c, slot))
        return hvc_answer_of(HVC_ANSWER_NAME_TAKEN, 0, 0);
    if (answer.code != HVC_ANSWER_OK)
        return answer;
    if (slot == HVC_NONE) {
        answer = add_guest(s, c);
        if (answer.code != HVC_ANSWER_OK)
            return answer;
        slot = (uint32_t)answer.value;
        set_guest(s, c, slot);
        return hvc_answer_of(HVC_ANSWER_OK, 0, s->guests[slot].version);
    }
    if (c->guest.version == 0)
        return hvc_answer_of(HVC_ANSWER_EXISTS, 0, s->guests[slot].version);
    if (c->guest.version != s->guests[slot].version)
        return hvc_answer_of(HVC_ANSWER_STALE, 0, s->guests[slot].version);
    if (s->guests[slot].job != 0)
        return hvc_answer_of(HVC_ANSWER_BUSY, 0, s->guests[slot].job);
    /* the new document gets its reference before the old one loses its own: they may be the same */
    hvc_document_reference(s, c->guest.document, 1);
    hvc_unlink_guest(s, slot);
    set_guest(s, c, slot);
    hvc_document_reference(s, c->guest.document, -1);
    return hvc_answer_of(HVC_ANSWER_OK, 0, s->guests[slot].version);
}

/* A job that has not started is pointless when its guest is no longer where it was. */
static void end_pointless(struct hvc_service *s, const struct hvc_command *c, uint32_t slot)
{
    const struct hvc_job *job = &s->jobs[slot];
    uint32_t wanted = job->kind == HVC_KIND_DEFINITION ? 0 : job->source;

    if (c->guest_place.node == wanted)
        return;
    hvc_job_reason(s, slot, c, HVC_REASON_GUEST_STOPPED, "the guest is no longer where this move was to begin");
    hvc_job_move(s, slot, HVC_JOB_FAILED, c->stamp_ms);
}

struct hvc_answer hvc_apply_guest_place(struct hvc_service *s, const struct hvc_command *c)
{
    uint32_t slot = hvc_find_guest(s, c->guest_place.uuid), job;

    if (slot == HVC_NONE)
        return hvc_answer_of(HVC_ANSWER_NO_GUEST, 0, 0);
    if (c->guest_place.node != 0 && hvc_find_node(s, c->guest_place.node) == HVC_NONE)
        return hvc_answer_of(HVC_ANSWER_NO_NODE, 0, c->guest_place.node);
    if (s->guests[slot].node == c->guest_place.node)
        return hvc_answer_of(HVC_ANSWER_UNCHANGED, 0, 0);
    if (s->guests[slot].job != 0) {
        job = hvc_find_job(s, s->guests[slot].job);
        if ((hvc_job_phase_info(s->jobs[job].phase)->flags & HVC_JOB_STARTED) != 0)
            return hvc_answer_of(HVC_ANSWER_BUSY, 0, s->guests[slot].job);
        end_pointless(s, c, job);
    }
    hvc_guest_located(s, slot, c->guest_place.node);
    return hvc_answer_of(HVC_ANSWER_OK, 0, 0);
}

struct hvc_answer hvc_apply_guest_remove(struct hvc_service *s, const struct hvc_command *c)
{
    uint32_t slot = hvc_find_guest(s, c->guest_remove.uuid);

    if (slot == HVC_NONE)
        return hvc_answer_of(HVC_ANSWER_NO_GUEST, 0, 0);
    if (c->guest_remove.version != 0 && c->guest_remove.version != s->guests[slot].version)
        return hvc_answer_of(HVC_ANSWER_STALE, 0, s->guests[slot].version);
    if (s->guests[slot].job != 0)
        return hvc_answer_of(HVC_ANSWER_BUSY, 0, s->guests[slot].job);
    hvc_unlink_guest(s, slot);
    hvc_pool_give(&s->pool[HVC_RECORD_GUEST], slot);
    hvc_touch(s, HVC_RECORD_GUEST, slot);
    s->admit = true;
    return hvc_answer_of(HVC_ANSWER_OK, 0, 0);
}

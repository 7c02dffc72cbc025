/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is derived from the records: indexes, lists, sums. Used alike by commands and by the load of a snapshot. */
#include <string.h>

#include "internal.h"

/* Puts slot into an array of slots so that ids rise; removal closes the gap. */
static uint32_t place_of(const uint32_t *order, uint32_t count, uint32_t slot)
{
    uint32_t at = 0;

    while (at < count && order[at] != slot)
        at++;
    return at;
}

static void order_insert(uint32_t *order, uint32_t count, uint32_t at, uint32_t slot)
{
    for (uint32_t i = count; i > at; i--)
        order[i] = order[i - 1];
    order[at] = slot;
}

static void order_remove(uint32_t *order, uint32_t count, uint32_t at)
{
    for (uint32_t i = at; i + 1 < count; i++)
        order[i] = order[i + 1];
}

void hvc_link_node(struct hvc_service *s, uint32_t slot)
{
    uint32_t count = s->node_count++, at = 0;

    while (at < count && s->nodes[s->node_order[at]].id < s->nodes[slot].id)
        at++;
    order_insert(s->node_order, count, at, slot);
    memset(&s->nodes_more[slot], 0, sizeof(s->nodes_more[slot]));
    hvc_list_clear(&s->nodes_more[slot].queue);
}

void hvc_unlink_node(struct hvc_service *s, uint32_t slot)
{
    uint32_t count = s->node_count--;

    order_remove(s->node_order, count, place_of(s->node_order, count, slot));
}

void hvc_link_network(struct hvc_service *s, uint32_t slot)
{
    uint32_t count = s->network_count++, at = 0;

    while (at < count && s->networks[s->network_order[at]].id < s->networks[slot].id)
        at++;
    order_insert(s->network_order, count, at, slot);
    memset(&s->network_use[(size_t)slot * s->config.nodes], 0, s->config.nodes * sizeof(*s->network_use));
}

void hvc_unlink_network(struct hvc_service *s, uint32_t slot)
{
    uint32_t count = s->network_count--;

    order_remove(s->network_order, count, place_of(s->network_order, count, slot));
}

static void guest_account(struct hvc_service *s, const struct hvc_service_guest *guest, bool add)
{
    uint32_t node = guest->node == 0 ? HVC_NONE : hvc_find_node(s, guest->node);
    struct hvc_node_load *load;

    if (node == HVC_NONE)
        return;
    load = &s->nodes_more[node].load;
    load->guests += add ? 1 : UINT32_MAX;
    load->used_kib += add ? guest->memory_kib : UINT64_MAX - guest->memory_kib + 1;
}

void hvc_link_guest(struct hvc_service *s, uint32_t slot)
{
    struct hvc_service_guest *guest = &s->guests[slot];

    hvc_index_add(&s->guest_by_uuid, hvc_key_hash(guest->uuid, 16), slot);
    hvc_index_add(&s->guest_by_name, hvc_key_hash(guest->name, strlen(guest->name)), slot);
    guest_account(s, guest, true);
    hvc_document_reference(s, guest->document, 1);
}

void hvc_unlink_guest(struct hvc_service *s, uint32_t slot)
{
    struct hvc_service_guest *guest = &s->guests[slot];

    hvc_index_remove(&s->guest_by_uuid, hvc_key_hash(guest->uuid, 16), slot);
    hvc_index_remove(&s->guest_by_name, hvc_key_hash(guest->name, strlen(guest->name)), slot);
    guest_account(s, guest, false);
    hvc_document_reference(s, guest->document, -1);
}

void hvc_guest_located(struct hvc_service *s, uint32_t slot, uint32_t node)
{
    guest_account(s, &s->guests[slot], false);
    s->guests[slot].node = node;
    guest_account(s, &s->guests[slot], true);
    hvc_touch(s, HVC_RECORD_GUEST, slot);
    s->admit = true;
}

/* ---- jobs ---- */

/* True for a job that cannot go on without a free slot out of its source. */
static bool waits_for_slot_out(const struct hvc_job *job)
{
    return !hvc_job_is_check(job) && job->origin != HVC_ORIGIN_PACEMAKER &&
           (hvc_job_kind_info(job->kind)->flags & HVC_KIND_USES_LINK) != 0;
}

static struct hvc_list *list_of(struct hvc_service *s, const struct hvc_job *job)
{
    uint32_t node;

    if ((hvc_job_phase_info(job->phase)->flags & HVC_JOB_ENDED) != 0)
        return &s->jobs_ended;
    if (job->phase != HVC_JOB_QUEUED)
        return &s->jobs_active;
    node = hvc_find_node(s, job->source);
    return &s->nodes_more[node].queue;
}

/* Where in its list: the queues and the active ones by id, the ended ones by the order of their ends. */
static uint32_t predecessor(const struct hvc_service *s, const struct hvc_list *list, uint32_t slot)
{
    const struct hvc_job *job = &s->jobs[slot];
    uint32_t at = list->tail;

    while (at != HVC_NONE) {
        const struct hvc_job *other = &s->jobs[at];

        if (list == &s->jobs_ended ? other->ended < job->ended : other->id < job->id)
            break;
        at = s->state_links[at].previous;
    }
    return at;
}

struct hvc_network_use *hvc_network_use(const struct hvc_service *s, uint32_t network, uint32_t node)
{
    uint32_t slot = network == 0 ? HVC_NONE : hvc_find_network(s, network);

    return slot == HVC_NONE ? NULL : &s->network_use[(size_t)slot * s->config.nodes + node];
}

static void add_slots(struct hvc_service *s, const struct hvc_job *job, uint32_t sign)
{
    unsigned kind = hvc_job_kind_info(job->kind)->flags;
    uint32_t source = hvc_find_node(s, job->source), target = hvc_find_node(s, job->target);

    s->moving += sign;
    if ((kind & HVC_KIND_USES_LINK) != 0) {
        s->nodes_more[source].load.out += sign;
        s->nodes_more[target].load.in += sign;
        if (hvc_network_use(s, job->network, source) != NULL) {
            hvc_network_use(s, job->network, source)->out += sign;
            hvc_network_use(s, job->network, target)->in += sign;
        }
    }
    if ((kind & HVC_KIND_USES_STORAGE) != 0)
        s->nodes_more[source].load.storage += sign;
}

void hvc_job_account(struct hvc_service *s, uint32_t slot, int sign)
{
    struct hvc_job *job = &s->jobs[slot];
    unsigned flags = hvc_job_phase_info(job->phase)->flags;
    struct hvc_list *list = list_of(s, job);
    uint32_t one = sign > 0 ? 1 : UINT32_MAX;

    if (sign > 0)
        hvc_list_insert_after(list, s->state_links, predecessor(s, list, slot), slot);
    else
        hvc_list_remove(list, s->state_links, slot);
    if (job->phase == HVC_JOB_QUEUED) {
        s->queued += one;
        if (!waits_for_slot_out(job))
            s->nodes_more[hvc_find_node(s, job->source)].queue_other += one;
    }
    if (hvc_job_is_check(job))
        return;
    if ((flags & HVC_JOB_HOLDS_SLOTS) != 0 && !(HVC_SERVICE_BUG(FREESLOTS) && job->phase == HVC_JOB_CHECKING))
        add_slots(s, job, one);
    if ((flags & HVC_JOB_HOLDS_ROOM) != 0)
        s->nodes_more[hvc_find_node(s, job->target)].load.reserved_kib +=
            sign > 0 ? job->memory_kib : UINT64_MAX - job->memory_kib + 1;
}

void hvc_link_job(struct hvc_service *s, uint32_t slot)
{
    struct hvc_job *job = &s->jobs[slot];

    hvc_index_add(&s->job_by_id, hvc_key_hash(&job->id, sizeof(job->id)), slot);
    hvc_list_insert_after(&s->jobs_all, s->job_links, s->jobs_all.tail, slot);
    hvc_document_reference(s, job->options.document, 1);
    hvc_job_account(s, slot, 1);
    if ((hvc_job_phase_info(job->phase)->flags & HVC_JOB_ENDED) == 0)
        s->guests[hvc_find_guest(s, job->guest)].job = job->id;
}

void hvc_unlink_job(struct hvc_service *s, uint32_t slot)
{
    struct hvc_job *job = &s->jobs[slot];

    hvc_job_account(s, slot, -1);
    hvc_document_reference(s, job->options.document, -1);
    hvc_list_remove(&s->jobs_all, s->job_links, slot);
    hvc_index_remove(&s->job_by_id, hvc_key_hash(&job->id, sizeof(job->id)), slot);
}

/* ---- documents ---- */

static void open_insert(struct hvc_service *s, uint32_t slot)
{
    uint32_t at = s->documents_open.tail;

    while (at != HVC_NONE && s->documents[at].serial > s->documents[slot].serial)
        at = s->document_links[at].previous;
    hvc_list_insert_after(&s->documents_open, s->document_links, at, slot);
}

void hvc_link_document(struct hvc_service *s, uint32_t slot)
{
    struct hvc_document *document = &s->documents[slot];

    document->references = 0;
    hvc_index_add(&s->document_by_hash, hvc_key_hash(document->hash, 32), slot);
    open_insert(s, slot);
}

void hvc_unlink_document(struct hvc_service *s, uint32_t slot)
{
    hvc_list_remove(&s->documents_open, s->document_links, slot);
    hvc_index_remove(&s->document_by_hash, hvc_key_hash(s->documents[slot].hash, 32), slot);
}

void hvc_document_reopen(struct hvc_service *s, uint32_t slot)
{
    hvc_list_remove(&s->documents_open, s->document_links, slot);
    s->documents[slot].serial = s->head.next_document++;
    open_insert(s, slot);
    hvc_touch(s, HVC_RECORD_DOCUMENT, slot);
    hvc_touch_head(s);
}

/* The oldest of too many documents that nothing refers to go; their bytes go from the store at its next sweep. */
void hvc_forget_documents(struct hvc_service *s)
{
    while (s->documents_open.count > HVC_DOCUMENTS_OPEN_MAX) {
        uint32_t slot = s->documents_open.head;

        hvc_unlink_document(s, slot);
        hvc_pool_give(&s->pool[HVC_RECORD_DOCUMENT], slot);
        hvc_touch(s, HVC_RECORD_DOCUMENT, slot);
    }
}

void hvc_document_reference(struct hvc_service *s, const uint8_t hash[32], int change)
{
    uint32_t slot = hvc_is_zero(hash, 32) ? HVC_NONE : hvc_find_document(s, hash);
    struct hvc_document *document;

    if (slot == HVC_NONE)
        return;
    document = &s->documents[slot];
    if (change > 0 && document->references++ == 0)
        hvc_list_remove(&s->documents_open, s->document_links, slot);
    if (change < 0 && --document->references == 0) {
        open_insert(s, slot);
        hvc_forget_documents(s);
    }
}

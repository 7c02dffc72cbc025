/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "soft.h"

#include <errno.h>
#include <stdlib.h>

#include "hvc/clock.h"

void hvc_soft_init(struct hvc_soft *soft)
{
    (void)pthread_mutex_init(&soft->lock, NULL);
}

void hvc_soft_clear(struct hvc_soft *soft)
{
    for (unsigned i = 0; i < HVC_NODES_MAX; i++)
        free(soft->nodes[i].facts);
    free(soft->own.facts);
    (void)pthread_mutex_destroy(&soft->lock);
}

static int keep(struct hvc_soft_entry *entry, const struct hvc_soft_facts *facts)
{
    if (entry->facts == NULL)
        entry->facts = malloc(sizeof(*entry->facts));
    if (entry->facts == NULL)
        return -ENOMEM;
    *entry->facts = *facts;
    entry->came_ms = hvc_now_ms();
    return 0;
}

int hvc_soft_publish(struct hvc_soft *soft, struct hvc_soft_facts *facts)
{
    uint8_t bytes[HVC_SOFT_FACTS_MAX];
    size_t length;
    int result = hvc_soft_facts_encode(facts, bytes, sizeof(bytes), &length);

    if (result < 0)
        return result;
    (void)pthread_mutex_lock(&soft->lock);
    if (soft->own.facts != NULL) {
        facts->node = soft->own.facts->node;
        facts->boot_id = soft->own.facts->boot_id;
    }
    result = keep(&soft->own, facts);
    soft->pending = result == 0;
    (void)pthread_mutex_unlock(&soft->lock);
    return result;
}

static void name_missing(struct hvc_soft_facts *facts, const uint8_t *hash)
{
    if (facts->missing_count < HVC_SOFT_MISSING_MAX)
        facts->missing[facts->missing_count++] = hvc_soft_document(hash);
}

/* Those under way from another member are not here yet, either; those given up have no name any more. */
static void take_missing(const struct hvc_documents *d, struct hvc_soft_facts *facts)
{
    facts->missing_total = d->missings + d->fetches + d->given_up;
    facts->missing_count = 0;
    for (unsigned i = 0; i < d->fetches; i++)
        name_missing(facts, d->fetch[i].part.hash);
    for (unsigned i = 0; i < d->missings; i++)
        name_missing(facts, d->missing[i]);
}

size_t hvc_soft_next(struct hvc_soft *soft, uint32_t node, uint64_t boot_id, const struct hvc_documents *documents,
                     void *bytes, size_t size)
{
    uint8_t body[HVC_SOFT_FACTS_MAX];
    struct hvc_extra message = {.kind = HVC_EXTRA_SOFT, .boot_id = boot_id, .bytes = body};
    size_t length = 0, body_length = 0;
    int result = -ENODATA;

    (void)pthread_mutex_lock(&soft->lock);
    if (soft->pending) {
        soft->pending = false;
        soft->own.facts->node = node;
        soft->own.facts->boot_id = boot_id;
        take_missing(documents, soft->own.facts);
        result = hvc_soft_facts_encode(soft->own.facts, body, sizeof(body), &body_length);
    }
    (void)pthread_mutex_unlock(&soft->lock);
    message.length = (uint32_t)body_length;
    if (result == 0)
        result = hvc_extra_encode(&message, bytes, size, &length);
    return result == 0 ? length : 0;
}

/* The entry of a node; else a free one, or the one that was silent for the longest time. */
static struct hvc_soft_entry *entry_for(struct hvc_soft *soft, uint32_t node)
{
    struct hvc_soft_entry *oldest = &soft->nodes[0];

    for (unsigned i = 0; i < HVC_NODES_MAX; i++) {
        struct hvc_soft_entry *entry = &soft->nodes[i];

        if (entry->facts == NULL || entry->facts->node == node)
            return entry;
        if (entry->came_ms < oldest->came_ms)
            oldest = entry;
    }
    return oldest;
}

void hvc_soft_take(struct hvc_soft *soft, const struct hvc_extra *message)
{
    struct hvc_soft_facts *facts = malloc(sizeof(*facts));

    if (facts != NULL && hvc_soft_facts_decode(message->bytes, message->length, facts) == 0) {
        facts->node = message->from;
        facts->boot_id = message->boot_id;
        (void)pthread_mutex_lock(&soft->lock);
        (void)keep(entry_for(soft, message->from), facts); /* without memory the former ones grow old */
        (void)pthread_mutex_unlock(&soft->lock);
    }
    free(facts);
}

/* The lock is held. This node's own are never older than what came back of them. */
static const struct hvc_soft_entry *find(const struct hvc_soft *soft, uint32_t node)
{
    const struct hvc_soft_entry *own = &soft->own;

    if (own->facts != NULL && (node == 0 || own->facts->node == node))
        return own;
    for (unsigned i = 0; node != 0 && i < HVC_NODES_MAX && soft->nodes[i].facts != NULL; i++) {
        if (soft->nodes[i].facts->node == node)
            return &soft->nodes[i];
    }
    return NULL;
}

int hvc_soft_read(struct hvc_soft *soft, uint32_t node, struct hvc_soft_facts *ret_facts)
{
    const struct hvc_soft_entry *entry;

    (void)pthread_mutex_lock(&soft->lock);
    entry = find(soft, node);
    if (entry != NULL) {
        *ret_facts = *entry->facts;
        ret_facts->age_ms = hvc_now_ms() - entry->came_ms;
    }
    (void)pthread_mutex_unlock(&soft->lock);
    return entry != NULL ? 0 : -ENOENT;
}

static void look_for_job(const struct hvc_soft_entry *entry, uint64_t job, const struct hvc_soft_entry **newest)
{
    if (entry->facts != NULL && hvc_soft_facts_job(entry->facts, job) != NULL &&
        (*newest == NULL || entry->came_ms > (*newest)->came_ms))
        *newest = entry;
}

int hvc_soft_job(struct hvc_soft *soft, uint64_t job, struct hvc_soft_job *ret_job)
{
    const struct hvc_soft_entry *newest = NULL;

    (void)pthread_mutex_lock(&soft->lock);
    for (unsigned i = 0; i < HVC_NODES_MAX; i++)
        look_for_job(&soft->nodes[i], job, &newest);
    look_for_job(&soft->own, job, &newest);
    if (newest != NULL)
        *ret_job = (struct hvc_soft_job){.node = newest->facts->node,
                                         .age_ms = hvc_now_ms() - newest->came_ms,
                                         .move = *hvc_soft_facts_job(newest->facts, job)};
    (void)pthread_mutex_unlock(&soft->lock);
    return newest != NULL ? 0 : -ENOENT;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Definitions that the state names and the store lacks (this node got the state as a snapshot, or its store lost them)
 * are asked of the other members, one member after the other, by hash; what comes is checked by its hash. At most
 * HVC_FETCHES_MAX at a time, so that the log goes first.
 */
#include <errno.h>
#include <syslog.h>

#include "hvc/clock.h"
#include "internal.h"

enum { RESCAN_MS = 5000, SEND_BACKLOG_MAX = 8 * 1024 * 1024, GRACE_MS = 2000 };

/* ---- other threads ---- */

/* While it is used the replica's thread does not close it. */
static struct hvc_store *borrow_store(struct hvc_replica *r)
{
    struct hvc_store *store;

    (void)pthread_mutex_lock(&r->store_lock);
    store = r->shared;
    r->store_users += store != NULL;
    (void)pthread_mutex_unlock(&r->store_lock);
    return store;
}

static void return_store(struct hvc_replica *r)
{
    (void)pthread_mutex_lock(&r->store_lock);
    if (--r->store_users == 0)
        (void)pthread_cond_broadcast(&r->store_idle);
    (void)pthread_mutex_unlock(&r->store_lock);
}

int hvc_replica_backup(struct hvc_replica *r, const char *path, struct hvc_error *error)
{
    struct hvc_store *store = borrow_store(r);
    int result;

    if (store == NULL)
        return hvc_error_set(error, -EAGAIN, "the store is not open now; look at the status");
    result = hvc_store_backup(store, path, error);
    return_store(r);
    return result;
}

static int read_here(struct hvc_replica *r, const uint8_t *hash, char **ret_bytes, size_t *ret_length,
                     struct hvc_error *error)
{
    struct hvc_store *store = borrow_store(r);
    int result;

    if (store == NULL)
        return hvc_error_set(error, -EAGAIN, "the store is not open now; look at the status");
    result = hvc_store_document(store, hash, ret_bytes, ret_length, error);
    return_store(r);
    return result;
}

static int ask_thread(struct hvc_replica *r, const uint8_t *hash, bool damaged, uint64_t deadline,
                      struct hvc_waiter **ret_waiter, struct hvc_error *error)
{
    struct hvc_request *request = hvc_replica_request_new(HVC_REQUEST_DOCUMENT, NULL);
    struct hvc_waiter *waiter = hvc_waiter_new();
    int result;

    if (request == NULL || waiter == NULL) {
        free(request);
        free(waiter);
        return hvc_error_set(error, -ENOMEM, "no memory for a request");
    }
    memcpy(request->hash, hash, sizeof(request->hash));
    request->damaged = damaged;
    request->deadline = deadline;
    request->waiter = waiter;
    result = hvc_replica_post(r, request);
    if (result < 0) {
        free(request);
        hvc_waiter_unref(waiter);
        hvc_waiter_unref(waiter);
        return hvc_error_set(error, result, "the replica is being closed");
    }
    *ret_waiter = waiter;
    return 0;
}

int hvc_replica_document(struct hvc_replica *r, const uint8_t hash[HVC_STORE_HASH_SIZE], uint64_t deadline,
                         char **ret_bytes, size_t *ret_length, struct hvc_error *error)
{
    struct hvc_waiter *waiter = NULL;
    int result = read_here(r, hash, ret_bytes, ret_length, error);

    if (result != -ENOENT && result != -EBADMSG)
        return result;
    result = ask_thread(r, hash, result == -EBADMSG, deadline, &waiter, error);
    if (result < 0)
        return result;
    if (!hvc_waiter_wait(waiter, deadline < HVC_NO_DEADLINE - GRACE_MS ? deadline + GRACE_MS : deadline)) {
        result = hvc_error_set(error, -ETIMEDOUT, "the replica does not answer: the disk or corosync holds it");
    } else if (waiter->outcome.error < 0) {
        result = hvc_error_set(error, waiter->outcome.error, "%s", waiter->outcome.words);
    } else if (waiter->bytes == NULL) {
        result = read_here(r, hash, ret_bytes, ret_length, error); /* it was on its way to the disk */
    } else {
        *ret_bytes = HVC_TAKE(waiter->bytes, NULL);
        *ret_length = waiter->length;
        result = 0;
    }
    hvc_waiter_unref(waiter);
    return result;
}

/* ---- the replica's thread ---- */

void hvc_fetch_scan(struct hvc_replica *r)
{
    r->documents.scan_ms = 0;
}

void hvc_fetch_take(struct hvc_replica *r, struct hvc_request *request)
{
    request->next = r->askers;
    r->askers = request;
}

static void send_extra(struct hvc_replica *r, struct hvc_extra *m)
{
    uint8_t bytes[HVC_EXTRA_MAX];
    size_t length;

    m->boot_id = r->boot_id;
    if (hvc_extra_encode(m, bytes, sizeof(bytes), &length) == 0)
        (void)r->port.operations->send(r->ring, bytes, length); /* lost: asked again, of somebody else */
}

static struct hvc_fetch *find(struct hvc_documents *d, const uint8_t *hash)
{
    for (unsigned i = 0; i < d->fetches; i++) {
        if (memcmp(d->fetch[i].part.hash, hash, HVC_STORE_HASH_SIZE) == 0)
            return &d->fetch[i];
    }
    return NULL;
}

static void remove_fetch(struct hvc_documents *d, struct hvc_fetch *fetch)
{
    free(fetch->part.bytes);
    *fetch = d->fetch[--d->fetches];
}

/* Everybody who asked for it. */
static void answer_askers(struct hvc_replica *r, const struct hvc_partial *part, int error, const char *words)
{
    struct hvc_request **at = &r->askers, *request;

    while ((request = *at) != NULL) {
        if (memcmp(request->hash, part->hash, HVC_STORE_HASH_SIZE) != 0) {
            at = &request->next;
            continue;
        }
        *at = request->next;
        if (error == 0) {
            request->waiter->bytes = malloc((size_t)part->size + 1);
            if (request->waiter->bytes == NULL) {
                hvc_request_fail(request, -ENOMEM, "no memory for a definition of %u bytes", part->size);
                continue;
            }
            memcpy(request->waiter->bytes, part->bytes, part->size);
            request->waiter->bytes[part->size] = '\0';
            request->waiter->length = part->size;
        }
        hvc_request_fail(request, error, "%s", words);
    }
}

static void give_up(struct hvc_replica *r, struct hvc_fetch *fetch)
{
    const struct hvc_document *named = hvc_service_document(r->service, fetch->part.hash);

    if (named != NULL && named->received == named->size) {
        r->documents.given_up++;
        if (r->documents.scan_ms > hvc_now_ms() + RESCAN_MS)
            r->documents.scan_ms = hvc_now_ms() + RESCAN_MS; /* it may have been on its way to their disks */
        r->changed = true;
    }
    answer_askers(r, &fetch->part, -ENOENT, "no member that answers has this definition");
    remove_fetch(&r->documents, fetch);
}

/* The next member in turn that has not been asked; false: all have been. */
static bool ask_next(struct hvc_replica *r, struct hvc_fetch *fetch)
{
    struct hvc_extra want = {.kind = HVC_EXTRA_WANT};

    free(fetch->part.bytes);
    fetch->part.bytes = NULL;
    fetch->part.size = fetch->part.received = 0;
    for (unsigned i = 0; i < r->member_count; i++) {
        unsigned at = (r->documents.turn + i) % r->member_count;

        if (r->members[at] == r->node || (fetch->asked >> at & 1) != 0)
            continue;
        fetch->asked |= UINT64_C(1) << at;
        fetch->from = r->members[at];
        fetch->until_ms = hvc_now_ms() + r->tuning.fetch_ms;
        r->documents.turn = at + 1;
        want.to = fetch->from;
        memcpy(want.hash, fetch->part.hash, sizeof(want.hash));
        send_extra(r, &want);
        return true;
    }
    return false;
}

static void begin_fetch(struct hvc_replica *r, const uint8_t *hash)
{
    struct hvc_fetch *fetch = &r->documents.fetch[r->documents.fetches++];

    *fetch = (struct hvc_fetch){0};
    memcpy(fetch->part.hash, hash, sizeof(fetch->part.hash));
    if (!ask_next(r, fetch))
        give_up(r, fetch);
}

static void keep(struct hvc_replica *r, const struct hvc_partial *part)
{
    const struct hvc_document *named = hvc_service_document(r->service, part->hash);
    struct hvc_store_document document = {.bytes = part->bytes, .length = part->size};
    struct hvc_store_record record = {.documents = &document, .document_count = 1};
    struct hvc_error error = {0};

    if (named == NULL || named->received != named->size || r->disk_failed)
        return;
    memcpy(document.hash, part->hash, sizeof(document.hash));
    if (hvc_store_submit(r->store, &record, &error) < 0) {
        r->disk_failed = true;
        r->store_error = error;
    }
    if (hvc_hash_set_add(&r->documents.stored, part->hash) < 0)
        hvc_fetch_scan(r);
}

static void on_part(struct hvc_replica *r, const struct hvc_extra *m)
{
    struct hvc_fetch *fetch = find(&r->documents, m->hash);
    struct hvc_partial *part;
    hvc_document_hash found;

    if (fetch == NULL || fetch->from != m->from)
        return;
    part = &fetch->part;
    if (part->bytes == NULL && m->offset == 0) {
        part->bytes = malloc(m->size);
        part->size = part->bytes == NULL ? 0 : m->size;
    }
    if (part->bytes == NULL || part->size != m->size || part->received != m->offset)
        return; /* the deadline asks somebody else */
    memcpy(part->bytes + part->received, m->bytes, m->length);
    part->received += m->length;
    fetch->until_ms = hvc_now_ms() + r->tuning.fetch_ms;
    if (part->received < part->size)
        return;
    hvc_store_hash(part->bytes, part->size, found);
    if (memcmp(found, part->hash, sizeof(found)) != 0) {
        hvc_replica_note(r, LOG_WARNING, HVC_REPLICA_MESSAGE_DOCUMENT, "what=\"wrong hash\" from=%u", m->from);
        if (!ask_next(r, fetch))
            give_up(r, fetch);
        return;
    }
    keep(r, part);
    answer_askers(r, part, 0, "");
    remove_fetch(&r->documents, fetch);
    r->changed = true;
}

static void on_want(struct hvc_replica *r, const struct hvc_extra *m)
{
    struct hvc_extra reply = {.kind = HVC_EXTRA_NOT, .to = m->from};
    struct hvc_ring_status ring;
    HVC_CLEANUP(free) char *bytes = NULL;
    struct hvc_error error;
    size_t length = 0;

    if (r->stage != HVC_STAGE_RUN)
        return;
    r->port.operations->status(r->ring, &ring);
    if (ring.send_bytes > SEND_BACKLOG_MAX)
        return; /* the log goes first; who asked asks again */
    memcpy(reply.hash, m->hash, sizeof(reply.hash));
    if (hvc_store_document(r->store, m->hash, &bytes, &length, &error) < 0 || length == 0) {
        send_extra(r, &reply);
        return;
    }
    reply.kind = HVC_EXTRA_HAVE;
    reply.size = (uint32_t)length;
    for (size_t at = 0; at < length; at += reply.length) {
        reply.offset = (uint32_t)at;
        reply.length = (uint32_t)(length - at < HVC_EXTRA_PART_MAX ? length - at : HVC_EXTRA_PART_MAX);
        reply.bytes = (const uint8_t *)bytes + at;
        send_extra(r, &reply);
    }
}

void hvc_fetch_message(struct hvc_replica *r, const struct hvc_extra *m)
{
    struct hvc_fetch *fetch;

    if (m->to != r->node)
        return;
    if (m->kind == HVC_EXTRA_WANT) {
        on_want(r, m);
    } else if (m->kind == HVC_EXTRA_HAVE) {
        on_part(r, m);
    } else {
        fetch = find(&r->documents, m->hash);
        if (fetch != NULL && fetch->from == m->from && !ask_next(r, fetch))
            give_up(r, fetch);
    }
}

/* Members have come or gone: all may be asked again. */
void hvc_fetch_view(struct hvc_replica *r)
{
    for (unsigned i = 0; i < r->documents.fetches; i++) {
        r->documents.fetch[i].asked = 0;
        r->documents.fetch[i].until_ms = 0;
        r->documents.fetch[i].from = 0;
    }
    if (r->documents.given_up > 0)
        hvc_fetch_scan(r);
}

static void pump_askers(struct hvc_replica *r)
{
    struct hvc_request **at = &r->askers, *request;

    while ((request = *at) != NULL) {
        bool stored = !request->damaged && hvc_hash_set_has(&r->documents.stored, request->hash);

        if (stored && r->queued_records == 0) {
            *at = request->next;
            hvc_request_fail(request, 0, "%s", ""); /* it is in the store now */
            continue;
        }
        at = &request->next;
    }
    /* begin_fetch may answer and remove askers: each time from the head */
    for (request = r->askers; request != NULL && r->documents.fetches < HVC_FETCHES_MAX;) {
        bool stored = !request->damaged && hvc_hash_set_has(&r->documents.stored, request->hash);

        if (stored || find(&r->documents, request->hash) != NULL) {
            request = request->next;
        } else {
            begin_fetch(r, request->hash);
            request = r->askers;
        }
    }
}

void hvc_fetch_pump(struct hvc_replica *r)
{
    struct hvc_documents *d = &r->documents;
    uint64_t now = hvc_now_ms();

    if (r->core_status.primary && now >= d->scan_ms) {
        d->scan_ms = now + r->tuning.scan_ms;
        if (hvc_documents_compare(d, r->service) == 0 && d->missings > 0)
            r->changed = true;
    }
    pump_askers(r);
    while (d->missings > 0 && d->fetches < HVC_FETCHES_MAX) {
        const uint8_t *hash = d->missing[--d->missings];

        if (!hvc_hash_set_has(&d->stored, hash) && find(d, hash) == NULL)
            begin_fetch(r, hash);
    }
    if (d->missings == 0) {
        free(d->missing);
        d->missing = NULL;
    }
}

uint64_t hvc_fetch_expire(struct hvc_replica *r, uint64_t now)
{
    struct hvc_request **at = &r->askers, *request;
    uint64_t next = HVC_NO_DEADLINE;

    for (unsigned i = r->documents.fetches; r->stage == HVC_STAGE_RUN && i-- > 0;) {
        struct hvc_fetch *fetch = &r->documents.fetch[i];

        if (fetch->until_ms <= now && !ask_next(r, fetch))
            give_up(r, fetch);
        else
            next = fetch->until_ms < next ? fetch->until_ms : next;
    }
    while ((request = *at) != NULL) {
        if (request->deadline > now) {
            next = request->deadline < next ? request->deadline : next;
            at = &request->next;
            continue;
        }
        *at = request->next;
        hvc_request_fail(request, -ETIMEDOUT, "no member has sent this definition in time");
    }
    return next;
}

void hvc_fetch_cancel(struct hvc_replica *r)
{
    struct hvc_request *request;

    while ((request = r->askers) != NULL) {
        r->askers = request->next;
        hvc_request_fail(request, -ECANCELED, "the replica is being closed");
    }
}

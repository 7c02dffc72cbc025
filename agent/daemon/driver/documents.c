/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "documents.h"

#include <errno.h>

#include "hvc/bytes.h"

/* ---- a set of hashes: open addressing, at most half full; hashes are spread already ---- */

static const hvc_document_hash nothing;

static uint32_t cell_of(const struct hvc_hash_set *set, const uint8_t *hash)
{
    uint32_t at;

    memcpy(&at, hash, sizeof(at));
    at &= set->cells - 1;
    while (memcmp(set->cell[at], nothing, sizeof(nothing)) != 0 && memcmp(set->cell[at], hash, sizeof(nothing)) != 0)
        at = (at + 1) & (set->cells - 1);
    return at;
}

bool hvc_hash_set_has(const struct hvc_hash_set *set, const uint8_t *hash)
{
    return set->cells > 0 && memcmp(set->cell[cell_of(set, hash)], hash, sizeof(nothing)) == 0;
}

static int grow(struct hvc_hash_set *set)
{
    struct hvc_hash_set next = {.cells = set->cells == 0 ? 64 : set->cells * 2, .count = set->count};

    next.cell = calloc(next.cells, sizeof(nothing));
    if (next.cell == NULL)
        return -ENOMEM;
    for (uint32_t i = 0; i < set->cells; i++) {
        if (memcmp(set->cell[i], nothing, sizeof(nothing)) != 0)
            memcpy(next.cell[cell_of(&next, set->cell[i])], set->cell[i], sizeof(nothing));
    }
    free(set->cell);
    *set = next;
    return 0;
}

int hvc_hash_set_add(struct hvc_hash_set *set, const uint8_t *hash)
{
    if (hvc_hash_set_has(set, hash))
        return 0;
    if (set->count * 2 >= set->cells && grow(set) < 0)
        return -ENOMEM;
    memcpy(set->cell[cell_of(set, hash)], hash, sizeof(nothing));
    set->count++;
    return 0;
}

void hvc_hash_set_clear(struct hvc_hash_set *set)
{
    free(set->cell);
    *set = (struct hvc_hash_set){0};
}

/* ---- parts from the log ---- */

static void remove_open(struct hvc_documents *d, unsigned at)
{
    free(d->open[at].bytes);
    d->opens--;
    memmove(&d->open[at], &d->open[at + 1], (d->opens - at) * sizeof(d->open[0]));
}

static struct hvc_partial *find_open(struct hvc_documents *d, const uint8_t *hash)
{
    for (unsigned i = 0; i < d->opens; i++) {
        if (memcmp(d->open[i].hash, hash, sizeof(nothing)) == 0)
            return &d->open[i];
    }
    return NULL;
}

/* The service holds as many under way at most; one more here is an old one that it has forgotten. */
static struct hvc_partial *begin_open(struct hvc_documents *d, const uint8_t *hash, uint32_t size)
{
    struct hvc_partial *part;
    uint8_t *bytes;

    if (size == 0 || size > HVC_XML_MAX)
        return NULL;
    bytes = malloc(size);
    if (bytes == NULL)
        return NULL;
    if (d->opens == HVC_DOCUMENTS_OPEN_MAX)
        remove_open(d, 0);
    part = &d->open[d->opens++];
    *part = (struct hvc_partial){.size = size, .bytes = bytes};
    memcpy(part->hash, hash, sizeof(nothing));
    return part;
}

int hvc_documents_part(struct hvc_documents *d, const struct hvc_command *command, struct hvc_partial **ret_whole)
{
    struct hvc_partial *part = find_open(d, command->document.hash);
    hvc_document_hash found;

    *ret_whole = NULL;
    if (hvc_hash_set_has(&d->stored, command->document.hash))
        return 0;
    if (part == NULL && command->document.offset == 0) {
        part = begin_open(d, command->document.hash, command->document.size);
        if (part == NULL)
            return -ENOMEM;
    }
    if (part == NULL || part->size != command->document.size || part->received != command->document.offset ||
        command->document.length > part->size - part->received)
        return 0; /* a part that was here before, or whose begin was not: fetched from another member */
    memcpy(part->bytes + part->received, command->document.bytes, command->document.length);
    part->received += command->document.length;
    if (part->received < part->size)
        return 0;
    hvc_store_hash(part->bytes, part->size, found);
    if (memcmp(found, part->hash, sizeof(found)) != 0) {
        hvc_documents_drop(d, part);
        return -EBADMSG;
    }
    *ret_whole = part;
    return 0;
}

void hvc_documents_drop(struct hvc_documents *d, const struct hvc_partial *whole)
{
    remove_open(d, (unsigned)(whole - d->open));
}

void hvc_documents_tidy(struct hvc_documents *d, const struct hvc_service *service)
{
    for (unsigned i = d->opens; i-- > 0;) {
        if (hvc_service_document(service, d->open[i].hash) == NULL || hvc_hash_set_has(&d->stored, d->open[i].hash))
            remove_open(d, i);
    }
}

/* ---- those under way in a snapshot: a count, then hash, size, received, bytes ---- */

size_t hvc_documents_size(const struct hvc_documents *d)
{
    size_t size = 4;

    for (unsigned i = 0; i < d->opens; i++)
        size += sizeof(nothing) + 8 + d->open[i].received;
    return size;
}

void hvc_documents_write(const struct hvc_documents *d, uint8_t *bytes, size_t size)
{
    struct hvc_bytes_writer w = hvc_bytes_writer(bytes, size);

    hvc_bytes_put(&w, 4, d->opens);
    for (unsigned i = 0; i < d->opens; i++) {
        hvc_bytes_append(&w, d->open[i].hash, sizeof(nothing));
        hvc_bytes_put(&w, 4, d->open[i].size);
        hvc_bytes_put(&w, 4, d->open[i].received);
        hvc_bytes_append(&w, d->open[i].bytes, d->open[i].received);
    }
}

int hvc_documents_read(struct hvc_documents *d, const uint8_t *bytes, size_t length)
{
    struct hvc_bytes_reader r = hvc_bytes_reader(bytes, length);
    uint32_t count = (uint32_t)hvc_bytes_get(&r, 4);

    while (d->opens > 0)
        remove_open(d, d->opens - 1);
    if (r.failed || count > HVC_DOCUMENTS_OPEN_MAX)
        return -EBADMSG;
    for (uint32_t i = 0; i < count; i++) {
        struct hvc_partial *part;
        hvc_document_hash hash;
        uint32_t size, received;

        hvc_bytes_copy(&r, hash, sizeof(hash));
        size = (uint32_t)hvc_bytes_get(&r, 4);
        received = (uint32_t)hvc_bytes_get(&r, 4);
        if (r.failed || size == 0 || size > HVC_XML_MAX || received > size)
            return -EBADMSG;
        part = begin_open(d, hash, size);
        if (part == NULL)
            return -ENOMEM;
        part->received = received;
        hvc_bytes_copy(&r, part->bytes, received);
    }
    return r.failed || r.offset != r.length ? -EBADMSG : 0;
}

/* ---- what the state names ---- */

int hvc_documents_named(const struct hvc_service *service, hvc_document_hash **ret_hashes, size_t *ret_count)
{
    struct hvc_service_counts counts;
    const struct hvc_document *document;
    hvc_document_hash *hashes;
    uint32_t cursor = 0;
    size_t count = 0;

    hvc_service_counts(service, &counts);
    hashes = calloc((size_t)counts.documents + 1, sizeof(*hashes));
    if (hashes == NULL)
        return -ENOMEM;
    while (count < counts.documents && (document = hvc_service_document_next(service, &cursor)) != NULL) {
        if (document->received == document->size)
            memcpy(hashes[count++], document->hash, sizeof(*hashes));
    }
    *ret_hashes = hashes;
    *ret_count = count;
    return 0;
}

int hvc_documents_compare(struct hvc_documents *d, const struct hvc_service *service)
{
    hvc_document_hash *hashes;
    unsigned missing = 0;
    size_t count;

    if (hvc_documents_named(service, &hashes, &count) < 0)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        if (!hvc_hash_set_has(&d->stored, hashes[i]))
            memcpy(hashes[missing++], hashes[i], sizeof(*hashes));
    }
    free(d->missing);
    d->missing = hashes;
    d->missings = missing;
    d->given_up = 0;
    if (missing == 0) {
        free(hashes);
        d->missing = NULL;
    }
    return 0;
}

void hvc_documents_clear(struct hvc_documents *d)
{
    while (d->opens > 0)
        remove_open(d, d->opens - 1);
    for (unsigned i = 0; i < d->fetches; i++)
        free(d->fetch[i].part.bytes);
    hvc_hash_set_clear(&d->stored);
    free(d->missing);
    *d = (struct hvc_documents){0};
}

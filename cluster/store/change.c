/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>

#include "internal.h"

/* Every part of the copy begins on a multiple of this. */
enum { STEP = 16 };

/* First pass: area NULL, only used counts. Second pass: area is the change's memory. */
struct packer {
    uint8_t *area;
    size_t used;
};

static void *reserve(struct packer *packer, size_t length)
{
    void *at = packer->area == NULL ? NULL : packer->area + packer->used;

    packer->used += (length + STEP - 1) / STEP * STEP;
    return at;
}

static void *pack(struct packer *packer, const void *bytes, size_t length)
{
    void *at = reserve(packer, length);

    if (at != NULL && length > 0)
        memcpy(at, bytes, length);
    return at;
}

static void pack_entries(struct packer *packer, struct hvc_store_record *record)
{
    struct hvc_store_entry *copy = pack(packer, record->entries, record->entry_count * sizeof(record->entries[0]));

    for (size_t i = 0; i < record->entry_count; i++) {
        const uint8_t *bytes = pack(packer, record->entries[i].bytes, record->entries[i].length);

        if (copy != NULL)
            copy[i].bytes = bytes;
    }
    record->entries = copy;
}

static void pack_documents(struct packer *packer, struct hvc_store_record *record)
{
    struct hvc_store_document *copy =
        pack(packer, record->documents, record->document_count * sizeof(record->documents[0]));

    for (size_t i = 0; i < record->document_count; i++) {
        const void *bytes = pack(packer, record->documents[i].bytes, record->documents[i].length);

        if (copy != NULL)
            copy[i].bytes = bytes;
    }
    record->documents = copy;
}

static void pack_history(struct packer *packer, struct hvc_store_record *record)
{
    struct hvc_store_history *copy = pack(packer, record->history, record->history_count * sizeof(record->history[0]));

    for (size_t i = 0; i < record->history_count; i++) {
        const void *bytes = pack(packer, record->history[i].bytes, record->history[i].length);

        if (copy != NULL)
            copy[i].bytes = bytes;
    }
    record->history = copy;
}

static void pack_record(struct packer *packer, struct hvc_store_record *record, struct hvc_store_snapshot *snapshot)
{
    pack_entries(packer, record);
    pack_documents(packer, record);
    pack_history(packer, record);
    record->retain_hashes = pack(packer, record->retain_hashes, record->retain_count * HVC_STORE_HASH_SIZE);
    if (record->snapshot == NULL)
        return;
    *snapshot = *record->snapshot;
    record->snapshot = snapshot;
    snapshot->metadata = pack(packer, snapshot->metadata, snapshot->metadata_length);
    if (snapshot->release == NULL)
        snapshot->state = pack(packer, snapshot->state, snapshot->state_length);
}

static int too_long(struct hvc_error *error, const char *what, uint64_t number, size_t length, size_t limit)
{
    return hvc_error_set(error, -EMSGSIZE, "%s %" PRIu64 " has %zu bytes; the store takes at most %zu", what, number,
                         length, limit);
}

static int check_log(const struct hvc_store_record *record, struct hvc_error *error)
{
    const struct hvc_store_snapshot *snapshot = record->snapshot;

    if (record->with.count > HVC_NODES_MAX)
        return hvc_error_set(error, -EINVAL, "record %" PRIu64 " names %u nodes; there are at most %d", record->seq,
                             record->with.count, HVC_NODES_MAX);
    for (size_t i = 0; i < record->entry_count; i++) {
        const struct hvc_store_entry *entry = &record->entries[i];

        if (entry->index == 0 || entry->index > INT64_MAX || entry->index != record->entries[0].index + i)
            return hvc_error_set(error, -EINVAL, "record %" PRIu64 ": entry %" PRIu64 " is out of order", record->seq,
                                 entry->index);
        if (entry->length > HVC_STORE_ENTRY_MAX)
            return too_long(error, "log entry", entry->index, entry->length, HVC_STORE_ENTRY_MAX);
    }
    if (snapshot == NULL)
        return 0;
    if (snapshot->index == 0 || snapshot->index > INT64_MAX)
        return hvc_error_set(error, -EINVAL, "record %" PRIu64 ": a snapshot of index %" PRIu64, record->seq,
                             snapshot->index);
    if (snapshot->metadata_length > HVC_STORE_METADATA_MAX)
        return too_long(error, "the metadata of snapshot", snapshot->index, snapshot->metadata_length,
                        HVC_STORE_METADATA_MAX);
    if (snapshot->state_length > HVC_STORE_STATE_MAX)
        return too_long(error, "snapshot", snapshot->index, snapshot->state_length, HVC_STORE_STATE_MAX);
    return 0;
}

static int check_beside(const struct hvc_store_record *record, struct hvc_error *error)
{
    for (size_t i = 0; i < record->document_count; i++)
        if (record->documents[i].length > HVC_XML_MAX)
            return too_long(error, "document", i, record->documents[i].length, HVC_XML_MAX);
    for (size_t i = 0; i < record->history_count; i++) {
        const struct hvc_store_history *line = &record->history[i];
        size_t key = strnlen(line->key, sizeof(line->key));

        if (key == 0 || key == sizeof(line->key))
            return hvc_error_set(error, -EINVAL, "the key of history line %zu is empty or longer than %zu bytes", i,
                                 sizeof(line->key) - 1);
        if (line->length > HVC_STORE_HISTORY_MAX)
            return too_long(error, "history line", i, line->length, HVC_STORE_HISTORY_MAX);
    }
    return 0;
}

static bool has_log_part(const struct hvc_store_record *record)
{
    return record->wipe || record->truncate || record->snapshot != NULL || record->trim_to != 0 ||
           record->entry_count != 0;
}

int hvc_change_new(const struct hvc_store_record *record, struct hvc_change **ret_change, struct hvc_error *error)
{
    struct hvc_store_snapshot snapshot;
    struct hvc_store_record counted = *record;
    struct packer packer = {0};
    struct hvc_change *change;
    int r;

    if (record->seq == 0 && has_log_part(record))
        return hvc_error_set(error, -EINVAL, "a record without seq has a log part");
    r = check_log(record, error);
    if (r == 0)
        r = check_beside(record, error);
    if (r < 0)
        return r;
    pack_record(&packer, &counted, &snapshot);
    change = malloc(sizeof(*change) + packer.used);
    if (change == NULL)
        return hvc_error_set(error, -ENOMEM, "out of memory for a record of %zu bytes", packer.used);
    *change = (struct hvc_change){.record = *record, .bytes = sizeof(*change) + packer.used};
    packer = (struct packer){.area = change->memory};
    pack_record(&packer, &change->record, &change->snapshot);
    if (record->snapshot != NULL && record->snapshot->release != NULL)
        change->bytes += record->snapshot->state_length;
    *ret_change = change;
    return 0;
}

void hvc_change_free(struct hvc_change *change)
{
    if (change->release != NULL)
        change->release(change->snapshot.owner);
    free(change);
}

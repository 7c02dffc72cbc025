/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>

#include "internal.h"

static int changed(int r, struct hvc_error *error, const char *what, uint64_t number)
{
    return hvc_error_set(error, r, "%s %" PRIu64 " %s", what, number,
                         r == -ENOMEM ? "needs more memory than there is" : "has changed since the start");
}

static int load_state(sqlite3 *db, const struct hvc_store_loader *loader, void *userdata, struct hvc_error *error)
{
    HVC_CLEANUP(statement) sqlite3_stmt *row = NULL;
    uint64_t number = 0, offset = 0;
    int r = hvc_sql_prepare(db, "SELECT " HVC_COLUMNS_PART " FROM snapshot_part ORDER BY number", &row, error);

    if (r < 0)
        return r;
    while ((r = hvc_sql_step(row, error)) == 1) {
        const uint8_t *bytes;
        size_t length;
        uint32_t crc;

        r = hvc_row_read_part(row, number, &bytes, &length, &crc);
        if (r < 0)
            return changed(r, error, "part of the snapshot", number);
        r = loader->state(userdata, offset, bytes, length);
        if (r != 0)
            return r;
        offset += length;
        number++;
    }
    return r;
}

static int load_entries(sqlite3 *db, const struct hvc_store_loader *loader, void *userdata, struct hvc_error *error)
{
    HVC_CLEANUP(statement) sqlite3_stmt *row = NULL;
    int r = hvc_sql_prepare(db, "SELECT " HVC_COLUMNS_ENTRY " FROM entry ORDER BY idx", &row, error);

    if (r < 0)
        return r;
    while ((r = hvc_sql_step(row, error)) == 1) {
        struct hvc_store_entry entry;

        r = hvc_row_read_entry(row, &entry);
        if (r < 0)
            return changed(r, error, "log entry", hvc_sql_u64(row, 0));
        r = loader->entry(userdata, &entry);
        if (r != 0)
            return r;
    }
    return r;
}

int hvc_store_load(struct hvc_store *store, const struct hvc_store_loader *loader, void *userdata,
                   struct hvc_error *error)
{
    struct hvc_error own;
    int r = 0;

    if (error == NULL)
        error = &own;
    if (hvc_store_has_submitted(store) || store->reader == NULL)
        return hvc_error_set(error, -EINVAL, "the store is loaded before the first record, not later");
    (void)pthread_mutex_lock(&store->reader_lock);
    if (store->facts.has_snapshot)
        r = load_state(store->reader, loader, userdata, error);
    if (r == 0)
        r = load_entries(store->reader, loader, userdata, error);
    (void)pthread_mutex_unlock(&store->reader_lock);
    return r;
}

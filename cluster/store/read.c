/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading beside the writer, on a connection of its own. */
#include <errno.h>
#include <inttypes.h>

#include "internal.h"

static int take_document(sqlite3_stmt *row, const uint8_t hash[HVC_STORE_HASH_SIZE], char **ret_bytes,
                         size_t *ret_length, struct hvc_error *error)
{
    uint8_t found[HVC_STORE_HASH_SIZE];
    size_t length;
    const uint8_t *bytes = hvc_sql_blob(row, 0, &length);
    char *copy;

    if (sqlite3_errcode(sqlite3_db_handle(row)) == SQLITE_NOMEM)
        return hvc_error_set(error, -ENOMEM, "out of memory while reading a document");
    hvc_store_hash(bytes, length, found);
    if (memcmp(found, hash, sizeof(found)) != 0)
        return hvc_error_set(error, -EBADMSG,
                             "the document %02x%02x%02x%02x... is torn or changed: its content does not have that hash",
                             (unsigned)hash[0], (unsigned)hash[1], (unsigned)hash[2], (unsigned)hash[3]);
    copy = malloc(length + 1);
    if (copy == NULL)
        return hvc_error_set(error, -ENOMEM, "out of memory for a document of %zu bytes", length);
    if (length > 0)
        memcpy(copy, bytes, length);
    copy[length] = '\0';
    *ret_bytes = copy;
    *ret_length = length;
    return 0;
}

static int find_document(sqlite3 *db, const uint8_t hash[HVC_STORE_HASH_SIZE], char **ret_bytes, size_t *ret_length,
                         struct hvc_error *error)
{
    HVC_CLEANUP(statement) sqlite3_stmt *row = NULL;
    int r = hvc_sql_prepare(db, "SELECT bytes FROM document WHERE hash = ?", &row, error);

    if (r == 0)
        r = hvc_sql_bind(row, error, "b", (const void *)hash, (size_t)HVC_STORE_HASH_SIZE);
    if (r == 0)
        r = hvc_sql_step(row, error);
    if (r == 0)
        return hvc_error_set(error, -ENOENT, "there is no document with this hash");
    return r < 0 ? r : take_document(row, hash, ret_bytes, ret_length, error);
}

int hvc_store_document(struct hvc_store *store, const uint8_t hash[HVC_STORE_HASH_SIZE], char **ret_bytes,
                       size_t *ret_length, struct hvc_error *error)
{
    int r;

    (void)pthread_mutex_lock(&store->reader_lock);
    r = find_document(store->reader, hash, ret_bytes, ret_length, error);
    (void)pthread_mutex_unlock(&store->reader_lock);
    return r;
}

static int list_documents(sqlite3 *db, uint8_t (**ret_hashes)[HVC_STORE_HASH_SIZE], size_t *ret_count,
                          struct hvc_error *error)
{
    HVC_CLEANUP(statement) sqlite3_stmt *row = NULL;
    HVC_CLEANUP(free) uint8_t(*hashes)[HVC_STORE_HASH_SIZE] = NULL;
    size_t count = 0, room = 0;
    int r = hvc_sql_prepare(db, "SELECT hash FROM document ORDER BY rowid", &row, error);

    while (r >= 0 && (r = hvc_sql_step(row, error)) == 1) {
        size_t length;
        const uint8_t *hash = hvc_sql_blob(row, 0, &length);

        if (length != HVC_STORE_HASH_SIZE)
            return hvc_error_set(error, -EBADMSG, "a document's hash has %zu bytes", length);
        if (count == room) {
            void *more = realloc(hashes, (room = room * 2 + 64) * sizeof(*hashes));

            if (more == NULL)
                return hvc_error_set(error, -ENOMEM, "out of memory for %zu hashes", room);
            hashes = more;
        }
        memcpy(hashes[count++], hash, length);
    }
    if (r < 0)
        return r;
    *ret_hashes = HVC_TAKE(hashes, NULL);
    *ret_count = count;
    return 0;
}

int hvc_store_documents(struct hvc_store *store, uint8_t (**ret_hashes)[HVC_STORE_HASH_SIZE], size_t *ret_count,
                        struct hvc_error *error)
{
    int r;

    (void)pthread_mutex_lock(&store->reader_lock);
    r = list_documents(store->reader, ret_hashes, ret_count, error);
    (void)pthread_mutex_unlock(&store->reader_lock);
    return r;
}

static int read_lines(sqlite3 *db, uint8_t kind, uint64_t before, size_t limit,
                      int (*line)(void *userdata, const struct hvc_store_history *line), void *userdata,
                      struct hvc_error *error)
{
    HVC_CLEANUP(statement) sqlite3_stmt *row = NULL;
    int64_t below = before == 0 || before > INT64_MAX ? INT64_MAX : (int64_t)before;
    int r = hvc_sql_prepare(
        db, "SELECT " HVC_COLUMNS_LINE " FROM history WHERE kind = ? AND id < ? ORDER BY id DESC LIMIT ?", &row, error);

    if (r == 0)
        r = hvc_sql_bind(row, error, "iii", (int64_t)kind, below, (int64_t)(limit > INT64_MAX ? INT64_MAX : limit));
    while (r >= 0 && (r = hvc_sql_step(row, error)) == 1) {
        struct hvc_store_history found;

        r = hvc_row_read_history(row, &found);
        if (r < 0)
            return hvc_error_set(error, r, "history line %" PRIu64 " is torn or changed: its checksum does not fit",
                                 hvc_sql_u64(row, 0));
        r = line(userdata, &found);
        if (r != 0)
            return r;
    }
    return r;
}

int hvc_store_history_read(struct hvc_store *store, uint8_t kind, uint64_t before, size_t limit,
                           int (*line)(void *userdata, const struct hvc_store_history *line), void *userdata,
                           struct hvc_error *error)
{
    int r;

    (void)pthread_mutex_lock(&store->reader_lock);
    r = read_lines(store->reader, kind, before, limit, line, userdata, error);
    (void)pthread_mutex_unlock(&store->reader_lock);
    return r;
}

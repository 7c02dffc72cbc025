/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <sqlite3.h>

#include "../hvc_cmocka.h"
#include "world.h"

static struct world world;
static struct hvc_store *store;

static int up(void **state)
{
    struct hvc_error error;

    (void)state;
    world_up(&world, "/dev/shm");
    return hvc_store_open(&world.config, &store, &error);
}

static int down(void **state)
{
    int r = hvc_store_close(store, NULL);

    (void)state;
    world_down(&world);
    return r;
}

static void sql(const char *text)
{
    char path[256];
    sqlite3 *db;

    (void)snprintf(path, sizeof(path), "%s/hvcluster.db", world.store);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* Submits a record without a log part and waits for it. */
static void put(const struct hvc_store_record *record)
{
    static uint64_t count;
    struct hvc_store_progress progress;
    struct hvc_error error;

    hvc_store_collect(store, &progress);
    count = progress.carried_out + 1;
    assert_int_equal(hvc_store_submit(store, record, &error), 0);
    assert_true(world_wait(store, count, &progress));
    assert_int_equal(progress.condition, HVC_STORE_GOOD);
}

static void put_document(const char *text, uint8_t hash[HVC_STORE_HASH_SIZE])
{
    struct hvc_store_document document = {.bytes = text, .length = strlen(text)};

    hvc_store_hash(text, strlen(text), document.hash);
    memcpy(hash, document.hash, sizeof(document.hash));
    put(&(struct hvc_store_record){.documents = &document, .document_count = 1});
}

static void the_hash_is_sha_256(void **state)
{
    /* FIPS 180-4, "abc" */
    static const uint8_t abc[HVC_STORE_HASH_SIZE] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
                                                     0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
                                                     0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
    uint8_t hash[HVC_STORE_HASH_SIZE];

    (void)state;
    hvc_store_hash("abc", 3, hash);
    assert_memory_equal(hash, abc, sizeof(abc));
}

static void a_document_is_found_by_its_hash_and_stays_while_it_is_named(void **state)
{
    uint8_t hashes[3][HVC_STORE_HASH_SIZE], other[HVC_STORE_HASH_SIZE] = {1};
    struct hvc_error error;
    char *bytes;
    size_t length;

    (void)state;
    put_document("<domain/>", hashes[0]);
    put_document("", hashes[1]);
    put_document("<domain>2</domain>", hashes[2]);
    put_document("<domain>2</domain>", hashes[2]); /* twice is once */
    assert_int_equal(hvc_store_document(store, hashes[0], &bytes, &length, &error), 0);
    assert_int_equal(length, 9);
    assert_string_equal(bytes, "<domain/>");
    free(bytes);
    assert_int_equal(hvc_store_document(store, hashes[1], &bytes, &length, &error), 0);
    assert_int_equal(length, 0);
    free(bytes);
    assert_int_equal(hvc_store_document(store, other, &bytes, &length, &error), -ENOENT);
    put(&(struct hvc_store_record){
        .retain = true, .retain_hashes = (const uint8_t(*)[HVC_STORE_HASH_SIZE])hashes[2], .retain_count = 1});
    assert_int_equal(hvc_store_document(store, hashes[0], &bytes, &length, &error), -ENOENT);
    assert_int_equal(hvc_store_document(store, hashes[2], &bytes, &length, &error), 0);
    free(bytes);
    put(&(struct hvc_store_record){.retain = true});
    assert_int_equal(hvc_store_document(store, hashes[2], &bytes, &length, &error), -ENOENT);
}

static void a_changed_document_is_refused_and_can_be_written_again(void **state)
{
    uint8_t hash[HVC_STORE_HASH_SIZE];
    struct hvc_error error = {0};
    char *bytes;
    size_t length;

    (void)state;
    put_document("<domain/>", hash);
    sql("UPDATE document SET bytes = x'3c646f6d61696e3f3e'");
    assert_int_equal(hvc_store_document(store, hash, &bytes, &length, &error), -EBADMSG);
    assert_non_null(strstr(error.text, "does not have that hash"));
    put_document("<domain/>", hash);
    assert_int_equal(hvc_store_document(store, hash, &bytes, &length, &error), 0);
    free(bytes);
}

struct lines {
    unsigned count;
    uint64_t ids[16];
    char keys[16][HVC_STORE_HISTORY_KEY_MAX];
    unsigned stop_at;
};

static int collect(void *userdata, const struct hvc_store_history *line)
{
    struct lines *lines = userdata;

    lines->ids[lines->count] = line->id;
    memcpy(lines->keys[lines->count], line->key, sizeof(line->key));
    lines->count++;
    return lines->count == lines->stop_at ? 42 : 0;
}

static void put_line(uint8_t kind, const char *key)
{
    struct hvc_store_history line = {.kind = kind, .stamp_ms = 5, .bytes = key, .length = strlen(key)};

    (void)snprintf(line.key, sizeof(line.key), "%s", key);
    put(&(struct hvc_store_record){.history = &line, .history_count = 1});
}

static void history_is_read_newest_first_page_by_page(void **state)
{
    struct lines lines = {0}, more = {0};
    struct hvc_error error;

    (void)state;
    put_line(1, "a");
    put_line(2, "other kind");
    put_line(1, "b");
    put_line(1, "c");
    put_line(1, "a"); /* replaces the first, keeps its place */
    assert_int_equal(hvc_store_history_read(store, 1, 0, 2, collect, &lines, &error), 0);
    assert_int_equal(lines.count, 2);
    assert_string_equal(lines.keys[0], "c");
    assert_string_equal(lines.keys[1], "b");
    assert_int_equal(hvc_store_history_read(store, 1, lines.ids[1], 10, collect, &more, &error), 0);
    assert_int_equal(more.count, 1);
    assert_string_equal(more.keys[0], "a");
    lines = (struct lines){.stop_at = 1};
    assert_int_equal(hvc_store_history_read(store, 1, 0, 10, collect, &lines, &error), 42);
    put(&(struct hvc_store_record){.history_trim_kind = 1, .history_keep = 1});
    lines = (struct lines){0};
    assert_int_equal(hvc_store_history_read(store, 1, 0, 10, collect, &lines, &error), 0);
    assert_int_equal(lines.count, 1);
    assert_int_equal(hvc_store_history_read(store, 2, 0, 10, collect, &lines, &error), 0);
    assert_int_equal(lines.count, 2);
}

static void a_changed_line_of_history_is_refused(void **state)
{
    static const char *const changes[] = {"UPDATE history SET stamp = 6", "UPDATE history SET bytes = x'00'",
                                          "UPDATE history SET idx = 9", "UPDATE history SET key = 'b'"};
    struct lines lines = {0};
    struct hvc_error error = {0};

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(changes); i++) {
        put_line(1, "a");
        assert_int_equal(hvc_store_history_read(store, 1, 0, 10, collect, &lines, &error), 0);
        sql(changes[i]);
        assert_int_equal(hvc_store_history_read(store, 1, 0, 10, collect, &lines, &error), -EBADMSG);
        assert_non_null(strstr(error.text, "history line"));
        sql("DELETE FROM history");
    }
}

static int no_state(void *userdata, uint64_t offset, const void *bytes, size_t length)
{
    (void)userdata;
    (void)offset;
    (void)bytes;
    (void)length;
    return 0;
}

static int third_entry_is_refused(void *userdata, const struct hvc_store_entry *entry)
{
    (void)userdata;
    return entry->index == 3 ? -E2BIG : 0;
}

static void loading_ends_with_the_answer_of_the_one_who_is_fed(void **state)
{
    static const struct hvc_store_loader loader = {.state = no_state, .entry = third_entry_is_refused};
    struct hvc_error error = {0};

    (void)state;
    assert_int_equal(world_run(store, 1, 3, &error), 3);
    assert_int_equal(hvc_store_load(store, &loader, NULL, &error), -EINVAL); /* too late */
    assert_int_equal(hvc_store_close(store, &error), 0);
    assert_int_equal(hvc_store_open(&world.config, &store, &error), 0);
    assert_int_equal(hvc_store_load(store, &loader, NULL, &error), -E2BIG);
    sql("UPDATE entry SET birth = birth + 1 WHERE idx = 2");
    assert_int_equal(hvc_store_load(store, &loader, NULL, &error), -EBADMSG);
    assert_non_null(strstr(error.text, "log entry 2 has changed since the start"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, up, down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hash_is_sha_256),
        TEST(a_document_is_found_by_its_hash_and_stays_while_it_is_named),
        TEST(a_changed_document_is_refused_and_can_be_written_again),
        TEST(history_is_read_newest_first_page_by_page),
        TEST(a_changed_line_of_history_is_refused),
        TEST(loading_ends_with_the_answer_of_the_one_who_is_fed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

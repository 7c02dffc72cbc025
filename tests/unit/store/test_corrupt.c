/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every page of the database and every frame of the write-ahead log is changed in turn. Nothing may crash; either the
 * start says "damaged" in words, or log and snapshot are what they were. A document or a history line that changed is
 * refused when it is read. In the write-ahead log the last transaction alone may be lost without a word, because it
 * looks like one that was never finished; the last two, when the frame between them is hit (KNOWN_LIMITS.md).
 */
#include <errno.h>
#include <sys/stat.h>

#include "../hvc_cmocka.h"
#include "internal.h"
#include "world.h"

enum { RECORDS = 11, PAGE = 4096, FRAME = PAGE + 24, WAL_HEAD = 32, FILE_MAX = 4 * 1024 * 1024 };

struct image {
    uint8_t bytes[FILE_MAX];
    size_t length;
};

static struct world world;
static struct image database, wal, generation, changed;
static struct world_model wanted[RECORDS + 1], found;

static void load(const char *name, struct image *image)
{
    char path[256];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s", world.store, name);
    file = fopen(path, "r");
    image->length = 0;
    if (file == NULL)
        return;
    image->length = fread(image->bytes, 1, sizeof(image->bytes), file);
    assert_true(image->length < sizeof(image->bytes));
    (void)fclose(file);
}

static void save(const char *name, const struct image *image)
{
    char path[256];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s", world.store, name);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(image->bytes, 1, image->length, file), image->length);
    assert_int_equal(fclose(file), 0);
}

/* The files as they are while the store runs (kill), or after it was closed. */
static void make(bool kill)
{
    struct hvc_store *store;
    struct hvc_error error;

    hvc_store_checkpoint_pages = 300; /* more than the script writes, so that the log holds all of it */
    world_up(&world, "/dev/shm");
    assert_int_equal(hvc_store_open(&world.config, &store, &error), 0);
    assert_int_equal(world_run(store, 1, RECORDS, &error), RECORDS);
    if (!kill)
        assert_int_equal(hvc_store_close(store, &error), 0);
    load("hvcluster.db", &database);
    load("hvcluster.db-wal", &wal);
    load("generation", &generation);
    if (kill)
        assert_int_equal(hvc_store_close(store, &error), 0);
    while (wal.length > 0 && wal.bytes[wal.length - 1] == 0) /* zeros that the log has in stock */
        wal.length--;
    wal.length = wal.length < WAL_HEAD ? 0 : (wal.length - WAL_HEAD + FRAME - 1) / FRAME * FRAME + WAL_HEAD;
    for (unsigned i = 0; i <= RECORDS; i++)
        world_model_after(i, &wanted[i]);
}

/* Counts of what happened, so that a test that changes nothing is seen. */
static struct {
    unsigned damaged, equal, shorter, documents, history, refused;
} seen;

static bool same_log_part(const struct world_model *a, const struct world_model *b)
{
    static struct world_model copy;

    copy = *a;
    copy.document_count = b->document_count;
    memcpy(copy.documents, b->documents, sizeof(copy.documents));
    copy.line_count = b->line_count;
    memcpy(copy.lines, b->lines, sizeof(copy.lines));
    return world_difference(&copy, b) == NULL;
}

static void check_beside(unsigned bad_documents, int r, const char *what, size_t at)
{
    if (r != 0 && r != -EBADMSG)
        fail_msg("%s %zu: reading fails with %d", what, at, r);
    seen.documents += bad_documents;
    seen.history += r == -EBADMSG;
    for (size_t i = 0; i < found.document_count; i++) {
        bool known = false;

        for (size_t k = 0; k < wanted[RECORDS].document_count; k++)
            known = known || memcmp(found.documents[i], wanted[RECORDS].documents[k], HVC_STORE_HASH_SIZE) == 0;
        assert_true(known);
    }
}

/* Opens the store with what was saved there. */
static void open_changed(const char *what, size_t at, bool may_be_shorter)
{
    struct hvc_store_facts facts;
    struct hvc_store *store;
    struct hvc_error error = {0};
    unsigned bad;
    int r = hvc_store_open(&world.config, &store, &error);

    if (r < 0)
        fail_msg("%s %zu: no judgement: %s", what, at, error.text);
    hvc_store_facts(store, &facts);
    r = world_read(store, &found, &bad, &error);
    if (facts.damaged) {
        assert_true(facts.empty && facts.damage[0] != '\0' && facts.aside[0] != '\0');
        assert_int_equal(found.entry_count, 0);
        seen.damaged++;
    } else if (same_log_part(&found, &wanted[RECORDS])) {
        check_beside(bad, r, what, at);
        seen.equal++;
    } else if (may_be_shorter && (world_difference(&found, &wanted[RECORDS - 1]) == NULL ||
                                  world_difference(&found, &wanted[RECORDS - 2]) == NULL)) {
        seen.shorter++;
    } else {
        fail_msg("%s %zu: changed content is taken as good", what, at);
    }
    (void)hvc_store_close(store, NULL); /* a change in a free page can show itself here; nothing more was promised */
}

static void begin_again(void)
{
    world_remove_tree(world.store);
    assert_int_equal(mkdir(world.store, 0700), 0);
    save("generation", &generation);
}

static uint32_t next_random(void)
{
    static uint32_t x = 2463534242u;

    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return x;
}

static void zeros(uint8_t *page, size_t length)
{
    memset(page, 0, length);
}

static void noise(uint8_t *page, size_t length)
{
    for (size_t i = 0; i < length; i++)
        page[i] = (uint8_t)next_random();
}

static void one_bit(uint8_t *page, size_t length)
{
    page[next_random() % length] ^= (uint8_t)(1u << next_random() % 8);
}

static void one_bit_of_the_head(uint8_t *page, size_t length)
{
    (void)length;
    page[next_random() % 24] ^= (uint8_t)(1u << next_random() % 8);
}

static void torn(uint8_t *page, size_t length)
{
    memset(page + length / 2, 0x5a, length - length / 2);
}

static const struct {
    const char *name;
    void (*change)(uint8_t *page, size_t length);
} changes[] = {{"zeros in", zeros},
               {"noise in", noise},
               {"one bit of", one_bit},
               {"one bit of the head of", one_bit_of_the_head},
               {"torn", torn}};

static void change_all(const struct image *whole, const char *name, const struct image *other, const char *other_name,
                       size_t first, size_t step, bool may_be_shorter)
{
    for (size_t at = first; at + step <= whole->length; at += step)
        for (size_t i = 0; i < HVC_COUNT(changes); i++) {
            begin_again();
            changed = *whole;
            changes[i].change(changed.bytes + at, step);
            save(name, &changed);
            if (other != NULL)
                save(other_name, other);
            open_changed(changes[i].name, at, may_be_shorter);
        }
}

static void swapped_pages(void)
{
    for (size_t at = PAGE; at + 2 * PAGE <= database.length; at += PAGE) {
        begin_again();
        changed = database;
        memcpy(changed.bytes + at, database.bytes + at + PAGE, PAGE);
        memcpy(changed.bytes + at + PAGE, database.bytes + at, PAGE);
        save("hvcluster.db", &changed);
        open_changed("swapped pages at", at, false);
    }
}

static void a_changed_page_is_damage_or_does_not_matter(void **state)
{
    (void)state;
    make(false);
    assert_int_equal(wal.length, 0);
    memset(&seen, 0, sizeof(seen));
    change_all(&database, "hvcluster.db", NULL, NULL, 0, PAGE, false);
    swapped_pages();
    print_message("%zu pages: %u damaged, %u equal, %u documents and %u histories refused\n", database.length / PAGE,
                  seen.damaged, seen.equal, seen.documents, seen.history);
    assert_true(seen.damaged > 100 && seen.documents > 0);
    world_down(&world);
}

static void every_bit_of_the_first_bytes_is_damage_or_does_not_matter(void **state)
{
    (void)state;
    make(false);
    for (size_t bit = 0; bit < 100 * 8; bit += 3) {
        begin_again();
        changed = database;
        changed.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        save("hvcluster.db", &changed);
        open_changed("bit", bit, false);
    }
    world_down(&world);
}

static void a_cut_database_is_damage(void **state)
{
    (void)state;
    make(false);
    for (size_t length = 1; length + PAGE < database.length; length += 5 * PAGE / 2) {
        begin_again();
        changed = database;
        changed.length = length;
        memset(&seen, 0, sizeof(seen));
        save("hvcluster.db", &changed);
        open_changed("cut at", length, false);
        if (seen.damaged != 1)
            fail_msg("cut to %zu of %zu bytes: not damaged", length, database.length);
    }
    world_down(&world);
}

static void a_changed_frame_is_damage_unless_it_is_of_the_last_transactions(void **state)
{
    (void)state;
    make(true);
    assert_true(wal.length > 50 * FRAME);
    memset(&seen, 0, sizeof(seen));
    change_all(&wal, "hvcluster.db-wal", &database, "hvcluster.db", WAL_HEAD, FRAME, true);
    print_message("%zu frames: %u damaged, %u equal, %u without the last transaction\n", wal.length / FRAME,
                  seen.damaged, seen.equal, seen.shorter);
    assert_true(seen.damaged > 100);
    assert_true(seen.shorter < 50);
    world_down(&world);
}

static void a_changed_head_of_the_log_is_damage(void **state)
{
    (void)state;
    make(true);
    for (size_t bit = 0; bit < 32 * 8; bit++) {
        begin_again();
        changed = wal;
        changed.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        save("hvcluster.db-wal", &changed);
        save("hvcluster.db", &database);
        memset(&seen, 0, sizeof(seen));
        open_changed("bit of the log's head", bit, false);
        assert_int_equal(seen.damaged, 1);
    }
    world_down(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_changed_page_is_damage_or_does_not_matter),
        cmocka_unit_test(every_bit_of_the_first_bytes_is_damage_or_does_not_matter),
        cmocka_unit_test(a_cut_database_is_damage),
        cmocka_unit_test(a_changed_frame_is_damage_unless_it_is_of_the_last_transactions),
        cmocka_unit_test(a_changed_head_of_the_log_is_damage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

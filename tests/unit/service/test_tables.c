/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../../engine/service/tables.h"

#include "../hvc_cmocka.h"
#include "fixture.h"

#define CAPACITY 50

static void a_pool_gives_each_slot_once_and_says_when_it_is_full(void **state)
{
    struct hvc_slot slots[CAPACITY];
    struct hvc_pool pool = {.slots = slots, .capacity = CAPACITY};
    bool seen[CAPACITY] = {false};

    (void)state;
    hvc_pool_clear(&pool);
    for (unsigned i = 0; i < CAPACITY; i++) {
        uint32_t slot = hvc_pool_take(&pool);

        assert_in_range(slot, 0, CAPACITY - 1);
        assert_false(seen[slot]);
        seen[slot] = true;
    }
    assert_int_equal(hvc_pool_take(&pool), HVC_NONE);
    hvc_pool_give(&pool, 7);
    assert_int_equal(hvc_pool_live(&pool, 7), 8);
    assert_int_equal(hvc_pool_take(&pool), 7);
    assert_int_equal(pool.count, CAPACITY);
}

/* Against a plain array of what should be in it; few hashes, so that they collide. */
static void an_index_finds_what_is_in_it_and_nothing_else(void **state)
{
    struct hvc_index_cell cells[128];
    struct hvc_index index = {.cells = cells, .mask = hvc_index_cells(CAPACITY) - 1};
    uint32_t hash_of[CAPACITY] = {0};
    bool in[CAPACITY] = {false};
    uint64_t seed = 1;

    (void)state;
    assert_int_equal(index.mask, 127);
    hvc_index_clear(&index);
    for (unsigned step = 0; step < 20000; step++) {
        uint32_t slot = (uint32_t)random_below(&seed, CAPACITY), hash, probe, found;
        unsigned count = 0, want = 0;

        if (!in[slot]) {
            hash_of[slot] = (uint32_t)random_below(&seed, 4) == 0 ? UINT32_MAX : (uint32_t)random_below(&seed, 20);
            hvc_index_add(&index, hash_of[slot], slot);
        } else {
            hvc_index_remove(&index, hash_of[slot], slot);
        }
        in[slot] = !in[slot];
        hash = hash_of[random_below(&seed, CAPACITY)];
        for (probe = hash; (found = hvc_index_next(&index, hash, &probe)) != HVC_NONE; count++)
            assert_true(in[found] && hash_of[found] == hash);
        for (unsigned i = 0; i < CAPACITY; i++)
            want += in[i] && hash_of[i] == hash;
        assert_int_equal(count, want);
    }
}

static void a_list_keeps_its_order(void **state)
{
    struct hvc_link links[5];
    struct hvc_list list;

    (void)state;
    hvc_list_clear(&list);
    hvc_list_insert_after(&list, links, HVC_NONE, 2);
    hvc_list_insert_after(&list, links, 2, 4);
    hvc_list_insert_after(&list, links, 2, 3);
    hvc_list_insert_after(&list, links, HVC_NONE, 1);
    for (uint32_t slot = list.head, want = 1; want <= 4; slot = links[slot].next, want++)
        assert_int_equal(slot, want);
    hvc_list_remove(&list, links, 1);
    hvc_list_remove(&list, links, 3);
    hvc_list_remove(&list, links, 4);
    assert_int_equal(list.head, 2);
    assert_int_equal(list.tail, 2);
    hvc_list_remove(&list, links, 2);
    assert_int_equal(list.head, HVC_NONE);
    assert_int_equal(list.count, 0);
}

static bool smaller(const void *context, uint32_t a, uint32_t b)
{
    const uint32_t *keys = context;

    return keys[a] < keys[b];
}

static void sorting_sorts(void **state)
{
    uint32_t keys[CAPACITY], slots[CAPACITY];
    uint64_t seed = 3;

    (void)state;
    for (unsigned count = 0; count <= CAPACITY; count++) {
        for (uint32_t i = 0; i < count; i++) {
            keys[i] = (uint32_t)random_below(&seed, 30);
            slots[i] = i;
        }
        hvc_sort(slots, count, smaller, keys);
        for (uint32_t i = 1; i < count; i++)
            assert_true(keys[slots[i - 1]] <= keys[slots[i]]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pool_gives_each_slot_once_and_says_when_it_is_full),
        cmocka_unit_test(an_index_finds_what_is_in_it_and_nothing_else),
        cmocka_unit_test(a_list_keeps_its_order),
        cmocka_unit_test(sorting_sorts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "../hvc_cmocka.h"
#include "internal.h"

#define SLOTS 8
#define BYTES 64

static struct hvc_window_slot slots[SLOTS];
static uint8_t bytes[BYTES];
static struct hvc_window w = {.slot = slots, .bytes = bytes, .capacity = SLOTS, .size = BYTES};

static int append(uint64_t epoch, uint8_t fill, uint32_t length)
{
    uint8_t op[BYTES];
    struct hvc_entry entry = {.epoch = epoch, .kind = HVC_ENTRY_OP, .bytes = op, .length = length};

    memset(op, fill, sizeof(op));
    return hvc_window_append(&w, &entry, 0);
}

static void expect(uint64_t index, uint64_t epoch, uint8_t fill, uint32_t length)
{
    struct hvc_entry entry;

    assert_int_equal(hvc_window_get(&w, index, &entry), 0);
    assert_int_equal(entry.epoch, epoch);
    assert_int_equal(entry.length, length);
    for (uint32_t i = 0; i < length; i++)
        assert_int_equal(entry.bytes[i], fill);
}

static void entries_are_found_by_index(void **state)
{
    struct hvc_entry entry;

    (void)state;
    hvc_window_reset(&w, 10, 3);
    assert_int_equal(hvc_window_last_epoch(&w), 3);
    assert_int_equal(append(4, 'a', 5), 0);
    assert_int_equal(append(5, 'b', 0), 0);
    expect(11, 4, 'a', 5);
    expect(12, 5, 'b', 0);
    assert_int_equal(hvc_window_get(&w, 10, &entry), -ENOENT);
    assert_int_equal(hvc_window_get(&w, 13, &entry), -ENOENT);
    assert_int_equal(hvc_window_last_epoch(&w), 5);
}

static void a_truncated_tail_gives_its_room_back(void **state)
{
    (void)state;
    hvc_window_reset(&w, 0, 0);
    for (uint8_t i = 0; i < 3; i++)
        assert_int_equal(append(1, i, 20), 0);
    assert_int_equal(append(1, 9, 20), -ENOBUFS);
    hvc_window_truncate(&w, 1);
    assert_int_equal(w.last, 1);
    assert_int_equal(append(2, 7, 20), 0);
    assert_int_equal(append(2, 8, 20), 0);
    expect(1, 1, 0, 20);
    expect(2, 2, 7, 20);
    expect(3, 2, 8, 20);
}

static void trimming_keeps_the_epoch_of_the_base(void **state)
{
    (void)state;
    hvc_window_reset(&w, 0, 0);
    assert_int_equal(append(1, 1, 4), 0);
    assert_int_equal(append(6, 2, 4), 0);
    hvc_window_trim(&w, 2);
    assert_int_equal(w.base, 2);
    assert_int_equal(hvc_window_last_epoch(&w), 6);
    assert_int_equal(hvc_window_bytes_used(&w), 0);
    hvc_window_trim(&w, 5); /* beyond the end: nothing happens */
    assert_int_equal(w.base, 2);
}

static void the_ring_of_bytes_wraps_without_overlap(void **state)
{
    uint64_t first = 1;

    (void)state;
    hvc_window_reset(&w, 0, 0);
    for (unsigned round = 1; round < 400; round++) {
        uint32_t length = round * 7 % 23;

        while (append(round, (uint8_t)round, length) < 0) {
            assert_true(first <= w.last);
            hvc_window_trim(&w, first++);
        }
        assert_int_equal(w.last, round);
        for (uint64_t i = w.base + 1; i <= w.last; i++)
            expect(i, i, (uint8_t)i, (uint32_t)i * 7 % 23);
        assert_true(hvc_window_bytes_used(&w) <= BYTES);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_are_found_by_index),
        cmocka_unit_test(a_truncated_tail_gives_its_room_back),
        cmocka_unit_test(trimming_keeps_the_epoch_of_the_base),
        cmocka_unit_test(the_ring_of_bytes_wraps_without_overlap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

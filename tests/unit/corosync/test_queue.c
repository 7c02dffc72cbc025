/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "queue.h"

#include <errno.h>

#include "../hvc_cmocka.h"

static struct hvc_block *block_of(size_t length, char fill)
{
    struct hvc_block *block = hvc_block_new(length);

    assert_non_null(block);
    memset(block->bytes, fill, length);
    return block;
}

static char take(struct hvc_queue *queue)
{
    struct hvc_block *block = hvc_queue_take(queue);
    char fill;

    assert_non_null(block);
    fill = *(const char *)block->bytes;
    free(block);
    return fill;
}

static void blocks_come_out_in_the_order_they_went_in(void **state)
{
    struct hvc_queue queue;

    (void)state;
    hvc_queue_init(&queue, 100);
    assert_null(hvc_queue_take(&queue));
    for (char fill = 'a'; fill <= 'c'; fill++)
        assert_true(hvc_queue_put(&queue, block_of(10, fill), 0) >= 0);
    assert_int_equal(hvc_queue_bytes(&queue), 30);
    assert_int_equal(take(&queue), 'a');
    hvc_queue_return(&queue, block_of(10, 'a'));
    assert_int_equal(take(&queue), 'a');
    assert_int_equal(take(&queue), 'b');
    assert_int_equal(take(&queue), 'c');
    assert_null(hvc_queue_take(&queue));
    hvc_queue_return(&queue, block_of(1, 'z'));
    assert_int_equal(hvc_queue_put(&queue, block_of(1, 'y'), 0), 0);
    assert_int_equal(take(&queue), 'z');
    assert_int_equal(take(&queue), 'y');
    assert_int_equal(hvc_queue_bytes(&queue), 0);
    hvc_queue_done(&queue);
}

static void only_a_block_that_finds_the_queue_empty_asks_for_a_wake_up(void **state)
{
    struct hvc_queue queue;

    (void)state;
    hvc_queue_init(&queue, 100);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(hvc_queue_put(&queue, block_of(1, 'a'), 0), 1);
        assert_int_equal(hvc_queue_put(&queue, block_of(1, 'b'), 0), 0);
        assert_int_equal(hvc_queue_put(&queue, block_of(1, 'c'), 1), 0);
        assert_int_equal(take(&queue), 'a');
        assert_int_equal(hvc_queue_put(&queue, block_of(1, 'd'), 0), 0);
        hvc_queue_clear(&queue);
    }
    hvc_queue_done(&queue);
}

static void a_full_queue_refuses_but_not_what_is_forced(void **state)
{
    struct hvc_queue queue;
    struct hvc_block *late;

    (void)state;
    hvc_queue_init(&queue, 20);
    assert_int_equal(hvc_queue_put(&queue, block_of(20, 'a'), 0), 1);
    late = block_of(1, 'b');
    assert_int_equal(hvc_queue_put(&queue, late, 0), -ENOBUFS);
    assert_int_equal(hvc_queue_put(&queue, late, 1), 0);
    assert_int_equal(hvc_queue_bytes(&queue), 21);
    hvc_queue_clear(&queue);
    assert_int_equal(hvc_queue_bytes(&queue), 0);
    assert_null(hvc_queue_take(&queue));
    hvc_queue_done(&queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_come_out_in_the_order_they_went_in),
        cmocka_unit_test(only_a_block_that_finds_the_queue_empty_asks_for_a_wake_up),
        cmocka_unit_test(a_full_queue_refuses_but_not_what_is_forced),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

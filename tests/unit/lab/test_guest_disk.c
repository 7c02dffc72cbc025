/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <unistd.h>

#include "../hvc_cmocka.h"
#include "guest_disk.h"

static char image[] = "/tmp/hvc-disk-XXXXXX";

static int begin(void **state)
{
    int fd;

    (void)state;
    (void)snprintf(image, sizeof(image), "/tmp/hvc-disk-XXXXXX");
    fd = mkstemp(image);
    if (fd < 0 || ftruncate(fd, 1024L * 1024) != 0)
        return -1;
    return close(fd);
}

static int end(void **state)
{
    (void)state;
    return unlink(image);
}

static void an_empty_disk_has_no_mark_and_no_orders(void **state)
{
    struct guest_disk_mark mark;
    struct guest_disk_orders orders = {.rate_kib = 7};

    (void)state;
    assert_int_equal(guest_disk_read_mark(image, &mark), -ENODATA);
    assert_int_equal(guest_disk_read_orders(image, &orders), 0);
    assert_int_equal(orders.rate_kib, 0);
    assert_false(orders.deaf);
}

static void orders_are_read_as_they_were_written(void **state)
{
    const struct guest_disk_orders wanted = {
        .rate_kib = 102400, .deaf = true, .action = GUEST_DISK_RESET, .action_mark = 0x0123456789abcdef};
    struct guest_disk_orders found;

    (void)state;
    assert_int_equal(guest_disk_write_orders(image, &wanted), 0);
    assert_int_equal(guest_disk_read_orders(image, &found), 0);
    assert_int_equal(found.rate_kib, wanted.rate_kib);
    assert_true(found.deaf);
    assert_int_equal(found.action, wanted.action);
    assert_true(found.action_mark == wanted.action_mark);
}

static void a_mark_is_read_from_where_the_guest_writes_it(void **state)
{
    static const unsigned char sector[64] = {
        'H',  'V', 'C', 'M', 'A', 'R',  'K', '1', 0xef, 0xcd, 0xab, 0x89, 0x67, 0x45, 0x23, 0x01, /* mark */
        0x10, 0,   0,   0,   0,   0,    0,   0,   0x20, 0,    0,    0,    0,    0,    0,    0,    /* count, tick */
        9,    0,   0,   0,   0,   0,    0,   0,   3,    0,    0,    0,    2,    0,    0,    0,    /* nonce ... */
        1,    0,   0,   0,   0,   0x90, 1,   0,   0,    0,    1,    0,    4,    0,    0,    0,
    };
    struct guest_disk_mark mark;
    FILE *file = fopen(image, "r+e");

    (void)state;
    assert_non_null(file);
    assert_int_equal(fseek(file, 32L * 512, SEEK_SET), 0);
    assert_int_equal(fwrite(sector, sizeof(sector), 1, file), 1);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(guest_disk_read_mark(image, &mark), 0);
    assert_true(mark.mark == 0x0123456789abcdef);
    assert_int_equal(mark.count, 16);
    assert_int_equal(mark.tick, 32);
    assert_int_equal(mark.nonce, 9);
    assert_int_equal(mark.boots, 3);
    assert_int_equal(mark.conflicts, 2);
    assert_int_equal(mark.io_errors, 1);
    assert_int_equal(mark.rate_kib, 102400);
    assert_int_equal(mark.memory_kib, 65536);
    assert_int_equal(mark.presses, 4);
}

static void a_missing_image_is_an_error(void **state)
{
    struct guest_disk_mark mark;

    (void)state;
    assert_int_equal(guest_disk_read_mark("/nonexistent/image", &mark), -ENOENT);
}

int main(void)
{
#define T(function) cmocka_unit_test_setup_teardown(function, begin, end)
    static const struct CMUnitTest tests[] = {
        T(an_empty_disk_has_no_mark_and_no_orders),
        T(orders_are_read_as_they_were_written),
        T(a_mark_is_read_from_where_the_guest_writes_it),
        T(a_missing_image_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

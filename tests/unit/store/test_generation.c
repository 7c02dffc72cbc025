/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <unistd.h>

#include "../hvc_cmocka.h"
#include "generation.h"
#include "world.h"

static char path[] = "/tmp/hvc-generation-XXXXXX";

static const struct hvc_generation_file samples[] = {
    {.next = {1, {1}}},
    {.previous = {1, {1, 2, 3}}, .next = {2, {0xff, 0xfe}}, .running = true},
    {.previous = {UINT64_MAX, {9}}, .next = {UINT64_MAX, {9}}, .lost = true},
};

static int up(void **state)
{
    int fd = mkstemp(path);

    (void)state;
    return fd < 0 ? -1 : close(fd);
}

static int down(void **state)
{
    (void)state;
    return unlink(path);
}

static void what_was_written_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < HVC_COUNT(samples); i++) {
        struct hvc_generation_file file;
        struct hvc_error error;

        assert_int_equal(hvc_generation_write(path, &samples[i], &error), 0);
        assert_int_equal(hvc_generation_read(path, &file, &error), 0);
        assert_true(hvc_generation_equal(&file.previous, &samples[i].previous));
        assert_true(hvc_generation_equal(&file.next, &samples[i].next));
        assert_int_equal(file.lost, samples[i].lost);
        assert_int_equal(file.running, samples[i].running);
    }
}

static void every_changed_byte_and_every_cut_is_refused(void **state)
{
    char text[1000], changed[1024];
    struct hvc_generation_file file;
    struct hvc_error error;
    FILE *f;
    size_t length;

    (void)state;
    assert_int_equal(hvc_generation_write(path, &samples[1], &error), 0);
    f = fopen(path, "r");
    assert_non_null(f);
    length = fread(text, 1, sizeof(text) - 1, f);
    assert_int_equal(fclose(f), 0);
    text[length] = '\0';
    assert_int_equal(hvc_generation_parse(text, &file), 0);
    for (size_t i = 0; i < length; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            memcpy(changed, text, length + 1);
            changed[i] = (char)(changed[i] ^ (char)(1 << bit));
            assert_int_equal(hvc_generation_parse(changed, &file), -EBADMSG);
        }
    for (size_t i = 0; i < length; i++) {
        memcpy(changed, text, i);
        changed[i] = '\0';
        assert_int_equal(hvc_generation_parse(changed, &file), -EBADMSG);
    }
    (void)snprintf(changed, sizeof(changed), "%s\n", text);
    assert_int_equal(hvc_generation_parse(changed, &file), -EBADMSG);
}

static void no_file_is_told_from_a_bad_one(void **state)
{
    struct hvc_generation_file file;
    struct hvc_error error = {0};

    (void)state;
    assert_int_equal(hvc_generation_read("/tmp/no/such/place", &file, &error), -ENOENT);
    assert_int_equal(hvc_generation_read("/dev/zero", &file, &error), -EBADMSG);
    assert_non_null(strstr(error.text, "is not what hvcluster wrote"));
}

static void a_new_generation_is_above_and_random(void **state)
{
    struct hvc_generation a, b;
    struct hvc_error error;

    (void)state;
    assert_int_equal(hvc_generation_make(7, &a, &error), 0);
    assert_int_equal(hvc_generation_make(7, &b, &error), 0);
    assert_int_equal(a.counter, 8);
    assert_int_equal(b.counter, 8);
    assert_false(hvc_generation_equal(&a, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(every_changed_byte_and_every_cut_is_refused),
        cmocka_unit_test(no_file_is_told_from_a_bad_one),
        cmocka_unit_test(a_new_generation_is_above_and_random),
    };

    return cmocka_run_group_tests(tests, up, down);
}

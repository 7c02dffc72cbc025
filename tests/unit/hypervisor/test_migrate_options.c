/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "../hvc_cmocka.h"
#include "hvc/hypervisor.h"

#define LIBVIRT_9_0 9000000
#define LIBVIRT_9_4 9004000
#define QEMU_7_2    7002000
#define QEMU_9_1    9001000
#define QEMU_10_1   10001000

static const char *const one_disk[] = {"vda"};

static const struct option_case {
    const char *what;
    struct hvc_migrate_options options;
    uint64_t libvirt, qemu;
    int wanted;
    const char *words;
} cases[] = {
    {"nothing", {.parallel = 0}, LIBVIRT_9_0, QEMU_7_2, 0, ""},
    {"all that goes together",
     {.tls = true, .post_copy_allowed = true, .post_copy_bandwidth_mib = 5, .compression = HVC_COMPRESSION_XBZRLE},
     LIBVIRT_9_0,
     QEMU_7_2,
     0,
     ""},
    {"disks in parallel streams",
     {.tls = true, .parallel = 4, .disks = one_disk, .disk_count = 1},
     LIBVIRT_9_0,
     QEMU_7_2,
     0,
     ""},
    {"zstd in an old libvirt",
     {.parallel = 4, .compression = HVC_COMPRESSION_ZSTD},
     LIBVIRT_9_0,
     QEMU_7_2,
     -EOPNOTSUPP,
     "libvirt 9.0 has no zstd compression; it came with 9.4"},
    {"zstd in a newer one", {.parallel = 4, .compression = HVC_COMPRESSION_ZSTD}, LIBVIRT_9_4, QEMU_7_2, 0, ""},
    {"zstd of one stream",
     {.compression = HVC_COMPRESSION_ZSTD},
     LIBVIRT_9_4,
     QEMU_7_2,
     -EINVAL,
     "ask for two or more"},
    {"threads", {.compression = HVC_COMPRESSION_MT}, LIBVIRT_9_0, QEMU_7_2, 0, ""},
    {"threads in a QEMU without", {.compression = HVC_COMPRESSION_MT}, LIBVIRT_9_4, QEMU_9_1, -EOPNOTSUPP, "QEMU 9.1"},
    {"threads and post-copy",
     {.compression = HVC_COMPRESSION_MT, .post_copy_allowed = true},
     LIBVIRT_9_0,
     QEMU_7_2,
     -EINVAL,
     "exclude each other"},
    {"threads and parallel streams",
     {.compression = HVC_COMPRESSION_MT, .parallel = 2},
     LIBVIRT_9_0,
     QEMU_7_2,
     -EINVAL,
     "exclude each other"},
    {"xbzrle and parallel streams",
     {.compression = HVC_COMPRESSION_XBZRLE, .parallel = 2},
     LIBVIRT_9_0,
     QEMU_7_2,
     -EINVAL,
     "one stream"},
    {"parallel post-copy", {.parallel = 2, .post_copy_allowed = true}, LIBVIRT_9_0, QEMU_7_2, -EINVAL, "before 10.1"},
    {"parallel post-copy in a newer QEMU", {.parallel = 2, .post_copy_allowed = true}, LIBVIRT_9_4, QEMU_10_1, 0, ""},
    {"a limit for a post-copy that is not allowed",
     {.post_copy_bandwidth_mib = 1},
     LIBVIRT_9_0,
     QEMU_7_2,
     -EINVAL,
     "without post-copy"},
    {"a post-copy that goes on", {.post_copy_allowed = true, .resume = true}, LIBVIRT_9_0, QEMU_7_2, 0, ""},
    {"a post-copy that goes on in an older libvirt",
     {.post_copy_allowed = true, .resume = true},
     8004000,
     QEMU_7_2,
     -EOPNOTSUPP,
     "it came with 8.5"},
    {"disks and post-copy",
     {.post_copy_allowed = true, .disks = one_disk, .disk_count = 1},
     LIBVIRT_9_0,
     QEMU_7_2,
     -EINVAL,
     "disks are copied along"},
    {"synchronous writes of disks",
     {.disks = one_disk, .disk_count = 1, .synchronous_writes = true},
     LIBVIRT_9_0,
     QEMU_7_2,
     0,
     ""},
    {"synchronous writes in an old libvirt",
     {.disks = one_disk, .disk_count = 1, .synchronous_writes = true},
     7010000,
     QEMU_7_2,
     -EOPNOTSUPP,
     "came with 8.0"},
    {"synchronous writes without disks", {.synchronous_writes = true}, 7010000, QEMU_7_2, 0, ""},
    {"no such compression", {.compression = HVC_COMPRESSION_COUNT}, LIBVIRT_9_0, QEMU_7_2, -EINVAL, "unknown"},
};

static void what_a_version_can_do_is_a_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        const struct option_case *c = &cases[i];
        struct hvc_error error = {.code = 0};
        int result = hvc_migrate_options_check(&c->options, c->libvirt, c->qemu, &error);

        if (result != c->wanted || strstr(error.text, c->words) == NULL)
            fail_msg("%s: %d \"%s\"", c->what, result, error.text);
    }
}

static void auto_is_the_best_that_is_possible(void **state)
{
    struct hvc_migrate_options o = {.compression = HVC_COMPRESSION_AUTO};

    (void)state;
    assert_int_equal(hvc_compression_choose(&o, LIBVIRT_9_0, QEMU_7_2), HVC_COMPRESSION_XBZRLE);
    o.parallel = 4;
    assert_int_equal(hvc_compression_choose(&o, LIBVIRT_9_0, QEMU_7_2), HVC_COMPRESSION_NONE);
    assert_int_equal(hvc_compression_choose(&o, LIBVIRT_9_4, QEMU_7_2), HVC_COMPRESSION_ZSTD);
    o.compression = HVC_COMPRESSION_MT;
    assert_int_equal(hvc_compression_choose(&o, LIBVIRT_9_4, QEMU_7_2), HVC_COMPRESSION_MT);
}

static void zero_copy_is_for_parallel_streams_in_clear(void **state)
{
    static const struct {
        struct hvc_migrate_options options;
        uint64_t libvirt, qemu;
        bool fits;
    } rows[] = {
        {{.parallel = 2}, LIBVIRT_9_0, QEMU_7_2, true},
        {{.parallel = 2}, 8005000, 7001000, true},
        {{.parallel = 2}, 8004000, QEMU_7_2, false},
        {{.parallel = 2}, LIBVIRT_9_0, 7000000, false},
        {{.parallel = 1}, LIBVIRT_9_0, QEMU_7_2, false},
        {{.parallel = 2, .tls = true}, LIBVIRT_9_0, QEMU_7_2, false},
        {{.parallel = 2, .compression = HVC_COMPRESSION_ZSTD}, LIBVIRT_9_4, QEMU_7_2, false},
        {{.parallel = 2, .post_copy_allowed = true}, LIBVIRT_9_4, QEMU_10_1, false},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(rows); i++)
        assert_int_equal(hvc_zero_copy_fits(&rows[i].options, rows[i].libvirt, rows[i].qemu), rows[i].fits);
}

static void the_link_settles_what_is_left_to_it(void **state)
{
    static const struct {
        struct hvc_migrate_options asked;
        uint64_t mbit;
        unsigned streams;
        enum hvc_compression compression;
    } links[] = {
        {{.compression = HVC_COMPRESSION_BY_LINK}, 0, 1, HVC_COMPRESSION_NONE},
        {{.compression = HVC_COMPRESSION_BY_LINK}, 100, 1, HVC_COMPRESSION_AUTO},
        {{.compression = HVC_COMPRESSION_BY_LINK}, 1000, 1, HVC_COMPRESSION_AUTO},
        {{.compression = HVC_COMPRESSION_BY_LINK}, 2500, 1, HVC_COMPRESSION_NONE},
        {{.compression = HVC_COMPRESSION_NONE}, 100, 1, HVC_COMPRESSION_NONE},
        {{.compression = HVC_COMPRESSION_AUTO}, 100000, 1, HVC_COMPRESSION_AUTO},
        {{.compression = HVC_COMPRESSION_BY_LINK, .parallel = 3}, 100, 3, HVC_COMPRESSION_AUTO},
        {{.parallel = 0}, 10000, 1, HVC_COMPRESSION_NONE},
        {{.parallel = 0}, 25000, 2, HVC_COMPRESSION_NONE},
        {{.parallel = 0}, 40000, 4, HVC_COMPRESSION_NONE},
        {{.parallel = 0}, 200000, 8, HVC_COMPRESSION_NONE},
        {{.parallel = 1}, 200000, 1, HVC_COMPRESSION_NONE},
        {{.post_copy_allowed = true}, 200000, 1, HVC_COMPRESSION_NONE},
        {{.bandwidth_mib = 100}, 200000, 1, HVC_COMPRESSION_NONE},
        {{.bandwidth_mib = 100000}, 25000, 2, HVC_COMPRESSION_NONE},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(links); i++) {
        struct hvc_migrate_options o = links[i].asked;

        hvc_migrate_options_for_link(&o, links[i].mbit);
        assert_int_equal(o.parallel, links[i].streams);
        assert_int_equal(o.compression, links[i].compression);
        assert_int_equal(hvc_migrate_options_check(&o, LIBVIRT_9_0, QEMU_7_2, NULL), 0);
    }
    assert_int_equal(hvc_compression_choose(&links[0].asked, LIBVIRT_9_0, QEMU_7_2), HVC_COMPRESSION_NONE);
}

static void every_compression_has_a_name(void **state)
{
    (void)state;
    for (unsigned i = 0; i < HVC_COMPRESSION_COUNT; i++)
        assert_string_not_equal(hvc_compression_name(i), "invalid");
    assert_string_equal(hvc_compression_name(HVC_COMPRESSION_COUNT), "invalid");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_version_can_do_is_a_table),
        cmocka_unit_test(auto_is_the_best_that_is_possible),
        cmocka_unit_test(zero_copy_is_for_parallel_streams_in_clear),
        cmocka_unit_test(the_link_settles_what_is_left_to_it),
        cmocka_unit_test(every_compression_has_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

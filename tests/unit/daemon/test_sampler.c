/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a node tells about itself: from the kernel, from libvirt, and from nobody when libvirt hangs. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../hvc_cmocka.h"
#include "host_facts.h"
#include "sampler.h"
#include "world_fixture.h"

enum { PATIENCE_MS = 60000 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct hvc_soft_facts told;
static unsigned times;

static int publish(struct hvc_keeper *base, struct hvc_soft_facts *facts)
{
    assert_ptr_equal(base, &keeper->base);
    (void)pthread_mutex_lock(&lock);
    told = *facts;
    times++;
    (void)pthread_mutex_unlock(&lock);
    return 0;
}

static int up(void **state)
{
    (void)state;
    make_world();
    times = 0;
    memset(&told, 0, sizeof(told));
    return 0;
}

static int down(void **state)
{
    (void)state;
    drop_world();
    return 0;
}

static struct hvc_sampler *begin(const char *proc)
{
    const struct hvc_sampler_options options = {.operations = &world->operations, .proc = proc, .publish = publish};
    struct hvc_sampler *sampler = NULL;
    struct hvc_error error = {0};

    assert_int_equal(hvc_sampler_new(&options, &sampler, &error), 0);
    return sampler;
}

/* Until something is told that holds; a copy of it. */
static void until(bool (*holds)(const struct hvc_soft_facts *facts), struct hvc_soft_facts *ret)
{
    uint64_t deadline_ms = hvc_deadline_in(PATIENCE_MS);
    bool good = false;

    while (!good && hvc_deadline_left(deadline_ms) > 0) {
        (void)poll(NULL, 0, 5);
        (void)pthread_mutex_lock(&lock);
        *ret = told;
        good = times > 0 && holds(ret);
        (void)pthread_mutex_unlock(&lock);
    }
    assert_true(good);
}

static bool guests_are_listed(const struct hvc_soft_facts *facts)
{
    return facts->guests_age_ms != UINT64_MAX && facts->guest_count > 0;
}

static bool libvirt_hangs(const struct hvc_soft_facts *facts)
{
    return facts->libvirt == HVC_HYPERVISOR_HANGS;
}

static void kernel_and_libvirt_are_told(void **state)
{
    static struct hvc_soft_facts facts;
    static uint8_t bytes[HVC_SOFT_FACTS_MAX];
    struct hvc_sampler *sampler;
    size_t length;

    (void)state;
    world->here.count = 1;
    world->here.guests[0] = (struct hvc_guest_state){.id = {"6f1f64b1-2b5f-4d2d-8f5e-000000000001", "vm"},
                                                     .guest_class = HVC_GUEST_RUNNING};
    sampler = begin(NULL);
    until(guests_are_listed, &facts);
    assert_true(hvc_sampler_end(sampler, hvc_deadline_in(PATIENCE_MS)));
    assert_true(facts.memory_kib > 0 && facts.free_kib > 0 && facts.free_kib <= facts.memory_kib);
    assert_true(facts.cpus > 0 && facts.stamp_ms > 0);
    assert_int_equal(facts.guests[0].guest_class, HVC_GUEST_RUNNING);
    assert_int_equal(facts.guests[0].uuid[0], 0x6f);
    assert_int_equal(facts.guests_total, 1);
    assert_int_equal(hvc_soft_facts_encode(&facts, bytes, sizeof(bytes), &length), 0);
}

static void a_libvirt_that_hangs_is_told_as_such(void **state)
{
    static struct hvc_soft_facts facts;
    struct hvc_sampler *sampler;

    (void)state;
    world->here.list_result = -ETIMEDOUT;
    world->here.health = (struct hvc_hypervisor_status){.health = HVC_HYPERVISOR_HANGS, .since_ms = 1};
    (void)hvc_error_set(&world->here.health.last, -ETIMEDOUT, "no answer\n\xff within 5 s");
    sampler = begin(NULL);
    until(libvirt_hangs, &facts);
    assert_true(hvc_sampler_end(sampler, hvc_deadline_in(PATIENCE_MS)));
    assert_string_equal(facts.libvirt_words, "no answer ? within 5 s");
    assert_int_equal(facts.guests_age_ms, UINT64_MAX);
    assert_true(facts.memory_kib > 0);
}

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[128];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void the_kernels_files_are_read(void **state)
{
    char folder[] = "/tmp/hvc-proc-XXXXXX", path[128];
    static const char *const names[] = {"loadavg", "meminfo"};
    static struct hvc_soft_facts facts;

    (void)state;
    assert_non_null(mkdtemp(folder));
    hvc_host_read(folder, &facts);
    assert_int_equal(facts.load_100, 0);
    assert_int_equal(facts.memory_kib, 0);
    write_file(folder, "loadavg", "1.53 0.70 0.20 2/345 6789\n");
    write_file(folder, "meminfo", "MemTotal:       16384000 kB\nMemFree:  1 kB\nMemAvailable:   8000000 kB\n");
    hvc_host_read(folder, &facts);
    assert_int_equal(facts.load_100, 153);
    assert_int_equal(facts.memory_kib, 16384000);
    assert_int_equal(facts.free_kib, 8000000);
    for (unsigned i = 0; i < 2; i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        assert_int_equal(unlink(path), 0);
    }
    assert_int_equal(rmdir(folder), 0);
}

static void the_rings_subnet_is_marked(void **state)
{
    struct hvc_address addresses[] = {
        {.family = 4, .prefix = 24, .bytes = {10, 0, 1, 7}},
        {.family = 4, .prefix = 24, .bytes = {10, 0, 1, 70}},
        {.family = 4, .prefix = 24, .bytes = {10, 0, 2, 7}},
    };

    (void)state;
    hvc_host_mark_ring("10.0.1.7", addresses, HVC_COUNT(addresses));
    assert_true(addresses[0].ring);
    assert_true(addresses[1].ring);
    assert_false(addresses[2].ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(kernel_and_libvirt_are_told, up, down),
        cmocka_unit_test_setup_teardown(a_libvirt_that_hangs_is_told_as_such, up, down),
        cmocka_unit_test(the_kernels_files_are_read),
        cmocka_unit_test(the_rings_subnet_is_marked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

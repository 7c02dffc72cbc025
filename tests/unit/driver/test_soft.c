/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Soft facts: their bytes, and the newest ones of each node. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../hvc_cmocka.h"
#include "soft.h"

static struct hvc_soft_facts sample, back;
static uint8_t bytes[HVC_SOFT_FACTS_MAX];

static struct hvc_soft_move sample_move(uint64_t job)
{
    return (struct hvc_soft_move){.job = job,
                                  .guest = {1, 2, 3},
                                  .source = 1,
                                  .target = 2,
                                  .network = 7,
                                  .priority = 1000,
                                  .phase = 2,
                                  .percent = 42,
                                  .ring = true,
                                  .limit = 1 << 20,
                                  .allotted = 2 << 20,
                                  .elapsed_ms = 1500,
                                  .total_bytes = UINT64_C(8) << 30,
                                  .done_bytes = UINT64_C(3) << 30,
                                  .remaining_bytes = UINT64_C(5) << 30,
                                  .rate_bytes = 100 << 20,
                                  .dirty_rate_bytes = 9 << 20,
                                  .expected_downtime_ms = 120,
                                  .estimated_left_ms = UINT64_MAX,
                                  .blackout_ms = 5};
}

static int up(void **state)
{
    (void)state;
    memset(&sample, 0, sizeof(sample));
    sample = (struct hvc_soft_facts){.stamp_ms = 1700000000000,
                                     .load_100 = 153,
                                     .cpus = 8,
                                     .memory_kib = 64 << 20,
                                     .free_kib = 12 << 20,
                                     .cpu_model = "EPYC-Rome",
                                     .architecture = "x86_64",
                                     .hypervisor_version = 7002022,
                                     .libvirt_version = 9000000,
                                     .libvirt = 3,
                                     .libvirt_ms = 9000,
                                     .libvirt_words = "no answer within 5000 ms",
                                     .host_uuid = {0x0b, 0x6e, [15] = 0x0d},
                                     .missing_total = 3,
                                     .missing_count = 2,
                                     .missing = {0x0102030405060708, UINT64_MAX},
                                     .address_count = 2,
                                     .guests_age_ms = 800,
                                     .guests_total = 2,
                                     .guest_count = 1,
                                     .move_count = 1};
    sample.addresses[0] = (struct hvc_address){.family = 4, .prefix = 24, .ring = true, .bytes = {10, 0, 7, 1}};
    sample.addresses[1] = (struct hvc_address){.family = 6, .prefix = 64, .bytes = {0xfd, 0, 0, 7, [15] = 1}};
    sample.guests[0] = (struct hvc_soft_guest){.uuid = {9, 8, 7}, .guest_class = 1};
    sample.moves[0] = sample_move(77);
    return 0;
}

static size_t encoded(void)
{
    size_t length = 0;

    assert_int_equal(hvc_soft_facts_encode(&sample, bytes, sizeof(bytes), &length), 0);
    return length;
}

static void facts_come_back_as_they_were(void **state)
{
    size_t length = encoded();

    (void)state;
    assert_int_equal(hvc_soft_facts_decode(bytes, length, &back), 0);
    assert_int_equal(back.stamp_ms, sample.stamp_ms);
    assert_int_equal(back.load_100, 153);
    assert_int_equal(back.free_kib, sample.free_kib);
    assert_string_equal(back.cpu_model, "EPYC-Rome");
    assert_string_equal(back.libvirt_words, sample.libvirt_words);
    assert_memory_equal(back.host_uuid, sample.host_uuid, sizeof(back.host_uuid));
    assert_int_equal(back.address_count, 2);
    assert_true(back.addresses[0].ring);
    assert_true(hvc_address_equal(&back.addresses[1], &sample.addresses[1]));
    assert_int_equal(hvc_soft_facts_guest(&back, sample.guests[0].uuid)->guest_class, 1);
    assert_null(hvc_soft_facts_guest(&back, sample.moves[0].guest));
    assert_int_equal(hvc_soft_facts_job(&back, 77)->remaining_bytes, UINT64_C(5) << 30);
    assert_int_equal(hvc_soft_facts_job(&back, 77)->estimated_left_ms, UINT64_MAX);
    assert_true(hvc_soft_facts_job(&back, 77)->ring);
    assert_false(hvc_soft_facts_job(&back, 77)->ended);
    assert_null(hvc_soft_facts_job(&back, 78));
    assert_null(hvc_soft_facts_job(&back, 0));
}

static void a_definition_is_held_missing_or_not_named(void **state)
{
    const uint8_t named[32] = {1, 2, 3, 4, 5, 6, 7, 8, 99}, other[32] = {1, 2, 3, 4, 5, 6, 7, 9};

    (void)state;
    (void)encoded();
    assert_int_equal(hvc_soft_facts_holds(&sample, named), 0);
    assert_int_equal(hvc_soft_facts_holds(&sample, other), -1); /* it lacks one more than it names */
    sample.missing_total = 2;
    assert_int_equal(hvc_soft_facts_holds(&sample, other), 1);
}

static void the_bytes_are_those_that_other_nodes_know(void **state)
{
    static char have[4096], want[4096];
    const char *root = getenv("HVC_SOURCE_DIR");
    size_t length = encoded(), used = 0;
    char path[512];
    FILE *file;

    (void)state;
    for (size_t i = 0; i < length; i++)
        used += (size_t)snprintf(have + used, sizeof(have) - used, i % 32 == 31 || i + 1 == length ? "%02x\n" : "%02x",
                                 bytes[i]);
    assert_non_null(root);
    (void)snprintf(path, sizeof(path), "%s/tests/golden/driver/soft_facts", root);
    file = fopen(path, getenv("HVC_GOLDEN_UPDATE") != NULL ? "w+" : "r");
    assert_non_null(file);
    if (getenv("HVC_GOLDEN_UPDATE") != NULL) {
        assert_true(fputs(have, file) >= 0);
        rewind(file);
    }
    want[fread(want, 1, sizeof(want) - 1, file)] = '\0';
    assert_int_equal(fclose(file), 0);
    assert_string_equal(have, want);
}

/* Programs that do not know it hear this node as long as nothing is held. */
static void only_a_held_move_needs_the_later_version(void **state)
{
    size_t length = encoded();

    (void)state;
    assert_int_equal(bytes[0], 2);
    bytes[0] = 3;
    assert_int_equal(hvc_soft_facts_decode(bytes, length, &back), -EBADMSG);
    sample.moves[0].held = true;
    length = encoded();
    assert_int_equal(bytes[0], 3);
    assert_int_equal(hvc_soft_facts_decode(bytes, length, &back), 0);
    assert_true(back.moves[0].held);
    assert_true(back.moves[0].ring);
    bytes[0] = 2;
    assert_int_equal(hvc_soft_facts_decode(bytes, length, &back), -EBADMSG);
}

static void the_largest_facts_fit_into_one_message(void **state)
{
    static uint8_t message[HVC_EXTRA_MAX];
    struct hvc_extra extra = {.kind = HVC_EXTRA_SOFT, .bytes = bytes};
    size_t length;

    (void)state;
    memset(sample.cpu_model, 'c', sizeof(sample.cpu_model) - 1);
    memset(sample.architecture, 'a', sizeof(sample.architecture) - 1);
    memset(sample.libvirt_words, 'w', sizeof(sample.libvirt_words) - 1);
    sample.address_count = HVC_ADDRESSES_MAX;
    for (unsigned i = 0; i < HVC_ADDRESSES_MAX; i++)
        sample.addresses[i] = sample.addresses[0];
    sample.guest_count = HVC_GUESTS_PER_NODE_MAX;
    sample.move_count = HVC_MOVES_MAX;
    sample.missing_total = sample.missing_count = HVC_SOFT_MISSING_MAX;
    extra.length = (uint32_t)encoded();
    assert_int_equal(hvc_extra_encode(&extra, message, sizeof(message), &length), 0);
    assert_true(length <= HVC_MESSAGE_MAX);
    assert_int_equal(hvc_extra_decode(message, length, &extra), 0);
    assert_int_equal(hvc_soft_facts_decode(extra.bytes, extra.length, &back), 0);
    assert_int_equal(back.guest_count, HVC_GUESTS_PER_NODE_MAX);
    assert_int_equal(back.move_count, HVC_MOVES_MAX);
    assert_int_equal(hvc_soft_facts_encode(&sample, bytes, length / 2, &length), -ENOBUFS);
}

static void each_cut_is_refused_and_so_is_a_later_version(void **state)
{
    size_t length = encoded();

    (void)state;
    for (size_t cut = 0; cut < length; cut++)
        assert_int_equal(hvc_soft_facts_decode(bytes, cut, &back), -EBADMSG);
    bytes[length] = 0;
    assert_int_equal(hvc_soft_facts_decode(bytes, length + 1, &back), -EBADMSG);
    bytes[0] = 4;
    assert_int_equal(hvc_soft_facts_decode(bytes, length, &back), -EPROTONOSUPPORT);
    for (uint8_t former = 0; former < 2; former++) {
        bytes[0] = former;
        assert_int_equal(hvc_soft_facts_decode(bytes, length, &back), -EBADMSG);
    }
}

static void what_is_out_of_its_bounds_is_not_sent(void **state)
{
    static const struct {
        const char *what;
        size_t offset, width;
        uint64_t value;
    } bad[] = {
        {"memory", offsetof(struct hvc_soft_facts, memory_kib), 8, HVC_KIB_MAX + 1},
        {"addresses", offsetof(struct hvc_soft_facts, address_count), 4, HVC_ADDRESSES_MAX + 1},
        {"missing", offsetof(struct hvc_soft_facts, missing_count), 4, HVC_SOFT_MISSING_MAX + 1},
        {"more missing than there are", offsetof(struct hvc_soft_facts, missing_total), 4, 1},
        {"guests", offsetof(struct hvc_soft_facts, guest_count), 4, HVC_GUESTS_PER_NODE_MAX + 1},
        {"moves", offsetof(struct hvc_soft_facts, move_count), 4, HVC_MOVES_MAX + 1},
        {"percent", offsetof(struct hvc_soft_facts, moves[0].percent), 1, 101},
        {"family", offsetof(struct hvc_soft_facts, addresses[0].family), 1, 5},
        {"loopback", offsetof(struct hvc_soft_facts, addresses[0].bytes), 1, 127},
        {"text with a line feed", offsetof(struct hvc_soft_facts, cpu_model), 1, '\n'},
    };
    size_t length;

    for (size_t i = 0; i < HVC_COUNT(bad); i++) {
        (void)up(state);
        memcpy((uint8_t *)&sample + bad[i].offset, &bad[i].value, bad[i].width);
        if (hvc_soft_facts_encode(&sample, bytes, sizeof(bytes), &length) != -EINVAL)
            fail_msg("%s was sent", bad[i].what);
    }
}

/* ---- the newest of each node ---- */

static struct hvc_soft table;
static struct hvc_documents documents; /* none is missing */

static int table_up(void **state)
{
    (void)up(state);
    memset(&table, 0, sizeof(table));
    hvc_soft_init(&table);
    return 0;
}

static int table_down(void **state)
{
    (void)state;
    hvc_soft_clear(&table);
    return 0;
}

static void comes_from(uint32_t node, uint32_t load, uint64_t job)
{
    struct hvc_extra message = {.kind = HVC_EXTRA_SOFT, .boot_id = 100 + node, .from = node, .bytes = bytes};

    sample.load_100 = load;
    sample.moves[0].job = job;
    message.length = (uint32_t)encoded();
    hvc_soft_take(&table, &message);
}

static void the_newest_facts_of_each_node_are_kept(void **state)
{
    (void)state;
    assert_int_equal(hvc_soft_read(&table, 0, &back), -ENOENT);
    assert_int_equal(hvc_soft_read(&table, 2, &back), -ENOENT);
    for (uint32_t node = 2; node < 2 + HVC_NODES_MAX; node++)
        comes_from(node, 10 * node, node);
    comes_from(3, 999, 3);
    assert_int_equal(hvc_soft_read(&table, 3, &back), 0);
    assert_int_equal(back.load_100, 999);
    assert_int_equal(back.node, 3);
    assert_int_equal(back.boot_id, 103);
    assert_true(back.age_ms < 60000);
    assert_int_equal(hvc_soft_read(&table, 1 + HVC_NODES_MAX, &back), 0);
    assert_int_equal(hvc_soft_read(&table, 0, &back), -ENOENT);
}

static void a_job_is_found_at_whichever_node_tells_of_it(void **state)
{
    struct hvc_soft_job job;

    (void)state;
    comes_from(2, 1, 55);
    comes_from(3, 1, 56);
    assert_int_equal(hvc_soft_job(&table, 56, &job), 0);
    assert_int_equal(job.node, 3);
    assert_int_equal(job.move.percent, 42);
    assert_int_equal(hvc_soft_job(&table, 57, &job), -ENOENT);
    assert_int_equal(hvc_soft_job(&table, 0, &job), -ENOENT);
}

static void own_facts_are_read_at_once_and_sent_once(void **state)
{
    static uint8_t message[HVC_EXTRA_MAX];
    struct hvc_extra extra;
    size_t length;

    (void)state;
    assert_int_equal(hvc_soft_next(&table, 4, 44, &documents, message, sizeof(message)), 0);
    assert_int_equal(hvc_soft_publish(&table, &sample), 0);
    assert_int_equal(hvc_soft_read(&table, 0, &back), 0);
    assert_int_equal(back.load_100, 153);
    length = hvc_soft_next(&table, 4, 44, &documents, message, sizeof(message));
    assert_true(length > 0);
    assert_int_equal(hvc_extra_decode(message, length, &extra), 0);
    assert_int_equal(extra.kind, HVC_EXTRA_SOFT);
    assert_int_equal(extra.boot_id, 44);
    assert_int_equal(hvc_soft_read(&table, 4, &back), 0);
    assert_int_equal(back.boot_id, 44);
    assert_int_equal(hvc_soft_next(&table, 4, 44, &documents, message, sizeof(message)), 0);
    sample.move_count = HVC_MOVES_MAX + 1;
    assert_int_equal(hvc_soft_publish(&table, &sample), -EINVAL);
}

static void definitions_that_are_not_here_are_told(void **state)
{
    static uint8_t message[HVC_EXTRA_MAX];
    hvc_document_hash waiting[1] = {{1, 2, 3}}, other = {9};
    struct hvc_documents d = {.missing = waiting, .missings = 1, .fetches = 1, .given_up = 1};

    (void)state;
    memset(d.fetch[0].part.hash, 7, sizeof(d.fetch[0].part.hash));
    assert_int_equal(hvc_soft_publish(&table, &sample), 0);
    assert_true(hvc_soft_next(&table, 4, 44, &d, message, sizeof(message)) > 0);
    assert_int_equal(hvc_soft_read(&table, 4, &back), 0);
    assert_int_equal(back.missing_total, 3);
    assert_int_equal(hvc_soft_facts_holds(&back, waiting[0]), 0);
    assert_int_equal(hvc_soft_facts_holds(&back, d.fetch[0].part.hash), 0);
    assert_int_equal(hvc_soft_facts_holds(&back, other), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(facts_come_back_as_they_were, up),
        cmocka_unit_test_setup(a_definition_is_held_missing_or_not_named, up),
        cmocka_unit_test_setup(the_bytes_are_those_that_other_nodes_know, up),
        cmocka_unit_test_setup(only_a_held_move_needs_the_later_version, up),
        cmocka_unit_test_setup(the_largest_facts_fit_into_one_message, up),
        cmocka_unit_test_setup(each_cut_is_refused_and_so_is_a_later_version, up),
        cmocka_unit_test_setup(what_is_out_of_its_bounds_is_not_sent, up),
        cmocka_unit_test_setup_teardown(the_newest_facts_of_each_node_are_kept, table_up, table_down),
        cmocka_unit_test_setup_teardown(a_job_is_found_at_whichever_node_tells_of_it, table_up, table_down),
        cmocka_unit_test_setup_teardown(definitions_that_are_not_here_are_told, table_up, table_down),
        cmocka_unit_test_setup_teardown(own_facts_are_read_at_once_and_sent_once, table_up, table_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

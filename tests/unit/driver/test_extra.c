/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "../hvc_cmocka.h"
#include "extra.h"

static struct hvc_extra sample(uint8_t kind)
{
    static const uint8_t text[] = "<domain/>";
    struct hvc_extra m = {.kind = kind, .to = 3, .boot_id = 0x1122334455667788};

    if (kind == HVC_EXTRA_HELLO) {
        m.cpus = 64;
        m.memory_kib = UINT64_C(1) << 30;
        return m;
    }
    if (kind == HVC_EXTRA_SOFT) {
        m.bytes = text;
        m.length = sizeof(text) - 1;
        return m;
    }
    for (size_t i = 0; i < sizeof(m.hash); i++)
        m.hash[i] = (uint8_t)(i + 1);
    if (kind == HVC_EXTRA_HAVE) {
        m.size = 100;
        m.offset = 20;
        m.bytes = text;
        m.length = sizeof(text) - 1;
    }
    return m;
}

static void every_kind_comes_back_as_it_was(void **state)
{
    (void)state;
    for (uint8_t kind = HVC_EXTRA_HELLO; kind <= HVC_EXTRA_SOFT; kind++) {
        struct hvc_extra m = sample(kind), back;
        uint8_t bytes[HVC_EXTRA_MAX];
        size_t length;

        assert_int_equal(hvc_extra_encode(&m, bytes, sizeof(bytes), &length), 0);
        assert_true(hvc_extra_is(bytes, length));
        assert_int_equal(hvc_extra_decode(bytes, length, &back), 0);
        assert_int_equal(back.kind, m.kind);
        assert_int_equal(back.to, m.to);
        assert_int_equal(back.boot_id, m.boot_id);
        assert_int_equal(back.cpus, m.cpus);
        assert_int_equal(back.memory_kib, m.memory_kib);
        assert_memory_equal(back.hash, m.hash, sizeof(m.hash));
        assert_int_equal(back.size, m.size);
        assert_int_equal(back.offset, m.offset);
        assert_int_equal(back.length, m.length);
        if (m.length > 0)
            assert_memory_equal(back.bytes, m.bytes, m.length);
    }
}

static void the_largest_part_fits(void **state)
{
    static uint8_t part[HVC_EXTRA_PART_MAX];
    struct hvc_extra m = sample(HVC_EXTRA_HAVE);
    uint8_t bytes[HVC_EXTRA_MAX];
    size_t length;

    (void)state;
    m.bytes = part;
    m.length = sizeof(part);
    m.size = HVC_XML_MAX;
    assert_int_equal(hvc_extra_encode(&m, bytes, sizeof(bytes), &length), 0);
    assert_int_equal(hvc_extra_encode(&m, bytes, length - 1, &length), -ENOBUFS);
}

static void each_cut_and_each_changed_byte_is_refused(void **state)
{
    struct hvc_extra m = sample(HVC_EXTRA_HAVE), back;
    uint8_t bytes[HVC_EXTRA_MAX];
    size_t length;

    (void)state;
    assert_int_equal(hvc_extra_encode(&m, bytes, sizeof(bytes), &length), 0);
    for (size_t cut = 0; cut < length; cut++)
        assert_int_equal(hvc_extra_decode(bytes, cut, &back), -EBADMSG);
    assert_int_equal(hvc_extra_decode(bytes, length + 1, &back), -EBADMSG);
    for (size_t at = 0; at < length; at++) {
        bytes[at] ^= 0x40;
        assert_int_equal(hvc_extra_decode(bytes, length, &back), -EBADMSG);
        bytes[at] ^= 0x40;
    }
    assert_int_equal(hvc_extra_decode(bytes, length, &back), 0);
}

static void numbers_outside_their_bounds_are_refused(void **state)
{
    static const struct {
        uint32_t size, offset;
    } bad[] = {{0, 0}, {HVC_XML_MAX + 1, 0}, {100, 100}, {100, 95}, {5, 0}, {100, UINT32_MAX}};
    struct hvc_extra back;
    uint8_t bytes[HVC_EXTRA_MAX];
    size_t length;

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(bad); i++) {
        struct hvc_extra m = sample(HVC_EXTRA_HAVE);

        m.size = bad[i].size;
        m.offset = bad[i].offset;
        assert_int_equal(hvc_extra_encode(&m, bytes, sizeof(bytes), &length), 0);
        assert_int_equal(hvc_extra_decode(bytes, length, &back), -EBADMSG);
    }
}

static void messages_of_the_log_are_none_of_these(void **state)
{
    /* HVC_WIRE_MAGIC, with which each message of replication begins */
    static const uint8_t other[] = {'H', 'V', 'C', 'L', 1, 0, 0, 0};

    (void)state;
    assert_false(hvc_extra_is(other, sizeof(other)));
    assert_false(hvc_extra_is("HV", 2));
    assert_false(hvc_extra_is(NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_comes_back_as_it_was),
        cmocka_unit_test(the_largest_part_fits),
        cmocka_unit_test(each_cut_and_each_changed_byte_is_refused),
        cmocka_unit_test(numbers_outside_their_bounds_are_refused),
        cmocka_unit_test(messages_of_the_log_are_none_of_these),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

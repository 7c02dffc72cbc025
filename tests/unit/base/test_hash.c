/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/hash.h"

#include "../hvc_cmocka.h"

/* Values of the reference implementation (xxHash 0.8.1, Debian package xxhash: xxhsum -H1). */
static void numbers_are_those_of_xxh64(void **state)
{
    static const struct {
        const char *text;
        uint64_t seed, hash;
    } cases[] = {
        {"", 0, 0xEF46DB3751D8E999},
        {"a", 0, 0xD24EC4F1A98C6E5B},
        {"abc", 0, 0x44BC2CF5AD770999},
        {"The quick brown fox jumps over the lazy dog", 0, 0x0B242D361FDA71BC},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++)
        assert_int_equal(hvc_hash64(cases[i].text, strlen(cases[i].text), cases[i].seed), cases[i].hash);
}

static void every_byte_and_the_seed_matter(void **state)
{
    uint8_t bytes[100] = {0};
    uint64_t first = hvc_hash64(bytes, sizeof(bytes), 0);

    (void)state;
    assert_int_not_equal(first, hvc_hash64(bytes, sizeof(bytes), 1));
    assert_int_not_equal(first, hvc_hash64(bytes, sizeof(bytes) - 1, 0));
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = 1;
        assert_int_not_equal(first, hvc_hash64(bytes, sizeof(bytes), 0));
        bytes[i] = 0;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_those_of_xxh64),
        cmocka_unit_test(every_byte_and_the_seed_matter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

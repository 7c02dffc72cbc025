/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "../hvc_cmocka.h"
#include "internal.h"

#define CAPACITY 16

static struct hvc_answer answers[2][CAPACITY];
static uint32_t buckets[2][2 * CAPACITY];
static struct hvc_tokens t = {
    .answer = answers[0], .bucket = buckets[0], .capacity = CAPACITY, .buckets = 2 * CAPACITY};
static struct hvc_tokens u = {
    .answer = answers[1], .bucket = buckets[1], .capacity = CAPACITY, .buckets = 2 * CAPACITY};

static struct hvc_token make(uint32_t number)
{
    struct hvc_token token = {.birth = number};

    memcpy(token.id, &number, sizeof(number));
    token.id[15] = 1;
    return token;
}

static void add(struct hvc_tokens *table, uint32_t number)
{
    struct hvc_answer answer = {.token = make(number), .index = number, .value = 10 * number, .code = -(int32_t)number};

    hvc_tokens_add(table, &answer);
}

static void only_the_newest_answers_stay(void **state)
{
    (void)state;
    hvc_tokens_reset(&t);
    for (uint32_t n = 1; n <= 1000; n++) {
        struct hvc_token oldest = make(n > CAPACITY ? n - CAPACITY + 1 : 1),
                         gone = make(n > CAPACITY ? n - CAPACITY : 0);
        struct hvc_token newest = make(n);

        add(&t, n);
        assert_int_equal(hvc_tokens_find(&t, &newest)->value, 10 * n);
        assert_non_null(hvc_tokens_find(&t, &oldest));
        assert_null(hvc_tokens_find(&t, &gone));
        assert_int_equal(t.floor, n > CAPACITY ? n - CAPACITY : 0);
        for (uint32_t k = oldest.birth > 0 ? (uint32_t)oldest.birth : 1; k <= n; k++) {
            struct hvc_token token = make(k);

            assert_non_null(hvc_tokens_find(&t, &token));
        }
    }
}

static void equal_tables_write_equal_bytes(void **state)
{
    uint8_t a[CAPACITY * HVC_ANSWER_BYTES], b[sizeof(a)];
    struct hvc_writer wa = {.at = a, .end = a + sizeof(a)}, wb = {.at = b, .end = b + sizeof(b)};
    struct hvc_reader r = {.at = a, .end = a + sizeof(a)};

    (void)state;
    hvc_tokens_reset(&t);
    for (uint32_t n = 1; n <= 3 * CAPACITY; n++)
        add(&t, n);
    hvc_tokens_write(&t, 0, t.count, &wa);
    hvc_tokens_reset(&u);
    assert_int_equal(hvc_tokens_read(&u, CAPACITY, &r), 0);
    hvc_tokens_write(&u, 0, u.count, &wb);
    assert_memory_equal(a, b, sizeof(a));
    hvc_tokens_copy(&u, &t);
    assert_int_equal(u.floor, t.floor);
    assert_int_equal(u.count, t.count);
}

static void a_table_with_a_token_twice_is_refused(void **state)
{
    uint8_t a[2 * HVC_ANSWER_BYTES];
    struct hvc_writer w = {.at = a, .end = a + sizeof(a)};
    struct hvc_reader r = {.at = a, .end = a + sizeof(a)}, cut = {.at = a, .end = a + 50};

    (void)state;
    hvc_tokens_reset(&t);
    add(&t, 5);
    hvc_tokens_write(&t, 0, 1, &w);
    hvc_tokens_write(&t, 0, 1, &w);
    hvc_tokens_reset(&u);
    assert_int_equal(hvc_tokens_read(&u, 2, &r), -EBADMSG);
    hvc_tokens_reset(&u);
    assert_int_equal(hvc_tokens_read(&u, 2, &cut), -EBADMSG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_newest_answers_stay),
        cmocka_unit_test(equal_tables_write_equal_bytes),
        cmocka_unit_test(a_table_with_a_token_twice_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "../hvc_cmocka.h"
#include "../service/fixture.h"
#include "documents.h"

static struct hvc_documents d;
static struct fixture f;

static int up(void **state)
{
    struct hvc_service_config config = small_config();

    (void)state;
    fixture_open(&f, &config);
    return 0;
}

static int down(void **state)
{
    (void)state;
    hvc_documents_clear(&d);
    fixture_close(&f);
    return 0;
}

static char text[50000];

/* The command that carries bytes at..at+length of the text. */
static struct hvc_command part(size_t whole, size_t at, size_t length)
{
    struct hvc_command command = command_of(&f, HVC_COMMAND_DOCUMENT);

    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)('a' + i % 23);
    hvc_store_hash(text, whole, command.document.hash);
    command.document.size = (uint32_t)whole;
    command.document.offset = (uint32_t)at;
    command.document.length = (uint32_t)length;
    command.document.bytes = (const uint8_t *)text + at;
    return command;
}

static void a_definition_is_whole_with_its_last_part(void **state)
{
    struct hvc_command first = part(50000, 0, 24000), second = part(50000, 24000, 24000),
                       third = part(50000, 48000, 2000);
    struct hvc_partial *whole;

    (void)state;
    assert_int_equal(hvc_documents_part(&d, &first, &whole), 0);
    assert_null(whole);
    assert_int_equal(hvc_documents_part(&d, &third, &whole), 0); /* out of order: ignored */
    assert_null(whole);
    assert_int_equal(hvc_documents_part(&d, &second, &whole), 0);
    assert_int_equal(hvc_documents_part(&d, &second, &whole), 0); /* once more: ignored */
    assert_null(whole);
    assert_int_equal(hvc_documents_part(&d, &third, &whole), 0);
    assert_non_null(whole);
    assert_int_equal(whole->size, 50000);
    assert_memory_equal(whole->bytes, text, 50000);
    hvc_documents_drop(&d, whole);
    assert_int_equal(d.opens, 0);
}

static void what_does_not_have_its_hash_is_thrown_away(void **state)
{
    struct hvc_command command = part(1000, 0, 1000);
    struct hvc_partial *whole;

    (void)state;
    command.document.hash[5] ^= 1;
    assert_int_equal(hvc_documents_part(&d, &command, &whole), -EBADMSG);
    assert_null(whole);
    assert_int_equal(d.opens, 0);
}

static void what_is_stored_already_is_not_put_together_again(void **state)
{
    struct hvc_command command = part(1000, 0, 500);
    struct hvc_partial *whole;

    (void)state;
    assert_int_equal(hvc_hash_set_add(&d.stored, command.document.hash), 0);
    assert_int_equal(hvc_documents_part(&d, &command, &whole), 0);
    assert_int_equal(d.opens, 0);
}

static void those_under_way_come_back_from_a_snapshot(void **state)
{
    struct hvc_command first = part(50000, 0, 24000), other = part(300, 0, 100), rest = part(300, 100, 200);
    static struct hvc_documents back;
    struct hvc_partial *whole;
    size_t size;
    uint8_t *bytes;

    (void)state;
    assert_int_equal(hvc_documents_part(&d, &first, &whole), 0);
    assert_int_equal(hvc_documents_part(&d, &other, &whole), 0);
    size = hvc_documents_size(&d);
    bytes = malloc(size);
    assert_non_null(bytes);
    hvc_documents_write(&d, bytes, size);
    assert_int_equal(hvc_documents_read(&back, bytes, size), 0);
    assert_int_equal(back.opens, 2);
    assert_int_equal(hvc_documents_part(&back, &rest, &whole), 0);
    assert_non_null(whole);
    for (size_t cut = 0; cut < size; cut += 97)
        assert_int_equal(hvc_documents_read(&back, bytes, cut), -EBADMSG);
    hvc_documents_clear(&back);
    free(bytes);
}

static void the_memory_for_those_under_way_is_bounded(void **state)
{
    struct hvc_command command = part(1000, 0, 10);
    struct hvc_partial *whole;

    (void)state;
    for (unsigned i = 0; i < 3 * HVC_DOCUMENTS_OPEN_MAX; i++) {
        memcpy(command.document.hash, &i, sizeof(i));
        command.document.hash[31] = 1;
        assert_int_equal(hvc_documents_part(&d, &command, &whole), 0);
    }
    assert_int_equal(d.opens, HVC_DOCUMENTS_OPEN_MAX);
    hvc_documents_tidy(&d, f.service); /* the service knows none of them */
    assert_int_equal(d.opens, 0);
}

static void what_the_state_names_and_the_store_lacks_is_missing(void **state)
{
    struct hvc_command whole = part(700, 0, 700), half = part(900, 0, 100), stored = part(800, 0, 800);

    (void)state;
    (void)give(&f, &whole);
    (void)give(&f, &half);
    (void)give(&f, &stored);
    assert_int_equal(hvc_hash_set_add(&d.stored, stored.document.hash), 0);
    assert_int_equal(hvc_documents_compare(&d, f.service), 0);
    assert_int_equal(d.missings, 1);
    assert_memory_equal(d.missing[0], whole.document.hash, sizeof(whole.document.hash));
    assert_int_equal(hvc_hash_set_add(&d.stored, whole.document.hash), 0);
    assert_int_equal(hvc_documents_compare(&d, f.service), 0);
    assert_int_equal(d.missings, 0);
    assert_null(d.missing);
}

static void a_set_of_hashes_holds_what_was_added_and_nothing_else(void **state)
{
    struct hvc_hash_set set = {0};
    uint8_t hash[HVC_STORE_HASH_SIZE];

    (void)state;
    for (unsigned i = 0; i < 3000; i++) {
        hvc_store_hash(&i, sizeof(i), hash);
        assert_int_equal(hvc_hash_set_add(&set, hash), 0);
        assert_int_equal(hvc_hash_set_add(&set, hash), 0);
    }
    assert_int_equal(set.count, 3000);
    for (unsigned i = 0; i < 6000; i++) {
        hvc_store_hash(&i, sizeof(i), hash);
        assert_int_equal(hvc_hash_set_has(&set, hash), i < 3000);
    }
    hvc_hash_set_clear(&set);
    assert_false(hvc_hash_set_has(&set, hash));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_definition_is_whole_with_its_last_part, up, down),
        cmocka_unit_test_setup_teardown(what_does_not_have_its_hash_is_thrown_away, up, down),
        cmocka_unit_test_setup_teardown(what_is_stored_already_is_not_put_together_again, up, down),
        cmocka_unit_test_setup_teardown(those_under_way_come_back_from_a_snapshot, up, down),
        cmocka_unit_test_setup_teardown(the_memory_for_those_under_way_is_bounded, up, down),
        cmocka_unit_test_setup_teardown(what_the_state_names_and_the_store_lacks_is_missing, up, down),
        cmocka_unit_test_setup_teardown(a_set_of_hashes_holds_what_was_added_and_nothing_else, up, down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

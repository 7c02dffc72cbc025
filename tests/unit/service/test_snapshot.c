/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fixture.h"

#include <errno.h>

#include "../hvc_cmocka.h"
#include "golden.h"

/* A bit of everything. */
static int open_rich(void **state)
{
    static struct fixture f;
    struct hvc_service_config config = small_config();
    struct hvc_command c;

    fixture_open(&f, &config);
    add_nodes(&f, 3, 100000);
    for (unsigned i = 0; i < 6; i++)
        add_guest(&f, 5 - i, 1 + i % 3, 1000);
    set_setting(&f, 2, HVC_SETTING_MOVES_OUT, 2);
    for (unsigned i = 0; i < 4; i++)
        (void)add_job(&f, i, 1 + (6 - i) % 3);
    finish_job(&f, 1);
    c = command_of(&f, HVC_COMMAND_DOCUMENT);
    c.document.hash[0] = 1;
    c.document.size = 10;
    c.document.bytes = (const uint8_t *)"0123456789";
    c.document.length = 10;
    (void)give(&f, &c);
    c = command_of(&f, HVC_COMMAND_NETWORK_ADD);
    c.networks.count = 1;
    c.networks.item[0].network.family = 6;
    (void)give(&f, &c);
    c = command_of(&f, HVC_COMMAND_DRAIN);
    c.drain.id = 3;
    (void)give(&f, &c);
    *state = &f;
    return 0;
}

static int close_it(void **state)
{
    fixture_close(*state);
    return 0;
}

static void it_is_the_same_in_chunks_of_any_size(void **state)
{
    struct fixture *f = *state, other;
    size_t length, again;
    uint8_t *bytes = snapshot_of(f, &length), *copy;

    for (size_t chunk = 1; chunk <= length; chunk = chunk * 3 + 1) {
        fixture_open(&other, &f->config);
        assert_int_equal(load_snapshot(&other, bytes, length, chunk), 0);
        assert_int_equal(hvc_service_digest(other.service), hvc_service_digest(f->service));
        copy = snapshot_of(&other, &again);
        assert_int_equal(again, length);
        assert_memory_equal(copy, bytes, length);
        free(copy);
        fixture_close(&other);
    }
    free(bytes);
}

static void every_cut_and_every_changed_byte_is_refused_and_leaves_it_empty(void **state)
{
    struct fixture *f = *state, other;
    size_t length;
    uint8_t *bytes = snapshot_of(f, &length);
    struct hvc_service_counts counts;
    struct hvc_answer answer;

    fixture_open(&other, &f->config);
    for (size_t cut = 0; cut < length; cut += 7)
        assert_int_equal(load_snapshot(&other, bytes, cut, length), -EBADMSG);
    for (size_t at = 6; at < length; at++) {
        bytes[at] ^= 0x15;
        assert_int_equal(load_snapshot(&other, bytes, length, length), -EBADMSG);
        bytes[at] ^= 0x15;
    }
    hvc_service_counts(other.service, &counts);
    assert_int_equal(counts.guests, 0);
    assert_int_equal(hvc_service_apply(other.service, "", 0, 1, 1, &answer), -EUCLEAN);
    assert_int_equal(load_snapshot(&other, bytes, length, length), 0);
    assert_int_equal(hvc_service_load_bytes(other.service, bytes, 1), -EINVAL); /* no load is under way */
    assert_int_equal(hvc_service_load_end(other.service), -EINVAL);
    hvc_service_load_begin(other.service);
    assert_int_equal(hvc_service_load_bytes(other.service, bytes, length), 0);
    assert_int_equal(hvc_service_load_bytes(other.service, bytes, 1), -EBADMSG); /* after its end */
    assert_int_equal(hvc_service_load_end(other.service), -EBADMSG);
    bytes[4] = 3;
    assert_int_equal(load_snapshot(&other, bytes, length, length), -EPROTONOSUPPORT);
    fixture_close(&other);
    free(bytes);
}

static void capacities_that_are_too_small_are_told(void **state)
{
    struct fixture *f = *state, other;
    struct hvc_service_config config = f->config;
    size_t length;
    uint8_t *bytes = snapshot_of(f, &length);

    config.guests = 5;
    fixture_open(&other, &config);
    assert_int_equal(load_snapshot(&other, bytes, length, length), -ENOSPC);
    fixture_close(&other);
    free(bytes);
}

static void a_cursor_is_void_after_a_change_or_another_snapshot(void **state)
{
    struct fixture *f = *state;
    static uint8_t bytes[HVC_SNAPSHOT_CHUNK_MIN];
    struct hvc_snapshot_cursor first, second;
    size_t length;

    hvc_service_snapshot_begin(f->service, &first);
    assert_int_equal(hvc_service_snapshot_read(f->service, &first, bytes, 100, &length), -ENOBUFS);
    assert_int_equal(hvc_service_snapshot_read(f->service, &first, bytes, sizeof(bytes), &length), 0);
    hvc_service_snapshot_begin(f->service, &second);
    assert_int_equal(hvc_service_snapshot_read(f->service, &first, bytes, sizeof(bytes), &length), -ESTALE);
    assert_int_equal(hvc_service_snapshot_read(f->service, &second, bytes, sizeof(bytes), &length), 0);
    set_setting(f, 0, HVC_SETTING_MOVES_OUT, 9);
    assert_int_equal(hvc_service_snapshot_read(f->service, &second, bytes, sizeof(bytes), &length), -ESTALE);
}

/* Two ways to the same state: guests and nodes added in other orders, others added and removed in between. */
static void history_cannot_be_seen(void **state)
{
    struct hvc_service_config config = small_config();
    struct fixture a, b;
    size_t length_a, length_b;
    uint8_t *bytes_a, *bytes_b;

    (void)state;
    fixture_open(&a, &config);
    fixture_open(&b, &config);
    add_nodes(&a, 3, 0);
    add_nodes(&b, 3, 0);
    for (unsigned i = 0; i < 5; i++)
        add_guest(&a, i, 1, 0);
    for (unsigned i = 0; i < 7; i++)
        add_guest(&b, 6 - i, 1, 0);
    for (unsigned i = 5; i < 7; i++) {
        struct hvc_command c = command_of(&b, HVC_COMMAND_GUEST_REMOVE);

        uuid_of(i, c.guest_remove.uuid);
        assert_int_equal(give(&b, &c).code, HVC_ANSWER_OK);
    }
    bytes_a = snapshot_of(&a, &length_a);
    bytes_b = snapshot_of(&b, &length_b);
    assert_int_equal(length_a, length_b);
    assert_memory_equal(bytes_a, bytes_b, length_a);
    assert_int_equal(hvc_service_digest(a.service), hvc_service_digest(b.service));
    free(bytes_a);
    free(bytes_b);
    fixture_close(&a);
    fixture_close(&b);
}

static void every_change_changes_the_digest(void **state)
{
    struct fixture *f = *state;
    uint64_t before = hvc_service_digest(f->service);
    struct hvc_command c = command_of(f, HVC_COMMAND_PROPERTIES);

    assert_int_equal(hvc_service_digest(f->service), before);
    c.properties.mask = HVC_PROPERTY_OWNER_NAME;
    c.properties.owner_name[0] = 'x';
    (void)give(f, &c);
    assert_int_not_equal(hvc_service_digest(f->service), before);
    c.properties.owner_name[0] = '\0';
    (void)give(f, &c);
    assert_int_equal(hvc_service_digest(f->service), before); /* the same state, the same digest */
}

/* Position of the first record of a kind behind the head's 6 bytes; *ret_length: of its fields. */
static size_t record_at(const uint8_t *bytes, unsigned kind, size_t *ret_length)
{
    size_t at = 6;

    for (; bytes[at] != kind; at += 3 + *ret_length)
        *ret_length = (size_t)(bytes[at + 1] | bytes[at + 2] << 8);
    *ret_length = (size_t)(bytes[at + 1] | bytes[at + 2] << 8);
    return at;
}

static size_t write_record(const uint8_t *bytes, unsigned kind, char *text, size_t size)
{
    size_t length = 0, at = record_at(bytes, kind, &length), used = 0;

    for (size_t i = at; i < at + 3 + length; i++)
        used += (size_t)snprintf(text + used, size - used, "%02x", bytes[i]);
    return used + (size_t)snprintf(text + used, size - used, "\n");
}

enum { NETWORK = 2 }; /* the kind of a record as it is encoded */

/* What was written before networks had limits is read, and without a limit the same bytes are written as then. */
static void records_without_what_was_added_later_are_read_and_written(void **state)
{
    struct fixture *f = *state, other;
    size_t old_length, new_length;
    char text[2048];
    size_t used = 0;
    uint8_t *before = snapshot_of(f, &old_length), *with, *after;
    uint64_t digest = hvc_service_digest(f->service);

    assert_int_equal(before[4], 1);
    set_limit(f, 1, 2);
    with = snapshot_of(f, &new_length);
    assert_int_equal(with[4], 2); /* a program of then says that it is too old */
    assert_int_equal(new_length, old_length + 4);
    used += write_record(before, NETWORK, text, sizeof(text));
    used += write_record(with, NETWORK, text + used, sizeof(text) - used);
    golden("records", text);
    fixture_open(&other, &f->config);
    assert_int_equal(load_snapshot(&other, with, new_length, 100), 0);
    assert_int_equal(hvc_service_network(other.service, 1)->limit, 2);
    assert_int_equal(load_snapshot(&other, before, old_length, 100), 0);
    assert_int_equal(hvc_service_network(other.service, 1)->limit, 0);
    set_limit(f, 1, 0);
    assert_int_equal(hvc_service_digest(f->service), digest);
    after = snapshot_of(f, &new_length);
    assert_int_equal(new_length, old_length);
    assert_memory_equal(after, before, old_length);
    fixture_close(&other);
    free(before);
    free(with);
    free(after);
}

/* A job that waits for its lost target, or will: behind what was added before. */
static void what_was_added_last_comes_with_all_before_it(void **state)
{
    struct fixture *f = *state, other;
    struct hvc_command told = command_of(f, HVC_COMMAND_JOB_REPORT);
    uint8_t *bytes, *again;
    size_t length, same;
    const uint64_t job = 2; /* from node 2 to 3 */

    assert_int_equal(report(f, job, HVC_JOB_ADMITTED, -1).code, HVC_ANSWER_OK);
    bytes = snapshot_of(f, &length);
    assert_int_equal(bytes[4], 1);
    free(bytes);
    set_members(f, 3);
    told.node = 2;
    told.report.job = job;
    told.report.from = told.report.to = HVC_JOB_ADMITTED;
    told.report.code = HVC_REASON_TARGET_LOST;
    assert_int_equal(give(f, &told).code, HVC_ANSWER_OK);
    bytes = snapshot_of(f, &length);
    assert_int_equal(bytes[4], 2);
    fixture_open(&other, &f->config);
    assert_int_equal(load_snapshot(&other, bytes, length, 100), 0);
    assert_int_equal(hvc_service_job(other.service, job)->lost_target, HVC_TARGET_LOST);
    again = snapshot_of(&other, &same);
    assert_int_equal(same, length);
    assert_memory_equal(again, bytes, length);
    fixture_close(&other);
    free(bytes);
    free(again);
}

static void a_snapshot_brings_its_own_kind_of_host(void **state)
{
    struct hvc_service_config config = small_config();
    struct fixture alone, other;
    size_t length;
    uint8_t *bytes;

    (void)state;
    config.alone = true;
    fixture_open(&alone, &config);
    assert_int_equal(hvc_service_setting(alone.service, 0, HVC_SETTING_MOVES_OUT), 2);
    bytes = snapshot_of(&alone, &length);
    config.alone = false;
    fixture_open(&other, &config);
    assert_int_equal(load_snapshot(&other, bytes, length, length), 0);
    assert_true(hvc_service_is_alone(other.service));
    free(bytes);
    fixture_close(&alone);
    fixture_close(&other);
}

/* Every text at its greatest: no record is cut. */
static void the_greatest_records_survive(void **state)
{
    struct fixture *f = *state, other;
    struct hvc_command c = command_of(f, HVC_COMMAND_PROPERTIES);
    const struct hvc_job *job;
    uint64_t id;
    size_t length;
    uint8_t *bytes;

    c.properties.mask = HVC_PROPERTY_OWNER_NAME | HVC_PROPERTY_OWNER_CONTACT;
    for (size_t i = 0; i < 64; i++)
        memcpy(c.properties.owner_name + 4 * i, "\xf0\x9f\x90\xa7", 4);
    for (size_t i = 0; i < 256; i++)
        memcpy(c.properties.owner_contact + 4 * i, "\xf0\x9f\x90\xa7", 4);
    assert_int_equal(give(f, &c).code, HVC_ANSWER_OK);
    c = command_of(f, HVC_COMMAND_GUEST);
    uuid_of(30, c.guest.uuid);
    c.guest.node = 1;
    memset(c.guest.name, 'n', sizeof(c.guest.name) - 1);
    memset(c.guest.resource, 'r', sizeof(c.guest.resource) - 1);
    assert_int_equal(give(f, &c).code, HVC_ANSWER_OK);
    c = command_of(f, HVC_COMMAND_JOB);
    uuid_of(30, c.job.guest);
    memset(c.by, 'b', sizeof(c.by) - 1);
    id = give(f, &c).value;
    for (unsigned i = 0; i < HVC_JOB_REASONS_MAX; i++) {
        c = command_of(f, HVC_COMMAND_JOB_REPORT);
        c.report.job = id;
        memset(c.report.text, 'a' + (int)i, sizeof(c.report.text) - 1);
        assert_int_equal(give(f, &c).code, HVC_ANSWER_OK);
    }
    bytes = snapshot_of(f, &length);
    fixture_open(&other, &f->config);
    assert_int_equal(load_snapshot(&other, bytes, length, 1000), 0);
    job = hvc_service_job(other.service, id);
    assert_memory_equal(job, hvc_service_job(f->service, id), sizeof(*job));
    assert_string_equal(hvc_service_properties(other.service)->owner_contact,
                        hvc_service_properties(f->service)->owner_contact);
    fixture_close(&other);
    free(bytes);
}

#define T(test) cmocka_unit_test_setup_teardown(test, open_rich, close_it)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(it_is_the_same_in_chunks_of_any_size),
        T(every_cut_and_every_changed_byte_is_refused_and_leaves_it_empty),
        T(capacities_that_are_too_small_are_told),
        T(a_cursor_is_void_after_a_change_or_another_snapshot),
        T(the_greatest_records_survive),
        cmocka_unit_test(history_cannot_be_seen),
        T(records_without_what_was_added_later_are_read_and_written),
        T(what_was_added_last_comes_with_all_before_it),
        T(every_change_changes_the_digest),
        cmocka_unit_test(a_snapshot_brings_its_own_kind_of_host),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

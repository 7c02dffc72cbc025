/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Documents and guests. */
#include "fixture.h"

#include "../hvc_cmocka.h"

static int open_two(void **state)
{
    static struct fixture f;
    struct hvc_service_config config = small_config();

    fixture_open(&f, &config);
    add_nodes(&f, 2, 0);
    *state = &f;
    return 0;
}

static int close_it(void **state)
{
    fixture_close(*state);
    return 0;
}

static struct hvc_answer part(struct fixture *f, uint8_t hash, uint32_t size, uint32_t offset, uint32_t length)
{
    static const uint8_t bytes[100];
    struct hvc_command c = command_of(f, HVC_COMMAND_DOCUMENT);

    memset(c.document.hash, hash, 32);
    c.document.size = size;
    c.document.offset = offset;
    c.document.bytes = bytes;
    c.document.length = length;
    return give(f, &c);
}

static const struct hvc_document *document(struct fixture *f, uint8_t hash)
{
    uint8_t key[32];

    memset(key, hash, 32);
    return hvc_service_document(f->service, key);
}

static struct hvc_answer guest_on(struct fixture *f, uint32_t node, unsigned number, uint64_t version, uint8_t hash,
                                  const char *name)
{
    struct hvc_command c = command_of(f, HVC_COMMAND_GUEST);

    uuid_of(number, c.guest.uuid);
    c.guest.node = node;
    c.guest.version = version;
    memset(c.guest.document, hash, 32);
    (void)snprintf(c.guest.name, sizeof(c.guest.name), "%s", name);
    return give(f, &c);
}

static struct hvc_answer guest(struct fixture *f, unsigned number, uint64_t version, uint8_t hash, const char *name)
{
    return guest_on(f, 0, number, version, hash, name);
}

static void a_document_comes_in_order_and_once(void **state)
{
    struct fixture *f = *state;
    static const struct {
        uint32_t size, offset, length;
        unsigned code;
        uint64_t value;
    } cases[] = {
        {100, 50, 50, HVC_ANSWER_NO_DOCUMENT, 0}, {100, 0, 40, HVC_ANSWER_OK, 40},
        {100, 0, 40, HVC_ANSWER_NO_DOCUMENT, 40}, {90, 40, 20, HVC_ANSWER_INVALID, 100},
        {100, 40, 61, HVC_ANSWER_INVALID, 40},    {100, 40, 60, HVC_ANSWER_OK, 100},
        {100, 40, 60, HVC_ANSWER_UNCHANGED, 100}, {100, 0, 100, HVC_ANSWER_UNCHANGED, 100},
    };

    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_answer answer = part(f, 7, cases[i].size, cases[i].offset, cases[i].length);

        assert_int_equal(answer.code, cases[i].code);
        assert_int_equal(answer.value, cases[i].value);
    }
    assert_int_equal(part(f, 0, 10, 0, 10).code, HVC_ANSWER_INVALID);
}

static void a_definition_is_taken_only_when_it_is_whole(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(guest(f, 1, 0, 7, "web").code, HVC_ANSWER_NO_DOCUMENT);
    (void)part(f, 7, 100, 0, 40);
    assert_int_equal(guest(f, 1, 0, 7, "web").value, 40);
    (void)part(f, 7, 100, 40, 60);
    assert_int_equal(guest(f, 1, 0, 7, "web").code, HVC_ANSWER_OK);
    assert_int_equal(document(f, 7)->references, 1);
    assert_int_equal(guest(f, 1, 1, 7, "web2").code, HVC_ANSWER_OK);
    assert_int_equal(document(f, 7)->references, 1);
    assert_int_equal(guest(f, 1, 2, 0, "web2").code, HVC_ANSWER_OK);
    assert_int_equal(document(f, 7)->references, 0);
}

static void documents_that_nothing_names_go_oldest_first(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(part(f, 1, 1, 0, 1).code, HVC_ANSWER_OK);
    assert_int_equal(part(f, 2, 1, 0, 1).code, HVC_ANSWER_OK);
    assert_int_equal(part(f, 3, 1, 0, 1).code, HVC_ANSWER_OK);
    assert_int_equal(guest(f, 1, 0, 1, "web").code, HVC_ANSWER_OK);
    assert_int_equal(part(f, 2, 1, 0, 1).code, HVC_ANSWER_UNCHANGED); /* wanted anew: no longer the oldest */
    for (unsigned i = 0; i < HVC_DOCUMENTS_OPEN_MAX - 1; i++)
        assert_int_equal(part(f, (uint8_t)(10 + i), 1, 0, 1).code, HVC_ANSWER_OK);
    assert_non_null(document(f, 1)); /* named */
    assert_non_null(document(f, 2));
    assert_null(document(f, 3));
}

static void versions_and_names_are_guarded(void **state)
{
    struct fixture *f = *state;
    uint8_t uuid[16];

    assert_int_equal(guest(f, 1, 3, 0, "web").code, HVC_ANSWER_NO_GUEST);
    assert_int_equal(guest(f, 1, 0, 0, "web").value, 1);
    assert_int_equal(guest(f, 1, 0, 0, "web").code, HVC_ANSWER_EXISTS);
    assert_int_equal(guest(f, 1, 1, 0, "web1").value, 2);
    assert_int_equal(guest(f, 1, 1, 0, "web2").code, HVC_ANSWER_STALE);
    assert_null(hvc_service_guest_named(f->service, "web"));
    uuid_of(1, uuid);
    assert_ptr_equal(hvc_service_guest_named(f->service, "web1"), hvc_service_guest(f->service, uuid));
    for (unsigned i = 2; i <= 12; i++) {
        char name[8];

        (void)snprintf(name, sizeof(name), "g%u", i);
        assert_int_equal(guest(f, i, 0, 0, name).code, HVC_ANSWER_OK);
    }
    assert_int_equal(guest(f, 13, 0, 0, "more").code, HVC_ANSWER_FULL);
}

static struct hvc_answer place(struct fixture *f, unsigned number, uint32_t node)
{
    struct hvc_command c = command_of(f, HVC_COMMAND_GUEST_PLACE);

    uuid_of(number, c.guest_place.uuid);
    c.guest_place.node = node;
    return give(f, &c);
}

/* The guest that the name means now; 0: none or nobody can say. */
static unsigned meant(struct fixture *f, const char *name)
{
    const struct hvc_service_guest *guest = hvc_service_guest_named(f->service, name);
    uint8_t uuid[16];

    for (unsigned number = 1; guest != NULL && number < 10; number++) {
        uuid_of(number, uuid);
        if (memcmp(uuid, guest->uuid, sizeof(uuid)) == 0)
            return number;
    }
    return 0;
}

static void a_name_means_the_guest_that_lives(void **state)
{
    struct fixture *f = *state;
    struct hvc_service_name name;

    assert_int_equal(guest_on(f, 1, 1, 0, 0, "web").code, HVC_ANSWER_OK);
    assert_int_equal(place(f, 1, 0).code, HVC_ANSWER_OK);
    assert_int_equal(meant(f, "web"), 1); /* gone, and the only one */
    assert_int_equal(guest_on(f, 2, 2, 0, 0, "web").code, HVC_ANSWER_OK);
    assert_int_equal(meant(f, "web"), 2);
    assert_int_equal(place(f, 1, 1).code, HVC_ANSWER_OK); /* the old one is back: where a guest is, is never refused */
    assert_int_equal(meant(f, "web"), 0);
    name = hvc_service_guest_name(f->service, "web");
    assert_int_equal(name.all, 2);
    assert_int_equal(name.living, 2);
    assert_int_equal(guest_on(f, 1, 3, 0, 0, "web").code, HVC_ANSWER_OK); /* libvirt of one host gave it the name */
    assert_int_equal(place(f, 1, 0).code, HVC_ANSWER_OK);
    assert_int_equal(place(f, 2, 0).code, HVC_ANSWER_OK);
    assert_int_equal(meant(f, "web"), 3);
    assert_int_equal(place(f, 3, 0).code, HVC_ANSWER_OK);
    assert_int_equal(meant(f, "web"), 0);
    assert_int_equal(hvc_service_guest_name(f->service, "web").all, 3);
    assert_int_equal(meant(f, "other"), 0);
}

static void a_guest_with_a_job_lives_though_it_runs_nowhere(void **state)
{
    struct fixture *f = *state;

    add_guest(f, 1, 0, 0);
    assert_int_equal(guest(f, 2, 0, 0, "guest1").code, HVC_ANSWER_OK);
    assert_int_equal(meant(f, "guest1"), 0);
    assert_int_equal(try_job(f, 1, HVC_KIND_DEFINITION, 1, 2).code, HVC_ANSWER_OK);
    assert_int_equal(meant(f, "guest1"), 1);
}

static void one_that_runs_nowhere_takes_no_name_from_one_that_lives_or_is_defined(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(part(f, 1, 1, 0, 1).code, HVC_ANSWER_OK);
    assert_int_equal(guest_on(f, 1, 1, 0, 0, "web").code, HVC_ANSWER_OK);
    assert_int_equal(guest(f, 2, 0, 0, "web").code, HVC_ANSWER_NAME_TAKEN);
    assert_int_equal(place(f, 1, 0).code, HVC_ANSWER_OK);
    assert_int_equal(guest(f, 2, 0, 1, "web").code, HVC_ANSWER_OK); /* 1 is a memory, 2 a definition */
    assert_int_equal(guest(f, 3, 0, 0, "web").code, HVC_ANSWER_NAME_TAKEN);
    assert_int_equal(guest(f, 3, 0, 0, "db").code, HVC_ANSWER_OK);
    assert_int_equal(guest(f, 3, 1, 0, "web").code, HVC_ANSWER_NAME_TAKEN); /* nor by another name later */
    assert_int_equal(guest(f, 1, 1, 0, "web").code, HVC_ANSWER_OK);         /* what has it keeps it */
    assert_int_equal(guest_on(f, 2, 4, 0, 0, "web").code, HVC_ANSWER_OK);
    assert_int_equal(meant(f, "web"), 4);
}

static void a_guest_that_is_elsewhere_ends_the_move_that_has_not_begun(void **state)
{
    struct fixture *f = *state;
    uint64_t job;

    add_guest(f, 1, 1, 0);
    assert_int_equal(place(f, 2, 1).code, HVC_ANSWER_NO_GUEST);
    assert_int_equal(place(f, 1, 9).code, HVC_ANSWER_NO_NODE);
    assert_int_equal(place(f, 1, 1).code, HVC_ANSWER_UNCHANGED);
    job = add_job(f, 1, 2);
    assert_int_equal(place(f, 1, 0).code, HVC_ANSWER_OK);
    assert_int_equal(phase_of(f, job), HVC_JOB_FAILED);
    assert_int_equal(place(f, 1, 1).code, HVC_ANSWER_OK);
    job = add_job(f, 1, 2);
    assert_int_equal(report(f, job, HVC_JOB_ADMITTED, -1).code, HVC_ANSWER_OK);
    assert_int_equal(place(f, 1, 0).value, job); /* BUSY: the job will say where it is */
    finish_job(f, job);
}

static void a_guest_with_a_job_neither_changes_nor_goes(void **state)
{
    struct fixture *f = *state;
    struct hvc_command c = command_of(f, HVC_COMMAND_GUEST_REMOVE);
    uint64_t job;

    add_guest(f, 1, 1, 0);
    job = add_job(f, 1, 2);
    uuid_of(1, c.guest_remove.uuid);
    assert_int_equal(give(f, &c).value, job);
    assert_int_equal(guest(f, 1, 1, 0, "x").code, HVC_ANSWER_BUSY);
    finish_job(f, job);
    c.guest_remove.version = 5;
    assert_int_equal(give(f, &c).code, HVC_ANSWER_STALE);
    c.guest_remove.version = 1;
    assert_int_equal(give(f, &c).code, HVC_ANSWER_OK);
    assert_int_equal(give(f, &c).code, HVC_ANSWER_NO_GUEST);
    assert_string_equal(hvc_service_job(f->service, job)->guest_name, "guest1"); /* its history stays */
}

#define T(test) cmocka_unit_test_setup_teardown(test, open_two, close_it)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_document_comes_in_order_and_once),
        T(a_definition_is_taken_only_when_it_is_whole),
        T(documents_that_nothing_names_go_oldest_first),
        T(versions_and_names_are_guarded),
        T(a_name_means_the_guest_that_lives),
        T(a_guest_with_a_job_lives_though_it_runs_nowhere),
        T(one_that_runs_nowhere_takes_no_name_from_one_that_lives_or_is_defined),
        T(a_guest_that_is_elsewhere_ends_the_move_that_has_not_begun),
        T(a_guest_with_a_job_neither_changes_nor_goes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

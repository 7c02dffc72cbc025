/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries as bytes: versions, memory, the full size. */
#include "fixture.h"

#include <errno.h>

#include "../hvc_cmocka.h"

static void what_cannot_be_understood_changes_nothing(void **state)
{
    struct hvc_service_config config = small_config();
    static const uint8_t newer[] = {HVC_COMMAND_VERSION + 1, 1}, unknown[] = {HVC_COMMAND_VERSION, 250};
    struct hvc_answer answer = {.code = 77};
    struct fixture f;
    uint64_t digest;

    (void)state;
    fixture_open(&f, &config);
    digest = hvc_service_digest(f.service);
    assert_int_equal(hvc_service_apply(f.service, newer, 2, 1, 1, &answer), -EPROTONOSUPPORT);
    assert_int_equal(hvc_service_apply(f.service, unknown, 2, 1, 1, &answer), -ENOTSUP);
    assert_int_equal(answer.code, 77);
    assert_int_equal(hvc_service_apply(f.service, newer, 1, 1, 1, &answer), 0);
    assert_int_equal(answer.code, HVC_ANSWER_MALFORMED);
    assert_int_equal(hvc_service_digest(f.service), digest);
    fixture_close(&f);
}

static void capacities_have_bounds(void **state)
{
    struct hvc_service_config config = hvc_service_config_default(), bad;
    struct hvc_service *service = NULL;
    size_t size = hvc_service_size(&config);

    (void)state;
    assert_in_range(size, 1, 96 * 1024 * 1024);
    bad = config;
    bad.guests++;
    assert_int_equal(hvc_service_size(&bad), 0);
    bad = config;
    bad.drains = bad.nodes;
    assert_int_equal(hvc_service_size(&bad), 0);
    bad = config;
    bad.networks = 0;
    assert_int_equal(hvc_service_init(&service, SIZE_MAX, &bad, &service), -EINVAL);
    assert_int_equal(hvc_service_init(&service, size - 1, &config, &service), -EINVAL);
}

/* Every table at its capacity at once: 64 nodes, 8,000 guests with a waiting or running job each, 10,000 ended ones. */
static void the_full_size_fits_and_one_more_is_refused(void **state)
{
    struct hvc_service_config config = hvc_service_config_default();
    struct hvc_service_counts counts;
    struct fixture f, other;
    size_t length;
    uint8_t *bytes;

    (void)state;
    fixture_open(&f, &config);
    for (uint32_t node = 1; node <= 64; node++) {
        struct hvc_command c = command_of(&f, HVC_COMMAND_NODE);

        c.node_facts.id = node;
        (void)snprintf(c.node_facts.name, sizeof(c.node_facts.name), "node%u", (unsigned)node);
        assert_int_equal(give(&f, &c).code, HVC_ANSWER_OK);
    }
    {
        struct hvc_command c = command_of(&f, HVC_COMMAND_MEMBERS);

        for (uint32_t node = 1; node <= 64; node++)
            c.members.item[c.members.count++].node = node;
        assert_int_equal(give(&f, &c).code, HVC_ANSWER_OK);
    }
    for (unsigned i = 0; i < 8000; i++)
        add_guest(&f, i, 1 + i % 64, 1000);
    for (unsigned i = 0; i < 10100; i++) {
        uint64_t job = add_job(&f, i % 8000, 1 + (i + 1 + i / 8000) % 64);

        finish_job(&f, job);
    }
    for (unsigned i = 0; i < 8000; i++)
        assert_int_equal(try_job(&f, i, HVC_KIND_LIVE, 0, 0).code, HVC_ANSWER_OK);
    hvc_service_counts(f.service, &counts);
    assert_int_equal(counts.ended, 10000);
    assert_int_equal(counts.queued, 8000);
    assert_int_equal(counts.guests, 8000);
    assert_int_equal(try_job(&f, 0, HVC_KIND_LIVE, 0, 0).code, HVC_ANSWER_BUSY);
    bytes = snapshot_of(&f, &length);
    fixture_open(&other, &config);
    assert_int_equal(load_snapshot(&other, bytes, length, 32768), 0);
    assert_int_equal(hvc_service_digest(other.service), hvc_service_digest(f.service));
    free(bytes);
    fixture_close(&other);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_understood_changes_nothing),
        cmocka_unit_test(capacities_have_bounds),
        cmocka_unit_test(the_full_size_fits_and_one_more_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/command.h"

#include <errno.h>

#include "../hvc_cmocka.h"
#include "fixture.h"
#include "golden.h"

/* One of each kind, with every field other than zero. */
static struct hvc_command sample(unsigned kind)
{
    static const uint8_t document[] = "<domain/>";
    struct hvc_command c;

    memset(&c, 0, sizeof(c));
    c.version = HVC_COMMAND_VERSION;
    c.kind = (uint8_t)kind;
    c.node = 3;
    c.stamp_ms = 0x0102030405;
    (void)snprintf(c.by, sizeof(c.by), "root");
    switch ((enum hvc_command_kind)kind) {
    case HVC_COMMAND_SETTINGS:
        c.settings.node = 2;
        c.settings.count = 2;
        c.settings.item[0] = (struct hvc_command_setting){.setting = HVC_SETTING_MOVES_OUT, .value = 4};
        c.settings.item[1] = (struct hvc_command_setting){.setting = HVC_SETTING_MOVES_IN, .reset = true};
        break;
    case HVC_COMMAND_PROPERTIES:
        c.properties.mask = 7;
        c.properties.enabled_default = 2;
        (void)snprintf(c.properties.owner_name, sizeof(c.properties.owner_name), "M\xc3\xbcller");
        (void)snprintf(c.properties.owner_contact, sizeof(c.properties.owner_contact), "ops@example.org");
        break;
    case HVC_COMMAND_STATE:
        c.state.state = 9;
        break;
    case HVC_COMMAND_NETWORK_ADD:
    case HVC_COMMAND_NETWORK_MODIFY:
        c.networks.count = 1;
        c.networks.item[0].mask = 31;
        c.networks.item[0].network = (struct hvc_network){.id = 5,
                                                          .node = 1,
                                                          .metric = 10,
                                                          .family = 4,
                                                          .prefix = 24,
                                                          .address = {10, 0, 7},
                                                          .bandwidth = 1000,
                                                          .name = "mig",
                                                          .tags = "Microsoft:UserManaged\nsecond"};
        break;
    case HVC_COMMAND_NETWORK_REMOVE:
        c.network_remove.count = 2;
        c.network_remove.id[0] = 5;
        c.network_remove.id[1] = 6;
        break;
    case HVC_COMMAND_NODE:
        c.node_facts.id = 3;
        c.node_facts.cpus = 64;
        c.node_facts.memory_kib = 1 << 28;
        (void)snprintf(c.node_facts.name, sizeof(c.node_facts.name), "n3");
        break;
    case HVC_COMMAND_NODE_REMOVE:
        c.node_remove.id = 3;
        break;
    case HVC_COMMAND_MEMBERS:
        c.members.count = 2;
        c.members.item[0] = (struct hvc_command_member){.node = 1, .boot_id = 7};
        c.members.item[1] = (struct hvc_command_member){.node = 3, .boot_id = 8};
        break;
    case HVC_COMMAND_FENCED:
        c.fenced.id = 2;
        c.fenced.boot_id = 0x1122;
        break;
    case HVC_COMMAND_NODE_FLAGS:
        c.node_flags.id = 2;
        c.node_flags.mask = 3;
        c.node_flags.accepting = true;
        c.node_flags.maintenance = true;
        break;
    case HVC_COMMAND_DOCUMENT:
        memset(c.document.hash, 0xd0, 32);
        c.document.size = 100;
        c.document.offset = 3;
        c.document.bytes = document;
        c.document.length = sizeof(document) - 1;
        break;
    case HVC_COMMAND_GUEST:
        uuid_of(1, c.guest.uuid);
        c.guest.version = 2;
        memset(c.guest.document, 0xd0, 32);
        c.guest.memory_kib = 4096;
        c.guest.cpus = 2;
        c.guest.node = 1;
        (void)snprintf(c.guest.name, sizeof(c.guest.name), "web");
        (void)snprintf(c.guest.resource, sizeof(c.guest.resource), "vm-web");
        break;
    case HVC_COMMAND_GUEST_PLACE:
        uuid_of(1, c.guest_place.uuid);
        c.guest_place.node = 2;
        break;
    case HVC_COMMAND_GUEST_REMOVE:
        uuid_of(1, c.guest_remove.uuid);
        c.guest_remove.version = 3;
        break;
    case HVC_COMMAND_JOB:
        uuid_of(1, c.job.guest);
        c.job.kind = HVC_KIND_LIVE_STORAGE;
        c.job.origin = HVC_ORIGIN_DRAIN;
        c.job.source = 1;
        c.job.target = 2;
        c.job.drain = 4;
        c.job.options = (struct hvc_job_options){.flags = HVC_OPTION_TLS,
                                                 .priority = 5,
                                                 .transport = 32768,
                                                 .cpu_capping = 2,
                                                 .end_action = HVC_END_FORCE,
                                                 .restart = HVC_RESTART_FORCE,
                                                 .parallel = 4,
                                                 .downtime_ms = 300,
                                                 .bandwidth = 1000000,
                                                 .deadline_ms = 77,
                                                 .not_before_ms = 66,
                                                 .document = {1}};
        break;
    case HVC_COMMAND_JOB_TARGET:
        c.job_target.job = 9;
        c.job_target.target = 2;
        break;
    case HVC_COMMAND_JOB_REPORT:
        c.report.job = 9;
        c.report.from = HVC_JOB_COPYING;
        c.report.to = HVC_JOB_FAILED;
        c.report.step = HVC_STEP_COPY;
        c.report.located = true;
        c.report.runs_on = 1;
        c.report.not_before_ms = 55;
        c.report.code = HVC_REASON_OTHER_NODE;
        (void)snprintf(c.report.text, sizeof(c.report.text), "operation failed:\nno space");
        break;
    case HVC_COMMAND_JOB_CANCEL:
        c.cancel.job = 9;
        (void)snprintf(c.cancel.text, sizeof(c.cancel.text), "not now");
        break;
    case HVC_COMMAND_JOB_MODIFY:
        c.modify.job = 9;
        c.modify.mask = 31;
        c.modify.end_action = HVC_END_POST_COPY;
        c.modify.priority = 6;
        c.modify.downtime_ms = 400;
        c.modify.bandwidth = 2000000;
        c.modify.deadline_ms = 88;
        break;
    case HVC_COMMAND_JOB_RESOLVE:
        c.resolve.job = 9;
        c.resolve.runs_on = 2;
        (void)snprintf(c.resolve.text, sizeof(c.resolve.text), "seen on its console");
        break;
    case HVC_COMMAND_JOB_FORGET:
        c.forget.job = 9;
        break;
    case HVC_COMMAND_DRAIN:
        c.drain.id = 1;
        c.drain.target = 2;
        c.drain.priority = 7;
        c.drain.force = true;
        break;
    case HVC_COMMAND_DRAIN_REPORT:
        c.drain_report.drain = 4;
        c.drain_report.state = 2;
        (void)snprintf(c.drain_report.text, sizeof(c.drain_report.text), "web stays");
        break;
    case HVC_COMMAND_DRAIN_CANCEL:
        c.drain_cancel.drain = 4;
        break;
    case HVC_COMMAND_RESUME:
        c.resume.id = 1;
        c.resume.back = true;
        break;
    case HVC_COMMAND_TICK:
    case HVC_COMMAND_KIND_END:
        break;
    }
    return c;
}

/* The same with what the second version added, where it added something. */
static struct hvc_command second_sample(unsigned kind)
{
    struct hvc_command c = sample(kind);

    if (kind == HVC_COMMAND_NETWORK_ADD || kind == HVC_COMMAND_NETWORK_MODIFY) {
        c.networks.count = 2;
        c.networks.item[1] = c.networks.item[0]; /* one without a limit beside one that has one */
        c.networks.item[0].mask |= HVC_NETWORK_LIMIT;
        c.networks.item[0].network.limit = 3;
    } else if (kind == HVC_COMMAND_JOB_REPORT) {
        c.report.way_count = 2;
        c.report.ways[0] = 5;
        c.report.ways[1] = 6;
    }
    c.version = (uint8_t)hvc_command_version(&c);
    return c;
}

static size_t encode_it(const struct hvc_command *c, uint8_t *bytes)
{
    size_t length = 0;

    assert_int_equal(hvc_command_encode(c, bytes, HVC_COMMAND_MAX, &length), 0);
    return length;
}

static size_t encode(unsigned kind, uint8_t *bytes)
{
    struct hvc_command c = sample(kind);

    return encode_it(&c, bytes);
}

static size_t write_golden(const struct hvc_command *c, char *text, size_t size)
{
    static uint8_t bytes[HVC_COMMAND_MAX];
    size_t length = encode_it(c, bytes), used;

    used = (size_t)snprintf(text, size, "%s ", hvc_command_name(c->kind));
    for (size_t i = 0; i < length; i++)
        used += (size_t)snprintf(text + used, size - used, "%02x", bytes[i]);
    return used + (size_t)snprintf(text + used, size - used, "\n");
}

static void every_kind_is_encoded_as_its_golden_bytes(void **state)
{
    static char text[32768];
    size_t used = 0;

    (void)state;
    for (unsigned kind = 1; kind < HVC_COMMAND_KIND_END; kind++) {
        struct hvc_command c = sample(kind);

        used += write_golden(&c, text + used, sizeof(text) - used);
    }
    for (unsigned kind = 1; kind < HVC_COMMAND_KIND_END; kind++) {
        struct hvc_command c = second_sample(kind);

        if (c.version > 1)
            used += write_golden(&c, text + used, sizeof(text) - used);
    }
    golden("commands", text);
}

static void what_is_encoded_is_decoded(void **state)
{
    static uint8_t bytes[HVC_COMMAND_MAX], again[HVC_COMMAND_MAX];

    (void)state;
    for (unsigned kind = 1; kind < HVC_COMMAND_KIND_END; kind++) {
        struct hvc_command want = second_sample(kind), have;
        size_t length = encode_it(&want, bytes), second = 0;

        assert_int_equal(hvc_command_decode(bytes, length, &have), 0);
        if (kind == HVC_COMMAND_DOCUMENT) {
            assert_memory_equal(have.document.bytes, want.document.bytes, want.document.length);
            have.document.bytes = want.document.bytes;
        }
        assert_memory_equal(&have, &want, sizeof(have));
        assert_int_equal(hvc_command_encode(&have, again, sizeof(again), &second), 0);
        assert_int_equal(second, length);
        assert_memory_equal(again, bytes, length);
    }
}

static void a_cut_or_longer_command_is_malformed(void **state)
{
    static uint8_t bytes[HVC_COMMAND_MAX];
    struct hvc_command c;

    (void)state;
    for (unsigned kind = 1; kind < HVC_COMMAND_KIND_END; kind++) {
        size_t length = encode(kind, bytes);

        for (size_t cut = 0; cut < length; cut++)
            assert_int_equal(hvc_command_decode(bytes, cut, &c), -EBADMSG);
        assert_int_equal(hvc_command_decode(bytes, length + 1, &c), -EBADMSG);
        c = second_sample(kind);
        length = encode_it(&c, bytes);
        for (size_t cut = 0; cut < length; cut++)
            assert_int_equal(hvc_command_decode(bytes, cut, &c), -EBADMSG);
    }
    assert_int_equal(hvc_command_decode(bytes, HVC_COMMAND_MAX + 1, &c), -EBADMSG);
}

static void newer_versions_and_unknown_kinds_are_told_apart(void **state)
{
    static const struct {
        uint8_t version, kind;
        int result;
    } cases[] = {
        {3, HVC_COMMAND_TICK, -EPROTONOSUPPORT},
        {2, HVC_COMMAND_TICK, -EBADMSG}, /* the first version holds it */
        {255, 200, -EPROTONOSUPPORT},
        {0, HVC_COMMAND_TICK, -EBADMSG},
        {1, HVC_COMMAND_KIND_END, -ENOTSUP},
        {1, 0, -ENOTSUP},
        {1, 255, -ENOTSUP},
    };
    uint8_t bytes[HVC_COMMAND_MAX];
    struct hvc_command c;
    size_t length = encode(HVC_COMMAND_TICK, bytes);

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        bytes[0] = cases[i].version;
        bytes[1] = cases[i].kind;
        assert_int_equal(hvc_command_decode(bytes, length, &c), cases[i].result);
    }
    assert_string_equal(hvc_command_name(0), "invalid");
    assert_string_equal(hvc_command_name(HVC_COMMAND_KIND_END), "invalid");
}

/* A program of the first version is never given what it cannot read: the limit of a network is not left out silently.
 */
static void what_is_newer_is_written_in_the_version_that_has_it(void **state)
{
    uint8_t bytes[HVC_COMMAND_MAX];
    struct hvc_command c;

    (void)state;
    for (unsigned kind = 1; kind < HVC_COMMAND_KIND_END; kind++) {
        struct hvc_command second = second_sample(kind);
        size_t length = encode(kind, bytes);

        assert_int_equal(bytes[0], 1); /* also when the caller says that it knows a newer one */
        assert_int_equal(hvc_command_decode(bytes, length, &c), 0);
        length = encode_it(&second, bytes);
        assert_int_equal(bytes[0], second.version);
        if (second.version == 1)
            continue;
        bytes[0] = 1;
        assert_int_equal(hvc_command_decode(bytes, length, &c), -EBADMSG);
    }
    c = second_sample(HVC_COMMAND_NETWORK_ADD);
    c.networks.item[0].network.limit = HVC_NETWORK_LIMIT_MAX + 1;
    assert_int_equal(hvc_command_encode(&c, bytes, sizeof(bytes), &(size_t){0}), -EINVAL);
}

static void fields_outside_their_bounds_are_refused_in_both_directions(void **state)
{
    uint8_t bytes[HVC_COMMAND_MAX];
    struct hvc_command c;
    size_t length;

    (void)state;
    c = sample(HVC_COMMAND_JOB_REPORT);
    c.report.to = HVC_JOB_PHASE_COUNT;
    assert_int_equal(hvc_command_encode(&c, bytes, sizeof(bytes), &length), -EINVAL);
    c = sample(HVC_COMMAND_JOB);
    c.job.guest[0] = 0;
    c.job.options.flags = HVC_OPTION_ALL + 1;
    assert_int_equal(hvc_command_encode(&c, bytes, sizeof(bytes), &length), -EINVAL);
    c = sample(HVC_COMMAND_NODE);
    c.node_facts.name[0] = '\0';
    assert_int_equal(hvc_command_encode(&c, bytes, sizeof(bytes), &length), -EINVAL);
    memset(c.node_facts.name, 'x', sizeof(c.node_facts.name));
    assert_int_equal(hvc_command_encode(&c, bytes, sizeof(bytes), &length), -EINVAL);
    (void)snprintf(c.node_facts.name, sizeof(c.node_facts.name), "two\nlines");
    assert_int_equal(hvc_command_encode(&c, bytes, sizeof(bytes), &length), -EINVAL);
    c = sample(HVC_COMMAND_SETTINGS);
    c.settings.count = HVC_COMMAND_LIST_MAX + 1;
    assert_int_equal(hvc_command_encode(&c, bytes, sizeof(bytes), &length), -EINVAL);
    c = sample(HVC_COMMAND_TICK);
    c.node = 0;
    assert_int_equal(hvc_command_encode(&c, bytes, sizeof(bytes), &length), -EINVAL);
    c = sample(HVC_COMMAND_TICK);
    assert_int_equal(hvc_command_encode(&c, bytes, 10, &length), -ENOBUFS);
    length = encode(HVC_COMMAND_STATE, bytes);
    bytes[18] = bytes[19] = bytes[20] = bytes[21] = 0; /* the proposing node */
    assert_int_equal(hvc_command_decode(bytes, length, &c), -EBADMSG);
}

/* Whatever is read can be written again, and gives the same bytes: there is one encoding of each command. */
static void changed_bytes_are_refused_or_read_as_what_they_say(void **state)
{
    static uint8_t bytes[HVC_COMMAND_MAX], again[HVC_COMMAND_MAX];
    struct hvc_command c;
    unsigned read = 0;

    (void)state;
    for (unsigned kind = 1; kind < HVC_COMMAND_KIND_END; kind++) {
        struct hvc_command whole = second_sample(kind);
        size_t length = encode_it(&whole, bytes), second = 0;

        for (size_t bit = 0; bit < length * 8; bit++) {
            bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
            if (hvc_command_decode(bytes, length, &c) == 0) {
                assert_int_equal(hvc_command_encode(&c, again, sizeof(again), &second), 0);
                assert_int_equal(second, length);
                assert_memory_equal(again, bytes, length);
                read++;
            }
            bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
    }
    assert_in_range(read, 1000, 100000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_encoded_as_its_golden_bytes),
        cmocka_unit_test(what_is_encoded_is_decoded),
        cmocka_unit_test(a_cut_or_longer_command_is_malformed),
        cmocka_unit_test(newer_versions_and_unknown_kinds_are_told_apart),
        cmocka_unit_test(what_is_newer_is_written_in_the_version_that_has_it),
        cmocka_unit_test(fields_outside_their_bounds_are_refused_in_both_directions),
        cmocka_unit_test(changed_bytes_are_refused_or_read_as_what_they_say),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

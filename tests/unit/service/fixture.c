/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fixture.h"

#include "../hvc_cmocka.h"

struct hvc_service_config small_config(void)
{
    return (struct hvc_service_config){.nodes = 5, .guests = 12, .jobs_kept = 10, .networks = 4, .drains = 8};
}

void fixture_open(struct fixture *f, const struct hvc_service_config *config)
{
    *f = (struct fixture){.config = *config, .size = hvc_service_size(config), .epoch = 1, .now_ms = 1000000};
    assert_int_not_equal(f->size, 0);
    f->memory = malloc(f->size);
    assert_non_null(f->memory);
    assert_int_equal(hvc_service_init(f->memory, f->size, config, &f->service), 0);
}

void fixture_close(struct fixture *f)
{
    free(f->memory);
    *f = (struct fixture){0};
}

struct hvc_answer give_bytes(struct fixture *f, const void *bytes, size_t length)
{
    struct hvc_answer answer;

    assert_int_equal(hvc_service_apply(f->service, bytes, length, f->epoch, ++f->index, &answer), 0);
    return answer;
}

struct hvc_answer give(struct fixture *f, struct hvc_command *command)
{
    static uint8_t bytes[HVC_COMMAND_MAX];
    size_t length = 0;

    assert_int_equal(hvc_command_encode(command, bytes, sizeof(bytes), &length), 0);
    return give_bytes(f, bytes, length);
}

struct hvc_command command_of(const struct fixture *f, unsigned kind)
{
    return (struct hvc_command){
        .version = HVC_COMMAND_VERSION, .kind = (uint8_t)kind, .node = 1, .stamp_ms = f->now_ms, .by = "tester"};
}

void set_members(struct fixture *f, unsigned bits)
{
    struct hvc_command c = command_of(f, HVC_COMMAND_MEMBERS);

    for (uint32_t node = 1; node <= 32; node++) {
        if ((bits >> (node - 1) & 1) != 0)
            c.members.item[c.members.count++] = (struct hvc_command_member){.node = node, .boot_id = 100 + node};
    }
    assert_true(hvc_answer_is_good(&(struct hvc_answer[]){give(f, &c)}[0]));
}

void add_nodes(struct fixture *f, unsigned count, uint64_t memory_kib)
{
    for (uint32_t node = 1; node <= count; node++) {
        struct hvc_command c = command_of(f, HVC_COMMAND_NODE);

        c.node_facts.id = node;
        c.node_facts.memory_kib = memory_kib;
        c.node_facts.cpus = 8;
        c.node_facts.name[0] = 'n';
        c.node_facts.name[1] = (char)('0' + node % 10);
        assert_int_equal(give(f, &c).code, HVC_ANSWER_OK);
    }
    set_members(f, (1u << count) - 1);
}

void uuid_of(unsigned number, uint8_t ret_uuid[16])
{
    for (unsigned i = 0; i < 16; i++)
        ret_uuid[i] = (uint8_t)(number * 7 + i * 31 + 1);
    ret_uuid[0] = (uint8_t)(number >> 8);
    ret_uuid[1] = (uint8_t)number;
}

void add_guest(struct fixture *f, unsigned number, uint32_t node, uint64_t memory_kib)
{
    struct hvc_command c = command_of(f, HVC_COMMAND_GUEST);

    uuid_of(number, c.guest.uuid);
    c.guest.node = node;
    c.guest.memory_kib = memory_kib;
    (void)snprintf(c.guest.name, sizeof(c.guest.name), "guest%u", number);
    assert_int_equal(give(f, &c).code, HVC_ANSWER_OK);
}

void set_setting(struct fixture *f, uint32_t node, unsigned setting, uint64_t value)
{
    struct hvc_command c = command_of(f, HVC_COMMAND_SETTINGS);

    c.settings.node = node;
    c.settings.count = 1;
    c.settings.item[0] = (struct hvc_command_setting){.setting = (uint8_t)setting, .value = value};
    assert_true(hvc_answer_is_good(&(struct hvc_answer[]){give(f, &c)}[0]));
}

struct hvc_answer try_job(struct fixture *f, unsigned guest, unsigned kind, uint32_t source, uint32_t target)
{
    struct hvc_command c = command_of(f, HVC_COMMAND_JOB);

    uuid_of(guest, c.job.guest);
    c.job.kind = (uint8_t)kind;
    c.job.source = source;
    c.job.target = target;
    return give(f, &c);
}

uint64_t add_job(struct fixture *f, unsigned guest, uint32_t target)
{
    struct hvc_answer answer = try_job(f, guest, HVC_KIND_LIVE, 0, target);

    assert_int_equal(answer.code, HVC_ANSWER_OK);
    return answer.value;
}

uint32_t add_network(struct fixture *f, uint8_t n, uint32_t limit)
{
    struct hvc_command c = command_of(f, HVC_COMMAND_NETWORK_ADD);
    struct hvc_answer answer;

    c.networks.count = 1;
    c.networks.item[0].mask = limit == 0 ? 0 : HVC_NETWORK_LIMIT;
    c.networks.item[0].network = (struct hvc_network){.family = 4, .prefix = 16, .address = {10, n}, .limit = limit};
    answer = give(f, &c);
    assert_int_equal(answer.code, HVC_ANSWER_OK);
    return (uint32_t)answer.value;
}

void set_limit(struct fixture *f, uint32_t network, uint32_t limit)
{
    struct hvc_command c = command_of(f, HVC_COMMAND_NETWORK_MODIFY);

    c.networks.count = 1;
    c.networks.item[0].mask = HVC_NETWORK_LIMIT;
    c.networks.item[0].network.id = network;
    c.networks.item[0].network.limit = limit;
    assert_int_equal(give(f, &c).code, HVC_ANSWER_OK);
}

static struct hvc_command report_of(struct fixture *f, uint64_t job, unsigned to)
{
    struct hvc_command c = command_of(f, HVC_COMMAND_JOB_REPORT);
    const struct hvc_job *j = hvc_service_job(f->service, job);

    assert_non_null(j);
    c.node = j->source;
    c.report.job = job;
    c.report.from = j->phase;
    c.report.to = (uint8_t)to;
    return c;
}

struct hvc_answer report_ways(struct fixture *f, uint64_t job, unsigned to, uint32_t first, uint32_t second)
{
    struct hvc_command c = report_of(f, job, to);

    c.report.way_count = (uint8_t)((first != 0) + (second != 0));
    c.report.ways[0] = first;
    c.report.ways[1] = second;
    return give(f, &c);
}

struct hvc_answer report(struct fixture *f, uint64_t job, unsigned to, int runs_on)
{
    struct hvc_command c = report_of(f, job, to);

    c.report.located = runs_on >= 0;
    c.report.runs_on = runs_on >= 0 ? (uint32_t)runs_on : 0;
    return give(f, &c);
}

void finish_job(struct fixture *f, uint64_t job)
{
    const struct hvc_job *j = hvc_service_job(f->service, job);

    for (unsigned guard = 0; j->ended == 0; guard++) {
        static const uint8_t next[] = {[HVC_JOB_CHECKING] = HVC_JOB_ADMITTED,
                                       [HVC_JOB_ADMITTED] = HVC_JOB_COPYING,
                                       [HVC_JOB_COPYING] = HVC_JOB_SWITCHING,
                                       [HVC_JOB_SWITCHING] = HVC_JOB_VERIFYING,
                                       [HVC_JOB_VERIFYING] = HVC_JOB_COMPLETED};

        assert_in_range(j->phase, HVC_JOB_CHECKING, HVC_JOB_VERIFYING);
        assert_in_range(guard, 0, 5);
        assert_int_equal(report(f, job, next[j->phase], j->phase == HVC_JOB_VERIFYING ? (int)j->target : -1).code,
                         HVC_ANSWER_OK);
        j = hvc_service_job(f->service, job);
    }
}

unsigned phase_of(const struct fixture *f, uint64_t job)
{
    const struct hvc_job *j = hvc_service_job(f->service, job);

    assert_non_null(j);
    return j->phase;
}

uint8_t *snapshot_of(struct fixture *f, size_t *ret_length)
{
    size_t size = (size_t)hvc_service_snapshot_size(f->service), used = 0, part = 0;
    uint8_t *bytes = malloc(size + HVC_SNAPSHOT_CHUNK_MIN);
    struct hvc_snapshot_cursor cursor;

    assert_non_null(bytes);
    hvc_service_snapshot_begin(f->service, &cursor);
    do {
        assert_int_equal(
            hvc_service_snapshot_read(f->service, &cursor, bytes + used, size + HVC_SNAPSHOT_CHUNK_MIN - used, &part),
            0);
        used += part;
    } while (part > 0);
    assert_int_equal(used, size);
    *ret_length = used;
    return bytes;
}

int load_snapshot(struct fixture *f, const uint8_t *bytes, size_t length, size_t chunk)
{
    hvc_service_load_begin(f->service);
    for (size_t at = 0; at < length; at += chunk) {
        int result = hvc_service_load_bytes(f->service, bytes + at, chunk < length - at ? chunk : length - at);

        if (result < 0)
            return result;
    }
    return hvc_service_load_end(f->service);
}

uint64_t random_next(uint64_t *seed)
{
    uint64_t z = *seed += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

uint64_t random_below(uint64_t *seed, uint64_t bound)
{
    return random_next(seed) % bound;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hvc-bench-service [FILE]: the state machine at its full size (64 nodes, 8,000 guests, 10,000 ended jobs): commands
 * per second, snapshot and load, memory; beside memcpy of the same snapshot in the same run. FILE gets the figures as
 * JSON.
 */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hvc/service.h"

enum { NODES = HVC_NODES_MAX, GUESTS = HVC_GUESTS_MAX, JOBS = HVC_JOBS_KEPT_MAX, ROUNDS = 20 };

static struct {
    struct hvc_service *service;
    size_t size;
    uint64_t index, applied;
    json_object *figures;
} bench;

static void fail(const char *what, long code)
{
    (void)fprintf(stderr, "hvc-bench-service: %s: %ld\n", what, code);
    exit(1);
}

/* Of this process's own work: nothing here waits, and other programs on the machine are not to be measured. */
static double now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double resident_mib(void)
{
    unsigned long total = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    if (file == NULL || fscanf(file, "%lu %lu", &total, &resident) != 2)
        fail("/proc/self/statm", errno);
    (void)fclose(file);
    return (double)resident * (double)sysconf(_SC_PAGESIZE) / 1048576;
}

static void figure(const char *key, double value, const char *unit)
{
    (void)printf("%-28s %12.2f %s\n", key, value, unit);
    json_object_object_add(bench.figures, key, json_object_new_double(value));
}

static struct hvc_command command_of(unsigned kind)
{
    return (struct hvc_command){.version = HVC_COMMAND_VERSION,
                                .kind = (uint8_t)kind,
                                .node = 1,
                                .stamp_ms = 1000 + bench.index,
                                .by = "root (hvcluster)"};
}

static uint64_t give(struct hvc_command *c)
{
    static uint8_t bytes[HVC_COMMAND_MAX];
    struct hvc_answer answer;
    size_t length = 0;
    int result;

    result = hvc_command_encode(c, bytes, sizeof(bytes), &length);
    if (result < 0)
        fail("encode", result);
    result = hvc_service_apply(bench.service, bytes, length, 1, ++bench.index, &answer);
    if (result < 0 || !hvc_answer_is_good(&answer))
        fail(hvc_command_name(c->kind), result < 0 ? result : answer.code);
    bench.applied++;
    return answer.value;
}

static void uuid_of(uint64_t number, uint8_t ret_uuid[16])
{
    uint64_t words[2] = {number * UINT64_C(0x9E3779B97F4A7C15), number};

    memcpy(ret_uuid, words, 16);
}

static void fill_nodes(void)
{
    struct hvc_command c = command_of(HVC_COMMAND_MEMBERS);

    for (uint32_t node = 1; node <= NODES; node++) {
        struct hvc_command n = command_of(HVC_COMMAND_NODE);

        n.node_facts.id = node;
        n.node_facts.cpus = 64;
        n.node_facts.memory_kib = UINT64_C(1) << 30;
        (void)snprintf(n.node_facts.name, sizeof(n.node_facts.name), "node-%u.cluster.example.org", (unsigned)node);
        (void)give(&n);
        c.members.item[c.members.count++] = (struct hvc_command_member){.node = node, .boot_id = node};
    }
    (void)give(&c);
}

/* A definition in two parts and the guest that names it. */
static void fill_guests(void)
{
    static const uint8_t xml[6 * 1024];

    for (uint64_t i = 1; i <= GUESTS; i++) {
        struct hvc_command c = command_of(HVC_COMMAND_DOCUMENT);

        uuid_of(i, c.document.hash);
        c.document.size = sizeof(xml);
        c.document.bytes = xml;
        c.document.length = sizeof(xml);
        (void)give(&c);
        c = command_of(HVC_COMMAND_GUEST);
        uuid_of(i, c.guest.uuid);
        uuid_of(i, c.guest.document);
        c.guest.memory_kib = 4 << 20;
        c.guest.node = 1 + (uint32_t)(i % NODES);
        (void)snprintf(c.guest.name, sizeof(c.guest.name), "guest-%" PRIu64 ".example.org", i);
        (void)snprintf(c.guest.resource, sizeof(c.guest.resource), "vm-%" PRIu64, i);
        (void)give(&c);
    }
}

static uint64_t request_move(uint64_t guest)
{
    struct hvc_command c = command_of(HVC_COMMAND_JOB);

    uuid_of(guest, c.job.guest);
    c.job.target = 1 + (hvc_service_guest(bench.service, c.job.guest)->node + 6) % NODES;
    return give(&c);
}

static void report(const struct hvc_job *job, unsigned to)
{
    struct hvc_command c = command_of(HVC_COMMAND_JOB_REPORT);

    c.node = job->source;
    c.report.job = job->id;
    c.report.from = job->phase;
    c.report.to = (uint8_t)to;
    if (to == HVC_JOB_COMPLETED) {
        c.report.located = true;
        c.report.runs_on = job->target;
        (void)snprintf(c.report.text, sizeof(c.report.text), "moved in 12.4 s, pause 87 ms");
    }
    (void)give(&c);
}

/* All guests want to move at once; what may run is run to its end, until nothing waits. */
static void move_everything(void)
{
    struct hvc_service_counts counts;

    for (uint64_t i = 1; i <= GUESTS; i++)
        (void)request_move(i);
    do {
        struct hvc_effect_cursor cursor = {0};
        struct hvc_effect effect;
        uint64_t jobs[NODES * 4];
        size_t count = 0;

        while (count < NODES * 4 && hvc_service_effect_next(bench.service, 0, true, &cursor, &effect)) {
            if (effect.kind == HVC_EFFECT_CHECK)
                jobs[count++] = effect.job->id;
        }
        for (size_t i = 0; i < count; i++) {
            for (unsigned phase = HVC_JOB_ADMITTED; phase <= HVC_JOB_COMPLETED; phase++)
                report(hvc_service_job(bench.service, jobs[i]), phase);
        }
        hvc_service_counts(bench.service, &counts);
    } while (counts.queued + counts.active > 0);
}

static void measure_commands(void)
{
    double begin = now_ms();

    bench.applied = 0;
    fill_nodes();
    fill_guests();
    figure("fill_per_s", (double)bench.applied / (now_ms() - begin) * 1e3, "commands/s, while it fills");
    begin = now_ms();
    bench.applied = 0;
    move_everything();
    move_everything();
    figure("moves_per_s", (double)bench.applied / (now_ms() - begin) * 1e3,
           "commands/s, 16,000 moves of 8,000 guests, all requested at once");
    begin = now_ms();
    bench.applied = 0;
    for (unsigned i = 0; i < 100000; i++) {
        struct hvc_command c = command_of(HVC_COMMAND_SETTINGS);

        c.settings.count = 1;
        c.settings.item[0] = (struct hvc_command_setting){.setting = HVC_SETTING_DOWNTIME_MS, .value = 1 + i % 1000};
        (void)give(&c);
        (void)hvc_service_digest(bench.service);
    }
    figure("settings_digest_per_s", (double)bench.applied / (now_ms() - begin) * 1e3,
           "commands/s, each with the digest after it");
}

static size_t write_snapshot(uint8_t *bytes, size_t size)
{
    struct hvc_snapshot_cursor cursor;
    size_t used = 0, part;

    hvc_service_snapshot_begin(bench.service, &cursor);
    do {
        int result = hvc_service_snapshot_read(bench.service, &cursor, bytes + used, size - used, &part);

        if (result < 0)
            fail("snapshot", result);
        used += part;
    } while (part > 0);
    return used;
}

static void measure_snapshot(const struct hvc_service_config *config)
{
    size_t size = (size_t)hvc_service_snapshot_size(bench.service) + HVC_SNAPSHOT_CHUNK_MIN, length = 0;
    uint8_t *bytes = malloc(size), *copy = malloc(size);
    void *memory = malloc(bench.size);
    struct hvc_service *other = NULL;
    double begin = now_ms();

    if (bytes == NULL || copy == NULL || memory == NULL || hvc_service_init(memory, bench.size, config, &other) < 0)
        fail("memory", ENOMEM);
    for (unsigned i = 0; i < ROUNDS; i++)
        length = write_snapshot(bytes, size);
    figure("snapshot_mib", (double)length / 1048576, "MiB");
    figure("snapshot_ms", (now_ms() - begin) / ROUNDS, "ms to write");
    begin = now_ms();
    for (unsigned i = 0; i < ROUNDS; i++) {
        hvc_service_load_begin(other);
        for (size_t at = 0; at < length; at += 32768) {
            size_t part = length - at < 32768 ? length - at : 32768;
            int result = hvc_service_load_bytes(other, bytes + at, part);

            if (result < 0)
                fail("load", result);
        }
        if (hvc_service_load_end(other) < 0)
            fail("load", 0);
    }
    figure("load_ms", (now_ms() - begin) / ROUNDS, "ms to load, digest checked");
    begin = now_ms();
    for (unsigned i = 0; i < ROUNDS; i++) {
        memcpy(copy, bytes, length);
        if (copy[length - 1 - i] != bytes[length - 1 - i])
            fail("memcpy", 0);
    }
    figure("memcpy_ms", (now_ms() - begin) / ROUNDS, "ms to copy the same bytes");
    if (hvc_service_digest(other) != hvc_service_digest(bench.service))
        fail("digests differ", 0);
    free(bytes);
    free(copy);
    free(memory);
}

int main(int argc, char **argv)
{
    struct hvc_service_config config = hvc_service_config_default();
    double before = resident_mib();
    void *memory;

    bench.figures = json_object_new_object();
    bench.size = hvc_service_size(&config);
    memory = mmap(NULL, bench.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED || hvc_service_init(memory, bench.size, &config, &bench.service) < 0)
        fail("memory", errno);
    figure("block_mib", (double)bench.size / 1048576, "MiB of address space");
    figure("empty_mib", resident_mib() - before, "MiB resident, empty");
    measure_commands();
    figure("full_mib", resident_mib() - before, "MiB resident, 64 nodes, 8,000 guests, 10,000 ended jobs");
    measure_snapshot(&config);
    if (argc > 1 && json_object_to_file(argv[1], bench.figures) < 0)
        fail(argv[1], errno);
    json_object_put(bench.figures);
    return 0;
}

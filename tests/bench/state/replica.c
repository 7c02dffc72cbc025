/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hvc-bench-replica GROUP|- FOLDER [INDEX]: this node's replica as hvclusterd runs it (-: a stand-alone host's), its
 * store in FOLDER, until a signal ends it. Prints one line of JSON when it is in service (and INDEX is applied), then
 * reads phases from its input, a line each, and prints a line of JSON for each:
 *     single COUNT       entries one after the other, each answered before the next is asked for
 *     many COUNT         entries, 256 of them under way at any time
 *     fill               64 nodes, 8,000 guests with definitions of 6 kB, 10,000 ended jobs
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "hvc/clock.h"
#include "hvc/replica.h"
#include "hvc/text.h"

enum {
    OUTSTANDING = 256,
    COUNT_MAX = 1000000,
    PATIENCE_MS = 120000, /* of the bench as a whole; what is measured takes milliseconds */
    XML = 6 * 1024,
    PLACE_TRIES = 20,
    POLL_MS = 5, /* how exactly the time to service is seen */
};

struct request {
    double begin;
    double *ret_latency;
    bool may_fail, failed;
};

static struct {
    struct hvc_replica *replica;
    sem_t room;
    struct request request[COUNT_MAX];
    double latency[COUNT_MAX];
    atomic_uint failed;     /* requests that were not committed, or refused */
    _Atomic uint64_t value; /* of the newest good answer */
    uint64_t number;        /* of requests made so far */
    int stop;               /* signalfd */
} bench;

static double now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int fail(const char *what, const char *words)
{
    (void)fprintf(stderr, "hvc-bench-replica: %s: %s\n", what, words);
    return 1;
}

static double resident_mib(void)
{
    char line[128];
    unsigned long kib = 0;
    FILE *file = fopen("/proc/self/status", "r");

    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        if (sscanf(line, "VmRSS: %lu", &kib) == 1)
            break;
    }
    if (file != NULL)
        (void)fclose(file);
    return (double)kib / 1024;
}

/* ---- requests ---- */

static void on_done(void *context, const struct hvc_replica_outcome *outcome)
{
    struct request *request = context;

    *request->ret_latency = now_ms() - request->begin;
    request->failed = outcome->error != 0 || !hvc_answer_is_good(&outcome->answer);
    if (request->failed) {
        if (!request->may_fail && atomic_fetch_add(&bench.failed, 1) == 0)
            (void)fprintf(stderr, "hvc-bench-replica: refused: %d %s, answer %u\n", outcome->error, outcome->words,
                          (unsigned)outcome->answer.code);
    } else {
        atomic_store(&bench.value, outcome->answer.value);
    }
    (void)sem_post(&bench.room);
}

static struct hvc_command command_of(unsigned kind)
{
    return (struct hvc_command){.version = HVC_COMMAND_VERSION, .kind = (uint8_t)kind, .by = "root (hvcluster)"};
}

/* Waits for room and asks. */
static struct request *ask(const struct hvc_command *command, bool may_fail)
{
    size_t slot = bench.number++ % COUNT_MAX;
    struct request *request = &bench.request[slot];
    struct hvc_error error = {0};
    struct hvc_token token;

    while (sem_wait(&bench.room) < 0)
        continue;
    hvc_replica_token(bench.replica, &token);
    *request = (struct request){.begin = now_ms(), .ret_latency = &bench.latency[slot], .may_fail = may_fail};
    if (hvc_replica_submit(bench.replica, command, &token, hvc_deadline_in(PATIENCE_MS), true, on_done, request,
                           &error) < 0) {
        if (atomic_fetch_add(&bench.failed, 1) == 0)
            (void)fail("submit", error.text);
        (void)sem_post(&bench.room);
    }
    return request;
}

/* Until everything that was asked is answered. */
static void settle(unsigned outstanding)
{
    for (unsigned i = 0; i < outstanding; i++) {
        while (sem_wait(&bench.room) < 0)
            continue;
    }
    for (unsigned i = 0; i < outstanding; i++)
        (void)sem_post(&bench.room);
}

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static int run_entries(const char *name, uint64_t count, unsigned outstanding)
{
    double begin, seconds;

    (void)sem_init(&bench.room, 0, outstanding);
    bench.number = 0;
    begin = now_ms();
    for (uint64_t i = 0; i < count; i++) {
        struct hvc_command c = command_of(HVC_COMMAND_SETTINGS);

        c.settings.count = 1;
        c.settings.item[0] =
            (struct hvc_command_setting){.setting = HVC_SETTING_DOWNTIME_MS, .value = 1 + bench.number % 1000};
        (void)ask(&c, false);
    }
    settle(outstanding);
    seconds = (now_ms() - begin) / 1e3;
    (void)sem_destroy(&bench.room);
    if (atomic_load(&bench.failed) > 0)
        return fail(name, "not every entry was committed");
    qsort(bench.latency, count, sizeof(double), by_value);
    (void)printf("{\"phase\": \"%s\", \"rate\": %.1f, \"p50_ms\": %.3f, \"p99_ms\": %.3f}\n", name,
                 (double)count / seconds, bench.latency[count / 2], bench.latency[count * 99 / 100]);
    return 0;
}

/* ---- a cluster of the greatest size ---- */

static void uuid_of(uint64_t number, uint8_t ret_uuid[16])
{
    uint64_t words[2] = {number * UINT64_C(0x9E3779B97F4A7C15), number};

    memcpy(ret_uuid, words, 16);
}

/* As a definition is: text that differs from guest to guest and does not repeat itself. */
static void definition_of(uint64_t number, char ret_xml[XML])
{
    uint32_t x = (uint32_t)number * 2654435761u + 1;

    for (size_t i = 0; i < XML; i++) {
        x = x * 1664525u + 1013904223u;
        ret_xml[i] = (char)(' ' + (x >> 24) % 90);
    }
}

static void ask_for_definition(uint64_t number, struct hvc_command *guest)
{
    struct hvc_command c = command_of(HVC_COMMAND_DOCUMENT);
    char xml[XML];

    definition_of(number, xml);
    hvc_store_hash(xml, XML, c.document.hash);
    memcpy(guest->guest.document, c.document.hash, sizeof(guest->guest.document));
    c.document.size = XML;
    c.document.bytes = (const uint8_t *)xml;
    c.document.length = XML;
    (void)ask(&c, false);
}

static struct hvc_command guest_of(uint64_t number)
{
    struct hvc_command c = command_of(HVC_COMMAND_GUEST);

    uuid_of(number, c.guest.uuid);
    c.guest.memory_kib = 4 << 20;
    c.guest.node = 1 + (uint32_t)(number % HVC_NODES_MAX);
    (void)snprintf(c.guest.name, sizeof(c.guest.name), "guest-%" PRIu64 ".example.org", number);
    (void)snprintf(c.guest.resource, sizeof(c.guest.resource), "vm-%" PRIu64, number);
    return c;
}

/* The first guests come with their nodes: corosync's list has only three, and the replica removes at once what is
 * neither in the list nor the place of a guest; a guest that comes too late comes again. */
static void fill_nodes(void)
{
    for (uint64_t i = 1; i <= HVC_NODES_MAX; i++) {
        struct hvc_command node = command_of(HVC_COMMAND_NODE), guest = guest_of(i);
        const struct request *placed;
        unsigned tries = 0;

        ask_for_definition(i, &guest);
        node.node_facts.id = guest.guest.node;
        node.node_facts.cpus = 64;
        node.node_facts.memory_kib = UINT64_C(1) << 30;
        (void)snprintf(node.node_facts.name, sizeof(node.node_facts.name), "node-%u.cluster.example.org",
                       (unsigned)guest.guest.node);
        do {
            if (guest.guest.node > 3)
                (void)ask(&node, true); /* that it is there already is no failure */
            placed = ask(&guest, true);
            settle(OUTSTANDING);
        } while (placed->failed && ++tries < PLACE_TRIES);
        if (placed->failed)
            (void)atomic_fetch_add(&bench.failed, 1);
    }
}

static void fill_guests(void)
{
    for (uint64_t i = HVC_NODES_MAX + 1; i <= HVC_GUESTS_MAX; i++) {
        struct hvc_command guest = guest_of(i);

        ask_for_definition(i, &guest);
        (void)ask(&guest, false);
    }
}

/* Moves that were asked for while the service was quiesced, and cancelled: a job each, with a reason, and no effect. */
static void fill_jobs(void)
{
    struct hvc_command c = command_of(HVC_COMMAND_STATE);
    uint64_t first;

    c.state.state = HVC_STATE_QUIESCE;
    (void)ask(&c, false);
    settle(OUTSTANDING);
    for (uint64_t made = 0; made < HVC_JOBS_KEPT_MAX; made += OUTSTANDING / 4) {
        for (uint64_t i = 0; i < OUTSTANDING / 4; i++) { /* guests of node 1: numbers 64, 128, ... */
            c = command_of(HVC_COMMAND_JOB);
            uuid_of(HVC_NODES_MAX * (1 + i), c.job.guest);
            c.job.target = 2;
            (void)ask(&c, false);
        }
        settle(OUTSTANDING);
        first = atomic_load(&bench.value) + 1 - OUTSTANDING / 4; /* the newest answer was the last job's number */
        for (uint64_t i = 0; i < OUTSTANDING / 4; i++) {
            c = command_of(HVC_COMMAND_JOB_CANCEL);
            c.cancel.job = first + i;
            (void)snprintf(c.cancel.text, sizeof(c.cancel.text), "cancelled by root (hvcluster) on node-1");
            (void)ask(&c, false);
        }
        settle(OUTSTANDING);
    }
}

static int run_fill(void)
{
    struct hvc_replica_status *status = malloc(sizeof(*status));
    double begin = now_ms(), seconds;

    if (status == NULL)
        return fail("fill", "no memory");
    (void)sem_init(&bench.room, 0, OUTSTANDING);
    bench.number = 0;
    fill_nodes();
    fill_guests();
    settle(OUTSTANDING);
    fill_jobs();
    settle(OUTSTANDING);
    (void)sem_destroy(&bench.room);
    seconds = (now_ms() - begin) / 1e3;
    hvc_replica_status(bench.replica, status);
    if (atomic_load(&bench.failed) > 0) {
        free(status);
        return fail("fill", "not every entry was committed");
    }
    (void)printf("{\"phase\": \"fill\", \"rate\": %.1f, \"seconds\": %.2f, \"applied\": %" PRIu64
                 ", \"rss_mib\": %.1f}\n",
                 (double)bench.number / seconds, seconds, status->replication.applied, resident_mib());
    free(status);
    return 0;
}

/* ---- in service ---- */

static bool in_service(const struct hvc_replica_status *s)
{
    return (s->health == HVC_REPLICA_VOTING || s->health == HVC_REPLICA_FOLLOWING) && s->replication.primary;
}

/* Until the replica is in service and has applied everything up to index; then until it holds every definition. */
static int wait_for(double begin, uint64_t index)
{
    struct hvc_replica_status *s = malloc(sizeof(*s));
    uint64_t deadline = hvc_deadline_in(PATIENCE_MS);
    double served = 0;
    int result = -ETIMEDOUT;

    while (s != NULL && hvc_deadline_left(deadline) > 0) {
        struct pollfd stop = {.fd = bench.stop, .events = POLLIN};

        hvc_replica_status(bench.replica, s);
        if (served == 0 && in_service(s) && s->replication.applied >= index)
            served = now_ms() - begin;
        if (served > 0 && s->missing_documents == 0) {
            result = 0;
            break;
        }
        if (poll(&stop, 1, POLL_MS) > 0) {
            result = -EINTR;
            break;
        }
    }
    if (result == 0)
        (void)printf("{\"phase\": \"service\", \"health\": \"%s\", \"service_s\": %.3f, \"documents_s\": %.3f, "
                     "\"applied\": %" PRIu64 ", \"rss_mib\": %.1f}\n",
                     hvc_replica_health_name(s->health), served / 1e3, (now_ms() - begin) / 1e3, s->replication.applied,
                     resident_mib());
    else if (s != NULL)
        (void)fail(hvc_replica_health_name(s->health), s->words);
    free(s);
    return result;
}

static int run_phase(const char *phase)
{
    uint64_t count = 0;

    if (strcmp(phase, "fill") == 0)
        return run_fill();
    if (strncmp(phase, "single ", 7) == 0 && hvc_parse_u64(phase + 7, 10, COUNT_MAX, &count) == 0)
        return run_entries("single", count, 1);
    if (strncmp(phase, "many ", 5) == 0 && hvc_parse_u64(phase + 5, OUTSTANDING, COUNT_MAX, &count) == 0)
        return run_entries("many", count, OUTSTANDING);
    return fail(phase, "no such phase");
}

/* Until a signal; the end of the input only means that nothing more is to be measured. */
static int run_phases(void)
{
    struct pollfd fds[] = {{.fd = bench.stop, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
    char line[64];
    size_t length = 0;

    while (poll(fds, 2, -1) <= 0 || fds[0].revents == 0) {
        ssize_t got = fds[1].revents == 0 ? 0 : read(STDIN_FILENO, &line[length], 1);

        if (fds[1].revents != 0 && got <= 0)
            fds[1].fd = -1;
        if (got <= 0)
            continue;
        if (line[length] != '\n' && ++length < sizeof(line))
            continue;
        line[length == sizeof(line) ? length - 1 : length] = '\0';
        length = 0;
        if (run_phase(line) != 0)
            return 1;
    }
    return 0;
}

static void print_log(void *context, int priority, unsigned message_id, const char *text)
{
    (void)context, (void)priority;
    (void)fprintf(stderr, "HVC%u %s\n", message_id, text);
}

int main(int argc, char **argv)
{
    struct hvc_replica_config config = {.hooks = {.log = print_log}};
    struct hvc_error error = {0};
    double begin = now_ms();
    uint64_t index = 0;
    sigset_t signals;
    int result;

    if (argc < 3 || argc > 4 || (argc == 4 && hvc_parse_u64(argv[3], 0, UINT64_MAX, &index) < 0)) {
        (void)fputs("usage: hvc-bench-replica GROUP|- FOLDER [INDEX] <PHASES\n", stderr);
        return 2;
    }
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    if (setvbuf(stdout, NULL, _IOLBF, 0) != 0 || pthread_sigmask(SIG_BLOCK, &signals, NULL) != 0 ||
        (bench.stop = signalfd(-1, &signals, SFD_CLOEXEC)) < 0)
        return fail("start", strerror(errno));
    config.group = strcmp(argv[1], "-") == 0 ? NULL : argv[1];
    config.node_name = "n1";
    config.state_directory = argv[2];
    if (hvc_replica_open(&config, &bench.replica, &error) < 0)
        return fail("open", error.text);
    result = wait_for(begin, index) < 0 ? 1 : run_phases();
    if (hvc_replica_close(bench.replica, 10000, &error) < 0)
        return fail("close", error.text);
    return result;
}

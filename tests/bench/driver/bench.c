/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hvc-bench-driver FOLDER [GUESTS JOBS FILE]: two replicas are filled (8,000 guests with a definition of 6 kB each,
 * 10,000 ended jobs), then a third one with an empty store joins: until it has the state, until it counts, until it has
 * all definitions; what one replica needs of memory. The stores lie in FOLDER, which must not exist. FILE gets the
 * figures as JSON.
 *
 * hvc-bench-driver --group GROUP idle|fill|join FOLDER [GUESTS JOBS]: one replica on this node's corosync. "idle" takes
 * part until it is told to end (SIGTERM), "fill", on node 1, fills first, "join" measures as above and ends.
 */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hub.h"
#include "hvc/clock.h"

#define FAR_MS UINT64_C(4000000000000) /* of the wall clock */

enum { XML = 6 * 1024, FLIGHT = 512, PATIENCE_MS = 300000 };

static struct {
    const char *folder, *group;
    struct hub *hub;
    struct hvc_replica *replica[4];
    unsigned guests, jobs;
    json_object *figures;
    pthread_mutex_t lock;
    pthread_cond_t landed;
    unsigned flying;
    uint64_t *job_of; /* by number of the guest */
} bench = {.lock = PTHREAD_MUTEX_INITIALIZER, .landed = PTHREAD_COND_INITIALIZER};

static void fail_with(const char *what, long code)
{
    (void)fprintf(stderr, "hvc-bench-driver: %s: %ld\n", what, code);
    exit(1);
}

static void figure(const char *key, double value, const char *unit)
{
    (void)printf("%-36s %12.2f %s\n", key, value, unit);
    (void)fflush(stdout);
    json_object_object_add(bench.figures, key, json_object_new_double(value));
}

/* One line of /proc/self/status in MiB. */
static double memory_mib(const char *key)
{
    char line[256];
    unsigned long kib = 0;
    FILE *file = fopen("/proc/self/status", "r");

    if (file == NULL)
        fail_with("/proc/self/status", errno);
    while (fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, key, strlen(key)) == 0)
            kib = strtoul(line + strlen(key) + 1, NULL, 10);
    }
    (void)fclose(file);
    return (double)kib / 1024;
}

static void forget_peak(void)
{
    FILE *file = fopen("/proc/self/clear_refs", "w");

    if (file == NULL || fputs("5", file) < 0 || fclose(file) != 0)
        fail_with("/proc/self/clear_refs", errno);
}

static void open_node(unsigned node)
{
    char directory[512];
    struct hvc_tuning tuning = hvc_tuning_default(false);
    struct hvc_replica_config config = {.group = bench.group != NULL ? bench.group : "bench",
                                        .state_directory = directory};
    struct hvc_error error = {0};

    (void)snprintf(directory, sizeof(directory), "%s/store%u", bench.folder, node);
    if (hvc_replica_open_on(&config, bench.group != NULL ? NULL : hub_port(bench.hub, node), &tuning,
                            &bench.replica[node], &error) < 0)
        fail_with(error.text, error.code);
}

static void wait_until(unsigned node, bool (*holds)(const struct hvc_replica_status *), const char *what)
{
    static struct hvc_replica_status status;
    uint64_t until = hvc_deadline_in(PATIENCE_MS);

    for (;;) {
        hvc_replica_status(bench.replica[node], &status);
        if (holds(&status))
            return;
        if (hvc_deadline_left(until) == 0) {
            (void)fprintf(stderr, "node %u: %s\n", node, status.words);
            fail_with(what, status.health);
        }
        (void)poll(NULL, 0, 1);
    }
}

static bool serves(const struct hvc_replica_status *s)
{
    return s->health == HVC_REPLICA_FOLLOWING || s->health == HVC_REPLICA_VOTING;
}

static bool votes(const struct hvc_replica_status *s)
{
    return s->health == HVC_REPLICA_VOTING;
}

static bool is_whole(const struct hvc_replica_status *s)
{
    return s->health == HVC_REPLICA_VOTING && s->missing_documents == 0;
}

/* ---- filling ---- */

static void landed(void *context, const struct hvc_replica_outcome *outcome)
{
    uint64_t *value = context;

    if (outcome->error < 0 || !hvc_answer_is_good(&outcome->answer)) {
        (void)fprintf(stderr, "%s %s\n", outcome->words, hvc_answer_name(outcome->answer.code));
        exit(1);
    }
    (void)pthread_mutex_lock(&bench.lock);
    bench.flying--;
    if (value != NULL)
        *value = outcome->answer.value;
    (void)pthread_cond_signal(&bench.landed);
    (void)pthread_mutex_unlock(&bench.lock);
}

static void wait_for_room(unsigned room)
{
    (void)pthread_mutex_lock(&bench.lock);
    while (bench.flying >= room)
        (void)pthread_cond_wait(&bench.landed, &bench.lock);
    bench.flying++;
    (void)pthread_mutex_unlock(&bench.lock);
}

static void submit(const struct hvc_command *command, uint64_t *ret_value)
{
    struct hvc_error error = {0};
    struct hvc_token token;

    wait_for_room(FLIGHT);
    hvc_replica_token(bench.replica[1], &token);
    if (hvc_replica_submit(bench.replica[1], command, &token, hvc_deadline_in(PATIENCE_MS), true, landed, ret_value,
                           &error) < 0)
        fail_with(error.text, error.code);
}

static void settle(void)
{
    wait_for_room(1);
    (void)pthread_mutex_lock(&bench.lock);
    bench.flying--;
    (void)pthread_mutex_unlock(&bench.lock);
}

static void uuid_of(uint64_t number, uint8_t ret_uuid[16])
{
    uint64_t words[2] = {number * UINT64_C(0x9E3779B97F4A7C15), number};

    memcpy(ret_uuid, words, 16);
}

static void fill_guests(void)
{
    char xml[XML];

    for (unsigned i = 1; i <= bench.guests; i++) {
        struct hvc_command c = {.kind = HVC_COMMAND_DOCUMENT, .by = "root (hvcluster)"};
        uint8_t hash[32];

        memset(xml, 'x', sizeof(xml));
        (void)snprintf(xml, sizeof(xml), "<domain number='%u'>", i);
        hvc_store_hash(xml, sizeof(xml), hash);
        memcpy(c.document.hash, hash, sizeof(hash));
        c.document.size = c.document.length = XML;
        c.document.bytes = (const uint8_t *)xml;
        submit(&c, NULL);
        c = (struct hvc_command){.kind = HVC_COMMAND_GUEST, .by = "root (hvcluster)"};
        uuid_of(i, c.guest.uuid);
        memcpy(c.guest.document, hash, sizeof(hash));
        c.guest.memory_kib = 4 << 20;
        c.guest.node = 1;
        (void)snprintf(c.guest.name, sizeof(c.guest.name), "guest-%u.example.org", i);
        (void)snprintf(c.guest.resource, sizeof(c.guest.resource), "vm-%u", i);
        submit(&c, NULL);
    }
    settle();
}

/* One more reason of full length for each of the jobs. */
static void fill_reasons(unsigned count)
{
    for (unsigned i = 1; i <= count; i++) {
        struct hvc_command c = {.kind = HVC_COMMAND_JOB_REPORT, .by = "root (hvcluster)"};

        c.report.job = bench.job_of[i];
        c.report.from = c.report.to = HVC_JOB_QUEUED;
        c.report.not_before_ms = FAR_MS;
        c.report.code = HVC_REASON_RETRY;
        memset(c.report.text, 'r', sizeof(c.report.text) - 1);
        submit(&c, NULL);
    }
    settle();
}

/* Jobs that wait for a time far away, then are cancelled: ended ones, each with reasons. */
static void fill_jobs(void)
{
    for (unsigned done = 0; done < bench.jobs;) {
        unsigned count = bench.jobs - done < bench.guests ? bench.jobs - done : bench.guests;

        for (unsigned i = 1; i <= count; i++) {
            struct hvc_command c = {.kind = HVC_COMMAND_JOB, .by = "root (hvcluster)"};

            uuid_of(i, c.job.guest);
            c.job.target = 2;
            c.job.options.not_before_ms = FAR_MS;
            submit(&c, &bench.job_of[i]);
        }
        settle();
        for (unsigned n = 0; n < HVC_JOB_REASONS_MAX - 1; n++)
            fill_reasons(count);
        for (unsigned i = 1; i <= count; i++) {
            struct hvc_command c = {.kind = HVC_COMMAND_JOB_CANCEL, .by = "root (hvcluster)"};

            c.cancel.job = bench.job_of[i];
            memset(c.cancel.text, 'w', sizeof(c.cancel.text) - 1);
            submit(&c, NULL);
        }
        settle();
        done += count;
    }
}

static int look_member(void *context, const struct hvc_service *service, const struct hvc_replica_stamp *stamp)
{
    const struct hvc_service_node *node = hvc_service_node(service, 2);

    (void)stamp;
    *(bool *)context = node != NULL && node->member;
    return 0;
}

/* The target of all jobs. */
static void wait_for_second(void)
{
    uint64_t until = hvc_deadline_in(PATIENCE_MS);
    struct hvc_error error = {0};
    bool here = false;

    while (!here && hvc_deadline_left(until) > 0) {
        if (hvc_replica_read(bench.replica[1], HVC_REPLICA_HERE, until, look_member, &here, &error) < 0)
            fail_with(error.text, error.code);
        (void)poll(NULL, 0, 5);
    }
}

static void fill(void)
{
    uint64_t begin = hvc_now_ms();
    double entries = 2.0 * bench.guests + (1.0 + HVC_JOB_REASONS_MAX) * bench.jobs;

    wait_for_second();
    begin = hvc_now_ms();
    fill_guests();
    fill_jobs();
    figure("filled", (double)(hvc_now_ms() - begin) / 1000, "s");
    figure("entries_per_second", entries * 1000 / (double)(hvc_now_ms() - begin), "1/s");
}

static void measure_join(unsigned node)
{
    double before = memory_mib("VmRSS");
    uint64_t begin = hvc_now_ms();
    static struct hvc_replica_status status;

    forget_peak();
    open_node(node);
    wait_until(node, serves, "the third one does not join");
    figure("join_in_service", (double)(hvc_now_ms() - begin), "ms");
    hvc_replica_status(bench.replica[node], &status);
    figure("join_missing_then", status.missing_documents, "definitions");
    wait_until(node, votes, "the third one does not count");
    figure("join_counts", (double)(hvc_now_ms() - begin), "ms");
    wait_until(node, is_whole, "the third one does not get all definitions");
    figure("join_whole", (double)(hvc_now_ms() - begin), "ms");
    figure("rss_before", before, "MiB");
    figure("rss_more", memory_mib("VmRSS") - before, "MiB");
    figure("rss_peak_more", memory_mib("VmHWM") - before, "MiB");
}

static int look_size(void *context, const struct hvc_service *service, const struct hvc_replica_stamp *stamp)
{
    (void)context, (void)stamp;
    struct hvc_service_counts counts;

    hvc_service_counts(service, &counts);
    figure("guests", counts.guests, "");
    figure("jobs_ended", counts.ended, "");
    figure("documents", counts.documents, "");
    return 0;
}

static void measure_restart(unsigned node)
{
    static struct hvc_replica_status status;
    struct hvc_error error = {0};
    uint64_t begin;

    forget_peak();
    begin = hvc_now_ms();
    if (hvc_replica_close(bench.replica[node], PATIENCE_MS, &error) < 0)
        fail_with(error.text, error.code);
    figure("close", (double)(hvc_now_ms() - begin), "ms");
    begin = hvc_now_ms();
    open_node(node);
    wait_until(node, votes, "it does not come back");
    figure("restart_votes", (double)(hvc_now_ms() - begin), "ms");
    hvc_replica_status(bench.replica[node], &status);
    figure("stored_state", (double)status.facts.state_length / 1048576, "MiB");
}

static void close_node(unsigned node)
{
    struct hvc_error error = {0};

    if (hvc_replica_close(bench.replica[node], PATIENCE_MS, &error) < 0)
        fail_with(error.text, error.code);
}

/* All three begin the history; the third one's store is thrown away afterwards. */
static void begin_history(void)
{
    struct hvc_error error = {0};
    char directory[512];

    bench.hub = hub_new(3, 0);
    for (unsigned n = 1; n <= 3; n++)
        open_node(n);
    for (unsigned n = 1; n <= 3; n++)
        wait_until(n, votes, "the three do not begin");
    close_node(3);
    (void)snprintf(directory, sizeof(directory), "%s/store3", bench.folder);
    if (hvc_store_wipe(&(struct hvc_store_config){.directory = directory}, &error) < 0)
        fail_with(error.text, error.code);
}

static void set_size(int argc, char **argv, int at)
{
    bench.guests = argc > at ? (unsigned)strtoul(argv[at], NULL, 10) : HVC_GUESTS_MAX;
    bench.jobs = argc > at + 1 ? (unsigned)strtoul(argv[at + 1], NULL, 10) : HVC_JOBS_KEPT_MAX;
    bench.job_of = calloc(bench.guests + 1, sizeof(*bench.job_of));
    bench.figures = json_object_new_object();
    if (bench.job_of == NULL || bench.figures == NULL)
        fail_with("memory", -ENOMEM);
}

static void one_of_a_group(const char *what)
{
    struct hvc_error error = {0};
    sigset_t ends;
    int number;

    (void)sigemptyset(&ends);
    (void)sigaddset(&ends, SIGTERM);
    (void)sigaddset(&ends, SIGINT);
    (void)pthread_sigmask(SIG_BLOCK, &ends, NULL);
    if (strcmp(what, "join") == 0) {
        measure_join(1);
    } else {
        open_node(1);
        wait_until(1, votes, "it does not count");
        (void)printf("votes\n");
        (void)fflush(stdout);
        if (strcmp(what, "fill") == 0)
            fill();
        (void)sigwait(&ends, &number);
    }
    if (hvc_replica_read(bench.replica[1], HVC_REPLICA_HERE, hvc_deadline_in(1000), look_size, NULL, &error) < 0)
        fail_with(error.text, error.code);
    figure("rss_at_the_end", memory_mib("VmRSS"), "MiB");
    figure("rss_peak", memory_mib("VmHWM"), "MiB");
    close_node(1);
}

static void all_in_one(void)
{
    struct hvc_error error = {0};

    begin_history();
    fill();
    if (hvc_replica_read(bench.replica[1], HVC_REPLICA_HERE, hvc_deadline_in(1000), look_size, NULL, &error) < 0)
        fail_with(error.text, error.code);
    measure_join(3);
    measure_restart(3);
    for (unsigned n = 1; n <= 3; n++)
        close_node(n);
    hub_free(bench.hub);
}

int main(int argc, char **argv)
{
    bool group = argc > 4 && strcmp(argv[1], "--group") == 0;

    bench.folder = group ? argv[4] : argv[1];
    if (argc < 2 || mkdir(bench.folder, 0700) < 0) {
        (void)fprintf(stderr, "usage: hvc-bench-driver FOLDER [GUESTS JOBS FILE]\n"
                              "       hvc-bench-driver --group GROUP idle|fill|join FOLDER [GUESTS JOBS]\n"
                              "FOLDER must not exist\n");
        return 2;
    }
    set_size(argc, argv, group ? 5 : 2);
    if (group) {
        bench.group = argv[2];
        one_of_a_group(argv[3]);
    } else {
        all_in_one();
    }
    if (!group && argc > 4 && json_object_to_file_ext(argv[4], bench.figures, JSON_C_TO_STRING_PRETTY) < 0)
        fail_with(argv[4], errno);
    json_object_put(bench.figures);
    free(bench.job_of);
    return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hvc-bench-store [-d FOLDER] [-n COUNT] [-j FILE]: what the store costs on the disk that FOLDER (a new one below it)
 * is on, beside bare write + fsync on the same disk in the same run. Prints a table; -j writes the figures as JSON.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <poll.h>
#include <unistd.h>

#include "hvc/store.h"
#include "hvc/text.h"

enum {
    BATCH = 256,
    OP = 200,       /* bytes of a usual operation */
    GUESTS = 8000,  /* HVC_GUESTS_MAX */
    XML = 6 * 1024, /* bytes of a definition */
    JOBS = 10000,   /* HVC_JOBS_KEPT_MAX */
    JOB = 600,      /* bytes of a job in the state */
    GUEST = 400,    /* bytes of a guest in the state, without its XML */
    SAMPLES_MAX = 10000,
};

static struct {
    char folder[256];
    struct hvc_store *store;
    uint64_t seq, index;
    unsigned count;
    json_object *figures;
} bench = {.count = 200};

static double samples[SAMPLES_MAX];

static void fail(const char *what, const struct hvc_error *error)
{
    (void)fprintf(stderr, "hvc-bench-store: %s: %s\n", what, error->text);
    exit(1);
}

static void fail_with_errno(const char *what)
{
    struct hvc_error error;

    (void)hvc_error_set(&error, -errno, "%s", strerror(errno));
    fail(what, &error);
}

static double now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int by_value(const void *a, const void *b)
{
    double x, y;

    memcpy(&x, a, sizeof(x));
    memcpy(&y, b, sizeof(y));
    return (x > y) - (x < y);
}

static void figure(const char *key, double value, const char *unit, const char *words)
{
    (void)printf("%-22s %12.3f %-10s %s\n", key, value, unit, words);
    (void)json_object_object_add(bench.figures, key, json_object_new_double(value));
}

static void quantiles(const char *p50, const char *p99, unsigned count, const char *words)
{
    qsort(samples, count, sizeof(samples[0]), by_value);
    figure(p50, samples[count / 2], "ms", words);
    figure(p99, samples[count * 99 / 100], "ms", "");
}

/* One page appended and synced, as SQLite's log grows, into space that the file already has. */
static void bare_fsync(void)
{
    static uint8_t page[4096];
    char path[300];
    int fd;

    (void)snprintf(path, sizeof(path), "%s/bare", bench.folder);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    for (unsigned i = 0; i < 2 * bench.count; i++) {
        double begin = now_ms();

        memset(page, (int)i, sizeof(page));
        if (fd < 0 || pwrite(fd, page, sizeof(page), (off_t)(i % bench.count) * 4096) != 4096 || fsync(fd) < 0)
            fail_with_errno("write and fsync");
        if (i >= bench.count)
            samples[i - bench.count] = now_ms() - begin;
    }
    (void)close(fd);
    quantiles("fsync_p50_ms", "fsync_p99_ms", bench.count, "write of one page and fsync, nothing else");
}

static void wait_for(uint64_t carried_out)
{
    struct hvc_store_progress progress;

    for (;;) {
        struct pollfd ready = {.fd = hvc_store_fd(bench.store), .events = POLLIN};

        hvc_store_collect(bench.store, &progress);
        if (progress.condition != HVC_STORE_GOOD)
            fail("writing ended", &progress.error);
        if (progress.carried_out >= carried_out)
            return;
        (void)poll(&ready, 1, 1000);
    }
}

static uint64_t carried_out(void)
{
    struct hvc_store_progress progress;

    hvc_store_collect(bench.store, &progress);
    return progress.carried_out;
}

static void submit(const struct hvc_store_record *record)
{
    struct hvc_error error;

    if (hvc_store_submit(bench.store, record, &error) < 0)
        fail("submit", &error);
}

static void submit_entry(void)
{
    static uint8_t bytes[OP];
    struct hvc_store_entry entry = {
        .index = ++bench.index, .epoch = 1, .kind = 1, .bytes = bytes, .length = sizeof(bytes)};

    submit(&(struct hvc_store_record){
        .seq = ++bench.seq, .entries = &entry, .entry_count = 1, .promised = 1, .node = 1, .voter = true});
}

static void commits(void)
{
    uint64_t done = carried_out();
    double begin;

    for (unsigned i = 0; i < bench.count; i++) {
        begin = now_ms();
        submit_entry();
        wait_for(++done);
        samples[i] = now_ms() - begin;
    }
    quantiles("commit_p50_ms", "commit_p99_ms", bench.count, "one entry, from submit to told");
    begin = now_ms();
    for (unsigned i = 0; i < bench.count; i++) {
        double batch = now_ms();

        for (unsigned k = 0; k < BATCH; k++)
            submit_entry();
        done += BATCH;
        wait_for(done);
        samples[i] = now_ms() - batch;
    }
    figure("batch_rate", (double)bench.count * BATCH / (now_ms() - begin) * 1e3, "entries/s", "256 outstanding");
    quantiles("batch_p50_ms", "batch_p99_ms", bench.count, "256 entries, from the first submit to the last told");
}

static uint8_t *random_bytes(size_t length, uint32_t seed)
{
    uint8_t *bytes = malloc(length + 1);
    uint32_t x = seed * 2654435761u + 1;

    if (bytes == NULL)
        abort();
    for (size_t i = 0; i < length; i++) {
        x = x * 1664525u + 1013904223u;
        bytes[i] = (uint8_t)(x >> 24);
    }
    return bytes;
}

static void snapshot(size_t length, const char *key, const char *words)
{
    struct hvc_store_snapshot snap = {
        .index = bench.index, .state = random_bytes(length, 7), .state_length = length, .release = free};
    struct hvc_store_record record = {.seq = ++bench.seq,
                                      .snapshot = &snap,
                                      .trim_to = bench.index,
                                      .promised = 1,
                                      .commit = bench.index,
                                      .node = 1,
                                      .voter = true};
    uint64_t done = carried_out();
    double begin = now_ms();

    snap.owner = (void *)(uintptr_t)snap.state;
    submit(&record);
    figure("submit_snapshot_ms", now_ms() - begin, "ms", "what the main loop waits for a snapshot");
    wait_for(done + 1);
    figure(key, now_ms() - begin, "ms", words);
}

static void documents(void)
{
    uint64_t done = carried_out();
    double begin = now_ms();

    for (unsigned i = 0; i < GUESTS; i++) {
        uint8_t *xml = random_bytes(XML, i);
        struct hvc_store_document document = {.bytes = xml, .length = XML};

        hvc_store_hash(xml, XML, document.hash);
        submit(&(struct hvc_store_record){.documents = &document, .document_count = 1});
        free(xml);
        if (i % 1024 == 1023)
            wait_for(done + i + 1);
    }
    wait_for(done + GUESTS);
    figure("documents_ms", now_ms() - begin, "ms", "8,000 definitions of 6 kB, hashed and stored");
}

static void read_documents(void)
{
    uint8_t(*hashes)[HVC_STORE_HASH_SIZE];
    struct hvc_error error;
    double begin = now_ms();
    size_t count;

    if (hvc_store_documents(bench.store, &hashes, &count, &error) < 0)
        fail("list", &error);
    for (size_t i = 0; i < count; i++) {
        char *bytes;
        size_t length;

        if (hvc_store_document(bench.store, hashes[i], &bytes, &length, &error) < 0)
            fail("read", &error);
        free(bytes);
    }
    free(hashes);
    figure("document_read_us", (now_ms() - begin) * 1e3 / (double)count, "us", "one definition, hash checked");
}

static int take_state(void *userdata, uint64_t offset, const void *bytes, size_t length)
{
    (void)bytes;
    *(uint64_t *)userdata = offset + length;
    return 0;
}

static int take_entry(void *userdata, const struct hvc_store_entry *entry)
{
    (void)userdata;
    (void)entry;
    return 0;
}

static void open_store(const char *key, const char *words)
{
    static const struct hvc_store_loader loader = {.state = take_state, .entry = take_entry};
    struct hvc_store_config config = {.directory = bench.folder};
    struct hvc_error error;
    double begin = now_ms();
    uint64_t length = 0;

    if (hvc_store_open(&config, &bench.store, &error) < 0)
        fail("open", &error);
    figure(key, now_ms() - begin, "ms", words);
    begin = now_ms();
    if (hvc_store_load(bench.store, &loader, &length, &error) < 0)
        fail("load", &error);
    if (length > 0)
        figure("load_ms", now_ms() - begin, "ms", "state and log given to their owners");
}

static void close_store(void)
{
    struct hvc_error error;
    double begin = now_ms();

    if (hvc_store_close(bench.store, &error) < 0)
        fail("close", &error);
    figure("close_ms", now_ms() - begin, "ms", "clean stop");
}

static void memory(void)
{
    char line[128];
    FILE *file = fopen("/proc/self/status", "r");
    long kib = 0;

    while (file != NULL && fgets(line, sizeof(line), file) != NULL)
        if (sscanf(line, "VmHWM: %ld", &kib) == 1)
            break;
    if (file != NULL)
        (void)fclose(file);
    figure("peak_mib", (double)kib / 1024, "MiB", "this process at its greatest");
}

static void backup(void)
{
    char path[300];
    struct hvc_error error;
    double begin = now_ms();

    (void)snprintf(path, sizeof(path), "%s/backup", bench.folder);
    if (hvc_store_backup(bench.store, path, &error) < 0)
        fail("backup", &error);
    figure("backup_ms", now_ms() - begin, "ms", "checked copy of the running store");
}

static void run(void)
{
    open_store("create_ms", "a new store");
    commits();
    documents();
    read_documents();
    snapshot((size_t)JOBS * JOB + (size_t)GUESTS * GUEST, "snapshot_ms", "state of 10,000 jobs and 8,000 guests");
    close_store();
    open_store("open_ms", "start with all of it: every page and checksum");
    backup();
    memory();
    close_store();
}

static void remove_folder(void)
{
    static const char *const names[] = {"bare", "backup", "hvcluster.db", "generation", "lock"};
    char path[512];

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", bench.folder, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(bench.folder);
}

int main(int argc, char **argv)
{
    const char *base = "/var/tmp", *json = NULL;
    uint64_t count = bench.count;
    int option;

    while ((option = getopt(argc, argv, "d:n:j:")) != -1) {
        if (option == 'd') {
            base = optarg;
        } else if (option == 'j') {
            json = optarg;
        } else if (option != 'n' || hvc_parse_u64(optarg, 10, SAMPLES_MAX, &count) < 0) {
            (void)fprintf(stderr, "usage: hvc-bench-store [-d FOLDER] [-n COUNT, 10 to %d] [-j FILE]\n", SAMPLES_MAX);
            return 2;
        }
    }
    bench.count = (unsigned)count;
    bench.figures = json_object_new_object();
    (void)snprintf(bench.folder, sizeof(bench.folder), "%s/hvc-bench-XXXXXX", base);
    if (mkdtemp(bench.folder) == NULL) {
        perror(bench.folder);
        return 1;
    }
    (void)atexit(remove_folder);
    bare_fsync();
    run();
    if (json != NULL && json_object_to_file_ext(json, bench.figures, JSON_C_TO_STRING_PRETTY) < 0) {
        (void)fprintf(stderr, "hvc-bench-store: cannot write %s\n", json);
        return 1;
    }
    (void)json_object_put(bench.figures);
    return 0;
}

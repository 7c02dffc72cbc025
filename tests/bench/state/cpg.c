/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hvc-bench-cpg GROUP MEMBERS serve: joins a CPG group and takes what is delivered, until a signal ends it.
 * hvc-bench-cpg GROUP MEMBERS ping COUNT BYTES OUTSTANDING: waits until the group has that many members, then sends
 * COUNT messages, at most OUTSTANDING of them not yet delivered back here, and prints rate and latency (from the send
 * to the own delivery, the only receipt that CPG gives) as one JSON object. Bare libcpg, nothing of ours in between.
 */
#include <corosync/cpg.h>
#include <errno.h>
#include <poll.h>
#include <sys/uio.h>
#include <unistd.h>

#include "hvc/clock.h"
#include "hvc/text.h"

enum { COUNT_MAX = 1000000, BYTES_MAX = 1000000, OUTSTANDING_MAX = 4096, PATIENCE_MS = 30000 };

static struct {
    cpg_handle_t handle;
    uint32_t node;
    uint64_t members, count, bytes, outstanding;
    size_t present, sent, delivered;
    double *begin, *latency; /* ms, by number of the message */
} bench;

static double now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int fail(const char *what, cs_error_t result)
{
    (void)fprintf(stderr, "hvc-bench-cpg: %s: %s\n", what, cs_strerror(result));
    return 1;
}

static void on_deliver(cpg_handle_t handle, const struct cpg_name *group, uint32_t node, uint32_t pid, void *bytes,
                       size_t length)
{
    (void)handle, (void)group, (void)bytes, (void)length;
    /* One sender sends in order, so that the number of a message need not be read from it. */
    if (node == bench.node && pid == (uint32_t)getpid() && bench.delivered < bench.count) {
        bench.latency[bench.delivered] = now_ms() - bench.begin[bench.delivered];
        bench.delivered++;
    }
}

static void on_group(cpg_handle_t handle, const struct cpg_name *group, const struct cpg_address *members, size_t count,
                     const struct cpg_address *left, size_t left_count, const struct cpg_address *joined,
                     size_t joined_count)
{
    (void)handle, (void)group, (void)members, (void)left, (void)left_count, (void)joined, (void)joined_count;
    bench.present = count;
}

static cs_error_t join(const char *name)
{
    cpg_model_v1_data_t model = {.model = CPG_MODEL_V1, .cpg_deliver_fn = on_deliver, .cpg_confchg_fn = on_group};
    struct cpg_name group = {.length = (uint32_t)strlen(name)};
    cs_error_t result;

    memcpy(group.value, name, group.length);
    result = cpg_model_initialize(&bench.handle, CPG_MODEL_V1, (cpg_model_data_t *)(void *)&model, NULL);
    if (result == CS_OK)
        result = cpg_local_get(bench.handle, &bench.node);
    return result == CS_OK ? cpg_join(bench.handle, &group) : result;
}

/* Sends one message; false when corosync's queue is full. */
static bool send_one(cs_error_t *ret_result)
{
    static uint8_t bytes[BYTES_MAX];
    struct iovec part = {bytes, bench.bytes};

    bench.begin[bench.sent] = now_ms();
    *ret_result = cpg_mcast_joined(bench.handle, CPG_TYPE_AGREED, &part, 1);
    if (*ret_result == CS_OK)
        bench.sent++;
    return *ret_result == CS_OK;
}

static cs_error_t ping(void)
{
    while (bench.delivered < bench.count) {
        struct pollfd ready = {.events = POLLIN};
        cs_error_t result = CS_OK;

        while (bench.sent < bench.count && bench.sent - bench.delivered < bench.outstanding && send_one(&result))
            continue;
        if (result != CS_OK && result != CS_ERR_TRY_AGAIN)
            return result;
        if (cpg_fd_get(bench.handle, &ready.fd) != CS_OK || poll(&ready, 1, PATIENCE_MS) <= 0)
            return CS_ERR_TIMEOUT;
        result = cpg_dispatch(bench.handle, CS_DISPATCH_ALL);
        if (result != CS_OK)
            return result;
    }
    return CS_OK;
}

static cs_error_t wait_for_members(void)
{
    uint64_t deadline = hvc_deadline_in(PATIENCE_MS);

    while (bench.present != bench.members) {
        struct pollfd ready = {.events = POLLIN};
        cs_error_t result = cpg_fd_get(bench.handle, &ready.fd);

        if (result != CS_OK)
            return result;
        if (hvc_deadline_left(deadline) == 0 || poll(&ready, 1, (int)hvc_deadline_left(deadline)) <= 0)
            return CS_ERR_TIMEOUT;
        result = cpg_dispatch(bench.handle, CS_DISPATCH_ALL);
        if (result != CS_OK)
            return result;
    }
    return CS_OK;
}

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static int run_ping(void)
{
    double begin, seconds;
    cs_error_t result;

    bench.begin = calloc(bench.count, sizeof(double));
    bench.latency = calloc(bench.count, sizeof(double));
    if (bench.begin == NULL || bench.latency == NULL)
        return fail("memory", CS_ERR_NO_MEMORY);
    result = wait_for_members();
    if (result != CS_OK)
        return fail("waiting for the members of the group", result);
    begin = now_ms();
    result = ping();
    seconds = (now_ms() - begin) / 1e3;
    if (result != CS_OK)
        return fail("sending", result);
    qsort(bench.latency, bench.count, sizeof(double), by_value);
    (void)printf("{\"rate\": %.1f, \"p50_ms\": %.3f, \"p99_ms\": %.3f}\n", (double)bench.count / seconds,
                 bench.latency[bench.count / 2], bench.latency[bench.count * 99 / 100]);
    free(bench.begin);
    free(bench.latency);
    return 0;
}

static int usage(void)
{
    (void)fputs("usage: hvc-bench-cpg GROUP MEMBERS serve | ping COUNT BYTES OUTSTANDING\n", stderr);
    return 2;
}

int main(int argc, char **argv)
{
    bool pings = argc == 7 && strcmp(argv[3], "ping") == 0;
    cs_error_t result;

    if ((!pings && (argc != 4 || strcmp(argv[3], "serve") != 0)) || strlen(argv[1]) >= CPG_MAX_NAME_LENGTH ||
        hvc_parse_u64(argv[2], 1, HVC_NODES_MAX, &bench.members) < 0)
        return usage();
    if (pings && (hvc_parse_u64(argv[4], 1, COUNT_MAX, &bench.count) < 0 ||
                  hvc_parse_u64(argv[5], 1, BYTES_MAX, &bench.bytes) < 0 ||
                  hvc_parse_u64(argv[6], 1, OUTSTANDING_MAX, &bench.outstanding) < 0))
        return usage();
    result = join(argv[1]);
    if (result != CS_OK)
        return fail("joining the group", result);
    if (pings)
        return run_ping();
    result = cpg_dispatch(bench.handle, CS_DISPATCH_BLOCKING);
    return fail("dispatching", result);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a question over libqb costs a fresh process, for both transports and several buffer sizes: connect, 4000 bytes
 * there, 400 back, disconnect, 200 processes each. `hvc-bench-ipc` prints the table; docs/design/ipc.md holds one.
 * `hvc-bench-ipc once SERVICE DIRECTORY` asks a running hvclusterd for its moves once, for hvc-measure.
 */
#include <errno.h>
#include <qb/qbipcc.h>
#include <qb/qbipcs.h>
#include <qb/qbloop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hvc/client.h"
#include "hvc/text.h"

enum { RUNS = 200, QUESTION = 4000, ANSWER = 400 };

static qb_loop_t *loop;

static int32_t accept_all(qb_ipcs_connection_t *c, uid_t uid, gid_t gid)
{
    (void)c, (void)uid, (void)gid;
    return 0;
}

static int32_t answer(qb_ipcs_connection_t *c, void *data, size_t size)
{
    char text[ANSWER] = {0};
    struct qb_ipc_response_header header = {.size = ANSWER};

    (void)data, (void)size;
    memcpy(text, &header, sizeof(header));
    return qb_ipcs_response_send(c, text, sizeof(text)) < 0 ? -1 : 0;
}

static int32_t add(enum qb_loop_priority p, int32_t fd, int32_t events, void *data, qb_ipcs_dispatch_fn_t fn)
{
    return qb_loop_poll_add(loop, p, fd, events, data, fn);
}

static int32_t mod(enum qb_loop_priority p, int32_t fd, int32_t events, void *data, qb_ipcs_dispatch_fn_t fn)
{
    return qb_loop_poll_mod(loop, p, fd, events, data, fn);
}

static int32_t del(int32_t fd)
{
    return qb_loop_poll_del(loop, fd);
}

static int32_t job(enum qb_loop_priority p, void *data, qb_loop_job_dispatch_fn fn)
{
    return qb_loop_job_add(loop, p, data, fn);
}

static int32_t on_term(int32_t signal_number, void *data)
{
    (void)signal_number;
    qb_ipcs_destroy(data);
    qb_loop_stop(loop);
    return 0;
}

static void serve(const char *name, enum qb_ipc_type type, int ready)
{
    struct qb_ipcs_service_handlers handlers = {.connection_accept = accept_all, .msg_process = answer};
    struct qb_ipcs_poll_handlers polls = {job, add, mod, del};
    qb_ipcs_service_t *service = qb_ipcs_create(name, 0, type, &handlers);
    qb_loop_signal_handle handle;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    loop = qb_loop_create();
    qb_ipcs_poll_handlers_set(service, &polls);
    (void)qb_loop_signal_add(loop, QB_LOOP_HIGH, SIGTERM, service, on_term, &handle);
    if (qb_ipcs_run(service) != 0 || write(ready, "r", 1) != 1)
        _exit(1);
    qb_loop_run(loop);
    _exit(0);
}

static int ask(const char *name, size_t buffer)
{
    char *text = calloc(1, buffer + QUESTION);
    struct qb_ipc_request_header header = {.size = QUESTION};
    struct iovec piece = {text, QUESTION};
    qb_ipcc_connection_t *c;
    ssize_t got = 0;

    if (buffer == 0) { /* the price of the process alone */
        free(text);
        return 0;
    }
    c = qb_ipcc_connect(name, buffer);
    if (c == NULL || text == NULL)
        return 1;
    memcpy(text, &header, sizeof(header));
    got = qb_ipcc_sendv_recv(c, &piece, 1, text, buffer, 5000);
    qb_ipcc_disconnect(c);
    free(text);
    return got == ANSWER ? 0 : 1;
}

static int ask_once(const char *service, const char *directory)
{
    const struct hvc_client_options options = {service, directory};
    HVC_CLEANUP(client) struct hvc_client *client = NULL;
    HVC_CLEANUP(record) struct hvc_record *request = NULL;
    HVC_CLEANUP(record) struct hvc_record *response = NULL;
    struct hvc_record *args = NULL;
    struct hvc_error error = {0};
    uint64_t deadline = hvc_deadline_in(5000);

    request = hvc_request_new("move.list", &args);
    if (hvc_client_connect(&options, deadline, &client, &error) < 0 ||
        hvc_client_call(client, request, deadline, &response, &error) < 0) {
        (void)fprintf(stderr, "hvc-bench-ipc: %s\n", error.text);
        return 1;
    }
    return hvc_response_result(response) == HVC_RESULT_OK ? 0 : 1;
}

static double milliseconds(struct timeval t)
{
    return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

static double now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static int run_once(const char *name, size_t buffer, double *ret_wall, double *ret_cpu)
{
    double begin = now_ms();
    struct rusage usage;
    char size[24];
    int status = 1;
    pid_t pid;

    (void)snprintf(size, sizeof(size), "%zu", buffer);
    pid = fork();
    if (pid == 0) {
        (void)execl("/proc/self/exe", "hvc-bench-ipc", "ask", name, size, (char *)NULL);
        _exit(127);
    }
    if (pid < 0 || wait4(pid, &status, 0, &usage) != pid || status != 0)
        return -EIO;
    *ret_wall = now_ms() - begin;
    *ret_cpu = milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime);
    return 0;
}

static int measure(const char *word, enum qb_ipc_type type, size_t buffer)
{
    static double wall[RUNS], cpu[RUNS];
    struct rusage server = {0};
    char name[64], byte;
    int ready[2], rc = 0;
    pid_t pid;

    (void)snprintf(name, sizeof(name), "hvc-bench-%s-%d-%zu", word, (int)getpid(), buffer);
    if (pipe(ready) < 0)
        return -errno;
    pid = fork();
    if (pid == 0)
        serve(name, type, ready[1]);
    (void)close(ready[1]);
    if (pid < 0 || read(ready[0], &byte, 1) != 1)
        rc = -EIO;
    (void)close(ready[0]);
    for (unsigned i = 0; rc == 0 && i < RUNS; i++)
        rc = run_once(name, buffer, &wall[i], &cpu[i]);
    if (pid > 0 && (kill(pid, SIGTERM) < 0 || wait4(pid, NULL, 0, &server) != pid))
        rc = -EIO;
    if (rc < 0)
        return rc;
    qsort(wall, RUNS, sizeof(wall[0]), compare);
    qsort(cpu, RUNS, sizeof(cpu[0]), compare);
    (void)printf("%-6s  %9zu  %8.2f  %8.2f  %8.2f  %8.2f\n", word, buffer, wall[RUNS / 2], wall[RUNS * 95 / 100],
                 cpu[RUNS / 2], (milliseconds(server.ru_utime) + milliseconds(server.ru_stime)) / RUNS);
    return 0;
}

int main(int argc, char **argv)
{
    static const size_t buffers[] = {0, 16384, 65536, 262144, 524288};
    uint64_t buffer = 0;
    int rc = 0;

    if (argc == 4 && strcmp(argv[1], "ask") == 0)
        return hvc_parse_u64(argv[3], 0, 1 << 20, &buffer) < 0 ? 2 : ask(argv[2], (size_t)buffer);
    if (argc == 4 && strcmp(argv[1], "once") == 0)
        return ask_once(argv[2], argv[3]);
    if (argc != 1) {
        (void)fputs("usage: hvc-bench-ipc [once SERVICE DIRECTORY]\n", stderr);
        return 2;
    }
    (void)puts(
        "type       buffer   wall ms  wall p95    CPU ms  server's CPU ms   (medians of 200 processes; buffer 0: "
        "the process alone)");
    for (size_t i = 0; rc == 0 && i < sizeof(buffers) / sizeof(buffers[0]); i++) {
        rc = measure("shm", QB_IPC_SHM, buffers[i]);
        if (rc == 0)
            rc = measure("socket", QB_IPC_SOCKET, buffers[i]);
    }
    return rc < 0 ? 1 : 0;
}

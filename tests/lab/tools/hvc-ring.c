/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hvc-ring [--trace | --record] GROUP SECONDS [MESSAGES-PER-SECOND]: joins a CPG group through the ring adapter, sends
 * numbered messages and prints what comes, one line an event. --trace: corosync's callbacks as well. --record: only
 * those, each behind its time (tests/sim/traces/README.md). SIGTERM: it leaves the group and ends. For tests in the lab
 * and for a look by hand.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "hvc/clock.h"
#include "hvc/ring.h"
#include "hvc/text.h"

static void print_trace(void *context, const char *line)
{
    (void)context;
    (void)printf("trace %s\n", line);
}

static void print_record(void *context, const char *line)
{
    struct timespec now;

    (void)context;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    (void)printf("%jd.%06ld %s\n", (intmax_t)now.tv_sec, now.tv_nsec / 1000, line);
}

static void print_event(struct hvc_ring *ring, const struct hvc_replication_event *event)
{
    char name[HVC_NODE_NAME_MAX];

    switch ((int)event->kind) {
    case HVC_REPLICATION_VIEW:
        (void)printf("view ring=%u.%" PRIu64 " members=", event->view.ring.node, event->view.ring.seq);
        for (unsigned i = 0; i < event->view.count; i++)
            (void)printf("%s%u/%u", i == 0 ? "" : ",", event->view.members[i].node, event->view.members[i].pid);
        break;
    case HVC_REPLICATION_VIEW_END:
        (void)printf("view-end");
        break;
    case HVC_REPLICATION_QUORUM:
        (void)printf("quorum ring=%u.%" PRIu64 " quorate=%d votes=%u expected=%u quorum=%u modes=%u nodes=",
                     event->quorum.ring.node, event->quorum.ring.seq, event->quorum.quorate, event->quorum.votes,
                     event->quorum.expected, event->quorum.quorum, event->quorum.modes);
        for (unsigned i = 0; i < event->quorum.count; i++)
            (void)printf("%s%u:%u:%s", i == 0 ? "" : ",", event->quorum.nodes[i].node, event->quorum.nodes[i].votes,
                         hvc_ring_name(ring, event->quorum.nodes[i].node, name) == 0 ? name : "?");
        break;
    case HVC_REPLICATION_MESSAGE:
        (void)printf("message node=%u length=%zu", event->message.node, event->message.length);
        break;
    default:
        (void)printf("event kind=%d", (int)event->kind);
        break;
    }
    (void)printf("\n");
}

static void print_status(struct hvc_ring *ring)
{
    struct hvc_ring_status status;

    hvc_ring_status(ring, &status);
    (void)printf("status %s try_again=%" PRIu64 " reconnects=%" PRIu64 " %s\n", hvc_ring_health_name(status.health),
                 status.try_again, status.reconnects, status.last.text);
}

/* What was asked for, and what has been done of it. */
struct task {
    struct hvc_ring *ring;
    bool quiet;                                        /* no events */
    uint64_t rate, begin, due_before, sent, status_at; /* due_before: sent when the time began to count */
};

/* As many messages as are due by now: "NODE/PID#NUMBER". */
static void send_due(struct task *task)
{
    uint64_t due = task->due_before + (hvc_now_ms() - task->begin) * task->rate / 1000;
    int result = 0;

    while (task->sent < due && result == 0) {
        char text[64];
        int length =
            snprintf(text, sizeof(text), "%u/%d#%" PRIu64, hvc_ring_node(task->ring), (int)getpid(), task->sent + 1);

        result = hvc_ring_send(task->ring, text, (size_t)length);
        if (result == 0)
            task->sent++;
        else if (!task->quiet)
            (void)printf("send %s\n", strerror(-result));
    }
    if (result != 0) { /* what could not be sent is not made up for later */
        task->begin = hvc_now_ms();
        task->due_before = task->sent;
    }
}

static atomic_bool ended;

static void end_it(int number)
{
    (void)number;
    atomic_store(&ended, true);
}

static void run(struct task *task, uint64_t end)
{
    while (hvc_deadline_left(end) > 0 && !atomic_load(&ended)) {
        struct pollfd fd = {.fd = hvc_ring_fd(task->ring), .events = POLLIN};
        struct hvc_replication_event event;

        if (poll(&fd, 1, 10) < 0 && errno != EINTR)
            break;
        while (hvc_ring_next(task->ring, &event)) {
            if (!task->quiet)
                print_event(task->ring, &event);
        }
        if (task->rate > 0)
            send_due(task);
        hvc_ring_flush(task->ring);
        if (!task->quiet && hvc_now_ms() >= task->status_at) {
            print_status(task->ring);
            task->status_at = hvc_now_ms() + 1000;
        }
    }
}

int main(int argc, char **argv)
{
    const struct sigaction terminate = {.sa_handler = end_it};
    struct hvc_error error = {0};
    struct task task = {0};
    hvc_ring_trace_fn trace = NULL;
    uint64_t seconds;

    if (argc > 1 && strcmp(argv[1], "--record") == 0) {
        trace = print_record;
        task.quiet = true;
    } else if (argc > 1 && strcmp(argv[1], "--trace") == 0) {
        trace = print_trace;
    }
    if (trace != NULL) {
        argc--;
        argv++;
    }
    if (argc < 3 || hvc_parse_u64(argv[2], 1, 86400, &seconds) != 0 ||
        (argc > 3 && hvc_parse_u64(argv[3], 0, 100000, &task.rate) != 0)) {
        (void)fputs("usage: hvc-ring [--trace | --record] GROUP SECONDS [MESSAGES-PER-SECOND]\n", stderr);
        return 2;
    }
    if (setvbuf(stdout, NULL, _IOLBF, 0) != 0)
        return 1;
    (void)sigaction(SIGTERM, &terminate, NULL);
    if (task.quiet)
        (void)printf("# hvc-ring pid=%d\n", (int)getpid());
    if (hvc_ring_open_traced(argv[1], trace, NULL, &task.ring, &error) != 0) {
        (void)fprintf(stderr, "hvc-ring: %s\n", error.text);
        return 1;
    }
    task.begin = task.status_at = hvc_now_ms();
    run(&task, hvc_deadline_in(seconds * 1000));
    return hvc_ring_close(task.ring, 2000) == 0 ? 0 : 1;
}

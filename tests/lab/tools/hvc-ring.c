/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hvc-ring GROUP SECONDS [MESSAGES-PER-SECOND]: joins a CPG group through the ring adapter and prints what comes, one
 * line an event, and with --trace (before the group) corosync's callbacks as well. For tests in the lab and for a look
 * by hand.
 */
#include <inttypes.h>
#include <poll.h>
#include <unistd.h>

#include "hvc/clock.h"
#include "hvc/ring.h"
#include "hvc/text.h"

static void print_trace(void *context, const char *line)
{
    (void)context;
    (void)printf("trace %s\n", line);
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

int main(int argc, char **argv)
{
    struct hvc_error error = {0};
    struct hvc_ring *ring;
    uint64_t seconds, rate = 0, end, next, status_at;
    int first = argc > 1 && strcmp(argv[1], "--trace") == 0 ? 2 : 1;

    if (argc - first < 2 || hvc_parse_u64(argv[first + 1], 1, 86400, &seconds) != 0 ||
        (argc - first > 2 && hvc_parse_u64(argv[first + 2], 0, 1000, &rate) != 0)) {
        (void)fputs("usage: hvc-ring [--trace] GROUP SECONDS [MESSAGES-PER-SECOND]\n", stderr);
        return 2;
    }
    if (setvbuf(stdout, NULL, _IOLBF, 0) != 0 || hvc_ring_open(argv[first], &ring, &error) != 0) {
        (void)fprintf(stderr, "hvc-ring: %s\n", error.text);
        return 1;
    }
    if (first == 2)
        hvc_ring_trace(ring, print_trace, NULL);
    end = hvc_deadline_in(seconds * 1000);
    next = status_at = hvc_now_ms();
    while (hvc_deadline_left(end) > 0) {
        struct pollfd fd = {.fd = hvc_ring_fd(ring), .events = POLLIN};
        struct hvc_replication_event event;

        if (poll(&fd, 1, 10) < 0)
            break;
        while (hvc_ring_next(ring, &event))
            print_event(ring, &event);
        if (rate > 0 && hvc_now_ms() >= next) {
            int result = hvc_ring_send(ring, "ping", 4);

            if (result != 0)
                (void)printf("send %s\n", strerror(-result));
            next = hvc_now_ms() + 1000 / rate;
        }
        if (hvc_now_ms() >= status_at) {
            print_status(ring);
            status_at = hvc_now_ms() + 1000;
        }
    }
    return hvc_ring_close(ring, 2000) == 0 ? 0 : 1;
}

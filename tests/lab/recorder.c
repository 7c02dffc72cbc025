/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hvc-lab-recorder ADDRESS PORT FILE: listens for the serial line of one guest. Every emulator that holds a copy of the
 * guest connects from its own node, so the recorder sees which node's copy ran when. It judges nothing (serial_log.h
 * reads the file): one line an event, times in nanoseconds of the Unix clock, taken once and carried on by the
 * monotonic clock, so that they never jump:
 *     TIME open CONNECTION PEER-ADDRESS
 *     TIME data CONNECTION HEX
 *     TIME close CONNECTION
 * When several connections have something to tell, the older one is written first: what an emulator sent before its
 * guest went elsewhere then stands before what the new place sent.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hvc/text.h"

enum { CONNECTIONS_MAX = 32 };

struct connection {
    int fd;
    unsigned number;
};

static struct connection connections[CONNECTIONS_MAX]; /* in the order in which they came */
static size_t count;

static int64_t clock_ns(clockid_t clock)
{
    struct timespec now;

    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t now_ns(void)
{
    static int64_t offset;

    if (offset == 0)
        offset = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC);
    return clock_ns(CLOCK_MONOTONIC) + offset;
}

/* The emulator of a node that lost power says no goodbye. */
static void find_out_death(int fd)
{
    const int yes = 1, idle_s = 10, interval_s = 5, probes = 3;

    if (setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof(yes)) != 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s)) != 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof(interval_s)) != 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes)) != 0)
        fprintf(stderr, "hvc-lab-recorder: keepalive: %s\n", strerror(errno));
}

static void welcome(int listen_fd, FILE *log)
{
    static unsigned last_number;
    struct sockaddr_in peer = {.sin_family = AF_INET};
    socklen_t size = sizeof(peer);
    char text[INET_ADDRSTRLEN] = "?";
    int fd = accept4(listen_fd, (struct sockaddr *)&peer, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (fd < 0)
        return;
    if (count == CONNECTIONS_MAX) {
        fprintf(stderr, "hvc-lab-recorder: more than %d connections; one is refused\n", CONNECTIONS_MAX);
        (void)close(fd);
        return;
    }
    find_out_death(fd);
    connections[count] = (struct connection){.fd = fd, .number = ++last_number};
    (void)inet_ntop(AF_INET, &peer.sin_addr, text, sizeof(text));
    fprintf(log, "%" PRId64 " open %u %s\n", now_ns(), connections[count].number, text);
    count++;
}

/* False when the connection has ended. */
static bool hear(const struct connection *connection, FILE *log)
{
    unsigned char bytes[4096];
    ssize_t n = recv(connection->fd, bytes, sizeof(bytes), 0);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    if (n <= 0) {
        fprintf(log, "%" PRId64 " close %u\n", now_ns(), connection->number);
        return false;
    }
    fprintf(log, "%" PRId64 " data %u ", now_ns(), connection->number);
    for (ssize_t i = 0; i < n; i++)
        fprintf(log, "%02x", bytes[i]);
    fputc('\n', log);
    return true;
}

static void hear_all(const struct pollfd *polls, FILE *log)
{
    size_t kept = 0, polled = count;

    for (size_t i = 0; i < polled; i++) {
        if (polls[i].revents == 0 || hear(&connections[i], log))
            connections[kept++] = connections[i];
        else
            (void)close(connections[i].fd);
    }
    count = kept;
}

static void record(int listen_fd, FILE *log)
{
    for (;;) {
        struct pollfd polls[CONNECTIONS_MAX + 1];
        int n;

        for (size_t i = 0; i < count; i++)
            polls[i] = (struct pollfd){.fd = connections[i].fd, .events = POLLIN};
        polls[count] = (struct pollfd){.fd = listen_fd, .events = POLLIN};
        n = poll(polls, count + 1, -1);
        if (n > 0) {
            bool somebody_new = polls[count].revents != 0;

            hear_all(polls, log);
            if (somebody_new)
                welcome(listen_fd, log);
        }
        (void)fflush(log);
    }
}

static int listen_at(const char *host, const char *service)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
    uint64_t port;

    if (hvc_parse_u64(service, 1, 65535, &port) < 0 || inet_pton(AF_INET, host, &address.sin_addr) != 1)
        return -EINVAL;
    address.sin_port = htons((uint16_t)port);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) != 0 ||
        bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, CONNECTIONS_MAX) != 0)
        return -errno;
    return fd;
}

int main(int argc, char **argv)
{
    FILE *log;
    int fd;

    if (argc != 4) {
        fprintf(stderr, "usage: hvc-lab-recorder ADDRESS PORT FILE\n");
        return 2;
    }
    (void)prctl(PR_SET_NAME, "hvc-lab-record");
    fd = listen_at(argv[1], argv[2]);
    log = fopen(argv[3], "ae");
    if (fd < 0 || !log) {
        fprintf(stderr, "hvc-lab-recorder: %s %s, %s: %s\n", argv[1], argv[2], argv[3], strerror(fd < 0 ? -fd : errno));
        return 1;
    }
    if (daemon(0, 1) != 0) /* the caller knows from its end that connections are taken */
        return 1;
    record(fd, log);
}

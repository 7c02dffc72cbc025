/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether an address answers: a TCP connection to it is begun and closed. QEMU listens there only while a guest comes,
 * so that "connection refused" is the usual answer, and it is one: the way there and back is open. A firewall that
 * refuses in the target's name is not told apart.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hvc/bounded_call.h"
#include "hvc/cleanup.h"
#include "internal.h"

#define FIRST_PORT "49152" /* of libvirt's range for migration (migration_port_min in qemu.conf) */

/* A name server that is gone keeps getaddrinfo for as long as it likes. */
static struct hvc_bounded_limit resolvers = {.max_stuck = 8};

struct probe {
    char host[256], port[16];
    uint64_t deadline_ms;
    struct hvc_fit_answer answer;
};

static int wait_for(int fd, uint64_t deadline_ms)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    uint64_t left = hvc_deadline_left(deadline_ms);
    int failure = 0;
    socklen_t length = sizeof(failure);

    if (poll(&p, 1, left > 60000 ? 60000 : (int)left) <= 0)
        return ETIMEDOUT;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &length) < 0 ? errno : failure;
}

/* 0 or an errno. */
static int connect_to(const struct addrinfo *address, uint64_t deadline_ms)
{
    HVC_CLEANUP(fd) int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return errno;
    if (connect(fd, address->ai_addr, address->ai_addrlen) == 0)
        return 0;
    return errno == EINPROGRESS ? wait_for(fd, deadline_ms) : errno;
}

static void try_all(struct probe *probe, const struct addrinfo *list)
{
    int failure = EHOSTUNREACH;

    for (const struct addrinfo *a = list; a != NULL; a = a->ai_next) {
        failure = connect_to(a, probe->deadline_ms);
        if (failure == 0 || failure == ECONNREFUSED) {
            probe->answer.is = HVC_TELL_YES;
            return;
        }
    }
    probe->answer.is = HVC_TELL_NO;
    (void)snprintf(probe->answer.words, sizeof(probe->answer.words), "%.120s port %s: %.40s", probe->host, probe->port,
                   strerror(failure));
}

static void run_probe(void *context)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    struct addrinfo *list = NULL;
    struct probe *probe = context;
    int failure = getaddrinfo(probe->host, probe->port, &hints, &list);

    if (failure != 0) {
        probe->answer.is = HVC_TELL_NO;
        (void)snprintf(probe->answer.words, sizeof(probe->answer.words), "%.120s: %s", probe->host,
                       gai_strerror(failure));
        return;
    }
    try_all(probe, list);
    freeaddrinfo(list);
}

/* "tcp://host:port", "tcp://[fd00::1]", "tcp://host/..." */
static bool split(const char *uri, struct probe *probe)
{
    const char *p = strstr(uri, "://"), *end;

    if (p == NULL)
        return false;
    p += 3;
    end = *p == '[' ? strchr(++p, ']') : p + strcspn(p, ":/?");
    if (end == NULL || end == p || (size_t)(end - p) >= sizeof(probe->host))
        return false;
    memcpy(probe->host, p, (size_t)(end - p));
    end += *end == ']' ? 1 : 0;
    (void)snprintf(probe->port, sizeof(probe->port), "%.*s", *end == ':' ? (int)strspn(end + 1, "0123456789") : 0,
                   *end == ':' ? end + 1 : "");
    if (probe->port[0] == '\0')
        memcpy(probe->port, FIRST_PORT, sizeof(FIRST_PORT));
    return true;
}

struct hvc_fit_answer checks_reach(const char *uri, uint64_t deadline_ms)
{
    struct hvc_fit_answer answer = {.is = HVC_TELL_UNKNOWN, .words = "the address cannot be told from its URI"};
    struct probe *probe = calloc(1, sizeof(*probe));
    int result;

    if (probe == NULL || !split(uri, probe)) {
        free(probe);
        return answer;
    }
    probe->deadline_ms = deadline_ms;
    /* a little more than the connection has: what hangs then is the resolver */
    result = hvc_bounded_call(&resolvers, run_probe, free, probe, deadline_ms + 200);
    if (result < 0) {
        (void)snprintf(answer.words, sizeof(answer.words), "the name service does not answer: %s", strerror(-result));
        return answer;
    }
    answer = probe->answer;
    free(probe);
    return answer;
}

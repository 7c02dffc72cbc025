/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reach.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hvc/clock.h"
#include "node_facts.h"

/* Refused is an answer, too. */
static int result_of(int error)
{
    return error == 0 || error == ECONNREFUSED ? 0 : -error;
}

/* -EINPROGRESS: *ret_fd tells by and by. */
static int begin(const struct hvc_address *address, uint16_t port, int *ret_fd)
{
    struct sockaddr_storage name;
    socklen_t length = hvc_address_name(address, port, &name);
    int fd = socket(name.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), result;

    if (fd < 0)
        return -errno;
    result = connect(fd, (const struct sockaddr *)&name, length) == 0 ? 0 : result_of(errno);
    if (result == -EINPROGRESS)
        *ret_fd = fd;
    else
        (void)close(fd);
    return result;
}

static int outcome(int fd)
{
    socklen_t length = sizeof(int);
    int error = 0;

    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0 ? -errno : result_of(error);
}

void hvc_reach(const struct hvc_address *addresses, unsigned count, uint16_t port, uint64_t wait_ms, int *results)
{
    uint64_t until_ms = hvc_deadline_in(wait_ms);
    struct pollfd fds[HVC_ADDRESSES_MAX];
    unsigned open = 0;

    for (unsigned i = 0; i < count; i++) {
        fds[i] = (struct pollfd){.fd = -1, .events = POLLOUT};
        results[i] = begin(&addresses[i], port, &fds[i].fd);
        open += fds[i].fd >= 0;
    }
    while (open > 0 && hvc_deadline_left(until_ms) > 0) {
        (void)poll(fds, count, (int)hvc_deadline_left(until_ms)); /* EINTR: looked at again */
        for (unsigned i = 0; i < count; i++) {
            if (fds[i].fd < 0 || fds[i].revents == 0)
                continue;
            results[i] = outcome(fds[i].fd);
            (void)close(fds[i].fd);
            fds[i].fd = -1;
            open--;
        }
    }
    for (unsigned i = 0; i < count; i++) {
        if (fds[i].fd < 0)
            continue;
        results[i] = -ETIMEDOUT;
        (void)close(fds[i].fd);
    }
}

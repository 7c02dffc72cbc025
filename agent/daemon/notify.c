/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "hvc/cleanup.h"
#include "hvc/text.h"

int hvc_notify(const char *state)
{
    HVC_CLEANUP(fd) int fd = -1;
    const char *path = getenv("NOTIFY_SOCKET"); /* NOLINT(concurrency-mt-unsafe): nobody sets variables */
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    socklen_t length;

    if (path == NULL || path[0] == '\0')
        return 0;
    if ((path[0] != '/' && path[0] != '@') || hvc_text_copy(address.sun_path, sizeof(address.sun_path), path) < 0)
        return -EINVAL;
    length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path) + (path[0] == '/' ? 1 : 0));
    if (path[0] == '@')
        address.sun_path[0] = '\0'; /* the abstract namespace */
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    if (sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&address, length) < 0)
        return -errno;
    return 0;
}

uint64_t hvc_notify_watchdog_ms(void)
{
    const char *pid_text = getenv("WATCHDOG_PID");   /* NOLINT(concurrency-mt-unsafe): nobody sets variables */
    const char *usec_text = getenv("WATCHDOG_USEC"); /* NOLINT(concurrency-mt-unsafe) */
    uint64_t pid = 0, usec = 0;

    if (hvc_parse_u64(usec_text, 2000, UINT64_MAX, &usec) < 0)
        return 0;
    if (pid_text != NULL && (hvc_parse_u64(pid_text, 1, INT32_MAX, &pid) < 0 || pid != (uint64_t)getpid()))
        return 0;
    return usec / 2000;
}

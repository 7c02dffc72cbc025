/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "listen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "hvc/cleanup.h"
#include "hvc/text.h"

enum { FIRST_FD = 3 /* SD_LISTEN_FDS_START */, BACKLOG = 128 };

static bool has_option(int fd, int option, int wanted)
{
    int value = 0;
    socklen_t length = sizeof(value);

    return getsockopt(fd, SOL_SOCKET, option, &value, &length) == 0 && value == wanted;
}

int hvc_auth_listen_inherited(int *ret_fd, struct hvc_error *error)
{
    const char *pid_text = getenv("LISTEN_PID"), *count_text = getenv("LISTEN_FDS"); /* NOLINT(concurrency-mt-unsafe) */
    uint64_t pid = 0, count = 0;
    bool ours = pid_text != NULL && count_text != NULL && hvc_parse_u64(pid_text, 1, INT32_MAX, &pid) == 0 &&
                pid == (uint64_t)getpid();
    bool one = ours && hvc_parse_u64(count_text, 1, 1, &count) == 0;

    (void)unsetenv("LISTEN_PID"); /* NOLINT(concurrency-mt-unsafe): one thread */
    (void)unsetenv("LISTEN_FDS"); /* NOLINT(concurrency-mt-unsafe) */
    if (!ours)
        return hvc_error_set(error, -ENOENT,
                             "no socket was handed over: start hvcluster-auth.socket, or name a path with --socket");
    if (!one)
        return hvc_error_set(error, -EINVAL, "one socket is wanted from systemd; look at hvcluster-auth.socket");
    if (!has_option(FIRST_FD, SO_DOMAIN, AF_UNIX) || !has_option(FIRST_FD, SO_TYPE, SOCK_SEQPACKET) ||
        !has_option(FIRST_FD, SO_ACCEPTCONN, 1))
        return hvc_error_set(error, -EINVAL,
                             "what systemd handed over is no listening UNIX socket of packets: hvcluster-auth.socket "
                             "wants ListenSequentialPacket= and Accept=no");
    if (fcntl(FIRST_FD, F_SETFD, FD_CLOEXEC) < 0 || fcntl(FIRST_FD, F_SETFL, O_NONBLOCK) < 0)
        return hvc_error_set(error, -errno, "cannot set up the socket: %s", strerror(errno));
    *ret_fd = FIRST_FD;
    return 0;
}

/* Makes way for bind(2): only a socket whose server is gone is removed. */
static int clear_path(const struct sockaddr_un *address, struct hvc_error *error)
{
    HVC_CLEANUP(fd) int fd = -1;
    struct stat status;

    if (lstat(address->sun_path, &status) < 0)
        return errno == ENOENT ? 0 : hvc_error_set(error, -errno, "%s: %s", address->sun_path, strerror(errno));
    if (!S_ISSOCK(status.st_mode))
        return hvc_error_set(error, -EEXIST, "%s exists and is no socket", address->sun_path);
    fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return hvc_error_set(error, -errno, "cannot make a socket: %s", strerror(errno));
    if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 || errno != ECONNREFUSED)
        return hvc_error_set(error, -EADDRINUSE, "%s is served by another process", address->sun_path);
    return unlink(address->sun_path) < 0
               ? hvc_error_set(error, -errno, "cannot remove %s: %s", address->sun_path, strerror(errno))
               : 0;
}

int hvc_auth_listen_path(const char *path, int *ret_fd, struct hvc_error *error)
{
    HVC_CLEANUP(fd) int fd = -1;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    mode_t mask;
    int rc = hvc_text_copy(address.sun_path, sizeof(address.sun_path), path);

    if (rc < 0)
        return hvc_error_set(error, rc, "the socket's path %s is too long: %zu bytes are allowed", path,
                             sizeof(address.sun_path) - 1);
    rc = clear_path(&address, error);
    if (rc < 0)
        return rc;
    fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return hvc_error_set(error, -errno, "cannot make a socket: %s", strerror(errno));
    mask = umask(0177);
    rc = bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
    (void)umask(mask);
    if (rc == 0 && listen(fd, BACKLOG) < 0)
        rc = -errno;
    if (rc < 0)
        return hvc_error_set(error, rc, "cannot listen at %s: %s", path, strerror(-rc));
    *ret_fd = HVC_TAKE(fd, -1);
    return 0;
}

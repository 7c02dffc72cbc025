/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../wire.h"
#include "hvc/bytes.h"

enum { DELAY_BYTES = 8, REPORT_BYTES_MAX = DELAY_BYTES + HVC_AUTH_ANSWER_BYTES_MAX, CHILD_FD = 3, ORPHAN_ROUNDS = 16 };

/* Signals as they were at the start of the program, no descriptor of the parent's but fd, which becomes CHILD_FD. */
static int become_child(int fd, pid_t parent)
{
    struct sigaction standard = {.sa_handler = SIG_DFL};
    sigset_t none;

    (void)setpgid(0, 0);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
        return -ESRCH;
    (void)prctl(PR_SET_DUMPABLE, 0); /* no core file with a password */
    (void)sigaction(SIGTERM, &standard, NULL);
    (void)sigaction(SIGINT, &standard, NULL);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    if (fd != CHILD_FD && dup3(fd, CHILD_FD, O_CLOEXEC) < 0)
        return -errno;
    return close_range(CHILD_FD + 1, ~0u, 0) < 0 ? -errno : 0;
}

static void report(int fd, const struct hvc_auth_answer *answer, uint64_t delay_ms)
{
    static uint8_t bytes[REPORT_BYTES_MAX];
    struct hvc_bytes_writer writer = hvc_bytes_writer(bytes, sizeof(bytes));
    struct hvc_auth_answer refusal;
    size_t length = 0;

    hvc_bytes_put(&writer, DELAY_BYTES, delay_ms);
    if (hvc_auth_wire_encode_answer(answer, bytes + DELAY_BYTES, &length) < 0) {
        hvc_auth_answer_set(&refusal, HVC_AUTH_UNAVAILABLE, "the user's groups cannot be told: a name is too long");
        (void)hvc_auth_wire_encode_answer(&refusal, bytes + DELAY_BYTES, &length); /* plain words fit */
    }
    (void)send(fd, bytes, DELAY_BYTES + length, MSG_NOSIGNAL); /* without a reader nobody wants it */
}

__attribute__((noreturn)) static void run_child(const struct hvc_pam_options *options,
                                                const struct hvc_auth_request *request, int fd, pid_t parent)
{
    static struct hvc_auth_answer answer;
    uint64_t delay_ms = 0;

    if (become_child(fd, parent) < 0)
        _exit(1);
    hvc_pam_check(options, request, &answer, &delay_ms);
    report(CHILD_FD, &answer, delay_ms);
    _exit(0);
}

int hvc_auth_child_start(const struct hvc_pam_options *options, const struct hvc_auth_request *request,
                         struct hvc_auth_child *ret_child)
{
    pid_t parent = getpid();
    int fds[2];
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
        return -errno;
    pid = fork();
    if (pid == 0)
        run_child(options, request, fds[1], parent);
    if (pid < 0) {
        int rc = -errno;

        (void)close(fds[0]);
        (void)close(fds[1]);
        return rc;
    }
    (void)setpgid(pid, pid); /* whoever of the two is first */
    (void)close(fds[1]);
    *ret_child = (struct hvc_auth_child){.pid = pid, .fd = fds[0]};
    return 0;
}

/* True when the child has answered. */
static bool take_report(int fd, struct hvc_auth_answer *ret_answer, uint64_t *ret_delay_ms)
{
    static uint8_t bytes[REPORT_BYTES_MAX];
    struct hvc_bytes_reader reader;
    ssize_t got;

    do {
        got = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
    } while (got < 0 && errno == EINTR);
    if (got <= DELAY_BYTES)
        return false;
    reader = hvc_bytes_reader(bytes, (size_t)got);
    *ret_delay_ms = hvc_bytes_get(&reader, DELAY_BYTES);
    return hvc_auth_wire_decode_answer(bytes + DELAY_BYTES, (size_t)got - DELAY_BYTES, ret_answer) == 0;
}

bool hvc_auth_child_end(struct hvc_auth_child *child, struct hvc_auth_answer *ret_answer, uint64_t *ret_delay_ms)
{
    bool answered = take_report(child->fd, ret_answer, ret_delay_ms);
    int status = 0;

    (void)kill(-child->pid, SIGKILL);
    (void)kill(child->pid, SIGKILL); /* in case it has no group of its own yet */
    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR) {
    }
    (void)close(child->fd);
    *child = (struct hvc_auth_child){.fd = -1};
    if (answered)
        return true;
    *ret_delay_ms = 0;
    if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
        hvc_auth_answer_set(ret_answer, HVC_AUTH_UNAVAILABLE, "a module of PAM ended the check with signal %d (%s)",
                            WTERMSIG(status), strsignal(WTERMSIG(status))); /* NOLINT(concurrency-mt-unsafe) */
    else
        hvc_auth_answer_set(ret_answer, HVC_AUTH_UNAVAILABLE, "PAM did not answer in time; look at its modules");
    return false;
}

int hvc_auth_child_adopt_orphans(void)
{
    return prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 ? -errno : 0;
}

static bool is_known(const pid_t *known, unsigned count, pid_t pid)
{
    for (unsigned i = 0; i < count; i++) {
        if (known[i] == pid)
            return true;
    }
    return false;
}

/* Ends the children of this moment that are not known; true when there was one, for it may have had some of its own. */
static bool end_unknown(const pid_t *known, unsigned count)
{
    FILE *children = fopen("/proc/thread-self/children", "re"); /* one thread */
    bool found = false;
    int pid;

    while (children != NULL && fscanf(children, "%d", &pid) == 1) { /* NOLINT(cert-err34-c): the kernel's numbers */
        if (is_known(known, count, pid))
            continue;
        found = true;
        (void)kill(pid, SIGKILL);
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    if (children != NULL)
        (void)fclose(children);
    return found;
}

void hvc_auth_child_end_orphans(const pid_t *known, unsigned count)
{
    for (unsigned round = 0; round < ORPHAN_ROUNDS && end_unknown(known, count); round++) {
    }
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/run_program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "hvc/cleanup.h"
#include "hvc/clock.h"

enum { KILLED_MS = 1000 };

struct run {
    const struct hvc_program *program;
    pid_t pid;
    int in;  /* we write, the program reads; -1 when closed */
    int out; /* we read; -1 at its end */
    size_t sent, wanted;
    char *output;
    size_t size, used;
    bool cut;
};

static void close_fd(int *fd)
{
    hvc_cleanup_fd(fd);
    *fd = -1;
}

static int spawn(struct run *run, int in, int out, struct hvc_error *error)
{
    const struct hvc_program *program = run->program;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    char *const *arguments;
    int rc;

    (void)sigemptyset(&none);
    memcpy(&arguments, &program->arguments, sizeof(arguments)); /* exec's historic type; it does not write them */
    rc = posix_spawn_file_actions_init(&actions);
    if (rc != 0)
        return hvc_error_set(error, -rc, "cannot start %s: %s", program->arguments[0], strerror(rc));
    rc = posix_spawnattr_init(&attributes);
    if (rc != 0) {
        (void)posix_spawn_file_actions_destroy(&actions);
        return hvc_error_set(error, -rc, "cannot start %s: %s", program->arguments[0], strerror(rc));
    }
    if (in >= 0)
        rc = posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    else
        rc = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (rc == 0)
        rc = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    if (rc == 0 && program->with_stderr)
        rc = posix_spawn_file_actions_adddup2(&actions, out, STDERR_FILENO);
    if (rc == 0 && program->file != 0) /* last: the number may be that of one of the others */
        rc = posix_spawn_file_actions_adddup2(&actions, program->file, HVC_PROGRAM_FILE);
    if (rc == 0)
        rc = posix_spawnattr_setsigmask(&attributes, &none);
    if (rc == 0)
        rc = posix_spawnattr_setflags(
            &attributes, (short)(POSIX_SPAWN_SETSIGMASK | (program->own_session ? POSIX_SPAWN_SETSID : 0)));
    if (rc == 0)
        rc = posix_spawn(&run->pid, program->arguments[0], &actions, &attributes, arguments, environ);
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&actions);
    return rc == 0 ? 0 : hvc_error_set(error, -rc, "cannot start %s: %s", program->arguments[0], strerror(rc));
}

/* Its input is a socket, so that a write to a program that has ended is an error and no signal; its output is a pipe,
 * because scripts open /dev/stderr, which a socket refuses. */
static int start(struct run *run, struct hvc_error *error)
{
    HVC_CLEANUP(fd) int child_in = -1;
    HVC_CLEANUP(fd) int child_out = -1;
    int pair[2];

    if (run->program->input != NULL) {
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
            return hvc_error_set(error, -errno, "cannot start %s: %s", run->program->arguments[0], strerror(errno));
        run->in = pair[0];
        child_in = pair[1];
    }
    if (pipe2(pair, O_CLOEXEC) < 0)
        return hvc_error_set(error, -errno, "cannot start %s: %s", run->program->arguments[0], strerror(errno));
    run->out = pair[0];
    child_out = pair[1];
    return spawn(run, child_in, child_out, error);
}

static void feed(struct run *run)
{
    ssize_t sent = send(run->in, run->program->input + run->sent, run->wanted - run->sent, MSG_NOSIGNAL | MSG_DONTWAIT);

    if (sent < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (sent < 0) { /* it does not want to read: its exit status will say why */
        close_fd(&run->in);
        return;
    }
    run->sent += (size_t)sent;
    if (run->sent == run->wanted && !run->program->lifeline)
        close_fd(&run->in);
}

static void drain(struct run *run)
{
    char piece[4096];
    ssize_t length = read(run->out, piece, sizeof(piece)); /* poll said that it does not wait */
    size_t room = run->size - 1 - run->used;

    if (length < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (length <= 0) {
        close_fd(&run->out);
        return;
    }
    if ((size_t)length > room) {
        run->cut = true;
        length = (ssize_t)room;
    }
    memcpy(run->output + run->used, piece, (size_t)length);
    run->used += (size_t)length;
}

/* Until the program has closed its output; a child of its own that keeps it open counts to the deadline. */
static int exchange(struct run *run, uint64_t deadline_ms)
{
    while (run->out >= 0) {
        struct pollfd fds[2] = {
            {.fd = run->out, .events = POLLIN},
            {.fd = run->sent < run->wanted ? run->in : -1, .events = POLLOUT},
        };
        uint64_t left = hvc_deadline_left(deadline_ms);

        if (left == 0)
            return -ETIMEDOUT;
        if (poll(fds, 2, left > 60000 ? 60000 : (int)left) < 0 && errno != EINTR)
            return -errno;
        if (fds[1].revents != 0)
            feed(run);
        if (fds[0].revents != 0)
            drain(run);
    }
    return 0;
}

/* Output has ended; the process ends now or within the deadline. */
static int reap(struct run *run, uint64_t deadline_ms)
{
    HVC_CLEANUP(fd) int handle = (int)syscall(SYS_pidfd_open, run->pid, 0);
    struct pollfd fds = {.fd = handle, .events = POLLIN};
    int status = 0;

    while (waitpid(run->pid, &status, WNOHANG) == 0) {
        uint64_t left = hvc_deadline_left(deadline_ms);

        if (left == 0)
            return -ETIMEDOUT;
        if (poll(&fds, 1, left > 1000 ? 1000 : (int)left) < 0 && errno != EINTR)
            return -errno;
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int hvc_run_program(const struct hvc_program *program, uint64_t deadline_ms, char *output, size_t size, bool *ret_cut,
                    struct hvc_error *error)
{
    struct run run = {.program = program, .in = -1, .out = -1, .output = output, .size = size};
    int rc;

    if (program->input != NULL)
        run.wanted = strlen(program->input);
    rc = start(&run, error);
    if (rc == 0) {
        rc = exchange(&run, deadline_ms);
        if (rc == 0)
            rc = reap(&run, deadline_ms);
        if (rc < 0)
            (void)hvc_error_set(error, rc, "%s did not end in time", program->arguments[0]);
        if (rc < 0 && !program->own_session) {
            (void)kill(run.pid, SIGKILL);
            (void)reap(&run, hvc_deadline_in(KILLED_MS)); /* it may hang in the kernel: init reaps it after us */
        }
    }
    close_fd(&run.in);
    close_fd(&run.out);
    output[run.used] = '\0';
    *ret_cut = run.cut;
    return rc;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hvc/cleanup.h"
#include "rack.h"

static const char *const networks[] = {"ring", "migration", "storage"};

static int write_pid(const char *folder, pid_t pid)
{
    char path[256], fresh[260];
    FILE *file;
    int r = 0;

    (void)snprintf(path, sizeof(path), "%s/rack.pid", folder);
    (void)snprintf(fresh, sizeof(fresh), "%s.new", path);
    file = fopen(fresh, "we");
    if (!file)
        return -errno;
    if (fprintf(file, "%d\n", (int)pid) < 0)
        r = -EIO;
    if (fclose(file) != 0 && r == 0)
        r = -errno;
    if (r == 0 && rename(fresh, path) != 0)
        r = -errno;
    return r;
}

/* The mounts of the rack: nothing it does reaches the machine, its folder may hold programs (/run is often mounted
 * noexec), and /proc shows its own PID namespace. */
static int private_mounts(const char *folder)
{
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 || mount(folder, folder, NULL, MS_BIND, NULL) != 0 ||
        mount("none", folder, NULL, MS_REMOUNT | MS_BIND | MS_NOSUID, NULL) != 0 ||
        mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) != 0)
        return -errno;
    return 0;
}

static int redirect_output(const char *folder)
{
    char path[256];
    HVC_CLEANUP(fd) int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    HVC_CLEANUP(fd) int log = -1;

    (void)snprintf(path, sizeof(path), "%s/rack.log", folder);
    log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (null < 0 || log < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(log, STDOUT_FILENO) < 0 ||
        dup2(log, STDERR_FILENO) < 0)
        return -errno;
    return 0;
}

/* In the process that becomes PID 1 of the rack. */
static int be_rack(const char *folder, int ready_fd, int (*body)(const char *, int))
{
    int r = redirect_output(folder);

    if (r == 0)
        r = private_mounts(folder);
    if (r < 0) {
        fprintf(stderr, "hvc-lab-rack: namespaces of the rack: %s\n", strerror(-r));
        return 1;
    }
    return body(folder, ready_fd);
}

/* Between the caller and PID 1: makes the namespaces and leaves the pid as the machine sees it. */
static int be_parent(const char *folder, int ready_fd, int (*body)(const char *, int))
{
    pid_t pid;
    int r;

    if (setsid() < 0 || unshare(CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET) != 0) {
        fprintf(stderr, "hvc-lab-rack: cannot make namespaces: %s\n", strerror(errno));
        return 1;
    }
    pid = fork();
    if (pid == 0)
        _exit(be_rack(folder, ready_fd, body));
    r = pid < 0 ? -errno : write_pid(folder, pid);
    if (r < 0) {
        fprintf(stderr, "hvc-lab-rack: %s\n", strerror(-r));
        if (pid > 0)
            (void)kill(pid, SIGKILL);
        return 1;
    }
    return 0;
}

int rack_start(const char *folder, int (*body)(const char *, int))
{
    int ready[2], status;
    char byte;
    ssize_t n;
    pid_t pid;

    if (close_range(3, ~0U, 0) != 0 || pipe2(ready, O_CLOEXEC) != 0)
        return -errno;
    pid = fork();
    if (pid < 0)
        return -errno;
    if (pid == 0) {
        (void)close(ready[0]);
        _exit(be_parent(folder, ready[1], body));
    }
    (void)close(ready[1]);
    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return -ECHILD;
    n = read(ready[0], &byte, 1); /* end of file: PID 1 ended before it was ready */
    (void)close(ready[0]);
    return n == 1 ? 0 : -ECHILD;
}

/* In a fresh child: what a program expects of its parent. */
static void reset_child(void)
{
    sigset_t none;

    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)setsid();
}

pid_t rack_spawn(const char *program, const char *a, const char *b, const char *c)
{
    pid_t pid = fork();

    if (pid < 0)
        return -errno;
    if (pid == 0) {
        reset_child();
        (void)execl(program, program, a, b, c, (char *)NULL);
        fprintf(stderr, "hvc-lab-rack: %s: %s\n", program, strerror(errno));
        _exit(127);
    }
    return pid;
}

int rack_run(const char *program, const char *a, const char *b, const char *c)
{
    pid_t pid = rack_spawn(program, a, b, c);
    int status;

    if (pid < 0)
        return pid;
    if (waitpid(pid, &status, 0) != pid)
        return -errno;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* In the child that becomes PID 1 of a node. */
static void be_node(const char *folder, const char *name, int go_fd)
{
    char program[256], byte;

    reset_child();
    if (read(go_fd, &byte, 1) != 1)
        _exit(1);
    (void)snprintf(program, sizeof(program), "%s/lab/hvc-lab-node", folder);
    (void)execl(program, program, "boot", folder, name, (char *)NULL);
    fprintf(stderr, "hvc-lab-rack: %s: %s\n", program, strerror(errno));
    _exit(127);
}

pid_t rack_make_node(const char *folder, const char *name, int *ret_go_fd)
{
    const unsigned long flags =
        CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC | (unsigned long)SIGCHLD;
    int go[2];
    long pid;

    if (pipe2(go, O_CLOEXEC) != 0)
        return -errno;
    pid = syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);
    if (pid == 0) {
        (void)close(go[1]);
        be_node(folder, name, go[0]);
    }
    (void)close(go[0]);
    if (pid < 0) {
        int r = -errno;

        (void)close(go[1]);
        return r;
    }
    *ret_go_fd = go[1];
    return (pid_t)pid;
}

void rack_unplug(const char *name)
{
    HVC_CLEANUP(fd) int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    for (size_t i = 0; fd >= 0 && i < sizeof(networks) / sizeof(networks[0]); i++) {
        struct ifreq port = {.ifr_flags = 0};

        (void)snprintf(port.ifr_name, sizeof(port.ifr_name), "%.*s-%.1s", RACK_NAME_MAX, name, networks[i]);
        if (ioctl(fd, SIOCSIFFLAGS, &port) != 0 && errno != ENODEV)
            fprintf(stderr, "hvc-lab-rack: port %s: %s\n", port.ifr_name, strerror(errno));
    }
}

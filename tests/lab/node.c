/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hvc-lab-node boot FOLDER NODE: PID 1 of a node. Starts the node's boot script and then does what an init must do:
 * reap. (With a PID 1 that does not, a finished QEMU stays a zombie and libvirt waits 40 s for it in every migration.)
 *
 * hvc-lab-node syslog SOCKET FILE: takes what the node's programs send to syslog and appends it to a file, a line a
 * message, with the time it came.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MESSAGE_MAX = 8192 };

static int open_log(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

    if (fd < 0)
        fprintf(stderr, "hvc-lab-node: %s: %s\n", path, strerror(errno));
    return fd;
}

static int boot(const char *folder, const char *name)
{
    char script[256], log[256];
    int fd, status;
    pid_t pid;

    (void)prctl(PR_SET_NAME, "hvc-lab-node");
    (void)snprintf(script, sizeof(script), "%s/lab/machine/boot", folder);
    (void)snprintf(log, sizeof(log), "%s/nodes/%s/log/boot.log", folder, name);
    fd = open_log(log);
    if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0 || dup2(fd, STDERR_FILENO) < 0)
        return 1;
    (void)close(fd);
    pid = fork();
    if (pid < 0)
        return 1;
    if (pid == 0) {
        (void)setsid();
        (void)execl(script, script, folder, name, (char *)NULL);
        fprintf(stderr, "hvc-lab-node: %s: %s\n", script, strerror(errno));
        _exit(127);
    }
    for (;;) {
        pid_t gone = wait(&status);

        if (gone == pid && status != 0)
            fprintf(stderr, "hvc-lab-node: the boot script ended with status %#x\n", (unsigned)status);
        else if (gone < 0)
            (void)sleep(1); /* no child at all; a process that enters the namespace may become one */
    }
}

/* "<30>Oct  7 10:00:00 name: text": the number is the priority, the time is the sender's; ours is finer. */
static void write_message(int fd, char *message, size_t length)
{
    struct timespec now;
    struct tm local;
    char line[MESSAGE_MAX + 64], stamp[32];
    const char *text = message;
    int size;

    while (length > 0 && (message[length - 1] == '\n' || message[length - 1] == '\0'))
        length--;
    message[length] = '\0';
    if (text[0] == '<' && strchr(text, '>'))
        text = strchr(text, '>') + 1;
    if (strlen(text) > 16 && text[3] == ' ' && text[6] == ' ' && text[9] == ':')
        text += 16;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)strftime(stamp, sizeof(stamp), "%b %d %H:%M:%S", localtime_r(&now.tv_sec, &local));
    size = snprintf(line, sizeof(line), "%s.%03ld %s\n", stamp, now.tv_nsec / 1000000, text);
    if (size > 0 && write(fd, line, (size_t)size) < 0)
        fprintf(stderr, "hvc-lab-node: syslog: %s\n", strerror(errno));
}

static int keep_syslog(const char *path, const char *file)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char message[MESSAGE_MAX];
    int fd = open_log(file), in = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    (void)prctl(PR_SET_NAME, "hvc-lab-syslog");
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    (void)unlink(path);
    if (fd < 0 || in < 0 || bind(in, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
        chmod(path, 0666) != 0) {
        fprintf(stderr, "hvc-lab-node: %s: %s\n", path, strerror(errno));
        return 1;
    }
    if (daemon(0, 1) != 0)
        return 1;
    for (;;) {
        ssize_t n = recv(in, message, sizeof(message) - 1, 0);

        if (n > 0)
            write_message(fd, message, (size_t)n);
    }
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "boot") == 0)
        return boot(argv[2], argv[3]);
    if (argc == 4 && strcmp(argv[1], "syslog") == 0)
        return keep_syslog(argv[2], argv[3]);
    fprintf(stderr, "usage: hvc-lab-node boot FOLDER NODE | syslog SOCKET FILE\n");
    return 2;
}

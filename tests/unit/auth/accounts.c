/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "accounts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../hvc_cmocka.h"

/* "correct horse", sha512crypt */
#define HASH "$6$hvctest$ELcK6CoxyahJkZumCKjcQR7nHVrM8fI7LhKbYERLw0Y8/0YKkrrr4f6H/2/p3vbLZYr1bWfNtrSL8ALxJ/QGn/"
#define ENDS "\naccount required pam_unix.so\n"

static const struct {
    const char *name, *text;
    mode_t mode;
} files[] = {
    {"passwd",
     "root:x:0:0:root:/root:/bin/sh\n"
     "asker:x:4998:4998::/:/usr/sbin/nologin\n"
     "alice:x:5001:5001::/:/usr/sbin/nologin\n"
     "gone:x:5002:5001::/:/bin/sh\n"
     "stale:x:5003:5001::/:/bin/sh\n"
     "locked:x:5004:5001::/:/bin/sh\n"
     "open:x:5005:5001::/:/bin/sh\n",
     0644},
    {"shadow",
     "root:*:19000::::::\n"
     "alice:" HASH ":19000::::::\n"
     "gone:" HASH ":19000:::::1:\n" /* the account ended on day 1 of 1970 */
     "stale:" HASH ":0::::::\n"     /* the password must be changed */
     "locked:!" HASH ":19000::::::\n"
     "open::19000::::::\n",
     0640},
    {"group", "root:x:0:\nasker:x:4998:\nalice:x:5001:\nviewers:x:5010:bob,alice\ncluster admins:x:5011:alice\n", 0644},
    {"nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\n", 0644},
    {"pam/prompt", "auth required pam_unix.so nodelay" ENDS, 0644},
    {"pam/slow", "auth required pam_unix.so" ENDS, 0644},
    {"pam/permit-empty", "auth required pam_unix.so nodelay nullok" ENDS, 0644},
    {"pam/debian", /* common-auth and common-account of Debian 12 */
     "auth [success=1 default=ignore] pam_unix.so nodelay nullok\nauth requisite pam_deny.so\nauth required "
     "pam_permit.so\n"
     "account [success=1 new_authtok_reqd=done default=ignore] pam_unix.so\naccount requisite pam_deny.so\n"
     "account required pam_permit.so\n",
     0644},
    {"pam/members",
     "auth required pam_unix.so nodelay\naccount required pam_succeed_if.so quiet user ingroup viewers" ENDS, 0644},
    {"pam/hung", "auth required pam_exec.so quiet /bin/sleep 1000" ENDS, 0644},
    {"pam/broken", "auth required pam_there_is_none.so\n", 0644},
};

enum { MOUNTED = 4, WAIT_MS = 60000 }; /* the first four stand over those of /etc */

static bool write_file(const char *folder, size_t index)
{
    char path[160];
    int fd;
    bool good;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, files[index].name);
    fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, files[index].mode);
    good = write(fd, files[index].text, strlen(files[index].text)) == (ssize_t)strlen(files[index].text) &&
           fchmod(fd, files[index].mode) == 0;
    return close(fd) == 0 && good;
}

static bool mount_over(const char *folder, size_t index)
{
    char from[160], to[64];

    (void)snprintf(from, sizeof(from), "%s/%s", folder, files[index].name);
    (void)snprintf(to, sizeof(to), "/etc/%s", files[index].name);
    return mount(from, to, NULL, MS_BIND, NULL) == 0;
}

bool accounts_make(struct accounts *accounts)
{
    char path[96];
    bool good;

    *accounts = (struct accounts){.helper = 0};
    if (geteuid() != 0 || unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        return false;
    (void)snprintf(accounts->folder, sizeof(accounts->folder), "/tmp/hvc-auth-XXXXXX");
    good = mkdtemp(accounts->folder) != NULL && chmod(accounts->folder, 0755) == 0;
    (void)snprintf(path, sizeof(path), "%s/pam", accounts->folder);
    good = good && mkdir(path, 0755) == 0;
    for (size_t i = 0; i < HVC_COUNT(files); i++)
        good = good && write_file(accounts->folder, i);
    for (size_t i = 0; i < MOUNTED; i++)
        good = good && mount_over(accounts->folder, i);
    (void)snprintf(accounts->socket, sizeof(accounts->socket), "%s/socket", accounts->folder);
    (void)snprintf(accounts->log, sizeof(accounts->log), "%s/log", accounts->folder);
    return good;
}

void accounts_remove(struct accounts *accounts)
{
    char path[160];

    for (size_t i = 0; i < HVC_COUNT(files); i++) {
        if (i < MOUNTED) {
            (void)snprintf(path, sizeof(path), "/etc/%s", files[i].name);
            (void)umount2(path, MNT_DETACH);
        }
        (void)snprintf(path, sizeof(path), "%s/%s", accounts->folder, files[i].name);
        (void)unlink(path);
    }
    (void)unlink(accounts->socket);
    (void)unlink(accounts->log);
    (void)snprintf(path, sizeof(path), "%s/pam", accounts->folder);
    (void)rmdir(path);
    (void)rmdir(accounts->folder);
}

/* ---- the helper ---- */

/* CapabilityBoundingSet= and NoNewPrivileges= of hvcluster-auth.service. */
static void take_rights(void)
{
    for (unsigned long capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++) {
        if (capability != CAP_AUDIT_WRITE)
            (void)prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    }
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static int listen_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 16) < 0)
        _exit(126);
    return fd;
}

__attribute__((noreturn)) static void become_helper(const struct accounts *accounts, const char *service,
                                                    bool inherited)
{
    char program[512], pam[96], pid[16];
    int log = open(accounts->log, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);

    (void)snprintf(program, sizeof(program), "%s/agent/auth/hvcluster-auth", getenv("HVC_BINARY_DIR"));
    (void)snprintf(pam, sizeof(pam), "%s/pam", accounts->folder);
    (void)dup2(log, STDERR_FILENO);
    (void)setenv("ASAN_OPTIONS", "detect_leaks=0", 1); /* that needs ptrace, which this process has not */
    if (inherited) {
        int fd = listen_at(accounts->socket);

        (void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
        (void)setenv("LISTEN_PID", pid, 1);
        (void)setenv("LISTEN_FDS", "1", 1);
        if (fd != 3)
            (void)dup2(fd, 3);
        take_rights();
        (void)execl(program, program, "--peer=asker", "--service", service, "--pam-directory", pam, "--idle=1", NULL);
    } else {
        take_rights();
        (void)execl(program, program, "--peer=asker", "--service", service, "--pam-directory", pam, "--idle=0",
                    "--check-timeout=2", "--socket", accounts->socket, NULL);
    }
    _exit(127);
}

static bool is_served(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    bool served;

    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    served = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
    (void)close(fd);
    return served;
}

void accounts_start(struct accounts *accounts, const char *service, bool inherited)
{
    (void)unlink(accounts->socket);
    accounts->helper = fork();
    if (accounts->helper == 0)
        become_helper(accounts, service, inherited);
    assert_true(accounts->helper > 0);
    for (unsigned ms = 0; !is_served(accounts->socket); ms += 10) {
        assert_in_range(ms, 0, WAIT_MS);
        assert_int_equal(waitpid(accounts->helper, NULL, WNOHANG), 0);
        (void)poll(NULL, 0, 10);
    }
    assert_int_equal(chmod(accounts->socket, 0666), 0); /* whom it lets in is its own to say here */
}

int accounts_stop(struct accounts *accounts, bool tell)
{
    int status = 0;

    if (tell)
        assert_int_equal(kill(accounts->helper, SIGTERM), 0);
    for (unsigned ms = 0; waitpid(accounts->helper, &status, WNOHANG) == 0; ms += 10) {
        if (ms > WAIT_MS) {
            (void)kill(accounts->helper, SIGKILL);
            fail_msg("hvcluster-auth does not end");
        }
        (void)poll(NULL, 0, 10);
    }
    accounts->helper = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

char *accounts_log(const struct accounts *accounts)
{
    enum { SIZE = 1024 * 1024 };
    char *text = calloc(1, SIZE);
    FILE *file = fopen(accounts->log, "re");

    assert_non_null(text);
    assert_non_null(file);
    assert_true(fread(text, 1, SIZE - 1, file) > 0 || ferror(file) == 0);
    (void)fclose(file);
    return text;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "solo.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../hvc_cmocka.h"

static pid_t corosync;

#define NODES_THAT_NEVER_COME                                                                                          \
    " node {\n  ring0_addr: 127.0.0.2\n  name: gone\n  nodeid: 9\n }\n"                                                \
    " node {\n  ring0_addr: 127.0.0.3\n  name: away\n  nodeid: 8\n }\n"

static const char conf[] = "totem {\n version: 2\n cluster_name: solo\n transport: knet\n token: 1000\n}\n"
                           "nodelist {\n node {\n  ring0_addr: 127.0.0.1\n  name: alone\n  nodeid: 7\n }\n%s}\n"
                           "quorum {\n provider: corosync_votequorum\n}\n"
                           "system {\n move_to_root_cgroup: no\n sched_rr: no\n}\n"
                           "logging {\n to_syslog: no\n to_stderr: no\n}\n";

static void write_conf(const char *others)
{
    char text[2048];
    int length = snprintf(text, sizeof(text), conf, others);
    int fd = open("/etc/corosync/corosync.conf", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, (size_t)length), length);
    close(fd);
}

static int own_namespaces(void)
{
    static const char *const places[] = {"/etc/corosync", "/var/lib/corosync", "/run", "/dev/shm", "/var/log"};

    if (unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC) < 0)
        return -errno;
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        return -errno;
    for (size_t i = 0; i < HVC_COUNT(places); i++) {
        if (mount("tmpfs", places[i], "tmpfs", 0, "size=256m") < 0)
            return -errno;
    }
    return system("ip link set lo up") == 0 ? 0 : -EIO;
}

void solo_start(void)
{
    corosync = fork();
    assert_true(corosync >= 0);
    if (corosync == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        execl("/usr/sbin/corosync", "corosync", "-f", (char *)NULL);
        _exit(127);
    }
}

void solo_stop(void)
{
    if (corosync <= 0)
        return;
    (void)kill(corosync, SIGKILL);
    (void)waitpid(corosync, NULL, 0);
    corosync = 0;
}

void solo_signal(int number)
{
    assert_int_equal(kill(corosync, number), 0);
}

static bool prepare(const char *others)
{
    if (geteuid() != 0 || access("/usr/sbin/corosync", X_OK) != 0 || own_namespaces() < 0) {
        print_message("skipped: needs root, namespaces and /usr/sbin/corosync\n");
        return false;
    }
    write_conf(others);
    return true;
}

bool solo_prepare(void)
{
    return prepare(NODES_THAT_NEVER_COME);
}

bool solo_prepare_quorate(void)
{
    return prepare("");
}

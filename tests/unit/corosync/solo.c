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

static const char head[] = "totem {\n version: 2\n cluster_name: solo\n transport: knet\n token: 1000\n}\nnodelist {\n";
static const char *const nodes[] = {" node {\n  ring0_addr: 127.0.0.1\n  name: alone\n  nodeid: 7\n }\n",
                                    " node {\n  ring0_addr: 127.0.0.2\n  name: gone\n  nodeid: 9\n }\n",
                                    " node {\n  ring0_addr: 127.0.0.3\n  name: away\n  nodeid: 8\n }\n",
                                    " node {\n  ring0_addr: 127.0.0.4\n  name: new\n  nodeid: 10\n }\n"};
static const char tail[] = "}\nquorum {\n provider: corosync_votequorum\n%s}\n"
                           "system {\n move_to_root_cgroup: no\n sched_rr: no\n}\n"
                           "logging {\n to_syslog: no\n to_stderr: no\n}\n";

void solo_configure(unsigned count, const char *quorum)
{
    FILE *file = fopen("/etc/corosync/corosync.conf", "we");

    assert_non_null(file);
    assert_true(fputs(head, file) >= 0);
    for (unsigned i = 0; i < count; i++)
        assert_true(fputs(nodes[i], file) >= 0);
    assert_true(fprintf(file, tail, quorum) > 0);
    assert_int_equal(fclose(file), 0);
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

static bool prepare(unsigned count)
{
    if (geteuid() != 0 || access("/usr/sbin/corosync", X_OK) != 0 || own_namespaces() < 0) {
        print_message("skipped: needs root, namespaces and /usr/sbin/corosync\n");
        return false;
    }
    solo_configure(count, "");
    return true;
}

bool solo_prepare(void)
{
    return prepare(3);
}

bool solo_prepare_quorate(void)
{
    return prepare(1);
}

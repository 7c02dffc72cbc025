/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Against a real corosync of one node, in namespaces of its own: its silence cannot be imitated. Needs root. */
#include "hvc/membership.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hvc/clock.h"

#include "../hvc_cmocka.h"

static pid_t corosync;

static const char conf[] = "totem {\n version: 2\n cluster_name: solo\n transport: knet\n token: 1000\n}\n"
                           "nodelist {\n node {\n  ring0_addr: 127.0.0.1\n  name: alone\n  nodeid: 7\n }\n"
                           " node {\n  ring0_addr: 127.0.0.2\n  name: gone\n  nodeid: 9\n }\n"
                           " node {\n  ring0_addr: 127.0.0.3\n  name: away\n  nodeid: 8\n }\n}\n"
                           "quorum {\n provider: corosync_votequorum\n}\n"
                           "system {\n move_to_root_cgroup: no\n sched_rr: no\n}\n"
                           "logging {\n to_syslog: no\n to_stderr: no\n}\n";

static void write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
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

static void start_corosync(void)
{
    corosync = fork();
    assert_true(corosync >= 0);
    if (corosync == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        execl("/usr/sbin/corosync", "corosync", "-f", (char *)NULL);
        _exit(127);
    }
}

static void stop_corosync(void)
{
    if (corosync <= 0)
        return;
    (void)kill(corosync, SIGKILL);
    (void)waitpid(corosync, NULL, 0);
    corosync = 0;
}

static int prepare(void **state)
{
    (void)state;
    write_file("/etc/corosync/corosync.conf", conf);
    return 0;
}

static int clean(void **state)
{
    (void)state;
    stop_corosync();
    return 0;
}

static int read_until_it_runs(struct hvc_membership *m, struct hvc_error *error)
{
    uint64_t end = hvc_deadline_in(20000);
    int r;

    do {
        r = hvc_membership_read(hvc_deadline_in(2000), m, error);
        if (r == 0 && m->nodes[m->local].member)
            return 0;
        (void)usleep(20000);
    } while (hvc_deadline_left(end) > 0);
    return r == 0 ? -ETIMEDOUT : r;
}

static void without_corosync_it_says_so_at_once(void **state)
{
    struct hvc_membership *m = calloc(1, sizeof(*m));
    struct hvc_error error = {0};
    uint64_t began = hvc_now_ms();

    (void)state;
    m->count = 42;
    assert_int_equal(hvc_membership_read(hvc_deadline_in(5000), m, &error), -ENOTCONN);
    assert_non_null(strstr(error.text, "corosync does not run on this node"));
    assert_int_equal(m->count, 42);
    assert_true(hvc_now_ms() - began < 1000);
    free(m);
}

static void a_running_corosync_gives_list_members_and_quorum(void **state)
{
    struct hvc_membership *m = calloc(1, sizeof(*m));
    struct hvc_error error = {0};
    uint64_t began;

    (void)state;
    start_corosync();
    if (read_until_it_runs(m, &error) != 0)
        fail_msg("%s", error.text);
    assert_string_equal(m->cluster_name, "solo");
    assert_int_equal(m->count, 3);
    assert_string_equal(m->nodes[0].name, "alone");
    assert_int_equal(m->nodes[0].id, 7);
    assert_string_equal(m->nodes[0].address, "127.0.0.1");
    assert_string_equal(m->nodes[1].name, "gone");
    assert_true(m->nodes[0].local && m->nodes[0].member);
    assert_true(!m->nodes[1].local && !m->nodes[1].member);
    assert_true(m->votequorum && !m->quorate && m->quorum_exclusive && !m->two_node);
    assert_int_equal(m->quorum, 2);
    assert_int_equal(m->total_votes, 1);
    assert_int_equal(m->ring_node, 7);
    began = hvc_now_ms();
    for (int i = 0; i < 20; i++)
        assert_int_equal(hvc_membership_read(hvc_deadline_in(2000), m, &error), 0);
    print_message("one snapshot: %.1f ms\n", (double)(hvc_now_ms() - began) / 20);
    free(m);
}

/* Rights are checked by the effective ids of the connection, so a child drops them. */
static void another_user_is_told_about_the_uidgid_file(void **state)
{
    pid_t child;
    int status = 0;

    (void)state;
    child = fork();
    if (child == 0) {
        struct hvc_membership *m = calloc(1, sizeof(*m));
        struct hvc_error error = {0};
        int r;

        if (m == NULL || setgroups(0, NULL) < 0 || setgid(65534) < 0 || setuid(65534) < 0)
            _exit(1);
        r = hvc_membership_read(hvc_deadline_in(3000), m, &error);
        (void)fprintf(stderr, "%d %s\n", r, error.text);
        _exit(r == -EACCES && strstr(error.text, "uidgid.d") != NULL ? 0 : 2);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_stopped_corosync_costs_the_deadline_and_no_more(void **state)
{
    struct hvc_membership *m = calloc(1, sizeof(*m));
    struct hvc_error error = {0};
    uint64_t began;

    (void)state;
    assert_int_equal(kill(corosync, SIGSTOP), 0);
    for (int i = 0; i < 6; i++) {
        began = hvc_now_ms();
        assert_int_equal(hvc_membership_read(hvc_deadline_in(200), m, &error), -ETIMEDOUT);
        assert_non_null(strstr(error.text, "does not answer"));
        assert_true(hvc_now_ms() - began < 1500);
    }
    assert_int_equal(kill(corosync, SIGCONT), 0);
    /* the calls that hung come back, and the next one is answered */
    assert_int_equal(read_until_it_runs(m, &error), 0);
    stop_corosync();
    assert_int_equal(hvc_membership_read(hvc_deadline_in(3000), m, &error), -ENOTCONN);
    free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_corosync_it_says_so_at_once),
        cmocka_unit_test(a_running_corosync_gives_list_members_and_quorum),
        cmocka_unit_test(another_user_is_told_about_the_uidgid_file),
        cmocka_unit_test(a_stopped_corosync_costs_the_deadline_and_no_more),
    };

    if (geteuid() != 0 || access("/usr/sbin/corosync", X_OK) != 0 || own_namespaces() < 0) {
        print_message("skipped: needs root, namespaces and /usr/sbin/corosync\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, prepare, clean);
}

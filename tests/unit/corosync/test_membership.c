/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hvc/membership.h"

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hvc/clock.h"

#include "../hvc_cmocka.h"
#include "solo.h"

static int clean(void **state)
{
    (void)state;
    solo_stop();
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
    assert_int_equal(hvc_membership_read(hvc_deadline_in(20000), m, &error), -ENOTCONN);
    assert_true(hvc_now_ms() - began < 10000);
    assert_non_null(strstr(error.text, "corosync does not run on this node"));
    assert_int_equal(m->count, 42);
    free(m);
}

static void a_running_corosync_gives_list_members_and_quorum(void **state)
{
    struct hvc_membership *m = calloc(1, sizeof(*m));
    struct hvc_error error = {0};
    uint64_t began;

    (void)state;
    solo_start();
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

/* Rights are checked by the ids of the connection, so a child drops them. It is this program once more: a mere fork
 * takes over what the threads of former calls were just at. */
static const char as_another_user[] = "as-another-user";

static int ask_as_another_user(void)
{
    struct hvc_membership *m = calloc(1, sizeof(*m));
    struct hvc_error error = {0};
    int r;

    if (m == NULL || setgroups(0, NULL) < 0 || setgid(65534) < 0 || setuid(65534) < 0)
        return 1;
    r = hvc_membership_read(hvc_deadline_in(20000), m, &error);
    free(m);
    (void)fprintf(stderr, "%d %s\n", r, error.text);
    return r == -EACCES && strstr(error.text, "uidgid.d") != NULL ? 0 : 2;
}

static void another_user_is_told_about_the_uidgid_file(void **state)
{
    pid_t child;
    int status = 0;

    (void)state;
    child = fork();
    if (child == 0) {
        execl("/proc/self/exe", "test_membership", as_another_user, (char *)NULL);
        _exit(127);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_stopped_corosync_costs_the_deadline_and_no_more(void **state)
{
    struct hvc_membership *m = calloc(1, sizeof(*m));
    struct hvc_error error = {0};

    (void)state;
    solo_signal(SIGSTOP);
    for (int i = 0; i < 6; i++) {
        uint64_t began = hvc_now_ms();

        assert_int_equal(hvc_membership_read(hvc_deadline_in(200), m, &error), -ETIMEDOUT);
        assert_true(hvc_now_ms() - began < 10000);
        assert_non_null(strstr(error.text, "does not answer"));
    }
    solo_signal(SIGCONT);
    /* the calls that hung come back, and the next one is answered */
    assert_int_equal(read_until_it_runs(m, &error), 0);
    solo_stop();
    assert_int_equal(hvc_membership_read(hvc_deadline_in(3000), m, &error), -ENOTCONN);
    free(m);
}

static void one_that_was_restarted_is_asked_anew(void **state)
{
    struct hvc_membership *m = calloc(1, sizeof(*m));
    struct hvc_error error = {0};

    (void)state;
    for (int i = 0; i < 2; i++) {
        solo_start();
        if (read_until_it_runs(m, &error) != 0)
            fail_msg("%s", error.text);
        assert_int_equal(hvc_membership_read(hvc_deadline_in(3000), m, &error), 0);
        solo_stop();
    }
    free(m);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_corosync_it_says_so_at_once),
        cmocka_unit_test(a_running_corosync_gives_list_members_and_quorum),
        cmocka_unit_test(another_user_is_told_about_the_uidgid_file),
        cmocka_unit_test(a_stopped_corosync_costs_the_deadline_and_no_more),
        cmocka_unit_test(one_that_was_restarted_is_asked_anew),
    };

    if (argc > 1 && strcmp(argv[1], as_another_user) == 0)
        return ask_as_another_user();
    if (!solo_prepare())
        return 77;
    return cmocka_run_group_tests(tests, NULL, clean);
}

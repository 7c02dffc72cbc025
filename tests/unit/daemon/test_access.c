/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "access.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../hvc_cmocka.h"

#define OPERATORS 23456
#define READERS   23457

static const struct hvc_access both = {
    .has_operate_group = true, .has_read_group = true, .operate_group = OPERATORS, .read_group = READERS};

static void root_and_the_primary_group_need_no_look_at_the_process(void **state)
{
    gid_t group = 0;

    (void)state;
    assert_int_equal(hvc_access_right(&both, 0, 0, 0, &group), HVC_RIGHT_ADMIN);
    assert_int_equal(group, getegid());
    assert_int_equal(hvc_access_right(&both, 0, 12345, OPERATORS, &group), HVC_RIGHT_OPERATE);
    assert_int_equal(group, OPERATORS);
    assert_int_equal(hvc_access_right(&both, 0, 12345, READERS, &group), HVC_RIGHT_READ);
    assert_int_equal(group, READERS);
    assert_int_equal(hvc_access_right(&both, 0, 12345, 12345, &group), HVC_RIGHT_NONE);
}

static void without_groups_only_root_is_served(void **state)
{
    const struct hvc_access none = {0};
    gid_t group = 0;

    (void)state;
    assert_int_equal(hvc_access_right(&none, 0, 12345, 0, &group), HVC_RIGHT_NONE);
    assert_int_equal(hvc_access_right(&none, 0, 0, 0, &group), HVC_RIGHT_ADMIN);
}

/* A process of user 12345 with these supplementary groups, which lives until it is killed. */
static pid_t somebody(const gid_t *groups, size_t count)
{
    int ready[2];
    char byte = 0;
    pid_t pid;

    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (setgroups(count, groups) < 0 || setresgid(12345, 12345, 12345) < 0 || setresuid(12345, 12345, 12345) < 0 ||
            write(ready[1], "r", 1) != 1)
            _exit(1);
        (void)pause();
        _exit(0);
    }
    (void)close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    (void)close(ready[0]);
    return pid;
}

static void supplementary_groups_are_those_of_the_process_itself(void **state)
{
    static const gid_t operator_groups[] = {7, OPERATORS, 9}, reader_groups[] = {READERS},
                       other_groups[] = {2345, 3456};
    pid_t operator, reader, other;
    gid_t group = 0;

    (void)state;
    if (getuid() != 0)
        skip(); /* only root can give groups to a process */
    operator= somebody(operator_groups, 3);
    reader = somebody(reader_groups, 1);
    other = somebody(other_groups, 2);
    assert_int_equal(hvc_access_right(&both, operator, 12345, 12345, &group), HVC_RIGHT_OPERATE);
    assert_int_equal(group, OPERATORS);
    assert_int_equal(hvc_access_right(&both, reader, 12345, 12345, &group), HVC_RIGHT_READ);
    assert_int_equal(hvc_access_right(&both, other, 12345, 12345, &group), HVC_RIGHT_NONE);
    /* the number now belongs to a process of somebody else */
    assert_int_equal(hvc_access_right(&both, operator, 12346, 12346, &group), HVC_RIGHT_NONE);
    (void)kill(operator, SIGKILL);
    (void)kill(reader, SIGKILL);
    (void)kill(other, SIGKILL);
    assert_int_equal(waitpid(operator, NULL, 0), operator);
    assert_int_equal(waitpid(reader, NULL, 0), reader);
    assert_int_equal(waitpid(other, NULL, 0), other);
    assert_int_equal(hvc_access_right(&both, operator, 12345, 12345, &group), HVC_RIGHT_NONE);
}

static void a_group_that_does_not_exist_is_told(void **state)
{
    struct hvc_error error = {0};
    struct hvc_access access;

    (void)state;
    assert_int_equal(hvc_access_new("", "", &access, &error), 0);
    assert_false(access.has_operate_group || access.has_read_group);
    assert_int_equal(hvc_access_new("root", "daemon", &access, &error), 0);
    assert_true(access.has_operate_group && access.has_read_group);
    assert_int_equal(access.operate_group, 0);
    assert_int_equal(hvc_access_new("root", "hvc-no-such-group", &access, &error), -ENOENT);
    assert_non_null(strstr(error.text, "hvc-no-such-group"));
}

static void the_front_may_operate_and_need_not_be_there(void **state)
{
    struct hvc_error error = {0};
    struct hvc_access access;
    gid_t group = 0;

    (void)state;
    assert_int_equal(hvc_access_new("", "", &access, &error), 0);
    hvc_access_add_front(&access, "hvc-no-such-group");
    assert_false(access.has_front_group);
    assert_int_equal(hvc_access_right(&access, 1, 12345, 1, &group), HVC_RIGHT_NONE);
    hvc_access_add_front(&access, "daemon");
    assert_true(access.has_front_group);
    assert_int_equal(hvc_access_right(&access, 1, 12345, access.front_group, &group), HVC_RIGHT_OPERATE);
    assert_int_equal(group, access.front_group);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(root_and_the_primary_group_need_no_look_at_the_process),
        cmocka_unit_test(without_groups_only_root_is_served),
        cmocka_unit_test(supplementary_groups_are_those_of_the_process_itself),
        cmocka_unit_test(a_group_that_does_not_exist_is_told),
        cmocka_unit_test(the_front_may_operate_and_need_not_be_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

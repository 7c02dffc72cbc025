/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "instance.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../hvc_cmocka.h"

static char folder[64];

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof(folder), "/tmp/hvc-test-instance-XXXXXX");
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    return rmdir(folder);
}

static void the_second_one_is_told_who_the_first_is(void **state)
{
    struct hvc_error error = {0};
    char words[64];
    int fd = -1, other = -1;

    (void)state;
    assert_int_equal(hvc_instance_lock(folder, &fd, &error), 0);
    assert_int_equal(hvc_instance_lock(folder, &other, &error), -EEXIST);
    assert_int_equal(other, -1);
    (void)snprintf(words, sizeof(words), "runs already, as process %d (", (int)getpid());
    assert_non_null(strstr(error.text, words));
    hvc_instance_unlock(folder, fd);
    assert_int_equal(hvc_instance_lock(folder, &fd, &error), 0);
    hvc_instance_unlock(folder, fd);
}

static void a_file_without_a_lock_is_no_instance(void **state)
{
    char path[128];
    int fd;

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/hvclusterd.pid", folder);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    assert_int_equal(write(fd, "999999999\n", 10), 10);
    (void)close(fd);
    assert_int_equal(hvc_instance_lock(folder, &fd, NULL), 0);
    hvc_instance_unlock(folder, fd);
}

static void a_link_in_place_of_the_file_is_not_followed(void **state)
{
    char path[128];
    int fd = -1;

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/hvclusterd.pid", folder);
    assert_int_equal(symlink("/tmp/hvc-test-instance-victim", path), 0);
    assert_int_equal(hvc_instance_lock(folder, &fd, NULL), -ELOOP);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(hvc_instance_lock("/nonexistent", &fd, NULL), -ENOENT);
}

static int dead_process(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    return (int)pid;
}

static void make_connection(char path[160], int pid, const char *file)
{
    char name[256];
    int fd;

    (void)snprintf(path, 160, "%s/qb-%d-77-12-AbCdEf", folder, pid);
    assert_int_equal(mkdir(path, 0770), 0);
    (void)snprintf(name, sizeof(name), "%s/%s", path, file);
    fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    (void)close(fd);
}

static void remove_connection(const char *path, const char *file)
{
    char name[256];

    (void)snprintf(name, sizeof(name), "%s/%s", path, file);
    assert_int_equal(unlink(name), 0);
    assert_int_equal(rmdir(path), 0);
}

static void only_what_a_dead_daemon_of_this_service_left_is_swept(void **state)
{
    char dead[160], foreign[160], living[160];

    (void)state;
    make_connection(dead, dead_process(), "qb-request-hvclusterd-header");
    make_connection(foreign, dead_process(), "qb-request-cib_rw-header");
    make_connection(living, (int)getpid(), "qb-request-hvclusterd-header");
    assert_int_equal(hvc_instance_sweep(folder, "hvclusterd"), 1);
    assert_int_equal(access(dead, F_OK), -1);
    remove_connection(foreign, "qb-request-cib_rw-header");
    remove_connection(living, "qb-request-hvclusterd-header");
    assert_int_equal(hvc_instance_sweep("/nonexistent", "hvclusterd"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_second_one_is_told_who_the_first_is, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_without_a_lock_is_no_instance, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_link_in_place_of_the_file_is_not_followed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_what_a_dead_daemon_of_this_service_left_is_swept, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

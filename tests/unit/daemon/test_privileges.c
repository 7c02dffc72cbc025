/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each case runs in a child: becoming somebody is for good. */
#include "privileges.h"

#include <errno.h>
#include <grp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../hvc_cmocka.h"

#define NOBODY 65534

static char base[64], run_path[96], state_path[96];

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(base, sizeof(base), "/tmp/hvc-test-privileges-XXXXXX");
    if (mkdtemp(base) == NULL || chmod(base, 0755) < 0)
        return -1;
    (void)snprintf(run_path, sizeof(run_path), "%s/run", base);
    (void)snprintf(state_path, sizeof(state_path), "%s/state", base);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)unlink(run_path);
    (void)rmdir(run_path);
    (void)rmdir(state_path);
    return rmdir(base);
}

struct expectation {
    int code;
    const char *words; /* of the error; NULL: none */
    uid_t uid;         /* afterwards */
};

static bool is_as_expected(const char *user, const struct expectation *e)
{
    struct hvc_error error = {0};
    int rc = hvc_privileges_settle(user, run_path, state_path, &error);
    struct stat run, kept;

    if (rc != e->code || (e->words != NULL && strstr(error.text, e->words) == NULL)) {
        (void)fprintf(stderr, "gave %d \"%s\"\n", rc, error.text);
        return false;
    }
    if (rc < 0)
        return true;
    if (stat(run_path, &run) < 0 || stat(state_path, &kept) < 0)
        return false;
    return geteuid() == e->uid && getuid() == e->uid && run.st_uid == e->uid && kept.st_uid == e->uid &&
           (run.st_mode & 07777) == 0755 && (kept.st_mode & 07777) == 0750 &&
           (e->uid == 0 || (setuid(0) < 0 && getegid() == NOBODY));
}

static void try(const char *user, uid_t as, struct expectation e)
{
    pid_t pid = fork();
    int status = 0;

    assert_true(pid >= 0);
    if (pid == 0) {
        if (as != 0 && (setgroups(0, NULL) < 0 || setresgid(as, as, as) < 0 || setresuid(as, as, as) < 0))
            _exit(2);
        _exit(is_as_expected(user, &e) ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void root_makes_the_directories_and_becomes_the_user_for_good(void **state)
{
    (void)state;
    try("nobody", 0, (struct expectation){.uid = NOBODY});
    try("nobody", 0, (struct expectation){.uid = NOBODY}); /* and again, with everything there */
    try("nobody", NOBODY, (struct expectation){.uid = NOBODY});
}

static void an_empty_user_stays_who_it_is(void **state)
{
    (void)state;
    try("", 0, (struct expectation){.uid = 0});
    try("root", 0, (struct expectation){.uid = 0});
}

static void somebody_else_cannot_become_the_user(void **state)
{
    (void)state;
    try("nobody", 12345, (struct expectation){-EPERM, "only root can become user nobody", 0});
    try("", 12345, (struct expectation){-EACCES, "cannot make the directory", 0});
}

static void a_user_that_does_not_exist_is_told_with_what_to_do(void **state)
{
    (void)state;
    try("hvc-no-such-user", 0, (struct expectation){-ENOENT, "systemd-sysusers", 0});
    try("hvc-no-such-user", 12345, (struct expectation){-ENOENT, "cannot become another", 0});
}

static void a_directory_of_a_stranger_or_a_link_is_not_taken(void **state)
{
    (void)state;
    assert_int_equal(mkdir(run_path, 0755), 0);
    assert_int_equal(chown(run_path, 12345, 12345), 0);
    try("nobody", 0, (struct expectation){-EPERM, "belongs to user 12345", 0});
    assert_int_equal(rmdir(run_path), 0);
    assert_int_equal(symlink("/tmp", run_path), 0);
    try("nobody", 0, (struct expectation){-ENOTDIR, "cannot open the directory", 0});
    assert_int_equal(unlink(run_path), 0);
    assert_int_equal(mkdir(run_path, 0755), 0);
    assert_int_equal(chown(run_path, NOBODY, NOBODY), 0);
    assert_int_equal(chmod(run_path, 0777), 0);
    try("nobody", NOBODY, (struct expectation){-EPERM, "others may write", 0});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(root_makes_the_directories_and_becomes_the_user_for_good, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_empty_user_stays_who_it_is, set_up, tear_down),
        cmocka_unit_test_setup_teardown(somebody_else_cannot_become_the_user, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_user_that_does_not_exist_is_told_with_what_to_do, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_directory_of_a_stranger_or_a_link_is_not_taken, set_up, tear_down),
    };

    if (getuid() != 0)
        return 77; /* only root can become somebody */
    return cmocka_run_group_tests(tests, NULL, NULL);
}

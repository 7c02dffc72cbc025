/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "listen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../hvc_cmocka.h"

static char folder[] = "/tmp/hvc-auth-listen-XXXXXX";
static char path[64];

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof(folder), "/tmp/hvc-auth-listen-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(path, sizeof(path), "%s/socket", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(folder);
}

static void a_path_becomes_a_socket_of_its_owner_only(void **state)
{
    struct stat status;
    int fd = -1;

    (void)state;
    assert_int_equal(hvc_auth_listen_path(path, &fd, NULL), 0);
    assert_int_equal(stat(path, &status), 0);
    assert_true(S_ISSOCK(status.st_mode));
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_true((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    assert_int_equal(close(fd), 0);
}

static void a_socket_that_nobody_serves_is_replaced_and_anything_else_is_left(void **state)
{
    struct hvc_error error = {0};
    int fd = -1, other = -1;

    (void)state;
    assert_int_equal(hvc_auth_listen_path(path, &fd, NULL), 0);
    assert_int_equal(hvc_auth_listen_path(path, &other, &error), -EADDRINUSE);
    assert_non_null(strstr(error.text, "is served by another process"));
    assert_int_equal(close(fd), 0);
    assert_int_equal(hvc_auth_listen_path(path, &fd, NULL), 0);
    assert_int_equal(close(fd), 0);
    assert_int_equal(unlink(path), 0);
    fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_int_equal(close(fd), 0);
    assert_int_equal(hvc_auth_listen_path(path, &fd, &error), -EEXIST);
    assert_non_null(strstr(error.text, "exists and is no socket"));
}

/* In a child that has given as its descriptor 3, as systemd hands it over; returns what inherited() said. */
static int inherit(int given, bool mine, const char *count)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        char text[16];
        int fd = -1, rc;

        (void)snprintf(text, sizeof(text), "%d", mine ? (int)getpid() : 1);
        (void)setenv("LISTEN_PID", text, 1);
        (void)setenv("LISTEN_FDS", count, 1);
        if (given != 3)
            (void)dup2(given, 3);
        rc = hvc_auth_listen_inherited(&fd, NULL);
        if (getenv("LISTEN_PID") != NULL || getenv("LISTEN_FDS") != NULL ||
            (rc == 0 && (fd != 3 || (fcntl(3, F_GETFD) & FD_CLOEXEC) == 0 || (fcntl(3, F_GETFL) & O_NONBLOCK) == 0)))
            rc = -EXDEV;
        _exit(-rc);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return -WEXITSTATUS(status);
}

static void only_one_listening_socket_of_packets_is_taken_from_systemd(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int packets = -1, plain = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    int stream = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)state;
    assert_int_equal(hvc_auth_listen_path(path, &packets, NULL), 0);
    assert_int_equal(bind(stream, (struct sockaddr *)&address, sizeof(address.sun_family)), 0); /* a name by itself */
    assert_int_equal(listen(stream, 1), 0);
    assert_int_equal(inherit(packets, true, "1"), 0);
    assert_int_equal(inherit(packets, false, "1"), -ENOENT); /* meant for another process */
    assert_int_equal(inherit(packets, true, "2"), -EINVAL);
    assert_int_equal(inherit(packets, true, "x"), -EINVAL);
    assert_int_equal(inherit(plain, true, "1"), -EINVAL);
    assert_int_equal(inherit(stream, true, "1"), -EINVAL);
    assert_int_equal(inherit(STDIN_FILENO, true, "1"), -EINVAL);
    assert_int_equal(close(packets) + close(plain) + close(stream), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_path_becomes_a_socket_of_its_owner_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_socket_that_nobody_serves_is_replaced_and_anything_else_is_left, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(only_one_listening_socket_of_packets_is_taken_from_systemd, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("auth.listen", tests, NULL, NULL);
}

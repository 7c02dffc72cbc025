/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The client against a libqb server of the test's own in a child process, which answers as it is told. */
#include "hvc/client.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <qb/qbipcc.h>
#include <qb/qbipcs.h>
#include <qb/qbloop.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../hvc_cmocka.h"

/* ---- the server: what it does is decided by the "op" it is asked ---- */

static qb_loop_t *loop;
static char request_text[HVC_IPC_MESSAGE_MAX + 1];
static size_t request_length;

static int32_t add(enum qb_loop_priority p, int32_t fd, int32_t events, void *data, qb_ipcs_dispatch_fn_t fn)
{
    return qb_loop_poll_add(loop, p, fd, events, data, fn);
}

static int32_t mod(enum qb_loop_priority p, int32_t fd, int32_t events, void *data, qb_ipcs_dispatch_fn_t fn)
{
    return qb_loop_poll_mod(loop, p, fd, events, data, fn);
}

static int32_t del(int32_t fd)
{
    return qb_loop_poll_del(loop, fd);
}

static int32_t job(enum qb_loop_priority p, void *data, qb_loop_job_dispatch_fn fn)
{
    return qb_loop_job_add(loop, p, data, fn);
}

static int32_t refuse_code;

static int32_t accept_client(qb_ipcs_connection_t *c, uid_t uid, gid_t gid)
{
    (void)c;
    (void)uid;
    (void)gid;
    return refuse_code;
}

static void answer(qb_ipcs_connection_t *c, int32_t id, const char *text, size_t length)
{
    char buffer[HVC_IPC_PART_MAX + sizeof(struct qb_ipc_response_header)];
    struct qb_ipc_response_header header = {.id = id, .size = (int32_t)(sizeof(header) + length)};

    memcpy(buffer, &header, sizeof(header));
    memcpy(buffer + sizeof(header), text, length);
    while (qb_ipcs_response_send(c, buffer, sizeof(header) + length) == -EAGAIN)
        (void)usleep(1000);
}

/* The request comes back as data, so that nothing of it can get lost unnoticed. */
static void answer_echo(qb_ipcs_connection_t *c)
{
    static char text[HVC_IPC_MESSAGE_MAX + 64];
    int length = snprintf(text, sizeof(text), "{\"version\":1,\"result\":\"ok\",\"data\":%.*s}", (int)request_length,
                          request_text);

    for (int at = 0; at < length; at += HVC_IPC_PART_MAX) {
        int size = length - at < HVC_IPC_PART_MAX ? length - at : HVC_IPC_PART_MAX;

        answer(c, at + size == length ? HVC_WIRE_LAST : HVC_WIRE_MORE, text + at, (size_t)size);
    }
}

static int32_t process(qb_ipcs_connection_t *c, void *data, size_t size)
{
    struct qb_ipc_request_header header;

    memcpy(&header, data, sizeof(header));
    memcpy(request_text + request_length, (char *)data + sizeof(header), size - sizeof(header));
    request_length += size - sizeof(header);
    if (header.id == HVC_WIRE_MORE)
        return 0;
    request_text[request_length] = '\0';
    if (strstr(request_text, "\"op\":\"silent\"") != NULL)
        return 0;
    if (strstr(request_text, "\"op\":\"die\"") != NULL)
        _exit(0);
    if (strstr(request_text, "\"op\":\"bad-id\"") != NULL)
        answer(c, 77, "{}", 2);
    else if (strstr(request_text, "\"op\":\"garbage\"") != NULL)
        answer(c, HVC_WIRE_LAST, "\x01\x02{", 3);
    else
        answer_echo(c);
    request_length = 0;
    return 0;
}

static void serve(const char *name, int ready_fd)
{
    struct qb_ipcs_service_handlers handlers = {.connection_accept = accept_client, .msg_process = process};
    struct qb_ipcs_poll_handlers polls = {job, add, mod, del};
    qb_ipcs_service_t *service = qb_ipcs_create(name, 0, QB_IPC_SHM, &handlers);

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    loop = qb_loop_create();
    qb_ipcs_poll_handlers_set(service, &polls);
    if (qb_ipcs_run(service) != 0 || write(ready_fd, "r", 1) != 1)
        _exit(1);
    qb_loop_run(loop);
    _exit(0);
}

struct fixture {
    pid_t server;
    char name[64];
    char directory[64];
    struct hvc_client_options options;
};

static void start_server(struct fixture *f, uid_t uid)
{
    static unsigned number;
    int ready[2];
    char byte = 0;

    (void)snprintf(f->name, sizeof(f->name), "hvc-test-client-%d-%u", (int)getpid(), number++);
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    f->server = fork();
    assert_true(f->server >= 0);
    if (f->server == 0) {
        if (uid != getuid() && setresuid(uid, uid, uid) != 0)
            _exit(1);
        serve(f->name, ready[1]);
    }
    (void)close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    (void)close(ready[0]);
}

/* What a killed server leaves in /dev/shm: the real one sweeps it at its next start. */
static void sweep(pid_t pid)
{
    for (int folders = 0; folders < 2; folders++) {
        char pattern[64];
        glob_t found;

        (void)snprintf(pattern, sizeof(pattern), folders ? "/dev/shm/qb-%d-*" : "/dev/shm/qb-%d-*/*", (int)pid);
        if (glob(pattern, GLOB_NOSORT, NULL, &found) != 0)
            continue;
        for (size_t k = 0; k < found.gl_pathc; k++)
            assert_int_equal(remove(found.gl_pathv[k]), 0);
        globfree(&found);
    }
}

static void stop_server(struct fixture *f)
{
    if (f->server > 0) {
        (void)kill(f->server, SIGKILL);
        (void)waitpid(f->server, NULL, 0);
        sweep(f->server);
    }
    f->server = 0;
}

static int set_up(void **state)
{
    static struct fixture f;

    memset(&f, 0, sizeof(f));
    (void)snprintf(f.directory, sizeof(f.directory), "/tmp/hvc-test-client-XXXXXX");
    if (mkdtemp(f.directory) == NULL)
        return -1;
    f.options = (struct hvc_client_options){f.name, f.directory};
    refuse_code = 0;
    request_length = 0;
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    stop_server(f);
    (void)rmdir(f->directory);
    return 0;
}

static int ask(struct fixture *f, const char *operation, size_t size, uint64_t ms, struct hvc_error *error)
{
    HVC_CLEANUP(client) struct hvc_client *client = NULL;
    HVC_CLEANUP(record) struct hvc_record *request = NULL;
    HVC_CLEANUP(record) struct hvc_record *response = NULL;
    HVC_CLEANUP(free) char *text = calloc(1, size + 1);
    struct hvc_record *args = NULL;
    uint64_t deadline = hvc_deadline_in(ms);
    const struct hvc_record *echoed;
    int rc = hvc_client_connect(&f->options, deadline, &client, error);

    if (rc < 0)
        return rc;
    memset(text, '\n', size); /* doubles when it is written */
    request = hvc_request_new(operation, &args);
    hvc_record_set_text(args, "xml", text);
    rc = hvc_client_call(client, request, deadline, &response, error);
    if (rc < 0) {
        struct hvc_error again = {0};

        if (rc != -E2BIG)
            assert_int_equal(hvc_client_call(client, request, deadline, &response, &again), -EPIPE);
        return rc;
    }
    echoed = hvc_record_record(hvc_response_data(response), "args");
    assert_string_equal(hvc_record_text(echoed, "xml", "lost"), text);
    return 0;
}

/* ---- tests ---- */

static void questions_of_every_size_are_answered(void **state)
{
    static const size_t sizes[] = {0, 1, 1000, HVC_IPC_PART_MAX / 2, HVC_IPC_BUFFER, HVC_IPC_MESSAGE_MAX / 2 - 64};
    struct fixture *f = *state;

    start_server(f, getuid());
    for (size_t i = 0; i < HVC_COUNT(sizes); i++) {
        struct hvc_error error = {0};

        if (ask(f, "echo", sizes[i], 5000, &error) != 0)
            fail_msg("%zu bytes: %s", sizes[i], error.text);
    }
}

static void a_request_beyond_the_bound_is_not_sent(void **state)
{
    struct fixture *f = *state;
    struct hvc_error error = {0};

    start_server(f, getuid());
    assert_int_equal(ask(f, "echo", HVC_IPC_MESSAGE_MAX / 2, 5000, &error), -E2BIG);
    assert_non_null(strstr(error.text, "cannot write the request"));
}

static void an_absent_daemon_is_told_at_once(void **state)
{
    struct fixture *f = *state;
    struct hvc_error error = {0};
    uint64_t begin = hvc_now_ms();

    (void)snprintf(f->name, sizeof(f->name), "hvc-test-nobody-%d", (int)getpid());
    assert_int_equal(ask(f, "echo", 1, 60000, &error), -ENOTCONN);
    assert_non_null(strstr(error.text, "does not run here"));
    assert_true(hvc_now_ms() - begin < 30000);
}

static void a_stopped_daemon_costs_no_more_than_the_deadline(void **state)
{
    struct fixture *f = *state;
    struct hvc_error error = {0};
    uint64_t begin = hvc_now_ms();

    start_server(f, getuid());
    assert_int_equal(kill(f->server, SIGSTOP), 0);
    assert_int_equal(ask(f, "echo", 1, 300, &error), -ETIMEDOUT);
    assert_non_null(strstr(error.text, "does not answer"));
    assert_in_range(hvc_now_ms() - begin, 295, 30000);
}

/* When the kernel's queue of connections is full, connecting itself fails; that is a daemon that hangs, too. */
static void a_stopped_daemon_with_a_full_queue_is_one_that_hangs(void **state)
{
    struct fixture *f = *state;
    struct hvc_error error = {0};

    start_server(f, getuid());
    assert_int_equal(kill(f->server, SIGSTOP), 0);
    for (int i = 0; i < 150; i++) {
        struct hvc_client *client = NULL;

        assert_int_equal(hvc_client_connect(&f->options, hvc_now_ms(), &client, &error), -ETIMEDOUT);
    }
    assert_int_equal(ask(f, "echo", 1, 50, &error), -ETIMEDOUT);
    assert_non_null(strstr(error.text, "does not answer"));
}

static void a_daemon_that_stops_after_the_question_leaves_the_outcome_unknown(void **state)
{
    struct fixture *f = *state;
    struct hvc_error error = {0};
    uint64_t begin = hvc_now_ms();

    start_server(f, getuid());
    assert_int_equal(ask(f, "silent", 1, 300, &error), -ETIMEDOUT);
    assert_non_null(strstr(error.text, "outcome of the operation is not known"));
    assert_in_range(hvc_now_ms() - begin, 295, 30000);
}

static void a_daemon_that_dies_is_noticed_before_the_deadline(void **state)
{
    struct fixture *f = *state;
    struct hvc_error error = {0};
    uint64_t begin = hvc_now_ms();

    start_server(f, getuid());
    assert_int_equal(ask(f, "die", 1, 60000, &error), -EPIPE);
    assert_non_null(strstr(error.text, "outcome of the operation is not known"));
    assert_true(hvc_now_ms() - begin < 30000);
}

static void answers_that_make_no_sense_are_refused(void **state)
{
    static const char *const operations[] = {"bad-id", "garbage"};
    struct fixture *f = *state;

    start_server(f, getuid());
    for (size_t i = 0; i < HVC_COUNT(operations); i++) {
        struct hvc_error error = {0};

        assert_int_equal(ask(f, operations[i], 1, 5000, &error), -EPROTO);
    }
}

static void a_refusal_is_told_by_its_reason(void **state)
{
    static const struct {
        int code;
        const char *words;
    } cases[] = {
        {-EACCES, "does not serve this user"},
        {-EAGAIN, "too many clients"},
        {-EMSGSIZE, "cannot connect"},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_error error = {0};

        refuse_code = cases[i].code; /* the server is a child made after this */
        start_server(f, getuid());
        assert_int_equal(ask(f, "echo", 1, 5000, &error), cases[i].code);
        assert_non_null(strstr(error.text, cases[i].words));
        stop_server(f);
    }
}

/* ---- a client that is too slow for the daemon's patience ---- */

static unsigned dropped; /* connections that the daemon has still to give up */

int32_t __real_qb_ipcc_connect_continue(qb_ipcc_connection_t *connection); /* NOLINT(bugprone-reserved-identifier) */
int32_t __wrap_qb_ipcc_connect_continue(qb_ipcc_connection_t *connection); /* NOLINT(bugprone-reserved-identifier) */

int32_t __wrap_qb_ipcc_connect_continue(qb_ipcc_connection_t *connection) /* NOLINT(bugprone-reserved-identifier) */
{
    int32_t rc = __real_qb_ipcc_connect_continue(connection);

    if (rc != 0 || dropped == 0)
        return rc;
    dropped--;
    qb_ipcc_disconnect(connection);
    return -ENOENT;
}

static void a_client_that_was_too_slow_begins_again_until_its_deadline(void **state)
{
    struct fixture *f = *state;
    struct hvc_client *client = NULL;
    struct hvc_error error = {0};

    start_server(f, getuid());
    dropped = 3;
    assert_int_equal(hvc_client_connect(&f->options, hvc_deadline_in(60000), &client, &error), 0);
    assert_int_equal(dropped, 0);
    hvc_client_close(client);
    dropped = UINT_MAX;
    assert_int_equal(hvc_client_connect(&f->options, hvc_deadline_in(50), &client, &error), -ETIMEDOUT);
    assert_non_null(strstr(error.text, "does not answer"));
    dropped = 0;
}

static void a_socket_of_the_wrong_owner_is_sent_nothing(void **state)
{
    struct fixture *f = *state;
    struct hvc_error error = {0};

    if (getuid() != 0)
        skip(); /* only root can make a server of another user */
    start_server(f, 65534);
    assert_int_equal(ask(f, "echo", 1, 5000, &error), -EPERM);
    assert_non_null(strstr(error.text, "socket of the wrong owner"));
    assert_non_null(strstr(error.text, "user 65534"));
    assert_int_equal(chown(f->directory, 65534, 65534), 0); /* now that user is hvclusterd's */
    assert_int_equal(ask(f, "echo", 1, 5000, &error), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(questions_of_every_size_are_answered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_request_beyond_the_bound_is_not_sent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_absent_daemon_is_told_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_stopped_daemon_costs_no_more_than_the_deadline, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_stopped_daemon_with_a_full_queue_is_one_that_hangs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_daemon_that_stops_after_the_question_leaves_the_outcome_unknown, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_daemon_that_dies_is_noticed_before_the_deadline, set_up, tear_down),
        cmocka_unit_test_setup_teardown(answers_that_make_no_sense_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_refusal_is_told_by_its_reason, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_client_that_was_too_slow_begins_again_until_its_deadline, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_socket_of_the_wrong_owner_is_sent_nothing, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

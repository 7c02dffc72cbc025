/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The server with the real client, and with ones that break every rule. Clients are threads; the loop is ours. */
#include "server.h"

#include <errno.h>
#include <pthread.h>
#include <qb/qbipcc.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "hvc/client.h"
#include "log.h"
#include "loop.h"

#include "../hvc_cmocka.h"

static char service[64];
static struct hvc_server *server;
static unsigned requests, gone;
static struct hvc_peer *waiting; /* asked "silent" */

/* Echoes a request as data, answers "silent" never, "large" with half a mebibyte. */
static void on_request(void *context, struct hvc_peer *peer, const char *text, size_t length)
{
    char *answer = NULL;
    int size;

    (void)context;
    requests++;
    assert_int_equal(strlen(text), length);
    if (strstr(text, "\"op\":\"silent\"") != NULL) {
        waiting = peer;
        return;
    }
    if (strstr(text, "\"op\":\"large\"") != NULL) {
        size = HVC_IPC_MESSAGE_MAX;
        answer = malloc((size_t)size + 1);
        memset(answer, 'x', (size_t)size);
    } else {
        size = asprintf(&answer, "{\"version\":1,\"result\":\"ok\",\"data\":%s}", text);
    }
    hvc_server_answer(peer, answer, (size_t)size);
}

static void on_gone(void *context, struct hvc_peer *peer)
{
    (void)context;
    gone++;
    if (waiting == peer)
        waiting = NULL;
}

static int set_up_with(unsigned clients_max)
{
    static unsigned number;
    struct hvc_server_options options = {
        .service = service, .clients_max = clients_max, .on_request = on_request, .on_gone = on_gone};

    requests = gone = 0;
    waiting = NULL;
    (void)snprintf(service, sizeof(service), "hvc-test-server-%d-%u", (int)getpid(), number++);
    return hvc_server_new(&options, &server, NULL);
}

static int set_up(void **state)
{
    (void)state;
    return set_up_with(16);
}

static int set_up_small(void **state)
{
    (void)state;
    return set_up_with(2);
}

static int tear_down(void **state)
{
    (void)state;
    hvc_server_free(server);
    server = NULL;
    return 0;
}

/* ---- well-behaved clients ---- */

struct asker {
    pthread_t thread;
    size_t size;
    unsigned times;
    int result;
    bool same;
    struct hvc_error error;
    atomic_bool ended;
};

static int ask(const struct asker *a, struct hvc_client *client, bool *ret_same, struct hvc_error *error)
{
    HVC_CLEANUP(record) struct hvc_record *request = NULL;
    HVC_CLEANUP(record) struct hvc_record *response = NULL;
    HVC_CLEANUP(free) char *text = calloc(1, a->size + 1);
    struct hvc_record *args = NULL;
    const char *echoed;
    int rc;

    memset(text, 'y', a->size);
    request = hvc_request_new("echo", &args);
    hvc_record_set_text(args, "xml", text);
    rc = hvc_client_call(client, request, hvc_deadline_in(20000), &response, error);
    if (rc < 0)
        return rc;
    echoed = hvc_record_text(hvc_record_record(hvc_response_data(response), "args"), "xml", "");
    *ret_same = strcmp(echoed, text) == 0;
    return 0;
}

static void *run_asker(void *context)
{
    const struct hvc_client_options options = {.service = service};
    struct asker *a = context;
    struct hvc_client *client = NULL;

    a->result = hvc_client_connect(&options, hvc_deadline_in(20000), &client, &a->error);
    for (unsigned i = 0; a->result == 0 && i < a->times; i++)
        a->result = ask(a, client, &a->same, &a->error);
    hvc_client_close(client);
    atomic_store(&a->ended, true);
    return NULL;
}

static void start(struct asker *a, size_t size, unsigned times)
{
    memset(a, 0, sizeof(*a));
    a->size = size;
    a->times = times;
    assert_int_equal(pthread_create(&a->thread, NULL, run_asker, a), 0);
}

static void finish(struct asker *a, int result)
{
    ITERATE_UNTIL(atomic_load(&a->ended));
    assert_int_equal(pthread_join(a->thread, NULL), 0);
    if (a->result != result)
        fail_msg("%d: %s", a->result, a->error.text);
    assert_true(result != 0 || a->same);
}

static void others_are_served(void)
{
    unsigned before = hvc_server_clients(server);
    struct asker a;

    start(&a, 1000, 3);
    finish(&a, 0);
    ITERATE_UNTIL(hvc_server_clients(server) == before);
}

static void messages_of_every_size_travel_both_ways(void **state)
{
    static const size_t sizes[] = {0, 1000, HVC_IPC_PART_MAX, HVC_IPC_BUFFER + 1, HVC_IPC_MESSAGE_MAX - 200};

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(sizes); i++) {
        struct asker a;

        start(&a, sizes[i], 2);
        finish(&a, 0);
    }
    ITERATE_UNTIL(hvc_server_clients(server) == 0);
    assert_int_equal(hvc_server_unsent(server), 0);
}

static void many_clients_are_served_at_one_time(void **state)
{
    static struct asker askers[16];

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(askers); i++)
        start(&askers[i], 40000, 10);
    for (size_t i = 0; i < HVC_COUNT(askers); i++)
        finish(&askers[i], 0);
    ITERATE_UNTIL(hvc_server_clients(server) == 0);
}

/* ---- others: a raw connection of libqb in a thread, for connecting needs our loop ---- */

struct raw {
    pthread_t thread;
    qb_ipcc_connection_t *connection;
    size_t buffer;
    int code;
    atomic_bool ended;
};

static void *connect_raw(void *context)
{
    struct raw *raw = context;

    raw->connection = qb_ipcc_connect(service, raw->buffer);
    raw->code = raw->connection == NULL ? errno : 0;
    atomic_store(&raw->ended, true);
    return NULL;
}

static void open_raw_with(struct raw *raw, size_t buffer)
{
    memset(raw, 0, sizeof(*raw));
    raw->buffer = buffer;
    assert_int_equal(pthread_create(&raw->thread, NULL, connect_raw, raw), 0);
    ITERATE_UNTIL(atomic_load(&raw->ended));
    assert_int_equal(pthread_join(raw->thread, NULL), 0);
}

static void open_raw(struct raw *raw)
{
    open_raw_with(raw, HVC_IPC_BUFFER);
    assert_non_null(raw->connection);
}

static void send_raw(struct raw *raw, int32_t id, int32_t said, const char *text, size_t length)
{
    static char buffer[HVC_IPC_BUFFER];
    struct qb_ipc_request_header header = {.id = id, .size = said};
    ssize_t sent;

    memcpy(buffer, &header, sizeof(header));
    memcpy(buffer + sizeof(header), text, length);
    do {
        sent = qb_ipcc_send(raw->connection, buffer, sizeof(header) + length);
        (void)g_main_context_iteration(NULL, FALSE);
    } while (sent == -EAGAIN);
}

static void send_text(struct raw *raw, int32_t id, const char *text)
{
    send_raw(raw, id, (int32_t)(sizeof(struct qb_ipc_request_header) + strlen(text)), text, strlen(text));
}

static void is_dropped(struct raw *raw)
{
    ITERATE_UNTIL(gone == 1);
    assert_int_equal(hvc_server_clients(server), 0);
    qb_ipcc_disconnect(raw->connection);
    others_are_served();
}

static void impossible_sizes_and_unknown_kinds_end_the_connection(void **state)
{
    static const struct {
        int32_t id, said;
    } cases[] = {{HVC_WIRE_LAST, 8},
                 {HVC_WIRE_LAST, -1},
                 {HVC_WIRE_LAST, INT32_MAX},
                 {HVC_WIRE_LAST, HVC_IPC_BUFFER + 1},
                 {77, 24},
                 {0, 24}};

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct raw raw;

        gone = 0;
        open_raw(&raw);
        send_raw(&raw, cases[i].id, cases[i].said, "12345678", 8);
        is_dropped(&raw);
    }
    assert_int_equal(requests, 3 * HVC_COUNT(cases)); /* only the others' */
}

static void a_request_beyond_the_bound_ends_the_connection(void **state)
{
    static char part[HVC_IPC_PART_MAX];
    struct raw raw;

    (void)state;
    memset(part, 'x', sizeof(part));
    open_raw(&raw);
    for (size_t sent = 0; sent <= HVC_IPC_MESSAGE_MAX && gone == 0; sent += sizeof(part))
        send_raw(&raw, HVC_WIRE_MORE, (int32_t)(sizeof(struct qb_ipc_request_header) + sizeof(part)), part,
                 sizeof(part));
    is_dropped(&raw);
}

static void half_a_message_and_the_end_of_its_client_ask_nothing(void **state)
{
    struct raw raw;

    (void)state;
    open_raw(&raw);
    send_text(&raw, HVC_WIRE_MORE, "{\"op\":\"ec");
    qb_ipcc_disconnect(raw.connection);
    ITERATE_UNTIL(gone == 1);
    assert_int_equal(requests, 0);
    others_are_served();
}

static void a_second_question_before_the_answer_ends_the_connection(void **state)
{
    struct raw raw;

    (void)state;
    open_raw(&raw);
    send_text(&raw, HVC_WIRE_LAST, "{\"op\":\"silent\"}");
    send_text(&raw, HVC_WIRE_LAST, "{\"op\":\"silent\"}");
    is_dropped(&raw);
}

static void a_client_that_goes_takes_its_question_with_it(void **state)
{
    struct raw raw;

    (void)state;
    open_raw(&raw);
    send_text(&raw, HVC_WIRE_LAST, "{\"op\":\"silent\"}");
    ITERATE_UNTIL(waiting != NULL);
    assert_int_equal(hvc_peer_caller(waiting)->pid, getpid());
    assert_int_equal(hvc_peer_caller(waiting)->right, getuid() == 0 ? HVC_RIGHT_ADMIN : HVC_RIGHT_OPERATE);
    qb_ipcc_disconnect(raw.connection);
    ITERATE_UNTIL(gone == 1);
    assert_null(waiting);
}

static void a_client_that_does_not_read_hurts_nobody_and_may_read_later(void **state)
{
    static char buffer[HVC_IPC_BUFFER];
    size_t received = 0;
    struct raw raw;

    (void)state;
    open_raw(&raw);
    send_text(&raw, HVC_WIRE_LAST, "{\"op\":\"large\"}");
    ITERATE_UNTIL(requests == 1);
    others_are_served();
    assert_int_equal(hvc_server_unsent(server), 1);
    while (received < HVC_IPC_MESSAGE_MAX) {
        ssize_t got = qb_ipcc_recv(raw.connection, buffer, sizeof(buffer), 1);

        (void)g_main_context_iteration(NULL, FALSE);
        if (got > 0)
            received += (size_t)got - sizeof(struct qb_ipc_response_header);
        assert_true(got > 0 || got == -EAGAIN || got == -ETIMEDOUT);
    }
    assert_int_equal(received, HVC_IPC_MESSAGE_MAX);
    ITERATE_UNTIL(hvc_server_unsent(server) == 0);
    qb_ipcc_disconnect(raw.connection);
    ITERATE_UNTIL(gone == 2);
}

static void buffers_larger_than_agreed_are_refused(void **state)
{
    struct raw raw;

    (void)state;
    open_raw_with(&raw, HVC_IPC_BUFFER + 1);
    assert_null(raw.connection);
    assert_int_equal(raw.code, EMSGSIZE);
    others_are_served();
}

static void more_clients_than_allowed_are_refused_and_welcome_later(void **state)
{
    struct raw first, second;
    struct asker third;

    (void)state;
    open_raw(&first);
    open_raw(&second);
    start(&third, 10, 1);
    finish(&third, -EAGAIN);
    qb_ipcc_disconnect(first.connection);
    ITERATE_UNTIL(gone == 1);
    others_are_served();
    qb_ipcc_disconnect(second.connection);
    ITERATE_UNTIL(hvc_server_clients(server) == 0);
}

static int connect_silently(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    (void)snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "%s", service);
    /* libqb's address is as long as the structure */
    while (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 && errno == EAGAIN)
        (void)g_main_context_iteration(NULL, FALSE);
    return fd;
}

static bool is_closed(int fd)
{
    char byte;

    return recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
}

static void strangers_who_say_nothing_are_closed_and_keep_nobody_out(void **state)
{
    static int fds[150];
    unsigned closed = 0;

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(fds); i++)
        fds[i] = connect_silently();
    ITERATE_UNTIL(is_closed(fds[HVC_COUNT(fds) - 1])); /* beyond what is kept at one time */
    for (size_t i = 0; i < HVC_COUNT(fds); i++)
        closed += is_closed(fds[i]);
    assert_true(closed >= 80);
    for (size_t i = 0; i < HVC_COUNT(fds); i++)
        ITERATE_UNTIL(is_closed(fds[i])); /* by time */
    others_are_served();
    for (size_t i = 0; i < HVC_COUNT(fds); i++)
        (void)close(fds[i]);
}

static void a_name_that_is_taken_is_told(void **state)
{
    struct hvc_server_options options = {
        .service = service, .clients_max = 1, .on_request = on_request, .on_gone = on_gone};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct hvc_server *other = NULL;
    struct hvc_error error = {0};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)state;
    hvc_server_free(server);
    server = NULL;
    (void)snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "%s", service);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(hvc_server_new(&options, &other, &error), -EADDRINUSE);
    assert_non_null(strstr(error.text, "some other process has taken the name"));
    (void)close(fd);
    assert_int_equal(hvc_server_new(&options, &server, &error), 0);
}

static void the_end_of_the_server_is_the_end_of_its_clients(void **state)
{
    struct raw raw;

    (void)state;
    open_raw(&raw);
    send_text(&raw, HVC_WIRE_LAST, "{\"op\":\"silent\"}");
    ITERATE_UNTIL(waiting != NULL);
    hvc_server_free(server);
    server = NULL;
    assert_int_equal(gone, 1);
    qb_ipcc_disconnect(raw.connection);
    hvc_server_free(NULL);
}

/* The leak sanitizer looks whether libqb has let go of them. */
static void the_end_of_the_server_is_the_end_of_strangers_too(void **state)
{
    int fds[3];

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(fds); i++)
        fds[i] = connect_silently();
    others_are_served(); /* so the strangers before them have been accepted */
    hvc_server_free(server);
    server = NULL;
    for (size_t i = 0; i < HVC_COUNT(fds); i++) {
        assert_true(is_closed(fds[i]));
        (void)close(fds[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(messages_of_every_size_travel_both_ways, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_clients_are_served_at_one_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(impossible_sizes_and_unknown_kinds_end_the_connection, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_request_beyond_the_bound_ends_the_connection, set_up, tear_down),
        cmocka_unit_test_setup_teardown(half_a_message_and_the_end_of_its_client_ask_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_second_question_before_the_answer_ends_the_connection, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_client_that_goes_takes_its_question_with_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_client_that_does_not_read_hurts_nobody_and_may_read_later, set_up, tear_down),
        cmocka_unit_test_setup_teardown(buffers_larger_than_agreed_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(more_clients_than_allowed_are_refused_and_welcome_later, set_up_small,
                                        tear_down),
        cmocka_unit_test_setup_teardown(strangers_who_say_nothing_are_closed_and_keep_nobody_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_name_that_is_taken_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_end_of_the_server_is_the_end_of_its_clients, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_end_of_the_server_is_the_end_of_strangers_too, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The desk with real server, client and workers, and operations of the test's own in the table. */
#include "desk.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "fake_world.h"
#include "hvc/client.h"
#include "log.h"
#include "loop.h"

#include "../hvc_cmocka.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t change = PTHREAD_COND_INITIALIZER;
static bool gate_open;
static atomic_uint hanging, cancelled, ended;

/* Hangs in something that knows no deadline. */
static enum hvc_result hang(struct hvc_operations *operations, struct hvc_call *call)
{
    (void)operations;
    (void)call;
    (void)atomic_fetch_add(&hanging, 1);
    (void)pthread_mutex_lock(&lock);
    while (!gate_open)
        (void)pthread_cond_wait(&change, &lock);
    (void)pthread_mutex_unlock(&lock);
    (void)atomic_fetch_add(&ended, 1);
    return HVC_RESULT_OK;
}

static enum hvc_result wait_for_cancel(struct hvc_operations *operations, struct hvc_call *call)
{
    (void)operations;
    (void)atomic_fetch_add(&hanging, 1);
    while (hvc_call_wait(call, 60000))
        ;
    (void)atomic_fetch_add(hvc_call_is_cancelled(call) ? &cancelled : &ended, 1);
    return hvc_call_say(call, HVC_RESULT_FAILED, "cancelled");
}

static enum hvc_result at_once(struct hvc_operations *operations, struct hvc_call *call)
{
    (void)operations;
    return hvc_call_say(call, HVC_RESULT_OK, "here");
}

static const struct hvc_operation table[] = {
    {.name = "hang",
     .right = HVC_RIGHT_OPERATE,
     .lane = HVC_LANE_WORK,
     .bound = true,
     .timeout_ms = 60000,
     .handler = hang},
    {.name = "read", .right = HVC_RIGHT_READ, .lane = HVC_LANE_WORK, .timeout_ms = 60000, .handler = hang},
    {.name = "bound",
     .right = HVC_RIGHT_OPERATE,
     .lane = HVC_LANE_WORK,
     .bound = true,
     .timeout_ms = 60000,
     .handler = wait_for_cancel},
    {.name = "unbound",
     .right = HVC_RIGHT_OPERATE,
     .lane = HVC_LANE_WORK,
     .timeout_ms = 600,
     .handler = wait_for_cancel},
    {.name = "inline", .right = HVC_RIGHT_READ, .lane = HVC_LANE_NONE, .timeout_ms = 1000, .handler = at_once},
    {.name = "status", .right = HVC_RIGHT_READ, .lane = HVC_LANE_STATUS, .timeout_ms = 1000, .handler = at_once},
};

const struct hvc_operation *hvc_operation_find(const char *name)
{
    for (size_t i = 0; i < HVC_COUNT(table); i++) {
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    }
    return NULL;
}

const char *hvc_right_name(enum hvc_right right)
{
    (void)right;
    return "admin";
}

void hvc_operations_note(struct hvc_operations *operations, enum hvc_message message, const char *format, ...)
{
    operations->message(operations->message_context, message, format);
}

static struct {
    char service[64];
    struct fake_world *world;
    struct hvc_workers *workers;
    struct hvc_desk *desk;
    struct hvc_server *server;
} all;

static int set_up(void **state)
{
    static unsigned number;
    struct hvc_server_options options = {
        .service = all.service, .clients_max = 32, .on_request = hvc_desk_request, .on_gone = hvc_desk_gone};

    (void)state;
    gate_open = false;
    atomic_store(&hanging, 0);
    atomic_store(&cancelled, 0);
    atomic_store(&ended, 0);
    (void)snprintf(all.service, sizeof(all.service), "hvc-test-desk-%d-%u", (int)getpid(), number++);
    all.world = fake_world_new();
    if (hvc_workers_new(2, &all.workers, NULL) < 0 ||
        hvc_desk_new(&all.world->operations, all.workers, &all.desk, NULL) < 0)
        return -1;
    options.context = all.desk;
    return hvc_server_new(&options, &all.server, NULL);
}

static void open_gate(void)
{
    (void)pthread_mutex_lock(&lock);
    gate_open = true;
    (void)pthread_cond_broadcast(&change);
    (void)pthread_mutex_unlock(&lock);
}

static int tear_down(void **state)
{
    (void)state;
    open_gate();
    hvc_server_free(all.server);
    if (hvc_workers_free(all.workers, hvc_deadline_in(20000)) > 0)
        return -1;
    hvc_desk_free(all.desk);
    fake_world_free(all.world);
    return 0;
}

struct asker {
    pthread_t thread;
    const char *operation;
    uint64_t timeout_ms; /* of the operation; 0: its own */
    uint64_t patience_ms;
    int result;
    enum hvc_result answer;
    char text[512];
    struct hvc_error error;
    atomic_bool ended;
};

static void *run_asker(void *context)
{
    const struct hvc_client_options options = {.service = all.service};
    HVC_CLEANUP(client) struct hvc_client *client = NULL;
    HVC_CLEANUP(record) struct hvc_record *response = NULL;
    HVC_CLEANUP(record) struct hvc_record *request = NULL;
    struct hvc_record *args = NULL;
    struct asker *a = context;
    uint64_t deadline = hvc_deadline_in(a->patience_ms);

    request = hvc_request_new(a->operation, &args);
    if (a->timeout_ms != 0)
        hvc_record_set_u64(args, "timeout_ms", a->timeout_ms);
    a->result = hvc_client_connect(&options, deadline, &client, &a->error);
    if (a->result == 0)
        a->result = hvc_client_call(client, request, deadline, &response, &a->error);
    if (a->result == 0) {
        a->answer = hvc_response_result(response);
        (void)snprintf(a->text, sizeof(a->text), "%s", hvc_response_text(response));
    }
    atomic_store(&a->ended, true);
    return NULL;
}

static void start(struct asker *a, const char *operation, uint64_t timeout_ms, uint64_t patience_ms)
{
    memset(a, 0, sizeof(*a));
    a->operation = operation;
    a->timeout_ms = timeout_ms;
    a->patience_ms = patience_ms;
    assert_int_equal(pthread_create(&a->thread, NULL, run_asker, a), 0);
}

static void finish(struct asker *a, enum hvc_result answer, const char *words)
{
    ITERATE_UNTIL(atomic_load(&a->ended));
    assert_int_equal(pthread_join(a->thread, NULL), 0);
    if (a->result != 0)
        fail_msg("%s: %s", a->operation, a->error.text);
    if (a->answer != answer || strstr(a->text, words) == NULL)
        fail_msg("%s: %s %s", a->operation, hvc_result_word(a->answer), a->text);
}

static void ask(const char *operation, enum hvc_result answer, const char *words)
{
    struct asker a;

    start(&a, operation, 0, 20000);
    finish(&a, answer, words);
}

static void operations_run_where_their_row_says(void **state)
{
    (void)state;
    ask("inline", HVC_RESULT_OK, "here");
    ask("status", HVC_RESULT_OK, "here");
    ask("unbound", HVC_RESULT_FAILED, "cancelled");
    ask("no such thing", HVC_RESULT_UNSUPPORTED, "no operation \"no such thing\"");
}

static void status_and_the_main_loop_answer_while_every_worker_hangs(void **state)
{
    struct asker hanging_ones[2], waiting;

    (void)state;
    start(&hanging_ones[0], "hang", 0, 60000);
    start(&hanging_ones[1], "hang", 0, 60000);
    ITERATE_UNTIL(atomic_load(&hanging) == 2);
    start(&waiting, "hang", 0, 60000);
    ask("status", HVC_RESULT_OK, "here");
    ask("inline", HVC_RESULT_OK, "here");
    open_gate();
    finish(&hanging_ones[0], HVC_RESULT_OK, "");
    finish(&hanging_ones[1], HVC_RESULT_OK, "");
    finish(&waiting, HVC_RESULT_OK, "");
}

static void a_call_that_does_not_come_back_is_answered_without_it(void **state)
{
    struct asker change_it, read_it, never_begun;
    uint64_t begin = hvc_now_ms();

    (void)state;
    start(&change_it, "hang", 100, 20000);
    start(&read_it, "read", 100, 20000);
    ITERATE_UNTIL(atomic_load(&hanging) == 2);
    start(&never_begun, "hang", 100, 20000);
    finish(&change_it, HVC_RESULT_UNKNOWN_OUTCOME, "has not come back in time");
    finish(&read_it, HVC_RESULT_TIMEOUT, "has not come back in time");
    assert_in_range(hvc_now_ms() - begin, HVC_DESK_GRACE_MS, 20000);
    ITERATE_UNTIL(atomic_load(&never_begun.ended));
    assert_int_equal(pthread_join(never_begun.thread, NULL), 0);
    assert_int_equal(never_begun.result, 0); /* begun by a replacement or not, it is answered */
    open_gate();
}

static void a_client_that_goes_cancels_what_is_bound_to_it(void **state)
{
    struct asker a;

    (void)state;
    start(&a, "bound", 0, 300);
    ITERATE_UNTIL(atomic_load(&a.ended));
    assert_int_equal(pthread_join(a.thread, NULL), 0);
    assert_int_equal(a.result, -ETIMEDOUT);
    ITERATE_UNTIL(atomic_load(&cancelled) == 1);
}

static void and_not_what_is_not(void **state)
{
    struct asker a;

    (void)state;
    start(&a, "unbound", 600, 100);
    ITERATE_UNTIL(atomic_load(&a.ended));
    assert_int_equal(pthread_join(a.thread, NULL), 0);
    assert_int_equal(a.result, -ETIMEDOUT);
    ITERATE_UNTIL(atomic_load(&ended) == 1); /* at its own deadline */
    assert_int_equal(atomic_load(&cancelled), 0);
}

static void a_stop_answers_those_who_wait_and_cancels_nothing(void **state)
{
    struct asker begun, also_begun, waiting;

    (void)state;
    start(&begun, "hang", 0, 20000);
    start(&also_begun, "hang", 0, 20000);
    ITERATE_UNTIL(atomic_load(&hanging) == 2);
    start(&waiting, "bound", 3000, 20000);
    ITERATE_UNTIL(hvc_server_clients(all.server) == 3);
    for (unsigned i = 0; i < 50; i++) /* its question comes with the next turns of the loop */
        (void)g_main_context_iteration(NULL, FALSE);
    (void)hvc_desk_stop(all.desk);
    finish(&begun, HVC_RESULT_UNREACHABLE, "outcome of a running operation is not known");
    finish(&also_begun, HVC_RESULT_UNREACHABLE, "stopping");
    finish(&waiting, HVC_RESULT_UNREACHABLE, "the operation was not begun");
    ask("inline", HVC_RESULT_UNREACHABLE, "stopping");
    assert_int_equal(atomic_load(&cancelled), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(operations_run_where_their_row_says, set_up, tear_down),
        cmocka_unit_test_setup_teardown(status_and_the_main_loop_answer_while_every_worker_hangs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_call_that_does_not_come_back_is_answered_without_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_client_that_goes_cancels_what_is_bound_to_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(and_not_what_is_not, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_stop_answers_those_who_wait_and_cancels_nothing, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

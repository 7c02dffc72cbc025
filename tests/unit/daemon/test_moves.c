/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of moves, with a runner of the test's own that ends a move when it is told. */
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "fake_world.h"
#include "hvc/text.h"
#include "move_runner.h"
#include "moves_table.h"

#include "../hvc_cmocka.h"

#define UUID  "11111111-2222-4333-8444-555555555555"
#define UUID2 "22222222-2222-4333-8444-555555555555"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t change = PTHREAD_COND_INITIALIZER;
static unsigned begun;
static bool may_end;
static struct hvc_move_task last_task;
static char last_uris[2][HVC_URI_MAX];

static void nap(void)
{
    struct timespec when;

    (void)clock_gettime(CLOCK_REALTIME, &when);
    when.tv_nsec += 5000000;
    when.tv_sec += when.tv_nsec / 1000000000;
    when.tv_nsec %= 1000000000;
    (void)pthread_cond_timedwait(&change, &lock, &when);
}

void hvc_move_runner_run(const struct hvc_move_task *task, struct hvc_move_result *ret_end)
{
    const struct hvc_migrate_progress progress = {.phase = HVC_MIGRATE_COPY, .percent = 42, .total_bytes = 100};

    (void)pthread_mutex_lock(&lock);
    last_task = *task;
    (void)snprintf(last_uris[0], HVC_URI_MAX, "%s", task->options.target_uri == NULL ? "" : task->options.target_uri);
    (void)snprintf(last_uris[1], HVC_URI_MAX, "%s", task->options.migrate_uri == NULL ? "" : task->options.migrate_uri);
    begun++;
    (void)pthread_cond_broadcast(&change);
    (void)pthread_mutex_unlock(&lock);
    task->progress(task->context, &progress);
    (void)pthread_mutex_lock(&lock);
    while (!may_end && !atomic_load(task->cancel))
        nap();
    (void)pthread_mutex_unlock(&lock);
    ret_end->result = atomic_load(task->cancel) ? HVC_RESULT_FAILED : HVC_RESULT_OK;
    ret_end->downtime_ms = 13;
    (void)hvc_error_set(&ret_end->error, 0, "%s", atomic_load(task->cancel) ? "cancelled, runs at n1" : "runs at n2");
}

static int set_up(void **state)
{
    (void)pthread_mutex_lock(&lock);
    begun = 0;
    may_end = false;
    (void)pthread_mutex_unlock(&lock);
    *state = fake_world_new();
    return 0;
}

static void let_end(void)
{
    (void)pthread_mutex_lock(&lock);
    may_end = true;
    (void)pthread_cond_broadcast(&change);
    (void)pthread_mutex_unlock(&lock);
}

static void await_begun(unsigned count)
{
    uint64_t deadline = hvc_deadline_in(20000);

    (void)pthread_mutex_lock(&lock);
    while (begun < count && hvc_now_ms() < deadline)
        nap();
    (void)pthread_mutex_unlock(&lock);
    assert_int_equal(begun, count);
}

/* Until so many callers wait for the guest's move: one that has only been started could still come too late for it. */
static void await_waiting(struct fake_world *world, const char *uuid, unsigned callers)
{
    struct hvc_moves *moves = world->operations.moves;
    uint64_t deadline = hvc_deadline_in(20000);
    unsigned references = 0;

    (void)pthread_mutex_lock(&lock);
    while (references < 2 + callers && hvc_now_ms() < deadline) { /* the table, the move's thread, the callers */
        struct hvc_moves_entry *entry;

        nap();
        (void)pthread_mutex_lock(&moves->lock);
        entry = hvc_moves_find(moves, NULL, uuid);
        references = entry == NULL ? 0 : entry->references;
        (void)pthread_mutex_unlock(&moves->lock);
    }
    (void)pthread_mutex_unlock(&lock);
    assert_int_equal(references, 2 + callers);
}

static void await_inactive(struct fake_world *world)
{
    uint64_t deadline = hvc_deadline_in(20000);

    (void)pthread_mutex_lock(&lock);
    while (hvc_moves_active(world->operations.moves) > 0 && hvc_now_ms() < deadline)
        nap();
    (void)pthread_mutex_unlock(&lock);
    assert_int_equal(hvc_moves_active(world->operations.moves), 0);
}

static int tear_down(void **state)
{
    let_end();
    await_inactive(*state);
    fake_world_free(*state);
    return 0;
}

/* One caller in a thread of its own. */
struct caller {
    struct fake_world *world;
    struct hvc_call *call;
    struct hvc_move_order order;
    struct hvc_move_outcome outcome;
    enum hvc_result result;
    pthread_t thread;
};

static void *run_caller(void *context)
{
    struct caller *c = context;

    c->result = hvc_moves_run(&c->world->operations, c->call, &c->order, &c->outcome);
    return NULL;
}

static void prepare(struct caller *c, struct fake_world *world, const char *uuid, const char *source,
                    const char *target)
{
    memset(c, 0, sizeof(*c));
    c->world = world;
    c->call = fake_call("{\"op\":\"move.cancel\",\"version\":1,\"args\":{\"id\":\"x\",\"timeout_ms\":60000}}");
    (void)hvc_text_copy(c->order.guest.uuid, sizeof(c->order.guest.uuid), uuid);
    (void)hvc_text_copy(c->order.guest.name, sizeof(c->order.guest.name), "vm1");
    c->order.source = source;
    c->order.target = target;
    c->order.resource = "vm1-res";
}

static void start(struct caller *c)
{
    assert_int_equal(pthread_create(&c->thread, NULL, run_caller, c), 0);
}

static void finish(struct caller *c)
{
    assert_int_equal(pthread_join(c->thread, NULL), 0);
    hvc_call_unref(c->call);
}

static struct hvc_call *ask(struct fake_world *world, const char *json, const char *result)
{
    struct hvc_call *call = fake_call(json);

    hvc_call_run(&world->operations, call);
    if (strcmp(hvc_record_text(hvc_call_response(call), "result", ""), result) != 0)
        fail_msg("%s: %s %s", json, hvc_record_text(hvc_call_response(call), "result", ""), call->error.text);
    return call;
}

static void a_move_is_told_while_it_runs_and_when_it_has_ended(void **state)
{
    struct fake_world *world = *state;
    const struct hvc_record *move;
    struct hvc_call *list;
    struct caller c;

    prepare(&c, world, UUID, "n1", "n2");
    start(&c);
    await_begun(1);
    list = ask(world, "{\"op\":\"move.list\",\"version\":1,\"args\":{\"active\":true}}", "ok");
    move = hvc_record_list_at(list->data, "moves", 0);
    assert_string_equal(hvc_record_text(move, "source", ""), "n1");
    assert_string_equal(hvc_record_text(move, "target", ""), "n2");
    assert_string_equal(hvc_record_text(move, "uuid", ""), UUID);
    assert_true(hvc_record_bool(move, "active", false));
    hvc_call_unref(list);
    let_end();
    finish(&c);
    assert_int_equal(c.result, HVC_RESULT_OK);
    assert_int_equal(c.outcome.downtime_ms, 13);
    assert_false(c.outcome.joined);
    list = ask(world, "{\"op\":\"move.list\",\"version\":1}", "ok");
    move = hvc_record_list_at(list->data, "moves", 0);
    assert_string_equal(hvc_record_text(move, "state", ""), "completed");
    assert_string_equal(hvc_record_text(move, "id", ""), c.outcome.id);
    assert_int_equal(hvc_record_u64(move, "percent", 0), 100);
    assert_string_equal(hvc_record_text(move, "words", ""), "runs at n2");
    hvc_call_unref(list);
    assert_int_equal(fake_world_said(world, "1301 id="), 1);
    assert_int_equal(fake_world_said(world, "1302 id="), 1);
}

static void both_directions_get_their_handles_and_uris(void **state)
{
    struct fake_world *world = *state;
    struct caller leaves, fetches;

    prepare(&leaves, world, UUID, "n1", "n2");
    start(&leaves);
    await_begun(1);
    assert_ptr_equal(last_task.source, &world->here.base);
    assert_ptr_equal(last_task.target, &world->there.base);
    assert_string_equal(last_uris[0], "qemu+tls://n2/system");
    assert_string_equal(last_uris[1], "tcp://127.0.0.1/n2");
    assert_true(last_task.options.tls);
    prepare(&fetches, world, UUID2, "n2", "n1");
    start(&fetches);
    await_begun(2);
    assert_ptr_equal(last_task.source, &world->there.base);
    assert_ptr_equal(last_task.target, &world->here.base);
    assert_string_equal(last_uris[0], "qemu+tls://n1/system");
    let_end();
    finish(&leaves);
    finish(&fetches);
}

static void a_second_caller_joins_for_the_same_target_and_is_refused_for_another(void **state)
{
    struct fake_world *world = *state;
    struct caller first, second, other;

    prepare(&first, world, UUID, "n1", "n2");
    prepare(&second, world, UUID, "n1", "n2");
    prepare(&other, world, UUID, "n1", "n3");
    start(&first);
    await_begun(1);
    start(&second);
    start(&other);
    finish(&other);
    assert_int_equal(other.result, HVC_RESULT_BUSY);
    assert_true(strlen(other.outcome.id) > 0);
    await_waiting(world, UUID, 2);
    let_end();
    finish(&first);
    finish(&second);
    assert_int_equal(first.result, HVC_RESULT_OK);
    assert_int_equal(second.result, HVC_RESULT_OK);
    assert_string_equal(first.outcome.id, second.outcome.id);
    assert_int_equal(begun, 1);
}

static void the_move_ends_when_the_last_one_who_wants_it_has_gone(void **state)
{
    struct fake_world *world = *state;
    struct caller first, second;

    prepare(&first, world, UUID, "n1", "n2");
    prepare(&second, world, UUID, "n1", "n2");
    start(&first);
    await_begun(1);
    hvc_call_ref(second.call);
    start(&second);
    await_waiting(world, UUID, 2); /* who has not joined yet does not keep the move going */
    hvc_call_cancel(first.call);
    finish(&first);
    assert_int_equal(first.result, HVC_RESULT_UNKNOWN_OUTCOME);
    hvc_call_cancel(second.call);
    finish(&second);
    hvc_call_unref(second.call);
    await_inactive(world);
    assert_int_equal(fake_world_said(world, "1305 id="), 1);
    assert_int_equal(fake_world_said(world, "1303 id="), 1);
}

static void cancel_by_request_answers_when_it_has_ended_and_again(void **state)
{
    struct fake_world *world = *state;
    struct hvc_call *call;
    char json[512];
    struct caller c;

    prepare(&c, world, UUID, "n1", "n2");
    start(&c);
    await_begun(1);
    call = ask(world, "{\"op\":\"move.cancel\",\"version\":1,\"args\":{\"uuid\":\"" UUID "\"}}", "ok");
    assert_string_equal(hvc_record_text(call->data, "state", ""), "cancelled");
    hvc_call_unref(call);
    finish(&c);
    assert_int_equal(c.result, HVC_RESULT_FAILED);
    (void)snprintf(json, sizeof(json), "{\"op\":\"move.cancel\",\"version\":1,\"args\":{\"id\":\"%s\"}}", c.outcome.id);
    call = ask(world, json, "ok");
    assert_string_equal(hvc_record_text(call->data, "state", ""), "cancelled");
    hvc_call_unref(call);
    hvc_call_unref(ask(world, "{\"op\":\"move.cancel\",\"version\":1,\"args\":{\"uuid\":\"" UUID "\"}}", "not-found"));
    hvc_call_unref(ask(world, "{\"op\":\"move.show\",\"version\":1,\"args\":{\"id\":\"n1-7\"}}", "not-found"));
}

static void a_caller_out_of_time_leaves_a_move_that_goes_on(void **state)
{
    struct fake_world *world = *state;
    struct caller c;

    prepare(&c, world, UUID, "n1", "n2");
    c.call->deadline_ms = hvc_deadline_in(100);
    start(&c);
    finish(&c);
    assert_int_equal(c.result, HVC_RESULT_UNKNOWN_OUTCOME);
    assert_int_equal(hvc_moves_active(world->operations.moves), 1);
}

static void a_name_that_is_no_node_starts_nothing(void **state)
{
    struct fake_world *world = *state;
    struct caller c;

    prepare(&c, world, UUID, "n1", "n 9");
    start(&c);
    finish(&c);
    assert_int_equal(c.result, HVC_RESULT_INVALID);
    assert_int_equal(begun, 0);
    assert_int_equal(hvc_moves_active(world->operations.moves), 0);
}

static void moves_that_nobody_watches_are_found_once(void **state)
{
    struct fake_world *world = *state;
    struct hvc_call *list;
    struct caller c;

    world->here.count = 2;
    (void)hvc_text_copy(world->here.guests[0].id.uuid, HVC_UUID_TEXT_MAX, UUID);
    (void)hvc_text_copy(world->here.guests[1].id.uuid, HVC_UUID_TEXT_MAX, UUID2);
    world->here.guests[0].migrating_out = true;
    world->there.count = 1;
    world->there.guests[0] = world->here.guests[0];
    world->there.guests[0].guest_class = HVC_GUEST_RUNNING;
    assert_int_equal(hvc_moves_adopt(&world->operations, hvc_deadline_in(1000), NULL), 0);
    assert_int_equal(hvc_moves_adopt(&world->operations, hvc_deadline_in(1000), NULL), 0);
    await_begun(1);
    assert_true(last_task.adopted);
    assert_null(last_task.target);
    assert_int_equal(hvc_moves_active(world->operations.moves), 1);
    list = ask(world, "{\"op\":\"move.list\",\"version\":1}", "ok");
    assert_true(hvc_record_bool(hvc_record_list_at(list->data, "moves", 0), "adopted", false));
    hvc_call_unref(list);
    prepare(&c, world, UUID, "n1", "n2");
    start(&c);
    await_waiting(world, UUID, 1);
    let_end();
    finish(&c);
    assert_int_equal(c.result, HVC_RESULT_OK); /* it had arrived there, nothing more was begun */
    assert_int_equal(begun, 1);
    world->here.list_result = -ENOTCONN;
    assert_int_equal(hvc_moves_adopt(&world->operations, hvc_deadline_in(1000), NULL), -ENOTCONN);
}

static void ending_covers_moves_of_the_table_and_of_libvirt_alone(void **state)
{
    struct fake_world *world = *state;
    struct hvc_call *call = fake_call("{\"op\":\"move.cancel\",\"version\":1,\"args\":{\"id\":\"x\"}}");
    struct caller c;

    prepare(&c, world, UUID, "n1", "n2");
    start(&c);
    await_begun(1);
    assert_int_equal(hvc_moves_end(&world->operations, call, UUID), HVC_RESULT_OK);
    finish(&c);
    assert_int_equal(world->here.cancels, 0);
    world->here.count = 1;
    (void)hvc_text_copy(world->here.guests[0].id.uuid, HVC_UUID_TEXT_MAX, UUID2);
    world->here.guests[0].migrating_out = true;
    assert_int_equal(hvc_moves_end(&world->operations, call, UUID2), HVC_RESULT_OK);
    assert_int_equal(world->here.cancels, 1);
    assert_int_equal(hvc_moves_end(&world->operations, call, UUID2), HVC_RESULT_OK);
    assert_int_equal(world->here.cancels, 1);
    hvc_call_unref(call);
}

static void there_are_never_more_than_the_table_holds(void **state)
{
    struct fake_world *world = *state;
    static struct caller callers[HVC_MOVES_MAX + 1];

    for (unsigned i = 0; i <= HVC_MOVES_MAX; i++) {
        char uuid[HVC_UUID_TEXT_MAX];

        (void)snprintf(uuid, sizeof(uuid), "11111111-2222-4333-8444-%012u", i);
        prepare(&callers[i], world, uuid, "n1", "n2");
        if (i == HVC_MOVES_MAX)
            await_begun(HVC_MOVES_MAX);
        start(&callers[i]);
    }
    finish(&callers[HVC_MOVES_MAX]);
    assert_int_equal(callers[HVC_MOVES_MAX].result, HVC_RESULT_BUSY);
    let_end();
    for (unsigned i = 0; i < HVC_MOVES_MAX; i++) {
        finish(&callers[i]);
        assert_int_equal(callers[i].result, HVC_RESULT_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_move_is_told_while_it_runs_and_when_it_has_ended, set_up, tear_down),
        cmocka_unit_test_setup_teardown(both_directions_get_their_handles_and_uris, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_second_caller_joins_for_the_same_target_and_is_refused_for_another, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_move_ends_when_the_last_one_who_wants_it_has_gone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cancel_by_request_answers_when_it_has_ended_and_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_caller_out_of_time_leaves_a_move_that_goes_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_name_that_is_no_node_starts_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(moves_that_nobody_watches_are_found_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ending_covers_moves_of_the_table_and_of_libvirt_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(there_are_never_more_than_the_table_holds, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

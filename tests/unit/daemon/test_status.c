/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "fake_keeper.h"
#include "fake_world.h"
#include "move_runner.h"

#include "../hvc_cmocka.h"

/* no move is made here */
void hvc_move_runner_run(const struct hvc_move_task *task, struct hvc_move_result *ret_end)
{
    (void)task;
    ret_end->result = HVC_RESULT_FAILED;
}

static void report(void *context, struct hvc_workers_state *ret_state)
{
    (void)context;
    *ret_state = (struct hvc_workers_state){.workers = 4, .busy = 2, .queued = 1, .stuck = 1, .clients = 9};
}

static struct hvc_call *ask(struct fake_world *world)
{
    struct hvc_call *call = fake_call("{\"op\":\"status\",\"version\":1}");

    hvc_call_run(&world->operations, call);
    assert_string_equal(hvc_record_text(hvc_call_response(call), "result", ""), "ok");
    return call;
}

static void it_tells_daemon_cluster_hypervisor_and_workers(void **state)
{
    struct fake_world *world = fake_world_new();
    struct hvc_call *call;

    (void)state;
    world->operations.workers_state = report;
    world->here.health.health = HVC_HYPERVISOR_ANSWERS;
    call = ask(world);
    assert_string_equal(hvc_record_text(call->data, "node", ""), "n1");
    assert_string_equal(hvc_record_text(call->data, "cluster", ""), "lab");
    assert_string_equal(hvc_record_text(call->data, "flags", ""), "two_node");
    assert_string_equal(hvc_record_text(call->data, "right", ""), "admin");
    assert_true(hvc_record_bool(call->data, "quorate", false));
    assert_int_equal(hvc_record_list_count(call->data, "nodes"), 2);
    assert_string_equal(hvc_record_text(hvc_record_list_at(call->data, "nodes", 1), "name", ""), "n2");
    assert_string_equal(hvc_record_text(hvc_record_record(call->data, "hypervisor"), "health", ""), "answers");
    assert_int_equal(hvc_record_u64(hvc_record_record(call->data, "workers"), "stuck", 0), 1);
    assert_int_equal(hvc_record_type(call->data, "moves"), HVC_RECORD_LIST);
    hvc_call_unref(call);
    fake_world_free(world);
}

static void what_is_not_known_is_not_said(void **state)
{
    struct fake_world *world = fake_world_new();
    struct hvc_call *call;

    (void)state;
    world->facts = (struct hvc_cluster_facts){0};
    (void)hvc_error_set(&world->facts.corosync_error, -ENOTCONN, "corosync does not run");
    world->here.health.health = HVC_HYPERVISOR_HANGS;
    (void)hvc_error_set(&world->here.health.last, -ETIMEDOUT, "libvirtd does not answer");
    call = ask(world);
    assert_int_equal(hvc_record_type(call->data, "quorate"), HVC_RECORD_NONE);
    assert_int_equal(hvc_record_type(call->data, "nodes"), HVC_RECORD_NONE);
    assert_int_equal(hvc_record_type(call->data, "workers"), HVC_RECORD_NONE);
    assert_false(hvc_record_bool(hvc_record_record(call->data, "corosync"), "answers", true));
    assert_string_equal(hvc_record_text(hvc_record_record(call->data, "corosync"), "words", ""),
                        "corosync does not run");
    assert_string_equal(hvc_record_text(hvc_record_record(call->data, "hypervisor"), "health", ""), "hangs");
    assert_string_equal(hvc_record_text(hvc_record_record(call->data, "hypervisor"), "words", ""),
                        "libvirtd does not answer");
    hvc_call_unref(call);
    fake_world_free(world);
}

static void the_clusters_state_is_in_doubt_while_corosync_is_silent(void **state)
{
    struct fake_world *world = fake_world_new();
    struct fake_keeper *keeper = fake_keeper_new();
    const struct hvc_record *part;
    struct hvc_call *call;

    (void)state;
    world->operations.keeper = &keeper->base;
    call = ask(world);
    part = hvc_record_record(call->data, "cluster_state");
    assert_string_equal(hvc_record_text(part, "health", ""), "voting");
    assert_false(hvc_record_bool(part, "stale", true));
    hvc_call_unref(call);
    world->facts.corosync_answers = false;
    call = ask(world);
    part = hvc_record_record(call->data, "cluster_state");
    assert_true(hvc_record_bool(part, "stale", false));
    assert_int_equal(hvc_record_type(part, "doubt"), HVC_RECORD_TEXT);
    hvc_call_unref(call);
    fake_keeper_free(keeper);
    fake_world_free(world);
}

static void a_hypervisor_that_hangs_is_found_out_by_asking_it_once(void **state)
{
    struct fake_world *world = fake_world_new();

    (void)state;
    world->here.health.health = HVC_HYPERVISOR_ANSWERS;
    world->here.hangs = true;
    for (unsigned i = 0; i < 3; i++) {
        struct hvc_call *call = ask(world);

        assert_string_equal(hvc_record_text(hvc_record_record(call->data, "hypervisor"), "health", ""), "hangs");
        hvc_call_unref(call);
    }
    assert_int_equal(world->here.asked, 1);
    fake_world_free(world);
}

static void every_row_of_the_table_is_whole(void **state)
{
    const struct hvc_operation *row;
    size_t i = 0;

    (void)state;
    for (; (row = hvc_operation_at(i)) != NULL; i++) {
        assert_ptr_equal(hvc_operation_find(row->name), row);
        assert_non_null(row->handler);
        assert_true(row->help != NULL && strlen(row->help) > 0);
        assert_true(row->timeout_ms > 0);
        assert_in_range(row->right, HVC_RIGHT_READ, HVC_RIGHT_ADMIN);
        assert_true(row->right == HVC_RIGHT_READ || row->audited);
        assert_true(row->lane != HVC_LANE_STATUS || row->timeout_ms <= 2000);
        for (size_t k = 0; k < row->argument_count; k++)
            assert_true(row->arguments[k].help != NULL && strlen(row->arguments[k].help) > 0);
    }
    assert_true(i >= 4);
    assert_null(hvc_operation_find("no such operation"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_tells_daemon_cluster_hypervisor_and_workers),
        cmocka_unit_test(what_is_not_known_is_not_said),
        cmocka_unit_test(the_clusters_state_is_in_doubt_while_corosync_is_silent),
        cmocka_unit_test(a_hypervisor_that_hangs_is_found_out_by_asking_it_once),
        cmocka_unit_test(every_row_of_the_table_is_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

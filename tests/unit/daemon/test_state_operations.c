/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "operation_cases.h"

static void make_empty(struct hvc_replica_status *status)
{
    fake_status_cut(status, 2);
    status->quorate = true;
    status->replication.wait = HVC_WAIT_VOTES;
    status->replication.commit = 0;
    status->replication.last_index = 0;
    status->replication.applied = 0;
    status->facts = (struct hvc_store_facts){.empty = true, .generation = 1};
}

static void the_digest_is_told_with_its_place(void **state)
{
    struct hvc_call *call = run("state.digest", "{}");

    (void)state;
    assert_string_equal(hvc_record_text(call->data, "digest", ""), "0123456789abcdef");
    assert_int_equal(hvc_record_u64(call->data, "applied", 0), 4711);
    assert_int_equal(hvc_record_u64(call->data, "epoch", 0), 7);
    assert_false(hvc_record_bool(call->data, "stale", true));
    hvc_call_unref(call);
}

static void without_a_history_there_is_no_digest(void **state)
{
    (void)state;
    make_empty(&keeper->status);
    check(&(struct operation_case){"state.digest", "{}", "not-found", "nothing of a history is applied here yet"});
}

static void a_backup_is_written_where_it_was_told(void **state)
{
    (void)state;
    check(&(struct operation_case){"state.backup", "{\"path\":\"/tmp/copy\"}", "ok", "written and checked"});
    assert_string_equal(keeper->backup, "/tmp/copy");
    check(&(struct operation_case){"state.backup", "{\"path\":\"copy\"}", "invalid", "must be an absolute path"});
    keeper->backup_error = -EEXIST;
    check(&(struct operation_case){"state.backup", "{\"path\":\"/tmp/copy\"}", "refused",
                                   "no backup was written to /tmp/copy (hvclusterd writes it as its own user): "
                                   "/tmp/copy exists"});
}

static void a_history_is_created_only_where_there_is_none(void **state)
{
    (void)state;
    check(&(struct operation_case){"state.init", "{}", "refused", "there is a history already (4711 entries"});
    assert_int_equal(keeper->begun, 0);
    make_empty(&keeper->status);
    keeper->comes_up = true;
    check(&(struct operation_case){"state.init", "{}", "ok", "the cluster has a history"});
    assert_int_equal(keeper->begun, 1);
    assert_true(keeper->init && !keeper->force);
    assert_int_equal(fake_world_said(world, "1520 word=init"), 1);
}

static void init_beside_a_history_is_refused_with_the_node_that_has_it(void **state)
{
    (void)state;
    make_empty(&keeper->status);
    keeper->status.replication.history_node = 2;
    check(&(struct operation_case){"state.init", "{}", "refused", "node n2 has it: nothing was done"});
    assert_int_equal(keeper->begun, 0);
}

static void a_damaged_store_is_no_empty_one(void **state)
{
    (void)state;
    make_empty(&keeper->status);
    keeper->status.facts.damaged = true;
    check(&(struct operation_case){"state.init", "{}", "refused", "it has held a history"});
    assert_int_equal(keeper->begun, 0);
}

static void only_a_history_that_cannot_go_on_is_forced(void **state)
{
    (void)state;
    check(&(struct operation_case){"state.init", "{\"force\":true}", "refused", "there is nothing to force"});
    fake_status_cut(&keeper->status, 2);
    keeper->status.quorate = true;
    keeper->status.replication.wait = HVC_WAIT_VOTES;
    keeper->comes_up = true;
    check(&(struct operation_case){"state.init", "{\"force\":true}", "ok", "this node's history is the cluster's now"});
    assert_true(keeper->force && !keeper->init);
    make_empty(&keeper->status);
    check(&(struct operation_case){"state.init", "{\"force\":true}", "refused", "no history that could survive"});
    assert_int_equal(keeper->begun, 1);
}

static void what_stands_in_the_way_is_told_and_nothing_is_begun(void **state)
{
    (void)state;
    make_empty(&keeper->status);
    keeper->status.quorate = false;
    keeper->status.replication.wait = HVC_WAIT_QUORUM;
    check(&(struct operation_case){"state.init", "{}", "no-quorum", "there is none here: no quorum: 2 of 2 votes"});
    make_empty(&keeper->status);
    keeper->status.store = HVC_STORE_FULL;
    check(&(struct operation_case){"state.init", "{}", "unreachable", "this node's store does not work"});
    keeper->status.health = HVC_REPLICA_STARTING;
    check(&(struct operation_case){"state.init", "{}", "busy", "try again when hvclusterd has joined"});
    assert_int_equal(keeper->begun, 0);
}

static void a_word_that_has_no_effect_yet_is_not_called_done(void **state)
{
    (void)state;
    make_empty(&keeper->status);
    check(&(struct operation_case){"state.init", "{\"timeout_ms\":50}", "unknown-outcome",
                                   "the cluster is not in service yet: too few stores that count"});
    assert_int_equal(keeper->begun, 1);
    keeper->begin_error = -ETIMEDOUT;
    check(&(struct operation_case){"state.init", "{}", "timeout", "the former one hangs"});
}

static void only_an_administrator_may(void **state)
{
    static const char *const operations[] = {"state.init", "state.backup"};

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(operations); i++)
        assert_int_equal(hvc_operation_find(operations[i])->right, HVC_RIGHT_ADMIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_digest_is_told_with_its_place, begin, end),
        cmocka_unit_test_setup_teardown(without_a_history_there_is_no_digest, begin, end),
        cmocka_unit_test_setup_teardown(a_backup_is_written_where_it_was_told, begin, end),
        cmocka_unit_test_setup_teardown(a_history_is_created_only_where_there_is_none, begin, end),
        cmocka_unit_test_setup_teardown(init_beside_a_history_is_refused_with_the_node_that_has_it, begin, end),
        cmocka_unit_test_setup_teardown(a_damaged_store_is_no_empty_one, begin, end),
        cmocka_unit_test_setup_teardown(only_a_history_that_cannot_go_on_is_forced, begin, end),
        cmocka_unit_test_setup_teardown(what_stands_in_the_way_is_told_and_nothing_is_begun, begin, end),
        cmocka_unit_test_setup_teardown(a_word_that_has_no_effect_yet_is_not_called_done, begin, end),
        cmocka_unit_test_setup_teardown(only_an_administrator_may, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../hvc_cmocka.h"
#include "bench.h"

static struct hvc_replication_config valid(void)
{
    return (struct hvc_replication_config){.node = 1,
                                           .host_boot = 1,
                                           .wire_min = 1,
                                           .wire_max = 1,
                                           .chunk_bytes = HVC_CHUNK_MAX,
                                           .log_entries = HVC_LOG_ENTRIES_MAX,
                                           .log_bytes = HVC_LOG_BYTES_MAX,
                                           .tokens = HVC_TOKENS_MAX,
                                           .exclude_ms = 1,
                                           .resend_ms = 1,
                                           .rejoin_ms = 1};
}

static void a_configuration_out_of_bounds_is_refused(void **state)
{
    struct hvc_replication_config c = valid();
    struct hvc_replication_store store = {.empty = true};
    struct hvc_replication *r = NULL;
    uint64_t few[8];

    (void)state;
    assert_true(hvc_replication_size(&c) > 2 * HVC_LOG_BYTES_MAX);
    assert_true(hvc_replication_size(&c) < 32 * 1024 * 1024);
    assert_int_equal(hvc_replication_init(few, sizeof(few), &c, &store, &r), -EINVAL);
    c.node = 0;
    assert_int_equal(hvc_replication_size(&c), 0);
    c = valid();
    c.log_entries = HVC_LOG_ENTRIES_MAX + 1;
    assert_int_equal(hvc_replication_size(&c), 0);
    c = valid();
    c.wire_max = 0;
    assert_int_equal(hvc_replication_size(&c), 0);
}

static void stored_entries_must_follow_each_other(void **state)
{
    struct bench *b = bench_new(1);
    struct hvc_replication_config c = valid();
    struct hvc_replication_store store = {.voter = true, .node = 1};
    struct hvc_entry entry = {.index = 1, .epoch = 1, .kind = HVC_ENTRY_OP, .bytes = (const uint8_t *)"x", .length = 1};
    size_t size = hvc_replication_size(&c);
    void *memory = malloc(size);
    struct hvc_replication *r = NULL;

    (void)state;
    assert_int_equal(hvc_replication_init(memory, size, &c, &store, &r), 0);
    assert_int_equal(hvc_replication_load(r, &entry), 0);
    assert_int_equal(hvc_replication_load(r, &entry), -EBADMSG); /* twice */
    entry.index = 3;
    assert_int_equal(hvc_replication_load(r, &entry), -EBADMSG); /* a gap */
    entry.index = 2;
    entry.epoch = 0;
    assert_int_equal(hvc_replication_load(r, &entry), -EBADMSG); /* a falling epoch */
    entry.epoch = 2;
    entry.kind = HVC_ENTRY_VIEW;
    assert_int_equal(hvc_replication_load(r, &entry), -EBADMSG); /* a VIEW that is none */
    entry.kind = HVC_ENTRY_OP;
    assert_int_equal(hvc_replication_load(r, &entry), 0);
    store.snapshot = "rubbish";
    store.snapshot_length = 7;
    assert_int_equal(hvc_replication_init(memory, size, &c, &store, &r), -EBADMSG);
    free(memory);
    bench_free(b);
}

static void events_out_of_turn_are_refused(void **state)
{
    struct bench *b = bench_new(3);
    struct hvc_replication_event event = {.kind = HVC_REPLICATION_APPLIED, .applied = {.index = 1}};

    (void)state;
    assert_int_equal(hvc_replication_step(b->node[0].core, &event, &b->node[0].last), -EINVAL); /* no work under way */
    event = (struct hvc_replication_event){.kind = HVC_REPLICATION_START};
    assert_int_equal(bench_step(b, 0, &event), -EINVAL);
    event = (struct hvc_replication_event){.kind = HVC_REPLICATION_PERSISTED, .persisted = 9};
    assert_int_equal(bench_step(b, 0, &event), -EINVAL);
    event = (struct hvc_replication_event){.kind = HVC_REPLICATION_VIEW};
    assert_int_equal(bench_step(b, 0, &event), -EINVAL);
    bench_join(b, 7);
    assert_true(bench_status(b, 0).primary);
    bench_free(b);
}

/* Same events, same bytes. */
static void two_runs_of_the_same_events_give_the_same_bytes(void **state)
{
    struct bench *b = bench_new(3), *c = bench_new(3);

    (void)state;
    bench_join(b, 7);
    bench_join(c, 7);
    for (uint8_t i = 1; i < 12; i++) {
        assert_int_equal(bench_propose(b, i % 3u, i, i), 0);
        assert_int_equal(bench_propose(c, i % 3u, i, i), 0);
        bench_settle(b, 7);
        bench_settle(c, 7);
    }
    assert_int_equal(b->ordered, c->ordered);
    for (unsigned i = 0; i < b->ordered; i++) {
        assert_int_equal(b->order[i].length, c->order[i].length);
        assert_memory_equal(b->order[i].bytes, c->order[i].bytes, b->order[i].length);
    }
    bench_free(b);
    bench_free(c);
}

static void rubbish_from_the_wire_changes_nothing(void **state)
{
    struct bench *b = bench_new(3);
    struct hvc_replication_event event = {.kind = HVC_REPLICATION_MESSAGE};
    uint8_t bytes[300];

    (void)state;
    bench_join(b, 7);
    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i * 37);
    event.message.node = 2;
    event.message.bytes = bytes;
    for (size_t length = 0; length <= sizeof(bytes); length += 10) {
        event.message.length = length;
        assert_int_equal(bench_step(b, 0, &event), 0);
        assert_int_equal(b->node[0].last.messages, 0);
    }
    assert_true(bench_status(b, 0).counters.dropped_bytes > 20);
    assert_true(bench_status(b, 0).primary);
    bench_free(b);
}

static void every_word_has_a_name(void **state)
{
    (void)state;
    for (int i = 0; i < HVC_PHASE_MAX_; i++)
        assert_string_not_equal(hvc_replication_phase_name((enum hvc_replication_phase)i), "unknown");
    for (int i = 0; i <= HVC_WAIT_NEXT_VIEW; i++)
        assert_string_not_equal(hvc_replication_wait_name((enum hvc_replication_wait)i), "unknown");
    for (int i = 0; i <= HVC_LEAVE_REJOIN; i++)
        assert_string_not_equal(hvc_replication_leave_name((enum hvc_replication_leave)i), "unknown");
    for (int i = 0; i <= HVC_ALARM_SUSPECT; i++)
        assert_string_not_equal(hvc_replication_alarm_name((enum hvc_replication_alarm)i), "unknown");
    assert_string_equal(hvc_replication_phase_name(HVC_PHASE_MAX_), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_configuration_out_of_bounds_is_refused),
        cmocka_unit_test(stored_entries_must_follow_each_other),
        cmocka_unit_test(events_out_of_turn_are_refused),
        cmocka_unit_test(two_runs_of_the_same_events_give_the_same_bytes),
        cmocka_unit_test(rubbish_from_the_wire_changes_nothing),
        cmocka_unit_test(every_word_has_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

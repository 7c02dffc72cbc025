/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A move in post-copy whose network breaks, over two fake nodes. */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "../hvc_cmocka.h"
#include "fake_world.h"
#include "hvc/clock.h"
#include "hvc/move.h"

/* What the move is told when it asks. */
struct helper {
    struct fake_world world;
    unsigned asked, wayless; /* wayless: looks for a way that find none, before one answers */
    char failed[HVC_ERROR_TEXT_MAX];
    bool source_dead, target_dead;
    struct hvc_move *move;
    struct hvc_error error;
    enum hvc_move_end end;
    uint64_t run_ms;
    pthread_t thread;
};

static int find_way(void *context, unsigned number, const char *failed, struct hvc_move_way *ret_way)
{
    struct helper *h = context;

    h->asked++;
    (void)snprintf(h->failed, sizeof(h->failed), "%s", failed);
    if (h->wayless > 0) {
        h->wayless--;
        return -EHOSTUNREACH;
    }
    *ret_way = (struct hvc_move_way){.target_uri = "fake://n2", .tls_name = "n2", .tls = true};
    (void)snprintf(ret_way->migrate_uri, sizeof(ret_way->migrate_uri), "tcp://way%u", number);
    return 0;
}

static void find_dead(void *context, bool *ret_source, bool *ret_target)
{
    const struct helper *h = context;

    *ret_source = h->source_dead;
    *ret_target = h->target_dead;
}

static struct hvc_move *new_move(struct helper *h, bool adopt, bool helped)
{
    struct hvc_move_request request = {
        .id = {.uuid = FAKE_UUID, .name = "vm1"},
        .source = &h->world.source.base,
        .target = &h->world.target.base,
        .source_name = "n1",
        .target_name = "n2",
        .options = {.target_uri = "fake://n2", .migrate_uri = "tcp://n2-mig", .post_copy_allowed = true},
        .adopt = adopt};
    struct hvc_move *move = NULL;

    if (helped)
        request.rescue = (struct hvc_move_rescue){.find_way = find_way, .find_dead = find_dead, .context = h};
    assert_int_equal(hvc_move_new(&request, &move, NULL), 0);
    return move;
}

static int setup(void **state)
{
    static struct helper helper;

    memset(&helper, 0, sizeof(helper));
    fake_world_begin(&helper.world);
    *state = &helper;
    return 0;
}

static int teardown(void **state)
{
    struct helper *h = *state;

    fake_world_end(&h->world);
    return 0;
}

static enum hvc_move_end run(struct helper *h, uint64_t ms)
{
    h->error = (struct hvc_error){.code = 0};
    return hvc_move_run(h->move, hvc_deadline_in(ms), &h->error);
}

static void it_is_resumed_over_one_way_after_the_other_until_it_has_moved(void **state)
{
    struct helper *h = *state;
    struct fake_world *w = &h->world;

    h->move = new_move(h, false, true);
    w->fault = FAULT_POST_COPY_BREAKS;
    w->breaks = 1;
    h->wayless = 1;
    assert_int_equal(run(h, 60000), HVC_MOVE_MOVED);
    assert_int_equal(h->error.code, 0);
    assert_int_equal(w->migrations, 1);
    assert_int_equal(w->resumes, 2);
    assert_int_equal(h->asked, 3);
    assert_string_equal(h->failed, "fake: unable to connect"); /* what the try before the last one came to */
    assert_string_equal(w->options.migrate_uri, "tcp://way1");
    assert_true(w->options.resume && w->options.post_copy_allowed && w->options.tls);
    assert_string_equal(w->options.tls_name, "n2");
    assert_int_equal(w->source.kills + w->target.kills + w->cancels, 0);
    hvc_move_free(h->move);
}

static void without_anybody_who_knows_ways_it_is_resumed_over_its_own(void **state)
{
    struct helper *h = *state;

    h->move = new_move(h, false, false);
    h->world.fault = FAULT_POST_COPY_BREAKS;
    assert_int_equal(run(h, 60000), HVC_MOVE_MOVED);
    assert_string_equal(h->world.options.target_uri, "fake://n2");
    assert_string_equal(h->world.options.migrate_uri, "tcp://n2-mig");
    assert_true(h->world.options.resume);
    hvc_move_free(h->move);
}

static void neither_a_cancel_nor_its_deadline_ends_it_and_another_life_goes_on_with_it(void **state)
{
    struct helper *h = *state;
    struct fake_world *w = &h->world;
    struct hvc_move_report report;

    h->move = new_move(h, false, true);
    w->fault = FAULT_POST_COPY_BREAKS;
    h->wayless = UINT32_MAX;
    assert_int_equal(run(h, 3000), HVC_MOVE_UNPROVEN);
    hvc_move_report(h->move, &report);
    assert_int_equal(report.progress.phase, HVC_MIGRATE_INTERRUPTED);
    hvc_move_cancel(h->move, "by request");
    assert_int_equal(run(h, 1000), HVC_MOVE_UNPROVEN);
    assert_int_equal(w->source.kills + w->target.kills + w->cancels + w->resumes, 0);
    hvc_move_free(h->move);
    h->wayless = 0;
    h->move = new_move(h, true, true);
    assert_int_equal(run(h, 60000), HVC_MOVE_MOVED);
    assert_int_equal(w->migrations, 1);
    assert_int_equal(w->resumes, 1);
    hvc_move_free(h->move);
}

static void *interrupt_soon(void *argument)
{
    uint64_t until = hvc_deadline_in(30000);
    struct hvc_move_report report;

    do {
        (void)poll(NULL, 0, 5);
        hvc_move_report(argument, &report);
    } while (report.progress.phase != HVC_MIGRATE_POST_COPY && hvc_deadline_left(until) > 0);
    hvc_move_interrupt(argument);
    return NULL;
}

static void one_that_carries_nothing_any_more_is_let_go_of_and_resumed(void **state)
{
    struct helper *h = *state;
    pthread_t thread;

    h->move = new_move(h, false, true);
    h->world.fault = FAULT_POST_COPY_STALLS;
    assert_int_equal(pthread_create(&thread, NULL, interrupt_soon, h->move), 0);
    assert_int_equal(run(h, 60000), HVC_MOVE_MOVED);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(h->world.resumes, 1);
    hvc_move_free(h->move);
}

/* ---- half a guest; all rows at once, for each takes its seconds ---- */

static const struct half {
    const char *what;
    bool source;       /* the end that is not there */
    bool fenced, gone; /* that is known; it says itself that it has nothing */
    enum hvc_move_end wanted;
    const char *words;
} halves[] = {
    {"target fenced", false, true, false, HVC_MOVE_GONE,
     "half of its memory was on n2, where nothing of it is left (its node was fenced). What was left of it on n1 has "
     "been ended; it can be started anew"},
    {"source fenced", true, true, false, HVC_MOVE_GONE,
     "half of its memory was on n1, where nothing of it is left (its node was fenced). What was left of it on n2 has "
     "been ended; it can be started anew"},
    {"target ended", false, false, true, HVC_MOVE_GONE, "guest vm1 is lost"},
    {"source ended", true, false, true, HVC_MOVE_GONE, "guest vm1 is lost"},
    {"target silent", false, false, false, HVC_MOVE_UNPROVEN, "not proven yet"},
    {"source silent", true, false, false, HVC_MOVE_UNPROVEN, "not proven yet"},
};

static void *run_half(void *argument)
{
    struct helper *h = argument;

    h->end = run(h, h->run_ms);
    return NULL;
}

static void begin_half(const struct half *half, struct helper *h)
{
    struct fake_node *dead = half->source ? &h->world.source : &h->world.target;

    memset(h, 0, sizeof(*h));
    fake_world_begin(&h->world);
    fake_split(&h->world);
    h->world.interrupted = true;
    h->wayless = UINT32_MAX;
    h->source_dead = half->fenced && half->source;
    h->target_dead = half->fenced && !half->source;
    h->run_ms = half->wanted == HVC_MOVE_GONE ? 90000 : 24000;
    if (half->gone)
        fake_set(dead, HVC_GUEST_ABSENT, false, false);
    else
        dead->silent = true;
    h->move = new_move(h, true, true);
    assert_int_equal(pthread_create(&h->thread, NULL, run_half, h), 0);
}

static void a_half_is_ended_when_the_other_one_is_gone_for_ever_and_only_then(void **state)
{
    static struct helper helpers[HVC_COUNT(halves)];

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(halves); i++)
        begin_half(&halves[i], &helpers[i]);
    for (size_t i = 0; i < HVC_COUNT(halves); i++)
        assert_int_equal(pthread_join(helpers[i].thread, NULL), 0);
    for (size_t i = 0; i < HVC_COUNT(halves); i++) {
        struct helper *h = &helpers[i];
        unsigned kills = halves[i].source ? h->world.target.kills : h->world.source.kills;

        if (h->end != halves[i].wanted || strstr(h->error.text, halves[i].words) == NULL)
            fail_msg("%s: %s \"%s\"", halves[i].what, hvc_move_end_name(h->end), h->error.text);
        assert_int_equal(h->error.code, halves[i].wanted == HVC_MOVE_GONE ? -ENOENT : -EINPROGRESS);
        assert_int_equal(kills, halves[i].wanted == HVC_MOVE_GONE ? 1 : 0);
        assert_int_equal(h->world.source.kills + h->world.target.kills, kills);
        assert_int_equal(h->world.resumes, 0);
        hvc_move_free(h->move);
        fake_world_end(&h->world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_is_resumed_over_one_way_after_the_other_until_it_has_moved, setup, teardown),
        cmocka_unit_test_setup_teardown(without_anybody_who_knows_ways_it_is_resumed_over_its_own, setup, teardown),
        cmocka_unit_test_setup_teardown(neither_a_cancel_nor_its_deadline_ends_it_and_another_life_goes_on_with_it,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(one_that_carries_nothing_any_more_is_let_go_of_and_resumed, setup, teardown),
        cmocka_unit_test(a_half_is_ended_when_the_other_one_is_gone_for_ever_and_only_then),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

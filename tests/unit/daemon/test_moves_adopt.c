/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Moves of the daemon's former life and of others, with a runner of the test's own. */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fake_keeper.h"
#include "fake_world.h"
#include "hvc/text.h"
#include "move_record.h"
#include "move_runner.h"
#include "moves_table.h"

#include "../hvc_cmocka.h"

#define UUID  "11111111-2222-4333-8444-555555555555"
#define UUID2 "22222222-2222-4333-8444-555555555555"

/* ---- the runner ---- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t change = PTHREAD_COND_INITIALIZER;
static unsigned begun;
static bool may_end, searches;
static enum hvc_result ends_with;
static bool ends_unproven;
static struct hvc_move_task last_task;
static int found; /* what the search came to */
static struct hvc_hypervisor *found_target;
static size_t records_at_begin;

static size_t count_records(struct hvc_move_record *ret_first);

void hvc_move_runner_run(const struct hvc_move_task *task, struct hvc_move_result *ret_end)
{
    struct hvc_hypervisor *target = NULL;
    int rc = searches ? task->find_target(task->context, &target) : 0;

    (void)pthread_mutex_lock(&lock);
    last_task = *task;
    found = rc;
    found_target = target;
    records_at_begin = count_records(NULL);
    begun++;
    (void)pthread_cond_broadcast(&change);
    while (!may_end && !atomic_load(task->cancel)) {
        struct timespec soon;

        (void)clock_gettime(CLOCK_REALTIME, &soon);
        soon.tv_nsec += 5000000;
        soon.tv_sec += soon.tv_nsec / 1000000000;
        soon.tv_nsec %= 1000000000;
        (void)pthread_cond_timedwait(&change, &lock, &soon);
    }
    (void)pthread_mutex_unlock(&lock);
    ret_end->result = ends_with;
    ret_end->unproven = ends_unproven;
    (void)hvc_error_set(&ret_end->error, 0, "as the test has it");
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
    struct timespec deadline;
    int rc = 0;

    (void)clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += 20;
    (void)pthread_mutex_lock(&lock);
    while (begun < count && rc == 0)
        rc = pthread_cond_timedwait(&change, &lock, &deadline);
    (void)pthread_mutex_unlock(&lock);
    assert_int_equal(begun, count);
}

static void await_inactive(struct fake_world *world)
{
    struct hvc_moves *moves = world->operations.moves;
    struct timespec when;
    int rc = 0;

    (void)clock_gettime(CLOCK_MONOTONIC, &when);
    when.tv_sec += 20;
    while (hvc_moves_active(moves) > 0 && rc == 0) {
        (void)pthread_mutex_lock(&moves->lock);
        if (!moves->first->ended)
            rc = pthread_cond_timedwait(&moves->changed, &moves->lock, &when);
        (void)pthread_mutex_unlock(&moves->lock);
    }
    assert_int_equal(hvc_moves_active(moves), 0);
}

/* ---- the world ---- */

static struct fake_world *the_world;
static char base[64];

static size_t count_records(struct hvc_move_record *ret_first)
{
    struct hvc_move_record *records = NULL;
    size_t count = 0, bad = 0;

    assert_int_equal(hvc_move_record_list(the_world->operations.move_records, &records, &count, &bad, NULL), 0);
    if (count > 0 && ret_first != NULL)
        *ret_first = records[0];
    free(records);
    return count;
}

static int set_up(void **state)
{
    struct hvc_operations *o;

    begun = 0;
    may_end = searches = ends_unproven = false;
    ends_with = HVC_RESULT_OK;
    the_world = fake_world_new();
    o = &the_world->operations;
    (void)snprintf(base, sizeof(base), "/tmp/hvc-moves-adopt-XXXXXX");
    if (mkdtemp(base) == NULL)
        return -1;
    (void)snprintf(o->move_records, sizeof(o->move_records), "%s/moves", base);
    *state = the_world;
    return 0;
}

static int tear_down(void **state)
{
    static const char *const uuids[] = {UUID, UUID2};
    struct fake_world *world = *state;

    let_end();
    await_inactive(world);
    for (size_t i = 0; i < HVC_COUNT(uuids); i++)
        assert_int_equal(hvc_move_record_remove(world->operations.move_records, uuids[i], NULL), 0);
    (void)rmdir(world->operations.move_records); /* not every test makes it */
    fake_world_free(world);
    return rmdir(base);
}

static struct hvc_move_record record_of(const char *uuid, const char *source, const char *target)
{
    struct hvc_move_record r = {
        .id = "n1-17", .owner = "vm1-res", .guest.name = "vm1", .uid = 7, .began_at = 1234, .tls = true};

    (void)hvc_text_copy(r.guest.uuid, sizeof(r.guest.uuid), uuid);
    (void)hvc_text_copy(r.source, sizeof(r.source), source);
    (void)hvc_text_copy(r.target, sizeof(r.target), target);
    assert_int_equal(hvc_move_record_boot(NULL, r.boot, NULL), 0);
    return r;
}

static void write_record(const struct hvc_move_record *record)
{
    assert_int_equal(hvc_move_record_write(the_world->operations.move_records, record, NULL), 0);
}

static int adopt(struct hvc_error *error)
{
    return hvc_moves_adopt(&the_world->operations, hvc_deadline_in(1000), error);
}

struct caller {
    struct hvc_call *call;
    struct hvc_move_order order;
    struct hvc_move_outcome outcome;
    enum hvc_result result;
    pthread_t thread;
};

static void *run_caller(void *context)
{
    struct caller *c = context;

    c->result = hvc_moves_run(&the_world->operations, c->call, &c->order, &c->outcome);
    return NULL;
}

static void start(struct caller *c, const char *target)
{
    memset(c, 0, sizeof(*c));
    c->call = fake_call("{\"op\":\"move.cancel\",\"version\":1,\"args\":{\"id\":\"x\",\"timeout_ms\":60000}}");
    c->order = (struct hvc_move_order){.guest = {.uuid = UUID, .name = "vm1"}, .source = "n1", .target = target};
    assert_int_equal(pthread_create(&c->thread, NULL, run_caller, c), 0);
}

/* Until the caller shares the newest move: table, thread and caller refer to it. */
static void await_shared(void)
{
    struct hvc_moves *moves = the_world->operations.moves;
    uint64_t deadline = hvc_deadline_in(20000);

    (void)pthread_mutex_lock(&moves->lock);
    while (moves->first->waiting == 0 && hvc_deadline_left(deadline) > 0) {
        uint64_t until = hvc_deadline_in(5);
        const struct timespec when = {.tv_sec = (time_t)(until / 1000), .tv_nsec = (long)(until % 1000) * 1000000};

        (void)pthread_cond_timedwait(&moves->changed, &moves->lock, &when);
    }
    assert_int_equal(moves->first->waiting, 1);
    (void)pthread_mutex_unlock(&moves->lock);
}

static void finish(struct caller *c)
{
    assert_int_equal(pthread_join(c->thread, NULL), 0);
    hvc_call_unref(c->call);
}

/* ---- the tests ---- */

static void a_move_is_written_down_before_it_begins_until_its_end_is_proven(void **state)
{
    static const struct {
        enum hvc_result result;
        bool unproven;
        size_t left;
    } ends[] = {
        {HVC_RESULT_OK, false, 0},
        {HVC_RESULT_FAILED, false, 0},
        {HVC_RESULT_UNKNOWN_OUTCOME, true, 1},
        {HVC_RESULT_UNKNOWN_OUTCOME, false, 0},
    };

    for (size_t i = 0; i < HVC_COUNT(ends); i++) {
        struct hvc_move_record written = {.uid = 0};
        struct caller c;

        (void)pthread_mutex_lock(&lock);
        may_end = false;
        begun = 0;
        (void)pthread_mutex_unlock(&lock);
        ends_with = ends[i].result;
        ends_unproven = ends[i].unproven;
        start(&c, "n2");
        await_begun(1);
        assert_int_equal(records_at_begin, 1);
        assert_int_equal(count_records(&written), 1);
        assert_string_equal(written.guest.uuid, UUID);
        assert_string_equal(written.source, "n1");
        assert_string_equal(written.target, "n2");
        let_end();
        finish(&c);
        assert_int_equal(c.result, ends[i].result);
        assert_string_equal(c.outcome.id, written.id);
        await_inactive(*state);
        assert_int_equal(count_records(NULL), ends[i].left);
    }
}

static void a_move_that_outlasts_its_caller_is_watched_on_under_its_id(void **state)
{
    struct fake_world *world = *state;
    struct caller c;

    ends_with = HVC_RESULT_UNKNOWN_OUTCOME;
    ends_unproven = true;
    start(&c, "n2");
    await_begun(1);
    assert_false(last_task.adopted);
    let_end();
    finish(&c);
    assert_int_equal(c.result, HVC_RESULT_UNKNOWN_OUTCOME);
    await_begun(2);
    assert_true(last_task.adopted);
    assert_ptr_equal(last_task.target, &world->there.base);
    assert_true(last_task.deadline_ms == HVC_NO_DEADLINE);
    await_inactive(world); /* once: what cannot be proven then is left to the next start */
    assert_int_equal(begun, 2);
    assert_string_equal(world->operations.moves->first->id, c.outcome.id);
    assert_int_equal(fake_world_said(world, "1304 id="), 1);
}

static void a_proof_does_not_take_a_move_that_is_not_its_jobs(void **state)
{
    struct fake_world *world = *state;
    struct hvc_error error = {0};
    struct caller c;

    start(&c, "n2");
    await_begun(1);
    c.order.job.id = 5;
    assert_int_equal(hvc_moves_begin(&world->operations, &c.order, 0, true, HVC_NO_DEADLINE, &error), -EBUSY);
    assert_int_equal(world->operations.moves->first->job.id, 0);
    let_end();
    finish(&c);
    assert_int_equal(begun, 1);
}

static void a_move_that_cannot_be_written_down_is_made_and_that_is_told(void **state)
{
    struct fake_world *world = *state;
    struct caller c;

    (void)snprintf(world->operations.move_records, sizeof(world->operations.move_records), "%s/no/moves", base);
    let_end();
    start(&c, "n2");
    finish(&c);
    assert_int_equal(c.result, HVC_RESULT_OK);
    assert_int_equal(fake_world_said(world, "1308 id="), 1);
}

static void the_next_life_knows_both_ends_and_whoever_asks_for_the_same_shares_the_proof(void **state)
{
    struct fake_world *world = *state;
    const struct hvc_move_record record = record_of(UUID, "n1", "n2");
    struct caller same, other;

    write_record(&record);
    assert_int_equal(adopt(NULL), 0);
    assert_int_equal(adopt(NULL), 0); /* once */
    await_begun(1);
    assert_true(last_task.adopted);
    assert_ptr_equal(last_task.source, &world->here.base);
    assert_ptr_equal(last_task.target, &world->there.base);
    assert_string_equal(last_task.owner, "vm1-res");
    assert_true(last_task.options.tls); /* a post-copy goes on as it was begun */
    assert_non_null(last_task.rescue.find_way);
    assert_string_equal(last_task.id.name, "vm1");
    assert_true(last_task.deadline_ms == HVC_NO_DEADLINE);
    start(&other, "n3");
    finish(&other);
    assert_int_equal(other.result, HVC_RESULT_BUSY);
    assert_string_equal(other.outcome.id, "n1-17");
    start(&same, "n2");
    await_shared();
    let_end();
    finish(&same);
    assert_int_equal(same.result, HVC_RESULT_OK);
    assert_true(same.outcome.joined);
    await_inactive(world);
    assert_int_equal(count_records(NULL), 0);
    assert_int_equal(fake_world_said(world, "1304 id=n1-17 guest=vm1 uuid=" UUID " from=n1 to=n2"), 1);
}

static void who_wants_an_adopted_move_first_gives_it_a_deadline_and_ends_it_by_leaving(void **state)
{
    struct fake_world *world = *state;
    const struct hvc_move_record record = record_of(UUID, "n1", "n2");
    struct caller c;

    write_record(&record);
    assert_int_equal(adopt(NULL), 0);
    await_begun(1);
    assert_false(atomic_load(&last_task.wish->set));
    start(&c, "n2");
    await_shared();
    assert_true(atomic_load(&last_task.wish->set));
    assert_true(last_task.wish->deadline_ms < c.call->deadline_ms);
    assert_true(last_task.wish->deadline_ms + 1000 > c.call->deadline_ms);
    assert_false(last_task.wish->force_at_deadline);
    hvc_call_cancel(c.call);
    finish(&c);
    assert_int_equal(c.result, HVC_RESULT_UNKNOWN_OUTCOME);
    await_inactive(world);
    assert_int_equal(fake_world_said(world, "1305 id=n1-17"), 1);
}

static void a_fetch_is_found_again_too(void **state)
{
    struct fake_world *world = *state;
    const struct hvc_move_record record = record_of(UUID, "n2", "n1");

    write_record(&record);
    assert_int_equal(adopt(NULL), 0);
    await_begun(1);
    assert_ptr_equal(last_task.source, &world->there.base);
    assert_ptr_equal(last_task.target, &world->here.base);
}

static void an_end_that_cannot_be_proven_now_is_left_for_the_next_time(void **state)
{
    struct fake_world *world = *state;
    const struct hvc_move_record record = record_of(UUID, "n1", "n2");

    ends_with = HVC_RESULT_UNKNOWN_OUTCOME;
    ends_unproven = true;
    let_end();
    write_record(&record);
    assert_int_equal(adopt(NULL), 0);
    await_inactive(world);
    assert_int_equal(count_records(NULL), 1);
    assert_int_equal(adopt(NULL), 0);
    await_begun(2);
}

static void a_record_of_another_boot_is_told_and_struck_out(void **state)
{
    struct fake_world *world = *state;
    struct hvc_move_record record = record_of(UUID, "n1", "n2");

    record.boot[0] = record.boot[0] == '0' ? '1' : '0';
    write_record(&record);
    assert_int_equal(adopt(NULL), 0);
    assert_int_equal(hvc_moves_active(world->operations.moves), 0);
    assert_int_equal(count_records(NULL), 0);
    assert_int_equal(fake_world_said(world, "1309 id=n1-17 uuid=" UUID " from=n1 to=n2"), 1);
}

static void a_record_that_is_of_no_use_is_told_and_keeps_no_other_from_being_watched(void **state)
{
    const struct hvc_move_record strange = record_of(UUID, "n2", "n3"), good = record_of(UUID2, "n1", "n2");
    struct hvc_error error = {0};

    (void)state;
    write_record(&strange);
    write_record(&good);
    assert_int_equal(adopt(&error), -EINVAL);
    assert_non_null(strstr(error.text, "from n2 to n3 has no end on this node"));
    await_begun(1);
    assert_string_equal(last_task.id.uuid, UUID2);
}

static void the_members_tell_the_target_of_a_move_that_is_only_seen(void **state)
{
    static const struct {
        enum hvc_guest_class there;
        bool member, corosync;
        int found;
    } cases[] = {
        {HVC_GUEST_INCOMING, true, true, 0},      {HVC_GUEST_RUNNING, true, true, 0},
        {HVC_GUEST_PAUSED, true, true, 0},        {HVC_GUEST_ABSENT, true, true, -ENOENT},
        {HVC_GUEST_UNKNOWN, true, true, -EAGAIN}, {HVC_GUEST_INCOMING, false, true, -EAGAIN},
        {HVC_GUEST_ABSENT, true, false, -EAGAIN},
    };
    struct fake_world *world = *state;

    searches = true;
    ends_with = HVC_RESULT_FAILED;
    world->here.count = world->there.count = 1;
    (void)hvc_text_copy(world->here.guests[0].id.uuid, HVC_UUID_TEXT_MAX, UUID);
    world->here.guests[0].migrating_out = true;
    world->there.guests[0] = world->here.guests[0];
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        (void)pthread_mutex_lock(&lock);
        may_end = false;
        (void)pthread_mutex_unlock(&lock);
        world->there.guests[0].guest_class = cases[i].there;
        world->facts.nodes[1].member = cases[i].member;
        world->facts.corosync_answers = cases[i].corosync;
        assert_int_equal(adopt(NULL), 0);
        await_begun((unsigned)i + 1);
        if (found != cases[i].found)
            fail_msg("case %zu: the search came to %d", i, found);
        assert_ptr_equal(found_target, found == 0 ? &world->there.base : NULL);
        assert_null(last_task.target);
        assert_string_equal(last_task.target_name, found == 0 ? "n2" : "");
        let_end();
        await_inactive(world);
    }
    assert_int_equal(fake_world_said(world, "1307 id="), 3);
}

static void who_asks_for_the_target_that_was_found_shares_that_move(void **state)
{
    struct fake_world *world = *state;
    struct caller c;

    searches = true;
    world->here.count = world->there.count = 1;
    (void)hvc_text_copy(world->here.guests[0].id.uuid, HVC_UUID_TEXT_MAX, UUID);
    world->here.guests[0].migrating_out = true;
    world->there.guests[0] = world->here.guests[0];
    world->there.guests[0].guest_class = HVC_GUEST_INCOMING;
    assert_int_equal(adopt(NULL), 0);
    await_begun(1);
    start(&c, "n2");
    await_shared();
    let_end();
    finish(&c);
    assert_int_equal(c.result, HVC_RESULT_OK);
    assert_true(c.outcome.joined);
    assert_int_equal(begun, 1);
}

/* n1 has the half that came, n2 the one that it came from. */
static void a_half_whose_source_has_no_daemon_is_watched_from_its_target(void **state)
{
    struct fake_world *world = *state;
    struct fake_keeper *keeper = fake_keeper_join(&world->operations);
    struct hvc_command members = {.version = HVC_COMMAND_VERSION, .kind = HVC_COMMAND_MEMBERS, .by = "test"};
    struct hvc_guest_state *here = &world->here.guests[0], *there = &world->there.guests[0];

    *here = (struct hvc_guest_state){.id = {.uuid = UUID, .name = "vm1"}, .guest_class = HVC_GUEST_RUNNING};
    *there = (struct hvc_guest_state){.id = here->id, .guest_class = HVC_GUEST_LEAVING, .half = true};
    world->here.count = world->there.count = 1;
    hvc_moves_adopt_halves(&world->operations, here, 1); /* a whole guest */
    here->half = true;
    hvc_moves_adopt_halves(&world->operations, here, 1); /* n2 drives it */
    assert_int_equal(hvc_moves_active(world->operations.moves), 0);
    members.members.count = 1; /* n2 is left out */
    members.members.item[0] = (struct hvc_command_member){1, 11};
    fake_keeper_commit(keeper, &members);
    hvc_moves_adopt_halves(&world->operations, here, 1);
    hvc_moves_adopt_halves(&world->operations, here, 1); /* once */
    await_begun(1);
    assert_true(last_task.adopted);
    assert_ptr_equal(last_task.source, &world->there.base);
    assert_ptr_equal(last_task.target, &world->here.base);
    let_end();
    await_inactive(world);
    world->operations.keeper = NULL;
    fake_keeper_free(keeper);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_move_is_written_down_before_it_begins_until_its_end_is_proven, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_move_that_outlasts_its_caller_is_watched_on_under_its_id, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_proof_does_not_take_a_move_that_is_not_its_jobs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_move_that_cannot_be_written_down_is_made_and_that_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_next_life_knows_both_ends_and_whoever_asks_for_the_same_shares_the_proof,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_wants_an_adopted_move_first_gives_it_a_deadline_and_ends_it_by_leaving,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_fetch_is_found_again_too, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_end_that_cannot_be_proven_now_is_left_for_the_next_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_record_of_another_boot_is_told_and_struck_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_record_that_is_of_no_use_is_told_and_keeps_no_other_from_being_watched,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_members_tell_the_target_of_a_move_that_is_only_seen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_asks_for_the_target_that_was_found_shares_that_move, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_half_whose_source_has_no_daemon_is_watched_from_its_target, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

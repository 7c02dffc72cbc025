/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The runner over a state in memory and a hypervisor of the test's own: from a committed job to its proven end. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "fake_keeper.h"
#include "fake_world.h"
#include "hvc/clock.h"
#include "hvc/job_runner.h"
#include "hvc/text.h"
#include "hvc/thread.h"
#include "move_runner.h"
#include "moves_table.h"
#include "reach.h"

#include "../hvc_cmocka.h"

#define UUID    "11111111-2222-4333-8444-555555555555"
#define WAIT_MS 20000

/* ---- the keeper, for several threads ---- */

static struct locked_keeper {
    struct hvc_keeper base;
    struct fake_keeper *inner;
    pthread_mutex_t lock;
    struct hvc_job_runner *runner;
    atomic_bool cut; /* nothing is committed */
} keeper = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int take_token(struct hvc_keeper *base, struct hvc_token *ret_token)
{
    int rc;

    (void)base;
    (void)pthread_mutex_lock(&keeper.lock);
    rc = keeper.inner->base.ops->token(&keeper.inner->base, ret_token);
    keeper.inner->token.birth++;
    keeper.inner->token.id[1]++;
    (void)pthread_mutex_unlock(&keeper.lock);
    return rc;
}

static int submit(struct hvc_keeper *base, const struct hvc_command *command, const struct hvc_token *token,
                  uint64_t deadline_ms, bool wait_for_quorum, hvc_replica_done_fn done, void *context,
                  struct hvc_error *error)
{
    struct hvc_replica_outcome outcome = {.error = -EAGAIN, .words = "no quorum"};

    (void)base;
    (void)error;
    if (!atomic_load(&keeper.cut)) {
        (void)pthread_mutex_lock(&keeper.lock);
        (void)keeper.inner->base.ops->propose(&keeper.inner->base, command, token, deadline_ms, wait_for_quorum,
                                              &outcome); /* told by the outcome */
        (void)pthread_mutex_unlock(&keeper.lock);
    }
    done(context, &outcome);
    return 0;
}

static int propose(struct hvc_keeper *base, const struct hvc_command *command, const struct hvc_token *token,
                   uint64_t deadline_ms, bool wait_for_quorum, struct hvc_replica_outcome *ret_outcome)
{
    int rc;

    (void)base;
    (void)pthread_mutex_lock(&keeper.lock);
    rc =
        keeper.inner->base.ops->propose(&keeper.inner->base, command, token, deadline_ms, wait_for_quorum, ret_outcome);
    (void)pthread_mutex_unlock(&keeper.lock);
    return rc;
}

static int read_state(struct hvc_keeper *base, enum hvc_replica_freshness freshness, uint64_t deadline_ms,
                      hvc_keeper_look_fn look, void *context, struct hvc_error *error)
{
    int rc;

    (void)base;
    (void)pthread_mutex_lock(&keeper.lock);
    rc = keeper.inner->base.ops->read(&keeper.inner->base, freshness, deadline_ms, look, context, error);
    (void)pthread_mutex_unlock(&keeper.lock);
    return rc;
}

/* Nodes tell nothing; or, when a test says so, an address each in 10.77.2.0/24 and in 10.77.3.0/24. */
static atomic_bool tells_addresses;

static int soft(struct hvc_keeper *base, uint32_t node, struct hvc_soft_facts *ret_facts)
{
    (void)base;
    if (!atomic_load(&tells_addresses))
        return -ENOENT;
    memset(ret_facts, 0, sizeof(*ret_facts));
    ret_facts->node = node;
    ret_facts->address_count = 2;
    for (uint8_t i = 0; i < 2; i++)
        ret_facts->addresses[i] =
            (struct hvc_address){.family = 4, .prefix = 24, .bytes = {10, 77, (uint8_t)(2 + i), (uint8_t)node}};
    return 0;
}

/* Each of them answers. */
void hvc_reach(const struct hvc_address *addresses, unsigned count, uint16_t port, uint64_t wait_ms, int *results)
{
    (void)addresses, (void)port, (void)wait_ms;
    memset(results, 0, count * sizeof(*results));
}

/* ---- moves ---- */

static atomic_uint begun, adopted;
static atomic_bool may_end;
static atomic_int ends_as;
static atomic_bool target_was_dead; /* of the last one */

void hvc_move_runner_run(const struct hvc_move_task *task, struct hvc_move_result *ret_end)
{
    const struct hvc_migrate_progress progress = {.phase = HVC_MIGRATE_COPY};
    const struct timespec nap = {.tv_nsec = 2000000};

    memset(ret_end, 0, sizeof(*ret_end));
    atomic_store(&target_was_dead, task->target_dead);
    if (task->adopted)
        atomic_fetch_add(&adopted, 1);
    else
        atomic_fetch_add(&begun, 1);
    if (!task->adopted)
        task->progress(task->context, &progress);
    while (!atomic_load(&may_end) && !atomic_load(task->cancel))
        (void)nanosleep(&nap, NULL);
    ret_end->end = atomic_load(task->cancel) ? HVC_MOVE_STAYED : (enum hvc_move_end)atomic_load(&ends_as);
    ret_end->seen = HVC_MOVE_STAYED; /* of NOT_STARTED */
    ret_end->result = ret_end->end == HVC_MOVE_MOVED ? HVC_RESULT_OK : HVC_RESULT_FAILED;
    ret_end->unproven = ret_end->end == HVC_MOVE_UNPROVEN;
    if (ret_end->end != HVC_MOVE_MOVED)
        (void)hvc_error_set(&ret_end->error, atomic_load(task->cancel) ? -ECANCELED : -EIO, "libvirt says no");
}

/* ---- the world ---- */

static struct fake_world *world;

static void give(struct hvc_command *command, struct hvc_answer *ret_answer)
{
    struct hvc_replica_outcome outcome;
    struct hvc_token token;

    (void)take_token(&keeper.base, &token);
    (void)pthread_mutex_lock(&keeper.lock);
    assert_int_equal(
        keeper.inner->base.ops->propose(&keeper.inner->base, command, &token, HVC_NO_DEADLINE, true, &outcome), 0);
    (void)pthread_mutex_unlock(&keeper.lock);
    *ret_answer = outcome.answer;
    hvc_job_runner_wake(keeper.runner);
}

static struct hvc_command command_of(unsigned kind)
{
    return (struct hvc_command){.version = HVC_COMMAND_VERSION, .kind = (uint8_t)kind, .by = "test"};
}

static int set_up(void **state)
{
    static struct hvc_keeper_ops ops;
    struct hvc_command members = command_of(HVC_COMMAND_MEMBERS), guest = command_of(HVC_COMMAND_GUEST);
    struct hvc_error error = {0};
    struct hvc_answer answer;

    atomic_store(&begun, 0);
    atomic_store(&adopted, 0);
    atomic_store(&may_end, false);
    atomic_store(&ends_as, HVC_MOVE_MOVED);
    atomic_store(&keeper.cut, false);
    world = fake_world_new();
    keeper.inner = fake_keeper_new();
    ops = *keeper.inner->base.ops;
    ops.token = take_token;
    ops.submit = submit;
    ops.propose = propose;
    ops.read = read_state;
    ops.soft = soft;
    atomic_store(&tells_addresses, false);
    keeper.base.ops = &ops;
    world->operations.keeper = &keeper.base;
    world->here.count = 1;
    world->here.guests[0] = (struct hvc_guest_state){.id = {UUID, "g"}, .guest_class = HVC_GUEST_RUNNING};
    assert_int_equal(hvc_job_runner_new(&world->operations, &keeper.runner, &error), 0);
    members.members.count = 2;
    members.members.item[0] = (struct hvc_command_member){1, 11};
    members.members.item[1] = (struct hvc_command_member){2, 12};
    give(&members, &answer);
    assert_int_equal(hvc_parse_uuid_bytes(UUID, guest.guest.uuid), 0);
    memcpy(guest.guest.name, "g", 2);
    guest.guest.node = 1;
    give(&guest, &answer);
    assert_int_equal(answer.code, HVC_ANSWER_OK);
    assert_int_equal(hvc_job_runner_start(keeper.runner, &error), 0);
    *state = NULL;
    return 0;
}

/* And what it left running: the look at places and marks has no end of its own. */
static void stop_runner(void)
{
    hvc_job_runner_stop(keeper.runner);
    assert_int_equal(hvc_thread_await(hvc_deadline_in(WAIT_MS)), 0);
}

static int tear_down(void **state)
{
    (void)state;
    atomic_store(&may_end, true);
    stop_runner();
    for (uint64_t until = hvc_deadline_in(WAIT_MS); hvc_moves_active(world->operations.moves) > 0;) {
        assert_true(hvc_now_ms() < until);
        (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    hvc_job_runner_free(keeper.runner);
    fake_keeper_free(keeper.inner);
    fake_world_free(world);
    return 0;
}

/* Jobs of Pacemaker: their checks were made by who asks. */
static struct hvc_job_options asked; /* of the next job */
static uint64_t make_job_of(enum hvc_job_origin origin)
{
    struct hvc_command c = command_of(HVC_COMMAND_JOB);
    struct hvc_answer answer;

    assert_int_equal(hvc_parse_uuid_bytes(UUID, c.job.guest), 0);
    c.job.origin = (uint8_t)origin;
    c.job.target = 2;
    c.job.options = asked;
    give(&c, &answer);
    assert_int_equal(answer.code, HVC_ANSWER_OK);
    return answer.value;
}

static uint64_t make_job(void)
{
    return make_job_of(HVC_ORIGIN_PACEMAKER);
}

static void set_service(unsigned enabled_state)
{
    struct hvc_command c = command_of(HVC_COMMAND_STATE);
    struct hvc_answer answer;

    c.state.state = (uint8_t)enabled_state;
    give(&c, &answer);
    assert_int_equal(answer.code, HVC_ANSWER_OK);
}

/* The guest is where it was, by other means. */
static void put_back(void)
{
    struct hvc_command c = command_of(HVC_COMMAND_GUEST_PLACE);
    struct hvc_answer answer;

    assert_int_equal(hvc_parse_uuid_bytes(UUID, c.guest_place.uuid), 0);
    c.guest_place.node = 1;
    give(&c, &answer);
    assert_int_equal(answer.code, HVC_ANSWER_OK);
}

static struct hvc_job job_now(uint64_t id)
{
    struct hvc_job job;

    (void)pthread_mutex_lock(&keeper.lock);
    job = *hvc_service_job(keeper.inner->service, id);
    (void)pthread_mutex_unlock(&keeper.lock);
    return job;
}

static void await_phase(uint64_t id, unsigned phase)
{
    uint64_t until = hvc_deadline_in(WAIT_MS);

    while (job_now(id).phase != phase) {
        if (hvc_now_ms() >= until)
            fail_msg("job %llu is %s, not %s", (unsigned long long)id, hvc_job_phase_name(job_now(id).phase),
                     hvc_job_phase_name(phase));
        (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}

static void await_said(const char *text)
{
    for (uint64_t until = hvc_deadline_in(WAIT_MS); fake_world_said(world, text) == 0;) {
        if (hvc_now_ms() >= until)
            fail_msg("nobody said %s: %s", text, world->messages);
        (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}

static void a_job_is_carried_out_once_and_told(void **state)
{
    uint64_t id = make_job();

    (void)state;
    await_phase(id, HVC_JOB_COPYING);
    atomic_store(&may_end, true);
    await_phase(id, HVC_JOB_COMPLETED);
    assert_int_equal(job_now(id).runs_on, 2);
    assert_int_equal(atomic_load(&begun), 1);
    await_said("1703 job=1 phase=completed");
    assert_int_equal(fake_world_said(world, "1703 job=1"), 1);
    put_back();
    id = make_job();
    await_phase(id, HVC_JOB_COMPLETED);
    await_said("1703 job=2 phase=completed");
    assert_int_equal(fake_world_said(world, "1701 job=2"), 1);
    assert_int_equal(atomic_load(&begun), 2);
    assert_int_equal(fake_world_said(world, "1708"), 0);
}

static void a_job_and_the_settings_say_how_the_memory_is_sent(void **state)
{
    static const struct {
        struct hvc_job_options options;
        bool tls;
        enum hvc_compression compression;
        unsigned parallel;
    } cases[] = {
        {{.flags = 0}, true, HVC_COMPRESSION_BY_LINK, 0},
        {{.flags = HVC_OPTION_COMPRESS, .parallel = 1}, true, HVC_COMPRESSION_AUTO, 1},
        {{.flags = HVC_OPTION_NO_COMPRESS, .parallel = 4}, true, HVC_COMPRESSION_NONE, 4},
        {{.flags = HVC_OPTION_PLAIN}, false, HVC_COMPRESSION_BY_LINK, 0},
    };

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        struct hvc_moves *moves = world->operations.moves;
        struct hvc_moves_entry *entry;
        uint64_t id;

        asked = cases[i].options;
        atomic_store(&may_end, false);
        id = make_job();
        await_phase(id, HVC_JOB_COPYING);
        (void)pthread_mutex_lock(&moves->lock);
        entry = hvc_moves_find(moves, NULL, UUID);
        assert_non_null(entry);
        assert_int_equal(entry->task.options.tls, cases[i].tls);
        assert_int_equal(entry->asked_compression, cases[i].compression);
        assert_int_equal(entry->asked_parallel, cases[i].parallel);
        (void)pthread_mutex_unlock(&moves->lock);
        atomic_store(&may_end, true);
        await_phase(id, HVC_JOB_COMPLETED);
        put_back();
    }
    asked = (struct hvc_job_options){0};
}

/* ---- networks with a limit ---- */

static void add_networks(void)
{
    for (uint8_t i = 0; i < 2; i++) {
        struct hvc_command c = command_of(HVC_COMMAND_NETWORK_ADD);
        struct hvc_answer answer;

        c.networks.count = 1;
        c.networks.item[0].network =
            (struct hvc_network){.family = 4, .prefix = 24, .metric = i, .address = {10, 77, (uint8_t)(2 + i)}};
        give(&c, &answer);
        assert_int_equal(answer.code, HVC_ANSWER_OK);
    }
    atomic_store(&tells_addresses, true);
}

static void set_limit(uint32_t network, uint32_t limit)
{
    struct hvc_command c = command_of(HVC_COMMAND_NETWORK_MODIFY);
    struct hvc_answer answer;

    c.networks.count = 1;
    c.networks.item[0].mask = HVC_NETWORK_LIMIT;
    c.networks.item[0].network.id = network;
    c.networks.item[0].network.limit = limit;
    give(&c, &answer);
    assert_int_equal(answer.code, HVC_ANSWER_OK);
}

static void await_network(uint64_t id, uint32_t network)
{
    uint64_t until = hvc_deadline_in(WAIT_MS);

    while (job_now(id).network != network) {
        if (hvc_now_ms() >= until)
            fail_msg("job %llu has network %u, not %u", (unsigned long long)id, job_now(id).network, network);
        (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}

static void a_job_is_given_a_network_before_it_moves_and_takes_that_one(void **state)
{
    uint64_t id;

    (void)state;
    add_networks();
    set_limit(1, 1);
    id = make_job();
    await_phase(id, HVC_JOB_COPYING);
    assert_int_equal(job_now(id).network, 1);
    atomic_store(&may_end, true);
    await_phase(id, HVC_JOB_COMPLETED);
    assert_int_equal(job_now(id).network, 1);
    assert_int_equal(fake_world_said(world, "1351 "), 1);
    assert_int_equal(fake_world_said(world, "uri=tcp://10.77.2.2 network=1"), 1);
}

static void a_limit_that_comes_later_counts_the_moves_that_run(void **state)
{
    uint64_t id;

    (void)state;
    add_networks();
    id = make_job();
    await_phase(id, HVC_JOB_COPYING);
    assert_int_equal(job_now(id).network, 0);
    set_limit(2, 3); /* of another one: which this takes is asked for all the same */
    await_network(id, 1);
    assert_int_equal(job_now(id).phase, HVC_JOB_COPYING);
}

static void a_cancelled_job_stays_at_its_source(void **state)
{
    uint64_t id = make_job();
    struct hvc_command c = command_of(HVC_COMMAND_JOB_CANCEL);
    struct hvc_answer answer;

    (void)state;
    await_phase(id, HVC_JOB_COPYING);
    c.cancel.job = id;
    give(&c, &answer);
    assert_int_equal(answer.code, HVC_ANSWER_OK);
    await_phase(id, HVC_JOB_CANCELLED);
    assert_int_equal(job_now(id).runs_on, 1);
    give(&c, &answer);
    assert_int_equal(answer.code, HVC_ANSWER_UNCHANGED);
}

static void members_are(uint64_t boot_of_2)
{
    struct hvc_command c = command_of(HVC_COMMAND_MEMBERS);
    struct hvc_answer answer;

    c.members.count = boot_of_2 == 0 ? 1 : 2;
    c.members.item[0] = (struct hvc_command_member){1, 11};
    c.members.item[1] = (struct hvc_command_member){2, boot_of_2};
    give(&c, &answer);
    assert_int_equal(answer.code, HVC_ANSWER_OK);
}

/* It had come to its target, which then was lost. */
static uint64_t move_and_lose_target(void)
{
    uint64_t id = make_job();
    struct hvc_command c = command_of(HVC_COMMAND_JOB_REPORT);
    struct hvc_answer answer;

    await_phase(id, HVC_JOB_COPYING);
    atomic_store(&keeper.cut, true); /* what the runner finds is not committed in time */
    atomic_store(&may_end, true);
    await_said("1302 ");
    c.report.job = id;
    c.report.from = HVC_JOB_COPYING;
    c.report.to = HVC_JOB_VERIFYING;
    give(&c, &answer);
    members_are(0);
    assert_int_equal(job_now(id).phase, HVC_JOB_UNKNOWN);
    atomic_store(&ends_as, HVC_MOVE_STAYED);
    atomic_store(&keeper.cut, false);
    return id;
}

/* It is back, and nobody says that the guest is there still. */
static void what_had_ended_before_an_end_was_lost_is_proven_anew(void **state)
{
    uint64_t id = move_and_lose_target();

    (void)state;
    members_are(22);
    await_phase(id, HVC_JOB_FAILED);
    assert_int_equal(job_now(id).runs_on, 1);
    assert_int_equal(atomic_load(&begun), 1);
    assert_int_equal(atomic_load(&adopted), 1);
    assert_false(atomic_load(&target_was_dead));
    assert_int_equal(fake_world_said(world, "1703 job=1"), 0);
}

static void an_end_that_was_fenced_is_not_waited_for(void **state)
{
    uint64_t id = move_and_lose_target();
    struct hvc_command c = command_of(HVC_COMMAND_FENCED);
    struct hvc_answer answer;

    (void)state;
    world->facts.pacemaker_answers = true;
    world->facts.nodes[1].member = false;
    c.fenced.id = 2;
    c.fenced.boot_id = 12;
    give(&c, &answer);
    assert_int_equal(answer.code, HVC_ANSWER_OK);
    assert_int_equal(job_now(id).phase, HVC_JOB_RECONCILING);
    assert_int_equal(atomic_load(&adopted), 0); /* this node's own Pacemaker has to say so, too */
    world->facts.nodes[1].fenced = true;
    await_phase(id, HVC_JOB_FAILED);
    assert_int_equal(job_now(id).runs_on, 1);
    assert_true(atomic_load(&target_was_dead));
}

/* The job of a move that ends so, with what it said. */
static struct hvc_job failed_job(enum hvc_move_end end)
{
    uint64_t id;
    struct hvc_job job;

    atomic_store(&ends_as, end);
    atomic_store(&may_end, true);
    id = make_job();
    await_phase(id, HVC_JOB_FAILED);
    job = job_now(id);
    assert_int_equal(job.runs_on, 1);
    assert_string_equal(job.reasons[job.reason_count - 1].text, "libvirt says no");
    return job;
}

static void a_failed_move_keeps_the_hypervisors_words(void **state)
{
    (void)state;
    (void)failed_job(HVC_MOVE_STAYED);
}

static void a_refused_move_fails_at_once_and_is_not_tried_again(void **state)
{
    (void)state;
    assert_int_equal(failed_job(HVC_MOVE_NOT_STARTED).phase_ms[HVC_JOB_VERIFYING], 0);
    assert_int_equal(atomic_load(&begun), 1);
}

/* By the checks before its start, and not by those of the request. */
static void a_resource_of_another_agent_that_is_made_while_a_job_waits_keeps_its_guest(void **state)
{
    struct hvc_job job;
    uint64_t id;

    (void)state;
    set_service(HVC_STATE_QUIESCE);
    id = make_job_of(HVC_ORIGIN_OPERATOR);
    assert_int_equal(job_now(id).phase, HVC_JOB_QUEUED);
    (void)hvc_text_copy(world->foreign[0].resource, sizeof(world->foreign[0].resource), "web");
    (void)hvc_text_copy(world->foreign[0].config, sizeof(world->foreign[0].config), "/nowhere/g.xml");
    world->foreign_count = 1;
    set_service(HVC_STATE_ENABLED);
    await_phase(id, HVC_JOB_FAILED);
    job = job_now(id);
    assert_non_null(strstr(job.reasons[job.reason_count - 1].text, "resource web"));
    assert_int_equal(atomic_load(&begun), 0);
}

static void without_quorum_the_move_goes_on_and_is_reported_later(void **state)
{
    uint64_t id = make_job();

    (void)state;
    await_phase(id, HVC_JOB_COPYING);
    atomic_store(&keeper.cut, true);
    atomic_store(&may_end, true);
    await_said("1302 ");
    assert_int_equal(job_now(id).phase, HVC_JOB_COPYING);
    atomic_store(&keeper.cut, false);
    await_phase(id, HVC_JOB_COMPLETED);
    assert_int_equal(atomic_load(&begun), 1);
}

static void what_is_not_proven_is_proven_again(void **state)
{
    uint64_t id;

    (void)state;
    atomic_store(&ends_as, HVC_MOVE_UNPROVEN);
    atomic_store(&may_end, true);
    id = make_job();
    await_phase(id, HVC_JOB_VERIFYING);
    for (uint64_t until = hvc_deadline_in(WAIT_MS); atomic_load(&adopted) < 2;)
        assert_true(hvc_now_ms() < until);
    atomic_store(&ends_as, HVC_MOVE_MOVED);
    await_phase(id, HVC_JOB_COMPLETED);
    assert_int_equal(atomic_load(&begun), 1);
}

static void a_second_life_begins_nothing_twice(void **state)
{
    uint64_t id = make_job();
    struct hvc_error error = {0};

    (void)state;
    await_phase(id, HVC_JOB_COPYING);
    hvc_job_runner_stop(keeper.runner);
    hvc_moves_listen(world->operations.moves, NULL, NULL);
    hvc_job_runner_free(keeper.runner);
    assert_int_equal(hvc_job_runner_new(&world->operations, &keeper.runner, &error), 0);
    assert_int_equal(hvc_job_runner_start(keeper.runner, &error), 0);
    atomic_store(&may_end, true);
    await_phase(id, HVC_JOB_COMPLETED);
    assert_int_equal(atomic_load(&begun), 1);
}

static struct hvc_service_guest guest_now(const char *uuid)
{
    struct hvc_service_guest guest;
    uint8_t bytes[16];

    assert_int_equal(hvc_parse_uuid_bytes(uuid, bytes), 0);
    (void)pthread_mutex_lock(&keeper.lock);
    guest = *hvc_service_guest(keeper.inner->service, bytes);
    (void)pthread_mutex_unlock(&keeper.lock);
    return guest;
}

static uint32_t place_now(const char *uuid)
{
    return guest_now(uuid).node;
}

static void add_guest(const char *uuid, const char *name, uint32_t node)
{
    struct hvc_command c = command_of(HVC_COMMAND_GUEST);
    struct hvc_answer answer;

    assert_int_equal(hvc_parse_uuid_bytes(uuid, c.guest.uuid), 0);
    (void)snprintf(c.guest.name, sizeof(c.guest.name), "%s", name);
    c.guest.node = node;
    give(&c, &answer);
    assert_int_equal(answer.code, HVC_ANSWER_OK);
}

static void await_place(const char *uuid, uint32_t node)
{
    for (uint64_t until = hvc_deadline_in(WAIT_MS); place_now(uuid) != node;) {
        if (hvc_now_ms() >= until)
            fail_msg("guest %s is at %u, not %u", uuid, place_now(uuid), node);
        (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}

#define COMES "22222222-2222-4333-8444-555555555555"
#define GOES  "33333333-2222-4333-8444-555555555555"

static int set_up_strays(void **state)
{
    struct hvc_error error = {0};
    int rc = set_up(state);

    stop_runner();
    hvc_job_runner_free(keeper.runner);
    world->here.count = 2;
    world->here.guests[1] =
        (struct hvc_guest_state){.id = {COMES, "comes"}, .guest_class = HVC_GUEST_RUNNING, .owner = "its-resource"};
    assert_int_equal(hvc_job_runner_new(&world->operations, &keeper.runner, &error), 0);
    add_guest(COMES, "comes", 2);
    add_guest(GOES, "goes", 1);
    assert_int_equal(hvc_job_runner_start(keeper.runner, &error), 0);
    return rc;
}

static void places_follow_what_libvirt_shows(void **state)
{
    (void)state;
    await_place(COMES, 1);
    await_place(GOES, 0);
    assert_int_equal(place_now(UUID), 1);
    await_said("1711 guest=goes from=1 to=0");
}

/* The next look, by a runner that begins anew: a record without a resource gets the one that its guest is marked with.
 */
static void owners_follow_what_libvirt_shows(void **state)
{
    struct hvc_error error = {0};

    (void)state;
    await_place(COMES, 1);
    stop_runner();
    hvc_job_runner_free(keeper.runner);
    assert_int_equal(hvc_job_runner_new(&world->operations, &keeper.runner, &error), 0);
    assert_int_equal(hvc_job_runner_start(keeper.runner, &error), 0);
    await_said("1712 guest=comes resource=its-resource");
    assert_string_equal(guest_now(COMES).resource, "its-resource");
    assert_string_equal(guest_now(COMES).name, "comes");
    assert_int_equal(guest_now(COMES).node, 1);
    assert_string_equal(guest_now(UUID).resource, "");
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_job_is_carried_out_once_and_told),
        T(a_job_and_the_settings_say_how_the_memory_is_sent),
        T(a_job_is_given_a_network_before_it_moves_and_takes_that_one),
        T(a_limit_that_comes_later_counts_the_moves_that_run),
        T(a_cancelled_job_stays_at_its_source),
        T(what_had_ended_before_an_end_was_lost_is_proven_anew),
        T(an_end_that_was_fenced_is_not_waited_for),
        T(a_failed_move_keeps_the_hypervisors_words),
        T(a_refused_move_fails_at_once_and_is_not_tried_again),
        T(a_resource_of_another_agent_that_is_made_while_a_job_waits_keeps_its_guest),
        T(without_quorum_the_move_goes_on_and_is_reported_later),
        T(what_is_not_proven_is_proven_again),
        T(a_second_life_begins_nothing_twice),
        cmocka_unit_test_setup_teardown(places_follow_what_libvirt_shows, set_up_strays, tear_down),
        cmocka_unit_test_setup_teardown(owners_follow_what_libvirt_shows, set_up_strays, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

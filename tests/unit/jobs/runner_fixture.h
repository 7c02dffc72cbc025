/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The runner of jobs over a state in memory and moves of the test's own: what its test programs share. */
#ifndef HVC_RUNNER_FIXTURE_H
#define HVC_RUNNER_FIXTURE_H

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

static inline int take_token(struct hvc_keeper *base, struct hvc_token *ret_token)
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

static inline int submit(struct hvc_keeper *base, const struct hvc_command *command, const struct hvc_token *token,
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

static inline int propose(struct hvc_keeper *base, const struct hvc_command *command, const struct hvc_token *token,
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

static inline int read_state(struct hvc_keeper *base, enum hvc_replica_freshness freshness, uint64_t deadline_ms,
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

static inline int soft(struct hvc_keeper *base, uint32_t node, struct hvc_soft_facts *ret_facts)
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

static inline void status_now(struct hvc_keeper *base, struct hvc_replica_status *ret_status)
{
    (void)base;
    (void)pthread_mutex_lock(&keeper.lock);
    *ret_status = keeper.inner->status;
    (void)pthread_mutex_unlock(&keeper.lock);
    ret_status->replication.entry_version = HVC_COMMAND_VERSION;
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

static inline void give(struct hvc_command *command, struct hvc_answer *ret_answer)
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

static inline struct hvc_command command_of(unsigned kind)
{
    return (struct hvc_command){.version = HVC_COMMAND_VERSION, .kind = (uint8_t)kind, .by = "test"};
}

static inline int set_up(void **state)
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
    ops.status = status_now;
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
static inline void stop_runner(void)
{
    hvc_job_runner_stop(keeper.runner);
    assert_int_equal(hvc_thread_await(hvc_deadline_in(WAIT_MS)), 0);
}

static inline int tear_down(void **state)
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
static uint8_t asked_kind;           /* likewise */
static inline uint64_t make_job_of(enum hvc_job_origin origin)
{
    struct hvc_command c = command_of(HVC_COMMAND_JOB);
    struct hvc_answer answer;

    assert_int_equal(hvc_parse_uuid_bytes(UUID, c.job.guest), 0);
    c.job.origin = (uint8_t)origin;
    c.job.kind = asked_kind;
    c.job.target = 2;
    c.job.options = asked;
    give(&c, &answer);
    assert_int_equal(answer.code, HVC_ANSWER_OK);
    return answer.value;
}

static inline uint64_t make_job(void)
{
    return make_job_of(HVC_ORIGIN_PACEMAKER);
}

static inline struct hvc_job job_now(uint64_t id)
{
    struct hvc_job job;

    (void)pthread_mutex_lock(&keeper.lock);
    job = *hvc_service_job(keeper.inner->service, id);
    (void)pthread_mutex_unlock(&keeper.lock);
    return job;
}

static inline void await_phase(uint64_t id, unsigned phase)
{
    uint64_t until = hvc_deadline_in(WAIT_MS);

    while (job_now(id).phase != phase) {
        if (hvc_now_ms() >= until)
            fail_msg("job %llu is %s, not %s", (unsigned long long)id, hvc_job_phase_name(job_now(id).phase),
                     hvc_job_phase_name(phase));
        (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The runner over a state in memory and a hypervisor of the test's own: from a committed job to its proven end. */
#include "runner.h"
#include "runner_fixture.h"

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
    assert_true(hvc_answer_is_good(&answer)); /* the runner may have compared places, and told it already */
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

/* And this node begins anew. */
static uint64_t make_admitted_job(enum hvc_job_origin origin)
{
    struct hvc_command c = command_of(HVC_COMMAND_JOB_REPORT);
    struct hvc_error error = {0};
    struct hvc_answer answer;

    stop_runner();
    hvc_job_runner_free(keeper.runner);
    assert_int_equal(hvc_job_runner_new(&world->operations, &keeper.runner, &error), 0);
    c.report.job = make_job_of(origin);
    c.report.from = job_now(c.report.job).phase;
    c.report.to = HVC_JOB_ADMITTED;
    give(&c, &answer);
    assert_int_equal(job_now(c.report.job).phase, HVC_JOB_ADMITTED);
    return c.report.job;
}

/* The checks of this world never end well, so that it comes no further. */
static void what_had_not_begun_when_its_node_was_lost_is_checked_once_more(void **state)
{
    struct hvc_command c = command_of(HVC_COMMAND_MEMBERS);
    uint64_t id = make_admitted_job(HVC_ORIGIN_OPERATOR);
    unsigned attempts = job_now(id).attempts;
    struct hvc_error error = {0};
    struct hvc_answer answer;
    struct hvc_job job;

    (void)state;
    c.members.count = 2;
    c.members.item[0] = (struct hvc_command_member){1, 111}; /* its hvclusterd is another one */
    c.members.item[1] = (struct hvc_command_member){2, 12};
    give(&c, &answer);
    assert_int_equal(job_now(id).phase, HVC_JOB_RECONCILING);
    atomic_store(&ends_as, HVC_MOVE_STAYED);
    atomic_store(&may_end, true);
    assert_int_equal(hvc_job_runner_start(keeper.runner, &error), 0);
    await_phase(id, HVC_JOB_QUEUED);
    job = job_now(id);
    assert_int_equal(job.attempts, attempts + 2);
    assert_int_equal(job.reason_count, 3);
    assert_int_equal(job.reasons[0].code, HVC_REASON_SOURCE_LOST);
    assert_non_null(strstr(job.reasons[1].text, "it is checked again"));
    assert_non_null(strstr(job.reasons[2].text, "what the guest needs is not known"));
    assert_int_equal(guest_now(UUID).node, 1);
    assert_int_equal(atomic_load(&adopted), 1);
    assert_int_equal(atomic_load(&begun), 0);
}

/* Its proof runs it again, to find out how far it had come. */
static void a_cancelled_job_of_another_kind_is_not_begun_by_its_proof(void **state)
{
    struct hvc_command c = command_of(HVC_COMMAND_JOB_CANCEL);
    struct hvc_error error = {0};
    struct hvc_answer answer;

    (void)state;
    asked_kind = HVC_KIND_RESTART;
    c.cancel.job = make_admitted_job(HVC_ORIGIN_OPERATOR);
    asked_kind = HVC_KIND_LIVE;
    give(&c, &answer);
    assert_int_equal(answer.code, HVC_ANSWER_OK);
    atomic_store(&may_end, true);
    assert_int_equal(hvc_job_runner_start(keeper.runner, &error), 0);
    await_phase(c.cancel.job, HVC_JOB_CANCELLED);
    assert_int_equal(job_now(c.cancel.job).runs_on, 1);
}

static void a_guest_that_is_so_for_long_ends_its_job(enum hvc_guest_class guest_class, const char *words)
{
    uint64_t id = make_admitted_job(HVC_ORIGIN_PACEMAKER);
    struct hvc_error error = {0};
    struct hvc_job job = job_now(id);
    struct item *item = job_runner_item(keeper.runner, id);

    assert_non_null(item);
    item->finding = (struct hvc_agenda_finding){.work = HVC_JOB_WORK_BEGIN,
                                                .phase = job.phase,
                                                .attempts = job.attempts,
                                                .tries = 14,
                                                .code = HVC_REASON_RETRY};
    world->here.guests[0].guest_class = guest_class;
    (void)hvc_text_copy(world->here.guests[0].words, sizeof(world->here.guests[0].words), words);
    assert_int_equal(hvc_job_runner_start(keeper.runner, &error), 0);
    await_phase(id, HVC_JOB_FAILED);
    job = job_now(id);
    assert_string_equal(job.reasons[job.reason_count - 1].text, words);
    assert_int_equal(atomic_load(&begun), 0);
}

static void a_guest_with_an_error_for_long_ends_its_job(void **state)
{
    (void)state;
    a_guest_that_is_so_for_long_ends_its_job(HVC_GUEST_FAILED, "paused: I/O error");
}

static void a_guest_that_waits_for_its_memory_for_long_ends_its_job(void **state)
{
    (void)state;
    a_guest_that_is_so_for_long_ends_its_job(HVC_GUEST_INCOMING, "paused: migration");
}

static void a_guest_that_libvirt_cannot_tell_of_for_long_ends_its_job(void **state)
{
    (void)state;
    a_guest_that_is_so_for_long_ends_its_job(HVC_GUEST_UNKNOWN, "no state");
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_job_is_carried_out_once_and_told),
        T(a_job_and_the_settings_say_how_the_memory_is_sent),
        T(a_cancelled_job_stays_at_its_source),
        T(what_had_ended_before_an_end_was_lost_is_proven_anew),
        T(an_end_that_was_fenced_is_not_waited_for),
        T(a_failed_move_keeps_the_hypervisors_words),
        T(a_refused_move_fails_at_once_and_is_not_tried_again),
        T(a_resource_of_another_agent_that_is_made_while_a_job_waits_keeps_its_guest),
        T(without_quorum_the_move_goes_on_and_is_reported_later),
        T(what_is_not_proven_is_proven_again),
        T(a_second_life_begins_nothing_twice),
        T(what_had_not_begun_when_its_node_was_lost_is_checked_once_more),
        T(a_cancelled_job_of_another_kind_is_not_begun_by_its_proof),
        T(a_guest_with_an_error_for_long_ends_its_job),
        T(a_guest_that_waits_for_its_memory_for_long_ends_its_job),
        T(a_guest_that_libvirt_cannot_tell_of_for_long_ends_its_job),
        cmocka_unit_test_setup_teardown(places_follow_what_libvirt_shows, set_up_strays, tear_down),
        cmocka_unit_test_setup_teardown(owners_follow_what_libvirt_shows, set_up_strays, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

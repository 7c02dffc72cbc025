/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hold of a guest that the state has nowhere: an older history is in force, or the place was told away. The sweep
 * against a state, nodes with libvirt, and a scripted Pacemaker. */
#include <errno.h>
#include <string.h>

#include "fake_keeper.h"
#include "hvc/pacemaker_moves.h"
#include "hvc/text.h"
#include "pacemaker.h"
#include "sweep.h"
#include "world.h"

#include "../hvc_cmocka.h"

static struct world *world;
static struct fake_keeper *keeper;
static struct job_sweep sweep;

/* ---- a Pacemaker with one object of ours ---- */

static struct {
    bool stands;
    struct hvc_pacemaker_mark mark;
    char here[HVC_NODE_NAME_MAX]; /* where the guest was handed back */
} pacemaker;

/* What a job alone does. */
int job_pacemaker_hold(const struct hvc_agenda_effect *effect, uint64_t deadline_ms, struct hvc_error *error)
{
    (void)deadline_ms;
    return hvc_error_set(error, -ENOTSUP, "no hold on %s here", effect->resource);
}

int job_pacemaker_watch(const struct hvc_agenda_effect *effect, uint64_t deadline_ms, struct hvc_error *error)
{
    return job_pacemaker_hold(effect, deadline_ms, error);
}

int job_pacemaker_release(const struct job_hand_back *order, uint64_t deadline_ms, struct hvc_error *error)
{
    (void)deadline_ms;
    (void)error;
    assert_int_equal(order->job, 17);
    assert_string_equal(order->target, "");
    pacemaker.stands = false;
    return 0;
}

int job_pacemaker_hand_back(const struct job_hand_back *order, uint64_t deadline_ms, struct hvc_error *error)
{
    (void)deadline_ms;
    (void)error;
    assert_int_equal(order->job, 17);
    return hvc_text_copy(pacemaker.here, sizeof(pacemaker.here), order->target);
}

int job_pacemaker_settle(const struct job_hand_back *order, uint64_t deadline_ms, struct hvc_error *error)
{
    (void)order;
    (void)deadline_ms;
    (void)error;
    pacemaker.stands = false;
    return 0;
}

/* ---- the rest of the world ---- */

static void commit_owned(uint32_t node, const char *resource)
{
    struct hvc_command c = {.version = HVC_COMMAND_VERSION, .kind = HVC_COMMAND_GUEST, .by = "test"};

    assert_int_equal(hvc_parse_uuid_bytes(world_vm1, c.guest.uuid), 0);
    memcpy(c.guest.name, "vm1", 4);
    assert_int_equal(hvc_text_copy(c.guest.resource, sizeof(c.guest.resource), resource), 0);
    c.guest.memory_kib = 1024;
    c.guest.node = node;
    fake_keeper_commit(keeper, &c);
}

static void commit_guest(uint32_t node)
{
    commit_owned(node, "web");
}

/* What the node where it runs does every ten seconds. */
static void commit_place(uint32_t node)
{
    struct hvc_command c = {.version = HVC_COMMAND_VERSION, .kind = HVC_COMMAND_GUEST_PLACE, .by = "test"};

    assert_int_equal(hvc_parse_uuid_bytes(world_vm1, c.guest_place.uuid), 0);
    c.guest_place.node = node;
    fake_keeper_commit(keeper, &c);
}

/* Three nodes; the hold of job 17 on resource web, of which the state knows nothing. */
static int set_up(void **state)
{
    (void)state;
    sweep = (struct job_sweep){0};
    memset(&pacemaker, 0, sizeof(pacemaker));
    pacemaker.stands = true;
    pacemaker.mark =
        (struct hvc_pacemaker_mark){.kind = HVC_MARK_HOLD, .job = 17, .id = "hvcluster-job-17-hold", .resource = "web"};
    world = world_new(3);
    keeper = fake_keeper_join(&world->operations);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_free(world);
    fake_keeper_free(keeper);
    return 0;
}

static void look(void)
{
    job_sweep_marks(&sweep, &world->operations, &pacemaker.mark, pacemaker.stands ? 1 : 0, 0);
}

static bool is_told(const char *words)
{
    return strstr(world->said, "1722 ") != NULL && strstr(world->said, words) != NULL;
}

/* As though the state had had its time to learn of the place. */
static void look_later(void)
{
    look();
    for (unsigned i = 0; i < JOB_SWEEP_MAX; i++) {
        if (sweep.objects[i].doubt_ms != 0)
            sweep.objects[i].doubt_ms = 1;
    }
    look();
}

/* It stays, and words say why. */
static void expect_kept(const char *words)
{
    look_later();
    assert_true(pacemaker.stands);
    assert_true(is_told(words));
}

/* ---- the tests ---- */

static void it_goes_when_every_node_says_that_nothing_is_there(void **state)
{
    (void)state;
    commit_guest(0);
    look();
    assert_false(pacemaker.stands);
    assert_non_null(strstr(world->said, "1721 id=hvcluster-job-17-hold"));
}

/* The job that took it to n2 is of a history that was given up. */
static void it_stays_while_the_guest_runs_and_is_handed_back_when_the_state_knows(void **state)
{
    (void)state;
    commit_guest(0);
    world_own(world_put(world, "n2", HVC_GUEST_RUNNING), "web");
    look();
    assert_true(pacemaker.stands);
    assert_string_equal(pacemaker.here, "");
    assert_string_equal(world->said, ""); /* the state may be a moment late */
    commit_place(2);
    look();
    assert_string_equal(pacemaker.here, "n2");
    assert_false(pacemaker.stands);
    assert_non_null(strstr(world->said, "1721 id=hvcluster-job-17-hold"));
}

static void it_stays_and_is_told_while_a_node_cannot_be_asked(void **state)
{
    (void)state;
    commit_guest(0);
    world_lose(world, "n3");
    expect_kept("n3: unable to connect to server: No route to host");
    world->said[0] = '\0';
    look(); /* not every time */
    assert_true(pacemaker.stands);
    assert_string_equal(world->said, "");
}

static void a_node_that_left_cleanly_has_to_be_asked_too(void **state)
{
    (void)state;
    commit_guest(0);
    world_lose(world, "n3");
    world_fact(world, "n3")->clean_down = true;
    expect_kept("n3: ");
}

static void a_fenced_node_runs_nothing(void **state)
{
    (void)state;
    commit_guest(0);
    world_lose(world, "n3");
    world_fact(world, "n3")->fenced = true;
    look();
    assert_false(pacemaker.stands);
}

static void a_guest_that_is_under_way_is_somewhere(void **state)
{
    (void)state;
    commit_guest(0);
    world_put(world, "n2", HVC_GUEST_INCOMING);
    expect_kept("n2: ");
}

static void a_location_goes_by_the_same_rule(void **state)
{
    (void)state;
    commit_guest(0);
    pacemaker.mark.kind = HVC_MARK_HERE;
    world_put(world, "n2", HVC_GUEST_RUNNING);
    look();
    assert_true(pacemaker.stands);
    (void)memset(world_node(world, "n2")->guests, 0, sizeof(world_node(world, "n2")->guests));
    look();
    assert_false(pacemaker.stands);
}

/* Its record is of the history that was given up, too. */
static void a_guest_that_the_state_does_not_know_is_found_by_its_mark(void **state)
{
    const struct hvc_service_guest *guest;
    uint8_t uuid[16];

    (void)state;
    world_own(world_put(world, "n2", HVC_GUEST_RUNNING), "web");
    world_own(world_put_other(world, "n1", VM2, "vm2", HVC_GUEST_RUNNING), "db");
    look();
    assert_true(pacemaker.stands);
    assert_int_equal(hvc_parse_uuid_bytes(world_vm1, uuid), 0);
    guest = hvc_service_guest(keeper->service, uuid);
    assert_non_null(guest);
    assert_int_equal(guest->node, 2);
    assert_string_equal(guest->resource, "web");
    assert_non_null(strstr(world->said, "1712 "));
    look();
    assert_string_equal(pacemaker.here, "n2");
}

/* The node where it runs will tell whose it is. */
static void a_guest_that_the_state_knows_as_nobodys_is_left_to_its_node(void **state)
{
    (void)state;
    commit_owned(2, "");
    world_own(world_put(world, "n2", HVC_GUEST_RUNNING), "web");
    expect_kept("did not know it as its own");
}

static void a_guest_that_the_state_does_not_know_is_looked_for_everywhere(void **state)
{
    (void)state;
    world_lose(world, "n2");
    expect_kept("n2 is not fenced");
    world_fact(world, "n2")->fenced = true;
    look();
    assert_false(pacemaker.stands);
}

static void two_guests_with_the_mark_of_one_resource_are_a_persons_matter(void **state)
{
    (void)state;
    world_own(world_put(world, "n2", HVC_GUEST_RUNNING), "web");
    world_own(world_put_other(world, "n1", VM2, "vm2", HVC_GUEST_RUNNING), "web");
    expect_kept("2 guests");
}

/* The state has it on n2, and there it is not. */
static void a_place_that_does_not_prove_true_is_told_as_well(void **state)
{
    (void)state;
    commit_guest(2);
    expect_kept("n2");
    world->said[0] = '\0';
    world_node(world, "n2")->answer = WORLD_REFUSES;
    world_node(world, "n2")->answer_words = "Connection refused";
    look_later();
    assert_true(is_told("Connection refused"));
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(it_goes_when_every_node_says_that_nothing_is_there),
        T(it_stays_while_the_guest_runs_and_is_handed_back_when_the_state_knows),
        T(it_stays_and_is_told_while_a_node_cannot_be_asked),
        T(a_node_that_left_cleanly_has_to_be_asked_too),
        T(a_fenced_node_runs_nothing),
        T(a_guest_that_is_under_way_is_somewhere),
        T(a_location_goes_by_the_same_rule),
        T(a_guest_that_the_state_does_not_know_is_found_by_its_mark),
        T(a_guest_that_the_state_knows_as_nobodys_is_left_to_its_node),
        T(a_guest_that_the_state_does_not_know_is_looked_for_everywhere),
        T(two_guests_with_the_mark_of_one_resource_are_a_persons_matter),
        T(a_place_that_does_not_prove_true_is_told_as_well),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

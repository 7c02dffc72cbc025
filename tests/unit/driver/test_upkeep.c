/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../hvc_cmocka.h"
#include "../service/fixture.h"
#include "upkeep.h"

/* What corosync says, to be bent by each test. */
static struct fixture f;
static struct hvc_upkeep_node nodes[5];
static struct hvc_upkeep_member members[5];
static uint32_t fenced[5];
static uint64_t fenced_boot[5];
static struct hvc_upkeep u;

static int up(void **state)
{
    static const char *const names[] = {"n1", "n2", "n3", "n4", "n5"};
    struct hvc_service_config config = small_config();

    (void)state;
    fixture_open(&f, &config);
    for (uint32_t i = 0; i < 5; i++) {
        nodes[i] = (struct hvc_upkeep_node){.id = i + 1, .name = names[i]};
        members[i] = (struct hvc_upkeep_member){
            .id = i + 1, .known = true, .boot_id = 100 + i + 1, .memory_kib = 1 << 20, .cpus = 8};
    }
    u = (struct hvc_upkeep){.service = f.service,
                            .nodes = nodes,
                            .node_count = 3,
                            .members = members,
                            .member_count = 3,
                            .fenced = fenced,
                            .fenced_boot = fenced_boot,
                            .stamp_ms = 1000000};
    return 0;
}

static int down(void **state)
{
    (void)state;
    fixture_close(&f);
    return 0;
}

/* Gives what is wanted until nothing is; returns how many commands that took. Each must be accepted. */
static unsigned settle(void)
{
    struct hvc_command command;
    unsigned count = 0;

    while (hvc_upkeep_next(&u, &command)) {
        struct hvc_answer answer;

        command.node = 1;
        command.stamp_ms = u.stamp_ms;
        answer = give(&f, &command);
        if (!hvc_answer_is_good(&answer))
            print_error("%s: %s\n", hvc_command_name(command.kind), hvc_answer_name(answer.code));
        assert_true(hvc_answer_is_good(&answer));
        assert_true(++count < 50);
    }
    return count;
}

static struct hvc_command wanted(unsigned kind)
{
    struct hvc_command command;

    assert_true(hvc_upkeep_next(&u, &command));
    assert_string_equal(hvc_command_name(command.kind), hvc_command_name(kind));
    return command;
}

static void an_empty_state_gets_nodes_then_members_and_then_nothing(void **state)
{
    (void)state;
    assert_int_equal(settle(), 4);
    for (uint32_t id = 1; id <= 3; id++) {
        assert_true(hvc_service_node(f.service, id)->member);
        assert_int_equal(hvc_service_node(f.service, id)->boot_id, 100 + id);
        assert_int_equal(hvc_service_node(f.service, id)->cpus, 8);
    }
    assert_int_equal(settle(), 0);
}

static void a_node_that_was_never_here_is_known_by_name_only(void **state)
{
    (void)state;
    u.member_count = 2;
    assert_int_equal(settle(), 4);
    assert_int_equal(hvc_service_node(f.service, 3)->cpus, 0);
    assert_false(hvc_service_node(f.service, 3)->member);
    u.member_count = 3; /* it comes, and tells what it has */
    assert_int_equal(settle(), 2);
    assert_int_equal(hvc_service_node(f.service, 3)->cpus, 8);
    u.member_count = 2; /* it goes: its facts stay */
    assert_int_equal(settle(), 1);
    assert_int_equal(hvc_service_node(f.service, 3)->cpus, 8);
}

static void who_leaves_is_no_member_and_who_restarted_has_its_new_boot_id(void **state)
{
    struct hvc_command command;

    (void)state;
    (void)settle();
    u.member_count = 2;
    command = wanted(HVC_COMMAND_MEMBERS);
    assert_int_equal(command.members.count, 2);
    (void)settle();
    u.member_count = 3;
    members[1].boot_id = 777;
    assert_int_equal(settle(), 1);
    assert_int_equal(hvc_service_node(f.service, 2)->boot_id, 777);
}

static void a_member_that_has_not_spoken_yet_stays_what_it_is_for_a_while(void **state)
{
    (void)state;
    (void)settle();
    members[2].known = false;
    assert_int_equal(settle(), 0);
    u.members_settled = true;
    assert_int_equal(settle(), 1);
    assert_false(hvc_service_node(f.service, 3)->member);
    u.members_settled = false; /* a new one that has not spoken is not taken in */
    assert_int_equal(settle(), 0);
}

static void a_node_is_removed_when_it_left_the_list_and_nothing_names_it(void **state)
{
    struct hvc_command command;

    (void)state;
    (void)settle();
    add_guest(&f, 1, 3, 1024);
    u.node_count = 2;
    assert_int_equal(settle(), 0); /* a member */
    u.member_count = 2;
    assert_int_equal(settle(), 1); /* away, but a guest names it */
    assert_non_null(hvc_service_node(f.service, 3));
    command = command_of(&f, HVC_COMMAND_GUEST_PLACE);
    uuid_of(1, command.guest_place.uuid);
    assert_true(hvc_answer_is_good(&(struct hvc_answer[]){give(&f, &command)}[0]));
    assert_int_equal(settle(), 1);
    assert_null(hvc_service_node(f.service, 3));
}

static void without_a_node_list_nothing_is_removed(void **state)
{
    (void)state;
    (void)settle();
    u.node_count = 0;
    u.member_count = 2;
    assert_int_equal(settle(), 1);
    assert_non_null(hvc_service_node(f.service, 3));
}

static void a_name_is_given_on_when_its_bearer_has_gone(void **state)
{
    (void)state;
    (void)settle();
    u.member_count = 2;
    nodes[2] = (struct hvc_upkeep_node){.id = 9, .name = "n3"}; /* n3 came back under another id */
    assert_true(settle() >= 2);
    assert_null(hvc_service_node(f.service, 3));
    assert_string_equal(hvc_service_node(f.service, 9)->name, "n3");
}

static void a_name_that_another_bears_is_not_asked_for_again_and_again(void **state)
{
    (void)state;
    (void)settle();
    nodes[0].name = "n2";
    nodes[1].name = "n1";
    assert_int_equal(settle(), 0);
}

static void a_fenced_node_is_said_once_and_only_while_away(void **state)
{
    (void)state;
    (void)settle();
    fenced[0] = 3;
    fenced_boot[0] = 103;
    u.fenced_count = 1;
    assert_int_equal(settle(), 0); /* it is here */
    u.member_count = 2;
    fenced_boot[0] = 99; /* a word about an earlier life of it */
    assert_int_equal(settle(), 1);
    assert_false(hvc_service_node(f.service, 3)->fenced);
    fenced_boot[0] = 103;
    assert_int_equal(settle(), 1);
    assert_true(hvc_service_node(f.service, 3)->fenced);
    fenced[0] = 44; /* unknown to the state */
    assert_int_equal(settle(), 0);
}

static void a_tick_is_given_when_it_is_due(void **state)
{
    struct hvc_command command;
    uint64_t due;

    (void)state;
    (void)settle();
    add_guest(&f, 1, 1, 1024);
    finish_job(&f, add_job(&f, 1, 2)); /* an ended job goes some time */
    due = hvc_service_next_tick_ms(f.service);
    assert_true(due < UINT64_MAX);
    u.stamp_ms = due - 1;
    assert_false(hvc_upkeep_next(&u, &command));
    u.stamp_ms = 0; /* not looked at */
    assert_false(hvc_upkeep_next(&u, &command));
    u.stamp_ms = due;
    (void)wanted(HVC_COMMAND_TICK);
    (void)settle();
    assert_true(hvc_service_next_tick_ms(f.service) > due);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_empty_state_gets_nodes_then_members_and_then_nothing, up, down),
        cmocka_unit_test_setup_teardown(a_node_that_was_never_here_is_known_by_name_only, up, down),
        cmocka_unit_test_setup_teardown(who_leaves_is_no_member_and_who_restarted_has_its_new_boot_id, up, down),
        cmocka_unit_test_setup_teardown(a_member_that_has_not_spoken_yet_stays_what_it_is_for_a_while, up, down),
        cmocka_unit_test_setup_teardown(a_node_is_removed_when_it_left_the_list_and_nothing_names_it, up, down),
        cmocka_unit_test_setup_teardown(without_a_node_list_nothing_is_removed, up, down),
        cmocka_unit_test_setup_teardown(a_name_is_given_on_when_its_bearer_has_gone, up, down),
        cmocka_unit_test_setup_teardown(a_name_that_another_bears_is_not_asked_for_again_and_again, up, down),
        cmocka_unit_test_setup_teardown(a_fenced_node_is_said_once_and_only_while_away, up, down),
        cmocka_unit_test_setup_teardown(a_tick_is_given_when_it_is_due, up, down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the state and the soft facts to the URIs that are tried. */
#include <errno.h>
#include <string.h>

#include "../hvc_cmocka.h"
#include "move_route.h"
#include "world_fixture.h"

static struct hvc_soft_facts facts[2];
static struct hvc_move_routes routes;
static struct hvc_error error;

static void allow_any(uint64_t value)
{
    struct hvc_command command = {.kind = HVC_COMMAND_SETTINGS};

    command.settings.count = 1;
    command.settings.item[0].setting = HVC_SETTING_ANY_NETWORK;
    command.settings.item[0].value = value;
    propose(&command);
}

static struct hvc_address address(uint8_t third, uint8_t node, bool ring)
{
    return (struct hvc_address){.family = 4, .prefix = 24, .ring = ring, .bytes = {10, 77, third, node}};
}

static int up(void **state)
{
    (void)state;
    make_world();
    memset(facts, 0, sizeof(facts));
    memset(&error, 0, sizeof(error));
    for (uint8_t i = 0; i < 2; i++) {
        facts[i].node = i + 1u;
        facts[i].address_count = 2;
        facts[i].addresses[0] = address(1, i + 1, true);
        facts[i].addresses[1] = address(2, i + 1, false);
    }
    keeper->soft = facts;
    keeper->soft_count = 2;
    return 0;
}

static int down(void **state)
{
    (void)state;
    drop_world();
    return 0;
}

/* As another node sees it, so that no address is tried. */
static int find(void)
{
    return hvc_move_routes_find(&world->operations, "n2", "n1", &routes, &error);
}

static void without_a_network_the_peers_say_the_way(void **state)
{
    (void)state;
    assert_int_equal(find(), 0);
    assert_int_equal(routes.count, 0);
    world->operations.keeper = NULL;
    assert_int_equal(find(), 0);
    assert_int_equal(routes.count, 0);
}

static void the_ring_comes_last_whatever_its_metric(void **state)
{
    char uri[HVC_URI_MAX];

    (void)state;
    add_network(1, 1);
    add_network(2, 9);
    assert_int_equal(find(), 0);
    assert_int_equal(routes.count, 2);
    hvc_move_route_uri(&routes.list[0].address, uri);
    assert_string_equal(uri, "tcp://10.77.2.1");
    assert_true(routes.list[1].address.ring);
    assert_string_equal(routes.note.text, "");
}

static void a_network_that_does_not_lead_there_refuses_or_is_told(void **state)
{
    (void)state;
    add_network(9, 1);
    assert_int_equal(find(), 0);
    assert_int_equal(routes.count, 2);
    assert_int_equal(routes.list[0].network, 0);
    assert_non_null(strstr(routes.note.text, "another one is used"));
    allow_any(0);
    assert_int_equal(find(), -ENETUNREACH);
    assert_non_null(strstr(error.text, "no migration network leads to n1: it has no address in a migration network"));
}

static void a_target_that_has_told_nothing_is_reached_as_before_or_not_at_all(void **state)
{
    (void)state;
    add_network(2, 1);
    keeper->soft = &facts[1];
    keeper->soft_count = 1;
    assert_int_equal(find(), 0);
    assert_int_equal(routes.count, 0);
    allow_any(0);
    assert_int_equal(find(), -ENETUNREACH);
}

static void ipv6_stands_in_brackets(void **state)
{
    struct hvc_address six = {.family = 6, .prefix = 64, .bytes = {0xfd, 0, 0, 7, [15] = 2}};
    char uri[HVC_URI_MAX];

    (void)state;
    hvc_move_route_uri(&six, uri);
    assert_string_equal(uri, "tcp://[fd00:7::2]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(without_a_network_the_peers_say_the_way, up, down),
        cmocka_unit_test_setup_teardown(the_ring_comes_last_whatever_its_metric, up, down),
        cmocka_unit_test_setup_teardown(a_network_that_does_not_lead_there_refuses_or_is_told, up, down),
        cmocka_unit_test_setup_teardown(a_target_that_has_told_nothing_is_reached_as_before_or_not_at_all, up, down),
        cmocka_unit_test(ipv6_stands_in_brackets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

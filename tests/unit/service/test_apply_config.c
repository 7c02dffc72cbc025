/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings, properties, state and networks. */
#include "fixture.h"

#include "../hvc_cmocka.h"

static int open_three(void **state)
{
    static struct fixture f;
    struct hvc_service_config config = small_config();

    fixture_open(&f, &config);
    add_nodes(&f, 3, 0);
    *state = &f;
    return 0;
}

static int close_it(void **state)
{
    fixture_close(*state);
    return 0;
}

static struct hvc_answer set(struct fixture *f, uint32_t node, unsigned setting, uint64_t value, bool reset)
{
    struct hvc_command c = command_of(f, HVC_COMMAND_SETTINGS);

    c.settings.node = node;
    c.settings.count = 1;
    c.settings.item[0] = (struct hvc_command_setting){.setting = (uint8_t)setting, .value = value, .reset = reset};
    return give(f, &c);
}

static void a_node_follows_the_cluster_until_it_has_a_value_of_its_own(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(hvc_service_setting(f->service, 2, HVC_SETTING_MOVES_OUT), 1);
    assert_int_equal(set(f, 0, HVC_SETTING_MOVES_OUT, 3, false).code, HVC_ANSWER_OK);
    assert_int_equal(hvc_service_setting(f->service, 2, HVC_SETTING_MOVES_OUT), 3);
    assert_int_equal(set(f, 2, HVC_SETTING_MOVES_OUT, 5, false).code, HVC_ANSWER_OK);
    assert_true(hvc_service_setting_is_own(f->service, 2, HVC_SETTING_MOVES_OUT));
    assert_int_equal(hvc_service_setting(f->service, 2, HVC_SETTING_MOVES_OUT), 5);
    assert_int_equal(hvc_service_setting(f->service, 1, HVC_SETTING_MOVES_OUT), 3);
    assert_int_equal(set(f, 2, HVC_SETTING_MOVES_OUT, 5, false).code, HVC_ANSWER_UNCHANGED);
    assert_int_equal(set(f, 2, HVC_SETTING_MOVES_OUT, 0, true).code, HVC_ANSWER_OK);
    assert_int_equal(hvc_service_setting(f->service, 2, HVC_SETTING_MOVES_OUT), 3);
    assert_int_equal(hvc_service_setting(f->service, 2, HVC_SETTING_MAX), 0);
}

static void absurd_settings_are_refused_all_or_none(void **state)
{
    struct fixture *f = *state;
    struct hvc_command c = command_of(f, HVC_COMMAND_SETTINGS);
    struct hvc_answer answer;

    assert_int_equal(set(f, 0, HVC_SETTING_MOVES_IN, 0, false).code, HVC_ANSWER_INVALID);
    assert_int_equal(set(f, 0, HVC_SETTING_MOVES_IN, 100000, false).code, HVC_ANSWER_INVALID);
    assert_int_equal(set(f, 0, HVC_SETTING_SMB, 1, false).code, HVC_ANSWER_INVALID);
    assert_int_equal(set(f, 1, HVC_SETTING_TLS, 0, false).code, HVC_ANSWER_INVALID); /* of the cluster only */
    assert_int_equal(set(f, 9, HVC_SETTING_MOVES_IN, 2, false).code, HVC_ANSWER_NO_NODE);
    c.settings.count = 2;
    c.settings.item[0] = (struct hvc_command_setting){.setting = HVC_SETTING_MOVES_IN, .value = 7};
    c.settings.item[1] = (struct hvc_command_setting){.setting = HVC_SETTING_MOVES_OUT, .value = 0};
    answer = give(f, &c);
    assert_int_equal(answer.code, HVC_ANSWER_INVALID);
    assert_int_equal(answer.value, HVC_SETTING_MOVES_OUT);
    assert_int_equal(hvc_service_setting(f->service, 0, HVC_SETTING_MOVES_IN), 1);
}

static void properties_are_written_one_by_one_and_measured_in_characters(void **state)
{
    struct fixture *f = *state;
    const struct hvc_service_properties *p = hvc_service_properties(f->service);
    struct hvc_command c = command_of(f, HVC_COMMAND_PROPERTIES);

    c.properties.mask = HVC_PROPERTY_OWNER_NAME;
    c.properties.enabled_default = 77; /* not in the mask */
    for (unsigned i = 0; i < 64; i++)
        memcpy(c.properties.owner_name + (size_t)2 * i, "\xc3\xa4", 2);
    assert_int_equal(give(f, &c).code, HVC_ANSWER_OK);
    assert_int_equal(strlen(p->owner_name), 128);
    assert_int_equal(p->enabled_default, 2);
    c.properties.owner_name[128] = 'x';
    assert_int_equal(give(f, &c).detail, HVC_FIELD_OWNER_NAME);
    c.properties.mask = HVC_PROPERTY_ENABLED_DEFAULT;
    assert_int_equal(give(f, &c).detail, HVC_FIELD_ENABLED_DEFAULT);
    c.properties.enabled_default = 9;
    assert_int_equal(give(f, &c).code, HVC_ANSWER_OK);
    assert_int_equal(p->enabled_default, 9);
    c.properties.mask = HVC_PROPERTY_OWNER_CONTACT;
    memset(c.properties.owner_contact, 'y', 257);
    assert_int_equal(give(f, &c).detail, HVC_FIELD_OWNER_CONTACT);
}

static struct hvc_answer request_state(struct fixture *f, uint8_t wanted)
{
    struct hvc_command c = command_of(f, HVC_COMMAND_STATE);

    c.state.state = wanted;
    return give(f, &c);
}

static void states_are_shown_from_the_first_change_on(void **state)
{
    struct fixture *f = *state;
    const struct hvc_service_properties *p = hvc_service_properties(f->service);

    assert_int_equal(hvc_service_enabled_state(p), HVC_STATE_NOT_APPLICABLE);
    assert_int_equal(request_state(f, 10).code, HVC_ANSWER_INVALID);
    assert_false(p->state_used);
    f->now_ms = 5000000;
    assert_int_equal(request_state(f, HVC_STATE_QUIESCE).code, HVC_ANSWER_OK);
    assert_int_equal(hvc_service_enabled_state(p), HVC_STATE_QUIESCE);
    assert_int_equal(p->changed_ms, 5000000);
    f->now_ms = 6000000;
    assert_int_equal(request_state(f, HVC_STATE_QUIESCE).code, HVC_ANSWER_UNCHANGED);
    assert_int_equal(p->changed_ms, 5000000);
}

/* "4 10.1.0.0/16" without the dots: family, prefix, the first bytes. */
static struct hvc_network net(uint8_t family, uint8_t prefix, uint8_t a, uint8_t b, uint8_t c)
{
    return (struct hvc_network){.family = family, .prefix = prefix, .address = {a, b, c}};
}

static struct hvc_answer add(struct fixture *f, struct hvc_network network)
{
    struct hvc_command c = command_of(f, HVC_COMMAND_NETWORK_ADD);

    c.networks.count = 1;
    c.networks.item[0].network = network;
    return give(f, &c);
}

static void malformed_equal_and_overlapping_subnets_are_refused(void **state)
{
    struct fixture *f = *state;
    static const struct {
        struct hvc_network network;
        unsigned code;
    } cases[] = {
        {{.family = 4, .prefix = 16, .address = {10, 1}}, HVC_ANSWER_OK},
        {{.family = 4, .prefix = 16, .address = {10, 1}}, HVC_ANSWER_EXISTS},
        {{.family = 4, .prefix = 24, .address = {10, 1, 7}}, HVC_ANSWER_OVERLAP},
        {{.family = 4, .prefix = 8, .address = {10}}, HVC_ANSWER_OVERLAP},
        {{.family = 4, .prefix = 16, .address = {10, 2, 1}}, HVC_ANSWER_INVALID}, /* host bits */
        {{.family = 4, .prefix = 33, .address = {10, 3}}, HVC_ANSWER_INVALID},
        {{.family = 4, .prefix = 32, .address = {10, 3, 0, 1, 1}}, HVC_ANSWER_INVALID},
        {{.family = 5, .prefix = 8, .address = {10}}, HVC_ANSWER_INVALID},
        {{.family = 4, .prefix = 0}, HVC_ANSWER_OK}, /* "any" may stand beside others */
        {{.family = 4, .prefix = 0}, HVC_ANSWER_EXISTS},
        {{.family = 6, .prefix = 16, .address = {10, 1}}, HVC_ANSWER_OK}, /* another family */
        {{.family = 6, .prefix = 129}, HVC_ANSWER_INVALID},
        {{.family = 4, .prefix = 16, .address = {10, 1}, .node = 2}, HVC_ANSWER_OK}, /* of one node only */
        {{.family = 4, .prefix = 16, .address = {10, 9}, .node = 8}, HVC_ANSWER_NO_NODE},
        {{.family = 4, .prefix = 16, .address = {10, 9}}, HVC_ANSWER_FULL},
    };

    for (size_t i = 0; i < HVC_COUNT(cases); i++)
        assert_int_equal(add(f, cases[i].network).code, cases[i].code);
}

static void several_networks_come_all_or_none(void **state)
{
    struct fixture *f = *state;
    struct hvc_command c = command_of(f, HVC_COMMAND_NETWORK_ADD);
    struct hvc_service_counts counts;

    c.networks.count = 2;
    c.networks.item[0].network = net(4, 16, 10, 1, 0);
    c.networks.item[1].network = net(4, 24, 10, 1, 2);
    assert_int_equal(give(f, &c).code, HVC_ANSWER_OVERLAP);
    hvc_service_counts(f->service, &counts);
    assert_int_equal(counts.networks, 0);
    c.networks.item[1].network = net(4, 24, 10, 2, 2);
    assert_int_equal(give(f, &c).value, 1);
    assert_int_equal(hvc_service_network(f->service, 2)->prefix, 24);
}

static void networks_are_modified_by_mask_and_removed_by_number(void **state)
{
    struct fixture *f = *state;
    struct hvc_command c = command_of(f, HVC_COMMAND_NETWORK_MODIFY),
                       removal = command_of(f, HVC_COMMAND_NETWORK_REMOVE);
    const struct hvc_network *n;

    assert_int_equal(add(f, net(4, 16, 10, 1, 0)).value, 1);
    assert_int_equal(add(f, net(4, 16, 10, 2, 0)).value, 2);
    c.networks.count = 1;
    c.networks.item[0].mask = HVC_NETWORK_METRIC;
    c.networks.item[0].network = net(4, 99, 1, 2, 3); /* not in the mask */
    c.networks.item[0].network.id = 1;
    c.networks.item[0].network.metric = 500;
    assert_int_equal(give(f, &c).code, HVC_ANSWER_OK);
    n = hvc_service_network(f->service, 1);
    assert_int_equal(n->metric, 500);
    assert_int_equal(n->prefix, 16);
    c.networks.item[0].mask = HVC_NETWORK_ADDRESS;
    c.networks.item[0].network = net(4, 16, 10, 2, 0);
    c.networks.item[0].network.id = 1;
    assert_int_equal(give(f, &c).value, 2); /* EXISTS: as number 2 */
    /* both change places in one command */
    c.networks.count = 2;
    c.networks.item[1].mask = HVC_NETWORK_ADDRESS;
    c.networks.item[1].network = net(4, 16, 10, 1, 0);
    c.networks.item[1].network.id = 2;
    assert_int_equal(give(f, &c).code, HVC_ANSWER_OK);
    assert_int_equal(hvc_service_network(f->service, 1)->address[1], 2);
    c.networks.item[1].network.id = 1;
    assert_int_equal(give(f, &c).code, HVC_ANSWER_INVALID); /* twice the same */
    removal.network_remove.count = 2;
    removal.network_remove.id[0] = 1;
    removal.network_remove.id[1] = 7;
    assert_int_equal(give(f, &removal).code, HVC_ANSWER_NO_NETWORK);
    removal.network_remove.id[1] = 1;
    assert_int_equal(give(f, &removal).code, HVC_ANSWER_OK);
    assert_null(hvc_service_network(f->service, 1));
    assert_int_equal(add(f, net(4, 16, 10, 5, 0)).value, 3); /* numbers are not used again */
    assert_int_equal(hvc_service_network_at(f->service, 0)->id, 2);
    assert_null(hvc_service_network_at(f->service, 2));
}

#define T(test) cmocka_unit_test_setup_teardown(test, open_three, close_it)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_node_follows_the_cluster_until_it_has_a_value_of_its_own),   T(absurd_settings_are_refused_all_or_none),
        T(properties_are_written_one_by_one_and_measured_in_characters), T(states_are_shown_from_the_first_change_on),
        T(malformed_equal_and_overlapping_subnets_are_refused),          T(several_networks_come_all_or_none),
        T(networks_are_modified_by_mask_and_removed_by_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

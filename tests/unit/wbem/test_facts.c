/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The picture from recorded answers of hvclusterd (tests/golden/wbem_facts, a file an operation). */
#include "facts.h"

#include "hvc/client.h"

#include "../hvc_cmocka.h"

static int begin(void **state)
{
    *state = hvc_cim_arena_new(1 << 20);
    return *state == NULL ? -1 : 0;
}

static int end(void **state)
{
    hvc_cim_arena_free(*state);
    return 0;
}

/* In the answer the text `from` is replaced, when it is not NULL. */
static void take_changed(struct hvc_cim_arena *arena, struct hvc_cim_facts *facts, uint32_t part, const char *name,
                         const char *from, const char *to)
{
    static char text[65536], changed[65536];
    struct hvc_record *response = NULL;
    struct hvc_error error = {0};
    char path[512], *place;
    size_t length;
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/tests/golden/wbem_facts/%s.json", getenv("HVC_SOURCE_DIR"), name);
    file = fopen(path, "r");
    assert_non_null(file);
    length = fread(text, 1, sizeof(text) - 1, file);
    assert_int_equal(fclose(file), 0);
    text[length] = '\0';
    place = from == NULL ? text + length : strstr(text, from);
    assert_non_null(place);
    (void)snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(place - text), text, from == NULL ? "" : to,
                   place + (from == NULL ? 0 : strlen(from)));
    assert_int_equal(hvc_response_parse(changed, strlen(changed), &response, &error), 0);
    assert_true(hvc_wbemd_facts_take(arena, facts, part, hvc_response_data(response)));
    hvc_record_free(response);
}

static void take(struct hvc_cim_arena *arena, struct hvc_cim_facts *facts, uint32_t part, const char *name)
{
    take_changed(arena, facts, part, name, NULL, NULL);
}

static void who_we_are_and_whether_the_state_is_old(void **state)
{
    struct hvc_cim_facts facts;

    hvc_wbemd_facts_clear(&facts);
    take(*state, &facts, HVC_FACTS_STATUS, "status");
    assert_string_equal(facts.node, "n1");
    assert_string_equal(facts.cluster, "lab");
    assert_string_equal(facts.version, "1.2.3");
    assert_string_equal(facts.stale, "");
    assert_true(facts.quorate);
    assert_int_equal(facts.quorum_votes, 2);
    hvc_wbemd_facts_clear(&facts);
    take_changed(*state, &facts, HVC_FACTS_STATUS, "status", "\"stale\":false", "\"stale\":true");
    assert_string_not_equal(facts.stale, "");
    hvc_wbemd_facts_clear(&facts);
    take_changed(*state, &facts, HVC_FACTS_STATUS, "status", "\"cluster\":\"lab\",", "");
    assert_string_equal(facts.cluster, "n1"); /* a host that stands alone */
}

static void the_service_its_settings_and_networks(void **state)
{
    struct hvc_cim_facts facts;

    hvc_wbemd_facts_clear(&facts);
    take(*state, &facts, HVC_FACTS_SERVICE, "service.show");
    take(*state, &facts, HVC_FACTS_SETTINGS, "settings.show");
    take_changed(*state, &facts, HVC_FACTS_NODE_SETTINGS, "settings.show", "\"moves-out\",\"value\":4",
                 "\"moves-out\",\"value\":9");
    take(*state, &facts, HVC_FACTS_NETWORKS, "network.list");
    assert_true(facts.service.started);
    assert_int_equal(facts.service.enabled_state, 5);
    assert_int_equal(facts.service.requested_state, 12);
    assert_false(facts.service.state_used);
    assert_string_equal(facts.service.owner_name, "Team \"Blue\" <ops>");
    assert_string_equal(facts.service.owner_contact, "");
    assert_int_equal(facts.settings.moves, 4);
    assert_int_equal(facts.node_settings.moves, 9);
    assert_int_equal(facts.settings.storage_moves, 2);
    assert_int_equal(facts.settings.authentication, 1);
    assert_true(facts.settings.enable_migration);
    assert_false(facts.settings.smb);
    assert_int_equal(facts.network_count, 2);
    assert_string_equal(facts.networks[0].address, "10.0.7.0");
    assert_int_equal(facts.networks[0].prefix, 24);
    assert_int_equal(facts.networks[0].tag_count, 2);
    assert_string_equal(facts.networks[0].tags[1], "site:a");
    assert_string_equal(facts.networks[1].node, "n2");
    assert_int_equal(facts.networks[1].tag_count, 0);
}

static void nodes_with_where_moves_come_in(void **state)
{
    struct hvc_cim_facts facts;

    hvc_wbemd_facts_clear(&facts);
    take(*state, &facts, HVC_FACTS_NODES, "node.list");
    assert_int_equal(facts.node_count, 3);
    assert_string_equal(facts.nodes[0].listens[1], "192.0.2.1");
    assert_int_equal(facts.nodes[0].moves_in, 1);
    assert_int_equal(facts.nodes[1].storage_moves, 1);
    assert_true(facts.nodes[1].maintenance);
    assert_true(facts.nodes[2].fenced);
    assert_false(facts.nodes[2].member);
    assert_int_equal(facts.nodes[2].listen_count, 0);
}

static void guests_come_piece_by_piece_with_their_devices(void **state)
{
    struct hvc_cim_facts facts;

    hvc_wbemd_facts_clear(&facts);
    take(*state, &facts, HVC_FACTS_GUESTS, "guest.known");
    take(*state, &facts, HVC_FACTS_GUESTS, "guest.known.next");
    assert_int_equal(facts.guest_count, 4);
    assert_string_equal(facts.guests[0].uuid, "0B6E4D5E-7D3A-4C0F-9A53-6E6A5A3B1C01");
    assert_string_equal(facts.guests[0].seen, "running");
    assert_true(facts.guests[0].moving);
    assert_int_equal(facts.guests[0].version, 3);
    assert_int_equal(facts.guests[0].disk_count, 2);
    assert_string_equal(facts.guests[0].disks[0].source, "/srv/vm1.qcow2");
    assert_true(facts.guests[0].disks[1].readonly);
    assert_string_equal(facts.guests[0].nets[0].mac, "52:54:00:aa:bb:01");
    assert_int_equal(facts.guests[1].disk_count, 0);
    assert_string_equal(facts.guests[2].name, "vm3 & <off>");
    assert_string_equal(facts.guests[2].node, "");
    assert_null(facts.guests[3].seen);
}

/* Of all jobs of the recorded answers one has a reason. */
static void check_reasons(const struct hvc_cim_facts *facts)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < facts->job_count; i++)
        for (uint32_t k = 0; k < facts->jobs[i].reason_count; k++, count++) {
            assert_string_equal(facts->jobs[i].reasons[k].code, "give-up");
            assert_string_equal(facts->jobs[i].reasons[k].text, "libvirt: operation failed: No space left on device");
        }
    assert_int_equal(count, 1);
}

static void jobs_come_piece_by_piece(void **state)
{
    static const uint64_t ids[] = {7, 8, 6, 5, 4};
    struct hvc_cim_facts facts;

    hvc_wbemd_facts_clear(&facts);
    take(*state, &facts, HVC_FACTS_JOBS, "job.list.active");
    take_changed(*state, &facts, HVC_FACTS_JOBS, "job.list.ended", "\"kind\":\"staged\"",
                 "\"check\":true,\"kind\":\"staged\"");
    assert_int_equal(facts.job_count, HVC_COUNT(ids));
    check_reasons(&facts);
    for (size_t i = 0; i < HVC_COUNT(ids); i++)
        assert_int_equal(facts.jobs[i].id, ids[i]);
    assert_int_equal(facts.now_ms, 1763723010000);
    assert_int_equal(facts.jobs[0].percent, 43);
    assert_int_equal(facts.jobs[0].started_ms, 1763723000700);
    assert_int_equal(facts.jobs[1].started_ms, 0);
    assert_false(facts.jobs[1].ended);
    assert_string_equal(facts.jobs[2].words, "libvirt: operation failed: No space left on device");
    assert_true(facts.jobs[3].check);
    assert_int_equal(facts.jobs[3].percent, 100);
}

static void a_picture_larger_than_its_arena_is_no_picture(void **state)
{
    struct hvc_cim_arena *small = hvc_cim_arena_new(64);
    struct hvc_record *data = hvc_record_new();
    struct hvc_cim_facts facts;

    (void)state;
    hvc_wbemd_facts_clear(&facts);
    hvc_record_set_format(data, "owner_name", "%0100d", 0);
    assert_false(hvc_wbemd_facts_take(small, &facts, HVC_FACTS_SERVICE, data));
    hvc_record_free(data);
    hvc_cim_arena_free(small);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        T(who_we_are_and_whether_the_state_is_old),
        T(the_service_its_settings_and_networks),
        T(nodes_with_where_moves_come_in),
        T(guests_come_piece_by_piece_with_their_devices),
        T(jobs_come_piece_by_piece),
        T(a_picture_larger_than_its_arena_is_no_picture),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

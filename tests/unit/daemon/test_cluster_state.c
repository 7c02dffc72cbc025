/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Golden files: tests/golden/status/NAME.json is what `status` answers in each health and for each wait; NAME.text
 * (cli.render) what people see of it. With HVC_GOLDEN_UPDATE set the files are written anew, to be read in the diff.
 */
#include "cluster_state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_keeper.h"

#include "../hvc_cmocka.h"

/* ---- the cases ---- */

static void wait_for(struct hvc_replica_status *s, enum hvc_replication_wait wait, uint32_t first, uint32_t second)
{
    s->health = HVC_REPLICA_OUT;
    s->since_ms = FAKE_NOW_MS - 12000;
    s->replication.primary = false;
    s->replication.wait = wait;
    s->replication.wait_count = (first != 0 ? 1u : 0u) + (second != 0 ? 1u : 0u);
    s->replication.wait_nodes[0] = first;
    s->replication.wait_nodes[1] = second;
}

static void voting(struct hvc_replica_status *s)
{
    (void)s;
}

static void one_node_lost(struct hvc_replica_status *s)
{
    fake_status_cut(s, 2);
    s->quorate = true;
    s->health = HVC_REPLICA_VOTING;
    s->replication.primary = true;
    s->replication.phase = HVC_PHASE_RUNNING;
    s->replication.wait = HVC_WAIT_NOTHING;
    s->replication.participant_count = 2;
    s->replication.epoch = 8;
    s->replication.view_index = 4711;
    s->replication.source = 2;
}

static void standalone(struct hvc_replica_status *s)
{
    fake_status_healthy(s, 1);
    s->alone = true;
}

static void starting(struct hvc_replica_status *s)
{
    memset(s, 0, sizeof(*s));
    s->since_ms = FAKE_NOW_MS - 400;
    (void)snprintf(s->words, sizeof(s->words), "the store is being checked");
}

static void no_quorum(struct hvc_replica_status *s)
{
    fake_status_cut(s, 1);
}

static void membership(struct hvc_replica_status *s)
{
    fake_status_cut(s, 1);
    wait_for(s, HVC_WAIT_VIEW, 0, 0);
    s->replication.phase = HVC_PHASE_OUT;
    s->replication.ring = (struct hvc_ring_id){0, 0};
    s->replication.member_count = 0;
    s->nodes[0].member = false;
    s->ring.health = HVC_RING_CONNECTING;
    s->ring.reconnects = 3;
    (void)hvc_error_set(&s->ring.last, -ENOTCONN, "corosync does not answer: CS_ERR_LIBRARY (2)");
}

static void ring_hangs(struct hvc_replica_status *s)
{
    membership(s);
    s->ring.health = HVC_RING_HANGS;
    (void)hvc_error_set(&s->ring.last, -ETIMEDOUT, "corosync has not returned cpg_join for 5 s");
}

static void ring_changes(struct hvc_replica_status *s)
{
    fake_status_cut(s, 3);
    s->quorate = true;
}

static void corosync_hangs(struct hvc_replica_status *s)
{
    s->health = HVC_REPLICA_OUT;
    s->since_ms = FAKE_NOW_MS - 7000;
    (void)snprintf(s->words, sizeof(s->words), "corosync delivers nothing any more, it hangs");
}

static void own_disk(struct hvc_replica_status *s)
{
    wait_for(s, HVC_WAIT_DISK, 0, 0);
}

static void offers(struct hvc_replica_status *s)
{
    wait_for(s, HVC_WAIT_OFFERS, 2, 3);
}

static void usable_votes(struct hvc_replica_status *s)
{
    fake_status_cut(s, 2);
    s->quorate = true;
    wait_for(s, HVC_WAIT_VOTES, 0, 0);
    s->replication.voter = false;
    s->facts = (struct hvc_store_facts){.empty = true, .generation = 1, .place = "ext4"};
    s->replication.commit = 0;
    s->replication.applied = 0;
    s->replication.last_index = 0;
    s->replication.durable_index = 0;
    memset(s->replication.cluster_id, 0, sizeof(s->replication.cluster_id));
}

static void fencing(struct hvc_replica_status *s)
{
    fake_status_healthy(s, 2);
    fake_status_cut(s, 1);
    wait_for(s, HVC_WAIT_FENCING, 2, 0);
    s->quorate = true;
    s->modes = HVC_MODE_TWO_NODE;
    s->replication.both_sides = true;
    s->quorum = 1;
}

static void promises(struct hvc_replica_status *s)
{
    wait_for(s, HVC_WAIT_PROMISES, 3, 0);
    s->replication.phase = HVC_PHASE_PROMISE;
}

static void transfer(struct hvc_replica_status *s)
{
    wait_for(s, HVC_WAIT_SOURCE, 2, 0);
    s->replication.phase = HVC_PHASE_TRANSFER;
    s->replication.source = 2;
}

static void acknowledgements(struct hvc_replica_status *s)
{
    wait_for(s, HVC_WAIT_ACKS, 3, 0);
    s->replication.phase = HVC_PHASE_RUNNING;
}

static void next_membership(struct hvc_replica_status *s)
{
    wait_for(s, HVC_WAIT_NEXT_VIEW, 0, 0);
    s->replication.phase = HVC_PHASE_PASSIVE;
}

static void following(struct hvc_replica_status *s)
{
    s->health = HVC_REPLICA_FOLLOWING;
    s->replication.voter = false;
    s->facts.damaged = true;
    s->missing_documents = 17;
    (void)snprintf(s->words, sizeof(s->words), "it was damaged at the start and counts from the next membership on");
    (void)snprintf(s->facts.damage, sizeof(s->facts.damage), "the generation file is newer than the database");
    (void)snprintf(s->facts.aside, sizeof(s->facts.aside), "/var/lib/hvcluster/aside-1");
}

static void store_full(struct hvc_replica_status *s)
{
    fake_status_cut(s, 3);
    s->health = HVC_REPLICA_LEFT;
    s->quorate = true;
    s->retry_ms = FAKE_NOW_MS + 4200;
    s->store = HVC_STORE_FULL;
    s->replication.phase = HVC_PHASE_LEFT;
    s->replication.wait = HVC_WAIT_VIEW;
    (void)snprintf(s->words, sizeof(s->words), "the store failed: disk full");
    (void)hvc_error_set(&s->store_error, -ENOSPC,
                        "cannot write /var/lib/hvcluster/hvcluster.db: database or disk is full");
}

static void store_volatile(struct hvc_replica_status *s)
{
    s->facts.volatile_place = true;
    s->facts.place = "tmpfs";
}

static const struct {
    const char *name;
    void (*make)(struct hvc_replica_status *);
} cases[] = {
    {"voting", voting},
    {"one-node-lost", one_node_lost},
    {"standalone", standalone},
    {"starting", starting},
    {"out-quorum", no_quorum},
    {"out-membership", membership},
    {"out-ring-hangs", ring_hangs},
    {"out-ring-changes", ring_changes},
    {"out-corosync-hangs", corosync_hangs},
    {"out-disk", own_disk},
    {"out-offers", offers},
    {"out-votes", usable_votes},
    {"out-fencing", fencing},
    {"out-promises", promises},
    {"out-transfer", transfer},
    {"out-acknowledgements", acknowledgements},
    {"out-next-membership", next_membership},
    {"following", following},
    {"left-store-full", store_full},
    {"voting-volatile", store_volatile},
    {"voting-doubt", voting},
};

/* ---- golden files ---- */

static FILE *open_golden(const char *name, const char *mode)
{
    char path[512];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/tests/golden/status/%s.json", getenv("HVC_SOURCE_DIR"), name);
    file = fopen(path, mode);
    if (file == NULL)
        fail_msg("cannot open %s", path);
    return file;
}

/* The whole answer, so that the same file is what the command line is tested with. */
static char *answer(const struct hvc_replica_status *status, bool doubt)
{
    struct hvc_record *data = hvc_record_new(), *part;
    struct hvc_error error = {0};
    char *json = NULL;
    size_t length = 0;

    hvc_record_set_text(data, "version", "1.2.3");
    hvc_record_set_text(data, "node", "n1");
    hvc_record_set_u64(data, "pid", 4711);
    hvc_record_set_u64(data, "uptime_ms", 95000);
    hvc_record_set_text(data, "right", "admin");
    hvc_cluster_state_describe(hvc_record_set_record(data, "cluster_state"), status, FAKE_NOW_MS);
    if (doubt)
        hvc_cluster_state_doubt(hvc_record_edit(data, "cluster_state"));
    part = hvc_record_set_record(data, "hypervisor");
    hvc_record_set_text(part, "health", "answers");
    hvc_record_set_list(data, "moves");
    hvc_record_set_text(data, "cluster", "lab");
    if (hvc_record_format(data, &json, &length, &error) != 0)
        fail_msg("%s", error.text);
    hvc_record_free(data);
    return json;
}

static void every_health_and_wait_reads_as_its_golden_file(void **state)
{
    static struct hvc_replica_status status;

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        static char want[32768];
        char *have;
        FILE *file;

        fake_status_healthy(&status, 3);
        cases[i].make(&status);
        have = answer(&status, strcmp(cases[i].name, "voting-doubt") == 0);
        if (getenv("HVC_GOLDEN_UPDATE") != NULL) {
            file = open_golden(cases[i].name, "w");
            assert_true(fprintf(file, "%s\n", have) > 0);
            assert_int_equal(fclose(file), 0);
        }
        file = open_golden(cases[i].name, "r");
        want[fread(want, 1, sizeof(want) - 1, file)] = '\0';
        want[strcspn(want, "\n")] = '\0';
        assert_int_equal(fclose(file), 0);
        assert_string_equal(have, want);
        free(have);
    }
}

static void every_health_and_every_wait_is_among_the_cases(void **state)
{
    static struct hvc_replica_status status;
    bool health[HVC_REPLICA_HEALTH_MAX_] = {false}, wait[HVC_WAIT_NEXT_VIEW + 1] = {false};

    (void)state;
    for (size_t i = 0; i < HVC_COUNT(cases); i++) {
        fake_status_healthy(&status, 3);
        cases[i].make(&status);
        health[status.health] = true;
        wait[status.replication.wait] = true;
    }
    for (size_t i = 0; i < HVC_COUNT(health); i++)
        assert_true(health[i]);
    for (size_t i = 0; i < HVC_COUNT(wait); i++)
        assert_true(wait[i]);
}

/* ---- what is missing ---- */

static void what_is_missing_is_one_sentence_that_names_the_nodes(void **state)
{
    static struct hvc_replica_status status;
    char words[HVC_STATE_WORDS_MAX];

    (void)state;
    fake_status_healthy(&status, 3);
    hvc_cluster_state_missing(&status, words);
    assert_string_equal(words, "");
    assert_false(hvc_cluster_state_is_stale(&status));
    fake_status_cut(&status, 1);
    hvc_cluster_state_missing(&status, words);
    assert_string_equal(words, "no quorum: 1 of 3 votes are here, 2 are needed; not here: n2, n3");
    assert_true(hvc_cluster_state_is_stale(&status));
    status.node_count = 0;
    status.expected = 0;
    hvc_cluster_state_missing(&status, words);
    assert_string_equal(words, "no quorum");
}

static void a_cluster_of_long_names_is_cut_and_says_so(void **state)
{
    static struct hvc_replica_status status;
    char words[HVC_STATE_WORDS_MAX];

    (void)state;
    fake_status_healthy(&status, HVC_NODES_MAX);
    for (unsigned i = 0; i < HVC_NODES_MAX; i++)
        memset(status.nodes[i].name, 'a', 200);
    fake_status_cut(&status, 1);
    hvc_cluster_state_missing(&status, words);
    assert_int_equal(strlen(words), sizeof(words) - 1);
    assert_string_equal(words + strlen(words) - 3, "...");
}

static void a_history_is_seen_in_the_store_and_in_the_core(void **state)
{
    static struct hvc_replica_status status;

    (void)state;
    usable_votes(&status);
    assert_false(hvc_cluster_state_has_history(&status));
    status.facts.has_snapshot = true;
    assert_true(hvc_cluster_state_has_history(&status));
    status.facts.has_snapshot = false;
    status.replication.last_index = 1;
    assert_true(hvc_cluster_state_has_history(&status));
}

static void values_outside_their_enums_have_a_word(void **state)
{
    (void)state;
    assert_string_equal(hvc_cluster_state_health(99), "unknown");
    assert_string_equal(hvc_cluster_state_wait(99), "unknown");
    assert_string_equal(hvc_cluster_state_store(99), "unknown");
    for (unsigned i = 0; i < HVC_REPLICA_HEALTH_MAX_; i++)
        assert_string_not_equal(hvc_cluster_state_health(i), "unknown");
    for (unsigned i = 0; i < HVC_STORE_CONDITION_MAX_; i++)
        assert_string_not_equal(hvc_cluster_state_store(i), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_health_and_wait_reads_as_its_golden_file),
        cmocka_unit_test(every_health_and_every_wait_is_among_the_cases),
        cmocka_unit_test(what_is_missing_is_one_sentence_that_names_the_nodes),
        cmocka_unit_test(a_cluster_of_long_names_is_cut_and_says_so),
        cmocka_unit_test(a_history_is_seen_in_the_store_and_in_the_core),
        cmocka_unit_test(values_outside_their_enums_have_a_word),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

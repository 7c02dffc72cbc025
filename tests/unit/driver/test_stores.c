/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stores of a group that are lost, set back, full or older than the others' program, and what an operator says then. */
#include <errno.h>
#include <ftw.h>
#include <poll.h>

#include "../hvc_cmocka.h"
#include "bad_disk.h"
#include "group.h"
#include "hvc/clock.h"

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status, (void)kind, (void)walk;
    return remove(path);
}

static const char *store_path(unsigned node, const char *suffix)
{
    char name[32];

    (void)snprintf(name, sizeof(name), "store%u%s", node, suffix);
    return world_path(&world, name);
}

static void lose_store(unsigned node)
{
    assert_int_equal(nftw(store_path(node, ""), remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static void copy_store(const char *from, const char *to)
{
    char command[1024];

    (void)snprintf(command, sizeof(command), "rm -rf '%s' && cp -a '%s' '%s'", to, from, to);
    assert_int_equal(system(command), 0);
}

static void set_owner(unsigned node, const char *name)
{
    struct hvc_command command = world_owner(name);

    (void)world_propose(replica[node], &command);
}

static unsigned notes(enum hvc_replica_message message)
{
    return atomic_load(&world.ear.notes[message - HVC_REPLICA_MESSAGE_HEALTH]);
}

static bool waits_for_stores(const struct hvc_replica_status *status)
{
    return status->replication.wait == HVC_WAIT_VOTES && status->replication.member_count == 3;
}

static void close_all(void)
{
    for (unsigned n = 1; n <= 3; n++)
        group_close(n);
}

static void a_forced_store_fills_the_others_and_takes_commands(void **state)
{
    struct hvc_replica_status status;

    (void)state;
    group_begin(3, 0);
    set_owner(1, "Ada");
    close_all();
    lose_store(2);
    lose_store(3);
    for (unsigned n = 1; n <= 3; n++)
        group_open(n);
    assert_true(world_until(replica[1], waits_for_stores));
    group_close(2);
    group_open_with(2, GROUP_FORCE); /* it has nothing that could survive */
    assert_true(world_until(replica[2], waits_for_stores));
    assert_int_equal(notes(HVC_REPLICA_MESSAGE_OPERATOR), 1);
    group_close(1);
    group_open_with(1, GROUP_FORCE);
    for (unsigned n = 1; n <= 3; n++) {
        world_wait(replica[n], HVC_REPLICA_VOTING);
        group_owner_becomes(n, "Ada");
    }
    set_owner(2, "Grace");
    hvc_replica_status(replica[1], &status);
    group_owner_becomes(1, "Grace");
    close_all(); /* the word was for one start */
    for (unsigned n = 1; n <= 3; n++)
        group_open(n);
    for (unsigned n = 1; n <= 3; n++)
        world_wait(replica[n], HVC_REPLICA_VOTING);
    group_owner_becomes(3, "Grace");
}

static bool knows_of_a_history(const struct hvc_replica_status *status)
{
    return status->replication.history_node == 1;
}

static bool waits_without_history(const struct hvc_replica_status *status)
{
    return status->replication.wait == HVC_WAIT_VOTES && status->replication.history_node == 0 &&
           status->replication.member_count == 2;
}

static void init_beside_a_history_is_void_for_good(void **state)
{
    (void)state;
    group_begin(3, 0);
    set_owner(1, "Ada");
    close_all();
    lose_store(2);
    lose_store(3);
    group_open(1);
    group_open_with(2, GROUP_INIT);
    assert_true(world_until(replica[2], knows_of_a_history));
    assert_int_equal(notes(HVC_REPLICA_MESSAGE_OPERATOR), 1);
    group_close(1);
    group_open(3);
    assert_true(world_until(replica[2], waits_without_history)); /* two empty ones, and nobody means it now */
    assert_true(world_until(replica[3], waits_without_history));
    group_open(1);
    assert_true(world_until(replica[1], waits_for_stores));
}

/* It tries again after a pause, and says then that it cannot begin; who looks late sees that. */
static bool has_left(const struct hvc_replica_status *status)
{
    return status->health == HVC_REPLICA_LEFT && (strstr(status->words, "takes nothing any more") != NULL ||
                                                  strstr(status->words, "the store cannot be used") != NULL);
}

static bool two_participants(const struct hvc_replica_status *status)
{
    return status->health == HVC_REPLICA_VOTING && status->replication.participant_count == 2;
}

static void a_member_whose_disk_fails_leaves_and_the_others_go_on(void **state)
{
    struct hvc_replica_status status;

    (void)state;
    group_begin(3, 0);
    set_owner(1, "before");
    bad_disk(true);
    set_owner(1, "while it fails"); /* by the two others */
    assert_true(world_until(replica[2], has_left));
    hvc_replica_status(replica[2], &status);
    assert_int_not_equal(status.store, HVC_STORE_GOOD);
    assert_true(world_until(replica[1], two_participants));
    set_owner(3, "without it");
    group_owner_becomes(1, "without it");
    bad_disk(false);
    world_wait(replica[2], HVC_REPLICA_VOTING);
    group_owner_becomes(2, "without it");
}

static bool lacks_the_version(const struct hvc_replica_status *status)
{
    return status->health == HVC_REPLICA_LEFT && strstr(status->words, "upgrade this node") != NULL;
}

static void a_newer_snapshot_is_refused_and_nothing_is_lost(void **state)
{
    char name[32];

    (void)state;
    tuning.log_entries = 64;
    tuning.snapshot_version++;
    group_begin(3, 0);
    set_owner(1, "old");
    group_owner_becomes(3, "old");
    group_close(3);
    for (unsigned i = 0; i < 100; i++) {
        (void)snprintf(name, sizeof(name), "owner %u", i);
        set_owner(2, name);
    }
    tuning.snapshot_version--;
    group_open(3);
    assert_true(world_until(replica[3], lacks_the_version));
    set_owner(1, "new"); /* the others are not kept from anything */
    group_close(3);
    tuning.snapshot_version++;
    group_open(3);
    world_wait(replica[3], HVC_REPLICA_VOTING);
    group_owner_becomes(3, "new");
}

static char undo_words[sizeof((struct hvc_replica_status){0}.words)];

/* It tries again and again: its words are there for a few milliseconds, and then come again. */
static bool would_undo(const struct hvc_replica_status *status)
{
    (void)snprintf(undo_words, sizeof(undo_words), "%s", status->words);
    return status->health == HVC_REPLICA_LEFT && strstr(status->words, "what it would undo is in ") != NULL;
}

static void dump_names(const char *words, const char *wanted)
{
    const char *from = strstr(words, " is in "), *to;
    char path[512], text[65536] = "";
    FILE *file;

    assert_non_null(from);
    from += strlen(" is in ");
    to = strchr(from, ':');
    assert_non_null(to);
    (void)snprintf(path, sizeof(path), "%.*s", (int)(to - from), from);
    file = fopen(path, "r");
    assert_non_null(file);
    assert_true(fread(text, 1, sizeof(text) - 1, file) > 0);
    (void)fclose(file);
    assert_non_null(strstr(text, wanted));
    assert_null(strstr(text, "epoch=0"));
}

/* Two of three stores are set back together with all that could tell: the third has what they do not know of. Returns
 * the index up to which it knows everything to be committed. */
static uint64_t two_stores_are_set_back(void)
{
    struct hvc_replica_status status;

    group_begin(3, 0);
    set_owner(1, "first");
    group_close(1);
    group_close(2);
    copy_store(store_path(1, ""), store_path(1, ".copy"));
    copy_store(store_path(2, ""), store_path(2, ".copy"));
    group_open(1);
    group_open(2);
    for (unsigned n = 1; n <= 3; n++)
        world_wait(replica[n], HVC_REPLICA_VOTING);
    set_owner(1, "committed");
    set_owner(1, "committed"); /* what is known to be committed lies on the disk with the next entry */
    group_owner_becomes(3, "committed");
    set_owner(1, "last");
    group_owner_becomes(3, "last");
    hvc_replica_status(replica[3], &status);
    assert_true(status.replication.commit > 0);
    group_close(3);
    group_close(2);
    group_close(1);
    copy_store(store_path(1, ".copy"), store_path(1, ""));
    copy_store(store_path(2, ".copy"), store_path(2, ""));
    group_open(1);
    for (unsigned i = 0; i < 6; i++) { /* epochs beyond those that the third has promised */
        group_open(2);
        world_wait(replica[2], HVC_REPLICA_VOTING);
        group_close(2);
    }
    group_open(2);
    world_wait(replica[2], HVC_REPLICA_VOTING);
    set_owner(2, "other");
    return status.replication.commit;
}

static void the_third_does_not_follow(void)
{
    group_open(3);
    assert_true(world_until(replica[3], would_undo));
    dump_names(undo_words, "command=properties");
    group_owner_becomes(1, "other");
}

static void what_a_transfer_would_undo_is_written_beside_the_store(void **state)
{
    (void)state;
    (void)two_stores_are_set_back();
    the_third_does_not_follow();
}

static void who_has_refused_a_history_does_so_when_the_others_have_compacted_it(void **state)
{
    struct hvc_replica_status other;
    uint64_t commit;
    char name[32];

    (void)state;
    tuning.log_entries = 256; /* the views before do not fill a quarter of it: they would be compacted */
    commit = two_stores_are_set_back();
    the_third_does_not_follow();
    group_close(3);
    for (unsigned i = 0; i < 300; i++) {
        (void)snprintf(name, sizeof(name), "owner %u", i);
        set_owner(2, name);
    }
    group_owner_becomes(1, name);
    set_owner(1, "other");
    for (unsigned n = 1; n <= 2; n++) {
        group_owner_becomes(n, "other");
        hvc_replica_status(replica[n], &other);
        assert_true(other.replication.log_first > commit + 1);
    }
    the_third_does_not_follow();
}

static int disk_down(void **state)
{
    bad_disk(false); /* the next test begins with a good one */
    return group_down(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_forced_store_fills_the_others_and_takes_commands, group_up, group_down),
        cmocka_unit_test_setup_teardown(init_beside_a_history_is_void_for_good, group_up, group_down),
        cmocka_unit_test_setup_teardown(a_member_whose_disk_fails_leaves_and_the_others_go_on, group_up, disk_down),
        cmocka_unit_test_setup_teardown(a_newer_snapshot_is_refused_and_nothing_is_lost, group_up, group_down),
        cmocka_unit_test_setup_teardown(what_a_transfer_would_undo_is_written_beside_the_store, group_up, group_down),
        cmocka_unit_test_setup_teardown(who_has_refused_a_history_does_so_when_the_others_have_compacted_it, group_up,
                                        group_down),
    };

    bad_disk_install("/store2/");
    return cmocka_run_group_tests(tests, NULL, NULL);
}

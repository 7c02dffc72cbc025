/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Moves that nobody watches any more: those that this daemon's former life wrote down, and those that libvirt shows. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/cleanup.h"
#include "hvc/operations.h"
#include "hvc/text.h"
#include "move_record.h"
#include "moves_table.h"

enum {
    FACTS_MS = 2000, /* for corosync to tell the members */
    PEER_MS = 1500,  /* for one of them to tell a guest */
    READ_MS = 1000   /* for the replica's thread to show the state */
};

/* ---- the target of a move that nobody wrote down ---- */

/* Asks the members one after the other. -EAGAIN: also when two of them have it, for then the target is not known. */
static int ask_members(const struct hvc_moves_entry *entry, const struct hvc_cluster_facts *facts,
                       struct hvc_hypervisor **ret_target, const char **ret_name)
{
    struct hvc_operations *operations = entry->operations;
    int found = facts->corosync_answers ? -ENOENT : -EAGAIN;

    for (size_t i = 0; i < facts->count; i++) {
        const struct hvc_fact_node *node = &facts->nodes[i];
        struct hvc_guest_state state = {0};
        struct hvc_hypervisor *peer = NULL;

        if (node->local || strcmp(node->name, operations->node) == 0)
            continue;
        if (!node->member || hvc_peers_get(operations->peers, node->name, &peer, NULL) < 0 ||
            hvc_hypervisor_inspect(peer, entry->guest.uuid, hvc_deadline_in(PEER_MS), &state, NULL) < 0 ||
            state.guest_class == HVC_GUEST_UNKNOWN) {
            found = found == 0 ? 0 : -EAGAIN;
            continue;
        }
        if (state.guest_class == HVC_GUEST_ABSENT)
            continue;
        if (found == 0)
            return -EAGAIN;
        found = 0;
        *ret_target = peer;
        *ret_name = node->name;
    }
    return found;
}

static int find_target(void *context, struct hvc_hypervisor **ret_target)
{
    struct hvc_moves_entry *entry = context;
    struct hvc_moves *moves = entry->operations->moves;
    struct hvc_cluster_facts *facts = calloc(1, sizeof(*facts));
    const char *name = NULL;
    int rc = -EAGAIN;

    if (facts != NULL &&
        hvc_facts_read(entry->operations->facts, HVC_FACTS_COROSYNC, hvc_deadline_in(FACTS_MS), facts) == 0)
        rc = ask_members(entry, facts, ret_target, &name);
    if (rc == 0) {
        (void)pthread_mutex_lock(&moves->lock);
        rc = hvc_text_copy(entry->target, sizeof(entry->target), name);
        (void)pthread_cond_broadcast(&moves->changed);
        (void)pthread_mutex_unlock(&moves->lock);
        hvc_operations_note(entry->operations, HVC_MESSAGE_MOVE_TARGET, "id=%s uuid=%s to=%s", entry->id,
                            entry->guest.uuid, name);
    }
    free(facts);
    return rc;
}

/* ---- into the table; the lock is held ---- */

static int watch(struct hvc_moves_entry *entry, struct hvc_error *error)
{
    struct hvc_operations *operations = entry->operations;
    char name[HVC_GUEST_NAME_MAX + 8];
    int rc;

    entry->adopted = true;
    entry->task.adopted = true;
    entry->task.deadline_ms = HVC_NO_DEADLINE;
    entry->task.find_target = find_target;
    hvc_operations_note(operations, HVC_MESSAGE_MOVE_ADOPTED, "id=%s guest=%s uuid=%s from=%s to=%s", entry->id,
                        hvc_message_quote(entry->guest.name, name, sizeof(name)), entry->guest.uuid, entry->source,
                        entry->target[0] == '\0' ? "?" : entry->target);
    rc = hvc_moves_start_thread(entry);
    return rc < 0 ? hvc_error_set(error, rc, "cannot start a thread to watch the move of %s: %s", entry->guest.uuid,
                                  strerror(-rc))
                  : 0;
}

int hvc_moves_adopt_entry(struct hvc_operations *operations, const struct hvc_move_record *record,
                          struct hvc_error *error)
{
    struct hvc_moves_entry *entry = hvc_moves_new_entry(operations, &record->guest);
    int rc;

    if (entry == NULL)
        return hvc_error_set(error, -ENOMEM, "out of memory");
    if (record->id[0] != '\0')
        memcpy(entry->id, record->id, sizeof(entry->id));
    memcpy(entry->owner, record->owner, sizeof(entry->owner));
    entry->uid = record->uid;
    entry->began_at = record->began_at;
    entry->job = record->job;
    entry->task.options.tls = record->tls;
    entry->task.source_dead = record->job.source_dead;
    entry->task.target_dead = record->job.target_dead;
    rc = hvc_moves_set_ends(entry, record->source, record->target, error);
    if (rc == 0)
        rc = watch(entry, error);
    if (rc < 0)
        hvc_moves_drop_newest(operations->moves);
    return rc;
}

int hvc_moves_watch_on(const struct hvc_moves_entry *ended, struct hvc_error *error)
{
    struct hvc_move_record record;

    hvc_moves_record(ended, &record);
    return hvc_moves_adopt_entry(ended->operations, &record, error);
}

static int adopt_seen(struct hvc_operations *operations, const struct hvc_guest_state *guest, struct hvc_error *error)
{
    struct hvc_moves_entry *entry = hvc_moves_new_entry(operations, &guest->id);
    int rc;

    if (entry == NULL)
        return hvc_error_set(error, -ENOMEM, "out of memory");
    (void)hvc_text_copy(entry->source, sizeof(entry->source), operations->node); /* of one size */
    entry->task.source = operations->hypervisor;
    entry->task.options.tls = operations->migration.tls; /* as moves are made here */
    rc = watch(entry, error);
    if (rc < 0)
        hvc_moves_drop_newest(operations->moves);
    return rc;
}

/* ---- halves here whose source has no daemon any more ---- */

struct driven {
    const char *node;
    bool is;
};

static int look_at_member(void *context, const struct hvc_service *service, const struct hvc_replica_stamp *stamp)
{
    struct driven *driven = context;
    const struct hvc_service_node *node = hvc_service_node_named(service, driven->node);

    (void)stamp; /* two that drive it do no harm: libvirt takes one of them */
    driven->is = node != NULL && node->member;
    return 0;
}

/* The hvclusterd of that node takes part: what leaves it is its own. Not known: yes. */
static bool is_driven(struct hvc_operations *operations, const char *node)
{
    struct driven driven = {.node = node};
    struct hvc_keeper *keeper = operations->keeper;

    return keeper == NULL ||
           keeper->ops->read(keeper, HVC_REPLICA_HERE, hvc_deadline_in(READ_MS), look_at_member, &driven, NULL) < 0 ||
           driven.is;
}

/* Its record when it is to be adopted: who has the other half is asked, and who drives that. */
static bool is_left_alone(struct hvc_operations *operations, const struct hvc_guest_state *guest,
                          struct hvc_move_record *ret_record)
{
    const struct hvc_moves_entry half = {.operations = operations, .guest = guest->id};
    HVC_CLEANUP(free) struct hvc_cluster_facts *facts = calloc(1, sizeof(*facts));
    struct hvc_hypervisor *source = NULL;
    const char *name = NULL;

    if (facts == NULL || hvc_facts_read(operations->facts, HVC_FACTS_COROSYNC, hvc_deadline_in(FACTS_MS), facts) < 0 ||
        ask_members(&half, facts, &source, &name) < 0 || is_driven(operations, name))
        return false;
    *ret_record =
        (struct hvc_move_record){.guest = guest->id, .began_at = (int64_t)time(NULL), .tls = operations->migration.tls};
    return hvc_text_copy(ret_record->source, sizeof(ret_record->source), name) == 0 &&
           hvc_text_copy(ret_record->target, sizeof(ret_record->target), operations->node) == 0;
}

void hvc_moves_adopt_halves(struct hvc_operations *operations, const struct hvc_guest_state *guests, size_t count)
{
    struct hvc_moves *moves = operations->moves;

    for (size_t i = 0; i < count; i++) {
        struct hvc_move_record record;
        struct hvc_error error = {0};
        bool known;

        if (!guests[i].half || guests[i].migrating_out)
            continue;
        (void)pthread_mutex_lock(&moves->lock);
        known = hvc_moves_find(moves, NULL, guests[i].id.uuid) != NULL;
        (void)pthread_mutex_unlock(&moves->lock);
        if (known || !is_left_alone(operations, &guests[i], &record))
            continue;
        (void)pthread_mutex_lock(&moves->lock);
        if (hvc_moves_find(moves, NULL, guests[i].id.uuid) == NULL) /* one that fails is tried with the next look */
            (void)hvc_moves_adopt_entry(operations, &record, &error);
        (void)pthread_mutex_unlock(&moves->lock);
    }
}

/* ---- where they are found ---- */

/* A record of another boot of this node: its guest died with the node, or stayed where it was. */
static int drop_old(struct hvc_operations *operations, const struct hvc_move_record *record, struct hvc_error *error)
{
    hvc_operations_note(operations, HVC_MESSAGE_MOVE_RECORD_OLD, "id=%s uuid=%s from=%s to=%s", record->id,
                        record->guest.uuid, record->source, record->target);
    return hvc_move_record_remove(operations->move_records, record->guest.uuid, error);
}

static int adopt_records(struct hvc_operations *operations, struct hvc_error *error)
{
    struct hvc_moves *moves = operations->moves;
    struct hvc_move_record *records = NULL;
    size_t count = 0, bad = 0;
    char boot[HVC_BOOT_ID_MAX];
    int rc = hvc_move_record_boot(operations->boot_id_file, boot, error);

    if (rc == 0)
        rc = hvc_move_record_list(operations->move_records, &records, &count, &bad, error);
    for (size_t i = 0; i < count; i++) { /* one that fails is told and leaves the others alone */
        if (strcmp(records[i].boot, boot) != 0) {
            bad += drop_old(operations, &records[i], error) < 0;
            continue;
        }
        (void)pthread_mutex_lock(&moves->lock);
        if (hvc_moves_find(moves, NULL, records[i].guest.uuid) == NULL)
            bad += hvc_moves_adopt_entry(operations, &records[i], error) < 0;
        (void)pthread_mutex_unlock(&moves->lock);
    }
    free(records);
    return rc == 0 && bad > 0 ? error->code : rc;
}

static int adopt_all_seen(struct hvc_operations *operations, uint64_t deadline_ms, struct hvc_error *error)
{
    struct hvc_moves *moves = operations->moves;
    struct hvc_guest_state *guests = NULL;
    size_t count = 0;
    int rc = hvc_hypervisor_list(operations->hypervisor, deadline_ms, &guests, &count, error);

    if (rc < 0)
        return rc;
    (void)pthread_mutex_lock(&moves->lock);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        if (guests[i].migrating_out && hvc_moves_find(moves, NULL, guests[i].id.uuid) == NULL)
            rc = adopt_seen(operations, &guests[i], error);
    }
    (void)pthread_mutex_unlock(&moves->lock);
    free(guests);
    return rc;
}

int hvc_moves_adopt(struct hvc_operations *operations, uint64_t deadline_ms, struct hvc_error *error)
{
    struct hvc_error words = {0};
    int recorded = operations->move_records[0] == '\0' ? 0 : adopt_records(operations, &words);
    int seen = adopt_all_seen(operations, deadline_ms, error); /* also when a record is bad */

    if (seen < 0 || recorded == 0)
        return seen;
    return hvc_error_set(error, recorded, "%s", words.text);
}

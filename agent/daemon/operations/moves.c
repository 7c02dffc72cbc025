/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "hvc/operations.h"
#include "hvc/text.h"
#include "moves_table.h"

enum {
    LOOK_MS = 50,    /* how soon a waiting caller notices that it was cancelled */
    ANSWER_MS = 300, /* of the caller's time: from the proven end to the answer in its hands */
};

/* ---- orders ---- */

/* Both ends with their URIs, and what else the thread needs. */
static int fill_task(struct hvc_operations *operations, const struct hvc_move_order *order, uint64_t deadline_ms,
                     struct hvc_moves_entry *entry, struct hvc_error *error)
{
    struct hvc_move_task *task = &entry->task;
    int rc = hvc_moves_set_ends(entry, order->source, order->target, error);

    if (rc == 0)
        rc = hvc_peers_uri(operations->peers, order->target, entry->target_uri, error);
    if (rc == 0)
        rc = hvc_peers_migrate_uri(operations->peers, order->target, entry->migrate_uri, error);
    if (rc == 0 &&
        hvc_text_copy(entry->owner, sizeof(entry->owner), order->resource == NULL ? "" : order->resource) < 0)
        rc = hvc_error_set(error, -EINVAL, "the name of the resource is too long");
    if (rc < 0)
        return rc;
    task->options = order->options;
    task->force_at_deadline = order->force_at_deadline;
    task->deadline_ms = deadline_ms;
    if (task->options.target_uri == NULL)
        task->options.target_uri = entry->target_uri;
    if (task->options.migrate_uri == NULL && entry->migrate_uri[0] != '\0')
        task->options.migrate_uri = entry->migrate_uri;
    return 0;
}

static void apply_settings(const struct hvc_migration_settings *settings, struct hvc_migrate_options *options)
{
    options->tls = options->tls || settings->tls;
    options->auto_converge = options->auto_converge || settings->auto_converge;
    options->post_copy_allowed = options->post_copy_allowed || settings->post_copy;
    options->zero_copy = options->zero_copy || settings->zero_copy;
    options->synchronous_writes = options->synchronous_writes || settings->synchronous_writes;
    if (options->bandwidth_mib == 0)
        options->bandwidth_mib = settings->bandwidth_mib;
    if (options->max_downtime_ms == 0)
        options->max_downtime_ms = settings->max_downtime_ms;
    if (options->parallel == 0)
        options->parallel = settings->parallel;
}

/* Options of the order may point to the caller's memory, and the move may outlive the caller: they are copied. */
static int keep_uris(struct hvc_moves_entry *entry, struct hvc_error *error)
{
    struct hvc_migrate_options *options = &entry->task.options;

    if (options->target_uri != entry->target_uri &&
        hvc_text_copy(entry->target_uri, sizeof(entry->target_uri), options->target_uri) < 0)
        return hvc_error_set(error, -EINVAL, "the URI of the target is too long");
    options->target_uri = entry->target_uri;
    if (options->migrate_uri == NULL)
        return 0;
    if (options->migrate_uri != entry->migrate_uri &&
        hvc_text_copy(entry->migrate_uri, sizeof(entry->migrate_uri), options->migrate_uri) < 0)
        return hvc_error_set(error, -EINVAL, "the URI of the data connection is too long");
    options->migrate_uri = entry->migrate_uri;
    return 0;
}

/* What a move of another kind needs, kept as long as the move. */
static int keep_special(struct hvc_moves_entry *entry, const struct hvc_move_order *order, struct hvc_error *error)
{
    size_t used = 0;

    entry->task.special = order->special;
    entry->task.special.plan = NULL;
    if (order->special.kind == HVC_KIND_LIVE)
        return 0;
    (void)hvc_text_append(entry->token, sizeof(entry->token), &used, "job%llu-%llx", (unsigned long long)order->job.id,
                          (unsigned long long)order->job.admitted_ms);
    entry->task.token = entry->token;
    entry->go_on = NULL; /* it is run again, by its job */
    if (order->special.plan == NULL)
        return 0;
    entry->plan = malloc(sizeof(*entry->plan));
    if (entry->plan == NULL)
        return hvc_error_set(error, -ENOMEM, "out of memory");
    *entry->plan = *order->special.plan;
    entry->task.special.plan = entry->plan;
    return 0;
}

static int check_number(const struct hvc_moves *moves, struct hvc_error *error)
{
    size_t active = 0;

    for (const struct hvc_moves_entry *e = moves->first; e != NULL; e = e->next)
        active += !e->ended;
    if (active >= HVC_MOVES_MAX)
        return hvc_error_set(error, -EBUSY, "%d moves are under way, no more at one time", HVC_MOVES_MAX);
    return 0;
}

int hvc_moves_begin_entry(struct hvc_operations *operations, const struct hvc_move_order *order, uint32_t uid,
                          uint64_t deadline_ms, struct hvc_moves_entry **ret_entry, struct hvc_error *error)
{
    struct hvc_moves_entry *entry;
    char name[HVC_GUEST_NAME_MAX + 8];
    int rc = check_number(operations->moves, error);

    if (rc < 0)
        return rc;
    entry = hvc_moves_new_entry(operations, &order->guest);
    if (entry == NULL)
        return hvc_error_set(error, -ENOMEM, "out of memory");
    entry->uid = uid;
    entry->job = order->job;
    entry->own_uri = order->options.migrate_uri != NULL;
    entry->given = order->network;
    entry->go_on = operations->direct ? NULL : hvc_moves_watch_on;
    rc = fill_task(operations, order, deadline_ms, entry, error);
    if (rc == 0)
        rc = keep_uris(entry, error);
    if (rc == 0)
        rc = keep_special(entry, order, error);
    if (rc == 0) {
        if (!order->settled)
            apply_settings(&operations->migration, &entry->task.options);
        entry->limit = entry->task.options.bandwidth_mib << 20;
        entry->asked_parallel = entry->task.options.parallel;
        entry->asked_compression = entry->task.options.compression;
        hvc_operations_note(operations, HVC_MESSAGE_MOVE_STARTED,
                            "id=%s guest=%s uuid=%s from=%s to=%s uid=%u job=%llu", entry->id,
                            hvc_message_quote(entry->guest.name, name, sizeof(name)), entry->guest.uuid, entry->source,
                            entry->target, entry->uid, (unsigned long long)entry->job.id);
        if (order->special.cancelled)
            hvc_moves_tell_entry(entry, "its job was cancelled");
        rc = hvc_moves_start_thread(entry);
        if (rc < 0)
            (void)hvc_error_set(error, rc, "cannot start a thread for the move: %s", strerror(-rc));
    }
    if (rc < 0) {
        hvc_moves_drop_newest(operations->moves);
        return rc;
    }
    *ret_entry = entry;
    return 0;
}

/* ---- waiting for an end ---- */

/* The lock is held before and after. False: the call is over. */
static bool wait_a_little(struct hvc_moves *moves, const struct hvc_call *call)
{
    const struct timespec when = hvc_timespec_of(hvc_deadline_in(LOOK_MS));

    if (hvc_call_is_cancelled(call) || hvc_now_ms() >= call->deadline_ms)
        return false;
    (void)pthread_cond_timedwait(&moves->changed, &moves->lock, &when);
    return true;
}

/* Until the entry has ended or the call is over; the lock is held before and after. */
static bool wait_for_end(struct hvc_moves *moves, const struct hvc_moves_entry *entry, const struct hvc_call *call)
{
    while (!entry->ended && wait_a_little(moves, call))
        ;
    return entry->ended;
}

void hvc_moves_tell_entry(struct hvc_moves_entry *entry, const char *why)
{
    if (atomic_load(&entry->cancel))
        return;
    entry->cancel_words = why;
    atomic_store(&entry->cancel, true);
    hvc_operations_note(entry->operations, HVC_MESSAGE_MOVE_CANCEL, "id=%s uuid=%s words=\"%s\"", entry->id,
                        entry->guest.uuid, why);
}

static enum hvc_result leave_unended(struct hvc_call *call, struct hvc_moves_entry *entry)
{
    if (hvc_call_is_cancelled(call)) {
        if (entry->waiting == 0 && !entry->job.keeps && (!entry->adopted || atomic_load(&entry->wish.set)))
            hvc_moves_tell_entry(entry, "nobody waits for it any more");
        return hvc_call_say(call, HVC_RESULT_UNKNOWN_OUTCOME, "nobody waits for move %s any more", entry->id);
    }
    return hvc_call_say(call, HVC_RESULT_UNKNOWN_OUTCOME, "move %s has not ended in time and goes on", entry->id);
}

/* The first who wants an adopted move gives it a deadline. */
static void want(struct hvc_moves_entry *entry, const struct hvc_call *call, const struct hvc_move_order *order)
{
    if (!entry->adopted || atomic_load(&entry->wish.set))
        return;
    entry->wish.deadline_ms = call->deadline_ms - ANSWER_MS;
    entry->wish.force_at_deadline = order->force_at_deadline;
    atomic_store(&entry->wish.set, true);
}

/* Waits as one of those who want the entry. */
static enum hvc_result share(struct hvc_call *call, struct hvc_moves_entry *entry, struct hvc_move_outcome *outcome)
{
    struct hvc_moves *moves = entry->operations->moves;
    enum hvc_result result;

    entry->references++;
    entry->waiting++;
    (void)wait_for_end(moves, entry, call);
    entry->waiting--;
    (void)hvc_text_copy(outcome->id, sizeof(outcome->id), entry->id);
    outcome->elapsed_ms = (entry->ended ? entry->ended_ms : hvc_now_ms()) - entry->began_ms;
    outcome->downtime_ms = entry->end.downtime_ms;
    result =
        entry->ended ? hvc_call_say(call, entry->end.result, "%s", entry->end.error.text) : leave_unended(call, entry);
    hvc_moves_unref(entry);
    return result;
}

static enum hvc_result run_locked(struct hvc_operations *operations, struct hvc_call *call,
                                  const struct hvc_move_order *order, struct hvc_move_outcome *outcome)
{
    struct hvc_moves *moves = operations->moves;
    struct hvc_moves_entry *entry = hvc_moves_find(moves, NULL, order->guest.uuid);
    struct hvc_error error = {0};

    if (entry == NULL && order->job.id != 0) /* it may have ended before its caller came to wait for it */
        entry = hvc_moves_find_of_job(moves, &order->job, order->guest.uuid);
    outcome->joined = entry != NULL;
    if (entry != NULL && strcmp(entry->target, order->target) != 0) {
        (void)hvc_text_copy(outcome->id, sizeof(outcome->id), entry->id);
        return hvc_call_say(call, HVC_RESULT_BUSY, "guest %s is being moved to %s already, by move %s",
                            order->guest.name[0] == '\0' ? order->guest.uuid : order->guest.name,
                            entry->target[0] == '\0' ? "a node that libvirt does not tell" : entry->target, entry->id);
    }
    if (entry == NULL &&
        hvc_moves_begin_entry(operations, order, call->caller.uid, call->deadline_ms - ANSWER_MS, &entry, &error) < 0)
        return hvc_call_fail(call, &error);
    want(entry, call, order);
    return share(call, entry, outcome);
}

/* Until the target of an adopted move is known or it has ended: what is wanted now is decided then. True: it never was.
 */
static bool await_target(struct hvc_moves *moves, const struct hvc_call *call, struct hvc_moves_entry *entry)
{
    bool unnamed;

    entry->references++;
    while (entry->target[0] == '\0' && !entry->ended && wait_a_little(moves, call))
        ;
    unnamed = entry->target[0] == '\0';
    hvc_moves_unref(entry);
    return unnamed;
}

/* Did the adopted move bring it to where it shall be? */
static bool is_at_target(struct hvc_operations *operations, const struct hvc_call *call,
                         const struct hvc_move_order *order)
{
    struct hvc_hypervisor *target = operations->hypervisor;
    struct hvc_guest_state state = {0};
    struct hvc_error error = {0};

    if (strcmp(order->target, operations->node) != 0 &&
        hvc_peers_get(operations->peers, order->target, &target, &error) < 0)
        return false;
    return hvc_hypervisor_inspect(target, order->guest.uuid, call->deadline_ms, &state, &error) == 0 &&
           (state.guest_class == HVC_GUEST_RUNNING || state.guest_class == HVC_GUEST_PAUSED);
}

enum hvc_result hvc_moves_run(struct hvc_operations *operations, struct hvc_call *call,
                              const struct hvc_move_order *order, struct hvc_move_outcome *ret_outcome)
{
    struct hvc_moves *moves = operations->moves;
    struct hvc_moves_entry *entry;
    enum hvc_result result;
    bool unnamed; /* adopted, and its target was never found */

    memset(ret_outcome, 0, sizeof(*ret_outcome));
    (void)pthread_mutex_lock(&moves->lock);
    entry = hvc_moves_find(moves, NULL, order->guest.uuid);
    unnamed = entry != NULL && await_target(moves, call, entry);
    (void)pthread_mutex_unlock(&moves->lock);
    if (unnamed && is_at_target(operations, call, order)) {
        ret_outcome->joined = true;
        return hvc_call_say(call, HVC_RESULT_OK, "a move that was under way already brought it to %s", order->target);
    }
    (void)pthread_mutex_lock(&moves->lock);
    result = run_locked(operations, call, order, ret_outcome);
    (void)pthread_mutex_unlock(&moves->lock);
    return result;
}

/* ---- ending one ---- */

enum hvc_result hvc_moves_cancel_entry(struct hvc_call *call, struct hvc_moves_entry *entry)
{
    struct hvc_moves *moves = entry->operations->moves;
    enum hvc_result result = HVC_RESULT_OK;

    entry->references++;
    hvc_moves_tell_entry(entry, "by request");
    if (!wait_for_end(moves, entry, call))
        result = hvc_call_say(call, HVC_RESULT_TIMEOUT, "move %s was told to end and has not ended yet", entry->id);
    hvc_moves_unref(entry);
    return result;
}

/* A migration of libvirt's that is not in the table. */
static enum hvc_result end_unknown(struct hvc_operations *operations, struct hvc_call *call, const char *uuid)
{
    struct hvc_guest_state state = {0};
    struct hvc_error error = {0};

    do {
        if (hvc_hypervisor_inspect(operations->hypervisor, uuid, call->deadline_ms, &state, &error) < 0)
            return hvc_call_fail(call, &error);
        if (!state.migrating_out)
            return HVC_RESULT_OK;
        if (hvc_hypervisor_cancel(operations->hypervisor, uuid, call->deadline_ms, &error) < 0)
            return hvc_call_fail(call, &error);
    } while (hvc_call_wait(call, LOOK_MS));
    return hvc_call_say(call, HVC_RESULT_TIMEOUT, "the migration of %s was told to end and has not ended yet", uuid);
}

enum hvc_result hvc_moves_end(struct hvc_operations *operations, struct hvc_call *call, const char *uuid)
{
    struct hvc_moves *moves = operations->moves;
    enum hvc_result result = HVC_RESULT_OK;
    struct hvc_moves_entry *entry;

    (void)pthread_mutex_lock(&moves->lock);
    entry = hvc_moves_find(moves, NULL, uuid);
    if (entry != NULL)
        result = hvc_moves_cancel_entry(call, entry);
    (void)pthread_mutex_unlock(&moves->lock);
    return result != HVC_RESULT_OK ? result : end_unknown(operations, call, uuid);
}

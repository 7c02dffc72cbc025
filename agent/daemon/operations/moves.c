/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "hvc/operations.h"
#include "hvc/text.h"
#include "hvc/thread.h"
#include "move_record.h"
#include "move_runner.h"
#include "moves_table.h"

enum {
    LOOK_MS = 50,    /* how soon a waiting caller notices that it was cancelled */
    ANSWER_MS = 300, /* of the caller's time: from the proven end to the answer in its hands */
};

/* ---- the table ---- */

int hvc_moves_new(struct hvc_moves **ret_moves, struct hvc_error *error)
{
    struct hvc_moves *moves = calloc(1, sizeof(*moves));
    pthread_condattr_t attributes;

    if (moves == NULL)
        return hvc_error_set(error, -ENOMEM, "out of memory");
    (void)pthread_mutex_init(&moves->lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&moves->changed, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    *ret_moves = moves;
    return 0;
}

static void unref(struct hvc_moves_entry *entry)
{
    if (--entry->references == 0)
        free(entry);
}

void hvc_moves_free(struct hvc_moves *moves)
{
    if (moves == NULL || hvc_moves_active(moves) > 0)
        return; /* their threads still use it; the process is about to end */
    while (moves->first != NULL) {
        struct hvc_moves_entry *entry = moves->first;

        moves->first = entry->next;
        unref(entry);
    }
    (void)pthread_cond_destroy(&moves->changed);
    (void)pthread_mutex_destroy(&moves->lock);
    free(moves);
}

size_t hvc_moves_active(struct hvc_moves *moves)
{
    size_t count = 0;

    (void)pthread_mutex_lock(&moves->lock);
    for (const struct hvc_moves_entry *e = moves->first; e != NULL; e = e->next)
        count += !e->ended;
    (void)pthread_mutex_unlock(&moves->lock);
    return count;
}

struct hvc_moves_entry *hvc_moves_find(struct hvc_moves *moves, const char *id, const char *uuid)
{
    for (struct hvc_moves_entry *e = moves->first; e != NULL; e = e->next) {
        if (id != NULL ? strcmp(e->id, id) == 0 : !e->ended && strcmp(e->guest.uuid, uuid) == 0)
            return e;
    }
    return NULL;
}

/* The oldest ended moves make room. Newest first. */
static void forget_old(struct hvc_moves *moves)
{
    struct hvc_moves_entry **at = &moves->first;
    unsigned ended = 0;

    while (*at != NULL) {
        struct hvc_moves_entry *entry = *at;

        ended += entry->ended;
        if (entry->ended && ended > HVC_MOVES_ENDED_MAX) {
            *at = entry->next;
            unref(entry);
        } else {
            at = &entry->next;
        }
    }
}

/* Unique also over a restart: the second of its start, or the next one that is free. */
static void make_id(struct hvc_moves *moves, const char *node, struct hvc_moves_entry *entry)
{
    uint64_t number = (uint64_t)time(NULL);
    size_t used = 0;

    if (number <= moves->last_number)
        number = moves->last_number + 1;
    moves->last_number = number;
    (void)hvc_text_append(entry->id, sizeof(entry->id), &used, "%s-%llu", node, (unsigned long long)number);
}

struct hvc_moves_entry *hvc_moves_new_entry(struct hvc_operations *operations, const struct hvc_guest_id *guest)
{
    struct hvc_moves *moves = operations->moves;
    struct hvc_moves_entry *entry = calloc(1, sizeof(*entry));

    if (entry == NULL)
        return NULL;
    entry->operations = operations;
    entry->guest = *guest;
    entry->references = 2; /* the table's and its thread's */
    entry->began_ms = hvc_now_ms();
    entry->began_at = (int64_t)time(NULL);
    atomic_init(&entry->cancel, false);
    atomic_init(&entry->wish.set, false);
    entry->task = (struct hvc_move_task){.id = *guest,
                                         .source_name = entry->source,
                                         .target_name = entry->target,
                                         .owner = entry->owner,
                                         .cancel = &entry->cancel,
                                         .wish = &entry->wish,
                                         .progress = hvc_moves_take_progress,
                                         .context = entry};
    make_id(moves, operations->node, entry);
    entry->next = moves->first;
    moves->first = entry;
    return entry;
}

/* ---- its thread ---- */

void hvc_moves_take_progress(void *context, const struct hvc_migrate_progress *progress)
{
    struct hvc_moves_entry *entry = context;
    struct hvc_moves *moves = entry->operations->moves;

    (void)pthread_mutex_lock(&moves->lock);
    entry->progress = *progress;
    (void)pthread_mutex_unlock(&moves->lock);
}

static void note_end(const struct hvc_moves_entry *entry)
{
    char name[HVC_GUEST_NAME_MAX + 8], words[HVC_ERROR_TEXT_MAX];
    bool good = entry->end.result == HVC_RESULT_OK;

    hvc_operations_note(entry->operations, good ? HVC_MESSAGE_MOVE_DONE : HVC_MESSAGE_MOVE_FAILED,
                        "id=%s guest=%s uuid=%s from=%s to=%s result=%s ms=%llu downtime_ms=%llu words=%s", entry->id,
                        hvc_message_quote(entry->guest.name, name, sizeof(name)), entry->guest.uuid, entry->source,
                        entry->target[0] == '\0' ? "?" : entry->target, hvc_result_word(entry->end.result),
                        (unsigned long long)(hvc_now_ms() - entry->began_ms),
                        (unsigned long long)entry->end.downtime_ms,
                        hvc_message_quote(entry->end.error.text, words, sizeof(words)));
}

static void note_unwritten(const struct hvc_moves_entry *entry, const struct hvc_error *error)
{
    char words[HVC_ERROR_TEXT_MAX];

    hvc_operations_note(entry->operations, HVC_MESSAGE_MOVE_RECORD_FAILED, "id=%s uuid=%s words=%s", entry->id,
                        entry->guest.uuid, hvc_message_quote(error->text, words, sizeof(words)));
}

void hvc_moves_record(const struct hvc_moves_entry *entry, struct hvc_move_record *ret_record)
{
    *ret_record = (struct hvc_move_record){.guest = entry->guest, .uid = entry->uid, .began_at = entry->began_at};
    memcpy(ret_record->id, entry->id, sizeof(ret_record->id));
    memcpy(ret_record->source, entry->source, sizeof(ret_record->source));
    memcpy(ret_record->target, entry->target, sizeof(ret_record->target));
    memcpy(ret_record->owner, entry->owner, sizeof(ret_record->owner));
}

/* For the next life of this process. A move is not given up because of a full disk: it may be what gets the guest away
 * from here. Then the next life searches for its target. */
static void write_down(const struct hvc_moves_entry *entry)
{
    struct hvc_move_record record;
    struct hvc_error error = {0};
    int rc;

    hvc_moves_record(entry, &record);
    rc = hvc_move_record_boot(entry->operations->boot_id_file, record.boot, &error);
    if (rc == 0)
        rc = hvc_move_record_write(entry->operations->move_records, &record, &error);
    if (rc < 0)
        note_unwritten(entry, &error);
}

static void strike_out(const struct hvc_moves_entry *entry)
{
    struct hvc_error error = {0};

    if (hvc_move_record_remove(entry->operations->move_records, entry->guest.uuid, &error) < 0)
        note_unwritten(entry, &error);
}

/* The lock is held. The caller's time is over, and libvirt may still be moving the guest. */
static void watch_on(const struct hvc_moves_entry *entry)
{
    struct hvc_error error = {0};
    char words[HVC_ERROR_TEXT_MAX];

    if (hvc_moves_watch_on(entry, &error) < 0)
        hvc_operations_note(entry->operations, HVC_MESSAGE_MOVE_ADOPT_FAILED, "words=%s",
                            hvc_message_quote(error.text, words, sizeof(words)));
}

static void *move_thread(void *context)
{
    struct hvc_moves_entry *entry = context;
    struct hvc_moves *moves = entry->operations->moves;
    struct hvc_move_result end = {.result = HVC_RESULT_INTERNAL};
    bool recorded = entry->operations->move_records[0] != '\0';

    if (recorded && !entry->adopted)
        write_down(entry);
    hvc_move_runner_run(&entry->task, &end);
    if (recorded && !end.unproven)
        strike_out(entry);
    (void)pthread_mutex_lock(&moves->lock);
    entry->end = end;
    (void)pthread_mutex_unlock(&moves->lock);
    note_end(entry); /* before `ended`: afterwards the process may end at any time */
    (void)pthread_mutex_lock(&moves->lock);
    entry->ended = true;
    entry->ended_ms = hvc_now_ms();
    if (end.unproven && !entry->adopted && !entry->operations->direct)
        watch_on(entry);
    forget_old(moves);
    unref(entry);
    (void)pthread_cond_broadcast(&moves->changed);
    (void)pthread_mutex_unlock(&moves->lock);
    return NULL;
}

int hvc_moves_start_thread(struct hvc_moves_entry *entry)
{
    return hvc_thread_leave(move_thread, entry);
}

/* Takes the entry out again: nothing of it has begun. */
void hvc_moves_drop_newest(struct hvc_moves *moves)
{
    struct hvc_moves_entry *entry = moves->first;

    moves->first = entry->next;
    free(entry);
}

/* ---- orders ---- */

int hvc_moves_set_ends(struct hvc_moves_entry *entry, const char *source, const char *target, struct hvc_error *error)
{
    struct hvc_operations *operations = entry->operations;
    bool leaves = strcmp(source, operations->node) == 0;
    struct hvc_hypervisor *peer = NULL;
    int rc;

    if (!leaves && strcmp(target, operations->node) != 0)
        return hvc_error_set(error, -EINVAL, "the move from %.80s to %.80s has no end on this node, %s", source, target,
                             operations->node);
    rc = hvc_peers_get(operations->peers, leaves ? target : source, &peer, error);
    if (rc < 0)
        return rc;
    if (hvc_text_copy(entry->source, sizeof(entry->source), source) < 0 ||
        hvc_text_copy(entry->target, sizeof(entry->target), target) < 0)
        return hvc_error_set(error, -EINVAL, "the name of a node is too long");
    entry->task.source = leaves ? operations->hypervisor : peer;
    entry->task.target = leaves ? peer : operations->hypervisor;
    return 0;
}

/* Both ends with their URIs, and what else the thread needs. */
static int fill_task(struct hvc_operations *operations, const struct hvc_call *call, const struct hvc_move_order *order,
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
    task->deadline_ms = call->deadline_ms - ANSWER_MS;
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

static int begin_move(struct hvc_operations *operations, const struct hvc_call *call,
                      const struct hvc_move_order *order, struct hvc_moves_entry **ret_entry, struct hvc_error *error)
{
    struct hvc_moves_entry *entry = hvc_moves_new_entry(operations, &order->guest);
    char name[HVC_GUEST_NAME_MAX + 8];
    int rc;

    if (entry == NULL)
        return hvc_error_set(error, -ENOMEM, "out of memory");
    entry->uid = call->caller.uid;
    rc = fill_task(operations, call, order, entry, error);
    if (rc == 0)
        rc = keep_uris(entry, error);
    if (rc == 0) {
        apply_settings(&operations->migration, &entry->task.options);
        hvc_operations_note(operations, HVC_MESSAGE_MOVE_STARTED, "id=%s guest=%s uuid=%s from=%s to=%s uid=%u",
                            entry->id, hvc_message_quote(entry->guest.name, name, sizeof(name)), entry->guest.uuid,
                            entry->source, entry->target, entry->uid);
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
    uint64_t until = hvc_deadline_in(LOOK_MS);
    struct timespec when = {.tv_sec = (time_t)(until / 1000), .tv_nsec = (long)(until % 1000) * 1000000};

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

static void cancel(struct hvc_moves_entry *entry, const char *why)
{
    if (!atomic_exchange(&entry->cancel, true))
        hvc_operations_note(entry->operations, HVC_MESSAGE_MOVE_CANCEL, "id=%s uuid=%s words=\"%s\"", entry->id,
                            entry->guest.uuid, why);
}

static enum hvc_result leave_unended(struct hvc_call *call, struct hvc_moves_entry *entry)
{
    if (hvc_call_is_cancelled(call)) {
        if (entry->waiting == 0 && (!entry->adopted || atomic_load(&entry->wish.set)))
            cancel(entry, "nobody waits for it any more");
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
    unref(entry);
    return result;
}

static enum hvc_result run_locked(struct hvc_operations *operations, struct hvc_call *call,
                                  const struct hvc_move_order *order, struct hvc_move_outcome *outcome)
{
    struct hvc_moves *moves = operations->moves;
    struct hvc_moves_entry *entry = hvc_moves_find(moves, NULL, order->guest.uuid);
    struct hvc_error error = {0};
    size_t active = 0;

    outcome->joined = entry != NULL;
    if (entry != NULL && strcmp(entry->target, order->target) != 0) {
        (void)hvc_text_copy(outcome->id, sizeof(outcome->id), entry->id);
        return hvc_call_say(call, HVC_RESULT_BUSY, "guest %s is being moved to %s already, by move %s",
                            order->guest.name[0] == '\0' ? order->guest.uuid : order->guest.name,
                            entry->target[0] == '\0' ? "a node that libvirt does not tell" : entry->target, entry->id);
    }
    for (const struct hvc_moves_entry *e = moves->first; e != NULL; e = e->next)
        active += !e->ended;
    if (entry == NULL && active >= HVC_MOVES_MAX)
        return hvc_call_say(call, HVC_RESULT_BUSY, "%d moves are under way, no more at one time", HVC_MOVES_MAX);
    if (entry == NULL && begin_move(operations, call, order, &entry, &error) < 0)
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
    unref(entry);
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
    cancel(entry, "by request");
    if (!wait_for_end(moves, entry, call))
        result = hvc_call_say(call, HVC_RESULT_TIMEOUT, "move %s was told to end and has not ended yet", entry->id);
    unref(entry);
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

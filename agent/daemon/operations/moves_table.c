/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "moves_table.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "hvc/operations.h"
#include "hvc/settings.h"
#include "hvc/text.h"
#include "hvc/thread.h"

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

void hvc_moves_unref(struct hvc_moves_entry *entry)
{
    if (--entry->references > 0)
        return;
    free(entry->plan);
    free(entry);
}

void hvc_moves_free(struct hvc_moves *moves)
{
    if (moves == NULL || hvc_moves_active(moves) > 0)
        return; /* their threads still use it; the process is about to end */
    while (moves->first != NULL) {
        struct hvc_moves_entry *entry = moves->first;

        moves->first = entry->next;
        hvc_moves_unref(entry);
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
            hvc_moves_unref(entry);
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
    entry->task = (struct hvc_move_task){
        .id = *guest,
        .source_name = entry->source,
        .target_name = entry->target,
        .owner = entry->owner,
        .cancel = &entry->cancel,
        .cancel_words = &entry->cancel_words,
        .wish = &entry->wish,
        .progress = hvc_moves_take_progress,
        .rescue = {.find_way = hvc_moves_find_way, .find_dead = hvc_moves_find_dead, .context = entry},
        .context = entry};
    entry->priority = (uint16_t)hvc_setting_info(HVC_SETTING_PRIORITY)->initial;
    make_id(moves, operations->node, entry);
    entry->next = moves->first;
    moves->first = entry;
    return entry;
}

/* ---- its thread ---- */

void hvc_moves_told(const struct hvc_moves *moves)
{
    if (moves->listener != NULL)
        moves->listener(moves->listener_context);
}

void hvc_moves_take_progress(void *context, const struct hvc_migrate_progress *progress)
{
    struct hvc_moves_entry *entry = context;
    struct hvc_moves *moves = entry->operations->moves;
    enum hvc_migrate_phase before;

    (void)pthread_mutex_lock(&moves->lock);
    before = entry->progress.phase;
    entry->progress = *progress;
    if (before != progress->phase)
        hvc_moves_told(moves);
    (void)pthread_mutex_unlock(&moves->lock);
    hvc_moves_note_phase(entry, before, progress->phase);
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
    *ret_record = (struct hvc_move_record){.guest = entry->guest,
                                           .uid = entry->uid,
                                           .began_at = entry->began_at,
                                           .tls = entry->task.options.tls,
                                           .job = entry->job};
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

    if (entry->go_on(entry, &error) < 0)
        hvc_operations_note(entry->operations, HVC_MESSAGE_MOVE_ADOPT_FAILED, "words=%s",
                            hvc_message_quote(error.text, words, sizeof(words)));
}

static void *move_thread(void *context)
{
    struct hvc_moves_entry *entry = context;
    struct hvc_moves *moves = entry->operations->moves;
    struct hvc_move_result end = {.result = HVC_RESULT_INTERNAL};
    /* a move of another kind is run again by its job, which knows what it takes */
    bool recorded = entry->operations->move_records[0] != '\0' && entry->task.special.kind == HVC_KIND_LIVE;

    if (recorded && !entry->adopted)
        write_down(entry);
    hvc_moves_run_entry(entry, &end);
    if (recorded && !end.unproven)
        strike_out(entry);
    (void)pthread_mutex_lock(&moves->lock);
    entry->end = end;
    (void)pthread_mutex_unlock(&moves->lock);
    note_end(entry); /* before `ended`: afterwards the process may end at any time */
    (void)pthread_mutex_lock(&moves->lock);
    entry->ended = true;
    entry->ended_ms = hvc_now_ms();
    if (end.unproven && entry->go_on != NULL)
        watch_on(entry);
    forget_old(moves);
    hvc_moves_unref(entry);
    (void)pthread_cond_broadcast(&moves->changed);
    hvc_moves_told(moves);
    (void)pthread_mutex_unlock(&moves->lock);
    return NULL;
}

int hvc_moves_start_thread(struct hvc_moves_entry *entry)
{
    int rc = hvc_thread_leave(move_thread, entry);

    if (rc == 0)
        hvc_moves_told(entry->operations->moves);
    return rc;
}

/* Takes the entry out again: nothing of it has begun. */
void hvc_moves_drop_newest(struct hvc_moves *moves)
{
    struct hvc_moves_entry *entry = moves->first;

    moves->first = entry->next;
    free(entry->plan);
    free(entry);
}

/* ---- its ends ---- */

int hvc_moves_set_ends(struct hvc_moves_entry *entry, const char *source, const char *target, struct hvc_error *error)
{
    struct hvc_operations *operations = entry->operations;
    bool leaves = strcmp(source, operations->node) == 0;
    struct hvc_hypervisor *peer = NULL;
    int rc;

    if (!leaves && strcmp(target, operations->node) != 0)
        return hvc_error_set(error, -EINVAL, "the move from %.80s to %.80s has no end on this node, %s", source, target,
                             operations->node);
    if (strcmp(source, target) == 0) { /* its storage alone */
        peer = operations->hypervisor;
    } else {
        rc = hvc_peers_get(operations->peers, leaves ? target : source, &peer, error);
        if (rc < 0)
            return rc;
    }
    if (hvc_text_copy(entry->source, sizeof(entry->source), source) < 0 ||
        hvc_text_copy(entry->target, sizeof(entry->target), target) < 0)
        return hvc_error_set(error, -EINVAL, "the name of a node is too long");
    entry->task.source = leaves ? operations->hypervisor : peer;
    entry->task.target = leaves ? peer : operations->hypervisor;
    return 0;
}

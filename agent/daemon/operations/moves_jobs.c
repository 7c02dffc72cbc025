/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Moves for the runner of jobs: begun, looked at and ended without waiting. */
#include <errno.h>
#include <string.h>

#include "hvc/operations.h"
#include "hvc/text.h"
#include "moves_table.h"

void hvc_moves_listen(struct hvc_moves *moves, void (*function)(void *context), void *context)
{
    moves->listener_context = context;
    moves->listener = function;
}

static int adopt(struct hvc_operations *operations, const struct hvc_move_order *order, uint32_t uid,
                 struct hvc_error *error)
{
    struct hvc_move_record record = {.guest = order->guest,
                                     .uid = uid,
                                     .began_at = (int64_t)time(NULL),
                                     .tls = order->options.tls,
                                     .job = order->job};

    if (hvc_text_copy(record.source, sizeof(record.source), order->source) < 0 ||
        hvc_text_copy(record.target, sizeof(record.target), order->target) < 0 ||
        hvc_text_copy(record.owner, sizeof(record.owner), order->resource == NULL ? "" : order->resource) < 0)
        return hvc_error_set(error, -EINVAL, "the name of a node or of the resource is too long");
    return hvc_moves_adopt_entry(operations, &record, error);
}

int hvc_moves_begin(struct hvc_operations *operations, const struct hvc_move_order *order, uint32_t uid, bool adopted,
                    uint64_t deadline_ms, struct hvc_error *error)
{
    struct hvc_moves *moves = operations->moves;
    struct hvc_moves_entry *entry;
    int rc = 0;

    (void)pthread_mutex_lock(&moves->lock);
    entry = hvc_moves_find(moves, NULL, order->guest.uuid);
    if (entry != NULL && adopted && !entry->adopted && entry->job.id != order->job.id)
        rc = hvc_error_set(error, -EBUSY, "move %s of it is under way, which is not this job's", entry->id);
    else if (entry != NULL && strcmp(entry->target, order->target) == 0)
        entry->job = order->job;
    else if (entry != NULL)
        rc = hvc_error_set(error, -EBUSY, "it is being moved to %s already, by move %s",
                           entry->target[0] == '\0' ? "a node that libvirt does not tell" : entry->target, entry->id);
    else if (adopted)
        rc = adopt(operations, order, uid, error);
    else
        rc = hvc_moves_begin_entry(operations, order, uid, deadline_ms, &entry, error);
    (void)pthread_mutex_unlock(&moves->lock);
    return rc;
}

struct hvc_moves_entry *hvc_moves_find_of_job(struct hvc_moves *moves, const struct hvc_move_job *job, const char *uuid)
{
    for (struct hvc_moves_entry *e = moves->first; e != NULL; e = e->next) {
        if (e->job.id == job->id && (job->admitted_ms == 0 || e->job.admitted_ms == job->admitted_ms) &&
            strcmp(e->guest.uuid, uuid) == 0)
            return e;
    }
    return NULL;
}

static void show(const struct hvc_moves_entry *entry, struct hvc_move_view *ret_view)
{
    *ret_view = (struct hvc_move_view){.adopted = entry->adopted,
                                       .cancel = atomic_load(&entry->cancel),
                                       .network = entry->network,
                                       .progress = entry->progress,
                                       .ended = entry->ended,
                                       .end = entry->end};
    memcpy(ret_view->id, entry->id, sizeof(ret_view->id));
    memcpy(ret_view->source, entry->source, sizeof(ret_view->source));
    memcpy(ret_view->target, entry->target, sizeof(ret_view->target));
}

bool hvc_moves_look(struct hvc_moves *moves, const struct hvc_move_job *job, const char *uuid,
                    struct hvc_move_view *ret_view)
{
    struct hvc_moves_entry *entry;
    bool of_job;

    (void)pthread_mutex_lock(&moves->lock);
    entry = hvc_moves_find_of_job(moves, job, uuid);
    of_job = entry != NULL;
    if (entry == NULL)
        entry = hvc_moves_find(moves, NULL, uuid);
    if (entry != NULL) {
        show(entry, ret_view);
        ret_view->of_job = of_job;
    }
    (void)pthread_mutex_unlock(&moves->lock);
    return entry != NULL;
}

bool hvc_moves_tell_end(struct hvc_moves *moves, const char *uuid, const char *why)
{
    struct hvc_moves_entry *entry;

    (void)pthread_mutex_lock(&moves->lock);
    entry = hvc_moves_find(moves, NULL, uuid);
    if (entry != NULL)
        hvc_moves_tell_entry(entry, why);
    (void)pthread_mutex_unlock(&moves->lock);
    return entry != NULL;
}

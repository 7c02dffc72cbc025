/* SPDX-License-Identifier: GPL-2.0-or-later */
/* move.list, move.show, move.cancel; and how a move is told. */
#include <string.h>

#include "job_record.h"
#include "moves_table.h"

static const char *state_word(const struct hvc_moves_entry *entry)
{
    if (!entry->ended)
        return entry->progress.phase == HVC_MIGRATE_NONE ? "starting" : hvc_migrate_phase_name(entry->progress.phase);
    if (entry->end.result == HVC_RESULT_OK)
        return "completed";
    if (entry->end.result == HVC_RESULT_UNKNOWN_OUTCOME)
        return "unknown";
    return atomic_load(&entry->cancel) ? "cancelled" : "failed";
}

static void describe_progress(const struct hvc_moves_entry *entry, struct hvc_record *record)
{
    const struct hvc_migrate_progress *p = &entry->progress;

    hvc_record_set_u64(record, "percent", entry->ended && entry->end.result == HVC_RESULT_OK ? 100 : p->percent);
    hvc_record_set_u64(record, "total_bytes", p->total_bytes);
    hvc_record_set_u64(record, "done_bytes", p->done_bytes);
    hvc_record_set_u64(record, "remaining_bytes", p->remaining_bytes);
    if (!entry->ended) {
        hvc_record_set_u64(record, "rate_bytes", p->rate_bytes);
        hvc_job_describe_limit(record, entry->allotted, entry->held);
        hvc_record_set_u64(record, "estimated_left_ms", p->estimated_left_ms);
        hvc_record_set_u64(record, "expected_downtime_ms", p->expected_downtime_ms);
    } else if (entry->end.downtime_ms != 0) {
        hvc_record_set_u64(record, "downtime_ms", entry->end.downtime_ms);
    }
}

static void describe(const struct hvc_moves_entry *entry, struct hvc_record *record)
{
    uint64_t end_ms = entry->ended ? entry->ended_ms : hvc_now_ms();

    hvc_record_set_text(record, "id", entry->id);
    hvc_record_set_text(record, "name", entry->guest.name);
    hvc_record_set_text(record, "uuid", entry->guest.uuid);
    hvc_record_set_text(record, "source", entry->source);
    if (entry->target[0] != '\0')
        hvc_record_set_text(record, "target", entry->target);
    hvc_record_set_text(record, "state", state_word(entry));
    hvc_record_set_bool(record, "active", !entry->ended);
    hvc_record_set_bool(record, "adopted", entry->adopted);
    if (atomic_load(&entry->cancel))
        hvc_record_set_bool(record, "cancel_asked", true);
    if (!entry->adopted)
        hvc_record_set_u64(record, "uid", entry->uid);
    hvc_record_set_i64(record, "since", entry->began_at);
    hvc_record_set_u64(record, "elapsed_ms", end_ms - entry->began_ms);
    describe_progress(entry, record);
    if (!entry->ended && entry->held)
        hvc_record_set_text(record, "words", "slowed down to spare the ring");
    if (entry->ended) {
        hvc_record_set_text(record, "result", hvc_result_word(entry->end.result));
        hvc_record_set_text(record, "words", entry->end.error.text);
    }
}

void hvc_moves_describe(struct hvc_moves *moves, struct hvc_record *target, const char *name, bool active_only)
{
    hvc_record_set_list(target, name);
    (void)pthread_mutex_lock(&moves->lock);
    for (const struct hvc_moves_entry *e = moves->first; e != NULL; e = e->next) {
        if (!active_only || !e->ended)
            describe(e, hvc_record_add(target, name));
    }
    (void)pthread_mutex_unlock(&moves->lock);
}

static enum hvc_result list(struct hvc_operations *operations, struct hvc_call *call)
{
    hvc_moves_describe(operations->moves, call->data, "moves", hvc_record_bool(call->args, "active", false));
    return HVC_RESULT_OK;
}

static enum hvc_result show(struct hvc_operations *operations, struct hvc_call *call)
{
    const char *id = hvc_record_text(call->args, "id", "");
    enum hvc_result result = HVC_RESULT_OK;
    struct hvc_moves_entry *entry;

    (void)pthread_mutex_lock(&operations->moves->lock);
    entry = hvc_moves_find(operations->moves, id, NULL);
    if (entry != NULL)
        describe(entry, call->data);
    else
        result = hvc_call_say(call, HVC_RESULT_NOT_FOUND, "node %s knows no move %s", operations->node, id);
    (void)pthread_mutex_unlock(&operations->moves->lock);
    return result;
}

/* An ended move stays as it ended: cancelling it again says how that was. */
static enum hvc_result cancel_locked(struct hvc_operations *operations, struct hvc_call *call)
{
    const char *id = hvc_record_text(call->args, "id", NULL);
    const char *uuid = hvc_record_text(call->args, "uuid", NULL);
    struct hvc_moves_entry *entry = hvc_moves_find(operations->moves, id, uuid);
    enum hvc_result result = HVC_RESULT_OK;

    if (entry == NULL && id != NULL)
        return hvc_call_say(call, HVC_RESULT_NOT_FOUND, "node %s knows no move %s", operations->node, id);
    if (entry == NULL)
        return hvc_call_say(call, HVC_RESULT_NOT_FOUND, "no move of guest %s is under way on node %s", uuid,
                            operations->node);
    entry->references++; /* it may be the oldest one when it ends */
    if (!entry->ended)
        result = hvc_moves_cancel_entry(call, entry);
    describe(entry, call->data);
    if (result == HVC_RESULT_OK)
        result =
            hvc_call_say(call, HVC_RESULT_OK, "move %s is %s: %s", entry->id, state_word(entry), entry->end.error.text);
    if (--entry->references == 0)
        free(entry);
    return result;
}

static enum hvc_result cancel(struct hvc_operations *operations, struct hvc_call *call)
{
    enum hvc_result result;

    (void)pthread_mutex_lock(&operations->moves->lock);
    result = cancel_locked(operations, call);
    (void)pthread_mutex_unlock(&operations->moves->lock);
    return result;
}

static const struct hvc_argument list_arguments[] = {
    {.name = "active", .type = HVC_ARGUMENT_BOOL, .help = "only moves under way"},
};

static const struct hvc_argument show_arguments[] = {
    {.name = "id",
     .type = HVC_ARGUMENT_TEXT,
     .required = true,
     .min = 1,
     .max = HVC_MOVE_ID_MAX - 1,
     .help = "the move"},
};

static const struct hvc_argument cancel_arguments[] = {
    {.name = "id", .type = HVC_ARGUMENT_TEXT, .choice = 1, .min = 1, .max = HVC_MOVE_ID_MAX - 1, .help = "the move"},
    {.name = "uuid", .type = HVC_ARGUMENT_UUID, .choice = 1, .help = "the guest that is being moved"},
};

static const struct hvc_operation rows[] = {
    {
        .name = "move.list",
        .help = "moves under way and lately ended, newest first",
        HVC_ARGUMENTS(list_arguments),
        .right = HVC_RIGHT_READ,
        .lane = HVC_LANE_NONE,
        .timeout_ms = 2000,
        .handler = list,
    },
    {
        .name = "move.show",
        .help = "one move",
        HVC_ARGUMENTS(show_arguments),
        .right = HVC_RIGHT_READ,
        .lane = HVC_LANE_NONE,
        .timeout_ms = 2000,
        .handler = show,
    },
    {
        .name = "move.cancel",
        .help = "end a move; answers when it has ended",
        HVC_ARGUMENTS(cancel_arguments),
        .right = HVC_RIGHT_OPERATE,
        .lane = HVC_LANE_WORK,
        .audited = true,
        .timeout_ms = 30000,
        .handler = cancel,
    },
};

const struct hvc_operation_set hvc_move_operations = {rows, sizeof(rows) / sizeof(rows[0])};
